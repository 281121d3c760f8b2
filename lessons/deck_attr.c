/* Attributes: name="value" pairs of tags and of reveal-md's comments, and the
 * little of CSS that a slide understands. */
#include "lessons/deck_private.h"

#include <string.h>
#include <strings.h>

bool deck_word_is(const char *text, int n, const char *word) {
    return strlen(word) == (size_t)n && strncasecmp(text, word, (size_t)n) == 0;
}

bool deck_attr_is(const DeckAttr *a, const char *name) {
    return deck_word_is(a->name, a->n_name, name);
}

/* Bytes up to a blank or one of `stops`. */
static int run_length(const Scan *sc, const char *stops) {
    size_t at = sc->pos;
    while (at < sc->n && !scan_is_blank(sc->text[at]) && sc->text[at] &&
           !strchr(stops, sc->text[at]))
        at++;
    return (int)(at - sc->pos);
}

static void read_value(Scan *sc, DeckAttr *a) {
    char quote = scan_peek(sc);
    a->value = sc->text + sc->pos;
    if (quote != '"' && quote != '\'') {
        a->n_value = run_length(sc, "");
        sc->pos += (size_t)a->n_value;
        return;
    }
    a->value++;
    sc->pos++;
    const char *end = memchr(a->value, quote, sc->n - sc->pos);
    size_t n = end ? (size_t)(end - a->value) : sc->n - sc->pos;
    a->n_value = (int)n;
    sc->pos += n + (end != NULL);
}

bool deck_attr_next(Scan *sc, DeckAttr *a) {
    *a = (DeckAttr){0};
    while (sc->pos < sc->n && (scan_is_blank(scan_peek(sc)) || !scan_peek(sc) ||
                               strchr("=/", scan_peek(sc))))
        sc->pos++;
    if (sc->pos == sc->n) return false;
    a->name = sc->text + sc->pos;
    a->n_name = run_length(sc, "=/");
    sc->pos += (size_t)a->n_name;
    scan_blanks(sc);
    if (!scan_take(sc, '=')) return true;
    scan_blanks(sc);
    read_value(sc, a);
    return true;
}

int deck_attr_word(const DeckAttr *a, int *at, const char **word) {
    int n = 0;
    while (*at < a->n_value && scan_is_blank(a->value[*at]))
        ++*at;
    *word = a->value + *at;
    while (*at < a->n_value && !scan_is_blank(a->value[*at])) {
        ++*at;
        n++;
    }
    return n;
}

/* ---- sizes -------------------------------------------------------------- */

static bool size_of(const char *text, int n, int *size) {
    static const char *const names[] = {"xx-small", "x-small", "small",
                                        "medium",   "large",   "x-large"};
    for (int i = 0; i < 6; i++)
        if (deck_word_is(text, n, names[i])) {
            *size = i - 3;
            return true;
        }
    return false;
}

static void trim(const char **text, int *n) {
    for (; *n > 0 && scan_is_blank(**text); --*n)
        ++*text;
    while (*n > 0 && scan_is_blank((*text)[*n - 1]))
        --*n;
}

/* "font-size: large" */
static bool read_declaration(const char *text, int n, int *size) {
    const char *colon = memchr(text, ':', (size_t)n);
    if (!colon) return false;
    const char *value = colon + 1;
    int n_name = (int)(colon - text), n_value = n - n_name - 1;
    trim(&text, &n_name);
    trim(&value, &n_value);
    return deck_word_is(text, n_name, "font-size") &&
           size_of(value, n_value, size);
}

bool deck_attr_size(DeckBuild *b, const DeckAttr *a, const char *who, int least,
                    int *size) {
    bool found = false;
    for (int at = 0; at < a->n_value;) {
        const char *text = a->value + at;
        const char *end = memchr(text, ';', (size_t)(a->n_value - at));
        int n = end ? (int)(end - text) : a->n_value - at;
        at += n + 1;
        trim(&text, &n);
        if (n == 0) continue;
        if (read_declaration(text, n, size) && *size >= least)
            found = true;
        else
            deck_build_warn(b,
                            "%s: style \"%.*s\" is left out; sizes are "
                            "font-size: x-small to x-large",
                            who, n < 60 ? n : 60, text);
    }
    return found;
}
