/* config.json to Config. */
#include "engine/format/hf_private.h"

#include "engine/base/jsonfile.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include <string.h>

#define CONFIG_SIZE_MAX   (1u << 20)
#define CONFIG_VALUES_MAX 10000

/* ---- rotation ------------------------------------------------------------ */

static bool read_llama3(const JsonFile *j, const json_t *object, Config *c) {
    RopeLlama3 s = {0};
    if (!jsonfile_real(j, object, "factor", &s.factor) ||
        !jsonfile_real(j, object, "low_freq_factor", &s.low) ||
        !jsonfile_real(j, object, "high_freq_factor", &s.high) ||
        !jsonfile_int(j, object, "original_max_position_embeddings", 1,
                      CONFIG_DIM_MAX, &s.seq_len))
        return false;
    if (!(s.factor >= 1 && s.low > 0 && s.high > s.low && s.seq_len > 0))
        return jsonfile_fail(j, ERR_FORMAT, "rope_scaling",
                             "found factor %g, low_freq_factor %g, "
                             "high_freq_factor %g",
                             (double)s.factor, (double)s.low, (double)s.high);
    rope_scale_llama3(c, &s);
    return true;
}

static bool read_linear(const JsonFile *j, const json_t *object, Config *c) {
    float factor = 0;
    if (!jsonfile_real(j, object, "factor", &factor)) return false;
    if (!(factor >= 1))
        return jsonfile_fail(j, ERR_FORMAT, "rope_scaling",
                             "found factor %g, need at least 1",
                             (double)factor);
    rope_scale_linear(c, factor);
    return true;
}

/* Transformers 5 has both in rope_parameters; before that the base was a
 * member of the root and the scaling in rope_scaling, its type called so. */
static bool read_rope(const JsonFile *j, Config *c) {
    json_t *both, *scaling;
    const char *type = "default";
    if (!jsonfile_member(j, j->root, "rope_parameters", &both) ||
        !jsonfile_member(j, j->root, "rope_scaling", &scaling))
        return false;
    if (both) scaling = both;
    if (scaling && !json_is_object(scaling))
        return jsonfile_fail(j, ERR_FORMAT, "rope_scaling", "need an object");
    if (!jsonfile_real(j, j->root, "rope_theta", &c->rope_theta) ||
        !jsonfile_real(j, both, "rope_theta", &c->rope_theta) ||
        !jsonfile_string(j, scaling, "type", &type) ||
        !jsonfile_string(j, scaling, "rope_type", &type))
        return false;
    if (strcmp(type, "default") == 0) return true;
    if (strcmp(type, "llama3") == 0) return read_llama3(j, scaling, c);
    if (strcmp(type, "linear") == 0) return read_linear(j, scaling, c);
    return jsonfile_fail(j, ERR_UNSUPPORTED, "rope_scaling",
                         "found \"%.32s\", need llama3, linear or none", type);
}

/* ---- the rest ------------------------------------------------------------ */

static bool read_sizes(const JsonFile *j, Config *c) {
    const struct {
        const char *key;
        int *out, max;
    } sizes[] = {
        {"hidden_size", &c->dim, CONFIG_DIM_MAX},
        {"intermediate_size", &c->hidden_dim, CONFIG_DIM_MAX},
        {"num_hidden_layers", &c->n_layers, CONFIG_LAYERS_MAX},
        {"num_attention_heads", &c->n_heads, CONFIG_HEADS_MAX},
        {"vocab_size", &c->vocab_size, CONFIG_DIM_MAX},
        {"max_position_embeddings", &c->seq_len_max, CONFIG_DIM_MAX},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!jsonfile_int(j, j->root, sizes[i].key, 1, sizes[i].max,
                          sizes[i].out))
            return false;
        if (*sizes[i].out == 0)
            return jsonfile_fail(j, ERR_FORMAT, sizes[i].key,
                                 "found none, need one");
    }
    c->n_kv_heads = c->n_heads;
    c->head_dim = c->dim / c->n_heads;
    return jsonfile_int(j, j->root, "num_key_value_heads", 1, CONFIG_HEADS_MAX,
                        &c->n_kv_heads) &&
           jsonfile_int(j, j->root, "head_dim", 1, CONFIG_HEAD_DIM_MAX,
                        &c->head_dim);
}

/* Which architecture; refuses what would change its computation. */
static bool read_kind(const JsonFile *j, Config *c) {
    static const char *const absent[] = {"quantization_config",
                                         "sliding_window"};
    bool attention_bias = false, mlp_bias = false;
    const char *type = "", *act = "silu";
    float rotary = 1;
    if (!jsonfile_string(j, j->root, "model_type", &type) ||
        !jsonfile_string(j, j->root, "hidden_act", &act) ||
        !jsonfile_bool(j, j->root, "attention_bias", &attention_bias) ||
        !jsonfile_bool(j, j->root, "mlp_bias", &mlp_bias) ||
        !jsonfile_real(j, j->root, "partial_rotary_factor", &rotary))
        return false;
    c->arch = arch_find(type, strlen(type));
    if (!c->arch)
        return jsonfile_fail(j, ERR_UNSUPPORTED, "model_type",
                             "found \"%.32s\", need llama", type);
    if (strcmp(act, "silu") != 0)
        return jsonfile_fail(j, ERR_UNSUPPORTED, "hidden_act",
                             "found \"%.32s\", need silu", act);
    if (attention_bias || mlp_bias)
        return jsonfile_fail(j, ERR_UNSUPPORTED,
                             attention_bias ? "attention_bias" : "mlp_bias",
                             "found true, need false");
    if (rotary != 1)
        return jsonfile_fail(j, ERR_UNSUPPORTED, "partial_rotary_factor",
                             "found %g, need 1", (double)rotary);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        json_t *value;
        if (!jsonfile_member(j, j->root, absent[i], &value)) return false;
        if (value)
            return jsonfile_fail(j, ERR_UNSUPPORTED, absent[i],
                                 "found one, need none");
    }
    return true;
}

/* The sizes are checked before the rotation relies on them. */
static bool read_config(const JsonFile *j, Config *c) {
    *c = (Config){.norm_eps = 1e-6f, .rope_theta = 10000};
    return read_kind(j, c) && read_sizes(j, c) &&
           jsonfile_real(j, j->root, "rms_norm_eps", &c->norm_eps) &&
           jsonfile_bool(j, j->root, "tie_word_embeddings", &c->tied) &&
           config_check(c, j->name, j->err) && read_rope(j, c) &&
           config_check(c, j->name, j->err);
}

bool hf_config_read(const char *path, Config *c, Err *err) {
    File f;
    JsonFile j;
    if (!file_open(&f, path, CONFIG_SIZE_MAX, err)) return false;
    bool ok =
        jsonfile_open_config(&j, path, f.data, f.size, CONFIG_VALUES_MAX, err);
    if (ok) {
        ok = read_config(&j, c);
        jsonfile_close(&j);
    }
    file_close(&f);
    return ok;
}
