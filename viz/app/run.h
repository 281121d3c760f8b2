/* Run: one sequence of tokens through the model, kept as far as it goes: a
 * session, its trace, and the study of it.
 *
 *     Run *r = run_open(&options, &err);
 *     run_take(r, &goal);                  // keeps what agrees with the goal
 *     while (!run_is_reached(r)) {
 *         run_draw(r);
 *         if (run_begins_anew(r)) run_rewind(r, 0);
 *         run_advance(r);
 *     }
 *     read(run_trace(r)) ...
 *
 * A goal that cannot be reached counts as reached, with the reason in
 * run_err.
 *
 * Does NOT know threads or frames: run_take and run_rewind take positions back,
 * which whoever reads the trace must be kept from (worker.c).
 */
#ifndef VIZ_APP_RUN_H
#define VIZ_APP_RUN_H

#include "engine/spec/sampler.h"
#include "engine/study/study.h"
#include "engine/trace/trace.h"

#define RUN_CHUNK 16 /* positions that run_advance computes at most */

typedef struct Goal {
    const Model *model; /* NULL: as before; else the run's own */
    SamplerIds drawn;   /* with a model: as in RunOptions */
    const int *tokens;  /* [n_tokens] fixed: prompt and tokens drawn before */
    int n_tokens;       /* >= 1 */
    int length;         /* positions wanted; more than n_tokens: draw them; not
                           where the model predicts no next token */
    Edits edits;
    SamplerParams sampler; /* for the drawn ones */
    uint64_t seed;         /* position p is drawn with sampler_coin(seed, p) */
} Goal;

typedef struct RunOptions {
    const Model *model;    /* must outlive the run */
    int seq_len;           /* 0: default */
    int n_threads;         /* 0: all cores */
    uint64_t trace_budget; /* bytes */
    SamplerIds drawn;      /* what may be drawn, borrowed; n 0: all */
    SessionWatch watch;    /* asked in run_advance, and while the
                            study runs a text again; zeroed: nobody */
} RunOptions;

typedef struct Run Run;

Run *run_open(const RunOptions *opt, Err *err);
void run_close(Run *r); /* NULL is fine */

/* Copies the goal, which fits (n_tokens <= length <= run_seq_len), and goes
 * back to what agrees with it.  donor: that its edits take from, which has
 * taken its own goal and holds all that it will ever hold of the positions that
 * this one feeds; NULL: nobody. */
void run_take(Run *r, const Goal *goal, const Run *donor);
/* Its edits take from another run. */
bool run_takes(const Run *r);
/* There are tokens named that it has not computed, and could. */
bool run_is_behind(const Run *r);

/* Goes back to the first pos positions. */
void run_rewind(Run *r, int pos);

bool run_is_reached(const Run *r);

/* Where the goal names no token for the next position: draws one. */
void run_draw(Run *r);

/* The next run_advance computes every position anew: with the mask removed, or
 * where the model has none.
 * Nobody must see that half done, so rewind to 0 before it.  A text too long
 * for it is refused by run_advance, and leaves what there is. */
bool run_begins_anew(const Run *r);

/* Computes the next few positions whose tokens are there.  Stopped by the
 * watch it has computed fewer, which is no error. */
void run_advance(Run *r);

/* The goal's tokens, with those drawn for it since; [run_n_tokens]. */
const int *run_tokens(const Run *r);
int run_n_tokens(const Run *r);
/* Makes them n, the new ones from `tokens` [n], as if the goal had named them;
 * they fit. */
void run_extend(Run *r, const int *tokens, int n);

/* Takes from another run what both have in common and this one's goal still
 * needs: the first positions of the same tokens and edits.  Both are this
 * thread's. */
void run_share(Run *r, const Run *from);

/* A text that is held whole and has a number that is not finite is the end of
 * the goal: run_err says so, and nothing is drawn after it.  For who has taken
 * a goal and rewound. */
void run_check(Run *r);

/* How many of the first positions of what it holds a goal agrees with. */
int run_agreeing(const Run *r, const Goal *goal);
/* Nobody looks at it until it takes another goal: it borrows nothing any more
 * but its model and what may be drawn.  What it took from another run it has no
 * more, since that may be another by then. */
void run_rest(Run *r);
/* Bytes that it takes, but for its model. */
uint64_t run_bytes(const Run *r);

int run_n_fed(const Run *r); /* positions computed since the goal was taken */
const Err *run_err(const Run *r);      /* code ERR_NONE: none */
double run_tokens_per_s(const Run *r); /* since the goal was taken; 0: none */
int run_seq_len(const Run *r);
const Model *run_model(const Run *r);
/* All tokens that the goal named have been computed. */
bool run_holds_text(const Run *r);
const Trace *run_trace(const Run *r);
Study *run_study(const Run *r);

#endif
