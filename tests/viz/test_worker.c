/* The worker under a reader: meant to run under the thread sanitizer too. */
#include "engine/base/clock.h"
#include "tests/support/overflow.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/app/worker.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

typedef struct Rig {
    TinyModel tiny;
    Worker *worker;
} Rig;

static void rig_open(Rig *r, uint64_t budget) {
    TinySpec spec = tiny_spec();
    Err err = {0};
    ck_assert(tiny_open(&r->tiny, &spec));
    WorkerOptions opt = {.model = r->tiny.model, .trace_budget = budget};
    r->worker = worker_open(&opt, &err);
    ck_assert_msg(r->worker != NULL, "%s", err.msg);
}

static void rig_close(Rig *r) {
    worker_close(r->worker);
    tiny_close(&r->tiny);
}

static void set(Rig *r, const int *tokens, int n, int length) {
    Err err = {0};
    Goal goal = {.tokens = tokens,
                 .n_tokens = n,
                 .length = length,
                 .sampler = {.temperature = 1},
                 .seed = 5};
    ck_assert_msg(worker_set_goal(r->worker, &goal, NULL, &err), "%s", err.msg);
}

START_TEST(reaches_its_goal_and_draws_the_rest) {
    Rig r;
    rig_open(&r, 0);
    const int tokens[] = {1, 40, 41, 42};
    set(&r, tokens, 4, 20);
    ck_assert(worker_wait(r.worker, -1));
    ck_assert_int_eq(worker_status(r.worker).n_pos, 20);
    ck_assert(worker_status(r.worker).aligned);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(trace_token(worker_trace(r.worker), i), tokens[i]);
    rig_close(&r);
}
END_TEST

START_TEST(drawn_tokens_repeat_and_follow_the_seed) {
    Rig r;
    int first[20], tokens[] = {1, 40, 41};
    rig_open(&r, 0);
    for (int round = 0; round < 2; round++) {
        int other[] = {1, 99};
        set(&r, other, 2, 2); /* rewinds */
        ck_assert(worker_wait(r.worker, -1));
        ck_assert_int_eq(worker_status(r.worker).n_pos, 2);
        set(&r, tokens, 3, 20);
        ck_assert(worker_wait(r.worker, -1));
        for (int i = 0; i < 20; i++) {
            int id = trace_token(worker_trace(r.worker), i);
            if (round == 0) first[i] = id;
            ck_assert_int_eq(id, first[i]);
        }
    }
    rig_close(&r);
}
END_TEST

