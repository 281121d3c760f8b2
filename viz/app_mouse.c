/* The mouse: looks up what the last frame registered where it is. */
#include "viz/app_internal.h"

#include <math.h>

static void drag(App *app, int x) {
    const Hit *h = &app->drag_hit;
    float f = (float)(x - h->rect.x) / (float)(h->rect.w > 1 ? h->rect.w : 1);
    f = fminf(fmaxf(f, 0), 1);
    app_set_number(app, h->slider_key, h->lo + f * (h->hi - h->lo));
}

/* The number of a pick, and of the state, that a key names. */
static int *pick_number(Pick *p, StateKey key) {
    switch (key) {
    case STATE_LAYER:
        return &p->layer;
    case STATE_HEAD:
        return &p->head;
    case STATE_TOKEN:
        return &p->token;
    case STATE_KEY:
        return &p->key;
    case STATE_ELEM:
        return &p->elem;
    default:
        return NULL;
    }
}

static int *state_number(State *s, StateKey key) {
    switch (key) {
    case STATE_LAYER:
        return &s->layer;
    case STATE_HEAD:
        return &s->head;
    case STATE_TOKEN:
        return &s->token;
    case STATE_KEY:
        return &s->key;
    case STATE_ELEM:
        return &s->elem;
    default:
        return NULL;
    }
}

static void pick(App *app, Pick *p) {
    if (p->keys & 1u << STATE_VIEW) app_show_view(app, view_find(p->view));
    if (p->keys & 1u << STATE_OP) app_set_word(app->state.op, p->op);
    if (p->keys & 1u << STATE_SORT) app_set_word(app->state.sort, p->sort);
    for (StateKey k = STATE_LAYER; k <= STATE_ELEM; k++)
        if (p->keys & 1u << k)
            *state_number(&app->state, k) = *pick_number(p, k);
    app->inspector_scroll = 0;
    if (p->keys & 1u << STATE_THEN)
        app_force(app, p->then);
    else
        app_update(app);
}

/* What a hit at (row, col) sets, its grid's keys filled in. */
static Pick resolve(const Hit *h, int row, int col) {
    Pick p = h->pick;
    if (h->kind != HIT_GRID) return p;
    const StateKey keys[] = {h->row_key, h->col_key};
    const int cell[] = {row, col};
    for (int i = 0; i < 2; i++) {
        int *number = pick_number(&p, keys[i]);
        if (!number) continue; /* this axis sets nothing */
        *number = cell[i];
        p.keys |= 1u << keys[i];
    }
    return p;
}

bool app_pick_at(const App *app, int x, int y, Pick *out) {
    int row, col;
    const Hit *hit = hits_at(&app->hits, x, y, &row, &col);
    if (!hit || (hit->kind != HIT_PICK && hit->kind != HIT_GRID)) return false;
    *out = resolve(hit, row, col);
    return true;
}

void app_mouse_down(App *app, int x, int y) {
    int row, col;
    const Hit *hit = hits_at(&app->hits, x, y, &row, &col);
    if (!hit) return;
    Hit h = *hit; /* the list is remade by any redraw */
    Pick picked = resolve(hit, row, col);
    switch (h.kind) {
    case HIT_PICK:
    case HIT_GRID:
        pick(app, &picked);
        break;
    case HIT_SLIDER:
        app->dragging = true;
        app->drag_hit = h;
        drag(app, x);
        break;
    case HIT_COMMAND:
        app_run(app, h.command);
        break;
    case HIT_ANSWER:
        app_answer(app, h.rows);
        break;
    default:
        break;
    }
}

void app_mouse_up(App *app) {
    app->dragging = false;
}

void app_mouse_move(App *app, int x, int y) {
    int old_row, old_col, row, col;
    const Hit *was =
        hits_at(&app->hits, app->mouse_x, app->mouse_y, &old_row, &old_col);
    app->mouse_x = x;
    app->mouse_y = y;
    if (app->dragging) drag(app, x);
    const Hit *is = hits_at(&app->hits, x, y, &row, &col);
    /* Only a move onto something else changes the picture. */
    if (is != was || row != old_row || col != old_col) app->dirty = true;
}

void app_wheel(App *app, int x, int y, int steps) {
    (void)y;
    if (x >= app->inspector_x) {
        app->inspector_scroll -= steps * 3;
        if (app->inspector_scroll < 0) app->inspector_scroll = 0;
        app->dirty = true;
    } else {
        app_step_token(app, steps > 0 ? -1 : +1);
    }
}
