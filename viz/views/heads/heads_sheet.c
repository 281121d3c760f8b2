#include "viz/views/heads/heads.h"

#include "engine/base/num.h"

#include <math.h>
#include <string.h>

#define SCROLLED_TILE 28 /* u */

const char *const heads_order_words[HEADS_ORDERS] = {
    [HEADS_BY_PLACE] = "place",         [HEADS_BY_PREVIOUS] = "previous",
    [HEADS_BY_INDUCTION] = "induction", [HEADS_BY_FIRST] = "first",
    [HEADS_BY_SAME] = "same",           [HEADS_BY_RECALL] = "recall",
};

/* ---- what is shown ------------------------------------------------------- */

static HeadsOrder find_order(const char *word) {
    for (int i = 0; i < HEADS_ORDERS; i++)
        if (strcmp(word, heads_order_words[i]) == 0) return (HeadsOrder)i;
    return HEADS_BY_PLACE;
}

bool heads_over_stories(const Stage *s) {
    return s->teller.roles && strcmp(s->state->over, "stories") == 0;
}

static void score(HeadsItem *item, const StudyHead *head) {
    item->kind = head->kind;
    for (int k = 0; k < HEAD_KINDS; k++)
        item->mean[k] = head->mean[k];
    item->known = true;
}

static void score_by_stories(HeadsItem *item, const HeadScores *h) {
    StudyHead head = {.kind = head_scores_kind(h)};
    for (int k = 0; k < HEAD_KINDS; k++)
        head.mean[k] = head_scores_mean(h, (HeadKind)k);
    score(item, &head);
}

/* Puts the heads of a layer on the sheet; those of unknown scores last when it
 * is sorted.  roles: over stories, or NULL. */
static void add_layer(HeadsSheet *sheet, const Stage *s, int layer,
                      const StudyRoles *roles) {
    const int last = sheet->token0 + sheet->n_tokens - 1;
    const int n_heads = s->config->n_heads;
    const StudyHead *heads =
        heads_over_stories(s) ? NULL : study_heads(s->study, layer, last);
    for (int h = 0; h < n_heads; h++) {
        HeadsItem *item = &sheet->items[sheet->n++];
        *item = (HeadsItem){.layer = layer, .head = h, .kind = HEAD_KINDS};
        for (int k = 0; k < HEAD_KINDS; k++)
            item->mean[k] = NAN;
        if (roles) score_by_stories(item, &roles->list[layer * n_heads + h]);
        if (heads) score(item, &heads[h]);
    }
}

/* By score, then by place.  Where there is no score (NaN) nobody comes before
 * anybody, so all stay in place. */
static bool comes_before(const HeadsItem *a, const HeadsItem *b, HeadKind k) {
    if (a->mean[k] > b->mean[k]) return true;
    if (a->mean[k] != b->mean[k]) return false;
    return a->layer != b->layer ? a->layer < b->layer : a->head < b->head;
}

/* Shell's sort with Ciura's gaps, as the C library's qsort may allocate. */
static void sort_items(HeadsItem *items, int n, HeadKind k) {
    static const int gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (int i = gaps[g], gap = gaps[g]; i < n; i++) {
            HeadsItem item = items[i];
            int j = i;
            for (; j >= gap && comes_before(&item, &items[j - gap], k);
                 j -= gap)
                items[j] = items[j - gap];
            items[j] = item;
        }
}

void heads_sheet_fill(HeadsSheet *sheet, const Stage *s) {
    static const HeadKind kinds[HEADS_ORDERS] = {
        [HEADS_BY_PLACE] = HEAD_KINDS,
        [HEADS_BY_PREVIOUS] = HEAD_PREVIOUS,
        [HEADS_BY_INDUCTION] = HEAD_INDUCTION,
        [HEADS_BY_FIRST] = HEAD_FIRST,
        [HEADS_BY_SAME] = HEAD_SAME,
        [HEADS_BY_RECALL] = HEAD_RECALL,
    };
    int layers_max = HEADS_MAX / s->config->n_heads;
    int n_layers = s->config->n_layers;
    sheet->order = find_order(s->state->sort);
    sheet->kind = kinds[sheet->order];
    sheet->n_tokens = s->n_pos < STAGE_TOKENS_MAX ? s->n_pos : STAGE_TOKENS_MAX;
    sheet->token0 = stage_window(s->n_pos, sheet->n_tokens, s->pos);
    sheet->span = span_of(s, s->n_pos, sheet->n_tokens);
    sheet->n_layers = n_layers < layers_max ? n_layers : layers_max;
    sheet->layer0 = stage_window(n_layers, sheet->n_layers, s->layer);
    sheet->n = 0;
    bool missing;
    const StudyRoles *roles =
        heads_over_stories(s) ? study_roles(s->study, &missing) : NULL;
    sheet->n_texts = roles ? roles->n_texts : 0;
    for (int i = 0; i < sheet->n_layers; i++)
        add_layer(sheet, s, sheet->layer0 + i, roles);
    if (sheet->order != HEADS_BY_PLACE)
        sort_items(sheet->items, sheet->n, sheet->kind);
    for (int i = 0; i < sheet->n; i++)
        if (sheet->items[i].layer == s->layer &&
            sheet->items[i].head == s->head)
            sheet->current = i;
}

/* ---- where it is --------------------------------------------------------- */

/* From tile to tile when n, with no gap after the last, fill `extent`. */
static int pitch_for(int extent, int n, int gap) {
    return (extent + gap) / n;
}

