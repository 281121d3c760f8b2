/* The treemap of a model's parameters. */
#include "viz/views/model/model_view.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

#define ROW_MIN_PX 4 /* rows that are lower are no click's */

/* ---- where --------------------------------------------------------------- */

ModelTree model_tree(const Config *c, Rect area) {
    return (ModelTree){c, area, params_total(c)};
}

/* The numbers of the tensors before row `row` that come once, or once a layer;
 * one copy each. */
static uint64_t before(const Config *c, int row, bool per_layer) {
    uint64_t n = 0;
    for (int i = 0; i < row; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (t->per_layer == per_layer && params_copies(c, t) > 0)
            n += params_each(c, t);
    }
    return n;
}

static int share(int extent, uint64_t part, uint64_t whole) {
    return whole ? (int)lround((double)extent * (double)part / (double)whole)
                 : 0;
}

Rect model_tree_box(const ModelTree *t, int row, int layer) {
    const Config *c = t->config;
    const Arch *a = c->arch;
    const ArchTensor *tensor = &a->tensors[row];
    const Rect r = t->area;
    if (params_copies(c, tensor) == 0) return (Rect){r.x, r.y, 0, 0};
    const uint64_t in_layer = before(c, a->n_tensors, true);
    uint64_t low = before(c, row, false), high;
    Rect box = {r.x, 0, r.w, 0};
    if (tensor->per_layer) {
        const uint64_t left = before(c, row, true);
        low += in_layer * (uint64_t)layer;
        high = low + in_layer;
        box.x = r.x + share(r.w, left, in_layer);
        box.w =
            r.x + share(r.w, left + params_each(c, tensor), in_layer) - box.x;
    } else {
        /* What comes after the layers lies above them. */
        if (row > 0 && before(c, row, true) > 0)
            low += in_layer * (uint64_t)c->n_layers;
        high = low + params_each(c, tensor);
    }
    box.y = r.y + r.h - share(r.h, high, t->total);
    box.h = r.y + r.h - share(r.h, low, t->total) - box.y;
    return box;
}

/* ---- drawing ------------------------------------------------------------- */

/* A name and its count, where they fit: level, or from bottom to top. */
static void draw_words(const Stage *s, Rect r, const char *name, uint64_t n) {
    TextStyle bold = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    const int pad = stage_u(s, 5), line = stage_u(s, 18);
    const int x = r.x + r.w / 2, y = r.y + r.h / 2;
    char count[32];
    stage_count_text(n, count);
    const int w0 = canvas_text_width(s->canvas, bold, name);
    const int w1 = canvas_text_width(s->canvas, mono, count);
    bold.align = mono.align = ALIGN_CENTER;
    if (num_max(w0, w1) + 2 * pad <= r.w && 2 * line + pad <= r.h) {
        canvas_text(s->canvas, bold, x, y - stage_u(s, 2), name);
        canvas_text(s->canvas, mono, x, y + stage_u(s, 15), count);
    } else if (w0 + 2 * pad <= r.w && line <= r.h) {
        canvas_text_row(s->canvas, bold, x, r.y, r.h, name);
    } else if (w0 + 2 * pad <= r.h && line <= r.w) {
        bold.angle = 90;
        canvas_text(s->canvas, bold,
                    x + canvas_metrics(s->canvas, bold).cap / 2, y, name);
    }
}

static void draw_box(const Stage *s, const ModelTree *t, int row, int layer,
                     bool names) {
    const Config *c = t->config;
    const ArchTensor *tensor = &c->arch->tensors[row];
    const Rect r = model_tree_box(t, row, layer);
    if (r.w == 0 || r.h == 0) return;
    canvas_fill(s->canvas, r, model_tensor_color(s, tensor->role));
    /* Lines of the ground split the boxes, where they leave some of them. */
    if (r.w > 3)
        canvas_fill(s->canvas, (Rect){r.x + r.w - 1, r.y, 1, r.h},
                    s->theme->window);
    if (r.h > 3)
        canvas_fill(s->canvas, (Rect){r.x, r.y, r.w, 1}, s->theme->window);
    const bool opened =
        model_elem(s) == MODEL_FIRST_COUNT + row && !before_is_opened(s);
    if (opened && r.w > 2 && r.h > 2)
        canvas_frame(s->canvas, r, 0, (float)num_max(stage_u(s, 2), 2),
                     s->theme->accent);
    if (names)
        draw_words(s, r, model_tensor_name(tensor), params_each(c, tensor));
    if (r.h < ROW_MIN_PX) return;
    Pick pick = pick_number(STATE_ELEM, MODEL_FIRST_COUNT + row);
    if (tensor->per_layer && layer < s->config->n_layers)
        pick = pick_and(pick, pick_number(STATE_LAYER, layer));
    hits_pick(s->hits, r, pick);
}

