/* Reading a model's weights before they are used.  A mapped file comes in page
 * by page as it is touched, which leaves a fast disk idle most of the time; so
 * the pages ahead are asked for, some megabytes at once, and then touched. */
#include "engine/base/memory.h"
#include "engine/model/model.h"
#include "engine/spec/arch.h"

#include <sys/mman.h>
#include <unistd.h>

#define STEP  (8u << 20) /* bytes between looks at the watch */
#define AHEAD 4          /* steps that the disk is asked for in advance */

/* A stretch of memory, perhaps mapped. */
typedef struct Span {
    const uint8_t *begin;
    uint64_t size;
} Span;

/* From byte `at` on, at most a step. */
static Span step_of(Span s, uint64_t at) {
    if (at >= s.size) return (Span){s.begin, 0};
    const uint64_t left = s.size - at;
    return (Span){s.begin + at, left < STEP ? left : STEP};
}

/* A wish: memory that is no map has its pages already. */
static void ask_for(Span s, size_t page) {
    if (s.size == 0) return;
    const size_t into = (size_t)((uintptr_t)s.begin % page);
    (void)posix_madvise((void *)(uintptr_t)(s.begin - into),
                        (size_t)s.size + into, POSIX_MADV_WILLNEED);
}

static void touch(Span s, size_t page) {
    volatile uint8_t sum = 0;
    for (uint64_t i = 0; i < s.size; i += page)
        sum = (uint8_t)(sum + s.begin[i]);
    if (s.size > 0) sum = (uint8_t)(sum + s.begin[s.size - 1]);
}

typedef struct Reading {
    const Watch *watch;
    size_t page;
    uint64_t done, total;
} Reading;

/* Touches all of a span, asking for what comes later in it. */
static bool read_span(Reading *r, Span all) {
    for (uint64_t at = 0; at < all.size; at += STEP) {
        const Span now = step_of(all, at);
        if (!watch_go_on(r->watch, r->done, r->total, "", NULL)) return false;
        ask_for(step_of(all, at + (uint64_t)AHEAD * STEP), r->page);
        touch(now, r->page);
        r->done += now.size;
    }
    return true;
}

/* The beginning of a span whose turn is next. */
static void ask_first(const Reading *r, Span all) {
    for (uint64_t i = 0; i < AHEAD; i++)
        ask_for(step_of(all, i * STEP), r->page);
}

bool model_prefetch(const Model *m, const Watch *watch) {
    const Config *c = model_config(m);
    Reading r = {.watch = watch,
                 .page = (size_t)sysconf(_SC_PAGESIZE),
                 .total = model_weight_bytes(m)};
    Span last = {NULL, 0};
    if (r.total > memory_limit()) return true;
    /* Layer after layer; the tensors of one lie together in most formats. */
    for (int layer = 0; layer < c->n_layers; layer++)
        for (int role = 0; role < TENSOR_ROLES; role++) {
            /* What there is once is read with the last layer. */
            const int n = arch_copies(c, (TensorRole)role);
            if (n == 0 || (n == 1 && layer < c->n_layers - 1)) continue;
            const Tensor *t = model_tensor(m, (TensorRole)role, layer);
            const Span next = {t->data, t->size_bytes};
            ask_first(&r, next);
            if (!read_span(&r, last)) return false;
            last = next;
        }
    return read_span(&r, last) &&
           watch_go_on(watch, r.total, r.total, "", NULL);
}
