#include "tests/support/test.h"

#include "engine/base/file.h"
#include "viz/paint/png.h"

#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { W = 21, H = 13 };

static const char state[] =
    "view=attention layer=2 prompt=\"Das M\u00e4dchen \u732b\"";

static void draw(uint32_t px[W * H]) {
    for (int i = 0; i < W * H; i++)
        px[i] = 0xFF000000u | (uint32_t)(i * 0x010307);
}

static uint8_t *encode(const char *text, const char *model, size_t *size) {
    uint32_t px[W * H];
    draw(px);
    Pixmap p = {px, W, H, W};
    uint8_t *out = NULL;
    Err err = {0};
    ck_assert_msg(png_encode(&p, (PngTexts){text, model, "Sans of a test"},
                             &out, size, &err),
                  "%s", err.msg);
    return out;
}

/* A file in the build's temporary folder, by process. */
static const char *temp_path(char path[64]) {
    snprintf(path, 64, "/tmp/llantern-test-png-%d.png", (int)getpid());
    return path;
}

/* Writes bytes to a file and reads the state back. */
static char *read_back(const uint8_t *bytes, size_t size, Err *err) {
    char path[64];
    FILE *f = fopen(temp_path(path), "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, size, f), size);
    fclose(f);
    char *found = png_read_state(path, err);
    remove(path);
    return found;
}

static void check_refused(const uint8_t *bytes, size_t size) {
    Err err = {0};
    char *found = read_back(bytes, size, &err);
    ck_assert_ptr_null(found);
    ck_assert_int_ne(err.code, ERR_NONE);
    ck_assert(strlen(err.msg) > 0);
}

START_TEST(libpng_reads_the_same_pixels) {
    size_t size;
    uint8_t *bytes = encode(state, "stories260K", &size);
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert(png_image_begin_read_from_memory(&image, bytes, size));
    ck_assert_uint_eq(image.width, W);
    ck_assert_uint_eq(image.height, H);
    ck_assert_uint_eq(image.format, PNG_FORMAT_RGB);
    uint8_t rgb[W * H * 3];
    ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    uint32_t px[W * H];
    draw(px);
    for (int i = 0; i < W * H; i++) {
        ck_assert_uint_eq(rgb[3 * i], px[i] >> 16 & 0xFF);
        ck_assert_uint_eq(rgb[3 * i + 1], px[i] >> 8 & 0xFF);
        ck_assert_uint_eq(rgb[3 * i + 2], px[i] & 0xFF);
    }
    free(bytes);
}
END_TEST

/* Larger than what is packed at a time; the pixels of no two rows are alike. */
START_TEST(large_pictures_are_whole) {
    enum { WIDE = 700, HIGH = 301 };
    uint32_t *px = malloc(sizeof *px * WIDE * HIGH);
    uint8_t *rgb = malloc((size_t)3 * WIDE * HIGH), *bytes = NULL;
    for (uint32_t i = 0; i < WIDE * HIGH; i++)
        px[i] = i * 2654435761u >> 8;
    const Pixmap p = {px, WIDE, HIGH, WIDE};
    size_t size;
    ck_assert(png_encode(&p, (PngTexts){0}, &bytes, &size, NULL));
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert(png_image_begin_read_from_memory(&image, bytes, size));
    ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    for (int i = 0; i < WIDE * HIGH; i++)
        ck_assert_uint_eq((uint32_t)rgb[3 * i] << 16 | rgb[3 * i + 1] << 8 |
                              rgb[3 * i + 2],
                          px[i]);
    ck_assert_uint_eq(image.warning_or_error, 0);
    free(bytes);
    free(rgb);
    free(px);
}
END_TEST

START_TEST(rows_follow_the_stride) {
    uint32_t px[2 * 5] = {0xFF112233u, 0xFF112233u, 0, 0, 0,
                          0xFF112233u, 0xFF112233u, 0, 0, 0};
    Pixmap p = {px, 2, 2, 5};
    uint8_t *bytes;
    size_t size;
    ck_assert(png_encode(&p, (PngTexts){0}, &bytes, &size, NULL));
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert(png_image_begin_read_from_memory(&image, bytes, size));
    uint8_t rgb[12];
    ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    ck_assert_mem_eq(rgb, "\x11\x22\x33\x11\x22\x33\x11\x22\x33\x11\x22\x33",
                     12);
    free(bytes);
}
END_TEST

START_TEST(the_state_comes_back) {
    size_t size;
    uint8_t *bytes = encode(state, "stories260K", &size);
    Err err = {0};
    char *found = read_back(bytes, size, &err);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found, state);
    free(found);
    free(bytes);
    bytes = encode("", NULL, &size);
    found = read_back(bytes, size, &err);
    ck_assert_str_eq(found, "");
    free(found);
    free(bytes);
}
END_TEST

