#include "tests/support/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_put(Bytes *b, const void *data, size_t size) {
    if (size > b->capacity - b->size) {
        b->capacity = 2 * (b->size + size) + 64;
        b->data = realloc(b->data, b->capacity);
        if (!b->data) abort();
    }
    if (size) memcpy(b->data + b->size, data, size);
    b->size += size;
}

void bytes_u8(Bytes *b, uint8_t v) {
    bytes_put(b, &v, 1);
}

void bytes_u32(Bytes *b, uint32_t v) {
    for (int i = 0; i < 4; i++)
        bytes_u8(b, (uint8_t)(v >> 8 * i));
}

void bytes_i32(Bytes *b, int32_t v) {
    bytes_u32(b, (uint32_t)v);
}

void bytes_f32(Bytes *b, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    bytes_u32(b, bits);
}

void bytes_zeros(Bytes *b, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes_u8(b, 0);
}

void bytes_format(Bytes *b, const char *fmt, ...) {
    char text[4096];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) abort();
    bytes_put(b, text, (size_t)n);
}

void bytes_set_u32(Bytes *b, size_t at, uint32_t v) {
    assert(at + 4 <= b->size);
    for (int i = 0; i < 4; i++)
        b->data[at + (size_t)i] = (uint8_t)(v >> 8 * i);
}

void bytes_cut(Bytes *b, size_t at, size_t n) {
    assert(at + n <= b->size);
    memmove(b->data + at, b->data + at + n, b->size - at - n);
    b->size -= n;
}

void bytes_insert(Bytes *b, size_t at, size_t n) {
    assert(at <= b->size);
    size_t tail = b->size - at;
    bytes_zeros(b, n);
    memmove(b->data + at + n, b->data + at, tail);
    memset(b->data + at, 0, n);
}

Bytes bytes_copy(const void *data, size_t size) {
    Bytes b = {0};
    bytes_put(&b, data, size);
    return b;
}

void bytes_free(Bytes *b) {
    free(b->data);
    *b = (Bytes){0};
}

uint64_t random_next(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}
