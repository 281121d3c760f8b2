/* Damaged tokenizer.json, config.json and model.safetensors.index.json. */
#include "tests/support/malformed.h"

#include "tests/support/byte_level.h"
#include "tests/support/tiny_hf.h"

#include <stdlib.h>
#include <string.h>

Bytes malformed_good_tokenizer(MalformedKind kind) {
    Bytes b = {0};
    if (kind == MALFORMED_BYTE_LEVEL) return byte_level_json(true, true);
    b.data = tiny_tokenizer_bytes(MALFORMED_VOCAB, &b.size);
    b.capacity = b.size;
    if (kind == MALFORMED_TOKENIZER) return b;
    Tokenizer *t =
        tokenizer_open_memory("good", b.data, b.size, MALFORMED_VOCAB, NULL);
    if (!t) abort();
    bytes_free(&b);
    b = kind == MALFORMED_SPM ? tiny_tokenizer_model(t)
                              : tiny_tokenizer_json(t, false);
    tokenizer_close(t);
    return b;
}

/* ---- edits --------------------------------------------------------------- */

/* ,"x":[[[...]]] before the last brace. */
static void nest(Bytes *b, size_t depth, uint64_t v) {
    (void)v;
    b->size--;
    bytes_format(b, ",\"x\":");
    for (size_t i = 0; i < 2 * depth; i++)
        bytes_u8(b, i < depth ? '[' : ']');
    bytes_format(b, "}");
}

/* A great many values, each of which takes memory. */
static void crowd(Bytes *b, size_t n, uint64_t v) {
    (void)v;
    b->size--;
    bytes_format(b, ",\"x\":[{}");
    for (size_t i = 0; i < n; i++)
        bytes_format(b, ",{}");
    bytes_format(b, "]}");
}

static void end_with(Bytes *b, size_t at, uint64_t v) {
    (void)at;
    bytes_u8(b, (uint8_t)v);
}

/* ---- what every one of them refuses -------------------------------------- */

#define CASE(kind, name, edit, at, value, find, put, says)                     \
    { kind, name, edit, at, (uint64_t)(value), find, put, says, false }

