/* What positions' rows give to a score, against the rows' way to query and key
 * written down here once more, in doubles, from the reference's norms. */
#include "engine/study/study_meet.h"
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"

#include "engine/spec/arch.h"

#include <math.h>

#define N_TOKENS 12
#define DIM      16

/* (x - mean) / divisor * gain. */
static void norm(StudyRig *r, double *x, TensorRole weight, Site scale,
                 int layer, int pos) {
    const double by = study_rig_wanted(r, scale, layer, pos)[0];
    double gain[DIM], mean = 0;
    study_rig_row(r, weight, layer, 0, gain, DIM);
    for (int i = 0; i < DIM; i++)
        mean += x[i] / DIM;
    for (int i = 0; i < DIM; i++)
        x[i] = gain[i] * (x[i] - mean) / by;
}

/* GPT-2's stream carries the row as it is, and each layer norms it; BERT's
 * norms all that is on it, three times by the second layer. */
static void carry(StudyRig *r, int layer, int pos, double *x) {
    study_rig_row(r, TENSOR_POS_EMBED, 0, pos, x, DIM);
    if (!r->config->arch->norm_after) {
        norm(r, x, TENSOR_ATTN_NORM, SITE_LN1_SCALE, layer, pos);
        return;
    }
    norm(r, x, TENSOR_EMBED_NORM, SITE_EMBED_LN_SCALE, 0, pos);
    for (int l = 0; l < layer; l++) {
        norm(r, x, TENSOR_ATTN_NORM, SITE_LN1_SCALE, l, pos);
        norm(r, x, TENSOR_FFN_NORM, SITE_LN2_SCALE, l, pos);
    }
}

/* One head's query or key, in two parts: out[1] of the place. */
static void split(StudyRig *r, Site site, TensorRole weight, int layer,
                  int head, int pos, double out[2][DIM]) {
    const int K = r->config->head_dim;
    double x[DIM], row[DIM];
    carry(r, layer, pos, x);
    for (int i = 0; i < K; i++) {
        study_rig_row(r, weight, layer, head * K + i, row, DIM);
        out[1][i] = 0;
        for (int j = 0; j < DIM; j++)
            out[1][i] += row[j] * x[j];
        out[0][i] =
            study_rig_wanted(r, site, layer, pos)[head * K + i] - out[1][i];
    }
}

static const Explain *placed(StudyRig *r, StudyKey at, int places) {
    const StudyKey key = study_placed_key(at, places);
    study_placed(r->study, key);
    study_rig_make(r);
    return study_placed(r->study, key);
}

static void check(StudyRig *r, int layer, int head, int pos, int key) {
    const Config *c = r->config;
    double q[2][DIM], k[2][DIM], sum = 0, raw = 0;
    split(r, SITE_Q, TENSOR_WQ, layer, head, pos, q);
    split(r, SITE_K, TENSOR_WK, layer, head / (c->n_heads / c->n_kv_heads), key,
          k);
    const StudyKey at = study_meet_key(r->c.trace, layer, head, pos, key);
    for (int places = 0; places < 4; places++) {
        const double *a = q[!!(places & STUDY_PLACE_OF_QUERY)];
        const double *b = k[!!(places & STUDY_PLACE_OF_KEY)];
        const Explain *ex = placed(r, at, places);
        double want = 0;
        for (int i = 0; i < c->head_dim; i++)
            want += a[i] * b[i];
        ck_assert_ptr_nonnull(ex);
        ck_assert_int_eq(ex->n_terms, c->head_dim);
        ck_assert(ex->matches);
        ck_assert_double_eq_tol(ex->total, want, 1e-4);
        sum += ex->total;
        raw += want;
    }
    ck_assert_double_eq_tol(sum, raw, 1e-4);
    study_meet(r->study, at);
    study_rig_make(r);
    ck_assert_double_eq_tol(sum, study_meet(r->study, at)->raw, 1e-5);
}

static void rig_open(StudyRig *r, const char *edits) {
    TinySpec spec = tiny_spec();
    spec.dim = DIM;
    study_rig_open(r, spec, 0, edits, N_TOKENS, STUDY_RIG_BUDGET);
}

static void check_family(void) {
    StudyRig r;
    rig_open(&r, "");
    const bool has_rows = r.config->arch->learned_positions;
    const StudyKey at = study_meet_key(r.c.trace, 1, 1, 7, 3);
    ck_assert_int_eq(placed(&r, at, STUDY_PLACE_OF_KEY) != NULL, has_rows);
    for (int head = 0; has_rows && head < r.config->n_heads; head++) {
        check(&r, 0, head, N_TOKENS - 1, 3);
        check(&r, 1, head, 7, 7);
        check(&r, 1, head, 5, 0);
    }
    if (has_rows && !r.config->arch->causal) check(&r, 1, 2, 3, 9);
    study_rig_close(&r);
}

START_TEST(the_four_are_what_the_rows_give_and_add_up) {
    check_family();
}
END_TEST

START_TEST(where_sums_are_normed_too) {
    tiny_family_now = TINY_BERT;
    check_family();
}
END_TEST

/* A key behind the mask is met by nobody. */
START_TEST(behind_the_mask_there_is_none) {
    StudyRig r;
    rig_open(&r, "");
    const StudyKey at = study_meet_key(r.c.trace, 1, 1, 3, 9);
    ck_assert_ptr_null(placed(&r, at, 0));
    study_rig_close(&r);
}
END_TEST

int main(void) {
    const TTest *const bert[] = {where_sums_are_normed_too};
    const TTest *const all[] = {the_four_are_what_the_rows_give_and_add_up,
                                behind_the_mask_there_is_none};
    return tiny_run_families("placed", all, 2) |
           test_run("placed bert", bert, 1);
}
