/* Opens one number.  The table of rules says for every site which operands
 * make it and by which formula; a rule's function does the arithmetic. */
#include "engine/trace/explain_private.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the rules --------------------------------------------------------- */

static void explain_lookup(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    const Tensor *table = model_tensor(trace_model(w->t), rule->weight, 0);
    int token = trace_token(w->t, ex->pos);
    work_source_weight(ex->a_source, table, token);
    ex->kind = EXPLAIN_LOOKUP;
    kern_row(w->row, table, token);
    w->value = w->row[ex->col];
}

/* A matrix times a vector, then the edit of the part, if it has one. */
static void explain_dot(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    const Tensor *weight =
        model_tensor(trace_model(w->t), rule->weight, w->layer);
    const float *x = trace_row(w->t, rule->a, w->layer, ex->pos);
    kern_row(w->row, weight, w->index);
    work_source_site(ex->a_source, rule->a, w->layer, ex->pos, -1);
    work_source_weight(ex->b_source, weight, w->index);
    ex->kind = EXPLAIN_DOT;
    for (int i = 0; i < weight->cols; i++)
        work_term(w, i, x[i], w->row[i]);
    work_sum(w);
    w->bound = kern_dot_bound(weight, w->index, x);
    if (ex->site == SITE_ATTN_OUT) work_edit(w, EDIT_ATTN, 0);
    if (ex->site == SITE_MLP_OUT) work_edit(w, EDIT_MLP, 0);
}

/* The element of each operand that this one is made from. */
static void source_elements(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    work_source_site(ex->a_source, rule->a, w->layer, ex->pos, ex->col);
    work_source_site(ex->b_source, rule->b, w->layer, ex->pos, ex->col);
}

static void explain_sum(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    source_elements(w, rule);
    ex->kind = EXPLAIN_SUM;
    work_term(w, 0, trace_row(w->t, rule->a, w->layer, ex->pos)[ex->col], 1);
    work_term(w, 1, trace_row(w->t, rule->b, w->layer, ex->pos)[ex->col], 1);
    work_sum(w);
}

