/* Pictures on slides: which files are read, from where, and that they show. */
#include "engine/base/file.h"
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/pictures.h"
#include "viz/paint/picture.h"
#include "viz/paint/png.h"

#include <SDL_image.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RED 0xFFFF0000u

/* A picture of one colour, or of squares of two. */
static void write_png(const char *dir, const char *name, int w, int h,
                      uint32_t a, uint32_t b) {
    Pixmap p = {malloc((size_t)w * h * 4), w, h, w};
    char path[FOLDER_PATH_MAX];
    uint8_t *png;
    size_t size;
    ck_assert_ptr_nonnull(p.px);
    for (int i = 0; i < w * h; i++)
        p.px[i] = (i % w / 4 + i / w / 4) % 2 ? b : a;
    ck_assert(png_encode(&p, (PngTexts){0}, &png, &size, NULL));
    folder_path(path, dir, name);
    ck_assert(file_save(path, png, size, NULL));
    free(png);
    free(p.px);
}

static void write_jpeg(const char *dir, const char *name) {
    char path[FOLDER_PATH_MAX];
    folder_path(path, dir, name);
    SDL_Surface *s =
        SDL_CreateRGBSurfaceWithFormat(0, 40, 24, 24, SDL_PIXELFORMAT_RGB24);
    ck_assert_ptr_nonnull(s);
    SDL_FillRect(s, NULL, SDL_MapRGB(s->format, 255, 0, 0));
    ck_assert_int_eq(IMG_SaveJPG(s, path, 100), 0);
    SDL_FreeSurface(s);
}

/* One red pixel, then a frame with a blue one. */
static const uint8_t gif[] = {
    'G', 'I', 'F', '8', '9', 'a',  1, 0, 1, 0,    0x80, 0, 0,   255, 0,
    0,   0,   0,   255, '!', 0xF9, 4, 0, 0, 0,    0,    0, ',', 0,   0,
    0,   0,   1,   0,   1,   0,    0, 2, 2, 0x44, 1,    0, ',', 0,   0,
    0,   0,   1,   0,   1,   0,    0, 2, 2, 0x4C, 1,    0, ';'};

static bool is_reddish(uint32_t px) {
    return (px >> 16 & 0xFF) > 240 && (px >> 8 & 0xFF) < 16 && (px & 0xFF) < 16;
}

START_TEST(png_jpeg_and_gif_are_read) {
    static const struct {
        const char *name;
        int w, h;
    } files[] = {{"a.png", 30, 20}, {"b.jpg", 40, 24}, {"c.gif", 1, 1}};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    write_png(dir, "a.png", 30, 20, RED, RED);
    write_jpeg(dir, "b.jpg");
    folder_write(dir, "c.gif", gif, sizeof gif);
    for (int i = 0; i < 3; i++) {
        Pixmap p;
        Err err = {0};
        folder_path(path, dir, files[i].name);
        ck_assert_msg(picture_open(&p, path, &err), "%s", err.msg);
        int w, h;
        ck_assert(picture_check(path, &w, &h, &err));
        ck_assert_int_eq(p.w, files[i].w);
        ck_assert_int_eq(p.h, files[i].h);
        ck_assert_msg(is_reddish(p.px[0]), "%s: %08x", files[i].name, p.px[0]);
        ck_assert_uint_eq(p.px[0] >> 24, 255);
        picture_close(&p);
    }
    folder_remove(dir);
}
END_TEST

START_TEST(large_pictures_are_made_smaller) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Pixmap p;
    folder_make(dir);
    write_png(dir, "a.png", 4 * PICTURE_SIDE_MAX, 8, 0xFF000000u, 0xFFFFFFFFu);
    folder_path(path, dir, "a.png");
    ck_assert(picture_open(&p, path, NULL));
    ck_assert_int_eq(p.w, PICTURE_SIDE_MAX);
    ck_assert_int_eq(p.h, 2);
    ck_assert_uint_eq(p.px[0] & 0xFF, 0); /* a square of 4 is one pixel */
    ck_assert_uint_eq(p.px[1] & 0xFF, 255);
    picture_close(&p);
    folder_remove(dir);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

