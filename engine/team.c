/* A job is published in one word: how many pieces it has and which is the next,
 * so that taking a piece is one compare-and-swap, and a helper that comes late
 * sees that nothing is left.  What the pieces are is read only by who holds
 * one, and changed only when all were done.
 *
 * Helpers look for work for a while, since the next job of a token mostly comes
 * within microseconds, and then sleep.
 */
#include "engine/team.h"

#include "engine/kern.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LOOKS_MAX   4000 /* at the word before a helper sleeps: some 100 us */
#define PIECES_BITS 20   /* of each count in the word */
#define LINE_BYTES  64

struct Team {
    /* Jobs so far, pieces of this one, pieces taken.  Who takes one has the
     * cache line, and counts there what is done. */
    _Alignas(LINE_BYTES) _Atomic uint64_t word;
    _Atomic int n_done;
    _Atomic int n_asleep;
    _Atomic bool closing;
    bool started;
    int size, n_helpers; /* wanted with the caller; started */
    pthread_t *helpers;
    void (*fn)(void *ud, int i);
    void *ud;
    pthread_mutex_t lock; /* for sleeping */
    pthread_cond_t wake;
};

/* ---- pieces -------------------------------------------------------------- */

static int word_taken(uint64_t word) {
    return (int)(word & TEAM_PIECES_MAX);
}

static int word_pieces(uint64_t word) {
    return (int)(word >> PIECES_BITS & TEAM_PIECES_MAX);
}

static bool any_left(uint64_t word) {
    return word_taken(word) < word_pieces(word);
}

/* Does one piece; false: none is left. */
static bool do_piece(Team *t) {
    uint64_t word = atomic_load_explicit(&t->word, memory_order_relaxed);
    do
        if (!any_left(word)) return false;
    while (!atomic_compare_exchange_weak_explicit(
        &t->word, &word, word + 1, memory_order_acquire, memory_order_relaxed));
    t->fn(t->ud, word_taken(word));
    atomic_fetch_add_explicit(&t->n_done, 1, memory_order_release);
    return true;
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

static void sleep_for_work(Team *t) {
    pthread_mutex_lock(&t->lock);
    atomic_fetch_add(&t->n_asleep, 1);
    /* The caller looks at n_asleep after publishing, so one of the two sees
     * the other. */
    while (!any_left(atomic_load(&t->word)) && !atomic_load(&t->closing))
        pthread_cond_wait(&t->wake, &t->lock);
    atomic_fetch_sub(&t->n_asleep, 1);
    pthread_mutex_unlock(&t->lock);
}

static void *help(void *ud) {
    Team *t = ud;
    int looks = 0;
    while (!atomic_load_explicit(&t->closing, memory_order_relaxed)) {
        if (do_piece(t)) {
            looks = 0;
        } else if (++looks < LOOKS_MAX) {
            pause_core();
        } else {
            sleep_for_work(t);
            looks = 0;
        }
    }
    return NULL;
}

static void start(Team *t) {
    t->started = true;
    while (t->n_helpers < t->size - 1 &&
           pthread_create(&t->helpers[t->n_helpers], NULL, help, t) == 0)
        t->n_helpers++;
}

static void wake_all(Team *t) {
    pthread_mutex_lock(&t->lock);
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

/* ---- the caller ---------------------------------------------------------- */

Team *team_open(int n_threads, Err *err) {
    const int size = n_threads > 0 ? n_threads : kern_threads(0);
    const size_t bytes =
        (sizeof(Team) + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    Team *t = aligned_alloc(LINE_BYTES, bytes);
    if (!t) {
        err_memory(err, "threads", bytes);
        return NULL;
    }
    *t = (Team){.size = size};
    t->helpers = calloc((size_t)size, sizeof *t->helpers);
    if (!t->helpers) {
        err_memory(err, "threads", (size_t)size * sizeof *t->helpers);
        free(t);
        return NULL;
    }
    pthread_mutex_init(&t->lock, NULL); /* these two cannot fail on Linux */
    pthread_cond_init(&t->wake, NULL);
    return t;
}

void team_close(Team *t) {
    if (!t) return;
    atomic_store(&t->closing, true);
    wake_all(t);
    for (int i = 0; i < t->n_helpers; i++)
        pthread_join(t->helpers[i], NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    free(t->helpers);
    free(t);
}

int team_size(const Team *t) {
    return t ? t->size : 1;
}

/* No helper holds a piece: fn and ud may change. */
static void publish(Team *t, void (*fn)(void *ud, int i), void *ud, int n) {
    const uint64_t jobs = (t->word >> 2 * PIECES_BITS) + 1;
    t->fn = fn;
    t->ud = ud;
    atomic_store_explicit(&t->n_done, 0, memory_order_relaxed);
    atomic_store(&t->word,
                 jobs << 2 * PIECES_BITS | (uint64_t)n << PIECES_BITS);
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
    while (do_piece(t))
        ;
    /* A helper that does not come back soon has lost its core, maybe to this
     * thread. */
    for (int looks = 0;
         atomic_load_explicit(&t->n_done, memory_order_acquire) < n; looks++)
        if (looks < LOOKS_MAX)
            pause_core();
        else
            sched_yield();
}
