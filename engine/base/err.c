/* A message is one plain line: of what is too long the beginning goes, as
 * the field and the numbers stand at the end. */
#include "engine/base/err.h"

#include "engine/base/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer than any path, so that a long path cannot push the field out. */
#define ERR_TEXT_MAX 8192

/* Copies text; what is too long loses its beginning, as the field and the
 * numbers stand at the end. */
static void copy_end(char *out, size_t out_size, const char *text) {
    size_t n = strlen(text);
    if (n < out_size) {
        memcpy(out, text, n + 1);
        return;
    }
    const char *tail = text + n - (out_size - sizeof "...");
    while (((unsigned char)*tail & 0xC0) == 0x80)
        tail++; /* never begin inside a character */
    snprintf(out, out_size, "...%s", tail);
}

/* The same, escaped.  What cannot be seen of the end is left out before, for
 * there may be a lot of it. */
static void copy_escaped(char *out, size_t out_size, const char *text) {
    char shown[8 * ERR_MSG_MAX + 1];
    const size_t n = strlen(text), most = sizeof shown / 4;
    if (n > most) text += n - most;
    while (n > most && ((unsigned char)*text & 0xC0) == 0x80)
        text++;
    escape_text(text, strlen(text), shown, sizeof shown);
    copy_end(out, out_size, shown);
}

bool err_set(Err *err, ErrCode code, size_t pos, const char *fmt, ...) {
    if (!err || err->code != ERR_NONE) return false;
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    copy_escaped(err->msg, sizeof err->msg, text);
    err->code = code;
    err->pos = pos;
    return false;
}

bool err_memory(Err *err, const char *what, size_t size_bytes) {
    return err_set(err, ERR_MEMORY, 0, "%s: out of memory, need %zu bytes",
                   what, size_bytes);
}

void err_clear(Err *err) {
    if (err) *err = (Err){0};
}
