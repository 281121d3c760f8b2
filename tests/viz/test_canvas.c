#include "tests/support/test.h"

#include "viz/paint/canvas.h"
#include "viz/paint/paragraph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Color white = {255, 255, 255, 255};
static const Color black = {0, 0, 0, 255};
static const Color red = {255, 0, 0, 255};

enum { W = 300, H = 200 };

typedef struct Bench {
    Fonts *fonts;
    Canvas *c;
} Bench;

static Bench bench_open(float scale) {
    Err err = {0};
    Bench b = {.fonts = fonts_open(&err)};
    ck_assert_msg(b.fonts != NULL, "%s", err.msg);
    b.c = canvas_open(W, H, scale, b.fonts, &err);
    ck_assert_msg(b.c != NULL, "%s", err.msg);
    return b;
}

static void bench_close(Bench b) {
    canvas_close(b.c);
    fonts_close(b.fonts);
}

static int level(const Canvas *c, int x, int y) {
    const Pixmap *p = canvas_pixels(c);
    return p->px[y * p->stride + x] & 0xFF;
}

/* Where there is anything but black. */
static Rect ink_box(const Canvas *c) {
    int x0 = W, y0 = H, x1 = 0, y1 = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            if (level(c, x, y) == 0) continue;
            x0 = x < x0 ? x : x0;
            x1 = x >= x1 ? x + 1 : x1;
            y0 = y < y0 ? y : y0;
            y1 = y >= y1 ? y + 1 : y1;
        }
    if (x1 <= x0) return (Rect){0};
    return (Rect){x0, y0, x1 - x0, y1 - y0};
}

START_TEST(sizes_are_checked) {
    Bench b = bench_open(1);
    static const struct {
        int w, h;
        float scale;
    } bad[] = {{0, 5, 1},     {5, 0, 1},     {-1, 5, 1},
               {5, 16385, 1}, {5, 5, 0},     {5, 5, -1},
               {5, 5, NAN},   {16385, 5, 1}, {5, 5, INFINITY}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Err err = {0};
        ck_assert_ptr_null(
            canvas_open(bad[i].w, bad[i].h, bad[i].scale, b.fonts, &err));
        ck_assert_int_eq(err.code, ERR_LIMIT);
        ck_assert(!canvas_resize(b.c, bad[i].w, bad[i].h, bad[i].scale, NULL));
        ck_assert_int_eq(canvas_width(b.c), W);
        ck_assert_float_eq(canvas_scale(b.c), 1);
    }
    ck_assert(canvas_resize(b.c, CANVAS_SIZE_MAX, 1, 2, NULL));
    canvas_clear(b.c, white);
    ck_assert_int_eq(level(b.c, CANVAS_SIZE_MAX - 1, 0), 255);
    ck_assert_int_eq(canvas_clip(b.c).w, CANVAS_SIZE_MAX);
    bench_close(b);
}
END_TEST

START_TEST(units_become_whole_pixels) {
    Bench b = bench_open(1.5f);
    ck_assert_int_eq(canvas_u(b.c, 10), 15);
    ck_assert_int_eq(canvas_u(b.c, 0), 0);
    ck_assert_int_eq(canvas_u(b.c, 0.1f), 1); /* a hairline stays */
    ck_assert_int_eq(canvas_u(b.c, -10), -15);
    bench_close(b);
}
END_TEST

START_TEST(clips_nest) {
    Bench b = bench_open(1);
    canvas_push_clip(b.c, (Rect){10, 10, 50, 50});
    canvas_push_clip(b.c, (Rect){40, -40, 500, 500});
    canvas_fill(b.c, (Rect){0, 0, W, H}, white);
    canvas_text(b.c, (TextStyle){.size = 60, .color = white}, 0, 60, "MMM");
    canvas_line(b.c, 0, 0, W, H, 9, white);
    canvas_hatch(b.c, (Rect){0, 0, W, H}, white);
    Rect box = ink_box(b.c);
    ck_assert(box.x == 40 && box.y == 10 && box.w == 20 && box.h == 50);
    canvas_pop_clip(b.c);
    ck_assert_int_eq(canvas_clip(b.c).x, 10);
    canvas_push_clip(b.c, (Rect){100, 100, 10, 10}); /* apart: nothing */
    canvas_clear(b.c, black);
    canvas_clear(b.c, red);
    canvas_circle(b.c, 105, 105, 5, white);
    ck_assert_int_eq(level(b.c, 105, 105), 0);
    canvas_pop_clip(b.c);
    canvas_pop_clip(b.c);
    bench_close(b);
}
END_TEST

