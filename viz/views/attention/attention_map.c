/* What stands on and around the cells: their numbers and labels, the opened
 * one, what the mouse is on. */
#include "viz/views/attention/attention.h"

#include "engine/base/num.h"
#include "viz/views/before.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The size of type at which a cell holds its number; 0: none does. */
static float number_size(const Map *m) {
    /* The larger a size, the more air it wants around it. */
    static const struct {
        float size, air;
    } sizes[] = {{TYPE_DISPLAY, 3.2f},
                 {TYPE_LEAD, 2.4f},
                 {TYPE_SMALL, 1.5f},
                 {TYPE_TINY, 1.5f},
                 {TYPE_TINY - 1, 1}};
    const char *widest = attention_widest(m->op);
    int room = m->grid.w / m->n - stage_u(m->s, 5);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        TextStyle style = {.face = FACE_MONO, .size = sizes[i].size};
        if ((float)canvas_text_width(m->s->canvas, style, widest) *
                sizes[i].air <=
            (float)room)
            return sizes[i].size;
    }
    return 0;
}

#define SIGN_LEAST 7 /* pixels of a cell */

/* Where no number fits, the sign of a change: never by colour alone. */
static void draw_sign(const Map *m, Rect cell, float v, Color ink) {
    const int side = num_min(cell.w, cell.h), arm = side / 4;
    const int thick = num_max(side / 12, 1);
    const int x = cell.x + cell.w / 2, y = cell.y + cell.h / 2;
    if (side < SIGN_LEAST || fabsf(v) < .02f) return;
    canvas_fill(m->s->canvas,
                (Rect){x - arm, y - thick / 2, 2 * arm + 1, thick}, ink);
    if (v > 0)
        canvas_fill(m->s->canvas,
                    (Rect){x - thick / 2, y - arm, thick, 2 * arm + 1}, ink);
}

static void draw_signs(const Map *m) {
    if (m->grid.w / m->n + 1 < SIGN_LEAST) return;
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        const Row row = attention_row(m, i);
        for (int j = m->span.col0; j <= map_last_col(m); j++) {
            const float v = attention_value(m, &row, j);
            if (isnan(v)) continue;
            draw_sign(m, attention_cell(m, i, j), v,
                      theme_ink(attention_color(m, i, j, v)));
        }
    }
}

static void draw_numbers(const Map *m) {
    const Stage *s = m->s;
    TextStyle style = {
        .face = FACE_MONO, .size = number_size(m), .align = ALIGN_CENTER};
    if (style.size == 0) {
        if (m->op == SHOW_CHANGE) draw_signs(m);
        return;
    }
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        Row row = attention_row(m, i);
        for (int j = m->span.col0; j <= map_last_col(m); j++) {
            char text[16];
            float v = attention_value(m, &row, j);
            bool struck = m->op == SHOW_SCALED && j >= row.n_keys;
            if (isnan(v) || struck) continue;
            attention_number(m->op, v, text);
            Rect r = attention_cell(m, i, j);
            style.color = theme_ink(attention_color(m, i, j, v));
            canvas_text_row(s->canvas, style, r.x + r.w / 2, r.y, r.h, text);
        }
    }
}

/* Every how many-th label fits. */
static int label_step(const Map *m) {
    int need = stage_u(m->s, TYPE_SMALL * 1.25f), step = 1;
    while (step < m->n && step * m->grid.w / m->n < need)
        step *= 2;
    return step;
}

/* The marked label always shows; where not all fit, every step-th of the
 * others does unless it would touch the marked one. */
static bool shows_label(int i, int first, int step, int marked) {
    int away = abs(i - marked);
    return away == 0 || step == 1 || ((i - first) % step == 0 && away >= step);
}

static void draw_row_labels(const Map *m) {
    const Stage *s = m->s;
    int room = m->label_w, step = label_step(m);
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        bool current = i == s->pos;
        if (!shows_label(i, m->span.row0, step, s->pos)) continue;
        TextStyle style =
            text_style(current ? FACE_BOLD : FACE_SANS, m->type,
                       current ? s->theme->query : s->theme->soft);
        Rect r = attention_cell(m, i, m->span.col0);
        int w = canvas_text_width(s->canvas, style, s->reads[i]);
        int cap = canvas_metrics(s->canvas, style).cap;
        int x = m->grid.x - stage_u(s, 9) - (w < room ? w : room);
        canvas_text_fit(s->canvas, style, x, r.y + r.h / 2 + cap / 2, room,
                        s->reads[i]);
        int h = num_max(r.h, 2 * cap);
        stage_token_hit(s, (Rect){x, r.y + (r.h - h) / 2, m->grid.x - x, h}, i);
    }
}

