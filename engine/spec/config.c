/* Whether sizes that a file asks for can be those of a model. */
#include "engine/spec/config.h"

#include "engine/spec/arch.h"

#include <assert.h>
#include <math.h>

/* What is checked, of which file, and what its fields are called there. */
typedef struct Check {
    const Config *c;
    const char *name;
    const char *const *keys;
    Err *err;
} Check;

static const char *key_of(const Check *k, ConfigField field) {
    static const char *const own[CONFIG_FIELDS] = {
        [CONFIG_DIM] = "dim",
        [CONFIG_HIDDEN_DIM] = "hidden_dim",
        [CONFIG_LAYERS] = "n_layers",
        [CONFIG_HEADS] = "n_heads",
        [CONFIG_KV_HEADS] = "n_kv_heads",
        [CONFIG_HEAD_DIM] = "head_dim",
        [CONFIG_VOCAB] = "vocab_size",
        [CONFIG_SEQ_LEN] = "seq_len",
        [CONFIG_NORM_EPS] = "norm_eps",
        [CONFIG_ROPE_THETA] = "rope_theta"};
    return k->keys && k->keys[field] ? k->keys[field] : own[field];
}

static bool check_ranges(const Check *k) {
    const Config *c = k->c;
    const struct {
        ConfigField field;
        int value, min, max;
    } ranges[] = {
        {CONFIG_DIM, c->dim, 1, CONFIG_DIM_MAX},
        {CONFIG_HIDDEN_DIM, c->hidden_dim, 1, CONFIG_DIM_MAX},
        {CONFIG_LAYERS, c->n_layers, 1, CONFIG_LAYERS_MAX},
        {CONFIG_HEADS, c->n_heads, 1, CONFIG_HEADS_MAX},
        {CONFIG_KV_HEADS, c->n_kv_heads, 1, c->n_heads},
        {CONFIG_VOCAB, c->vocab_size, 3, CONFIG_DIM_MAX}, /* unk, bos, eos */
        {CONFIG_SEQ_LEN, c->seq_len_max, 1, CONFIG_DIM_MAX},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return err_set(k->err, ERR_FORMAT, 0,
                           "%s: %s: found %d, need %d..%d", k->name,
                           key_of(k, ranges[i].field), ranges[i].value,
                           ranges[i].min, ranges[i].max);
    return true;
}

static bool check_heads(const Check *k) {
    const Config *c = k->c;
    const char *dim = key_of(k, CONFIG_DIM), *heads = key_of(k, CONFIG_HEADS);
    const char *head_dim = key_of(k, CONFIG_HEAD_DIM);
    if (!c->arch->own_head_dim && c->dim % c->n_heads != 0)
        return err_set(k->err, ERR_FORMAT, 0,
                       "%s: %s: found %d, need a divisor of %s %d", k->name,
                       heads, c->n_heads, dim, c->dim);
    if (c->n_heads % c->n_kv_heads != 0)
        return err_set(k->err, ERR_FORMAT, 0,
                       "%s: %s: found %d, need a divisor of %s %d", k->name,
                       key_of(k, CONFIG_KV_HEADS), c->n_kv_heads, heads,
                       c->n_heads);
    if (c->arch->own_head_dim && (c->head_dim < 2 || c->head_dim % 2 != 0 ||
                                  c->head_dim > CONFIG_HEAD_DIM_MAX))
        return err_set(k->err, ERR_FORMAT, 0,
                       "%s: %s: found %d, need an even one, at most %d",
                       k->name, head_dim, c->head_dim, CONFIG_HEAD_DIM_MAX);
    if (!c->arch->own_head_dim && (c->head_dim != c->dim / c->n_heads ||
                                   (c->arch->rotates && c->head_dim % 2 != 0) ||
                                   c->head_dim > CONFIG_HEAD_DIM_MAX))
        return err_set(k->err, ERR_FORMAT, 0,
                       "%s: %s: found %d, need %s / %s = %d, %sat most %d",
                       k->name, head_dim, c->head_dim, dim, heads,
                       c->dim / c->n_heads, c->arch->rotates ? "even, " : "",
                       CONFIG_HEAD_DIM_MAX);
    return true;
}

static bool check_numbers(const Check *k) {
    const Config *c = k->c;
    if (!(isfinite(c->norm_eps) && c->norm_eps > 0))
        return err_set(k->err, ERR_FORMAT, 0,
                       "%s: %s: found %g, need more than 0", k->name,
                       key_of(k, CONFIG_NORM_EPS), (double)c->norm_eps);
    if (c->arch->rotates && !(isfinite(c->rope_theta) && c->rope_theta > 0))
        return err_set(k->err, ERR_FORMAT, 0,
                       "%s: %s: found %g, need more than 0", k->name,
                       key_of(k, CONFIG_ROPE_THETA), (double)c->rope_theta);
    for (int i = 0; c->rope_scaled && i < c->head_dim / 2; i++)
        if (!(isfinite(c->rope_divisors[i]) && c->rope_divisors[i] > 0))
            return err_set(k->err, ERR_FORMAT, 0,
                           "%s: rope divisor %d: found %g, need more than 0",
                           k->name, i, (double)c->rope_divisors[i]);
    return true;
}

bool config_check_as(const Config *c, const char *name,
                     const char *const keys[CONFIG_FIELDS], Err *err) {
    const Check k = {c, name, keys, err};
    assert(c->arch); /* whoever reads sizes says of what */
    return check_ranges(&k) && check_heads(&k) && check_numbers(&k);
}

bool config_check(const Config *c, const char *name, Err *err) {
    return config_check_as(c, name, NULL, err);
}
