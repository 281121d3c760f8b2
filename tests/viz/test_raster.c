#include "tests/support/test.h"

#include "viz/paint/raster.h"

#include <math.h>
#include <string.h>

enum { W = 40, H = 30 };

static const Color white = {255, 255, 255, 255};
static const Color black = {0, 0, 0, 255};

/* A black picture with a frame around it that nothing may touch. */
typedef struct Sheet {
    uint32_t px[(H + 2) * (W + 2)];
    Pixmap p;
} Sheet;

#define GUARD 0x12345678u

static void sheet_init(Sheet *s) {
    for (size_t i = 0; i < sizeof s->px / sizeof *s->px; i++)
        s->px[i] = GUARD;
    s->p = (Pixmap){s->px + W + 3, W, H, W + 2};
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            s->p.px[y * s->p.stride + x] = 0xFF000000u;
}

static const Rect all = {0, 0, W, H};

static int red(const Sheet *s, int x, int y) {
    return s->p.px[y * s->p.stride + x] >> 16 & 0xFF;
}

/* The area that white shapes cover, in pixels. */
static double area(const Sheet *s) {
    double sum = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            sum += red(s, x, y) / 255.0;
    return sum;
}

/* Nothing but what is within `clip` was touched. */
static void check_outside(const Sheet *s, Rect clip) {
    for (int y = -1; y <= H; y++)
        for (int x = -1; x <= W; x++) {
            uint32_t px = s->px[(y + 1) * (W + 2) + x + 1];
            if (!rect_contains(all, x, y))
                ck_assert_uint_eq(px, GUARD);
            else if (!rect_contains(clip, x, y))
                ck_assert_uint_eq(px, 0xFF000000u);
        }
}

START_TEST(rects_intersect_without_overflow) {
    Rect r = rect_intersect((Rect){-5, 0, 2147483647, 10}, (Rect){3, 4, 5, 6});
    ck_assert(r.x == 3 && r.y == 4 && r.w == 5 && r.h == 6);
    r = rect_intersect((Rect){0, 0, 4, 4}, (Rect){4, 0, 4, 4});
    ck_assert_int_eq(r.w, 0);
    r = rect_intersect((Rect){0, 0, -3, 4}, all);
    ck_assert_int_eq(r.w, 0);
    ck_assert(!rect_contains((Rect){0, 0, 4, 4}, 4, 0));
    ck_assert(rect_contains((Rect){0, 0, 4, 4}, 3, 3));
    ck_assert_int_eq(rect_inset((Rect){0, 0, 4, 4}, 3, 1).w, 0);
    ck_assert_int_eq(rect_inset((Rect){0, 0, 4, 4}, 3, 1).h, 2);
}
END_TEST

START_TEST(colors_mix_and_fade) {
    Color half = color_mix(black, white, 0.5f);
    ck_assert_int_eq(half.r, 128);
    ck_assert_int_eq(color_mix(black, white, 2).r, 255);
    ck_assert_int_eq(color_mix(black, white, -1).r, 0);
    ck_assert_int_eq(color_alpha(white, 0.5f).a, 128);
    ck_assert_int_eq(color_alpha((Color){1, 2, 3, 100}, 0.5f).a, 50);
}
END_TEST

/* Every alpha over every level is the nearest integer to the exact mix. */
START_TEST(blending_is_rounded_right) {
    uint32_t px[256];
    Pixmap p = {px, 256, 1, 256};
    for (int a = 0; a < 256; a++) {
        for (int v = 0; v < 256; v++)
            px[v] = 0xFF000000u | (uint32_t)v * 0x010101u;
        raster_fill(&p, (Rect){0, 0, 256, 1}, (Rect){0, 0, 256, 1},
                    (Color){200, 100, 7, (uint8_t)a});
        for (int v = 0; v < 256; v++) {
            const int from[3] = {200, 100, 7};
            ck_assert_uint_eq(px[v] >> 24, 255);
            for (int k = 0; k < 3; k++) {
                double exact = (from[k] * a + v * (255 - a)) / 255.0;
                int found = px[v] >> (16 - 8 * k) & 0xFF;
                ck_assert(fabs(found - exact) <= 0.5001);
            }
        }
    }
}
END_TEST

