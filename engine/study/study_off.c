/* STUDY_OFF: what the model says when one part more is really switched off: the
 * text is run again, with that, from where that first makes a difference, or
 * from where a run without that part has come to; where positions look at later
 * ones, too, all of it. */
#include "engine/base/num.h"
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

/* Whether a site's rows in a layer are stored at positions first..last. */
static bool is_stored(const StudyWork *w, Site site, int layer, int first,
                      int last) {
    for (int i = first; i <= last; i++)
        if (!trace_find(w->trace, site, layer, i)) return false;
    return true;
}

/* A site's rows from a position to the key's, on the heap; NULL: no memory. */
static float *rows_of(const StudyWork *w, StudyKey key, Site site, int first,
                      int width) {
    const size_t size = (size_t)width;
    float *rows = malloc((size_t)(key.pos + 1 - first) * size * sizeof *rows);
    for (int i = first; rows && i <= key.pos; i++)
        memcpy(rows + (size_t)(i - first) * size, w->row(w, site, key.layer, i),
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
    bool is_ready, branches, is_made;
    Edits edits;
    int *tokens; /* [n_needed] */
    SessionBranch branch;
    float *x, *post; /* its rows; NULL: none, or another's */
    struct Pool *pool;
} Run;

/* ---- what is taken from the trace --------------------------------------- */

/* The rows that enter where the run branches off, from where it goes on.  Where
 * those after the attention are not stored, those before it are taken.  False:
 * no memory. */
static bool take_rows(Run *r) {
    const StudyWork *w = r->w;
    const StudyKey key = r->made->key;
    const Config *c = trace_config(w->trace);
    SessionBranch *b = &r->branch;
    if (b->site == SITE_MLP_POST &&
        !is_stored(w, SITE_MLP_POST, b->layer, b->pos, key.pos))
        b->site = SITE_RESID_MID;
    if (!is_stored(w, SITE_RESID_MID, b->layer, b->pos, key.pos))
        b->site = SITE_RESID_PRE;
    const Site stream = b->site == SITE_MLP_POST ? SITE_RESID_MID : b->site;
    b->neuron = key.index / EDIT_NONE;
    b->x = r->x = rows_of(w, key, stream, b->pos, c->dim);
    if (b->site != SITE_MLP_POST) return r->x != NULL;
    b->post = r->post = rows_of(w, key, SITE_MLP_POST, b->pos, c->hidden_dim);
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

/* Where a run without that part has come to.  In the last layer no position but
 * the one in question counts.  Which neurons are asked for differs from token
 * to token, so their runs are not kept. */
static void go_on(Run *r) {
    const StudyWork *w = r->w;
    const StudyKey key = r->made->key;
    const EditKind kind = (EditKind)(key.index % EDIT_NONE);
    const int first = kind == EDIT_CUT ? 0 : key.layer + 1;
    SessionBranch *b = &r->branch;
    if (first == trace_config(w->trace)->n_layers)
        b->pos = key.pos;
    else if (kind != EDIT_NEURON)
        b->kept = branches_find(w->branches, w->trace, key, first, key.pos + 1);
    if (b->kept) b->pos = num_max(b->pos, b->kept->n);
}

static void prepare(Run *r) {
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
    r->is_ready = r->tokens != NULL;
    r->branches = !trace_two_way(t) && branches(r->w, key, &r->branch);
    if (r->branches) go_on(r);
}

/* Those of one that is not taken a step on.  before: another one, or NULL. */
static void prepare_rows(Run *r, const Run *before) {
    const bool is_cut = r->made->key.index % EDIT_NONE == EDIT_CUT;
    if (r->is_ready && !r->is_made && r->branches && !is_cut &&
        r->branch.pos <= r->made->key.pos)
        r->is_ready = (before && share_rows(r, before)) || take_rows(r);
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

/* At position 0, with these edits. */
static bool begin(const StudyWork *w, Session *s, const Edits *edits,
                  Err *err) {
    session_set_hook(s, (SiteHook){0});
    session_set_watch(s, w->watch);
    session_set_donor(s, taken_donor(trace_taken(w->trace)));
    session_rewind(s, 0);
    return session_set_edits(s, edits, err);
}

/* The logits [V] at the key's position; false: none, or stopped. */
static bool run_again(Run *r, Session *s, float *out) {
    Err err = {0};
    const bool ok = begin(r->w, s, &r->edits, &err) && feed(r, s, out, &err);
    r->made->stopped = err.code == ERR_CANCELLED;
    return ok;
}

static uint64_t off_bytes(const StudyWork *w) {
    return sizeof(StudyOff) +
           (uint64_t)trace_config(w->trace)->vocab_size * sizeof(float);
}

/* Says what its logits say.  NULL: there are none. */
static void end(Run *r, StudyOff *out) {
    r->is_made = true;
    if (!out) return;
    const int n = r->w->n_vocab;
    const float *logits = sampler_among(&r->w->ids, out->logits, out->logits);
    out->best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[out->best] || isnan(logits[out->best]))
            out->best = i;
    out->log_sum = study_log_sum(logits, n, logits[out->best]);
    r->made->value = out;
    r->made->bytes = off_bytes(r->w);
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
    if (r->is_made) return;
    const int at = take_session(r->pool);
    StudyOff *out = at >= 0 && r->is_ready ? malloc(off_bytes(r->w)) : NULL;
    if (out && !run_again(r, r->pool->sessions[at], out->logits)) {
        free(out);
        out = NULL;
    }
    end(r, out);
    if (at >= 0) atomic_flag_clear(&r->pool->taken[at]);
}

/* ---- a step on ----------------------------------------------------------- */

/* Runs that have come to the same position, to be taken on together. */
typedef struct Step {
    int n, pos;
    Run *of[SESSION_LANES];
    SessionLane lanes[SESSION_LANES];
} Step;

static void step_gather(Step *step, Run *runs, int n, int most) {
    for (int i = 0; i < n && step->n < most; i++) {
        Run *r = &runs[i];
        const StudyKey key = r->made->key;
        Branched *kept = r->branch.kept;
        if (!r->is_ready || !kept || kept->n < key.pos ||
            (step->n > 0 && key.pos != step->pos))
            continue;
        step->pos = key.pos;
        step->of[step->n] = r;
        step->lanes[step->n++] =
            (SessionLane){&r->edits, r->branch.layer, kept};
    }
}

/* What enters each layer at its position, [L, D] on the heap; NULL: no
 * memory. */
static float *step_rows(const StudyWork *w, const Step *step) {
    const Config *c = trace_config(w->trace);
    const size_t dim = (size_t)c->dim;
    float *x = malloc((size_t)c->n_layers * dim * sizeof *x);
    for (int i = 0; x && i < c->n_layers; i++)
        memcpy(x + (size_t)i * dim, w->row(w, SITE_RESID_PRE, i, step->pos),
               dim * sizeof *x);
    return x;
}

/* The next position of all runs that hold those before it: weights are read
 * once for all of them. */
static void step_on(const StudyWork *w, Session *s, Run *runs, int n) {
    Step step = {0};
    Err err = {0};
    const size_t size = (size_t)trace_config(w->trace)->vocab_size;
    step_gather(&step, runs, n, num_min(SESSION_LANES, session_seq_len(s)));
    float *x = step.n > 0 ? step_rows(w, &step) : NULL;
    const float *logits =
        x && !*w->stopped && begin(w, s, trace_edits(w->trace), &err)
            ? session_branches(s, trace_session(w->trace), step.lanes, step.n,
                               step.pos, x, &err)
            : NULL;
    for (int i = 0; logits && i < step.n; i++) {
        StudyOff *out = malloc(off_bytes(w));
        if (out)
            memcpy(out->logits, logits + (size_t)i * size, size * sizeof *x);
        end(step.of[i], out);
    }
    if (err.code == ERR_CANCELLED) *w->stopped = true;
    free(x);
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
 * a thread; a large one's run has them all.  How many have one; 1: all. */
static int n_beside(const StudyWork *w, int pos) {
    const SessionMemory m =
        session_memory(trace_model(w->trace), context_of(w, pos));
    const uint64_t each = m.kv_cache + m.activations + m.taken;
    /* With the mask removed, activations are more than that says. */
    if (trace_two_way(w->trace) && trace_config(w->trace)->arch->causal)
        return 1;
    return each > 0 && each * STUDY_AT_ONCE > RUNS_BYTES
               ? num_max((int)(RUNS_BYTES / each), 1)
               : STUDY_AT_ONCE;
}

/* What is made by a step is made together, whatever the model. */
static int at_once(const StudyWork *w, StudyKey key) {
    if (branches_held(w->branches, key) >= key.pos) return STUDY_AT_ONCE;
    return team_size(w->team) > 1 ? n_beside(w, key.pos) : 1;
}

/* Where all threads are one run's, the others come later, each when it is
 * there. */
static void leave_others(Run *runs, int n) {
    for (int i = 1; i < n; i++) {
        if (runs[i].is_made) continue;
        runs[i].is_made = true;
        runs[i].made->stopped = true;
    }
}

static void make_runs(const StudyWork *w, Pool *pool, Run *runs, int n) {
    for (int i = 0; i < pool->n; i++)
        atomic_flag_clear(&pool->taken[i]);
    branches_begin(w->branches);
    for (int i = 0; i < n; i++) {
        runs[i].w = w;
        runs[i].pool = pool;
        prepare(&runs[i]);
    }
    if (pool->sessions[0]) step_on(w, pool->sessions[0], runs, n);
    if (pool->n == 1) leave_others(runs, n);
    for (int i = 0; i < n && !*w->stopped; i++)
        prepare_rows(&runs[i], i > 0 ? &runs[i - 1] : NULL);
    if (!*w->stopped)
        team_run(pool->n == 1 ? NULL : w->team, make_one, runs, n);
    for (int i = 0; i < n; i++) {
        free(runs[i].tokens);
        free(runs[i].x);
        free(runs[i].post);
    }
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

/* Up to a position, in one session for each thread, or one for all. */
static void make_up_to(const StudyWork *w, int pos, Run *runs, int n) {
    const int beside = team_size(w->team) > 1 ? n_beside(w, pos) : 1;
    Pool pool = {.sessions = w->sessions,
                 .n = num_min(num_min(team_size(w->team), beside), n)};
    const SessionOptions options = {.seq_len = num_max(n_needed(w, pos), n)};
    Session *own = NULL;
    Err err = {0};
    for (int i = 0; beside > 1 && i < pool.n; i++)
        keep_session(w, &w->sessions[i], pos);
    if (beside == 1) {
        own = session_open(trace_model(w->trace), &options, &err);
        pool.sessions = &own;
    }
    make_runs(w, &pool, runs, n);
    session_close(own);
}

static void make_all(const StudyWork *w, StudyMade *made, int n) {
    Run *runs = calloc((size_t)n, sizeof *runs);
    int last = 0;
    for (int i = 0; runs && i < n; i++) {
        runs[i].made = &made[i];
        const int pos = made[i].key.pos;
        if (pos > last && pos < trace_n_pos(w->trace)) last = pos;
    }
    if (runs) make_up_to(w, last, runs, n);
    free(runs);
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    StudyMade made = {.key = key};
    make_all(w, &made, 1);
    if (made.stopped) *w->stopped = true;
    *bytes = made.bytes;
    return made.value;
}

const StudyKindInfo study_kind_off = {.name = "off",
                                      .make = make,
                                      .at_once = at_once,
                                      .make_all = make_all,
                                      .runs = true,
                                      .of_logits = true};
