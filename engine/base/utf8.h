/* UTF-8, one code point at a time.  Does NOT normalise. */
#ifndef ENGINE_BASE_UTF8_H
#define ENGINE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the code point at s[0..n).  Returns its length, 1..4, and the value
 * in *cp.  On an ill-formed sequence (Unicode 15, table 3-7: overlong,
 * surrogate, cut, > U+10FFFF) returns 1 and sets *cp to UTF8_BAD.  n > 0. */
#define UTF8_BAD 0xFFFFFFFFu
int utf8_decode(const char *s, size_t n, uint32_t *cp);

/* True when s[0..n) is the beginning of a well-formed code point that is cut
 * short: more bytes could make it whole.  n > 0. */
bool utf8_is_cut(const char *s, size_t n);

/* Writes cp (a scalar value) to out[4]; returns the length, 1..4. */
int utf8_encode(uint32_t cp, char out[4]);

/* True when s[0..n) is well formed throughout. */
bool utf8_valid(const char *s, size_t n);

/* The byte position of the next / previous code point boundary, for carets.
 * Ill-formed bytes count as one each.  Stays within 0..n. */
size_t utf8_next(const char *s, size_t n, size_t at);
size_t utf8_prev(const char *s, size_t n, size_t at);

#endif
