/* Text takes three steps: fontfind says which file, textsplit cuts the text
 * into runs of one file, and here SDL_ttf shapes and draws each run; the runs
 * are laid on one plane, baseline on baseline.  Text at an angle is drawn level
 * at twice the size and turned, which keeps its edges smooth.
 */
#include "viz/paint/fonts.h"

#include "engine/base/file.h"
#include "engine/base/num.h"
#include "engine/base/utf8.h"
#include "viz/paint/fontfind.h"
#include "viz/paint/textcache.h"
#include "viz/paint/textplane.h"
#include "viz/paint/textsplit.h"

#include <SDL_ttf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX      64          /* font files read */
#define FILE_MAX_BYTES (128 << 20) /* of one of them */
#define ROOM_BYTES     (32 << 20)  /* more than the libraries take */
#define SIZED_MAX      64          /* fonts open at a time, in any size */
#define SIZE_MAX_PX    512         /* larger text is drawn at this size */
#define MASK_MAX_PX    16384       /* wider text is cut */
#define DRAWN_MAX      32 /* bytes of a text that is drawn when measured */
#define TURNED_SCALE   2
#define TURNED_MAX_PX  4096

/* A font file opened at one size. */
typedef struct Sized {
    TTF_Font *font; /* NULL: free */
    FontFile file;
    int size_px;
    uint64_t used; /* Fonts.clock at its last use */
} Sized;

struct Fonts {
    FontFind *find;
    TextCache *cache;
    File files[FILES_MAX]; /* the first n_files are read */
    int n_files;
    Sized sized[SIZED_MAX];
    uint64_t clock;
    TextPlane level, turned;
    int draws; /* a run of so many bytes is drawn when it is measured: */
    SDL_Surface *drawn; /* it, until it is on the plane */
    char problem[160];  /* the first of drawing; "": none */
};

/* Some of the libraries crash when memory runs out, so it may not run out where
 * they read the system's fonts. */
static bool has_room(Err *err) {
    void *volatile room = malloc(ROOM_BYTES); /* or a compiler leaves it out */
    free(room);
    return room || err_memory(err, "fonts", ROOM_BYTES);
}

Fonts *fonts_open(Err *err) {
    if (!has_room(err)) return NULL;
    Fonts *f = calloc(1, sizeof *f);
    if (!f) {
        err_memory(err, "fonts", sizeof *f);
        return NULL;
    }
    if (TTF_Init() != 0) {
        err_set(err, ERR_IO, 0, "fonts: SDL_ttf: %s", TTF_GetError());
        free(f);
        return NULL;
    }
    f->find = fontfind_open(err);
    if (f->find) f->cache = textcache_open(FONTS_CACHE_BYTES, err);
    if (!f->cache) {
        fonts_close(f);
        return NULL;
    }
    return f;
}

void fonts_close(Fonts *f) {
    if (!f) return;
    for (int i = 0; i < SIZED_MAX; i++)
        if (f->sized[i].font) TTF_CloseFont(f->sized[i].font);
    TTF_Quit();
    for (int i = 0; i < f->n_files; i++)
        file_close(&f->files[i]);
    fontfind_close(f->find);
    textcache_close(f->cache);
    free(f->level.px);
    free(f->turned.px);
    free(f);
}

const char *fonts_family(const Fonts *f, Face face) {
    return fontfind_family(f->find, face);
}

static int whole_size(float size_px) {
    if (!(size_px > 1)) return 1;
    return size_px > SIZE_MAX_PX ? SIZE_MAX_PX : (int)lroundf(size_px);
}

/* How much of a text is drawn: whole characters. */
static int drawn_len(const char *text, int len) {
    if (len <= FONTS_TEXT_MAX) return len;
    int n = FONTS_TEXT_MAX;
    while (n > FONTS_TEXT_MAX - 4 && (text[n] & 0xC0) == 0x80)
        n--;
    return n;
}

/* ---- open fonts ---------------------------------------------------------- */

