/* Chunks of parameters over threads: each is summed and changed by one
 * thread, so their number does not show in the result. */
#include "engine/train/optim.h"

#include <math.h>

#define CHUNK       16384 /* floats that one thread takes at a time */
#define EPS         1e-8f
#define HALF_CIRCLE 3.141592653589793

float optim_rate(const OptimOptions *o, int step) {
    if (step < o->warmup) return o->rate * (float)(step + 1) / (float)o->warmup;
    const int left = o->steps - o->warmup;
    const double done = left > 0 ? (double)(step - o->warmup) / left : 1;
    const double share = 0.5 * (1 + cos(HALF_CIRCLE * (done < 1 ? done : 1)));
    return o->rate_end + (o->rate - o->rate_end) * (float)share;
}

static int n_chunks(const Params *p) {
    return (int)((p->n + CHUNK - 1) / CHUNK);
}

static size_t chunk_end(const Params *p, size_t first) {
    return p->n - first < CHUNK ? p->n : first + CHUNK;
}

/* ---- summing ------------------------------------------------------------- */

typedef struct SumJob {
    const Params *params;
    float *const *sums;
    int n_sums;
    double squares[PARAMS_MAX / CHUNK]; /* of each chunk */
} SumJob;

static void sum_chunk(void *ud, int i) {
    SumJob *j = ud;
    const size_t first = (size_t)i * CHUNK, end = chunk_end(j->params, first);
    float *total = j->sums[0];
    for (int s = 1; s < j->n_sums; s++)
        for (size_t k = first; k < end; k++)
            total[k] += j->sums[s][k];
    double squares = 0;
    for (size_t k = first; k < end; k++)
        squares += (double)total[k] * total[k];
    j->squares[i] = squares;
}

double optim_sum(const Params *p, float *const *sums, int n_sums,
                 int n_threads) {
    SumJob job = {.params = p, .sums = sums, .n_sums = n_sums};
    team_parallel(sum_chunk, &job, n_chunks(p), n_threads);
    double squares = 0;
    for (int i = 0; i < n_chunks(p); i++)
        squares += job.squares[i];
    return sqrt(squares);
}

/* ---- the step ------------------------------------------------------------ */

typedef struct StepJob {
    const Params *params;
    const Tkern *tkern;
    float *w, *m, *v;
    const float *g;
    AdamStep decaying, plain;
} StepJob;

static void step_range(const StepJob *j, size_t first, size_t end,
                       const AdamStep *s) {
    if (first < end)
        j->tkern->adam(j->w + first, j->m + first, j->v + first, j->g + first,
                       (int)(end - first), s);
}

static void step_chunk(void *ud, int i) {
    const StepJob *j = ud;
    const size_t first = (size_t)i * CHUNK, end = chunk_end(j->params, first);
    size_t middle = j->params->n_matrices;
    if (middle < first) middle = first;
    if (middle > end) middle = end;
    step_range(j, first, middle, &j->decaying);
    step_range(j, middle, end, &j->plain);
}

void optim_step(const Params *p, const OptimOptions *o, const Tkern *tkern,
                int step, float *w, float *m, float *v, const float *g,
                double norm, int n_threads) {
    const bool clips = o->clip > 0 && norm > o->clip;
    AdamStep s = {.rate = optim_rate(o, step),
                  .scale = clips ? (float)(o->clip / norm) : 1,
                  .beta1 = o->beta1,
                  .beta2 = o->beta2,
                  .fix1 = (float)(1 / (1 - pow(o->beta1, step + 1))),
                  .fix2 = (float)(1 / (1 - pow(o->beta2, step + 1))),
                  .eps = EPS};
    StepJob job = {.params = p, .tkern = tkern, .g = g, .plain = s};
    s.decay = s.rate * o->decay;
    job.decaying = s;
    job.w = w; /* written through: see kern_matmul */
    job.m = m;
    job.v = v;
    team_parallel(step_chunk, &job, n_chunks(p), n_threads);
}
