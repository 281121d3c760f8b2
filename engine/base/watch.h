/* Watch: somebody who waits for long work: told now and then how many bytes are
 * done; who returns false wants no more.
 */
#ifndef ENGINE_BASE_WATCH_H
#define ENGINE_BASE_WATCH_H

#include "engine/base/err.h"

#include <stdint.h>

typedef struct Watch {
    bool (*go_on)(void *ud, uint64_t bytes, uint64_t total);
    void *ud;
} Watch;

/* Asks the watch, which may be NULL; ERR_CANCELLED, "NAME: opening: stopped on
 * request", when it wants no more. */
bool watch_go_on(const Watch *w, uint64_t bytes, uint64_t total,
                 const char *name, Err *err);

#endif
