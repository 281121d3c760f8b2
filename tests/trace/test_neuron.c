/* The MLP neuron by neuron, against the arithmetic written down here once more,
 * in doubles, of what the reference has. */
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>

#define N_TOKENS 12
#define WIDE     STUDY_RIG_ROW

static void rig_open(StudyRig *r, uint64_t budget, const char *edits) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    study_rig_open(r, spec, budget, edits, N_TOKENS, STUDY_RIG_BUDGET);
}

static const StudyNeurons *neurons(StudyRig *r, int layer, int pos) {
    study_neurons(r->study, layer, pos);
    study_rig_make(r);
    const StudyNeurons *got = study_neurons(r->study, layer, pos);
    ck_assert(got != NULL);
    return got;
}

/* A neuron's vector: its column of W_down. */
static void column(const StudyRig *r, int layer, int neuron, double *out) {
    double row[WIDE] = {0};
    for (int i = 0; i < r->config->dim; i++) {
        study_rig_row(r, TENSOR_W_DOWN, layer, i, row, r->config->hidden_dim);
        out[i] = row[neuron];
    }
}

/* SiLU; of GPT-2 and Gemma GELU by tanh. */
static double activated(double x) {
    if (tiny_family_now != TINY_GPT2 && tiny_family_now != TINY_GEMMA)
        return x / (1 + exp(-x));
    const double pi = acos(-1);
    return x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)));
}

static double up_of(StudyRig *r, int layer, int pos, int neuron) {
    if (tiny_family_now == TINY_GPT2) return 1;
    return study_rig_wanted(r, SITE_MLP_PRE_LINEAR, layer, pos)[neuron];
}

/* All lanes of one neuron from what the reference's MLP reads. */
static void check_lanes(StudyRig *r, const StudyNeurons *got, int layer,
                        int pos, int neuron, double off, double mlp) {
    const StudyNeuron *v = &got->list[neuron];
    const double gate = study_rig_wanted(r, SITE_MLP_PRE, layer, pos)[neuron];
    const double up = up_of(r, layer, pos, neuron), act = activated(gate);
    ck_assert_double_eq_tol((double)v->gate, gate, 1e-5);
    ck_assert_double_eq_tol((double)v->up, up, 1e-5);
    ck_assert_double_eq_tol((double)v->act, act, 1e-5);
    ck_assert_double_eq_tol((double)v->product, off * act * up, 1e-5);
    double toward[WIDE] = {0}, col[WIDE] = {0}, adds = 0;
    study_rig_aim(r, pos, got->a, got->b, toward);
    column(r, layer, neuron, col);
    for (int i = 0; i < r->config->dim; i++)
        adds += toward[i] * mlp * off * act * up * col[i];
    ck_assert_double_eq_tol((double)v->adds, adds, 1e-5);
}

static void check_layer(StudyRig *r, int layer, int pos, int off, double mlp) {
    const StudyNeurons *got = neurons(r, layer, pos);
    const float *l = trace_row(r->c.trace, SITE_LOGITS, 0, pos);
    for (int i = 0; i < r->config->vocab_size; i++) {
        ck_assert(l[i] <= l[got->a]);
        ck_assert(i == got->a || l[i] <= l[got->b]);
    }
    ck_assert_int_ne(got->a, got->b);
    ck_assert_int_eq(got->n, r->config->hidden_dim);
    int open = 0;
    double squares = 0, sum = 0, bias = 0, toward[WIDE] = {0};
    bool seen[WIDE] = {false};
    for (int i = 0; i < got->n; i++) {
        check_lanes(r, got, layer, pos, i, i == off ? 0 : 1, mlp);
        open += got->list[i].gate > 0;
        squares += (double)got->list[i].product * (double)got->list[i].product;
        seen[got->order[i]] = true;
        if (i > 0)
            ck_assert(fabsf(got->list[got->order[i]].product) <=
                      fabsf(got->list[got->order[i - 1]].product));
    }
    for (int i = 0; i < got->n; i++)
        ck_assert(seen[i]);
    ck_assert_int_eq(got->n_open, open);
    ck_assert_double_eq_tol(got->squares, squares, 1e-6);
    /* All of them together and the bias are what the MLP adds. */
    study_rig_aim(r, pos, got->a, got->b, toward);
    const double *out = study_rig_wanted(r, SITE_MLP_OUT, layer, pos);
    for (int i = 0; i < r->config->dim; i++) {
        sum += toward[i] * out[i];
        bias += mlp * toward[i] * study_rig_bias(r, TENSOR_W_DOWN, layer, i);
    }
    ck_assert_double_eq_tol(got->bias_adds, bias, 1e-5);
    ck_assert_double_eq_tol(got->adds, sum, 1e-4 * fmax(1, fabs(sum)));
}

