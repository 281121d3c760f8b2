/* The mouse: looks up what the last frame registered where it is. */
#include "viz/app/app_private.h"

#include <math.h>
#include <stddef.h>

static void drag(App *app, int x) {
    const Hit *h = &app->drag_hit;
    float f = (float)(x - h->rect.x) / (float)(h->rect.w > 1 ? h->rect.w : 1);
    f = fminf(fmaxf(f, 0), 1);
    app_set_number(app, h->slider_key, h->lo + f * (h->hi - h->lo));
}

/* The keys that are numbers both in a pick and in the state. */
static const struct {
    StateKey key;
    size_t in_pick, in_state;
} numbers[] = {
    {STATE_LAYER, offsetof(Pick, layer), offsetof(State, layer)},
    {STATE_HEAD, offsetof(Pick, head), offsetof(State, head)},
    {STATE_TOKEN, offsetof(Pick, token), offsetof(State, token)},
    {STATE_KEY, offsetof(Pick, key), offsetof(State, key)},
    {STATE_ELEM, offsetof(Pick, elem), offsetof(State, elem)},
};
enum { N_NUMBERS = sizeof numbers / sizeof *numbers };

static void set_number(void *to, size_t offset, int v) {
    *(int *)((char *)to + offset) = v;
}

static int get_number(const void *from, size_t offset) {
    return *(const int *)((const char *)from + offset);
}

static void pick(App *app, const Pick *p) {
    if (p->keys & 1u << STATE_VIEW) app_show_view(app, view_find(p->view));
    if (p->keys & 1u << STATE_OP) app_set_word(app->state.op, p->op);
    if (p->keys & 1u << STATE_SORT) app_set_word(app->state.sort, p->sort);
    for (int i = 0; i < N_NUMBERS; i++)
        if (p->keys & 1u << numbers[i].key)
            set_number(&app->state, numbers[i].in_state,
                       get_number(p, numbers[i].in_pick));
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
    for (int i = 0; i < N_NUMBERS; i++) {
        StateKey key = numbers[i].key;
        if (key != h->row_key && key != h->col_key) continue;
        set_number(&p, numbers[i].in_pick, key == h->row_key ? row : col);
        p.keys |= 1u << key;
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

Command app_command_at(const App *app, int x, int y) {
    int row, col;
    const Hit *hit = hits_at(&app->hits, x, y, &row, &col);
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