START_TEST(fill_is_clipped) {
    Sheet s;
    sheet_init(&s);
    Rect clip = {3, 4, 10, 5};
    raster_fill(&s.p, clip, (Rect){-100, -100, 1000, 1000}, white);
    check_outside(&s, clip);
    ck_assert_double_eq(area(&s), 50);
}
END_TEST

START_TEST(half_covered_pixel_has_half_alpha) {
    Sheet s;
    sheet_init(&s);
    const Point left_half[] = {{5, 5}, {5.5f, 5}, {5.5f, 6}, {5, 6}};
    raster_poly(&s.p, all, left_half, 4, white);
    const Point triangle[] = {{10, 10}, {11, 10}, {10, 11}};
    raster_poly(&s.p, all, triangle, 3, white);
    const Point low_quarter[] = {{20, 8.75f}, {20, 9}, {21, 9}, {21, 8.75f}};
    raster_poly(&s.p, all, low_quarter, 4, white);
    ck_assert_int_eq(red(&s, 5, 5), 128);
    ck_assert_int_eq(red(&s, 10, 10), 128);
    ck_assert_int_eq(red(&s, 20, 8), 64);
    ck_assert(fabs(area(&s) - 1.25) < 0.01);
}
END_TEST

/* Pixel by pixel against 64 x 64 samples of the same triangle. */
START_TEST(coverage_is_the_area) {
    Sheet s;
    sheet_init(&s);
    const Point t[] = {{2.3f, 1.7f}, {37.9f, 8.4f}, {11.2f, 27.6f}};
    raster_poly(&s.p, all, t, 3, white);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            int inside = 0;
            for (int k = 0; k < 64 * 64; k++) {
                double px = x + (k % 64 + 0.5) / 64,
                       py = y + (k / 64 + 0.5) / 64;
                bool in = true;
                for (int i = 0; i < 3; i++) {
                    Point a = t[i], b = t[(i + 1) % 3];
                    in &= (b.x - a.x) * (py - a.y) >= (b.y - a.y) * (px - a.x);
                }
                inside += in;
            }
            ck_assert(fabs(red(&s, x, y) - inside * 255.0 / 4096) < 3);
        }
}
END_TEST

START_TEST(neighbours_leave_no_seam) {
    Sheet s;
    sheet_init(&s);
    const Point a[] = {{5, 5}, {17.3f, 5}, {12.8f, 20}, {5, 20}};
    const Point b[] = {{17.3f, 5}, {30, 5}, {30, 20}, {12.8f, 20}};
    raster_poly(&s.p, all, a, 4, white);
    double left = area(&s);
    sheet_init(&s);
    raster_poly(&s.p, all, b, 4, white);
    ck_assert(fabs(left + area(&s) - 25 * 15) < 0.1);
}
END_TEST

/* Both ways round, self-overlap and a figure of eight: all of it is filled. */
START_TEST(winding_does_not_matter) {
    Sheet s;
    const Point clockwise[] = {{5, 5}, {15, 5}, {15, 15}, {5, 15}};
    const Point counter[] = {{5, 15}, {15, 15}, {15, 5}, {5, 5}};
    const Point twice[] = {{5, 5}, {15, 5}, {15, 15}, {5, 15},
                           {5, 5}, {15, 5}, {15, 15}, {5, 15}};
    const struct {
        const Point *pts;
        int n;
    } shapes[] = {{clockwise, 4}, {counter, 4}, {twice, 8}};
    for (int i = 0; i < 3; i++) {
        sheet_init(&s);
        raster_poly(&s.p, all, shapes[i].pts, shapes[i].n, white);
        ck_assert_double_eq(area(&s), 100);
    }
    const Point eight[] = {{5, 5}, {25, 15}, {25, 5}, {5, 15}};
    sheet_init(&s);
    raster_poly(&s.p, all, eight, 4, white);
    ck_assert(fabs(area(&s) - 100) < 0.5);
}
END_TEST

