/* A training that one looks on at: the same seed and step are the same bits
 * however it got there, its loss is the trainer's and comes apart into rows and
 * tokens, and it rests when nothing is wanted. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/live.h"
#include "viz/app/source.h"

#include <math.h>
#include <string.h>

typedef struct Rig {
    Source source;
    Live *live;
} Rig;

static Rig open_rig(void) {
    Rig r = {0};
    Err err = {0};
    ck_assert_msg(source_open(&r.source, &err), "%s", err.msg);
    r.live = live_open(r.source.tokenizer, &err);
    ck_assert_msg(r.live != NULL, "%s", err.msg);
    return r;
}

static void close_rig(Rig *r) {
    live_close(r->live);
    tokenizer_close(r->source.tokenizer);
    model_close(r->source.model);
}

/* Trains to there; how many slices that took. */
static int train_to(Rig *r, uint64_t seed, int step) {
    static const int tokens[] = {1, 300, 301, 302};
    int n = 0;
    live_want(r->live,
              &(LiveAsk){.seed = seed, .step = step, .tokens = tokens, .n = 4});
    for (; live_begin(r->live); n++) {
        live_compute(r->live);
        live_publish(r->live);
    }
    const LiveTraining *t = live_training(r->live);
    ck_assert(live_is_settled(r->live));
    ck_assert_ptr_null(t->why);
    ck_assert_int_eq(t->step, step);
    return n;
}

/* ---- a text of one's own ------------------------------------------------- */

static void learn_own(Rig *r, const char *own, int step) {
    static const int tokens[] = {1, 300, 301, 302};
    live_want(r->live,
              &(LiveAsk){3, step, tokens, 4, own, own ? strlen(own) : 0});
    while (live_begin(r->live)) {
        live_compute(r->live);
        live_publish(r->live);
    }
    ck_assert_ptr_null(live_training(r->live)->why);
    ck_assert_int_eq(live_training(r->live)->step, step);
}

/* It is learnt by heart, and nothing of the stories; another text begins
 * anew, and the stories are as they were. */
START_TEST(a_text_of_ones_own_is_learnt) {
    Rig r = open_rig();
    learn_own(&r, NULL, 40);
    const float stories = live_training(r.live)->loss;
    ck_assert(!live_training(r.live)->is_own);
    learn_own(&r, "Mia gave the red ball to Tom.", 40);
    const float own = live_training(r.live)->loss;
    ck_assert(live_training(r.live)->is_own);
    ck_assert_float_lt(own, stories / 4);
    learn_own(&r, "Tom has no ball.", 0);
    ck_assert_float_gt(live_training(r.live)->loss, 4);
    learn_own(&r, NULL, 40);
    ck_assert_float_eq(live_training(r.live)->loss, stories);
    close_rig(&r);
}
END_TEST

typedef struct Seen {
    float losses[160], loss, rows[LIVE_ROWS], p[LIVE_CONTEXT], after[8];
    int story[LIVE_STORY_MAX];
} Seen;

static void see(const Rig *r, Seen *out) {
    const LiveTraining *t = live_training(r->live);
    memset(out, 0, sizeof *out);
    ck_assert_int_le(t->step, 160);
    memcpy(out->losses, t->losses, (size_t)t->step * sizeof(float));
    out->loss = t->loss;
    memcpy(out->rows, t->rows, sizeof t->rows);
    memcpy(out->p, t->p, sizeof t->p);
    memcpy(out->after, t->after, sizeof out->after);
    memcpy(out->story, t->story, (size_t)t->n_story * sizeof(int));
}

START_TEST(a_step_is_the_same_whichever_way_it_is_reached) {
    Rig r = open_rig();
    Seen straight, again;
    train_to(&r, 3, 120);
    see(&r, &straight);
    train_to(&r, 3, 150); /* beyond, back over a kept state, ... */
    train_to(&r, 3, 120);
    see(&r, &again);
    ck_assert_mem_eq(&straight, &again, sizeof again);
    train_to(&r, 3, 7); /* ... before the first one, ... */
    train_to(&r, 3, 8);
    train_to(&r, 3, 120);
    see(&r, &again);
    ck_assert_mem_eq(&straight, &again, sizeof again);
    train_to(&r, 4, 120); /* ... and by way of another training */
    see(&r, &again);
    ck_assert(straight.loss != again.loss);
    train_to(&r, 3, 120);
    see(&r, &again);
    ck_assert_mem_eq(&straight, &again, sizeof again);
    close_rig(&r);
}
END_TEST

/* What the view takes apart is the number that the trainer gives for the step
 * that follows. */
START_TEST(the_loss_is_the_mean_over_rows_and_tokens) {
    Rig r = open_rig();
    for (int step = 0; step <= 40; step += 20) {
        train_to(&r, 7, step);
        const LiveTraining *t = live_training(r.live);
        const float loss = t->loss;
        double rows = 0, first = 0;
        for (int i = 0; i < LIVE_ROWS; i++)
            rows += (double)t->rows[i];
        for (int i = 0; i < LIVE_CONTEXT; i++)
            first -= log((double)t->p[i]);
        ck_assert_double_eq_tol(rows / LIVE_ROWS, (double)loss, 1e-5);
        ck_assert_double_eq_tol(first / LIVE_CONTEXT, (double)t->rows[0], 1e-4);
        train_to(&r, 7, step + 1);
        ck_assert_double_eq_tol((double)live_training(r.live)->losses[step],
                                (double)loss, 1e-3);
    }
    close_rig(&r);
}
END_TEST

