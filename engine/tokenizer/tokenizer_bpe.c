/* Encoding.  A linked list of symbols and a queue of the pairs that could
 * merge.  The best pair merges, its neighbours queue their new pairs, and
 * queued pairs whose symbols have changed since are skipped when they come up:
 * O(n log n), with the result of scanning all pairs for the best every time.
 * WordPiece merges nothing: its symbols are pieces from the start. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stretch of the padded text; merging grows the left of two symbols and
 * empties the right. */
typedef struct Symbol {
    int begin, end; /* bytes of the padded text; equal: merged away */
    int prev, next; /* -1 at the ends */
    int id;         /* -1: no piece; becomes byte tokens */
} Symbol;

/* Two neighbours whose bytes together are a piece. */
typedef struct Pair {
    float score;
    int left, right; /* symbols */
    int len;         /* bytes of both, as queued */
    int id;          /* the piece */
} Pair;

typedef struct Bpe {
    const Tokenizer *t;
    const char *text;
    bool special; /* control tokens are found in it */
    bool bare;    /* no space is put first */
    /* The text with spaces put before its sections, U+2581 as spaces and what
     * else is done to it first; from where to where in the text each byte is
     * from. */
    char *padded;
    uint32_t *origin, *until; /* [padded_len] */
    int padded_len;
    size_t base; /* what is being normalised begins here */
    Symbol *symbols;
    int n_symbols;
    Pair *queue; /* a heap, the best first */
    int n_queue;
    int *removed; /* Fenwick tree: how many symbols up to i are gone.  Only
                     when merges are recorded, else NULL. */
    int *
        left_of; /* of each unused piece: bytes of the left of the two that were
                     last queued to make it.  NULL: none is unused. */
    bool is_after_unknown; /* the last token of the word is unknown */
    Encoding *out;
} Bpe;

static void *alloc_array(size_t count, size_t item_size, Err *err) {
    void *p = calloc(count > 0 ? count : 1, item_size);
    if (!p) err_memory(err, "encoding", count * item_size);
    return p;
}

/* ---- symbols ------------------------------------------------------------- */

static int find_span(const Bpe *b, int begin, int end) {
    return tokenizer_find_any(b->t, b->padded + begin, end - begin);
}

/* One more symbol of the word that begins at symbol `first`. */
static void add_symbol(Bpe *b, int first, int begin, int end, int id) {
    int i = b->n_symbols++;
    int prev = i > first ? i - 1 : -1;
    b->symbols[i] = (Symbol){begin, end, prev, -1, id};
    if (prev >= 0) b->symbols[prev].next = i;
}

/* The symbol of the unit at `at`, and where it ends.  An ill-formed byte is a
 * character of its own. */
static int unit_at(const Bpe *b, int at, int *id) {
    if (b->t->scheme->unit == UNIT_BYTE) {
        *id = tokenizer_byte(b->t, (uint8_t)b->padded[at]);
        return at + 1;
    }
    uint32_t cp;
    int end =
        at + utf8_decode(b->padded + at, (size_t)(b->padded_len - at), &cp);
    *id = find_span(b, at, end);
    return end;
}

/* The bytes that a character without a piece is written by: a space as what
 * stands for it in pieces. */
static const char *bytes_of(const Bpe *b, int begin, int end, int *n) {
    const bool mark = b->t->marks_spaces && b->padded[begin] == ' ';
    *n = mark ? SPACE_MARK_LEN : end - begin;
    return mark ? SPACE_MARK : b->padded + begin;
}

/* Whether each of them has an id. */
static bool is_known(const Bpe *b, int begin, int end, const int ids[256]) {
    int n;
    const char *bytes = bytes_of(b, begin, end, &n);
    for (int i = 0; i < n; i++)
        if (ids[(uint8_t)bytes[i]] < 0) return false;
    return true;
}

/* Counts a character that no token writes. */
static void lose(Bpe *b, int begin, int end) {
    Encoding *e = b->out;
    if (e->n_unknown++ == 0)
        e->unknown =
            (Token){b->t->unknown, b->origin[begin], b->until[end - 1]};
    e->altered = true;
}

