/* The presenter's screen: what it shows of the lesson, its clock and plan; the
 * room's screen shows none of it. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/pace.h"
#include "viz/screen/screen_private.h"

#include <string.h>

static const char deck_text[] =
    "# One\n\n<!-- .slide: data-timing=\"60\" -->\n\n"
    "<!-- .ask: Which? | a) left | b*) right -->\n\nNotes: say **this** first\n"
    "---\n# Two\n\nsecond words\n\n<!-- .stage: layer=1 -->\nmore\n---\n"
    "# Three\n\nNotes:\n- a list\n";

typedef struct Desk {
    char dir[FOLDER_PATH_MAX]; /* of the deck */
    AppRig rig;
    Screen *screen;
} Desk;

static void open_desk(Desk *d, AppOptions opt) {
    Err err = {0};
    char path[FOLDER_PATH_MAX];
    folder_make(d->dir);
    folder_path(path, d->dir, "deck.md");
    folder_write(d->dir, "deck.md", deck_text, strlen(deck_text));
    opt.deck_path = path;
    app_rig_open(&d->rig, opt);
    d->screen = screen_open(d->rig.app, &err);
    ck_assert_ptr_nonnull(d->screen);
    screen_present(d->screen, d->rig.screen);
    ck_assert_int_ge(app_tick(d->rig.app, 1000), -1);
    app_rig_frame(&d->rig);
}

static void close_desk(Desk *d) {
    screen_close(d->screen);
    app_rig_close(&d->rig);
    folder_remove(d->dir);
}

static bool desk_shows(Desk *d, const char *text) {
    screen_draw(d->screen, d->rig.canvas);
    return app_rig_shows(&d->rig, text);
}

START_TEST(notes_next_and_answer_are_the_presenters_alone) {
    Desk d;
    open_desk(&d, (AppOptions){0});
    app_rig_frame(&d.rig);
    ck_assert(!app_rig_shows(&d.rig, "this"));
    ck_assert(!app_rig_shows(&d.rig, "✓ right"));
    ck_assert(desk_shows(&d, "this"));
    ck_assert(desk_shows(&d, "  ✓ right"));
    ck_assert(desk_shows(&d, "slide 1 of 3"));
    ck_assert(desk_shows(&d, "Next: on this slide"));
    ck_assert(!desk_shows(&d, "second words"));
    screen_key(d.screen, "Space"); /* the answer */
    ck_assert(desk_shows(&d, "Next: Two"));
    ck_assert(desk_shows(&d, "second"));
    ck_assert(desk_shows(&d, "the stage stays"));
    screen_key(d.screen, "Space");
    ck_assert(desk_shows(&d, "none on this slide"));
    ck_assert(desk_shows(&d, "stage: layer=1"));
    screen_key(d.screen, "Space");
    screen_key(d.screen, "Space");
    ck_assert(desk_shows(&d, "Next: the end"));
    app_rig_frame(&d.rig); /* the room has gone along */
    ck_assert_int_eq(app_state(d.rig.app)->slide, 3);
    close_desk(&d);
}
END_TEST

START_TEST(black_is_the_rooms_alone) {
    Desk d;
    const Pixmap *px;
    open_desk(&d, (AppOptions){0});
    screen_key(d.screen, "B");
    app_rig_frame(&d.rig);
    px = canvas_pixels(d.rig.canvas);
    ck_assert_uint_eq(px->px[0], 0xFF000000u);
    ck_assert(desk_shows(&d, "the room's screen is black"));
    close_desk(&d);
}
END_TEST

/* It begins when the first slide is left, and stands still when paused. */
START_TEST(the_clock_runs_from_the_second_slide_on) {
    Desk d;
    open_desk(&d, (AppOptions){.minutes = 10});
    app_set_clock(d.rig.app, "10:19");
    ck_assert(desk_shows(&d, "10:19"));
    ck_assert(desk_shows(&d, "begins with slide 2"));
    app_tick(d.rig.app, 50000);
    ck_assert(!screen_dirty(d.screen));
    screen_key(d.screen, "Space");
    screen_key(d.screen, "Space");
    ck_assert(desk_shows(&d, "0:00"));
    app_tick(d.rig.app, 50000 + 475000);
    ck_assert(screen_dirty(d.screen));
    ck_assert(desk_shows(&d, "7:55"));
    /* 600 s in three equal slides: here it should be 3:20. */
    ck_assert(desk_shows(&d, "4:35 behind"));
    ck_assert(desk_shows(&d, "planned here: 3:20 of 10:00"));
    screen_key(d.screen, "Ctrl+T");
    app_tick(d.rig.app, 9000000);
    ck_assert(desk_shows(&d, "7:55"));
    ck_assert(desk_shows(&d, "paused"));
    screen_key(d.screen, "Ctrl+T");
    app_tick(d.rig.app, 9060000);
    ck_assert(desk_shows(&d, "8:55"));
    const Pace kept = app_pace(d.rig.app);
    ck_assert_uint_eq(pace_elapsed_ms(&kept, 9060000), 535000);
    close_desk(&d);
}
END_TEST

