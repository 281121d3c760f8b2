/* One mutex guards the goals, the status and the count of frames.  What would
 * pull a trace from under a frame is done while it is held and the count is
 * none; all of it is quick.  The studies have locks of their own, which are
 * only ever taken within this one. */
#include "viz/app/worker.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef enum Which { SHOWN, AGAINST, RUNS } Which;

/* What the worker computes, by what stops it: each is stopped by what stops
 * those before it, and by more. */
typedef enum Doing {
    DOING_TEXT,  /* a few positions of a goal: soon there */
    DOING_ANEW,  /* every position, or a text again: of use for this goal */
    DOING_STEPS, /* of training, beside it: numbers of frames come first */
    DOING_AHEAD  /* what nobody asked for yet */
} Doing;

/* A model that reads ahead, and the goal for which there is no more to do. */
typedef struct Ahead {
    WorkerAhead is;
    uint64_t done; /* its number */
} Ahead;

/* A goal as it was set, with room for its tokens. */
typedef struct Wanted {
    bool is;          /* there is one */
    bool same_tokens; /* as the shown run's */
    Goal goal;
    int *tokens; /* [seq_len] */
} Wanted;

struct Worker {
    RunOptions options;
    int seq_len;
    void (*wake)(void *ud);
    void *wake_ud;
    pthread_t thread, trainer;
    bool thread_running, trainer_running, no_thread;

    pthread_mutex_t lock;        /* guards from here to the blank line */
    pthread_cond_t changed;      /* a new goal, numbers wanted, or quit */
    pthread_cond_t train_wanted; /* or nothing else is, or quit */
    pthread_cond_t settled;      /* a step is done */
    pthread_cond_t frames_ended; /* n_frames is 0 */
    Wanted goals[RUNS];
    uint64_t wanted, aligned, reached; /* numbers of pairs of goals */
    bool quit;
    int n_frames; /* under way */
    WorkerStatus status;
    Checkpoints *steps; /* of training; NULL: nobody asked */
    Live *live;         /* likewise */
    Run *runs[RUNS]; /* the second NULL until it is wanted; set by the one that
                        steps */
    Run *coming;     /* takes the place of the first, which is of another
                        model; NULL: none */
    Kept kept;       /* of models looked at before, or ahead */
    const Model *opening[RUNS]; /* of which runs are being looked for or opened,
                                   and are in no place yet */
    Ahead ahead[WORKER_AHEAD_MAX];
    int n_ahead;
    const Model *reading; /* ahead, and is in no place meanwhile; or NULL */

    /* The one's own that steps. */
    uint64_t number; /* of the pair of goals */
    Doing doing;
    uint64_t shown_bytes; /* of the run that is shown, when it was there */
    bool compares;        /* there is a second one */
    bool follows;         /* with the first one's tokens */
    bool failed;          /* there is no run for the first goal */
    Err open_err;         /* why the second run was not opened */
};

/* ---- working ------------------------------------------------------------- */

/* Locked. */
static void wait_for_frames(Worker *w) {
    while (w->n_frames > 0)
        pthread_cond_wait(&w->frames_ended, &w->lock);
}

/* Locked.  What a run for a goal is opened with. */
static RunOptions options_for(const Worker *w, const Goal *goal) {
    RunOptions o = w->options;
    if (!goal->model) return o;
    o.model = goal->model;
    o.drawn = goal->drawn;
    return o;
}

/* Puts a run in the place of another, which is kept: locked since it left its
 * place, so that worker_let_go finds it in one or the other, and while the
 * oldest go, whose models may be closed once no list has them. */
static void put_run(Worker *w, Run **place, Run *run) {
    pthread_mutex_lock(&w->lock);
    wait_for_frames(w);
    Run *old = *place;
    *place = run;
    kept_put(&w->kept, old);
    pthread_mutex_unlock(&w->lock);
}

/* Opened with no lock: it may take much memory. */
static void open_in(Worker *w, Run **place, const RunOptions *o, Which which) {
    Run *run = *place;
    if (run && run_model(run) == o->model) return;
    if (run) put_run(w, place, NULL);
    pthread_mutex_lock(&w->lock);
    run = kept_take(&w->kept, o->model, &w->goals[which].goal);
    pthread_mutex_unlock(&w->lock);
    put_run(w, place, run ? run : run_open(o, &w->open_err));
}

