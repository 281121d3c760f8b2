/* The loop around train_step: what is shown, tried out and saved between
 * steps. */
#include "viz/cli/train/training.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"
#include "engine/run/generate.h"
#include "engine/spec/arch.h"
#include "lessons/scan.h"
#include "viz/cli/cli.h"
#include "viz/cli/train/progress.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SAVE_S        60  /* between checkpoints */
#define HELD_OUT_ROWS 32  /* in a look at the held-out loss */
#define SAMPLE_TOKENS 60  /* of a sample */
#define SAMPLE_BYTES  512 /* of its text */
#define LOSS_KEPT     0.9 /* of the running mean at each step */

/* ---- series -------------------------------------------------------------- */

static bool add_step(TrainingSeries *s, double step, Err *err) {
    if (s->n == TRAINING_SERIES_MAX)
        return err_set(err, ERR_USAGE, 0, "--at: allowed are %d steps",
                       TRAINING_SERIES_MAX);
    s->steps[s->n++] = (int)step;
    return true;
}

bool training_series(TrainingSeries *s, const char *list, int last, Err *err) {
    s->n = 0;
    if (!list) {
        const int ones[] = {1, 2, 5};
        if (!add_step(s, 0, err)) return false;
        for (int64_t ten = 1; ten < last; ten *= 10)
            for (int i = 0; i < 3 && ones[i] * ten < last; i++)
                if (!add_step(s, (double)(ones[i] * ten), err)) return false;
        return add_step(s, last, err);
    }
    for (const char *at = list;;) {
        const size_t n = strcspn(at, ",");
        double step;
        if (!scan_number(at, n, &step) || step != floor(step) || step < 0 ||
            step > last)
            return err_set(err, ERR_USAGE, 0,
                           "--at: found \"%.*s\", need steps from 0 to %d with "
                           "commas between",
                           (int)n, at, last);
        if (!add_step(s, step, err)) return false;
        if (at[n] == '\0') return true;
        at += n + 1;
    }
}

/* ---- a run --------------------------------------------------------------- */

typedef struct Run {
    Training *t;
    Progress progress;
    double loss;     /* running mean; NaN before the first step */
    double drill;    /* the same of the drill's; NaN without one */
    double speed_s;  /* when the steps counted below began */
    int speed_steps; /* done then */
    double saved_s;  /* when the last checkpoint was written */
    sigset_t stop;   /* the signals that end a run */
    sigset_t before; /* what was blocked before */
} Run;

/* The signals are blocked and looked at between steps, so that no handler, and
 * no global for it to set, is needed. */
static void hold_signals(Run *r) {
    sigemptyset(&r->stop);
    sigaddset(&r->stop, SIGINT);
    sigaddset(&r->stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &r->stop, &r->before);
}

static bool is_stopped(void) {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM);
}

/* Takes the signal that ended the run, so that it ends nothing else. */
static void release_signals(const Run *r) {
    int signal;
    if (is_stopped()) sigwait(&r->stop, &signal);
    sigprocmask(SIG_SETMASK, &r->before, NULL);
}

static double held_out(const Run *r) {
    return data_n_held_out(r->t->data) > 0
               ? train_held_out(r->t->trainer, r->t->data, HELD_OUT_ROWS)
               : NAN;
}

/* ---- saving -------------------------------------------------------------- */

static bool save_model(const Training *t, const char *path, bool is_compact,
                       Err *err) {
    size_t size;
    const ParamsFile file = {is_compact, t->tokenizer_sum, t->tokenizer};
    void *bytes = train_export(t->trainer, &file, &size, err);
    const bool ok = bytes && file_save(path, bytes, size, err);
    free(bytes);
    return ok;
}

static bool save_all(const Training *t, Err *err) {
    return ckpt_save(t->outputs->ckpt, t->trainer, &t->text, err) &&
           save_model(t, t->outputs->model, false, err);
}

/* A full disk now need not be full later: training goes on. */
static void save_on_the_way(Run *r) {
    const double now = clock_seconds();
    if (now - r->saved_s < SAVE_S) return;
    Err err = {0};
    r->saved_s = now;
    if (!ckpt_save(r->t->outputs->ckpt, r->t->trainer, &r->t->text, &err))
        progress_note(&r->progress,
                      "warning: %s; training goes on, the next try is in %d s",
                      err.msg, SAVE_S);
}

static bool add_line(const Run *r, Err *err) {
    const double loss = held_out(r);
    char text[64];
    snprintf(text, sizeof text, "%.5f\t%.5f", isnan(r->loss) ? loss : r->loss,
             loss);
    return outputs_add_step(r->t->outputs->folder_steps,
                            train_steps(r->t->trainer), text, err);
}

/* Keeps the model if this step is one of the series. */
static bool keep_step(const Run *r, Err *err) {
    const TrainingSeries *s = &r->t->series;
    const char *folder = r->t->outputs->folder;
    const int step = train_steps(r->t->trainer);
    bool is_kept = false;
    for (int i = 0; i < s->n && folder; i++)
        is_kept = is_kept || s->steps[i] == step;
    if (!is_kept) return true;
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/step-%06d%s", folder, step,
             r->t->outputs->end);
    return save_model(r->t, path, s->is_compact, err) && add_line(r, err);
}

/* ---- showing ------------------------------------------------------------- */

/* The text of the first tokens that a model says, as far as there is room in
 * out; its length. */
