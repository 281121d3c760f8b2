/* What an open tokenizer answers: pieces, decoding, showing. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/escape.h"
#include "engine/base/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces -------------------------------------------------------------- */

int tokenizer_n_pieces(const Tokenizer *t) {
    return t->n_pieces;
}

bool tokenizer_same_ids(const Tokenizer *a, const Tokenizer *b) {
    for (int id = 0; id < a->n_pieces && id < b->n_pieces; id++) {
        const Piece *p = &a->pieces[id], *q = &b->pieces[id];
        if (p->is_control != q->is_control || tokenizer_compare(p, q) != 0)
            return false;
    }
    return true;
}

bool tokenizer_same_pieces(const Tokenizer *a, const Tokenizer *b) {
    return a->n_pieces == b->n_pieces && a->n_padding == b->n_padding &&
           a->n_gaps == b->n_gaps && tokenizer_same_ids(a, b);
}

int tokenizer_n_drawn(const Tokenizer *t) {
    return t->n_pieces - t->n_padding;
}

SamplerIds tokenizer_drawn(const Tokenizer *t) {
    return (SamplerIds){tokenizer_n_drawn(t), t->gaps, t->n_gaps};
}

const char *tokenizer_warning(const Tokenizer *t) {
    return t->warning[0] ? t->warning : NULL;
}

Piece tokenizer_piece(const Tokenizer *t, int id) {
    assert(id >= 0 && id < t->n_pieces);
    return t->pieces[id];
}

int tokenizer_compare(const Piece *a, const Piece *b) {
    int shorter = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->bytes, b->bytes, (size_t)shorter);
    return order ? order : a->len - b->len;
}

