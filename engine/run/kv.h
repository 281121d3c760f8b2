/* Kv: the keys and values of all positions so far, what later positions attend
 * to.
 *
 * Does NOT know which position comes next: that is the session's.
 */
#ifndef ENGINE_RUN_KV_H
#define ENGINE_RUN_KV_H

#include "engine/spec/config.h"

#include <stdint.h>

/* Keys are those after RoPE, of layers first .. L-1.
 * k, v: [L - first, S, G*K]. */
typedef struct KvCache {
    float *k, *v;
    int first, n_layers; /* n_layers: L - first */
    int seq_len;         /* S */
    int width;           /* G*K */
} KvCache;

/* Room for seq_len positions in the layers from `first` on; kv_free takes a
 * zeroed one, too. */
bool kv_init(KvCache *kv, const Config *c, int first, int seq_len, Err *err);
void kv_free(KvCache *kv);

/* Bytes that kv_init allocates. */
uint64_t kv_bytes(const Config *c, int first, int seq_len);

/* Copies the positions pos .. end-1 of all layers that `to` has. */
void kv_copy(KvCache *to, const KvCache *from, int pos, int end);

/* Row of (layer, pos): [G*K]. */
const float *kv_key(const KvCache *kv, int layer, int pos);
const float *kv_value(const KvCache *kv, int layer, int pos);
/* The same, for who computes them. */
float *kv_new_key(const KvCache *kv, int layer, int pos);
float *kv_new_value(const KvCache *kv, int layer, int pos);

#endif
