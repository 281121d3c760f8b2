/* Undo and redo: the states that input has left, and the way among them. */
#include "viz/app/app_private.h"

#include <string.h>

void app_forget(App *app) {
    for (int i = 0; i < app->n_history; i++)
        state_free(&app->history[i]);
    app->n_history = app->now = 0;
    app->n_places = app->place = 0;
}

static void drop_oldest(App *app) {
    state_free(&app->history[0]);
    memmove(app->history, app->history + 1,
            (size_t)(app->n_history - 1) * sizeof *app->history);
    app->n_history--;
    app->now--;
}

/* What came after the present one is gone once another follows it. */
static void drop_later(App *app) {
    while (app->n_history > app->now + 1)
        state_free(&app->history[--app->n_history]);
}

void app_remember(App *app) {
    Err err = {0};
    if (app->mode == APP_EDITING) return; /* it ends as one change */
    app_remember_place(app);
    if (app->n_history && state_equal(&app->history[app->now], &app->state))
        return;
    if (app->n_history) drop_later(app);
    if (app->n_history == APP_HISTORY_MAX) drop_oldest(app);
    State *to = &app->history[app->n_history];
    state_init(to);
    if (!state_copy(to, &app->state, &err)) {
        app_say(app, true, "%s", err.msg);
        return;
    }
    app->now = app->n_history++;
}

/* Whether the lesson, which may have been read again, still has that beat. */
static bool has_beat(const App *app, const State *s) {
    return app->deck && s->slide <= deck_n_slides(app->deck) &&
           s->beat < deck_slide(app->deck, s->slide - 1)->n_beats;
}

/* A beat is where it was, too; one that is gone stays gone. */
void app_take_back(App *app, const State *was) {
    Err err = {0};
    State next;
    state_init(&next);
    bool ok = state_copy(&next, was, &err);
    if (app->deck && !has_beat(app, &next)) {
        next.slide = app->slide + 1;
        next.beat = app->beat;
    }
    if (!ok || !app_adopt(app, &next, &err))
        app_say(app, true, "%s", err.msg);
    else if (app->deck)
        app_enter_beat(app, app->state.slide - 1, app->state.beat);
    app->opened++;
    state_free(&next);
}

void app_undo(App *app, int dir) {
    app_remember(app);
    const int to = app->now + dir;
    if (to < 0 || to >= app->n_history) {
        app_say(app, false, dir < 0 ? "nothing to undo" : "nothing to redo");
        return;
    }
    app->now = to;
    app_take_back(app, &app->history[to]);
}
