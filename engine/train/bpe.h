/* Bpe: learns the pieces of a tokenizer from a text.
 *
 *     void *bytes = bpe_train("tales.txt", text, n, 512, &size, &err);
 *     file_save("tok.bin", bytes, size, &err);
 *     Tokenizer *t = tokenizer_open("tok.bin", 512, &err);
 *
 * Byte pair encoding: starting from characters, the two neighbours that stand
 * together most often become a new piece, again and again.  Neighbours merge
 * inside a word, a run of letters with the space before it; other characters,
 * digits among them, merge with the space before them at most.  Ties go to the
 * shorter piece, then to the lower bytes, so the same text always gives the
 * same bytes.
 *
 * The file is llama2.c's tokenizer.bin: unk, <s>, </s>, the 256 byte tokens,
 * the pieces in the order learnt, then single characters; the score of a piece
 * is minus its place after the byte tokens, so that what was learnt first is
 * merged first.  Characters so rare that they make up less than 1 in 2,000 of
 * the text together, and control characters, are left to the byte tokens.
 *
 * Source: Sennrich et al. 2016 (BPE), arXiv:1508.07909; Kudo & Richardson 2018
 * (SentencePiece), arXiv:1808.06226.
 */
#ifndef ENGINE_TRAIN_BPE_H
#define ENGINE_TRAIN_BPE_H

#include "engine/base/err.h"

#define BPE_VOCAB_MAX 1024
#define BPE_TEXT_MAX  (1u << 30) /* bytes */

/* The bytes of a tokenizer.bin with vocab_size entries, malloc'ed, learnt from
 * the documents (documents.h) of text[0..n), n <= BPE_TEXT_MAX; `name` opens
 * messages.  Fails when the vocabulary is too small for the text's characters,
 * or larger than the text allows, since a pair that stands only once teaches
 * nothing: the message says how many entries it allows. */
void *bpe_train(const char *name, const char *text, size_t n, int vocab_size,
                size_t *size, Err *err);

#endif
