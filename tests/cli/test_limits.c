/* What reading is measured as: always all passes, each by its best. */
#include "tests/support/test.h"
#include "viz/cli/bench/limits.h"

#include <math.h>
#include <stdlib.h>

#define SIZE ((size_t)1 << 20)

START_TEST(all_passes_count) {
    const LimitsReading none = {0};
    const LimitsReading two = {.bytes = 100, .n = 2, .seconds = {1, 3}};
    ck_assert(limits_read_bytes_per_s(&none) == 0);
    ck_assert(limits_read_bytes_per_s(&two) == 50);
}
END_TEST

START_TEST(what_was_better_stays) {
    uint8_t *data = calloc(SIZE, 1);
    ck_assert_ptr_nonnull(data);
    const LimitsSpan span = {data, SIZE};
    LimitsReading r = {0};
    limits_read(&r, &span, 1, 2);
    ck_assert_int_ge(r.n, 1);
    ck_assert_int_le(r.n, LIMITS_PASSES_MAX);
    ck_assert(r.bytes >= SIZE && fmod(r.bytes, SIZE) == 0);
    ck_assert(limits_read_bytes_per_s(&r) > 0);
    r.seconds[0] = 1e-12; /* faster than any */
    for (int i = 1; i < r.n; i++)
        r.seconds[i] = 1e6;
    limits_read(&r, &span, 1, 2);
    ck_assert(r.seconds[0] == 1e-12);
    ck_assert(r.n < 2 || r.seconds[1] < 1e6);
    free(data);
}
END_TEST

TEST_MAIN("limits", all_passes_count, what_was_better_stays)