/* What can be written by nothing at all is left out before anything merges. */
static bool is_left_out(Bpe *b, int begin, int end, int id) {
    if (id >= 0 || b->t->unknown >= 0 ||
        is_known(b, begin, end, b->t->write_ids))
        return false;
    lose(b, begin, end);
    return true;
}

/* Where the word that begins at `at`, before `end`, ends. */
static int word_end(const Bpe *b, int at, int end) {
    const WordRules *words = b->t->scheme->words;
    if (words)
        return at +
               (int)tokenizer_word(words, b->padded + at, (size_t)(end - at));
    if (!b->t->spaces_cut) return end;
    const char *space = memchr(b->padded + at + 1, ' ', (size_t)(end - at - 1));
    return space ? (int)(space - b->padded) : end;
}

/* ---- WordPiece ----------------------------------------------------------- */

/* Notes that padded[begin..end) was looked up. */
static void note_lookup(Bpe *b, int begin, int end, int id, bool inside) {
    Encoding *e = b->out;
    if (e->n_lookups < TOKENIZER_LOOKUPS_MAX)
        e->lookups[e->n_lookups++] =
            (Lookup){b->origin[begin], b->until[end - 1], id, inside};
}

/* The lookups that end in the piece of len bytes, or in none. */
static void note_lookups(Bpe *b, int at, int end, int id, int len,
                         bool inside) {
    const char *text = b->padded;
    if (!b->out->lookups) return;
    for (int to = end;
         to > at + len && b->out->n_lookups < TOKENIZER_LOOKUPS_MAX;
         to = (int)utf8_prev(text, (size_t)end, (size_t)to))
        note_lookup(b, at, to, -1, inside);
    if (len > 0) note_lookup(b, at, at + len, id, inside);
}

static bool is_too_long(const Tokenizer *t, const char *word, int n) {
    int chars = 0;
    for (size_t at = 0; at < (size_t)n; chars++)
        at = utf8_next(word, (size_t)n, at);
    return chars > t->word_max;
}

/* Each piece is a list of its own; a word that is not all pieces is one symbol
 * without a piece. */
static void take_word(Bpe *b, int begin, int end) {
    const Tokenizer *t = b->t;
    const int first = b->n_symbols;
    const bool too_long = is_too_long(t, b->padded + begin, end - begin);
    int at = begin, len = 0;
    while (at < end && !too_long) {
        const bool inside = at > begin;
        const int id =
            tokenizer_longest(t, b->padded + at, end - at, inside, &len);
        note_lookups(b, at, end, id, len, inside);
        if (id < 0) break;
        add_symbol(b, b->n_symbols, at, at + len, id);
        at += len;
    }
    if (at == end) return;
    b->n_symbols = first;
    if (!is_left_out(b, begin, end, -1)) add_symbol(b, first, begin, end, -1);
}

static void take_pieces(Bpe *b, int at, int last) {
    b->out->altered = true; /* blanks are gone at least */
    while (at < last) {
        bool blank;
        const int end =
            at + tokenizer_bert_word(b->padded + at, last - at, &blank);
        if (!blank) take_word(b, at, end);
        at = end;
    }
}

/* ---- words --------------------------------------------------------------- */

/* One symbol a unit; words are lists of their own, so that none merges with
 * the next. */
static void take_words(Bpe *b, int at, int last) {
    if (b->t->scheme->unit == UNIT_WORD) {
        take_pieces(b, at, last);
        return;
    }
    while (at < last) {
        const int end = word_end(b, at, last), first = b->n_symbols;
        int id = b->t->ignore_merges ? find_span(b, at, end) : -1;
        if (id >= 0) {
            add_symbol(b, first, at, end, id);
            at = end;
        }
        for (int begin; at < end;) {
            begin = at;
            at = unit_at(b, begin, &id);
            if (!is_left_out(b, begin, at, id))
                add_symbol(b, first, begin, at, id);
        }
    }
}

/* A piece that was found is a word of its own. */
static void take_found(Bpe *b, int begin, int end, int id) {
    add_symbol(b, b->n_symbols, begin, end, id);
    b->out->altered = true;
}

/* ---- sections ------------------------------------------------------------ */

