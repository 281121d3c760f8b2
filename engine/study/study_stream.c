/* STUDY_WROTE, STREAM and STREAM_CELL: what each part adds to the residual
 * stream: the vectors of heads, and lengths and cosines of them all. */
#include "engine/kernel/kern.h"

#include "engine/formula/formula.h"
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the sums of a layer ------------------------------------------------- */

/* Sum i of a layer; NULL past the last. */
static const ArchOp *sum_at(const Arch *a, int i) {
    for (int k = 0; k < a->n_ops; k++)
        if (a->ops[k].part == ARCH_LAYER && a->ops[k].kind == OP_ADD &&
            i-- == 0)
            return &a->ops[k];
    return NULL;
}

/* The matrix that mixes heads, where that is what a sum adds; or NULL. */
static const ArchOp *mixer_of(const Arch *a, const ArchOp *sum) {
    const ArchOp *op = arch_op(a, sum->in[1]);
    return op->kind == OP_LINEAR && arch_op(a, op->in[0])->kind == OP_MIX
               ? op
               : NULL;
}

/* The sum that adds what heads write; NULL: none does by a matrix alone. */
static const ArchOp *sum_of_heads(const Arch *a) {
    const ArchOp *sum = NULL;
    for (int i = 0; (sum = sum_at(a, i)) != NULL; i++)
        if (mixer_of(a, sum)) return sum;
    return NULL;
}

int study_sum_that_adds(const Arch *a, bool heads) {
    const ArchOp *sum;
    for (int i = 0; (sum = sum_at(a, i)) != NULL; i++)
        if ((mixer_of(a, sum) != NULL) == heads) return i;
    return -1;
}

/* ---- what heads write ---------------------------------------------------- */

static void *make_wrote(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const ArchOp *sum = sum_of_heads(c->arch);
    const size_t D = (size_t)c->dim, H = (size_t)c->n_heads;
    const size_t K = (size_t)c->head_dim;
    if (!sum) return NULL;
    const ArchOp *mixed = mixer_of(c->arch, sum);
    const Tensor *tensor =
        model_tensor(trace_model(w->trace), mixed->weight, key.layer);
    const double scale =
        (double)edits_get(trace_edits(w->trace), mixed->edit, key.layer, 0);
    const float *z = w->row(w, mixed->in[0], key.layer, key.pos);
    float *row = malloc(H * K * sizeof *row);
    *bytes = H * D * sizeof(float);
    float *out = row ? malloc(*bytes) : NULL;
    for (size_t i = 0; out && i < D; i++) {
        kern_row(row, tensor, (int)i);
        for (size_t h = 0; h < H; h++)
            out[h * D + i] =
                (float)(scale * study_dot(row + h * K, z + h * K, (int)K));
    }
    free(row);
    return out;
}

/* ---- one vector ---------------------------------------------------------- */

/* A vector [D] and what its cosines are with; `before` NULL: nothing was there.
 * All borrowed but `asks`, which is owned. */
typedef struct Vectors {
    const float *v, *before, *end;
    float *asks;
    int dim;
} Vectors;

/* A row is borrowed until the next is asked for, so each is copied: [4, D]. */
static const float *keep(Vectors *y, int i, const float *row) {
    if (!row) return NULL;
    float *to = y->asks + (size_t)(i + 1) * (size_t)y->dim;
    for (int k = 0; k < y->dim; k++)
        to[k] = row[k];
    return to;
}

static const float *head_row(const StudyWork *w, StudyKey key, int head) {
    const Config *c = trace_config(w->trace);
    if (head < 0 || head >= c->n_heads) return NULL;
    const float *all = w->made(
        w, (StudyKey){.kind = STUDY_WROTE, .layer = key.layer, .pos = key.pos});
    return all ? all + (size_t)head * (size_t)c->dim : NULL;
}

/* Its sum; NULL: it has none. */
static const ArchOp *sum_of(const Arch *a, StudyVectorKind kind, int number) {
    return kind == STUDY_VECTOR_HEAD    ? sum_of_heads(a)
           : kind == STUDY_VECTOR_EMBED ? NULL
                                        : sum_at(a, number);
}

