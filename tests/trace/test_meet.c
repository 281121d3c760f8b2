/* A query and a key pair by pair, and at any distance, against the rotation
 * written down here once more, in doubles. */
#include "engine/study/study_meet.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#define N_TOKENS 12

static void rig_open(StudyRig *r, const char *edits) {
    TinySpec spec = tiny_spec();
    spec.dim = 32;
    study_rig_open(r, spec, 0, edits, N_TOKENS, STUDY_RIG_BUDGET);
}

static const StudyMeet *meet(StudyRig *r, StudyKey key) {
    study_meet(r->study, key);
    study_distance(r->study, key);
    study_rig_make(r);
    return study_meet(r->study, key);
}

/* theta^(-2i/K), as the paper has it. */
static double turn(const StudyRig *r, int pair) {
    return pow((double)r->config->rope_theta,
               -2.0 * pair / r->config->head_dim);
}

static void rotate(const StudyRig *r, const float *x, int pos, double *out) {
    for (int i = 0; i < r->config->head_dim; i += 2) {
        const double a = pos * turn(r, i / 2);
        out[i] = (double)x[i] * cos(a) - (double)x[i + 1] * sin(a);
        out[i + 1] = (double)x[i] * sin(a) + (double)x[i + 1] * cos(a);
    }
}

static double product(const StudyRig *r, const float *q, int q_pos,
                      const float *k, int k_pos) {
    double a[64] = {0}, b[64] = {0}, sum = 0;
    ck_assert_int_le(r->config->head_dim, 64);
    rotate(r, q, q_pos, a);
    rotate(r, k, k_pos, b);
    for (int i = 0; i < r->config->head_dim; i++)
        sum += a[i] * b[i];
    return sum;
}

static void check_pairs(const StudyRig *r, const StudyMeet *m, const float *q,
                        int pos, const float *k, int key) {
    double a[64] = {0}, b[64] = {0}, sum = 0;
    bool seen[64] = {false};
    rotate(r, q, pos, a);
    rotate(r, k, key, b);
    for (int i = 0; i < m->n_pairs; i++) {
        double adds = 0;
        for (int j = 2 * i; j < 2 * i + 2; j++) {
            ck_assert_float_eq(m->q[j], q[j]);
            ck_assert_float_eq(m->k[j], k[j]);
            ck_assert_double_eq_tol((double)m->turned_q[j], a[j], 1e-5);
            ck_assert_double_eq_tol((double)m->turned_k[j], b[j], 1e-5);
            ck_assert_double_eq_tol((double)m->products[j], a[j] * b[j], 1e-5);
            adds += a[j] * b[j];
        }
        ck_assert_double_eq_tol(m->adds[i], adds, 1e-5);
        ck_assert_double_eq_tol(m->turn[i], turn(r, i), 1e-9);
        seen[m->order[i]] = true;
        if (i > 0)
            ck_assert(fabs(m->adds[m->order[i]]) <=
                      fabs(m->adds[m->order[i - 1]]));
        sum += adds;
    }
    for (int i = 0; i < m->n_pairs; i++)
        ck_assert(seen[i]);
    ck_assert_double_eq_tol(m->raw, sum, 1e-4);
}

static void check(StudyRig *r, int layer, int head, int pos, int key) {
    const Config *c = r->config;
    const int K = c->head_dim, kv = head / (c->n_heads / c->n_kv_heads);
    const StudyKey at = study_meet_key(r->c.trace, layer, head, pos, key);
    const StudyMeet *m = meet(r, at);
    ck_assert(m != NULL);
    ck_assert_int_eq(m->size, K);
    const float *q = trace_row(r->c.trace, SITE_Q, layer, pos) + head * K;
    const float *k = trace_row(r->c.trace, SITE_K, layer, key) + kv * K;
    check_pairs(r, m, q, pos, k, key);
    const int n = trace_n_keys(r->c.trace, pos);
    const float *s = trace_row(r->c.trace, SITE_ATTN_SCORES, layer, pos);
    const float *p = trace_row(r->c.trace, SITE_PATTERN, layer, pos);
    ck_assert_float_eq(m->score, s[head * n + key]);
    ck_assert_float_eq(m->weight, p[head * n + key]);
    ck_assert_double_eq_tol(m->raw / sqrt(K), (double)m->score, 1e-4);
    /* Both moved: the same.  One moved: as the curve says. */
    ck_assert_double_eq_tol(
        m->moved, product(r, q, pos + STUDY_MOVED, k, key + STUDY_MOVED), 1e-6);
    ck_assert_double_eq_tol(m->moved, m->raw, 1e-4);
    const float *curve = study_distance(r->study, at);
    for (int apart = 0; apart < study_n_distances(c); apart++)
        ck_assert_double_eq_tol((double)curve[apart],
                                product(r, q, 70 + apart, k, 70) / sqrt(K),
                                1e-5);
    if (pos >= key)
        ck_assert_double_eq_tol((double)curve[pos - key], (double)m->score,
                                1e-4);
}

