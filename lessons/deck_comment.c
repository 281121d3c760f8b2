/* What comments say: .stage, .claim and the questions (deck_ask.c) are ours;
 * .slide and .element are reveal-md's, read as far as a slide can show it. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <string.h>

/* A trimmed copy in the deck's memory. */
static const char *copy_trimmed(DeckBuild *b, const char *text, size_t n) {
    scan_trim(&text, &n);
    return deck_build_copy(b, text, n);
}

static void read_stage(DeckBuild *b, const char *text, size_t n) {
    const StateKeys place = STATE_BIT(STATE_SLIDE) | STATE_BIT(STATE_BEAT);
    const char *copy = copy_trimmed(b, text, n);
    if (!copy) return;
    State stage;
    Err err = {0};
    state_init(&stage);
    if (!state_parse(&stage, copy, &err))
        deck_build_fail(b, err.code == ERR_MEMORY ? ERR_MEMORY : ERR_FORMAT,
                        "%s", err.msg);
    else if (stage.set & place)
        deck_build_fail(b, ERR_FORMAT,
                        "state: slide and beat follow from where it stands");
    else
        deck_build_stage(b, &stage);
    state_free(&stage);
}

static void read_claim(DeckBuild *b, const char *text, size_t n) {
    const char *copy = copy_trimmed(b, text, n);
    if (!copy) return;
    Claim claim;
    Err err = {0};
    if (claim_parse(&claim, copy, strlen(copy), &err))
        deck_build_claim(b, &claim, copy, false);
    else
        deck_build_fail(b, ERR_FORMAT, "%s", err.msg);
}

/* ---- .slide and .element ------------------------------------------------ */

static void warn_of_attr(DeckBuild *b, const char *who, const DeckAttr *a) {
    deck_build_warn(b, "%s: %.*s is left out", who,
                    a->n_name < 60 ? a->n_name : 60, a->name);
}

static void warn_of_class(DeckBuild *b, const char *who, const char *class,
                          int n) {
    deck_build_warn(b, "%s: class \"%.*s\" is left out", who, n < 60 ? n : 60,
                    class);
}

static void read_slide_class(DeckBuild *b, const DeckAttr *a) {
    const char *class;
    int n, at = 0;
    while ((n = deck_attr_word(a, &at, &class)) > 0)
        if (deck_word_is(class, n, "align-center"))
            b->centred = true;
        else
            warn_of_class(b, ".slide", class, n);
}

/* What an attribute names; *page 0: no document. */
static const char *named(DeckBuild *b, const DeckAttr *a, int *page) {
    *page = 0;
    return deck_document_name(
        b, deck_build_copy(b, a->value, (size_t)a->n_value), page);
}

static void put_behind(DeckBuild *b, const char *name, int page) {
    b->background = name;
    b->background_page = page;
    b->background_line = b->line;
}

static void read_picture(DeckBuild *b, const DeckAttr *a) {
    int page;
    const char *name = named(b, a, &page);
    put_behind(b, name, page);
}

/* A page of the web is not shown behind a slide, one of a document is. */
static bool read_frame(DeckBuild *b, const DeckAttr *a) {
    int page;
    if (!deck_attr_is(a, "data-background-iframe") || !a->value) return false;
    const char *name = named(b, a, &page);
    if (page > 0) put_behind(b, name, page);
    return page > 0;
}

/* "data-background" is a colour, a gradient or a picture. */
static void read_ground(DeckBuild *b, const DeckAttr *a) {
    const bool any = deck_attr_is(a, "data-background");
    if (deck_ground_read(a->value, (size_t)a->n_value, &b->ground)) return;
    if (any && memchr(a->value, '.', (size_t)a->n_value))
        read_picture(b, a);
    else
        deck_build_warn(b, ".slide: %.*s: \"%.*s\" is no colour that is known",
                        a->n_name, a->name, a->n_value < 60 ? a->n_value : 60,
                        a->value);
}

/* Seconds, as reveal-md's speaker view has them. */
static void read_timing(DeckBuild *b, const DeckAttr *a) {
    double s;
    if (scan_number(a->value, (size_t)a->n_value, &s) && s >= 0 &&
        s <= DECK_TIMING_MAX)
        b->timing = (int)s;
    else
        deck_build_warn(b,
                        ".slide: data-timing is a number of seconds from 0 "
                        "to %d",
                        DECK_TIMING_MAX);
}

