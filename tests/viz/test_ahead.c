/* The steps of training that a key leads to have read the text before the key
 * comes: what is shown then is, to the bit, what a run from the beginning
 * says; and once all have, nothing is done any more. */
#include "engine/run/session.h"
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/source.h"

#include <stdio.h>
#include <time.h>

#define STEPS 13

static void open_rig(AppRig *r, bool no_threads) {
    app_rig_open(r, (AppOptions){.no_deck = true,
                                 .no_threads = no_threads,
                                 .model_path = "assets/models/tales.bin",
                                 .prompt = "Once there was a kind girl"});
    app_settle(r->app, -1);
    app_rig_frame(r);
}

static void set_state(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
}

/* Time goes by, and nobody does anything. */
static void rest(AppRig *r, uint64_t *now) {
    int n = 0;
    for (int i = 0; i < 100; i++)
        app_tick(r->app, *now += 20);
    while (app_step(r->app, 100))
        ck_assert_int_lt(n++, 1000);
}

/* After a key: how many positions were computed for it. */
static int n_fed(AppRig *r) {
    Scene scene;
    app_settle(r->app, -1);
    app_look(r->app, &scene);
    const int n = scene.engine.n_fed;
    ck_assert(scene.engine.aligned);
    app_look_away(r->app);
    return n;
}

/* What is shown is what this model says of all of it. */
static void check_shown(AppRig *r) {
    Err err = {0};
    const Trace *t = app_trace(r->app);
    int ids[64];
    const int n = trace_n_pos(t);
    ck_assert_int_lt(n, 64);
    for (int i = 0; i < n; i++)
        ids[i] = trace_token(t, i);
    const char *name = app_state(r->app)->model;
    Model *m = source_weights(*name ? name : "assets/models/tales.bin", &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Session *s = session_open(m, &(SessionOptions){0}, &err);
    ck_assert(session_set_edits(s, &app_state(r->app)->edits, &err));
    const float *logits = session_feed(s, ids, n, &err);
    ck_assert_mem_eq(trace_row(t, SITE_LOGITS, 0, n - 1), logits,
                     (size_t)model_config(m)->vocab_size * sizeof *logits);
    session_close(s);
    model_close(m);
}

static void walk(AppRig *r, const char *key, int n) {
    for (int i = 0; i < n; i++) {
        screen_key(r->screen, key);
        ck_assert_msg(n_fed(r) == 0, "%s %d: %d", key, i, n_fed(r));
        check_shown(r);
    }
}

START_TEST(each_step_is_ready) {
    AppRig r;
    uint64_t now = 0;
    open_rig(&r, true);
    set_state(&r, "view=learn op=curves");
    rest(&r, &now);
    walk(&r, "Left", STEPS - 1);
    ck_assert_str_eq(app_state(r.app)->model, "embedded:step-000000");
    walk(&r, "Right", STEPS - 1);
    set_state(&r, "model=embedded:step-000400 length=20"); /* tokens more */
    rest(&r, &now);
    walk(&r, "Left", 2);
    walk(&r, "Right", 5);
    set_state(&r, "length=21");
    rest(&r, &now);
    walk(&r, "Right", 1);
    set_state(&r, "prompt=\"Tom met a dog. He\" edit=2.1");
    rest(&r, &now);
    walk(&r, "Left", 3);
    app_rig_close(&r);
}
END_TEST

/* In other views, and where a model is trained, nothing is. */
START_TEST(nothing_is_ahead_elsewhere) {
    static const char *const states[] = {"view=next", "view=learn op=live"};
    AppRig r;
    uint64_t now = 0;
    open_rig(&r, true);
    for (int i = 0; i < 2; i++) {
        set_state(&r, states[i]);
        rest(&r, &now);
        set_state(&r, i ? "model=embedded:step-000400"
                        : "model=embedded:step-000700");
        ck_assert_int_gt(n_fed(&r), 4);
        set_state(&r, "model=\"\"");
    }
    app_rig_close(&r);
}
END_TEST

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + 1e-6 * (double)t.tv_nsec;
}

/* On its thread, with keys in between; then it sleeps, and wants no more
 * ticks. */
START_TEST(it_rests_once_all_are_there) {
    AppRig r;
    uint64_t now = 0;
    open_rig(&r, false);
    set_state(&r, "view=learn op=curves length=40");
    for (int i = 0; i < 40; i++) {
        app_tick(r.app, now += 20);
        if (i % 4 == 0) screen_key(r.screen, i < 24 ? "Left" : "Right");
        if (i % 8 == 0) app_rig_frame(&r);
    }
    app_settle_ahead(r.app);
    walk(&r, "Left", 2);
    walk(&r, "Right", 3);
    app_rig_frame(&r);
    app_settle_ahead(r.app);
    int wait = 0;
    for (int i = 0; wait >= 0 && i < 1000; i++)
        wait = app_tick(r.app, now += 20);
    ck_assert_int_eq(wait, -1);
    const double before = cpu_ms();
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    ck_assert_double_lt(cpu_ms() - before, 5);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("ahead", each_step_is_ready, nothing_is_ahead_elsewhere,
          it_rests_once_all_are_there)
