/* config.json to Config. */
#include "engine/format/hf_private.h"

#include "engine/base/jsonfile.h"
#include "engine/base/num.h"
#include "engine/spec/arch.h"
#include "engine/spec/rope.h"

#include <limits.h>
#include <string.h>

#define CONFIG_SIZE_MAX   (1u << 20)
#define CONFIG_VALUES_MAX 10000

/* ---- rotation ------------------------------------------------------------ */

static bool read_llama3(const JsonFile *j, const char *field,
                        const json_t *object, Config *c) {
    RopeLlama3 s = {0};
    if (!jsonfile_real(j, object, "factor", &s.factor) ||
        !jsonfile_real(j, object, "low_freq_factor", &s.low) ||
        !jsonfile_real(j, object, "high_freq_factor", &s.high) ||
        !jsonfile_int(j, object, "original_max_position_embeddings", 1,
                      CONFIG_DIM_MAX, &s.seq_len))
        return false;
    if (!(s.factor >= 1 && s.low > 0 && s.high > s.low && s.seq_len > 0))
        return jsonfile_fail(j, ERR_FORMAT, field,
                             "found factor %g, low_freq_factor %g, "
                             "high_freq_factor %g",
                             (double)s.factor, (double)s.low, (double)s.high);
    rope_scale_llama3(c, &s);
    return true;
}

