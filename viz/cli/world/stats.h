/* Stats: what a number of stories of a world come to, as a table. */
#ifndef VIZ_CLI_WORLD_STATS_H
#define VIZ_CLI_WORLD_STATS_H

#include "engine/world/world.h"

/* Draws n > 0 texts from the stream and prints their figures to stdout. */
bool stats_print(WorldStream stream, int n, Err *err);

#endif
