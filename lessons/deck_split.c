/* One pass over a deck's lines finds front matter, fences, slides and notes;
 * each slide's Markdown then goes to deck_md.c. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEPARATOR_MAX 63 /* characters */

/* A line without its end. */
typedef struct Line {
    char *text;
    size_t n;
} Line;

typedef struct Splitter {
    DeckBuild *b;
    char *text; /* the deck, line ends \n; overwritten where notes stood */
    size_t n, pos;
    int line; /* of pos, 1-based */
    char across[SEPARATOR_MAX + 1], down[SEPARATOR_MAX + 1];
    bool down_given;
    char fence; /* its character while inside a fence, else NUL */
    size_t n_fence;
    int fence_line;
    bool in_aside;
    /* The slide under way. */
    size_t slide_from, notes_from; /* notes_from > n: none yet */
    int slide_line;
    DeckVec aside; /* notes out of <aside> */
} Splitter;

/* ---- lines -------------------------------------------------------------- */

/* The next line; false at the end. */
static bool next_line(Splitter *s, Line *line) {
    if (s->pos >= s->n) return false;
    line->text = s->text + s->pos;
    const char *end = memchr(line->text, '\n', s->n - s->pos);
    line->n = end ? (size_t)(end - line->text) : s->n - s->pos;
    s->pos += line->n + (end != NULL);
    s->line++;
    return true;
}

static bool line_is(const Line *l, const char *text) {
    return strlen(text) == l->n && memcmp(l->text, text, l->n) == 0;
}

static bool line_begins(const Line *l, size_t at, const char *text) {
    return l->n - at >= strlen(text) &&
           strncasecmp(l->text + at, text, strlen(text)) == 0;
}

static size_t indent(const Line *l) {
    size_t at = 0;
    while (at < l->n && scan_is_blank(l->text[at]))
        at++;
    return at;
}

/* Opens and closes fenced code.  Only fences that stand in no list matter: a
 * separator begins its line and so would end the list, its fence included. */
static void follow_fence(Splitter *s, const Line *l) {
    size_t at = indent(l), run = 0;
    char c = at < l->n ? l->text[at] : '\0';
    if (at > 3 || (c != '`' && c != '~')) return;
    while (at + run < l->n && l->text[at + run] == c)
        run++;
    const char *rest = l->text + at + run;
    size_t n_rest = l->n - at - run;
    if (!s->fence && run >= 3 && !(c == '`' && memchr(rest, '`', n_rest))) {
        s->fence = c;
        s->n_fence = run;
        s->fence_line = s->line;
    } else if (s->fence == c && run >= s->n_fence) {
        for (size_t i = 0; i < n_rest; i++)
            if (!scan_is_blank(rest[i])) return;
        s->fence = '\0';
    }
}

static bool is_separator(const Splitter *s, const Line *l) {
    return line_is(l, s->across) || line_is(l, s->down) ||
           (!s->down_given && line_is(l, "--"));
}

/* Dashes that Markdown would take for an underlined heading or a rule. */
static bool is_near_separator(const Line *l) {
    size_t n = 0;
    while (n < l->n && l->text[n] == '-')
        n++;
    for (size_t i = n; i < l->n; i++)
        if (!scan_is_blank(l->text[i])) return false;
    return n >= 2;
}

/* Where the text of a "Note:" or "Notes:" line begins; 0 when it is none. */
static size_t notes_at(const Line *l) {
    size_t at = indent(l);
    if (line_begins(l, at, "note:")) return at + strlen("note:");
    if (line_begins(l, at, "notes:")) return at + strlen("notes:");
    return 0;
}

/* What a line opens before its text: list items and quotations.  md4c's work
 * for one line grows with how many are open, so their number is limited before
 * it sees them: by the marks on one line, and by how far they are indented. */
static bool is_too_deep(const Line *l) {
    size_t n_marks = 0, width = 0, width_at_mark = 0;
    for (size_t at = 0; at < l->n; at++) {
        char c = l->text[at];
        if (!c || !strchr(" \t>-+*.)0123456789", c)) break;
        bool ends = at + 1 == l->n || scan_is_blank(l->text[at + 1]);
        if (c == '>' || (ends && strchr("-+*.)", c))) {
            n_marks++;
            width_at_mark = width;
        }
        width += c == '\t' ? 4 : c == ' ';
    }
    return n_marks > DECK_DEPTH_MAX || width_at_mark / 4 > DECK_DEPTH_MAX;
}

