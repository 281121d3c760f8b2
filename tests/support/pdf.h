/* Pdf: small PDF files of pages in one colour, and such as do harm. */
#ifndef TESTS_SUPPORT_PDF_H
#define TESTS_SUPPORT_PDF_H

#include "tests/support/folder.h"

/* n pages of 400 x 300 points: red, green, blue and again; a black frame is
 * around each. */
void pdf_write(const char *dir, const char *name, int n);

/* One page, its contents and its box as given. */
void pdf_write_page(const char *dir, const char *name, const char *contents,
                    const char *box);

/* One page whose drawing takes years: a form that draws another one ten times,
 * which draws another one ten times ... */
void pdf_write_endless(const char *dir, const char *name);

#endif
