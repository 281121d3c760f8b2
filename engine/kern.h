/* Kern: the arithmetic, one table of functions per instruction set.
 *
 * THE ORDER OF SUMMATION IS PART OF THE CONTRACT.  Within one table every dot
 * product sums in one fixed order that depends on its length alone: not on the
 * number of threads, not on how many rows or positions are computed together,
 * not on alignment.  So prefill, decode and recompute agree bit for bit.
 * Between tables results differ by rounding (tests bound it).
 *
 * All functions: f32, row-major, no allocation, cannot fail, n > 0.  Outputs
 * may not overlap inputs unless said.  `ld` is the distance between rows, in
 * floats; where there is none, rows are packed.  Exactly one file per
 * instruction set: kern_generic.c, kern_avx2.c, kern_avx512.c, kern_neon.c.
 * Each is a handful of vector primitives; kern_impl.h builds the table from
 * them, so adding an instruction set is adding one such file and a row in
 * kern.c.
 */
#ifndef ENGINE_KERN_H
#define ENGINE_KERN_H

#include "engine/model.h"

typedef struct Kern {
    const char *name; /* "generic", "avx2", "avx512", "neon" */

    /* y[t, o] = sum_i w[o, i] * x[t, i].  x: [n_tok, n_in], w: [n_out, n_in]
     * ld ldw, y: [n_tok, n_out] ld ldy.  Single thread: kern_matmul splits
     * n_out. */
    void (*matmul)(float *y, int ldy, const float *x, int n_tok, const float *w,
                   int ldw, int n_in, int n_out);

    /* sum_i a[i] * b[i], in the same order as matmul's sums. */
    float (*dot)(const float *a, const float *b, int n);

    /* y[t, i] = sum_j p[t, j] * v[j, i], j rising: rows of v mixed in the
     * proportions p.  p: [n_tok, n_rows], v: [n_rows, n] ld ldv,
     * y: [n_tok, n]. */
    void (*mix)(float *y, const float *p, int n_tok, const float *v, int ldv,
                int n_rows, int n);

    /* Returns sqrt(mean(x^2) + eps); norm[i] = x[i] / that; out[i] = norm[i] *
     * gain[i].  Source: Zhang & Sennrich 2019 (RMSNorm), arXiv:1910.07467. */
    float (*rmsnorm)(float *norm, float *out, const float *x, const float *gain,
                     int n, float eps);

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
#define KERN_TABLES_MAX 4
int kern_list(const Kern **out, int max);

/* Threads that n_threads stands for: itself, or one per core for 0; 1 when
 * built without OpenMP. */
int kern_threads(int n_threads);

/* Calls fn(ud, i) once for every i in 0..n-1, on up to n_threads threads (0:
 * one per core), and returns when all are done. */
void kern_parallel(void (*fn)(void *ud, int i), void *ud, int n, int n_threads);

/* y = x W^T on up to n_threads threads (0: one per core), the split being over
 * rows of W only, for any tensor type.  x: [n_tok, cols], y: [n_tok, rows].
 * Small products stay on one thread. */
void kern_matmul(const Kern *k, float *y, const float *x, int n_tok,
                 const Tensor *w, int n_threads);

/* Row `row` of w as floats.  out: [cols]. */
void kern_row(float *out, const Tensor *w, int row);

/* The rotation of every pair i at a position: turns[2i], turns[2i+1] = cos, sin
 * of the angle pos * theta^(-2i/head_dim), computed in double and rounded, the
 * same on every table.  turns: [head_dim].
 * Source: Su et al. 2021 (RoFormer), arXiv:2104.09864, eq. 34. */
void kern_rope_turns(float *turns, int head_dim, int pos, float theta);

/* Rotates the pairs (2i, 2i+1) of each of n_heads vectors of head_dim at x by
 * turns; out may be x. */
void kern_rope(float *out, const float *x, int n_heads, int head_dim,
               const float *turns);

#endif
