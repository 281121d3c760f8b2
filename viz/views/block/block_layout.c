/* Where everything lies.  Across: columns at fixed shares of the width, with
 * the matrix as a wide one between RoPE and the weighted values.  Down: labels,
 * strips, then the residual line; text rows go first when height is short. */
#include "viz/views/block/block.h"

#include <math.h>

/* Widths and heights in design units. */
#define MATRIX_SHARE 0.31f /* of the width */
#define CELL_MAX_U   46.0f
#define CELL_MIN_U   4.0f
#define PITCH_ROW_U  96.0f /* of the matrix, at most */
#define STRIP_MAX_U  30.0f
#define BAR_SPACE_U  104.0f
#define FLAT_BAR_U   44  /* below, with its numbers */
#define BAR_BELOW_U  420 /* in lower pictures there is none */

#define RIGHT_STEP 0.60f /* from the last column to the edge, in pitches */

static int at_least(int v, int low) {
    return v > low ? v : low;
}
static int at_most(int v, int high) {
    return v < high ? v : high;
}

/* i of n shares of `extent`, rounded as raster_cells rounds. */
static int share(int extent, int i, int n) {
    return (int)(((int64_t)extent * i + n / 2) / n);
}

/* ---- down ---------------------------------------------------------------- */

/* Top and height of a slot within the strips' space.  Shares follow the number
 * of heads, but none gets so small that it cannot be read. */
static void slot_rows(const Stage *s, const BlockLayout *b, BlockSlot slot,
                      int top, int height, int *y, int *h) {
    const Config *c = s->config;
    *y = top;
    *h = height;
    if (slot == SLOT_ALL) return;
    int gap = stage_u(s, b->shapes ? 42 : b->height_u > 260 ? 26 : 4);
    int room = at_least(height - 2 * gap, 3);
    float small =
        (float)c->n_kv_heads / (float)(c->n_heads + 2 * c->n_kv_heads);
    int h_kv = at_least((int)((float)room * fmaxf(small, 0.2f)), 1);
    int h_q = at_least(room - 2 * h_kv, 1);
    *h = slot == SLOT_QUERY ? h_q : h_kv;
    if (slot == SLOT_KEY) *y = top + h_q + gap;
    if (slot == SLOT_VALUE) *y = top + h_q + 2 * gap + h_kv;
}

/* A strip of several heads is drawn in as many pieces when each is still tall
 * enough to be told from the gap. */
static int slices(const Stage *s, Site site, int h) {
    int rows, cols;
    block_shape(s, site, &rows, &cols);
    return h >= rows * stage_u(s, 12) ? rows : 1;
}

static void lay_strips(const Stage *s, BlockLayout *b, const int *x, int top,
                       int height) {
    int w = at_most((int)((float)b->pitch * 0.42f), stage_u(s, STRIP_MAX_U));
    w = at_least(w, 1);
    b->slice_gap = stage_u(s, 2);
    for (int i = 0; i < b->plan.n_strips; i++) {
        const BlockStrip *strip = &b->plan.strip[i];
        int y, h;
        slot_rows(s, b, strip->slot, top, height, &y, &h);
        b->strip[i] = (Rect){x[strip->column] - w / 2, y, w, h};
        b->n_slices[i] = slices(s, strip->site, h);
    }
}

/* ---- the matrix ---------------------------------------------------------- */

/* Which keys: all, or a window around the opened one. */
static void lay_keys(const Stage *s, BlockLayout *b) {
    int n_keys = trace_n_keys(s->trace, s->pos);
    b->n_later = at_most(s->n_pos - n_keys, BLOCK_LATER_MAX);
    int room = b->matrix_max_w / at_least(stage_u(s, CELL_MIN_U), 1);
    room = at_most(at_least(room, 1), STAGE_TOKENS_MAX);
    /* What is later yields to cells wide enough for names. */
    int named = b->matrix_max_w / at_least(stage_u(s, BLOCK_NAMED_U), 1);
    if (b->n_later > 1)
        b->n_later = at_least(at_most(b->n_later, named - n_keys), 1);
    if (b->n_later > room / 4) b->n_later = room / 4;
    b->n_keys = at_most(n_keys, room - b->n_later);
    b->first_key = stage_window(n_keys, b->n_keys, s->key);
    /* Later positions stand beside the last key or not at all. */
    if (b->first_key + b->n_keys < n_keys) b->n_later = 0;
    int cols = b->n_keys + b->n_later;
    b->cell_w =
        at_least(at_most(b->matrix_max_w / cols, stage_u(s, CELL_MAX_U)), 1);
}

static int digits(int n) {
    return n < 10 ? 1 : n < 100 ? 2 : n < 1000 ? 3 : 4;
}

/* Space left of the matrix for bracket, key head and head number: as much of
 * it as half the way to the next strip holds. */
static void lay_gutter(const Stage *s, BlockLayout *b) {
    const Config *c = s->config;
    float number = 12 + 7.5f * (float)digits(c->n_heads - 1);
    float group = 11 + 7.5f * (float)(1 + digits(c->n_kv_heads - 1));
    if (c->n_kv_heads == c->n_heads) group = 0;
    b->key_heads = group > 0 && stage_u(s, number + group) < b->pitch * 3 / 4;
    b->numbers = stage_u(s, number) < b->pitch * 3 / 4;
    b->gutter = b->key_heads ? stage_u(s, number + group)
                : b->numbers ? stage_u(s, number)
                             : b->pitch / 4;
}

