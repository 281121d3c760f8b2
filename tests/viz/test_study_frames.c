/* Nothing is computed while drawing: with nothing stored and nothing made yet,
 * a frame of any view runs no layer and sorts no vocabulary, marks what is
 * missing, and once that is made shows what it would have shown.
 *
 * The engine has no thread here, so all that runs during a frame is the
 * frame's. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <string.h>
#include <time.h>

#define PROMPT "the cat sat on the cat. the cat sat."

/* Everything that the engine or the study may have done so far. */
typedef struct Counts {
    uint64_t layers, made, sorts;
    int n_pos;
} Counts;

static Study *study_of(AppRig *r) {
    Scene scene;
    app_look(r->app, &scene);
    app_look_away(r->app);
    return scene.study;
}

static Counts counts(AppRig *r) {
    StudyStats s = study_stats(study_of(r));
    TraceStats t = trace_stats(app_trace(r->app));
    Counts c = {.layers = t.n_recomputed + t.n_ends,
                .sorts = s.n_sorts,
                .n_pos = trace_n_pos(app_trace(r->app))};
    for (int i = 0; i < STUDY_KINDS; i++)
        c.made += s.n_made[i];
    return c;
}

static void draw_computes_nothing(AppRig *r, const char *state) {
    Counts before = counts(r);
    screen_draw(r->screen, r->canvas);
    Counts after = counts(r);
    ck_assert_msg(after.layers == before.layers, "%s: layers were run", state);
    ck_assert_msg(after.made == before.made, "%s: numbers were made", state);
    ck_assert_msg(after.sorts == before.sorts, "%s: it was sorted", state);
    ck_assert_int_eq(after.n_pos, before.n_pos);
}

static uint32_t *copy_picture(AppRig *r, size_t *bytes) {
    const Pixmap *p = canvas_pixels(r->canvas);
    *bytes = (size_t)p->w * (size_t)p->h * sizeof *p->px;
    uint32_t *copy = malloc(*bytes);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, p->px, *bytes);
    return copy;
}

/* Forgets all that was made, and has the trace's own few rows filled with
 * others, so that none can be given without being run again. */
static void forget_all(AppRig *r) {
    const Trace *t = app_trace(r->app);
    study_forget(study_of(r), 0);
    for (int layer = 0; layer < 2; layer++)
        for (int pos = 10; pos < trace_n_pos(t) - 1; pos++)
            trace_row(t, SITE_Z, layer, pos);
}

/* The picture that is whole, then the same with all of it forgotten. */
static void check_state(AppRig *r, const char *state) {
    Err err = {0};
    size_t bytes;
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
    draw_computes_nothing(r, state);
    uint32_t *whole = copy_picture(r, &bytes);
    ck_assert(study_is_settled(study_of(r)));

    forget_all(r);
    draw_computes_nothing(r, state);
    ck_assert_msg(!study_is_settled(study_of(r)), "%s: asks for nothing",
                  state);
    const uint32_t *px = canvas_pixels(r->canvas)->px;
    ck_assert_msg(memcmp(px, whole, bytes) != 0, "%s: shows it all", state);

    Counts missing = counts(r);
    while (app_step(r->app, 0)) {
    }
    ck_assert_int_gt(counts(r).made, missing.made); /* the counts count */
    for (int i = 0; i < 4; i++) { /* what leads to further questions */
        draw_computes_nothing(r, state);
        while (app_step(r->app, 0)) {
        }
    }
    draw_computes_nothing(r, state);
    ck_assert_msg(memcmp(px, whole, bytes) == 0, "%s: not as it was", state);
    free(whole);
}

static const char *const states[] = {
    "view=attention layer=1 head=2 token=6 key=3",
    "view=attention layer=0 head=1 token=9 op=scaled key=-1",
    "view=heads sort=place",
    "view=heads sort=induction",
    "view=block op=softmax token=7 elem=-1 key=-1",
    "view=block op=scores token=7 key=2",
    "view=block op=up elem=5",
    "view=block op=down elem=-1",
    "view=next token=5 elem=7 temperature=0.8",
    "view=next token=5 elem=-1 temperature=0",
    "view=tokens op=ladder token=5 elem=-1",
    "view=tokens op=ladder word=thethat elem=1",
    "view=tokens op=vocabulary elem=290",
    "view=model op=map layer=1 elem=-1",
    "view=model op=params elem=8",
    "view=model op=scale elem=3",
    "view=model op=history elem=3",
    "view=model op=cost elem=-1",
    "view=attention token=-1 key=-1", /* the strip shows what comes next */
};
#define N_STATES ((int)(sizeof states / sizeof *states))

