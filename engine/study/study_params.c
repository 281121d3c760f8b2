/* STUDY_PARAMS: the arithmetic behind a count of parameters. */
#include "engine/spec/params.h"
#include "engine/study/study_private.h"

#include <stdio.h>
#include <stdlib.h>

static Explain *begin(int n_terms, const char *a, const char *b) {
    Explain *ex = study_explain_open(n_terms);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_DOT;
    ex->col = -1;
    ex->counts = true;
    snprintf(ex->a_name, sizeof ex->a_name, "%s", a);
    snprintf(ex->b_name, sizeof ex->b_name, "%s", b);
    return ex;
}

/* The rows and columns of one tensor, then its copies. */
static Explain *of_tensor(const Config *c, const ArchTensor *t) {
    Explain *ex = begin(2, "rows", "columns");
    if (!ex) return NULL;
    const double rows = arch_dim_size(c, t->rows);
    const double cols = arch_dim_size(c, t->cols);
    const double each = (double)params_each(c, t), bias = each - rows * cols;
    snprintf(ex->formula, sizeof ex->formula, "%s%s · %s%s",
             t->per_layer ? "L · " : "", params_dim_text(t->rows),
             params_dim_text(t->cols),
             arch_has_bias(c, t) ? ", and a bias" : "");
    study_explain_term(ex, 0, (float)rows, (float)cols, rows * cols);
    if (arch_has_bias(c, t)) study_explain_term(ex, 1, (float)bias, 1, bias);
    study_explain_step(ex, each, "in one");
    const double all = (double)params_of(c, t);
    study_explain_step(ex, all, "× %d", params_copies(c, t));
    return ex;
}

/* Every tensor of a part, its copies and its numbers; PARAMS_PARTS: of all. */
static Explain *of_part(const Config *c, ParamsPart part) {
    const Arch *a = c->arch;
    Explain *ex = begin(a->n_tensors, "copies", "numbers in each");
    if (!ex) return NULL;
    snprintf(ex->formula, sizeof ex->formula,
             "copies times numbers, by the tensor's row in the table");
    for (int i = 0; i < a->n_tensors; i++) {
        const ArchTensor *t = &a->tensors[i];
        if (part != PARAMS_PARTS && params_part(a, t->role) != part) continue;
        study_explain_term(ex, i, (float)params_copies(c, t),
                           (float)params_each(c, t), (double)params_of(c, t));
    }
    const double sum = study_explain_sum(ex);
    study_explain_step(ex, sum, "Σ");
    return ex;
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *own = trace_config(w->trace);
    const int n = own->arch->n_tensors, i = key.index;
    Config *c = malloc(sizeof *c);
    if (!c || i < 0 || i > n + PARAMS_PARTS ||
        !shape_apply(&w->shape, own, c, NULL)) {
        free(c);
        return NULL;
    }
    const ParamsPart part = (ParamsPart)(i == n ? PARAMS_PARTS : i - n - 1);
    Explain *ex =
        i < n ? of_tensor(c, &own->arch->tensors[i]) : of_part(c, part);
    const uint64_t shown = i < n ? params_of(c, &own->arch->tensors[i])
                           : part == PARAMS_PARTS ? params_total(c)
                                                  : params_of_part(c, part);
    free(c);
    return ex ? study_explain_finish(ex, key, (float)shown, 2 * STUDY_UNIT,
                                     bytes)
              : NULL;
}

const StudyKindInfo study_kind_params = {.name = "params",
                                         .make = make,
                                         .close = study_explain_close,
                                         .of_shape = true};
