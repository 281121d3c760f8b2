/* Lines: a query is joined to each key that it looks at, several heads over
 * each other; the mouse on a token leaves only its own. */
#include "viz/views/attention/attention_lines.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* In design units. */
#define ROW_LEAST 15 /* a token's row, so that its label can be read */
#define ROW_MOST  130
#define COLUMN_W  46 /* of the table */
#define NAMES_H   26 /* above the columns */
#define SUMS_H    24 /* below the table */
#define STRIP_W   12
#define GAP       10

#define STROKES_MAX 1500 /* lines that can be clicked */

float attention_line_weight(const Lines *l, int pos, int head, int key) {
    const float *row = l->rows[pos - l->span.row0];
    const int n_keys = trace_n_keys(l->s->trace, pos);
    return row && key < n_keys ? row[(size_t)head * (size_t)n_keys + key] : NAN;
}

bool attention_line_counts(const Lines *l, int pos, int key) {
    return l->s->state->sink || key > 0 || pos == 0;
}

bool attention_leads_out(const Lines *l, int key) {
    return key < l->span.col0 || key >= l->span.col0 + l->span.n;
}

/* ---- where --------------------------------------------------------------- */

/* Of labels in rows this high. */
static float label_size(const Lines *l, int h) {
    const float u = (float)h / (float)l->span.n / canvas_scale(l->s->canvas);
    return u >= 70   ? TYPE_TITLE
           : u >= 40 ? TYPE_LEAD
           : u >= 25 ? TYPE_BODY
           : u >= 19 ? TYPE_SMALL
                     : TYPE_TINY;
}

static int widest_label(const Lines *l, float size) {
    const Stage *s = l->s;
    const TextStyle style = text_style(FACE_BOLD, size, s->theme->text);
    int widest = stage_u(s, 50);
    for (int i = 0; i < l->span.n; i++) {
        const int row = l->span.row0 + i, col = l->span.col0 + i;
        const int a = canvas_text_width(s->canvas, style, s->reads[row]);
        const int b = canvas_text_width(s->canvas, style, s->reads[col]);
        widest = num_max(widest, num_max(a, b));
    }
    return num_min(widest, stage_u(s, 8 * size)) + stage_u(s, GAP);
}

static void lay_out(Lines *l, Rect r) {
    const Stage *s = l->s;
    const bool part = span_is_part(l->span);
    const int strip = part ? stage_u(s, STRIP_W + GAP) : 0;
    const int column = stage_u(s, COLUMN_W);
    l->n_columns = num_clamp(r.w / 3 / column, 0, l->n_heads);
    const int table = l->n_columns * column;
    const int h = num_min(r.h - stage_u(s, NAMES_H + SUMS_H),
                          l->span.n * stage_u(s, ROW_MOST));
    const int label = num_min(widest_label(l, label_size(l, h)), r.w / 4);
    const int rest = r.w - 2 * (label + strip) - table;
    const int between = num_min(rest, num_max(h * 3 / 2, stage_u(s, 300)));
    const int y = r.y + stage_u(s, NAMES_H);
    int x = r.x + (rest - between) / 2;
    if (part) l->strips[0] = (Rect){x, y, stage_u(s, STRIP_W), h};
    x += strip;
    l->queries = (Rect){x, y, label, h};
    x += label + between;
    l->keys = (Rect){x, y, label, h};
    x += label;
    l->table = (Rect){x, y, table, h};
    x += table + strip - stage_u(s, STRIP_W);
    if (part) l->strips[1] = (Rect){x, y, stage_u(s, STRIP_W), h};
}

/* The row of the i-th token shown, of a column. */
static Rect row_of(const Lines *l, Rect column, int i) {
    const int n = l->span.n;
    const int top = (int)((int64_t)column.h * i / n);
    const int end = (int)((int64_t)column.h * (i + 1) / n);
    return (Rect){column.x, column.y + top, column.w, end - top};
}

/* Where the lines of a place end in the i-th row: beside each other, so that
 * none hides another. */
static float end_of(const Lines *l, int i, int place) {
    const float row = (float)l->keys.h / (float)l->span.n;
    const float apart =
        fminf(row / (float)(l->n_heads + 1), (float)stage_u(l->s, 6));
    const float off = (float)place - (float)(l->n_heads - 1) / 2;
    return (float)l->keys.y + row * ((float)i + .5f) + off * apart;
}