static void put_byte(Bpe *b, char byte, size_t begin, size_t end) {
    b->origin[b->padded_len] = (uint32_t)begin;
    b->until[b->padded_len] = (uint32_t)end;
    b->padded[b->padded_len++] = byte;
}

/* The text's bytes as they are, or with U+2581 as spaces. */
static void put_text(Bpe *b, size_t begin, size_t end, bool marks) {
    for (size_t at = begin; at < end;) {
        const bool mark = marks && tokenizer_is_mark(b->text + at, end - at);
        const size_t next = at + (mark ? SPACE_MARK_LEN : 1);
        put_byte(b, mark ? ' ' : b->text[at], at, next);
        at = next;
        b->out->altered |= mark;
    }
}

/* What became of text[begin..end) of a section; an accent that was taken off
 * stays with what is before it. */
static void put_normal(void *ud, const char *bytes, int n, size_t begin,
                       size_t end) {
    Bpe *b = ud;
    if (n == 0 && begin > 0 && b->padded_len > 0 &&
        b->until[b->padded_len - 1] == b->base + begin)
        b->until[b->padded_len - 1] = (uint32_t)(b->base + end);
    for (int i = 0; i < n; i++)
        put_byte(b, bytes[i], b->base + begin, b->base + end);
}

static void put_normalized(Bpe *b, size_t begin, size_t end) {
    const int from = b->padded_len;
    b->base = begin;
    tokenizer_normalize(b->t->normal, b->text + begin, end - begin, put_normal,
                        b);
    const size_t n = (size_t)(b->padded_len - from);
    b->out->altered |=
        n != end - begin || memcmp(b->padded + from, b->text + begin, n) != 0;
}

/* Whether a space is put before the section. */
static bool has_prefix(Bpe *b, size_t begin, size_t end) {
    const Tokenizer *t = b->t;
    if (b->bare || !t->space_prefix || (t->prefix_once && begin > 0))
        return false;
    const bool spaced =
        t->prefix_unless_space &&
        (b->text[begin] == ' ' ||
         (t->marks_spaces && tokenizer_is_mark(b->text + begin, end - begin)));
    b->out->altered |= spaced; /* decoding takes it for the one put first */
    return !spaced;
}

/* What is between the pieces found in the text itself. */
static void take_text(Bpe *b, size_t begin, size_t end) {
    const Tokenizer *t = b->t;
    const int from = b->padded_len;
    Section s;
    if (has_prefix(b, begin, end)) put_byte(b, ' ', begin, begin);
    if (t->normal)
        put_normalized(b, begin, end);
    else
        put_text(b, begin, end, t->marks_spaces);
    if (!t->normalizes) {
        take_words(b, from, b->padded_len);
        return;
    }
    Cutter c = {.list = &t->normalized,
                .text = b->padded + from,
                .n = (size_t)(b->padded_len - from),
                .special = b->special,
                .marked = t->marks_spaces};
    while (tokenizer_cut(&c, &s)) {
        const int first = from + (int)s.begin, last = from + (int)s.end;
        if (s.id >= 0)
            take_found(b, first, last, s.id);
        else
            take_words(b, first, last);
    }
}

/* Cuts text[begin..end) at the pieces of a list, and then by `rest`. */
static void take_cut(Bpe *b, size_t begin, size_t end, const AddedList *list,
                     void (*rest)(Bpe *b, size_t begin, size_t end)) {
    Cutter c = {.list = list,
                .text = b->text + begin,
                .n = end - begin,
                .special = b->special};
    for (Section s; tokenizer_cut(&c, &s);) {
        if (s.id < 0) {
            rest(b, begin + s.begin, begin + s.end);
            continue;
        }
        const int from = b->padded_len;
        put_text(b, begin + s.begin, begin + s.end, false);
        take_found(b, from, b->padded_len, s.id);
    }
}

static void take_second(Bpe *b, size_t begin, size_t end) {
    if (b->t->normalizes)
        take_text(b, begin, end);
    else
        take_cut(b, begin, end, &b->t->normalized, take_text);
}

static Token symbol_token(const Bpe *b, const Symbol *s) {
    return (Token){s->id, b->origin[s->begin], b->until[s->end - 1]};
}

/* ---- the queue ----------------------------------------------------------- */

