/* Opens one number.  The architecture says which operation made it and from
 * what; a function for every kind of operation does the arithmetic. */
#include "engine/trace/explain_private.h"

#include "engine/base/num.h"
#include "engine/formula/formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the kinds --------------------------------------------------------- */

static void explain_position(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *table = model_tensor(trace_model(w->t), op->weight, 0);
    work_source_weight(ex->a_source, table, ex->pos);
    ex->kind = EXPLAIN_LOOKUP;
    kern_row(w->row, table, ex->pos);
    w->value = w->row[ex->col];
}

/* A text has one segment, the first. */
static void explain_segment(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *table = model_tensor(trace_model(w->t), op->weight, 0);
    work_source_weight(ex->a_source, table, 0);
    ex->kind = EXPLAIN_LOOKUP;
    kern_row(w->row, table, 0);
    w->value = w->row[ex->col];
}

static void explain_lookup(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *table = model_tensor(trace_model(w->t), op->weight, 0);
    const int said = trace_token(w->t, ex->pos);
    const int token = edits_token(trace_edits(w->t), ex->pos, said);
    work_source_weight(ex->a_source, table, token);
    ex->kind = EXPLAIN_LOOKUP;
    kern_row(w->row, table, token);
    w->value = w->row[ex->col];
    if (token != said)
        work_step(w, "token %d is read in the place of %d", token, said);
}

/* What a norm divides by is called so. */
static const char *size_word(const Work *w, Site scale) {
    return arch_norm_mean(w->c->arch, scale) == SITE_NONE ? "RMS" : "spread";
}

/* Says what a normed vector was divided by. */
static void note_input_norm(Work *w, Site input) {
    const ArchOp *op = arch_op(w->c->arch, input);
    if (op->kind != OP_GAIN) return;
    Site scale = arch_op(w->c->arch, op->in[0])->in[1];
    const Site mean = arch_norm_mean(w->c->arch, scale);
    const bool frozen =
        taken_scale(trace_taken(w->t), scale, w->layer, w->ex->pos) > 0;
    char label[64] = "";
    work_text(label, sizeof label, "x was divided by %s %s",
              frozen ? "the other run's" : "its", size_word(w, scale));
    if (mean != SITE_NONE)
        work_before(w, mean, trace_row(w->t, mean, w->layer, w->ex->pos)[0],
                    "the mean was taken off x");
    work_before(w, scale, trace_row(w->t, scale, w->layer, w->ex->pos)[0],
                label);
}

/* A matrix times a vector, then the edit of the part, if it has one. */
static void explain_linear(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *weight =
        model_tensor(trace_model(w->t), op->weight, w->layer);
    const float *x = trace_row(w->t, op->in[0], w->layer, ex->pos);
    note_input_norm(w, op->in[0]);
    kern_row(w->row, weight, w->index);
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, -1);
    work_source_weight(ex->b_source, weight, w->index);
    ex->kind = EXPLAIN_DOT;
    for (int i = 0; i < weight->cols; i++)
        work_term(w, i, x[i], w->row[i]);
    work_sum(w);
    w->bound = kern_dot_bound(weight, w->index, x);
    work_bias(w, weight, w->index);
    work_edit(w, op->edit, 0);
    if (op->edit == EDIT_MLP) work_steering(w);
}

/* The element of each operand that this one is made from. */
static void source_elements(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_source_site(ex->b_source, op->in[1], w->layer, ex->pos, ex->col);
}

/* The same for all elements, and no weight. */
static void explain_stretch(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const float root = sqrtf((float)w->c->dim);
    const float x = trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col];
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_text(ex->b_source, sizeof ex->b_source, "the root of D = %d",
              w->c->dim);
    ex->kind = EXPLAIN_MULTIPLY;
    work_term(w, ex->col, x, root);
    work_sum(w);
}

static void explain_sum(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    source_elements(w, op);
    ex->kind = EXPLAIN_SUM;
    work_term(w, 0, trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col], 1);
    work_term(w, 1, trace_row(w->t, op->in[1], w->layer, ex->pos)[ex->col], 1);
    work_sum(w);
}

