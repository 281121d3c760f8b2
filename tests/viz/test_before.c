/* Two runs: which position faces which, what is said of the change, and that a
 * change shows in the same frame. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"
#include "viz/views/before.h"

#include <math.h>
#include <stdlib.h>
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

/* A change of a token that the text does not have is told on the line on top,
 * until the text has grown to it. */
START_TEST(a_position_that_is_not_there_is_told) {
    static const char *const edits[] = {"cut6", "cut1.1=6", "token6=5",
                                        "patch1.mlp_out@6", "steer1@6*2"};
    AppRig r;
    open_rig(&r, "view=next");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        for (int there = 0; there < 2; there++) {
            char state[96];
            snprintf(state, sizeof state, "then= edit=%s length=%d", edits[i],
                     there ? 8 : 0);
            set_state(&r, state);
            app_settle(r.app, -1);
            app_rig_frame(&r);
            ck_assert_msg(app_rig_shows(&r, "position 6") != there &&
                              app_rig_shows(&r, "(does nothing: ") != there,
                          "%s", state);
        }
    set_state(&r, "then= edit=\"\" length=0 against=\"edit=1.0,cut6\"");
    app_settle(r.app, -1);
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "(cut6 does nothing: no such token)"));
    set_state(&r, "length=8");
    app_settle(r.app, -1);
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, "does nothing"));
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

/* Clicks a hit that opens a number of the run `opened`, above row 200. */
static void click_opened(AppRig *r, const char *opened) {
    for (int y = 0; y < 200; y += 2)
        for (int x = 0; x < canvas_pixels(r->canvas)->w; x += 3) {
            Pick p;
            if (!screen_pick_at(r->screen, x, y, &p)) continue;
            const PickPart *part = pick_find(&p, STATE_OPENED);
            if (!part || strcmp(part->word, opened) != 0) continue;
            app_rig_click(r, x, y);
            app_rig_frame(r);
            return;
        }
    ck_abort_msg("no number of %s", opened);
}

/* The probability of a token after the text, by the whole row. */
static double probability_of(const float *logits, int n, int id) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += exp((double)logits[i] - (double)logits[id]);
    return 1 / sum;
}

/* What the inspector says that its arithmetic equals. */
static double number_shown(const AppRig *r) {
    static const char says[] = "equals the number shown ";
    int n;
    const TextMark *m = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++) {
        const char *at = strstr(m[i].text, says);
        if (at) return strtod(at + strlen(says), NULL);
    }
    ck_abort_msg("no number");
    return 0;
}

/* Both numbers of "a 3 % -> 2 %" open, each in its own run; Ctrl+I changes
 * between them, and another number is the shown run's again. */
START_TEST(what_was_opens_as_what_is) {
    static const char *const runs[] = {"before", "now"};
    for (int i = 0; i < 2; i++) {
        AppRig r;
        Scene scene;
        Stage s;
        open_rig(&r, "view=next edit=0.0,1.1 against=");
        click_opened(&r, runs[i]);
        for (int again = 0; again < 2; again++) {
            look(&r, &scene, &s);
            ck_assert_str_eq(s.state->op, "plain");
            ck_assert_int_eq(before_is_opened(&s), (i == 0) != again);
            const float *l = before_is_opened(&s)
                                 ? before_row(&s, SITE_LOGITS, 0, s.pos)
                                 : stage_row(&s, SITE_LOGITS, 0, s.pos);
            const double p = probability_of(l, s.config->vocab_size, s.elem);
            const StudyKey key = {
                .kind = STUDY_PROB, .layer = 1, .pos = s.pos, .index = s.elem};
            bool missing;
            const Explain *ex =
                study_get(before_is_opened(&s) ? s.against_study : s.study, key,
                          &missing);
            ck_assert(ex && ex->matches);
            ck_assert_double_eq_tol(ex->total, p, 1e-6);
            app_look_away(r.app);
            /* As many digits as a mark keeps: 0.5 of 0.530, 0.2 of 0.299. */
            ck_assert_double_eq_tol(number_shown(&r), p, .1);

            screen_key(r.screen, "Ctrl+I");
            app_rig_frame(&r);
        }
        set_state(&r, "opened=before");
        screen_key(r.screen, "Ctrl+I");
        app_rig_frame(&r);
        ck_assert_str_eq(app_state(r.app)->opened, "now");
        app_rig_close(&r);
    }
}
END_TEST

TEST_MAIN("before", what_was_opens_as_what_is,
          a_position_that_is_not_there_is_told,
          heads_after_a_change_say_how_far_they_moved,
          nothing_is_compared_until_something_changes,
          a_change_has_the_numbers_of_both_runs,
          texts_of_other_lengths_face_each_other_from_their_ends,
          what_is_not_all_is_not_100)
