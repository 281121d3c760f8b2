/* Raw HTML in Markdown.  A slide shows its text; of its tags it knows the few
 * in the table below, all others are passed over, aloud, and their text is
 * kept. */
#include "lessons/deck_private.h"

#include "lessons/scan.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define HTML_ROWS_MAX 1000 /* of more rows a cell takes all to come */

/* A tag: <name attrs> or </name>. */
typedef struct Tag {
    const char *name, *attrs;
    size_t n_name, n_attrs;
    bool closing;
} Tag;

/* ---- tags --------------------------------------------------------------- */

static bool tag_is(const Tag *t, const char *name) {
    return strlen(name) == t->n_name &&
           strncasecmp(t->name, name, t->n_name) == 0;
}

/* One of the names up to the NULL. */
static bool tag_is_one(const Tag *t, const char *const *names) {
    while (*names && !tag_is(t, *names))
        names++;
    return *names != NULL;
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
    char *out = deck_build_alloc(b, 2 * n + 1), decoded[DECK_ENTITY_BYTES];
    size_t len = 0;
    for (size_t at = 0; out && at < n;) {
        size_t used = 0;
        if (text[at] == '&')
            used = deck_entity_read(text + at, n - at, decoded);
        if (used == 0) {
            out[len++] = text[at++];
            continue;
        }
        memcpy(out + len, decoded, strlen(decoded)); /* "&nGt;" grows */
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
    DeckAttr a;
    while (deck_attr_next(&sc, &a)) {
        bool late = deck_attr_is(&a, "data-src") && strcmp(name, "src") == 0;
        if (a.value && (late || deck_attr_is(&a, name)))
            return copy_decoded(b, a.value, (size_t)a.n_value);
    }
    return NULL;
}

/* ---- blocks ------------------------------------------------------------- */

/* "500" or "500px"; 0 for a share ("100%") and for what is no size. */
static int attr_pixels(DeckBuild *b, const Tag *t, const char *name) {
    const char *value = attr(b, t, name);
    double px;
    if (!value) return 0;
    size_t n = strspn(value, "0123456789");
    if (value[n] != '\0' && strcmp(value + n, "px") != 0) return 0;
    return scan_number(value, n, &px) && px <= 1e5 ? (int)px : 0;
}

/* A frame of something that lives elsewhere: a box with its address. */
static void show_web(DeckBuild *b, const Tag *t) {
    bool object = tag_is(t, "object"), video = tag_is(t, "video");
    if (t->closing) return;
    const char *src = attr(b, t, object ? "data" : "src");
    const char *title = attr(b, t, "title");
    if (src) {
        deck_build_block(b, BLOCK_WEB, deck_build_lists(b), 0, src);
        DeckBlock *block = deck_build_last(b);
        if (!block) return;
        block->width = attr_pixels(b, t, "width");
        block->height = attr_pixels(b, t, "height");
        block->still = attr(b, t, "data-still");
        if (!block->still) block->still = attr(b, t, "poster");
        deck_document_block(b);
        if (title) deck_build_text(b, title, strlen(title));
        deck_build_block_end(b);
    } else if (!video && !tag_is(t, "audio")) { /* those have a <source> */
        deck_build_warn(b, "<%.*s> has no address and is left out",
                        (int)t->n_name, t->name);
    }
}

/* width="50%" height="300" style="height: 300px" */
static void read_picture_size(DeckBuild *b, const Tag *t) {
    static const char *const names[] = {"width", "height"};
    DeckBlock *block = deck_build_last(b);
    const char *style = attr(b, t, "style");
    for (int i = 0; block && i < 2; i++) {
        const char *value = attr(b, t, names[i]);
        if (value && !deck_size_read(block, names[i], strlen(names[i]), value,
                                     strlen(value)))
            deck_build_warn(b, "<img>: %s=\"%.40s\" is left out", names[i],
                            value);
    }
    if (block && style) deck_size_style(b, block, style);
}

static void show_image(DeckBuild *b, const Tag *t) {
    const char *src = attr(b, t, "src"), *alt = attr(b, t, "alt");
    if (!src) {
        deck_build_warn(b, "<img> has no address and is left out");
        return;
    }
    deck_build_block(b, BLOCK_IMAGE, deck_build_lists(b), 0, src);
    deck_document_block(b);
    read_picture_size(b, t);
    if (alt) deck_build_text(b, alt, strlen(alt));
    deck_build_block_end(b);
}

static void show_break(DeckBuild *b, const Tag *t) {
    (void)t;
    deck_build_break(b);
}

static void end_block(DeckBuild *b, const Tag *t) {
    (void)t;
    deck_build_block_end(b);
}

static void show_heading(DeckBuild *b, const Tag *t) {
    deck_build_block_end(b);
    b->heading = t->closing ? 0 : t->name[1] - '0';
}

static void show_rule(DeckBuild *b, const Tag *t) {
    (void)t;
    deck_build_block(b, BLOCK_RULE, 0, 0, NULL);
    deck_build_block_end(b);
}

static void show_list(DeckBuild *b, const Tag *t) {
    deck_build_block_end(b);
    if (t->closing) {
        b->n_html_lists -= b->n_html_lists > 0;
        return;
    }
    if (deck_build_lists(b) + b->n_quotes >= DECK_DEPTH_MAX) {
        deck_build_fail(b, ERR_LIMIT, "lists and quotes nested deeper than %d",
                        DECK_DEPTH_MAX);
        return;
    }
    const char *start = attr(b, t, "start");
    double first = 1;
    if (start && (!scan_number(start, strlen(start), &first) || first < 1 ||
                  first > 1e6))
        first = 1;
    b->html_numbers[b->n_html_lists++] = tag_is(t, "ol") ? (int)first : 0;
}

static void show_item(DeckBuild *b, const Tag *t) {
    deck_build_block_end(b);
    if (t->closing) return;
    int *number =
        b->n_html_lists ? &b->html_numbers[b->n_html_lists - 1] : NULL;
    int lists = deck_build_lists(b);
    deck_build_block(b, BLOCK_ITEM, lists > 0 ? lists - 1 : 0,
                     number ? *number : 0, NULL);
    if (number && *number > 0) ++*number;
}

/* ---- words -------------------------------------------------------------- */

/* A class without the words that make a fragment; NULL: nothing is left. */
static const char *class_left(DeckBuild *b, const char *class) {
    const DeckAttr a = {.value = class, .n_value = (int)strlen(class)};
    char *left = deck_build_alloc(b, strlen(class) + 1);
    const char *word;
    FragmentRead ignored = {0};
    size_t len = 0;
    int n, at = 0;
    while (left && (n = deck_attr_word(&a, &at, &word)) > 0) {
        if (deck_fragment_word(&ignored, word, n)) continue;
        if (len > 0) left[len++] = ' ';
        memcpy(left + len, word, (size_t)n);
        len += (size_t)n;
    }
    return len > 0 ? left : NULL;
}

/* What a tag's class is beside a fragment's. */
static const char *own_class(DeckBuild *b, const Tag *t) {
    const char *class = t->closing ? NULL : attr(b, t, "class");
    return class ? class_left(b, class) : NULL;
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
    const char *class = own_class(b, t);
    b->role = ROLE_NONE;
    for (int r = ROLE_QUERY; class && r <= ROLE_MLP; r++)
        if (strcmp(class, names[r]) == 0) b->role = (SpanRole)r;
    if (class && b->role == ROLE_NONE)
        deck_build_warn(b, "<span>: class \"%.40s\" is left out", class);
}

static void show_style(DeckBuild *b, const Tag *t) {
    static const struct {
        const char *name;
        unsigned style;
    } styles[] = {
        {"b", SPAN_BOLD},      {"strong", SPAN_BOLD},   {"i", SPAN_ITALIC},
        {"em", SPAN_ITALIC},   {"code", SPAN_CODE},     {"kbd", SPAN_CODE},
        {"s", SPAN_STRIKE},    {"strike", SPAN_STRIKE}, {"del", SPAN_STRIKE},
        {"small", SPAN_SMALL}, {"sub", SPAN_SUB},       {"sup", SPAN_SUP},
        {"cite", SPAN_ITALIC}, {"var", SPAN_ITALIC},    {"dfn", SPAN_ITALIC},
        {"samp", SPAN_CODE},   {"tt", SPAN_CODE},       {"dt", SPAN_BOLD}};
    unsigned style = 0;
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        if (tag_is(t, styles[i].name)) style = styles[i].style;
    b->html_style = t->closing ? b->html_style & ~style : b->html_style | style;
}

/* ---- quotations, code and tables ----------------------------------------- */

static void show_quote(DeckBuild *b, const Tag *t) {
    deck_build_block_end(b);
    if (t->closing)
        b->n_html_quotes -= b->n_html_quotes > 0;
    else if (deck_build_lists(b) + b->n_quotes + b->n_html_quotes <
             DECK_DEPTH_MAX)
        b->n_html_quotes++;
    else
        deck_build_fail(b, ERR_LIMIT, "lists and quotes nested deeper than %d",
                        DECK_DEPTH_MAX);
}

/* Words quoted in a line. */
static void show_quoted(DeckBuild *b, const Tag *t) {
    const char *mark = t->closing ? "”" : "“";
    deck_build_text(b, mark, strlen(mark));
}

/* Up to its end tag text is code as it stands, but for its tags. */
static void show_pre(DeckBuild *b, const Tag *t) {
    if (t->closing) {
        if (!b->in_pre) return;
        const char *text = b->text.items;
        /* A code block ends with the end of its last line. */
        if (b->text.n == 0 || text[b->text.n - 1] != '\n')
            deck_build_text(b, "\n", 1);
        deck_build_block_end(b);
        return;
    }
    deck_build_block(b, BLOCK_CODE, deck_build_lists(b), 0, "");
    b->in_pre = deck_build_ok(b);
}

/* "right" of align="right" or style="text-align: right": its letter. */
static char cell_align(DeckBuild *b, const Tag *t) {
    static const char *const names[] = {"left", "center", "right"};
    const char *value = attr(b, t, "align");
    const char *style = attr(b, t, "style");
    if (!value && style) style = strstr(style, "text-align");
    if (!value && style) style = strchr(style, ':');
    if (!value && style) value = style + 1 + strspn(style + 1, " ");
    for (int i = 0; value && i < 3; i++)
        if (strncasecmp(value, names[i], strlen(names[i])) == 0)
            return names[i][0];
    return 0;
}

/* How many columns or rows a cell takes; of more than can be shown some. */
static int cell_reach(DeckBuild *b, const Tag *t, const char *name, int least) {
    const char *value = attr(b, t, name);
    double v;
    if (!value) return 1;
    if (!scan_number(value, strlen(value), &v) || v < least || v != floor(v)) {
        deck_build_warn(b, "<td>: %s \"%.40s\" is left out", name, value);
        return 1;
    }
    const bool wide = least > 0 && v > DECK_COLUMNS_MAX;
    return wide ? DECK_COLUMNS_MAX + 1 : v > HTML_ROWS_MAX ? 0 : (int)v;
}

static void show_table(DeckBuild *b, const Tag *t) {
    char name[8] = "";
    for (size_t i = 0; i < t->n_name && i + 1 < sizeof name; i++)
        name[i] = (char)(t->name[i] | 0x20); /* small letters */
    HtmlCell cell = {.cols = 1, .rows = 1};
    if (!t->closing && (tag_is(t, "td") || tag_is(t, "th")))
        cell = (HtmlCell){.align = cell_align(b, t),
                          .cols = cell_reach(b, t, "colspan", 1),
                          .rows = cell_reach(b, t, "rowspan", 0)};
    deck_table_tag(b, name, t->closing, cell);
}

/* <small> is as small as it gets. */
static void show_small(DeckBuild *b, const Tag *t) {
    Scan sc = scan_init(t->attrs, t->n_attrs, "tag");
    DeckAttr a;
    int size = 0;
    show_style(b, t);
    while (!t->closing && deck_attr_next(&sc, &a))
        if (deck_attr_is(&a, "style") &&
            deck_attr_size(b, &a, "<small>", -3, &size) && size >= 0)
            deck_build_warn(b, "<small>: a large size is left out");
}

static void show_link(DeckBuild *b, const Tag *t) {
    b->href = t->closing ? NULL : attr(b, t, "href");
}

/* A term and what it means, each a paragraph. */
static void show_meaning(DeckBuild *b, const Tag *t) {
    deck_build_block_end(b);
    b->html_style &= ~(unsigned)SPAN_BOLD; /* <dt> may lack its end */
    if (tag_is(t, "dt")) show_style(b, t);
}

/* The pdf plugin's way: the path stands in a comment, see read_pdf. */
static void enter_div(DeckBuild *b, const Tag *t) {
    const char *class = own_class(b, t);
    deck_build_block_end(b);
    const bool columns = class && deck_columns_class(class, strlen(class));
    b->in_pdf = class && strcmp(class, "pdf") == 0;
    deck_columns_div(b, columns, t->closing);
    const bool column =
        class && b->columns.in_column &&
        (strcmp(class, "column") == 0 || strcmp(class, "col") == 0);
    if (class && !b->in_pdf && !columns && !column)
        deck_build_warn(b, "<div>: class \"%.40s\" is left out", class);
}

/* ---- the table of tags -------------------------------------------------- */

typedef struct TagInfo {
    const char *name;
    void (*show)(DeckBuild *b, const Tag *t);
    const char *attrs; /* those it reads, between blanks; NULL: for all others
                          it takes the browser that is not here */
} TagInfo;

static const TagInfo tags[] = {
    {"iframe", show_web, NULL},
    {"video", show_web, NULL},
    {"audio", show_web, NULL},
    {"source", show_web, NULL},
    {"embed", show_web, NULL},
    {"object", show_web, NULL},
    {"img", show_image, " src data-src alt width height style "},
    {"br", show_break, ""},
    {"hr", show_rule, ""},
    {"blockquote", show_quote, " cite "},
    {"q", show_quoted, " cite "},
    {"pre", show_pre, ""},
    {"table", show_table, ""},
    {"thead", show_table, ""},
    {"tbody", show_table, ""},
    {"tfoot", show_table, ""},
    {"tr", show_table, ""},
    {"th", show_table, " align style scope colspan rowspan "},
    {"td", show_table, " align style colspan rowspan "},
    {"caption", end_block, ""},
    {"figure", end_block, ""},
    {"figcaption", end_block, ""},
    {"dl", end_block, ""},
    {"dt", show_meaning, ""},
    {"dd", show_meaning, ""},
    {"span", show_role, " class "},
    {"a", show_link, " href target rel "},
    {"small", show_small, " style "},
    {"b", show_style, ""},
    {"strong", show_style, ""},
    {"i", show_style, ""},
    {"em", show_style, ""},
    {"code", show_style, ""},
    {"kbd", show_style, ""},
    {"samp", show_style, ""},
    {"tt", show_style, ""},
    {"cite", show_style, ""},
    {"var", show_style, ""},
    {"dfn", show_style, ""},
    {"s", show_style, ""},
    {"strike", show_style, ""},
    {"del", show_style, ""},
    {"sub", show_style, ""},
    {"sup", show_style, ""},
    {"div", enter_div, " class "},
    {"p", end_block, ""},
    {"section", end_block, ""},
    {"ul", show_list, ""},
    {"ol", show_list, " start "},
    {"li", show_item, ""},
    {"h1", show_heading, ""},
    {"h2", show_heading, ""},
    {"h3", show_heading, ""},
    {"h4", show_heading, ""},
    {"h5", show_heading, ""},
    {"h6", show_heading, ""},
};

/* True when ` name ` stands in the list, or is one that never shows. */
static bool attr_is_read(const char *list, const DeckAttr *a) {
    const char *at = list;
    if (deck_attr_is(a, "id") || deck_attr_is(a, "lang")) return true;
    while (*at) {
        const char *end = strchr(++at, ' ');
        if (!end) return false;
        if (end - at == a->n_name &&
            strncasecmp(at, a->name, (size_t)a->n_name) == 0)
            return true;
        at = end;
    }
    return false;
}

/* Tags that can be fragments: all that hold text. */
static bool may_be_fragment(const Tag *t) {
    static const char *const names[] = {
        "span", "p",  "div",    "section", "ul",    "ol",         "li",  "h1",
        "h2",   "h3", "h4",     "h5",      "h6",    "blockquote", "pre", "dl",
        "dt",   "dd", "figure", "tr",      "table", NULL};
    return tag_is_one(t, names);
}

/* The fragment that a tag begins, 0: none. */
static int read_fragment(DeckBuild *b, const Tag *t) {
    Scan sc = scan_init(t->attrs, t->n_attrs, "tag");
    DeckAttr a;
    FragmentRead f = {0};
    const char *word;
    if (t->closing) return 0;
    while (deck_attr_next(&sc, &a)) {
        int n, at = 0;
        if (deck_attr_is(&a, "class") && a.value)
            while ((n = deck_attr_word(&a, &at, &word)) > 0)
                deck_fragment_word(&f, word, n);
        else
            deck_fragment_attr(b, &f, &a);
    }
    return deck_fragment_add(b, &f);
}

/* Of a fragment's tag nothing is left of this attribute. */
static bool attr_is_fragments(DeckBuild *b, const Tag *t, const DeckAttr *a) {
    if (!may_be_fragment(t)) return false;
    return deck_attr_is(a, "data-fragment-index") ||
           (deck_attr_is(a, "class") && !own_class(b, t));
}

static void warn_of_attrs(DeckBuild *b, const Tag *t, const TagInfo *info) {
    Scan sc = scan_init(t->attrs, t->n_attrs, "tag");
    DeckAttr a;
    if (!info->attrs || t->closing) return;
    while (deck_attr_next(&sc, &a))
        if (!attr_is_read(info->attrs, &a) && !attr_is_fragments(b, t, &a))
            deck_build_warn(b, "<%s>: %.*s is left out", info->name,
                            a.n_name < 40 ? a.n_name : 40, a.name);
}

/* Of words in a line. */
static bool is_of_words(const Tag *t) {
    static const char *const names[] = {
        "b",   "strong", "i",   "em",   "s",   "strike", "del",  "code",
        "kbd", "small",  "sub", "sup",  "a",   "br",     "span", "q",
        "var", "samp",   "tt",  "cite", "dfn", NULL};
    return tag_is_one(t, names);
}

/* What no code or cell holds: what is left of it are its words. */
static bool shows_in(const DeckBuild *b, const Tag *t) {
    static const char *const rows[] = {"table", "thead", "tbody", "tfoot",
                                       "tr",    "th",    "td",    NULL};
    if (b->in_pre) return tag_is(t, "pre");
    return !b->table.in_cell || is_of_words(t) || tag_is_one(t, rows);
}

static void show_tag(DeckBuild *b, const Tag *t) {
    if (!shows_in(b, t)) {
        const bool line = b->in_pre && tag_is(t, "br");
        const bool code = line || (b->in_pre && tag_is(t, "code"));
        if (line)
            deck_build_text(b, "\n", 1);
        else if (b->table.in_cell)
            deck_build_text(b, " ", 1); /* words stay apart */
        if (!t->closing && !code)
            deck_build_warn(b, "<%.*s> within a %s is left out",
                            t->n_name < 24 ? (int)t->n_name : 24, t->name,
                            b->in_pre ? "<pre>" : "table");
        return;
    }
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tag_is(t, tags[i].name)) {
            if (may_be_fragment(t))
                deck_fragment_tag(b, t->name, t->n_name, t->closing,
                                  read_fragment(b, t));
            tags[i].show(b, t);
            warn_of_attrs(b, t, &tags[i]);
            return;
        }
    if (!t->closing)
        deck_build_warn(b, "<%.*s> is left out",
                        t->n_name < 24 ? (int)t->n_name : 24, t->name);
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
    deck_build_block(b, BLOCK_WEB, deck_build_lists(b), 0, path);
    deck_document_block(b);
    deck_build_block_end(b);
}

