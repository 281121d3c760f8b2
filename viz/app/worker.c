/* One mutex guards the goal and the status, another the trace against being
 * rewound under a reader.  They are never held together, so neither order nor
 * deadlock is a question. */
#include "viz/app/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct Worker {
    Session *session;
    Trace *trace;
    int seq_len, vocab_size;
    void (*wake)(void *ud);
    void *wake_ud;
    pthread_t thread;
    bool thread_running;

    pthread_mutex_t trace_lock;

    pthread_mutex_t lock;              /* guards from here to the blank line */
    pthread_cond_t changed;            /* a new goal, or quit */
    pthread_cond_t settled;            /* reached caught up with wanted */
    Goal goal;                         /* its tokens live in goal_tokens */
    int *goal_tokens;                  /* [seq_len] */
    uint64_t wanted, aligned, reached; /* numbers of goals */
    bool quit;
    WorkerStatus status;

    /* The thread's own. */
    Goal now;
    int *now_tokens;       /* [seq_len] */
    float *logits;         /* [V] */
    Candidate *candidates; /* [V] */
};

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Brings session and trace back to what the goal agrees with. */
static bool align_to_goal(Worker *w, uint64_t number, Err *err) {
    const Goal *g = &w->now;
    pthread_mutex_lock(&w->trace_lock);
    bool ok = session_set_edits(w->session, &g->edits, err);
    const int *have = session_tokens(w->session);
    int pos = session_pos(w->session), same = 0;
    while (same < pos && same < g->n_tokens && have[same] == g->tokens[same])
        same++;
    /* With the mask removed what is left had looked at what goes. */
    if (ok && same < pos)
        session_rewind(w->session, g->edits.no_mask ? 0 : same);
    trace_sync(w->trace);
    pthread_mutex_unlock(&w->trace_lock);
    pthread_mutex_lock(&w->lock);
    w->aligned = number;
    pthread_mutex_unlock(&w->lock);
    return ok;
}

/* Draws the token for position pos from the logits before it. */
static int draw_token(Worker *w, int pos) {
    const Goal *g = &w->now;
    pthread_mutex_lock(&w->trace_lock); /* the trace has one reader at a time */
    memcpy(w->logits, trace_row(w->trace, SITE_LOGITS, 0, pos - 1),
           (size_t)w->vocab_size * sizeof(float));
    pthread_mutex_unlock(&w->trace_lock);
    return sampler_draw(&g->sampler, w->logits, w->vocab_size,
                        sampler_coin(g->seed, pos), w->candidates);
}

/* Feeds the next few fixed tokens, or one drawn one. */
static bool advance(Worker *w, Err *err) {
    Goal *g = &w->now;
    int pos = session_pos(w->session);
    if (pos >= g->n_tokens) w->now_tokens[g->n_tokens++] = draw_token(w, pos);
    int n = g->n_tokens - pos;
    /* With the mask removed every position is computed anew, which readers
     * must not see half done; and only the whole makes sense. */
    bool whole = g->edits.no_mask;
    if (n > WORKER_CHUNK && !whole) n = WORKER_CHUNK;
    if (whole) pthread_mutex_lock(&w->trace_lock);
    bool ok = session_feed(w->session, g->tokens + pos, n, err) != NULL;
    if (whole) pthread_mutex_unlock(&w->trace_lock);
    return ok;
}

static bool superseded(Worker *w, uint64_t number) {
    pthread_mutex_lock(&w->lock);
    bool yes = w->quit || w->wanted != number;
    pthread_mutex_unlock(&w->lock);
    return yes;
}

static void tell(Worker *w) {
    if (w->wake) w->wake(w->wake_ud);
}

/* Works towards the goal in w->now until it is reached, fails or is replaced
 * by a newer one. */
static void pursue(Worker *w, uint64_t number) {
    Err err = {0};
    double start = seconds();
    bool ok = align_to_goal(w, number, &err);
    int first = session_pos(w->session);
    while (ok && session_pos(w->session) < w->now.length &&
           !superseded(w, number)) {
        ok = advance(w, &err);
        tell(w);
    }
    int n = session_pos(w->session) - first;
    double time_s = seconds() - start;
    pthread_mutex_lock(&w->lock);
    if (n > 0 && time_s > 0) w->status.tokens_per_s = n / time_s;
    w->status.err = err;
    w->reached = number;
    pthread_cond_broadcast(&w->settled);
    pthread_mutex_unlock(&w->lock);
    tell(w);
}

static void *run(void *arg) {
    Worker *w = arg;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        while (!w->quit && w->wanted == w->reached)
            pthread_cond_wait(&w->changed, &w->lock);
        bool quit = w->quit;
        uint64_t number = w->wanted;
        w->now = w->goal;
        w->now.tokens = w->now_tokens;
        memcpy(w->now_tokens, w->goal_tokens,
               (size_t)w->goal.n_tokens * sizeof *w->now_tokens);
        pthread_mutex_unlock(&w->lock);
        if (quit) return NULL;
        pursue(w, number);
    }
}

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
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->trace_lock, NULL);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    pthread_cond_init(&w->settled, &attr);
    pthread_condattr_destroy(&attr);
    if (!worker_alloc(w, opt, err)) goto fail;
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
    trace_close(w->trace);
    session_close(w->session);
    free(w->goal_tokens);
    free(w->now_tokens);
    free(w->logits);
    free(w->candidates);
    pthread_cond_destroy(&w->settled);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    pthread_mutex_destroy(&w->trace_lock);
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

bool worker_wait(Worker *w, int timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int rc = 0;
    pthread_mutex_lock(&w->lock);
    while (w->wanted != w->reached && rc == 0)
        rc = timeout_ms < 0
                 ? pthread_cond_wait(&w->settled, &w->lock)
                 : pthread_cond_timedwait(&w->settled, &w->lock, &until);
    bool settled = w->wanted == w->reached;
    pthread_mutex_unlock(&w->lock);
    return settled;
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

void worker_lock(Worker *w) {
    pthread_mutex_lock(&w->trace_lock);
}
void worker_unlock(Worker *w) {
    pthread_mutex_unlock(&w->trace_lock);
}
const Trace *worker_trace(const Worker *w) {
    return w->trace;
}
int worker_seq_len(const Worker *w) {
    return w->seq_len;
}
