/* Two runs that begin alike: what both have in common is computed once, and is
 * bit for bit what a run of its own gives. */
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/app/worker.h"

#include <string.h>

#define N 40

static const int text[N] = {1,  40, 41, 42, 43, 44, 45, 46, 47, 48,
                            49, 50, 51, 52, 53, 54, 55, 56, 57, 58,
                            59, 60, 61, 62, 63, 64, 65, 66, 67, 68,
                            69, 70, 71, 72, 73, 74, 75, 76, 77, 78};

static Edits parsed(const char *words) {
    Edits e = {0};
    Err err = {0};
    ck_assert_msg(edits_parse(&e, words, NULL, &err), "%s", err.msg);
    return e;
}

static const struct {
    const char *a, *b;
    int n; /* positions alike, of N */
} edit_cases[] = {
    {"", "", N},
    {"1.2", "1.2", N},
    {"1.2", "", 0},
    {"1.2*0.5", "1.2*0.25", 0},
    {"cut9", "", 10},
    {"cut9,cut20", "cut9", 21},
    {"token7=50", "", 7},
    {"token7=50", "token7=51", 7},
    {"token7=50,cut3", "token7=50", 4},
    {"1.2,token7=50", "1.2", 7},
    {"mask", "mask", 0},
    {"rope1,token30=50", "rope1,token9=50", 9},
};
enum { N_EDIT_CASES = sizeof edit_cases / sizeof *edit_cases };

static Worker *open_worker(const TinyModel *tiny, uint64_t budget) {
    Err err = {0};
    Worker *w = worker_open(&(WorkerOptions){.model = tiny->model,
                                             .trace_budget = budget,
                                             .no_thread = true},
                            &err);
    ck_assert_msg(w != NULL, "%s", err.msg);
    return w;
}

static void run_goals(Worker *w, const Goal *goal, const GoalAgainst *against) {
    Err err = {0};
    ck_assert_msg(worker_set_goal(w, goal, against, &err), "%s", err.msg);
    ck_assert(worker_wait(w, -1));
}

/* Every row of both, also of those that are run again. */
static void check_equal(const Trace *a, const Trace *b) {
    const Config *c = trace_config(a);
    ck_assert_int_eq(trace_n_pos(a), trace_n_pos(b));
    for (int site = 0; site < SITE_COUNT; site++)
        for (int layer = 0; layer < c->n_layers; layer++)
            for (int pos = 0; tiny_has(c, site) && pos < trace_n_pos(a);
                 pos++) {
                int rows, cols;
                site_shape((Site)site, c, trace_n_keys(a, pos), &rows, &cols);
                const float *x = trace_row(a, (Site)site, layer, pos);
                const float *y = trace_row(b, (Site)site, layer, pos);
                ck_assert_msg(memcmp(x, y, (size_t)(rows * cols) * sizeof *x) ==
                                  0,
                              "%s of layer %d at %d",
                              site_info((Site)site)->name, layer, pos);
            }
}

/* What is computed for the second run, and that it is as alone. */
static void check_pair(uint64_t budget, const Goal *shown, const Goal *second,
                       bool same_tokens, int n_alike) {
    TinyModel tiny;
    TinySpec spec = tiny_spec();
    const GoalAgainst against = {same_tokens, *second};
    ck_assert(tiny_open(&tiny, &spec));
    Worker *both = open_worker(&tiny, budget);
    Worker *alone = open_worker(&tiny, budget);
    run_goals(both, shown, &against);
    run_goals(alone, second, NULL);
    const WorkerStatus status = worker_status(both);
    ck_assert_int_eq(status.n_fed, shown->n_tokens);
    ck_assert_int_eq(status.n_fed_against, second->n_tokens - n_alike);
    worker_begin_frame(both);
    const Trace *t = worker_against(both);
    ck_assert_ptr_nonnull(t);
    check_equal(t, worker_trace(alone));
    worker_end_frame(both);
    worker_close(both);
    worker_close(alone);
    tiny_close(&tiny);
}

static Goal goal_of(const int *tokens, int n, const char *edits) {
    return (Goal){
        .tokens = tokens, .n_tokens = n, .length = n, .edits = parsed(edits)};
}

START_TEST(what_edits_leave_alike_is_computed_once) {
    for (int i = 0; i < N_EDIT_CASES; i++) {
        const char *u = edit_cases[i].a, *v = edit_cases[i].b;
        const Edits a = parsed(u), b = parsed(v);
        const int n = edits_shared(&a, &b);
        ck_assert_msg((n > N ? N : n) == edit_cases[i].n, "%s, %s: %d", u, v,
                      n);
        ck_assert_int_eq(edits_shared(&b, &a), n);
        const Goal x = goal_of(text, N, u), y = goal_of(text, N, v);
        check_pair(0, &x, &y, true, edit_cases[i].n);
        check_pair(1 << 16, &x, &y, true, edit_cases[i].n); /* evicted */
    }
}
END_TEST

START_TEST(what_texts_have_in_common_is_computed_once) {
    int other[N];
    memcpy(other, text, sizeof other);
    other[25] = 99;
    const Goal x = goal_of(text, N, "0.1"), y = goal_of(other, N, "0.1");
    check_pair(0, &x, &y, false, 25);
    const Goal shorter = goal_of(text, 12, "0.1");
    check_pair(0, &x, &shorter, false, 12);
    check_pair(0, &shorter, &x, false, 12);
}
END_TEST

TEST_MAIN("shared", what_edits_leave_alike_is_computed_once,
          what_texts_have_in_common_is_computed_once)