/* A number that is another run's: there is nothing to compute. */
static void explain_taken(Work *w, Site site, float value) {
    Explain *ex = w->ex;
    const bool is_scale = site_role(site) == SITE_ROLE_NONE;
    ex->kind = EXPLAIN_LOOKUP;
    ex->n_terms = 0;
    ex->b_name[0] = '\0';
    snprintf(ex->a_name, sizeof ex->a_name, "the other run's");
    snprintf(ex->formula, sizeof ex->formula,
             is_scale ? "frozen: what the run that is compared with divides by"
                      : "patched: the number of the run that is compared with");
    work_text(ex->a_source, sizeof ex->a_source, "the other run's ");
    const size_t n = strlen(ex->a_source);
    site_name(site, w->layer, ex->a_source + n, sizeof ex->a_source - n);
    work_text(ex->a_source, sizeof ex->a_source, "[%d, %d]", ex->pos,
              is_scale ? 0 : w->index);
    w->value = value;
    w->bound = 0;
}

/* The number, where it was taken from another run. */
static bool is_taken(const Work *w, Site site, float *value) {
    const Taken *t = trace_taken(w->t);
    const Explain *ex = w->ex;
    if (arch_op(w->c->arch, site)->kind == OP_SCALE) {
        *value = taken_scale(t, site, w->layer, ex->pos);
        return *value > 0;
    }
    if (site == arch_stream_first(w->c->arch)) site = SITE_RESID_PRE;
    const int head = site == SITE_Z ? ex->row : 0;
    const float *row = taken_patch(t, site, w->layer, head, ex->pos);
    if (row) *value = row[ex->col];
    return row != NULL;
}

/* A vector that a norm works on: the row, or of heads the head's. */
typedef struct Normed {
    const float *x;
    int n;
} Normed;

static Normed normed_by(const Work *w, Site input) {
    int rows, cols;
    site_shape(input, w->c, 0, &rows, &cols);
    return (Normed){trace_row(w->t, input, w->layer, w->ex->pos) +
                        (size_t)w->ex->row * (size_t)cols,
                    cols};
}

/* The number of a site that a norm has one of for each vector. */
static float number_of(const Work *w, Site site) {
    return trace_row(w->t, site, w->layer, w->ex->pos)[w->ex->row];
}

/* "[16, 2]" of a head's vector, "[16]" of a row. */
static void source_vector(const Work *w, Site input, char out[96]) {
    work_source_site(out, input, w->layer, w->ex->pos,
                     site_info(input)->per_head ? w->ex->row : -1);
}

static void explain_mean(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Normed v = normed_by(w, op->in[0]);
    source_vector(w, op->in[0], ex->a_source);
    work_text(ex->b_source, sizeof ex->b_source, "each of the %d alike", v.n);
    ex->kind = EXPLAIN_DOT;
    for (int i = 0; i < v.n; i++)
        work_term(w, i, v.x[i], 1);
    work_sum(w);
    w->value /= v.n;
    w->bound /= v.n;
    work_step(w, "÷ %d", v.n);
}

/* Source of the norms: Zhang & Sennrich 2019 (RMSNorm), arXiv:1910.07467; Ba et
 * al. 2016 (layer normalization), arXiv:1607.06450. */
static void explain_scale(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const bool centred = op->in[1] != SITE_NONE;
    const float mean = centred ? number_of(w, op->in[1]) : 0;
    const Normed v = normed_by(w, op->in[0]);
    const double eps = w->c->norm_eps;

    source_vector(w, op->in[0], ex->a_source);
    source_vector(w, op->in[0], ex->b_source);
    ex->kind = EXPLAIN_SQUARES;
    if (centred) work_before(w, op->in[1], mean, "mean of all x");
    for (int i = 0; i < v.n; i++) {
        const float off = v.x[i] - mean;
        work_term(w, i, off, off);
    }
    work_sum(w);
    double relative = w->bound / (w->value + v.n * eps);
    w->value /= v.n;
    work_step(w, "mean of %d", v.n);
    w->value += eps;
    work_step(w, "+ ε = %g", eps);
    w->value = sqrt(w->value);
    w->bound = relative * w->value;
    work_step(w, "√");
}

