/* Ladders and nearest rows, against merging and cosines written down here once
 * more: every pair is looked at every time, in doubles. */
#include "engine/spec/arch.h"
#include "tests/support/bert_files.h"
#include "tests/support/byte_level.h"
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void rig_open(StudyRig *r) {
    study_rig_open(r, tiny_spec(), TRACE_BUDGET_DEFAULT, "", 0,
                   STUDY_RIG_BUDGET);
    study_set_tokenizer(r->study, r->c.tiny.tok);
}

static const StudyLadder *ladder(StudyRig *r, int first, int last) {
    bool missing;
    study_ladder(r->study, first, last, &missing);
    study_rig_make(r);
    const StudyLadder *l = study_ladder(r->study, first, last, &missing);
    ck_assert(!missing);
    return l;
}

static const StudyLadder *ladder_of_word(StudyRig *r, const char *word) {
    study_set_word(r->study, word);
    return ladder(r, STUDY_LADDER_WORD, 0);
}

/* The naive way: of all neighbours whose bytes are a piece the one of the
 * highest score, the leftmost of equal ones, until there is none. */
typedef struct Naive {
    char parts[128][64];
    int n;
} Naive;

static int naive_best(const StudyRig *r, const Naive *m, double *score) {
    int best = -1;
    for (int i = 0; i + 1 < m->n; i++) {
        char both[128];
        snprintf(both, sizeof both, "%s%s", m->parts[i], m->parts[i + 1]);
        const int id =
            tokenizer_find_piece(r->c.tiny.tok, both, (int)strlen(both));
        if (id < 0) continue;
        const double s = (double)tokenizer_piece(r->c.tiny.tok, id).score;
        if (best >= 0 && s <= *score) continue;
        best = i;
        *score = s;
    }
    return best;
}

static void naive_merge(Naive *m, int at) {
    const size_t n = strlen(m->parts[at]);
    memmove(m->parts[at] + n, m->parts[at + 1], 64 - n);
    for (int i = at + 1; i + 1 < m->n; i++)
        memcpy(m->parts[i], m->parts[i + 1], sizeof m->parts[i]);
    m->n--;
}

static void check_row(const StudyRig *r, const StudyLadder *l, int k,
                      const Naive *m) {
    const StudyRung *g = study_ladder_row(l, k);
    ck_assert_int_eq(l->n_symbols - k, m->n);
    int at = 0;
    for (int i = 0; i < m->n; i++) {
        const int bytes = (int)strlen(m->parts[i]);
        ck_assert_int_eq(g[i].first, at);
        at += g[i].n;
        ck_assert_int_eq(
            g[i].id, tokenizer_find_piece(r->c.tiny.tok, m->parts[i], bytes));
        char both[128];
        if (i + 1 == m->n) {
            ck_assert_int_eq(g[i].with_next, -1);
            continue;
        }
        snprintf(both, sizeof both, "%s%s", m->parts[i], m->parts[i + 1]);
        ck_assert_int_eq(
            g[i].with_next,
            tokenizer_find_piece(r->c.tiny.tok, both, (int)strlen(both)));
    }
    ck_assert_int_eq(at, l->n_symbols);
}

static void check_word(StudyRig *r, const char *word) {
    const StudyLadder *l = ladder_of_word(r, word);
    Naive m = {.parts = {" "}, .n = 1};
    for (const char *c = word; *c; c++)
        m.parts[m.n++][0] = *c;
    double score = 0;
    int k = 0;
    for (int at; (at = naive_best(r, &m, &score)) >= 0; k++) {
        check_row(r, l, k, &m);
        ck_assert_int_lt(k, l->n_merges);
        ck_assert_int_eq(l->merges[k].left, at);
        ck_assert_double_eq(l->merges[k].score, score);
        naive_merge(&m, at);
    }
    check_row(r, l, k, &m);
    ck_assert_int_eq(l->n_merges, k);
}

START_TEST(a_ladder_is_what_merging_one_by_one_gives) {
    static const char *const words[] = {
        "the",  "cat",           "that",     "thethethe", "a",
        "sat.", "thatthecatsat", "hehehehe", "t t t",     "zzzz"};
    StudyRig r;
    rig_open(&r);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        check_word(&r, words[i]);
    study_rig_close(&r);
}
END_TEST

