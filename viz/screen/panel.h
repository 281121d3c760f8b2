/* Panels: what the panels share.  A panel draws one rectangle of the window
 * around the stage (app_internal.h lists them). */
#ifndef VIZ_SCREEN_PANEL_H
#define VIZ_SCREEN_PANEL_H

#include "viz/app/app_private.h"
#include "viz/screen/keys.h"

#include <string.h>

/* A plain span for paragraph_text. */
static inline TextSpan panel_span(Face face, Color color, const char *text) {
    return (TextSpan){
        .text = text, .len = (int)strlen(text), .face = face, .color = color};
}

#endif
