/* STUDY_TABLE: the token embeddings as a picture of bounded size. */
#include "engine/study/study_private.h"

#include "engine/base/num.h"
#include "engine/kernel/kern.h"

#include <stdlib.h>

/* What a cell stands for is the number furthest from 0, so that a single large
 * one survives. */
static void take_in(StudyTable *t, float *cells, const float *row) {
    for (int i = 0; i < t->dim; i++) {
        float *cell = &cells[(int64_t)i * t->cols / t->dim];
        if (fabsf(row[i]) > fabsf(*cell)) *cell = row[i];
        if (fabsf(row[i]) > t->most) t->most = fabsf(row[i]);
    }
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Tensor *table =
        model_tensor(trace_model(w->trace), TENSOR_TOKEN_EMBED, 0);
    const int rows = num_min(w->n_vocab, STUDY_TABLE_ROWS);
    const int cols = num_min(table->cols, STUDY_TABLE_COLS);
    (void)key; /* there is one table */
    *bytes =
        sizeof(StudyTable) + (uint64_t)rows * (uint64_t)cols * sizeof(float);
    StudyTable *t = calloc(1, *bytes);
    float *row = malloc((size_t)table->cols * sizeof *row);
    if (t && row) {
        *t = (StudyTable){rows, cols, w->n_vocab, table->cols, 0};
        for (int id = 0; id < t->n; id++) {
            kern_row(row, table, id);
            take_in(t, t->cells + (size_t)study_table_row(t, id) * (size_t)cols,
                    row);
        }
    } else {
        free(t);
        t = NULL;
    }
    free(row);
    return t;
}

const StudyKindInfo study_kind_table = {.name = "table", .make = make};
