/* Textrun: text cut into runs that one font draws in one direction.
 *
 * A character and the marks that follow it are never parted.  What has no
 * shape of its own is made visible: ill-formed bytes become U+FFFD, control
 * characters their pictures from U+2400 on.  Private-use characters count as
 * had by no font.
 *
 * Does NOT reorder: runs follow each other from left to right, though letters
 * within a Hebrew or Arabic run go from right to left.  Used by fonts.c only.
 */
#ifndef VIZ_PAINT_TEXTRUN_H
#define VIZ_PAINT_TEXTRUN_H

#include "viz/paint/fontfind.h"

typedef struct TextRun {
    char text[3 * FONTS_TEXT_MAX + 1]; /* cleaned UTF-8, NUL-terminated */
    int len;
    uint32_t first, last; /* its outermost characters that are no marks */
    FontFile file;        /* path NULL: no font has them; one character */
    const char *script;   /* ISO 15924 */
    bool right_to_left;
} TextRun;

/* Takes the run that text[0..len) starts with.  Returns how many bytes of text
 * it took, at least 1.  0 < len <= FONTS_TEXT_MAX. */
int textsplit_next(FontFind *find, Face face, const char *text, int len,
                   TextRun *run);

#endif