START_TEST(too_long_is_refused_and_nothing_changes) {
    Rig r;
    Err err = {0};
    int tokens[65] = {1};
    rig_open(&r, 0);
    set(&r, tokens, 3, 3);
    ck_assert(worker_wait(r.worker, -1));
    Goal goal = {.tokens = tokens, .n_tokens = 65};
    ck_assert(!worker_set_goal(r.worker, &goal, NULL, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_int_eq(worker_status(r.worker).n_pos, 3);
    rig_close(&r);
}
END_TEST

START_TEST(edits_start_the_sequence_anew) {
    Rig r;
    Err err = {0};
    const int tokens[] = {1, 40, 41, 42};
    rig_open(&r, 0);
    set(&r, tokens, 4, 4);
    ck_assert(worker_wait(r.worker, -1));
    float before = trace_row(worker_trace(r.worker), SITE_LOGITS, 0, 3)[7];
    Goal goal = {.tokens = tokens, .n_tokens = 4};
    edits_set(&goal.edits, EDIT_MLP, 0, 0, 0);
    ck_assert(worker_set_goal(r.worker, &goal, NULL, &err));
    ck_assert(worker_wait(r.worker, -1));
    float after = trace_row(worker_trace(r.worker), SITE_LOGITS, 0, 3)[7];
    ck_assert_float_ne(before, after);
    ck_assert_int_eq(trace_edits(worker_trace(r.worker))->n, 1);
    rig_close(&r);
}
END_TEST

START_TEST(without_mask_a_shorter_goal_is_computed_anew) {
    Rig r;
    Err err = {0};
    const int tokens[] = {1, 40, 41, 42, 43};
    rig_open(&r, 0);
    for (int n = 5; n >= 2; n -= 3) {
        Goal goal = {.tokens = tokens, .n_tokens = n};
        goal.edits.no_mask = true;
        ck_assert(worker_set_goal(r.worker, &goal, NULL, &err));
        ck_assert(worker_wait(r.worker, -1));
        ck_assert_int_eq(worker_status(r.worker).n_pos, n);
        ck_assert_int_eq(trace_n_keys(worker_trace(r.worker), 0), n);
    }
    rig_close(&r);
}
END_TEST

/* Reads everything published, as a frame does: rows must be whole, those that
 * are not there yet come in a later frame. */
static void read_frame(Rig *r) {
    worker_begin_frame(r->worker);
    const Trace *t = worker_trace(r->worker);
    Study *study = worker_study(r->worker);
    study_frame(study);
    int n = trace_n_pos(t);
    for (int pos = 0; pos < n; pos++) {
        const float *p = study_row(study, SITE_PATTERN, 1, pos);
        int n_keys = trace_n_keys(t, pos);
        float sum = 0;
        for (int i = 0; p && i < n_keys; i++)
            sum += p[i];
        if (p) ck_assert_float_eq_tol(sum, 1, 1e-4f);
    }
    worker_end_frame(r->worker);
}

/* All that was asked for last is there. */
static void read_settled_frame(Rig *r) {
    read_frame(r);
    ck_assert(worker_wait_study(r->worker, -1));
    uint64_t run = trace_stats(worker_trace(r->worker)).n_recomputed;
    worker_begin_frame(r->worker);
    const Trace *t = worker_trace(r->worker);
    study_frame(worker_study(r->worker));
    for (int pos = 0; pos < trace_n_pos(t); pos++)
        ck_assert_ptr_nonnull(
            study_row(worker_study(r->worker), SITE_PATTERN, 1, pos));
    worker_end_frame(r->worker);
    ck_assert_int_eq(trace_stats(t).n_recomputed, run);
}

static void storm(uint64_t budget) {
    Rig r;
    rig_open(&r, budget);
    int tokens[32] = {1};
    for (int round = 0; round < 60; round++) {
        int n = 1 + round * 7 % 31;
        for (int i = 1; i < n; i++)
            tokens[i] = 30 + (i * round) % 50;
        Err err = {0};
        Goal goal = {.tokens = tokens,
                     .n_tokens = n,
                     .length = n + round % 20,
                     .sampler = {.temperature = .7f},
                     .seed = (uint64_t)round};
        if (round % 5 == 0) edits_set(&goal.edits, EDIT_HEAD, 1, round % 4, 0);
        goal.edits.no_mask = round % 7 == 0;
        ck_assert_msg(worker_set_goal(r.worker, &goal, NULL, &err), "%s",
                      err.msg);
        for (int frame = 0; frame < 4; frame++)
            read_frame(&r);
    }
    ck_assert(worker_wait(r.worker, -1));
    read_settled_frame(&r);
    rig_close(&r);
}

START_TEST(frames_read_while_goals_change) {
    storm(0);
}
END_TEST

START_TEST(frames_recompute_while_goals_change) {
    storm(1);
}
END_TEST

/* A frame that is under way while the goal asks for another text: the text it
 * began with stays until it ends. */
START_TEST(a_rewind_waits_for_the_frame) {
    Rig r;
    const int tokens[] = {1, 40, 41, 42}, others[] = {1, 50};
    rig_open(&r, 0);
    set(&r, tokens, 4, 4);
    ck_assert(worker_wait(r.worker, -1));
    worker_begin_frame(r.worker);
    set(&r, others, 2, 2);
    ck_assert(!worker_wait(r.worker, 30));
    ck_assert_int_eq(worker_status(r.worker).n_pos, 4);
    ck_assert_int_eq(trace_token(worker_trace(r.worker), 3), 42);
    worker_end_frame(r.worker);
    ck_assert(worker_wait(r.worker, -1));
    ck_assert_int_eq(trace_token(worker_trace(r.worker), 1), 50);
    rig_close(&r);
}
END_TEST

/* The same goal gives the same tokens; nothing happens between steps. */
START_TEST(without_a_thread_it_works_in_steps) {
    Rig threaded, r;
    Err err = {0};
    const int tokens[] = {1, 40, 41, 42};
    rig_open(&threaded, 1);
    set(&threaded, tokens, 4, 60);
    ck_assert(worker_wait(threaded.worker, -1));
    TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&r.tiny, &spec));
    WorkerOptions opt = {
        .model = r.tiny.model, .trace_budget = 1, .no_thread = true};
    r.worker = worker_open(&opt, &err);
    ck_assert_msg(r.worker != NULL, "%s", err.msg);
    set(&r, tokens, 4, 60);
    int steps = 1, n = 0;
    while (worker_step(r.worker, 0)) {
        ck_assert_int_gt(worker_status(r.worker).n_pos, n);
        n = worker_status(r.worker).n_pos;
        ck_assert(worker_status(r.worker).busy);
        steps++;
    }
    ck_assert_int_ge(steps, 56); /* four at once, then one by one */
    ck_assert(!worker_status(r.worker).busy);
    for (int i = 0; i < 60; i++)
        ck_assert_int_eq(trace_token(worker_trace(r.worker), i),
                         trace_token(worker_trace(threaded.worker), i));
    ck_assert(worker_wait(r.worker, 0));
    read_frame(&r);
    ck_assert(!worker_wait_study(r.worker, 0));
    ck_assert(worker_wait_study(r.worker, -1));
    read_settled_frame(&r);
    set(&r, tokens, 2, 30);
    ck_assert(worker_wait(r.worker, -1));
    ck_assert_int_eq(worker_status(r.worker).n_pos, 30);
    rig_close(&r);
    rig_close(&threaded);
}
END_TEST

