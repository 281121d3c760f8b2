/* The mouse: looks up what the last frame registered where it is. */
#include "viz/screen/screen_private.h"

#include "viz/screen/commands.h"
#include "viz/views/factor.h"

#include "engine/base/num.h"

#include <math.h>
#include <string.h>

#define WHEEL_ROWS 3 /* a wheel's step scrolls a list so far */

/* ---- how much a part counts ---------------------------------------------- */

static void set_factor(Screen *s, const Edit *part, float v) {
    Edit set = *part;
    set.scale = v;
    app_put_edit(s->app, set);
    app_update(s->app);
}

/* The slider at the mouse; NULL: it is elsewhere. */
static const Hit *factor_hit(const Screen *s) {
    int row, col;
    if (s->dragging) /* wherever the mouse has gone since */
        return s->drag_hit.slider_key == STATE_EDIT &&
                       s->drag_hit.kind == HIT_SLIDER
                   ? &s->drag_hit
                   : NULL;
    const Hit *hit = hits_at(&s->hits, s->mouse_x, s->mouse_y, &row, &col);
    return hit && hit->kind == HIT_SLIDER && hit->slider_key == STATE_EDIT
               ? hit
               : NULL;
}

void screen_note_factor(Screen *s) {
    const Hit *hit = factor_hit(s);
    s->holds_factor = hit != NULL;
    if (hit) s->factor = hit->part;
}

/* By steps of a tenth. */
static void step_factor(Screen *s, const Hit *hit, int steps) {
    const Edit part = hit->part; /* with its factor in the last frame */
    set_factor(s, &part, factor_step(&part, part.scale, steps));
}

bool screen_factor_key(Screen *s, const char *key_name) {
    const bool on = strcmp(key_name, "Right") == 0;
    const Hit *hit = factor_hit(s);
    if (!hit || s->dragging || (!on && strcmp(key_name, "Left") != 0))
        return false;
    step_factor(s, hit, on ? 1 : -1);
    return true;
}

/* ---- clicks and drags ---------------------------------------------------- */

/* By hundredths of the range, or whole ones where it is small. */
static double round_guess(const Hit *h, float f) {
    const double range = (double)h->hi - (double)h->lo;
    const double step = pow(10, floor(log10(range)) - (range > 10 ? 2 : 1));
    const double by = range >= 20 && step < 1 ? 1 : step;
    return round((double)f / by) * by;
}

static void drag(Screen *s, int x, int y) {
    const Hit *h = &s->drag_hit;
    if (hits_is_map(h)) {
        screen_drag_map(s, x, y);
        return;
    }
    if (h->kind == HIT_STRIP) {
        screen_drag_strip(s, x, y);
        return;
    }
    float f = (float)(x - h->rect.x) / (float)(h->rect.w > 1 ? h->rect.w : 1);
    f = fminf(fmaxf(f, 0), 1);
    f = h->lo + f * (h->hi - h->lo);
    if (h->slider_key == STATE_SHAPE)
        app_set_size(s->app, (ShapeDim)h->arg, exp2((double)f));
    else if (h->slider_key == STATE_EDIT)
        set_factor(s, &h->part, factor_near(&h->part, f));
    else if (h->slider_key == STATE_ANSWER)
        app_guess(s->app, h->arg, round_guess(h, f));
    else
        app_set_number(s->app, h->slider_key, f);
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
    case STATE_SHIFT:
        return &s->shift;
    case STATE_STEP:
        return &s->step;
    case STATE_APART:
        return &s->apart;
    default:
        return NULL;
    }
}

