/* What the next key may ask for: in views that walk over the steps of training
 * each step is another model, which has to read all of the text.  They are
 * opened one at a time while nothing changes, and handed to the worker. */
#include "viz/app/app_private.h"

#define CALM_MS 40 /* that nothing has changed for, so that no frame waits */

/* The steps, NULL: no key leads to one. */
static const Training *steps_of(const App *app) {
    if (!app_view(app)->walks || app_is_live(app) || !app->checkpoints)
        return NULL;
    const Training *t = checkpoints_training(app->checkpoints);
    return t->reads ? t : NULL;
}

/* The steps [n] by how many keys lead there, later ones first, and last the one
 * where it is: it may be shown as the model that it became. */
static void by_nearness(const Training *t, int at, int out[]) {
    int n = 0;
    for (int d = 1; d < t->n; d++) {
        if (at + d < t->n) out[n++] = at + d;
        if (at - d >= 0) out[n++] = at - d;
    }
    out[n] = at;
}

/* The step's, from the shelf or, once, opened; NULL: it is not there yet, or
 * cannot take the place of what is shown. */
static const ShelfItem *step_item(App *app, int step, bool *may_open) {
    Err ignored = {0};
    char name[STATE_PATH_MAX];
    training_model(step, name);
    const ShelfItem *item = shelf_find(&app->shelf, name);
    if (!item && *may_open && app->shelf.n < SHELF_MAX) {
        *may_open = false;
        item = app_item_for(app, name, &ignored);
    }
    return item && shelf_alike(item, app->item) ? item : NULL;
}

/* Hands over those that are open, and opens one; true: it did, and more of them
 * may be of use. */
static bool open_next(App *app, const Training *t) {
    int order[TRAINING_STEPS_MAX] = {0}, n = 0;
    WorkerAhead models[WORKER_AHEAD_MAX];
    const int had = app->shelf.n;
    bool may_open = true;
    by_nearness(t, training_at(t, app->state.model), order);
    for (int i = 0; i < t->n; i++) {
        const ShelfItem *item =
            step_item(app, t->steps[order[i]].step, &may_open);
        if (item)
            models[n++] =
                (WorkerAhead){item->model, tokenizer_drawn(item->tokenizer)};
    }
    worker_read_ahead(app->worker, models, n);
    return app->shelf.n > had && n > 0;
}

int app_read_ahead(App *app) {
    const Training *t = steps_of(app);
    if (!t) {
        worker_read_ahead(app->worker, NULL, 0);
        return -1;
    }
    if (app->ahead_seen != app->changes) {
        app->ahead_seen = app->changes;
        app->ahead_ms = app->now_ms + CALM_MS;
    }
    if (app->now_ms < app->ahead_ms) return (int)(app->ahead_ms - app->now_ms);
    return open_next(app, t) ? 1 : -1;
}

void app_settle_ahead(App *app) {
    app_settle(app, -1);
    const Training *t = steps_of(app);
    while (t && open_next(app, t)) {
    }
    worker_wait_idle(app->worker, -1);
}
