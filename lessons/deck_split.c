/* One pass over a deck's lines finds front matter, fences, comments, slides and
 * notes; each slide's Markdown then goes to deck_md.c.
 *
 * A comment holds anything: separators, notes, fences, empty lines.  So that
 * none of it is taken for what it looks like, here and by md4c, the pass works
 * on a second copy of the text, its shape, in which a comment's inside is all
 * x and hence one line.  Places in both copies are the same; what a comment
 * says is read from the text. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SEPARATOR_MAX 63 /* characters */

/* A line of the shape, without its end. */
typedef struct Line {
    const char *text;
    size_t n;
} Line;

typedef struct Splitter {
    DeckBuild *b;
    char *text, *shape; /* the deck, line ends \n; blanks where notes stood */
    size_t n, pos;
    int line;            /* where the line before pos begins, 1-based */
    int n_joined;        /* further lines that a comment joined to it */
    bool no_comment_end; /* in the rest of the deck */
    char across[SEPARATOR_MAX + 1], down[SEPARATOR_MAX + 1];
    bool down_given;
    DeckFence fence;
    int fence_line; /* where it began */
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
    line->text = s->shape + s->pos;
    const char *end = memchr(line->text, '\n', s->n - s->pos);
    line->n = end ? (size_t)(end - line->text) : s->n - s->pos;
    s->pos += line->n + (end != NULL);
    s->line += 1 + s->n_joined;
    s->n_joined = 0;
    return true;
}