static void explain_divide(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    float x = normed_by(w, op->in[0]).x[ex->col];
    const float scale = number_of(w, op->in[1]);
    const Site mean = arch_norm_mean(w->c->arch, op->in[1]);
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_source_site(ex->b_source, op->in[1], w->layer, ex->pos, ex->row);
    ex->kind = EXPLAIN_DIVIDE;
    if (mean != SITE_NONE) {
        const float taken = number_of(w, mean);
        work_before(w, SITE_NONE, x, "x");
        work_before(w, mean, taken, "mean of all x");
        x -= taken;
    }
    work_term_value(w, ex->col, x, scale, (double)x / scale);
    work_sum(w);
}

/* What the operand of a gain was before. */
static void note_norm(Work *w, const ArchOp *op) {
    const float x = normed_by(w, op->in[0]).x[w->ex->col];
    const float scale = number_of(w, op->in[1]);
    const Site mean = arch_norm_mean(w->c->arch, op->in[1]);
    work_before(w, SITE_NONE, x, "x");
    if (mean == SITE_NONE) {
        work_before(w, op->in[1], scale, "RMS of all x");
        work_before(w, SITE_NONE, (double)x / scale, "x ÷ RMS");
        return;
    }
    const float taken = number_of(w, mean);
    work_before(w, mean, taken, "mean of all x");
    work_before(w, op->in[1], scale, "spread of all x");
    work_before(w, SITE_NONE, ((double)x - taken) / scale,
                "(x − mean) ÷ spread");
}

static void explain_gain(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Tensor *gain = model_tensor(trace_model(w->t), op->weight, w->layer);
    const float x = normed_by(w, op->in[0]).x[ex->col];
    note_norm(w, arch_op(w->c->arch, op->in[0]));
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    work_source_weight(ex->b_source, gain, 0);
    kern_row(w->row, gain, 0);
    ex->kind = EXPLAIN_MULTIPLY;
    work_term(w, ex->col, x, w->row[ex->col]);
    work_sum(w);
    work_bias(w, gain, ex->col);
}

/* An activation's formula, of x. */
static const char *activation_formula(Activation a) {
    static const char *const formulas[] = {
        [ACTIVATION_SILU] = FORMULA("x\\cdot\\mathrm{sigmoid}(x)"),
        [ACTIVATION_GELU_TANH] = FORMULA(
            "\\dfrac{x}{2}\\left(1+\\tanh\\left(\\sqrt{\\dfrac{2}{\\pi}}"
            "\\left(x+0.044715\\,x^3\\right)\\right)\\right)"),
        [ACTIVATION_GELU] = FORMULA(
            "\\dfrac{x}{2}\\left(1+\\mathrm{erf}\\dfrac{x}{\\sqrt{2}}\\right)"),
        [ACTIVATION_RELU] = FORMULA("\\max(x,0)")};
    return formulas[a];
}

/* How far the engine's x times its share may be off: its share is by some
 * roundings of 1 where x is far below 0. */
static double share_bound(double x, double share) {
    return EXPLAIN_ROUNDINGS * EXPLAIN_UNIT * fabs(x) * (fabs(x) + 1) * share;
}

/* x times the share of it that comes through. */
static void explain_activate(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const float x = trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col];
    const double share = activation_share(w->c->activation, (double)x);
    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->col);
    ex->kind = EXPLAIN_MULTIPLY;
    snprintf(ex->formula, sizeof ex->formula, "%s",
             activation_formula(w->c->activation));
    work_text(ex->b_source, sizeof ex->b_source, "%s of x",
              activation_name(w->c->activation));
    work_term_value(w, ex->col, x, (float)share, (double)x * share);
    work_sum(w);
    w->bound += share_bound((double)x, share);
    work_edit(w, op->edit, ex->col);
}

