/* Back and forward between places: what comes back, and what stays. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static void open_rig(AppRig *r) {
    app_rig_open(
        r, (AppOptions){.no_deck = true, .prompt = "the cat sat on the mat"});
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

static void paste(AppRig *r, const char *state) {
    app_paste(r->app, state);
    ck_assert_str_eq(app_message(r->app), "");
    app_rig_frame(r);
}

/* The place alone, as a state string. */
static const char *place(AppRig *r) {
    static char out[2][512];
    static int i;
    i = !i;
    state_format(app_state(r->app),
                 STATE_BIT(STATE_VIEW) | STATE_BIT(STATE_OP) |
                     STATE_BIT(STATE_TOKEN) | STATE_BIT(STATE_LAYER) |
                     STATE_BIT(STATE_HEAD) | STATE_BIT(STATE_KEY) |
                     STATE_BIT(STATE_ELEM) | STATE_BIT(STATE_OPENED) |
                     STATE_BIT(STATE_PART) | STATE_BIT(STATE_NUMBER),
                 out[i], sizeof out[i]);
    return out[i];
}

START_TEST(places_come_back_in_order) {
    static const char *const states[] = {
        "view=attention op=scores layer=0 head=1 token=3 key=2",
        "view=block op=rope layer=1 head=0 token=3 elem=4",
        "view=residual op=stream layer=1 head=1 part=head number=end",
        "view=residual op=stream layer=1 head=1 part=head number=length",
        "view=heads layer=1 head=1 token=4",
        "view=block op=down token=2 elem=5 opened=before edit=0.1"};
    enum { N = sizeof states / sizeof *states };
    static char was[N][512];
    AppRig r;
    open_rig(&r);
    for (int i = 0; i < N; i++) {
        paste(&r, states[i]);
        snprintf(was[i], sizeof was[i], "%s", place(&r));
    }
    for (int i = N - 2; i >= 0; i--) {
        press(&r, "Alt+Left");
        ck_assert_str_eq(place(&r), was[i]);
    }
    for (int i = 1; i < N; i++) {
        press(&r, "Alt+Right");
        ck_assert_str_eq(place(&r), was[i]);
    }
    press(&r, "Alt+Right");
    ck_assert_str_eq(app_message(r.app), "no place after");
    ck_assert_str_eq(place(&r), was[N - 1]);
    app_rig_close(&r);
}
END_TEST

START_TEST(changes_and_the_text_stay) {
    AppRig r;
    open_rig(&r);
    paste(&r, "view=heads token=2 layer=0");
    press(&r, "X");
    press(&r, "Up");
    press(&r, "Alt+Left");
    ck_assert_int_eq(app_state(r.app)->layer, 0);
    ck_assert_int_eq(app_state(r.app)->edits.n, 1);
    paste(&r, "token=6");
    paste(&r, "view=next");
    paste(&r, "the cat"); /* 3 tokens */
    const int n = app_n_tokens(r.app);
    ck_assert_int_lt(n, 6);
    press(&r, "Alt+Left");
    press(&r, "Alt+Left");
    ck_assert_str_eq(app_view(r.app)->name, "heads");
    ck_assert_int_eq(app_n_tokens(r.app), n); /* none were drawn for it */
    ck_assert_str_eq(app_state(r.app)->prompt, "the cat");
    press(&r, "Ctrl+Z"); /* a change of state as any other */
    ck_assert_str_eq(app_view(r.app)->name, "next");
    app_rig_close(&r);
}
END_TEST

START_TEST(another_way_forgets_the_one_ahead) {
    AppRig r;
    open_rig(&r);
    paste(&r, "view=attention token=1");
    press(&r, "Right");
    press(&r, "Alt+Left");
    ck_assert_int_eq(app_state(r.app)->token, 1);
    press(&r, "Up");
    press(&r, "Alt+Right");
    ck_assert_int_eq(app_state(r.app)->token, 1);
    ck_assert_int_eq(app_state(r.app)->layer, 1);
    press(&r, "Alt+Left");
    ck_assert_int_eq(app_state(r.app)->layer, 0);
    app_rig_close(&r);
}
END_TEST

START_TEST(the_way_back_is_bounded) {
    AppRig r;
    open_rig(&r);
    press(&r, "End");
    for (int i = 0; i < 400; i++)
        screen_key(r.screen, i % 2 ? "Right" : "Left");
    int n = 0;
    for (; n < 400 && !app_message(r.app)[0]; n++)
        screen_key(r.screen, "Alt+Left");
    ck_assert_int_eq(n, 100); /* the last one only says so */
    ck_assert_str_eq(app_message(r.app), "no place before");
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("places", places_come_back_in_order, changes_and_the_text_stay,
          another_way_forgets_the_one_ahead, the_way_back_is_bounded)