/* With the mask removed each feed computes every position anew, here for some
 * tenths of a second; frames meanwhile begin at once, and find none or all. */
START_TEST(a_feed_without_the_mask_holds_no_frame) {
    Rig r;
    Err err = {0};
    TinySpec spec = tiny_spec();
    spec.dim = spec.hidden_dim = 256;
    spec.n_layers = 32;
    spec.seq_len = 512;
    int tokens[400], n_empty = 0;
    for (int i = 0; i < 400; i++)
        tokens[i] = 1 + i % 250;
    ck_assert(tiny_open(&r.tiny, &spec));
    WorkerOptions opt = {
        .model = r.tiny.model, .n_threads = 1, .trace_budget = 1};
    r.worker = worker_open(&opt, &err);
    ck_assert_msg(r.worker != NULL, "%s", err.msg);
    Goal goal = {.tokens = tokens, .n_tokens = 400};
    goal.edits.no_mask = true;
    double start = clock_seconds(), longest = 0;
    ck_assert(worker_set_goal(r.worker, &goal, NULL, &err));
    while (!worker_wait(r.worker, 1)) {
        double began = clock_seconds();
        worker_begin_frame(r.worker);
        int n = trace_n_pos(worker_trace(r.worker));
        ck_assert(n == 0 || n == 400);
        n_empty += n == 0;
        worker_end_frame(r.worker);
        longest = fmax(longest, clock_seconds() - began);
    }
    double all = clock_seconds() - start;
    ck_assert_int_gt(n_empty, 3);
    ck_assert_double_lt(longest, all / 2);
    ck_assert_int_eq(worker_status(r.worker).n_pos, 400);
    rig_close(&r);
}
END_TEST

static void *wait_long(void *arg) {
    worker_wait(arg, 5000);
    return NULL;
}

START_TEST(closing_stops_a_busy_worker) {
    Rig r;
    const int tokens[] = {1, 40};
    pthread_t waiter;
    rig_open(&r, 0);
    set(&r, tokens, 2, 64);
    ck_assert_int_eq(pthread_create(&waiter, NULL, wait_long, r.worker), 0);
    pthread_join(waiter, NULL);
    set(&r, tokens, 1, 64);
    rig_close(&r); /* without waiting */
}
END_TEST

/* ---- two runs ------------------------------------------------------------ */

