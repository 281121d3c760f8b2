/* One layer at one token as a flow of its vectors, from left to right. */
#include "viz/views/block/block.h"

#include "engine/base/num.h"
#include "viz/paint/formula_draw.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- strips -------------------------------------------------------------- */

/* The value at i, or by how much it has changed. */
static float value_at(const float *v, const float *before, int i) {
    return before ? v[i] - before[i] : v[i];
}

/* The strongest of n values; a NaN counts as stronger than all. */
static float strongest(const float *v, const float *before, int n) {
    float best = value_at(v, before, 0);
    for (int i = 1; i < n && !isnan(best); i++) {
        const float x = value_at(v, before, i);
        if (isnan(x) || fabsf(x) > fabsf(best)) best = x;
    }
    return best;
}

/* n values down a rectangle: a cell each or, where there are more values than
 * pixels, the strongest of each pixel's share. */
static void draw_values_down(const Stage *s, Rect r, const float *v,
                             const float *before, int n, float hi, float fade) {
    int rows = n < r.h ? n : r.h;
    bool any_nan = false;
    for (int i = 0; i < rows; i++) {
        int i0 = (int)((int64_t)i * n / rows);
        int i1 = (int)((int64_t)(i + 1) * n / rows);
        float x = strongest(v + i0, before ? before + i0 : NULL, i1 - i0);
        /* NaN is no colour: the cell stays out and hatching shows. */
        Color c = stage_value_color(s, isnan(x) ? 0 : x, hi);
        if (isnan(x)) c.a = 0;
        s->cells[i] = c.a ? color_mix(c, s->theme->window, fade) : c;
        any_nan |= isnan(x);
    }
    canvas_fill(s->canvas, r, s->theme->window);
    if (any_nan) canvas_hatch(s->canvas, r, s->theme->soft);
    canvas_cells(s->canvas, r, s->cells, rows, 1, r.h / rows >= 4 ? 1 : 0);
}

/* Clicking an element opens it, at the operation that made it. */
static void hit_slice(const Stage *s, const BlockPlan *p, int strip, Rect r,
                      int first, int n, int head) {
    hits_add(s->hits,
             (Hit){.rect = r,
                   .kind = HIT_GRID,
                   .row_key = STATE_ELEM,
                   .rows = n,
                   .row0 = block_first(s, p, strip) + first,
                   .col_key = STATE_HEAD,
                   .cols = 1,
                   .col0 = head,
                   .pick = pick_word(STATE_OP,
                                     p->op[p->strip[strip].op].words->name)});
}

/* The head that a slice belongs to: the current one where it already is. */
static int slice_head(const Stage *s, int slice, int n_slices) {
    if (n_slices == 1) return s->head;
    int per_slice = s->config->n_heads / n_slices;
    return s->head / per_slice == slice ? s->head : slice * per_slice;
}

/* Largest |value| below the strip: its colour scale. */
static void draw_scale(const Stage *s, const BlockLayout *b, int strip,
                       float hi) {
    const Rect r = b->strip[strip];
    const Rect all = b->strip[0];
    bool at_bottom = r.y + r.h >= all.y + all.h - 1;
    if (!b->shapes || !at_bottom) return;
    char text[24];
    snprintf(text, sizeof text, hi > 0 ? "±%s" : "all 0",
             number_round((double)hi, 3).s);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_CENTER;
    /* Room for all of the usual length, or for none. */
    int room = b->pitch * 4 / 5 - stage_u(s, 4);
    if (canvas_text_width(s->canvas, style, "±0.000") < room &&
        canvas_text_width(s->canvas, style, text) < b->pitch)
        canvas_text(s->canvas, style, block_middle(r),
                    r.y + r.h + stage_u(s, 16), text);
}

/* Where the run that it is compared with has other values, the left half says
 * what is now, the right one what has been added or taken away, on the same
 * scale. */
