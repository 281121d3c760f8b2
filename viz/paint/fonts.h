/* Fonts: finds font files through fontconfig, turns text into masks.
 *
 * A Face is what the design needs, not a file.  The files are the first
 * installed of a short list (Inter, ... for FACE_SANS; JetBrains Mono, ... for
 * FACE_MONO); characters that file lacks come from whatever installed font has
 * them; a character nobody has is drawn as a box with its hexadecimal number.
 * Signs of code are never joined to one, as -> often is: FACE_MONO shows what
 * is written.  Text is UTF-8; ill-formed bytes show as U+FFFD.  Masks are
 * cached by (text, face, size, angle), FONTS_CACHE_BYTES in all, oldest out
 * first.
 *
 * Does NOT break lines (see paragraph.h) and never loads a font that a deck or
 * a model names.  One thread.
 */
#ifndef VIZ_PAINT_FONTS_H
#define VIZ_PAINT_FONTS_H

#include "engine/base/err.h"

#include <stdint.h>

#define FONTS_CACHE_BYTES (32u << 20)
#define FONTS_TEXT_MAX    1024 /* bytes of one drawn piece; longer is cut */

typedef enum Face {
    FACE_SANS,
    FACE_MEDIUM, /* a little heavier: token chips, emphasis in lists */
    FACE_BOLD,
    FACE_ITALIC,
    FACE_MONO,
    FACE_MONO_BOLD,
    FACE_COUNT
} Face;

typedef struct Fonts Fonts;

/* Fails with a message that says what to install when no usable sans or mono
 * font is found. */
Fonts *fonts_open(Err *err);
void fonts_close(Fonts *f); /* NULL is fine */

/* The family name in use for a face, which exported pictures name. */
const char *fonts_family(const Fonts *f, Face face);

/* The first thing that has failed while text was measured or drawn, which goes
 * on without it; one line, "" when nothing has. */
const char *fonts_problem(const Fonts *f);

typedef struct TextMask {
    const uint8_t *coverage; /* [h, w], borrowed: until the next fonts call */
    int w, h;
    int origin_x, origin_y; /* of the first character's baseline within it */
} TextMask;

/* size_px: em size in pixels, >= 1.  angle: degrees counter-clockwise around
 * the origin.  "" and text without ink give w == 0.  False only when out of
 * memory; the text is then simply not drawn. */
bool fonts_mask(Fonts *f, Face face, float size_px, float angle,
                const char *text, int len, TextMask *out);

/* Advance width in pixels of text[0..len). */
int fonts_width(Fonts *f, Face face, float size_px, const char *text, int len);
/* The same of a text that is likely drawn level next.  Most of measuring and of
 * drawing is to shape it, so a short one's mask is made at once. */
int fonts_width_drawn(Fonts *f, Face face, float size_px, const char *text,
                      int len);

/* A part of a text that one font file draws, for who draws it otherwise than as
 * a mask. */
typedef struct FontPiece {
    const char *path; /* of the font file; NULL: no font has the character */
    long index;       /* of the face, or named instance, within it */
    const char *text; /* UTF-8, made visible as masks have it; [len] */
    int len;
    const char *script; /* ISO 15924 */
    bool right_to_left;
    int size_px;    /* em */
    int x, advance; /* from the text's origin, pixels */
} FontPiece;

/* put(to, piece) for each piece of what fonts_mask would draw, from left to
 * right; a piece is valid during the call. */
void fonts_pieces(Fonts *f, Face face, float size_px, const char *text, int len,
                  void (*put)(void *to, const FontPiece *piece), void *to);

/* True when some font has every character of text[0..len). */
bool fonts_has(Fonts *f, Face face, const char *text, int len);

/* Distance baseline to top of capitals, to ascender, to descender (positive),
 * and recommended line height, in pixels. */
typedef struct FontMetrics {
    int cap, ascent, descent, line;
} FontMetrics;
FontMetrics fonts_metrics(Fonts *f, Face face, float size_px);

/* How many bytes of text fit into width_px (whole characters). */
int fonts_fit(Fonts *f, Face face, float size_px, const char *text, int len,
              int width_px);

#endif
