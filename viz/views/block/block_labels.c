/* Text on and around the flow.  Where room is short labels get smaller, then
 * brief, and then yield to the current operation's, so they never overlap. */
#include "viz/views/block/block.h"

#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <stdio.h>
#include <string.h>

#define LABELS_MAX (BLOCK_STRIPS_MAX + 1)
#define KEY_ANGLE  (-55.0f)
/* Places tried on each side for a callout, half its height apart. */
#define CALLOUT_TRIES 25

/* ---- over the strips ----------------------------------------------------- */

typedef struct Label {
    int op;
    Color color;
    int x; /* wanted: middle, or left edge of the matrix's */
    bool from_left;
    char text[64], brief[16], shape[32];
    bool is_brief, dropped;
    int left, right; /* as placed */
} Label;

static TextStyle label_style(const Stage *s, const Label *l, float size) {
    bool current = l->op == s->op;
    return text_style(current ? FACE_BOLD : FACE_SANS, size, l->color);
}

static const char *label_text(const Label *l) {
    return l->is_brief ? l->brief : l->text;
}

static void span_put(const BlockLayout *b, Label *l, int w) {
    int end = b->area.x + b->area.w;
    l->left = l->from_left ? l->x : l->x - w / 2;
    if (l->left + w > end) l->left = end - w;
    if (l->left < b->area.x) l->left = b->area.x;
    l->right = l->left + w;
}

static void place(const Stage *s, const BlockLayout *b, Label *l, float size) {
    span_put(
        b, l,
        canvas_text_width(s->canvas, label_style(s, l, size), label_text(l)));
}

/* The label to shorten where a and b overlap; NULL when neither can be. */
static Label *shorten(Label *a, Label *b) {
    if (a->is_brief && b->is_brief) return NULL;
    if (a->is_brief) return b;
    if (b->is_brief) return a;
    return a->right - a->left > b->right - b->left ? a : b;
}

/* Places all labels at a size; true when none overlaps the next. */
static bool settle(const Stage *s, const BlockLayout *b, Label *l, int n,
                   float size, bool may_shorten) {
    int pad = stage_u(s, 10);
    for (int i = 0; i < n; i++) {
        l[i].is_brief = false;
        place(s, b, &l[i], size);
    }
    for (int i = 0; i + 1 < n;) {
        if (l[i].right + pad <= l[i + 1].left) {
            i++;
            continue;
        }
        Label *cut = may_shorten ? shorten(&l[i], &l[i + 1]) : NULL;
        if (!cut) return false;
        /* What has one name has it in both places. */
        for (int k = 0; k < n; k++) {
            if (strcmp(l[k].text, cut->text) != 0) continue;
            l[k].is_brief = true;
            place(s, b, &l[k], size);
        }
        i = 0;
    }
    return true;
}

static bool apart(const Label *a, const Label *b, int pad) {
    return a->right + pad <= b->left || b->right + pad <= a->left;
}

/* Keeps the current operation's label and, from the left, what fits. */
static void drop(const Stage *s, Label *l, int n) {
    int pad = stage_u(s, 5);
    const Label *current = NULL, *last = NULL;
    for (int i = 0; i < n; i++)
        if (l[i].op == s->op) current = &l[i];
    for (int i = 0; i < n; i++) {
        bool clash = (last && !apart(last, &l[i], pad)) ||
                     (current && !apart(current, &l[i], pad));
        l[i].dropped = clash && &l[i] != current;
        if (!l[i].dropped) last = &l[i];
    }
}

static float fit_labels(const Stage *s, const BlockLayout *b, Label *l, int n) {
    if (settle(s, b, l, n, TYPE_BODY, false)) return TYPE_BODY;
    if (settle(s, b, l, n, TYPE_SMALL, false)) return TYPE_SMALL;
    if (settle(s, b, l, n, TYPE_SMALL, true)) return TYPE_SMALL;
    if (settle(s, b, l, n, TYPE_TINY, true)) return TYPE_TINY;
    for (int i = 0; i < n; i++) {
        l[i].is_brief = true;
        place(s, b, &l[i], TYPE_TINY);
    }
    drop(s, l, n);
    return TYPE_TINY;
}

/* "[8, 16]" as "8×16". */
static void compact(char shape[32]) {
    char out[32];
    size_t n = 0;
    for (const char *p = shape; *p && n + 4 < sizeof out; p++) {
        if (*p == ',') n += (size_t)snprintf(out + n, sizeof out - n, "×");
        if (!strchr("[], ", *p)) out[n++] = *p;
    }
    out[n] = '\0';
    snprintf(shape, 32, "%s", out);
}

