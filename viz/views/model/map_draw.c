/* The map's layers: the stream, the vectors and the heads beside it. */
#include "viz/views/model/map.h"

#include "engine/base/num.h"
#include "viz/views/glossary.h"
#include "viz/views/number.h"
#include "viz/views/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CELLS_MAX 128  /* a side of a head's square */
#define DIFFERS   .05f /* of the largest number: less is not marked */

bool map_text(const Stage *s, const Map *m, TextStyle style, int x, int y,
              int w, const char *text) {
    const int width = canvas_text_width(s->canvas, style, text);
    const int up = canvas_metrics(s->canvas, style).ascent;
    const int left = style.align == ALIGN_CENTER  ? x - width / 2
                     : style.align == ALIGN_RIGHT ? x - width
                                                  : x;
    const Rect box = style.angle != 0 ? (Rect){x - up, y - width, up, width}
                                      : (Rect){left, y - up, width, up};
    const Rect seen = rect_intersect(box, m->view);
    if (width > w || seen.w < box.w || seen.h < box.h) return false;
    canvas_text(s->canvas, style, x, y, text);
    if (style.angle == 0)
        glossary_note(s->hits, s->canvas, style, left, y, text);
    return true;
}

#define NAME_LEAST 24 /* u: of a name that is cut */

void map_name(const Stage *s, const Map *m, TextStyle style, int x, int y,
              int w, const char *name) {
    while (canvas_text_width(s->canvas, style, name) > w &&
           style.size > TYPE_TINY)
        style.size -= 1;
    if (canvas_text_width(s->canvas, style, name) > w) style.face = FACE_SANS;
    if (map_text(s, m, style, x, y, w, name)) return;
    /* Its beginning says more than nothing. */
    const int up = canvas_metrics(s->canvas, style).ascent;
    const Rect box = {x, y - up, w, up}, seen = rect_intersect(box, m->view);
    if (w >= stage_u(s, NAME_LEAST) && seen.w == box.w && seen.h == box.h)
        canvas_text_fit(s->canvas, style, x, y, w, name);
}

/* ---- vectors ------------------------------------------------------------- */

/* Small numbers show by their root. */
static Color value_color(const Stage *s, float v, float hi) {
    const float part = sqrtf(fminf(fabsf(v) / hi, 1));
    return colormap_signed(s->theme, v < 0 ? -part : part);
}

/* The number of a vector that a row of pixels shows: of those that share it the
 * largest. */
static int shown_at(const float *v, int n, int y, int h) {
    const int a = (int)((int64_t)y * n / h);
    const int b = num_max((int)((int64_t)(y + 1) * n / h), a + 1);
    int best = num_min(a, n - 1);
    for (int i = best + 1; i < num_min(b, n); i++)
        if (fabsf(v[i]) > fabsf(v[best]) || isnan(v[i])) best = i;
    return best;
}

static void draw_numbers(const Stage *s, Rect r, Rect seen, const float *v,
                         int n, float hi) {
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->text);
    style.align = ALIGN_CENTER;
    const int first = (int)((int64_t)(seen.y - r.y) * n / r.h);
    for (int i = first; i < n; i++) {
        const int y = r.y + (int)((int64_t)i * r.h / n);
        const int end = r.y + (int)((int64_t)(i + 1) * r.h / n);
        char text[16];
        if (y >= seen.y + seen.h) break;
        if (y < seen.y || end > seen.y + seen.h) continue;
        style.color = theme_ink(value_color(s, v[i], hi));
        stage_value_text(v[i], text);
        canvas_text_row(s->canvas, style, seen.x + seen.w / 2, y, end - y,
                        text);
    }
}

void map_draw_vector(const Stage *s, const Map *m, Rect r, const float *v,
                     const float *before, int n) {
    const Rect seen = rect_intersect(r, m->view);
    if (seen.w <= 0 || seen.h <= 0) return;
    if (!v) {
        stage_draw_missing(s, seen);
        return;
    }
    const float hi = stage_max_abs(v, n);
    const int mark = num_max(num_min(r.w / 4, stage_u(s, 5)), 2);
    bool any_nan = false;
    for (int y = seen.y; y < seen.y + seen.h; y++) {
        const int i = shown_at(v, n, y - r.y, r.h);
        s->cells[y - seen.y] =
            isnan(v[i]) ? (Color){0} : value_color(s, v[i], hi);
        any_nan |= isnan(v[i]);
    }
    if (any_nan) canvas_hatch(s->canvas, seen, s->theme->soft);
    canvas_cells(s->canvas, seen, s->cells, seen.h, 1, 0);
    if (before)
        for (int y = seen.y; y < seen.y + seen.h; y++) {
            const int i = shown_at(v, n, y - r.y, r.h);
            if (fabsf(v[i] - before[i]) > DIFFERS * hi)
                canvas_fill(s->canvas, (Rect){seen.x + seen.w, y, mark, 1},
                            s->theme->text);
        }
    if (r.h / n >= stage_u(s, 15) && seen.w >= stage_u(s, 58))
        draw_numbers(s, r, seen, v, n, hi);
}

