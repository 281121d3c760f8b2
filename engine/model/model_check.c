/* What every format's tensors must be: of the shape that the config asks for,
 * within their file, and finite. */
#include "engine/model/model_private.h"

#include "engine/spec/arch.h"

/* Tensors up to this are checked even in huge files. */
#define SMALL_TENSOR (1u << 20) /* bytes */

/* Shape, place and bytes of one tensor against what the config asks for. */
static bool check_tensor(const ModelFile *m, const File *opened,
                         TensorRole role, const Tensor *t, Err *err) {
    const File *f = t->file ? t->file : opened;
    int rows, cols;
    arch_shape(&m->config, role, &rows, &cols);
    if (t->rows != rows || t->cols != cols)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found shape [%d, %d], need [%d, %d]", f->path,
                       t->name, t->rows, t->cols, rows, cols);
    uint64_t size;
    if (!tensor_size(t, &size) || t->size_bytes != size)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found %llu bytes, need [%d, %d] of %s", f->path,
                       t->name, (unsigned long long)t->size_bytes, rows, cols,
                       dtype_info(t->type)->name);
    if (size > f->size || t->offset > f->size - size)
        return err_set(err, ERR_FORMAT, t->offset,
                       "%s: %s: found %llu bytes from byte %llu, past the end",
                       f->path, t->name, (unsigned long long)size,
                       (unsigned long long)t->offset);
    /* A vector whose halves lie apart is put together number by number. */
    if (t->stored == TENSOR_HALF_SPLIT && t->rows == 1 &&
        dtype_info(t->type)->quantised)
        return err_set(err, ERR_UNSUPPORTED, t->offset,
                       "%s: %s: found %s, need f32, f16 or bf16", f->path,
                       t->name, dtype_info(t->type)->name);
    return true;
}

/* Of the block that an element is in. */
static uint64_t element_offset(const Tensor *t, int row, int col) {
    const DTypeInfo *type = dtype_info(t->type);
    uint64_t block = (uint64_t)(col / type->block_items);
    if (t->stored == TENSOR_TRANSPOSED) block *= (uint64_t)t->stored_ld;
    if (t->stored == TENSOR_HALF_SPLIT && t->rows == 1)
        block = (uint64_t)tensor_stored_row(t, col);
    return tensor_row_offset(t, row) + block * (uint64_t)type->block_bytes;
}

/* Numbers of one kind in a tensor, each `stride` bytes after the one before. */
typedef struct Numbers {
    const uint8_t *at;
    DType type; /* f32, f16 or bf16 */
    size_t stride, n;
    bool times_bytes; /* f32 that bytes are multiplied by */
} Numbers;

/* From these exponents on a number is infinite or none, or it would be with a
 * byte for a factor: 2^7 * 2^121 is past what an f32 holds. */
static uint32_t bad_exponent(Numbers m) {
    if (m.type == DTYPE_F16) return 0x7C00;
    return m.times_bytes ? (121u + 127) << 7 : 0x7F80;
}

/* Index of the first that is infinite or no number; n if there is none. */
static size_t first_bad(Numbers m) {
    const uint32_t mask = m.type == DTYPE_F16 ? 0x7C00 : 0x7F80;
    const uint32_t bad = bad_exponent(m);
    const size_t high = m.type == DTYPE_F32 ? 2 : 0; /* of its two halves */
    for (size_t i = 0; i < m.n; i++, m.at += m.stride) {
        const uint32_t half = m.at[high] | (uint32_t)m.at[high + 1] << 8;
        if ((half & mask) >= bad) return i;
    }
    return m.n;
}

/* What the bad number i is: bits beside the exponent make it a NaN. */
static const char *bad_name(Numbers m, size_t i) {
    const uint8_t *p = m.at + i * m.stride;
    const uint32_t half = p[0] | (uint32_t)p[1] << 8;
    const uint32_t beside = m.type == DTYPE_F32
                                ? half | (p[2] & 0x7Fu)
                                : half & (m.type == DTYPE_F16 ? 0x3FFu : 0x7Fu);
    return beside ? "nan" : "inf";
}

/* The numbers of a tensor that can be bad: all of floats, the scales and
 * minima of blocks.  Returns how many kinds there are. */
