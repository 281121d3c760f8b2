/* generate: text to standard output, as llama2.c's run writes it. */
#include "engine/base/clock.h"
#include "engine/spec/sampler.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Args {
    const char *model, *tokenizer, *prompt;
    int steps;
    SamplerParams sampler;
    uint64_t seed;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    CLI_PROMPT(Args),
    {'n', "steps", CLI_INT, offsetof(Args, steps), "N",
     "tokens in all, those of the prompt included\n"
     "(default 256; 0: as many as the model can)",
     0, CONFIG_DIM_MAX},
    {'t', "temperature", CLI_FLOAT, offsetof(Args, sampler.temperature), "T",
     "divides the logits; 0 takes the likeliest token\n(default 1)", 0,
     SAMPLER_TEMPERATURE_MAX},
    {'k', "top-k", CLI_INT, offsetof(Args, sampler.top_k), "K",
     "keep the K likeliest (default 0: all)", 0, SAMPLER_TOP_K_MAX},
    {0, "top-p", CLI_FLOAT, offsetof(Args, sampler.top_p), "P",
     "keep the likeliest that reach P together\n(default 0.9; 1: all)", 0,
     SAMPLER_TOP_P_MAX},
    {0, "min-p", CLI_FLOAT, offsetof(Args, sampler.min_p), "P",
     "drop what is below P times the best (default 0)", 0, SAMPLER_MIN_P_MAX},
    {0, "seed", CLI_SEED, offsetof(Args, seed), "N",
     "the same seed gives the same text (default 0)", 0, 0},
    {0}};

typedef struct Generator {
    const Args *args;
    Source open;
    Session *session;
    Encoding prompt;
    Candidate *candidates; /* scratch [V] */
    Decoder decoder;
    int steps;        /* as asked for, within the context */
    bool is_progress; /* progress is shown */
} Generator;

static bool generator_open(Generator *g, Err *err) {
    const Args *a = g->args;
    const char *text = a->prompt ? a->prompt : "";
    g->open = (Source){.path = a->model, .tokenizer_path = a->tokenizer};
    if (!source_open(&g->open, err) ||
        !tokenizer_encode(g->open.tokenizer, text, strlen(text), TOKENIZER_BOS,
                          &g->prompt, err))
        return false;
    g->session = session_open(g->open.model, &(SessionOptions){0}, err);
    if (!g->session) return false;
    int seq_len = session_seq_len(g->session);
    if (g->prompt.n > seq_len)
        return err_set(err, ERR_LIMIT, 0, "prompt: found %d tokens, allowed %d",
                       g->prompt.n, seq_len);
    g->steps = a->steps == 0 || a->steps > seq_len ? seq_len : a->steps;
    size_t size =
        (size_t)model_config(g->open.model)->vocab_size * sizeof *g->candidates;
    g->candidates = malloc(size);
    if (!g->candidates) return err_memory(err, "candidates", size);
    g->is_progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    return true;
}

static void generator_close(Generator *g) {
    free(g->candidates);
    encoding_free(&g->prompt);
    session_close(g->session);
    tokenizer_close(g->open.tokenizer);
    model_close(g->open.model);
}

/* One token's text, at once, so that a reader sees it grow. */
static bool print_token(Generator *g, int id, int pos, Err *err) {
    char text[TOKENIZER_PIECE_MAX + 8];
    int n = tokenizer_decode(g->open.tokenizer, &g->decoder, id, text);
    fwrite(text, 1, (size_t)n, stdout);
    if (g->is_progress) fprintf(stderr, "\r%d/%d tokens ", pos, g->steps);
    return cli_flush(err);
}

/* Position 0 is BOS.  As in llama2.c a step is one run of the model, so the
 * last token printed stands at position `steps` and is not fed. */
static bool generate(Generator *g, Err *err) {
    const Encoding *prompt = &g->prompt;
    int pos = prompt->n < g->steps ? prompt->n : g->steps;
    const float *logits = cli_feed(g->session, prompt, pos, err);
    if (!logits) return false;
    for (int i = 0; i < prompt->n && i <= g->steps; i++)
        if (!print_token(g, prompt->tokens[i].id, i, err)) return false;
    for (; pos >= prompt->n; pos++) {
        int id = sampler_draw(&g->args->sampler, logits,
                              model_config(g->open.model)->vocab_size,
                              sampler_coin(g->args->seed, pos), g->candidates);
        if (tokenizer_is_end(g->open.tokenizer, id)) break;
        if (!print_token(g, id, pos, err)) return false;
        if (pos == g->steps) break;
        logits = session_feed(g->session, &id, 1, err);
        if (!logits) return false;
    }
    char rest[TOKENIZER_PIECE_MAX + 8];
    int n = tokenizer_decode_end(&g->decoder, rest);
    fwrite(rest, 1, (size_t)n, stdout);
    putchar('\n');
    return cli_flush(err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {.steps = 256, .sampler = {.temperature = 1, .top_p = 0.9f}};
    if (!cli_parse(cli, &a, err)) return false;
    Generator g = {.args = &a};
    bool ok = generator_open(&g, err);
    double start = clock_seconds();
    ok = ok && generate(&g, err);
    double seconds = clock_seconds() - start;
    if (ok && isatty(STDERR_FILENO)) {
        int n = session_pos(g.session);
        fprintf(stderr, "%s%d tokens, %.0f tokens/s, %s kernels\n",
                g.is_progress ? "\r" : "", n, n / seconds,
                kern_get(NULL)->name);
    }
    generator_close(&g);
    return ok;
}

const CliCommand cmd_generate = {
    .name = "generate",
    .help = "Text from the model to standard output.",
    .options = options,
    .run = run,
};
