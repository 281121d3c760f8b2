/* Pointer, spotlight, pen and magnifier: by key and mouse, in the room's window
 * and over its picture in the presenter's; per slide; never in what is
 * saved. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char deck[] = "# One\n\nwords\n\n---\n# Two\n\nmore words\n";

typedef struct Talk {
    char dir[FOLDER_PATH_MAX]; /* of the deck */
    AppRig rig;
} Talk;

static void begin(Talk *t) {
    char path[FOLDER_PATH_MAX];
    folder_make(t->dir);
    folder_path(path, t->dir, "deck.md");
    folder_write(t->dir, "deck.md", deck, strlen(deck));
    app_rig_open(&t->rig, (AppOptions){.deck_path = path});
    app_rig_frame(&t->rig);
}

static void end(Talk *t) {
    app_rig_close(&t->rig);
    folder_remove(t->dir);
}

static void press(Talk *t, const char *key) {
    screen_key(t->rig.screen, key);
    app_rig_frame(&t->rig);
}

static uint32_t pixel(const Talk *t, int x, int y) {
    const Pixmap *p = canvas_pixels(t->rig.canvas);
    return p->px[(size_t)y * (size_t)p->stride + (size_t)x];
}

static uint32_t *copy_pixels(const Talk *t) {
    const Pixmap *p = canvas_pixels(t->rig.canvas);
    const size_t size = (size_t)p->stride * (size_t)p->h * sizeof *p->px;
    uint32_t *copy = malloc(size);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, p->px, size);
    return copy;
}

static bool same_pixels(const Talk *t, const uint32_t *as) {
    const Pixmap *p = canvas_pixels(t->rig.canvas);
    return memcmp(p->px, as,
                  (size_t)p->stride * (size_t)p->h * sizeof *p->px) == 0;
}

static void drag(Screen *s, int x0, int y0, int x1, int y1) {
    screen_mouse_move(s, x0, y0);
    screen_mouse_down(s, x0, y0);
    for (int i = 1; i <= 10; i++)
        screen_mouse_move(s, x0 + (x1 - x0) * i / 10, y0 + (y1 - y0) * i / 10);
    screen_mouse_up(s);
}

START_TEST(a_pointer_follows_the_mouse_and_leaves_no_trace) {
    Talk t;
    begin(&t);
    uint32_t *plain = copy_pixels(&t);
    press(&t, "L");
    screen_mouse_move(t.rig.screen, 400, 700);
    ck_assert(screen_dirty(t.rig.screen));
    /* Nothing but the pointer is drawn anew. */
    ck_assert_int_eq(screen_draw_at(t.rig.screen, t.rig.canvas, 5000), -1);
    ck_assert_uint_eq(pixel(&t, 400, 700) & 0xffffff, 0xe11e1e);
    screen_mouse_move(t.rig.screen, 800, 650);
    screen_draw_at(t.rig.screen, t.rig.canvas, 5020);
    ck_assert_uint_eq(pixel(&t, 800, 650) & 0xffffff, 0xe11e1e);
    ck_assert_uint_eq(pixel(&t, 400, 700), plain[700 * 1280 + 400]);
    press(&t, "Esc");
    press(&t, "Esc"); /* its message */
    screen_mouse_move(t.rig.screen, -1, -1);
    app_rig_frame(&t.rig);
    ck_assert(same_pixels(&t, plain));
    free(plain);
    end(&t);
}
END_TEST

START_TEST(a_spotlight_leaves_its_place_light) {
    Talk t;
    begin(&t);
    uint32_t *plain = copy_pixels(&t);
    press(&t, "L");
    press(&t, "L");
    screen_mouse_move(t.rig.screen, 640, 600);
    app_rig_frame(&t.rig);
    ck_assert_uint_eq(pixel(&t, 640, 600), plain[600 * 1280 + 640]);
    ck_assert_uint_lt(pixel(&t, 20, 20) & 0xff, plain[20 * 1280 + 20] & 0x80);
    press(&t, "L");
    ck_assert_int_eq(app_marks(t.rig.app)->pointing, POINTING_OFF);
    free(plain);
    end(&t);
}
END_TEST

