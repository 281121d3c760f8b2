/* STUDY_COST: the arithmetic behind a token's multiply-adds. */
#include "engine/spec/cost.h"
#include "engine/study/study_private.h"

#include <stdio.h>

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Cost c = cost_of(trace_config(w->trace));
    const double n = key.pos + 1;
    const double pairs[] = {n, n * (n + 1) / 2, n * n, n * n};
    if (key.index < 0 || key.index > 3) return NULL;
    const int n_terms = key.index == 3 ? 4 : 3;
    Explain *ex = study_explain_open(n_terms);
    if (!ex) return NULL;
    const double times[] = {key.index ? n : 1, 1, pairs[key.index],
                            -(double)key.pos};
    const double each[] = {(double)c.weights, (double)c.output, (double)c.pair,
                           (double)c.first};
    ex->kind = EXPLAIN_DOT;
    ex->col = -1;
    ex->counts = true;
    snprintf(ex->a_name, sizeof ex->a_name, "times");
    snprintf(ex->b_name, sizeof ex->b_name, "each");
    snprintf(ex->formula, sizeof ex->formula,
             "0: layers' weights, 1: output, 2: query-key pairs%s",
             n_terms > 3 ? ", 3: layer 0's keys and values, kept" : "");
    for (int i = 0; i < n_terms; i++)
        study_explain_term(ex, i, (float)times[i], (float)each[i],
                           times[i] * each[i]);
    study_explain_step(ex, study_explain_sum(ex), "Σ multiply-adds");
    const uint64_t shown = key.index == 0 ? cost_cached(&c, key.pos)
                           : key.index == 3
                               ? cost_kept_first(&c, key.pos)
                               : cost_anew(&c, key.pos, key.index == 1);
    return study_explain_finish(ex, key, (float)shown, 2 * STUDY_UNIT, bytes);
}

const StudyKindInfo study_kind_cost = {
    .name = "cost", .make = make, .close = study_explain_close};
