/* What a key leads to is there before it comes: of a step that is made once
 * more, the numbers; in training, the steps have read the text, and what is
 * shown then is, to the bit, what a run from the beginning says.  And once all
 * is, nothing is done any more. */
#include "engine/run/session.h"
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/source.h"

#include <stdio.h>
#include <string.h>
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

/* ---- the same step once more --------------------------------------------- */

/* Numbers made so far, of any kind. */
static uint64_t n_made(AppRig *r) {
    Scene scene;
    app_look_on(r->app, &scene);
    const StudyStats stats = study_stats(scene.study);
    app_look_away(r->app);
    uint64_t n = 0;
    for (int i = 0; i < STUDY_KINDS; i++)
        n += stats.n_made[i];
    return n;
}

/* The window's loop, until it would wait for a rest or an event.  Time goes by
 * slowly, so that a machine that is busy makes no number slow. */
static int look_on(AppRig *r, uint64_t *now, bool with_thread) {
    int wait = 0;
    for (int i = 0; wait >= 0 && wait < 20 && i < 100000; i++) {
        *now += 1;
        wait = screen_look_ahead(r->screen, r->canvas, *now);
        app_step(r->app, 1);
        if (with_thread && wait > 0)
            nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    }
    return wait;
}

/* With a rest, until it would wait for an event. */
static void look_ahead(AppRig *r, uint64_t *now, bool with_thread) {
    const int wait = look_on(r, now, with_thread);
    *now += wait > 0 ? (uint64_t)wait : 0;
    if (wait > 0) ck_assert_int_eq(look_on(r, now, with_thread), -1);
}

/* The key's frame needs no number that is not there. */
static void check_ready(AppRig *r, const char *state, const char *key) {
    const uint64_t before = n_made(r);
    screen_key(r->screen, key);
    screen_draw(r->screen, r->canvas);
    const int more = (int)(n_made(r) - before);
    ck_assert_msg(app_is_whole(r->app) && more == 0, "%s %s: %d more", state,
                  key, more);
}

