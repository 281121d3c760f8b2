/* Shape: the sizes of a model as letters, and "what if they were others?".
 *
 *     Shape s = {0};
 *     shape_parse(&s, "D=256,L=8", &err);
 *     if (shape_apply(&s, config, &other, &err)) ... params_total(&other) ...
 *
 * The letters are those of config.h; a letter that is not given is the model's
 * own, and K follows as D / H.  The word "untied" gives it an output matrix of
 * its own, "tied" makes the embedding that.
 *
 * Does NOT know what a model of these sizes has: see params.h.
 */
#ifndef ENGINE_SPEC_SHAPE_H
#define ENGINE_SPEC_SHAPE_H

#include "engine/spec/config.h"

typedef enum ShapeDim {
    SHAPE_D,
    SHAPE_F,
    SHAPE_H,
    SHAPE_G,
    SHAPE_V,
    SHAPE_L,
    SHAPE_DIMS
} ShapeDim;

#define SHAPE_TEXT_MAX 96 /* bytes of a shape as text, NUL included */

typedef enum ShapeTied { SHAPE_TIED_OWN, SHAPE_TIED, SHAPE_UNTIED } ShapeTied;

typedef struct Shape {
    int n[SHAPE_DIMS]; /* 0: the model's own */
    ShapeTied tied;    /* whether the embedding is the output matrix, too */
} Shape;

char shape_letter(ShapeDim d);

/* What a config has, everything given. */
Shape shape_of(const Config *c);

/* Reads "D=256,L=8,untied"; "" gives nothing.  On error, which says what was
 * expected and at which byte, *s stays. */
bool shape_parse(Shape *s, const char *text, Err *err);
/* Writes it back, the letters in their order, the word last. */
void shape_format(const Shape *s, char out[SHAPE_TEXT_MAX]);

/* c with what is given; false when no model can have these sizes. */
bool shape_apply(const Shape *s, const Config *c, Config *out, Err *err);

/* The size nearest to `wanted` that letter d can have while the others stay:
 * a round one (m times a power of two, m below 8), of which whole, even K and
 * equal groups of heads come out.  0: none. */
int shape_nearest(const Shape *s, const Config *c, ShapeDim d, double wanted);

#endif