START_TEST(neurons_are_gate_up_product_and_what_they_add) {
    StudyRig r;
    rig_open(&r, 0, "");
    for (int pos = 0; pos < N_TOKENS; pos += 5)
        for (int layer = 0; layer < r.config->n_layers; layer++)
            check_layer(&r, layer, pos, -1, 1);
    study_rig_close(&r);
    rig_open(&r, TRACE_BUDGET_DEFAULT, "n1.3,mlp1*0.5,0.2");
    check_layer(&r, 0, N_TOKENS - 1, -1, 1);
    check_layer(&r, 1, N_TOKENS - 1, 3, .5);
    study_rig_close(&r);
}
END_TEST

/* The strongest of a side, `sign` up or down: as many as there are. */
static void check_side(const double *says, int n, int sign, const int *ids,
                       const float *by) {
    int n_side = 0, n_named = 0;
    for (int i = 0; i < n; i++)
        n_side += sign * says[i] > 0;
    for (int k = 0; k < STUDY_SAYS && ids[k] >= 0; k++, n_named++) {
        int stronger = 0;
        for (int i = 0; i < n; i++)
            stronger += sign * says[i] > sign * says[ids[k]] + 1e-5;
        ck_assert_int_le(stronger, k);
        ck_assert_double_gt(sign * says[ids[k]], 0);
        ck_assert_double_eq_tol((double)by[k], sign * says[ids[k]], 1e-5);
    }
    ck_assert_int_eq(n_named, n_side < STUDY_SAYS ? n_side : STUDY_SAYS);
}

static void check_says(StudyRig *r, int layer, int neuron) {
    const int n = r->config->vocab_size;
    double col[WIDE] = {0}, gain[WIDE] = {0}, row[WIDE] = {0}, says[512] = {0};
    column(r, layer, neuron, col);
    const double mean = study_rig_mean(col, r->config->dim);
    study_rig_row(r, TENSOR_FINAL_NORM, 0, 0, gain, r->config->dim);
    for (int id = 0; id < n; id++) {
        study_rig_row(r, TENSOR_CLASSIFIER, 0, id, row, r->config->dim);
        for (int i = 0; i < r->config->dim; i++)
            says[id] += row[i] * gain[i] * (col[i] - mean);
    }
    study_neuron_says(r->study, layer, neuron);
    study_rig_make(r);
    const StudySays *got = study_neuron_says(r->study, layer, neuron);
    check_side(says, n, 1, got->up, got->raises);
    check_side(says, n, -1, got->down, got->lowers);
}

START_TEST(a_neuron_speaks_through_gain_and_output_matrix) {
    StudyRig r;
    rig_open(&r, 0, "");
    check_says(&r, 0, 0);
    check_says(&r, 1, 23);
    check_says(&r, 1, 7);
    study_rig_close(&r);
}
END_TEST

/* Of few tokens none is raised and lowered at once. */
START_TEST(of_few_tokens_each_is_on_one_side) {
    StudyRig r;
    TinySpec spec = tiny_spec();
    spec.vocab_size = 3;
    study_rig_open(&r, spec, 0, "", N_TOKENS, STUDY_RIG_BUDGET);
    for (int neuron = 0; neuron < 24; neuron++)
        check_says(&r, 1, neuron);
    study_rig_close(&r);
}
END_TEST

