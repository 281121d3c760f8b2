/* A tokenizer with a mask, of one without: its pieces as a file would have
 * them, and one more. */
#include "engine/tokenizer/tokenizer_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef char ByteName[8]; /* "<0x0A>" */

/* How it is found whole in texts; NULL: it is not. */
static const Added *user_of(const Tokenizer *t, int id) {
    const int n = t->raw.n + t->normalized.n;
    for (int i = 0; i < n; i++)
        if (t->added[i].id == id && !(t->added[i].flags & ADDED_CONTROL))
            return &t->added[i];
    return NULL;
}

/* Spaces as files have them where texts are marked; the end of what is
 * written. */
static char *write_marks(const Piece *p, char *out) {
    for (int i = 0; i < p->len; i++) {
        const bool is_space = p->bytes[i] == ' ';
        memcpy(out, is_space ? SPACE_MARK : p->bytes + i,
               is_space ? SPACE_MARK_LEN : 1);
        out += is_space ? SPACE_MARK_LEN : 1;
    }
    return out;
}

/* What was made of a PieceSpec, as one; *marked is where to write. */
static PieceSpec spec_of(const Tokenizer *t, int id, ByteName names[256],
                         char **marked) {
    const Piece *p = &t->pieces[id];
    PieceSpec s = {.bytes = p->bytes,
                   .len = p->len,
                   .score = p->score,
                   .added = p->is_added};
    s.type = p->is_byte                          ? TOKEN_BYTE
             : p->is_control && id == t->unknown ? TOKEN_UNKNOWN
             : p->is_control                     ? TOKEN_CONTROL
             : p->is_unused                      ? TOKEN_UNUSED
             : user_of(t, id)                    ? TOKEN_USER
                                                 : TOKEN_NORMAL;
    if (t->marks_spaces && !p->is_byte && !p->is_control) {
        s.bytes = *marked;
        *marked = write_marks(p, *marked);
        s.len = (int)(*marked - s.bytes);
    }
    if (!p->is_byte) return s;
    const uint8_t byte = (uint8_t)p->bytes[0];
    s.bytes = names[byte];
    s.len = snprintf(names[byte], sizeof names[byte], "<0x%02X>", byte);
    return s;
}

static Tokenizer *build(const Tokenizer *t, const PieceSpec *pieces, Err *err) {
    TokenizerSpec s = {.name = "tokenizer",
                       .kind = TOKENIZER_SENTENCEPIECE,
                       .pieces = pieces,
                       .n_pieces = t->n_pieces + 1,
                       .bos = t->bos,
                       .n_ends = t->n_ends,
                       .unknown = t->unknown,
                       .no_bos = t->no_bos,
                       .no_space_prefix = !t->space_prefix,
                       .prefix_once = true,
                       .bytes_placed = !t->marks_spaces,
                       .spaces_plain = !t->marks_spaces,
                       .fuse_unknown = t->fuse_unknown,
                       .user_normalized = t->normalized.n > 0,
                       .has_mask = true,
                       .mask = t->n_pieces};
    memcpy(s.ends, t->ends, sizeof s.ends);
    return tokenizer_from_pieces(&s, err);
}

bool tokenizer_takes_mask(const Tokenizer *t) {
    return t->scheme->unit == UNIT_CHARACTER && !t->ranked && t->mask < 0;
}

Tokenizer *tokenizer_masked(const Tokenizer *t, Err *err) {
    static const char name[] = TOKENIZER_MASK_NAME;
    ByteName names[256];
    assert(tokenizer_takes_mask(t));
    const size_t n = (size_t)t->n_pieces;
    size_t n_bytes = 1;
    for (int id = 0; id < t->n_pieces; id++)
        n_bytes += (size_t)t->pieces[id].len * SPACE_MARK_LEN;
    PieceSpec *pieces = calloc(n + 1, sizeof *pieces);
    char *text = malloc(n_bytes), *marked = text;
    Tokenizer *out = NULL;
    if (!pieces || !text) {
        err_memory(err, name, (n + 1) * sizeof *pieces + n_bytes);
        goto done;
    }
    for (int id = 0; id < t->n_pieces; id++)
        pieces[id] = spec_of(t, id, names, &marked);
    pieces[n] = (PieceSpec){
        .bytes = name, .len = sizeof name - 1, .type = TOKEN_CONTROL};
    out = build(t, pieces, err);
done:
    free(text);
    free(pieces);
    return out;
}
