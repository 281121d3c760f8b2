/* STUDY_CELL and STUDY_SOFTMAX: the arithmetic behind an opened number. */
#include "engine/study/study_private.h"

#include "engine/spec/arch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

Explain *study_explain_open(int n_terms) {
    Explain *ex = calloc(1, sizeof *ex);
    if (!ex) return NULL;
    /* As explain() has it, which may use it again: see there. */
    ex->terms = calloc((size_t)n_terms, sizeof *ex->terms + sizeof(float));
    ex->cap_terms = n_terms;
    ex->divisor = 1;
    ex->site = SITE_NONE;
    if (ex->terms) return ex;
    free(ex);
    return NULL;
}

uint64_t study_explain_bytes(const Explain *ex) {
    return sizeof *ex +
           (uint64_t)ex->cap_terms * (sizeof *ex->terms + sizeof(float));
}

void study_explain_close(void *ex) {
    explain_free(ex);
    free(ex);
}

double study_explain_sum(const Explain *ex) {
    return ex->n_terms ? ex->terms[ex->n_terms - 1].sum : 0;
}

void study_explain_term(Explain *ex, int index, float a, float b,
                        double product) {
    const double before = study_explain_sum(ex);
    ex->terms[ex->n_terms++] =
        (ExplainTerm){index, a, b, product, before + product};
}

void study_explain_step(Explain *ex, double value, const char *fmt, ...) {
    ExplainStep *step = &ex->steps[ex->n_steps++];
    va_list args;
    va_start(args, fmt);
    vsnprintf(step->label, sizeof step->label, fmt, args);
    va_end(args);
    step->value = ex->total = value;
    step->site = SITE_NONE;
}

void study_explain_before(Explain *ex, double value, const char *label) {
    ExplainStep *step = &ex->before[ex->n_before++];
    snprintf(step->label, sizeof step->label, "%s", label);
    step->value = value;
    step->site = SITE_NONE;
}

void *study_explain_finish(Explain *ex, StudyKey key, float shown,
                           double relative, uint64_t *bytes) {
    ex->layer = key.layer;
    ex->pos = key.pos;
    ex->is_stored = true;
    ex->stored = shown;
    ex->bound = ex->total == 0 ? 1e-35 : fabs(ex->total) * relative;
    ex->matches = fabs(ex->total - shown) <= ex->bound;
    *bytes = study_explain_bytes(ex);
    return ex;
}

static bool explain_key(const Trace *t, StudyKey key, Explain *ex, Err *err) {
    int n_keys = trace_n_keys(t, key.pos);
    return key.kind == STUDY_CELL
               ? explain(t, key.site, key.layer, key.pos, key.index, ex, err)
               : explain_softmax_row(t, key.layer, key.index / n_keys, key.pos,
                                     key.index % n_keys, ex, err);
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Err err = {0};
    Explain *ex = calloc(1, sizeof *ex);
    if (!ex) return NULL;
    if (!explain_key(w->trace, key, ex, &err)) {
        study_explain_close(ex);
        return NULL;
    }
    *bytes = study_explain_bytes(ex);
    return ex;
}

const StudyKindInfo study_kind_cell = {
    .name = "cell", .make = make, .close = study_explain_close};
const StudyKindInfo study_kind_softmax = {
    .name = "softmax", .make = make, .close = study_explain_close};
