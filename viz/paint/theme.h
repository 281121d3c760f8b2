/* Theme: colours by meaning, light and dark.
 *
 * Colour means the same everywhere: query blue, key orange, value green,
 * residual grey, MLP violet.  Text colours reach 4.5:1 on the backgrounds they
 * are used on (WCAG 2.2, 1.4.3), graphics and focus 3:1; test_theme checks
 * every pair.
 */
#ifndef VIZ_PAINT_THEME_H
#define VIZ_PAINT_THEME_H

#include "viz/paint/raster.h"

#define THEME_MANY 9

typedef struct Theme {
    const char *name;
    Color window;     /* behind everything, the stage's ground */
    Color panel;      /* slide, inspector, bars */
    Color rule;       /* hairlines between panels */
    Color well;       /* empty cells, slider tracks, unlit chips */
    Color text;       /* headings, numbers */
    Color soft;       /* secondary text; 4.5:1 on window and panel */
    Color faint;      /* what comes later: decorative, never the only carrier */
    Color accent;     /* the current beat, the drawn token: burnt orange */
    Color accent_ink; /* text on accent */
    Color select;     /* the current token's chip */
    Color select_ink; /* text on select */
    Color query, key, value, residual, mlp; /* also as text: 4.5:1 */
    Color query_tint, key_tint, value_tint, residual_tint, mlp_tint; /* flows */
    Color good, bad; /* check mark, error; always with a word or sign */
    Color negative, zero, positive; /* the diverging map's ends and middle */
    Color grid;                     /* lines between cells */
    /* Things of one kind drawn over each other, with another sign besides; as
     * text, too: 4.5:1 on window. */
    Color many[THEME_MANY];
    bool dark;
} Theme;

/* "light" or "dark"; NULL for another name. */
const Theme *theme_find(const char *name);

/* What a colour stands for, where text or a number is given one.  Lessons
 * number their roles the same way. */
typedef enum ThemeRole {
    THEME_PLAIN,
    THEME_QUERY,
    THEME_KEY,
    THEME_VALUE,
    THEME_RESIDUAL,
    THEME_MLP
} ThemeRole;

/* The role's colour, good for text; that of text for THEME_PLAIN. */
Color theme_role(const Theme *t, ThemeRole role);

/* WCAG contrast ratio of two opaque colours, 1..21. */
float theme_contrast(Color a, Color b);

/* Black or white, whichever reads better on c. */
Color theme_ink(Color c);

#endif
