/* What is added to the residual stream, against sums, lengths and cosines
 * written down here once more, in doubles, of what the reference has. */
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>

#define N_TOKENS 12
#define DIM_MAX  64

static const char *const edits[] = {"", "0.1", "1.2*0.5,mlp0",
                                    "attn1*0.5,steer1=20-30*2", "rope,mask"};
#define N_EDITS ((int)(sizeof edits / sizeof *edits))

static void rig_open(StudyRig *r, int edit) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    study_rig_open(r, spec, TRACE_BUDGET_DEFAULT, edits[edit], N_TOKENS,
                   STUDY_RIG_BUDGET);
    ck_assert_int_le(r->config->dim, DIM_MAX);
}

static const float *wrote(StudyRig *r, int layer, int pos) {
    study_wrote(r->study, layer, pos);
    study_rig_make(r);
    return study_wrote(r->study, layer, pos);
}

/* Adds a row to a sum, and its numbers' magnitudes to another. */
static void add(const StudyRig *r, const float *row, double *sum, double *all) {
    for (int i = 0; i < r->config->dim; i++) {
        sum[i] += (double)row[i];
        all[i] += fabs((double)row[i]);
    }
}

/* Of the heads' matrix, where it has one. */
static void add_bias(const StudyRig *r, int layer, double *sum, double *all) {
    const double factor =
        (double)edits_get(trace_edits(r->c.trace), EDIT_ATTN, layer, 0);
    for (int i = 0; i < r->config->dim; i++) {
        const double b = factor * study_rig_bias(r, TENSOR_WO, layer, i);
        sum[i] += b;
        all[i] += fabs(b);
    }
}

static void check_sum(const StudyRig *r, const float *want, const double *sum,
                      const double *all) {
    for (int i = 0; i < r->config->dim; i++)
        ck_assert_msg(fabs((double)want[i] - sum[i]) <= 2e-6 * (all[i] + 1),
                      "element %d: %.9g, not %.9g", i, sum[i], (double)want[i]);
}

/* Its columns of W_O times its z, times what an edit makes of the attention. */
static void want_head(StudyRig *r, int layer, int pos, int head, double *out) {
    const int k = r->config->head_dim, width = r->config->n_heads * k;
    const double *z = study_rig_wanted(r, SITE_Z, layer, pos);
    const double factor =
        (double)edits_get(trace_edits(r->c.trace), EDIT_ATTN, layer, 0);
    for (int i = 0; i < r->config->dim; i++) {
        double row[DIM_MAX] = {0};
        study_rig_row(r, TENSOR_WO, layer, i, row, width);
        out[i] = 0;
        for (int j = head * k; j < (head + 1) * k; j++)
            out[i] += factor * row[j] * z[j];
    }
}

static void check_head(StudyRig *r, int layer, int pos, int head,
                       const float *got) {
    double want[DIM_MAX] = {0};
    want_head(r, layer, pos, head, want);
    for (int i = 0; i < r->config->dim; i++)
        ck_assert_double_eq_tol((double)got[i], want[i], 1e-5);
}

/* The heads of a layer, and its matrix's bias, are what its attention adds, and
 * the embedding and all that is added up to a place is the stream there. */
START_TEST(additions_are_the_stream) {
    for (int e = 0; e < N_EDITS; e++)
        for (int pos = 0; pos < N_TOKENS; pos += 5) {
            StudyRig r;
            double sum[DIM_MAX] = {0}, all[DIM_MAX] = {0};
            rig_open(&r, e);
            const Trace *t = r.c.trace;
            add(&r, trace_row(t, study_rig_first(), 0, pos), sum, all);
            for (int layer = 0; layer < r.config->n_layers; layer++) {
                const float *heads = wrote(&r, layer, pos);
                double own[DIM_MAX] = {0}, own_all[DIM_MAX] = {0};
                for (int h = 0; h < r.config->n_heads; h++) {
                    const float *v = heads + h * r.config->dim;
                    check_head(&r, layer, pos, h, v);
                    add(&r, v, own, own_all);
                    add(&r, v, sum, all);
                }
                add_bias(&r, layer, own, own_all);
                add_bias(&r, layer, sum, all);
                check_sum(&r, trace_row(t, SITE_ATTN_OUT, layer, pos), own,
                          own_all);
                check_sum(&r, trace_row(t, SITE_RESID_MID, layer, pos), sum,
                          all);
                add(&r, trace_row(t, SITE_MLP_OUT, layer, pos), sum, all);
                check_sum(&r, trace_row(t, SITE_RESID_POST, layer, pos), sum,
                          all);
            }
            study_rig_close(&r);
        }
}
END_TEST

