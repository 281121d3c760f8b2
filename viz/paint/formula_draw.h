/* Formula on a canvas: measured and drawn from its source, at any size.
 *
 *     FormulaPlace p;
 *     if (formula_place(c, source, n, size_px, display, max_w, &p))
 *         formula_draw(c, &p, x, baseline_y, color);
 *     else
 *         show the source as text
 *
 * Letters come from the faces of fonts.h: slanted where mathematics slants
 * them; what fences, roots, braces and accents need is drawn as shapes.  A
 * frame's text marks have the source, once, not its letters.
 *
 * Does NOT keep anything between calls: fonts keep their letters.
 */
#ifndef VIZ_PAINT_FORMULA_DRAW_H
#define VIZ_PAINT_FORMULA_DRAW_H

#include "engine/formula/formula.h"
#include "viz/paint/canvas.h"

typedef struct FormulaPlace {
    const char *source; /* [n], borrowed */
    int n;
    float size_px;
    bool display; /* on a line of its own */
    int w, h, d;  /* pixels; h above the baseline, d below */
} FormulaPlace;

/* How large a formula gets at size_px, or at the largest size below it that
 * fits into max_w.  False: it is none that is known, or does not fit even with
 * the smallest letters. */
bool formula_place(Canvas *c, const char *source, int n, float size_px,
                   bool display, int max_w, FormulaPlace *out);

/* The width of a text in which there are formulas (formula_next), on one
 * line. */
int formula_text_width(Canvas *c, TextStyle style, const char *text);

/* Draws it with its baseline at y. */
void formula_draw(Canvas *c, const FormulaPlace *p, int x, int y, Color color);

#endif
