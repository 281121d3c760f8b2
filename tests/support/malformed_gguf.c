/* Damaged GGUF files. */
#include "tests/support/malformed.h"

#include "tests/support/byte_level.h"
#include "tests/support/gguf_write.h"

#include <string.h>

enum { ALIGNMENT = 32, FIRST_KEY = 24 };
enum { U8 = 0, U32 = 4, I32 = 5, F32 = 6, STRING = 8, ARRAY = 9, U64 = 10 };

Bytes malformed_good_gguf(bool byte_level) {
    const TinySpec model = {.dim = 8,
                            .hidden_dim = 4,
                            .n_layers = 1,
                            .n_heads = 4,
                            .n_kv_heads = 2,
                            .vocab_size =
                                byte_level ? N_BYTE_LEVEL : MALFORMED_VOCAB,
                            .seq_len = 4,
                            .shared_classifier = true,
                            .seed = 7};
    GgufSpec s = gguf_spec(model);
    s.version = byte_level ? 2 : 3;
    s.byte_level = byte_level;
    s.embedding = DTYPE_F16;
    return gguf_bytes(&s);
}

/* ---- edits --------------------------------------------------------------- */

static uint64_t get_u64(const Bytes *b, size_t at) {
    uint64_t v;
    memcpy(&v, b->data + at, sizeof v);
    return v;
}

/* Room at the end for the data to move there when the header grows. */
static void slack(Bytes *b) {
    bytes_zeros(b, (size_t)2 * ALIGNMENT);
}

/* After a change of the header from a file of so many bytes: makes the chat
 * template longer, so that the data is aligned as before. */
static void settle(Bytes *b, size_t size_before) {
    const size_t at = gguf_find(b, "tokenizer.chat_template");
    const size_t n = (size_before - b->size) % ALIGNMENT;
    malformed_u64(b, at, get_u64(b, at) + n);
    bytes_insert(b, at + 8, n);
}

/* Each of these takes the place of a key's value; its type is before it. */

static void retype(Bytes *b, size_t at, uint64_t type) {
    malformed_u32(b, at - 4, type);
}

static void as_i32(Bytes *b, size_t at, uint64_t v) {
    retype(b, at, I32);
    malformed_u32(b, at, v);
}

static void as_u64(Bytes *b, size_t at, uint64_t v) {
    retype(b, at, U64);
    bytes_insert(b, at, 4);
    malformed_u64(b, at, v);
    slack(b);
}

static void as_empty_string(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    as_u64(b, at, 0);
    retype(b, at, STRING);
}

/* Of a string: its length alone. */
static void as_number(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    bytes_cut(b, at + 8, b->data[at]);
    retype(b, at, U64);
    slack(b);
}

/* The type in the lowest byte, the count as a power of two in the next. */
static void as_array(Bytes *b, size_t at, uint64_t v) {
    malformed_u32(b, at, v & 255);
    malformed_u64(b, at + 4, (uint64_t)1 << (v >> 8));
}

static void nest(Bytes *b, size_t at, uint64_t depth) {
    for (uint64_t i = 0; i < depth; i++) {
        bytes_insert(b, at, 12);
        malformed_u32(b, at, ARRAY);
        malformed_u64(b, at + 4, 1);
    }
    slack(b);
}

/* The name before the value or the description, `bytes` away, is another. */
static void hide(Bytes *b, size_t at, uint64_t bytes) {
    b->data[at - bytes] = 'x';
}

/* The first key has a name of so many bytes, all there. */
static void long_key(Bytes *b, size_t at, uint64_t n) {
    const size_t now = b->data[FIRST_KEY];
    (void)at;
    malformed_u64(b, FIRST_KEY, n);
    bytes_insert(b, FIRST_KEY + 8, n - now);
    memset(b->data + FIRST_KEY + 8, 'k', n);
    slack(b);
}

/* ---- edits of arrays ----------------------------------------------------- */

/* Where element n begins. */
static size_t element_at(const Bytes *b, size_t at, uint64_t n) {
    const bool strings = b->data[at] == STRING;
    at += 12;
    for (uint64_t i = 0; i < n; i++)
        at += strings ? 8 + get_u64(b, at) : 4;
    return at;
}