/* ---- front matter ------------------------------------------------------- */

/* A line of dashes from a regular expression: "\r?\n---\r?\n", "^\n--\n$" and
 * a plain "---" all mean ---.  False for what is no literal. */
static bool read_separator(const char *value, char out[SEPARATOR_MAX + 1]) {
    static const char *const line_ends[] = {"\\r?\\n", "\\n", "^", "$"};
    size_t n = 0;
    while (*value) {
        size_t skip = 0;
        for (size_t i = 0; i < 4 && !skip; i++)
            if (strncmp(value, line_ends[i], strlen(line_ends[i])) == 0)
                skip = strlen(line_ends[i]);
        if (!skip && (strchr("[](){}*+?.|\\", *value) || n == SEPARATOR_MAX))
            return false;
        if (!skip) out[n++] = *value;
        value += skip ? skip : 1;
    }
    out[n] = '\0';
    return n > 0;
}

static void use_separator(Splitter *s, const char *key, const char *value) {
    bool down = strcmp(key, "verticalSeparator") == 0;
    if (!down && strcmp(key, "separator") != 0) return;
    s->down_given |= down;
    if (!read_separator(value, down ? s->down : s->across))
        deck_build_fail(s->b, ERR_UNSUPPORTED,
                        "%s: found \"%.40s\", need one line's text, not a "
                        "regular expression",
                        key, value);
}

/* Keys that reveal-md knows and we need not. */
static bool is_known_key(const char *key) {
    static const char *const known[] = {
        "title",         "model",        "separator",      "verticalSeparator",
        "theme",         "css",          "scripts",        "highlightTheme",
        "revealOptions", "preprocessor", "notesSeparator", "template",
        "author",        "date"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], key) == 0) return true;
    return false;
}

/* KEY: VALUE at the line's beginning; indented lines belong to the key above
 * and, like remarks, are passed over. */
static bool read_meta(Splitter *s, const Line *l) {
    DeckBuild *b = s->b;
    Scan sc = scan_init(l->text, l->n, "front matter");
    const char *key;
    if (l->n == 0 || scan_is_blank(*l->text) || *l->text == '#') return true;
    size_t n = scan_name(&sc, &key);
    if (n == 0 || !scan_take(&sc, ':')) return false;
    scan_blanks(&sc);
    size_t from = sc.pos, to = l->n;
    while (to > from && scan_is_blank(l->text[to - 1]))
        to--;
    char quote = from < to ? l->text[from] : '\0';
    if ((quote == '"' || quote == '\'') && to - from >= 2 &&
        l->text[to - 1] == quote) {
        from++;
        to--;
    }
    if (b->meta.n >= DECK_META_MAX)
        deck_build_fail(b, ERR_LIMIT, "more than %d lines of front matter",
                        DECK_META_MAX);
    DeckMeta *meta = deck_build_push(b, &b->meta, sizeof *meta);
    if (!meta) return true;
    meta->key = deck_build_copy(b, key, n);
    meta->value = deck_build_copy(b, l->text + from, to - from);
    if (!deck_build_ok(b)) return true;
    if (!is_known_key(meta->key))
        deck_build_warn(b, "unknown front matter key \"%.40s\"", meta->key);
    use_separator(s, meta->key, meta->value);
    return true;
}

/* Front matter is what stands between two --- lines at the very beginning,
 * when all of it looks like it; else the first --- is a separator. */
static void read_front_matter(Splitter *s) {
    Line l;
    if (!next_line(s, &l) || !line_is(&l, "---")) {
        s->pos = 0;
        s->line = 0;
        return;
    }
    while (deck_build_ok(s->b) && next_line(s, &l)) {
        s->b->line = s->line;
        if (line_is(&l, "---") || line_is(&l, "...")) return;
        if (!read_meta(s, &l)) break;
    }
    s->b->meta.n = 0;
    s->pos = 0;
    s->line = 0;
}

/* ---- slides and notes --------------------------------------------------- */

static void begin_slide(Splitter *s) {
    s->slide_from = s->pos;
    s->slide_line = s->line + 1;
    s->notes_from = s->n + 1;
    s->aside.n = 0;
    s->in_aside = false;
}

