/* Overflow: where a run's numbers first were no numbers.
 *
 * Weights that are finite can make products that are not; whatever is computed
 * from these means nothing.
 *
 * Does NOT say so of what an intervention took from another run. */
#ifndef ENGINE_RUN_OVERFLOW_H
#define ENGINE_RUN_OVERFLOW_H

#include "engine/spec/site.h"

#include <stdbool.h>

/* Of the earliest position that has any, the first in the order of the
 * computation. */
typedef struct Overflow {
    bool found;
    Site site;
    int layer, pos;
} Overflow;

/* Of two at the same position the first that was noted stays. */
static inline void overflow_note(Overflow *o, Site site, int layer, int pos) {
    if (o->found && o->pos <= pos) return;
    *o = (Overflow){.found = true, .site = site, .layer = layer, .pos = pos};
}

#endif
