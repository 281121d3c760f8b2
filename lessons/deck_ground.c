/* Colours and gradients as style sheets write them, for a slide's ground. */
#include "lessons/deck_private.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    uint32_t rgb;
} names[] = {
    {"black", 0x000000},
    {"white", 0xFFFFFF},
    {"red", 0xFF0000},
    {"lime", 0x00FF00},
    {"blue", 0x0000FF},
    {"yellow", 0xFFFF00},
    {"cyan", 0x00FFFF},
    {"aqua", 0x00FFFF},
    {"magenta", 0xFF00FF},
    {"fuchsia", 0xFF00FF},
    {"silver", 0xC0C0C0},
    {"gray", 0x808080},
    {"grey", 0x808080},
    {"maroon", 0x800000},
    {"olive", 0x808000},
    {"green", 0x008000},
    {"purple", 0x800080},
    {"teal", 0x008080},
    {"navy", 0x000080},
    {"orange", 0xFFA500},
    {"gold", 0xFFD700},
    {"pink", 0xFFC0CB},
    {"brown", 0xA52A2A},
    {"beige", 0xF5F5DC},
    {"ivory", 0xFFFFF0},
    {"khaki", 0xF0E68C},
    {"coral", 0xFF7F50},
    {"salmon", 0xFA8072},
    {"tomato", 0xFF6347},
    {"crimson", 0xDC143C},
    {"indigo", 0x4B0082},
    {"violet", 0xEE82EE},
    {"orchid", 0xDA70D6},
    {"plum", 0xDDA0DD},
    {"lavender", 0xE6E6FA},
    {"turquoise", 0x40E0D0},
    {"skyblue", 0x87CEEB},
    {"lightblue", 0xADD8E6},
    {"steelblue", 0x4682B4},
    {"royalblue", 0x4169E1},
    {"darkblue", 0x00008B},
    {"midnightblue", 0x191970},
    {"aquamarine", 0x7FFFD4},
    {"lightgreen", 0x90EE90},
    {"darkgreen", 0x006400},
    {"seagreen", 0x2E8B57},
    {"chocolate", 0xD2691E},
    {"tan", 0xD2B48C},
    {"wheat", 0xF5DEB3},
    {"linen", 0xFAF0E6},
    {"whitesmoke", 0xF5F5F5},
    {"lightgray", 0xD3D3D3},
    {"lightgrey", 0xD3D3D3},
    {"darkgray", 0xA9A9A9},
    {"darkgrey", 0xA9A9A9},
    {"dimgray", 0x696969},
    {"dimgrey", 0x696969},
    {"slategray", 0x708090},
    {"slategrey", 0x708090},
    {"darkred", 0x8B0000},
    {"darkorange", 0xFF8C00},
    {"lightyellow", 0xFFFFE0},
    {"hotpink", 0xFF69B4},
    {"dodgerblue", 0x1E90FF},
    {"aliceblue", 0xF0F8FF},
    {"snow", 0xFFFAFA},
    {"cornflowerblue", 0x6495ED},
    {"rebeccapurple", 0x663399},
};

typedef struct Part {
    const char *text;
    size_t n;
} Part;

static Part trimmed(const char *text, size_t n) {
    for (; n > 0 && scan_is_blank(*text); n--)
        text++;
    while (n > 0 && scan_is_blank(text[n - 1]))
        n--;
    return (Part){text, n};
}

static bool begins(Part p, const char *word) {
    const size_t n = strlen(word);
    return p.n >= n && strncasecmp(p.text, word, n) == 0;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#rgb" and "#rrggbb". */
static bool read_hex(Part p, uint32_t *rgb) {
    *rgb = 0;
    if (p.n != 4 && p.n != 7) return false;
    for (size_t i = 1; i < p.n; i++) {
        const int digit = hex_digit(p.text[i]);
        if (digit < 0) return false;
        *rgb = *rgb << 4 | (uint32_t)digit;
        if (p.n == 4) *rgb = *rgb << 4 | (uint32_t)digit;
    }
    return true;
}

/* The next argument up to a comma outside of brackets; *p moves on. */
static Part next_argument(Part *p) {
    size_t n = 0;
    for (int depth = 0; n < p->n; n++) {
        depth += (p->text[n] == '(') - (p->text[n] == ')');
        if (p->text[n] == ',' && depth == 0) break;
    }
    const Part out = trimmed(p->text, n);
    n += n < p->n;
    *p = (Part){p->text + n, p->n - n};
    return out;
}

/* What stands within the brackets of "name(...)". */
static bool read_call(Part p, const char *name, Part *arguments) {
    const size_t n = strlen(name);
    if (!begins(p, name) || p.n < n + 2 || p.text[n] != '(' ||
        p.text[p.n - 1] != ')')
        return false;
    *arguments = (Part){p.text + n + 1, p.n - n - 2};
    return true;
}

/* "rgb(1, 2, 3)"; an "rgba" must be opaque, as there is nothing below. */
static bool read_rgb(Part p, uint32_t *rgb) {
    Part arguments;
    const bool alpha = read_call(p, "rgba", &arguments);
    if (!alpha && !read_call(p, "rgb", &arguments)) return false;
    *rgb = 0;
    for (int i = 0; i < 3 + alpha; i++) {
        const Part a = next_argument(&arguments);
        double v;
        if (!scan_number(a.text, a.n, &v) || v < 0 || v > 255) return false;
        if (i == 3) return v == 1 && arguments.n == 0;
        *rgb = *rgb << 8 | (uint32_t)v;
    }
    return arguments.n == 0;
}

static bool read_color(Part p, uint32_t *rgb) {
    if (p.n > 0 && *p.text == '#') return read_hex(p, rgb);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == p.n && begins(p, names[i].name)) {
            *rgb = names[i].rgb;
            return true;
        }
    return read_rgb(p, rgb);
}

