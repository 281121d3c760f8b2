/* Opens one number.  The architecture says which operation made it and from
 * what; a function for every kind of operation does the arithmetic. */
#include "engine/trace/explain_private.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the kinds --------------------------------------------------------- */

static void explain_lookup(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *table = model_tensor(trace_model(w->t), op->weight, 0);
    int token = trace_token(w->t, ex->pos);
    work_source_weight(ex->a_source, table, token);
    ex->kind = EXPLAIN_LOOKUP;
    kern_row(w->row, table, token);
    w->value = w->row[ex->col];
}

/* A matrix times a vector, then the edit of the part, if it has one. */
static void explain_linear(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *weight =
        model_tensor(trace_model(w->t), op->weight, w->layer);
    const float *x = trace_row(w->t, op->in[0], w->layer, ex->pos);
    kern_row(w->row, weight, w->index);
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, -1);
    work_source_weight(ex->b_source, weight, w->index);
    ex->kind = EXPLAIN_DOT;
    for (int i = 0; i < weight->cols; i++)
        work_term(w, i, x[i], w->row[i]);
    work_sum(w);
    w->bound = kern_dot_bound(weight, w->index, x);
    work_edit(w, op->edit, 0);
}

/* The element of each operand that this one is made from. */
static void source_elements(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_source_site(ex->b_source, op->in[1], w->layer, ex->pos, ex->col);
}

static void explain_sum(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    source_elements(w, op);
    ex->kind = EXPLAIN_SUM;
    work_term(w, 0, trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col], 1);
    work_term(w, 1, trace_row(w->t, op->in[1], w->layer, ex->pos)[ex->col], 1);
    work_sum(w);
}

/* Source of the norm: Zhang & Sennrich 2019 (RMSNorm), arXiv:1910.07467. */
static void explain_scale(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    int D = w->c->dim;
    const float *x = trace_row(w->t, op->in[0], w->layer, ex->pos);
    double eps = w->c->norm_eps;

    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, -1);
    work_source_site(ex->b_source, op->in[0], w->layer, ex->pos, -1);
    ex->kind = EXPLAIN_SQUARES;
    for (int i = 0; i < D; i++)
        work_term(w, i, x[i], x[i]);
    work_sum(w);
    double relative = w->bound / (w->value + D * eps);
    w->value /= D;
    work_step(w, "mean of %d", D);
    w->value += eps;
    work_step(w, "+ ε = %g", eps);
    w->value = sqrt(w->value);
    w->bound = relative * w->value;
    work_step(w, "√");
}

static void explain_divide(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    float x = trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col];
    float scale = trace_row(w->t, op->in[1], w->layer, ex->pos)[0];
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_source_site(ex->b_source, op->in[1], w->layer, ex->pos, 0);
    ex->kind = EXPLAIN_DIVIDE;
    work_term_value(w, ex->col, x, scale, (double)x / scale);
    work_sum(w);
}

static void explain_gain(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *gain = model_tensor(trace_model(w->t), op->weight, w->layer);
    float x = trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col];
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_source_weight(ex->b_source, gain, 0);
    kern_row(w->row, gain, 0);
    ex->kind = EXPLAIN_MULTIPLY;
    work_term(w, ex->col, x, w->row[ex->col]);
    work_sum(w);
}

/* silu(g) = g * sigmoid(g).  Source: Shazeer 2020, arXiv:2002.05202. */
static void explain_gate(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    float gate = trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col];
    float up = trace_row(w->t, op->in[1], w->layer, ex->pos)[ex->col];
    double sigmoid = 1 / (1 + exp(-(double)gate));
    double silu = gate * sigmoid;

    source_elements(w, op);
    ex->kind = EXPLAIN_SILU;
    work_term_value(w, ex->col, gate, up, silu * up);
    w->value = gate;
    work_step(w, "gate");
    w->value = sigmoid;
    work_step(w, "sigmoid(gate)");
    w->value = silu;
    work_step(w, "× gate = silu");
    work_sum(w);
    work_step(w, "× up");
    work_edit(w, op->edit, ex->col);
}

