/* Cache: what the files of the `cache` view share: keys and values as they
 * fill, and what keeping them saves.
 *
 *     cache_fill.c  the kept keys and values of the layers, token by token
 *     cache_cost.c  multiply-adds with and without, and what is kept
 *     cache.c       modes, words, and the view's table row
 *
 * Does NOT know other views.
 */
#ifndef VIZ_VIEWS_CACHE_CACHE_H
#define VIZ_VIEWS_CACHE_CACHE_H

#include "engine/spec/cost.h"
#include "viz/views/before.h"
#include "viz/views/view.h"

typedef enum CacheOp {
    CACHE_KEYS,
    CACHE_VALUES,
    CACHE_COST,
    CACHE_OPS
} CacheOp;

/* The last token whose keys and values are there when the current one looks:
 * itself, or in a model that reads its text as one whole the last one. */
int cache_last(const Stage *s);

/* Whether earlier keys and values stay as they are when a token comes. */
bool cache_holds(const Stage *s);

void cache_draw_fill(const Stage *s, Rect r);
void cache_draw_cost(const Stage *s, Rect r);

#endif
