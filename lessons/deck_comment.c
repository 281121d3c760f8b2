/* What comments say: .stage, .ask and .claim are ours; .slide and .element
 * are reveal-md's, for its own looks, and pass in silence. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <string.h>

static void trim(const char **text, size_t *n) {
    for (; *n > 0 && scan_is_blank(**text); --*n)
        ++*text;
    while (*n > 0 && scan_is_blank((*text)[*n - 1]))
        --*n;
}

/* A trimmed copy in the deck's memory. */
static const char *copy_trimmed(DeckBuild *b, const char *text, size_t n) {
    trim(&text, &n);
    return deck_build_copy(b, text, n);
}

static void read_stage(DeckBuild *b, const char *text, size_t n) {
    const uint32_t place = 1u << STATE_SLIDE | 1u << STATE_BEAT;
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
        deck_build_claim(b, &claim, copy);
    else
        deck_build_fail(b, ERR_FORMAT, "%s", err.msg);
}

/* ---- .ask --------------------------------------------------------------- */

/* The next part up to a bar, "\|" being a bar within it; in the deck's memory,
 * trimmed.  *text and *n move on. */
static char *next_part(DeckBuild *b, const char **text, size_t *n) {
    char *part = deck_build_alloc(b, *n + 1);
    if (!part) return NULL;
    size_t len = 0;
    while (*n > 0 && **text != '|') {
        if (**text == '\\' && *n > 1 && (*text)[1] == '|') {
            ++*text;
            --*n;
        }
        part[len++] = *(*text)++;
        --*n;
    }
    if (*n > 0) { /* the bar */
        ++*text;
        --*n;
    }
    const char *from = part;
    trim(&from, &len);
    memmove(part, from, len);
    part[len] = '\0';
    return part;
}

/* "b*) Lily": its letter must be the next one, the star marks the answer. */
static bool read_option(DeckBuild *b, DeckAsk *ask, const char *part) {
    char letter = (char)('a' + ask->n_options);
    if (ask->n_options == DECK_OPTIONS_MAX) {
        deck_build_fail(b, ERR_LIMIT, "ask: more than %d answers",
                        DECK_OPTIONS_MAX);
        return false;
    }
    bool right = part[0] == letter && part[1] == '*';
    const char *rest = part + 1 + right;
    if (part[0] != letter || *rest != ')') {
        deck_build_fail(b, ERR_FORMAT,
                        "ask: found \"%.40s\", need \"%c) ANSWER\"", part,
                        letter);
        return false;
    }
    if (right && ask->answer >= 0) {
        deck_build_fail(b, ERR_FORMAT, "ask: two answers are marked with *");
        return false;
    }
    if (right) ask->answer = ask->n_options;
    for (rest++; scan_is_blank(*rest);)
        rest++;
    ask->options[ask->n_options++] = rest;
    return true;
}

static void read_ask(DeckBuild *b, const char *text, size_t n) {
    DeckAsk ask = {.answer = -1};
    ask.question = next_part(b, &text, &n);
    while (n > 0) {
        const char *part = next_part(b, &text, &n);
        if (!part || !read_option(b, &ask, part)) return;
    }
    if (!deck_build_ok(b)) return;
    if (!*ask.question || ask.n_options < 2 || ask.answer < 0)
        deck_build_fail(b, ERR_FORMAT,
                        "ask: need QUESTION | a) X | b*) Y with one * at the "
                        "right answer");
    else
        deck_build_ask(b, &ask);
}

/* ---- all ---------------------------------------------------------------- */

typedef struct Directive {
    const char *name;
    void (*read)(DeckBuild *b, const char *text, size_t n); /* NULL: pass */
} Directive;

static const Directive directives[] = {
    {"stage", read_stage}, {"ask", read_ask}, {"claim", read_claim},
    {"slide", NULL},       {"element", NULL},
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
    if (!d->read) return;
    scan_blanks(&sc);
    if (!scan_take(&sc, ':'))
        deck_build_fail(b, ERR_FORMAT, "need a colon: .%s:", d->name);
    else
        d->read(b, text + sc.pos, n - sc.pos);
}
