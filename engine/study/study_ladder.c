/* STUDY_LADDER and CHOICE: how a text became tokens, merge by merge.  The
 * tokenizer merges and says what it merged; here that is laid out in rows, and
 * for every pair of neighbours is noted what the tokenizer answers about it. */
#include "engine/study/study_private.h"

#include "engine/spec/arch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 1024 /* bytes, as of one piece */

/* ---- the text ------------------------------------------------------------ */

/* What tokens first..last of the run stand for, without the space that
 * encoding puts first; false: too long. */
static bool text_of_tokens(const StudyWork *w, int first, int last, char *out,
                           size_t *n) {
    Decoder d = {0};
    *n = 0;
    for (int pos = first; pos <= last; pos++) {
        if (*n > TEXT_MAX) return false;
        *n += (size_t)tokenizer_decode(w->tokenizer, &d,
                                       trace_token(w->trace, pos), out + *n);
    }
    *n += (size_t)tokenizer_decode_end(&d, out + *n);
    return *n <= TEXT_MAX;
}

/* The key's text; *flags: how it is to be encoded. */
static bool text_of(const StudyWork *w, StudyKey key, char *out, size_t *n,
                    int *flags) {
    *flags = TOKENIZER_MERGES;
    if (key.index >= 0)
        return key.index <= key.pos && key.pos < trace_n_pos(w->trace) &&
               text_of_tokens(w, key.index, key.pos, out, n);
    if (key.index == STUDY_LADDER_WORD) {
        *n = strlen(w->word);
        memcpy(out, w->word, *n);
        return true;
    }
    const int id = STUDY_LADDER_WORD - 1 - key.index;
    if (id >= tokenizer_n_pieces(w->tokenizer)) return false;
    const Piece p = tokenizer_piece(w->tokenizer, id);
    if (p.is_control || p.is_byte || tokenizer_is_wordpiece(w->tokenizer))
        return false; /* of WordPiece nothing makes a piece */
    *flags |= TOKENIZER_BARE;
    *n = (size_t)p.len;
    memcpy(out, p.bytes, *n);
    return true;
}

/* ---- rows ---------------------------------------------------------------- */

/* Bytes of a symbol; the space put first belongs to no byte of the text. */
static int symbol_bytes(const StudyWork *w, const StudyLadder *l, int i,
                        char *out) {
    const Token *t = &l->symbols[i];
    const Piece p = t->id < 0 ? (Piece){.bytes = l->text + t->begin,
                                        .len = (int)(t->end - t->begin)}
                              : tokenizer_piece(w->tokenizer, t->id);
    const bool space = t->begin == t->end && t->id < 0;
    const int n = space ? 1 : p.len;
    memcpy(out, space ? " " : p.bytes, (size_t)n);
    return n;
}

/* Bytes of symbols first..first + n - 1; 0: too long for a piece. */
static int joined_bytes(const StudyWork *w, const StudyLadder *l, int first,
                        int n, char out[2 * TOKENIZER_PIECE_MAX]) {
    int at = 0;
    for (int i = first; i < first + n; i++) {
        char one[TOKENIZER_PIECE_MAX];
        const int more = symbol_bytes(w, l, i, one);
        if (at + more > TOKENIZER_PIECE_MAX) return 0;
        memcpy(out + at, one, (size_t)more);
        at += more;
    }
    return at;
}

/* What would be made of a stretch and the next one. */
static void ask_pair(const StudyWork *w, const StudyLadder *l, StudyRung *a,
                     const StudyRung *b) {
    char bytes[2 * TOKENIZER_PIECE_MAX];
    Merge made;
    a->with_next = -1;
    const int n = joined_bytes(w, l, a->first, a->n + b->n, bytes);
    if (n == 0 ||
        !tokenizer_merges(w->tokenizer, bytes, n, a->id, b->id, &made))
        return;
    a->with_next = made.id;
    a->score = made.score;
}

static void ask_row(const StudyWork *w, const StudyLadder *l, StudyRung *row,
                    int n) {
    for (int i = 0; i < n; i++) {
        row[i].with_next = -1;
        if (i + 1 < n) ask_pair(w, l, &row[i], &row[i + 1]);
    }
}

/* Row k + 1 from row k. */
static void climb(const Merge *m, const StudyRung *from, StudyRung *to, int n) {
    for (int i = 0; i < n - 1; i++)
        to[i] = from[i <= m->left ? i : i + 1];
    to[m->left].n = from[m->left].n + from[m->left + 1].n;
    to[m->left].id = m->id;
}

static void fill_rows(const StudyWork *w, StudyLadder *l) {
    StudyRung *row = l->rungs;
    for (int i = 0; i < l->n_symbols; i++)
        row[i] = (StudyRung){.first = i, .n = 1, .id = l->symbols[i].id};
    for (int k = 0; k <= l->n_merges; k++) {
        const int n = l->n_symbols - k;
        ask_row(w, l, row, n);
        if (k == l->n_merges) break;
        climb(&l->merges[k], row, row + l->n_symbols, n);
        row += l->n_symbols;
    }
}

