/* What "really switched off" shows is a run with that edit, to the last bit; a
 * run that is stopped is made later. */
#define _GNU_SOURCE /* for sched_setaffinity */
#include "engine/base/team.h"
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define N_TOKENS 12
#define N_LONG   100

static void rig_open(StudyRig *r, const char *edits) {
    study_rig_open(r, tiny_spec(), TRACE_BUDGET_DEFAULT, edits, N_TOKENS,
                   STUDY_RIG_BUDGET);
}

/* Deeper, with more tokens than are computed together, of which the trace
 * stores all or no more than the stream. */
static void long_open(StudyRig *r, const char *edits, uint64_t budget) {
    TinySpec spec = tiny_spec();
    spec.n_layers = 4;
    spec.seq_len = 128;
    study_rig_open(r, spec, budget, edits, N_LONG, STUDY_RIG_BUDGET);
}

static const StudyOff *made(StudyRig *r, StudyKey key) {
    bool missing;
    study_off(r->study, key, &missing);
    study_rig_make(r);
    const StudyOff *off = study_off(r->study, key, &missing);
    ck_assert(!missing);
    return off;
}

/* `word` is the part as an edit's text, beside those in force. */
static void check_run(const char *edits, int pos, EditKind kind, int layer,
                      int index, const char *word) {
    StudyRig r, off;
    char all[128];
    rig_open(&r, edits);
    const StudyOff *got = made(&r, study_off_key(pos, kind, layer, index));
    snprintf(all, sizeof all, "%s%s%s", edits, *edits ? "," : "", word);
    rig_open(&off, all);
    const float *want = trace_row(off.c.trace, SITE_LOGITS, 0, pos);
    const size_t n = (size_t)r.config->vocab_size;
    ck_assert_mem_eq(got->logits, want, n * sizeof *want);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert(want[i] <= want[got->best]);
        sum += exp((double)want[i]);
    }
    ck_assert_double_eq_tol(got->log_sum, log(sum), 1e-9);
    study_rig_close(&off);
    study_rig_close(&r);
}

START_TEST(every_part_is_a_run_with_that_edit) {
    char word[24];
    for (int layer = 0; layer < 2; layer++) {
        snprintf(word, sizeof word, "%d.1", layer);
        check_run("", N_TOKENS - 1, EDIT_HEAD, layer, 1, word);
        snprintf(word, sizeof word, "mlp%d", layer);
        check_run("", 7, EDIT_MLP, layer, 0, word);
        snprintf(word, sizeof word, "n%d.5", layer);
        check_run("0.0*0.5", N_TOKENS - 1, EDIT_NEURON, layer, 5, word);
    }
    check_run("", N_TOKENS - 1, EDIT_CUT, 0, 4, "cut4");
    check_run("cut2", 9, EDIT_CUT, 0, 4, "cut4");
    check_run("mask", N_TOKENS - 1, EDIT_CUT, 0, 4, "cut4");
    /* Those after it count, too. */
    check_run("mask", 7, EDIT_CUT, 0, 9, "cut9");
    check_run("mask", 3, EDIT_HEAD, 1, 2, "1.2");
}
END_TEST

static const struct {
    const char *edits;
    EditKind kind;
    int layer, index;
    const char *word;
} branches[] = {
    {"", EDIT_HEAD, 0, 1, "0.1"},
    {"", EDIT_HEAD, 2, 3, "2.3"},
    {"", EDIT_HEAD, 3, 0, "3.0"},
    {"", EDIT_ATTN, 1, 0, "attn1"},
    {"", EDIT_MLP, 0, 0, "mlp0"},
    {"", EDIT_MLP, 2, 0, "mlp2"},
    {"", EDIT_MLP, 3, 0, "mlp3"},
    {"", EDIT_NEURON, 0, 0, "n0.0"},
    {"", EDIT_NEURON, 1, 7, "n1.7"},
    {"", EDIT_NEURON, 3, 5, "n3.5"},
    {"n1.7*0.5,n1.2", EDIT_NEURON, 1, 7, "n1.7"},
    {"mlp2*0.5,2.0", EDIT_NEURON, 2, 3, "n2.3"},
    {"", EDIT_CUT, 0, 0, "cut0"},
    {"", EDIT_CUT, 0, 70, "cut70"},
    {"", EDIT_CUT, 0, N_LONG - 1, "cut99"},
    {"2.3*0.5,mlp1*2,cut5,raw3.1,rope2", EDIT_HEAD, 2, 3, "2.3"},
    {"steer1=7*2,token4=9,1.0", EDIT_MLP, 2, 0, "mlp2"},
    {"steer1=7*2,token80=9,n0.3", EDIT_CUT, 0, 66, "cut66"},
};

