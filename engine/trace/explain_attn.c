/* The attention head: rotation, scores, softmax, weighted values. */
#include "engine/spec/rope.h"

#include "engine/formula/formula.h"
#include "engine/trace/explain_private.h"

#include <math.h>
#include <stdio.h>

/* Query head `head` reads this key-value head. */
static int kv_head(const Config *c, int head) {
    return head / (c->n_heads / c->n_kv_heads);
}

/* "(kv head 3 of 4, shared by heads 6 and 7)", where heads share. */
static void note_sharing(const Work *w, int head, char out[96]) {
    int group = w->c->n_heads / w->c->n_kv_heads;
    if (group == 1) return;
    int g = kv_head(w->c, head);
    work_text(out, 96, " (kv head %d of %d, shared by heads %d %s %d)", g,
              w->c->n_kv_heads, g * group, group == 2 ? "and" : "to",
              (g + 1) * group - 1);
}

static bool is_left_out(const Work *w, EditKind kind, int index) {
    return edits_left_out(trace_edits(w->t), kind, w->layer, index);
}

/* Where the angle comes from. */
static void source_angle(Work *w, int even, double angle) {
    Explain *ex = w->ex;
    work_text(ex->b_source, sizeof ex->b_source,
              "φ = position × θ = %d × %g^(-%d/%d)", ex->pos,
              (double)w->c->rope_theta, even, w->c->head_dim);
    if (w->c->rope_scaled)
        work_text(ex->b_source, sizeof ex->b_source, " ÷ %.6g",
                  (double)w->c->rope_divisors[even / 2]);
    work_text(ex->b_source, sizeof ex->b_source, " = %.6g rad", angle);
}

/* Pairs of elements (2i, 2i+1) turn together by the angle φ.
 * Source: Su et al. 2021 (RoFormer), arXiv:2104.09864, eq. 34. */
void explain_rotate(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    int K = w->c->head_dim, even = ex->col & ~1;
    const bool still = is_left_out(w, EDIT_ROPE, 0);
    double angle = still ? 0 : ex->pos * rope_freq(w->c, even / 2);
    float cosine = (float)cos(angle), sine = (float)sin(angle);
    bool first = ex->col == even;
    const float *x = trace_row(w->t, op->in[0], w->layer, ex->pos) +
                     (size_t)ex->row * K + even;

    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->row);
    if (still)
        work_text(ex->b_source, sizeof ex->b_source,
                  "RoPE is switched off: φ = 0");
    else
        source_angle(w, even, angle);
    work_text(ex->formula, sizeof ex->formula, "%s",
              first ? FORMULA("x_0\\cos\\varphi-x_1\\sin\\varphi")
                    : FORMULA("x_0\\sin\\varphi+x_1\\cos\\varphi"));
    work_text(ex->b_name, sizeof ex->b_name, "%s",
              first ? "cos, −sin" : "sin, cos");
    ex->kind = EXPLAIN_ROTATE;
    work_term(w, even, x[0], first ? cosine : sine);
    work_term(w, even + 1, x[1], first ? -sine : cosine);
    work_sum(w);
}

/* Row is the query head, column the key's position. */
void explain_product(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    int K = w->c->head_dim, g = kv_head(w->c, ex->row);
    const float *q =
        trace_row(w->t, op->in[0], w->layer, ex->pos) + (size_t)ex->row * K;
    const float *k =
        trace_row(w->t, op->in[1], w->layer, ex->col) + (size_t)g * K;

    work_source_site(ex->a_source, op->in[0], w->layer, ex->pos, ex->row);
    work_source_site(ex->b_source, op->in[1], w->layer, ex->col, g);
    note_sharing(w, ex->row, ex->b_source);
    ex->kind = EXPLAIN_DOT;
    for (int i = 0; i < K; i++)
        work_term(w, i, q[i], k[i]);
    work_sum(w);
    work_step(w, "raw score q·k");
}

/* In the place of the operation's usual one. */
static void say_formula(const Work *w, const char *formula) {
    snprintf(w->ex->formula, sizeof w->ex->formula, "%s", formula);
}

double explain_divisor(const Work *w) {
    return is_left_out(w, EDIT_RAW, w->ex->row) ? 1 : sqrt(w->c->head_dim);
}

void explain_score(Work *w, const ArchOp *op) {
    const double divisor = explain_divisor(w);
    explain_product(w, op);
    w->value /= divisor;
    w->bound /= divisor;
    if (divisor == 1) {
        work_step(w, "score: ÷ √%d is left out", w->c->head_dim);
        say_formula(w, FORMULA("q\\cdot k"));
    } else
        work_step(w, "score: ÷ √%d", w->c->head_dim);
}

