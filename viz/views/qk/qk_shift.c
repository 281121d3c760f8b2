/* The two tokens taken to stand elsewhere: both moved on, or the one that reads
 * alone.  Their contents stay. */
#include "viz/views/qk/qk.h"
#include "viz/views/slider.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdio.h>

#define HEIGHT_U 46.0f
#define WIDEST_U 420.0f

QkPlaces qk_places(const Stage *s) {
    const int most = STUDY_SHIFT_MAX;
    const bool turns = qk_sites(s->config->arch).turns;
    const int gap = s->pos - s->key;
    QkPlaces p = {.query = s->pos, .key = s->key};
    if (!s->key_known || !turns) return p;
    p.shift = num_clamp(s->state->shift, num_max(-s->key, -most), most);
    /* The reader stays behind what it reads; ahead of it where nothing is
     * masked, it stays where it is or comes back. */
    p.apart = num_clamp(s->state->apart, num_min(-gap, 0), most);
    if (p.key + p.shift + gap + p.apart < 0) p.apart = -gap;
    p.key += p.shift;
    p.query += p.shift + p.apart;
    p.moved = p.shift != 0 || p.apart != 0;
    return p;
}

bool qk_move_apart(const Stage *s, int dir, State *next) {
    const QkPlaces p = qk_places(s);
    next->apart = p.apart + dir;
    const int gap = s->pos - s->key;
    const bool there =
        next->apart >= num_min(-gap, 0) && next->apart <= STUDY_SHIFT_MAX;
    next->set |= STATE_BIT(STATE_APART);
    return there;
}

bool qk_move_both(const Stage *s, int dir, State *next) {
    const QkPlaces p = qk_places(s);
    next->shift = p.shift + dir;
    next->set |= STATE_BIT(STATE_SHIFT);
    return s->key + next->shift >= 0 && next->shift <= STUDY_SHIFT_MAX;
}

int qk_sliders_height(const Stage *s) {
    return stage_u(s, HEIGHT_U);
}

typedef struct Slider {
    const char *name, *short_name;
    StateKey key;
    int value, lo, hi;
} Slider;

static void draw_words(const Stage *s, Rect r, const Slider *k) {
    char text[24];
    TextStyle soft = text_style(FACE_SANS, TYPE_SMALL, s->theme->soft);
    TextStyle bold = text_style(FACE_MONO_BOLD, TYPE_SMALL, s->theme->text);
    const int y = r.y + stage_u(s, 15);
    snprintf(text, sizeof text, "%+d", k->value);
    const int w = canvas_text_width(s->canvas, bold, text);
    const bool fits =
        !s->is_figure && /* nobody presses a key */
        canvas_text_width(s->canvas, soft, k->name) + stage_u(s, 8) + w <= r.w;
    bold.align = ALIGN_RIGHT;
    canvas_text(s->canvas, bold, r.x + r.w, y, text);
    canvas_text_fit(s->canvas, soft, r.x, y, num_max(r.w - w - 1, 0),
                    fits ? k->name : k->short_name);
}

static void draw_slider(const Stage *s, Rect r, const Slider *k) {
    const int knob = stage_u(s, SLIDER_KNOB_U); /* nothing may cut it */
    const Rect track = {r.x + knob, r.y + stage_u(s, 28),
                        num_max(r.w - 2 * knob, 1), stage_u(s, 6)};
    draw_words(s, r, k);
    if (s->is_figure) return; /* it says by how much, and that is all */
    slider_draw(s, track, (float)(k->value - k->lo) / (float)(k->hi - k->lo),
                SLIDER_NO_MARK);
    hits_add(s->hits, (Hit){.rect = {track.x, r.y, track.w, r.h},
                            .kind = HIT_SLIDER,
                            .slider_key = k->key,
                            .lo = (float)k->lo,
                            .hi = (float)k->hi});
}

/* Back to where they stand; returns how wide it is. */
static int draw_back(const Stage *s, Rect r) {
    const char *text = "back to their places";
    TextStyle style = text_style(FACE_MEDIUM, TYPE_SMALL, s->theme->text);
    const int w = canvas_text_width(s->canvas, style, text) + stage_u(s, 20);
    const int h = stage_u(s, 26);
    const Rect button = {r.x + r.w - w, r.y + (r.h - h) / 2, w, h};
    if (3 * w > r.w) return 0;
    canvas_round(s->canvas, button, (float)stage_u(s, 7), s->theme->well);
    style.align = ALIGN_CENTER;
    canvas_text_row(s->canvas, style, button.x + w / 2, button.y, h, text);
    hits_pick(
        s->hits, button,
        pick_and(pick_number(STATE_SHIFT, 0), pick_number(STATE_APART, 0)));
    return w + stage_u(s, 24);
}

void qk_draw_sliders(const Stage *s, const QkLayout *l) {
    const QkPlaces *p = &l->places;
    Rect r = l->sliders;
    if (r.h <= 0 || (s->is_figure && !p->moved)) return;
    const int n = study_n_distances(s->config), gap = s->pos - s->key;
    const Slider sliders[] = {
        {"both moved on by (Shift ↓ ↑ at distance)", "both moved by",
         STATE_SHIFT, p->shift, -s->key, num_max(n - 1 - s->pos, 100)},
        {"the reader alone by (Shift → ←)", "reader alone by", STATE_APART,
         p->apart, num_min(-gap, 0), num_max(n - 1 - gap, 1)},
    };
    const int air = stage_u(s, 32);
    if (p->moved && !s->is_figure) r.w -= draw_back(s, r);
    const int w = num_min((r.w - air) / 2, stage_u(s, WIDEST_U));
    for (int i = 0; i < 2; i++)
        draw_slider(s, (Rect){r.x + i * (w + air), r.y, w, r.h - stage_u(s, 6)},
                    &sliders[i]);
}