static void read_slide(DeckBuild *b, const char *text, size_t n) {
    Scan sc = scan_init(text, n, "slide");
    DeckAttr a;
    while (deck_attr_next(&sc, &a)) {
        if (deck_attr_is(&a, "class") && a.value) {
            read_slide_class(b, &a);
        } else if (deck_attr_is(&a, "data-background-image") && a.value) {
            read_picture(b, &a);
        } else if (a.value && (deck_attr_is(&a, "data-background-color") ||
                               deck_attr_is(&a, "data-background-gradient") ||
                               deck_attr_is(&a, "data-background"))) {
            read_ground(b, &a);
        } else if (deck_attr_is(&a, "data-timing") && a.value) {
            read_timing(b, &a);
        } else if (!read_frame(b, &a)) {
            warn_of_attr(b, ".slide", &a);
        }
    }
}

/* The blocks that an .element comment means: the one it stands in or behind;
 * behind a list or a table, all of it.  The first; *last is one past. */
static DeckBlock *element_blocks(DeckBuild *b, DeckBlock **last) {
    DeckBlock *first = deck_build_last(b), *all = b->blocks.items;
    *last = first ? first + 1 : NULL;
    if (!first || b->open || deck_build_lists(b) > 0) return first;
    while (first > all && (first->kind == BLOCK_ITEM || first->level > 0) &&
           (first[-1].kind == BLOCK_ITEM ||
            (first[-1].kind == BLOCK_PARAGRAPH && first[-1].level > 0)))
        first--;
    while (first > all && first->kind == BLOCK_ROW && !b->table.in_row &&
           first[-1].kind == BLOCK_ROW && first[-1].info == first->info)
        first--;
    return first;
}

static void read_element_class(DeckBuild *b, const DeckAttr *a,
                               FragmentRead *f) {
    const char *class;
    int n, at = 0;
    while ((n = deck_attr_word(a, &at, &class)) > 0)
        if (!deck_fragment_word(f, class, n))
            warn_of_class(b, ".element", class, n);
}

static void read_element_attrs(DeckBuild *b, const char *text, size_t n,
                               DeckBlock *from, const DeckBlock *to) {
    Scan sc = scan_init(text, n, "element");
    DeckAttr a;
    FragmentRead f = {0};
    int size;
    while (deck_attr_next(&sc, &a)) {
        if (deck_attr_is(&a, "style") && a.value) {
            if (!deck_attr_size(b, &a, ".element", -2, &size)) continue;
            for (DeckBlock *block = from; block < to; block++)
                block->size = size;
        } else if (deck_attr_is(&a, "class") && a.value) {
            read_element_class(b, &a, &f);
        } else if (!deck_fragment_attr(b, &f, &a)) {
            warn_of_attr(b, ".element", &a);
        }
    }
    const int fragment = deck_fragment_add(b, &f);
    for (DeckBlock *block = from; fragment && block < to; block++)
        block->fragment = fragment;
}

static void read_element(DeckBuild *b, const char *text, size_t n) {
    DeckBlock *to, *from = element_blocks(b, &to);
    if (from)
        read_element_attrs(b, text, n, from, to);
    else if (deck_build_ok(b))
        deck_build_warn(b, ".element: there is nothing before it");
}

/* Those that stand right are text by now (deck_split.c). */
static void read_say(DeckBuild *b, const char *text, size_t n) {
    (void)text;
    (void)n;
    deck_build_fail(b, ERR_FORMAT,
                    "say: need <!-- .say: on a line, the text on others, and "
                    "--> on the last");
}

/* ---- all ---------------------------------------------------------------- */

typedef struct Directive {
    const char *name;
    void (*read)(DeckBuild *b, const char *text, size_t n);
} Directive;

static const Directive directives[] = {
    {"stage", read_stage},  {"claim", read_claim},
    {"ask", deck_ask_read}, {"guess", deck_ask_guess},
    {"do", deck_ask_do},    {"hint", deck_ask_hint},
    {"slide", read_slide},  {"element", read_element},
    {"say", read_say},
};

void deck_comment_parse(DeckBuild *b, const char *text, size_t n) {
    Scan sc = scan_init(text, n, "comment");
    scan_blanks(&sc);
    if (!scan_take(&sc, '.')) return; /* a remark */
    const char *name;
    size_t len = scan_name(&sc, &name);
    const Directive *d = directives;
    const Directive *end = d + sizeof directives / sizeof *directives;
    while (d < end &&
           (strlen(d->name) != len || memcmp(d->name, name, len) != 0))
        d++;
    if (d == end) {
        deck_build_warn(b, "unknown comment \".%.*s\" is left out",
                        len < 24 ? (int)len : 24, name);
        return;
    }
    scan_blanks(&sc);
    if (!scan_take(&sc, ':'))
        deck_build_fail(b, ERR_FORMAT, "need a colon: .%s:", d->name);
    else
        d->read(b, text + sc.pos, n - sc.pos);
}
