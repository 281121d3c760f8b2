/* What the views say of what they draw is so: sentences that a reader would
 * take wrongly are not there, what they should be is. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <stdio.h>
#include <string.h>

/* Lines of a paragraph are texts of their own: with a blank between them. */
static const char *all_texts(const AppRig *r) {
    static char all[1 << 16];
    int n;
    size_t len = 0;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n && len < sizeof all; i++)
        len +=
            (size_t)snprintf(all + len, sizeof all - len, "%s ", mark[i].text);
    return all;
}

static void set_state(AppRig *r, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, text, &err), "%s: %s", text, err.msg);
    app_rig_frame(r);
}

static void open_wide(AppRig *r) {
    *r = (AppRig){0};
    app_rig_open(r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    r->w = 1920;
    r->h = 1080;
    app_rig_frame(r);
}

typedef struct Said {
    const char *state, *said, *unsaid;
} Said;

static void check(const Said *list, size_t n) {
    AppRig r;
    open_wide(&r);
    for (size_t i = 0; i < n; i++) {
        set_state(&r, "edit=\"\" inspector=on");
        set_state(&r, list[i].state);
        const char *all = all_texts(&r);
        ck_assert_msg(strstr(all, list[i].said), "%s: no \"%s\" in\n%s",
                      list[i].state, list[i].said, all);
        ck_assert_msg(!list[i].unsaid || !strstr(all, list[i].unsaid),
                      "%s: \"%s\" in\n%s", list[i].state, list[i].unsaid, all);
    }
    app_rig_close(&r);
}

START_TEST(what_is_said_is_so) {
    static const Said list[] = {
        {"view=mlp op=silu layer=1 token=2", "takes a very negative one",
         "wholly"},
        {"view=mlp op=silu layer=1 token=2", "turned. Those", "almost shut"},
        {"view=qk op=scaled layer=1 token=2 key=1", "elements give no larger",
         "long v"},
        {"view=tokens op=vocabulary", "merge score", NULL},
    };
    check(list, sizeof list / sizeof *list);
}
END_TEST

/* The angle is φ, the speed of a pair θ, wherever they are named. */
START_TEST(an_angle_and_its_speed_have_one_letter_each) {
    static const Said list[] = {
        {"view=block op=rope layer=1 token=2", "by an angle φ: the ", NULL},
        {"view=block op=rope layer=1 token=2 elem=1", "φ = position × θ", NULL},
    };
    check(list, sizeof list / sizeof *list);
}
END_TEST

static const TextMark *mark_of(const AppRig *r, const char *begins) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strncmp(mark[i].text, begins, strlen(begins)) == 0) return &mark[i];
    ck_abort_msg("no \"%s\"", begins);
}

/* "comes next" makes room for what was likeliest before a change: then the
 * mouse tells it. */
START_TEST(what_comes_next_is_named_with_and_without_a_change) {
    AppRig r;
    open_wide(&r);
    for (int changed = 0; changed < 2; changed++) {
        set_state(&r, changed ? "edit=1.0" : "view=heads");
        const TextMark *mark = mark_of(&r, changed ? "was " : "comes next");
        screen_mouse_move(r.screen, (int)mark->x, (int)mark->y);
        app_rig_frame(&r);
        ck_assert(app_rig_shows(&r, "comes next: "));
        screen_mouse_move(r.screen, -1, -1);
    }
    app_rig_close(&r);
}
END_TEST

/* No one asked for that prompt, so it is not refused but cut, aloud. */
START_TEST(a_prompt_of_our_own_that_is_too_long_is_cut_aloud) {
    AppRig r;
    TinySpec spec = tiny_spec();
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    spec.seq_len = 9;
    folder_make(dir);
    tiny_write(&spec, dir, "tokenizer.bin");
    folder_path(path, dir, "tiny.bin");
    app_rig_open(&r, (AppOptions){.no_deck = true, .model_path = path});
    app_rig_frame(&r);
    ck_assert_int_eq(trace_n_pos(app_trace(r.app)), 8); /* one is to come */
    const char *said = app_message(r.app);
    ck_assert_msg(strstr(said, "the prompt is cut to 8 of its "), "%s", said);
    ck_assert_msg(strstr(said, "this model's context holds 9"), "%s", said);
    app_rig_close(&r);
    folder_remove(dir);
    app_rig_open(&r, (AppOptions){.no_deck = true});
    ck_assert_str_eq(app_message(r.app), "");
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("wording", what_is_said_is_so,
          an_angle_and_its_speed_have_one_letter_each,
          what_comes_next_is_named_with_and_without_a_change,
          a_prompt_of_our_own_that_is_too_long_is_cut_aloud)
