/* The start page and what comes after a lesson's end: opened, put away, and
 * what their entries lead to; and what is remembered from one run to the
 * next. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "viz/app/app_private.h"

#include "engine/base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_MS 5000 /* from one writing of the history to the next */

/* ---- pages --------------------------------------------------------------- */

/* The lessons are known; false: there is no memory for them. */
static bool need_catalogue(App *app) {
    Err err = {0};
    if (!app->catalogue) app->catalogue = catalogue_open(&err);
    if (!app->catalogue) app_say(app, true, "%s", err.msg);
    return app->catalogue != NULL;
}

void app_open_page(App *app, AppPage page) {
    if (page != PAGE_NONE && !need_catalogue(app)) return;
    if (page != app->page) app->entry = 0;
    app->page = page;
    app->playing = false;
    app->mode = APP_STEPPING;
    app_touch(app);
}

void app_close_page(App *app) {
    if (app->page == PAGE_NONE) return;
    app->page = PAGE_NONE;
    app_touch(app);
}

AppPage app_page(const App *app) {
    return app->page;
}

void app_choose_entry(App *app, int entry) {
    app->entry = num_clamp(entry, 0, STATE_ENTRIES_MAX - 1);
    app_touch(app);
}

void app_order_lessons(App *app) {
    app->by_subject = !app->by_subject;
    app->entry = 0;
    app_touch(app);
}

/* ---- what entries lead to ------------------------------------------------ */

static void begin_at(App *app, int slide, int beat) {
    app_close_page(app);
    app_forget(app);
    app_forget_answers(app);
    app_go(app, slide, beat);
}

/* Where one is already, what was changed since stays. */
static bool is_there(const App *app, int slide, int beat) {
    return slide == app->slide && beat == app->beat;
}

void app_begin_lesson(App *app, const char *name, int slide, int beat) {
    Err err = {0};
    char open[LESSONS_NAME_MAX] = "";
    if (app->deck && !app->deck_is_file) catalogue_name(app->deck, open);
    if (strcmp(open, name) == 0 && is_there(app, slide, beat))
        app_close_page(app);
    else if (app_open_lesson(app, name, &err))
        begin_at(app, slide, beat);
    else
        app_say(app, true, "%s", err.msg);
}

void app_begin_file(App *app, const char *path, int slide, int beat) {
    Err err = {0};
    if (app->deck_is_file && strcmp(app->deck_full, path) == 0 &&
        is_there(app, slide, beat))
        app_close_page(app);
    else if (app_open_deck(app, path, &err))
        begin_at(app, slide, beat);
    else
        app_say(app, true, "%s", err.msg);
}

void app_begin_slide(App *app, int slide, int beat) {
    app_close_page(app);
    app_go(app, slide, beat);
}

void app_show_model(App *app, const char *name, const char *view) {
    app_close_page(app);
    snprintf(app->state.model, sizeof app->state.model, "%s", name);
    if (app->deck) app_show(app, SHOWN_STAGE);
    app_show_view(app, view_find(view));
}

void app_open_file(App *app, const char *path) {
    snprintf(app->wanted, sizeof app->wanted, "%s", path);
    app_request(app, APP_OPEN_FILE);
}

const char *app_wanted(const App *app) {
    return app->wanted;
}

/* ---- what is remembered -------------------------------------------------- */

void app_know_path(const char *path, char out[APP_PATH_MAX]) {
    char *full = realpath(path, NULL);
    const size_t n = full ? strlen(full) + 1 : 0;
    out[0] = '\0';
    if (n > 0 && n <= APP_PATH_MAX) memcpy(out, full, n);
    free(full);
}

/* One question of the slide at least. */
static bool is_answered(const StateAnswers *a) {
    for (int i = 0; i < STATE_ASKS_MAX; i++)
        if (a->at[i] != STATE_NONE) return true;
    return false;
}

static void note_deck(App *app) {
    char name[LESSONS_NAME_MAX];
    const HistoryKind kind = app->deck_is_file ? HISTORY_DECK : HISTORY_LESSON;
    catalogue_name(app->deck, name);
    const char *what = app->deck_is_file ? app->deck_full : name;
    history_see(app->past, kind, what, app->slide, app->beat,
                deck_n_slides(app->deck));
    if (is_answered(&app->state.answer))
        history_answer(app->past, kind, what, app->slide);
}

/* What is shown has been seen; under the start page nothing is. */
static void note(App *app) {
    if (app->model_full[0]) {
        history_use(app->past, app->model_full);
        app->model_full[0] = '\0';
    }
    if (app->deck && app->page != PAGE_START) note_deck(app);
}

int app_keep_history(App *app) {
    Err err = {0};
    if (!app->past) return -1;
    note(app);
    if (!history_is_new(app->past)) return -1;
    if (app->now_ms >= app->save_ms) {
        app->save_ms = app->now_ms + SAVE_MS;
        if (!history_save(app->past, &err) && err.code != ERR_NONE)
            app_say(app, true, "what was done is not kept: %s", err.msg);
        if (!history_is_new(app->past)) return -1;
    }
    return (int)(app->save_ms - app->now_ms);
}