START_TEST(text_stands_where_it_is_put) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 24, .color = white};
    int w = canvas_text(b.c, style, 50, 100, "HEX");
    Rect box = ink_box(b.c);
    ck_assert_int_eq(w, canvas_text_width(b.c, style, "HEX"));
    ck_assert_int_eq(box.y + box.h, 100);
    ck_assert_int_eq(box.h, canvas_metrics(b.c, style).cap);
    ck_assert_int_ge(box.x, 50);
    ck_assert_int_le(box.x + box.w, 50 + w);

    canvas_clear(b.c, black);
    style.align = ALIGN_RIGHT;
    canvas_text(b.c, style, 200, 100, "HEX");
    Rect right = ink_box(b.c);
    ck_assert_int_eq(right.x, box.x + 150 - w);

    canvas_clear(b.c, black);
    style.align = ALIGN_CENTER;
    canvas_text(b.c, style, 150, 100, "HEX");
    ck_assert_int_le(abs(ink_box(b.c).x - (box.x + 100 - w / 2)), 1);
    bench_close(b);
}
END_TEST

START_TEST(text_follows_the_scale) {
    Bench one = bench_open(1), two = bench_open(2);
    TextStyle style = {.size = 15, .color = white};
    int single = canvas_text_width(one.c, style, "attention pattern");
    int doubled = canvas_text_width(two.c, style, "attention pattern");
    ck_assert_int_le(abs(doubled - 2 * single), 4);
    bench_close(one);
    bench_close(two);
}
END_TEST

START_TEST(a_row_centres_capitals) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 20, .color = white};
    for (int h = 20; h < 60; h += 7) {
        canvas_clear(b.c, black);
        canvas_text_row(b.c, style, 20, 30, h, "HEX");
        Rect box = ink_box(b.c);
        int above = box.y - 30, below = 30 + h - (box.y + box.h);
        ck_assert_int_le(abs(above - below), 1);
    }
    bench_close(b);
}
END_TEST

/* At an angle the aligned end stays at (x, y). */
START_TEST(turned_text_ends_where_it_is_put) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 16, .color = white, .angle = 60};
    canvas_text(b.c, style, 150, 120, "little");
    Rect up = ink_box(b.c);
    ck_assert_int_le(abs(up.y + up.h - 120), 6);
    ck_assert_int_lt(up.y, 100);
    canvas_clear(b.c, black);
    style.align = ALIGN_RIGHT;
    canvas_text(b.c, style, 150, 120, "little");
    Rect down = ink_box(b.c);
    ck_assert_int_le(down.x + down.w, 156);
    ck_assert_int_gt(down.y + down.h, 140);
    ck_assert_int_lt(down.y, 122);
    bench_close(b);
}
END_TEST

START_TEST(fitted_text_ends_in_an_ellipsis) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 16, .color = white};
    const char *text = "The cat sat on the mat";
    int whole = canvas_text_width(b.c, style, text);
    ck_assert_int_eq(canvas_text_fit(b.c, style, 5, 50, whole, text), whole);
    int ellipsis = canvas_text_width(b.c, style, "\u2026");
    int letter = canvas_text_width(b.c, style, "T");
    for (int max = 0; max < whole; max += 7) {
        canvas_clear(b.c, black);
        int w = canvas_text_fit(b.c, style, 5, 50, max, text);
        ck_assert_int_le(w, max);
        if (max > ellipsis + letter) ck_assert_int_gt(w, ellipsis);
        if (max < ellipsis + letter) ck_assert_int_eq(w, 0); /* names nothing */
        ck_assert_int_le(ink_box(b.c).w, max + 1);
    }
    char *longest = malloc(5000);
    memset(longest, 'W', 4999);
    longest[4999] = '\0';
    ck_assert_int_le(canvas_text_fit(b.c, style, 5, 50, 200, longest), 200);
    free(longest);
    bench_close(b);
}
END_TEST

