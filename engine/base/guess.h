/* Guess: what a refused file looks like, for a helpful message.
 *
 * Does NOT decide what is accepted: a format module's own checks do.
 */
#ifndef ENGINE_BASE_GUESS_H
#define ENGINE_BASE_GUESS_H

#include <stddef.h>

/* What data looks like by its first bytes, "an HTML page", or NULL when it
 * looks like nothing known.  Static string. */
const char *guess_describe(const void *data, size_t size);

#endif