/* ---- measures ------------------------------------------------------------ */

static double cosine(const double *a, const double *b, int n) {
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa) / sqrt(bb) : 0;
}

static void check_measures(StudyRig *r, StudyKey key, const double *v,
                           const double *before, const double *end) {
    const int n = r->config->dim;
    double asks[DIM_MAX] = {0}, gain[DIM_MAX] = {0}, square = 0;
    study_rig_row(r, TENSOR_CLASSIFIER, 0, key.a, asks, n);
    study_rig_row(r, TENSOR_FINAL_NORM, 0, 0, gain, n);
    for (int i = 0; i < n; i++)
        asks[i] *= gain[i];
    const double mean = study_rig_mean(asks, n);
    for (int i = 0; i < n; i++) {
        asks[i] -= mean;
        square += v[i] * v[i];
    }
    study_added(r->study, key);
    study_rig_make(r);
    const StudyAdded *got = study_added(r->study, key);
    ck_assert_ptr_nonnull(got);
    ck_assert_double_eq_tol(got->length, sqrt(square),
                            1e-5 * sqrt(square) + 1e-12);
    ck_assert_double_eq_tol(got->end, cosine(v, end, n), 1e-5);
    ck_assert_double_eq_tol(got->asks, cosine(v, asks, n), 1e-5);
    if (before)
        ck_assert_double_eq_tol(got->along, cosine(v, before, n), 1e-5);
    else
        ck_assert(isnan(got->along));
}

/* Each of its numbers opens to arithmetic that gives it. */
static void check_opened(StudyRig *r, StudyKey key) {
    for (int m = 0; m < STUDY_MEASURES; m++) {
        bool missing;
        const StudyKey cell = study_measure_key(key, (StudyMeasure)m);
        study_get(r->study, cell, &missing);
        study_added(r->study, key);
        study_rig_make(r);
        const Explain *ex = study_get(r->study, cell, &missing);
        const double is =
            study_added_value(study_added(r->study, key), (StudyMeasure)m);
        if (isnan(is)) {
            ck_assert_ptr_null(ex);
            continue;
        }
        ck_assert_ptr_nonnull(ex);
        ck_assert(ex->matches);
        ck_assert_double_eq_tol(ex->total, is, 1e-9 * fmax(1, fabs(is)));
        ck_assert_int_eq(ex->n_terms, r->config->dim);
        double sum = 0;
        for (int i = 0; i < ex->n_terms; i++)
            sum += (double)ex->terms[i].a * (double)ex->terms[i].b;
        ck_assert_double_eq_tol(ex->steps[0].value, sum,
                                1e-9 * fmax(1, fabs(sum)));
    }
}

static void check_layer(StudyRig *r, int layer, int pos, int token) {
    const double *end =
        study_rig_wanted(r, SITE_RESID_POST, r->config->n_layers - 1, pos);
    const struct {
        StudyVectorKind kind;
        int number;
        Site site, before;
    } of[] = {
        {STUDY_VECTOR_ADDED, 0, SITE_ATTN_OUT, SITE_RESID_PRE},
        {STUDY_VECTOR_ADDED, 1, SITE_MLP_OUT, SITE_RESID_MID},
        {STUDY_VECTOR_STREAM, 0, SITE_RESID_MID, SITE_RESID_PRE},
        {STUDY_VECTOR_STREAM, 1, SITE_RESID_POST, SITE_RESID_MID},
    };
    for (int i = 0; i < 4; i++) {
        const StudyKey key =
            study_added_key(of[i].kind, of[i].number, layer, pos, token);
        check_measures(r, key, study_rig_wanted(r, of[i].site, layer, pos),
                       study_rig_wanted(r, of[i].before, layer, pos), end);
        check_opened(r, key);
    }
    for (int h = 0; h < r->config->n_heads; h++) {
        const StudyKey key =
            study_added_key(STUDY_VECTOR_HEAD, h, layer, pos, token);
        double head[DIM_MAX] = {0};
        want_head(r, layer, pos, h, head);
        check_measures(r, key, head,
                       study_rig_wanted(r, SITE_RESID_PRE, layer, pos), end);
        check_opened(r, key);
    }
}

