/* Damaged tokenizer.model files. */
#include "tests/support/malformed.h"

#include "tests/support/tiny_hf.h"

#include <string.h>

/* Where things are: piece 0 is "<unk>", of 16 bytes with its head, piece 1
 * "<s>" of 14: tag and length, tag and length and text, tag and score, tag and
 * type. */
enum { PIECE1 = 16, PIECE1_BYTES = 14 };
enum { TEXT = PIECE1 + 2, SCORE = TEXT + 5, TYPE = SCORE + 5 };
/* At the end: the trainer, its first field the model type, and the
 * normalizer. */
enum { TAIL = 19 + 16, MODEL_TYPE = TAIL - 3 };

/* ---- edits --------------------------------------------------------------- */

/* n bytes at the end, the lowest of the value first. */
static void put(Bytes *b, size_t n, uint64_t v) {
    for (; n > 0; n--, v >>= 8)
        bytes_u8(b, (uint8_t)v);
}

static void end_u8(Bytes *b, size_t from_end, uint64_t v) {
    b->data[b->size - from_end] = (uint8_t)v;
}

static void long_varint(Bytes *b, size_t n, uint64_t v) {
    for (size_t i = 0; i < n; i++)
        bytes_u8(b, (uint8_t)v);
    bytes_u8(b, 1);
}

static void empty_piece(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    b->data[PIECE1 + 1] -= 3;
    b->data[TEXT + 1] = 0;
    bytes_cut(b, TEXT + 2, 3);
}

/* A piece of n bytes in place of piece 1. */
static void long_piece(Bytes *b, size_t at, uint64_t n) {
    (void)at;
    Bytes text = {0}, piece = {0}, all = {0};
    bytes_zeros(&text, n);
    memset(text.data, 'a', n);
    proto_bytes(&piece, 1, text.data, text.size);
    proto_bytes(&all, 1, piece.data, piece.size);
    bytes_cut(b, PIECE1, PIECE1_BYTES);
    bytes_insert(b, PIECE1, all.size);
    memcpy(b->data + PIECE1, all.data, all.size);
    bytes_free(&text);
    bytes_free(&piece);
    bytes_free(&all);
}

static void remove_piece(Bytes *b, size_t at, uint64_t v) {
    (void)v;
    bytes_cut(b, at, PIECE1_BYTES);
}

static void no_pieces(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    bytes_cut(b, 0, b->size - TAIL);
}

static void many_pieces(Bytes *b, size_t n, uint64_t v) {
    (void)v;
    b->size = 0;
    for (size_t i = 0; i < n; i++)
        bytes_put(b, "\n\3\n\1a", 5);
}

static void charsmap(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    bytes_put(b, "\x1A\3\x12\1A", 5);
}

/* ---- the table ----------------------------------------------------------- */

#define M(name, edit, at, value, says)                                         \
    {                                                                          \
        MALFORMED_SPM, name, edit, at, (uint64_t)(value), NULL, NULL, says,    \
            false                                                              \
    }

/* A trainer message with field 40, 41 or 42 being 300. */
#define TRAINER(tag) ((uint64_t)0x02AC02000412 | (uint64_t)(tag) << 16)

static const Malformed cases[] = {
    M("varint of 11 bytes", long_varint, 10, 0xFF, "tag: found a number of"),
    M("length past the end", put, 2, 0x7F0A, "length: found 127"),
    M("wire type 3", put, 2, 0x000B, "tag: found wire type 3"),
    M("wire type 4", put, 2, 0x000C, "tag: found wire type 4"),
    M("wire type 6", put, 2, 0x000E, "tag: found wire type 6"),
    M("wire type 7", put, 2, 0x000F, "tag: found wire type 7"),
    M("field number 0", put, 2, 0x0002, "tag: found field number 0"),
    M("a message that is a number", put, 2, 0x0010, "message: found wire type"),
    M("piece missing", malformed_u8, TEXT, 0x3A, "length: found 0 for piece 1"),
    M("piece empty", empty_piece, 0, 0, "length: found 0 for piece 1"),
    M("piece of 1025 bytes", long_piece, 0, 1025, "length: found 1025 for"),
    M("piece a number", malformed_u8, TEXT, 0x08, "piece: found wire type 0"),
    M("score a number", malformed_u8, SCORE, 0x10, "score: found wire type 0"),
    M("score NaN", malformed_u32, SCORE + 1, 0x7FC00000, "score: found nan"),
    M("type 0", malformed_u8, TYPE + 1, 0, "type: found 0 for piece 1"),
    M("type 7", malformed_u8, TYPE + 1, 7, "type: found 7 for piece 1"),
    M("no pieces", no_pieces, 0, 0, "pieces: found 0, need 300"),
    {MALFORMED_SPM, "299 pieces", remove_piece, PIECE1, 0, NULL, NULL,
     "ids: the last 1 have no piece", true},
    M("301 pieces", put, 5, 0x610A0A030A, "pieces: found more than 300"),
    M("UNIGRAM", end_u8, MODEL_TYPE, 1, "model_type: found 1, need 2"),
    M("no byte fallback", end_u8, MODEL_TYPE - 3, 0,
      "byte_fallback: found 0, need 1 where piece 258 is a byte"),
    M("space as a suffix", put, 5, 0x0101C00312,
      "treat_whitespace_as_suffix: found 1, need 0"),
    M("unk past the end", put, 6, TRAINER(0xC0), "unk_id: found 300"),
    M("bos past the end", put, 6, TRAINER(0xC8), "bos: found 300"),
    M("eos past the end", put, 6, TRAINER(0xD0), "eos: found 300"),
    M("length past the message", malformed_u8, TEXT + 1, 0x7F,
      "length: found 127, 10 bytes are left"),
    M("charsmap", charsmap, 0, 0, "charsmap: found 1 bytes"),
    M("a million pieces", many_pieces, 1000001, 0, "pieces: found more than"),
    M("empty", malformed_keep, 0, 0, "pieces: found 0, need 300"),
    M("HTML", malformed_html, 0, 0, "tag: found wire type 4"),
};

MalformedList malformed_spm(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
