/* A growing buffer of little-endian bytes: the other way of reader.h.
 *
 * The first failure to allocate sticks, so a format may be written as a whole
 * and tested once, by writer_take.
 *
 *     Writer w = {0};
 *     writer_u32(&w, 7);
 *     writer_floats(&w, values, n);
 *     void *bytes = writer_take(&w, &size, "model", &err);
 */
#ifndef ENGINE_BASE_WRITER_H
#define ENGINE_BASE_WRITER_H

#include "engine/base/err.h"

#include <stdint.h>

typedef struct Writer {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
} Writer;

void writer_bytes(Writer *w, const void *bytes, size_t n);
void writer_u32(Writer *w, uint32_t v);
void writer_u64(Writer *w, uint64_t v);
void writer_f32(Writer *w, float v);
void writer_floats(Writer *w, const float *values, size_t n);

/* What was written, malloc'ed and the caller's, and its size; the writer is
 * left zeroed.  NULL and err, "what: out of memory", when it failed. */
void *writer_take(Writer *w, size_t *size, const char *what, Err *err);

#endif
