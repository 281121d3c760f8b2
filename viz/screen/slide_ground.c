/* The colours behind a slide, and those of its text, which must be read on
 * them wherever it stands. */
#include "viz/screen/slide_private.h"

#define LEAST 4.5f /* contrast of all text */
#define STEPS 64

static Color color_of(uint32_t rgb) {
    return (Color){(uint8_t)(rgb >> 16), (uint8_t)(rgb >> 8), (uint8_t)rgb,
                   255};
}

/* On the colour of the ground where it is worst; what lies between two of them
 * is no worse. */
static float worst_contrast(Color ink, const Gradient *g) {
    float worst = 21;
    for (int i = 0; i < g->n; i++) {
        const float now = theme_contrast(ink, g->colors[i]);
        if (now < worst) worst = now;
    }
    return worst;
}

/* As little of `toward` mixed in as makes it readable. */
static Color readable(Color c, Color toward, const Gradient *g) {
    for (int i = 0; i < STEPS; i++) {
        const Color mixed = color_mix(c, toward, (float)i / STEPS);
        if (worst_contrast(mixed, g) >= LEAST) return mixed;
    }
    return toward;
}

/* Colours too far apart for any text are drawn together, towards the darkest
 * or the lightest, whichever the ink is read on. */
static void calm(Gradient *g, Color ink) {
    int best = 0;
    for (int i = 1; i < g->n; i++)
        if (theme_contrast(ink, g->colors[i]) >
            theme_contrast(ink, g->colors[best]))
            best = i;
    const Color to = g->colors[best];
    for (int i = 0; i < g->n; i++) {
        const Color from = g->colors[i];
        for (int step = 1;
             step <= STEPS && theme_contrast(ink, g->colors[i]) < LEAST; step++)
            g->colors[i] = color_mix(from, to, (float)step / STEPS);
    }
}

bool slide_ground_take(const DeckSlide *s, const Theme *base, Theme *out,
                       Gradient *g) {
    static const Color white = {255, 255, 255, 255}, black = {0, 0, 0, 255};
    const DeckGround *from = &s->ground;
    *out = *base;
    if (from->n == 0) return false;
    *g = (Gradient){.n = from->n, .radial = from->radial, .angle = from->angle};
    for (int i = 0; i < from->n; i++) {
        g->colors[i] = color_of(from->colors[i]);
        g->at[i] = from->at[i];
    }
    const bool dark = worst_contrast(white, g) >= worst_contrast(black, g);
    const Color ink = dark ? white : black;
    calm(g, ink);
    *out = *theme_find(dark ? "dark" : "light");
    Color *const inks[] = {
        &out->text,  &out->soft, &out->accent,   &out->query, &out->key,
        &out->value, &out->mlp,  &out->residual, &out->good,  &out->bad};
    for (size_t i = 0; i < sizeof inks / sizeof *inks; i++)
        *inks[i] = readable(*inks[i], ink, g);
    return true;
}
