/* Formulas between $ and $, or $$ and $$, told from money.
 *
 * In the shape that md4c reads, a formula becomes a code span of the same
 * length that holds nothing Markdown knows; what it says is read from the text
 * (deck_md.c).  So neither _ nor | nor \\ in it means what it does outside.
 *
 * A $ opens one when no letter or digit stands before it and no blank behind
 * it; the next $ must close it: no blank before it, no letter or digit behind
 * it.  "$5 and $6" is money.  Neither kind passes an empty line. */
#include "lessons/deck_private.h"

#include "engine/formula/formula.h"

#include <string.h>

#define CODE_MAX 8192 /* bytes that backticks may be apart */

typedef struct Masker {
    char *shape; /* [n] */
    size_t n, at;
    size_t line_from; /* where the line of `at` begins */
    int line;
    bool html;
    DeckFence fence;
} Masker;

static char char_at(const Masker *m, size_t at) {
    return at < m->n ? m->shape[at] : '\0';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\0';
}

static bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static size_t run_of(const Masker *m, size_t at, char c) {
    size_t n = 0;
    while (char_at(m, at + n) == c)
        n++;
    return n;
}

static size_t first_ink(const Masker *m, size_t at) {
    while (char_at(m, at) == ' ' || char_at(m, at) == '\t')
        at++;
    return at;
}

/* True when the line that begins at `at` ends what a formula may stand in: it
 * is empty, a fence, or, unless the formula has lines of its own, a block. */
static bool ends_text(const Masker *m, size_t at, bool display) {
    at = first_ink(m, at);
    while (char_at(m, at) == '>')
        at = first_ink(m, at + 1);
    const char c = char_at(m, at);
    if (c == '\n' || c == '\0' || run_of(m, at, '`') >= 3 ||
        run_of(m, at, '~') >= 3)
        return true;
    return !display && strchr("-*+#>|0123456789", c);
}

/* Where the $ or $$ that closes the one before `from` stands; 0: nowhere. */
static size_t closing(const Masker *m, size_t from, size_t dollars) {
    const bool in_row = char_at(m, first_ink(m, m->line_from)) == '|';
    size_t to = from + FORMULA_SOURCE_MAX;
    if (to > m->n) to = m->n;
    for (size_t at = from; at < to; at++) {
        const char c = m->shape[at];
        if (c == '\\' && char_at(m, at + 1) != '\n') at++;
        if (c == '\n' && (in_row || ends_text(m, at + 1, dollars == 2)))
            return 0;
        if (c == '<' && to - at > 4 && memcmp(m->shape + at, "<!--", 4) == 0)
            return 0;
        if (c != '$') continue;
        const size_t run = run_of(m, at, '$');
        if (run != dollars) return 0;
        if (dollars == 1 &&
            (is_blank(m->shape[at - 1]) || is_word(char_at(m, at + 1))))
            return 0;
        return at;
    }
    return 0;
}

static bool is_empty(const Masker *m, size_t from, size_t to) {
    while (from < to && is_blank(m->shape[from]))
        from++;
    return from == to;
}

/* Lines stay lines, and in a quotation lines of it. */
static void mask(Masker *m, size_t from, size_t to, size_t dollars) {
    const bool quoted = char_at(m, first_ink(m, m->line_from)) == '>';
    bool at_start = false;
    memset(m->shape + from - dollars, '`', dollars);
    memset(m->shape + to, '`', dollars);
    for (size_t i = from; i < to; i++) {
        char *c = &m->shape[i];
        const bool edge = at_start && (*c == '>' || *c == ' ');
        at_start = *c == '\n' || (edge && quoted);
        if (*c != '\n' && !(edge && quoted)) *c = 'x';
    }
}

/* In HTML, by a tag.  What looks like a formula, from the $ at `at` on, is
 * marked as cut, and what would close it opens none. */
static bool is_cut(Masker *m, size_t from, size_t to) {
    bool ends;
    if (!m->html || !deck_html_has_tag(m->shape + from, to - from, &ends))
        return false;
    if (ends) return true;
    memset(m->shape + to, ' ', from - m->at);
    m->shape[m->at] = FORMULA_CUT;
    return true;
}

/* At a $: masks the formula that it opens; how far to go on from there. */
static size_t dollar(DeckBuild *b, Masker *m) {
    const size_t run = run_of(m, m->at, '$'), from = m->at + run;
    const char before = m->at > 0 ? m->shape[m->at - 1] : ' ';
    if (run > 2 || before == '`') return run;
    if (run == 1 && (is_word(before) || is_blank(char_at(m, from)))) return 1;
    const size_t to = closing(m, from, run);
    if (to == 0 && run == 2) {
        b->line = m->line;
        deck_build_warn(b, "$$ without the $$ that closes it within %d bytes",
                        FORMULA_SOURCE_MAX);
    }
    if (to == 0 || is_empty(m, from, to) || is_cut(m, from, to)) return run;
    mask(m, from, to, run);
    return to + run - m->at;
}

/* At a backtick: the code that it opens, or the backticks alone. */
static size_t code(const Masker *m) {
    const size_t run = run_of(m, m->at, '`');
    size_t to = m->at + run + CODE_MAX;
    if (to > m->n) to = m->n;
    for (size_t at = m->at + run; at < to; at++) {
        if (m->shape[at] == '\n' && ends_text(m, at + 1, true)) return run;
        if (m->shape[at] != '`') continue;
        const size_t other = run_of(m, at, '`');
        if (other == run) return at + run - m->at;
        at += other - 1;
    }
    return run;
}

