/* The schemes.  A new one is a TokenizerKind and a row; only what no row can
 * say yet needs code. */
#include "engine/tokenizer/tokenizer_private.h"

static const WordRules gpt2_words = {0};

static const WordRules digits_words = {.numbers_cut = true};

/* What llama.cpp does where a GGUF file does not say: signs apart, and no blank
 * before digits, which are cut after three. */
static const WordRules default_words = {.signs_cut = true, .threes = true};

static const WordRules llama3_words = {
    .any_case = true, .any_lead = true, .newlines = true, .numbers_max = 3};

static const WordRules qwen2_words = {
    .any_case = true, .any_lead = true, .newlines = true, .numbers_max = 1};

/* Llama 3's words as its tokenizer.json has them. */
static const char llama3_regex[] =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

static const char qwen2_regex[] =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
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
        .gguf_model = "gpt2", .gguf_pre = {"gpt-2", "phi-2"},
        .json_first = ""},
    [TOKENIZER_GPT2_WHOLE] = {
        .unit = UNIT_BYTE, .merge = MERGE_RANK, .bos = -1, .eos = -1,
        .json_first = "", .json_regex = ""},
    [TOKENIZER_GPT2_DEFAULT] = {
        .words = &default_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"default"}},
    [TOKENIZER_GPT2_DIGITS] = {
        .words = &digits_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"smollm", "starcoder", "refact"},
        .json_first = "Digits"},
    [TOKENIZER_LLAMA3] = {
        .words = &llama3_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .begins_with_bos = true, .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"llama-bpe", "llama3", "llama-v3"},
        .gguf_ignores_merges = true,
        .json_first = "Split", .json_regex = llama3_regex},
    [TOKENIZER_QWEN2] = {
        .words = &qwen2_words, .unit = UNIT_BYTE, .merge = MERGE_RANK,
        .bos = -1, .eos = -1,
        .gguf_model = "gpt2", .gguf_pre = {"qwen2", "deepseek-r1-qwen"},
        .json_first = "Split", .json_regex = qwen2_regex},
    [TOKENIZER_WORDPIECE] = {
        .unit = UNIT_WORD, .merge = MERGE_LONGEST, .begins_with_bos = true,
        .bos = 101, .eos = 102, .gguf_model = "bert"},
};
/* clang-format on */

const TokenizerScheme *tokenizer_scheme(TokenizerKind kind) {
    return &schemes[kind];
}
