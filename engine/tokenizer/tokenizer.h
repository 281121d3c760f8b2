/* Tokenizer: text to token ids and back, by byte pair encoding: SentencePiece
 * with byte fallback (Llama 2), or byte-level after a cut into words (GPT-2,
 * Llama 3); or by WordPiece (BERT).
 *
 *     Tokenizer *tok = tokenizer_open("tok512.bin", 512, &err);
 *     Encoding e = {0};
 *     if (tokenizer_encode(tok, text, strlen(text), TOKENIZER_BOS, &e, &err))
 *         for (int i = 0; i < e.n; i++) printf("%d\n", e.tokens[i].id);
 *     encoding_free(&e);
 *
 * Ids are those that the file's own program gives: llama2.c's run.c for
 * tokenizer.bin, SentencePiece for tokenizer.model (identity normaliser), the
 * tokenizers of Hugging Face for tokenizer.json, llama.cpp for GGUF.  So a
 * literal U+2581 in a text is a space, but for tokenizer.bin.  Ill-formed UTF-8
 * and characters outside the vocabulary become byte tokens; where a byte of one
 * has no piece, the character becomes the unknown token, or in a tokenizer.bin
 * what run.c takes (id 3 + byte, if there is one), or nothing where there is no
 * unknown token.  Unless such a thing happened (Encoding.altered),
 * decode(encode(x)) == x.  Constant after open.  WordPiece (BERT) lowers and
 * strips what it reads, so that its texts decode to readable ones alone.
 *
 * User-defined pieces and added tokens are found in a text before it is cut in
 * any other way.  Control tokens are not, but with TOKENIZER_SPECIAL: "<s>" in
 * a text is three characters.  The mask, where there is one, always is:
 * "[MASK]".  No end token is put after a text, whatever the file says: texts go
 * on; but of WordPiece [SEP], since its models read whole texts.
 *
 * Source: Kudo & Richardson 2018 (SentencePiece), arXiv:1808.06226; Sennrich
 * et al. 2016 (BPE), arXiv:1508.07909; Radford et al. 2019 (GPT-2: bytes and
 * words); Schuster & Nakajima 2012 and Devlin et al. 2018, arXiv:1810.04805
 * (WordPiece).
 */
#ifndef ENGINE_TOKENIZER_TOKENIZER_H
#define ENGINE_TOKENIZER_TOKENIZER_H

#include "engine/model/model.h"
#include "engine/spec/sampler.h"

#include <stdint.h>

#define TOKENIZER_PROMPT_MAX 65536       /* bytes of text in one encode */
#define TOKENIZER_PIECE_MAX  1024        /* bytes of one piece */
#define TOKENIZER_FILE_MAX   (64u << 20) /* bytes of a tokenizer file */

#define TOKENIZER_END_MAX    16 /* tokens that end a text */
#define TOKENIZER_PIECES_MAX 1048576
#define TOKENIZER_MERGES_MAX 4194304

/* The first pieces of every llama2.c tokenizer.bin.  Other files have them
 * elsewhere: ask tokenizer_bos and its kind. */
enum { TOKEN_UNK = 0, TOKEN_BOS = 1, TOKEN_EOS = 2, TOKEN_BYTE0 = 3 };

/* The name of a mask that is added to a tokenizer without one. */
#define TOKENIZER_MASK_NAME "[MASK]"

typedef struct Tokenizer Tokenizer;

/* Reads a tokenizer of exactly vocab_size pieces from a llama2.c tokenizer.bin,
 * a SentencePiece tokenizer.model, a Hugging Face tokenizer.json, or the
 * vocab.json or vocab.txt of before, with the files beside it (merges.txt,
 * tokenizer_config.json and the like); the kind is told by the name or the
 * first bytes.  What is tolerable (a wrong longest-piece field,
 * duplicate pieces: the first wins, pieces with a NUL or not in UTF-8) is
 * counted in tokenizer_warning. */
Tokenizer *tokenizer_open(const char *path, int vocab_size, Err *err);
Tokenizer *tokenizer_open_memory(const char *name, const void *data,
                                 size_t size, int vocab_size, Err *err);
