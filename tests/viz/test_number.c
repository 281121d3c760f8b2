/* Numbers as text: what is finite as printf writes it, and what is not. */
#include "tests/support/test.h"
#include "viz/views/number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef NumberText (*Writer)(double v, int digits);

static const Writer writers[] = {
    number_fixed, number_signed,       number_round,  number_round_signed,
    number_power, number_power_signed, number_percent};
enum { N_WRITERS = sizeof writers / sizeof *writers };

START_TEST(finite_numbers) {
    static const struct {
        Writer writer;
        double v;
        int digits;
        const char *want;
    } cases[] = {{number_fixed, 12.3454, 3, "12.345"},
                 {number_fixed, -.0666, 3, "-0.067"},
                 {number_fixed, 999999, 0, "999999"},
                 {number_fixed, 1e6, 0, "1.00e+06"},
                 {number_fixed, -FLT_MAX, 4, "-3.40e+38"},
                 {number_signed, 12.3454, 3, "+12.345"},
                 {number_signed, -2, 0, "-2"},
                 {number_signed, 1234567, 1, "+1.23e+06"},
                 {number_round, .125, 3, "0.125"},
                 {number_round, 2.5, 8, "2.5"},
                 {number_round, 1.5e45, 3, "1.5e+45"},
                 {number_round_signed, .125, 2, "+0.12"},
                 {number_round_signed, -7, 3, "-7"},
                 {number_power, 123456, 0, "1e+05"},
                 {number_power, -2.5e-7, 1, "-2.5e-07"},
                 {number_power_signed, 2.54e-7, 1, "+2.5e-07"},
                 {number_percent, .975, 1, "97.5 %"},
                 {number_percent, .3, 0, "30 %"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(cases[i].writer(cases[i].v, cases[i].digits).s,
                         cases[i].want);
}
END_TEST

START_TEST(what_is_not_finite) {
    for (int i = 0; i < N_WRITERS; i++) {
        ck_assert_str_eq(writers[i](NAN, 3).s, "not a number");
        ck_assert_str_eq(writers[i](-(double)NAN, 3).s, "not a number");
        ck_assert_str_eq(writers[i](INFINITY, 3).s, "∞");
        ck_assert_str_eq(writers[i](-INFINITY, 3).s, "−∞");
    }
}
END_TEST

START_TEST(no_zero_has_a_minus) {
    for (int i = 0; i < N_WRITERS; i++) {
        ck_assert_ptr_null(strchr(writers[i](-0., 2).s, '-'));
        /* What still has a digit of its own keeps its sign. */
        ck_assert_int_eq(writers[i](-.51, 0).s[0], '-');
    }
    ck_assert_str_eq(number_fixed(-.004, 2).s, "0.00");
    ck_assert_str_eq(number_signed(-.004, 2).s, "+0.00");
    ck_assert_str_eq(number_percent(-.00004, 1).s, "0.0 %");
}
END_TEST

/* A text that was cut would say another number. */
START_TEST(all_fit) {
    static const double most[] = {-1.7e308, 1.7e308, -DBL_MIN, -999999.9999994};
    for (int i = 0; i < N_WRITERS; i++)
        for (size_t k = 0; k < sizeof most / sizeof *most; k++)
            if (writers[i] != number_percent) {
                char *end;
                const NumberText text = writers[i](most[k], 6);
                const double read = strtod(text.s, &end);
                ck_assert_msg(fabs(read - most[k]) <= .005 * fabs(most[k]) ||
                                  fabs(most[k]) < 1e-6,
                              "\"%s\" of %g", text.s, most[k]);
                ck_assert_int_eq(*end, '\0');
            }
    ck_assert_str_eq(number_percent(-9999.9999, 3).s, "-999999.990 %");
}
END_TEST

TEST_MAIN("number", finite_numbers, what_is_not_finite, no_zero_has_a_minus,
          all_fit)
