/* Back and forward: the places that input has left, and the way among them.
 * What is written, changed or compared stays as it is. */
#include "viz/app/app_private.h"

#include "engine/base/num.h"

#include <string.h>

static AppPlace here(const App *app) {
    const State *s = &app->state;
    AppPlace p = {.token = app_pos(app),
                  .layer = s->layer,
                  .head = s->head,
                  .key = s->key,
                  .elem = s->elem};
    app_set_word(p.view, s->view);
    app_set_word(p.op, s->op);
    app_set_word(p.opened, s->opened);
    app_set_word(p.part, s->part);
    app_set_word(p.number, s->number);
    return p;
}

static bool same_place(const AppPlace *a, const AppPlace *b) {
    return strcmp(a->view, b->view) == 0 && strcmp(a->op, b->op) == 0 &&
           strcmp(a->opened, b->opened) == 0 && a->token == b->token &&
           a->layer == b->layer && a->head == b->head && a->key == b->key &&
           a->elem == b->elem && strcmp(a->part, b->part) == 0 &&
           strcmp(a->number, b->number) == 0;
}

void app_remember_place(App *app) {
    const AppPlace place = here(app);
    if (app->n_places && same_place(&app->places[app->place], &place)) return;
    /* What lay ahead is gone once the way goes on from here. */
    if (app->n_places) app->n_places = app->place + 1;
    if (app->n_places == APP_PLACES_MAX)
        memmove(app->places, app->places + 1,
                (size_t)--app->n_places * sizeof *app->places);
    app->place = app->n_places++;
    app->places[app->place] = place;
}

/* The text may have become shorter since: then its last token. */
static void go_to(App *app, const AppPlace *p) {
    if (strcmp(app->state.view, p->view) != 0)
        app_show_view(app, view_find(p->view));
    State *s = &app->state;
    app_set_word(s->op, p->op);
    app_set_word(s->opened, p->opened);
    app_set_word(s->part, p->part);
    app_set_word(s->number, p->number);
    s->token = num_min(p->token, app_n_tokens(app) - 1);
    s->layer = p->layer;
    s->head = p->head;
    s->key = p->key;
    s->elem = p->elem;
    app_follow(app);
    app_new_place(app);
    app_update(app);
}

void app_go_back(App *app, int dir) {
    app_remember_place(app);
    const int to = app->place + dir;
    if (to < 0 || to >= app->n_places) {
        app_say(app, false, dir < 0 ? "no place before" : "no place after");
        return;
    }
    const AppPlace place = app->places[to];
    go_to(app, &place);
    app->place = to;
    app->places[to] = here(app); /* as it is by now */
}
