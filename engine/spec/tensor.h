/* Tensor: the weights of one matrix or vector, and what each is for.
 *
 * Shapes are [rows, cols], row-major; the letters are those of config.h.  A
 * weight W [out, in] is applied as y = W x.
 *
 * Does NOT own the bytes, and reads none of them.
 */
#ifndef ENGINE_SPEC_TENSOR_H
#define ENGINE_SPEC_TENSOR_H

#include "engine/base/file.h"
#include "engine/spec/config.h"

#include <stdint.h>

/* Element types.  The quantised ones are blocks of small integers that share
 * a scale, and from Q4_1 on those marked so a minimum: w = scale * q + min.
 * Source: their bit layouts are ggml's (the GGUF file format). */
typedef enum DType {
    DTYPE_F32,
    DTYPE_F16,  /* IEEE half */
    DTYPE_BF16, /* the upper half of an f32 */
    DTYPE_Q8_0,
    DTYPE_Q4_0,
    DTYPE_Q4_1, /* with minimum */
    DTYPE_Q5_0,
    DTYPE_Q5_1, /* with minimum */
    DTYPE_Q4_K, /* with minima */
    DTYPE_Q5_K, /* with minima */
    DTYPE_Q6_K,
    DTYPE_Q8_GROUPS, /* llama2.c: all values, then all scales; see Tensor */
    DTYPE_COUNT
} DType;

typedef struct DTypeInfo {
    const char *name;
    int block_items; /* values per block; a row is a whole number of blocks */
    int block_bytes; /* bytes per block */
    bool quantised;  /* products take activations quantised too: kern.h */
} DTypeInfo;
const DTypeInfo *dtype_info(DType type);

/* What a tensor is for: the union of what the architectures have.  Which of
 * them, in which shapes and how often: arch.h. */
typedef enum TensorRole {
    TENSOR_TOKEN_EMBED,
    TENSOR_POS_EMBED,     /* a row for every position */
    TENSOR_SEGMENT_EMBED, /* a row for each segment of a text */
    TENSOR_EMBED_NORM,    /* of their sum */
    TENSOR_ATTN_NORM,
    TENSOR_WQ,
    TENSOR_WK,
    TENSOR_WV,
    TENSOR_Q_NORM, /* of each head's query */
    TENSOR_K_NORM,
    TENSOR_WO,
    TENSOR_FFN_NORM,
    TENSOR_W_GATE,
    TENSOR_W_UP,
    TENSOR_W_DOWN,
    TENSOR_HEAD, /* a prediction head's own matrix, before the last norm */
    TENSOR_FINAL_NORM,
    TENSOR_CLASSIFIER, /* from the last vector to a number for each token */
    TENSOR_ROLES
} TensorRole;

/* How the rows of a tensor lie in its file. */
typedef enum TensorStored {
    TENSOR_AS_IS,
    TENSOR_HALF_SPLIT, /* of each head's K rows in the file i and i + K/2 are
                          rows 2i and 2i + 1 here */
    TENSOR_TRANSPOSED, /* [cols, stored_ld] in the file: of each of its rows
                          some `rows` columns */
    TENSOR_LESS_ONE,   /* each number is one less than it is here */
} TensorStored;

typedef struct Tensor {
    char name[64]; /* as the file format names it */
    DType type;
    int rows, cols;
    const void *data;    /* borrowed from the Model: in the file, or a copy */
    uint64_t offset;     /* of the first byte in the file */
    uint64_t size_bytes; /* 0: absent */
    bool is_shared;      /* data are another tensor's, the bias alone is its
                            own: see arch_tensor_shared */
    const File *file;    /* that it lies in; NULL: the one that was opened */
    TensorStored stored; /* how its rows lie in the file */
    int head_dim;        /* K, of HALF_SPLIT rows */
    int stored_ld;       /* of TRANSPOSED: from one row in the file to the next;
                            more than `rows` where it is a part of a matrix */
    int stored_first;    /* row of the stored tensor, of TRANSPOSED column, that
                            the first one here is: of a part of it */
    /* What is added to each product: [rows], of a vector (a norm) [cols].
     * NULL: none, or in a model that is only looked at. */
    const float *bias;
    const void *bias_data; /* in the file, of bias_type; NULL: none */
    DType bias_type;       /* f32, f16 or bf16 */
    const File *bias_file; /* as file: it may lie in another */
    uint64_t bias_offset;  /* of the first byte in its file */
    /* DTYPE_Q8_GROUPS: an f32 scale for every `group` values, counted through
     * the whole tensor, so that a group may go on in the next row.  They follow
     * the values and count in size_bytes; of any alignment. */
    const uint8_t *scales;
    int group;
} Tensor;

/* Bytes that a tensor of t's shape and type takes; false when a row is no whole
 * number of blocks. */
bool tensor_size(const Tensor *t, uint64_t *size);

/* Numbers and bytes of its bias, as stored; 0: it has none. */
int tensor_bias_len(const Tensor *t);
uint64_t tensor_bias_bytes(const Tensor *t);
/* Bytes of all that is its own, the bias included. */
uint64_t tensor_own_bytes(const Tensor *t);

/* The row of the stored tensor that is row `row` of t, and the byte of the
 * tensor's file where it begins; of TRANSPOSED it is a column. */
int tensor_stored_row(const Tensor *t, int row);
uint64_t tensor_row_offset(const Tensor *t, int row);

/* Row and column in the stored tensor of an element of t, as its file counts
 * them. */
typedef struct TensorPlace {
    int row, col;
} TensorPlace;
TensorPlace tensor_stored_place(const Tensor *t, int row, int col);

/* Whether floats lie where floats may lie; quantised blocks lie anywhere. */
bool tensor_is_aligned(const Tensor *t);

#endif
