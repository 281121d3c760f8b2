/* The map: the whole pass of the current token as one picture. */
#include "viz/views/model/map.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"
#include "viz/views/span.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- both ends ----------------------------------------------------------- */

/* Above what of it is seen. */
static void draw_title(const Stage *s, const Map *m, int x, int w,
                       const char *text) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_TINY, s->theme->text);
    const Rect seen = rect_intersect(
        (Rect){x, m->view.y, w - stage_u(s, 8), m->view.h}, m->view);
    map_text(s, m, style, seen.x, m->view.y + stage_u(s, 16), seen.w, text);
}

#define LINE_U    15.0f
#define LINES_MAX 6

typedef struct Lines {
    char text[LINES_MAX][STAGE_LABEL_MAX];
    int n;
} Lines;

/* What is said of the token's row: whose and which it is, and what becomes of
 * it before the first layer: what is added, and the norm; or by how much it is
 * multiplied. */
static Lines lines_of_row(const Stage *s) {
    const Arch *a = s->config->arch;
    const int id = stage_read_id(s, s->pos);
    const size_t size = STAGE_LABEL_MAX;
    Lines l = {.n = 0};
    tokenizer_show(s->tokenizer, id, l.text[l.n++], size);
    snprintf(l.text[l.n++], size, "row %d", id);
    if (words_is_stretched(a))
        snprintf(l.text[l.n++], size, "× √%d", s->config->dim);
    if (a->learned_positions) snprintf(l.text[l.n++], size, "+ pos %d", s->pos);
    if (a->norm_after) snprintf(l.text[l.n++], size, "+ seg 0");
    if (a->norm_after) snprintf(l.text[l.n++], size, "normed");
    return l;
}

static TextStyle style_of_line(const Stage *s, int i) {
    return text_style(i ? FACE_MONO : FACE_BOLD, TYPE_TINY,
                      s->theme->select_ink);
}

/* A tag that hangs on the row: above it, or where the table ends below it. */
static void draw_tag(const Stage *s, const Map *m, Rect table, Rect row) {
    const Lines l = lines_of_row(s);
    const int pad = stage_u(s, 4), most = m->head_w - stage_u(s, 4);
    const int line = stage_u(s, LINE_U);
    int w = 0, n = 0;
    bool fits[LINES_MAX];
    for (int i = 0; i < l.n; i++) {
        const int need =
            canvas_text_width(s->canvas, style_of_line(s, i), l.text[i]) +
            2 * pad;
        fits[i] = need <= most;
        if (fits[i]) w = num_max(w, need);
        n += fits[i];
    }
    Rect tag = {table.x, row.y - n * line - pad, w, n * line + pad};
    if (tag.y < num_max(table.y, m->view.y)) tag.y = row.y + row.h;
    const Rect seen = rect_intersect(tag, m->view);
    if (n == 0 || seen.w < tag.w || seen.h < tag.h) return;
    canvas_fill(s->canvas, tag, s->theme->select);
    for (int i = 0, y = tag.y; i < l.n; i++)
        if (fits[i])
            map_text(s, m, style_of_line(s, i), tag.x + pad, y += line, tag.w,
                     l.text[i]);
}

/* The row that is taken and becomes the stream. */
static void draw_row(const Stage *s, const Map *m, Rect table,
                     const StudyTable *t) {
    const int id = num_min(stage_read_id(s, s->pos), t->n - 1);
    const int at = study_table_row(t, id), out = stage_u(s, 2);
    const int y = table.y + (int)((int64_t)at * table.h / t->rows);
    const int h = num_max(table.h / t->rows, num_max(stage_u(s, 3), 2));
    const Rect row = {table.x, y, table.w + out, h};
    const Rect seen = rect_intersect(row, m->view);
    canvas_ribbon(s->canvas, (float)(row.x + row.w), (float)y, (float)(y + h),
                  (float)(m->world.x + m->head_w),
                  (float)(m->world.y + m->stream_y),
                  (float)(m->world.y + m->stream_y + m->stream_h),
                  color_alpha(s->theme->select, .25f));
    if (h > stage_u(s, 9)) /* a row that can be seen is not covered */
        canvas_frame(s->canvas, row, 0, (float)stage_u(s, 3), s->theme->select);
    else
        canvas_fill(s->canvas, seen, s->theme->select);
    draw_tag(s, m, table, row);
}

/* The table of all tokens, and the row that is taken from it. */
static void draw_embedding(const Stage *s, const Map *m) {
    const StudyTable *t = study_table(s->study);
    const Rect table = map_table(m), seen = rect_intersect(table, m->view);
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    char text[32];
    hits_pick(s->hits, seen, pick_word(STATE_VIEW, "embedding"));
    draw_title(s, m, m->world.x, m->head_w, "embedding");
    snprintf(text, sizeof text, "%d × %d", s->config->vocab_size,
             s->config->dim);
    map_text(s, m, mono, table.x, table.y + table.h + stage_u(s, 15), m->head_w,
             text);
    if (t) {
        stage_draw_table(s, table, t);
        draw_row(s, m, table, t);
    } else {
        stage_draw_missing(s, seen);
    }
}