/* Wherever the run begins to differ. */
START_TEST(what_is_the_same_is_taken_to_the_last_bit) {
    static const uint64_t budgets[] = {TRACE_BUDGET_DEFAULT, 1};
    for (size_t i = 0; i < 2 * sizeof branches / sizeof *branches; i++) {
        StudyRig r, off;
        const size_t k = i / 2;
        Edits all;
        char text[EDITS_TEXT_MAX];
        long_open(&r, branches[k].edits, budgets[i % 2]);
        const StudyOff *got =
            made(&r, study_off_key(N_LONG - 1, branches[k].kind,
                                   branches[k].layer, branches[k].index));
        all = *trace_edits(r.c.trace);
        ck_assert(edits_set(&all, branches[k].kind, branches[k].layer,
                            branches[k].index, 0));
        edits_format(&all, text, sizeof text);
        long_open(&off, text, budgets[i % 2]);
        const float *want = trace_row(off.c.trace, SITE_LOGITS, 0, N_LONG - 1);
        ck_assert_msg(memcmp(got->logits, want,
                             (size_t)r.config->vocab_size * sizeof *want) == 0,
                      "%s beside %s", branches[k].word, branches[k].edits);
        study_rig_close(&off);
        study_rig_close(&r);
    }
}
END_TEST

/* ---- from one position to another ---------------------------------------- */

/* Token i of a text, and of one that differs from `other` on. */
static int text_token(const StudyRig *r, int i, int other) {
    return (i * 37 + (i >= other ? 11 : 5)) % r->config->vocab_size;
}

static void feed_text(StudyRig *r, int n, int other) {
    Err err = {0};
    for (int i = trace_n_pos(r->c.trace); i < n; i++) {
        const int token = text_token(r, i, other);
        ck_assert_msg(session_feed(r->c.session, &token, 1, &err) != NULL, "%s",
                      err.msg);
    }
}

static void go_back(StudyRig *r, int pos) {
    session_rewind(r->c.session, pos);
    trace_sync(r->c.trace);
    study_forget(r->study, pos);
}

static void text_open(StudyRig *r, const char *edits, uint64_t budget) {
    TinySpec spec = tiny_spec();
    spec.n_layers = 4;
    spec.seq_len = 160;
    study_rig_open(r, spec, TRACE_BUDGET_DEFAULT, edits, 0, budget);
}

/* Wanted together, so that those that can be are made together. */
static void ask_all(StudyRig *r, int pos) {
    bool missing;
    for (size_t k = 0; k < sizeof branches / sizeof *branches; k++)
        if (!*branches[k].edits)
            study_off(r->study,
                      study_off_key(pos, branches[k].kind, branches[k].layer,
                                    branches[k].index),
                      &missing);
}

/* Every part beside the first edits of `branches`, held against a run with it
 * that is fed as this one was. */
static void check_at(StudyRig *r, int pos, int other) {
    char text[EDITS_TEXT_MAX];
    ask_all(r, pos);
    for (size_t k = 0; k < sizeof branches / sizeof *branches; k++) {
        StudyRig off;
        if (*branches[k].edits) continue;
        const StudyOff *got =
            made(r, study_off_key(pos, branches[k].kind, branches[k].layer,
                                  branches[k].index));
        Edits all = *trace_edits(r->c.trace);
        ck_assert(edits_set(&all, branches[k].kind, branches[k].layer,
                            branches[k].index, 0));
        edits_format(&all, text, sizeof text);
        text_open(&off, text, STUDY_RIG_BUDGET);
        feed_text(&off, pos + 1, other);
        const float *want = trace_row(off.c.trace, SITE_LOGITS, 0, pos);
        ck_assert_msg(memcmp(got->logits, want,
                             (size_t)r->config->vocab_size * sizeof *want) == 0,
                      "%s at %d", branches[k].word, pos);
        study_rig_close(&off);
        const StudyStats stats = study_stats(r->study);
        ck_assert_uint_le(stats.bytes, STUDY_RIG_BUDGET);
    }
}

/* What a machine with one core is; the set of cores before that. */
static cpu_set_t to_one_core(void) {
    cpu_set_t all, one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    return all;
}

/* On, back, to a place far off, a token more than there was room for; another
 * token in the text; other edits.  With room for all runs, for some, for none;
 * beside edits of each kind that counts in all runs; and on one core, where
 * runs are made one by one and taken on together. */