/* The bytes of a font file, read once for all sizes: SDL_ttf would read each
 * letter from disk when it comes up.  NULL when it cannot be read. */
static const File *font_bytes(Fonts *f, const char *path) {
    for (int i = 0; i < f->n_files; i++)
        if (strcmp(f->files[i].path, path) == 0) return &f->files[i];
    if (f->n_files == FILES_MAX) return NULL;
    if (!file_open(&f->files[f->n_files], path, FILE_MAX_BYTES, NULL))
        return NULL;
    return &f->files[f->n_files++];
}

/* Drawing goes on without: what failed first is kept for who can tell it. */
static void note_problem(Fonts *f, const char *what) {
    if (!f->problem[0])
        snprintf(f->problem, sizeof f->problem, "fonts: %s: %s", what,
                 TTF_GetError());
}

/* The open font for a file at a size, opened in the place of the one unused
 * for longest.  NULL when it cannot be opened. */
static TTF_Font *sized_font(Fonts *f, FontFile file, int size_px) {
    Sized *oldest = &f->sized[0];
    f->clock++;
    for (int i = 0; i < SIZED_MAX; i++) {
        Sized *s = &f->sized[i];
        if (s->font && s->size_px == size_px && s->file.index == file.index &&
            strcmp(s->file.path, file.path) == 0) {
            s->used = f->clock;
            return s->font;
        }
        if (s->used < oldest->used) oldest = s;
    }
    if (oldest->font) TTF_CloseFont(oldest->font);
    *oldest = (Sized){0};
    const File *bytes = font_bytes(f, file.path);
    if (!bytes) return NULL;
    SDL_RWops *stream = SDL_RWFromConstMem(bytes->data, (int)bytes->size);
    TTF_Font *font = TTF_OpenFontIndexRW(stream, 1, size_px, file.index);
    if (!font) {
        note_problem(f, file.path);
        return NULL;
    }
    /* Crisp horizontals, and letters at fractions of pixels, so that spacing
     * is even at small sizes. */
    TTF_SetFontHinting(font, TTF_HINTING_LIGHT_SUBPIXEL);
    *oldest = (Sized){font, file, size_px, f->clock};
    return font;
}

/* The face's own font; it was found at open. */
static TTF_Font *face_font(Fonts *f, Face face, int size_px) {
    FontFile file;
    if (!fontfind_pick(f->find, face, NULL, 0, &file)) return NULL;
    return sized_font(f, file, size_px);
}

static TTF_Font *run_font(Fonts *f, const TextRun *run, int size_px) {
    if (!run->file.path) return NULL;
    TTF_Font *font = sized_font(f, run->file, size_px);
    if (!font) return NULL;
    const TTF_Direction direction =
        run->right_to_left ? TTF_DIRECTION_RTL : TTF_DIRECTION_LTR;
    if (TTF_SetFontScriptName(font, run->script) != 0 ||
        TTF_SetFontDirection(font, direction) != 0)
        note_problem(f, "shaping");
    return font;
}

/* ---- code ---------------------------------------------------------------- */

static bool is_sign(char c) {
    return c && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c);
}

/* Fonts for code draw some signs that stand side by side, such as ->, as one:
 * how much of a text has no such place. */
static int until_joined(Face face, const char *text, int len) {
    if (face != FACE_MONO && face != FACE_MONO_BOLD) return len;
    int n = num_min(1, len);
    while (n < len && !(is_sign(text[n - 1]) && is_sign(text[n])))
        n++;
    return n;
}

/* ---- layout -------------------------------------------------------------- */

/* The box for characters that no font has. */
typedef struct MissingBox {
    char digits[2][4]; /* two rows of two or three */
    int digits_px;     /* their em */
    int digit_w, digit_h;
    int line; /* thickness; also the space around the digits */
    int w, h;
} MissingBox;

