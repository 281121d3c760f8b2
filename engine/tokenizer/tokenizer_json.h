/* What the readers of tokenizer.json share. */
#ifndef ENGINE_TOKENIZER_TOKENIZER_JSON_H
#define ENGINE_TOKENIZER_TOKENIZER_JSON_H

#include "engine/base/jsonfile.h"
#include "engine/tokenizer/tokenizer_private.h"

typedef struct JsonTokenizer {
    JsonFile file;
    TokenizerSpec spec;
    PieceSpec *pieces; /* [spec.n_pieces]; type 0: no such id yet */
    MergeSpec *merges;
    AddedSpec *added; /* what is found in texts */
    int n_vocab;      /* 1 + the last id of the vocabulary itself */
    int gaps[TOKENIZER_PADDING_MAX]; /* ids past it without a piece */
    bool byte_fallback;
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

/* Reads normalizer and pre_tokenizer: what is done to a text before the
 * model. */
bool tokenizer_json_before(JsonTokenizer *t);

#endif
