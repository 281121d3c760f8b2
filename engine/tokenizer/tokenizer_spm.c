/* tokenizer.model of SentencePiece: a protocol buffer, read field by field.
 *
 *     ModelProto      1 piece (repeated), 2 trainer, 3 normalizer
 *     piece           1 text, 2 score (float), 3 type
 *     TrainerSpec     3 model_type, 24 treat_whitespace_as_suffix,
 *                     35 byte_fallback, 40 unk, 41 bos, 42 eos
 *     NormalizerSpec  2 charsmap, 3 add_dummy_prefix,
 *                     4 remove_extra_whitespaces, 5 escape_whitespaces
 *
 * A field that is not there has the default of its definition.
 * Source: sentencepiece_model.proto; Protocol Buffers, "Encoding". */
#include "engine/base/reader.h"
#include "engine/tokenizer/tokenizer_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define VARINT_BYTES_MAX 10
#define PIECE_BYTES_MIN  5 /* tag, length; tag, length, one byte */

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };
enum { MODEL_UNIGRAM = 1, MODEL_BPE = 2 };

/* ---- fields -------------------------------------------------------------- */

typedef struct Field {
    uint64_t number;
    int wire;
    uint64_t value; /* of a number */
    Reader body;    /* of WIRE_BYTES */
} Field;

static uint64_t read_varint(Reader *r, const char *field) {
    uint64_t value = 0;
    for (int i = 0; i < VARINT_BYTES_MAX; i++) {
        uint8_t byte = reader_u8(r, field);
        value |= (uint64_t)(byte & 0x7F) << (7 * i);
        if (!(byte & 0x80)) return value;
    }
    reader_fail(r, field, "found a number of more than %d bytes",
                VARINT_BYTES_MAX);
    return 0;
}

static bool read_bytes(Reader *r, Reader *body) {
    uint64_t n = read_varint(r, "length");
    if (!r->ok) return false;
    if (n > reader_left(r))
        return reader_fail(r, "length", "found %llu, %zu bytes are left",
                           (unsigned long long)n, reader_left(r));
    *body = *r; /* the same bytes, so that messages name their place */
    reader_take(r, (size_t)n, "field");
    body->size = r->pos;
    return true;
}

/* The next field; false at the end and on failure (r->ok tells). */
static bool next_field(Reader *r, Field *f) {
    if (!r->ok || reader_left(r) == 0) return false;
    uint64_t tag = read_varint(r, "tag");
    *f = (Field){.number = tag >> 3, .wire = (int)(tag & 7)};
    if (!r->ok) return false;
    if (f->number == 0) return reader_fail(r, "tag", "found field number 0");
    switch (f->wire) {
    case WIRE_VARINT:
        f->value = read_varint(r, "number");
        return r->ok;
    case WIRE_64:
        f->value = reader_u64(r, "number");
        return r->ok;
    case WIRE_BYTES:
        return read_bytes(r, &f->body);
    case WIRE_32:
        f->value = reader_u32(r, "number");
        return r->ok;
    default:
        return reader_fail(r, "tag", "found wire type %d, need 0, 1, 2 or 5",
                           f->wire);
    }
}

/* The field is of the wire type that its definition gives it. */
static bool has_wire(Reader *r, const Field *f, int wire, const char *field) {
    if (f->wire == wire) return true;
    return reader_fail(r, field, "found wire type %d, need %d", f->wire, wire);
}

/* An int32: a negative one is written in 64 bits. */
static bool get_int(Reader *r, const Field *f, const char *field, int *out) {
    if (!has_wire(r, f, WIRE_VARINT, field)) return false;
    int64_t value = (int64_t)f->value;
    if (value < INT_MIN || value > INT_MAX)
        return reader_fail(r, field, "found %lld, need 32 bits",
                           (long long)value);
    *out = (int)value;
    return true;
}

/* ---- messages ------------------------------------------------------------ */

