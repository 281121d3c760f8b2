/* Params: where each tensor of a model in training lies in one block of
 * floats.  Weights, their gradients and both moments of the optimizer are such
 * blocks, all with this layout: the matrices first, which decay, then the norm
 * gains and the biases, which do not.
 *
 *     Params p;
 *     if (!params_init(&p, &config, "train", &err)) ...
 *     float *w = malloc(p.n * sizeof *w);
 *     params_randomize(&p, w, seed);
 *     float *wq = w + params_at(&p, TENSOR_WQ, layer);
 *
 * The classifier is always the embedding.  Does NOT own any block.
 */
#ifndef ENGINE_TRAIN_PARAMS_H
#define ENGINE_TRAIN_PARAMS_H

#include "engine/model/model.h"
#include "engine/spec/arch.h"
#include "engine/tokenizer/tokenizer.h"

#define PARAMS_MAX (1u << 28) /* floats in a block */

/* What every model in training has: a llama2.c file cannot say otherwise. */
#define PARAMS_ROPE_THETA 10000.0f
#define PARAMS_NORM_EPS   1e-5f

#define PARAMS_GROUP 64 /* weights that share a scale in a compact file */

typedef struct Params {
    Config config;
    size_t n;          /* floats in all */
    size_t n_matrices; /* of those, the ones in matrices; they come first */
    size_t at[TENSOR_ROLES];      /* of the role's first tensor */
    size_t size[TENSOR_ROLES];    /* of one tensor; 0 for the tied classifier */
    size_t bias_at[TENSOR_ROLES]; /* of the role's first bias */
    size_t bias_len[TENSOR_ROLES]; /* of one; 0: it has none */
} Params;

/* Refuses a shape that config_check refuses, an untied one, other constants
 * than those above or than its architecture's own, an architecture that is not
 * trained, and more than PARAMS_MAX floats; `name` opens the message. */
bool params_init(Params *p, const Config *c, const char *name, Err *err);

/* Whether several heads of queries may share one of keys and values. */
bool params_groups_heads(const Arch *a);

/* Where a tensor starts in a block; layer is ignored for one-per-model roles.
 * The classifier's place is the embedding's. */
size_t params_at(const Params *p, TensorRole role, int layer);

/* The same of its bias; needs one. */
size_t params_bias_at(const Params *p, TensorRole role, int layer);
static inline size_t params_bias_len(const Params *p, TensorRole role) {
    return p->bias_len[role];
}

/* Fresh weights: gains 1, biases 0, matrices normal with deviation 1 / sqrt(D),
 * those that write to the residual stream 1 / sqrt(2 L D), and, where there are
 * no biases, one and the same vector added to the embedding of every token.  It
 * stands in for them: queries and keys of layer 0 can point at a distance from
 * the start.  The tied classifier does not see it, since softmax ignores what
 * all logits share.  The same seed gives the same weights.  Sources: LeCun et
 * al. 1998, Efficient BackProp; Radford et al. 2019 (GPT-2), section 2.3 (the
 * residual stream's). */
void params_randomize(const Params *p, float *w, uint64_t seed);

/* Copies the weights of a model of the same shape. */
void params_copy(const Params *p, float *w, const Model *m);

/* What the model's file is beside its weights. */
typedef struct ParamsFile {
    bool is_compact;
    uint64_t tokenizer_sum; /* see llama2c.h */
    /* Whose pieces the file holds, where it is of a kind that holds any.  NULL:
     * none, of a model that is opened to be run and no more. */
    const Tokenizer *tokenizer;
} ParamsFile;

/* The end of the name that such a file has: ".bin", llama2.c's, of which there
 * are LLaMA models alone; ".gguf" of all others. */
const char *params_file_end(const Arch *a);

/* The file, malloc'ed; NULL and err when out of memory.  Compact: about a
 * quarter of llama2.c's, of version 2 with 8-bit weights in groups of
 * PARAMS_GROUP or the largest power of 2 below that fits; half of GGUF's, with
 * f16 matrices. */
void *params_export(const Params *p, const float *w, const ParamsFile *file,
                    size_t *size, Err *err);

#endif
