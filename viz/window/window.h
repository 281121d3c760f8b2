/* Window: shows an App in SDL windows and feeds it events.
 *
 *     Window *w = window_init(&app_options, &(WindowOptions){0}, &err);
 *     while (w && window_step(w, true, &err)) {}
 *     window_end(w);
 *
 * Only window*.c knows SDL's windows and events.  Each SDL window is a pane: a
 * canvas and a Screen that draws on it, anew only when the screen says that it
 * is out of date, so an idle window uses no CPU.
 */
#ifndef VIZ_WINDOW_WINDOW_H
#define VIZ_WINDOW_WINDOW_H

#include "viz/app/app.h"

typedef struct WindowOptions {
    int width, height; /* 0: three quarters of the screen */
    bool fullscreen;
    bool mirror;    /* a second window that shows the same */
    bool presenter; /* a second window for whoever lectures */
} WindowOptions;

typedef struct Window Window;

/* Opens the app and a window; a model that takes long is still being opened
 * when it returns.  NULL when the app, a font or a display cannot be opened.
 * opt is copied but for what it points to; its wake is replaced. */
Window *window_init(const AppOptions *opt, const WindowOptions *win, Err *err);

/* Draws what is out of date and takes in all that has come; with may_wait it
 * waits until something comes.  With the app's no_threads it also does some of
 * the work, and does not wait while there is more.  False when the window was
 * closed, or cannot go on: then err says why. */
bool window_step(Window *w, bool may_wait, Err *err);

void window_end(Window *w); /* NULL is fine */

/* All three.  False when it ended with an error. */
bool window_run(const AppOptions *opt, const WindowOptions *win, Err *err);

#endif
