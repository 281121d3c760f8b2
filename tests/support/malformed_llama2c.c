/* Damaged llama2.c model files, versions 0 to 2. */
#include "tests/support/malformed.h"

#include <limits.h>
#include <string.h>

/* Where the numbers are in version 0; in version 1 eight bytes later. */
enum {
    DIM = 0,
    HIDDEN = 4,
    LAYERS = 8,
    HEADS = 12,
    KV = 16,
    VOCAB = 20,
    SEQ = 24,
    V0_END = 28
};
enum {
    V1_VERSION = 4,
    V1_SIZES = 8,
    V1_SHARED = 36,
    V2_GROUP = 37,
    V1_END = 256
};

/* Version 2, the first scale: after three norms and the embedding's values. */
enum { V2_SCALES = V1_END + 3 * 8 * 4 + 3 * 8 };

/* Version 0, floats after the header: the embedding, then the first norm. */
enum { V0_NORM = V0_END + 3 * 8 * 4 };

/* ---- edits --------------------------------------------------------------- */

static void poke_nan(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    bytes_set_u32(b, at, 0x7FC00000);
}

static void poke_inf(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    bytes_set_u32(b, at, 0xFF800000);
}

static void halve(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    b->size /= 2;
}

static void swap_words(Bytes *b, size_t size, uint64_t v) {
    (void)v;
    for (size_t at = 0; at + 4 <= size; at += 4) {
        const uint8_t *p = b->data + at;
        bytes_set_u32(b, at,
                      (uint32_t)p[3] | (uint32_t)p[2] << 8 |
                          (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24);
    }
}

static void git_lfs(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    static const char pointer[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n";
    b->size = sizeof pointer - 1;
    malformed_over(b, pointer, b->size);
}

static void zip(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_over(b, "PK\3\4\x14\0\0\0\0\0", 10);
}

static void gguf(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_over(b, "GGUF\3\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\x14\0\0\0",
                   28);
}

static void ggjt(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_over(b, "tjgg\3\0\0\0", 8);
}

/* Sizes whose product is 0 in 32 bits, each within its own limit. */
static void wrap_dim_vocab(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_u32(b, DIM, 65536);
    malformed_u32(b, HEADS, 64);
    malformed_u32(b, KV, 64);
    malformed_u32(b, VOCAB, 65536);
}

static void wrap_layers_seq_kv(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_u32(b, DIM, 4096);
    malformed_u32(b, HEADS, 4);
    malformed_u32(b, KV, 4);
    malformed_u32(b, LAYERS, 1024);
    malformed_u32(b, SEQ, 1024);
}

static void wrap_heads_seq(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_u32(b, DIM, 8192);
    malformed_u32(b, HEADS, 1024);
    malformed_u32(b, KV, 1024);
    malformed_u32(b, SEQ, 1048576);
}

/* ---- the table ----------------------------------------------------------- */

#define CASE(kind, name, edit, at, value, says)                                \
    { kind, name, edit, at, (uint32_t)(value), NULL, NULL, says, false }
#define V0(name, edit, at, value, says)                                        \
    CASE(MALFORMED_V0, name, edit, at, value, says)
#define V1(name, edit, at, value, says)                                        \
    CASE(MALFORMED_V1, name, edit, at, value, says)
#define V2(name, edit, at, value, says)                                        \
    CASE(MALFORMED_V2, name, edit, at, value, says)

#define V0_SIZE(at, field)                                                     \
    V0(field " 0", malformed_u32, at, 0, field ": found"),                     \
        V0(field " -1", malformed_u32, at, -1, field ": found"),               \
        V0(field " INT_MIN", malformed_u32, at, INT_MIN, field ": found"),     \
        V0(field " INT_MAX", malformed_u32, at, INT_MAX, field ": found")
#define V1_SIZE(at, field)                                                     \
    V1(field " 0", malformed_u32, V1_SIZES + (at), 0, field ": found"),        \
        V1(field " -1", malformed_u32, V1_SIZES + (at), -1, field ": found"),  \
        V1(field " INT_MAX", malformed_u32, V1_SIZES + (at), INT_MAX,          \
           field ": found")

#define V2_SIZE(at, field)                                                     \
    V2(field " 0", malformed_u32, V1_SIZES + (at), 0, field ": found"),        \
        V2(field " -1", malformed_u32, V1_SIZES + (at), -1, field ": found"),  \
        V2(field " INT_MAX", malformed_u32, V1_SIZES + (at), INT_MAX,          \
           field ": found")

static const Malformed cases[] = {
    V0("empty", malformed_keep, 0, 0, "dim: found 0 bytes"),
    V0("1 byte", malformed_keep, 1, 0, "dim: found 1 bytes"),
    V0("27 bytes", malformed_keep, 27, 0, "seq_len: found 3 bytes"),
    V0("header only", malformed_keep, V0_END, 0, "size: found 28 bytes"),
    V0("1 byte short", malformed_drop, 1, 0, "size: found"),
    V0("half", halve, 0, 0, "size: found"),
    V0("no freq_cis", malformed_drop, 4 * 2 * 4, 0, "size: found"),
    V0("1 byte more", malformed_append, 1, 0, "size: found"),
    V0("2 bytes more", malformed_append, 2, 0, "size: found"),
    V0("4096 bytes more", malformed_append, 4096, 0, "size: found"),
    V0("unshared without classifier", malformed_u32, VOCAB, -3, "size: found"),
    V0("HTML", malformed_html, 0, 0, "looks like an HTML page"),
    V0("git-lfs", git_lfs, 0, 0, "looks like a git-lfs pointer"),
    V0("zip", zip, 0, 0, "looks like a zip archive"),
    V0("GGUF", gguf, 0, 0, "key: found length"),
    V0("GGJT", ggjt, 0, 0, "looks like a GGJT file"),
    V0("big-endian", swap_words, V0_END, 0, "byte order: found big-endian"),
    V0("NaN weight", poke_nan, V0_END + 4 * 9, 0,
       "token_embedding_table[1, 1]: found"),
    V0("Inf norm", poke_inf, V0_NORM + 4 * 2, 0,
       "rms_att_weight.0[0, 2]: found"),
    V0_SIZE(DIM, "dim"),
    V0_SIZE(HIDDEN, "hidden_dim"),
    V0_SIZE(LAYERS, "n_layers"),
    V0_SIZE(HEADS, "n_heads"),
    V0_SIZE(KV, "n_kv_heads"),
    V0_SIZE(VOCAB, "vocab_size"),
    V0_SIZE(SEQ, "seq_len"),
    V0("heads do not divide dim", malformed_u32, HEADS, 3, "n_heads: found 3"),
    V0("more kv heads than heads", malformed_u32, KV, 8, "n_kv_heads: found 8"),
    V0("kv heads do not divide heads", malformed_u32, KV, 3,
       "n_kv_heads: found 3"),
    V0("odd head size", malformed_u32, HEADS, 8, "head_dim: found 1"),
    V0("dim * vocab wraps", wrap_dim_vocab, 0, 0, "size: found"),
    V0("layers * seq * kv wraps", wrap_layers_seq_kv, 0, 0, "size: found"),
    V0("heads * seq wraps", wrap_heads_seq, 0, 0, "size: found"),
    V0("vocab 1", malformed_u32, VOCAB, 1, "vocab_size: found 1"),
    V0("vocab 2", malformed_u32, VOCAB, 2, "vocab_size: found 2"),

    V1("wrong magic", malformed_u8, 0, 'x', "dim: found"),
    V1("swapped magic", swap_words, 4, 0, "byte order: found big-endian"),
    V1("version 0", malformed_u32, V1_VERSION, 0, "version: found 0"),
    V1("version 3", malformed_u32, V1_VERSION, 3, "version: found 3"),
    V1("version -1", malformed_u32, V1_VERSION, -1, "version: found -1"),
    V1("version 65536", malformed_u32, V1_VERSION, 65536,
       "version: found 65536"),
    V1("36 bytes", malformed_keep, V1_SHARED, 0,
       "shared_classifier: found 0 bytes"),
    V1("255 bytes", malformed_keep, 255, 0, "header: found 218 bytes"),
    V1("header only", malformed_keep, V1_END, 0, "size: found 256 bytes"),
    V1("1 byte short", malformed_drop, 1, 0, "size: found"),
    V1("1 byte more", malformed_append, 1, 0, "size: found"),
    V1("shared 2", malformed_u8, V1_SHARED, 2, "shared_classifier: found 2"),
    V1("shared 255", malformed_u8, V1_SHARED, 255,
       "shared_classifier: found 255"),
    V1("shared but says not", malformed_u8, V1_SHARED, 0, "size: found"),
    V1("padding", malformed_u8, 200, 1, "header: found byte 01"),
    V1("vocab negative", malformed_u32, V1_SIZES + VOCAB, -3,
       "vocab_size: found -3"),
    V1_SIZE(DIM, "dim"),
    V1_SIZE(HIDDEN, "hidden_dim"),
    V1_SIZE(LAYERS, "n_layers"),
    V1_SIZE(HEADS, "n_heads"),
    V1_SIZE(KV, "n_kv_heads"),
    V1_SIZE(VOCAB, "vocab_size"),
    V1_SIZE(SEQ, "seq_len"),

    V2("wrong magic", malformed_u8, 0, 'x', "dim: found"),
    V2("swapped magic", swap_words, 4, 0, "byte order: found big-endian"),
    V2("version 0", malformed_u32, V1_VERSION, 0, "version: found 0"),
    V2("version 3", malformed_u32, V1_VERSION, 3, "version: found 3"),
    V2("version -1", malformed_u32, V1_VERSION, -1, "version: found -1"),
    V2("version 1", malformed_u32, V1_VERSION, 1, "header: found byte 04"),
    V2("36 bytes", malformed_keep, V1_SHARED, 0, "shared_classifier: found 0"),
    V2("40 bytes", malformed_keep, V2_GROUP + 3, 0, "group_size: found 3"),
    V2("255 bytes", malformed_keep, 255, 0, "header: found 214 bytes"),
    V2("header only", malformed_keep, V1_END, 0, "size: found 256 bytes"),
    V2("1 byte short", malformed_drop, 1, 0, "size: found"),
    V2("1 byte more", malformed_append, 1, 0, "size: found"),
    V2("shared 2", malformed_u8, V1_SHARED, 2, "shared_classifier: found 2"),
    V2("shared 255", malformed_u8, V1_SHARED, 255,
       "shared_classifier: found 255"),
    V2("shared but says not", malformed_u8, V1_SHARED, 0, "size: found"),
    V2("padding", malformed_u8, 200, 1, "header: found byte 01"),
    V2("vocab negative", malformed_u32, V1_SIZES + VOCAB, -3,
       "vocab_size: found -3"),
    V2_SIZE(DIM, "dim"),
    V2_SIZE(HIDDEN, "hidden_dim"),
    V2_SIZE(LAYERS, "n_layers"),
    V2_SIZE(HEADS, "n_heads"),
    V2_SIZE(KV, "n_kv_heads"),
    V2_SIZE(VOCAB, "vocab_size"),
    V2_SIZE(SEQ, "seq_len"),
    V2("group 0", malformed_u32, V2_GROUP, 0, "group_size: found 0"),
    V2("group -1", malformed_u32, V2_GROUP, -1, "group_size: found -1"),
    V2("group 1", malformed_u32, V2_GROUP, 1, "size: found"),
    V2("group 3", malformed_u32, V2_GROUP, 3, "group_size: found 3"),
    V2("group 7", malformed_u32, V2_GROUP, 7, "group_size: found 7"),
    V2("group 2^30", malformed_u32, V2_GROUP, 1 << 30, "group_size: found 107"),
    V2("group INT_MAX", malformed_u32, V2_GROUP, INT_MAX,
       "group_size: found 2147"),
    V2("NaN scale", poke_nan, V2_SCALES, 0,
       "token_embedding_table: found a scale in block 0"),
    V2("scale of 1e38", malformed_u32, V2_SCALES, 0x7E967699,
       "token_embedding_table: found a scale in block 0"),
};

MalformedList malformed_llama2c(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
