/* corpus: stories of the world, and what is true of a text. */
#include "engine/base/escape.h"
#include "engine/base/file.h"
#include "viz/app/source_world.h"
#include "viz/cli/cli.h"
#include "viz/cli/world/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STORIES_MAX    10000000
#define STORIES_SHOWN  10    /* without -n */
#define STORIES_STATS  10000 /* for --stats without -n */
#define CHECK_SIZE_MAX (1ull << 30)
#define FAILURES_SHOWN 20
#define WORDS_EXPECTED 5 /* in the message of a failure */

typedef struct Args {
    int n;
    uint64_t seed;
    const char *out, *next, *check, *world;
    bool held_out, questions, stats;
} Args;

static const CliOption options[] = {
    {'n', "stories", CLI_INT, offsetof(Args, n), "N",
     "how many (default 10; for --stats 10000)", 1, STORIES_MAX},
    {0, "seed", CLI_SEED, offsetof(Args, seed), "N",
     "the same seed gives the same stories (default 0)", 0, 0},
    {'o', "output", CLI_TEXT, offsetof(Args, out), "FILE",
     "write there (default, and -: standard output)", 0, 0},
    {0, "held-out", CLI_FLAG, offsetof(Args, held_out), NULL,
     "from the stories that no seed gives without this", 0, 0},
    {0, "questions", CLI_FLAG, offsetof(Args, questions), NULL,
     "each story with a question and its true answer", 0, 0},
    {0, "next", CLI_TEXT, offsetof(Args, next), "PREFIX",
     "instead: how likely each next word truly is", 0, 0},
    {0, "check", CLI_TEXT, offsetof(Args, check), "FILE",
     "instead: which of a file's lines are stories,\nand where others fail", 0,
     0},
    {0, "stats", CLI_FLAG, offsetof(Args, stats), NULL,
     "instead: entropy, words, lengths", 0, 0},
    {0, "world", CLI_TEXT, offsetof(Args, world), "DIR",
     "the grammar in a folder's *.txt (default: the\nembedded one)", 0, 0},
    {0}};

/* ---- stories ------------------------------------------------------------- */

static WorldKind kind_of(const Args *a) {
    return a->questions ? WORLD_QUIZ : WORLD_STORY;
}

static WorldStream stream_of(const Args *a, const World *w) {
    return world_stream(w, kind_of(a),
                        a->held_out ? WORLD_HELD_OUT : WORLD_TRAINING, a->seed);
}

/* A growing text. */
typedef struct Text {
    char *bytes;
    size_t n, max;
} Text;

static bool text_add(Text *t, const char *bytes, size_t n, Err *err) {
    if (!t->bytes || n > t->max - t->n) {
        const size_t max = 2 * (t->max + n);
        char *grown = realloc(t->bytes, max);
        if (!grown) return err_memory(err, "stories", max);
        t->bytes = grown;
        t->max = max;
    }
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
    return true;
}

/* A file is written at once, so that it is never half of itself. */
static bool write_stories(const Args *a, const World *w, Err *err) {
    WorldStream stream = stream_of(a, w);
    WorldStory story;
    Text text = {0};
    bool ok = true;
    const int n = a->n ? a->n : STORIES_SHOWN;
    for (int i = 0; ok && i < n; i++) {
        ok = world_draw(&stream, &story, err);
        if (ok && a->out)
            ok = text_add(&text, story.text, story.n, err);
        else if (ok)
            cli_text(story.text, story.n);
        ok = ok && (!ferror(stdout) || cli_flush(err));
    }
    if (ok && a->out) ok = file_save(a->out, text.bytes, text.n, err);
    free(text.bytes);
    return ok;
}

/* ---- what comes next ----------------------------------------------------- */

/* Blanks and the end of a story, made visible. */
static void print_word(FILE *f, const char *word) {
    const size_t n = strcspn(word, "\n");
    escape_print(f, "\"%.*s%s\"", (int)n, word, word[n] ? "\\n" : "");
}

static bool print_next(const Args *a, const World *w, Err *err) {
    WorldNext next;
    const size_t n = strlen(a->next);
    WorldScore score;
    if (!world_score(w, kind_of(a), a->next, n, NULL, &score, err) ||
        !world_next(w, kind_of(a), a->next, n, &next, err))
        return false;
    if (score.fail_at < n)
        return err_set(err, ERR_USAGE, score.fail_at,
                       "next: no story begins so from byte %zu on: \"%.20s\"",
                       score.fail_at, a->next + score.fail_at);
    for (int i = 0; i < next.n; i++) {
        escape_print(stdout, "%.6f  ", next.words[i].prob);
        print_word(stdout, next.words[i].text);
        putchar('\n');
    }
    return true;
}

