/* A bounded cursor over untrusted bytes: the only way file contents are read.
 *
 * Little-endian decode by shifts, never a struct cast.  Bounds are checked by
 * subtraction, so no sum can wrap.  The first failure sticks: afterwards every
 * read returns 0/NULL and `ok` stays false, so a parser may read a whole
 * header and test once.  The Reader borrows the bytes; it frees nothing.
 */
#ifndef ENGINE_BASE_READER_H
#define ENGINE_BASE_READER_H

#include "engine/base/err.h"

#include <stdint.h>

typedef struct Reader {
    const uint8_t *base;
    size_t size;
    size_t pos; /* <= size always */
    bool ok;
    const char *name; /* for messages: the file's name; borrowed */
    Err *err;         /* where the first failure is written; may be NULL */
} Reader;

Reader reader_init(const void *base, size_t size, const char *name, Err *err);

/* Bytes left. */
size_t reader_left(const Reader *r);

/* Borrowed pointer to the next n bytes, or NULL past the end.  `field` names
 * what was wanted, for the message "name: field: ... at byte P". */
const uint8_t *reader_take(Reader *r, size_t n, const char *field);

uint8_t reader_u8(Reader *r, const char *field);
uint16_t reader_u16(Reader *r, const char *field);
uint32_t reader_u32(Reader *r, const char *field);
uint64_t reader_u64(Reader *r, const char *field);
int32_t reader_i32(Reader *r, const char *field);
float reader_f32(Reader *r, const char *field);

/* Records "name: field: <fmt>" at the current byte, makes the reader fail,
 * returns false. */
bool reader_fail(Reader *r, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Checked size arithmetic on sizes that come from a file.  Each returns false
 * and leaves *out alone when the result does not fit. */
bool size_mul(uint64_t a, uint64_t b, uint64_t *out);
bool size_add(uint64_t a, uint64_t b, uint64_t *out);

#endif
