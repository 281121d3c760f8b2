/* STUDY_WHY: a logit, or the difference of two, as a sum over what wrote to the
 * residual stream.
 *
 *     logit_a = sum_i u_a[i] * gain[i] * x[i] / scale
 *
 * is linear in x once the scale is held (a mean that the norm takes off x may
 * be taken off u_a * gain instead, and its bias adds a constant), and x is the
 * sum of the embedding and of what every head and every MLP adds. */
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdlib.h>
#include <string.h>

typedef struct Why {
    const StudyWork *w;
    const Config *c;
    const Model *model;
    int pos;
    float *row;     /* [D or H*K] a row of weights */
    double *toward; /* [D] what an element of the stream counts for */
    double *heads;  /* [H*K] what an element of z counts for */
    double biases;  /* what those add that are no part's */
} Why;

static const float *site(const Why *y, Site s, int layer) {
    return y->w->row(y->w, s, layer, y->pos);
}

static double of_vector(const Why *y, const float *v) {
    double sum = 0;
    for (int i = 0; i < y->c->dim; i++)
        sum += y->toward[i] * v[i];
    return sum;
}

/* The heads of a layer: W_O's columns, aimed, times z. */
static void of_heads(const Why *y, const ArchOp *mixed, int layer,
                     double *out) {
    const Config *c = y->c;
    const int width = c->n_heads * c->head_dim;
    const Tensor *w = model_tensor(y->model, mixed->weight, layer);
    const double scale =
        edits_get(trace_edits(y->w->trace), mixed->edit, layer, 0);
    memset(y->heads, 0, (size_t)width * sizeof *y->heads);
    for (int i = 0; i < c->dim; i++) {
        kern_row(y->row, w, i);
        for (int j = 0; j < width; j++)
            y->heads[j] += y->toward[i] * y->row[j];
    }
    const float *z = site(y, mixed->in[0], layer);
    for (int h = 0; h < c->n_heads; h++) {
        out[h] = 0;
        for (int j = h * c->head_dim; j < (h + 1) * c->head_dim; j++)
            out[h] += scale * y->heads[j] * z[j];
    }
}

/* What a matrix adds to all that its heads write. */
static double of_bias(const Why *y, const ArchOp *mixed, int layer) {
    const Tensor *w = model_tensor(y->model, mixed->weight, layer);
    const double scale =
        edits_get(trace_edits(y->w->trace), mixed->edit, layer, 0);
    return w->bias ? scale * of_vector(y, w->bias) : 0;
}

/* Do heads make it? */
static bool is_attention(const Why *y, Site added) {
    const Arch *a = y->c->arch;
    const ArchOp *op = arch_op(a, added);
    return op->kind == OP_LINEAR && arch_op(a, op->in[0])->kind == OP_MIX;
}

/* Takes back what wrote before a vector that another run's was put for: that
 * one counts as what the stream began with. */
static void of_patched(Why *y, const ArchOp *op, int layer, StudyWhy *out) {
    const Taken *t = trace_taken(y->w->trace);
    const float *stream = taken_patch(t, op->out, layer, 0, y->pos);
    const float *added = taken_patch(t, op->in[1], layer, 0, y->pos);
    if (stream) {
        memset(out->parts, 0, (size_t)out->n_parts * sizeof *out->parts);
        out->parts[0] = of_vector(y, stream);
        y->biases = 0;
    } else if (added && is_attention(y, op->in[1])) {
        const int n = y->c->n_heads;
        memset(out->parts + out->n_parts - n, 0, (size_t)n * sizeof(double));
        out->parts[0] += of_vector(y, added);
        y->biases -= of_bias(y, arch_op(y->c->arch, op->in[1]), layer);
    }
}

/* What a sum of a layer adds to the stream, in as many parts as it has. */
static int of_added(Why *y, Site added, int layer, double *out) {
    if (is_attention(y, added)) {
        of_heads(y, arch_op(y->c->arch, added), layer, out);
        y->biases += of_bias(y, arch_op(y->c->arch, added), layer);
        return y->c->n_heads;
    }
    out[0] = of_vector(y, site(y, added, layer));
    return 1;
}

static void add_parts(Why *y, StudyWhy *out) {
    const Arch *a = y->c->arch;
    out->parts[0] = of_vector(y, site(y, arch_stream_first(a), 0));
    out->n_parts = 1;
    for (int layer = 0; layer < y->c->n_layers && y->w->goes_on(y->w); layer++)
        for (int i = 0; i < a->n_ops; i++)
            if (a->ops[i].part == ARCH_LAYER && a->ops[i].kind == OP_ADD) {
                out->n_parts += of_added(y, a->ops[i].in[1], layer,
                                         out->parts + out->n_parts);
                of_patched(y, &a->ops[i], layer, out);
            }
}

static bool allocate(Why *y) {
    const size_t width = (size_t)y->c->n_heads * y->c->head_dim;
    const size_t dim = (size_t)y->c->dim;
    const size_t wide = width > dim ? width : dim;
    y->row = malloc(wide * sizeof *y->row);
    y->toward = malloc(dim * sizeof *y->toward);
    y->heads = malloc(width * sizeof *y->heads);
    return y->row && y->toward && y->heads;
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const int a = key.index, b = key.layer;
    if (a < 0 || a >= c->vocab_size || b >= c->vocab_size) return NULL;
    const bool biases =
        model_tensor(trace_model(w->trace), TENSOR_FINAL_NORM, 0)->bias != NULL;
    const size_t n = 1 + (size_t)c->n_layers * (c->n_heads + 1) + biases;
    *bytes = sizeof(StudyWhy) + n * sizeof(double);
    Why y = {.w = w, .c = c, .model = trace_model(w->trace), .pos = key.pos};
    StudyWhy *out = allocate(&y) ? malloc(*bytes) : NULL;
    if (out) {
        study_aim(w, key.pos, a, b, y.row, y.toward);
        add_parts(&y, out);
        if (biases)
            out->parts[out->n_parts++] =
                y.biases + study_aim_bias(w, a, b, y.row);
        const float *logits = site(&y, SITE_LOGITS, 0);
        out->total = (double)logits[a] - (b < 0 ? 0 : (double)logits[b]);
    }
    free(y.row);
    free(y.toward);
    free(y.heads);
    return out;
}

const StudyKindInfo study_kind_why = {.name = "why", .make = make};