/* Highest score first; leftmost on ties. */
static bool pair_before(const Pair *a, const Pair *b) {
    if (a->score != b->score) return a->score > b->score;
    return a->left < b->left;
}

static void pair_swap(Pair *a, Pair *b) {
    Pair old = *a;
    *a = *b;
    *b = old;
}

bool tokenizer_merges(const Tokenizer *t, const char *bytes, int len, int left,
                      int right, Merge *out) {
    if (t->ranked) {
        const MergeRule *rule = tokenizer_rule(t, left, right);
        if (!rule) return false;
        out->id = rule->id;
        out->score = (float)-rule->rank;
        return true;
    }
    const int id = tokenizer_find_any(t, bytes, len);
    if (id < 0) return false;
    out->id = id;
    out->score = t->pieces[id].score;
    return true;
}

/* Whether pair->left and ->right merge; fills in the rest. */
static bool find_merge(const Bpe *b, Pair *pair) {
    const Symbol *left = &b->symbols[pair->left];
    const Symbol *right = &b->symbols[pair->right];
    Merge made;
    pair->len = right->end - left->begin;
    if (!tokenizer_merges(b->t, b->padded + left->begin, pair->len, left->id,
                          right->id, &made))
        return false;
    pair->id = made.id;
    pair->score = made.score;
    if (!b->t->ranked && b->t->pieces[pair->id].is_unused)
        b->left_of[pair->id] = left->end - left->begin;
    return true;
}

/* Queues symbol `left` with its right neighbour if they can merge. */
static void queue_push(Bpe *b, int left) {
    int right = left < 0 ? -1 : b->symbols[left].next;
    if (right < 0) return;
    Pair pair = {.left = left, .right = right};
    if (!find_merge(b, &pair)) return;
    Pair *q = b->queue;
    int i = b->n_queue++;
    q[i] = pair;
    for (; i > 0 && pair_before(&q[i], &q[(i - 1) / 2]); i = (i - 1) / 2)
        pair_swap(&q[i], &q[(i - 1) / 2]);
}

/* The best pair; the queue is not empty. */
static Pair queue_pop(Bpe *b) {
    Pair *q = b->queue, best = q[0];
    int n = --b->n_queue, i = 0;
    q[0] = q[n];
    for (int child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && pair_before(&q[child + 1], &q[child])) child++;
        if (!pair_before(&q[child], &q[i])) break;
        pair_swap(&q[child], &q[i]);
    }
    return best;
}

/* Whether both symbols are still neighbours of the lengths they had: symbols
 * only grow or vanish, so the sum of the lengths tells. */
static bool pair_is_current(const Bpe *b, const Pair *p) {
    const Symbol *left = &b->symbols[p->left], *right = &b->symbols[p->right];
    return left->end > left->begin && left->next == p->right &&
           right->end - left->begin == p->len;
}

/* ---- merging ------------------------------------------------------------- */

/* How many symbols before i are gone.  Source: Fenwick 1994. */
static int count_removed(const Bpe *b, int i) {
    int sum = 0;
    for (; i > 0; i -= i & -i)
        sum += b->removed[i];
    return sum;
}

static void record_merge(Bpe *b, const Pair *p) {
    int left = p->left - count_removed(b, p->left);
    b->out->merges[b->out->n_merges++] = (Merge){left, p->id, p->score};
    for (int i = p->right + 1; i <= b->n_symbols; i += i & -i)
        b->removed[i]++;
}

static void merge(Bpe *b, const Pair *p) {
    Symbol *left = &b->symbols[p->left], *right = &b->symbols[p->right];
    left->end = right->end;
    left->next = right->next;
    left->id = p->id;
    right->begin = right->end;
    if (left->next >= 0) b->symbols[left->next].prev = p->left;
}

static void merge_all(Bpe *b) {
    for (int i = 0; i < b->n_symbols; i++)
        queue_push(b, i);
    while (b->n_queue > 0) {
        Pair best = queue_pop(b);
        if (!pair_is_current(b, &best)) continue;
        if (b->removed) record_merge(b, &best);
        merge(b, &best);
        queue_push(b, b->symbols[best.left].prev);
        queue_push(b, best.left);
    }
}

/* ---- in and out ---------------------------------------------------------- */

