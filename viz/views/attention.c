/* One head's attention as a heatmap: rows ask, columns answer. */
#include "viz/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const ViewOp ops[] = {
    {"scores", "scores"},
    {"scaled", "scaled + mask"},
    {"weights", "weights"},
};
enum { OP_SCORES, OP_SCALED, OP_WEIGHTS, N_OPS };

/* What is drawn where. */
typedef struct Map {
    const Stage *s;
    Rect grid;    /* the cells */
    int first, n; /* positions first .. first+n-1, rows and columns alike */
    float hi;     /* top of the scale: 1 for weights, max |score| else */
    int size_px;  /* of one cell, rounded down */
    bool signed_map;
} Map;

static bool is_weights(const Stage *s) { return s->op == OP_WEIGHTS; }

/* Value of a cell; NaN where the mask hides it. */
static float cell_value(const Stage *s, const float *row, int n_keys,
                        int key) {
    if (key >= n_keys)
        return NAN;
    float v = row[s->head * n_keys + key];
    /* The stored scores are scaled; the raw one is that times sqrt(K). */
    return s->op == OP_SCORES ? v * sqrtf((float)s->config->head_dim) : v;
}

static const float *site_row(const Stage *s, int pos) {
    return trace_row(s->trace,
                     is_weights(s) ? SITE_PATTERN : SITE_ATTN_SCORES,
                     s->layer, pos);
}

/* Largest shown value; the first column apart when the sink is set apart. */
static float scale_top(const Map *m) {
    const Stage *s = m->s;
    if (is_weights(s) && s->state->sink)
        return 1;
    float hi = 0;
    for (int i = 0; i < m->n; i++) {
        const float *row = site_row(s, m->first + i);
        int n_keys = trace_n_keys(s->trace, m->first + i);
        for (int j = m->first; j < m->first + m->n && j < n_keys; j++) {
            float v = fabsf(cell_value(s, row, n_keys, j));
            bool sink = !s->state->sink && j == 0 && i + m->first > 0;
            if (!sink && v > hi && isfinite(v))
                hi = v;
        }
    }
    return hi > 0 ? hi : 1;
}

static Color cell_color(const Map *m, float v) {
    if (isnan(v))
        return (Color){0};
    if (m->signed_map)
        return colormap_signed(m->s->theme, v / m->hi);
    return stage_weight_color(m->s, v / m->hi);
}

/* ---- parts -------------------------------------------------------------- */

static void draw_cells(const Map *m) {
    const Stage *s = m->s;
    int gap = m->size_px >= stage_u(s, 10) ? 1 : 0;
    for (int i = 0; i < m->n; i++) {
        const float *row = site_row(s, m->first + i);
        int n_keys = trace_n_keys(s->trace, m->first + i);
        for (int j = 0; j < m->n; j++)
            s->cells[i * m->n + j] =
                cell_color(m, cell_value(s, row, n_keys, m->first + j));
    }
    canvas_fill(s->canvas, m->grid, s->theme->well);
    if (gap)
        for (int i = 1; i < m->n; i++) {
            int x = m->grid.x + i * m->grid.w / m->n - 1;
            int y = m->grid.y + i * m->grid.h / m->n - 1;
            canvas_fill(s->canvas, (Rect){x, m->grid.y, 1, m->grid.h},
                        s->theme->grid);
            canvas_fill(s->canvas, (Rect){m->grid.x, y, m->grid.w, 1},
                        s->theme->grid);
        }
    canvas_cells(s->canvas, m->grid, s->cells, m->n, m->n, gap);
}

/* Edge i of the n cells spread over w pixels, as raster_cells rounds it. */
static int edge(const Map *m, int i) {
    return (int)(((int64_t)i * m->grid.w + m->n / 2) / m->n);
}

static Rect cell_rect(const Map *m, int row, int col) {
    int i = row - m->first, j = col - m->first;
    return (Rect){m->grid.x + edge(m, j), m->grid.y + edge(m, i),
                  edge(m, j + 1) - edge(m, j), edge(m, i + 1) - edge(m, i)};
}

