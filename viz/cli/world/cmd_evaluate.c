/* evaluate: how good a model is, and what its heads do.
 *
 * Without a text it is measured on held-out stories of the world, where the
 * truth is known: what a perfect model would lose on them, and whether what
 * the model tells is a story. */
#include "engine/base/escape.h"
#include "engine/run/generate.h"
#include "engine/spec/arch.h"
#include "engine/spec/sampler.h"
#include "engine/train/documents.h"
#include "viz/app/head_table.h"
#include "viz/app/source.h"
#include "viz/app/source_world.h"
#include "viz/cli/cli.h"
#include "viz/cli/world/cloze.h"
#include "viz/cli/world/judge.h"
#include "viz/cli/world/teller.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (1u << 30) /* bytes */

typedef struct Args {
    const char *model, *tokenizer, *world;
    int n, samples;
    float temperature;
    uint64_t seed;
    bool questions;
} Args;

static const CliOption options[] = {
    CLI_MODEL(Args),
    CLI_TOKENIZER(Args),
    {'n', "texts", CLI_INT, offsetof(Args, n), "N",
     "held-out stories, or documents of TEXT\n(default 200)", 1, 1000000},
    {0, "samples", CLI_INT, offsetof(Args, samples), "N",
     "stories to let it tell (default 200; not with TEXT)", 0, 1000000},
    {'t', "temperature", CLI_FLOAT, offsetof(Args, temperature), "T",
     "of those (default 0.8)", 0, SAMPLER_TEMPERATURE_MAX},
    {0, "questions", CLI_FLAG, offsetof(Args, questions), NULL,
     "instead: share of right answers to N questions", 0, 0},
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
    double true_nats;
} Evaluation;

/* ---- a text -------------------------------------------------------------- */

static bool measure_file(Evaluation *e, const char *path, Err *err) {
    File f;
    if (!file_open(&f, path, TEXT_MAX, err)) return false;
    Documents docs = documents_init((const char *)f.data, f.size);
    bool ok = true;
    Document doc;
    for (int i = 0; ok && i < e->args->n && documents_next(&docs, &doc); i++)
        ok = head_table_text(e->heads, doc.text, doc.n, NULL, err);
    file_close(&f);
    return ok;
}

/* ---- the world ----------------------------------------------------------- */

static bool measure_stories(Evaluation *e, const World *w, Judge *judge,
                            Err *err) {
    WorldStream stream =
        world_stream(w, WORLD_STORY, WORLD_HELD_OUT, e->args->seed);
    WorldStory story;
    for (int i = 0; i < e->args->n; i++) {
        WorldScore score;
        if (!world_draw(&stream, &story, err) ||
            !world_score(w, WORLD_STORY, story.text, story.n, NULL, &score,
                         err) ||
            !judge_story(judge, story.text, story.n, err) ||
            !head_table_text(e->heads, story.text, story.n - 1,
                             judge_recall(judge), err))
            return false;
        e->true_nats -= score.log2_prob * log(2);
    }
    return true;
}

static bool measure_world(Evaluation *e, Err *err) {
    const Args *a = e->args;
    World *w = source_world(a->world, err);
    Judge *judge = w ? judge_open(e->model, e->tokenizer, w, err) : NULL;
    Teller *teller = judge ? teller_open(e->model, e->tokenizer, w, err) : NULL;
    bool ok = teller != NULL;
    if (ok && a->questions)
        ok = teller_questions(teller, a->n, a->seed, err);
    else if (ok)
        ok = measure_stories(e, w, judge, err) &&
             (a->samples == 0 ||
              teller_stories(teller, a->samples, a->temperature, a->seed, err));
    if (ok && !a->questions) judge_print(judge);
    teller_close(teller);
    judge_close(judge);
    world_close(w);
    return ok;
}

/* ---- what is printed ----------------------------------------------------- */

static void print_loss(const Evaluation *e) {
    long n;
    const double loss = head_table_loss(e->heads, &n);
    escape_line(stdout, "loss: %.4f nats a token over %ld tokens",
                loss / (double)n, n);
    if (e->true_nats > 0)
        escape_line(stdout,
                    "entropy: %.4f nats a token; the loss is %.2f %% above it",
                    e->true_nats / (double)n, 100 * (loss / e->true_nats - 1));
}

/* The best head of a kind. */
static void print_most(const HeadTable *t, const Config *c, HeadRole r) {
    const int H = c->n_heads;
    int best = 0;
    for (int i = 1; i < c->n_layers * H; i++)
        if (head_table_score(t, i / H, i % H, r) >
            head_table_score(t, best / H, best % H, r))
            best = i;
    escape_line(stdout, "most %s: head %d.%d, %.3f", head_role_name(r),
                best / H, best % H,
                (double)head_table_score(t, best / H, best % H, r));
}