/* Of a space put before each section of at least one byte, and the text. */
static size_t padded_max(const Tokenizer *t, size_t n) {
    return (t->normal ? 1 + NORMAL_GROWTH : 2) * n + 1;
}

static bool bpe_open(Bpe *b, size_t n, bool record, Err *err) {
    const size_t len = padded_max(b->t, n); /* symbols at most: one a byte */
    b->padded = alloc_array(len, 1, err);
    b->origin = alloc_array(len, sizeof *b->origin, err);
    b->until = alloc_array(len, sizeof *b->until, err);
    b->symbols = alloc_array(len, sizeof *b->symbols, err);
    /* A merge takes one pair out and queues two at most. */
    b->queue = alloc_array(2 * len, sizeof *b->queue, err);
    if (b->t->has_unused)
        b->left_of =
            alloc_array((size_t)b->t->n_pieces, sizeof *b->left_of, err);
    if (!b->padded || !b->origin || !b->until || !b->symbols || !b->queue ||
        (b->t->has_unused && !b->left_of))
        return false;
    if (record && b->t->scheme->unit == UNIT_WORD) {
        b->out->lookups =
            alloc_array(TOKENIZER_LOOKUPS_MAX, sizeof *b->out->lookups, err);
        if (!b->out->lookups) return false;
    }
    take_cut(b, 0, n, &b->t->raw, take_second);
    return true;
}

/* Makes room for the merges and notes where they start from. */
static bool bpe_record(Bpe *b, Err *err) {
    Encoding *e = b->out;
    size_t n = (size_t)b->n_symbols;
    b->removed = alloc_array(n + 1, sizeof *b->removed, err);
    e->merges = alloc_array(n, sizeof *e->merges, err);
    e->symbols = alloc_array(n, sizeof *e->symbols, err);
    if (!b->removed || !e->merges || !e->symbols) return false;
    for (int i = 0; i < b->n_symbols; i++)
        e->symbols[i] = symbol_token(b, &b->symbols[i]);
    e->n_symbols = b->n_symbols;
    return true;
}

static void bpe_close(Bpe *b) {
    free(b->padded);
    free(b->origin);
    free(b->until);
    free(b->left_of);
    free(b->symbols);
    free(b->queue);
    free(b->removed);
}

/* Of padded[begin..end); begin == end: of no byte, after the one before. */
static void emit_token(Bpe *b, int id, int begin, int end) {
    Encoding *e = b->out;
    const uint32_t until = b->until[end - 1];
    e->tokens[e->n++] =
        (Token){id, begin < end ? b->origin[begin] : until, until};
}

/* A character that cannot be written. */
static void emit_unknown(Bpe *b, int begin, int end) {
    const Tokenizer *t = b->t;
    if (t->fuse_unknown && b->is_after_unknown)
        b->out->tokens[b->out->n - 1].end = b->until[end - 1];
    else
        emit_token(b, t->unknown, begin, end);
    b->is_after_unknown = true;
}

/* What is no piece: byte by byte, if each can be written. */
static void emit_bytes(Bpe *b, int begin, int end) {
    const Tokenizer *t = b->t;
    int n;
    const char *bytes = bytes_of(b, begin, end, &n);
    if (!is_known(b, begin, end, t->byte_ids)) lose(b, begin, end);
    if (!is_known(b, begin, end, t->write_ids)) {
        emit_unknown(b, begin, end);
        return;
    }
    b->out->altered |= bytes != b->padded + begin;
    b->is_after_unknown = false;
    for (int i = 0; i < n; i++) {
        const int at = begin + i < end ? begin + i : end;
        emit_token(b, t->write_ids[(uint8_t)bytes[i]], at,
                   at < end ? at + 1 : end);
    }
}

static void emit_piece(Bpe *b, int id, int begin, int end) {
    if (id < 0) {
        emit_bytes(b, begin, end);
        return;
    }
    b->is_after_unknown = false;
    emit_token(b, id, begin, end);
}

