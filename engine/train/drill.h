/* Drill: rows that can only be learnt by looking back.
 *
 * A text of a drill is a list of pieces, all different, in a random order, and
 * then, again and again, the same list from a random place on:
 *
 *     BOS  d k a q f   a q f   k a q f   f   d k a ...
 *                        ^ ^     ^ ^ ^         ^ ^
 *
 * Only what is marked is to be learnt: the list itself and where it is taken
 * up are chance.  So whoever learns it learns nothing about pieces, and knows
 * in the end one thing: find where this stood before, and say what came after
 * it.  In a transformer a head that attends to the previous token and an
 * induction head, in a later layer, do that together.
 *
 * Sources: Olsson et al. 2022, In-context Learning and Induction Heads,
 * arXiv:2209.11895 (the heads, and repeated random tokens as their measure);
 * Chan et al. 2022, arXiv:2205.05055 (which data make a model look back).
 */
#ifndef ENGINE_TRAIN_DRILL_H
#define ENGINE_TRAIN_DRILL_H

#include <stdbool.h>
#include <stdint.h>

#define DRILL_LIST_MIN  2 /* pieces of a list */
#define DRILL_LIST_MAX  64
#define DRILL_TIMES_MAX 5 /* that a list is taken up again; at least once */

/* Row i of a drill on these n >= 2 different pieces: texts follow each other
 * and the last is cut.  Fills tokens [seq_len + 1]; learns[t] of [seq_len]
 * tells whether tokens[t + 1] is to be learnt.  A function of its
 * arguments. */
void drill_row(const int *pieces, int n, uint64_t seed, uint64_t i, int seq_len,
               int *tokens, bool *learns);

#endif
