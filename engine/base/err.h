/* One error value for everything that can fail because of input or the system.
 *
 * Does NOT print, exit or allocate.  Programmer errors are assert()s instead.
 *
 * The first error wins: err_set() on an Err that already holds one changes
 * nothing, so the innermost, most precise message survives the way up.
 *
 *     bool thing_open(const char *path, Err *err) {
 *         if (size < 28)
 *             return err_set(err, ERR_FORMAT, 0, "%s: header: found %zu "
 *                            "bytes, need 28", path, size);
 *         return true;
 *     }
 */
#ifndef ENGINE_BASE_ERR_H
#define ENGINE_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ErrCode {
    ERR_NONE,        /* no error */
    ERR_USAGE,       /* the caller's words are off: exit code 2 */
    ERR_IO,          /* the system refused: open, read, write, rename */
    ERR_FORMAT,      /* the bytes break their format */
    ERR_UNSUPPORTED, /* well formed, but not something llantern does */
    ERR_LIMIT,       /* a named limit was passed */
    ERR_MEMORY,      /* an allocation failed */
    ERR_CANCELLED,   /* stopped on request */
    ERR_CLOSED,      /* who read our output went away: nothing to tell */
} ErrCode;

#define ERR_MSG_MAX 1024 /* bytes */

typedef struct Err {
    ErrCode code;
    size_t pos; /* byte or line in the input, 0 where it means nothing */
    char msg[ERR_MSG_MAX]; /* one line: "file: field: found X, need Y" */
} Err;

/* Records an error unless one is recorded already.  err may be NULL (the
 * caller does not want to know).  Control characters that file names or file
 * contents bring into the message are escaped (escape.h): it stays one line.
 * Always returns false, to be returned. */
bool err_set(Err *err, ErrCode code, size_t pos, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* As err_set, for "out of memory" on `what`, with the size asked for. */
bool err_memory(Err *err, const char *what, size_t size_bytes);

/* Back to no error. */
void err_clear(Err *err);

#endif
