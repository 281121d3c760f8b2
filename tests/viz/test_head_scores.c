/* Head scores on patterns whose scores are known, and on a real model whose
 * previous-token and first-token heads are known. */
#include "engine/study/head_scores.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"

#include <math.h>

/* Weights of a head that puts `w` on the key of its kind and spreads the rest
 * over what it may see. */
static void fill_row(float *row, int pos, int key, float w) {
    float rest = (1 - w) / (float)(pos + 1);
    for (int i = 0; i <= pos; i++)
        row[i] = rest + (i == key ? w : 0);
}

/* "a b c a b c ...": from 3 on each token was there three before. */
static const int periodic[] = {7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9};
enum { N = sizeof periodic / sizeof *periodic };

static HeadScores scores_of(HeadKind kind, float w, const int *tokens, int n) {
    HeadScores h = {0};
    for (int t = 0; t < n; t++) {
        float row[64];
        int induction = head_induction_key(tokens, t);
        int key = kind == HEAD_PREVIOUS    ? t - 1
                  : kind == HEAD_INDUCTION ? induction
                                           : 0;
        int places[64];
        const int n_places = head_same_places(tokens, 1, t, places);
        if (kind == HEAD_SAME) key = n_places ? places[n_places - 1] : 0;
        fill_row(row, t, key, w);
        head_scores_add(&h, row, t, induction);
        head_scores_add_places(&h, HEAD_SAME, row, places, n_places);
    }
    return h;
}

START_TEST(induction_key_follows_the_last_place_of_the_token) {
    static const int tokens[] = {5, 6, 5, 7, 5, 5, 5, 6};
    static const int expected[] = {-1, -1, 1, -1, 3, 3, 5, 2};
    for (int t = 0; t < 8; t++)
        ck_assert_int_eq(head_induction_key(tokens, t), expected[t]);
}
END_TEST

START_TEST(two_of_a_kind_side_by_side_are_no_induction) {
    static const int tokens[] = {5, 5};
    ck_assert_int_eq(head_induction_key(tokens, 1), -1);
}
END_TEST

START_TEST(places_are_those_of_the_token_and_of_the_next) {
    static const int tokens[] = {1, 5, 6, 5, 7, 5, 5, 6};
    int out[8];
    ck_assert_int_eq(head_same_places(tokens, 1, 6, out), 3);
    ck_assert(out[0] == 1 && out[1] == 3 && out[2] == 5);
    ck_assert_int_eq(head_same_places(tokens, 2, 6, out), 2);
    ck_assert_int_eq(head_same_places(tokens, 1, 4, out), 0);
    /* 5 comes after 7, and 7 stood nowhere before. */
    ck_assert_int_eq(head_recall_places(tokens, 1, 4, 5, out), 2);
    ck_assert(out[0] == 1 && out[1] == 3);
    /* After the 5 at 3 a 7 came last time, after that at 5 another 5. */
    ck_assert_int_eq(head_recall_places(tokens, 1, 5, 7, out), 0);
    ck_assert_int_eq(head_recall_places(tokens, 1, 5, 5, out), 3);
    ck_assert_int_eq(out[2], 5); /* where it stands itself */
    HeadScores h = {0};
    static const float row[] = {.1f, .2f, .3f, .4f};
    static const int places[] = {1, 3};
    head_scores_add_places(&h, HEAD_RECALL, row, places, 2);
    head_scores_add_places(&h, HEAD_RECALL, row, places, 0);
    ck_assert_float_eq_tol(head_scores_mean(&h, HEAD_RECALL), .6f, 1e-6f);
}
END_TEST

START_TEST(a_pure_head_scores_one_in_its_kind) {
    for (HeadKind k = 0; k < HEAD_RECALL; k++) {
        if (!head_kind_applies(k, true)) continue; /* not among those added */
        HeadScores h = scores_of(k, 1, periodic, N);
        ck_assert_float_eq_tol(head_scores_mean(&h, k), 1, 1e-6f);
        ck_assert_int_eq(head_scores_kind(&h), k);
    }
}
END_TEST

START_TEST(scores_are_means_over_the_positions_that_count) {
    HeadScores h = scores_of(HEAD_PREVIOUS, .5f, periodic, N);
    double previous = 0, first = 0, induction = 0;
    for (int t = 1; t < N; t++) {
        double rest = .5 / (t + 1);
        previous += .5 + rest;
        first += rest + (t == 1 ? .5 : 0);
        induction += t >= 3 ? rest : 0;
    }
    ck_assert_double_eq_tol(head_scores_mean(&h, HEAD_PREVIOUS),
                            previous / (N - 1), 1e-6);
    ck_assert_double_eq_tol(head_scores_mean(&h, HEAD_FIRST), first / (N - 1),
                            1e-6);
    ck_assert_double_eq_tol(head_scores_mean(&h, HEAD_INDUCTION),
                            induction / (N - 3), 1e-6);
}
END_TEST

