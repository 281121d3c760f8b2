/* STUDY_ROLES: what heads do over many texts, as somebody who knows them tells
 * it; and one of those means, opened. */
#include "engine/study/study_private.h"

#include <stdio.h>
#include <stdlib.h>

static void *make_roles(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    (void)key;
    const Config *c = trace_config(w->trace);
    const size_t n = (size_t)c->n_layers * (size_t)c->n_heads;
    Err err = {0};
    if (!w->teller.roles || !w->tokenizer) return NULL;
    *bytes = sizeof(StudyRoles) + n * sizeof(HeadScores);
    StudyRoles *out = calloc(1, *bytes);
    if (!out) return NULL;
    if (w->teller.roles(w->teller.ud, w->tokenizer, trace_model(w->trace),
                        w->watch, out, &err))
        return out;
    if (err.code == ERR_CANCELLED) *w->stopped = true;
    free(out);
    return NULL;
}

static void *make_role(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int n_heads = trace_config(w->trace)->n_heads;
    const HeadKind kind = (HeadKind)(key.index % HEAD_KINDS);
    const StudyRoles *roles = w->made(w, study_roles_key());
    if (!roles) return NULL;
    const int head = key.index / HEAD_KINDS;
    const HeadScores *h = &roles->list[key.layer * n_heads + head];
    Explain *ex = h->n[kind] > 0 ? study_explain_open(1) : NULL;
    if (!ex) return NULL;
    const double mean = h->sum[kind] / h->n[kind];
    ex->kind = EXPLAIN_DIVIDE;
    ex->row = head;
    ex->col = -1;
    snprintf(ex->a_name, sizeof ex->a_name, "weights");
    snprintf(ex->b_name, sizeof ex->b_name, "places");
    snprintf(ex->formula, sizeof ex->formula,
             "the sum of all weights that count ÷ their number");
    study_explain_before(ex, roles->n_texts, "texts read");
    study_explain_term(ex, 0, (float)h->sum[kind], (float)h->n[kind], mean);
    study_explain_step(ex, mean, "mean weight");
    return study_explain_finish(ex, key, head_scores_mean(h, kind), STUDY_UNIT,
                                bytes);
}

const StudyKindInfo study_kind_roles = {
    .name = "roles", .make = make_roles, .runs = true};
const StudyKindInfo study_kind_role = {.name = "role",
                                       .make = make_role,
                                       .close = study_explain_close,
                                       .runs = true};
