/* tokenizer.bin: u32 longest piece; then per piece f32 score, u32 length and
 * the bytes.  There is no count: the entries go on to the end of the file.
 * Ids 0..2 are unk, bos, eos, then come <0x00>..<0xFF>, then text.
 * Source: llama2.c tokenizer.py. */
#include "engine/file.h"
#include "engine/magic.h"
#include "engine/reader.h"
#include "engine/tokenizer_impl.h"
#include "engine/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_BYTES_MIN 9 /* score, length, one byte */

/* What was odd in the file but does no harm. */
typedef struct Tolerated {
    uint32_t longest_found;
    int longest;
    int n_duplicates, n_with_nul, n_ill_formed;
} Tolerated;

/* A zeroed Tokenizer with room for n pieces whose bytes came from a file of
 * file_size bytes: an entry's 8 bytes of score and length are more than the
 * NUL after its text. */
static Tokenizer *allocate(int n, size_t file_size, const char *name,
                           Err *err) {
    const Tokenizer *t0 = NULL;
    size_t count = (size_t)n;
    size_t size = sizeof *t0 +
                  count * (sizeof *t0->pieces + sizeof *t0->sorted) + file_size;
    Tokenizer *t = calloc(1, size);
    if (!t) {
        err_memory(err, name, size);
        return NULL;
    }
    t->n_pieces = n;
    t->pieces = (Piece *)(t + 1);
    t->sorted = (const Piece **)(t->pieces + n);
    t->text = (char *)(t->sorted + n);
    return t;
}

/* Byte tokens are told by their place; the file must agree, or it is shifted
 * and every id would be wrong. */
static bool check_byte_piece(Reader *r, int id, const char *text, int len) {
    char want[8];
    snprintf(want, sizeof want, "<0x%02X>", (unsigned)(id - TOKEN_BYTE0));
    if (len == 6 && memcmp(text, want, 6) == 0) return true;
    return reader_fail(r, "byte piece", "found \"%.*s\" for piece %d, need %s",
                       len < 16 ? len : 16, text, id, want);
}

/* Reads entry id, putting its bytes at *text, which moves on. */
static bool read_piece(Reader *r, Tokenizer *t, int id, char **text,
                       Tolerated *odd) {
    if (reader_left(r) == 0)
        return reader_fail(r, "entries", "found %d, need %d", id, t->n_pieces);
    float score = reader_f32(r, "score");
    if (r->ok && !isfinite(score))
        return reader_fail(r, "score",
                           "found %g for piece %d, need a finite number",
                           (double)score, id);
    int len = reader_i32(r, "length");
    if (r->ok && (len < 1 || len > TOKENIZER_PIECE_MAX))
        return reader_fail(r, "length", "found %d for piece %d, need 1..%d",
                           len, id, TOKENIZER_PIECE_MAX);
    const uint8_t *bytes = reader_take(r, (size_t)len, "piece");
    if (!bytes) return false;
    memcpy(*text, bytes, (size_t)len);
    if (len > odd->longest) odd->longest = len;
    Piece *p = &t->pieces[id];
    *p = (Piece){.bytes = *text, .len = len, .score = score};
    p->is_control = id < TOKEN_BYTE0;
    p->is_byte = !p->is_control && id < TOKEN_TEXT0;
    if (p->is_byte) {
        if (!check_byte_piece(r, id, *text, len)) return false;
        (*text)[0] = (char)(id - TOKEN_BYTE0);
        (*text)[1] = 0;
        p->len = 1;
    }
    *text += len + 1;
    return true;
}

static bool read_pieces(Reader *r, Tokenizer *t, Tolerated *odd) {
    char *text = t->text;
    odd->longest_found = reader_u32(r, "max_token_length");
    for (int id = 0; id < t->n_pieces; id++)
        if (!read_piece(r, t, id, &text, odd)) return false;
    if (reader_left(r) == 0) return true;
    return reader_fail(r, "size",
                       "found %zu bytes after piece %d, the last of the "
                       "model's vocabulary",
                       reader_left(r), t->n_pieces - 1);
}

/* Equal pieces by id, so that a search from below finds the first. */
static int compare_slots(const void *a, const void *b) {
    const Piece *x = *(const Piece *const *)a, *y = *(const Piece *const *)b;
    int order = tokenizer_compare(x, y);
    return order ? order : (x > y) - (x < y);
}

