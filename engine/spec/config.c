/* Whether sizes that a file asks for can be those of a model. */
#include "engine/spec/config.h"

#include "engine/spec/arch.h"

#include <assert.h>
#include <math.h>

bool config_check(const Config *c, const char *name, Err *err) {
    assert(c->arch); /* whoever reads sizes says of what */
    const struct {
        const char *field;
        int value, min, max;
    } ranges[] = {
        {"dim", c->dim, 1, CONFIG_DIM_MAX},
        {"hidden_dim", c->hidden_dim, 1, CONFIG_DIM_MAX},
        {"n_layers", c->n_layers, 1, CONFIG_LAYERS_MAX},
        {"n_heads", c->n_heads, 1, CONFIG_HEADS_MAX},
        {"n_kv_heads", c->n_kv_heads, 1, c->n_heads},
        {"vocab_size", c->vocab_size, 3, CONFIG_DIM_MAX}, /* unk, bos, eos */
        {"seq_len", c->seq_len_max, 1, CONFIG_DIM_MAX},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].value < ranges[i].min || ranges[i].value > ranges[i].max)
            return err_set(err, ERR_FORMAT, 0, "%s: %s: found %d, need %d..%d",
                           name, ranges[i].field, ranges[i].value,
                           ranges[i].min, ranges[i].max);
    if (!c->arch->own_head_dim && c->dim % c->n_heads != 0)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: n_heads: found %d, need a divisor of dim %d", name,
                       c->n_heads, c->dim);
    if (c->n_heads % c->n_kv_heads != 0)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: n_kv_heads: found %d, need a divisor of n_heads %d",
                       name, c->n_kv_heads, c->n_heads);
    if (c->arch->own_head_dim && (c->head_dim < 2 || c->head_dim % 2 != 0 ||
                                  c->head_dim > CONFIG_HEAD_DIM_MAX))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: head_dim: found %d, need an even one, at most %d",
                       name, c->head_dim, CONFIG_HEAD_DIM_MAX);
    if (!c->arch->own_head_dim && (c->head_dim != c->dim / c->n_heads ||
                                   (c->arch->rotates && c->head_dim % 2 != 0) ||
                                   c->head_dim > CONFIG_HEAD_DIM_MAX))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: head_dim: found %d, need dim / n_heads = %d, "
                       "%sat most %d",
                       name, c->head_dim, c->dim / c->n_heads,
                       c->arch->rotates ? "even, " : "", CONFIG_HEAD_DIM_MAX);
    if (!(isfinite(c->norm_eps) && c->norm_eps > 0))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: norm_eps: found %g, need more than 0", name,
                       (double)c->norm_eps);
    if (c->arch->rotates && !(isfinite(c->rope_theta) && c->rope_theta > 0))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: rope_theta: found %g, need more than 0", name,
                       (double)c->rope_theta);
    for (int i = 0; c->rope_scaled && i < c->head_dim / 2; i++)
        if (!(isfinite(c->rope_divisors[i]) && c->rope_divisors[i] > 0))
            return err_set(err, ERR_FORMAT, 0,
                           "%s: rope divisor %d: found %g, need more than 0",
                           name, i, (double)c->rope_divisors[i]);
    return true;
}
