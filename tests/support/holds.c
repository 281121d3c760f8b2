#include "tests/support/holds.h"

#include "engine/kernel/kern.h"
#include "engine/run/session.h"
#include "engine/spec/arch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights up to this cannot make a step of a small model overflow. */
#define WEIGHT_MAX 1e3f

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) return #condition;                                   \
    } while (0)

/* ---- refusals ------------------------------------------------------------ */

const char *holds_message(const Err *err, const char *name) {
    const size_t n = strlen(name);
    MUST(err->code > ERR_NONE && err->code <= ERR_CLOSED);
    const bool is_cut = strncmp(err->msg, "...", 3) == 0;
    const bool is_named = strncmp(err->msg, name, n) == 0 && err->msg[n] == ':';
    MUST(is_cut || is_named);
    const char *field = err->msg + (is_named ? n + 1 : 3);
    const char *end = strstr(field, ": ");
    MUST(end && end > field);
    MUST(strlen(end) > 2);
    for (const char *p = err->msg; *p; p++)
        MUST((unsigned char)*p >= 0x20 && *p != 0x7F);
    return NULL;
}

/* ---- models -------------------------------------------------------------- */

static const char *holds_place(const Tensor *t, const uint8_t *data,
                               size_t size) {
    if (t->file) {
        data = t->file->data;
        size = t->file->size;
    }
    MUST(t->size_bytes > 0);
    MUST(t->size_bytes <= size && t->offset <= size - t->size_bytes);
    const uint8_t *at = t->data;
    const bool is_copy = !data || at < data || at >= data + size;
    const bool in_order =
        t->stored == TENSOR_AS_IS || t->stored == TENSOR_LESS_ONE;
    MUST(is_copy || (at == data + t->offset && in_order));
    MUST(t->type < DTYPE_COUNT && t->name[0]);
    MUST(strlen(t->name) < sizeof t->name);
    return NULL;
}

/* One that a family has not is NULL. */
static const char *holds_bias(const Tensor *t, float *largest) {
    const int n = t->rows == 1 ? t->cols : t->rows;
    for (int i = 0; t->bias && i < n; i++) {
        MUST(isfinite(t->bias[i]));
        *largest = fmaxf(*largest, fabsf(t->bias[i]));
    }
    return NULL;
}

/* The largest weight of a tensor, each being read on the way. */
static const char *holds_weights(const Tensor *t, float *largest) {
    float *row = malloc((size_t)t->cols * sizeof *row);
    const char *wrong = row ? NULL : "no memory for a row";
    for (int i = 0; row && i < t->rows; i++) {
        kern_row(row, t, i);
        for (int k = 0; k < t->cols; k++) {
            if (!isfinite(row[k])) wrong = "a weight is not finite";
            *largest = fmaxf(*largest, fabsf(row[k]));
        }
    }
    free(row);
    return wrong;
}

static const char *holds_tensors(const Model *m, const void *data, size_t size,
                                 float *largest) {
    const Config *c = model_config(m);
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const ArchTensor *row = arch_tensor(c->arch, role);
        int n = !row ? 0 : row->per_layer ? c->n_layers : 1;
        for (int layer = 0; layer < n; layer++) {
            const Tensor *t = model_tensor(m, role, layer);
            int rows, cols;
            arch_shape(c, role, &rows, &cols);
            MUST(t->rows == rows && t->cols == cols);
            const char *wrong = holds_place(t, data, size);
            if (!wrong) wrong = holds_weights(t, largest);
            if (!wrong) wrong = holds_bias(t, largest);
            if (wrong) return wrong;
        }
    }
    return NULL;
}

static const char *holds_step(const Model *m, bool must_be_finite) {
    const int n_vocab = model_config(m)->vocab_size;
    const int tokens[] = {1, n_vocab - 1};
    const int n = model_config(m)->seq_len_max > 1 ? 2 : 1;
    const SessionOptions one = {.seq_len = n, .n_threads = 1};
    Session *s = session_open(m, &one, NULL);
    const float *logits = s ? session_feed(s, tokens, n, NULL) : NULL;
    const char *wrong = logits ? NULL : "no step";
    for (int i = 0; logits && i < n_vocab; i++)
        if (must_be_finite && !isfinite(logits[i]))
            wrong = "a logit is not finite";
    session_close(s);
    return wrong;
}

const char *holds_model(const Model *m, const void *data, size_t size) {
    float largest = 0;
    MUST(config_check(model_config(m), "m", NULL));
    MUST(model_format(m) && model_name(m) && model_path(m));
    const char *wrong = holds_tensors(m, data, size, &largest);
    MUST(model_weight_bytes(m) > 0);
    return wrong ? wrong : holds_step(m, largest <= WEIGHT_MAX);
}

/* ---- tokenizers ---------------------------------------------------------- */