static bool read_linear(const JsonFile *j, const char *field,
                        const json_t *object, Config *c) {
    float factor = 0;
    if (!jsonfile_real(j, object, "factor", &factor)) return false;
    if (!(factor >= 1))
        return jsonfile_fail(j, ERR_FORMAT, field,
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
    const char *field = both ? "rope_parameters" : "rope_scaling";
    const char *key;
    json_t *member;
    json_object_foreach(both, key, member) if (
        json_is_object(member)) return jsonfile_fail(j, ERR_UNSUPPORTED,
                                                     "rope_parameters",
                                                     "found some for %.32s "
                                                     "alone, need the same for "
                                                     "all layers",
                                                     key);
    if (scaling && !json_is_object(scaling))
        return jsonfile_fail(j, ERR_FORMAT, field, "need an object");
    if (!jsonfile_real(j, j->root, "rope_theta", &c->rope_theta) ||
        !jsonfile_real(j, both, "rope_theta", &c->rope_theta) ||
        !jsonfile_string(j, scaling, "type", &type) ||
        !jsonfile_string(j, scaling, "rope_type", &type))
        return false;
    if (strcmp(type, "default") == 0) return true;
    if (strcmp(type, "llama3") == 0) return read_llama3(j, field, scaling, c);
    if (strcmp(type, "linear") == 0) return read_linear(j, field, scaling, c);
    return jsonfile_fail(j, ERR_UNSUPPORTED, field,
                         "found \"%.32s\", need llama3, linear or none", type);
}

/* ---- families ------------------------------------------------------------ */

/* What a file may say only in one way, as another would be another
 * computation. */
typedef enum OnlyKind { ONLY_ABSENT, ONLY_BOOL, ONLY_REAL, ONLY_TEXT } OnlyKind;
typedef struct Only {
    const char *key;
    OnlyKind kind;
    float value;      /* also where nothing is said */
    const char *text; /* the same of ONLY_TEXT */
} Only;

#define BIT(ACTIVATION) (1u << (ACTIVATION))

/* How files of one model_type call things; NULL: not at all. */
typedef struct Family {
    const char *type;
    const Arch *arch;
    const char *dim, *hidden_dim, *n_layers, *n_heads, *n_kv_heads, *head_dim;
    const char *seq_len, *norm_eps, *activation, *bias;
    const char *window; /* positions that one looks back to: with no more of
                           them the mask is the usual one */
    int window_usual;   /* where nothing is said */
    int head_dim_usual; /* where nothing is said; 0: D/H */
    float norm_eps_usual;
    int hidden_by_dim;    /* F is so many D where nothing is said; 0: it must */
    unsigned activations; /* bits of those that it may have */
    bool tied_usually;
    bool gelu_by_tanh; /* "gelu" is the one by tanh, and no other may be */
    const Only *only;  /* the last has no key */
} Family;

static const Only llama_only[] = {{"attention_bias", ONLY_BOOL, 0, NULL},
                                  {"mlp_bias", ONLY_BOOL, 0, NULL},
                                  {"partial_rotary_factor", ONLY_REAL, 1, NULL},
                                  {"quantization_config", ONLY_ABSENT, 0, NULL},
                                  {"sliding_window", ONLY_ABSENT, 0, NULL},
                                  {NULL, ONLY_ABSENT, 0, NULL}};

static const Only mistral_only[] = {
    {"quantization_config", ONLY_ABSENT, 0, NULL},
    {"partial_rotary_factor", ONLY_REAL, 1, NULL},
    {NULL, ONLY_ABSENT, 0, NULL}};

/* A sliding_window that is not used may be there. */
static const Only qwen_only[] = {{"use_sliding_window", ONLY_BOOL, 0, NULL},
                                 {"attention_bias", ONLY_BOOL, 0, NULL},
                                 {"mlp_bias", ONLY_BOOL, 0, NULL},
                                 {"quantization_config", ONLY_ABSENT, 0, NULL},
                                 {"partial_rotary_factor", ONLY_REAL, 1, NULL},
                                 {NULL, ONLY_ABSENT, 0, NULL}};

/* hidden_activation is the newer of two keys for the same. */
static const Only gemma_only[] = {
    {"hidden_activation", ONLY_TEXT, 0, "gelu_pytorch_tanh"},
    {"use_bidirectional_attention", ONLY_BOOL, 0, NULL},
    {"attention_bias", ONLY_BOOL, 0, NULL},
    {"quantization_config", ONLY_ABSENT, 0, NULL},
    {"partial_rotary_factor", ONLY_REAL, 1, NULL},
    {NULL, ONLY_ABSENT, 0, NULL}};

/* reorder_and_upcast_attn asks for scores in f32, which they are. */
static const Only gpt2_only[] = {
    {"scale_attn_weights", ONLY_BOOL, 1, NULL},
    {"scale_attn_by_inverse_layer_idx", ONLY_BOOL, 0, NULL},
    {"add_cross_attention", ONLY_BOOL, 0, NULL},
    {"quantization_config", ONLY_ABSENT, 0, NULL},
    {NULL, ONLY_ABSENT, 0, NULL}};

static const Only bert_only[] = {
    {"position_embedding_type", ONLY_TEXT, 0, "absolute"},
    {"is_decoder", ONLY_BOOL, 0, NULL},
    {"add_cross_attention", ONLY_BOOL, 0, NULL},
    {"type_vocab_size", ONLY_REAL, 2, NULL},
    {"quantization_config", ONLY_ABSENT, 0, NULL},
    {NULL, ONLY_ABSENT, 0, NULL}};

#define ANY_ACTIVATION                                                         \
    (BIT(ACTIVATION_GELU_TANH) | BIT(ACTIVATION_GELU) | BIT(ACTIVATION_RELU) | \
     BIT(ACTIVATION_SILU))

/* What LLaMA and its kin have in common. */
#define KIN(NAME, ONLY)                                                        \
    .type = #NAME, .arch = &arch_##NAME, .dim = "hidden_size",                 \
    .hidden_dim = "intermediate_size", .n_layers = "num_hidden_layers",        \
    .n_heads = "num_attention_heads", .n_kv_heads = "num_key_value_heads",     \
    .head_dim = "head_dim", .seq_len = "max_position_embeddings",              \
    .norm_eps = "rms_norm_eps", .activation = "hidden_act",                    \
    .norm_eps_usual = 1e-6f, .only = (ONLY)

#define SILU .activations = BIT(ACTIVATION_SILU)

#define GPT2_KIN                                                               \
    .arch = &arch_gpt2, .dim = "n_embd", .hidden_dim = "n_inner",              \
    .n_layers = "n_layer", .n_heads = "n_head",                                \
    .norm_eps = "layer_norm_epsilon", .activation = "activation_function",     \
    .norm_eps_usual = 1e-5f, .tied_usually = true, .hidden_by_dim = 4,         \
    .activations = ANY_ACTIVATION, .only = gpt2_only

#define BERT                                                                   \
    .arch = &arch_bert, .dim = "hidden_size",                                  \
    .hidden_dim = "intermediate_size", .n_layers = "num_hidden_layers",        \
    .n_heads = "num_attention_heads", .seq_len = "max_position_embeddings",    \
    .norm_eps = "layer_norm_eps", .activation = "hidden_act",                  \
    .norm_eps_usual = 1e-12f, .tied_usually = true,                            \
    .activations = ANY_ACTIVATION, .only = bert_only

static const Family families[] = {
    {KIN(llama, llama_only), SILU},
    {KIN(mistral, mistral_only), SILU, .window = "sliding_window",
     .window_usual = 4096},
    {KIN(qwen2, qwen_only), SILU},
    {KIN(qwen3, qwen_only), SILU, .head_dim_usual = 128},
    {KIN(gemma, gemma_only), .head_dim_usual = 256, .tied_usually = true,
     .activations = BIT(ACTIVATION_GELU_TANH), .gelu_by_tanh = true},
    {GPT2_KIN, .type = "gpt2", .seq_len = "n_positions"},
    {BERT, .type = "bert"},
};

/* minGPT's and nanoGPT's own configurations: no model_type of Transformers, but
 * a block_size. */
static const Family block_family = {GPT2_KIN, .type = "",
                                    .seq_len = "block_size", .bias = "bias"};

/* A type that no row has, where there is a block_size: minGPT calls itself
 * gpt-nano, gpt-mini and so on. */
static bool is_block(const JsonFile *j, const char *type) {
    return json_object_get(j->root, "block_size") &&
           (*type == '\0' || strncmp(type, "gpt-", 4) == 0);
}

/* BERT's configurations of before models said what they are. */
static const Family old_bert = {BERT, .type = ""};

static bool is_old_bert(const JsonFile *j, const char *type) {
    return *type == '\0' && json_object_get(j->root, "type_vocab_size") &&
           json_object_get(j->root, "intermediate_size");
}

static const Family *find_family(const JsonFile *j) {
    const char *type = "";
    if (!jsonfile_string(j, j->root, "model_type", &type)) return NULL;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].type, type) == 0) return &families[i];
    if (is_block(j, type)) return &block_family;
    if (is_old_bert(j, type)) return &old_bert;
    jsonfile_fail(j, ERR_UNSUPPORTED, "model_type",
                  "found \"%.32s\", need one of %s", type, arch_names());
    return NULL;
}

