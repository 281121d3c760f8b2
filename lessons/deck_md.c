/* Markdown to blocks and spans: the callbacks that md4c calls.
 *
 * Raw HTML is collected until something else comes, because md4c hands a tag
 * or a comment over line by line; deck_html.c then reads it whole. */
#include "lessons/deck_private.h"

#include "engine/formula/formula.h"

#include <md4c.h>
#include <stdint.h>
#include <string.h>

typedef struct Md {
    DeckBuild *b;
    const char *text, *shape; /* [n]; see deck_split.c */
    size_t n;
    const char *at;                  /* in text: b->line is its line */
    int n_open[4];                   /* nested spans per style bit */
    int numbers[DECK_DEPTH_MAX + 1]; /* next item's, per list; 0: bullets */
    int html_line;                   /* where b->html begins; 0: not known */
    size_t n_cells, n_cells_max;
    int n_columns, column; /* of the table under way */
    char *aligns;          /* [n_columns], in the deck's memory */
    bool in_table, in_head;
    /* A code span under way, which may be a formula: see deck_formula.c. */
    bool in_code, code_found;
    size_t n_code;
    int code_line, dollars; /* of the $ before it */
    const char *code_from;  /* where code[code_lead] stands in the text */
    size_t code_lead;
    char code[FORMULA_SOURCE_MAX];
} Md;

/* Where in the text md4c means, which reads the shape; its own strings are
 * left alone. */
static const char *as_written(const Md *md, const char *p) {
    uintptr_t from = (uintptr_t)md->shape;
    if ((uintptr_t)p < from || (uintptr_t)p > from + md->n) return p;
    return md->text + ((uintptr_t)p - from);
}

/* Moves b->line to where text stands.  Callbacks come in the order of the
 * text, so every byte is looked at once; places outside of the slide (md4c's
 * own strings) and earlier ones are left alone.  True when it was found. */
static bool find_line(Md *md, const char *text) {
    uintptr_t p = (uintptr_t)text;
    if (p < (uintptr_t)md->at || p > (uintptr_t)(md->text + md->n))
        return false;
    while ((uintptr_t)md->at < p)
        if (*md->at++ == '\n') md->b->line++;
    return true;
}

/* The line of p, which may stand further on than b->line. */
static int line_of(const Md *md, const char *p) {
    uintptr_t at = (uintptr_t)as_written(md, p), end = at;
    int line = md->b->line;
    if (end > (uintptr_t)(md->text + md->n)) end = 0;
    for (const char *c = md->at; (uintptr_t)c < end; c++)
        line += *c == '\n';
    return line;
}

static void warn_at(const Md *md, const char *p, const char *what) {
    DeckBuild *b = md->b;
    int line = b->line;
    b->line = line_of(md, p);
    deck_build_warn(b, "%s", what);
    b->line = line;
}

static void flush_html(Md *md) {
    DeckBuild *b = md->b;
    if (b->html.n == 0) return;
    int line = b->line;
    deck_html_parse(b, b->html.items, b->html.n,
                    md->html_line ? md->html_line : line);
    b->line = line;
    b->html.n = 0;
    md->html_line = 0;
}

static int status(const Md *md) {
    return deck_build_ok(md->b) ? 0 : -1;
}

/* An attribute's text, its entities decoded, in the deck's memory. */
static const char *attribute(const Md *md, const MD_ATTRIBUTE *a) {
    DeckBuild *b = md->b;
    const char *text = as_written(md, a->text);
    char *out = deck_build_alloc(b, 2 * (size_t)a->size + 1);
    if (!out) return "";
    size_t n = 0;
    for (int i = 0; a->size > 0 && a->substr_offsets[i] < a->size; i++) {
        const char *part = text + a->substr_offsets[i];
        size_t len = a->substr_offsets[i + 1] - a->substr_offsets[i];
        char decoded[DECK_ENTITY_BYTES];
        size_t used = 0;
        if (a->substr_types[i] == MD_TEXT_ENTITY)
            used = deck_entity_read(part, len, decoded);
        if (used > 0) {
            part = decoded; /* at most twice the entity, as "&nGt;" is */
            len = strlen(decoded);
        }
        memcpy(out + n, part, len);
        n += len;
    }
    return out;
}

/* ---- blocks ------------------------------------------------------------- */

/* A list or a quotation opens. */
static void enter_nested(Md *md, int *n_nested) {
    DeckBuild *b = md->b;
    deck_build_block_end(b);
    ++*n_nested;
    if (deck_build_lists(b) + b->n_quotes > DECK_DEPTH_MAX)
        deck_build_fail(b, ERR_LIMIT, "lists and quotes nested deeper than %d",
                        DECK_DEPTH_MAX);
}