static void lay_matrix(const Stage *s, BlockLayout *b, int left, int right,
                       int top, int height) {
    b->matrix_max_w = at_least(right - left, 1);
    b->key_label_h = b->height_u > 420   ? stage_u(s, 84)
                     : b->height_u > 300 ? stage_u(s, 22)
                                         : 0;
    int band = b->height_u > 340 ? stage_u(s, 22) : 0;
    int below = b->key_label_h + (band ? band + stage_u(s, 6) : 0);
    int h = at_least(height - below, 1);
    h = at_most(h, s->config->n_heads * stage_u(s, PITCH_ROW_U));
    lay_gutter(s, b);
    lay_keys(s, b);
    b->matrix = (Rect){left, top, b->cell_w * b->n_keys, h};
    int pitch = h / s->config->n_heads;
    b->row_gap = at_most(pitch / 6, stage_u(s, 8));
    b->values = (Rect){left, top + height - band, b->matrix_max_w, band};
}

/* ---- across -------------------------------------------------------------- */

/* In a narrow picture the colour bar lies below everything. */
static void lay_flat_bar(const Stage *s, BlockLayout *b, Rect *area) {
    area->h -= stage_u(s, FLAT_BAR_U);
    b->area = *area;
    b->height_u -= FLAT_BAR_U;
    b->bar_is_flat = true;
    b->bar =
        (Rect){area->x + stage_u(s, 100), area->y + area->h + stage_u(s, 8),
               at_most(area->w / 2, stage_u(s, 320)), stage_u(s, 12)};
}

void block_layout(const Stage *s, Rect area, BlockLayout *b) {
    *b = (BlockLayout){.area = area};
    block_plan(s->config->arch, &b->plan);
    const BlockPlan *p = &b->plan;
    b->height_u = (float)area.h / canvas_scale(s->canvas);
    float width_u = (float)area.w / canvas_scale(s->canvas);
    b->shapes = b->height_u > 380;
    int bar = width_u > 1000 && b->height_u > 300 ? stage_u(s, BAR_SPACE_U) : 0;
    if (!bar && b->height_u > BAR_BELOW_U) lay_flat_bar(s, b, &area);
    int w = area.w - bar;
    float steps = 0;
    for (int i = 0; i < p->n_columns; i++)
        steps += p->step[i];
    steps += RIGHT_STEP;
    float matrix_w = (float)w * MATRIX_SHARE;
    float pitch = ((float)w - matrix_w) / steps, at = (float)area.x;
    b->pitch = (int)pitch;
    int x[BLOCK_STRIPS_MAX], right = 0;
    for (int i = 0; i < p->n_columns; i++) {
        at += pitch * p->step[i];
        x[i] = (int)at;
        if (i == p->matrix_column) at += matrix_w;
        if (i == p->matrix_column) right = (int)at;
    }
    int head = stage_u(s, b->shapes ? 50 : b->height_u > 160 ? 30 : 2);
    int foot = stage_u(s, b->height_u > 380 ? 84 : b->height_u > 160 ? 36 : 2);
    int top = area.y + head, height = at_least(area.h - head - foot, 1);
    b->label_y = area.y + stage_u(s, 6);
    b->residual_y =
        b->height_u > 160 ? top + height + foot - stage_u(s, 34) : 0;
    if (b->height_u <= 380 && b->residual_y)
        b->residual_y = top + height + foot - stage_u(s, 12);
    lay_strips(s, b, x, top, height);
    lay_matrix(s, b, x[p->matrix_column], right, top, height);
    if (bar)
        b->bar = (Rect){area.x + w + stage_u(s, 18), top + stage_u(s, 12),
                        stage_u(s, 14), at_most(height / 2, stage_u(s, 240))};
}

/* ---- questions ----------------------------------------------------------- */

Rect block_slice(const BlockLayout *b, int strip, int i, int n) {
    Rect r = b->strip[strip];
    int gap = b->n_slices[strip] > 1 ? b->slice_gap : 0;
    int y0 = share(r.h + gap, i, n), y1 = share(r.h + gap, i + 1, n);
    return (Rect){r.x, r.y + y0, r.w, at_least(y1 - y0 - gap, 1)};
}

Rect block_cell(const Stage *s, const BlockLayout *b, int strip, int index) {
    int rows, cols;
    block_shape(s, b->plan.strip[strip].site, &rows, &cols);
    int n = b->n_slices[strip], per_slice = rows * cols / n;
    Rect r = block_slice(b, strip, index / per_slice, n);
    int y0 = share(r.h, index % per_slice, per_slice);
    int y1 = share(r.h, index % per_slice + 1, per_slice);
    return (Rect){r.x, r.y + y0, r.w, at_least(y1 - y0, 1)};
}

Rect block_row(const Stage *s, const BlockLayout *b, int head) {
    int n = s->config->n_heads;
    int y0 = share(b->matrix.h, head, n), y1 = share(b->matrix.h, head + 1, n);
    return (Rect){b->matrix.x, b->matrix.y + y0,
                  b->matrix.w + b->n_later * b->cell_w,
                  at_least(y1 - y0 - b->row_gap, 1)};
}

Rect block_column(const BlockLayout *b, int col) {
    return (Rect){b->matrix.x + col * b->cell_w, b->matrix.y, b->cell_w,
                  b->matrix.h};
}