START_TEST(measures_are_lengths_and_cosines) {
    for (int e = 0; e < N_EDITS; e++) {
        StudyRig r;
        rig_open(&r, e);
        const int pos = N_TOKENS - 1;
        for (int layer = 0; layer < r.config->n_layers; layer++)
            check_layer(&r, layer, pos, 17);
        const StudyKey key = study_added_key(STUDY_VECTOR_EMBED, 0, 0, pos, 17);
        check_measures(
            &r, key, study_rig_wanted(&r, study_rig_first(), 0, pos), NULL,
            study_rig_wanted(&r, SITE_RESID_POST, r.config->n_layers - 1, pos));
        check_opened(&r, key);
        study_rig_close(&r);
    }
}
END_TEST

/* What is not there is refused: sums, heads and tokens out of range. */
START_TEST(there_is_no_other_vector) {
    StudyRig r;
    rig_open(&r, 0);
    const struct {
        StudyVectorKind kind;
        int number, token;
    } none[] = {{STUDY_VECTOR_ADDED, 2, 1},
                {STUDY_VECTOR_STREAM, 2, 1},
                {STUDY_VECTOR_HEAD, r.config->n_heads, 1},
                {STUDY_VECTOR_EMBED, 0, -1},
                {STUDY_VECTOR_EMBED, 0, r.config->vocab_size}};
    for (int i = 0; i < 5; i++) {
        bool missing;
        const StudyKey key =
            study_added_key(none[i].kind, none[i].number, 0, 3, none[i].token);
        study_added(r.study, key);
        study_rig_make(&r);
        ck_assert_ptr_null(study_get(r.study, key, &missing));
        ck_assert(!missing);
    }
    study_rig_close(&r);
}
END_TEST

/* ---- surprise ------------------------------------------------------------ */

/* -log2 of softmax's probability, and it opens to that. */
START_TEST(surprise_is_minus_log2_of_the_probability) {
    StudyRig r;
    rig_open(&r, 0);
    const int n = r.config->vocab_size;
    for (int pos = 0; pos + 1 < N_TOKENS; pos++) {
        const double *logits = study_rig_wanted(&r, SITE_LOGITS, 0, pos);
        const int token = trace_token(r.c.trace, pos + 1);
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += exp(logits[i] - logits[token]);
        StudyKey cell = study_surprise_key(pos, token);
        cell.kind = STUDY_SURPRISE_CELL;
        bool missing;
        study_surprise(r.study, pos, token);
        study_get(r.study, cell, &missing);
        study_rig_make(&r);
        const float *bits = study_surprise(r.study, pos, token);
        const Explain *ex = study_get(r.study, cell, &missing);
        ck_assert_double_eq_tol((double)*bits, log2(sum), 1e-5);
        ck_assert(ex->matches);
        ck_assert_double_eq_tol(ex->total, log2(sum), 1e-5);
        ck_assert_int_eq(ex->n_terms, n);
    }
    bool missing;
    study_surprise(r.study, 3, n);
    study_rig_make(&r);
    ck_assert_ptr_null(study_get(r.study, study_surprise_key(3, n), &missing));
    study_rig_close(&r);
}
END_TEST

/* A temperature does not change it, nor what is cut. */
START_TEST(surprise_is_at_temperature_1) {
    StudyRig r;
    rig_open(&r, 0);
    const SamplerParams hot = {.temperature = 2, .top_k = 1};
    const int token = trace_token(r.c.trace, 4);
    StudyKey cell = study_surprise_key(3, token);
    cell.kind = STUDY_SURPRISE_CELL;
    for (int round = 0; round < 2; round++) {
        bool missing;
        if (round) study_set_sampler(r.study, &hot, 1);
        study_surprise(r.study, 3, token);
        study_get(r.study, cell, &missing);
        study_rig_make(&r);
        const Explain *ex = study_get(r.study, cell, &missing);
        ck_assert(ex->matches);
        ck_assert_float_eq(ex->stored, *study_surprise(r.study, 3, token));
    }
    study_rig_close(&r);
}
END_TEST

TEST_MAIN_EVERY_FAMILY("stream", surprise_is_minus_log2_of_the_probability,
                       surprise_is_at_temperature_1, additions_are_the_stream,
                       measures_are_lengths_and_cosines,
                       there_is_no_other_vector)
