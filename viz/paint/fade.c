/* What is kept and what comes change places in one buffer: the picture shows
 * one of them, the buffer holds the other. */
#include "viz/paint/fade.h"

#include <stdlib.h>
#include <string.h>

#define PARTS 256 /* that the way from one colour to another has */

static uint32_t *row_of(const Pixmap *p, const Rect *r, int y) {
    return p->px + (size_t)(r->y + y) * (size_t)p->stride + r->x;
}

static uint32_t *kept_row(const Fade *f, int y) {
    return f->px + (size_t)y * (size_t)f->rect.w;
}

bool fade_keep(Fade *f, const Pixmap *p, Rect r, Err *err) {
    const Rect all = {0, 0, p->w, p->h};
    r = rect_intersect(r, all);
    const size_t n = (size_t)r.w * (size_t)r.h;
    f->on = false;
    f->rect = (Rect){0};
    if (n > f->room) {
        uint32_t *px = realloc(f->px, n * sizeof *px);
        if (!px) return err_memory(err, "a fading picture", n * sizeof *px);
        f->px = px;
        f->room = n;
    }
    f->rect = r;
    for (int y = 0; y < r.h; y++)
        memcpy(kept_row(f, y), row_of(p, &r, y), (size_t)r.w * sizeof *f->px);
    return true;
}

/* Changes the rows' places; from where to where they differ. */
static bool swap_rows(uint32_t *a, uint32_t *b, int n, int *first, int *last) {
    *first = n;
    *last = -1;
    for (int x = 0; x < n; x++) {
        const uint32_t was = a[x];
        if (was == b[x]) continue;
        if (*first == n) *first = x;
        *last = x;
        a[x] = b[x];
        b[x] = was;
    }
    return *last >= 0;
}

void fade_begin(Fade *f, const Pixmap *p) {
    int left = f->rect.w, right = -1, top = -1, bottom = -1, first, last;
    for (int y = 0; y < f->rect.h; y++) {
        if (!swap_rows(kept_row(f, y), row_of(p, &f->rect, y), f->rect.w,
                       &first, &last))
            continue;
        if (first < left) left = first;
        if (last > right) right = last;
        if (top < 0) top = y;
        bottom = y;
    }
    f->done = 0;
    f->on = top >= 0;
    f->changed = (Rect){left, top, right + 1 - left, bottom + 1 - top};
}

/* `k` of PARTS of the way from `from` to `to`, channel by channel. */
static uint32_t mix(uint32_t from, uint32_t to, uint32_t k) {
    const uint32_t pairs = 0x00ff00ff, half = (PARTS / 2) * 0x00010001u;
    const uint32_t a = (from & pairs) * (PARTS - k) + (to & pairs) * k + half;
    const uint32_t b =
        ((from >> 8) & pairs) * (PARTS - k) + ((to >> 8) & pairs) * k + half;
    return ((a >> 8) & pairs) | (b & ~pairs);
}

void fade_to(Fade *f, const Pixmap *p, float t) {
    const float part = t >= 1 ? 1 : (t - f->done) / (1 - f->done);
    const uint32_t k = part <= 0 ? 0 : (uint32_t)(part * PARTS + .5f);
    const Rect c = f->changed;
    if (!f->on) return;
    for (int y = c.y; y < c.y + c.h; y++) {
        uint32_t *to = row_of(p, &f->rect, y) + c.x;
        const uint32_t *from = kept_row(f, y) + c.x;
        if (t >= 1)
            memcpy(to, from, (size_t)c.w * sizeof *to);
        else
            for (int x = 0; x < c.w; x++)
                to[x] = mix(to[x], from[x], k);
    }
    if (t > f->done) f->done = t;
    f->on = t < 1;
}

void fade_free(Fade *f) {
    free(f->px);
    *f = (Fade){0};
}