/* The vector that the key is of, borrowed; NULL: there is none. */
static const float *vector_of(const StudyWork *w, StudyKey key) {
    const Arch *a = trace_config(w->trace)->arch;
    const StudyVectorKind kind = (StudyVectorKind)(key.index % STUDY_VECTORS);
    const int number = key.index / STUDY_VECTORS;
    const ArchOp *sum = sum_of(a, kind, number);
    if (kind == STUDY_VECTOR_EMBED)
        return w->row(w, arch_stream_first(a), 0, key.pos);
    if (!sum) return NULL;
    return kind == STUDY_VECTOR_HEAD ? head_row(w, key, number)
           : kind == STUDY_VECTOR_ADDED
               ? w->row(w, sum->in[1], key.layer, key.pos)
               : w->row(w, arch_stream_after(a, sum->out), key.layer, key.pos);
}

Site study_vector_sum(const StudyWork *w, StudyKey key) {
    const Arch *a = trace_config(w->trace)->arch;
    const StudyVectorKind kind = (StudyVectorKind)(key.index % STUDY_VECTORS);
    const ArchOp *sum = sum_of(a, kind, key.index / STUDY_VECTORS);
    if (!sum) return arch_stream_first(a);
    return kind == STUDY_VECTOR_STREAM ? arch_stream_after(a, sum->out)
                                       : sum->out;
}

bool study_vector(const StudyWork *w, StudyKey key, float *out) {
    const float *v = vector_of(w, key);
    for (int i = 0; v && i < trace_config(w->trace)->dim; i++)
        out[i] = v[i];
    return v != NULL;
}

/* That vector, and what was there before it. */
static void find_vector(const StudyWork *w, StudyKey key, Vectors *y) {
    const ArchOp *sum = sum_of(trace_config(w->trace)->arch,
                               (StudyVectorKind)(key.index % STUDY_VECTORS),
                               key.index / STUDY_VECTORS);
    y->v = keep(y, 0, vector_of(w, key));
    if (sum) y->before = keep(y, 1, w->row(w, sum->in[0], key.layer, key.pos));
}

/* What the token asks for where sums are normed or a head follows: what the
 * vector's elements count for there. */
static bool find_aimed(const StudyWork *w, StudyKey key, Vectors *y) {
    double *toward = malloc((size_t)y->dim * sizeof *toward);
    const bool ok =
        toward && study_aim_at(w, key.pos, key.a, -1, study_vector_sum(w, key),
                               key.layer, toward);
    for (int i = 0; ok && i < y->dim; i++)
        y->asks[i] = (float)toward[i];
    free(toward);
    return ok;
}

/* What the token asks: its row of the output matrix, times the final norm's
 * gain. */
static bool find_asked(const StudyWork *w, StudyKey key, Vectors *y) {
    const Model *m = trace_model(w->trace);
    const int id = key.a;
    if (trace_config(w->trace)->arch->norm_after) return find_aimed(w, key, y);
    float *gain = y->asks + (size_t)4 * (size_t)y->dim;
    kern_row(y->asks, model_tensor(m, TENSOR_CLASSIFIER, 0), id);
    kern_row(gain, model_tensor(m, TENSOR_FINAL_NORM, 0), 0);
    for (int i = 0; i < y->dim; i++)
        y->asks[i] *= gain[i];
    const double off = study_mean_off(trace_config(w->trace), y->asks);
    for (int i = 0; i < y->dim; i++)
        y->asks[i] = (float)((double)y->asks[i] - off);
    return true;
}

static bool vectors_open(const StudyWork *w, StudyKey key, Vectors *y) {
    const Config *c = trace_config(w->trace);
    *y = (Vectors){.dim = c->dim};
    const bool asks = arch_predicts(c->arch);
    if (key.index < 0 || (asks && (key.a < 0 || key.a >= w->n_vocab)))
        return false;
    y->asks = calloc(5 * (size_t)c->dim, sizeof *y->asks);
    if (!y->asks || (asks && !find_asked(w, key, y))) {
        free(y->asks);
        return false;
    }
    y->end = keep(
        y, 2, w->row(w, arch_stream_next(c->arch), c->n_layers - 1, key.pos));
    find_vector(w, key, y);
    if (!y->v) free(y->asks);
    return y->v != NULL;
}

