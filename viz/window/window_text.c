/* Text: when SDL's text input is on, where it is written, and what comes. */
#include "viz/window/window_private.h"

#include <string.h>

static bool is_writing(const Window *w) {
    return w->app && !w->opening && app_is_writing(w->app);
}

static bool same_rect(Rect a, Rect b) {
    return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

/* An input method shows its candidates there. */
static void fit_text_rect(Pane *p) {
    Rect caret;
    if (!p->screen || !screen_caret(p->screen, &caret) ||
        same_rect(caret, p->text_rect))
        return;
    const WindowScale s = window_scale_of(p);
    const int x = window_scale_units_x(&s, caret.x);
    const int y = window_scale_units_y(&s, caret.y);
    const SDL_Rect r = {x, y, window_scale_units_x(&s, caret.x + caret.w) - x,
                        window_scale_units_y(&s, caret.y + caret.h) - y};
    SDL_SetTextInputRect(&r);
    p->text_rect = caret;
}

void window_fit_text_input(Window *w) {
    const bool want =
        is_writing(w) || !window_layout_is_plain(SDL_GetKeyFromScancode);
    if (want && !SDL_IsTextInputActive()) SDL_StartTextInput();
    if (!want && SDL_IsTextInputActive()) SDL_StopTextInput();
    const SDL_Window *focus = SDL_GetKeyboardFocus();
    for (int i = 0; i < w->n_panes && is_writing(w); i++)
        if (w->panes[i].sdl == focus) fit_text_rect(&w->panes[i]);
}

void window_on_text(App *app, Screen *s, const char *text) {
    bool letter = (text[0] >= 'a' && text[0] <= 'z') ||
                  (text[0] >= 'A' && text[0] <= 'Z') || text[0] == ' ';
    if (app_is_writing(app))
        app_text(app, text);
    else if (!letter) /* letters and Space came as keys already */
        screen_key(s, text);
}

void window_on_composing(App *app, const SDL_Event *e) {
    const bool is_long = e->type == SDL_TEXTEDITING_EXT;
    const char *text = is_long ? e->editExt.text : e->edit.text;
    /* Where nothing is written it would only keep keys from being commands. */
    if (!app_is_writing(app) && text && text[0]) SDL_ClearComposition();
    app_compose(app, text ? text : "",
                is_long ? e->editExt.start : e->edit.start);
    if (is_long) SDL_free(e->editExt.text);
}
