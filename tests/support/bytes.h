/* Bytes: a growing buffer for writing test files in memory, little-endian. */
#ifndef TESTS_SUPPORT_BYTES_H
#define TESTS_SUPPORT_BYTES_H

#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
    uint8_t *data; /* malloc'ed; free() it, or hand it on */
    size_t size, capacity;
} Bytes;

/* Appends; aborts when out of memory, as a test may. */
void bytes_put(Bytes *b, const void *data, size_t size);
void bytes_u8(Bytes *b, uint8_t v);
void bytes_u32(Bytes *b, uint32_t v);
void bytes_i32(Bytes *b, int32_t v);
void bytes_f32(Bytes *b, float v);
void bytes_zeros(Bytes *b, size_t size);
void bytes_format(Bytes *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* without the NUL; 4 KiB at most */

/* Overwrites the four bytes at `at`, which exist. */
void bytes_set_u32(Bytes *b, size_t at, uint32_t v);

/* Removes the n bytes at `at`, which exist, or puts n zeros there. */
void bytes_cut(Bytes *b, size_t at, size_t n);
void bytes_insert(Bytes *b, size_t at, size_t n);

/* A copy that shares nothing. */
Bytes bytes_copy(const void *data, size_t size);

/* Frees; leaves it empty. */
void bytes_free(Bytes *b);

/* SplitMix64: the next number of a seeded sequence, for seeded test data.
 * Source: Steele, Lea, Flood 2014 (Fast splittable generators). */
uint64_t random_next(uint64_t *state);

#endif
