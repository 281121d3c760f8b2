/* Sum: a checksum that tells damaged or other bytes, not made-up ones. */
#ifndef ENGINE_BASE_SUM_H
#define ENGINE_BASE_SUM_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit FNV-1a.  Source: Fowler, Noll, Vo (RFC 9923). */
uint64_t sum_fnv1a(const void *bytes, size_t n);

#endif
