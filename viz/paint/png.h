/* PNG out and in, through libpng. */
#ifndef VIZ_PAINT_PNG_H
#define VIZ_PAINT_PNG_H

#include "engine/base/err.h"
#include "viz/paint/raster.h"

#define PNG_STATE_KEYWORD "llantern state"
#define PNG_FILE_MAX      (256u << 20)
#define PNG_TEXT_MAX      (1u << 20) /* bytes of a text, packed or not */

/* What a picture says of itself, UTF-8, borrowed; each may be NULL. */
typedef struct PngTexts {
    const char *state; /* under PNG_STATE_KEYWORD */
    const char *model; /* its name, under "llantern model" */
    const char *font;  /* the family of its text, under "llantern font" */
} PngTexts;

/* Encodes the picture as 8-bit RGB with text chunks: Software, and the texts
 * (iTXt).  *out is malloc'ed.  The same picture and texts give the same bytes,
 * and the same texts in another font are another picture. */
bool png_encode(const Pixmap *p, PngTexts texts, uint8_t **out, size_t *size,
                Err *err);

/* The state string of an exported PNG, malloc'ed; NULL with a message when the
 * file is not a PNG, is damaged, or was not made by llantern.  Nothing but its
 * text chunks is decoded. */
char *png_read_state(const char *path, Err *err);

#endif