/* A tag, whose attributes may hold a $: to its end in the same line. */
static size_t tag(const Masker *m) {
    const char next = char_at(m, m->at + 1);
    if (!is_word(next) && next != '/' && next != '!') return 1;
    for (size_t at = m->at; at < m->n && m->shape[at] != '\n'; at++)
        if (m->shape[at] == '>') return at + 1 - m->at;
    return 1;
}

/* Where a line's text begins: behind the marks of lists and quotations. */
static size_t text_at(const Masker *m, size_t at) {
    for (;;) {
        const size_t ink = first_ink(m, at);
        size_t past = ink;
        while (char_at(m, past) >= '0' && char_at(m, past) <= '9')
            past++;
        const char c = char_at(m, past);
        const bool item = past > ink ? c == '.' || c == ')'
                                     : c == '-' || c == '*' || c == '+';
        const bool quote = past == ink && c == '>';
        if (!quote && !(item && is_blank(char_at(m, past + 1)))) return ink;
        at = past + 1;
    }
}

/* Goes past the line at `at` where it is of fenced code. */
static bool skip_fenced(Masker *m) {
    const char *end = memchr(m->shape + m->at, '\n', m->n - m->at);
    const size_t to = end ? (size_t)(end - m->shape) : m->n;
    size_t from = m->fence.c ? first_ink(m, m->at) : text_at(m, m->at);
    if (from > to) from = to;
    if (!deck_fence_line(&m->fence, m->shape + from, to - from)) return false;
    m->at = end ? to + 1 : m->n;
    m->line += end != NULL;
    m->line_from = m->at;
    return true;
}

void deck_formula_mask(DeckBuild *b, char *shape, size_t n, int line,
                       bool html) {
    Masker m = {.shape = shape, .n = n, .line = line, .html = html};
    if (!memchr(shape, '$', n)) return;
    while (m.at < n) {
        if (m.at == m.line_from && skip_fenced(&m)) continue;
        const char c = shape[m.at];
        size_t step = 1;
        if (c == '$') step = dollar(b, &m);
        if (c == '`') step = code(&m);
        if (c == '<') step = tag(&m);
        if (c == '\\' && char_at(&m, m.at + 1) != '\n') step = 2;
        for (; step > 0 && m.at < n; step--, m.at++)
            if (shape[m.at] == '\n') {
                m.line++;
                m.line_from = m.at + 1;
            }
    }
}

/* ---- what was masked ----------------------------------------------------- */

size_t deck_formula_at(const char *text, const char *shape, size_t n, size_t at,
                       size_t *from, size_t *bytes) {
    size_t dollars = 0, to;
    while (at + dollars < n && text[at + dollars] == '$' &&
           shape[at + dollars] == '`')
        dollars++;
    *from = to = at + dollars;
    while (dollars > 0 && to < n && !(text[to] == '$' && shape[to] == '`'))
        to++;
    *bytes = to - *from;
    return dollars > 0 && to < n ? to + dollars - at : 0;
}

bool deck_formula_escaped(const char *text, const char *shape, size_t n,
                          size_t at) {
    return text[at] == '\\' && at + 1 < n && text[at + 1] == '$' &&
           shape[at + 1] == '$';
}

void deck_formula_check(DeckBuild *b, const char *source, size_t n) {
    FormulaTree t;
    FormulaError e;
    if (!formula_parse(&t, source, n, &e))
        deck_build_warn(b,
                        "formula, character %d: %s; it is shown as its source",
                        e.at + 1, e.what);
}

/* out is no longer than the text [n]: both marks of a formula stand where its
 * dollars were. */
static void mark(DeckBuild *b, const char *text, const char *shape, size_t n,
                 char *out) {
    size_t len = 0, from, bytes;
    int n_marked = 0;
    for (size_t at = 0; at < n;) {
        const size_t whole = deck_formula_at(text, shape, n, at, &from, &bytes);
        if (whole > 0 && n_marked++ == DECK_FORMULAS_MAX)
            deck_build_warn(b,
                            "more than %d formulas in a text of a question; "
                            "further ones are shown as their source",
                            DECK_FORMULAS_MAX);
        if (whole > 0 && n_marked <= DECK_FORMULAS_MAX) {
            out[len++] = FORMULA_BEGIN;
            memcpy(out + len, text + from, bytes);
            len += bytes;
            out[len++] = FORMULA_END;
            deck_formula_check(b, text + from, bytes);
            at += whole;
            continue;
        }
        at += deck_formula_escaped(text, shape, n, at);
        const char c = text[at++];
        out[len++] = c == FORMULA_BEGIN || c == FORMULA_END ? ' ' : c;
    }
    out[len] = '\0';
}

char *deck_formula_marked(DeckBuild *b, const char *text) {
    const size_t n = strlen(text);
    char *shape = deck_build_copy(b, text, n);
    char *out = deck_build_alloc(b, n + 1);
    const int line = b->line;
    if (!shape || !out) return NULL;
    deck_formula_mask(b, shape, n, line, false);
    b->line = line;
    mark(b, text, shape, n, out);
    return out;
}
