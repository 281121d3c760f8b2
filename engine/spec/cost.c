#include "engine/spec/cost.h"

static uint64_t of_tensor(const Config *c, TensorRole role) {
    int rows, cols;
    arch_shape(c, role, &rows, &cols);
    return (uint64_t)rows * (uint64_t)cols;
}

Cost cost_of(const Config *c) {
    const uint64_t layers = (uint64_t)c->n_layers, K = (uint64_t)c->head_dim;
    Cost out = {.pair = 2 * layers * (uint64_t)c->n_heads * K,
                .kept = 2 * layers * (uint64_t)c->n_kv_heads * K};
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
