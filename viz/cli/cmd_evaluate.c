/* evaluate: how good a model is, and what its heads do.
 *
 * Without a text it is measured on held-out stories of the world, where the
 * truth is known: what a perfect model would lose on them, and whether what
 * the model tells is a story. */
#include "engine/sampler.h"
#include "engine/train/docs.h"
#include "viz/cli/cli.h"
#include "viz/cli/head_table.h"
#include "viz/open.h"
#include "viz/open_world.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1u << 30) /* bytes */
#define REPEATS  50         /* random sequences for induction */

typedef struct Args {
    const char *model, *tokenizer, *world;
    int n, samples;
    float temperature;
    uint64_t seed;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    {'n', "texts", CLI_INT, offsetof(Args, n), "N",
     "held-out stories, or documents of TEXT\n(default 200)", 1, 1000000},
    {0, "samples", CLI_INT, offsetof(Args, samples), "N",
     "stories to let it tell (default 200; not with TEXT)", 0, 1000000},
    {'t', "temperature", CLI_FLOAT, offsetof(Args, temperature), "T",
     "of those (default 0.8)", 0, 100},
    {0, "world", CLI_TEXT, offsetof(Args, world), "DIR",
     "the grammar in a folder's *.txt (default: the\nembedded one)", 0, 0},
    {0, "seed", CLI_SEED, offsetof(Args, seed), "N",
     "of stories and samples (default 1)", 0, 0},
    {0}};

typedef struct Evaluation {
    const Args *args;
    Model *model;
    Tokenizer *tokenizer;
    HeadTable *heads;
    Encoding encoding;
    int *tokens; /* scratch: one text between two BOS */
    double true_nats;
} Evaluation;

/* Feeds one text: BOS, its tokens, and BOS, which ends it. */
static bool take_text(Evaluation *e, const char *text, size_t n, Err *err) {
    if (!tokenizer_encode(e->tokenizer, text, n, TOKENIZER_BOS, &e->encoding,
                          err))
        return false;
    const int n_tokens = e->encoding.n + 1;
    int *tokens = realloc(e->tokens, (size_t)n_tokens * sizeof *tokens);
    if (!tokens) return err_memory(err, "tokens", (size_t)n_tokens);
    e->tokens = tokens;
    for (int i = 0; i < e->encoding.n; i++)
        tokens[i] = e->encoding.tokens[i].id;
    tokens[n_tokens - 1] = TOKEN_BOS;
    return head_table_text(e->heads, tokens, n_tokens, err);
}

/* ---- a text -------------------------------------------------------------- */

static bool measure_file(Evaluation *e, const char *path, Err *err) {
    File f;
    if (!file_open(&f, path, TEXT_MAX, err)) return false;
    Docs docs = docs_init((const char *)f.data, f.size);
    bool ok = true;
    Doc doc;
    for (int i = 0; ok && i < e->args->n && docs_next(&docs, &doc); i++)
        ok = take_text(e, doc.text, doc.n, err);
    file_close(&f);
    return ok;
}

/* ---- the world ----------------------------------------------------------- */

static bool measure_stories(Evaluation *e, const World *w, Err *err) {
    WorldStream stream =
        world_stream(w, WORLD_STORY, WORLD_HELD_OUT, e->args->seed);
    WorldStory story;
    for (int i = 0; i < e->args->n; i++) {
        WorldScore score;
        if (!world_draw(&stream, &story, err) ||
            !world_score(w, WORLD_STORY, story.text, story.n, NULL, &score,
                         err) ||
            !take_text(e, story.text, story.n - 1, err))
            return false;
        e->true_nats -= score.log2_prob * log(2);
    }
    return true;
}