static bool holds(Part p, const char *word) {
    const size_t n = strlen(word);
    for (size_t i = 0; i + n <= p.n; i++)
        if (strncasecmp(p.text + i, word, n) == 0) return true;
    return false;
}

/* "to right", "to bottom left", "45deg". */
static bool read_angle(Part p, float *angle) {
    double v;
    if (begins(p, "to ")) {
        const int x = holds(p, "right") - holds(p, "left");
        const int y = holds(p, "top") - holds(p, "bottom");
        *angle = atan2f((float)x, (float)y) * 57.29578f;
        return x || y;
    }
    if (p.n <= 3 || strncasecmp(p.text + p.n - 3, "deg", 3) != 0 ||
        !scan_number(p.text, p.n - 3, &v))
        return false;
    *angle = (float)fmod(v, 360);
    return true;
}

/* ---- where the colours of a gradient stand ------------------------------- */

/* Takes "20%" off the end of a colour; false: there is none.  A colour cannot
 * be left without its word. */
static bool take_place(Part *p, float *at) {
    size_t n = p->n;
    double v;
    while (n > 0 && !scan_is_blank(p->text[n - 1]))
        n--;
    if (n == 0 || p->text[p->n - 1] != '%' ||
        !scan_number(p->text + n, p->n - n - 1, &v))
        return false;
    *at = (float)(v / 100);
    *p = trimmed(p->text, n);
    return true;
}

static bool add_stop(DeckGround *out, uint32_t rgb, float at) {
    if (out->n == DECK_COLORS_MAX) return false;
    out->colors[out->n] = rgb;
    out->at[out->n++] = at;
    return true;
}

/* "red", "red 20%", or "red 20% 40%", which stands at both.  NaN: nothing is
 * said. */
static bool read_stop(Part p, DeckGround *out) {
    float first = NAN, last = NAN;
    uint32_t rgb;
    const bool said = take_place(&p, &last), twice = take_place(&p, &first);
    if (!read_color(p, &rgb)) return false;
    if (twice && !add_stop(out, rgb, first)) return false;
    return add_stop(out, rgb, said ? last : NAN);
}

/* As style sheets do it: the first stands at 0 and the last at 1 where they do
 * not say, none before the one before it, and those between share the way. */
static void set_places(DeckGround *g) {
    float most = -INFINITY;
    if (isnan(g->at[0])) g->at[0] = 0;
    if (isnan(g->at[g->n - 1])) g->at[g->n - 1] = 1;
    for (int i = 0; i < g->n; i++)
        if (!isnan(g->at[i])) g->at[i] = most = fmaxf(g->at[i], most);
    for (int i = 1, from = 0; i < g->n; i++) {
        if (isnan(g->at[i])) continue;
        for (int k = from + 1; k < i; k++)
            g->at[k] = g->at[from] + (g->at[i] - g->at[from]) *
                                         (float)(k - from) / (float)(i - from);
        from = i;
    }
}

/* Places in other units than percent, and hints between two colours, are not
 * taken; nor is another middle than the slide's. */
static bool read_gradient(Part p, DeckGround *out) {
    Part arguments;
    out->radial = read_call(p, "radial-gradient", &arguments);
    out->angle = 180;
    if (!out->radial && !read_call(p, "linear-gradient", &arguments))
        return false;
    for (int i = 0; arguments.n > 0; i++) {
        const Part a = next_argument(&arguments);
        if (i == 0 && !out->radial && read_angle(a, &out->angle)) continue;
        if (i == 0 && out->radial &&
            (begins(a, "circle") || begins(a, "ellipse"))) {
            if (holds(a, " at ") && !holds(a, " at center")) return false;
            continue;
        }
        if (!read_stop(a, out)) return false;
    }
    if (out->n < 2) return false;
    set_places(out);
    return true;
}

bool deck_ground_read(const char *text, size_t n, DeckGround *ground) {
    const Part p = trimmed(text, n);
    DeckGround read = {0};
    if (read_color(p, &read.colors[0]))
        read.n = 1;
    else if (!read_gradient(p, &read))
        return false;
    *ground = read;
    return true;
}