static int numbers_of(const Tensor *t, Numbers out[2]) {
    const DTypeInfo *info = dtype_info(t->type);
    const size_t n_values = (size_t)t->rows * (size_t)t->cols;
    const uint8_t *data = t->data;
    if (t->type == DTYPE_Q8_GROUPS) {
        out[0] = (Numbers){.at = t->scales,
                           .type = DTYPE_F32,
                           .stride = sizeof(float),
                           .n = n_values / (size_t)t->group,
                           .times_bytes = true};
        return 1;
    }
    const size_t n = n_values / (size_t)info->block_items;
    const size_t stride = (size_t)info->block_bytes;
    const DType type = info->quantised ? DTYPE_F16 : t->type;
    out[0] = (Numbers){.at = data, .type = type, .stride = stride, .n = n};
    if (t->type == DTYPE_Q6_K) out[0].at += 208; /* after the values */
    out[1] = (Numbers){.at = data + 2, .type = type, .stride = stride, .n = n};
    return t->type == DTYPE_Q4_1 || t->type == DTYPE_Q5_1 ||
                   t->type == DTYPE_Q4_K || t->type == DTYPE_Q5_K
               ? 2
               : 1;
}

static bool check_bias(const File *f, const Tensor *t, Err *err) {
    const size_t size = (size_t)dtype_info(t->bias_type)->block_bytes;
    const Numbers bias = {.at = t->bias_data,
                          .type = t->bias_type,
                          .stride = size,
                          .n = (size_t)tensor_bias_len(t)};
    const size_t i = first_bad(bias);
    if (i == bias.n) return true;
    return err_set(err, ERR_FORMAT, t->bias_offset + i * size,
                   "%s: %s: bias[%zu]: found %s, need a finite number", f->path,
                   t->name, i, bad_name(bias, i));
}

static bool check_finite(const ModelFile *m, const File *opened,
                         TensorRole role, const Tensor *t, Err *err) {
    const File *f = t->file ? t->file : opened;
    const File *of_bias = t->bias_file ? t->bias_file : opened;
    Numbers kinds[2];
    (void)m;    /* what is a number does not depend on the config, */
    (void)role; /* nor on what it is for */
    if (!check_bias(of_bias, t, err)) return false;
    if (f->size > MODEL_CHECK_MAX && t->size_bytes > SMALL_TENSOR) return true;
    const int n_kinds = numbers_of(t, kinds);
    for (int k = 0; k < n_kinds; k++) {
        const size_t i = first_bad(kinds[k]), cols = (size_t)t->cols;
        if (i == kinds[k].n) continue;
        if (dtype_info(t->type)->quantised)
            return err_set(err, ERR_FORMAT, t->offset + i * kinds[k].stride,
                           "%s: %s: found a scale in block %zu that gives no "
                           "finite numbers",
                           f->path, t->name, i);
        const int row = (int)(i / cols), col = (int)(i % cols);
        const TensorPlace at = tensor_stored_place(t, row, col);
        return err_set(err, ERR_FORMAT, element_offset(t, row, col),
                       "%s: %s[%d, %d]: found %s, need a finite number",
                       f->path, t->name, at.row, at.col, bad_name(kinds[k], i));
    }
    return true;
}

/* Calls check for every tensor that a model of this config has. */
static bool check_each(const ModelFile *m, const File *opened,
                       bool (*check)(const ModelFile *m, const File *opened,
                                     TensorRole role, const Tensor *t,
                                     Err *err),
                       Err *err) {
    const Config *c = &m->config;
    for (int role = 0; role < TENSOR_ROLES; role++) {
        const int n = arch_copies(c, role);
        for (int layer = 0; layer < n; layer++) {
            const size_t at = arch_tensor_index(c, role, layer);
            if (!check(m, opened, role, &m->tensors[at], err)) return false;
        }
    }
    return true;
}

bool model_check_shapes(const ModelFile *m, const File *opened, Err *err) {
    return config_check(&m->config, opened->path, err) &&
           check_each(m, opened, check_tensor, err);
}

bool model_check_finite(const ModelFile *m, const File *opened, Err *err) {
    return check_each(m, opened, check_finite, err);
}
