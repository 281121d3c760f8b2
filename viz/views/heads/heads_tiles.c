#include "engine/base/num.h"
#include "viz/views/before.h"
#include "viz/views/heads/heads.h"
#include "viz/views/number.h"

#include <math.h>
#include <stdio.h>

#define GRADES 256 /* colours of weights, looked up */

/* ---- cells --------------------------------------------------------------- */

/* One picture's colours, and how many cells a side a thumbnail has: tokens,
 * or pixels if fewer. */
typedef struct Ink {
    Color colors[GRADES];
    int n_cells;
} Ink;

static void ink_fill(Ink *ink, const Stage *s, const HeadsSheet *sheet,
                     int tile) {
    for (int i = 0; i < GRADES; i++)
        ink->colors[i] = colormap_at(s->map, (float)i / (GRADES - 1));
    int pixels = tile - 2 * sheet->pad;
    ink->n_cells = num_min(sheet->span.n, pixels);
}

/* A cell of a map is a weight, -1 where there is none. */
static Color weight_color(const Ink *ink, float weight) {
    if (weight < 0) return (Color){0};
    if (weight > 1) weight = 1;
    return ink->colors[(int)(sqrtf(weight) * (GRADES - 1) + 0.5f)];
}

static void draw_map(const Stage *s, const HeadsSheet *sheet, const Ink *ink,
                     const float *map, Rect tile) {
    int side = ink->n_cells;
    Rect cells = heads_sheet_cells(sheet, tile);
    if (!map) {
        stage_draw_missing(s, cells);
        return;
    }
    if (!canvas_shows(s->canvas, cells)) return;
    for (int i = 0; i < side * side; i++)
        s->cells[i] = weight_color(ink, map[i]);
    canvas_cells(s->canvas, cells, s->cells, side, side, 0);
}

static const float *layer_maps(const Stage *s, const HeadsSheet *sheet,
                               int layer, int side) {
    const Span k = sheet->span;
    if (k.n == sheet->n_tokens && k.row0 == sheet->token0 && k.col0 == k.row0)
        return study_maps(s->study, layer, k.row0 + k.n - 1, side);
    return study_maps_part(s->study, layer, k.row0, k.col0, k.n, side);
}

/* The visible thumbnails of a layer, whose maps are asked for once. */
static void draw_layer(const Stage *s, const HeadsSheet *sheet, const Ink *ink,
                       int layer) {
    int side = ink->n_cells;
    const float *maps = NULL;
    bool asked = false;
    Rect tile;
    for (int i = 0; i < sheet->n; i++) {
        const HeadsItem *item = &sheet->items[i];
        if (item->layer != layer || !heads_sheet_tile(sheet, i, &tile))
            continue;
        if (!asked) maps = layer_maps(s, sheet, layer, side);
        asked = true;
        size_t at = (size_t)item->head * side * side;
        draw_map(s, sheet, ink, maps ? maps + at : NULL, tile);
    }
}

/* ---- what stands in and around a thumbnail ------------------------------- */

/* Width of the empty triangle's row of text of this height, at its top. */
static int empty_width(const HeadsSheet *sheet, Rect cells, int text_h) {
    const int n = sheet->span.n;
    if (sheet->span.row0 != sheet->span.col0) return 0;
    int rows = text_h * n / cells.h + 1; /* of cells that the text touches */
    return rows < n ? cells.w - rows * cells.w / n : 0;
}

/* Names the head in the corner that the mask leaves empty. */
static void draw_kind(const Stage *s, const HeadsSheet *sheet,
                      const HeadsItem *item, Rect tile) {
    HeadKind kind = item->kind;
    if (kind == HEAD_KINDS || trace_two_way(s->trace)) return;
    static const char *const short_titles[HEAD_KINDS] = {
        [HEAD_PREVIOUS] = "previous", [HEAD_INDUCTION] = "induct.",
        [HEAD_FIRST] = "first",       [HEAD_SAME] = "same",
        [HEAD_RECALL] = "recall",     [HEAD_NEXT] = "following",
    };
    const char *titles[] = {head_kind_title(kind), short_titles[kind]};
    TextStyle style = text_style(FACE_SANS, TYPE_TINY, s->theme->soft);
    style.align = ALIGN_RIGHT;
    int margin = stage_u(s, 6);
    int cap = canvas_metrics(s->canvas, style).cap;
    Rect cells = heads_sheet_cells(sheet, tile);
    int room = empty_width(sheet, cells, margin + cap + margin / 2);
    for (int i = 0; i < 2; i++)
        if (canvas_text_width(s->canvas, style, titles[i]) <=
            room - 2 * margin) {
            canvas_text(s->canvas, style, cells.x + cells.w - margin,
                        cells.y + margin + cap, titles[i]);
            return;
        }
}

