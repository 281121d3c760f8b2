/* What vector.c and vector_text.c share.  Not for anyone else. */
#ifndef VIZ_PAINT_VECTOR_PRIVATE_H
#define VIZ_PAINT_VECTOR_PRIVATE_H

#include "viz/paint/vector.h"

#include <cairo.h>
#include <hb.h>

#define VECTOR_FONTS_MAX 64

/* A font file, open. */
typedef struct VectorFont {
    char *path; /* NULL: none yet */
    long index;
    cairo_font_face_t *face; /* NULL: it cannot be used */
    hb_font_t *shape;        /* at a scale of `em` units an em */
    int em;
} VectorFont;

struct Vector {
    VectorKind kind;
    Fonts *fonts;
    cairo_surface_t *surface; /* NULL: no page yet, or finished */
    cairo_t *cr;
    cairo_matrix_t page; /* pixels of the page to points */
    char *title;         /* malloc'ed; NULL: none */
    char *subject;
    int n_pages;
    uint8_t *out; /* the file so far */
    size_t size, capacity;
    bool too_large; /* more than VECTOR_BYTES_MAX, or than memory has */
    VectorFont font_files[VECTOR_FONTS_MAX];
    int n_fonts;
};

/* Sets the colour; clips, where `reach`, what is about to be drawn, is not all
 * in sight.  False: none of it is.  Each true is followed by
 * vector_end_shape. */
bool vector_begin_shape(Vector *v, Rect clip, Rect reach, Color c);
void vector_end_shape(Vector *v);

void vector_close_fonts(Vector *v);

#endif
