/* Hits: what the mouse can do, collected while drawing.
 *
 * Drawing code registers the rectangles it draws together with what a click
 * there means; the last registered wins, as it lies on top.  So picture and
 * mouse cannot disagree.  Everything a hit does can also be done by key.
 */
#ifndef VIZ_VIEWS_HITS_H
#define VIZ_VIEWS_HITS_H

#include "viz/paint/raster.h"
#include "viz/views/command.h"
#include "viz/views/pick.h"

#define HITS_MAX       4096
#define HITS_TERMS_MAX 256

typedef enum HitKind {
    HIT_NONE,
    HIT_PICK,    /* sets the state keys named in pick */
    HIT_GRID,    /* a grid of cells: row and column set two state keys */
    HIT_SLIDER,  /* x within the rectangle sets one number */
    HIT_COMMAND, /* as if the command's key was pressed */
    HIT_ANSWER,  /* option `arg` of the questions on the slide, each of which
                    has DECK_OPTIONS_MAX */
    HIT_VOTE,    /* `rows` more hands for it; less than 0: fewer */
    HIT_CARET,   /* the caret goes to byte `arg` of the edited prompt */
    HIT_LINE,    /* line `arg` of the palette */
    HIT_MENU,    /* line `arg` of the open menu */
    HIT_ENTRY,   /* entry `arg` of the start page, or of a lesson's end */
    HIT_ORDER,   /* the start page orders its lessons the other way */
    HIT_LIST,    /* no click's: rows, perhaps columns, of which the wheel moves
                    the first */
    HIT_STRIP,   /* a drag moves the part of a map that is shown: span.h */
    HIT_BLOCKER, /* nothing, and nothing below either */
} HitKind;

typedef struct Hit {
    Rect rect;
    HitKind kind;
    Pick pick;       /* PICK, and what a GRID sets besides row and column */
    Command command; /* COMMAND */
    int arg;         /* of the command; ANSWER, VOTE: which option */
    /* GRID: rows x cols cells; the cell's row goes to row_key as row0 + row,
     * its column to col_key as col0 + col.  causal: cells above the diagonal
     * (col0 + col > row0 + row) do not count. */
    StateKey row_key, col_key;
    int rows, cols, row0, col0;
    bool causal;
    /* GRID, or PICK of a small map, that is zoomed and moved, and STRIP: of
     * n_all tokens, of which n_fit fit at zoom 1; 0: it is shown whole.  STRIP:
     * arg is 0 for its rows, 1 for its columns. */
    int n_all, n_fit;
    /* GRID: its columns are a second list beside that of its rows, so that both
     * go down. */
    bool is_lists;
    /* PICK: a line from the left side of rect to the right one, down or up; it
     * is this many pixels thick to either side, and that far from rect's ends;
     * 0: the whole of rect. */
    int stroke;
    bool rises;
    /* GRID: what a zoom by key keeps in its place; else the current token and
     * the opened key. */
    bool has_here;
    int here_row, here_col;
    /* SLIDER: from lo at the left to hi at the right; STATE_SHAPE: of the
     * letter `arg`, its logarithm to base 2; STATE_EDIT: how much `part`
     * counts; STATE_ANSWER: the guess at question `arg`. */
    Edit part;
    StateKey slider_key;
    float lo, hi;
    /* LIST: STATE_ROW from 0 to `rows` less the `arg` rows that are shown, now
     * from row0 on; before 0 comes -1, the best, where the list has_best.  And
     * STATE_ACROSS from 0 to `cols` (0: it has none) less the `n_fit` columns
     * that are shown, now from col0 on. */
    bool has_best;
} Hit;

/* A word that the glossary explains: no click's, so it hides no hit. */
typedef struct HitTerm {
    Rect rect;
    int term; /* its row in the glossary */
} HitTerm;

typedef struct Hits {
    Hit list[HITS_MAX];
    int n;
    HitTerm terms[HITS_TERMS_MAX]; /* in the order drawn */
    int n_terms;
} Hits;

void hits_clear(Hits *h);
/* Silently ignored when full: a picture with that many parts is still
 * reachable by key. */
void hits_add(Hits *h, Hit hit);
void hits_pick(Hits *h, Rect r, Pick pick);
void hits_command(Hits *h, Rect r, Command command, int arg);

void hits_term(Hits *h, Rect r, int term);
/* Index in terms of the one at a point, the last drawn if several; -1: none. */
int hits_term_at(const Hits *h, int x, int y);

/* A picture that can be zoomed and moved. */
bool hits_is_map(const Hit *h);
/* The slider, list, map or strip at a point, whatever lies on it; NULL:
 * none. */
const Hit *hits_wheel_at(const Hits *h, int x, int y);
/* The map of the picture that can be zoomed, NULL: there is none. */
const Hit *hits_map(const Hits *h);
/* The list of the picture, NULL: there is none. */
const Hit *hits_list(const Hits *h);

/* Whether a point is on a hit: in its rectangle, on its line if it is one. */
bool hits_on(const Hit *h, int x, int y);

/* What lies at a point: the hit (NULL: none) and, for a GRID, the cell in
 * *row and *col (row0/col0 added). */
const Hit *hits_at(const Hits *h, int x, int y, int *row, int *col);

#endif