/* Where one has come to, the token after; or before, if it is the last. */
START_TEST(a_step_to_a_token_is_ready) {
    static const char *const at[] = {"token=3", "token=15"};
    for (int i = 0; i < 2; i++) {
        AppRig r;
        uint64_t now = 0;
        const bool with_thread = false;
        open_rig(&r, true);
        set_state(&r, "length=16");
        set_state(&r, at[i]);
        set_state(&r, "view=residual op=why");
        look_on(&r, &now, with_thread);
        check_ready(&r, at[i], i == 0 ? "Right" : "Left");
        set_state(&r, "view=mlp op=product");
        set_state(&r, at[i]);
        look_on(&r, &now, with_thread);
        check_ready(&r, at[i], i == 0 ? "Right" : "Left");
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(a_step_once_more_is_ready) {
    static const struct {
        const char *state, *key;
    } of[] = {{"view=mlp op=product", "Right"},
              {"view=mlp op=product token=9", "Left"},
              {"view=mlp op=down", "Up"},
              {"view=residual op=why", "Right"},
              {"view=residual op=why edit=1.0 against=", "Right"},
              {"view=residual op=lens", "Right"},
              {"view=residual op=why layer=3", "Down"},
              {"view=qk", "Right"},
              {"view=attention", "]"},
              {"view=attention op=scores", "Enter"},
              {"view=heads", "Right"},
              {"view=next", "Right"}};
    const size_t n = sizeof of / sizeof *of;
    for (size_t k = 0; k < 2 * n; k++) {
        AppRig r;
        uint64_t now = 0;
        const size_t i = k / 2;
        const bool with_thread = k % 2;
        open_rig(&r, !with_thread);
        set_state(&r, "length=16 token=3");
        set_state(&r, of[i].state);
        look_on(&r, &now, with_thread);
        screen_key(r.screen, of[i].key);
        app_rig_frame(&r);
        look_on(&r, &now, with_thread);
        for (int m = 0; m < (with_thread ? 8 : 2); m++) {
            check_ready(&r, of[i].state, of[i].key);
            look_on(&r, &now, with_thread);
        }
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(after_a_rest_any_step_is_ready) {
    static const struct {
        const char *state, *key;
    } of[] = {
        {"view=residual op=why", "Left"},
        {"view=residual op=why", "Backspace"},
        {"view=residual op=why edit=1.0 against=", "Left"},
        {"view=mlp op=product", "Left"},
        {"view=mlp op=product", "Up"},
        {"view=mlp op=product", "Down"},
        {"view=mlp op=product", "Enter"},
        {"view=mlp op=product", "Backspace"},
        {"view=attention", "]"},
        {"view=attention", "["},
        {"view=attention", "Up"},
        {"view=qk", "Down"},
    };
    const size_t n = sizeof of / sizeof *of;
    for (size_t i = 0; i < 2 * n; i++) {
        AppRig r;
        uint64_t now = 0;
        const char *state = of[i / 2].state;
        const bool with_thread = i % 2;
        open_rig(&r, !with_thread);
        set_state(&r, "length=16 token=7 layer=2 head=1");
        set_state(&r, state);
        look_ahead(&r, &now, with_thread);
        check_ready(&r, state, of[i / 2].key);
        app_rig_close(&r);
    }
}
END_TEST

/* Nothing is made but in app_step.  Before a rest nothing but the
 * likeliest step is; and a direction in which numbers are slow is left, with
 * nothing more to do. */
START_TEST(other_steps_wait_for_a_rest_and_are_not_waited_for) {
    AppRig r;
    uint64_t now = 0;
    int wait = 0, n = 0;
    open_rig(&r, true);
    set_state(&r, "length=16 token=7");
    set_state(&r, "view=residual op=why");
    while (wait >= 0 && wait < 20) { /* until it waits for a rest */
        wait = screen_look_ahead(r.screen, r.canvas, ++now);
        app_step(r.app, 1);
    }
    ck_assert_int_ge(wait, 20);
    ck_assert(!app_step(r.app, 1));
    const uint64_t made = n_made(&r);
    now += (uint64_t)wait;
    while (screen_look_ahead(r.screen, r.canvas, ++now) >= 0)
        ck_assert_int_lt(n++, 1000);
    ck_assert_int_gt(n, 100);
    ck_assert(!app_step(r.app, 1));
    ck_assert_uint_eq(n_made(&r), made);
    screen_key(r.screen, "Left");
    app_rig_frame(&r);
    ck_assert_uint_gt(n_made(&r), made);
    app_rig_close(&r);
}
END_TEST

static bool same_pick(const Pick *a, const Pick *b) {
    bool same = a->n == b->n;
    for (int i = 0; same && i < a->n; i++)
        same = a->parts[i].key == b->parts[i].key &&
               a->parts[i].number == b->parts[i].number;
    return same;
}

/* To the pixel, and wherever one clicks. */
static void check_same(const AppRig *a, const AppRig *b, int step) {
    const Pixmap *p = canvas_pixels(a->canvas), *q = canvas_pixels(b->canvas);
    Pick x, y;
    ck_assert_int_eq(p->w, q->w);
    for (int i = 0; i < p->h; i++)
        ck_assert_msg(memcmp(p->px + (size_t)i * (size_t)p->stride,
                             q->px + (size_t)i * (size_t)q->stride,
                             (size_t)p->w * sizeof *p->px) == 0,
                      "%d: row %d", step, i);
    for (int i = 0; i < p->h; i += 7)
        for (int k = 0; k < p->w; k += 13) {
            const bool has = screen_pick_at(a->screen, k, i, &x);
            ck_assert(has == screen_pick_at(b->screen, k, i, &y));
            ck_assert(!has || same_pick(&x, &y));
        }
}

/* Keys that come at any time, with the engine on its thread. */
START_TEST(the_picture_is_the_same_as_without) {
    static const char *const keys[] = {
        "Right", "Right", "Up", "Up", "6",  "Right", "Right", "]", "]",   "0",
        "Right", "Right", "9",  "Up", "Up", "Left",  "Left",  "A", "Left"};
    AppRig r, plain;
    uint64_t now = 0;
    const int n = (int)(sizeof keys / sizeof *keys);
    open_rig(&r, false);
    open_rig(&plain, false);
    set_state(&r, "length=20 token=3 view=mlp motion=off");
    set_state(&plain, "length=20 token=3 view=mlp motion=off");
    for (int i = 0; i < 3 * n; i++) {
        screen_key(r.screen, keys[i % n]);
        screen_key(plain.screen, keys[i % n]);
        screen_draw(r.screen, r.canvas);
        for (int k = 0; k < i % 5; k++)
            screen_look_ahead(r.screen, r.canvas, now += 3);
        if (i % 3 == 0) continue;
        app_rig_frame(&r);
        app_rig_frame(&plain);
        for (int k = 0; k < i % 4; k++)
            screen_look_ahead(r.screen, r.canvas, now += 3);
        check_same(&r, &plain, i);
    }
    app_settle_ahead(r.app);
    ck_assert(app_is_ahead(r.app));
    app_rig_close(&plain);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("ahead", the_picture_is_the_same_as_without, each_step_is_ready,
          nothing_is_ahead_elsewhere, it_rests_once_all_are_there,
          a_step_to_a_token_is_ready, a_step_once_more_is_ready,
          after_a_rest_any_step_is_ready,
          other_steps_wait_for_a_rest_and_are_not_waited_for)
