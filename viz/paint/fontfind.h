/* Fontfind: which installed font file draws a character, through fontconfig.
 *
 * Does NOT open the files or draw; used by fonts.c only.
 *
 * Fontconfig always answers, if need be with some other family, so every
 * answer's family is checked against the wish.  Only scalable TrueType and CFF
 * outlines are taken: bitmap and colour fonts cannot be drawn as masks at any
 * size.
 */
#ifndef VIZ_PAINT_FONTFIND_H
#define VIZ_PAINT_FONTFIND_H

#include "viz/paint/fonts.h"

typedef struct FontFind FontFind;

typedef struct FontFile {
    const char *path; /* borrowed from the FontFind */
    long index;       /* of the face, or named instance, within the file */
} FontFile;

/* Fails with a message that says what to install. */
FontFind *fontfind_open(Err *err);
void fontfind_close(FontFind *f); /* NULL is fine */

const char *fontfind_family(const FontFind *f, Face face);

/* The file for a face that has all of cps[0..n): the face's own where it can,
 * else the nearest in fontconfig's order.  False when no font has them. */
bool fontfind_pick(FontFind *f, Face face, const uint32_t *cps, int n,
                   FontFile *out);

#endif
