/* Backprop: the loss of one row of tokens, and its gradient.
 *
 *     Backprop b;
 *     if (!backprop_init(&b, &params, tkern, seq_len, &err)) ...
 *     loss += backprop_row(&b, w, &(BackpropRow){tokens, tokens + 1, NULL, n},
 *                          grad, 1.0f / n_targets);
 *     backprop_free(&b);
 *
 * The operations of the model's Arch as in engine/run/forward.c, but all
 * positions of a row at once, keeping what the way back needs; then back
 * through the same operations.  One thread; who wants more has several
 * Backprops, each with gradients of its own.  Buffers are allocated by
 * backprop_init alone.
 *
 * Does NOT batch, average or change weights (see train.h).
 */
#ifndef ENGINE_TRAIN_BACKPROP_H
#define ENGINE_TRAIN_BACKPROP_H

#include "engine/train/params.h"
#include "engine/train/tkern.h"

/* Where the rows of each site are, each [T, ...] as site_shape says. */
typedef struct BackpropSites {
    float *at[SITE_COUNT]; /* NULL: not kept */
} BackpropSites;

typedef struct Backprop {
    const Params *params;
    const Kern *kern;
    const Tkern *tkern;
    int seq_len;  /* T, the longest row */
    int n;        /* positions of the row at hand */
    int layer;    /* at hand; 0 before the layers and after them */
    int *first;   /* [T] of each, where its text begins: the last BOS, or 0 */
    int *targets; /* [T] of those learnt, where only they are gone on with */
    const int *tokens;
    const float *w;
    float *grad;

    /* Values.  Sums are made in the place of what they begin with, unless a
     * matrix reads that.  What comes before the layers is among those of the
     * first, what comes after them among those of the last.  Queries are kept
     * as q / sqrt(K), so that q.k is the score. */
    BackpropSites *layers; /* [L] */
    /* Their gradients, of the layer at hand.  Those of a sum and of what is
     * added, of an activation and of what it is of, are in one place; those of
     * the logits in that of the logits. */
    BackpropSites grads;
    int place[SITE_COUNT]; /* the same number, the same place */
    bool has[SITE_COUNT];  /* by place: a gradient is there, more is added */

    float *turns_q, *turns_k;  /* [T, K] see rope_turns; those of q carry
                                   1 / sqrt(K); NULL: nothing is turned */
    float *back_q, *back_k;    /* the same turning back */
    float *pattern, *dpattern; /* [T, T] of one head */
    float *block;              /* where all of these are */
} Backprop;

/* Bytes that a Backprop of this shape allocates. */
uint64_t backprop_bytes(const Params *p, int seq_len);

/* params is borrowed.  On failure *b is zeroed. */
bool backprop_init(Backprop *b, const Params *params, const Tkern *tkern,
                   int seq_len, Err *err);
void backprop_free(Backprop *b); /* a zeroed one is fine */

typedef struct BackpropRow {
    const int *tokens, *targets; /* [n]: what is read, what is to be said */
    const bool *learns;          /* [n]; NULL: at every position */
    int n;                       /* 0 < n <= seq_len */
} BackpropRow;

/* The sum over positions i of -log p(targets[i] | what i sees); a probability
 * below FLT_MIN counts as that.  What i sees are the tokens of its text, up to
 * i in an architecture that looks back alone; a text begins at each BOS and at
 * 0, and its positions are counted from there.  Adds `weight` times the
 * gradient to grad, a block like w, unless that is NULL. */
double backprop_row(Backprop *b, const float *w, const BackpropRow *row,
                    float *grad, float weight);

/* ---- between backprop.c, backprop_step.c and backprop_attend.c ----------- */

/* All operations of a part of the architecture, forward and back. */
void backprop_forward(Backprop *b, ArchPart part);
void backprop_back(Backprop *b, ArchPart part);

/* What attention reads and makes: q, z [H*K]; k, v [G*K]. */
typedef struct BackpropHeads {
    float *q, *k, *v, *z;
} BackpropHeads;

/* z from q, k, v. */
void backprop_attend(Backprop *b, const BackpropHeads *at);

/* grads->q, k, v from grads->z; those of q and k are still rotated. */
void backprop_attend_back(Backprop *b, const BackpropHeads *at,
                          const BackpropHeads *grads);

#endif