static void refused(const char *dir, const char *name, const void *data,
                    size_t n, const char *why) {
    char path[FOLDER_PATH_MAX];
    Pixmap p;
    Err err = {0};
    folder_write(dir, name, data, n);
    folder_path(path, dir, name);
    ck_assert(!picture_open(&p, path, &err));
    ck_assert_ptr_null(p.px);
    ck_assert_msg(strstr(err.msg, why) && strstr(err.msg, name), "%s", err.msg);
}

START_TEST(sizes_are_bounded_before_pixels_are_made) {
    char dir[FOLDER_PATH_MAX];
    static const uint8_t png[] = "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\xEA\x60"
                                 "\0\0\xEA\x60\x08\x02\0\0\0";
    static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF, 0xE0, 0,  4,    0,
                                   0,    0xFF, 0xC2, 0,    11, 8,    255,
                                   255,  255,  255,  1,    1,  0x11, 0};
    uint8_t frame[sizeof gif];
    folder_make(dir);
    memcpy(frame, gif, sizeof gif);
    frame[32] = frame[33] = frame[34] = frame[35] = 255; /* not the screen */
    refused(dir, "a.png", png, sizeof png - 1, "60000 x 60000");
    refused(dir, "b.jpg", jpeg, sizeof jpeg, "65535 x 65535");
    refused(dir, "c.gif", frame, sizeof frame, "65535 x 65535");
    refused(dir, "d.png", "plain text, no picture at all", 29, "no picture");
    folder_remove(dir);
}
END_TEST

START_TEST(damaged_pictures_end_in_a_message) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    static const char *const names[] = {"a.png", "b.jpg", "c.gif"};
    folder_make(dir);
    write_png(dir, "a.png", 30, 20, RED, 0xFF00FF00u);
    write_jpeg(dir, "b.jpg");
    folder_write(dir, "c.gif", gif, sizeof gif);
    for (int i = 0; i < 3; i++) {
        File f;
        folder_path(path, dir, names[i]);
        ck_assert(file_open(&f, path, FILE_SIZE_MAX, NULL));
        for (size_t n = 1; n < f.size; n += 1 + n / 16) {
            Pixmap p;
            Err err = {0};
            folder_write(dir, "cut", f.data, n);
            folder_path(path, dir, "cut");
            if (!picture_open(&p, path, &err))
                ck_assert_int_ne(err.code, ERR_NONE);
            picture_close(&p);
        }
        file_close(&f);
    }
    folder_remove(dir);
}
END_TEST

START_TEST(pictures_come_from_the_decks_folder_alone) {
    static const struct {
        const char *name, *why; /* NULL: it is found */
    } names[] = {
        {"a.png", NULL},
        {"./a.png", NULL},
        {"%61.png", NULL},
        {"inside.png", NULL},
        {"..a.png", "no such file"},
        {"b.png", "no such file"},
        {"../a.png", "leads out"},
        {"x/../a.png", "leads out"},
        {"%2e%2e/a.png", "leads out"},
        {"..", "leads out"},
        {"/etc/passwd", "leads out"},
        {"outside.png", "leads out"},
        {"https://example.org/a.png", "not fetched"},
        {"data:image/png;base64,AAAA", "not fetched"},
        {"//example.org/a.png", "not fetched"},
    };
    char dir[FOLDER_PATH_MAX], deck[FOLDER_PATH_MAX], link[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_path(deck, dir, "deck.md");
    write_png(dir, "a.png", 8, 8, RED, RED);
    folder_path(link, dir, "inside.png");
    ck_assert_int_eq(symlink("a.png", link), 0);
    folder_path(link, dir, "outside.png");
    ck_assert_int_eq(symlink("/etc/hostname", link), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PICTURES_PATH_MAX];
        Err err = {0};
        bool ok = pictures_path(deck, names[i].name, path, &err);
        ck_assert_msg(ok == !names[i].why, "%s: %s", names[i].name, err.msg);
        if (!ok)
            ck_assert_msg(strstr(err.msg, names[i].why) != NULL, "%s", err.msg);
    }
    folder_remove(dir);
}
END_TEST

