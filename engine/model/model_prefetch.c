/* Reading a model's weights before they are used.  A mapped file comes in page
 * by page as it is touched, which leaves a fast disk idle most of the time; so
 * the pages ahead are asked for, some megabytes at once, and then touched. */
#include "engine/base/memory.h"
#include "engine/model/model.h"
#include "engine/spec/arch.h"

#include <sys/mman.h>
#include <unistd.h>

#define STEP  (8u << 20) /* bytes a call */
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

/* The weights in the order of use, layer after layer: the first stretch from
 * number *i on.  False after the last one. */
static bool next_span(const Model *m, int *i, Span *out) {
    const Config *c = model_config(m);
    for (; *i < c->n_layers * TENSOR_ROLES; ++*i) {
        const int layer = *i / TENSOR_ROLES;
        const TensorRole role = (TensorRole)(*i % TENSOR_ROLES);
        /* What there is once is read with the last layer. */
        const int n = arch_copies(c, role);
        if (n == 0 || (n == 1 && layer < c->n_layers - 1)) continue;
        const Tensor *t = model_tensor(m, role, layer);
        if (t->is_shared) continue;
        *out = (Span){t->data, t->size_bytes};
        return true;
    }
    return false;
}

/* The beginning of a span whose turn is next. */
static void ask_first(Span all, size_t page) {
    for (uint64_t i = 0; i < AHEAD; i++)
        ask_for(step_of(all, i * STEP), page);
}

static void ask_ahead(const Model *m, const ModelPrefetch *p, Span now,
                      size_t page) {
    Span later;
    int i = p->tensor + 1;
    if (p->done == 0) ask_first(now, page);
    if (p->at == 0 && next_span(m, &i, &later)) ask_first(later, page);
    ask_for(step_of(now, p->at + (uint64_t)AHEAD * STEP), page);
}

/* Without biases, which are copied when a model opens. */
static uint64_t total_of(const Model *m) {
    uint64_t total = 0;
    Span one;
    for (int i = 0; next_span(m, &i, &one); i++)
        total += one.size;
    return total;
}

bool model_prefetch_step(const Model *m, ModelPrefetch *p) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    Span now;
    if (p->total == 0) p->total = total_of(m);
    if (p->total > memory_limit() || !next_span(m, &p->tensor, &now))
        return false;
    ask_ahead(m, p, now, page);
    const Span part = step_of(now, p->at);
    touch(part, page);
    p->done += part.size;
    p->at += STEP;
    if (p->at < now.size) return true;
    p->tensor++;
    p->at = 0;
    return true;
}