/* It is told of what is cut. */
/* Half of a byte written <XX> names nothing. */
START_TEST(a_byte_is_not_cut) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 16, .color = white};
    const char *text = "a<E2>";
    const int whole = canvas_text_width(b.c, style, text);
    for (int max = 0; max <= whole; max++) {
        int n;
        canvas_begin(b.c);
        canvas_text_fit(b.c, style, 5, 50, max, text);
        const TextMark *marks = canvas_texts(b.c, &n);
        ck_assert_int_le(n, 1);
        if (n == 1 && marks->is_cut) ck_assert_str_eq(marks->text, "a\u2026");
        canvas_begin(b.c);
        ck_assert_int_eq(
            canvas_text_fit(b.c, style, 5, 50, max - whole / 2, text + 1) > 0,
            max - whole / 2 >= canvas_text_width(b.c, style, text + 1));
    }
    bench_close(b);
}
END_TEST

START_TEST(a_text_that_is_cut_is_marked) {
    Bench b = bench_open(1);
    const TextStyle style = {.size = 16, .color = white};
    int n;
    canvas_begin(b.c);
    canvas_text_fit(b.c, style, 5, 50, 60, "The cat sat on the mat");
    canvas_text_fit(b.c, style, 5, 50, 60, "cat");
    canvas_text_fit(b.c, style, 5, 50, 22, "\u2423market");
    const TextMark *mark = canvas_texts(b.c, &n);
    ck_assert_int_eq(n, 2); /* a blank with an ellipsis is no name */
    ck_assert(mark[0].is_cut && !mark[1].is_cut);
    bench_close(b);
}
END_TEST

START_TEST(phrases_are_whole_or_left_out) {
    static const struct {
        const char *whole, *part;
    } cases[] = {{"least 3.1 at 2, most 1,200 at 9", "least 3.1 at 2"},
                 {"67 names · hover names the rest", "67 names"},
                 {"3 layers (of 12); layer 0 (now)", "3 layers"},
                 {"after , and ; nothing (more)", "after , and ; nothing"},
                 {"one phrase alone", ""}};
    Bench b = bench_open(1);
    const TextStyle style = {.size = 16, .color = white};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *whole = cases[i].whole, *part = cases[i].part;
        const int w = canvas_text_width(b.c, style, whole);
        const int less = canvas_text_width(b.c, style, part);
        ck_assert_int_eq(canvas_text_phrases(b.c, style, 5, 50, w, whole), w);
        ck_assert_int_eq(canvas_text_phrases(b.c, style, 5, 50, less, whole),
                         less);
        ck_assert_int_eq(canvas_text_phrases(b.c, style, 5, 50, -3, whole), 0);
    }
    bench_close(b);
}
END_TEST

START_TEST(of_two_texts_the_first_that_fits_is_drawn) {
    Bench b = bench_open(1);
    const TextStyle style = {.size = 16, .color = white};
    const char *text = "norm before attention", *shorter = "norm";
    const int whole = canvas_text_width(b.c, style, text);
    const int less = canvas_text_width(b.c, style, shorter);
    ck_assert_int_eq(
        canvas_text_either(b.c, style, 5, 50, whole, text, shorter), whole);
    ck_assert_int_eq(
        canvas_text_either(b.c, style, 5, 50, whole - 1, text, shorter), less);
    ck_assert_int_lt(
        canvas_text_either(b.c, style, 5, 50, less - 1, text, shorter), less);
    bench_close(b);
}
END_TEST

