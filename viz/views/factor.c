/* The name, the track, the number. */
#include "viz/views/factor.h"
#include "viz/views/number.h"
#include "viz/views/slider.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SNAP 80 /* a drag this part of the track away from 0 or 1 gives these */

static bool is_direction(const Edit *e) {
    return e->kind == EDIT_STEER || e->kind == EDIT_APART;
}

/* The entry of the same part; NULL: it is as trained. */
static const Edit *entry_of(const Edits *e, const Edit *part) {
    for (int i = 0; i < e->n; i++) {
        const Edit *o = &e->list[i];
        if (o->kind == part->kind && o->layer == part->layer &&
            o->index == part->index && o->other == part->other)
            return o;
    }
    return NULL;
}

/* The part that the view says is selected, else the head. */
static bool selected(const Stage *s, const View *v, Edit *out) {
    *out = (Edit){.kind = EDIT_HEAD, .layer = s->layer, .index = s->head};
    return !v->part || v->part(s, &out->kind, &out->layer, &out->index);
}

static const Edit *last_direction(const Edits *e) {
    const Edit *found = NULL;
    for (int i = 0; i < e->n; i++)
        if (is_direction(&e->list[i])) found = &e->list[i];
    return found;
}

bool factor_find(const Stage *s, const View *v, const Edit *held, Edit *out) {
    const Edits *e = &s->state->edits;
    const Edit *entry;
    if (held) {
        *out = *held;
        entry = entry_of(e, held);
        out->scale = entry ? entry->scale : is_direction(held) ? 0 : 1;
        return true;
    }
    entry = selected(s, v, out) ? entry_of(e, out) : NULL;
    if (!entry) entry = last_direction(e);
    if (entry) *out = *entry;
    return entry != NULL;
}

/* ---- numbers ------------------------------------------------------------- */

float factor_least(const Edit *part) {
    return is_direction(part) ? -8 : -1;
}

float factor_most(const Edit *part) {
    return is_direction(part) ? 8 : 4;
}

static float within(const Edit *part, float v) {
    return fminf(fmaxf(v, factor_least(part)), factor_most(part));
}

float factor_near(const Edit *part, float v) {
    const float snap = (factor_most(part) - factor_least(part)) / SNAP;
    if (fabsf(v) < snap) return 0;
    if (fabsf(v - 1) < snap) return 1;
    return within(part, roundf(v * 20) / 20);
}

float factor_step(const Edit *part, float now, int steps) {
    return within(part, roundf(now * 10 + (float)steps) / 10);
}

/* ---- drawing ------------------------------------------------------------- */

static void name_of(const Edit *e, char out[32]) {
    switch (e->kind) {
    case EDIT_HEAD:
        snprintf(out, 32, "head %d.%d", e->layer, e->index);
        break;
    case EDIT_ATTN:
        snprintf(out, 32, "attention %d", e->layer);
        break;
    case EDIT_MLP:
        snprintf(out, 32, "MLP %d", e->layer);
        break;
    case EDIT_NEURON:
        snprintf(out, 32, "neuron %d.%d", e->layer, e->index);
        break;
    default:
        snprintf(out, 32, "direction in %d", e->layer);
    }
}

int factor_width(const Stage *s, int room) {
    if (!s->has_factor || s->is_figure || room < stage_u(s, 520)) return 0;
    return stage_u(s, room < stage_u(s, 900) ? 220 : 300);
}

static void draw_track(const Stage *s, Rect track) {
    const float lo = factor_least(&s->factor), hi = factor_most(&s->factor);
    const float as_trained = is_direction(&s->factor) ? 0 : 1;
    slider_draw(s, track, (s->factor.scale - lo) / (hi - lo),
                (as_trained - lo) / (hi - lo));
}

static void tip_slider(const Stage *s, Rect r, const char *name) {
    char text[TIP_TEXT_MAX];
    if (!rect_contains(r, s->mouse_x, s->mouse_y)) return;
    snprintf(text, sizeof text,
             "How much %s counts: drag, turn the wheel, or Left and Right "
             "while the mouse is here",
             name);
    tip_set(s->tip, r, text);
}

void factor_draw(const Stage *s, Rect r) {
    char name[32], value[24];
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    TextStyle bold = text_style(FACE_BOLD, TYPE_SMALL, s->theme->text);
    const int number_w = stage_u(s, 58), gap = stage_u(s, 12);
    name_of(&s->factor, name);
    snprintf(value, sizeof value, "× %s",
             number_round((double)s->factor.scale, 3).s);
    const int name_w = canvas_text_width(s->canvas, soft, name);
    canvas_text_row(s->canvas, soft, r.x, r.y, r.h, name);
    bold.align = ALIGN_RIGHT;
    canvas_text_row(s->canvas, bold, r.x + r.w, r.y, r.h, value);
    const int x = r.x + name_w + gap, h = stage_u(s, 6);
    const Rect track = {x, r.y + (r.h - h) / 2, r.x + r.w - number_w - gap - x,
                        h};
    if (track.w < 1) return;
    draw_track(s, track);
    const Rect held = {track.x, r.y, track.w, r.h};
    hits_add(s->hits, (Hit){.rect = held,
                            .kind = HIT_SLIDER,
                            .slider_key = STATE_EDIT,
                            .part = s->factor,
                            .lo = factor_least(&s->factor),
                            .hi = factor_most(&s->factor)});
    tip_slider(s, held, name);
}