/* What is left of the head's output: 0 is off. */
static float scale_of(const Stage *s, const HeadsItem *item) {
    const Edits *e = &s->state->edits;
    return edits_get(e, EDIT_HEAD, item->layer, item->head) *
           edits_get(e, EDIT_ATTN, item->layer, 0);
}

static void draw_edit(const Stage *s, float scale, Rect tile) {
    const Theme *t = s->theme;
    char text[24] = "off";
    if (scale != 0)
        snprintf(text, sizeof text, "×%s", number_round(scale, 2).s);
    if (scale == 0) canvas_fill(s->canvas, tile, color_alpha(t->window, .78f));
    TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, t->text);
    style.align = ALIGN_CENTER;
    int w = canvas_text_width(s->canvas, style, text) + stage_u(s, 16);
    int h = stage_u(s, 24);
    if (w > tile.w || h > tile.h) return;
    Rect plate = {tile.x + (tile.w - w) / 2, tile.y + (tile.h - h) / 2, w, h};
    canvas_round(s->canvas, plate, (float)h / 2, t->window);
    canvas_text_row(s->canvas, style, tile.x + tile.w / 2, plate.y, h, text);
}

/* Whether the keys of the current row have their places in the other run: all
 * of them, or those that its mask lets through. */
static bool keys_match(const Stage *s) {
    return before_same_keys(s, s->pos) ||
           (before_pos(s, s->pos) == s->pos &&
            trace_n_pos(s->against) == trace_n_pos(s->trace));
}

/* Half of what the weights of the current row have moved by: 0 where nothing
 * has changed, 1 where all of the weight lies elsewhere; what a mask hides has
 * none.  -1: not known. */
static float row_change(const Stage *s, const HeadsItem *item) {
    if (!s->against || !keys_match(s)) return -1;
    const float *now = stage_row(s, SITE_PATTERN, item->layer, s->pos);
    const float *was = before_row(s, SITE_PATTERN, item->layer, s->pos);
    if (!now || !was) return -1;
    const int n = trace_n_keys(s->trace, s->pos);
    const int n_was = trace_n_keys(s->against, s->pos);
    now += (size_t)item->head * (size_t)n;
    was += (size_t)item->head * (size_t)n_was;
    double sum = 0;
    for (int key = 0; key < num_max(n, n_was); key++)
        sum += fabs((double)(key < n ? now[key] : 0) -
                    (double)(key < n_was ? was[key] : 0));
    return (float)(sum / 2);
}

/* A bar along the foot of the tile, as long as the row has changed, and by how
 * much where there is room. */
static void draw_change(const Stage *s, const HeadsItem *item, Rect tile) {
    const float change = row_change(s, item);
    if (change < .005f) return;
    const int h = stage_u(s, 6);
    const Rect bar = {tile.x, tile.y + tile.h - h,
                      (int)lroundf(change * (float)tile.w), h};
    canvas_fill(s->canvas, bar, s->theme->bad);
    char weight[8], text[16];
    stage_weight_text(change, weight);
    snprintf(text, sizeof text, "Δ %s", weight);
    TextStyle style = text_style(FACE_MONO, TYPE_TINY, s->theme->bad);
    style.align = ALIGN_RIGHT;
    const int w = canvas_text_width(s->canvas, style, text) + stage_u(s, 8);
    if (w * 2 > tile.w || tile.h < stage_u(s, 70)) return;
    const int y = tile.y + tile.h - h - stage_u(s, 20);
    const Rect plate = {tile.x + tile.w - w, y, w, stage_u(s, 18)};
    canvas_fill(s->canvas, plate, s->theme->window);
    canvas_text_row(s->canvas, style, plate.x + plate.w - stage_u(s, 4), y,
                    plate.h, text);
}

