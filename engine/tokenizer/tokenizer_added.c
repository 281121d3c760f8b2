/* The patterns of the pieces that are found in texts, and how spaces are
 * marked. */
#include "engine/tokenizer/tokenizer_private.h"

#include <stdlib.h>
#include <string.h>

bool tokenizer_is_mark(const char *text, size_t n) {
    return n >= SPACE_MARK_LEN && memcmp(text, SPACE_MARK, SPACE_MARK_LEN) == 0;
}

int tokenizer_copy_spaces(const char *text, int n, char *out) {
    int at = 0;
    for (int i = 0; i < n;) {
        bool mark = tokenizer_is_mark(text + i, (size_t)(n - i));
        out[at++] = mark ? ' ' : text[i];
        i += mark ? SPACE_MARK_LEN : 1;
    }
    return at;
}

/* What piece `id` is found by where the file lists nothing.  WordPiece has no
 * spaces that a mask could take. */
static AddedSpec of_piece(const TokenizerSpec *s, int id) {
    const PieceSpec *p = &s->pieces[id];
    const bool user = p->type == TOKEN_USER;
    const int mask = s->kind == TOKENIZER_WORDPIECE ? 0 : ADDED_SPACE;
    return (AddedSpec){.bytes = p->bytes,
                       .len = p->len,
                       .id = id,
                       .flags = s->has_mask && id == s->mask ? mask
                                : !user                      ? ADDED_CONTROL
                                : s->user_normalized         ? ADDED_NORMALIZED
                                                             : 0};
}

/* Item i of what is found in texts, listed or not; len 0: it is not. */
static AddedSpec item(const TokenizerSpec *s, int i) {
    if (s->added) return s->added[i];
    const int type = s->pieces[i].type;
    return type == TOKEN_USER || type == TOKEN_CONTROL || type == TOKEN_UNKNOWN
               ? of_piece(s, i)
               : (AddedSpec){0};
}

static int n_items(const TokenizerSpec *s) {
    return s->added ? s->n_added : s->n_pieces;
}

size_t tokenizer_added_room(const TokenizerSpec *s, int *n) {
    size_t bytes = 0;
    *n = 0;
    for (int i = 0; i < n_items(s); i++) {
        const AddedSpec a = item(s, i);
        if (a.len < 1) continue;
        bytes += (size_t)a.len * (s->normal ? NORMAL_GROWTH : 1) + 1;
        ++*n;
    }
    return bytes;
}

typedef struct Written {
    char *out;
    int n;
} Written;

static void put(void *ud, const char *bytes, int n, size_t begin, size_t end) {
    Written *w = ud;
    memcpy(w->out + w->n, bytes, (size_t)n);
    w->n += n;
    (void)begin;
    (void)end;
}

/* Writes what is looked for; its length. */
static int write_pattern(const Tokenizer *t, const TokenizerSpec *s,
                         const AddedSpec *a, char *out) {
    if (!(a->flags & ADDED_NORMALIZED) || !t->normalizes) {
        memcpy(out, a->bytes, (size_t)a->len);
        return a->len;
    }
    if (t->normal) {
        Written w = {out, 0};
        tokenizer_normalize(t->normal, a->bytes, (size_t)a->len, put, &w);
        return w.n;
    }
    const int prefix = s->added && t->space_prefix;
    out[0] = ' ';
    return prefix + tokenizer_copy_spaces(a->bytes, a->len, out + prefix);
}

/* SentencePiece marks the spaces of texts, so that a piece with a plain one is
 * never there. */
static bool is_never_there(const TokenizerSpec *s, const AddedSpec *a) {
    return !s->added && s->user_normalized && !(a->flags & ADDED_CONTROL) &&
           memchr(a->bytes, ' ', (size_t)a->len);
}

static int compare(const void *x, const void *y) {
    const Added *a = x, *b = y;
    const int n = a->len < b->len ? a->len : b->len;
    const int pass =
        (a->flags & ADDED_NORMALIZED) - (b->flags & ADDED_NORMALIZED);
    if (pass) return pass;
    const int order = memcmp(a->bytes, b->bytes, (size_t)n);
    if (order) return order;
    return a->len != b->len ? a->len - b->len
                            : (a->id > b->id) - (a->id < b->id);
}

void tokenizer_fill_added(Tokenizer *t, const TokenizerSpec *s, char *text) {
    int n = 0, n_raw = 0;
    for (int i = 0; i < n_items(s); i++) {
        const AddedSpec a = item(s, i);
        if (a.len < 1 || is_never_there(s, &a)) continue;
        const int len = write_pattern(t, s, &a, text);
        if (len < 1) continue; /* nothing is left of it */
        t->added[n++] = (Added){text, len, a.id, a.flags};
        n_raw += !(a.flags & ADDED_NORMALIZED);
        text += len;
    }
    qsort(t->added, (size_t)n, sizeof *t->added, compare);
    t->raw = (AddedList){t->added, n_raw};
    t->normalized = (AddedList){t->added + n_raw, n - n_raw};
}
