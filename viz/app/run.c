/* One sequence: see run.h. */
#include "viz/app/run.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"
#include "engine/run/generate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct Run {
    Session *session;
    Trace *trace;
    Study *study;
    Goal goal;   /* its tokens are those below */
    int n_given; /* its tokens when it was taken */
    Err err;     /* why it was not reached */
    int n_fed;   /* positions for it, in so many seconds */
    double feed_s;
    SamplerIds drawn;      /* what may be drawn; */
    float *among;          /* [V] then, NULL where all may */
    int *tokens;           /* [seq_len] */
    Candidate *candidates; /* [V], for drawing */
};

/* ---- opening and closing ------------------------------------------------- */

static bool open_parts(Run *r, const RunOptions *opt, Err *err) {
    const Config *c = model_config(opt->model);
    const SessionOptions so = {.seq_len = opt->seq_len,
                               .n_threads = opt->n_threads,
                               .token_bytes = trace_token_bytes(c)};
    r->session = session_open(opt->model, &so, err);
    if (!r->session) return false;
    session_set_watch(r->session, opt->watch);
    r->trace = trace_open(r->session, opt->trace_budget, err);
    if (!r->trace) return false;
    r->study = study_open(r->trace, STUDY_BUDGET_DEFAULT, err);
    if (!r->study) return false;
    study_set_watch(r->study, opt->watch);
    const size_t n = (size_t)run_seq_len(r), v = (size_t)c->vocab_size;
    r->tokens = calloc(n, sizeof *r->tokens);
    r->candidates = calloc(v, sizeof *r->candidates);
    if (!r->tokens || !r->candidates)
        return err_memory(err, "a run of the engine",
                          n * sizeof *r->tokens + v * sizeof *r->candidates);
    r->goal.tokens = r->tokens;
    r->drawn = opt->drawn.n > 0 ? opt->drawn : (SamplerIds){.n = c->vocab_size};
    r->among = r->drawn.n_without > 0 ? calloc(v, sizeof *r->among) : NULL;
    if (r->drawn.n_without > 0 && !r->among)
        return err_memory(err, "a run of the engine", v * sizeof *r->among);
    study_set_vocabulary(r->study, r->drawn);
    return true;
}

Run *run_open(const RunOptions *opt, Err *err) {
    Run *r = calloc(1, sizeof *r);
    if (!r) {
        err_memory(err, "a run of the engine", sizeof *r);
        return NULL;
    }
    if (open_parts(r, opt, err)) return r;
    run_close(r);
    return NULL;
}

void run_close(Run *r) {
    if (!r) return;
    study_close(r->study);
    trace_close(r->trace);
    session_close(r->session);
    free(r->tokens);
    free(r->candidates);
    free(r->among);
    free(r);
}

/* ---- working ------------------------------------------------------------- */

void run_rewind(Run *r, int pos) {
    if (pos < session_pos(r->session)) session_rewind(r->session, pos);
    trace_sync(r->trace);
    study_forget(r->study, session_pos(r->session));
}

/* Whether a text is one whole: each token changes what stands before it. */
static bool is_two_way(const Run *r) {
    return edits_two_way(&r->goal.edits, model_config(run_model(r)));
}

/* A run without its mask is drawn on, and with each token all its numbers are
 * others: edits that take from it would mean something else for each. */
static bool donor_check(const Goal *goal, const Run *donor, Err *err) {
    return !donor || !donor->goal.edits.no_mask || !edits_take(&goal->edits) ||
           err_set(err, ERR_UNSUPPORTED, 0,
                   "edits: freeze, patch and steer@ take from the run that is "
                   "compared with, and in that one the mask is removed");
}

void run_take(Run *r, const Goal *goal, const Run *donor) {
    assert(goal->n_tokens <= goal->length && goal->length <= run_seq_len(r));
    memmove(r->tokens, goal->tokens,
            (size_t)goal->n_tokens * sizeof *r->tokens);
    r->goal = *goal;
    if (!model_config(run_model(r))->arch->causal) /* nothing is drawn */
        r->goal.length = goal->n_tokens;
    r->goal.tokens = r->tokens;
    r->n_given = goal->n_tokens;
    r->err = (Err){0};
    r->n_fed = 0;
    r->feed_s = 0;
    session_set_donor(r->session,
                      donor ? trace_donor(donor->trace) : (Donor){0});
    const bool ok = donor_check(goal, donor, &r->err) &&
                    session_set_edits(r->session, &goal->edits, &r->err);
    const int *have = session_tokens(r->session);
    int pos = session_pos(r->session), same = 0;
    while (same < pos && same < goal->n_tokens && have[same] == r->tokens[same])
        same++;
    /* With the mask removed what is left had looked at what goes. */
    if (ok && same < pos && is_two_way(r)) same = 0;
    run_rewind(r, ok ? same : pos);
}

