/* Damaged files: each is refused with one line that names file and field, or
 * what it opens as holds every invariant. */
#include "engine/kern.h"

#include "tests/support/malformed.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define NAME "bad.bin"

/* What a file opened as: one of the two, or neither and an error. */
typedef struct Opened {
    Model *model;
    Tokenizer *tok;
    Err err;
} Opened;

/* The bytes are copied into a block of just their size, so that the address
 * sanitizer sees a read past the end. */
typedef struct Block {
    void *data;
    size_t size;
} Block;

static Block block_copy(const void *data, size_t size) {
    Block b = {malloc(size ? size : 1), size};
    if (!b.data) abort();
    if (size) memcpy(b.data, data, size);
    return b;
}

static Opened open_block(MalformedKind kind, Block b) {
    Opened o = {0};
    if (kind == MALFORMED_TOKENIZER)
        o.tok = tokenizer_open_memory(NAME, b.data, b.size, MALFORMED_VOCAB,
                                      &o.err);
    else
        o.model = model_open_memory(NAME, b.data, b.size, &o.err);
    return o;
}

static bool is_open(const Opened *o) {
    return o->model || o->tok;
}

static void close_opened(Opened *o) {
    model_close(o->model);
    tokenizer_close(o->tok);
}

/* ---- invariants ---------------------------------------------------------- */

/* ck_assert without its note to the parent for every pass: there are millions
 * here. */
#define HOLDS(condition)                                                       \
    do {                                                                       \
        if (!(condition)) ck_abort_msg("%s", #condition);                      \
    } while (0)

static void check_message(const Err *err) {
    HOLDS(err->code != ERR_NONE);
    HOLDS(strncmp(err->msg, NAME ": ", strlen(NAME ": ")) == 0);
    const char *field = err->msg + strlen(NAME ": ");
    HOLDS(strstr(field, ": ") > field);
    for (const char *p = err->msg; *p; p++)
        HOLDS((unsigned char)*p >= 0x20);
}

static void check_model_holds(const Model *m, Block b) {
    const Config *c = model_config(m);
    HOLDS(config_check(c, NAME, NULL));
    for (int role = 0; role < TENSOR_ROLES; role++) {
        int n = model_role_is_per_layer(role) ? c->n_layers : 1;
        for (int layer = 0; layer < n; layer++) {
            const Tensor *t = model_tensor(m, role, layer);
            int rows, cols;
            config_shape(c, role, &rows, &cols);
            HOLDS(t->rows == rows && t->cols == cols);
            HOLDS(t->size_bytes == (size_t)rows * (size_t)cols * sizeof(float));
            HOLDS(t->offset <= b.size && t->size_bytes <= b.size - t->offset);
            HOLDS(t->data == (const char *)b.data + t->offset);
        }
    }
}

static void check_tokenizer_holds(const Tokenizer *t) {
    static const char text[] = "the cat sat. \xC3\xA9";
    char out[TOKENIZER_PIECE_MAX + 8], shown[64];
    Encoding e = {0};
    HOLDS(tokenizer_n_pieces(t) == MALFORMED_VOCAB);
    for (int id = 0; id < MALFORMED_VOCAB; id++) {
        Piece p = tokenizer_piece(t, id);
        HOLDS(p.len >= 1 && p.len <= TOKENIZER_PIECE_MAX);
        HOLDS(p.bytes[p.len] == 0);
        HOLDS(p.score - p.score == 0);
        tokenizer_show(t, id, shown, sizeof shown);
        if (p.is_byte || p.is_control) continue;
        int found = tokenizer_find_piece(t, p.bytes, p.len);
        HOLDS(found >= TOKEN_BYTE0 + 256 && found <= id);
    }
    HOLDS(tokenizer_encode(t, text, strlen(text), TOKENIZER_BOS, &e, NULL));
    Decoder d = {0};
    size_t at = 0;
    for (int i = 0; i < e.n; i++) {
        int n = tokenizer_decode(t, &d, e.tokens[i].id, out);
        HOLDS(at + (size_t)n <= strlen(text));
        HOLDS(memcmp(out, text + at, (size_t)n) == 0);
        at += (size_t)n;
    }
    HOLDS(at == strlen(text));
    encoding_free(&e);
}

/* Opens the bytes: refused with a good message, or sound.  True if open. */
static bool check_bytes(MalformedKind kind, const void *data, size_t size) {
    Block b = block_copy(data, size);
    Opened o = open_block(kind, b);
    bool opened = is_open(&o);
    HOLDS(opened == (o.err.code == ERR_NONE));
    if (o.model) check_model_holds(o.model, b);
    if (o.tok) check_tokenizer_holds(o.tok);
    if (!opened) check_message(&o.err);
    close_opened(&o);
    free(b.data);
    return opened;
}

/* ---- the corpus ---------------------------------------------------------- */

START_TEST(good_files_open) {
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        Bytes good = malformed_good(kind);
        ck_assert(check_bytes(kind, good.data, good.size));
        Block b = block_copy(good.data, good.size);
        Opened o = open_block(kind, b);
        ck_assert(!o.tok || !tokenizer_warning(o.tok));
        close_opened(&o);
        free(b.data);
        bytes_free(&good);
    }
}
END_TEST