/* ---- checking ------------------------------------------------------------ */

typedef struct Check {
    const World *w;
    WorldKind kind;
    const char *path;
    int n_lines, n_accepted;
    double log2_sum; /* of the accepted ones */
} Check;

static bool print_failure(const Check *c, const char *line, size_t n, size_t at,
                          Err *err) {
    WorldNext next;
    if (!world_next(c->w, c->kind, line, at, &next, err)) return false;
    const size_t from = at < 30 ? 0 : at - 30;
    escape_print(stderr, "%s:%d:%zu: after \"%.*s\" found \"%.*s\", need",
                 c->path, c->n_lines, at + 1, (int)(at - from), line + from,
                 (int)(n - at < 12 ? n - at : 12), line + at);
    for (int i = 0; i < next.n && i < WORDS_EXPECTED; i++) {
        escape_print(stderr, i ? ", " : " ");
        print_word(stderr, next.words[i].text);
    }
    escape_line(stderr, "%s", next.n > WORDS_EXPECTED ? " ..." : "");
    return true;
}

/* line[0..n) has no '\n'. */
static bool check_line(Check *c, const char *line, size_t n, Err *err) {
    WorldParse *p = world_parse_open(c->w, c->kind, err);
    bool ok = p && world_parse_feed(p, line, n, err) &&
              world_parse_feed(p, "\n", 1, err);
    c->n_lines++;
    if (ok && world_parse_is_refused(p)) {
        if (c->n_lines - c->n_accepted <= FAILURES_SHOWN)
            ok = print_failure(c, line, n, world_parse_pos(p), err);
    } else if (ok) {
        c->n_accepted++;
        c->log2_sum += world_parse_log2(p);
    }
    world_parse_close(p);
    return ok;
}

static bool check_file(const Args *a, const World *w, Err *err) {
    File file;
    Check c = {.w = w, .kind = kind_of(a), .path = a->check};
    if (!file_open(&file, a->check, CHECK_SIZE_MAX, err)) return false;
    const char *at = (const char *)file.data, *end = at + file.size;
    bool ok = true;
    while (ok && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        ok = check_line(&c, at, (size_t)(stop - at), err);
        at = stop + (stop < end);
    }
    file_close(&file);
    if (!ok) return false;
    escape_print(stdout, "%d of %d lines accepted (%.1f %%)", c.n_accepted,
                 c.n_lines, 100.0 * c.n_accepted / c.n_lines);
    if (c.n_accepted > 0)
        escape_print(stdout, ", %.2f bits each", -c.log2_sum / c.n_accepted);
    putchar('\n');
    return true;
}

static bool check_unused(const Cli *cli, const Args *a, Err *err) {
    if (a->next)
        return cli_unused(cli, "output,stories,seed,held-out",
                          "not used with --next", err);
    if (a->check)
        return cli_unused(cli, "output,stories,seed,held-out",
                          "not used with --check", err);
    return !a->stats || cli_unused(cli, "output", "not used with --stats", err);
}

/* ---- the command --------------------------------------------------------- */

static bool run(Cli *cli, Err *err) {
    Args a = {0};
    if (!cli_parse(cli, &a, err)) return false;
    if ((a.next != NULL) + (a.check != NULL) + a.stats > 1)
        return err_set(err, ERR_USAGE, 0,
                       "--next, --check and --stats exclude each other");
    if (!check_unused(cli, &a, err) || !source_world_spare(a.out, a.world, err))
        return false;
    World *w = source_world(a.world, err);
    if (!w) return false;
    bool ok;
    if (a.next)
        ok = print_next(&a, w, err);
    else if (a.check)
        ok = check_file(&a, w, err);
    else if (a.stats)
        ok = stats_print(stream_of(&a, w), a.n ? a.n : STORIES_STATS, err);
    else
        ok = write_stories(&a, w, err);
    world_close(w);
    return ok && cli_flush(err);
}

const CliCommand cmd_corpus = {
    .name = "corpus",
    .help = "Stories of the world to learn from; what is true of a text.",
    .options = options,
    .run = run,
};
