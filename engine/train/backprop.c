/* One block of floats holds everything; forward keeps there what the way
 * back reads, in the order in which it is made. */
#include "engine/train/backprop.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include "engine/tokenizer/tokenizer.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES  64
#define LINE_FLOATS (LINE_BYTES / sizeof(float))

/* ---- buffers ------------------------------------------------------------- */

/* Hands out consecutive parts of a block; or only counts, when it is NULL. */
typedef struct Carver {
    float *block;
    uint64_t n; /* floats so far, each part on cache lines of its own */
} Carver;

static void carve(Carver *c, float **part, int rows, int cols) {
    const uint64_t n = (uint64_t)rows * (uint64_t)cols;
    if (c->block) *part = c->block + c->n;
    c->n += (n + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
}

static void carve_norm(Carver *c, float **norm, float **ln, float **scale,
                       int rows, int dim) {
    carve(c, norm, rows, dim);
    carve(c, ln, rows, dim);
    carve(c, scale, rows, 1);
}

static void carve_layer(Carver *c, BackpropLayer *l, const Config *config,
                        int T) {
    const int q = config->n_heads * config->head_dim;
    const int kv = config->n_kv_heads * config->head_dim;
    carve_norm(c, &l->norm1, &l->ln1, &l->scale1, T, config->dim);
    carve(c, &l->q, T, q);
    carve(c, &l->k, T, kv);
    carve(c, &l->v, T, kv);
    carve(c, &l->z, T, q);
    carve_norm(c, &l->norm2, &l->ln2, &l->scale2, T, config->dim);
    carve(c, &l->gate, T, config->hidden_dim);
    carve(c, &l->up, T, config->hidden_dim);
    carve(c, &l->act, T, config->hidden_dim);
}

/* All of b's parts but the layers. */
static void carve_rest(Carver *c, Backprop *b, const Config *config, int T) {
    const int q = config->n_heads * config->head_dim;
    const int kv = config->n_kv_heads * config->head_dim;
    carve(c, &b->x, T, config->dim);
    carve(c, &b->dx, T, config->dim);
    carve_norm(c, &b->norm, &b->ln, &b->scale, T, config->dim);
    carve(c, &b->logits, T, config->vocab_size);
    carve(c, &b->turns_q, T, config->head_dim);
    carve(c, &b->turns_k, T, config->head_dim);
    carve(c, &b->back_q, T, config->head_dim);
    carve(c, &b->back_k, T, config->head_dim);
    carve(c, &b->pattern, T, T);
    carve(c, &b->dpattern, T, T);
    carve(c, &b->dln, T, config->dim);
    carve(c, &b->dq, T, q);
    carve(c, &b->dk, T, kv);
    carve(c, &b->dv, T, kv);
    carve(c, &b->dz, T, q);
    carve(c, &b->dgate, T, config->hidden_dim);
    carve(c, &b->dup, T, config->hidden_dim);
}

uint64_t backprop_bytes(const Params *p, int seq_len) {
    Carver c = {0};
    Backprop none;
    BackpropLayer layer;
    for (int l = 0; l < p->config.n_layers; l++)
        carve_layer(&c, &layer, &p->config, seq_len);
    carve_rest(&c, &none, &p->config, seq_len);
    return c.n * sizeof(float);
}

/* The rotations of every position, there and back. */
static void fill_turns(Backprop *b) {
    const Config *c = &b->params->config;
    const float score_scale = 1 / sqrtf((float)c->head_dim);
    for (int t = 0; t < b->seq_len; t++) {
        const size_t at = (size_t)t * c->head_dim;
        rope_turns(b->turns_k + at, c, t);
        for (size_t i = at; i < at + c->head_dim; i++) {
            const float way = i % 2 ? -1 : 1; /* of the sine */
            b->turns_q[i] = b->turns_k[i] * score_scale;
            b->back_k[i] = way * b->turns_k[i];
            b->back_q[i] = way * b->turns_q[i];
        }
    }
}

bool backprop_init(Backprop *b, const Params *params, const Tkern *tkern,
                   int seq_len, Err *err) {
    const uint64_t size = backprop_bytes(params, seq_len);
    const size_t n_layers = params->config.n_layers;
    *b = (Backprop){
        .params = params,
        .kern = kern_get(tkern->name),
        .tkern = tkern,
        .seq_len = seq_len,
        .first = calloc((size_t)seq_len, sizeof *b->first),
        .layers = calloc(n_layers, sizeof *b->layers),
        .block = size > SIZE_MAX / 2 ? NULL : aligned_alloc(LINE_BYTES, size)};
    if (!b->first || !b->layers || !b->block) {
        backprop_free(b);
        return err_memory(err, "activations", size);
    }
    Carver c = {.block = b->block};
    for (size_t l = 0; l < n_layers; l++)
        carve_layer(&c, &b->layers[l], &params->config, seq_len);
    carve_rest(&c, b, &params->config, seq_len);
    fill_turns(b);
    return true;
}

void backprop_free(Backprop *b) {
    free(b->first);
    free(b->layers);
    free(b->block);
    *b = (Backprop){0};
}

/* ---- steps that come several times --------------------------------------- */

static const float *weight(const Backprop *b, TensorRole role, int layer) {
    return b->w + params_at(b->params, role, layer);
}

static float *gradient(const Backprop *b, TensorRole role, int layer) {
    return b->grad + params_at(b->params, role, layer);
}

/* y (+)= x W^T. */
static void multiply(const Backprop *b, float *y, const float *x,
                     TensorRole role, int layer, bool adds) {
    int rows, cols;
    arch_shape(&b->params->config, role, &rows, &cols);
    b->tkern->gemm(y, rows, mat(x, cols),
                   mat_flip(weight(b, role, layer), cols), b->n, rows, cols,
                   adds);
}

/* Back through that: dW += dy^T x, and dx (+)= dy W. */
static void multiply_back(const Backprop *b, float *dx, const float *dy,
                          const float *x, TensorRole role, int layer,
                          bool adds) {
    int rows, cols;
    arch_shape(&b->params->config, role, &rows, &cols);
    b->tkern->gemm(gradient(b, role, layer), cols, mat_flip(dy, rows),
                   mat(x, cols), rows, cols, b->n, true);
    b->tkern->gemm(dx, cols, mat(dy, rows), mat(weight(b, role, layer), cols),
                   b->n, cols, rows, adds);
}

static void normalize(const Backprop *b, float *norm, float *ln, float *scale,
                      TensorRole role, int layer) {
    const Config *c = &b->params->config;
    const float *gain = weight(b, role, layer);
    for (int t = 0; t < b->n; t++) {
        const size_t at = (size_t)t * c->dim;
        scale[t] = b->kern->rmsnorm(norm + at, ln + at, b->x + at, gain, c->dim,
                                    c->norm_eps);
    }
}

/* Adds to dx what dln does to x. */
static void normalize_back(const Backprop *b, const float *norm,
                           const float *scale, TensorRole role, int layer) {
    const int dim = b->params->config.dim;
    const float *gain = weight(b, role, layer);
    float *dgain = gradient(b, role, layer);
    for (int t = 0; t < b->n; t++) {
        const size_t at = (size_t)t * dim;
        b->tkern->rmsnorm_back(b->dx + at, dgain, b->dln + at, norm + at, gain,
                               scale[t], dim);
    }
}

/* Every head of every row of x. */
static void rotate(const Backprop *b, float *x, int n_heads,
                   const float *turns) {
    const int head_dim = b->params->config.head_dim;
    for (int t = 0; t < b->n; t++) {
        float *row = x + (size_t)t * n_heads * head_dim;
        kern_rope(row, row, n_heads, head_dim, turns + (size_t)t * head_dim);
    }
}

/* ---- forward ------------------------------------------------------------- */

/* Positions are relative, so where in a row a text is changes nothing. */
static void find_texts(Backprop *b, const int *tokens) {
    for (int t = 0; t < b->n; t++)
        b->first[t] = t == 0 || tokens[t] == TOKEN_BOS ? t : b->first[t - 1];
}

static void embed(Backprop *b, const int *tokens) {
    const size_t dim = b->params->config.dim;
    const float *table = weight(b, TENSOR_TOKEN_EMBED, 0);
    for (int t = 0; t < b->n; t++)
        memcpy(b->x + (size_t)t * dim, table + (size_t)tokens[t] * dim,
               dim * sizeof *b->x);
}

static void forward_layer(Backprop *b, int i) {
    const Config *c = &b->params->config;
    const BackpropLayer *l = &b->layers[i];
    normalize(b, l->norm1, l->ln1, l->scale1, TENSOR_ATTN_NORM, i);
    multiply(b, l->q, l->ln1, TENSOR_WQ, i, false);
    multiply(b, l->k, l->ln1, TENSOR_WK, i, false);
    multiply(b, l->v, l->ln1, TENSOR_WV, i, false);
    rotate(b, l->q, c->n_heads, b->turns_q);
    rotate(b, l->k, c->n_kv_heads, b->turns_k);
    backprop_attend(b, l);
    multiply(b, b->x, l->z, TENSOR_WO, i, true);

    normalize(b, l->norm2, l->ln2, l->scale2, TENSOR_FFN_NORM, i);
    multiply(b, l->gate, l->ln2, TENSOR_W_GATE, i, false);
    multiply(b, l->up, l->ln2, TENSOR_W_UP, i, false);
    for (int t = 0; t < b->n; t++) {
        const size_t at = (size_t)t * c->hidden_dim;
        b->kern->silu_mul(l->act + at, l->gate + at, l->up + at, c->hidden_dim);
    }
    multiply(b, b->x, l->act, TENSOR_W_DOWN, i, true);
}

/* Logits to probabilities, and the loss of what came next. */
static double measure(Backprop *b, const int *tokens, const bool *learns) {
    const int vocab = b->params->config.vocab_size;
    double loss = 0;
    for (int t = 0; t < b->n; t++) {
        float *row = b->logits + (size_t)t * vocab;
        if (learns && !learns[t]) continue;
        b->kern->softmax(row, row, vocab);
        const float p = row[tokens[t + 1]];
        loss -= log(p > FLT_MIN ? p : FLT_MIN);
    }
    return loss;
}

/* ---- back ---------------------------------------------------------------- */

/* Probabilities to the gradient of the loss by the logits: p - 1 where the
 * token came next, p elsewhere; 0 where nothing is learnt. */
static void logits_back(Backprop *b, const int *tokens, const bool *learns,
                        float scale) {
    const int vocab = b->params->config.vocab_size;
    for (int t = 0; t < b->n; t++) {
        float *row = b->logits + (size_t)t * vocab;
        if (learns && !learns[t]) {
            memset(row, 0, (size_t)vocab * sizeof *row);
            continue;
        }
        for (int i = 0; i < vocab; i++)
            row[i] *= scale;
        row[tokens[t + 1]] -= scale;
    }
}

static void back_layer(Backprop *b, int i) {
    const Config *c = &b->params->config;
    const BackpropLayer *l = &b->layers[i];
    multiply_back(b, b->dgate, b->dx, l->act, TENSOR_W_DOWN, i, false);
    for (int t = 0; t < b->n; t++) {
        const size_t at = (size_t)t * c->hidden_dim;
        b->tkern->silu_back(b->dgate + at, b->dup + at, b->dgate + at,
                            l->gate + at, l->up + at, c->hidden_dim);
    }
    multiply_back(b, b->dln, b->dgate, l->ln2, TENSOR_W_GATE, i, false);
    multiply_back(b, b->dln, b->dup, l->ln2, TENSOR_W_UP, i, true);
    normalize_back(b, l->norm2, l->scale2, TENSOR_FFN_NORM, i);

    multiply_back(b, b->dz, b->dx, l->z, TENSOR_WO, i, false);
    backprop_attend_back(b, l);
    rotate(b, b->dq, c->n_heads, b->back_q);
    rotate(b, b->dk, c->n_kv_heads, b->back_k);
    multiply_back(b, b->dln, b->dq, l->ln1, TENSOR_WQ, i, false);
    multiply_back(b, b->dln, b->dk, l->ln1, TENSOR_WK, i, true);
    multiply_back(b, b->dln, b->dv, l->ln1, TENSOR_WV, i, true);
    normalize_back(b, l->norm1, l->scale1, TENSOR_ATTN_NORM, i);
}

static void embed_back(const Backprop *b, const int *tokens) {
    const int dim = b->params->config.dim;
    float *table = gradient(b, TENSOR_TOKEN_EMBED, 0);
    for (int t = 0; t < b->n; t++)
        b->tkern->add(table + (size_t)tokens[t] * dim, b->dx + (size_t)t * dim,
                      dim);
}

double backprop_row(Backprop *b, const float *w, const int *tokens,
                    const bool *learns, int n, float *grad, float scale) {
    const Config *c = &b->params->config;
    assert(n > 0 && n <= b->seq_len);
    b->n = n;
    b->w = w;
    b->grad = grad;
    find_texts(b, tokens);
    embed(b, tokens);
    for (int i = 0; i < c->n_layers; i++)
        forward_layer(b, i);
    normalize(b, b->norm, b->ln, b->scale, TENSOR_FINAL_NORM, 0);
    multiply(b, b->logits, b->ln, TENSOR_CLASSIFIER, 0, false);
    const double loss = measure(b, tokens, learns);
    if (!grad) return loss;

    logits_back(b, tokens, learns, scale);
    multiply_back(b, b->dln, b->logits, b->ln, TENSOR_CLASSIFIER, 0, false);
    memset(b->dx, 0, (size_t)n * c->dim * sizeof *b->dx);
    normalize_back(b, b->norm, b->scale, TENSOR_FINAL_NORM, 0);
    for (int i = c->n_layers - 1; i >= 0; i--)
        back_layer(b, i);
    embed_back(b, tokens);
    return loss;
}