/* Places the shapes; true when all are there. */
static bool place_shapes(const Stage *s, const BlockLayout *b, Label *l,
                         int n) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    for (int i = 0; i < n; i++)
        span_put(b, &l[i], canvas_text_width(s->canvas, style, l[i].shape));
    drop(s, l, n);
    bool all = true;
    for (int i = 0; i < n; i++)
        all = all && !l[i].dropped;
    return all;
}

/* The second line: all shapes, else briefly and as many as fit or, where room
 * is scarce, the current operation's alone.  Returns whether briefly. */
static bool draw_shapes(const Stage *s, const BlockLayout *b, Label *l, int n,
                        bool scarce) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    bool brief = !place_shapes(s, b, l, n);
    for (int i = 0; i < n && brief; i++)
        compact(l[i].shape);
    if (brief) place_shapes(s, b, l, n);
    int y = b->label_y + stage_u(s, TYPE_BODY + 18);
    for (int i = 0; i < n; i++) {
        if (l[i].dropped || (scarce && l[i].op != s->op)) continue;

        canvas_text(s->canvas, style, l[i].left, y, l[i].shape);
    }
    return brief;
}

static Color label_color(const Stage *s, int op, SiteRole role) {
    const Theme *t = s->theme;
    if (role != SITE_ROLE_STREAM) return block_role_color(t, role);
    return op > s->op ? t->soft : t->text;
}

static Label strip_label(const Stage *s, const BlockLayout *b, int strip) {
    const BlockStrip *info = &b->plan.strip[strip];
    const BlockWords *words = b->plan.op[info->op].words;
    const Rect r = b->strip[strip];
    Label l = {.op = info->op,
               .color = label_color(s, info->op, site_role(info->site)),
               .x = r.x + r.w / 2};
    block_fill(s, words->label, l.text, sizeof l.text);
    block_fill(s, words->brief, l.brief, sizeof l.brief);
    int rows, cols;
    block_shape(s, info->site, &rows, &cols);
    block_shape_text(rows, cols, l.shape, sizeof l.shape);
    return l;
}

/* What scores are divided by; where that is switched off, in how many heads it
 * is not. */
static void root_text(const Stage *s, char *out, size_t size) {
    const int h = s->config->n_heads;
    int n = 0;
    for (int head = 0; head < h; head++)
        n += !edits_left_out(trace_edits(s->trace), EDIT_RAW, s->layer, head);
    out[0] = '\0';
    if (n > 0) snprintf(out, size, " / √%d", s->config->head_dim);
    if (n > 0 && n < h)
        snprintf(out, size, " / √%d in %d", s->config->head_dim, n);
}

static Label matrix_label(const Stage *s, const BlockLayout *b) {
    const BlockPlan *p = &b->plan;
    int op = block_is_matrix_op(p, s->op) ? s->op : p->softmax;
    int h = s->config->n_heads;
    char root[40];
    root_text(s, root, sizeof root);
    Label l = {.op = op,
               .color = label_color(s, op, SITE_ROLE_STREAM),
               .x = b->matrix.x,
               .from_left = true};
    if (op == p->scores)
        snprintf(l.text, sizeof l.text, "%d heads compare: q·k%s", h, root);
    else if (op == p->mask)
        snprintf(l.text, sizeof l.text, "%d heads: the future is masked", h);
    else
        snprintf(l.text, sizeof l.text, "%d heads look %s: softmax(q·k%s)", h,
                 trace_two_way(s->trace) ? "around" : "back", root);
    snprintf(l.brief, sizeof l.brief, "%s", p->op[op].words->name);
    block_shape_text(h, trace_n_keys(s->trace, s->pos), l.shape,
                     sizeof l.shape);
    return l;
}

static Pick pick_op(const BlockLayout *b, int op) {
    return pick_word(STATE_OP, b->plan.op[op].words->name);
}

/* Key and value strips lie below the query: their labels stand right above
 * them, where there is room. */
