/* STUDY_RAW and STUDY_MASKED: products of a query with keys, those that the
 * mask hides among them.
 *
 * Both keys stand at the later of the two positions, so that study_forget
 * reaches all that a changed text makes wrong. */
#include "engine/spec/arch.h"
#include "engine/study/study_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

StudyKey study_raw_key(const Trace *t, int layer, int head, int query,
                       int key) {
    bool ahead = key > query;
    int H = trace_config(t)->n_heads, other = ahead ? query : key;
    return (StudyKey){.kind = STUDY_RAW,
                      .layer = layer,
                      .pos = ahead ? key : query,
                      .index = 2 * (other * H + head) + ahead};
}

StudyPair study_pair_of(const StudyWork *w, StudyKey key) {
    const int H = trace_config(w->trace)->n_heads, both = key.index / 2;
    const bool ahead = key.index % 2;
    return (StudyPair){.head = both % H,
                       .query = ahead ? both / H : key.pos,
                       .key = ahead ? key.pos : both / H};
}

static bool explain_raw(const StudyWork *w, StudyKey key, Explain *ex,
                        Err *err) {
    const StudyPair p = study_pair_of(w, key);
    return explain_raw_score(w->trace, key.layer, p.head, p.query, p.key, ex,
                             err);
}

static void *make_raw(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    Err err = {0};
    Explain *ex = calloc(1, sizeof *ex);
    if (!ex) return NULL;
    if (!explain_raw(w, key, ex, &err)) {
        study_explain_close(ex);
        return NULL;
    }
    *bytes = study_explain_bytes(ex);
    return ex;
}

const StudyKindInfo study_kind_raw = {
    .name = "raw", .make = make_raw, .close = study_explain_close};

static float dot(const float *a, const float *b, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void *make_masked(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    const Config *c = trace_config(w->trace);
    const ArchOp *scores = arch_op(c->arch, SITE_ATTN_SCORES);
    int K = c->head_dim, query = key.index / c->n_heads;
    int head = key.index % c->n_heads;
    int n = key.pos - query;
    size_t at = (size_t)(head / (c->n_heads / c->n_kv_heads)) * (size_t)K;
    *bytes = (uint64_t)(n > 0 ? n : 0) * sizeof(float);
    float *out = n > 0 ? malloc(*bytes) : NULL;
    if (!out) return NULL;
    const float divisor =
        edits_left_out(trace_edits(w->trace), EDIT_RAW, key.layer, head)
            ? 1
            : sqrtf((float)K);
    float q[CONFIG_HEAD_DIM_MAX]; /* a row lives until some others are read */
    memcpy(q,
           w->row(w, scores->in[0], key.layer, query) +
               (size_t)head * (size_t)K,
           (size_t)K * sizeof *q);
    for (int i = 0; i < n; i++) {
        const float *k = w->row(w, scores->in[1], key.layer, query + 1 + i);
        out[i] = dot(q, k + at, K) / divisor;
    }
    return out;
}

const StudyKindInfo study_kind_masked = {.name = "masked", .make = make_masked};
