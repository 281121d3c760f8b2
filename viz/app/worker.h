/* Worker: the engine on a thread of its own, driven by goals.
 *
 *     Worker *w = worker_open(&(WorkerOptions){.model = m, ...}, &err);
 *     worker_set_goal(w, &goal, NULL);       // returns at once
 *     worker_begin_frame(w);                 // the frame reads the trace ...
 *     draw(worker_trace(w), worker_study(w));
 *     worker_end_frame(w);                   // ... and has asked for numbers
 *
 * A goal says what the sequence should be; the worker keeps what already
 * agrees with it, rewinds the rest and computes what is missing, a few
 * positions at a time, so a newer goal interrupts an older one soon; where all
 * have to be computed at once, between two layers, as closing does.  In
 * between, and once the goal is reached, it makes the numbers that frames asked
 * the study for.  After all that come the numbers of a frame that may be next
 * (worker_ask_ahead), and models that may be looked at next read the text, too
 * (worker_read_ahead); both stop within a layer when something is asked for.
 * Once all is there, the thread sleeps.
 *
 * A small model is trained (worker_train) on a second thread, a slice at a time
 * while the first has nothing to do: no goal and no number waits for a slice
 * that is under way.
 *
 * Two runs (run.h): the one that is shown, and the one that it is compared
 * with, which is opened when it is first wanted and computed once the other is
 * there.  They take half of the trace's budget each.  What both have in common,
 * the first positions of the same tokens and edits, is computed once.
 *
 * A goal may name another model, of the same shape, or, to be compared with, of
 * the same context: then a run of it is opened, and takes the place of the one
 * that is shown once it holds the goal's tokens.
 * Until then that one stays as it is, and the status is not `aligned`.  The
 * runs of models looked at before are kept (kept.h): a model that is looked at
 * again has computed already what its text is still.  Runs that are ahead are
 * among them, as far as there is room: none is closed for one.
 *
 * Between worker_begin_frame and worker_end_frame published positions do not
 * change, are not rewound, and nothing that the studies gave goes; new
 * positions may still be published.  A rewind waits for the frame; a frame
 * waits only for the rewind itself, never for anything computed.  With the mask
 * removed, where each feed computes every position anew, all are taken back
 * before it, and a frame meanwhile finds none.
 *
 * A frame asks trace_find and the study; trace_row is for the worker's thread,
 * and for others only while the worker is idle: after worker_wait and
 * worker_wait_study.
 */
#ifndef VIZ_APP_WORKER_H
#define VIZ_APP_WORKER_H

#include "viz/app/checkpoints.h"
#include "viz/app/kept.h"
#include "viz/app/live.h"
#include "viz/app/run.h"

#define WORKER_SLICE_MS 25 /* making numbers between looks at the goal */

#define WORKER_AHEAD_MAX TRAINING_STEPS_MAX

typedef struct WorkerOptions {
    const Model *model;     /* of goals that name none; like those named, it
                               must live until worker_uses says that it is not
                               used and it was let go */
    int seq_len;            /* 0: default */
    int n_threads;          /* 0: all cores */
    uint64_t trace_budget;  /* bytes; 0: TRACE_BUDGET_DEFAULT */
    SamplerIds drawn;       /* what may be drawn, borrowed; n 0: all */
    bool no_thread;         /* nothing runs but in worker_step and in waits */
    void (*wake)(void *ud); /* called on the worker's thread after progress;
                               may be NULL */
    void *wake_ud;
} WorkerOptions;

typedef struct Worker Worker;

Worker *worker_open(const WorkerOptions *opt, Err *err);
/* Stops within a layer, or a slice of training; NULL is fine. */
void worker_close(Worker *w);

/* What to compare with: another goal or, with the run's own tokens, those that
 * are drawn for it included, other edits. */
typedef struct GoalAgainst {
    bool same_tokens; /* goal's tokens and length are not looked at */
    Goal goal;
} GoalAgainst;

/* Copies the goals; against NULL: no comparison.  False only when tokens do
 * not fit. */
bool worker_set_goal(Worker *w, const Goal *goal, const GoalAgainst *against,
                     Err *err);

/* Waits until the newest goals are reached or have failed; true then, false
 * when timeout_ms went by first (-1: no limit). */
bool worker_wait(Worker *w, int timeout_ms);

/* Waits until all is made that frames asked the studies for; likewise. */
bool worker_wait_study(Worker *w, int timeout_ms);

/* Without a thread: works on the caller's for about budget_ms, once at least.
 * True: there is more to do.  Not during a frame. */
bool worker_step(Worker *w, int budget_ms);

typedef struct WorkerStatus {
    bool busy;    /* the newest goals are not reached yet */
    bool aligned; /* the trace holds nothing that disagrees with it */
    int n_pos;    /* published positions */
    int n_fed, n_fed_against; /* positions computed for the newest goals */
    double tokens_per_s;      /* of the last run of at least one position */
    Err err; /* what ended the newest goal, of the first of the two
                            that failed; code ERR_NONE if fine */
} WorkerStatus;
WorkerStatus worker_status(Worker *w);

/* See above.  One thread draws; its frames may lie within each other. */
void worker_begin_frame(Worker *w);
void worker_end_frame(Worker *w);
const Trace *worker_trace(const Worker *w);
Study *worker_study(const Worker *w); /* begin its frames: study_frame */
/* Of what it is compared with, within a frame; NULL: nothing, or none of it is
 * there yet. */
const Trace *worker_against(Worker *w);
Study *worker_against_study(Worker *w); /* NULL: was never wanted */
/* A model that may be looked at next, of the same shape as the one shown; it
 * must live as those of goals must, and what may be drawn is as in Goal. */
typedef struct WorkerAhead {
    const Model *model;
    SamplerIds drawn;
} WorkerAhead;
/* From now on these read what is shown, with its edits, once there is nothing
 * else to do, the first of them first; n 0: none.  A goal of one then finds it
 * read.  Nothing is ahead where every token changes all before it, or where
 * edits take from a run.  At most WORKER_AHEAD_MAX. */
void worker_read_ahead(Worker *w, const WorkerAhead *models, int n);
/* Waits until there is nothing to do, reading ahead included; as worker_wait.
 */
bool worker_wait_idle(Worker *w, int timeout_ms);
/* From now on the steps of training read these tokens, after all else there is
 * to do; n 0 and NULL as of checkpoints_want.  c is borrowed and must outlive
 * the worker. */
void worker_read_steps(Worker *w, Checkpoints *c, const int *tokens, int n);
/* From now on this model is trained, after all else there is to do, until it is
 * as asked; ask NULL: it rests.  l is borrowed likewise. */
void worker_train(Worker *w, Live *l, const LiveAsk *ask);
/* It is as asked. */
bool worker_is_trained(Worker *w);
/* All that this frame asked the studies for is there, what the steps of
 * training make of the text, and what is trained. */
bool worker_is_whole(Worker *w);

/* Within a frame: what it asks the studies for in between is for one that may
 * come next (study_ask_ahead).  True: nothing of it was missing. */
void worker_ask_ahead(Worker *w);
bool worker_end_ahead(Worker *w);
/* All of that is there. */
bool worker_is_ahead(Worker *w);

int worker_seq_len(const Worker *w);

/* A run or a goal is of this model; kept ones do not count. */
bool worker_uses(Worker *w, const Model *m);
/* Closes what is kept of a model that is not used, which may then be closed. */
void worker_let_go(Worker *w, const Model *m);

#endif
