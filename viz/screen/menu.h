/* Menu: lines to choose from, each a command, as one menu of a screen.
 *
 *     MenuLine lines[MENU_LINES];
 *     int n = menu_views(lines);
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
    const char *key;   /* that does the same */
    Command command;
    int arg; /* of the command */
} MenuLine;

/* All views, by what they are about: line i is view_at(i); how many. */
int menu_views(MenuLine out[MENU_LINES]);

#endif
