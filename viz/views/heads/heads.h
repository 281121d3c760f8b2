/* The heads view's parts: what is on the sheet and where (heads_sheet.c), the
 * thumbnails (heads_tiles.c), scores in words (heads_legend.c), and the whole
 * (heads.c).  Not for anyone else. */
#ifndef VIZ_VIEWS_HEADS_HEADS_H
#define VIZ_VIEWS_HEADS_HEADS_H

#include "viz/views/span.h"
#include "viz/views/view.h"

#define HEADS_MAX      8192 /* on one sheet; Llama-2 70B has 5,120 */
#define HEADS_TILE_MIN 8    /* pixels: a smaller thumbnail shows nothing */

/* Words of STATE_SORT: by place, and by each kind that says something of such a
 * model; NULL past the last.  a NULL: by each kind there is. */
const char *heads_order(const Arch *a, int i);

/* What is opened: nothing, or a head's mean weight of one kind. */
enum { HEADS_OP_NONE, HEADS_OP_KINDS };
/* The i-th kind that says something of such a model; HEAD_KINDS past the
 * last. */
HeadKind heads_kind(const Arch *a, int i);
/* The word that opens its mean, and sorts by it. */
const char *heads_kind_word(HeadKind k);

typedef struct HeadsItem {
    int layer, head;
    float mean[HEAD_KINDS]; /* NaN: nothing to average, or not known */
    HeadKind kind;          /* to call it by; HEAD_KINDS: none */
    bool known;             /* false: the two above are still to come */
} HeadsItem;

/* What is shown, in reading order, and where.  An item's tile is its
 * thumbnail's square; rows and columns of tiles that do not fit are scrolled
 * so that the current head's is visible, or as the state's `row` and `across`
 * say. */
typedef struct HeadsSheet {
    HeadKind kind;        /* that the order goes by; HEAD_KINDS when by place */
    int token0, n_tokens; /* scored: a window around the current one if many */
    int n_texts;          /* that the scores are of; 0: of these tokens */
    Span span;            /* of them and others: shown in each thumbnail */
    int layer0, n_layers; /* likewise, with more than HEADS_MAX heads */
    HeadsItem items[HEADS_MAX];
    int n;
    int current; /* index of the current head */

    Rect area; /* of the tiles and their captions */
    int cols, rows, col0, row0, cols_shown, rows_shown;
    int bands;     /* by place: blocks of layers side by side, `cols` of all */
    int apart;     /* pixels between them */
    int tile, pad; /* pixels a side; pad around the cells in it */
    int pitch_x, pitch_y;
    int caption_h; /* below each tile; 0: none */
} HeadsSheet;

/* Opens the mean weight of a head by a click on r. */
void heads_hit_mean(const Stage *s, Rect r, const HeadsItem *item,
                    HeadKind kind);

/* Whether heads are called by what they do over stories of the world, which the
 * teller knows; else by what they do in the text shown.  And whether they can
 * be: stories are told to models that see no later token. */
bool heads_over_stories(const Stage *s);
bool heads_has_stories(const Stage *s);

/* Which tokens, layers and heads, scored and sorted. */
void heads_sheet_fill(HeadsSheet *sheet, const Stage *s);

/* Lays the items out in `area`, as large as they fit: layers as rows when by
 * place, in reading order with captions otherwise.  caption_w: the width a
 * caption needs; they are left out below narrower tiles.  Few heads in many
 * layers would be a narrow strip: their rows then stand in blocks side by side,
 * each of so many layers after the one before. */
void heads_sheet_place(HeadsSheet *sheet, const Stage *s, Rect area,
                       int caption_w);

/* Heads in a row of a block, and where block `band` starts, from the first. */
int heads_sheet_band_cols(const HeadsSheet *sheet);
int heads_sheet_band_x(const HeadsSheet *sheet, int band);

/* The tile of item i; false when it is scrolled away. */
bool heads_sheet_tile(const HeadsSheet *sheet, int i, Rect *out);

/* The part of a tile that cells are drawn in. */
Rect heads_sheet_cells(const HeadsSheet *sheet, Rect tile);

/* The thumbnails to be seen, with the gaps between them. */
Rect heads_sheet_extent(const HeadsSheet *sheet);

/* Draws the thumbnails and registers their hits.  A cell shows the strongest
 * of the weights that fall on it, so that a single bright one survives any
 * reduction. */
void heads_tiles_draw(const Stage *s, const HeadsSheet *sheet);

/* The item under the mouse, else the current one. */
int heads_described(const Stage *s, const HeadsSheet *sheet);

/* That one large, in a square, which a click opens; its name below. */
void heads_tiles_draw_large(const Stage *s, const HeadsSheet *sheet,
                            Rect square);

/* The scores of the head under the mouse, else of the current one, and, if it
 * fits into r, what they mean.  Returns the height used. */
int heads_legend_draw(const Stage *s, const HeadsSheet *sheet, Rect r);

/* The scores alone, in one line at the bottom of r. */
void heads_legend_line(const Stage *s, const HeadsSheet *sheet, Rect r);

/* ".58", or a dash for NaN. */
void heads_mean_text(float mean, char out[8]);

#endif
