/* Block: what the files of the `block` view share.
 *
 *     block_plan.c    which operations, strips and columns a layer of the
 *                     model's architecture has
 *     block_words.c   the operations in words: formula, what each is for
 *     block_ops.c     formula and shape with this model's numbers; what is
 *                     opened and what X switches off
 *     block_flows.c   ribbons, groups of heads, the residual line
 *     block_matrix.c  the heads' rows
 *     block_layout.c  where every strip, slice, row and cell lies
 *     block_color.c   colours: of a query, a key, ...; faded ones
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

#include "engine/spec/arch.h"
#include "viz/views/before.h"
#include "viz/views/view.h"

#define BLOCK_LATER_MAX 4 /* later, masked positions shown */

/* The narrowest cell of the matrix whose key is named below it, u. */
#define BLOCK_NAMED_U 16.0f

/* ---- block_plan.c -------------------------------------------------------- */

#define BLOCK_OPS_MAX    32
#define BLOCK_STRIPS_MAX 32

/* What an architecture must have for words to be true of it. */
typedef enum BlockTrueOf {
    TRUE_OF_ALL,
    TRUE_OF_CENTRED,    /* norms that take the mean off */
    TRUE_OF_POSITIONS,  /* a learned vector for each position */
    TRUE_OF_UNGATED,    /* an activation alone between the MLP's matrices */
    TRUE_OF_NORM_AFTER, /* sums are normed, not what the blocks read */
    TRUE_OF_GELU_GATE,  /* the MLP's gates are opened by GELU */
    TRUE_OF_STRETCHED   /* an embedding times the root of D */
} BlockTrueOf;

/* What is said of an operation, by what it makes.  In label, brief and formula
 * {K} stands for the head dimension, {A} for the activation's name, {b} for a
 * bias that is added or for nothing. */
typedef struct BlockWords {
    const char *name, *title; /* as ViewOp */
    Site site;                /* what it makes; of the mask nothing */
    BlockTrueOf true_of;
    const char *label, *brief; /* above its strip; NULL: it has none */
    /* How far its column is from the one before, in pitches; of the matrix its
     * left edge.  Not used where a strip stands under another. */
    float step;
    const char *passes;  /* of a sum: what passes by meanwhile, and is added */
    const char *formula; /* NULL: the activation's */
    const char *text;    /* NULL: the activation's */
    const char *biased;  /* the same with a bias; NULL: not another one */
} BlockWords;

/* Down a column: over all its height, or query, key and value under each
 * other. */
typedef enum BlockSlot { SLOT_ALL, SLOT_QUERY, SLOT_KEY, SLOT_VALUE } BlockSlot;

typedef struct BlockOp {
    const BlockWords *words;
    const ArchOp *made; /* of the mask, which makes nothing: the scores */
} BlockOp;

typedef struct BlockStrip {
    int op; /* that makes it */
    Site site;
    BlockSlot slot;
    int column;
    int from; /* the strip whose ribbon leads to it; -1: none */
} BlockStrip;

/* What there is in a layer of one architecture.  Operations are those of the
 * view, in the order of the computation; strips and columns, too. */
typedef struct BlockPlan {
    const Arch *arch;
    BlockOp op[BLOCK_OPS_MAX];
    int n_ops;
    int scores, mask, softmax; /* operations on the matrix; no mask: -1 */
    BlockStrip strip[BLOCK_STRIPS_MAX];
    int n_strips;
    int query, key;               /* strips that the matrix compares, */
    int value;                    /* that it mixes, */
    int mixed;                    /* and that it makes */
    float step[BLOCK_STRIPS_MAX]; /* of each column: BlockWords.step */
    int n_columns;
    int matrix_column;
} BlockPlan;

void block_plan(const Arch *a, BlockPlan *p);

int block_strip_of(const BlockPlan *p, Site site); /* -1: none */
/* The strip above it in its column, and the last that an operation makes; -1:
 * none. */
int block_above(const BlockPlan *p, int strip);
int block_last_strip(const BlockPlan *p, int op);
/* The strip of what edits of a kind scale; -1: none. */
int block_edited(const BlockPlan *p, EditKind kind);
/* The kind of edit that scales what an operation is part of; EDIT_NONE. */
EditKind block_edit(const BlockPlan *p, int op);

/* Whether an operation reads what `op` makes. */
bool block_reads(const BlockPlan *p, int reader, int op);

static inline bool block_is_matrix_op(const BlockPlan *p, int op) {
    return op == p->scores || op == p->mask || op == p->softmax;
}

/* What the matrix shows: scores until softmax has made weights of them. */
static inline bool block_shows_weights(const Stage *s, const BlockPlan *p) {
    return s->op >= p->softmax;
}

/* ---- block_words.c ------------------------------------------------------- */

/* NULL: none of its own. */
const BlockWords *block_words(const Arch *a, Site site);
extern const BlockWords block_mask_words;
extern const char block_no_mask_text[]; /* where the mask is removed */

/* Of an activation without a gate: its formula in one line, and its words. */
typedef struct BlockActivation {
    const char *formula, *text;
} BlockActivation;
extern const BlockActivation block_activations[]; /* by Activation */

/* ---- block_ops.c --------------------------------------------------------- */

