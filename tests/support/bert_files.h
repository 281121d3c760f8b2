/* A small WordPiece vocabulary as each kind of file that has one. */
#ifndef TESTS_SUPPORT_BERT_FILES_H
#define TESTS_SUPPORT_BERT_FILES_H

#include "tests/support/bytes.h"

/* Its ids.  IN_ are pieces inside a word: "##aff". */
enum {
    BERT_PAD,
    BERT_UNK,
    BERT_CLS,
    BERT_SEP,
    BERT_MASK,
    BERT_UNUSED,
    BERT_UN,
    BERT_IN_AFF,
    BERT_IN_ABLE,
    BERT_PLAY,
    BERT_IN_ING,
    BERT_ZOE,
    BERT_WENT,
    BERT_CAFE,
    BERT_A,
    BERT_IN_A,
    BERT_IN_E,
    BERT_S,
    BERT_DOT,
    BERT_COMMA,
    BERT_QUOTE,
    BERT_DOLLAR,
    BERT_OPEN,
    BERT_CLOSE,
    BERT_WORD_MASK, /* "mask", the word */
    BERT_ZHONG,
    BERT_WEN,
    BERT_H, /* three letters of Korean: h, a, n */
    BERT_IN_AH,
    BERT_IN_N,
    BERT_CAPITAL, /* "Zoë", for models with capitals */
    N_BERT
};
extern const char *const bert_pieces[N_BERT];

/* vocab.txt. */
Bytes bert_txt(void);

/* tokenizer.json; `normal` has the normalizer's members, each after a comma:
 * ",\"lowercase\":false".  With BertProcessing for TemplateProcessing, or
 * without either. */
enum { BERT_TEMPLATE, BERT_PROCESSING, BERT_NO_POST };
Bytes bert_json(const char *normal, int post);

/* A GGUF file of no tensors. */
Bytes bert_gguf(void);

#endif
