/* A model's operations in the order of its Arch and back, a step for every kind
 * of them, as in engine/run/forward.c: a step does the operations that belong
 * together (the parts of a norm, the products of one vector, attention). */
#include "engine/train/backprop.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- asking -------------------------------------------------------------- */

static const Arch *arch_of(const Backprop *b) {
    return b->params->config.arch;
}

/* Values of the layer at hand. */
static float *at(const Backprop *b, Site site) {
    return b->layers[b->layer].at[site];
}

static float *grad_at(const Backprop *b, Site site) {
    return b->grads.at[site];
}

/* Whether a gradient is there already; from now on it is. */
static bool adds_grad(Backprop *b, Site site) {
    const int place = b->place[site];
    const bool has = b->has[place];
    b->has[place] = true;
    return has;
}

static const float *weight(const Backprop *b, TensorRole role) {
    return b->w + params_at(b->params, role, b->layer);
}

static float *gradient(const Backprop *b, TensorRole role) {
    return b->grad + params_at(b->params, role, b->layer);
}

/* NULL: the tensor has none. */
static const float *bias(const Backprop *b, TensorRole role) {
    return params_bias_len(b->params, role)
               ? b->w + params_bias_at(b->params, role, b->layer)
               : NULL;
}

static float *bias_gradient(const Backprop *b, TensorRole role) {
    return params_bias_len(b->params, role)
               ? b->grad + params_bias_at(b->params, role, b->layer)
               : NULL;
}

/* How many numbers the row of a site has at a position. */
static int width_of(const Backprop *b, Site site) {
    int rows, cols;
    site_shape(site, &b->params->config, 0, &rows, &cols);
    return rows * cols;
}

/* The sum that an operation's result is part of; NULL: none. */
static const ArchOp *sum_of(const Arch *a, const ArchOp *op) {
    for (int i = 0; i < a->n_ops; i++)
        if (a->ops[i].kind == OP_ADD && a->ops[i].in[1] == op->out)
            return &a->ops[i];
    return NULL;
}

/* Where the result of an operation that is part of a sum is added: the sum has
 * the other part.  NULL: it is part of none. */
static float *begin_sum(const Backprop *b, const ArchOp *op) {
    const ArchOp *sum = sum_of(arch_of(b), op);
    if (!sum) return NULL;
    const float *other = at(b, sum->in[0]);
    if (at(b, sum->out) != other)
        memcpy(at(b, sum->out), other,
               (size_t)b->n * width_of(b, sum->out) * sizeof *other);
    return at(b, sum->out);
}

/* ---- rows of a table ----------------------------------------------------- */

static int table_row(const Backprop *b, OpKind kind, int t) {
    return kind == OP_LOOKUP     ? b->tokens[t]
           : kind == OP_POSITION ? t - b->first[t]
                                 : 0; /* one text is one segment */
}

static void look_up(Backprop *b, const ArchOp *op) {
    const int dim = b->params->config.dim;
    const float *table = weight(b, op->weight);
    float *sum = begin_sum(b, op);
    for (int t = 0; t < b->n; t++) {
        const float *row = table + (size_t)table_row(b, op->kind, t) * dim;
        const size_t to = (size_t)t * dim;
        if (sum)
            b->tkern->add(sum + to, row, dim);
        else
            memcpy(at(b, op->out) + to, row, (size_t)dim * sizeof *row);
    }
}

static void look_up_back(Backprop *b, const ArchOp *op) {
    const int dim = b->params->config.dim;
    float *table = gradient(b, op->weight);
    for (int t = 0; t < b->n; t++)
        b->tkern->add(table + (size_t)table_row(b, op->kind, t) * dim,
                      grad_at(b, op->out) + (size_t)t * dim, dim);
}

/* ---- norms --------------------------------------------------------------- */

/* The operations of a norm, and its shape: of every position, `n` vectors of
 * `dim`. */
typedef struct Norm {
    const ArchOp *scale, *normalize, *gain;
    bool centred; /* takes the mean off */
    int n, dim;
} Norm;

static Norm norm_of(const Backprop *b, const ArchOp *op) {
    const bool centred = op->kind == OP_MEAN;
    Norm m = {.scale = op + centred, .centred = centred};
    int rows;
    m.normalize = m.scale + 1;
    m.gain = m.scale + 2;
    arch_shape(&b->params->config, m.gain->weight, &rows, &m.dim);
    m.n = b->n * width_of(b, m.scale->out);
    return m;
}

static void normalize(Backprop *b, const ArchOp *op) {
    const Norm m = norm_of(b, op);
    const float *gain = weight(b, m.gain->weight);
    const float *shift = bias(b, m.gain->weight);
    const float eps = b->params->config.norm_eps;
    const float *x = at(b, m.scale->in[0]);
    float *scale = at(b, m.scale->out), *norm = at(b, m.normalize->out);
    float *out = at(b, m.gain->out), mean;
    for (int i = 0; i < m.n; i++) {
        const size_t k = (size_t)i * m.dim;
        scale[i] =
            m.centred
                ? b->kern->layernorm(norm + k, out + k, &mean, x + k, gain,
                                     shift, m.dim, eps, 0)
                : b->kern->rmsnorm(norm + k, out + k, x + k, gain, m.dim, eps);
    }
}