/* Blanks for n characters, so that what follows keeps its place and line. */
static void blank(Splitter *s, size_t at, size_t n) {
    memset(s->shape + at, ' ', n);
    for (size_t i = at; i < at + n; i++)
        if (s->text[i] != '\n') s->text[i] = ' ';
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

/* text[*from..*to) without blanks at its ends. */
static void trim(const char *text, size_t *from, size_t *to) {
    while (*to > *from && scan_is_blank(text[*to - 1]))
        --*to;
    while (*from < *to && scan_is_blank(text[*from]))
        ++*from;
}

/* ---- comments ----------------------------------------------------------- */

static bool begins(const Splitter *s, size_t at, const char *what) {
    size_t n = strlen(what);
    return n <= s->n - at && memcmp(s->shape + at, what, n) == 0;
}

/* Past the code that the backticks at `at` open; past themselves when none in
 * the line up to `to` close it. */
static size_t skip_code(const Splitter *s, size_t at, size_t to) {
    size_t n_open = 0, n_run = 0;
    for (; at < to && s->shape[at] == '`'; at++)
        n_open++;
    for (size_t i = at; i < to; i++) {
        n_run = s->shape[i] == '`' ? n_run + 1 : 0;
        bool ends = i + 1 == to || s->shape[i + 1] != '`';
        if (n_run == n_open && ends) return i + 1;
    }
    return at;
}

/* The first comment from `at` on; `to` when there is none before it. */
static size_t find_comment(const Splitter *s, size_t at, size_t to) {
    while (at < to && !begins(s, at, "<!--")) {
        char c = s->shape[at];
        at = c == '`' ? skip_code(s, at, to) : at + 1 + (c == '\\');
    }
    return at < to ? at : to;
}

/* Past the comment at `at`; 0 when it never ends.  HTML takes <!--> and <!--->
 * for whole comments. */
static size_t comment_end(Splitter *s, size_t at) {
    size_t body = at + strlen("<!--");
    if (begins(s, at, "<!-->")) return at + strlen("<!-->");
    if (begins(s, at, "<!--->")) return at + strlen("<!--->");
    if (s->no_comment_end) return 0;
    const char *end = scan_find(s->shape + body, s->n - body, "-->");
    if (end) return (size_t)(end - s->shape) + strlen("-->");
    s->no_comment_end = true;
    return 0;
}

/* md4c knows no <!-->, but any <?x?>. */
static void mask_comment(Splitter *s, size_t at, size_t end) {
    bool is_short = end - at < strlen("<!---->");
    char *open = s->shape + at, *close = s->shape + end - 3;
    if (!is_short && scan_find(open + 4, end - at - 4, "<!--")) {
        s->b->line = s->line;
        deck_build_warn(s->b, "a comment begins within a comment: is the "
                              "first one closed?");
    }
    memset(open, 'x', end - at);
    memcpy(open, is_short ? "<?" : "<!--", is_short ? 2 : 4);
    memcpy(close + is_short, is_short ? "?>" : "-->", 3 - is_short);
}

/* Masks the comments that begin in a line; it then reaches to the end of the
 * line in which the last of them ends. */
static void mask_comments(Splitter *s, Line *l) {
    size_t from = (size_t)(l->text - s->shape), to = from + l->n;
    if (!scan_find(l->text, l->n, "<!--")) return;
    for (size_t at = find_comment(s, from, to); at < to;) {
        size_t end = comment_end(s, at);
        if (end == 0) return;
        mask_comment(s, at, end);
        for (size_t i = at; i < end; i++)
            s->n_joined += s->text[i] == '\n';
        while (to < s->n && (to < end || s->shape[to] != '\n'))
            to++;
        s->pos = to + (to < s->n);
        l->n = to - from;
        at = find_comment(s, end, to);
    }
}

/* Whether nothing but blanks stands in the shape's line around from..to. */
static bool is_alone(const Splitter *s, size_t from, size_t to) {
    while (from > 0 && s->shape[from - 1] == ' ')
        from--;
    while (to < s->n && s->shape[to] == ' ')
        to++;
    return (from == 0 || s->shape[from - 1] == '\n') &&
           (to == s->n || s->shape[to] == '\n');
}

/* "<!-- .say:" alone on its line: what follows up to --> is the slide's text
 * here and a remark to reveal-md.  Both its ends become blanks. */
static bool open_say(Splitter *s, const Line *l) {
    size_t at = (size_t)(l->text - s->shape), to = at + l->n;
    trim(s->shape, &at, &to);
    Scan sc = scan_init(s->shape + at, to - at, "comment");
    const char *name;
    if (!begins(s, at, "<!--")) return false;
    sc.pos = strlen("<!--");
    scan_blanks(&sc);
    if (!scan_take(&sc, '.') || scan_name(&sc, &name) != strlen("say") ||
        memcmp(name, "say", strlen("say")) != 0)
        return false;
    scan_blanks(&sc);
    const bool is_named = scan_take(&sc, ':') && sc.pos == to - at;
    const size_t end = is_named ? comment_end(s, at) : 0;
    s->b->line = s->line;
    if (end == 0 || !is_alone(s, end - strlen("-->"), end)) {
        deck_build_fail(s->b, ERR_FORMAT,
                        "say: need <!-- .say: on a line, the text on others, "
                        "and --> on the last");
        return true;
    }
    blank(s, at, to - at);
    blank(s, end - strlen("-->"), strlen("-->"));
    return true;
}

/* ---- kinds of lines ----------------------------------------------------- */

bool deck_fence_line(DeckFence *f, const char *line, size_t n) {
    const char c = n > 0 ? line[0] : '\0';
    const bool inside = f->c != '\0';
    size_t run = 0;
    if (c != '`' && c != '~') return inside;
    while (run < n && line[run] == c)
        run++;
    if (!inside && run >= 3 && !(c == '`' && memchr(line + run, '`', n - run)))
        *f = (DeckFence){c, run};
    else if (f->c == c && run >= f->n) {
        for (size_t i = run; i < n; i++)
            if (!scan_is_blank(line[i])) return true;
        *f = (DeckFence){0};
    }
    return inside || f->c != '\0';
}

/* Only fences that stand in no list matter: a separator begins its line and so
 * would end the list, its fence included. */
static bool is_fenced(Splitter *s, const Line *l) {
    const size_t at = indent(l);
    const bool was = s->fence.c != '\0';
    if (at > 3) return was;
    const bool is = deck_fence_line(&s->fence, l->text + at, l->n - at);
    if (!was && is) s->fence_line = s->line;
    return is;
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

static bool is_one_of(const char *key, const char *const *list) {
    for (; *list; list++)
        if (strcmp(*list, key) == 0) return true;
    return false;
}

/* Keys that mean something to reveal-md are another thing than misspelt ones,
 * but are left out as well. */
static void check_key(DeckBuild *b, const char *key) {
    static const char *const ours[] = {"title",
                                       "model",
                                       "models",
                                       "minutes",
                                       "elsewhere",
                                       "separator",
                                       "verticalSeparator",
                                       "author",
                                       "date",
                                       "lesson",
                                       "slide",
                                       "subject",
                                       NULL};
    static const char *const theirs[] = {"theme",
                                         "css",
                                         "scripts",
                                         "highlightTheme",
                                         "notesSeparator",
                                         "preprocessor",
                                         "template",
                                         "revealOptions",
                                         NULL};
    if (is_one_of(key, theirs))
        deck_build_warn(b, "front matter: %s means nothing here", key);
    else if (!is_one_of(key, ours))
        deck_build_warn(b, "unknown front matter key \"%.40s\"", key);
}

/* text[*from..*to) without blanks and quotes at its ends. */
static void trim_value(const char *text, size_t *from, size_t *to) {
    trim(text, from, to);
    char quote = *from < *to ? text[*from] : '\0';
    if ((quote == '"' || quote == '\'') && *to - *from >= 2 &&
        text[*to - 1] == quote) {
        ++*from;
        --*to;
    }
}

static void push_model(DeckBuild *b, const char *name, size_t n) {
    if (n == 0) return;
    if (b->models.n >= DECK_META_MAX)
        deck_build_fail(b, ERR_LIMIT, "more than %d models", DECK_META_MAX);
    const char **model = deck_build_push(b, &b->models, sizeof *model);
    if (model) *model = deck_build_copy(b, name, n);
}

/* Names between commas, all of them in brackets or none. */
static void read_models(DeckBuild *b, const char *text, size_t n) {
    size_t at = 0, end = n;
    trim(text, &at, &end);
    if (end - at >= 2 && text[at] == '[' && text[end - 1] == ']') {
        at++;
        end--;
    }
    while (at < end) {
        const char *comma = memchr(text + at, ',', end - at);
        size_t next = comma ? (size_t)(comma - text) : end;
        size_t from = at, to = next;
        at = next + 1;
        trim_value(text, &from, &to);
        push_model(b, text + from, to - from);
    }
}

/* A line of a list, "- tales", belongs to the key above it; so do indented
 * lines, and remarks to nobody. */
static bool read_continuation(Splitter *s, const Line *l) {
    size_t at = indent(l);
    const DeckMeta *meta = s->b->meta.items;
    const DeckMeta *above = s->b->meta.n ? &meta[s->b->meta.n - 1] : NULL;
    bool item =
        at + 1 < l->n && l->text[at] == '-' && scan_is_blank(l->text[at + 1]);
    if (l->n > 0 && at == 0 && *l->text != '#' && !(item && above))
        return false;
    if (item && above &&
        (strcmp(above->key, "models") == 0 || strcmp(above->key, "model") == 0))
        read_models(s->b, l->text + at + 1, l->n - at - 1);
    return true;
}

/* KEY: VALUE at the line's beginning. */
static bool read_meta(Splitter *s, const Line *l) {
    DeckBuild *b = s->b;
    Scan sc = scan_init(l->text, l->n, "front matter");
    const char *key;
    if (read_continuation(s, l)) return true;
    size_t n = scan_name(&sc, &key);
    if (n == 0 || !scan_take(&sc, ':')) return false;
    size_t from = sc.pos, to = l->n;
    trim_value(l->text, &from, &to);
    if (b->meta.n >= DECK_META_MAX)
        deck_build_fail(b, ERR_LIMIT, "more than %d lines of front matter",
                        DECK_META_MAX);
    DeckMeta *meta = deck_build_push(b, &b->meta, sizeof *meta);
    if (!meta) return true;
    meta->key = deck_build_copy(b, key, n);
    meta->value = deck_build_copy(b, l->text + from, to - from);
    if (!deck_build_ok(b)) return true;
    check_key(b, meta->key);
    use_separator(s, meta->key, meta->value);
    if (strcmp(meta->key, "model") == 0) /* One name, whatever stands in it. */
        push_model(b, meta->value, strlen(meta->value));
    else if (strcmp(meta->key, "models") == 0)
        read_models(b, meta->value, strlen(meta->value));
    return true;
}

/* Front matter is what stands between two --- lines at the very beginning,
 * when all of it looks like it; else the first --- is a separator. */
static void read_front_matter(Splitter *s) {
    Line l;
    size_t n_warnings = s->b->warnings.n;
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
    s->b->meta.n = s->b->models.n = 0;
    s->b->warnings.n = n_warnings;
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
    static const char *const ours[] = {
        "<!-- .stage", "<!-- .ask",   "<!-- .guess", "<!-- .do:",
        "<!-- .hint",  "<!-- .claim", "<!-- .say"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strstr(notes, ours[i]))
            deck_build_warn(s->b, "the notes hold a \"%s\", which is left out",
                            ours[i]);
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

/* Of what follows "Notes:"; out of an <aside>, the slide's. */
static int notes_line(const Splitter *s) {
    int line = s->slide_line;
    if (s->notes_from > s->n || s->aside.n > 0) return line;
    size_t at = s->slide_from;
    for (; at < s->notes_from; at++)
        line += s->text[at] == '\n';
    for (; at < s->n && scan_is_blank(s->text[at]); at++)
        line += s->text[at] == '\n';
    return line;
}

/* Notes drive nothing and hold remarks of their own: without its comments, line
 * for line, their text is Markdown as a slide's is. */
static void parse_notes(Splitter *s, const char *notes, int line) {
    DeckBuild *b = s->b;
    const size_t n = strlen(notes);
    char *text = deck_build_copy(b, notes, n), *at = text, *shape;
    if (!text || n == 0) return;
    if (n > DECK_SLIDE_MAX) {
        deck_build_warn(b, "notes of %zu bytes are not shown, only up to %u", n,
                        DECK_SLIDE_MAX);
        return;
    }
    while ((at = strstr(at, "<!--")) != NULL) {
        const char *end = strstr(at + 4, "-->");
        char *past = end ? text + (end - text) + 3 : text + n;
        for (; at < past; at++)
            if (*at != '\n') *at = ' ';
    }
    if (!(shape = deck_build_copy(b, text, n))) return;
    deck_build_notes(b, line);
    deck_formula_mask(b, shape, n, line, false);
    deck_md_parse(b, text, shape, n, line);
    deck_build_notes_end(b);
}

/* `to` is where the slide's text ends, its notes included. */
static void end_slide(Splitter *s, size_t to) {
    DeckBuild *b = s->b;
    size_t body_end = s->notes_from <= s->n ? s->notes_from : to;
    b->line = s->slide_line;
    if (body_end - s->slide_from > DECK_SLIDE_MAX)
        deck_build_fail(b, ERR_LIMIT, "a slide of %zu bytes, allowed %u",
                        body_end - s->slide_from, DECK_SLIDE_MAX);
    if (!deck_build_ok(b)) return;
    deck_build_slide(b, s->slide_line);
    deck_formula_mask(b, s->shape + s->slide_from, body_end - s->slide_from,
                      s->slide_line, false);
    deck_md_parse(b, s->text + s->slide_from, s->shape + s->slide_from,
                  body_end - s->slide_from, s->slide_line);
    b->line = s->slide_line;
    const int notes_from = notes_line(s); /* before they are put together */
    const char *notes = slide_notes(s, to);
    deck_build_slide_end(b, notes);
    if (deck_build_ok(b) && notes) parse_notes(s, notes, notes_from);
}

/* Moves a line of <aside class="notes"> to the notes, leaving blanks, so that
 * the lines after it keep their numbers. */
static void take_aside(Splitter *s, const Line *l) {
    size_t from = 0, to = l->n, at = (size_t)(l->text - s->shape);
    if (!s->in_aside) {
        const char *end = memchr(l->text, '>', l->n);
        from = end ? (size_t)(end - l->text) + 1 : l->n;
    }
    s->in_aside = !scan_find(l->text, l->n, "</aside>");
    if (!s->in_aside)
        while (to > from && l->text[to - 1] != '<')
            to--;
    if (!s->in_aside && to > from) to--; /* the < of </aside> */
    deck_build_append(s->b, &s->aside, s->text + at + from, to - from);
    deck_build_append(s->b, &s->aside, "\n", 1);
    blank(s, at, l->n);
}

/* One line of a slide that is neither fenced nor notes. */
static void read_line(Splitter *s, const Line *l) {
    size_t at = notes_at(l), from = (size_t)(l->text - s->shape);
    s->b->line = s->line;
    if (is_too_deep(l)) {
        deck_build_fail(s->b, ERR_LIMIT,
                        "lists and quotes nested deeper than %d",
                        DECK_DEPTH_MAX);
    } else if (s->in_aside ||
               line_begins(l, indent(l), "<aside class=\"notes\"")) {
        take_aside(s, l);
    } else if (at > 0) {
        s->notes_from = from + at;
        blank(s, from, at); /* the word itself belongs to neither part */
    } else if (is_near_separator(l)) {
        deck_build_warn(s->b,
                        "a line of dashes is no slide break here; one "
                        "is exactly %s or %s",
                        s->across, s->down);
    }
}

/* One line of the deck; it may grow by a comment. */
static void split_line(Splitter *s, Line *l) {
    if (is_fenced(s, l)) return;
    if (is_separator(s, l)) {
        end_slide(s, (size_t)(l->text - s->shape));
        s->b->below = line_is(l, s->down) && !line_is(l, s->across);
        begin_slide(s);
        return;
    }
    if (s->notes_from > s->n && open_say(s, l)) return;
    mask_comments(s, l);
    if (s->notes_from > s->n) read_line(s, l);
}

void deck_split(DeckBuild *b, char *text, size_t n) {
    Splitter s = {.b = b, .text = text, .n = n, .across = "---"};
    memcpy(s.down, "----", sizeof "----");
    DeckVec shape = {0};
    Line l;
    deck_build_append(b, &shape, text, n);
    if (deck_build_ok(b)) {
        s.shape = n > 0 ? shape.items : text;
        read_front_matter(&s);
        begin_slide(&s);
        while (deck_build_ok(b) && next_line(&s, &l))
            split_line(&s, &l);
        b->line = s.fence_line;
        if (s.fence.c) deck_build_warn(b, "a code fence is never closed");
        end_slide(&s, n);
    }
    free(s.aside.items);
    free(shape.items);
}
