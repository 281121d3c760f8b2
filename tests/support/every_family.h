/* Suites that run once for every family of models: tiny_spec then makes models
 * of that family.
 *
 *     TEST_MAIN_EVERY_FAMILY("parity", shapes, ...)
 */
#ifndef TESTS_SUPPORT_EVERY_FAMILY_H
#define TESTS_SUPPORT_EVERY_FAMILY_H

#include "tests/support/test.h"

/* Runs a suite once for every family, or for those that are not llama; 0 when
 * nothing failed. */
int tiny_run_families(const char *name, const TTest *const *tests, size_t n);
int tiny_run_others(const char *name, const TTest *const *tests, size_t n);

#define TEST_MAIN_EVERY_FAMILY(name, ...)                                      \
    int main(void) {                                                           \
        const TTest *const tests[] = {__VA_ARGS__};                            \
        return tiny_run_families(name, tests, sizeof tests / sizeof *tests);   \
    }

#endif
