/* Open_world: "--world, or what is embedded" made into a world.
 *
 *     World *world = open_world(NULL, &err);
 */
#ifndef VIZ_APP_SOURCE_WORLD_H
#define VIZ_APP_SOURCE_WORLD_H

#include "engine/world/world.h"

/* The grammar in the *.txt files of folder dir; NULL: the embedded ones of
 * assets/world.  Yours, for world_close; NULL and err on failure. */
World *open_world(const char *dir, Err *err);

#endif
