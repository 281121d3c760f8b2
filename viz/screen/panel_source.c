/* The source: the lines of this program's own C that computed what is opened,
 * the statement marked.  A function that is too long for its part of the panel
 * is shown around that statement. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"
#include "viz/app/code.h"

#include <stdio.h>
#include <string.h>

#define ROW_U    18.5f
#define GUTTER_U 40
#define GAP_ROWS 2 /* a part's heading and the air above it */

typedef struct Listing {
    Canvas *c;
    const Theme *t;
    Rect r;
    int y, row;
} Listing;

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

/* The first of `shown` rows of a part: all of it, or those around what is
 * lit. */
static int first_row(const CodePart *p, int shown) {
    const int lit = p->lit - p->line;
    const int most = num_max(p->n_lines - shown, 0);
    return num_max(num_min(lit + p->n_lit / 2 - shown / 2, most), 0);
}

/* A line, without its newline, cut where there is no room. */
static void draw_line(Listing *k, const char *text, size_t len, int number,
                      bool lit, bool comment) {
    char line[128], count[16];
    const int gutter = canvas_u(k->c, GUTTER_U);
    if (lit) {
        canvas_fill(k->c, (Rect){k->r.x, k->y, k->r.w, k->row},
                    color_mix(k->t->panel, k->t->select, .14f));
        canvas_fill(k->c, (Rect){k->r.x, k->y, canvas_u(k->c, 4), k->row},
                    k->t->select);
    }
    snprintf(line, sizeof line, "%.*s", (int)len, text);
    snprintf(count, sizeof count, "%d", number);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, k->t->soft);
    style.align = ALIGN_RIGHT;
    canvas_text_row(k->c, style, k->r.x + gutter - canvas_u(k->c, 10), k->y,
                    k->row, count);
    style.align = ALIGN_LEFT;
    if (!comment) style.color = k->t->text;
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
    const int first = first_row(p, shown);
    const char *at = p->text, *end = p->text + p->len;
    bool comment = false;
    draw_heading(k, p);
    for (int i = 0; i < num_min(first + shown, p->n_lines); i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t len = newline ? (size_t)(newline - at) : 0;
        const int number = p->line + i;
        const bool lit = number >= p->lit && number < p->lit + p->n_lit;
        comment = comment || (len > 1 && memcmp(at, "/*", 2) == 0);
        if (i >= first) draw_line(k, at, len, number, lit, comment);
        if (len > 1 && memcmp(newline - 2, "*/", 2) == 0) comment = false;
        at += len + 1;
    }
}

/* The arithmetic, the last part, has what it needs up to two thirds; the step
 * the rest. */
static void draw_parts(Listing *k, const CodePart *parts, int n, int bottom) {
    const int rows = num_max((bottom - k->y) / num_max(k->row, 1), 0);
    int left = rows - n * GAP_ROWS;
    if (left < n) return;
    const int last =
        n > 1 ? num_min(parts[n - 1].n_lines,
                        num_max(left * 2 / 3, left - parts[0].n_lines))
              : left;
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
