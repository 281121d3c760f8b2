/* What SDL cannot do is told: each call of its that can fail is made to, on its
 * driver without a display. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/window/window_private.h"

#include <string.h>

/* The calls that fail, each while it is the chosen one: n of them, or all
 * with n < 0.  The Makefile links this program with --wrap of each. */
typedef enum Call {
    NONE,
    INIT,
    CREATE_WINDOW,
    WINDOW_SURFACE,
    PICTURE,
    BLEND,
    BLIT,
    UPDATE,
    BOUNDS,
    DPI,
    FULLSCREEN,
    COPY,
    PASTE,
    PUSH,
    WAIT,
} Call;
static Call failing;
static int n_failing;

static bool fails(Call call) {
    if (failing != call || n_failing == 0) return false;
    n_failing -= n_failing > 0;
    SDL_SetError("it is made to fail");
    return true;
}

#define WRAP(TYPE, NAME, CALL, BAD, PARAMS, ARGS)                              \
    TYPE __real_##NAME PARAMS;                                                 \
    TYPE __wrap_##NAME PARAMS;                                                 \
    TYPE __wrap_##NAME PARAMS {                                                \
        return fails(CALL) ? (BAD) : __real_##NAME ARGS;                       \
    }
WRAP(int, SDL_Init, INIT, -1, (Uint32 flags), (flags))
WRAP(SDL_Window *, SDL_CreateWindow, CREATE_WINDOW, NULL,
     (const char *title, int x, int y, int w, int h, Uint32 flags),
     (title, x, y, w, h, flags))
WRAP(SDL_Surface *, SDL_GetWindowSurface, WINDOW_SURFACE, NULL,
     (SDL_Window * w), (w))
WRAP(SDL_Surface *, SDL_CreateRGBSurfaceWithFormatFrom, PICTURE, NULL,
     (void *px, int w, int h, int depth, int pitch, Uint32 format),
     (px, w, h, depth, pitch, format))
WRAP(int, SDL_SetSurfaceBlendMode, BLEND, -1,
     (SDL_Surface * s, SDL_BlendMode m), (s, m))
WRAP(int, SDL_UpperBlit, BLIT, -1,
     (SDL_Surface * a, const SDL_Rect *from, SDL_Surface *b, SDL_Rect *to),
     (a, from, b, to))
WRAP(int, SDL_UpdateWindowSurface, UPDATE, -1, (SDL_Window * w), (w))
WRAP(int, SDL_GetDisplayUsableBounds, BOUNDS, -1, (int i, SDL_Rect *r), (i, r))
WRAP(int, SDL_GetDisplayDPI, DPI, -1, (int i, float *d, float *x, float *y),
     (i, d, x, y))
WRAP(int, SDL_SetWindowFullscreen, FULLSCREEN, -1,
     (SDL_Window * w, Uint32 flags), (w, flags))
WRAP(int, SDL_SetClipboardText, COPY, -1, (const char *text), (text))
WRAP(char *, SDL_GetClipboardText, PASTE, SDL_strdup(""), (void), ())
WRAP(int, SDL_PushEvent, PUSH, -1, (SDL_Event * e), (e))
WRAP(int, SDL_WaitEvent, WAIT, 0, (SDL_Event * e), (e))

typedef struct Rig {
    char dir[FOLDER_PATH_MAX], model[FOLDER_PATH_MAX];
    Window *w;
    Err err;
} Rig;

static Rig open_failing(Call call, int n) {
    const TinySpec spec = tiny_spec();
    Rig r = {.w = NULL};
    folder_make(r.dir);
    tiny_write(&spec, r.dir, "tokenizer.bin");
    folder_path(r.model, r.dir, "tiny.bin");
    SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy");
    failing = call;
    n_failing = n;
    r.w = window_init(&(AppOptions){.model_path = r.model,
                                    .no_deck = true,
                                    .no_threads = true,
                                    .prompt = "the cat sat"},
                      &(WindowOptions){.width = 640, .height = 400}, &r.err);
    return r;
}

