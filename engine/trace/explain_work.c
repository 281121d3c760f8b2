/* An explanation in the making: its terms, steps, names and sources. */
#include "engine/trace/explain_private.h"

#include "engine/formula/formula.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void work_term_value(Work *w, int index, float a, float b, double product) {
    Explain *ex = w->ex;
    assert(ex->n_terms < ex->cap_terms);
    double before = ex->n_terms ? ex->terms[ex->n_terms - 1].sum : 0;
    ex->terms[ex->n_terms++] =
        (ExplainTerm){index, a, b, product, before + product};
}

void work_term(Work *w, int index, float a, float b) {
    work_term_value(w, index, a, b, (double)a * b);
}

void work_sum(Work *w) {
    const Explain *ex = w->ex;
    double magnitude = 0;
    for (int i = 0; i < ex->n_terms; i++)
        magnitude += fabs(ex->terms[i].product);
    w->value = ex->terms[ex->n_terms - 1].sum;
    w->bound = (ex->n_terms + EXPLAIN_ROUNDINGS) * EXPLAIN_UNIT * magnitude;
}

void work_step(Work *w, const char *fmt, ...) {
    Explain *ex = w->ex;
    assert(ex->n_steps < EXPLAIN_STEPS_MAX);
    ExplainStep *step = &ex->steps[ex->n_steps++];
    va_list args;
    va_start(args, fmt);
    vsnprintf(step->label, sizeof step->label, fmt, args);
    va_end(args);
    step->value = w->value;
    step->site = SITE_NONE;
}

void work_before(Work *w, Site site, double value, const char *label) {
    Explain *ex = w->ex;
    assert(ex->n_before < EXPLAIN_STEPS_MAX);
    ExplainStep *step = &ex->before[ex->n_before++];
    *step = (ExplainStep){.value = value, .site = site};
    work_text(step->label, sizeof step->label, "%s", label);
}

void work_edit(Work *w, EditKind kind, int index) {
    int layer = w->ex->layer;
    float scale = edits_get(trace_edits(w->t), kind, layer, index);
    if (scale == 1) return;
    char part[32] = "";
    if (kind == EDIT_HEAD || kind == EDIT_NEURON)
        work_text(part, sizeof part, "%s %d.%d",
                  kind == EDIT_HEAD ? "head" : "neuron", layer, index);
    else
        work_text(part, sizeof part, "%s of layer %d",
                  kind == EDIT_ATTN ? "attention" : "MLP", layer);
    w->value *= scale;
    w->bound *= fabs((double)scale);
    work_step(w, "× %g (%s %s)", scale, part,
              scale == 0 ? "switched off" : "scaled");
}

/* Adds a number, which the engine rounds. */
static void add_number(Work *w, double added) {
    w->value += added;
    w->bound +=
        EXPLAIN_ROUNDINGS * EXPLAIN_UNIT * (fabs(added) + fabs(w->value));
}

/* The formula ends with the bias, too. */
static void formula_bias(Explain *ex) {
    size_t n = strlen(ex->formula);
    if (n > 0 && ex->formula[n - 1] == FORMULA_END) ex->formula[--n] = '\0';
    snprintf(ex->formula + n, sizeof ex->formula - n, "+b%c", FORMULA_END);
}

void work_number(double v, int digits, char out[WORK_NUMBER_MAX]) {
    if (isfinite(v))
        snprintf(out, WORK_NUMBER_MAX, "%.*g", digits, v);
    else
        snprintf(out, WORK_NUMBER_MAX, "%s",
                 isnan(v) ? "not a number"
                 : v < 0  ? "−∞"
                          : "∞");
}

void work_bias(Work *w, const Tensor *weight, int row) {
    if (!weight->bias) return;
    formula_bias(w->ex);
    work_step(w, "product");
    add_number(w, (double)weight->bias[row]);
    char bias[WORK_NUMBER_MAX];
    work_number((double)weight->bias[row], 6, bias);
    work_step(w, "+ bias %s", bias);
}

/* Adds a direction's element, scaled. */
static void add_direction(Work *w, float scale, double direction) {
    add_number(w, (double)scale * direction);
}

/* How far the runs are apart. */
static void work_apart(Work *w) {
    const Edits *e = trace_edits(w->t);
    for (int i = 0; i < e->n; i++) {
        const float *way =
            taken_apart(trace_taken(w->t), i, w->layer, w->ex->pos);
        if (!way) continue;
        add_direction(w, e->list[i].scale, way[w->ex->col]);
        if (w->ex->n_steps < EXPLAIN_STEPS_MAX)
            work_step(w, "+ %g × (this run − the other, position %d)",
                      (double)e->list[i].scale, e->list[i].index);
    }
}

void work_steering(Work *w) {
    const Edits *e = trace_edits(w->t);
    const Tensor *table =
        model_tensor(trace_model(w->t), TENSOR_TOKEN_EMBED, 0);
    for (int i = 0; i < e->n; i++) {
        const Edit *steer = &e->list[i];
        if (steer->kind != EDIT_STEER || steer->layer != w->layer) continue;
        char away[24] = "";
        kern_row(w->row, table, steer->index);
        double direction = w->row[w->ex->col];
        if (steer->other >= 0) {
            kern_row(w->row, table, steer->other);
            direction -= w->row[w->ex->col];
            work_text(away, sizeof away, " − token %d", steer->other);
        }
        add_direction(w, steer->scale, direction);
        if (w->ex->n_steps < EXPLAIN_STEPS_MAX)
            work_step(w, "+ %g × (token %d%s)", (double)steer->scale,
                      steer->index, away);
    }
    work_apart(w);
}

void work_text(char *out, size_t size, const char *fmt, ...) {
    size_t n = strlen(out);
    va_list args;
    va_start(args, fmt);
    vsnprintf(out + n, size - n, fmt, args);
    va_end(args);
}

void work_source_site(char out[96], Site site, int layer, int first,
                      int second) {
    site_name(site, layer, out, 96);
    work_text(out, 96, second < 0 ? "[%d]" : "[%d, %d]", first, second);
}

/* Decimal with commas between thousands. */
static void number_add(char *out, size_t size, uint64_t n) {
    if (n >= 1000) {
        number_add(out, size, n / 1000);
        work_text(out, size, ",%03d", (int)(n % 1000));
    } else
        work_text(out, size, "%d", (int)n);
}

void work_source_weight(char out[96], const Tensor *w, int row) {
    work_text(out, 96, "%s", w->name);
    const TensorPlace at = tensor_stored_place(w, row, 0);
    if (w->stored == TENSOR_TRANSPOSED)
        work_text(out, 96, " column %d", at.col);
    else if (w->rows > 1)
        work_text(out, 96, " row %d", at.row);
    work_text(out, 96, ", byte ");
    number_add(out, 96, tensor_row_offset(w, row));
    work_text(out, 96, " of the file");
}
