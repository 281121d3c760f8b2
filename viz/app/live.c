/* A few steps a slice, then the model as it is now reads what is shown.  What
 * frames see (`shown`) is a copy that only live_publish changes. */
#include "viz/app/live.h"

#include "engine/base/clock.h"
#include "engine/base/num.h"
#include "engine/run/generate.h"
#include "engine/spec/arch.h"
#include "engine/train/train.h"
#include "viz/app/source_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_LEAST 4096 /* bytes that a short text is said up to */

#define KEPT (LIVE_STEPS_MAX / LIVE_KEEP + 1)

static const SamplerParams story_sampler = {.temperature = 0.8f, .top_p = 0.9f};

/* A text to learn of one's own. */
typedef struct Own {
    char *text; /* NULL: the world's stories */
    size_t n;
    uint64_t sum; /* of its bytes; 0: the world's */
} Own;

/* What is read beside the weights, and drawn. */
typedef struct Text {
    int tokens[LIVE_CONTEXT];
    int n;
} Text;

struct Live {
    LiveTraining shown;
    float *shown_losses, *shown_after; /* [LIVE_STEPS_MAX], [n_vocab] */
    float rates[LIVE_STEPS_MAX + 1];
    bool is_wanted, is_done; /* and what is wanted is shown */
    int step;
    uint64_t seed, number; /* of what is wanted */
    Text text;
    Own own;

    /* The one's own that computes. */
    const Tokenizer *tokenizer;
    Data data;
    uint64_t data_sum; /* of the Own that it is of */
    Trainer *trainer;
    float *kept[KEPT]; /* [3 n] weights and moments; NULL: not yet */
    float *losses;     /* [LIVE_STEPS_MAX] */
    LiveTraining made;
    /* The model at made.step, as long as it stays that; NULL: not open. */
    void *bytes;
    Model *model;
    Session *session;
    uint64_t n_read;
    float *after; /* [n_vocab] */
    Candidate *candidates;
    int goal;
    uint64_t goal_seed, reading;
    Text goal_text;
    Own goal_own;
    char why[96];
};

/* ---- opening and closing ------------------------------------------------- */

static Config shape(int vocab) {
    return (Config){.arch = &arch_llama,
                    .dim = 32,
                    .hidden_dim = 88,
                    .n_layers = 2,
                    .n_heads = 4,
                    .n_kv_heads = 2,
                    .head_dim = 8,
                    .vocab_size = vocab,
                    .seq_len_max = LIVE_CONTEXT,
                    .norm_eps = PARAMS_NORM_EPS,
                    .rope_theta = PARAMS_ROPE_THETA,
                    .tied = true};
}

static const TrainOptions options = {.optim = {.steps = LIVE_STEPS_MAX,
                                               .warmup = 50,
                                               .rate = 1e-2f,
                                               .rate_end = 1e-3f,
                                               .beta1 = 0.9f,
                                               .beta2 = 0.99f,
                                               .decay = 0.1f,
                                               .clip = 1},
                                     .batch = LIVE_ROWS,
                                     .n_threads = 1};

/* Stories of the embedded world, a line each; malloc'ed. */
static char *draw_stories(size_t *n, Err *err) {
    World *world = source_world(NULL, err);
    if (!world) return NULL;
    const size_t size = (size_t)LIVE_STORIES * WORLD_TEXT_MAX;
    char *text = malloc(size);
    WorldStory *story = malloc(sizeof *story);
    bool ok = (text && story) || err_memory(err, "live training", size);
    WorldStream s = world_stream(world, WORLD_STORY, WORLD_TRAINING, 0);
    *n = 0;
    for (int i = 0; ok && i < LIVE_STORIES; i++) {
        ok = world_draw(&s, story, err);
        if (!ok) break;
        memcpy(text + *n, story->text, story->n);
        *n += story->n;
    }
    free(story);
    world_close(world);
    if (ok) return text;
    free(text);
    return NULL;
}

/* Often enough for a row to learn from, a line each time; malloc'ed. */
static char *say_again(const Own *own, size_t *n, Err *err) {
    const size_t times = OWN_LEAST / (own->n + 1) + 1;
    char *text = malloc(times * (own->n + 1));
    if (!text) err_memory(err, "live training", times * (own->n + 1));
    *n = 0;
    for (size_t i = 0; text && i < times; i++) {
        memcpy(text + *n, own->text, own->n);
        *n += own->n;
        text[(*n)++] = '\n';
    }
    return text;
}

