/* Tokens: what the files of the `tokens` view share.
 *
 *     tokens_pieces.c      characters, bytes, pieces and ids of the text
 *     tokens_ladder.c      how the pieces of one word were merged
 *     tokens_vocabulary.c  the pieces there are
 *     tokens.c             modes, words, and the view's table row
 *
 * Does NOT merge anything: the tokenizer says what it merged (STUDY_LADDER).
 */
#ifndef VIZ_VIEWS_TOKENS_TOKENS_H
#define VIZ_VIEWS_TOKENS_TOKENS_H

#include "viz/views/view.h"

enum { TOKENS_PIECES, TOKENS_LADDER, TOKENS_VOCABULARY, TOKENS_MODES };

#define TOKENS_ABOVE    8  /* pieces listed before one that is gone to */
#define TOKENS_WORD_MAX 32 /* tokens; a longer run without a blank is cut */

/* The positions of the word that the current token is part of: up to where the
 * next one begins with a blank. */
void tokens_word(const Stage *s, int *first, int *last);

/* The ladder in question: that of the word in the state, else of the current
 * token's. */
const StudyLadder *tokens_ladder(const Stage *s, bool *missing);

/* The merge that is opened, from 0: the last one unless another was asked for.
 * -1: nothing was merged. */
int tokens_merge(const Stage *s, const StudyLadder *l);

/* The piece that the vocabulary opens: the one asked for, else the current
 * token. */
int tokens_opened_piece(const Stage *s);

/* A piece with the bytes that its file has: WordPiece's hold no blank. */
Piece tokens_piece(const Stage *s, int id);

/* A box with a text in its middle, cut where it does not fit. */
typedef struct TokensBox {
    Rect r;
    Color fill, frame, ink;
    float line_u, size_u; /* of the frame, of the text */
    Face face;
    bool is_byte; /* "<A6>": without its brackets where it is narrow */
} TokensBox;
void tokens_box(const Stage *s, const TokensBox *b, const char *text);

/* Characters that no font has are told by their number: "U+1F999".  True: out
 * is that. */
bool tokens_name_missing(const Stage *s, const char *text,
                         char out[STAGE_LABEL_MAX]);

/* What `key` opens of the vocabulary's piece: from 0 on the merges that make
 * it, from here on the cosines of its nearest. */
#define TOKENS_KEY_NEAR STUDY_LADDER_MAX

void tokens_draw_pieces(const Stage *s, Rect r);
void tokens_draw_ladder(const Stage *s, Rect r);
/* The same of WordPiece, below the word: what was looked up. */
void tokens_draw_longest(const Stage *s, Rect r, const StudyLadder *l);
void tokens_draw_vocabulary(const Stage *s, Rect r);

#endif