bool run_takes(const Run *r) {
    return edits_take(&r->goal.edits);
}

bool run_is_behind(const Run *r) {
    return r->err.code == ERR_NONE &&
           session_pos(r->session) < r->goal.n_tokens;
}

bool run_is_reached(const Run *r) {
    return r->err.code != ERR_NONE || session_pos(r->session) >= r->goal.length;
}

bool run_begins_anew(const Run *r) {
    return is_two_way(r) && r->goal.n_tokens <= SESSION_NO_MASK_MAX;
}

void run_draw(Run *r) {
    const Goal *g = &r->goal;
    const int pos = g->n_tokens;
    if (session_pos(r->session) < pos) return;
    const GenerateOptions opt = {.sampler = g->sampler, .seed = g->seed};
    r->tokens[r->goal.n_tokens++] =
        generate_draw(&opt, trace_row(r->trace, SITE_LOGITS, 0, pos - 1),
                      r->drawn, pos, r->candidates, r->among);
}

void run_extend(Run *r, const int *tokens, int n) {
    assert(n <= run_seq_len(r));
    for (; r->goal.n_tokens < n; r->goal.n_tokens++)
        r->tokens[r->goal.n_tokens] = tokens[r->goal.n_tokens];
}

void run_share(Run *r, const Run *from) {
    if (run_model(r) != run_model(from) || is_two_way(r)) return;
    const int same = run_agreeing(from, &r->goal);
    if (same > session_pos(r->session))
        trace_share(r->trace, from->trace, same);
    run_check(r);
}

void run_check(Run *r) {
    if (r->err.code == ERR_NONE && session_pos(r->session) >= r->goal.n_tokens)
        session_check_finite(r->session, &r->err);
}

int run_agreeing(const Run *r, const Goal *goal) {
    const int *have = session_tokens(r->session);
    int n = edits_shared(&goal->edits, session_edits(r->session)), same = 0;
    n = num_min(n, num_min(session_pos(r->session), goal->n_tokens));
    while (same < n && have[same] == goal->tokens[same])
        same++;
    return same;
}

void run_rest(Run *r) {
    if (edits_take(session_edits(r->session))) run_rewind(r, 0);
    session_set_donor(r->session, (Donor){0});
    study_rest(r->study);
}

uint64_t run_bytes(const Run *r) {
    const SessionMemory m = session_memory(run_model(r), run_seq_len(r));
    return m.kv_cache + m.activations + m.taken +
           trace_memory(model_config(run_model(r)), run_seq_len(r), 0) +
           trace_stats(r->trace).stored_bytes + study_stats(r->study).bytes;
}

void run_advance(Run *r) {
    const Goal *g = &r->goal;
    const double start = clock_seconds();
    const int pos = session_pos(r->session);
    int n = g->n_tokens - pos;
    if (!is_two_way(r)) n = num_min(n, RUN_CHUNK);
    Err err = {0};
    if (!session_feed(r->session, g->tokens + pos, n, &err) &&
        err.code != ERR_CANCELLED) /* it is wanted no more: no failure */
        r->err = err;
    run_check(r);
    r->n_fed += num_max(session_pos(r->session) - pos, 0);
    r->feed_s += clock_seconds() - start;
}

/* ---- reading ------------------------------------------------------------- */

const int *run_tokens(const Run *r) {
    return r->tokens;
}
int run_n_tokens(const Run *r) {
    return r->goal.n_tokens;
}
int run_n_fed(const Run *r) {
    return r->n_fed;
}
const Err *run_err(const Run *r) {
    return &r->err;
}
double run_tokens_per_s(const Run *r) {
    return r->n_fed > 0 && r->feed_s > 0 ? r->n_fed / r->feed_s : 0;
}
int run_seq_len(const Run *r) {
    return session_seq_len(r->session);
}
const Model *run_model(const Run *r) {
    return session_model(r->session);
}
bool run_holds_text(const Run *r) {
    return session_pos(r->session) >= r->n_given;
}
const Trace *run_trace(const Run *r) {
    return r->trace;
}
Study *run_study(const Run *r) {
    return r->study;
}
