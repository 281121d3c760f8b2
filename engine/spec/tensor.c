/* Types of weights, and where their rows are. */
#include "engine/spec/tensor.h"

#include <assert.h>

const DTypeInfo *dtype_info(DType type) {
    static const DTypeInfo infos[DTYPE_COUNT] = {
        [DTYPE_F32] = {"f32", 1, 4, false},
        [DTYPE_F16] = {"f16", 1, 2, false},
        [DTYPE_BF16] = {"bf16", 1, 2, false},
        [DTYPE_Q8_0] = {"q8_0", 32, 34, true},
        [DTYPE_Q4_0] = {"q4_0", 32, 18, true},
        [DTYPE_Q4_1] = {"q4_1", 32, 20, true},
        [DTYPE_Q5_0] = {"q5_0", 32, 22, true},
        [DTYPE_Q5_1] = {"q5_1", 32, 24, true},
        [DTYPE_Q4_K] = {"q4_k", 256, 144, true},
        [DTYPE_Q5_K] = {"q5_k", 256, 176, true},
        [DTYPE_Q6_K] = {"q6_k", 256, 210, true},
        [DTYPE_Q8_GROUPS] = {"q8", 1, 1, true},
    };
    assert(type < DTYPE_COUNT);
    return &infos[type];
}

bool tensor_size(const Tensor *t, uint64_t *size) {
    const DTypeInfo *type = dtype_info(t->type);
    const uint64_t items = (uint64_t)type->block_items;
    const uint64_t n = (uint64_t)t->rows * (uint64_t)t->cols; /* < 2^40 */
    if ((uint64_t)t->cols % items != 0) return false;
    *size = n / items * (uint64_t)type->block_bytes;
    if (t->type != DTYPE_Q8_GROUPS) return true;
    if (t->group < 1 || n % (uint64_t)t->group != 0) return false;
    *size += n / (uint64_t)t->group * sizeof(float);
    return true;
}

int tensor_bias_len(const Tensor *t) {
    if (!t->bias_data) return 0;
    return t->rows == 1 ? t->cols : t->rows;
}

uint64_t tensor_bias_bytes(const Tensor *t) {
    return (uint64_t)tensor_bias_len(t) *
           (uint64_t)dtype_info(t->bias_type)->block_bytes;
}

uint64_t tensor_own_bytes(const Tensor *t) {
    return (t->is_shared ? 0 : t->size_bytes) + tensor_bias_bytes(t);
}

int tensor_stored_row(const Tensor *t, int row) {
    if (t->stored != TENSOR_HALF_SPLIT) return row;
    int i = row % t->head_dim;
    return row - i + i / 2 + i % 2 * (t->head_dim / 2);
}

TensorPlace tensor_stored_place(const Tensor *t, int row, int col) {
    if (t->stored == TENSOR_TRANSPOSED)
        return (TensorPlace){.row = col, .col = t->stored_first + row};
    if (t->rows == 1) return (TensorPlace){.col = tensor_stored_row(t, col)};
    return (TensorPlace){.row = t->stored_first + tensor_stored_row(t, row),
                         .col = col};
}

uint64_t tensor_row_offset(const Tensor *t, int row) {
    const DTypeInfo *type = dtype_info(t->type);
    const uint64_t items =
        t->stored == TENSOR_TRANSPOSED ? 1 : (uint64_t)t->cols;
    const uint64_t row_bytes =
        items / (uint64_t)type->block_items * (uint64_t)type->block_bytes;
    return t->offset + row_bytes * (uint64_t)tensor_stored_row(t, row);
}

bool tensor_is_aligned(const Tensor *t) {
    const DTypeInfo *type = dtype_info(t->type);
    return type->quantised || (uintptr_t)t->data % type->block_bytes == 0;
}
