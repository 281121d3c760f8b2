#include "viz/views/heads/heads.h"

#include <math.h>
#include <stdio.h>

#define GRADES 256 /* colours of weights, looked up */

/* ---- cells --------------------------------------------------------------- */

/* One picture's colours and how tokens fall onto a thumbnail's cells. */
typedef struct Ink {
    Color colors[GRADES];
    int n_cells;                     /* a side: tokens, or pixels if fewer */
    int edges[STAGE_TOKENS_MAX + 1]; /* cell i: tokens edges[i]..edges[i+1] */
} Ink;

static void ink_fill(Ink *ink, const Stage *s, const HeadsSheet *sheet) {
    for (int i = 0; i < GRADES; i++)
        ink->colors[i] = colormap_at(s->map, (float)i / (GRADES - 1));
    int pixels = sheet->tile - 2 * sheet->pad;
    int n = sheet->n_tokens < pixels ? sheet->n_tokens : pixels;
    ink->n_cells = n;
    for (int i = 0; i <= n; i++)
        ink->edges[i] = i * sheet->n_tokens / n;
}

/* The strongest weight of each cell in a row of cells; -1 where there is none:
 * behind the mask, or not a number. */
static void strongest(const Stage *s, const HeadsSheet *sheet, const Ink *ink,
                      const HeadsItem *item, int row, float *out) {
    for (int x = 0; x < ink->n_cells; x++)
        out[x] = -1;
    for (int i = ink->edges[row]; i < ink->edges[row + 1]; i++) {
        int pos = sheet->token0 + i;
        int n_keys = trace_n_keys(s->trace, pos);
        int n_here = n_keys - sheet->token0;
        const float *w = trace_row(s->trace, SITE_PATTERN, item->layer, pos) +
                         (size_t)item->head * n_keys + sheet->token0;
        for (int x = 0; x < ink->n_cells && ink->edges[x] < n_here; x++) {
            int end = ink->edges[x + 1] < n_here ? ink->edges[x + 1] : n_here;
            float most = out[x];
            /* As an expression, so that it costs no branch per weight. */
            for (int k = ink->edges[x]; k < end; k++)
                most = w[k] > most ? w[k] : most;
            out[x] = most;
        }
    }
}

/* NaN never passes a comparison, so a weight here is -1 or 0 and more. */
static Color weight_color(const Ink *ink, float weight) {
    if (weight < 0) return (Color){0};
    if (weight > 1) weight = 1;
    return ink->colors[(int)(sqrtf(weight) * (GRADES - 1) + 0.5f)];
}

static void fill_cell_row(const Stage *s, const HeadsSheet *sheet,
                          const Ink *ink, int i, int row, Color *out) {
    float weights[STAGE_TOKENS_MAX];
    strongest(s, sheet, ink, &sheet->items[i], row, weights);
    for (int x = 0; x < ink->n_cells; x++)
        out[x] = weight_color(ink, weights[x]);
}

/* n thumbnails of one layer together, a row of cells at a time: what the trace
 * has to compute again is then asked for once. */
static void draw_together(const Stage *s, const HeadsSheet *sheet,
                          const Ink *ink, const int *shown, int n) {
    size_t side = (size_t)ink->n_cells;
    for (int row = 0; row < ink->n_cells; row++)
        for (int k = 0; k < n; k++)
            fill_cell_row(s, sheet, ink, shown[k], row,
                          s->cells + (k * side + row) * side);
    for (int k = 0; k < n; k++) {
        Rect tile;
        heads_sheet_tile(sheet, shown[k], &tile);
        canvas_cells(s->canvas, heads_sheet_cells(sheet, tile),
                     s->cells + k * side * side, ink->n_cells, ink->n_cells, 0);
    }
}

/* The visible thumbnails of a layer, as many at a time as the scratch holds. */
static void draw_layer(const Stage *s, const HeadsSheet *sheet, const Ink *ink,
                       int layer) {
    int shown[CONFIG_HEADS_MAX], n = 0;
    Rect tile;
    for (int i = 0; i < sheet->n; i++)
        if (sheet->items[i].layer == layer && heads_sheet_tile(sheet, i, &tile))
            shown[n++] = i;
    int most =
        STAGE_TOKENS_MAX * STAGE_TOKENS_MAX / (ink->n_cells * ink->n_cells);
    for (int at = 0; at < n; at += most)
        draw_together(s, sheet, ink, shown + at, n - at < most ? n - at : most);
}

/* ---- what stands in and around a thumbnail ------------------------------- */

/* Width of the empty triangle's row of text of this height, at its top. */
static int empty_width(const HeadsSheet *sheet, Rect cells, int text_h) {
    int n = sheet->n_tokens;
    int rows = text_h * n / cells.h + 1; /* of cells that the text touches */
    return rows < n ? cells.w - rows * cells.w / n : 0;
}

/* Names the head in the corner that the mask leaves empty. */
static void draw_kind(const Stage *s, const HeadsSheet *sheet,
                      const HeadsItem *item, Rect tile) {
    HeadKind kind = item->kind;
    if (kind == HEAD_KINDS || trace_edits(s->trace)->no_mask) return;
    static const char *const short_titles[HEAD_KINDS] = {
        [HEAD_PREVIOUS] = "previous",
        [HEAD_INDUCTION] = "induct.",
        [HEAD_FIRST] = "first",
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
    if (scale != 0) snprintf(text, sizeof text, "×%.2g", scale);
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

/* A click picks a head; another on the same one opens it. */
static void add_hit(const Stage *s, const HeadsSheet *sheet, int i, Rect tile) {
    Pick pick = pick_and(pick_number(STATE_LAYER, sheet->items[i].layer),
                         pick_number(STATE_HEAD, sheet->items[i].head));
    if (i == sheet->current)
        pick = pick_and(pick, pick_word(STATE_VIEW, view_attention.name));
    hits_pick(s->hits, tile, pick);
}

void heads_tiles_draw(const Stage *s, const HeadsSheet *sheet) {
    Ink ink;
    Rect tile;
    ink_fill(&ink, s, sheet);
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
        if (sheet->caption_h) draw_caption(s, sheet, i, tile);
        draw_marks(s, sheet, i, tile);
        add_hit(s, sheet, i, tile);
    }
}
