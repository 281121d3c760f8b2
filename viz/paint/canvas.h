/* Canvas: the one surface everything is drawn on.
 *
 * A picture in memory, drawn on with raster.h and fonts.h; a window shows it
 * by copying it (window.c), an export saves it (png.h).  So a screenshot, an
 * exported file and a test have the same pixels, and no display is needed.
 * Or the page of a vector.h, which the same calls draw on.
 *
 * Units: views think in design units ("u"); canvas_u turns them into pixels
 * with the canvas's scale.  All drawing below is in pixels.
 *
 * Drawing cannot fail.  Nothing is allocated per frame.
 */
#ifndef VIZ_PAINT_CANVAS_H
#define VIZ_PAINT_CANVAS_H

#include "viz/paint/fonts.h"
#include "viz/paint/gradient.h"
#include "viz/paint/raster.h"
#include "viz/paint/textmark.h"
#include "viz/paint/vector.h"

#define CANVAS_TEXTS_MAX   4096  /* remembered of a frame; see canvas_texts */
#define CANVAS_TEXT_MIN_PX 11    /* no text is smaller, whatever the scale */
#define CANVAS_SIZE_MAX    16384 /* pixels a side */
#define CANVAS_CLIPS_MAX   16    /* nested clips */

typedef struct Canvas Canvas;

/* fonts is borrowed and must outlive the canvas. */
Canvas *canvas_open(int w, int h, float scale, Fonts *fonts, Err *err);
/* A canvas of w x h pixels that draws on v, where v has its place; v must
 * outlive it.  It has no pixels of its own and cannot be resized. */
Canvas *canvas_open_on(Vector *v, int w, int h, float scale, Fonts *fonts,
                       Err *err);
void canvas_close(Canvas *c); /* NULL is fine */

/* New size or scale; the picture's contents are lost.  On failure the canvas
 * is as it was. */
bool canvas_resize(Canvas *c, int w, int h, float scale, Err *err);

int canvas_width(const Canvas *c);
int canvas_height(const Canvas *c);
float canvas_scale(const Canvas *c); /* pixels per design unit */
/* Another scale for what is drawn from here on; the picture stays. */
void canvas_rescale(Canvas *c, float scale);
/* Design units to whole pixels; what is not nothing is at least one. */
int canvas_u(const Canvas *c, float u);
const Pixmap *canvas_pixels(const Canvas *c); /* px NULL: on a Vector */
Fonts *canvas_fonts(Canvas *c);

/* Clipping nests; push intersects with what is in force. */
void canvas_push_clip(Canvas *c, Rect r);
void canvas_pop_clip(Canvas *c);
Rect canvas_clip(const Canvas *c);
/* Whether any of r can be seen: colours of what cannot need not be mixed. */
bool canvas_shows(const Canvas *c, Rect r);

void canvas_clear(Canvas *c, Color color);
void canvas_fill(Canvas *c, Rect r, Color color);
void canvas_round(Canvas *c, Rect r, float radius, Color color);
void canvas_frame(Canvas *c, Rect r, float radius, float thickness,
                  Color color);
void canvas_line(Canvas *c, float x0, float y0, float x1, float y1,
                 float thickness, Color color);
void canvas_circle(Canvas *c, float x, float y, float radius, Color color);
/* The same around the corner of a pixel: of many of one size each costs no more
 * than its pixels. */
void canvas_dot(Canvas *c, int x, int y, int radius, Color color);
void canvas_poly(Canvas *c, const Point *pts, int n, Color color);
void canvas_ribbon(Canvas *c, float x0, float top0, float bottom0, float x1,
                   float top1, float bottom1, Color color);
void canvas_cells(Canvas *c, Rect r, const Color *cells, int rows, int cols,
                  int gap);
/* A picture scaled to fill r; alpha from 0, nothing of it, to 1. */
void canvas_picture(Canvas *c, Rect r, const Pixmap *from, float alpha);
/* Colours that pass into each other over r. */
void canvas_gradient(Canvas *c, Rect r, const Gradient *g);
/* Diagonal hatching: "no value here" (NaN), never a colour of a map. */
void canvas_hatch(Canvas *c, Rect r, Color color);

typedef enum Align { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT } Align;

typedef struct TextStyle {
    Face face;
    float size; /* design units (em) */
    Color color;
    Align align;
    float angle; /* degrees counter-clockwise around (x, baseline) */
} TextStyle;

/* A style as most are: left-aligned and level. */
static inline TextStyle text_style(Face face, float size, Color color) {
    return (TextStyle){.face = face, .size = size, .color = color};
}

/* On a dense display, more pixels are needed to be read: from now on no text
 * has fewer than CANVAS_TEXT_MIN_PX times its density. */
void canvas_set_density(Canvas *c, float density);
/* Type of a size in design units, in pixels: the least that can be read, or
 * more. */
float canvas_text_px(const Canvas *c, float size);

/* Draws text with its baseline at y; x is the left, middle or right end.
 * Returns the advance width in pixels. */
int canvas_text(Canvas *c, TextStyle style, int x, int y, const char *text);

/* As canvas_text, cut with an ellipsis so that it fits into max_w pixels;
 * nothing is drawn where not one letter of it does. */
int canvas_text_fit(Canvas *c, TextStyle style, int x, int y, int max_w,
                    const char *text);

/* As much of it as fits whole: it is cut before a comma, a semicolon, a " · "
 * or a bracket that opens, and is nothing where its first phrase has no room.
 * The width. */
int canvas_text_phrases(Canvas *c, TextStyle style, int x, int y, int max_w,
                        const char *text);

/* The first of the two that fits; the second one is cut where neither does. */
int canvas_text_either(Canvas *c, TextStyle style, int x, int y, int max_w,
                       const char *text, const char *shorter);

/* Text centred vertically (by capital height) in a row of height h at y. */
int canvas_text_row(Canvas *c, TextStyle style, int x, int y, int h,
                    const char *text);

int canvas_text_width(Canvas *c, TextStyle style, const char *text);
FontMetrics canvas_metrics(Canvas *c, TextStyle style);
/* Some font has all of these characters. */
bool canvas_has(Canvas *c, Face face, const char *text);

/* Letters of a larger whole, such as a formula, which are not noted one by
 * one; size in pixels, their origin at (x, y). */
void canvas_letters(Canvas *c, Face face, float size_px, Color color, int x,
                    int y, const char *text, int len);
/* Notes the whole: w wide, its smallest type, what it says. */
void canvas_note(Canvas *c, int x, int y, int w, float size_px,
                 const char *text, int len);

/* A frame begins: what was written before is forgotten. */
void canvas_begin(Canvas *c);
/* The texts of this frame so far that were not wholly clipped away, in the
 * order of drawing; *n of them, CANVAS_TEXTS_MAX at most.  Borrowed until the
 * next canvas_begin. */
const TextMark *canvas_texts(const Canvas *c, int *n);

/* printf straight to the canvas: numbers in labels. */
int canvas_textf(Canvas *c, TextStyle style, int x, int y, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
