/* From old values to new: what moves, how long, and what is there at rest.
 * Time is an argument, so no test waits. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/paint/fade.h"
#include "viz/screen/screen_private.h"

#include <stdlib.h>
#include <string.h>

#define MOTION_MS 250

/* ---- one picture to another ---------------------------------------------- */

START_TEST(pixels_pass_through_those_between) {
    uint32_t px[8] = {0xff000000, 0xff102030, 0xffff0000, 0xff7f7f7f,
                      0xff010203, 0xff000000, 0xff000000, 0xff000000};
    const uint32_t was[8] = {px[0], px[1], px[2], px[3],
                             px[4], px[5], px[6], px[7]};
    const Pixmap p = {.px = px, .w = 4, .h = 2, .stride = 4};
    Fade f = {0};
    Err err = {0};
    ck_assert(fade_keep(&f, &p, (Rect){0, 0, 3, 2}, &err));
    px[0] = 0xffffffff;
    px[2] = 0xff0000ff;
    px[3] = 0xff123456; /* beside it */
    fade_begin(&f, &p);
    ck_assert(f.on);
    ck_assert_uint_eq(px[0], was[0]);
    ck_assert_uint_eq(px[3], 0xff123456);
    fade_to(&f, &p, 0);
    ck_assert_uint_eq(px[0], was[0]);
    fade_to(&f, &p, .5f);
    ck_assert_uint_eq(px[0], 0xff808080);
    ck_assert_uint_eq(px[2], 0xff800080);
    fade_to(&f, &p, .75f);
    ck_assert_uint_eq(px[0], 0xffc0c0c0);
    ck_assert_uint_eq(px[1], was[1]);
    ck_assert_uint_eq(px[4], was[4]);
    fade_to(&f, &p, 1);
    ck_assert(!f.on);
    ck_assert_uint_eq(px[0], 0xffffffff);
    ck_assert_uint_eq(px[2], 0xff0000ff);
    ck_assert(fade_keep(&f, &p, (Rect){0, 0, 4, 2}, &err));
    fade_begin(&f, &p);
    ck_assert(!f.on); /* nothing is another */
    fade_free(&f);
}
END_TEST

/* ---- the stage ----------------------------------------------------------- */

typedef struct Motion {
    AppRig r;
    Canvas *rest; /* what it comes to */
    uint64_t now_ms;
} Motion;

static int draw_at(Motion *m, uint64_t ms) {
    m->now_ms += ms;
    return screen_draw_at(m->r.screen, m->r.canvas, m->now_ms);
}

/* The frame at rest, by another screen. */
static void draw_rest(Motion *m) {
    Err err = {0};
    Screen *s = screen_open(m->r.app, &err);
    ck_assert_ptr_nonnull(s);
    screen_draw(s, m->rest);
    screen_close(s);
}

static void open_motion(Motion *m, AppOptions opt) {
    Err err = {0};
    opt.prompt = "the cat sat on the mat";
    opt.no_deck = true;
    app_rig_open(&m->r, opt);
    app_rig_frame(&m->r);
    const float scale = canvas_scale(m->r.canvas);
    m->rest = canvas_open(m->r.w, m->r.h, scale, m->r.fonts, &err);
    ck_assert_msg(m->rest != NULL, "%s", err.msg);
    m->now_ms = 1000;
}

static void close_motion(Motion *m) {
    canvas_close(m->rest);
    app_rig_close(&m->r);
}

static void set_state(Motion *m, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(m->r.app, text, &err), "%s", err.msg);
    ck_assert(app_settle(m->r.app, -1));
    for (int i = 0; i < 3; i++)
        draw_at(m, 1000);
}

static void press(Motion *m, const char *key) {
    screen_key(m->r.screen, key);
    ck_assert(app_settle(m->r.app, -1));
}

/* Pixels that two pictures have not alike, in a rectangle or outside of it. */
static int n_other(const Canvas *a, const Canvas *b, Rect r, bool inside) {
    const Pixmap *p = canvas_pixels(a), *q = canvas_pixels(b);
    int n = 0;
    ck_assert_int_eq(p->w, q->w);
    ck_assert_int_eq(p->h, q->h);
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            n += rect_contains(r, x, y) == inside &&
                 p->px[y * p->stride + x] != q->px[y * q->stride + x];
    return n;
}

static const Rect nothing = {0};

static bool is_at_rest(const Motion *m) {
    return n_other(m->r.canvas, m->rest, nothing, false) == 0;
}

/* A picture of before, to be freed. */
static Canvas *copy_of(const Motion *m) {
    Err err = {0};
    const Pixmap *p = canvas_pixels(m->r.canvas);
    Canvas *c = canvas_open(p->w, p->h, 1, m->r.fonts, &err);
    ck_assert_ptr_nonnull(c);
    const Pixmap *q = canvas_pixels(c);
    for (int y = 0; y < p->h; y++)
        memcpy(q->px + (size_t)y * (size_t)q->stride,
               p->px + (size_t)y * (size_t)p->stride,
               (size_t)p->w * sizeof *p->px);
    return c;
}

static void check_moves(Motion *m, const char *key) {
    Canvas *was = copy_of(m);
    press(m, key);
    draw_rest(m);
    ck_assert_msg(draw_at(m, 10) > 0, "%s: nothing moves", key);
    const Rect stage = m->r.screen->frame.stage;
    /* The key was heard; it is not there yet; all around it is. */
    ck_assert_int_gt(n_other(m->r.canvas, was, stage, true), 0);
    ck_assert_int_gt(n_other(m->r.canvas, m->rest, stage, true), 0);
    ck_assert_int_eq(n_other(m->r.canvas, m->rest, stage, false), 0);
    ck_assert_int_gt(draw_at(m, MOTION_MS / 2), 0);
    ck_assert_int_eq(draw_at(m, MOTION_MS / 2), -1);
    ck_assert_msg(is_at_rest(m), "%s", key);
    ck_assert(!screen_dirty(m->r.screen)); /* nothing is to be done */
    canvas_close(was);
}

