/* Windows of which a unit is more than a pixel: where a click lands, how dense
 * a display is, and that the picture is the same, drawn at more pixels. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/window/window_scale.h"

#include <math.h>
#include <string.h>

START_TEST(units_become_pixels) {
    const WindowScale twice = {
        .units_w = 1280, .units_h = 800, .pixels_w = 2560, .pixels_h = 1600};
    ck_assert_int_eq(window_scale_x(&twice, 0), 0);
    ck_assert_int_eq(window_scale_x(&twice, 640), 1280);
    ck_assert_int_eq(window_scale_y(&twice, 799), 1598);
    ck_assert_int_lt(window_scale_x(&twice, -1), 0); /* left the window */
    ck_assert_int_eq(window_scale_units_x(&twice, 1281), 640);
    ck_assert_int_eq(window_scale_units_y(&twice, 1599), 799);
    const WindowScale odd = {
        .units_w = 1001, .units_h = 667, .pixels_w = 1251, .pixels_h = 833};
    for (int x = 0; x < 1001; x++) {
        ck_assert_int_ge(window_scale_x(&odd, x), x);
        ck_assert_int_lt(window_scale_x(&odd, x), 1251);
    }
    const WindowScale same = {
        .units_w = 10, .units_h = 10, .pixels_w = 10, .pixels_h = 10};
    for (int x = -1; x < 10; x++)
        ck_assert_int_eq(window_scale_x(&same, x), x);
    ck_assert_int_eq(window_scale_x(&(WindowScale){0}, 7), 7);
}
END_TEST

START_TEST(density_is_that_of_the_desktop_or_the_display) {
    static const struct {
        WindowScale at;
        float density;
    } cases[] = {
        /* A desktop that scales says it. */
        {{1280, 800, 2560, 1600, 2560, 1600, 220, 220}, 2},
        {{1280, 800, 1920, 1200, 1920, 1200, 0, 0}, 1.5f},
        {{100, 100, 900, 900, 0, 0, 0, 0}, 4},
        {{1280, 800, 640, 400, 0, 0, 0, 0}, 1},
        /* One that does not: 13 inches of 2560 x 1600, an ordinary one, a
         * large television, one that says nothing. */
        {{2560, 1600, 2560, 1600, 2560, 1600, 227, 227}, 2},
        {{1920, 1080, 1920, 1080, 1920, 1080, 96, 96}, 1},
        {{1920, 1080, 1920, 1080, 1920, 1080, 40, 40}, 1},
        {{1920, 1080, 1920, 1080, 1920, 1080, 0, 0}, 1},
        /* A projector whose 160 x 90 mm are its shape. */
        {{1920, 1080, 1920, 1080, 1920, 1080, 305, 305}, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_float_eq_tol(window_scale_density(&cases[i].at),
                               cases[i].density, 1e-6f);
}
END_TEST

/* Where and how large each text of the frame is. */
static int texts_of(const AppRig *r, TextMark *out) {
    int n;
    const TextMark *marks = canvas_texts(r->canvas, &n);
    memcpy(out, marks, (size_t)n * sizeof *out);
    return n;
}

/* Whether a text is among them, twice as large and twice as far. */
static bool has_twice(const TextMark *marks, int n, const TextMark *m) {
    for (int i = 0; i < n; i++)
        if (strcmp(marks[i].text, m->text) == 0 &&
            fabsf(marks[i].size_px - 2 * m->size_px) <= 1.1f &&
            fabsf(marks[i].x - 2 * m->x) <= 64 &&
            fabsf(marks[i].y - 2 * m->y) <= 64)
            return true;
    return false;
}

/* The same texts at the same places, in a window of half the units. */
START_TEST(twice_the_pixels_are_the_same_picture) {
    static TextMark one[CANVAS_TEXTS_MAX], two[CANVAS_TEXTS_MAX];
    static const int sizes[][2] = {{1280, 800}, {800, 600}, {1920, 1080}};
    AppRig r;
    app_rig_open(&r, (AppOptions){.state = "slide=2"});
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        r.w = sizes[i][0];
        r.h = sizes[i][1];
        screen_set_density(r.screen, 1);
        app_rig_frame(&r);
        const float scale = canvas_scale(r.canvas);
        const int n = texts_of(&r, one);
        r.w *= 2;
        r.h *= 2;
        screen_set_density(r.screen, 2);
        app_rig_frame(&r);
        ck_assert_float_eq_tol(canvas_scale(r.canvas), 2 * scale, 1e-5f);
        /* More pixels round less: some labels move, find room or lose it. */
        const int m = texts_of(&r, two);
        ck_assert_int_le(abs(m - n), n / 20);
        int n_same = 0;
        for (int k = 0; k < n; k++)
            n_same += has_twice(two, m, &one[k]);
        ck_assert_int_ge(n_same, n - n / 8);
    }
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("window_scale", units_become_pixels,
          density_is_that_of_the_desktop_or_the_display,
          twice_the_pixels_are_the_same_picture)