/* Shapes far outside on every side, cut at every border. */
START_TEST(far_shapes_are_cut_exactly) {
    static const float far[] = {50, 1e4f, 1e7f};
    Rect clip = {7, 6, 20, 15};
    for (int i = 0; i < 3; i++) {
        Sheet s;
        float f = far[i];
        sheet_init(&s);
        const Point square[] = {{-f, -f}, {f, -f}, {f, f}, {-f, f}};
        raster_poly(&s.p, clip, square, 4, white);
        check_outside(&s, clip);
        ck_assert_double_eq(area(&s), 20 * 15);

        sheet_init(&s); /* everything right of x = 17 */
        const Point right[] = {{17, -f}, {f, -f}, {f, f}, {17, f}};
        raster_poly(&s.p, clip, right, 4, white);
        ck_assert_double_eq(area(&s), 10 * 15);

        sheet_init(&s); /* everything above y = 10.5 */
        const Point top[] = {{-f, -f}, {f, -f}, {f, 10.5f}, {-f, 10.5f}};
        raster_poly(&s.p, clip, top, 4, white);
        ck_assert(fabs(area(&s) - 20 * 4.5) < 0.1);

        sheet_init(&s); /* next to it, on each side: nothing */
        const Point beside[] = {{-f, 0}, {7, 0}, {7, 30}, {-f, 30}};
        raster_poly(&s.p, clip, beside, 4, white);
        const Point below[] = {{0, 21}, {40, 21}, {40, f}, {0, f}};
        raster_poly(&s.p, clip, below, 4, white);
        ck_assert_double_eq(area(&s), 0);
    }
}
END_TEST

START_TEST(a_far_diagonal_keeps_its_place) {
    Sheet s;
    sheet_init(&s);
    /* Below y = x, of which the picture has H * H / 2 + H * (W - H). */
    const Point half[] = {{-5000, -5000}, {5000, 5000}, {5000, -5000}};
    raster_poly(&s.p, all, half, 3, white);
    ck_assert(fabs(area(&s) - (H * H / 2.0 + H * (W - H))) < 0.2);
    ck_assert_int_eq(red(&s, 12, 12), 128);
}
END_TEST

START_TEST(senseless_shapes_draw_nothing) {
    Sheet s;
    sheet_init(&s);
    const Point bad[] = {{NAN, 0}, {10, 0}, {10, 10}};
    const Point infinite[] = {{0, 0}, {INFINITY, 0}, {10, 10}};
    const Point flat[] = {{0, 5}, {30, 5}, {10, 5}};
    raster_poly(&s.p, all, bad, 3, white);
    raster_poly(&s.p, all, infinite, 3, white);
    raster_poly(&s.p, all, flat, 3, white);
    raster_poly(&s.p, all, flat, 2, white);
    raster_poly(&s.p, (Rect){5, 5, 0, 0}, flat, 3, white);
    raster_circle(&s.p, all, (Point){10, 10}, NAN, white);
    raster_circle(&s.p, all, (Point){10, 10}, -1, white);
    raster_line(&s.p, all, (Point){5, 5}, (Point){5, 5}, 3, white);
    raster_round(&s.p, all, (Rect){5, 5, -3, 4}, 2, 0, white);
    raster_cells(&s.p, all, (Rect){5, 5, 0, 4}, &white, 1, 1, 0);
    check_outside(&s, (Rect){0});
}
END_TEST

START_TEST(wide_pictures_work_in_bands) {
    enum { WIDE = 16384, ROWS = 5 };
    uint32_t *px = calloc((size_t)WIDE * ROWS, sizeof *px);
    ck_assert_ptr_nonnull(px);
    Pixmap p = {px, WIDE, ROWS, WIDE};
    const Point strip[] = {{0, 0.5f}, {WIDE, 0.5f}, {WIDE, 4}, {0, 4}};
    raster_poly(&p, (Rect){0, 0, WIDE, ROWS}, strip, 4, white);
    for (int x = 0; x < WIDE; x += WIDE / 8 - 1) {
        ck_assert_uint_eq(px[x] & 0xFF, 128);
        ck_assert_uint_eq(px[3 * WIDE + x] & 0xFF, 255);
        ck_assert_uint_eq(px[4 * WIDE + x], 0);
    }
    free(px);
}
END_TEST

