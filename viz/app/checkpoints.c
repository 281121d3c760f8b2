/* Steps of training: read from their table, and run over a text. */
#include "viz/app/checkpoints.h"

#include "assets/embed.h"
#include "engine/base/team.h"
#include "viz/app/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE "assets/models/steps/training.tsv"

/* A step's model, and as much of the text as it has read. */
typedef struct Reader {
    Model *model;
    Session *session; /* NULL: not open */
    float *made;      /* [n_vocab] of Checkpoints.made */
    bool is_made, is_stopped;
    int n_read; /* positions, of the last text */
} Reader;

struct Checkpoints {
    Training training;
    int *wanted;     /* [n_wanted] tokens, room for seq_len */
    uint64_t number; /* of what is wanted */
    int n_wanted, seq_len;
    bool is_watched;                /* somebody looks: readers stay open */
    bool is_open;                   /* a reader may be */
    bool tried[TRAINING_STEPS_MAX]; /* of what is wanted */
    float *after;                   /* [n][n_vocab] */

    int n_threads;

    /* The one's own that computes. */
    int *tokens; /* [n_tokens] */
    int n_tokens;
    int begun[TRAINING_STEPS_MAX], n_begun; /* 0: all are to be closed */
    uint64_t reading;
    float *made; /* [n][n_vocab] */
    Reader readers[TRAINING_STEPS_MAX];
    uint64_t n_read;
};

/* ---- the table ----------------------------------------------------------- */

typedef struct Cursor {
    const char *at, *end; /* of one line */
    int line, column;
    Err *err;
} Cursor;

static bool bad(const Cursor *c, const char *need) {
    return err_set(c->err, ERR_FORMAT, 0, TABLE ":%d: column %d: need %s",
                   c->line, c->column, need);
}

/* The next column into out[size]. */
static bool column(Cursor *c, char *out, size_t size) {
    c->column++;
    const char *tab = memchr(c->at, '\t', (size_t)(c->end - c->at));
    const size_t n = (size_t)((tab ? tab : c->end) - c->at);
    if (n == 0 || n >= size) return bad(c, "a number");
    memcpy(out, c->at, n);
    out[n] = '\0';
    c->at = tab ? tab + 1 : c->end;
    return true;
}

static bool whole(Cursor *c, int least, int *out) {
    char text[24], *end;
    if (!column(c, text, sizeof text)) return false;
    errno = 0;
    const long v = strtol(text, &end, 10);
    *out = (int)v;
    return (errno == 0 && *end == '\0' && v >= least && v <= 1000000000) ||
           bad(c, "a whole number");
}

static bool real(Cursor *c, float most, float *out) {
    char text[24], *end;
    if (!column(c, text, sizeof text)) return false;
    *out = strtof(text, &end);
    return (*end == '\0' && *out >= 0 && *out <= most) ||
           bad(c, "a number in range");
}

static bool sum(Cursor *c, uint64_t *out) {
    char text[24], *end;
    if (!column(c, text, sizeof text)) return false;
    *out = strtoull(text, &end, 16);
    return (*end == '\0' && end - text == 16) || bad(c, "a checksum");
}

static bool head(Cursor *c, TrainingHead *out) {
    char text[24], *dot, *end;
    if (!column(c, text, sizeof text)) return false;
    out->layer = (int)strtol(text, &dot, 10);
    if (*dot != '.') return bad(c, "a head");
    out->head = (int)strtol(dot + 1, &end, 10);
    return *end == '\0' ? real(c, 1, &out->score) : bad(c, "a head");
}

static bool story(Cursor *c, TrainingStep *out) {
    c->column++;
    out->story = c->at;
    out->story_len = (int)(c->end - c->at);
    for (const char *p = c->at; p < c->end; p++)
        if (*p < ' ' || *p > '~') return bad(c, "printable ASCII");
    return (out->story_len > 0 && out->slip < out->story_len) ||
           bad(c, "a story, longer than to its slip");
}

static bool row(Cursor *c, TrainingStep *out) {
    bool ok = whole(c, 0, &out->step) && sum(c, &out->checksum) &&
              whole(c, 1, &out->texts) && whole(c, 0, &out->told) &&
              real(c, 1000, &out->loss) && real(c, 1000, &out->entropy) &&
              real(c, 100, &out->names) && real(c, 100, &out->pronouns) &&
              real(c, 100, &out->things);
    for (int i = 0; ok && i < TRAINING_ROLES; i++)
        ok = head(c, &out->heads[i]);
    return ok && whole(c, -1, &out->slip) && story(c, out);
}