START_TEST(each_case_gets_its_verdict) {
    int counts[MALFORMED_KINDS] = {0};
    for (size_t i = 0; i < malformed_count(); i++) {
        const Malformed *m = malformed_case(i);
        Bytes bytes = malformed_bytes(m);
        Block b = block_copy(bytes.data, bytes.size);
        Opened o = open_block(m->kind, b);
        const char *said = o.err.msg;
        if (m->tolerated && o.tok) said = tokenizer_warning(o.tok);
        ck_assert_msg(is_open(&o) == m->tolerated, "%s: %s", m->name, said);
        ck_assert_msg(said && strstr(said, m->says), "%s: %s", m->name, said);
        ck_assert_int_eq(strncmp(said, NAME ":", strlen(NAME ":")), 0);
        close_opened(&o);
        free(b.data);
        check_bytes(m->kind, bytes.data, bytes.size);
        bytes_free(&bytes);
        counts[m->kind] += !m->tolerated;
    }
    /* Every case that the formats' description lists. */
    ck_assert_int_eq(counts[MALFORMED_V0], 56);
    ck_assert_int_eq(counts[MALFORMED_V1], 37);
    ck_assert_int_eq(counts[MALFORMED_TOKENIZER], 22);
}
END_TEST

START_TEST(a_file_cut_at_any_byte_is_refused) {
    for (MalformedKind kind = 0; kind < MALFORMED_KINDS; kind++) {
        Bytes good = malformed_good(kind);
        for (size_t size = 0; size < good.size; size++)
            if (check_bytes(kind, good.data, size))
                ck_abort_msg("kind %d opens cut to %zu bytes", (int)kind, size);
        bytes_free(&good);
    }
}
END_TEST

/* Bytes from `begin` to `end`, each set to each of the telling values. */
static void flip_bytes(MalformedKind kind, size_t begin, size_t end) {
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    const size_t n_values = sizeof values;
    Bytes good = malformed_good(kind);
    if (end > good.size) end = good.size;
    for (size_t at = begin; at < end; at++) {
        uint8_t was = good.data[at];
        for (size_t i = 0; i < n_values + 8; i++) {
            uint8_t flipped = (uint8_t)(was ^ 1u << i % 8);
            good.data[at] = i < 8 ? flipped : values[i - 8];
            check_bytes(kind, good.data, good.size);
        }
        good.data[at] = was;
    }
    bytes_free(&good);
}

START_TEST(a_changed_byte_is_refused_or_harmless) {
    flip_bytes(MALFORMED_V0, 0, 28 + 16);
    flip_bytes(MALFORMED_V1, 0, 256 + 16);
    flip_bytes(MALFORMED_TOKENIZER, 0, SIZE_MAX);
}
END_TEST

TEST_MAIN("malformed", good_files_open, each_case_gets_its_verdict,
          a_file_cut_at_any_byte_is_refused,
          a_changed_byte_is_refused_or_harmless)
