/* A colour a pixel, by how far it lies along the gradient. */
#include "viz/paint/gradient.h"

#include <math.h>

Color gradient_color(const Gradient *g, float t) {
    int i = 0;
    while (i < g->n && g->at[i] <= t)
        i++;
    if (i == 0) return g->colors[0];
    if (i == g->n) return g->colors[g->n - 1];
    const float step = g->at[i] - g->at[i - 1]; /* > 0 as t lies within */
    return color_mix(g->colors[i - 1], g->colors[i], (t - g->at[i - 1]) / step);
}

void gradient_fill(Pixmap *p, Rect clip, Rect r, const Gradient *g) {
    const float turn = g->angle * 0.017453293f;
    const float dx = sinf(turn), dy = -cosf(turn);
    const float w = (float)r.w / 2, h = (float)r.h / 2;
    const float reach =
        g->radial ? hypotf(w, h) : 2 * (fabsf(w * dx) + fabsf(h * dy));
    clip = rect_intersect(clip, r);
    for (int y = clip.y; y < clip.y + clip.h; y++)
        for (int x = clip.x; x < clip.x + clip.w; x++) {
            const float fx = (float)(x - r.x) + 0.5f - w;
            const float fy = (float)(y - r.y) + 0.5f - h;
            const float t = g->radial ? hypotf(fx, fy) / reach
                                      : (fx * dx + fy * dy) / reach + 0.5f;
            raster_fill(p, clip, (Rect){x, y, 1, 1}, gradient_color(g, t));
        }
}
