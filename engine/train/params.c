/* The layout is computed once, the matrices first; everything else asks it. */
#include "engine/train/params.h"

#include "engine/base/chance.h"
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whether its numbers, but for the bias, are another's. */
static bool is_shared(const Config *c, TensorRole role) {
    return arch_tensor_shared(c, role) != TENSOR_NONE;
}

static bool is_gain(const Config *c, TensorRole role) {
    return arch_tensor(c->arch, role)->rows == ARCH_ONE;
}

/* Gives the roles that are gains, or the others, their places. */
static void place(Params *p, bool gains) {
    const Config *c = &p->config;
    for (int i = 0; i < TENSOR_ROLES; i++) {
        const TensorRole role = (TensorRole)i;
        const int n = arch_copies(c, role);
        if (n == 0 || is_shared(c, role) || is_gain(c, role) != gains) continue;
        int rows, cols;
        arch_shape(c, role, &rows, &cols);
        p->at[role] = p->n;
        p->size[role] = (size_t)rows * (size_t)cols;
        p->n += p->size[role] * (size_t)n;
    }
}

static void place_biases(Params *p) {
    const Config *c = &p->config;
    for (int i = 0; i < TENSOR_ROLES; i++) {
        const int n = arch_copies(c, (TensorRole)i);
        if (n == 0 || !arch_has_bias(c, arch_tensor(c->arch, (TensorRole)i)))
            continue;
        int rows, cols;
        arch_shape(c, (TensorRole)i, &rows, &cols);
        p->bias_at[i] = p->n;
        p->bias_len[i] = (size_t)(rows == 1 ? cols : rows);
        p->n += p->bias_len[i] * (size_t)n;
    }
}

/* The number of floats, which the limits of config.h keep below 2^64. */
static double count(const Config *c) {
    double n = 0;
    for (int i = 0; i < TENSOR_ROLES; i++) {
        const TensorRole role = (TensorRole)i;
        const int n_copies = arch_copies(c, role);
        int rows, cols;
        if (n_copies == 0) continue;
        arch_shape(c, role, &rows, &cols);
        const double own = is_shared(c, role) ? 0 : (double)rows * cols;
        const bool has_bias = arch_has_bias(c, arch_tensor(c->arch, role));
        n += (own + (has_bias ? (rows == 1 ? cols : rows) : 0)) * n_copies;
    }
    return n;
}

/* What is written down nowhere and so has to be what it always is. */
static bool check_usual(const Config *c, const char *name, Err *err) {
    if (!c->tied)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: classifier: found one of its own, need the "
                       "embedding as classifier",
                       name);
    if (c->rope_scaled ||
        (c->arch->rotates && c->rope_theta != PARAMS_ROPE_THETA) ||
        c->norm_eps != PARAMS_NORM_EPS)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: rope_theta, norm_eps: found %g%s, %g, need %g, %g, "
                       "since llama2.c files hold no others",
                       name, (double)c->rope_theta,
                       c->rope_scaled ? " scaled" : "", (double)c->norm_eps,
                       (double)PARAMS_ROPE_THETA, (double)PARAMS_NORM_EPS);
    if (c->head_dim * c->n_heads != c->dim)
        return err_set(err, ERR_UNSUPPORTED, 0,
                       "%s: head_dim: found %d, need dim / n_heads to train",
                       name, c->head_dim);
    return (!c->no_bias && c->activation == c->arch->activation) ||
           err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: activation, bias: found %s%s, need %s and biases to "
                   "train a %s",
                   name, activation_name(c->activation),
                   c->no_bias ? " and no biases" : "",
                   activation_name(c->arch->activation), c->arch->title);
}

/* Only since LLaMA 2: others' programs know none, and of one tensor of several
 * parts all are of one shape. */
bool params_groups_heads(const Arch *a) {
    return a->rotates;
}

/* What the way back and the files that are written cannot do. */
static bool check_trained(const Config *c, const char *name, Err *err) {
    const Arch *a = c->arch;
    const bool gates = arch_kind_sites(a, OP_GATE) != 0;
    bool fits =
        arch_predicts(a) && (!gates || a->activation == ACTIVATION_SILU);
    for (int i = 0; i < a->n_tensors; i++) {
        const ArchStored *how = &a->tensors[i].in[ARCH_GGUF];
        fits = fits && how->rows == TENSOR_AS_IS;
    }
    if (c->n_kv_heads != c->n_heads && !params_groups_heads(a))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: n_kv_heads: found %d, need the %d of n_heads "
                       "in a %s",
                       name, c->n_kv_heads, c->n_heads, a->title);
    return fits || err_set(err, ERR_UNSUPPORTED, 0,
                           "%s: architecture: found %s, which is not trained",
                           name, a->name);
}

bool params_init(Params *p, const Config *c, const char *name, Err *err) {
    *p = (Params){.config = *c};
    if (!config_check(c, name, err) || !check_trained(c, name, err) ||
        !check_usual(c, name, err))
        return false;
    if (count(c) > PARAMS_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: parameters: found %.0f, allowed %u", name, count(c),
                       PARAMS_MAX);
    place(p, false);
    p->n_matrices = p->n;
    place(p, true);
    place_biases(p);
    return true;
}

size_t params_at(const Params *p, TensorRole role, int layer) {
    if (role == TENSOR_CLASSIFIER) role = TENSOR_TOKEN_EMBED;
    if (!arch_tensor(p->config.arch, role)->per_layer) layer = 0;
    return p->at[role] + p->size[role] * (size_t)layer;
}

size_t params_bias_at(const Params *p, TensorRole role, int layer) {
    if (!arch_tensor(p->config.arch, role)->per_layer) layer = 0;
    return p->bias_at[role] + p->bias_len[role] * (size_t)layer;
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
    bool has_biases = false;
    for (size_t i = 0; i < p->n; i++)
        w[i] = 1;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n = arch_copies(&p->config, (TensorRole)role);
        for (size_t i = 0; i < p->bias_len[role] * (size_t)n; i++)
            w[p->bias_at[role] + i] = 0;
        has_biases = has_biases || p->bias_len[role] > 0;
        if (n == 0 || is_gain(&p->config, (TensorRole)role)) continue;
        const bool writes = role == TENSOR_WO || role == TENSOR_W_DOWN;
        const double deviation = writes ? residual : plain;
        const size_t end = p->at[role] + p->size[role] * (size_t)n;
        for (size_t i = p->at[role]; i < end; i++)
            w[i] = (float)(deviation * chance_normal(seed, i));
    }
    if (!has_biases) add_common(p, w, seed, plain);
}

void params_copy(const Params *p, float *w, const Model *m) {
    for (int role = 0; role < TENSOR_ROLES; role++)
        for (int layer = 0; layer < arch_copies(&p->config, (TensorRole)role);
             layer++) {
            const Tensor *t = model_tensor(m, (TensorRole)role, layer);
            float *to = w + params_at(p, (TensorRole)role, layer);
            for (int row = 0; p->size[role] && row < t->rows; row++) {
                kern_row(to, t, row);
                to += t->cols;
            }
            if (p->bias_len[role])
                memcpy(w + params_bias_at(p, (TensorRole)role, layer), t->bias,
                       p->bias_len[role] * sizeof *w);
        }
}
