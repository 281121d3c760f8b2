/* Train: a model in training: weights, gradients, moments, and how far it is.
 *
 *     Trainer *t = train_open(&config, &options, "train", &err);
 *     train_randomize(t);                        // or train_copy, ckpt_load
 *     while (train_steps(t) < options.optim.steps)
 *         TrainStep s = train_step(t, &data);
 *     double loss = train_held_out(t, &data, 64);
 *     void *file = train_export(t, &(ParamsFile){0}, &size, &err);
 *     train_close(t);
 *
 * What a step computes is a function of the weights, the moments, the options
 * and the step's number: not of threads, and not of when the training was
 * interrupted.  Each row of a batch goes to one of TRAIN_SUMS sums of
 * gradients, whichever thread computes it, and the sums are added up in order.
 *
 * An architecture that looks back learns what comes next at every position; one
 * that sees the whole text learns the words that are hidden in it (mask.h).
 *
 * Allocates in train_open only.  Does NOT read texts or write files.
 */
#ifndef ENGINE_TRAIN_TRAIN_H
#define ENGINE_TRAIN_TRAIN_H

#include "engine/train/data.h"
#include "engine/train/optim.h"

#define TRAIN_SUMS      8 /* threads beyond these find no work */
#define TRAIN_BATCH_MAX 4096
#define TRAIN_STEPS_MAX 100000000

#define TRAIN_DRILL_KEPT 1 /* rows; so that it is not forgotten */

/* How many rows of a step are a drill (drill.h) instead of text: `rows` of the
 * first `steps` steps, and TRAIN_DRILL_KEPT after them.  0 rows: no drill. */
typedef struct TrainDrill {
    int rows, steps;
} TrainDrill;

typedef struct TrainOptions {
    OptimOptions optim;
    int batch; /* rows in a step, each of config.seq_len_max positions */
    TrainDrill
        drill; /* of fewer rows than batch; none where words are hidden */
    uint64_t seed;
    int n_threads;      /* 0: one per core; changes no result */
    const char *kernel; /* its table, as tkern_get; NULL: the best */
} TrainOptions;

typedef struct Trainer Trainer;

/* NULL and err on failure; `name` opens messages about the shape. */
Trainer *train_open(const Config *c, const TrainOptions *o, const char *name,
                    Err *err);
void train_close(Trainer *t); /* NULL is fine */

const Params *train_params(const Trainer *t);
const TrainOptions *train_options(const Trainer *t);
uint64_t train_bytes(const Trainer *t); /* of memory held */

/* Steps done. */
int train_steps(const Trainer *t);

/* The weights to start from: drawn from the seed, or those of a model. */
void train_randomize(Trainer *t);
void train_copy(Trainer *t, const Model *m);

typedef struct TrainStep {
    int64_t n;    /* the batch's tokens of text that were to be learnt */
    double loss;  /* mean over these, before the step, in nats; NaN: there was
                   * none */
    double drill; /* the same of the drill's that are to be learnt; NaN without
                   * a drill */
    double norm;  /* of the gradient, before clipping */
    float rate;
} TrainStep;

/* One step.  data->seq_len is config.seq_len_max; for a drill data has two
 * pieces or more; where words are hidden it has a mask, and a piece or more. */
TrainStep train_step(Trainer *t, const Data *data);

/* Mean loss over at most max_rows held-out rows, of which the same words are
 * hidden each time; NaN: none was. */
double train_held_out(Trainer *t, const Data *data, size_t max_rows);

/* As params_export, of the weights at this step. */
void *train_export(const Trainer *t, const ParamsFile *file, size_t *size,
                   Err *err);

/* What a checkpoint holds beside the options: blocks of train_params, and the
 * number of steps done.  For ckpt.c. */
typedef struct TrainState {
    float *w, *m, *v;
    int *steps;
} TrainState;
TrainState train_state(Trainer *t);

#endif
