/* What "really switched off" shows is a run with that edit, to the last bit; a
 * run that is stopped is made later. */
#include "engine/base/team.h"
#include "tests/support/every_family.h"
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
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

static bool count(void *ud) {
    ++*(int *)ud;
    return true;
}

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

TEST_MAIN_EVERY_FAMILY("off", what_is_the_same_is_taken_to_the_last_bit,
                       no_more_is_run_than_differs,
                       every_part_is_a_run_with_that_edit,
                       a_part_that_is_not_there_has_no_run,
                       what_is_stopped_is_made_later,
                       side_by_side_each_is_as_it_is_alone,
                       those_side_by_side_are_stopped_and_made_later)
