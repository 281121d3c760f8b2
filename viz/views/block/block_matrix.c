/* The heads' rows: scores or weights over the keys. */
#include "viz/views/block/block.h"

#include "engine/base/num.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

static Color matrix_color(const Stage *s, const BlockPlan *p, float v,
                          float hi) {
    if (isnan(v)) return (Color){0};
    Color c = block_shows_weights(s, p) ? stage_weight_color(s, v)
                                        : stage_value_color(s, v, hi);
    return block_lit(s, p, p->scores, c);
}

static void draw_cell_text(const Stage *s, const BlockPlan *p, Rect r, float v,
                           Color ground) {
    char text[16];
    if (block_shows_weights(s, p))
        stage_weight_text(v, text);
    else
        snprintf(text, sizeof text, "%s", number_fixed((double)v, 1).s);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, theme_ink(ground));
    style.align = ALIGN_CENTER;
    if (r.h < stage_u(s, 15) ||
        canvas_text_width(s->canvas, style, text) + stage_u(s, 4) > r.w)
        return;
    canvas_text_row(s->canvas, style, block_middle(r), r.y, r.h, text);
}

/* Positions after the current one: their scores faint until the mask strikes
 * them out, then nothing. */
static void draw_later(const Stage *s, const BlockLayout *b, int head, Rect row,
                       float hi) {
    bool scores = s->op == b->plan.scores || s->op == b->plan.mask;
    const float *v =
        scores && b->n_later > 0
            ? study_masked(s->study, s->layer, head, s->config->n_heads, s->pos,
                           s->pos + b->n_later)
            : NULL;
    for (int i = 0; i < b->n_later; i++) {
        Rect r = block_column(b, b->n_keys + i);
        r = (Rect){r.x, row.y, r.w - 1, row.h};
        Color c = s->theme->well;
        if (v)
            c = color_mix(s->theme->window, stage_value_color(s, v[i], hi),
                          STAGE_FAINT);
        canvas_fill(s->canvas, r, block_lit(s, &b->plan, b->plan.scores, c));
        if (s->op == b->plan.mask)
            canvas_hatch(s->canvas, r, color_alpha(s->theme->soft, 0.6f));
    }
}

int block_edit_y(const Stage *s, Rect row) {
    return row.y + (row.h >= stage_u(s, 52) ? stage_u(s, 11) : row.h / 2);
}

static void draw_row(const Stage *s, const BlockLayout *b, int head,
                     const float *row, float hi) {
    float scale = edits_get(trace_edits(s->trace), EDIT_HEAD, s->layer, head);
    Rect all = block_row(s, b, head), r = all;
    r.w = b->matrix.w;
    for (int i = 0; i < b->n_keys; i++) {
        Color c = matrix_color(s, &b->plan, row[b->first_key + i], hi);
        s->cells[i] = scale == 0 ? color_mix(c, s->theme->window, 0.75f) : c;
    }
    canvas_fill(s->canvas, all, s->theme->window);
    canvas_cells(s->canvas, r, s->cells, 1, b->n_keys, b->cell_w >= 4 ? 1 : 0);
    draw_later(s, b, head, all, hi);
    for (int i = 0; i < b->n_keys && s->op >= b->plan.scores; i++) {
        Rect cell = block_column(b, i);
        draw_cell_text(s, &b->plan, (Rect){cell.x, r.y, cell.w, r.h},
                       row[b->first_key + i], s->cells[i]);
    }
    if (scale == 0)
        canvas_fill(s->canvas,
                    (Rect){all.x, block_edit_y(s, all), all.w, stage_u(s, 2)},
                    s->theme->bad);
}

/* Returns the scale of the scores. */
float block_draw_matrix(const Stage *s, const BlockLayout *b) {
    int n_heads = s->config->n_heads, n = trace_n_keys(s->trace, s->pos);
    const float *v = b->rows;
    float hi = v ? stage_max_abs(v, n_heads * n) : 1;
    for (int h = 0; v && h < n_heads; h++)
        draw_row(s, b, h, v + (size_t)h * n, hi);
    if (!v) stage_draw_missing(s, b->matrix);
    const BlockPlan *p = &b->plan;
    int op = block_is_matrix_op(p, s->op) ? s->op : p->softmax;
    Rect all = b->matrix;
    all.w += b->n_later * b->cell_w;
    hits_add(s->hits,
             (Hit){.rect = all,
                   .kind = HIT_GRID,
                   .row_key = STATE_HEAD,
                   .rows = n_heads,
                   .col_key = STATE_KEY,
                   .cols = b->n_keys + b->n_later,
                   .col0 = b->first_key,
                   .pick = pick_word(STATE_OP, p->op[op].words->name)});
    /* The current head's row, and the opened key in it. */
    Color accent = block_lit(s, p, p->scores, s->theme->accent);
    int w = stage_u(s, 2);
    Rect row = block_row(s, b, s->head);
    canvas_frame(s->canvas, rect_inset(row, -w, -w), (float)w, (float)w,
                 accent);
    Rect cell = block_column(b, s->key - b->first_key);
    cell.y = row.y;
    cell.h = row.h;
    const bool seen = s->key < b->first_key + b->n_keys + b->n_later;
    if (s->key_known && seen && (s->key_opened || block_is_matrix_op(p, s->op)))
        canvas_frame(s->canvas, rect_inset(cell, -w, -w), 0, (float)w,
                     block_lit(s, p, p->scores, s->theme->text));
    return hi;
}