static void enter_list(Md *md, int first_number) {
    enter_nested(md, &md->b->n_lists);
    if (deck_build_ok(md->b)) md->numbers[md->b->n_lists] = first_number;
}

static void enter_item(Md *md, const MD_BLOCK_LI_DETAIL *item) {
    int *number = &md->numbers[md->b->n_lists];
    deck_build_block(md->b, BLOCK_ITEM, deck_build_lists(md->b) - 1, *number,
                     NULL);
    DeckBlock *block = deck_build_last(md->b);
    if (item->is_task && block)
        block->task = item->task_mark == ' ' ? TASK_OPEN : TASK_DONE;
    if (*number > 0) ++*number;
}

/* "c [1|3-4]": the language, and reveal.js's steps of lines. */
static void enter_code(Md *md, const MD_BLOCK_CODE_DETAIL *code) {
    DeckBuild *b = md->b;
    const char *lang = attribute(md, &code->lang);
    const char *rest = attribute(md, &code->info) + strlen(lang);
    if (*lang == '[') {
        rest -= strlen(lang);
        lang = "";
    }
    deck_build_block(b, BLOCK_CODE, deck_build_lists(b), 0, lang);
    DeckBlock *block = deck_build_last(b);
    if (!block) return;
    while (scan_is_blank(*rest))
        rest++;
    if (!*rest) return;
    const char *end = *rest == '[' ? strchr(rest, ']') : NULL;
    const int line = b->line;
    b->line = line_of(md, code->info.text);
    if (!end)
        deck_build_warn(b, "what follows the language of a code is left out");
    else if (!deck_lines_read(b, rest + 1, (size_t)(end - rest - 1), block))
        deck_build_warn(b,
                        "lines of a code: found \"%.40s\", need as "
                        "[1|3-4,6]",
                        rest);
    b->line = line;
}

static int ordered_start(const MD_BLOCK_OL_DETAIL *ol) {
    /* The number 0 is taken: it says that an item has a bullet. */
    return ol->start < 1 ? 1 : (int)ol->start;
}

/* md4c fills short rows up with empty cells, so a few lines could ask for
 * billions: no honest table has more cells than characters. */
static void enter_cell(Md *md, const MD_BLOCK_TD_DETAIL *cell) {
    if (++md->n_cells > md->n_cells_max)
        deck_build_fail(md->b, ERR_LIMIT, "a table has too many empty cells");
    if (!deck_build_ok(md->b) || md->column >= md->n_columns) return;
    md->aligns[md->column++] = cell->align == MD_ALIGN_RIGHT    ? 'r'
                               : cell->align == MD_ALIGN_CENTER ? 'c'
                                                                : 'l';
}

static void enter_table(Md *md, const MD_BLOCK_TABLE_DETAIL *table) {
    md->in_table = true;
    md->aligns = deck_build_alloc(md->b, (size_t)table->col_count + 1);
    md->n_columns = md->aligns ? (int)table->col_count : 0;
}

static void enter_row(Md *md) {
    md->column = 0;
    deck_build_block(md->b, BLOCK_ROW, md->in_head, md->n_columns, md->aligns);
}

static int on_enter_block(MD_BLOCKTYPE type, void *detail, void *ud) {
    Md *md = ud;
    DeckBuild *b = md->b;
    flush_html(md);
    switch (type) {
    case MD_BLOCK_QUOTE:
        enter_nested(md, &b->n_quotes);
        break;
    case MD_BLOCK_UL:
        enter_list(md, 0);
        break;
    case MD_BLOCK_OL:
        enter_list(md, ordered_start(detail));
        break;
    case MD_BLOCK_LI:
        enter_item(md, detail);
        break;
    case MD_BLOCK_H:
        deck_build_block_end(b);
        b->heading = (int)((const MD_BLOCK_H_DETAIL *)detail)->level;
        break;
    case MD_BLOCK_CODE:
        enter_code(md, detail);
        break;
    case MD_BLOCK_HR:
        deck_build_block(b, BLOCK_RULE, 0, 0, NULL);
        break;
    case MD_BLOCK_TABLE:
        deck_build_block_end(b);
        enter_table(md, detail);
        break;
    case MD_BLOCK_THEAD:
        md->in_head = true;
        break;
    case MD_BLOCK_TR:
        enter_row(md);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        enter_cell(md, detail);
        break;
    case MD_BLOCK_HTML:
        if (!b->table.in_row) deck_build_block_end(b);
        break;
    default:
        break;
    }
    return status(md);
}

