/* The panes: SDL windows with their canvases and screens, and the step that
 * draws them and lets events in. */
#include "viz/window/window_private.h"

#include "engine/base/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE_MS 100 /* a model that opens within this opens at once */
#define STEP_MS    10 /* of the engine's work between events, without threads */
#define FAILED_MAX 10 /* frames in a row that cannot be shown, */
#define AGAIN_MS   50 /* each tried again after so long */

/* ---- the model being opened ---------------------------------------------- */

/* Called on the worker's thread; SDL's event queue is thread-safe. */
static void wake(void *ud) {
    Window *w = ud;
    /* With a queue that is full nobody waits: the next step looks. */
    if (SDL_PushEvent(&(SDL_Event){.type = w->news_event}) < 0)
        SDL_AtomicSet(&w->news_missed, 1);
}

void window_stale(Window *w) {
    for (int i = 0; i < w->n_panes; i++)
        w->panes[i].stale = true;
}

bool window_open_model(Window *w, const char *path, Err *err) {
    LoadingOptions o = {.path = path,
                        .tokenizer_path = w->opt.tokenizer_path,
                        .theme =
                            w->app ? app_state(w->app)->theme : w->opt.theme,
                        .has_app = w->app != NULL,
                        .no_thread = w->opt.no_threads,
                        .wake = wake,
                        .wake_ud = w};
    loading_close(w->opening);
    w->opening = loading_start(&o, err);
    window_stale(w);
    return w->opening != NULL;
}

static bool open_screens(App *app, int n, Screen *out[WINDOW_PANES_MAX],
                         Err *err) {
    for (int i = 0; i < n; i++)
        if (!(out[i] = screen_open(app, err))) return false;
    return true;
}

static void close_screens(Screen *screens[WINDOW_PANES_MAX]) {
    for (int i = 0; i < WINDOW_PANES_MAX; i++)
        screen_close(screens[i]);
}

/* A deck from a file stays open with another model, and where it was; so does
 * a lesson that was asked for by name. */
static void keep_lesson(Window *w) {
    if (!w->app || !app_deck(w->app)) return;
    const bool is_file = app_deck_is_file(w->app);
    snprintf(w->deck_path, sizeof w->deck_path, "%s",
             is_file ? deck_path(app_deck(w->app)) : "");
    snprintf(w->lesson, sizeof w->lesson, "%s", app_lesson(w->app));
    w->opt.deck_path = is_file ? w->deck_path : NULL;
    w->opt.lesson = w->lesson[0] ? w->lesson : NULL;
    if (!is_file && !w->opt.lesson) return;
    w->opt.slide = app_state(w->app)->slide - 1; /* from 1 in a state */
    w->opt.beat = app_state(w->app)->beat;
}

/* Another app in place of the one before, on all panes.  False, and nothing
 * changed, when it cannot be opened. */
static bool change_app(Window *w, Err *err) {
    Screen *screens[WINDOW_PANES_MAX] = {NULL};
    keep_lesson(w);
    if (w->app) w->opt.pace = app_pace(w->app);
    App *app = app_open(&w->opt, err);
    if (!app || !open_screens(app, w->n_panes, screens, err)) {
        close_screens(screens);
        app_close(app);
        return false;
    }
    for (int i = 0; i < w->n_panes; i++) {
        screen_close(w->panes[i].screen);
        w->panes[i].screen = screens[i];
        if (w->panes[i].presents) screen_present(screens[i], screens[0]);
    }
    app_close(w->app);
    w->app = app;
    w->opt.start = false; /* another model's app shows what was asked for */
    return true;
}

/* What the opening has come to: an app in place of the one before, or, where
 * there was none yet, an error.  False: there is nothing to go on with. */
static bool step_opening(Window *w, Err *err) {
    const LoadingState state = loading_state(w->opening);
    if (state == LOADING_FAILED && !w->app && !w->model_path[0]) {
        const Err why = loading_error(w->opening);
        return err_set(err, why.code, why.pos, "%s", why.msg);
    }
    if (state != LOADING_DONE) return true;
    loading_take(w->opening, &w->opt.model, &w->opt.tokenizer);
    loading_close(w->opening);
    w->opening = NULL;
    if (w->model_path[0]) w->opt.model_path = w->model_path;
    window_stale(w);
    Err why = {0};
    if (change_app(w, &why)) return true;
    if (!w->app) return err_set(err, why.code, why.pos, "%s", why.msg);
    app_say(w->app, true, "%s", why.msg);
    return true;
}

