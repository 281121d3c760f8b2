#include "engine/base/num.h"
#include "tests/support/test.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

START_TEST(the_smaller_and_the_larger) {
    ck_assert_int_eq(num_min(2, 3), 2);
    ck_assert_int_eq(num_min(3, 2), 2);
    ck_assert_int_eq(num_max(2, 3), 3);
    ck_assert_int_eq(num_max(3, 2), 3);
    ck_assert_int_eq(num_min(INT_MIN, INT_MAX), INT_MIN);
    ck_assert_int_eq(num_max(INT_MIN, INT_MAX), INT_MAX);
}
END_TEST

START_TEST(within_bounds) {
    const struct {
        int v, low, high, want;
    } cases[] = {{5, 0, 9, 5},    {0, 0, 9, 0},        {9, 0, 9, 9},
                 {-1, 0, 9, 0},   {10, 0, 9, 9},       {5, 3, 3, 3},
                 {-5, -9, 0, -5}, {INT_MIN, -9, 0, -9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(num_clamp(cases[i].v, cases[i].low, cases[i].high),
                         cases[i].want);
        ck_assert(num_clamp_float((float)cases[i].v, (float)cases[i].low,
                                  (float)cases[i].high) ==
                  (float)cases[i].want);
    }
    ck_assert(num_clamp_float(0.25f, 0, 1) == 0.25f);
}
END_TEST

START_TEST(nothing_is_written_as_minus_zero) {
    static const struct {
        double v;
        int digits;
        const char *want;
    } cases[] = {{-.04, 1, "0.0"},      {-.06, 1, "-0.1"},   {.04, 1, "0.0"},
                 {-0., 0, "0"},         {-.5, 0, "0"},       {-.51, 0, "-1"},
                 {-.00049, 3, "0.000"}, {-1e-30, 2, "0.00"}, {-2, 0, "-2"},
                 {.0007, 3, "0.001"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        snprintf(text, sizeof text, "%.*f", cases[i].digits,
                 num_written(cases[i].v, cases[i].digits));
        ck_assert_str_eq(text, cases[i].want);
    }
    ck_assert(num_written(-INFINITY, 1) == -INFINITY);
    ck_assert(isnan(num_written(NAN, 1)));
}
END_TEST

TEST_MAIN("num", the_smaller_and_the_larger, within_bounds,
          nothing_is_written_as_minus_zero)
