#include "tests/support/test.h"

#include "viz/paint/fonts.h"
#include "viz/paint/textcache.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static Fonts *open_fonts(void) {
    Err err = {0};
    Fonts *f = fonts_open(&err);
    ck_assert_msg(f != NULL, "%s", err.msg);
    return f;
}

static int width(Fonts *f, const char *text) {
    return fonts_width(f, FACE_SANS, 20, text, (int)strlen(text));
}

static TextMask mask(Fonts *f, Face face, float size, float angle,
                     const char *text) {
    TextMask m;
    ck_assert(fonts_mask(f, face, size, angle, text, (int)strlen(text), &m));
    return m;
}

/* Sum of coverage, in whole pixels. */
static double ink(TextMask m) {
    double sum = 0;
    for (int i = 0; i < m.w * m.h; i++)
        sum += m.coverage[i] / 255.0;
    return sum;
}

START_TEST(every_face_has_a_family_and_ink) {
    Fonts *f = open_fonts();
    for (int face = 0; face < FACE_COUNT; face++) {
        ck_assert_int_gt((int)strlen(fonts_family(f, (Face)face)), 0);
        ck_assert(ink(mask(f, (Face)face, 16, 0, "Query 0.48")) > 20);
    }
    ck_assert_str_eq(fonts_family(f, FACE_SANS), fonts_family(f, FACE_BOLD));
    ck_assert_str_eq(fonts_family(f, FACE_SANS), fonts_family(f, FACE_MEDIUM));
    ck_assert_str_eq(fonts_family(f, FACE_MONO),
                     fonts_family(f, FACE_MONO_BOLD));
    fonts_close(f);
}
END_TEST

START_TEST(weights_differ) {
    Fonts *f = open_fonts();
    double regular = ink(mask(f, FACE_SANS, 30, 0, "nothing"));
    double bold = ink(mask(f, FACE_BOLD, 30, 0, "nothing"));
    ck_assert_double_gt(bold, regular * 1.15);
    ck_assert_double_gt(ink(mask(f, FACE_MONO_BOLD, 30, 0, "nothing")),
                        ink(mask(f, FACE_MONO, 30, 0, "nothing")) * 1.1);
    fonts_close(f);
}
END_TEST

START_TEST(widths_add_up) {
    Fonts *f = open_fonts();
    int a = width(f, "attention "), b = width(f, "weights");
    ck_assert_int_gt(a, 60);
    ck_assert_int_le(abs(width(f, "attention weights") - a - b), 2);
    int one = width(f, "n");
    ck_assert_int_le(abs(width(f, "nnnnnnnnnn") - 10 * one), 10);
    ck_assert_int_gt(width(f, "a "), width(f, "a"));
    /* An accent takes no room. */
    ck_assert_int_le(abs(width(f, "e\u0301e\u0301") - width(f, "ee")), 1);
    fonts_close(f);
}
END_TEST

/* Columns of numbers line up: the mono face has one width. */
START_TEST(digits_are_tabular) {
    Fonts *f = open_fonts();
    for (int size = 10; size <= 40; size += 3) {
        int w = fonts_width(f, FACE_MONO, (float)size, "+0.0000", 7);
        const char *same[] = {"-1.1111", "+9.8765", "-4.4444"};
        for (int i = 0; i < 3; i++)
            ck_assert_int_le(
                abs(fonts_width(f, FACE_MONO, (float)size, same[i], 7) - w), 1);
    }
    fonts_close(f);
}
END_TEST

START_TEST(metrics_follow_the_size) {
    Fonts *f = open_fonts();
    for (int face = 0; face < FACE_COUNT; face++) {
        FontMetrics small = fonts_metrics(f, (Face)face, 12);
        FontMetrics big = fonts_metrics(f, (Face)face, 48);
        ck_assert_int_ge(small.cap, 7);
        ck_assert_int_le(small.cap, 10);
        ck_assert_int_le(abs(big.cap - 4 * small.cap), 4);
        ck_assert_int_ge(big.ascent, big.cap);
        ck_assert_int_gt(big.descent, 4);
        ck_assert_int_ge(big.line, big.ascent + big.descent - 2);
    }
    fonts_close(f);
}
END_TEST