/* The layers' numbers, left of their rows, where there is room for them. */
static void draw_layers(const Stage *s, const ModelTree *t, int row, int left) {
    const int n = t->config->n_layers;
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int line = canvas_metrics(s->canvas, style).line;
    const int h = num_max(t->area.h / n, 1);
    const int stride = num_max((line + h - 1) / h, 1);
    const int right = t->area.x - stage_u(s, 8);
    char last[24];
    snprintf(last, sizeof last, "layer %d", n - 1);
    const bool words =
        canvas_text_width(s->canvas, style, last) <= right - left;
    style.align = ALIGN_RIGHT;
    for (int layer = 0; layer < n; layer += stride) {
        const Rect r = model_tree_box(t, row, layer);
        char text[24];
        snprintf(text, sizeof text, words ? "layer %d" : "%d", layer);
        style.color = layer == s->layer ? s->theme->text : s->theme->soft;
        if (r.h < line && r.y - line / 2 < t->area.y) break;
        canvas_text_row(s->canvas, style, right, r.y, r.h, text);
    }
}

/* Two rectangles of one scale in `within`, the larger one filling it, both
 * from its lower left corner. */
static Rect scaled(Rect within, uint64_t n, uint64_t most) {
    const double f = sqrt((double)n / (double)most);
    const int w = num_max((int)lround(within.w * f), 1);
    const int h = num_max((int)lround(within.h * f), 1);
    return (Rect){within.x, within.y + within.h - h, w, h};
}

/* The row of the table that is widest in a layer; -1: nothing is in layers. */
static int widest(const Config *c) {
    int best = -1;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (t->per_layer &&
            (best < 0 ||
             params_each(c, t) > params_each(c, &c->arch->tensors[best])))
            best = i;
    }
    return best;
}

static void draw_boxes(const Stage *s, const ModelTree *t) {
    const Arch *a = t->config->arch;
    for (int i = 0; i < a->n_tensors; i++) {
        const ArchTensor *tensor = &a->tensors[i];
        const int n = tensor->per_layer ? t->config->n_layers : 1;
        for (int layer = 0; layer < n; layer++)
            draw_box(s, t, i, layer, true);
    }
}

/* What one square pixel stands for. */
static void draw_scale(const Stage *s, Rect r, const ModelTree *t,
                       const char *more) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const double each =
        (double)t->total / ((double)t->area.w * (double)t->area.h);
    char text[96], n[32];
    stage_count_text((uint64_t)llround(each), n);
    if (each < 100)
        snprintf(text, sizeof text, "1 pixel = %s parameters%s",
                 number_fixed(each, 1).s, more);
    else
        snprintf(text, sizeof text, "1 pixel = %s parameters%s", n, more);
    canvas_text_fit(s->canvas, style, r.x, r.y + stage_u(s, 15), r.w, text);
}

void model_draw_tree(const Stage *s, const Config *c, const Config *other,
                     Rect within) {
    const uint64_t now = params_total(c), then = params_total(other);
    const uint64_t most = now > then ? now : then;
    const int left = within.x, line = stage_u(s, 20);
    const int margin = within.w > stage_u(s, 400) ? stage_u(s, 60) : 0;
    within.x += margin;
    within.w -= margin;
    within.h -= line;
    if (within.w < 8 || within.h < 8) return;
    const ModelTree t = model_tree(c, scaled(within, now, most));
    draw_boxes(s, &t);
    if (margin && widest(c) >= 0) draw_layers(s, &t, widest(c), left);
    /* From the left edge of all, as what is drawn may be small. */
    draw_scale(s, (Rect){left, within.y + within.h, within.w + margin, line},
               &t,
               now == then          ? ""
               : other == s->config ? " · dashed: this model"
                                    : " · dashed: what it is compared with");
    if (now != then)
        stage_dashed(s, scaled(within, then, most), s->theme->accent);
}
