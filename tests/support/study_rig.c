#include "tests/support/study_rig.h"

#include "engine/kernel/kern.h"
#include "tests/support/test.h"

void study_rig_open(StudyRig *r, TinySpec spec, uint64_t trace_budget,
                    const char *edits, int n, uint64_t study_budget) {
    Err err = {0};
    r->c = trace_case_open(spec, trace_budget, edits);
    if (n > 0) trace_case_feed(&r->c, n, 7);
    r->config = trace_config(r->c.trace);
    r->reference = NULL;
    r->study = study_open(r->c.trace, study_budget, &err);
    ck_assert_msg(r->study != NULL, "%s", err.msg);
    study_frame(r->study);
}

void study_rig_close(StudyRig *r) {
    reference_free(r->reference);
    study_close(r->study);
    trace_case_close(&r->c);
}

int study_rig_make(StudyRig *r) {
    int n = 0;
    while (study_step(r->study))
        n++;
    return n;
}

void study_rig_row(const StudyRig *r, TensorRole role, int layer, int row,
                   double *out, int n) {
    float v[STUDY_RIG_ROW];
    ck_assert_int_le(n, STUDY_RIG_ROW);
    kern_row(v, model_tensor(r->c.tiny.model, role, layer), row);
    for (int i = 0; i < n; i++)
        out[i] = (double)v[i];
}

/* ---- the reference ------------------------------------------------------- */

#define POSITIONS_MAX 64

const double *study_rig_wanted(StudyRig *r, Site s, int layer, int pos) {
    const Trace *t = r->c.trace;
    int tokens[POSITIONS_MAX] = {0};
    const int n = trace_n_pos(t);
    ck_assert_int_le(n, POSITIONS_MAX);
    for (int i = 0; !r->reference && i < n; i++)
        tokens[i] = trace_token(t, i);
    if (!r->reference)
        r->reference =
            reference_run(r->c.tiny.model, trace_edits(t), tokens, n);
    ck_assert(reference_has(r->reference, s));
    return reference_row(r->reference, s, layer, pos);
}

Site study_rig_first(void) {
    return tiny_family_now == TINY_GPT2    ? SITE_FULL_EMBED
           : tiny_family_now == TINY_GEMMA ? SITE_SCALED_EMBED
                                           : SITE_EMBED;
}

bool study_rig_has_mean(void) {
    return tiny_family_now == TINY_GPT2;
}

double study_rig_mean(const double *x, int n) {
    double mean = 0;
    for (int i = 0; study_rig_has_mean() && i < n; i++)
        mean += x[i] / n;
    return mean;
}

double study_rig_bias(const StudyRig *r, TensorRole role, int layer, int row) {
    const float *b = model_tensor(r->c.tiny.model, role, layer)->bias;
    return b ? (double)b[row] : 0;
}

/* logit = sum of u * (gain * (x - mean of x) / scale + bias), so that x[i]
 * counts for u[i] * gain[i] / scale, less the mean of all of those. */
void study_rig_aim(StudyRig *r, int pos, int a, int b, double *toward) {
    const int d = r->config->dim;
    double other[STUDY_RIG_ROW] = {0}, gain[STUDY_RIG_ROW] = {0};
    const double scale = study_rig_wanted(r, SITE_LN_FINAL_SCALE, 0, pos)[0];
    study_rig_row(r, TENSOR_CLASSIFIER, 0, a, toward, d);
    if (b >= 0) study_rig_row(r, TENSOR_CLASSIFIER, 0, b, other, d);
    study_rig_row(r, TENSOR_FINAL_NORM, 0, 0, gain, d);
    for (int i = 0; i < d; i++)
        toward[i] = (toward[i] - other[i]) * gain[i] / scale;
    const double mean = study_rig_mean(toward, d);
    for (int i = 0; i < d; i++)
        toward[i] -= mean;
}