/* A click opens the view of the operation and, where cells are large enough to
 * be hit, the number. */
static void hit_vector(const Stage *s, const Map *m, Rect r, Site site,
                       int layer, int n) {
    const Rect seen = rect_intersect(r, m->view);
    const char *op = map_site_op(s->config->arch, site);
    if (!op || seen.w <= 0 || seen.h <= 0) return;
    const Pick to =
        pick_and(pick_word(STATE_VIEW, "block"), pick_word(STATE_OP, op));
    if (r.h / n < stage_u(s, 6) || seen.h < r.h) {
        hits_pick(s->hits, seen, pick_and(to, pick_number(STATE_LAYER, layer)));
        return;
    }
    hits_add(s->hits, (Hit){.rect = r,
                            .kind = HIT_GRID,
                            .pick = to,
                            .row_key = STATE_ELEM,
                            .col_key = STATE_LAYER,
                            .rows = n,
                            .cols = 1,
                            .col0 = layer});
}

/* The row of a site now, and what it was where that differs. */
static void draw_site(const Stage *s, const Map *m, Rect r, Site site,
                      int layer, int n) {
    if (!map_is_seen(m, r)) return;
    const float *v = stage_row(s, site, layer, s->pos);
    const bool as_long = !site_info(site)->per_key ||
                         (s->against && before_same_keys(s, s->pos));
    const float *was =
        s->against && as_long ? before_row(s, site, layer, s->pos) : NULL;
    map_draw_vector(s, m, r, v, was, n);
    hit_vector(s, m, r, site, layer, n);
}

/* ---- the stream ---------------------------------------------------------- */

static void draw_plus(const Stage *s, int x, int y) {
    const float radius = (float)stage_u(s, 7), arm = radius * .55f;
    const float line = fmaxf((float)stage_u(s, 1.5f), 1);
    canvas_circle(s->canvas, (float)x, (float)y, radius, s->theme->text);
    canvas_circle(s->canvas, (float)x, (float)y, radius - line,
                  s->theme->window);
    canvas_line(s->canvas, (float)x - arm, (float)y, (float)x + arm, (float)y,
                line, s->theme->text);
    canvas_line(s->canvas, (float)x, (float)y - arm, (float)x, (float)y + arm,
                line, s->theme->text);
}

static int plus_x(Rect layer, const MapBranch *b) {
    return layer.x + (int)((float)layer.w * (b->x + b->w));
}

/* One number of a norm in words, a click away from its arithmetic. */
static void say_size(const Stage *s, const Map *m, Rect r, int index,
                     Site site) {
    const TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const float *v = stage_row(s, site, index, s->pos);
    char text[48], number[16];
    if (!v) return;
    stage_value_text(*v, number);
    snprintf(text, sizeof text, "%s %s", map_site_name(s->config, site),
             number);
    Pick to;
    if (map_text(s, m, soft, r.x, r.y + r.h, r.w, text) &&
        view_block.place(s, site, &to))
        hits_pick(s->hits, rect_intersect(r, m->view),
                  pick_and(to, pick_and(pick_word(STATE_VIEW, "block"),
                                        pick_number(STATE_LAYER, index))));
}

/* What norms a sum, above the stream: what it takes off and divides by. */
static void say_norm(const Stage *s, const Map *m, Rect r, int index,
                     const MapBranch *b) {
    const Arch *a = s->config->arch;
    const Site scale = words_scale_of(a, b->normed);
    const Site said[] = {scale, arch_norm_mean(a, scale)};
    const TextStyle style = text_style(FACE_MEDIUM, TYPE_TINY, s->theme->text);
    const int line = stage_u(s, 15);
    Rect at = {r.x, r.y - stage_u(s, 6) - line, r.w, line};
    for (int i = 0; i < 2; i++, at.y -= line)
        if (said[i] != SITE_NONE) say_size(s, m, at, index, said[i]);
    map_text(s, m, style, at.x, at.y + at.h, at.w, "LayerNorm");
}

