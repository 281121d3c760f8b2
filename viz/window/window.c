#include "viz/window/window.h"

#include "viz/app/loading.h"
#include "viz/screen/keys.h"
#include "viz/screen/screen.h"

#include <SDL.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE_MS 100 /* a model that opens within this opens at once */

typedef struct Window {
    SDL_Window *sdl;
    SDL_Surface *picture; /* the canvas's pixels, borrowed */
    Fonts *fonts;
    Canvas *canvas;
    App *app;         /* NULL until the first model is open */
    Screen *screen;   /* shows it */
    Loading *opening; /* what is shown while it is not NULL */
    AppOptions opt;
    char model_path[PATH_MAX]; /* a dropped one; "": none */
    Uint32 news_event;         /* the worker has news */
    bool stale;                /* shown picture is lost (resized, uncovered) */
    bool hidden;               /* minimised or unmapped: nobody sees a frame */
    bool quit;
} Window;

/* ---- keys --------------------------------------------------------------- */

typedef struct KeyName {
    SDL_Keycode code;
    const char *name;
} KeyName;

static const KeyName key_names[] = {
    {SDLK_RIGHT, "Right"},
    {SDLK_LEFT, "Left"},
    {SDLK_UP, "Up"},
    {SDLK_DOWN, "Down"},
    {SDLK_HOME, "Home"},
    {SDLK_END, "End"},
    {SDLK_RETURN, "Enter"},
    {SDLK_KP_ENTER, "Enter"},
    {SDLK_BACKSPACE, "Backspace"},
    {SDLK_DELETE, "Delete"},
    {SDLK_ESCAPE, "Esc"},
    {SDLK_SPACE, "Space"},
    {SDLK_PAGEDOWN, "PageDown"},
    {SDLK_PAGEUP, "PageUp"},
    {SDLK_TAB, "Tab"},
    {SDLK_F1, "F1"},
    {SDLK_F5, "F5"},
    {SDLK_F11, "F11"},
};

/* "Ctrl+C", "Shift+Left", "P"; "" for keys that are read as text instead:
 * digits and punctuation lie elsewhere on every keyboard. */
static void key_name(const SDL_Keysym *key, char *out, size_t size) {
    const char *name = NULL;
    char letter[2] = "";
    out[0] = '\0';
    for (size_t i = 0; i < SDL_arraysize(key_names); i++)
        if (key_names[i].code == key->sym) name = key_names[i].name;
    if (key->sym >= SDLK_a && key->sym <= SDLK_z) {
        letter[0] = (char)('A' + (key->sym - SDLK_a));
        name = letter;
    }
    if (key->mod & KMOD_SHIFT && key->sym >= SDLK_1 && key->sym <= SDLK_9) {
        letter[0] = (char)key->sym;
        name = letter;
    }
    if (!name || key->mod & (KMOD_ALT | KMOD_GUI)) return;
    snprintf(out, size, "%s%s%s", key->mod & KMOD_CTRL ? "Ctrl+" : "",
             key->mod & KMOD_SHIFT ? "Shift+" : "", name);
}

static void on_key(Window *w, const SDL_Keysym *key) {
    char name[32];
    key_name(key, name, sizeof name);
    /* A digit with Shift is a view's key where there is that view; elsewhere it
     * is what the keyboard writes. */
    const KeyRow *row = keys_find(name);
    bool is_written = row && row->command == CMD_VIEW && !keys_help(row);
    if (name[0] && !is_written) screen_key(w->screen, name);
}

static void on_text(Window *w, const char *text) {
    bool letter = (text[0] >= 'a' && text[0] <= 'z') ||
                  (text[0] >= 'A' && text[0] <= 'Z') || text[0] == ' ';
    if (app_is_editing(w->app))
        app_text(w->app, text);
    else if (!letter) /* letters and Space came as keys already */
        screen_key(w->screen, text);
}

/* ---- events ------------------------------------------------------------- */

/* Called on the worker's thread; SDL's event queue is thread-safe. */
static void wake(void *ud) {
    const Window *w = ud;
    SDL_PushEvent(&(SDL_Event){.type = w->news_event});
}

