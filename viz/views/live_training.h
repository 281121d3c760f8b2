/* Live_training: what is known of a small model that is trained while one
 * looks on: how far it is, what it has cost, and what it says by now.
 *
 * Data alone.  viz/app/live.c trains it and fills this in.
 */
#ifndef VIZ_VIEWS_LIVE_TRAINING_H
#define VIZ_VIEWS_LIVE_TRAINING_H

#include <stdbool.h>
#include <stdint.h>

#define LIVE_STEPS_MAX 2000 /* of one training: its schedule ends there */
#define LIVE_ROWS      4    /* in a step's batch */
#define LIVE_CONTEXT   64   /* tokens of a row, and positions of the model */
#define LIVE_STORY_MAX 48   /* tokens */

typedef struct LiveTraining {
    const char *why; /* nothing can be trained here; NULL: it can */
    int wanted;      /* steps that the state asks for; `step` gets there */
    uint64_t seed;
    bool is_own;       /* it learns the text shown, not the world's stories */
    int step;          /* done by the model below; -1: nothing is there yet */
    int dim, n_layers; /* of the model */
    int n_weights;
    const float *rates;  /* [LIVE_STEPS_MAX + 1] of each step to come */
    const float *losses; /* [step] of each step's batch, before it was learnt:
                            mean of -ln p of the true next token */
    /* The next batch, before it is learnt. */
    float loss;                   /* of all of it */
    float rows[LIVE_ROWS];        /* of each row: their mean is the loss */
    int tokens[LIVE_CONTEXT + 1]; /* of the first row, */
    float p[LIVE_CONTEXT]; /* and what the model gives to the one that comes
                              after each: their mean -ln is its loss */
    int story[LIVE_STORY_MAX], n_story; /* drawn from it with the seed */
    const float *after; /* [n_vocab] what follows the text shown, of which it
                           reads the last LIVE_CONTEXT tokens */
    int n_vocab;
} LiveTraining;

#endif
