/* Live: a small model that is trained while one looks on.
 *
 *     Live *l = live_open(tokenizer, &err);
 *     live_want(l, &(LiveAsk){...});       // locked, as all but _compute
 *     while (live_begin(l)) {
 *         live_compute(l);                 // on the thread that works
 *         live_publish(l);                 // while nobody draws
 *     }
 *     draw(live_training(l)) ...
 *
 * Its text is drawn from the embedded world, or is one that is asked for, said
 * again and again; its tokens are those of the tokenizer it is opened with.
 * Text, seed and number of steps say all of it: to go
 * back it takes up one of the states that it keeps every LIVE_KEEP steps, and
 * gets there with the same bits (engine/train/train.h).  Other kernels
 * (kern.h) round differently, so another machine may show other digits.
 *
 * Another text at the same step reads that text alone: what the step says else
 * is known.
 *
 * live_compute returns after about LIVE_SLICE_MS; at most LIVE_STEPS_MAX steps
 * are ever made.  A tokenizer of more than LIVE_VOCAB_MAX pieces would make a
 * step take too long, and one whose texts begin with no token 1, which is what
 * data.h puts before each: then it says so and trains nothing.
 *
 * Does NOT lock (worker.c does), or write files.
 */
#ifndef VIZ_APP_LIVE_H
#define VIZ_APP_LIVE_H

#include "engine/base/err.h"
#include "engine/tokenizer/tokenizer.h"
#include "viz/views/live_training.h"

#define LIVE_VOCAB_MAX 2048
#define LIVE_KEEP      100 /* steps from one kept state to the next */
#define LIVE_SLICE_MS  20
#define LIVE_STORIES   512 /* that it learns from */
#define LIVE_OWN_MAX                                                           \
    65536 /* bytes of a text of one's own; the rest is not
                                learnt */

typedef struct Live Live;

/* NULL and err when out of memory, or where the world cannot be read.  The
 * tokenizer is borrowed. */
Live *live_open(const Tokenizer *tokenizer, Err *err);
void live_close(Live *l); /* NULL is fine */

const LiveTraining *live_training(const Live *l);

typedef struct LiveAsk {
    uint64_t seed;
    int step;          /* 0..LIVE_STEPS_MAX */
    const int *tokens; /* [n] what it says after these is wanted; n > 0 */
    int n;
    const char *own; /* [n_own] bytes, copied: the text to learn; NULL: the
                        world's stories */
    size_t n_own;
} LiveAsk;

/* NULL: nothing is wanted, what is there stays.  The same again changes
 * nothing. */
void live_want(Live *l, const LiveAsk *ask);

/* Nothing is left to compute; l may be NULL. */
bool live_is_settled(const Live *l);

bool live_begin(Live *l); /* false: nothing is left */
void live_compute(Live *l);
void live_publish(Live *l);

/* Positions read so far, besides those trained on. */
uint64_t live_n_read(const Live *l);

#endif
