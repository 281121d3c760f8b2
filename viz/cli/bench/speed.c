#include "viz/cli/bench/speed.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"
#include "engine/kernel/kern.h"
#include "engine/spec/arch.h"
#include "engine/trace/trace.h"
#include "viz/cli/cli.h"

#include <assert.h>
#include <stdlib.h>

#define DECODE_S     0.2 /* how long the first row decodes ... */
#define DECODE_MIN   4   /* tokens, and at least these */
#define PROMPT_MAX   512
#define PROMPT_OPS   5e10 /* what a row computes in one round, about */
#define AGAIN_MAX    512  /* positions before recomputing */
#define AGAIN_ROUNDS 5

typedef struct Bench {
    const Model *model;
    Speed *out;
    int *ids; /* [seq_len_max] */
    LimitsSpan *spans;
    int n_spans;
} Bench;

static void keep_most(double *best, double value) {
    if (value > *best) *best = value;
}

static void keep_least(double *best, double value) {
    if (*best == 0 || value < *best) *best = value;
}

/* ---- what a token costs -------------------------------------------------- */

/* The matrices that a token is multiplied with; each is read once. */
static void add_matrix(Bench *b, const Tensor *t, bool in_layer) {
    b->spans[b->n_spans++] = (LimitsSpan){t->data, t->size_bytes};
    b->out->token_bytes += (double)t->size_bytes;
    if (in_layer) b->out->prompt_ops += 2.0 * t->rows * t->cols;
}

static void add_matrices(Bench *b) {
    const Config *c = model_config(b->model);
    for (int layer = 0; layer < c->n_layers; layer++)
        for (int role = 0; role < TENSOR_ROLES; role++) {
            const ArchTensor *t = arch_tensor(c->arch, (TensorRole)role);
            if (!t || !t->per_layer) continue;
            add_matrix(b, model_tensor(b->model, (TensorRole)role, layer),
                       true);
        }
    if (arch_predicts(c->arch))
        add_matrix(b, model_tensor(b->model, TENSOR_CLASSIFIER, 0), false);
}

/* How many are fed before what is measured. */
static int warm_tokens(const Speed *s, bool decode) {
    return s->whole ? 0 : decode ? 1 : SESSION_BATCH;
}

/* As many as give something to measure but do not take minutes. */
static int prompt_tokens(const Bench *b) {
    const int longest =
        model_config(b->model)->seq_len_max - warm_tokens(b->out, false);
    const double n = PROMPT_OPS / b->out->prompt_ops;
    const int most = num_min(longest, PROMPT_MAX);
    if (most <= SESSION_BATCH) return most > 0 ? most : 1;
    if (n >= most) return most;
    return n > SESSION_BATCH ? (int)n / SESSION_BATCH * SESSION_BATCH
                             : SESSION_BATCH;
}

static void add_rows(Speed *s) {
    const int all = team_cores(0);
    for (int n = 1; n; n = n < all ? all : 0) {
        s->limits[s->n_limits++] = (SpeedLimit){.n_threads = n};
        for (int decode = !s->whole; decode >= 0; decode--)
            for (int t = 0; t < SPEED_TRACES; t++)
                s->rows[s->n_rows++] = (SpeedRow){
                    .decode = decode, .trace = (SpeedTrace)t, .n_threads = n};
    }
}

/* ---- a row --------------------------------------------------------------- */

static int tokens_of_step(const SpeedRow *r, const Speed *s, int step) {
    if (r->decode) return 1;
    if (s->whole) return s->n_prompt;
    return num_min(SESSION_BATCH, s->n_prompt - step * SESSION_BATCH);
}

/* Of a prompt all; how many tokens are decoded, the first row finds out, from
 * how many fit into the time. */
static int steps_max(const Speed *s, const SpeedRow *r, const Session *on) {
    if (s->whole) return 1;
    if (!r->decode) return (s->n_prompt + SESSION_BATCH - 1) / SESSION_BATCH;
    const int room = session_seq_len(on) - session_pos(on);
    return s->n_decode ? s->n_decode : num_min(room, SPEED_STEPS_MAX);
}

static bool feed(const Bench *b, SpeedRow *r, Session *s, Err *err) {
    Speed *out = b->out;
    const int most = steps_max(out, r, s);
    const bool timed = r->decode && !out->n_decode;
    const double start = clock_seconds();
    double seconds = 0, before = start;
    int step = 0;
    for (; step < most; step++) {
        if (timed && step >= DECODE_MIN && before - start > DECODE_S) break;
        const int n = tokens_of_step(r, out, step);
        if (!session_feed(s, b->ids + session_pos(s), n, err)) return false;
        const double now = clock_seconds();
        keep_least(&r->step_s[step], now - before);
        seconds += r->step_s[step];
        before = now;
    }
    if (r->decode) out->n_decode = step;
    r->tokens_per_s = (r->decode ? step : out->n_prompt) / seconds;
    return true;
}

static uint64_t row_budget(const Session *s, SpeedTrace trace) {
    if (trace == SPEED_NOTHING_STORED) return 0;
    return trace_bytes(model_config(session_model(s)), session_seq_len(s));
}

/* The first tokens are not measured: they touch what every position uses, and
 * then, except for the row that shows the first prompt, all others are fed
 * once, too. */
static bool warm_up(const Bench *b, const SpeedRow *r, Session *s, int warm,
                    Err *err) {
    const int all = session_seq_len(s);
    if (r->trace == SPEED_FIRST_STORED)
        return warm == 0 || session_feed(s, b->ids, warm, err);
    if (!session_feed(s, b->ids, all, err)) return false;
    session_rewind(s, warm);
    return true;
}

