/* The map's parts, for its files alone:
 *
 *     map_plan.c  what a layer is made of, from its operations; where
 *                 everything lies
 *     map_draw.c  vectors, heads, the stream, and what they are called
 *     map.c       the whole picture, zoomed and moved
 *
 * Above the stream tokens meet (attention), below it one token works alone; the
 * stream itself runs through, and changes only at a plus, and where a model
 * norms its sums behind it.
 *
 * Nothing here names an architecture: the table of operations says what there
 * is.  A branch is what lies between two additions to the stream.
 */
#ifndef VIZ_VIEWS_MODEL_MAP_H
#define VIZ_VIEWS_MODEL_MAP_H

#include "viz/views/model/model_view.h"

#define MAP_ITEMS_MAX    48 /* of a layer; a test holds every table to it */
#define MAP_BRANCHES_MAX 4
#define MAP_UNITS        4000 /* a side of the map, as zoom and `at` count */

/* How much of a layer can be drawn, by its width. */
typedef enum MapDetail {
    MAP_SLOT,    /* the stream, and a cell for each head */
    MAP_COMPACT, /* vectors and heads */
    MAP_OPEN,    /* and their names and shapes */
    MAP_WHOLE    /* and what lies between */
} MapDetail;

/* One result of a layer: a vector beside the stream, or the heads' weights. */
typedef struct MapItem {
    const ArchOp *op;
    int branch;
    bool is_heads; /* a square for each head */
    bool is_minor; /* between two that say more: drawn where there is room */
    float x, w;    /* share of the branch's width, for the detail planned */
} MapItem;

typedef struct MapBranch {
    bool above;     /* tokens meet in it */
    Site adds, sum; /* what it adds to the stream, and the stream after that */
    Site normed; /* where sums are normed: the stream after that; SITE_NONE */
    float x, w;  /* share of the layer's width */
} MapBranch;

/* A layer's parts, the same for all layers. */
typedef struct MapPlan {
    MapDetail detail;
    Site enters; /* the stream before the first branch */
    MapItem item[MAP_ITEMS_MAX];
    int n_items;
    MapBranch branch[MAP_BRANCHES_MAX];
    int n_branches;
    float norm_w; /* of what norms a sum: share of the layer's width; 0: none */
} MapPlan;
void map_plan(MapPlan *p, const Arch *a, MapDetail detail);

/* Where everything lies, in pixels of the zoomed picture, of which `view` is
 * seen. */
typedef struct Map {
    Rect view;  /* on the canvas */
    Rect world; /* the whole picture, in the same coordinates */
    float zoom;
    float element; /* height of one number of any vector */
    int stream_y, stream_h;
    int label, gap; /* room for names at the outer ends, and at the stream */
    int above_y, below_y;           /* where branches begin: their outer ends */
    int head_w, layer_w, current_w; /* the ends' widths, and the layers' */
    int end_w;
} Map;
Map map_place(const Stage *s, Rect view);

Rect map_table(const Map *m); /* of the embedding */
Rect map_layer(const Map *m, const Stage *s, int layer);
MapDetail map_detail(const Stage *s, int w);
/* A vector of n numbers in a slot of a branch. */
Rect map_strip(const Map *m, const Stage *s, Rect layer, const MapPlan *p,
               const MapItem *item, int n);
Rect map_heads(const Map *m, const Stage *s, Rect layer, const MapPlan *p,
               const MapItem *item);
/* The tile of a head among n. */
Rect map_tile(Rect heads, int n, int head);
bool map_is_seen(const Map *m, Rect r);

/* The stream behind a branch. */
static inline Site map_after(const MapBranch *b) {
    return b->normed == SITE_NONE ? b->sum : b->normed;
}

/* A site's short name on screen, and the operation of the block view that shows
 * it; NULL: none. */
const char *map_site_name(const Config *c, Site site);
const char *map_site_op(const Arch *a, Site site);

void map_draw_layer(const Stage *s, const Map *m, int layer);
/* Where its branches are added to the stream: over all layers, as the next one
 * begins in the middle of a sign. */
void map_draw_sums(const Stage *s, const Map *m, int layer);
/* A probability beside a name: in a row with no room for both without tenths
 * of a percent. */
void map_say_percent(const Stage *s, const char *name, double p, int room,
                     char out[16]);
/* Values as cells from top to bottom; where more than fit, the largest of those
 * that share one. */
void map_draw_vector(const Stage *s, const Map *m, Rect r, const float *v,
                     const float *before, int n);
/* One line of text, all of it or none. */
bool map_text(const Stage *s, const Map *m, TextStyle style, int x, int y,
              int w, const char *text);
/* A token's name, as large as it fits. */
void map_name(const Stage *s, const Map *m, TextStyle style, int x, int y,
              int w, const char *name);

#endif
