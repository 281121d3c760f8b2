#include "tests/support/oom.h"

#include <stddef.h>

/* The linker sends calls of malloc and its kin to __wrap_, and __real_ to
 * them. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static int n_asked;
static int fails_at = -1; /* the value of n_asked; negative: never */

void oom_after(int n) {
    n_asked = 0;
    fails_at = n;
}

int oom_never(void) {
    fails_at = -1;
    return n_asked;
}

static int fails(void) {
    return n_asked++ == fails_at;
}

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
    return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size) {
    return fails() ? NULL : __real_aligned_alloc(align, size);
}
