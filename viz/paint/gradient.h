/* Gradient: colours that pass into each other over a rectangle. */
#ifndef VIZ_PAINT_GRADIENT_H
#define VIZ_PAINT_GRADIENT_H

#include "viz/paint/raster.h"

#define GRADIENT_COLORS_MAX 16

typedef struct Gradient {
    Color colors[GRADIENT_COLORS_MAX]; /* [n] */
    float at[GRADIENT_COLORS_MAX];     /* where they stand, rising; 0 to 1 is
                                          what is filled */
    int n;                             /* >= 1 */
    bool radial;                       /* from the middle to the corners */
    float angle; /* else: degrees; 0: upwards, 90: to the right */
} Gradient;

/* The colour at t of the way; beyond its ends that of the end. */
Color gradient_color(const Gradient *g, float t);

/* Fills what of r lies in clip. */
void gradient_fill(Pixmap *p, Rect clip, Rect r, const Gradient *g);

#endif
