/* Tip: a few words on what the mouse is on.  Drawing code notes it while it
 * draws; the screen draws it last, so that it lies above everything.
 *
 * Does NOT know where the mouse is.
 */
#ifndef VIZ_VIEWS_TIP_H
#define VIZ_VIEWS_TIP_H

#include "viz/paint/canvas.h"
#include "viz/paint/theme.h"

#define TIP_TEXT_MAX 512 /* bytes, NUL included */

typedef struct Tip {
    Rect at;                 /* what it is about */
    char text[TIP_TEXT_MAX]; /* "": none */
} Tip;

/* The last one noted counts; longer text is cut.  tip NULL: nothing happens. */
void tip_set(Tip *tip, Rect at, const char *text);
void tip_clear(Tip *tip);

/* Beside what it is about, above it where there is room, wholly within
 * `within` if that holds a line; long text in several lines.  Returns where it
 * was drawn, nothing when there is no tip. */
Rect tip_draw(const Tip *tip, Canvas *c, const Theme *t, Rect within);

#endif
