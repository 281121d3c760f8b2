/* Factor: a slider on how much a part counts, or a direction that is added,
 * shown while that is not as trained.
 *
 * Which part: the one that the slider is held of, else the selected one, else
 * the last direction of the list.
 *
 * Does NOT change anything: a drag, the wheel and the arrows over it are the
 * screen's.
 */
#ifndef VIZ_VIEWS_FACTOR_H
#define VIZ_VIEWS_FACTOR_H

#include "viz/views/stage.h"
#include "viz/views/view.h"

/* The part, with its factor now.  held: what the slider is held of, NULL:
 * nothing.  False: no slider is shown. */
bool factor_find(const Stage *s, const View *v, const Edit *held, Edit *out);

/* The ends of the slider of a part, and the number nearest to v that it can be
 * set to, by a drag or by steps of a tenth. */
float factor_least(const Edit *part);
float factor_most(const Edit *part);
float factor_near(const Edit *part, float v);
float factor_step(const Edit *part, float now, int steps);

/* How wide it wants to be; 0: there is none, or no room for it. */
int factor_width(const Stage *s, int room);

/* Draws s->factor and registers it. */
void factor_draw(const Stage *s, Rect r);

#endif
