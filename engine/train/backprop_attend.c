/* Attention of one head at a time, keys in stretches of STRETCH: what lies
 * above the diagonal is left out but for the rest of a stretch, where the
 * pattern is set to 0.  So it is before the text that the position is in:
 * texts that share a row do not see each other.  The way back computes the
 * pattern again, since that is cheaper than keeping [L, H, T, T] of them.
 *
 * With S = Q K^T, P = softmax(S), Z = P V:
 *     dV = P^T dZ,  dP = dZ V^T,  dS = P * (dP - rowsum(P * dP)),
 *     dQ = dS K,    dK = dS^T Q
 */
#include "engine/train/backprop.h"

#include <string.h>

#define STRETCH 32

/* One query head: columns of q, z, dq, dz; and its key-value head's. */
typedef struct Head {
    int q_at, q_width;
    int kv_at, kv_width;
    int dim; /* K */
} Head;

static Head head_of(const Config *c, int h) {
    return (Head){.q_at = h * c->head_dim,
                  .q_width = c->n_heads * c->head_dim,
                  .kv_at = h / (c->n_heads / c->n_kv_heads) * c->head_dim,
                  .kv_width = c->n_kv_heads * c->head_dim,
                  .dim = c->head_dim};
}

/* Positions of the stretch that starts at `first`. */
static int stretch_at(const Backprop *b, int first) {
    return b->n - first < STRETCH ? b->n - first : STRETCH;
}

static const float *q_rows(const Head *h, const float *rows, int first) {
    return rows + (size_t)first * h->q_width + h->q_at;
}

static const float *kv_rows(const Head *h, const float *rows, int first) {
    return rows + (size_t)first * h->kv_width + h->kv_at;
}

/* out[i, j] = q[i] . k[j] for j <= i, and what comes along: the scores, and,
 * from dz and v, dP. */
static void products(const Backprop *b, const Head *h, float *out,
                     const float *q, const float *k) {
    const int ld = b->seq_len;
    for (int at = 0; at < b->n; at += STRETCH)
        b->tkern->gemm(out + (size_t)at * ld + at, ld,
                       mat(q_rows(h, q, at), h->q_width),
                       mat_flip(kv_rows(h, k, at), h->kv_width), b->n - at,
                       stretch_at(b, at), h->dim, false);
}

/* out[i] (+)= sum over j <= i of p[i, j] * k[j]: z and dq. */
static void mix_keys(const Backprop *b, const Head *h, float *out,
                     const float *p, const float *k) {
    const int ld = b->seq_len;
    for (int at = 0; at < b->n; at += STRETCH)
        b->tkern->gemm(out + (size_t)at * h->q_width + h->q_at, h->q_width,
                       mat(p + (size_t)at * ld + at, ld),
                       mat(kv_rows(h, k, at), h->kv_width), b->n - at, h->dim,
                       stretch_at(b, at), at > 0);
}

/* out[j] += sum over i >= j of p[i, j] * q[i]: dk and dv. */
static void mix_queries(const Backprop *b, const Head *h, float *out,
                        const float *p, const float *q) {
    const int ld = b->seq_len;
    for (int at = 0; at < b->n; at += STRETCH)
        b->tkern->gemm(out + (size_t)at * h->kv_width + h->kv_at, h->kv_width,
                       mat_flip(p + (size_t)at * ld + at, ld),
                       mat(q_rows(h, q, at), h->q_width), stretch_at(b, at),
                       h->dim, b->n - at, true);
}

/* Zeros in row i from the diagonal to the end of its stretch. */
static void clear_beyond(const Backprop *b, float *row, int i) {
    const int first = i - i % STRETCH;
    const int end = first + stretch_at(b, first);
    memset(row + i + 1, 0, (size_t)(end - i - 1) * sizeof *row);
}

static void compute_pattern(const Backprop *b, const Head *h,
                            const BackpropLayer *layer) {
    products(b, h, b->pattern, layer->q, layer->k);
    for (int i = 0; i < b->n; i++) {
        float *row = b->pattern + (size_t)i * b->seq_len;
        const int first = b->first[i];
        memset(row, 0, (size_t)first * sizeof *row);
        b->kern->softmax(row + first, row + first, i + 1 - first);
        clear_beyond(b, row, i);
    }
}

void backprop_attend(Backprop *b, const BackpropLayer *layer) {
    for (int i = 0; i < b->params->config.n_heads; i++) {
        const Head h = head_of(&b->params->config, i);
        compute_pattern(b, &h, layer);
        mix_keys(b, &h, layer->z, b->pattern, layer->v);
    }
}

void backprop_attend_back(Backprop *b, const BackpropLayer *layer) {
    const Config *c = &b->params->config;
    const size_t n_kv = (size_t)b->n * c->n_kv_heads * c->head_dim;
    memset(b->dk, 0, n_kv * sizeof *b->dk);
    memset(b->dv, 0, n_kv * sizeof *b->dv);
    for (int i = 0; i < c->n_heads; i++) {
        const Head h = head_of(c, i);
        compute_pattern(b, &h, layer);
        mix_queries(b, &h, b->dv, b->pattern, b->dz);
        products(b, &h, b->dpattern, b->dz, layer->v);
        for (int t = 0; t < b->n; t++) {
            float *row = b->dpattern + (size_t)t * b->seq_len;
            b->tkern->softmax_back(row, b->pattern + (size_t)t * b->seq_len,
                                   t + 1);
            clear_beyond(b, row, t);
        }
        mix_keys(b, &h, b->dq, b->dpattern, layer->k);
        mix_queries(b, &h, b->dk, b->dpattern, layer->q);
    }
}