START_TEST(numbers_are_formatted) {
    Bench b = bench_open(1);
    TextStyle style = {.face = FACE_MONO, .size = 16, .color = white};
    ck_assert_int_eq(canvas_textf(b.c, style, 5, 50, "%+.3f", 0.5),
                     canvas_text_width(b.c, style, "+0.500"));
    bench_close(b);
}
END_TEST

START_TEST(hatching_covers_half_and_goes_on) {
    Bench b = bench_open(1), whole = bench_open(1);
    canvas_hatch(b.c, (Rect){3, 3, 47, 60}, white);
    canvas_hatch(b.c, (Rect){50, 3, 51, 60}, white);
    canvas_hatch(whole.c, (Rect){3, 3, 98, 60}, white);
    ck_assert_mem_eq(canvas_pixels(b.c)->px, canvas_pixels(whole.c)->px,
                     (size_t)W * H * 4);
    int lit = 0;
    for (int y = 3; y < 63; y++)
        for (int x = 3; x < 101; x++)
            lit += level(b.c, x, y) > 127;
    ck_assert_int_gt(lit, 98 * 60 / 8);
    ck_assert_int_lt(lit, 98 * 60 / 2);
    canvas_hatch(b.c, (Rect){0, 0, 0, 0}, white);
    bench_close(b);
    bench_close(whole);
}
END_TEST

/* To a level, as a circle elsewhere is rounded elsewhere. */
START_TEST(a_dot_is_a_circle) {
    static const int radii[] = {1, 4, 4, 16, 17, 3};
    const Rect clip = {20, 10, 100, 90};
    Bench b = bench_open(1), other = bench_open(1);
    for (int i = 0; i < 6; i++) {
        const int r = radii[i], x = 18 + 21 * i, y = 96 - 17 * i;
        canvas_push_clip(b.c, clip);
        canvas_dot(b.c, x, y, r, red);
        canvas_dot(b.c, x + 2, y, r, white);
        canvas_pop_clip(b.c);
        canvas_push_clip(other.c, clip);
        canvas_circle(other.c, (float)x, (float)y, (float)r, red);
        canvas_circle(other.c, (float)(x + 2), (float)y, (float)r, white);
        canvas_pop_clip(other.c);
    }
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            ck_assert_int_le(abs(level(b.c, x, y) - level(other.c, x, y)), 1);
    const Rect ink = ink_box(b.c);
    ck_assert(ink.x >= clip.x && ink.y + ink.h <= clip.y + clip.h);
    bench_close(b);
    bench_close(other);
}
END_TEST

START_TEST(same_calls_give_same_pixels) {
    Bench a = bench_open(1.25f), b = bench_open(1.25f);
    const Bench both[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        Canvas *c = both[i].c;
        canvas_clear(c, (Color){20, 22, 26, 255});
        canvas_round(c, (Rect){10, 10, 90, 40}, 7, red);
        canvas_frame(c, (Rect){10, 60, 90, 40}, 7, 1.5f, white);
        canvas_ribbon(c, 120, 20, 60, 250, 90, 110, (Color){0, 90, 200, 60});
        canvas_text(c, (TextStyle){.size = 14, .color = white, .angle = 55},
                    150, 150, "\u2423named");
    }
    ck_assert_mem_eq(canvas_pixels(a.c)->px, canvas_pixels(b.c)->px,
                     (size_t)W * H * 4);
    ck_assert_int_gt(ink_box(a.c).w, 0);
    bench_close(a);
    bench_close(b);
}
END_TEST

/* ---- flow ---------------------------------------------------------------- */

static int plain(Bench b, int w, const char *text) {
    TextStyle style = {.size = 20, .color = white};
    return paragraph_plain(b.c, 10, 10, w, style, 1.5f, text, false);
}

START_TEST(lines_break_at_blanks) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 20, .color = white};
    const char *text = "one two three";
    int w = canvas_text_width(b.c, style, text) + 4;
    ck_assert_int_eq(plain(b, w, text), 30);
    ck_assert_int_eq(plain(b, w / 2 + 10, text), 60);
    ck_assert_int_eq(plain(b, canvas_text_width(b.c, style, "three") + 2, text),
                     90);
    ck_assert_int_eq(plain(b, 200, ""), 0);
    ck_assert_int_eq(plain(b, 200, "a\nb"), 60);
    ck_assert_int_eq(plain(b, 200, "a\n"), 30);
    ck_assert_int_eq(plain(b, 200, "a\n\nb"), 90);
    bench_close(b);
}
END_TEST

