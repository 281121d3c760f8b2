/* The inside of a Tokenizer, for tokenizer*.c alone. */
#ifndef ENGINE_TOKENIZER_IMPL_H
#define ENGINE_TOKENIZER_IMPL_H

#include "engine/tokenizer.h"

/* Ids from here on are pieces of text; below are control and byte tokens. */
enum { TOKEN_TEXT0 = TOKEN_BYTE0 + 256 };

/* One block; everything points into it. */
struct Tokenizer {
    int n_pieces;
    Piece *pieces;        /* [n_pieces] */
    const Piece **sorted; /* the text pieces by bytes, then by id */
    char *text;           /* the pieces' bytes, each followed by a NUL */
    char warning[320];    /* "" when nothing was tolerated */
};

/* Orders pieces by bytes, shorter first: <0, 0, >0. */
int tokenizer_compare(const Piece *a, const Piece *b);

#endif
