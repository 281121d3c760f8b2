/* Scan: a cursor over one short text, for the small languages of this folder
 * (state strings, claims, stage comments).
 *
 * Bounded by n, so the text need not end in NUL.  Does NOT allocate.  Errors
 * carry err.pos = byte in the text; `who` opens their message ("state").
 */
#ifndef LESSONS_SCAN_H
#define LESSONS_SCAN_H

#include "engine/base/err.h"

typedef struct Scan {
    const char *text; /* borrowed */
    size_t n, pos;    /* pos <= n */
    const char *who;
} Scan;

Scan scan_init(const char *text, size_t n, const char *who);

/* Space, tab and line ends. */
bool scan_is_blank(char c);
void scan_blanks(Scan *s);

/* Where `what` first stands in text[0..n), or NULL. */
const char *scan_find(const char *text, size_t n, const char *what);

/* The byte under the cursor; NUL at the end. */
char scan_peek(const Scan *s);

/* Steps over c if it is next. */
bool scan_take(Scan *s, char c);

/* A name: a letter, then letters, digits and underscores.  Returns its
 * length, 0 when there is none; *name points into the text. */
size_t scan_name(Scan *s, const char **name);

/* A text in double quotes with \" \\ \n \t \xNN escapes, decoded into out
 * (NUL-terminated; at most size - 1 bytes).  A NUL byte is refused. */
bool scan_quoted(Scan *s, char *out, size_t size, size_t *len, Err *err);

/* Without blanks at its ends. */
void scan_trim(const char **text, size_t *n);

/* True when text[0..n) is one finite decimal number and nothing else. */
bool scan_number(const char *text, size_t n, double *out);

#endif