/* Where the first piece of these bytes stands in `sorted`, or -1. */
static int find_slot(const Tokenizer *t, const Piece *want) {
    int n = t->n_sorted, low = 0, high = n;
    while (low < high) { /* the first piece not below the wanted one */
        int mid = low + (high - low) / 2;
        if (tokenizer_compare(t->sorted[mid], want) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == n || tokenizer_compare(t->sorted[low], want) != 0) return -1;
    return low;
}

/* The first of the pieces with these bytes that is neither unused nor added, as
 * far as that counts. */
static int find(const Tokenizer *t, const char *bytes, int len, bool unused,
                bool added) {
    const Piece want = {.bytes = bytes, .len = len};
    int slot = find_slot(t, &want);
    if (slot < 0) return -1;
    for (const Piece *p;;) {
        p = t->sorted[slot];
        if ((unused || !p->is_unused) && (added || !p->is_added))
            return (int)(p - t->pieces);
        if (++slot == t->n_sorted ||
            tokenizer_compare(t->sorted[slot], &want) != 0)
            return -1;
    }
}

int tokenizer_find_any(const Tokenizer *t, const char *bytes, int len) {
    return find(t, bytes, len, true, false);
}

int tokenizer_find_piece(const Tokenizer *t, const char *bytes, int len) {
    return find(t, bytes, len, false, true);
}

int tokenizer_find_text(const Tokenizer *t, const char *text, int len) {
    const int n = (int)strlen(t->inside);
    char begins[TOKENIZER_PIECE_MAX + 1] = " ";
    if (!tokenizer_is_wordpiece(t)) return tokenizer_find_piece(t, text, len);
    if (len > n && memcmp(text, t->inside, (size_t)n) == 0)
        return tokenizer_find_piece(t, text + n, len - n);
    const int skip = len > 1 && text[0] == ' ';
    if (len - skip > TOKENIZER_PIECE_MAX) return -1;
    memcpy(begins + 1, text + skip, (size_t)(len - skip));
    return tokenizer_find_piece(t, begins, len - skip + 1);
}

int tokenizer_mask(const Tokenizer *t) {
    return t->mask;
}

int tokenizer_unknown(const Tokenizer *t) {
    return t->unknown;
}

int tokenizer_sep(const Tokenizer *t) {
    return t->sep;
}

bool tokenizer_is_wordpiece(const Tokenizer *t) {
    return t->scheme->unit == UNIT_WORD;
}

const char *tokenizer_inside(const Tokenizer *t) {
    return tokenizer_is_wordpiece(t) ? t->inside : NULL;
}

bool tokenizer_is_byte_level(const Tokenizer *t) {
    return t->scheme->unit == UNIT_BYTE;
}

int tokenizer_bos(const Tokenizer *t) {
    return t->bos;
}

bool tokenizer_is_end(const Tokenizer *t, int id) {
    for (int i = 0; i < t->n_ends; i++)
        if (t->ends[i] == id) return true;
    return id == t->bos;
}

int tokenizer_byte(const Tokenizer *t, uint8_t byte) {
    return t->byte_ids[byte];
}

/* ---- decoding ------------------------------------------------------------ */

/* Moves the first n held bytes to out + at; returns the new length of out. */
static int release(Decoder *d, int n, char *out, int at) {
    memcpy(out + at, d->held, (size_t)n);
    d->n_held -= n;
    memmove(d->held, d->held + n, (size_t)d->n_held);
    return at + n;
}

/* Holds one more byte and passes on whatever is now certain. */
static int decode_byte(Decoder *d, char byte, char *out) {
    int at = 0;
    d->held[d->n_held++] = byte;
    while (d->n_held > 0 && !utf8_is_cut(d->held, (size_t)d->n_held)) {
        uint32_t cp;
        int n = utf8_decode(d->held, (size_t)d->n_held, &cp);
        at = release(d, n, out, at);
    }
    return at;
}

/* Whether the space that the piece begins with is left out: the one that was
 * put first, and of WordPiece, which has no blanks, those before signs that end
 * something, as the tokenizers of Hugging Face clean it up. */
static bool is_space_dropped(const Tokenizer *t, const Decoder *d,
                             const Piece *p) {
    if (p->is_byte || p->bytes[0] != ' ') return false;
    if (!tokenizer_is_wordpiece(t)) return t->space_prefix && !d->started;
    return !d->started || (p->len == 2 && strchr(".,!?", p->bytes[1]));
}

int tokenizer_decode(const Tokenizer *t, Decoder *d, int id, char *out) {
    Piece p = tokenizer_piece(t, id);
    if (p.is_control) return tokenizer_decode_end(d, out);
    const int first = is_space_dropped(t, d, &p);
    d->started = true;
    int at = 0;
    for (int i = first; i < p.len; i++)
        at += decode_byte(d, p.bytes[i], out + at);
    return at;
}

int tokenizer_decode_end(Decoder *d, char *out) {
    return release(d, d->n_held, out, 0);
}

/* ---- showing ------------------------------------------------------------- */

/* How the character of n bytes at s is shown; returns the length. */
static int show_char(const char *s, int n, uint32_t cp, char out[32]) {
    const char *mark = cp == ' '    ? "\u2423"
                       : cp == '\n' ? "\u23CE"
                       : cp == '\t' ? "\u21E5"
                                    : NULL;
    if (mark) return snprintf(out, 32, "%s", mark);
    return (int)escape_text(s, (size_t)n, out, 32);
}

void tokenizer_show(const Tokenizer *t, int id, char *out, size_t size) {
    Piece p = tokenizer_piece(t, id);
    size_t at = 0;
    int i = 0;
    if (tokenizer_is_wordpiece(t) && !p.is_control) {
        i = p.bytes[0] == ' '; /* which begins a word */
        if (!i && size > sizeof t->inside)
            at = (size_t)snprintf(out, size, "%s", t->inside);
    }
    while (i < p.len) {
        uint32_t cp;
        char shown[32];
        int n = utf8_decode(p.bytes + i, (size_t)(p.len - i), &cp);
        size_t length = (size_t)show_char(p.bytes + i, n, cp, shown);
        if (length >= size - at) break;
        memcpy(out + at, shown, length);
        at += length;
        i += n;
    }
    out[at] = 0;
}

void tokenizer_close(Tokenizer *t) {
    free(t);
}
