/* Masked: views of a model that tells what stands at a place, not what comes
 * next (arch_ahead 0), and of one that predicts nothing.
 *
 * A place is hidden where the model reads the mask: the text has "[MASK]"
 * there, or an edit (EDIT_TOKEN) puts it in the place of a word that the text
 * keeps, so that what it tells can be held against it.
 *
 * Does NOT ask the study.
 */
#ifndef VIZ_VIEWS_MASKED_H
#define VIZ_VIEWS_MASKED_H

#include "engine/spec/arch.h"
#include "viz/views/stage.h"

/* Whether logits are about their own place. */
static inline bool masked_tells(const Stage *s) {
    return arch_ahead(s->config->arch) == 0;
}

/* Whether the model reads the mask at a position, where the text has token
 * id. */
static inline bool masked_hides(const Tokenizer *t, const Edits *e, int pos,
                                int id) {
    const int mask = tokenizer_mask(t);
    return mask >= 0 && edits_token(e, pos, id) == mask;
}
bool masked_at(const Stage *s, int pos);

/* How much is to be asked of a place, where nothing says which is looked at: 2
 * of one that is hidden, 1 of a token of the text, 0 of one that stands around
 * it. */
static inline int masked_worth(const Tokenizer *t, const Edits *e, int pos,
                               int id) {
    const bool of_text =
        !tokenizer_piece(t, id).is_control || id == tokenizer_unknown(t);
    return masked_hides(t, e, pos, id) ? 2 : of_text;
}

/* The token of the text that the logits at a position are about; -1: none, at
 * the end of the text or where it has the mask itself. */
int masked_told(const Stage *s, int pos);

/* Says in r that nothing is predicted. */
void masked_draw_headless(const Stage *s, Rect r);

#endif
