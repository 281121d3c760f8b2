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

#define LINE_U 15.0f

/* What becomes of the token's row before the first layer, and in how many
 * lines: what is added, and the norm; or by how much it is multiplied. */
static int n_lines_of_beginning(const Arch *a) {
    if (a->norm_after) return 3;
    return words_is_stretched(a) || a->learned_positions;
}

static void say_beginning(const Stage *s, const Map *m, int x, int y) {
    const TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const int line = stage_u(s, LINE_U);
    char text[48];
    if (words_is_stretched(s->config->arch)) {
        snprintf(text, sizeof text, "× √%d", s->config->dim);
        map_text(s, m, mono, x, y + line, m->head_w, text);
    }
    if (s->config->arch->learned_positions) {
        snprintf(text, sizeof text, "+ pos %d", s->pos);
        map_text(s, m, mono, x, y + line, m->head_w, text);
    }
    if (!s->config->arch->norm_after) return;
    map_text(s, m, mono, x, y + 2 * line, m->head_w, "+ seg 0");
    map_text(s, m, mono, x, y + 3 * line, m->head_w, "normed");
}

/* The table of all tokens, and the row that is taken from it. */
static void draw_embedding(const Stage *s, const Map *m) {
    const Theme *t = s->theme;
    const int V = s->config->vocab_size, id = stage_read_id(s, s->pos);
    const int w = m->head_w * 6 / 10, top = m->world.y + m->above_y;
    const int h = m->below_y - m->above_y;
    const Rect table = {m->world.x, top, w, h};
    const int y = top + (int)((int64_t)h * id / V);
    const int line = num_max(stage_u(s, 3), 2);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, t->soft);
    char text[STAGE_LABEL_MAX + 24];
    canvas_fill(s->canvas, rect_intersect(table, m->view), t->residual_tint);
    canvas_ribbon(s->canvas, (float)(table.x + w), (float)y, (float)(y + line),
                  (float)(m->world.x + m->head_w),
                  (float)(m->world.y + m->stream_y),
                  (float)(m->world.y + m->stream_y + m->stream_h),
                  color_alpha(t->select, .25f));
    canvas_fill(s->canvas, rect_intersect((Rect){table.x, y, w, line}, m->view),
                t->select);
    hits_pick(s->hits, rect_intersect(table, m->view),
              pick_word(STATE_VIEW, "embedding"));
    draw_title(s, m, m->world.x, m->head_w, "embedding");
    snprintf(text, sizeof text, "row %d", id);
    const int n_lines = n_lines_of_beginning(s->config->arch);
    const int more = stage_u(s, (float)n_lines * LINE_U);
    const int label = y - table.y > stage_u(s, 40) + more
                          ? y - stage_u(s, 6) - more
                          : y + stage_u(s, 20);
    map_text(s, m, mono, table.x + stage_u(s, 2), label, m->head_w, text);
    say_beginning(s, m, table.x + stage_u(s, 2), label);
    snprintf(text, sizeof text, "%d × %d", V, s->config->dim);
    map_text(s, m, mono, table.x, top + h + stage_u(s, 15), m->head_w, text);
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
