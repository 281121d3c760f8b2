/* Palette: everything that can be done or gone to, found by a few letters.
 *
 *     PaletteLine lines[PALETTE_LINES];
 *     int n = palette_find(&scene, "res", lines);   // the best first
 *
 * Words of what is typed, blanks between, must all stand in a line's text, in
 * any order, in either case; beginnings of the text and of words come first.
 * Besides, "3.2" is a head, and words of edit= ("rope", "cut5") are changes;
 * the beginning of one ("rop") offers those that begin so, with the numbers of
 * the place that is shown.
 *
 * Does NOT draw, and does nothing: see panel_palette.c, screen_palette.c.
 */
#ifndef VIZ_SCREEN_PALETTE_H
#define VIZ_SCREEN_PALETTE_H

#include "engine/spec/edit_terms.h"
#include "viz/app/scene.h"

#define PALETTE_LINES 12 /* shown at once */

typedef enum PaletteKind {
    PALETTE_COMMAND, /* a row of the key table; arg: the command's */
    PALETTE_SLIDE,   /* arg: which, from 0 */
    PALETTE_TOKEN,   /* arg: its position */
    PALETTE_HEAD,    /* layer, arg: head */
    PALETTE_EDIT,    /* words of edit= */
    PALETTE_FORM,    /* `word`: as such words are, to be changed further */
    PALETTE_OFFER    /* arg: which of Scene.offers */
} PaletteKind;

typedef struct PaletteLine {
    PaletteKind kind;
    Command command; /* PALETTE_COMMAND */
    int layer, arg;
    Edits edits;                  /* PALETTE_EDIT */
    char text[96];                /* what it is, UTF-8 */
    char word[2 * EDIT_TERM_MAX]; /* FORM: what is typed then */
    char detail[64];              /* its keys, or what kind of thing it is */
} PaletteLine;

/* The best lines for what is typed; how many.  In a frame. */
int palette_find(const Scene *scene, const char *typed,
                 PaletteLine out[PALETTE_LINES]);

#endif