static void set_part(State *s, const PickPart *part) {
    int *number = number_of(s, part->key);
    /* It is shown, wherever a map was moved to. */
    if (part->key == STATE_TOKEN) s->at[0] = -1;
    if (part->key == STATE_KEY) s->at[1] = -1;
    if (number)
        *number = part->number;
    else if (part->key == STATE_MODEL)
        training_model(part->number, s->model);
    else if (part->key == STATE_OP)
        app_set_word(s->op, part->word);
    else if (part->key == STATE_SORT)
        app_set_word(s->sort, part->word);
    else if (part->key == STATE_OVER)
        app_set_word(s->over, part->word);
    else if (part->key == STATE_LEARNS)
        app_set_word(s->learns, part->word);
    else if (part->key == STATE_OPENED)
        app_set_word(s->opened, part->word);
    else if (part->key == STATE_PART)
        app_set_word(s->part, part->word);
    else if (part->key == STATE_NUMBER)
        app_set_word(s->number, part->word);
}

/* What opens a number without a word on the run means the one shown. */
static bool opens_now(const Pick *p) {
    return (pick_find(p, STATE_ELEM) || pick_find(p, STATE_KEY) ||
            pick_find(p, STATE_NUMBER)) &&
           !pick_find(p, STATE_OPENED);
}

void screen_pick_into(State *state, const Pick *p) {
    const PickPart *view = pick_find(p, STATE_VIEW);
    if (view) {
        app_set_word(state->view, view->word);
        state->op[0] = '\0';
        state->elem = -1;
    }
    for (int i = 0; i < p->n; i++)
        set_part(state, &p->parts[i]);
}

