/* One head's attention as a heatmap: rows ask, columns answer. */
#include "viz/views/view.h"

#include "viz/views/glossary.h"
#include "viz/views/span.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ViewOp ops[] = {
    {"scores", "raw scores"},
    {"scaled", "scores + mask"},
    {"weights", "weights"},
};
enum { SHOW_SCORES, SHOW_SCALED, SHOW_WEIGHTS, N_SHOWN };

static bool op_at(const Arch *a, int i, ViewOp *out) {
    (void)a; /* every architecture attends */
    if (i >= N_SHOWN) return false;
    *out = ops[i];
    return true;
}

static const char *const step_names[N_SHOWN] = {
    "1  raw scores: q·k", "2  scores + mask", "3  weights: softmax"};

/* The rows of the positions shown, asked for once; NULL: not there yet. */
typedef struct Rows {
    const float *scores[STAGE_TOKENS_MAX], *weights[STAGE_TOKENS_MAX];
    const float *masked[STAGE_TOKENS_MAX]; /* of the keys after the row */
} Rows;

/* What is drawn where. */
typedef struct Map {
    const Stage *s;
    const Rows *rows;
    Rect grid;      /* the cells */
    int op;         /* SHOW_*: which numbers */
    Span span;      /* what of it is shown */
    int n;          /* span.n: rows and columns shown */
    bool bar_below; /* the colour bar lies below the grid, not beside it */
    float hi;       /* top of the scale: 1 for weights, max |score| else */
    int size_px;    /* of one cell, rounded down */
} Map;

static bool is_weights(const Map *m) {
    return m->op == SHOW_WEIGHTS;
}

static int last_row(const Map *m) {
    return m->span.row0 + m->n - 1;
}

static int last_col(const Map *m) {
    return m->span.col0 + m->n - 1;
}

static void ask_rows(const Map *m, Site site, const float **out) {
    for (int i = 0; i < m->n; i++)
        out[i] = stage_row(m->s, site, m->s->layer, m->span.row0 + i);
}

/* What the mask takes away, up to the last key shown. */
static void ask_masked(const Map *m, const float **out) {
    const Stage *s = m->s;
    int last = last_col(m);
    for (int i = 0; i < m->n; i++) {
        const int pos = m->span.row0 + i;
        bool none = trace_n_keys(s->trace, pos) > last;
        out[i] = none ? NULL
                      : study_masked(s->study, s->layer, s->head,
                                     s->config->n_heads, pos, last);
    }
}

/* One row of the head: its numbers for the keys the mask lets through, and for
 * those behind it while there are scores. */
typedef struct Row {
    const float *v; /* borrowed; NULL: not there yet */
    int n_keys;
    const float *masked; /* from key n_keys on, likewise; NULL with weights */
    float factor; /* the stored scores are scaled; the raw one is that times
                     sqrt(K) */
} Row;

static Row map_row(const Map *m, int pos) {
    const Stage *s = m->s;
    int n_keys = trace_n_keys(s->trace, pos), i = pos - m->span.row0;
    const float *site =
        is_weights(m) ? m->rows->weights[i] : m->rows->scores[i];
    float k = (float)s->config->head_dim;
    return (Row){site ? site + (size_t)s->head * (size_t)n_keys : NULL, n_keys,
                 is_weights(m) ? NULL : m->rows->masked[i],
                 m->op == SHOW_SCORES ? sqrtf(k) : 1};
}

/* Value of a cell; NaN where there is none or it is still to come. */
static float row_value(Row row, int key) {
    if (key >= row.n_keys)
        return row.masked ? row.masked[key - row.n_keys] * row.factor : NAN;
    return row.v ? row.v[key] * row.factor : NAN;
}

/* Heads rest much of their weight on the first token.  With the sink off its
 * column is left uncoloured, so that the scale serves the others. */
static bool set_apart(const Map *m, int row, int col) {
    return !m->s->state->sink && col == 0 && row > 0;
}

/* Largest coloured value. */
static float scale_top(const Map *m) {
    if (is_weights(m) && m->s->state->sink) return 1;
    float hi = 0;
    for (int i = m->span.row0; i <= last_row(m); i++) {
        Row row = map_row(m, i);
        for (int j = m->span.col0; row.v && j <= last_col(m) && j < row.n_keys;
             j++) {
            float v = fabsf(row_value(row, j));
            if (!set_apart(m, i, j) && v > hi && isfinite(v)) hi = v;
        }
    }
    return hi > 0 ? hi : 1;
}

