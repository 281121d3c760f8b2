/* Colormap: numbers to colours.
 *
 * Sequential maps for weights and probabilities, 0..1; lightness rises evenly,
 * also for colour-blind eyes.  The diverging map for signed values is the
 * theme's (negative, zero, positive), symmetric about zero.  NaN is never a
 * colour: callers hatch it.
 * Source: viridis and magma, N. Smith and S. van der Walt 2015; cividis,
 * Nunez et al., PLoS ONE 13(7), 2018.
 */
#ifndef VIZ_PAINT_COLORMAP_H
#define VIZ_PAINT_COLORMAP_H

#include "viz/paint/theme.h"

typedef enum Colormap {
    COLORMAP_VIRIDIS,
    COLORMAP_CIVIDIS,
    COLORMAP_MAGMA,
    COLORMAP_COUNT
} Colormap;

const char *colormap_name(Colormap m);
bool colormap_find(const char *name, Colormap *out);

/* v in 0..1, clamped. */
Color colormap_at(Colormap m, float v);

/* v in -1..1, clamped: negative .. zero .. positive. */
Color colormap_signed(const Theme *t, float v);

#endif
