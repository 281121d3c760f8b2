/* info: what is in a model file, and what running it will need. */
#include "engine/base/escape.h"
#include "engine/base/memory.h"
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/trace/trace.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"

#include <inttypes.h>

typedef struct Args {
    const char *model, *tokenizer;
} Args;

static const CliOption options[] = {CLI_MODEL(Args), CLI_TOKENIZER(Args), {0}};

#define LABEL          "%-18s" /* the column of names */
#define TOKENIZER_READ 50000   /* pieces; larger ones are not opened here */

static const char *classifier_words(const Config *c) {
    if (!arch_predicts(c->arch)) return "none";
    if (!c->tied) return "its own";
    return arch_tensor_shared(c, TENSOR_CLASSIFIER) == TENSOR_NONE
               ? "the token embedding"
               : "the token embedding, with a bias of its own";
}

static void print_shape(const Model *m) {
    const Config *c = model_config(m);
    escape_line(stdout, LABEL "%s", "model", model_name(m));
    escape_line(stdout, LABEL "%s", "file", model_path(m));
    escape_line(stdout, LABEL "%s", "format", model_format(m));
    if (model_warning(m))
        escape_line(stdout, LABEL "%s", "warning", model_warning(m));
    escape_line(stdout, LABEL "%s", "architecture", c->arch->title);
    escape_line(stdout, LABEL "%" PRIu64, "parameters", model_n_params(m));
    escape_line(stdout, LABEL "%d", "layers", c->n_layers);
    escape_line(stdout, LABEL "%d", "model dim", c->dim);
    escape_line(stdout, LABEL "%d of dim %d", "query heads", c->n_heads,
                c->head_dim);
    escape_line(stdout, LABEL "%d of dim %d", "key-value heads", c->n_kv_heads,
                c->head_dim);
    escape_line(stdout, LABEL "%d", "feed-forward dim", c->hidden_dim);
    escape_line(stdout, LABEL "%d pieces", "vocabulary", c->vocab_size);
    escape_line(stdout, LABEL "%d tokens", "context", c->seq_len_max);
    escape_line(stdout, LABEL "%g", "norm epsilon", (double)c->norm_eps);
    escape_line(stdout, LABEL "%s", "activation",
                activation_name(c->activation));
    if (c->arch->rotates)
        escape_line(stdout, LABEL "%g", "RoPE base (theta)",
                    (double)c->rope_theta);
    if (c->arch->learned_positions)
        escape_line(stdout, LABEL "%s", "positions", "learned, a row for each");
    if (!c->arch->causal)
        escape_line(stdout, LABEL "%s", "attention",
                    "both ways: each position sees the whole text");
    escape_line(stdout, LABEL "%s", "classifier", classifier_words(c));
    if (c->arch->norm_after)
        escape_line(stdout, LABEL "%s", "norms", "after the sums");
    if (!c->arch->causal)
        escape_line(stdout, LABEL "%s", "predicts",
                    arch_predicts(c->arch)
                        ? "the word that [MASK] stands for, in its place"
                        : "nothing: there is no prediction head");
    if (!model_is_peek(m))
        escape_line(stdout, LABEL "%016" PRIx64 " (FNV-1a of the weights)",
                    "checksum", model_checksum(m));
}

static void print_kernels(void) {
    const Kern *list[KERN_TABLES_MAX];
    int n = kern_list(list, KERN_TABLES_MAX);
    escape_print(stdout, LABEL "%s; this CPU runs", "kernels",
                 kern_get(NULL)->name);
    for (int i = 0; i < n; i++)
        escape_print(stdout, "%s %s", i ? "," : "", list[i]->name);
    escape_line(stdout, "; %d threads", team_cores(0));
}

/* A model without its tokenizer still has something to tell, and so has one
 * whose tokenizer is broken: that is told at the end, so that it is seen.
 * False then. */
