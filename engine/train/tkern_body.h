/* Inside tkern: the table, made of vectors of KERN_LANES floats.
 *
 * A tkern_NAME.c file defines TKERN_NAME, KERN_LANES, TKERN_ROWS and
 * TKERN_VECS (the block of a product that stays in registers: so many rows by
 * so many vectors) and includes this header, to get `tkern_table` back.  The
 * vectors are GNU C's; what makes them the CPU's are the flags that the
 * Makefile gives each file, which also fuse a * b + c.
 *
 * THE PRODUCT.  c is computed in columns of TKERN_VECS vectors.  For each, a
 * stretch of TKERN_DEPTH rows of b is copied together, so that it lies in the
 * first-level cache whatever the strides of b; then blocks of TKERN_ROWS rows
 * of a pass over it, a's values being broadcast from where they are.
 * Source: Goto & van de Geijn 2008, Anatomy of High-Performance Matrix
 * Multiplication, without its copies of a, as a's rows fit the cache here.
 */
#ifndef ENGINE_TRAIN_TKERN_BODY_H
#define ENGINE_TRAIN_TKERN_BODY_H

#include "engine/train/tkern.h"

/* The table of each file; NULL where the compiler does not target it. */
const Tkern *tkern_generic(void);
const Tkern *tkern_avx2(void);
const Tkern *tkern_avx512(void);

#ifdef KERN_LANES

#include <assert.h>
#include <math.h>

typedef float Vec __attribute__((vector_size(KERN_LANES * sizeof(float))));

static inline Vec vec_fma(Vec a, Vec b, Vec c) {
    return a * b + c;
}

static inline Vec vec_load_part(const float *p, int n) {
    Vec v = {0};
    for (int i = 0; i < n; i++)
        v[i] = p[i];
    return v;
}

static inline void vec_store_part(float *p, Vec v, int n) {
    for (int i = 0; i < n; i++)
        p[i] = v[i];
}

#include "engine/kernel/kern_body_vec.h"

/* Lane l with lane l + half, and so on: one fixed order. */
KERN_INLINE float vec_sum(Vec v) {
    float part[KERN_LANES];
    vec_store(part, v);
    for (int half = KERN_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            part[i] += part[i + half];
    return part[0];
}

/* ---- products ------------------------------------------------------------ */

#define TKERN_DEPTH 128
#define TKERN_WIDTH (TKERN_VECS * KERN_LANES)

/* Rows first .. first+depth-1 of b, its n <= TKERN_WIDTH columns from `left`
 * on, then zeros up to TKERN_WIDTH. */
static void pack(float *out, Mat b, int first, int depth, int left, int n) {
    const float *at = b.at + (size_t)first * b.row + (size_t)left * b.col;
    if (n < TKERN_WIDTH)
        memset(out, 0, sizeof(float) * TKERN_WIDTH * (size_t)depth);
    if (b.col == 1) {
        for (int l = 0; l < depth; l++, out += TKERN_WIDTH, at += b.row)
            if (n == TKERN_WIDTH)
                memcpy(out, at, sizeof(float) * TKERN_WIDTH);
            else
                memcpy(out, at, sizeof(float) * (size_t)n);
    } else {
        for (int j = 0; j < n; j++)
            for (int l = 0; l < depth; l++)
                out[l * TKERN_WIDTH + j] =
                    at[(size_t)l * b.row + (size_t)j * b.col];
    }
}

/* c (+)= block, n columns of each row: the edge of c. */
static void store_edge(float *c, int ldc, const float *block, int rows, int n,
                       bool add) {
    for (int r = 0; r < rows; r++, c += ldc, block += TKERN_WIDTH)
        for (int j = 0; j < n; j++)
            c[j] = add ? c[j] + block[j] : block[j];
}

/* `rows` rows by `vecs` vectors of c, of which the first n columns are wanted.
 * rows, vecs and one of a_row, a_col are constants where it is called, and
 * every loop over them is short, so that sum lives in registers. */
KERN_INLINE void tile(float *c, int ldc, const float *a, size_t a_row,
                      size_t a_col, const float *panel, int depth, int n,
                      bool add, int rows, int vecs) {
    Vec sum[TKERN_ROWS][TKERN_VECS] = {{{0}}};
    for (int l = 0; l < depth; l++, a += a_col, panel += TKERN_WIDTH) {
        Vec b[TKERN_VECS];
        for (int v = 0; v < vecs; v++)
            b[v] = vec_load(panel + v * KERN_LANES);
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vecs; v++)
                sum[r][v] = vec_fma(vec_set(a[r * a_row]), b[v], sum[r][v]);
    }
    float block[TKERN_ROWS * TKERN_WIDTH];
    const bool whole = n == vecs * KERN_LANES;
    float *to = whole ? c : block;
    const size_t ld = whole ? (size_t)ldc : TKERN_WIDTH;
    if (whole && add)
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < vecs; v++)
                sum[r][v] += vec_load(to + r * ld + v * KERN_LANES);
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vecs; v++)
            vec_store(to + r * ld + v * KERN_LANES, sum[r][v]);
    if (!whole) store_edge(c, ldc, block, rows, n, add);
}

