/* The table as a picture, and the current token's row of it: cells, bars, and
 * every number. */
#include "viz/views/embedding/embedding.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_U     66.0f /* the narrowest cell with a number in it */
#define NUMBER_MAX_U 120.0f
#define LINE_U       24.0f
#define LINE_MAX_U   60.0f
#define GUTTER_U     44.0f
#define TICKS        8

/* ---- the table ----------------------------------------------------------- */

/* What the mouse is on. */
static void tip_row(const Stage *s, Rect r, const StudyTable *t) {
    if (!rect_contains(r, s->mouse_x, s->mouse_y)) return;
    char token[STAGE_LABEL_MAX], text[96];
    const int row = (s->mouse_y - r.y) * t->rows / r.h;
    const int id = (int)((int64_t)row * t->n / t->rows);
    tokenizer_show(s->tokenizer, id, token, sizeof token);
    snprintf(text, sizeof text,
             t->rows == t->n ? "row %d: %s" : "rows from %d on: %s", id, token);
    tip_set(s->tip, (Rect){r.x, s->mouse_y, r.w, 1}, text);
}

static void draw_outflow(const Stage *s, Rect r, Rect row,
                         const StudyTable *t) {
    const Theme *theme = s->theme;
    const int id = num_min(stage_read_id(s, s->pos), t->n - 1);
    const int at = study_table_row(t, id);
    const int y = r.y + (int)((int64_t)at * r.h / t->rows);
    const int h = num_max(r.h / t->rows, stage_u(s, 3));
    const Color tint = color_mix(theme->window, theme->query, .25f);
    if (row.h > 0)
        canvas_ribbon(s->canvas, (float)(r.x + r.w), (float)y, (float)(y + h),
                      (float)row.x, (float)row.y, (float)(row.y + row.h), tint);
    const Rect mark = {r.x - stage_u(s, 3), y, r.w + 2 * stage_u(s, 3), h};
    if (h > stage_u(s, 9)) /* a row that can be seen is not covered */
        canvas_frame(s->canvas, mark, 0, (float)stage_u(s, 3), theme->query);
    else
        canvas_fill(s->canvas, mark, theme->query);
}

void embedding_draw_table(const Stage *s, Rect r, Rect row) {
    const StudyTable *t = study_table(s->study);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    char text[64];
    snprintf(text, sizeof text, "the table, %d × %d", s->config->vocab_size,
             s->config->dim);
    const int head = stage_u(s, 24), room = row.x - r.x - stage_u(s, 4);
    embedding_text(s, style, r.x, r.y + stage_u(s, TYPE_SMALL), room, text);
    r.y += head;
    r.h -= head;
    if (r.h < 4 || r.w < 4) return;
    if (!t) {
        stage_draw_missing(s, r);
        return;
    }
    stage_draw_table(s, r, t);
    canvas_frame(s->canvas, rect_inset(r, -1, -1), 0, 1, s->theme->soft);
    draw_outflow(s, r, row, t);
    tip_row(s, r, t);
}

/* ---- the row ------------------------------------------------------------- */

/* With a digit more where all numbers are small. */
static void weight_text(float v, float hi, char out[16]) {
    if (hi < .1f)
        snprintf(out, 16, "%s", number_signed((double)v, 4).s);
    else
        stage_value_text(v, out);
}

/* Of the few that cell i of n stands for, the number furthest from 0. */
static int strongest(const float *v, int n_all, int n, int i) {
    const int from = (int)((int64_t)i * n_all / n);
    const int to = num_max((int)((int64_t)(i + 1) * n_all / n), from + 1);
    int best = from;
    for (int j = from; j < to; j++)
        if (fabsf(v[j]) > fabsf(v[best])) best = j;
    return best;
}

void embedding_strip(const Stage *s, Rect r, EmbeddingAt *at, const void *of,
                     int n) {
    const int shown = num_clamp(n, 1, num_max(r.w, 1));
    float hi = 0;
    for (int i = 0; i < n; i++)
        hi = fmaxf(hi, fabsf(at(of, i)));
    for (int i = 0, j = 0; i < shown; i++) {
        float v = 0;
        for (; j < n && (int64_t)j * shown < (int64_t)(i + 1) * n; j++)
            if (fabsf(at(of, j)) >= fabsf(v)) v = at(of, j);
        s->cells[i] = stage_value_color(s, v, hi > 0 ? hi : 1);
    }
    canvas_cells(s->canvas, r, s->cells, 1, shown,
                 r.w / shown >= stage_u(s, 5) ? 1 : 0);
}