/* Code: blanks at a line's start are kept, also before a word that is wider
 * than the column. */
START_TEST(indentation_stays) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 20, .color = white};
    paragraph_plain(b.c, 10, 10, 200, style, 1.5f, "H\n   H", true);
    int x[2] = {W, W};
    for (int line = 0; line < 2; line++)
        for (int y = 10 + 30 * line; y < 40 + 30 * line; y++)
            for (int i = 0; i < x[line]; i++)
                if (level(b.c, i, y)) x[line] = i;
    int blanks = canvas_text_width(b.c, style, "   H") -
                 canvas_text_width(b.c, style, "H");
    ck_assert_int_le(abs(x[1] - x[0] - blanks), 1);
    ck_assert_int_eq(
        plain(b, canvas_text_width(b.c, style, "  WW") + 1, "  WWWWW"), 90);
    bench_close(b);
}
END_TEST

START_TEST(text_stays_in_its_column) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 14, .color = white};
    const char *text =
        "Each token asks a question and every earlier token offers a key. "
        "Donaudampfschifffahrtsgesellschaftskapitaensmuetze "
        "\u732b\u732b\u732b\u732b\u732b\u732b\u732b\u732b\u732b\u732b\u732b";
    for (int w = 30; w <= 250; w += 20)
        for (int align = ALIGN_LEFT; align <= ALIGN_RIGHT; align++) {
            canvas_clear(b.c, black);
            style.align = (Align)align;
            int h = paragraph_plain(b.c, 20, 5, w, style, 1.4f, text, true);
            ck_assert_int_eq(
                h, paragraph_plain(b.c, 20, 5, w, style, 1.4f, text, false));
            Rect box = ink_box(b.c);
            ck_assert_int_ge(box.x, 19);
            ck_assert_int_le(box.x + box.w, 20 + w + 3);
            ck_assert_int_ge(box.y, 5);
            ck_assert_int_le(box.y + box.h, 5 + h + 3);
        }
    bench_close(b);
}
END_TEST

START_TEST(columns_too_narrow_still_end) {
    Bench b = bench_open(1);
    ck_assert_int_eq(plain(b, 1, "abc"), 90);
    ck_assert_int_eq(plain(b, 0, "\u732b\u732b"), 60);
    ck_assert_int_ge(plain(b, -5, "a b"), 60);
    char *longest = malloc(20001);
    memset(longest, 'x', 20000);
    longest[20000] = '\0';
    ck_assert_int_gt(plain(b, 200, longest), 20000 / 200 * 30);
    free(longest);
    bench_close(b);
}
END_TEST

/* A word of two spans, "bold" and ",", is not parted. */
START_TEST(spans_join_into_words) {
    Bench b = bench_open(1);
    TextStyle style = {.size = 20};
    TextSpan spans[3] = {
        {.text = "so ", .len = 3, .face = FACE_SANS, .color = white},
        {.text = "bold", .len = 4, .face = FACE_BOLD, .color = red},
        {.text = ",", .len = 1, .face = FACE_SANS, .color = white}};
    int w = canvas_text_width(b.c, style, "so ");
    style.face = FACE_BOLD;
    w += canvas_text_width(b.c, style, "bold");
    ck_assert_int_eq(
        paragraph_text(b.c, 0, 0, w + 20, 20, 1.5f, spans, 3, false), 30);
    ck_assert_int_eq(paragraph_text(b.c, 0, 0, w + 1, 20, 1.5f, spans, 3, true),
                     60);
    /* The first line is "so " alone: nothing red (blue stays 0) in it. */
    const Pixmap *p = canvas_pixels(b.c);
    for (int y = 0; y < 28; y++)
        for (int x = 0; x < W; x++) {
            uint32_t px = p->px[y * p->stride + x];
            ck_assert_uint_eq(px >> 16 & 0xFF, px & 0xFF);
        }
    bench_close(b);
}
END_TEST

