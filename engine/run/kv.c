/* Where rows of keys and values lie. */
#include "engine/run/kv.h"

#include "engine/base/memory.h"

#include <stdlib.h>

static uint64_t kv_floats(const Config *c, int seq_len) {
    return (uint64_t)c->n_layers * (uint64_t)seq_len *
           (uint64_t)(c->n_kv_heads * c->head_dim);
}

uint64_t kv_bytes(const Config *c, int seq_len) {
    return 2 * kv_floats(c, seq_len) * sizeof(float);
}

bool kv_init(KvCache *kv, const Config *c, int seq_len, Err *err) {
    const size_t n = (size_t)kv_floats(c, seq_len);
    *kv = (KvCache){.k = memory_floats(n),
                    .v = memory_floats(n),
                    .seq_len = seq_len,
                    .width = c->n_kv_heads * c->head_dim};
    if (kv->k && kv->v) return true;
    kv_free(kv);
    return err_memory(err, "KV cache", 2 * n * sizeof(float));
}

void kv_free(KvCache *kv) {
    free(kv->k);
    free(kv->v);
    *kv = (KvCache){0};
}

static size_t kv_at(const KvCache *kv, int layer, int pos) {
    return ((size_t)layer * kv->seq_len + pos) * kv->width;
}

const float *kv_key(const KvCache *kv, int layer, int pos) {
    return kv->k + kv_at(kv, layer, pos);
}

const float *kv_value(const KvCache *kv, int layer, int pos) {
    return kv->v + kv_at(kv, layer, pos);
}

float *kv_new_key(const KvCache *kv, int layer, int pos) {
    return kv->k + kv_at(kv, layer, pos);
}

float *kv_new_value(const KvCache *kv, int layer, int pos) {
    return kv->v + kv_at(kv, layer, pos);
}
