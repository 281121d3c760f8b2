/* A tiny model with finite weights so large that what is computed overflows. */
#ifndef TESTS_SUPPORT_OVERFLOW_H
#define TESTS_SUPPORT_OVERFLOW_H

#include "tests/support/tiny_model.h"

/* What is made too large: a row of a tensor. */
typedef struct OverflowAt {
    TensorRole role;
    int layer, row;
    float by;
} OverflowAt;

/* Multiplies it, in the bytes of an open model whose weights are f32. */
static inline void overflow_make(TinyModel *t, OverflowAt at) {
    const Tensor *w = model_tensor(t->model, at.role, at.layer);
    uint8_t *bytes = t->bytes;
    bytes += (const uint8_t *)w->data - (const uint8_t *)t->bytes;
    float *row = (float *)(void *)bytes + (size_t)at.row * (size_t)w->cols;
    for (int i = 0; i < w->cols; i++)
        row[i] *= at.by;
}

#endif
