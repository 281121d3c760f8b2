/* The layout is computed once, the matrices first; everything else asks it. */
#include "engine/train/params.h"

#include "engine/base/chance.h"
#include "engine/format/llama2c.h"
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_gain(const Config *c, TensorRole role) {
    return arch_tensor(c->arch, role)->rows == ARCH_ONE;
}

/* Gives the roles that are gains, or the others, their places. */
static void place(Params *p, bool gains) {
    const Config *c = &p->config;
    for (int i = 0; i < TENSOR_ROLES; i++) {
        const TensorRole role = (TensorRole)i;
        const int n = arch_copies(c, role);
        if (n == 0 || is_gain(c, role) != gains) continue;
        int rows, cols;
        arch_shape(c, role, &rows, &cols);
        p->at[role] = p->n;
        p->size[role] = (size_t)rows * (size_t)cols;
        p->n += p->size[role] * (size_t)n;
    }
}

/* The number of floats, which the limits of config.h keep below 2^64. */
static double count(const Config *c) {
    double n = 0;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n_copies = arch_copies(c, (TensorRole)role);
        int rows, cols;
        if (n_copies == 0) continue;
        arch_shape(c, (TensorRole)role, &rows, &cols);
        n += (double)rows * cols * n_copies;
    }
    return n;
}

bool params_init(Params *p, const Config *c, const char *name, Err *err) {
    *p = (Params){.config = *c};
    if (!config_check(c, name, err)) return false;
    if (!c->tied)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: classifier: found one of its own, need the "
                       "embedding as classifier",
                       name);
    if (c->rope_scaled || c->rope_theta != PARAMS_ROPE_THETA ||
        c->norm_eps != PARAMS_NORM_EPS)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: rope_theta, norm_eps: found %g%s, %g, need %g, %g, "
                       "since llama2.c files hold no others",
                       name, (double)c->rope_theta,
                       c->rope_scaled ? " scaled" : "", (double)c->norm_eps,
                       (double)PARAMS_ROPE_THETA, (double)PARAMS_NORM_EPS);
    if (count(c) > PARAMS_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: parameters: found %.0f, allowed %u", name, count(c),
                       PARAMS_MAX);
    place(p, false);
    p->n_matrices = p->n;
    place(p, true);
    return true;
}

size_t params_at(const Params *p, TensorRole role, int layer) {
    if (role == TENSOR_CLASSIFIER) role = TENSOR_TOKEN_EMBED;
    if (!arch_tensor(p->config.arch, role)->per_layer) layer = 0;
    return p->at[role] + p->size[role] * (size_t)layer;
}

/* Adds one and the same vector to every token's. */
static void add_common(const Params *p, float *w, uint64_t seed,
                       double deviation) {
    const int dim = p->config.dim;
    float *row = w + params_at(p, TENSOR_TOKEN_EMBED, 0);
    for (int id = 0; id < p->config.vocab_size; id++, row += dim)
        for (int i = 0; i < dim; i++)
            row[i] +=
                (float)(deviation * chance_normal(seed, p->n + (uint64_t)i));
}

void params_randomize(const Params *p, float *w, uint64_t seed) {
    const double plain = 1 / sqrt(p->config.dim);
    const double residual = plain / sqrt(2.0 * p->config.n_layers);
    for (size_t i = 0; i < p->n; i++)
        w[i] = 1;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n = arch_copies(&p->config, (TensorRole)role);
        if (n == 0 || is_gain(&p->config, (TensorRole)role)) continue;
        const bool writes = role == TENSOR_WO || role == TENSOR_W_DOWN;
        const double deviation = writes ? residual : plain;
        const size_t end = p->at[role] + p->size[role] * (size_t)n;
        for (size_t i = p->at[role]; i < end; i++)
            w[i] = (float)(deviation * chance_normal(seed, i));
    }
    add_common(p, w, seed, plain);
}

void params_copy(const Params *p, float *w, const Model *m) {
    for (int role = 0; role < TENSOR_ROLES; role++)
        for (int layer = 0; layer < arch_copies(&p->config, (TensorRole)role);
             layer++) {
            const Tensor *t = model_tensor(m, (TensorRole)role, layer);
            float *to = w + params_at(p, (TensorRole)role, layer);
            for (int row = 0; row < t->rows; row++, to += t->cols)
                kern_row(to, t, row);
        }
}

/* The largest group that rows of D and of F weights are whole numbers of. */
static int export_group(const Config *c) {
    int group = PARAMS_GROUP;
    while (c->dim % group != 0 || c->hidden_dim % group != 0)
        group /= 2;
    return group;
}

void *params_export(const Params *p, const float *w, bool is_compact,
                    uint64_t tokenizer_sum, size_t *size, Err *err) {
    const size_t n = arch_tensor_count(&p->config) * sizeof(float *);
    const float **tensors = calloc(1, n);
    if (!tensors) {
        err_memory(err, "export", n);
        return NULL;
    }
    for (int role = 0; role < TENSOR_ROLES; role++)
        for (int layer = 0; layer < arch_copies(&p->config, (TensorRole)role);
             layer++)
            tensors[arch_tensor_index(&p->config, (TensorRole)role, layer)] =
                w + params_at(p, (TensorRole)role, layer);
    void *bytes = llama2c_write(&p->config, tensors,
                                is_compact ? export_group(&p->config) : 0,
                                tokenizer_sum, size, err);
    free(tensors);
    return bytes;
}
