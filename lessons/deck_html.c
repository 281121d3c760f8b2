/* Raw HTML in Markdown.  A slide shows its text; of its tags it knows the few
 * in the table below, all others are passed over and their text is kept. */
#include "lessons/deck_private.h"

#include "engine/base/utf8.h"
#include "lessons/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENTITY_MAX 12 /* characters of "&hellip;" and its kind */

/* A tag: <name attrs> or </name>. */
typedef struct Tag {
    const char *name, *attrs;
    size_t n_name, n_attrs;
    bool closing;
} Tag;

/* ---- character entities ------------------------------------------------- */

typedef struct Entity {
    const char *name, *text;
} Entity;

/* The ones that slides use; md4c finds entities but has no list. */
static const Entity entities[] = {
    {"amp", "&"},         {"lt", "<"},           {"gt", ">"},
    {"quot", "\""},       {"apos", "'"},         {"nbsp", "\u00A0"},
    {"copy", "\u00A9"},   {"reg", "\u00AE"},     {"trade", "\u2122"},
    {"deg", "\u00B0"},    {"plusmn", "\u00B1"},  {"times", "\u00D7"},
    {"divide", "\u00F7"}, {"minus", "\u2212"},   {"middot", "\u00B7"},
    {"bull", "\u2022"},   {"hellip", "\u2026"},  {"ndash", "\u2013"},
    {"mdash", "\u2014"},  {"lsquo", "\u2018"},   {"rsquo", "\u2019"},
    {"ldquo", "\u201C"},  {"rdquo", "\u201D"},   {"laquo", "\u00AB"},
    {"raquo", "\u00BB"},  {"larr", "\u2190"},    {"uarr", "\u2191"},
    {"rarr", "\u2192"},   {"darr", "\u2193"},    {"harr", "\u2194"},
    {"rArr", "\u21D2"},   {"le", "\u2264"},      {"ge", "\u2265"},
    {"ne", "\u2260"},     {"asymp", "\u2248"},   {"equiv", "\u2261"},
    {"infin", "\u221E"},  {"radic", "\u221A"},   {"sum", "\u2211"},
    {"prod", "\u220F"},   {"isin", "\u2208"},    {"sup2", "\u00B2"},
    {"sup3", "\u00B3"},   {"frac12", "\u00BD"},  {"alpha", "\u03B1"},
    {"beta", "\u03B2"},   {"gamma", "\u03B3"},   {"delta", "\u03B4"},
    {"Delta", "\u0394"},  {"epsilon", "\u03B5"}, {"theta", "\u03B8"},
    {"lambda", "\u03BB"}, {"mu", "\u03BC"},      {"pi", "\u03C0"},
    {"sigma", "\u03C3"},  {"Sigma", "\u03A3"},   {"tau", "\u03C4"},
    {"phi", "\u03C6"},    {"omega", "\u03C9"},   {"Omega", "\u03A9"},
};

/* &#215; or &#xD7;, the text after the '#' up to the ';'. */
static bool numeric_entity(const char *text, char out[8]) {
    bool hex = *text == 'x' || *text == 'X';
    char *end = NULL;
    if (hex) text++;
    const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
    if (!*text || text[strspn(text, digits)] != '\0') return false;
    unsigned long cp = strtoul(text, &end, hex ? 16 : 10);
    bool scalar = cp > 0 && cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
    int n = utf8_encode(scalar ? (uint32_t)cp : 0xFFFD, out);
    out[n] = '\0';
    return true;
}

size_t deck_html_entity(const char *text, size_t n, char out[8]) {
    char name[ENTITY_MAX + 1];
    size_t len = 1;
    while (len < n && len <= ENTITY_MAX && text[len] != ';')
        len++;
    if (len >= n || text[len] != ';') return 0;
    memcpy(name, text + 1, len - 1);
    name[len - 1] = '\0';
    if (name[0] == '#') return numeric_entity(name + 1, out) ? len + 1 : 0;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
        if (strcmp(entities[i].name, name) == 0) {
            snprintf(out, 8, "%s", entities[i].text);
            return len + 1;
        }
    return 0;
}

/* ---- tags --------------------------------------------------------------- */

static bool tag_is(const Tag *t, const char *name) {
    return strlen(name) == t->n_name &&
           strncasecmp(t->name, name, t->n_name) == 0;
}