/* The site of the last operation, and the one it reads. */
static const ArchOp *last_op(const Stage *s) {
    return &s->config->arch->ops[s->config->arch->n_ops - 1];
}

void map_say_percent(const Stage *s, const char *name, double p, int room,
                     char out[16]) {
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const TextStyle sans = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    stage_probability_text(p, out);
    if (canvas_text_width(s->canvas, mono, out) +
            canvas_text_width(s->canvas, sans, name) + stage_u(s, 4) <=
        room)
        return;
    snprintf(out, 16, "%s%.14s",
             p < .005   ? "<"
             : p > .995 ? ">"
                        : "",
             number_percent(p < .005  ? .01
                            : p > .99 ? .99
                                      : p,
                            0)
                 .s);
}

static void draw_candidates(const Stage *s, const Map *m, Rect r) {
    const StudyNext *next =
        s->is_guessing ? NULL : study_next(s->study, s->pos);
    const StudyBest *best = next ? study_best(s->study, s->pos) : NULL;
    const int line = stage_u(s, 26);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    mono.align = ALIGN_RIGHT;
    for (int i = 0; best && i < 5 && i < next->n; i++) {
        const Candidate *c = &next->candidates[i];
        const Rect row = {r.x, r.y + i * line, r.w, line};
        char name[STAGE_LABEL_MAX], percent[16];
        TextStyle style =
            text_style(i ? FACE_SANS : FACE_BOLD, i ? TYPE_SMALL : TYPE_LEAD,
                       i ? s->theme->text : s->theme->accent);
        if (!map_is_seen(m, row)) continue;
        tokenizer_show(s->tokenizer, c->id, name, sizeof name);
        map_say_percent(s, name, exp((double)c->logit - best->log_sum), row.w,
                        percent);
        const int w = canvas_text_width(s->canvas, mono, percent);
        map_text(s, m, mono, row.x + row.w, row.y + line * 2 / 3, row.w,
                 percent);
        map_name(s, m, style, row.x, row.y + line * 2 / 3,
                 row.w - w - stage_u(s, 4), name);
        stage_hit_probability(s, rect_intersect(row, m->view), s->pos, c->id,
                              "now");
    }
}

/* Nothing follows the layers of a model without a head. */
static void draw_no_end(const Stage *s, const Map *m) {
    const TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const Rect last = map_layer(m, s, s->config->n_layers - 1);
    const int x = last.x + last.w + stage_u(s, 12);
    const int w = m->world.x + m->world.w - x;
    draw_title(s, m, x, w, "no head");
    paragraph_plain(s->canvas, x, m->world.y + m->stream_y, w, soft, 1.4f,
                    "The model ends here: a vector for each token, and nothing "
                    "is predicted.",
                    true);
}

static void draw_end(const Stage *s, const Map *m) {
    const ArchOp *op = last_op(s);
    const Rect last = map_layer(m, s, s->config->n_layers - 1);
    const int x = last.x + last.w, w = num_max(m->end_w / 14, 2);
    const int top = m->world.y + m->above_y, h = m->below_y - m->above_y;
    const Rect norm = {x + w, m->world.y + m->stream_y, w, m->stream_h};
    const Rect logits = {x + 3 * w, top, w, h};
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    char text[64], count[32];
    if (map_is_seen(m, norm))
        map_draw_vector(s, m, norm, stage_row(s, op->in[0], 0, s->pos), NULL,
                        s->config->dim);
    if (map_is_seen(m, logits) && !s->is_guessing)
        map_draw_vector(s, m, logits, stage_row(s, op->out, 0, s->pos),
                        s->against ? before_row(s, op->out, 0, s->pos) : NULL,
                        s->config->vocab_size);
    hits_pick(s->hits, rect_intersect(logits, m->view),
              pick_word(STATE_VIEW, "next"));
    const int right = m->world.x + m->world.w;
    draw_title(s, m, x + w, right - x - w,
               arch_op(s->config->arch, SITE_HEAD_PRE) ? "head, logits"
                                                       : "norm, logits");
    stage_count_text((uint64_t)s->config->vocab_size, count);
    snprintf(text, sizeof text, "%s logits", count);
    map_text(s, m, soft, x + 5 * w, top + stage_u(s, 14), right - x - 5 * w,
             text);
    draw_candidates(
        s, m,
        (Rect){x + 5 * w,
               m->world.y + m->stream_y + m->stream_h / 2 - stage_u(s, 20),
               num_max(right - x - 5 * w, 1), 0});
}

static void draw_ends(const Stage *s, const Map *m) {
    draw_embedding(s, m);
    if (arch_predicts(s->config->arch))
        draw_end(s, m);
    else
        draw_no_end(s, m);
}