static bool print_tokenizer(const Model *m, const Args *a, Err *err) {
    char found[SOURCE_PATH_MAX];
    const char *place;
    Err none = {0};
    if (!source_find_tokenizer(m, a->model, a->tokenizer, found, &place,
                               &none)) {
        escape_line(stdout, LABEL "%s", "tokenizer", none.msg);
        return true;
    }
    /* One of a hundred thousand pieces takes longer than all the rest. */
    const bool is_read = model_config(m)->vocab_size <= TOKENIZER_READ;
    Tokenizer *t =
        is_read ? source_tokenizer(m, a->model, a->tokenizer, err) : NULL;
    escape_print(stdout, LABEL "%s", "tokenizer", place);
    if (is_read && !t) escape_print(stdout, " (cannot be read)");
    if (t && tokenizer_warning(t))
        escape_print(stdout, " (%s)", tokenizer_warning(t));
    putchar('\n');
    tokenizer_close(t);
    return !is_read || t;
}

static void print_bytes(const char *name, uint64_t bytes) {
    char size[16];
    cli_size_text(bytes, size);
    escape_line(stdout, "  %-16s%s", name, size);
}

/* What running takes at most: the KV cache and the trace grow with the text,
 * and are not touched before. */
static void print_memory(const Model *m) {
    const Config *c = model_config(m);
    const uint64_t limit = memory_for_model();
    const int n = session_seq_fit(m, trace_token_bytes(c), limit);
    const SessionMemory memory = session_memory(m, n);
    const uint64_t run = session_memory_all(m, n);
    const uint64_t left = run < limit ? limit - run : 0;
    const uint64_t wanted = trace_memory(c, n, TRACE_BUDGET_DEFAULT);
    const uint64_t trace = wanted < left ? wanted : left;
    putchar('\n');
    escape_line(stdout, "memory for %d tokens", n);
    print_bytes("weights", memory.weights);
    print_bytes("KV cache", memory.kv_cache);
    print_bytes("activations", memory.activations);
    print_bytes("interventions", memory.taken);
    print_bytes("trace, at most", trace);
    print_bytes("in all", run + trace);
    if (run > limit)
        escape_line(stdout,
                    "  more than this machine can give: it will not run here");
    print_bytes("this machine", memory_limit());
    print_bytes("full trace", trace_bytes(c, n));
}

static void print_tensor(const Model *m, TensorRole role, int layer) {
    const Tensor *t = model_tensor(m, role, layer);
    char shape[32];
    snprintf(shape, sizeof shape, "[%d, %d]", t->rows, t->cols);
    escape_line(stdout, "  %-28s %-5s %-16s %12" PRIu64 " %12" PRIu64, t->name,
                dtype_info(t->type)->name, shape, t->offset, t->size_bytes);
}

/* The row of the table after row i or, where that is a layer's, after all of
 * a layer's. */
static int next_group(const Arch *a, int i) {
    if (!a->tensors[i].per_layer) return i + 1;
    while (i < a->n_tensors && a->tensors[i].per_layer)
        i++;
    return i;
}

static void print_tensors(const Model *m) {
    const Config *c = model_config(m);
    const Arch *a = c->arch;
    putchar('\n');
    escape_line(stdout, "  %-28s %-5s %-16s %12s %12s", "tensor", "type",
                "shape", "offset", "bytes");
    for (int i = 0; i < a->n_tensors; i = next_group(a, i))
        for (int layer = 0; layer < arch_copies(c, a->tensors[i].role); layer++)
            for (int k = i; k < next_group(a, i); k++)
                print_tensor(m, a->tensors[k].role, layer);
}

static bool run(Cli *cli, Err *err) {
    Args a = {0};
    if (!cli_parse(cli, &a, err)) return false;
    Model *m = source_peek(a.model, err);
    if (!m) return false;
    print_shape(m);
    const bool ok = print_tokenizer(m, &a, err);
    print_kernels();
    print_memory(m);
    print_tensors(m);
    model_close(m);
    return ok;
}

const CliCommand cmd_info = {
    .name = "info",
    .help = "What is in a model file: shape, tensors, memory it will need.\n"
            "Fails after all of that when its tokenizer cannot be read.",
    .options = options,
    .run = run,
};