/* ---- on the slide -------------------------------------------------------- */

static void open_deck(AppRig *r, const char *text) {
    char path[FOLDER_PATH_MAX];
    folder_write(r->dir, "deck.md", text, strlen(text));
    folder_path(path, r->dir, "deck.md");
    app_drop(r->app, path);
    app_rig_frame(r);
}

static void set(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s", err.msg);
    app_rig_frame(r);
}

static int count_shown(const AppRig *r, const char *words) {
    int n, found = 0;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        found += strstr(mark[i].text, words) != NULL;
    return found;
}

/* A box for web content is one line beside a view, and once more is said below
 * it; its address stands there once. */
START_TEST(a_box_makes_room_for_what_counts) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    open_deck(&r, "---\nmodel: tiny\n---\n# A\n\n<iframe "
                  "src=\"https://example.org/x\"></iframe>\n\n"
                  "[seen](https://example.org/x)\n\n"
                  "<!-- .stage: stage=none -->\n\nmore\n");
    ck_assert_int_eq(count_shown(&r, "not fetched"), 1);
    ck_assert_int_eq(count_shown(&r, "https://example.org/x"), 1);
    set(&r, "beat=1");
    ck_assert_int_eq(count_shown(&r, "not fetched"), 0);
    ck_assert_int_eq(count_shown(&r, "example.org/x"), 2);
    set(&r, "beat=0 panel=both");
    ck_assert_int_eq(count_shown(&r, "not fetched"), 0);
    app_rig_close(&r);
}
END_TEST

static int count_red(const AppRig *r) {
    const Pixmap *p = canvas_pixels(r->canvas);
    int n = 0;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < 300; x++)
            n += p->px[(size_t)y * p->stride + x] == RED;
    return n;
}

START_TEST(a_picture_is_drawn_on_its_slide) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    write_png(r.dir, "a.png", 100, 50, RED, RED);
    open_deck(&r, "![x](a.png)\n\n---\n\n![x](b.png)\n\n---\n\n"
                  "<div class=\"pdf\"><!-- { \"pdf\": \"a.pdf\" } --></div>\n");
    float scale = canvas_scale(r.canvas);
    int want = (int)(100 * scale) * (int)(50 * scale);
    /* Alone in the window a slide is twice as large, or a little more. */
    ck_assert_int_ge(count_red(&r), 4 * want);
    ck_assert_int_le(count_red(&r), 5 * want);
    screen_key(r.screen, "1"); /* the model beside it */
    app_rig_frame(&r);
    ck_assert_int_ge(count_red(&r), want);
    ck_assert_int_lt(count_red(&r), 4 * want);
    screen_key(r.screen, "PageDown");
    app_rig_frame(&r);
    ck_assert_int_eq(count_red(&r), 0);
    screen_key(r.screen, "PageDown"); /* a document's first page */
    app_rig_frame(&r);
    ck_assert_int_ge(count_red(&r), want - 200);
    app_rig_close(&r);
}
END_TEST

START_TEST(a_picture_is_drawn_in_the_notes) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    write_png(r.dir, "a.png", 100, 50, RED, RED);
    open_deck(&r, "words\n\nNotes:\n\n![x](a.png)\n\n![y](b.png)\n");
    ck_assert_int_eq(count_red(&r), 0);
    screen_key(r.screen, "N");
    app_rig_frame(&r);
    ck_assert_int_ge(count_red(&r), 1000);
    ck_assert_int_eq(count_shown(&r, "picture is missing"), 1);
    app_rig_close(&r);
}
END_TEST

