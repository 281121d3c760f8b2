/* Data: a text as token ids, and the rows of them that a training step takes.
 *
 * The documents (documents.h) follow each other, each with BOS in front, which
 * ends what a position can see (backprop.h).  A row is
 * seq_len + 1 tokens: positions 0..seq_len-1 and what comes after each.  Rows
 * start where documents do, and, in documents longer than a row, also inside,
 * at a place that differs from one pass to the next.  Each pass takes every
 * row once, in an order of its own, which is a function of the seed: there is
 * no state to keep.
 *
 * The last documents are held out: rows to learn from do not reach into them.
 */
#ifndef ENGINE_TRAIN_DATA_H
#define ENGINE_TRAIN_DATA_H

#include "engine/base/err.h"
#include "engine/tokenizer/tokenizer.h"

typedef struct Data {
    int *tokens;
    size_t n_tokens;
    size_t *starts; /* of rows, rising; learnt ones first */
    size_t n_starts;
    size_t n_train;  /* starts of rows to learn from */
    size_t held_out; /* the first token that is held out */
    int *pieces; /* different ones to learn, no bytes or marks; ids rising */
    int n_pieces;
    int mask; /* tokenizer_mask */
    int seq_len;
    uint64_t checksum; /* of the tokens: the same text and tokenizer */
} Data;

/* Encodes text[0..n), holding out about `share` of it, in [0, 0.5]; `name`
 * opens messages.  Refuses a text that is too short for one row to learn from
 * and, unless share is 0, one to hold out.  On failure *d is zeroed. */
bool data_init(Data *d, const char *name, const char *text, size_t n,
               const Tokenizer *t, int seq_len, double share, Err *err);
void data_free(Data *d); /* a zeroed one is fine */

/* Row i = 0, 1, ... of a training: [seq_len + 1] tokens, borrowed. */
const int *data_row(const Data *d, uint64_t seed, uint64_t i);

/* Held-out row i, 0 <= i < data_n_held_out: they do not overlap. */
const int *data_held_out(const Data *d, size_t i);
size_t data_n_held_out(const Data *d);

#endif