START_TEST(whole_rectangles_are_crisp) {
    Sheet s;
    sheet_init(&s);
    raster_round(&s.p, all, (Rect){5, 6, 12, 9}, 0, 0, white);
    ck_assert_double_eq(area(&s), 12 * 9);
    sheet_init(&s);
    raster_round(&s.p, all, (Rect){5, 6, 12, 9}, 0, 2, white);
    ck_assert_double_eq(area(&s), 12 * 9 - 8 * 5);
    ck_assert_int_eq(red(&s, 6, 7), 255);
    ck_assert_int_eq(red(&s, 7, 8), 0);
    /* Rounded: the straight parts of the border are still whole pixels. */
    sheet_init(&s);
    raster_round(&s.p, all, (Rect){5, 6, 20, 18}, 4, 1, white);
    ck_assert_int_eq(red(&s, 12, 6), 255);
    ck_assert_int_eq(red(&s, 12, 7), 0);
    ck_assert_int_eq(red(&s, 5, 14), 255);
    ck_assert_int_eq(red(&s, 6, 14), 0);
    ck_assert_int_eq(red(&s, 24, 14), 255);
    ck_assert_int_eq(red(&s, 5, 6), 0);
    check_outside(&s, (Rect){5, 6, 20, 18});
}
END_TEST

START_TEST(corners_are_round) {
    static const float radii[] = {1, 2.5f, 4, 6, 9};
    const double pi = acos(-1);
    for (int i = 0; i < 5; i++) {
        Sheet s;
        double r = radii[i];
        sheet_init(&s);
        raster_round(&s.p, all, (Rect){4, 4, 30, 20}, radii[i], 0, white);
        ck_assert(fabs(area(&s) - (600 - (4 - pi) * r * r)) < 0.4);
        ck_assert_int_eq(red(&s, 19, 4), 255);
        sheet_init(&s);
        raster_circle(&s.p, all, (Point){15.3f, 14.6f}, radii[i], white);
        ck_assert(fabs(area(&s) - pi * r * r) < 0.4);
    }
    Sheet s;
    sheet_init(&s); /* cut to half the shorter side: a pill */
    raster_round(&s.p, all, (Rect){4, 4, 30, 10}, 99, 0, white);
    ck_assert(fabs(area(&s) - (20 * 10 + pi * 25)) < 0.3);
}
END_TEST

/* Half transparent: no pixel is blended twice, whatever the size. */
START_TEST(round_shapes_blend_once) {
    const Color half = {255, 255, 255, 128};
    for (int h = 1; h < 20; h++)
        for (int k = 0; k < 8; k++) {
            Sheet s;
            sheet_init(&s);
            raster_round(&s.p, all, (Rect){3, 3, 17, h}, (float)k * 1.7f,
                         (float)(k % 4) * 1.3f, half);
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    ck_assert_int_le(red(&s, x, y), 128);
        }
}
END_TEST

START_TEST(lines_have_their_thickness) {
    Sheet s;
    sheet_init(&s);
    raster_line(&s.p, all, (Point){5, 10}, (Point){25, 10}, 2, white);
    ck_assert_double_eq(area(&s), 40);
    sheet_init(&s);
    raster_line(&s.p, all, (Point){5, 5}, (Point){29, 23}, 1.5f, white);
    ck_assert(fabs(area(&s) - 30 * 1.5) < 0.3);
    sheet_init(&s);
    raster_line(&s.p, all, (Point){-1e6f, 10.5f}, (Point){1e6f, 10.5f}, 1,
                white);
    ck_assert_double_eq(area(&s), W);
}
END_TEST

