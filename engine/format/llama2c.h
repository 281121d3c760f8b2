/* llama2.c checkpoint files, versions 0, 1 and 2 (8-bit, groups of any size):
 * bytes to ModelFile, and weights to the bytes of version 0 or 2.
 *
 * Knows the byte layout, not what the tensors are used for.  The exact file
 * size follows from the header; any other size is refused.
 * Source: llama2.c export.py and run.c (layouts; see the table in llama2c.c).
 */
#ifndef ENGINE_FORMAT_LLAMA2C_H
#define ENGINE_FORMAT_LLAMA2C_H

#include "engine/format/model_file.h"

/* True when the bytes start with the v1/v2 magic, or could be a v0 header. */
bool llama2c_sniff(const File *f);

/* Fills *out (tensors malloc'ed; the caller frees).  Tensor data points into
 * f.  On failure *out is zeroed. */
bool llama2c_read(const File *f, ModelFile *out, Err *err);

/* Whether there are such files of an architecture's models. */
bool llama2c_holds(const Arch *a);

/* The bytes of a file, malloc'ed, and their number in *size: of version 0, or,
 * with group > 0, of version 2, whose matrices are 8-bit values in groups of so
 * many, each with its scale.  c has passed config_check; group divides the
 * size of every matrix.  tensors: [arch_tensor_count], packed f32; that
 * of a tied classifier is not looked at.  NULL and err when out of memory.
 *
 * Behind them stand, unless tokenizer_sum is 0, LLAMA2C_BOND_BYTES of our own,
 * "LLNTOKEN" and ModelFile.tokenizer_sum as a u64, where llama2.c's programs do
 * not look. */
#define LLAMA2C_BOND_BYTES 16
void *llama2c_write(const Config *c, const float *const *tensors, int group,
                    uint64_t tokenizer_sum, size_t *size, Err *err);

#endif
