/* The worker runs the one that is taken from first, also where tokens are drawn
 * or where it changes; every row is as in two runs of one's own. */
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/app/worker.h"

#include <string.h>

#define N 24

typedef struct Rig {
    TinyModel tiny;
    Worker *worker;
    int text[N], other[N];
} Rig;

static void rig_open_spec(Rig *r, const TinySpec *spec) {
    Err err = {0};
    *r = (Rig){0};
    ck_assert(tiny_open(&r->tiny, spec));
    r->worker = worker_open(
        &(WorkerOptions){.model = r->tiny.model, .no_thread = true}, &err);
    ck_assert_msg(r->worker != NULL, "%s", err.msg);
    for (int i = 0; i < N; i++) {
        r->text[i] = 40 + i;
        r->other[i] = 90 + i;
    }
}

static void rig_open(Rig *r) {
    const TinySpec spec = tiny_spec();
    rig_open_spec(r, &spec);
}

static void rig_close(Rig *r) {
    worker_close(r->worker);
    tiny_close(&r->tiny);
}

static Goal goal_of(const int *tokens, int n, int length, const char *edits) {
    Err err = {0};
    Goal g = {.tokens = tokens,
              .n_tokens = n,
              .length = length,
              .sampler = {.temperature = 1},
              .seed = 5};
    ck_assert_msg(edits_parse(&g.edits, edits, NULL, &err), "%s", err.msg);
    return g;
}

static WorkerStatus reach(Rig *r, const Goal *goal, const Goal *against) {
    Err err = {0};
    const GoalAgainst a = {against->tokens == NULL, *against};
    ck_assert_msg(worker_set_goal(r->worker, goal, &a, &err), "%s", err.msg);
    ck_assert(worker_wait(r->worker, -1));
    return worker_status(r->worker);
}

/* ---- two runs of one's own ----------------------------------------------- */

typedef struct Own {
    Session *session;
    Trace *trace;
} Own;

static Own own_run(const Rig *r, const Trace *like, const Trace *donor) {
    Err err = {0};
    int tokens[N];
    Own o = {.session =
                 session_open(r->tiny.model, &(SessionOptions){0}, &err)};
    ck_assert(o.session != NULL);
    if (donor) session_set_donor(o.session, trace_donor(donor));
    ck_assert(session_set_edits(o.session, trace_edits(like), &err));
    o.trace = trace_open(o.session, TRACE_BUDGET_DEFAULT, &err);
    ck_assert(o.trace != NULL);
    for (int i = 0; i < trace_n_pos(like); i++)
        tokens[i] = trace_token(like, i);
    ck_assert(session_feed(o.session, tokens, trace_n_pos(like), &err));
    return o;
}

static void own_close(Own *o) {
    trace_close(o->trace);
    session_close(o->session);
}

static void check_equal(const Trace *a, const Trace *b) {
    const Config *c = trace_config(a);
    for (int site = 0; site < SITE_COUNT; site++)
        for (int layer = 0; layer < c->n_layers; layer++)
            for (int pos = 0; tiny_has(c, site) && pos < trace_n_pos(a);
                 pos++) {
                int rows, cols;
                site_shape((Site)site, c, trace_n_keys(a, pos), &rows, &cols);
                ck_assert_msg(memcmp(trace_row(a, (Site)site, layer, pos),
                                     trace_row(b, (Site)site, layer, pos),
                                     (size_t)(rows * cols) * sizeof(float)) ==
                                  0,
                              "%s of layer %d at %d",
                              site_info((Site)site)->name, layer, pos);
            }
}

static void check_runs(const Rig *r, int n, int n_other) {
    const Trace *shown = worker_trace(r->worker);
    const Trace *against = worker_against(r->worker);
    ck_assert_int_eq(trace_n_pos(shown), n);
    ck_assert_int_eq(trace_n_pos(against), n_other);
    Own donor = own_run(r, against, NULL);
    Own run = own_run(r, shown, donor.trace);
    check_equal(against, donor.trace);
    check_equal(shown, run.trace);
    own_close(&run);
    own_close(&donor);
}

/* ---- tests --------------------------------------------------------------- */

START_TEST(the_other_run_comes_first_and_is_shared_up_to_the_change) {
    Rig r;
    rig_open(&r);
    const Goal plain = goal_of(NULL, 0, 0, ""),
               off = goal_of(NULL, 0, 0, "0.1");
    Goal goal = goal_of(r.text, N, N, "patch0.resid_post@9,steer1@20*2");
    WorkerStatus s = reach(&r, &goal, &plain);
    ck_assert_int_eq(s.n_fed, N - 9);
    ck_assert_int_eq(s.n_fed_against, N);
    check_runs(&r, N, N);
    goal.edits = goal_of(r.text, N, N, "0.1,patch0.2@9,patch1.mlp@5").edits;
    reach(&r, &goal, &off);
    check_runs(&r, N, N);
    goal.edits = goal_of(r.text, N, N, "freeze,0.1").edits;
    s = reach(&r, &goal, &off);
    ck_assert_int_eq(s.n_fed, N); /* every position differs */
    check_runs(&r, N, N);
    rig_close(&r);
}
END_TEST

START_TEST(drawn_tokens_are_read_by_the_other_run_first) {
    Rig r;
    rig_open(&r);
    const Goal off = goal_of(NULL, 0, 0, "0.1");
    const Goal goal =
        goal_of(r.text, 5, 16, "freeze,patch1.attn_out@7,steer0@9*0.5");
    reach(&r, &goal, &off);
    check_runs(&r, 16, 16);
    rig_close(&r);
}
END_TEST

