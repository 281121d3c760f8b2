/* Limits: what this machine can do at most, measured: the yardstick that
 * `bench` holds the engine against.
 *
 * Does NOT know models.  Each call takes about a tenth of a second, or as long
 * as reading everything once, and leaves no thread behind that might still look
 * for work while something else is measured.  0 when out of memory.
 */
#ifndef VIZ_LIMITS_H
#define VIZ_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes somewhere in memory. */
typedef struct LimitsSpan {
    const uint8_t *data;
    size_t size;
} LimitsSpan;

/* Bytes read a second from n spans in turn, again and again, each split among
 * n_threads threads; so where all of them fit into a cache, that cache's speed.
 * The best of several passes. */
double limits_read_bytes_per_s(const LimitsSpan *spans, int n, int n_threads);

/* f32 operations a second (a fused multiply-add counts as two) on n_threads
 * threads, with the widest vectors of this CPU and all operands in
 * registers. */
double limits_f32_ops_per_s(int n_threads);

#endif
