/* How polygons get exact edges: every edge adds, to the pixels it passes, how
 * much of the pixel's row it covers ("signed area").  Summed from left to
 * right along the row, these numbers are the covered share of each pixel:
 * +1 or -1 inside by the path's direction, a fraction on its border.  No
 * sorting of edges, no samples, and shapes that share an edge leave no seam
 * darker or lighter than either.
 */
#include "viz/paint/raster.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* Floats of coverage worked on at a time: at least one full row. */
#define BAND_FLOATS 32768

/* Points of a quarter circle; keeps circles within 0.02 pixels of round up to
 * a radius of 4000. */
#define QUARTER_MAX 254

/* Columns whose edges raster_cells works out at a time. */
#define CELL_COLUMNS 512

/* Of numbers that are none of them NaN: the library's look for it. */
static inline double lesser(double a, double b) {
    return a < b ? a : b;
}

static inline double greater(double a, double b) {
    return a > b ? a : b;
}

static int clamp_int(int64_t v, int lo, int hi) {
    return (int)(v < lo ? lo : v > hi ? hi : v);
}

Rect rect_intersect(Rect a, Rect b) {
    int x0 = a.x > b.x ? a.x : b.x;
    int y0 = a.y > b.y ? a.y : b.y;
    int64_t ax1 = (int64_t)a.x + a.w, ay1 = (int64_t)a.y + a.h;
    int64_t bx1 = (int64_t)b.x + b.w, by1 = (int64_t)b.y + b.h;
    int64_t w = (ax1 < bx1 ? ax1 : bx1) - x0;
    int64_t h = (ay1 < by1 ? ay1 : by1) - y0;
    return (Rect){x0, y0, clamp_int(w, 0, INT_MAX), clamp_int(h, 0, INT_MAX)};
}

bool rect_contains(Rect r, int x, int y) {
    return x >= r.x && y >= r.y && (int64_t)x < (int64_t)r.x + r.w &&
           (int64_t)y < (int64_t)r.y + r.h;
}

Rect rect_inset(Rect r, int dx, int dy) {
    return (Rect){r.x + dx, r.y + dy,
                  clamp_int(r.w - 2 * (int64_t)dx, 0, INT_MAX),
                  clamp_int(r.h - 2 * (int64_t)dy, 0, INT_MAX)};
}

static uint8_t mix_channel(uint8_t a, uint8_t b, float t) {
    /* Adding a half rounds, as nothing here is negative; lroundf would be most
     * of the time that a heatmap takes. */
    return (uint8_t)((float)a + ((float)b - (float)a) * t + 0.5f);
}

Color color_mix(Color a, Color b, float t) {
    t = t > 0 ? t : 0; /* NaN too */
    t = t < 1 ? t : 1;
    return (Color){mix_channel(a.r, b.r, t), mix_channel(a.g, b.g, t),
                   mix_channel(a.b, b.b, t), mix_channel(a.a, b.a, t)};
}

Color color_alpha(Color c, float alpha) {
    alpha = fminf(fmaxf(alpha, 0), 1);
    c.a = (uint8_t)lroundf((float)c.a * alpha);
    return c;
}

/* ---- pixels -------------------------------------------------------------- */