static void close_rig(Rig *r) {
    failing = NONE;
    window_end(r->w);
    folder_remove(r->dir);
}

/* So many steps without waiting; how many were done. */
static int steps(Rig *r, int n) {
    for (int i = 0; i < n; i++)
        if (!window_step(r->w, false, &r->err)) return i;
    return n;
}

static void says(const char *message, const char *words) {
    ck_assert_msg(strstr(message, words) != NULL, "\"%s\" lacks \"%s\"",
                  message, words);
    ck_assert_ptr_nonnull(strstr(message, "it is made to fail"));
    ck_assert_ptr_null(strchr(message, '\n'));
}

START_TEST(what_cannot_be_opened_is_told) {
    static const struct {
        Call call;
        const char *words;
    } cases[] = {{INIT, "cannot open a display"},
                 {CREATE_WINDOW, "cannot open a window"},
                 {WINDOW_SURFACE, "cannot draw in the window"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Rig r = open_failing(cases[i].call, -1);
        ck_assert_ptr_null(r.w);
        ck_assert_int_eq(r.err.code, ERR_IO);
        says(r.err.msg, cases[i].words);
        close_rig(&r);
    }
}
END_TEST

START_TEST(what_can_be_done_without_is) {
    static const Call calls[] = {BOUNDS, DPI};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        Rig r = open_failing(calls[i], -1);
        ck_assert_msg(r.w != NULL, "%s", r.err.msg);
        ck_assert_int_eq(steps(&r, 20), 20);
        close_rig(&r);
    }
}
END_TEST

