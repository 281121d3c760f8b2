/* Head scores: how much an attention head is one of the kinds known by name.
 *
 *     HeadScores h = {0};
 *     for (int t = 0; t < n; t++)
 *         head_scores_add(&h, weights_of(t), t, head_induction_key(ids, t));
 *     float score = head_scores_mean(&h, HEAD_INDUCTION);
 *
 * Each score is a mean attention weight, 0..1, over the positions of the text
 * at hand.  It describes the head on this text, not the head as such.
 *
 * Source: Elhage et al. 2021, A Mathematical Framework for Transformer
 * Circuits (previous-token and induction heads); Olsson et al. 2022, In-context
 * Learning and Induction Heads, arXiv:2209.11895 (scores by mean weight);
 * Xiao et al. 2023, arXiv:2309.17453 (the first token as attention sink); Wang
 * et al. 2022, arXiv:2211.00593 (duplicate-token heads: SAME; name movers:
 * RECALL, where what comes next is known); Clark et al. 2019, What Does BERT
 * Look At?, arXiv:1906.04341 (NEXT).
 *
 * Does NOT read traces or draw: rows of weights in, numbers out.
 */
#ifndef ENGINE_STUDY_HEAD_SCORES_H
#define ENGINE_STUDY_HEAD_SCORES_H

#include <stdbool.h>

typedef enum HeadKind {
    HEAD_PREVIOUS,  /* looks at the token just before */
    HEAD_NEXT,      /* looks at the token just after */
    HEAD_INDUCTION, /* looks at what followed the same token last time */
    HEAD_FIRST,     /* looks at token 0 */
    HEAD_SAME,      /* looks at earlier places of the token itself; where it
                       sees the whole text at its other places */
    HEAD_RECALL,    /* looks at earlier places of what comes next */
    HEAD_KINDS
} HeadKind;

/* Positions that a name needs: one or two coincide easily. */
#define HEAD_COUNT_MIN 6

/* Sums in the making; start zeroed. */
typedef struct HeadScores {
    double sum[HEAD_KINDS];
    int n[HEAD_KINDS]; /* positions that counted */
} HeadScores;

/* Whether it says anything of a model whose positions see no later one
 * (causal), or see all: there nothing comes next that is not seen, and here
 * nothing is seen of what comes after. */
bool head_kind_applies(HeadKind k, bool causal);

/* "previous token", "induction", "first token". */
const char *head_kind_title(HeadKind k);

/* From this mean weight on a head is called by the kind's name.  Half for the
 * tokens beside, as most heads look nearby a good deal; about a third for the
 * others, which no head comes to by being near. */
float head_kind_least(HeadKind k);

/* The position that an induction head looks at from pos: the one after the
 * last earlier place of the same token, itself before pos.  -1: there is
 * none.  tokens: [pos + 1]. */
int head_induction_key(const int *tokens, int pos);

/* Takes in the weights of one head at position pos, row [pos + 1] or longer.
 * Position 0 counts for nothing, as it has no choice.  induction_key: as
 * above; -1 leaves the position out of that score. */
void head_scores_add(HeadScores *h, const float *row, int pos,
                     int induction_key);

/* Where a token stands in tokens[from..end): how many, out: [end - from]. */
int head_places(const int *tokens, int from, int end, int token, int *out);

/* Earlier places of the token at pos, from `from` on; and places, pos itself
 * among them, of `next`, which follows: where an induction head would not look,
 * as that is another kind.  out: [pos + 1]; returns how many, 0 where the
 * position does not count. */
int head_same_places(const int *tokens, int from, int pos, int *out);
int head_recall_places(const int *tokens, int from, int pos, int next,
                       int *out);

/* Takes in the weights on n places together; n 0 leaves the position out. */
void head_scores_add_places(HeadScores *h, HeadKind k, const float *row,
                            const int *places, int n);

/* The mean; NaN when no position counted: with one token nothing can be said,
 * and without a repeated token nothing about induction. */
float head_scores_mean(const HeadScores *h, HeadKind k);

/* The kind to call a head by: that of the highest mean among those that reach
 * head_kind_least over HEAD_COUNT_MIN positions, or HEAD_KINDS for none. */
HeadKind head_scores_kind(const HeadScores *h);

#endif
