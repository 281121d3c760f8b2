/* Fault: makes the Nth allocation fail, once or from then on.
 *
 * Included by one file of a *_fault program, which the Makefile links with
 * --wrap=malloc and its kind; what shared libraries allocate is their own.
 *
 *     static bool step(void *ud, Err *err) { ...open and close it... }
 *     ck_assert_int_ge(fault_each(step, ud), 3);
 *
 * A step asserts nothing, since Check allocates too.  That nothing leaks on
 * the way out is for the address sanitizer to see.
 */
#ifndef TESTS_SUPPORT_FAULT_H
#define TESTS_SUPPORT_FAULT_H

#include "engine/err.h"
#include "tests/support/test.h"

#include <string.h>

#define FAULT_CALLS_MAX 1000 /* allocations in one step */

static struct {
    int countdown; /* the call that brings it to 0 fails; 0: none does */
    bool forever;  /* and so do all after it */
    bool failed;   /* one did */
} fault;

static bool fault_strikes(void) {
    if (fault.countdown == 0 || --fault.countdown > 0) return false;
    if (fault.forever) fault.countdown = 1;
    return fault.failed = true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_malloc(size_t size) {
    return fault_strikes() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fault_strikes() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size) {
    return fault_strikes() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size) {
    return fault_strikes() ? NULL : __real_aligned_alloc(align, size);
}

/* Runs step with its 1st, 2nd ... allocation failing until none is left to
 * fail, each time once and forever; it must say ERR_MEMORY in one line that
 * begins with a name.  Returns how many allocations there are. */
static int fault_each(bool (*step)(void *ud, Err *err), void *ud) {
    for (int n = 1; n <= FAULT_CALLS_MAX; n++)
        for (int forever = 0; forever < 2; forever++) {
            Err err = {0};
            fault.countdown = n;
            fault.forever = forever;
            fault.failed = false;
            bool ok = step(ud, &err);
            fault.countdown = 0;
            if (!fault.failed) {
                ck_assert_msg(ok, "%s", err.msg);
                return n - 1;
            }
            ck_assert_msg(!ok, "allocation %d failed unnoticed", n);
            ck_assert_msg(err.code == ERR_MEMORY, "allocation %d: %s", n,
                          err.msg);
            ck_assert_ptr_nonnull(strstr(err.msg, ": out of memory"));
        }
    ck_abort_msg("never gets through");
}

#endif