static float float_at(const void *of, int i) {
    return ((const float *)of)[i];
}

typedef struct Bars {
    Rect r;
    const float *v, *before; /* before NULL: the same */
    int n_all, n;            /* elements, bars */
    float hi;
} Bars;

static int x_of(const Bars *b, int i) {
    return b->r.x + (int)((int64_t)i * b->r.w / b->n);
}

static Rect bar_rect(const Bars *b, int i, float v) {
    const int x = x_of(b, i), w = num_max(x_of(b, i + 1) - x - 1, 1);
    const int middle = b->r.y + b->r.h / 2;
    const int h = (int)lroundf(fabsf(v) / b->hi * (float)b->r.h / 2);
    return (Rect){x, v > 0 ? middle - h : middle, w, num_max(h, 1)};
}

/* What it was: hollow, or where that is too narrow its end alone. */
static void draw_was(const Stage *s, Rect bar, float was) {
    const int line = num_max(stage_u(s, 1), 1);
    if (bar.w >= 5 * line) {
        canvas_frame(s->canvas, bar, 0, (float)line, s->theme->bad);
        return;
    }
    const int y = was > 0 ? bar.y : bar.y + bar.h - 2 * line;
    canvas_fill(s->canvas, (Rect){bar.x, y, bar.w, 2 * line}, s->theme->bad);
}

static void draw_bars(const Stage *s, const Bars *b) {
    const Theme *t = s->theme;
    canvas_fill(s->canvas, (Rect){b->r.x, b->r.y + b->r.h / 2, b->r.w, 1},
                t->grid);
    for (int i = 0; i < b->n; i++) {
        const float v = b->v[strongest(b->v, b->n_all, b->n, i)];
        canvas_fill(s->canvas, bar_rect(b, i, v),
                    v > 0 ? t->positive : t->negative);
        if (!b->before) continue;
        const float was = b->before[strongest(b->before, b->n_all, b->n, i)];
        draw_was(s, bar_rect(b, i, was), was);
    }
}

/* The two ends, by number. */
static void draw_extremes(const Stage *s, const Bars *b) {
    int low = 0, high = 0;
    for (int i = 0; i < b->n; i++) {
        const float v = b->v[strongest(b->v, b->n_all, b->n, i)];
        if (v < b->v[strongest(b->v, b->n_all, b->n, low)]) low = i;
        if (v > b->v[strongest(b->v, b->n_all, b->n, high)]) high = i;
    }
    const int at[] = {low, high};
    TextStyle style = text_style(FACE_MONO, TYPE_SMALL, s->theme->text);
    for (int k = 0; k < 2; k++) {
        char text[16];
        const float v = b->v[strongest(b->v, b->n_all, b->n, at[k])];
        const Rect bar = bar_rect(b, at[k], v);
        weight_text(v, b->hi, text);
        const int w = canvas_text_width(s->canvas, style, text);
        const int gap = stage_u(s, 4);
        const int right = bar.x + bar.w + gap;
        const int x = right + w <= b->r.x + b->r.w ? right : bar.x - gap - w;
        const int cap = canvas_metrics(s->canvas, style).cap;
        const int y = v > 0 ? bar.y + cap : bar.y + bar.h;
        if (x < b->r.x) continue;
        canvas_fill(s->canvas, (Rect){x - 1, y - cap - 1, w + 2, cap + 2},
                    s->theme->window);
        canvas_text(s->canvas, style, x, y, text);
    }
}

static void draw_ticks(const Stage *s, const Bars *b) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const int y = b->r.y + b->r.h + stage_u(s, 15);
    int free_from = b->r.x;
    for (int k = 0; k < TICKS; k++) {
        char text[16];
        const int elem = (int)((int64_t)k * b->n_all / TICKS);
        const int x = b->r.x + (int)((int64_t)elem * b->r.w / b->n_all);
        snprintf(text, sizeof text, "%d", elem);
        const int w = canvas_text_width(s->canvas, style, text);
        if (x < free_from || x + w > b->r.x + b->r.w) continue;
        canvas_text(s->canvas, style, x, y, text);
        free_from = x + w + stage_u(s, 8);
    }
}