static int on_leave_block(MD_BLOCKTYPE type, void *detail, void *ud) {
    Md *md = ud;
    DeckBuild *b = md->b;
    (void)detail;
    flush_html(md);
    switch (type) {
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        deck_build_cell(b);
        b->role = ROLE_NONE;
        return status(md); /* the row goes on */
    case MD_BLOCK_THEAD:
        md->in_head = false;
        if (md->n_columns > DECK_COLUMNS_MAX)
            deck_build_warn(b, "a table has %d columns; %d are shown",
                            md->n_columns, DECK_COLUMNS_MAX);
        break;
    case MD_BLOCK_QUOTE:
        b->n_quotes--;
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        b->n_lists--;
        break;
    case MD_BLOCK_H:
        b->heading = 0;
        break;
    case MD_BLOCK_TABLE:
        md->in_table = false;
        break;
    default:
        break;
    }
    /* A row of HTML's goes on behind a blank line. */
    if (!b->table.in_row) deck_build_block_end(b);
    b->role = ROLE_NONE; /* a <span> ends with its block at the latest */
    return status(md);
}

/* ---- spans -------------------------------------------------------------- */

/* Emphasis may stand in emphasis: the style ends with the outermost. */
static void nest_style(Md *md, unsigned style, int by) {
    int bit = 0;
    while (style >> bit != 1)
        bit++;
    md->n_open[bit] += by;
    unsigned *now = &md->b->md_style;
    *now = md->n_open[bit] > 0 ? *now | style : *now & ~style;
}

static unsigned span_style(MD_SPANTYPE type) {
    switch (type) {
    case MD_SPAN_STRONG:
        return SPAN_BOLD;
    case MD_SPAN_EM:
        return SPAN_ITALIC;
    case MD_SPAN_CODE:
        return SPAN_CODE;
    case MD_SPAN_DEL:
        return SPAN_STRIKE;
    default:
        return 0;
    }
}

/* A picture is a block of its own, wherever it stands; but in a table its
 * alternative text stands for it. */
static void enter_image(Md *md, const MD_SPAN_IMG_DETAIL *img) {
    DeckBuild *b = md->b;
    if (img->title.size > 0)
        warn_at(md, img->title.text, "the title of a picture is left out");
    if (md->in_table) {
        warn_at(md, img->src.text,
                "a picture in a table is left out; its words stand for it");
        return;
    }
    deck_build_block(b, BLOCK_IMAGE, deck_build_lists(b), 0,
                     attribute(md, &img->src));
    DeckBlock *block = deck_build_last(b);
    if (block && img->src.size > 0) block->line = line_of(md, img->src.text);
    deck_document_block(b);
}

static void enter_link(Md *md, const MD_SPAN_A_DETAIL *link) {
    md->b->href = attribute(md, &link->href);
    if (link->title.size > 0)
        warn_at(md, link->title.text, "the title of a link is left out");
}

/* What was collected of a code span is code. */
static void words(DeckBuild *b, const char *text, size_t n);

static void flush_code(Md *md) {
    words(md->b, md->code, md->n_code);
    md->n_code = 0;
    md->dollars = 0;
}

/* md4c may begin with a line end of its own, or behind a blank. */
static int dollars_before(const Md *md, const char *text) {
    int n = 0;
    while (text > md->text && strchr(" \t\n>", text[-1]))
        text--;
    while (n < 2 && text - n > md->text && text[-1 - n] == '$')
        n++;
    return n;
}

static void collect_code(Md *md, const char *text, size_t n, bool found) {
    if (found && !md->code_found) {
        md->code_found = true;
        md->code_line = md->b->line;
        md->code_from = text;
        md->code_lead = md->n_code;
        md->dollars = dollars_before(md, text);
    }
    if (md->n_code + n > sizeof md->code) {
        flush_code(md);
        words(md->b, text, n);
        return;
    }
    memcpy(md->code + md->n_code, text, n);
    md->n_code += n;
}

/* A warning of what is not known stands at its line. */
static void check_formula(Md *md, const char *text, size_t n) {
    FormulaTree t;
    FormulaError e;
    if (formula_parse(&t, text, n, &e)) return;
    const size_t at = (size_t)e.at + (size_t)(text - md->code);
    for (size_t i = md->code_lead; i < at; i++)
        md->b->line += md->code_from[i - md->code_lead] == '\n';
    deck_formula_check(md->b, text, n);
}

