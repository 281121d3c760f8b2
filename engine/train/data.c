/* The text as token ids, and the list of places where rows may start. */
#include "engine/train/data.h"

#include "engine/base/chance.h"
#include "engine/train/documents.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- tokens -------------------------------------------------------------- */

/* The most of doc that encodes at once: all of it, or up to a space before
 * TOKENIZER_PROMPT_MAX, or, without one, up to the limit. */
static size_t piece_length(const char *text, size_t n) {
    if (n <= TOKENIZER_PROMPT_MAX) return n;
    for (size_t at = TOKENIZER_PROMPT_MAX; at > 0; at--)
        if (text[at] == ' ') return at;
    return TOKENIZER_PROMPT_MAX;
}

/* Appends a document; there is room for a token a byte and two more. */
static bool append_doc(Data *d, const Tokenizer *t, Document doc, Encoding *e,
                       Err *err) {
    d->tokens[d->n_tokens++] = TOKEN_BOS;
    while (doc.n > 0) {
        const size_t n = piece_length(doc.text, doc.n);
        if (!tokenizer_encode(t, doc.text, n, 0, e, err)) return false;
        for (int i = 0; i < e->n; i++)
            d->tokens[d->n_tokens++] = e->tokens[i].id;
        /* Encoding puts a space first: the one that the cut is at. */
        const size_t skip = n < doc.n && doc.text[n] == ' ' ? n + 1 : n;
        doc = (Document){doc.text + skip, doc.n - skip};
    }
    return true;
}

/* The bytes a text may grow by: BOS and a space for each document, of which
 * each has a line end, and a space for each piece of a long one. */
static size_t tokens_max(size_t n) {
    return 2 * n + n / (TOKENIZER_PROMPT_MAX / 2) + 3;
}

static bool encode(Data *d, const char *text, size_t n, const Tokenizer *t,
                   double share, Err *err) {
    const size_t held_out_at = n - (size_t)(share * (double)n);
    Documents docs = documents_init(text, n);
    Encoding e = {0};
    bool ok = true, is_held_out = false;
    for (Document doc; ok && documents_next(&docs, &doc);) {
        if (!is_held_out && doc.text >= text + held_out_at) {
            is_held_out = true;
            d->held_out = d->n_tokens;
        }
        ok = append_doc(d, t, doc, &e, err);
    }
    encoding_free(&e);
    /* One document: its end is held out. */
    if (!is_held_out)
        d->held_out = d->n_tokens - (size_t)(share * (double)d->n_tokens);
    return ok;
}

/* 64-bit FNV-1a, over whole numbers. */
static uint64_t checksum(const int *tokens, size_t n) {
    uint64_t sum = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (uint64_t)tokens[i]) * 0x100000001B3u;
    return sum;
}

/* ---- rows ---------------------------------------------------------------- */

/* Collects the starts of rows that end before `end`. */
static void collect_starts(Data *d, size_t begin, size_t end) {
    const size_t row = (size_t)d->seq_len + 1;
    size_t last = begin; /* start of the document, or of a row inside it */
    for (size_t at = begin; at + row <= end; at++) {
        if (at > begin && d->tokens[at] != TOKEN_BOS &&
            at - last < (size_t)d->seq_len)
            continue;
        last = at;
        d->starts[d->n_starts++] = at;
    }
}

/* As collect_starts, each after the end of the row before. */
static void collect_separate(Data *d, size_t begin, size_t end) {
    const size_t row = (size_t)d->seq_len + 1;
    for (size_t at = begin; at + row <= end;) {
        d->starts[d->n_starts++] = at;
        const size_t next = at += (size_t)d->seq_len;
        while (at < end && d->tokens[at] != TOKEN_BOS &&
               at - next < (size_t)d->seq_len)
            at++;
    }
}

static bool find_rows(Data *d, const char *name, double share, Err *err) {
    const size_t row = (size_t)d->seq_len + 1;
    const size_t left = d->n_tokens - d->held_out;
    if (d->held_out < row || (share > 0 && left < row))
        return err_set(err, ERR_FORMAT, 0,
                       "%s: text: found %zu tokens to learn from and %zu held "
                       "out, need %zu of each for a context of %d",
                       name, d->held_out, left, row, d->seq_len);
    collect_starts(d, 0, d->held_out);
    d->n_train = d->n_starts;
    collect_separate(d, d->held_out, d->n_tokens);
    return true;
}

/* ---- pieces -------------------------------------------------------------- */

/* A mask in the text itself is none. */
static bool find_pieces(Data *d, int vocab, const char *name, Err *err) {
    d->pieces = calloc((size_t)vocab, sizeof *d->pieces);
    if (!d->pieces)
        return err_memory(err, name, (size_t)vocab * sizeof *d->pieces);
    for (size_t i = 0; i < d->held_out; i++)
        d->pieces[d->tokens[i]] = 1;
    for (int id = TOKEN_BYTE0 + 256; id < vocab; id++)
        if (d->pieces[id] && id != d->mask) d->pieces[d->n_pieces++] = id;
    return true;
}

/* ---- in and out ---------------------------------------------------------- */

bool data_init(Data *d, const char *name, const char *text, size_t n,
               const Tokenizer *t, int seq_len, double share, Err *err) {
    *d = (Data){.seq_len = seq_len, .mask = tokenizer_mask(t)};
    const size_t max = tokens_max(n);
    d->tokens = calloc(max, sizeof *d->tokens);
    if (!d->tokens) return err_memory(err, name, max * sizeof *d->tokens);
    if (!encode(d, text, n, t, share, err)) goto fail;
    d->starts = malloc(d->n_tokens * sizeof *d->starts + 1);
    if (!d->starts) {
        err_memory(err, name, d->n_tokens * sizeof *d->starts);
        goto fail;
    }
    if (!find_rows(d, name, share, err) ||
        !find_pieces(d, tokenizer_n_pieces(t), name, err))
        goto fail;
    d->checksum = checksum(d->tokens, d->n_tokens);
    return true;
fail:
    data_free(d);
    return false;
}

void data_free(Data *d) {
    free(d->tokens);
    free(d->starts);
    free(d->pieces);
    *d = (Data){0};
}

const int *data_row(const Data *d, uint64_t seed, uint64_t i) {
    const uint64_t pass = i / d->n_train;
    const uint64_t key = chance_bits(seed, pass);
    size_t at = d->starts[chance_order(key, i % d->n_train, d->n_train)];
    if (d->tokens[at] != TOKEN_BOS) {
        const size_t room = d->held_out - (size_t)d->seq_len - 1 - at;
        const size_t shift = chance_bits(key, i) % (uint64_t)d->seq_len;
        at += shift < room ? shift : room;
    }
    return d->tokens + at;
}

const int *data_held_out(const Data *d, size_t i) {
    assert(i < data_n_held_out(d));
    return d->tokens + d->starts[d->n_train + i];
}

size_t data_n_held_out(const Data *d) {
    return d->n_starts - d->n_train;
}
