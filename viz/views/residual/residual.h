/* Residual: what the files of the `residual` view share.
 *
 *     residual_lens.c  what the model would say after each half layer
 *     residual_why.c   what every part adds to the answer
 *     residual_worth.c what parts and tokens are worth, measured without them
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

/* What a part (edits.h) is worth: how far the logit of a is above that of b
 * with it, less the same without it, in a run of its own. */
typedef struct ResidualWorth {
    bool known, missing; /* missing: it will come */
    int best;            /* the likeliest token without it */
    double prob;         /* of a without it */
    double value;
} ResidualWorth;
ResidualWorth residual_worth(const Stage *s, int a, int b, EditKind kind,
                             int layer, int index);

/* How many runs may be asked for: as many as take seconds, some at least. */
int residual_runs_max(const Stage *s);

#define RESIDUAL_TOKENS_MAX 48

/* A bar that was measured, not added up. */
void residual_draw_outlined(const Stage *s, Rect bar, bool for_a);

/* What each earlier token is worth, the last ones where there are too many. */
void residual_draw_tokens(const Stage *s, Rect r, int a, int b, int runs);

void residual_draw_lens(const Stage *s, Rect r);
void residual_draw_why(const Stage *s, Rect r);

#endif
