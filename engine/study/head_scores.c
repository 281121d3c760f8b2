/* Sums over rows of the pattern; a title and a threshold for each kind. */
#include "engine/study/head_scores.h"

#include <math.h>

const char *head_kind_title(HeadKind k) {
    static const char *const titles[HEAD_KINDS] = {
        [HEAD_PREVIOUS] = "previous token", [HEAD_INDUCTION] = "induction",
        [HEAD_FIRST] = "first token",       [HEAD_SAME] = "same token",
        [HEAD_RECALL] = "recall",           [HEAD_NEXT] = "following token",
    };
    return titles[k];
}

bool head_kind_applies(HeadKind k, bool causal) {
    return causal ? k != HEAD_NEXT : k != HEAD_INDUCTION && k != HEAD_RECALL;
}

float head_kind_least(HeadKind k) {
    return k == HEAD_PREVIOUS || k == HEAD_NEXT ? .5f : .35f;
}

int head_induction_key(const int *tokens, int pos) {
    for (int j = pos - 2; j >= 0; j--)
        if (tokens[j] == tokens[pos]) return j + 1;
    return -1;
}

static void add(HeadScores *h, HeadKind k, float weight) {
    h->sum[k] += weight;
    h->n[k]++;
}

void head_scores_add(HeadScores *h, const float *row, int pos,
                     int induction_key) {
    if (pos < 1) return;
    add(h, HEAD_PREVIOUS, row[pos - 1]);
    add(h, HEAD_FIRST, row[0]);
    if (induction_key >= 0) add(h, HEAD_INDUCTION, row[induction_key]);
}

int head_places(const int *tokens, int from, int end, int token, int *out) {
    int n = 0;
    for (int j = from; j < end; j++)
        if (tokens[j] == token) out[n++] = j;
    return n;
}

int head_same_places(const int *tokens, int from, int pos, int *out) {
    return head_places(tokens, from, pos, tokens[pos], out);
}

int head_recall_places(const int *tokens, int from, int pos, int next,
                       int *out) {
    const int induction = head_induction_key(tokens, pos);
    if (induction >= 0 && tokens[induction] == next) return 0;
    return head_places(tokens, from, pos + 1, next, out);
}

void head_scores_add_places(HeadScores *h, HeadKind k, const float *row,
                            const int *places, int n) {
    float weight = 0;
    for (int i = 0; i < n; i++)
        weight += row[places[i]];
    if (n > 0) add(h, k, weight);
}

float head_scores_mean(const HeadScores *h, HeadKind k) {
    return h->n[k] ? (float)(h->sum[k] / h->n[k]) : NAN;
}

HeadKind head_scores_kind(const HeadScores *h) {
    HeadKind best = HEAD_KINDS;
    float highest = 0;
    for (HeadKind k = 0; k < HEAD_KINDS; k++) {
        float mean = head_scores_mean(h, k);
        if (h->n[k] < HEAD_COUNT_MIN || mean < head_kind_least(k) ||
            mean <= highest)
            continue;
        best = k;
        highest = mean;
    }
    return best;
}
