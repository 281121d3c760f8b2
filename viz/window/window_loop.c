/* What comes from SDL: to the pane that it is meant for, and to the app. */
#include "viz/window/window_private.h"

#include "viz/screen/commands.h"
#include "viz/screen/keys.h"

#include <stdio.h>
#include <string.h>

/* The screen that a key given to a pane's window is for: the presenter's alone
 * has no stage and no slide, so keys are the room's, but for those of the
 * notes. */
static Screen *heard_by(const Window *w, const Pane *p, const char *name) {
    const KeyRow *row = keys_find(name);
    const bool of_notes = row && commands_are_of_notes(row->command);
    return p->presents && !of_notes ? w->panes[0].screen : p->screen;
}

static void on_text(const Window *w, const Pane *p, const char *text) {
    window_on_text(w->app, heard_by(w, p, text), text);
}

/* Such a key has come already; AltGr, which writes, is Ctrl and Alt to some. */
static bool is_with_ctrl(void) {
    const SDL_Keymod mod = SDL_GetModState();
    return mod & KMOD_CTRL && !(mod & (KMOD_ALT | KMOD_MODE));
}

static void on_key(Window *w, const Pane *p, const SDL_Keysym *key) {
    char name[32];
    const bool wrote = app_is_writing(w->app);
    window_key_name(key, name, sizeof name);
    /* A digit with Shift is a view's key where there is that view; elsewhere it
     * is what the keyboard writes. */
    const KeyRow *row = keys_find(name);
    bool is_written = row && row->command == CMD_VIEW && !keys_help(row, NULL);
    if (name[0] && !is_written) screen_key(heard_by(w, p, name), name);
    w->muted = !wrote && app_is_writing(w->app) && !(key->mod & KMOD_CTRL);
    /* Else SDL sends the text after the key. */
    const char text[2] = {window_key_written(key), 0};
    if (!SDL_IsTextInputActive() && text[0] && !w->muted) on_text(w, p, text);
}

/* ---- events ------------------------------------------------------------- */

static Uint32 window_id(const SDL_Event *e) {
    switch (e->type) {
    case SDL_KEYDOWN:
        return e->key.windowID;
    case SDL_TEXTINPUT:
        return e->text.windowID;
    case SDL_TEXTEDITING:
        return e->edit.windowID;
    case SDL_TEXTEDITING_EXT:
        return e->editExt.windowID;
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

static bool is_fullscreen(const Pane *p) {
    return SDL_GetWindowFlags(p->sdl) & SDL_WINDOW_FULLSCREEN_DESKTOP;
}

static void paste(App *app) {
    SDL_ClearError(); /* an empty text says nothing about errors */
    char *text = SDL_GetClipboardText();
    const char *problem = SDL_GetError();
    if (text && text[0])
        app_paste(app, text);
    else if (problem[0])
        app_say(app, true, "clipboard: %s", problem);
    else
        app_say(app, false, "the clipboard holds no text");
    SDL_free(text);
}

static void on_request(Window *w, const Pane *p) {
    switch (app_take_request(w->app)) {
    case APP_QUIT:
        w->quit = true;
        break;
    case APP_FULLSCREEN:
        window_set_fullscreen(w, p, !is_fullscreen(p));
        break;
    case APP_NO_FULLSCREEN:
        if (is_fullscreen(p)) window_set_fullscreen(w, p, false);
        break;
    case APP_PRESENT:
        window_toggle_presenter(w);
        break;
    case APP_FREEZE:
        window_freeze(w);
        break;
    case APP_SWAP:
        window_swap(w);
        break;
    case APP_OPEN_MODEL:
        open_other(w, app_other_model(w->app));
        break;
    case APP_OPEN_FILE:
        open_other(w, app_wanted(w->app));
        break;
    case APP_COPY:
        if (SDL_SetClipboardText(app_clipboard(w->app)) != 0)
            app_say(w->app, true, "clipboard: %s", SDL_GetError());
        break;
    case APP_PASTE:
        paste(w->app);
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
    case SDL_WINDOWEVENT_FOCUS_LOST: /* whatever was composed is gone */
        if (w->app && !w->opening) app_compose(w->app, "", 0);
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
    case SDL_TEXTEDITING_EXT: /* of the app before */
        SDL_free(e->editExt.text);
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

/* With Shift the wheel goes sideways: up is left. */
static void on_wheel(Screen *s, int x, int y, const SDL_MouseWheelEvent *e) {
    const bool shift = SDL_GetModState() & KMOD_SHIFT;
    screen_wheel(s, x, y, shift ? 0 : e->y);
    screen_wheel_aside(s, x, y, shift && e->x == 0 ? -e->y : e->x);
}

/* The two at a mouse's side mean what they mean in a browser. */
static void on_button(Screen *s, int x, int y, Uint8 button) {
    if (button == SDL_BUTTON_LEFT) screen_mouse_down(s, x, y);
    if (button == SDL_BUTTON_RIGHT) screen_mouse_menu(s, x, y);
    if (button == SDL_BUTTON_X1) screen_key(s, "Alt+Left");
    if (button == SDL_BUTTON_X2) screen_key(s, "Alt+Right");
}

/* SDL counts in the window's units. */
static void on_mouse(const Pane *p, const SDL_Event *e) {
    const WindowScale s = window_scale_of(p);
    Screen *to = p->screen;
    switch (e->type) {
    case SDL_MOUSEMOTION:
        screen_mouse_move(to, window_scale_x(&s, e->motion.x),
                          window_scale_y(&s, e->motion.y));
        break;
    case SDL_MOUSEBUTTONDOWN:
        on_button(to, window_scale_x(&s, e->button.x),
                  window_scale_y(&s, e->button.y), e->button.button);
        break;
    case SDL_MOUSEBUTTONUP:
        if (e->button.button == SDL_BUTTON_LEFT) screen_mouse_up(to);
        break;
    case SDL_MOUSEWHEEL:
        on_wheel(to, window_scale_x(&s, e->wheel.mouseX),
                 window_scale_y(&s, e->wheel.mouseY), &e->wheel);
        break;
    default:
        break;
    }
}

static void on_app_event(Window *w, Pane *p, const SDL_Event *e) {
    on_mouse(p, e);
    switch (e->type) {
    case SDL_QUIT:
        w->quit = true;
        break;
    case SDL_KEYDOWN:
        p->hidden = false; /* what has the keyboard can be seen */
        if (!w->muted || !e->key.repeat) on_key(w, p, &e->key.keysym);
        break;
    case SDL_KEYUP:
        w->muted = false;
        break;
    case SDL_TEXTINPUT:
        if (!w->muted && !is_with_ctrl()) on_text(w, p, e->text.text);
        break;
    case SDL_TEXTEDITING:
    case SDL_TEXTEDITING_EXT:
        window_on_composing(w->app, e);
        break;
    case SDL_DROPFILE:
        on_drop(w, e->drop.file);
        break;
    case SDL_DISPLAYEVENT:
        window_stale(w);
        if (e->display.event == SDL_DISPLAYEVENT_CONNECTED ||
            e->display.event == SDL_DISPLAYEVENT_DISCONNECTED)
            window_on_displays(w);
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