static void draw_caption(const Stage *s, const HeadsSheet *sheet, int i,
                         Rect tile) {
    const HeadsItem *item = &sheet->items[i];
    bool current = i == sheet->current;
    char mean[8], name[24];
    heads_mean_text(item->mean[sheet->kind], mean);
    snprintf(name, sizeof name, "%d.%d", item->layer, item->head);
    TextStyle style = text_style(current ? FACE_BOLD : FACE_MEDIUM, TYPE_SMALL,
                                 s->theme->text);
    int y = tile.y + tile.h + stage_u(s, 2);
    int h = sheet->caption_h;
    canvas_text_row(s->canvas, style, tile.x, y, h, name);
    style.face = FACE_MONO;
    style.color = s->theme->soft;
    style.align = ALIGN_RIGHT;
    canvas_text_row(s->canvas, style, tile.x + tile.w, y, h, mean);
    int w = canvas_text_width(s->canvas, style, mean) + stage_u(s, 6);
    heads_hit_mean(s, (Rect){tile.x + tile.w - w, y, w, h}, item, sheet->kind);
}

static void draw_marks(const Stage *s, const HeadsSheet *sheet, int i,
                       Rect tile) {
    int d = stage_u(s, 3);
    if (d < 2) d = 2; /* pixels, to be seen on the smallest thumbnail */
    if (i == sheet->current)
        canvas_frame(s->canvas, rect_inset(tile, -d, -d), (float)d + 2,
                     (float)d, s->theme->accent);
    else if (rect_contains(tile, s->mouse_x, s->mouse_y))
        canvas_frame(s->canvas, rect_inset(tile, -d, -d), (float)d + 2,
                     fmaxf((float)d / 2, 1), s->theme->soft);
}

/* A click picks a head; another on the same one opens it.  The wheel zooms all,
 * a drag moves them, where there is more than can be told apart. */
static void add_hit(const Stage *s, const HeadsSheet *sheet, int i, Rect tile) {
    Pick pick = pick_and(pick_number(STATE_LAYER, sheet->items[i].layer),
                         pick_number(STATE_HEAD, sheet->items[i].head));
    if (i == sheet->current)
        pick = pick_and(pick, pick_word(STATE_VIEW, view_attention.name));
    Hit hit = {.rect = tile, .kind = HIT_PICK, .pick = pick};
    if (sheet->span.n_fit > SPAN_LEAST) span_hit(&hit, sheet->span);
    hits_add(s->hits, hit);
}

void heads_tiles_draw(const Stage *s, const HeadsSheet *sheet) {
    Ink ink;
    Rect tile;
    ink_fill(&ink, s, sheet, sheet->tile);
    for (int i = 0; i < sheet->n; i++)
        if (heads_sheet_tile(sheet, i, &tile))
            canvas_round(s->canvas, tile, (float)sheet->pad * 2,
                         s->theme->well);
    for (int i = 0; i < sheet->n_layers; i++)
        draw_layer(s, sheet, &ink, sheet->layer0 + i);
    for (int i = 0; i < sheet->n; i++) {
        if (!heads_sheet_tile(sheet, i, &tile)) continue;
        float scale = scale_of(s, &sheet->items[i]);
        draw_kind(s, sheet, &sheet->items[i], tile);
        if (scale != 1) draw_edit(s, scale, tile);
        if (s->against) draw_change(s, &sheet->items[i], tile);
        if (sheet->caption_h) draw_caption(s, sheet, i, tile);
        draw_marks(s, sheet, i, tile);
        add_hit(s, sheet, i, tile);
    }
}

void heads_tiles_draw_large(const Stage *s, const HeadsSheet *sheet,
                            Rect square) {
    const HeadsItem *item = &sheet->items[heads_described(s, sheet)];
    Ink ink;
    ink_fill(&ink, s, sheet, square.w);
    const int side = ink.n_cells;
    const size_t at = (size_t)item->head * side * side;
    const float *maps = layer_maps(s, sheet, item->layer, side);
    canvas_round(s->canvas, square, (float)sheet->pad * 2, s->theme->well);
    draw_map(s, sheet, &ink, maps ? maps + at : NULL, square);
    draw_kind(s, sheet, item, square);
    const float scale = scale_of(s, item);
    if (scale != 1) draw_edit(s, scale, square);
    TextStyle style = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    style.align = ALIGN_CENTER;
    canvas_textf(s->canvas, style, square.x + square.w / 2,
                 square.y + square.h + stage_u(s, 20), "head %d.%d, larger",
                 item->layer, item->head);
    hits_pick(s->hits, square,
              pick_and(pick_and(pick_number(STATE_LAYER, item->layer),
                                pick_number(STATE_HEAD, item->head)),
                       pick_word(STATE_VIEW, view_attention.name)));
}