static void draw_column_labels(const Map *m) {
    const Stage *s = m->s;
    int step = label_step(m);
    for (int i = m->span.col0; i <= map_last_col(m); i++) {
        bool current = s->key_known && i == s->key;
        if (!shows_label(i, m->span.col0, step, s->key)) continue;
        TextStyle style = text_style(current ? FACE_BOLD : FACE_SANS, m->type,
                                     current ? s->theme->key : s->theme->soft);
        style.angle = m->is_level ? 0 : 55;
        style.align = m->is_level ? ALIGN_CENTER : ALIGN_LEFT;
        Rect r = attention_cell(m, m->span.row0, i);
        canvas_text(s->canvas, style,
                    r.x + r.w / 2 + stage_u(s, m->is_level ? 0 : 4),
                    m->grid.y - stage_u(s, 9), s->reads[i]);
        int w = num_max(r.w, stage_u(s, TYPE_SMALL)), h = stage_u(s, 40);
        stage_token_hit(s, (Rect){r.x, m->grid.y - h, w, h}, i);
    }
}

/* The current row in the query's colour, the opened column in the key's, the
 * opened cell in ink. */
static void draw_crosshair(const Map *m) {
    const Stage *s = m->s;
    int side = m->grid.w / m->n;
    float thick = fminf((float)stage_u(s, 2), fmaxf(1, (float)side / 6));
    int n_keys = trace_n_keys(s->trace, s->pos), col0 = m->span.col0;
    bool row = s->pos >= m->span.row0 && s->pos <= map_last_row(m);
    bool col = s->key_known && s->key >= col0 && s->key <= map_last_col(m);
    if (row && n_keys > col0) {
        int end = num_min(n_keys - 1, map_last_col(m));
        Rect a = attention_cell(m, s->pos, col0),
             b = attention_cell(m, s->pos, end);
        canvas_frame(s->canvas, (Rect){a.x, a.y, b.x + b.w - a.x, a.h}, 0,
                     thick, s->theme->query);
    }
    int from = m->span.row0;
    if (!trace_two_way(s->trace)) from = num_max(from, s->key);
    if (col && from <= map_last_row(m)) {
        Rect top = attention_cell(m, from, s->key);
        Rect foot = attention_cell(m, map_last_row(m), s->key);
        canvas_frame(s->canvas,
                     (Rect){top.x, top.y, top.w, foot.y + foot.h - top.y}, 0,
                     thick, s->theme->key);
    }
    if (row && col)
        canvas_frame(s->canvas, attention_cell(m, s->pos, s->key), 0,
                     thick * 1.25f, s->theme->text);
}

static void draw_hover(const Map *m) {
    const Stage *s = m->s;
    if (!rect_contains(m->grid, s->mouse_x, s->mouse_y)) return;
    int i = m->span.row0 + (s->mouse_y - m->grid.y) * m->n / m->grid.h;
    int j = m->span.col0 + (s->mouse_x - m->grid.x) * m->n / m->grid.w;
    const Row row = attention_row(m, i);
    float v = attention_value(m, &row, j);
    bool masked = j >= trace_n_keys(s->trace, i);
    char text[2 * STAGE_LABEL_MAX + 64];
    if (masked && m->op == SHOW_WEIGHTS) {
        snprintf(text, sizeof text, "%s (%d) → %s (%d): masked, weight 0",
                 s->reads[i], i, s->reads[j], j);
        tip_set(s->tip, attention_cell(m, i, j), text);
        return;
    }
    if (isnan(v) && !attention_is_none(m, &row, j)) return;
    snprintf(text, sizeof text, "%s (%d) → %s (%d): %s%s", s->reads[i], i,
             s->reads[j], j, number_fixed((double)v, 4).s,
             !masked                ? ""
             : m->op == SHOW_SCORES ? ", to be masked"
                                    : ", masked: −∞");
    tip_set(s->tip, attention_cell(m, i, j), text);
}

