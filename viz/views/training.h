/* Training: what is known of how the embedded model became what it is: figures
 * of some steps of its training, and what each of them makes of the text that
 * is shown.
 *
 * Data, and the name of a step.  viz/app/checkpoints.c fills it in: the figures
 * are measured once (assets/training.sh), the probabilities are computed for
 * the text.
 */
#ifndef VIZ_VIEWS_TRAINING_H
#define VIZ_VIEWS_TRAINING_H

#include "lessons/state.h"

#include <stdio.h>
#include <string.h>

#define TRAINING_STEPS_MAX 32

/* What heads are measured for, in the order of `evaluate`. */
typedef enum TrainingRole {
    TRAINING_PREVIOUS,
    TRAINING_FIRST,
    TRAINING_SAME,
    TRAINING_INDUCTION,
    TRAINING_RECALL,
    TRAINING_ROLES
} TrainingRole;

/* Of the head that does most of it. */
typedef struct TrainingHead {
    int layer, head;
    float score; /* 0..1 */
} TrainingHead;

typedef struct TrainingStep {
    int step;
    uint64_t checksum;   /* of the model, model_checksum */
    int texts;           /* stories measured, and told */
    int told;            /* told ones that are the world's */
    float loss, entropy; /* nats a token; of the model, of the world */
    float names, pronouns, things; /* per cent right */
    TrainingHead heads[TRAINING_ROLES];
    int slip; /* byte at which its story leaves the world; -1: nowhere */
    const char *story; /* printable ASCII, [story_len]; borrowed */
    int story_len;
    /* [n_vocab] probabilities of what follows the current token; NULL: not
     * there yet. */
    const float *after;
} TrainingStep;

typedef struct Training {
    int n; /* at least 2, by step */
    TrainingStep steps[TRAINING_STEPS_MAX];
    bool reads;       /* its steps can read the text: the open model has their
                    tokens */
    int n_vocab;      /* of `after` */
    bool is_of_model; /* the model that is shown is one of the steps */
} Training;

/* What `model=` calls the model at a step. */
static inline void training_model(int step, char out[STATE_PATH_MAX]) {
    snprintf(out, STATE_PATH_MAX, "embedded:step-%06d", step);
}

/* The step that a state with this model is at: the last where it is none. */
static inline int training_at(const Training *t, const char *model) {
    for (int i = 0; i < t->n; i++) {
        char name[STATE_PATH_MAX];
        training_model(t->steps[i].step, name);
        if (strcmp(name, model) == 0) return i;
    }
    return t->n - 1;
}

#endif