void tokenizer_close(Tokenizer *t); /* NULL is fine */

/* The same pieces under the same ids, and one more after them: a mask.  t takes
 * one.  NULL and err when out of memory. */
Tokenizer *tokenizer_masked(const Tokenizer *t, Err *err);
/* Whether it does: it is of SentencePiece's kind, merges by scores (a
 * tokenizer.json's lists its merges), and has no mask. */
bool tokenizer_takes_mask(const Tokenizer *t);

/* The same for a model: where it is one of Hugging Face, what ends a text is
 * read from config.json, generation_config.json or tokenizer_config.json beside
 * it. */
Tokenizer *tokenizer_open_for(const Model *m, const char *path, Err *err);

/* The tokenizer inside the model's file, where model_has_tokenizer. */
Tokenizer *tokenizer_of_model(const Model *m, Err *err);

/* Finds the tokenizer that belongs to a model file or folder: beside or in it,
 * the first that exists of MODEL.tok.bin (extension replaced), tokenizer.bin,
 * tok<V>.bin, tokenizer.json, tokenizer.model, vocab.json, vocab.txt.  Writes
 * the path to out; false
 * with a message naming what was looked for. */
bool tokenizer_find(const char *model_path, int vocab_size, char *out,
                    size_t out_size, Err *err);

int tokenizer_n_pieces(const Tokenizer *t);
/* Ids below this may be drawn: a model may have more rows than the tokenizer
 * has pieces, to make their number a round one. */
int tokenizer_n_drawn(const Tokenizer *t);
/* Of these, without rows that lie between added tokens and have no piece
 * either; borrowed from the tokenizer. */
SamplerIds tokenizer_drawn(const Tokenizer *t);
/* The same pieces under the same ids: what one makes of a text the other's
 * model can read. */
bool tokenizer_same_pieces(const Tokenizer *a, const Tokenizer *b);
/* The same, but one may have more after those of the other: a text without
 * these is the same tokens. */
bool tokenizer_same_ids(const Tokenizer *a, const Tokenizer *b);

/* One line about what was tolerated in the file, or NULL. */
const char *tokenizer_warning(const Tokenizer *t);

/* The token that begins a text: BOS, or what ends one where there is none; -1:
 * there is neither. */
int tokenizer_bos(const Tokenizer *t);

/* What stands for a word that is to be predicted ([MASK]), or -1.  In a text
 * its name always is this token, with or without TOKENIZER_SPECIAL: that is
 * what it is typed for.  It stands for a piece: of SentencePiece's kind the
 * space before it is its own, as a word's is, and what is around it becomes the
 * tokens that it is around that word. */
int tokenizer_mask(const Tokenizer *t);

/* What stands for words that no piece writes ([UNK]), or -1: they are left
 * out. */
int tokenizer_unknown(const Tokenizer *t);

/* What is put after a text, as BOS is before it ([SEP]), or -1. */
int tokenizer_sep(const Tokenizer *t);

/* WordPiece: longest match, no merges (Encoding.lookups). */
bool tokenizer_is_wordpiece(const Tokenizer *t);
/* What its file has before a piece inside a word: "##"; NULL: no WordPiece. */
const char *tokenizer_inside(const Tokenizer *t);

/* Byte-level BPE; and the character that its files write a byte as. */
bool tokenizer_is_byte_level(const Tokenizer *t);
uint32_t tokenizer_byte_char(uint8_t byte);

/* Whether a text is over at this token: EOS and its like, and BOS. */
bool tokenizer_is_end(const Tokenizer *t, int id);

/* The token of a single byte; -1: there is none. */
int tokenizer_byte(const Tokenizer *t, uint8_t byte);

/* Piece of a token: bytes (space is ' ', not NUL-terminated but followed by a
 * NUL), its length and BPE score.  Of WordPiece a piece that begins a word
 * begins with ' ', one inside a word does not: tokenizer_show has them as their
 * file does, word and ##piece.  0 <= id < n_pieces. */
