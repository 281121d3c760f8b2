/* Which model is run: the one that was opened, or one that the state names. */
#include "viz/app/app_private.h"

#include "viz/app/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the worker, and what is as long as its context ---------------------- */

typedef struct Room {
    int *ids, *other_ids, *label_ids;
    char (*labels)[STAGE_LABEL_MAX];
} Room;

static void free_room(const Room *r) {
    free(r->ids);
    free(r->other_ids);
    free(r->label_ids);
    free(r->labels);
}

static bool make_room(Room *r, int seq_len, Err *err) {
    const size_t n = (size_t)seq_len;
    *r = (Room){.ids = calloc(n, sizeof(int)),
                .other_ids = calloc(n, sizeof(int)),
                .label_ids = calloc(n, sizeof(int))};
    r->labels = calloc(2 * n, sizeof *r->labels);
    if (r->ids && r->other_ids && r->label_ids && r->labels) return true;
    free_room(r);
    return err_memory(err, "the viewer", n * 80);
}

static void put_room(App *app, const Room *r) {
    free_room(&(Room){app->ids, app->other_ids, app->label_ids, app->labels});
    app->ids = r->ids;
    app->other_ids = r->other_ids;
    app->label_ids = r->label_ids;
    app->labels = r->labels;
    app->n_labels = app->n_ids = app->n_prompt = 0;
}

static void put_item(App *app, const ShelfItem *item) {
    app->item = item;
    app->model = item->model;
    app->tokenizer = item->tokenizer;
    app->goal_set = false;
}

bool app_open_engine(App *app, const ShelfItem *item, Err *err) {
    Room room;
    WorkerOptions o = app->worker_options;
    o.model = item->model;
    o.drawn = tokenizer_drawn(item->tokenizer);
    Worker *w = worker_open(&o, err);
    if (!w || !make_room(&room, worker_seq_len(w), err)) {
        worker_close(w);
        return false;
    }
    worker_close(app->worker);
    checkpoints_close(app->checkpoints); /* they were for other tokens */
    app->checkpoints = NULL;
    app->checkpoints_sought = false;
    live_close(app->live);
    app->live = NULL;
    app->live_sought = false;
    app->worker = w;
    app->seq_len = worker_seq_len(w);
    put_room(app, &room);
    put_item(app, item);
    return true;
}

/* ---- the state's --------------------------------------------------------- */

static bool in_use(void *ud, const Model *m) {
    const App *app = ud;
    return m == app->model ||
           (app->other_item && m == app->other_item->model) ||
           worker_uses(app->worker, m);
}

static void let_go(void *ud, const Model *m) {
    const App *app = ud;
    worker_let_go(app->worker, m);
}

const ShelfItem *app_item_for(App *app, const char *name, Err *err) {
    const char *file = app_beside(app);
    const ShelfAsk ask = {file[0] ? file : NULL, in_use, let_go, app};
    return shelf_take(&app->shelf, name, &ask, err);
}

static void put_name(char to[STATE_PATH_MAX], const char *from) {
    if (to != from) snprintf(to, STATE_PATH_MAX, "%s", from);
}

void app_say_doubt(App *app, const Model *m) {
    if (model_doubt(m)) app_say(app, true, "%s", model_doubt(m));
}

bool app_take_model(App *app, Err *err) {
    if (strcmp(app->state.model, app->model_name) == 0 && !app->names_stale)
        return true;
    app->names_stale = false;
    const ShelfItem *item = app_item_for(app, app->state.model, err);
    bool ok = item != NULL;
    if (ok && item != app->item) {
        /* The picture of a like one stays until there is a new one. */
        if (shelf_alike(item, app->item))
            put_item(app, item);
        else
            ok = app_open_engine(app, item, err);
        if (ok) app_say_doubt(app, item->model);
    }
    if (ok)
        put_name(app->model_name, app->state.model);
    else
        put_name(app->state.model, app->model_name);
    return ok;
}

void app_forget_names(App *app) {
    app->names_stale = true;
}

bool app_spare(const App *app, const char *out, Err *err) {
    bool ok = true;
    for (int i = 1; ok && i < app->shelf.n; i++) {
        const ShelfItem *item = app->shelf.items[i];
        ok = source_spare(out, item->model, item->name, NULL, err);
    }
    return ok;
}