/* ---- the part that is shown ---------------------------------------------- */

/* The current head's tile, or what stands for it: in units of the map. */
static void here_of(const Stage *s, const Map *m, int *row, int *col) {
    MapPlan p;
    const Rect layer = map_layer(m, s, s->layer);
    Rect r = {layer.x, m->world.y + m->stream_y, layer.w, m->stream_h};
    map_plan(&p, s->config->arch, map_detail(s, layer.w));
    for (int i = 0; i < p.n_items; i++)
        if (p.item[i].is_heads)
            r = map_tile(map_heads(m, s, layer, &p, &p.item[i]),
                         s->config->n_heads, s->head);
    *row = (int)((int64_t)(r.y + r.h / 2 - m->world.y) * MAP_UNITS /
                 num_max(m->world.h, 1));
    *col = (int)((int64_t)(r.x + r.w / 2 - m->world.x) * MAP_UNITS /
                 num_max(m->world.w, 1));
}

static int first_of(int at, int here, int n) {
    const int from = at >= 0 ? at : here - n / 2;
    return num_clamp(from, 0, MAP_UNITS - n);
}

/* Brings the seen part to the place that the state names, and notes what can
 * be zoomed and moved. */
static void move(const Stage *s, Map *m) {
    const int n =
        num_clamp((int)lroundf(MAP_UNITS / m->zoom), SPAN_LEAST, MAP_UNITS);
    int row, col;
    here_of(s, m, &row, &col);
    Hit hit = {.rect = m->view,
               .kind = HIT_GRID,
               .row_key = STATE_ZOOM,
               .col_key = STATE_AT,
               .rows = n,
               .cols = n,
               .row0 = first_of(s->state->at[0], row, n),
               .col0 = first_of(s->state->at[1], col, n),
               .n_all = MAP_UNITS,
               .n_fit = MAP_UNITS,
               .has_here = true,
               .here_row = row,
               .here_col = col};
    m->world.x = m->view.x - (int)((int64_t)hit.col0 * m->world.w / MAP_UNITS);
    m->world.y = m->view.y - (int)((int64_t)hit.row0 * m->world.h / MAP_UNITS);
    hits_add(s->hits, hit);
}

enum { STEPS = 32 };

/* A strip of colours and what it means; returns where the next one begins. */
static int draw_ramp(const Stage *s, Rect r, const Color *cells,
                     const char *text) {
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int h = stage_u(s, 10), y = r.y + (r.h - h) / 2, w = stage_u(s, 64);
    const int x = r.x + w + stage_u(s, 8);
    const int end = x + canvas_text_width(s->canvas, style, text);
    if (end > r.x + r.w) return r.x;
    canvas_cells(s->canvas, (Rect){r.x, y, w, h}, cells, 1, STEPS, 0);
    canvas_text(s->canvas, style, x, y + h, text);
    glossary_note(s->hits, s->canvas, style, x, y + h, text);
    return end + stage_u(s, 22);
}

/* What the colours are, and what the mouse can do. */
static void draw_key(const Stage *s, const Map *m, Rect r) {
    Color values[STEPS], weights[STEPS];
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int end = r.x + r.w, y = r.y + (r.h + stage_u(s, 10)) / 2;
    char text[128];
    for (int i = 0; i < STEPS; i++) {
        const float f = (float)i / (STEPS - 1);
        values[i] = colormap_signed(s->theme, 2 * f - 1);
        weights[i] = colormap_at(s->map, f);
    }
    r.x = draw_ramp(s, r, values, "− to +, each vector to its own largest, √");
    r.w = end - r.x;
    r.x = draw_ramp(s, r, weights, "attention weight 0 to 1, √");
    snprintf(text, sizeof text, "%s%s",
             s->against ? "differs from before: ▌ or dashed · " : "",
             s->is_figure  ? ""
             : m->zoom > 1 ? "drag: move · Ctrl+L: all"
                           : "wheel, Ctrl+=: zoom");
    style.align = ALIGN_RIGHT;
    if (canvas_text_width(s->canvas, style, text) <= end - r.x)
        canvas_text(s->canvas, style, end, y, text);
}

void map_draw(const Stage *s, Rect r) {
    const int key = stage_u(s, 26);
    if (r.w < 24 || r.h < key + 24) return;
    Map m = map_place(s, (Rect){r.x, r.y, r.w, r.h - key});
    move(s, &m);
    canvas_push_clip(s->canvas, m.view);
    draw_ends(s, &m);
    for (int layer = 0; layer < s->config->n_layers; layer++)
        map_draw_layer(s, &m, layer);
    for (int layer = 0; layer < s->config->n_layers; layer++)
        map_draw_sums(s, &m, layer);
    canvas_pop_clip(s->canvas);
    draw_key(s, &m, (Rect){r.x, r.y + r.h - key, r.w, key});
}
