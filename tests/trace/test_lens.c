/* The logit lens and direct attribution, against the arithmetic written down
 * here once more, in doubles, of what the reference has. */
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>

#define N_TOKENS 12

static void rig_open(StudyRig *r, uint64_t budget, const char *edits) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    study_rig_open(r, spec, budget, edits, N_TOKENS, STUDY_RIG_BUDGET);
}

/* logits = W · (gain · (x - mean) / scale + bias), as the family's norm is. */
static void lens(const StudyRig *r, const double *x, double *logits) {
    const int d = r->config->dim;
    double gain[64] = {0}, row[64] = {0}, square = 0;
    const double mean = study_rig_mean(x, d);
    for (int i = 0; i < d; i++)
        square += (x[i] - mean) * (x[i] - mean);
    const double scale = sqrt(square / d + (double)r->config->norm_eps);
    study_rig_row(r, TENSOR_FINAL_NORM, 0, 0, gain, d);
    for (int id = 0; id < r->config->vocab_size; id++) {
        study_rig_row(r, TENSOR_CLASSIFIER, 0, id, row, d);
        logits[id] = 0;
        for (int i = 0; i < d; i++)
            logits[id] += row[i] * (gain[i] * (x[i] - mean) / scale +
                                    study_rig_bias(r, TENSOR_FINAL_NORM, 0, i));
    }
}

static void check_lens(StudyRig *r, Site site, int layer, int pos) {
    const int n = r->config->vocab_size;
    double logits[512] = {0}, most = -INFINITY, sum = 0;
    ck_assert_int_le(n, 512);
    lens(r, study_rig_wanted(r, site, layer, pos), logits);
    for (int i = 0; i < n; i++)
        most = fmax(most, logits[i]);
    for (int i = 0; i < n; i++)
        sum += exp(logits[i] - most);
    study_lens(r->study, site, layer, pos);
    study_rig_make(r);
    const StudyLens *got = study_lens(r->study, site, layer, pos);
    for (int k = 0; k < STUDY_GUESSES; k++) {
        const int id = got->id[k];
        int better = 0;
        for (int i = 0; i < n; i++)
            better += logits[i] > logits[id] + 1e-4;
        ck_assert_int_le(better, k);
        ck_assert_double_eq_tol(got->prob[k], exp(logits[id] - most) / sum,
                                1e-5);
        study_rank(r->study, site, layer, pos, id);
        study_rig_make(r);
        const StudyRank *rank = study_rank(r->study, site, layer, pos, id);
        ck_assert_int_eq(rank->rank, k + 1);
        ck_assert_double_eq_tol(rank->logit, logits[id],
                                1e-4 * fmax(1, fabs(logits[id])));
        ck_assert_double_eq_tol(rank->prob, got->prob[k], 1e-6);
    }
}

START_TEST(the_lens_is_norm_and_classifier_of_the_stream) {
    StudyRig r;
    rig_open(&r, 0, "");
    for (int pos = 0; pos < N_TOKENS; pos += 5)
        for (int layer = 0; layer < r.config->n_layers; layer++) {
            check_lens(&r, study_rig_first(), 0, pos);
            check_lens(&r, SITE_RESID_MID, layer, pos);
            check_lens(&r, SITE_RESID_POST, layer, pos);
        }
    study_rig_close(&r);
}
END_TEST

/* At the end it is what the model says, to the bit. */
START_TEST(the_lens_at_the_end_is_the_model) {
    StudyRig r;
    rig_open(&r, TRACE_BUDGET_DEFAULT, "");
    const int pos = N_TOKENS - 1, last = r.config->n_layers - 1;
    float logits[512];
    trace_lens(r.c.trace, pos, trace_row(r.c.trace, SITE_RESID_POST, last, pos),
               logits);
    ck_assert_mem_eq(logits, trace_row(r.c.trace, SITE_LOGITS, 0, pos),
                     (size_t)r.config->vocab_size * sizeof(float));
    study_rig_close(&r);
}
END_TEST

/* What a head adds: its columns of W_O times its z, aimed at a token. */
static double head_adds(StudyRig *r, const double *toward, int layer, int head,
                        int pos) {
    const Config *c = r->config;
    const int k = c->head_dim;
    const double *z = study_rig_wanted(r, SITE_Z, layer, pos);
    double row[64] = {0}, sum = 0;
    for (int i = 0; i < c->dim; i++) {
        study_rig_row(r, TENSOR_WO, layer, i, row, c->n_heads * k);
        for (int j = head * k; j < (head + 1) * k; j++)
            sum += toward[i] * row[j] * z[j];
    }
    return sum;
}