/* Length of the tag at text[0] == '<': 0 when it is none, n + 1 when it never
 * ends. */
static size_t read_tag(const char *text, size_t n, Tag *t) {
    Scan sc = scan_init(text, n, "tag");
    sc.pos = 1;
    *t = (Tag){.closing = scan_take(&sc, '/')};
    t->n_name = scan_name(&sc, &t->name);
    if (t->n_name == 0) return 0;
    t->attrs = text + sc.pos;
    char quote = '\0';
    for (; sc.pos < n; sc.pos++) {
        char c = text[sc.pos];
        if (!quote && c == '>') {
            t->n_attrs = (size_t)(text + sc.pos - t->attrs);
            return sc.pos + 1;
        }
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
    }
    return n + 1;
}

/* A text's copy in the deck's memory, its entities decoded. */
static const char *copy_decoded(DeckBuild *b, const char *text, size_t n) {
    char *out = deck_build_copy(b, text, n), decoded[8];
    size_t len = 0;
    for (size_t at = 0; out && at < n;) {
        size_t used = 0;
        if (text[at] == '&')
            used = deck_html_entity(text + at, n - at, decoded);
        if (used == 0) {
            out[len++] = text[at++];
            continue;
        }
        memcpy(out + len, decoded, strlen(decoded)); /* never longer */
        len += strlen(decoded);
        at += used;
    }
    if (out) out[len] = '\0';
    return out;
}

/* Value of name="value" in a tag, in the deck's memory; NULL: not there.  The
 * "data-src" by which reveal.js loads a frame late counts as "src". */
static const char *attr(DeckBuild *b, const Tag *t, const char *name) {
    Scan sc = scan_init(t->attrs, t->n_attrs, "tag");
    while (sc.pos < sc.n) {
        const char *key;
        size_t n = scan_name(&sc, &key);
        if (n == 0) {
            sc.pos++;
            continue;
        }
        if (!scan_take(&sc, '=')) continue;
        char quote = scan_peek(&sc);
        bool quoted = quote == '"' || quote == '\'';
        size_t from = sc.pos + quoted, to = from;
        while (to < sc.n &&
               (quoted ? sc.text[to] != quote : !scan_is_blank(sc.text[to])))
            to++;
        sc.pos = to + (quoted && to < sc.n);
        if (n == strlen(name) && strncasecmp(key, name, n) == 0)
            return copy_decoded(b, sc.text + from, to - from);
    }
    return NULL;
}

/* A frame of something that lives elsewhere: a box with its address. */
static void show_web(DeckBuild *b, const Tag *t) {
    const char *src = attr(b, t, tag_is(t, "object") ? "data" : "src");
    if (!t->closing && src) {
        deck_build_block(b, BLOCK_WEB, b->n_lists, 0, src);
        deck_build_block_end(b);
    }
}

static void show_image(DeckBuild *b, const Tag *t) {
    const char *src = attr(b, t, "src"), *alt = attr(b, t, "alt");
    if (!src) return;
    deck_build_block(b, BLOCK_IMAGE, b->n_lists, 0, src);
    if (alt) deck_build_text(b, alt, strlen(alt));
    deck_build_block_end(b);
}

static void show_break(DeckBuild *b, const Tag *t) {
    (void)t;
    deck_build_break(b);
}

/* <span class="query">: a word in the colour of what it means. */
static void show_role(DeckBuild *b, const Tag *t) {
    static const char *const names[] = {
        [ROLE_NONE] = "",
        [ROLE_QUERY] = "query",
        [ROLE_KEY] = "key",
        [ROLE_VALUE] = "value",
        [ROLE_RESIDUAL] = "residual",
        [ROLE_MLP] = "mlp",
    };
    const char *class = t->closing ? NULL : attr(b, t, "class");
    b->role = ROLE_NONE;
    for (int r = ROLE_QUERY; class && r <= ROLE_MLP; r++)
        if (strcmp(class, names[r]) == 0) b->role = (SpanRole)r;
}

static void end_block(DeckBuild *b, const Tag *t) {
    (void)t;
    deck_build_block_end(b);
}

/* The pdf plugin's way: the path stands in a comment, see read_pdf. */
static void enter_div(DeckBuild *b, const Tag *t) {
    const char *class = t->closing ? NULL : attr(b, t, "class");
    deck_build_block_end(b);
    b->in_pdf = class && strcmp(class, "pdf") == 0;
}