/* The runs that the goals want, where they are of another model, or where it is
 * the second for the first time. */
static void open_runs(Worker *w) {
    pthread_mutex_lock(&w->lock);
    const bool two = w->goals[AGAINST].is;
    const RunOptions shown = options_for(w, &w->goals[SHOWN].goal);
    const RunOptions against = options_for(w, &w->goals[AGAINST].goal);
    w->opening[SHOWN] = shown.model;
    w->opening[AGAINST] = two ? against.model : NULL;
    pthread_mutex_unlock(&w->lock);
    w->open_err = (Err){0};
    if (run_model(w->runs[SHOWN]) != shown.model)
        open_in(w, &w->coming, &shown, SHOWN);
    else if (w->coming)
        put_run(w, &w->coming, NULL);
    if (two) open_in(w, &w->runs[AGAINST], &against, AGAINST);
    pthread_mutex_lock(&w->lock);
    w->opening[SHOWN] = w->opening[AGAINST] = NULL;
    pthread_mutex_unlock(&w->lock);
}

/* The run that the first goal is pursued with. */
static Run *first_run(const Worker *w) {
    return w->coming ? w->coming : w->runs[SHOWN];
}

/* The run with which the first goal is compared takes its own, before the one
 * that may take from it.  Returns how far that one may rely on it. */
static int take_against(Worker *w, const Wanted *second) {
    if (!w->compares) return INT_MAX;
    Run *run = w->runs[AGAINST];
    const int was = trace_n_pos(run_trace(run));
    run_take(run, &second->goal, NULL);
    run_check(run);
    const int is = trace_n_pos(run_trace(run));
    if (is == was && is >= second->goal.length) return INT_MAX;
    return run_begins_anew(run) ? 0 : is;
}

/* Locked.  False: there is no run for the first goal. */
static bool take(Worker *w) {
    const Wanted *first = &w->goals[SHOWN], *second = &w->goals[AGAINST];
    w->number = w->wanted;
    w->compares = second->is && w->runs[AGAINST];
    w->follows = second->same_tokens;
    if (options_for(w, &first->goal).model != run_model(first_run(w)))
        return false;
    const int same = take_against(w, second);
    run_take(first_run(w), &first->goal, w->compares ? w->runs[AGAINST] : NULL);
    if (run_takes(first_run(w))) run_rewind(first_run(w), same);
    run_check(first_run(w));
    if (!w->coming) w->aligned = w->number;
    return true;
}

/* Turns to newer goals if there are any. */
static void take_goals(Worker *w) {
    for (bool taken = false; !taken;) {
        pthread_mutex_lock(&w->lock);
        const uint64_t number = w->wanted;
        pthread_mutex_unlock(&w->lock);
        if (number == w->number) return;
        open_runs(w);
        pthread_mutex_lock(&w->lock);
        wait_for_frames(w);
        taken = w->wanted == number; /* else those runs are for older ones */
        if (taken) w->failed = !take(w);
        pthread_mutex_unlock(&w->lock);
    }
}

/* The run of another model is shown from now on. */
static void show_coming(Worker *w) {
    pthread_mutex_lock(&w->lock);
    wait_for_frames(w);
    Run *old = w->runs[SHOWN];
    w->runs[SHOWN] = w->coming;
    w->coming = NULL;
    w->aligned = w->number;
    kept_put(&w->kept, old);
    pthread_mutex_unlock(&w->lock);
}

static bool is_stopping(Worker *w) {
    pthread_mutex_lock(&w->lock);
    const bool quit = w->quit;
    pthread_mutex_unlock(&w->lock);
    return quit;
}

/* Locked. */
static bool numbers_are(const Worker *w, bool (*what)(Study *s)) {
    const bool shown = what(run_study(w->runs[SHOWN])); /* ask both */
    return (!w->runs[AGAINST] || what(run_study(w->runs[AGAINST]))) && shown;
}