/* The token of a column that the mouse is on; -1: none. */
static int token_under(const Lines *l, Rect column, int first) {
    const Stage *s = l->s;
    if (!rect_contains(column, s->mouse_x, s->mouse_y)) return -1;
    for (int i = 0; i < l->span.n; i++)
        if (rect_contains(row_of(l, column, i), s->mouse_x, s->mouse_y))
            return first + i;
    return -1;
}

/* Whose weights stand in the table. */
static int query_shown(const Lines *l) {
    return l->query >= 0 ? l->query : l->s->pos;
}

/* ---- a line -------------------------------------------------------------- */

static bool is_marked(const Lines *l, int pos, int head, int key) {
    const Stage *s = l->s;
    return s->key_known && pos == s->pos && head == s->head && key == s->key;
}

/* Of a weight of 1: a few tokens have room for more. */
static float thickest(const Lines *l) {
    const float row = (float)l->keys.h / (float)l->span.n;
    return fminf(fmaxf(row / 6, (float)stage_u(l->s, 5)),
                 (float)stage_u(l->s, 12));
}

static void draw_line(const Lines *l, int pos, int place, int key, float w,
                      bool faint) {
    const Stage *s = l->s;
    const Point a = {(float)(l->queries.x + l->queries.w),
                     end_of(l, pos - l->span.row0, place)};
    const Point b = {(float)l->keys.x, end_of(l, key - l->span.col0, place)};
    const float thick = canvas_scale(s->canvas) + w * thickest(l);
    const float alpha = faint ? .14f + .3f * w : .5f + .5f * w;
    const bool marked = is_marked(l, pos, l->heads[place], key);
    Color color = attention_line_color(l, place);
    attention_line_stroke(l, place, a, b, fmaxf(thick, 1),
                          marked ? color : color_alpha(color, alpha));
    if (!marked) return;
    const float radius = fmaxf((float)stage_u(s, 5), thick);
    canvas_circle(s->canvas, a.x, a.y, radius, color);
    canvas_circle(s->canvas, b.x, b.y, radius, color);
}

/* Lines that leave the part shown cannot be clicked. */
static bool hit_of(const Lines *l, int pos, int place, int key, Hit *out) {
    const Stage *s = l->s;
    const int i = pos - l->span.row0, j = key - l->span.col0;
    if (attention_leads_out(l, key)) return false;
    const int x0 = l->queries.x + l->queries.w, t = num_max(stage_u(s, 3), 2);
    const int y0 = (int)end_of(l, i, place), y1 = (int)end_of(l, j, place);
    *out = (Hit){
        .kind = HIT_PICK,
        .rect = {x0, num_min(y0, y1) - t, l->keys.x - x0, abs(y1 - y0) + 2 * t},
        .stroke = t,
        .rises = y1 < y0,
        .pick = pick_and(pick_number(STATE_TOKEN, pos),
                         pick_and(pick_number(STATE_KEY, key),
                                  pick_number(STATE_HEAD, l->heads[place])))};
    return true;
}

static void draw_tip(const Lines *l, int pos, int place, int key, float w) {
    const Stage *s = l->s;
    char text[2 * STAGE_LABEL_MAX + 64];
    snprintf(text, sizeof text, "head %d: %s (%d) → %s (%d): %s",
             l->heads[place], s->reads[pos], pos, s->reads[key], key,
             number_fixed((double)w, 4).s);
    tip_set(s->tip, (Rect){s->mouse_x, s->mouse_y, 1, 1}, text);
}

/* What of the lines is drawn in one go. */
typedef enum Which { OTHERS, OWN } Which;

/* Whether a line is drawn, and among which. */
static bool is_drawn(const Lines *l, Which which, int pos, int key, float w) {
    const bool isolated = l->query >= 0 || l->key >= 0;
    const bool own =
        isolated ? pos == l->query || key == l->key : pos == l->s->pos;
    if (!attention_line_counts(l, pos, key) || own != (which == OWN))
        return false;
    if (own) return w >= l->s->state->least;
    return !isolated && w >= l->least && !attention_leads_out(l, key);
}

static void draw_row(const Lines *l, Which which, int pos, int *n_strokes) {
    const Stage *s = l->s;
    const int n_keys = trace_n_keys(s->trace, pos);
    for (int p = 0; p < l->n_heads; p++)
        for (int key = 0; key < n_keys; key++) {
            const float w = attention_line_weight(l, pos, l->heads[p], key);
            Hit hit;
            if (!is_drawn(l, which, pos, key, w)) continue;
            draw_line(l, pos, p, key, w, which == OTHERS);
            if (*n_strokes >= STROKES_MAX || !hit_of(l, pos, p, key, &hit))
                continue;
            hits_add(s->hits, hit);
            ++*n_strokes;
            if (hits_on(&hit, s->mouse_x, s->mouse_y))
                draw_tip(l, pos, p, key, w);
        }
}

