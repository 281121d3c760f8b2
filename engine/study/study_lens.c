/* STUDY_LENS and STUDY_RANK: what the model would say if the residual stream
 * ended here. */
#include "engine/study/study_private.h"

#include <math.h>
#include <stdlib.h>

/* The lens's logits [V] on the heap; NULL: no memory. */
static float *lens_logits(const StudyWork *w, StudyKey key) {
    const int n = trace_config(w->trace)->vocab_size;
    float *logits = malloc((size_t)n * sizeof *logits);
    if (!logits) return NULL;
    const float *x = w->row(w, key.site, key.layer, key.pos);
    trace_lens(w->trace, key.pos, x, logits);
    for (int i = 0; i < n; i++)
        if (isnan(logits[i])) logits[i] = -INFINITY;
    sampler_among(&w->ids, logits, logits);
    return logits;
}

/* Puts id into its place among the best so far. */
static void offer(StudyLens *out, int *n, const float *logits, int id) {
    int at = *n;
    while (at > 0 && logits[out->id[at - 1]] < logits[id])
        at--;
    if (at == STUDY_GUESSES) return;
    if (*n < STUDY_GUESSES) (*n)++;
    for (int i = *n - 1; i > at; i--)
        out->id[i] = out->id[i - 1];
    out->id[at] = id;
}

static void *make_lens(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int n_vocab = w->n_vocab;
    float *logits = lens_logits(w, key);
    StudyLens *out = logits ? calloc(1, sizeof *out) : NULL;
    if (out) {
        int n = 0;
        for (int id = 0; id < n_vocab; id++)
            offer(out, &n, logits, id);
        const double log_sum =
            study_log_sum(logits, n_vocab, logits[out->id[0]]);
        for (int i = 0; i < n; i++)
            out->prob[i] = (float)exp((double)logits[out->id[i]] - log_sum);
        *bytes = sizeof *out;
    }
    free(logits);
    return out;
}

static void *make_rank(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const int n_vocab = w->n_vocab, id = key.index;
    if (id < 0 || id >= n_vocab) return NULL;
    float *logits = lens_logits(w, key);
    StudyRank *out = logits ? calloc(1, sizeof *out) : NULL;
    if (out) {
        float most = logits[0];
        out->rank = 1;
        for (int i = 0; i < n_vocab; i++) {
            most = fmaxf(most, logits[i]);
            out->rank += logits[i] > logits[id];
            if (i < id) out->rank += logits[i] == logits[id];
        }
        out->logit = logits[id];
        out->prob = (float)exp((double)logits[id] -
                               study_log_sum(logits, n_vocab, most));
        *bytes = sizeof *out;
    }
    free(logits);
    return out;
}

const StudyKindInfo study_kind_lens = {
    .name = "lens", .make = make_lens, .of_logits = true};
const StudyKindInfo study_kind_rank = {
    .name = "rank", .make = make_rank, .of_logits = true};
