/* Characters are written to a buffer, and that to the stream when it is full:
 * a line is mostly one write, so that lines of several processes stay whole. */
#include "engine/base/escape.h"

#include "engine/base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 1024 /* formatted without asking for memory */
#define CHAR_BYTES 16   /* of one, escaped: four times <XX> */

/* What sets the direction of the text after it; line and paragraph ends. */
static bool is_direction(uint32_t cp) {
    return cp == 0x061C || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x2028 && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x206F);
}

bool escape_is_needed(uint32_t cp) {
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || is_direction(cp) ||
           cp == UTF8_BAD;
}

/* The character at text[0..n), escaped into out; *taken: its bytes.  Also
 * called in a signal handler. */
static size_t escape_char(const char *text, size_t n, char out[CHAR_BYTES],
                          int *taken) {
    uint32_t cp;
    *taken = utf8_decode(text, n, &cp);
    if (!escape_is_needed(cp)) {
        memcpy(out, text, (size_t)*taken);
        return (size_t)*taken;
    }
    static const char digits[] = "0123456789ABCDEF";
    size_t at = 0;
    for (int i = 0; i < *taken; i++) {
        const uint8_t byte = (uint8_t)text[i];
        out[at++] = '<';
        out[at++] = digits[byte >> 4];
        out[at++] = digits[byte & 15];
        out[at++] = '>';
    }
    return at;
}

size_t escape_text(const char *text, size_t n, char *out, size_t size) {
    char shown[CHAR_BYTES];
    size_t length = 0, end = 0; /* in all; of what fitted */
    int taken;
    for (size_t i = 0; i < n; i += (size_t)taken) {
        const size_t more = escape_char(text + i, n - i, shown, &taken);
        if (end == length && more < size - end && size > 0) {
            memcpy(out + end, shown, more);
            end += more;
        }
        length += more;
    }
    if (size > 0) out[end] = '\0';
    return length;
}

/* A newline stands at the end of a line; in keeps are others that stay. */
static void write_text(FILE *f, const char *text, size_t n, const char *keeps,
                       bool is_line) {
    char out[TEXT_BYTES + CHAR_BYTES + 2];
    size_t at = 0;
    int taken = 1;
    for (size_t i = 0; i < n; i += (size_t)taken, taken = 1) {
        if (text[i] && strchr(keeps, text[i]))
            out[at++] = text[i];
        else
            at += escape_char(text + i, n - i, out + at, &taken);
        if (at < TEXT_BYTES) continue;
        fwrite(out, 1, at, f);
        at = 0;
    }
    if (is_line) out[at++] = '\n';
    fwrite(out, 1, at, f);
}

static void print(FILE *f, bool is_line, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));
static void print(FILE *f, bool is_line, const char *fmt, va_list args) {
    char own[TEXT_BYTES], *more = NULL;
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(own, sizeof own, fmt, args);
    if (n >= (int)sizeof own && (more = malloc((size_t)n + 1)))
        n = vsnprintf(more, (size_t)n + 1, fmt, again);
    else if (n >= (int)sizeof own)
        n = (int)sizeof own - 1;
    va_end(again);
    write_text(f, more ? more : own, n > 0 ? (size_t)n : 0, "", is_line);
    free(more);
}

void escape_print(FILE *f, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    print(f, false, fmt, args);
    va_end(args);
}

void escape_line(FILE *f, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    print(f, true, fmt, args);
    va_end(args);
}

void escape_vline(FILE *f, const char *fmt, va_list args) {
    print(f, true, fmt, args);
}

void escape_lines(FILE *f, const char *text, size_t n) {
    write_text(f, text, n, "\n\t", false);
}