/* ---- drawing ------------------------------------------------------------ */

static bool sdl_failed(Err *err, const char *what) {
    return err_set(err, ERR_IO, 0, "%s: %s", what, SDL_GetError());
}

static bool has_picture(const Pane *p) {
    return p->picture || p->texture;
}

WindowScale window_scale_of(const Pane *p) {
    WindowScale s = {0};
    SDL_GetWindowSize(p->sdl, &s.units_w, &s.units_h);
    s.pixels_w = has_picture(p) ? canvas_width(p->canvas) : s.units_w;
    s.pixels_h = has_picture(p) ? canvas_height(p->canvas) : s.units_h;
    return s;
}

/* Of the display that shows most of the window; 1 where nothing is known. */
static float density_at(const Pane *p, int w, int h) {
    WindowScale s = {.pixels_w = w, .pixels_h = h};
    SDL_DisplayMode mode;
    const int display = SDL_GetWindowDisplayIndex(p->sdl);
    SDL_GetWindowSize(p->sdl, &s.units_w, &s.units_h);
    if (display >= 0 && SDL_GetDesktopDisplayMode(display, &mode) == 0 &&
        SDL_GetDisplayDPI(display, NULL, &s.dpi_x, &s.dpi_y) == 0) {
        s.display_w = mode.w;
        s.display_h = mode.h;
    }
    return window_scale_density(&s);
}

static float scale_at(const Window *w, const Pane *p, int width, int height) {
    const float density = density_at(p, width, height);
    if (!p->screen)
        return screen_scale_before(w->opt.scale, density, width, height);
    screen_set_density(p->screen, density);
    return screen_scale(p->screen, width, height);
}

/* The canvas gets the size in pixels of what is shown. */
static bool fit_canvas(Window *w, Pane *p, int width, int height, Err *err) {
    const float scale = scale_at(w, p, width, height);
    if (has_picture(p) && canvas_width(p->canvas) == width &&
        canvas_height(p->canvas) == height && canvas_scale(p->canvas) == scale)
        return true;
    if (!p->presents) w->frozen = false; /* what was shown has no place */
    return canvas_resize(p->canvas, width, height, scale, err) &&
           window_fit_picture(p, err);
}

/* The room's picture is made though it is not shown: a lecturer looks ahead. */
static bool show(Window *w, Pane *p, Err *err) {
    int width, height;
    p->again_ms = -1;
    if (p->hidden) return true;
    if (!window_output_size(p, &width, &height, err)) return false;
    if (width < 1 || height < 1) return true;
    if (!fit_canvas(w, p, width, height, err)) return false;
    if (p->presents && !w->opening)
        screen_show_room(p->screen, canvas_pixels(w->panes[0].canvas),
                         w->frozen);
    if (w->opening)
        loading_draw(w->opening, p->canvas);
    else
        p->again_ms = screen_draw_at(p->screen, p->canvas, SDL_GetTicks64());
    const bool stays = w->frozen && !p->presents;
    if (!(stays ? window_repeat(p, err) : window_present(p, err))) return false;
    p->stale = false;
    return true;
}

/* Text that could not be drawn, once. */
static void tell_fonts(Window *w) {
    if (!w->app || w->opening || w->fonts_told || !fonts_problem(w->fonts)[0])
        return;
    w->fonts_told = true;
    app_say(w->app, true, "%s", fonts_problem(w->fonts));
}

/* It shows what the room sees, which is another picture now. */
static void stale_presenter(Window *w) {
    for (int i = 1; i < w->n_panes; i++)
        if (w->panes[i].presents) w->panes[i].stale = true;
}

/* A frame may fail while a window is changed: then it is tried again.  False
 * when that does not help. */
static bool show_all(Window *w, Err *err) {
    for (int i = 0; i < w->n_panes; i++) {
        Pane *p = &w->panes[i];
        Err why = {0};
        if (!p->stale &&
            (w->opening || (!screen_dirty(p->screen) && p->again_ms < 0)))
            continue;
        if (show(w, p, &why)) {
            w->n_failed = 0;
            if (i == 0) stale_presenter(w);
            tell_fonts(w);
            continue;
        }
        p->stale = true;
        if (++w->n_failed == FAILED_MAX)
            return err_set(err, why.code, why.pos, "%s", why.msg);
    }
    return true;
}