static void set_both(Rig *r, const Goal *goal, const GoalAgainst *against) {
    Err err = {0};
    ck_assert_msg(worker_set_goal(r->worker, goal, against, &err), "%s",
                  err.msg);
    ck_assert(worker_wait(r->worker, -1));
    ck_assert_msg(worker_status(r->worker).err.code == ERR_NONE, "%s",
                  worker_status(r->worker).err.msg);
}

/* Every site of every position has the bits that a run of its own has. */
static void check_run(const Trace *t, const Model *m, const int *tokens, int n,
                      const Edits *edits) {
    Err err = {0};
    Session *s = session_open(m, &(SessionOptions){.seq_len = n}, &err);
    ck_assert(s && session_set_edits(s, edits, &err));
    Trace *own = trace_open(s, TRACE_BUDGET_DEFAULT, &err);
    ck_assert(own && session_feed(s, tokens, n, &err));
    ck_assert_int_eq(trace_n_pos(t), n);
    for (int site = 0; site < SITE_COUNT; site++)
        for (int pos = 0; tiny_has(model_config(m), site) && pos < n; pos++) {
            int rows, cols;
            site_shape((Site)site, model_config(m), trace_n_keys(own, pos),
                       &rows, &cols);
            ck_assert_mem_eq(trace_row(t, (Site)site, 1, pos),
                             trace_row(own, (Site)site, 1, pos),
                             (size_t)rows * cols * sizeof(float));
        }
    trace_close(own);
    session_close(s);
}

START_TEST(a_second_run_follows_the_first_with_other_edits) {
    Rig r;
    rig_open(&r, 0);
    const int tokens[] = {1, 40, 41, 42};
    Goal goal = {.tokens = tokens,
                 .n_tokens = 4,
                 .length = 12,
                 .sampler = {.temperature = 1},
                 .seed = 5};
    GoalAgainst none = {.same_tokens = true};
    ck_assert(edits_set(&goal.edits, EDIT_HEAD, 0, 1, 0));
    set_both(&r, &goal, &none);
    int drawn[12];
    memcpy(drawn, tokens, sizeof tokens);
    for (int i = 4; i < 12; i++)
        drawn[i] = trace_token(worker_trace(r.worker), i);
    check_run(worker_trace(r.worker), r.tiny.model, drawn, 12, &goal.edits);
    check_run(worker_against(r.worker), r.tiny.model, drawn, 12, &(Edits){0});
    /* One more token, then another text: both go along. */
    goal.tokens = drawn;
    goal.n_tokens = 12;
    goal.length = 13;
    set_both(&r, &goal, &none);
    ck_assert_int_eq(trace_n_pos(worker_against(r.worker)), 13);
    ck_assert_int_eq(trace_token(worker_against(r.worker), 12),
                     trace_token(worker_trace(r.worker), 12));
    const int other[] = {1, 9};
    goal.tokens = other;
    goal.n_tokens = goal.length = 2;
    set_both(&r, &goal, &none);
    check_run(worker_against(r.worker), r.tiny.model, other, 2, &(Edits){0});
    rig_close(&r);
}
END_TEST

START_TEST(a_second_run_may_have_its_own_text_and_no_mask) {
    Rig r;
    rig_open(&r, 0);
    const int tokens[] = {1, 40, 41, 42}, other[] = {1, 40, 7, 8, 42};
    const Goal goal = {.tokens = tokens, .n_tokens = 4, .length = 4};
    const GoalAgainst against = {.goal = {.tokens = other,
                                          .n_tokens = 5,
                                          .length = 5,
                                          .edits = {.no_mask = true}}};
    set_both(&r, &goal, &against);
    check_run(worker_trace(r.worker), r.tiny.model, tokens, 4, &(Edits){0});
    check_run(worker_against(r.worker), r.tiny.model, other, 5,
              &against.goal.edits);
    rig_close(&r);
}
END_TEST