/* What heads of the model can do, in order; how many. */
static int roles_of(const Evaluation *e, HeadRole out[HEAD_ROLES]) {
    const bool causal = model_config(e->model)->arch->causal;
    const bool ends = tokenizer_sep(e->tokenizer) >= 0;
    int n = 0;
    for (int r = 0; r < HEAD_ROLES; r++)
        if (head_role_applies((HeadRole)r, causal) &&
            (r != HEAD_ROLE_LAST || ends))
            out[n++] = (HeadRole)r;
    return n;
}

static void print_heads(const Evaluation *e) {
    const HeadTable *t = e->heads;
    const Config *c = model_config(e->model);
    HeadRole roles[HEAD_ROLES];
    const int n = roles_of(e, roles);
    escape_print(stdout, "head ");
    for (int r = 0; r < n; r++)
        escape_print(stdout, " %9s", head_role_name(roles[r]));
    putchar('\n');
    for (int i = 0; i < c->n_layers * c->n_heads; i++) {
        const int layer = i / c->n_heads, head = i % c->n_heads;
        escape_print(stdout, "%2d.%-2d", layer, head);
        for (int r = 0; r < n; r++)
            escape_print(stdout, " %9.3f",
                         (double)head_table_score(t, layer, head, roles[r]));
        putchar('\n');
    }
    for (int r = 0; r < n; r++)
        print_most(t, c, roles[r]);
}

/* ---- masked words -------------------------------------------------------- */

/* What is measured of a model that writes no next token: it tells no stories.
 */
static bool measure_masked(Evaluation *e, Err *err) {
    World *w = source_world(e->args->world, err);
    Cloze *cloze = w ? cloze_open(e->model, e->tokenizer, w, err) : NULL;
    WorldStory story;
    e->heads = cloze ? head_table_open(e->model, e->tokenizer, 0, err) : NULL;
    bool ok = e->heads != NULL;
    WorldStream stream = {0};
    if (ok)
        stream = world_stream(w, WORLD_STORY, WORLD_HELD_OUT, e->args->seed);
    for (int i = 0; ok && i < e->args->n; i++)
        ok = world_draw(&stream, &story, err) &&
             cloze_story(cloze, story.text, story.n, err) &&
             head_table_text(e->heads, story.text, story.n - 1, NULL, err);
    if (ok) {
        cloze_print(cloze);
        print_heads(e);
    }
    cloze_close(cloze);
    world_close(w);
    return ok;
}

static bool evaluate(const Cli *cli, Evaluation *e, const char *path,
                     Err *err) {
    const Args *a = e->args;
    Source o = {.path = a->model, .tokenizer_path = a->tokenizer};
    if (!source_open(&o, err)) return false;
    cli_warn_of(cli, o.model);
    e->model = o.model;
    e->tokenizer = o.tokenizer;
    const Arch *arch = model_config(e->model)->arch;
    if (arch_predicts(arch) && arch_ahead(arch) == 0 && !path && !a->questions)
        return measure_masked(e, err) && cli_flush(err);
    if (!generate_check(e->model, err)) return false;
    if (a->questions) return measure_world(e, err) && cli_flush(err);
    e->heads = head_table_open(e->model, e->tokenizer, 0, err);
    if (!e->heads ||
        !(path ? measure_file(e, path, err) : measure_world(e, err)) ||
        !head_table_repeats(e->heads, a->seed, HEAD_TABLE_REPEATS, err))
        return false;
    print_loss(e);
    print_heads(e);
    return cli_flush(err);
}

static bool run(Cli *cli, Err *err) {
    Args a = {.n = HEAD_TABLE_STORIES,
              .samples = 200,
              .temperature = 0.8f,
              .seed = 1};
    if (!cli_parse(cli, &a, err)) return false;
    if (a.questions && cli->n_operands)
        return err_set(err, ERR_USAGE, 0,
                       "--questions are about the world, not about %s",
                       cli->operands[0]);
    if (cli->n_operands && !cli_unused(cli, "samples,temperature,world",
                                       "not used with a text", err))
        return false;
    if (a.questions && !cli_unused(cli, "samples,temperature",
                                   "not used with --questions", err))
        return false;
    Evaluation e = {.args = &a};
    const bool ok =
        evaluate(cli, &e, cli->n_operands ? cli->operands[0] : NULL, err);
    head_table_close(e.heads);
    tokenizer_close(e.tokenizer);
    model_close(e.model);
    return ok;
}

const CliCommand cmd_evaluate = {
    .name = "evaluate",
    .operands = "[TEXT]",
    .help =
        "How well a model knows held-out stories; what its heads do.\n"
        "Of one that predicts masked words: how many it restores, and what\n"
        "its heads do where each token sees all others.",
    .options = options,
    .operands_max = 1,
    .run = run,
};
