/* The tiny model of families that llama2.c has no file for: as GGUF, and as
 * folders from Hugging Face.
 *
 *     Bytes b = tiny_family_gguf(&spec, DTYPE_F32);
 *     tiny_family_folder(dir, &spec, &(TinyForm){.prefix = true});
 *
 * Names and layouts are written here from the formats' descriptions, not
 * through the engine's own tables, so that reading them tests the reader.
 */
#ifndef TESTS_SUPPORT_TINY_FAMILY_H
#define TESTS_SUPPORT_TINY_FAMILY_H

#include "engine/model/model.h"
#include "engine/spec/tensor.h"
#include "tests/support/bytes.h"
#include "tests/support/tiny_model.h"

/* What the bias of a role is drawn with; NULL: the family has none.  malloc'ed;
 * the caller frees. */
float *tiny_bias(const TinySpec *spec, int role, int layer, int *n);

/* All matrices of layers in one type; vectors and embeddings are f32.  The
 * caller frees. */
Bytes tiny_family_gguf(const TinySpec *spec, DType matrices);
/* The norms of queries and keys in this type, too. */
Bytes tiny_family_gguf_norms(const TinySpec *spec, DType matrices,
                             DType head_norms);
/* All f32, and told whether positions see no later one. */
Bytes tiny_family_gguf_mask(const TinySpec *spec, bool causal);

typedef struct TinyForm {
    bool no_prefix;    /* names do not begin with what they may begin with */
    bool as_linear;    /* matrices as they are multiplied, where Transformers
                          turns them */
    bool buffers;      /* masks that its code keeps with the weights */
    bool own_config;   /* block_size instead of Transformers' names */
    bool no_bias;      /* of own_config: "bias": false, and none */
    bool compiled;     /* what torch.compile puts before every name */
    bool output_alone; /* the embedding, which the output is, too, by the
                          output's name alone */
    bool old_norms;    /* of bert: LayerNorm.gamma and .beta */
    bool no_head;      /* of bert: nothing after the layers */
    bool decoder_bias; /* of bert: the output's bias is called after its matrix,
                          and there under its other name, too */
    const char *type;  /* "F32", "F16" or "BF16"; NULL: F32 */
    const char *model_type; /* NULL: the family's */
    const char *more;       /* further members of config.json, each with a comma
                          before it; NULL: none */
    const char *extra;      /* a tensor of one number more; NULL: none */
} TinyForm;

/* model.safetensors and config.json. */
Bytes tiny_family_safetensors(const TinySpec *spec, const TinyForm *form);
Bytes tiny_family_config(const TinySpec *spec, const TinyForm *form);
void tiny_family_folder(const char *dir, const TinySpec *spec,
                        const TinyForm *form);
/* The model of such a folder, which is gone again: the caller closes it.  NULL
 * and err where it does not open. */
Model *tiny_family_open(const TinySpec *spec, const TinyForm *form, Err *err);

#endif
