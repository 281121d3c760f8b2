/* Tkern: the arithmetic of training, one table of functions per instruction
 * set, beside the Kern of the engine (whose norm, softmax and SwiGLU the
 * forward pass shares).
 *
 * As in kern.h the order of summation is part of the contract: within one
 * table it depends on the sizes alone, not on threads and not on alignment.
 *
 * All functions: f32, no allocation, cannot fail.  Outputs may not overlap
 * inputs unless said.
 */
#ifndef ENGINE_TRAIN_TKERN_H
#define ENGINE_TRAIN_TKERN_H

#include "engine/kernel/kern.h"

/* A matrix that is looked at: element (i, j) is at[i * row + j * col]. */
typedef struct Mat {
    const float *at;
    int row, col;
} Mat;

/* Rows `ld` floats apart; and the same memory with rows and columns changing
 * places. */
static inline Mat mat(const float *at, int ld) {
    return (Mat){at, ld, 1};
}
static inline Mat mat_flip(const float *at, int ld) {
    return (Mat){at, 1, ld};
}

/* One step of AdamW, see optim.h. */
typedef struct AdamStep {
    float rate;         /* learning rate */
    float decay;        /* rate * weight decay; 0 for what does not decay */
    float scale;        /* of the gradient, to clip its norm */
    float beta1, beta2; /* how much of the old moments is kept */
    float fix1, fix2;   /* 1 / (1 - beta^step): the moments start at zero */
    float eps;
} AdamStep;

typedef struct Tkern {
    const char *name;

    /* c[i, j] = sum over l of a[i, l] * b[l, j], or with `add` c[i, j] plus
     * that.  c: [m, n] rows ldc apart, a: [m, k], b: [k, n]; a.row or a.col
     * must be 1. */
    void (*gemm)(float *c, int ldc, Mat a, Mat b, int m, int n, int k,
                 bool add);

    /* The way back through norm = x / scale, out = norm * gain, where scale =
     * sqrt(mean(x^2) + eps): dx += scale^-1 (dnorm - norm mean(dnorm norm))
     * with dnorm = dout * gain, and dgain += dout * norm.  All [n]. */
    void (*rmsnorm_back)(float *dx, float *dgain, const float *dout,
                         const float *norm, const float *gain, float scale,
                         int n);

    /* The same through norm = (x - mean(x)) / scale, out = norm * gain + bias:
     * dx += scale^-1 (dnorm - mean(dnorm) - norm mean(dnorm norm)). */
    void (*layernorm_back)(float *dx, float *dgain, const float *dout,
                           const float *norm, const float *gain, float scale,
                           int n);

    /* dp becomes ds = p * (dp - sum of p * dp): back through a softmax. */
    void (*softmax_back)(float *dp, const float *p, int n);

    /* Back through out = silu(gate) * up; dgate may be dout. */
    void (*silu_back)(float *dgate, float *dup, const float *dout,
                      const float *gate, const float *up, int n);

    /* Back through out = activation(x), element by element; dx may be dout.
     * Source: Hendrycks & Gimpel 2016 (GELU), arXiv:1606.08415. */
    void (*activate_back)(Activation activation, float *dx, const float *dout,
                          const float *x, int n);

    /* y[i] += x[i] */
    void (*add)(float *y, const float *x, int n);

    /* w, m and v after a step with gradient g.  Source: Loshchilov & Hutter
     * 2019 (AdamW), arXiv:1711.05101, algorithm 2. */
    void (*adam)(float *w, float *m, float *v, const float *g, int n,
                 const AdamStep *s);
} Tkern;

/* The best table this CPU runs, or the one of that name ("avx512", "avx2",
 * "generic"); NULL if there is none of that name.  name NULL: best. */
const Tkern *tkern_get(const char *name);

#endif
