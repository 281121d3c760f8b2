/* The history's text: read, with whatever may stand in it, and written. */
#include "viz/app/history_private.h"

#include "engine/base/escape.h"
#include "engine/base/utf8.h"

#include <stdio.h>
#include <string.h>

#define HEAD      "llantern history 1"
#define PLACE_MAX 100000000 /* slides or beats: more than any deck has */

static const char *const kinds[HISTORY_KINDS] = {
    [HISTORY_LESSON] = "lesson",
    [HISTORY_DECK] = "deck",
    [HISTORY_MODEL] = "model",
};

/* Paths are bytes; only what no name on a line may have is refused. */
static bool can_keep(const char *name, size_t n) {
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        i += (size_t)utf8_decode(name + i, n - i, &cp);
        if (cp != UTF8_BAD && escape_is_needed(cp)) return false;
        if (cp == 0) return false;
    }
    return n > 0 && n < HISTORY_NAME_MAX;
}

bool history_can_keep(const char *name) {
    return can_keep(name, strlen(name));
}

/* ---- reading ------------------------------------------------------------- */

/* What is left of a line. */
typedef struct Rest {
    const char *at, *end;
} Rest;

/* A word and the blank behind it. */
static Rest take_word(Rest *r) {
    Rest word = {r->at, r->at};
    while (word.end < r->end && *word.end != ' ')
        word.end++;
    r->at = word.end < r->end ? word.end + 1 : word.end;
    return word;
}

static bool is_word(Rest word, const char *text) {
    const size_t n = (size_t)(word.end - word.at);
    return n == strlen(text) && memcmp(word.at, text, n) == 0;
}

/* A number of low..high at the word's front. */
static bool take_number(Rest *word, int low, int high, int *out) {
    const char *p = word->at;
    int v = 0;
    for (; p < word->end && *p >= '0' && *p <= '9' && v <= high; p++)
        v = v * 10 + (*p - '0');
    const bool ok = p > word->at && v >= low && v <= high;
    word->at = p;
    *out = v;
    return ok;
}

static bool read_number(Rest *r, int low, int high, int *out) {
    Rest word = take_word(r);
    return take_number(&word, low, high, out) && word.at == word.end;
}

/* "1-3,7", from 1; "-": none. */
static bool read_slides(Rest *r, HistorySlides *out) {
    Rest word = take_word(r);
    *out = (HistorySlides){0};
    if (is_word(word, "-")) return true;
    for (;;) {
        int from, to;
        if (!take_number(&word, 1, HISTORY_SLIDES_MAX, &from)) return false;
        to = from;
        if (word.at < word.end && *word.at == '-') {
            word.at++;
            if (!take_number(&word, from, HISTORY_SLIDES_MAX, &to))
                return false;
        }
        for (int i = from - 1; i < to; i++)
            out->bits[i / 64] |= UINT64_C(1) << i % 64;
        if (word.at == word.end) return true;
        if (*word.at++ != ',') return false;
    }
}

static bool read_place(Rest *r, HistoryEntry *e) {
    int slide;
    if (!read_number(r, 1, PLACE_MAX, &slide) ||
        !read_number(r, 0, PLACE_MAX, &e->beat) ||
        !read_number(r, 1, PLACE_MAX, &e->n_slides))
        return false;
    e->slide = slide - 1;
    return read_slides(r, &e->seen) && read_slides(r, &e->answered);
}

static bool read_line(Rest line, HistoryEntry *e) {
    const Rest kind = take_word(&line);
    int k = 0;
    while (k < HISTORY_KINDS && !is_word(kind, kinds[k]))
        k++;
    *e = (HistoryEntry){.kind = (HistoryKind)k};
    if (k == HISTORY_KINDS || (k != HISTORY_MODEL && !read_place(&line, e)))
        return false;
    const size_t n = (size_t)(line.end - line.at);
    if (!can_keep(line.at, n)) return false;
    memcpy(e->name, line.at, n);
    return true;
}

/* One that was there before is an older line of it. */
static void keep(HistoryList *out, const HistoryEntry *e) {
    if (out->n < HISTORY_ENTRIES_MAX && !history_find(out, e->kind, e->name))
        out->list[out->n++] = *e;
}

static Rest take_line(Rest *text) {
    Rest line = {text->at, text->at};
    while (line.end < text->end && *line.end != '\n')
        line.end++;
    text->at = line.end < text->end ? line.end + 1 : line.end;
    return line;
}

bool history_parse(HistoryList *out, const char *text, size_t n, Err *err) {
    Rest rest = {text, text + n};
    HistoryEntry e;
    out->n = 0;
    if (!is_word(take_line(&rest), HEAD))
        return err_set(err, ERR_FORMAT, 1,
                       "line 1: need \"" HEAD "\"; nothing is kept");
    for (uint64_t line = 2; rest.at < rest.end; line++) {
        if (read_line(take_line(&rest), &e))
            keep(out, &e);
        else if (err->code == ERR_NONE)
            err_set(err, ERR_FORMAT, line,
                    "line %llu: need KIND PLACE NAME; left out",
                    (unsigned long long)line);
    }
    return true;
}

/* ---- writing ------------------------------------------------------------- */

/* What is written, and what it would take. */
typedef struct Text {
    char *out;
    size_t size, n;
} Text;

static void add(Text *t, const char *word) {
    const size_t n = strlen(word);
    for (size_t i = 0; i < n; i++)
        if (t->n + i + 1 < t->size) t->out[t->n + i] = word[i];
    t->n += n;
}

static void add_slides(Text *t, const HistorySlides *set) {
    char word[32];
    bool any = false;
    for (int i = 0; i < HISTORY_SLIDES_MAX; i++) {
        int to = i;
        if (!history_has(set, i)) continue;
        while (history_has(set, to + 1))
            to++;
        if (to > i)
            snprintf(word, sizeof word, "%s%d-%d", any ? "," : "", i + 1,
                     to + 1);
        else
            snprintf(word, sizeof word, "%s%d", any ? "," : "", i + 1);
        add(t, word);
        any = true;
        i = to;
    }
    add(t, any ? " " : "- ");
}

static void add_line(Text *t, const HistoryEntry *e) {
    char word[64];
    snprintf(word, sizeof word, "%s ", kinds[e->kind]);
    add(t, word);
    if (e->kind != HISTORY_MODEL) {
        snprintf(word, sizeof word, "%d %d %d ", e->slide + 1, e->beat,
                 e->n_slides);
        add(t, word);
        add_slides(t, &e->seen);
        add_slides(t, &e->answered);
    }
    add(t, e->name);
    add(t, "\n");
}

size_t history_format(const HistoryList *list, char *out, size_t size) {
    Text t = {out, size, 0};
    add(&t, HEAD "\n");
    for (int i = 0; i < list->n; i++)
        add_line(&t, &list->list[i]);
    if (size > 0) out[t.n < size ? t.n : size - 1] = '\0';
    return t.n;
}