START_TEST(the_origin_is_on_the_baseline) {
    Fonts *f = open_fonts();
    TextMask m = mask(f, FACE_SANS, 40, 0, "H");
    /* H stands on the baseline and is as high as capitals are. */
    ck_assert_int_eq(m.origin_y, m.h);
    ck_assert_int_eq(m.h, fonts_metrics(f, FACE_SANS, 40).cap);
    ck_assert_int_le(m.origin_x, 0);
    TextMask p = mask(f, FACE_SANS, 40, 0, "p");
    ck_assert_int_lt(p.origin_y, p.h);
    fonts_close(f);
}
END_TEST

/* Accents above push the picture up, accents below make it longer: the letter
 * stays on its line. */
START_TEST(stacked_accents_leave_the_baseline) {
    Fonts *f = open_fonts();
    for (int face = 0; face < FACE_COUNT; face++) {
        TextMask o = mask(f, (Face)face, 40, 0, "o");
        TextMask high =
            mask(f, (Face)face, 40, 0, "o\u0302\u0301\u0304\u0302\u0302\u0302");
        ck_assert_int_gt(high.origin_y, o.origin_y);
        ck_assert_int_le(abs(high.h - high.origin_y - (o.h - o.origin_y)), 1);
        TextMask low =
            mask(f, (Face)face, 40, 0, "o\u0323\u0323\u0323\u0323\u0323");
        ck_assert_int_gt(low.h - low.origin_y, o.h - o.origin_y);
        ck_assert_int_le(abs(low.origin_y - o.origin_y), 1);
    }
    fonts_close(f);
}
END_TEST

/* DejaVu, which llantern's package list installs, has signs and scripts that
 * Inter and JetBrains Mono lack; none of these is the box for "no font". */
START_TEST(other_fonts_help_out) {
    Fonts *f = open_fonts();
    static const char *const texts[] = {"\u05D0", "\u0645", "\u2713",
                                        "\u2581", "\u2423", "\u23CE"};
    TextMask box = mask(f, FACE_SANS, 40, 0, "\uE000");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        TextMask m = mask(f, FACE_SANS, 40, 0, texts[i]);
        ck_assert_msg(m.w != box.w || m.h != box.h, "text %zu", i);
    }
    fonts_close(f);
}
END_TEST

START_TEST(nothing_to_draw_is_no_error) {
    Fonts *f = open_fonts();
    static const char *const empty[] = {"",       " ",      "   ",
                                        "\u200d", "\ufeff", "\u200b\u2060"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        ck_assert_int_eq(mask(f, FACE_SANS, 20, 0, empty[i]).w, 0);
        ck_assert_int_eq(mask(f, FACE_SANS, 20, 45, empty[i]).w, 0);
        width(f, empty[i]);
    }
    ck_assert_int_eq(width(f, ""), 0);
    ck_assert_int_gt(width(f, " "), 0);
    ck_assert_int_eq(width(f, "\ufeff"), 0);
    ck_assert_int_eq(fonts_fit(f, FACE_SANS, 20, "", 0, 100), 0);
    fonts_close(f);
}
END_TEST

/* Signs that the views use, and scripts that a tokenizer's pieces may hold:
 * drawn by some font, or as a box with the number, but never as nothing. */
START_TEST(every_character_leaves_ink) {
    Fonts *f = open_fonts();
    static const char *const texts[] = {
        "\u2423",       "\u23CE",     "\u221A",
        "\u2581",       "\u2026",     "\u03A3",
        "\u2190",       "\u25B8",     "\u2713",
        "\u00F7",       "\u732B",     "\u65E5",
        "\uD55C",       "\U0001F642", "\u0645\u0631\u062D\u0628\u0627",
        "\u05E9\u05DC", "\u0939",     "\u0E44",
        "\U0010FFFD",   "\uE123",     "\U000E1000",
        "\uFFFF",       "\x01",       "\x7f",
        "\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (int face = 0; face < FACE_COUNT; face += FACE_MONO) {
            TextMask m = mask(f, (Face)face, 24, 0, texts[i]);
            ck_assert_msg(m.w > 0 && ink(m) > 4, "text %zu: no ink", i);
            ck_assert_int_gt(
                fonts_width(f, (Face)face, 24, texts[i], (int)strlen(texts[i])),
                0);
        }
    fonts_close(f);
}
END_TEST

/* Two characters that nobody has are told apart by their numbers. */
START_TEST(missing_characters_show_their_numbers) {
    Fonts *f = open_fonts();
    TextMask a = mask(f, FACE_SANS, 40, 0, "\U000FFF01");
    int w = a.w, h = a.h;
    ck_assert_int_gt(w, 20);
    uint8_t *copy = malloc((size_t)w * h);
    memcpy(copy, a.coverage, (size_t)w * h);
    TextMask b = mask(f, FACE_SANS, 40, 0, "\U000FFF02");
    ck_assert_int_eq(b.w, w);
    ck_assert_int_eq(b.h, h);
    ck_assert(memcmp(copy, b.coverage, (size_t)w * h) != 0);
    ck_assert_int_eq(copy[0], 255); /* the box's corner */
    free(copy);
    fonts_close(f);
}
END_TEST

