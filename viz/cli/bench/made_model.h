/* Made models: real shapes, and weights that mean nothing, for `bench`: it
 * measures what nobody has to download.
 *
 *     Model *m = made_model_open(made_shape("15M"), DTYPE_Q4_0, &made, &err);
 *     ...
 *     model_close(m);
 *     free(made);
 *
 * They are GGUF files in memory and are opened like any other: norms are ones
 * and biases zeros in f32, all matrices of one type.  The same shape and type
 * give the same bytes.  There is no tokenizer.
 */
#ifndef VIZ_CLI_BENCH_MADE_MODEL_H
#define VIZ_CLI_BENCH_MADE_MODEL_H

#include "engine/model/model.h"

typedef struct MadeShape {
    const char *name;
    Config config;
} MadeShape;

#define MADE_SHAPE_NAMES "small|15M|110M|1.1B|7B|gpt2|gpt2-xl|qwen3-0.6b|bert"

/* "small": of the embedded model; "15M", "110M": of stories15M and
 * stories110M; "1.1B": of TinyLlama; "7B": of Llama 2; "bert": of
 * bert-base-uncased, without pooler and head, as GGUF files have it; the others
 * are called what they are of.  NULL for other names. */
const MadeShape *made_shape(const char *name);

/* NULL and err when out of memory or when the type's blocks do not fit the
 * rows; else the model, and in *bytes what it points into: the caller's to free
 * once the model is closed.  type is not DTYPE_Q8_GROUPS. */
Model *made_model_open(const MadeShape *shape, DType type, void **bytes,
                       Err *err);

#endif
