#include "viz/views/heads/heads.h"

#include "engine/base/num.h"

#include <math.h>
#include <string.h>

#define BANDS_APART   56 /* u, with the labels of the next block's rows */
#define SCROLLED_TILE 28 /* u */

/* ---- kinds --------------------------------------------------------------- */

const char *heads_kind_word(HeadKind k) {
    static const char *const words[HEAD_KINDS] = {
        [HEAD_PREVIOUS] = "previous",   [HEAD_NEXT] = "following",
        [HEAD_INDUCTION] = "induction", [HEAD_FIRST] = "first",
        [HEAD_SAME] = "same",           [HEAD_RECALL] = "recall"};
    return words[k];
}

HeadKind heads_kind(const Arch *a, int i) {
    for (HeadKind k = 0; k < HEAD_KINDS; k++)
        if ((!a || head_kind_applies(k, a->causal)) && i-- == 0) return k;
    return HEAD_KINDS;
}

const char *heads_order(const Arch *a, int i) {
    if (i <= 0) return i == 0 ? "place" : NULL;
    const HeadKind k = heads_kind(a, i - 1);
    return k < HEAD_KINDS ? heads_kind_word(k) : NULL;
}

/* HEAD_KINDS: by place, as by a kind that says nothing here. */
static HeadKind kind_of_word(const Arch *a, const char *word) {
    HeadKind k;
    for (int i = 0; (k = heads_kind(a, i)) < HEAD_KINDS; i++)
        if (strcmp(word, heads_kind_word(k)) == 0) break;
    return k;
}

/* ---- what is shown ------------------------------------------------------- */

bool heads_has_stories(const Stage *s) {
    return s->teller.roles;
}