static void sort_pieces(Tokenizer *t, Tolerated *odd) {
    int n = t->n_pieces - TOKEN_TEXT0;
    for (int i = 0; i < n; i++)
        t->sorted[i] = &t->pieces[TOKEN_TEXT0 + i];
    qsort(t->sorted, (size_t)n, sizeof *t->sorted, compare_slots);
    for (int i = 0; i < n; i++) {
        const Piece *p = t->sorted[i];
        odd->n_duplicates +=
            i > 0 && tokenizer_compare(t->sorted[i - 1], p) == 0;
        odd->n_with_nul += memchr(p->bytes, 0, (size_t)p->len) != NULL;
        odd->n_ill_formed += !utf8_valid(p->bytes, (size_t)p->len);
    }
}

static void describe(Tokenizer *t, const char *name, const Tolerated *odd) {
    char longest[80] = "", duplicates[60] = "", nul[40] = "", ill[40] = "";
    if (odd->longest_found != (uint32_t)odd->longest)
        snprintf(longest, sizeof longest,
                 " max_token_length: found %u, the longest piece has %d bytes;",
                 odd->longest_found, odd->longest);
    if (odd->n_duplicates)
        snprintf(duplicates, sizeof duplicates,
                 " pieces: %d duplicates, the first is used;",
                 odd->n_duplicates);
    if (odd->n_with_nul)
        snprintf(nul, sizeof nul, " pieces: %d with a NUL;", odd->n_with_nul);
    if (odd->n_ill_formed)
        snprintf(ill, sizeof ill, " pieces: %d not UTF-8;", odd->n_ill_formed);
    Err line = {0}; /* one plain line, whatever the name holds */
    err_set(&line, ERR_FORMAT, 0, "%s:%s%s%s%s", file_name(name), longest,
            duplicates, nul, ill);
    size_t n = strlen(line.msg);
    if (line.msg[n - 1] != ';') return; /* nothing after the name */
    line.msg[n - 1] = 0;
    memcpy(t->warning, line.msg, n);
}

static bool check_size(const char *name, size_t size, int vocab_size,
                       Err *err) {
    const int n_min = TOKEN_TEXT0 + 1; /* a space, at least */
    uint64_t need = 4 + (uint64_t)ENTRY_BYTES_MIN * (uint64_t)vocab_size;
    if (vocab_size < n_min)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: vocab_size: found %d, need at least %d", name,
                       vocab_size, n_min);
    if (size > TOKENIZER_FILE_MAX)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: size: found %zu bytes, allowed %u", name, size,
                       TOKENIZER_FILE_MAX);
    if (size < need)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: entries: found %zu bytes, need at least %llu for "
                       "%d pieces",
                       name, size, (unsigned long long)need, vocab_size);
    return true;
}

static Tokenizer *parse(const char *name, const void *data, size_t size,
                        int vocab_size, Err *err) {
    if (!check_size(name, size, vocab_size, err)) return NULL;
    Tokenizer *t = allocate(vocab_size, size, name, err);
    if (!t) return NULL;
    Tolerated odd = {0};
    Reader r = reader_init(data, size, name, err);
    bool ok = read_pieces(&r, t, &odd);
    if (ok) {
        sort_pieces(t, &odd);
        describe(t, name, &odd);
        ok = tokenizer_find_piece(t, " ", 1) >= 0;
        if (!ok) reader_fail(&r, "pieces", "found no \" \", need one");
    }
    if (ok) return t;
    tokenizer_close(t);
    return NULL;
}

Tokenizer *tokenizer_open_memory(const char *name, const void *data,
                                 size_t size, int vocab_size, Err *err) {
    Err why = {0};
    Tokenizer *t = parse(name, data, size, vocab_size, &why);
    if (t) return t;
    const char *what = magic_describe(data, size);
    if (what && why.code == ERR_FORMAT)
        err_set(err, ERR_UNSUPPORTED, 0,
                "%s: format: found what looks like %s, need a llama2.c "
                "tokenizer.bin",
                name, what);
    else
        err_set(err, why.code, why.pos, "%s", why.msg);
    return NULL;
}

Tokenizer *tokenizer_open(const char *path, int vocab_size, Err *err) {
    File f;
    if (!file_open(&f, path, TOKENIZER_FILE_MAX, err)) return NULL;
    Tokenizer *t = tokenizer_open_memory(path, f.data, f.size, vocab_size, err);
    file_close(&f);
    return t;
}

void tokenizer_close(Tokenizer *t) {
    free(t);
}
