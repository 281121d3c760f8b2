/* Formula layout: where the parts of a formula stand, given the sizes of its
 * letters.
 *
 * A tree of engine/formula/formula.h becomes a list of parts: texts with their
 * baselines, lines, and shapes that grow (fences, roots, braces, accents).
 * The rules are D. E. Knuth's, The TeXbook (1986), appendix G, with constants
 * for the fonts of a screen.
 *
 * Does NOT draw; knows fonts only through `measure`.  Allocates nothing.  The
 * parts borrow the tree and its source.
 *
 * Units: pixels.  x to the right, y downwards; (0, 0) is where the formula's
 * baseline begins.
 */
#ifndef VIZ_PAINT_FORMULA_LAYOUT_H
#define VIZ_PAINT_FORMULA_LAYOUT_H

#include "engine/formula/formula.h"
#include "viz/paint/fonts.h"

#define FORMULA_PARTS_MAX 768
#define FORMULA_CELLS_MAX 288 /* of tables in each other */

/* Of a text: its advance, and how far its ink goes above and below its
 * baseline (below 0: not down to it) and to the right of its origin. */
typedef struct FormulaInk {
    float advance, height, depth, right;
} FormulaInk;

typedef struct FormulaFonts {
    void *user;
    float least_px; /* no letter is smaller */
    /* False: no font has all its characters. */
    bool (*measure)(void *user, Face face, float size_px, const char *text,
                    int len, FormulaInk *out);
} FormulaFonts;

typedef enum FormulaPartKind {
    PART_TEXT,  /* from (x, y) */
    PART_FENCE, /* cp, in the box */
    PART_SURD,  /* the sign of a root, in the box, up to its line */
    PART_LINE,  /* the box, filled */
    PART_FRAME, /* along the box's edge */
    PART_MARK,  /* mark, in the box */
} FormulaPartKind;

typedef struct FormulaPart {
    uint8_t kind, face, mark;
    bool waits; /* a \middle fence whose height is not yet known */
    int16_t len;
    float x, y, w, h; /* of a box: left, top, width, height */
    float size_px;    /* of a text; else of those around */
    uint32_t cp;
    const char *text;
} FormulaPart;

typedef struct FormulaCell {
    int from, to; /* parts */
    float w, h, d;
} FormulaCell;

typedef struct FormulaBox {
    float w, h, d;  /* above and below the baseline */
    float least_px; /* its smallest type */
    int n, n_cells;
    FormulaPart parts[FORMULA_PARTS_MAX];
    FormulaCell cells[FORMULA_CELLS_MAX]; /* of tables under way */
} FormulaBox;

/* Lays the tree out at size_px; display: on a line of its own.  False: it has
 * too many parts, or a font lacks something. */
bool formula_layout(const FormulaTree *t, const FormulaFonts *fonts,
                    float size_px, bool display, FormulaBox *out);

/* The thickness of lines among type of a size. */
float formula_line(float size_px);

#endif