START_TEST(a_second_run_is_there_only_while_it_is_wanted) {
    Rig r;
    Err err = {0};
    rig_open(&r, 0);
    const int tokens[] = {1, 40};
    const Goal goal = {.tokens = tokens, .n_tokens = 2, .length = 2};
    set_both(&r, &goal, NULL);
    ck_assert_ptr_null(worker_against(r.worker));
    ck_assert_ptr_null(worker_against_study(r.worker));
    const GoalAgainst none = {.same_tokens = true};
    set_both(&r, &goal, &none);
    ck_assert_ptr_nonnull(worker_against(r.worker));
    ck_assert_ptr_nonnull(worker_against_study(r.worker));
    set_both(&r, &goal, NULL);
    ck_assert_ptr_null(worker_against(r.worker));
    /* What it cannot do ends the goal with its reason. */
    GoalAgainst bad = {.same_tokens = true};
    ck_assert(edits_set(&bad.goal.edits, EDIT_HEAD, 99, 0, 0));
    ck_assert(worker_set_goal(r.worker, &goal, &bad, &err));
    ck_assert(worker_wait(r.worker, -1));
    ck_assert(worker_status(r.worker).err.code != ERR_NONE);
    rig_close(&r);
}
END_TEST

/* ---- models looked at before --------------------------------------------- */

/* How many positions of both runs were computed for it, of this model. */
static int n_fed_for(Rig *r, const Model *m, bool compares) {
    const int tokens[] = {1, 40, 41, 42};
    Goal goal = {.model = m, .tokens = tokens, .n_tokens = 4, .length = 4};
    const GoalAgainst plain = {.same_tokens = true, .goal = {.model = m}};
    if (compares) edits_set(&goal.edits, EDIT_HEAD, 0, 1, 0);
    set_both(r, &goal, compares ? &plain : NULL);
    const WorkerStatus is = worker_status(r->worker);
    ck_assert(is.aligned);
    check_run(worker_trace(r->worker), m, tokens, 4, &goal.edits);
    if (compares)
        check_run(worker_against(r->worker), m, tokens, 4, &(Edits){0});
    return is.n_fed + is.n_fed_against;
}

START_TEST(a_model_looked_at_again_is_not_run_again) {
    TinyModel other;
    TinySpec spec = tiny_spec();
    spec.seed++;
    ck_assert(tiny_open(&other, &spec));
    for (int compares = 0; compares < 2; compares++) {
        Rig r;
        rig_open(&r, 0);
        const int n = 4 << compares;
        ck_assert_int_eq(n_fed_for(&r, r.tiny.model, compares), n);
        ck_assert_int_eq(n_fed_for(&r, other.model, compares), n);
        ck_assert_int_eq(n_fed_for(&r, r.tiny.model, compares), 0);
        ck_assert_int_eq(n_fed_for(&r, other.model, compares), 0);
        /* What is let go is nowhere any more. */
        n_fed_for(&r, r.tiny.model, compares);
        ck_assert(!worker_uses(r.worker, other.model));
        worker_let_go(r.worker, other.model);
        ck_assert_int_eq(n_fed_for(&r, other.model, compares), n);
        rig_close(&r);
    }
    tiny_close(&other);
}
END_TEST

START_TEST(the_models_kept_are_the_last_ones) {
    TinyModel others[KEPT_MAX + 1];
    TinySpec spec = tiny_spec();
    Rig r;
    rig_open(&r, 0);
    ck_assert_int_eq(n_fed_for(&r, r.tiny.model, false), 4);
    for (int i = 0; i <= KEPT_MAX; i++) {
        ck_assert(tiny_open(&others[i], &spec));
        ck_assert_int_eq(n_fed_for(&r, others[i].model, false), 4);
    }
    ck_assert_int_eq(n_fed_for(&r, others[0].model, false), 0);
    ck_assert_int_eq(n_fed_for(&r, r.tiny.model, false), 4);
    worker_close(r.worker);
    r.worker = NULL;
    for (int i = 0; i <= KEPT_MAX; i++)
        tiny_close(&others[i]);
    rig_close(&r);
}
END_TEST

/* ---- read ahead ---------------------------------------------------------- */

#define AHEAD 3

typedef struct AheadRig {
    Rig r;
    TinyModel others[AHEAD];
    WorkerAhead list[AHEAD];
} AheadRig;

