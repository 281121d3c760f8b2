/* STUDY_TABLE: the token embeddings as a picture of bounded size. */
#include "engine/study/study_private.h"

#include "engine/base/num.h"
#include "engine/kernel/kern.h"

#include <stdlib.h>

/* The first of what cell i of n stands for, of n_all. */
static int first_of(int i, int n, int n_all) {
    return (int)(((int64_t)i * n_all + n - 1) / n);
}

/* What a cell stands for is the number furthest from 0, so that a single large
 * one survives. */
static void take_in(const StudyTable *t, float *cells, const float *row) {
    for (int i = 0; i < t->cols; i++) {
        const int end = first_of(i + 1, t->cols, t->dim);
        for (int j = first_of(i, t->cols, t->dim); j < end; j++)
            if (fabsf(row[j]) > fabsf(cells[i])) cells[i] = row[j];
    }
}

typedef struct Work {
    StudyTable *t;
    const Tensor *table;
    float *rows; /* [STUDY_PIECES, D] */
} Work;

/* Some rows of the picture. */
static void fill_piece(void *ud, int piece) {
    const Work *w = ud;
    StudyTable *t = w->t;
    float *row = w->rows + (size_t)piece * (size_t)t->dim;
    const int from = study_piece_row(piece, t->rows);
    const int end =
        first_of(study_piece_row(piece + 1, t->rows), t->rows, t->n);
    for (int id = first_of(from, t->rows, t->n); id < end; id++) {
        kern_row(row, w->table, id);
        take_in(t, t->cells + (size_t)study_table_row(t, id) * (size_t)t->cols,
                row);
    }
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Work work = {
        .table = model_tensor(trace_model(w->trace), TENSOR_TOKEN_EMBED, 0)};
    const int rows = num_min(w->n_vocab, STUDY_TABLE_ROWS);
    const int dim = work.table->cols, cols = num_min(dim, STUDY_TABLE_COLS);
    const size_t n = (size_t)rows * (size_t)cols;
    (void)key; /* there is one table */
    *bytes = sizeof(StudyTable) + n * sizeof(float);
    work.t = calloc(1, *bytes);
    work.rows = malloc(STUDY_PIECES * (size_t)dim * sizeof *work.rows);
    if (work.t) *work.t = (StudyTable){rows, cols, w->n_vocab, dim, 0};
    if (work.t && work.rows && study_pieces(w, fill_piece, &work, work.table)) {
        for (size_t i = 0; i < n; i++)
            work.t->most = fmaxf(work.t->most, fabsf(work.t->cells[i]));
    } else {
        free(work.t);
        work.t = NULL;
    }
    free(work.rows);
    return work.t;
}

const StudyKindInfo study_kind_table = {.name = "table", .make = make};