bool heads_over_stories(const Stage *s) {
    return heads_has_stories(s) && strcmp(s->state->over, "stories") == 0;
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
    int layers_max = HEADS_MAX / s->config->n_heads;
    int n_layers = s->config->n_layers;
    sheet->kind = kind_of_word(s->config->arch, s->state->sort);
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
    if (sheet->kind != HEAD_KINDS)
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

/* Pixels that columns have, however many blocks they stand in. */
static int width_of(const HeadsSheet *sheet) {
    return sheet->area.w - (sheet->bands - 1) * sheet->apart;
}

static int gap_for(const HeadsSheet *sheet, const Stage *s, int cols,
                   int rows) {
    int pitch = num_min(width_of(sheet) / cols, sheet->area.h / rows);
    return num_min(num_max(pitch / 8, 1), stage_u(s, 18));
}

/* The tile's side when cols x rows of them fill the area. */
static int tile_for(const HeadsSheet *sheet, const Stage *s, int cols,
                    int rows) {
    int gap = gap_for(sheet, s, cols, rows);
    return num_min(pitch_for(width_of(sheet), cols, gap),
                   pitch_for(sheet->area.h, rows, gap) - sheet->caption_h) -
           gap;
}

/* A strip of less than a third of the width is broken into as many blocks as
 * make the tiles largest, half as large again at least. */
static void choose_bands(HeadsSheet *sheet, const Stage *s) {
    const int heads = s->config->n_heads, n = sheet->n_layers;
    const int alone = num_max(sheet->tile, HEADS_TILE_MIN);
    int best = 1, largest = alone * 3 / 2;
    if (heads * alone * 3 > sheet->area.w) return;
    for (int bands = 2; bands <= n; bands++) {
        sheet->bands = bands;
        if (width_of(sheet) < bands * heads) break;
        const int tile =
            tile_for(sheet, s, bands * heads, (n + bands - 1) / bands);
        if (tile > largest) best = bands;
        largest = num_max(tile, largest);
    }
    sheet->bands = best;
    sheet->cols = best * heads;
    if (best > 1) sheet->tile = largest;
}

static void choose_columns(HeadsSheet *sheet, const Stage *s) {
    sheet->bands = 1;
    sheet->apart = stage_u(s, BANDS_APART);
    sheet->cols = s->config->n_heads;
    sheet->tile = tile_for(sheet, s, sheet->cols, sheet->n_layers);
    if (sheet->kind != HEAD_KINDS)
        for (int cols = 1; cols <= sheet->n; cols++) {
            int rows = (sheet->n + cols - 1) / cols;
            int tile = tile_for(sheet, s, cols, rows);
            if (cols > 1 && tile <= sheet->tile) continue;
            sheet->tile = tile;
            sheet->cols = cols;
        }
    else
        choose_bands(sheet, s);
    /* The layers of all blocks but the last are as many. */
    sheet->rows = sheet->bands > 1
                      ? (sheet->n_layers + sheet->bands - 1) / sheet->bands
                      : (sheet->n + sheet->cols - 1) / sheet->cols;
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
    const int w = width_of(sheet);
    int gap_x =
        sheet->cols > 1 ? (w - sheet->cols * tile) / (sheet->cols - 1) : 0;
    int gap_y =
        sheet->rows > 1 ? (area.h - sheet->rows * tall) / (sheet->rows - 1) : 0;
    gap_x = num_max(num_min(gap_x, stage_u(s, 36)), 1);
    gap_y = num_max(num_min(gap_y, stage_u(s, 36)), 1);
    sheet->pitch_x = tile + gap_x;
    sheet->pitch_y = tall + gap_y;
    sheet->cols_shown = num_min(sheet->cols, (w + gap_x) / sheet->pitch_x);
    sheet->rows_shown = num_min(sheet->rows, (area.h + gap_y) / sheet->pitch_y);
}

int heads_sheet_band_cols(const HeadsSheet *sheet) {
    return sheet->cols / sheet->bands;
}

int heads_sheet_band_x(const HeadsSheet *sheet, int band) {
    return band *
           (heads_sheet_band_cols(sheet) * sheet->pitch_x + sheet->apart);
}

/* In which block an item is; its row there, and its column of all. */
static int place_of(const HeadsSheet *sheet, int i, int *row, int *col) {
    const int n = heads_sheet_band_cols(sheet);
    const int band = sheet->bands > 1 ? i / n / sheet->rows : 0;
    *row = i / n - band * sheet->rows;
    *col = i % n + band * n;
    return band;
}

void heads_sheet_place(HeadsSheet *sheet, const Stage *s, Rect area,
                       int caption_w) {
    sheet->area = area;
    sheet->caption_h =
        sheet->kind == HEAD_KINDS ? 0 : stage_u(s, TYPE_SMALL * 1.5f);
    choose_columns(sheet, s);
    if (sheet->tile < caption_w && sheet->caption_h) {
        sheet->caption_h = 0;
        choose_columns(sheet, s);
    }
    place_tiles(sheet, s);
    int row, col;
    place_of(sheet, sheet->current, &row, &col);
    sheet->col0 = stage_window(sheet->cols, sheet->cols_shown, col);
    sheet->row0 = stage_window(sheet->rows, sheet->rows_shown, row);
    if (s->state->row >= 0)
        sheet->row0 =
            num_min(s->state->row, num_max(sheet->rows - sheet->rows_shown, 0));
    if (s->state->across >= 0)
        sheet->col0 = num_min(s->state->across,
                              num_max(sheet->cols - sheet->cols_shown, 0));
}

bool heads_sheet_tile(const HeadsSheet *sheet, int i, Rect *out) {
    int row, col;
    const int band = place_of(sheet, i, &row, &col);
    col -= sheet->col0;
    row -= sheet->row0;
    *out =
        (Rect){sheet->area.x + col * sheet->pitch_x + band * sheet->apart,
               sheet->area.y + row * sheet->pitch_y, sheet->tile, sheet->tile};
    return col >= 0 && col < sheet->cols_shown && row >= 0 &&
           row < sheet->rows_shown;
}

Rect heads_sheet_extent(const HeadsSheet *sheet) {
    return (Rect){sheet->area.x, sheet->area.y,
                  (sheet->cols_shown - 1) * sheet->pitch_x + sheet->tile +
                      (sheet->bands - 1) * sheet->apart,
                  sheet->rows_shown * sheet->pitch_y -
                      (sheet->pitch_y - sheet->tile - sheet->caption_h)};
}

Rect heads_sheet_cells(const HeadsSheet *sheet, Rect tile) {
    return rect_inset(tile, sheet->pad, sheet->pad);
}
