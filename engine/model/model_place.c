/* Where a model's weights lie while it runs. */
#include "engine/base/memory.h"
#include "engine/model/model_private.h"
#include "engine/spec/arch.h"

#include <string.h>

#define PLACE_ALIGN 64 /* of copies: a cache line, the widest vector */

static bool needs_copy(const Tensor *t, bool all) {
    return t->size_bytes > 0 &&
           (all || t->stored != TENSOR_AS_IS || !tensor_is_aligned(t));
}

/* Bytes that the copy of a tensor takes, with what aligns the next. */
static uint64_t copy_bytes(const Tensor *t) {
    return (t->size_bytes + PLACE_ALIGN - 1) / PLACE_ALIGN * PLACE_ALIGN;
}

static void copy_rows(const Tensor *t, uint8_t *out) {
    const size_t row_bytes = (size_t)t->size_bytes / (size_t)t->rows;
    const uint8_t *stored = t->data;
    for (int row = 0; row < t->rows; row++)
        memcpy(out + (size_t)row * row_bytes,
               stored + (size_t)tensor_stored_row(t, row) * row_bytes,
               row_bytes);
}

static void copy_tensor(Tensor *t, uint8_t *out) {
    if (t->stored != TENSOR_AS_IS)
        copy_rows(t, out);
    else
        memcpy(out, t->data, (size_t)t->size_bytes);
    if (t->scales) t->scales = out + (t->scales - (const uint8_t *)t->data);
    t->data = out;
}

/* A wish, which is not to make a model fail that would just fit. */
bool model_places_all(uint64_t weights, uint64_t memory) {
    return weights <= MODEL_PLACE_MAX && weights <= memory / 8;
}

bool model_place(ModelFile *parts, const File *f, const Watch *watch,
                 Err *err) {
    const size_t n = arch_tensor_count(&parts->config);
    Tensor *const tensors = parts->tensors;
    uint64_t total = 0, weights = 0;
    for (size_t i = 0; i < n; i++)
        weights += tensors[i].size_bytes;
    const bool all = !f->borrowed && model_places_all(weights, memory_limit());
    for (size_t i = 0; i < n; i++)
        if (needs_copy(&tensors[i], all)) total += copy_bytes(&tensors[i]);
    if (total == 0) return true;
    uint8_t *at = total < memory_limit() ? memory_alloc((size_t)total) : NULL;
    if (!at) return err_memory(err, f->path, (size_t)total);
    parts->copies = at;
    for (size_t i = 0; i < n; i++) {
        if (!needs_copy(&tensors[i], all)) continue;
        const uint64_t done = (uint64_t)(at - (uint8_t *)parts->copies);
        if (!watch_go_on(watch, done, weights, f->path, err)) return false;
        copy_tensor(&tensors[i], at);
        at += copy_bytes(&tensors[i]);
    }
    return true;
}
