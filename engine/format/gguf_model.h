/* GGUF model files: bytes to ModelFile, and weights to bytes.
 *
 * Versions 2 and 3; tensors of every type in DType but llama2.c's own, mixed
 * in one file.  The rows of W_Q and W_K are as we use them: pairs (2i, 2i+1)
 * turn together.  Metadata is data: a chat template is never read.  Llama 3's
 * scaled rotation is a tensor, rope_freqs.weight; linear scaling is a key.
 * What would change the result and is not done here (other rope scaling,
 * experts, biases, another head size) is refused by name.
 * BERT's prediction head (cls, cls.norm, output) is read where the file has
 * one, all of it; llama.cpp leaves it away, so others' files have none.
 * Source: the GGUF specification (ggml, docs/gguf.md).
 */
#ifndef ENGINE_FORMAT_GGUF_MODEL_H
#define ENGINE_FORMAT_GGUF_MODEL_H

#include "engine/format/gguf_write.h"
#include "engine/format/model_file.h"

/* True when the bytes start with GGUF's magic. */
bool gguf_model_sniff(const File *f);

/* Fills *out (tensors malloc'ed; the caller frees).  Tensor data points into
 * f.  On failure *out is zeroed. */
bool gguf_model_read(const File *f, ModelFile *out, Err *err);

/* What files call the norm's epsilon, behind the architecture's name and a dot:
 * it tells whether the norm takes the mean off. */
const char *gguf_model_norm_key(const Config *c);

/* The bytes of a file, malloc'ed, and their number in *size.  g: begun, with
 * what keys the file has besides those of the model, such as the tokenizer's.
 * c has passed config_check, and its architecture's GGUF names are all
 * TENSOR_AS_IS.  tensors, biases: [arch_tensor_count], packed f32; those of a
 * tied classifier, and biases that there are not, are not looked at.  Matrices
 * are written as f32 or f16, what is beyond f16 as its largest, vectors as f32.
 * NULL and err when out of memory. */
void *gguf_model_write(GgufWriter *g, const Config *c,
                       const float *const *tensors, const float *const *biases,
                       DType matrices, size_t *size, Err *err);

#endif
