/* A multiplication a byte. */
#include "engine/base/sum.h"

uint64_t sum_fnv1a(const void *bytes, size_t n) {
    const uint8_t *p = bytes;
    uint64_t sum = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 0x100000001B3u;
    return sum;
}
