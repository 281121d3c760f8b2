/* Where rows of keys and values lie. */
#include "engine/run/kv.h"

#include "engine/base/memory.h"

#include <stdlib.h>
#include <string.h>

static uint64_t kv_floats(const Config *c, int first, int seq_len) {
    return (uint64_t)(c->n_layers - first) * (uint64_t)seq_len *
           (uint64_t)(c->n_kv_heads * c->head_dim);
}

uint64_t kv_bytes(const Config *c, int first, int seq_len) {
    return 2 * kv_floats(c, first, seq_len) * sizeof(float);
}

bool kv_init(KvCache *kv, const Config *c, int first, int seq_len, Err *err) {
    const size_t n = (size_t)kv_floats(c, first, seq_len);
    *kv = (KvCache){.k = memory_floats(n),
                    .v = memory_floats(n),
                    .first = first,
                    .n_layers = c->n_layers - first,
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
    return ((size_t)(layer - kv->first) * kv->seq_len + pos) * kv->width;
}

void kv_copy(KvCache *to, const KvCache *from, int pos, int end) {
    const size_t bytes = (size_t)(end - pos) * to->width * sizeof *to->k;
    for (int i = to->first; i < to->first + to->n_layers; i++) {
        memcpy(kv_new_key(to, i, pos), kv_key(from, i, pos), bytes);
        memcpy(kv_new_value(to, i, pos), kv_value(from, i, pos), bytes);
    }
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