/* The first of the lines that a text is broken into. */
static void first_line(Bench b, int w, const TextSpan *spans, int n, char *out,
                       size_t size) {
    int n_marks;
    canvas_begin(b.c);
    paragraph_text(b.c, 0, 0, w, 20, 1.5f, spans, n, true);
    const TextMark *m = canvas_texts(b.c, &n_marks);
    out[0] = '\0';
    for (int i = 0; i < n_marks && m[i].y == m[0].y; i++)
        strncat(out, m[i].text, size - strlen(out) - 1);
    for (size_t len = strlen(out); len > 0 && out[len - 1] == ' ';)
        out[--len] = '\0';
}

START_TEST(numbers_stay_with_what_they_count) {
    /* A column just wide enough for "fits"; what then is its line. */
    static const struct {
        const char *text, *fits, *line;
    } cases[] = {{"so it is 65 % here", "so it is 65", "so it is"},
                 {"so it is 65 % here", "so it is 65 %", "so it is 65 %"},
                 {"it has 787,584 numbers", "it has 787,584", "it has"},
                 {"a file of 3.15 MB", "a file of 3.15", "a file of"},
                 {"look at layer 3 now", "look at layer", "look at"},
                 {"look at head 2, then", "look at head", "look at"},
                 {"go to slide 4.", "go to slide", "go to"},
                 {"go on (layer 3)", "go on (layer", "go on"},
                 {"we see Fig. 3 here", "we see Fig.", "we see"},
                 {"only layer 3 head 2", "only layer 3 head", "only layer 3"},
                 {"some 3 of 12 heads", "some 3", "some"},
                 {"some 3 of 12 heads", "some 3 of 12", "some 3 of"},
                 {"now 5 x 3 = 15 is", "now 5 x 3 =", "now"},
                 {"by \u22480.28 bits of", "by \u22480.28", "by"},
                 {"was 0.28 bits, of", "was 0.28 bits,", "was 0.28 bits,"},
                 /* Where a sentence ends its number does, too. */
                 {"there are 3. All of it", "there are 3.", "there are 3."},
                 {"as 1, 2, 3, then", "as 1, 2, 3,", "as 1, 2, 3,"},
                 {"ids 1 2 3 4 5 6", "ids 1 2 3", "ids 1 2 3"},
                 {"of BPE2 and more", "of BPE2", "of BPE2"},
                 /* There is no other place. */
                 {"layer 3", "layer", "layer"},
                 {"65 %", "65", "65"},
                 {"three words here", "three words", "three words"}};
    Bench b = bench_open(1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[64];
        TextStyle style = {.size = 20};
        TextSpan span = {.text = cases[i].text,
                         .len = (int)strlen(cases[i].text),
                         .color = white};
        int w = canvas_text_width(b.c, style, cases[i].fits) + 1;
        first_line(b, w, &span, 1, line, sizeof line);
        ck_assert_msg(strcmp(line, cases[i].line) == 0, "%s | %s: %s",
                      cases[i].text, cases[i].fits, line);
    }
    bench_close(b);
}
END_TEST

/* "in layer **3**", where "**16**,000 *steps*" is one number, too. */
START_TEST(numbers_stay_across_spans) {
    Bench b = bench_open(1);
    char line[64];
    TextStyle style = {.size = 20};
    TextSpan layer[] = {
        {.text = "in layer ", .len = 9, .color = white},
        {.text = "3", .len = 1, .face = FACE_BOLD, .color = red}};
    int w = canvas_text_width(b.c, style, "in layer") + 1;
    first_line(b, w, layer, 2, line, sizeof line);
    ck_assert_str_eq(line, "in");
    TextSpan steps[] = {
        {.text = "in ", .len = 3, .color = white},
        {.text = "all ", .len = 4, .color = white},
        {.text = "16", .len = 2, .face = FACE_BOLD, .color = red},
        {.text = ",000", .len = 4, .color = white},
        {.text = " ", .len = 1, .color = white},
        {.text = " steps", .len = 6, .face = FACE_ITALIC, .color = white}};
    w = canvas_text_width(b.c, style, "in all 16,000  ") + 8;
    first_line(b, w, steps, 6, line, sizeof line);
    ck_assert_str_eq(line, "in all");
    bench_close(b);
}
END_TEST