static MissingBox missing_box(Fonts *f, uint32_t cp, int size_px) {
    MissingBox b = {0};
    int cols = cp > 0xFFFF ? 3 : 2;
    char hex[16];
    snprintf(hex, sizeof hex, "%0*X", 2 * cols, (unsigned)cp);
    memcpy(b.digits[0], hex, cols);
    memcpy(b.digits[1], hex + cols, cols);
    b.digits_px = size_px * 2 / 5 > 6 ? size_px * 2 / 5 : 6;
    TTF_Font *font = face_font(f, FACE_MONO, b.digits_px);
    if (font && TTF_GlyphMetrics32(font, '0', NULL, NULL, NULL, &b.digit_h,
                                   &b.digit_w) != 0)
        note_problem(f, "a digit");
    b.line = size_px / 20 > 1 ? size_px / 20 : 1;
    b.w = cols * b.digit_w + 4 * b.line;
    b.h = 2 * b.digit_h + 5 * b.line;
    return b;
}

/* How far a glyph's ink reaches beyond its advance box: SDL_ttf's widths
 * include it, an advance must not.  What the font has no glyph for has none:
 * then it fails. */
static int ink_before(TTF_Font *font, uint32_t cp) {
    int min_x = 0;
    if (TTF_GlyphMetrics32(font, cp, &min_x, NULL, NULL, NULL, NULL) != 0)
        return 0;
    return min_x < 0 ? -min_x : 0;
}

static int ink_after(TTF_Font *font, uint32_t cp) {
    int max_x = 0, advance = 0;
    if (TTF_GlyphMetrics32(font, cp, NULL, &max_x, NULL, NULL, &advance) != 0)
        return 0;
    return max_x > advance ? max_x - advance : 0;
}

/* Draws what is measured; false: it has no picture, or several. */
static bool draw_measured(Fonts *f, Face face, TTF_Font *font,
                          const TextRun *run, int *w, int *h) {
    const SDL_Color white = {255, 255, 255, 255};
    if (until_joined(face, run->text, run->len) < run->len) return false;
    f->drawn = TTF_RenderUTF8_Blended(font, run->text, white);
    if (!f->drawn) return false;
    *w = f->drawn->w;
    *h = f->drawn->h;
    return true;
}

static TextExtent measure_run(Fonts *f, Face face, const TextRun *run,
                              int size_px, bool draws) {
    TTF_Font *font = run_font(f, run, size_px);
    if (!font) {
        MissingBox b = missing_box(f, run->first, size_px);
        int advance = b.w + 2 * b.line;
        return (TextExtent){0, advance, advance, b.h, b.line};
    }
    int w = 0, h = 0;
    if (!(draws && draw_measured(f, face, font, run, &w, &h)) &&
        TTF_SizeUTF8(font, run->text, &w, &h) != 0)
        note_problem(f, "the width of a text");
    uint32_t leftmost = run->right_to_left ? run->last : run->first;
    uint32_t rightmost = run->right_to_left ? run->first : run->last;
    TextExtent e = {.before = ink_before(font, leftmost), .width = w};
    e.advance = w - e.before - ink_after(font, rightmost);
    if (e.advance < 0) e.advance = 0;
    /* Room for stacked accents, which make the picture taller than the font,
     * upwards or downwards. */
    int more = h - TTF_FontHeight(font);
    e.above = TTF_FontAscent(font) + more;
    e.below = TTF_FontHeight(font) - TTF_FontAscent(font) + more;
    return e;
}

/* The run that text[0..len) starts with and what it needs; returns how many
 * bytes of text it took.  A text is measured, then laid out, then drawn, and
 * shaping it is most of the work, each time: measured once, it is kept. */
static int next_run(Fonts *f, Face face, int size_px, const char *text, int len,
                    TextRun *run, TextExtent *e) {
    const int taken = textsplit_next(f->find, face, text, len, run);
    const TextKey key = {TEXT_RUN, face, size_px, 0, text, taken};
    const TextEntry *known = textcache_find(f->cache, key);
    *e = known ? known->extent
               : measure_run(f, face, run, size_px, taken == f->draws);
    if (!known) textcache_add(f->cache, key, (TextEntry){.extent = *e});
    return taken;
}

