/* Zoom and pan: moves the part of a heatmap that is shown.  Which part that is
 * was noted when it was drawn: a hit that has n_all. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"
#include "viz/views/span.h"

#include <math.h>
#include <stdlib.h>

#define STEP    1.25f /* larger by this with each step */
#define SLACK_U 4     /* a press that moves less is a click */

static void set_part(Screen *s, float zoom, const int at[2]) {
    State *state = app_change(s->app);
    state->zoom = zoom;
    state->at[0] = at[0];
    state->at[1] = at[1];
    app_touch(s->app);
}

static float share(int offset, int extent) {
    return fminf(fmaxf((float)offset / (float)extent, 0), 1);
}

void screen_zoom_on(Screen *s, const Hit *map, int x, int y, int steps) {
    float zoom;
    int at[2];
    const float down = share(y - map->rect.y, map->rect.h);
    span_zoomed(map, powf(STEP, (float)steps),
                map->is_lists ? down : share(x - map->rect.x, map->rect.w),
                down, &zoom, at);
    set_part(s, zoom, at);
}

void screen_pan_on(Screen *s, const Hit *map, int rows, int cols) {
    int at[2];
    span_moved(map, rows, cols, at);
    set_part(s, app_state(s->app)->zoom, at);
}

/* ---- by key -------------------------------------------------------------- */

/* The middle of a shown cell, or that of the map. */
static int middle(int from, int extent, int i, int first, int n) {
    if (i < first || i >= first + n) return from + extent / 2;
    const float at = ((float)(i - first) + .5f) / (float)n;
    return from + (int)(at * (float)extent);
}

void screen_zoom(Screen *s, int steps) {
    const Hit *map = hits_map(&s->hits);
    const State *state = app_state(s->app);
    if (app_zoom_lens(s->app, steps)) return;
    if (!map) {
        app_say(s->app, false, "nothing here can be made larger");
        return;
    }
    const int pos = map->has_here ? map->here_row : app_pos(s->app);
    const int key = map->has_here    ? map->here_col
                    : state->key < 0 ? pos
                                     : state->key;
    screen_zoom_on(
        s, map, middle(map->rect.x, map->rect.w, key, map->col0, map->cols),
        middle(map->rect.y, map->rect.h, pos, map->row0, map->rows), steps);
}

void screen_zoom_off(Screen *s) {
    set_part(s, 1, (const int[]){-1, -1});
}

void screen_pan(Screen *s, int down, int right) {
    const Hit *map = hits_map(&s->hits);
    if (screen_point_by(s, down, right)) return;
    if (!map || map->cols == map->n_all) return;
    const int by = num_max(map->cols / 4, 1);
    screen_pan_on(s, map, down * by, right * by);
}

void screen_keep_in_sight(Screen *s) {
    const Hit *map = hits_map(&s->hits);
    State *state = app_change(s->app);
    const int pos = app_pos(s->app);
    if (!map || map->has_here) return;
    if (state->at[0] >= 0)
        state->at[0] = num_clamp(map->row0, pos - map->rows + 1, pos);
    if (state->at[1] >= 0 && state->key >= 0)
        state->at[1] =
            num_clamp(map->col0, state->key - map->cols + 1, state->key);
}

/* ---- by drag ------------------------------------------------------------- */

bool screen_drag_map(Screen *s, int x, int y) {
    const Hit *map = &s->drag_hit;
    const int dx = x - s->drag_x, dy = y - s->drag_y;
    const int slack = (int)lroundf(SLACK_U * s->density);
    if (!s->dragged && abs(dx) <= slack && abs(dy) <= slack) return false;
    s->dragged = true;
    const int down =
        -(int)lroundf((float)dy * (float)map->rows / (float)map->rect.h);
    const int right =
        -(int)lroundf((float)dx * (float)map->cols / (float)map->rect.w);
    screen_pan_on(s, map, down, map->is_lists ? down : right);
    return true;
}

void screen_drag_strip(Screen *s, int x, int y) {
    const Hit *strip = &s->drag_hit;
    int at[2];
    const float f = strip->rect.w > strip->rect.h
                        ? share(x - strip->rect.x, strip->rect.w)
                        : share(y - strip->rect.y, strip->rect.h);
    span_dragged(strip, f, at);
    set_part(s, app_state(s->app)->zoom, at);
}
