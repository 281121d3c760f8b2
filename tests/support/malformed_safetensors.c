/* Damaged safetensors files. */
#include "tests/support/malformed.h"

#include "tests/support/hf_folder.h"
#include "tests/support/tiny_hf.h"

#include <stdlib.h>
#include <string.h>

/* ---- edits --------------------------------------------------------------- */

enum { HEADER = 8 }; /* after the length */

static size_t header_size(const Bytes *b) {
    size_t n = 0;
    for (size_t i = 0; i < 4; i++)
        n |= (size_t)b->data[i] << 8 * i;
    return n;
}

static void set_size(Bytes *b, size_t n) {
    malformed_u64(b, 0, n);
}

/* Makes the length one less, or another number: `at` is added. */
static void move_size(Bytes *b, size_t at, uint64_t v) {
    (void)at;
    set_size(b, header_size(b) + v);
}

/* n bytes of a value at a byte of the header. */
static void put_in(Bytes *b, size_t at, size_t n, uint64_t v) {
    bytes_insert(b, HEADER + at, n);
    memset(b->data + HEADER + at, (int)v, n);
    set_size(b, header_size(b) + n);
}

static void put_first(Bytes *b, size_t n, uint64_t v) {
    put_in(b, 0, n, v);
}

static void put_last(Bytes *b, size_t n, uint64_t v) {
    put_in(b, header_size(b), n, v);
}

/* The header cut after so many bytes, and the data with it. */
static void cut_header(Bytes *b, size_t n, uint64_t v) {
    (void)v;
    b->size = HEADER + n;
    set_size(b, n);
}

/* {"x":[[[[...]]]], ... */
static void nest(Bytes *b, size_t at, uint64_t depth) {
    put_in(b, 1, 1, ',');
    put_in(b, 1, depth, ']');
    put_in(b, 1, depth, '[');
    put_in(b, 1, 1, ':');
    put_in(b, 1, 1, '"');
    put_in(b, 1, 1, 'x');
    put_in(b, 1, 1, '"');
    (void)at;
}

static void pickle(Bytes *b, size_t at, uint64_t v) {
    (void)at, (void)v;
    malformed_over(b, "\x80\x02}q\x00.", 6);
}

/* Data one byte further, which is no multiple of anything. */
static void unalign(Bytes *b, size_t at, uint64_t v) {
    put_last(b, at, v);
}

/* An output matrix beside a table that is said to be both. */
static void add_lm_head(Bytes *b, size_t at, uint64_t v) {
    static const char entry[] =
        ",\"lm_head.weight\":{\"dtype\":\"F32\",\"shape\":[3,8],"
        "\"data_offsets\":[1344,1440]}}";
    const size_t n = sizeof entry - 1;
    (void)at;
    while (b->data[HEADER + header_size(b) - 1] == ' ') {
        bytes_cut(b, HEADER + header_size(b) - 1, 1);
        set_size(b, header_size(b) - 1);
    }
    put_in(b, header_size(b) - 1, n - 1, ' ');
    memcpy(b->data + HEADER + header_size(b) - n, entry, n);
    while (header_size(b) % 8)
        put_in(b, header_size(b), 1, ' ');
    bytes_zeros(b, v);
}

static void not_json(Bytes *b, size_t at, uint64_t v) {
    malformed_u8(b, HEADER + at, v);
}

/* ---- the table ----------------------------------------------------------- */

#define S(name, edit, at, value, says)                                         \
    {                                                                          \
        MALFORMED_SAFETENSORS, name, edit, at, (uint64_t)(value), NULL, NULL,  \
            says, false                                                        \
    }
#define T(name, find, put, says)                                               \
    { MALFORMED_SAFETENSORS, name, NULL, 0, 0, find, put, says, false }

#define TABLE   "model.embed_tokens.weight"
#define Q       "model.layers.0.self_attn.q_proj.weight"
#define DTYPE   "\"dtype\":\"F32\""
#define SHAPE   "\"shape\":[3,8]"
#define PLACE   "\"data_offsets\":[0,96]"
#define BITS(n) ((uint64_t)1 << (n))

