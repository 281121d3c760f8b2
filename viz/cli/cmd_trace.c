/* trace: everything the model computed for a prompt, as .npz. */
#include "engine/run/generate.h"
#include "engine/trace/npz.h"
#include "viz/app/source.h"
#include "viz/cli/cli.h"

#include <stdlib.h>
#include <string.h>

typedef struct Args {
    const char *model, *tokenizer, *prompt, *output, *sites;
    int n_more;
    uint64_t budget;
    bool special;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    CLI_PROMPT(Args),
    CLI_SPECIAL(Args),
    {'o', "output", CLI_TEXT, offsetof(Args, output), "FILE.npz",
     "the file to write; numpy.load opens it\n(-: standard output)", 0, 0},
    {0, "sites", CLI_TEXT, offsetof(Args, sites), "LIST",
     "what to write, as in pattern,resid_post,logits\n(default all); in q, k "
     "and what RoPE makes of them\n2i and 2i + 1 are a pair, not i and i + K/2",
     0, 0},
    {'n', "more", CLI_INT, offsetof(Args, n_more), "N",
     "likeliest tokens to add to the prompt (default 0)", 0, CONFIG_DIM_MAX},
    {0, "budget", CLI_BYTES, offsetof(Args, budget), "BYTES",
     "memory for the trace (default 1G); beyond it sites\n"
     "are computed again, with the same result",
     0, 0},
    {0}};

/* Runs the prompt alone, which any model can. */
static bool feed_prompt(Session *s, const Encoding *prompt, Err *err) {
    const size_t size = (size_t)prompt->n * sizeof(int);
    int *ids = malloc(size);
    if (!ids) return err_memory(err, "prompt", size);
    for (int i = 0; i < prompt->n; i++)
        ids[i] = prompt->tokens[i].id;
    const bool ok = session_feed(s, ids, prompt->n, err) != NULL;
    free(ids);
    return ok;
}

/* Runs the prompt and the n_more likeliest tokens, also past what ends a text;
 * the session's hook fills the trace. */
static bool feed(Session *s, const Encoding *prompt, int n_more, Err *err) {
    int seq_len = session_seq_len(s);
    if (n_more > seq_len - prompt->n)
        return err_set(err, ERR_LIMIT, 0,
                       "prompt: found %d tokens and %d more, allowed %d",
                       prompt->n, n_more, seq_len);
    if (n_more == 0) return feed_prompt(s, prompt, err);
    const GenerateOptions opt = {.length = prompt->n + n_more};
    Generate g;
    bool ok = generate_init(&g, s, NULL, err) &&
              generate_begin(&g, prompt, &opt, err);
    while (ok && generate_next(&g, err)) {
    }
    ok = ok && g.stop != GENERATE_FAILED;
    generate_free(&g);
    return ok;
}

static bool save(Session *s, const Args *a, const Encoding *prompt,
                 SiteMask mask, Err *err) {
    Trace *t = trace_open(s, a->budget, err);
    bool ok = t && feed(s, prompt, a->n_more, err) &&
              npz_save(t, mask, a->output, err);
    trace_close(t);
    return ok;
}

static bool run(Cli *cli, Err *err) {
    Args a = {.prompt = "", .sites = "all", .budget = TRACE_BUDGET_DEFAULT};
    SiteMask mask;
    if (!cli_parse(cli, &a, err)) return false;
    if (!a.output)
        return err_set(err, ERR_USAGE, 0, "--output: needs -o FILE.npz");
    if (!npz_parse_sites(a.sites, &mask, err)) return false;
    const int flags = TOKENIZER_BOS | (a.special ? TOKENIZER_SPECIAL : 0);
    Source o = {.path = a.model, .tokenizer_path = a.tokenizer};
    if (!source_open(&o, err)) return false;
    cli_warn_of(cli, o.model);
    Encoding prompt = {0};
    Session *session = NULL;
    const SessionOptions so = {.token_bytes =
                                   trace_token_bytes(model_config(o.model))};
    bool ok = source_spare(a.output, o.model, a.model, a.tokenizer, err) &&
              (session = session_open(o.model, &so, err)) != NULL &&
              cli_encode(cli, o.tokenizer, a.prompt, strlen(a.prompt), flags,
                         &prompt, err) &&
              save(session, &a, &prompt, mask, err);
    encoding_free(&prompt);
    session_close(session);
    tokenizer_close(o.tokenizer);
    model_close(o.model);
    return ok;
}

const CliCommand cmd_trace = {
    .name = "trace",
    .help = "Everything the model computes for a prompt, as an .npz file.",
    .options = options,
    .run = run,
};
