/* What the next key asks for, asked before it comes: who has gone to the next
 * token, layer, head or operation mostly goes on, and who has come to a place
 * goes to the token after.  The stage is drawn onto nothing as it is there, and
 * what that lacks is made while nothing else is.  Who rests there may go
 * anywhere, so all other steps follow, one after the other; then the likeliest
 * once more, as what was asked for longest ago is the first not to be kept.
 * Views that walk over the steps of training read those ahead (app_ahead.c). */
#include "viz/screen/screen_private.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOW_MS  250 /* numbers took longer: a model that is busy enough */
#define REST_MS  200 /* without a key: it may be any step */
#define AGAIN_MS 3   /* between two looks at what is being made */
#define DRAWINGS 6   /* some numbers are asked for once others are there */

static Spot spot_of(const Scene *scene, const Stage *s) {
    return (Spot){.view = scene->view,
                  .text = scene->text,
                  .pos = s->pos,
                  .head = s->layer * s->config->n_heads + s->head,
                  .op = s->op};
}

/* What led from one place to the other, if it was one step: to a token, a
 * layer, a head or an operation; else the one to the token after, or before. */
static Step step_of(const Spot *was, const Spot *is, const Stage *s) {
    const Step d = {is->pos - was->pos, is->head - was->head, is->op - was->op};
    const int pos = abs(d.pos), head = abs(d.head), op = abs(d.op);
    const bool is_head = head == 1 || head == s->config->n_heads;
    const bool is_step = pos + op == 0 ? is_head : head == 0 && pos + op == 1;
    return was->view == is->view && was->text == is->text && is_step
               ? d
               : (Step){.pos = is->pos + 1 < s->n_pos ? 1 : -1};
}

#define TRIED 10 /* the likeliest step, all, and the likeliest again */

static Step step_at(const Ahead *a, const Stage *s) {
    const int layer = s->config->n_heads;
    const Step all[TRIED] = {a->step,         {.pos = 1},       {.pos = -1},
                             {.head = layer}, {.head = -layer}, {.head = 1},
                             {.head = -1},    {.op = 1},        {.op = -1},
                             a->step};
    return all[a->tried];
}

/* False: there is nothing in that direction. */
static bool go_on(const Stage *s, const Spot *is, Step d, State *next) {
    const Config *c = s->config;
    const int head = is->head + d.head;
    ViewOp op = {.name = ""};
    next->token = is->pos + d.pos;
    next->layer = head / c->n_heads;
    next->head = head % c->n_heads;
    if (d.op != 0 && (!is->view->op || is->view->step || is->op + d.op < 0 ||
                      !is->view->op(c->arch, is->op + d.op, &op)))
        return false;
    if (d.op != 0) snprintf(next->op, sizeof next->op, "%s", op.name);
    return next->token >= 0 && next->token < s->n_pos && head >= 0 &&
           next->layer < c->n_layers;
}

/* Its hits are of no picture, and it has no mouse. */
static void draw_onto_nothing(Screen *s, const Scene *scene, Canvas *c) {
    const int n = s->hits.n, n_terms = s->hits.n_terms;
    Stage stage;
    canvas_push_clip(c, (Rect){0});
    if (screen_stage(s, scene, c, &stage)) {
        stage.mouse_x = stage.mouse_y = -1;
        stage.tip = NULL;
        screen_draw_view(scene, c, s->frame.stage, &stage);
    }
    canvas_pop_clip(c);
    s->hits.n = n;
    s->hits.n_terms = n_terms;
}

/* False: there is nothing more to ask for. */
static bool ask(Screen *s, Canvas *c) {
    Ahead *a = &s->ahead;
    Scene scene;
    Stage stage;
    app_look_ahead(s->app, &scene);
    State next = *scene.state; /* its texts are borrowed */
    bool asks = screen_stage(s, &scene, c, &stage);
    if (asks && a->tried == 0 && a->left == DRAWINGS) {
        const Spot was = a->spot;
        a->spot = spot_of(&scene, &stage);
        a->step = step_of(&was, &a->spot, &stage);
    }
    asks = asks && !scene.view->walks &&
           go_on(&stage, &a->spot, step_at(a, &stage), &next);
    scene.state = &next;
    if (asks) draw_onto_nothing(s, &scene, c);
    return !app_end_ahead(s->app) && asks;
}

/* The picture of this turn is there, and nothing goes on. */
static bool is_calm(const Screen *s) {
    const Frame *f = &s->frame;
    return !s->presents && !s->held && f->view && f->is_whole && !f->is_busy &&
           !f->is_covered && s->turn == app_turn(s->app);
}

static void try_from(Ahead *a, int tried) {
    a->tried = tried;
    a->left = DRAWINGS;
}

int screen_look_ahead(Screen *s, Canvas *c, uint64_t now_ms) {
    Ahead *a = &s->ahead;
    if (a->turn != s->turn) {
        a->turn = s->turn;
        a->since_ms = now_ms;
        try_from(a, 0);
    }
    if (!is_calm(s) || a->tried == TRIED) return -1;
    const bool begins = a->left == DRAWINGS;
    const bool is_other = a->tried > 0 && a->tried < TRIED - 1;
    if (a->tried == 0 && begins && now_ms > a->since_ms + SLOW_MS) {
        a->tried = TRIED;
        return -1;
    }
    if (is_other && now_ms < a->since_ms + REST_MS)
        return (int)(a->since_ms + REST_MS - now_ms);
    if (begins) a->tried_ms = now_ms;
    const bool is_slow = now_ms > a->tried_ms + SLOW_MS;
    if (!begins && !app_is_ahead(s->app)) {
        if (is_other && is_slow) try_from(a, TRIED - 1);
        return AGAIN_MS;
    }
    if (!ask(s, c) || --a->left == 0)
        try_from(a, is_slow ? TRIED : a->tried + 1);
    return a->tried < TRIED ? AGAIN_MS : -1;
}