/* An unused piece as the two it was made of, and so on. */
static void emit_parts(Bpe *b, int begin, int end) {
    int ends[TOKENIZER_PIECE_MAX + 1], n = 0;
    for (ends[n++] = end; n > 0;) {
        end = ends[n - 1];
        const int id = find_span(b, begin, end);
        const bool unused = id >= 0 && b->t->pieces[id].is_unused;
        if (unused && b->left_of[id] > 0) {
            ends[n++] = begin + b->left_of[id];
            continue;
        }
        emit_piece(b, id, begin, end);
        begin = end;
        n--;
    }
}

/* Appends the remaining symbols. */
static void emit(Bpe *b) {
    for (int i = 0; i < b->n_symbols; i++) {
        const Symbol *s = &b->symbols[i];
        if (s->begin == s->end) continue;
        if (s->prev < 0) b->is_after_unknown = false;
        if (s->id >= 0 && b->t->pieces[s->id].is_unused && b->left_of[s->id])
            emit_parts(b, s->begin, s->end);
        else
            emit_piece(b, s->id, s->begin, s->end);
    }
}

/* Appends the tokens of a text of n > 0 bytes. */
static bool encode_text(const Tokenizer *t, const char *text, size_t n,
                        int flags, Encoding *e, Err *err) {
    Bpe b = {.t = t,
             .text = text,
             .special = flags & TOKENIZER_SPECIAL,
             .bare = flags & TOKENIZER_BARE,
             .out = e};
    const bool record = flags & TOKENIZER_MERGES;
    bool ok = bpe_open(&b, n, record, err) && (!record || bpe_record(&b, err));
    if (ok) {
        merge_all(&b);
        emit(&b);
    }
    bpe_close(&b);
    return ok;
}

/* A text of which nothing is left still has a token to begin with. */
static bool settle_empty(const Tokenizer *t, Encoding *e, size_t n, Err *err) {
    if (e->n > 0) return true;
    if (t->bos < 0)
        return err_set(err, ERR_FORMAT, 0, "prompt: %s",
                       n > 0 ? "found no character of the vocabulary, need one"
                             : "found none, and no token begins a text: need "
                               "one character");
    e->tokens[e->n++] = (Token){t->bos, 0, 0};
    return true;
}

bool tokenizer_encode(const Tokenizer *t, const char *text, size_t n, int flags,
                      Encoding *e, Err *err) {
    encoding_free(e);
    if (n > TOKENIZER_PROMPT_MAX)
        return err_set(err, ERR_LIMIT, TOKENIZER_PROMPT_MAX,
                       "prompt: length: found %zu bytes, allowed %d", n,
                       TOKENIZER_PROMPT_MAX);
    /* BOS, what ends, and at most a token a byte; a space may be three. */
    const size_t max =
        (t->marks_spaces ? SPACE_MARK_LEN : 1) * padded_max(t, n);
    Encoding made = {.tokens = alloc_array(max + 2, sizeof *e->tokens, err)};
    if (!made.tokens) return false;
    const bool begins = flags & TOKENIZER_BOS;
    if (begins && !t->no_bos && t->bos >= 0)
        made.tokens[made.n++] = (Token){t->bos, 0, 0};
    if ((n > 0 && !encode_text(t, text, n, flags, &made, err)) ||
        (begins && !settle_empty(t, &made, n, err))) {
        encoding_free(&made);
        return false;
    }
    if (begins && t->sep >= 0)
        made.tokens[made.n++] = (Token){t->sep, (uint32_t)n, (uint32_t)n};
    *e = made;
    return true;
}

bool encoding_lost(const Encoding *e, const char *text, char *out,
                   size_t size) {
    if (e->n_unknown == 0) return false;
    char more[32] = "";
    if (e->n_unknown > 1)
        snprintf(more, sizeof more, " and %d more", e->n_unknown - 1);
    Err line = {0}; /* one plain line, whatever the text holds */
    err_set(&line, ERR_FORMAT, 0,
            "prompt: \"%.*s\" at byte %u%s: not in the vocabulary, and lost",
            (int)(e->unknown.end - e->unknown.begin), text + e->unknown.begin,
            (unsigned)e->unknown.begin, more);
    snprintf(out, size, "%s", line.msg);
    return true;
}

void encoding_free(Encoding *e) {
    free(e->tokens);
    free(e->merges);
    free(e->symbols);
    free(e->lookups);
    *e = (Encoding){0};
}