static Color cell_color(const Map *m, int row, int col, float v) {
    const Theme *t = m->s->theme;
    if (isnan(v)) return (Color){0};
    if (set_apart(m, row, col)) return t->well;
    if (is_weights(m)) return stage_weight_color(m->s, v / m->hi);
    Color c = colormap_signed(t, v / m->hi);
    bool masked = col >= trace_n_keys(m->s->trace, row);
    return masked ? color_mix(t->window, c, STAGE_FAINT) : c;
}

/* ---- parts -------------------------------------------------------------- */

/* Edge i of the n cells spread over w pixels, as raster_cells rounds it. */
static int edge(const Map *m, int i) {
    return (int)(((int64_t)i * m->grid.w + m->n / 2) / m->n);
}

static Rect cell_rect(const Map *m, int row, int col) {
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
    for (int i = m->span.row0; i <= last_row(m); i++) {
        int n_keys = num_max(trace_n_keys(s->trace, i), m->span.col0);
        if (n_keys > last_col(m)) continue;
        Rect r = cell_rect(m, i, n_keys);
        r.w = right - r.x;
        canvas_hatch(s->canvas, r, s->theme->soft);
    }
}

static void draw_missing(const Map *m) {
    for (int i = m->span.row0; i <= last_row(m); i++) {
        Row row = map_row(m, i);
        if (row.v || row.n_keys <= m->span.col0) continue;
        int end = num_min(row.n_keys - 1, last_col(m));
        Rect a = cell_rect(m, i, m->span.col0), b = cell_rect(m, i, end);
        stage_draw_missing(m->s, (Rect){a.x, a.y, b.x + b.w - a.x, a.h});
    }
}

static void draw_cells(const Map *m) {
    const Stage *s = m->s;
    int gap = m->grid.w / m->n >= stage_u(s, 10) ? 1 : 0;
    for (int i = 0; i < m->n; i++) {
        const int pos = m->span.row0 + i;
        Row row = map_row(m, pos);
        for (int j = 0; j < m->n; j++) {
            const int key = m->span.col0 + j;
            s->cells[i * m->n + j] =
                cell_color(m, pos, key, row_value(row, key));
        }
    }
    canvas_fill(s->canvas, m->grid, s->theme->well);
    if (gap) draw_grid(m);
    canvas_cells(s->canvas, m->grid, s->cells, m->n, m->n, gap);
    if (m->op == SHOW_SCALED) draw_mask(m);
    draw_missing(m);
}

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
    const char *widest = is_weights(m) ? ".00" : "-00.0";
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

