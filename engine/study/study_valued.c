/* STUDY_LENGTHS, VALUED and VALUED_CELL: weights times the lengths of the
 * values that they fetch. */
#include "engine/study/study_private.h"

#include "engine/formula/formula.h"

#include <stdio.h>
#include <stdlib.h>

static void *make_lengths(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const int G = c->n_kv_heads, K = c->head_dim;
    *bytes = (uint64_t)G * sizeof(float);
    float *out = malloc(*bytes);
    if (!out) return NULL;
    const float *v = w->row(w, SITE_V, key.layer, key.pos);
    for (int g = 0; g < G; g++) {
        const float *own = v + (size_t)g * (size_t)K;
        out[g] = (float)sqrt(study_dot(own, own, K));
    }
    return out;
}

/* The length of the value that a head fetches from a position; NaN: none. */
static float length_of(const StudyWork *w, int layer, int head, int pos) {
    const Config *c = trace_config(w->trace);
    const StudyKey key = {.kind = STUDY_LENGTHS, .layer = layer, .pos = pos};
    const float *lengths = w->made(w, key);
    return lengths ? lengths[head / (c->n_heads / c->n_kv_heads)] : NAN;
}

/* Key `last` is the last that the position can see: without the mask, all. */
static void *make_valued(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int H = trace_config(w->trace)->n_heads;
    const int query = key.index / H, head = key.index % H;
    const int n = trace_n_keys(w->trace, query);
    *bytes = (uint64_t)n * sizeof(float);
    float *out = query <= key.pos ? malloc(*bytes) : NULL;
    if (!out) return NULL;
    for (int i = 0; i < n; i++)
        out[i] = length_of(w, key.layer, head, i);
    const float *row =
        w->row(w, SITE_PATTERN, key.layer, query) + (size_t)head * (size_t)n;
    for (int i = 0; i < n; i++)
        out[i] *= row[i];
    return out;
}

/* ---- one of them, opened ------------------------------------------------- */

StudyKey study_valued_key(const Trace *t, int layer, int head, int query,
                          int key) {
    StudyKey at = study_raw_key(t, layer, head, query, key);
    at.kind = STUDY_VALUED_CELL;
    return at;
}

/* The key, its weight and its value: not there yet where it is NULL. */
static void *make_cell(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const int K = c->head_dim, H = c->n_heads;
    const StudyPair p = study_pair_of(w, key);
    const int head = p.head, query = p.query, to = p.key;
    const int n = trace_n_keys(w->trace, query);
    Explain *ex = to < n ? study_explain_open(K) : NULL;
    if (!ex) return NULL;
    const double weight =
        (double)w->row(w, SITE_PATTERN, key.layer,
                       query)[(size_t)head * (size_t)n + (size_t)to];
    const float *v = w->row(w, SITE_V, key.layer, to) +
                     (size_t)(head / (H / c->n_kv_heads)) * (size_t)K;
    for (int i = 0; i < K; i++)
        study_explain_term(ex, i, v[i], v[i], (double)v[i] * (double)v[i]);
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_ELEMENT;
    ex->row = head;
    ex->col = to;
    snprintf(ex->a_name, sizeof ex->a_name, "value");
    snprintf(ex->b_name, sizeof ex->b_name, "value");
    snprintf(ex->formula, sizeof ex->formula,
             FORMULA("\\text{weight}\\times|v|,\\quad|v|=\\sqrt{\\sum v_i^2}"));
    const double length = sqrt(study_explain_sum(ex));
    study_explain_before(ex, weight, "weight");
    study_explain_step(ex, study_explain_sum(ex), "Σ v²");
    study_explain_step(ex, length, "√: the value's length |v|");
    study_explain_step(ex, weight * length, "× the weight");
    const float shown = (float)((float)length * weight);
    return study_explain_finish(ex, key, shown, 3 * STUDY_UNIT, bytes);
}

const StudyKindInfo study_kind_lengths = {.name = "lengths",
                                          .make = make_lengths};
const StudyKindInfo study_kind_valued = {.name = "valued", .make = make_valued};
const StudyKindInfo study_kind_valued_cell = {
    .name = "valued cell", .make = make_cell, .close = study_explain_close};
