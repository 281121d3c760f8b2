/* tokenizer.bin: u32 longest piece; then per piece f32 score, u32 length and
 * the bytes.  There is no count: the entries go on to the end of the file.
 * Ids 0..2 are unk, bos, eos; then come <0x00>..<0xFF>, in most files, and
 * text.  Byte pieces are told by what they say, as run.c prints them.
 * Source: llama2.c tokenizer.py, run.c. */
#include "engine/base/reader.h"
#include "engine/tokenizer/tokenizer_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_BYTES_MIN 9 /* score, length, one byte */

/* As they are written everywhere but here, where bos is "\n<s>\n". */
static const char *const names[] = {"<unk>", "<s>", "</s>"};

static bool is_name(const PieceSpec *p, int id) {
    const char *at = p->bytes;
    size_t n = (size_t)p->len, want = strlen(names[id]);
    if (n == want + 2 && at[0] == '\n' && at[n - 1] == '\n') {
        at++;
        n -= 2;
    }
    return n == want && memcmp(at, names[id], n) == 0;
}

/* The first three are told by their place: where one of them has another, the
 * table is shifted and every id would be wrong. */
static bool check_place(Reader *r, int id, const PieceSpec *p) {
    for (int want = 0; want < TOKEN_BYTE0; want++)
        if (id != want && id <= TOKEN_BYTE0 && is_name(p, want))
            return reader_fail(r, "piece", "found %s for piece %d, need %d",
                               names[want], id, want);
    return true;
}

static bool read_piece(Reader *r, int id, int n_pieces, PieceSpec *p) {
    if (reader_left(r) == 0)
        return reader_fail(r, "entries", "found %d, need %d", id, n_pieces);
    p->score = reader_f32(r, "score");
    p->len = reader_i32(r, "length");
    if (r->ok && (p->len < 1 || p->len > TOKENIZER_PIECE_MAX))
        return reader_fail(r, "length", "found %d for piece %d, need 1..%d",
                           p->len, id, TOKENIZER_PIECE_MAX);
    p->bytes = (const char *)reader_take(r, (size_t)p->len, "piece");
    if (!r->ok) return false;
    p->type = id == TOKEN_UNK                               ? TOKEN_UNKNOWN
              : id < TOKEN_BYTE0                            ? TOKEN_CONTROL
              : tokenizer_byte_value(p->bytes, p->len) >= 0 ? TOKEN_BYTE
                                                            : TOKEN_NORMAL;
    if (!check_place(r, id, p)) return false;
    if (id < TOKEN_BYTE0) {
        p->bytes = names[id];
        p->len = (int)strlen(names[id]);
    }
    return true;
}

/* A file that ends early is a cut one, since it says no count; but where the
 * rows are the next multiple of 8, 16, ..., they were made a round number. */
static int count_padding(PieceSpec *pieces, int n_found, int n_rows) {
    const int step = n_rows & -n_rows;
    if (step < 8 || n_rows - n_found >= step) return 0;
    return tokenizer_pad(pieces, n_found, n_rows);
}

/* What is tolerable is described, else `tolerated` stays as it is. */
static bool read_pieces(Reader *r, PieceSpec *pieces, int n, int *n_padding,
                        char *tolerated, size_t tolerated_size) {
    uint32_t said = reader_u32(r, "max_token_length");
    size_t longest = 0;
    for (int id = 0; id < n; id++) {
        size_t begin = r->pos;
        if (reader_left(r) == 0) *n_padding = count_padding(pieces, id, n);
        if (*n_padding > 0) break;
        if (!read_piece(r, id, n, &pieces[id])) return false;
        size_t len = r->pos - begin - 2 * sizeof(uint32_t);
        if (len > longest) longest = len;
    }
    if (said != longest)
        snprintf(tolerated, tolerated_size,
                 "max_token_length: found %u, the longest piece has %zu bytes",
                 said, longest);
    if (reader_left(r) == 0) return true;
    return reader_fail(r, "size",
                       "found %zu bytes after piece %d, the last of the "
                       "model's vocabulary",
                       reader_left(r), n - 1);
}

static bool check_size(const char *name, size_t size, int vocab_size,
                       Err *err) {
    const int n_min = TOKEN_BYTE0 + 1; /* a space, at least */
    const int n_least = vocab_size > TOKENIZER_PADDING_MAX
                            ? vocab_size - TOKENIZER_PADDING_MAX
                            : 1;
    const uint64_t need = 4 + (uint64_t)ENTRY_BYTES_MIN * (uint64_t)n_least;
    if (vocab_size < n_min)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: vocab_size: found %d, need at least %d", name,
                       vocab_size, n_min);
    if (size < need)
        return err_set(err, ERR_FORMAT, 0,
                       "%s: entries: found %zu bytes, need at least %llu for "
                       "%d pieces",
                       name, size, (unsigned long long)need, n_least);
    return true;
}

Tokenizer *tokenizer_read_bin(const char *name, const void *data, size_t size,
                              int vocab_size, Err *err) {
    if (!check_size(name, size, vocab_size, err)) return NULL;
    const size_t n = (size_t)vocab_size;
    PieceSpec *pieces = calloc(n, sizeof *pieces);
    if (!pieces) {
        err_memory(err, name, n * sizeof *pieces);
        return NULL;
    }
    Reader r = reader_init(data, size, name, err);
    char tolerated[80] = "";
    Tokenizer *t = NULL;
    int n_padding = 0;
    if (read_pieces(&r, pieces, vocab_size, &n_padding, tolerated,
                    sizeof tolerated)) {
        const TokenizerSpec spec = {.name = name,
                                    .kind = TOKENIZER_SENTENCEPIECE,
                                    .pieces = pieces,
                                    .n_pieces = vocab_size,
                                    .n_padding = n_padding,
                                    .bos = TOKEN_BOS,
                                    .ends = {TOKEN_EOS},
                                    .n_ends = 1,
                                    .unknown = TOKEN_UNK,
                                    .bytes_placed = true,
                                    .spaces_plain = true,
                                    .tolerated = *tolerated ? tolerated : NULL};
        t = tokenizer_from_pieces(&spec, err);
    }
    free(pieces);
    return t;
}
