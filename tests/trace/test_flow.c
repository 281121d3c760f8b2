/* What attention's weights add up to, how long the values are that they fetch,
 * and rollout through the layers: against the same, written down here once
 * more, in doubles. */
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>

#define N      14
#define LAYERS 4

static void rig_open(StudyRig *r, const char *edits) {
    TinySpec spec = tiny_spec();
    spec.n_layers = LAYERS;
    study_rig_open(r, spec, 0, edits, N, STUDY_RIG_BUDGET);
}

static double weight(const StudyRig *r, int layer, int head, int q, int k) {
    const int n = trace_n_keys(r->c.trace, q);
    if (k >= n) return 0;
    return (double)trace_row(r->c.trace, SITE_PATTERN, layer, q)[head * n + k];
}

static double length(const StudyRig *r, int layer, int head, int pos) {
    const int K = r->config->head_dim;
    const int g = head / (r->config->n_heads / r->config->n_kv_heads);
    const float *v = trace_row(r->c.trace, SITE_V, layer, pos) + g * K;
    double sum = 0;
    for (int i = 0; i < K; i++)
        sum += (double)v[i] * (double)v[i];
    return sqrt(sum);
}

/* How much of a head is handed on; of what is missing, so much is the token
 * itself. */
static double handed_on(const StudyRig *r, int layer, int head) {
    const Edits *e = trace_edits(r->c.trace);
    return (double)(edits_get(e, EDIT_HEAD, layer, head) *
                    edits_get(e, EDIT_ATTN, layer, 0));
}

static double mixed(const StudyRig *r, int layer, int head, int q, int k) {
    const double on = fmin(handed_on(r, layer, head), 1);
    return on * weight(r, layer, head, q, k) + (q == k ? 1 - on : 0);
}

/* The product of the layers' matrices, from the first up, held whole. */
static void roll(const StudyRig *r, int layer, double out[N][N]) {
    const int H = r->config->n_heads;
    double under[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            out[i][j] = i == j;
    for (int l = 0; l <= layer; l++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                under[i][j] = out[i][j];
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double sum = 0.5 * under[i][j];
                for (int k = 0; k < N; k++)
                    for (int h = 0; h < H; h++)
                        sum += 0.5 / H * mixed(r, l, h, i, k) * under[k][j];
                out[i][j] = sum;
            }
    }
}

static const Explain *opened(StudyRig *r, StudyKey key) {
    bool missing;
    study_get(r->study, key, &missing);
    study_rig_make(r);
    const Explain *ex = study_get(r->study, key, &missing);
    ck_assert_ptr_nonnull(ex);
    ck_assert_msg(ex->matches, "%.9g is not %.9g", ex->total,
                  (double)ex->stored);
    return ex;
}

static const float *rollout(StudyRig *r, int layer, int last) {
    study_rollout(r->study, layer, last);
    study_rig_make(r);
    return study_rollout(r->study, layer, last);
}

static void check_rollout(StudyRig *r, int layer) {
    double want[N][N];
    const float *got = rollout(r, layer, N - 1);
    roll(r, layer, want);
    ck_assert_ptr_nonnull(got);
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) {
            ck_assert_double_eq_tol((double)got[i * N + j], want[i][j], 1e-6);
            sum += (double)got[i * N + j];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-5);
    }
    const Explain *ex = opened(r, study_rolled_key(layer, N - 1, 9, 3));
    ck_assert_double_eq_tol(ex->total, want[9][3], 1e-6);
}

START_TEST(rollout_is_the_product_of_the_layers_and_its_rows_sum_to_one) {
    static const char *const edits[] = {"", "1.2,mlp0", "mask",
                                        "0.1*0.25,1.0*3,attn1"};
    for (int e = 0; e < 4; e++) {
        StudyRig r;
        rig_open(&r, edits[e]);
        for (int layer = 0; layer < LAYERS; layer++)
            check_rollout(&r, layer);
        study_rig_close(&r);
    }
}
END_TEST

/* With no attention each token stays what it is. */
START_TEST(a_reach_is_a_row_of_the_rollout) {
    static const char *const edits[] = {"", "1.0,2.1*0.5,attn3,cut4"};
    for (int e = 0; e < 2; e++) {
        StudyRig r;
        double want[N][N];
        bool missing;
        rig_open(&r, edits[e]);
        roll(&r, LAYERS - 1, want);
        for (int q = 0; q < N; q++) {
            study_reach(r.study, q, &missing);
            study_rig_make(&r);
            const float *got = study_reach(r.study, q, &missing);
            ck_assert_ptr_nonnull(got);
            for (int i = 0; i < trace_n_keys(r.c.trace, q); i++)
                ck_assert_double_eq_tol((double)got[i], want[q][i], 1e-6);
        }
        ck_assert(!study_reach(r.study, N, &missing));
        study_rig_make(&r);
        ck_assert(!study_reach(r.study, N, &missing) && !missing);
        study_rig_close(&r);
    }
}
END_TEST

