/* STUDY_OFF: what the model says when one part more is really switched off: the
 * text is run again, with that, from where that first makes a difference; where
 * positions look at later ones, too, all of it. */
#include "engine/run/session.h"
#include "engine/study/study_private.h"

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
    return of_mlp || kind == EDIT_HEAD || kind == EDIT_ATTN;
}

/* The rows of the stream that enter there, on the heap; NULL: no memory.  Where
 * those after the attention are not stored, those before it are taken. */
static float *rows_of(const StudyWork *w, StudyKey key, SessionBranch *b) {
    const size_t dim = (size_t)trace_config(w->trace)->dim;
    float *x = malloc((size_t)(key.pos + 1) * dim * sizeof *x);
    for (int i = 0; i <= key.pos && b->site == SITE_RESID_MID; i++)
        if (!trace_find(w->trace, SITE_RESID_MID, b->layer, i))
            b->site = SITE_RESID_PRE;
    for (int i = 0; x && i <= key.pos; i++)
        memcpy(x + (size_t)i * dim, w->row(w, b->site, b->layer, i),
               dim * sizeof *x);
    return x;
}

/* The tokens that the logits at pos are made from. */
static int n_needed(const StudyWork *w, int pos) {
    return trace_two_way(w->trace) ? trace_n_pos(w->trace) : pos + 1;
}

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

static const float *feed(const StudyWork *w, StudyKey key, Session *s,
                         const int *tokens, Err *err) {
    SessionBranch b;
    const int n = key.pos + 1;
    if (!branches(w, key, &b)) return session_feed(s, tokens, n, err);
    float *x = (EditKind)(key.index % EDIT_NONE) == EDIT_CUT
                   ? NULL
                   : rows_of(w, key, &b);
    b.x = x;
    const float *logits = x || b.layer == 0
                              ? session_branch(s, &b, tokens, n, err)
                              : session_feed(s, tokens, n, err);
    free(x);
    return logits;
}

/* The logits [V] at the key's position; false: none, or stopped. */
static bool run_again(const StudyWork *w, StudyKey key, Session *s,
                      float *out) {
    const EditKind kind = (EditKind)(key.index % EDIT_NONE);
    const int n = n_needed(w, key.pos);
    const size_t size = (size_t)trace_config(w->trace)->vocab_size;
    Edits edits = *trace_edits(w->trace);
    Err err = {0};
    int *tokens = malloc((size_t)n * sizeof *tokens);
    bool ok = tokens != NULL;
    for (int i = 0; ok && i < n; i++)
        tokens[i] = trace_token(w->trace, i);
    session_set_watch(s, w->watch);
    session_set_donor(s, taken_donor(trace_taken(w->trace)));
    ok = ok && edits_set(&edits, kind, key.layer, key.index / EDIT_NONE, 0) &&
         session_set_edits(s, &edits, &err);
    if (ok && trace_two_way(w->trace)) {
        LogitsTap tap = {key.pos, out, size * sizeof *out};
        ok = feed_whole(w, s, tokens, &tap, &err);
    } else if (ok) {
        const float *logits = feed(w, key, s, tokens, &err);
        ok = logits != NULL;
        if (ok) memcpy(out, logits, size * sizeof *out);
    }
    if (err.code == ERR_CANCELLED) *w->stopped = true;
    free(tokens);
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

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    if (key.pos < 0 || key.pos >= trace_n_pos(w->trace) || key.index < 0)
        return NULL;
    const SessionOptions options = {.seq_len = n_needed(w, key.pos)};
    const size_t size = (size_t)trace_config(w->trace)->vocab_size;
    Err err = {0};
    *bytes = sizeof(StudyOff) + size * sizeof(float);
    Session *s = session_open(trace_model(w->trace), &options, &err);
    StudyOff *out = s ? malloc(*bytes) : NULL;
    const bool ok = out && run_again(w, key, s, out->logits);
    session_close(s);
    if (ok) {
        find_best(w, out);
        return out;
    }
    free(out);
    return NULL;
}

const StudyKindInfo study_kind_off = {
    .name = "off", .make = make, .runs = true, .of_logits = true};
