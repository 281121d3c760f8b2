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
    bool signs_cut;   /* a text ends before signs and after them: punctuation
                         and $ + < = > ^ ~ | */
    bool threes;      /* no space begins a number, and three digits of ASCII in
                         a row are one, wherever they stand in it */
} WordRules;

/* What a text is before anything is merged. */
typedef enum TokenizerUnit {
    UNIT_CHARACTER, /* what is no piece becomes bytes, which have pieces of
                       their own: <0x0A> */
    UNIT_BYTE,      /* a piece is a text of bytes, each written as GPT-2's
                       character for it; each byte is a piece */
    UNIT_WORD,      /* a word, which is cut into pieces */
} TokenizerUnit;

typedef enum TokenizerMerge {
    MERGE_SCORE, /* any two that are a piece together, the highest score first;
                    but if merges are listed, as MERGE_RANK */
    MERGE_RANK,  /* only those listed, the first first */
    MERGE_LONGEST, /* none: the longest beginning that is a piece */
} TokenizerMerge;

#define SCHEME_PRE_MAX 3

/* All that tells one kind of tokenizer from another. */
typedef struct TokenizerScheme {
    const WordRules *words; /* NULL: the text is not cut */
    TokenizerUnit unit;
    TokenizerMerge merge;
    bool space_prefix;    /* a text gets a space first, if its file agrees */
    bool begins_with_bos; /* so does bos, where its file does not say */
    int bos, eos;         /* where its file does not say; -1: it must */
    /* What tells it in a GGUF file: the model (NULL: nothing) and, unless all
     * are NULL, one of the names of its words.  Whether a word that is a piece
     * is not merged is not said there. */
    const char *gguf_model, *gguf_pre[SCHEME_PRE_MAX];
    bool gguf_ignores_merges;
    /* What tells it in a tokenizer.json: the step before ByteLevel ("": none;
     * NULL: it has no ByteLevel), and its expression ("": none; NULL:
     * ByteLevel's own). */
    const char *json_first, *json_regex;
} TokenizerScheme;

const TokenizerScheme *tokenizer_scheme(TokenizerKind kind);

/* A piece that is found in texts: its pattern. */
typedef struct Added {
    const char *bytes;
    int len, id, flags;
} Added;

/* Patterns of one pass, by bytes, then by id. */
typedef struct AddedList {
    const Added *items;
    int n;
} AddedList;

#define TOKENIZER_INSIDE_MAX 15 /* bytes of "##" */
#define TOKENIZER_WORD_MAX   10000

/* One block; everything points into it. */
struct Tokenizer {
    const TokenizerScheme *scheme;
    int n_pieces;
    int n_padding, n_gaps; /* see TokenizerSpec */
    int *gaps;
    Piece *pieces; /* [n_pieces] */
    int n_sorted;
    const Piece **sorted; /* the text pieces by bytes, then by id */
    bool has_unused;      /* some of them are */
    bool ranked;          /* only rules merge; else any two, by score */
    int n_rules;
    MergeRule *rules;          /* by left, right, rank */
    Added *added;              /* all patterns, in the order of the passes */
    AddedList raw, normalized; /* the first and the second pass */
    char *text;        /* the pieces' bytes, each followed by a NUL; patterns */
    int byte_ids[256]; /* of byte pieces; -1: none */
    int write_ids[256]; /* what a byte is written as; -1: it is unknown */
    int unknown;        /* -1: none */
    int bos;
    int ends[TOKENIZER_END_MAX];
    int n_ends;
    bool guessed_bos, guessed_ends;
    /* As in TokenizerSpec. */
    bool no_bos, space_prefix, prefix_once, prefix_unless_space;
    int normal;
    bool normalizes, marks_spaces, spaces_cut, fuse_unknown, ignore_merges;
    char inside[TOKENIZER_INSIDE_MAX + 1]; /* before pieces inside words */
    int word_max;                          /* characters of a word */
    int sep, mask;                         /* -1: none */
    char warning[ERR_MSG_MAX];             /* "" when nothing was tolerated */
};

/* Orders pieces by bytes, shorter first: <0, 0, >0. */
int tokenizer_compare(const Piece *a, const Piece *b);

/* What merging finds: tokenizer_find_piece with unused pieces, without added
 * ones. */
int tokenizer_find_any(const Tokenizer *t, const char *bytes, int len);

/* Where the word that begins at text[0], n > 0, ends; or the blanks, or the
 * sign. */
int tokenizer_bert_word(const char *text, int n, bool *blank);

/* The longest piece that `text` begins with; how long it is in *len, which is 0
 * where there is none (-1).  `inside` a word, or beginning one. */
