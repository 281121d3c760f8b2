/* View: one way to look at a trace.  To add one, write views/NAME.c and add
 * its name to VIEW_LIST below; nothing else.
 *
 * A view draws what the Stage says onto any canvas: the window, an export and
 * a test run the same code.  It reads the trace and the state and changes
 * nothing: clicks are registered as hits, keys come as commands.
 *
 * Does NOT include SDL, read clocks, allocate, or know the session.
 */
#ifndef VIZ_VIEWS_VIEW_H
#define VIZ_VIEWS_VIEW_H

#include "engine/tokenizer/tokenizer.h"
#include "engine/trace/explain.h"
#include "engine/trace/trace.h"
#include "lessons/state.h"
#include "viz/paint/canvas.h"
#include "viz/paint/colormap.h"
#include "viz/paint/paragraph.h"
#include "viz/paint/theme.h"
#include "viz/views/hits.h"

#define STAGE_TOKENS_MAX 512 /* rows of a heatmap drawn at once */
#define STAGE_LABEL_MAX  32  /* bytes of a token's label, NUL included */

/* Everything a view may know. */
typedef struct Stage {
    Canvas *canvas;
    Hits *hits;
    const Theme *theme;
    Colormap map;
    const State *state;
    const Trace *trace; /* at least one position published */
    const Model *model;
    const Config *config;
    const Tokenizer *tokenizer;
    int n_pos;       /* positions to show: all published ones */
    int pos;         /* current token, 0 <= pos < n_pos */
    int layer, head; /* current ones, in range */
    int key; /* opened key position, 0 <= key < n_keys(pos); the strongest
                    one of the current head when none was opened */
    bool key_opened; /* the user or the lesson opened it */
    int elem;        /* opened element or -1 (not range-checked per site) */
    int op;          /* index into the view's ops */
    const char (*labels)[STAGE_LABEL_MAX]; /* [n_pos] as shown: "␣Lily" */
    const Candidate *candidates; /* [V] sampler_stages of the current token's
                                    logits, best first */
    int n_candidates;
    int drawn;            /* index in candidates that the coin falls on */
    float coin;           /* the random number for position pos + 1 */
    int mouse_x, mouse_y; /* -1: no mouse */
    Color *cells;         /* scratch [STAGE_TOKENS_MAX^2] */
} Stage;

/* An operation within a view that Enter and Backspace step through. */
typedef struct ViewOp {
    const char *name;  /* word in state strings: "softmax" */
    const char *title; /* on screen */
} ViewOp;

/* What the inspector shows: a number of the trace, or a row of a softmax. */
typedef struct Opened {
    enum { OPENED_NOTHING, OPENED_CELL, OPENED_SOFTMAX } kind;
    Site site;
    int layer, pos, index; /* CELL: as explain() takes them */
    int head, key;         /* SOFTMAX: as explain_softmax_row() takes them */
    char kicker[48];       /* small line above: "Opened cell" */
    TextSpan title[4];     /* face and colours filled; text borrowed */
    int n_title;
    const char *text; /* what the operation does, plain words; or NULL */
} Opened;

typedef struct View {
    const char *name;  /* word in state strings */
    const char *title; /* on screen */
    const ViewOp *ops; /* [n_ops], or NULL */
    int n_ops;
    int default_op;
    const char *const *orders; /* [n_orders] words of STATE_SORT, or NULL */
    int n_orders;
    bool opens_nothing; /* the inspector yields its place until I asks for it */
    void (*draw)(const Stage *s, Rect r);
    /* Fills *out with what is opened; leaves OPENED_NOTHING when nothing is. */
    void (*opened)(const Stage *s, Opened *out);
    /* Element opened next when Shift and an arrow go on from the opened one;
     * -1: none.  NULL: its neighbour in the vector. */
    int (*beside)(const Stage *s, int dir);
    /* Enter (dir +1) and Backspace (-1) for views without ops: changes *next,
     * a copy of the state.  False: nothing to do.  NULL: none. */
    bool (*step)(const Stage *s, int dir, State *next);
    /* The part X switches off here; false: none.  NULL: the current head. */
    bool (*part)(const Stage *s, EditKind *kind, int *layer, int *index);
} View;

/* The views in key order: view 0 is on key 1. */
int view_count(void);
const View *view_at(int i);                      /* NULL past the end */
const View *view_find(const char *name);         /* NULL: no such view */
int view_op(const View *v, const char *name);    /* index, or -1 */
int view_order(const View *v, const char *name); /* index, or -1 */

/* The views, each in its file: X(NAME) stands for view_NAME. */
#define VIEW_LIST(X) X(attention) X(heads) X(block) X(next)

#define VIEW_DECLARE(NAME) extern const View view_##NAME;
VIEW_LIST(VIEW_DECLARE)
#undef VIEW_DECLARE

/* ---- helpers that views share (view.c) --------------------------------- */

/* Design units to pixels. */
static inline int stage_u(const Stage *s, float u) {
    return canvas_u(s->canvas, u);
}

/* Type scale in design units: use these and no other sizes. */
#define TYPE_DISPLAY 34.0f /* slide headings */
#define TYPE_TITLE   25.0f /* a view's name */
#define TYPE_LEAD    20.0f /* slide text */
#define TYPE_BODY    17.0f /* labels, tokens */
#define TYPE_SMALL   14.0f /* axis labels, captions */
#define TYPE_TINY    12.0f /* numbers in cells, indices */

/* Draws the line on top of a view: title, then details in soft type.  Returns
 * the rectangle left below it. */
Rect stage_heading(const Stage *s, Rect r, const char *title,
                   const char *details);

/* The same beside something else: the first line leaves `reserved` pixels free
 * at its right end. */
Rect stage_heading_beside(const Stage *s, Rect r, int reserved,
                          const char *title, const char *details);

/* True when title and details fit beside each other in width w. */
bool stage_heading_fits(const Stage *s, int w, const char *title,
                        const char *details);

/* A row of small buttons, right-aligned at (right, y): each sets `key` to the
 * word words[i] (STATE_OP or STATE_SORT); `current` is lit. */
void stage_tabs(const Stage *s, int right, int y, StateKey key,
                const char *const *words, const char *const *titles, int n,
                int current);
/* How wide that row is. */
int stage_tabs_width(const Stage *s, const char *const *titles, int n);

/* A vertical colour bar: r is the coloured part, its label stands above and
 * its numbers to the right (leave 44 u).  0..hi, spread by square root with
 * sqrt_scale (weights); signed_map: the diverging map over -hi..hi. */
void stage_colorbar(const Stage *s, Rect r, const char *label, float hi,
                    bool signed_map, bool sqrt_scale);

/* The same lying down: its label stands to the left, its numbers below (leave
 * 24 u). */
void stage_colorbar_flat(const Stage *s, Rect r, const char *label, float hi,
                         bool signed_map, bool sqrt_scale);

/* Colour of an attention weight: the map at sqrt(w), so small ones show. */
Color stage_weight_color(const Stage *s, float w);
/* Colour of a signed value on -hi..hi. */
Color stage_value_color(const Stage *s, float v, float hi);

/* "1.0", ".48", ".00": a weight in two digits. */
void stage_weight_text(float w, char out[8]);
/* "+12.345", "-0.067": a value in about five digits. */
void stage_value_text(float v, char out[16]);

/* Largest |v| of n values; 0 gives 1, so that it can divide. */
float stage_max_abs(const float *v, int n);

/* First position to draw so that `current` is among the n_visible shown. */
int stage_window(int n, int n_visible, int current);

#endif
