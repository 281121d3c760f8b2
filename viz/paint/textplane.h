/* Textplane: the coverage that a text is laid out on before it is cached.
 *
 * Plain C; does NOT know fonts; used by fonts.c only.
 */
#ifndef VIZ_PAINT_TEXTPLANE_H
#define VIZ_PAINT_TEXTPLANE_H

#include "viz/paint/fonts.h"

typedef struct TextPlane {
    uint8_t *px; /* [h, w]; grows and is kept; the owner frees it */
    size_t capacity;
    int w, h;
    int origin_x, origin_y; /* of the text within it */
} TextPlane;

/* An empty plane of w x h.  False when out of memory. */
bool textplane_clear(TextPlane *p, int w, int h, int origin_x, int origin_y);

/* The darker of what is there and what comes, since letters may touch;
 * nothing outside the plane. */
void textplane_put(TextPlane *p, int x, int y, uint8_t coverage);

/* from, which is drawn `scale` times too large, turned counter-clockwise around
 * its origin into *to at its right size.  False when out of memory. */
bool textplane_turn(const TextPlane *from, int scale, float degrees,
                    TextPlane *to);

/* The part with ink, moved to the front of the plane's memory, which the mask
 * borrows.  The plane is to be cleared before it is used again. */
TextMask textplane_crop(TextPlane *p);

#endif
