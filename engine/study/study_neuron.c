/* STUDY_NEURONS and its kin: the MLP of one layer, neuron by neuron.
 *
 * A neuron is an element of what the MLP's last matrix is multiplied with; its
 * vector is that matrix's column. */
#include "engine/kernel/kern.h"

#include "engine/formula/formula.h"
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The operations that make the neurons, of them the MLP's output, and the sum
 * that adds it. */
typedef struct Mlp {
    const ArchOp *product, *down, *sum;
} Mlp;

static bool mlp_of(const Arch *a, Mlp *m) {
    *m = (Mlp){0};
    for (int i = 0; i < a->n_ops; i++) {
        const ArchOp *op = &a->ops[i];
        if (op->part == ARCH_LAYER &&
            (op->kind == OP_GATE || op->kind == OP_ACTIVATE))
            m->product = op;
        if (op->kind == OP_LINEAR && m->product && op->part == ARCH_LAYER &&
            op->in[0] == m->product->out)
            m->down = op;
        if (op->kind == OP_ADD && m->down && op->in[1] == m->down->out)
            m->sum = op;
    }
    return m->product && m->down && m->sum;
}

double study_activate(const Config *c, double x) {
    return x * activation_share(c->activation, x);
}

/* What the MLP's own intervention makes of all that its neurons add. */
static double factor_of(const StudyWork *w, const Mlp *m, int layer) {
    return (double)edits_get(trace_edits(w->trace), m->down->edit, layer, 0);
}

static const Tensor *down_of(const StudyWork *w, const Mlp *m, int layer) {
    return model_tensor(trace_model(w->trace), m->down->weight, layer);
}

/* The two likeliest tokens to come; -1 where nothing is predicted. */
static void find_two(const StudyWork *w, int pos, int *a, int *b) {
    const int n = w->n_vocab;
    float *own = NULL;
    const bool predicts = arch_predicts(trace_config(w->trace)->arch);
    const float *l = predicts ? study_logits(w, pos, &own) : NULL;
    *a = predicts ? 0 : -1;
    *b = -1;
    if (!l) return;
    for (int i = 1; i < n; i++)
        if (l[i] > l[*a] || isnan(l[*a])) *a = i;
    for (int i = 0; i < n; i++)
        if (i != *a && (*b < 0 || l[i] > l[*b] || isnan(l[*b]))) *b = i;
    free(own);
}

/* ---- all neurons --------------------------------------------------------- */

/* Whether i comes before j: the larger product, of equal ones the first. */
static bool before(const StudyNeuron *list, int i, int j) {
    const float a = fabsf(list[i].product), b = fabsf(list[j].product);
    if (isnan(a) != isnan(b)) return isnan(a);
    return a > b || (!(b > a) && i < j);
}

static void sift(const StudyNeuron *list, int *order, int at, int n) {
    for (int child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(list, order[child], order[child + 1]))
            child++;
        if (before(list, order[child], order[at])) return;
        const int kept = order[at];
        order[at] = order[child];
        order[child] = kept;
    }
}

/* A heap, as qsort has no room for what it sorts by. */
static void sort(const StudyNeuron *list, int *order, int n) {
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n / 2; i-- > 0;)
        sift(list, order, i, n);
    for (int end = n - 1; end > 0; end--) {
        const int kept = order[0];
        order[0] = order[end];
        order[end] = kept;
        sift(list, order, 0, end);
    }
}

static void read_neurons(const StudyWork *w, const Mlp *m, StudyKey key,
                         StudyNeurons *out) {
    const Config *c = trace_config(w->trace);
    const size_t n = (size_t)out->n;
    const float *gate = w->row(w, m->product->in[0], key.layer, key.pos);
    for (size_t i = 0; i < n; i++) {
        out->list[i].gate = gate[i];
        out->list[i].act = (float)study_activate(c, gate[i]);
        out->list[i].up = 1;
        out->n_open += gate[i] > 0;
    }
    if (m->product->in[1] != SITE_NONE) {
        const float *up = w->row(w, m->product->in[1], key.layer, key.pos);
        for (size_t i = 0; i < n; i++)
            out->list[i].up = up[i];
    }
    const float *product = w->row(w, m->product->out, key.layer, key.pos);
    for (size_t i = 0; i < n; i++) {
        out->list[i].product = product[i];
        out->squares += (double)product[i] * product[i];
    }
}

#define ADDS_ASKS 64 /* rows between two questions */

/* adds = factor * product * sum over D of toward * column. */
static void add_up(const StudyWork *w, const Mlp *m, StudyKey key,
                   const double *toward, float *row, double *sums,
                   StudyNeurons *out) {
    const Tensor *down = down_of(w, m, key.layer);
    const double factor = factor_of(w, m, key.layer);
    memset(sums, 0, (size_t)out->n * sizeof *sums);
    for (int i = 0; i < trace_config(w->trace)->dim; i++) {
        if (i % ADDS_ASKS == 0 && !w->goes_on(w)) return;
        kern_row(row, down, i);
        for (int j = 0; j < out->n; j++)
            sums[j] += toward[i] * row[j];
    }
    for (int j = 0; j < out->n; j++) {
        const double adds = factor * out->list[j].product * sums[j];
        out->list[j].adds = (float)adds;
        out->adds += adds;
    }
    for (int i = 0; down->bias && i < trace_config(w->trace)->dim; i++)
        out->bias_adds += factor * toward[i] * (double)down->bias[i];
    out->adds += out->bias_adds;
}