/* Where the words of a norm may stand: right of its plus, as far to the left of
 * the layer's end as they are long, and right of those of the norm before. */
static Rect norm_words(const Stage *s, Rect layer, const MapPlan *p, int branch,
                       int y) {
    const TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    const int need = canvas_text_width(s->canvas, style, "spread +00.000");
    const int air = stage_u(s, 10), right = layer.x + layer.w;
    const int plus = plus_x(layer, &p->branch[branch]) + air;
    const bool last = branch + 1 == p->n_branches;
    const int end = last ? right : plus_x(layer, &p->branch[branch + 1]) - air;
    int x = last ? num_min(plus, right - need) : plus;
    if (branch > 0)
        x = num_max(x, plus_x(layer, &p->branch[branch - 1]) + need + 2 * air);
    return (Rect){x, y, end - x, 0};
}

/* A sum and how it is normed, from x on; where the stream goes on. */
static int draw_norm(const Stage *s, const Map *m, Rect layer, int index,
                     const MapPlan *p, int branch, int x) {
    const MapBranch *b = &p->branch[branch];
    const int y = m->world.y + m->stream_y, D = s->config->dim;
    const int w = (int)((float)layer.w * p->norm_w) / 2;
    const int gap = num_max(stage_u(s, 2), 1);
    const Site steps[] = {b->sum, arch_op(s->config->arch, b->normed)->in[0]};
    const int n = p->detail >= MAP_OPEN ? 2 : 1;
    if (p->detail == MAP_SLOT || w < 2 * gap) return x;
    for (int i = 0; i < n; i++) {
        draw_site(s, m, (Rect){x, y, w - gap, m->stream_h}, steps[i], index, D);
        x += w;
    }
    if (p->detail >= MAP_OPEN)
        say_norm(s, m, norm_words(s, layer, p, branch, y), index, b);
    return x;
}

/* Pieces of the stream, each as it is until something is added. */
static void draw_stream(const Stage *s, const Map *m, Rect layer, int index,
                        const MapPlan *p) {
    const int y = m->world.y + m->stream_y, D = s->config->dim;
    int x = layer.x;
    Site site = p->enters;
    for (int i = 0; i <= p->n_branches; i++) {
        const int end = i < p->n_branches ? plus_x(layer, &p->branch[i])
                                          : layer.x + layer.w;
        draw_site(s, m, (Rect){x, y, end - x, m->stream_h}, site, index, D);
        if (i == p->n_branches) break;
        site = map_after(&p->branch[i]);
        x = end;
        if (site != p->branch[i].sum)
            x = draw_norm(s, m, layer, index, p, i, x);
    }
}

/* ---- heads --------------------------------------------------------------- */

/* A power of two that is enough for a square this large. */
static int cells_for(const Stage *s, int side) {
    int n = 8;
    while (n < CELLS_MAX && n < side && n < s->n_pos)
        n *= 2;
    return num_min(n, num_min(s->n_pos, STAGE_TOKENS_MAX));
}

static void draw_map_of(const Stage *s, Rect r, const float *map, int cells) {
    if (!canvas_shows(s->canvas, r)) return;
    for (int i = 0; i < cells * cells; i++)
        s->cells[i] =
            map[i] < 0 ? s->theme->well : stage_weight_color(s, map[i]);
    canvas_cells(s->canvas, r, s->cells, cells, cells, 0);
}

/* Where the current token's row lies in a square of all tokens. */
static void frame_row(const Stage *s, Rect r) {
    const int first =
        s->n_pos > STAGE_TOKENS_MAX ? s->n_pos - STAGE_TOKENS_MAX : 0;
    const int n = s->n_pos - first, at = s->pos - first;
    if (at < 0) return;
    const int y = (int)((int64_t)at * r.h / n);
    const int h = num_max((int)((int64_t)(at + 1) * r.h / n) - y, 1);
    const int line = num_max(stage_u(s, 1), 1);
    canvas_fill(s->canvas, (Rect){r.x - 2 * line, r.y + y, 2 * line, h},
                s->theme->query);
}

