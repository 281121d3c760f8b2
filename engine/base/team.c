/* A job's pieces are split into as many ranges as there are threads: each takes
 * its own in rising order, since memory is fastest for who reads on where he
 * was, and then what is left of others'.  A range is one word, its next piece
 * and its end: taking a piece is one compare-and-swap, and a helper that comes
 * late sees that nothing is left.  What the pieces are is read only by who
 * holds one, and changed only when all were done.
 *
 * Helpers look for work for a while, since the next job of a token mostly comes
 * within microseconds, and then sleep.
 */
#include "engine/base/team.h"

#include "engine/base/num.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>
#else
#include <unistd.h>
#endif

#define LOOKS_MAX   4000 /* at the word before a helper sleeps: some 100 us */
#define PIECES_BITS 20   /* of each count in the word */
#define LINE_BYTES  64

/* Jobs so far, the end, the next piece; on a cache line of its own. */
typedef struct Range {
    _Alignas(LINE_BYTES) _Atomic uint64_t word;
} Range;

struct Team {
    Range *ranges;      /* [size] */
    _Atomic int n_done; /* by helpers */
    _Atomic int n_asleep;
    _Atomic bool closing;
    bool started;
    int size, n_helpers; /* wanted with the caller; started */
    struct Helper *helpers;
    void (*fn)(void *ud, int i);
    void *ud;
    pthread_mutex_t lock; /* for sleeping */
    pthread_cond_t wake;
};

typedef struct Helper {
    Team *team;
    int self; /* its range; the caller's is 0 */
    pthread_t thread;
} Helper;

/* ---- pieces -------------------------------------------------------------- */

static int word_next(uint64_t word) {
    return (int)(word & TEAM_PIECES_MAX);
}

static int word_end(uint64_t word) {
    return (int)(word >> PIECES_BITS & TEAM_PIECES_MAX);
}

static bool any_left(const Range *r) {
    const uint64_t word = atomic_load(&r->word);
    return word_next(word) < word_end(word);
}

/* Takes a piece of a range; false: none is left. */
static bool take(Range *r, int *piece) {
    uint64_t word = atomic_load_explicit(&r->word, memory_order_relaxed);
    do
        if (word_next(word) >= word_end(word)) return false;
    while (!atomic_compare_exchange_weak_explicit(
        &r->word, &word, word + 1, memory_order_acquire, memory_order_relaxed));
    *piece = word_next(word);
    return true;
}

/* Does pieces until none is left; how many. */
static int do_pieces(Team *t, int self) {
    int n = 0;
    for (int i = 0; i < t->size; i++)
        for (int piece; take(&t->ranges[(self + i) % t->size], &piece); n++)
            t->fn(t->ud, piece);
    return n;
}

/* Lets the other half of a core have it for a moment. */
static void pause_core(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- helpers ------------------------------------------------------------- */

static void sleep_for_work(Team *t, const Range *own) {
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->n_asleep, 1);
    /* The caller looks at n_asleep after publishing, so one of the two sees
     * the other. */
    while (!any_left(own) && !atomic_load(&t->closing))
        pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->n_asleep, 1);
    pthread_mutex_unlock(&t->lock);
}

/* Looks at its own range alone while there is nothing to do: who looks at the
 * others' as well makes taking a piece of them slow. */
static void *help(void *ud) {
    const Helper *h = ud;
    Team *t = h->team;
    const Range *own = &t->ranges[h->self];
    int looks = 0;
    while (!atomic_load_explicit(&t->closing, memory_order_relaxed)) {
        if (any_left(own)) {
            const int n = do_pieces(t, h->self);
            atomic_fetch_add_explicit(&t->n_done, n, memory_order_release);
            looks = 0;
        } else if (++looks < LOOKS_MAX) {
            pause_core();
        } else {
            sleep_for_work(t, own);
            looks = 0;
        }
    }
    return NULL;
}

static void start(Team *t) {
    t->started = true;
    for (; t->n_helpers < t->size - 1; t->n_helpers++) {
        Helper *h = &t->helpers[t->n_helpers];
        *h = (Helper){.team = t, .self = t->n_helpers + 1};
        if (pthread_create(&h->thread, NULL, help, h) != 0) return;
    }
}

