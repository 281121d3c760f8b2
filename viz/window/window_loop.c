/* What comes from SDL: to the pane that it is meant for, and to the app. */
#include "viz/window/window_private.h"

#include "viz/screen/keys.h"

#include <stdio.h>
#include <string.h>

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

/* The keypad without NumLock: it has no key codes of its own for that. */
static const KeyName keypad_names[] = {
    {SDLK_KP_6, "Right"},    {SDLK_KP_4, "Left"},   {SDLK_KP_8, "Up"},
    {SDLK_KP_2, "Down"},     {SDLK_KP_7, "Home"},   {SDLK_KP_1, "End"},
    {SDLK_KP_3, "PageDown"}, {SDLK_KP_9, "PageUp"},
};

static const char *name_in(const KeyName *list, size_t n, SDL_Keycode code) {
    for (size_t i = 0; i < n; i++)
        if (list[i].code == code) return list[i].name;
    return NULL;
}

/* The letter of a key, 0: none.  A layout without Latin letters writes others
 * (beyond Latin's block): there the key's place tells. */
static char letter_of(const SDL_Keysym *key) {
    if (key->sym >= SDLK_a && key->sym <= SDLK_z)
        return (char)('A' + (key->sym - SDLK_a));
    bool other = key->sym > 0xff && !(key->sym & SDLK_SCANCODE_MASK);
    if (other && key->scancode >= SDL_SCANCODE_A &&
        key->scancode <= SDL_SCANCODE_Z)
        return (char)('A' + (key->scancode - SDL_SCANCODE_A));
    return 0;
}

void window_key_name(const SDL_Keysym *key, char *out, size_t size) {
    char letter[2] = {letter_of(key), 0};
    const char *name = name_in(key_names, SDL_arraysize(key_names), key->sym);
    out[0] = '\0';
    if (!name && !(key->mod & KMOD_NUM))
        name = name_in(keypad_names, SDL_arraysize(keypad_names), key->sym);
    if (letter[0]) name = letter;
    if (key->mod & KMOD_SHIFT && key->sym >= SDLK_1 && key->sym <= SDLK_9) {
        letter[0] = (char)key->sym;
        name = letter;
    }
    if (!name || key->mod & (KMOD_ALT | KMOD_GUI)) return;
    snprintf(out, size, "%s%s%s", key->mod & KMOD_CTRL ? "Ctrl+" : "",
             key->mod & KMOD_SHIFT ? "Shift+" : "", name);
}

static void on_key(Screen *s, const SDL_Keysym *key) {
    char name[32];
    window_key_name(key, name, sizeof name);
    /* A digit with Shift is a view's key where there is that view; elsewhere it
     * is what the keyboard writes. */
    const KeyRow *row = keys_find(name);
    bool is_written = row && row->command == CMD_VIEW && !keys_help(row);
    if (name[0] && !is_written) screen_key(s, name);
}

static void on_text(App *app, Screen *s, const char *text) {
    bool letter = (text[0] >= 'a' && text[0] <= 'z') ||
                  (text[0] >= 'A' && text[0] <= 'Z') || text[0] == ' ';
    if (app_is_writing(app))
        app_text(app, text);
    else if (!letter) /* letters and Space came as keys already */
        screen_key(s, text);
}

/* ---- events ------------------------------------------------------------- */

static Uint32 window_id(const SDL_Event *e) {
    switch (e->type) {
    case SDL_KEYDOWN:
        return e->key.windowID;
    case SDL_TEXTINPUT:
        return e->text.windowID;
    case SDL_MOUSEMOTION:
        return e->motion.windowID;
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        return e->button.windowID;
    case SDL_MOUSEWHEEL:
        return e->wheel.windowID;
    case SDL_WINDOWEVENT:
        return e->window.windowID;
    default:
        return 0;
    }
}

/* The pane that an event is meant for; the first for what names none. */
static Pane *pane_of(Window *w, const SDL_Event *e) {
    Uint32 id = window_id(e);
    for (int i = 0; i < w->n_panes && id; i++)
        if (SDL_GetWindowID(w->panes[i].sdl) == id) return &w->panes[i];
    return &w->panes[0];
}

/* Another model, with the tokenizer that belongs to it. */
static void open_other(Window *w, const char *path) {
    Err err = {0};
    const size_t n = strlen(path) + 1;
    if (n > sizeof w->model_path) return; /* no file has such a name */
    memcpy(w->model_path, path, n);
    w->opt.tokenizer_path = NULL;
    w->opt.state = NULL; /* it was meant for the model before */
    if (!window_open_model(w, w->model_path, &err) && w->app)
        app_say(w->app, true, "%s", err.msg);
}

static void set_fullscreen(const Window *w, const Pane *p, bool on) {
    if (SDL_SetWindowFullscreen(p->sdl,
                                on ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0) != 0)
        app_say(w->app, true, "fullscreen: %s", SDL_GetError());
}

