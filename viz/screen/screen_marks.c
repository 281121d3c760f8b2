/* What a lecturer shows with, laid over a finished picture: the magnifier, the
 * strokes of the pen, the pointer.  The picture below is kept, so that when
 * only these move nothing else is drawn anew. */
#include "viz/screen/screen_private.h"

#include "engine/base/num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PEN_U    5.0f
#define DASH     3.0f   /* times the pen's width, on and off */
#define DOT      0.013f /* of the window's height: its radius */
#define SPOT     0.16f
#define SPOT_DIM 0.62f
#define NEAR     0.05f /* of a side: a key's step */

/* ---- where the mouse is -------------------------------------------------- */

/* As shares of what the room sees; false: the mouse is elsewhere. */
static bool find_share(const Screen *s, int x, int y, float *fx, float *fy) {
    const Rect all = {0, 0, s->width, s->height};
    const Rect r = s->presents ? s->room_rect : all;
    if (r.w < 2 || r.h < 2 || !rect_contains(r, x, y)) return false;
    *fx = (float)(x - r.x) / (float)(r.w - 1);
    *fy = (float)(y - r.y) / (float)(r.h - 1);
    return true;
}

bool screen_point(Screen *s, int x, int y) {
    float fx, fy;
    return find_share(s, x, y, &fx, &fy) && app_point(s->app, fx, fy);
}

bool screen_press_pen(Screen *s, int x, int y) {
    float fx, fy;
    if (s->menu != MENU_NONE || !find_share(s, x, y, &fx, &fy)) return false;
    app_point(s->app, fx, fy);
    return app_press_pen(s->app);
}

bool screen_is_on_room(const Screen *s, int x, int y) {
    float fx, fy;
    return find_share(s, x, y, &fx, &fy);
}

void screen_next_pointer(Screen *s, int unused) {
    (void)unused;
    app_next_pointer(s->app);
}

void screen_next_pen(Screen *s, int unused) {
    (void)unused;
    app_next_pen(s->app);
}

void screen_clear_pen(Screen *s, int unused) {
    (void)unused;
    app_clear_pen(s->app);
}

void screen_toggle_lens(Screen *s, int unused) {
    (void)unused;
    app_toggle_lens(s->app);
}

bool screen_point_by(Screen *s, int down, int right) {
    return app_point_by(s->app, NEAR * (float)right, NEAR * (float)down);
}

/* ---- the picture below --------------------------------------------------- */

static size_t bytes_of(const Pixmap *p) {
    return (size_t)p->stride * (size_t)p->h * sizeof *p->px;
}

static bool same_size(const Pixmap *a, const Pixmap *b) {
    return a->px && a->w == b->w && a->h == b->h && a->stride == b->stride;
}

void screen_lift_marks(Screen *s, Canvas *c) {
    const Pixmap *p = canvas_pixels(c);
    if (s->laid && same_size(&s->under, p))
        memcpy(p->px, s->under.px, bytes_of(p));
    s->laid = false;
}

/* Without memory for it nothing is laid over. */
static bool keep_under(Screen *s, const Pixmap *p) {
    if (!same_size(&s->under, p)) {
        free(s->under.px);
        s->under = *p;
        s->under.px = malloc(bytes_of(p));
    }
    if (s->under.px) memcpy(s->under.px, p->px, bytes_of(p));
    return s->under.px != NULL;
}

void screen_free_marks(Screen *s) {
    free(s->under.px);
    s->under = (Pixmap){0};
}

/* ---- the magnifier ------------------------------------------------------- */

/* What is at the mouse stays there: of a window w wide the part from left on,
 * `zoom` times larger. */
typedef struct Lens {
    float zoom, left, top;
} Lens;

static Lens lens_of(const Marks *m, const Pixmap *p) {
    const float rest = 1 - 1 / m->lens;
    return (Lens){m->lens, m->x * (float)p->w * rest,
                  m->y * (float)p->h * rest};
}

/* One byte of four pixels, weighted in 256ths. */
static uint32_t mix(uint32_t a, uint32_t b, uint32_t t) {
    const uint32_t rb = ((a & 0xff00ff) * (256 - t) + (b & 0xff00ff) * t) >> 8;
    const uint32_t ag =
        ((a >> 8) & 0xff00ff) * (256 - t) + ((b >> 8) & 0xff00ff) * t;
    return (rb & 0xff00ff) | (ag & 0xff00ff00u);
}

static void magnify(const Pixmap *from, const Pixmap *to, const Lens *k) {
    for (int y = 0; y < to->h; y++) {
        const float fy = k->top + (float)y / k->zoom;
        const int y0 = num_clamp((int)fy, 0, from->h - 1);
        const int y1 = num_min(y0 + 1, from->h - 1);
        const uint32_t ty = (uint32_t)((fy - (float)y0) * 256);
        const uint32_t *r0 = from->px + (size_t)y0 * (size_t)from->stride;
        const uint32_t *r1 = from->px + (size_t)y1 * (size_t)from->stride;
        uint32_t *out = to->px + (size_t)y * (size_t)to->stride;
        for (int x = 0; x < to->w; x++) {
            const float fx = k->left + (float)x / k->zoom;
            const int x0 = num_clamp((int)fx, 0, from->w - 1);
            const int x1 = num_min(x0 + 1, from->w - 1);
            const uint32_t tx = (uint32_t)((fx - (float)x0) * 256);
            out[x] = mix(mix(r0[x0], r0[x1], tx), mix(r1[x0], r1[x1], tx), ty);
        }
    }
}