static void draw_inner_label(const Stage *s, const BlockLayout *b, int strip,
                             float size, bool brief, bool brief_shape) {
    const Rect r = b->strip[strip], up = b->strip[block_above(&b->plan, strip)];
    int room = r.y - up.y - up.h;
    if (room < stage_u(s, 18)) return;
    Label l = strip_label(s, b, strip);
    l.is_brief = brief;
    place(s, b, &l, size);
    int y = r.y - stage_u(s, b->shapes ? 22 : 7);
    canvas_text(s->canvas, label_style(s, &l, size), l.left, y, label_text(&l));
    glossary_note(s->hits, s->canvas, label_style(s, &l, size), l.left, y,
                  label_text(&l));
    hits_pick(s->hits, (Rect){l.left, up.y + up.h, l.right - l.left, room},
              pick_op(b, l.op));
    if (!b->shapes) return;
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    mono.align = ALIGN_CENTER;
    if (brief_shape) compact(l.shape);
    if (canvas_text_width(s->canvas, mono, l.shape) <= b->pitch)
        canvas_text(s->canvas, mono, l.x, r.y - stage_u(s, 7), l.shape);
}

/* One with a label of its own, below another strip. */
static bool is_inner(const BlockPlan *p, int strip) {
    const int above = block_above(p, strip);
    return above >= 0 && p->strip[above].op != p->strip[strip].op;
}

static void draw_inner_labels(const Stage *s, const BlockLayout *b, float size,
                              bool brief_shapes) {
    bool brief = false;
    for (int i = 0; i < b->plan.n_strips; i++) {
        if (!is_inner(&b->plan, i)) continue;
        Label l = strip_label(s, b, i);
        place(s, b, &l, size);
        brief |= l.right - l.left > b->pitch;
    }
    for (int i = 0; i < b->plan.n_strips; i++)
        if (is_inner(&b->plan, i))
            draw_inner_label(s, b, i, size, brief, brief_shapes);
}

void block_draw_labels(const Stage *s, const BlockLayout *b) {
    Label l[LABELS_MAX];
    int n = 0;
    for (int i = 0; i < b->plan.n_strips; i++) {
        if (i == b->plan.mixed) l[n++] = matrix_label(s, b);
        if (block_above(&b->plan, i) < 0) l[n++] = strip_label(s, b, i);
    }
    if (b->strip[0].y - b->label_y < stage_u(s, TYPE_BODY)) return;
    float size = fit_labels(s, b, l, n);
    int y = b->label_y + stage_u(s, TYPE_BODY);
    for (int i = 0; i < n; i++) {
        if (l[i].dropped) continue;
        int w = l[i].right - l[i].left;
        canvas_text_fit(s->canvas, label_style(s, &l[i], size), l[i].left, y,
                        l[i].from_left ? b->matrix_max_w : w,
                        label_text(&l[i]));
        glossary_note(s->hits, s->canvas, label_style(s, &l[i], size),
                      l[i].left, y, label_text(&l[i]));
        hits_pick(s->hits,
                  (Rect){l[i].left, b->label_y, w, b->strip[0].y - b->label_y},
                  pick_op(b, l[i].op));
    }
    bool brief_shapes = b->shapes && draw_shapes(s, b, l, n, size == TYPE_TINY);
    draw_inner_labels(s, b, size, brief_shapes);
}

/* ---- around the matrix --------------------------------------------------- */

static void draw_head_numbers(const Stage *s, const BlockLayout *b) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    int n = s->config->n_heads, pitch = b->matrix.h / n;
    if (!b->numbers) return;
    style.align = ALIGN_RIGHT;
    for (int h = 0; h < n; h++) {
        bool current = h == s->head;
        if (pitch < stage_u(s, TYPE_TINY) && !current) continue;
        char text[12];
        snprintf(text, sizeof text, "%d", h);
        style.face = current ? FACE_MONO_BOLD : FACE_MONO;
        style.color = current ? s->theme->accent : s->theme->soft;
        Rect r = block_row(s, b, h);
        canvas_text_row(s->canvas, style, r.x - stage_u(s, 8), r.y, r.h, text);
    }
}

static void draw_key_names(const Stage *s, const BlockLayout *b) {
    int y = b->matrix.y + b->matrix.h + stage_u(s, 14);
    /* Slanted lines come closer than the cells they belong to. */
    float size = b->cell_w < stage_u(s, 20) ? TYPE_TINY : TYPE_SMALL;
    for (int i = 0; i < b->n_keys + b->n_later; i++) {
        int key = b->first_key + i;
        bool opened = key == s->key;
        Color c = opened ? s->theme->accent : s->theme->soft;
        TextStyle style = text_style(opened ? FACE_BOLD : FACE_SANS, size, c);
        style.angle = KEY_ANGLE;
        Rect col = block_column(b, i);
        canvas_text_fit(s->canvas, style, col.x + col.w / 2 - stage_u(s, 4), y,
                        b->key_label_h, s->reads[key]);
        stage_token_hit(
            s, (Rect){col.x, b->matrix.y + b->matrix.h, col.w, b->key_label_h},
            key);
    }
}