START_TEST(plans_follow_timings_and_minutes) {
    Err err = {0};
    Deck *d = deck_open_memory("t.md", deck_text, strlen(deck_text), &err);
    ck_assert_ptr_nonnull(d);
    /* One states 60 s, the others count as much. */
    ck_assert_double_eq_tol(pace_total(d, 0), 180, 1e-9);
    ck_assert_double_eq_tol(pace_planned(d, 0, 0, 1), 30, 1e-9);
    ck_assert_double_eq_tol(pace_planned(d, 0, 2, 0), 120, 1e-9);
    ck_assert_double_eq_tol(pace_total(d, 3), 180, 1e-9);
    ck_assert_double_eq_tol(pace_planned(d, 30, 1, 1), 900, 1e-9);
    deck_close(d);
    d = deck_open_memory("t.md", "a\n---\nb", 7, &err);
    ck_assert_double_eq(pace_total(d, 0), -1);
    ck_assert_double_eq(pace_planned(d, 0, 1, 0), -1);
    deck_close(d);
}
END_TEST

START_TEST(notes_have_a_size_of_their_own) {
    Desk d;
    open_desk(&d, (AppOptions){0});
    const float scale = app_state(d.rig.app)->scale;
    ck_assert_float_eq(app_state(d.rig.app)->notes_size, 1);
    ck_assert(desk_shows(&d, "this"));
    screen_key(d.screen, "-");
    screen_key(d.screen, "-");
    ck_assert(desk_shows(&d, "this"));
    ck_assert_float_eq(app_state(d.rig.app)->scale, scale);
    ck_assert_float_eq_tol(app_state(d.rig.app)->notes_size, 1 / 1.21f, 1e-4f);
    screen_key(d.rig.screen, "-");
    ck_assert_float_lt(app_state(d.rig.app)->scale, scale);
    close_desk(&d);
}
END_TEST

START_TEST(every_size_draws) {
    Desk d;
    Err err = {0};
    open_desk(&d, (AppOptions){0});
    static const int sizes[][2] = {{1, 1},      {40, 300},    {640, 480},
                                   {1024, 768}, {1920, 1080}, {3840, 2160}};
    app_rig_frame(&d.rig);
    screen_show_room(d.screen, canvas_pixels(d.rig.canvas), true);
    ck_assert(desk_shows(&d, "the room still sees"));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const float scale = screen_scale(d.screen, sizes[i][0], sizes[i][1]);
        screen_show_room(d.screen, NULL, false);
        ck_assert(
            canvas_resize(d.rig.canvas, sizes[i][0], sizes[i][1], scale, &err));
        screen_draw(d.screen, d.rig.canvas);
    }
    close_desk(&d);
}
END_TEST

/* What is clicked on the desk is done on the room's screen, which reads a long
 * slide's pages first; the wheel is the notes', whatever covers the room. */
START_TEST(the_desks_mouse_is_for_the_room_and_the_notes) {
    Desk d;
    int arg, x = 0, y = 0;
    open_desk(&d, (AppOptions){0});
    ck_assert(desk_shows(&d, "Next: on this slide"));
    /* The highest place that goes on is the picture of what is next. */
    for (y = 0; y < d.rig.h; y += 4) {
        for (x = 0; x < d.rig.w; x += 4)
            if (screen_command_at(d.screen, x, y, &arg) == CMD_BEAT_NEXT) break;
        if (x < d.rig.w) break;
    }
    ck_assert_int_lt(y, d.rig.h * 3 / 4);
    screen_mouse_down(d.screen, x, y);
    screen_mouse_up(d.screen);
    ck_assert_int_eq(app_state(d.rig.app)->beat, 1);
    PanelPlace *slide = screen_place(d.rig.screen, &panel_slide);
    app_rig_frame(&d.rig);
    slide->scroll_most = 1; /* as if it had another page */
    slide->rect = (Rect){0, 0, 9, 9};
    screen_draw(d.screen, d.rig.canvas);
    screen_mouse_down(d.screen, x, y);
    ck_assert_int_eq(slide->scroll, 1);
    ck_assert_int_eq(app_state(d.rig.app)->slide, 1);
    screen_key(d.rig.screen, "O");
    screen_draw(d.screen, d.rig.canvas);
    screen_wheel(d.screen, 5, 5, -1);
    Scene scene;
    app_look(d.rig.app, &scene);
    ck_assert_int_eq(scene.mode, APP_OVERVIEW);
    ck_assert_int_eq(scene.chosen, 0);
    app_look_away(d.rig.app);
    close_desk(&d);
}
END_TEST

TEST_MAIN("presenter", the_desks_mouse_is_for_the_room_and_the_notes,
          notes_next_and_answer_are_the_presenters_alone,
          black_is_the_rooms_alone, the_clock_runs_from_the_second_slide_on,
          plans_follow_timings_and_minutes, notes_have_a_size_of_their_own,
          every_size_draws)