static int measure(Fonts *f, Face face, int size_px, const char *text,
                   int len) {
    int width = 0;
    for (int at = 0; at < len;) {
        TextRun run;
        TextExtent e;
        at += next_run(f, face, size_px, text + at, len - at, &run, &e);
        width += e.advance;
    }
    return width;
}

/* ---- drawing ------------------------------------------------------------- */

static uint8_t alpha_at(const SDL_Surface *s, int x, int y) {
    uint32_t argb;
    memcpy(&argb,
           (const uint8_t *)s->pixels + (size_t)y * s->pitch +
               (size_t)x * sizeof argb,
           sizeof argb);
    return (uint8_t)(argb >> 24);
}

/* How far the baseline is below the top of a picture of text.  One taller than
 * the font has grown upwards when its very first row has ink. */
static int baseline(const SDL_Surface *s, TTF_Font *font) {
    int more = s->h - TTF_FontHeight(font);
    bool upwards = false;
    for (int x = 0; x < s->w && !upwards; x++)
        upwards = alpha_at(s, x, 0) > 0;
    return TTF_FontAscent(font) + (upwards ? more : 0);
}

/* Draws text with its picture's left at x and its baseline at y.  SDL_ttf
 * gives no picture for text without width, which is fine: there is nothing to
 * draw. */
static void plane_text(Fonts *f, TextPlane *p, TTF_Font *font, const char *text,
                       int x, int baseline_y) {
    const SDL_Color white = {255, 255, 255, 255};
    SDL_Surface *s =
        f->drawn ? f->drawn : TTF_RenderUTF8_Blended(font, text, white);
    int w = 0;
    f->drawn = NULL;
    if (!s && TTF_SizeUTF8(font, text, &w, NULL) == 0 && w > 0)
        note_problem(f, "drawing a text");
    if (!s) return;
    int top = baseline_y - baseline(s, font);
    for (int j = 0; j < s->h; j++)
        for (int i = 0; i < s->w; i++) {
            const uint8_t coverage = alpha_at(s, i, j);
            if (coverage) textplane_put(p, x + i, top + j, coverage);
        }
    SDL_FreeSurface(s);
}

/* Draws a run, its origin at x: signs that the font would join each by
 * themselves, at the width of what is before them, which joining leaves as it
 * is. */
static void plane_run(Fonts *f, TextPlane *p, Face face, TTF_Font *font,
                      TextRun *run, int x, int baseline_y) {
    const int first = ink_before(font, run->first);
    int before = first, w = 0;
    for (int at = 0; at < run->len;) {
        char *piece = run->text + at;
        const int n = until_joined(face, piece, run->len - at);
        const char next = piece[n];
        piece[n] = '\0';
        plane_text(f, p, font, piece, x + w - before, baseline_y);
        if (next && TTF_SizeUTF8(font, run->text, &w, NULL) != 0)
            note_problem(f, "the width of a text");
        w -= first;
        piece[n] = next;
        at += n;
        before = ink_before(font, (uint32_t)(uint8_t)next);
    }
}

static void plane_missing(Fonts *f, TextPlane *p, uint32_t cp, int size_px,
                          int x, int baseline_y) {
    MissingBox b = missing_box(f, cp, size_px);
    x += b.line;
    int top = baseline_y - b.h + b.line;
    for (int j = 0; j < b.h; j++)
        for (int i = 0; i < b.w; i++)
            if (i < b.line || j < b.line || i >= b.w - b.line ||
                j >= b.h - b.line)
                textplane_put(p, x + i, top + j, 255);
    TTF_Font *font = face_font(f, FACE_MONO, b.digits_px);
    if (!font) return;
    for (int row = 0; row < 2; row++)
        plane_text(f, p, font, b.digits[row], x + 2 * b.line,
                   top + (2 + row) * b.line + (row + 1) * b.digit_h);
}