START_TEST(a_change_moves_within_its_time) {
    static const char *const keys[] = {"Left", "Up", "]", "Enter", "X"};
    Motion m;
    open_motion(&m, (AppOptions){0});
    set_state(&m, "view=attention layer=0 head=0 token=4");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        check_moves(&m, keys[i]);
    set_state(&m, "view=next token=4");
    check_moves(&m, ">");
    check_moves(&m, "Z");
    close_motion(&m);
}
END_TEST

START_TEST(keys_do_not_wait_for_it) {
    Motion m;
    open_motion(&m, (AppOptions){0});
    set_state(&m, "view=attention layer=0 head=0 token=4");
    for (int i = 0; i < 3; i++) {
        press(&m, "Left");
        ck_assert_int_gt(draw_at(&m, 20), 0);
    }
    draw_rest(&m);
    ck_assert_int_eq(draw_at(&m, MOTION_MS), -1);
    ck_assert(is_at_rest(&m));
    close_motion(&m);
}
END_TEST

START_TEST(other_changes_are_there_at_once) {
    Motion m;
    open_motion(&m, (AppOptions){0});
    set_state(&m, "view=attention layer=0 head=0 token=4");
    screen_key(m.r.screen, "T");
    draw_rest(&m);
    ck_assert_int_eq(draw_at(&m, 10), -1);
    ck_assert(is_at_rest(&m));
    press(&m, "7"); /* another view is no change of values */
    draw_rest(&m);
    ck_assert_int_eq(draw_at(&m, 10), -1);
    ck_assert(is_at_rest(&m));
    screen_mouse_move(m.r.screen, m.r.w / 2, m.r.h / 2);
    ck_assert_int_eq(draw_at(&m, 10), -1);
    close_motion(&m);
}
END_TEST

START_TEST(it_can_be_switched_off) {
    Motion m;
    open_motion(&m, (AppOptions){0});
    set_state(&m, "view=attention layer=0 head=0 token=4 motion=off");
    press(&m, "Left");
    draw_rest(&m);
    ck_assert_int_eq(draw_at(&m, 10), -1);
    ck_assert(is_at_rest(&m));
    press(&m, "Shift+M");
    draw_at(&m, 10);
    check_moves(&m, "Left");
    close_motion(&m);
    open_motion(&m, (AppOptions){.no_animation = true});
    set_state(&m, "view=attention layer=0 head=0 token=4");
    press(&m, "Left");
    ck_assert_int_eq(draw_at(&m, 10), -1);
    close_motion(&m);
}
END_TEST

/* ---- while the new one is computed --------------------------------------- */

/* A frame that is looked at lets no run begin: the engine is as slow as the
 * test wants it. */
START_TEST(the_old_picture_stays_until_the_new_one_is_there) {
    Motion m;
    Scene scene;
    open_motion(&m, (AppOptions){0});
    set_state(&m, "view=attention layer=1 head=0 token=4");
    Canvas *was = copy_of(&m);
    app_look(m.r.app, &scene);
    screen_key(m.r.screen, "X");
    for (int i = 0; i < 3; i++) { /* however long it takes */
        draw_at(&m, 2000);
        ck_assert(app_rig_shows(&m.r, "computing"));
        const Rect s = m.r.screen->frame.stage;
        const Rect below = {s.x, s.y + s.h / 8, s.w, s.h - s.h / 8};
        ck_assert_int_eq(n_other(m.r.canvas, was, below, true), 0);
        Pick p;
        ck_assert(
            !screen_pick_at(m.r.screen, s.x + s.w / 3, s.y + s.h / 2, &p));
        app_touch(m.r.app);
    }
    app_look_away(m.r.app);
    ck_assert(app_settle(m.r.app, -1));
    draw_rest(&m);
    ck_assert_int_gt(draw_at(&m, 10), 0); /* from the old one to the new */
    ck_assert_int_eq(draw_at(&m, MOTION_MS), -1);
    ck_assert(is_at_rest(&m));
    canvas_close(was);
    close_motion(&m);
}
END_TEST

/* Tokens that a run takes back stay in the strip; else it goes on. */
START_TEST(the_strip_keeps_tokens_that_are_computed_again) {
    Motion m;
    Scene scene;
    open_motion(&m, (AppOptions){0});
    set_state(&m, "view=attention layer=1 head=0 token=4");
    app_look(m.r.app, &scene);
    screen_key(m.r.screen, "X");
    draw_at(&m, 10);
    Canvas *was = copy_of(&m);
    const Rect strip = screen_place(m.r.screen, &panel_strip)->rect;
    screen_key(m.r.screen, "Left");
    draw_at(&m, 10);
    ck_assert_int_gt(n_other(m.r.canvas, was, strip, true), 0);
    canvas_close(was);
    was = copy_of(&m);
    m.r.screen->frame.n_pos++; /* there was one more */
    screen_key(m.r.screen, "Left");
    draw_at(&m, 10);
    ck_assert_int_eq(n_other(m.r.canvas, was, strip, true), 0);
    app_look_away(m.r.app);
    canvas_close(was);
    close_motion(&m);
}
END_TEST

TEST_MAIN("motion", the_strip_keeps_tokens_that_are_computed_again,
          pixels_pass_through_those_between, a_change_moves_within_its_time,
          keys_do_not_wait_for_it, other_changes_are_there_at_once,
          it_can_be_switched_off,
          the_old_picture_stays_until_the_new_one_is_there)
