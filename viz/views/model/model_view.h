/* The model view's parts, for its files alone:
 *
 *     model.c         modes, words, and the view's table row
 *     map*.c          the whole pass as one picture
 *     model_params.c  sizes, formulas, counts
 *     model_known.c   models that others made: their sizes, and over time
 *     model_cost.c    multiply-adds and bytes of one more token
 *     model_tree.c    where the treemap's boxes lie, and drawing them
 *
 * Nothing here knows an architecture: its tables of tensors and operations say
 * what there is.
 */
#ifndef VIZ_VIEWS_MODEL_MODEL_VIEW_H
#define VIZ_VIEWS_MODEL_MODEL_VIEW_H

#include "engine/spec/cost.h"
#include "engine/spec/known.h"
#include "viz/views/before.h"
#include "viz/views/view.h"

typedef enum ModelOp {
    MODEL_MAP,
    MODEL_PARAMS,
    MODEL_SCALE,
    MODEL_HISTORY,
    MODEL_COST,
    MODEL_OPS
} ModelOp;

void map_draw(const Stage *s, Rect r);

/* ---- params -------------------------------------------------------------- */

/* What an `elem` of params is: a letter, then what STUDY_PARAMS counts. */
#define MODEL_FIRST_COUNT SHAPE_DIMS
int model_n_elems(const Stage *s);
int model_elem(const Stage *s); /* the opened one; that of all tensors */

/* The sizes asked for; the model's own where no model can have them: false. */
bool model_sizes(const Stage *s, Config *out, Err *err);

/* The sizes that are compared with: the other run's model's; NULL: they are the
 * same, or nothing is compared. */
const Config *model_sizes_before(const Stage *s);

/* A tensor as it is called on screen, "W_Q". */
const char *model_tensor_name(const ArchTensor *t);
/* What a tensor is filled with, as all of its part; the ink on it is the
 * theme's text. */
Color model_tensor_color(const Stage *s, TensorRole role);

/* Doubles a letter, or halves it: dir -1. */
bool model_turn_letter(const Stage *s, int dir, State *next);

void model_draw_params(const Stage *s, Rect r);

/* ---- scale and history --------------------------------------------------- */

/* The table of known models; returns how many there are.  An `elem` is a row,
 * else -1: the opened model itself. */
int model_known(Known out[KNOWN_MAX]);
int model_known_elem(const Stage *s, int n);

/* The side of a square of n parameters where one of `most` has `side` pixels at
 * zoom 1. */
int model_side(uint64_t n, uint64_t most, int side, float zoom);

void model_draw_scale(const Stage *s, Rect r);
void model_draw_history(const Stage *s, Rect r);

/* ---- cost ---------------------------------------------------------------- */

/* Bytes that a part reads for the token at pos: weights as they are stored, one
 * row of the embedding, the keys and values kept. */
uint64_t model_part_bytes(const Stage *s, CostPart part, int pos);

void model_draw_cost(const Stage *s, Rect r);

/* ---- the treemap --------------------------------------------------------- */

/* Boxes whose areas are as the counts, to the rounding of their edges to
 * pixels: layers as rows from bottom to top, a layer's tensors side by side in
 * the order of the computation, what comes once as bands below and above. */
typedef struct ModelTree {
    const Config *config;
    Rect area;
    uint64_t total;
} ModelTree;

ModelTree model_tree(const Config *c, Rect area);
/* Where tensor `row` of the architecture's table lies; layer counts where there
 * is one a layer.  Nothing where it has no copies. */
Rect model_tree_box(const ModelTree *t, int row, int layer);

/* within: where it may lie; `other`, if its total is another, is outlined in
 * the same scale. */
void model_draw_tree(const Stage *s, const Config *c, const Config *other,
                     Rect within);

#endif
