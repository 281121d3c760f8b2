#include "viz/paint/fontfind.h"

#include <fontconfig/fontconfig.h>
#include <stdlib.h>
#include <string.h>

struct FontFind {
    FcConfig *config;
    FcPattern *own[FACE_COUNT];    /* the face's font */
    FcFontSet *others[FACE_COUNT]; /* all fonts, nearest first; on demand */
};

static const char *const sans[] = {
    "Inter", "Noto Sans", "Cantarell", "DejaVu Sans", "Liberation Sans", NULL,
};
static const char *const mono[] = {
    "JetBrains Mono",
    "DejaVu Sans Mono",
    "Liberation Mono",
    NULL,
};

static const struct {
    const char *const *families;
    const char *generic;
    int weight, slant;
} styles[FACE_COUNT] = {
    [FACE_SANS] = {sans, "sans-serif", FC_WEIGHT_REGULAR, FC_SLANT_ROMAN},
    [FACE_MEDIUM] = {sans, "sans-serif", FC_WEIGHT_MEDIUM, FC_SLANT_ROMAN},
    [FACE_BOLD] = {sans, "sans-serif", FC_WEIGHT_BOLD, FC_SLANT_ROMAN},
    [FACE_ITALIC] = {sans, "sans-serif", FC_WEIGHT_REGULAR, FC_SLANT_ITALIC},
    [FACE_MONO] = {mono, "monospace", FC_WEIGHT_REGULAR, FC_SLANT_ROMAN},
    [FACE_MONO_BOLD] = {mono, "monospace", FC_WEIGHT_BOLD, FC_SLANT_ROMAN},
};

static const char *string_of(const FcPattern *p, const char *object, int i) {
    FcChar8 *s;
    if (FcPatternGetString(p, object, i, &s) != FcResultMatch) return NULL;
    return (const char *)s;
}

static bool flag_of(const FcPattern *p, const char *object, bool otherwise) {
    FcBool b;
    if (FcPatternGetBool(p, object, 0, &b) != FcResultMatch) return otherwise;
    return b == FcTrue;
}

/* A variable font's own entry is left out: its named weights are listed too,
 * and those are what a weight must be taken from. */
static bool usable(const FcPattern *p) {
    const char *format = string_of(p, FC_FONTFORMAT, 0);
    return format &&
           (strcmp(format, "TrueType") == 0 || strcmp(format, "CFF") == 0) &&
           string_of(p, FC_FILE, 0) && flag_of(p, FC_OUTLINE, true) &&
           !flag_of(p, FC_COLOR, false) && !flag_of(p, FC_VARIABLE, false);
}

/* "Inter Display" is not "Inter", though both names begin alike. */
static bool has_family(const FcPattern *p, const char *family) {
    const char *name;
    for (int i = 0; (name = string_of(p, FC_FAMILY, i)); i++)
        if (FcStrCmpIgnoreCase((const FcChar8 *)name,
                               (const FcChar8 *)family) == 0)
            return true;
    return false;
}

/* What fontconfig is asked for; NULL when out of memory. */
static FcPattern *wish(const FontFind *f, Face face, const char *family) {
    FcPattern *p = FcPatternCreate();
    if (!p) return NULL;
    FcPatternAddString(p, FC_FAMILY, (const FcChar8 *)family);
    FcPatternAddInteger(p, FC_WEIGHT, styles[face].weight);
    FcPatternAddInteger(p, FC_SLANT, styles[face].slant);
    FcPatternAddBool(p, FC_OUTLINE, FcTrue);
    FcPatternAddBool(p, FC_VARIABLE, FcFalse);
    FcConfigSubstitute(f->config, p, FcMatchPattern);
    FcDefaultSubstitute(p);
    return p;
}

/* The usable font nearest to the wish, from `family` or, for a generic name,
 * from whatever family stands for it; NULL when there is none. */
static FcPattern *match(const FontFind *f, Face face, const char *family,
                        bool generic) {
    FcPattern *p = wish(f, face, family);
    if (!p) return NULL;
    FcResult result;
    FcPattern *found = FcFontMatch(f->config, p, &result);
    FcPatternDestroy(p);
    if (found && usable(found) && (generic || has_family(found, family)))
        return found;
    if (found) FcPatternDestroy(found);
    return NULL;
}

static FcPattern *match_first(const FontFind *f, Face face) {
    FcPattern *found = NULL;
    for (int i = 0; !found && styles[face].families[i]; i++)
        found = match(f, face, styles[face].families[i], false);
    return found ? found : match(f, face, styles[face].generic, true);
}

FontFind *fontfind_open(Err *err) {
    FontFind *f = calloc(1, sizeof *f);
    if (!f) {
        err_memory(err, "fonts", sizeof *f);
        return NULL;
    }
    f->config = FcInitLoadConfigAndFonts();
    if (!f->config) {
        err_set(err, ERR_IO, 0, "fonts: fontconfig cannot be set up");
        goto fail;
    }
    for (int face = 0; face < FACE_COUNT; face++) {
        f->own[face] = match_first(f, face);
        if (f->own[face]) continue;
        err_set(err, ERR_IO, 0,
                "fonts: found no %s font, need one: install fonts-dejavu-core "
                "(or fonts-inter and fonts-jetbrains-mono)",
                styles[face].generic);
        goto fail;
    }
    return f;
fail:
    fontfind_close(f);
    return NULL;
}

void fontfind_close(FontFind *f) {
    if (!f) return;
    for (int face = 0; face < FACE_COUNT; face++) {
        if (f->own[face]) FcPatternDestroy(f->own[face]);
        if (f->others[face]) FcFontSetDestroy(f->others[face]);
    }
    if (f->config) FcConfigDestroy(f->config);
    free(f);
}

const char *fontfind_family(const FontFind *f, Face face) {
    const char *name = string_of(f->own[face], FC_FAMILY, 0);
    return name ? name : "";
}

static bool has_all(const FcPattern *p, const uint32_t *cps, int n) {
    FcCharSet *set;
    if (FcPatternGetCharSet(p, FC_CHARSET, 0, &set) != FcResultMatch)
        return false;
    for (int i = 0; i < n; i++)
        if (!FcCharSetHasChar(set, cps[i])) return false;
    return true;
}

static FontFile file_of(const FcPattern *p) {
    int index = 0;
    FcPatternGetInteger(p, FC_INDEX, 0, &index);
    return (FontFile){string_of(p, FC_FILE, 0), index};
}

bool fontfind_pick(FontFind *f, Face face, const uint32_t *cps, int n,
                   FontFile *out) {
    if (has_all(f->own[face], cps, n)) {
        *out = file_of(f->own[face]);
        return true;
    }
    if (!f->others[face]) {
        FcPattern *p = wish(f, face, fontfind_family(f, face));
        if (!p) return false;
        FcResult result;
        f->others[face] = FcFontSort(f->config, p, FcFalse, NULL, &result);
        FcPatternDestroy(p);
        if (!f->others[face]) return false;
    }
    for (int i = 0; i < f->others[face]->nfont; i++) {
        const FcPattern *p = f->others[face]->fonts[i];
        if (!usable(p) || !has_all(p, cps, n)) continue;
        *out = file_of(p);
        return true;
    }
    return false;
}
