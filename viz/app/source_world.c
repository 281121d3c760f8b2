#include "viz/app/source_world.h"

#include "assets/embed.h"

#include <string.h>

#define WORLD_FOLDER "assets/world/"

bool source_world_spare(const char *out, const char *dir, Err *err) {
    if (!out || !dir || !world_reads(dir, out)) return true;
    return err_set(err, ERR_IO, 0,
                   "%s: output: found the world that is read, need another "
                   "file",
                   out);
}

World *source_world(const char *dir, Err *err) {
    WorldSource sources[WORLD_FILES_MAX];
    int n = 0;
    if (dir) return world_open_folder(dir, err);
    for (const Embed *e = embed_table; e->name; e++)
        if (strncmp(e->name, WORLD_FOLDER, strlen(WORLD_FOLDER)) == 0 &&
            n < WORLD_FILES_MAX)
            sources[n++] = (WorldSource){e->name, (const char *)e->begin,
                                         (size_t)(e->end - e->begin)};
    return world_open_tried(sources, n, err); /* by tests/world */
}
