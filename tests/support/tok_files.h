/* One list of pieces as each kind of tokenizer file, written from the formats'
 * descriptions; for vocabularies that the tiny tokenizer does not have. */
#ifndef TESTS_SUPPORT_TOK_FILES_H
#define TESTS_SUPPORT_TOK_FILES_H

#include "engine/format/gguf.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/bytes.h"

/* A piece with U+2581 for spaces; type as in TokenType. */
typedef struct TokPiece {
    const char *text;
    float score;
    int type;
} TokPiece;

/* A list of these, with a user piece and an unused one. */
#define TOK_SMALL 9
extern const TokPiece tok_small[TOK_SMALL];

/* tokenizer.bin: spaces plain, types by place. */
Bytes tok_bin(const TokPiece *pieces, int n);

/* tokenizer.model; `more` is appended to the trainer's settings. */
Bytes tok_spm(const TokPiece *pieces, int n, bool byte_fallback, Bytes more);

/* tokenizer.json: `before` is its normalizer and pre_tokenizer, `added` its
 * added tokens beside <unk>, <s> and </s>, `model` the model's members but
 * vocab and merges.  Added tokens need not be pieces. */
Bytes tok_json(const TokPiece *pieces, int n, const char *before,
               const char *added, const char *model, const char *merges);

/* A GGUF file of no tensors.  types and scores are the types of these arrays,
 * GGUF_STRING: there is none.  `more`: a key of an id; NULL: none. */
Bytes tok_gguf(const TokPiece *pieces, int n, GgufType types, GgufType scores,
               const char *more, uint32_t id);

#endif
