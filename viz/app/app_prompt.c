/* Editing the prompt in place, and what comes by clipboard or as a file. */
#include "viz/app/app_private.h"

#include "engine/base/utf8.h"
#include "viz/paint/png.h"

#include <stdlib.h>
#include <string.h>

void app_begin_editing(App *app) {
    Err err = {0};
    if (!state_copy(&app->before_edit, &app->state, &err)) {
        app_say(app, true, "%s", err.msg);
        return;
    }
    app->mode = APP_EDITING;
    app->draft_len = app->state.prompt_len;
    if (app->draft_len) memcpy(app->draft, app->state.prompt, app->draft_len);
    app->caret = app->draft_len;
    app->composed = 0;
    app->draft_all = app->draft_len > 0; /* what is typed replaces it */
    app_touch(app);
}

/* Takes it out of the draft again. */
static void drop_composed(App *app) {
    if (app->mode == APP_EDITING) {
        const size_t end = app->caret + app->composed;
        memmove(app->draft + app->caret, app->draft + end,
                app->draft_len - end);
        app->draft_len -= app->composed;
    }
    app->composed = app->composed_at = 0;
}

static void edit_end(App *app, bool keep) {
    drop_composed(app);
    app->mode = APP_STEPPING;
    app_touch(app);
    if (!keep) app_take_back(app, &app->before_edit);
}

/* The draft is the prompt at once: the picture follows the typing. */
static void edit_changed(App *app) {
    app->message[0] = '\0'; /* what it said was of the text before */
    app_take_prompt(app, app->draft, app->draft_len);
}

/* In the place of what is marked, else at the caret. */
static void edit_insert(App *app, const char *text, size_t n) {
    drop_composed(app);
    if (n > TOKENIZER_PROMPT_MAX - (app->draft_all ? 0 : app->draft_len)) {
        app_say(app, true, "a prompt holds %d bytes: %zu do not fit",
                TOKENIZER_PROMPT_MAX, n);
        return;
    }
    if (app->draft_all) app->draft_len = app->caret = 0;
    app->draft_all = false;
    memmove(app->draft + app->caret + n, app->draft + app->caret,
            app->draft_len - app->caret);
    memcpy(app->draft + app->caret, text, n);
    app->draft_len += n;
    app->caret += n;
    edit_changed(app);
}

static void edit_delete(App *app, size_t from, size_t to) {
    memmove(app->draft + from, app->draft + to, app->draft_len - to);
    app->draft_len -= to - from;
    app->caret = from;
    edit_changed(app);
}

static bool is_one_of(const char *key, const char *const *names) {
    for (; *names; names++)
        if (strcmp(key, *names) == 0) return true;
    return false;
}

/* A key while all is marked: true when that was all it does.  Letters come here
 * before their text does, and must leave the mark alone. */
static bool marked_key(App *app, const char *key) {
    static const char *const erasing[] = {"Backspace", "Delete", "Ctrl+U",
                                          NULL};
    static const char *const moving[] = {"Left", "Right", "Home", "End", "Up",
                                         "Down", "Enter", "Esc",  NULL};
    bool erases = app->draft_all && is_one_of(key, erasing);
    if (erases || is_one_of(key, moving)) app->draft_all = false;
    if (erases) edit_delete(app, 0, app->draft_len);
    return erases;
}

void app_edit_key(App *app, const char *key) {
    if (marked_key(app, key)) return;
    const char *d = app->draft;
    size_t n = app->draft_len, at = app->caret;
    size_t next = at < n ? utf8_next(d, n, at) : n;
    size_t prev = at > 0 ? utf8_prev(d, n, at) : 0;
    app_touch(app);
    if (strcmp(key, "Enter") == 0)
        edit_end(app, true);
    else if (strcmp(key, "Shift+Enter") == 0)
        edit_insert(app, "\n", 1);
    else if (strcmp(key, "Esc") == 0)
        edit_end(app, false);
    else if (strcmp(key, "Left") == 0)
        app->caret = prev;
    else if (strcmp(key, "Right") == 0)
        app->caret = next;
    else if (strcmp(key, "Home") == 0 || strcmp(key, "Up") == 0)
        app->caret = 0;
    else if (strcmp(key, "End") == 0 || strcmp(key, "Down") == 0)
        app->caret = n;
    else if (strcmp(key, "Backspace") == 0 && at > 0)
        edit_delete(app, prev, at);
    else if (strcmp(key, "Delete") == 0 && at < n)
        edit_delete(app, at, next);
    else if (strcmp(key, "Ctrl+A") == 0)
        app->draft_all = n > 0;
    else if (strcmp(key, "Ctrl+U") == 0)
        edit_delete(app, 0, at);
    else if (strcmp(key, "Ctrl+V") == 0)
        app->request = APP_PASTE;
}

