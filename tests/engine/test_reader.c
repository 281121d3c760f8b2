#include "engine/base/reader.h"

#include "tests/support/test.h"

#include <string.h>

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xFF};

START_TEST(numbers_are_little_endian) {
    Reader r = reader_init(bytes, sizeof bytes, "f", NULL);
    ck_assert_uint_eq(reader_u8(&r, "a"), 0x01);
    ck_assert_uint_eq(reader_u16(&r, "b"), 0x0302);
    ck_assert_uint_eq(reader_u32(&r, "c"), 0x07060504);
    ck_assert_uint_eq(reader_left(&r), 1);
    ck_assert(r.ok);
    r = reader_init(bytes, sizeof bytes, "f", NULL);
    ck_assert_uint_eq(reader_u64(&r, "d"), 0xFF07060504030201u);
}
END_TEST

START_TEST(signs_and_floats_come_from_their_bits) {
    const uint8_t raw[] = {0xFE, 0xFF, 0xFF, 0xFF, 0,    0,
                           0,    0x80, 0,    0,    0xC0, 0xBF};
    Reader r = reader_init(raw, sizeof raw, "f", NULL);
    ck_assert_int_eq(reader_i32(&r, "a"), -2);
    ck_assert_int_eq(reader_i32(&r, "b"), INT32_MIN);
    ck_assert_float_eq(reader_f32(&r, "c"), -1.5f);
    ck_assert_uint_eq(reader_left(&r), 0);
}
END_TEST

START_TEST(first_failure_sticks_and_is_named) {
    Err err = {0};
    Reader r = reader_init(bytes, sizeof bytes, "m.bin", &err);
    reader_u32(&r, "dim");
    ck_assert_ptr_null(reader_take(&r, 5, "body"));
    ck_assert(!r.ok);
    ck_assert_str_eq(err.msg, "m.bin: body: found 4 bytes at byte 4, need 5");
    ck_assert_uint_eq(err.pos, 4);
    /* What would fit is not read any more. */
    ck_assert_uint_eq(reader_u8(&r, "next"), 0);
    ck_assert_uint_eq(reader_u64(&r, "next"), 0);
    ck_assert_uint_eq(r.pos, 4);
    ck_assert(!reader_fail(&r, "later", "no"));
    ck_assert_ptr_nonnull(strstr(err.msg, "body"));
}
END_TEST

START_TEST(no_length_wraps_the_bounds_check) {
    const size_t lengths[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1, 8};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        Reader r = reader_init(bytes, sizeof bytes, "f", NULL);
        reader_u8(&r, "a");
        ck_assert_ptr_null(reader_take(&r, lengths[i], "b"));
        ck_assert(!r.ok);
        ck_assert_uint_eq(r.pos, 1);
    }
}
END_TEST

START_TEST(every_cut_of_every_width_fails) {
    for (size_t size = 0; size < 8; size++) {
        Reader r = reader_init(bytes, size, "f", NULL);
        ck_assert_uint_eq(reader_u64(&r, "a"), 0);
        ck_assert(!r.ok);
    }
    Reader r = reader_init(bytes, 0, "f", NULL);
    ck_assert_ptr_nonnull(reader_take(&r, 0, "nothing"));
    ck_assert(r.ok);
}
END_TEST

START_TEST(a_parser_can_fail_at_the_current_byte) {
    Err err = {0};
    Reader r = reader_init(bytes, sizeof bytes, "f", &err);
    reader_u16(&r, "a");
    ck_assert(!reader_fail(&r, "kind", "found %d, need 1", 7));
    ck_assert_str_eq(err.msg, "f: kind: found 7, need 1");
    ck_assert_uint_eq(err.pos, 2);
    ck_assert_int_eq(err.code, ERR_FORMAT);
}
END_TEST

START_TEST(sizes_that_do_not_fit_leave_the_result_alone) {
    uint64_t out = 42;
    ck_assert(!size_mul(UINT64_C(1) << 32, UINT64_C(1) << 32, &out));
    ck_assert(!size_add(UINT64_MAX, 1, &out));
    ck_assert_uint_eq(out, 42);
    ck_assert(size_mul(UINT64_C(1) << 32, UINT64_C(1) << 31, &out));
    ck_assert_uint_eq(out, UINT64_C(1) << 63);
    ck_assert(size_mul(0, UINT64_MAX, &out));
    ck_assert_uint_eq(out, 0);
    ck_assert(size_add(UINT64_MAX - 1, 1, &out));
    ck_assert_uint_eq(out, UINT64_MAX);
}
END_TEST

TEST_MAIN("reader", numbers_are_little_endian,
          signs_and_floats_come_from_their_bits,
          first_failure_sticks_and_is_named, no_length_wraps_the_bounds_check,
          every_cut_of_every_width_fails, a_parser_can_fail_at_the_current_byte,
          sizes_that_do_not_fit_leave_the_result_alone)
