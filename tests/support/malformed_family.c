/* Damaged files of GPT-2, minGPT and nanoGPT, Qwen 2, Qwen 3 and Mistral. */
#include "tests/support/malformed.h"

#include "tests/support/folder.h"
#include "tests/support/tiny_family.h"

#include <stdlib.h>
#include <string.h>

/* ---- the good files ------------------------------------------------------ */

/* No two axes of the same length, but for D and H*K of GPT-2. */
static TinySpec spec_of(MalformedKind kind) {
    TinySpec s = {.dim = 8,
                  .hidden_dim = 12,
                  .n_layers = 1,
                  .n_heads = 2,
                  .n_kv_heads = 1,
                  .vocab_size = 3,
                  .seq_len = 5,
                  .shared_classifier = true,
                  .seed = 7};
    switch (kind) {
    case MALFORMED_QWEN2:
    case MALFORMED_QWEN2_CONFIG:
    case MALFORMED_QWEN2_GGUF:
        s.family = TINY_QWEN2;
        break;
    case MALFORMED_QWEN3:
    case MALFORMED_QWEN3_CONFIG:
    case MALFORMED_QWEN3_GGUF:
        s.family = TINY_QWEN3;
        s.wide_heads = true;
        break;
    case MALFORMED_MISTRAL_CONFIG:
        s.family = TINY_LLAMA;
        break;
    default:
        s.family = TINY_GPT2;
        s.n_kv_heads = s.n_heads;
    }
    return s;
}

static TinyForm form_of(MalformedKind kind) {
    switch (kind) {
    case MALFORMED_NANO:
    case MALFORMED_NANO_CONFIG:
        return (TinyForm){.as_linear = true, .own_config = true};
    case MALFORMED_MISTRAL_CONFIG:
        return (TinyForm){.model_type = "mistral",
                          .more = ",\"sliding_window\":4"};
    default:
        return (TinyForm){0};
    }
}

static bool is_config(MalformedKind kind) {
    return kind >= MALFORMED_GPT2_CONFIG && kind <= MALFORMED_MISTRAL_CONFIG;
}

Bytes malformed_good_family(MalformedKind kind) {
    const TinySpec spec = spec_of(kind);
    const TinyForm form = form_of(kind);
    if (malformed_is_safetensors(kind))
        return tiny_family_safetensors(&spec, &form);
    return is_config(kind) ? tiny_family_config(&spec, &form)
                           : tiny_family_gguf(&spec, DTYPE_F32);
}

MalformedKind malformed_beside(MalformedKind kind) {
    return (MalformedKind)(kind - MALFORMED_GPT2 + MALFORMED_GPT2_CONFIG);
}

Bytes malformed_good_weights(MalformedKind kind) {
    const TinySpec spec = spec_of(kind);
    const TinyForm form = form_of(kind);
    return tiny_family_safetensors(&spec, &form);
}

void malformed_family_folder(MalformedKind kind, const char *dir) {
    const TinySpec spec = spec_of(kind);
    const TinyForm form = form_of(kind);
    tiny_family_folder(dir, &spec, &form);
}

/* ---- edits --------------------------------------------------------------- */

/* A number so many bytes before the end of the file. */
static void from_end(Bytes *b, size_t back, uint64_t v) {
    malformed_u32(b, b->size - back, v);
}

/* ---- tables -------------------------------------------------------------- */

#define CASE(kind, name, edit, at, value, find, put, says)                     \
    { kind, name, edit, at, (uint64_t)(value), find, put, says, false }

/* Text for text, in safetensors: an entry's name or its shape. */
#define G(name, find, put, says)                                               \
    CASE(MALFORMED_GPT2, name, NULL, 0, 0, find, put, says)
#define N(name, find, put, says)                                               \
    CASE(MALFORMED_NANO, name, NULL, 0, 0, find, put, says)
#define Q2(name, find, put, says)                                              \
    CASE(MALFORMED_QWEN2, name, NULL, 0, 0, find, put, says)
#define Q3(name, find, put, says)                                              \
    CASE(MALFORMED_QWEN3, name, NULL, 0, 0, find, put, says)

/* In config.json. */
#define GC(name, find, put, says)                                              \
    CASE(MALFORMED_GPT2_CONFIG, name, NULL, 0, 0, find, put, says)
