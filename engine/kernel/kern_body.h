/* Inside kern: what an instruction set provides, and the table made of it.
 *
 * A kern_NAME.c file defines, before it includes this header:
 *
 *     KERN_NAME              of the table
 *     KERN_LANES             floats in a Vec
 *     KERN_TILE_TOKS         matmul keeps the sums of so many positions and
 *                            four rows of W in registers; a multiple of
 *                            KERN_LANES / 4
 *     Vec                    a GNU C vector of that many floats
 *     vec_load_part(p, n)    the first n < KERN_LANES floats at p, then zeros
 *     vec_store_part(p, v, n)
 *     vec_fma(a, b, c)       a * b + c, rounded once or twice, always the same
 *     vec_sums(v)            of Vec v[KERN_LANES / 4][4]: the sum over lanes of
 *                            v[t][r] as lane 4 t + r, each in an order that
 *                            does not depend on the others
 *
 * and, where it can do better than plain C, KERN_HAS_BYTES_DOT, _HALVES, _EIGHT
 * or _GATHER with what kern_body_quant.h says of them,
 *
 * and gets `kern_table` back.  A sum over n elements is made of KERN_LANES
 * partial sums, lane l taking elements l, l + KERN_LANES, ..., and one
 * vec_sums: whatever the tile, an output goes through the same additions.
 */
#ifndef ENGINE_KERNEL_KERN_BODY_H
#define ENGINE_KERNEL_KERN_BODY_H

#include "engine/kernel/kern.h"

/* The tables, best first, each in its file: X(NAME, RUNS) stands for kern_NAME,
 * which gives NULL where the compiler does not target it, and for the test in
 * kern.c whether this CPU runs it.  A build for ARM has NEON on every CPU it
 * runs on. */
#define KERN_LIST(X)                                                           \
    X(vnni, runs_vnni)                                                         \
    X(avx512, runs_avx512)                                                     \
    X(avx2, runs_avx2)                                                         \
    X(neon, runs_anywhere)                                                     \
    X(generic, runs_anywhere)

#define KERN_DECLARE(NAME, RUNS) const Kern *kern_##NAME(void);
KERN_LIST(KERN_DECLARE)
#undef KERN_DECLARE

#ifdef KERN_LANES

#include "engine/base/num.h"
#include "engine/kernel/kern_body_vec.h"

#include <math.h>

KERN_INLINE float vec_sum(Vec v) {
    Vec same[KERN_LANES / 4][4];
    for (int i = 0; i < KERN_LANES; i++)
        same[i / 4][i % 4] = v;
    return vec_sums(same)[0];
}

#include "engine/kernel/kern_body_quant.h"

/* ---- products ------------------------------------------------------------ */

/* Of W in a tile of outputs: as many as vec_sums puts side by side. */
#define TILE_ROWS 4
/* Rows of halves that are widened for all positions at once: short ones, so
 * that four fit into the nearest cache beside the positions, for many. */
#define WIDE_COLS 256
#define WIDE_TOKS 16

/* n <= KERN_LANES weights from w[at] on. */
KERN_INLINE Vec weights(DType type, const void *w, size_t at, int n) {
    if (type == DTYPE_F32) return vec_load_n((const float *)w + at, n);
    Halves h = {0};
    memcpy(&h, (const uint16_t *)w + at, n * sizeof(uint16_t));
    if (type == DTYPE_F16) return vec_from_halves(h);
    return (Vec)(__builtin_convertvector(h, VecWord) << 16);
}

/* n weights from w[at] on, as floats. */
KERN_INLINE void widen(DType type, float *out, const void *w, size_t at,
                       int n) {
    int i = 0;
    for (; i + KERN_LANES <= n; i += KERN_LANES)
        vec_store(out + i, weights(type, w, at + i, KERN_LANES));
    if (i < n) vec_store_part(out + i, weights(type, w, at + i, n - i), n - i);
}

/* Adds n <= KERN_LANES columns to the partial sums of a tile. */
KERN_INLINE void tile_step(DType type, Vec acc[][TILE_ROWS], const float *x,
                           int ldx, const void *w, size_t at, int ldw, int n) {
    Vec xs[KERN_TILE_TOKS];
    for (int t = 0; t < KERN_TILE_TOKS; t++)
        xs[t] = vec_load_n(x + (size_t)t * ldx, n);
    for (int r = 0; r < TILE_ROWS; r++) {
        Vec ws = weights(type, w, at + (size_t)r * ldw, n);
        for (int t = 0; t < KERN_TILE_TOKS; t++)
            acc[t][r] = vec_fma(ws, xs[t], acc[t][r]);
    }
}