/* A click on a cell opens its number; elem0: what its first is called. */
static void hit_row(const Stage *s, Rect r, int elem0) {
    hits_add(s->hits,
             (Hit){.rect = r,
                   .kind = HIT_GRID,
                   .row_key = STATE_TOKEN,
                   .rows = 1,
                   .row0 = s->pos,
                   .col_key = STATE_ELEM,
                   .cols = s->config->dim,
                   .col0 = elem0,
                   .pick = pick_word(STATE_OP, embedding_mode(EMBEDDING_ROW))});
}

static void draw_opened_mark(const Stage *s, const Bars *b, Rect strip) {
    if (s->op != EMBEDDING_ROW || s->elem < 0 || s->elem >= b->n_all) return;
    const int bar = (int)((int64_t)s->elem * b->n / b->n_all);
    const int line = num_max(stage_u(s, 2), 1);
    const Rect r = {x_of(b, bar), strip.y, x_of(b, bar + 1) - x_of(b, bar),
                    b->r.y + b->r.h - strip.y};
    canvas_frame(s->canvas, rect_inset(r, -line, -line), 0, (float)line,
                 s->theme->accent);
}

/* Whose row it is. */
static void draw_row_title(const Stage *s, Rect r) {
    char token[STAGE_LABEL_MAX], said[STAGE_SAID_MAX], text[256];
    const int id = stage_read_id(s, s->pos), dim = s->config->dim;
    const int before = embedding_id_before(s, s->pos);
    TextStyle bold = text_style(FACE_BOLD, TYPE_LEAD, s->theme->query);
    TextStyle soft = text_style(FACE_SANS, TYPE_BODY, s->theme->soft);
    tokenizer_show(s->tokenizer, id, token, sizeof token);
    const int y = r.y + stage_u(s, TYPE_LEAD), gap = stage_u(s, 10);
    const int x =
        r.x + gap + canvas_text_fit(s->canvas, bold, r.x, y, r.w / 3, token);
    if (before == id) {
        snprintf(text, sizeof text, "row %d · red: before, other weights", id);
    } else if (before >= 0) {
        stage_say_token(s, before, said);
        snprintf(text, sizeof text, "row %d · red: before, %s, row %d", id,
                 said, before);
    } else {
        stage_say_token(s, id, said);
        snprintf(text, sizeof text,
                 "row %d slides out: %d numbers, the same wherever %s stands "
                 "in a text",
                 id, dim, said);
        if (canvas_text_width(s->canvas, soft, text) > r.x + r.w - x)
            snprintf(text, sizeof text, "row %d: %d numbers", id, dim);
    }
    embedding_text(s, soft, x, y, r.x + r.w - x, text);
}

void embedding_draw_row(const Stage *s, Rect r, Rect *strip) {
    const float *v = stage_row(s, SITE_EMBED, 0, s->pos);
    const int head = stage_u(s, 34), foot = stage_u(s, 22);
    const int h = num_max(r.h - head - foot, 3), dim = s->config->dim;
    draw_row_title(s, r);
    *strip = (Rect){r.x, r.y + head, r.w, h * 30 / 100};
    Bars b = {
        .r = {r.x, strip->y + strip->h + stage_u(s, 4), r.w,
              h - strip->h - stage_u(s, 4)},
        .v = v,
        .n_all = dim,
        .n = num_clamp(dim, 1, num_max(r.w / num_max(stage_u(s, 2), 2), 1))};
    if (b.r.h < 4 || r.w < 8) return;
    if (!v) {
        stage_draw_missing(s, (Rect){r.x, r.y + head, r.w, h});
        return;
    }
    b.hi = stage_max_abs(v, dim);
    if (embedding_id_before(s, s->pos) >= 0)
        b.before = before_row(s, SITE_EMBED, 0, s->pos);
    if (b.before) b.hi = fmaxf(b.hi, stage_max_abs(b.before, dim));
    embedding_strip(s, *strip, float_at, v, dim);
    draw_bars(s, &b);
    if (b.r.h > stage_u(s, 48)) draw_extremes(s, &b);
    draw_ticks(s, &b);
    hit_row(s, (Rect){r.x, strip->y, r.w, h}, 0);
    draw_opened_mark(s, &b, *strip);
}