static double vector_adds(StudyRig *r, const double *toward, Site site,
                          int layer, int pos) {
    const double *v = study_rig_wanted(r, site, layer, pos);
    double sum = 0;
    for (int i = 0; i < r->config->dim; i++)
        sum += toward[i] * v[i];
    return sum;
}

/* What is left: the biases of the heads' matrices, aimed, and that of the final
 * norm, through the rows of the output matrix. */
static double biases_add(StudyRig *r, const double *toward, int a, int b,
                         double attention) {
    double row[64] = {0}, sum = 0;
    for (int k = 0; k < (b < 0 ? 1 : 2); k++) {
        study_rig_row(r, TENSOR_CLASSIFIER, 0, k ? b : a, row, r->config->dim);
        for (int i = 0; i < r->config->dim; i++)
            sum += (k ? -row[i] : row[i]) *
                   study_rig_bias(r, TENSOR_FINAL_NORM, 0, i);
    }
    for (int layer = 0; layer < r->config->n_layers; layer++)
        for (int i = 0; i < r->config->dim; i++)
            sum += (layer == 0 ? attention : 1) * toward[i] *
                   study_rig_bias(r, TENSOR_WO, layer, i);
    return sum;
}

/* A part of the run in floats is the reference's. */
static void check_part(double part, double want) {
    ck_assert_double_eq_tol(part, want, 1e-5 * fmax(1, fabs(want)));
}

static void check_why(StudyRig *r, int pos, int a, int b, double attention) {
    const Config *c = r->config;
    const bool biases = tiny_family_now == TINY_GPT2;
    double toward[64] = {0};
    study_why(r->study, pos, a, b);
    study_rig_make(r);
    const StudyWhy *why = study_why(r->study, pos, a, b);
    ck_assert_int_eq(why->n_parts, 1 + c->n_layers * (c->n_heads + 1) + biases);
    study_rig_aim(r, pos, a, b, toward);
    double sum = why->parts[0];
    check_part(sum, vector_adds(r, toward, study_rig_first(), 0, pos));
    const double *part = why->parts + 1;
    for (int layer = 0; layer < c->n_layers; layer++) {
        const double factor = layer == 0 ? attention : 1;
        for (int head = 0; head < c->n_heads; head++, part++) {
            check_part(*part, factor * head_adds(r, toward, layer, head, pos));
            sum += *part;
        }
        check_part(*part, vector_adds(r, toward, SITE_MLP_OUT, layer, pos));
        sum += *part++;
    }
    if (biases) {
        check_part(*part, biases_add(r, toward, a, b, attention));
        sum += *part;
    }
    const double *l = study_rig_wanted(r, SITE_LOGITS, 0, pos);
    const double total = l[a] - (b < 0 ? 0 : l[b]);
    ck_assert_double_eq_tol(why->total, total, 1e-4 * fmax(1, fabs(total)));
    ck_assert_double_eq_tol(sum, total, 1e-4 * fmax(1, fabs(total)));
}

START_TEST(what_parts_add_is_the_logit) {
    StudyRig r;
    rig_open(&r, 0, "");
    check_why(&r, N_TOKENS - 1, 40, 41, 1);
    check_why(&r, N_TOKENS - 1, 299, -1, 1);
    check_why(&r, 3, 7, 260, 1);
    study_rig_close(&r);
    rig_open(&r, TRACE_BUDGET_DEFAULT, "attn0*0.5,1.2,mlp1*2");
    check_why(&r, N_TOKENS - 1, 40, 41, .5);
    study_rig_close(&r);
}
END_TEST

START_TEST(tokens_that_do_not_exist_have_none) {
    StudyRig r;
    rig_open(&r, 0, "");
    study_why(r.study, 3, 300, -1);
    study_why(r.study, 3, 0, 300);
    study_rank(r.study, SITE_EMBED, 0, 3, 300);
    study_rig_make(&r);
    bool missing;
    const StudyKey key = {
        .kind = STUDY_WHY, .layer = -1, .pos = 3, .index = 300};
    ck_assert_ptr_null(study_get(r.study, key, &missing));
    ck_assert(!missing);
    ck_assert_ptr_null(study_why(r.study, 3, 0, 300));
    ck_assert_ptr_null(study_rank(r.study, SITE_EMBED, 0, 3, 300));
    study_rig_close(&r);
}
END_TEST

TEST_MAIN_EVERY_FAMILY("lens", the_lens_is_norm_and_classifier_of_the_stream,
                       the_lens_at_the_end_is_the_model,
                       what_parts_add_is_the_logit,
                       tokens_that_do_not_exist_have_none)