/* Rows and columns of a site at the current layer and token: [1, D], [H, K]. */
void block_shape(const Stage *s, Site site, int *rows, int *cols);

/* The strip that element `elem` of an operation lies on, and its index there.
 * RoPE counts the rotated queries first, then the rotated keys.  False for the
 * operations on the matrix and for elements out of range. */
bool block_find(const Stage *s, const BlockPlan *p, int op, int elem,
                int *strip, int *index);

/* The first element of a strip within its operation's count: see
 * block_find. */
int block_first(const Stage *s, const BlockPlan *p, int strip);

/* The strongest element of a site's values v, of the current head's where
 * there are heads. */
int block_strongest(const Stage *s, Site site, const float *v);

/* A label with this model's words in its holes. */
void block_fill(const Stage *s, const char *text, char *out, size_t size);

/* Of the current operation: "weight = exp(s − max) / Σ", with this model's
 * numbers. */
void block_formula(const Stage *s, const BlockPlan *p, char *out, size_t size);

/* Of a norm, the current operation: " · mean −0.02, spread 1.31" or " · RMS
 * 1.31"; empty where it is none or not known yet. */
void block_norm_text(const Stage *s, const BlockPlan *p, char out[64]);

/* "[64]", "[8, 17]" */
void block_shape_text(int rows, int cols, char *out, size_t size);

/* Of the current operation: "[64, 64] · [64] → [8, 8]" */
void block_op_shape(const Stage *s, const BlockPlan *p, char *out, size_t size);

/* Keys of the matrix that can be opened, the masked ones among them. */
int block_n_keys(const Stage *s);
void block_opened(const Stage *s, Opened *out);
/* Where what a norm divides by and takes off is opened; see View.place.  And
 * which of them is; SITE_NONE: neither. */
bool block_place(const Stage *s, Site site, Pick *out);
Site block_opened_size(const Stage *s, const BlockPlan *p);
bool block_part(const Stage *s, EditKind *kind, int *layer, int *index);

/* ---- block_layout.c ------------------------------------------------------ */

typedef struct BlockLayout {
    BlockPlan plan;
    Rect area;      /* all that is below the heading */
    float height_u; /* of it, in design units: what text there is room for */
    Rect strip[BLOCK_STRIPS_MAX];
    int n_slices
        [BLOCK_STRIPS_MAX]; /* pieces it is drawn in: heads; 1: one piece */
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
    bool bar_is_flat;
    /* The numbers, asked for once by block_ask; NULL: not there yet. */
    const float *v[BLOCK_STRIPS_MAX];
    const float *before[BLOCK_STRIPS_MAX]; /* in the run compared with */
    const float *rows; /* [H, n_keys(pos)] scores or weights */
} BlockLayout;

void block_layout(const Stage *s, Rect area, BlockLayout *b);
void block_ask(const Stage *s, BlockLayout *b);

/* Slice i of n equal parts of a strip with the gap between them. */
Rect block_slice(const BlockLayout *b, int strip, int i, int n);

/* The cell of one element of a strip; at least a pixel high. */
Rect block_cell(const Stage *s, const BlockLayout *b, int strip, int index);

/* A head's row of cells in the matrix, later positions included. */
Rect block_row(const Stage *s, const BlockLayout *b, int head);

/* The rectangle of column `col` (0: first_key) of the whole matrix. */
Rect block_column(const BlockLayout *b, int col);

static inline int block_middle(Rect r) {
    return r.x + r.w / 2;
}

/* ---- block_color.c ------------------------------------------------------- */

/* How far operation `op` fades into the window, 0..1: not where it is the
 * current one or read by it; most where it comes later. */
float block_fade(const Stage *s, const BlockPlan *p, int op);
/* Colour c so faded. */
Color block_lit(const Stage *s, const BlockPlan *p, int op, Color c);
Color block_role_color(const Theme *t, SiteRole role);
/* The tint as it looks on the window: opaque, so that crossing ribbons lie over
 * one another instead of mixing. */
Color block_role_tint(const Theme *t, SiteRole role);

/* ---- block_flows.c ------------------------------------------------------- */

void block_draw_flows(const Stage *s, const BlockLayout *b);
void block_draw_residual_line(const Stage *s, const BlockLayout *b);

/* ---- block_matrix.c ------------------------------------------------------ */

/* Returns the largest |score|: the scale of their colours. */
float block_draw_matrix(const Stage *s, const BlockLayout *b);
/* Where the line and the badge on a head's row stand: over its numbers, which
 * are weights as before; in a low row, which has none, in its middle. */
int block_edit_y(const Stage *s, Rect row);

/* ---- block_labels.c ------------------------------------------------------ */

/* Names and shapes over the strips, each a hit that goes to its operation. */
void block_draw_labels(const Stage *s, const BlockLayout *b);
/* Head numbers, key names and which keys are shown. */
void block_draw_matrix_labels(const Stage *s, const BlockLayout *b);
/* A small box beside `at` that says `text`; stays within the area and covers
 * neither the colour bar nor, where there is room, a text drawn before. */
void block_draw_callout(const Stage *s, const BlockLayout *b, Rect at,
                        Color edge, const char *text);
/* The word "off", or the factor, on what the edits scale. */
void block_draw_badge(const Stage *s, int x, int y, float scale);

#endif