/* The kernels add to what there is. */
static void normalize_back(Backprop *b, const ArchOp *op) {
    const Norm m = norm_of(b, op);
    const Site in = m.scale->in[0];
    const float *gain = weight(b, m.gain->weight);
    const float *scale = at(b, m.scale->out), *norm = at(b, m.normalize->out);
    const float *dout = grad_at(b, m.gain->out);
    float *dx = grad_at(b, in), *dgain = gradient(b, m.gain->weight);
    float *dshift = bias_gradient(b, m.gain->weight);
    if (!adds_grad(b, in)) memset(dx, 0, (size_t)m.n * m.dim * sizeof *dx);
    for (int i = 0; i < m.n; i++) {
        const size_t k = (size_t)i * m.dim;
        if (m.centred)
            b->tkern->layernorm_back(dx + k, dgain, dout + k, norm + k, gain,
                                     scale[i], m.dim);
        else
            b->tkern->rmsnorm_back(dx + k, dgain, dout + k, norm + k, gain,
                                   scale[i], m.dim);
        if (dshift) b->tkern->add(dshift, dout + k, m.dim);
    }
}

/* ---- products ------------------------------------------------------------ */

/* Matrices times the same vector stand side by side. */
static int n_products(const Arch *a, const ArchOp *op) {
    int n = 1;
    while (op + n < a->ops + a->n_ops && op[n].kind == OP_LINEAR &&
           op[n].in[0] == op->in[0])
        n++;
    return n;
}

/* y (+)= x W^T + bias. */
static void multiply(Backprop *b, const ArchOp *op) {
    int rows, cols;
    arch_shape(&b->params->config, op->weight, &rows, &cols);
    float *sum = begin_sum(b, op), *y = sum ? sum : at(b, op->out);
    const float *shift = bias(b, op->weight);
    for (int t = 0; shift && t < b->n; t++)
        if (sum)
            b->tkern->add(y + (size_t)t * rows, shift, rows);
        else
            memcpy(y + (size_t)t * rows, shift, (size_t)rows * sizeof *y);
    b->tkern->gemm(y, rows, mat(at(b, op->in[0]), cols),
                   mat_flip(weight(b, op->weight), cols), b->n, rows, cols,
                   sum || shift);
}

static void multiply_all(Backprop *b, const ArchOp *op) {
    const int n = n_products(arch_of(b), op);
    for (int i = 0; i < n; i++)
        multiply(b, op + i);
}

/* dW += dy^T x, dbias += dy, and dx (+)= dy W. */
static void multiply_back(Backprop *b, const ArchOp *op) {
    int rows, cols;
    arch_shape(&b->params->config, op->weight, &rows, &cols);
    const float *dy = grad_at(b, op->out);
    float *shift = bias_gradient(b, op->weight);
    for (int t = 0; shift && t < b->n; t++)
        b->tkern->add(shift, dy + (size_t)t * rows, rows);
    b->tkern->gemm(gradient(b, op->weight), cols, mat_flip(dy, rows),
                   mat(at(b, op->in[0]), cols), rows, cols, b->n, true);
    b->tkern->gemm(grad_at(b, op->in[0]), cols, mat(dy, rows),
                   mat(weight(b, op->weight), cols), b->n, cols, rows,
                   adds_grad(b, op->in[0]));
}

static void multiply_all_back(Backprop *b, const ArchOp *op) {
    const int n = n_products(arch_of(b), op);
    for (int i = 0; i < n; i++)
        multiply_back(b, op + i);
}

/* ---- attention ----------------------------------------------------------- */

/* Every head of every row, in its place: the only reader of what it turns. */
static void turn(const Backprop *b, const ArchOp *op, float *x, bool back) {
    const Config *c = &b->params->config;
    const bool is_key = op->out == c->arch->cached_key;
    const int n_heads = is_key ? c->n_kv_heads : c->n_heads;
    const float *turns = is_key ? (back ? b->back_k : b->turns_k)
                                : (back ? b->back_q : b->turns_q);
    for (int t = 0; t < b->n; t++) {
        float *row = x + (size_t)t * n_heads * c->head_dim;
        kern_rope(row, row, n_heads, c->head_dim,
                  turns + (size_t)t * c->head_dim);
    }
}

static void rotate(Backprop *b, const ArchOp *op) {
    turn(b, op, at(b, op->out), false);
}

static void rotate_back(Backprop *b, const ArchOp *op) {
    turn(b, op, grad_at(b, op->out), true);
}