/* activation(g) = g * its share that comes through; SiLU's is sigmoid(g).
 * Source: Shazeer 2020, arXiv:2002.05202. */
static void explain_gate(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    const Activation bend = w->c->activation;
    const bool is_silu = bend == ACTIVATION_SILU;
    const float gate = trace_row(w->t, op->in[0], w->layer, ex->pos)[ex->col];
    const float up = trace_row(w->t, op->in[1], w->layer, ex->pos)[ex->col];
    const double share = activation_share(bend, (double)gate);
    const double open = gate * share;
    char label[64] = "";

    source_elements(w, op);
    ex->kind = EXPLAIN_GATE;
    work_before(w, SITE_NONE, gate, "gate");
    work_text(label, sizeof label, "share of the gate by %s",
              activation_name(bend));
    work_before(w, SITE_NONE, share,
                is_silu ? "sigmoid(gate) = 1 / (1 + exp(−gate))" : label);
    work_before(w, SITE_NONE, open,
                is_silu ? "silu(gate) = gate × sigmoid(gate)"
                        : "GELU(gate) = gate × share");
    work_term_value(w, ex->col, (float)open, up, open * up);
    work_sum(w);
    if (!is_silu)
        w->bound += share_bound((double)gate, share) * fabs((double)up);
    work_edit(w, op->edit, ex->col);
}

static void (*const kinds[OP_KINDS])(Work *w, const ArchOp *op) = {
    [OP_LOOKUP] = explain_lookup,
    [OP_POSITION] = explain_position,
    [OP_SEGMENT] = explain_segment,
    [OP_MEAN] = explain_mean,
    [OP_SCALE] = explain_scale,
    [OP_NORMALIZE] = explain_divide,
    [OP_STRETCH] = explain_stretch,
    [OP_GAIN] = explain_gain,
    [OP_LINEAR] = explain_linear,
    [OP_ROTATE] = explain_rotate,
    [OP_SCORES] = explain_score,
    [OP_SOFTMAX] = explain_pattern,
    [OP_MIX] = explain_z,
    [OP_GATE] = explain_gate,
    [OP_ACTIVATE] = explain_activate,
    [OP_ADD] = explain_sum,
};

/* ---- words --------------------------------------------------------------- */

/* What the operands are called, and the formula. */
typedef struct Words {
    const char *a, *b, *formula;
} Words;

static const Words kind_words[OP_KINDS] = {
    [OP_LOOKUP] = {"embedding", "", "embedding of the token"},
    [OP_POSITION] = {"position's row", "", "embedding of the position"},
    [OP_SEGMENT] = {"segment's row", "", "embedding of the text's segment"},
    [OP_STRETCH] = {"embedding", "√D",
                    FORMULA("\\sqrt{D}\\cdot\\mathrm{embedding}")},
    [OP_MEAN] = {"x", "1", FORMULA("\\mathrm{mean}(x)")},
    [OP_SCALE] =
        {"x", "x",
         FORMULA("\\mathrm{RMS}=\\sqrt{\\mathrm{mean}(x^2)+\\varepsilon}")},
    [OP_NORMALIZE] = {"x", "RMS", FORMULA("\\dfrac{x}{\\mathrm{RMS}}")},
    [OP_GAIN] = {"x ÷ RMS", "gain",
                 FORMULA("\\dfrac{x}{\\mathrm{RMS}}\\cdot\\mathrm{gain}")},
    [OP_SCORES] = {"query", "key", FORMULA("\\dfrac{q\\cdot k}{\\sqrt{K}}")},
    [OP_SOFTMAX] =
        {"query", "key",
         FORMULA(
             "\\mathrm{softmax}\\left(\\dfrac{q\\cdot k}{\\sqrt{K}}\\right)")},
    [OP_MIX] = {"weight", "value", FORMULA("\\sum\\mathrm{weight}\\cdot v")},
    [OP_ACTIVATE] = {"x", "share let through", ""}, /* see explain_activate */
    [OP_GATE] = {"silu(gate)", "up",
                 FORMULA("\\mathrm{silu}(\\mathrm{gate})\\cdot\\mathrm{up}")},
};