/* ---- what is added to it ------------------------------------------------ */

/* A name, and n numbers as cells beside it. */
static void draw_added(const Stage *s, Rect r, const char *name, int k) {
    const float *v = stage_row(s, embedding_added(s, k), 0, s->pos);
    const int dim = s->config->dim, name_h = stage_u(s, 20);
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    const Rect cells = {r.x, r.y + name_h, r.w, num_max(r.h - name_h, 1)};
    embedding_text(s, style, r.x, r.y + stage_u(s, TYPE_SMALL), r.w, name);
    if (!v) {
        stage_draw_missing(s, cells);
        return;
    }
    embedding_strip(s, cells, float_at, v, dim);
    hit_row(s, cells, (k + 1) * dim);
    const int elem = s->elem - (k + 1) * dim;
    if (s->op != EMBEDDING_ROW || elem < 0 || elem >= dim) return;
    const int x = cells.x + (int)((int64_t)elem * cells.w / dim);
    const int end = cells.x + (int)((int64_t)(elem + 1) * cells.w / dim);
    const int line = stage_u(s, 2);
    canvas_frame(s->canvas,
                 rect_inset((Rect){x, cells.y, num_max(end - x, 1), cells.h},
                            -line, -line),
                 0, (float)num_max(line, 1), s->theme->accent);
}

/* Whether it is one of those shown: a row that is added, the whole sum, that
 * normed, or the row multiplied. */
static bool is_added(const Arch *a, const ArchOp *op) {
    const bool row = op->kind == OP_POSITION || op->kind == OP_SEGMENT;
    const ArchOp *entering = arch_op(a, arch_stream_first(a));
    const Site sum = entering->kind == OP_GAIN
                         ? arch_op(a, entering->in[0])->in[0]
                         : entering->out;
    return op->part == ARCH_START &&
           (row || op->out == sum || op->out == entering->out);
}

/* Its operation; NULL: there is none. */
static const ArchOp *added_op(const Stage *s, int k) {
    const Arch *a = s->config->arch;
    const bool any = a->learned_positions || words_is_stretched(a);
    for (int i = 0; any && i < a->n_ops; i++)
        if (is_added(a, &a->ops[i]) && k-- == 0) return &a->ops[i];
    return NULL;
}

Site embedding_added(const Stage *s, int k) {
    const ArchOp *op = added_op(s, k);
    return op ? op->out : SITE_NONE;
}

int embedding_n_added(const Stage *s) {
    int n = 0;
    while (added_op(s, n))
        n++;
    return n;
}

/* What a norm takes off and divides by; nothing while that is to come. */
static void normed_text(const Stage *s, const ArchOp *gain, char *out,
                        size_t size) {
    const Arch *a = s->config->arch;
    const Site scale = words_scale_of(a, gain->out);
    const float *spread_of = stage_row(s, scale, 0, s->pos);
    const float *mean = stage_row(s, arch_norm_mean(a, scale), 0, s->pos);
    snprintf(out, size, "normed, which enters the first layer");
    if (mean && spread_of)
        snprintf(out, size,
                 "normed: less its mean %s, divided by its spread %s, with "
                 "gain and bias; this enters the first layer",
                 number_round((double)*mean, 3).s,
                 number_round((double)*spread_of, 3).s);
}

static void added_text(const Stage *s, const ArchOp *op, char *out,
                       size_t size) {
    const bool last = op->out == arch_stream_first(s->config->arch);
    switch (op->kind) {
    case OP_POSITION:
        snprintf(out, size,
                 "+ row %d of the table of positions, %d × %d: where it stands",
                 s->pos, s->config->seq_len_max, s->config->dim);
        return;
    case OP_SEGMENT:
        snprintf(out, size,
                 "+ row 0 of the table of segments, 2 × %d: the first segment, "
                 "which is all of the text here",
                 s->config->dim);
        return;
    case OP_STRETCH:
        snprintf(out, size, "× √%d = %s: the row as it enters the first layer",
                 s->config->dim,
                 number_round(sqrt((double)s->config->dim), 4).s);
        return;
    case OP_GAIN:
        normed_text(s, op, out, size);
        return;
    default:
        snprintf(out, size, "= their sum%s",
                 last ? ", which enters the first layer" : "");
    }
}

