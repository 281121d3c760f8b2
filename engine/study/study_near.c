/* STUDY_NEAR: the rows of the token embedding that point most nearly where one
 * of them does. */
#include "engine/study/study_private.h"

#include "engine/kernel/kern.h"

#include <stdlib.h>

/* Puts a row among the nearest so far; of equal ones the lower id first. */
static void offer(StudyNear *out, int id, double cosine, double length) {
    int at = out->n;
    while (at > 0 && out->rows[at - 1].cosine < cosine)
        at--;
    if (at == STUDY_NEAR_MAX) return;
    if (out->n < STUDY_NEAR_MAX) out->n++;
    for (int i = out->n - 1; i > at; i--)
        out->rows[i] = out->rows[i - 1];
    out->rows[at] = (StudyNearRow){id, cosine, length};
}

static void compare(const Tensor *table, int id, int n, StudyNear *out,
                    float *own, float *other) {
    const int dim = table->cols;
    kern_row(own, table, id);
    out->length = sqrt(study_dot(own, own, dim));
    for (int i = 0; i < n; i++) {
        if (i == id) continue;
        kern_row(other, table, i);
        const double length = sqrt(study_dot(other, other, dim));
        const double both = length * out->length;
        offer(out, i, both > 0 ? study_dot(own, other, dim) / both : 0, length);
    }
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Tensor *table =
        model_tensor(trace_model(w->trace), TENSOR_TOKEN_EMBED, 0);
    if (key.index < 0 || key.index >= w->n_vocab) return NULL;
    StudyNear *out = calloc(1, sizeof *out);
    float *rows = malloc(2 * (size_t)table->cols * sizeof *rows);
    if (out && rows) {
        compare(table, key.index, w->n_vocab, out, rows, rows + table->cols);
        *bytes = sizeof *out;
    } else {
        free(out);
        out = NULL;
    }
    free(rows);
    return out;
}

const StudyKindInfo study_kind_near = {.name = "near", .make = make};
