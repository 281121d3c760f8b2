#include "engine/base/escape.h"

#include "engine/base/utf8.h"
#include "tests/support/test.h"

#include <string.h>

static void is_shown(const char *text, const char *want) {
    char out[256];
    const size_t n = escape_text(text, strlen(text), out, sizeof out);
    ck_assert_str_eq(out, want);
    ck_assert_uint_eq(n, strlen(want));
}

START_TEST(what_a_terminal_acts_on_is_written_as_bytes) {
    is_shown("", "");
    is_shown("plain, caf\u00E9 \u65E5\u672C \U0001F600", /* as it is */
             "plain, caf\u00E9 \u65E5\u672C \U0001F600");
    is_shown("\033[31m\r\n\t\b\a\177", "<1B>[31m<0D><0A><09><08><07><7F>");
    is_shown(
        "\xC2\x80\xC2\x85\xC2\x9B\xC2\x9D\xC2\x9F\u00A0", /* C1, then a space */
        "<C2><80><C2><85><C2><9B><C2><9D><C2><9F>\u00A0");
    is_shown("\u202E\u202A\u2066\u2069\u200E\u200F\u061C",
             "<E2><80><AE><E2><80><AA><E2><81><A6><E2><81><A9>"
             "<E2><80><8E><E2><80><8F><D8><9C>");
    is_shown("\u2028\u2029", "<E2><80><A8><E2><80><A9>");
    is_shown("\x9B\xFF\xC3z\xE2\x80\xED\xA0\x80",
             "<9B><FF><C3>z<E2><80><ED><A0><80>");
}
END_TEST

START_TEST(every_control_character_and_no_other) {
    for (uint32_t cp = 0; cp < 0x110000; cp++) {
        const bool c0 = cp < 0x20, c1 = cp >= 0x7F && cp < 0xA0;
        const bool direction = cp == 0x61C || (cp >= 0x200E && cp <= 0x200F) ||
                               (cp >= 0x2028 && cp <= 0x202E) ||
                               (cp >= 0x2066 && cp <= 0x206F);
        if (escape_is_needed(cp) != (c0 || c1 || direction))
            ck_abort_msg("U+%04X", cp);
    }
    ck_assert(escape_is_needed(UTF8_BAD));
}
END_TEST

START_TEST(cut_text_has_whole_characters_and_escapes) {
    char out[16];
    const char *text = "a\u00E9\033b";
    static const char *const cut[] = {
        "",        "a",       "a",           "a\u00E9",      "a\u00E9",
        "a\u00E9", "a\u00E9", "a\u00E9<1B>", "a\u00E9<1B>b", "a\u00E9<1B>b"};
    for (size_t size = 1; size <= 10; size++) {
        ck_assert_uint_eq(escape_text(text, strlen(text), out, size), 8);
        ck_assert_str_eq(out, cut[size - 1]);
    }
    ck_assert_uint_eq(escape_text(text, strlen(text), NULL, 0), 8);
    ck_assert_uint_eq(escape_text("\0x", 2, out, sizeof out), 5); /* NUL, too */
    ck_assert_str_eq(out, "<00>x");
}
END_TEST

/* What is printed to a stream in memory. */
typedef struct Printed {
    FILE *f;
    char *text;
    size_t n;
} Printed;

static void printed_open(Printed *p) {
    *p = (Printed){0};
    p->f = open_memstream(&p->text, &p->n);
    ck_assert_ptr_nonnull(p->f);
}

static void printed_is(Printed *p, const char *want) {
    ck_assert_int_eq(fclose(p->f), 0);
    ck_assert_str_eq(p->text, want);
    free(p->text);
}

START_TEST(a_line_is_one_line) {
    Printed p;
    printed_open(&p);
    escape_line(p.f, "%s:%d: %s", "a\nb", 3, "\033c");
    escape_print(p.f, "%s\n", "d");
    escape_lines(p.f, "e\tf\n\r\033g\0h", 9);
    printed_is(&p, "a<0A>b:3: <1B>c\nd<0A>e\tf\n<0D><1B>g<00>h");
}
END_TEST

START_TEST(long_text_is_whole) {
    char text[5001], want[4 * sizeof text + 1] = "";
    Printed p;
    size_t at = 0;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = i % 3 ? 'x' : '\033';
        at += (size_t)snprintf(want + at, sizeof want - at, "%s",
                               i % 3 ? "x" : "<1B>");
    }
    text[sizeof text - 1] = '\0';
    want[at] = '\n';
    printed_open(&p);
    escape_line(p.f, "%s", text);
    printed_is(&p, want);
}
END_TEST

TEST_MAIN("escape", what_a_terminal_acts_on_is_written_as_bytes,
          every_control_character_and_no_other,
          cut_text_has_whole_characters_and_escapes, a_line_is_one_line,
          long_text_is_whole)
