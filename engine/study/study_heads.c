/* STUDY_HEADS: which kind of head each head of a layer looks like. */
#include "engine/study/study_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Takes in one position, all heads. */
static void add_position(const StudyWork *w, int layer, int pos,
                         const StudyJudged *judged, HeadScores *scores,
                         int n_heads) {
    int n_keys = trace_n_keys(w->trace, pos);
    const float *row = w->row(w, SITE_PATTERN, layer, pos);
    for (int h = 0; h < n_heads; h++, row += n_keys)
        for (HeadKind k = 0; k < HEAD_KINDS; k++)
            head_scores_add_places(&scores[h], k, row, judged->keys[k],
                                   judged->n[k]);
}

static void add_key(StudyJudged *out, HeadKind k, int key) {
    out->keys[k][out->n[k]++] = key;
}

/* Keys counted from the first token that counts, now in the whole text. */
static void shift_keys(StudyJudged *out, HeadKind k, int first) {
    for (int j = 0; j < out->n[k]; j++)
        out->keys[k][j] += first;
}

/* Of tokens[0..i], what the last one of them had to go by when `next` came;
 * next -1: nobody knows. */
static void judge_seen(const int *tokens, int from, int i, int next,
                       StudyJudged *out) {
    const int key = head_induction_key(tokens, i);
    if (key >= 0) add_key(out, HEAD_INDUCTION, key);
    if (next >= 0)
        out->n[HEAD_RECALL] =
            head_recall_places(tokens, from, i, next, out->keys[HEAD_RECALL]);
}

/* Of tokens[0..n) that all see each other, the i-th: what comes after it, too.
 */
static void judge_after(const int *tokens, int from, int i, int n,
                        StudyJudged *out) {
    int *same = out->keys[HEAD_SAME] + out->n[HEAD_SAME];
    if (i + 1 < n) add_key(out, HEAD_NEXT, i + 1);
    if (i >= from)
        out->n[HEAD_SAME] += head_places(tokens, i + 1, n, tokens[i], same);
}

void study_judge(const StudyWork *w, int first, int last, int pos,
                 StudyJudged *out) {
    static const HeadKind shifted[] = {HEAD_NEXT, HEAD_INDUCTION, HEAD_SAME,
                                       HEAD_RECALL};
    const bool causal = trace_config(w->trace)->arch->causal;
    int tokens[STUDY_TOKENS_MAX];
    const int i = pos - first, n = last - first + 1;
    const int from = first == 0; /* BOS is no word */
    assert(i >= 0 && i < n);
    for (int j = 0; j < n && (!causal || j <= i + 1); j++)
        tokens[j] = trace_token(w->trace, first + j);
    memset(out->n, 0, sizeof out->n);
    if (pos > 0) add_key(out, HEAD_PREVIOUS, pos - 1);
    if (pos > 0) add_key(out, HEAD_FIRST, 0);
    out->n[HEAD_SAME] = head_same_places(tokens, from, i, out->keys[HEAD_SAME]);
    if (causal)
        judge_seen(tokens, from, i, i + 1 < n ? tokens[i + 1] : -1, out);
    else
        judge_after(tokens, from, i, n, out);
    for (size_t k = 0; k < sizeof shifted / sizeof *shifted; k++)
        shift_keys(out, shifted[k], first);
}

static void add_all(const StudyWork *w, StudyKey key, HeadScores *scores,
                    int n_heads) {
    const int first = study_first_token(key.pos);
    StudyJudged judged;
    for (int pos = first; pos <= key.pos; pos++) {
        study_judge(w, first, key.pos, pos, &judged);
        add_position(w, key.layer, pos, &judged, scores, n_heads);
    }
}

static void *make(const StudyWork *w, StudyKey key, uint64_t *bytes) {
    HeadScores scores[CONFIG_HEADS_MAX] = {0};
    int n_heads = trace_config(w->trace)->n_heads;
    *bytes = (uint64_t)n_heads * sizeof(StudyHead);
    StudyHead *heads = malloc(*bytes);
    if (!heads) return NULL;
    add_all(w, key, scores, n_heads);
    for (int h = 0; h < n_heads; h++) {
        heads[h].kind = head_scores_kind(&scores[h]);
        for (int k = 0; k < HEAD_KINDS; k++)
            heads[h].mean[k] = head_scores_mean(&scores[h], (HeadKind)k);
    }
    return heads;
}

const StudyKindInfo study_kind_heads = {.name = "heads", .make = make};
