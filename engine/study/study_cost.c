/* STUDY_COST: the arithmetic behind a token's multiply-adds. */
#include "engine/spec/cost.h"
#include "engine/study/study_private.h"

#include <stdio.h>

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Cost c = cost_of(trace_config(w->trace));
    const double n = key.pos + 1;
    const double pairs[] = {n, n * (n + 1) / 2, n * n};
    if (key.index < 0 || key.index > 2) return NULL;
    Explain *ex = study_explain_open(3);
    if (!ex) return NULL;
    const double times[] = {key.index ? n : 1, 1, pairs[key.index]};
    const double each[] = {(double)c.weights, (double)c.output, (double)c.pair};
    ex->kind = EXPLAIN_DOT;
    ex->col = -1;
    snprintf(ex->a_name, sizeof ex->a_name, "times");
    snprintf(ex->b_name, sizeof ex->b_name, "each");
    snprintf(ex->formula, sizeof ex->formula,
             "0: layers' weights, 1: output, 2: query-key pairs");
    for (int i = 0; i < 3; i++)
        study_explain_term(ex, i, (float)times[i], (float)each[i],
                           times[i] * each[i]);
    study_explain_step(ex, study_explain_sum(ex), "Σ multiply-adds");
    const uint64_t shown = key.index ? cost_anew(&c, key.pos, key.index == 1)
                                     : cost_cached(&c, key.pos);
    return study_explain_finish(ex, key, (float)shown, 2 * STUDY_UNIT, bytes);
}

const StudyKindInfo study_kind_cost = {
    .name = "cost", .make = make, .close = study_explain_close};
