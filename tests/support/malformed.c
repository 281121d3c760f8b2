#include "tests/support/malformed.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

/* ---- the good files ------------------------------------------------------ */

/* As small as every edit allows: two query heads to a key-value head, and head
 * counts that can be made not to divide. */
static TinySpec model_spec(int version) {
    return (TinySpec){.dim = 8,
                      .hidden_dim = 4,
                      .n_layers = 1,
                      .n_heads = 4,
                      .n_kv_heads = 2,
                      .vocab_size = 3,
                      .seq_len = 4,
                      .shared_classifier = true,
                      .version = version,
                      .seed = 7};
}

Bytes malformed_good(MalformedKind kind) {
    Bytes b = {0};
    if (kind == MALFORMED_TOKENIZER) {
        b.data = tiny_tokenizer_bytes(MALFORMED_VOCAB, &b.size);
    } else {
        TinySpec spec = model_spec(kind == MALFORMED_V0 ? 0 : 1);
        b.data = tiny_model_bytes(&spec, &b.size);
    }
    b.capacity = b.size;
    return b;
}

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
enum { V1_VERSION = 4, V1_SIZES = 8, V1_SHARED = 36, V1_END = 256 };

/* Version 0, floats after the header: the embedding, then the first norm. */
enum { V0_NORM = V0_END + 3 * 8 * 4 };

/* ---- edits --------------------------------------------------------------- */

static void poke(Bytes *b, size_t at, uint32_t v) {
    bytes_set_u32(b, at, v);
}

static void poke_byte(Bytes *b, size_t at, uint32_t v) {
    b->data[at] = (uint8_t)v;
}

static void poke_nan(Bytes *b, size_t at, uint32_t v) {
    (void)v;
    bytes_set_u32(b, at, 0x7FC00000);
}

static void poke_inf(Bytes *b, size_t at, uint32_t v) {
    (void)v;
    bytes_set_u32(b, at, 0xFF800000);
}

static void keep(Bytes *b, size_t size, uint32_t v) {
    (void)v;
    b->size = size;
}

static void drop(Bytes *b, size_t size, uint32_t v) {
    (void)v;
    b->size -= size;
}

static void halve(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    b->size /= 2;
}

static void append(Bytes *b, size_t size, uint32_t v) {
    (void)v;
    bytes_zeros(b, size);
}

