#include "viz/paint/textsplit.h"

#include "engine/base/utf8.h"

#include <string.h>

/* Code points of a cluster that its font is chosen by; what follows is drawn
 * with the same font. */
#define CLUSTER_MAX 8

typedef struct Range {
    uint32_t first, last;
} Range;

/* Marks that are drawn onto the character before them. */
static const Range marks[] = {
    {0x0300, 0x036F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x20D0, 0x20FF},
    {0x3099, 0x309A}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF},
};

/* Joiners, variation selectors, directional and other marks without a shape:
 * no font needs to have them. */
static const Range shapeless[] = {
    {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x206F},
    {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE0FFF},
};

static bool in_ranges(uint32_t cp, const Range *ranges, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last) return true;
    return false;
}

static bool is_mark(uint32_t cp) {
    return in_ranges(cp, marks, sizeof marks / sizeof *marks);
}

static bool is_shapeless(uint32_t cp) {
    return in_ranges(cp, shapeless, sizeof shapeless / sizeof *shapeless);
}

/* Private use: every font has its own idea of them, so none is right. */
static const Range private_use[] = {
    {0xE000, 0xF8FF},
    {0xF0000, 0x10FFFF},
};

/* Scripts whose letters only take their right forms and places when the
 * shaper is told the script. */
typedef struct Script {
    Range range;
    const char *name;
    bool right_to_left;
} Script;

static const Script scripts[] = {
    {{0x0590, 0x05FF}, "Hebr", true},  {{0x0600, 0x08FF}, "Arab", true},
    {{0x0900, 0x097F}, "Deva", false}, {{0x0980, 0x09FF}, "Beng", false},
    {{0x0B80, 0x0BFF}, "Taml", false}, {{0x0E00, 0x0E7F}, "Thai", false},
    {{0xFB1D, 0xFB4F}, "Hebr", true},  {{0xFB50, 0xFDFF}, "Arab", true},
    {{0xFE70, 0xFEFC}, "Arab", true},
};
static const Script common = {{0, 0x10FFFF}, "Latn", false};

static const Script *script_of(uint32_t cp) {
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (cp >= scripts[i].range.first && cp <= scripts[i].range.last)
            return &scripts[i];
    return &common;
}

/* A character with its marks. */
typedef struct Cluster {
    int taken; /* bytes of the source */
    uint32_t base;
    uint32_t needs[CLUSTER_MAX]; /* what its font must have */
    int n_needs;
} Cluster;

static uint32_t visible(uint32_t cp) {
    if (cp == UTF8_BAD) return 0xFFFD;
    if (cp == '\t') return ' ';
    if (cp < 0x20) return 0x2400 + cp;
    return cp == 0x7F ? 0x2421 : cp;
}

static int decode(const char *text, int len, uint32_t *cp) {
    int taken = utf8_decode(text, len, cp);
    *cp = visible(*cp);
    return taken;
}

static Cluster next_cluster(const char *text, int len) {
    Cluster c = {0};
    while (c.taken < len) {
        uint32_t cp;
        int taken = decode(text + c.taken, len - c.taken, &cp);
        bool joins = is_mark(cp) || is_shapeless(cp);
        if (c.taken > 0 && !joins) break;
        if (c.taken == 0) c.base = cp;
        if (!is_shapeless(cp) && c.n_needs < CLUSTER_MAX)
            c.needs[c.n_needs++] = cp;
        c.taken += taken;
    }
    return c;
}

/* No font may have both a character and its mark; then the character's own
 * font at least draws the character. */
static FontFile cluster_file(FontFind *find, Face face, const Cluster *c) {
    FontFile file;
    if (in_ranges(c->base, private_use,
                  sizeof private_use / sizeof *private_use))
        return (FontFile){0};
    if (fontfind_pick(find, face, c->needs, c->n_needs, &file)) return file;
    if (c->n_needs > 1 && fontfind_pick(find, face, c->needs, 1, &file))
        return file;
    return (FontFile){0};
}

static void run_append(TextRun *run, const char *text, const Cluster *c) {
    for (int at = 0; at < c->taken;) {
        uint32_t cp;
        at += decode(text + at, c->taken - at, &cp);
        run->len += utf8_encode(cp, run->text + run->len);
    }
    run->text[run->len] = '\0';
    run->last = c->base;
}

int textsplit_next(FontFind *find, Face face, const char *text, int len,
                   TextRun *run) {
    Cluster c = next_cluster(text, len);
    const Script *script = script_of(c.base);
    run->len = 0;
    run->first = c.base;
    run->file = cluster_file(find, face, &c);
    run->script = script->name;
    run->right_to_left = script->right_to_left;
    run_append(run, text, &c);
    int taken = c.taken;
    while (run->file.path && taken < len) {
        c = next_cluster(text + taken, len - taken);
        FontFile file = cluster_file(find, face, &c);
        if (!file.path || strcmp(file.path, run->file.path) != 0 ||
            file.index != run->file.index ||
            strcmp(script_of(c.base)->name, run->script) != 0)
            break;
        run_append(run, text + taken, &c);
        taken += c.taken;
    }
    return taken;
}
