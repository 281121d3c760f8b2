/* Residual: what the files of the `residual` view share.
 *
 *     residual_lens.c  what the model would say after each half layer
 *     residual_why.c   what every part adds to the answer
 *     residual.c       modes, words, and the view's table row
 *
 * A *point* is a place in depth where the residual stream can be read: after
 * the embedding, and after each sum of each layer.
 *
 * Does NOT know other views.
 */
#ifndef VIZ_VIEWS_RESIDUAL_RESIDUAL_H
#define VIZ_VIEWS_RESIDUAL_RESIDUAL_H

#include "viz/views/before.h"
#include "viz/views/view.h"

#define RESIDUAL_SUMS_MAX 4 /* of a layer */

typedef struct ResidualPoint {
    Site site;
    int layer;
} ResidualPoint;

/* The points of a model, from the embedding on. */
typedef struct ResidualDepth {
    const Arch *arch;
    Site sums[RESIDUAL_SUMS_MAX]; /* the sites of a layer's sums, in order */
    int n_sums;
    int n_points;
} ResidualDepth;

ResidualDepth residual_depth(const Config *c);
ResidualPoint residual_point(const ResidualDepth *d, int i);

/* The two tokens in question: the one whose logit is opened, else the likeliest
 * at the end; and its best rival, the likeliest before the change where that is
 * another.  False: not known yet. */
bool residual_tokens(const Stage *s, int *a, int *b);

void residual_draw_lens(const Stage *s, Rect r);
void residual_draw_why(const Stage *s, Rect r);

#endif