static void set_titles(Window *w) {
    char name[256], title[sizeof name + 32];
    const char *note = "";
    if (w->opening && loading_state(w->opening) == LOADING_STOPPED)
        note = " (cancelled)";
    else if (w->opening && loading_state(w->opening) == LOADING_FAILED)
        note = " (failed)";
    else if (w->opening)
        note = " (opening)";
    const char *of = w->opening ? loading_name(w->opening) : app_name(w->app);
    escape_text(of, strlen(of), name, sizeof name);
    snprintf(title, sizeof title, "llantern: %s%s", name, note);
    for (int i = 0; i < w->n_panes; i++)
        if (strcmp(SDL_GetWindowTitle(w->panes[i].sdl), title) != 0)
            SDL_SetWindowTitle(w->panes[i].sdl, title);
}

/* ---- panes --------------------------------------------------------------- */

/* SDL falls back on drivers that show nothing to anybody; unless one was asked
 * for by name that is no display. */
static bool has_display(void) {
    const char *driver = SDL_GetCurrentVideoDriver();
    return SDL_GetHint(SDL_HINT_VIDEODRIVER) ||
           (driver && strcmp(driver, "offscreen") != 0 &&
            strcmp(driver, "dummy") != 0 && strcmp(driver, "evdev") != 0);
}

static bool open_display(Err *err) {
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    SDL_SetHint(SDL_HINT_IME_SUPPORT_EXTENDED_TEXT, "1");
    const char *problem = SDL_Init(SDL_INIT_VIDEO) != 0 ? SDL_GetError()
                          : has_display()               ? NULL
                                          : "found none; is DISPLAY set?";
    if (problem)
        return err_set(err, ERR_IO, 0,
                       "cannot open a display: %s (export makes pictures "
                       "without one)",
                       problem);
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    return true;
}

