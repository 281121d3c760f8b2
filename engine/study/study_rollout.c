/* STUDY_ROLLOUT, ROLLED and REACH: attention multiplied up through the layers,
 * one of its numbers opened, and one row of it alone. */
#include "engine/study/study_private.h"

#include "engine/formula/formula.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLLOUT_ASKS 16 /* rows between two questions */

/* How much of itself a token is taken to keep past each layer. */
#define KEPT 0.5

/* How much of what a head fetches is handed on, from 0 to 1. */
static double handed_on(const StudyWork *w, int layer, int head) {
    const Edits *e = trace_edits(w->trace);
    const double scale = (double)edits_get(e, EDIT_HEAD, layer, head) *
                         (double)edits_get(e, EDIT_ATTN, layer, 0);
    return scale > 0 ? fmin(scale, 1) : 0;
}

/* A row of the layer's matrix: half the mean of all heads, half the token
 * itself, which stands in for what a head does not hand on, too; [n]. */
static void mixing_row(const StudyWork *w, int layer, int query, int n,
                       double *out) {
    const int H = trace_config(w->trace)->n_heads;
    const int n_keys = trace_n_keys(w->trace, query);
    const float *row = w->row(w, SITE_PATTERN, layer, query);
    memset(out, 0, (size_t)n * sizeof *out);
    for (int h = 0; h < H; h++) {
        const double by = handed_on(w, layer, h);
        for (int i = 0; i < n && i < n_keys; i++)
            out[i] += by * (double)row[(size_t)h * (size_t)n_keys + (size_t)i];
        out[query] += 1 - by;
    }
    for (int i = 0; i < n; i++)
        out[i] *= (1 - KEPT) / H;
    out[query] += KEPT;
}

/* The rollout of the layers below, [n, n]; NULL in layer 0: each token is
 * itself. */
static const float *below(const StudyWork *w, StudyKey key) {
    const StudyKey under = {
        .kind = STUDY_ROLLOUT, .layer = key.layer - 1, .pos = key.pos};
    return key.layer > 0 ? w->made(w, under) : NULL;
}

/* Row `query` of the product with what is below: to [n] floats. */
static void add_row(const double *mix, const float *under, int n, double *sum,
                    float *out) {
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int j = 0; j < n; j++) {
        const float *from = under + (size_t)j * (size_t)n;
        if (mix[j] == 0) continue; /* behind the mask */
        for (int i = 0; i < n; i++)
            sum[i] += mix[j] * (double)from[i];
    }
    for (int i = 0; i < n; i++)
        out[i] = (float)sum[i];
}

static bool fill(const StudyWork *w, StudyKey key, float *out, double *mix) {
    const int n = key.pos + 1;
    const float *made = below(w, key);
    if (key.layer > 0 && !made) return false;
    /* A copy, as what is made lives until others are asked for. */
    const size_t size = (size_t)n * (size_t)n * sizeof(float);
    float *under = made ? malloc(size) : NULL;
    if (made && !under) return false;
    if (made) memcpy(under, made, size);
    for (int q = 0; q < n; q++) {
        float *row = out + (size_t)q * (size_t)n;
        if (q % ROLLOUT_ASKS == 0 && !w->goes_on(w)) break;
        mixing_row(w, key.layer, q, n, mix);
        if (under)
            add_row(mix, under, n, mix + n, row);
        else
            for (int i = 0; i < n; i++)
                row[i] = (float)mix[i];
    }
    free(under);
    return true;
}

/* Whether all that the tokens up to pos look at is among them. */
static bool holds(const StudyWork *w, StudyKey key) {
    return key.pos >= 0 && key.pos < STUDY_TOKENS_MAX && key.layer >= 0 &&
           key.layer < trace_config(w->trace)->n_layers &&
           trace_n_keys(w->trace, key.pos) == key.pos + 1;
}

static void *make_rollout(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const size_t n = (size_t)key.pos + 1;
    if (!holds(w, key)) return NULL;
    float *out = malloc(n * n * sizeof *out);
    double *scratch = malloc(2 * n * sizeof *scratch);
    *bytes = n * n * sizeof *out;
    if (!out || !scratch || !fill(w, key, out, scratch)) {
        free(out);
        out = NULL;
    }
    free(scratch);
    return out;
}