/* Painted in strips, a long line is what it is as one shape. */
START_TEST(long_lines_are_painted_whole) {
    enum { SIDE = 700 };
    const Rect sheet = {7, 3, SIDE - 9, SIDE - 11};
    const size_t n = (size_t)SIDE * SIDE;
    uint32_t *px[2] = {calloc(n, sizeof *px[0]), calloc(n, sizeof *px[1])};
    ck_assert(px[0] && px[1]);
    for (int k = 0; k < 60; k++) {
        Pixmap p[2];
        for (int i = 0; i < 2; i++) {
            memset(px[i], 0, n * sizeof *px[i]);
            p[i] = (Pixmap){px[i], SIDE, SIDE, SIDE};
        }
        const float angle = (float)k * .4321f, far = 150 + 11 * (float)k;
        const float thick = .5f + (float)(k % 7) * 2;
        const Point a = {350 - far * cosf(angle), 340 - far * sinf(angle)};
        const Point b = {350 + far * cosf(angle), 340 + far * sinf(angle)};
        const float nx = -sinf(angle) * thick / 2;
        const float ny = cosf(angle) * thick / 2;
        const Point pts[] = {{a.x + nx, a.y + ny},
                             {b.x + nx, b.y + ny},
                             {b.x - nx, b.y - ny},
                             {a.x - nx, a.y - ny}};
        const Color pale = {255, 255, 255, 90};
        raster_line(&p[0], sheet, a, b, thick, pale);
        raster_poly(&p[1], sheet, pts, 4, pale);
        for (size_t i = 0; i < n; i++)
            ck_assert_int_le(abs((int)(px[0][i] & 255) - (int)(px[1][i] & 255)),
                             1);
    }
    free(px[0]);
    free(px[1]);
}
END_TEST

START_TEST(ribbons_meet_their_ends) {
    Sheet s;
    sheet_init(&s);
    raster_ribbon(&s.p, all, 5, 4, 10, 35, 20, 26, white);
    ck_assert(fabs(area(&s) - 30 * 6) < 0.5);
    ck_assert_int_eq(red(&s, 5, 7), 255);
    ck_assert_int_eq(red(&s, 34, 23), 255);
    ck_assert_int_eq(red(&s, 5, 20), 0);
    ck_assert_int_eq(red(&s, 4, 7), 0);
    /* Steep and folded back, half transparent: still blended once. */
    sheet_init(&s);
    raster_ribbon(&s.p, all, 20, 0, 3, 22, 25, 28, (Color){255, 255, 255, 128});
    raster_ribbon(&s.p, all, 3, 2, 5, 3, 25, 28, (Color){255, 255, 255, 128});
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            ck_assert_int_le(red(&s, x, y), 128);
}
END_TEST

START_TEST(masks_are_clipped) {
    uint8_t mask[6 * 8];
    for (int i = 0; i < 48; i++)
        mask[i] = (uint8_t)(i % 8 == 7 ? 99 : 255); /* stride 8, width 7 */
    Rect clip = {4, 4, 9, 5};
    for (int y = -8; y < H + 8; y += 3)
        for (int x = -9; x < W + 9; x += 2) {
            Sheet s;
            sheet_init(&s);
            raster_mask(&s.p, clip, x, y, mask, 7, 6, 8, white);
            check_outside(&s, clip);
            Rect seen = rect_intersect((Rect){x, y, 7, 6}, clip);
            ck_assert_double_eq(area(&s), seen.w * seen.h);
        }
}
END_TEST

/* Many pixels at once are blended as one alone is. */
START_TEST(long_masks_are_as_short_ones) {
    enum { N = 256 };
    uint32_t together[N], alone[N];
    uint8_t mask[N];
    const Rect row = {0, 0, N, 1};
    Pixmap one = {alone, N, 1, N}, many = {together, N, 1, N};
    for (int alpha = 0; alpha < 256; alpha += 5) {
        const Color c = {3, 200, (uint8_t)(alpha * 7 % 256), (uint8_t)alpha};
        for (int i = 0; i < N; i++) {
            mask[i] = (uint8_t)i;
            together[i] = alone[i] = 0xFF000000u | (unsigned)i * 0x050B11u;
        }
        raster_mask(&many, row, 0, 0, mask, N, 1, N, c);
        for (int i = 0; i < N; i++)
            raster_mask(&one, row, i, 0, mask + i, 1, 1, N, c);
        ck_assert_mem_eq(together, alone, sizeof alone);
    }
}
END_TEST

