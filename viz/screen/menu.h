/* Menu: lines to choose from, as one menu of a screen.
 *
 *     MenuLine lines[MENU_LINES];
 *     int n = menu_views(arch, lines);
 *
 * Does NOT draw, and does nothing: see screen_menu.c.
 */
#ifndef VIZ_SCREEN_MENU_H
#define VIZ_SCREEN_MENU_H

#include "viz/app/scene.h"

#define MENU_LINES 24

typedef struct MenuLine {
    const char *group; /* what it belongs to; NULL: as the line before */
    char text[96];     /* what it is or does, UTF-8 */
    const char *key;   /* that does the same; NULL: none does */
    /* What it does, in this order: sets keys of the state, makes an edit, runs
     * a command; n 0, false and CMD_NONE: none of it. */
    Pick pick;
    bool has_edit;
    Edit edit;
    Command command;
    int arg; /* of the command */
} MenuLine;

/* A spot of the picture, or the place that is shown. */
typedef struct MenuSpot {
    Pick pick;       /* what a click there sets; n 0: nothing */
    Command command; /* what it runs, or CMD_NONE */
    int arg;
    /* The stage as it is, and as it would be at the spot; NULL: nothing is
     * published. */
    const Stage *now, *at;
    Opened opened; /* which number would be open there */
} MenuSpot;

/* All views, by what they are about, called as of a model of this architecture:
 * line i is view_at(i); how many. */
int menu_views(const Arch *a, MenuLine out[MENU_LINES]);

/* What can be done at a spot; how many.  In a frame. */
int menu_here(const Scene *scene, const MenuSpot *spot,
              MenuLine out[MENU_LINES]);

#endif
