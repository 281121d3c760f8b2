/* STUDY_BEST: the likeliest token to come, and what turns a logit into a
 * probability. */
#include "engine/study/study_private.h"

#include <math.h>
#include <stdlib.h>

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
    StudyBest *out = malloc(sizeof *out);
    if (!out) return NULL;
    const float *logits = w->row(w, SITE_LOGITS, 0, key.pos);
    out->id = best_of(logits, n);
    out->logit = logits[out->id];
    out->log_sum = study_log_sum(logits, n, out->logit);
    return out;
}

const StudyKindInfo study_kind_best = {.name = "best", .make = make};
