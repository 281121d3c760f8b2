/* The cells: numbers as colours, looked up; what the mask hides struck out. */
#include "viz/views/attention/attention.h"

#include "engine/base/num.h"
#include "viz/views/before.h"

#include <math.h>

/* ---- colours ------------------------------------------------------------- */

/* The sign stands apart from the root. */
static float spread(float share) {
    return share < 0 ? -sqrtf(-share) : sqrtf(share);
}

/* Colours of the scale from its lower end, 0 or -1, to 1: mixing them anew for
 * each of 65,000 cells would be a third of a frame. */
#define GRADES 1024
typedef struct Ink {
    Color of[GRADES], faint[GRADES]; /* struck out by the mask */
    bool is_used;        /* few cells are mixed one by one: that costs less */
    float low, per_unit; /* grade of what is spread: (v - low) * per_unit */
    bool is_root;
    float hi;
} Ink;

static Color grade_color(const Map *m, float v) {
    return attention_is_signed(m->op) ? colormap_signed(m->s->theme, v)
                                      : colormap_at(m->s->map, v);
}

static void ink_fill(Ink *ink, const Map *m) {
    ink->is_used = m->n * m->n > 2 * GRADES;
    if (!ink->is_used) return;
    ink->low = attention_is_signed(m->op) ? -1 : 0;
    ink->per_unit = (GRADES - 1) / (1 - ink->low);
    ink->is_root = attention_is_root(m->op);
    ink->hi = m->hi;
    for (int i = 0; i < GRADES; i++) {
        ink->of[i] = grade_color(m, ink->low + (float)i / ink->per_unit);
        ink->faint[i] = color_mix(m->s->theme->window, ink->of[i], STAGE_FAINT);
    }
}

static int grade(const Ink *ink, float v) {
    const float share = v / ink->hi;
    const float at = ink->is_root ? spread(share) : share;
    const float i = (at - ink->low) * ink->per_unit + .5f;
    return i < 0 ? 0 : i > GRADES - 1 ? GRADES - 1 : (int)i;
}

Color attention_color(const Map *m, int row, int col, float v) {
    const Theme *t = m->s->theme;
    if (isnan(v)) return (Color){0};
    if (attention_set_apart(m, row, col)) return t->well;
    const float share = v / m->hi;
    const Color c =
        grade_color(m, attention_is_root(m->op) ? spread(share) : share);
    const bool masked =
        m->op == SHOW_SCALED && col >= trace_n_keys(m->s->trace, row);
    return masked ? color_mix(t->window, c, STAGE_FAINT) : c;
}

/* ---- parts -------------------------------------------------------------- */

/* Edge i of the n cells spread over w pixels, as raster_cells rounds it. */
static int edge(const Map *m, int i) {
    return (int)(((int64_t)i * m->grid.w + m->n / 2) / m->n);
}

/* In a small map not every row and column of many tokens has a pixel. */
static bool has_pixels(const Map *m, int i) {
    return edge(m, i + 1) > edge(m, i);
}

Rect attention_cell(const Map *m, int row, int col) {
    int i = row - m->span.row0, j = col - m->span.col0;
    return (Rect){m->grid.x + edge(m, j), m->grid.y + edge(m, i),
                  edge(m, j + 1) - edge(m, j), edge(m, i + 1) - edge(m, i)};
}

static void draw_grid(const Map *m) {
    const Stage *s = m->s;
    for (int i = 1; i < m->n; i++) {
        int at = edge(m, i) - 1;
        canvas_fill(s->canvas, (Rect){m->grid.x + at, m->grid.y, 1, m->grid.h},
                    s->theme->grid);
        canvas_fill(s->canvas, (Rect){m->grid.x, m->grid.y + at, m->grid.w, 1},
                    s->theme->grid);
    }
}

