/* STUDY_OFF: what the model says when one part more is really switched off: the
 * text is run again, with that, from where that first makes a difference; where
 * positions look at later ones, too, all of it. */
#include "engine/run/session.h"
#include "engine/study/study_private.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

StudyKey study_off_key(int pos, EditKind kind, int layer, int index) {
    return (StudyKey){.kind = STUDY_OFF,
                      .layer = layer,
                      .pos = pos,
                      .index = index * EDIT_NONE + (int)kind};
}

/* Whether the run that is asked for is the same as this one up to a layer or a
 * position: then it begins there. */
static bool branches(const StudyWork *w, StudyKey key, SessionBranch *b) {
    const EditKind kind = (EditKind)(key.index % EDIT_NONE);
    const Edits *e = trace_edits(w->trace);
    *b = (SessionBranch){.from = trace_session(w->trace),
                         .layer = key.layer,
                         .site = SITE_RESID_PRE};
    for (int i = 0; i < e->n; i++) /* found out in layers before */
        if (e->list[i].kind == EDIT_APART) return false;
    if (kind == EDIT_CUT) {
        b->layer = 0;
        b->pos = key.index / EDIT_NONE + 1;
        return b->pos <= key.pos;
    }
    const bool of_mlp = kind == EDIT_MLP || kind == EDIT_NEURON;
    if (of_mlp) b->site = SITE_RESID_MID;
    /* What is done to a neuron already is in its rows. */
    if (kind == EDIT_NEURON &&
        edits_get(e, kind, key.layer, key.index / EDIT_NONE) == 1)
        b->site = SITE_MLP_POST;
    return of_mlp || kind == EDIT_HEAD || kind == EDIT_ATTN;
}

/* Whether a site's rows in a layer are stored up to a position. */
static bool is_stored(const StudyWork *w, Site site, int layer, int pos) {
    for (int i = 0; i <= pos; i++)
        if (!trace_find(w->trace, site, layer, i)) return false;
    return true;
}

/* A site's rows up to the key's position, on the heap; NULL: no memory. */
static float *rows_of(const StudyWork *w, StudyKey key, Site site, int width) {
    const size_t size = (size_t)width;
    float *rows = malloc((size_t)(key.pos + 1) * size * sizeof *rows);
    for (int i = 0; rows && i <= key.pos; i++)
        memcpy(rows + (size_t)i * size, w->row(w, site, key.layer, i),
               size * sizeof *rows);
    return rows;
}

/* The tokens that the logits at pos are made from. */
static int n_needed(const StudyWork *w, int pos) {
    return trace_two_way(w->trace) ? trace_n_pos(w->trace) : pos + 1;
}

/* The sessions that runs are made in, one for each thread. */
typedef struct Pool {
    Session **sessions; /* [n] */
    int n;
    atomic_flag taken[STUDY_AT_ONCE];
} Pool;

/* A run in the making, which any thread may do once it is prepared. */
typedef struct Run {
    const StudyWork *w;
    StudyMade *made;
    bool is_ready, branches;
    Edits edits;
    int *tokens; /* [n_needed] */
    SessionBranch branch;
    float *x, *post; /* its rows; NULL: none, or another's */
    struct Pool *pool;
} Run;

/* ---- what is taken from the trace --------------------------------------- */

/* The rows that enter where the run branches off.  Where those after the
 * attention are not stored, those before it are taken.  False: no memory. */
static bool take_rows(Run *r) {
    const StudyWork *w = r->w;
    const StudyKey key = r->made->key;
    const Config *c = trace_config(w->trace);
    SessionBranch *b = &r->branch;
    if (b->site == SITE_MLP_POST &&
        !is_stored(w, SITE_MLP_POST, b->layer, key.pos))
        b->site = SITE_RESID_MID;
    if (!is_stored(w, SITE_RESID_MID, b->layer, key.pos))
        b->site = SITE_RESID_PRE;
    const bool is_mid = b->site != SITE_RESID_PRE;
    b->neuron = key.index / EDIT_NONE;
    b->x = r->x = rows_of(w, key, is_mid ? SITE_RESID_MID : b->site, c->dim);
    if (b->site != SITE_MLP_POST) return r->x != NULL;
    b->post = r->post = rows_of(w, key, SITE_MLP_POST, c->hidden_dim);
    return r->x && r->post;
}

