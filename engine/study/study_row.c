/* STUDY_ROW: a row that the trace does not store, computed again. */
#include "engine/study/study_private.h"

#include <stdlib.h>
#include <string.h>

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    int rows, cols;
    site_shape(key.site, trace_config(w->trace),
               trace_n_keys(w->trace, key.pos), &rows, &cols);
    *bytes = (uint64_t)rows * (uint64_t)cols * sizeof(float);
    void *value = malloc(*bytes);
    if (!value) return NULL;
    memcpy(value, trace_row(w->trace, key.site, key.layer, key.pos), *bytes);
    return value;
}

const StudyKindInfo study_kind_row = {.name = "row", .make = make};