START_TEST(a_frame_that_fails_is_drawn_again_and_then_told) {
    static const struct {
        Call call;
        const char *words;
    } cases[] = {{WINDOW_SURFACE, "cannot draw in the window"},
                 {PICTURE, "a picture for the window"},
                 {BLEND, "a picture for the window"},
                 {BLIT, "cannot draw in the window"},
                 {UPDATE, "cannot draw in the window"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Rig r = open_failing(NONE, 0);
        ck_assert_msg(r.w != NULL, "%s", r.err.msg);
        ck_assert_int_eq(steps(&r, 5), 5);
        failing = cases[i].call;
        n_failing = 3; /* as while a window is resized */
        canvas_resize(r.w->panes[0].canvas, 16, 16, 1, &r.err);
        window_stale(r.w);
        ck_assert_int_eq(steps(&r, 20), 20);
        ck_assert(!r.w->panes[0].stale);
        n_failing = -1;
        canvas_resize(r.w->panes[0].canvas, 16, 16, 1, &r.err);
        window_stale(r.w);
        ck_assert_int_lt(steps(&r, 50), 50);
        says(r.err.msg, cases[i].words);
        close_rig(&r);
    }
}
END_TEST

static void press(Rig *r, SDL_Scancode place, SDL_Keycode sym, int mod) {
    SDL_Event e = {.key = {.type = SDL_KEYDOWN,
                           .state = SDL_PRESSED,
                           .keysym = {place, sym, (Uint16)mod, 0}}};
    window_on_event(r->w, &e);
}

START_TEST(what_is_asked_for_and_fails_is_told) {
    static const struct {
        Call call;
        SDL_Keycode sym;
        int mod;
        const char *words;
    } cases[] = {{FULLSCREEN, SDLK_F11, 0, "fullscreen"},
                 {COPY, SDLK_c, KMOD_LCTRL, "clipboard"},
                 {PASTE, SDLK_v, KMOD_LCTRL, "clipboard"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Rig r = open_failing(NONE, 0);
        failing = cases[i].call;
        n_failing = 1;
        press(&r, SDL_SCANCODE_UNKNOWN, cases[i].sym, cases[i].mod);
        says(app_message(r.w->app), cases[i].words);
        close_rig(&r);
    }
}
END_TEST

START_TEST(news_that_found_no_room_are_taken) {
    Rig r = open_failing(PUSH, -1);
    ck_assert_msg(r.w != NULL, "%s", r.err.msg);
    for (int i = 0; i < 200 && trace_n_pos(app_trace(r.w->app)) == 0; i++)
        ck_assert_int_eq(steps(&r, 1), 1);
    Scene scene;
    steps(&r, 5);
    app_look(r.w->app, &scene);
    ck_assert_int_gt(trace_n_pos(scene.trace), 0);
    app_look_away(r.w->app);
    close_rig(&r);
}
END_TEST

/* A model that is opened in the window is one of the recent files, and no more
 * taken for the one inside. */
START_TEST(an_opened_model_is_remembered) {
    const TinySpec spec = tiny_spec();
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Rig r = open_failing(NONE, 0);
    History *h = history_open(NULL, &r.err);
    folder_make(dir);
    tiny_write(&spec, dir, "tokenizer.bin");
    folder_path(path, dir, "tiny.bin");
    r.w->opt.history = h;
    app_open_file(r.w->app, path); /* which the next event hands on */
    press(&r, SDL_SCANCODE_UNKNOWN, SDLK_F3, 0);
    for (int i = 0; i < 2000 && history_list(h)->n == 0; i++)
        ck_assert_int_eq(steps(&r, 1), 1);
    ck_assert_int_eq(history_list(h)->n, 1);
    char *full = realpath(path, NULL);
    ck_assert_str_eq(history_list(h)->list[0].name, full);
    Scene scene;
    app_look(r.w->app, &scene);
    ck_assert(scene.teller.tell == NULL);
    app_look_away(r.w->app);
    free(full);
    close_rig(&r);
    history_close(h);
    folder_remove(dir);
}
END_TEST

START_TEST(waiting_that_fails_ends_with_why) {
    Rig r = open_failing(NONE, 0);
    ck_assert_int_eq(steps(&r, 200), 200); /* all is computed and drawn */
    failing = WAIT;
    n_failing = -1;
    int n = 0;
    while (n < 1000 && window_step(r.w, true, &r.err))
        n++;
    ck_assert_int_lt(n, 1000);
    says(r.err.msg, "waiting for input");
    close_rig(&r);
}
END_TEST

/* ---- text ---------------------------------------------------------------- */

static void compose(Rig *r, const char *text, bool is_long) {
    SDL_Event e = {.type = SDL_TEXTEDITING};
    if (is_long) {
        e.editExt = (SDL_TextEditingExtEvent){
            .type = SDL_TEXTEDITING_EXT, .text = SDL_strdup(text), .start = 1};
    } else {
        strncpy(e.edit.text, text, sizeof e.edit.text - 1);
        e.edit.start = 1;
    }
    window_on_event(r->w, &e);
}

static void text(Rig *r, const char *utf8) {
    SDL_Event e = {.type = SDL_TEXTINPUT};
    strncpy(e.text.text, utf8, sizeof e.text.text - 1);
    window_on_event(r->w, &e);
}

START_TEST(text_input_is_on_while_text_is_written) {
    Rig r = open_failing(NONE, 0);
    steps(&r, 5);
    ck_assert(window_layout_is_plain(SDL_GetKeyFromScancode));
    ck_assert(!SDL_IsTextInputActive());
    press(&r, SDL_SCANCODE_SLASH, SDLK_SLASH, 0);
    ck_assert_int_eq(app_mode(r.w->app), APP_EDITING);
    /* Typed ahead, before text input is on. */
    press(&r, SDL_SCANCODE_A, SDLK_a, KMOD_LSHIFT);
    press(&r, SDL_SCANCODE_SPACE, SDLK_SPACE, 0);
    steps(&r, 2);
    ck_assert(SDL_IsTextInputActive());
    press(&r, SDL_SCANCODE_B, SDLK_b, 0); /* its text comes by itself */
    text(&r, "b");
    const State *s = app_state(r.w->app);
    ck_assert_int_eq((int)s->prompt_len, 3);
    ck_assert_int_eq(memcmp(s->prompt, "A b", 3), 0);
    press(&r, SDL_SCANCODE_RETURN, SDLK_RETURN, 0);
    steps(&r, 2);
    ck_assert(!SDL_IsTextInputActive());
    /* Signs are commands again, by their keys. */
    press(&r, SDL_SCANCODE_SLASH, SDLK_SLASH, KMOD_LSHIFT);
    ck_assert_int_eq(app_mode(r.w->app), APP_HELPING);
    close_rig(&r);
}
END_TEST

START_TEST(what_is_composed_reaches_the_prompt) {
    Rig r = open_failing(NONE, 0);
    steps(&r, 5);
    compose(&r, "x", false); /* nothing is written: no command either */
    ck_assert_int_eq(app_mode(r.w->app), APP_STEPPING);
    press(&r, SDL_SCANCODE_SLASH, SDLK_SLASH, 0);
    for (int is_long = 0; is_long < 2; is_long++) {
        Scene scene;
        compose(&r, "ni", is_long);
        press(&r, SDL_SCANCODE_RETURN, SDLK_RETURN, 0); /* a candidate */
        ck_assert_int_eq(app_mode(r.w->app), APP_EDITING);
        app_look(r.w->app, &scene);
        ck_assert_uint_eq(scene.composed, 2);
        ck_assert_uint_eq(scene.composed_at, 1);
        app_look_away(r.w->app);
        compose(&r, "", is_long);
    }
    text(&r, "\xe4\xbd\xa0");
    ck_assert_int_eq((int)app_state(r.w->app)->prompt_len, 3);
    close_rig(&r);
}
END_TEST

/* Some systems send a sign with Ctrl as text, too: it is one key. */
START_TEST(a_sign_with_ctrl_is_no_text) {
    Rig r = open_failing(NONE, 0);
    steps(&r, 5);
    const float scale = app_state(r.w->app)->scale;
    press(&r, SDL_SCANCODE_MINUS, SDLK_MINUS, KMOD_CTRL);
    SDL_SetModState(KMOD_LCTRL);
    text(&r, "-");
    ck_assert_float_eq(app_state(r.w->app)->scale, scale);
    SDL_SetModState(KMOD_LCTRL | KMOD_RALT); /* AltGr */
    text(&r, "-");
    SDL_SetModState(KMOD_NONE);
    ck_assert_float_lt(app_state(r.w->app)->scale, scale);
    close_rig(&r);
}
END_TEST

/* O opens the overview and is not typed there, whoever sends its text. */
START_TEST(the_key_that_opens_a_search_is_not_searched) {
    for (int sent = 0; sent < 2; sent++) {
        Rig r = open_failing(NONE, 0);
        Scene scene;
        steps(&r, 5);
        app_begin_lesson(r.w->app, "predict", 0, 0);
        if (sent) SDL_StartTextInput();
        press(&r, SDL_SCANCODE_O, SDLK_o, 0);
        if (sent) text(&r, "o");
        ck_assert_int_eq(app_mode(r.w->app), APP_OVERVIEW);
        SDL_Event held = {.key = {.type = SDL_KEYDOWN,
                                  .repeat = 1,
                                  .keysym = {SDL_SCANCODE_O, SDLK_o, 0, 0}}};
        window_on_event(r.w, &held);
        if (sent) text(&r, "o");
        app_look(r.w->app, &scene);
        ck_assert_str_eq(scene.needle, "");
        app_look_away(r.w->app);
        window_on_event(r.w, &(SDL_Event){.type = SDL_KEYUP});
        press(&r, SDL_SCANCODE_O, SDLK_o, 0);
        if (sent) text(&r, "o");
        app_look(r.w->app, &scene);
        ck_assert_str_eq(scene.needle, "o");
        app_look_away(r.w->app);
        close_rig(&r);
    }
}
END_TEST

TEST_MAIN("window_sdl", the_key_that_opens_a_search_is_not_searched,
          a_sign_with_ctrl_is_no_text, what_cannot_be_opened_is_told,
          what_can_be_done_without_is,
          a_frame_that_fails_is_drawn_again_and_then_told,
          what_is_asked_for_and_fails_is_told,
          news_that_found_no_room_are_taken, waiting_that_fails_ends_with_why,
          text_input_is_on_while_text_is_written,
          what_is_composed_reaches_the_prompt, an_opened_model_is_remembered)