static void keep_elements(Bytes *b, size_t at, uint64_t n) {
    const size_t begin = element_at(b, at, n), size = b->size;
    const size_t end = element_at(b, at, get_u64(b, at + 4));
    bytes_cut(b, begin, end - begin);
    malformed_u64(b, at + 4, n);
    settle(b, size);
}

/* As many bytes as there were elements of four. */
static void as_bytes(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    const uint64_t n = get_u64(b, at + 4);
    const size_t size = b->size;
    bytes_cut(b, at + 12 + n, 3 * n);
    malformed_u32(b, at, U8);
    settle(b, size);
}

/* Of strings: n bytes in their place. */
static void as_byte_list(Bytes *b, size_t at, uint64_t n) {
    keep_elements(b, at, 0);
    const size_t size = b->size;
    bytes_insert(b, at + 12, n);
    malformed_u32(b, at, U8);
    malformed_u64(b, at + 4, n);
    settle(b, size);
}

static void as_scalar(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    keep_elements(b, at, 0);
    const size_t size = b->size;
    bytes_cut(b, at, 8);
    retype(b, at, U32);
    settle(b, size);
}

static void set_element(Bytes *b, size_t at, uint64_t v) {
    malformed_u32(b, element_at(b, at, 290), v);
}

/* ---- edits of tensors ---------------------------------------------------- */

/* In the description of a matrix: n_dims, two dims, type, offset. */
enum { DIM0 = 4, DIM1 = 12, TYPE = 20, OFFSET = 24 };
/* And in that of a vector. */
enum { VECTOR_OFFSET = 16, VECTOR_END = 24 };

static void both_dims(Bytes *b, size_t at, uint64_t v) {
    malformed_u64(b, at + DIM0, v);
    malformed_u64(b, at + DIM1, v);
}

static void dims(Bytes *b, size_t at, uint64_t v) {
    malformed_u64(b, at + DIM0, v & 0xFFFFFFFF);
    malformed_u64(b, at + DIM1, v >> 32);
}

static void three_dims(Bytes *b, size_t at, uint64_t v) {
    malformed_u32(b, at, 3);
    both_dims(b, at, v);
    bytes_insert(b, at + TYPE, 8);
    malformed_u64(b, at + TYPE, 4);
    slack(b);
}

static void four_dims(Bytes *b, size_t at, uint64_t v) {
    three_dims(b, at, v);
    malformed_u32(b, at, 4);
    malformed_u64(b, at + TYPE, v);
    bytes_insert(b, at + TYPE, 8);
    malformed_u64(b, at + TYPE, v);
}

/* A vector as a matrix of one row. */
static void two_dims(Bytes *b, size_t at, uint64_t v) {
    malformed_u32(b, at, 2);
    bytes_insert(b, at + DIM1, 8);
    malformed_u64(b, at + DIM1, v);
    slack(b);
}

static void move(Bytes *b, size_t at, uint64_t v) {
    malformed_u64(b, at, get_u64(b, at) + v);
}

