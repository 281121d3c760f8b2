/* PNG out and in, through libpng. */
#ifndef VIZ_PAINT_PNG_H
#define VIZ_PAINT_PNG_H

#include "engine/base/err.h"
#include "viz/paint/raster.h"

#define PNG_STATE_KEYWORD "llantern state"
#define PNG_FILE_MAX      (256u << 20)
#define PNG_TEXT_MAX      (1u << 20) /* bytes of a text, packed or not */

/* Encodes the picture as 8-bit RGB with text chunks: Software, and the state
 * string (iTXt, UTF-8) and the model's name under PNG_STATE_KEYWORD and
 * "llantern model"; either may be NULL.  *out is malloc'ed.  The same picture
 * and texts give the same bytes. */
bool png_encode(const Pixmap *p, const char *state, const char *model,
                uint8_t **out, size_t *size, Err *err);

/* The state string of an exported PNG, malloc'ed; NULL with a message when the
 * file is not a PNG, is damaged, or was not made by llantern.  Nothing but its
 * text chunks is decoded. */
char *png_read_state(const char *path, Err *err);

#endif