static uint32_t pack(Color c) {
    return 0xFF000000u | (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

/* round(x / 255) for x in 0..255*255. */
static unsigned div255(unsigned x) {
    x += 128;
    return (x + (x >> 8)) >> 8;
}

/* The packed colour src over dst with alpha 0..255.  Red and blue share one
 * multiplication: each product fits into the 16 bits it has. */
static inline uint32_t blend(uint32_t dst, uint32_t src, unsigned alpha) {
    unsigned rest = 255 - alpha;
    uint32_t rb = (src & 0xFF00FF) * alpha + (dst & 0xFF00FF) * rest + 0x800080;
    uint32_t g = (src >> 8 & 0xFF) * alpha + (dst >> 8 & 0xFF) * rest + 0x80;
    rb = (rb + (rb >> 8 & 0xFF00FF)) >> 8 & 0xFF00FF;
    g = (g + (g >> 8)) & 0xFF00;
    return 0xFF000000u | rb | g;
}

static uint32_t *pixel_at(Pixmap *p, int x, int y) {
    return p->px + (size_t)y * p->stride + x;
}

static void check_clip(const Pixmap *p, Rect clip) {
    assert(clip.w <= 0 || clip.h <= 0 ||
           (clip.x >= 0 && clip.y >= 0 && clip.x + clip.w <= p->w &&
            clip.y + clip.h <= p->h));
    (void)p;
    (void)clip;
}

void raster_fill(Pixmap *p, Rect clip, Rect r, Color c) {
    check_clip(p, clip);
    r = rect_intersect(r, clip);
    if (r.w == 0 || r.h == 0 || c.a == 0) return;
    uint32_t src = pack(c);
    uint32_t *first = pixel_at(p, r.x, r.y);
    if (c.a == 255) {
        for (int x = 0; x < r.w; x++)
            first[x] = src;
        for (int y = 1; y < r.h; y++)
            memcpy(pixel_at(p, r.x, r.y + y), first, r.w * sizeof *first);
        return;
    }
    for (int y = 0; y < r.h; y++) {
        uint32_t *row = pixel_at(p, r.x, r.y + y);
        for (int x = 0; x < r.w; x++)
            row[x] = blend(row[x], src, c.a);
    }
}

#define MASK_PIXELS 8 /* at once */

/* The same as blend, byte by byte, in 16 bits: so the compiler does many at
 * once.  Without a branch for what is empty: blended with nothing, a pixel
 * stays as it is. */
static inline void mask_pixels(uint32_t *row, const uint8_t *mask, Color c) {
    uint32_t alphas[MASK_PIXELS], colors[MASK_PIXELS];
    uint8_t a[4 * MASK_PIXELS], from[4 * MASK_PIXELS], to[4 * MASK_PIXELS];
    for (int i = 0; i < MASK_PIXELS; i++) {
        alphas[i] = div255(mask[i] * c.a) * 0x01010101u;
        colors[i] = pack(c);
    }
    memcpy(a, alphas, sizeof a);
    memcpy(from, colors, sizeof from);
    memcpy(to, row, sizeof to);
    for (size_t i = 0; i < sizeof to; i++) {
        const uint16_t rest = (uint16_t)(255 - a[i]);
        const uint16_t sum = (uint16_t)(from[i] * a[i] + to[i] * rest + 128);
        to[i] = (uint8_t)((uint16_t)(sum + (sum >> 8)) >> 8);
    }
    memcpy(row, to, sizeof to);
    for (int i = 0; i < MASK_PIXELS; i++)
        row[i] |= 0xFF000000u;
}

void raster_mask(Pixmap *p, Rect clip, int x, int y, const uint8_t *mask, int w,
                 int h, int stride, Color c) {
    check_clip(p, clip);
    Rect r = rect_intersect((Rect){x, y, w, h}, clip);
    for (int j = 0; j < r.h; j++) {
        const uint8_t *m = mask + (ptrdiff_t)(r.y - y + j) * stride + (r.x - x);
        uint32_t *row = pixel_at(p, r.x, r.y + j);
        int i = 0;
        for (uint64_t eight; i + MASK_PIXELS <= r.w; i += MASK_PIXELS) {
            memcpy(&eight, m + i, MASK_PIXELS);
            if (eight != 0) /* most of a text's mask is empty */
                mask_pixels(row + i, m + i, c);
        }
        for (; i < r.w; i++)
            row[i] = blend(row[i], pack(c), div255(m[i] * c.a));
    }
}

/* ---- polygons ------------------------------------------------------------ */

/* Rows of signed coverage: row y starts at sum[y * (w + 1)], since an edge in
 * the last column also touches the one after it. */
typedef struct Band {
    Rect box; /* what of the picture it covers */
    float *sum;
} Band;

/* Adds one row's part of an edge: from x = left to right it covers the share
 * dy (signed) of the row.  0 <= left <= right <= w.  The pixel in column i is
 * covered to the right of the edge; ramp(k), the area under the edge left of
 * k, makes that a difference of two squares. */
static void band_add_row(float *sum, double left, double right, double dy) {
    int first = (int)left;
    int last = (int)ceil(right);
    if (last <= first + 1) {
        double share = (left + right) / 2 - first;
        sum[first] += (float)(dy * (1 - share));
        sum[first + 1] += (float)(dy * share);
        return;
    }
    double scale = 0.5 / (right - left);
    double covered = 0, ramp = 0;
    for (int i = first; i < last; i++) {
        double from = i + 1 - left, past = greater(i + 1 - right, 0);
        double next_ramp = (from * from - past * past) * scale;
        double now = next_ramp - ramp;
        sum[i] += (float)(dy * (now - covered));
        covered = now;
        ramp = next_ramp;
    }
    sum[last] += (float)(dy * (1 - covered));
}

/* Adds an edge that lies within 0..w and 0..h of the band, y0 < y1. */
static void band_add_inside(Band *b, double x0, double y0, double x1, double y1,
                            double sign) {
    double slope = (x1 - x0) / (y1 - y0);
    int last = (int)ceil(y1);
    for (int row = (int)y0; row < last; row++) {
        double top = greater(y0, row), bottom = lesser(y1, row + 1);
        double xa = x0 + (top - y0) * slope, xb = x0 + (bottom - y0) * slope;
        xa = lesser(greater(xa, 0), b->box.w);
        xb = lesser(greater(xb, 0), b->box.w);
        band_add_row(b->sum + (size_t)row * (b->box.w + 1), lesser(xa, xb),
                     greater(xa, xb), (bottom - top) * sign);
    }
}

/* Adds the edge p0-p1, cut to the band.  What lies left of it still covers
 * everything to its right, so it is moved onto the left border; what lies
 * right of it covers nothing. */
static void band_add_edge(Band *b, Point p0, Point p1) {
    double sign = p0.y < p1.y ? 1 : -1;
    Point up = sign > 0 ? p0 : p1, low = sign > 0 ? p1 : p0;
    double x0 = (double)up.x - b->box.x, y0 = (double)up.y - b->box.y;
    double x1 = (double)low.x - b->box.x, y1 = (double)low.y - b->box.y;
    if (y0 == y1 || y1 <= 0 || y0 >= b->box.h) return;

    /* The heights at which it crosses the borders, in order, between the
     * heights at which it enters and leaves the band. */
    double w = b->box.w, slope = (x1 - x0) / (y1 - y0);
    double top = greater(y0, 0), bottom = lesser(y1, b->box.h);
    double cut[4] = {top, top, bottom, bottom};
    if (slope != 0) {
        double at0 = y0 - x0 / slope, at1 = y0 + (w - x0) / slope;
        cut[1] = lesser(greater(lesser(at0, at1), top), bottom);
        cut[2] = lesser(greater(greater(at0, at1), top), bottom);
    }
    for (int i = 0; i < 3; i++) {
        double xa = x0 + (cut[i] - y0) * slope;
        double xb = x0 + (cut[i + 1] - y0) * slope;
        if (cut[i] >= cut[i + 1] || (xa >= w && xb >= w)) continue;
        band_add_inside(b, lesser(greater(xa, 0), w), cut[i],
                        lesser(greater(xb, 0), w), cut[i + 1], sign);
    }
}

static void band_paint(const Band *b, Pixmap *p, Color c) {
    uint32_t src = pack(c);
    for (int y = 0; y < b->box.h; y++) {
        const float *sum = b->sum + (size_t)y * (b->box.w + 1);
        uint32_t *row = pixel_at(p, b->box.x, b->box.y + y);
        float inside = 0;
        unsigned alpha = 0;
        for (int x = 0; x < b->box.w; x++) {
            if (sum[x] != 0) {
                inside += sum[x];
                const float share = fabsf(inside) < 1 ? fabsf(inside) : 1;
                alpha = (unsigned)(share * c.a + 0.5f);
            }
            if (alpha == 255)
                row[x] = src;
            else if (alpha)
                row[x] = blend(row[x], src, alpha);
        }
    }
}

/* The pixels that the points' bounding box touches, within clip. */
static Rect points_bounds(const Point *pts, int n, Rect clip) {
    float x0 = pts[0].x, x1 = x0, y0 = pts[0].y, y1 = y0;
    for (int i = 1; i < n; i++) {
        x0 = fminf(x0, pts[i].x);
        x1 = fmaxf(x1, pts[i].x);
        y0 = fminf(y0, pts[i].y);
        y1 = fmaxf(y1, pts[i].y);
    }
    float right = (float)(clip.x + clip.w), bottom = (float)(clip.y + clip.h);
    if (x1 <= (float)clip.x || x0 >= right || y1 <= (float)clip.y ||
        y0 >= bottom)
        return (Rect){0};
    int left = (int)floorf(fmaxf(x0, (float)clip.x));
    int top = (int)floorf(fmaxf(y0, (float)clip.y));
    return (Rect){left, top, (int)ceilf(fminf(x1, right)) - left,
                  (int)ceilf(fminf(y1, bottom)) - top};
}

static bool points_finite(const Point *pts, int n) {
    for (int i = 0; i < n; i++)
        if (!isfinite(pts[i].x) || !isfinite(pts[i].y)) return false;
    return true;
}

void raster_poly(Pixmap *p, Rect clip, const Point *pts, int n, Color c) {
    check_clip(p, clip);
    assert(n <= RASTER_POINTS_MAX && clip.w < BAND_FLOATS);
    if (n < 3 || c.a == 0 || clip.w <= 0 || clip.h <= 0) return;
    if (!points_finite(pts, n)) return;
    Rect box = points_bounds(pts, n, clip);
    if (box.w <= 0 || box.h <= 0) return;

    float sum[BAND_FLOATS];
    int rows = BAND_FLOATS / (box.w + 1);
    for (int done = 0; done < box.h; done += rows) {
        int h = rows < box.h - done ? rows : box.h - done;
        Band b = {{box.x, box.y + done, box.w, h}, sum};
        memset(sum, 0, (size_t)h * (box.w + 1) * sizeof *sum);
        for (int i = 0; i < n; i++)
            band_add_edge(&b, pts[i], pts[i + 1 < n ? i + 1 : 0]);
        band_paint(&b, p, c);
    }
}

/* ---- shapes -------------------------------------------------------------- */

static int quarter_steps(float radius) {
    return clamp_int((int64_t)ceilf(6 * sqrtf(radius)), 1, QUARTER_MAX);
}

/* Appends the arc of radius r around (cx, cy) that starts at `quarter` right
 * angles, clockwise from the right: steps + 1 points. */
static Point *arc(Point *out, float cx, float cy, float r, int quarter,
                  int steps) {
    for (int i = 0; i <= steps; i++) {
        double at = (quarter + (double)i / steps) * acos(0.0);
        *out++ = (Point){cx + r * (float)cos(at), cy + r * (float)sin(at)};
    }
    return out;
}

/* The top left corner of a rounded shape, in a square of side s: all of it or,
 * with thickness > 0, its border.  Returns the number of points. */
static int corner_path(Point *out, float radius, float thickness, float s) {
    int steps = quarter_steps(radius);
    Point *end = arc(out, radius, radius, radius, 2, steps);
    *end++ = (Point){s, 0};
    if (thickness > 0) {
        float inner = fmaxf(radius - thickness, 0), mid = thickness + inner;
        *end++ = (Point){s, thickness};
        Point *back = arc(end, mid, mid, inner, 2, steps);
        for (Point *a = end, *b = back - 1; a < b; a++, b--) {
            Point swap = *a;
            *a = *b;
            *b = swap;
        }
        end = back;
        *end++ = (Point){thickness, s};
    } else
        *end++ = (Point){s, s};
    *end++ = (Point){0, s};
    return (int)(end - out);
}

/* The side of a right or low corner: a pixel less where two do not fit. */
static int other_side(int s, int size) {
    return 2 * s > size ? s - 1 : s;
}

/* Draws a corner path into all four corners of r. */
static void corners(Pixmap *p, Rect clip, Rect r, const Point *path, int n,
                    int s, Color c) {
    Point pts[RASTER_POINTS_MAX];
    for (int k = 0; k < 4; k++) {
        bool right = k & 1, low = k & 2;
        for (int i = 0; i < n; i++) {
            pts[i].x =
                (float)r.x + (right ? (float)r.w - path[i].x : path[i].x);
            pts[i].y = (float)r.y + (low ? (float)r.h - path[i].y : path[i].y);
        }
        int w = right ? other_side(s, r.w) : s;
        int h = low ? other_side(s, r.h) : s;
        Rect box = {right ? r.x + r.w - w : r.x, low ? r.y + r.h - h : r.y, w,
                    h};
        raster_poly(p, rect_intersect(clip, box), pts, n, c);
    }
}

/* The straight parts of a border between corners of side s, pixel by pixel
 * inwards. */
static void border_bars(Pixmap *p, Rect clip, Rect r, float thickness, int s,
                        Color c) {
    int w = r.w - 2 * s, h = r.h - 2 * s;
    for (int i = 0; (float)i < thickness; i++) {
        Color part = color_alpha(c, thickness - (float)i);
        int right = r.x + r.w - 1 - i, low = r.y + r.h - 1 - i;
        raster_fill(p, clip, (Rect){r.x + s, r.y + i, w, 1}, part);
        raster_fill(p, clip, (Rect){r.x + s, low, w, 1}, part);
        raster_fill(p, clip, (Rect){r.x + i, r.y + s, 1, h}, part);
        raster_fill(p, clip, (Rect){right, r.y + s, 1, h}, part);
    }
}

void raster_round(Pixmap *p, Rect clip, Rect r, float radius, float thickness,
                  Color c) {
    if (r.w <= 0 || r.h <= 0) return;
    float half = (float)(r.w < r.h ? r.w : r.h) / 2;
    radius = fminf(fmaxf(radius, 0), half);
    bool border = thickness > 0 && thickness < half;
    int s = (int)ceilf(border ? fmaxf(radius, thickness) : radius);
    if (border)
        border_bars(p, clip, r, thickness, s, c);
    else {
        int w = r.w - 2 * s, low = other_side(s, r.h);
        raster_fill(p, clip, (Rect){r.x + s, r.y, w, s}, c);
        raster_fill(p, clip, (Rect){r.x, r.y + s, r.w, r.h - s - low}, c);
        raster_fill(p, clip, (Rect){r.x + s, r.y + r.h - low, w, low}, c);
    }
    if (s == 0) return;
    Point path[2 * (QUARTER_MAX + 1) + 4];
    int n = corner_path(path, radius, border ? thickness : 0, (float)s);
    corners(p, clip, r, path, n, s, c);
}

#define STRIP   64   /* pixels of a line painted at a time */
#define LONGEST 1e5f /* so painted: of longer ones a float knows too little */

/* Where a line from a to b is between from and from + STRIP of its longer axis:
 * the least and the most of the other, `reach` to either side. */
static void line_range(float a0, float a1, float b0, float b1, int from,
                       float reach, int *first, int *end) {
    const float slope = (b1 - b0) / (a1 - a0);
    const float at0 = b0 + ((float)from - reach - a0) * slope;
    const float at1 = b0 + ((float)(from + STRIP) + reach - a0) * slope;
    *first = (int)floorf(fminf(at0, at1) - reach);
    *end = (int)ceilf(fmaxf(at0, at1) + reach);
}

/* A long slanting line fills little of the box around it: it is painted in
 * strips, each as narrow as the line is there. */
static void line_strips(Pixmap *p, Rect clip, Point a, Point b,
                        const Point pts[4], float thickness, Color c) {
    const bool across = fabsf(b.x - a.x) >= fabsf(b.y - a.y);
    const Rect box = points_bounds(pts, 4, clip);
    const int begin = across ? box.x : box.y;
    const int stop = begin + (across ? box.w : box.h);
    for (int at = begin; at < stop; at += STRIP) {
        const int n = stop - at < STRIP ? stop - at : STRIP;
        int first, end;
        Rect strip;
        if (across) {
            line_range(a.x, b.x, a.y, b.y, at, thickness + 1, &first, &end);
            strip = (Rect){at, first, n, end - first};
        } else {
            line_range(a.y, b.y, a.x, b.x, at, thickness + 1, &first, &end);
            strip = (Rect){first, at, end - first, n};
        }
        raster_poly(p, rect_intersect(box, strip), pts, 4, c);
    }
}

void raster_line(Pixmap *p, Rect clip, Point a, Point b, float thickness,
                 Color c) {
    float dx = b.x - a.x, dy = b.y - a.y;
    float length = hypotf(dx, dy);
    if (!(length > 0)) return;
    float nx = -dy / length * thickness / 2, ny = dx / length * thickness / 2;
    const Point pts[4] = {{a.x + nx, a.y + ny},
                          {b.x + nx, b.y + ny},
                          {b.x - nx, b.y - ny},
                          {a.x - nx, a.y - ny}};
    if (length > 2 * STRIP && length < LONGEST)
        line_strips(p, clip, a, b, pts, thickness, c);
    else
        raster_poly(p, clip, pts, 4, c);
}

void raster_circle(Pixmap *p, Rect clip, Point center, float radius, Color c) {
    if (!(radius > 0) || !isfinite(radius)) return;
    Point pts[4 * (QUARTER_MAX + 1)],
        corners[2] = {{center.x - radius, center.y - radius},
                      {center.x + radius, center.y + radius}};
    if (points_bounds(corners, 2, clip).w <= 0) return;
    const int steps = quarter_steps(radius), n = steps + 1;
    arc(pts, 0, 0, radius, 0, steps);
    for (int i = 0; i < n; i++) { /* each quarter is the one before, turned */
        const Point a = pts[i];
        pts[i] = (Point){center.x + a.x, center.y + a.y};
        pts[n + i] = (Point){center.x - a.y, center.y + a.x};
        pts[2 * n + i] = (Point){center.x - a.x, center.y - a.y};
        pts[3 * n + i] = (Point){center.x + a.y, center.y - a.x};
    }
    raster_poly(p, clip, pts, 4 * n, c);
}

void raster_ribbon(Pixmap *p, Rect clip, float x0, float top0, float bottom0,
                   float x1, float top1, float bottom1, Color c) {
    enum { STEPS = 128 };
    Point pts[2 * (STEPS + 1)];
    for (int i = 0; i <= STEPS; i++) {
        /* The cubic with level ends: its control points lie half way. */
        float t = (float)i / STEPS, rest = 1 - t;
        float x_share =
            1.5f * rest * rest * t + 1.5f * rest * t * t + t * t * t;
        float y_share = 3 * rest * t * t + t * t * t;
        float x = x0 + (x1 - x0) * x_share;
        pts[i] = (Point){x, top0 + (top1 - top0) * y_share};
        pts[2 * STEPS + 1 - i] =
            (Point){x, bottom0 + (bottom1 - bottom0) * y_share};
    }
    raster_poly(p, clip, pts, 2 * (STEPS + 1), c);
}

/* ---- cells --------------------------------------------------------------- */

/* The part of a row of cells that is on screen. */
typedef struct CellSpan {
    int col, x0, x1;
} CellSpan;

/* Where cell i of n starts in `size` pixels. */
static int cell_edge(int i, int n, int size) {
    return (int)(((int64_t)i * size * 2 + n) / ((int64_t)n * 2));
}

/* The end of a cell without its gap, which is left out where the cell would
 * vanish. */
static int cell_end(int start, int end, int gap) {
    return end - start > gap ? end - gap : end;
}

static void cells_row(Pixmap *p, int y, const Color *cells,
                      const CellSpan *spans, int n) {
    uint32_t *row = pixel_at(p, 0, y);
    for (int i = 0; i < n; i++) {
        Color c = cells[spans[i].col];
        if (c.a == 0) continue;
        uint32_t src = pack(c);
        for (int x = spans[i].x0; x < spans[i].x1; x++)
            row[x] = src;
    }
}

void raster_cells(Pixmap *p, Rect clip, Rect r, const Color *cells, int rows,
                  int cols, int gap) {
    check_clip(p, clip);
    clip = rect_intersect(clip, r);
    if (clip.w == 0 || clip.h == 0) return;
    for (int col = 0; col < cols;) {
        CellSpan spans[CELL_COLUMNS];
        int n = 0;
        for (; col < cols && n < CELL_COLUMNS; col++) {
            int x0 = r.x + cell_edge(col, cols, r.w);
            int x1 = cell_end(x0, r.x + cell_edge(col + 1, cols, r.w), gap);
            if (x0 < clip.x) x0 = clip.x;
            if (x1 > clip.x + clip.w) x1 = clip.x + clip.w;
            if (x0 < x1) spans[n++] = (CellSpan){col, x0, x1};
        }
        for (int i = 0; i < rows; i++) {
            int y0 = r.y + cell_edge(i, rows, r.h);
            int y1 = cell_end(y0, r.y + cell_edge(i + 1, rows, r.h), gap);
            if (y0 < clip.y) y0 = clip.y;
            if (y1 > clip.y + clip.h) y1 = clip.y + clip.h;
            for (int y = y0; y < y1; y++)
                cells_row(p, y, cells + (size_t)i * cols, spans, n);
        }
    }
}

uint32_t raster_sample(const Pixmap *from, int x, int y, int w, int h) {
    if (w == from->w && h == from->h) /* as it is */
        return from->px[(size_t)y * from->stride + x];
    const int x0 = (int)((int64_t)x * from->w / w);
    const int y0 = (int)((int64_t)y * from->h / h);
    const int x1 = (int)((int64_t)(x + 1) * from->w / w);
    const int y1 = (int)((int64_t)(y + 1) * from->h / h);
    uint64_t sum[4] = {0}; /* blue, green, red, each times alpha; alpha */
    uint64_t n = 0;
    for (int j = y0; j < (y1 > y0 ? y1 : y0 + 1); j++)
        for (int i = x0; i < (x1 > x0 ? x1 : x0 + 1); i++, n++) {
            const uint32_t px = from->px[(size_t)j * from->stride + i];
            const uint32_t alpha = px >> 24;
            for (int k = 0; k < 3; k++)
                sum[k] += (uint64_t)(px >> 8 * k & 0xFF) * alpha;
            sum[3] += alpha;
        }
    if (n == 0) return 0; /* never: a pixel at least */
    uint32_t out = (uint32_t)((sum[3] + n / 2) / n) << 24;
    for (int k = 0; k < 3 && sum[3]; k++)
        out |= (uint32_t)((sum[k] + sum[3] / 2) / sum[3]) << 8 * k;
    return out;
}

void raster_picture(Pixmap *p, Rect clip, Rect r, const Pixmap *from,
                    uint8_t alpha) {
    check_clip(p, clip);
    clip = rect_intersect(clip, r);
    for (int y = clip.y; y < clip.y + clip.h; y++) {
        uint32_t *row = p->px + (size_t)y * p->stride;
        for (int x = clip.x; x < clip.x + clip.w; x++) {
            uint32_t px = raster_sample(from, x - r.x, y - r.y, r.w, r.h);
            row[x] =
                blend(row[x], px | 0xFF000000u, div255((px >> 24) * alpha));
        }
    }
}
