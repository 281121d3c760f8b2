/* Cost: how much a model computes and keeps for a token, from its sizes alone.
 *
 *     const Cost c = cost_of(config);
 *     uint64_t n = cost_cached(&c, pos);     // multiply-adds of one more token
 *
 * Multiply-adds are those of the matrices and of queries, keys and values; what
 * goes by element (norms, RoPE, softmax, activations) is left out, being less
 * than a hundredth of it.
 *
 * Does NOT measure anything.
 */
#ifndef ENGINE_SPEC_COST_H
#define ENGINE_SPEC_COST_H

#include "engine/spec/arch.h"

typedef struct Cost {
    uint64_t weights; /* multiply-adds of a position: all layers' matrices */
    uint64_t output;  /* of the logits after a position: V * D */
    uint64_t pair;    /* of a query and a key, all layers: 2 L H K */
    uint64_t kept;    /* numbers that the cache keeps of a position: 2 L G K */
    uint64_t first;   /* multiply-adds of layer 0's key and value: 2 G K D */
} Cost;
Cost cost_of(const Config *c);

/* Multiply-adds for the logits after position pos, with the keys and values of
 * earlier positions kept, and computed anew; masked: no position looks at later
 * ones. */
uint64_t cost_cached(const Cost *c, int pos);
uint64_t cost_anew(const Cost *c, int pos, bool masked);

/* Without the mask: only layer 0's keys and values hold, which are made from
 * the tokens' rows alone, so only those are kept. */
uint64_t cost_kept_first(const Cost *c, int pos);

/* The same as cost_cached, part by part.  The embedding is looked up: it costs
 * none. */
typedef enum CostPart {
    COST_EMBEDDING,
    COST_PROJECTIONS, /* the matrices of the attention */
    COST_ATTENTION,   /* queries with keys, weights with values */
    COST_MLP,
    COST_OUTPUT,
    COST_PARTS
} CostPart;
uint64_t cost_part(const Config *c, CostPart part, int pos);
CostPart cost_part_of(const Arch *a, TensorRole weight);
const char *cost_part_name(CostPart part);

/* All of them together from position 0 to pos. */
uint64_t cost_cached_sum(const Cost *c, int pos);
uint64_t cost_anew_sum(const Cost *c, int pos, bool masked);
uint64_t cost_kept_first_sum(const Cost *c, int pos);

#endif
