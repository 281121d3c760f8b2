/* The inside of a Tokenizer, for tokenizer*.c alone. */
#ifndef ENGINE_TOKENIZER_TOKENIZER_PRIVATE_H
#define ENGINE_TOKENIZER_TOKENIZER_PRIVATE_H

#include "engine/tokenizer/tokenizer.h"

/* Two pieces that merge into a third. */
typedef struct MergeRule {
    int left, right, id; /* pieces */
    int rank;            /* 0 merges first */
} MergeRule;

/* One block; everything points into it. */
struct Tokenizer {
    TokenizerKind kind;
    int n_pieces;
    Piece *pieces; /* [n_pieces] */
    int n_sorted;
    const Piece **sorted; /* the text pieces by bytes, then by id */
    int n_rules;
    MergeRule *rules; /* by left, right, rank; none: merging goes by score */
    char *text;       /* the pieces' bytes, each followed by a NUL */
    int byte_ids[256];
    int bos;
    int ends[TOKENIZER_END_MAX];
    int n_ends;
    bool no_bos, space_prefix, ignore_merges;
    char warning[320]; /* "" when nothing was tolerated */
};

/* Orders pieces by bytes, shorter first: <0, 0, >0. */
int tokenizer_compare(const Piece *a, const Piece *b);

/* The best rule for two pieces, or NULL. */
const MergeRule *tokenizer_rule(const Tokenizer *t, int left, int right);

/* Where the word that begins at text[0], n > 0, ends: 1..n.  Words are what
 * byte-level kinds merge separately. */
size_t tokenizer_word(TokenizerKind kind, const char *text, size_t n);

/* The readers of the files that hold tokenizers, each over a whole file. */
Tokenizer *tokenizer_read_bin(const char *name, const void *data, size_t size,
                              int vocab_size, Err *err);
Tokenizer *tokenizer_read_json(const char *name, const void *data, size_t size,
                               int vocab_size, Err *err);
Tokenizer *tokenizer_read_spm(const char *name, const void *data, size_t size,
                              int vocab_size, Err *err);

/* The tokenizer in the file, of vocab_size pieces.  NULL and err on failure;
 * a file without one is a failure.  Source: the GGUF specification (ggml,
 * docs/gguf.md), tokenizer.ggml.*. */
Tokenizer *tokenizer_read_gguf(const File *f, int vocab_size, Err *err);

#endif