#define NC(name, find, put, says)                                              \
    CASE(MALFORMED_NANO_CONFIG, name, NULL, 0, 0, find, put, says)
#define Q2C(name, find, put, says)                                             \
    CASE(MALFORMED_QWEN2_CONFIG, name, NULL, 0, 0, find, put, says)
#define Q3C(name, find, put, says)                                             \
    CASE(MALFORMED_QWEN3_CONFIG, name, NULL, 0, 0, find, put, says)
#define MC(name, find, put, says)                                              \
    CASE(MALFORMED_MISTRAL_CONFIG, name, NULL, 0, 0, find, put, says)

/* In GGUF: the value of a key, or the description of a tensor. */
#define GK(name, find, edit, at, value, says)                                  \
    CASE(MALFORMED_GPT2_GGUF, name, edit, at, value, find, NULL, says)
#define GT(name, find, put, says)                                              \
    CASE(MALFORMED_GPT2_GGUF, name, NULL, 0, 0, find, put, says)
#define Q2T(name, find, put, says)                                             \
    CASE(MALFORMED_QWEN2_GGUF, name, NULL, 0, 0, find, put, says)
#define Q2K(name, find, edit, at, value, says)                                 \
    CASE(MALFORMED_QWEN2_GGUF, name, edit, at, value, find, NULL, says)
#define Q3T(name, find, put, says)                                             \
    CASE(MALFORMED_QWEN3_GGUF, name, NULL, 0, 0, find, put, says)
#define Q3K(name, find, edit, at, value, says)                                 \
    CASE(MALFORMED_QWEN3_GGUF, name, edit, at, value, find, NULL, says)

/* What every size of a config.json must not be. */
#define SIZE(kind, key, text)                                                  \
    CASE(kind, key " 0", NULL, 0, 0, "\"" key "\":" text, "\"" key "\":0",     \
         key ": found 0"),                                                     \
        CASE(kind, key " negative", NULL, 0, 0, "\"" key "\":" text,           \
             "\"" key "\":-1", key ": found -1"),                              \
        CASE(kind, key " of text", NULL, 0, 0, "\"" key "\":" text,            \
             "\"" key "\":\"8\"", key ": need a whole number"),                \
        CASE(kind, key " a fraction", NULL, 0, 0, "\"" key "\":" text,         \
             "\"" key "\":2.5", key ": need a whole number"),                  \
        CASE(kind, key " 2^31", NULL, 0, 0, "\"" key "\":" text,               \
             "\"" key "\":2147483648", key ": found 2147483648"),              \
        CASE(kind, key " a list", NULL, 0, 0, "\"" key "\":" text,             \
             "\"" key "\":[8]", key ": need a whole number"),                  \
        CASE(kind, key " twice", NULL, 0, 0, "{", "{\"" key "\":" text ",",    \
             key ": found it twice")

#define DTYPE    "\"dtype\":\"F32\",\"shape\":"
#define HF(name) "\"transformer." name "\":{" DTYPE
#define LN1      HF("h.0.ln_1.bias")
#define ATTN     "transformer.h.0.attn.c_attn"
#define LAYER    "model.layers.0."
#define NAN_BITS 0x7FC00000
#define INF_BITS 0xFF800000