static bool contains(const uint8_t *bytes, size_t size, const char *text) {
    const size_t n = strlen(text);
    for (size_t i = 0; i + n <= size; i++)
        if (memcmp(bytes + i, text, n) == 0) return true;
    return false;
}

START_TEST(the_model_and_the_font_are_named) {
    size_t size;
    uint8_t *bytes = encode(state, "stories260K", &size);
    ck_assert(contains(bytes, size, "stories260K"));
    ck_assert(contains(bytes, size, "llantern font"));
    ck_assert(contains(bytes, size, "Sans of a test"));
    free(bytes);
}
END_TEST

START_TEST(a_long_state_comes_back) {
    enum { LONG = 70000 };
    char *text = malloc(LONG + 1);
    for (int i = 0; i < LONG; i++)
        text[i] = (char)('a' + i % 26);
    text[LONG] = '\0';
    size_t size;
    uint8_t *bytes = encode(text, NULL, &size);
    char *found = read_back(bytes, size, NULL);
    ck_assert_str_eq(found, text);
    free(found);
    free(bytes);
    free(text);
}
END_TEST

START_TEST(same_picture_same_bytes) {
    size_t a_size, b_size, c_size;
    uint8_t *a = encode(state, "m", &a_size), *b = encode(state, "m", &b_size);
    uint8_t *c = encode(NULL, "m", &c_size);
    ck_assert_uint_eq(a_size, b_size);
    ck_assert_mem_eq(a, b, a_size);
    ck_assert_uint_lt(c_size, a_size);
    free(a);
    free(b);
    free(c);
}
END_TEST

START_TEST(a_picture_of_others_is_told_apart) {
    size_t size;
    uint8_t *bytes = encode(NULL, "m", &size);
    Err err = {0};
    ck_assert_ptr_null(read_back(bytes, size, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "llantern state"));
    free(bytes);
}
END_TEST

START_TEST(every_truncation_is_refused) {
    size_t size;
    uint8_t *bytes = encode(state, "m", &size);
    for (size_t n = 0; n < size; n++)
        check_refused(bytes, n);
    free(bytes);
}
END_TEST

/* Each byte up to the picture data, changed: refused, or the same state. */
START_TEST(flipped_bytes_never_give_another_state) {
    size_t size;
    uint8_t *bytes = encode(state, "m", &size);
    size_t texts_end = 0;
    while (memcmp(bytes + texts_end, "IDAT", 4) != 0)
        texts_end++;
    static const uint8_t flips[] = {0x01, 0x20, 0x80, 0xFF};
    for (size_t i = 0; i < texts_end; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            bytes[i] ^= flips[k];
            Err err = {0};
            char *found = read_back(bytes, size, &err);
            if (found)
                ck_assert_str_eq(found, state);
            else
                ck_assert(strlen(err.msg) > 0);
            free(found);
            bytes[i] ^= flips[k];
        }
    free(bytes);
}
END_TEST

/* A PNG built by hand. */
typedef struct Made {
    uint8_t bytes[4096];
    size_t size;
} Made;

static void put_u32(uint8_t *at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* CRC-32 of PNG, bit by bit. */
static uint32_t checksum(const uint8_t *p, size_t n) {
    uint32_t c = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xEDB88320u : c >> 1;
    }
    return ~c;
}

static void made_chunk(Made *m, const char *type, const void *data, size_t n) {
    uint8_t *at = m->bytes + m->size;
    put_u32(at, (uint32_t)n);
    memcpy(at + 4, type, 4);
    if (n) memcpy(at + 8, data, n);
    put_u32(at + 8 + n, checksum(at + 4, n + 4));
    m->size += n + 12;
}

static void made_start(Made *m, uint32_t w, uint32_t h) {
    memcpy(m->bytes, "\x89PNG\r\n\x1a\n", 8);
    m->size = 8;
    uint8_t header[13] = {[8] = 8, [9] = 2};
    put_u32(header, w);
    put_u32(header + 4, h);
    made_chunk(m, "IHDR", header, sizeof header);
}

static void made_end(Made *m) {
    made_chunk(m, "IDAT", "", 0);
    made_chunk(m, "IEND", "", 0);
}

