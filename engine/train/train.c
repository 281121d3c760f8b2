/* Rows over threads, sums of gradients in order, one step of the optimizer. */
#include "engine/train/train.h"

#include "engine/train/backprop.h"
#include "engine/train/drill.h"
#include "engine/train/mask.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct Trainer {
    Params params;
    TrainOptions options;
    const Tkern *tkern;
    int steps;
    float *block;            /* w, m, v and the sums */
    float *w, *m, *v;        /* blocks of params */
    float *sums[TRAIN_SUMS]; /* gradients */
    Backprop workers[TRAIN_SUMS];
    int *made_tokens;  /* [TRAIN_SUMS, T + 1] of the row at hand, where it is
                          not the text itself */
    bool *made_learns; /* [TRAIN_SUMS, T] */
    int n_workers;     /* threads in use */
};

/* ---- in and out ---------------------------------------------------------- */

static bool check_options(const TrainOptions *o, const char *name, Err *err) {
    if (o->batch < 1 || o->batch > TRAIN_BATCH_MAX)
        return err_set(err, ERR_LIMIT, 0, "%s: batch: found %d, need 1..%d",
                       name, o->batch, TRAIN_BATCH_MAX);
    if (o->drill.rows < 0 || o->drill.rows >= o->batch)
        return err_set(err, ERR_LIMIT, 0,
                       "%s: drill: found %d rows, need fewer than the %d of "
                       "a step",
                       name, o->drill.rows, o->batch);
    return true;
}

/* Whether words are hidden and learnt in place, rather than the next one. */
static bool hides(const Params *p) {
    return arch_ahead(p->config.arch) == 0;
}

/* A drill says what comes next, and nothing about what is hidden. */
static bool check_drill(const Trainer *t, const char *name, Err *err) {
    return t->options.drill.rows == 0 || !hides(&t->params) ||
           err_set(err, ERR_UNSUPPORTED, 0,
                   "%s: drill: found %d rows, need none for a %s, which does "
                   "not learn what comes next",
                   name, t->options.drill.rows, t->params.config.arch->title);
}

static int n_sums(const Trainer *t) {
    return t->options.batch < TRAIN_SUMS ? t->options.batch : TRAIN_SUMS;
}

static bool allocate_made(Trainer *t, Err *err) {
    const size_t n = (size_t)t->params.config.seq_len_max + 1;
    t->made_tokens = calloc(TRAIN_SUMS * n, sizeof *t->made_tokens);
    t->made_learns = calloc(TRAIN_SUMS * n, sizeof *t->made_learns);
    return (t->made_tokens && t->made_learns) ||
           err_memory(err, "rows", TRAIN_SUMS * n * sizeof *t->made_tokens);
}

static bool allocate(Trainer *t, Err *err) {
    const size_t n = t->params.n;
    const size_t count = n * (size_t)(3 + n_sums(t));
    t->block = calloc(count, sizeof *t->block);
    if (!t->block) return err_memory(err, "training", count * sizeof(float));
    t->w = t->block;
    t->m = t->w + n;
    t->v = t->m + n;
    for (int i = 0; i < n_sums(t); i++)
        t->sums[i] = t->v + n * (size_t)(1 + i);
    const int threads = team_cores(t->options.n_threads);
    const int wanted = threads < n_sums(t) ? threads : n_sums(t);
    for (; t->n_workers < wanted; t->n_workers++)
        if (!backprop_init(&t->workers[t->n_workers], &t->params, t->tkern,
                           t->params.config.seq_len_max, err))
            return false;
    return true;
}

Trainer *train_open(const Config *c, const TrainOptions *o, const char *name,
                    Err *err) {
    if (!check_options(o, name, err)) return NULL;
    Trainer *t = calloc(1, sizeof *t);
    if (!t) {
        err_memory(err, "trainer", sizeof *t);
        return NULL;
    }
    t->options = *o;
    t->tkern = tkern_get(o->kernel);
    assert(t->tkern);
    if (params_init(&t->params, c, name, err) && check_drill(t, name, err) &&
        allocate(t, err) && allocate_made(t, err))
        return t;
    train_close(t);
    return NULL;
}

