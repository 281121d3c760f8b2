/* Training: a training under way at the command line: the loop around
 * train_step that shows progress, tries the model out, saves, and stops when
 * asked to.
 *
 * Does NOT open texts, tokenizers or trainers (see cmd_train.c).
 */
#ifndef VIZ_CLI_TRAIN_TRAINING_H
#define VIZ_CLI_TRAIN_TRAINING_H

#include "engine/train/ckpt.h"
#include "viz/cli/train/outputs.h"

#define TRAINING_SERIES_MAX 64

/* Steps at which the model is kept, where there is a folder for them:
 * step-NNNNNN with Outputs.end, and steps.tsv, a line each: step, loss,
 * held-out loss. */
typedef struct TrainingSeries {
    int steps[TRAINING_SERIES_MAX];
    int n;
    bool is_compact; /* see params_export */
} TrainingSeries;

/* Reads "0,10,100", or, for NULL, makes 0, 1, 2, 5, 10, 20, 50, ... up to
 * `last`, which closes the series. */
bool training_series(TrainingSeries *s, const char *list, int last, Err *err);

typedef struct Training {
    Trainer *trainer;
    const Data *data;
    const Tokenizer *tokenizer;
    CkptText text;
    uint64_t tokenizer_sum; /* of its file; each model says it */
    /* The model so far, at the end of a run; the checkpoint, now and then. */
    const Outputs *outputs;
    TrainingSeries series;
    const char *prompt; /* of the samples */
    int report_every;   /* steps between samples and held-out losses */
} Training;

/* Trains to the last step.  Ctrl-C, or SIGTERM, ends the run after the step
 * under way, with everything saved and ERR_CANCELLED.  A checkpoint that
 * cannot be written on the way is a warning and tried again later, as long as
 * there is memory to train in; at the end it is an error. */
bool training_run(Training *t, Err *err);

#endif
