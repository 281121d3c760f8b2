#include "tests/support/study_rig.h"

#include "engine/kernel/kern.h"
#include "tests/support/test.h"

void study_rig_open(StudyRig *r, TinySpec spec, uint64_t trace_budget,
                    const char *edits, int n, uint64_t study_budget) {
    Err err = {0};
    r->c = trace_case_open(spec, trace_budget, edits);
    if (n > 0) trace_case_feed(&r->c, n, 7);
    r->config = trace_config(r->c.trace);
    r->study = study_open(r->c.trace, study_budget, &err);
    ck_assert_msg(r->study != NULL, "%s", err.msg);
    study_frame(r->study);
}

void study_rig_close(StudyRig *r) {
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
