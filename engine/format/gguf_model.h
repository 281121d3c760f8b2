/* GGUF model files of architecture "llama": bytes to ModelFile.
 *
 * Versions 2 and 3; tensors of every type in DType but llama2.c's own, mixed
 * in one file.  The rows of W_Q and W_K are as we use them: pairs (2i, 2i+1)
 * turn together.  Metadata is data: a chat template is never read.  Llama 3's
 * scaled rotation is a tensor, rope_freqs.weight; linear scaling is a key.
 * What would change the result and is not done here (other rope scaling,
 * experts, biases, another head size) is refused by name.
 * Source: the GGUF specification (ggml, docs/gguf.md).
 */
#ifndef ENGINE_FORMAT_GGUF_MODEL_H
#define ENGINE_FORMAT_GGUF_MODEL_H

#include "engine/format/model_file.h"

/* True when the bytes start with GGUF's magic. */
bool gguf_model_sniff(const File *f);

/* Fills *out (tensors malloc'ed; the caller frees).  Tensor data points into
 * f.  On failure *out is zeroed. */
bool gguf_model_read(const File *f, ModelFile *out, Err *err);

#endif
