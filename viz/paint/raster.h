/* Raster: pixels.  Filled shapes with anti-aliased edges on a 32-bit picture.
 *
 * Plain C, no SDL: the same pixels on every machine and in every test.
 * All shapes are clipped to the given clip rectangle, which must lie within
 * the picture.  Coordinates are pixels, y downwards, pixel (0,0) covers
 * [0,1)x[0,1).  Colours are straight (not premultiplied) alpha, blended in
 * sRGB space as every toolkit does.  The picture itself is opaque.
 */
#ifndef VIZ_PAINT_RASTER_H
#define VIZ_PAINT_RASTER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Rect {
    int x, y, w, h;
} Rect;

typedef struct Color {
    uint8_t r, g, b, a;
} Color;

typedef struct Point {
    float x, y;
} Point;

/* Pixels are 0xAARRGGBB in native byte order (SDL_PIXELFORMAT_ARGB8888). */
typedef struct Pixmap {
    uint32_t *px; /* [h, stride] */
    int w, h;
    int stride; /* pixels between rows */
} Pixmap;

#define RASTER_POINTS_MAX 1024 /* of one path */

Rect rect_intersect(Rect a, Rect b); /* w or h 0 when apart */
bool rect_contains(Rect r, int x, int y);
Rect rect_inset(Rect r, int dx, int dy);
Color color_mix(Color a, Color b, float t); /* t 0: a, 1: b; alpha too */
Color color_alpha(Color c, float alpha);    /* alpha 0..1 times c's */

void raster_fill(Pixmap *p, Rect clip, Rect r, Color c);

/* Polygon, closed, non-zero winding, exact area coverage per pixel. */
void raster_poly(Pixmap *p, Rect clip, const Point *pts, int n, Color c);

/* Rounded rectangle; with thickness > 0 only its border of that width,
 * measured inwards.  radius is cut to half the shorter side. */
void raster_round(Pixmap *p, Rect clip, Rect r, float radius, float thickness,
                  Color c);

/* Line with flat ends. */
void raster_line(Pixmap *p, Rect clip, Point a, Point b, float thickness,
                 Color c);

void raster_circle(Pixmap *p, Rect clip, Point center, float radius, Color c);

/* A band between two heights on the left and two on the right, with smooth
 * (cubic) edges: the flow of a Sankey diagram. */
void raster_ribbon(Pixmap *p, Rect clip, float x0, float top0, float bottom0,
                   float x1, float top1, float bottom1, Color c);

/* An 8-bit coverage mask [h, stride] at (x, y) in colour c: text. */
void raster_mask(Pixmap *p, Rect clip, int x, int y, const uint8_t *mask, int w,
                 int h, int stride, Color c);

/* The mean of from's pixels that lie in pixel (x, y) of the same picture at
 * w x h; straight alpha.  0 <= x < w, 0 <= y < h. */
uint32_t raster_sample(const Pixmap *from, int x, int y, int w, int h);

/* A picture with straight alpha, scaled to fill r; alpha 255: as it is. */
void raster_picture(Pixmap *p, Rect clip, Rect r, const Pixmap *from,
                    uint8_t alpha);

/* rows x cols opaque colours spread over r, each cell a whole rectangle whose
 * edges are r.x + round(i * r.w / cols) (so cells touch and fill r).  gap > 0
 * leaves that many pixels of what was there at each cell's right and bottom.
 * cells [rows, cols]; a colour with alpha 0 is skipped.  With more cells than
 * pixels the nearest cell is taken. */
void raster_cells(Pixmap *p, Rect clip, Rect r, const Color *cells, int rows,
                  int cols, int gap);

#endif