/* All rows of a column of c that is `vecs` vectors wide. */
KERN_INLINE void column(float *c, int ldc, const float *a, size_t a_row,
                        size_t a_col, const float *panel, int m, int depth,
                        int n, bool add, int vecs) {
    int i = 0;
    for (; i + TKERN_ROWS <= m; i += TKERN_ROWS)
        tile(c + (size_t)i * ldc, ldc, a + i * a_row, a_row, a_col, panel,
             depth, n, add, TKERN_ROWS, vecs);
    for (; i < m; i++)
        tile(c + (size_t)i * ldc, ldc, a + i * a_row, a_row, a_col, panel,
             depth, n, add, 1, vecs);
}

static void gemm(float *c, int ldc, Mat a, Mat b, int m, int n, int k,
                 bool add) {
    _Alignas(64) float panel[TKERN_DEPTH * TKERN_WIDTH];
    assert(a.row == 1 || a.col == 1);
    for (int first = 0; first < k; first += TKERN_DEPTH) {
        const int depth = k - first < TKERN_DEPTH ? k - first : TKERN_DEPTH;
        const float *at = a.at + (size_t)first * a.col;
        const bool adds = add || first > 0;
        for (int left = 0; left < n; left += TKERN_WIDTH) {
            const int width = n - left < TKERN_WIDTH ? n - left : TKERN_WIDTH;
            float *to = c + left;
            pack(panel, b, first, depth, left, width);
            if (a.col == 1 && width <= KERN_LANES)
                column(to, ldc, at, a.row, 1, panel, m, depth, width, adds, 1);
            else if (a.col == 1)
                column(to, ldc, at, a.row, 1, panel, m, depth, width, adds,
                       TKERN_VECS);
            else if (width <= KERN_LANES)
                column(to, ldc, at, 1, a.col, panel, m, depth, width, adds, 1);
            else
                column(to, ldc, at, 1, a.col, panel, m, depth, width, adds,
                       TKERN_VECS);
        }
    }
}

/* ---- element by element -------------------------------------------------- */

/* sum of a[i] * b[i] * c[i]; c NULL counts as ones. */
static float sum_products(const float *a, const float *b, const float *c,
                          int n) {
    Vec sum = {0};
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        Vec ab = vec_load_n(a + i, lanes) * vec_load_n(b + i, lanes);
        sum += c ? ab * vec_load_n(c + i, lanes) : ab;
    }
    return vec_sum(sum);
}

static void rmsnorm_back(float *dx, float *dgain, const float *dout,
                         const float *norm, const float *gain, float scale,
                         int n) {
    const float mean = sum_products(dout, gain, norm, n) / (float)n;
    const float inverse = 1 / scale;
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec d = vec_load_n(dout + i, lanes);
        const Vec x = vec_load_n(norm + i, lanes);
        const Vec dnorm = d * vec_load_n(gain + i, lanes);
        vec_store_n(dx + i,
                    vec_load_n(dx + i, lanes) + (dnorm - x * mean) * inverse,
                    lanes);
        vec_store_n(dgain + i, vec_load_n(dgain + i, lanes) + d * x, lanes);
    }
}

static void layernorm_back(float *dx, float *dgain, const float *dout,
                           const float *norm, const float *gain, float scale,
                           int n) {
    Vec sum = {0}, sum_norm = {0};
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec dnorm =
            vec_load_n(dout + i, lanes) * vec_load_n(gain + i, lanes);
        sum += dnorm;
        sum_norm = vec_fma(dnorm, vec_load_n(norm + i, lanes), sum_norm);
    }
    const float mean = vec_sum(sum) / (float)n;
    const float both = vec_sum(sum_norm) / (float)n;
    const float inverse = 1 / scale;
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec d = vec_load_n(dout + i, lanes);
        const Vec x = vec_load_n(norm + i, lanes);
        const Vec dnorm = d * vec_load_n(gain + i, lanes);
        vec_store_n(dx + i,
                    vec_load_n(dx + i, lanes) +
                        (dnorm - mean - x * both) * inverse,
                    lanes);
        vec_store_n(dgain + i, vec_load_n(dgain + i, lanes) + d * x, lanes);
    }
}

