/* What "really switched off" shows is a run with that edit, to the last bit; a
 * run that is stopped is made later. */
#include "tests/support/study_rig.h"
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_TOKENS 12

static void rig_open(StudyRig *r, const char *edits) {
    study_rig_open(r, tiny_spec(), TRACE_BUDGET_DEFAULT, edits, N_TOKENS,
                   STUDY_RIG_BUDGET);
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

TEST_MAIN_EVERY_FAMILY("off", every_part_is_a_run_with_that_edit,
                       a_part_that_is_not_there_has_no_run,
                       what_is_stopped_is_made_later)