/* One more tensor, the last, whose data no padding follows. */
static void add_divisors(Bytes *b, size_t at, uint64_t v) {
    static const char name[] = "rope_freqs.weight";
    const size_t size = b->size, n = sizeof name - 1;
    const size_t begin = (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    bytes_insert(b, at, 8 + n + 4 + 8 + 4 + 8);
    malformed_u64(b, at, n);
    memcpy(b->data + at + 8, name, n);
    malformed_u32(b, at + 8 + n, 1);
    malformed_u64(b, at + 8 + n + 4, 1);
    malformed_u64(b, at + 8 + n + 4 + 8 + 4, size - begin);
    settle(b, size);
    malformed_u64(b, 8, get_u64(b, 8) + 1);
    bytes_f32(b, (float)v);
}

/* Leaves so many sixteenths of the data; `at` is the last description's end. */
static void cut_data(Bytes *b, size_t at, uint64_t sixteenths) {
    const size_t begin = (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    b->size = begin + (b->size - begin) / 16 * sixteenths;
}

/* ---- the table ----------------------------------------------------------- */

#define CASE(kind, name, find, edit, at, value, says, tolerated)               \
    { kind, name, edit, at, (uint64_t)(value), find, NULL, says, tolerated }
#define G(name, edit, at, value, says)                                         \
    CASE(MALFORMED_GGUF, name, NULL, edit, at, value, says, false)
/* `at` counts from the value of a key, or the end of a tensor's name. */
#define K(name, key, edit, at, value, says)                                    \
    CASE(MALFORMED_GGUF, name, key, edit, at, value, says, false)
#define B(name, key, edit, at, value, says)                                    \
    CASE(MALFORMED_GGUF_BPE, name, key, edit, at, value, says, false)
#define T(name, find, put, says)                                               \
    { MALFORMED_GGUF, name, NULL, 0, 0, find, put, says, false }

#define ARCH   "general.architecture"
#define ALIGN  "general.alignment"
#define CTX    "llama.context_length"
#define EMBD   "llama.embedding_length"
#define BLOCKS "llama.block_count"
#define FFN    "llama.feed_forward_length"
#define HEADS  "llama.attention.head_count"
#define KV     "llama.attention.head_count_kv"
#define ROPE   "llama.rope.dimension_count"
#define EPS    "llama.attention.layer_norm_rms_epsilon"
#define THETA  "llama.rope.freq_base"
#define TOKENS "tokenizer.ggml.tokens"
#define SCORES "tokenizer.ggml.scores"
#define TYPES  "tokenizer.ggml.token_type"
#define MERGES "tokenizer.ggml.merges"
#define BOS    "tokenizer.ggml.bos_token_id"
#define EOS    "tokenizer.ggml.eos_token_id"
#define TABLE  "token_embd.weight"
#define Q      "blk.0.attn_q.weight"
#define K_     "blk.0.attn_k.weight"
#define UP     "blk.0.ffn_up.weight"
#define DOWN   "blk.0.ffn_down.weight"
#define NORM   "output_norm.weight"

#define BITS(n)         ((uint64_t)1 << (n))
#define PAIR(a, b)      ((uint64_t)(a) | (uint64_t)(b) << 32)
#define OF(type, power) ((type) | (power) << 8)

static const Malformed cases[] = {
    G("empty", malformed_keep, 0, 0, "dim: found 0 bytes"),
    G("3 bytes", malformed_keep, 3, 0, "dim: found 3 bytes"),
    G("23 bytes", malformed_keep, 23, 0,
      "n_tensors: found 11 with 7 bytes left"),
    G("FUGG", malformed_u8, 0, 'F', "dim: found 1179993926"),
    G("tjgg", malformed_u32, 0, 0x67676A74, "looks like a GGJT file"),
    G("version 0", malformed_u32, 4, 0, "version: found 0"),
    G("version 1", malformed_u32, 4, 1, "version: found 1"),
    G("version 4", malformed_u32, 4, 4, "version: found 4"),
    G("version swapped", malformed_u32, 4, 0x03000000, "(big-endian)"),
    G("n_tensors -1", malformed_u64, 8, -1, "n_tensors: found 184467"),
    G("n_tensors 2^62", malformed_u64, 8, BITS(62), "n_tensors: found 461168"),
    G("n_tensors 10^6", malformed_u64, 8, 1000000, "n_tensors: found 1000000"),
    G("n_tensors as a safetensors file begins", malformed_u64, 8, 0x227B,
      "n_tensors: found 8827"),
    G("n_tensors +1", move, 8, 1, "tensor name: found length"),
    G("n_kv -1", malformed_u64, 16, -1, "n_kv: found 184467"),
    G("n_kv 2^62", malformed_u64, 16, BITS(62), "n_kv: found 461168"),
    G("n_kv +1", move, 16, 1, "tensor name: found length"),
    G("n_kv one less", move, 16, -1, "tokenizer.chat_template: found"),
    G("key length -1", malformed_u64, FIRST_KEY, -1,
      "key: found length 184467"),
    G("key length 2^63", malformed_u64, FIRST_KEY, BITS(63),
      "key: found length 922337"),
    G("key length 1 GiB", malformed_u64, FIRST_KEY, BITS(30),
      "key: found length 107374"),
    G("key length 0", malformed_u64, FIRST_KEY, 0, "key: found length 0"),
    G("key length 70000", long_key, 0, 70000, "key: found length 70000"),
    G("key with a NUL", malformed_u8, FIRST_KEY + 8, 0, "key: found bytes"),
    G("key not UTF-8", malformed_u8, FIRST_KEY + 8, 0xFF, "key: found bytes"),
    T("key twice", THETA, CTX, "llama.context_length: found this key twice"),
    K("value type 13", ARCH, retype, 0, 13, ARCH ": found value type 13"),
    K("value type -1", ARCH, retype, 0, -1, ARCH ": found value type 42949"),
    K("bool 2", "tokenizer.ggml.add_bos_token", malformed_u8, 0, 2,
      "tokenizer.ggml.add_bos_token: found bool 2"),
    K("string length -1", ARCH, malformed_u64, 0, -1, ARCH ": found length 18"),
    K("string length 2^40", ARCH, malformed_u64, 0, BITS(40),
      ARCH ": found length 1099511627776"),
    K("array of 2^61 u64", TOKENS, as_array, 0, OF(U64, 61),
      TOKENS ": found 2305843009213693952 elements"),
    K("array of 2^62 i32", TOKENS, as_array, 0, OF(I32, 62),
      TOKENS ": found 4611686018427387904 elements"),
    K("array of 2^30 strings", TOKENS, as_array, 0, OF(STRING, 30),
      TOKENS ": found 1073741824 elements"),
    K("nested array", TOKENS, nest, 0, 1, TOKENS ": found an array of arrays"),
    K("nested 5000 deep", TOKENS, nest, 0, 5000,
      TOKENS ": found an array of arrays"),
    K("alignment 0", ALIGN, malformed_u32, 0, 0, ALIGN ": found 0"),
    K("alignment 3", ALIGN, malformed_u32, 0, 3, ALIGN ": found 3"),
    K("alignment 2^31", ALIGN, malformed_u32, 0, BITS(31),
      ALIGN ": found 2147"),
    K("alignment i32", ALIGN, retype, 0, I32, ALIGN ": found i32"),
    K("alignment string", ALIGN, as_empty_string, 0, 0, ALIGN ": found string"),
    T("tensor twice", UP, Q, Q ": found this tensor twice"),
    K("tensor name empty", Q, malformed_u64, -(sizeof Q + 7), 0,
      "tensor name: found length 0"),
    K("tensor name of 64", Q, malformed_u64, -(sizeof Q + 7), 64,
      "tensor name: found length 64"),
    K("tensor name -1", Q, malformed_u64, -(sizeof Q + 7), -1,
      "tensor name: found length 184467"),
    K("0 dimensions", Q, malformed_u32, 0, 0, Q ": found 0 dimensions"),
    K("5 dimensions", Q, malformed_u32, 0, 5, Q ": found 5 dimensions"),
    K("-1 dimensions", Q, malformed_u32, 0, -1, Q ": found 4294967295 dim"),
    K("dim 0 of 0", Q, malformed_u64, DIM0, 0, Q ": found dimension 0 of 0"),
    K("dim 1 of 0", Q, malformed_u64, DIM1, 0, Q ": found dimension 1 of 0"),
    K("dim -1", Q, malformed_u64, DIM1, -1, Q ": found a size of more"),
    K("dim 2^62", Q, malformed_u64, DIM1, BITS(62), Q ": found a size of more"),
    K("dim 2^63", Q, malformed_u64, DIM0, BITS(63), Q ": found a size of more"),
    K("2^32 x 2^32", Q, both_dims, 0, BITS(32), Q ": found a size of more"),
    K("2^31 x 2^31 x 4", Q, three_dims, 0, BITS(31),
      Q ": found a size of more"),
    K("2^164", Q, four_dims, 0, BITS(41), Q ": found a size of more"),
    K("2^42 + 1", Q, malformed_u64, DIM1, BITS(42) + 1, Q ": found a size of"),
    K("SIZE_MAX / 4", Q, malformed_u64, DIM1, SIZE_MAX / 4,
      Q ": found a size of more"),
    K("type 200", Q, malformed_u32, TYPE, 200, Q ": found tensor type 200"),
    K("type -1", Q, malformed_u32, TYPE, -1, Q ": found tensor type 42949"),
    K("type 4", Q, malformed_u32, TYPE, 4, Q ": found tensor type 4"),
    K("type i32", Q, malformed_u32, TYPE, 26, Q ": found tensor type 26"),
    K("type iq2", Q, malformed_u32, TYPE, 16, Q ": found tensor type 16"),
    K("q8_0 row of 8", Q, malformed_u32, TYPE, 8,
      Q ": found rows of 8, need blocks of 32"),
    K("q6_k row of 8", Q, malformed_u32, TYPE, 14,
      Q ": found rows of 8, need blocks of 256"),
    K("offset unaligned", Q, move, OFFSET, 1, Q ": found offset"),
    K("offset 2^63", Q, malformed_u64, OFFSET, BITS(63), Q ": found offset"),
    K("offset -32", Q, malformed_u64, OFFSET, -32, Q ": found offset 184467"),
    K("overlap", Q, malformed_u64, OFFSET, 0, Q ": found offset 0"),
    K("gap", Q, move, OFFSET, ALIGNMENT, Q ": found offset"),
    K("offset past the end", NORM, malformed_u64, VECTOR_OFFSET, BITS(20),
      NORM ": found offset 1048576"),
    K("no data", NORM, cut_data, VECTOR_END, 0, TABLE ": found 4800 bytes"),
    G("data 1 byte short", malformed_drop, 1, 0, NORM ": found 32 bytes"),
    K("half of the data", NORM, cut_data, VECTOR_END, 8, "past the end"),

    K("no architecture", ARCH, hide, 0, sizeof ARCH + 3,
      ARCH ": found no such key"),
    K("another architecture", ARCH, malformed_u8, 8, 'x',
      ARCH ": found \"xlama\""),
    K("architecture a number", ARCH, as_number, 0, 0, ARCH ": found u64"),
    K("context 0", CTX, malformed_u32, 0, 0, CTX ": found 0"),
    K("context 2^32-1", CTX, malformed_u32, 0, -1, CTX ": found 4294967295"),
    K("context 2^40", CTX, as_u64, 0, BITS(40), CTX ": found 1099511627776"),
    K("embedding 0", EMBD, malformed_u32, 0, 0, EMBD ": found 0"),
    K("embedding 33", EMBD, malformed_u32, 0, 33, HEADS ": found 4"),
    K("no embedding", EMBD, hide, 0, sizeof EMBD + 3, EMBD ": found no such"),
    K("blocks 0", BLOCKS, malformed_u32, 0, 0, BLOCKS ": found 0"),
    K("blocks 2", BLOCKS, malformed_u32, 0, 2, "blk.1.attn_norm.weight: found"),
    K("blocks 2^31", BLOCKS, malformed_u32, 0, BITS(31), BLOCKS ": found 2147"),
    K("blocks -1", BLOCKS, as_i32, 0, -1, BLOCKS ": found -1"),
    K("blocks f32", BLOCKS, retype, 0, F32, BLOCKS ": found f32"),
    K("feed-forward 0", FFN, malformed_u32, 0, 0, FFN ": found 0"),
    K("feed-forward 5", FFN, malformed_u32, 0, 5, "found shape [4, 8]"),
    K("heads 0", HEADS, malformed_u32, 0, 0, HEADS ": found 0"),
    K("heads 5", HEADS, malformed_u32, 0, 5, HEADS ": found 5"),
    K("kv heads 0", KV, malformed_u32, 0, 0, KV ": found 0"),
    K("kv heads 3", KV, malformed_u32, 0, 3, KV ": found 3"),
    K("kv heads 8", KV, malformed_u32, 0, 8, KV ": found 8"),
    K("rope 0", ROPE, malformed_u32, 0, 0, ROPE ": found 0, need 2"),
    K("key_length 6", "llama.attention.key_length", malformed_u32, 0, 6,
      "llama.attention.key_length: found 6, need llama.embedding_length / "
      "llama.attention.head_count = 2"),
    K("rope 9", ROPE, malformed_u32, 0, 9, ROPE ": found 9"),
    K("rope 4096", ROPE, malformed_u32, 0, 4096, ROPE ": found 4096"),
    K("eps 0", EPS, malformed_u32, 0, 0, EPS ": found 0"),
    K("eps NaN", EPS, malformed_u32, 0, 0x7FC00000, EPS ": found nan"),
    K("eps -1", EPS, malformed_u32, 0, 0xBF800000, EPS ": found -1"),
    K("base 0", THETA, malformed_u32, 0, 0, THETA ": found 0"),
    K("tokenizer bert", "tokenizer.ggml.model", malformed_u32, 8, 0x74726562,
      "tokenizer.ggml.model: found \"berta\""),
    K("tokens not strings", TOKENS, as_byte_list, 0, 300,
      TOKENS ": found an array of u8"),
    K("tokens a scalar", TOKENS, as_scalar, 0, 0, TOKENS ": found u32"),
    K("299 tokens", TOKENS, keep_elements, 0, 299,
      TYPES ": found 300 elements, need 299"),
    K("no tokens", TOKENS, keep_elements, 0, 0, TOKENS ": found 0 elements"),
    K("299 scores", SCORES, keep_elements, 0, 299, SCORES ": found 299"),
    K("score NaN", SCORES, set_element, 0, 0x7FC00000, "score: found nan"),
    K("types u8", TYPES, as_bytes, 0, 0, "byte piece: found \"a\" for"),
    K("type 99", TYPES, set_element, 0, 99, "type: found 99"),
    K("bos past the end", BOS, malformed_u32, 0, 300, BOS ": found 300"),
    K("eos 2^32-1", EOS, malformed_u32, 0, -1, EOS ": found 4294967295"),
    K("q of another shape", Q, dims, 0, PAIR(4, 16), "found shape [16, 4]"),
    K("k transposed", K_, dims, 0, PAIR(4, 8), "found shape [8, 4]"),
    K("table transposed", TABLE, dims, 0, PAIR(300, 8),
      "llama.vocab_size: found 300"),
    K("norm a matrix", NORM, two_dims, 0, 1, NORM ": found 2 dimensions"),
    K("no ffn_down", DOWN, hide, 0, sizeof DOWN - 1, DOWN ": found no such"),
    K("no token_embd", TABLE, hide, 0, sizeof TABLE - 1, TABLE ": found no"),

    B("no merges", MERGES, hide, 0, sizeof MERGES + 3,
      MERGES ": found no such"),
    B("merges empty", MERGES, keep_elements, 0, 0, "merges: found none"),
    B("merge without a space", MERGES, malformed_u8, 12 + 8 + 1, '_',
      MERGES ": found \"l_l\", need two pieces"),
    B("merge of no pieces", MERGES, malformed_u8, 12 + 8, 'q',
      "merges: found \"q\" and \"l\" for merge 0"),
    B("unknown words", "tokenizer.ggml.pre", malformed_u8, 8, 'x',
      "tokenizer.ggml.model: found \"gpt2\" with pre \"xlama-bpe\""),
    CASE(MALFORMED_GGUF_BPE, "a byte is missing", TOKENS, malformed_u8,
         12 + 10 * 33 + 8, 'a', "bytes: 1 of 256 have no piece", true),
    B("no bos", BOS, hide, 0, sizeof BOS + 3, BOS ": found no such key"),

    CASE(MALFORMED_GGUF, "100 bytes more", NULL, malformed_append, 100, 0,
         "size: found 100 bytes after the last tensor", true),
    CASE(MALFORMED_GGUF, "no final padding", NORM, add_divisors, VECTOR_END, 1,
         "size: found no padding after the last tensor", true),
};

MalformedList malformed_gguf(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
