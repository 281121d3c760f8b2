/* Fault: makes the Nth allocation fail, once or from then on.
 *
 * For the programs named *_fault, which the Makefile links with --wrap=malloc
 * and its kind; what shared libraries allocate is their own.
 *
 *     static bool step(void *ud, Err *err) { ...open and close it... }
 *     ck_assert_int_ge(fault_each(step, ud), 3);
 *
 *     fault_count_from_here();
 *     ... what should allocate nothing ...
 *     ck_assert_int_eq(fault_count(), 0);
 *
 * A step asserts nothing, since Check allocates too.  That nothing leaks on
 * the way out is for the address sanitizer to see.
 */
#ifndef TESTS_SUPPORT_FAULT_H
#define TESTS_SUPPORT_FAULT_H

#include "engine/base/err.h"
#include "tests/support/test.h"

/* Runs step with its 1st, 2nd ... allocation failing until none is left to
 * fail, each time once and forever; it must say ERR_MEMORY in one line that
 * begins with a name.  Returns how many allocations there are. */
int fault_each(bool (*step)(void *ud, Err *err), void *ud);

/* The most bytes that were held at once since, beyond those held then. */
void fault_peak_from_here(void);
size_t fault_peak(void);

/* How many allocations were asked for since. */
void fault_count_from_here(void);
int fault_count(void);

#endif