typedef struct TagInfo {
    const char *name;
    void (*show)(DeckBuild *b, const Tag *t);
} TagInfo;

static const TagInfo tags[] = {
    {"iframe", show_web}, {"video", show_web}, {"audio", show_web},
    {"source", show_web}, {"embed", show_web}, {"object", show_web},
    {"img", show_image},  {"br", show_break},  {"span", show_role},
    {"div", enter_div},   {"p", end_block},    {"li", end_block},
    {"tr", end_block},    {"h1", end_block},   {"h2", end_block},
    {"h3", end_block},    {"h4", end_block},
};

static void show_tag(DeckBuild *b, const Tag *t) {
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tag_is(t, tags[i].name)) {
            tags[i].show(b, t);
            return;
        }
}

/* ---- comments and text -------------------------------------------------- */

/* { "pdf": "assets/paper.pdf" } */
static void read_pdf(DeckBuild *b, const char *text, size_t n) {
    const char *copy = deck_build_copy(b, text, n);
    const char *key = copy ? strstr(copy, "\"pdf\"") : NULL;
    const char *open = key ? strchr(key + strlen("\"pdf\""), '"') : NULL;
    const char *close = open ? strchr(open + 1, '"') : NULL;
    if (!close) {
        deck_build_warn(b, "found a pdf box without { \"pdf\": \"PATH\" }");
        return;
    }
    const char *path = deck_build_copy(b, open + 1, (size_t)(close - open - 1));
    deck_build_block(b, BLOCK_WEB, b->n_lists, 0, path);
    deck_build_block_end(b);
}

/* The comment at text[0..): its length. */
static size_t read_comment(DeckBuild *b, const char *text, size_t n) {
    const char *body = text + strlen("<!--");
    const char *end = scan_find(body, n - strlen("<!--"), "-->");
    if (!end) {
        deck_build_fail(b, ERR_FORMAT, "a comment is never closed, need -->");
        return n;
    }
    if (b->in_pdf)
        read_pdf(b, body, (size_t)(end - body));
    else
        deck_comment_parse(b, body, (size_t)(end - body));
    return (size_t)(end - text) + strlen("-->");
}

/* Programs and style sheets are not text: up to their closing tag. */
static size_t skip_raw(const char *text, size_t n, const Tag *t) {
    bool script = tag_is(t, "script"), style = tag_is(t, "style");
    if (t->closing || (!script && !style)) return 0;
    const char *end = scan_find(text, n, script ? "</script" : "</style");
    return end ? (size_t)(end - text) : n;
}

/* Text up to the next tag; every run of blanks is one space. */
static size_t read_text(DeckBuild *b, const char *text, size_t n) {
    char decoded[8];
    size_t len = 0;
    if (*text == '&') len = deck_html_entity(text, n, decoded);
    if (len > 0) {
        deck_build_text(b, decoded, strlen(decoded));
    } else if (scan_is_blank(*text)) {
        while (len < n && scan_is_blank(text[len]))
            len++;
        deck_build_text(b, " ", 1);
    } else {
        for (len = 1; len < n && text[len] != '<' && text[len] != '&' &&
                      !scan_is_blank(text[len]);)
            len++;
        deck_build_text(b, text, len);
    }
    return len;
}

/* Whatever stands at text[0]: its length, at least 1. */
static size_t read_one(DeckBuild *b, const char *text, size_t n) {
    Tag t;
    if (n >= 4 && memcmp(text, "<!--", 4) == 0) return read_comment(b, text, n);
    size_t len = *text == '<' ? read_tag(text, n, &t) : 0;
    if (len == 0) return read_text(b, text, n);
    if (len > n) {
        deck_build_warn(b, "<%.*s: a tag is never closed, need >",
                        t.n_name < 24 ? (int)t.n_name : 24, t.name);
        return n; /* it swallows the rest, as in a browser */
    }
    show_tag(b, &t);
    return len + skip_raw(text + len, n - len, &t);
}

void deck_html_parse(DeckBuild *b, const char *text, size_t n, int line) {
    b->line = line;
    for (size_t at = 0; at < n && deck_build_ok(b);) {
        size_t len = read_one(b, text + at, n - at);
        for (size_t i = 0; i < len; i++)
            if (text[at + i] == '\n') b->line++;
        at += len;
    }
    b->in_pdf = false;
}
