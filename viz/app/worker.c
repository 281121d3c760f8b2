/* One mutex guards the goal, the status and the count of frames.  What would
 * pull the trace from under a frame is done while it is held and the count is
 * none; all of it is quick.  The study has a lock of its own, which is only
 * ever taken within this one. */
#include "viz/app/worker.h"

#include "engine/base/clock.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct Worker {
    Session *session;
    Trace *trace;
    Study *study;
    int seq_len, vocab_size;
    void (*wake)(void *ud);
    void *wake_ud;
    pthread_t thread;
    bool thread_running, no_thread;

    pthread_mutex_t lock;              /* guards from here to the blank line */
    pthread_cond_t changed;            /* a new goal, numbers wanted, or quit */
    pthread_cond_t settled;            /* a step is done */
    pthread_cond_t frames_ended;       /* n_frames is 0 */
    Goal goal;                         /* its tokens live in goal_tokens */
    int *goal_tokens;                  /* [seq_len] */
    uint64_t wanted, aligned, reached; /* numbers of goals */
    bool quit;
    int n_frames; /* under way */
    WorkerStatus status;

    /* The one's own that steps. */
    Goal now;
    uint64_t number; /* of that goal */
    Err err;         /* what ended it */
    int n_fed;       /* positions for it, in so many seconds */
    double feed_s;
    int *now_tokens;       /* [seq_len] */
    float *logits;         /* [V] */
    Candidate *candidates; /* [V] */
};

/* ---- working ------------------------------------------------------------- */

/* Takes back all positions from pos on.  Locked. */
static void rewind_to(Worker *w, int pos) {
    while (w->n_frames > 0)
        pthread_cond_wait(&w->frames_ended, &w->lock);
    if (pos < session_pos(w->session)) session_rewind(w->session, pos);
    trace_sync(w->trace);
    study_forget(w->study, session_pos(w->session));
}

/* Brings session and trace back to what the goal agrees with.  Locked. */
static bool align_to_goal(Worker *w, Err *err) {
    const Goal *g = &w->now;
    while (w->n_frames > 0)
        pthread_cond_wait(&w->frames_ended, &w->lock);
    bool ok = session_set_edits(w->session, &g->edits, err);
    const int *have = session_tokens(w->session);
    int pos = session_pos(w->session), same = 0;
    while (same < pos && same < g->n_tokens && have[same] == g->tokens[same])
        same++;
    /* With the mask removed what is left had looked at what goes. */
    if (ok && same < pos && g->edits.no_mask) same = 0;
    rewind_to(w, ok ? same : pos);
    return ok;
}

/* Turns to a newer goal if there is one. */
static void take_goal(Worker *w) {
    pthread_mutex_lock(&w->lock);
    if (w->number != w->wanted) {
        w->number = w->wanted;
        w->now = w->goal;
        w->now.tokens = w->now_tokens;
        memcpy(w->now_tokens, w->goal_tokens,
               (size_t)w->goal.n_tokens * sizeof *w->now_tokens);
        w->err = (Err){0};
        w->n_fed = 0;
        w->feed_s = 0;
        align_to_goal(w, &w->err);
        w->aligned = w->number;
    }
    pthread_mutex_unlock(&w->lock);
}

/* Draws the token for position pos from the logits before it. */
static int draw_token(Worker *w, int pos) {
    const Goal *g = &w->now;
    memcpy(w->logits, trace_row(w->trace, SITE_LOGITS, 0, pos - 1),
           (size_t)w->vocab_size * sizeof(float));
    return sampler_draw(&g->sampler, w->logits, w->vocab_size,
                        sampler_coin(g->seed, pos), w->candidates);
}

/* Feeds the next few fixed tokens, or one drawn one. */
static bool advance(Worker *w) {
    Goal *g = &w->now;
    int pos = session_pos(w->session);
    if (pos >= g->n_tokens) w->now_tokens[g->n_tokens++] = draw_token(w, pos);
    /* With the mask removed every position is computed anew, which frames
     * must not see half done; and only the whole makes sense.  A text too long
     * for that is refused below and leaves what there is. */
    if (g->edits.no_mask && g->n_tokens <= SESSION_NO_MASK_MAX) {
        pthread_mutex_lock(&w->lock);
        rewind_to(w, 0);
        pthread_mutex_unlock(&w->lock);
        pos = 0;
    }
    int n = g->n_tokens - pos;
    if (n > WORKER_CHUNK && !g->edits.no_mask) n = WORKER_CHUNK;
    return session_feed(w->session, g->tokens + pos, n, &w->err) != NULL;
}

static bool is_reached(const Worker *w) {
    return w->err.code != ERR_NONE || session_pos(w->session) >= w->now.length;
}

static void note_reached(Worker *w) {
    pthread_mutex_lock(&w->lock);
    if (w->n_fed > 0 && w->feed_s > 0)
        w->status.tokens_per_s = w->n_fed / w->feed_s;
    w->status.err = w->err;
    w->reached = w->number;
    pthread_mutex_unlock(&w->lock);
}