/* Numbers in the cells, where they fit. */
static void draw_numbers(const Map *m) {
    const Stage *s = m->s;
    TextStyle style = {
        .face = FACE_MONO, .size = TYPE_TINY - 1, .align = ALIGN_CENTER};
    const char *widest = is_weights(s) ? ".00" : "+00.0";
    if (m->size_px < canvas_text_width(s->canvas, style, widest) +
                         stage_u(s, 5))
        return;
    for (int i = m->first; i < m->first + m->n; i++) {
        const float *row = site_row(s, i);
        int n_keys = trace_n_keys(s->trace, i);
        for (int j = m->first; j < m->first + m->n && j < n_keys; j++) {
            char text[16];
            float v = cell_value(s, row, n_keys, j);
            if (is_weights(s))
                stage_weight_text(v, text);
            else
                snprintf(text, sizeof text, "%+.1f", v);
            Rect r = cell_rect(m, i, j);
            style.color = theme_ink(cell_color(m, v));
            canvas_text_row(s->canvas, style, r.x + r.w / 2, r.y, r.h, text);
        }
    }
}

/* Every how many-th label fits. */
static int label_step(const Map *m, float size) {
    int need = stage_u(m->s, size * 1.25f), step = 1;
    while (step < m->n && step * m->size_px < need)
        step *= 2;
    return step;
}

static bool shows_label(const Map *m, int i, int step) {
    return (i - m->first) % step == 0 || i == m->s->pos || i == m->s->key;
}

/* A label that would touch a marked one gives way. */
static bool near_marked(const Map *m, int i, int step) {
    int d_pos = i - m->s->pos, d_key = i - m->s->key;
    return step > 1 && ((d_pos && d_pos > -step && d_pos < step) ||
                        (d_key && d_key > -step && d_key < step));
}

static void draw_row_labels(const Map *m, int room) {
    const Stage *s = m->s;
    int step = label_step(m, TYPE_SMALL);
    for (int i = m->first; i < m->first + m->n; i++) {
        bool current = i == s->pos;
        if (!current && (!shows_label(m, i, step) || near_marked(m, i, step) ||
                         i == s->key))
            if (step > 1 || !shows_label(m, i, step))
                continue;
        TextStyle style = stage_style(s, current ? FACE_BOLD : FACE_SANS,
                                      TYPE_SMALL,
                                      current ? s->theme->query
                                              : s->theme->soft);
        Rect r = cell_rect(m, i, m->first);
        int w = canvas_text_width(s->canvas, style, s->labels[i]);
        int x = m->grid.x - stage_u(s, 9) - (w < room ? w : room);
        canvas_text_fit(s->canvas, style, x,
                        r.y + r.h / 2 +
                            canvas_metrics(s->canvas, style).cap / 2,
                        room, s->labels[i]);
    }
}

static void draw_column_labels(const Map *m) {
    const Stage *s = m->s;
    int step = label_step(m, TYPE_SMALL);
    for (int i = m->first; i < m->first + m->n; i++) {
        bool current = i == s->key;
        if (!current && (!shows_label(m, i, step) || near_marked(m, i, step) ||
                         i == s->pos))
            if (step > 1 || !shows_label(m, i, step))
                continue;
        TextStyle style = stage_style(s, current ? FACE_BOLD : FACE_SANS,
                                      TYPE_SMALL,
                                      current ? s->theme->key
                                              : s->theme->soft);
        style.angle = 55;
        Rect r = cell_rect(m, m->first, i);
        canvas_text(s->canvas, style, r.x + r.w / 2 + stage_u(s, 4),
                    m->grid.y - stage_u(s, 9), s->labels[i]);
    }
}

/* The current row in the query's colour, the opened column in the key's, the
 * opened cell in ink. */