START_TEST(a_query_meets_a_key_pair_by_pair) {
    StudyRig r;
    rig_open(&r, "");
    for (int head = 0; head < r.config->n_heads; head++) {
        check(&r, 0, head, N_TOKENS - 1, 3);
        check(&r, 1, head, 7, 7);
        check(&r, 1, head, 5, 0);
    }
    study_rig_close(&r);
}
END_TEST

START_TEST(without_the_mask_later_keys_are_met) {
    StudyRig r;
    rig_open(&r, "mask");
    check(&r, 1, 2, 3, 9);
    study_rig_close(&r);
}
END_TEST

/* Nothing turns, and nothing is divided: any distance is the same. */
START_TEST(what_is_left_out_is_left_out_here) {
    StudyRig r;
    rig_open(&r, "raw1.2,rope");
    const StudyKey at = study_meet_key(r.c.trace, 1, 2, 7, 3);
    const StudyMeet *m = meet(&r, at);
    ck_assert_double_eq_tol(m->raw, (double)m->score, 1e-4);
    ck_assert_double_eq_tol(m->moved, m->raw, 1e-5);
    const float *curve = study_distance(r.study, at);
    for (int apart = 0; apart < study_n_distances(r.config); apart++)
        ck_assert_double_eq_tol((double)curve[apart], m->raw, 1e-5);
    study_rig_close(&r);
}
END_TEST

START_TEST(behind_the_mask_there_is_none) {
    StudyRig r;
    rig_open(&r, "");
    ck_assert_ptr_null(meet(&r, study_meet_key(r.c.trace, 1, 2, 3, 9)));
    study_rig_close(&r);
}
END_TEST

/* ---- moved --------------------------------------------------------------- */

static void check_shifted(StudyRig *r, StudyKey key, const float *q, int q_pos,
                          const float *k, int k_pos, int shift, int apart) {
    const StudyKey at = study_shifted_key(key, shift, apart);
    const int K = r->config->head_dim;
    bool missing;
    double a[64] = {0}, b[64] = {0};
    StudyKey cell = at, weight = at;
    cell.kind = STUDY_SHIFTED_CELL;
    weight.kind = STUDY_SHIFTED_WEIGHT;
    study_shifted(r->study, at);
    study_get(r->study, cell, &missing);
    study_get(r->study, weight, &missing);
    study_rig_make(r);
    const StudyMeet *m = study_shifted(r->study, at);
    const Explain *ex = study_get(r->study, cell, &missing);
    const Explain *share = study_get(r->study, weight, &missing);
    ck_assert(m && ex && share);
    rotate(r, q, q_pos + shift + apart, a);
    rotate(r, k, k_pos + shift, b);
    const double raw = product(r, q, q_pos + shift + apart, k, k_pos + shift);
    for (int i = 0; i < K; i++) {
        ck_assert_double_eq_tol((double)m->turned_q[i], a[i], 1e-6);
        ck_assert_double_eq_tol((double)m->turned_k[i], b[i], 1e-6);
    }
    ck_assert_double_eq_tol(m->raw, raw, 1e-6);
    ck_assert_double_eq_tol((double)m->score, raw / sqrt(K), 1e-6);
    ck_assert(ex->matches && share->matches);
    ck_assert_double_eq_tol(ex->total, raw / sqrt(K), 1e-5);
    ck_assert_double_eq_tol(share->total, (double)m->weight, 1e-5);
}

/* Moved together the score stays, whatever the layer: it depends on the
 * distance alone.  Moved apart it is that of the distance they have then. */
