/* The two themes, and the sums that keep their texts readable. */
#include "viz/paint/theme.h"

#include <math.h>
#include <string.h>

#define RGBA(hex, alpha)                                                       \
    { (hex) >> 16, (hex) >> 8 & 0xFF, (hex)&0xFF, alpha }
#define RGB(hex) RGBA(hex, 255)

static const Theme themes[] = {
    {
        .name = "light",
        .window = RGB(0xF7F6F2),
        .panel = RGB(0xFFFFFF),
        .rule = RGB(0xE2E0D8),
        .well = RGB(0xEEECE5),
        .text = RGB(0x1A1D21),
        .soft = RGB(0x59606A),
        .faint = RGB(0x8A8D91),
        .accent = RGB(0xAD590B),
        .accent_ink = RGB(0xFFFFFF),
        .select = RGB(0x2F62C8),
        .select_ink = RGB(0xFFFFFF),
        .query = RGB(0x2F62C8),
        .key = RGB(0xAD590B),
        .value = RGB(0x237A52),
        .residual = RGB(0x5F6771),
        .mlp = RGB(0x7B4BB8),
        .query_tint = RGBA(0x2F62C8, 32),
        .key_tint = RGBA(0xAD590B, 32),
        .value_tint = RGBA(0x237A52, 32),
        .residual_tint = RGBA(0x5F6771, 28),
        .mlp_tint = RGBA(0x7B4BB8, 32),
        .good = RGB(0x237A52),
        .bad = RGB(0xB3261E),
        .negative = RGB(0x1C4C9C),
        .zero = RGB(0xF3F3F1),
        .positive = RGB(0xB25C0E),
        .grid = RGB(0xF7F6F2),
        .many = {RGB(0x0B6E8A), RGB(0xB3246F), RGB(0x5E6A00), RGB(0x6A45C4),
                 RGB(0x9A4A12), RGB(0x1F57C0), RGB(0x1E7A3C), RGB(0xC02A2A),
                 RGB(0x4A4F57)},
        .dark = false,
    },
    {
        .name = "dark",
        .window = RGB(0x14161A),
        .panel = RGB(0x1C1F25),
        .rule = RGB(0x2D323A),
        .well = RGB(0x20242B),
        .text = RGB(0xF1F2F4),
        .soft = RGB(0xAEB4BE),
        .faint = RGB(0x757C86),
        .accent = RGB(0xF0A65A),
        .accent_ink = RGB(0x14161A),
        .select = RGB(0x7FA8FF),
        .select_ink = RGB(0x14161A),
        .query = RGB(0x7FA8FF),
        .key = RGB(0xF0A65A),
        .value = RGB(0x5CC492),
        .residual = RGB(0xA3ABB6),
        .mlp = RGB(0xBC9EF2),
        .query_tint = RGBA(0x7FA8FF, 44),
        .key_tint = RGBA(0xF0A65A, 44),
        .value_tint = RGBA(0x5CC492, 44),
        .residual_tint = RGBA(0xA3ABB6, 36),
        .mlp_tint = RGBA(0xBC9EF2, 44),
        .good = RGB(0x5CC492),
        .bad = RGB(0xFF8F85),
        .negative = RGB(0x7FA8FF),
        .zero = RGB(0x2A2E36),
        .positive = RGB(0xF0A65A),
        .grid = RGB(0x14161A),
        .many = {RGB(0x5CCBE4), RGB(0xFF8CC2), RGB(0xCBD35C), RGB(0xBFA8FF),
                 RGB(0xEDB07C), RGB(0x86AEFF), RGB(0x74D694), RGB(0xFF938A),
                 RGB(0xC4C9D1)},
        .dark = true,
    },
};

const Theme *theme_find(const char *name) {
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++)
        if (strcmp(themes[i].name, name) == 0) return &themes[i];
    return NULL;
}

Color theme_role(const Theme *t, ThemeRole role) {
    switch (role) {
    case THEME_QUERY:
        return t->query;
    case THEME_KEY:
        return t->key;
    case THEME_VALUE:
        return t->value;
    case THEME_RESIDUAL:
        return t->residual;
    case THEME_MLP:
        return t->mlp;
    default:
        return t->text;
    }
}

/* Source: WCAG 2.2, definitions of relative luminance and contrast ratio. */
static float linear(uint8_t channel) {
    float v = (float)channel / 255;
    return v <= 0.04045f ? v / 12.92f : powf((v + 0.055f) / 1.055f, 2.4f);
}

static float luminance(Color c) {
    return 0.2126f * linear(c.r) + 0.7152f * linear(c.g) +
           0.0722f * linear(c.b);
}

float theme_contrast(Color a, Color b) {
    float la = luminance(a), lb = luminance(b);
    return (fmaxf(la, lb) + 0.05f) / (fminf(la, lb) + 0.05f);
}

Color theme_ink(Color c) {
    const Color black = RGB(0x000000), white = RGB(0xFFFFFF);
    return theme_contrast(c, black) > theme_contrast(c, white) ? black : white;
}
