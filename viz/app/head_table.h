/* Head_table: what every attention head does, measured over many texts.
 *
 *     HeadTable *h = head_table_open(model, tokenizer, 0, &err);
 *     head_table_text(h, text, n, NULL, &err);      // ... any number
 *     head_table_repeats(h, seed, HEAD_TABLE_REPEATS, &err);
 *     float score = head_table_score(h, layer, head, HEAD_ROLE_RECALL);
 *     head_table_close(h);
 *
 * Previous token, first token and same token are mean weights over the texts;
 * recall is the weight on the earlier places of a name, from the place where
 * that name must come next.  Induction is measured on random pieces said
 * twice, where nothing but looking up what came last time can help, over the
 * second time only; the pieces are those that the texts have, since a model
 * knows nothing about others.
 *
 * Of a model that reads a text as one whole (BERT) previous, following, first
 * ([CLS]), last ([SEP]) and same token, before and after, are measured;
 * induction and recall are about what comes next, which it sees.
 * Source: see engine/study/head_scores.h; recall: Wang et al. 2022 (name mover
 * heads), arXiv:2211.00593.
 */
#ifndef VIZ_APP_HEAD_TABLE_H
#define VIZ_APP_HEAD_TABLE_H

#include "engine/run/session.h"
#include "engine/study/head_scores.h"
#include "engine/tokenizer/tokenizer.h"

#define HEAD_TABLE_REPEATS 50  /* random sequences, as evaluate takes */
#define HEAD_TABLE_STORIES 200 /* the same of stories */

typedef enum HeadRole {
    HEAD_ROLE_PREVIOUS,
    HEAD_ROLE_NEXT,
    HEAD_ROLE_FIRST,
    HEAD_ROLE_LAST, /* [SEP], which ends the text where a tokenizer has one */
    HEAD_ROLE_SAME,
    HEAD_ROLE_INDUCTION,
    HEAD_ROLE_RECALL,
    HEAD_ROLES
} HeadRole;
const char *head_role_name(HeadRole r); /* "previous" */
/* As head_kind_applies. */
bool head_role_applies(HeadRole r, bool causal);

typedef struct HeadTable HeadTable;

/* NULL and err on failure; model and tokenizer are borrowed.  n_threads 0: one
 * per core. */
HeadTable *head_table_open(const Model *m, const Tokenizer *t, int n_threads,
                           Err *err);
void head_table_close(HeadTable *h); /* NULL is fine */

/* Measures the first n_layers alone, and no loss: nothing after their patterns
 * is computed.  Before anything is taken in. */
void head_table_heads_only(HeadTable *h, int n_layers);

int head_table_seq_len(const HeadTable *h); /* tokens that it takes of a text */

/* Who may stop a text or the repeats half way (ERR_CANCELLED): then it is as if
 * they had not begun.  Zeroed: nobody. */
void head_table_watch(HeadTable *h, SessionWatch watch);

/* Takes in a text between two BOS, or [CLS] and [SEP]; what goes beyond the
 * model's context is left out.  recall: for each of its tokens the name that
 * must come next, -1 for none; NULL: not known. */
bool head_table_text(HeadTable *h, const char *text, size_t n,
                     const int *recall, Err *err);

/* Notes the pieces of a text for head_table_repeats, and takes in no more. */
bool head_table_note(HeadTable *h, const char *text, size_t n, Err *err);

/* Takes in n random sequences, each twice in a row; where all tokens see each
 * other none. */
bool head_table_repeats(HeadTable *h, uint64_t seed, int n, Err *err);

/* All of a head, induction of the repeats. */
HeadScores head_table_scores(const HeadTable *h, int layer, int head);

/* NaN: nothing to measure it on. */
float head_table_score(const HeadTable *h, int layer, int head, HeadRole r);

/* Where the text spent its surprise: the sum of -log p in nats over the texts
 * so far, of tokens 1, 2, ..., and how many those were. */
double head_table_loss(const HeadTable *h, long *n_tokens);

#endif