START_TEST(the_past_is_the_product_at_every_token) {
    StudyRig r;
    rig_open(&r, 0, "");
    study_neuron_past(r.study, 1, 9, 5);
    study_rig_make(&r);
    const float *got = study_neuron_past(r.study, 1, 9, 5);
    for (int pos = 0; pos <= 9; pos++)
        ck_assert_double_eq_tol((double)got[pos],
                                study_rig_wanted(&r, SITE_MLP_POST, 1, pos)[5],
                                1e-5);
    study_rig_close(&r);
}
END_TEST

static const Explain *made(StudyRig *r, StudyKey key) {
    bool missing;
    study_get(r->study, key, &missing);
    study_rig_make(r);
    return study_get(r->study, key, &missing);
}

START_TEST(what_is_shown_opens_to_its_arithmetic) {
    StudyRig r;
    rig_open(&r, 0, "");
    for (int neuron = 0; neuron < r.config->hidden_dim; neuron++) {
        const StudyNeuron v = neurons(&r, 0, 4)->list[neuron];
        StudyKey key = {
            .kind = STUDY_NEURON_ADDS, .layer = 0, .pos = 4, .index = neuron};
        const Explain *ex = made(&r, key);
        ck_assert_int_eq(ex->n_terms, r.config->dim);
        ck_assert(ex->matches);
        ck_assert_double_eq_tol(ex->total, (double)v.adds, 1e-6);
        key.kind = STUDY_SILU;
        ex = made(&r, key);
        ck_assert(ex->matches);
        ck_assert_float_eq(ex->terms[0].a, v.gate);
        ck_assert_double_eq_tol(ex->total, (double)v.act, 1e-6);
    }
    study_rig_close(&r);
}
END_TEST

START_TEST(rows_without_a_piece_are_no_tokens) {
    StudyRig r;
    rig_open(&r, 1 << 20, "");
    const int n = 40, pos = N_TOKENS - 1;
    study_set_vocabulary(r.study, (SamplerIds){.n = n});
    for (int i = 0; i < 8; i++) {
        study_neuron_says(r.study, 1, i);
        study_rig_make(&r);
        const StudySays *says = study_neuron_says(r.study, 1, i);
        for (int k = 0; k < STUDY_SAYS; k++)
            ck_assert(says->up[k] < n && says->down[k] < n);
    }
    const StudyNeurons *got = neurons(&r, 1, pos);
    const float *l = trace_row(r.c.trace, SITE_LOGITS, 0, pos);
    for (int i = 0; i < n; i++)
        ck_assert(i == got->a || (l[i] <= l[got->a] && l[i] <= l[got->b]));
    ck_assert(got->a < n && got->b < n);
    study_rig_close(&r);
}
END_TEST

START_TEST(neurons_that_do_not_exist_have_nothing) {
    StudyRig r;
    rig_open(&r, 0, "");
    static const StudyKind kinds[] = {STUDY_NEURON_SAYS, STUDY_NEURON_PAST,
                                      STUDY_NEURON_ADDS, STUDY_SILU};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool missing = true;
        const StudyKey key = {.kind = kinds[i], .index = 24};
        ck_assert_ptr_null(made(&r, key));
        study_get(r.study, key, &missing);
        ck_assert(!missing);
    }
    study_rig_close(&r);
}
END_TEST

TEST_MAIN_EVERY_FAMILY("neuron", neurons_are_gate_up_product_and_what_they_add,
                       a_neuron_speaks_through_gain_and_output_matrix,
                       of_few_tokens_each_is_on_one_side,
                       the_past_is_the_product_at_every_token,
                       what_is_shown_opens_to_its_arithmetic,
                       neurons_that_do_not_exist_have_nothing,
                       rows_without_a_piece_are_no_tokens)