/* Neurons of a layer begin with the same rows. */
static bool share_rows(Run *r, const Run *with) {
    const StudyKey key = r->made->key, other = with->made->key;
    if (!with->is_ready || r->branch.site != SITE_MLP_POST ||
        with->branch.site != SITE_MLP_POST || key.layer != other.layer ||
        key.pos != other.pos)
        return false;
    r->branch = with->branch;
    r->branch.neuron = key.index / EDIT_NONE;
    return true;
}

/* before: another one, or NULL. */
static void prepare(Run *r, const Run *before) {
    const Trace *t = r->w->trace;
    const StudyKey key = r->made->key;
    const EditKind kind = (EditKind)(key.index % EDIT_NONE);
    Err err = {0};
    if (key.pos < 0 || key.pos >= trace_n_pos(t) || key.index < 0) return;
    r->edits = *trace_edits(t);
    if (!edits_set(&r->edits, kind, key.layer, key.index / EDIT_NONE, 0) ||
        !edits_check(&r->edits, trace_config(t), &err))
        return;
    const int n = n_needed(r->w, key.pos);
    r->tokens = malloc((size_t)n * sizeof *r->tokens);
    for (int i = 0; r->tokens && i < n; i++)
        r->tokens[i] = trace_token(t, i);
    r->branches = !trace_two_way(t) && branches(r->w, key, &r->branch);
    r->is_ready =
        r->tokens && (!r->branches || kind == EDIT_CUT ||
                      (before && share_rows(r, before)) || take_rows(r));
}

/* ---- the run ------------------------------------------------------------- */

typedef struct LogitsTap {
    int pos;
    float *logits; /* [V] */
    size_t bytes;
} LogitsTap;

static void on_logits(void *ud, const Tap *tap) {
    const LogitsTap *to = ud;
    const int row = to->pos - tap->pos;
    if (row >= 0 && row < tap->n_pos)
        memcpy(to->logits, tap->data + (size_t)row * (size_t)tap->stride,
               to->bytes);
}

/* All of the text, whose last position is seldom the one in question. */
static bool feed_whole(const StudyWork *w, Session *s, const int *tokens,
                       LogitsTap *tap, Err *err) {
    session_set_hook(
        s,
        (SiteHook){.mask = SITE_BIT(SITE_LOGITS), .fn = on_logits, .ud = tap});
    return session_feed(s, tokens, n_needed(w, tap->pos), err) != NULL;
}

static bool feed(const Run *r, Session *s, float *out, Err *err) {
    const int pos = r->made->key.pos, n = pos + 1;
    const size_t bytes =
        (size_t)trace_config(r->w->trace)->vocab_size * sizeof *out;
    if (trace_two_way(r->w->trace)) {
        LogitsTap tap = {pos, out, bytes};
        return feed_whole(r->w, s, r->tokens, &tap, err);
    }
    const float *logits = r->branches
                              ? session_branch(s, &r->branch, r->tokens, n, err)
                              : session_feed(s, r->tokens, n, err);
    if (logits) memcpy(out, logits, bytes);
    return logits != NULL;
}

/* The logits [V] at the key's position; false: none, or stopped. */
static bool run_again(Run *r, Session *s, float *out) {
    Err err = {0};
    session_set_hook(s, (SiteHook){0});
    session_set_watch(s, r->w->watch);
    session_set_donor(s, taken_donor(trace_taken(r->w->trace)));
    session_rewind(s, 0);
    const bool ok =
        session_set_edits(s, &r->edits, &err) && feed(r, s, out, &err);
    r->made->stopped = err.code == ERR_CANCELLED;
    return ok;
}

/* What is said of them. */
static void find_best(const StudyWork *w, StudyOff *out) {
    const int n = w->n_vocab;
    const float *logits = sampler_among(&w->ids, out->logits, out->logits);
    out->best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[out->best] || isnan(logits[out->best]))
            out->best = i;
    out->log_sum = study_log_sum(logits, n, logits[out->best]);
}

/* Which of the sessions, until it is given back; -1: there was no memory for
 * one. */
static int take_session(Pool *p) {
    for (int i = 0; i < p->n; i++)
        if (p->sessions[i] && !atomic_flag_test_and_set(&p->taken[i])) return i;
    return -1;
}

