/* Text of others - names and contents of files, what somebody typed - as a
 * terminal may have it: nothing in it moves the cursor, changes colours, sets a
 * title, turns the direction of the rest or begins a line.
 *
 * What escape_is_needed names is written as its bytes, each as <XX>; all other
 * text stays as it is.  All that this program prints goes this way, for which
 * tests/lint/layers.sh looks; a file's own bytes (a picture, a model, text into
 * a pipe) do not.
 *
 *     escape_line(stderr, "%s: warning: %s", path, text);
 *
 * Does NOT make text that can be read back: "<1B>" may have stood there.
 */
#ifndef ENGINE_BASE_ESCAPE_H
#define ENGINE_BASE_ESCAPE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* True for C0 (newline and tab, too), DEL, C1, what sets the direction of text,
 * U+2028 and U+2029, which end lines, and UTF8_BAD: a byte that is no
 * character. */
bool escape_is_needed(uint32_t cp);

/* text[0..n) escaped, as snprintf does it: the length it needs is returned,
 * and out[size] holds as many whole characters and escapes as fit,
 * NUL-terminated.  size 0: out may be NULL. */
size_t escape_text(const char *text, size_t n, char *out, size_t size);

/* printf, all of it escaped: a newline in fmt would be, too.  With little
 * memory left, a text of more than a thousand bytes is cut. */
void escape_print(FILE *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, and the line ends. */
void escape_line(FILE *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void escape_vline(FILE *f, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

/* A text of several lines: its newlines and tabs stay. */
void escape_lines(FILE *f, const char *text, size_t n);

#endif