static const float *stored_scores(const Work *w, Site scores, int n_keys) {
    const Explain *ex = w->ex;
    return trace_row(w->t, scores, w->layer, ex->pos) +
           (size_t)ex->row * n_keys;
}

static bool is_cut(const Work *w, int key) {
    return edits_cut(trace_edits(w->t), w->layer, w->ex->row, w->ex->pos, key);
}

/* Of those that are not cut: the query's own never is. */
static double largest(const Work *w, const float *scores, int n_keys) {
    double max = -INFINITY;
    for (int i = 0; i < n_keys; i++)
        if (!is_cut(w, i) && scores[i] > max) max = scores[i];
    return max;
}

/* What a key brings into the sum of a softmax. */
static double share(const Work *w, int key, double score, double max) {
    return is_cut(w, key) ? 0 : exp(score - max);
}

/* Rounding of a softmax weight relative to its size: an error in the exponent
 * is a relative error of the result, and score - max is rounded too. */
static double softmax_error(double exponent, double score_bound, int n_keys) {
    return score_bound +
           (fabs(exponent) + n_keys + EXPLAIN_ROUNDINGS) * EXPLAIN_UNIT;
}

/* The opened score is the one computed here; those of the other keys, each a
 * cell of its own to open, are taken as stored. */
void explain_pattern(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    explain_score(w, arch_op(w->c->arch, op->in[0]));
    if (explain_divisor(w) == 1)
        say_formula(w, FORMULA("\\mathrm{softmax}(q\\cdot k)"));
    int n_keys = trace_n_keys(w->t, ex->pos);
    const float *scores = stored_scores(w, op->in[0], n_keys);
    double max = largest(w, scores, n_keys);
    double exponent = w->value - max;
    double own = share(w, ex->col, w->value, max), sum = own;
    for (int i = 0; i < n_keys; i++)
        sum += i == ex->col ? 0 : share(w, i, scores[i], max);
    w->value = own / sum;
    w->bound = w->value * expm1(softmax_error(exponent, w->bound, n_keys));
    if (is_cut(w, ex->col))
        work_step(w, "key %d is cut: exp(−∞) = 0", ex->col);
    else
        work_step(w, "softmax over %d key%s", n_keys, n_keys == 1 ? "" : "s");
}

void explain_softmax(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    int n_keys = trace_n_keys(w->t, ex->pos);
    const float *scores = stored_scores(w, op->in[0], n_keys);
    double max = largest(w, scores, n_keys);

    work_source_site(ex->a_source, op->in[0], w->layer, ex->row, ex->pos);
    char most[WORK_NUMBER_MAX];
    work_number(max, 9, most);
    work_text(ex->b_source, sizeof ex->b_source, "max = %s", most);
    ex->kind = EXPLAIN_SOFTMAX;
    ex->index = EXPLAIN_BY_POSITION;
    for (int i = 0; i < n_keys; i++) {
        double e = share(w, i, scores[i], max);
        work_term_value(w, i, scores[i], (float)e, e);
    }
    work_sum(w);
    work_step(w, "Σ over %d key%s", n_keys, n_keys == 1 ? "" : "s");
    double exponent = scores[ex->col] - max;
    w->value = share(w, ex->col, scores[ex->col], max) / w->value;
    w->bound = w->value * softmax_error(exponent, 0, n_keys);
    work_step(w, is_cut(w, ex->col) ? "key %d is cut: 0 ÷ Σ" : "key %d ÷ Σ",
              ex->col);
}

/* Row is the query head; the sum runs over the keys. */
void explain_z(Work *w, const ArchOp *op) {
    Explain *ex = w->ex;
    int n_keys = trace_n_keys(w->t, ex->pos), g = kv_head(w->c, ex->row);
    const float *p = trace_row(w->t, op->in[0], w->layer, ex->pos) +
                     (size_t)ex->row * n_keys;
    size_t at = (size_t)g * w->c->head_dim + ex->col;

    work_source_site(ex->a_source, op->in[0], w->layer, ex->row, ex->pos);
    site_name(op->in[1], w->layer, ex->b_source, sizeof ex->b_source);
    work_text(ex->b_source, sizeof ex->b_source, "[0:%d, %d, %d]", n_keys, g,
              ex->col);
    note_sharing(w, ex->row, ex->b_source);
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_POSITION;
    for (int i = 0; i < n_keys; i++)
        work_term(w, i, p[i], trace_row(w->t, op->in[1], w->layer, i)[at]);
    work_sum(w);
    work_edit(w, op->edit, ex->row);
}
