#include "engine/spec/cost.h"

#include "engine/spec/params.h"

static uint64_t of_tensor(const Config *c, TensorRole role) {
    int rows, cols;
    arch_shape(c, role, &rows, &cols);
    return (uint64_t)rows * (uint64_t)cols;
}

Cost cost_of(const Config *c) {
    const uint64_t layers = (uint64_t)c->n_layers, K = (uint64_t)c->head_dim;
    Cost out = {.pair = 2 * layers * (uint64_t)c->n_heads * K,
                .kept = 2 * layers * (uint64_t)c->n_kv_heads * K,
                .first = 2 * (uint64_t)c->n_kv_heads * K * (uint64_t)c->dim};
    for (int i = 0; i < c->arch->n_ops; i++) {
        const ArchOp *op = &c->arch->ops[i];
        if (op->kind != OP_LINEAR) continue;
        if (op->part == ARCH_LAYER)
            out.weights += layers * of_tensor(c, op->weight);
        else
            out.output += of_tensor(c, op->weight);
    }
    return out;
}

uint64_t cost_cached(const Cost *c, int pos) {
    return c->weights + c->output + c->pair * ((uint64_t)pos + 1);
}

CostPart cost_part_of(const Arch *a, TensorRole weight) {
    static const CostPart parts[PARAMS_PARTS] = {
        [PARAMS_EMBEDDING] = COST_EMBEDDING,
        [PARAMS_ATTENTION] = COST_PROJECTIONS,
        [PARAMS_MLP] = COST_MLP,
        [PARAMS_NORMS] = COST_PARTS, /* by element: not counted */
        [PARAMS_OUTPUT] = COST_OUTPUT};
    return parts[params_part(a, weight)];
}

uint64_t cost_part(const Config *c, CostPart part, int pos) {
    uint64_t n = 0;
    if (part == COST_ATTENTION) return cost_of(c).pair * ((uint64_t)pos + 1);
    for (int i = 0; i < c->arch->n_ops; i++) {
        const ArchOp *op = &c->arch->ops[i];
        if (op->kind != OP_LINEAR || cost_part_of(c->arch, op->weight) != part)
            continue;
        n += of_tensor(c, op->weight) *
             (uint64_t)(op->part == ARCH_LAYER ? c->n_layers : 1);
    }
    return n;
}

const char *cost_part_name(CostPart part) {
    static const char *const names[COST_PARTS] = {
        [COST_EMBEDDING] = "embedding",
        [COST_PROJECTIONS] = "q k v o",
        [COST_ATTENTION] = "attention",
        [COST_MLP] = "MLP",
        [COST_OUTPUT] = "output"};
    return names[part];
}

/* Pairs of a query and a key among the first n positions. */
static uint64_t pairs(uint64_t n, bool masked) {
    return masked ? n * (n + 1) / 2 : n * n;
}

uint64_t cost_anew(const Cost *c, int pos, bool masked) {
    const uint64_t n = (uint64_t)pos + 1;
    return n * c->weights + c->output + c->pair * pairs(n, masked);
}

uint64_t cost_cached_sum(const Cost *c, int pos) {
    const uint64_t n = (uint64_t)pos + 1;
    return n * (c->weights + c->output) + c->pair * pairs(n, true);
}

uint64_t cost_anew_sum(const Cost *c, int pos, bool masked) {
    const uint64_t n = (uint64_t)pos + 1, sum = n * (n + 1) / 2;
    const uint64_t all = masked ? sum * (n + 2) / 3 : sum * (2 * n + 1) / 3;
    return c->weights * sum + n * c->output + c->pair * all;
}

uint64_t cost_kept_first(const Cost *c, int pos) {
    return cost_anew(c, pos, false) - c->first * (uint64_t)pos;
}

uint64_t cost_kept_first_sum(const Cost *c, int pos) {
    const uint64_t n = (uint64_t)pos;
    return cost_anew_sum(c, pos, false) - c->first * (n * (n + 1) / 2);
}