START_TEST(mask_times_alpha) {
    Sheet s;
    sheet_init(&s);
    const uint8_t mask[2] = {128, 255};
    raster_mask(&s.p, all, 3, 3, mask, 2, 1, 2, (Color){255, 255, 255, 128});
    ck_assert_int_eq(red(&s, 3, 3), 64);
    ck_assert_int_eq(red(&s, 4, 3), 128);
}
END_TEST

/* Cells touch and fill the rectangle, whatever the remainder. */
START_TEST(cells_fill_their_rectangle) {
    Color cells[7 * 11];
    for (int i = 0; i < 77; i++)
        cells[i] = (Color){(uint8_t)(i + 1), 0, 0, 255};
    for (int w = 1; w <= 30; w++) {
        Sheet s;
        sheet_init(&s);
        Rect r = {4, 3, w, 25};
        raster_cells(&s.p, all, r, cells, 7, 11, 0);
        check_outside(&s, r);
        for (int y = r.y; y < r.y + r.h; y++)
            for (int x = r.x; x < r.x + r.w; x++) {
                int v = red(&s, x, y) - 1;
                int row = v / 11, col = v % 11;
                ck_assert_int_ge(v, 0);
                ck_assert_int_ge(x, r.x + (int)floor(col * w / 11.0 + 0.5));
                ck_assert_int_lt(x,
                                 r.x + (int)floor((col + 1) * w / 11.0 + 0.5));
                ck_assert_int_ge(y, r.y + (int)floor(row * 25 / 7.0 + 0.5));
                ck_assert_int_lt(y,
                                 r.y + (int)floor((row + 1) * 25 / 7.0 + 0.5));
            }
    }
}
END_TEST

START_TEST(cells_leave_gaps_and_holes) {
    Sheet s;
    sheet_init(&s);
    Color cells[4] = {white, {255, 255, 255, 0}, white, white};
    raster_cells(&s.p, all, (Rect){2, 2, 20, 20}, cells, 2, 2, 1);
    ck_assert_double_eq(area(&s), 3 * 81);
    ck_assert_int_eq(red(&s, 2, 2), 255);
    ck_assert_int_eq(red(&s, 11, 2), 0); /* the gap */
    ck_assert_int_eq(red(&s, 12, 2), 0); /* the hole */
    ck_assert_int_eq(red(&s, 12, 12), 255);
    sheet_init(&s); /* a gap as wide as the cells would leave nothing */
    raster_cells(&s.p, all, (Rect){2, 2, 2, 2}, cells, 2, 2, 1);
    ck_assert_double_eq(area(&s), 3);
}
END_TEST

START_TEST(more_cells_than_columns_at_a_time) {
    enum { COLS = 1500 };
    static Color cells[COLS];
    static uint32_t px[3000];
    for (int i = 0; i < COLS; i++)
        cells[i] = (Color){(uint8_t)(i >> 8), (uint8_t)i, 0, 255};
    Pixmap p = {px, 3000, 1, 3000};
    raster_cells(&p, (Rect){10, 0, 2980, 1}, (Rect){0, 0, 3000, 1}, cells, 1,
                 COLS, 0);
    ck_assert_uint_eq(px[9], 0);
    ck_assert_uint_eq(px[2990], 0);
    for (int x = 10; x < 2990; x++)
        ck_assert_uint_eq(px[x] >> 8 & 0xFFFF, x / 2);
}
END_TEST

TEST_MAIN("raster", rects_intersect_without_overflow, colors_mix_and_fade,
          blending_is_rounded_right, fill_is_clipped,
          half_covered_pixel_has_half_alpha, coverage_is_the_area,
          neighbours_leave_no_seam, winding_does_not_matter,
          far_shapes_are_cut_exactly, a_far_diagonal_keeps_its_place,
          senseless_shapes_draw_nothing, wide_pictures_work_in_bands,
          whole_rectangles_are_crisp, corners_are_round,
          round_shapes_blend_once, lines_have_their_thickness,
          long_lines_are_painted_whole, ribbons_meet_their_ends,
          masks_are_clipped, long_masks_are_as_short_ones, mask_times_alpha,
          cells_fill_their_rectangle, cells_leave_gaps_and_holes,
          more_cells_than_columns_at_a_time)