static void *make_neurons(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const size_t n = (size_t)c->hidden_dim, dim = (size_t)c->dim;
    Mlp m;
    if (!mlp_of(c->arch, &m)) return NULL;
    *bytes = sizeof(StudyNeurons) + n * (sizeof(StudyNeuron) + sizeof(int));
    StudyNeurons *out = calloc(1, *bytes);
    double *sums = malloc((n + dim) * sizeof *sums);
    float *row = malloc((n > dim ? n : dim) * sizeof *row);
    if (out && sums && row) {
        int *order = (int *)(void *)(out->list + n);
        out->n = c->hidden_dim;
        find_two(w, key.pos, &out->a, &out->b);
        read_neurons(w, &m, key, out);
        if (out->a >= 0 && study_aim_at(w, key.pos, out->a, out->b, m.sum->out,
                                        key.layer, sums + n))
            add_up(w, &m, key, sums + n, row, sums, out);
        sort(out->list, order, out->n);
        out->order = order;
    } else {
        free(out);
        out = NULL;
    }
    free(sums);
    free(row);
    return out;
}

/* ---- one neuron ---------------------------------------------------------- */

static bool has_neuron(const StudyWork *w, StudyKey key, Mlp *m) {
    const Config *c = trace_config(w->trace);
    return mlp_of(c->arch, m) && key.index >= 0 && key.index < c->hidden_dim;
}

/* Its vector [D] on the heap; NULL: no memory. */
static float *column_of(const StudyWork *w, const Mlp *m, StudyKey key) {
    const Config *c = trace_config(w->trace);
    float *column = calloc((size_t)c->dim, sizeof *column);
    float *row = malloc((size_t)c->hidden_dim * sizeof *row);
    for (int i = 0; column && row && i < c->dim; i++) {
        kern_row(row, down_of(w, m, key.layer), i);
        column[i] = row[key.index];
    }
    if (!row) {
        free(column);
        column = NULL;
    }
    free(row);
    return column;
}

#define SAYS_ASKS 256 /* rows of the vocabulary between two questions */

/* Puts a token among the strongest so far; one that goes the other way is none
 * of them. */
static void offer(int *ids, float *values, int id, float value) {
    int at = STUDY_SAYS;
    if (!(value > 0)) return;
    while (at > 0 && (ids[at - 1] < 0 || values[at - 1] < value))
        at--;
    if (at == STUDY_SAYS) return;
    for (int i = STUDY_SAYS - 1; i > at; i--) {
        ids[i] = ids[i - 1];
        values[i] = values[i - 1];
    }
    ids[at] = id;
    values[at] = value;
}

bool study_neurons_say(const Arch *a) {
    return arch_predicts(a) && !a->norm_after;
}

static void *make_says(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const Model *model = trace_model(w->trace);
    Mlp m;
    if (!has_neuron(w, key, &m) || !study_neurons_say(c->arch)) return NULL;
    const Tensor *unembed = model_tensor(model, TENSOR_CLASSIFIER, 0);
    *bytes = sizeof(StudySays);
    StudySays *out = malloc(sizeof *out);
    float *row = malloc((size_t)c->dim * sizeof *row);
    float *column = column_of(w, &m, key);
    if (!out || !row || !column) {
        free(out);
        out = NULL;
    } else {
        for (int i = 0; i < STUDY_SAYS; i++)
            out->up[i] = out->down[i] = -1;
        const double mean = study_mean_off(c, column);
        kern_row(row, model_tensor(model, TENSOR_FINAL_NORM, 0), 0);
        for (int i = 0; i < c->dim; i++)
            column[i] = (float)(((double)column[i] - mean) * (double)row[i]);
    }
    for (int id = 0; out && id < w->n_vocab; id++) {
        if (id % SAYS_ASKS == 0 && !w->goes_on(w)) break;
        kern_row(row, unembed, id);
        const double sum = study_dot(row, column, c->dim);
        offer(out->up, out->raises, id, (float)sum);
        offer(out->down, out->lowers, id, (float)-sum);
    }
    free(row);
    free(column);
    return out;
}

static void *make_past(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Mlp m;
    if (!has_neuron(w, key, &m)) return NULL;
    const int first = study_first_token(key.pos);
    *bytes = (uint64_t)(key.pos + 1 - first) * sizeof(float);
    float *out = malloc(*bytes);
    for (int pos = first; out && pos <= key.pos; pos++)
        out[pos - first] = w->row(w, m.product->out, key.layer, pos)[key.index];
    return out;
}

/* ---- arithmetic ---------------------------------------------------------- */