static void wake_all(Team *t) {
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

/* ---- the caller ---------------------------------------------------------- */

Team *team_open(int n_threads, Err *err) {
    const size_t size = n_threads > 0 ? n_threads : team_cores(0);
    Team *t = calloc(1, sizeof *t);
    Range *ranges = aligned_alloc(LINE_BYTES, size * sizeof *ranges);
    Helper *helpers = calloc(size, sizeof *helpers);
    if (!t || !ranges || !helpers) {
        err_memory(err, "threads", size * (sizeof *ranges + sizeof *helpers));
        free(t);
        free(ranges);
        free(helpers);
        return NULL;
    }
    t->size = (int)size;
    t->ranges = ranges;
    t->helpers = helpers;
    for (size_t i = 0; i < size; i++)
        atomic_init(&ranges[i].word, 0);
    pthread_mutex_init(&t->lock, NULL); /* these two cannot fail on Linux */
    pthread_cond_init(&t->wake, NULL);
    return t;
}

void team_close(Team *t) {
    if (!t) return;
    atomic_store(&t->closing, true);
    wake_all(t);
    for (int i = 0; i < t->n_helpers; i++)
        pthread_join(t->helpers[i].thread, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t->helpers);
    free(t->ranges);
    free(t);
}

int team_size(const Team *t) {
    return t ? t->size : 1;
}

/* No helper holds a piece: fn and ud may change.  The first range to be
 * published lets helpers in, so all else comes before. */
static void publish(Team *t, void (*fn)(void *ud, int i), void *ud, int n) {
    const uint64_t jobs = (t->ranges[0].word >> 2 * PIECES_BITS) + 1;
    t->fn = fn;
    t->ud = ud;
    atomic_store_explicit(&t->n_done, 0, memory_order_relaxed);
    for (uint64_t i = 0; i < (uint64_t)t->size; i++) {
        const uint64_t next = (uint64_t)n * i / t->size;
        const uint64_t end = (uint64_t)n * (i + 1) / t->size;
        atomic_store(&t->ranges[i].word,
                     jobs << 2 * PIECES_BITS | end << PIECES_BITS | next);
    }
    if (atomic_load(&t->n_asleep) > 0) wake_all(t);
}

void team_run(Team *t, void (*fn)(void *ud, int i), void *ud, int n) {
    assert(n >= 0 && n <= TEAM_PIECES_MAX);
    if (t && t->size > 1 && n > 1 && !t->started) start(t);
    if (!t || t->n_helpers == 0 || n < 2) {
        for (int i = 0; i < n; i++)
            fn(ud, i);
        return;
    }
    publish(t, fn, ud, n);
    const int n_own = do_pieces(t, 0);
    /* A helper that does not come back soon has lost its core, maybe to this
     * thread. */
    for (int looks = 0;
         atomic_load_explicit(&t->n_done, memory_order_acquire) < n - n_own;
         looks++)
        if (looks < LOOKS_MAX)
            pause_core();
        else
            sched_yield();
}

/* ---- whole loops --------------------------------------------------------- */

#ifdef _OPENMP
int team_cores(int n_threads) {
    return n_threads > 0 ? n_threads : omp_get_num_procs();
}

static void loop(void (*fn)(void *ud, int i), void *ud, int n, int threads) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int i = 0; i < n; i++)
        fn(ud, i);
}
#else
/* Plain threads, slow to start: for race detectors, which do not understand
 * OpenMP's. */
#define PLAIN_MAX 64

typedef struct Share {
    void (*fn)(void *ud, int i);
    void *ud;
    int begin, end;
    bool started;
    pthread_t thread;
} Share;

static void *do_share(void *ud) {
    const Share *s = ud;
    for (int i = s->begin; i < s->end; i++)
        s->fn(s->ud, i);
    return NULL;
}

int team_cores(int n_threads) {
    const long n = n_threads > 0 ? n_threads : sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

static void loop(void (*fn)(void *ud, int i), void *ud, int n, int threads) {
    Share shares[PLAIN_MAX] = {0};
    threads = num_min(threads, PLAIN_MAX);
    for (int i = 0; i < threads; i++) {
        Share *s = &shares[i];
        *s = (Share){.fn = fn,
                     .ud = ud,
                     .begin = (int)((int64_t)n * i / threads),
                     .end = (int)((int64_t)n * (i + 1) / threads)};
        s->started =
            i > 0 && pthread_create(&s->thread, NULL, do_share, s) == 0;
        if (i > 0 && !s->started) do_share(s);
    }
    do_share(&shares[0]);
    for (int i = 1; i < threads; i++)
        if (shares[i].started) pthread_join(shares[i].thread, NULL);
}
#endif

void team_parallel(void (*fn)(void *ud, int i), void *ud, int n,
                   int n_threads) {
    const int threads = num_min(n, team_cores(n_threads));
    if (threads > 1) {
        loop(fn, ud, n, threads);
        return;
    }
    /* A single thread is not worth even OpenMP's bookkeeping. */
    for (int i = 0; i < n; i++)
        fn(ud, i);
}
