/* The parts of the view learn: curves over the steps of training, a story of
 * some, and what the step walked to says next.
 *
 * The step walked to is the one whose weights are run: all other views show the
 * model at that step, too.
 */
#ifndef VIZ_VIEWS_LEARN_LEARN_H
#define VIZ_VIEWS_LEARN_LEARN_H

#include "viz/views/view.h"

/* The step whose weights are run, the last where it is none of them: an index
 * of Training.steps. */
int learn_at(const Stage *s);

/* A click that goes to step i of Training.steps. */
static inline Pick learn_pick(const Stage *s, int i) {
    return pick_number(STATE_MODEL, s->training->steps[i].step);
}

/* "16,000" */
void learn_count_text(int n, char out[16]);

/* The steps read the text with nothing changed: whether something is. */
bool learn_leaves_out(const Stage *s);

/* The two tokens that are followed through all steps: what is likeliest at the
 * last step, or stands next in the text, and its strongest rival anywhere; each
 * -1: not known yet. */
void learn_rivals(const Stage *s, int out[2]);

/* Charts over one log axis: the loss, roles of heads, probabilities of the
 * two. */
typedef enum LearnChart {
    LEARN_LOSS,
    LEARN_ROLES,
    LEARN_WORDS,
    LEARN_CHARTS
} LearnChart;

/* As many of them as there is room for. */
void learn_draw_curves(const Stage *s, Rect r);

/* One alone, in larger letters, up to the step walked to and without what else
 * its chart compares: of the roles induction, of the loss not the least there
 * can be. */
void learn_draw_chart(const Stage *s, Rect r, LearnChart chart);

/* A story of the step walked to, and of others where there is room. */
void learn_draw_stories(const Stage *s, Rect r);

/* What the step walked to says after the current token. */
void learn_draw_next(const Stage *s, Rect r);

/* A title, and the likeliest of n_vocab probabilities: `after`, NULL: not there
 * yet.  rivals: as learn_rivals gives them. */
void learn_draw_guesses(const Stage *s, Rect r, const char *title,
                        const float *after, int n_vocab, const int rivals[2]);

/* The model that is trained now: s->live. */
void learn_draw_live(const Stage *s, Rect r);

#endif
