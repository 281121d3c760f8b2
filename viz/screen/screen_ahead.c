/* What the next key asks for, asked before it comes: who has gone to the next
 * token, layer, head or operation mostly goes on.  The stage is drawn onto
 * nothing as it is there, and what that lacks is made while nothing else is.
 * Views that walk over the steps of training read those ahead (app_ahead.c). */
#include "viz/screen/screen_private.h"

#include <stdio.h>

#define SLOW_MS  250 /* numbers took longer: a model that is busy enough */
#define AGAIN_MS 3   /* between two looks at what is being made */
#define DRAWINGS 6   /* some numbers are asked for once others are there */

static Spot spot_of(const Scene *scene, const Stage *s) {
    return (Spot){.view = scene->view,
                  .text = scene->text,
                  .pos = s->pos,
                  .layer = s->layer,
                  .head = s->layer * s->config->n_heads + s->head,
                  .op = s->op};
}

static bool is_one(int d) {
    return d == 1 || d == -1;
}

static bool is_in(const Stage *s, const State *next) {
    return next->token >= 0 && next->token < s->n_pos && next->layer >= 0 &&
           next->layer < s->config->n_layers && next->head >= 0;
}

/* From where it was to where it is, once more.  False: that was no step, or
 * there is nothing in that direction. */
static bool go_on(const Stage *s, const Spot *was, const Spot *is,
                  State *next) {
    const int n_heads = s->config->n_heads;
    const int pos = is->pos - was->pos, op = is->op - was->op;
    const int layer = is->layer - was->layer, head = is->head - was->head;
    const int moved = (pos != 0) + (layer != 0 || head != 0) + (op != 0);
    ViewOp named;
    if (was->view != is->view || was->text != is->text || moved != 1)
        return false;
    next->token = is->pos + pos;
    next->layer = is->layer;
    if (layer == 0 || head != layer * n_heads) { /* to the next head */
        next->layer = (is->head + head) / n_heads;
        next->head = (is->head + head) % n_heads;
    } else {
        next->layer += layer;
    }
    if (op != 0 && (is->view->step || is->op + op < 0 ||
                    !is->view->op(s->config->arch, is->op + op, &named)))
        return false;
    if (op != 0) snprintf(next->op, sizeof next->op, "%s", named.name);
    return (is_one(pos) || is_one(layer) || is_one(head) || is_one(op)) &&
           is_in(s, next);
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
    if (asks && a->left == DRAWINGS) {
        a->was = a->is;
        a->is = spot_of(&scene, &stage);
    }
    asks = asks && !a->is.view->walks && go_on(&stage, &a->was, &a->is, &next);
    scene.state = &next;
    if (asks) draw_onto_nothing(s, &scene, c);
    app_look_away(s->app);
    return asks && !app_is_ahead(s->app);
}

/* The picture of this turn is there, and nothing goes on. */
static bool is_calm(const Screen *s) {
    const Frame *f = &s->frame;
    return !s->presents && !s->held && f->view && f->is_whole && !f->is_busy &&
           !f->is_covered && s->turn == app_turn(s->app);
}

int screen_look_ahead(Screen *s, Canvas *c, uint64_t now_ms) {
    Ahead *a = &s->ahead;
    if (a->turn != s->turn)
        *a = (Ahead){s->turn, now_ms, DRAWINGS, a->was, a->is};
    if (!is_calm(s) || a->left == 0) return -1;
    if (a->left == DRAWINGS && now_ms > a->since_ms + SLOW_MS) {
        a->left = 0;
        return -1;
    }
    if (a->left < DRAWINGS && !app_is_ahead(s->app)) return AGAIN_MS;
    a->left = ask(s, c) ? a->left - 1 : 0;
    return a->left > 0 ? AGAIN_MS : -1;
}
