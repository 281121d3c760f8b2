/* STUDY_NEXT: every token that could come next, and the one the coin picks. */
#include "engine/study/study_private.h"

#include <math.h>
#include <stdlib.h>

static float entropy_of(const Candidate *c, int n) {
    double bits = 0;
    for (int i = 0; i < n; i++)
        if (c[i].prob > 0) bits -= c[i].prob * log2(c[i].prob);
    return (float)bits;
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    int n = w->n_vocab;
    *bytes = sizeof(StudyNext) + (uint64_t)n * sizeof(Candidate);
    StudyNext *next = malloc(*bytes);
    if (!next) return NULL;
    const float *logits = w->row(w, SITE_LOGITS, 0, key.pos);
    next->n = n;
    next->coin = sampler_coin(w->seed, key.pos + 1);
    next->drawn = 0;
    sampler_stages(&w->sampler, logits, n, next->candidates);
    next->entropy = entropy_of(next->candidates, n);
    int id = sampler_pick(next->candidates, n, next->coin);
    while (next->candidates[next->drawn].id != id)
        next->drawn++;
    return next;
}

const StudyKindInfo study_kind_next = {
    .name = "next", .make = make, .of_sampler = true, .sorts = true};