/* Where the red is, anywhere in the window. */
static Rect red_rect(const AppRig *r) {
    const Pixmap *p = canvas_pixels(r->canvas);
    int x0 = p->w, y0 = p->h, x1 = -1, y1 = -1;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++) {
            if (p->px[(size_t)y * p->stride + x] != RED) continue;
            x0 = x < x0 ? x : x0;
            x1 = x > x1 ? x : x1;
            y0 = y < y0 ? y : y0;
            y1 = y > y1 ? y : y1;
        }
    return (Rect){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

/* Alone on its slide, in any window: half the page is twice a quarter, and all
 * of it is not left; the shape stays. */
START_TEST(pictures_are_as_large_as_the_deck_says) {
    static const char *const sizes[] = {"w:240",  "w:480", "w:50%",
                                        "w:9000", "h:60",  "h:120"};
    static const int windows[][2] = {{640, 480}, {1366, 768}, {3840, 2160}};
    for (int window = 0; window < 3; window++) {
        AppRig r;
        Rect red[6];
        char text[400] = "";
        app_rig_open(&r,
                     (AppOptions){.no_deck = true, .prompt = "the cat sat"});
        write_png(r.dir, "a.png", 100, 25, RED, RED);
        for (int i = 0; i < 6; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text),
                     "%s![%s](a.png)\n", i ? "\n---\n\n" : "", sizes[i]);
        r.w = windows[window][0];
        r.h = windows[window][1];
        open_deck(&r, text);
        for (int i = 0; i < 6; i++) {
            red[i] = red_rect(&r);
            ck_assert_msg(abs(red[i].w - 4 * red[i].h) <= 4, "%s: %d x %d",
                          sizes[i], red[i].w, red[i].h);
            screen_key(r.screen, "PageDown");
            app_rig_frame(&r);
        }
        ck_assert_int_le(abs(red[1].w - 2 * red[0].w), 2);
        ck_assert_int_eq(red[2].w, red[1].w);
        ck_assert_int_le(abs(red[3].w - 2 * red[1].w), 2);
        ck_assert_int_le(abs(red[5].h - 2 * red[4].h), 2);
        ck_assert_int_le(red[3].x + red[3].w, canvas_pixels(r.canvas)->w);
        app_rig_close(&r);
    }
}
END_TEST

static Color color_at(const Pixmap *p, int x, int y) {
    uint32_t px = p->px[(size_t)y * p->stride + x];
    return (Color){(uint8_t)(px >> 16), (uint8_t)(px >> 8), (uint8_t)px, 255};
}

START_TEST(text_on_a_picture_can_be_read) {
    for (int dark = 0; dark < 2; dark++) {
        AppRig r;
        const Theme *t = theme_find(dark ? "dark" : "light");
        bool shows = false;
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .prompt = "the cat sat",
                                      .theme = t->name});
        write_png(r.dir, "a.png", 64, 64, 0xFF000000u, 0xFFFFFFFFu);
        open_deck(&r, "<!-- .slide: data-background-image=\"a.png\" -->\n");
        const Pixmap *p = canvas_pixels(r.canvas);
        for (int y = 200; y < 600; y++) /* nothing else stands there */
            for (int x = 20; x < 280; x++) {
                Color c = color_at(p, x, y);
                ck_assert_float_ge(theme_contrast(t->text, c), 7);
                shows |= c.r != t->panel.r;
            }
        ck_assert(shows);
        app_rig_close(&r);
    }
}
END_TEST

TEST_MAIN("picture", a_box_makes_room_for_what_counts,
          png_jpeg_and_gif_are_read, large_pictures_are_made_smaller,
          pictures_are_as_large_as_the_deck_says,
          sizes_are_bounded_before_pixels_are_made,
          damaged_pictures_end_in_a_message,
          pictures_come_from_the_decks_folder_alone,
          a_picture_is_drawn_on_its_slide, a_picture_is_drawn_in_the_notes,
          text_on_a_picture_can_be_read)
