/* See the header. */
#include "viz/paint/scrollbar.h"

#include "engine/base/num.h"

void scrollbar_draw(Canvas *c, const Theme *t, Rect track, int rows, int first,
                    int shown) {
    const float round = (float)track.w / 2;
    if (shown >= rows || track.h < 1) return;
    Rect thumb = track;
    thumb.h = num_max((int)((int64_t)track.h * shown / rows), track.w);
    /* Its ends are the track's where the list's are. */
    thumb.y += (int)((int64_t)(track.h - thumb.h) * first / (rows - shown));
    canvas_round(c, track, round, t->well);
    canvas_round(c, thumb, round, t->soft);
}
