/* A column a pair: both vectors before and after they are turned, the two hands
 * of the dial, the products and their running sum. */
#include "viz/views/qk/qk.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The two numbers of a pair. */
static const float *pair_of(const float *v, int pair) {
    return v + (size_t)2 * (size_t)pair;
}

static Rect column(const Stage *s, const QkLayout *l, int i, int y, int h) {
    return (Rect){l->x + i * l->column_w, y,
                  num_max(l->column_w - stage_u(s, 4), 1), h};
}

static float largest(const float *a, const float *b, int n) {
    return fmaxf(stage_max_abs(a, n), stage_max_abs(b, n));
}

/* ---- cells --------------------------------------------------------------- */

static void draw_cell(const Stage *s, Rect r, float v, float hi, bool numeral) {
    if (isnan(v)) {
        canvas_hatch(s->canvas, r, s->theme->soft);
        return;
    }
    const Color ground = stage_value_color(s, v, hi);
    canvas_fill(s->canvas, r, ground);
    if (!numeral) return;
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, theme_ink(ground));
    style.align = ALIGN_CENTER;
    char text[16];
    snprintf(text, sizeof text, "%s",
             number_fixed((double)v, fabsf(v) < 99.5f ? 1 : 0).s);
    if (canvas_text_width(s->canvas, style, text) <= r.w)
        canvas_text_row(s->canvas, style, r.x + r.w / 2, r.y, r.h, text);
}

/* One vector: two cells a column.  open: what a click sets besides. */
static void draw_vector(const Stage *s, const QkLayout *l, const float *v,
                        int y, float hi, Color edge, Pick open) {
    for (int i = 0; i < l->n_columns; i++) {
        if (l->pair[i] < 0) continue;
        const Rect r = column(s, l, i, y, l->cell_h);
        const int at = 2 * l->pair[i], half = r.w / 2;
        const Rect first = {r.x, r.y, half, r.h};
        const Rect second = {r.x + half, r.y, r.w - half, r.h};
        draw_cell(s, first, v[at], hi, l->numerals);
        draw_cell(s, second, v[at + 1], hi, l->numerals);
        if (edge.a)
            canvas_frame(s->canvas, r, (float)stage_u(s, 2),
                         (float)stage_u(s, 1), edge);
        hits_pick(s->hits, first, pick_and(open, pick_number(STATE_ELEM, at)));
        hits_pick(s->hits, second,
                  pick_and(open, pick_number(STATE_ELEM, at + 1)));
    }
}

/* What opens a number of the query or of the key, before it is turned or
 * after. */
static Pick opens(const Stage *s, bool turned, bool key) {
    const bool turns = qk_sites(s->config->arch).turns;
    return pick_and(pick_word(STATE_OP, turned && turns ? "turned" : "before"),
                    pick_word(STATE_PART, key ? "key" : "none"));
}

/* ---- dials --------------------------------------------------------------- */

typedef struct Dial {
    float x, y, radius, longest;
} Dial;

static void draw_hand(const Stage *s, Dial d, const float *v, float thickness,
                      Color color) {
    if (!isfinite(v[0]) || !isfinite(v[1])) return;
    canvas_line(s->canvas, d.x, d.y, d.x + v[0] / d.longest * d.radius,
                d.y - v[1] / d.longest * d.radius, thickness, color);
}

static float length(const float *v, int pair) {
    const float *p = pair_of(v, pair);
    return hypotf(p[0], p[1]);
}

static float longest_pair(const StudyMeet *m) {
    float most = 1e-9f;
    for (int i = 0; i < m->n_pairs; i++) {
        most = fmaxf(most, length(m->q, i));
        most = fmaxf(most, length(m->k, i));
    }
    return isfinite(most) ? most : 1;
}

static double most_added(const StudyMeet *m) {
    return fmax(fabs(m->adds[m->order[0]]), 1e-9);
}

/* Thin: before the turn; thick: after it.  Tinted by what the pair adds. */
static void draw_dial(const Stage *s, const StudyMeet *m, int pair, float x,
                      float y, float radius, float longest) {
    const Theme *t = s->theme;
    const Dial d = {x, y, radius * .92f, longest};
    const float tint = (float)(m->adds[pair] / most_added(m)) * .5f;
    const float thin = (float)stage_u(s, 1), thick = (float)stage_u(s, 3);
    canvas_circle(s->canvas, x, y, radius, t->rule);
    canvas_circle(s->canvas, x, y, radius - thin, colormap_signed(t, tint));
    draw_hand(s, d, pair_of(m->q, pair), thin,
              color_mix(t->query, t->zero, .35f));
    draw_hand(s, d, pair_of(m->k, pair), thin,
              color_mix(t->key, t->zero, .35f));
    draw_hand(s, d, pair_of(m->turned_q, pair), thick, t->query);
    draw_hand(s, d, pair_of(m->turned_k, pair), thick, t->key);
    canvas_circle(s->canvas, x, y, (float)stage_u(s, 2), t->text);
}