START_TEST(addresses_break_behind_a_sign) {
    Bench b = bench_open(1);
    char line[64];
    TextStyle style = {.size = 20};
    TextSpan span = {.text = "https://a.org/some-models", .len = 25};
    int w = canvas_text_width(b.c, style, "https://a.org/some-mod") + 1;
    first_line(b, w, &span, 1, line, sizeof line);
    ck_assert_str_eq(line, "https://a.org/some-");
    span = (TextSpan){.text = "-abcdefghijklmnop", .len = 17};
    w = canvas_text_width(b.c, style, "-abcdefgh") + 1;
    first_line(b, w, &span, 1, line, sizeof line);
    ck_assert_str_eq(line, "-abcdefgh");
    bench_close(b);
}
END_TEST

START_TEST(code_has_a_ground) {
    Bench b = bench_open(1);
    TextSpan span = {.text = "i",
                     .len = 1,
                     .face = FACE_MONO,
                     .color = white,
                     .background = {0, 0, 200, 255}};
    paragraph_text(b.c, 50, 50, 200, 20, 1.5f, &span, 1, true);
    Rect box = ink_box(b.c);
    ck_assert_int_eq(box.x, 50);
    ck_assert_int_gt(box.w, 12);
    ck_assert_int_gt(box.h, 14);
    ck_assert_int_le(box.h, 30);
    bench_close(b);
}
END_TEST

/* Between its neighbours the ground takes its own place: none of their columns
 * has its blue, none of its columns their red. */
START_TEST(grounds_touch_no_neighbour) {
    Bench b = bench_open(1);
    TextSpan spans[3] = {
        {.text = "H", .len = 1, .face = FACE_BOLD, .color = red},
        {.text = "i",
         .len = 1,
         .face = FACE_MONO,
         .color = white,
         .background = {0, 0, 200, 255}},
        {.text = "H", .len = 1, .face = FACE_BOLD, .color = red}};
    paragraph_text(b.c, 20, 50, 200, 20, 1.5f, spans, 3, true);
    const Pixmap *p = canvas_pixels(b.c);
    int n_blue = 0;
    for (int x = 0; x < W; x++) {
        bool has_red = false, has_blue = false;
        for (int y = 0; y < p->h; y++) {
            uint32_t px = p->px[y * p->stride + x];
            has_red = has_red || ((px >> 16 & 255) > 60 && !(px & 255));
            has_blue = has_blue || (px & 255) > 60;
        }
        ck_assert(!(has_red && has_blue));
        n_blue += has_blue;
    }
    ck_assert_int_gt(n_blue, 12);
    bench_close(b);
}
END_TEST

TEST_MAIN("canvas", sizes_are_checked, units_become_whole_pixels, clips_nest,
          text_stands_where_it_is_put, text_follows_the_scale,
          a_row_centres_capitals, turned_text_ends_where_it_is_put,
          a_byte_is_not_cut, a_text_that_is_cut_is_marked,
          phrases_are_whole_or_left_out, fitted_text_ends_in_an_ellipsis,
          of_two_texts_the_first_that_fits_is_drawn, numbers_are_formatted,
          hatching_covers_half_and_goes_on, a_dot_is_a_circle,
          same_calls_give_same_pixels, lines_break_at_blanks, indentation_stays,
          text_stays_in_its_column, columns_too_narrow_still_end,
          spans_join_into_words, numbers_stay_with_what_they_count,
          numbers_stay_across_spans, addresses_break_behind_a_sign,
          code_has_a_ground, grounds_touch_no_neighbour)
