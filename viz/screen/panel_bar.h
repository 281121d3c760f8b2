/* Bars: what the header, the transport and the lists share: words side by
 * side, some of which can be clicked; a chosen line; a number as text. */
#ifndef VIZ_SCREEN_PANEL_BAR_H
#define VIZ_SCREEN_PANEL_BAR_H

#include "viz/paint/canvas.h"
#include "viz/views/stage.h"

typedef struct PanelBar {
    Canvas *c;
    const Theme *theme;
    Hits *hits;
    Rect bar;
    int x, end; /* of the next word; where the bar is full */
} PanelBar;

/* A word that runs a command (CMD_NONE: a plain one); nothing once the bar is
 * full. */
void panel_button(PanelBar *k, Face face, const char *text, Command command,
                  int arg);
void panel_gap(PanelBar *k, float u);
int panel_width(const PanelBar *k, Face face, const char *text);

/* The ground of a list's chosen line. */
void panel_chosen(Canvas *c, const Theme *t, Rect r);

/* "260,032" */
void panel_grouped(uint64_t v, char *out, size_t size);

#endif