/* Cuts a run so that its picture is at most max_px wide. */
static void run_cut(Fonts *f, TextRun *run, TTF_Font *font, int max_px) {
    int count = 0;
    if (TTF_MeasureUTF8(font, run->text, max_px, NULL, &count) != 0)
        note_problem(f, "the width of a text");
    int at = 0;
    for (; count > 0 && at < run->len; count--)
        do
            at++;
        while ((run->text[at] & 0xC0) == 0x80);
    run->text[at] = '\0';
    run->len = at;
}

/* Lays text out on f->level, at most max_px wide.  False when out of
 * memory. */
static bool draw_level(Fonts *f, Face face, int size_px, const char *text,
                       int len, int max_px) {
    TextRun run;
    TextExtent e;
    int left = 0, right = 0, above = 0, below = 0, pen = 0;
    for (int at = 0; at < len && pen < max_px;) {
        at += next_run(f, face, size_px, text + at, len - at, &run, &e);
        if (pen - e.before < left) left = pen - e.before;
        if (pen - e.before + e.width > right) right = pen - e.before + e.width;
        if (e.above > above) above = e.above;
        if (e.below > below) below = e.below;
        pen += e.advance;
    }
    if (right > max_px) right = max_px;
    if (!textplane_clear(&f->level, right - left, above + below, -left, above))
        return false;
    pen = 0;
    for (int at = 0; at < len && pen < max_px;) {
        at += next_run(f, face, size_px, text + at, len - at, &run, &e);
        TTF_Font *font = run_font(f, &run, size_px);
        if (!font)
            plane_missing(f, &f->level, run.first, size_px, pen - left, above);
        else {
            if (pen + e.width > max_px) run_cut(f, &run, font, max_px - pen);
            plane_run(f, &f->level, face, font, &run, pen - left, above);
        }
        pen += e.advance;
    }
    return true;
}

/* ---- the public functions ------------------------------------------------ */

const char *fonts_problem(const Fonts *f) {
    return f->problem;
}

/* Angles are told apart to a tenth of a degree. */
static int whole_angle(float degrees) {
    if (!isfinite(degrees)) return 0;
    return (int)lround(fmod(degrees, 360) * 10);
}

bool fonts_mask(Fonts *f, Face face, float size_px, float angle,
                const char *text, int len, TextMask *out) {
    *out = (TextMask){0};
    if (len <= 0) return true;
    TextKey key = {TEXT_MASK,          face, whole_size(size_px),
                   whole_angle(angle), text, drawn_len(text, len)};
    const TextEntry *e = textcache_find(f->cache, key);
    if (!e) {
        TextMask mask;
        if (key.variant == 0) {
            if (!draw_level(f, face, key.size_px, text, key.len, MASK_MAX_PX))
                return false;
            mask = textplane_crop(&f->level);
        } else {
            if (!draw_level(f, face, key.size_px * TURNED_SCALE, text, key.len,
                            TURNED_MAX_PX * TURNED_SCALE) ||
                !textplane_turn(&f->level, TURNED_SCALE,
                                (float)key.variant / 10, &f->turned))
                return false;
            mask = textplane_crop(&f->turned);
        }
        e = textcache_add(f->cache, key, (TextEntry){.mask = mask});
        if (!e) return false;
    }
    *out = e->mask;
    return true;
}

void fonts_pieces(Fonts *f, Face face, float size_px, const char *text, int len,
                  void (*put)(void *to, const FontPiece *piece), void *to) {
    const int size = whole_size(size_px), n = drawn_len(text, len);
    int x = 0;
    for (int at = 0; at < n;) {
        TextRun run;
        TextExtent e;
        at += next_run(f, face, size, text + at, n - at, &run, &e);
        const int advance = e.advance;
        put(to, &(FontPiece){.path = run.file.path,
                             .index = run.file.index,
                             .text = run.text,
                             .len = run.len,
                             .script = run.script,
                             .right_to_left = run.right_to_left,
                             .size_px = size,
                             .x = x,
                             .advance = advance});
        x += advance;
    }
}