static void draw_dials(const Stage *s, const QkLayout *l) {
    const float longest = longest_pair(l->m);
    for (int i = 0; i < l->n_columns; i++) {
        const Rect r = column(s, l, i, l->dial_y, l->dial_h);
        if (l->pair[i] < 0) continue;
        draw_dial(s, l->m, l->pair[i], (float)r.x + (float)r.w / 2,
                  (float)r.y + (float)r.h / 2, (float)num_min(r.w, r.h) / 2,
                  longest);
    }
}

void qk_hand_text(const QkLayout *l, bool key, char *out, size_t size) {
    const int place = key ? l->places.key : l->places.query;
    snprintf(
        out, size, "%s %s turns", key ? "key" : "query",
        number_round(l->m->turn[l->selected / 2] * place / 6.283185307179586, 3)
            .s);
}

/* The opened pair's hands as long as there is room, and how far they turned. */
void qk_draw_clock(const Stage *s, const QkLayout *l) {
    const StudyMeet *m = l->m;
    if (l->clock.w <= 0) return;
    const int pair = l->selected / 2, line = stage_u(s, 19);
    const float longest =
        fmaxf(fmaxf(length(m->q, pair), length(m->k, pair)), 1e-9f);
    const int side = l->clock.w;
    draw_dial(s, m, pair, (float)l->clock.x + (float)side / 2,
              (float)l->clock.y + (float)side / 2, (float)side / 2,
              isfinite(longest) ? longest : 1);
    const TextStyle bold = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->query);
    const int x = l->clock.x + side + stage_u(s, 12);
    const int room = num_max(l->notes.x + l->notes.w - x, 0);
    int y = l->clock.y + line;
    char text[64];
    snprintf(text, sizeof text, "Pair %d", pair);
    canvas_text_fit(s->canvas, bold, x, y, room, text);
    for (int i = 0; i < 2 && qk_turned(s, m); i++) {
        y += line;
        style.color = i ? s->theme->key : s->theme->query;
        qk_hand_text(l, i, text, sizeof text);
        canvas_text_fit(s->canvas, style, x, y, room, text);
    }
    style.color = s->theme->soft;
    canvas_text_fit(s->canvas, style, x, y + line, room,
                    qk_turned(s, m) ? "thin: before" : "not turned");
    snprintf(text, sizeof text, "adds %s", number_signed(m->adds[pair], 2).s);
    style.color = s->theme->text;
    canvas_text_fit(s->canvas, style, x, y + 2 * line, room, text);
}

/* ---- the running sum ----------------------------------------------------- */

static double added_by(const QkLayout *l, int i) {
    return l->pair[i] < 0 ? l->others : l->m->adds[l->pair[i]];
}

typedef struct Axis {
    int top, h;
    double low, high;
} Axis;

static int axis_y(const Axis *a, double v) {
    return a->top +
           (int)lround((a->high - v) / (a->high - a->low) * (double)a->h);
}

static Axis sum_axis(const Stage *s, const QkLayout *l) {
    Axis a = {l->sum_y + stage_u(s, 18), l->sum_h - stage_u(s, 24), 0, 0};
    double at = 0;
    for (int i = 0; i < l->n_columns; i++) {
        at += added_by(l, i);
        a.low = fmin(a.low, at);
        a.high = fmax(a.high, at);
    }
    if (!isfinite(a.high) || !isfinite(a.low) || !(a.high - a.low > 1e-9))
        a.low = 0, a.high = 1;
    a.h = num_max(a.h, 1);
    return a;
}

static void draw_sum(const Stage *s, const QkLayout *l) {
    const Axis a = sum_axis(s, l);
    const Theme *t = s->theme;
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, t->text);
    style.align = ALIGN_CENTER;
    double at = 0;
    canvas_fill(s->canvas,
                (Rect){l->x, axis_y(&a, 0), l->n_columns * l->column_w, 1},
                t->rule);
    for (int i = 0; i < l->n_columns; i++) {
        const double adds = added_by(l, i);
        if (!isfinite(adds)) return;
        const Rect r = column(s, l, i, l->sum_y, l->sum_h);
        const int y0 = axis_y(&a, at), y1 = axis_y(&a, at + adds);
        const int top = num_min(y0, y1), h = num_max(abs(y1 - y0), 1);
        canvas_fill(s->canvas, (Rect){r.x, top, r.w, h},
                    adds >= 0 ? t->positive : t->negative);
        if (i + 1 < l->n_columns)
            canvas_fill(s->canvas, (Rect){r.x + r.w, y1, l->column_w - r.w, 1},
                        t->soft);
        char text[16];
        snprintf(text, sizeof text, "%s", number_signed(adds, 1).s);
        if (canvas_text_width(s->canvas, style, text) > l->column_w)
            snprintf(text, sizeof text, "%s", number_signed(adds, 0).s);
        if (canvas_text_width(s->canvas, style, text) <= l->column_w)
            canvas_text(s->canvas, style, r.x + r.w / 2, top - stage_u(s, 4),
                        text);
        at += adds;
    }
}