/* What it learns from. */
static bool open_data(Live *l, const Own *own, Err *err) {
    size_t n;
    char *text = own->text ? say_again(own, &n, err) : draw_stories(&n, err);
    data_free(&l->data);
    l->data_sum = own->sum;
    const bool ok =
        text && data_init(&l->data, own->text ? "your text" : "its stories",
                          text, n, l->tokenizer, LIVE_CONTEXT, 0, err);
    free(text);
    return ok;
}

static bool open_parts(Live *l, Err *err) {
    const size_t v = (size_t)l->shown.n_vocab, n = LIVE_STEPS_MAX;
    l->shown_losses = calloc(n, sizeof *l->losses);
    l->losses = calloc(n, sizeof *l->losses);
    l->shown_after = calloc(v, sizeof *l->after);
    l->after = calloc(v, sizeof *l->after);
    l->candidates = calloc(v, sizeof *l->candidates);
    if (!l->shown_losses || !l->losses || !l->shown_after || !l->after ||
        !l->candidates)
        return err_memory(err, "live training", v * sizeof *l->after);
    return open_data(l, &l->goal_own, err);
}

Live *live_open(const Tokenizer *tokenizer, Err *err) {
    Live *l = calloc(1, sizeof *l);
    if (!l) {
        err_memory(err, "live training", sizeof *l);
        return NULL;
    }
    const int v = tokenizer_n_pieces(tokenizer);
    l->shown.n_vocab = v;
    l->shown.step = -1;
    for (int i = 0; i <= LIVE_STEPS_MAX; i++)
        l->rates[i] = optim_rate(&options.optim, i);
    if (tokenizer_bos(tokenizer) != TOKEN_BOS) {
        snprintf(l->why, sizeof l->why,
                 "Training here begins each text with token 1, <s>: this "
                 "tokenizer has none.");
        l->shown.why = l->why;
        return l;
    }
    if (v > LIVE_VOCAB_MAX) {
        snprintf(l->why, sizeof l->why,
                 "Its %d tokens would make a step too slow: need at most %d.",
                 v, LIVE_VOCAB_MAX);
        l->shown.why = l->why;
        return l;
    }
    l->tokenizer = tokenizer;
    if (open_parts(l, err)) return l;
    live_close(l);
    return NULL;
}

static void close_reader(Live *l) {
    session_close(l->session);
    model_close(l->model);
    free(l->bytes);
    l->session = NULL;
    l->model = NULL;
    l->bytes = NULL;
}

static void forget(Live *l) {
    close_reader(l);
    for (int i = 0; i < KEPT; i++) {
        free(l->kept[i]);
        l->kept[i] = NULL;
    }
    train_close(l->trainer);
    l->trainer = NULL;
}

void live_close(Live *l) {
    if (!l) return;
    forget(l);
    data_free(&l->data);
    free(l->own.text);
    free(l->goal_own.text);
    free(l->shown_losses);
    free(l->losses);
    free(l->shown_after);
    free(l->after);
    free(l->candidates);
    free(l);
}

const LiveTraining *live_training(const Live *l) {
    return &l->shown;
}

/* ---- what is wanted ------------------------------------------------------ */

/* FNV-1a; 0: there is no text. */
static uint64_t own_sum(const char *text, size_t n) {
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; text && i < n; i++)
        sum = (sum ^ (unsigned char)text[i]) * 1099511628211u;
    return text && n > 0 ? sum | 1 : 0;
}

/* The last of them: the model sees no more. */
static Text last_of(const LiveAsk *a) {
    Text t = {.n = num_min(a->n, LIVE_CONTEXT)};
    memcpy(t.tokens, a->tokens + (a->n - t.n), (size_t)t.n * sizeof *t.tokens);
    return t;
}

static bool same_text(const Text *a, const Text *b) {
    return a->n == b->n &&
           memcmp(a->tokens, b->tokens, (size_t)a->n * sizeof *a->tokens) == 0;
}

/* A copy, with a number that another text has not, as good as always. */
static bool copy_own(Own *to, const char *text, size_t n) {
    free(to->text);
    *to = (Own){0};
    if (!text || n == 0) return true;
    to->text = malloc(n);
    if (!to->text) return false;
    memcpy(to->text, text, n);
    to->n = n;
    to->sum = own_sum(text, n);
    return true;
}