static void draw_crosshair(const Map *m) {
    const Stage *s = m->s;
    float thick = (float)stage_u(s, 2);
    int last = m->first + m->n - 1;
    int n_keys = trace_n_keys(s->trace, s->pos);
    if (s->pos < m->first || s->pos > last)
        return;
    int end = n_keys - 1 < last ? n_keys - 1 : last;
    Rect a = cell_rect(m, s->pos, m->first), b = cell_rect(m, s->pos, end);
    canvas_frame(s->canvas, (Rect){a.x, a.y, b.x + b.w - a.x, a.h}, 0, thick,
                 s->theme->query);
    if (s->key < m->first || s->key > last)
        return;
    int from = s->state->edits.no_mask || s->key < m->first ? m->first : s->key;
    Rect top = cell_rect(m, from, s->key), foot = cell_rect(m, last, s->key);
    canvas_frame(s->canvas,
                 (Rect){top.x, top.y, top.w, foot.y + foot.h - top.y}, 0,
                 thick, s->theme->key);
    Rect cell = cell_rect(m, s->pos, s->key);
    canvas_frame(s->canvas, cell, 0, thick * 1.25f, s->theme->text);
}

static void draw_hover(const Map *m) {
    const Stage *s = m->s;
    if (!rect_contains(m->grid, s->mouse_x, s->mouse_y))
        return;
    int i = m->first + (s->mouse_y - m->grid.y) * m->n / m->grid.h;
    int j = m->first + (s->mouse_x - m->grid.x) * m->n / m->grid.w;
    if (j >= trace_n_keys(s->trace, i))
        return;
    float v = cell_value(s, site_row(s, i), trace_n_keys(s->trace, i), j);
    char text[2 * STAGE_LABEL_MAX + 64];
    snprintf(text, sizeof text, "%s (%d) → %s (%d): %.4f", s->labels[i], i,
             s->labels[j], j, v);
    TextStyle style =
        stage_style(s, FACE_SANS, TYPE_SMALL, s->theme->window);
    int pad = stage_u(s, 9), h = stage_u(s, 28);
    int w = canvas_text_width(s->canvas, style, text) + 2 * pad;
    int x = s->mouse_x + stage_u(s, 14), y = s->mouse_y - h;
    if (x + w > m->grid.x + m->grid.w + stage_u(s, 80))
        x = s->mouse_x - stage_u(s, 14) - w;
    canvas_round(s->canvas, (Rect){x, y, w, h}, (float)stage_u(s, 6),
                 s->theme->text);
    canvas_text_row(s->canvas, style, x + pad, y, h, text);
}

/* ---- layout ------------------------------------------------------------- */

static int widest_label(const Stage *s, int first, int n, int max) {
    TextStyle style = stage_style(s, FACE_BOLD, TYPE_SMALL, s->theme->text);
    int widest = 0;
    for (int i = first; i < first + n; i++) {
        int w = canvas_text_width(s->canvas, style, s->labels[i]);
        if (w > widest)
            widest = w;
    }
    return widest < max ? widest : max;
}

/* The square grid with room for labels to the left and above and for the
 * colour bar to the right. */
static Map lay_out(const Stage *s, Rect r, int *label_w) {
    int n_max = r.h < STAGE_TOKENS_MAX ? r.h : STAGE_TOKENS_MAX;
    Map m = {.s = s,
             .n = s->n_pos < n_max ? s->n_pos : n_max,
             .signed_map = !is_weights(s)};
    if (m.n < 1)
        m.n = 1;
    m.first = stage_window(s->n_pos, m.n, s->pos);
    *label_w = widest_label(s, m.first, m.n, stage_u(s, 130));
    int left = *label_w + stage_u(s, 16), bar = stage_u(s, 110);
    int top = widest_label(s, m.first, m.n, stage_u(s, 130)) * 82 / 100 +
              stage_u(s, 26);
    int side = r.w - left - bar < r.h - top ? r.w - left - bar : r.h - top;
    if (side > m.n * stage_u(s, 64))
        side = m.n * stage_u(s, 64); /* a few tokens need no wall of colour */
    if (side > m.n)
        side -= side % m.n; /* whole pixels: all cells alike */
    m.grid = (Rect){r.x + left, r.y + top, side, side};
    m.size_px = side / m.n;
    m.hi = scale_top(&m);
    return m;
}

static void draw_axis_names(const Map *m) {
    const Stage *s = m->s;
    TextStyle query = stage_style(s, FACE_SANS, TYPE_TINY, s->theme->query);
    TextStyle key = stage_style(s, FACE_SANS, TYPE_TINY, s->theme->key);
    query.align = ALIGN_RIGHT;
    int y = m->grid.y - stage_u(s, 9);
    canvas_text(s->canvas, query, m->grid.x - stage_u(s, 9), y, "query ↓");
    canvas_text(s->canvas, key, m->grid.x + m->grid.w + stage_u(s, 8), y,
                "key →");
}

