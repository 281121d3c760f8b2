#include "viz/paint/colormap.h"

#include <math.h>
#include <string.h>

#define POINTS 33

/* The published maps at i / 32; between the points colours are mixed, which
 * stays within 2 / 255 of the full table for viridis and magma and within 6
 * for cividis (at the kink in its dark blues). */
static const uint32_t maps[COLORMAP_COUNT][POINTS] = {
    [COLORMAP_VIRIDIS] =
        {
            0x440154, 0x470D60, 0x48186A, 0x482374, 0x472D7B, 0x453681,
            0x424086, 0x3F4989, 0x3B528B, 0x375A8D, 0x33638D, 0x2F6A8E,
            0x2C728E, 0x297A8E, 0x26818E, 0x23898E, 0x21908C, 0x1F988B,
            0x1F9F88, 0x21A685, 0x28AE80, 0x31B57B, 0x3EBC74, 0x4CC26C,
            0x5DC963, 0x6ECE58, 0x82D34C, 0x96D83F, 0xABDC32, 0xC0DF24,
            0xD5E21A, 0xEAE51A, 0xFDE725,
        },
    [COLORMAP_CIVIDIS] =
        {
            0x00224E, 0x00285B, 0x002E6A, 0x043371, 0x1A386F, 0x273E6E,
            0x32436D, 0x3B496C, 0x434E6C, 0x4B546C, 0x52596D, 0x5A5F6E,
            0x61656F, 0x686A71, 0x6F7073, 0x757676, 0x7C7B78, 0x848179,
            0x8B8778, 0x938D78, 0x9B9376, 0xA39A75, 0xABA072, 0xB3A670,
            0xBBAD6C, 0xC3B469, 0xCCBA64, 0xD4C15F, 0xDDC958, 0xE6D051,
            0xEFD748, 0xF8DF3C, 0xFEE838,
        },
    [COLORMAP_MAGMA] =
        {
            0x000004, 0x030311, 0x0A0822, 0x130D33, 0x1D1146, 0x28115A,
            0x36106A, 0x430F76, 0x50127C, 0x5D177F, 0x691C81, 0x762181,
            0x822681, 0x8F2A81, 0x9C2E7F, 0xA9327D, 0xB63779, 0xC33B75,
            0xCF4170, 0xDB486A, 0xE65163, 0xEE5C5E, 0xF5695C, 0xF9785D,
            0xFB8761, 0xFD9668, 0xFEA571, 0xFEB47B, 0xFEC387, 0xFED194,
            0xFDE0A2, 0xFCEEB0, 0xFCFDBF,
        },
};

static const char *const names[COLORMAP_COUNT] = {"viridis", "cividis",
                                                  "magma"};

const char *colormap_name(Colormap m) {
    return names[m];
}

bool colormap_find(const char *name, Colormap *out) {
    for (int i = 0; i < COLORMAP_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (Colormap)i;
            return true;
        }
    return false;
}

static Color unpack(uint32_t rgb) {
    return (Color){(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb,
                   255};
}

Color colormap_at(Colormap m, float v) {
    float at = v > 0 ? v * (POINTS - 1) : 0; /* NaN is 0, too */
    if (at > POINTS - 1) at = POINTS - 1;
    int i = (int)at < POINTS - 1 ? (int)at : POINTS - 2;
    return color_mix(unpack(maps[m][i]), unpack(maps[m][i + 1]), at - (float)i);
}

Color colormap_signed(const Theme *t, float v) {
    return v < 0 ? color_mix(t->zero, t->negative, -v)
                 : color_mix(t->zero, t->positive, v);
}