START_TEST(rollout_of_what_is_off_is_the_token_itself) {
    StudyRig r;
    rig_open(&r, "attn0,attn1,attn2,attn3");
    const float *got = rollout(&r, LAYERS - 1, N - 1);
    ck_assert_ptr_nonnull(got);
    for (int i = 0; i < N * N; i++)
        ck_assert_float_eq_tol(got[i], i % (N + 1) == 0, 1e-6f);
    study_rig_close(&r);
}
END_TEST

/* Whichever layer is asked for first, the same comes out. */
START_TEST(rollout_of_a_high_layer_makes_those_below) {
    StudyRig a, b;
    rig_open(&a, "");
    rig_open(&b, "");
    for (int layer = 0; layer < LAYERS; layer++)
        rollout(&a, layer, N - 1);
    const float *want = rollout(&a, LAYERS - 1, N - 1);
    const float *got = rollout(&b, LAYERS - 1, N - 1);
    for (int i = 0; i < N * N; i++)
        ck_assert_float_eq(got[i], want[i]);
    study_rig_close(&a);
    study_rig_close(&b);
}
END_TEST

START_TEST(there_is_no_rollout_of_part_of_what_is_looked_at) {
    StudyRig r;
    rig_open(&r, "mask");
    ck_assert_ptr_null(rollout(&r, 0, N - 2));
    ck_assert_ptr_null(rollout(&r, LAYERS, N - 1));
    study_rig_close(&r);
    rig_open(&r, "");
    ck_assert_ptr_nonnull(rollout(&r, 0, N - 2));
    study_rig_close(&r);
}
END_TEST

static void check_sums(StudyRig *r, int layer, int head) {
    study_sums(r->study, layer, head, N - 1);
    study_rig_make(r);
    const float *got = study_sums(r->study, layer, head, N - 1);
    double received[N] = {0};
    ck_assert_ptr_nonnull(got);
    for (int k = 0; k < N; k++) {
        for (int q = 0; q < N; q++)
            received[k] += weight(r, layer, head, q, k);
        ck_assert_double_eq_tol((double)got[k], received[k], 1e-5);
        ck_assert_double_eq_tol((double)got[N + k], 1, 1e-5);
    }
    const int H = r->config->n_heads;
    const Explain *ex = opened(r, study_sum_key(H, layer, head, N - 1, 2));
    ck_assert_double_eq_tol(ex->total, received[2], 1e-5);
    ex = opened(r, study_sum_key(H, layer, head, 7, -1));
    ck_assert_double_eq_tol(ex->total, 1, 1e-5);
}

START_TEST(columns_are_what_is_received_and_rows_are_one) {
    static const char *const edits[] = {"", "mask"};
    for (int e = 0; e < 2; e++) {
        StudyRig r;
        rig_open(&r, edits[e]);
        check_sums(&r, 1, 2);
        check_sums(&r, 3, 0);
        study_rig_close(&r);
    }
}
END_TEST

static void check_valued(StudyRig *r, int layer, int head, int q) {
    const int H = r->config->n_heads, n = trace_n_keys(r->c.trace, q);
    study_valued(r->study, layer, head, H, q, n - 1);
    study_rig_make(r);
    const float *got = study_valued(r->study, layer, head, H, q, n - 1);
    ck_assert_ptr_nonnull(got);
    for (int k = 0; k < n; k++) {
        const double l = length(r, layer, head, k);
        const double want = l * weight(r, layer, head, q, k);
        ck_assert_double_eq_tol((double)got[k], want, 1e-5 * (1 + want));
    }
    for (int k = 0; k < n; k += 5) {
        const double l = length(r, layer, head, k);
        const Explain *ex =
            opened(r, study_valued_key(r->c.trace, layer, head, q, k));
        ck_assert_double_eq_tol(ex->steps[1].value, l, 1e-6 * l);
        ck_assert_double_eq_tol(ex->total, l * weight(r, layer, head, q, k),
                                1e-6 * l);
    }
}

START_TEST(a_weight_counts_by_the_length_of_its_value) {
    static const char *const edits[] = {"", "mask"};
    for (int e = 0; e < 2; e++) {
        StudyRig r;
        rig_open(&r, edits[e]);
        check_valued(&r, 1, 3, N - 1);
        check_valued(&r, 2, 0, 4);
        study_rig_close(&r);
    }
}
END_TEST

TEST_MAIN_EVERY_FAMILY(
    "flow", rollout_is_the_product_of_the_layers_and_its_rows_sum_to_one,
    rollout_of_a_high_layer_makes_those_below, a_reach_is_a_row_of_the_rollout,
    rollout_of_what_is_off_is_the_token_itself,
    there_is_no_rollout_of_part_of_what_is_looked_at,
    columns_are_what_is_received_and_rows_are_one,
    a_weight_counts_by_the_length_of_its_value)
