/* Attention of one head at a time, keys in stretches of STRETCH: where nobody
 * looks ahead, what lies above the diagonal is left out but for the rest of a
 * stretch, where the pattern is set to 0.  So it is outside of the text that
 * the position is in: texts that share a row do not see each other.  Where all
 * of a text is seen, queries of other texts than a stretch's are left out.  The
 * way back computes the pattern again, since that is cheaper than keeping
 * [L, H, T, T] of them.
 *
 * With S = Q K^T, P = softmax(S), Z = P V:
 *     dV = P^T dZ,  dP = dZ V^T,  dS = P * (dP - rowsum(P * dP)),
 *     dQ = dS K,    dK = dS^T Q
 */
#include "engine/train/backprop.h"

#include "engine/spec/arch.h"

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

/* Where the text of a position ends. */
static int text_end(const Backprop *b, int t) {
    int end = t + 1;
    while (end < b->n && b->first[end] == b->first[t])
        end++;
    return end;
}

/* The queries, from..to-1, that see any key of the stretch at `key`. */
typedef struct Queries {
    int from, to;
} Queries;

static Queries queries_of(const Backprop *b, int key) {
    if (b->params->config.arch->causal) return (Queries){key, b->n};
    return (Queries){b->first[key], text_end(b, key + stretch_at(b, key) - 1)};
}

/* out[i, j] = q[i] . k[j] for all j that i may see, and what comes along: the
 * scores, and, from dz and v, dP. */
static void products(const Backprop *b, const Head *h, float *out,
                     const float *q, const float *k) {
    const int ld = b->seq_len;
    for (int at = 0; at < b->n; at += STRETCH) {
        const Queries s = queries_of(b, at);
        b->tkern->gemm(out + (size_t)s.from * ld + at, ld,
                       mat(q_rows(h, q, s.from), h->q_width),
                       mat_flip(kv_rows(h, k, at), h->kv_width), s.to - s.from,
                       stretch_at(b, at), h->dim, false);
    }
}

/* Other texts' first stretch is not the row's. */
static void clear_queries(const Backprop *b, const Head *h, float *out) {
    for (int i = 0; i < b->n; i++)
        memset(out + (size_t)i * h->q_width + h->q_at, 0,
               (size_t)h->dim * sizeof *out);
}

/* out[i] (+)= sum over these j of p[i, j] * k[j]: z and dq. */
static void mix_keys(const Backprop *b, const Head *h, float *out,
                     const float *p, const float *k) {
    const int ld = b->seq_len;
    const bool causal = b->params->config.arch->causal;
    if (!causal) clear_queries(b, h, out);
    for (int at = 0; at < b->n; at += STRETCH) {
        const Queries s = queries_of(b, at);
        b->tkern->gemm(out + (size_t)s.from * h->q_width + h->q_at, h->q_width,
                       mat(p + (size_t)s.from * ld + at, ld),
                       mat(kv_rows(h, k, at), h->kv_width), s.to - s.from,
                       h->dim, stretch_at(b, at), at > 0 || !causal);
    }
}

/* out[j] += sum over i that see j of p[i, j] * q[i]: dk and dv. */
static void mix_queries(const Backprop *b, const Head *h, float *out,
                        const float *p, const float *q) {
    const int ld = b->seq_len;
    for (int at = 0; at < b->n; at += STRETCH) {
        const Queries s = queries_of(b, at);
        b->tkern->gemm(out + (size_t)at * h->kv_width + h->kv_at, h->kv_width,
                       mat_flip(p + (size_t)s.from * ld + at, ld),
                       mat(q_rows(h, q, s.from), h->q_width), stretch_at(b, at),
                       h->dim, s.to - s.from, true);
    }
}

/* Zeros in row i from `end` to where products stop. */
static void clear_beyond(const Backprop *b, float *row, int i, int end) {
    const int first = i - i % STRETCH;
    const bool causal = b->params->config.arch->causal;
    const int stop = causal ? first + stretch_at(b, first) : b->n;
    memset(row + end, 0, (size_t)(stop - end) * sizeof *row);
}

static void compute_pattern(const Backprop *b, const Head *h,
                            const BackpropHeads *at) {
    const bool causal = b->params->config.arch->causal;
    int end = b->n; /* of the text, or of what may be seen of it */
    products(b, h, b->pattern, at->q, at->k);
    for (int i = b->n - 1; i >= 0; i--) {
        float *row = b->pattern + (size_t)i * b->seq_len;
        const int first = b->first[i];
        if (causal || (i + 1 < b->n && b->first[i + 1] != first)) end = i + 1;
        memset(row, 0, (size_t)first * sizeof *row);
        b->kern->softmax(row + first, row + first, end - first);
        clear_beyond(b, row, i, end);
    }
}

/* From the pattern and dP to dS, in the place of dP. */
static void pattern_back(const Backprop *b) {
    const bool causal = b->params->config.arch->causal;
    int end = 0; /* of the text */
    for (int t = 0; t < b->n; t++) {
        const size_t at = (size_t)t * b->seq_len;
        /* Beyond the text nothing was computed where all of it is seen. */
        const int first = causal ? 0 : b->first[t];
        if (first == t) end = text_end(b, t);
        if (causal) end = t + 1;
        float *row = b->dpattern + at;
        memset(row, 0, (size_t)first * sizeof *row);
        b->tkern->softmax_back(row + first, b->pattern + at + first,
                               end - first);
        clear_beyond(b, row, t, end);
    }
}

void backprop_attend(Backprop *b, const BackpropHeads *at) {
    for (int i = 0; i < b->params->config.n_heads; i++) {
        const Head h = head_of(&b->params->config, i);
        compute_pattern(b, &h, at);
        mix_keys(b, &h, at->z, b->pattern, at->v);
    }
}

void backprop_attend_back(Backprop *b, const BackpropHeads *at,
                          const BackpropHeads *grads) {
    const Config *c = &b->params->config;
    const size_t n_kv = (size_t)b->n * c->n_kv_heads * c->head_dim;
    memset(grads->k, 0, n_kv * sizeof *grads->k);
    memset(grads->v, 0, n_kv * sizeof *grads->v);
    for (int i = 0; i < c->n_heads; i++) {
        const Head h = head_of(c, i);
        compute_pattern(b, &h, at);
        mix_queries(b, &h, grads->v, b->pattern, grads->z);
        products(b, &h, b->dpattern, grads->z, at->v);
        pattern_back(b);
        mix_keys(b, &h, grads->q, b->dpattern, at->k);
        mix_queries(b, &h, grads->k, b->dpattern, at->q);
    }
}