int tokenizer_longest(const Tokenizer *t, const char *text, int n, bool inside,
                      int *len);

/* How U+2581 is written, which stands for a space in files. */
#define SPACE_MARK     "\u2581"
#define SPACE_MARK_LEN 3
#define SPACE_MARK_CP  0x2581u
/* Whether n > 0 bytes begin with it. */
bool tokenizer_is_mark(const char *text, size_t n);

/* Copies with U+2581 as spaces; returns the length. */
int tokenizer_copy_spaces(const char *text, int n, char *out);

/* The name of a piece of no bytes, which is never made of a text. */
#define TOKENIZER_EMPTY "<empty>"

/* Rows of the model past the last piece are there to make their number a round
 * one.  More of them would be another model's tokenizer. */
#define TOKENIZER_PADDING_MAX 1024

/* What stands for no text and is never made of one. */
PieceSpec tokenizer_blank(void);

/* Fills pieces[n_found .. n_pieces-1], which stand for no text and are never
 * drawn; how many: TokenizerSpec.n_padding.  -1: too many. */
int tokenizer_pad(PieceSpec *pieces, int n_found, int n_pieces);

/* "<0x0A>", exactly: 10; -1 for anything else. */
int tokenizer_byte_value(const char *text, int n);

/* How many patterns there are at most and how many bytes they take; makes them
 * of what is checked, text having that room. */
size_t tokenizer_added_room(const TokenizerSpec *s, int *n);
void tokenizer_fill_added(Tokenizer *t, const TokenizerSpec *s, char *text);

/* Cuts a text at the pieces found in it, one section a call; id -1: between
 * them.  Begin with list, text, n and special; false at the end. */
typedef struct Section {
    size_t begin, end;
    int id;
} Section;
typedef struct Cutter {
    const AddedList *list;
    const char *text;
    size_t n;
    bool special;    /* control tokens are found, too */
    bool marked;     /* spaces stand for U+2581, which is no white space */
    size_t at, scan; /* what is cut, and what was looked at */
    Section found;   /* what comes next, if its end is not 0 */
} Cutter;
bool tokenizer_cut(Cutter *c, Section *out);

/* Characters of words and white space, as the tokenizers of Hugging Face have
 * them (\w and \s). */
bool tokenizer_is_word_char(uint32_t cp);
bool tokenizer_is_white(uint32_t cp);
/* \p{P} */
bool tokenizer_is_punctuation(uint32_t cp);

/* Normalises text[0..n) by rules of NORMAL_...: calls put for the bytes that
 * come of text[begin..end), in order; none (len 0) where an accent goes with
 * what is before it.  Calls it with NORMAL_GROWTH * n bytes at most, in all.
 * Runs of more than NORMAL_RUN_MAX marks are composed in parts. */
#define NORMAL_GROWTH  6
#define NORMAL_RUN_MAX 64
typedef void (*NormalPut)(void *ud, const char *bytes, int len, size_t begin,
                          size_t end);
void tokenizer_normalize(int rules, const char *text, size_t n, NormalPut put,
                         void *ud);

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

/* The files of a tokenizer from before tokenizer.json. */
typedef enum VocabPart {
    VOCAB_PIECES,  /* vocab.json, or vocab.txt of BERT */
    VOCAB_MERGES,  /* merges.txt */
    VOCAB_CONFIG,  /* tokenizer_config.json */
    VOCAB_SPECIAL, /* special_tokens_map.json */
    VOCAB_ADDED,   /* added_tokens.json */
    VOCAB_PARTS
} VocabPart;
typedef struct VocabFile {
    const char *name; /* for messages; that of the pieces tells the kind */
    const void *data; /* NULL: there is none */
    size_t size;
} VocabFile;
typedef struct VocabFiles {
    VocabFile parts[VOCAB_PARTS];
    const char *model_type; /* of config.json; NULL: not known */
} VocabFiles;
Tokenizer *tokenizer_read_vocab(const VocabFiles *files, int vocab_size,
                                Err *err);

/* Takes what ends a text from the files in the folder of a model of Hugging
 * Face: eos_token_id of config.json and generation_config.json; and where these
 * and the tokenizer's file leave it open, eos_token of tokenizer_config.json.
 * Likewise where a text begins.  Ids outside the vocabulary do not count. */
bool tokenizer_read_ends(Tokenizer *t, const char *model_path, Err *err);

/* The tokenizer in the file, of vocab_size pieces.  NULL and err on failure;
 * a file without one is a failure.  Source: the GGUF specification (ggml,
 * docs/gguf.md), tokenizer.ggml.*. */
Tokenizer *tokenizer_read_gguf(const File *f, int vocab_size, Err *err);

#endif
