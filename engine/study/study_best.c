/* STUDY_BEST: the likeliest token to come, and what turns a logit into a
 * probability. */
#include "engine/study/study_private.h"

#include <math.h>
#include <stdlib.h>

const float *study_logits(const StudyWork *w, int pos, float **own) {
    *own = NULL;
    if (w->ids.n_without > 0) {
        *own = malloc((size_t)w->n_vocab * sizeof **own);
        if (!*own) return NULL;
    }
    return sampler_among(&w->ids, w->row(w, SITE_LOGITS, 0, pos), *own);
}

/* As sampler_stages: the lowest id on ties, NaN as -inf. */
static int best_of(const float *logits, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[best] || isnan(logits[best])) best = i;
    return best;
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int n = w->n_vocab;
    *bytes = sizeof(StudyBest);
    float *own;
    const float *logits = study_logits(w, key.pos, &own);
    StudyBest *out = logits ? malloc(sizeof *out) : NULL;
    if (!out) {
        free(own);
        return NULL;
    }
    out->id = best_of(logits, n);
    out->logit = logits[out->id];
    out->log_sum = study_log_sum(logits, n, out->logit);
    free(own);
    return out;
}

const StudyKindInfo study_kind_best = {
    .name = "best", .make = make, .of_logits = true};