/* Turns carry 1 / sqrt(K) where there are any. */
static void scale_queries(const Backprop *b, float *q) {
    const Config *c = &b->params->config;
    const size_t n = (size_t)b->n * c->n_heads * c->head_dim;
    const float scale = 1 / sqrtf((float)c->head_dim);
    for (size_t i = 0; !c->arch->rotates && i < n; i++)
        q[i] *= scale;
}

/* Scores, softmax and mix, from the first of them on. */
static BackpropHeads heads_of(const BackpropSites *s, const ArchOp *op) {
    const ArchOp *mix = op + 2;
    assert(mix->kind == OP_MIX);
    return (BackpropHeads){.q = s->at[op->in[0]],
                           .k = s->at[op->in[1]],
                           .v = s->at[mix->in[1]],
                           .z = s->at[mix->out]};
}

static void attend(Backprop *b, const ArchOp *op) {
    const BackpropHeads h = heads_of(&b->layers[b->layer], op);
    scale_queries(b, h.q);
    backprop_attend(b, &h);
}

static void attend_back(Backprop *b, const ArchOp *op) {
    const BackpropHeads h = heads_of(&b->layers[b->layer], op);
    const BackpropHeads grads = heads_of(&b->grads, op);
    backprop_attend_back(b, &h, &grads);
    scale_queries(b, grads.q);
}

/* ---- inside the MLP ------------------------------------------------------ */

static void gate(Backprop *b, const ArchOp *op) {
    const int n = width_of(b, op->out);
    for (int t = 0; t < b->n; t++) {
        const size_t k = (size_t)t * n;
        b->kern->silu_mul(at(b, op->out) + k, at(b, op->in[0]) + k,
                          at(b, op->in[1]) + k, n);
    }
}

static void gate_back(Backprop *b, const ArchOp *op) {
    const int n = width_of(b, op->out);
    for (int t = 0; t < b->n; t++) {
        const size_t k = (size_t)t * n;
        b->tkern->silu_back(grad_at(b, op->in[0]) + k,
                            grad_at(b, op->in[1]) + k, grad_at(b, op->out) + k,
                            at(b, op->in[0]) + k, at(b, op->in[1]) + k, n);
    }
}

static void activate(Backprop *b, const ArchOp *op) {
    kern_activate(b->kern, b->params->config.activation, at(b, op->out),
                  at(b, op->in[0]), b->n * width_of(b, op->out));
}

static void activate_back(Backprop *b, const ArchOp *op) {
    b->tkern->activate_back(b->params->config.activation, grad_at(b, op->in[0]),
                            grad_at(b, op->out), at(b, op->in[0]),
                            b->n * width_of(b, op->out));
}

/* ---- the steps ----------------------------------------------------------- */

/* A layer begins in the place where the one before ended, and what is added is
 * added as it is made. */
static void nothing(Backprop *b, const ArchOp *op) {
    (void)b;
    (void)op;
}

typedef struct Step {
    void (*forward)(Backprop *b, const ArchOp *op);
    void (*back)(Backprop *b, const ArchOp *op);
} Step;

static const Step steps[OP_KINDS] = {
    [OP_LOOKUP] = {look_up, look_up_back},
    [OP_POSITION] = {look_up, look_up_back},
    [OP_SEGMENT] = {look_up, look_up_back},
    [OP_ENTER] = {nothing, nothing},
    [OP_MEAN] = {normalize, normalize_back},
    [OP_SCALE] = {normalize, normalize_back},
    [OP_LINEAR] = {multiply_all, multiply_all_back},
    [OP_ROTATE] = {rotate, rotate_back},
    [OP_SCORES] = {attend, attend_back},
    [OP_GATE] = {gate, gate_back},
    [OP_ACTIVATE] = {activate, activate_back},
    [OP_ADD] = {nothing, nothing},
};

/* How many operations the step that begins with op does. */
static int step_length(const Arch *a, const ArchOp *op) {
    switch (op->kind) {
    case OP_MEAN:
        return 4;
    case OP_SCALE:
    case OP_SCORES:
        return 3;
    case OP_LINEAR:
        return n_products(a, op);
    default:
        return 1;
    }
}

void backprop_forward(Backprop *b, ArchPart part) {
    const Arch *a = arch_of(b);
    for (int i = 0; i < a->n_ops; i += step_length(a, &a->ops[i]))
        if (a->ops[i].part == part)
            steps[a->ops[i].kind].forward(b, &a->ops[i]);
}

void backprop_back(Backprop *b, ArchPart part) {
    const Arch *a = arch_of(b);
    const ArchOp *done[SITE_COUNT];
    int n = 0;
    for (int i = 0; i < a->n_ops; i += step_length(a, &a->ops[i]))
        if (a->ops[i].part == part) done[n++] = &a->ops[i];
    while (n-- > 0)
        steps[done[n]->kind].back(b, done[n]);
}