static bool open_pane(Window *w, Pane *p, const WindowOptions *win, Err *err) {
    SDL_Rect screen = {0, 0, 1280, 800};
    SDL_Rect usable;
    if (SDL_GetDisplayUsableBounds(0, &usable) == 0) screen = usable;
    int width = win->width > 0 ? win->width : screen.w * 3 / 4;
    int height = win->height > 0 ? win->height : screen.h * 3 / 4;
    Uint32 flags = SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI |
                   (win->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    p->stale = true;
    p->again_ms = -1;
    p->canvas = canvas_open(16, 16, 1, w->fonts, err);
    if (!p->canvas) return false;
    p->sdl = SDL_CreateWindow("llantern", SDL_WINDOWPOS_CENTERED,
                              SDL_WINDOWPOS_CENTERED, width, height, flags);
    if (!p->sdl) return sdl_failed(err, "cannot open a window");
    return window_open_output(p, err);
}

#define AWAIT_TIMES 3
#define AWAIT_MS    10

/* SDL (2.26, X11) wakes a loop that waits by an event to its newest window,
 * sent on a second connection to the display.  One that is taken when the
 * window is gone is an error that ends the program, and a display takes what
 * comes on a busy connection first.  So it is given quiet time: each call
 * returns once the display has done its part, and then nothing is asked. */
static void await_display(const Pane *p) {
    Err ignored = {0};
    int w, h;
    for (int i = 0; p->sdl && !p->renderer && i < AWAIT_TIMES; i++) {
        if (!window_output_size(p, &w, &h, &ignored) ||
            !window_repeat(p, &ignored))
            return;
        SDL_Delay(AWAIT_MS);
    }
}

static void end_pane(Pane *p) {
    await_display(p);
    screen_close(p->screen);
    window_close_output(p);
    if (p->sdl) SDL_DestroyWindow(p->sdl);
    canvas_close(p->canvas);
    *p = (Pane){0};
}

void window_set_fullscreen(const Window *w, const Pane *p, bool on) {
    if (SDL_SetWindowFullscreen(p->sdl,
                                on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) != 0 &&
        w->app)
        app_say(w->app, true, "fullscreen: %s", SDL_GetError());
}

void window_close_pane(Window *w, Pane *p) {
    if (p == &w->panes[0]) {
        w->quit = true;
        return;
    }
    if (p->presents) { /* nobody looks ahead any more */
        w->frozen = false;
        window_stale(w);
    }
    end_pane(p);
    *p = w->panes[--w->n_panes];
    w->panes[w->n_panes] = (Pane){0}; /* it has one owner */
}

bool window_add_pane(Window *w, const WindowOptions *win, Err *err) {
    Pane *p = &w->panes[w->n_panes++];
    return open_pane(w, p, win, err) &&
           (!w->app || (p->screen = screen_open(w->app, err)) != NULL);
}

static bool open_panes(Window *w, const WindowOptions *win, Err *err) {
    WindowOptions o = *win;
    if (!window_add_pane(w, &o, err)) return false;
    o.fullscreen = false; /* it would cover the first */
    return (!win->mirror || window_add_pane(w, &o, err)) &&
           (!win->presenter || window_open_presenter(w, err));
}

/* ---- from beginning to end ----------------------------------------------- */

Window *window_init(const AppOptions *opt, const WindowOptions *win, Err *err) {
    Window *w = calloc(1, sizeof *w);
    if (!w) {
        err_memory(err, "a window", sizeof *w);
        return NULL;
    }
    w->news_event = SDL_USEREVENT;
    w->opt = *opt;
    w->opt.wake = wake;
    w->opt.wake_ud = w;
    /* A small model is open before a window is: then that shows no page that
     * goes by in a moment, and errors come before any window. */
    if (window_open_model(w, opt->model_path, err) &&
        (!loading_wait(w->opening, AT_ONCE_MS) || step_opening(w, err)) &&
        (w->fonts = fonts_open(err)) != NULL && open_display(err) &&
        open_panes(w, win, err))
        return w;
    window_end(w);
    return NULL;
}

/* What threads do otherwise; true while there is more of it. */
static bool work(Window *w) {
    if (!w->opt.no_threads) return false;
    return w->opening ? loading_step(w->opening, STEP_MS)
                      : app_step(w->app, STEP_MS);
}

/* Of two waits; -1: for ever. */
static int sooner(int a, int b) {
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* What the room's next picture will need; ms until there is more to do. */
static int look_ahead(Window *w) {
    const Pane *p = &w->panes[0];
    return w->opening || p->hidden || p->stale || !p->canvas
               ? -1
               : screen_look_ahead(p->screen, p->canvas, SDL_GetTicks64());
}

bool window_step(Window *w, bool may_wait, Err *err) {
    if (w->opening && !step_opening(w, err)) return false;
    set_titles(w);
    if (SDL_AtomicSet(&w->news_missed, 0) && !w->opening) app_news(w->app);
    window_tell_clock(w);
    window_watch_displays(w);
    int wait = w->opening ? -1 : app_tick(w->app, SDL_GetTicks64());
    if (!show_all(w, err)) return false;
    wait = window_wait_for_clock(w, wait);
    if (w->n_failed > 0) wait = sooner(wait, AGAIN_MS);
    for (int i = 0; i < w->n_panes; i++)
        wait = sooner(wait, w->panes[i].again_ms);
    wait = sooner(wait, look_ahead(w));
    window_fit_text_input(w);
    SDL_Event e;
    bool busy = work(w);
    int got = !may_wait || busy ? SDL_PollEvent(&e)
              : wait < 0        ? SDL_WaitEvent(&e)
                                : SDL_WaitEventTimeout(&e, wait);
    if (may_wait && !busy && wait < 0 && !got)
        return sdl_failed(err, "waiting for input");
    /* Everything that came is taken in before the next frame. */
    for (; got && !w->quit; got = SDL_PollEvent(&e))
        window_on_event(w, &e);
    return !w->quit;
}

void window_end(Window *w) {
    if (!w) return;
    /* The threads stop first: they must not wake a window that is gone. */
    loading_close(w->opening);
    for (int i = 0; i < WINDOW_PANES_MAX; i++) {
        screen_close(w->panes[i].screen);
        w->panes[i].screen = NULL;
    }
    app_close(w->app);
    for (int i = 0; i < WINDOW_PANES_MAX; i++)
        end_pane(&w->panes[i]);
    SDL_Quit();
    fonts_close(w->fonts);
    free(w);
}

bool window_run(const AppOptions *opt, const WindowOptions *win, Err *err) {
    Err own = {0};
    Window *w = window_init(opt, win, &own);
    while (w && window_step(w, true, &own)) {
    }
    window_end(w);
    return own.code == ERR_NONE ||
           err_set(err, own.code, own.pos, "%s", own.msg);
}