/* What is left of what the head hands on: 0 is off. */
float attention_kept(const Stage *s) {
    const Edits *e = trace_edits(s->trace);
    return edits_get(e, EDIT_HEAD, s->layer, s->head) *
           edits_get(e, EDIT_ATTN, s->layer, 0);
}

/* A head that is off still looks, but nothing of it is handed on: its map is
 * veiled and says so. */
static void draw_edit(const Map *m) {
    const Stage *s = m->s;
    const float scale = attention_kept(s);
    const NumberText by = number_round((double)scale, 3);
    char text[48] = "off: nothing is handed on";
    /* What is rolled out is of all heads, not of this one. */
    if (scale == 1 || m->op == SHOW_ROLLOUT) return;
    if (scale == 0)
        canvas_fill(s->canvas, m->grid, color_alpha(s->theme->window, .5f));
    else
        snprintf(text, sizeof text, "handed on ×%s", by.s);
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, s->theme->bad);
    const int pad = stage_u(s, 8), h = stage_u(s, 26), out = stage_u(s, 6);
    if (canvas_text_width(s->canvas, style, text) + 2 * (pad + out) > m->grid.w)
        snprintf(text, sizeof text, scale == 0 ? "off" : "×%s", by.s);
    const int w = canvas_text_width(s->canvas, style, text) + 2 * pad;
    const Rect plate = {m->grid.x + m->grid.w - w - out, m->grid.y + out, w, h};
    canvas_round(s->canvas, plate, (float)h / 2, s->theme->panel);
    canvas_frame(s->canvas, plate, (float)h / 2, (float)stage_u(s, 1),
                 s->theme->bad);
    canvas_text_row(s->canvas, style, plate.x + pad, plate.y, h, text);
}

static void draw_axis_names(const Map *m) {
    const Stage *s = m->s;
    TextStyle query = text_style(FACE_SANS, TYPE_TINY, s->theme->query);
    TextStyle key = text_style(FACE_SANS, TYPE_TINY, s->theme->key);
    query.align = ALIGN_RIGHT;
    int y = m->grid.y - stage_u(s, 9);
    canvas_text(s->canvas, query, m->grid.x - stage_u(s, 9), y, "query ↓");
    glossary_note(s->hits, s->canvas, query, m->grid.x - stage_u(s, 9), y,
                  "query ↓");
    /* Right of the last sloping label, which leans over a small cell's edge. */
    int half = m->grid.w / m->n / 2, lean = stage_u(s, 24);
    int x = m->grid.x + m->grid.w + stage_u(s, 8);
    if (half < lean) x += lean - half;
    canvas_text(s->canvas, key, x, y, "key →");
    int w = canvas_text_width(s->canvas, key, "key");
    hits_term(s->hits, (Rect){x, y - stage_u(s, TYPE_TINY), w, stage_u(s, 16)},
              glossary_find("key", 3));
}

/* How cells behind the mask look, where there are some. */
static const char *mask_words(const Map *m) {
    static const char *const words[N_STEPS] = {"to be masked", "masked: −∞",
                                               "masked: 0"};
    return m->op < N_STEPS && m->s->n_pos > 1 && !trace_two_way(m->s->trace)
               ? words[m->op]
               : NULL;
}

static void draw_mask_legend(const Map *m, int x, int y, int room) {
    const Stage *s = m->s;
    const Theme *t = s->theme;
    const Rect box = {x, y, stage_u(s, 22), stage_u(s, 14)};
    const char *words = mask_words(m);
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, t->soft);
    const int left = x + box.w + stage_u(s, 6);
    if (words && m->op == SHOW_SCORES &&
        left + canvas_text_width(s->canvas, style, words) > x + room)
        words = "to mask";
    if (!words || left + canvas_text_width(s->canvas, style, words) > x + room)
        return;
    canvas_fill(s->canvas, box,
                m->op == SHOW_SCALED
                    ? color_mix(t->window, t->positive, STAGE_FAINT)
                    : t->well);
    if (m->op == SHOW_SCALED) canvas_hatch(s->canvas, box, t->soft);
    if (m->op == SHOW_SCORES) { /* right of the line */
        const int thick = stage_u(s, 2);
        canvas_fill(s->canvas, (Rect){box.x, box.y, thick, box.h}, t->text);
        canvas_fill(s->canvas,
                    (Rect){box.x, box.y + box.h - thick, box.w, thick},
                    t->text);
    } else {
        canvas_frame(s->canvas, box, 0, 1, t->soft);
    }
    canvas_text_row(s->canvas, style, left, box.y, box.h, words);
}

