/* Source_world: "--world, or what is embedded" made into a world.
 *
 *     World *world = source_world(NULL, &err);
 */
#ifndef VIZ_APP_SOURCE_WORLD_H
#define VIZ_APP_SOURCE_WORLD_H

#include "engine/world/world.h"

/* The grammar in the *.txt files of folder dir; NULL: the embedded ones of
 * assets/world.  Yours, for world_close; NULL and err on failure. */
World *source_world(const char *dir, Err *err);

/* Refuses to save to `out` when that is one of those files of dir.  Either may
 * be NULL. */
bool source_world_spare(const char *out, const char *dir, Err *err);

#endif
