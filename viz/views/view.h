/* View: one way to look at a trace.  To add one, write views/NAME.c and add
 * its name to VIEW_LIST below; nothing else: its row says its key and its
 * family.
 *
 * A view draws what the Stage says onto any canvas: the window, an export and
 * a test run the same code.  It reads the state, asks for numbers, marks those
 * that are not there yet, and changes nothing: clicks are registered as hits,
 * keys come as commands.
 *
 * Does NOT include SDL, read clocks, allocate, or know the session.
 */
#ifndef VIZ_VIEWS_VIEW_H
#define VIZ_VIEWS_VIEW_H

#include "engine/spec/arch.h"
#include "viz/views/stage.h"

/* An operation within a view that Enter and Backspace step through. */
typedef struct ViewOp {
    const char *name;  /* word in state strings: "softmax" */
    const char *title; /* on screen */
} ViewOp;

/* What the inspector shows: a number of the trace, a row of a softmax, or a
 * number made from several. */
typedef struct Opened {
    enum {
        OPENED_NOTHING,
        OPENED_LATER, /* which one is still to come */
        OPENED_CELL,
        OPENED_SOFTMAX,
        OPENED_MADE
    } kind;
    Site site;
    int layer, pos, index; /* CELL: as explain() takes them */
    int head, key;         /* SOFTMAX: as explain_softmax_row() takes them */
    StudyKey made;         /* MADE: of an Explain; site LOGITS: about token
                              `index` */
    bool compares;         /* CELL: what is shown is its difference from */
    StudyKey was;          /* this one, of the other run: an Explain */
    char kicker[48];       /* small line above: "Opened cell" */
    TextSpan title[4];     /* face and colours filled; text borrowed */
    int n_title;
    const char *text; /* what the operation does, plain words; or NULL */
} Opened;

/* Adds to the title: words, or a token's name in the accent. */
void view_opened_title(Opened *out, const char *text, Color color);
void view_opened_token(Opened *out, const Stage *s, int id);

/* What views are about: X(ID, TITLE), in the order of the computation but for
 * the last, which is about the model as a whole. */
#define FAMILY_LIST(X)                                                         \
    X(TEXT, "Text")                                                            \
    X(ATTENTION, "Attention")                                                  \
    X(LAYER, "Layer")                                                          \
    X(DEPTH, "Depth")                                                          \
    X(OUTPUT, "Output")                                                        \
    X(MODEL, "Model")

#define FAMILY_ID(ID, TITLE) FAMILY_##ID,
typedef enum Family { FAMILY_LIST(FAMILY_ID) FAMILY_COUNT } Family;
#undef FAMILY_ID

typedef struct View {
    const char *name;          /* word in state strings */
    const char *title;         /* on screen */
    const char *two_way_title; /* the same of a model whose positions see the
                                  whole text; NULL: no other */
    const char *key; /* that shows it: a digit, or "Shift+" and a digit */
    Family family;
    /* Operation i of a model of this architecture, in the order of the
     * computation; false past the last.  NULL: the view has none. */
    bool (*op)(const Arch *a, int i, ViewOp *out);
    const char *default_op; /* the word of one that all have */
    /* How many keys the current operation shows, some of them behind the mask.
     * NULL: those that the token sees. */
    int (*n_keys)(const Stage *s);
    /* Word i of STATE_SORT for a model of this architecture, or for any where a
     * is NULL; NULL past the last.  NULL: it has none. */
    const char *(*order)(const Arch *a, int i);
    bool opens_nothing; /* at the default operation: the inspector yields its
                           place until I asks for it */
    bool opens_parts;   /* a number opened is STATE_NUMBER of STATE_PART */
    bool walks; /* over the steps of training: Left and Right go to the element
                   beside, not to another token */
    bool tells_next; /* what comes next is seen: not while a class guesses */
    void (*draw)(const Stage *s, Rect r);
    /* Fills *out with what is opened; leaves OPENED_NOTHING when nothing is. */
    void (*opened)(const Stage *s, Opened *out);
    /* Element opened next when Shift and an arrow go on from the opened one;
     * -1: none.  NULL: its neighbour in the vector. */
    int (*beside)(const Stage *s, int dir);
    /* What Shift with Down (dir +1) and Up (-1) do in place of that: as step.
     * NULL: the same as to the sides. */
    bool (*below)(const Stage *s, int dir, State *next);
    /* What Shift with Right (dir +1) and Left (-1) do in place of that: as
     * below. */
    bool (*across)(const Stage *s, int dir, State *next);
    /* Where the only number of a site is opened, as a click sets it.  False:
     * nowhere here.  NULL: never. */
    bool (*place)(const Stage *s, Site site, Pick *out);
    /* What Enter (dir +1) and Backspace (-1) do in place of stepping through
     * the ops, which are numbers of one row then, stepped through by Shift and
     * the arrows: changes *next, a copy of the state.  False: nothing to do.
     * NULL: they step. */
    bool (*step)(const Stage *s, int dir, State *next);
    /* `zoom` and `at` are of a picture of its own: they end with the view. */
    bool own_zoom;
    /* What A (dir +1) and Shift+A (-1) do in place of changing how much a part
     * counts: changes *next, a copy of the state.  False: nothing to do.  NULL:
     * they change a part. */
    bool (*turn)(const Stage *s, int dir, State *next);
    /* The part X switches off here; false: none.  NULL: the current head. */
    bool (*part)(const Stage *s, EditKind *kind, int *layer, int *index);
} View;

/* The views in the order of menus. */
int view_count(void);
const View *view_at(int i);              /* NULL past the end */
const View *view_find(const char *name); /* NULL: no such view */
/* The index of the one on this key; -1: there is none. */
int view_on_key(const char *key);
/* Its title in a model of this architecture. */
const char *view_title(const View *v, const Arch *a);
/* The one that is shown where nothing says which. */
const View *view_default(void);
const char *view_family_title(Family f);
/* The first view of a family from view_at(i) on; -1: none. */
int view_of_family(Family f, int i);
/* The index of an order by its word; -1: none. */
int view_order(const View *v, const Arch *a, const char *name);

/* The index of an operation by its word in a model of this architecture; -1:
 * none.  And how many there are. */
int view_op(const View *v, const Arch *a, const char *name);
int view_n_ops(const View *v, const Arch *a);
/* That of the default one where there is none of this word, 0 where the view,
 * or v itself, has none at all. */
int view_op_or_default(const View *v, const Arch *a, const char *name);

/* The views, each in its file, by families: X(NAME) stands for view_NAME. */
#define VIEW_LIST(X)                                                           \
    X(tokens)                                                                  \
    X(embedding)                                                               \
    X(qk)                                                                      \
    X(attention)                                                               \
    X(heads)                                                                   \
    X(cache)                                                                   \
    X(block)                                                                   \
    X(mlp)                                                                     \
    X(residual)                                                                \
    X(next)                                                                    \
    X(model)                                                                   \
    X(learn)

#define VIEW_DECLARE(NAME) extern const View view_##NAME;
VIEW_LIST(VIEW_DECLARE)
#undef VIEW_DECLARE

#endif