/* Asked before each layer, of steps of training on several threads. */
static bool is_wanted(void *ud) {
    Worker *w = ud;
    const Doing doing = w->doing;
    pthread_mutex_lock(&w->lock);
    bool wanted = !w->quit;
    if (doing >= DOING_ANEW) wanted = wanted && w->number == w->wanted;
    if (doing >= DOING_STEPS)
        wanted = wanted && numbers_are(w, study_is_settled);
    if (doing >= DOING_AHEAD)
        wanted = wanted && checkpoints_are_settled(w->steps);
    pthread_mutex_unlock(&w->lock);
    return wanted;
}

/* The first run takes from the second. */
static bool is_led(const Worker *w) {
    return w->compares && run_takes(first_run(w));
}

/* The second run reads a token that was drawn for the first, before that one
 * does. */
static void lead(Worker *w, const Run *run) {
    Run *against = w->runs[AGAINST];
    if (!is_led(w) || !w->follows || run == against) return;
    run_extend(against, run_tokens(run), run_n_tokens(run));
    while (run_is_behind(against) && !is_stopping(w))
        run_advance(against);
}

/* A few positions of one run towards its goal. */
static void advance(Worker *w, Run *run) {
    run_draw(run);
    w->doing = DOING_TEXT;
    lead(w, run);
    if (run_begins_anew(run)) {
        w->doing = DOING_ANEW;
        pthread_mutex_lock(&w->lock);
        wait_for_frames(w);
        run_rewind(run, 0);
        pthread_mutex_unlock(&w->lock);
    }
    run_advance(run);
}

/* The run that has positions to compute; NULL: none.  One that another takes
 * from comes first. */
static Run *run_behind(const Worker *w) {
    Run *shown = first_run(w), *against = w->runs[AGAINST];
    if (w->failed) return NULL;
    if (is_led(w) && run_is_behind(against)) return against;
    if (!run_is_reached(shown)) return shown;
    if (!w->compares || run_is_reached(against)) return NULL;
    if (w->follows) run_extend(against, run_tokens(shown), run_n_tokens(shown));
    return against;
}

/* What ended the goals. */
static Err end_of(const Worker *w) {
    const Err *shown = run_err(w->runs[SHOWN]);
    if (w->failed || shown->code == ERR_NONE) shown = &w->open_err;
    if (shown->code != ERR_NONE || !w->compares) return *shown;
    return *run_err(w->runs[AGAINST]);
}

static void note_reached(Worker *w) {
    const double rate = run_tokens_per_s(w->runs[SHOWN]);
    w->shown_bytes = run_bytes(w->runs[SHOWN]);
    pthread_mutex_lock(&w->lock);
    if (rate > 0) w->status.tokens_per_s = rate;
    w->status.err = end_of(w);
    w->status.n_fed = run_n_fed(w->runs[SHOWN]);
    w->status.n_fed_against = w->compares ? run_n_fed(w->runs[AGAINST]) : 0;
    w->reached = w->number;
    pthread_mutex_unlock(&w->lock);
}

/* The one that a run may have its first positions from; NULL: none. */
static const Run *other_run(const Worker *w, const Run *run) {
    if (run == w->runs[AGAINST]) return first_run(w);
    return is_led(w) ? w->runs[AGAINST] : NULL;
}

/* A few positions towards the goals; false when they were reached before. */
static bool pursue(Worker *w) {
    if (w->number == w->reached) return false;
    Run *run = run_behind(w);
    const Run *other = run ? other_run(w, run) : NULL;
    if (other) run_share(run, other);
    if (run && !run_is_reached(run)) advance(w, run);
    if (w->coming && !w->failed &&
        (run_holds_text(w->coming) || run_is_reached(w->coming)))
        show_coming(w);
    if (!run_behind(w)) note_reached(w);
    return true;
}

/* Makes numbers for a while: those that frames want, or those of a frame that
 * may come next, which the studies stop when one is wanted.  False when there
 * are none. */
static bool make_numbers(Worker *w, bool (*study_makes)(Study *s)) {
    double end = clock_seconds() + 1e-3 * WORKER_SLICE_MS;
    bool any = false;
    w->doing = DOING_ANEW;
    for (int i = 0; i < RUNS; i++)
        while (w->runs[i] && clock_seconds() < end &&
               study_makes(run_study(w->runs[i])))
            any = true;
    return any;
}

