/* Chance: random numbers as a function of what they are for, so that there is
 * no generator whose state would have to be kept: number `i` under `seed` is
 * the same whenever it is asked for, and a resumed training draws on.
 *
 * Source: Steele et al. 2014 (SplitMix64), Fast Splittable Pseudorandom Number
 * Generators, whose i-th output this is.
 */
#ifndef ENGINE_BASE_CHANCE_H
#define ENGINE_BASE_CHANCE_H

#include <stdint.h>

/* 64 random bits. */
uint64_t chance_bits(uint64_t seed, uint64_t i);

/* Normal with mean 0 and deviation 1.  Source: Box & Muller 1958. */
double chance_normal(uint64_t seed, uint64_t i);

/* The place of item i, 0 <= i < n, in a random order of n items: a
 * permutation, computed without a list.  A Feistel network over the smallest
 * even number of bits that holds n, walked until it lands below n.
 * Source: Black & Rogaway 2002, Ciphers with Arbitrary Finite Domains. */
uint64_t chance_order(uint64_t seed, uint64_t i, uint64_t n);

#endif