static void draw_lines(const Lines *l) {
    const Stage *s = l->s;
    const int x = l->queries.x + l->queries.w - stage_u(s, 6);
    const int end = l->keys.x + stage_u(s, 6);
    int n_strokes = 0;
    canvas_push_clip(s->canvas, (Rect){x, l->keys.y, end - x, l->keys.h});
    for (int which = OTHERS; which <= OWN; which++)
        for (int i = 0; i < l->span.n; i++)
            draw_row(l, (Which)which, l->span.row0 + i, &n_strokes);
    canvas_pop_clip(s->canvas);
}

/* ---- the columns --------------------------------------------------------- */

static void draw_token(const Lines *l, Rect r, int token, Align align,
                       bool current, Color color) {
    const Stage *s = l->s;
    TextStyle style =
        text_style(current ? FACE_BOLD : FACE_SANS, label_size(l, l->keys.h),
                   current ? color : s->theme->soft);
    const int gap = stage_u(s, GAP), room = num_max(r.w - gap, 0);
    const int w =
        num_min(canvas_text_width(s->canvas, style, s->reads[token]), room);
    const int cap = canvas_metrics(s->canvas, style).cap;
    const int x = align == ALIGN_RIGHT ? r.x + room - w : r.x + gap;
    canvas_text_fit(s->canvas, style, x, r.y + r.h / 2 + cap / 2, room,
                    s->reads[token]);
    stage_token_hit(s, r, token);
}

static void draw_columns(const Lines *l) {
    const Stage *s = l->s;
    for (int i = 0; i < l->span.n; i++) {
        const int query = l->span.row0 + i, key = l->span.col0 + i;
        const Rect left = row_of(l, l->queries, i);
        draw_token(l, left, query, ALIGN_RIGHT, query == query_shown(l),
                   s->theme->query);
        draw_token(l, row_of(l, l->keys, i), key, ALIGN_LEFT,
                   key == l->key || (s->key_known && key == s->key),
                   s->theme->key);
        if (!l->rows[i])
            stage_draw_missing(
                s, (Rect){left.x + left.w, left.y, stage_u(s, 60), left.h});
    }
}

static void draw_names(const Lines *l) {
    const Stage *s = l->s;
    const int gap = stage_u(s, GAP), y = l->keys.y - stage_u(s, 9);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->query);
    style.align = ALIGN_RIGHT;
    int x = l->queries.x + l->queries.w - gap;
    canvas_text(s->canvas, style, x, y, "query");
    glossary_note(s->hits, s->canvas, style, x, y, "query");
    style = text_style(FACE_SANS, TYPE_TINY, s->theme->key);
    x = l->keys.x + gap;
    canvas_text(s->canvas, style, x, y, "key");
    glossary_note(s->hits, s->canvas, style, x, y, "key");
}

/* ---- the table ----------------------------------------------------------- */

static void draw_number(const Lines *l, Rect cell, int place, int key,
                        float w) {
    const Stage *s = l->s;
    const int pos = query_shown(l);
    const bool marked = is_marked(l, pos, l->heads[place], key);
    TextStyle style =
        text_style(FACE_MONO, fminf(label_size(l, l->keys.h), TYPE_SMALL),
                   attention_line_color(l, place));
    style.align = ALIGN_CENTER;
    char text[8];
    stage_weight_text(w, text);
    canvas_text_row(s->canvas, style, cell.x + cell.w / 2, cell.y, cell.h,
                    text);
    if (marked)
        canvas_frame(s->canvas, rect_inset(cell, stage_u(s, 3), 0),
                     (float)stage_u(s, 4), (float)stage_u(s, 2),
                     s->theme->text);
    hits_pick(s->hits, cell,
              pick_and(pick_number(STATE_TOKEN, pos),
                       pick_and(pick_number(STATE_KEY, key),
                                pick_number(STATE_HEAD, l->heads[place]))));
}

/* Above a column its head and how its lines look; below, what they add up
 * to. */
