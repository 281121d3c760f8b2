/* Decks out of texts, and slides written down as texts, for the tests. */
#ifndef TESTS_LESSONS_DECK_TEXT_H
#define TESTS_LESSONS_DECK_TEXT_H

#include "lessons/deck.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline Deck *open_text(const char *text) {
    Err err = {0};
    Deck *d = deck_open_memory("t.md", text, strlen(text), &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    return d;
}

/* n times `part`, then `tail`; malloc'ed. */
static inline char *repeat(const char *part, size_t n, const char *tail) {
    size_t len = strlen(part);
    char *text = malloc(n * len + strlen(tail) + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, part, len);
    memcpy(text + n * len, tail, strlen(tail) + 1);
    return text;
}

/* The text is refused with exactly this message. */
static inline void ck_refused(const char *text, const char *msg) {
    Err err = {0};
    Deck *d = deck_open_memory("t.md", text, strlen(text), &err);
    ck_assert_msg(d == NULL, "accepted: %s", text);
    ck_assert_str_eq(err.msg, msg);
}

static inline void ck_warns(const char *text, int line, const char *says) {
    Deck *d = open_text(text);
    const DeckWarning *w;
    ck_assert_int_eq(deck_warnings(d, &w), 1);
    ck_assert_int_eq(w[0].line, line);
    ck_assert_msg(strstr(w[0].text, says) != NULL, "%s", w[0].text);
    deck_close(d);
}

/* The only warning of each line, in order: {line, what it says}, to line 0. */
typedef struct Warned {
    int line;
    const char *says;
} Warned;

static inline void ck_warned(const char *text, const Warned *want) {
    Deck *d = open_text(text);
    const DeckWarning *w;
    int n = deck_warnings(d, &w);
    for (int i = 0; want[i].line || i < n; i++) {
        ck_assert_msg(i < n, "not warned: %s", want[i].says);
        ck_assert_msg(want[i].line == w[i].line && want[i].says &&
                          strcmp(want[i].says, w[i].text) == 0,
                      "line %d: %s", w[i].line, w[i].text);
    }
    deck_close(d);
}

static inline void ck_silent(const Deck *d) {
    const DeckWarning *w;
    int n = deck_warnings(d, &w);
    ck_assert_msg(n == 0, "line %d: %s", n ? w[0].line : 0, n ? w[0].text : "");
}

/* A slide written down: one line a block, "beat kind.level.number info: "
 * and its spans, each in the marks of its style.  What most blocks lack stands
 * before the info: [ ] and [x] of a task, its size, % of a fragment. */
static inline void put(char *out, size_t size, const char *text) {
    size_t n = strlen(out);
    snprintf(out + n, size - n, "%s", text);
}

static inline void dump_span(const DeckSpan *s, char *out, size_t size) {
    static const char *const roles[] = {"", "Q", "K", "V", "R", "M"};
    ck_assert_uint_eq(strlen(s->text), (size_t)s->len);
    put(out, size, roles[s->role]);
    if (s->style & SPAN_BOLD) put(out, size, "*");
    if (s->style & SPAN_ITALIC) put(out, size, "/");
    if (s->style & SPAN_CODE) put(out, size, "`");
    if (s->style & SPAN_STRIKE) put(out, size, "~");
    if (s->style & SPAN_SMALL) put(out, size, "s");
    if (s->style & SPAN_SUB) put(out, size, "_");
    if (s->style & SPAN_SUP) put(out, size, "'");
    if (s->style & SPAN_FORMULA) put(out, size, "$");
    if (s->style & SPAN_DISPLAY) put(out, size, "$");
    put(out, size, "[");
    put(out, size, s->text);
    put(out, size, "]");
    if (s->href) put(out, size, "->");
    if (s->href) put(out, size, s->href);
    if (s->style & SPAN_BREAK) put(out, size, "^");
    if (s->style & SPAN_LEFT) put(out, size, "<");
    if (s->style & SPAN_ABOVE) put(out, size, "^");
    if (s->style & SPAN_CELL) put(out, size, "|");
}

static inline void dump(const DeckSlide *s, char *out, size_t size) {
    static const char *const kinds[] = {"head", "para",  "item", "quote",
                                        "code", "image", "web",  "ask",
                                        "row",  "rule"};
    out[0] = '\0';
    for (int i = 0; i < s->n_blocks; i++) {
        const DeckBlock *b = &s->blocks[i];
        char line[128];
        snprintf(line, sizeof line, "%d %s.%d.%d ", b->beat, kinds[b->kind],
                 b->level, b->number);
        put(out, size, line);
        if (b->task) put(out, size, b->task == TASK_DONE ? "[x] " : "[ ] ");
        snprintf(line, sizeof line, "%+d ", b->size);
        if (b->size) put(out, size, line);
        if (b->fragment) put(out, size, "% ");
        snprintf(line, sizeof line, "%s:", b->info ? b->info : "");
        put(out, size, line);
        for (int j = 0; j < b->n_spans; j++)
            dump_span(&b->spans[j], out, size);
        put(out, size, "\n");
    }
}

/* The first slide of text dumps as `want`; ck_blocks: without a warning. */
static inline void ck_dump(const char *text, const char *want) {
    char got[4096];
    Deck *d = open_text(text);
    dump(deck_slide(d, 0), got, sizeof got);
    ck_assert_str_eq(got, want);
    deck_close(d);
}

static inline void ck_blocks(const char *text, const char *want) {
    Deck *d = open_text(text);
    ck_silent(d);
    deck_close(d);
    ck_dump(text, want);
}

#endif
