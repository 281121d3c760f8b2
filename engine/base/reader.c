/* Every read ends in reader_take, which is the only place that compares with
 * the end. */
#include "engine/base/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a message after the field; err_set has the last word. */
#define READER_TEXT_MAX 256

Reader reader_init(const void *base, size_t size, const char *name, Err *err) {
    return (Reader){
        .base = base, .size = size, .ok = true, .name = name, .err = err};
}

size_t reader_left(const Reader *r) {
    return r->size - r->pos;
}

bool reader_fail(Reader *r, const char *field, const char *fmt, ...) {
    if (!r->ok) return false;
    char text[READER_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->ok = false;
    return err_set(r->err, ERR_FORMAT, r->pos, "%s: %s: %s", r->name, field,
                   text);
}

const uint8_t *reader_take(Reader *r, size_t n, const char *field) {
    if (!r->ok) return NULL;
    if (n > reader_left(r)) {
        reader_fail(r, field, "found %zu bytes at byte %zu, need %zu",
                    reader_left(r), r->pos, n);
        return NULL;
    }
    const uint8_t *p = r->base + r->pos;
    r->pos += n;
    return p;
}

/* The next n bytes as a number, lowest byte first. */
static uint64_t take_uint(Reader *r, size_t n, const char *field) {
    const uint8_t *p = reader_take(r, n, field);
    uint64_t v = 0;
    for (size_t i = 0; p && i < n; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

uint8_t reader_u8(Reader *r, const char *field) {
    return (uint8_t)take_uint(r, 1, field);
}

uint16_t reader_u16(Reader *r, const char *field) {
    return (uint16_t)take_uint(r, 2, field);
}

uint32_t reader_u32(Reader *r, const char *field) {
    return (uint32_t)take_uint(r, 4, field);
}

uint64_t reader_u64(Reader *r, const char *field) {
    return take_uint(r, 8, field);
}

int32_t reader_i32(Reader *r, const char *field) {
    uint32_t bits = reader_u32(r, field);
    int32_t v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

float reader_f32(Reader *r, const char *field) {
    uint32_t bits = reader_u32(r, field);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

bool size_mul(uint64_t a, uint64_t b, uint64_t *out) {
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *out = product;
    return true;
}

bool size_add(uint64_t a, uint64_t b, uint64_t *out) {
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}
