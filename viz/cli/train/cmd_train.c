/* train: a model learns a text.
 *
 * What shapes the result (Plan) is in the checkpoint, so that a resumed
 * training cannot differ by mistake; where things go and how much is shown is
 * each run's own. */
#include "engine/base/escape.h"
#include "engine/base/sum.h"
#include "engine/spec/arch.h"
#include "engine/train/bpe.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"
#include "viz/cli/train/training.h"

#include <stdlib.h>
#include <string.h>

#define REPORTS 20 /* over a whole training, unless told otherwise */

/* 0: as the architecture has it. */
typedef struct Plan {
    uint64_t seed;
    const char *arch;
    int vocab, dim, hidden, layers, heads, kv_heads, context;
    int batch, steps, warmup, drill, drill_steps;
    float rate, rate_end, decay, clip, held_out;
} Plan;

static const Plan plan_default = {.arch = "llama",
                                  .vocab = 512,
                                  .dim = 128,
                                  .layers = 4,
                                  .heads = 8,
                                  .context = 256,
                                  .batch = 16,
                                  .steps = 600,
                                  .warmup = 50,
                                  .drill_steps = 1000,
                                  .rate = 3e-3f,
                                  .rate_end = 1e-4f,
                                  .decay = 0.1f,
                                  .clip = 1,
                                  .held_out = 5};

typedef struct Args {
    Plan plan;
    const char *out, *tokenizer, *from, *resume, *folder, *at, *prompt;
    int report, threads;
    bool compact, force;
} Args;

#define PLAN(field) offsetof(Args, plan.field)

static const CliOption options[] = {
    {'o', "output", CLI_TEXT, offsetof(Args, out), "FILE.bin",
     "the model (default model.bin, or beside the\n"
     "checkpoint; FILE.gguf where llama2.c has no such\n"
     "models); its tokenizer, FILE.tok.bin, and its\n"
     "checkpoint, FILE.ckpt, stand beside it",
     0, 0},
    {'z', "tokenizer", CLI_TEXT, offsetof(Args, tokenizer), "FILE",
     "its tokenizer (default: learnt from the text)", 0, 0},
    {0, "arch", CLI_TEXT, PLAN(arch), "NAME",
     "llama or gpt2, which learn what comes next, or\n"
     "bert, which learns the words that are hidden in a\n"
     "text (default llama)",
     0, 0},
    {0, "vocab", CLI_INT, PLAN(vocab), "N",
     "entries of the tokenizer (default 512); bert has\n"
     "[MASK] besides",
     3, CONFIG_DIM_MAX - 1},
    {0, "dim", CLI_INT, PLAN(dim), "D", "model dimension (default 128)", 1,
     CONFIG_DIM_MAX},
    {0, "layers", CLI_INT, PLAN(layers), "L", "layers (default 4)", 1,
     CONFIG_LAYERS_MAX},
    {0, "heads", CLI_INT, PLAN(heads), "H", "query heads (default 8)", 1,
     CONFIG_HEADS_MAX},
    {0, "kv-heads", CLI_INT, PLAN(kv_heads), "G",
     "key-value heads (default 4; of gpt2 and bert as\n"
     "many as query heads)",
     1, CONFIG_HEADS_MAX},
    {0, "hidden", CLI_INT, PLAN(hidden), "F",
     "feed-forward dimension (default 352; where nothing\n"
     "gates, 512)",
     1, CONFIG_DIM_MAX},
    {0, "context", CLI_INT, PLAN(context), "T",
     "positions, and tokens of a row (default 256)", 1, 65536},
    {0, "batch", CLI_INT, PLAN(batch), "N", "rows in a step (default 16)", 1,
     TRAIN_BATCH_MAX},
    {'n', "steps", CLI_INT, PLAN(steps), "N", "steps (default 600)", 1,
     TRAIN_STEPS_MAX},
    {0, "warmup", CLI_INT, PLAN(warmup), "N",
     "steps until the full rate (default 50)", 0, TRAIN_STEPS_MAX},
    {0, "drill", CLI_INT, PLAN(drill), "N",
     "rows of a step that are no text but random pieces\n"
     "said again and again, so that heads learn to look\n"
     "back (default 0; none for bert)",
     0, TRAIN_BATCH_MAX},
    {0, "drill-steps", CLI_INT, PLAN(drill_steps), "N",
     "of the first N steps; one row after them\n"
     "(default 1000)",
     0, TRAIN_STEPS_MAX},
    {0, "rate", CLI_FLOAT, PLAN(rate), "R",
     "learning rate after them (default 0.003)", 0, 1},
    {0, "rate-end", CLI_FLOAT, PLAN(rate_end), "R",
     "at the end (default 0.0001)", 0, 1},
    {0, "decay", CLI_FLOAT, PLAN(decay), "X",
     "weight decay of matrices (default 0.1)", 0, 1},
    {0, "clip", CLI_FLOAT, PLAN(clip), "X",
     "largest norm of the gradient (default 1; 0: any)", 0, 1e9},
    {0, "held-out", CLI_FLOAT, PLAN(held_out), "PERCENT",
     "of the text not learnt but measured (default 5)", 0, 50},
    {0, "seed", CLI_SEED, PLAN(seed), "N",
     "the same seed gives the same model (default 0)", 0, 0},
    {0, "from", CLI_TEXT, offsetof(Args, from), "MODEL",
     "start from this model's weights, shape and\n"
     "tokenizer, with a schedule of its own",
     0, 0},
    {0, "resume", CLI_TEXT, offsetof(Args, resume), "FILE.ckpt",
     "go on where this checkpoint was left, on the\nsame text", 0, 0},
    {0, "checkpoints", CLI_TEXT, offsetof(Args, folder), "FOLDER",
     "keep the model of some steps there", 0, 0},
    {0, "at", CLI_TEXT, offsetof(Args, at), "STEPS",
     "which ones: \"0,100,1000\" (default: 0, 1, 2, 5,\n"
     "10, 20, 50 ... and the last)",
     0, 0},
    {0, "compact", CLI_FLAG, offsetof(Args, compact), NULL,
     "keep them with 8-bit weights (llama2.c version 2),\n"
     "or f16 ones (GGUF)",
     0, 0},
    {0, "force", CLI_FLAG, offsetof(Args, force), NULL,
     "write over the files of another training", 0, 0},
    {'p', "prompt", CLI_TEXT, offsetof(Args, prompt), "TEXT",
     "what the samples begin with (bert has none)", 0, 0},
    {0, "report", CLI_INT, offsetof(Args, report), "N",
     "steps between samples (default: 20 in all)", 1, TRAIN_STEPS_MAX},
    {0, "threads", CLI_INT, offsetof(Args, threads), "N",
     "default: one per core; changes no result", 0, 256},
    {0}};

