/* Span: the square part of a heatmap of tokens by tokens that is shown, as the
 * state's `zoom` and `at` say, brought into range here and nowhere else; and
 * the strips beside it that show where in the whole it lies.
 *
 * Does NOT change the state: the screen does, with span_zoomed and span_moved.
 */
#ifndef VIZ_VIEWS_SPAN_H
#define VIZ_VIEWS_SPAN_H

#include "viz/views/stage.h"

#define SPAN_LEAST 4  /* tokens a side at the largest zoom */
#define SPAN_H     46 /* u: what the strip below needs, with its words */
#define SPAN_W     24 /* u: what the one to the right needs */

typedef struct Span {
    int n_all; /* tokens there are */
    int n_fit; /* that fit at zoom 1 */
    int n;     /* shown a side */
    int row0, col0;
} Span;

/* Of n_all tokens n_fit fit at zoom 1, at least 1; at zoom Z a Z-th of them.
 * Where the state names no place, the current token and the opened key are
 * shown. */
Span span_of(const Stage *s, int n_all, int n_fit);

static inline bool span_is_part(Span k) {
    return k.n < k.n_all;
}

/* Strips of all tokens below the map `grid` and to its right, the part shown
 * framed, and words that say which these are.  row: the [n_keys] weights of the
 * current token, or NULL.  A drag on a strip moves the part. */
void span_draw(const Stage *s, Rect grid, Span k, const float *row, int n_keys);

/* One such strip, standing where it is higher than wide: of the queries (axis
 * 0) or the keys (1). */
void span_draw_strip(const Stage *s, Rect strip, int axis, Span k);

/* Which tokens are shown, in at most w pixels. */
void span_draw_words(const Stage *s, int x, int baseline, int w, Span k);

/* What a hit on the map needs to be zoomed. */
void span_hit(Hit *hit, Span k);

/* The state's zoom and `at` when the map of a hit is made `factor` times
 * larger, by a token at least, what stands at the share (fx, fy) of its sides
 * (0..1) staying there. */
void span_zoomed(const Hit *map, float factor, float fx, float fy, float *zoom,
                 int at[2]);
/* The `at` when its part moves down and right by so many tokens. */
void span_moved(const Hit *map, int rows, int cols, int at[2]);
/* The same when a strip was pressed at the share f of its length. */
void span_dragged(const Hit *strip, float f, int at[2]);

#endif
