/* A track, a mark, a knob. */
#include "viz/views/slider.h"

#include <math.h>

void slider_draw(const Stage *s, Rect track, float at, float mark) {
    const Theme *t = s->theme;
    const float f = fminf(fmaxf(at, 0), 1), radius = (float)track.h / 2;
    const float knob = (float)stage_u(s, SLIDER_KNOB_U);
    const float x = (float)track.x + f * (float)track.w;
    const float y = (float)track.y + radius;
    const Rect lit = {track.x, track.y, (int)lroundf(f * (float)track.w),
                      track.h};
    canvas_round(s->canvas, track, radius, color_mix(t->well, t->soft, .22f));
    canvas_round(s->canvas, lit, radius, t->accent);
    if (mark >= 0)
        canvas_fill(s->canvas,
                    (Rect){track.x + (int)(mark * (float)track.w),
                           track.y - stage_u(s, 4), stage_u(s, 2),
                           track.h + 2 * stage_u(s, 4)},
                    t->soft);
    canvas_circle(s->canvas, x, y, knob, t->accent);
    canvas_circle(s->canvas, x, y, knob * .66f, t->window);
}
