/* Boxes that may be turned: two are apart when an edge of one of them has all
 * of the other beyond it. */
#include "viz/paint/textmark.h"

#include <math.h>
#include <stdio.h>

typedef struct Box {
    Point at[4];
    Point along, up; /* unit vectors of its edges */
} Box;

static Box box_of(const TextMark *m) {
    double turn = (double)m->angle * acos(-1) / 180;
    Point along = {(float)cos(turn), (float)-sin(turn)};
    Point up = {along.y, -along.x};
    Point right = {m->x + along.x * m->w, m->y + along.y * m->w};
    return (Box){{{m->x, m->y},
                  right,
                  {right.x + up.x * m->cap, right.y + up.y * m->cap},
                  {m->x + up.x * m->cap, m->y + up.y * m->cap}},
                 along,
                 up};
}

static Box box_of_rect(Rect r) {
    float x = (float)r.x, y = (float)r.y;
    float right = x + (float)r.w, low = y + (float)r.h;
    return (Box){{{x, low}, {right, low}, {right, y}, {x, y}}, {1, 0}, {0, -1}};
}

static void reach(const Box *b, Point axis, float *low, float *high) {
    *low = *high = b->at[0].x * axis.x + b->at[0].y * axis.y;
    for (int i = 1; i < 4; i++) {
        float d = b->at[i].x * axis.x + b->at[i].y * axis.y;
        *low = fminf(*low, d);
        *high = fmaxf(*high, d);
    }
}

static bool apart_along(const Box *a, const Box *b, Point axis, float gap) {
    float a0, a1, b0, b1;
    reach(a, axis, &a0, &a1);
    reach(b, axis, &b0, &b1);
    return a1 + gap <= b0 || b1 + gap <= a0;
}

static bool meet(const Box *a, const Box *b, float gap) {
    return !apart_along(a, b, a->along, gap) &&
           !apart_along(a, b, a->up, gap) &&
           !apart_along(a, b, b->along, gap) && !apart_along(a, b, b->up, gap);
}

bool textmark_meets(const TextMark *a, const TextMark *b, float gap) {
    Box box_a = box_of(a), box_b = box_of(b);
    return meet(&box_a, &box_b, gap);
}

bool textmark_meets_rect(const TextMark *a, Rect r, float gap) {
    Box box_a = box_of(a), box_b = box_of_rect(r);
    return meet(&box_a, &box_b, gap);
}

Rect textmark_bounds(const TextMark *m) {
    Box b = box_of(m);
    float x0, x1, y0, y1;
    reach(&b, (Point){1, 0}, &x0, &x1);
    reach(&b, (Point){0, 1}, &y0, &y1);
    int x = (int)floorf(x0), y = (int)floorf(y0);
    return (Rect){x, y, (int)ceilf(x1) - x, (int)ceilf(y1) - y};
}