/* What counts of the trainer's and the normalizer's settings. */
typedef struct Settings {
    int model_type, suffix, byte_fallback, unk, bos, eos;
    int add_dummy_prefix, remove_extra, escape;
} Settings;

static bool read_piece(Reader *r, PieceSpec *p) {
    *p = (PieceSpec){.bytes = "", .type = TOKEN_NORMAL};
    for (Field f; next_field(r, &f);) {
        if (f.number == 1) {
            if (!has_wire(r, &f, WIRE_BYTES, "piece")) return false;
            /* One that is too long is refused all the same. */
            size_t n = reader_left(&f.body);
            p->len = n < INT_MAX ? (int)n : INT_MAX;
            p->bytes = (const char *)f.body.base + f.body.pos;
        } else if (f.number == 2) {
            if (!has_wire(r, &f, WIRE_32, "score")) return false;
            uint32_t bits = (uint32_t)f.value;
            memcpy(&p->score, &bits, sizeof bits);
        } else if (f.number == 3 && !get_int(r, &f, "type", &p->type)) {
            return false;
        }
    }
    return r->ok;
}

/* A field that holds a setting, and where it goes. */
typedef struct Setting {
    uint64_t number;
    const char *name;
    int *out;
} Setting;

/* The field as one of the settings up to the one without a name; others do
 * not count. */
static bool get_setting(Reader *r, const Field *f, const Setting *settings) {
    for (; settings->name; settings++)
        if (f->number == settings->number)
            return get_int(r, f, settings->name, settings->out);
    return true;
}

static bool read_trainer(Reader *r, Settings *s) {
    const Setting settings[] = {{3, "model_type", &s->model_type},
                                {24, "treat_whitespace_as_suffix", &s->suffix},
                                {35, "byte_fallback", &s->byte_fallback},
                                {40, "unk_id", &s->unk},
                                {41, "bos_id", &s->bos},
                                {42, "eos_id", &s->eos},
                                {0, NULL, NULL}};
    for (Field f; next_field(r, &f);)
        if (!get_setting(r, &f, settings)) return false;
    return r->ok;
}

static bool read_normalizer(Reader *r, Settings *s) {
    const Setting settings[] = {
        {3, "add_dummy_prefix", &s->add_dummy_prefix},
        {4, "remove_extra_whitespaces", &s->remove_extra},
        {5, "escape_whitespaces", &s->escape},
        {0, NULL, NULL}};
    for (Field f; next_field(r, &f);) {
        if (f.number == 2 && reader_left(&f.body) > 0)
            return err_set(r->err, ERR_UNSUPPORTED, 0,
                           "%s: charsmap: found %zu bytes, need none: texts "
                           "are not normalised",
                           r->name, reader_left(&f.body));
        if (!get_setting(r, &f, settings)) return false;
    }
    return r->ok;
}

static bool read_model(Reader *r, PieceSpec *pieces, int n_pieces, Settings *s,
                       int *n_padding) {
    int n = 0;
    for (Field f; next_field(r, &f);) {
        if (f.number < 1 || f.number > 3) continue;
        if (!has_wire(r, &f, WIRE_BYTES, "message")) return false;
        if (f.number == 1 && n == n_pieces)
            return reader_fail(r, "pieces",
                               "found more than %d, the model's "
                               "vocabulary",
                               n_pieces);
        if (!(f.number == 1   ? read_piece(&f.body, &pieces[n++])
              : f.number == 2 ? read_trainer(&f.body, s)
                              : read_normalizer(&f.body, s)))
            return false;
    }
    *n_padding = tokenizer_pad(pieces, n, n_pieces);
    if (r->ok && *n_padding < 0)
        return reader_fail(r, "pieces", "found %d, need %d", n, n_pieces);
    return r->ok;
}

/* ---- the tokenizer ------------------------------------------------------- */

