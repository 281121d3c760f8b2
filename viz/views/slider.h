/* Slider: how one looks, wherever it stands.
 *
 * Does NOT take the mouse: who draws one puts a HIT_SLIDER there.
 */
#ifndef VIZ_VIEWS_SLIDER_H
#define VIZ_VIEWS_SLIDER_H

#include "viz/views/stage.h"

#define SLIDER_NO_MARK (-1)
#define SLIDER_KNOB_U  8 /* design units: the knob's radius */

/* A track, lit as far as its knob; at: of its length, 0..1, as is mark, where
 * the value stands when nobody has moved it. */
void slider_draw(const Stage *s, Rect track, float at, float mark);

#endif