static int row_positions(const Speed *s, const SpeedRow *r) {
    if (!r->decode) return s->n_prompt;
    return s->n_decode ? s->n_decode : SPEED_STEPS_MAX;
}

static bool run_row(const Bench *b, SpeedRow *r, Err *err) {
    const int warm = num_min(warm_tokens(b->out, r->decode),
                             model_config(b->model)->seq_len_max / 2);
    const int room = warm + row_positions(b->out, r);
    Session *s = session_open(
        b->model, &(SessionOptions){.seq_len = room, .n_threads = r->n_threads},
        err);
    Trace *t = NULL;
    bool ok = s != NULL;
    if (ok && r->trace != SPEED_UNTRACED) {
        t = trace_open(s, row_budget(s, r->trace), err);
        ok = t != NULL;
    }
    ok = ok && warm_up(b, r, s, warm, err) && feed(b, r, s, err);
    trace_close(t);
    session_close(s);
    return ok;
}

/* ---- recomputing --------------------------------------------------------- */

/* The slowest site at one of the last positions: each is asked for at another,
 * so that nothing is there yet. */
static double slowest_site_s(const Trace *t, int round) {
    const Config *c = trace_config(t);
    double slowest = 0;
    for (int i = 0; i < c->arch->n_ops; i++) {
        const Site s = c->arch->ops[i].out;
        const int pos = trace_n_pos(t) - 1 - i % trace_n_pos(t);
        const double start = clock_seconds();
        trace_row(t, s, (round + i) % c->n_layers, pos);
        keep_most(&slowest, clock_seconds() - start);
    }
    return slowest;
}

/* One head's pattern at all positions, as a picture of it needs. */
static double pattern_s(const Trace *t, int layer, float *out) {
    const double start = clock_seconds();
    const int n = trace_n_pos(t);
    for (int pos = 0; pos < n; pos++) {
        const float *p = trace_row(t, SITE_PATTERN, layer, pos);
        const int n_keys = trace_n_keys(t, pos);
        for (int key = 0; key < n_keys; key++)
            out[(size_t)pos * n + key] = p[key];
    }
    return clock_seconds() - start;
}

static bool measure_again(const Bench *b, Err *err) {
    Speed *out = b->out;
    out->n_again = num_min(AGAIN_MAX, model_config(b->model)->seq_len_max);
    float *pattern =
        calloc((size_t)out->n_again * out->n_again, sizeof *pattern);
    if (!pattern)
        return err_memory(err, "bench",
                          (size_t)out->n_again * out->n_again *
                              sizeof *pattern);
    Session *s =
        session_open(b->model, &(SessionOptions){.seq_len = out->n_again}, err);
    Trace *t = s ? trace_open(s, 0, err) : NULL;
    const bool ok = t && session_feed(s, b->ids, out->n_again, err);
    for (int i = 0; ok && i < AGAIN_ROUNDS; i++) {
        const int layer = i % model_config(b->model)->n_layers;
        keep_least(&out->site_s, slowest_site_s(t, i));
        keep_least(&out->pattern_s, pattern_s(t, layer, pattern));
    }
    trace_close(t);
    session_close(s);
    free(pattern);
    return ok;
}

/* ---- everything ---------------------------------------------------------- */

static bool measure_round(const Bench *b, Err *err) {
    Speed *s = b->out;
    for (int i = 0; i < s->n_limits; i++) {
        SpeedLimit *l = &s->limits[i];
        limits_read(&l->read, b->spans, b->n_spans, l->n_threads);
        keep_most(&l->f32_ops_per_s, limits_f32_ops_per_s(l->n_threads));
    }
    for (int i = 0; i < s->n_rows; i++)
        if (!run_row(b, &s->rows[i], err)) return false;
    s->n_rounds++;
    return true;
}

static bool measure(const Bench *b, double seconds, Err *err) {
    const double start = clock_seconds();
    do
        if (!measure_round(b, err)) return false;
    while (clock_seconds() - start < seconds);
    return measure_again(b, err);
}

bool speed_measure(Speed *out, const Model *m, double seconds, Err *err) {
    const Config *c = model_config(m);
    const size_t n_tensors = arch_tensor_count(c);
    Bench b = {.model = m, .out = out};
    *out = (Speed){0};
    b.ids = malloc((size_t)c->seq_len_max * sizeof *b.ids);
    b.spans = malloc(n_tensors * sizeof *b.spans);
    bool ok = b.ids && b.spans;
    if (ok) {
        for (int i = 0; i < c->seq_len_max; i++)
            b.ids[i] =
                (int)(i * 7LL % c->vocab_size); /* speed depends on none */
        out->whole = !c->arch->causal;
        add_matrices(&b);
        add_rows(out);
        out->n_prompt = prompt_tokens(&b);
        ok = measure(&b, seconds, err);
    } else {
        err_memory(err, "bench", n_tensors * sizeof *b.spans);
    }
    free(b.ids);
    free(b.spans);
    return ok;
}

const SpeedLimit *speed_limit(const Speed *s, const SpeedRow *r) {
    int i = 0;
    while (s->limits[i].n_threads != r->n_threads)
        i++;
    assert(i < s->n_limits);
    return &s->limits[i];
}

/* Rows of the same threads and feed follow each other: see add_rows. */
const SpeedRow *speed_untraced(const SpeedRow *r) {
    return r - r->trace;
}