void train_close(Trainer *t) {
    if (!t) return;
    for (int i = 0; i < t->n_workers; i++)
        backprop_free(&t->workers[i]);
    free(t->made_tokens);
    free(t->made_learns);
    free(t->block);
    free(t);
}

const Params *train_params(const Trainer *t) {
    return &t->params;
}

const TrainOptions *train_options(const Trainer *t) {
    return &t->options;
}

uint64_t train_bytes(const Trainer *t) {
    const uint64_t blocks = 3 + (uint64_t)n_sums(t);
    const uint64_t made = TRAIN_SUMS * (sizeof(int) + sizeof(bool)) *
                          ((uint64_t)t->params.config.seq_len_max + 1);
    return blocks * t->params.n * sizeof(float) + made +
           (uint64_t)t->n_workers *
               backprop_bytes(&t->params, t->params.config.seq_len_max);
}

int train_steps(const Trainer *t) {
    return t->steps;
}

void train_randomize(Trainer *t) {
    params_randomize(&t->params, t->w, t->options.seed);
}

void train_copy(Trainer *t, const Model *m) {
    params_copy(&t->params, t->w, m);
}

TrainState train_state(Trainer *t) {
    return (TrainState){t->w, t->m, t->v, &t->steps};
}

void *train_export(const Trainer *t, const ParamsFile *file, size_t *size,
                   Err *err) {
    return params_export(&t->params, t->w, file, size, err);
}

/* ---- rows over threads --------------------------------------------------- */

/* What a step or a look at the held-out rows takes: rows 0..n-1, of which the
 * first n_drill are a drill's. */
typedef struct Rows {
    Trainer *trainer;
    const Data *data;
    int n, n_drill;
    bool learns;    /* or measures, on held-out rows */
    uint64_t first; /* of the training's rows of text; unused otherwise */
    struct {
        double text, drill;
        int64_t text_n; /* tokens to be learnt */
        int drill_n;
    } loss[TRAIN_SUMS];
} Rows;

static void run_drill(Rows *r, Backprop *b, int sum, int i, float *grad,
                      float weight) {
    Trainer *t = r->trainer;
    const int seq_len = r->data->seq_len;
    int *tokens = t->made_tokens + (size_t)sum * (size_t)(seq_len + 1);
    bool *learns = t->made_learns + (size_t)sum * (size_t)seq_len;
    const uint64_t number =
        (uint64_t)t->steps * (uint64_t)t->options.batch + (uint64_t)i;
    drill_row(r->data->pieces, r->data->n_pieces, t->options.seed, number,
              seq_len, tokens, learns);
    const BackpropRow row = {tokens, tokens + 1, learns, seq_len};
    r->loss[sum].drill += backprop_row(b, t->w, &row, grad, weight);
    for (int k = 0; k < seq_len; k++)
        r->loss[sum].drill_n += learns[k];
}

/* The row with some of its words hidden; how many. */
static int hide(const Rows *r, int sum, uint64_t at, const int *text,
                BackpropRow *row) {
    const Trainer *t = r->trainer;
    const Data *d = r->data;
    int *tokens = t->made_tokens + (size_t)sum * (size_t)(d->seq_len + 1);
    bool *learns = t->made_learns + (size_t)sum * (size_t)d->seq_len;
    const uint64_t key = r->learns ? mask_key(t->options.seed, r->first + at)
                                   : mask_key_held_out(at);
    *row = (BackpropRow){tokens, text, learns, d->seq_len};
    return mask_row(d, key, text, tokens, learns);
}

static void run_text(Rows *r, Backprop *b, int sum, int i, float *grad,
                     float weight) {
    const Trainer *t = r->trainer;
    const Data *d = r->data;
    const uint64_t at = (uint64_t)(i - r->n_drill);
    const int *text = r->learns ? data_row(d, t->options.seed, r->first + at)
                                : data_held_out(d, at);
    BackpropRow row = {text, text + 1, NULL, d->seq_len};
    r->loss[sum].text_n +=
        hides(&t->params) ? hide(r, sum, at, text, &row) : d->seq_len;
    r->loss[sum].text += backprop_row(b, t->w, &row, grad, weight);
}

