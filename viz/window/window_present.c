/* The presenter's window: which display shows what, and what the room sees
 * stays as it is while a lecturer looks ahead. */
#include "viz/window/window_private.h"

#include <stdio.h>
#include <time.h>

#define WIDTH     1280
#define HEIGHT    800
#define SECOND_MS 1000

static Pane *presenter(Window *w) {
    for (int i = 0; i < w->n_panes; i++)
        if (w->panes[i].presents) return &w->panes[i];
    return NULL;
}

static void center_on(const Pane *p, int display) {
    SDL_SetWindowPosition(p->sdl, (int)SDL_WINDOWPOS_CENTERED_DISPLAY(display),
                          (int)SDL_WINDOWPOS_CENTERED_DISPLAY(display));
}

/* The first display is the lecturer's own, the last the projector; swapped,
 * the other way round.  With one display they share it. */
static void place(Window *w) {
    const int n = SDL_GetNumVideoDisplays();
    const Pane *room = &w->panes[0], *desk = presenter(w);
    if (!desk || n < 2) return;
    window_set_fullscreen(w, room, false);
    center_on(room, w->swapped ? 0 : n - 1);
    center_on(desk, w->swapped ? n - 1 : 0);
    window_set_fullscreen(w, room, true);
}

bool window_open_presenter(Window *w, Err *err) {
    const WindowOptions win = {.width = WIDTH, .height = HEIGHT};
    if (!window_add_pane(w, &win, err)) return false;
    Pane *p = &w->panes[w->n_panes - 1];
    p->presents = true;
    if (p->screen) screen_present(p->screen, w->panes[0].screen);
    place(w);
    return true;
}

void window_toggle_presenter(Window *w) {
    Pane *p = presenter(w);
    Err err = {0};
    if (p)
        window_close_pane(w, p);
    else if (!window_open_presenter(w, &err)) {
        /* What was opened of it goes; the room's stays. */
        window_close_pane(w, &w->panes[w->n_panes - 1]);
        app_say(w->app, true, "%s", err.msg);
    }
}

void window_freeze(Window *w) {
    if (!presenter(w)) {
        app_say(w->app, false,
                "open the presenter's window first (S): what the room sees is "
                "frozen for a look ahead");
        return;
    }
    w->frozen = !w->frozen;
    window_stale(w);
}

void window_swap(Window *w) {
    if (!presenter(w)) {
        app_say(w->app, false, "open the presenter's window first (S)");
        return;
    }
    if (SDL_GetNumVideoDisplays() < 2) {
        app_say(w->app, false, "there is one display");
        return;
    }
    w->swapped = !w->swapped;
    place(w);
}

void window_on_displays(Window *w) {
    const int n = SDL_GetNumVideoDisplays();
    for (int i = 0; i < w->n_panes; i++)
        if (n > 0 && SDL_GetWindowDisplayIndex(w->panes[i].sdl) < 0)
            center_on(&w->panes[i], 0);
    if (n == 1 && presenter(w)) /* it would lie under the room's */
        window_set_fullscreen(w, &w->panes[0], false);
    place(w);
}

void window_tell_clock(Window *w) {
    char text[APP_CLOCK_BYTES] = "";
    struct tm day;
    const time_t now = time(NULL);
    if (!w->app) return;
    if (presenter(w) && localtime_r(&now, &day))
        snprintf(text, sizeof text, "%02d:%02d", day.tm_hour % 100,
                 day.tm_min % 100);
    app_set_clock(w->app, text);
}

int window_wait_for_clock(const Window *w, int wait) {
    bool shown = false;
    for (int i = 0; i < w->n_panes; i++)
        shown |= w->panes[i].presents && !w->panes[i].hidden;
    return shown && (wait < 0 || wait > SECOND_MS) ? SECOND_MS : wait;
}