/* Whether the row that is looked along is another than it was. */
static bool head_differs(const Stage *s, const float *now, const float *was,
                         int head) {
    if (!now || !was || !before_same_keys(s, s->pos)) return false;
    const int n = trace_n_keys(s->trace, s->pos);
    for (int i = head * n; i < (head + 1) * n; i++)
        if (fabsf(now[i] - was[i]) > DIFFERS) return true;
    return false;
}

static void mark_head(const Stage *s, Rect tile, int layer, int head,
                      bool differs) {
    const int line = num_max(stage_u(s, 2), 2);
    const float scale =
        edits_get(trace_edits(s->trace), EDIT_HEAD, layer, head);
    if (scale == 0)
        canvas_fill(s->canvas, tile, color_alpha(s->theme->window, .7f));
    if (differs) stage_dashed(s, rect_inset(tile, -1, -1), s->theme->text);
    if (layer == s->layer && head == s->head)
        canvas_frame(s->canvas, rect_inset(tile, -line, -line), 2, (float)line,
                     s->theme->accent);
}

static void hit_head(const Stage *s, const Map *m, Rect tile, int layer,
                     int head) {
    const Pick where = pick_and(pick_number(STATE_LAYER, layer),
                                pick_number(STATE_HEAD, head));
    hits_pick(s->hits, rect_intersect(tile, m->view),
              pick_and(pick_word(STATE_VIEW, "attention"), where));
}

/* The token that a head looks at, if at one more than at all others. */
static void draw_looked_at(const Stage *s, const Map *m, Rect tile,
                           const float *row, int head) {
    const int n = trace_n_keys(s->trace, s->pos);
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    if (!row || tile.w < stage_u(s, 64)) return;
    row += (size_t)head * (size_t)n;
    int best = 0;
    for (int i = 1; i < n; i++)
        if (row[i] > row[best]) best = i;
    char text[STAGE_LABEL_MAX + 24];
    snprintf(text, sizeof text, "→ %s %d", s->reads[best], best);
    if (!(row[best] > .5f))
        snprintf(text, sizeof text, "%s",
                 isnan(row[best]) ? NUMBER_NONE : "diffuse");
    style.align = ALIGN_RIGHT;
    /* In the corner that the mask leaves empty. */
    if (!trace_two_way(s->trace))
        map_text(s, m, style, tile.x + tile.w - stage_u(s, 3),
                 tile.y + stage_u(s, 14), tile.w * 8 / 10, text);
}

static void draw_heads(const Stage *s, const Map *m, Rect r, int layer) {
    const int H = s->config->n_heads, cells = cells_for(s, map_tile(r, H, 0).w);
    if (!map_is_seen(m, r)) return;
    const float *maps = study_maps(s->study, layer, s->n_pos - 1, cells);
    const float *row = stage_row(s, SITE_PATTERN, layer, s->pos);
    const float *was =
        s->against ? before_row(s, SITE_PATTERN, layer, s->pos) : NULL;
    for (int head = 0; head < H; head++) {
        const Rect tile = map_tile(r, H, head);
        if (!map_is_seen(m, tile)) continue;
        if (maps)
            draw_map_of(s, tile, maps + (size_t)head * cells * cells, cells);
        else
            stage_draw_missing(s, rect_intersect(tile, m->view));
        if (tile.w >= stage_u(s, 24)) frame_row(s, tile);
        draw_looked_at(s, m, tile, row, head);
        mark_head(s, tile, layer, head, head_differs(s, row, was, head));
        hit_head(s, m, tile, layer, head);
    }
}

/* A cell for each head: how much it looks at one token alone. */
static void draw_mosaic(const Stage *s, const Map *m, Rect layer, int index) {
    const int H = s->config->n_heads, n = trace_n_keys(s->trace, s->pos);
    const int side = num_min(layer.w - 2, m->stream_y - m->above_y);
    const Rect r = {layer.x + 1,
                    m->world.y + m->stream_y - side - stage_u(s, 10), side,
                    side};
    if (side < 3 || !map_is_seen(m, r)) return;
    const float *row = stage_row(s, SITE_PATTERN, index, s->pos);
    const float *was =
        s->against ? before_row(s, SITE_PATTERN, index, s->pos) : NULL;
    if (!row) stage_draw_missing(s, rect_intersect(r, m->view));
    for (int head = 0; row && head < H; head++) {
        const Rect tile = map_tile(r, H, head);
        float most = 0;
        for (int i = head * n; i < (head + 1) * n; i++)
            most = fmaxf(most, row[i]);
        canvas_fill(s->canvas, tile, stage_weight_color(s, most));
        if (tile.w >= 4)
            mark_head(s, tile, index, head, head_differs(s, row, was, head));
    }
    hits_pick(s->hits, rect_intersect(r, m->view),
              pick_number(STATE_LAYER, index));
}