static void swap_words(Bytes *b, size_t size, uint32_t v) {
    (void)v;
    for (size_t at = 0; at + 4 <= size; at += 4) {
        const uint8_t *p = b->data + at;
        bytes_set_u32(b, at,
                      (uint32_t)p[3] | (uint32_t)p[2] << 8 |
                          (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24);
    }
}

static void text_over(Bytes *b, const char *text, size_t n) {
    memcpy(b->data, text, n);
}

static void html(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    static const char page[] = "<!DOCTYPE html>\n<html><body>404</body></html>";
    text_over(b, page, sizeof page - 1);
}

static void git_lfs(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    static const char pointer[] =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n";
    b->size = sizeof pointer - 1;
    text_over(b, pointer, b->size);
}

static void zip(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    text_over(b, "PK\3\4\x14\0\0\0\0\0", 10);
}

static void gguf(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    text_over(b, "GGUF\3\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\x14\0\0\0", 28);
}

static void ggjt(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    text_over(b, "tjgg\3\0\0\0", 8);
}

static void sentencepiece_model(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    text_over(b, "\n\x0E\n\x05<unk>\x15\0\0\0\0\x18\2", 16);
}

/* Sizes whose product is 0 in 32 bits, each within its own limit. */
static void wrap_dim_vocab(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    poke(b, DIM, 65536);
    poke(b, HEADS, 64);
    poke(b, KV, 64);
    poke(b, VOCAB, 65536);
}

static void wrap_layers_seq_kv(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    poke(b, DIM, 4096);
    poke(b, HEADS, 4);
    poke(b, KV, 4);
    poke(b, LAYERS, 1024);
    poke(b, SEQ, 1024);
}

static void wrap_heads_seq(Bytes *b, size_t at, uint32_t v) {
    (void)at, (void)v;
    poke(b, DIM, 8192);
    poke(b, HEADS, 1024);
    poke(b, KV, 1024);
    poke(b, SEQ, 1048576);
}

/* ---- tokenizer edits ----------------------------------------------------- */

/* Where entry id begins: score, length, bytes. */
static size_t entry_at(const Bytes *b, size_t id) {
    size_t at = 4;
    while (id-- > 0)
        at += 8 + b->data[at + 4]; /* every good piece is below 256 bytes */
    return at;
}

static void cut_in_entry(Bytes *b, size_t id, uint32_t bytes) {
    b->size = entry_at(b, id) + bytes;
}

static void poke_length(Bytes *b, size_t id, uint32_t v) {
    poke(b, entry_at(b, id) + 4, v);
}

/* A length that says 0 and no bytes. */
static void empty_piece(Bytes *b, size_t id, uint32_t v) {
    (void)v;
    size_t at = entry_at(b, id);
    bytes_cut(b, at + 8, b->data[at + 4]);
    poke(b, at + 4, 0);
}

static void poke_score(Bytes *b, size_t id, uint32_t v) {
    poke(b, entry_at(b, id), v);
}

static void poke_text(Bytes *b, size_t id, uint32_t v) {
    b->data[entry_at(b, id) + 8] = (uint8_t)v;
}

static void remove_entry(Bytes *b, size_t id, uint32_t v) {
    (void)v;
    size_t at = entry_at(b, id);
    bytes_cut(b, at, entry_at(b, id + 1) - at);
}

static void add_entry(Bytes *b, size_t id, uint32_t v) {
    (void)id, (void)v;
    bytes_f32(b, -99);
    bytes_u32(b, 3);
    bytes_put(b, "zzz", 3);
}

/* One entry more before id, one less at the end. */
static void shift_table(Bytes *b, size_t id, uint32_t v) {
    size_t at = entry_at(b, id);
    bytes_insert(b, at, 9);
    poke(b, at + 4, 1);
    b->data[at + 8] = 'q';
    remove_entry(b, MALFORMED_VOCAB, v);
}

static void bad_hex(Bytes *b, size_t id, uint32_t v) {
    (void)v;
    memcpy(b->data + entry_at(b, id) + 8, "<0xZZ>", 6);
}

/* ---- the table ----------------------------------------------------------- */

#define V0(name, edit, at, value, says)                                        \
    { MALFORMED_V0, name, edit, at, (uint32_t)(value), says, false }
#define V1(name, edit, at, value, says)                                        \
    { MALFORMED_V1, name, edit, at, (uint32_t)(value), says, false }
#define TOK(name, edit, at, value, says)                                       \
    { MALFORMED_TOKENIZER, name, edit, at, (uint32_t)(value), says, false }
#define ODD(name, edit, at, value, says)                                       \
    { MALFORMED_TOKENIZER, name, edit, at, (uint32_t)(value), says, true }

#define V0_SIZE(at, field)                                                     \
    V0(field " 0", poke, at, 0, field ": found"),                              \
        V0(field " -1", poke, at, -1, field ": found"),                        \
        V0(field " INT_MIN", poke, at, INT_MIN, field ": found"),              \
        V0(field " INT_MAX", poke, at, INT_MAX, field ": found")
#define V1_SIZE(at, field)                                                     \
    V1(field " 0", poke, V1_SIZES + (at), 0, field ": found"),                 \
        V1(field " -1", poke, V1_SIZES + (at), -1, field ": found"),           \
        V1(field " INT_MAX", poke, V1_SIZES + (at), INT_MAX, field ": found")

static const Malformed cases[] = {
    V0("empty", keep, 0, 0, "dim: found 0 bytes"),
    V0("1 byte", keep, 1, 0, "dim: found 1 bytes"),
    V0("27 bytes", keep, 27, 0, "seq_len: found 3 bytes"),
    V0("header only", keep, V0_END, 0, "size: found 28 bytes"),
    V0("1 byte short", drop, 1, 0, "size: found"),
    V0("half", halve, 0, 0, "size: found"),
    V0("no freq_cis", drop, 4 * 2 * 4, 0, "size: found"),
    V0("1 byte more", append, 1, 0, "size: found"),
    V0("2 bytes more", append, 2, 0, "size: found"),
    V0("4096 bytes more", append, 4096, 0, "size: found"),
    V0("unshared without classifier", poke, VOCAB, -3, "size: found"),
    V0("HTML", html, 0, 0, "looks like an HTML page"),
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
    V0("heads do not divide dim", poke, HEADS, 3, "n_heads: found 3"),
    V0("more kv heads than heads", poke, KV, 8, "n_kv_heads: found 8"),
    V0("kv heads do not divide heads", poke, KV, 3, "n_kv_heads: found 3"),
    V0("odd head size", poke, HEADS, 8, "head_dim: found 1"),
    V0("dim * vocab wraps", wrap_dim_vocab, 0, 0, "size: found"),
    V0("layers * seq * kv wraps", wrap_layers_seq_kv, 0, 0, "size: found"),
    V0("heads * seq wraps", wrap_heads_seq, 0, 0, "size: found"),
    V0("vocab 1", poke, VOCAB, 1, "vocab_size: found 1"),
    V0("vocab 2", poke, VOCAB, 2, "vocab_size: found 2"),

    V1("wrong magic", poke_byte, 0, 'x', "dim: found"),
    V1("swapped magic", swap_words, 4, 0, "byte order: found big-endian"),
    V1("version 0", poke, V1_VERSION, 0, "version: found 0"),
    V1("version 3", poke, V1_VERSION, 3, "version: found 3"),
    V1("version -1", poke, V1_VERSION, -1, "version: found -1"),
    V1("version 65536", poke, V1_VERSION, 65536, "version: found 65536"),
    V1("36 bytes", keep, V1_SHARED, 0, "shared_classifier: found 0 bytes"),
    V1("255 bytes", keep, 255, 0, "header: found 218 bytes"),
    V1("header only", keep, V1_END, 0, "size: found 256 bytes"),
    V1("1 byte short", drop, 1, 0, "size: found"),
    V1("1 byte more", append, 1, 0, "size: found"),
    V1("shared 2", poke_byte, V1_SHARED, 2, "shared_classifier: found 2"),
    V1("shared 255", poke_byte, V1_SHARED, 255, "shared_classifier: found 255"),
    V1("shared but says not", poke_byte, V1_SHARED, 0, "size: found"),
    V1("padding", poke_byte, 200, 1, "header: found byte 01"),
    V1("vocab negative", poke, V1_SIZES + VOCAB, -3, "vocab_size: found -3"),
    V1_SIZE(DIM, "dim"),
    V1_SIZE(HIDDEN, "hidden_dim"),
    V1_SIZE(LAYERS, "n_layers"),
    V1_SIZE(HEADS, "n_heads"),
    V1_SIZE(KV, "n_kv_heads"),
    V1_SIZE(VOCAB, "vocab_size"),
    V1_SIZE(SEQ, "seq_len"),

    TOK("empty", keep, 0, 0, "entries: found 0 bytes"),
    TOK("3 bytes", keep, 3, 0, "entries: found 3 bytes"),
    TOK("no entries", keep, 4, 0, "entries: found 4 bytes"),
    TOK("cut in score", cut_in_entry, 299, 2, "score: found 2 bytes"),
    TOK("cut in length", cut_in_entry, 299, 5, "length: found 1 bytes"),
    TOK("cut in piece", cut_in_entry, 299, 9, "piece: found 1 bytes"),
    TOK("299 entries", remove_entry, 299, 0, "entries: found 299"),
    TOK("301 entries", add_entry, 0, 0, "size: found 11 bytes after"),
    TOK("trailing byte", append, 1, 0, "size: found 1 bytes after"),
    TOK("length -1", poke_length, 290, -1, "length: found -1"),
    TOK("length INT_MIN", poke_length, 290, INT_MIN, "length: found -2147"),
    TOK("length INT_MAX", poke_length, 290, INT_MAX, "length: found 2147"),
    TOK("length past end", poke_length, 299, 1000, "piece: found 4 bytes"),
    TOK("length 0", empty_piece, 290, 0, "length: found 0"),
    TOK("no space", poke_text, 259, '_', "pieces: found no \" \""),
    TOK("byte missing", remove_entry, 100, 0, "byte piece: found \"<0x62>\""),
    TOK("byte <0xZZ>", bad_hex, 40, 0, "byte piece: found \"<0xZZ>\""),
    TOK("shifted", shift_table, 0, 0, "byte piece: found \"?</s>?\""),
    TOK("NaN score", poke_score, 270, 0x7FC00000, "score: found nan"),
    TOK("Inf score", poke_score, 270, 0x7F800000, "score: found inf"),
    TOK("HTML", html, 0, 0, "looks like an HTML page"),
    TOK("tokenizer.model", sentencepiece_model, 0, 0, "tag: found wire type"),

    ODD("longest 0", poke, 0, 0, "max_token_length: found 0"),
    ODD("longest 1", poke, 0, 1, "max_token_length: found 1"),
    ODD("longest huge", poke, 0, UINT32_MAX,
        "max_token_length: found 4294967295"),
    ODD("NUL in a piece", poke_text, 290, 0, "1 with a NUL"),
    ODD("duplicate", poke_text, 261, 'a', "1 duplicates"),
    ODD("not UTF-8", poke_text, 290, 0xFF, "1 not UTF-8"),
};

size_t malformed_count(void) {
    return sizeof cases / sizeof *cases;
}

const Malformed *malformed_case(size_t i) {
    assert(i < malformed_count());
    return &cases[i];
}

Bytes malformed_bytes(const Malformed *m) {
    Bytes b = malformed_good(m->kind);
    m->edit(&b, m->at, m->value);
    return b;
}
