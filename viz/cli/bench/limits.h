/* Limits: what this machine can do at most, measured: the yardstick that
 * `bench` holds the engine against.
 *
 * Does NOT know models.  Each call takes about a tenth of a second, or as long
 * as reading everything once, and leaves no thread behind that might still look
 * for work while something else is measured.  0, or nothing read, when out of
 * memory.
 */
#ifndef VIZ_CLI_BENCH_LIMITS_H
#define VIZ_CLI_BENCH_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* Bytes somewhere in memory. */
typedef struct LimitsSpan {
    const uint8_t *data;
    size_t size;
} LimitsSpan;

#define LIMITS_PASSES_MAX 64

/* How long it took to read everything once, or some times where that is little:
 * of each pass of a measurement the best so far.  Starts as {0}. */
typedef struct LimitsReading {
    double bytes; /* of a pass */
    int n;
    double seconds[LIMITS_PASSES_MAX];
} LimitsReading;

/* Reads n spans in turn, again and again, each split among n_threads threads;
 * always the same ones.  So where all of them fit into a cache, it is that
 * cache's speed. */
void limits_read(LimitsReading *out, const LimitsSpan *spans, int n,
                 int n_threads);

/* Over all passes, not of the best one alone: where a cache holds a part of
 * what is read, and others use that cache too, single passes are much faster
 * than any work that goes on for longer.  0: nothing was read. */
double limits_read_bytes_per_s(const LimitsReading *r);

/* f32 operations a second (a fused multiply-add counts as two) on n_threads
 * threads, with the widest vectors of this CPU and all operands in
 * registers. */
double limits_f32_ops_per_s(int n_threads);

#endif
