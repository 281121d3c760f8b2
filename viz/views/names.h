/* Names: tokens below a row of cells, as below bars: level where each has the
 * room of its cell, else all of them slanted, since "␣w…" names nothing.
 *
 * Does NOT choose which cells are shown.
 */
#ifndef VIZ_VIEWS_NAMES_H
#define VIZ_VIEWS_NAMES_H

#include "viz/views/stage.h"

typedef struct Names {
    bool slanted;
    int h; /* pixels that they need below the cells */
} Names;

/* Of the positions at[n], below cells of cell_w pixels. */
Names names_below(const Stage *s, const int *at, int n, int cell_w);

/* One of them, below the cell x, y, w wide; style's size is TYPE_TINY. */
void names_draw(const Stage *s, Names names, TextStyle style, int x, int y,
                int w, int pos);

#endif
