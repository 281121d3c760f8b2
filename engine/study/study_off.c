/* STUDY_OFF: what the model says when one part more is really switched off: the
 * text is run again, with that, from its first token on. */
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

/* The logits at the last of the key's tokens, borrowed from the session; NULL:
 * none, or stopped. */
static const float *run_again(const StudyWork *w, StudyKey key, Session *s) {
    const EditKind kind = (EditKind)(key.index % EDIT_NONE);
    Edits edits = *trace_edits(w->trace);
    Err err = {0};
    int *tokens = malloc(((size_t)key.pos + 1) * sizeof *tokens);
    const float *logits = NULL;
    for (int i = 0; tokens && i <= key.pos; i++)
        tokens[i] = trace_token(w->trace, i);
    session_set_watch(s, w->watch);
    session_set_donor(s, taken_donor(trace_taken(w->trace)));
    if (tokens &&
        edits_set(&edits, kind, key.layer, key.index / EDIT_NONE, 0) &&
        session_set_edits(s, &edits, &err))
        logits = session_feed(s, tokens, key.pos + 1, &err);
    if (err.code == ERR_CANCELLED) *w->stopped = true;
    free(tokens);
    return logits;
}

static StudyOff *copy_logits(const StudyWork *w, const float *logits,
                             uint64_t *bytes) {
    const int n = w->n_vocab;
    *bytes = sizeof(StudyOff) + (size_t)n * sizeof *logits;
    StudyOff *out = malloc(*bytes);
    if (!out) return NULL;
    memcpy(out->logits, logits, (size_t)n * sizeof *logits);
    logits = sampler_among(&w->ids, out->logits, out->logits);
    out->best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[out->best] || isnan(logits[out->best]))
            out->best = i;
    out->log_sum = study_log_sum(logits, n, logits[out->best]);
    return out;
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    if (key.pos < 0 || key.pos >= trace_n_pos(w->trace) || key.index < 0)
        return NULL;
    const SessionOptions options = {.seq_len = key.pos + 1};
    Err err = {0};
    Session *s = session_open(trace_model(w->trace), &options, &err);
    if (!s) return NULL;
    const float *logits = run_again(w, key, s);
    StudyOff *out = logits ? copy_logits(w, logits, bytes) : NULL;
    session_close(s);
    return out;
}

const StudyKindInfo study_kind_off = {
    .name = "off", .make = make, .runs = true};