static void draw_bar(const Map *m) {
    const Stage *s = m->s;
    int h = m->grid.h * 2 / 5;
    if (h < stage_u(s, 90))
        h = m->grid.h;
    Rect bar = {m->grid.x + m->grid.w + stage_u(s, 34),
                m->grid.y + stage_u(s, 34), stage_u(s, 16), h};
    stage_colorbar(s, bar, m->signed_map ? "score" : "weight (√ scale)",
                   m->hi, m->signed_map, !m->signed_map);
}

static void heading(const Stage *s, const Map *m, char *out, size_t size) {
    static const char *const formula[] = {"q·k", "q·k / √%d + mask",
                                          "softmax( q·k / √%d + mask )"};
    char text[64];
    snprintf(text, sizeof text, formula[s->op], s->config->head_dim);
    int n = snprintf(out, size, "layer %d (0–%d) · head %d (0–%d)   %s",
                     s->layer, s->config->n_layers - 1, s->head,
                     s->config->n_heads - 1, text);
    if (m->n < s->n_pos && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, "   tokens %d–%d of %d", m->first,
                 m->first + m->n - 1, s->n_pos);
}

static void draw(const Stage *s, Rect r) {
    static const char *const words[] = {"scores", "scaled", "weights"};
    static const char *const titles[] = {"scores", "scaled + mask", "weights"};
    int label_w, tabs_w = stage_tabs_width(s, titles, N_OPS);
    char details[192];
    Map m = lay_out(s, r, &label_w); /* for the heading's token range */
    heading(s, &m, details, sizeof details);
    Rect head = r;
    bool tabs = tabs_w < r.w / 2;
    head.w -= tabs ? tabs_w + stage_u(s, 12) : 0;
    Rect body = stage_heading(s, head, "Attention", details);
    if (tabs)
        stage_tabs(s, r.x + r.w, r.y - stage_u(s, 2), STATE_OP, words, titles,
                   N_OPS, s->op);
    body.w = r.w;
    m = lay_out(s, body, &label_w);
    if (m.grid.w < 1)
        return;
    draw_cells(&m);
    draw_numbers(&m);
    draw_row_labels(&m, label_w);
    draw_column_labels(&m);
    draw_axis_names(&m);
    draw_crosshair(&m);
    draw_bar(&m);
    hits_add(s->hits, (Hit){.rect = m.grid,
                            .kind = HIT_GRID,
                            .rows = m.n,
                            .cols = m.n,
                            .row0 = m.first,
                            .col0 = m.first,
                            .row_key = STATE_TOKEN,
                            .col_key = STATE_KEY,
                            .causal = !s->state->edits.no_mask});
    draw_hover(&m);
}

static void opened(const Stage *s, Opened *out) {
    const Theme *t = s->theme;
    int n_keys = trace_n_keys(s->trace, s->pos);
    out->kind = OPENED_CELL;
    out->site = is_weights(s) ? SITE_PATTERN : SITE_ATTN_SCORES;
    out->layer = s->layer;
    out->pos = s->pos;
    out->index = s->head * n_keys + s->key;
    snprintf(out->kicker, sizeof out->kicker, "%s",
             s->key_opened ? "Opened cell" : "Strongest cell of this row");
    const char *const words[] = {s->labels[s->pos], " asks · ",
                                 s->labels[s->key], " answers"};
    const Color colors[] = {t->query, t->text, t->key, t->text};
    for (int i = 0; i < 4; i++)
        out->title[i] = (FlowSpan){.text = words[i],
                                   .len = (int)strlen(words[i]),
                                   .face = FACE_BOLD,
                                   .color = colors[i]};
    out->n_title = 4;
}

const View view_attention = {
    .name = "attention",
    .title = "Attention",
    .help = "one head: which tokens a token attends to",
    .ops = ops,
    .n_ops = N_OPS,
    .default_op = OP_WEIGHTS,
    .draw = draw,
    .opened = opened,
};
