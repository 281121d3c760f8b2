/* Qk: what the files of the `qk` view share: how one query meets one key.
 *
 *     qk_layout.c  which pairs and keys are shown, and where everything lies
 *     qk_pairs.c   a column a pair: both vectors, dials, products, running sum
 *     qk_shift.c   both moved elsewhere, or one of them
 *     qk_places.c  where positions are rows: those, and what they give to it
 *     qk_row.c     the row of scores it lands in; the score at every distance
 *     qk.c         modes, words, numbers, and the view's table row
 *
 * A *pair* is two neighbouring elements of a head, which RoPE turns together
 * like the hand of a clock.
 *
 * Does NOT know other views.
 */
#ifndef VIZ_VIEWS_QK_QK_H
#define VIZ_VIEWS_QK_QK_H

#include "engine/study/study_meet.h"
#include "viz/views/before.h"
#include "viz/views/view.h"

#define QK_COLUMNS_MAX 64

typedef enum QkOp {
    QK_BEFORE,
    QK_TURNED,
    QK_PRODUCT,
    QK_SCALED,
    QK_SOFTMAX,
    QK_DISTANCE,
    QK_PLACES,
    QK_OPS
} QkOp;

typedef struct QkSites {
    Site q, k, turned_q, turned_k, scores, pattern;
    bool turns;
} QkSites;
QkSites qk_sites(const Arch *a);
QkOp qk_op(const Stage *s);
/* Whether the pairs of this run turn: not where RoPE is off. */
bool qk_turned(const Stage *s, const StudyMeet *m);
/* Whether the number opened is the key's, not the query's: it is one of either
 * where the operation has both. */
bool qk_opens_key(const Stage *s);

/* Where the two are taken to stand: their places, unless they are moved. */
typedef struct QkPlaces {
    int shift, apart; /* as in the state, within what is possible */
    int query, key;   /* positions */
    bool moved;
} QkPlaces;
QkPlaces qk_places(const Stage *s);

typedef struct QkLayout {
    const StudyMeet *m;       /* where they are taken to stand */
    const StudyMeet *unmoved; /* where they do stand */
    QkPlaces places;
    const float *curve;            /* NULL: none, or not there yet */
    const float *scores, *weights; /* [n_keys]; NULL: not there yet */
    const float *was;              /* scores before the change, or NULL */
    int n_keys;
    int selected;             /* the element that is opened */
    int pair[QK_COLUMNS_MAX]; /* -1: the others together, the first */
    int n_columns, column_w, n_others;
    double others; /* what those add */
    bool numerals;
    int label_x, label_w, x; /* x: of the first column */
    int head_y, q_y, turned_q_y, dial_y, turned_k_y, k_y, product_y, sum_y;
    int cell_h, dial_h, sum_h; /* 0: no room for the upper half */
    Rect notes;                /* w 0: no room, as below */
    Rect clock;                /* the opened pair's, large; w 0: no room */
    Rect row, curve_r;         /* the plots, axis texts around them */
    Rect sliders;              /* h 0: none */
    int first_key, keys_shown;
    double low, high; /* of the scores' axis */
} QkLayout;

/* False while the numbers are missing. */
bool qk_layout(const Stage *s, Rect r, QkLayout *l);

/* The key with the highest score of all but the opened one; -1: none. */
int qk_rival(const Stage *s, const QkLayout *l);

/* The element that is opened: the strongest product's where none is. */
int qk_selected(const Stage *s, const StudyMeet *m);
const StudyMeet *qk_meet(const Stage *s); /* as moved */
const StudyMeet *qk_meet_unmoved(const Stage *s);
int qk_sliders_height(const Stage *s);
void qk_draw_sliders(const Stage *s, const QkLayout *l);
/* Shift with Right and Left, Down and Up: one further, both on. */
bool qk_move_apart(const Stage *s, int dir, State *next);
bool qk_move_both(const Stage *s, int dir, State *next);
const StudyMeet *qk_meet_before(const Stage *s);
/* How the two meet in the run before the change, by study_meet_key; false: they
 * do not, or cannot be told apart there. */
bool qk_key_before(const Stage *s, StudyKey *out);

/* What stands at the right, from y down. */
typedef struct QkNotes {
    Rect r;
    int y;
} QkNotes;
/* A name at the left and a number at the right, with what it was or NULL; lit:
 * the one that is shown.  And a title over a text; or neither, where there is
 * no room. */
void qk_note_number(const Stage *s, QkNotes *n, Pick pick, const char *name,
                    bool lit, const char *number, const char *was);
void qk_note_text(const Stage *s, QkNotes *n, const char *title,
                  const char *text);

/* The parts of q·k by what comes of the two positions' rows. */
#define QK_PLACE_PARTS 4
typedef struct QkPlacePart {
    const char *word;  /* STATE_PART */
    const char *title; /* on screen */
    int places;        /* as study_placed_key takes them */
} QkPlacePart;
extern const QkPlacePart qk_place_parts[QK_PLACE_PARTS];
const QkPlacePart *qk_place_part(const Stage *s); /* that is opened */
/* The one below (dir +1) or above (-1), as they are listed. */
bool qk_place_beside(const Stage *s, int dir, State *next);
StudyKey qk_place_key(const Stage *s, const QkPlacePart *part);
/* All of them in words; false: they are not there yet. */
bool qk_places_text(const Stage *s, char *out, size_t size);
void qk_draw_places(const Stage *s, QkNotes *n);

void qk_draw_pairs(const Stage *s, const QkLayout *l);
/* "query 2.23 turns": how far the opened pair's hand has turned. */
void qk_hand_text(const QkLayout *l, bool key, char *out, size_t size);
void qk_draw_clock(const Stage *s, const QkLayout *l);
void qk_draw_row(const Stage *s, const QkLayout *l);
void qk_draw_curve(const Stage *s, const QkLayout *l);

#endif
