/* Textcache: what has been measured and drawn of texts, by text and style.
 *
 * A hash map whose entries are also a list by last use; when their bytes pass
 * the limit, the least recently used go.  Does NOT draw; used by fonts.c only.
 */
#ifndef VIZ_PAINT_TEXTCACHE_H
#define VIZ_PAINT_TEXTCACHE_H

#include "viz/paint/fonts.h"

typedef enum TextKind {
    TEXT_MASK,  /* variant: the angle; the answer is mask */
    TEXT_WIDTH, /* the answer is value */
    TEXT_HAS,   /* of any size; the answer is value */
    TEXT_FIT,   /* variant: the width to fit; the answer is value */
    TEXT_RUN,   /* of one run: all of it is one; the answer is extent */
} TextKind;

typedef struct TextKey {
    TextKind kind;
    Face face;
    int size_px;
    int variant;
    const char *text; /* [len] */
    int len;
} TextKey;

/* What a run needs around its origin, in pixels. */
typedef struct TextExtent {
    int before;       /* ink left of the origin */
    int width;        /* of the ink, all of it */
    int advance;      /* to where the next run starts */
    int above, below; /* of the baseline */
} TextExtent;

typedef struct TextEntry {
    TextMask mask; /* its coverage belongs to the entry */
    int value;
    TextExtent extent;
} TextEntry;

typedef struct TextCache TextCache;

TextCache *textcache_open(size_t max_bytes, Err *err);
void textcache_close(TextCache *c); /* NULL is fine */

/* NULL when not there.  Borrowed until the next textcache_add. */
const TextEntry *textcache_find(TextCache *c, TextKey key);

/* Adds a copy of what key and entry hold; key must not be there yet.  NULL
 * when out of memory.  Borrowed until the next textcache_add. */
const TextEntry *textcache_add(TextCache *c, TextKey key, TextEntry entry);

#endif
