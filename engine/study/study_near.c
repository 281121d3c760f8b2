/* STUDY_NEAR and COSINE: the rows of the token embedding that point most nearly
 * where one of them does; and how nearly two of them do. */
#include "engine/study/study_private.h"

#include "engine/formula/formula.h"
#include "engine/kernel/kern.h"

#include <stdio.h>
#include <stdlib.h>

/* Does a come before b?  Last comes what is not a number. */
static bool is_nearer(double a, double b) {
    return a > b || (isnan(b) && !isnan(a));
}

/* Puts a row among the nearest so far; of equal ones the lower id first. */
static void offer(StudyNear *out, int id, double cosine, double length) {
    int at = out->n;
    while (at > 0 && is_nearer(cosine, out->rows[at - 1].cosine))
        at--;
    if (at == STUDY_NEAR_MAX) return;
    if (out->n < STUDY_NEAR_MAX) out->n++;
    for (int i = out->n - 1; i > at; i--)
        out->rows[i] = out->rows[i - 1];
    out->rows[at] = (StudyNearRow){id, cosine, length};
}

/* All rows against one. */
typedef struct Compare {
    const Tensor *table;
    int n;                  /* rows */
    float *own, *others;    /* [D] and [STUDY_PIECES, D] */
    double *dots, *lengths; /* [n] */
} Compare;

static void compare_piece(void *ud, int piece) {
    const Compare *c = ud;
    const int dim = c->table->cols, end = study_piece_row(piece + 1, c->n);
    float *other = c->others + (size_t)piece * (size_t)dim;
    for (int i = study_piece_row(piece, c->n); i < end; i++) {
        kern_row(other, c->table, i);
        c->dots[i] = study_dot(c->own, other, dim);
        c->lengths[i] = sqrt(study_dot(other, other, dim));
    }
}

static bool compare(const StudyWork *w, Compare *c, int id, StudyNear *out) {
    kern_row(c->own, c->table, id);
    if (!study_pieces(w, compare_piece, c, c->table)) return false;
    out->length = c->lengths[id];
    for (int i = 0; i < c->n; i++) {
        const double both = c->lengths[i] * out->length;
        if (i != id)
            offer(out, i, both == 0 ? 0 : c->dots[i] / both, c->lengths[i]);
    }
    return true;
}

static void *make_near(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Compare c = {.table =
                     model_tensor(trace_model(w->trace), TENSOR_TOKEN_EMBED, 0),
                 .n = w->n_vocab};
    const size_t dim = (size_t)c.table->cols, n = (size_t)c.n;
    if (key.index < 0 || key.index >= c.n) return NULL;
    StudyNear *out = calloc(1, sizeof *out);
    c.own = malloc((STUDY_PIECES + 1) * dim * sizeof *c.own);
    c.dots = malloc(2 * n * sizeof *c.dots);
    const bool has_room = out && c.own && c.dots;
    if (has_room) {
        c.others = c.own + dim;
        c.lengths = c.dots + n;
        *bytes = sizeof *out;
    }
    if (!has_room || !compare(w, &c, key.index, out)) {
        free(out);
        out = NULL;
    }
    free(c.own);
    free(c.dots);
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
             FORMULA("\\text{cosine}=\\dfrac{\\sum a_ib_i}{|a|\\,|b|}"));
    for (int i = 0; i < dim; i++)
        study_explain_term(ex, i, a[i], b[i], (double)a[i] * (double)b[i]);
    study_explain_before(ex, own, "length of a: √ Σ a²");
    study_explain_before(ex, other, "length of b: √ Σ b²");
    study_explain_step(ex, study_explain_sum(ex), "Σ of the products");
    study_explain_step(ex, own * other, "length × length");
    study_explain_step(
        ex, own * other == 0 ? 0 : study_explain_sum(ex) / (own * other),
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