/* The gradient is that of the mean over a step's tokens; of hidden ones over as
 * many as there are by and large, since how many they are turns out row by
 * row. */
static float weight_of(const Rows *r) {
    const float n = (float)r->n * (float)r->data->seq_len;
    return 1 / (hides(&r->trainer->params) ? n * MASK_SHARE_PERCENT / 100 : n);
}

/* Row i goes to sum i % n_sums. */
static void run_sum(Rows *r, Backprop *b, int sum) {
    Trainer *t = r->trainer;
    float *grad = r->learns ? t->sums[sum] : NULL;
    if (grad) memset(grad, 0, t->params.n * sizeof *grad);
    const float weight = weight_of(r);
    for (int i = sum; i < r->n; i += n_sums(t))
        if (i < r->n_drill)
            run_drill(r, b, sum, i, grad, weight);
        else
            run_text(r, b, sum, i, grad, weight);
}

static void run_worker(void *ud, int worker) {
    Rows *r = ud;
    Trainer *t = r->trainer;
    for (int sum = worker; sum < n_sums(t); sum += t->n_workers)
        run_sum(r, &t->workers[worker], sum);
}

/* Tokens of text that were to be learnt. */
static int64_t n_learnt(const Rows *r) {
    int64_t n = 0;
    for (int i = 0; i < TRAIN_SUMS; i++)
        n += r->loss[i].text_n;
    return n;
}

/* Mean losses of a token of text and, unless NULL, of one of the drill; NaN
 * where there is none. */
static double run_rows(Rows *r, double *drill) {
    Trainer *t = r->trainer;
    team_parallel(run_worker, r, t->n_workers, t->n_workers);
    const int64_t text_n = n_learnt(r);
    double text = 0, drilled = 0;
    int drill_n = 0;
    for (int i = 0; i < n_sums(t); i++) {
        text += r->loss[i].text;
        drilled += r->loss[i].drill;
        drill_n += r->loss[i].drill_n;
    }
    if (drill) *drill = drill_n ? drilled / drill_n : NAN;
    return text_n ? text / (double)text_n : NAN;
}

static int drill_rows(const TrainDrill *d, int step) {
    return step < d->steps || d->rows == 0 ? d->rows : TRAIN_DRILL_KEPT;
}

/* Rows of text before this step. */
static uint64_t rows_taken(const Trainer *t) {
    const TrainDrill *d = &t->options.drill;
    const uint64_t steps = (uint64_t)t->steps, batch = t->options.batch;
    const uint64_t first =
        (uint64_t)(t->steps < d->steps ? t->steps : d->steps);
    return first * (batch - drill_rows(d, 0)) +
           (steps - first) * (batch - drill_rows(d, d->steps));
}

TrainStep train_step(Trainer *t, const Data *data) {
    const TrainOptions *o = &t->options;
    Rows rows = {.trainer = t,
                 .data = data,
                 .first = rows_taken(t),
                 .n = o->batch,
                 .n_drill = drill_rows(&o->drill, t->steps),
                 .learns = true};
    TrainStep out = {.rate = optim_rate(&o->optim, t->steps)};
    out.loss = run_rows(&rows, &out.drill);
    out.n = n_learnt(&rows);
    out.norm = optim_sum(&t->params, t->sums, n_sums(t), t->n_workers);
    optim_step(&t->params, &o->optim, t->tkern, t->steps, t->w, t->m, t->v,
               t->sums[0], out.norm, t->n_workers);
    t->steps++;
    return out;
}

double train_held_out(Trainer *t, const Data *data, size_t max_rows) {
    const size_t n = data_n_held_out(data);
    Rows rows = {
        .trainer = t, .data = data, .n = (int)(n < max_rows ? n : max_rows)};
    return run_rows(&rows, NULL);
}