void screen_pick(Screen *s, const Pick *p) {
    App *app = s->app;
    /* First, as it puts away what was open. */
    if (pick_find(p, STATE_VIEW))
        app_show_view(app, view_find(pick_get_word(p, STATE_VIEW)));
    if (opens_now(p)) {
        app_set_word(app_change(app)->opened, "now");
        app_unfold(app);
    }
    for (int i = 0; i < p->n; i++)
        set_part(app_change(app), &p->parts[i]);
    app_new_place(app);
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

bool screen_pick_at(const Screen *s, int x, int y, Pick *out) {
    int row, col;
    const Hit *hit = hits_at(&s->hits, x, y, &row, &col);
    if (!hit || (hit->kind != HIT_PICK && hit->kind != HIT_GRID)) return false;
    *out = resolve(hit, row, col);
    return true;
}

Command screen_command_at(const Screen *s, int x, int y, int *arg) {
    int row, col;
    const Hit *hit = hits_at(&s->hits, x, y, &row, &col);
    *arg = hit ? hit->arg : 0;
    return hit && hit->kind == HIT_COMMAND ? hit->command : CMD_NONE;
}

/* A map of which a part is shown can be moved: it is opened on release. */
static bool can_move(const Hit *h) {
    return hits_is_map(h) && h->n_all > h->cols;
}

static void hold(Screen *s, const Hit *h, int x, int y) {
    s->dragging = true;
    s->dragged = false;
    s->drag_hit = *h;
    s->drag_x = x;
    s->drag_y = y;
}

/* Opens a cell of a map, which stays where it is. */
static void pick_in_map(Screen *s) {
    int row, col;
    const Hit map = s->drag_hit;
    const Hit *hit = hits_at(&s->hits, s->drag_x, s->drag_y, &row, &col);
    if (!hit || (hit->kind != HIT_GRID && hit->kind != HIT_PICK)) return;
    const Pick picked = resolve(hit, row, col);
    screen_pick(s, &picked);
    if (pick_find(&picked, STATE_VIEW)) return;
    screen_pan_on(s, &map, 0, 0);
}

void screen_mouse_down(Screen *s, int x, int y) {
    int row, col;
    if (screen_press_pen(s, x, y)) return;
    if (app_mode(s->app) == APP_HELPING) /* as any key; a line does more */
        app_help(s->app, false);
    const Hit *map = hits_wheel_at(&s->hits, x, y);
    if (map && can_move(map)) {
        app_remember(s->app);
        hold(s, map, x, y);
        return;
    }
    const Hit *hit = hits_at(&s->hits, x, y, &row, &col);
    if (!hit) return;
    app_remember(s->app);
    Hit h = *hit; /* the list is remade by any redraw */
    Pick picked = resolve(hit, row, col);
    switch (h.kind) {
    case HIT_PICK:
    case HIT_GRID:
        screen_pick(s, &picked);
        break;
    case HIT_SLIDER:
    case HIT_STRIP:
        hold(s, &h, x, y);
        drag(s, x, y);
        break;
    case HIT_COMMAND:
        commands_run(s, h.command, h.arg);
        break;
    case HIT_CARET:
        app_set_caret(s->app, (size_t)h.arg);
        break;
    case HIT_LINE:
        screen_take_line(s, h.arg);
        break;
    case HIT_MENU:
        screen_take_menu(s, h.arg);
        break;
    case HIT_ANSWER:
        app_answer(s->app, h.arg / DECK_OPTIONS_MAX, h.arg % DECK_OPTIONS_MAX);
        break;
    case HIT_VOTE:
        app_vote(s->app, h.arg / DECK_OPTIONS_MAX, h.arg % DECK_OPTIONS_MAX,
                 h.rows);
        break;
    case HIT_ENTRY:
        screen_take_entry(s, h.arg);
        break;
    case HIT_ORDER:
        app_order_lessons(s->app);
        break;
    default:
        break;
    }
}

void screen_mouse_up(Screen *s) {
    if (app_release_pen(s->app)) return;
    const bool is_click =
        s->dragging && hits_is_map(&s->drag_hit) && !s->dragged;
    s->dragging = false;
    if (is_click) pick_in_map(s);
}

void screen_mouse_move(Screen *s, int x, int y) {
    int old_row, old_col, row, col;
    if (screen_point(s, x, y)) return;
    int was_term = hits_term_at(&s->hits, s->mouse_x, s->mouse_y);
    const Hit *was =
        hits_at(&s->hits, s->mouse_x, s->mouse_y, &old_row, &old_col);
    s->mouse_x = x;
    s->mouse_y = y;
    if (s->dragging) drag(s, x, y);
    const Hit *is = hits_at(&s->hits, x, y, &row, &col);
    /* Only a move onto something else changes the picture. */
    if (is != was || row != old_row || col != old_col) s->dirty = true;
    if (s->term >= 0 || hits_term_at(&s->hits, x, y) != was_term)
        s->dirty = true;
    s->term = -1;
}

/* ---- the wheel: it never writes nor moves the token ------------------ *
 *
 * Over a slider it sets; over a map it zooms, all small maps at once, and with
 * Shift (or aside) moves the part shown; over a strip it moves that; over a
 * list, or what lies around small maps of which not all rows fit, it scrolls,
 * with Shift to columns that do not fit.
 * Where a map has nothing to zoom or move, what is below has the wheel. */

/* The panel at a point, if the wheel scrolls it. */
static const Panel *wheel_panel(const Screen *s, int x, int y) {
    for (int i = 0; s->panels[i]; i++)
        if (s->panels[i]->wheel_rows && rect_contains(s->places[i].rect, x, y))
            return s->panels[i];
    return NULL;
}

/* Sizes double, from the one shown on. */
static void turn_size(Screen *s, ShapeDim d, int steps) {
    const App *app = s->app;
    const int given = app_state(app)->shape.n[d];
    const int own = shape_of(model_config(app_model(app))).n[d];
    app_set_size(s->app, d, ldexp(given ? given : own, steps));
}

/* A step a position, within what the slider shows. */
static void turn_places(Screen *s, const Hit *h, int steps) {
    const State *state = app_state(s->app);
    const int now = h->slider_key == STATE_SHIFT ? state->shift : state->apart;
    app_set_number(s->app, h->slider_key,
                   fminf(fmaxf((float)(now + steps), h->lo), h->hi));
}

static void turn_slider(Screen *s, StateKey key, int steps) {
    if (key == STATE_LEAST) {
        app_step_least(s->app, steps > 0 ? 1 : -1);
        return;
    }
    const SamplerParam i = (SamplerParam)(key - state_sampler_key(0));
    const float now = sampler_get(&app_state(s->app)->sampler, i);
    app_set_number(s->app, key, now + sampler_param(i)->step * (float)steps);
}

void screen_scroll_list(Screen *s, int rows) {
    const Hit *list = hits_list(&s->hits);
    if (!list) return;
    const int most = num_max(list->rows - list->arg, 0);
    const int row = num_min(list->row0, most) + rows;
    /* From the best nothing leads back into the list but the way down. */
    const int least = list->has_best && rows < 0 && list->row0 <= 0 ? -1 : 0;
    app_change(s->app)->row = num_clamp(row, least, most);
    app_touch(s->app);
}

/* Its columns; where all are shown, its rows. */
static void scroll_aside(Screen *s, int cols) {
    const Hit *list = hits_list(&s->hits);
    const int most = list ? list->cols - list->n_fit : 0;
    if (most <= 0) {
        screen_scroll_list(s, cols);
        return;
    }
    app_change(s->app)->across = num_clamp(list->col0 + cols, 0, most);
    app_touch(s->app);
}

int screen_list_rows(const Screen *s) {
    const Hit *list = hits_list(&s->hits);
    return list ? list->arg : 0;
}

/* Tokens that a wheel's step moves a map by. */
static int pan_by(const Hit *map) {
    return num_max(map->cols / 8, 1);
}

void screen_wheel(Screen *s, int x, int y, int steps) {
    if (steps == 0) return; /* it was turned sideways */
    if (screen_is_on_room(s, x, y) && app_zoom_lens(s->app, steps)) return;
    if (s->presents) { /* whatever covers the room */
        screen_scroll(s, &panel_presenter, -steps);
        return;
    }
    if (app_is_black(s->app)) return; /* what is covered does not move */
    if (app_mode(s->app) == APP_HELPING) {
        screen_scroll(s, &panel_help, -steps);
        return;
    }
    if (app_mode(s->app) == APP_OVERVIEW) {
        screen_overview_move(s, -steps);
        return;
    }
    if (app_mode(s->app) == APP_CHOOSING) return;
    if (app_page(s->app) != PAGE_NONE) {
        screen_page_wheel(s, steps);
        return;
    }
    const Panel *p = wheel_panel(s, x, y);
    if (p) {
        screen_scroll(s, p, -steps * p->wheel_rows);
        return;
    }
    const Hit *hit = hits_wheel_at(&s->hits, x, y);
    if (!hit) return;
    app_remember(s->app);
    if (hit->kind == HIT_SLIDER && hit->slider_key == STATE_SHAPE)
        turn_size(s, (ShapeDim)hit->arg, steps);
    else if (hit->kind == HIT_SLIDER && hit->slider_key == STATE_EDIT)
        step_factor(s, hit, steps);
    else if (hit->kind == HIT_SLIDER &&
             (hit->slider_key == STATE_SHIFT || hit->slider_key == STATE_APART))
        turn_places(s, hit, steps);
    else if (hit->kind == HIT_SLIDER)
        turn_slider(s, hit->slider_key, steps);
    else if (hits_is_map(hit))
        screen_zoom_on(s, hit, x, y, steps);
    else if (hit->kind == HIT_STRIP)
        screen_pan_on(s, hit, hit->arg ? 0 : -steps * pan_by(hit),
                      hit->arg ? -steps * pan_by(hit) : 0);
    else
        screen_scroll_list(s, -steps * WHEEL_ROWS);
}

void screen_wheel_aside(Screen *s, int x, int y, int steps) {
    const Hit *hit = hits_wheel_at(&s->hits, x, y);
    if (steps == 0 || s->presents || app_is_black(s->app) ||
        app_mode(s->app) == APP_HELPING || app_mode(s->app) == APP_OVERVIEW ||
        !hit || hit->kind == HIT_SLIDER)
        return;
    app_remember(s->app);
    if (hit->n_all > hit->cols)
        screen_pan_on(s, hit, 0, steps * pan_by(hit));
    else /* what is shown whole has nothing aside */
        scroll_aside(s, steps * WHEEL_ROWS);
}