/* Everything that is open while training. */
typedef struct Setup {
    const Cli *cli;
    const Args *args;
    const char *text_path;
    File text;
    Config config;
    TrainOptions options;
    float held_out;        /* share */
    void *tokenizer_bytes; /* of its file */
    size_t tokenizer_size;
    Tokenizer *tokenizer;
    Data data;
    Ckpt ckpt;   /* with --resume */
    Model *from; /* with --from */
    Trainer *trainer;
    Outputs outputs;
    Training run;
} Setup;

/* ---- what to train ------------------------------------------------------- */

#define KV_HEADS     4
#define HIDDEN       512
#define HIDDEN_GATED 352 /* two matrices are three then */

/* Whether words are hidden, which takes a piece more than the tokenizer's. */
static bool is_masked(const Arch *a) {
    return arch_ahead(a) == 0;
}

static int tokenizer_size(const Config *c) {
    return c->vocab_size - is_masked(c->arch);
}

static bool read_plan(Setup *s, Err *err) {
    const Plan *p = &s->args->plan;
    const Arch *a = arch_find(p->arch, strlen(p->arch));
    if (a != &arch_llama && a != &arch_gpt2 && a != &arch_bert)
        return err_set(err, ERR_USAGE, 0,
                       "--arch: found \"%.40s\", need llama, gpt2 or bert",
                       p->arch);
    const int kv_heads = params_groups_heads(a) ? KV_HEADS : p->heads;
    const int hidden = arch_kind_sites(a, OP_GATE) ? HIDDEN_GATED : HIDDEN;
    s->config = (Config){.arch = a,
                         .dim = p->dim,
                         .hidden_dim = p->hidden ? p->hidden : hidden,
                         .n_layers = p->layers,
                         .n_heads = p->heads,
                         .n_kv_heads = p->kv_heads ? p->kv_heads : kv_heads,
                         .head_dim = p->dim / p->heads,
                         .vocab_size = p->vocab + is_masked(a),
                         .seq_len_max = p->context,
                         .norm_eps = PARAMS_NORM_EPS,
                         .rope_theta = PARAMS_ROPE_THETA,
                         .activation = a->activation,
                         .tied = true};
    s->options = (TrainOptions){.optim = {.steps = p->steps,
                                          .warmup = p->warmup,
                                          .rate = p->rate,
                                          .rate_end = p->rate_end,
                                          .beta1 = 0.9f,
                                          .beta2 = 0.99f,
                                          .decay = p->decay,
                                          .clip = p->clip},
                                .batch = p->batch,
                                .drill = {p->drill, p->drill_steps},
                                .seed = p->seed};
    s->held_out = p->held_out / 100;
    return true;
}

