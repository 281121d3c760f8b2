/* The speaker's notes under the slide: opened and closed, their size and pages,
 * at every window's size, and gone where a presenter's window shows them. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"

#include <stdio.h>
#include <string.h>

typedef struct Talk {
    char dir[FOLDER_PATH_MAX]; /* of the deck */
    AppRig rig;
} Talk;

/* Two slides: one alone with long notes, one with a stage and none. */
static void begin(Talk *t) {
    char path[FOLDER_PATH_MAX], text[8192];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "# One\n\nwords\n\nNotes: say **this** "
                                "first\n");
    for (int i = 0; i < 60; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "\n- point number %d of the speaker\n", i);
    snprintf(text + n, sizeof text - n,
             "---\n# Two\n\n<!-- .stage: view=attention -->\nmore\n");
    folder_make(t->dir);
    folder_path(path, t->dir, "deck.md");
    folder_write(t->dir, "deck.md", text, strlen(text));
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

static bool shows(const Talk *t, const char *text) {
    return app_rig_shows(&t->rig, text);
}

static Rect notes_of(const Talk *t) {
    return screen_place(t->rig.screen, &panel_notes)->rect;
}

START_TEST(n_opens_and_closes_them) {
    Talk t;
    begin(&t);
    ck_assert(!shows(&t, "this"));
    press(&t, "N");
    ck_assert(shows(&t, "Notes"));
    ck_assert(shows(&t, "this"));
    ck_assert_str_eq(app_state(t.rig.app)->notes, "on");
    ck_assert(shows(&t, "words")); /* above them, still alone */
    ck_assert_int_eq(app_shown(t.rig.app), SHOWN_SLIDE);
    press(&t, "Space"); /* another slide, beside its stage */
    ck_assert_int_eq(app_shown(t.rig.app), SHOWN_BOTH);
    ck_assert(shows(&t, "none on this slide"));
    press(&t, "N");
    ck_assert(!shows(&t, "none on this slide"));
    ck_assert_str_eq(app_state(t.rig.app)->notes, "auto");
    end(&t);
}
END_TEST

START_TEST(long_ones_have_pages) {
    Talk t;
    begin(&t);
    press(&t, "N");
    ck_assert(shows(&t, "number 0 of"));
    ck_assert(!shows(&t, "number 59 of"));
    ck_assert(shows(&t, "more"));
    press(&t, "Shift+PageDown");
    ck_assert_int_eq(app_state(t.rig.app)->note, 1);
    ck_assert(!shows(&t, "number 0 of"));
    press(&t, "Shift+PageUp");
    ck_assert(shows(&t, "number 0 of"));
    press(&t, "Shift+PageUp");
    ck_assert_int_eq(app_state(t.rig.app)->note, 0);
    const Rect r = notes_of(&t);
    app_rig_click(&t.rig, r.x + r.w / 2, r.y + r.h - 40); /* lower half */
    app_rig_frame(&t.rig);
    ck_assert_int_eq(app_state(t.rig.app)->note, 1);
    screen_wheel(t.rig.screen, r.x + r.w / 2, r.y + r.h / 2, -1);
    app_rig_frame(&t.rig);
    ck_assert_int_eq(app_state(t.rig.app)->note, 2);
    for (int i = 0; i < 60; i++)
        press(&t, "Shift+PageDown");
    ck_assert(shows(&t, "number 59 of"));
    ck_assert_int_eq(app_state(t.rig.app)->slide, 1); /* no beat on */
    press(&t, "Space");
    press(&t, "PageUp");
    ck_assert(shows(&t, "number 0 of")); /* another slide's begin anew */
    end(&t);
}
END_TEST

START_TEST(their_size_is_their_own) {
    Talk t;
    begin(&t);
    press(&t, "N");
    const float scale = app_state(t.rig.app)->scale;
    press(&t, "Ctrl+Shift+PageUp");
    ck_assert_float_gt(app_state(t.rig.app)->notes_size, 1.05f);
    press(&t, "Ctrl+Shift+PageDown");
    press(&t, "Ctrl+Shift+PageDown");
    ck_assert_float_lt(app_state(t.rig.app)->notes_size, .95f);
    ck_assert_float_eq(app_state(t.rig.app)->scale, scale);
    const float size = app_state(t.rig.app)->notes_size;
    press(&t, "Space"); /* a beat keeps it */
    ck_assert_float_eq(app_state(t.rig.app)->notes_size, size);
    end(&t);
}
END_TEST

/* With a presenter's window the room is spared them. */
START_TEST(the_presenters_window_has_them) {
    Talk t;
    begin(&t);
    press(&t, "N");
    app_set_clock(t.rig.app, "10:19");
    ck_assert(screen_dirty(t.rig.screen));
    app_rig_frame(&t.rig);
    ck_assert(!shows(&t, "this"));
    press(&t, "N");
    ck_assert_str_eq(app_message(t.rig.app),
                     "the notes stand in the presenter's window");
    app_set_clock(t.rig.app, "");
    app_rig_frame(&t.rig);
    ck_assert(shows(&t, "this"));
    end(&t);
}
END_TEST

START_TEST(a_copied_state_shows_the_same_page) {
    Talk a, b;
    Err err = {0};
    begin(&a);
    begin(&b);
    press(&a, "N");
    press(&a, "Ctrl+Shift+PageUp");
    press(&a, "Shift+PageDown");
    static char text[STATE_TEXT_MAX];
    app_state_text(a.rig.app, text, sizeof text);
    ck_assert_msg(app_set_state(b.rig.app, text, &err), "%s", err.msg);
    app_rig_frame(&a.rig);
    app_rig_frame(&b.rig);
    const Pixmap *p = canvas_pixels(a.rig.canvas);
    ck_assert_int_eq(memcmp(p->px, canvas_pixels(b.rig.canvas)->px,
                            (size_t)p->stride * (size_t)p->h * sizeof *p->px),
                     0);
    end(&a);
    end(&b);
}
END_TEST

START_TEST(every_window_has_room_for_them) {
    static const int sizes[][2] = {{1, 1},      {40, 300},    {640, 400},
                                   {1024, 768}, {1920, 1080}, {3840, 2160}};
    Talk t;
    begin(&t);
    press(&t, "N");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        t.rig.w = sizes[i][0];
        t.rig.h = sizes[i][1];
        app_rig_frame(&t.rig);
        const Rect r = notes_of(&t);
        if (t.rig.w < 640) continue;
        ck_assert_int_gt(r.h, t.rig.h / 4);
        ck_assert(shows(&t, "this"));
        press(&t, "Space");
        ck_assert_int_gt(notes_of(&t).h, t.rig.h / 4);
        press(&t, "PageUp");
    }
    end(&t);
}
END_TEST

TEST_MAIN("notes", n_opens_and_closes_them, long_ones_have_pages,
          their_size_is_their_own, the_presenters_window_has_them,
          a_copied_state_shows_the_same_page, every_window_has_room_for_them)
