/* Compiled with -O3 -ffp-contract=fast (Makefile), so that a * b + c below is
 * the CPU's fused instruction where it has one, and sums stay in registers. */
#include "viz/cli/bench/limits.h"

#include "engine/base/clock.h"
#include "engine/base/team.h"
#include "viz/cli/cli.h"

#include <string.h>

#define SPAN_S 0.1 /* how long one measurement repeats */
#define CHAINS                                                                 \
    12                     /* independent sums, to hide an instruction's delay;
                              12 and a factor fit into 16 registers */
#define PEAK_STEPS  100000 /* per call and chain */
#define READ_MIN    (16u << 20) /* bytes read between looks at the clock */
#define THREADS_MAX 256
#define CACHE_LINE  64
#define READ_LINES  4
#define READ_STEP   ((size_t)READ_LINES * CACHE_LINE)

typedef float Lanes4 __attribute__((vector_size(16)));
typedef float Lanes8 __attribute__((vector_size(32)));
typedef float Lanes16 __attribute__((vector_size(64)));
typedef uint64_t Line __attribute__((vector_size(CACHE_LINE)));

/* Both measurements, once per instruction set.  What they return keeps the
 * work from being optimised away. */

/* CHAINS sums of PEAK_STEPS fused steps each. */
#define PEAK(isa, Lanes)                                                       \
    static float peak_##isa(float seed) {                                      \
        Lanes sum[CHAINS], factor = seed - (Lanes){0}, total = {0};            \
        for (int c = 0; c < CHAINS; c++)                                       \
            sum[c] = factor + (float)c;                                        \
        for (int i = 0; i < PEAK_STEPS; i++)                                   \
            for (int c = 0; c < CHAINS; c++)                                   \
                sum[c] = sum[c] * factor + factor;                             \
        for (int c = 0; c < CHAINS; c++)                                       \
            total += sum[c];                                                   \
        return total[0];                                                       \
    }

/* size bytes, a multiple of READ_STEP, of any alignment. */
#define READ(isa)                                                              \
    static uint64_t read_##isa(const uint8_t *data, size_t size) {             \
        Line sum[READ_LINES] = {0};                                            \
        for (size_t i = 0; i < size; i += READ_STEP)                           \
            for (size_t j = 0; j < READ_LINES; j++) {                          \
                Line line;                                                     \
                memcpy(&line, data + i + j * sizeof line, sizeof line);        \
                sum[j] += line;                                                \
            }                                                                  \
        return (sum[0] + sum[1] + sum[2] + sum[3])[0];                         \
    }

/* clang-format off: it takes these for one unfinished declaration */
PEAK(generic, Lanes4)
READ(generic)
#ifdef __x86_64__
#define AVX2   __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,fma")))
AVX2 PEAK(avx2, Lanes8)
AVX2 READ(avx2)
AVX512 PEAK(avx512, Lanes16)
AVX512 READ(avx512)
#endif
    /* clang-format on */

    typedef struct Loops {
    float (*peak)(float seed);
    uint64_t (*read)(const uint8_t *data, size_t size);
    int lanes;
} Loops;

/* The widest vectors this CPU has. */
static Loops best_loops(void) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return (Loops){peak_avx512, read_avx512, 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (Loops){peak_avx2, read_avx2, 8};
#endif
    return (Loops){peak_generic, read_generic, 4};
}

/* ---- arithmetic ---------------------------------------------------------- */

typedef struct PeakJob {
    Loops loops;
    float out[THREADS_MAX];
} PeakJob;

static void run_peak(void *ud, int thread) {
    PeakJob *job = ud;
    job->out[thread] = job->loops.peak(0.5f);
}

double limits_f32_ops_per_s(int n_threads) {
    if (n_threads > THREADS_MAX) n_threads = THREADS_MAX;
    PeakJob job = {.loops = best_loops()};
    Team *team = team_open(n_threads, NULL);
    if (!team) return 0;
    double ops = 2.0 * PEAK_STEPS * CHAINS * job.loops.lanes * n_threads;
    double best = 0, start = clock_seconds();
    while (clock_seconds() - start < SPAN_S) {
        double begin = clock_seconds();
        team_run(team, run_peak, &job, n_threads);
        double speed = ops / (clock_seconds() - begin);
        if (speed > best) best = speed;
    }
    team_close(team);
    return best;
}

/* ---- reading ------------------------------------------------------------- */

typedef struct ReadJob {
    Loops loops;
    const LimitsSpan *spans;
    int n, n_threads, passes;
    uint64_t out[THREADS_MAX];
} ReadJob;

/* The thread's part of every span, in whole steps; what is left over at their
 * ends is not read, and not counted. */
static size_t part_bytes(const LimitsSpan *span, int n_threads) {
    return span->size / (size_t)n_threads / READ_STEP * READ_STEP;
}

static void run_read(void *ud, int thread) {
    ReadJob *job = ud;
    uint64_t sum = 0;
    for (int pass = 0; pass < job->passes; pass++)
        for (int i = 0; i < job->n; i++) {
            const size_t part = part_bytes(&job->spans[i], job->n_threads);
            sum += job->loops.read(job->spans[i].data + (size_t)thread * part,
                                   part);
        }
    job->out[thread] = sum;
}

static void no_work(void *ud, int thread) {
    (void)ud;
    (void)thread;
}

void limits_read(LimitsReading *out, const LimitsSpan *spans, int n,
                 int n_threads) {
    if (n_threads > THREADS_MAX) n_threads = THREADS_MAX;
    size_t total = 0;
    for (int i = 0; i < n; i++)
        total += part_bytes(&spans[i], n_threads) * (size_t)n_threads;
    Team *team = total > 0 ? team_open(n_threads, NULL) : NULL;
    if (!team) return;
    ReadJob job = {.loops = best_loops(),
                   .spans = spans,
                   .n = n,
                   .n_threads = n_threads,
                   .passes = (int)((READ_MIN + total - 1) / total)};
    out->bytes = (double)total * job.passes;
    team_run(team, no_work, NULL, n_threads); /* starts the threads */
    const double start = clock_seconds();
    int pass = 0;
    do {
        const double begin = clock_seconds();
        team_run(team, run_read, &job, n_threads);
        const double took = clock_seconds() - begin;
        double *best = &out->seconds[pass++];
        if (pass > out->n || took < *best) *best = took;
        if (pass > out->n) out->n = pass;
    } while (pass < LIMITS_PASSES_MAX && clock_seconds() - start < SPAN_S);
    team_close(team);
}

double limits_read_bytes_per_s(const LimitsReading *r) {
    double seconds = 0;
    for (int i = 0; i < r->n; i++)
        seconds += r->seconds[i];
    return r->n ? r->bytes * r->n / seconds : 0;
}
