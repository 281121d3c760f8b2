/* Worker: the engine on a thread of its own, driven by goals.
 *
 *     Worker *w = worker_open(&(WorkerOptions){.model = m, ...}, &err);
 *     worker_set_goal(w, &goal);             // returns at once
 *     worker_lock(w);                        // the frame reads the trace
 *     draw(worker_trace(w));
 *     worker_unlock(w);
 *
 * A goal says what the sequence should be; the worker keeps what already
 * agrees with it, rewinds the rest and computes what is missing, a few
 * positions at a time, so a newer goal interrupts an older one soon.
 *
 * While locked, published positions do not change and are not rewound; new
 * ones may still be published.  Locks are held for a frame at most.
 */
#ifndef VIZ_APP_WORKER_H
#define VIZ_APP_WORKER_H

#include "engine/spec/sampler.h"
#include "engine/trace/trace.h"

#define WORKER_CHUNK 16 /* positions between looks at the newest goal */

typedef struct Goal {
    const int *tokens; /* [n_tokens] fixed: prompt and tokens drawn before */
    int n_tokens;      /* >= 1 */
    int length;        /* positions wanted; more than n_tokens: draw them */
    Edits edits;
    SamplerParams sampler; /* for the drawn ones */
    uint64_t seed;         /* position p is drawn with sampler_coin(seed, p) */
} Goal;

typedef struct WorkerOptions {
    const Model *model;     /* must outlive the worker */
    int seq_len;            /* 0: default */
    int n_threads;          /* 0: all cores */
    uint64_t trace_budget;  /* bytes; 0: TRACE_BUDGET_DEFAULT */
    void (*wake)(void *ud); /* called on the worker's thread after progress;
                               may be NULL */
    void *wake_ud;
} WorkerOptions;

typedef struct Worker Worker;

Worker *worker_open(const WorkerOptions *opt, Err *err);
void worker_close(Worker *w); /* stops within a chunk; NULL is fine */

/* Copies the goal.  False only when out of memory or tokens do not fit. */
bool worker_set_goal(Worker *w, const Goal *goal, Err *err);

/* Waits until the newest goal is reached or has failed; true then, false when
 * timeout_ms went by first (-1: no limit). */
bool worker_wait(Worker *w, int timeout_ms);

typedef struct WorkerStatus {
    bool busy;           /* the newest goal is not reached yet */
    bool aligned;        /* the trace holds nothing that disagrees with it */
    int n_pos;           /* published positions */
    double tokens_per_s; /* of the last run of at least one position */
    Err err;             /* what ended the newest goal; code ERR_NONE if fine */
} WorkerStatus;
WorkerStatus worker_status(Worker *w);

void worker_lock(Worker *w);
void worker_unlock(Worker *w);
const Trace *worker_trace(const Worker *w); /* read it while locked */

int worker_seq_len(const Worker *w);

#endif
