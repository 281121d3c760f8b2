/* The source: the lines of this program's own C that computed what is opened,
 * the statement marked.  A line that is too long for the panel goes on in the
 * next row; a function that is too long for its part of it is shown around that
 * statement. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"
#include "viz/app/code.h"

#include <stdio.h>
#include <string.h>

#define ROW_U    18.5f
#define GUTTER_U 40
#define GAP_ROWS 2 /* a part's heading and the air above it */
#define HANGS    4 /* letters that what goes on stands further in */
#define ROOM_MIN 12

typedef struct Listing {
    Canvas *c;
    const Theme *t;
    Rect r;
    int y, row, room; /* room: letters of a row */
} Listing;

/* A row of the panel: a line of code, or as much of it as has room. */
typedef struct CodeRow {
    const char *at; /* behind the blanks it begins with, */
    int indent;     /* of which so many are drawn */
    int len;
    int number; /* of the line; 0: it goes on */
    bool lit, comment;
} CodeRow;

/* Goes through a part's rows. */
typedef struct CodeRows {
    const CodePart *part;
    int room;
    const char *at, *line_end; /* what is next; of the line that it is in */
    int number;                /* of that line */
    int indent;
    bool comment, goes_on;
} CodeRows;

/* The operation that made what is opened; NULL: it is not one of the forward
 * pass. */
static const ArchOp *opened_op(const Scene *scene, const Stage *s, int *layer) {
    Opened o = {0};
    if (scene->view->opened) scene->view->opened(s, &o);
    Site site = o.kind == OPENED_SOFTMAX ? SITE_PATTERN
                : o.kind == OPENED_MADE  ? o.made.site
                                         : o.site;
    *layer = o.kind == OPENED_MADE ? o.made.layer : o.layer;
    if (o.kind == OPENED_NOTHING || o.kind == OPENED_LATER) return NULL;
    if (o.kind == OPENED_MADE && o.made.site == 0) return NULL;
    return arch_op(s->config->arch, site);
}

static DType weight_type(const Stage *s, const ArchOp *op, int layer) {
    if (op->weight == TENSOR_NONE) return DTYPE_F32;
    const bool in_layer = op->part == ARCH_LAYER;
    return model_tensor(s->model, op->weight, in_layer ? layer : 0)->type;
}

/* ---- lines in rows ------------------------------------------------------- */

static CodeRows rows_of(const CodePart *p, int room) {
    return (CodeRows){
        .part = p, .room = room, .at = p->text, .number = p->line - 1};
}

static int blanks(const char *line) {
    return (int)strspn(line, " ");
}

/* Where the line above stands that this one belongs to: the last that begins
 * further to the left. */
static int indent_above(const CodePart *p, const char *line, int indent) {
    for (const char *at = line; at > p->text;) {
        at--;
        while (at > p->text && at[-1] != '\n')
            at--;
        if (*at != '\n' && blanks(at) < indent) return blanks(at);
    }
    return 0;
}

static void begin_line(CodeRows *w) {
    const char *line = w->at, *end = w->part->text + w->part->len;
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    w->line_end = newline ? newline : end;
    w->indent = num_min(blanks(line), (int)(w->line_end - line));
    w->at += w->indent;
    if (w->line_end - line > w->room) /* not as far in, to have more room */
        w->indent =
            num_min(w->indent, indent_above(w->part, line, w->indent) + HANGS);
    w->comment = w->comment || strncmp(line, "/*", 2) == 0;
    w->number++;
}

/* How much of the line goes into a row: up to a blank. */
static int fitting(const char *at, int n, int room) {
    if (n <= room) return n;
    for (int i = room; i > 0; i--)
        if (at[i] == ' ') return i;
    return room;
}

static bool next_row(CodeRows *w, CodeRow *out) {
    const CodePart *p = w->part;
    if (!w->goes_on) {
        if (w->at >= p->text + p->len) return false;
        begin_line(w);
    }
    const int indent =
        num_min(w->indent + (w->goes_on ? HANGS : 0), w->room - ROOM_MIN);
    const int left = (int)(w->line_end - w->at);
    *out =
        (CodeRow){.at = w->at,
                  .indent = indent,
                  .len = fitting(w->at, left, w->room - indent),
                  .number = w->goes_on ? 0 : w->number,
                  .lit = w->number >= p->lit && w->number < p->lit + p->n_lit,
                  .comment = w->comment};
    w->at += out->len;
    w->goes_on = out->len < left;
    if (w->goes_on) {
        w->at += blanks(w->at);
        return true;
    }
    if (out->len >= 2 && strncmp(w->at - 2, "*/", 2) == 0) w->comment = false;
    w->at++; /* the newline */
    return true;
}

/* How many rows a part has; *first: the first of `shown`, all or those around
 * what is lit. */
static int count_rows(const CodePart *p, int room, int shown, int *first) {
    CodeRows w = rows_of(p, room);
    CodeRow row;
    int n = 0, lit = 0, n_lit = 0;
    for (; next_row(&w, &row); n++)
        if (row.lit && n_lit++ == 0) lit = n;
    *first = num_max(num_min(lit + n_lit / 2 - shown / 2, n - shown), 0);
    return n;
}

