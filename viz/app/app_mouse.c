/* The mouse: looks up what the last frame registered where it is. */
#include "viz/app/app_private.h"

#include <math.h>

static void drag(App *app, int x) {
    const Hit *h = &app->drag_hit;
    float f = (float)(x - h->rect.x) / (float)(h->rect.w > 1 ? h->rect.w : 1);
    f = fminf(fmaxf(f, 0), 1);
    app_set_number(app, h->slider_key, h->lo + f * (h->hi - h->lo));
}

/* Where a number that a click sets stands in the state; NULL: nowhere. */
static int *number_of(State *s, StateKey key) {
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

static void set_part(State *s, const PickPart *part) {
    int *number = number_of(s, part->key);
    if (number)
        *number = part->number;
    else if (part->key == STATE_OP)
        app_set_word(s->op, part->word);
    else if (part->key == STATE_SORT)
        app_set_word(s->sort, part->word);
}

static void pick(App *app, const Pick *p) {
    /* First, as it puts away what was open. */
    if (pick_find(p, STATE_VIEW))
        app_show_view(app, view_find(pick_get_word(p, STATE_VIEW)));
    for (int i = 0; i < p->n; i++)
        set_part(&app->state, &p->parts[i]);
    app->inspector_scroll = 0;
    if (pick_find(p, STATE_THEN))
        app_force(app, pick_get(p, STATE_THEN));
    else
        app_update(app);
}

/* What a hit at (row, col) sets, its grid's keys filled in. */
static Pick resolve(const Hit *h, int row, int col) {
    if (h->kind != HIT_GRID) return h->pick;
    return pick_and(h->pick, pick_and(pick_number(h->row_key, row),
                                      pick_number(h->col_key, col)));
}

bool app_pick_at(const App *app, int x, int y, Pick *out) {
    int row, col;
    const Hit *hit = hits_at(&app->hits, x, y, &row, &col);
    if (!hit || (hit->kind != HIT_PICK && hit->kind != HIT_GRID)) return false;
    *out = resolve(hit, row, col);
    return true;
}

Command app_command_at(const App *app, int x, int y, int *arg) {
    int row, col;
    const Hit *hit = hits_at(&app->hits, x, y, &row, &col);
    *arg = hit ? hit->arg : 0;
    return hit && hit->kind == HIT_COMMAND ? hit->command : CMD_NONE;
}

void app_mouse_down(App *app, int x, int y) {
    int row, col;
    if (app->mode == APP_HELPING) { /* as any key; a line does what it says */
        app->mode = APP_STEPPING;
        app->dirty = true;
    }
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
        app_run(app, h.command, h.arg);
        break;
    case HIT_ANSWER:
        app_answer(app, h.arg);
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
    /* A sideways turn is 0 steps; what is covered does not move. */
    if (steps == 0 || app->black || app->mode == APP_HELPING) return;
    if (x >= app->inspector_x) {
        app->inspector_scroll -= steps * 3;
        if (app->inspector_scroll < 0) app->inspector_scroll = 0;
        app->dirty = true;
    } else {
        app_step_token(app, steps > 0 ? -1 : +1);
    }
}