typedef struct Piece {
    const char *bytes;
    int len;
    float score;     /* of the merge that makes it: minus its rank, if listed */
    bool is_byte;    /* <0xNN>: bytes holds that one byte, len is 1 */
    bool is_control; /* no text: unk, bos, eos and their like; bytes: a name */
    bool is_unused;  /* text that is never made of a text */
    bool is_added;   /* text that is found whole; no merge makes it */
} Piece;
Piece tokenizer_piece(const Tokenizer *t, int id);

/* Id of a piece by its exact bytes, or -1.  Byte, control and unused pieces are
 * not found this way. */
int tokenizer_find_piece(const Tokenizer *t, const char *bytes, int len);

/* The same by the text that people write for it: of WordPiece "##ing", or
 * "play" for what begins a word, with a space before it or not. */
int tokenizer_find_text(const Tokenizer *t, const char *text, int len);

typedef struct Token {
    int id;
    uint32_t begin, end; /* byte span in the text; [0,0) for BOS.  The space
                            put before the text belongs to no byte: the first
                            token's span starts at 0. */
} Token;

/* One BPE step, for showing: symbols `left` and `left+1` of the list as it was
 * before the step became one symbol, `id`. */
typedef struct Merge {
    int left;    /* index in the symbol list before this merge */
    int id;      /* the piece made */
    float score; /* its score: the highest of all pairs, leftmost on ties */
} Merge;

/* WordPiece's step: the longest beginning of what is left of a word is looked
 * up, then one character less, and so on. */
typedef struct Lookup {
    uint32_t begin, end; /* byte span in the text */
    int id;              /* -1: no piece */
    bool inside;         /* a piece inside a word was looked for */
} Lookup;
#define TOKENIZER_LOOKUPS_MAX 65536 /* recorded in one encode */

typedef struct Encoding {
    Token *tokens;
    int n;
    Merge *merges; /* in order; only with TOKENIZER_MERGES */
    int n_merges;
    Token *symbols; /* the list before any merge; with TOKENIZER_MERGES.  id is
                       -1 where a character is no piece (bytes later). */
    int n_symbols;
    Lookup *lookups; /* WordPiece's, in order; with TOKENIZER_MERGES */
    int n_lookups;
    int n_unknown; /* characters, or of WordPiece words, that no token writes */
    Token unknown; /* the first of them */
    bool altered;  /* the tokens may decode to another text */
} Encoding;

enum {
    TOKENIZER_BOS = 1,     /* put BOS first, where texts of this tokenizer have
                             it; and always when there would be no token, which
                             is refused where there is no BOS; and
                             tokenizer_sep last */
    TOKENIZER_MERGES = 2,  /* record symbols and merges.  A word that becomes an
                             unused piece is cut again after them. */
    TOKENIZER_SPECIAL = 4, /* the names of control tokens are these tokens */
    TOKENIZER_BARE = 8,    /* no space is put first: a part of a text */
};

/* O(n log n).  Texts over TOKENIZER_PROMPT_MAX are refused with ERR_LIMIT.
 * e must be zeroed or a former result (its memory is freed first). */
bool tokenizer_encode(const Tokenizer *t, const char *text, size_t n, int flags,
                      Encoding *e, Err *err);
void encoding_free(Encoding *e);

/* Whether two neighbours merge whose bytes together are these; left and right
 * are their pieces, -1: none.  What merging itself asks; then out has the piece
 * they make and its score, `left` stays. */
bool tokenizer_merges(const Tokenizer *t, const char *bytes, int len, int left,
                      int right, Merge *out);

/* One line about the characters of the text that no token writes, into out;
 * false: there are none. */
bool encoding_lost(const Encoding *e, const char *text, char *out, size_t size);

/* Decoding, a token at a time: multi-byte characters that arrive as byte
 * tokens are held until they are whole.  Start with a zeroed Decoder. */
typedef struct Decoder {
    char held[4];
    int n_held;
    bool started; /* a text token was seen: its leading space is real */
} Decoder;

