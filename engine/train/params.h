/* Params: where each tensor of a model in training lies in one block of
 * floats.  Weights, their gradients and both moments of the optimizer are such
 * blocks, all with this layout: the matrices first, which decay, then the norm
 * gains, which do not.
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

#define PARAMS_MAX (1u << 28) /* floats in a block */

/* What every model in training has, as a llama2.c file cannot say otherwise. */
#define PARAMS_ROPE_THETA 10000.0f
#define PARAMS_NORM_EPS   1e-5f

#define PARAMS_GROUP 64 /* weights that share a scale in a compact file */

typedef struct Params {
    Config config;
    size_t n;          /* floats in all */
    size_t n_matrices; /* of those, the ones in matrices; they come first */
    size_t at[TENSOR_ROLES];   /* of the role's first tensor */
    size_t size[TENSOR_ROLES]; /* of one tensor; 0 for the tied classifier */
} Params;

/* Refuses a shape that config_check refuses, an untied one, other constants
 * than those above, and more than PARAMS_MAX floats; `name` opens the
 * message. */
bool params_init(Params *p, const Config *c, const char *name, Err *err);

/* Where a tensor starts in a block; layer is ignored for one-per-model roles.
 * The classifier's place is the embedding's. */
size_t params_at(const Params *p, TensorRole role, int layer);

/* Fresh weights: gains 1, matrices normal with deviation 1 / sqrt(D), those
 * that write to the residual stream 1 / sqrt(2 L D), and one and the same
 * vector added to the embedding of every token.  It stands in for the biases
 * that a LLaMA lacks: queries and keys of layer 0 can point at a distance from
 * the start.  The tied classifier does not see it, since softmax ignores what
 * all logits share.  The same seed gives the same weights.  Sources: LeCun et
 * al. 1998, Efficient BackProp; Radford et al. 2019 (GPT-2), section 2.3 (the
 * residual stream's). */
void params_randomize(const Params *p, float *w, uint64_t seed);

/* Copies the weights of a model of the same shape. */
void params_copy(const Params *p, float *w, const Model *m);

/* A llama2.c file of the weights, malloc'ed; NULL and err when out of memory.
 * Compact: version 2, 8-bit weights in groups of PARAMS_GROUP or the largest
 * power of 2 below that fits, about a quarter of version 0.  tokenizer_sum: see
 * llama2c.h. */
void *params_export(const Params *p, const float *w, bool is_compact,
                    uint64_t tokenizer_sum, size_t *size, Err *err);

#endif