/* ---- the pen ------------------------------------------------------------- */

typedef struct Nib {
    Canvas *c;
    const Theme *t;
    Lens lens;
    float w, h; /* of the window */
} Nib;

static Point place(const Nib *n, MarkPoint p) {
    return (Point){((float)p.x / 65535 * n->w - n->lens.left) * n->lens.zoom,
                   ((float)p.y / 65535 * n->h - n->lens.top) * n->lens.zoom};
}

/* A stroke with round ends; the second pen's is in dashes. */
static void draw_line(const Nib *n, const MarkPoint *p, const MarkStroke *s,
                      float width, Color color) {
    float gone = 0;
    const float dash = DASH * (float)canvas_u(n->c, PEN_U) * n->lens.zoom;
    for (int i = 0; i < s->n; i++) {
        const Point b = place(n, p[i]), a = place(n, p[i > 0 ? i - 1 : 0]);
        gone += hypotf(b.x - a.x, b.y - a.y);
        if (s->pen == 2 && fmodf(gone, 2 * dash) > dash) continue;
        canvas_line(n->c, a.x, a.y, b.x, b.y, width, color);
        canvas_circle(n->c, b.x, b.y, width / 2, color);
    }
}

static void draw_strokes(const Nib *n, const Marks *m, int slide) {
    const float width = (float)canvas_u(n->c, PEN_U) * n->lens.zoom;
    for (int i = marks_next(m, slide, 0); i >= 0;
         i = marks_next(m, slide, i + 1)) {
        const MarkStroke *s = &m->strokes[i];
        const Color color = s->pen == 2 ? n->t->query : n->t->bad;
        /* On any ground its edge is the theme's. */
        draw_line(n, m->points + s->from, s, width * 1.7f, n->t->window);
        draw_line(n, m->points + s->from, s, width, color);
    }
}

/* ---- the pointer --------------------------------------------------------- */

static void draw_dot(Canvas *c, float x, float y, float h) {
    const float r = fmaxf(DOT * h, 6), edge = fmaxf(r / 5, 2);
    canvas_circle(c, x, y, r + 2 * edge, (Color){255, 255, 255, 255});
    canvas_circle(c, x, y, r + edge, (Color){0, 0, 0, 255});
    canvas_circle(c, x, y, r, (Color){225, 30, 30, 255});
}

static void draw_spot(Canvas *c, float x, float y, int w, int h) {
    const Color dark = color_alpha((Color){0, 0, 0, 255}, SPOT_DIM);
    const float r = SPOT * (float)h, edge = fmaxf(r / 40, 2);
    const int ri = (int)r;
    for (int row = 0; row < h; row++) {
        const float d = (float)row + .5f - y;
        const int half = fabsf(d) < r ? (int)sqrtf(r * r - d * d) : 0;
        const int left = half ? num_clamp((int)x - half, 0, w) : w;
        const int right = num_clamp((int)x + half, 0, w);
        canvas_fill(c, (Rect){0, row, left, 1}, dark);
        if (half) canvas_fill(c, (Rect){right, row, w - right, 1}, dark);
    }
    canvas_frame(c, (Rect){(int)x - ri, (int)y - ri, 2 * ri, 2 * ri}, r, edge,
                 (Color){255, 255, 255, 255});
}

/* ---- all of it ----------------------------------------------------------- */

void screen_lay_marks(Screen *s, Canvas *c) {
    const Pixmap *p = canvas_pixels(c);
    const Marks *m = app_marks(s->app);
    const Theme *t = theme_find(app_state(s->app)->theme);
    const int slide = app_state(s->app)->slide - 1;
    s->laid_as = app_marked(s->app);
    if (s->presents || !p->px || app_is_black(s->app) || !t ||
        (!m->pointing && m->lens <= 1 && marks_next(m, slide, 0) < 0) ||
        !keep_under(s, p))
        return;
    const Nib nib = {c, t, lens_of(m, p), (float)p->w, (float)p->h};
    s->laid = true;
    if (m->lens > 1) magnify(&s->under, p, &nib.lens);
    if (app_shows_ink(s->app)) draw_strokes(&nib, m, slide);
    const float x = m->x * (float)(p->w - 1), y = m->y * (float)(p->h - 1);
    if (m->pointing == POINTING_DOT) draw_dot(c, x, y, (float)p->h);
    if (m->pointing == POINTING_SPOT) draw_spot(c, x, y, p->w, p->h);
}
