/* Panels: what the panels share.  A panel draws one rectangle of the window
 * around the stage (app_internal.h lists them). */
#ifndef VIZ_PANELS_H
#define VIZ_PANELS_H

#include "viz/app_internal.h"

static inline TextStyle panel_style(Face face, float size, Color color) {
    return (TextStyle){.face = face, .size = size, .color = color};
}

/* A plain span for flow_text. */
FlowSpan panel_span(Face face, Color color, const char *text);

#endif