/* ---- one of them, opened ------------------------------------------------- */

StudyKey study_rolled_key(int layer, int last, int query, int key) {
    return (StudyKey){.kind = STUDY_ROLLED,
                      .layer = layer,
                      .pos = last,
                      .index = query * STUDY_TOKENS_MAX + key};
}

/* The share that a token holds of the key before this layer. */
static float under_at(const float *under, int n, int token, int key) {
    if (!under) return token == key ? 1 : 0;
    return under[(size_t)token * (size_t)n + (size_t)key];
}

static void add_terms(const StudyWork *w, StudyKey key, const double *mix,
                      Explain *ex) {
    const float *under = below(w, key);
    const int n = key.pos + 1;
    for (int j = 0; j < n; j++) {
        const float share = under_at(under, n, j, ex->col);
        if (mix[j] != 0)
            study_explain_term(ex, j, (float)mix[j], share,
                               mix[j] * (double)share);
    }
}

static void *make_rolled(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int query = key.index / STUDY_TOKENS_MAX, n = key.pos + 1;
    const int to = key.index % STUDY_TOKENS_MAX;
    if (!holds(w, key) || query >= n || to >= n) return NULL;
    double mix[STUDY_TOKENS_MAX];
    mixing_row(w, key.layer, query, n, mix);
    Explain *ex = study_explain_open(n);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_POSITION;
    ex->row = query;
    ex->col = to;
    snprintf(ex->a_name, sizeof ex->a_name, "½ mean + ½ self");
    snprintf(ex->b_name, sizeof ex->b_name, "below");
    snprintf(ex->formula, sizeof ex->formula,
             "rollout: " FORMULA(
                 "\\sum(\\tfrac12\\,\\text{mean of all "
                 "heads}+\\tfrac12\\,\\text{self})\\times\\text{below}"));
    add_terms(w, key, mix, ex);
    const StudyKey whole = {
        .kind = STUDY_ROLLOUT, .layer = key.layer, .pos = key.pos};
    const float *shown = w->made(w, whole);
    if (!shown) {
        study_explain_close(ex);
        return NULL;
    }
    const float own = shown[(size_t)query * (size_t)n + (size_t)to];
    study_explain_step(ex, study_explain_sum(ex), "Σ over %d tokens",
                       ex->n_terms);
    return study_explain_finish(ex, key, own,
                                (n + STUDY_ROUNDINGS) * STUDY_UNIT, bytes);
}

/* ---- one row ------------------------------------------------------------- */

/* From the last layer down: what each token of a layer is handed is handed on
 * to those that it looks at.  False: stopped. */
static bool reach_down(const StudyWork *w, int n, double *share) {
    double below_it[STUDY_TOKENS_MAX], mix[STUDY_TOKENS_MAX];
    for (int layer = trace_config(w->trace)->n_layers - 1; layer >= 0;
         layer--) {
        memset(below_it, 0, sizeof below_it);
        for (int q = 0; q < n; q++) {
            if (q % ROLLOUT_ASKS == 0 && !w->goes_on(w)) return false;
            if (share[q] == 0) continue;
            mixing_row(w, layer, q, n, mix);
            for (int i = 0; i < n; i++)
                below_it[i] += share[q] * mix[i];
        }
        memcpy(share, below_it, sizeof below_it);
    }
    return true;
}

static void *make_reach(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    double share[STUDY_TOKENS_MAX] = {0};
    if (key.pos < 0 || key.pos >= trace_n_pos(w->trace)) return NULL;
    const int n = trace_n_keys(w->trace, key.pos);
    if (n > STUDY_TOKENS_MAX) return NULL;
    *bytes = (uint64_t)n * sizeof(float);
    float *out = malloc(*bytes);
    share[key.pos] = 1;
    if (out && !reach_down(w, n, share)) {
        free(out);
        return NULL;
    }
    for (int i = 0; out && i < n; i++)
        out[i] = (float)share[i];
    return out;
}

const StudyKindInfo study_kind_reach = {.name = "reach", .make = make_reach};
const StudyKindInfo study_kind_rollout = {.name = "rollout",
                                          .make = make_rollout};
const StudyKindInfo study_kind_rolled = {
    .name = "rolled", .make = make_rolled, .close = study_explain_close};