START_TEST(hand_made_texts) {
    static const char good[] = PNG_STATE_KEYWORD "\0\0\0\0\0view=model";
    static const char latin[] = PNG_STATE_KEYWORD "\0\0\0\0\0view=\xe4";
    Made m;
    made_start(&m, 1, 1);
    made_chunk(&m, "iTXt", good, sizeof good - 1);
    made_end(&m);
    char *found = read_back(m.bytes, m.size, NULL);
    ck_assert_str_eq(found, "view=model");
    free(found);

    made_start(&m, 1, 1); /* bytes that are not UTF-8 */
    made_chunk(&m, "iTXt", latin, sizeof latin - 1);
    made_end(&m);
    check_refused(m.bytes, m.size);

    made_start(&m, 1, 1); /* claims compression, has none */
    made_chunk(&m, "iTXt", PNG_STATE_KEYWORD "\0\1\0\0\0not deflate", 28);
    made_end(&m);
    check_refused(m.bytes, m.size);

    made_start(&m, 1, 1); /* a chunk longer than the file */
    made_end(&m);
    put_u32(m.bytes + 33, 0x7FFFFFFF);
    check_refused(m.bytes, m.size);
}
END_TEST

/* Not packed, so that its length is all that there is to know it by. */
START_TEST(a_long_text_is_refused) {
    enum { LONG = PNG_TEXT_MAX + 1 };
    char *text = malloc(LONG);
    memset(text, 'a', LONG);
    memcpy(text, PNG_STATE_KEYWORD "\0\0\0\0", sizeof PNG_STATE_KEYWORD + 4);
    Made start, end = {.size = 0};
    made_start(&start, 1, 1);
    made_end(&end);
    const size_t size = start.size + LONG + 12 + end.size;
    uint8_t *bytes = malloc(size), *at = bytes + start.size;
    memcpy(bytes, start.bytes, start.size);
    put_u32(at, LONG);
    memcpy(at + 4, "iTXt", 4);
    memcpy(at + 8, text, LONG);
    put_u32(at + 8 + LONG, checksum(at + 4, LONG + 4));
    memcpy(at + 12 + LONG, end.bytes, end.size);
    Err err = {0};
    ck_assert_ptr_null(read_back(bytes, size, &err));
    ck_assert_ptr_nonnull(
        strstr(err.msg, "text: found 1048577 bytes, allowed 1048576"));
    free(text);
    free(bytes);
}
END_TEST

START_TEST(huge_and_empty_dimensions_are_refused) {
    static const uint32_t sides[] = {0, 0x7FFFFFFF, 0x80000000u, 0xFFFFFFFFu};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        Made m;
        made_start(&m, sides[i], 1);
        made_end(&m);
        check_refused(m.bytes, m.size);
        made_start(&m, 1, sides[i]);
        made_end(&m);
        check_refused(m.bytes, m.size);
    }
}
END_TEST

/* 4 MiB of one letter under our keyword, packed into a few KiB. */
START_TEST(a_packed_bomb_is_refused) {
    enum { BOMB = 4 << 20 };
    char *letters = malloc(BOMB + 1);
    memset(letters, 'a', BOMB);
    letters[BOMB] = '\0';
    png_struct *png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_info *info = png_create_info_struct(png);
    char path[64];
    FILE *f = fopen(temp_path(path), "wb");
    ck_assert_ptr_nonnull(f);
    png_init_io(png, f);
    png_set_IHDR(png, info, 1, 1, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    char keyword[] = PNG_STATE_KEYWORD;
    png_text t = {.compression = PNG_ITXT_COMPRESSION_zTXt,
                  .key = keyword,
                  .text = letters};
    png_set_text(png, info, &t, 1);
    png_write_info(png, info);
    uint8_t pixel[3] = {0};
    png_write_row(png, pixel);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    ck_assert_int_lt(ftell(f), 1 << 20);
    fclose(f);
    free(letters);
    Err err = {0};
    ck_assert_ptr_null(png_read_state(path, &err));
    ck_assert(strlen(err.msg) > 0);
    remove(path);
}
END_TEST

START_TEST(no_file_and_no_png_are_refused) {
    Err err = {0};
    ck_assert_ptr_null(png_read_state("/nonexistent/x.png", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/x.png"));
    check_refused((const uint8_t *)"<!DOCTYPE html><html></html>", 28);
}
END_TEST

TEST_MAIN("png", libpng_reads_the_same_pixels, large_pictures_are_whole,
          rows_follow_the_stride, the_state_comes_back, a_long_state_comes_back,
          the_model_and_the_font_are_named, same_picture_same_bytes,
          a_picture_of_others_is_told_apart, every_truncation_is_refused,
          flipped_bytes_never_give_another_state, hand_made_texts,
          huge_and_empty_dimensions_are_refused, a_packed_bomb_is_refused,
          a_long_text_is_refused, no_file_and_no_png_are_refused)
