/* Vector: shapes and text as a PDF or SVG, through cairo: the canvas's other
 * ground, beside the pixels of raster.h.
 *
 *     Vector *v = vector_open(VECTOR_PDF, fonts, &err);
 *     vector_page(v, 1920, 1080, 0.5);     // pixels; points each
 *     canvas_open_on(v, 1920, 1080, ...);  // and draw on that
 *     vector_finish(v, &bytes, &size, &err);
 *     vector_close(v);
 *
 * What a picture of pixels rounds is kept: shapes stay shapes, letters are
 * letters of the same font files, embedded, at the places where the canvas has
 * them, so that they can be searched and copied (in a PDF; an SVG has their
 * outlines).  Cells become rectangles, or a picture without smoothing.  The
 * same calls give the same bytes, on any day: a PDF is dated by
 * SOURCE_DATE_EPOCH where that is set, else 1970.
 *
 * Does NOT lay out, and never fails while drawing: what fails, or passes a
 * limit, is told by vector_page and vector_finish.
 */
#ifndef VIZ_PAINT_VECTOR_H
#define VIZ_PAINT_VECTOR_H

#include "viz/paint/fonts.h"
#include "viz/paint/gradient.h"
#include "viz/paint/raster.h"

#include <stddef.h>

#define VECTOR_PAGES_MAX 2000
#define VECTOR_BYTES_MAX (256u << 20) /* of the file */
#define VECTOR_SIDE_MAX  14400        /* points: what a PDF's page may have */

typedef enum VectorKind { VECTOR_PDF, VECTOR_SVG } VectorKind;

typedef struct Vector Vector;

/* fonts is borrowed and must outlive it. */
Vector *vector_open(VectorKind kind, Fonts *fonts, Err *err);
void vector_close(Vector *v); /* NULL is fine */

/* What a PDF says of itself; copied, a byte that is no UTF-8 as "?".  Before
 * the first page. */
void vector_title(Vector *v, const char *title);
void vector_subject(Vector *v, const char *subject);

/* A new page of w x h pixels, `points` (1/72 inch) each; an SVG has but one.
 */
bool vector_page(Vector *v, int w, int h, double points, Err *err);
/* A line of the PDF's table of contents that leads to this page; copied in the
 * same way. */
void vector_entry(Vector *v, const char *text);
/* What is drawn from here on has its origin at (x, y) of the page, and is
 * `scale` times as large. */
void vector_place(Vector *v, int x, int y, double scale);

/* The whole file, malloc'ed.  Nothing can be drawn after. */
bool vector_finish(Vector *v, uint8_t **out, size_t *size, Err *err);

/* As in raster.h. */
void vector_fill(Vector *v, Rect clip, Rect r, Color c);
void vector_poly(Vector *v, Rect clip, const Point *pts, int n, Color c);
void vector_round(Vector *v, Rect clip, Rect r, float radius, float thickness,
                  Color c);
void vector_line(Vector *v, Rect clip, Point a, Point b, float thickness,
                 Color c);
void vector_circle(Vector *v, Rect clip, Point center, float radius, Color c);
void vector_ribbon(Vector *v, Rect clip, float x0, float top0, float bottom0,
                   float x1, float top1, float bottom1, Color c);
void vector_cells(Vector *v, Rect clip, Rect r, const Color *cells, int rows,
                  int cols, int gap);
void vector_picture(Vector *v, Rect clip, Rect r, const Pixmap *from,
                    float alpha);
void vector_gradient(Vector *v, Rect clip, Rect r, const Gradient *g);
/* Lines at 45 degrees over r, one every `period` pixels. */
void vector_hatch(Vector *v, Rect clip, Rect r, int period, float thickness,
                  Color c);
/* Text with its origin, the left end of its baseline, at (x, y); angle as in
 * fonts_mask. */
void vector_text(Vector *v, Rect clip, Face face, float size_px, float angle,
                 int x, int y, const char *text, int len, Color c);

#endif