bool checkpoints_read(const char *text, size_t n, Training *out, Err *err) {
    Cursor c = {.at = text, .err = err};
    const char *end = text + n;
    out->n = 0;
    while (c.at < end) {
        const char *stop = memchr(c.at, '\n', (size_t)(end - c.at));
        c.end = stop ? stop : end;
        c.line++;
        c.column = 0;
        if (out->n == TRAINING_STEPS_MAX) return bad(&c, "fewer lines");
        TrainingStep *s = &out->steps[out->n];
        *s = (TrainingStep){0};
        if (!row(&c, s)) return false;
        if (out->n > 0 && s->step <= s[-1].step)
            return bad(&c, "later steps on later lines");
        out->n++;
        c.at = stop ? stop + 1 : end;
    }
    return out->n >= 2 || bad(&c, "two lines or more");
}

/* ---- opening and closing ------------------------------------------------- */

static Model *open_step(const TrainingStep *s, Err *err) {
    char path[64];
    snprintf(path, sizeof path, SOURCE_EMBEDDED "step-%06d", s->step);
    return source_weights(path, err);
}

/* Whether the steps are there and can read what this tokenizer makes. */
static bool can_read(Checkpoints *c, const Tokenizer *tokenizer) {
    Err ignored = {0};
    Model *m = open_step(&c->training.steps[0], &ignored);
    if (!m) return false;
    Tokenizer *own = source_tokenizer(m, NULL, NULL, &ignored);
    const int n = model_config(m)->vocab_size;
    const bool same = own && tokenizer_same_pieces(own, tokenizer);
    c->training.n_vocab = n;
    c->seq_len = model_config(m)->seq_len_max;
    tokenizer_close(own);
    model_close(m);
    return same;
}

static bool allocate(Checkpoints *c, Err *err) {
    const size_t n = (size_t)c->seq_len, v = (size_t)c->training.n_vocab;
    c->wanted = calloc(n, sizeof *c->wanted);
    c->tokens = calloc(n, sizeof *c->tokens);
    c->made = calloc(v * (size_t)c->training.n, sizeof *c->made);
    c->after = calloc(v * (size_t)c->training.n, sizeof *c->after);
    return (c->wanted && c->tokens && c->made && c->after) ||
           err_memory(err, "the steps of training", v * sizeof(float));
}

static bool open_parts(Checkpoints *c, const Embed *table,
                       const Tokenizer *tokenizer, Err *err) {
    if (!checkpoints_read((const char *)table->begin,
                          (size_t)(table->end - table->begin), &c->training,
                          err))
        return false;
    c->training.reads = can_read(c, tokenizer);
    return !c->training.reads || allocate(c, err);
}

Checkpoints *checkpoints_open(const Tokenizer *tokenizer, int n_threads,
                              Err *err) {
    const Embed *table = embed_table;
    while (table->name && strcmp(table->name, TABLE) != 0)
        table++;
    if (!table->name) return NULL;
    Checkpoints *c = calloc(1, sizeof *c);
    if (!c) {
        err_memory(err, "the steps of training", sizeof *c);
        return NULL;
    }
    c->n_threads = team_cores(n_threads);
    if (open_parts(c, table, tokenizer, err)) return c;
    checkpoints_close(c);
    return NULL;
}

static void close_reader(Reader *r) {
    session_close(r->session);
    model_close(r->model);
    *r = (Reader){0};
}

void checkpoints_close(Checkpoints *c) {
    if (!c) return;
    for (int i = 0; i < c->training.n; i++)
        close_reader(&c->readers[i]);
    free(c->wanted);
    free(c->tokens);
    free(c->made);
    free(c->after);
    free(c);
}

void checkpoints_beside(Checkpoints *c, const char *model) {
    Training *t = &c->training;
    char name[STATE_PATH_MAX];
    t->is_of_model = !model;
    for (int i = 0; i < t->n; i++) {
        training_model(t->steps[i].step, name);
        t->is_of_model = t->is_of_model || (model && strcmp(model, name) == 0);
    }
}

const Training *checkpoints_training(const Checkpoints *c) {
    return &c->training;
}

/* ---- reading a text ------------------------------------------------------ */

