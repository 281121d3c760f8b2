/* The mouse: looks up what the last frame registered where it is. */
#include "viz/app_internal.h"

#include <math.h>

static void drag(App *app, int x) {
    const Hit *h = &app->drag_hit;
    float f = (float)(x - h->rect.x) / (float)(h->rect.w > 1 ? h->rect.w : 1);
    f = fminf(fmaxf(f, 0), 1);
    app_set_number(app, h->slider_key, h->lo + f * (h->hi - h->lo));
}

static void pick_key(App *app, StateKey key, int value) {
    switch (key) {
    case STATE_LAYER: app->state.layer = value; break;
    case STATE_HEAD: app->state.head = value; break;
    case STATE_TOKEN: app->state.token = value; break;
    case STATE_KEY: app->state.key = value; break;
    case STATE_ELEM: app->state.elem = value; break;
    default: break;
    }
}

static void pick(App *app, const Pick *p) {
    if (p->keys & 1u << STATE_VIEW)
        app_show_view(app, view_find(p->view));
    if (p->keys & 1u << STATE_OP)
        app_set_word(app->state.op, p->op);
    if (p->keys & 1u << STATE_SORT)
        app_set_word(app->state.sort, p->sort);
    const int values[] = {[STATE_LAYER] = p->layer,
                          [STATE_HEAD] = p->head,
                          [STATE_TOKEN] = p->token,
                          [STATE_KEY] = p->key,
                          [STATE_ELEM] = p->elem};
    for (StateKey k = STATE_LAYER; k <= STATE_ELEM; k++)
        if (p->keys & 1u << k)
            pick_key(app, k, values[k]);
    app->inspector_scroll = 0;
}

void app_mouse_down(App *app, int x, int y) {
    int row, col;
    const Hit *hit = hits_at(&app->hits, x, y, &row, &col);
    if (!hit)
        return;
    Hit h = *hit; /* the list is remade by any redraw */
    switch (h.kind) {
    case HIT_PICK:
    case HIT_GRID:
        pick(app, &h.pick);
        if (h.kind == HIT_GRID) {
            pick_key(app, h.row_key, row);
            pick_key(app, h.col_key, col);
        }
        if (h.pick.keys & 1u << STATE_THEN)
            app_force(app, h.pick.then);
        else
            app_update(app);
        break;
    case HIT_SLIDER:
        app->dragging = true;
        app->drag_hit = h;
        drag(app, x);
        break;
    case HIT_COMMAND: app_run(app, h.command); break;
    case HIT_ANSWER: app_answer(app, h.rows); break;
    default: break;
    }
}

void app_mouse_up(App *app) { app->dragging = false; }

void app_mouse_move(App *app, int x, int y) {
    int old_row, old_col, row, col;
    const Hit *was =
        hits_at(&app->hits, app->mouse_x, app->mouse_y, &old_row, &old_col);
    app->mouse_x = x;
    app->mouse_y = y;
    if (app->dragging)
        drag(app, x);
    const Hit *is = hits_at(&app->hits, x, y, &row, &col);
    /* Only a move onto something else changes the picture. */
    if (is != was || row != old_row || col != old_col)
        app->dirty = true;
}

void app_wheel(App *app, int x, int y, int steps) {
    (void)y;
    if (x >= app->inspector_x) {
        app->inspector_scroll -= steps * 3;
        if (app->inspector_scroll < 0)
            app->inspector_scroll = 0;
        app->dirty = true;
    } else {
        app_step_token(app, steps > 0 ? -1 : +1);
    }
}

