/* Params: how many numbers a model has learnt, counted from the table of its
 * architecture's tensors, so from what a file of it holds.
 *
 * Does NOT know files: what of a format is stored twice counts once.
 */
#ifndef ENGINE_SPEC_PARAMS_H
#define ENGINE_SPEC_PARAMS_H

#include "engine/spec/arch.h"

/* How many copies of a tensor a model has (L, 1, or 0 where a tied one is left
 * out), the numbers of one of them, bias included, and of all. */
int params_copies(const Config *c, const ArchTensor *t);
uint64_t params_each(const Config *c, const ArchTensor *t);
uint64_t params_of(const Config *c, const ArchTensor *t);

uint64_t params_total(const Config *c);

/* What a tensor is part of, told by the operation that reads it. */
typedef enum ParamsPart {
    PARAMS_EMBEDDING,
    PARAMS_ATTENTION,
    PARAMS_MLP,
    PARAMS_NORMS,
    PARAMS_OUTPUT,
    PARAMS_PARTS
} ParamsPart;
const char *params_part_name(ParamsPart part);
ParamsPart params_part(const Arch *a, TensorRole role);
uint64_t params_of_part(const Config *c, ParamsPart part);

/* An architecture by name, those among them that can be counted but not run:
 * "gpt1", "bert".  These have tensors and no operations.  NULL: none.
 * Sources: Radford et al. 2018 (GPT); Devlin et al. 2018 (BERT),
 * arXiv:1810.04805, without the heads of its training tasks. */
const Arch *params_arch(const char *name);

/* An axis as its letters, "H·K", UTF-8. */
const char *params_dim_text(ArchDim d);

#endif