/* ---- the rest ------------------------------------------------------------ */

static bool read_activation(const JsonFile *j, const Family *f, Config *c) {
    static const struct {
        const char *name;
        Activation is;
    } known[] = {{"silu", ACTIVATION_SILU},
                 {"swish", ACTIVATION_SILU},
                 {"gelu_new", ACTIVATION_GELU_TANH},
                 {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
                 {"gelu_fast", ACTIVATION_GELU_TANH},
                 {"gelu", ACTIVATION_GELU},
                 {"relu", ACTIVATION_RELU}};
    const char *name = NULL;
    c->activation = f->arch->activation;
    if (!jsonfile_string(j, j->root, f->activation, &name)) return false;
    /* nanoGPT, which has its biases as an option, takes the one by erf. */
    if (!name && f->bias && json_object_get(j->root, f->bias))
        c->activation = ACTIVATION_GELU;
    if (!name) return true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        Activation is = known[i].is;
        if (is == ACTIVATION_GELU && f->gelu_by_tanh) is = ACTIVATION_GELU_TANH;
        if (strcmp(known[i].name, name) != 0 || !(f->activations & BIT(is)))
            continue;
        c->activation = is;
        return true;
    }
    return jsonfile_fail(j, ERR_UNSUPPORTED, f->activation,
                         "found \"%.32s\", need %s", name,
                         f->activations == BIT(ACTIVATION_SILU) ? "silu"
                         : f->gelu_by_tanh ? "gelu_pytorch_tanh or gelu"
                                           : "gelu_new, gelu, relu or silu");
}

static bool check_bool(const JsonFile *j, const Only *only) {
    bool found = only->value != 0;
    if (!jsonfile_bool(j, j->root, only->key, &found)) return false;
    if (found == (only->value != 0)) return true;
    return jsonfile_fail(j, ERR_UNSUPPORTED, only->key, "found %s, need %s",
                         found ? "true" : "false", found ? "false" : "true");
}

static bool check_real(const JsonFile *j, const Only *only) {
    float found = only->value;
    if (!jsonfile_real(j, j->root, only->key, &found)) return false;
    if (found == only->value) return true;
    return jsonfile_fail(j, ERR_UNSUPPORTED, only->key, "found %g, need %g",
                         (double)found, (double)only->value);
}

static bool check_text(const JsonFile *j, const Only *only) {
    const char *found = only->text;
    if (!jsonfile_string(j, j->root, only->key, &found)) return false;
    if (strcmp(found, only->text) == 0) return true;
    return jsonfile_fail(j, ERR_UNSUPPORTED, only->key,
                         "found \"%.32s\", need %s", found, only->text);
}

static bool check_absent(const JsonFile *j, const Only *only) {
    json_t *value;
    if (!jsonfile_member(j, j->root, only->key, &value)) return false;
    if (!value) return true;
    return jsonfile_fail(j, ERR_UNSUPPORTED, only->key, "found one, need none");
}

