#include "engine/train/train.h"

#include "engine/train/backprop.h"

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
    int n_workers; /* threads in use */
};

/* ---- in and out ---------------------------------------------------------- */

static bool check_options(const TrainOptions *o, const char *name, Err *err) {
    if (o->batch >= 1 && o->batch <= TRAIN_BATCH_MAX) return true;
    return err_set(err, ERR_LIMIT, 0, "%s: batch: found %d, need 1..%d", name,
                   o->batch, TRAIN_BATCH_MAX);
}

static int n_sums(const Trainer *t) {
    return t->options.batch < TRAIN_SUMS ? t->options.batch : TRAIN_SUMS;
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
    const int threads = kern_threads(t->options.n_threads);
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
    t->tkern = tkern_get(NULL);
    if (params_init(&t->params, c, name, err) && allocate(t, err)) return t;
    train_close(t);
    return NULL;
}

void train_close(Trainer *t) {
    if (!t) return;
    for (int i = 0; i < t->n_workers; i++)
        backprop_free(&t->workers[i]);
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
    return blocks * t->params.n * sizeof(float) +
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

void *train_export(const Trainer *t, bool is_compact, size_t *size, Err *err) {
    return params_export(&t->params, t->w, is_compact, size, err);
}

/* ---- rows over threads --------------------------------------------------- */

/* Rows 0..n-1, dealt to the sums in turn: sum s gets s, s + n_sums, ... */
typedef struct Rows {
    Trainer *trainer;
    const Data *data;
    uint64_t first; /* of the training's rows; unused for held-out ones */
    int n;
    bool learns; /* or measures, on held-out rows */
    double loss[TRAIN_SUMS];
} Rows;

static void run_sum(Rows *r, Backprop *b, int sum) {
    Trainer *t = r->trainer;
    float *grad = r->learns ? t->sums[sum] : NULL;
    if (grad) memset(grad, 0, t->params.n * sizeof *grad);
    const int seq_len = r->data->seq_len;
    const float weight = 1 / ((float)r->n * (float)seq_len);
    for (int i = sum; i < r->n; i += n_sums(t)) {
        const int *row = r->learns
                             ? data_row(r->data, t->options.seed, r->first + i)
                             : data_held_out(r->data, (size_t)i);
        r->loss[sum] += backprop_row(b, t->w, row, seq_len, grad, weight);
    }
}

static void run_worker(void *ud, int worker) {
    Rows *r = ud;
    Trainer *t = r->trainer;
    for (int sum = worker; sum < n_sums(t); sum += t->n_workers)
        run_sum(r, &t->workers[worker], sum);
}

/* Mean loss of a token. */
static double run_rows(Rows *r) {
    Trainer *t = r->trainer;
    kern_parallel(run_worker, r, t->n_workers, t->n_workers);
    double loss = 0;
    for (int i = 0; i < n_sums(t); i++)
        loss += r->loss[i];
    return loss / ((double)r->n * r->data->seq_len);
}

TrainStep train_step(Trainer *t, const Data *data) {
    const TrainOptions *o = &t->options;
    Rows rows = {.trainer = t,
                 .data = data,
                 .first = (uint64_t)t->steps * (uint64_t)o->batch,
                 .n = o->batch,
                 .learns = true};
    TrainStep out = {.rate = optim_rate(&o->optim, t->steps)};
    out.loss = run_rows(&rows);
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
    return run_rows(&rows);
}
