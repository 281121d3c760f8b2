/* The next view's parts: the table of candidates (next_table.c), how much the
 * text's tokens surprised (next_surprise.c), what is said of a model that tells
 * what stands at a place (next_masked.c), and what stands around them (next.c).
 * Not for anyone else. */
#ifndef VIZ_VIEWS_NEXT_NEXT_H
#define VIZ_VIEWS_NEXT_NEXT_H

#include "viz/views/masked.h"
#include "viz/views/view.h"

/* Which number of a row, or of all of them, is opened: in the order of their
 * columns. */
enum {
    NEXT_OP_LOGIT,
    NEXT_OP_PROB,
    NEXT_OP_SHARE,
    NEXT_OP_ENTROPY,
    NEXT_OP_NORM,
    NEXT_OP_PLAIN,    /* the probability that no setting changes */
    NEXT_OP_SURPRISE, /* of the token that follows in the text */
    NEXT_OP_BARS,     /* tokens and their probabilities, and nothing else */
    NEXT_OPS
};
extern const ViewOp next_ops[NEXT_OPS];

/* Whether how the probabilities come about and one is drawn is left out. */
static inline bool next_is_bare(const Stage *s) {
    return s->op == NEXT_OP_BARS;
}

/* Whether nothing is drawn by chance: nobody asked for it, or no token comes
 * next. */
static inline bool next_is_certain(const Stage *s) {
    return next_is_bare(s) || masked_tells(s);
}

/* A few words, some of them set apart, as they are told below the table. */
typedef struct NextWords {
    char text[8][128];
    TextSpan spans[8];
    int n;
} NextWords;
void next_say(NextWords *t, Face face, Color color, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#define NEXT_MASKED_QUESTION "What stands here?"

/* Of a place: what the table is about, beside the view's title; what the model
 * makes of it; and what an operation shows, NULL: what it always does. */
void next_masked_details(const Stage *s, const char *count, char *out,
                         size_t size);
void next_masked_describe(const Stage *s, const StudyNext *next, NextWords *t);
const char *next_masked_text(int op);

/* Draws the table of what could follow into r, with as many rows as fit well,
 * and returns the height it used. */
int next_table_draw(const Stage *s, const StudyNext *next, Rect r);

/* Index in candidates of the token that the text has where this is about; -1:
 * none, as at its end. */
int next_following(const Stage *s, const StudyNext *next);

/* How much each token of the text surprised, those around the current one where
 * they have no room, over the whole of r; next_surprise_height: how high that
 * should be, 0: not at all in a view of this size. */
void next_surprise_draw(const Stage *s, Rect r);
int next_surprise_height(const Stage *s, Rect view);

/* The probability of a true continuation as the bars beside it are: with the
 * temperature. */
double next_truth_shown(const Stage *s, const StudyTruth *truth, int i);
/* Whether that differs from the true one. */
bool next_is_tempered(const Stage *s);

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
