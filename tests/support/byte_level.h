/* A small tokenizer.json of byte-level BPE, as GPT-2 and Llama 3 have it. */
#ifndef TESTS_SUPPORT_BYTE_LEVEL_H
#define TESTS_SUPPORT_BYTE_LEVEL_H

#include "tests/support/bytes.h"

#include <stdbool.h>

/* Its ids: 256 bytes; he ll hell Ġw é ello; begin and end of text.  "ello" is
 * a piece that no merge makes. */
enum { HE = 256, LL, HELL, SP_W, E_ACUTE, ELLO, BEGIN, END, N_BYTE_LEVEL };

/* Its merges, each as "left right". */
enum { N_BYTE_LEVEL_MERGES = 5 };
extern const char *const byte_level_merges[N_BYTE_LEVEL_MERGES];

/* Appends the text of a piece, as files of this kind write it. */
void byte_level_piece(Bytes *b, int id);

/* With the words of Llama 3, or of GPT-2.  The caller frees. */
Bytes byte_level_json(bool llama3, bool ignore_merges);

/* The same with other words: `before` has the members normalizer and
 * pre_tokenizer. */
Bytes byte_level_json_of(const char *before, bool ignore_merges);

/* vocab.json of all pieces, and merges.txt. */
Bytes byte_level_vocab(void);
Bytes byte_level_merges_txt(void);

#endif
