/* Two runs: which position faces which, what is said of the change, and that a
 * change shows in the same frame. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"
#include "viz/views/before.h"

#include <string.h>

static void open_rig(AppRig *r, const char *state) {
    app_rig_open(
        r, (AppOptions){.no_deck = true, .prompt = "the cat", .state = state});
    app_rig_frame(r);
}

/* The stage of the rig's screen; end with app_look_away. */
static void look(AppRig *r, Scene *scene, Stage *stage) {
    app_look(r->app, scene);
    ck_assert(screen_stage(r->screen, scene, r->canvas, stage));
}

static void set_state(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
}

START_TEST(nothing_is_compared_until_something_changes) {
    AppRig r;
    Scene scene;
    Stage s;
    open_rig(&r, NULL);
    look(&r, &scene, &s);
    ck_assert_ptr_null(s.against);
    ck_assert_int_eq(before_pos(&s, 0), -1);
    ck_assert_ptr_null(before_row(&s, SITE_LOGITS, 0, 0));
    app_look_away(r.app);
    set_state(&r, "edit=0.0");
    look(&r, &scene, &s);
    ck_assert_ptr_nonnull(s.against);
    ck_assert_int_eq(trace_edits(s.against)->n, 0);
    ck_assert_int_eq(trace_edits(s.trace)->n, 1);
    for (int pos = 0; pos < s.n_pos; pos++)
        ck_assert_int_eq(before_pos(&s, pos), pos);
    ck_assert(before_same_keys(&s, s.n_pos - 1));
    app_look_away(r.app);
    set_state(&r, "against=off");
    look(&r, &scene, &s);
    ck_assert_ptr_null(s.against);
    app_look_away(r.app);
    app_rig_close(&r);
}
END_TEST

/* A key that switches a head off: once the engine is done, a frame that waits
 * for its numbers has those of both runs. */
START_TEST(a_change_has_the_numbers_of_both_runs) {
    AppRig r;
    Scene scene;
    Stage s;
    open_rig(&r, "view=next");
    screen_key(r.screen, "X");
    app_rig_frame(&r);
    look(&r, &scene, &s);
    ck_assert_ptr_nonnull(s.against);
    ck_assert_ptr_nonnull(before_next(&s, s.pos));
    ck_assert_ptr_nonnull(before_best(&s, s.pos));
    app_look_away(r.app);
    app_rig_close(&r);
}
END_TEST

START_TEST(texts_of_other_lengths_face_each_other_from_their_ends) {
    AppRig r;
    Scene scene;
    Stage s;
    open_rig(&r, "prompt=\"the cat sat\" against=\"prompt=\\\"the big cat "
                 "sat\\\"\"");
    look(&r, &scene, &s);
    const int n = s.n_pos, m = trace_n_pos(s.against);
    ck_assert_int_lt(n, m);
    for (int pos = 0; pos < n; pos++) {
        const int at = before_pos(&s, pos);
        ck_assert(at == pos || at == pos + m - n || at == -1);
        if (at >= 0)
            ck_assert_int_eq(trace_token(s.against, at),
                             trace_token(s.trace, pos));
    }
    ck_assert_int_eq(before_pos(&s, 0), 0);
    ck_assert_int_eq(before_pos(&s, n - 1), m - 1);
    ck_assert(!before_same_keys(&s, n - 1));
    app_look_away(r.app);
    app_rig_close(&r);
}
END_TEST

START_TEST(what_is_not_all_is_not_100) {
    static const struct {
        double p;
        const char *text;
    } cases[] = {{0, "0.0 %"},         {1e-9, "<0.1 %"},  {.0006, "0.1 %"},
                 {.5, "50.0 %"},       {.9994, "99.9 %"}, {.9998, "99.98 %"},
                 {.99999, ">99.99 %"}, {1, "100.0 %"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        stage_percent_text(cases[i].p, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

/* Of a colour, below the line on top. */
static int pixels_of(const Canvas *c, Color color) {
    const Pixmap *p = canvas_pixels(c);
    const uint32_t want =
        (uint32_t)color.r << 16 | (uint32_t)color.g << 8 | color.b;
    int n = 0;
    for (int y = 60; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            n += (p->px[y * p->stride + x] & 0xFFFFFF) == want;
    return n;
}

START_TEST(heads_after_a_change_say_how_far_they_moved) {
    AppRig r;
    open_rig(&r, "view=heads layer=1 edit=0.0 against=off");
    const Color bad = theme_find("light")->bad;
    ck_assert(screen_draw_stage(r.screen, r.canvas, true));
    ck_assert_int_eq(pixels_of(r.canvas, bad), 0);
    set_state(&r, "against=");
    ck_assert(screen_draw_stage(r.screen, r.canvas, true));
    ck_assert_int_gt(pixels_of(r.canvas, bad), 100);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("before", heads_after_a_change_say_how_far_they_moved,
          nothing_is_compared_until_something_changes,
          a_change_has_the_numbers_of_both_runs,
          texts_of_other_lengths_face_each_other_from_their_ends,
          what_is_not_all_is_not_100)
