/* Checkpoints: the steps of the embedded model's training: the figures that
 * were measured of them, and what each makes of a text.
 *
 *     Checkpoints *c = checkpoints_open(tokenizer, &err);
 *     checkpoints_want(c, tokens, n);      // locked, as all but _compute
 *     while (checkpoints_begin(c)) {
 *         checkpoints_compute(c);          // on the thread that works
 *         checkpoints_publish(c);          // while nobody draws
 *     }
 *     draw(checkpoints_training(c)) ...
 *
 * One model is open at a time, for one reading of the text, of at most a
 * context: what is not wanted costs neither time nor memory.
 *
 * The table is assets/models/steps/training.tsv; its columns are described in
 * assets/training.sh, which makes it.
 *
 * Does NOT lock (worker.c does), and knows no interventions: each step reads
 * the text as it was trained.
 */
#ifndef VIZ_APP_CHECKPOINTS_H
#define VIZ_APP_CHECKPOINTS_H

#include "engine/tokenizer/tokenizer.h"
#include "viz/views/training.h"

#include <stddef.h>

/* A table, `text` [n], which must stay; ERR_FORMAT names line and column. */
bool checkpoints_read(const char *text, size_t n, Training *out, Err *err);

typedef struct Checkpoints Checkpoints;

/* For a viewer with this tokenizer; a build that holds no table has none of
 * it: NULL with err's code ERR_NONE. */
Checkpoints *checkpoints_open(const Tokenizer *tokenizer, Err *err);
void checkpoints_close(Checkpoints *c); /* NULL is fine */

const Training *checkpoints_training(const Checkpoints *c);

/* What follows these tokens is wanted of every step; n 0: nothing is.  The same
 * again changes nothing.  Tokens that do not fit are not read. */
void checkpoints_want(Checkpoints *c, const int *tokens, int n);

/* Nothing is left to compute; c may be NULL. */
bool checkpoints_are_settled(const Checkpoints *c);

/* Takes the next step that is missing; false: none is. */
bool checkpoints_begin(Checkpoints *c);
/* Computes it.  What fails stays missing and is not tried again. */
void checkpoints_compute(Checkpoints *c);
/* Its numbers can be seen from now on, unless another text is wanted. */
void checkpoints_publish(Checkpoints *c);

#endif