/* ---- labels -------------------------------------------------------------- */

static void label(const Stage *s, const QkLayout *l, int y, Color color,
                  bool lit, const char *text, const char *right) {
    TextStyle style =
        text_style(lit ? FACE_BOLD : FACE_SANS, TYPE_SMALL, color);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    mono.align = ALIGN_RIGHT;
    const int end = l->x - stage_u(s, 8);
    int room = end - l->label_x;
    const int gap = stage_u(s, 6);
    const bool fits =
        right && canvas_text_width(s->canvas, style, text) + gap +
                         canvas_text_width(s->canvas, mono, right) <=
                     room;
    if (fits) {
        canvas_text_row(s->canvas, mono, end, y, l->cell_h, right);
        room -= canvas_text_width(s->canvas, mono, right) + gap;
    }
    const int cap = canvas_metrics(s->canvas, style).cap;
    if (room <= 0) return;
    canvas_text_fit(s->canvas, style, l->label_x, y + (l->cell_h + cap) / 2,
                    room, text);
    glossary_note(s->hits, s->canvas, style, l->label_x,
                  y + (l->cell_h + cap) / 2, text);
}

static void draw_labels(const Stage *s, const QkLayout *l) {
    const Theme *t = s->theme;
    const QkOp op = qk_op(s);
    const bool turns = qk_turned(s, l->m), key = qk_opens_key(s);
    char q[STAGE_LABEL_MAX + 16], k[STAGE_LABEL_MAX + 16], angle[32];
    snprintf(q, sizeof q, "query %s", s->reads[s->pos]);
    snprintf(k, sizeof k, "key %s", s->reads[s->key]);
    label(s, l, l->q_y, t->query, op == QK_BEFORE && !key, q, NULL);
    label(s, l, l->k_y, t->key, op == QK_BEFORE && key, k, NULL);
    label(s, l, l->product_y, t->text, op == QK_PRODUCT, "product", NULL);
    label(s, l, l->sum_y + stage_u(s, 8), t->text, op == QK_PRODUCT,
          "running sum", NULL);
    if (!qk_sites(s->config->arch).turns) return;
    snprintf(angle, sizeof angle, "%d × θ", l->places.query);
    label(s, l, l->turned_q_y, t->query, op == QK_TURNED && !key,
          turns ? "turned" : "not turned", turns ? angle : NULL);
    snprintf(angle, sizeof angle, "%d × θ", l->places.key);
    label(s, l, l->turned_k_y, t->key, op == QK_TURNED && key,
          turns ? "turned" : "not turned", turns ? angle : NULL);
    const int middle = l->dial_y + l->dial_h / 2 - l->cell_h;
    label(s, l, middle, t->text, op == QK_TURNED, "the two hands", NULL);
    if (turns)
        label(s, l, middle + l->cell_h - stage_u(s, 4), t->soft, false,
              "thin: before", NULL);
}

