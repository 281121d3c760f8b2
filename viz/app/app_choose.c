/* What is typed into the palette, and which of its lines is chosen.  The lines
 * are the screen's. */
#include "viz/app/app_private.h"

#include "engine/base/utf8.h"

#include <stdio.h>
#include <string.h>

void app_begin_choosing(App *app) {
    app->mode = APP_CHOOSING;
    app->composed = 0;
    app->needle[0] = '\0';
    app->chosen = 0;
    offers_read(&app->offers, app_beside(app));
    app_touch(app);
}

void app_end_choosing(App *app) {
    if (app->mode == APP_CHOOSING) app->mode = APP_STEPPING;
    app_touch(app);
}

void app_choose(App *app, int line) {
    app->chosen = line < 0 ? 0 : line;
    app_touch(app);
}

void app_choose_again(App *app, const char *text) {
    snprintf(app->needle, sizeof app->needle, "%s", text);
    app_choose(app, 0);
}

static void open_lesson(App *app, const char *name) {
    Err err = {0};
    if (app_open_lesson(app, name, &err))
        app_begin_deck(app);
    else
        app_say(app, true, "%s", err.msg);
}

static void open_model(App *app, const char *name) {
    snprintf(app->state.model, sizeof app->state.model, "%s", name);
    app_update(app);
}

void app_take_offer(App *app, int i) {
    const Offer *o = &app->offers.list[i];
    char path[APP_PATH_MAX];
    switch (o->kind) {
    case OFFER_LESSON:
        open_lesson(app, o->name);
        break;
    case OFFER_DECK:
        if (offers_path(app_beside(app), o->name, path, sizeof path))
            app_drop(app, path);
        break;
    case OFFER_MODEL:
        open_model(app, o->name);
        break;
    }
}

void app_choose_text(App *app, const char *text) {
    const size_t n = strlen(app->needle);
    if (n + strlen(text) < sizeof app->needle)
        memcpy(app->needle + n, text, strlen(text) + 1);
    app_choose(app, 0);
}

void app_choose_key(App *app, const char *key) {
    const size_t n = strlen(app->needle);
    if (strcmp(key, "Esc") == 0) {
        app_end_choosing(app);
    } else if (strcmp(key, "Backspace") == 0 && n > 0) {
        app->needle[utf8_prev(app->needle, n, n)] = '\0';
        app_choose(app, 0);
    } else if (strcmp(key, "Ctrl+U") == 0) {
        app->needle[0] = '\0';
        app_choose(app, 0);
    }
}