void live_want(Live *l, const LiveAsk *ask) {
    l->is_wanted = ask && !l->why[0];
    if (!l->is_wanted) return;
    const Text text = last_of(ask);
    const size_t n_own = ask->n_own < LIVE_OWN_MAX ? ask->n_own : LIVE_OWN_MAX;
    const bool same_own = own_sum(ask->own, n_own) == l->own.sum;
    if (l->number > 0 && l->step == ask->step && l->seed == ask->seed &&
        same_own && same_text(&text, &l->text))
        return;
    if (!same_own && !copy_own(&l->own, ask->own, n_own)) {
        l->is_wanted = false;
        return;
    }
    if (l->seed != ask->seed || !same_own) l->shown.step = -1;
    l->step = l->shown.wanted = ask->step;
    l->seed = l->shown.seed = ask->seed;
    l->text = text;
    l->number++;
    l->is_done = false;
}

bool live_is_settled(const Live *l) {
    return !l || !l->is_wanted || l->is_done;
}

bool live_begin(Live *l) {
    if (live_is_settled(l)) return false;
    l->goal = l->step;
    l->goal_seed = l->seed;
    l->goal_text = l->text;
    l->reading = l->number;
    return l->goal_own.sum == l->own.sum ||
           copy_own(&l->goal_own, l->own.text, l->own.n);
}

/* ---- training ------------------------------------------------------------ */

static void copy_state(const Live *l, float *kept, bool back) {
    const TrainState s = train_state(l->trainer);
    const size_t n = train_params(l->trainer)->n;
    float *const parts[] = {s.w, s.m, s.v};
    for (size_t i = 0; i < 3; i++)
        if (back)
            memcpy(parts[i], kept + i * n, n * sizeof *kept);
        else
            memcpy(kept + i * n, parts[i], n * sizeof *kept);
}

/* Keeps the state where one is due; without memory for it the way back is
 * longer. */
static void keep(Live *l) {
    const int step = train_steps(l->trainer), i = step / LIVE_KEEP;
    if (step % LIVE_KEEP != 0 || l->kept[i]) return;
    l->kept[i] = calloc(3 * train_params(l->trainer)->n, sizeof(float));
    if (l->kept[i]) copy_state(l, l->kept[i], false);
}

static void go_back(Live *l) {
    int i = l->goal / LIVE_KEEP;
    while (i > 0 && !l->kept[i])
        i--;
    if (!l->kept[i]) return;
    copy_state(l, l->kept[i], true);
    *train_state(l->trainer).steps = i * LIVE_KEEP;
}

/* The trainer of this seed, not beyond the goal. */
static bool prepare(Live *l) {
    Err ignored = {0};
    const bool other = l->data_sum != l->goal_own.sum || !l->data.tokens;
    if (other ||
        (l->trainer && train_options(l->trainer)->seed != l->goal_seed))
        forget(l);
    if (other && !open_data(l, &l->goal_own, &ignored)) return false;
    if (!l->trainer) {
        const Config c = shape(l->shown.n_vocab);
        TrainOptions o = options;
        o.seed = l->goal_seed;
        l->trainer = train_open(&c, &o, "live training", &ignored);
        if (!l->trainer) return false;
        train_randomize(l->trainer);
        keep(l);
    }
    if (train_steps(l->trainer) > l->goal) go_back(l);
    return train_steps(l->trainer) <= l->goal;
}

static void train_on(Live *l) {
    const double end = clock_seconds() + 1e-3 * LIVE_SLICE_MS;
    for (int step; (step = train_steps(l->trainer)) < l->goal;) {
        l->losses[step] = (float)train_step(l->trainer, &l->data).loss;
        keep(l);
        if (clock_seconds() >= end) return;
    }
}

/* ---- what it says by now ------------------------------------------------- */

/* ln of the sum of e^x. */
static double log_sum(const float *x, int n) {
    double most = -INFINITY, sum = 0;
    for (int i = 0; i < n; i++)
        most = fmax(most, (double)x[i]);
    for (int i = 0; i < n; i++)
        sum += exp((double)x[i] - most);
    return sum > 0 ? most + log(sum) : most;
}

/* -ln p of the true next token, mean over a row.  A text sees nothing of the
 * one before it: it begins anew. */
static float read_row(Live *l, const int *row, float *p) {
    double sum = 0;
    Err ignored = {0};
    Session *s = l->session;
    const int bos = l->data.tokens[0];
    const int v = model_config(session_model(s))->vocab_size;
    session_rewind(s, 0);
    for (int i = 0; i < LIVE_CONTEXT; i++) {
        if (row[i] == bos) session_rewind(s, 0);
        l->n_read++;
        const float *logits = session_feed(s, &row[i], 1, &ignored);
        if (!logits) return NAN;
        const double log_p = (double)logits[row[i + 1]] - log_sum(logits, v);
        if (p) p[i] = (float)exp(log_p);
        sum -= log_p;
    }
    return (float)(sum / LIVE_CONTEXT);
}