START_TEST(strokes_are_of_a_slide_and_can_be_taken_back) {
    Talk t;
    begin(&t);
    press(&t, "Shift+L");
    drag(t.rig.screen, 300, 700, 700, 700);
    app_rig_frame(&t.rig);
    const uint32_t red = pixel(&t, 500, 700);
    uint32_t *one = copy_pixels(&t);
    press(&t, "Shift+L");
    drag(t.rig.screen, 300, 740, 700, 740);
    app_rig_frame(&t.rig);
    ck_assert(!same_pixels(&t, one));
    press(&t, "Ctrl+Z");
    press(&t, "Shift+L"); /* put away: strokes stay */
    ck_assert_uint_eq(pixel(&t, 500, 700), red);
    press(&t, "Space");
    ck_assert_int_eq(app_state(t.rig.app)->slide, 2);
    ck_assert_uint_ne(pixel(&t, 500, 700), red);
    press(&t, "PageUp"); /* it comes back */
    ck_assert_uint_eq(pixel(&t, 500, 700), red);
    press(&t, "Delete");
    ck_assert_uint_ne(pixel(&t, 500, 700), red);
    press(&t, "Shift+L");
    press(&t, "Ctrl+Z"); /* clearing, too */
    ck_assert_uint_eq(pixel(&t, 500, 700), red);
    press(&t, "Ctrl+Z");
    ck_assert_uint_ne(pixel(&t, 500, 700), red);
    press(&t, "Ctrl+Shift+Z");
    ck_assert_uint_eq(pixel(&t, 500, 700), red);
    press(&t, "Esc");
    ck_assert_int_eq(app_marks(t.rig.app)->pen, 0);
    free(one);
    end(&t);
}
END_TEST

/* The deck's file is written, seen and seen to stand still. */
static void rewrite(Talk *t, const char *text, uint64_t *now_ms) {
    folder_write(t->dir, "deck.md", text, strlen(text));
    for (int i = 0; i < 4; i++)
        app_tick(t->rig.app, *now_ms += 1000);
    app_rig_frame(&t->rig);
}

START_TEST(strokes_follow_their_slide_when_the_deck_is_edited) {
    Talk t;
    uint64_t now_ms = 0;
    begin(&t);
    rewrite(&t, deck, &now_ms);
    press(&t, "Space");
    press(&t, "Shift+L");
    drag(t.rig.screen, 300, 700, 700, 700);
    app_rig_frame(&t.rig);
    const uint32_t red = pixel(&t, 500, 700);
    rewrite(&t,
            "# Before\n\n---\n# One\n\nwords\n\n---\n# Two\n\nbetter words\n",
            &now_ms);
    ck_assert_int_eq(app_state(t.rig.app)->slide, 3);
    ck_assert_uint_eq(pixel(&t, 500, 700), red);
    press(&t, "PageUp");
    ck_assert_uint_ne(pixel(&t, 500, 700), red);
    rewrite(&t, "# One\n\nwords\n", &now_ms); /* slide Two is gone */
    ck_assert_int_eq(app_state(t.rig.app)->slide, 1);
    ck_assert_int_eq(app_marks(t.rig.app)->n_strokes, 0);
    rewrite(&t, deck, &now_ms);
    press(&t, "Space");
    ck_assert_uint_ne(pixel(&t, 500, 700), red);
    end(&t);
}
END_TEST

/* Pens differ without colour: one has gaps. */
START_TEST(the_second_pen_draws_dashes) {
    Talk t;
    begin(&t);
    int gaps[MARKS_PENS] = {0};
    for (int pen = 0; pen < MARKS_PENS; pen++) {
        press(&t, "Shift+L");
        const int y = 700 + 40 * pen;
        screen_mouse_move(t.rig.screen, 300, y);
        screen_mouse_down(t.rig.screen, 300, y);
        for (int x = 300; x < 700; x += 2)
            screen_mouse_move(t.rig.screen, x, y);
        screen_mouse_up(t.rig.screen);
        app_rig_frame(&t.rig);
        const uint32_t ground = pixel(&t, 200, y), ink = pixel(&t, 301, y);
        ck_assert_uint_ne(ink, ground);
        for (int x = 301; x < 690; x++)
            gaps[pen] += pixel(&t, x, y) == ground;
    }
    ck_assert_int_eq(gaps[0], 0);
    ck_assert_int_gt(gaps[1], 50);
    end(&t);
}
END_TEST

