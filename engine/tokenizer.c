#include "engine/tokenizer_impl.h"

#include "engine/file.h"
#include "engine/utf8.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- pieces -------------------------------------------------------------- */

int tokenizer_n_pieces(const Tokenizer *t) {
    return t->n_pieces;
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

int tokenizer_find_piece(const Tokenizer *t, const char *bytes, int len) {
    const Piece want = {.bytes = bytes, .len = len};
    int n = t->n_pieces - TOKEN_TEXT0, low = 0, high = n;
    while (low < high) { /* the first piece not below the wanted one */
        int mid = low + (high - low) / 2;
        if (tokenizer_compare(t->sorted[mid], &want) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == n || tokenizer_compare(t->sorted[low], &want) != 0) return -1;
    return (int)(t->sorted[low] - t->pieces);
}

/* ---- finding the file ---------------------------------------------------- */

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool tokenizer_find(const char *model_path, int vocab_size, char *out,
                    size_t out_size, Err *err) {
    const char *base = file_name(model_path);
    const char *dot = strrchr(base, '.');
    int stem = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
    int dir = (int)(base - model_path);
    char names[3][NAME_MAX + 1];
    snprintf(names[0], sizeof names[0], "%.*s.tok.bin", stem, base);
    snprintf(names[1], sizeof names[1], "tokenizer.bin");
    snprintf(names[2], sizeof names[2], "tok%d.bin", vocab_size);
    for (int i = 0; i < 3; i++) {
        int n = snprintf(out, out_size, "%.*s%s", dir, model_path, names[i]);
        if (n >= 0 && (size_t)n < out_size && is_file(out)) return true;
    }
    return err_set(err, ERR_IO, 0,
                   "%s: tokenizer: found none of %s, %s, %s beside the model",
                   model_path, names[0], names[1], names[2]);
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

int tokenizer_decode(const Tokenizer *t, Decoder *d, int id, char *out) {
    Piece p = tokenizer_piece(t, id);
    bool first = !d->started;
    if (!p.is_control) d->started = true;
    if (p.is_byte) return decode_byte(d, p.bytes[0], out);
    int at = tokenizer_decode_end(d, out);
    if (p.is_control) return at;
    int skip = first && p.bytes[0] == ' ';
    memcpy(out + at, p.bytes + skip, (size_t)(p.len - skip));
    return at + p.len - skip;
}

int tokenizer_decode_end(Decoder *d, char *out) {
    return release(d, d->n_held, out, 0);
}

/* ---- showing ------------------------------------------------------------- */

/* How the character of n bytes at s is shown; returns the length. */
static int show_char(const char *s, int n, uint32_t cp, char out[16]) {
    const char *mark = cp == ' '    ? "\u2423"
                       : cp == '\n' ? "\u23CE"
                       : cp == '\t' ? "\u21E5"
                                    : NULL;
    if (mark) return snprintf(out, 16, "%s", mark);
    if (cp >= 0x20 && cp != UTF8_BAD && (cp < 0x7F || cp > 0x9F)) {
        memcpy(out, s, (size_t)n);
        return n;
    }
    int at = 0;
    for (int i = 0; i < n; i++)
        at += snprintf(out + at, 16 - (size_t)at, "<%02X>", (uint8_t)s[i]);
    return at;
}

void tokenizer_show(const Tokenizer *t, int id, char *out, size_t size) {
    static const char *const controls[] = {
        [TOKEN_UNK] = "<unk>", [TOKEN_BOS] = "<s>", [TOKEN_EOS] = "</s>"};
    Piece p = tokenizer_piece(t, id);
    if (p.is_control) {
        snprintf(out, size, "%s", controls[id]);
        return;
    }
    size_t at = 0;
    for (int i = 0; i < p.len;) {
        uint32_t cp;
        char shown[16];
        int n = utf8_decode(p.bytes + i, (size_t)(p.len - i), &cp);
        size_t length = (size_t)show_char(p.bytes + i, n, cp, shown);
        if (length >= size - at) break;
        memcpy(out + at, shown, length);
        at += length;
        i += n;
    }
    out[at] = 0;
}