static void draw_numbers(const Map *m) {
    const Stage *s = m->s;
    TextStyle style = {
        .face = FACE_MONO, .size = number_size(m), .align = ALIGN_CENTER};
    if (style.size == 0) return;
    for (int i = m->span.row0; i <= last_row(m); i++) {
        Row row = map_row(m, i);
        for (int j = m->span.col0; j <= last_col(m); j++) {
            char text[16];
            float v = row_value(row, j);
            bool struck = m->op == SHOW_SCALED && j >= row.n_keys;
            if (isnan(v) || struck) continue;
            if (is_weights(m))
                stage_weight_text(v, text);
            else
                snprintf(text, sizeof text, "%.1f", v);
            Rect r = cell_rect(m, i, j);
            style.color = theme_ink(cell_color(m, i, j, v));
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

static void draw_row_labels(const Map *m, int room) {
    const Stage *s = m->s;
    int step = label_step(m);
    for (int i = m->span.row0; i <= last_row(m); i++) {
        bool current = i == s->pos;
        if (!shows_label(i, m->span.row0, step, s->pos)) continue;
        TextStyle style =
            text_style(current ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                       current ? s->theme->query : s->theme->soft);
        Rect r = cell_rect(m, i, m->span.col0);
        int w = canvas_text_width(s->canvas, style, s->labels[i]);
        int cap = canvas_metrics(s->canvas, style).cap;
        int x = m->grid.x - stage_u(s, 9) - (w < room ? w : room);
        canvas_text_fit(s->canvas, style, x, r.y + r.h / 2 + cap / 2, room,
                        s->labels[i]);
        int h = num_max(r.h, 2 * cap);
        stage_token_hit(s, (Rect){x, r.y + (r.h - h) / 2, m->grid.x - x, h}, i);
    }
}

static void draw_column_labels(const Map *m) {
    const Stage *s = m->s;
    int step = label_step(m);
    for (int i = m->span.col0; i <= last_col(m); i++) {
        bool current = s->key_known && i == s->key;
        if (!shows_label(i, m->span.col0, step, s->key)) continue;
        TextStyle style =
            text_style(current ? FACE_BOLD : FACE_SANS, TYPE_SMALL,
                       current ? s->theme->key : s->theme->soft);
        style.angle = 55;
        Rect r = cell_rect(m, m->span.row0, i);
        canvas_text(s->canvas, style, r.x + r.w / 2 + stage_u(s, 4),
                    m->grid.y - stage_u(s, 9), s->labels[i]);
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
    bool row = s->pos >= m->span.row0 && s->pos <= last_row(m);
    bool col = s->key_known && s->key >= col0 && s->key <= last_col(m);
    if (row && n_keys > col0) {
        int end = num_min(n_keys - 1, last_col(m));
        Rect a = cell_rect(m, s->pos, col0), b = cell_rect(m, s->pos, end);
        canvas_frame(s->canvas, (Rect){a.x, a.y, b.x + b.w - a.x, a.h}, 0,
                     thick, s->theme->query);
    }
    int from = m->span.row0;
    if (!s->state->edits.no_mask) from = num_max(from, s->key);
    if (col && from <= last_row(m)) {
        Rect top = cell_rect(m, from, s->key);
        Rect foot = cell_rect(m, last_row(m), s->key);
        canvas_frame(s->canvas,
                     (Rect){top.x, top.y, top.w, foot.y + foot.h - top.y}, 0,
                     thick, s->theme->key);
    }
    if (row && col)
        canvas_frame(s->canvas, cell_rect(m, s->pos, s->key), 0, thick * 1.25f,
                     s->theme->text);
}

static void draw_hover(const Map *m) {
    const Stage *s = m->s;
    if (!rect_contains(m->grid, s->mouse_x, s->mouse_y)) return;
    int i = m->span.row0 + (s->mouse_y - m->grid.y) * m->n / m->grid.h;
    int j = m->span.col0 + (s->mouse_x - m->grid.x) * m->n / m->grid.w;
    float v = row_value(map_row(m, i), j);
    if (isnan(v)) return;
    bool masked = j >= trace_n_keys(s->trace, i);
    char text[2 * STAGE_LABEL_MAX + 64];
    snprintf(text, sizeof text, "%s (%d) → %s (%d): %.4f%s", s->labels[i], i,
             s->labels[j], j, v,
             !masked                ? ""
             : m->op == SHOW_SCORES ? ", to be masked"
                                    : ", masked: −∞");
    tip_set(s->tip, cell_rect(m, i, j), text);
}

/* What is left of what the head hands on: 0 is off. */
static float kept(const Stage *s) {
    const Edits *e = trace_edits(s->trace);
    return edits_get(e, EDIT_HEAD, s->layer, s->head) *
           edits_get(e, EDIT_ATTN, s->layer, 0);
}

/* ", switched off" when the head or its layer's attention is. */
static void edit_text(const Stage *s, char *out, size_t size) {
    const float scale = kept(s);
    out[0] = '\0';
    if (scale == 0)
        snprintf(out, size, ", switched off");
    else if (scale != 1)
        snprintf(out, size, ", ×%.3g", (double)scale);
}

/* A head that is off still looks, but nothing of it is handed on: its map is
 * veiled and says so. */
static void draw_edit(const Map *m) {
    const Stage *s = m->s;
    const float scale = kept(s);
    char text[48] = "off: nothing is handed on";
    if (scale == 1) return;
    if (scale == 0)
        canvas_fill(s->canvas, m->grid, color_alpha(s->theme->window, .5f));
    else
        snprintf(text, sizeof text, "handed on ×%.3g", (double)scale);
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, s->theme->bad);
    const int pad = stage_u(s, 8), h = stage_u(s, 26), out = stage_u(s, 6);
    if (canvas_text_width(s->canvas, style, text) + 2 * (pad + out) > m->grid.w)
        snprintf(text, sizeof text, scale == 0 ? "off" : "×%.3g",
                 (double)scale);
    const int w = canvas_text_width(s->canvas, style, text) + 2 * pad;
    const Rect plate = {m->grid.x + m->grid.w - w - out, m->grid.y + out, w, h};
    canvas_round(s->canvas, plate, (float)h / 2, s->theme->panel);
    canvas_frame(s->canvas, plate, (float)h / 2, (float)stage_u(s, 1),
                 s->theme->bad);
    canvas_text_row(s->canvas, style, plate.x + pad, plate.y, h, text);
}

/* ---- layout ------------------------------------------------------------- */

static int widest_label(const Stage *s, int first, int n, int max) {
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    int widest = 0;
    for (int i = first; i < first + n; i++) {
        int w = canvas_text_width(s->canvas, style, s->labels[i]);
        if (w > widest) widest = w;
    }
    return widest < max ? widest : max;
}

/* Space beside the grid for the colour bar, and beside that for the three
 * steps as small maps, in design units. */
#define CELL_MAX_U 240 /* of a cell: a few tokens fill the stage, too */
#define BAR_W      120
#define BAR_H      62 /* below the grid instead */
#define KEY_W      52 /* what "key" and a sloping label need */
#define STEPS_W    190
#define STEPS_GAP  50

/* The square grid with room for labels to the left and above and for what is
 * to the right; the whole stands in the middle of r. */
static Map lay_out(const Stage *s, Rect r, int *label_w) {
    const int n_max = num_clamp(r.h, 1, STAGE_TOKENS_MAX);
    Map m = {.s = s, .op = s->op, .span = span_of(s, s->n_pos, n_max)};
    m.n = m.span.n;
    /* That of all tokens, so that the map does not move while it is zoomed. */
    const bool few = s->n_pos <= STAGE_TOKENS_MAX;
    const int name_w = widest_label(s, few ? 0 : m.span.row0,
                                    few ? s->n_pos : m.n, stage_u(s, 130));
    *label_w = name_w;
    /* The strips that say which part this is. */
    const bool part = span_is_part(m.span);
    const int strip_w = part ? stage_u(s, SPAN_W) : 0;
    if (part) r.h -= stage_u(s, SPAN_H);
    int left = *label_w + stage_u(s, 16), right = stage_u(s, BAR_W) + strip_w;
    /* Sloping labels: their height is the sine of 55 degrees. */
    int top = name_w * 82 / 100 + stage_u(s, 26);
    int side = num_min(r.w - left - right, r.h - top);
    /* In a high stage the bar costs less below, beside "key" alone. */
    int below = num_min(r.w - left - stage_u(s, KEY_W) - strip_w,
                        r.h - top - stage_u(s, BAR_H));
    m.bar_below = below > side;
    if (m.bar_below) {
        side = below;
        right = stage_u(s, KEY_W) + strip_w;
    }
    if (side > m.n * stage_u(s, CELL_MAX_U))
        side = m.n * stage_u(s, CELL_MAX_U);
    /* Whole pixels make all cells alike, where that costs little; but what is
     * zoomed keeps its size. */
    if (!part && side % m.n * 8 <= side) side -= side % m.n;
    int spare = r.w - left - right - side;
    if (spare > stage_u(s, STEPS_W + STEPS_GAP))
        spare -= stage_u(s, STEPS_W + STEPS_GAP);
    m.grid =
        (Rect){r.x + left + (spare > 0 ? spare / 2 : 0), r.y + top, side, side};
    return m;
}

/* Where the map and its strip end on the right, and below. */
static int beside(const Map *m) {
    const int strip = span_is_part(m->span) ? stage_u(m->s, SPAN_W) : 0;
    return m->grid.x + m->grid.w + strip;
}

static int below(const Map *m) {
    const int strip = span_is_part(m->span) ? stage_u(m->s, SPAN_H) : 0;
    return m->grid.y + m->grid.h + strip;
}

/* The left end of the three small maps, and the side of each; 0: no room. */
static int steps_side(const Map *m, Rect r, int *x) {
    const Stage *s = m->s;
    *x = beside(m) + stage_u(s, BAR_W + STEPS_GAP);
    int side = m->grid.h / N_SHOWN - stage_u(s, 44);
    if (side > stage_u(s, STEPS_W)) side = stage_u(s, STEPS_W);
    bool fits = *x + stage_u(s, STEPS_W) <= r.x + r.w && side >= stage_u(s, 60);
    return fits ? side : 0;
}

/* The way to the weights in three small maps, where there is room: raw
 * scores, scaled and masked, softmax.  A click shows one large. */
static void draw_steps(const Map *m, Rect r) {
    const Stage *s = m->s;
    int x, pitch = m->grid.h / N_SHOWN, side = steps_side(m, r, &x);
    if (side == 0) return;
    for (int op = 0; op < N_SHOWN; op++) {
        Map small = *m;
        small.op = op;
        small.grid =
            (Rect){x, m->grid.y + op * pitch + stage_u(s, 26), side, side};
        small.hi = op == m->op ? m->hi : scale_top(&small);
        draw_cells(&small);
        bool lit = op == m->op;
        canvas_text(s->canvas,
                    text_style(lit ? FACE_MEDIUM : FACE_SANS, TYPE_SMALL,
                               lit ? s->theme->text : s->theme->soft),
                    x, small.grid.y - stage_u(s, 8), step_names[op]);
        Rect frame = rect_inset(small.grid, -stage_u(s, 3), -stage_u(s, 3));
        if (lit)
            canvas_frame(s->canvas, frame, (float)stage_u(s, 3),
                         (float)stage_u(s, 2), s->theme->accent);
        hits_pick(s->hits, frame, pick_word(STATE_OP, ops[op].name));
    }
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

/* Left out where it would be too small to read. */
static void draw_bar(const Map *m) {
    const Stage *s = m->s;
    int top = stage_u(s, 34), h = m->grid.h * 2 / 5;
    if (h < stage_u(s, 110)) h = m->grid.h - top;
    bool weights = is_weights(m);
    const char *label = m->op == SHOW_SCORES ? "raw score"
                        : !weights           ? "score"
                        : m->bar_below       ? "weight"
                                             : "weight (√ scale)";
    if (m->bar_below) {
        Rect flat = {m->grid.x, below(m) + stage_u(s, 22), m->grid.w,
                     stage_u(s, 14)};
        stage_colorbar_flat(s, flat, label, m->hi, !weights, weights);
        return;
    }
    if (h < stage_u(s, 80)) return;
    Rect bar = {beside(m) + stage_u(s, 34), m->grid.y + top, stage_u(s, 16), h};
    stage_colorbar(s, bar, label, m->hi, !weights, weights);
}

static void heading(const Stage *s, char *out, size_t size) {
    static const char *const formula[] = {"raw score q·k", "score q·k / √%d%s",
                                          "softmax( q·k / √%d%s )"};
    const char *mask = trace_edits(s->trace)->no_mask ? "" : " + mask";
    char text[64], edit[32];
    snprintf(text, sizeof text, formula[s->op], s->config->head_dim, mask);
    edit_text(s, edit, sizeof edit);
    int n = snprintf(out, size, "layer %d (0–%d) · head %d (0–%d)%s   %s",
                     s->layer, s->config->n_layers - 1, s->head,
                     s->config->n_heads - 1, edit, text);
    if (!s->state->sink && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "   first token set apart");
}

/* Takes the last part off: details are parts three blanks apart. */
static void drop_part(char *details) {
    char *last = details;
    for (char *p = details; (p = strstr(p, "   ")); p++)
        last = p;
    *last = '\0';
}

/* In a low picture what does not fit beside the title goes: a second line
 * would cost the map more than the words are worth. */
static void shorten(const Stage *s, Rect r, int reserved, char *details) {
    if (r.h >= stage_u(s, 300)) return;
    while (details[0] &&
           !stage_heading_fits(s, r.w - reserved, "Attention", details))
        drop_part(details);
}

/* Where in all tokens the part lies, in the current row's weights. */
static void draw_span(const Map *m) {
    const Stage *s = m->s;
    if (!span_is_part(m->span)) return;
    const float *row = stage_row(s, SITE_PATTERN, s->layer, s->pos);
    const int n_keys = trace_n_keys(s->trace, s->pos);
    span_draw(s, m->grid, m->span,
              row ? row + (size_t)s->head * (size_t)n_keys : NULL, n_keys);
}

static void add_hit(const Map *m) {
    const Stage *s = m->s;
    Hit hit = {.rect = m->grid,
               .kind = HIT_GRID,
               .row_key = STATE_TOKEN,
               .col_key = STATE_KEY,
               .causal = !s->state->edits.no_mask && is_weights(m)};
    span_hit(&hit, m->span);
    hits_add(s->hits, hit);
}

/* What the large map shows, and what the small ones do. */
static void ask_all(Map *m, Rect r, Rows *rows) {
    int x;
    bool all = steps_side(m, r, &x) > 0;
    if (all || !is_weights(m)) ask_rows(m, SITE_ATTN_SCORES, rows->scores);
    if (all || is_weights(m)) ask_rows(m, SITE_PATTERN, rows->weights);
    if (all || !is_weights(m)) ask_masked(m, rows->masked);
    m->rows = rows;
    m->hi = scale_top(m);
}

static void draw(const Stage *s, Rect r) {
    static const char *const words[] = {"scores", "scaled", "weights"};
    static const char *const titles[] = {"raw scores", "scores + mask",
                                         "weights"};
    int label_w, tabs_w = stage_tabs_width(s, titles, N_SHOWN);
    char details[192];
    heading(s, details, sizeof details);
    bool tabs = tabs_w < r.w / 2;
    int reserved = tabs ? tabs_w + stage_u(s, 12) : 0;
    shorten(s, r, reserved, details);
    Rect body = stage_heading_beside(s, r, reserved, "Attention", details);
    if (tabs)
        stage_tabs(s, r.x + r.w, r.y - stage_u(s, 2), STATE_OP, words, titles,
                   N_SHOWN, s->op);
    Map m = lay_out(s, body, &label_w);
    if (m.grid.w < 1) return;
    Rows rows = {0};
    ask_all(&m, body, &rows);
    draw_cells(&m);
    draw_numbers(&m);
    draw_edit(&m);
    draw_row_labels(&m, label_w);
    draw_column_labels(&m);
    draw_axis_names(&m);
    draw_crosshair(&m);
    draw_bar(&m);
    draw_steps(&m, body);
    draw_span(&m);
    add_hit(&m);
    draw_hover(&m);
}

static int n_keys_shown(const Stage *s) {
    return s->op == SHOW_WEIGHTS ? trace_n_keys(s->trace, s->pos) : s->n_pos;
}

static void opened(const Stage *s, Opened *out) {
    const Theme *t = s->theme;
    int n_keys = trace_n_keys(s->trace, s->pos);
    out->kind = OPENED_CELL;
    out->site = s->op == SHOW_WEIGHTS ? SITE_PATTERN : SITE_ATTN_SCORES;
    out->layer = s->layer;
    out->pos = s->pos;
    out->index = s->head * n_keys + s->key;
    bool masked = s->key >= n_keys; /* stored nowhere */
    if (s->op == SHOW_SCORES || masked) {
        out->kind = OPENED_MADE;
        out->made = study_raw_key(s->trace, s->layer, s->head, s->pos, s->key);
    }
    snprintf(out->kicker, sizeof out->kicker, "%s",
             s->key_opened ? "Opened cell" : "Strongest cell of this row");
    if (!s->key_known) {
        out->kind = OPENED_LATER;
        return;
    }
    const char *const words[] = {s->labels[s->pos], " asks · ",
                                 s->labels[s->key], " answers"};
    const Color colors[] = {t->query, t->text, t->key, t->text};
    for (int i = 0; i < 4; i++)
        out->title[i] = (TextSpan){.text = words[i],
                                   .len = (int)strlen(words[i]),
                                   .face = FACE_BOLD,
                                   .color = colors[i]};
    out->n_title = 4;
}

const View view_attention = {
    .name = "attention",
    .title = "Attention",
    .key = "6",
    .family = FAMILY_ATTENTION,
    .op = op_at,
    .default_op = "weights",
    .n_keys = n_keys_shown,
    .draw = draw,
    .opened = opened,
};