/* What stands in notes drives nothing: say so rather than drop it unseen. */
static void warn_of_directives(Splitter *s, const char *notes) {
    static const char *const ours[] = {"<!-- .stage", "<!-- .ask",
                                       "<!-- .claim"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strstr(notes, ours[i]))
            deck_build_warn(s->b, "the notes hold a \"%s\", which is left out",
                            ours[i]);
}

/* text[*from..*to) without blanks at its ends. */
static void trim(const char *text, size_t *from, size_t *to) {
    while (*to > *from && scan_is_blank(text[*to - 1]))
        --*to;
    while (*from < *to && scan_is_blank(text[*from]))
        ++*from;
}

/* The aside's notes, then what follows "Notes:". */
static const char *slide_notes(Splitter *s, size_t to) {
    size_t from = s->notes_from;
    if (from <= s->n) {
        trim(s->text, &from, &to);
        if (s->aside.n > 0) deck_build_append(s->b, &s->aside, "\n", 1);
        deck_build_append(s->b, &s->aside, s->text + from, to - from);
    }
    size_t begin = 0, end = s->aside.n;
    trim(s->aside.items, &begin, &end);
    const char *notes = end > begin ? s->aside.items : "";
    const char *copy = deck_build_copy(s->b, notes + begin, end - begin);
    if (copy) warn_of_directives(s, copy);
    return copy;
}

/* `to` is where the slide's text ends, its notes included. */
static void end_slide(Splitter *s, size_t to) {
    DeckBuild *b = s->b;
    size_t body_end = s->notes_from <= s->n ? s->notes_from : to;
    b->line = s->slide_line;
    deck_build_slide(b, s->slide_line);
    deck_md_parse(b, s->text + s->slide_from, body_end - s->slide_from,
                  s->slide_line);
    b->line = s->slide_line;
    deck_build_slide_end(b, slide_notes(s, to));
}

/* Moves a line of <aside class="notes"> to the notes, leaving blanks, so that
 * the lines after it keep their numbers. */
static void take_aside(Splitter *s, Line *l) {
    size_t from = 0, to = l->n;
    if (!s->in_aside) {
        const char *end = memchr(l->text, '>', l->n);
        from = end ? (size_t)(end - l->text) + 1 : l->n;
    }
    s->in_aside = !scan_find(l->text, l->n, "</aside>");
    if (!s->in_aside)
        while (to > from && l->text[to - 1] != '<')
            to--;
    if (!s->in_aside && to > from) to--; /* the < of </aside> */
    deck_build_append(s->b, &s->aside, l->text + from, to - from);
    deck_build_append(s->b, &s->aside, "\n", 1);
    memset(l->text, ' ', l->n);
}

/* One line of a slide that is neither fenced nor notes. */
static void read_line(Splitter *s, Line *l) {
    size_t at = notes_at(l);
    s->b->line = s->line;
    if (is_too_deep(l)) {
        deck_build_fail(s->b, ERR_LIMIT,
                        "lists and quotes nested deeper than %d",
                        DECK_DEPTH_MAX);
    } else if (s->in_aside ||
               line_begins(l, indent(l), "<aside class=\"notes\"")) {
        take_aside(s, l);
    } else if (at > 0) {
        s->notes_from = (size_t)(l->text - s->text) + at;
        /* The word itself belongs to neither part. */
        memset(l->text, ' ', at);
    } else if (is_near_separator(l)) {
        deck_build_warn(s->b,
                        "a line of dashes is no slide break here; one "
                        "is exactly %s or %s",
                        s->across, s->down);
    }
}

void deck_split(DeckBuild *b, char *text, size_t n) {
    Splitter s = {.b = b, .text = text, .n = n, .across = "---"};
    memcpy(s.down, "----", sizeof "----");
    Line l;
    read_front_matter(&s);
    begin_slide(&s);
    while (deck_build_ok(b) && next_line(&s, &l)) {
        bool fenced = s.fence != '\0';
        follow_fence(&s, &l);
        if (fenced || s.fence) continue;
        if (is_separator(&s, &l)) {
            end_slide(&s, (size_t)(l.text - text));
            begin_slide(&s);
        } else if (s.notes_from > n) {
            read_line(&s, &l);
        }
    }
    b->line = s.fence_line;
    if (s.fence) deck_build_warn(b, "a code fence is never closed");
    end_slide(&s, n);
    free(s.aside.items);
}