#define MASK_LEGEND_W 124 /* u */

/* Left out where it would be too small to read. */
void attention_draw_bar(const Map *m) {
    const Stage *s = m->s;
    int top = stage_u(s, 34), h = m->grid.h * 2 / 5;
    if (h < stage_u(s, 110)) h = m->grid.h - top;
    const bool is_signed = attention_is_signed(m->op);
    const bool root = attention_is_root(m->op);
    const char *label = attention_scale_name(m->op, m->bar_below);
    const float hi = m->op == SHOW_CHANGE ? 100 * m->hi : m->hi;
    const TextStyle tiny = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const Rect stage = canvas_clip(s->canvas);
    if (m->bar_below) {
        /* Right of its name, which short labels of rows leave little room. */
        const int name = canvas_text_width(s->canvas, tiny, label);
        const int left = num_max(m->grid.x, stage.x + stage_u(s, 12) + name);
        Rect flat = {left, attention_below(m) + stage_u(s, 22),
                     m->grid.x + m->grid.w - left, stage_u(s, 14)};
        const int mask = stage_u(s, MASK_LEGEND_W);
        const bool beside = mask_words(m) && flat.w > 3 * mask;
        if (beside) flat.w -= mask;
        stage_colorbar_flat(s, flat, label, hi, is_signed, root);
        if (beside)
            draw_mask_legend(m, flat.x + flat.w + stage_u(s, 16), flat.y,
                             mask - stage_u(s, 16));
        return;
    }
    if (h < stage_u(s, 80)) return;
    Rect bar = {attention_beside(m) + stage_u(s, 34), m->grid.y + top,
                stage_u(s, 16), h};
    const int end = stage.x + stage.w;
    if (bar.x + canvas_text_width(s->canvas, tiny, label) + stage_u(s, 4) > end)
        label = attention_scale_name(m->op, true);
    stage_colorbar(s, bar, label, hi, is_signed, root);
    if (bar.y + bar.h + stage_u(s, 36) <= m->grid.y + m->grid.h)
        draw_mask_legend(m, bar.x, bar.y + bar.h + stage_u(s, 20),
                         num_min(stage_u(s, MASK_LEGEND_W), end - bar.x));
}

/* Where in all tokens the part lies, in the current row's weights. */
static void draw_span(const Map *m) {
    const Stage *s = m->s;
    if (!span_is_part(m->span)) return;
    const float *row = stage_row(s, SITE_PATTERN, s->layer, s->pos);
    const int n_keys = trace_n_keys(s->trace, s->pos);
    Rect outer = m->grid;
    outer.w = attention_beside(m) - stage_u(s, SPAN_W) - outer.x;
    outer.h = attention_below(m) - stage_u(s, SPAN_H) - outer.y;
    span_draw(s, outer, m->span,
              row ? row + (size_t)s->head * (size_t)n_keys : NULL, n_keys);
}

static void add_hit(const Map *m) {
    const Stage *s = m->s;
    Hit hit = {.rect = m->grid,
               .kind = HIT_GRID,
               .row_key = STATE_TOKEN,
               .col_key = STATE_KEY,
               .causal = !edits_two_way(&s->state->edits, s->config) &&
                         m->op >= N_STEPS};
    span_hit(&hit, m->span);
    hits_add(s->hits, hit);
}

void attention_draw_map(const Map *m) {
    attention_draw_cells(m);
    draw_numbers(m);
    draw_edit(m);
    draw_row_labels(m);
    draw_column_labels(m);
    draw_axis_names(m);
    draw_crosshair(m);
    draw_span(m);
    add_hit(m);
    draw_hover(m);
}
