/* Document: the pages of a PDF file as pixels, through poppler, where the
 * program was built with it.
 *
 *     Pixmap p;
 *     int n;
 *     if (!document_pages("paper.pdf", &n, &err)) ...
 *     if (!document_page(&p, "paper.pdf", 3, &err)) ...
 *     canvas_picture(c, r, &p, 1);
 *     picture_close(&p);
 *
 * A PDF is a program that somebody else wrote, and poppler a large one to run
 * it, so it runs in a process of its own that ends with the call; only that one
 * loads it, which costs starts without a PDF nothing.  Bounded are
 * the file's bytes, that process's memory (where the system says how much it
 * has), its time, and the pixels that come back; it writes no file.  If it
 * crashes or does not end, that is an error here and nothing else.
 *
 * Does NOT show what is in a page besides its ink: links, films, forms.
 */
#ifndef VIZ_PAINT_DOCUMENT_H
#define VIZ_PAINT_DOCUMENT_H

#include "engine/base/err.h"
#include "viz/paint/raster.h"

#define DOCUMENT_BYTES_MAX   (64u << 20)  /* of a file */
#define DOCUMENT_MEMORY_MAX  (512u << 20) /* besides the program's */
#define DOCUMENT_SECONDS_MAX 5
#define DOCUMENT_SIDE        1600 /* pixels of a page's longer side */

/* False: the program was built without poppler, and both calls say so. */
bool document_is_able(void);

/* How many pages a file has, >= 1.  Errors name the file. */
bool document_pages(const char *path, int *n, Err *err);

/* A page, from 1, on white; yours, free it with picture_close. */
bool document_page(Pixmap *out, const char *path, int page, Err *err);

#endif