START_TEST(ill_formed_bytes_are_shown) {
    Fonts *f = open_fonts();
    int one = width(f, "\uFFFD");
    static const char *const bad[] = {"\xff", "\x80", "\xc3", "\xf0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(width(f, bad[i]), one);
    /* Cut, overlong, surrogate: one sign for each byte. */
    ck_assert_int_le(abs(width(f, "\xe2\x82") - 2 * one), 1);
    ck_assert_int_le(abs(width(f, "\xc0\xaf") - 2 * one), 1);
    ck_assert_int_le(abs(width(f, "\xed\xa0\x80") - 3 * one), 1);
    ck_assert(ink(mask(f, FACE_SANS, 20, 0,
                       "a\xff"
                       "b")) > 10);
    for (int c = 1; c < 256; c++) { /* any byte, alone and in company */
        const char text[] = {'a', (char)c, (char)(c ^ 0x55), 'b', 0};
        width(f, text);
        mask(f, FACE_MONO, 12, 30, text);
    }
    fonts_close(f);
}
END_TEST

START_TEST(letters_of_arabic_join) {
    Fonts *f = open_fonts();
    TextMask m = mask(f, FACE_SANS, 20, 0, "\u0628");
    if (m.coverage[0] == 255) /* the corner of the box for "no such font" */
        test_skip("fonts", "no font has Arabic letters");
    else /* two letters beh, joined, are narrower than two alone */
        ck_assert_int_lt(width(f, "\u0628\u0628"), 2 * width(f, "\u0628") - 1);
    fonts_close(f);
}
END_TEST

/* Some fonts for code draw two signs as one; at this size a letter's width is
 * whole pixels. */
START_TEST(signs_of_code_are_not_joined) {
    static const char *const pairs[] = {"->", "==", "!=", "<=", "&&",
                                        "/*", "++", "::", "<<", "--"};
    Fonts *f = open_fonts();
    for (int face = FACE_MONO; face <= FACE_MONO_BOLD; face++)
        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
            char one[8], two[8], joined[8];
            snprintf(one, sizeof one, "a%c", pairs[i][0]);
            snprintf(two, sizeof two, "%cb", pairs[i][1]);
            snprintf(joined, sizeof joined, "a%sb", pairs[i]);
            const TextMask left = mask(f, (Face)face, 20, 0, one);
            const TextMask m = mask(f, (Face)face, 20, 0, joined);
            const TextMask right = mask(f, (Face)face, 20, 0, two);
            ck_assert_msg(fabs(ink(left) + ink(right) - ink(m)) < .01,
                          "%s is joined", pairs[i]);
            ck_assert_int_eq(fonts_width(f, (Face)face, 20, joined, 4),
                             2 * fonts_width(f, (Face)face, 20, "ab", 2));
        }
    fonts_close(f);
}
END_TEST

START_TEST(long_texts_are_cut) {
    Fonts *f = open_fonts();
    enum { LONG = 100000 };
    char *text = malloc(LONG);
    memset(text, 'W', LONG);
    TextMask m;
    ck_assert(fonts_mask(f, FACE_SANS, 12, 0, text, LONG, &m));
    ck_assert_int_gt(m.w, 1000);
    ck_assert_int_le(m.w, 16384);
    int w = fonts_width(f, FACE_SANS, 12, text, LONG);
    ck_assert_int_eq(w, fonts_width(f, FACE_SANS, 12, text, FONTS_TEXT_MAX));
    /* Large and long, level and turned: the picture stays bounded. */
    ck_assert(fonts_mask(f, FACE_BOLD, 1e9f, 0, text, LONG, &m));
    ck_assert_int_le(m.w, 16384);
    ck_assert(fonts_mask(f, FACE_BOLD, 200, 45, text, LONG, &m));
    ck_assert_int_le(m.w, 4096);
    ck_assert_int_eq(fonts_fit(f, FACE_SANS, 12, text, LONG, 1 << 30),
                     FONTS_TEXT_MAX);
    /* The cut never parts a character. */
    for (int i = 0; i + 3 <= LONG; i += 3)
        memcpy(text + i, "\u732B", 3);
    w = fonts_width(f, FACE_SANS, 12, text, LONG);
    ck_assert_int_eq(w, fonts_width(f, FACE_SANS, 12, text, 1023));
    free(text);
    fonts_close(f);
}
END_TEST