static void ahead_open(AheadRig *a, const TinySpec *like, WorkerOptions opt) {
    Err err = {0};
    TinySpec spec = *like;
    ck_assert(tiny_open(&a->r.tiny, &spec));
    for (int i = 0; i < AHEAD; i++) {
        spec.seed++;
        ck_assert(tiny_open(&a->others[i], &spec));
        a->list[i] = (WorkerAhead){.model = a->others[i].model};
    }
    opt.model = a->r.tiny.model;
    a->r.worker = worker_open(&opt, &err);
    ck_assert_msg(a->r.worker != NULL, "%s", err.msg);
}

static void ahead_close(AheadRig *a) {
    worker_close(a->r.worker);
    a->r.worker = NULL;
    for (int i = 0; i < AHEAD; i++)
        tiny_close(&a->others[i]);
    rig_close(&a->r);
}

/* How many positions that takes of a model; its numbers are those of whoever
 * reads the text for the first time, to the last bit. */
static int n_fed_to(AheadRig *a, const Model *m, const Goal *of) {
    Goal goal = *of;
    goal.model = m;
    set_both(&a->r, &goal, NULL);
    const WorkerStatus is = worker_status(a->r.worker);
    ck_assert(is.aligned);
    check_run(worker_trace(a->r.worker), m, goal.tokens, goal.n_tokens,
              &goal.edits);
    return is.n_fed;
}

/* With threads and without: each model has read what is shown before it is
 * asked for, and goes on with it: back and forth, with a token more, one less,
 * another text, a part switched off. */
START_TEST(models_read_ahead) {
    static const int n_new[] = {1, 0, 12, 17, 0, 0};
    const TinySpec spec = tiny_spec();
    int tokens[30] = {1};
    for (int i = 1; i < 30; i++)
        tokens[i] = 30 + i;
    for (int no_thread = 0; no_thread < 2; no_thread++) {
        AheadRig a;
        Goal goal = {.tokens = tokens, .n_tokens = 20, .length = 20};
        ahead_open(&a, &spec, (WorkerOptions){.no_thread = no_thread});
        worker_read_ahead(a.r.worker, a.list, AHEAD);
        ck_assert_int_eq(n_fed_to(&a, a.r.tiny.model, &goal), 20);
        for (int round = 0; round < 6; round++) {
            ck_assert(worker_wait_idle(a.r.worker, -1));
            for (int i = 0; i < 2 * AHEAD; i++)
                ck_assert_int_eq(
                    n_fed_to(&a, a.others[i * 2 % AHEAD].model, &goal), 0);
            if (round == 0) goal.n_tokens = goal.length = 21;
            if (round == 1) goal.n_tokens = goal.length = 17;
            if (round == 2) tokens[5] = 99;
            if (round == 3) edits_set(&goal.edits, EDIT_HEAD, 0, 1, 0);
            const Model *m = a.others[round % AHEAD].model;
            const int n = n_fed_to(&a, m, &goal);
            ck_assert_int_eq(n, n_new[round]);
        }
        /* Only what it looked at before, once nothing is to be ahead. */
        worker_read_ahead(a.r.worker, NULL, 0);
        tokens[5] = 35;
        n_fed_to(&a, a.r.tiny.model, &goal);
        ck_assert(worker_wait_idle(a.r.worker, -1));
        ck_assert_int_eq(n_fed_to(&a, a.others[0].model, &goal), 12);
        ahead_close(&a);
    }
}
END_TEST

/* Drawn tokens are read as they were drawn. */
START_TEST(models_read_ahead_what_was_drawn) {
    const TinySpec spec = tiny_spec();
    int tokens[30] = {1, 40};
    AheadRig a;
    ahead_open(&a, &spec, (WorkerOptions){0});
    worker_read_ahead(a.r.worker, a.list, AHEAD);
    set(&a.r, tokens, 2, 12);
    ck_assert(worker_wait_idle(a.r.worker, -1));
    for (int i = 0; i < 12; i++)
        tokens[i] = trace_token(worker_trace(a.r.worker), i);
    const Goal goal = {.tokens = tokens, .n_tokens = 12, .length = 12};
    ck_assert_int_eq(n_fed_to(&a, a.others[1].model, &goal), 0);
    ahead_close(&a);
}
END_TEST

