/* STUDY_SUMS and SUM: what a head's weights add up to, by row and by column. */
#include "engine/study/study_private.h"

#include "engine/formula/formula.h"

#include <stdio.h>
#include <stdlib.h>

static const float *weights(const StudyWork *w, int layer, int head, int pos) {
    return w->row(w, SITE_PATTERN, layer, pos) +
           (size_t)head * (size_t)trace_n_keys(w->trace, pos);
}

/* [2, n] in double: rows below the first that counts stay NaN. */
static void add_all(const StudyWork *w, StudyKey key, double *received,
                    double *sent) {
    const int first = study_first_token(key.pos);
    for (int pos = 0; pos <= key.pos; pos++)
        sent[pos] = NAN;
    for (int pos = first; pos <= key.pos; pos++) {
        const float *row = weights(w, key.layer, key.index, pos);
        const int n = trace_n_keys(w->trace, pos);
        sent[pos] = 0;
        for (int i = 0; i < n; i++) {
            sent[pos] += (double)row[i];
            if (i <= key.pos) received[i] += (double)row[i];
        }
    }
}

static void *make_sums(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const size_t n = (size_t)key.pos + 1;
    if (key.index < 0 || key.index >= trace_config(w->trace)->n_heads)
        return NULL;
    double *sums = calloc(2 * n, sizeof *sums);
    float *out = malloc(2 * n * sizeof *out);
    *bytes = 2 * n * sizeof *out;
    if (sums && out) {
        add_all(w, key, sums, sums + n);
        for (size_t i = 0; i < 2 * n; i++)
            out[i] = (float)sums[i];
    } else {
        free(out);
        out = NULL;
    }
    free(sums);
    return out;
}

/* ---- one of them, opened ------------------------------------------------- */

StudyKey study_sum_key(int n_heads, int layer, int head, int last, int key) {
    return (StudyKey){.kind = STUDY_SUM,
                      .layer = layer,
                      .pos = last,
                      .index = (key + 1) * n_heads + head};
}

/* A column: what each token gives the key. */
static void add_column(const StudyWork *w, StudyKey key, int head, int to,
                       Explain *ex) {
    for (int pos = study_first_token(key.pos); pos <= key.pos; pos++) {
        if (to >= trace_n_keys(w->trace, pos)) continue;
        const float v = weights(w, key.layer, head, pos)[to];
        study_explain_term(ex, pos, v, (float)to, (double)v);
    }
}

static void *make_sum(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int H = trace_config(w->trace)->n_heads;
    const int head = key.index % H, to = key.index / H - 1;
    const int n = trace_n_keys(w->trace, key.pos);
    Explain *ex = study_explain_open(to < 0 ? n : STUDY_TOKENS_MAX);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_MEAN;
    ex->index = EXPLAIN_BY_POSITION;
    ex->row = head;
    ex->col = to;
    snprintf(ex->a_name, sizeof ex->a_name, "weight");
    snprintf(ex->b_name, sizeof ex->b_name, "looks at");
    snprintf(ex->formula, sizeof ex->formula,
             to < 0 ? "sent = " FORMULA("\\sum") " of the row"
                    : "received = " FORMULA("\\sum") " of the column");
    if (to >= 0) {
        add_column(w, key, head, to, ex);
    } else {
        const float *row = weights(w, key.layer, head, key.pos);
        for (int i = 0; i < n; i++)
            study_explain_term(ex, key.pos, row[i], (float)i, (double)row[i]);
    }
    study_explain_step(ex, study_explain_sum(ex), "Σ over %d token%s",
                       ex->n_terms, ex->n_terms == 1 ? "" : "s");
    const double sum = study_explain_sum(ex);
    return study_explain_finish(ex, key, (float)sum, 2 * STUDY_UNIT, bytes);
}

const StudyKindInfo study_kind_sums = {.name = "sums", .make = make_sums};
const StudyKindInfo study_kind_sum = {
    .name = "sum", .make = make_sum, .close = study_explain_close};