START_TEST(ten_thousand_marks_are_survived) {
    Fonts *f = open_fonts();
    char text[1 + 2 * 10000];
    text[0] = 'a';
    for (int i = 0; i < 10000; i++)
        memcpy(text + 1 + 2 * i, "\u0301", 2);
    TextMask m;
    ck_assert(fonts_mask(f, FACE_SANS, 20, 0, text, sizeof text, &m));
    ck_assert_int_gt(m.w, 0);
    fonts_close(f);
}
END_TEST

START_TEST(senseless_sizes_and_angles_are_survived) {
    Fonts *f = open_fonts();
    static const float odd[] = {0, -5, NAN, INFINITY, -INFINITY, 1e-9f, 0.5f};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        mask(f, FACE_SANS, odd[i], 0, "ab");
        mask(f, FACE_SANS, 12, odd[i], "ab");
        ck_assert_int_ge(fonts_width(f, FACE_SANS, odd[i], "ab", 2), 0);
    }
    fonts_close(f);
}
END_TEST

/* Turned text has the ink of level text, in the box that turning gives. */
START_TEST(turned_text_keeps_ink_and_bounds) {
    Fonts *f = open_fonts();
    const char *text = "little";
    TextMask m = mask(f, FACE_SANS, 18, 0, text);
    double level = ink(m), pi = acos(-1);
    float x0 = (float)-m.origin_x, y0 = (float)-m.origin_y;
    float x1 = x0 + (float)m.w, y1 = y0 + (float)m.h;
    for (int angle = -180; angle <= 540; angle += 15) {
        m = mask(f, FACE_SANS, 18, (float)angle, text);
        ck_assert_double_lt(fabs(ink(m) - level), level * 0.08);
        double c = cos(angle * pi / 180), s = sin(angle * pi / 180);
        double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
        for (int i = 0; i < 4; i++) {
            double x = i & 1 ? x1 : x0, y = i & 2 ? y1 : y0;
            left = fmin(left, x * c + y * s);
            right = fmax(right, x * c + y * s);
            top = fmin(top, y * c - x * s);
            bottom = fmax(bottom, y * c - x * s);
        }
        ck_assert_double_ge(-m.origin_x, left - 2);
        ck_assert_double_le(-m.origin_x + m.w, right + 2);
        ck_assert_double_ge(-m.origin_y, top - 2);
        ck_assert_double_le(-m.origin_y + m.h, bottom + 2);
    }
    fonts_close(f);
}
END_TEST

/* Counter-clockwise on a screen whose y points down. */
START_TEST(ninety_degrees_read_upwards) {
    Fonts *f = open_fonts();
    TextMask m = mask(f, FACE_SANS, 20, 90, "HHHHHHHH");
    ck_assert_int_gt(m.h, 4 * m.w);
    ck_assert_int_gt(m.origin_y, m.h - 4); /* it starts at the bottom */
    ck_assert_int_ge(m.origin_x, m.w - 1);
    fonts_close(f);
}
END_TEST

START_TEST(fit_is_the_longest_that_fits) {
    Fonts *f = open_fonts();
    const char *text = "Der M\u00fcller \u732b\u732b sagt ja";
    int len = (int)strlen(text), whole = width(f, text);
    ck_assert_int_eq(fonts_fit(f, FACE_SANS, 20, text, len, whole), len);
    for (int w = 0; w <= whole + 5; w += 3) {
        int n = fonts_fit(f, FACE_SANS, 20, text, len, w);
        ck_assert(n == len || (text[n] & 0xC0) != 0x80);
        ck_assert_int_le(fonts_width(f, FACE_SANS, 20, text, n), w);
        if (n == len) continue;
        int next = n + 1;
        while ((text[next] & 0xC0) == 0x80)
            next++;
        ck_assert_int_gt(fonts_width(f, FACE_SANS, 20, text, next), w);
    }
    /* Four bytes to the character, and bytes that are none. */
    ck_assert_int_eq(
        fonts_fit(f, FACE_SANS, 20, "\U0001F642\U0001F642", 8, 200), 8);
    ck_assert_int_gt(fonts_fit(f, FACE_SANS, 20, "\x80\x80\x80\x80", 4, 60), 0);
    ck_assert_int_eq(fonts_fit(f, FACE_SANS, 20, "abc", 3, -7), 0);
    fonts_close(f);
}
END_TEST

