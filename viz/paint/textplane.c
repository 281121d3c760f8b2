#include "viz/paint/textplane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool textplane_clear(TextPlane *p, int w, int h, int origin_x, int origin_y) {
    size_t size = (size_t)w * h;
    if (size > p->capacity) {
        uint8_t *px = realloc(p->px, size);
        if (!px) return false;
        p->px = px;
        p->capacity = size;
    }
    p->w = w;
    p->h = h;
    p->origin_x = origin_x;
    p->origin_y = origin_y;
    if (size) memset(p->px, 0, size);
    return true;
}

void textplane_put(TextPlane *p, int x, int y, uint8_t coverage) {
    if (x < 0 || y < 0 || x >= p->w || y >= p->h) return;
    uint8_t *at = &p->px[(size_t)y * p->w + x];
    if (*at < coverage) *at = coverage;
}

/* As floorf, which is a call; what is asked for here fits into an int. */
static int floor_of(float x) {
    const int whole = (int)x;
    return whole - ((float)whole > x);
}

/* Coverage between the four pixels around (x, y); pixel (0, 0) has its middle
 * at (0.5, 0.5). */
static float sample(const TextPlane *p, float x, float y) {
    x -= 0.5f;
    y -= 0.5f;
    const int left = floor_of(x), top = floor_of(y);
    if (left < -1 || top < -1 || left >= p->w || top >= p->h) return 0;
    float fx = x - (float)left, fy = y - (float)top, sum = 0;
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            int cx = left + i, cy = top + j;
            if (cx < 0 || cy < 0 || cx >= p->w || cy >= p->h) continue;
            sum += (i ? fx : 1 - fx) * (j ? fy : 1 - fy) *
                   (float)p->px[(size_t)cy * p->w + cx];
        }
    return sum;
}

bool textplane_turn(const TextPlane *from, int scale, float degrees,
                    TextPlane *to) {
    double radians = degrees * acos(-1) / 180;
    float c = (float)cos(radians), s = (float)sin(radians);
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    for (int i = 0; i < 4; i++) {
        float x = (float)((i & 1 ? from->w : 0) - from->origin_x);
        float y = (float)((i & 2 ? from->h : 0) - from->origin_y);
        float to_x = (x * c + y * s) / (float)scale;
        float to_y = (y * c - x * s) / (float)scale;
        x0 = fminf(x0, to_x);
        x1 = fmaxf(x1, to_x);
        y0 = fminf(y0, to_y);
        y1 = fmaxf(y1, to_y);
    }
    int left = (int)floorf(x0) - 1, top = (int)floorf(y0) - 1;
    if (!textplane_clear(to, (int)ceilf(x1) + 1 - left,
                         (int)ceilf(y1) + 1 - top, -left, -top))
        return false;
    for (int y = 0; y < to->h; y++)
        for (int x = 0; x < to->w; x++) {
            float sum = 0;
            for (int k = 0; k < 4; k++) {
                float dx = (float)(x + left) + (k & 1 ? 0.75f : 0.25f);
                float dy = (float)(y + top) + (k & 2 ? 0.75f : 0.25f);
                sum += sample(
                    from,
                    (dx * c - dy * s) * (float)scale + (float)from->origin_x,
                    (dx * s + dy * c) * (float)scale + (float)from->origin_y);
            }
            if (sum > 0)
                to->px[(size_t)y * to->w + x] = (uint8_t)lroundf(sum / 4);
        }
    return true;
}

static bool row_has_ink(const TextPlane *p, int y) {
    for (int x = 0; x < p->w; x++)
        if (p->px[(size_t)y * p->w + x]) return true;
    return false;
}

TextMask textplane_crop(TextPlane *p) {
    int top = 0, bottom = p->h, left = p->w, right = 0;
    while (top < bottom && !row_has_ink(p, top))
        top++;
    while (bottom > top && !row_has_ink(p, bottom - 1))
        bottom--;
    for (int y = top; y < bottom; y++)
        for (int x = 0; x < p->w; x++)
            if (p->px[(size_t)y * p->w + x]) {
                if (x < left) left = x;
                if (x >= right) right = x + 1;
            }
    if (left >= right) return (TextMask){0};
    int w = right - left, h = bottom - top;
    for (int y = 0; y < h; y++)
        memmove(p->px + (size_t)y * w, p->px + (size_t)(top + y) * p->w + left,
                w);
    return (TextMask){p->px, w, h, p->origin_x - left, p->origin_y - top};
}
