/* Paragraph: paragraphs of mixed spans set into a column, with line breaking.
 *
 * A formula is one piece; a tall one makes its line taller.  One that does not
 * fit into the column is set smaller, and one that is not known, or does not
 * fit even so, as its source.
 *
 * A line of which the clip would cut the letters is not drawn.
 *
 * Words break at blanks; a word wider than the column breaks anywhere.  Used
 * for slides, the inspector's explanations and the help screen.
 */
#ifndef VIZ_PAINT_PARAGRAPH_H
#define VIZ_PAINT_PARAGRAPH_H

#include "viz/paint/canvas.h"

typedef struct TextSpan {
    const char *text; /* UTF-8; '\n' breaks the line */
    int len;
    Face face;
    Color color;
    bool hidden;      /* it has its place, and is not drawn */
    Color background; /* a 0: none; else a rounded box behind (code) */
    float scale;      /* of the paragraph's size; 0: 1 */
    float lift; /* of its baseline, in sizes of the paragraph; < 0: down */
    bool strike, underline;
    bool dotted;  /* underlined with dots */
    bool formula; /* text is TeX's: see formula_draw.h */
    bool display; /* a formula in the middle of a line of its own */
    Rect *where;  /* gets the place of its last piece drawn; NULL: none does */
    Align align;  /* of the whole paragraph; the first span's counts */
} TextSpan;

/* Sets spans into a column of width w with its top left at (x, y).  size in
 * design units, leading as a factor of size (1.45 is a good text).  Returns
 * the height used in pixels.  With draw false only measures. */
int paragraph_text(Canvas *c, int x, int y, int w, float size, float leading,
                   const TextSpan *spans, int n, bool draw);

/* Strings of any length, one right behind another, in which there may be
 * formulas (formula_next): up to PARAGRAPH_PIECES_MAX pieces of words and
 * formulas, further ones are left out. */
#define PARAGRAPH_PIECES_MAX 64
int paragraph_parts(Canvas *c, int x, int y, int w, TextStyle style,
                    float leading, const char *const *parts, int n_parts,
                    bool draw);
/* One. */
int paragraph_plain(Canvas *c, int x, int y, int w, TextStyle style,
                    float leading, const char *text, bool draw);

#endif