static void name(Explain *ex, const char *a, const char *b,
                 const char *formula) {
    snprintf(ex->a_name, sizeof ex->a_name, "%s", a);
    snprintf(ex->b_name, sizeof ex->b_name, "%s", b);
    snprintf(ex->formula, sizeof ex->formula, "%s", formula);
}

/* Its vector times its product, element by element times what each counts
 * for. */
static void add_terms(const StudyWork *w, const Mlp *m, StudyKey key,
                      const float *column, const double *toward, Explain *ex) {
    const double product =
        (double)w->row(w, m->product->out, key.layer, key.pos)[key.index];
    const double by = product * factor_of(w, m, key.layer);
    ExplainStep *step = &ex->before[ex->n_before++];
    snprintf(step->label, sizeof step->label, "product");
    step->value = product;
    step->site = SITE_NONE;
    for (int i = 0; i < trace_config(w->trace)->dim; i++)
        study_explain_term(ex, i, (float)(by * column[i]), (float)toward[i],
                           by * column[i] * toward[i]);
    study_explain_step(ex, study_explain_sum(ex), "Σ");
}

static double total_size(const Explain *ex) {
    double sum = 0;
    for (int i = 0; i < ex->n_terms; i++)
        sum += fabs(ex->terms[i].product);
    return sum;
}

/* As StudyNeurons has it: the sum first, then times the product. */
static float shown_adds(const StudyWork *w, const Mlp *m, StudyKey key,
                        const float *column, const double *toward) {
    const double product =
        (double)w->row(w, m->product->out, key.layer, key.pos)[key.index];
    double sum = 0;
    for (int i = 0; i < trace_config(w->trace)->dim; i++)
        sum += toward[i] * column[i];
    return (float)(factor_of(w, m, key.layer) * product * sum);
}

static void *make_adds(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const size_t dim = (size_t)trace_config(w->trace)->dim;
    Mlp m;
    int a, b;
    if (!has_neuron(w, key, &m)) return NULL;
    Explain *ex = study_explain_open((int)dim);
    float *column = column_of(w, &m, key);
    double *toward = calloc(dim, sizeof *toward);
    void *out = NULL;
    if (ex && column && toward) {
        find_two(w, key.pos, &a, &b);
        study_aim_at(w, key.pos, a, b, m.sum->out, key.layer, toward);
        ex->kind = EXPLAIN_DOT;
        ex->col = key.index;
        name(ex, "product × W_down", "counts for",
             FORMULA("\\text{what it adds}\\cdot\\text{its worth}"));
        add_terms(w, &m, key, column, toward, ex);
        out = study_explain_finish(
            ex, key, shown_adds(w, &m, key, column, toward), STUDY_UNIT, bytes);
        ex->bound += total_size(ex) * 1e-12;
        ex->matches = fabs(ex->total - (double)ex->stored) <= ex->bound;
    } else if (ex) {
        study_explain_close(ex);
    }
    free(column);
    free(toward);
    return out;
}

static void *make_silu(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Activation bend = trace_config(w->trace)->activation;
    const bool is_silu = bend == ACTIVATION_SILU;
    Mlp m;
    if (!has_neuron(w, key, &m)) return NULL;
    Explain *ex = study_explain_open(1);
    if (!ex) return NULL;
    const float gate =
        w->row(w, m.product->in[0], key.layer, key.pos)[key.index];
    const double s = activation_share(bend, (double)gate);
    const double silu = (double)gate * s;
    const bool gated = m.product->kind == OP_GATE;
    char label[64] = "sigmoid = 1 / (1 + exp(−gate))";
    if (!is_silu)
        snprintf(label, sizeof label, "%s: the share of x",
                 activation_name(bend));
    study_explain_before(ex, s, label);
    ex->kind = EXPLAIN_MULTIPLY;
    ex->col = key.index;
    if (is_silu)
        name(ex, "gate", "sigmoid(gate)",
             FORMULA("\\mathrm{SiLU}=\\mathrm{gate}\\times\\sigma("
                     "\\mathrm{gate})"));
    else
        name(ex, gated ? "gate" : "x", "share",
             FORMULA("\\mathrm{activation}=x\\times\\mathrm{share}(x)"));
    study_explain_term(ex, key.index, gate, (float)s, silu);
    study_explain_step(ex, silu, "product");
    return study_explain_finish(ex, key, (float)silu, 4 * STUDY_UNIT, bytes);
}

const StudyKindInfo study_kind_neurons = {.name = "neurons",
                                          .make = make_neurons};
const StudyKindInfo study_kind_neuron_says = {.name = "neuron says",
                                              .make = make_says};
const StudyKindInfo study_kind_neuron_past = {.name = "neuron past",
                                              .make = make_past};
const StudyKindInfo study_kind_neuron_adds = {.name = "neuron adds",
                                              .make = make_adds,
                                              .close = study_explain_close,
                                              .of_logits = true};
const StudyKindInfo study_kind_silu = {
    .name = "silu", .make = make_silu, .close = study_explain_close};
