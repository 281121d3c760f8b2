#include "tests/support/test.h"

#include "lessons/deck.h"
#include "viz/paint/colormap.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"light", "dark"};

static void check_contrast(const Theme *t, const char *what, Color ink,
                           Color ground, float least) {
    float found = theme_contrast(ink, ground);
    ck_assert_msg(found >= least, "%s: %s: contrast %.2f, need %.1f", t->name,
                  what, (double)found, (double)least);
}

START_TEST(themes_are_found_by_name) {
    ck_assert(!theme_find("light")->dark);
    ck_assert(theme_find("dark")->dark);
    ck_assert_ptr_null(theme_find(""));
    ck_assert_ptr_null(theme_find("Light"));
}
END_TEST

/* WCAG's own examples: black on white is 21, equal colours 1, and the grey
 * #767676 is the lightest that reaches 4.5 on white. */
START_TEST(contrast_is_that_of_wcag) {
    const Color white = {255, 255, 255, 255}, black = {0, 0, 0, 255};
    const Color grey = {0x76, 0x76, 0x76, 255};
    const Color lighter = {0x77, 0x77, 0x77, 255};
    ck_assert_float_eq_tol(theme_contrast(black, white), 21, 1e-3f);
    ck_assert_float_eq_tol(theme_contrast(white, black), 21, 1e-3f);
    ck_assert_float_eq_tol(theme_contrast(grey, grey), 1, 1e-6f);
    ck_assert_float_ge(theme_contrast(grey, white), 4.5f);
    ck_assert_float_lt(theme_contrast(lighter, white), 4.5f);
}
END_TEST

START_TEST(every_text_can_be_read) {
    for (int i = 0; i < 2; i++) {
        const Theme *t = theme_find(names[i]);
        const struct {
            const char *what;
            Color ink;
            float least;
        } texts[] = {
            {"text", t->text, 7},        {"soft", t->soft, 4.5f},
            {"accent", t->accent, 4.5f}, {"query", t->query, 4.5f},
            {"key", t->key, 4.5f},       {"value", t->value, 4.5f},
            {"mlp", t->mlp, 4.5f},       {"residual", t->residual, 4.5f},
            {"good", t->good, 4.5f},     {"bad", t->bad, 4.5f},
            {"select", t->select, 3},    {"faint", t->faint, 3},
        };
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            check_contrast(t, texts[k].what, texts[k].ink, t->window,
                           texts[k].least);
            check_contrast(t, texts[k].what, texts[k].ink, t->panel,
                           texts[k].least);
        }
        check_contrast(t, "text on well", t->text, t->well, 7);
        check_contrast(t, "soft on well", t->soft, t->well, 4.5f);
        check_contrast(t, "on accent", t->accent_ink, t->accent, 4.5f);
        check_contrast(t, "on select", t->select_ink, t->select, 4.5f);
        for (int k = 0; k < THEME_MANY; k++)
            check_contrast(t, "many on window", t->many[k], t->window, 4.5f);
        check_contrast(t, "map's ends", t->negative, t->zero, 3);
        check_contrast(t, "map's ends", t->positive, t->zero, 3);
    }
}
END_TEST

/* Words that cross a flow stay readable on its tint. */
START_TEST(tints_are_pale) {
    for (int i = 0; i < 2; i++) {
        const Theme *t = theme_find(names[i]);
        const Color tints[] = {t->query_tint, t->key_tint, t->value_tint,
                               t->residual_tint, t->mlp_tint};
        for (size_t k = 0; k < sizeof tints / sizeof *tints; k++) {
            Color solid = tints[k];
            solid.a = 255;
            Color over = color_mix(t->window, solid, tints[k].a / 255.0f);
            ck_assert_int_gt(tints[k].a, 0);
            check_contrast(t, "text on tint", t->text, over, 7);
        }
    }
}
END_TEST

START_TEST(roles_have_their_colours) {
    const Theme *t = theme_find("light");
    const struct {
        int role;
        Color want;
    } roles[] = {{ROLE_NONE, t->text},
                 {ROLE_QUERY, t->query},
                 {ROLE_KEY, t->key},
                 {ROLE_VALUE, t->value},
                 {ROLE_RESIDUAL, t->residual},
                 {ROLE_MLP, t->mlp},
                 {99, t->text}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        Color found = theme_role(t, roles[i].role);
        ck_assert_mem_eq(&found, &roles[i].want, sizeof found);
    }
}
END_TEST

START_TEST(ink_reads_on_every_colour_of_every_map) {
    for (int m = 0; m < COLORMAP_COUNT; m++)
        for (int i = 0; i < 256; i++) {
            Color c = colormap_at((Colormap)m, (float)i / 255);
            ck_assert_float_ge(theme_contrast(theme_ink(c), c), 4.5f);
        }
    for (int i = 0; i < 2; i++)
        for (int k = -100; k <= 100; k++) {
            Color c = colormap_signed(theme_find(names[i]), (float)k / 100);
            ck_assert_float_ge(theme_contrast(theme_ink(c), c), 4.5f);
        }
}
END_TEST