/* ---- text from elsewhere ------------------------------------------------ */

/* In the place of what was composed before. */
static void compose_in_draft(App *app, const char *utf8, size_t n) {
    if (n == 0) return;
    if (app->draft_all) { /* as typing would */
        app->draft_len = app->caret = 0;
        app->draft_all = false;
        edit_changed(app);
    }
    memmove(app->draft + app->caret + n, app->draft + app->caret,
            app->draft_len - app->caret);
    memcpy(app->draft + app->caret, utf8, n);
    app->draft_len += n;
}

void app_compose(App *app, const char *utf8, int at) {
    if (!app_is_writing(app)) return;
    size_t n = strlen(utf8);
    while (n > APP_COMPOSED_MAX) /* no word is that long */
        n = utf8_prev(utf8, n, n);
    drop_composed(app);
    if (app->mode == APP_EDITING)
        compose_in_draft(app, utf8, n);
    else if (app->mode == APP_FINDING)
        app_find_composed(app, utf8);
    app->composed = n;
    for (; at > 0 && app->composed_at < n; at--)
        app->composed_at = utf8_next(utf8, n, app->composed_at);
    app_touch(app);
}

void app_set_caret(App *app, size_t at) {
    if (app->mode != APP_EDITING || app->composed > 0) return;
    app->caret = at < app->draft_len ? at : app->draft_len;
    app->draft_all = false;
    app_touch(app);
}

size_t app_caret(const App *app) {
    return app->caret;
}

void app_text(App *app, const char *utf8) {
    drop_composed(app);
    if (app->mode == APP_EDITING) edit_insert(app, utf8, strlen(utf8));
    if (app->mode == APP_FINDING) app_find_text(app, utf8);
    if (app->mode == APP_CHOOSING) app_choose_text(app, utf8);
    if (app->mode == APP_OVERVIEW) app_overview_text(app, utf8);
    if (app->mode == APP_GOING) app_going_text(app, utf8);
}

/* True when the text reads as a state: "a = b" in a sentence does not. */
static bool is_state(const char *text) {
    State s;
    state_init(&s);
    bool ok = state_parse(&s, text, NULL) && s.set != 0;
    state_free(&s);
    return ok;
}

void app_paste(App *app, const char *utf8) {
    Err err = {0};
    app_remember(app);
    /* What begins as a copied state is no prompt even when it has a mistake. */
    bool state = strncmp(utf8, "view=", 5) == 0 || is_state(utf8);
    if (app->mode == APP_EDITING)
        edit_insert(app, utf8, strlen(utf8));
    else if (!state)
        app_take_prompt(app, utf8, strlen(utf8));
    else if (!app_set_state(app, utf8, &err))
        app_say(app, true, "pasted state: %s", err.msg);
}

static void drop_picture(App *app, const char *path) {
    Err err = {0};
    app_remember(app);
    char *state = png_read_state(path, &err);
    if (state && app_set_state(app, state, &err))
        app_say(app, false, "restored from %s", path);
    else
        app_say(app, true, "%s", err.msg);
    free(state);
}

static void drop_deck(App *app, const char *path) {
    Err err = {0};
    if (!app_open_deck(app, path, &err)) {
        app_say(app, true, "%s", err.msg);
        return;
    }
    app_begin_deck(app);
}

void app_drop(App *app, const char *path) {
    size_t n = strlen(path);
    /* The edited prompt stays: Esc would bring another place back. */
    if (app->mode == APP_EDITING) edit_end(app, true);
    app->mode = APP_STEPPING;
    if (n > 3 && strcmp(path + n - 3, ".md") == 0)
        drop_deck(app, path);
    else
        drop_picture(app, path);
}

void app_copy(App *app) {
    app->playing = false; /* where you are is what you see */
    app_state_text(app, app->clipboard, STATE_TEXT_MAX);
    app->request = APP_COPY;
    app_say(app, false, "copied: where you are");
}
