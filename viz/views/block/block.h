/* Block: what the files of the `block` view share.
 *
 *     block_ops.c     the operations: site, shape, formula, plain words; what
 *                     is opened and what X switches off
 *     block_flows.c   ribbons, groups of heads, the residual line
 *     block_matrix.c  the heads' rows
 *     block_layout.c  where every strip, slice, row and cell lies
 *     block_labels.c  text on and around the strips, yielding where it is
 *                     narrow
 *     block.c         strips and marks, and the view's table row
 *
 * A *strip* is a vector drawn as a column of cells.  The *matrix* is the
 * heads' rows of scores or weights over the keys.
 *
 * Does NOT know other views.
 */
#ifndef VIZ_VIEWS_BLOCK_BLOCK_H
#define VIZ_VIEWS_BLOCK_BLOCK_H

#include "viz/views/view.h"

/* The narrowest cell of the matrix whose key is named below it, u. */
#define BLOCK_NAMED_U 16.0f

typedef enum BlockOpId {
    BLOCK_RESID_PRE,
    BLOCK_LN1,
    BLOCK_Q,
    BLOCK_K,
    BLOCK_V,
    BLOCK_ROPE,
    BLOCK_SCORES,
    BLOCK_MASK,
    BLOCK_SOFTMAX,
    BLOCK_Z,
    BLOCK_ATTN_OUT,
    BLOCK_RESID_MID,
    BLOCK_LN2,
    BLOCK_GATE,
    BLOCK_UP,
    BLOCK_SILU,
    BLOCK_DOWN,
    BLOCK_RESID_POST,
    BLOCK_OPS
} BlockOpId;

typedef enum BlockStripId {
    STRIP_RESID_PRE,
    STRIP_LN1,
    STRIP_Q,
    STRIP_K,
    STRIP_V,
    STRIP_ROT_Q,
    STRIP_ROT_K,
    STRIP_Z,
    STRIP_ATTN_OUT,
    STRIP_RESID_MID,
    STRIP_LN2,
    STRIP_GATE,
    STRIP_UP,
    STRIP_SILU,
    STRIP_DOWN,
    STRIP_RESID_POST,
    STRIPS
} BlockStripId;

typedef struct BlockStrip {
    BlockOpId op; /* that makes it */
    Site site;
    const char *label, *brief; /* above it; NULL: none */
} BlockStrip;

/* ---- block_ops.c --------------------------------------------------------- */

extern const ViewOp block_ops[BLOCK_OPS];
extern const BlockStrip block_strips[STRIPS];

/* Rows and columns of a strip at the current layer and token: [1, D],
 * [H, K]... */
void block_shape(const Stage *s, BlockStripId strip, int *rows, int *cols);

/* The strip that element `elem` of an operation lies on, and its index there.
 * RoPE counts the rotated queries first, then the rotated keys.  False for the
 * operations on the matrix and for elements out of range. */
bool block_find(const Stage *s, int op, int elem, BlockStripId *strip,
                int *index);

/* The first element of a strip within its operation's count: see
 * block_find. */
int block_first(const Stage *s, BlockStripId strip);

/* The strongest element of a strip's values v, of the current head's where
 * there are heads. */
int block_strongest(const Stage *s, BlockStripId strip, const float *v);

static inline bool block_is_matrix_op(int op) {
    return op == BLOCK_SCORES || op == BLOCK_MASK || op == BLOCK_SOFTMAX;
}

/* What the matrix shows: scores until softmax has made weights of them. */
static inline bool block_shows_weights(const Stage *s) {
    return s->op >= BLOCK_SOFTMAX;
}

/* "weight = exp(s − max) / Σ", with this model's numbers. */
void block_formula(const Stage *s, int op, char *out, size_t size);

/* "[64]", "[8, 17]" */
void block_shape_text(int rows, int cols, char *out, size_t size);

/* "[64, 64] · [64] → [8, 8]" */
void block_op_shape(const Stage *s, int op, char *out, size_t size);

void block_opened(const Stage *s, Opened *out);
bool block_part(const Stage *s, EditKind *kind, int *layer, int *index);

/* ---- block_layout.c ------------------------------------------------------ */

typedef struct BlockLayout {
    Rect area;      /* all that is below the heading */
    float height_u; /* of it, in design units: what text there is room for */
    Rect strip[STRIPS];
    int n_slices[STRIPS]; /* pieces it is drawn in: heads; 1: one piece */
    int slice_gap;
    int pitch;   /* between two neighbouring strips */
    int label_y; /* top of the labels over the strips */
    bool shapes; /* room for a second line there */
    Rect matrix; /* H rows share its height evenly; it ends with the last key */
    int matrix_max_w;        /* what it may use */
    int gutter;              /* left of it, for the head numbers */
    bool numbers, key_heads; /* room there for "6", and for "k3" */
    int row_gap;             /* below each row */
    int cell_w;
    int first_key, n_keys; /* the keys shown */
    int n_later;           /* positions after the current one, masked, shown */
    int key_label_h;       /* 0: no labels under the matrix */
    Rect values; /* the band in which values pass below the matrix; h 0: none */
    int residual_y; /* the line that passes by; 0: none */
    Rect bar;       /* colour bar; w 0: none */
    /* The numbers, asked for once by block_ask; NULL: not there yet. */
    const float *v[STRIPS];
    const float *rows; /* [H, n_keys(pos)] scores or weights */
} BlockLayout;

void block_layout(const Stage *s, Rect area, BlockLayout *b);
void block_ask(const Stage *s, BlockLayout *b);

/* Slice i of n equal parts of a strip with the gap between them. */
Rect block_slice(const BlockLayout *b, BlockStripId strip, int i, int n);

/* The cell of one element of a strip; at least a pixel high. */
Rect block_cell(const Stage *s, const BlockLayout *b, BlockStripId strip,
                int index);

/* A head's row of cells in the matrix, later positions included. */
Rect block_row(const Stage *s, const BlockLayout *b, int head);

/* The rectangle of column `col` (0: first_key) of the whole matrix. */
Rect block_column(const BlockLayout *b, int col);

static inline int block_middle(Rect r) {
    return r.x + r.w / 2;
}

/* ---- block_flows.c ------------------------------------------------------- */

void block_draw_flows(const Stage *s, const BlockLayout *b);
void block_draw_residual_line(const Stage *s, const BlockLayout *b);

/* ---- block_matrix.c ------------------------------------------------------ */

/* Returns the largest |score|: the scale of their colours. */
float block_draw_matrix(const Stage *s, const BlockLayout *b);

/* ---- block_labels.c ------------------------------------------------------ */

/* Colour c as operation `op` has it: faded when it comes after the current
 * one. */
Color block_lit(const Stage *s, int op, Color c);
Color block_lit_text(const Stage *s, int op, Color c); /* fades less */
Color block_role_color(const Theme *t, SiteRole role);
/* The tint as it looks on the window: opaque, so that crossing ribbons lie over
 * one another instead of mixing. */
Color block_role_tint(const Theme *t, SiteRole role);

/* Names and shapes over the strips, each a hit that goes to its operation. */
void block_draw_labels(const Stage *s, const BlockLayout *b);
/* Head numbers, key names and which keys are shown. */
void block_draw_matrix_labels(const Stage *s, const BlockLayout *b);
/* A small box beside `at` that says `text`; stays within the area. */
void block_draw_callout(const Stage *s, const BlockLayout *b, Rect at,
                        Color edge, const char *text);
/* The word "off", or the factor, on what the edits scale. */
void block_draw_badge(const Stage *s, int x, int y, float scale);

#endif
