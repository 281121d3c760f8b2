/* Mask: rows of text with some of their tokens hidden, to be said in place.
 *
 *     text    BOS  Zoe  saw  a    bird in   the  sky
 *     tokens  BOS  Zoe  saw  a   [MASK] in  a    sky
 *     learns                       x         x
 *
 * A token is chosen with a chance of MASK_SHARE.  Of those chosen 8 in 10 are
 * hidden behind the mask, 1 in 10 behind a piece drawn from those of the text,
 * and 1 in 10 stay: so that whoever learns to say what is chosen makes
 * something of every token, as there is no mask in texts that are only read.
 * What begins a text is never chosen, nor is a mask in the text itself.
 *
 * Sources: Devlin et al. 2018 (BERT), arXiv:1810.04805, section 3.1 and
 * appendix A.1; Liu et al. 2019 (RoBERTa), arXiv:1907.11692, section 4.1 (drawn
 * anew each time).
 */
#ifndef ENGINE_TRAIN_MASK_H
#define ENGINE_TRAIN_MASK_H

#include "engine/train/data.h"

#define MASK_SHARE_PERCENT 15
#define MASK_HIDDEN_TENTHS 8 /* of those chosen */
#define MASK_DRAWN_TENTHS  1

/* What masks are drawn from: of a run's row `number`, or of a held-out one,
 * which are the same in every run. */
uint64_t mask_key(uint64_t seed, uint64_t number);
uint64_t mask_key_held_out(uint64_t number);

/* Hides tokens of text[0..seq_len): fills tokens and learns, [seq_len].  d has
 * a mask and a piece or more.  A function of its arguments.  Returns how many
 * are to be learnt, maybe none. */
int mask_row(const Data *d, uint64_t key, const int *text, int *tokens,
             bool *learns);

#endif