/* Refuses what would change the computation. */
static bool check_only(const JsonFile *j, const Family *f) {
    static bool (*const checks[])(const JsonFile *j, const Only *only) = {
        [ONLY_ABSENT] = check_absent,
        [ONLY_BOOL] = check_bool,
        [ONLY_REAL] = check_real,
        [ONLY_TEXT] = check_text};
    for (const Only *only = f->only; only->key; only++)
        if (!checks[only->kind](j, only)) return false;
    return true;
}

/* One that may not be called anything. */
static bool read_size(const JsonFile *j, const char *key, int max, int *out) {
    return !key || jsonfile_int(j, j->root, key, 1, max, out);
}

static bool read_sizes(const JsonFile *j, const Family *f, Config *c) {
    const struct {
        const char *key;
        int *out, max;
    } sizes[] = {
        {f->dim, &c->dim, CONFIG_DIM_MAX},
        {f->hidden_dim, &c->hidden_dim, CONFIG_DIM_MAX},
        {f->n_layers, &c->n_layers, CONFIG_LAYERS_MAX},
        {f->n_heads, &c->n_heads, CONFIG_HEADS_MAX},
        {"vocab_size", &c->vocab_size, CONFIG_DIM_MAX},
        {f->seq_len, &c->seq_len_max, CONFIG_DIM_MAX},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (!read_size(j, sizes[i].key, sizes[i].max, sizes[i].out))
            return false;
        if (sizes[i].out == &c->hidden_dim && c->hidden_dim == 0 &&
            c->dim <= CONFIG_DIM_MAX / 4)
            c->hidden_dim = f->hidden_by_dim * c->dim;
        if (*sizes[i].out == 0)
            return jsonfile_fail(j, ERR_FORMAT, sizes[i].key,
                                 "found none, need one");
    }
    c->n_kv_heads = c->n_heads;
    c->head_dim = f->head_dim_usual ? f->head_dim_usual : c->dim / c->n_heads;
    return read_size(j, f->n_kv_heads, CONFIG_HEADS_MAX, &c->n_kv_heads) &&
           read_size(j, f->head_dim, CONFIG_HEAD_DIM_MAX, &c->head_dim);
}

/* A window is honoured by keeping texts within it; null: there is none. */
static bool read_window(const JsonFile *j, const Family *f, Config *c) {
    int window = c->seq_len_max;
    if (f->window && !json_object_get(j->root, f->window))
        window = f->window_usual;
    if (!read_size(j, f->window, INT_MAX, &window)) return false;
    c->seq_len_max = num_min(c->seq_len_max, window);
    return true;
}

static bool read_bias(const JsonFile *j, const Family *f, Config *c) {
    bool bias = true;
    if (f->bias && !jsonfile_bool(j, j->root, f->bias, &bias)) return false;
    c->no_bias = !bias;
    return true;
}

static bool check_sizes(const JsonFile *j, const Family *f, const Config *c) {
    const char *const keys[CONFIG_FIELDS] = {[CONFIG_DIM] = f->dim,
                                             [CONFIG_HIDDEN_DIM] =
                                                 f->hidden_dim,
                                             [CONFIG_LAYERS] = f->n_layers,
                                             [CONFIG_HEADS] = f->n_heads,
                                             [CONFIG_KV_HEADS] = f->n_kv_heads,
                                             [CONFIG_HEAD_DIM] = f->head_dim,
                                             [CONFIG_SEQ_LEN] = f->seq_len,
                                             [CONFIG_NORM_EPS] = f->norm_eps};
    return config_check_as(c, j->name, keys, j->err);
}

/* The sizes are checked before the rotation relies on them. */
static bool read_config(const JsonFile *j, HfConfig *out) {
    const Family *f = find_family(j);
    Config *c = &out->config;
    if (!f) return false;
    *c = (Config){.arch = f->arch,
                  .norm_eps = f->norm_eps_usual,
                  .rope_theta = 10000,
                  .tied = f->tied_usually};
    out->tied_if_alone =
        f == &block_family && !json_object_get(j->root, "tie_word_embeddings");
    return read_activation(j, f, c) && check_only(j, f) &&
           read_sizes(j, f, c) && read_window(j, f, c) && read_bias(j, f, c) &&
           jsonfile_real(j, j->root, f->norm_eps, &c->norm_eps) &&
           jsonfile_bool(j, j->root, "tie_word_embeddings", &c->tied) &&
           check_sizes(j, f, c) && (!c->arch->rotates || read_rope(j, c)) &&
           check_sizes(j, f, c);
}

bool hf_config_read(const char *path, HfConfig *c, Err *err) {
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
