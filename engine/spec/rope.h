/* Rope: how far queries and keys turn, position by position.
 *
 * Pair i of a head, elements 2i and 2i + 1, turns by the position times the
 * pair's frequency, so that a product of query and key depends on how far
 * apart they are.
 * Source: Su et al. 2021 (RoFormer), arXiv:2104.09864.
 *
 * Does NOT turn anything: kern_rope does.
 */
#ifndef ENGINE_SPEC_ROPE_H
#define ENGINE_SPEC_ROPE_H

#include "engine/spec/config.h"

/* How far a pair of a head turns from one position to the next, in radians:
 * theta^(-2i/K) for pair i, divided by the pair's divisor.
 * Source: as above, eq. 34. */
double rope_freq(const Config *c, int pair);

/* The rotation of every pair i at a position: turns[2i], turns[2i+1] = cos, sin
 * of the angle pos * rope_freq(c, i), in double and rounded, so that every
 * kernel table turns alike.  turns: [K]. */
void rope_turns(float *turns, const Config *c, int pos);

/* Linear scaling (position interpolation): every frequency is divided by the
 * factor.  Source: Chen et al. 2023, arXiv:2306.15595. */
void rope_scale_linear(Config *c, float factor);

/* Llama 3.1's scaling: frequencies that turn often within seq_len, the length
 * first trained on, stay, those that turn seldom are divided by the factor, and
 * in between it is blended.  factor >= 1, 0 < low < high, seq_len > 0.
 * Source: transformers, _compute_llama3_parameters. */
typedef struct RopeLlama3 {
    float factor, low, high;
    int seq_len;
} RopeLlama3;
void rope_scale_llama3(Config *c, const RopeLlama3 *s);

#endif
