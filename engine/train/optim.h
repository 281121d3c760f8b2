/* Optim: AdamW with warm-up, cosine decay and clipping of the gradient.
 *
 * Source: Loshchilov & Hutter 2019 (AdamW), arXiv:1711.05101, and 2017 (cosine
 * decay), arXiv:1608.03983; clipping: Pascanu et al. 2013, arXiv:1211.5063.
 */
#ifndef ENGINE_TRAIN_OPTIM_H
#define ENGINE_TRAIN_OPTIM_H

#include "engine/train/params.h"
#include "engine/train/tkern.h"

typedef struct OptimOptions {
    int steps;          /* the whole training: where the decay ends */
    int warmup;         /* steps until the full rate; may be 0 */
    float rate;         /* the full learning rate */
    float rate_end;     /* after the last step */
    float beta1, beta2; /* in [0, 1) */
    float decay;        /* weight decay, of matrices alone */
    float clip;         /* largest norm of the gradient; 0: any */
} OptimOptions;

/* The rate of step 0, 1, ... */
float optim_rate(const OptimOptions *o, int step);

/* Sums n_sums gradient blocks, in their order, into the first; returns the
 * norm of the result.  Does not depend on n_threads (0: one per core). */
double optim_sum(const Params *p, float *const *sums, int n_sums,
                 int n_threads);

/* One step: changes the weights w and the moments m and v, all blocks of p, by
 * the gradient g, whose norm is `norm`.  step counts from 0. */
void optim_step(const Params *p, const OptimOptions *o, const Tkern *tkern,
                int step, float *w, float *m, float *v, const float *g,
                double norm, int n_threads);

#endif
