/* A query and a key pair by pair, and at any distance, against the rotation
 * written down here once more, in doubles. */
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>

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

TEST_MAIN("meet", a_query_meets_a_key_pair_by_pair,
          without_the_mask_later_keys_are_met,
          what_is_left_out_is_left_out_here, behind_the_mask_there_is_none)