int fonts_width(Fonts *f, Face face, float size_px, const char *text, int len) {
    if (len <= 0) return 0;
    TextKey key = {TEXT_WIDTH, face, whole_size(size_px),
                   0,          text, drawn_len(text, len)};
    const TextEntry *e = textcache_find(f->cache, key);
    if (e) return e->value;
    int width = measure(f, face, key.size_px, text, key.len);
    textcache_add(f->cache, key, (TextEntry){.value = width});
    return width;
}

int fonts_width_drawn(Fonts *f, Face face, float size_px, const char *text,
                      int len) {
    TextMask mask;
    if (len > 0 && len <= DRAWN_MAX) f->draws = len;
    const int width = fonts_width(f, face, size_px, text, len);
    f->draws = 0;
    if (!f->drawn) return width;
    if (f->drawn->w <= MASK_MAX_PX)
        fonts_mask(f, face, size_px, 0, text, len, &mask);
    SDL_FreeSurface(f->drawn);
    f->drawn = NULL;
    return width;
}

bool fonts_has(Fonts *f, Face face, const char *text, int len) {
    if (len <= 0) return true;
    TextKey key = {TEXT_HAS, face, 0, 0, text, drawn_len(text, len)};
    const TextEntry *e = textcache_find(f->cache, key);
    if (e) return e->value;
    bool has = true;
    for (int at = 0; at < key.len && has;) {
        TextRun run;
        at += textsplit_next(f->find, face, text + at, key.len - at, &run);
        has = run.file.path != NULL;
    }
    textcache_add(f->cache, key, (TextEntry){.value = has});
    return has;
}

FontMetrics fonts_metrics(Fonts *f, Face face, float size_px) {
    TTF_Font *font = face_font(f, face, whole_size(size_px));
    if (!font) return (FontMetrics){0};
    FontMetrics m = {.ascent = TTF_FontAscent(font),
                     .descent = -TTF_FontDescent(font),
                     .line = TTF_FontLineSkip(font)};
    if (TTF_GlyphMetrics32(font, 'H', NULL, NULL, NULL, &m.cap, NULL) != 0)
        note_problem(f, "the height of capitals");
    return m;
}

#define GUESSES 8 /* by the width of what was measured; then by halves */

/* How many of a text's n characters fit; ends[i]: bytes of the first i.  Each
 * try shapes all that it measures. */
static int count_fitting(Fonts *f, TextKey key, const int *ends, int n,
                         int width_px) {
    int fits = 0, too_many = n + 1;
    double guess = 2.0 * width_px / key.size_px;
    for (int tries = 0; too_many - fits > 1; tries++) {
        if (tries >= GUESSES) guess = (fits + too_many) / 2.0;
        const int i = (int)fmin(fmax(guess, fits + 1), too_many - 1);
        const int w = measure(f, key.face, key.size_px, key.text, ends[i]);
        if (w <= width_px)
            fits = i;
        else
            too_many = i;
        if (w > 0) guess = (double)i * width_px / w;
    }
    return fits;
}

int fonts_fit(Fonts *f, Face face, float size_px, const char *text, int len,
              int width_px) {
    if (len <= 0 || width_px <= 0) return 0;
    TextKey key = {TEXT_FIT, face, whole_size(size_px),
                   width_px, text, drawn_len(text, len)};
    const TextEntry *e = textcache_find(f->cache, key);
    if (e) return e->value;
    int ends[FONTS_TEXT_MAX + 1] = {0}; /* ends[i]: bytes of i characters */
    int n = 0;
    while (ends[n] < key.len) {
        ends[n + 1] = (int)utf8_next(text, key.len, ends[n]);
        n++;
    }
    const int fits = count_fitting(f, key, ends, n, width_px);
    textcache_add(f->cache, key, (TextEntry){.value = ends[fits]});
    return ends[fits];
}