/* ---- drawing ------------------------------------------------------------- */

static void draw_row(Listing *k, const CodeRow *row) {
    char line[128], count[16];
    const int gutter = canvas_u(k->c, GUTTER_U);
    if (row->lit) {
        canvas_fill(k->c, (Rect){k->r.x, k->y, k->r.w, k->row},
                    color_mix(k->t->panel, k->t->select, .14f));
        canvas_fill(k->c, (Rect){k->r.x, k->y, canvas_u(k->c, 4), k->row},
                    k->t->select);
    }
    snprintf(line, sizeof line, "%*s%.*s", row->indent, "", row->len, row->at);
    snprintf(count, sizeof count, "%d", row->number);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, k->t->soft);
    style.align = ALIGN_RIGHT;
    if (row->number)
        canvas_text_row(k->c, style, k->r.x + gutter - canvas_u(k->c, 10), k->y,
                        k->row, count);
    style.align = ALIGN_LEFT;
    if (!row->comment) style.color = k->t->text;
    const int cap = canvas_metrics(k->c, style).cap;
    canvas_text_fit(k->c, style, k->r.x + gutter, k->y + (k->row + cap) / 2,
                    k->r.w - gutter, line);
    k->y += k->row;
}

static void draw_heading(Listing *k, const CodePart *p) {
    char place[128];
    snprintf(place, sizeof place, "%s:%d", p->file, p->line);
    k->y += k->row / 2;
    canvas_text_row(k->c, text_style(FACE_MONO, TYPE_TINY, k->t->accent),
                    k->r.x, k->y, k->row, place);
    k->y += k->row + k->row / 2;
}

static void draw_part(Listing *k, const CodePart *p, int shown) {
    CodeRows w = rows_of(p, k->room);
    CodeRow row;
    int first;
    count_rows(p, k->room, shown, &first);
    draw_heading(k, p);
    for (int i = 0; i < first + shown && next_row(&w, &row); i++)
        if (i >= first) draw_row(k, &row);
}

/* The arithmetic, the last part, has what it needs up to two thirds; the step
 * the rest. */
static void draw_parts(Listing *k, const CodePart *parts, int n, int bottom) {
    static const char letters[] = "00000000000000000000";
    const TextStyle style = text_style(FACE_MONO, TYPE_TINY, k->t->text);
    const int wide = canvas_text_width(k->c, style, letters);
    const int rows = num_max((bottom - k->y) / num_max(k->row, 1), 0);
    int first, left = rows - n * GAP_ROWS;
    if (left < n) return;
    k->room = num_max((k->r.w - canvas_u(k->c, GUTTER_U)) *
                          (int)(sizeof letters - 1) / num_max(wide, 1),
                      ROOM_MIN + 1);
    const int of_step = count_rows(&parts[0], k->room, left, &first);
    const int of_last = count_rows(&parts[n - 1], k->room, left, &first);
    const int last =
        n > 1 ? num_min(of_last, num_max(left * 2 / 3, left - of_step)) : left;
    if (n > 1) draw_part(k, &parts[0], left - last);
    draw_part(k, &parts[n - 1], last);
}

static PanelNeed need(const Scene *scene) {
    return scene_hides_stage(scene) ? PANEL_ABSENT : PANEL_ASKED;
}

static void draw(const Scene *scene, Screen *screen, Rect r) {
    Canvas *c = screen->canvas;
    const Stage *s = screen->stage;
    const Theme *t = scene->theme;
    CodePart parts[CODE_PARTS_MAX];
    int layer = 0;
    canvas_fill(c, r, t->panel);
    hits_add(&screen->hits, (Hit){.rect = r, .kind = HIT_BLOCKER});
    const int m = canvas_u(c, 24);
    Listing k = {.c = c,
                 .t = t,
                 .r = rect_inset(r, m, m),
                 .y = r.y + m,
                 .row = canvas_u(c, ROW_U)};
    if (!s || k.r.w < canvas_u(c, 120)) return;
    canvas_push_clip(c, r);
    const ArchOp *op = opened_op(scene, s, &layer);
    const int n =
        op ? code_find(s->config, op, weight_type(s, op, layer), parts) : 0;
    k.y += paragraph_plain(
               c, k.r.x, k.y, k.r.w, text_style(FACE_SANS, TYPE_SMALL, t->soft),
               1.4f,
               n ? "The C that computed the opened number"
                 : "Open a number of the computation: here stands the C that "
                   "computed it.",
               true) +
           canvas_u(c, 4);
    if (n) draw_parts(&k, parts, n, r.y + r.h - m / 2);
    canvas_pop_clip(c);
}

const Panel panel_source = {
    .name = "source",
    .side = PANEL_LEFT,
    .wish_u = 670,
    .least_u = 520,
    .yields = 3,
    .toggle = CMD_SOURCE,
    .wish = STATE_SOURCE,
    .need = need,
    .draw = draw,
};