/* Appends the text that token id makes final to out (capacity >=
 * TOKENIZER_PIECE_MAX + 8) and returns its length; not NUL-terminated.  The
 * space that encode put first is left out, once.  Bytes that can no longer
 * become a character are passed on as they are.  Control tokens add "". */
int tokenizer_decode(const Tokenizer *t, Decoder *d, int id, char *out);
/* What is still held (a cut character), at the end. */
int tokenizer_decode_end(Decoder *d, char *out);

/* A token as people should see it: spaces as U+2423 (open box), newline as
 * U+23CE, tab as U+21E5, the bytes of other control characters and bytes that
 * are no character as <XX> (escape.h), control tokens as their names.  A byte
 * token below 80 is a character.  NUL-terminated, cut at a character boundary
 * to fit size > 0. */
void tokenizer_show(const Tokenizer *t, int id, char *out, size_t size);

/* ---- for readers of tokenizers (tokenizer_gguf.c and its kind) ----------- */

/* The numbers are those of SentencePiece and of GGUF. */
typedef enum TokenType {
    TOKEN_NORMAL = 1,
    TOKEN_UNKNOWN = 2,
    TOKEN_CONTROL = 3, /* no text: never made of text, decodes to "" */
    TOKEN_USER = 4,    /* found in texts before they are cut */
    TOKEN_UNUSED = 5,  /* merged like any, then cut again */
    TOKEN_BYTE = 6,    /* "<0x0A>" */
} TokenType;

/* What a piece is in its file.  A space is U+2581 in normal and user pieces,
 * unless spaces_plain; in byte-level kinds every byte of a normal piece is
 * GPT-2's character for it; of WordPiece see `inside`.
 * The constructor turns these into their bytes; the
 * others stay as they are, names to be shown. */
typedef struct PieceSpec {
    const char *bytes; /* borrowed; need not end in a NUL */
    int len;
    float score; /* of the merge that makes it; only without merges */
    int type;    /* a TokenType; other numbers are refused */
    bool added;  /* a user piece that no merge makes */
} PieceSpec;

/* How a piece is found in texts. */
enum {
    ADDED_CONTROL = 1,     /* only with TOKENIZER_SPECIAL */
    ADDED_WORD = 2,        /* not inside a word (single_word) */
    ADDED_LSTRIP = 4,      /* with the white space before it */
    ADDED_RSTRIP = 8,      /* ... after it */
    ADDED_NORMALIZED = 16, /* what else is so goes first; then in what the
                              normalizer makes of texts, and of this one */
    ADDED_SPACE = 32       /* with the one space before it */
};

/* A piece that is found in texts; of several that begin at one place the
 * longest. */
typedef struct AddedSpec {
    const char *bytes; /* borrowed; need not end in a NUL */
    int len;
    int id;
    int flags; /* of ADDED_... */
} AddedSpec;

/* Two pieces that merge, written like pieces. */
typedef struct MergeSpec {
    const char *left, *right;
    int left_len, right_len;
} MergeSpec;

typedef enum TokenizerKind {
    TOKENIZER_SENTENCEPIECE, /* Llama 2: the whole text is merged at once;
                                characters outside the vocabulary are bytes */
    /* Byte-level BPE: a text is cut into words first, each is merged. */
    TOKENIZER_GPT2,         /* GPT-2's words */
    TOKENIZER_GPT2_DIGITS,  /* the same, each digit on its own (SmolLM) */
    TOKENIZER_GPT2_WHOLE,   /* the whole text is one word */
    TOKENIZER_GPT2_DEFAULT, /* llama.cpp's, where a GGUF file does not say */
    TOKENIZER_LLAMA3,       /* Llama 3's words */
    TOKENIZER_QWEN2,        /* the same, each digit on its own */
    TOKENIZER_WORDPIECE,    /* BERT: words at blanks and punctuation, each cut
                               into the longest pieces from the left, or
                               unknown as a whole */
    TOKENIZER_KINDS
} TokenizerKind;