static void softmax_back(float *dp, const float *p, int n) {
    const float sum = sum_products(dp, p, NULL, n);
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        Vec ds = (vec_load_n(dp + i, lanes) - sum) * vec_load_n(p + i, lanes);
        vec_store_n(dp + i, ds, lanes);
    }
}

static void silu_back(float *dgate, float *dup, const float *dout,
                      const float *gate, const float *up, int n) {
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec g = vec_load_n(gate + i, lanes);
        const Vec d = vec_load_n(dout + i, lanes);
        const Vec sigmoid = 1.0f / (vec_exp(-g) + 1.0f);
        const Vec silu = g * sigmoid;
        vec_store_n(dup + i, d * silu, lanes);
        vec_store_n(dgate + i,
                    d * vec_load_n(up + i, lanes) *
                        (sigmoid + silu * (1.0f - sigmoid)),
                    lanes);
    }
}

/* d (x * share) = share + x * d share, by the activation. */

KERN_INLINE Vec silu_slope(Vec x) {
    const Vec share = 1.0f / (vec_exp(-x) + 1.0f);
    return share + x * share * (1.0f - share);
}

/* share = (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u)). */
KERN_INLINE Vec gelu_tanh_slope(Vec x) {
    const float c = 2 * 0.79788456080286536f; /* 2 sqrt(2 / pi) */
    const Vec u = x * (1.0f + x * x * 0.044715f) * c;
    const Vec du = (1.0f + x * x * (3 * 0.044715f)) * c;
    const Vec share = 1.0f / (vec_exp(-u) + 1.0f);
    return share + x * share * (1.0f - share) * du;
}

/* d share = exp(-x^2 / 2) / sqrt(2 pi). */
KERN_INLINE Vec gelu_slope(Vec x) {
    Vec bell;
    const Vec share = vec_normal_share(x, &bell);
    return share + x * bell * 0.39894228040143268f;
}

KERN_INLINE Vec relu_slope(Vec x) {
    return (Vec)((VecInt)vec_set(1.0f) & (x > 0.0f));
}

/* `activation` is a constant where this is called. */
KERN_INLINE void slopes(Activation activation, float *dx, const float *dout,
                        const float *x, int n) {
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        const Vec at = vec_load_n(x + i, lanes);
        const Vec slope = activation == ACTIVATION_SILU ? silu_slope(at)
                          : activation == ACTIVATION_GELU_TANH
                              ? gelu_tanh_slope(at)
                          : activation == ACTIVATION_GELU ? gelu_slope(at)
                                                          : relu_slope(at);
        vec_store_n(dx + i, vec_load_n(dout + i, lanes) * slope, lanes);
    }
}

static void activate_back(Activation activation, float *dx, const float *dout,
                          const float *x, int n) {
    switch (activation) {
    case ACTIVATION_SILU:
        slopes(ACTIVATION_SILU, dx, dout, x, n);
        break;
    case ACTIVATION_GELU_TANH:
        slopes(ACTIVATION_GELU_TANH, dx, dout, x, n);
        break;
    case ACTIVATION_GELU:
        slopes(ACTIVATION_GELU, dx, dout, x, n);
        break;
    case ACTIVATION_RELU:
        slopes(ACTIVATION_RELU, dx, dout, x, n);
        break;
    }
}

static void add(float *y, const float *x, int n) {
    for (int i = 0; i < n; i += KERN_LANES) {
        const int lanes = lanes_at(i, n);
        vec_store_n(y + i, vec_load_n(y + i, lanes) + vec_load_n(x + i, lanes),
                    lanes);
    }
}

static void adam(float *w, float *m, float *v, const float *g, int n,
                 const AdamStep *s) {
    for (int i = 0; i < n; i++) {
        const float grad = g[i] * s->scale;
        m[i] = s->beta1 * m[i] + (1 - s->beta1) * grad;
        v[i] = s->beta2 * v[i] + (1 - s->beta2) * grad * grad;
        const float step = m[i] * s->fix1 / (sqrtf(v[i] * s->fix2) + s->eps);
        w[i] -= s->rate * step + s->decay * w[i];
    }
}

static const Tkern tkern_table = {
    .name = TKERN_NAME,
    .gemm = gemm,
    .rmsnorm_back = rmsnorm_back,
    .layernorm_back = layernorm_back,
    .softmax_back = softmax_back,
    .silu_back = silu_back,
    .activate_back = activate_back,
    .add = add,
    .adam = adam,
};

#endif
#endif
