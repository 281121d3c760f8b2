/* generate: text to standard output, as llama2.c's run writes it. */
#include "engine/base/clock.h"
#include "engine/base/escape.h"
#include "engine/run/generate.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"

#include <string.h>
#include <unistd.h>

typedef struct Args {
    const char *model, *tokenizer, *prompt;
    int steps;
    SamplerParams sampler;
    uint64_t seed;
    bool special;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    CLI_PROMPT(Args),
    CLI_SPECIAL(Args),
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
    Generate generate;
    int steps;        /* as asked for, within the context */
    bool is_progress; /* progress is shown */
} Generator;

static bool generator_open(Generator *g, const Cli *cli, Err *err) {
    const Args *a = g->args;
    const int flags = TOKENIZER_BOS | (a->special ? TOKENIZER_SPECIAL : 0);
    const char *text = a->prompt ? a->prompt : "";
    g->open = (Source){.path = a->model, .tokenizer_path = a->tokenizer};
    if (!source_open(&g->open, err)) return false;
    cli_warn_of(cli, g->open.model);
    if (!generate_check(g->open.model, err) ||
        !cli_encode(cli, g->open.tokenizer, text, strlen(text), flags,
                    &g->prompt, err))
        return false;
    g->session = session_open(g->open.model, &(SessionOptions){0}, err);
    if (!g->session) return false;
    int seq_len = session_seq_len(g->session);
    if (g->prompt.n > seq_len)
        return err_set(err, ERR_LIMIT, 0, "prompt: found %d tokens, allowed %d",
                       g->prompt.n, seq_len);
    g->steps = a->steps == 0 || a->steps > seq_len ? seq_len : a->steps;
    g->is_progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    return generate_init(&g->generate, g->session, g->open.tokenizer, err);
}

static void generator_close(Generator *g) {
    generate_free(&g->generate);
    encoding_free(&g->prompt);
    session_close(g->session);
    tokenizer_close(g->open.tokenizer);
    model_close(g->open.model);
}

/* As in llama2.c a step is one run of the model, so the last token printed
 * stands at position `steps` and is not fed.  Each is written at once, so that
 * a reader sees the text grow. */
static bool print_tokens(Generator *g, Err *err) {
    Generate *now = &g->generate;
    const GenerateOptions opt = {
        .sampler = g->args->sampler, .seed = g->args->seed, .length = g->steps};
    if (!generate_begin(now, &g->prompt, &opt, err)) return false;
    while (generate_next(now, err)) {
        cli_text(now->text, (size_t)now->n_text);
        if (g->is_progress) {
            fputc('\r', stderr);
            escape_print(stderr, "%d/%d tokens ", now->pos, g->steps);
        }
        if (!cli_flush(err)) return false;
    }
    return now->stop != GENERATE_FAILED;
}

/* Of a character that the last token leaves unfinished nothing is printed. */
static bool print_text(Generator *g, Err *err) {
    if (!print_tokens(g, err)) return false;
    putchar('\n');
    return cli_flush(err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {.steps = 256, .sampler = {.temperature = 1, .top_p = 0.9f}};
    if (!cli_parse(cli, &a, err)) return false;
    Generator g = {.args = &a};
    bool ok = generator_open(&g, cli, err);
    double start = clock_seconds();
    ok = ok && print_text(&g, err);
    double seconds = clock_seconds() - start;
    if (ok && isatty(STDERR_FILENO)) {
        int n = session_pos(g.session);
        if (g.is_progress) fputc('\r', stderr);
        escape_line(stderr, "%d tokens, %.0f tokens/s, %s kernels", n,
                    n / seconds, kern_get(NULL)->name);
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