void embedding_draw_sum(const Stage *s, Rect r) {
    const int n = embedding_n_added(s);
    char text[160];
    if (n == 0 || r.h < n * stage_u(s, 36)) return;
    const int h = r.h / n, air = stage_u(s, 6);
    for (int k = 0; k < n; k++, r.y += h) {
        added_text(s, added_op(s, k), text, sizeof text);
        draw_added(s, (Rect){r.x, r.y, r.w, h - air}, text, k);
    }
}

/* ---- its numbers --------------------------------------------------------- */

typedef struct Grid {
    int x, y, cols, cell_w, row_h, first, rows; /* rows shown from `first` on */
    int n_rows;
} Grid;

static void lay_out_grid(const Stage *s, Rect r, Grid *g) {
    const int dim = s->config->dim;
    const int room = r.w - stage_u(s, GUTTER_U), foot = stage_u(s, 22);
    g->cols = 4;
    while (g->cols < 32 && room / (2 * g->cols) >= stage_u(s, NUMBER_U) &&
           2 * g->cols <= dim)
        g->cols *= 2;
    g->cell_w = num_min(room / g->cols, stage_u(s, NUMBER_MAX_U));
    g->n_rows = (dim + g->cols - 1) / g->cols;
    const int fit = num_max((r.h - foot) / stage_u(s, LINE_U), 1);
    g->rows = num_min(g->n_rows, fit);
    g->row_h = num_min((r.h - foot) / g->rows, stage_u(s, LINE_MAX_U));
    const int elem = s->elem < dim ? num_max(s->elem, 0) : 0;
    g->first = stage_window(g->n_rows, g->rows, elem / g->cols);
    g->x = r.x + stage_u(s, GUTTER_U);
    g->y = r.y;
}

static void draw_number(const Stage *s, Rect r, float v, float hi, int elem) {
    char text[16];
    const Color ground = stage_value_color(s, v, hi);
    TextStyle style = text_style(FACE_MONO, TYPE_SMALL, theme_ink(ground));
    style.align = ALIGN_RIGHT;
    weight_text(v, hi, text);
    canvas_fill(s->canvas, rect_inset(r, 1, 1), ground);
    canvas_text_row(s->canvas, style, r.x + r.w - stage_u(s, 7), r.y, r.h,
                    text);
    if (elem == s->elem)
        canvas_frame(s->canvas, r, 0, (float)num_max(stage_u(s, 2), 2),
                     s->theme->accent);
    hits_pick(s->hits, r, pick_number(STATE_ELEM, elem));
}

void embedding_draw_numbers(const Stage *s, Rect r) {
    const float *v = stage_row(s, SITE_EMBED, 0, s->pos);
    const int dim = s->config->dim;
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    Grid g;
    if (!v || r.h < stage_u(s, 60) || r.w < stage_u(s, 320)) return;
    lay_out_grid(s, r, &g);
    const float hi = stage_max_abs(v, dim);
    mono.align = ALIGN_RIGHT;
    for (int row = g.first; row < g.first + g.rows; row++) {
        const int y = g.y + (row - g.first) * g.row_h;
        char text[16];
        snprintf(text, sizeof text, "%d", row * g.cols);
        canvas_text_row(s->canvas, mono, g.x - stage_u(s, 8), y, g.row_h, text);
        for (int i = row * g.cols; i < num_min((row + 1) * g.cols, dim); i++)
            draw_number(
                s, (Rect){g.x + i % g.cols * g.cell_w, y, g.cell_w, g.row_h},
                v[i], hi, i);
    }
    char text[160];
    snprintf(text, sizeof text,
             "numbers %d to %d of %d, stored weights · orange above 0, blue "
             "below%s",
             g.first * g.cols, num_min((g.first + g.rows) * g.cols, dim) - 1,
             dim,
             s->config->arch->learned_positions
                 ? "; each strip is full at its own largest"
                 : "");
    embedding_text(s, soft, g.x,
                   g.y + g.rows * g.row_h + stage_u(s, TYPE_SMALL + 2),
                   r.x + r.w - g.x, text);
}