/* The word in the run: the text its tokens stand for. */
START_TEST(tokens_of_a_run_climb_to_themselves) {
    StudyRig r;
    Err err = {0};
    Encoding e = {0};
    rig_open(&r);
    ck_assert(tokenizer_encode(r.c.tiny.tok, "the cat sat", 11, TOKENIZER_BOS,
                               &e, &err));
    int ids[32] = {0};
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    ck_assert(session_feed(r.c.session, ids, e.n, &err));
    const StudyLadder *l = ladder(&r, 1, e.n - 1);
    ck_assert_str_eq(l->text, "the cat sat");
    ck_assert_int_eq(l->n_tokens, e.n - 1);
    for (int i = 0; i < l->n_tokens; i++)
        ck_assert_int_eq(l->tokens[i].id, ids[i + 1]);
    ck_assert_ptr_null(ladder(&r, 0, 0)); /* BOS is no text */
    ck_assert_ptr_null(ladder(&r, 2, e.n));
    encoding_free(&e);
    study_rig_close(&r);
}
END_TEST

/* A piece on its own gets no space before it, and is made of its letters. */
START_TEST(a_piece_is_made_of_its_characters) {
    StudyRig r;
    rig_open(&r);
    const int he = tokenizer_find_piece(r.c.tiny.tok, "he", 2);
    const StudyLadder *l = ladder(&r, study_piece(he), 0);
    ck_assert_int_eq(l->n_symbols, 2);
    ck_assert_int_eq(l->n_merges, 1);
    ck_assert_int_eq(l->merges[0].id, he);
    ck_assert_ptr_null(ladder(&r, study_piece(TOKEN_BOS), 0));
    ck_assert_ptr_null(ladder(&r, study_piece(TOKEN_BYTE0 + 65), 0));
    ck_assert_ptr_null(ladder(&r, study_piece(300), 0));
    study_rig_close(&r);
}
END_TEST

START_TEST(a_character_without_a_piece_is_its_bytes) {
    StudyRig r;
    rig_open(&r);
    const StudyLadder *l = ladder_of_word(&r, "a\xE2\x82\xAC"); /* euro */
    ck_assert_int_eq(l->n_symbols, 3);
    ck_assert_int_eq(l->symbols[2].id, -1);
    ck_assert_int_eq(l->tokens[l->n_tokens - 3].id, TOKEN_BYTE0 + 0xE2);
    ck_assert_int_eq(l->tokens[l->n_tokens - 1].id, TOKEN_BYTE0 + 0xAC);
    study_rig_close(&r);
}
END_TEST

START_TEST(too_long_and_empty_have_none) {
    StudyRig r;
    bool missing;
    rig_open(&r);
    ck_assert_ptr_null(ladder_of_word(&r, ""));
    ck_assert_ptr_nonnull(ladder_of_word(&r, "a"));
    study_set_word(r.study, "the"); /* that of the former word is gone */
    ck_assert_ptr_null(study_ladder(r.study, STUDY_LADDER_WORD, 0, &missing));
    ck_assert(missing);
    study_rig_close(&r);
}
END_TEST

START_TEST(a_choice_is_the_best_of_its_row) {
    StudyRig r;
    bool missing;
    rig_open(&r);
    const StudyLadder *l = ladder_of_word(&r, "thatthecat");
    for (int k = 0; k < l->n_merges; k++) {
        const StudyKey key = {
            .kind = STUDY_CHOICE, .index = STUDY_LADDER_WORD, .layer = k};
        study_get(r.study, key, &missing);
        study_rig_make(&r);
        const Explain *ex = study_get(r.study, key, &missing);
        const StudyRung *g = study_ladder_row(l, k);
        int n = 0;
        double most = -INFINITY;
        for (int i = 0; i < l->n_symbols - k; i++) {
            n += g[i].with_next >= 0;
            if (g[i].with_next >= 0) most = fmax(most, (double)g[i].score);
        }
        ck_assert_int_eq(ex->n_terms, n);
        ck_assert_double_eq(ex->total, most);
        ck_assert_float_eq(ex->stored, l->merges[k].score);
        ck_assert_int_eq(ex->col, l->merges[k].id);
        ck_assert(ex->matches);
    }
    const StudyKey past = {
        .kind = STUDY_CHOICE, .index = STUDY_LADDER_WORD, .layer = l->n_merges};
    study_get(r.study, past, &missing);
    study_rig_make(&r);
    ck_assert_ptr_null(study_get(r.study, past, &missing));
    study_rig_close(&r);
}
END_TEST

/* ---- other tokenizers ---------------------------------------------------- */

