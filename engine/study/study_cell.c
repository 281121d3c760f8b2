/* STUDY_CELL and STUDY_SOFTMAX: the arithmetic behind an opened number. */
#include "engine/study/study_private.h"

#include <stdlib.h>

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
        explain_free(ex);
        free(ex);
        return NULL;
    }
    *bytes = sizeof *ex +
             (uint64_t)ex->cap_terms * (sizeof *ex->terms + sizeof(float));
    return ex;
}

static void close(void *value) {
    explain_free(value);
    free(value);
}

const StudyKindInfo study_kind_cell = {
    .name = "cell", .make = make, .close = close};
const StudyKindInfo study_kind_softmax = {
    .name = "softmax", .make = make, .close = close};
