/* Damaged files of tokenizers: vocab.json, merges.txt and
 * tokenizer_config.json of GPT-2, vocab.txt and tokenizer.json of BERT. */
#include "tests/support/malformed.h"

#include "tests/support/bert_files.h"
#include "tests/support/byte_level.h"
#include "tests/support/folder.h"

#include <string.h>

static const char config[] =
    "{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_bos_token\":false,"
    "\"add_prefix_space\":false,\"bos_token\":\"<|begin_of_text|>\","
    "\"eos_token\":{\"content\":\"<|end_of_text|>\"},\"added_tokens_decoder\":"
    "{\"263\":{\"content\":\"<|end_of_text|>\",\"special\":true}}}";

Bytes malformed_good_vocab(MalformedKind kind) {
    switch (kind) {
    case MALFORMED_VOCAB_JSON:
        return byte_level_vocab();
    case MALFORMED_MERGES:
        return byte_level_merges_txt();
    case MALFORMED_VOCAB_TXT:
        return bert_txt();
    case MALFORMED_WORDPIECE:
        return bert_json("", BERT_TEMPLATE);
    default:
        return bytes_copy(config, sizeof config - 1);
    }
}

static void put(const char *dir, const char *name, MalformedKind kind) {
    Bytes b = malformed_good_vocab(kind);
    folder_write(dir, name, b.data, b.size);
    bytes_free(&b);
}

void malformed_vocab_folder(MalformedKind kind, const char *dir) {
    if (kind == MALFORMED_VOCAB_TXT) {
        put(dir, "vocab.txt", MALFORMED_VOCAB_TXT);
        return;
    }
    put(dir, "vocab.json", MALFORMED_VOCAB_JSON);
    put(dir, "merges.txt", MALFORMED_MERGES);
    put(dir, "tokenizer_config.json", MALFORMED_TOKENIZER_CONFIG);
}

/* ---- edits --------------------------------------------------------------- */

/* A line of so many letters at the end. */
static void long_line(Bytes *b, size_t n, uint64_t byte) {
    for (size_t i = 0; i < n; i++)
        bytes_u8(b, i == n / 2 ? ' ' : (uint8_t)byte);
    bytes_u8(b, '\n');
}

/* So many lines more. */
static void many_lines(Bytes *b, size_t n, uint64_t v) {
    (void)v;
    for (size_t i = 0; i < n; i++)
        bytes_format(b, "l l\n");
}

static void many_pieces(Bytes *b, size_t n, uint64_t v) {
    (void)v;
    for (size_t i = 0; i < n; i++)
        bytes_format(b, "p%zu\n", i);
}

/* ---- tables -------------------------------------------------------------- */

#define CASE(kind, name, edit, at, value, find, put, says)                     \
    { kind, name, edit, at, (uint64_t)(value), find, put, says, false }
#define V(name, find, put, says)                                               \
    CASE(MALFORMED_VOCAB_JSON, name, NULL, 0, 0, find, put, says)
#define M(name, find, put, says)                                               \
    CASE(MALFORMED_MERGES, name, NULL, 0, 0, find, put, says)
#define T(name, find, put, says)                                               \
    CASE(MALFORMED_VOCAB_TXT, name, NULL, 0, 0, find, put, says)
#define W(name, find, put, says)                                               \
    CASE(MALFORMED_WORDPIECE, name, NULL, 0, 0, find, put, says)
#define K(name, find, put, says)                                               \
    CASE(MALFORMED_TOKENIZER_CONFIG, name, NULL, 0, 0, find, put, says)