START_TEST(the_same_text_gives_the_same_mask) {
    Fonts *f = open_fonts();
    TextMask a = mask(f, FACE_SANS, 20, 0, "She");
    TextMask again = mask(f, FACE_SANS, 20, 0, "She");
    ck_assert_ptr_eq(a.coverage, again.coverage); /* cached */
    TextMask turned = mask(f, FACE_SANS, 20, 360, "She");
    ck_assert_ptr_eq(a.coverage, turned.coverage);
    ck_assert_ptr_ne(a.coverage, mask(f, FACE_BOLD, 20, 0, "She").coverage);
    Fonts *g = open_fonts();
    TextMask other = mask(g, FACE_SANS, 20, 0, "She");
    ck_assert_int_eq(other.w, a.w);
    ck_assert_int_eq(other.h, a.h);
    ck_assert_mem_eq(other.coverage, a.coverage, (size_t)a.w * a.h);
    fonts_close(g);
    fonts_close(f);
}
END_TEST

/* More sizes than fonts are kept open, then the first again. */
START_TEST(fonts_are_reopened) {
    Fonts *f = open_fonts();
    FontMetrics first = fonts_metrics(f, FACE_SANS, 9);
    for (int size = 10; size < 200; size++)
        fonts_metrics(f, FACE_SANS, (float)size);
    ck_assert_int_eq(fonts_metrics(f, FACE_SANS, 9).cap, first.cap);
    fonts_close(f);
}
END_TEST

/* How many of the newest twenty of the masks "t0" .. are there.  Asked for from
 * the oldest on, so that their order stays. */
static int n_kept(TextCache *c, int newest) {
    int n = 0;
    for (int i = newest < 20 ? 0 : newest - 20; i <= newest; i++) {
        char text[16];
        const int len = snprintf(text, sizeof text, "t%d", i);
        const TextKey key = {TEXT_MASK, FACE_SANS, 12, 0, text, len};
        n += textcache_find(c, key) != NULL;
    }
    return n;
}

START_TEST(the_cache_is_bounded) {
    TextCache *c = textcache_open(10000, NULL);
    static const uint8_t coverage[1000] = {1, 2, 3};
    TextEntry e = {.mask = {coverage, 100, 10, 0, 0}};
    char text[16];
    for (int i = 0; i < 1000; i++) {
        int len = snprintf(text, sizeof text, "t%d", i);
        TextKey key = {TEXT_MASK, FACE_SANS, 12, 0, text, len};
        ck_assert_ptr_null(textcache_find(c, key));
        ck_assert_ptr_nonnull(textcache_add(c, key, e));
        ck_assert_int_le(n_kept(c, i), 10000 / (int)sizeof coverage);
        /* What is used again and again is never thrown out. */
        TextKey zero = {TEXT_MASK, FACE_SANS, 12, 0, "t0", 2};
        const TextEntry *kept = textcache_find(c, zero);
        ck_assert_ptr_nonnull(kept);
        ck_assert_mem_eq(kept->mask.coverage, coverage, sizeof coverage);
    }
    TextKey newest = {TEXT_MASK, FACE_SANS, 12, 0, text, 4};
    ck_assert_ptr_nonnull(textcache_find(c, newest));
    newest.variant = 1;
    ck_assert_ptr_null(textcache_find(c, newest));
    TextKey early = {TEXT_MASK, FACE_SANS, 12, 0, "t1", 2};
    ck_assert_ptr_null(textcache_find(c, early));
    textcache_close(c);
}
END_TEST

TEST_MAIN("fonts", every_face_has_a_family_and_ink, weights_differ,
          widths_add_up, digits_are_tabular, metrics_follow_the_size,
          the_origin_is_on_the_baseline, stacked_accents_leave_the_baseline,
          other_fonts_help_out, nothing_to_draw_is_no_error,
          every_character_leaves_ink, missing_characters_show_their_numbers,
          ill_formed_bytes_are_shown, letters_of_arabic_join,
          signs_of_code_are_not_joined, long_texts_are_cut,
          ten_thousand_marks_are_survived,
          senseless_sizes_and_angles_are_survived,
          turned_text_keeps_ink_and_bounds, ninety_degrees_read_upwards,
          fit_is_the_longest_that_fits, the_same_text_gives_the_same_mask,
          fonts_are_reopened, the_cache_is_bounded)