void checkpoints_want(Checkpoints *c, const int *tokens, int n) {
    if (!tokens || !c->training.reads || n > c->seq_len) n = 0;
    const size_t bytes = (size_t)n * sizeof *tokens;
    c->is_watched = tokens != NULL;
    if (n == c->n_wanted && (n == 0 || memcmp(tokens, c->wanted, bytes) == 0))
        return;
    if (n > 0) memcpy(c->wanted, tokens, bytes);
    c->n_wanted = n;
    c->number++;
    for (int i = 0; i < c->training.n; i++) {
        c->tried[i] = false;
        c->training.steps[i].after = NULL;
    }
}

/* The first from i on that was not tried; n: all were. */
static int next_step(const Checkpoints *c, int i) {
    while (i < c->training.n && c->tried[i])
        i++;
    return i;
}

bool checkpoints_are_settled(const Checkpoints *c) {
    if (!c) return true;
    if (!c->is_watched) return !c->is_open;
    return c->n_wanted == 0 || next_step(c, 0) == c->training.n;
}

bool checkpoints_begin(Checkpoints *c) {
    if (checkpoints_are_settled(c)) return false;
    c->n_begun = 0;
    int i = c->is_watched ? next_step(c, 0) : c->training.n;
    for (; i < c->training.n && c->n_begun < c->n_threads;
         i = next_step(c, i + 1))
        c->begun[c->n_begun++] = i;
    c->is_open = true;
    c->n_tokens = c->n_wanted;
    c->reading = c->number;
    memcpy(c->tokens, c->wanted, (size_t)c->n_tokens * sizeof *c->tokens);
    return true;
}

/* The step's, opened for whatever may be read; false: it cannot be. */
static bool open_reader(Checkpoints *c, int step) {
    Err ignored = {0};
    Reader *r = &c->readers[step];
    const SessionOptions opt = {.seq_len = c->seq_len, .n_threads = 1};
    if (r->session) return true;
    r->made = c->made + (size_t)step * (size_t)c->training.n_vocab;
    r->model = open_step(&c->training.steps[step], &ignored);
    r->session = r->model ? session_open(r->model, &opt, &ignored) : NULL;
    if (!r->session) close_reader(r);
    return r->session != NULL;
}

/* How many tokens it has read already and can go on after: what follows the
 * last one is wanted, so that one is read again. */
static int n_known(const Checkpoints *c, const Session *s) {
    const int *known = session_tokens(s), n = session_pos(s);
    int i = 0;
    while (i < n && i < c->n_tokens - 1 && known[i] == c->tokens[i])
        i++;
    return i;
}

/* Of one step.  What it had read when it was stopped it knows the next time. */
static void read_on(void *ud, int i) {
    Checkpoints *c = ud;
    Err err = {0};
    Reader *r = &c->readers[c->begun[i]];
    Session *s = r->session;
    r->is_made = r->is_stopped = false;
    r->n_read = 0;
    if (!s) return;
    const int known = n_known(c, s);
    session_rewind(s, known);
    const float *logits =
        session_feed(s, c->tokens + known, c->n_tokens - known, &err);
    r->n_read = session_pos(s) - known;
    r->is_made = logits != NULL;
    r->is_stopped = err.code == ERR_CANCELLED;
    if (logits)
        session_kern(s)->softmax(r->made, logits, c->training.n_vocab);
    else if (!r->is_stopped)
        close_reader(r);
}

void checkpoints_compute(Checkpoints *c, SessionWatch watch) {
    if (c->n_begun == 0)
        for (int i = 0; i < c->training.n; i++)
            close_reader(&c->readers[i]);
    for (int i = 0; i < c->n_begun; i++)
        if (open_reader(c, c->begun[i]))
            session_set_watch(c->readers[c->begun[i]].session, watch);
    team_parallel(read_on, c, c->n_begun, c->n_threads);
    for (int i = 0; i < c->n_begun; i++)
        c->n_read += (uint64_t)c->readers[c->begun[i]].n_read;
}

static void publish_step(Checkpoints *c, int step) {
    const Reader *r = &c->readers[step];
    const size_t v = (size_t)c->training.n_vocab;
    if (r->is_stopped) return;
    c->tried[step] = true;
    if (!r->is_made) return;
    float *after = c->after + (size_t)step * v;
    memcpy(after, r->made, v * sizeof *after);
    c->training.steps[step].after = after;
}

void checkpoints_publish(Checkpoints *c) {
    if (c->n_begun == 0) c->is_open = false;
    if (c->reading != c->number) return;
    for (int i = 0; i < c->n_begun; i++)
        publish_step(c, c->begun[i]);
}

uint64_t checkpoints_n_read(const Checkpoints *c) {
    return c->n_read;
}