/* reveal.js has formulas in backticks, too: `$$a_b$$`. */
static void leave_code(Md *md) {
    const char *text = md->code;
    size_t n = md->n_code;
    int dollars = md->dollars;
    if (!dollars && n > 4 && !memcmp(text, "$$", 2) &&
        !memcmp(text + n - 2, "$$", 2)) {
        dollars = 2;
        text += 2;
        n -= 4;
    }
    if (!dollars) {
        flush_code(md);
        return;
    }
    const unsigned style = md->b->md_style;
    const int line = md->b->line;
    md->b->md_style &= ~(unsigned)SPAN_CODE;
    md->b->line = md->code_line;
    check_formula(md, text, n);
    deck_build_formula(md->b, text, n, dollars == 2);
    md->b->line = line;
    md->b->md_style = style;
}

static int on_enter_span(MD_SPANTYPE type, void *detail, void *ud) {
    Md *md = ud;
    flush_html(md);
    unsigned style = span_style(type);
    if (style) nest_style(md, style, 1);
    if (type == MD_SPAN_CODE) {
        md->in_code = true;
        md->code_found = false;
        md->n_code = 0;
        md->dollars = 0;
    }
    if (type == MD_SPAN_A) enter_link(md, detail);
    if (type == MD_SPAN_IMG) enter_image(md, detail);
    return status(md);
}

static int on_leave_span(MD_SPANTYPE type, void *detail, void *ud) {
    Md *md = ud;
    (void)detail;
    flush_html(md);
    unsigned style = span_style(type);
    if (type == MD_SPAN_CODE) {
        leave_code(md);
        md->in_code = false;
    }
    if (style) nest_style(md, style, -1);
    if (type == MD_SPAN_A) md->b->href = NULL;
    if (type == MD_SPAN_IMG && !md->in_table) {
        deck_size_words(md->b);
        deck_build_block_end(md->b);
    }
    return status(md);
}

/* ---- text --------------------------------------------------------------- */

static void entity(DeckBuild *b, const char *text, size_t n) {
    char decoded[DECK_ENTITY_BYTES];
    if (deck_entity_read(text, n, decoded) == n)
        deck_build_text(b, decoded, strlen(decoded));
    else
        deck_build_text(b, text, n); /* unknown: shown as written */
}

/* Words in a line: what was a comment by its shape may hold line ends. */
static void words(DeckBuild *b, const char *text, size_t n) {
    for (size_t at = 0; at < n;) {
        const char *end = memchr(text + at, '\n', n - at);
        size_t len = end ? (size_t)(end - text) - at : n - at;
        deck_build_text(b, text + at, len);
        if (end) deck_build_text(b, " ", 1);
        at += len + 1;
    }
}

static void plain(Md *md, const char *text, size_t n) {
    DeckBuild *b = md->b;
    /* md4c takes a comment that never ends for text. */
    for (size_t i = 0; i + 4 <= n; i++)
        if (text[i] == '<' && memcmp(text + i, "<!--", 4) == 0)
            deck_build_warn(b, "a comment is never closed, need -->");
    words(b, text, n);
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size,
                   void *ud) {
    Md *md = ud;
    DeckBuild *b = md->b;
    text = as_written(md, text);
    bool found = find_line(md, text);
    if (type == MD_TEXT_HTML) {
        if (found && !md->html_line) md->html_line = b->line;
        deck_build_append(b, &b->html, text, size);
        return status(md);
    }
    flush_html(md);
    if (md->in_code) {
        collect_code(md, text, size, found);
        return status(md);
    }
    switch (type) {
    case MD_TEXT_BR:
        deck_build_break(b);
        break;
    case MD_TEXT_SOFTBR:
        deck_build_text(b, " ", 1);
        break;
    case MD_TEXT_ENTITY:
        entity(b, text, size);
        break;
    case MD_TEXT_CODE:
        deck_build_text(b, text, size);
        break;
    default:
        plain(md, text, size);
        break;
    }
    return status(md);
}

void deck_md_parse(DeckBuild *b, const char *text, const char *shape, size_t n,
                   int line) {
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS,
        .enter_block = on_enter_block,
        .leave_block = on_leave_block,
        .enter_span = on_enter_span,
        .leave_span = on_leave_span,
        .text = on_text,
    };
    Md md = {.b = b,
             .text = text,
             .shape = shape,
             .n = n,
             .at = text,
             .n_cells_max = n};
    b->line = line;
    if (md_parse(shape, (MD_SIZE)n, &parser, &md) != 0)
        err_memory(&b->err, b->deck->path, n); /* unless we stopped it */
}