/* One story as the model tells it, ending in '\n'; its length. */
static size_t tell(Evaluation *e, Session *s, uint64_t seed, Candidate *scratch,
                   char *out, size_t max, Err *err) {
    const SamplerParams params = {.temperature = e->args->temperature};
    const int vocab = model_config(e->model)->vocab_size;
    Decoder d = {0};
    char text[TOKENIZER_PIECE_MAX + 8];
    size_t n = 0;
    session_rewind(s, 0);
    for (int id = TOKEN_BOS; session_pos(s) < session_seq_len(s);) {
        const float *logits = session_feed(s, &id, 1, err);
        if (!logits) return 0;
        id = sampler_draw(&params, logits, vocab,
                          sampler_coin(seed, session_pos(s)), scratch);
        if (id == TOKEN_BOS || id == TOKEN_EOS) break;
        const size_t length =
            (size_t)tokenizer_decode(e->tokenizer, &d, id, text);
        if (length >= max - n) break;
        memcpy(out + n, text, length);
        n += length;
    }
    out[n++] = '\n';
    return n;
}

static bool count_accepted(Evaluation *e, const World *w, int *n_accepted,
                           Err *err) {
    char text[WORLD_TEXT_MAX];
    const size_t size =
        (size_t)model_config(e->model)->vocab_size * sizeof(Candidate);
    Candidate *scratch = malloc(size);
    if (!scratch) return err_memory(err, "candidates", size);
    Session *s = session_open(e->model, &(SessionOptions){0}, err);
    bool ok = s != NULL;
    for (int i = 0; ok && i < e->args->samples; i++) {
        WorldScore score;
        const size_t n = tell(e, s, e->args->seed + (uint64_t)i, scratch, text,
                              sizeof text, err);
        ok = n > 0 && world_score(w, WORLD_STORY, text, n, NULL, &score, err);
        *n_accepted += ok && score.accepted;
    }
    session_close(s);
    free(scratch);
    return ok;
}

static bool measure_world(Evaluation *e, Err *err) {
    const Args *a = e->args;
    World *w = open_world(a->world, err);
    if (!w) return false;
    int n_accepted = 0;
    const bool ok =
        measure_stories(e, w, err) && count_accepted(e, w, &n_accepted, err);
    world_close(w);
    if (ok && a->samples > 0)
        printf("told: %d of %d stories are the world's, %.1f %%, at "
               "temperature %g\n",
               n_accepted, a->samples, 100.0 * n_accepted / a->samples,
               (double)a->temperature);
    return ok;
}

/* ---- both ---------------------------------------------------------------- */

static void print_loss(const Evaluation *e) {
    long n;
    const double loss = head_table_loss(e->heads, &n);
    printf("loss: %.4f nats a token over %ld tokens\n", loss / (double)n, n);
    if (e->true_nats > 0)
        printf("entropy: %.4f nats a token; the loss is %.2f %% above it\n",
               e->true_nats / (double)n, 100 * (loss / e->true_nats - 1));
}

static bool evaluate(Evaluation *e, const char *path, Err *err) {
    const Args *a = e->args;
    if (!open_model(a->model, a->tokenizer, &e->model, &e->tokenizer, err))
        return false;
    e->heads = head_table_open(e->model, err);
    if (!e->heads ||
        !(path ? measure_file(e, path, err) : measure_world(e, err)) ||
        !head_table_repeats(e->heads, a->seed, REPEATS, err))
        return false;
    print_loss(e);
    head_table_print(e->heads);
    return cli_flush(err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {.n = 200, .samples = 200, .temperature = 0.8f, .seed = 1};
    if (!cli_parse(cli, &a, err)) return false;
    Evaluation e = {.args = &a};
    const bool ok =
        evaluate(&e, cli->n_operands ? cli->operands[0] : NULL, err);
    head_table_close(e.heads);
    free(e.tokens);
    encoding_free(&e.encoding);
    tokenizer_close(e.tokenizer);
    model_close(e.model);
    return ok;
}

const CliCommand cmd_evaluate = {
    .name = "evaluate",
    .operands = "[TEXT]",
    .help = "How well a model knows held-out stories; what its heads do.",
    .options = options,
    .operands_max = 1,
    .run = run,
};