static bool is_fullscreen(const Pane *p) {
    return SDL_GetWindowFlags(p->sdl) & SDL_WINDOW_FULLSCREEN_DESKTOP;
}

static void on_request(Window *w, const Pane *p) {
    char *text;
    switch (app_take_request(w->app)) {
    case APP_QUIT:
        w->quit = true;
        break;
    case APP_FULLSCREEN:
        set_fullscreen(w, p, !is_fullscreen(p));
        break;
    case APP_NO_FULLSCREEN:
        if (is_fullscreen(p)) set_fullscreen(w, p, false);
        break;
    case APP_OPEN_MODEL:
        open_other(w, app_other_model(w->app));
        break;
    case APP_COPY:
        if (SDL_SetClipboardText(app_clipboard(w->app)) != 0)
            app_say(w->app, true, "clipboard: %s", SDL_GetError());
        break;
    case APP_PASTE:
        text = SDL_GetClipboardText();
        if (text && text[0])
            app_paste(w->app, text);
        else
            app_say(w->app, false, "the clipboard holds no text");
        SDL_free(text);
        break;
    case APP_NOTHING:
        break;
    }
}

static void on_drop(Window *w, char *path) {
    if (loading_is_model(path))
        open_other(w, path);
    else if (w->app && !w->opening)
        app_drop(w->app, path);
    SDL_free(path);
}

/* Whether it can be seen is learned from events: SDL's flag for minimised stays
 * set after some window managers have brought the window back, which an
 * uncovered part always tells. */
static void on_window(Window *w, Pane *p, Uint8 event) {
    p->stale = true;
    switch (event) {
    case SDL_WINDOWEVENT_MINIMIZED:
    case SDL_WINDOWEVENT_HIDDEN:
        p->hidden = true;
        break;
    case SDL_WINDOWEVENT_SHOWN:
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_MAXIMIZED:
    case SDL_WINDOWEVENT_FOCUS_GAINED:
    case SDL_WINDOWEVENT_ENTER:
        p->hidden = false;
        break;
    case SDL_WINDOWEVENT_LEAVE:
        if (p->screen) screen_mouse_move(p->screen, -1, -1);
        break;
    case SDL_WINDOWEVENT_CLOSE: /* of the last one SDL_QUIT follows */
        window_close_pane(w, p);
        break;
    default:
        break;
    }
}

/* While a model is being opened. */
static void on_opening_event(Window *w, Pane *p, const SDL_Event *e) {
    char name[32] = "";
    switch (e->type) {
    case SDL_QUIT:
        w->quit = true;
        break;
    case SDL_KEYDOWN:
        p->hidden = false;
        window_key_name(&e->key.keysym, name, sizeof name);
        break;
    case SDL_DROPFILE:
        on_drop(w, e->drop.file);
        return;
    case SDL_WINDOWEVENT:
        on_window(w, p, e->window.event);
        break;
    default:
        break;
    }
    w->quit = w->quit || strcmp(name, "Ctrl+Q") == 0;
    window_stale(w);
    const bool is_back = strcmp(name, "Esc") == 0 && w->app &&
                         loading_state(w->opening) != LOADING_BUSY;
    if (name[0]) loading_key(w->opening, name);
    if (!is_back) return;
    loading_close(w->opening);
    w->opening = NULL;
}

static void on_app_event(Window *w, Pane *p, const SDL_Event *e) {
    switch (e->type) {
    case SDL_QUIT:
        w->quit = true;
        break;
    case SDL_KEYDOWN:
        p->hidden = false; /* what has the keyboard can be seen */
        on_key(p->screen, &e->key.keysym);
        break;
    case SDL_TEXTINPUT:
        on_text(w->app, p->screen, e->text.text);
        break;
    case SDL_MOUSEMOTION:
        screen_mouse_move(p->screen, e->motion.x, e->motion.y);
        break;
    case SDL_MOUSEBUTTONDOWN:
        if (e->button.button == SDL_BUTTON_LEFT)
            screen_mouse_down(p->screen, e->button.x, e->button.y);
        break;
    case SDL_MOUSEBUTTONUP:
        screen_mouse_up(p->screen);
        break;
    case SDL_MOUSEWHEEL:
        screen_wheel(p->screen, e->wheel.mouseX, e->wheel.mouseY, e->wheel.y);
        break;
    case SDL_DROPFILE:
        on_drop(w, e->drop.file);
        break;
    case SDL_DISPLAYEVENT:
        window_stale(w);
        break;
    case SDL_WINDOWEVENT:
        on_window(w, p, e->window.event);
        break;
    default:
        if (e->type == w->news_event) app_news(w->app);
    }
    on_request(w, p);
}

void window_on_event(Window *w, const SDL_Event *e) {
    if (w->opening)
        on_opening_event(w, pane_of(w, e), e);
    else
        on_app_event(w, pane_of(w, e), e);
}