static int gap_for(const HeadsSheet *sheet, const Stage *s, int cols,
                   int rows) {
    int pitch = num_min(sheet->area.w / cols, sheet->area.h / rows);
    return num_min(num_max(pitch / 8, 1), stage_u(s, 18));
}

/* The tile's side when cols x rows of them fill the area. */
static int tile_for(const HeadsSheet *sheet, const Stage *s, int cols,
                    int rows) {
    int gap = gap_for(sheet, s, cols, rows);
    return num_min(pitch_for(sheet->area.w, cols, gap),
                   pitch_for(sheet->area.h, rows, gap) - sheet->caption_h) -
           gap;
}

static void choose_columns(HeadsSheet *sheet, const Stage *s) {
    sheet->cols = s->config->n_heads;
    sheet->tile = tile_for(sheet, s, sheet->cols, sheet->n_layers);
    if (sheet->order != HEADS_BY_PLACE)
        for (int cols = 1; cols <= sheet->n; cols++) {
            int rows = (sheet->n + cols - 1) / cols;
            int tile = tile_for(sheet, s, cols, rows);
            if (cols > 1 && tile <= sheet->tile) continue;
            sheet->tile = tile;
            sheet->cols = cols;
        }
    sheet->rows = (sheet->n + sheet->cols - 1) / sheet->cols;
}

/* Makes all cells of a thumbnail equally large where that costs little. */
static void trim_tile(HeadsSheet *sheet, const Stage *s) {
    sheet->pad = sheet->tile > stage_u(s, 50) ? stage_u(s, 2) : 0;
    int cells = sheet->tile - 2 * sheet->pad;
    int rest = cells % sheet->n_tokens;
    if (cells >= sheet->n_tokens && rest * 8 <= cells) sheet->tile -= rest;
}

/* Where not all columns fit anyway, as large as the rows leave room for, up to
 * what shows a head's pattern. */
static int scrolled_tile(const HeadsSheet *sheet, const Stage *s) {
    const int gap = stage_u(s, 4);
    const int tile =
        pitch_for(sheet->area.h, sheet->rows, gap) - sheet->caption_h - gap;
    return num_clamp(tile, HEADS_TILE_MIN,
                     num_max(stage_u(s, SCROLLED_TILE), HEADS_TILE_MIN));
}

/* Spare room goes between the tiles, up to what still looks like one table. */
static void place_tiles(HeadsSheet *sheet, const Stage *s) {
    Rect area = sheet->area;
    if (sheet->tile < HEADS_TILE_MIN) sheet->tile = scrolled_tile(sheet, s);
    trim_tile(sheet, s);
    int tile = sheet->tile, tall = tile + sheet->caption_h;
    int gap_x =
        sheet->cols > 1 ? (area.w - sheet->cols * tile) / (sheet->cols - 1) : 0;
    int gap_y =
        sheet->rows > 1 ? (area.h - sheet->rows * tall) / (sheet->rows - 1) : 0;
    gap_x = num_max(num_min(gap_x, stage_u(s, 36)), 1);
    gap_y = num_max(num_min(gap_y, stage_u(s, 36)), 1);
    sheet->pitch_x = tile + gap_x;
    sheet->pitch_y = tall + gap_y;
    sheet->cols_shown = num_min(sheet->cols, (area.w + gap_x) / sheet->pitch_x);
    sheet->rows_shown = num_min(sheet->rows, (area.h + gap_y) / sheet->pitch_y);
}

void heads_sheet_place(HeadsSheet *sheet, const Stage *s, Rect area,
                       int caption_w) {
    sheet->area = area;
    sheet->caption_h =
        sheet->order == HEADS_BY_PLACE ? 0 : stage_u(s, TYPE_SMALL * 1.5f);
    choose_columns(sheet, s);
    if (sheet->tile < caption_w && sheet->caption_h) {
        sheet->caption_h = 0;
        choose_columns(sheet, s);
    }
    place_tiles(sheet, s);
    sheet->col0 = stage_window(sheet->cols, sheet->cols_shown,
                               sheet->current % sheet->cols);
    sheet->row0 = stage_window(sheet->rows, sheet->rows_shown,
                               sheet->current / sheet->cols);
    if (s->state->row >= 0)
        sheet->row0 =
            num_min(s->state->row, num_max(sheet->rows - sheet->rows_shown, 0));
    if (s->state->across >= 0)
        sheet->col0 = num_min(s->state->across,
                              num_max(sheet->cols - sheet->cols_shown, 0));
}

bool heads_sheet_tile(const HeadsSheet *sheet, int i, Rect *out) {
    int col = i % sheet->cols - sheet->col0;
    int row = i / sheet->cols - sheet->row0;
    *out =
        (Rect){sheet->area.x + col * sheet->pitch_x,
               sheet->area.y + row * sheet->pitch_y, sheet->tile, sheet->tile};
    return col >= 0 && col < sheet->cols_shown && row >= 0 &&
           row < sheet->rows_shown;
}

Rect heads_sheet_extent(const HeadsSheet *sheet) {
    return (Rect){sheet->area.x, sheet->area.y,
                  (sheet->cols_shown - 1) * sheet->pitch_x + sheet->tile,
                  sheet->rows_shown * sheet->pitch_y -
                      (sheet->pitch_y - sheet->tile - sheet->caption_h)};
}

Rect heads_sheet_cells(const HeadsSheet *sheet, Rect tile) {
    return rect_inset(tile, sheet->pad, sheet->pad);
}