START_TEST(a_held_pen_clicks_nothing_and_ink_is_bounded) {
    Talk t;
    begin(&t);
    press(&t, "Shift+L");
    const int slide = app_state(t.rig.app)->slide;
    for (int i = 0; i < MARKS_POINTS_MAX / 500 + 2; i++) {
        screen_mouse_down(t.rig.screen, 100, 100);
        for (int k = 0; k < 600; k++)
            screen_mouse_move(t.rig.screen, 100 + k, 100 + k % 7);
        screen_mouse_up(t.rig.screen);
    }
    ck_assert_int_eq(app_marks(t.rig.app)->n_points, MARKS_POINTS_MAX);
    ck_assert_ptr_nonnull(strstr(app_message(t.rig.app), "all ink is used"));
    ck_assert_int_eq(app_state(t.rig.app)->slide, slide);
    app_rig_frame(&t.rig);
    end(&t);
}
END_TEST

/* A point of the last frame that runs the command; false: none does. */
static bool find_command(const Talk *t, Command c, int want, int *x, int *y) {
    int arg;
    for (*y = 0; *y < t->rig.h; *y += 4)
        for (*x = 0; *x < t->rig.w; *x += 4)
            if (screen_command_at(t->rig.screen, *x, *y, &arg) == c &&
                arg == want)
                return true;
    return false;
}

/* Its ink would not be seen there, and what is clicked is meant. */
START_TEST(a_held_pen_clicks_what_covers_the_lesson) {
    Talk t;
    int x, y;
    begin(&t);
    press(&t, "Shift+L");
    press(&t, "O");
    ck_assert(find_command(&t, CMD_SLIDE, 1, &x, &y));
    app_rig_click(&t.rig, x, y);
    ck_assert_int_eq(app_state(t.rig.app)->slide, 2);
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING);
    press(&t, "?");
    ck_assert_int_eq(app_mode(t.rig.app), APP_HELPING);
    screen_mouse_down(t.rig.screen, 1, 1);
    screen_mouse_up(t.rig.screen);
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING);
    for (AppPage page = PAGE_START; page <= PAGE_END; page++) {
        app_open_page(t.rig.app, page);
        app_rig_frame(&t.rig);
        drag(t.rig.screen, 300, 2, 700, 2);
        app_close_page(t.rig.app);
    }
    press(&t, "Ctrl+K");
    ck_assert_int_eq(app_mode(t.rig.app), APP_CHOOSING);
    drag(t.rig.screen, 300, 2, 700, 2);
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING); /* put away */
    ck_assert_int_eq(app_marks(t.rig.app)->n_points, 0);
    ck_assert_int_eq(app_marks(t.rig.app)->pen, 1);
    /* What is opened while a stroke is drawn ends it. */
    screen_mouse_down(t.rig.screen, 300, 700);
    press(&t, "O");
    const int n = app_marks(t.rig.app)->n_points;
    screen_mouse_move(t.rig.screen, 500, 700);
    ck_assert_int_eq(app_marks(t.rig.app)->n_points, n);
    end(&t);
}
END_TEST

/* ---- how much ink there is ----------------------------------------------- */

static void stroke(Marks *m, int slide, float y, int n) {
    marks_move(m, 0, y);
    ck_assert(marks_press(m, slide));
    for (int i = 1; i < n; i++)
        ck_assert(marks_move(m, (float)(i % 100) / 100, y));
    marks_release(m);
}

static int count_seen(const Marks *m, int slide) {
    int n = 0;
    for (int i = marks_next(m, slide, 0); i >= 0;
         i = marks_next(m, slide, i + 1))
        n++;
    return n;
}

