/* STUDY_PROB, SURPRISE, SHARE, ENTROPY and MEAN: the arithmetic behind
 * numbers that are made of several. They are shown, not stored: what a view
 * shows is what the arithmetic is held against. */
#include "engine/study/study_private.h"

#include "engine/formula/formula.h"

#include "engine/spec/arch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what could come next ------------------------------------------------ */

/* All candidates, best first, and an explanation with a term for each;
 * release frees both. */
typedef struct Field {
    Candidate *c;
    int n, own; /* own: the candidate that the key names */
    Explain *ex;
} Field;

static bool field_open(Field *f, const StudyWork *w, StudyKey key) {
    *f = (Field){.n = w->n_vocab};
    f->c = malloc((size_t)f->n * sizeof *f->c);
    f->ex = f->c ? study_explain_open(f->n) : NULL;
    if (!f->ex || key.index < 0 || key.index >= f->n) {
        free(f->c);
        if (f->ex) study_explain_close(f->ex);
        return false;
    }
    float *among;
    const float *logits = study_logits(w, key.pos, &among);
    if (!logits) {
        free(f->c);
        study_explain_close(f->ex);
        return false;
    }
    sampler_stages(&w->sampler, logits, f->n, f->c);
    free(among);
    if (!study_tells(f->c)) {
        free(f->c);
        study_explain_close(f->ex);
        return false;
    }
    f->n -= w->ids.n_without; /* which stand behind all others */
    while (f->c[f->own].id != key.index && f->own + 1 < f->n)
        f->own++;
    f->ex->index = EXPLAIN_BY_TOKEN;
    f->ex->col = key.index;
    return true;
}

static void name_softmax(Explain *ex, double temperature) {
    bool divided = temperature != 1;
    ex->kind = EXPLAIN_SOFTMAX;
    snprintf(ex->a_name, sizeof ex->a_name, divided ? "logit/T" : "logit");
    snprintf(
        ex->formula, sizeof ex->formula,
        divided
            ? FORMULA("e^{\\text{logit}/T-\\max}/\\sum "
                      "e^{\\text{logit}/T-\\max},\\quad T=%.4g")
            : FORMULA("e^{\\text{logit}-\\max}/\\sum e^{\\text{logit}-\\max}"),
        temperature);
}

static void *make_prob(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Field f;
    StudyWork plain = *w;
    if (key.layer) plain.sampler.temperature = 1;
    double T = (double)plain.sampler.temperature;
    if (!field_open(&f, &plain, key)) return NULL;
    Explain *ex = f.ex;
    const Candidate *own = &f.c[f.own];
    double max = (double)f.c[0].scaled, at = (double)own->scaled - max;
    name_softmax(ex, T > 0 ? T : 1);
    for (int i = 0; i < f.n; i++) {
        double e = exp((double)f.c[i].scaled - max);
        study_explain_term(ex, f.c[i].id, f.c[i].scaled, (float)e, e);
    }
    double sum = study_explain_sum(ex);
    study_explain_before(ex, (double)own->logit, "its logit");
    if (T > 0 && T != 1)
        study_explain_before(ex, (double)own->scaled, "logit ÷ temperature");
    study_explain_before(ex, max, "max: the largest of all");
    study_explain_step(ex, exp(at), "its exp(… − max)");
    study_explain_step(ex, sum, "Σ over %d tokens", f.n);
    study_explain_step(ex, exp(at) / sum, "its exp ÷ Σ");
    float shown = own->prob;
    free(f.c);
    double rounded = fabs(max) + 2 * fabs(at); /* each logit/T is an f32 */
    return study_explain_finish(
        ex, key, shown, (rounded + f.n + STUDY_ROUNDINGS) * STUDY_UNIT, bytes);
}

static double surprise_of(const StudyWork *w, StudyKey key) {
    const StudyKey at = {.kind = STUDY_BEST, .pos = key.pos};
    const float *logits = w->row(w, SITE_LOGITS, 0, key.pos);
    const double own = (double)logits[key.index];
    const StudyBest *best = w->made(w, at);
    return best ? (best->log_sum - own) / log(2) : NAN;
}

static void *make_surprise(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    if (key.index < 0 || key.index >= w->n_vocab) return NULL;
    float *out = malloc(sizeof *out);
    if (out) *out = (float)surprise_of(w, key);
    *bytes = sizeof *out;
    return out;
}

/* One step after its probability. */
static void *make_surprise_cell(const StudyWork *w, StudyKey key,
                                uint64_t *bytes) {
    StudyWork plain = *w;
    plain.sampler = (SamplerParams){.temperature = 1};
    key.layer = 0;
    Explain *ex = make_prob(&plain, key, bytes);
    if (!ex) return NULL;
    const double at = ex->before[0].value - ex->before[1].value;
    snprintf(ex->formula, sizeof ex->formula,
             "surprise = −log₂ p, p = exp(logit − max) / Σ");
    study_explain_step(ex, (log(study_explain_sum(ex)) - at) / log(2),
                       "−log₂ of it: bits");
    study_explain_finish(ex, key, (float)surprise_of(w, key), 2 * STUDY_UNIT,
                         bytes);
    ex->bound += 1e-9; /* of logarithms of what is close to 1 */
    ex->matches = fabs(ex->total - (double)ex->stored) <= ex->bound;
    return ex;
}

static const char *cut_name(SamplerCut cut) {
    return cut == SAMPLER_CUT_TOP_K   ? "top-k"
           : cut == SAMPLER_CUT_TOP_P ? "top-p"
                                      : "min-p";
}