static int say(const Training *t, Session *s, char out[SAMPLE_BYTES]) {
    Encoding prompt = {0};
    Generate g = {0};
    int n = 0;
    GenerateOptions opt = {.sampler = {.temperature = 0.8f, .top_p = 0.95f},
                           .seed = 1};
    bool ok = tokenizer_encode(t->tokenizer, t->prompt, strlen(t->prompt),
                               TOKENIZER_BOS, &prompt, NULL) &&
              generate_init(&g, s, t->tokenizer, NULL);
    opt.length = num_min(session_seq_len(s), SAMPLE_TOKENS + prompt.n) - 1;
    ok = ok && generate_begin(&g, &prompt, &opt, NULL);
    while (ok && generate_next(&g, NULL) && n + g.n_text < SAMPLE_BYTES) {
        memcpy(out + n, g.text, (size_t)g.n_text);
        n += g.n_text;
    }
    generate_free(&g);
    encoding_free(&prompt);
    return n;
}

/* A line of text from the model as it is; "" when it is not to be had. */
static void sample(const Training *t, char out[SAMPLE_BYTES]) {
    size_t size;
    void *bytes = train_export(t->trainer, &(ParamsFile){0}, &size, NULL);
    Model *m = bytes ? model_open_memory("sample", bytes, size, NULL) : NULL;
    Session *s = m ? session_open(m, &(SessionOptions){0}, NULL) : NULL;
    const int n = s ? say(t, s, out) : 0;
    out[n] = '\0';
    for (int i = 0; i < n; i++) /* one line, whatever it learnt to say */
        if (out[i] == '\n') out[i] = ' ';
    session_close(s);
    model_close(m);
    free(bytes);
}

static void follow(double *mean, double loss) {
    if (isnan(*mean))
        *mean = loss;
    else if (!isnan(loss))
        *mean = LOSS_KEPT * *mean + (1 - LOSS_KEPT) * loss;
}

/* Whether what comes next is learnt, or what is hidden. */
static bool is_masked(const Training *t) {
    return arch_ahead(train_params(t->trainer)->config.arch) == 0;
}

/* What a loss is a mean over; where nothing is said it is every token. */
static const char *unit_of(const Training *t) {
    return is_masked(t) ? " nats per masked token" : "";
}

static void losses(const Run *r, char out[64]) {
    const int n = snprintf(out, 64, "loss %.3f", r->loss);
    if (!isnan(r->drill))
        snprintf(out + n, 64 - (size_t)n, ", drill %.3f", r->drill);
}

static void report(Run *r) {
    char text[SAMPLE_BYTES] = "", loss[64];
    const bool speaks = !is_masked(r->t);
    if (speaks) sample(r->t, text);
    losses(r, loss);
    progress_note(&r->progress, "step %d: %s, held out %.3f%s%s%s",
                  train_steps(r->t->trainer), loss, held_out(r), unit_of(r->t),
                  speaks ? ": " : "", text);
    r->speed_s = clock_seconds(); /* looking is not learning */
    r->speed_steps = train_steps(r->t->trainer);
}

static void show(Run *r) {
    const TrainOptions *o = train_options(r->t->trainer);
    const int step = train_steps(r->t->trainer);
    const double tokens =
        (double)(step - r->speed_steps) * o->batch * r->t->data->seq_len;
    char loss[64], text[128];
    losses(r, loss);
    snprintf(text, sizeof text, "%s%s  %.0f tokens/s", loss, unit_of(r->t),
             tokens / (clock_seconds() - r->speed_s));
    progress_show(&r->progress, step, text);
}

/* ---- the loop ------------------------------------------------------------ */

static bool take_step(Run *r, Err *err) {
    const int last = train_options(r->t->trainer)->optim.steps;
    const TrainStep s = train_step(r->t->trainer, r->t->data);
    const int step = train_steps(r->t->trainer);
    /* Of few words none may be hidden: then there is no loss. */
    if ((s.n > 0 && !isfinite(s.loss)) || !isfinite(s.norm))
        return err_set(err, ERR_LIMIT, (size_t)step,
                       "training: loss: found %g at step %d, need a finite "
                       "one; a lower --rate may help",
                       s.loss, step);
    follow(&r->loss, s.loss);
    follow(&r->drill, s.drill);
    show(r);
    if (step % r->t->report_every == 0 || step == last) report(r);
    /* The series first: what a checkpoint has passed is not done again. */
    if (keep_step(r, err) && cli_flush(err)) {
        save_on_the_way(r);
        return true;
    }
    save_all(r->t, NULL); /* what was learnt is kept */
    return false;
}

static bool run_steps(Run *r, Err *err) {
    const int last = train_options(r->t->trainer)->optim.steps;
    while (train_steps(r->t->trainer) < last && !is_stopped())
        if (!take_step(r, err)) return false;
    return true;
}

bool training_run(Training *t, Err *err) {
    const int last = train_options(t->trainer)->optim.steps;
    const int first = train_steps(t->trainer);
    Run r = {.t = t, .loss = NAN, .drill = NAN};
    hold_signals(&r);
    /* At once, so that a disk that is full or not ours is known now. */
    bool ok = save_all(t, err);
    r.progress = progress_start(stdout, last, first);
    r.saved_s = r.speed_s = clock_seconds();
    r.speed_steps = first;
    ok = ok && (first > 0 || keep_step(&r, err)) && run_steps(&r, err);
    progress_end(&r.progress);
    ok = ok && save_all(t, err);
    release_signals(&r);
    const int step = train_steps(t->trainer);
    if (ok && step < last)
        return err_set(err, ERR_CANCELLED, 0,
                       "stopped at step %d of %d; --resume %s goes on", step,
                       last, t->outputs->ckpt);
    return ok;
}