static void on_request(Window *w) {
    char *text;
    switch (app_take_request(w->app)) {
    case APP_QUIT:
        w->quit = true;
        break;
    case APP_FULLSCREEN: {
        bool is = SDL_GetWindowFlags(w->sdl) & SDL_WINDOW_FULLSCREEN_DESKTOP;
        SDL_SetWindowFullscreen(w->sdl, is ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
        break;
    }
    case APP_COPY:
        SDL_SetClipboardText(app_clipboard(w->app));
        break;
    case APP_PASTE:
        text = SDL_GetClipboardText();
        if (text && text[0]) app_paste(w->app, text);
        SDL_free(text);
        break;
    case APP_NOTHING:
        break;
    }
}

/* Begins to open a model.  The app, if there is one, stays until it is open. */
static bool start_opening(Window *w, const char *path, Err *err) {
    LoadingOptions o = {.path = path,
                        .tokenizer_path = w->opt.tokenizer_path,
                        .theme =
                            w->app ? app_state(w->app)->theme : w->opt.theme,
                        .has_app = w->app != NULL,
                        .wake = wake,
                        .wake_ud = w};
    loading_close(w->opening);
    w->opening = loading_start(&o, err);
    w->stale = true;
    return w->opening != NULL;
}

/* Another model, with the tokenizer that belongs to it. */
static void open_dropped(Window *w, const char *path) {
    Err err = {0};
    const size_t n = strlen(path) + 1;
    if (n > sizeof w->model_path) return; /* no file has such a name */
    memcpy(w->model_path, path, n);
    w->opt.tokenizer_path = NULL;
    w->opt.state = NULL; /* it was meant for the model before */
    if (!start_opening(w, w->model_path, &err) && w->app)
        app_say(w->app, true, "%s", err.msg);
}

static void on_drop(Window *w, char *path) {
    if (loading_is_model(path))
        open_dropped(w, path);
    else if (w->app && !w->opening)
        app_drop(w->app, path);
    SDL_free(path);
}

/* Whether it can be seen is learned from events: SDL's flag for minimised stays
 * set after some window managers have brought the window back, which an
 * uncovered part always tells. */
static void on_window(Window *w, Uint8 event) {
    w->stale = true;
    switch (event) {
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN:
        w->hidden = true;
        break;
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_MAXIMIZED:
    case SDL_WINDOWEVENT_FOCUS_GAINED:
    case SDL_WINDOWEVENT_ENTER:
        w->hidden = false;
        break;
    case SDL_WINDOWEVENT_LEAVE:
        if (w->screen) screen_mouse_move(w->screen, -1, -1);
        break;
    default:
        break;
    }
}

/* While a model is being opened. */
static void on_opening_event(Window *w, const SDL_Event *e) {
    char name[32] = "";
    switch (e->type) {
    case SDL_QUIT:
        w->quit = true;
        break;
    case SDL_KEYDOWN:
        w->hidden = false;
        key_name(&e->key.keysym, name, sizeof name);
        break;
    case SDL_DROPFILE:
        on_drop(w, e->drop.file);
        return;
    case SDL_WINDOWEVENT:
        on_window(w, e->window.event);
        break;
    default:
        break;
    }
    w->quit = w->quit || strcmp(name, "Ctrl+Q") == 0;
    w->stale = true;
    const bool is_back = strcmp(name, "Esc") == 0 && w->app &&
                         loading_state(w->opening) != LOADING_BUSY;
    if (name[0]) loading_key(w->opening, name);
    if (!is_back) return;
    loading_close(w->opening);
    w->opening = NULL;
}

static void on_event(Window *w, const SDL_Event *e) {
    if (w->opening) {
        on_opening_event(w, e);
        return;
    }
    switch (e->type) {
    case SDL_QUIT:
        w->quit = true;
        break;
    case SDL_KEYDOWN:
        w->hidden = false; /* what has the keyboard can be seen */
        on_key(w, &e->key.keysym);
        break;
    case SDL_TEXTINPUT:
        on_text(w, e->text.text);
        break;
    case SDL_MOUSEMOTION:
        screen_mouse_move(w->screen, e->motion.x, e->motion.y);
        break;
    case SDL_MOUSEBUTTONDOWN:
        if (e->button.button == SDL_BUTTON_LEFT)
            screen_mouse_down(w->screen, e->button.x, e->button.y);
        break;
    case SDL_MOUSEBUTTONUP:
        screen_mouse_up(w->screen);
        break;
    case SDL_MOUSEWHEEL:
        screen_wheel(w->screen, e->wheel.mouseX, e->wheel.mouseY, e->wheel.y);
        break;
    case SDL_DROPFILE:
        on_drop(w, e->drop.file);
        break;
    case SDL_DISPLAYEVENT:
        w->stale = true;
        break;
    case SDL_WINDOWEVENT:
        on_window(w, e->window.event);
        break;
    default:
        if (e->type == w->news_event) app_news(w->app);
    }
    on_request(w);
}

/* ---- drawing ------------------------------------------------------------ */

/* The canvas gets the window's size; false while there is nothing to show. */
static bool fit_canvas(Window *w, SDL_Surface *target) {
    Err err = {0};
    float scale = w->app
                      ? screen_scale(w->screen, target->w, target->h)
                      : screen_scale_before(w->opt.scale, target->w, target->h);
    if (w->picture && canvas_width(w->canvas) == target->w &&
        canvas_height(w->canvas) == target->h &&
        canvas_scale(w->canvas) == scale)
        return true;
    SDL_FreeSurface(w->picture);
    w->picture = NULL;
    if (!canvas_resize(w->canvas, target->w, target->h, scale, &err))
        return false;
    const Pixmap *p = canvas_pixels(w->canvas);
    w->picture = SDL_CreateRGBSurfaceWithFormatFrom(
        p->px, p->w, p->h, 32, p->stride * 4, SDL_PIXELFORMAT_ARGB8888);
    if (w->picture) SDL_SetSurfaceBlendMode(w->picture, SDL_BLENDMODE_NONE);
    return w->picture != NULL;
}

static void show(Window *w) {
    if (w->hidden) return;
    /* Asked for anew each time: it is replaced whenever the window changes. */
    SDL_Surface *target = SDL_GetWindowSurface(w->sdl);
    if (!target || target->w < 1 || target->h < 1 || !fit_canvas(w, target))
        return;
    if (w->opening)
        loading_draw(w->opening, w->canvas);
    else
        screen_draw(w->screen, w->canvas);
    SDL_BlitSurface(w->picture, NULL, target, NULL);
    SDL_UpdateWindowSurface(w->sdl);
    w->stale = false;
}

static void set_title(Window *w) {
    char title[256];
    const char *note = "";
    if (!w->sdl) return;
    if (w->opening && loading_state(w->opening) == LOADING_STOPPED)
        note = " (cancelled)";
    else if (w->opening && loading_state(w->opening) == LOADING_FAILED)
        note = " (failed)";
    else if (w->opening)
        note = " (opening)";
    snprintf(title, sizeof title, "llantern: %s%s",
             w->opening ? loading_name(w->opening) : app_name(w->app), note);
    if (strcmp(SDL_GetWindowTitle(w->sdl), title) != 0)
        SDL_SetWindowTitle(w->sdl, title);
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
    w->stale = true;
    Err why = {0};
    App *app = app_open(&w->opt, &why);
    Screen *screen = app ? screen_open(app, &why) : NULL;
    if (!screen) {
        app_close(app);
        app = NULL;
    }
    if (!app && w->app) {
        app_say(w->app, true, "%s", why.msg);
        return true;
    }
    if (!app) return err_set(err, why.code, why.pos, "%s", why.msg);
    screen_close(w->screen);
    app_close(w->app);
    w->app = app;
    w->screen = screen;
    return true;
}

static bool loop(Window *w, Err *err) {
    while (!w->quit) {
        if (w->opening && !step_opening(w, err)) return false;
        set_title(w);
        int wait = w->opening ? -1 : app_tick(w->app, SDL_GetTicks64());
        if (w->stale || (!w->opening && screen_dirty(w->screen))) show(w);
        SDL_Event e;
        int got = wait < 0 ? SDL_WaitEvent(&e) : SDL_WaitEventTimeout(&e, wait);
        /* Everything that came is taken in before the next frame. */
        for (; got && !w->quit; got = SDL_PollEvent(&e))
            on_event(w, &e);
    }
    return true;
}

/* ---- opening ------------------------------------------------------------ */

/* SDL falls back on drivers that show nothing to anybody; unless one was asked
 * for by name that is no display. */
static bool has_display(void) {
    const char *driver = SDL_GetCurrentVideoDriver();
    return SDL_GetHint(SDL_HINT_VIDEODRIVER) ||
           (driver && strcmp(driver, "offscreen") != 0 &&
            strcmp(driver, "dummy") != 0 && strcmp(driver, "evdev") != 0);
}

static bool open_window(Window *w, const WindowOptions *win, Err *err) {
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    const char *problem = SDL_Init(SDL_INIT_VIDEO) != 0 ? SDL_GetError()
                          : has_display()               ? NULL
                                          : "found none; is DISPLAY set?";
    if (problem)
        return err_set(err, ERR_IO, 0,
                       "cannot open a display: %s (export makes pictures "
                       "without one)",
                       problem);
    SDL_Rect screen = {0, 0, 1280, 800};
    SDL_GetDisplayUsableBounds(0, &screen);
    int width = win->width > 0 ? win->width : screen.w * 3 / 4;
    int height = win->height > 0 ? win->height : screen.h * 3 / 4;
    Uint32 flags = SDL_WINDOW_RESIZABLE |
                   (win->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
    w->sdl = SDL_CreateWindow("llantern", SDL_WINDOWPOS_CENTERED,
                              SDL_WINDOWPOS_CENTERED, width, height, flags);
    if (!w->sdl)
        return err_set(err, ERR_IO, 0, "cannot open a window: %s",
                       SDL_GetError());
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    SDL_StartTextInput();
    return true;
}

bool window_run(const AppOptions *opt, const WindowOptions *win, Err *err) {
    Window w = {.stale = true, .news_event = SDL_USEREVENT};
    w.opt = *opt;
    w.opt.wake = wake;
    w.opt.wake_ud = &w;
    /* A small model is open before a window is: then that shows no page that
     * goes by in a moment, and errors come before any window. */
    bool ok = start_opening(&w, opt->model_path, err) &&
              (!loading_wait(w.opening, AT_ONCE_MS) || step_opening(&w, err)) &&
              (w.fonts = fonts_open(err)) != NULL &&
              (w.canvas = canvas_open(16, 16, 1, w.fonts, err)) != NULL &&
              open_window(&w, win, err);
    ok = ok && loop(&w, err);
    /* The threads stop first: they must not wake a window that is gone. */
    loading_close(w.opening);
    screen_close(w.screen);
    app_close(w.app);
    SDL_FreeSurface(w.picture);
    if (w.sdl) SDL_DestroyWindow(w.sdl);
    SDL_Quit();
    canvas_close(w.canvas);
    fonts_close(w.fonts);
    return ok;
}