/* An ACTIVATE comes with the architecture that has one. */
static void (*const kinds[OP_KINDS])(Work *w, const ArchOp *op) = {
    [OP_LOOKUP] = explain_lookup,
    [OP_SCALE] = explain_scale,
    [OP_NORMALIZE] = explain_divide,
    [OP_GAIN] = explain_gain,
    [OP_LINEAR] = explain_linear,
    [OP_ROTATE] = explain_rotate,
    [OP_SCORES] = explain_score,
    [OP_SOFTMAX] = explain_pattern,
    [OP_MIX] = explain_z,
    [OP_GATE] = explain_gate,
    [OP_ADD] = explain_sum,
};

/* ---- words --------------------------------------------------------------- */

/* What the operands are called, and the formula. */
typedef struct Words {
    const char *a, *b, *formula;
} Words;

static const Words kind_words[OP_KINDS] = {
    [OP_LOOKUP] = {"embedding", "", "embedding of the token"},
    [OP_SCALE] = {"x", "x", "√(mean(x²) + ε)"},
    [OP_NORMALIZE] = {"x", "scale", "x/scale"},
    [OP_GAIN] = {"x/scale", "gain", "x/scale·gain"},
    [OP_SCORES] = {"query", "key", "q·k / √K"},
    [OP_SOFTMAX] = {"query", "key", "softmax(q·k / √K)"},
    [OP_MIX] = {"attention weight", "value", "Σ weight · v"},
    [OP_GATE] = {"gate", "up", "silu(gate) · up"},
};

/* Where a site has words of its own. */
static const Words site_words[SITE_COUNT] = {
    [SITE_Q] = {"normed x", "W_Q", "q = W_Q x"},
    [SITE_K] = {"normed x", "W_K", "k = W_K x"},
    [SITE_V] = {"normed x", "W_V", "v = W_V x"},
    [SITE_ROT_Q] = {"query", "cos φ, sin φ", ""},
    [SITE_ROT_K] = {"key", "cos φ, sin φ", ""},
    [SITE_ATTN_OUT] = {"z of all heads", "W_O", "W_O z"},
    [SITE_RESID_MID] = {"residual stream", "attention's output", "x + attn"},
    [SITE_MLP_PRE] = {"normed x", "W_gate", "gate = W_gate x"},
    [SITE_MLP_PRE_LINEAR] = {"normed x", "W_up", "up = W_up x"},
    [SITE_MLP_OUT] = {"neurons", "W_down", "W_down · neurons"},
    [SITE_RESID_POST] = {"residual stream", "the MLP's output", "x + mlp"},
    [SITE_LOGITS] = {"normed x", "unembedding", "logit = unembedding · x"},
};

static const Words softmax_words = {"score", "exp(score-max)",
                                    "exp(score - max) / Σ"};

static const Words *words_of(const ArchOp *op) {
    return site_words[op->out].a ? &site_words[op->out] : &kind_words[op->kind];
}

static SiteRole role_of(Site operand) {
    return operand == SITE_NONE ? SITE_ROLE_NONE : site_role(operand);
}

static void name_operands(Explain *ex, const Words *words, const ArchOp *op) {
    snprintf(ex->a_name, sizeof ex->a_name, "%s", words->a);
    snprintf(ex->b_name, sizeof ex->b_name, "%s", words->b);
    snprintf(ex->formula, sizeof ex->formula, "%s", words->formula);
    ex->a_role = role_of(op->in[0]);
    ex->b_role = role_of(op->in[1]);
}

/* ---- one cell ---------------------------------------------------------- */

/* No sum is longer than the widest vector or the number of keys.  After the
 * terms there is room for a row of weights of that length. */
