/* Worksheet: a lesson's questions, the places to look at and room for answers,
 * to be printed.
 *
 * The Markdown is plain, with a line between sections, so that it is a deck,
 * too; the PDF is that deck set on pages of A4.  Right answers are left out,
 * and so is the text of the slides.  What a deck says is text here: none of it
 * becomes markup or a tag.
 */
#ifndef VIZ_CLI_WORKSHEET_H
#define VIZ_CLI_WORKSHEET_H

#include "viz/app/app.h"

/* lesson: the name of one that is inside, or the path of a deck.  output NULL:
 * Markdown to standard output; a name that ends in .pdf: a PDF. */
bool worksheet_save(const char *lesson, const char *output, Err *err);

/* ---- worksheet_pages.c --------------------------------------------------- */

/* The Markdown, n bytes, as a PDF. */
bool worksheet_save_pdf(const char *text, size_t n, const char *title,
                        const char *output, Err *err);

#endif
