/* What is written is what a Reader reads, little-endian. */
#include "engine/base/reader.h"
#include "engine/base/writer.h"
#include "tests/support/test.h"

#include <string.h>

START_TEST(a_reader_reads_it_back) {
    Writer w = {0};
    Err err = {0};
    size_t size;
    const float floats[] = {-1.5f, 0x1p-140f};
    writer_u32(&w, 0x04030201u);
    writer_u64(&w, 0x0C0B0A0908070605u);
    writer_bytes(&w, "ab", 2);
    writer_bytes(&w, NULL, 0);
    writer_floats(&w, floats, 2);
    uint8_t *bytes = writer_take(&w, &size, "test", &err);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_ptr_null(w.data);
    ck_assert_uint_eq(size, 4 + 8 + 2 + 8);
    for (uint8_t i = 0; i < 12; i++)
        ck_assert_uint_eq(bytes[i], i + 1u);
    Reader r = reader_init(bytes, size, "test", &err);
    ck_assert_uint_eq(reader_u32(&r, "u32"), 0x04030201u);
    ck_assert_uint_eq(reader_u64(&r, "u64"), 0x0C0B0A0908070605u);
    ck_assert_mem_eq(reader_take(&r, 2, "bytes"), "ab", 2);
    ck_assert_float_eq(reader_f32(&r, "f32"), floats[0]);
    ck_assert_float_eq(reader_f32(&r, "f32"), floats[1]);
    ck_assert(r.ok && reader_left(&r) == 0);
    free(bytes);
}
END_TEST

START_TEST(it_grows) {
    Writer w = {0};
    Err err = {0};
    size_t size;
    for (uint32_t i = 0; i < 100000; i++)
        writer_u32(&w, i);
    uint8_t *bytes = writer_take(&w, &size, "test", &err);
    ck_assert_uint_eq(size, 400000);
    Reader r = reader_init(bytes, size, "test", &err);
    for (uint32_t i = 0; i < 100000; i++)
        ck_assert_uint_eq(reader_u32(&r, "u32"), i);
    free(bytes);
}
END_TEST

TEST_MAIN("writer", a_reader_reads_it_back, it_grows)