static bool keep_bytes(Setup *s, const void *bytes, size_t size, Err *err) {
    s->tokenizer_bytes = malloc(size);
    if (!s->tokenizer_bytes) return err_memory(err, "tokenizer", size);
    memcpy(s->tokenizer_bytes, bytes, size);
    s->tokenizer_size = size;
    return true;
}

static bool read_tokenizer(Setup *s, const char *path, Err *err) {
    File f;
    if (!file_open(&f, path, TOKENIZER_FILE_MAX, err)) return false;
    const bool ok = keep_bytes(s, f.data, f.size, err);
    file_close(&f);
    return ok;
}

#define SHAPE "arch,vocab,dim,layers,heads,kv-heads,hidden,context"
#define SCHEDULE                                                               \
    "batch,steps,warmup,drill,drill-steps,rate,rate-end,decay,clip,held-out,"  \
    "seed"

static bool from_ckpt(Setup *s, Err *err) {
    const char *path = s->args->resume;
    if (!cli_unused(s->cli, SHAPE "," SCHEDULE ",tokenizer,from",
                    "with --resume it is the checkpoint's and cannot be given",
                    err))
        return false;
    if (!ckpt_open(&s->ckpt, path, err)) return false;
    s->config = s->ckpt.config;
    s->options = s->ckpt.options;
    s->held_out = s->ckpt.text.held_out;
    return keep_bytes(s, s->ckpt.text.tokenizer, s->ckpt.text.tokenizer_size,
                      err);
}

static bool from_model(Setup *s, Err *err) {
    const char *path = s->args->from;
    char found[PATH_MAX];
    if (!read_plan(s, err)) return false;
    if (!cli_unused(s->cli, SHAPE,
                    "with --from it is the model's and cannot be given", err))
        return false;
    s->from = model_open(path, err);
    if (!s->from) return false;
    s->config = *model_config(s->from);
    if (s->args->tokenizer) return read_tokenizer(s, s->args->tokenizer, err);
    return tokenizer_find(path, tokenizer_size(&s->config), found, sizeof found,
                          err) &&
           read_tokenizer(s, found, err);
}

static bool from_plan(Setup *s, Err *err) {
    if (!read_plan(s, err)) return false;
    if (s->args->tokenizer) return read_tokenizer(s, s->args->tokenizer, err);
    return s->args->plan.vocab <= BPE_VOCAB_MAX ||
           err_set(err, ERR_USAGE, 0, "--vocab: found %d, need at most %d",
                   s->args->plan.vocab, BPE_VOCAB_MAX);
}

static bool learn_tokenizer(Setup *s, Err *err) {
    if (!s->tokenizer_bytes)
        s->tokenizer_bytes =
            bpe_train(s->text_path, (const char *)s->text.data, s->text.size,
                      tokenizer_size(&s->config), &s->tokenizer_size, err);
    return s->tokenizer_bytes != NULL;
}

/* ---- opening ------------------------------------------------------------- */

/* GGUF holds the pieces of a tokenizer.bin as SentencePiece's; a mask is put
 * after such alone. */