START_TEST(a_step_goes_on_from_where_the_run_is) {
    static const struct {
        uint64_t budget;
        const char *edits;
        bool on_one_core;
    } of[] = {{STUDY_RIG_BUDGET, "", false},
              {1 << 20, "", false},
              {1, "", false},
              {STUDY_RIG_BUDGET,
               "2.3*0.5,mlp1*2,cut5,raw3.1,rope2,steer1=7*2,token41=9", false},
              {STUDY_RIG_BUDGET, "", true}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        StudyRig r;
        Edits e = {0};
        Err err = {0};
        cpu_set_t cores;
        if (of[i].on_one_core) cores = to_one_core();
        text_open(&r, of[i].edits, of[i].budget);
        feed_text(&r, N_LONG, INT_MAX);
        check_at(&r, 40, INT_MAX);
        check_at(&r, 41, INT_MAX);
        check_at(&r, 20, INT_MAX);
        check_at(&r, N_LONG - 1, INT_MAX);
        feed_text(&r, 130, INT_MAX);
        check_at(&r, 129, INT_MAX);
        go_back(&r, 75);
        feed_text(&r, 131, 75);
        check_at(&r, 74, 75);
        check_at(&r, 77, 75);
        check_at(&r, 130, 75);
        ck_assert(edits_parse(&e, "1.2*0.5", r.config, &err));
        ck_assert(session_set_edits(r.c.session, &e, &err));
        go_back(&r, 0);
        feed_text(&r, 90, 75);
        check_at(&r, 80, 75);
        check_at(&r, 81, 75);
        study_rig_close(&r);
        if (of[i].on_one_core) sched_setaffinity(0, sizeof cores, &cores);
    }
}
END_TEST

/* Within half of the budget, however many are asked for. */
START_TEST(kept_runs_are_within_the_budget) {
    StudyRig r;
    uint64_t most = 0;
    text_open(&r, "", 1 << 21);
    feed_text(&r, 100, INT_MAX);
    for (int i = 0; i < 60; i++) {
        made(&r, study_off_key(80 + i % 20, EDIT_CUT, 0, i));
        study_frame(r.study);
        if (study_stats(r.study).bytes > most)
            most = study_stats(r.study).bytes;
    }
    ck_assert_uint_le(most, 1 << 21);
    ck_assert_uint_ge(most, 1 << 19);
    study_rest(r.study);
    ck_assert_uint_le(study_stats(r.study).bytes, 1 << 17);
    study_rig_close(&r);
}
END_TEST

static bool count(void *ud) {
    ++*(int *)ud;
    return true;
}

/* The next position's layers alone, and the last one of a position passed. */
START_TEST(a_step_runs_one_position) {
    StudyRig r;
    int n = 0;
    text_open(&r, "", STUDY_RIG_BUDGET);
    feed_text(&r, 130, INT_MAX);
    made(&r, study_off_key(127, EDIT_CUT, 0, 10));
    study_set_watch(r.study, (SessionWatch){count, &n});
    made(&r, study_off_key(128, EDIT_CUT, 0, 10));
    ck_assert_int_ge(n, 1);
    ck_assert_int_le(n, 4);
    n = 0;
    made(&r, study_off_key(100, EDIT_CUT, 0, 10));
    ck_assert_int_le(n, 1);
    study_rig_close(&r);
}
END_TEST

/* Layers of batches that are computed: none before the part's own. */
START_TEST(no_more_is_run_than_differs) {
    static const struct {
        EditKind kind;
        int layer, index, most;
    } of[] = {{EDIT_MLP, 3, 0, 1},
              {EDIT_HEAD, 3, 1, 1},
              {EDIT_HEAD, 2, 1, 4},
              {EDIT_CUT, 0, 90, 4},
              {EDIT_HEAD, 0, 1, 8}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        StudyRig r;
        int n = 0;
        long_open(&r, "", TRACE_BUDGET_DEFAULT);
        study_set_watch(r.study, (SessionWatch){count, &n});
        made(&r,
             study_off_key(N_LONG - 1, of[i].kind, of[i].layer, of[i].index));
        ck_assert_int_ge(n, 1);
        ck_assert_int_le(n, of[i].most);
        study_rig_close(&r);
    }
}
END_TEST

START_TEST(a_part_that_is_not_there_has_no_run) {
    StudyRig r;
    rig_open(&r, "");
    ck_assert(!made(&r, study_off_key(3, EDIT_HEAD, 99, 0)));
    ck_assert(!made(&r, study_off_key(N_TOKENS, EDIT_HEAD, 0, 0)));
    study_rig_close(&r);
}
END_TEST

static bool not_yet(void *ud) {
    int *n = ud;
    return --*n < 0;
}

