/* The lines of the attention view: what is drawn and where (attention_lines.c),
 * and which heads, from which weight on (attention_choice.c).  Not for anyone
 * else. */
#ifndef VIZ_VIEWS_ATTENTION_ATTENTION_LINES_H
#define VIZ_VIEWS_ATTENTION_ATTENTION_LINES_H

#include "viz/views/attention/attention.h"

#define LINES_MAX 900 /* drawn of tokens that are not looked at */

/* The queries' column on the left, the keys' on the right, and beside it the
 * weights of one query, a column for each head. */
typedef struct Lines {
    const Stage *s;
    const float *rows[STAGE_TOKENS_MAX]; /* of the queries shown, all heads */
    int heads[THEME_MANY], n_heads;      /* whose lines are drawn */
    Span span;                           /* which queries and keys */
    Rect queries, keys, table;           /* as high as each other */
    int n_columns;                       /* of the table */
    Rect strips[2];                      /* of queries and keys; empty: all */
    int query, key; /* what the mouse is on, -1: nothing; only its lines */
    float least;    /* weights from here on have a line */
    /* Lines that reach the state's `least`: drawn, of how many that could be,
     * and how many others lead out of the part shown. */
    int n_lines, n_all, n_out;
} Lines;

/* NaN: not there yet, or none. */
float attention_line_weight(const Lines *l, int pos, int head, int key);
/* Whether a weight counts for one: the first token may be set apart. */
bool attention_line_counts(const Lines *l, int pos, int key);
/* Whether a key is not among those shown: then its lines are drawn only from
 * the token that is looked at. */
bool attention_leads_out(const Lines *l, int key);

/* ---- attention_choice.c -------------------------------------------------- */

/* Whose lines are drawn, the current one's among them; their colour and dashes
 * are those of their place. */
void attention_choose_heads(Lines *l);
Color attention_line_color(const Lines *l, int place);
/* A line with the dashes of a place. */
void attention_line_stroke(const Lines *l, int place, Point a, Point b,
                           float thick, Color color);
/* Raises `least` where there were more lines than can be told apart. */
void attention_choose_least(Lines *l);
/* What is chosen, and how to choose: above the columns, in r.  Returns what is
 * left of it; without `draw` nothing else. */
Rect attention_draw_choice(const Lines *l, Rect r, bool draw);

#endif
