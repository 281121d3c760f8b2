/* Mlp: what the files of the `mlp` view share.
 *
 *     mlp_layout.c  which neurons are shown, and where everything lies
 *     mlp_lanes.c   the lanes: a column a neuron, the others as bars
 *     mlp_below.c   under a column: what the neuron says, its past, its worth
 *     mlp_curve.c   the activation with all gates on it; the vector added
 *     mlp.c         modes, words, and the view's table row
 *
 * Does NOT know other views, but that `block` opens the added vector.
 */
#ifndef VIZ_VIEWS_MLP_MLP_H
#define VIZ_VIEWS_MLP_MLP_H

#include "viz/views/before.h"
#include "viz/views/view.h"

#define MLP_LANES    5
#define MLP_WIDE_MAX 12

typedef enum MlpLane {
    MLP_GATE,
    MLP_ACT,
    MLP_UP,
    MLP_PRODUCT,
    MLP_DOWN
} MlpLane;

/* The MLP of an architecture. */
typedef struct MlpSites {
    Site gate, up, product, out; /* up SITE_NONE: it has none */
} MlpSites;
MlpSites mlp_sites(const Arch *a);

static inline bool mlp_is_gated(const Arch *a) {
    return mlp_sites(a).up != SITE_NONE;
}

/* The lanes that an architecture has, in order; returns how many. */
int mlp_lanes(const Arch *a, MlpLane lanes[MLP_LANES]);

typedef struct MlpLayout {
    const StudyNeurons *now;
    const StudyNeurons *before; /* NULL: nothing is compared, or not there */
    MlpLane lane[MLP_LANES];
    int n_lanes, selected; /* the neuron that is opened */
    int wide[MLP_WIDE_MAX], n_wide;
    Rect columns; /* the lanes' part of the wide ones */
    Rect bars;    /* the lanes' part of the others; w 0: no room */
    int label_x, label_w, head_h, lane_h, column_w;
    float hi[MLP_LANES]; /* of the scale */
    int says_y, line_h, n_up, n_down;
    int past_y, past_h; /* 0: no room, as below */
    int without_y, without_h;
    Rect curve, out;
} MlpLayout;

/* The neuron that is opened; now NULL: not known, -1. */
int mlp_selected(const Stage *s, const StudyNeurons *now);
bool mlp_is_wide(const MlpLayout *l, int neuron);
/* False while the numbers are missing. */
bool mlp_layout(const Stage *s, Rect r, MlpLayout *l);

float mlp_value(const StudyNeuron *n, MlpLane lane);
/* "product", or the activation's name where there is none. */
const char *mlp_value_name(const Stage *s);

/* "␣Mia above ␣Tom" */
void mlp_question(const Stage *s, const StudyNeurons *n, char *out,
                  size_t size);

void mlp_draw_lanes(const Stage *s, const MlpLayout *l);
void mlp_draw_below(const Stage *s, const MlpLayout *l);
void mlp_draw_curve(const Stage *s, const MlpLayout *l);
void mlp_draw_out(const Stage *s, const MlpLayout *l);

/* A line of plain text, cut to w, that is explained where it is a term. */
void mlp_text(const Stage *s, TextStyle style, int x, int y, int w,
              const char *text);

#endif