/* ---- what stands beside a vector ----------------------------------------- */

static Color item_color(const Stage *s, Site site) {
    switch (site_role(site)) {
    case SITE_ROLE_QUERY:
        return s->theme->query;
    case SITE_ROLE_KEY:
        return s->theme->key;
    case SITE_ROLE_VALUE:
    case SITE_ROLE_MIXED:
        return s->theme->value;
    case SITE_ROLE_NEURON:
        return s->theme->mlp;
    default:
        return s->theme->soft;
    }
}

/* Level where it is narrow enough, and its shape with it; else upright.  Away
 * from the stream, so that no line crosses it. */
static void draw_name(const Stage *s, const Map *m, Rect r, int slot, Site site,
                      bool above) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_TINY, item_color(s, site));
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const char *name = map_site_name(s->config, site);
    const int cap = canvas_metrics(s->canvas, style).cap;
    const int x = r.x + r.w / 2, line = stage_u(s, 15);
    const int w = canvas_text_width(s->canvas, style, name);
    int rows, cols;
    char shape[32];
    site_shape(site, s->config, 1, &rows, &cols);
    const int len = rows > 1 ? snprintf(shape, sizeof shape, "%d×", rows) : 0;
    snprintf(shape + len, sizeof shape - (size_t)len, "%d", cols);
    style.align = mono.align = ALIGN_CENTER;
    if (num_max(w, canvas_text_width(s->canvas, mono, shape)) + 2 <= slot) {
        const int y = above ? r.y - line - stage_u(s, 5)
                            : r.y + r.h + cap + stage_u(s, 6);
        map_text(s, m, style, x, y, slot, name);
        map_text(s, m, mono, x, y + line, slot, shape);
    } else if (cap + stage_u(s, 2) <= slot) {
        style.align = ALIGN_LEFT;
        style.angle = 90;
        map_text(s, m, style, x + cap / 2,
                 above ? r.y - stage_u(s, 5) : r.y + r.h + stage_u(s, 5) + w,
                 stage_u(s, 56), name);
    }
}

/* Lines from the stream to the first of a branch, and back to the plus. */
static void draw_wire(const Stage *s, const Map *m, Rect layer,
                      const MapPlan *p, int branch, Rect first, Rect last) {
    const MapBranch *b = &p->branch[branch];
    const float line = fmaxf((float)stage_u(s, 1.2f), 1);
    const int edge = m->world.y + m->stream_y + (b->above ? 0 : m->stream_h);
    const int from = b->above ? first.y + first.h : first.y;
    const int x0 = first.x + first.w / 2, x1 = plus_x(layer, b);
    const int y1 = b->above ? last.y + last.h : last.y;
    const Color c = s->theme->soft;
    canvas_line(s->canvas, (float)x0, (float)edge, (float)x0, (float)from, line,
                c);
    canvas_line(s->canvas, (float)(last.x + last.w), (float)y1, (float)x1,
                (float)y1, line, c);
    const int middle = m->world.y + m->stream_y + m->stream_h / 2;
    canvas_line(s->canvas, (float)x1, (float)y1, (float)x1, (float)middle, line,
                c);
}

static int n_numbers(const Stage *s, Site site) {
    int rows, cols;
    site_shape(site, s->config, trace_n_keys(s->trace, s->pos), &rows, &cols);
    return rows * cols;
}

static void draw_item(const Stage *s, const Map *m, Rect layer, int index,
                      const MapPlan *p, const MapItem *item, Rect r) {
    const float w = p->branch[item->branch].w * item->w;
    const int slot = (int)((float)layer.w * w);
    if (item->is_heads) {
        draw_heads(s, m, r, index);
        return;
    }
    draw_site(s, m, r, item->op->out, index, n_numbers(s, item->op->out));
    if (!site_info(item->op->out)->per_key)
        draw_name(s, m, r, slot, item->op->out, p->branch[item->branch].above);
}