static const Malformed cases[] = {
    G("no positions", "transformer.wpe.weight", "transformer.wpx.weight",
      "wpe.weight: found none, need one"),
    G("positions turned", HF("wpe.weight") "[5,8]", HF("wpe.weight") "[8,5]",
      "transformer.wpe.weight: shape: found ["),
    G("no bias of a norm", "h.0.ln_1.bias", "h.0.ln_1.bios",
      "transformer.h.0.ln_1.bias: found none, need one"),
    G("bias of a norm a matrix", LN1 "[8]", LN1 "[2,4]",
      "transformer.h.0.ln_1.bias: need 8 of F32, F16 or BF16"),
    G("no bias of a matrix", ATTN ".bias", ATTN ".bios",
      "transformer.h.0.attn.c_attn.bias: found none, need one"),
    G("bias of another length", HF("h.0.mlp.c_fc.bias") "[12]",
      HF("h.0.mlp.c_fc.bias") "[11]",
      "transformer.h.0.mlp.c_fc.bias.data_offsets: not the size"),
    G("bias a matrix", HF("h.0.attn.c_attn.bias") "[24]",
      HF("h.0.attn.c_attn.bias") "[24,1]",
      "transformer.h.0.attn.c_attn.bias: need 24 of F32, F16 or"),
    G("bias of no axes", HF("h.0.attn.c_attn.bias") "[24]",
      HF("h.0.attn.c_attn.bias") "[]",
      "transformer.h.0.attn.c_attn.bias.data_offsets: not the s"),
    G("queries, keys and values flat", HF("h.0.attn.c_attn.weight") "[8,24]",
      HF("h.0.attn.c_attn.weight") "[192]",
      "transformer.h.0.attn.c_attn.weight: shape: found [192], need [8, 24]"),
    G("queries, keys and values of no size",
      HF("h.0.attn.c_attn.weight") "[8,24]",
      HF("h.0.attn.c_attn.weight") "[16,12]",
      "transformer.h.0.attn.c_attn.weight: shape: found [16, 12], need"),
    G("one matrix turned alone", HF("h.0.mlp.c_fc.weight") "[8,12]",
      HF("h.0.mlp.c_fc.weight") "[12,8]",
      "transformer.h.0.mlp.c_fc.weight: shape: found [12, 8], need [8"),
    G("the others turned alone", HF("h.0.attn.c_attn.weight") "[8,24]",
      HF("h.0.attn.c_attn.weight") "[24,8]",
      "transformer.h.0.mlp.c_fc.weight: shape: found [8, 12], need [12"),
    G("no final norm", "transformer.ln_f.weight", "transformer.ln_g.weight",
      "ln_f.weight: found none, need one"),
    G("no bias of the final norm", "transformer.ln_f.bias",
      "transformer.ln_f.bixs", "transformer.ln_f.bias: found none, need one"),
    G("a layer more", "transformer.h.0.ln_2.bias", "transformer.h.1.ln_2.bias",
      "transformer.h.0.ln_2.bias: found none, need one"),
    G("a layer of a negative number", "transformer.h.0.ln_2.bias",
      "transformer.h.-1.ln_2.bias",
      "transformer.h.0.ln_2.bias: found none, need one"),
    G("whole numbers", HF("h.0.ln_1.bias"),
      "\"transformer.h.0.ln_1.bias\":{\"dtype\":\"I32\",\"shape\":",
      "transformer.h.0.ln_1.bias: need 8 of F32, F16 or BF16"),
    G("both names of a tensor", "transformer.h.0.ln_2.weight", "wte.weight",
      "h.0.ln_2.weight: found none, need one"),
    CASE(MALFORMED_GPT2, "bias NaN", from_end, 4, NAN_BITS, NULL, NULL,
         "transformer.ln_f.weight: bias[7]: found nan, need a fini"),
    CASE(MALFORMED_GPT2, "gain infinite", from_end, 36, INF_BITS, NULL, NULL,
         "transformer.ln_f.weight[0, 7]: found inf, need a finite"),
    CASE(MALFORMED_GPT2, "weight NaN", from_end, 4 * (16 + 8 + 90), NAN_BITS,
         NULL, NULL,
         "transformer.h.0.mlp.c_proj.weight[0, 6]: found nan, need"),
    CASE(MALFORMED_GPT2, "data cut", malformed_drop, 40, 0, NULL, NULL,
         "transformer.ln_f.weight.data_offsets: out of order or pa"),
    N("turned", HF("h.0.attn.c_attn.weight") "[24,8]",
      HF("h.0.attn.c_attn.weight") "[8,24]",
      "transformer.h.0.mlp.c_fc.weight: shape: found ["),
    N("one matrix turned alone", HF("h.0.mlp.c_fc.weight") "[12,8]",
      HF("h.0.mlp.c_fc.weight") "[8,12]",
      "transformer.h.0.mlp.c_fc.weight: shape: found ["),
    N("no bias of a matrix", "h.0.mlp.c_proj.bias", "h.0.mlp.c_proj.bios",
      "transformer.h.0.mlp.c_proj.bias: found none, need one"),
    N("parts not of three", HF("h.0.attn.c_attn.weight") "[24,8]",
      HF("h.0.attn.c_attn.weight") "[6,32]",
      "transformer.h.0.attn.c_attn.weight: shape: found ["),
    Q2("no bias of keys", LAYER "self_attn.k_proj.bias",
       LAYER "self_attn.k_proj.bios",
       "model.layers.0.self_attn.k_proj.bias: found none, need o"),
    Q2("bias of keys a matrix",
       "\"" LAYER "self_attn.k_proj.bias\":{" DTYPE "[4]",
       "\"" LAYER "self_attn.k_proj.bias\":{" DTYPE "[2,2]",
       "model.layers.0.self_attn.k_proj.bias: need 4 of F32, F16"),
    Q2("bias of queries short",
       "\"" LAYER "self_attn.q_proj.bias\":{" DTYPE "[8]",
       "\"" LAYER "self_attn.q_proj.bias\":{" DTYPE "[7]",
       "model.layers.0.self_attn.q_proj.bias.data_offsets: not t"),
    Q2("keys turned", "\"" LAYER "self_attn.k_proj.weight\":{" DTYPE "[4,8]",
       "\"" LAYER "self_attn.k_proj.weight\":{" DTYPE "[8,4]",
       "model.layers.0.self_attn.k_proj.weight: shape: found [8, 4], need [4, "
       "8]"),
    Q2("bias of what has none", LAYER "self_attn.k_proj.bias",
       LAYER "self_attn.o_proj.bias",
       "model.layers.0.self_attn.k_proj.bias: found none, need o"),
    Q3("no norm of queries", LAYER "self_attn.q_norm.weight",
       LAYER "self_attn.q_norn.weight",
       "model.layers.0.self_attn.q_norm.weight: found none, need"),
    Q3("norm of keys a matrix",
       "\"" LAYER "self_attn.k_norm.weight\":{" DTYPE "[8]",
       "\"" LAYER "self_attn.k_norm.weight\":{" DTYPE "[4,2]",
       "model.layers.0.self_attn.k_norm.weight: shape: found [4, 2], need [8]"),
    Q3("norm of keys short",
       "\"" LAYER "self_attn.k_norm.weight\":{" DTYPE "[8]",
       "\"" LAYER "self_attn.k_norm.weight\":{" DTYPE "[4]",
       "model.layers.0.self_attn.k_norm.weight.data_offsets: not"),
    Q3("queries turned",
       "\"" LAYER "self_attn.q_proj.weight\":{" DTYPE "[16,8]",
       "\"" LAYER "self_attn.q_proj.weight\":{" DTYPE "[8,16]",
       "model.layers.0.self_attn.q_proj.weight: shape: found [8, 16], need"),

    SIZE(MALFORMED_GPT2_CONFIG, "n_embd", "8"),
    SIZE(MALFORMED_GPT2_CONFIG, "n_layer", "1"),
    SIZE(MALFORMED_GPT2_CONFIG, "n_head", "2"),
    SIZE(MALFORMED_GPT2_CONFIG, "n_positions", "5"),
    SIZE(MALFORMED_GPT2_CONFIG, "n_inner", "12"),
    SIZE(MALFORMED_GPT2_CONFIG, "vocab_size", "3"),
    GC("n_inner null is 4 n_embd", "\"n_inner\":12", "\"n_inner\":null",
       "transformer.h.0.mlp.c_fc.weight: shape: found ["),
    GC("heads do not divide", "\"n_head\":2", "\"n_head\":3",
       "n_head: found 3, need a divisor of n_embd 8"),
    GC("more positions than rows", "\"n_positions\":5", "\"n_positions\":6",
       "transformer.wpe.weight: shape: found ["),
    GC("no positions", "\"n_positions\"", "\"n_position\"",
       "n_positions: found none, need one"),
    GC("n_layer 2", "\"n_layer\":1", "\"n_layer\":2",
       "h.1.ln_1.weight: found none, need one"),
    GC("scores not divided", "{", "{\"scale_attn_weights\":false,",
       "scale_attn_weights: found false, need true"),
    GC("scores divided by the layer", "{",
       "{\"scale_attn_by_inverse_layer_idx\":true,",
       "scale_attn_by_inverse_layer_idx: found true, need false"),
    GC("attention to another text", "{", "{\"add_cross_attention\":true,",
       "add_cross_attention: found true, need false"),
    GC("an unknown activation", "{", "{\"activation_function\":\"geglu\",",
       "activation_function: found \"geglu\", need gelu_new, gelu,"),
    GC("activation a number", "{", "{\"activation_function\":3,",
       "activation_function: need a string"),
    GC("eps 0", "{", "{\"layer_norm_epsilon\":0,",
       "layer_norm_epsilon: found 0, need more than 0"),
    GC("eps of text", "{", "{\"layer_norm_epsilon\":\"1e-5\",",
       "layer_norm_epsilon: need a finite number"),
    GC("untied without lm_head", "\"tie_word_embeddings\":true",
       "\"tie_word_embeddings\":false", "lm_head.weight: found none, need one"),
    GC("tied a text", "\"tie_word_embeddings\":true",
       "\"tie_word_embeddings\":\"yes\"",
       "tie_word_embeddings: need true or false"),
    GC("another type", "\"gpt2\"", "\"gptj\"",
       "model_type: found \"gptj\", need one of llama mistral qwen"),
    GC("type a number", "\"gpt2\"", "2", "model_type: need a string"),
    GC("type missing", "\"model_type\":\"gpt2\",", "",
       "model_type: found \"\", need one of llama mistral qwen2 qw"),

    SIZE(MALFORMED_NANO_CONFIG, "block_size", "5"),
    SIZE(MALFORMED_NANO_CONFIG, "n_embd", "8"),
    NC("bias a text", "\"bias\":true", "\"bias\":\"true\"",
       "bias: need true or false"),
    NC("bias 1", "\"bias\":true", "\"bias\":1", "bias: need true or false"),
    NC("none said, some there", "\"bias\":true", "\"bias\":false",
       "transformer.h.0.attn.c_attn.bias: found one, need none b"),
    NC("a type of its own and no block_size", "\"block_size\":5",
       "\"block\":5,\"model_type\":\"gpt-nano\"",
       "model_type: found \"gpt-nano\", need one of llama mistral"),
    NC("an unknown type", "{", "{\"model_type\":\"gpt3\",",
       "model_type: found \"gpt3\", need one of llama mistral qwen"),

    SIZE(MALFORMED_QWEN2_CONFIG, "num_key_value_heads", "1"),
    Q2C("kv heads do not divide", "\"num_key_value_heads\":1",
        "\"num_key_value_heads\":2",
        "model.layers.0.self_attn.k_proj.weight: shape: found [4, 8], need"),
    Q2C("more kv heads than heads", "\"num_key_value_heads\":1",
        "\"num_key_value_heads\":4", "num_key_value_heads: found 4, need 1..2"),
    Q2C("a window", "{", "{\"use_sliding_window\":true,",
        "use_sliding_window: found true, need false"),
    Q2C("a window of text", "{", "{\"use_sliding_window\":\"no\",",
        "use_sliding_window: need true or false"),

    SIZE(MALFORMED_QWEN3_CONFIG, "head_dim", "8"),
    Q3C("odd head_dim", "\"head_dim\":8", "\"head_dim\":7",
        "head_dim: found 7, need an even one, at most 1024"),
    Q3C("no head_dim is 128", "\"head_dim\":8,", "",
        "shape: found [16, 8], need [256, 8] by config.json"),
    Q3C("bias", "{", "{\"attention_bias\":true,",
        "attention_bias: found true, need false"),

    MC("window 0", "\"sliding_window\":4", "\"sliding_window\":0",
       "sliding_window: found 0, need 1..2147483647"),
    MC("window negative", "\"sliding_window\":4", "\"sliding_window\":-4",
       "sliding_window: found -4, need 1..2147483647"),
    MC("window of text", "\"sliding_window\":4", "\"sliding_window\":\"4\"",
       "sliding_window: need a whole number"),
    MC("window a fraction", "\"sliding_window\":4", "\"sliding_window\":4.5",
       "sliding_window: need a whole number"),
    MC("window twice", "{", "{\"sliding_window\":3,",
       "sliding_window: found it twice, need it once"),

    GK("context 0", "gpt2.context_length", malformed_u32, 0, 0,
       "gpt2.context_length: found 0, need 1..1048576"),
    GK("context 6", "gpt2.context_length", malformed_u32, 0, 6,
       "position_embd.weight: found shape [5, 8], need [6, 8]"),
    GK("context 2^31", "gpt2.context_length", malformed_u32, 0, 1u << 31,
       "gpt2.context_length: found 2147483648, need 1..1048576"),
    GK("embedding 0", "gpt2.embedding_length", malformed_u32, 0, 0,
       "gpt2.embedding_length: found 0, need 1..1048576"),
    GK("heads 0", "gpt2.attention.head_count", malformed_u32, 0, 0,
       "gpt2.attention.head_count: found 0, need 1..1024"),
    GK("heads 3", "gpt2.attention.head_count", malformed_u32, 0, 3,
       "gpt2.attention.head_count: found 3, need a divisor of gpt2.emb"),
    GK("feed-forward 2^32-1", "gpt2.feed_forward_length", malformed_u32, 0, -1,
       "gpt2.feed_forward_length: found 4294967295, need 1..1048"),
    GK("blocks 2", "gpt2.block_count", malformed_u32, 0, 2,
       "blk.1.attn_norm.weight: found no such tensor"),
    GK("eps NaN", "gpt2.attention.layer_norm_epsilon", malformed_u32, 0,
       NAN_BITS, "gpt2.attention.layer_norm_epsilon: found nan, need more"),
    GK("eps negative", "gpt2.attention.layer_norm_epsilon", malformed_u32, 0,
       0xBF800000, "gpt2.attention.layer_norm_epsilon: found -1, need more t"),
    GT("no eps", "gpt2.attention.layer_norm_epsilon",
       "gpt2.attention.layer_norm_epsilom",
       "gpt2.attention.layer_norm_epsilon: found no such key"),
    GT("no positions", "position_embd.weight", "position_embx.weight",
       "position_embd.weight: found no such tensor"),
    GK("positions turned", "position_embd.weight", malformed_u64, 4, 4,
       "blk.0.attn_norm.weight: found offset 256, need 192"),
    GT("no bias", "blk.0.attn_qkv.bias", "blk.0.attn_qkv.bixs",
       "blk.0.attn_qkv.bias: found no such tensor"),
    GK("bias of another length", "blk.0.attn_qkv.bias", malformed_u64, 4, 16,
       "blk.0.attn_qkv.bias: found a size of more than the file'"),
    GK("bias of bytes", "blk.0.attn_qkv.bias", malformed_u32, 12, 24,
       "blk.0.attn_qkv.bias: found offset 24, need 1088"),
    GT("no bias of a norm", "blk.0.ffn_norm.bias", "blk.0.ffn_norm.bixs",
       "blk.0.ffn_norm.bias: found no such tensor"),
    GK("parts not of three", "blk.0.attn_qkv.weight", malformed_u64, 12, 23,
       "blk.0.attn_qkv.bias: found offset 1088, need 1056"),
    CASE(MALFORMED_GPT2_GGUF, "bias NaN", from_end, 4, NAN_BITS, NULL, NULL,
         "output_norm.weight: bias[7]: found nan, need a finite nu"),
    CASE(MALFORMED_GPT2_GGUF, "data cut", malformed_drop, 32, 0, NULL, NULL,
         "output_norm.bias: found 32 bytes from byte 3648, past th"),
    Q2T("no bias", "blk.0.attn_k.bias", "blk.0.attn_k.bixs",
        "blk.0.attn_k.bias: found no such tensor"),
    Q2K("bias of another length", "blk.0.attn_k.bias", malformed_u64, 4, 3,
        "blk.0.attn_k.bias: found a size of more than the file's"),
    Q2K("kv heads 0", "qwen2.attention.head_count_kv", malformed_u32, 0, 0,
        "qwen2.attention.head_count_kv: found 0, need 1..2"),
    Q2T("bias of what has none", "blk.0.attn_k.bias", "blk.0.attn_x.bias",
        "blk.0.attn_k.bias: found no such tensor"),
    Q3T("no norm of queries", "blk.0.attn_q_norm.weight",
        "blk.0.attn_q_norn.weight",
        "blk.0.attn_q_norm.weight: found no such tensor"),
    Q3K("norm of keys short", "blk.0.attn_k_norm.weight", malformed_u64, 4, 4,
        "blk.0.attn_k_norm.weight: found shape [1, 4], need [1, 8"),
    Q3K("head_dim 0", "qwen3.attention.key_length", malformed_u32, 0, 0,
        "qwen3.attention.key_length: found 0, need 2..1024"),
    Q3K("head_dim odd", "qwen3.attention.key_length", malformed_u32, 0, 7,
        "qwen3.attention.key_length: found 7, need an even one, at most 1024"),
    Q3K("head_dim 2^31", "qwen3.attention.key_length", malformed_u32, 0,
        1u << 31, "qwen3.attention.key_length: found 2147483648, need 2..10"),
};

MalformedList malformed_family(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