/* What changes with every token is not read ahead: that would be a run each. */
START_TEST(nothing_is_ahead_without_the_mask) {
    const TinySpec spec = tiny_spec();
    const int tokens[] = {1, 40, 41, 42};
    AheadRig a;
    Goal goal = {.tokens = tokens, .n_tokens = 4, .length = 4};
    goal.edits.no_mask = true;
    ahead_open(&a, &spec, (WorkerOptions){0});
    worker_read_ahead(a.r.worker, a.list, AHEAD);
    set_both(&a.r, &goal, NULL);
    ck_assert(worker_wait_idle(a.r.worker, -1));
    goal.model = a.others[0].model;
    set_both(&a.r, &goal, NULL);
    ck_assert_int_eq(worker_status(a.r.worker).n_fed, 4);
    ahead_close(&a);
}
END_TEST

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A model that is read ahead takes some tenths of a second here: a goal does
 * not wait for it, nor does closing the model; what was read by then is not
 * lost.  Once all are there no time of a processor goes by. */
START_TEST(a_goal_stops_what_is_ahead) {
    TinySpec spec = tiny_spec();
    spec.dim = spec.hidden_dim = 256;
    spec.n_layers = 12;
    spec.seq_len = 512;
    int tokens[400];
    for (int i = 0; i < 400; i++)
        tokens[i] = 1 + i % 250;
    AheadRig a;
    Goal goal = {.tokens = tokens, .n_tokens = 400, .length = 400};
    ahead_open(&a, &spec, (WorkerOptions){.n_threads = 1, .trace_budget = 1});
    set_both(&a.r, &goal, NULL);
    ck_assert(worker_wait_idle(a.r.worker, -1));
    double start = cpu_seconds();
    worker_read_ahead(a.r.worker, a.list, 1);
    ck_assert(worker_wait_idle(a.r.worker, -1));
    const double whole = cpu_seconds() - start;
    start = cpu_seconds();
    worker_read_ahead(a.r.worker, a.list + 1, 2);
    while (cpu_seconds() - start < .7 * whole) /* opening it takes a third */
        ck_assert(!worker_wait_idle(a.r.worker, 1));
    start = cpu_seconds();
    goal.n_tokens = goal.length = 399; /* which it holds */
    set_both(&a.r, &goal, NULL);
    ck_assert_double_lt(cpu_seconds() - start, whole / 4);
    goal.model = a.others[1].model;
    set_both(&a.r, &goal, NULL);
    ck_assert_int_gt(worker_status(a.r.worker).n_fed, 0);
    ck_assert_int_lt(worker_status(a.r.worker).n_fed, 399);
    ck_assert(!worker_uses(a.r.worker, a.others[0].model));
    worker_let_go(a.r.worker, a.others[0].model);
    tiny_close(&a.others[0]);
    ck_assert(worker_wait_idle(a.r.worker, -1));
    ck_assert(tiny_open(&a.others[0], &spec));
    start = cpu_seconds();
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    ck_assert_double_lt(cpu_seconds() - start, .01);
    ahead_close(&a);
}
END_TEST

/* Of a text that holds a number past the largest float nothing is drawn,
 * however often it is asked for; a model looked at in between says nothing. */
START_TEST(an_overflow_is_told_whenever_it_is_held) {
    static const OverflowAt large[] = {{TENSOR_WQ, 1, 0, 1e25f},
                                       {TENSOR_WK, 1, 0, 1e25f}};
    const int tokens[] = {1, 40, 41, 42};
    TinyModel good;
    TinySpec spec = tiny_spec();
    Rig r;
    rig_open(&r, 0);
    ck_assert(tiny_open(&good, &spec));
    for (int i = 0; i < 2; i++)
        overflow_make(&r.tiny, large[i]);
    for (int round = 0; round < 4; round++) {
        const Goal goal = {.model = round == 2 ? good.model : r.tiny.model,
                           .tokens = tokens,
                           .n_tokens = 4,
                           .length = 6};
        Err err = {0};
        ck_assert(worker_set_goal(r.worker, &goal, NULL, &err));
        ck_assert(worker_wait(r.worker, -1));
        const WorkerStatus is = worker_status(r.worker);
        ck_assert_int_eq(is.err.code == ERR_NONE, round == 2);
        ck_assert_int_eq(is.n_pos, round == 2 ? 6 : 4);
    }
    worker_close(r.worker);
    r.worker = NULL;
    tiny_close(&good);
    rig_close(&r);
}
END_TEST

