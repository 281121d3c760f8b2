/* STUDY_HEADS: which kind of head each head of a layer looks like. */
#include "engine/study/study_private.h"

#include <stdlib.h>

/* Takes in one position, all heads. */
static void add_position(const StudyWork *w, int layer, int pos,
                         int induction_key, HeadScores *scores, int n_heads) {
    int n_keys = trace_n_keys(w->trace, pos);
    const float *row = w->row(w, SITE_PATTERN, layer, pos);
    for (int h = 0; h < n_heads; h++)
        head_scores_add(&scores[h], row + (size_t)h * n_keys, pos,
                        induction_key);
}

static void add_all(const StudyWork *w, StudyKey key, HeadScores *scores,
                    int n_heads) {
    int tokens[STUDY_TOKENS_MAX], first = study_first_token(key.pos);
    for (int pos = first; pos <= key.pos; pos++) {
        int i = pos - first;
        tokens[i] = trace_token(w->trace, pos);
        int at = head_induction_key(tokens, i);
        add_position(w, key.layer, pos, at < 0 ? -1 : first + at, scores,
                     n_heads);
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