static const Malformed cases[] = {
    S("empty", malformed_keep, 0, 0, "header length: found 0 bytes"),
    S("7 bytes", malformed_keep, 7, 0, "header length: found 7 bytes"),
    S("length 0", malformed_u64, 0, 0, "header length: found 0"),
    S("length one less", move_size, 0, -8, "JSON: "),
    S("length 2^63", malformed_u64, 0, BITS(63), "header length: found 9223"),
    S("length 2^64-1", malformed_u64, 0, -1, "header length: found 1844"),
    S("length 2^64-8", malformed_u64, 0, -8, "header length: found 1844"),
    S("length of more than the file", malformed_u64, 0, 10000,
      "header length: found 10000"),
    S("length over the limit", malformed_u64, 0, 100000001,
      "header length: found 100000001"),
    S("not UTF-8", not_json, 3, 0xFF, "JSON: "),
    S("not JSON", not_json, 0, 'x', "JSON: "),
    S("an array", not_json, 0, '[', "JSON: "),
    S("unterminated", cut_header, 200, 0, "JSON: "),
    S("junk after it", put_last, 1, 'x', "JSON: "),
    S("a NUL after it", put_last, 1, 0, "JSON: "),
    S("200000 levels", nest, 0, 200000, "JSON: found more than 32 levels"),
    T("a tensor twice", "model.norm.weight", TABLE, "JSON: duplicate object"),
    T("a field twice", DTYPE, DTYPE "," DTYPE, "JSON: duplicate object key"),
    T("NUL in a name", "model.norm", "model\\u0000norm", "JSON: "),
    T("half a surrogate", "model.norm", "model\\ud83dnorm", "JSON: "),
    T("no dtype", DTYPE ",", "", TABLE ".dtype: found no known type"),
    T("unknown dtype", DTYPE, "\"dtype\":\"F31\"", TABLE ".dtype: found no"),
    T("dtype a number", DTYPE, "\"dtype\":32", TABLE ".dtype: found no known"),
    T("dtype I32", DTYPE, "\"dtype\":\"I32\"",
      TABLE ": dtype: need F32, F16 or BF16"),
    T("no shape", SHAPE ",", "", TABLE ".shape: need a list"),
    T("shape negative", SHAPE, "\"shape\":[-3,8]", TABLE ".shape: need whole"),
    T("shape a fraction", SHAPE, "\"shape\":[3.5,8]", TABLE ".shape: need wh"),
    T("shape of text", SHAPE, "\"shape\":[\"3\",8]",
      TABLE ".shape: need whole"),
    T("shape 2^64", SHAPE, "\"shape\":[18446744073709551616,8]", "JSON: "),
    T("shape 1.6e1", SHAPE, "\"shape\":[1.6e1,8]", TABLE ".shape: need whole"),
    T("shape overflows", SHAPE, "\"shape\":[4611686018427387904,16]",
      TABLE ".shape: the product passes 64 bits"),
    T("100 dimensions", SHAPE,
      "\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
      "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
      "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,24]",
      TABLE ".shape: need a list of at most 8"),
    T("no offsets", "," PLACE, "", TABLE ".data_offsets: need two"),
    T("one offset", PLACE, "\"data_offsets\":[0]", TABLE ".data_offsets: need"),
    T("three offsets", PLACE, "\"data_offsets\":[0,96,96]",
      TABLE ".data_offsets: need two"),
    T("negative offset", PLACE, "\"data_offsets\":[-1,95]",
      TABLE ".data_offsets: need two whole numbers from 0 on"),
    T("reversed", PLACE, "\"data_offsets\":[96,0]",
      TABLE ".data_offsets: out of order"),
    T("past the end", PLACE, "\"data_offsets\":[99904,100000]",
      TABLE ".data_offsets: out of order or past the end"),
    T("overlap", "[96,128]", "[64,96]", ".data_offsets: overlaps the tensor"),
    T("hole", "[96,128]", "[100,132]", ".data_offsets: leaves a hole before"),
    T("another size", PLACE, "\"data_offsets\":[0,100]",
      TABLE ".data_offsets: not the size"),
    T("offsets that wrap", PLACE, "\"data_offsets\":[18446744073709551520,0]",
      "JSON: "),
    S("bytes after it", malformed_append, 4, 0, "size: found 4 bytes after"),
    S("data short", malformed_drop, 4, 0, "past the end"),
    T("metadata of numbers", "{", "{\"__metadata__\":{\"format\":1},",
      "__metadata__: need an object of strings"),
    T("metadata an array", "{", "{\"__metadata__\":[\"pt\"],",
      "__metadata__: need an object of strings"),
    T("a tensor null", "{", "{\"x\":null,", "x.entry: need an object"),
    S("pickle", pickle, 0, 0, "header length: found"),
    S("HTML", malformed_html, 0, 0, "as in an HTML page"),

    {MALFORMED_SAFETENSORS, "white space first", put_first, 8, ' ', NULL, NULL,
     "header: found white space", true},
    {MALFORMED_SAFETENSORS, "unknown field", NULL, 0, 0, DTYPE,
     DTYPE ",\"x\":[{}]", "header: found unknown fields", true},
    {MALFORMED_SAFETENSORS, "lm_head of no use", add_lm_head, 0, 96, NULL, NULL,
     "lm_head.weight: found one", true},
    {MALFORMED_SAFETENSORS, "unaligned", unalign, 1, ' ', NULL, NULL,
     TABLE ": found at byte", true},
};

MalformedList malformed_safetensors(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