/* What is done to a text before it is cut into words. */
enum {
    NORMAL_NFC = 1,    /* composed as Unicode's normal form C */
    NORMAL_CLEAN = 2,  /* control characters off; white space is ' ' */
    NORMAL_CJK = 4,    /* Chinese characters each a word */
    NORMAL_STRIP = 8,  /* accents off: decomposed (NFD), marks of category Mn
                          dropped */
    NORMAL_LOWER = 16, /* lower case, a character at a time */
    NORMAL_BERT = NORMAL_CLEAN | NORMAL_CJK | NORMAL_STRIP | NORMAL_LOWER
};

typedef struct TokenizerSpec {
    const char *name; /* the file's, for messages */
    TokenizerKind kind;
    const PieceSpec *pieces; /* [n_pieces], by id */
    int n_pieces;
    int n_padding;   /* the last of them: rows of the model without a piece */
    const int *gaps; /* [n_gaps] others without one, between added tokens, which
                        rise */
    int n_gaps;
    /* The only pairs that merge, best first.  None: any two pieces merge whose
     * bytes together are a piece, the highest score first. */
    const MergeSpec *merges;
    int n_merges;
    const char *merges_name; /* their file's; NULL: name */
    bool last_merge;         /* of equal ones the last counts, as in
                                Transformers; else the first, as in llama.cpp */
    int bos;                 /* -1: none; then the first end token, if any */
    int ends[TOKENIZER_END_MAX]; /* eos and what else ends a text */
    int n_ends;
    /* The file does not say it: what is beside it may. */
    bool guessed_bos, guessed_ends;
    const char *tolerated; /* what the file's reader let pass, or NULL; for
                              tokenizer_warning */
    /* What is found in texts.  NULL: user pieces and, as ADDED_CONTROL, control
     * pieces, by their bytes. */
    const AddedSpec *added;
    int n_added;
    int unknown;          /* for what cannot be written; -1: it is left out */
    bool no_bos;          /* a text does not begin with bos */
    bool no_space_prefix; /* TOKENIZER_SENTENCEPIECE: no space put first */
    /* Otherwise before each stretch between found pieces, unless ... */
    bool prefix_once;         /* ... it is not the first of the text */
    bool prefix_unless_space; /* ... it begins with one */
    bool normalizes;          /* spaces are marked, and one is put first, before
                             what is ADDED_NORMALIZED is found, not after */
    int normal; /* of NORMAL_...: what is done to a text first, but for what is
                   found before ADDED_NORMALIZED */
    bool space_prefix;    /* byte-level kinds: a space is put first, too */
    bool user_normalized; /* with added NULL: user pieces are so */
    bool spaces_plain;    /* pieces hold ' ', and U+2581 is that character */
    bool spaces_cut;      /* TOKENIZER_SENTENCEPIECE: each space begins a
                             word, and words are merged each on its own */
    bool bytes_placed;    /* byte b without a piece is id 3 + b (run.c) */
    bool fuse_unknown;    /* unknown tokens in a row are one */
    bool ranked;          /* only what `merges` lists merges, even if empty */
    bool ignore_merges;   /* a word that is a piece is not merged (Llama 3) */
    /* TOKENIZER_WORDPIECE */
    const char *inside; /* what pieces inside a word begin with: "##"; NULL:
                           nothing, but those that begin one have U+2581 */
    int word_max;   /* characters of a word, else it is unknown: 1 and more */
    bool ends_text; /* ends[0] is put after a text, as bos is before it */
    bool has_mask;
    int mask; /* is found in texts whatever the flags */
} TokenizerSpec;

/* A tokenizer of these pieces; copies all it keeps.  Checks everything: types,
 * lengths 1..TOKENIZER_PIECE_MAX, finite scores, ids below n_pieces, merges of
 * known pieces.  Duplicate pieces (the first wins), duplicate merges, bytes
 * without a piece and the like are counted in tokenizer_warning.  NULL and err,
 * "name: field: ...", on failure. */
Tokenizer *tokenizer_from_pieces(const TokenizerSpec *spec, Err *err);

/* "left right" cut at its one space, as GGUF and older tokenizer.json write a
 * merge; false when there is no such space, or two. */
bool tokenizer_split_merge(const char *text, int len, MergeSpec *out);

#endif
