/* What every test file shares: one suite a file, one program a suite.
 *
 *     #include "tests/support/test.h"
 *     START_TEST(cut_header_is_refused) { ... } END_TEST
 *     TEST_MAIN("reader", cut_header_is_refused, ...)
 */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Check writes to a file after each assertion that held, to say after which one
 * a test crashed.  Ours hold by the million, which took most of some tests'
 * time; where one crashed, a sanitizer or a debugger says. */
#undef ck_assert_msg
#define ck_assert_msg(expr, ...)                                               \
    ((expr) ? (void)0                                                          \
            : _ck_assert_failed(__FILE__, __LINE__,                            \
                                "Assertion '" #expr "' failed", __VA_ARGS__))

/* Says that a test, or a part of it, cannot run here: tests/run.sh counts these
 * lines.  Only for what a fresh clone cannot bring: a program, a font. */
static inline void test_skip(const char *what, const char *why) {
    printf("skip: %s: %s\n", what, why);
    fflush(stdout); /* a forked test may end without */
}

/* Runs the suite and prints Check's summary; 0 when nothing failed. */
static inline int test_run(const char *name, const TTest *const *tests,
                           size_t n) {
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 900); /* a hang is told, a slow machine waited for */
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}

#define TEST_MAIN(name, ...)                                                   \
    int main(void) {                                                           \
        const TTest *const tests[] = {__VA_ARGS__};                            \
        return test_run(name, tests, sizeof tests / sizeof *tests);            \
    }

#endif