/* By the order of the file's merges, the leftmost of equal ones first. */
START_TEST(byte_level_merges_are_taken_by_rank) {
    static const struct {
        const char *word;
        int n, ids[3], lefts[3];
        int n_symbols, last;
    } cases[] = {{"hello", 3, {LL, HE, HELL}, {2, 0, 0}, 5, 'o'},
                 {"hehe", 2, {HE, HE}, {0, 1}, 4, HE},
                 {"heell", 2, {LL, HE}, {3, 0}, 5, LL},
                 {"\u00E9", 1, {E_ACUTE}, {0}, 2, E_ACUTE},
                 {"x", 0, {0}, {0}, 1, 'x'}};
    StudyRig r;
    Err err = {0};
    Bytes b = byte_level_json(false, false);
    Tokenizer *t = tokenizer_open_memory("tokenizer.json", b.data, b.size,
                                         N_BYTE_LEVEL, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    rig_open(&r);
    study_set_tokenizer(r.study, t);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const StudyLadder *l = ladder_of_word(&r, cases[i].word);
        ck_assert_ptr_nonnull(l);
        ck_assert_int_eq(l->n_symbols, cases[i].n_symbols);
        ck_assert_int_eq(l->n_merges, cases[i].n);
        for (int k = 0; k < cases[i].n; k++) {
            ck_assert_int_eq(l->merges[k].id, cases[i].ids[k]);
            ck_assert_int_eq(l->merges[k].left, cases[i].lefts[k]);
        }
        ck_assert_int_eq(l->tokens[l->n_tokens - 1].id, cases[i].last);
    }
    /* "ello" is a piece, but no merge leads there. */
    const StudyLadder *l = ladder_of_word(&r, "ello");
    ck_assert_int_eq(l->n_merges, 1);
    ck_assert_int_eq(study_ladder_row(l, 1)[0].with_next, -1);
    study_rig_close(&r);
    tokenizer_close(t);
    bytes_free(&b);
}
END_TEST

/* WordPiece takes the longest piece and merges nothing. */
START_TEST(wordpiece_has_no_rungs) {
    StudyRig r;
    Err err = {0};
    Bytes b = bert_json("", BERT_TEMPLATE);
    Tokenizer *t =
        tokenizer_open_memory("tokenizer.json", b.data, b.size, N_BERT, &err);
    ck_assert_msg(t != NULL, "%s", err.msg);
    rig_open(&r);
    study_set_tokenizer(r.study, t);
    const StudyLadder *l = ladder_of_word(&r, "unaffable");
    ck_assert_ptr_nonnull(l);
    ck_assert_int_eq(l->n_merges, 0);
    ck_assert_int_eq(l->tokens[0].id, BERT_UN);
    ck_assert_ptr_null(ladder(&r, study_piece(BERT_IN_AFF), 0));
    study_rig_close(&r);
    tokenizer_close(t);
    bytes_free(&b);
}
END_TEST

/* ---- nearest ------------------------------------------------------------- */

static double cosine(const float *x, const float *y, int n) {
    double xy = 0, xx = 0, yy = 0;
    for (int i = 0; i < n; i++) {
        xy += (double)x[i] * (double)y[i];
        xx += (double)x[i] * (double)x[i];
        yy += (double)y[i] * (double)y[i];
    }
    return xy / sqrt(xx * yy);
}

START_TEST(nearest_are_the_largest_cosines) {
    StudyRig r;
    int n;
    const TinySpec spec = tiny_spec();
    rig_open(&r);
    float *w = tiny_weights(&spec, TENSOR_TOKEN_EMBED, 0, &n);
    const int dim = spec.dim, ids[] = {0, 17, 299};
    for (int k = 0; k < 3; k++) {
        const float *own = w + ids[k] * dim;
        study_near(r.study, ids[k]);
        study_rig_make(&r);
        const StudyNear *near = study_near(r.study, ids[k]);
        ck_assert_int_eq(near->n, STUDY_NEAR_MAX);
        for (int i = 0; i < near->n; i++) {
            const StudyNearRow *row = &near->rows[i];
            const double c = cosine(own, w + row->id * dim, dim);
            int better = 0;
            for (int id = 0; id < spec.vocab_size; id++)
                better += id != ids[k] && cosine(own, w + id * dim, dim) > c;
            ck_assert_int_eq(better, i);
            ck_assert_double_eq_tol(row->cosine, c, 1e-12);
        }
    }
    study_near(r.study, spec.vocab_size);
    study_rig_make(&r);
    ck_assert_ptr_null(study_near(r.study, spec.vocab_size));
    free(w);
    study_rig_close(&r);
}
END_TEST

int main(void) {
    const TTest *const all[] = {a_ladder_is_what_merging_one_by_one_gives,
                                tokens_of_a_run_climb_to_themselves,
                                a_piece_is_made_of_its_characters,
                                a_character_without_a_piece_is_its_bytes,
                                too_long_and_empty_have_none,
                                a_choice_is_the_best_of_its_row,
                                byte_level_merges_are_taken_by_rank,
                                wordpiece_has_no_rungs,
                                nearest_are_the_largest_cosines};
    /* Merging asks the tokenizer alone. */
    const TTest *const every[] = {tokens_of_a_run_climb_to_themselves,
                                  nearest_are_the_largest_cosines};
    const int failed = test_run("ladder", all, sizeof all / sizeof *all);
    return failed |
           tiny_run_others("ladder", every, sizeof every / sizeof *every);
}