/* ---- making -------------------------------------------------------------- */

static void *copy_of(const void *from, size_t n, size_t size) {
    void *to = malloc(n > 0 ? n * size : 1);
    if (to && n > 0) memcpy(to, from, n * size);
    return to;
}

static void close_ladder(void *value) {
    StudyLadder *l = value;
    free(l->symbols);
    free(l->merges);
    free(l->tokens);
    free(l->lookups);
    free(l->rungs);
    free(l);
}

static bool fill(const StudyWork *w, StudyLadder *l, const Encoding *e) {
    l->n_symbols = e->n_symbols;
    l->n_merges = e->n_merges;
    l->n_tokens = e->n;
    l->symbols = copy_of(e->symbols, (size_t)e->n_symbols, sizeof *l->symbols);
    l->merges = copy_of(e->merges, (size_t)e->n_merges, sizeof *l->merges);
    l->tokens = copy_of(e->tokens, (size_t)e->n, sizeof *l->tokens);
    l->n_lookups = e->n_lookups;
    l->lookups = copy_of(e->lookups, (size_t)e->n_lookups, sizeof *l->lookups);
    l->rungs = calloc((size_t)l->n_symbols * (size_t)(l->n_merges + 1) + 1,
                      sizeof *l->rungs);
    if (!l->symbols || !l->merges || !l->tokens || !l->rungs || !l->lookups)
        return false;
    fill_rows(w, l);
    return true;
}

static StudyLadder *ladder_of(const StudyWork *w, StudyKey key) {
    char text[TEXT_MAX + TOKENIZER_PIECE_MAX + 16];
    size_t n = 0;
    int flags;
    Encoding e = {0};
    Err err = {0};
    if (!w->tokenizer || !text_of(w, key, text, &n, &flags)) return NULL;
    StudyLadder *l = calloc(1, sizeof *l + n + 1);
    if (!l) return NULL;
    memcpy(l->text, text, n);
    const bool ok = n > 0 &&
                    tokenizer_encode(w->tokenizer, text, n, flags, &e, &err) &&
                    e.n_symbols <= STUDY_LADDER_MAX && fill(w, l, &e);
    encoding_free(&e);
    if (ok) return l;
    close_ladder(l);
    return NULL;
}

static void *make_ladder(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    StudyLadder *l = ladder_of(w, key);
    if (l)
        *bytes = sizeof *l + (uint64_t)l->n_symbols *
                                 (uint64_t)(l->n_merges + 1) * sizeof *l->rungs;
    return l;
}

/* ---- why this pair ------------------------------------------------------- */

/* A term for each pair that merges; the highest score is the total. */
static void compare_pairs(Explain *ex, const StudyRung *row, int n) {
    for (int i = 0; i + 1 < n; i++) {
        if (row[i].with_next < 0) continue;
        const double score = (double)row[i].score;
        if (ex->n_terms == 0 || score > ex->total) ex->total = score;
        ex->terms[ex->n_terms++] =
            (ExplainTerm){row[i].with_next, row[i].score, 0, score, ex->total};
    }
}

static void *make_choice(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    StudyLadder *l = ladder_of(w, key);
    Explain *ex = NULL;
    const int k = key.layer;
    if (l && k >= 0 && k < l->n_merges) ex = study_explain_open(l->n_symbols);
    if (ex) {
        const int n = l->n_symbols - k;
        ex->kind = EXPLAIN_BEST;
        ex->index = EXPLAIN_BY_TOKEN;
        ex->col = l->merges[k].id;
        snprintf(ex->a_name, sizeof ex->a_name, "score");
        compare_pairs(ex, study_ladder_row(l, k), n);
        snprintf(
            ex->formula, sizeof ex->formula,
            "%d neighbouring pair%s, %d of them a piece: the highest score, "
            "leftmost of equal ones",
            n - 1, n == 2 ? "" : "s", ex->n_terms);
        ex->steps[ex->n_steps++] = (ExplainStep){
            .label = "highest score", .value = ex->total, .site = SITE_NONE};
        ex->is_stored = true;
        ex->stored = l->merges[k].score;
        ex->matches = ex->total == (double)ex->stored;
        *bytes = study_explain_bytes(ex);
    }
    if (l) close_ladder(l);
    return ex;
}

const StudyKindInfo study_kind_ladder = {.name = "ladder",
                                         .make = make_ladder,
                                         .close = close_ladder,
                                         .of_word = true};
const StudyKindInfo study_kind_choice = {.name = "choice",
                                         .make = make_choice,
                                         .close = study_explain_close,
                                         .of_word = true};
