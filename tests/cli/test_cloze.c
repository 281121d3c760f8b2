/* cloze: which words are masked, and what a model of masked words is said to
 * restore, against its logits read here. */
#include "viz/cli/world/cloze.h"

#include "engine/run/session.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "tests/support/worlds.h"
#include "viz/app/source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define V       300
#define POS_MAX 64
#define FREE    "Ann sat. It was late.\n"

static const char words[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nann\nbob\ncid\nhad\na\ncup\ncap\nhat\n"
    ".\nhe\nshe\nlost\nhis\nher\n\"\nmy\n!\nsaid\nnobody\nsat\nit\nwas\nlate\n"
    "then\ngot\nup\ncame\n(\ntoday\n)\n";

/* One is free to be anybody, and whoever got up is not. */
static const char free_world[] =
    "table person: name\n Ann\n Bob\n Cid\n"
    "rule story\n - {new person a} sat. <end a>\n -3 Nobody sat. It was late.\n"
    "rule end x\n - Then {x} got up.\n - It was late.\n"
    "rule question\n - y\n";

typedef struct Rig {
    char dir[FOLDER_PATH_MAX];
    Source source;
    float logits[POS_MAX][V];
} Rig;

static void open_rig(Rig *g, bool no_head) {
    char vocab[8192];
    TinySpec spec = tiny_spec();
    Err err = {0};
    size_t n = (size_t)snprintf(vocab, sizeof vocab, "%s", words);
    int lines = 0;
    for (const char *c = vocab; *c; c++)
        lines += *c == '\n';
    for (; lines < V; lines++)
        n += (size_t)snprintf(vocab + n, sizeof vocab - n, "w%d\n", lines);
    spec.family = TINY_BERT;
    spec.n_kv_heads = spec.n_heads;
    folder_make(g->dir);
    tiny_family_folder(g->dir, &spec, &(TinyForm){.no_head = no_head});
    folder_write(g->dir, "vocab.txt", vocab, n);
    g->source = (Source){.path = g->dir};
    ck_assert_msg(source_open(&g->source, &err), "%s", err.msg);
}

static void close_rig(Rig *g) {
    tokenizer_close(g->source.tokenizer);
    model_close(g->source.model);
    folder_remove(g->dir);
}

static void keep(void *ud, const Tap *tap) {
    Rig *g = ud;
    for (int i = 0; i < tap->n_pos; i++)
        memcpy(g->logits[tap->pos + i], tap->data + i * tap->stride,
               sizeof g->logits[0]);
}

/* The logits at the token of each of these words in turn, masked: nats lost on
 * it, and whether it is the likeliest. */
static double lost(Rig *g, const char *text, size_t start, bool *is_best,
                   double *log_q) {
    Encoding e = {0};
    Err err = {0};
    int ids[POS_MAX], at = -1;
    ck_assert(tokenizer_encode(g->source.tokenizer, text, strlen(text) - 1,
                               TOKENIZER_BOS, &e, &err));
    for (int i = 0; i < e.n; i++) {
        ids[i] = e.tokens[i].id;
        if (e.tokens[i].end > start && e.tokens[i].begin <= start &&
            e.tokens[i].end > e.tokens[i].begin)
            at = i;
    }
    ck_assert_int_ge(at, 0);
    const int own = ids[at];
    ids[at] = tokenizer_mask(g->source.tokenizer);
    Session *s = session_open(g->source.model, &(SessionOptions){0}, &err);
    ck_assert_ptr_nonnull(s);
    session_set_hook(
        s, (SiteHook){.mask = SITE_BIT(SITE_LOGITS), .fn = keep, .ud = g});
    ck_assert_ptr_nonnull(session_feed(s, ids, e.n, &err));
    session_close(s);
    encoding_free(&e);
    double sum = 0;
    *is_best = true;
    for (int i = 0; i < V; i++) {
        sum += exp((double)g->logits[at][i]);
        if (g->logits[at][i] > g->logits[at][own]) *is_best = false;
    }
    for (int i = 0; log_q && i < V; i++)
        log_q[i] = (double)g->logits[at][i] - log(sum);
    return log(sum) - (double)g->logits[at][own];
}

static ClozeCounts counts_of(Rig *g, const World *w, const char *text) {
    Err err = {0};
    Cloze *c = cloze_open(g->source.model, g->source.tokenizer, w, &err);
    ck_assert_msg(c != NULL, "%s", err.msg);
    ck_assert_msg(cloze_story(c, text, strlen(text), &err), "%s", err.msg);
    const ClozeCounts counts = cloze_counts(c);
    cloze_close(c);
    return counts;
}

START_TEST(words_that_the_rest_fixes) {
    static const char text[] = "Bob had a cup. He lost his cup.\n";
    static const struct {
        size_t start;
        ReferenceKind kind;
    } known[] = {{0, REFERENCE_NAME},
                 {10, REFERENCE_THING}, /* of "a cup" */
                 {15, REFERENCE_PRONOUN},
                 {23, REFERENCE_PRONOUN},
                 {27, REFERENCE_THING}};
    Rig g;
    open_rig(&g, false);
    World *w = worlds_open(worlds_small);
    ClozeCounts want = {.n_masked = 5, .n_short = 5};
    for (int i = 0; i < 5; i++) {
        bool is_best;
        want.loss += lost(&g, text, known[i].start, &is_best, NULL);
        want.n_fixed[known[i].kind]++;
        want.n_restored[known[i].kind] += is_best;
    }
    const ClozeCounts got = counts_of(&g, w, text);
    ck_assert_int_eq(got.n_masked, want.n_masked);
    ck_assert_int_eq((int)got.n_short, (int)want.n_short);
    for (int k = 0; k < REFERENCE_KINDS; k++) {
        ck_assert_int_eq(got.n_fixed[k], want.n_fixed[k]);
        ck_assert_int_eq(got.n_restored[k], want.n_restored[k]);
    }
    ck_assert_double_eq_tol(got.loss, want.loss, 1e-4);
    ck_assert_double_eq_tol(got.entropy, 0, 1e-12);
    world_close(w);
    close_rig(&g);
}
END_TEST

START_TEST(a_free_word_has_the_world_s_entropy) {
    static const struct {
        const char *word;
        double p;
    } known[] = {{"nobody", 6 / 7.},
                 {"ann", 1 / 21.},
                 {"bob", 1 / 21.},
                 {"cid", 1 / 21.}};
    Rig g;
    bool is_best;
    double log_q[V], loss = 0, entropy = 0;
    open_rig(&g, false);
    World *w = worlds_open(free_world);
    lost(&g, FREE, 0, &is_best, log_q);
    for (int i = 0; i < 4; i++) {
        const int id = tokenizer_find_text(g.source.tokenizer, known[i].word,
                                           (int)strlen(known[i].word));
        ck_assert_int_ge(id, 0);
        loss -= known[i].p * log_q[id];
        entropy -= known[i].p * log(known[i].p);
    }
    const ClozeCounts got = counts_of(&g, w, FREE);
    ck_assert_int_eq(got.n_masked, 1);
    ck_assert_int_eq(got.n_fixed[REFERENCE_NAME], 0);
    ck_assert_double_eq_tol(got.loss, loss, 1e-4);
    ck_assert_double_eq_tol(got.entropy, entropy, 1e-9);
    world_close(w);
    close_rig(&g);
}
END_TEST

START_TEST(what_masks_nothing_is_refused) {
    Rig g;
    Err err = {0};
    World *w = worlds_open(worlds_small);
    open_rig(&g, true);
    ck_assert_ptr_null(cloze_open(g.source.model, g.source.tokenizer, w, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "does not predict masked words"));
    world_close(w);
    close_rig(&g);
}
END_TEST

TEST_MAIN("cloze", words_that_the_rest_fixes,
          a_free_word_has_the_world_s_entropy, what_masks_nothing_is_refused)
