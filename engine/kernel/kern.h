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
 * Each is a handful of vector primitives; kern_body.h builds the table from
 * them, so adding an instruction set is adding one such file and a row in
 * kern.c.
 */
#ifndef ENGINE_KERNEL_KERN_H
#define ENGINE_KERNEL_KERN_H

#include "engine/base/team.h"
#include "engine/spec/tensor.h"

#define KERN_BATCH   64  /* positions that kern_matmul takes at once */
#define KERN_CHUNK   256 /* values that quantised products take at once */
#define KERN_X_BLOCK 32  /* activations that share a scale */
#define KERN_SCRATCH_CHUNK                                                     \
    384 /* bytes for a chunk of a position's activations */

/* Activations as bytes: x[t, i] = d[t, i / 32] * q[t, i], |q| <= 127, filled up
 * with zeros to whole chunks.  How they lie is each table's own affair and
 * depends on n_tok. */
typedef struct KernBytes {
    int n_tok, n_chunks;
    void *at; /* KERN_SCRATCH_CHUNK bytes for each chunk and KERN_BATCH
                 positions */
} KernBytes;

/* A chunk of a row of weights of any quantised type:
 * w[i] = scale[i / 16 % 2][i / 32] * (u[i] - offset) + min[i / 32].  Most types
 * have the same scale for both halves of 32. */
typedef struct KernChunk {
    _Alignas(64) uint8_t u[KERN_CHUNK];
    float scale[2][KERN_CHUNK / 32], min[KERN_CHUNK / 32];
    int offset;
} KernChunk;

typedef struct Kern {
    const char *name; /* "generic", "avx2", "avx512", "vnni", "neon" */

    /* y[t, o] = sum_i w[o, i] * x[t, i].  x: [n_tok, n_in], w: [n_out, n_in]
     * ld ldw, y: [n_tok, n_out] ld ldy.  Single thread: kern_matmul splits
     * n_out. */
    void (*matmul)(float *y, int ldy, const float *x, int n_tok, const float *w,
                   int ldw, int n_in, int n_out);

    /* The same with packed weights of half the size, widened as they are used,
     * which is exact. */
    void (*matmul_f16)(float *y, int ldy, const float *x, int n_tok,
                       const void *w, int n_in, int n_out);
    void (*matmul_bf16)(float *y, int ldy, const float *x, int n_tok,
                        const void *w, int n_in, int n_out);

    /* The same with rows first .. first+n_rows-1 of quantised weights, and
     * activations that are quantised too.  y points at the first row's column.
     * What is lost: kern_dot_bound.  quantise takes the positions first ..
     * first+n-1 of out->n_tok <= KERN_BATCH.  The weights are
     * kern_is_chunked. */
    void (*quantise)(const KernBytes *out, const float *x, int n_in, int first,
                     int n);
    void (*matmul_quant)(float *y, int ldy, const KernBytes *x, const Tensor *w,
                         int first, int n_rows);
    void (*unpack)(KernChunk *out, const Tensor *w, int row, int chunk);

    /* sum_i a[i] * b[i], in the same order as matmul's sums. */
    float (*dot)(const float *a, const float *b, int n);

    /* y[t, i] += sum_j p[t, j] * v[j, i], j rising: rows of v mixed in the
     * proportions p.  p: [n_tok, n_rows] ld ldp, v: [n_rows, n] ld ldv,
     * y: [n_tok, n]. */
    void (*mix)(float *y, const float *p, int ldp, int n_tok, const float *v,
                int ldv, int n_rows, int n);

    /* Returns sqrt(mean(x^2) + eps); norm[i] = x[i] / that; out[i] = norm[i] *
     * gain[i].  Source: Zhang & Sennrich 2019 (RMSNorm), arXiv:1910.07467. */
    float (*rmsnorm)(float *norm, float *out, const float *x, const float *gain,
                     int n, float eps);

    /* *mean = mean(x).  Returns sqrt(mean((x - *mean)^2) + eps), or `scale`
     * where that is not 0; norm[i] = (x[i] - *mean) / that; out[i] = norm[i] *
     * gain[i] + bias[i], bias being 0 where it is NULL.
     * Source: Ba et al. 2016 (layer normalization), arXiv:1607.06450. */
    float (*layernorm)(float *norm, float *out, float *mean, const float *x,
                       const float *gain, const float *bias, int n, float eps,
                       float scale);

    /* p[i] = exp(s[i] - max s) / sum of those.  s may be p.  -inf gives 0.
     * At least one s[i] must be finite; where one is NaN or +inf all p are
     * NaN. */
    void (*softmax)(float *p, const float *s, int n);

    /* Whether no x[i] is infinite or NaN. */
    bool (*all_finite)(const float *x, int n);

    /* out[i] = gate[i] / (1 + exp(-gate[i])) * up[i].  out may be gate.
     * Source: Shazeer 2020 (GLU variants), arXiv:2002.05202. */
    void (*silu_mul)(float *out, const float *gate, const float *up, int n);

    /* out[i] = x[i] / 2 * (1 + tanh(u)), u = sqrt(2/pi) * (x[i] + 0.044715 *
     * x[i]^3), which is x[i] / (1 + exp(-2 u)).  out may be x.
     * Source: Hendrycks & Gimpel 2016 (GELU), arXiv:1606.08415. */
    void (*gelu_tanh)(float *out, const float *x, int n);

    /* out[i] = x[i] / 2 * (1 + erf(x[i] / sqrt(2))): x[i] times the share of a
     * standard normal distribution below it.  out may be x.
     * Source: as gelu_tanh. */
    void (*gelu)(float *out, const float *x, int n);
} Kern;

