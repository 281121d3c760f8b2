/* STUDY_NEAR and COSINE: the rows of the token embedding that point most nearly
 * where one of them does; and how nearly two of them do. */
#include "engine/study/study_private.h"

#include "engine/kernel/kern.h"

#include <stdio.h>
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

static void *make_near(const StudyWork *w, StudyKey key, uint64_t *bytes) {
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

/* ---- one of the cosines -------------------------------------------------- */

static Explain *open_cosine(const float *a, const float *b, int dim) {
    Explain *ex = study_explain_open(dim);
    if (!ex) return NULL;
    const double own = sqrt(study_dot(a, a, dim));
    const double other = sqrt(study_dot(b, b, dim));
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_ELEMENT;
    snprintf(ex->formula, sizeof ex->formula,
             "cosine = Σ a·b / (length of a × length of b)");
    for (int i = 0; i < dim; i++)
        study_explain_term(ex, i, a[i], b[i], (double)a[i] * (double)b[i]);
    study_explain_before(ex, own, "length of a: √ Σ a²");
    study_explain_before(ex, other, "length of b: √ Σ b²");
    study_explain_step(ex, study_explain_sum(ex), "Σ of the products");
    study_explain_step(ex, own * other, "length × length");
    study_explain_step(
        ex, own * other > 0 ? study_explain_sum(ex) / (own * other) : 0,
        "Σ ÷ (length × length)");
    return ex;
}

static void *make_cosine(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Tensor *table =
        model_tensor(trace_model(w->trace), TENSOR_TOKEN_EMBED, 0);
    const int a = key.index, b = key.layer, dim = table->cols;
    if (a < 0 || a >= w->n_vocab || b < 0 || b >= w->n_vocab) return NULL;
    float *rows = malloc(2 * (size_t)dim * sizeof *rows);
    if (!rows) return NULL;
    kern_row(rows, table, a);
    kern_row(rows + dim, table, b);
    Explain *ex = open_cosine(rows, rows + dim, dim);
    free(rows);
    if (!ex) return NULL;
    if (w->tokenizer) {
        tokenizer_show(w->tokenizer, a, ex->a_name, sizeof ex->a_name);
        tokenizer_show(w->tokenizer, b, ex->b_name, sizeof ex->b_name);
    }
    return study_explain_finish(ex, key, (float)ex->total, STUDY_UNIT * 2,
                                bytes);
}

const StudyKindInfo study_kind_near = {.name = "near", .make = make_near};
const StudyKindInfo study_kind_cosine = {
    .name = "cosine", .make = make_cosine, .close = study_explain_close};
