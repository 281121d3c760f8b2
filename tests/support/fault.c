#include "tests/support/fault.h"

#include <malloc.h>
#include <string.h>

#define FAULT_CALLS_MAX 20000 /* allocations in one step */

static struct {
    int asked;            /* allocations so far */
    int fails_at;         /* that one fails; 0: none does */
    bool forever;         /* and so do all after it */
    long long live, peak; /* bytes since fault_peak_from_here */
} fault;

static bool fault_strikes(void) {
    fault.asked++;
    if (fault.fails_at == 0) return false;
    return fault.forever ? fault.asked >= fault.fails_at
                         : fault.asked == fault.fails_at;
}

/* The linker sends calls of malloc and its kin to __wrap_, and __real_ to
 * them. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);

static void *counted(void *p) {
    if (p) fault.live += (long long)malloc_usable_size(p);
    if (fault.live > fault.peak) fault.peak = fault.live;
    return p;
}

void *__wrap_malloc(size_t size) {
    return fault_strikes() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size) {
    return fault_strikes() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *p, size_t size) {
    if (fault_strikes()) return NULL;
    const long long was = p ? (long long)malloc_usable_size(p) : 0;
    p = __real_realloc(p, size);
    if (p) fault.live -= was;
    return counted(p);
}

void *__wrap_aligned_alloc(size_t align, size_t size) {
    return fault_strikes() ? NULL : counted(__real_aligned_alloc(align, size));
}

void __wrap_free(void *p) {
    if (p) fault.live -= (long long)malloc_usable_size(p);
    __real_free(p);
}

void fault_peak_from_here(void) {
    fault.live = fault.peak = 0;
}

size_t fault_peak(void) {
    return (size_t)fault.peak;
}

void fault_count_from_here(void) {
    fault.asked = 0;
}

int fault_count(void) {
    return fault.asked;
}

int fault_each(bool (*step)(void *ud, Err *err), void *ud) {
    for (int n = 1; n <= FAULT_CALLS_MAX; n++)
        for (int forever = 0; forever < 2; forever++) {
            Err err = {0};
            fault.asked = 0;
            fault.forever = forever;
            fault.fails_at = n;
            bool ok = step(ud, &err);
            int asked = fault.asked;
            fault.fails_at = 0;
            if (asked < n) {
                ck_assert_msg(ok, "%s", err.msg);
                return asked;
            }
            ck_assert_msg(!ok, "allocation %d failed unnoticed", n);
            ck_assert_msg(err.code == ERR_MEMORY, "allocation %d: %s", n,
                          err.msg);
            ck_assert_ptr_nonnull(strstr(err.msg, ": out of memory"));
            ck_assert_ptr_null(strchr(err.msg, '\n'));
        }
    ck_abort_msg("never gets through");
    return 0;
}
