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
    /* What never comes stands behind all others. */
    const int n_all = w->n_vocab, n = n_all - w->ids.n_without;
    float *own;
    *bytes = sizeof(StudyNext) + (uint64_t)n_all * sizeof(Candidate);
    const float *logits = study_logits(w, key.pos, &own);
    StudyNext *next = logits ? malloc(*bytes) : NULL;
    if (!next) {
        free(own);
        return NULL;
    }
    next->n = n;
    next->coin = sampler_coin(w->seed, key.pos + 1);
    next->drawn = 0;
    sampler_stages(&w->sampler, logits, n_all, next->candidates);
    free(own);
    next->entropy =
        study_tells(next->candidates) ? entropy_of(next->candidates, n) : NAN;
    int id = sampler_pick(next->candidates, n, next->coin);
    while (next->candidates[next->drawn].id != id)
        next->drawn++;
    return next;
}

const StudyKindInfo study_kind_next = {.name = "next",
                                       .make = make,
                                       .of_sampler = true,
                                       .sorts = true,
                                       .of_logits = true};
