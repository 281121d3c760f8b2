#include "engine/base/err.h"

#include "tests/support/test.h"

#include <string.h>

START_TEST(message_code_and_position_are_kept) {
    Err err = {0};
    ck_assert(!err_set(&err, ERR_FORMAT, 12, "%s: dim: found %d", "a.bin", 0));
    ck_assert_int_eq(err.code, ERR_FORMAT);
    ck_assert_uint_eq(err.pos, 12);
    ck_assert_str_eq(err.msg, "a.bin: dim: found 0");
}
END_TEST

START_TEST(first_error_wins_until_cleared) {
    Err err = {0};
    err_set(&err, ERR_IO, 1, "inner");
    ck_assert(!err_set(&err, ERR_LIMIT, 2, "outer"));
    ck_assert_str_eq(err.msg, "inner");
    err_clear(&err);
    ck_assert_int_eq(err.code, ERR_NONE);
    err_memory(&err, "a.bin", 64);
    ck_assert_int_eq(err.code, ERR_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.msg, "a.bin"));
    ck_assert_ptr_nonnull(strstr(err.msg, "64"));
}
END_TEST

START_TEST(nobody_needs_to_listen) {
    ck_assert(!err_set(NULL, ERR_IO, 0, "x"));
    err_clear(NULL);
}
END_TEST

START_TEST(control_characters_stay_out_of_the_line) {
    Err err = {0};
    err_set(&err, ERR_IO, 0, "%s: open", "a\nb\033[2Jc\x7F");
    ck_assert_str_eq(err.msg, "a<0A>b<1B>[2Jc<7F>: open");
    /* A name of nothing else leaves room for what was wrong with it. */
    char name[256];
    memset(name, '\033', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    err_clear(&err);
    err_set(&err, ERR_FORMAT, 0, "%s: dim: found %d", name, 0);
    ck_assert_int_eq(strncmp(err.msg, "...", 3), 0);
    ck_assert_ptr_nonnull(strstr(err.msg, "<1B>: dim: found 0"));
    ck_assert_ptr_null(strchr(err.msg, '\033'));
}
END_TEST

START_TEST(long_path_loses_its_beginning_not_the_field) {
    char path[5001];
    /* Two-byte characters: wherever the cut falls, not inside one. */
    for (size_t i = 0; i + 1 < sizeof path; i += 2)
        memcpy(path + i, "\xC3\xA9", 2);
    path[sizeof path - 1] = 0;
    static const char *const fields[] = {": dim: found 0", ": dim: found 10"};
    for (size_t i = 0; i < 2; i++) {
        Err err = {0};
        err_set(&err, ERR_FORMAT, 0, "%s%s", path, fields[i]);
        ck_assert(strlen(err.msg) < sizeof err.msg);
        ck_assert_int_eq(strncmp(err.msg, "...\xC3\xA9", 5), 0);
        const char *field = strstr(err.msg, fields[i]);
        ck_assert_ptr_nonnull(field);
        ck_assert_str_eq(field, fields[i]);
    }
}
END_TEST

TEST_MAIN("err", message_code_and_position_are_kept,
          first_error_wins_until_cleared, nobody_needs_to_listen,
          control_characters_stay_out_of_the_line,
          long_path_loses_its_beginning_not_the_field)
