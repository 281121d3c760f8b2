/* STUDY_HEADS: which kind of head each head of a layer looks like. */
#include "engine/study/study_private.h"

#include <stdlib.h>

/* Takes in one position, all heads. */
static void add_position(const StudyWork *w, int layer, int pos,
                         const StudyJudged *judged, HeadScores *scores,
                         int n_heads) {
    int n_keys = trace_n_keys(w->trace, pos);
    const float *row = w->row(w, SITE_PATTERN, layer, pos);
    for (int h = 0; h < n_heads; h++, row += n_keys) {
        head_scores_add(&scores[h], row, pos, judged->induction);
        head_scores_add_places(&scores[h], HEAD_SAME, row, judged->same,
                               judged->n_same);
        head_scores_add_places(&scores[h], HEAD_RECALL, row, judged->recall,
                               judged->n_recall);
    }
}

void study_judge(const StudyWork *w, int first, int last, int pos,
                 StudyJudged *out) {
    int tokens[STUDY_TOKENS_MAX];
    const int i = pos - first, from = first == 0; /* BOS is no word */
    for (int j = 0; j <= i; j++)
        tokens[j] = trace_token(w->trace, first + j);
    out->induction = head_induction_key(tokens, i);
    if (out->induction >= 0) out->induction += first;
    out->n_same = head_same_places(tokens, from, i, out->same);
    out->n_recall =
        pos == last
            ? 0
            : head_recall_places(tokens, from, i,
                                 trace_token(w->trace, pos + 1), out->recall);
    for (int j = 0; j < out->n_same; j++)
        out->same[j] += first;
    for (int j = 0; j < out->n_recall; j++)
        out->recall[j] += first;
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
