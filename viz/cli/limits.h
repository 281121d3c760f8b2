/* Limits: what this machine can do at most, measured: the yardstick that
 * `bench` holds the engine against.
 *
 * Does NOT know models.  Each call takes about a tenth of a second.
 */
#ifndef VIZ_LIMITS_H
#define VIZ_LIMITS_H

#include <stddef.h>

/* Bytes read a second from a buffer of `size` bytes, on n_threads threads; so
 * with a size that fits into a cache, that cache's speed.  The best of several
 * passes; 0 when out of memory. */
double limits_read_bytes_per_s(size_t size, int n_threads);

/* f32 operations a second (a fused multiply-add counts as two) on n_threads
 * threads, with the widest vectors of this CPU and all operands in
 * registers. */
double limits_f32_ops_per_s(int n_threads);

#endif