/* CIE L* from the relative luminance, which black (luminance 0) gives. */
static double lightness(Color c) {
    const Color black = {0, 0, 0, 255};
    double y = (double)theme_contrast(c, black) * 0.05 - 0.05;
    return y > 0.008856 ? 116 * cbrt(y) - 16 : 903.3 * y;
}

START_TEST(lightness_rises_evenly) {
    static const struct {
        double dark, bright; /* ends of L*, published */
    } ends[COLORMAP_COUNT] = {{15, 91}, {14, 91}, {0, 98}};
    for (int m = 0; m < COLORMAP_COUNT; m++) {
        double before = -1;
        for (int i = 0; i <= 64; i++) {
            double l = lightness(colormap_at((Colormap)m, (float)i / 64));
            double even =
                ends[m].dark + (ends[m].bright - ends[m].dark) * i / 64;
            ck_assert_double_gt(l, before);
            ck_assert_double_lt(fabs(l - even), 6);
            before = l;
        }
    }
}
END_TEST

/* Values of the published 256-entry tables, read off matplotlib 3.6.3. */
START_TEST(maps_are_the_published_ones) {
    static const struct {
        Colormap map;
        int index, rgb;
    } points[] = {
        {COLORMAP_VIRIDIS, 0, 0x440154},   {COLORMAP_VIRIDIS, 64, 0x3B528B},
        {COLORMAP_VIRIDIS, 96, 0x2C728E},  {COLORMAP_VIRIDIS, 128, 0x21918C},
        {COLORMAP_VIRIDIS, 224, 0xADDC30}, {COLORMAP_VIRIDIS, 255, 0xFDE725},
        {COLORMAP_CIVIDIS, 0, 0x00224E},   {COLORMAP_CIVIDIS, 64, 0x434E6C},
        {COLORMAP_CIVIDIS, 128, 0x7D7C78}, {COLORMAP_CIVIDIS, 224, 0xDEC958},
        {COLORMAP_CIVIDIS, 255, 0xFEE838}, {COLORMAP_MAGMA, 0, 0x000004},
        {COLORMAP_MAGMA, 64, 0x51127C},    {COLORMAP_MAGMA, 128, 0xB73779},
        {COLORMAP_MAGMA, 224, 0xFEC488},   {COLORMAP_MAGMA, 255, 0xFCFDBF},
    };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        Color c = colormap_at(points[i].map, (float)points[i].index / 255);
        ck_assert_int_le(abs(c.r - (points[i].rgb >> 16)), 2);
        ck_assert_int_le(abs(c.g - (points[i].rgb >> 8 & 0xFF)), 2);
        ck_assert_int_le(abs(c.b - (points[i].rgb & 0xFF)), 2);
        ck_assert_int_eq(c.a, 255);
    }
}
END_TEST

START_TEST(values_are_clamped) {
    for (int m = 0; m < COLORMAP_COUNT; m++) {
        Color low = colormap_at((Colormap)m, 0),
              high = colormap_at((Colormap)m, 1);
        Color under = colormap_at((Colormap)m, -INFINITY);
        Color over = colormap_at((Colormap)m, 7);
        ck_assert_mem_eq(&low, &under, sizeof low);
        ck_assert_mem_eq(&high, &over, sizeof high);
        colormap_at((Colormap)m, NAN); /* any colour, but no fault */
    }
}
END_TEST

START_TEST(signed_map_is_symmetric) {
    for (int i = 0; i < 2; i++) {
        const Theme *t = theme_find(names[i]);
        Color ends[3] = {colormap_signed(t, -2), colormap_signed(t, 0),
                         colormap_signed(t, 1)};
        ck_assert_mem_eq(&ends[0], &t->negative, sizeof(Color));
        ck_assert_mem_eq(&ends[1], &t->zero, sizeof(Color));
        ck_assert_mem_eq(&ends[2], &t->positive, sizeof(Color));
        for (int k = 1; k <= 10; k++) {
            float v = (float)k / 10;
            Color minus = colormap_signed(t, -v), plus = colormap_signed(t, v);
            Color zero = t->zero;
            ck_assert_int_gt(minus.b, minus.r);
            ck_assert_int_gt(plus.r, plus.b);
            ck_assert(theme_contrast(minus, zero) > 1.0f);
            ck_assert(theme_contrast(plus, zero) > 1.0f);
        }
    }
}
END_TEST

START_TEST(maps_are_found_by_name) {
    for (int m = 0; m < COLORMAP_COUNT; m++) {
        Colormap found = COLORMAP_COUNT;
        ck_assert(colormap_find(colormap_name((Colormap)m), &found));
        ck_assert_int_eq(found, m);
    }
    Colormap untouched = COLORMAP_MAGMA;
    ck_assert(!colormap_find("jet", &untouched));
    ck_assert_int_eq(untouched, COLORMAP_MAGMA);
}
END_TEST

TEST_MAIN("theme", themes_are_found_by_name, contrast_is_that_of_wcag,
          every_text_can_be_read, tints_are_pale, roles_have_their_colours,
          ink_reads_on_every_colour_of_every_map, lightness_rises_evenly,
          maps_are_the_published_ones, values_are_clamped,
          signed_map_is_symmetric, maps_are_found_by_name)
