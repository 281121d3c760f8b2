/* Export: what cmd_export.c and export_pages.c share: pictures as pages of
 * shapes and letters, in a PDF or an SVG. */
#ifndef VIZ_CLI_EXPORT_H
#define VIZ_CLI_EXPORT_H

#include "viz/screen/screen.h"

/* What is drawn, and how large. */
typedef struct ExportJob {
    App *app;
    Screen *screen;
    int width, height; /* pixels, of which there are 144 in an inch */
    bool plain;        /* a figure without a caption, a deck without notes */
    bool window;       /* all of it, not the figure alone */
    const char *output;
} ExportJob;

/* Puts the app on a beat of its deck and waits until it is there; slide and
 * beat from 0. */
bool export_go(App *app, int slide, int beat, Err *err);

/* What the app is on, as one page in a file. */
bool export_page(const ExportJob *job, VectorKind kind, Err *err);

/* Every beat of the deck as a PDF: a page of A4 each, the beat above, the
 * slide's notes under its first one and lines to write on; plain: pages of the
 * beats alone, 13 1/3 inches wide as slides are. */
bool export_deck(const ExportJob *job, Err *err);

#endif