#define EVERY(kind)                                                            \
    CASE(kind, "not UTF-8", malformed_u8, 2, 0xFF, NULL, NULL, "JSON: "),      \
        CASE(kind, "not JSON", malformed_u8, 0, 'x', NULL, NULL, "JSON: "),    \
        CASE(kind, "an array", malformed_u8, 0, '[', NULL, NULL, "JSON: "),    \
        CASE(kind, "empty", malformed_keep, 0, 0, NULL, NULL, ": "),           \
        CASE(kind, "unterminated", malformed_drop, 1, 0, NULL, NULL,           \
             "JSON: "),                                                        \
        CASE(kind, "junk after it", end_with, 0, 'x', NULL, NULL, "JSON: "),   \
        CASE(kind, "a NUL after it", end_with, 0, 0, NULL, NULL, "JSON: "),    \
        CASE(kind, "200000 levels", nest, 200000, 0, NULL, NULL,               \
             "JSON: found more than 32 levels"),                               \
        CASE(kind, "3000000 values", crowd, 3000000, 0, NULL, NULL,            \
             ": found "),                                                      \
        CASE(kind, "a key twice", NULL, 0, 0, "{",                             \
             "{\"vocab_size\":1,\"vocab_size\":2,", kind##_TWICE),             \
        CASE(kind, "NUL in a key", NULL, 0, 0, "{", "{\"y\\u0000\":1,",        \
             "JSON: "),                                                        \
        CASE(kind, "half a surrogate", NULL, 0, 0, "{", "{\"y\":\"\\ud83d\",", \
             "JSON: "),                                                        \
        CASE(kind, "1e400", NULL, 0, 0, "{", "{\"y\":1e400,", "JSON: "),       \
        CASE(kind, "00", NULL, 0, 0, "{", "{\"y\":00,", "JSON: ")

/* A config may repeat what nobody reads. */
#define MALFORMED_TOKENIZER_JSON_TWICE "JSON: duplicate object key"
#define MALFORMED_BYTE_LEVEL_TWICE     "JSON: duplicate object key"
#define MALFORMED_INDEX_TWICE          "JSON: duplicate object key"
#define MALFORMED_CONFIG_TWICE         "vocab_size: found it twice"

#define J(name, find, put, says)                                               \
    CASE(MALFORMED_TOKENIZER_JSON, name, NULL, 0, 0, find, put, says)
#define ODD(kind, name, find, put, says)                                       \
    { kind, name, NULL, 0, 0, find, put, says, true }
#define L(name, find, put, says)                                               \
    CASE(MALFORMED_BYTE_LEVEL, name, NULL, 0, 0, find, put, says)
#define C(name, find, put, says)                                               \
    CASE(MALFORMED_CONFIG, name, NULL, 0, 0, find, put, says)
#define I(name, find, put, says)                                               \
    CASE(MALFORMED_INDEX, name, NULL, 0, 0, find, put, says)

#define SHARD  "\"model-00001-of-00002.safetensors\""
#define NORMAL "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["

static const Malformed cases[] = {
    EVERY(MALFORMED_TOKENIZER_JSON),
    J("model Unigram", "\"BPE\"", "\"Unigram\"",
      "model.type: found \"Unigram\""),
    J("no model", "\"model\"", "\"modal\"", "model.type: found \"\""),
    J("no vocab", "\"vocab\"", "\"vocal\"", "vocab: need an object"),
    J("id negative", "\"a\":260", "\"a\":-1", "vocab: found id -1"),
    J("id 2^31", "\"a\":260", "\"a\":2147483648", "vocab: found id 2147483648"),
    J("id a text", "\"a\":260", "\"a\":\"260\"",
      "vocab: found no id for \"a\""),
    J("id twice", "\"a\":260", "\"a\":261",
      "vocab: found id 261 for \"a\" and"),
    J("a hole", "\"a\":260,", "", "vocab: found no piece with id 260"),
    J("merge of an unknown piece", "\"h e\"", "\"h qqq\"",
      "merges: found \"h\" and \"qqq\" for merge 0"),
    J("merge without a space", "\"h e\"", "\"he\"", "merges: found number 0"),
    J("merge with two spaces", "\"h e\"", "\"h  e\"", "merges: found number 0"),
    J("merge of three", "\"h e\"", "[\"h\",\"e\",\"x\"]",
      "merges: found number"),
    J("merge a number", "\"h e\"", "1", "merges: found number 0"),
    J("no merges", "\"merges\"", "\"margins\"", "merges: found 0, need 1.."),
    J("added token at another's id", "{\"id\":1,", "{\"id\":2,",
      "added_tokens: found id 2"),
    J("added token without id", "{\"id\":1,", "{", "added_tokens: found no"),
    J("unknown normalizer", NORMAL, NORMAL "{\"type\":\"NFKC\"},",
      "normalizer: found NFKC"),
    J("no normalizer", "\"normalizer\"", "\"normalised\"",
      "normalizer: found none for spaces"),
    J("unknown pre_tokenizer", "\"pre_tokenizer\":null",
      "\"pre_tokenizer\":{\"type\":\"Whitespace\"}", "normalizer: found one"),
    ODD(MALFORMED_TOKENIZER_JSON, "no byte fallback", "\"byte_fallback\":true",
        "\"byte_fallback\":false", "bytes: 256 of 256 have no piece"),
    ODD(MALFORMED_TOKENIZER_JSON, "a byte missing", "<0x41>", "<0xZZ>",
        "bytes: 1 of 256 have no piece"),
    J("two tokens first", "{\"Sequence\"",
      "{\"SpecialToken\":{}},{\"Sequence\"",
      "post_processor: found two tokens before a text"),
    J("another post-processor", "\"TemplateProcessing\"", "\"BertProcessing\"",
      "post_processor: found BertProcessing"),
    J("metaspace of another kind",
      NORMAL "{\"type\":\"Prepend\",\"prepend\":\"\u2581\"},{\"type\":"
             "\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":"
             "\"\u2581\"}]},\"pre_tokenizer\":null",
      "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\u2581\","
      "\"prepend_scheme\":\"often\"}",
      "prepend_scheme: found an unknown one"),
    J("dropout", "\"byte_fallback\"", "\"dropout\":0.1,\"byte_fallback\"",
      "dropout: found one"),
    L("unknown words", "\"behavior\":\"Isolated\"", "\"behavior\":\"Removed\"",
      "pre_tokenizer: found unknown words"),
    L("a space put first", "\"add_prefix_space\":false",
      "\"add_prefix_space\":true", "add_prefix_space: found true"),
    ODD(MALFORMED_BYTE_LEVEL, "a byte missing", "\"!\":33", "\"a!\":33",
        "bytes: 1 of 256 have no piece"),
    L("a piece of no bytes", "\"he\":256", "\"\u65E5\":256",
      "piece: found \"\u65E5\" for piece 256"),

    EVERY(MALFORMED_CONFIG),
    C("another kind of model", "\"llama\"", "\"phi3\"",
      "model_type: found \"phi3\""),
    C("heads do not divide", "\"num_attention_heads\":2",
      "\"num_attention_heads\":3", "num_attention_heads: found 3"),
    C("no hidden_size", "\"hidden_size\"", "\"hid_size\"",
      "hidden_size: found none"),
    C("hidden_size a fraction", "\"hidden_size\":8", "\"hidden_size\":8.0",
      "hidden_size: need a whole number"),
    C("hidden_size of text", "\"hidden_size\":8", "\"hidden_size\":\"8\"",
      "hidden_size: need a whole number"),
    C("hidden_size negative", "\"hidden_size\":8", "\"hidden_size\":-8",
      "hidden_size: found -8"),
    C("hidden_size another", "\"hidden_size\":8", "\"hidden_size\":16",
      "shape: found ["),
    C("layers 2", "\"num_hidden_layers\":1", "\"num_hidden_layers\":2",
      "model.layers.1.input_layernorm.weight: found none"),
    C("kv heads 3", "\"num_key_value_heads\":1", "\"num_key_value_heads\":3",
      "num_key_value_heads: found 3"),
    C("vocabulary 4", "\"vocab_size\":3", "\"vocab_size\":4", "shape: found ["),
    C("context 2^31", "\"max_position_embeddings\":4",
      "\"max_position_embeddings\":2147483648",
      "max_position_embeddings: found 2147483648"),
    C("eps 0", "1e-05", "0", "rms_norm_eps: found 0"),
    C("eps null", "\"rms_norm_eps\":1e-05", "\"rms_norm_eps\":\"x\"",
      "rms_norm_eps: need a finite number"),
    C("theta -1", "{", "{\"rope_theta\":-1,", "rope_theta: found -1"),
    C("rope scaling linear", "{",
      "{\"rope_scaling\":{\"type\":\"linear\",\"factor\":0.5},",
      "rope_scaling: found factor 0.5"),
    C("rope scaling yarn", "{",
      "{\"rope_parameters\":{\"rope_type\":\"yarn\"},",
      "rope_parameters: found \"yarn\""),
    C("rope scaling llama3 of nothing", "{",
      "{\"rope_scaling\":{\"rope_type\":\"llama3\"},", "rope_scaling: found"),
    C("bias", "{", "{\"attention_bias\":true,", "attention_bias: found true"),
    C("gelu", "{", "{\"hidden_act\":\"gelu\",", "hidden_act: found \"gelu\""),
    C("quantised", "{", "{\"quantization_config\":{},",
      "quantization_config: found one"),
    C("untied without lm_head", "\"tie_word_embeddings\":true",
      "\"tie_word_embeddings\":false", "lm_head.weight: found none"),

    EVERY(MALFORMED_INDEX),
    I("no weight_map", "weight_map", "weight_mop",
      "weight_map: need an object"),
    I("a folder up", SHARD, "\"../x.safetensors\"",
      "weight_map: found \"../x.safetensors\""),
    I("absolute", SHARD, "\"/etc/x.safetensors\"",
      "weight_map: found \"/etc/x.safetensors\""),
    I("a folder down", SHARD, "\"a/x.safetensors\"",
      "weight_map: found \"a/x.safetensors\""),
    I("hidden", SHARD, "\".x.safetensors\"", "weight_map: found \".x."),
    I("another kind of file", SHARD, "\"passwd\"", "weight_map: found \"pass"),
    I("no text", SHARD, "1", "weight_map: found \"\""),
    I("missing shard", SHARD, "\"x.safetensors\"", "x.safetensors: open: No"),
};

MalformedList malformed_json(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