static void check_all(const char *edit) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = PROMPT,
                                  .trace_budget = 1,
                                  .no_threads = true});
    ck_assert_msg(app_set_state(r.app, edit, &err), "%s", err.msg);
    for (int i = 0; i < N_STATES; i++)
        check_state(&r, states[i]);
    app_rig_close(&r);
}

START_TEST(no_view_computes_while_drawing) {
    check_all("length=40");
}
END_TEST

START_TEST(nor_with_the_mask_removed) {
    check_all("length=40 edit=mask");
}
END_TEST

START_TEST(nor_with_edits) {
    check_all("length=40 edit=1.2,mlp0");
}
END_TEST

/* Details that hang over what the mouse is on. */
START_TEST(nor_under_the_mouse) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = PROMPT,
                                  .trace_budget = 1,
                                  .no_threads = true});
    Err err = {0};
    ck_assert_msg(app_set_state(r.app, "length=40", &err), "%s", err.msg);
    for (int i = 0; i < N_STATES; i++) {
        ck_assert_msg(app_set_state(r.app, states[i], &err), "%s", err.msg);
        app_rig_frame(&r);
        for (int at = 0; at < 96; at++) {
            screen_mouse_move(r.screen, at % 12 * r.w / 12, at / 12 * r.h / 8);
            if (at % 4 == 0) forget_all(&r);
            draw_computes_nothing(&r, states[i]);
        }
    }
    app_rig_close(&r);
}
END_TEST

/* What a frame may wait begins with the key, not with each of its drawings:
 * once it is over, the frame shows what is known. */
START_TEST(a_frame_waits_no_longer_than_its_step_allows) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = PROMPT,
                                  .trace_budget = 1,
                                  .no_threads = true});
    Err err = {0};
    const struct timespec over = {.tv_nsec = 50 * 1000 * 1000};
    ck_assert_msg(app_set_state(r.app, "length=40 view=residual op=why", &err),
                  "%s", err.msg);
    app_rig_frame(&r);
    ck_assert_msg(app_set_state(r.app, "token=7", &err), "%s", err.msg);
    nanosleep(&over, NULL);
    draw_computes_nothing(&r, "token=7");
    ck_assert(!study_is_settled(study_of(&r)));
    ck_assert(app_settle(r.app, -1)); /* which waits as long as it takes */
    screen_draw(r.screen, r.canvas);
    ck_assert(study_is_settled(study_of(&r)));
    app_rig_close(&r);
}
END_TEST

/* How often the screen is drawn for a step. */
static int drawings(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    ck_assert(app_settle(r->app, -1));
    const uint64_t before = study_stats(study_of(r)).n_frames;
    screen_draw(r->screen, r->canvas);
    ck_assert(study_is_settled(study_of(r)));
    const int looks = 2; /* study_of's own */
    return (int)(study_stats(study_of(r)).n_frames - before) - looks;
}

/* A step that lacks no number is drawn once; where numbers are to be made, once
 * onto nothing to ask for them. */
START_TEST(a_step_is_drawn_once) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = PROMPT,
                                  .trace_budget = 1,
                                  .no_threads = true});
    ck_assert_int_ge(drawings(&r, "length=40 view=attention token=20"), 2);
    ck_assert_int_ge(drawings(&r, "token=21"), 2);
    drawings(&r, "token=20"); /* all is there; so it was not the last time */
    ck_assert_int_eq(drawings(&r, "token=21"), 1);
    ck_assert_int_eq(drawings(&r, "token=20"), 1);
    forget_all(&r);
    ck_assert_int_ge(drawings(&r, "token=21"), 2);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("study_frames", no_view_computes_while_drawing,
          nor_with_the_mask_removed, nor_with_edits, nor_under_the_mouse,
          a_frame_waits_no_longer_than_its_step_allows, a_step_is_drawn_once)
