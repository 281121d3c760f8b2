/* Damaged tokenizer.bin files. */
#include "tests/support/malformed.h"

#include <limits.h>
#include <string.h>

/* ---- tokenizer edits ----------------------------------------------------- */

/* Where entry id begins: score, length, bytes. */
static size_t entry_at(const Bytes *b, size_t id) {
    size_t at = 4;
    while (id-- > 0)
        at += 8 + b->data[at + 4]; /* every good piece is below 256 bytes */
    return at;
}

static void cut_in_entry(Bytes *b, size_t id, uint64_t bytes) {
    b->size = entry_at(b, id) + bytes;
}

static void poke_length(Bytes *b, size_t id, uint64_t v) {
    malformed_u32(b, entry_at(b, id) + 4, v);
}

/* A length that says 0 and no bytes. */
static void empty_piece(Bytes *b, size_t id, uint64_t v) {
    (void)v;
    size_t at = entry_at(b, id);
    bytes_cut(b, at + 8, b->data[at + 4]);
    malformed_u32(b, at + 4, 0);
}

static void poke_score(Bytes *b, size_t id, uint64_t v) {
    malformed_u32(b, entry_at(b, id), v);
}

static void poke_text(Bytes *b, size_t id, uint64_t v) {
    b->data[entry_at(b, id) + 8] = (uint8_t)v;
}

static void remove_entry(Bytes *b, size_t id, uint64_t v) {
    (void)v;
    size_t at = entry_at(b, id);
    bytes_cut(b, at, entry_at(b, id + 1) - at);
}

static void add_entry(Bytes *b, size_t id, uint64_t v) {
    (void)id, (void)v;
    bytes_f32(b, -99);
    bytes_u32(b, 3);
    bytes_put(b, "zzz", 3);
}

/* One entry more before id, one less at the end. */
static void shift_table(Bytes *b, size_t id, uint64_t v) {
    size_t at = entry_at(b, id);
    bytes_insert(b, at, 9);
    malformed_u32(b, at + 4, 1);
    b->data[at + 8] = 'q';
    remove_entry(b, MALFORMED_VOCAB, v);
}

static void bad_hex(Bytes *b, size_t id, uint64_t v) {
    (void)v;
    memcpy(b->data + entry_at(b, id) + 8, "<0xZZ>", 6);
}

static void sentencepiece_model(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_over(b, "\n\x0E\n\x05<unk>\x15\0\0\0\0\x18\2", 16);
}

/* ---- the table ----------------------------------------------------------- */

#define CASE(name, edit, at, value, says, tolerated)                           \
    {                                                                          \
        MALFORMED_TOKENIZER, name, edit, at, (uint32_t)(value), NULL, NULL,    \
            says, tolerated                                                    \
    }
#define TOK(name, edit, at, value, says)                                       \
    CASE(name, edit, at, value, says, false)
#define ODD(name, edit, at, value, says) CASE(name, edit, at, value, says, true)

static const Malformed cases[] = {
    TOK("empty", malformed_keep, 0, 0, "entries: found 0 bytes"),
    TOK("3 bytes", malformed_keep, 3, 0, "entries: found 3 bytes"),
    TOK("no entries", malformed_keep, 4, 0, "entries: found 4 bytes"),
    TOK("cut in score", cut_in_entry, 299, 2, "score: found 2 bytes"),
    TOK("cut in length", cut_in_entry, 299, 5, "length: found 1 bytes"),
    TOK("cut in piece", cut_in_entry, 299, 9, "piece: found 1 bytes"),
    TOK("299 entries", remove_entry, 299, 0, "entries: found 299"),
    TOK("301 entries", add_entry, 0, 0, "size: found 11 bytes after"),
    TOK("trailing byte", malformed_append, 1, 0, "size: found 1 bytes after"),
    TOK("length -1", poke_length, 290, -1, "length: found -1"),
    TOK("length INT_MIN", poke_length, 290, INT_MIN, "length: found -2147"),
    TOK("length INT_MAX", poke_length, 290, INT_MAX, "length: found 2147"),
    TOK("length past end", poke_length, 299, 1000, "piece: found 4 bytes"),
    TOK("length 0", empty_piece, 290, 0, "length: found 0"),
    TOK("no space", poke_text, 259, '_', "pieces: found no \" \""),
    TOK("byte missing", remove_entry, 100, 0, "entries: found 299"),
    TOK("shifted", shift_table, 0, 0, "piece: found <unk> for piece 1, need 0"),
    TOK("NaN score", poke_score, 270, 0x7FC00000, "score: found nan"),
    TOK("Inf score", poke_score, 270, 0x7F800000, "score: found inf"),
    TOK("HTML", malformed_html, 0, 0, "looks like an HTML page"),
    TOK("tokenizer.model", sentencepiece_model, 0, 0, "tag: found wire type"),

    ODD("longest 0", malformed_u32, 0, 0, "max_token_length: found 0"),
    ODD("longest 1", malformed_u32, 0, 1, "max_token_length: found 1"),
    ODD("longest huge", malformed_u32, 0, UINT32_MAX,
        "max_token_length: found 4294967295"),
    ODD("NUL in a piece", poke_text, 290, 0, "1 with a NUL"),
    ODD("byte <0xZZ>", bad_hex, 40, 0, "bytes: 1 of 256 have no piece"),
    ODD("duplicate", poke_text, 261, 'a', "1 duplicates"),
    ODD("not UTF-8", poke_text, 290, 0xFF, "1 not UTF-8"),
};

MalformedList malformed_tokenizer(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
