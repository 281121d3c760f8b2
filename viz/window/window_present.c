/* The presenter's window: which display shows what, and what the room sees
 * stays as it is while a lecturer looks ahead. */
#include "viz/window/window_private.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <time.h>

#define WIDTH        1280
#define HEIGHT       800
#define SECOND_MS    1000
#define ROOM         16 /* of a display, a part around a window */
#define DISPLAYS_MAX 32

static Pane *presenter(Window *w) {
    for (int i = 0; i < w->n_panes; i++)
        if (w->panes[i].presents) return &w->panes[i];
    return NULL;
}

static void center_on(const Pane *p, int display) {
    SDL_SetWindowPosition(p->sdl, (int)SDL_WINDOWPOS_CENTERED_DISPLAY(display),
                          (int)SDL_WINDOWPOS_CENTERED_DISPLAY(display));
}

/* Centred on the display, and no larger than it has room for, a desktop's frame
 * around it included. */
static void put(const Pane *p, int display) {
    SDL_Rect r;
    int w, h;
    SDL_GetWindowSize(p->sdl, &w, &h);
    if (SDL_GetDisplayBounds(display, &r) == 0)
        SDL_SetWindowSize(p->sdl, num_min(w, r.w - r.w / ROOM),
                          num_min(h, r.h - r.h / ROOM));
    center_on(p, display);
}

/* ---- which displays there are -------------------------------------------- */

/* Bit i: the desktop has room for windows on display i. */
static Uint32 find_usable(void) {
    Uint32 usable = 0;
    SDL_Rect r;
    for (int i = 0; i < SDL_GetNumVideoDisplays() && i < DISPLAYS_MAX; i++)
        if (SDL_GetDisplayUsableBounds(i, &r) == 0 && r.w > 0 && r.h > 0)
            usable |= (Uint32)1 << i;
    return usable;
}

/* The first, or with dir -1 the last, that is not gone. */
static int find_display(const Window *w, int dir) {
    const int n = num_min(SDL_GetNumVideoDisplays(), DISPLAYS_MAX);
    for (int i = dir > 0 ? 0 : n - 1; i >= 0 && i < n; i += dir)
        if (!(w->gone & (Uint32)1 << i)) return i;
    return 0;
}

static bool has_two(const Window *w) {
    return find_display(w, +1) != find_display(w, -1);
}

/* The first display is the lecturer's own, the last the projector; swapped,
 * the other way round. */
static void part(Window *w) {
    const Pane *room = &w->panes[0], *desk = presenter(w);
    const int first = find_display(w, +1), last = find_display(w, -1);
    window_set_fullscreen(w, room, false);
    center_on(room, w->swapped ? first : last);
    put(desk, w->swapped ? last : first);
    window_set_fullscreen(w, room, true);
}

/* With one display they share it: the room's would lie over the presenter's if
 * it filled that. */
static void gather(Window *w) {
    const int display = find_display(w, +1);
    window_set_fullscreen(w, &w->panes[0], false);
    put(&w->panes[0], display);
    put(presenter(w), display);
}

static void place(Window *w, bool lost) {
    if (presenter(w) && has_two(w))
        part(w);
    else if (presenter(w) && lost)
        gather(w);
}

/* SDL (2.26, X11) tells of a display that was unplugged, not of one that was
 * switched off; but then the desktop's room no longer reaches there. */
static void look_again(Window *w) {
    const Uint32 usable = find_usable();
    const Uint32 lost = w->usable & ~usable, back = w->gone & usable;
    w->usable = usable;
    if (!lost && !back) return;
    w->gone = (w->gone | lost) & ~back;
    place(w, lost);
}

void window_watch_displays(Window *w) {
    const Uint64 now = SDL_GetTicks64();
    if (!presenter(w) || now < w->look_ms) return;
    w->look_ms = now + SECOND_MS;
    look_again(w);
}

/* ---- the presenter's window ---------------------------------------------- */

bool window_open_presenter(Window *w, Err *err) {
    const WindowOptions win = {.width = WIDTH, .height = HEIGHT};
    if (!window_add_pane(w, &win, err)) return false;
    Pane *p = &w->panes[w->n_panes - 1];
    p->presents = true;
    if (p->screen) screen_present(p->screen, w->panes[0].screen);
    w->usable = find_usable();
    w->gone = 0;
    place(w, false);
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
    if (!has_two(w)) {
        app_say(w->app, false, "there is one display");
        return;
    }
    w->swapped = !w->swapped;
    place(w, false);
}

void window_on_displays(Window *w) {
    const int n = SDL_GetNumVideoDisplays();
    for (int i = 0; i < w->n_panes; i++)
        if (n > 0 && SDL_GetWindowDisplayIndex(w->panes[i].sdl) < 0)
            center_on(&w->panes[i], 0);
    w->usable = find_usable();
    w->gone = 0;
    place(w, true);
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