START_TEST(moved_together_the_score_stays) {
    static const int shifts[] = {0, 1, 7, 100, 1000, 50000, -2};
    StudyRig r;
    rig_open(&r, "");
    const int pos = 10, key = 3;
    for (int layer = 0; layer < r.config->n_layers; layer++)
        for (int head = 0; head < r.config->n_heads; head++) {
            const Trace *t = r.c.trace;
            const int K = r.config->head_dim;
            const int kv = head / (r.config->n_heads / r.config->n_kv_heads);
            float q[64], k[64];
            memcpy(q, trace_row(t, SITE_Q, layer, pos) + head * K,
                   (size_t)K * sizeof *q);
            memcpy(k, trace_row(t, SITE_K, layer, key) + kv * K,
                   (size_t)K * sizeof *k);
            const StudyKey at = study_meet_key(t, layer, head, pos, key);
            const float stored = meet(&r, at)->score;
            for (int i = 0; i < 7; i++) {
                check_shifted(&r, at, q, pos, k, key, shifts[i], 0);
                const StudyKey moved = study_shifted_key(at, shifts[i], 0);
                ck_assert_double_eq_tol(
                    (double)study_shifted(r.study, moved)->score,
                    (double)stored, 2e-6);
            }
            for (int apart = -7; apart <= 20; apart += 3) {
                check_shifted(&r, at, q, pos, k, key, 5, apart);
                meet(&r, at);
                const float *curve = study_distance(r.study, at);
                const StudyKey moved = study_shifted_key(at, 5, apart);
                ck_assert_double_eq_tol(
                    (double)study_shifted(r.study, moved)->score,
                    (double)curve[pos - key + apart], 1e-6);
            }
        }
    study_rig_close(&r);
}
END_TEST

/* Without RoPE nothing turns, wherever they stand. */
START_TEST(without_rope_places_do_not_count) {
    StudyRig r;
    rig_open(&r, "rope");
    const StudyKey at = study_meet_key(r.c.trace, 1, 2, 9, 4);
    const StudyKey moved = study_shifted_key(at, 11, 30);
    const float stored = meet(&r, at)->score;
    study_shifted(r.study, moved);
    study_rig_make(&r);
    ck_assert_double_eq_tol((double)study_shifted(r.study, moved)->score,
                            (double)stored, 1e-6);
    study_rig_close(&r);
}
END_TEST

/* Where no position is, none is made. */
START_TEST(nothing_is_moved_below_0_or_too_far) {
    static const int none[][2] = {
        {-5, 0}, {0, -10}, {STUDY_SHIFT_MAX + 1, 0}, {0, STUDY_SHIFT_MAX + 1}};
    StudyRig r;
    rig_open(&r, "");
    for (int i = 0; i < 4; i++) {
        bool missing;
        const StudyKey at = study_shifted_key(
            study_meet_key(r.c.trace, 0, 1, 9, 4), none[i][0], none[i][1]);
        study_shifted(r.study, at);
        study_rig_make(&r);
        ck_assert_ptr_null(study_get(r.study, at, &missing));
        ck_assert(!missing);
    }
    study_rig_close(&r);
}
END_TEST

/* One element at its own place is the stored one. */
START_TEST(an_element_turned_opens) {
    StudyRig r;
    rig_open(&r, "");
    for (int i = 0; i < r.config->n_heads * r.config->head_dim; i++) {
        bool missing;
        const StudyKey at = study_turned_key(SITE_Q, 1, 8, i, 8);
        study_get(r.study, at, &missing);
        study_rig_make(&r);
        const Explain *ex = study_get(r.study, at, &missing);
        ck_assert(ex && ex->matches);
        ck_assert_double_eq_tol(
            ex->total, (double)trace_row(r.c.trace, SITE_ROT_Q, 1, 8)[i], 1e-5);
    }
    study_rig_close(&r);
}
END_TEST

TEST_MAIN("meet", moved_together_the_score_stays,
          without_rope_places_do_not_count, nothing_is_moved_below_0_or_too_far,
          an_element_turned_opens, a_query_meets_a_key_pair_by_pair,
          without_the_mask_later_keys_are_met,
          what_is_left_out_is_left_out_here, behind_the_mask_there_is_none)
