/* Panels: what stands around the stage, one row and one file each.
 *
 * A row says on which side a panel stands, how large it wants to be and what it
 * does when there is no room; layout, the rules between panels, the wheel and
 * the toggle keys follow from it.  Panels are docked in the order of the
 * screen's list, each at the edge of what those before have left.
 *
 * A panel draws its rectangle from a Scene and registers its hits.
 */
#ifndef VIZ_SCREEN_PANEL_H
#define VIZ_SCREEN_PANEL_H

#include "viz/app/scene.h"
#include "viz/screen/keys.h"

#include <string.h>

typedef struct Screen Screen;

typedef enum PanelSide {
    PANEL_TOP,
    PANEL_BOTTOM,
    PANEL_LEFT,
    PANEL_RIGHT,
    PANEL_COVER /* over everything */
} PanelSide;

typedef enum PanelNeed {
    PANEL_ABSENT, /* it has nothing to show, even if asked for */
    PANEL_ASKED,  /* only if asked for */
    PANEL_WANTED, /* where there is room */
    PANEL_NEEDED  /* in any case */
} PanelNeed;

typedef struct Panel {
    const char *name;
    PanelSide side;
    /* In design units: its width at a left or right side, which shrinks to
     * least_u to leave the stage a readable width; else its height. */
    float wish_u, least_u;
    float share;       /* of the window, where that is more than wish_u */
    float window_u;    /* in windows lower than this only if NEEDED */
    int yields;        /* left, right: who gives up its place first, from 1 */
    bool hangs_over;   /* drawn after the others: it reaches beyond its place */
    int wheel_rows;    /* a wheel's step scrolls it so far; 0: not */
    StateKey scrolled; /* what the state says of its scroll; 0: nothing */
    Command toggle;    /* shows and hides it; CMD_NONE: nothing does */
    StateKey wish;     /* then: what the state says of it */
    /* Its height in pixels at this width, where wish_u does not say it. */
    int (*height)(const Scene *scene, Canvas *c, int width);
    PanelNeed (*need)(const Scene *scene);
    void (*draw)(const Scene *scene, Screen *s, Rect r);
} Panel;

/* The panels, each in its file, docked in this order: X(NAME) stands for
 * panel_NAME. */
#define PANEL_LIST(X)                                                          \
    X(header)                                                                  \
    X(transport)                                                               \
    X(line)                                                                    \
    X(notes)                                                                   \
    X(source)                                                                  \
    X(slide)                                                                   \
    X(strip)                                                                   \
    X(prompt)                                                                  \
    X(rail)                                                                    \
    X(inspector) X(presenter) X(start) X(end) X(overview) X(palette) X(help)

#define PANEL_DECLARE(NAME) extern const Panel panel_##NAME;
PANEL_LIST(PANEL_DECLARE)
#undef PANEL_DECLARE

/* A plain span for paragraph_text. */
static inline TextSpan panel_span(Face face, Color color, const char *text) {
    return (TextSpan){
        .text = text, .len = (int)strlen(text), .face = face, .color = color};
}

#endif