static Rect item_rect(const Stage *s, const Map *m, Rect layer,
                      const MapPlan *p, const MapItem *item) {
    const Site site = item->op->out;
    if (item->is_heads) return map_heads(m, s, layer, p, item);
    /* Scores are as many as the text is long: as high as the vectors. */
    const int n =
        site_info(site)->per_key ? s->config->dim : n_numbers(s, site);
    return map_strip(m, s, layer, p, item, n);
}

static void draw_branch(const Stage *s, const Map *m, Rect layer, int index,
                        const MapPlan *p, int branch) {
    Rect first = {0}, last = {0};
    for (int i = 0; i < p->n_items; i++) {
        if (p->item[i].branch != branch) continue;
        last = item_rect(s, m, layer, p, &p->item[i]);
        if (first.w == 0) first = last;
    }
    if (first.w > 0) draw_wire(s, m, layer, p, branch, first, last);
    for (int i = 0; i < p->n_items; i++)
        if (p->item[i].branch == branch)
            draw_item(s, m, layer, index, p, &p->item[i],
                      item_rect(s, m, layer, p, &p->item[i]));
}

/* ---- what it would say --------------------------------------------------- */

static void draw_guess(const Stage *s, const Map *m, Rect r, int id, float p,
                       bool first) {
    char name[STAGE_LABEL_MAX], percent[16];
    TextStyle style =
        text_style(first ? FACE_BOLD : FACE_SANS,
                   first ? TYPE_BODY : TYPE_SMALL, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const int y = r.y + r.h * 2 / 3;
    canvas_fill(
        s->canvas,
        rect_intersect((Rect){r.x, r.y, num_max((int)((float)r.w * p), 2),
                              r.h - stage_u(s, 2)},
                       m->view),
        s->theme->key_tint);
    tokenizer_show(s->tokenizer, id, name, sizeof name);
    map_say_percent(s, name, (double)p, r.w - stage_u(s, 8), percent);
    mono.align = ALIGN_RIGHT;
    const int w = canvas_text_width(s->canvas, mono, percent);
    map_text(s, m, mono, r.x + r.w, y, r.w, percent);
    map_name(s, m, style, r.x + stage_u(s, 4), y, r.w - w - stage_u(s, 8),
             name);
}

/* The lens on the stream after a branch. */
static void draw_lens(const Stage *s, const Map *m, Rect r, int index,
                      Site site, const char *title) {
    const int line = stage_u(s, 24);
    const StudyLens *lens = study_lens(s->study, site, index, s->pos);
    TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    map_text(s, m, soft, r.x, r.y + stage_u(s, 20), r.w, title);
    for (int i = 0; i < STUDY_GUESSES; i++) {
        const Rect row = {r.x, r.y + stage_u(s, 28) + i * line, r.w, line};
        if (!lens)
            stage_draw_missing(s, rect_intersect(row, m->view));
        else if (lens->id[i] >= 0)
            draw_guess(s, m, row, lens->id[i], lens->prob[i], i == 0);
    }
}

/* Below the stream, where no branch stands: what the model would say there.  An
 * opened layer says it after each of its branches. */
static void draw_guesses(const Stage *s, const Map *m, Rect r, int index,
                         const MapPlan *p) {
    const int air = stage_u(s, 28), least = stage_u(s, 150);
    const bool each =
        p->detail >= MAP_OPEN && r.w >= p->n_branches * (least + air);
    const int n = each ? p->n_branches : 1;
    const int w = num_min((r.w - (n - 1) * air) / n, stage_u(s, 240));
    for (int i = 0; i < n; i++) {
        const MapBranch *b = &p->branch[p->n_branches - n + i];
        const Rect part = {r.x + i * (w + air), r.y, w, r.h};
        char title[64];
        if (i + 1 < n)
            snprintf(title, sizeof title, "after %s of layer %d",
                     b->above ? "attention" : "a part", index);
        else
            snprintf(title, sizeof title, "if it ended after layer %d", index);
        TextStyle soft = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
        if (canvas_text_width(s->canvas, soft, title) > w)
            snprintf(title, sizeof title, "ended here:");
        if (map_is_seen(m, part))
            draw_lens(s, m, part, index, map_after(b), title);
    }
}

/* "48 × 64", and behind a plus the numbers of its bias. */
static void tensor_size_text(const Config *c, const ArchTensor *t, char *out,
                             size_t size) {
    const int rows = arch_dim_size(c, t->rows),
              cols = arch_dim_size(c, t->cols);
    const int n = snprintf(out, size, "%d × %d", rows, cols);
    if (arch_has_bias(c, t) && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, " + %d",
                 t->rows == ARCH_ONE ? cols : rows);
}

/* How wide the names and the counts of a layer's tensors are; returns how many
 * there are. */
static int ledger_columns(const Stage *s, TextStyle style, TextStyle mono,
                          int *names, int *counts) {
    const Config *c = s->config;
    char text[32];
    int rows = 0;
    *names = *counts = 0;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (!t->per_layer) continue;
        stage_count_text(params_each(c, t), text);
        *names = num_max(
            *names, canvas_text_width(s->canvas, style, model_tensor_name(t)));
        *counts = num_max(*counts, canvas_text_width(s->canvas, mono, text));
        rows++;
    }
    return rows;
}

