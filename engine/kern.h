/* Kern: the arithmetic, one table of functions per instruction set.
 *
 * THE ORDER OF SUMMATION IS PART OF THE CONTRACT.  Within one table every dot
 * product sums in one fixed order that depends on its length alone: not on the
 * number of threads, not on how many rows or positions are computed together,
 * not on alignment.  So prefill, decode and recompute agree bit for bit.
 * Between tables results differ by rounding (tests bound it).
 *
 * All functions: f32, row-major, no allocation, cannot fail, n > 0.  Outputs
 * may not overlap inputs unless said.  Exactly one file per instruction set:
 * kern_generic.c, kern_avx2.c, kern_avx512.c, kern_neon.c.
 */
#ifndef ENGINE_KERN_H
#define ENGINE_KERN_H

#include "engine/model.h"

typedef struct Kern {
    const char *name; /* "generic", "avx2", "avx512", "neon" */

    /* y[t, o] = sum_i w[o, i] * x[t, i].  x: [n_tok, n_in], w: [n_out, n_in],
     * y: [n_tok, n_out].  Single thread: the caller splits n_out.  ldy is the
     * distance between rows of y in floats. */
    void (*matmul)(float *y, int ldy, const float *x, int n_tok,
                   const float *w, int n_in, int n_out);

    /* sum_i a[i] * b[i], in the same order as matmul's sums. */
    float (*dot)(const float *a, const float *b, int n);

    /* y[i] += a * x[i] */
    void (*axpy)(float *y, float a, const float *x, int n);

    /* Returns sqrt(mean(x^2) + eps); norm[i] = x[i] / that; out[i] = norm[i] *
     * gain[i].  Source: Zhang & Sennrich 2019 (RMSNorm), arXiv:1910.07467. */
    float (*rmsnorm)(float *norm, float *out, const float *x,
                     const float *gain, int n, float eps);

    /* p[i] = exp(s[i] - max s) / sum of those.  s may be p.  -inf gives 0.
     * At least one s[i] must be finite. */
    void (*softmax)(float *p, const float *s, int n);

    /* out[i] = gate[i] / (1 + exp(-gate[i])) * up[i].  out may be gate.
     * Source: Shazeer 2020 (GLU variants), arXiv:2002.05202. */
    void (*silu_mul)(float *out, const float *gate, const float *up, int n);
} Kern;

/* The best table this CPU runs, or the one named; NULL if there is none of
 * that name for this CPU.  name NULL: best. */
const Kern *kern_get(const char *name);

/* All tables this CPU runs, best first; returns how many (<= max). */
int kern_list(const Kern **out, int max);

/* y = x W^T over `threads` threads (0: all cores), the split being over rows
 * of W only, for any tensor type. */
void kern_matmul(const Kern *k, float *y, const float *x, int n_tok,
                 const Tensor *w, int n_threads);

/* Rotates pairs (2i, 2i+1) of each of n_heads vectors of head_dim at x by the
 * angle pos * theta^(-2i/head_dim); out may be x.  cos/sin are computed in
 * double and rounded, the same on every table.
 * Source: Su et al. 2021 (RoFormer), arXiv:2104.09864, eq. 34. */
void kern_rope(float *out, const float *x, int n_heads, int head_dim, int pos,
               float theta);

#endif