/* Source of the norm: Zhang & Sennrich 2019 (RMSNorm), arXiv:1910.07467. */
static void explain_scale(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    int D = w->c->dim;
    const float *x = trace_row(w->t, rule->a, w->layer, ex->pos);
    double eps = w->c->norm_eps;

    work_source_site(ex->a_source, rule->a, w->layer, ex->pos, -1);
    work_source_site(ex->b_source, rule->a, w->layer, ex->pos, -1);
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

static void explain_normalized(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    float x = trace_row(w->t, rule->a, w->layer, ex->pos)[ex->col];
    float scale = trace_row(w->t, rule->b, w->layer, ex->pos)[0];
    work_source_site(ex->a_source, rule->a, w->layer, ex->pos, ex->col);
    work_source_site(ex->b_source, rule->b, w->layer, ex->pos, 0);
    ex->kind = EXPLAIN_DIVIDE;
    work_term_value(w, ex->col, x, scale, (double)x / scale);
    work_sum(w);
}

static void explain_gain(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    const Tensor *gain =
        model_tensor(trace_model(w->t), rule->weight, w->layer);
    float x = trace_row(w->t, rule->a, w->layer, ex->pos)[ex->col];
    work_source_site(ex->a_source, rule->a, w->layer, ex->pos, ex->col);
    work_source_weight(ex->b_source, gain, 0);
    kern_row(w->row, gain, 0);
    ex->kind = EXPLAIN_MULTIPLY;
    work_term(w, ex->col, x, w->row[ex->col]);
    work_sum(w);
}

/* silu(g) = g * sigmoid(g).  Source: Shazeer 2020, arXiv:2002.05202. */
static void explain_silu(Work *w, const Rule *rule) {
    Explain *ex = w->ex;
    float gate = trace_row(w->t, rule->a, w->layer, ex->pos)[ex->col];
    float up = trace_row(w->t, rule->b, w->layer, ex->pos)[ex->col];
    double sigmoid = 1 / (1 + exp(-(double)gate));
    double silu = gate * sigmoid;

    source_elements(w, rule);
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
    work_edit(w, EDIT_NEURON, ex->col);
}

#define NORM_RULES(SCALE, NORMED, OUT, INPUT, GAIN)                            \
    [SCALE] = {explain_scale, INPUT, 0, 0, "x", "x", "√(mean(x²) + ε)"},       \
    [NORMED] = {explain_normalized, INPUT, SCALE, 0, "x", "scale", "x/scale"}, \
    [OUT] = {explain_gain, NORMED, 0, GAIN, "x/scale", "gain", "x/scale·gain"}

static const Rule rules[SITE_COUNT] = {
    [SITE_EMBED] = {explain_lookup, 0, 0, TENSOR_TOKEN_EMBED, "embedding", "",
                    "embedding of the token"},
    [SITE_RESID_PRE] = {explain_lookup, 0, 0, TENSOR_TOKEN_EMBED, "embedding",
                        "", "embedding of the token"},
    NORM_RULES(SITE_LN1_SCALE, SITE_LN1_NORMALIZED, SITE_LN1_OUT,
               SITE_RESID_PRE, TENSOR_ATTN_NORM),
    [SITE_Q] = {explain_dot, SITE_LN1_OUT, 0, TENSOR_WQ, "normed x", "W_Q",
                "q = W_Q x"},
    [SITE_K] = {explain_dot, SITE_LN1_OUT, 0, TENSOR_WK, "normed x", "W_K",
                "k = W_K x"},
    [SITE_V] = {explain_dot, SITE_LN1_OUT, 0, TENSOR_WV, "normed x", "W_V",
                "v = W_V x"},
    [SITE_ROT_Q] = {explain_rotate, SITE_Q, 0, 0, "query", "cos φ, sin φ", ""},
    [SITE_ROT_K] = {explain_rotate, SITE_K, 0, 0, "key", "cos φ, sin φ", ""},
    [SITE_ATTN_SCORES] = {explain_score, SITE_ROT_Q, SITE_ROT_K, 0, "query",
                          "key", "q·k / √K"},
    [SITE_PATTERN] = {explain_pattern, SITE_ROT_Q, SITE_ROT_K, 0, "query",
                      "key", "softmax(q·k / √K)"},
    [SITE_Z] = {explain_z, SITE_PATTERN, SITE_V, 0, "attention weight", "value",
                "Σ weight · v"},
    [SITE_ATTN_OUT] = {explain_dot, SITE_Z, 0, TENSOR_WO, "z of all heads",
                       "W_O", "W_O z"},
    [SITE_RESID_MID] = {explain_sum, SITE_RESID_PRE, SITE_ATTN_OUT, 0,
                        "residual stream", "attention's output", "x + attn"},
    NORM_RULES(SITE_LN2_SCALE, SITE_LN2_NORMALIZED, SITE_LN2_OUT,
               SITE_RESID_MID, TENSOR_FFN_NORM),
    [SITE_MLP_PRE] = {explain_dot, SITE_LN2_OUT, 0, TENSOR_W_GATE, "normed x",
                      "W_gate", "gate = W_gate x"},
    [SITE_MLP_PRE_LINEAR] = {explain_dot, SITE_LN2_OUT, 0, TENSOR_W_UP,
                             "normed x", "W_up", "up = W_up x"},
    [SITE_MLP_POST] = {explain_silu, SITE_MLP_PRE, SITE_MLP_PRE_LINEAR, 0,
                       "gate", "up", "silu(gate) · up"},
    [SITE_MLP_OUT] = {explain_dot, SITE_MLP_POST, 0, TENSOR_W_DOWN, "neurons",
                      "W_down", "W_down · neurons"},
    [SITE_RESID_POST] = {explain_sum, SITE_RESID_MID, SITE_MLP_OUT, 0,
                         "residual stream", "the MLP's output", "x + mlp"},
    NORM_RULES(SITE_LN_FINAL_SCALE, SITE_LN_FINAL_NORMALIZED, SITE_LN_FINAL_OUT,
               SITE_RESID_POST, TENSOR_FINAL_NORM),
    [SITE_LOGITS] = {explain_dot, SITE_LN_FINAL_OUT, 0, TENSOR_CLASSIFIER,
                     "normed x", "unembedding", "logit = unembedding · x"},
};

/* What explain_softmax_row shows in place of a pattern cell's own rule. */
static const Rule softmax_rule = {
    explain_softmax,  SITE_ATTN_SCORES,      0, 0, "score",
    "exp(score-max)", "exp(score - max) / Σ"};

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

static bool open_cell(const Trace *t, Site site, int layer, int pos,
                      const Rule *rule, int index, Explain *ex, Err *err) {
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
    if (!site_info(site)->per_layer) {
        w.layer = c->n_layers - 1; /* the end of the model reads the last */
    } else if (site == SITE_RESID_PRE && layer > 0) {
        w.layer = layer - 1; /* what enters a layer left the one before */
        rule = &rules[SITE_RESID_POST];
    }
    snprintf(ex->a_name, sizeof ex->a_name, "%s", rule->a_name);
    snprintf(ex->b_name, sizeof ex->b_name, "%s", rule->b_name);
    snprintf(ex->formula, sizeof ex->formula, "%s", rule->formula);
    rule->fn(&w, rule);
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
           open_cell(t, site, layer, pos, &rules[site], index, ex, err);
}

bool explain_softmax_row(const Trace *t, int layer, int head, int pos, int key,
                         Explain *ex, Err *err) {
    const Config *c = trace_config(t);
    return in_range("layer", layer, c->n_layers, err) &&
           in_range("head", head, c->n_heads, err) &&
           in_range("position", pos, trace_n_pos(t), err) &&
           in_range("key", key, trace_n_keys(t, pos), err) &&
           open_cell(t, SITE_PATTERN, layer, pos, &softmax_rule,
                     head * trace_n_keys(t, pos) + key, ex, err);
}

void explain_free(Explain *ex) {
    free(ex->terms);
    *ex = (Explain){0};
}