/* What an opened layer has learnt: its tensors, and their sum. */
static void draw_ledger(const Stage *s, const Map *m, Rect r) {
    const Config *c = s->config;
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->text);
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    const int line = stage_u(s, 18), gap = stage_u(s, 14);
    int names, counts, y = r.y + line;
    const int rows = ledger_columns(s, style, mono, &names, &counts);
    uint64_t sum = 0;
    char text[48];
    if (r.h < (rows + 2) * line || r.w < stage_u(s, 200)) return;
    r.w = num_min(r.w, stage_u(s, 330));
    style.face = FACE_MEDIUM;
    map_text(s, m, style, r.x, y, r.w, "what this layer has learnt");
    style.face = FACE_SANS;
    mono.align = ALIGN_RIGHT;
    const int right = r.x + r.w - counts - gap;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const ArchTensor *t = &c->arch->tensors[i];
        if (!t->per_layer) continue;
        y += line;
        sum += params_each(c, t);
        map_text(s, m, style, r.x, y, names, model_tensor_name(t));
        tensor_size_text(c, t, text, sizeof text);
        map_text(s, m, mono, right, y, right - r.x - names - gap, text);
        stage_count_text(params_each(c, t), text);
        map_text(s, m, mono, r.x + r.w, y, counts, text);
    }
    stage_count_text(sum, text);
    mono.color = s->theme->text;
    map_text(s, m, mono, r.x + r.w, y + line, r.w / 2, text);
    const Rect all =
        rect_intersect((Rect){r.x, r.y, r.w, y + line - r.y}, m->view);
    hits_pick(s->hits, all, pick_word(STATE_OP, "params"));
}

/* The room below the stream that no branch takes. */
static void draw_below(const Stage *s, const Map *m, Rect layer, int index,
                       const MapPlan *p) {
    float free_to = 1;
    for (int i = 0; i < p->n_branches; i++)
        if (!p->branch[i].above) free_to = fminf(free_to, p->branch[i].x);
    const int pad = stage_u(s, 10), used = stage_u(s, 118);
    Rect r = {layer.x + pad, m->world.y + m->stream_y + m->stream_h,
              (int)((float)layer.w * free_to) - 2 * pad, 0};
    r.h = m->world.y + m->below_y - r.y;
    if (r.w < stage_u(s, 84) || r.h < used || !map_is_seen(m, r) ||
        p->n_branches == 0)
        return;
    if (!s->is_guessing && arch_predicts(s->config->arch))
        draw_guesses(s, m, r, index, p);
    if (p->detail >= MAP_OPEN)
        draw_ledger(s, m, (Rect){r.x, r.y + used, r.w, r.h - used});
}

/* ---- one layer ----------------------------------------------------------- */

static void draw_here(const Stage *s, const Map *m, Rect r) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_TINY, s->theme->accent_ink);
    char text[STAGE_SAID_MAX + 64], token[STAGE_SAID_MAX];
    const int pad = stage_u(s, 9), h = stage_u(s, 22);
    stage_say_token(s, stage_read_id(s, s->pos), token);
    snprintf(text, sizeof text, "you are here: head %d.%d at %s", s->layer,
             s->head, token);
    int w = canvas_text_width(s->canvas, style, text) + 2 * pad;
    if (w > r.w) {
        snprintf(text, sizeof text, "head %d.%d", s->layer, s->head);
        w = canvas_text_width(s->canvas, style, text) + 2 * pad;
    }
    if (w > r.w) return;
    const Rect pill = {r.x + r.w - w, r.y, w, h};
    canvas_round(s->canvas, pill, (float)h / 2, s->theme->accent);
    map_text(s, m, style, pill.x + pad, pill.y + h * 7 / 10, w, text);
}