START_TEST(a_mouse_that_stands_still_uses_no_ink) {
    static Marks m;
    marks_init(&m);
    m.pen = 1;
    stroke(&m, 0, .5f, 1);
    ck_assert(marks_press(&m, 0));
    const int n = m.n_points;
    for (int i = 0; i < 5000; i++)
        ck_assert(marks_move(&m, (float)(i % 4) * 1e-4f, .5f));
    ck_assert_int_eq(m.n_points, n);
    ck_assert(marks_move(&m, .01f, .5f));
    ck_assert_int_eq(m.n_points, n + 1);
}
END_TEST

START_TEST(what_is_taken_back_gives_its_points) {
    static Marks m;
    marks_init(&m);
    m.pen = 1;
    for (int i = 0; i < 3; i++)
        stroke(&m, i % 2, (float)i / 4, 50);
    ck_assert(marks_undo(&m, 0, -1));
    stroke(&m, 0, .9f, 7);
    ck_assert_int_eq(m.n_points, 107);
    ck_assert_int_eq(m.n_strokes, 3);
    for (int i = 0; i < m.n_strokes; i++) { /* each has its own still */
        static const float ys[] = {0, .25f, .9f};
        const MarkStroke *s = &m.strokes[i];
        for (int k = s->from; k < s->from + s->n; k++)
            ck_assert_int_eq(m.points[k].y, (int)lroundf(ys[i] * 65535));
    }
}
END_TEST

/* Ink that is cleared can be had back until there is no other. */
START_TEST(what_is_cleared_gives_its_ink_once_that_is_needed) {
    static Marks m;
    marks_init(&m);
    m.pen = 1;
    stroke(&m, 1, .1f, 100); /* of another slide: it stays */
    for (int round = 0; round < 8; round++) {
        stroke(&m, 0, .5f, MARKS_POINTS_MAX / 4);
        ck_assert_int_eq(count_seen(&m, 0), 1);
        ck_assert(marks_clear(&m, 0));
        ck_assert_int_eq(count_seen(&m, 0), 0);
        ck_assert(marks_undo(&m, 0, -1));
        ck_assert_int_eq(count_seen(&m, 0), 1);
        ck_assert(marks_undo(&m, 0, +1));
    }
    ck_assert_int_eq(count_seen(&m, 1), 1);
    const int at = marks_next(&m, 1, 0);
    ck_assert_int_eq(m.strokes[at].n, 100);
    ck_assert_int_eq(m.points[m.strokes[at].from + 99].y,
                     (int)lroundf(.1f * 65535));
}
END_TEST

/* Where all strokes are used there is one fewer of no use, and a slide can be
 * cleared. */
START_TEST(strokes_end_and_can_be_cleared) {
    static Marks m;
    marks_init(&m);
    m.pen = 1;
    for (int i = 0; i < MARKS_STROKES_MAX; i++)
        stroke(&m, i % 2, .5f, 1);
    ck_assert(!marks_press(&m, 0));
    ck_assert(!m.draws);
    ck_assert(marks_clear(&m, 0));
    ck_assert_int_eq(count_seen(&m, 0), 0);
    ck_assert_int_eq(count_seen(&m, 1), MARKS_STROKES_MAX / 2);
    stroke(&m, 0, .5f, 3);
    marks_init(&m);
    m.pen = 1;
    stroke(&m, 0, .5f, MARKS_POINTS_MAX);
    ck_assert(!marks_press(&m, 0));
    ck_assert(!marks_press(&m, 0)); /* no empty stroke is left to be undone */
    ck_assert_int_eq(m.n_strokes, 1);
}
END_TEST

START_TEST(the_magnifier_enlarges_any_part) {
    Talk t;
    begin(&t);
    uint32_t *plain = copy_pixels(&t);
    screen_mouse_move(t.rig.screen, 0, 0);
    press(&t, "Shift+Z");
    ck_assert_uint_eq(pixel(&t, 200, 300), plain[150 * 1280 + 100]);
    screen_wheel(t.rig.screen, 0, 0, 1);
    ck_assert_float_eq(app_marks(t.rig.app)->lens, 2.5f);
    press(&t, "Ctrl+-");
    ck_assert_float_eq(app_marks(t.rig.app)->lens, 2);
    screen_mouse_move(t.rig.screen, 1279, 799);
    app_rig_frame(&t.rig);
    ck_assert_uint_eq(pixel(&t, 1279, 799), plain[799 * 1280 + 1279]);
    const float x = app_marks(t.rig.app)->x;
    press(&t, "Ctrl+Shift+Left");
    ck_assert_float_lt(app_marks(t.rig.app)->x, x);
    for (int i = 0; i < 20; i++)
        press(&t, "Ctrl+=");
    ck_assert_float_eq(app_marks(t.rig.app)->lens, MARKS_LENS_MAX);
    press(&t, "Esc");
    ck_assert_float_eq(app_marks(t.rig.app)->lens, 1);
    free(plain);
    end(&t);
}
END_TEST