static void *make_share(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Field f;
    if (!field_open(&f, w, key)) return NULL;
    Explain *ex = f.ex;
    const Candidate *own = &f.c[f.own];
    ex->kind = EXPLAIN_SHARE;
    snprintf(ex->a_name, sizeof ex->a_name, "probability");
    snprintf(ex->formula, sizeof ex->formula,
             "probability / " FORMULA("\\sum") " of those kept");
    for (int i = 0; i < f.n; i++)
        if (f.c[i].cut == SAMPLER_KEPT)
            study_explain_term(ex, f.c[i].id, f.c[i].prob, 0,
                               (double)f.c[i].prob);
    double sum = study_explain_sum(ex);
    study_explain_before(ex, (double)own->prob, "its probability");
    study_explain_step(ex, sum, "Σ of the %d kept", ex->n_terms);
    if (own->cut == SAMPLER_KEPT)
        study_explain_step(ex, (double)own->prob / sum, "its probability ÷ Σ");
    else
        study_explain_step(ex, 0, "cut by %s: never drawn", cut_name(own->cut));
    float shown = own->final;
    free(f.c);
    return study_explain_finish(ex, key, shown,
                                (f.n + STUDY_ROUNDINGS) * STUDY_UNIT, bytes);
}

static void *make_entropy(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Field f;
    key.index = 0; /* of no token */
    if (!field_open(&f, w, key)) return NULL;
    Explain *ex = f.ex;
    ex->kind = EXPLAIN_ENTROPY;
    ex->col = -1;
    snprintf(ex->a_name, sizeof ex->a_name, "p");
    snprintf(ex->b_name, sizeof ex->b_name, "−log₂ p");
    snprintf(ex->formula, sizeof ex->formula,
             FORMULA("\\text{entropy}=-\\sum p\\log_2 p"));
    double shown = 0;
    for (int i = 0; i < f.n; i++) {
        double p = (double)f.c[i].prob, bits = p > 0 ? -log2(p) : 0;
        study_explain_term(ex, f.c[i].id, f.c[i].prob, (float)bits, p * bits);
        shown += p * bits;
    }
    study_explain_step(ex, study_explain_sum(ex), "Σ, in bits");
    free(f.c);
    return study_explain_finish(ex, key, (float)shown,
                                (f.n + STUDY_ROUNDINGS) * STUDY_UNIT, bytes);
}

/* ---- a head's mean weight ------------------------------------------------ */

/* A term a position; where several keys count, of all their weights, under the
 * last of them. */
static void add_weights(const StudyWork *w, StudyKey key, int head,
                        HeadKind kind, Explain *ex, HeadScores *scores) {
    const int first = study_first_token(key.pos);
    StudyJudged judged;
    for (int pos = first; pos <= key.pos; pos++) {
        study_judge(w, first, key.pos, pos, &judged);
        const int n = judged.n[kind], *keys = judged.keys[kind];
        const float *row = w->row(w, SITE_PATTERN, key.layer, pos) +
                           (size_t)head * (size_t)trace_n_keys(w->trace, pos);
        float weight = 0;
        head_scores_add_places(scores, kind, row, keys, n);
        for (int i = 0; i < n; i++)
            weight += row[keys[i]];
        if (n > 0)
            study_explain_term(ex, pos, weight, (float)keys[n - 1],
                               (double)weight);
    }
}

static void *make_mean(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    HeadScores scores = {0};
    HeadKind kind = (HeadKind)(key.index % HEAD_KINDS);
    Explain *ex = study_explain_open(STUDY_TOKENS_MAX);
    if (!ex) return NULL;
    ex->kind = EXPLAIN_MEAN;
    ex->index = EXPLAIN_BY_POSITION;
    ex->row = key.index / HEAD_KINDS;
    ex->col = -1;
    snprintf(ex->a_name, sizeof ex->a_name, "weight");
    snprintf(ex->b_name, sizeof ex->b_name, "looks at");
    snprintf(ex->formula, sizeof ex->formula, "mean weight");
    add_weights(w, key, ex->row, kind, ex, &scores);
    int n = ex->n_terms;
    if (n == 0) {
        study_explain_close(ex);
        return NULL;
    }
    study_explain_step(ex, study_explain_sum(ex), "Σ over %d token%s", n,
                       n == 1 ? "" : "s");
    study_explain_step(ex, study_explain_sum(ex) / n, "÷ %d", n);
    return study_explain_finish(ex, key, head_scores_mean(&scores, kind),
                                (n + STUDY_ROUNDINGS) * STUDY_UNIT, bytes);
}

const StudyKindInfo study_kind_prob = {.name = "prob",
                                       .make = make_prob,
                                       .close = study_explain_close,
                                       .of_sampler = true,
                                       .sorts = true,
                                       .of_logits = true};
const StudyKindInfo study_kind_surprise = {
    .name = "surprise", .make = make_surprise, .of_logits = true};
const StudyKindInfo study_kind_surprise_cell = {.name = "surprise cell",
                                                .make = make_surprise_cell,
                                                .close = study_explain_close,
                                                .sorts = true,
                                                .of_logits = true};
const StudyKindInfo study_kind_share = {.name = "share",
                                        .make = make_share,
                                        .close = study_explain_close,
                                        .of_sampler = true,
                                        .sorts = true,
                                        .of_logits = true};
const StudyKindInfo study_kind_entropy = {.name = "entropy",
                                          .make = make_entropy,
                                          .close = study_explain_close,
                                          .of_sampler = true,
                                          .sorts = true,
                                          .of_logits = true};
const StudyKindInfo study_kind_mean = {
    .name = "mean", .make = make_mean, .close = study_explain_close};
