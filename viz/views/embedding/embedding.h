/* Embedding: what the files of the `embedding` view share.
 *
 *     embedding_row.c    the table, and the current token's row of it
 *     embedding_near.c   the rows that point most nearly where it does
 *     embedding_map.c    two directions of the table, and tokens on them
 *     embedding_label.c  names beside points, none on another
 *     embedding.c        modes, words, and the view's table row
 *
 * An opened element means: in ROW an element of the row, with D added of the
 * first of those drawn below it (embedding_added), 2 D of the second; in NEAR
 * and ALL a neighbour, its id, with V added in the second list and 2 V in the
 * third, and none the two tokens themselves; on the maps an axis.
 *
 * Does NOT compute cosines or directions: STUDY_NEAR, COSINE, MAP, PLACE do.
 */
#ifndef VIZ_VIEWS_EMBEDDING_EMBEDDING_H
#define VIZ_VIEWS_EMBEDDING_EMBEDDING_H

#include "viz/views/before.h"
#include "viz/views/view.h"

enum {
    EMBEDDING_ALL,
    EMBEDDING_ROW,
    EMBEDDING_NEAR,
    EMBEDDING_MAP,
    EMBEDDING_MOVED, /* the map, after `layer` */
    EMBEDDING_MODES
};

#define EMBEDDING_CLOSE 0.5 /* cosines from here on are shown strong */

/* The word of a mode in state strings. */
const char *embedding_mode(int mode);

/* What the other run reads at a position, where that is another token or
 * another table's row of it; -1. */
int embedding_id_before(const Stage *s, int pos);
/* Whether that run has other weights, of the same shape. */
bool embedding_other_table(const Stage *s);

/* The tokens held against each other, the current one first: their ids and
 * positions (-1: of the other run).  The second is the one at `key` or, as long
 * as none was chosen, the word before; the last the other run's, where it is
 * another. */
#define EMBEDDING_HELD_MAX 3
typedef struct EmbeddingHeld {
    int id[EMBEDDING_HELD_MAX], pos[EMBEDDING_HELD_MAX];
    int n;
} EmbeddingHeld;
EmbeddingHeld embedding_held(const Stage *s);
/* The nearest of one of them, in the table of its run; NULL: not there yet. */
const StudyNear *embedding_near(const Stage *s, const EmbeddingHeld *h,
                                int held);
/* The two whose cosine is opened; false: there is one token alone. */
bool embedding_pair(const Stage *s, int *a, int *b);

/* The colour of a held token. */
Color embedding_color(const Stage *s, int held);

/* Text in w pixels from (x, y); its terms are explained. */
void embedding_text(const Stage *s, TextStyle style, int x, int y, int w,
                    const char *text);

/* n numbers as coloured cells from left to right; more than fit are shown by
 * the one furthest from 0 of each few.  at gives number i. */
typedef float EmbeddingAt(const void *of, int i);
void embedding_strip(const Stage *s, Rect r, EmbeddingAt *at, const void *of,
                     int n);

/* ---- parts: each draws into a rectangle ---------------------------------- */

void embedding_draw_table(const Stage *s, Rect r, Rect row);
/* The row's cells and bars; its cells, for what leads to them, in *strip. */
void embedding_draw_row(const Stage *s, Rect r, Rect *strip);
/* Where positions have rows, too: the position's, that of the segment where
 * those have rows, their sum, and that normed where it is: what enters the
 * first layer; where the row is multiplied first: what becomes of it.  And
 * how many those are; 0: none. */
void embedding_draw_sum(const Stage *s, Rect r);
int embedding_n_added(const Stage *s);
/* The k-th of them; SITE_NONE: there is none. */
Site embedding_added(const Stage *s, int k);
void embedding_draw_numbers(const Stage *s, Rect r);
void embedding_draw_near(const Stage *s, Rect r);
void embedding_draw_map(const Stage *s, Rect r, bool moved);

/* ---- names beside points ------------------------------------------------- */

#define EMBEDDING_LABELS_MAX 400
typedef struct EmbeddingLabels {
    Rect area;
    Rect taken[EMBEDDING_LABELS_MAX];
    int n, n_drawn;
    bool covers; /* a name stands on a ground, over what lies there */
} EmbeddingLabels;

/* Keeps a place clear. */
void embedding_take(EmbeddingLabels *l, Rect r);
/* Writes text beside a point where there is room; false: there is none. */
bool embedding_label(const Stage *s, EmbeddingLabels *l, TextStyle style, int x,
                     int y, int radius, const char *text);

#endif
