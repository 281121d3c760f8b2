/* The attention view's parts: which numbers its cells show (attention_rows.c),
 * where the map stands (attention_layout.c), its cells (attention_cells.c)
 * and what is on and around them (attention_map.c),
 * sums beside it (attention_sums.c), and the whole (attention.c).  Not for
 * anyone else. */
#ifndef VIZ_VIEWS_ATTENTION_ATTENTION_H
#define VIZ_VIEWS_ATTENTION_ATTENTION_H

#include "viz/views/span.h"
#include "viz/views/view.h"

/* What is shown, in the order of the computation; then what comes of it. */
enum {
    SHOW_SCORES,
    SHOW_SCALED,
    SHOW_WEIGHTS,
    SHOW_LINES,
    SHOW_SUMS,
    SHOW_VALUED,
    SHOW_ROLLOUT,
    SHOW_CHANGE,
    N_SHOWN
};
#define N_STEPS 3 /* the first of them: how a weight comes about */

extern const ViewOp attention_ops[N_SHOWN];

/* The numbers of the positions shown, asked for once; NULL: not there yet. */
typedef struct Rows {
    const float *scores[STAGE_TOKENS_MAX], *weights[STAGE_TOKENS_MAX];
    const float *masked[STAGE_TOKENS_MAX]; /* of the keys after the row */
    const float *valued[STAGE_TOKENS_MAX];
    const float *before[STAGE_TOKENS_MAX]; /* weights of the other run */
    const float *rollout;                  /* [n_pos, n_pos] */
    const float *sums;                     /* as study_sums */
} Rows;

/* What is drawn where. */
typedef struct Map {
    const Stage *s;
    const Rows *rows;
    Rect grid;      /* the cells */
    int op;         /* SHOW_*: which numbers */
    Span span;      /* what of it is shown */
    int n;          /* span.n: rows and columns shown */
    bool bar_below; /* the colour bar lies below the grid, not beside it */
    float hi;       /* top of the scale: 1 for shares, max |.| else */
    int label_w;    /* that row labels get */
    float type;     /* the size of labels: a few tokens have larger ones */
    bool
        is_level; /* columns are as broad as their labels: these do not slope */
    int sums_w, sums_h; /* bars of sums beside the map and below it; else 0 */
} Map;

static inline int map_last_row(const Map *m) {
    return m->span.row0 + m->n - 1;
}

static inline int map_last_col(const Map *m) {
    return m->span.col0 + m->n - 1;
}

/* ---- attention_rows.c ---------------------------------------------------- */

/* Asks for what the large map shows and, where `steps`, the small ones do. */
void attention_ask(const Map *m, bool steps, Rows *rows);

/* One row of what is shown: its numbers for the keys the mask lets through, and
 * for those behind it while there are scores. */
typedef struct Row {
    const float *v; /* borrowed; NULL: not there yet, or never */
    int n_keys;
    const float *masked; /* from key n_keys on, likewise; NULL with weights */
    const float *was;    /* CHANGE: the other run's; NULL: likewise */
    int n_was;
    float factor; /* the stored scores are divided; the raw one is that times
                     the divisor */
} Row;
Row attention_row(const Map *m, int pos);
/* What the head's scores are divided by: sqrt(K), or 1 where that is off. */
float attention_divisor(const Stage *s);
/* Value of a cell; NaN where there is none or it is still to come. */
float attention_value(const Map *m, const Row *row, int key);
/* Whether it is there, and not a number. */
bool attention_is_none(const Map *m, const Row *row, int key);
/* Those of all keys shown: [n]. */
void attention_values(const Map *m, const Row *row, float *out);

/* Largest coloured value. */
float attention_scale_top(const Map *m);
/* Whether the op's scale has a negative half; whether it is spread by the
 * square root. */
bool attention_is_signed(int op);
bool attention_is_root(int op);
/* Whether the first token's column is left uncoloured here. */
bool attention_set_apart(const Map *m, int row, int col);
/* A value as the cell has room for, and the widest of them. */
void attention_number(int op, float v, char out[16]);
const char *attention_widest(int op);
/* What the scale is called; in short where it lies below. */
const char *attention_scale_name(int op, bool is_short);

/* ---- attention_layout.c -------------------------------------------------- */

/* The square grid with room for labels to the left and above and for what is
 * to the right; the whole stands in the middle of r. */
Map attention_lay_out(const Stage *s, Rect r);
/* Where the map and what belongs to it end on the right, and below. */
int attention_beside(const Map *m);
int attention_below(const Map *m);
/* The left end of the three small maps, and the side of each; 0: no room. */
int attention_steps_side(const Map *m, Rect r, int *x);
/* In design units: what the sums' numbers take of their bars' room. */
#define ATTENTION_SUM_U 40
/* The colour bar, or its parts below. */
#define ATTENTION_BAR_W   120
#define ATTENTION_STEPS_W 190

/* ---- attention_cells.c --------------------------------------------------- */

Rect attention_cell(const Map *m, int row, int col);
/* Of a value of that cell; nothing for NaN. */
Color attention_color(const Map *m, int row, int col, float v);
void attention_draw_cells(const Map *m);

/* ---- attention_map.c ----------------------------------------------------- */

void attention_draw_map(const Map *m); /* all that stands on and around it */
void attention_draw_bar(const Map *m);
/* What is left of what the head hands on: 0 is off. */
float attention_kept(const Stage *s);

/* ---- attention_lines.c --------------------------------------------------- */

/* SHOW_LINES, in place of the map. */
void attention_draw_lines(const Stage *s, Rect r);

/* ---- attention_sums.c ---------------------------------------------------- */

void attention_draw_sums(const Map *m);
/* What the mask leaves empty answers the question: the largest number of the
 * map in words; where there is none, the room beside it within r. */
void attention_draw_answer(const Map *m, Rect r);

#endif