static const Malformed cases[] = {
    CASE(MALFORMED_VOCAB_JSON, "empty", malformed_keep, 0, 0, NULL, NULL,
         "size: found 0 bytes, need at least 1"),
    CASE(MALFORMED_VOCAB_JSON, "cut", malformed_drop, 1, 0, NULL, NULL,
         "JSON: '}' expected near end of file, at byte 2209"),
    CASE(MALFORMED_VOCAB_JSON, "a list", malformed_u8, 0, '[', NULL, NULL,
         "JSON: ']' expected near ':', at byte 6"),
    CASE(MALFORMED_VOCAB_JSON, "not UTF-8", malformed_u8, 2, 0xFF, NULL, NULL,
         "JSON: unable to decode byte 0xff near '\"', at byte 2"),
    V("id negative", "\"he\":256", "\"he\":-1",
      "vocab: found id -1, need 0..263, the model's vocabulary"),
    V("id of text", "\"he\":256", "\"he\":\"256\"",
      "vocab: found no id for \"he\""),
    V("id a fraction", "\"he\":256", "\"he\":256.5",
      "vocab: found no id for \"he\""),
    V("id null", "\"he\":256", "\"he\":null", "vocab: found no id for \"he\""),
    V("id 2^63", "\"he\":256", "\"he\":9223372036854775808",
      "JSON: too big integer near '9223372036854775808', at byt"),
    V("id 2^31", "\"he\":256", "\"he\":2147483648",
      "vocab: found id 2147483648, need 0..263, the model's voc"),
    V("id past the model", "\"he\":256", "\"he\":264",
      "vocab: found id 264, need 0..263, the model's vocabulary"),
    V("id twice", "\"he\":256", "\"he\":255",
      "vocab: found id 255 for \"ÿ\" and \"he\""),
    V("a piece twice", "\"ll\":257", "\"he\":257",
      "JSON: duplicate object key near '\"he\"', at byte 2116"),
    V("a hole", "\"he\":256,", "",
      "vocab: found no piece with id 256, need one for each of"),
    V("a piece of no bytes", "\"he\":256", "\"\xE6\x97\xA5\":256",
      "piece: found \"日\" for piece 256, need characters that sta"),
    V("an empty piece", "\"he\":256", "\"\":256",
      "merges: found \"h\" and \"e\" for merge 1, need two pieces t"),
    V("NUL in a piece", "\"he\":256", "\"h\\u0000\":256",
      "JSON: NUL byte in object key not supported near '\"h\\u000"),
    V("half a surrogate", "\"he\":256", "\"\\ud83d\":256",
      "JSON: invalid Unicode '\\uD83D' near '\"\\ud83d\"', at byte"),
    {MALFORMED_VOCAB_JSON, "a byte missing", NULL, 0, 0, "\"!\":33",
     "\"a!\":33", "bytes: 1 of 256 have no piece", true},

    CASE(MALFORMED_MERGES, "not UTF-8", malformed_u8, 15, 0xFF, NULL, NULL,
         "line 2: found \"l<FF>l\", need two pieces"),
    CASE(MALFORMED_MERGES, "a NUL", malformed_u8, 15, 0, NULL, NULL,
         "line 2: found \"l\", need two pieces"),
    CASE(MALFORMED_MERGES, "empty", malformed_keep, 0, 0, NULL, NULL,
         "size: found 0 bytes, need at least 1"),
    CASE(MALFORMED_MERGES, "the version alone", malformed_keep, 14, 0, NULL,
         NULL, "merges: found 0, need 1..4194304"),
    CASE(MALFORMED_MERGES, "a line of 10000 letters", long_line, 10000, 'a',
         NULL, NULL,
         "line 7: found \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""),
    CASE(MALFORMED_MERGES, "5000000 lines", many_lines, 5000000, 0, NULL, NULL,
         "line 18449: found \"l l\", need no more merges for the"),
    M("one piece", "h e", "he", "line 3: found \"he\", need two pieces"),
    M("three pieces", "h e", "h e l",
      "line 3: found \"h e l\", need two pieces"),
    M("two spaces", "h e", "h  e", "line 3: found \"h  e\", need two pieces"),
    M("a space first", "h e", " h", "line 3: found \" h\", need two pieces"),
    M("an unknown piece", "h e", "h qqq",
      "merges: found \"h\" and \"qqq\" for merge 1, need two pieces"),
    M("pieces that are none together", "h e", "h l",
      "merges: found \"h\" and \"l\" for merge 1, need two pieces t"),

    CASE(MALFORMED_VOCAB_TXT, "empty", malformed_keep, 0, 0, NULL, NULL,
         "size: found 0 bytes, need at least 1"),
    CASE(MALFORMED_VOCAB_TXT, "not UTF-8", malformed_u8, 1, 0xFF, NULL, NULL,
         "line 1: found \"[<FF>AD]\", need a piece in UTF-8"),
    CASE(MALFORMED_VOCAB_TXT, "a NUL", malformed_u8, 1, 0, NULL, NULL,
         "line 1: found \"[\", need a piece in UTF-8"),
    CASE(MALFORMED_VOCAB_TXT, "a line of 10000 letters", long_line, 10000, 'a',
         NULL, NULL,
         "line 32: found \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    CASE(MALFORMED_VOCAB_TXT, "3000000 lines", many_pieces, 3000000, 0, NULL,
         NULL, "line 32: found \"p0\", need no more pieces than the model has"),
    T("a piece twice", "\nplay\n", "\nwent\n",
      "line 13: found \"went\", need each piece once"),
    T("no unknown token", "[UNK]", "[UNC]",
      "unk_token: found \"[UNK]\", need a piece"),
    T("no first token", "[CLS]", "[CLX]",
      "post_processor: found \"[CLS]\" and \"[SEP]\", need pieces"),
    T("no last token", "[SEP]", "[SEX]",
      "post_processor: found \"[CLS]\" and \"[SEP]\", need pieces"),

    W("model Unigram", "\"model\":{\"type\":\"WordPiece\"",
      "\"model\":{\"type\":\"Unigram\"",
      "model.type: found \"Unigram\", need BPE or WordPiece"),
    W("no vocab", "\"vocab\"", "\"vocal\"", "vocab: need an object"),
    W("a hole", "\"play\":9,", "",
      "vocab: found no piece with id 9, need one for each of th"),
    W("id twice", "\"play\":9", "\"play\":8",
      "vocab: found id 8 for \"##able\" and \"play\""),
    W("id negative", "\"play\":9", "\"play\":-9",
      "vocab: found id -9, need 0..30, the model's vocabulary"),
    W("id of text", "\"play\":9", "\"play\":\"9\"",
      "vocab: found no id for \"play\""),
    W("a piece twice", "\"play\":9", "\"zoe\":9",
      "JSON: duplicate object key near '\"zoe\"', at byte 874"),
    W("prefix a number", "\"##\"", "2",
      "continuing_subword_prefix: need a string"),
    W("an unknown token that is none", "\"unk_token\":\"[UNK]\"",
      "\"unk_token\":\"[XXX]\"", "unk_token: found \"[XXX]\", need a piece"),
    W("longest word 0", "\"max_input_chars_per_word\":100",
      "\"max_input_chars_per_word\":0",
      "max_input_chars_per_word: found 0, need 1..10000"),
    W("longest word of text", "\"max_input_chars_per_word\":100",
      "\"max_input_chars_per_word\":\"100\"",
      "max_input_chars_per_word: need a whole number"),
    W("another normalizer", "\"BertNormalizer\"", "\"Lowercase\"",
      "normalizer: found Lowercase, which is not supported"),
    W("lowercase a text", "\"type\":\"BertNormalizer\"",
      "\"type\":\"BertNormalizer\",\"lowercase\":\"yes\"",
      "lowercase: need true or false"),
    W("another pre-tokenizer", "\"BertPreTokenizer\"", "\"Whitespace\"",
      "pre_tokenizer: found Whitespace, which is not supported"),
    W("a template of an unknown token", "{\"id\":\"[CLS]\",",
      "{\"id\":\"[CLX]\",",
      "post_processor: found \"[CLX]\" and \"[SEP]\", need pieces"),
    W("an added token at another's id", "{\"id\":4,", "{\"id\":9,",
      "added_tokens: found id 9 for \"play\" and \"[MASK]\""),
    W("an added token of no id", "{\"id\":4,", "{",
      "added_tokens: found no content or no id in number 4"),
    {MALFORMED_WORDPIECE, "an added token past the model", NULL, 0, 0,
     "{\"id\":4,", "{\"id\":31,",
     "added_tokens: found ids past the model's rows", true},

    CASE(MALFORMED_TOKENIZER_CONFIG, "cut", malformed_drop, 1, 0, NULL, NULL,
         "JSON: '}' expected near end of file, at byte 231"),
    CASE(MALFORMED_TOKENIZER_CONFIG, "empty", malformed_keep, 0, 0, NULL, NULL,
         "size: found 0 bytes, need at least 1"),
    K("another class", "GPT2Tokenizer", "XLNetTokenizer",
      "tokenizer_class: found XLNetTokenizer, which is not supp"),
    K("class a number", "\"GPT2Tokenizer\"", "2",
      "tokenizer_class: need a string"),
    K("a flag of text", "\"add_bos_token\":false", "\"add_bos_token\":\"no\"",
      "add_bos_token: need true or false"),
    K("a prefix of text", "\"add_prefix_space\":false",
      "\"add_prefix_space\":1", "add_prefix_space: need true or false"),
    K("a beginning that is no piece",
      "\"add_bos_token\":false,\"add_prefix_space\":false,\"bos_token\":"
      "\"<|begin_of_text|>\"",
      "\"add_bos_token\":true,\"bos_token\":\"<|none|>\"",
      "post_processor: found \"<|none|>\", need an added token"),
    K("an id of text", "\"263\"", "\"x\"",
      "added_tokens_decoder: found \"x\", need an id and an objec"),
    K("an id of 2^70", "\"263\"", "\"1180591620717411303424\"",
      "added_tokens: found id 9223372036854775807, need 0..263,"),
    K("an id negative", "\"263\"", "\"-1\"",
      "added_tokens: found id -1, need 0..263, the model's voca"),
    K("an id of another", "\"263\"", "\"5\"",
      "added_tokens: found id 5 for \"ą\" and \"<|end_of_text|>\""),
    {MALFORMED_TOKENIZER_CONFIG, "an id past the model", NULL, 0, 0, "\"263\"",
     "\"264\"", "added_tokens: found ids past the model's rows", true},
    K("an added token a list",
      "{\"content\":\"<|end_of_text|>\",\"special\":"
      "true}",
      "[]", "added_tokens_decoder: found \"263\", need an id and an obj"),
    K("content a number", "{\"content\":\"<|end_of_text|>\",\"special\"",
      "{\"content\":1,\"special\"",
      "added_tokens: found no content or no id in number 0"),
};

MalformedList malformed_vocab(void) {
    return (MalformedList){cases, sizeof cases / sizeof *cases};
}