START_TEST(what_is_stopped_is_made_later) {
    StudyRig r;
    int n = 3;
    bool missing;
    rig_open(&r, "");
    study_set_watch(r.study, (SessionWatch){not_yet, &n});
    const StudyKey key = study_off_key(6, EDIT_MLP, 1, 0);
    study_off(r.study, key, &missing);
    study_step(r.study);
    ck_assert(!study_off(r.study, key, &missing));
    ck_assert(missing);
    study_rig_make(&r);
    ck_assert(study_off(r.study, key, &missing) != NULL);
    study_rig_close(&r);
}
END_TEST

#define N_BESIDE 8

/* Neurons of a layer, and of the text before. */
static StudyKey beside(int i, int pos) {
    return i < 6   ? study_off_key(pos, EDIT_NEURON, 1, 2 * i)
           : i < 7 ? study_off_key(pos, EDIT_NEURON, 2, 3)
                   : study_off_key(pos, EDIT_CUT, 0, 4);
}

static void ask_beside(StudyRig *r, int pos) {
    bool missing;
    for (int i = 0; i < N_BESIDE; i++)
        study_off(r->study, beside(i, pos), &missing);
}

static int n_made(const StudyRig *r) {
    return (int)study_stats(r->study).n_made[STUDY_OFF];
}

/* What was made in the same memory before counts for nothing. */
START_TEST(side_by_side_each_is_as_it_is_alone) {
    static const int at[] = {N_LONG - 1, 20, 70};
    StudyRig r, alone;
    bool missing;
    long_open(&r, "", TRACE_BUDGET_DEFAULT);
    long_open(&alone, "", TRACE_BUDGET_DEFAULT);
    for (int k = 0; k < 3; k++) {
        ask_beside(&r, at[k]);
        ck_assert(study_step(r.study));
        if (team_cores(0) > 1) ck_assert_int_eq(n_made(&r), (k + 1) * N_BESIDE);
        study_rig_make(&r);
        for (int i = 0; i < N_BESIDE; i++) {
            const StudyKey key = beside(i, at[k]);
            const StudyOff *got = study_off(r.study, key, &missing);
            const StudyOff *want = made(&alone, key);
            ck_assert(got && want);
            ck_assert_int_eq(got->best, want->best);
            ck_assert_mem_eq(got->logits, want->logits,
                             (size_t)r.config->vocab_size * sizeof(float));
        }
    }
    study_rig_close(&alone);
    study_rig_close(&r);
}
END_TEST

/* Where there is one core, too, and whatever the model's size. */
START_TEST(runs_that_are_kept_take_a_step_together) {
    StudyRig r;
    bool missing;
    const cpu_set_t cores = to_one_core();
    text_open(&r, "", STUDY_RIG_BUDGET);
    feed_text(&r, 80, INT_MAX);
    for (int pos = 60; pos < 64; pos++) {
        for (int i = 0; i < 9; i++)
            study_off(r.study, study_off_key(pos, EDIT_CUT, 0, i), &missing);
        ck_assert(study_step(r.study));
        for (int i = 0; i < 9; i++) {
            study_off(r.study, study_off_key(pos, EDIT_CUT, 0, i), &missing);
            ck_assert_msg(pos == 60 || !missing, "cut %d at %d", i, pos);
        }
        study_rig_make(&r);
    }
    study_rig_close(&r);
    sched_setaffinity(0, sizeof cores, &cores);
}
END_TEST

static bool as_told(void *ud) {
    return *(const bool *)ud;
}

START_TEST(those_side_by_side_are_stopped_and_made_later) {
    StudyRig r;
    bool missing, goes_on = false;
    long_open(&r, "", TRACE_BUDGET_DEFAULT);
    study_set_watch(r.study, (SessionWatch){as_told, &goes_on});
    ask_beside(&r, 30);
    study_step(r.study);
    for (int i = 0; i < N_BESIDE; i++) {
        ck_assert(!study_off(r.study, beside(i, 30), &missing));
        ck_assert(missing);
    }
    goes_on = true;
    study_rig_make(&r);
    for (int i = 0; i < N_BESIDE; i++)
        ck_assert(study_off(r.study, beside(i, 30), &missing) != NULL);
    study_rig_close(&r);
}
END_TEST

TEST_MAIN_EVERY_FAMILY(
    "off", what_is_the_same_is_taken_to_the_last_bit,
    no_more_is_run_than_differs, a_step_goes_on_from_where_the_run_is,
    kept_runs_are_within_the_budget, a_step_runs_one_position,
    runs_that_are_kept_take_a_step_together, every_part_is_a_run_with_that_edit,
    a_part_that_is_not_there_has_no_run, what_is_stopped_is_made_later,
    side_by_side_each_is_as_it_is_alone,
    those_side_by_side_are_stopped_and_made_later)