/* What the mask hides is struck out: it never gets a weight. */
static void draw_mask(const Map *m) {
    const Stage *s = m->s;
    int right = m->grid.x + m->grid.w;
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        int n_keys = num_max(trace_n_keys(s->trace, i), m->span.col0);
        if (n_keys > map_last_col(m)) continue;
        Rect r = attention_cell(m, i, n_keys);
        r.w = right - r.x;
        canvas_hatch(s->canvas, r, s->theme->soft);
    }
}

/* Before the mask every score counts alike: a line says where it will lie. */
static void draw_edge(const Map *m) {
    const Stage *s = m->s;
    const int t = stage_u(s, 2);
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        const int n_keys = trace_n_keys(s->trace, i);
        if (n_keys > map_last_col(m) || n_keys < m->span.col0) continue;
        const Rect r = attention_cell(m, i, n_keys);
        canvas_fill(s->canvas, (Rect){r.x - t / 2, r.y, t, r.h},
                    s->theme->text);
        canvas_fill(s->canvas,
                    (Rect){r.x - t / 2, r.y + r.h - t / 2,
                           i < map_last_row(m) ? r.w + t / 2 : 0, t},
                    s->theme->text);
    }
}

static void draw_missing(const Map *m) {
    for (int i = m->span.row0; i <= map_last_row(m); i++) {
        Row row = attention_row(m, i);
        const bool never = m->op == SHOW_CHANGE && before_pos(m->s, i) < 0;
        if (row.v || never || row.n_keys <= m->span.col0) continue;
        int end = num_min(row.n_keys - 1, map_last_col(m));
        Rect a = attention_cell(m, i, m->span.col0),
             b = attention_cell(m, i, end);
        stage_draw_missing(m->s, (Rect){a.x, a.y, b.x + b.w - a.x, a.h});
    }
}

/* True where one that the token sees is none, or is not there. */
static bool color_row(const Map *m, const Ink *ink, int pos, Color *out) {
    bool any_nan = false;
    const Row row = attention_row(m, pos);
    const bool fades = m->op == SHOW_SCALED;
    float values[STAGE_TOKENS_MAX];
    attention_values(m, &row, values);
    for (int j = 0; j < m->n; j++) {
        const float v = values[j];
        any_nan |= isnan(v) && (m->span.col0 + j < row.n_keys || row.masked);
        if (!ink->is_used) {
            out[j] = attention_color(m, pos, m->span.col0 + j, v);
            continue;
        }
        const bool masked = fades && m->span.col0 + j >= row.n_keys;
        out[j] = isnan(v) ? (Color){0}
                          : (masked ? ink->faint : ink->of)[grade(ink, v)];
    }
    if (m->span.col0 == 0 && attention_set_apart(m, pos, 0) && !isnan(*values))
        out[0] = m->s->theme->well;
    return any_nan;
}

/* No colour is theirs. */
static void hatch_row(const Map *m, int pos) {
    const Row row = attention_row(m, pos);
    for (int key = m->span.col0; key <= map_last_col(m); key++)
        if (attention_is_none(m, &row, key))
            canvas_hatch(m->s->canvas, attention_cell(m, pos, key),
                         m->s->theme->soft);
}

void attention_draw_cells(const Map *m) {
    const Stage *s = m->s;
    int gap = m->grid.w / m->n >= stage_u(s, 10) ? 1 : 0;
    Ink ink;
    ink_fill(&ink, m);
    bool any_nan[STAGE_TOKENS_MAX] = {0};
    for (int i = 0; i < m->n; i++)
        if (has_pixels(m, i))
            any_nan[i] = color_row(m, &ink, m->span.row0 + i,
                                   s->cells + (size_t)i * (size_t)m->n);
    canvas_fill(s->canvas, m->grid, s->theme->well);
    if (gap) draw_grid(m);
    for (int i = 0; i < m->n; i++)
        if (any_nan[i]) hatch_row(m, m->span.row0 + i);
    canvas_cells(s->canvas, m->grid, s->cells, m->n, m->n, gap);
    if (m->op == SHOW_SCALED) draw_mask(m);
    if (m->op == SHOW_SCORES) draw_edge(m);
    draw_missing(m);
}
