/* Backprop: the loss of one row of tokens, and its gradient.
 *
 *     Backprop b;
 *     if (!backprop_init(&b, &params, tkern, seq_len, &err)) ...
 *     loss += backprop_row(&b, w, tokens, n, grad, 1.0f / n_targets);
 *     backprop_free(&b);
 *
 * Forward as in engine/run/forward.c, but all positions of a row at once,
 * keeping what the way back needs; then back through the same steps.  One
 * thread; who wants more has several Backprops, each with gradients of its own.
 * Buffers are allocated by backprop_init alone.
 *
 * Does NOT batch, average or change weights (see train.h).
 */
#ifndef ENGINE_TRAIN_BACKPROP_H
#define ENGINE_TRAIN_BACKPROP_H

#include "engine/train/params.h"
#include "engine/train/tkern.h"

/* What a layer keeps from the way forward, each [T, ...]. */
typedef struct BackpropLayer {
    float *norm1, *ln1, *scale1; /* [D], [D], [1] as Kern's rmsnorm has them */
    float *q, *k, *v;            /* [H*K], [G*K]; q, k rotated, and q / sqrt(K)
                                    so that q.k is the score */
    float *z;                    /* [H*K] */
    float *norm2, *ln2, *scale2;
    float *gate, *up, *act; /* [F]; act = silu(gate) * up */
} BackpropLayer;

typedef struct Backprop {
    const Params *params;
    const Kern *kern;
    const Tkern *tkern;
    int seq_len; /* T, the longest row */
    int n;       /* positions of the row at hand */
    int *first;  /* [T] of each, where its text begins: the last BOS, or 0 */
    const float *w;
    float *grad;

    BackpropLayer *layers;
    float *x, *dx;             /* [T, D] the residual stream */
    float *norm, *ln, *scale;  /* of the final norm */
    float *logits;             /* [T, V]; becomes their gradient */
    float *turns_q, *turns_k;  /* [T, K] see rope_turns; those of q carry
                                   1 / sqrt(K) */
    float *back_q, *back_k;    /* the same turning back */
    float *pattern, *dpattern; /* [T, T] of one head */
    float *dln;                /* [T, D] */
    float *dq, *dk, *dv, *dz;  /* as q, k, v, z */
    float *dgate, *dup;        /* [T, F] */
    float *block;              /* where all of these are */
} Backprop;

/* Bytes that a Backprop of this shape allocates. */
uint64_t backprop_bytes(const Params *p, int seq_len);

/* params is borrowed.  On failure *b is zeroed. */
bool backprop_init(Backprop *b, const Params *params, const Tkern *tkern,
                   int seq_len, Err *err);
void backprop_free(Backprop *b); /* a zeroed one is fine */

/* The sum over positions 0..n-1 of -log p(tokens[i + 1] | tokens[s..i]), 0 < n
 * <= seq_len, where s is the last BOS before i + 1, or 0; a probability below
 * FLT_MIN counts as that.  Only of those with learns[i], unless that is NULL.
 * Adds `weight` times its gradient to grad, a block like w, unless that is
 * NULL. */
double backprop_row(Backprop *b, const float *w, const int *tokens,
                    const bool *learns, int n, float *grad, float weight);

/* ---- between backprop.c and backprop_attend.c ---------------------------- */

/* z from q, k, v of a layer. */
void backprop_attend(Backprop *b, const BackpropLayer *layer);

/* dq, dk, dv from dz; those of q and k are still rotated. */
void backprop_attend_back(Backprop *b, const BackpropLayer *layer);

#endif