START_TEST(it_learns) {
    Rig r = open_rig();
    train_to(&r, 7, 0);
    ck_assert_float_gt(live_training(r.live)->loss, 6);
    train_to(&r, 7, 150);
    ck_assert_float_lt(live_training(r.live)->loss, 4);
    ck_assert_float_eq_tol(live_training(r.live)->rates[50], 1e-2f, 1e-6f);
    ck_assert_int_lt(live_training(r.live)->n_weights, 100000);
    close_rig(&r);
}
END_TEST

/* Nothing wanted, nothing done; the same again is nothing new. */
START_TEST(it_rests) {
    static const int tokens[] = {1, 300};
    Rig r = open_rig();
    ck_assert(live_is_settled(NULL));
    ck_assert(live_is_settled(r.live));
    live_want(r.live, NULL);
    ck_assert(!live_begin(r.live));
    live_want(r.live,
              &(LiveAsk){.seed = 1, .step = 5, .tokens = tokens, .n = 2});
    ck_assert(!live_is_settled(r.live));
    live_want(r.live, NULL); /* another view is looked at */
    ck_assert(!live_begin(r.live));
    ck_assert_int_gt(train_to(&r, 1, 5), 0);
    ck_assert_int_eq(train_to(&r, 1, 5), 0);
    close_rig(&r);
}
END_TEST

/* The whole way in slices: what is asked meanwhile waits no longer than one. */
START_TEST(a_newer_wish_is_heard) {
    static const int tokens[] = {1, 300};
    Rig r = open_rig();
    live_want(r.live,
              &(LiveAsk){
                  .seed = 1, .step = LIVE_STEPS_MAX, .tokens = tokens, .n = 2});
    ck_assert(live_begin(r.live));
    live_compute(r.live);
    live_publish(r.live);
    ck_assert_int_lt(live_training(r.live)->step, LIVE_STEPS_MAX);
    ck_assert_int_eq(live_training(r.live)->wanted, LIVE_STEPS_MAX);
    ck_assert_int_ge(train_to(&r, 1, 2), 1);
    close_rig(&r);
}
END_TEST

/* Another place in the text: neither the next batch nor the story is another,
 * and what the text leads to is what whoever comes there first reads. */
START_TEST(another_text_alone_is_read) {
    static const int tokens[] = {1, 300, 301, 302, 303};
    Rig r = open_rig(), fresh = open_rig();
    Seen is, was;
    train_to(&r, 3, 30);
    const uint64_t before = live_n_read(r.live);
    live_want(r.live, &(LiveAsk){3, 30, tokens, 5, NULL, 0});
    ck_assert(live_begin(r.live));
    live_compute(r.live);
    live_publish(r.live);
    ck_assert_int_eq((int)(live_n_read(r.live) - before), 5);
    see(&r, &is);
    live_want(fresh.live, &(LiveAsk){3, 30, tokens, 5, NULL, 0});
    while (live_begin(fresh.live)) {
        live_compute(fresh.live);
        live_publish(fresh.live);
    }
    see(&fresh, &was);
    ck_assert_mem_eq(&is, &was, sizeof is);
    close_rig(&fresh);
    close_rig(&r);
}
END_TEST

/* ---- in the viewer ------------------------------------------------------- */

static void rig_frame(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_settle(r->app, -1);
    app_rig_frame(r);
}

START_TEST(the_state_says_seed_and_step) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "Once there",
                                  .model_path = "assets/models/tales.bin"});
    r.w = 1400;
    r.h = 900;
    rig_frame(&r, "view=learn op=live");
    ck_assert(app_rig_shows(&r, "Before training it knows nothin"));
    rig_frame(&r, "step=12");
    ck_assert(app_rig_shows(&r, "After 12 steps, 3,072 tokens re"));
    ck_assert(!app_set_state(r.app, "step=2001", &err));
    ck_assert_msg(strstr(err.msg, "step: found 2001, need 0 to 2000"), "%s",
                  err.msg);
    app_rig_close(&r);
}
END_TEST

/* P goes on step by step and stops; R begins anew; the arrow makes one step, A
 * takes another seed. */
START_TEST(keys_train_pause_and_begin_anew) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "Once there",
                                  .model_path = "assets/models/tales.bin"});
    r.w = 1400;
    r.h = 900;
    rig_frame(&r, "view=learn op=live");
    uint64_t now = 1000;
    app_tick(r.app, now);
    screen_key(r.screen, "P");
    for (int i = 0; i < 40; i++) {
        app_settle(r.app, -1);
        app_rig_frame(&r);
        app_tick(r.app, now += 50);
    }
    const int step = app_state(r.app)->step;
    ck_assert_int_gt(step, 20);
    screen_key(r.screen, "P");
    for (int i = 0; i < 5; i++)
        app_tick(r.app, now += 1000);
    ck_assert_int_eq(app_state(r.app)->step, step);
    screen_key(r.screen, "Right");
    ck_assert_int_eq(app_state(r.app)->step, step + 1);
    screen_key(r.screen, "Left");
    ck_assert_int_eq(app_state(r.app)->step, step);
    screen_key(r.screen, "R");
    ck_assert_int_eq(app_state(r.app)->step, 0);
    ck_assert_str_eq(app_state(r.app)->op, "live");
    screen_key(r.screen, "A");
    ck_assert_int_eq(app_state(r.app)->seed, 8);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("live", a_text_of_ones_own_is_learnt,
          a_step_is_the_same_whichever_way_it_is_reached,
          the_loss_is_the_mean_over_rows_and_tokens, it_learns, it_rests,
          a_newer_wish_is_heard, another_text_alone_is_read,
          the_state_says_seed_and_step, keys_train_pause_and_begin_anew)