static double cosine(const float *a, const float *b, int n) {
    if (!b) return NAN;
    const double both = sqrt(study_dot(a, a, n)) * sqrt(study_dot(b, b, n));
    return both == 0 ? 0 : study_dot(a, b, n) / both;
}

static StudyAdded measure(const Vectors *y) {
    return (StudyAdded){.length = sqrt(study_dot(y->v, y->v, y->dim)),
                        .along = cosine(y->v, y->before, y->dim),
                        .end = cosine(y->v, y->end, y->dim),
                        .asks = cosine(y->v, y->asks, y->dim)};
}

static void *make_stream(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Vectors y;
    if (!vectors_open(w, key, &y)) return NULL;
    StudyAdded *out = malloc(sizeof *out);
    if (out) *out = measure(&y);
    *bytes = sizeof *out;
    free(y.asks);
    return out;
}

/* ---- one of those, opened ------------------------------------------------ */

static Explain *open_length(const Vectors *y) {
    Explain *ex = study_explain_open(y->dim);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_SQUARES;
    snprintf(ex->formula, sizeof ex->formula,
             FORMULA("\\text{length}=\\sqrt{\\sum v_i^2}"));
    snprintf(ex->a_name, sizeof ex->a_name, "v");
    for (int i = 0; i < y->dim; i++)
        study_explain_term(ex, i, y->v[i], y->v[i],
                           (double)y->v[i] * (double)y->v[i]);
    study_explain_step(ex, study_explain_sum(ex), "Σ v²");
    study_explain_step(ex, sqrt(study_explain_sum(ex)), "√: the length");
    return ex;
}

static Explain *open_cosine(const Vectors *y, const float *with,
                            const char *name) {
    Explain *ex = with ? study_explain_open(y->dim) : NULL;
    if (!ex) return NULL;
    const double own = sqrt(study_dot(y->v, y->v, y->dim));
    const double other = sqrt(study_dot(with, with, y->dim));
    ex->kind = EXPLAIN_DOT;
    snprintf(ex->formula, sizeof ex->formula,
             FORMULA("\\text{cosine}=\\dfrac{\\sum v_iw_i}{|v|\\,|w|}"));
    snprintf(ex->a_name, sizeof ex->a_name, "v");
    snprintf(ex->b_name, sizeof ex->b_name, "w: %s", name);
    for (int i = 0; i < y->dim; i++)
        study_explain_term(ex, i, y->v[i], with[i],
                           (double)y->v[i] * (double)with[i]);
    study_explain_before(ex, own, "|v| = √ Σ v²");
    study_explain_before(ex, other, "|w| = √ Σ w²");
    study_explain_step(ex, study_explain_sum(ex), "Σ of the products");
    study_explain_step(ex, own * other, "|v| · |w|");
    study_explain_step(
        ex, own * other == 0 ? 0 : study_explain_sum(ex) / (own * other),
        "Σ ÷ (|v| · |w|)");
    return ex;
}

static void *make_cell(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Vectors y;
    if (!vectors_open(w, key, &y)) return NULL;
    const StudyAdded is = measure(&y);
    const StudyMeasure which = (StudyMeasure)key.b;
    Explain *ex = which == STUDY_LENGTH  ? open_length(&y)
                  : which == STUDY_ALONG ? open_cosine(&y, y.before, "before")
                  : which == STUDY_END   ? open_cosine(&y, y.end, "at the end")
                                         : open_cosine(&y, y.asks, "towards");
    if (ex)
        study_explain_finish(ex, key, (float)study_added_value(&is, which),
                             STUDY_ROUNDINGS * STUDY_UNIT, bytes);
    free(y.asks);
    return ex;
}

const StudyKindInfo study_kind_wrote = {.name = "wrote", .make = make_wrote};
const StudyKindInfo study_kind_stream = {.name = "stream", .make = make_stream};
const StudyKindInfo study_kind_stream_cell = {
    .name = "stream cell", .make = make_cell, .close = study_explain_close};
