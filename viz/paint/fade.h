/* Fade: a part of a picture goes from what it was to what it becomes.
 *
 *     fade_keep(&f, pixmap, r, &err);   // what is there
 *     draw(pixmap);                     // what comes
 *     fade_begin(&f, pixmap);           // what was there again
 *     fade_to(&f, pixmap, .5f);         // halfway
 *     fade_to(&f, pixmap, 1);           // what came, to the pixel
 *
 * Pixels that both have alike do not change; a cell's colour passes through
 * those between.  Knows no time.
 */
#ifndef VIZ_PAINT_FADE_H
#define VIZ_PAINT_FADE_H

#include "engine/base/err.h"
#include "viz/paint/raster.h"

#include <stddef.h>

typedef struct Fade {
    uint32_t *px; /* what was kept, then what comes; [rect.h, rect.w] */
    size_t room;  /* pixels that px has room for */
    Rect rect;    /* within the picture */
    Rect changed; /* what of it both have not alike */
    float done;   /* how far it is */
    bool on;      /* between fade_begin and its end */
} Fade;

/* Keeps what is in r.  False when out of memory: then nothing is kept. */
bool fade_keep(Fade *f, const Pixmap *p, Rect r, Err *err);

/* The picture was drawn anew: it shows what was kept, and f knows what comes.
 * Not on where nothing changed. */
void fade_begin(Fade *f, const Pixmap *p);

/* As far as t, from 0 to 1, no less than before; at 1 it is over. */
void fade_to(Fade *f, const Pixmap *p, float t);

void fade_free(Fade *f); /* a zeroed one is fine */

#endif