static void draw_column_ends(const Lines *l, Rect column, int place,
                             float sum) {
    const Stage *s = l->s;
    const float y = (float)(column.y - stage_u(s, 5));
    const float x = (float)(column.x + stage_u(s, 7));
    TextStyle style =
        text_style(FACE_BOLD, TYPE_TINY, attention_line_color(l, place));
    style.align = ALIGN_CENTER;
    canvas_textf(s->canvas, style, column.x + column.w / 2,
                 column.y - stage_u(s, 11), "%d", l->heads[place]);
    attention_line_stroke(l, place, (Point){x, y},
                          (Point){x + (float)(column.w - stage_u(s, 14)), y},
                          (float)stage_u(s, 2), attention_line_color(l, place));
    char text[8];
    stage_weight_text(sum, text);
    style.face = FACE_MONO;
    canvas_text_row(s->canvas, style, column.x + column.w / 2,
                    column.y + column.h, stage_u(s, SUMS_H), text);
}

static void draw_table(const Lines *l) {
    const Stage *s = l->s;
    const int pos = query_shown(l), n_keys = trace_n_keys(s->trace, pos);
    const int column = stage_u(s, COLUMN_W);
    if (pos < l->span.row0 || pos >= l->span.row0 + l->span.n) return;
    for (int p = 0; p < l->n_columns; p++) {
        const Rect r = {l->table.x + p * column, l->table.y, column,
                        l->table.h};
        float sum = 0;
        for (int key = 0; key < n_keys; key++) {
            const float w = attention_line_weight(l, pos, l->heads[p], key);
            if (!(w >= s->state->least) || !attention_line_counts(l, pos, key))
                continue;
            sum += w;
            if (!attention_leads_out(l, key))
                draw_number(l, row_of(l, r, key - l->span.col0), p, key, w);
        }
        draw_column_ends(l, r, p, sum);
    }
    if (l->n_columns == 0) return;
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    canvas_text_row(s->canvas, style, l->table.x, l->table.y + l->table.h,
                    stage_u(s, SUMS_H), "their sum");
}

/* ---- the whole ----------------------------------------------------------- */

/* Wheel and drag move the part, a press alone does nothing. */
static void add_hit(const Lines *l) {
    Hit hit = {.rect = {l->queries.x, l->queries.y,
                        l->table.x + l->table.w - l->queries.x, l->keys.h},
               .kind = HIT_GRID,
               .row_key = STATE_ZOOM,
               .col_key = STATE_AT,
               .is_lists = true};
    span_hit(&hit, l->span);
    hits_add(l->s->hits, hit);
}

static void draw_none(const Lines *l) {
    const Stage *s = l->s;
    if (l->n_all + l->n_out > 0 || !study_is_whole(s->study)) return;
    TextStyle style = text_style(FACE_SANS, TYPE_BODY, s->theme->soft);
    style.align = ALIGN_CENTER;
    const int x = l->queries.x + l->queries.w;
    canvas_text_row(s->canvas, style, x + (l->keys.x - x) / 2, l->keys.y,
                    l->keys.h, "No weight is as large: Shift+Q");
}

void attention_draw_lines(const Stage *s, Rect r) {
    Lines l = {.s = s, .query = -1, .key = -1};
    const int row = stage_u(s, ROW_LEAST);
    attention_choose_heads(&l);
    const Rect below = attention_draw_choice(&l, r, false);
    const int room = below.h - stage_u(s, NAMES_H + SUMS_H);
    if (room < row || r.w < stage_u(s, 160)) return;
    l.span = span_of(s, s->n_pos, num_min(room / row, STAGE_TOKENS_MAX));
    for (int i = 0; i < l.span.n; i++)
        l.rows[i] = stage_row(s, SITE_PATTERN, s->layer, l.span.row0 + i);
    lay_out(&l, below);
    attention_choose_least(&l);
    attention_draw_choice(&l, r, true);
    l.query = token_under(&l, l.queries, l.span.row0);
    if (l.query < 0) l.key = token_under(&l, l.keys, l.span.col0);
    add_hit(&l);
    draw_lines(&l);
    draw_columns(&l);
    draw_names(&l);
    draw_table(&l);
    draw_none(&l);
    if (!span_is_part(l.span)) return;
    span_draw_strip(s, l.strips[0], 0, l.span);
    span_draw_strip(s, l.strips[1], 1, l.span);
    span_draw_words(s, l.queries.x, l.keys.y + l.keys.h + stage_u(s, 17),
                    l.keys.x - l.queries.x, l.span);
}