/* Where a site has words of its own. */
static const Words site_words[SITE_COUNT] = {
    [SITE_Q] = {"normed x", "W_Q", FORMULA("q=W_Q\\,x")},
    [SITE_K] = {"normed x", "W_K", FORMULA("k=W_K\\,x")},
    [SITE_V] = {"normed x", "W_V", FORMULA("v=W_V\\,x")},
    [SITE_ROT_Q] = {"query", "", ""}, /* what it is turned by: see */
    [SITE_ROT_K] = {"key", "", ""},   /* explain_rotate */
    [SITE_ATTN_OUT] = {"z of all heads", "W_O", FORMULA("W_O\\,z")},
    [SITE_FULL_EMBED] = {"token's embedding", "position's embedding",
                         FORMULA("\\mathrm{token}+\\mathrm{position}")},
    [SITE_POS_SUM] = {"token's embedding", "position's embedding",
                      FORMULA("\\mathrm{token}+\\mathrm{position}")},
    [SITE_EMBED_SUM] = {"token and position", "part's embedding",
                        FORMULA("\\mathrm{token}+\\mathrm{position}+"
                                "\\mathrm{part}")},
    [SITE_HEAD_PRE] = {"x", "W_head",
                       FORMULA("\\mathrm{pre}=W_{\\mathrm{head}}\\,x")},
    [SITE_RESID_MID] = {"residual stream", "attention's output",
                        FORMULA("x+\\mathrm{attn}")},
    [SITE_MLP_PRE] = {"normed x", "W_gate",
                      FORMULA("\\mathrm{gate}=W_{\\mathrm{gate}}\\,x")},
    [SITE_MLP_PRE_LINEAR] = {"normed x", "W_up",
                             FORMULA("\\mathrm{up}=W_{\\mathrm{up}}\\,x")},
    [SITE_MLP_OUT] = {"neurons", "W_down",
                      FORMULA("W_{\\mathrm{down}}\\cdot\\mathrm{neurons}")},
    [SITE_RESID_POST] = {"residual stream", "the MLP's output",
                         FORMULA("x+\\mathrm{mlp}")},
    [SITE_LOGITS] = {"normed x", "output matrix",
                     FORMULA("\\mathrm{logit}="
                             "\\mathrm{output\\ matrix}\\cdot x")},
};

static const Words softmax_words = {
    "score", "exp(score-max)",
    FORMULA(
        "\\dfrac{e^{\\mathrm{score}-\\max}}{\\sum e^{\\mathrm{score}-\\max}}")};
static const Words raw_words = {"query", "key",
                                FORMULA("\\mathrm{raw\\ score}=q\\cdot k")};

/* Where a norm takes the mean off. */
static const Words centred_words[OP_KINDS] = {
    [OP_SCALE] = {"x − mean", "x − mean",
                  FORMULA("\\mathrm{spread}=\\sqrt{\\mathrm{mean}((x-"
                          "\\mathrm{mean})^2)+\\varepsilon}")},
    [OP_NORMALIZE] = {"x − mean", "spread",
                      FORMULA("\\dfrac{x-\\mathrm{mean}}{\\mathrm{spread}}")},
    [OP_GAIN] = {"centred ÷ spread", "gain",
                 FORMULA("\\dfrac{x-\\mathrm{mean}}{\\mathrm{spread}}\\cdot"
                         "\\mathrm{gain}")},
};
/* Where another activation opens the gate. */
static const Words gelu_gate_words = {
    "GELU(gate)", "up",
    FORMULA("\\mathrm{GELU}(\\mathrm{gate})\\cdot\\mathrm{up}")};
/* Where there is one matrix less. */
static const Words up_words = {"normed x", "W_up",
                               FORMULA("\\mathrm{pre}=W_{\\mathrm{up}}\\,x")};

/* The scale of the norm that an operation is of. */
static Site scale_of(const Arch *a, const ArchOp *op) {
    if (op->kind == OP_GAIN) op = arch_op(a, op->in[0]);
    return op->kind == OP_NORMALIZE ? op->in[1] : op->out;
}