/* Which keys are shown, in one line, where they are too narrow for names. */
static void draw_key_line(const Stage *s, const BlockLayout *b) {
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    Rect col = block_column(b, s->key - b->first_key);
    int bottom = b->matrix.y + b->matrix.h;
    canvas_fill(s->canvas, (Rect){col.x, bottom, col.w, stage_u(s, 4)},
                block_lit(s, &b->plan, b->plan.scores, s->theme->accent));
    char text[96];
    int n =
        snprintf(text, sizeof text, "keys %d–%d of %d", b->first_key,
                 b->first_key + b->n_keys - 1, trace_n_keys(s->trace, s->pos));
    snprintf(text + n, sizeof text - n, " · key %d %s", s->key,
             s->reads[s->key]);
    if (canvas_text_width(s->canvas, style, text) > b->matrix_max_w)
        text[n] = '\0';
    canvas_text_fit(s->canvas, style, b->matrix.x, bottom + stage_u(s, 19),
                    b->matrix_max_w, text);
}

void block_draw_matrix_labels(const Stage *s, const BlockLayout *b) {
    draw_head_numbers(s, b);
    if (b->key_label_h == 0) return;
    if (b->cell_w >= stage_u(s, BLOCK_NAMED_U) &&
        b->key_label_h > stage_u(s, 40))
        draw_key_names(s, b);
    else
        draw_key_line(s, b);
}

/* ---- boxes --------------------------------------------------------------- */

/* How much of what names things a box would cover: texts, and more than all
 * of them the colour bar. */
static int covered(const Stage *s, const BlockLayout *b, Rect box) {
    Rect bar = rect_intersect(box, b->bar);
    int n, count = bar.w > 0 && bar.h > 0 ? CANVAS_TEXTS_MAX : 0;
    const TextMark *mark = canvas_texts(s->canvas, &n);
    for (int i = 0; i < n; i++)
        count += textmark_meets_rect(&mark[i], box, 1);
    return count;
}

/* Right or left of `at`, a little higher or lower where that covers less. */
static bool place_callout(const Stage *s, const BlockLayout *b, Rect at, int w,
                          int h, int gap, Rect *best) {
    const Rect area = b->area;
    int least = -1, middle = at.y + at.h / 2 - h / 2;
    for (int i = 0; i < 2 * CALLOUT_TRIES && least != 0; i++) {
        int step = (i / 2 + 1) / 2 * (i / 2 % 2 ? 1 : -1); /* 0 1 -1 2 -2 */
        Rect box = {i % 2 ? at.x - gap - w : at.x + at.w + gap,
                    middle + step * (h / 2), w, h};
        if (box.y > area.y + area.h - h) box.y = area.y + area.h - h;
        if (box.y < area.y) box.y = area.y;
        if (box.x < area.x || box.x + w > area.x + area.w) continue;
        int count = covered(s, b, box);
        if (least >= 0 && count >= least) continue;
        least = count;
        *best = box;
    }
    return least >= 0;
}

void block_draw_callout(const Stage *s, const BlockLayout *b, Rect at,
                        Color edge, const char *text) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    int w = canvas_text_width(s->canvas, style, text) + 2 * stage_u(s, 6);
    int h = stage_u(s, 20), gap = stage_u(s, 6);
    Rect box;
    if (!place_callout(s, b, at, w, h, gap, &box)) return;
    canvas_round(s->canvas, box, (float)stage_u(s, 4), s->theme->panel);
    canvas_frame(s->canvas, box, (float)stage_u(s, 4), (float)stage_u(s, 1),
                 edge);
    canvas_text_row(s->canvas, style, box.x + stage_u(s, 6), box.y, h, text);
}

void block_draw_badge(const Stage *s, int x, int y, float scale) {
    TextStyle style = text_style(FACE_BOLD, TYPE_TINY, s->theme->bad);
    char text[24] = "off";
    if (scale != 0)
        snprintf(text, sizeof text, "×%s", number_round((double)scale, 3).s);
    int w = canvas_text_width(s->canvas, style, text) + 2 * stage_u(s, 6);
    int h = stage_u(s, 18);
    Rect r = {x - w / 2, y - h / 2, w, h};
    canvas_round(s->canvas, r, (float)h / 2, s->theme->panel);
    canvas_frame(s->canvas, r, (float)h / 2, (float)stage_u(s, 1),
                 s->theme->bad);
    canvas_text_row(s->canvas, style, r.x + stage_u(s, 6), r.y, h, text);
}