/* What some steps of training make of the text; false when nobody wants it. */
static bool read_steps(Worker *w) {
    pthread_mutex_lock(&w->lock);
    Checkpoints *c = w->steps;
    const bool any = c && checkpoints_begin(c);
    pthread_mutex_unlock(&w->lock);
    if (!any) return false;
    w->doing = DOING_STEPS;
    checkpoints_compute(c, (SessionWatch){is_wanted, w});
    pthread_mutex_lock(&w->lock);
    wait_for_frames(w);
    checkpoints_publish(c);
    pthread_mutex_unlock(&w->lock);
    return true;
}

/* On the worker's thread, or on its own: a slice of a training; false when
 * nobody wants it. */
static bool train(Worker *w) {
    pthread_mutex_lock(&w->lock);
    Live *l = w->live;
    const bool any = l && live_begin(l);
    pthread_mutex_unlock(&w->lock);
    if (!any) return false;
    live_compute(l);
    pthread_mutex_lock(&w->lock);
    wait_for_frames(w);
    live_publish(l);
    pthread_cond_broadcast(&w->settled);
    pthread_mutex_unlock(&w->lock);
    return true;
}

/* ---- reading ahead ------------------------------------------------------- */

/* Locked.  The first that there is something to do for; n_ahead: none. */
static int next_ahead(const Worker *w) {
    int i = 0;
    while (i < w->n_ahead && w->ahead[i].done == w->reached)
        i++;
    return i;
}

/* Locked.  Whether what another model makes of what is shown can be known
 * before it is shown. */
static bool may_be_ahead(const Worker *w, const Model *m) {
    const Run *shown = w->runs[SHOWN];
    return !w->failed && run_err(shown)->code == ERR_NONE &&
           run_model(shown) != m && !run_takes(shown) &&
           !run_begins_anew(shown);
}

/* What is shown, for another model. */
static Goal goal_ahead(const Worker *w, const WorkerAhead *a) {
    const Run *shown = w->runs[SHOWN];
    Goal goal = w->goals[SHOWN].goal;
    goal.model = a->model;
    goal.drawn = a->drawn;
    goal.tokens = run_tokens(shown);
    goal.n_tokens = goal.length = run_n_tokens(shown);
    return goal;
}

/* A slice of it; true: it is there, or never will be. */
static bool advance_ahead(Worker *w, Run *run, const Goal *goal) {
    const double end = clock_seconds() + 1e-3 * WORKER_SLICE_MS;
    w->doing = DOING_AHEAD;
    run_take(run, goal, NULL);
    while (!run_is_reached(run) && is_wanted(w) && clock_seconds() < end)
        run_advance(run);
    return run_is_reached(run);
}

/* One model reads on; false when each has read what is shown. */
static bool read_ahead(Worker *w) {
    Err ignored = {0};
    Run *run = NULL;
    bool done = true, opens = false;
    pthread_mutex_lock(&w->lock);
    const uint64_t number = w->reached;
    const int i = next_ahead(w);
    const bool any = number == w->wanted && i < w->n_ahead;
    const WorkerAhead a = any ? w->ahead[i].is : (WorkerAhead){0};
    const Goal goal = goal_ahead(w, &a);
    if (any && may_be_ahead(w, a.model)) {
        run = kept_take(&w->kept, a.model, &goal);
        opens = !run && kept_has_room(&w->kept, w->shown_bytes);
        w->reading = a.model;
    }
    RunOptions o = options_for(w, &goal);
    pthread_mutex_unlock(&w->lock);
    if (!any) return false;
    if (opens) run = run_open(&o, &ignored);
    if (run) done = advance_ahead(w, run, &goal);
    pthread_mutex_lock(&w->lock);
    kept_put(&w->kept, run);
    w->reading = NULL;
    if (done && i < w->n_ahead && w->ahead[i].is.model == a.model)
        w->ahead[i].done = number;
    pthread_mutex_unlock(&w->lock);
    return true;
}

/* ---- the threads --------------------------------------------------------- */

/* Locked. */
static bool studies_are(const Worker *w, bool (*what)(Study *s)) {
    return checkpoints_are_settled(w->steps) && live_is_settled(w->live) &&
           numbers_are(w, what);
}

