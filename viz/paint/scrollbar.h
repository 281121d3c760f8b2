/* Scrollbar: how far a list that does not fit is scrolled.
 *
 * Does NOT take the mouse: the wheel and keys scroll.
 */
#ifndef VIZ_PAINT_SCROLLBAR_H
#define VIZ_PAINT_SCROLLBAR_H

#include "viz/paint/canvas.h"
#include "viz/paint/theme.h"

/* An upright track with a thumb for the rows first .. first + shown of `rows`;
 * nothing where all of them are shown. */
void scrollbar_draw(Canvas *c, const Theme *t, Rect track, int rows, int first,
                    int shown);
/* The same lying, of columns. */
void scrollbar_draw_lying(Canvas *c, const Theme *t, Rect track, int cols,
                          int first, int shown);

#endif