static void read_batch(Live *l) {
    LiveTraining *m = &l->made;
    double sum = 0;
    for (int i = 0; i < LIVE_ROWS; i++) {
        const uint64_t at = (uint64_t)m->step * LIVE_ROWS + (uint64_t)i;
        const int *row = data_row(&l->data, l->goal_seed, at);
        if (i == 0) memcpy(m->tokens, row, sizeof m->tokens);
        m->rows[i] = read_row(l, row, i == 0 ? m->p : NULL);
        sum += (double)m->rows[i];
    }
    m->loss = (float)(sum / LIVE_ROWS);
}

/* From BOS on, until the next one. */
static void tell_story(Live *l) {
    const GenerateOptions o = {.sampler = story_sampler, .seed = l->goal_seed};
    LiveTraining *m = &l->made;
    Err ignored = {0};
    const int bos = l->data.tokens[0];
    int id = bos;
    session_rewind(l->session, 0);
    for (m->n_story = 0; m->n_story < LIVE_STORY_MAX;) {
        l->n_read++;
        const float *logits = session_feed(l->session, &id, 1, &ignored);
        if (!logits) return;
        id = generate_draw(&o, logits, (SamplerIds){.n = m->n_vocab},
                           m->n_story, l->candidates, NULL);
        if (id == bos) return;
        m->story[m->n_story++] = id;
    }
}

static bool read_text(Live *l) {
    Err ignored = {0};
    const Text *t = &l->goal_text;
    session_rewind(l->session, 0);
    l->n_read += (uint64_t)t->n;
    const float *logits = session_feed(l->session, t->tokens, t->n, &ignored);
    if (logits)
        session_kern(l->session)->softmax(l->after, logits, l->made.n_vocab);
    return logits != NULL;
}

static bool open_reader(Live *l) {
    Err ignored = {0};
    size_t size;
    const SessionOptions opt = {.n_threads = 1};
    close_reader(l);
    l->bytes = train_export(l->trainer, &(ParamsFile){0}, &size, &ignored);
    if (l->bytes)
        l->model = model_open_memory("live", l->bytes, size, &ignored);
    if (l->model) l->session = session_open(l->model, &opt, &ignored);
    return l->session != NULL;
}

/* What it says of all but the text that is shown. */
static bool read_others(Live *l) {
    if (!open_reader(l)) return false;
    read_batch(l);
    tell_story(l);
    return true;
}

/* What was read of this model still holds: its weights are as they were. */
static bool is_read(const Live *l) {
    return l->session && !l->made.why &&
           l->made.step == train_steps(l->trainer);
}

/* What there is to say of any step. */
static LiveTraining describe(const Live *l) {
    const Config c = shape(l->shown.n_vocab);
    return (LiveTraining){.seed = l->goal_seed,
                          .is_own = l->goal_own.text != NULL,
                          .step = -1,
                          .n_vocab = c.vocab_size,
                          .dim = c.dim,
                          .n_layers = c.n_layers};
}

void live_compute(Live *l) {
    const char *short_of = "There is too little memory to train in.";
    if (!prepare(l)) {
        l->made = describe(l);
        l->made.why = short_of;
        return;
    }
    train_on(l);
    if (!is_read(l)) {
        l->made = describe(l);
        l->made.step = train_steps(l->trainer);
        l->made.n_weights = (int)train_params(l->trainer)->n;
        if (!read_others(l)) l->made.why = short_of;
    }
    if (!l->made.why && !read_text(l)) l->made.why = short_of;
}

void live_publish(Live *l) {
    if (l->made.seed != l->seed || l->goal_own.sum != l->own.sum) return;
    const int n = l->made.step;
    if (n > 0)
        memcpy(l->shown_losses, l->losses, (size_t)n * sizeof *l->losses);
    memcpy(l->shown_after, l->after,
           (size_t)l->made.n_vocab * sizeof *l->after);
    l->shown = l->made;
    l->shown.wanted = l->step;
    l->shown.rates = l->rates;
    l->shown.losses = l->shown_losses;
    l->shown.after = l->shown_after;
    l->is_done = l->reading == l->number && (n == l->goal || l->made.why);
}

uint64_t live_n_read(const Live *l) {
    return l->n_read;
}
