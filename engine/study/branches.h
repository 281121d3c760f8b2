/* Branches: the runs without a part that were made for STUDY_OFF, kept as far
 * as they went, so that a step to another position goes on from there.
 *
 *     branches_begin(&b);
 *     Branched *kept = branches_find(&b, trace, key, first, n);
 *     session_branch(s, &(SessionBranch){.kept = kept, ...}, tokens, n, &err);
 *
 * They take no more than their budget.  Where it is used up by those that were
 * asked for at the same position, others are not kept and are made anew for
 * each; else the one asked for least recently goes.  For the thread that makes.
 */
#ifndef ENGINE_STUDY_BRANCHES_H
#define ENGINE_STUDY_BRANCHES_H

#include "engine/study/study.h"

#define BRANCHES_MAX  256 /* kept */
#define BRANCHES_PART 2   /* of a study's budget so manieth is theirs */
#define BRANCHES_LONG                                                          \
    128 /* of so many at the model's whole length within that,
                             each has room for it; else they grow */

typedef struct Branch {
    StudyKey key; /* of STUDY_OFF, at the position asked for last */
    int turn;     /* when that was */
    uint64_t bytes;
    Branched kept;
} Branch;

typedef struct Branches {
    uint64_t budget, bytes;
    int turn;
    Branch *list[BRANCHES_MAX];
    int n;
} Branches;

void branches_close(Branches *b); /* it may be used again */

/* What is found from now on stays until this is called again. */
void branches_begin(Branches *b);

/* The run without the key's part, with room for n positions in the layers from
 * `first` on; NULL: it is not kept.  Borrowed until branches_begin. */
Branched *branches_find(Branches *b, const Trace *t, StudyKey key, int first,
                        int n);

/* How many positions the run without the key's part holds. */
int branches_held(const Branches *b, StudyKey key);

/* Forgets positions from pos on. */
void branches_forget(Branches *b, int pos);

#endif
