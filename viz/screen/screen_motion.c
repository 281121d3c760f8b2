/* The picture at a moment: between what the stage showed and what it shows now,
 * or still what it showed while that is not there yet.  Time comes as an
 * argument; at rest it is what screen_draw makes, to the pixel. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#define MOTION_MS 250  /* from old values to new */
#define FRAME_MS  16   /* from one picture on the way to the next */
#define HOLD_MS   1000 /* numbers may take so long before gaps are shown */

static bool same_rect(Rect a, Rect b) {
    return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

/* Both frames have the same view at the same place, and nothing lies over
 * it. */
static bool same_stage(const Frame *a, const Frame *b) {
    return a->view == b->view && same_rect(a->stage, b->stage) &&
           !a->is_covered && !b->is_covered;
}

static Rect strip_of(Screen *s) {
    return screen_place(s, &panel_strip)->rect;
}

/* What the stage shows is about to become another: what it shows is kept. */
static bool keep(Screen *s, const Pixmap *p) {
    const Frame *f = &s->frame;
    const bool is_there = f->view && s->width == p->w && s->height == p->h;
    const bool changes = s->fade.on || s->held || f->turn != app_turn(s->app);
    Err err = {0};
    return is_there && changes && !f->is_covered &&
           fade_keep(&s->fade, p, f->stage, &err) &&
           fade_keep(&s->strip, p, strip_of(s), &err);
}

/* Quick at first: the first frame after a key shows that it was heard. */
static void step(Screen *s, const Pixmap *p, uint64_t now_ms) {
    const float t = (float)(now_ms + FRAME_MS - s->fade_ms) / MOTION_MS;
    fade_to(&s->fade, p, t >= 1 ? 1 : 1 - (1 - t) * (1 - t));
}

/* ---- while it is not there yet ------------------------------------------- */

/* The old picture is a whole one of the same text; large models take long for
 * all of a run, some numbers take long on any. */
static bool is_to_be_held(const Screen *s, const Frame *was, uint64_t now_ms) {
    const Frame *is = &s->frame;
    if (is->is_whole || is->text != was->text) return false;
    if (!s->held) return was->is_whole;
    return is->is_busy || now_ms < s->held_ms + HOLD_MS;
}

static void draw_mark(Screen *s, Canvas *c) {
    static const char text[] = "computing …";
    const Theme *t = theme_find(app_state(s->app)->theme);
    const Rect stage = s->frame.stage;
    const int pad = canvas_u(c, 10), edge = num_max(canvas_u(c, 1), 1);
    if (!t) return;
    const TextStyle style = text_style(FACE_BOLD, TYPE_SMALL, t->text);
    Rect r = {.w = canvas_text_width(c, style, text) + 2 * pad,
              .h = canvas_u(c, 30)};
    r.x = stage.x + (stage.w - r.w) / 2;
    r.y = stage.y + edge;
    canvas_push_clip(c, stage);
    canvas_fill(c, r, t->panel);
    canvas_frame(c, r, 0, (float)edge, t->accent);
    canvas_text_row(c, style, r.x + pad, r.y, r.h, text);
    canvas_pop_clip(c);
}

/* Nothing of it can be clicked: it is not what is there. */
static void show_kept(Screen *s, const Canvas *c, Fade *f) {
    fade_begin(f, canvas_pixels(c));
    f->on = false;
    hits_add(&s->hits, (Hit){.rect = f->rect, .kind = HIT_BLOCKER});
}

/* Tokens that are computed again stay in the strip, too. */
static void hold(Screen *s, Canvas *c, const Frame *was, uint64_t now_ms) {
    const bool lacks = s->frame.n_pos < was->n_pos;
    if (!s->held) s->held_ms = now_ms;
    s->held = true;
    show_kept(s, c, &s->fade);
    if (lacks && same_rect(s->strip.rect, strip_of(s)))
        show_kept(s, c, &s->strip);
    if (lacks) s->frame.n_pos = was->n_pos;
    draw_mark(s, c);
}

/* ---- a frame ------------------------------------------------------------- */

/* A frame has been drawn where `was` stood. */
static void move(Screen *s, Canvas *c, const Frame *was, bool was_moving,
                 uint64_t now_ms) {
    const bool begins = s->held || s->frame.turn != was->turn;
    if (is_to_be_held(s, was, now_ms)) {
        hold(s, c, was, now_ms);
        return;
    }
    s->held = false;
    if (!app_moves(s->app) || (!begins && !was_moving)) return;
    if (begins) s->fade_ms = now_ms;
    fade_begin(&s->fade, canvas_pixels(c));
    step(s, canvas_pixels(c), now_ms);
}

static void draw_anew(Screen *s, Canvas *c, uint64_t now_ms) {
    const Frame was = s->frame;
    const bool was_moving = s->fade.on;
    const bool kept = keep(s, canvas_pixels(c));
    s->fade.on = false;
    /* All slides appear at once, and their pictures one after another. */
    s->thumbs_most = s->thumb_frame > 0 ? 1 : 0;
    screen_draw_frame(s, c);
    if (kept && same_stage(&was, &s->frame))
        move(s, c, &was, was_moving, now_ms);
    else
        s->held = false;
}

/* The picture without marks. */
static int draw_below(Screen *s, Canvas *c, uint64_t now_ms) {
    const Pixmap *p = canvas_pixels(c);
    const bool same_size = s->width == p->w && s->height == p->h;
    if (s->fade.on && same_size && !screen_dirty(s))
        step(s, p, now_ms);
    else
        draw_anew(s, c, now_ms);
    if (s->thumbs_lack) return 0;
    if (s->fade.on) return FRAME_MS;
    if (!s->held || s->frame.is_busy) return -1;
    const uint64_t until = s->held_ms + HOLD_MS;
    return until > now_ms ? (int)(until - now_ms) : 0;
}

int screen_draw_at(Screen *s, Canvas *c, uint64_t now_ms) {
    const Pixmap *p = canvas_pixels(c);
    const bool same_size = s->width == p->w && s->height == p->h;
    const bool moves = s->fade.on || s->held || s->thumbs_lack;
    screen_lift_marks(s, c);
    if (!same_size || moves || s->dirty || s->presents ||
        s->drawn != app_changes(s->app) || s->laid_as == app_marked(s->app)) {
        const int again = draw_below(s, c, now_ms);
        screen_lay_marks(s, c);
        return again;
    }
    screen_lay_marks(s, c); /* only they have moved */
    return -1;
}