static void draw_slice(const Stage *s, Rect r, const float *v,
                       const float *before, int n, float hi, float fade) {
    if (!before || r.w < stage_u(s, 8)) {
        draw_values_down(s, r, v, NULL, n, hi, fade);
        return;
    }
    const int w = (r.w - stage_u(s, 2)) / 2;
    const Rect right = {r.x + r.w - w, r.y, w, r.h};
    canvas_fill(s->canvas, r, s->theme->window);
    draw_values_down(s, (Rect){r.x, r.y, w, r.h}, v, NULL, n, hi, fade);
    draw_values_down(s, right, v, before, n, hi, fade);
}

/* Returns the scale: the value at the end of the colour map. */
static float draw_strip(const Stage *s, const BlockLayout *b, int strip) {
    const BlockStrip *info = &b->plan.strip[strip];
    int rows, cols, n = b->n_slices[strip];
    const int op = info->op;
    const float fade = block_fade(s, &b->plan, op);
    block_shape(s, info->site, &rows, &cols);
    const float *v = b->v[strip];
    float hi = v ? stage_max_abs(v, rows * cols) : 1;
    const float *before = b->before[strip];
    const bool changes = v && before && strongest(v, before, rows * cols) != 0;
    int per_slice = rows * cols / n;
    for (int i = 0; i < n; i++) {
        Rect r = block_slice(b, strip, i, n);
        if (v)
            draw_slice(s, r, v + (size_t)i * per_slice,
                       changes ? before + (size_t)i * per_slice : NULL,
                       per_slice, hi, fade);
        else
            stage_draw_missing(s, r);
        hit_slice(s, &b->plan, strip, r, i * per_slice, per_slice,
                  slice_head(s, i, n));
    }
    int out = stage_u(s, 1);
    bool current = op == s->op;
    Color edge = block_role_color(s->theme, site_role(info->site));
    canvas_frame(s->canvas, rect_inset(b->strip[strip], -2 * out, -2 * out),
                 (float)stage_u(s, 3), (float)(current ? 2 * out : out),
                 block_lit(s, &b->plan, op, edge));
    /* For a vector of zeros stage_max_abs gives 1, which nothing reaches. */
    bool zeros = v && hi == 1 && strongest(v, NULL, rows * cols) == 0;
    if (v) draw_scale(s, b, strip, zeros ? 0 : hi);
    return hi;
}

/* ---- marks --------------------------------------------------------------- */

/* A light card behind the current operation. */
static void draw_spot(const Stage *s, const BlockLayout *b) {
    const BlockPlan *p = &b->plan;
    int strip, index, top = b->label_y - stage_u(s, 4);
    Rect r = {b->matrix.x - stage_u(s, 12), top,
              b->matrix_max_w + stage_u(s, 12), 0};
    int bottom = b->matrix.y + b->matrix.h + stage_u(s, 8);
    if (block_find(s, p, s->op, 0, &strip, &index)) {
        Rect all = b->strip[strip];
        const int above = block_above(p, strip);
        int side = b->pitch * 2 / 5;
        r.x = block_middle(all) - side;
        r.w = 2 * side;
        if (above >= 0)
            r.y = b->strip[above].y + b->strip[above].h + stage_u(s, 4);
        all = b->strip[block_last_strip(p, s->op)];
        bottom = all.y + all.h + stage_u(s, b->shapes ? 22 : 3);
    }
    r.h = bottom - r.y;
    canvas_round(s->canvas, r, (float)stage_u(s, 8), s->theme->panel);
}

static void frame_cell(const Stage *s, Rect cell, Color edge) {
    int out = stage_u(s, 2);
    canvas_frame(s->canvas, rect_inset(cell, -out - out / 2, -out), (float)out,
                 (float)out, edge);
}

static void element_text(const BlockLayout *b, int strip, int index, char *out,
                         size_t size) {
    char value[16];
    stage_value_text(b->v[strip][index], value);
    snprintf(out, size, "%d: %s", index, value);
}

static void draw_element(const Stage *s, const BlockLayout *b, int strip,
                         int index, Color edge) {
    Rect cell = block_cell(s, b, strip, index);
    char text[48];
    if (!b->v[strip]) return;
    element_text(b, strip, index, text, sizeof text);
    frame_cell(s, cell, edge);
    block_draw_callout(s, b, cell, edge, text);
}