/* The room sees what the lecturer points at in the picture of the room. */
START_TEST(the_presenters_picture_points_too) {
    Talk t;
    Err err = {0};
    begin(&t);
    Screen *desk = screen_open(t.rig.app, &err);
    ck_assert_ptr_nonnull(desk);
    Canvas *c = canvas_open(1280, 800, .7f, t.rig.fonts, &err);
    ck_assert_ptr_nonnull(c);
    screen_present(desk, t.rig.screen);
    screen_show_room(desk, canvas_pixels(t.rig.canvas), false);
    screen_draw(desk, c);
    const Rect r = desk->room_rect;
    ck_assert_int_gt(r.w, 300);
    press(&t, "L");
    screen_mouse_move(desk, r.x + r.w / 2, r.y + r.h / 2);
    app_rig_frame(&t.rig);
    ck_assert_uint_eq(pixel(&t, 640, 400) & 0xffffff, 0xe11e1e);
    press(&t, "Esc");
    press(&t, "Shift+L");
    drag(desk, r.x + r.w / 4, r.y + r.h / 2, r.x + r.w * 3 / 4, r.y + r.h / 2);
    ck_assert_int_gt(app_marks(t.rig.app)->n_points, 5);
    screen_mouse_move(desk, r.x + r.w + 50, r.y); /* beside it nothing moves */
    ck_assert_float_lt(app_marks(t.rig.app)->x, .8f);
    canvas_close(c);
    screen_close(desk);
    end(&t);
}
END_TEST

START_TEST(what_is_saved_has_none_of_it) {
    Talk t;
    begin(&t);
    Err err = {0};
    Canvas *c = canvas_open(640, 480, .6f, t.rig.fonts, &err);
    ck_assert_ptr_nonnull(c);
    ck_assert(screen_draw_stage(t.rig.screen, c, true));
    const Pixmap *p = canvas_pixels(c);
    const size_t size = (size_t)p->stride * (size_t)p->h * sizeof *p->px;
    uint32_t *plain = malloc(size);
    ck_assert_ptr_nonnull(plain);
    memcpy(plain, p->px, size);
    static char before[STATE_TEXT_MAX], after[STATE_TEXT_MAX];
    app_state_text(t.rig.app, before, sizeof before);
    press(&t, "L");
    press(&t, "Shift+Z");
    press(&t, "Shift+L");
    drag(t.rig.screen, 300, 300, 700, 500);
    app_rig_frame(&t.rig);
    app_state_text(t.rig.app, after, sizeof after);
    ck_assert_str_eq(before, after);
    ck_assert(screen_draw_stage(t.rig.screen, c, true));
    ck_assert_int_eq(memcmp(plain, p->px, size), 0);
    free(plain);
    canvas_close(c);
    end(&t);
}
END_TEST

TEST_MAIN("marks", a_pointer_follows_the_mouse_and_leaves_no_trace,
          a_spotlight_leaves_its_place_light,
          strokes_are_of_a_slide_and_can_be_taken_back,
          the_second_pen_draws_dashes,
          a_held_pen_clicks_nothing_and_ink_is_bounded,
          the_magnifier_enlarges_any_part, the_presenters_picture_points_too,
          what_is_saved_has_none_of_it,
          a_held_pen_clicks_what_covers_the_lesson,
          a_mouse_that_stands_still_uses_no_ink,
          what_is_taken_back_gives_its_points,
          what_is_cleared_gives_its_ink_once_that_is_needed,
          strokes_end_and_can_be_cleared,
          strokes_follow_their_slide_when_the_deck_is_edited)