/* y[t, r] of a tile: the rows of w from w[at] on, the positions from x on. */
KERN_INLINE void tile(DType type, float *y, int ldy, const float *x,
                      const void *w, size_t at, int ldw, int n_in) {
    Vec acc[KERN_TILE_TOKS][TILE_ROWS] = {{{0}}};
    int i = 0;
    for (; i + KERN_LANES <= n_in; i += KERN_LANES)
        tile_step(type, acc, x + i, n_in, w, at + i, ldw, KERN_LANES);
    if (i < n_in) tile_step(type, acc, x + i, n_in, w, at + i, ldw, n_in - i);
    for (int t = 0; t < KERN_TILE_TOKS; t += KERN_LANES / 4) {
        const Vec sums = vec_sums(acc + t);
        for (int j = 0; j < KERN_LANES / 4; j++, y += ldy)
            memcpy(y, (const float *)&sums + 4 * j, 4 * sizeof *y);
    }
}

/* The partial sums of one row. */
KERN_INLINE Vec row_sums(DType type, const float *x, const void *w, size_t at,
                         int n_in) {
    Vec acc = {0};
    int i = 0;
    for (; i + KERN_LANES <= n_in; i += KERN_LANES)
        acc = vec_fma(weights(type, w, at + i, KERN_LANES),
                      vec_load_n(x + i, KERN_LANES), acc);
    if (i < n_in)
        acc = vec_fma(weights(type, w, at + i, n_in - i),
                      vec_load_n(x + i, n_in - i), acc);
    return acc;
}

/* One position at a time: decoding, and what is smaller than a tile.  One row
 * after the other, as they lie: memory delivers a single stream nearly twice as
 * fast as several side by side. */
KERN_INLINE void matmul_one(DType type, float *y, const float *x, const void *w,
                            int ldw, int n_in, int n_out) {
    for (int o = 0; o < n_out; o += KERN_LANES) {
        const int rows = lanes_at(o, n_out);
        Vec acc[KERN_LANES / 4][4];
        for (int r = 0; r < KERN_LANES; r++)
            acc[r / 4][r % 4] =
                r < rows ? row_sums(type, x, w, (size_t)(o + r) * ldw, n_in)
                         : (Vec){0};
        vec_store_n(y + o, vec_sums(acc), rows);
    }
}

/* Rows outside, positions inside: a tile's rows of w stay in the cache, and
 * meanwhile the next ones come.  Where a side is no multiple of tiles its last
 * one begins earlier, and what two of them have is computed twice: faster than
 * one position at a time. */
KERN_INLINE void matmul_tiles(DType type, float *y, int ldy, const float *x,
                              int n_tok, const void *w, int ldw, int n_in,
                              int n_out) {
    const int n_tiles = (n_tok + KERN_TILE_TOKS - 1) / KERN_TILE_TOKS;
    const size_t size = type == DTYPE_F32 ? sizeof(float) : sizeof(uint16_t);
    const size_t bytes = TILE_ROWS * (size_t)ldw * size;
    const size_t part = (bytes + (size_t)n_tiles - 1) / (size_t)n_tiles;
    for (int o = 0; o < n_out; o += TILE_ROWS) {
        const int row = num_min(o, n_out - TILE_ROWS);
        const size_t at = (size_t)row * ldw;
        uintptr_t next = (uintptr_t)w + at * size + bytes;
        for (int i = 0; i < n_tok; i += KERN_TILE_TOKS, next += part) {
            const int t = num_min(i, n_tok - KERN_TILE_TOKS);
            if (ldw == n_in) /* else they are one head's keys: near already */
                ask_for(next, next + part);
            tile(type, y + (size_t)t * ldy + row, ldy, x + (size_t)t * n_in, w,
                 at, ldw, n_in);
        }
    }
}

KERN_INLINE void matmul_type(DType type, float *y, int ldy, const float *x,
                             int n_tok, const void *w, int ldw, int n_in,
                             int n_out) {
    if (n_tok >= KERN_TILE_TOKS && n_out >= TILE_ROWS)
        matmul_tiles(type, y, ldy, x, n_tok, w, ldw, n_in, n_out);
    else
        for (int t = 0; t < n_tok; t++, y += ldy, x += n_in)
            matmul_one(type, y, x, w, ldw, n_in, n_out);
}

