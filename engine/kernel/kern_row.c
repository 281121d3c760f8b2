/* Rows of weights of any type as floats, and what is known of products with
 * them.  The layout of blocks is in kern_body_block.h alone: here the generic
 * table's chunks are used. */
#include "engine/kernel/kern_row.h"

#include "engine/base/num.h"
#include "engine/kernel/kern_body.h"

#include <math.h>
#include <string.h>

/* 2^-24: half the distance from 1 to the next f32. */
#define UNIT 5.9604644775390625e-8
/* Roundings on top of those of a sum: of scales, quotients and lanes. */
#define ROUNDINGS 16

bool kern_is_chunked(const Tensor *w) {
    if (w->type == DTYPE_Q8_GROUPS)
        return w->cols % 16 == 0 && w->group % 16 == 0;
    return dtype_info(w->type)->quantised;
}

/* ---- scratch ------------------------------------------------------------- */

int kern_n_chunks(int n_cols) {
    return (n_cols + KERN_CHUNK - 1) / KERN_CHUNK;
}

size_t kern_scratch_bytes(int n_cols) {
    return (size_t)kern_n_chunks(n_cols) * KERN_BATCH * KERN_SCRATCH_CHUNK;
}

/* ---- chunks as floats ---------------------------------------------------- */

/* Columns of a chunk. */
static int chunk_cols(const Tensor *w, int chunk) {
    return num_min(w->cols - chunk * KERN_CHUNK, KERN_CHUNK);
}

/* Groups of any size: value by value. */
static void odd_floats(float *out, const Tensor *w, int row, int chunk) {
    const uint64_t first =
        (uint64_t)row * w->cols + (uint64_t)chunk * KERN_CHUNK;
    const int8_t *q = w->data;
    for (int i = 0; i < chunk_cols(w, chunk); i++) {
        float scale;
        memcpy(&scale, w->scales + (first + i) / w->group * sizeof scale,
               sizeof scale);
        out[i] = scale * (float)q[first + i];
    }
}

static void chunk_floats(float *out, const Tensor *w, int row, int chunk) {
    const size_t at = (size_t)row * w->cols + (size_t)chunk * KERN_CHUNK;
    const int n = chunk_cols(w, chunk);
    KernChunk c;
    if (w->type == DTYPE_F32) {
        memcpy(out, (const float *)w->data + at, n * sizeof *out);
    } else if (!dtype_info(w->type)->quantised) {
        const float one = 1;
        const uint16_t *halves = (const uint16_t *)w->data + at;
        (w->type == DTYPE_F16
             ? kern_generic()->matmul_f16
             : kern_generic()->matmul_bf16)(out, n, &one, 1, halves, 1, n);
    } else if (!kern_is_chunked(w)) {
        odd_floats(out, w, row, chunk);
    } else {
        kern_generic()->unpack(&c, w, row, chunk);
        for (int i = 0; i < n; i++)
            out[i] = c.scale[i / 16 % 2][i / 32] * (float)(c.u[i] - c.offset) +
                     c.min[i / 32];
    }
}

void kern_row(float *out, const Tensor *w, int row) {
    for (int c = 0; c * KERN_CHUNK < w->cols; c++)
        chunk_floats(out + (size_t)c * KERN_CHUNK, w, row, c);
    for (int i = 0; w->stored == TENSOR_LESS_ONE && i < w->cols; i++)
        out[i] += 1;
}

void kern_matmul_odd(const Kern *k, float *y, int ldy, const float *x,
                     int n_tok, const Tensor *w, int first, int n_rows) {
    float weights[KERN_CHUNK];
    for (int r = 0; r < n_rows; r++)
        for (int c = 0; c * KERN_CHUNK < w->cols; c++) {
            chunk_floats(weights, w, first + r, c);
            for (int t = 0; t < n_tok; t++) {
                float *out = y + (size_t)t * ldy + r;
                const float part = k->dot(
                    weights, x + (size_t)t * w->cols + (size_t)c * KERN_CHUNK,
                    chunk_cols(w, c));
                *out = c ? *out + part : part;
            }
        }
}

/* ---- the bound ----------------------------------------------------------- */

static double largest(const float *x, int n) {
    double most = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, fabs((double)x[i]));
    return most;
}

/* What goes into the bound: the sizes of the terms, and how far their x may be
 * off. */
typedef struct Sizes {
    double terms, lost;
} Sizes;

/* scale * u and min are multiplied apart, and with an offset the products of u
 * are exact. */
static void add_chunk(Sizes *s, const Tensor *w, int row, int chunk,
                      const float *x) {
    KernChunk c;
    kern_generic()->unpack(&c, w, row, chunk);
    const int n = chunk_cols(w, chunk);
    for (int b = 0; b < n; b += KERN_X_BLOCK) {
        const int end = num_min(b + KERN_X_BLOCK, n);
        const double half = largest(x + b, end - b) / 254;
        for (int i = b; i < end; i++) {
            const double part =
                (double)c.scale[i / 16 % 2][i / 32] * (c.u[i] - c.offset);
            const double min = (double)c.min[i / 32];
            s->lost += fabs(part + min) * half;
            s->terms += (fabs(part) + fabs(min)) * (fabs((double)x[i]) + half);
        }
    }
}

double kern_dot_bound(const Tensor *w, int row, const float *x) {
    Sizes s = {0};
    float weights[KERN_CHUNK] = {0};
    for (int c = 0; c * KERN_CHUNK < w->cols; c++) {
        const float *part = x + (size_t)c * KERN_CHUNK;
        if (kern_is_chunked(w)) {
            add_chunk(&s, w, row, c, part);
            continue;
        }
        chunk_floats(weights, w, row, c);
        for (int i = 0; i < chunk_cols(w, c); i++)
            s.terms += fabs((double)weights[i] * (double)part[i]);
    }
    /* The quotient x / d is rounded too, so that q may be the next one. */
    return s.lost * (1 + 256 * UNIT) + (w->cols + ROUNDINGS) * UNIT * s.terms;
}