static bool check_tokenizer(const Setup *s, Err *err) {
    const Tokenizer *t = s->tokenizer;
    const bool other = tokenizer_is_byte_level(t) || tokenizer_is_wordpiece(t);
    const bool unfit = is_masked(s->config.arch) && !tokenizer_takes_mask(t);
    if (strcmp(s->outputs.end, ".gguf") != 0 || !(other || unfit)) return true;
    return err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: tokenizer: found %s, need a tokenizer.bin for a model "
                   "of this architecture",
                   s->args->tokenizer ? s->args->tokenizer : "--from",
                   other ? "byte-level pieces or WordPiece"
                         : "a list of merges or a mask");
}

static bool open_tokenizer(Setup *s, Err *err) {
    s->tokenizer = tokenizer_open_memory(
        s->args->tokenizer ? s->args->tokenizer : "tokenizer",
        s->tokenizer_bytes, s->tokenizer_size, tokenizer_size(&s->config), err);
    if (!s->tokenizer || !check_tokenizer(s, err)) return false;
    if (!is_masked(s->config.arch)) return true;
    Tokenizer *masked = tokenizer_masked(s->tokenizer, err);
    tokenizer_close(s->tokenizer);
    s->tokenizer = masked;
    return masked != NULL;
}

static bool open_data(Setup *s, Err *err) {
    if (!open_tokenizer(s, err) ||
        !data_init(&s->data, s->text_path, (const char *)s->text.data,
                   s->text.size, s->tokenizer, s->config.seq_len_max,
                   (double)s->held_out, err))
        return false;
    if (s->args->resume && s->data.checksum != s->ckpt.text.checksum)
        return err_set(err, ERR_USAGE, 0,
                       "%s: text: found another than %s was training on",
                       s->text_path, s->args->resume);
    return true;
}

static bool check_pieces(const Setup *s, Err *err) {
    const bool masked = is_masked(s->config.arch);
    const int need = s->options.drill.rows > 0 ? 2 : masked ? 1 : 0;
    return s->data.n_pieces >= need ||
           err_set(err, ERR_FORMAT, 0,
                   "%s: text: found %d different pieces that are not bytes, "
                   "%s needs %d",
                   s->text_path, s->data.n_pieces,
                   masked ? "--arch bert" : "--drill", need);
}

static bool open_trainer(Setup *s, Err *err) {
    Params shape; /* checked before a long text is read */
    if (!params_init(&shape, &s->config, "shape", err) || !open_data(s, err) ||
        !check_pieces(s, err))
        return false;
    s->options.n_threads = s->args->threads;
    s->trainer = train_open(&s->config, &s->options, "shape", err);
    if (!s->trainer) return false;
    if (s->args->resume)
        ckpt_restore(&s->ckpt, s->trainer);
    else if (s->from)
        train_copy(s->trainer, s->from);
    else
        train_randomize(s->trainer);
    return true;
}

static bool check_unused(const Setup *s, Err *err) {
    const Args *a = s->args;
    return (a->folder ||
            cli_unused(s->cli, "at,compact", "needs --checkpoints", err)) &&
           (a->plan.drill > 0 || a->resume ||
            cli_unused(s->cli, "drill-steps", "needs --drill", err));
}

/* What says nothing to a model that does not say what comes next. */
static bool check_meaning(const Setup *s, Err *err) {
    return !is_masked(s->config.arch) ||
           (cli_unused(s->cli, "drill,drill-steps",
                       "a drill is about what comes next, which a BERT does "
                       "not learn",
                       err) &&
            cli_unused(s->cli, "prompt",
                       "samples go on with a text, which a BERT does not",
                       err));
}

/* What is to be trained, as far as no text is needed for it. */
static bool settle(Setup *s, Err *err) {
    return s->args->resume ? from_ckpt(s, err)
           : s->args->from ? from_model(s, err)
                           : from_plan(s, err);
}

/* The names, before anything takes long. */
static bool name_outputs(Setup *s, Err *err) {
    const Args *a = s->args;
    Outputs *o = &s->outputs;
    const OutputsNames names = {.out = a->out,
                                .end = params_file_end(s->config.arch),
                                .folder = a->folder,
                                .resume = a->resume};
    return outputs_name(o, &names, err) &&
           outputs_differ(o, s->text_path, "text", err) &&
           outputs_differ(o, a->from, "model", err) &&
           cli_spare(o->model, a->tokenizer, "tokenizer", err) &&
           cli_spare(o->ckpt, a->tokenizer, "tokenizer", err) &&
           outputs_spare(o, a->force, err);
}