START_TEST(a_step_computes_one_position) {
    Rig r;
    rig_open(&r);
    const Goal off = goal_of(NULL, 0, 0, "0.1");
    for (int n = 10; n < 13; n++) {
        const Goal goal = goal_of(r.text, n, n, "freeze1.ln1,patch0.1@4");
        const WorkerStatus s = reach(&r, &goal, &off);
        ck_assert_int_eq(s.n_fed, n == 10 ? 10 : 1);
        check_runs(&r, n, n);
    }
    rig_close(&r);
}
END_TEST

/* The text that is taken from becomes another, longer, and shorter. */
START_TEST(what_was_taken_changes_with_the_other_run) {
    Rig r;
    rig_open(&r);
    const Goal goal = goal_of(r.text, N, N, "freeze0.ln2,patch1.resid_mid@12");
    Goal from = goal_of(r.other, 10, 10, "");
    reach(&r, &goal, &from);
    check_runs(&r, N, 10);
    from.n_tokens = from.length = N;
    WorkerStatus s = reach(&r, &goal, &from);
    check_runs(&r, N, N);
    ck_assert_int_eq(s.n_fed, N - 10);
    s = reach(&r, &goal, &from); /* the same again */
    ck_assert_int_eq(s.n_fed, 0);
    r.other[12] = 7;
    s = reach(&r, &goal, &from);
    ck_assert_int_eq(s.n_fed, N - 12);
    check_runs(&r, N, N);
    from.n_tokens = from.length = 8;
    reach(&r, &goal, &from);
    check_runs(&r, N, 8);
    from.edits = goal_of(r.other, 8, 8, "mlp1").edits;
    reach(&r, &goal, &from);
    check_runs(&r, N, 8);
    rig_close(&r);
}
END_TEST

/* Where a text is one whole a token more changes every number of the run that
 * is taken from, and so all that was taken, though the text that it is put into
 * stays. */
START_TEST(a_text_that_is_one_whole_gives_and_takes) {
    static const char *const edits[] = {
        "patch1.resid_post@3", "freeze", "patch0.2,patch1.mlp@5",
        "steer0@2*2,0.1", "patch1.resid_mid@7,token4=7"};
    TinySpec spec = tiny_spec();
    spec.family = TINY_BERT;
    spec.n_kv_heads = spec.n_heads;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        Rig r;
        rig_open_spec(&r, &spec);
        const Goal goal = goal_of(r.text, 8, 8, edits[i]);
        Goal from = goal_of(r.other, 10, 10, "");
        WorkerStatus s = reach(&r, &goal, &from);
        ck_assert_msg(s.err.code == ERR_NONE, "%s", s.err.msg);
        check_runs(&r, 8, 10);
        from.n_tokens = from.length = 20;
        reach(&r, &goal, &from);
        check_runs(&r, 8, 20);
        from.n_tokens = from.length = 9;
        reach(&r, &goal, &from);
        check_runs(&r, 8, 9);
        r.other[8] = 7;
        reach(&r, &goal, &from);
        check_runs(&r, 8, 9);
        s = reach(&r, &goal, &from);
        ck_assert_int_eq(s.n_fed + s.n_fed_against, 0);
        const Goal longer = goal_of(r.text, 12, 12, edits[i]);
        reach(&r, &longer, &from);
        check_runs(&r, 12, 9);
        rig_close(&r);
    }
}
END_TEST

START_TEST(with_nothing_to_take_from_it_is_refused_by_name) {
    Rig r;
    Err err = {0};
    rig_open(&r);
    const Goal goal = goal_of(r.text, N, N, "patch1.resid_mid@12");
    ck_assert(worker_set_goal(r.worker, &goal, NULL, &err));
    ck_assert(worker_wait(r.worker, -1));
    WorkerStatus s = worker_status(r.worker);
    ck_assert_int_eq(s.err.code, ERR_USAGE);
    ck_assert(strstr(s.err.msg, "patch1.resid_mid@12") != NULL);
    const Goal unmasked = goal_of(r.other, N, N, "mask");
    s = reach(&r, &goal, &unmasked);
    ck_assert_int_eq(s.err.code, ERR_UNSUPPORTED);
    ck_assert(strstr(s.err.msg, "mask") != NULL);
    rig_close(&r);
}
END_TEST

/* The run of a model that is looked at again was compared with another text
 * before. */
START_TEST(what_was_taken_before_is_taken_anew) {
    Rig r;
    rig_open(&r);
    TinyModel beside;
    TinySpec spec = tiny_spec();
    spec.seed++;
    ck_assert(tiny_open(&beside, &spec));
    const Goal patched = goal_of(r.text, N, N, "patch0.resid_post@9"),
               first = goal_of(r.other, N, N, ""),
               second = goal_of(r.text + 1, N - 1, N - 1, "");
    Goal away = goal_of(r.text, N, N, "");
    away.model = beside.model;
    reach(&r, &patched, &first);
    check_runs(&r, N, N);
    reach(&r, &away, &second);
    reach(&r, &patched, &second);
    check_runs(&r, N, N - 1);
    rig_close(&r);
    tiny_close(&beside);
}
END_TEST

TEST_MAIN("taken_runs", a_text_that_is_one_whole_gives_and_takes,
          the_other_run_comes_first_and_is_shared_up_to_the_change,
          drawn_tokens_are_read_by_the_other_run_first,
          a_step_computes_one_position,
          what_was_taken_changes_with_the_other_run,
          what_was_taken_before_is_taken_anew,
          with_nothing_to_take_from_it_is_refused_by_name)
