/* How much memory there is: a limit set on a process counts. */
#include "engine/base/memory.h"

#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* memory_limit() in a process with a resource limit of its own. */
static uint64_t limit_under(int which, rlim_t most) {
    int ends[2];
    uint64_t found = 0;
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        const struct rlimit limit = {most, RLIM_INFINITY};
        if (setrlimit(which, &limit) != 0) _exit(1);
        found = memory_limit();
        _exit(write(ends[1], &found, sizeof found) != sizeof found);
    }
    ck_assert_int_eq(read(ends[0], &found, sizeof found), sizeof found);
    close(ends[0]);
    close(ends[1]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    return found;
}

START_TEST(some_is_left_to_the_system) {
    const uint64_t all = memory_limit();
    ck_assert_uint_gt(memory_for_model(), all / 10 * 9);
    ck_assert_uint_lt(memory_for_model(), all / 20 * 19);
}
END_TEST

START_TEST(the_least_of_all_limits_counts) {
    const uint64_t machine = memory_limit();
    ck_assert_uint_gt(machine, 64u << 20);
    ck_assert_uint_lt(machine, 1ull << 50);
    ck_assert_uint_eq(limit_under(RLIMIT_DATA, 50u << 20), 50u << 20);
    ck_assert_uint_eq(limit_under(RLIMIT_DATA, 1ull << 55), machine);
}
END_TEST

START_TEST(memory_begins_with_a_line_or_a_large_page) {
    const size_t large = 2u << 20;
    const struct {
        size_t bytes, align;
    } cases[] = {{1, 64}, {1000, 64}, {2 * large - 1, 64}, {2 * large, large}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *p = memory_alloc(cases[i].bytes);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % cases[i].align, 0);
        p[cases[i].bytes - 1] = 1;
        free(p);
    }
    ck_assert_ptr_null(memory_alloc(SIZE_MAX));
    ck_assert_ptr_null(memory_alloc(SIZE_MAX - 100));
}
END_TEST

TEST_MAIN("memory", some_is_left_to_the_system, the_least_of_all_limits_counts,
          memory_begins_with_a_line_or_a_large_page)