/* ---- what is wanted no more ---------------------------------------------- */

/* A worker that computes MANY positions at once, for a good while. */
#define MANY 1000

typedef struct Slow {
    TinyModel tiny;
    Worker *worker;
    int tokens[MANY];
    atomic_int n_pos; /* the most that a step has left */
} Slow;

static void note_positions(void *ud) {
    Slow *s = ud;
    const int n = worker_status(s->worker).n_pos;
    if (n > s->n_pos) s->n_pos = n;
}

/* Returns while it is computing, or is about to. */
static void slow_start(Slow *s) {
    TinySpec spec = tiny_spec();
    Err err = {0};
    spec.n_layers = 32;
    spec.seq_len = MANY;
    ck_assert(tiny_open(&s->tiny, &spec));
    s->n_pos = 0;
    for (int i = 0; i < MANY; i++)
        s->tokens[i] = i % 300;
    s->worker = worker_open(&(WorkerOptions){.model = s->tiny.model,
                                             .seq_len = MANY,
                                             .n_threads = 1,
                                             .trace_budget = 1 << 20,
                                             .wake = note_positions,
                                             .wake_ud = s},
                            &err);
    ck_assert_msg(s->worker != NULL, "%s", err.msg);
    Goal goal = {.tokens = s->tokens, .n_tokens = MANY, .length = MANY};
    goal.edits.no_mask = true;
    ck_assert(worker_set_goal(s->worker, &goal, NULL, &err));
    while (!worker_status(s->worker).aligned)
        sched_yield();
}

/* How many positions were ever there when another goal came meanwhile, or the
 * end. */
static int slow_positions(bool closes) {
    Slow s;
    slow_start(&s);
    if (!closes) {
        Goal goal = {.tokens = s.tokens, .n_tokens = 5, .length = 5};
        ck_assert(worker_set_goal(s.worker, &goal, NULL, NULL));
        ck_assert(worker_wait(s.worker, -1));
        ck_assert_int_eq(worker_status(s.worker).n_pos, 5);
    }
    worker_close(s.worker);
    tiny_close(&s.tiny);
    return s.n_pos;
}

/* A few times, as this thread may be asleep while all is computed. */
START_TEST(without_the_mask_it_stops_between_layers) {
    for (int closes = 0; closes < 2; closes++) {
        int n = MANY;
        for (int i = 0; i < 5 && n == MANY; i++)
            n = slow_positions(closes);
        ck_assert_msg(n < MANY, "%s", closes ? "closing" : "another goal");
    }
}
END_TEST

TEST_MAIN("worker", without_the_mask_it_stops_between_layers,
          a_second_run_follows_the_first_with_other_edits,
          a_model_looked_at_again_is_not_run_again,
          the_models_kept_are_the_last_ones, models_read_ahead,
          models_read_ahead_what_was_drawn, nothing_is_ahead_without_the_mask,
          a_goal_stops_what_is_ahead, an_overflow_is_told_whenever_it_is_held,
          a_second_run_may_have_its_own_text_and_no_mask,
          a_second_run_is_there_only_while_it_is_wanted,
          reaches_its_goal_and_draws_the_rest,
          drawn_tokens_repeat_and_follow_the_seed,
          too_long_is_refused_and_nothing_changes,
          edits_start_the_sequence_anew,
          without_mask_a_shorter_goal_is_computed_anew,
          frames_read_while_goals_change, frames_recompute_while_goals_change,
          a_rewind_waits_for_the_frame, without_a_thread_it_works_in_steps,
          a_feed_without_the_mask_holds_no_frame, closing_stops_a_busy_worker)