static bool setup_open(Setup *s, Err *err) {
    return settle(s, err) && check_meaning(s, err) && name_outputs(s, err) &&
           file_open(&s->text, s->text_path, BPE_TEXT_MAX, err) &&
           learn_tokenizer(s, err) && open_trainer(s, err);
}

static void setup_close(Setup *s) {
    train_close(s->trainer);
    model_close(s->from);
    ckpt_close(&s->ckpt);
    data_free(&s->data);
    tokenizer_close(s->tokenizer);
    free(s->tokenizer_bytes);
    file_close(&s->text);
}

/* ---- running ------------------------------------------------------------- */

static void print_plan(const Setup *s) {
    const Config *c = &s->config;
    char memory[16];
    cli_size_text(train_bytes(s->trainer), memory);
    escape_line(stdout, "%s: %zu tokens to learn, %zu held out", s->text_path,
                s->data.held_out, s->data.n_tokens - s->data.held_out);
    escape_line(stdout,
                "%s, D %d, L %d, H %d, G %d, F %d, V %d, T %d: %zu weights; %s "
                "of memory, %s kernels, %d threads",
                c->arch->title, c->dim, c->n_layers, c->n_heads, c->n_kv_heads,
                c->hidden_dim, c->vocab_size, c->seq_len_max,
                train_params(s->trainer)->n, memory, kern_get(NULL)->name,
                team_cores(s->args->threads));
}

/* What will be written, or a little more. */
static OutputsNeed need_of(const Setup *s) {
    const Config *c = &s->config;
    const uint64_t n = train_params(s->trainer)->n, other = 65536;
    const uint64_t turns = (uint64_t)c->seq_len_max * (uint64_t)c->head_dim;
    return (OutputsNeed){.tokenizer = s->tokenizer_bytes,
                         .tokenizer_size = s->tokenizer_size,
                         .model_size = (n + turns) * sizeof(float) + other,
                         .ckpt_size =
                             3 * n * sizeof(float) + s->tokenizer_size + other,
                         .n_series = s->run.series.n};
}

static bool train(Setup *s, Err *err) {
    const Args *a = s->args;
    const int steps = s->options.optim.steps;
    Training *t = &s->run;
    t->trainer = s->trainer;
    t->data = &s->data;
    t->tokenizer = s->tokenizer;
    t->text = (CkptText){s->data.checksum, s->held_out, s->tokenizer_bytes,
                         s->tokenizer_size};
    t->series.is_compact = a->compact;
    t->prompt = a->prompt;
    t->report_every = a->report ? a->report : (steps + REPORTS - 1) / REPORTS;
    t->outputs = &s->outputs;
    t->tokenizer_sum = sum_fnv1a(s->tokenizer_bytes, s->tokenizer_size);
    if (!training_series(&t->series, a->at, steps, err)) return false;
    const OutputsNeed need = need_of(s);
    if (!outputs_check(&s->outputs, &need, a->force, err) ||
        !outputs_begin(&s->outputs, need.tokenizer, need.tokenizer_size, err))
        return false;
    print_plan(s);
    const bool ok = cli_flush(err) && training_run(t, err);
    if (ok)
        escape_line(stdout, "%s: trained for %d steps", s->outputs.model,
                    steps);
    return ok;
}

static bool run(Cli *cli, Err *err) {
    Args a = {.plan = plan_default, .prompt = ""};
    if (!cli_parse(cli, &a, err)) return false;
    Setup *s = calloc(1, sizeof *s);
    if (!s) return err_memory(err, "train", sizeof *s);
    s->cli = cli;
    s->args = &a;
    s->text_path = cli->operands[0];
    const bool ok = check_unused(s, err) && setup_open(s, err) && train(s, err);
    setup_close(s);
    free(s);
    return ok;
}

const CliCommand cmd_train = {
    .name = "train",
    .operands = "TEXT",
    .help = "Trains a model on a text.",
    .options = options,
    .operands_min = 1,
    .operands_max = 1,
    .run = run,
};
