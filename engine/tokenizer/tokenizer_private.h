/* The inside of a Tokenizer, for tokenizer*.c alone. */
#ifndef ENGINE_TOKENIZER_TOKENIZER_PRIVATE_H
#define ENGINE_TOKENIZER_TOKENIZER_PRIVATE_H

#include "engine/tokenizer/tokenizer.h"

/* Two pieces that merge into a third. */
typedef struct MergeRule {
    int left, right, id; /* pieces */
    int rank;            /* 0 merges first */
} MergeRule;

/* How a text is cut into words; what GPT-2 does is all false and 0.  The words
 * themselves are in tokenizer_words.c. */
typedef struct WordRules {
    bool any_case;    /* 'S and the like are as good as 's */
    bool any_lead;    /* any one character may come before a word's letters,
                         not only a space */
    bool newlines;    /* line ends stay with the blanks or signs before them */
    bool numbers_cut; /* a text ends before each number and after it */
    int numbers_max;  /* of a word, which no space begins then; 0: no limit */
} WordRules;

/* What a text is before anything is merged. */
typedef enum TokenizerUnit {
    UNIT_CHARACTER, /* what is no piece becomes bytes, which have pieces of
                       their own: <0x0A> */
    UNIT_BYTE,      /* a piece is a text of bytes, each written as GPT-2's
                       character for it; each byte is a piece */
} TokenizerUnit;

typedef enum TokenizerMerge {
    MERGE_SCORE, /* any two that are a piece together, the highest score first;
                    but if merges are listed, as MERGE_RANK */
    MERGE_RANK,  /* only those listed, the first first */
} TokenizerMerge;

/* All that tells one kind of tokenizer from another. */
typedef struct TokenizerScheme {
    const WordRules *words; /* NULL: the text is not cut */
    TokenizerUnit unit;
    TokenizerMerge merge;
    bool space_prefix;    /* a text gets a space first, if its file agrees */
    bool begins_with_bos; /* so does bos, where its file does not say */
    int bos, eos;         /* where its file does not say; -1: it must */
    /* What tells it in a GGUF file: the model and, unless all are NULL, one of
     * the names of its words.  Whether a word that is a piece is not merged is
     * not said there. */
    const char *gguf_model, *gguf_pre[2];
    bool gguf_ignores_merges;
    /* What tells it in a tokenizer.json: the step before ByteLevel ("": none;
     * NULL: it has no ByteLevel), and its expression, if that is not
     * ByteLevel's own. */
    const char *json_first, *json_regex;
} TokenizerScheme;

const TokenizerScheme *tokenizer_scheme(TokenizerKind kind);

/* One block; everything points into it. */
struct Tokenizer {
    const TokenizerScheme *scheme;
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

/* Where the word that begins at text[0], n > 0, ends: 1..n. */
size_t tokenizer_word(const WordRules *rules, const char *text, size_t n);

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