/* How many tokens make a full turn. */
static void draw_head(const Stage *s, const QkLayout *l) {
    TextStyle bold = text_style(FACE_MEDIUM, TYPE_TINY, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    /* Where nothing turns two neighbours have nothing in common. */
    const bool turns = qk_sites(s->config->arch).turns;
    canvas_text(s->canvas, bold, l->label_x, l->head_y + stage_u(s, 12),
                turns ? "pair" : "elements");
    if (qk_turned(s, l->m))
        canvas_text_fit(s->canvas, mono, l->label_x, l->head_y + stage_u(s, 28),
                        num_max(l->label_w - stage_u(s, 8), 0),
                        "tokens a turn");
    bold.align = mono.align = ALIGN_CENTER;
    for (int i = 0; i < l->n_columns; i++) {
        const int x = l->x + i * l->column_w + l->column_w / 2, p = l->pair[i];
        char text[24];
        snprintf(text, sizeof text, p < 0 ? "%d others" : "%d",
                 p < 0 ? l->n_others : p);
        if (!turns && p >= 0)
            snprintf(text, sizeof text, "%d, %d", 2 * p, 2 * p + 1);
        if (!turns && p < 0)
            snprintf(text, sizeof text, "%d others", 2 * l->n_others);
        if (canvas_text_width(s->canvas, bold, text) > l->column_w)
            snprintf(text, sizeof text, p < 0 ? "+%d" : "%d",
                     (turns ? 1 : 2) * (p < 0 ? l->n_others : p));
        if (canvas_text_width(s->canvas, bold, text) <= l->column_w)
            canvas_text(s->canvas, bold, x, l->head_y + stage_u(s, 12), text);
        if (p < 0 || !(l->m->turn[p] > 0)) continue;
        const double turn = 6.283185307179586 / l->m->turn[p];
        snprintf(text, sizeof text, "%s",
                 turn >= 99999.5 ? number_power(turn, 0).s
                                 : number_fixed(turn, turn < 99.5 ? 1 : 0).s);
        if (canvas_text_width(s->canvas, mono, text) > l->column_w)
            snprintf(text, sizeof text, "%sk", number_fixed(turn / 1000, 0).s);
        if (canvas_text_width(s->canvas, mono, text) <= l->column_w)
            canvas_text(s->canvas, mono, x, l->head_y + stage_u(s, 28), text);
    }
}

/* The number under the mouse, in all strips, and what it is in each. */
static void light_element(const Stage *s, const QkLayout *l, Rect column,
                          int elem) {
    const StudyMeet *m = l->m;
    const int ys[] = {l->q_y, l->turned_q_y, l->turned_k_y, l->k_y,
                      l->product_y};
    const int half = column.w / 2;
    const Rect at = elem % 2 ? (Rect){column.x + half, 0, column.w - half, 0}
                             : (Rect){column.x, 0, half, 0};
    for (int i = 0; i < 5; i++)
        canvas_frame(s->canvas, (Rect){at.x, ys[i], at.w, l->cell_h}, 1,
                     (float)stage_u(s, 2), s->theme->text);
    char text[160];
    if (qk_sites(s->config->arch).turns)
        snprintf(text, sizeof text,
                 "element %d: query %s, turned %s; key %s, turned "
                 "%s; product %s",
                 elem, number_signed((double)m->q[elem], 3).s,
                 number_signed((double)m->turned_q[elem], 3).s,
                 number_signed((double)m->k[elem], 3).s,
                 number_signed((double)m->turned_k[elem], 3).s,
                 number_signed((double)m->products[elem], 3).s);
    else
        snprintf(text, sizeof text, "element %d: query %s; key %s; product %s",
                 elem, number_signed((double)m->q[elem], 3).s,
                 number_signed((double)m->k[elem], 3).s,
                 number_signed((double)m->products[elem], 3).s);
    tip_set(s->tip, column, text);
}

/* The opened pair and the one under the mouse are lit in all strips. */
static void draw_lit(const Stage *s, const QkLayout *l) {
    for (int i = 0; i < l->n_columns; i++) {
        const Rect r = rect_inset(
            column(s, l, i, l->q_y, l->product_y + l->cell_h - l->q_y),
            -stage_u(s, 2), -stage_u(s, 2));
        const bool opened = l->pair[i] >= 0 && l->pair[i] == l->selected / 2;
        const bool hovered = rect_contains(r, s->mouse_x, s->mouse_y);
        if (!opened && !hovered) continue;
        canvas_frame(s->canvas, r, (float)stage_u(s, 4), (float)stage_u(s, 2),
                     opened ? s->theme->accent : s->theme->soft);
        if (!hovered || l->pair[i] < 0) continue;
        const Rect cells = column(s, l, i, l->q_y, l->cell_h);
        light_element(s, l, cells,
                      2 * l->pair[i] + (s->mouse_x >= cells.x + cells.w / 2));
    }
}

void qk_draw_pairs(const Stage *s, const QkLayout *l) {
    const StudyMeet *m = l->m;
    const Color none = {0};
    if (!l->sum_h) return;
    const float hi = largest(m->q, m->k, m->size);
    draw_head(s, l);
    draw_labels(s, l);
    draw_vector(s, l, m->q, l->q_y, hi, none, opens(s, false, false));
    if (qk_sites(s->config->arch).turns) {
        draw_vector(s, l, m->turned_q, l->turned_q_y, hi, s->theme->query,
                    opens(s, true, false));
        draw_dials(s, l);
        draw_vector(s, l, m->turned_k, l->turned_k_y, hi, s->theme->key,
                    opens(s, true, true));
    }
    draw_vector(s, l, m->k, l->k_y, hi, none, opens(s, false, true));
    draw_vector(s, l, m->products, l->product_y,
                stage_max_abs(m->products, m->size), none,
                pick_word(STATE_OP, "product"));
    draw_sum(s, l);
    draw_lit(s, l);
}
