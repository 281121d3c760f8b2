/* Where a model's weights lie while it runs. */
#include "engine/base/memory.h"
#include "engine/base/num.h"
#include "engine/kernel/kern.h"
#include "engine/model/model_private.h"
#include "engine/spec/arch.h"

#include <string.h>

#define PLACE_ALIGN 64 /* of copies: a cache line, the widest vector */

/* Whether its rows lie in another order. */
static bool is_moved(const Tensor *t) {
    return t->stored == TENSOR_HALF_SPLIT || t->stored == TENSOR_TRANSPOSED;
}

static bool needs_copy(const Tensor *t, bool all) {
    return t->size_bytes > 0 && !t->is_shared &&
           (all || is_moved(t) || !tensor_is_aligned(t));
}

static bool bias_needs_copy(const Tensor *t, bool all) {
    return t->bias_data && (all || t->stored == TENSOR_HALF_SPLIT ||
                            t->bias_type != DTYPE_F32 ||
                            (uintptr_t)t->bias_data % sizeof(float) != 0);
}

/* With what aligns the next. */
static uint64_t whole_lines(uint64_t bytes) {
    return (bytes + PLACE_ALIGN - 1) / PLACE_ALIGN * PLACE_ALIGN;
}

/* Bytes that the copies of a tensor and of its bias take. */
static uint64_t copy_bytes(const Tensor *t, bool all) {
    const uint64_t bias = (uint64_t)tensor_bias_len(t) * sizeof(float);
    return (needs_copy(t, all) ? whole_lines(t->size_bytes) : 0) +
           (bias_needs_copy(t, all) ? whole_lines(bias) : 0);
}

static void copy_rows(const Tensor *t, uint8_t *out) {
    const size_t row_bytes = (size_t)t->size_bytes / (size_t)t->rows;
    const uint8_t *stored = t->data;
    for (int row = 0; row < t->rows; row++)
        memcpy(out + (size_t)row * row_bytes,
               stored + (size_t)tensor_stored_row(t, row) * row_bytes,
               row_bytes);
}

/* What is a column in the file becomes a row; some at once, as they share lines
 * of the cache. */
static void copy_turned(const Tensor *t, uint8_t *out) {
    const size_t size = (size_t)dtype_info(t->type)->block_bytes;
    const size_t ld = (size_t)t->stored_ld * size, cols = (size_t)t->cols;
    const uint8_t *stored = t->data;
    for (int first = 0; first < t->rows; first += PLACE_ALIGN)
        for (int col = 0; col < t->cols; col++)
            for (int row = first; row < num_min(first + PLACE_ALIGN, t->rows);
                 row++)
                memcpy(out + ((size_t)row * cols + (size_t)col) * size,
                       stored + (size_t)col * ld + (size_t)row * size, size);
}

/* Makes floats of a bias, in the order of the tensor's rows. */
static void copy_bias(Tensor *t, uint8_t *out) {
    const size_t size = (size_t)dtype_info(t->bias_type)->block_bytes;
    Tensor one = {.type = t->bias_type, .rows = 1, .cols = 1};
    float *floats = (float *)(void *)out;
    for (int i = 0; i < tensor_bias_len(t); i++) {
        uint32_t number = 0; /* aligned, as the file's need not be */
        memcpy(&number,
               (const uint8_t *)t->bias_data +
                   (size_t)tensor_stored_row(t, i) * size,
               size);
        one.data = &number;
        kern_row(&floats[i], &one, 0);
    }
    t->bias = floats;
}

/* A vector whose elements are those of a head. */
static void copy_halves(const Tensor *t, uint8_t *out) {
    const size_t size = (size_t)dtype_info(t->type)->block_bytes;
    for (int i = 0; i < t->cols; i++)
        memcpy(out + (size_t)i * size,
               (const uint8_t *)t->data +
                   (size_t)tensor_stored_row(t, i) * size,
               size);
}

static void copy_tensor(Tensor *t, uint8_t *out) {
    if (t->stored == TENSOR_TRANSPOSED)
        copy_turned(t, out);
    else if (t->stored == TENSOR_HALF_SPLIT && t->rows == 1)
        copy_halves(t, out);
    else if (t->stored == TENSOR_HALF_SPLIT)
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

/* Where the tensor now lies that another shares. */
static void follow_shared(ModelFile *parts) {
    const Config *c = &parts->config;
    for (int i = 0; i < c->arch->n_tensors; i++) {
        const TensorRole role = c->arch->tensors[i].role;
        const TensorRole of = arch_tensor_shared(c, role);
        if (of == TENSOR_NONE) continue;
        const Tensor *own = &parts->tensors[arch_tensor_index(c, of, 0)];
        parts->tensors[arch_tensor_index(c, role, 0)].data = own->data;
    }
}

static bool place_all(ModelFile *parts, const File *f, const Watch *watch,
                      Err *err) {
    const size_t n = arch_tensor_count(&parts->config);
    Tensor *const tensors = parts->tensors;
    uint64_t total = 0, weights = 0;
    for (size_t i = 0; i < n; i++)
        weights += tensor_own_bytes(&tensors[i]);
    const bool all = !f->borrowed && model_places_all(weights, memory_limit());
    for (size_t i = 0; i < n; i++)
        total += copy_bytes(&tensors[i], all);
    for (size_t i = 0; i < n; i++)
        tensors[i].bias = tensors[i].bias_data;
    if (total == 0) return true;
    uint8_t *at = total < memory_limit() ? memory_alloc((size_t)total) : NULL;
    if (!at) return err_memory(err, f->path, (size_t)total);
    parts->copies = at;
    for (size_t i = 0; i < n; i++) {
        Tensor *t = &tensors[i];
        const bool whole = needs_copy(t, all), bias = bias_needs_copy(t, all);
        if (!whole && !bias) continue;
        const uint64_t done = (uint64_t)(at - (uint8_t *)parts->copies);
        if (!watch_go_on(watch, done, weights, f->path, err)) return false;
        if (bias) copy_bias(t, at);
        if (bias)
            at += whole_lines((uint64_t)tensor_bias_len(t) * sizeof(float));
        if (whole) copy_tensor(t, at);
        if (whole) at += whole_lines(t->size_bytes);
    }
    return true;
}

bool model_place(ModelFile *parts, const File *f, const Watch *watch,
                 Err *err) {
    if (!place_all(parts, f, watch, err)) return false;
    follow_shared(parts);
    return true;
}