/* Every how many layers have their number above them, all of them alike: as
 * many as it has room in. */
static int numbered_every(const Stage *s, const Map *m) {
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->soft);
    char last[16];
    snprintf(last, sizeof last, "%d", s->config->n_layers - 1);
    const int need = canvas_text_width(s->canvas, style, last) + stage_u(s, 8);
    int every = 1;
    while (every * m->layer_w < need && every < s->config->n_layers)
        every *= 2;
    return every;
}

/* From a layer that has its number to the next one that has. */
static int number_room(const Stage *s, const Map *m, int index, int width) {
    const int every = numbered_every(s, m);
    if (index == s->layer || every == 1) return width;
    if (index % every) return 0;
    int n = num_min(every, s->config->n_layers - index);
    if (s->layer > index) n = num_min(n, s->layer - index);
    return n * m->layer_w - stage_u(s, 4);
}

/* Its number and how many parameters it has, above its seen part. */
static void draw_head(const Stage *s, const Map *m, Rect layer, int index) {
    const bool here = index == s->layer;
    const Rect seen = rect_intersect(
        (Rect){layer.x, m->view.y, layer.w - stage_u(s, 8), m->view.h},
        m->view);
    TextStyle style = text_style(here ? FACE_BOLD : FACE_MEDIUM, TYPE_SMALL,
                                 here ? s->theme->text : s->theme->soft);
    char text[32];
    const int y = m->view.y + stage_u(s, 16);
    snprintf(text, sizeof text, "layer %d", index);
    if (canvas_text_width(s->canvas, style, text) > seen.w)
        snprintf(text, sizeof text, "%d", index);
    const int w = canvas_text_width(s->canvas, style, text) + stage_u(s, 10);
    const bool named = map_text(s, m, style, seen.x, y,
                                number_room(s, m, index, seen.w), text);
    canvas_fill(s->canvas,
                (Rect){seen.x, m->view.y + stage_u(s, 24), seen.w,
                       num_max(stage_u(s, here ? 2 : 1), 1)},
                here ? s->theme->accent : s->theme->rule);
    hits_pick(
        s->hits,
        (Rect){seen.x, m->view.y, seen.w, num_min(stage_u(s, 24), m->view.h)},
        pick_number(STATE_LAYER, index));
    const Rect rest = {seen.x + w, m->view.y, seen.w - w, 0};
    if (!named || rest.w <= 0) return;
    if (here) {
        draw_here(s, m, rest);
        return;
    }
    TextStyle mono = text_style(FACE_MONO, TYPE_TINY, s->theme->soft);
    uint64_t n = 0;
    for (int i = 0; i < s->config->arch->n_tensors; i++)
        if (s->config->arch->tensors[i].per_layer)
            n += params_each(s->config, &s->config->arch->tensors[i]);
    mono.align = ALIGN_RIGHT;
    stage_count_text(n, text);
    map_text(s, m, mono, rest.x + rest.w, y, rest.w, text);
}

void map_draw_layer(const Stage *s, const Map *m, int layer) {
    const Rect r = map_layer(m, s, layer);
    MapPlan p;
    if (!map_is_seen(m, (Rect){r.x, m->view.y, r.w, m->view.h})) return;
    map_plan(&p, s->config->arch, map_detail(s, r.w));
    draw_stream(s, m, r, layer, &p);
    if (p.detail == MAP_SLOT) {
        draw_mosaic(s, m, r, layer);
    } else {
        draw_below(s, m, r, layer, &p);
        for (int i = 0; i < p.n_branches; i++)
            draw_branch(s, m, r, layer, &p, i);
    }
    draw_head(s, m, r, layer);
}

void map_draw_sums(const Stage *s, const Map *m, int layer) {
    const Rect r = map_layer(m, s, layer);
    MapPlan p;
    if (!map_is_seen(m, (Rect){r.x, m->view.y, r.w, m->view.h})) return;
    map_plan(&p, s->config->arch, map_detail(s, r.w));
    for (int i = 0; i < p.n_branches && p.detail != MAP_SLOT; i++)
        draw_plus(s, plus_x(r, &p.branch[i]),
                  m->world.y + m->stream_y + m->stream_h / 2);
}