/* The comment at text[0..): its length. */
static size_t read_comment(DeckBuild *b, const char *text, size_t n) {
    if (n >= 5 && memcmp(text, "<!-->", 5) == 0) return 5;
    if (n >= 6 && memcmp(text, "<!--->", 6) == 0) return 6;
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

/* One that is known, and is not of the words in a line. */
static bool ends_paragraph(const Tag *t) {
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tag_is(t, tags[i].name)) return !is_of_words(t);
    return false;
}

bool deck_html_has_tag(const char *text, size_t n, bool *ends) {
    Tag t;
    bool any = false;
    *ends = false;
    for (size_t at = 0, len; at + 1 < n; at += len > 0 ? len : 1) {
        len = text[at] == '<' ? read_tag(text + at, n - at, &t) : 0;
        any |= len > 0;
        *ends |= len > 0 && len <= n - at && ends_paragraph(&t);
    }
    return any;
}

static bool is_code(const DeckBuild *b) {
    return b->in_pre || (b->html_style | b->md_style) & SPAN_CODE;
}

/* The formula at text[0] == '$': its length; 0: none, or within code. */
static size_t read_formula(DeckBuild *b, const char *text, const char *shape,
                           size_t n) {
    size_t from, bytes;
    if (is_code(b)) return 0;
    if (*shape == FORMULA_CUT)
        deck_build_warn(b, "formula: found a tag in it, need \"&lt;\" for a "
                           "less-than sign; it is shown as text");
    const size_t len = deck_formula_at(text, shape, n, 0, &from, &bytes);
    if (len == 0) return 0;
    const char *source = copy_decoded(b, text + from, bytes);
    if (!source) return len;
    deck_formula_check(b, source, strlen(source));
    deck_build_formula(b, source, strlen(source), from == 2);
    return len;
}

