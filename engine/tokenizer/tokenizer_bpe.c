/* Encoding: a linked list of symbols and a queue of the pairs that could
 * merge.  The best pair merges, its neighbours queue their new pairs, and
 * queued pairs whose symbols have changed since are skipped when they come up:
 * O(n log n), with the result of scanning all pairs for the best every time. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/utf8.h"

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
    char *padded; /* one space, where the tokenizer has it, then the text */
    int padded_len;
    int pad; /* bytes before the text */
    Symbol *symbols;
    int n_symbols;
    Pair *queue; /* a heap, the best first */
    int n_queue;
    int *removed; /* Fenwick tree: how many symbols up to i are gone.  Only
                     when merges are recorded, else NULL. */
    Encoding *out;
} Bpe;

static void *alloc_array(size_t count, size_t item_size, Err *err) {
    void *p = calloc(count, item_size);
    if (!p) err_memory(err, "encoding", count * item_size);
    return p;
}

/* ---- symbols ------------------------------------------------------------- */

static int find_span(const Bpe *b, int begin, int end) {
    return tokenizer_find_piece(b->t, b->padded + begin, end - begin);
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

/* Where the word that begins at `at` ends. */
static int word_end(const Bpe *b, int at) {
    const WordRules *words = b->t->scheme->words;
    if (!words) return b->padded_len;
    return at + (int)tokenizer_word(words, b->padded + at,
                                    (size_t)(b->padded_len - at));
}

/* One symbol a unit; words are lists of their own, so that none merges with
 * the next. */
static void split(Bpe *b) {
    const bool keeps_words = b->t->scheme->words && b->t->ignore_merges;
    for (int at = 0; at < b->padded_len;) {
        const int end = word_end(b, at), first = b->n_symbols;
        int id = keeps_words ? find_span(b, at, end) : -1;
        if (id >= 0) {
            add_symbol(b, first, at, end, id);
            at = end;
        }
        for (int begin; at < end;) {
            begin = at;
            at = unit_at(b, begin, &id);
            add_symbol(b, first, begin, at, id);
        }
    }
}

/* The padding belongs to no byte of the text. */
static uint32_t text_pos(const Bpe *b, int padded_pos) {
    return padded_pos > b->pad ? (uint32_t)(padded_pos - b->pad) : 0;
}

static Token symbol_token(const Bpe *b, const Symbol *s) {
    return (Token){s->id, text_pos(b, s->begin), text_pos(b, s->end)};
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

/* Whether pair->left and ->right merge; fills in the rest. */
static bool find_merge(const Bpe *b, Pair *pair) {
    const Symbol *left = &b->symbols[pair->left];
    const Symbol *right = &b->symbols[pair->right];
    pair->len = right->end - left->begin;
    if (b->t->n_rules == 0) {
        pair->id = find_span(b, left->begin, right->end);
        if (pair->id >= 0) pair->score = b->t->pieces[pair->id].score;
        return pair->id >= 0;
    }
    const MergeRule *rule = tokenizer_rule(b->t, left->id, right->id);
    if (!rule) return false;
    pair->id = rule->id;
    pair->score = (float)-rule->rank;
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

static bool bpe_open(Bpe *b, const char *text, size_t n, Err *err) {
    b->pad = b->t->space_prefix;
    size_t len = n + (size_t)b->pad; /* symbols at most: one a byte */
    b->padded = alloc_array(len, 1, err);
    b->symbols = alloc_array(len, sizeof *b->symbols, err);
    /* A merge takes one pair out and queues two at most. */
    b->queue = alloc_array(2 * len, sizeof *b->queue, err);
    if (!b->padded || !b->symbols || !b->queue) return false;
    b->padded[0] = ' '; /* the text itself, where nothing is put first */
    memcpy(b->padded + b->pad, text, n);
    b->padded_len = (int)len;
    split(b);
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
    free(b->symbols);
    free(b->queue);
    free(b->removed);
}

/* Appends the remaining symbols; those that are no piece byte by byte. */
static void emit(const Bpe *b) {
    Encoding *e = b->out;
    for (int i = 0; i < b->n_symbols; i++) {
        const Symbol *s = &b->symbols[i];
        if (s->begin == s->end) continue;
        if (s->id >= 0) {
            e->tokens[e->n++] = symbol_token(b, s);
            continue;
        }
        for (int at = s->begin; at < s->end; at++)
            e->tokens[e->n++] =
                (Token){tokenizer_byte(b->t, (uint8_t)b->padded[at]),
                        text_pos(b, at), text_pos(b, at + 1)};
    }
}

/* Appends the tokens of a text of n > 0 bytes. */
static bool encode_text(const Tokenizer *t, const char *text, size_t n,
                        bool record, Encoding *e, Err *err) {
    Bpe b = {.t = t, .out = e};
    bool ok = bpe_open(&b, text, n, err) && (!record || bpe_record(&b, err));
    if (ok) {
        merge_all(&b);
        emit(&b);
    }
    bpe_close(&b);
    return ok;
}

bool tokenizer_encode(const Tokenizer *t, const char *text, size_t n, int flags,
                      Encoding *e, Err *err) {
    encoding_free(e);
    if (n > TOKENIZER_PROMPT_MAX)
        return err_set(err, ERR_LIMIT, TOKENIZER_PROMPT_MAX,
                       "prompt: length: found %zu bytes, allowed %d", n,
                       TOKENIZER_PROMPT_MAX);
    /* BOS, the space put first, and at most a token a byte. */
    Encoding made = {.tokens = alloc_array(n + 2, sizeof *e->tokens, err)};
    if (!made.tokens) return false;
    if ((flags & TOKENIZER_BOS) && (!t->no_bos || n == 0))
        made.tokens[made.n++] = (Token){t->bos, 0, 0};
    if (n > 0 &&
        !encode_text(t, text, n, flags & TOKENIZER_MERGES, &made, err)) {
        encoding_free(&made);
        return false;
    }
    *e = made;
    return true;
}

void encoding_free(Encoding *e) {
    free(e->tokens);
    free(e->merges);
    free(e->symbols);
    *e = (Encoding){0};
}
