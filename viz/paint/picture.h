/* Picture: what is in a file of pixels: PNG, JPEG, or the first frame of a GIF,
 * through SDL2_image.
 *
 *     Pixmap p;
 *     if (!picture_open(&p, "cat.jpg", &err)) ...
 *     canvas_picture(c, r, &p, 1);
 *     picture_close(&p);
 *
 * The size is read from the file before any pixel is, so that a small file
 * cannot ask for a large memory.  Does NOT need SDL to be initialised.
 */
#ifndef VIZ_PAINT_PICTURE_H
#define VIZ_PAINT_PICTURE_H

#include "engine/base/err.h"
#include "viz/paint/raster.h"

#define PICTURE_BYTES_MAX  (64u << 20) /* of a file */
#define PICTURE_PIXELS_MAX (40u << 20) /* of the picture in it */
#define PICTURE_SIDE_MAX   1600 /* pixels; what is larger is made smaller */

/* Pixels with straight alpha; yours, free them with picture_close.  Errors name
 * the file. */
bool picture_open(Pixmap *out, const char *path, Err *err);
void picture_close(Pixmap *p); /* accepts a zeroed one and leaves it so */

/* Whether the file's head promises a picture that picture_open takes, and its
 * size, 0 where a JPEG does not tell it. */
bool picture_check(const char *path, int *w, int *h, Err *err);

#endif
