/* Head_table: what every attention head does, measured over many texts.
 *
 *     HeadTable *h = head_table_open(model, &err);
 *     head_table_text(h, tokens, n, &err);          // ... any number
 *     head_table_repeats(h, seed, 50, &err);
 *     head_table_print(h);
 *     head_table_close(h);
 *
 * Previous token, first token and same token are mean weights over the texts;
 * recall is the weight on the earlier places of a name, from the place where
 * that name must come next.  Induction is measured on random pieces said
 * twice, where nothing but looking up what came last time can help, over the
 * second time only; the pieces are those that the texts have, since a model
 * knows nothing about others.
 * Source: see engine/study/head_scores.h; recall: Wang et al. 2022 (name mover
 * heads), arXiv:2211.00593.
 */
#ifndef VIZ_CLI_WORLD_HEAD_TABLE_H
#define VIZ_CLI_WORLD_HEAD_TABLE_H

#include "engine/model/model.h"

typedef struct HeadTable HeadTable;

/* NULL and err on failure; the model is borrowed. */
HeadTable *head_table_open(const Model *m, Err *err);
void head_table_close(HeadTable *h); /* NULL is fine */

/* Takes in a text; what goes beyond the model's context is left out.  recall:
 * [n], at each position the name that must come next, -1 for none; NULL: not
 * known. */
bool head_table_text(HeadTable *h, const int *tokens, int n, const int *recall,
                     Err *err);

/* Takes in n random sequences, each twice in a row. */
bool head_table_repeats(HeadTable *h, uint64_t seed, int n, Err *err);

/* Where the text spent its surprise: the sum of -log p in nats over the texts
 * so far, of tokens 1, 2, ..., and how many those were. */
double head_table_loss(const HeadTable *h, long *n_tokens);

/* The table, to standard output, and the best head of each kind. */
void head_table_print(const HeadTable *h);

#endif
