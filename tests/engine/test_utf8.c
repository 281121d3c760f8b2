#include "engine/base/utf8.h"

#include "tests/support/test.h"

#include <string.h>

static bool is_scalar(uint32_t cp) {
    return cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
}

START_TEST(every_scalar_value_survives_a_round_trip) {
    char text[4];
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        if (!is_scalar(cp)) continue;
        uint32_t back;
        int n = utf8_encode(cp, text);
        int want = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
        if (n != want || utf8_decode(text, (size_t)n, &back) != n ||
            back != cp || !utf8_valid(text, (size_t)n))
            ck_abort_msg("U+%04X", cp);
    }
}
END_TEST

/* Every sequence of three bytes: a decoder that accepts one must have made it
 * from the one scalar value that encodes to it. */
START_TEST(nothing_ill_formed_is_accepted) {
    for (uint32_t bits = 0; bits < 1u << 24; bits++) {
        char text[4] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        char again[4];
        uint32_t cp;
        int n = utf8_decode(text, 3, &cp);
        if (cp == UTF8_BAD ? n != 1
                           : !is_scalar(cp) || utf8_encode(cp, again) != n ||
                                 memcmp(again, text, (size_t)n) != 0)
            ck_abort_msg("%06X", bits);
    }
}
END_TEST

START_TEST(ill_formed_sequences_are_one_byte_each) {
    static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xC0\xAF",         /* overlong "/" */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong, three bytes */
        "\xF0\x8F\xBF\xBF", /* overlong, four bytes */
        "\xED\xA0\x80",     /* a surrogate */
        "\xF4\x90\x80\x80", /* U+110000 */
        "\xF5\x80\x80\x80", /* no such lead byte */
        "\xFF",             /* no such byte */
        "\xE2\x82",         /* cut */
        "\xE2\x82g",        /* cut by another character */
        "\xF0\x9F\xA6",     /* cut */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t cp = 0;
        ck_assert_int_eq(utf8_decode(bad[i], strlen(bad[i]), &cp), 1);
        ck_assert_uint_eq(cp, UTF8_BAD);
        ck_assert(!utf8_valid(bad[i], strlen(bad[i])));
    }
    ck_assert(utf8_valid("", 0));
    ck_assert(utf8_valid("a\0b", 3));
    ck_assert(!utf8_valid("abc\xFF", 4));
}
END_TEST

START_TEST(a_cut_character_is_told_from_a_wrong_one) {
    static const char llama[] = "\xF0\x9F\xA6\x99";
    for (size_t n = 1; n < 4; n++)
        ck_assert(utf8_is_cut(llama, n));
    ck_assert(!utf8_is_cut(llama, 4));
    ck_assert(!utf8_is_cut("a", 1));
    ck_assert(!utf8_is_cut("\x80", 1));
    ck_assert(!utf8_is_cut("\xE0\x9F", 2)); /* no third byte makes it right */
    ck_assert(!utf8_is_cut("\xC3(", 2));
    ck_assert(!utf8_is_cut("\xFF", 1));
}
END_TEST

START_TEST(a_caret_stops_at_the_same_places_both_ways) {
    static const char text[] = "a\xC3\xA9\xFF\xE6\x97\xA5\xE2\x82"
                               "b\xF0\x9F\xA6\x99\x80\0z";
    const size_t n = sizeof text - 1;
    size_t stops[32], count = 0, at = 0;
    while (at < n) {
        stops[count++] = at;
        at = utf8_next(text, n, at);
    }
    ck_assert_uint_eq(at, n);
    ck_assert_uint_eq(count, 11);
    while (count > 0) {
        at = utf8_prev(text, n, at);
        ck_assert_uint_eq(at, stops[--count]);
    }
    ck_assert_uint_eq(utf8_prev(text, n, 0), 0);
    ck_assert_uint_eq(utf8_next(text, n, n), n);
    ck_assert_uint_eq(utf8_next(text, n, n + 9), n);
}
END_TEST

TEST_MAIN("utf8", every_scalar_value_survives_a_round_trip,
          nothing_ill_formed_is_accepted,
          ill_formed_sequences_are_one_byte_each,
          a_cut_character_is_told_from_a_wrong_one,
          a_caret_stops_at_the_same_places_both_ways)