START_TEST(nothing_is_said_where_nothing_counts) {
    static const int different[] = {1, 2, 3, 4};
    HeadScores one = scores_of(HEAD_FIRST, 1, different, 1);
    HeadScores four = scores_of(HEAD_FIRST, 1, different, 4);
    for (HeadKind k = 0; k < HEAD_KINDS; k++)
        ck_assert(isnan(head_scores_mean(&one, k)));
    ck_assert(isnan(head_scores_mean(&four, HEAD_INDUCTION)));
    ck_assert_float_eq(head_scores_mean(&four, HEAD_FIRST), 1);
    ck_assert_int_eq(head_scores_kind(&one), HEAD_KINDS);
}
END_TEST

START_TEST(a_name_needs_weight_and_positions) {
    int tokens[64];
    for (int i = 0; i < 64; i++)
        tokens[i] = i;
    HeadScores weak = scores_of(HEAD_PREVIOUS, .3f, tokens, 64);
    HeadScores strong = scores_of(HEAD_PREVIOUS, .6f, tokens, 64);
    HeadScores few = scores_of(HEAD_PREVIOUS, 1, tokens, HEAD_COUNT_MIN);
    HeadScores enough = scores_of(HEAD_PREVIOUS, 1, tokens, HEAD_COUNT_MIN + 1);
    ck_assert_int_eq(head_scores_kind(&weak), HEAD_KINDS);
    ck_assert_int_eq(head_scores_kind(&strong), HEAD_PREVIOUS);
    ck_assert_int_eq(head_scores_kind(&few), HEAD_KINDS);
    ck_assert_int_eq(head_scores_kind(&enough), HEAD_PREVIOUS);
}
END_TEST

/* ---- a real model ------------------------------------------------------- */

static HeadScores story_scores(const Fixture *f, int layer, int head) {
    HeadScores h = {0};
    int tokens[64], n = f->stage.n_pos;
    ck_assert_int_lt(n, 64);
    for (int t = 0; t < n; t++) {
        tokens[t] = trace_token(f->trace, t);
        const float *row = trace_row(f->trace, SITE_PATTERN, layer, t);
        head_scores_add(&h, row + head * (t + 1), t,
                        head_induction_key(tokens, t));
    }
    return h;
}

/* How many heads score higher. */
static int rank_of(const Fixture *f, HeadKind k, int layer, int head) {
    HeadScores own = story_scores(f, layer, head);
    int rank = 0;
    for (int l = 0; l < f->stage.config->n_layers; l++)
        for (int h = 0; h < f->stage.config->n_heads; h++) {
            HeadScores other = story_scores(f, l, h);
            rank += head_scores_mean(&other, k) > head_scores_mean(&own, k);
        }
    return rank;
}

/* Heads of this kind, among the n that do most of it. */
static void check_known(const Fixture *f, HeadKind kind, int layer, int head,
                        int n) {
    HeadScores scores = story_scores(f, layer, head);
    ck_assert_int_eq(head_scores_kind(&scores), kind);
    ck_assert_int_lt(rank_of(f, kind, layer, head), n);
}

START_TEST(known_heads_of_the_embedded_model_are_found) {
    Fixture f;
    ck_assert(
        fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, 64, 64, 1, "light"));
    check_known(&f, HEAD_PREVIOUS, 0, 2, 1);
    check_known(&f, HEAD_FIRST, 3, 2, 1);
    HeadScores spread = story_scores(&f, 0, 3);
    ck_assert_int_eq(head_scores_kind(&spread), HEAD_KINDS);
    /* Words in no order, and the same again. */
    fixture_stage(&f, "prompt=\"drum rice Hugo park doll Tom yellow bed girl "
                      "drum rice Hugo park doll Tom yellow bed girl\"");
    check_known(&f, HEAD_INDUCTION, 1, 0, 4);
    check_known(&f, HEAD_INDUCTION, 1, 1, 4);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("head_scores", places_are_those_of_the_token_and_of_the_next,
          induction_key_follows_the_last_place_of_the_token,
          two_of_a_kind_side_by_side_are_no_induction,
          a_pure_head_scores_one_in_its_kind,
          scores_are_means_over_the_positions_that_count,
          nothing_is_said_where_nothing_counts,
          a_name_needs_weight_and_positions,
          known_heads_of_the_embedded_model_are_found)
