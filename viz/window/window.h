/* Window: shows an App in an SDL window and feeds it events.
 *
 * The only file that knows SDL's windows and events.  The picture is drawn by
 * app_draw into a Canvas and copied; it is drawn again only when the app says
 * it is out of date, so an idle window uses no CPU.
 */
#ifndef VIZ_WINDOW_WINDOW_H
#define VIZ_WINDOW_WINDOW_H

#include "viz/app/app.h"

typedef struct WindowOptions {
    int width, height; /* 0: three quarters of the screen */
    bool fullscreen;
} WindowOptions;

/* Opens the app and a window and runs until it is closed.  False when the app,
 * a font or a display cannot be opened.  opt's wake is replaced. */
bool window_run(const AppOptions *opt, const WindowOptions *win, Err *err);

#endif
