/* A tiny model with a trace and a study of it, as the tests of what is studied
 * need; and the same numbers from the reference.
 *
 *     StudyRig r;
 *     study_rig_open(&r, tiny_spec(), 0, "", 12, STUDY_RIG_BUDGET);
 *     const double *z = study_rig_wanted(&r, SITE_Z, layer, pos);
 *     study_rig_close(&r);
 */
#ifndef TESTS_SUPPORT_STUDY_RIG_H
#define TESTS_SUPPORT_STUDY_RIG_H

#include "engine/study/study.h"
#include "tests/support/reference.h"
#include "tests/support/trace_case.h"

typedef struct StudyRig {
    TraceCase c;
    Study *study;
    const Config *config;
    Reference *reference; /* NULL: not asked for yet */
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

/* What the reference has there, of the same tokens and edits; borrowed. */
const double *study_rig_wanted(StudyRig *r, Site s, int layer, int pos);

/* What enters the first layer, by family. */
Site study_rig_first(void);

/* Does the family's norm take the mean off (LayerNorm)? */
bool study_rig_has_mean(void);
double study_rig_mean(const double *x, int n); /* 0: it takes none off */

/* The bias of what a row of a tensor gives; 0: it has none. */
double study_rig_bias(const StudyRig *r, TensorRole role, int layer, int row);

/* What an element of the stream's end counts for, [D], in a's logit less b's,
 * b < 0: in a's. */
void study_rig_aim(StudyRig *r, int pos, int a, int b, double *toward);

#endif
