/* A tiny model with a trace and a study of it, as the tests of what is studied
 * need. */
#ifndef TESTS_SUPPORT_STUDY_RIG_H
#define TESTS_SUPPORT_STUDY_RIG_H

#include "engine/study/study.h"
#include "tests/support/trace_case.h"

typedef struct StudyRig {
    TraceCase c;
    Study *study;
    const Config *config;
} StudyRig;

#define STUDY_RIG_BUDGET (1 << 22) /* bytes: nothing made has to go */
#define STUDY_RIG_ROW    64 /* numbers that study_rig_row gives at most */

/* Opens all and begins a frame of the study; n tokens are fed.  Fails the
 * running test if anything does. */
void study_rig_open(StudyRig *r, TinySpec spec, uint64_t trace_budget,
                    const char *edits, int n, uint64_t study_budget);
void study_rig_close(StudyRig *r);

/* Makes all that was asked for; how many. */
int study_rig_make(StudyRig *r);

/* The first n numbers of a row of a tensor, as doubles. */
void study_rig_row(const StudyRig *r, TensorRole role, int layer, int row,
                   double *out, int n);

#endif
