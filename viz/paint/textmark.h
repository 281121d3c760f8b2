/* Text marks: where a canvas has written in this frame, so that what is drawn
 * later can keep clear of it, and a test can see that nothing overlaps and
 * nothing is too small.
 *
 * Does NOT draw.
 */
#ifndef VIZ_PAINT_TEXTMARK_H
#define VIZ_PAINT_TEXTMARK_H

#include "viz/paint/raster.h"

#define TEXTMARK_TEXT_MAX 160 /* bytes kept of the text, NUL included */

typedef struct TextMark {
    float x, y;                   /* left end of the baseline */
    float w;                      /* along the baseline, pixels */
    float cap;                    /* height of capitals above it, pixels */
    float angle;                  /* degrees counter-clockwise around (x, y) */
    float size_px;                /* of the type (em) */
    Rect clip;                    /* what of the picture it was drawn into */
    bool is_cut;                  /* it ends in an ellipsis, for want of room */
    char text[TEXTMARK_TEXT_MAX]; /* as much of it as fits */
} TextMark;

/* True when the ink of two texts, taken as the box from baseline to capitals,
 * comes within `gap` pixels of each other (gap < 0: overlaps by as much). */
bool textmark_meets(const TextMark *a, const TextMark *b, float gap);

/* The same of a text and a rectangle. */
bool textmark_meets_rect(const TextMark *a, Rect r, float gap);

/* The upright rectangle around it. */
Rect textmark_bounds(const TextMark *m);

#endif
