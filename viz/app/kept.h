/* Kept: runs that nobody looks at, kept since they hold what their models make
 * of a text.
 *
 *     kept_put(&k, run);                    // rests; the oldest may go
 *     Run *r = kept_take(&k, model, &goal); // kept no longer
 *     kept_close(&k, model);
 *
 * KEPT_MAX of them, and KEPT_BYTES at most.
 *
 * Does NOT lock (worker.c does).
 */
#ifndef VIZ_APP_KEPT_H
#define VIZ_APP_KEPT_H

#include "viz/app/run.h"

#define KEPT_MAX   16
#define KEPT_BYTES (256u << 20)

typedef struct Kept {
    Run *runs[KEPT_MAX]; /* the oldest first */
    int n;
} Kept;

/* The run is its own from now on, and closed if it is too large; so are the
 * oldest ones that there is no room for.  run NULL is fine. */
void kept_put(Kept *k, Run *run);

/* The run of a model that agrees most with a goal, kept no longer; NULL: there
 * is none. */
Run *kept_take(Kept *k, const Model *m, const Goal *goal);

/* One of so many bytes can be put, and none goes. */
bool kept_has_room(const Kept *k, uint64_t bytes);

/* Closes all of a model; m NULL: of any. */
void kept_close(Kept *k, const Model *m);

#endif
