/* The same text about others: which rows of a table a text tells of, and their
 * words changed for those of other rows. */
#include "engine/world/world_private.h"

#include <assert.h>
#include <string.h>

/* ---- kinds --------------------------------------------------------------- */

static int all_rows(const Table *t, int *rows) {
    for (int i = 0; i < t->n_rows; i++)
        rows[i] = t->first_row + i;
    return t->n_rows;
}

/* The rows of a table that have this word in a column behind the name. */
static int rows_saying(const World *w, const Table *t, const char *word,
                       int *rows) {
    int n = 0;
    for (int row = t->first_row; row < t->first_row + t->n_rows; row++) {
        bool says = false;
        for (int c = 1; c < t->n_columns; c++)
            says = says || strcmp(w->rows[row].values[c].plain, word) == 0;
        if (says) rows[n++] = row;
    }
    return n;
}

int world_kind(const World *w, const char *word, int rows[WORLD_KIND_MAX]) {
    static_assert(WORLD_KIND_MAX == WORLD_OPTIONS_MAX, "rows of one table");
    for (int i = 0; i < w->tables_named.n; i++)
        if (strcmp(w->tables_named.list[i].text, word) == 0)
            return all_rows(&w->tables[i], rows);
    int n = 0;
    for (int i = 0; i < w->tables_named.n && n == 0; i++)
        n = rows_saying(w, &w->tables[i], word, rows);
    return n;
}

const char *world_table(const World *w, int i) {
    return i < w->tables_named.n ? w->tables_named.list[i].text : NULL;
}

/* ---- words --------------------------------------------------------------- */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* Some text tells this column; others only serve conditions. */
static bool is_told(const World *w, int column) {
    for (int i = 0; i < w->n_ops; i++)
        if ((w->ops[i].kind == OP_PRINT || w->ops[i].kind == OP_NEW) &&
            w->ops[i].column == column)
            return true;
    return false;
}

/* Another row of the table says the same there: it names neither. */
static bool is_shared(const World *w, int row, int column) {
    const Table *t = &w->tables[w->rows[row].table];
    const char *own = w->rows[row].values[column].plain;
    for (int i = t->first_row; i < t->first_row + t->n_rows; i++)
        if (i != row && strcmp(w->rows[i].values[column].plain, own) == 0)
            return true;
    return false;
}

/* Of a place where a word may begin. */
static bool stands_at(const char *text, size_t n, size_t at, const char *word) {
    if (text[at] != word[0]) return false;
    const size_t len = strlen(word);
    return len > 0 && n - at >= len && memcmp(text + at, word, len) == 0 &&
           (at + len == n || !is_letter(text[at + len]));
}

/* The longest word at text[at] that only this row has; its length, 0: none. */
static size_t word_at(const World *w, int row, const char *text, size_t n,
                      size_t at, int *column, bool *is_capital) {
    const Table *t = &w->tables[w->rows[row].table];
    size_t longest = 0;
    if (at > 0 && is_letter(text[at - 1])) return 0;
    for (int c = 0; c < t->n_columns; c++) {
        const Value *v = &w->rows[row].values[c];
        const bool plain = stands_at(text, n, at, v->plain);
        if (!plain && !stands_at(text, n, at, v->capital)) continue;
        const size_t len = strlen(v->plain);
        if (len <= longest || is_shared(w, row, c) ||
            (c > 0 && !is_told(w, t->columns[c])))
            continue;
        longest = len;
        *column = c;
        *is_capital = !plain;
    }
    return longest;
}

int world_told(const World *w, const int *rows, int n_rows, const char *text,
               size_t n, int skip) {
    int told[WORLD_KIND_MAX], n_told = 0, column;
    bool is_capital;
    for (size_t at = 0; at < n; at++)
        for (int i = 0; i < n_rows; i++) {
            if (!word_at(w, rows[i], text, n, at, &column, &is_capital))
                continue;
            bool is_new = true;
            for (int k = 0; k < n_told; k++)
                is_new = is_new && told[k] != rows[i];
            if (is_new && n_told == skip) return rows[i];
            if (is_new) told[n_told++] = rows[i];
        }
    return WORLD_NONE;
}

size_t world_swap(const World *w, const WorldSwap *swaps, int n_swaps,
                  const char *text, size_t n, char *out, size_t size) {
    size_t used = 0;
    for (size_t at = 0; at < n;) {
        const char *piece = text + at;
        size_t taken = 0, len = 1;
        for (int i = 0; i < n_swaps; i++) {
            int column;
            bool is_capital;
            const size_t found =
                word_at(w, swaps[i].from, text, n, at, &column, &is_capital);
            if (found <= taken) continue;
            const Value *v = &w->rows[swaps[i].to].values[column];
            taken = found;
            piece = is_capital ? v->capital : v->plain;
            len = strlen(piece);
        }
        at += taken ? taken : 1;
        if (used + len < size) memcpy(out + used, piece, len);
        used += len;
    }
    if (used < size) out[used] = '\0';
    return used;
}
