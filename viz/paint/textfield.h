/* Textfield: text that is being edited, set into rows of one width.
 *
 *     TextRow row = {0};
 *     for (bool more = textfield_first(&f, &row); more;
 *          more = textfield_next(&f, &row))
 *         textfield_draw(&f, &row, x, y, h);
 *
 * Unlike a paragraph no byte is left out: blanks at a row's end hang over it,
 * and newlines, tabs and carriage returns show as marks, so that every place of
 * a caret can be seen.  Rows end after a newline, after blanks, or anywhere in
 * a longer word.  Does NOT hold text or draw a caret.
 */
#ifndef VIZ_PAINT_TEXTFIELD_H
#define VIZ_PAINT_TEXTFIELD_H

#include "viz/paint/canvas.h"

typedef struct TextField {
    Canvas *canvas;
    TextStyle style;
    const char *text; /* UTF-8, [len]; borrowed */
    size_t len;
    int width; /* of a row, pixels */
} TextField;

typedef struct TextRow {
    size_t from, to; /* bytes; the newline that ends it is its last */
} TextRow;

/* The row at the text's beginning: there always is one. */
bool textfield_first(const TextField *f, TextRow *row);
/* The row after *row; false after the last.  Text that ends with a newline ends
 * with an empty row. */
bool textfield_next(const TextField *f, TextRow *row);

/* How many rows there are, and in which of them a caret at byte `at` stands:
 * between two rows, in the later one. */
int textfield_rows(const TextField *f, size_t at, int *row_of);
/* Row number i, from 0; the last one where there is none of that number. */
TextRow textfield_row(const TextField *f, int i);
/* Pixels from a row's left end to byte `at` of it. */
int textfield_x(const TextField *f, const TextRow *row, size_t at);
/* The byte of a row that is nearest to x pixels from its left end; a caret
 * there stands in this row. */
size_t textfield_at(const TextField *f, const TextRow *row, int x);
/* Draws a row, centred vertically in h pixels at y. */
void textfield_draw(const TextField *f, const TextRow *row, int x, int y,
                    int h);

#endif