static void make_one(void *ud, int i) {
    Run *r = (Run *)ud + i;
    const size_t size = (size_t)trace_config(r->w->trace)->vocab_size;
    const uint64_t bytes = sizeof(StudyOff) + size * sizeof(float);
    const int at = take_session(r->pool);
    StudyOff *out = at >= 0 && r->is_ready ? malloc(bytes) : NULL;
    if (out && run_again(r, r->pool->sessions[at], out->logits)) {
        find_best(r->w, out);
        r->made->value = out;
        r->made->bytes = bytes;
    } else {
        free(out);
    }
    if (at >= 0) atomic_flag_clear(&r->pool->taken[at]);
}

static void make_runs(const StudyWork *w, Pool *pool, Run *runs, int n) {
    for (int i = 0; i < pool->n; i++)
        atomic_flag_clear(&pool->taken[i]);
    for (int i = 0; i < n; i++) {
        runs[i].w = w;
        runs[i].pool = pool;
        prepare(&runs[i], i > 0 ? &runs[i - 1] : NULL);
    }
    if (!*w->stopped) team_run(w->team, make_one, runs, n);
    for (int i = 0; i < n; i++) {
        free(runs[i].tokens);
        free(runs[i].x);
        free(runs[i].post);
    }
}

/* With all threads. */
static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const SessionOptions options = {.seq_len = n_needed(w, key.pos)};
    StudyMade made = {.key = key};
    Err err = {0};
    Session *s = session_open(trace_model(w->trace), &options, &err);
    make_runs(w, &(Pool){.sessions = &s, .n = 1}, &(Run){.made = &made}, 1);
    session_close(s);
    if (made.stopped) *w->stopped = true;
    *bytes = made.bytes;
    return made.value;
}

/* ---- runs side by side --------------------------------------------------- */

/* What they may take together. */
#define RUNS_BYTES (32u << 20)

/* Their context, so that the next position needs no other one. */
static int context_of(const StudyWork *w, int pos) {
    const int room = n_needed(w, pos) + SESSION_BATCH - 1;
    return room / SESSION_BATCH * SESSION_BATCH;
}

/* A small model's products are too small to be shared out well, so each run has
 * a thread; a large one's run has them all. */
static int at_once(const StudyWork *w, StudyKey key) {
    const SessionMemory m =
        session_memory(trace_model(w->trace), context_of(w, key.pos));
    const uint64_t each = m.kv_cache + m.activations + m.taken;
    /* With the mask removed, activations are more than that says. */
    if (trace_two_way(w->trace) && trace_config(w->trace)->arch->causal)
        return 1;
    return (int)(each * STUDY_AT_ONCE <= RUNS_BYTES ? STUDY_AT_ONCE
                 : each < RUNS_BYTES                ? RUNS_BYTES / each
                                                    : 1);
}

/* Keeps a session with room for a position: memory that was never touched takes
 * as long as a third of a run. */
static void keep_session(const StudyWork *w, Session **kept, int pos) {
    const SessionOptions options = {.seq_len = context_of(w, pos),
                                    .n_threads = 1};
    Err err = {0};
    if (*kept && session_seq_len(*kept) >= n_needed(w, pos)) return;
    session_close(*kept);
    *kept = session_open(trace_model(w->trace), &options, &err);
}

static void make_all(const StudyWork *w, StudyMade *made, int n) {
    Run *runs = calloc((size_t)n, sizeof *runs);
    Pool pool = {.sessions = w->sessions, .n = team_size(w->team)};
    int last = 0;
    if (pool.n > n) pool.n = n;
    for (int i = 0; runs && i < n; i++) {
        runs[i].made = &made[i];
        const int pos = made[i].key.pos;
        if (pos > last && pos < trace_n_pos(w->trace)) last = pos;
    }
    for (int i = 0; i < pool.n; i++)
        keep_session(w, &w->sessions[i], last);
    if (runs) make_runs(w, &pool, runs, n);
    free(runs);
}

const StudyKindInfo study_kind_off = {.name = "off",
                                      .make = make,
                                      .at_once = at_once,
                                      .make_all = make_all,
                                      .runs = true,
                                      .of_logits = true};
