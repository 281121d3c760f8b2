/* Counter in, bits out: no state between two calls. */
#include "engine/base/chance.h"

#include <math.h>

#define ROUNDS 4

uint64_t chance_bits(uint64_t seed, uint64_t i) {
    uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* In (0, 1): never the 0 whose logarithm there is not. */
static double uniform(uint64_t seed, uint64_t i) {
    return ((double)(chance_bits(seed, i) >> 11) + 0.5) * 0x1p-53;
}

double chance_normal(uint64_t seed, uint64_t i) {
    const double turn = 6.283185307179586 * uniform(seed, 2 * i + 1);
    return sqrt(-2 * log(uniform(seed, 2 * i))) * cos(turn);
}

uint64_t chance_order(uint64_t seed, uint64_t i, uint64_t n) {
    int half = 1; /* bits of each half */
    while (half < 31 && (n - 1) >> (2 * half))
        half++;
    const uint64_t mask = ((uint64_t)1 << half) - 1;
    do {
        for (int round = 0; round < ROUNDS; round++) {
            const uint64_t left = i >> half, right = i & mask;
            const uint64_t key = chance_bits(seed, (uint64_t)round);
            i = right << half | ((left ^ chance_bits(key, right)) & mask);
        }
    } while (i >= n);
    return i;
}