static const char *holds_piece(const Tokenizer *t, int id) {
    char shown[64];
    const Piece p = tokenizer_piece(t, id);
    MUST(p.len >= 1 && p.len <= TOKENIZER_PIECE_MAX);
    MUST(p.bytes[p.len] == 0);
    MUST(isfinite(p.score));
    MUST(!p.is_byte || p.len == 1);
    tokenizer_show(t, id, shown, sizeof shown);
    MUST(strlen(shown) < sizeof shown);
    if (p.is_byte || p.is_control || p.is_unused) return NULL;
    const int found = tokenizer_find_piece(t, p.bytes, p.len);
    MUST(found >= 0 && found <= id);
    const Piece first = tokenizer_piece(t, found);
    MUST(first.len == p.len &&
         memcmp(first.bytes, p.bytes, (size_t)p.len) == 0);
    return NULL;
}

/* Decoded, the tokens are the text. */
static const char *holds_decoding(const Tokenizer *t, const Encoding *e,
                                  const char *text, size_t n) {
    char out[TOKENIZER_PIECE_MAX + 8];
    Decoder d = {0};
    size_t at = 0, spanned = 0;
    for (int i = 0; i <= e->n; i++) {
        const Token *token = &e->tokens[i];
        const int len = i < e->n ? tokenizer_decode(t, &d, token->id, out)
                                 : tokenizer_decode_end(&d, out);
        MUST(len >= 0 && (size_t)len <= n - at);
        MUST(memcmp(out, text + at, (size_t)len) == 0);
        at += (size_t)len;
        if (i == e->n) break;
        MUST(token->begin == spanned || token->id == tokenizer_bos(t));
        MUST(token->end >= token->begin && token->end <= n);
        spanned = token->end;
    }
    MUST(at == n);
    MUST(n == 0 || spanned == n);
    return NULL;
}

/* Where decoding may give another text: the tokens are of the vocabulary and in
 * order all the same. */
static const char *holds_spans(const Tokenizer *t, const Encoding *e,
                               size_t n) {
    char out[TOKENIZER_PIECE_MAX + 8];
    Decoder d = {0};
    uint32_t at = 0;
    for (int i = 0; i < e->n; i++) {
        const Token *token = &e->tokens[i];
        MUST(token->id >= 0 && token->id < tokenizer_n_pieces(t));
        MUST(token->begin >= at && token->end >= token->begin);
        MUST(token->end <= n);
        at = token->begin;
        tokenizer_decode(t, &d, token->id, out);
    }
    return NULL;
}

static const char *holds_encoding(const Tokenizer *t, const char *text,
                                  size_t n, int flags) {
    Encoding e = {0};
    const char *wrong = "the text does not encode";
    if (tokenizer_encode(t, text, n, flags, &e, NULL))
        wrong =
            e.altered ? holds_spans(t, &e, n) : holds_decoding(t, &e, text, n);
    if (!wrong && e.n_merges >= e.n_symbols && e.n_symbols > 0)
        wrong = "more merges than symbols";
    encoding_free(&e);
    return wrong;
}

const char *holds_text(const Tokenizer *t, const char *text, size_t n) {
    /* A file may name pieces of text for them: then they are text. */
    const int bos = tokenizer_bos(t), sep = tokenizer_sep(t);
    const bool has_bos = bos >= 0 && tokenizer_piece(t, bos).is_control &&
                         (sep < 0 || tokenizer_piece(t, sep).is_control);
    const int flags = TOKENIZER_MERGES | (has_bos ? TOKENIZER_BOS : 0);
    const char *wrong = holds_encoding(t, text, n, flags);
    return wrong ? wrong
                 : holds_encoding(t, text, n, flags | TOKENIZER_SPECIAL);
}

const char *holds_tokenizer(const Tokenizer *t) {
    static const char *const texts[] = {
        "",
        " ",
        "the cat sat. \xC3\xA9",
        "  two\n\n  spaces\t 123 ",
        "\xFF\xC3 \xF0\x9F\xA6 cut",
        "<s></s><unk><0x41>\xE2\x96\x81\x01",
    };
    const int n = tokenizer_n_pieces(t);
    const int bos = tokenizer_bos(t);
    MUST(bos >= -1 && bos < n);
    MUST(bos < 0 || tokenizer_is_end(t, bos));
    for (int byte = 0; byte < 256; byte++) {
        const int id = tokenizer_byte(t, (uint8_t)byte);
        MUST(id >= -1 && id < n);
        if (id < 0) continue;
        const Piece p = tokenizer_piece(t, id);
        MUST(p.len == 1 && (uint8_t)p.bytes[0] == byte);
    }
    for (int id = 0; id < n; id++) {
        const char *wrong = holds_piece(t, id);
        if (wrong) return wrong;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *wrong = holds_text(t, texts[i], strlen(texts[i]));
        if (wrong) return wrong;
    }
    return NULL;
}