static bool reserve_terms(const Trace *t, int pos, Explain *ex, Err *err) {
    const Config *c = trace_config(t);
    int n = num_max(num_max(c->dim, c->hidden_dim), trace_n_keys(t, pos));
    if (n <= ex->cap_terms) return true;
    const size_t size = (size_t)n * (sizeof *ex->terms + sizeof(float));
    ExplainTerm *terms = realloc(ex->terms, size);
    if (!terms) return err_memory(err, "explain: terms", size);
    ex->terms = terms;
    ex->cap_terms = n;
    return true;
}

static bool in_range(const char *what, int i, int n, Err *err) {
    if (0 <= i && i < n) return true;
    return err_set(err, ERR_USAGE, 0, "explain: %s: found %d, need 0..%d", what,
                   i, n - 1);
}

/* The operation behind a number; *layer: that its operands belong to. */
static const ArchOp *op_behind(const Config *c, Site site, int *layer) {
    const ArchOp *op = arch_op(c->arch, site);
    if (op->part == ARCH_END) *layer = c->n_layers - 1; /* it reads the last */
    if (op->kind != OP_ENTER) return op;
    if (*layer == 0) return arch_op(c->arch, op->in[0]);
    *layer -= 1; /* what enters a layer left the one before */
    return arch_op(c->arch, op->in[1]);
}

/* One cell of a site, or with `row` the row of a softmax that it is in. */
static bool open_cell(const Trace *t, Site site, int layer, int pos, bool row,
                      int index, Explain *ex, Err *err) {
    const Config *c = trace_config(t);
    int rows, cols;
    site_shape(site, c, trace_n_keys(t, pos), &rows, &cols);
    if (!in_range("index", index, rows * cols, err) ||
        !reserve_terms(t, pos, ex, err))
        return false;
    *ex = (Explain){.site = site,
                    .layer = layer,
                    .pos = pos,
                    .row = index / cols,
                    .col = index % cols,
                    .terms = ex->terms,
                    .cap_terms = ex->cap_terms};
    Work w = {.t = t,
              .c = c,
              .ex = ex,
              .layer = layer,
              .index = index,
              .row = (float *)(ex->terms + ex->cap_terms)};
    const ArchOp *op = op_behind(c, site, &w.layer);
    /* A weight opens with the product that its score is. */
    const bool by_score = !row && op->kind == OP_SOFTMAX;
    name_operands(ex, row ? &softmax_words : words_of(op),
                  by_score ? arch_op(c->arch, op->in[0]) : op);
    if (row)
        explain_softmax(&w, op);
    else
        kinds[op->kind](&w, op);
    ex->total = w.value;
    ex->bound = w.bound + EXPLAIN_TINY;
    ex->stored = trace_row(t, site, layer, pos)[index];
    ex->matches = fabs(ex->total - ex->stored) <= ex->bound;
    return true;
}

bool explain(const Trace *t, Site site, int layer, int pos, int index,
             Explain *ex, Err *err) {
    if (!site_info(site)->per_layer) layer = 0;
    return in_range("layer", layer, trace_config(t)->n_layers, err) &&
           in_range("position", pos, trace_n_pos(t), err) &&
           open_cell(t, site, layer, pos, false, index, ex, err);
}

bool explain_softmax_row(const Trace *t, int layer, int head, int pos, int key,
                         Explain *ex, Err *err) {
    const Config *c = trace_config(t);
    return in_range("layer", layer, c->n_layers, err) &&
           in_range("head", head, c->n_heads, err) &&
           in_range("position", pos, trace_n_pos(t), err) &&
           in_range("key", key, trace_n_keys(t, pos), err) &&
           open_cell(t, SITE_PATTERN, layer, pos, true,
                     head * trace_n_keys(t, pos) + key, ex, err);
}

void explain_free(Explain *ex) {
    free(ex->terms);
    *ex = (Explain){0};
}
