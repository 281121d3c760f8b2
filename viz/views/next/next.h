/* The next view's parts: the table of candidates (next_table.c) and what
 * stands around it (next.c).  Not for anyone else. */
#ifndef VIZ_VIEWS_NEXT_NEXT_H
#define VIZ_VIEWS_NEXT_NEXT_H

#include "viz/views/view.h"

/* Which number of a row, or of all of them, is opened: in the order of their
 * columns. */
enum {
    NEXT_OP_LOGIT,
    NEXT_OP_PROB,
    NEXT_OP_SHARE,
    NEXT_OP_ENTROPY,
    NEXT_OP_NORM,
    NEXT_OP_PLAIN, /* the probability that no setting changes */
    NEXT_OPS
};
extern const ViewOp next_ops[NEXT_OPS];

/* Draws the table of what could follow into r, with as many rows as fit well,
 * and returns the height it used. */
int next_table_draw(const Stage *s, const StudyNext *next, Rect r);

/* Index in candidates of the token that follows in the text; -1 at its end. */
int next_following(const Stage *s, const StudyNext *next);

/* Marks a true probability. */
#define NEXT_TRUTH_MARK "◆"

/* The token whose logit the inspector shows: the opened one, else the best of
 * next; -1: none was opened and next is NULL. */
int next_opened_id(const Stage *s, const StudyNext *next);

/* "512", "32,000". */
void next_count_text(int n, char out[16]);

/* "0.5312"; never rounded up to 1. */
void next_coin_text(float coin, char out[16]);

#endif