static void matmul(float *y, int ldy, const float *x, int n_tok, const float *w,
                   int ldw, int n_in, int n_out) {
    matmul_type(DTYPE_F32, y, ldy, x, n_tok, w, ldw, n_in, n_out);
}

/* With packed weights of half the size. */
KERN_INLINE void matmul_halves(DType type, float *y, int ldy, const float *x,
                               int n_tok, const void *w, int n_in, int n_out) {
    _Alignas(64) float wide[TILE_ROWS * WIDE_COLS];
    if (n_in > WIDE_COLS || n_tok < WIDE_TOKS || n_out < TILE_ROWS) {
        matmul_type(type, y, ldy, x, n_tok, w, n_in, n_in, n_out);
        return;
    }
    for (int o = 0; o < n_out; o += TILE_ROWS) {
        const int row = num_min(o, n_out - TILE_ROWS);
        widen(type, wide, w, (size_t)row * n_in, TILE_ROWS * n_in);
        matmul(y + row, ldy, x, n_tok, wide, n_in, n_in, TILE_ROWS);
    }
}

static void matmul_f16(float *y, int ldy, const float *x, int n_tok,
                       const void *w, int n_in, int n_out) {
    matmul_halves(DTYPE_F16, y, ldy, x, n_tok, w, n_in, n_out);
}

static void matmul_bf16(float *y, int ldy, const float *x, int n_tok,
                        const void *w, int n_in, int n_out) {
    matmul_halves(DTYPE_BF16, y, ldy, x, n_tok, w, n_in, n_out);
}

static float dot(const float *a, const float *b, int n) {
    return vec_sum(row_sums(DTYPE_F32, a, b, 0, n));
}

#define KERN_MIX_MAX 4 /* accumulators of mix: positions times Vecs */

/* `toks` positions by `vecs` Vecs of columns; of a single one n columns. */
KERN_INLINE void mix_block(float *y, int ldy, const float *p, int ldp,
                           int n_rows, const float *v, int ldv, int toks,
                           int vecs, int n) {
    Vec acc[KERN_MIX_MAX][KERN_MIX_MAX];
    for (int t = 0; t < toks; t++)
        for (int c = 0; c < vecs; c++)
            acc[t][c] = vec_load_n(y + (size_t)t * ldy + c * KERN_LANES, n);
    for (int j = 0; j < n_rows; j++)
        for (int c = 0; c < vecs; c++) {
            Vec vs = vec_load_n(v + (size_t)j * ldv + c * KERN_LANES, n);
            for (int t = 0; t < toks; t++)
                acc[t][c] =
                    vec_fma(vec_set(p[(size_t)t * ldp + j]), vs, acc[t][c]);
        }
    for (int t = 0; t < toks; t++)
        for (int c = 0; c < vecs; c++)
            vec_store_n(y + (size_t)t * ldy + c * KERN_LANES, acc[t][c], n);
}

/* All columns of `toks` positions. */
KERN_INLINE void mix_toks(float *y, const float *p, int ldp, const float *v,
                          int ldv, int n_rows, int n, int toks) {
    int i = 0;
    KERN_UNROLL
    for (int vecs = KERN_MIX_MAX / toks; vecs > 0; vecs--)
        for (; i + vecs * KERN_LANES <= n; i += vecs * KERN_LANES)
            mix_block(y + i, n, p, ldp, n_rows, v + i, ldv, toks, vecs,
                      KERN_LANES);
    if (i < n) mix_block(y + i, n, p, ldp, n_rows, v + i, ldv, toks, 1, n - i);
}

static void mix(float *y, const float *p, int ldp, int n_tok, const float *v,
                int ldv, int n_rows, int n) {
    int t = 0;
    for (; t + 4 <= n_tok; t += 4)
        mix_toks(y + (size_t)t * n, p + (size_t)t * ldp, ldp, v, ldv, n_rows, n,
                 4);
    for (; t + 2 <= n_tok; t += 2)
        mix_toks(y + (size_t)t * n, p + (size_t)t * ldp, ldp, v, ldv, n_rows, n,
                 2);
    for (; t < n_tok; t++)
        mix_toks(y + (size_t)t * n, p + (size_t)t * ldp, ldp, v, ldv, n_rows, n,
                 1);
}

/* ---- element by element -------------------------------------------------- */