/* The best table this CPU runs, or the one named; NULL if there is none of
 * that name for this CPU.  name NULL: best. */
const Kern *kern_get(const char *name);

/* All tables this CPU runs, best first; returns how many (<= max). */
#define KERN_TABLES_MAX 8 /* room for all there are */
int kern_list(const Kern **out, int max);

/* Bytes that kern_matmul needs for n_cols columns. */
size_t kern_scratch_bytes(int n_cols);

/* y = x W^T, plus the tensor's bias, on the team's threads (NULL: the
 * caller's), the split being over rows of W only, for any tensor type. x:
 * [n_tok, cols], y: [n_tok, rows]. Small products stay on one thread. scratch:
 * kern_scratch_bytes(cols), on a cache line; NULL will do for types that are
 * not quantised. */
void kern_matmul(const Kern *k, float *y, const float *x, int n_tok,
                 const Tensor *w, void *scratch, Team *team);

/* Several products of the same x, whose w have as many columns and may be of
 * different types.  The same results as one by one, but threads need not wait
 * for each other between them, and x is quantised once. */
typedef struct KernProduct {
    float *y;
    const Tensor *w;
} KernProduct;
#define KERN_PRODUCTS_MAX 3
void kern_matmul_all(const Kern *k, const KernProduct *products, int n,
                     const float *x, int n_tok, void *scratch, Team *team);

/* activation(x), element by element; out may be x.  And times up, with out at
 * neither or at gate. */
void kern_activate(const Kern *k, Activation activation, float *out,
                   const float *x, int n);
void kern_gate(const Kern *k, Activation activation, float *out,
               const float *gate, const float *up, int n);

/* Row `row` of w as floats.  out: [cols]. */
void kern_row(float *out, const Tensor *w, int row);

/* How far kern_matmul's product of a row of w and x may be from the exact one
 * of kern_row's floats and x.  Where weights are floats that is rounding; where
 * they are quantised so is x, to d * q with d = max |x| / 127 over each
 * KERN_X_BLOCK: half of d for each of its weights.
 * Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, 3.1. */
double kern_dot_bound(const Tensor *w, int row, const float *x);

/* Rotates the pairs (2i, 2i+1) of each of n_heads vectors of head_dim at x by
 * turns; out may be x. */
void kern_rope(float *out, const float *x, int n_heads, int head_dim,
               const float *turns);

#endif
