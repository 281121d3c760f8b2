/* Hugging Face folders: config.json beside model.safetensors, or beside
 * model.safetensors.index.json and the shards that it names, or beside
 * model-00001-of-N.safetensors and the others so numbered.
 *
 * Takes model_type "llama" alone; whatever in config.json would change the
 * computation and is not known here is refused by name.  Rows of the queries'
 * and keys' weights are put in the order of this project (neighbouring pairs
 * turn together; there it is (i, i + K/2)): see TensorStored.
 *
 * Source: transformers, LlamaConfig and modeling_rope_utils.py.
 */
#ifndef ENGINE_FORMAT_HF_H
#define ENGINE_FORMAT_HF_H

#include "engine/format/model_file.h"

/* True for a safetensors file or an index. */
bool hf_sniff(const File *f);

/* Fills *out (the caller frees, model_file_free).  Reads config.json and the
 * shards from the folder of f.  On failure *out is zeroed. */
bool hf_read(const File *f, ModelFile *out, Err *err);

#endif
