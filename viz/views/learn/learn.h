/* The parts of the view learn: curves over the steps of training, a story of
 * some, and what the step walked to says next.
 *
 * The step walked to is the opened element: an index of Training.steps.
 */
#ifndef VIZ_VIEWS_LEARN_LEARN_H
#define VIZ_VIEWS_LEARN_LEARN_H

#include "viz/views/view.h"

/* The step walked to: the opened one, or the last. */
int learn_at(const Stage *s);

/* "16,000" */
void learn_count_text(int n, char out[16]);

/* The two tokens that are followed through all steps: what is likeliest at the
 * last step, or stands next in the text, and its strongest rival anywhere; each
 * -1: not known yet. */
void learn_rivals(const Stage *s, int out[2]);

/* Loss, roles of heads and probabilities of the two, over one log axis, as many
 * of the three as there is room for. */
void learn_draw_curves(const Stage *s, Rect r);

/* A story of the step walked to, and of others where there is room. */
void learn_draw_stories(const Stage *s, Rect r);

/* What the step walked to says after the current token. */
void learn_draw_next(const Stage *s, Rect r);

#endif