/* Text up to the next tag; every run of blanks is one space. */
static size_t read_text(DeckBuild *b, const char *text, const char *shape,
                        size_t n) {
    char decoded[DECK_ENTITY_BYTES];
    size_t len = *text == '$' ? read_formula(b, text, shape, n) : 0;
    if (len > 0) return len;
    if (*text == '&') len = deck_entity_read(text, n, decoded);
    if (len > 0) {
        deck_build_text(b, decoded, strlen(decoded));
    } else if (b->in_pre) {
        /* The line that <pre> stands on is none of the code. */
        const char *from = text + (b->text.n == 0 && *text == '\n');
        for (len = 1; len < n && text[len] != '<' && text[len] != '&';)
            len++;
        deck_build_text(b, from, len - (size_t)(from - text));
    } else if (deck_formula_escaped(text, shape, n, 0) && !is_code(b)) {
        deck_build_text(b, "$", 1);
        len = 2;
    } else if (scan_is_blank(*text)) {
        while (len < n && scan_is_blank(text[len]))
            len++;
        deck_build_text(b, " ", 1);
    } else {
        for (len = 1; len < n && !strchr("<&$\\", text[len]) &&
                      !scan_is_blank(text[len]);)
            len++;
        deck_build_text(b, text, len);
    }
    return len;
}

