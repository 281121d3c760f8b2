/* Which part of a heatmap is shown, and where in the whole it lies. */
#include "viz/views/span.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>

#define STRIP_U 16 /* thick */
#define GAP_U   8  /* from the map */

/* ---- which --------------------------------------------------------------- */

Span span_of(const Stage *s, int n_all, int n_fit) {
    Span k = {.n_all = n_all, .n_fit = num_clamp(n_fit, 1, num_max(n_all, 1))};
    const State *state = s->state;
    const int shown = (int)lroundf((float)k.n_fit / fmaxf(state->zoom, 1));
    k.n = num_clamp(shown, num_min(SPAN_LEAST, k.n_fit), k.n_fit);
    const int most = num_max(n_all - k.n, 0);
    k.row0 = k.col0 = stage_window(n_all, k.n, s->pos);
    if (s->key_opened) k.col0 = num_clamp(k.col0, s->key - k.n + 1, s->key);
    if (state->at[0] >= 0) k.row0 = num_min(state->at[0], most);
    if (state->at[1] >= 0) k.col0 = num_min(state->at[1], most);
    return k;
}

void span_hit(Hit *hit, Span k) {
    hit->rows = hit->cols = k.n;
    hit->row0 = k.row0;
    hit->col0 = k.col0;
    hit->n_all = k.n_all;
    hit->n_fit = k.n_fit;
}

/* ---- changing it --------------------------------------------------------- */

/* The first of n shown when the token at share f of n_old from `first` on stays
 * there: whole tokens, so that many steps do not add up to a drift. */
static int first_about(int first, int n_old, float f, int n, int n_all) {
    const int still = first + num_min((int)(f * (float)n_old), n_old - 1);
    return num_clamp(still - num_min((int)(f * (float)n), n - 1), 0, n_all - n);
}

void span_zoomed(const Hit *map, float factor, float fx, float fy, float *zoom,
                 int at[2]) {
    const int n = map->cols, most = map->n_fit;
    int next = (int)lroundf((float)n / factor);
    if (next == n) next += factor > 1 ? -1 : 1;
    next = num_clamp(next, num_min(SPAN_LEAST, most), most);
    *zoom = (float)most / (float)next;
    at[0] = first_about(map->row0, n, fy, next, map->n_all);
    at[1] = first_about(map->col0, n, fx, next, map->n_all);
    if (next == map->n_all) at[0] = at[1] = -1;
}

void span_moved(const Hit *map, int rows, int cols, int at[2]) {
    const int most = map->n_all - map->cols;
    at[0] = num_clamp(map->row0 + rows, 0, most);
    at[1] = num_clamp(map->col0 + cols, 0, most);
}

void span_dragged(const Hit *strip, float f, int at[2]) {
    const int most = strip->n_all - strip->cols;
    const int first = (int)lroundf(f * (float)strip->n_all) - strip->cols / 2;
    at[0] = strip->row0;
    at[1] = strip->col0;
    at[strip->arg] = num_clamp(first, 0, most);
}

/* ---- the strips ---------------------------------------------------------- */

static int place(int extent, int i, int n) {
    return (int)((int64_t)extent * i / n);
}

/* The strongest weight of each pixel's tokens, so that a lone one is seen. */
static void draw_row(const Stage *s, Rect r, const float *row, int n_keys,
                     int n_all) {
    for (int x = 0; x < r.w; x++) {
        int i = (int)((int64_t)x * n_all / r.w);
        const int end = (int)((int64_t)(x + 1) * n_all / r.w);
        float most = -1;
        for (; i < n_keys && (i < end || most < 0); i++)
            most = fmaxf(most, row[i]);
        if (most >= 0)
            canvas_fill(s->canvas, (Rect){r.x + x, r.y, 1, r.h},
                        stage_weight_color(s, most));
    }
}

/* The part from..from+n of a strip, framed; never too thin to be taken. */
static void draw_part(const Stage *s, Rect strip, bool down, int from, Span k) {
    const int extent = down ? strip.h : strip.w, least = stage_u(s, 8);
    const int a = place(extent, from, k.n_all);
    const int size =
        num_min(num_max(place(extent, from + k.n, k.n_all) - a, least),
                extent - num_min(a, extent - least));
    const int out = stage_u(s, 2);
    Rect r = down ? (Rect){strip.x, strip.y + num_min(a, extent - least),
                           strip.w, size}
                  : (Rect){strip.x + num_min(a, extent - least), strip.y, size,
                           strip.h};
    canvas_frame(s->canvas, rect_inset(r, -out, -out), (float)out, (float)out,
                 s->theme->accent);
}

static void add_hit(const Stage *s, Rect strip, int axis, Span k) {
    Hit hit = {.rect = strip, .kind = HIT_STRIP, .arg = axis};
    span_hit(&hit, k);
    hits_add(s->hits, hit);
}

/* Where the current token or the opened key is. */
static void draw_mark(const Stage *s, Rect strip, bool down, int i, int n_all,
                      Color color) {
    const int line = num_max(stage_u(s, 2), 2);
    if (down)
        canvas_fill(
            s->canvas,
            (Rect){strip.x, strip.y + place(strip.h, i, n_all), strip.w, line},
            color);
    else
        canvas_fill(s->canvas,
                    (Rect){strip.x + place(strip.w, i, n_all),
                           strip.y + strip.h - line * 2, line, line * 2},
                    color);
}

void span_draw_words(const Stage *s, int x, int baseline, int w, Span k) {
    char text[128];
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int len =
        snprintf(text, sizeof text, "queries %d–%d, keys %d–%d of %d", k.row0,
                 k.row0 + k.n - 1, k.col0, k.col0 + k.n - 1, k.n_all);
    snprintf(text + len, sizeof text - (size_t)len,
             " · wheel, Ctrl+=: zoom · drag: move");
    if (s->is_figure || canvas_text_width(s->canvas, style, text) > w)
        text[len] = '\0';
    canvas_text_fit(s->canvas, style, x, baseline, w, text);
}

void span_draw_strip(const Stage *s, Rect strip, int axis, Span k) {
    const bool down = strip.h > strip.w;
    canvas_fill(s->canvas, strip, s->theme->well);
    if (axis == 0)
        draw_mark(s, strip, down, s->pos, k.n_all, s->theme->query);
    else if (s->key_known)
        draw_mark(s, strip, down, s->key, k.n_all, s->theme->key);
    draw_part(s, strip, down, axis ? k.col0 : k.row0, k);
    add_hit(s, strip, axis, k);
}

void span_draw(const Stage *s, Rect grid, Span k, const float *row,
               int n_keys) {
    const int gap = stage_u(s, GAP_U), thick = stage_u(s, STRIP_U);
    const Rect below = {grid.x, grid.y + grid.h + gap, grid.w, thick};
    const Rect right = {grid.x + grid.w + gap, grid.y, thick * 3 / 4, grid.h};
    canvas_fill(s->canvas, below, s->theme->well);
    canvas_fill(s->canvas, right, s->theme->well);
    if (row) draw_row(s, below, row, n_keys, k.n_all);
    draw_mark(s, right, true, s->pos, k.n_all, s->theme->query);
    if (s->key_known)
        draw_mark(s, below, false, s->key, k.n_all, s->theme->key);
    draw_part(s, below, false, k.col0, k);
    draw_part(s, right, true, k.row0, k);
    span_draw_words(s, below.x, below.y + thick + stage_u(s, 18), below.w, k);
    add_hit(s, below, 1, k);
    add_hit(s, right, 0, k);
}
