/* The tiny model and tokenizer in the files of Hugging Face, written from the
 * formats' descriptions, not by the engine.
 *
 *     tiny_hf_write(dir, model, "F32", 1);    config.json, model.safetensors
 *     tiny_hf_write(dir, model, "BF16", 3);   three shards and their index
 *
 * Rows of queries and keys are put in the order of these files: pairs
 * (i, i + K/2).
 */
#ifndef TESTS_SUPPORT_TINY_HF_H
#define TESTS_SUPPORT_TINY_HF_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/bytes.h"

/* Rounds the weights of a llama2.c file in memory, from byte `begin` on, to
 * numbers that F32, BF16 and F16 all hold: 8 bits, not too small. */
void tiny_hf_round(void *bytes, size_t begin, size_t size);

/* Part `part` of n_parts of the tensors of m, as a safetensors file. */
Bytes tiny_safetensors(const Model *m, const char *type, int part, int n_parts);

/* config.json of m; `more` are further members, each with a comma before it,
 * or "". */
Bytes tiny_config_json(const Model *m, const char *more);

/* The index of n_parts files. */
Bytes tiny_index_json(const Model *m, int n_parts);

void tiny_hf_write(const char *dir, const Model *m, const char *type,
                   int n_parts);

/* t as tokenizer.model, and as tokenizer.json with merges as "a b" or, with
 * `pairs`, as ["a", "b"]. */
Bytes tiny_tokenizer_model(const Tokenizer *t);
Bytes tiny_tokenizer_json(const Tokenizer *t, bool pairs);

/* A field of a protocol buffer: a number, a float, bytes. */
void proto_number(Bytes *b, int field, uint64_t value);
void proto_float(Bytes *b, int field, float value);
void proto_bytes(Bytes *b, int field, const void *data, size_t size);

#endif
