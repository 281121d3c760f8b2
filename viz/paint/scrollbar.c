/* See the header. */
#include "viz/paint/scrollbar.h"

#include "engine/base/num.h"

/* Moves *at of a track's `length` to the thumb's end, whose length it returns;
 * its ends are the track's where the list's are. */
static int thumb_of(int *at, int length, int least, int n, int first,
                    int shown) {
    const int thumb = num_max((int)((int64_t)length * shown / n), least);
    *at += (int)((int64_t)(length - thumb) * first / (n - shown));
    return thumb;
}

static void draw(Canvas *c, const Theme *t, Rect track, Rect thumb) {
    const float round = (float)num_min(track.w, track.h) / 2;
    canvas_round(c, track, round, t->well);
    canvas_round(c, thumb, round, t->soft);
}

void scrollbar_draw(Canvas *c, const Theme *t, Rect track, int rows, int first,
                    int shown) {
    Rect thumb = track;
    if (shown >= rows || track.h < 1) return;
    thumb.h = thumb_of(&thumb.y, track.h, track.w, rows, first, shown);
    draw(c, t, track, thumb);
}

void scrollbar_draw_lying(Canvas *c, const Theme *t, Rect track, int cols,
                          int first, int shown) {
    Rect thumb = track;
    if (shown >= cols || track.w < 1) return;
    thumb.w = thumb_of(&thumb.x, track.w, track.h, cols, first, shown);
    draw(c, t, track, thumb);
}