/* Locked.  The thread of goals has nothing to do. */
static bool is_idle(const Worker *w) {
    return w->wanted == w->reached && next_ahead(w) == w->n_ahead &&
           checkpoints_are_settled(w->steps) &&
           (!w->no_thread || live_is_settled(w->live)) &&
           numbers_are(w, study_is_settled) && numbers_are(w, study_is_ahead);
}

/* A bit of what there is to do; true when that leaves more. */
static bool step(Worker *w) {
    take_goals(w);
    bool fed = pursue(w), made = make_numbers(w, study_step);
    if (!fed && !made) made = read_steps(w) || (w->no_thread && train(w));
    if (!fed && !made && !make_numbers(w, study_step_ahead)) read_ahead(w);
    pthread_mutex_lock(&w->lock);
    bool more = !is_idle(w);
    pthread_cond_broadcast(&w->settled);
    pthread_mutex_unlock(&w->lock);
    if (w->wake && (fed || made)) w->wake(w->wake_ud);
    return more;
}

static void *run(void *arg) {
    Worker *w = arg;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (!w->quit && is_idle(w)) {
            pthread_cond_signal(&w->train_wanted);
            pthread_cond_wait(&w->changed, &w->lock);
        }
        bool quit = w->quit;
        pthread_mutex_unlock(&w->lock);
        if (quit) return NULL;
        step(w);
    }
}

static void *run_trainer(void *arg) {
    Worker *w = arg;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (!w->quit && (live_is_settled(w->live) || !is_idle(w)))
            pthread_cond_wait(&w->train_wanted, &w->lock);
        const bool quit = w->quit;
        pthread_mutex_unlock(&w->lock);
        if (quit) return NULL;
        if (train(w) && w->wake) w->wake(w->wake_ud);
    }
}

bool worker_step(Worker *w, int budget_ms) {
    assert(w->no_thread && w->n_frames == 0);
    double end = clock_seconds() + 1e-3 * budget_ms;
    bool more = step(w);
    while (more && clock_seconds() < end)
        more = step(w);
    return more;
}

/* ---- opening and closing ------------------------------------------------- */

static bool open_parts(Worker *w, const WorkerOptions *opt, Err *err) {
    const uint64_t budget =
        opt->trace_budget ? opt->trace_budget : TRACE_BUDGET_DEFAULT;
    w->options = (RunOptions){.model = opt->model,
                              .seq_len = opt->seq_len,
                              .n_threads = opt->n_threads,
                              .drawn = opt->drawn,
                              .trace_budget = budget / RUNS,
                              .watch = {is_wanted, w}};
    w->runs[SHOWN] = run_open(&w->options, err);
    if (!w->runs[SHOWN]) return false;
    w->seq_len = w->options.seq_len = run_seq_len(w->runs[SHOWN]);
    for (int i = 0; i < RUNS; i++) {
        Wanted *g = &w->goals[i];
        g->tokens = calloc((size_t)w->seq_len, sizeof *g->tokens);
        if (!g->tokens)
            return err_memory(err, "the engine's worker",
                              (size_t)w->seq_len * sizeof *g->tokens);
        g->goal.tokens = g->tokens;
    }
    return true;
}

Worker *worker_open(const WorkerOptions *opt, Err *err) {
    Worker *w = calloc(1, sizeof *w);
    if (!w) {
        err_memory(err, "the engine's worker", sizeof *w);
        return NULL;
    }
    w->wake = opt->wake;
    w->wake_ud = opt->wake_ud;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    pthread_cond_init(&w->train_wanted, NULL);
    pthread_cond_init(&w->frames_ended, NULL);
    clock_cond_init(&w->settled);
    if (!open_parts(w, opt, err)) goto fail;
    w->no_thread = opt->no_thread;
    if (w->no_thread) return w;
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        err_set(err, ERR_IO, 0, "cannot start the engine's thread");
        goto fail;
    }
    w->thread_running = true;
    if (pthread_create(&w->trainer, NULL, run_trainer, w) != 0) {
        err_set(err, ERR_IO, 0, "cannot start the thread of training");
        goto fail;
    }
    w->trainer_running = true;
    return w;
fail:
    worker_close(w);
    return NULL;
}

