/* STUDY_ADDS and WORTH: the two numbers that are said of a part, opened:
 * what it adds to a logit, and what that logit loses without it. */
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <stdio.h>
#include <stdlib.h>

static void name_token(const StudyWork *w, int id, char *out, size_t size) {
    snprintf(out, size, "token %d", id);
    if (w->tokenizer) tokenizer_show(w->tokenizer, id, out, size);
}

/* ---- what it adds -------------------------------------------------------- */

/* Its place among StudyWhy's parts; -1: it is none of them. */
static int part_of(const Config *c, StudyKey key) {
    const int number = key.index / STUDY_VECTORS;
    const int first = 1 + key.layer * (c->n_heads + 1);
    switch ((StudyVectorKind)(key.index % STUDY_VECTORS)) {
    case STUDY_VECTOR_EMBED:
        return 0;
    case STUDY_VECTOR_HEAD:
        return first + number;
    case STUDY_VECTOR_ADDED:
        return number == study_sum_that_adds(c->arch, false)
                   ? first + c->n_heads
                   : -1;
    default:
        return -1;
    }
}

/* A part's share of the logit as the view has it. */
static bool share_of(const StudyWork *w, StudyKey key, double *share) {
    const int part = part_of(trace_config(w->trace), key);
    const StudyKey at = {
        .kind = STUDY_WHY, .layer = key.b, .pos = key.pos, .index = key.a};
    const StudyWhy *why = part < 0 ? NULL : w->made(w, at);
    if (!why || part >= why->n_parts) return false;
    *share = why->parts[part];
    return true;
}

static void name_direction(const StudyWork *w, StudyKey key, Explain *ex) {
    char a[32], b[32];
    name_token(w, key.a, a, sizeof a);
    snprintf(ex->a_name, sizeof ex->a_name, "added");
    snprintf(ex->b_name, sizeof ex->b_name, "counts");
    const Arch *arch = trace_config(w->trace)->arch;
    const bool centred = arch_norm_mean(arch, SITE_LN_FINAL_SCALE) != SITE_NONE;
    const char *by = arch->norm_after ? "all that follows"
                     : centred        ? "gain / spread, centred"
                                      : "gain / RMS";
    snprintf(ex->formula, sizeof ex->formula, "Σ added · row of %.20s · %s", a,
             by);
    if (key.b < 0) return;
    name_token(w, key.b, b, sizeof b);
    snprintf(ex->formula, sizeof ex->formula, "Σ added · (%.20s − %.20s) · %s",
             a, b, by);
}

/* Copies, as a row is borrowed until the next one is asked for. */
static Explain *open_terms(const StudyWork *w, StudyKey key, const float *v,
                           const double *toward, double *magnitude) {
    const int dim = trace_config(w->trace)->dim;
    Explain *ex = study_explain_open(dim);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_DOT;
    ex->index = EXPLAIN_BY_ELEMENT;
    name_direction(w, key, ex);
    *magnitude = 0;
    for (int i = 0; i < dim; i++) {
        const double product = (double)v[i] * toward[i];
        study_explain_term(ex, i, v[i], (float)toward[i], product);
        *magnitude += fabs(product);
    }
    study_explain_step(ex, study_explain_sum(ex), "Σ of %d products", dim);
    return ex;
}

/* A vector that many parts have written was put in at this position: what each
 * wrote before counts for nothing (study_why), so that its own vector is not
 * what the number is made of. */
static bool is_patched_over(const StudyWork *w, int pos) {
    const Edits *e = trace_edits(w->trace);
    for (int i = 0; i < e->n; i++) {
        if (e->list[i].kind != EDIT_PATCH || !edits_is_at(&e->list[i], pos))
            continue;
        const Site site = edits_site(&e->list[i]);
        if (site != SITE_Z && site != SITE_MLP_OUT) return true;
    }
    return false;
}

static void *make_adds(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const size_t dim = (size_t)c->dim;
    double share = 0, magnitude = 0;
    if (key.a < 0 || key.a >= c->vocab_size || key.b >= c->vocab_size ||
        is_patched_over(w, key.pos) || !share_of(w, key, &share))
        return NULL;
    float *v = malloc(dim * sizeof *v);
    double *toward = malloc(dim * sizeof *toward);
    Explain *ex = NULL;
    if (v && toward && study_vector(w, key, v) &&
        study_aim_at(w, key.pos, key.a, key.b, study_vector_sum(w, key),
                     key.layer, toward))
        ex = open_terms(w, key, v, toward, &magnitude);
    free(v);
    free(toward);
    if (!ex) return NULL;
    study_explain_finish(ex, key, (float)share, STUDY_UNIT, bytes);
    /* A head's vector is rounded to f32, element by element. */
    ex->bound = magnitude * (c->dim + STUDY_ROUNDINGS) * STUDY_UNIT + 1e-12;
    ex->matches = fabs(ex->total - (double)ex->stored) <= ex->bound;
    return ex;
}

/* ---- what it is worth ---------------------------------------------------- */

/* One more line of what was measured. */
static void say(Explain *ex, double value, const char *run, const char *token) {
    char label[64];
    snprintf(label, sizeof label, "%s: logit of %s", run, token);
    study_explain_before(ex, value, label);
}

static void *make_worth(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int a = key.a, b = key.b;
    StudyKey at = key;
    at.kind = STUDY_OFF;
    at.a = at.b = 0;
    if (a < 0 || a >= w->n_vocab || b >= w->n_vocab) return NULL;
    const StudyOff *off = w->made(w, at);
    Explain *ex = off ? study_explain_open(1) : NULL;
    if (!ex) return NULL;
    char first[32], second[32];
    /* Read before the row is asked for: each is borrowed until the next. */
    const double without_a = (double)off->logits[a];
    const double without_b = b < 0 ? 0 : (double)off->logits[b];
    const double log_sum = off->log_sum;
    const float *with = w->row(w, SITE_LOGITS, 0, key.pos);
    const double with_a = (double)with[a];
    const double with_b = b < 0 ? 0 : (double)with[b];
    name_token(w, a, first, sizeof first);
    if (b >= 0) name_token(w, b, second, sizeof second);
    snprintf(ex->formula, sizeof ex->formula,
             b < 0 ? "worth = logit with it − logit without it"
                   : "worth = difference with it − difference without it");
    say(ex, with_a, "with it", first);
    if (b >= 0) say(ex, with_b, "with it", second);
    say(ex, without_a, "without it", first);
    if (b >= 0) say(ex, without_b, "without it", second);
    study_explain_before(ex, log_sum, "without it: log Σ exp(logits)");
    study_explain_step(ex, exp(without_a - log_sum), "without it: p of %s",
                       first);
    study_explain_step(ex, with_a - with_b, "with it");
    study_explain_step(ex, without_a - without_b, "without it");
    study_explain_step(ex, with_a - with_b - (without_a - without_b),
                       "worth: with it − without it");
    study_explain_finish(ex, key, (float)ex->total, STUDY_UNIT, bytes);
    return ex;
}

const StudyKindInfo study_kind_adds = {.name = "adds",
                                       .make = make_adds,
                                       .close = study_explain_close,
                                       .of_logits = true};
const StudyKindInfo study_kind_worth = {.name = "worth",
                                        .make = make_worth,
                                        .close = study_explain_close,
                                        .runs = true,
                                        .of_logits = true};
