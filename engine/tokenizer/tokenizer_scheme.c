/* The schemes.  A new one is a TokenizerKind and a row; only what no row can
 * say yet needs code.
 *
 * WordPiece (BERT) is to be such a row:
 *
 *     [TOKENIZER_WORDPIECE] = {
 *         .words = &bert_words,   blanks and punctuation cut
 *         .unit = UNIT_WORD,      a word is looked up as a whole ...
 *         .merge = MERGE_LONGEST, ... then the longest piece it begins with
 *         .gguf_model = "bert", .bos = -1, .eos = -1},
 *
 * with two fields more: what is done to a text before (lower case, accents
 * off), and what a piece inside a word begins with in its file ("##"). */
#include "engine/tokenizer/tokenizer_private.h"

static const WordRules gpt2_words = {0};

static const WordRules digits_words = {.numbers_cut = true};

static const WordRules llama3_words = {
    .any_case = true, .any_lead = true, .newlines = true, .numbers_max = 3};

/* Llama 3's words as its tokenizer.json has them. */
static const char llama3_regex[] =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/* clang-format off */
static const TokenizerScheme schemes[TOKENIZER_KINDS] = {
    [TOKENIZER_SENTENCEPIECE] = {
        .unit = UNIT_CHARACTER, .merge = MERGE_SCORE,
        .space_prefix = true, .begins_with_bos = true,
        .bos = TOKEN_BOS, .eos = TOKEN_EOS,
        .gguf_model = "llama"},
    [TOKENIZER_GPT2] = {
        .words = &gpt2_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"gpt-2"},
        .json_first = ""},
    [TOKENIZER_GPT2_DIGITS] = {
        .words = &digits_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"smollm"},
        .json_first = "Digits"},
    [TOKENIZER_LLAMA3] = {
        .words = &llama3_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .begins_with_bos = true, .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"llama-bpe", "llama3"},
        .gguf_ignores_merges = true,
        .json_first = "Split", .json_regex = llama3_regex},
};
/* clang-format on */

const TokenizerScheme *tokenizer_scheme(TokenizerKind kind) {
    return &schemes[kind];
}