/* Whatever stands at text[0]: its length, at least 1. */
static size_t read_one(DeckBuild *b, const char *text, const char *shape,
                       size_t n) {
    Tag t;
    if (n >= 4 && memcmp(text, "<!--", 4) == 0) return read_comment(b, text, n);
    size_t len = *text == '<' ? read_tag(text, n, &t) : 0;
    if (len == 0) return read_text(b, text, shape, n);
    if (len > n) {
        deck_build_warn(b, "<%.*s: a tag is never closed, need >",
                        t.n_name < 24 ? (int)t.n_name : 24, t.name);
        return n; /* it swallows the rest, as in a browser */
    }
    show_tag(b, &t);
    return len + skip_raw(text + len, n - len, &t);
}

void deck_html_parse(DeckBuild *b, const char *text, size_t n, int line) {
    char *shape = memchr(text, '$', n) ? deck_build_copy(b, text, n) : NULL;
    if (shape) deck_formula_mask(b, shape, n, line, true);
    b->line = line;
    for (size_t at = 0; at < n && deck_build_ok(b);) {
        size_t len =
            read_one(b, text + at, (shape ? shape : text) + at, n - at);
        for (size_t i = 0; i < len; i++)
            if (text[at + i] == '\n') b->line++;
        at += len;
    }
    b->in_pdf = false;
}