static float rmsnorm(float *norm, float *out, const float *x, const float *gain,
                     int n, float eps) {
    const float scale = sqrtf(dot(x, x, n) / (float)n + eps);
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        Vec v = vec_load_n(x + i, lanes) / vec_set(scale);
        vec_store_n(norm + i, v, lanes);
        vec_store_n(out + i, v * vec_load_n(gain + i, lanes), lanes);
    }
    return scale;
}

static float mean_of(const float *x, int n) {
    Vec sums = {0};
    for (int i = 0; i < n; i += KERN_LANES)
        sums += vec_load_n(x + i, lanes_at(i, n));
    return vec_sum(sums) / (float)n;
}

static float layernorm(float *norm, float *out, float *mean, const float *x,
                       const float *gain, const float *bias, int n, float eps,
                       float scale) {
    *mean = mean_of(x, n);
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        vec_store_n(norm + i, vec_load_n(x + i, lanes) - vec_set(*mean), lanes);
    }
    if (scale == 0) scale = sqrtf(dot(norm, norm, n) / (float)n + eps);
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        Vec v = vec_load_n(norm + i, lanes) / vec_set(scale);
        vec_store_n(norm + i, v, lanes);
        v *= vec_load_n(gain + i, lanes);
        if (bias) v += vec_load_n(bias + i, lanes);
        vec_store_n(out + i, v, lanes);
    }
    return scale;
}

static float max_of(const float *s, int n) {
    Vec maxs = vec_set(s[0]);
    int i = 0;
    for (; i + KERN_LANES <= n; i += KERN_LANES)
        maxs = vec_max(maxs, vec_load(s + i));
    float max = maxs[0];
    for (int l = 1; l < KERN_LANES; l++)
        max = maxs[l] > max ? maxs[l] : max;
    for (; i < n; i++)
        max = s[i] > max ? s[i] : max;
    return max;
}

static void softmax(float *p, const float *s, int n) {
    const float max = max_of(s, n);
    Vec sums = {0};
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec below = vec_load_n(s + i, lanes) - max;
        /* vec_exp gives NaN a value; here it stays one, and the sum, too. */
        const VecInt nan = below != below;
        const Vec e = (Vec)((VecInt)vec_exp(below) | nan);
        vec_store_n(p + i, e, lanes);
        /* Read back, so that lanes past the end count as zero. */
        sums += vec_load_n(p + i, lanes);
    }
    const Vec total = vec_set(vec_sum(sums));
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        vec_store_n(p + i, vec_load_n(p + i, lanes) / total, lanes);
    }
}

/* x - x is 0, or NaN where x is not finite. */
static bool all_finite(const float *x, int n) {
    Vec sums = {0}, more = {0};
    int i = 0;
    for (; i + 2 * KERN_LANES <= n; i += 2 * KERN_LANES) {
        const Vec v = vec_load(x + i), u = vec_load(x + i + KERN_LANES);
        sums += v - v;
        more += u - u;
    }
    for (; i < n; i += KERN_LANES) {
        const Vec v = vec_load_n(x + i, lanes_at(i, n));
        sums += v - v;
    }
    return vec_sum(sums + more) == 0;
}

static void silu_mul(float *out, const float *gate, const float *up, int n) {
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        Vec g = vec_load_n(gate + i, lanes);
        Vec y = g / (vec_exp(-g) + 1.0f) * vec_load_n(up + i, lanes);
        vec_store_n(out + i, y, lanes);
    }
}

static void gelu_tanh(float *out, const float *x, int n) {
    const float a = 2 * 0.7978845608f; /* 2 sqrt(2/pi) */
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        Vec v = vec_load_n(x + i, lanes);
        Vec u = v * (v * v * 0.044715f + 1.0f) * a;
        vec_store_n(out + i, v / (vec_exp(-u) + 1.0f), lanes);
    }
}

static void gelu(float *out, const float *x, int n) {
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec v = vec_load_n(x + i, lanes);
        Vec bell;
        const Vec y = v * vec_normal_share(v, &bell);
        vec_store_n(out + i, y, lanes);
    }
}

static const Kern kern_table = {
    .name = KERN_NAME,
    .matmul = matmul,
    .matmul_f16 = matmul_f16,
    .matmul_bf16 = matmul_bf16,
    .quantise = quantise,
    .matmul_quant = matmul_quant,
    .unpack = unpack,
    .dot = dot,
    .mix = mix,
    .rmsnorm = rmsnorm,
    .layernorm = layernorm,
    .softmax = softmax,
    .all_finite = all_finite,
    .silu_mul = silu_mul,
    .gelu_tanh = gelu_tanh,
    .gelu = gelu,
};

#endif
#endif
