/* Residual: what the files of the `residual` view share.
 *
 *     residual_stream.c  the vector, and what each part adds to it
 *     residual_part.c  parts by their words in the state, and numbers of theirs
 *     residual_lens.c  what the model would say after each half layer
 *     residual_why.c   what every part adds to the answer
 *     residual_worth.c what parts and tokens are worth, measured without them
 *     residual.c       modes, words, and the view's table row
 *
 * A *point* is a place in depth where the residual stream can be read: after
 * the embedding, and after each sum of each layer, or what its norm leaves
 * where sums are normed.
 *
 * Does NOT know other views.
 */
#ifndef VIZ_VIEWS_RESIDUAL_RESIDUAL_H
#define VIZ_VIEWS_RESIDUAL_RESIDUAL_H

#include "viz/views/before.h"
#include "viz/views/masked.h"
#include "viz/views/view.h"

#define RESIDUAL_SUMS_MAX 4 /* of a layer */

typedef struct ResidualPoint {
    Site site;
    Site sum; /* that it comes from; SITE_NONE: the embedding */
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

/* Whether what the sum that makes a site adds is the heads' attention. */
bool residual_is_attention(const Arch *a, Site sum);

/* A vector of the stream, as study_added_key has it, in a layer. */
typedef struct ResidualVector {
    StudyVectorKind kind;
    int number, layer;
} ResidualVector;

/* " + direction" where what the MLP adds holds one, else "". */
const char *residual_direction(const Stage *s, int layer);

/* "+ head 3.0", "+ MLP 3", "after attention 3", "embedding" */
void residual_vector_name(const Stage *s, ResidualVector v, char *out,
                          size_t size);
StudyKey residual_vector_key(const Stage *s, ResidualVector v, int pos,
                             int token);
/* What a click on one of its numbers sets; and on one that `why` shows, of the
 * word "adds" or "worth". */
Pick residual_pick_number(const Stage *s, ResidualVector v, StudyMeasure m);
Pick residual_pick_part(const Stage *s, ResidualVector v, const char *number);

/* What is opened in `why`. */
typedef struct ResidualOpened {
    enum {
        RESIDUAL_LOGIT, /* of the answer */
        RESIDUAL_ADDS,
        RESIDUAL_WORTH
    } number;
    bool is_token; /* of an earlier token, else of a vector */
    int token;     /* its position */
    ResidualVector of;
} ResidualOpened;
ResidualOpened residual_opened_why(const Stage *s);
/* What is taken away to measure it. */
void residual_edit_of(const ResidualOpened *o, EditKind *kind, int *layer,
                      int *index);
bool residual_why_across(const Stage *s, int dir, State *next);
bool residual_why_below(const Stage *s, int dir, State *next);
/* Which number is opened in `stream`, and of which vector: the length of the
 * stream after the current layer where none is. */
void residual_opened_vector(const Stage *s, ResidualVector *v, StudyMeasure *m);

/* The two tokens in question: the one whose logit is opened, else the likeliest
 * at the end; and its best rival, the likeliest before the change where that is
 * another.  False: not known yet. */
bool residual_tokens(const Stage *s, int *a, int *b);

/* The tokens that the current one can see beside itself: the earlier ones, or
 * all others.  How many there are, and the position of the i-th. */
int residual_n_others(const Stage *s);
int residual_other(const Stage *s, int i);

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

/* What each other token is worth that the current one sees.  Where there are
 * too many, of those that rollout says have brought most to it; of a large
 * model, or in a very long text, the last of earlier ones, or those around. */
void residual_draw_tokens(const Stage *s, Rect r, int a, int b, int runs);

void residual_draw_stream(const Stage *s, Rect r);
/* Shift and the arrows: the next number of a row, or the next row of those that
 * are shown. */
bool residual_stream_across(const Stage *s, int dir, State *next);
bool residual_stream_below(const Stage *s, int dir, State *next);

void residual_draw_lens(const Stage *s, Rect r);
void residual_draw_why(const Stage *s, Rect r);

#endif
