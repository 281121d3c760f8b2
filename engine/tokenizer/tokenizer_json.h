/* What the readers of tokenizer.json share. */
#ifndef ENGINE_TOKENIZER_TOKENIZER_JSON_H
#define ENGINE_TOKENIZER_TOKENIZER_JSON_H

#include "engine/base/jsonfile.h"
#include "engine/tokenizer/tokenizer_private.h"

/* Values of a file at most: a piece, an added token of eight members and three
 * merges as pairs. */
#define TOKENIZER_JSON_VALUES(n_pieces) (10000 + 32 * (n_pieces))

typedef struct JsonTokenizer {
    JsonFile file;
    TokenizerSpec spec;
    PieceSpec *pieces; /* [spec.n_pieces]; type 0: no such id yet */
    MergeSpec *merges;
    AddedSpec *added; /* what is found in texts */
    int n_vocab;      /* 1 + the last id of the vocabulary itself */
    int gaps[TOKENIZER_PADDING_MAX]; /* ids past it without a piece */
    bool byte_fallback;
    const char *mask; /* the name of WordPiece's */
    const json_t *model;
} JsonTokenizer;

/* "field: found FOUND, which is not supported"; false. */
bool tokenizer_json_refuse(const JsonTokenizer *t, const char *field,
                           const char *found);

/* Whether its "type" is this one. */
bool tokenizer_json_is(const json_t *object, const char *type);

/* Whether a member is this string. */
bool tokenizer_json_says(const json_t *object, const char *key,
                         const char *want);

/* Item i of what may be a sequence, or the thing itself as the only item. */
const json_t *tokenizer_json_step(const json_t *object, const char *list,
                                  size_t i);

/* The tokenizer that a parsed tokenizer.json describes, with the name of its
 * mask, and of the file of its merges (NULL: the same); the file stays open. */
Tokenizer *tokenizer_from_json(JsonFile *file, int vocab_size, const char *mask,
                               const char *merges_name);

/* Reads normalizer and pre_tokenizer: what is done to a text before the
 * model. */
bool tokenizer_json_before(JsonTokenizer *t);

#endif