static void hover_element(const Stage *s, const BlockLayout *b, int strip,
                          int index) {
    Rect cell = block_cell(s, b, strip, index);
    char text[48];
    if (!b->v[strip]) return;
    element_text(b, strip, index, text, sizeof text);
    frame_cell(s, cell, s->theme->soft);
    tip_set(s->tip, cell, text);
}

/* What the mouse is on: its number. */
static void draw_hover(const Stage *s, const BlockLayout *b) {
    const BlockPlan *p = &b->plan;
    int row, col, index, strip;
    const Hit *hit = hits_at(s->hits, s->mouse_x, s->mouse_y, &row, &col);
    if (!hit || hit->kind != HIT_GRID) return;
    if (hit->row_key == STATE_ELEM) {
        for (int op = 0; op < p->n_ops; op++)
            if (p->op[op].words->name == pick_get_word(&hit->pick, STATE_OP) &&
                block_find(s, p, op, row, &strip, &index))
                hover_element(s, b, strip, index);
    } else if (hit->row_key == STATE_HEAD && b->rows) {
        float v = b->rows[row * trace_n_keys(s->trace, s->pos) + col];
        Rect cell = block_column(b, col - b->first_key);
        Rect line = block_row(s, b, row);
        char text[96];
        snprintf(text, sizeof text, "head %d, key %d %s: %s", row, col,
                 s->reads[col], number_fixed((double)v, 4).s);
        tip_set(s->tip, (Rect){cell.x, line.y, cell.w, line.h}, text);
    }
}

/* A badge on every part of this layer that the edits scale. */
static void draw_edits(const Stage *s, const BlockLayout *b) {
    const Edits *e = trace_edits(s->trace);
    int last_y = b->area.y - b->area.h; /* of the neurons' badges */
    for (int i = 0; i < e->n; i++) {
        const Edit *edit = &e->list[i];
        const int strip = block_edited(&b->plan, edit->kind);
        if (edit->layer != s->layer || strip < 0) continue;
        Rect r = edit->kind == EDIT_HEAD ? block_row(s, b, edit->index)
                                         : b->strip[strip];
        if (edit->kind == EDIT_NEURON) {
            r = block_cell(s, b, strip, edit->index);
            if (r.y < last_y + stage_u(s, 20)) continue;
            last_y = r.y;
            r.x -= r.w / 2 + stage_u(s, 20); /* leave its number readable */
        }
        const int y =
            edit->kind == EDIT_HEAD ? block_edit_y(s, r) : r.y + r.h / 2;
        block_draw_badge(s, block_middle(r), y, edit->scale);
    }
}

/* What the halves of a strip are that has other values than before; a narrow
 * picture's heading has no room for that. */
static void draw_halves(const Stage *s, const BlockLayout *b) {
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int x = b->bar.x + b->bar.w + stage_u(s, 48);
    paragraph_plain(s->canvas, x, b->bar.y - stage_u(s, 4),
                    b->area.x + b->area.w - x, style, 1.3f,
                    "left half: now; right: what has changed", true);
}

static void draw_bar(const Stage *s, const BlockLayout *b, float hi) {
    if (b->bar.w == 0) return;
    bool weights = s->op == b->plan.softmax;
    const char *label = weights                               ? "weight (√)"
                        : block_is_matrix_op(&b->plan, s->op) ? "score"
                                                              : "this vector";
    (b->bar_is_flat ? stage_colorbar_flat : stage_colorbar)(
        s, b->bar, label, weights ? 1 : hi, !weights, weights);
    if (s->against && b->bar_is_flat) draw_halves(s, b);
}

/* ---- the view ------------------------------------------------------------ */

/* Details stand beside the question or below it; a low picture has no line for
 * that. */
