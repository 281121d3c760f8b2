/* Trace layout: where the rows of stored positions lie, by arithmetic alone.
 *
 *     [block of positions][layer, then the model's ends][site][position]
 *
 * TRACE_BLOCK positions make a block, so that what a site has of those computed
 * together lies together.  The last block may have fewer.  A block takes
 * exactly what its positions take alone, however many they are.
 *
 * Does NOT hold the residual stream, keys and values.
 * Private to trace*.c.
 */
#ifndef ENGINE_TRACE_TRACE_LAYOUT_H
#define ENGINE_TRACE_TRACE_LAYOUT_H

#include "engine/spec/site.h"

#define TRACE_BLOCK 64 /* positions */

/* Sizes of one position, in floats. */
typedef struct TraceLayout {
    SiteMask recorded;      /* what is not held elsewhere: the residual stream,
                               under each of its names, and the KV cache */
    SiteMask ends;          /* those of them of the end of the model, */
    SiteMask starts;        /* and of its start */
    int width[SITE_COUNT];  /* of a row; of per_key sites for each key */
    int offset[SITE_COUNT]; /* of what comes before it; of per_key sites the
                               number of those */
    int layer_floats;       /* without the per_key sites, which come last */
    int final_floats;       /* the start and the end of the model: embeddings,
                               final norm and logits */
    int n_per_key;          /* sites, in a layer */
    int n_heads, n_layers;
} TraceLayout;

/* Positions whose rows lie together: first .. first+n-1. */
typedef struct TraceBlock {
    int first, n;
    int key_room; /* keys that each has room for; 0: itself and those before */
} TraceBlock;

TraceLayout trace_layout(const Config *c);

/* Floats that the positions 0 .. n-1 take. */
uint64_t trace_layout_floats(const TraceLayout *y, int n, int key_room);

/* How many positions n_floats hold, at most `most`. */
int trace_layout_count(const TraceLayout *y, uint64_t n_floats, int key_room,
                       int most);

/* The block of a position where n_stored are stored. */
TraceBlock trace_layout_block(int pos, int n_stored, int key_room);

/* Where, in floats from the block's start, a site's row is.  Layer L stands
 * for the model's start and end. */
uint64_t trace_layout_at(const TraceLayout *y, TraceBlock b, Site site,
                         int layer, int pos);

#endif