void worker_close(Worker *w) {
    if (!w) return;
    if (w->thread_running) {
        pthread_mutex_lock(&w->lock);
        w->quit = true;
        pthread_cond_signal(&w->changed);
        pthread_cond_signal(&w->train_wanted);
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
    }
    if (w->trainer_running) pthread_join(w->trainer, NULL);
    run_close(w->coming);
    kept_close(&w->kept, NULL);
    for (int i = 0; i < RUNS; i++) {
        run_close(w->runs[i]);
        free(w->goals[i].tokens);
    }
    pthread_cond_destroy(&w->frames_ended);
    pthread_cond_destroy(&w->settled);
    pthread_cond_destroy(&w->train_wanted);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static bool goal_fits(const Worker *w, const Goal *g, Err *err) {
    const int length = num_max(g->length, g->n_tokens);
    if (g->n_tokens >= 1 && length <= w->seq_len) return true;
    return err_set(err, ERR_LIMIT, 0,
                   "the text: found %d tokens, the context holds %d", length,
                   w->seq_len);
}

/* Locked. */
static void want(Wanted *to, const Goal *goal) {
    int *tokens = to->tokens;
    memcpy(tokens, goal->tokens, (size_t)goal->n_tokens * sizeof *tokens);
    to->is = true;
    to->goal = *goal;
    to->goal.length = num_max(goal->length, goal->n_tokens);
    to->goal.tokens = tokens;
}

bool worker_set_goal(Worker *w, const Goal *goal, const GoalAgainst *against,
                     Err *err) {
    const bool same = against && against->same_tokens;
    Goal second = against ? against->goal : (Goal){0};
    if (same) {
        second = *goal;
        second.edits = against->goal.edits;
        second.model = against->goal.model;
        second.drawn = against->goal.drawn;
    }
    if (!goal_fits(w, goal, err) || (against && !goal_fits(w, &second, err)))
        return false;
    pthread_mutex_lock(&w->lock);
    want(&w->goals[SHOWN], goal);
    w->goals[AGAINST].is = against != NULL;
    w->goals[AGAINST].same_tokens = same;
    if (against) want(&w->goals[AGAINST], &second);
    w->wanted++;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return true;
}

/* ---- waiting ------------------------------------------------------------- */

static bool goal_is_reached(const Worker *w) {
    return w->wanted == w->reached;
}

static bool study_is_done(const Worker *w) {
    return studies_are(w, study_is_settled);
}

static bool is_all_done(const Worker *w) {
    return is_idle(w) && live_is_settled(w->live);
}

static bool wait_threaded(Worker *w, bool (*is_done)(const Worker *w),
                          int timeout_ms) {
    const struct timespec until =
        clock_deadline(timeout_ms < 0 ? 0 : timeout_ms);
    int rc = 0;
    pthread_mutex_lock(&w->lock);
    while (!is_done(w) && rc == 0)
        rc = timeout_ms < 0
                 ? pthread_cond_wait(&w->settled, &w->lock)
                 : pthread_cond_timedwait(&w->settled, &w->lock, &until);
    bool done = is_done(w);
    pthread_mutex_unlock(&w->lock);
    return done;
}

static bool wait_for(Worker *w, bool (*is_done)(const Worker *w),
                     int timeout_ms) {
    if (!w->no_thread) return wait_threaded(w, is_done, timeout_ms);
    double end = clock_seconds() + 1e-3 * timeout_ms;
    while (!is_done(w) && (timeout_ms < 0 || clock_seconds() < end))
        step(w);
    return is_done(w);
}

bool worker_wait(Worker *w, int timeout_ms) {
    return wait_for(w, goal_is_reached, timeout_ms);
}

bool worker_wait_idle(Worker *w, int timeout_ms) {
    return wait_for(w, is_all_done, timeout_ms);
}

bool worker_wait_study(Worker *w, int timeout_ms) {
    return wait_for(w, study_is_done, timeout_ms);
}

WorkerStatus worker_status(Worker *w) {
    pthread_mutex_lock(&w->lock);
    WorkerStatus status = w->status;
    status.busy = w->wanted != w->reached;
    status.aligned = w->wanted == w->aligned;
    status.n_pos = trace_n_pos(worker_trace(w));
    pthread_mutex_unlock(&w->lock);
    return status;
}

void worker_begin_frame(Worker *w) {
    pthread_mutex_lock(&w->lock);
    w->n_frames++;
    pthread_mutex_unlock(&w->lock);
}

void worker_end_frame(Worker *w) {
    pthread_mutex_lock(&w->lock);
    if (--w->n_frames == 0) pthread_cond_broadcast(&w->frames_ended);
    if (!studies_are(w, study_is_settled) || !numbers_are(w, study_is_ahead))
        pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

const Trace *worker_trace(const Worker *w) {
    return run_trace(w->runs[SHOWN]);
}
Study *worker_study(const Worker *w) {
    return run_study(w->runs[SHOWN]);
}
void worker_read_steps(Worker *w, Checkpoints *c, const int *tokens, int n) {
    pthread_mutex_lock(&w->lock);
    w->steps = c;
    checkpoints_want(c, tokens, n);
    pthread_mutex_unlock(&w->lock);
}

void worker_read_ahead(Worker *w, const WorkerAhead *models, int n) {
    assert(n <= WORKER_AHEAD_MAX);
    pthread_mutex_lock(&w->lock);
    bool same = n == w->n_ahead;
    for (int i = 0; same && i < n; i++)
        same = w->ahead[i].is.model == models[i].model;
    for (int i = 0; !same && i < n; i++)
        w->ahead[i] = (Ahead){.is = models[i]};
    w->n_ahead = n;
    if (!same) pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void worker_train(Worker *w, Live *l, const LiveAsk *ask) {
    pthread_mutex_lock(&w->lock);
    w->live = l;
    live_want(l, ask);
    pthread_cond_signal(&w->train_wanted);
    pthread_mutex_unlock(&w->lock);
}

bool worker_is_trained(Worker *w) {
    pthread_mutex_lock(&w->lock);
    const bool is = live_is_settled(w->live);
    pthread_mutex_unlock(&w->lock);
    return is;
}

static bool all_studies(Worker *w, bool (*what)(Study *s)) {
    pthread_mutex_lock(&w->lock);
    const bool is = numbers_are(w, what);
    pthread_mutex_unlock(&w->lock);
    return is;
}

void worker_ask_ahead(Worker *w) {
    all_studies(w, study_ask_ahead);
}
bool worker_end_ahead(Worker *w) {
    return all_studies(w, study_end_ahead);
}
bool worker_is_ahead(Worker *w) {
    return all_studies(w, study_is_ahead);
}

int worker_seq_len(const Worker *w) {
    return w->seq_len;
}

bool worker_uses(Worker *w, const Model *m) {
    pthread_mutex_lock(&w->lock);
    bool uses = w->reading == m || (w->coming && run_model(w->coming) == m);
    for (int i = 0; i < RUNS; i++)
        uses = uses || w->opening[i] == m ||
               (w->runs[i] && run_model(w->runs[i]) == m) ||
               (w->goals[i].is && options_for(w, &w->goals[i].goal).model == m);
    pthread_mutex_unlock(&w->lock);
    return uses;
}

void worker_let_go(Worker *w, const Model *m) {
    pthread_mutex_lock(&w->lock);
    kept_close(&w->kept, m);
    for (int i = w->n_ahead - 1; i >= 0; i--)
        if (w->ahead[i].is.model == m)
            memmove(w->ahead + i, w->ahead + i + 1,
                    (size_t)(--w->n_ahead - i) * sizeof *w->ahead);
    pthread_mutex_unlock(&w->lock);
}

const Trace *worker_against(Worker *w) {
    pthread_mutex_lock(&w->lock);
    Run *run = w->goals[AGAINST].is && w->aligned == w->wanted
                   ? w->runs[AGAINST]
                   : NULL;
    pthread_mutex_unlock(&w->lock);
    return run && trace_n_pos(run_trace(run)) > 0 ? run_trace(run) : NULL;
}

Study *worker_against_study(Worker *w) {
    pthread_mutex_lock(&w->lock);
    Run *run = w->runs[AGAINST];
    pthread_mutex_unlock(&w->lock);
    return run ? run_study(run) : NULL;
}

bool worker_is_whole(Worker *w) {
    pthread_mutex_lock(&w->lock);
    const bool whole = studies_are(w, study_is_whole);
    pthread_mutex_unlock(&w->lock);
    return whole;
}