static Rect draw_question(const Stage *s, Rect r, const char *details) {
    static const char title[] = "One layer";
    static const char question[] = "What happens in a layer?";
    char all[640];
    snprintf(all, sizeof all, "%s   %s", question, details);
    if (stage_heading_fits(s, r.w, title, all))
        return stage_heading(s, r, title, all);
    if (!stage_heading_fits(s, r.w, title, question) || r.h < stage_u(s, 300))
        return stage_heading(s, r, title, details);
    const int line = stage_u(s, TYPE_BODY * 1.5f);
    stage_text_fit(s, text_style(FACE_SANS, TYPE_BODY, s->theme->soft), r.x,
                   r.y + stage_u(s, TYPE_TITLE) + line, r.w, details);
    r = stage_heading(s, r, title, question);
    return (Rect){r.x, r.y + line, r.w, num_max(r.h - line, 0)};
}

/* As much as fits into a line: shapes go first, then the formula. */
static Rect draw_heading(const Stage *s, Rect r) {
    char formula[192], numbers[64], shape[64], text[3][560];
    BlockPlan p;
    block_plan(s->config->arch, &p);
    const char *title = p.op[s->op].words->title, *token = s->reads[s->pos];
    block_formula(s, &p, formula, sizeof formula);
    block_norm_text(s, &p, numbers);
    block_op_shape(s, &p, shape, sizeof shape);
    int n = snprintf(text[1], sizeof text[1],
                     "layer %d (0–%d), token %d %s · operation %d of %d: %s · "
                     "%s%s",
                     s->layer, s->config->n_layers - 1, s->pos, token,
                     s->op + 1, p.n_ops, title, formula, numbers);
    snprintf(text[0], sizeof text[0], "%.*s · %s", n, text[1], shape);
    snprintf(text[2], sizeof text[2], "layer %d, token %d · %s", s->layer,
             s->pos, title);
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->soft);
    const size_t used = strlen(text[0]);
    if (s->against)
        snprintf(text[0] + used, sizeof text[0] - used,
                 " · strips: left now, right what changed");
    int i = 0;
    while (i < 2 && formula_text_width(s->canvas, style, text[i]) > r.w)
        i++;
    return draw_question(s, r, text[i]);
}

/* The opened element or, where that is none, the strongest, once it is known.
 * False for the operations on the matrix. */
static bool find_opened(const Stage *s, const BlockLayout *b, int *strip,
                        int *index) {
    const BlockPlan *p = &b->plan;
    if (block_find(s, p, s->op, s->elem, strip, index)) return true;
    if (block_opened_size(s, p) != SITE_NONE) return false;
    if (!block_find(s, p, s->op, 0, strip, index) || !b->v[*strip])
        return false;
    *index = block_strongest(s, p->strip[*strip].site, b->v[*strip]);
    return true;
}

static void block_draw(const Stage *s, Rect r) {
    BlockLayout b;
    Rect area = draw_heading(s, r);
    if (area.w <= 0 || area.h <= 0) return;
    canvas_push_clip(s->canvas, area);
    block_layout(s, area, &b);
    block_ask(s, &b);
    draw_spot(s, &b);
    block_draw_flows(s, &b);
    block_draw_residual_line(s, &b);
    int opened, index;
    float bar_hi = block_draw_matrix(s, &b);
    bool is_elem = find_opened(s, &b, &opened, &index);
    for (int i = 0; i < b.plan.n_strips; i++) {
        float hi = draw_strip(s, &b, i);
        if (is_elem && opened == i) bar_hi = hi;
    }
    block_draw_labels(s, &b);
    block_draw_matrix_labels(s, &b);
    draw_edits(s, &b);
    draw_bar(s, &b, bar_hi);
    /* After all that it must not cover. */
    if (is_elem) draw_element(s, &b, opened, index, s->theme->accent);
    draw_hover(s, &b);
    canvas_pop_clip(s->canvas);
}

static bool block_op_at(const Arch *a, int i, ViewOp *out) {
    BlockPlan p;
    block_plan(a, &p);
    if (i >= p.n_ops) return false;
    *out = (ViewOp){p.op[i].words->name, p.op[i].words->title};
    return true;
}

const View view_block = {
    .name = "block",
    .title = "One layer",
    .key = "4",
    .family = FAMILY_LAYER,
    .op = block_op_at,
    .default_op = "softmax",
    .draw = block_draw,
    .n_keys = block_n_keys,
    .opened = block_opened,
    .place = block_place,
    .part = block_part,
};
