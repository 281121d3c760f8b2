/* The buffer doubles, so that a byte is copied about once more whatever the
 * pieces. */
#include "engine/base/writer.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 4096

/* Room for n more bytes, or NULL. */
static uint8_t *reserve(Writer *w, size_t n) {
    if (w->failed) return NULL;
    if (n > w->capacity - w->size) {
        size_t capacity = w->capacity ? w->capacity : CAPACITY_MIN;
        while (capacity - w->size < n && capacity < SIZE_MAX / 2)
            capacity *= 2;
        uint8_t *data =
            capacity - w->size < n ? NULL : realloc(w->data, capacity);
        if (!data) {
            w->failed = true;
            return NULL;
        }
        w->data = data;
        w->capacity = capacity;
    }
    uint8_t *out = w->data + w->size;
    w->size += n;
    return out;
}

static void put(Writer *w, uint64_t v, int n) {
    uint8_t *out = reserve(w, (size_t)n);
    for (int i = 0; out && i < n; i++)
        out[i] = (uint8_t)(v >> 8 * i);
}

void writer_bytes(Writer *w, const void *bytes, size_t n) {
    uint8_t *out = reserve(w, n);
    if (out && n > 0) memcpy(out, bytes, n);
}

void writer_u32(Writer *w, uint32_t v) {
    put(w, v, 4);
}

void writer_u64(Writer *w, uint64_t v) {
    put(w, v, 8);
}

void writer_f32(Writer *w, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    put(w, bits, 4);
}

void writer_floats(Writer *w, const float *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        writer_f32(w, values[i]);
}

void *writer_take(Writer *w, size_t *size, const char *what, Err *err) {
    void *data = w->data;
    *size = w->size;
    if (w->failed || !data) {
        err_memory(err, what, w->size);
        free(data);
        data = NULL;
    }
    *w = (Writer){0};
    return data;
}
