/* STUDY_WHY: a logit, or the difference of two, as a sum over what wrote to the
 * residual stream.
 *
 *     logit_a = sum_i u_a[i] * gain[i] * x[i] / scale
 *
 * is linear in x once the scale is held (a mean that the norm takes off x may
 * be taken off u_a * gain instead, and its bias adds a constant), and x is the
 * sum of the embedding and of what every head and every MLP adds.  Where sums
 * are normed, or a head follows, the same is true op by op (study_aim.c), and
 * what was added early has gone through all norms that came after. */
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdlib.h>
#include <string.h>

typedef struct Why {
    const StudyWork *w;
    const Config *c;
    const Model *model;
    StudyAim aim;
    float *row;    /* [H*K] a row of weights */
    double *heads; /* [H*K] what an element of z counts for */
} Why;

static const float *site(const Why *y, Site s, int layer) {
    return y->w->row(y->w, s, layer, y->aim.pos);
}

static double of_vector(const Why *y, const float *v) {
    double sum = 0;
    for (int i = 0; i < y->c->dim; i++)
        sum += y->aim.toward[i] * v[i];
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
            y->heads[j] += y->aim.toward[i] * y->row[j];
    }
    const float *z = site(y, mixed->in[0], layer);
    for (int h = 0; h < c->n_heads; h++) {
        out[h] = 0;
        for (int j = h * c->head_dim; j < (h + 1) * c->head_dim; j++)
            out[h] += scale * y->heads[j] * z[j];
    }
}

/* Products with weights of few bits read their vector rounded to 8. */
static bool rounds(const Tensor *w) {
    return w->type >= DTYPE_Q8_0;
}

/* What all counts for that has been come to, with the constants on the way. */
static double counted(const Why *y) {
    return of_vector(y, site(y, y->aim.site, y->aim.layer)) + y->aim.bias;
}

/* One op back; what its rounding changed is kept. */
static void step_back(Why *y, StudyWhy *out) {
    const ArchOp *op = arch_op(y->c->arch, y->aim.site);
    const bool off = op->kind == OP_LINEAR &&
                     rounds(model_tensor(y->model, op->weight, y->aim.layer));
    const double before = off ? counted(y) : 0;
    study_aim_back(&y->aim);
    if (off) out->rounding += before - counted(y);
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

/* What was put in for a vector from another run; NULL: nothing was. */
static const float *patched(const Why *y, Site s) {
    return taken_patch(trace_taken(y->w->trace), s, y->aim.layer, 0,
                       y->aim.pos);
}

/* What a sum of a layer adds to the stream, in the parts before *end; what was
 * taken from another run counts as what the stream began with. */
static void of_added(Why *y, Site added, StudyWhy *out, int *end) {
    const int layer = y->aim.layer;
    if (!is_attention(y, added)) {
        out->parts[--*end] = of_vector(y, site(y, added, layer));
        return;
    }
    const float *other = patched(y, added);
    *end -= y->c->n_heads;
    if (other) {
        out->parts[0] += of_vector(y, other);
        return;
    }
    const ArchOp *mixed = arch_op(y->c->arch, added);
    const double bias = of_bias(y, mixed, layer);
    double exact = bias;
    of_heads(y, mixed, layer, out->parts + *end);
    for (int h = 0; h < y->c->n_heads; h++)
        exact += out->parts[*end + h];
    y->aim.bias += bias;
    if (rounds(model_tensor(y->model, mixed->weight, layer)))
        out->rounding += of_vector(y, site(y, added, layer)) - exact;
}

/* From the end of the stream to its beginning, or to a vector that another
 * run's was put for: what wrote before counts for nothing. */
static void add_parts(Why *y, StudyWhy *out) {
    const Site first = arch_stream_first(y->c->arch);
    int end = out->n_parts;
    memset(out->parts, 0, (size_t)out->n_parts * sizeof *out->parts);
    for (; y->aim.site != first && y->w->goes_on(y->w); step_back(y, out)) {
        const ArchOp *op = arch_op(y->c->arch, y->aim.site);
        if (op->part != ARCH_LAYER || op->kind != OP_ADD) continue;
        const float *stream = patched(y, op->out);
        if (stream) {
            out->parts[0] += of_vector(y, stream);
            return;
        }
        of_added(y, op->in[1], out, &end);
    }
    if (y->aim.site == first) out->parts[0] += of_vector(y, site(y, first, 0));
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const size_t width = (size_t)c->n_heads * (size_t)c->head_dim;
    const int a = key.index, b = key.layer;
    if (a < 0 || a >= c->vocab_size || b >= c->vocab_size) return NULL;
    const bool biases =
        model_tensor(trace_model(w->trace), TENSOR_FINAL_NORM, 0)->bias != NULL;
    const int n = 1 + c->n_layers * (c->n_heads + 1);
    *bytes = sizeof(StudyWhy) + ((size_t)n + biases) * sizeof(double);
    Why y = {.w = w, .c = c, .model = trace_model(w->trace)};
    if (!study_aim_open(&y.aim, w, key.pos, a, b)) return NULL;
    y.row = malloc(width * sizeof *y.row);
    y.heads = malloc(width * sizeof *y.heads);
    StudyWhy *out = y.row && y.heads ? malloc(*bytes) : NULL;
    if (out) {
        out->n_parts = n;
        const float *logits = site(&y, SITE_LOGITS, 0);
        out->total = (double)logits[a] - (b < 0 ? 0 : (double)logits[b]);
        out->rounding = rounds(model_tensor(y.model, TENSOR_CLASSIFIER, 0))
                            ? out->total - counted(&y)
                            : 0;
        add_parts(&y, out);
        if (biases) out->parts[out->n_parts++] = y.aim.bias;
    }
    free(y.row);
    free(y.heads);
    study_aim_close(&y.aim);
    return out;
}

const StudyKindInfo study_kind_why = {
    .name = "why", .make = make, .of_logits = true};
