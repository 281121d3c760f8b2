/* Checkpoints: the steps of the embedded model's training: the figures that
 * were measured of them, and what each makes of a text.
 *
 *     Checkpoints *c = checkpoints_open(tokenizer, 0, &err);
 *     checkpoints_want(c, tokens, n);      // locked, as all but _compute
 *     while (checkpoints_begin(c)) {
 *         checkpoints_compute(c, watch);   // on the thread that works
 *         checkpoints_publish(c);          // while nobody draws
 *     }
 *     draw(checkpoints_training(c)) ...
 *
 * The models stay open while somebody looks, each with the text that it has
 * read, of at most a context: another place in it costs the tokens that one
 * has not read, and the last one.  What nobody looks at costs neither time nor
 * memory.  Steps are read side by side, each on a thread: the numbers are the
 * same on any number of them.
 *
 * The table is assets/models/steps/training.tsv; its columns are described in
 * assets/training.sh, which makes it.
 *
 * Does NOT lock (worker.c does), and knows no interventions: each step reads
 * the text as it was trained.
 */
#ifndef VIZ_APP_CHECKPOINTS_H
#define VIZ_APP_CHECKPOINTS_H

#include "engine/run/session.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/views/training.h"

#include <stddef.h>

/* A table, `text` [n], which must stay; ERR_FORMAT names line and column. */
bool checkpoints_read(const char *text, size_t n, Training *out, Err *err);

typedef struct Checkpoints Checkpoints;

/* For a viewer with this tokenizer, on so many threads (0: one per core); a
 * build that holds no table has none of it: NULL with err's code ERR_NONE. */
Checkpoints *checkpoints_open(const Tokenizer *tokenizer, int n_threads,
                              Err *err);
void checkpoints_close(Checkpoints *c); /* NULL is fine */

/* Of which model they are shown, by its name for `model=`; NULL: the embedded
 * one. */
void checkpoints_beside(Checkpoints *c, const char *model);

const Training *checkpoints_training(const Checkpoints *c);

/* What follows these tokens is wanted of every step; n 0: nothing is yet, NULL:
 * nobody looks, and all that is open is to be closed.  The same again changes
 * nothing.  Tokens that do not fit are not read. */
void checkpoints_want(Checkpoints *c, const int *tokens, int n);

/* Nothing is left to compute or to close; c may be NULL. */
bool checkpoints_are_settled(const Checkpoints *c);

/* Takes the next steps that are missing, one for each thread, or what is to be
 * closed; false: there is nothing. */
bool checkpoints_begin(Checkpoints *c);
/* Computes them, or closes all.  What fails stays missing and is not tried
 * again; what the watch stopped, which is asked on all these threads, is, from
 * where it had come to. */
void checkpoints_compute(Checkpoints *c, SessionWatch watch);
/* Their numbers can be seen from now on, unless another text is wanted. */
void checkpoints_publish(Checkpoints *c);

/* Positions computed so far, of all steps. */
uint64_t checkpoints_n_read(const Checkpoints *c);

#endif