/* A few positions towards the goal; false when it was reached before. */
static bool pursue(Worker *w) {
    if (w->number == w->reached) return false;
    if (!is_reached(w)) {
        double start = clock_seconds();
        int before = session_pos(w->session);
        advance(w);
        w->n_fed += session_pos(w->session) - before;
        w->feed_s += clock_seconds() - start;
    }
    if (is_reached(w)) note_reached(w);
    return true;
}

/* Makes numbers that frames want, for a while; false when none was wanted. */
static bool make_numbers(Worker *w) {
    double end = clock_seconds() + 1e-3 * WORKER_SLICE_MS;
    bool any = false;
    while (study_step(w->study)) {
        any = true;
        if (clock_seconds() >= end) break;
    }
    return any;
}

/* Locked. */
static bool is_idle(const Worker *w) {
    return w->wanted == w->reached && study_is_settled(w->study);
}

/* A bit of what there is to do; true when that leaves more. */
static bool step(Worker *w) {
    take_goal(w);
    bool fed = pursue(w), made = make_numbers(w);
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
        while (!w->quit && is_idle(w))
            pthread_cond_wait(&w->changed, &w->lock);
        bool quit = w->quit;
        pthread_mutex_unlock(&w->lock);
        if (quit) return NULL;
        step(w);
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

static bool worker_alloc(Worker *w, const WorkerOptions *opt, Err *err) {
    const Config *c = model_config(opt->model);
    SessionOptions so = {.seq_len = opt->seq_len,
                         .n_threads = opt->n_threads,
                         .token_bytes = trace_token_bytes(c)};
    w->session = session_open(opt->model, &so, err);
    if (!w->session) return false;
    uint64_t budget =
        opt->trace_budget ? opt->trace_budget : TRACE_BUDGET_DEFAULT;
    w->trace = trace_open(w->session, budget, err);
    if (!w->trace) return false;
    w->study = study_open(w->trace, STUDY_BUDGET_DEFAULT, err);
    if (!w->study) return false;
    w->seq_len = session_seq_len(w->session);
    w->vocab_size = c->vocab_size;
    size_t n = (size_t)w->seq_len, v = (size_t)w->vocab_size;
    w->goal_tokens = calloc(n, sizeof *w->goal_tokens);
    w->now_tokens = calloc(n, sizeof *w->now_tokens);
    w->logits = calloc(v, sizeof *w->logits);
    w->candidates = calloc(v, sizeof *w->candidates);
    if (!w->goal_tokens || !w->now_tokens || !w->logits || !w->candidates)
        return err_memory(err, "the engine's worker", n * 8 + v * 40);
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
    pthread_cond_init(&w->frames_ended, NULL);
    clock_cond_init(&w->settled);
    if (!worker_alloc(w, opt, err)) goto fail;
    w->no_thread = opt->no_thread;
    if (w->no_thread) return w;
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        err_set(err, ERR_IO, 0, "cannot start the engine's thread");
        goto fail;
    }
    w->thread_running = true;
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
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
    }
    study_close(w->study);
    trace_close(w->trace);
    session_close(w->session);
    free(w->goal_tokens);
    free(w->now_tokens);
    free(w->logits);
    free(w->candidates);
    pthread_cond_destroy(&w->frames_ended);
    pthread_cond_destroy(&w->settled);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

bool worker_set_goal(Worker *w, const Goal *goal, Err *err) {
    int length = goal->length > goal->n_tokens ? goal->length : goal->n_tokens;
    if (goal->n_tokens < 1 || length > w->seq_len)
        return err_set(err, ERR_LIMIT, 0,
                       "the text: found %d tokens, the context holds %d",
                       length, w->seq_len);
    pthread_mutex_lock(&w->lock);
    w->goal = *goal;
    w->goal.length = length;
    w->goal.tokens = NULL; /* the copy below is what counts */
    memcpy(w->goal_tokens, goal->tokens,
           (size_t)goal->n_tokens * sizeof *w->goal_tokens);
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
    return study_is_settled(w->study);
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

bool worker_wait_study(Worker *w, int timeout_ms) {
    return wait_for(w, study_is_done, timeout_ms);
}

WorkerStatus worker_status(Worker *w) {
    pthread_mutex_lock(&w->lock);
    WorkerStatus status = w->status;
    status.busy = w->wanted != w->reached;
    status.aligned = w->wanted == w->aligned;
    pthread_mutex_unlock(&w->lock);
    status.n_pos = trace_n_pos(w->trace);
    return status;
}

void worker_begin_frame(Worker *w) {
    pthread_mutex_lock(&w->lock);
    w->n_frames++;
    pthread_mutex_unlock(&w->lock);
}

void worker_end_frame(Worker *w) {
    pthread_mutex_lock(&w->lock);
    if (--w->n_frames == 0) pthread_cond_signal(&w->frames_ended);
    if (!study_is_settled(w->study)) pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

const Trace *worker_trace(const Worker *w) {
    return w->trace;
}
Study *worker_study(const Worker *w) {
    return w->study;
}
int worker_seq_len(const Worker *w) {
    return w->seq_len;
}