static bool check_settings(const char *name, const Settings *s, int n_pieces,
                           Err *err) {
    const struct {
        const char *field;
        int value, need;
    } rows[] = {
        {"model_type", s->model_type, MODEL_BPE},
        {"treat_whitespace_as_suffix", s->suffix, 0},
        {"remove_extra_whitespaces", s->remove_extra, 0},
        {"escape_whitespaces", s->escape, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value != rows[i].need)
            return err_set(err, ERR_UNSUPPORTED, 0, "%s: %s: found %d, need %d",
                           name, rows[i].field, rows[i].value, rows[i].need);
    if (s->unk < 0 || s->unk >= n_pieces)
        return err_set(err, ERR_FORMAT, 0, "%s: unk_id: found %d, need 0..%d",
                       name, s->unk, n_pieces - 1);
    return true;
}

/* With byte fallback what reads as a byte is one, whatever its type; without
 * it such a piece is text, and SentencePiece has none of that type.  The piece
 * of the type is the unknown one, wherever the trainer wanted it. */
static bool settle_types(const char *name, PieceSpec *pieces, int n_pieces,
                         Settings *s, Err *err) {
    for (int id = n_pieces - 1; id >= 0; id--) {
        PieceSpec *p = &pieces[id];
        const bool is_text = p->type == TOKEN_NORMAL || p->type == TOKEN_USER;
        if (p->type == TOKEN_BYTE && !s->byte_fallback)
            return err_set(err, ERR_UNSUPPORTED, 0,
                           "%s: byte_fallback: found 0, need 1 where piece %d "
                           "is a byte",
                           name, id);
        if (is_text && s->byte_fallback &&
            tokenizer_byte_value(p->bytes, p->len) >= 0)
            p->type = TOKEN_BYTE;
        if (p->type == TOKEN_UNKNOWN) s->unk = id;
    }
    return true;
}

static Tokenizer *build(const char *name, PieceSpec *pieces, int n_pieces,
                        int n_padding, Settings *s, Err *err) {
    if (!check_settings(name, s, n_pieces, err) ||
        !settle_types(name, pieces, n_pieces, s, err))
        return NULL;
    const TokenizerSpec spec = {.name = name,
                                .kind = TOKENIZER_SENTENCEPIECE,
                                .pieces = pieces,
                                .n_pieces = n_pieces,
                                .n_padding = n_padding,
                                .bos = s->bos < 0 ? -1 : s->bos,
                                .ends = {s->eos},
                                .n_ends = s->eos >= 0,
                                .unknown = s->unk,
                                .normalizes = true,
                                .user_normalized = true,
                                .fuse_unknown = true,
                                .no_bos = s->bos < 0,
                                .no_space_prefix = !s->add_dummy_prefix};
    return tokenizer_from_pieces(&spec, err);
}

Tokenizer *tokenizer_read_spm(const char *name, const void *data, size_t size,
                              int vocab_size, Err *err) {
    const size_t most = size / PIECE_BYTES_MIN + TOKENIZER_PADDING_MAX;
    if (vocab_size < 1 || most < (size_t)vocab_size) {
        err_set(err, ERR_FORMAT, 0,
                "%s: pieces: found %zu bytes, need at least %d for each of %d",
                name, size, PIECE_BYTES_MIN, vocab_size);
        return NULL;
    }
    const size_t n = (size_t)vocab_size;
    PieceSpec *pieces = calloc(n, sizeof *pieces);
    if (!pieces) {
        err_memory(err, name, n * sizeof *pieces);
        return NULL;
    }
    Reader r = reader_init(data, size, name, err);
    Settings s = {.model_type = MODEL_UNIGRAM,
                  .bos = 1,
                  .eos = 2,
                  .add_dummy_prefix = 1,
                  .remove_extra = 1,
                  .escape = 1};
    int n_padding = 0;
    Tokenizer *t = read_model(&r, pieces, vocab_size, &s, &n_padding)
                       ? build(name, pieces, vocab_size, n_padding, &s, err)
                       : NULL;
    free(pieces);
    return t;
}