static const Words *words_of(const Arch *a, const ArchOp *op) {
    const Words *centred = &centred_words[op->kind];
    if (centred->a && arch_norm_mean(a, scale_of(a, op)) != SITE_NONE)
        return centred;
    if (op->weight == TENSOR_W_UP && op->out == SITE_MLP_PRE) return &up_words;
    if (op->kind == OP_GATE && a->activation != ACTIVATION_SILU)
        return &gelu_gate_words;
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
    const int widest = num_max(c->dim, c->n_heads * c->head_dim);
    int n = num_max(num_max(widest, c->hidden_dim), trace_n_keys(t, pos));
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

/* Nothing yet but where it is; the memory for the terms stays. */
static Work begin(const Trace *t, Site site, int layer, int pos, int row,
                  int col, Explain *ex) {
    *ex = (Explain){.site = site,
                    .layer = layer,
                    .pos = pos,
                    .row = row,
                    .col = col,
                    .divisor = 1,
                    .terms = ex->terms,
                    .cap_terms = ex->cap_terms};
    return (Work){.t = t,
                  .c = trace_config(t),
                  .ex = ex,
                  .layer = layer,
                  .row = (float *)(ex->terms + ex->cap_terms)};
}

/* Holds the arithmetic against what is stored; NULL: nothing is. */
static void compare(const Work *w, const float *stored) {
    Explain *ex = w->ex;
    ex->total = w->value;
    ex->bound = w->bound + EXPLAIN_TINY;
    ex->is_stored = stored != NULL;
    ex->stored = stored ? *stored : 0;
    double off = fabs(ex->total / ex->divisor - ex->stored);
    ex->matches = stored && off <= ex->bound / ex->divisor;
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
    Work w = begin(t, site, layer, pos, index / cols, index % cols, ex);
    w.index = index;
    const ArchOp *op = op_behind(c, site, &w.layer);
    /* A weight opens with the product that its score is. */
    const bool by_score = !row && op->kind == OP_SOFTMAX;
    name_operands(ex, row ? &softmax_words : words_of(c->arch, op),
                  by_score ? arch_op(c->arch, op->in[0]) : op);
    float taken;
    if (row)
        explain_softmax(&w, op);
    else if (is_taken(&w, op->out, &taken))
        explain_taken(&w, op->out, taken);
    else
        kinds[op->kind](&w, op);
    compare(&w, &trace_row(t, site, layer, pos)[index]);
    return true;
}

bool explain(const Trace *t, Site site, int layer, int pos, int index,
             Explain *ex, Err *err) {
    if (!site_info(site)->per_layer) layer = 0;
    if (!arch_op(trace_config(t)->arch, site))
        return err_set(err, ERR_USAGE, 0, "explain: a %s model has no %s",
                       trace_config(t)->arch->title, site_info(site)->name);
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

bool explain_raw_score(const Trace *t, int layer, int head, int pos, int key,
                       Explain *ex, Err *err) {
    const Config *c = trace_config(t);
    if (!in_range("layer", layer, c->n_layers, err) ||
        !in_range("head", head, c->n_heads, err) ||
        !in_range("position", pos, trace_n_pos(t), err) ||
        !in_range("key", key, trace_n_pos(t), err) ||
        !reserve_terms(t, pos, ex, err))
        return false;
    Work w = begin(t, SITE_ATTN_SCORES, layer, pos, head, key, ex);
    const ArchOp *op = arch_op(c->arch, SITE_ATTN_SCORES);
    name_operands(ex, &raw_words, op);
    explain_product(&w, op);
    ex->divisor = explain_divisor(&w);
    int n_keys = trace_n_keys(t, pos);
    const float *row = trace_row(t, SITE_ATTN_SCORES, layer, pos);
    compare(&w, key < n_keys ? &row[(size_t)head * n_keys + key] : NULL);
    return true;
}

void explain_free(Explain *ex) {
    free(ex->terms);
    *ex = (Explain){0};
}
