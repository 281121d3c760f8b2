/* What is in the blocks of quantised weights, for files that have defined what
 * kern_body.h asks for; included by kern_body_quant.h.
 *
 * A row is taken in chunks of KERN_CHUNK values, whatever its type: bytes u,
 * scales, minima and one offset for the type, as KernChunk says.
 */
#ifndef ENGINE_KERNEL_KERN_BODY_BLOCK_H
#define ENGINE_KERNEL_KERN_BODY_BLOCK_H

#ifdef KERN_LANES

#include "engine/kernel/kern.h"

#define QUANT_STEP       (4 * KERN_LANES) /* values per step */
#define QUANT_STEPS      (KERN_CHUNK / QUANT_STEP)
#define QUANT_TAIL_BYTES 272 /* of the largest chunk made of smaller blocks */

/* A chunk in a KernChunk, in place of a DType. */
#define QUANT_UNPACKED DTYPE_COUNT

typedef uint8_t Bytes __attribute__((vector_size(QUANT_STEP)));
typedef int8_t Chars __attribute__((vector_size(QUANT_STEP)));
typedef uint32_t BytesWord __attribute__((vector_size(QUANT_STEP)));
typedef uint8_t Bytes16 __attribute__((vector_size(16)));
typedef uint8_t Bytes32 __attribute__((vector_size(32)));
typedef int8_t CharLanes __attribute__((vector_size(KERN_LANES)));
typedef uint8_t Bytes8 __attribute__((vector_size(8)));
typedef int8_t Chars8 __attribute__((vector_size(8)));
typedef uint16_t Halves8 __attribute__((vector_size(16)));
typedef uint16_t Halves __attribute__((vector_size(2 * KERN_LANES)));
typedef uint32_t Words4 __attribute__((vector_size(16)));
typedef uint32_t Words8 __attribute__((vector_size(32)));
typedef uint32_t VecWord __attribute__((vector_size(sizeof(Vec))));

/* A number for each block of a chunk, on every instruction set. */
typedef float Eight __attribute__((vector_size(32)));
typedef int EightInt __attribute__((vector_size(32)));

/* ---- what is in a block -------------------------------------------------- */

KERN_INLINE int quant_offset(int type) {
    return type == DTYPE_Q8_0 || type == DTYPE_Q8_GROUPS ? 128
           : type == DTYPE_Q4_0                          ? 8
           : type == DTYPE_Q5_0                          ? 16
           : type == DTYPE_Q6_K                          ? 32
                                                         : 0;
}

KERN_INLINE bool quant_has_min(int type) {
    return type == DTYPE_Q4_1 || type == DTYPE_Q5_1 || type == DTYPE_Q4_K ||
           type == DTYPE_Q5_K;
}

/* dtype_info's numbers, here for the compiler to see. */
KERN_INLINE int quant_block_bytes(int type) {
    return type == DTYPE_Q8_0   ? 34
           : type == DTYPE_Q4_0 ? 18
           : type == DTYPE_Q4_1 ? 20
           : type == DTYPE_Q5_0 ? 22
           : type == DTYPE_Q5_1 ? 24
           : type == DTYPE_Q4_K ? 144
           : type == DTYPE_Q5_K ? 176
           : type == DTYPE_Q6_K ? 210
                                : 32; /* DTYPE_Q8_GROUPS, 32 of 1 */
}

/* Whether each sixteen of a type have a scale of their own. */
KERN_INLINE bool quant_is_split(int type) {
    return type == DTYPE_Q6_K || type == DTYPE_Q8_GROUPS;
}

/* Whether a block is sixteen bytes with a value in each of their halves. */
KERN_INLINE bool quant_is_halves(int type) {
    return type == DTYPE_Q4_0 || type == DTYPE_Q4_1 || type == DTYPE_Q5_0 ||
           type == DTYPE_Q5_1;
}

KERN_INLINE bool quant_is_k(int type) {
    return type == DTYPE_Q4_K || type == DTYPE_Q5_K || type == DTYPE_Q6_K;
}

KERN_INLINE size_t quant_chunk_bytes(int type) {
    return quant_is_k(type) ? quant_block_bytes(type)
                            : 8 * quant_block_bytes(type);
}

KERN_INLINE Bytes16 load16(const uint8_t *p) {
    Bytes16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

KERN_INLINE Bytes32 load32(const uint8_t *p) {
    Bytes32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

KERN_INLINE uint32_t load_u32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

KERN_INLINE uint16_t load_u16(const uint8_t *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The bits of `mask` of each byte, after a shift to the right, by n, or to the
 * left.  By words, since there is no instruction for bytes; the mask drops what
 * comes from the neighbour. */
KERN_INLINE Bytes32 bits_right(Bytes32 v, int n, uint8_t mask) {
    return (Bytes32)((Words8)v >> n) & mask;
}

KERN_INLINE Bytes32 bits_left(Bytes32 v, int n, uint8_t mask) {
    return (Bytes32)((Words8)v << n) & mask;
}

/* The low fours of 16 bytes, then the high ones. */
KERN_INLINE Bytes32 nibbles(const uint8_t *p) {
    const Bytes16 v = load16(p), low = v & 15,
                  high = (Bytes16)((Words4)v >> 4) & 15;
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
                                   11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                   22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
}

/* Bit i of 32 as byte i: 16 or 0.  Each of the four bytes eight times over,
 * taken from its own half of the vector, within which bytes move cheaply. */
KERN_INLINE Bytes32 fifth_bits(const uint8_t *p) {
    const Bytes32 all = (Bytes32)(load_u32(p) - (Words8){0});
    const Bytes32 spread = __builtin_shufflevector(
        all, all, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18,
        18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19);
    const Bytes32 bit = {1,  2,   4,  8,  16,  32, 64, 128, 1,  2,  4,
                         8,  16,  32, 64, 128, 1,  2,  4,   8,  16, 32,
                         64, 128, 1,  2,  4,   8,  16, 32,  64, 128};
    return (Bytes32)((spread & bit) != 0) & 16;
}

/* Values 32b .. 32b+31 of a chunk, as u. */
KERN_INLINE Bytes32 quant_bytes32(int type, const uint8_t *p, int b) {
    const uint8_t *block = p + (size_t)b * quant_block_bytes(type);
    const int high = b % 2 * 4; /* of K types: low fours, then high ones */
    Bytes32 high2 = {0};        /* of DTYPE_Q6_K */
    if (type == DTYPE_Q6_K) high2 = load32(p + 128 + b / 4 * 32);
    switch (type) {
    case QUANT_UNPACKED:
        return load32(p + 32 * b);
    case DTYPE_Q8_0:
        return load32(block + 2) ^ 128;
    case DTYPE_Q8_GROUPS:
        return load32(block) ^ 128;
    case DTYPE_Q4_0:
        return nibbles(block + 2);
    case DTYPE_Q4_1:
        return nibbles(block + 4);
    case DTYPE_Q5_0:
        return nibbles(block + 6) | fifth_bits(block + 2);
    case DTYPE_Q5_1:
        return nibbles(block + 8) | fifth_bits(block + 4);
    case DTYPE_Q4_K:
        return bits_right(load32(p + 16 + b / 2 * 32), high, 15);
    case DTYPE_Q5_K:
        return bits_right(load32(p + 48 + b / 2 * 32), high, 15) |
               (b < 4 ? bits_left(load32(p + 16), 4 - b, 16)
                      : bits_right(load32(p + 16), b - 4, 16));
    default: /* DTYPE_Q6_K: halves of 128, each low fours, then high ones */
        return bits_right(load32(p + b / 4 * 64 + b % 2 * 32), b % 4 / 2 * 4,
                          15) |
               (b % 4 < 2 ? bits_left(high2, 4 - b % 4 * 2, 48)
                          : bits_right(high2, b % 4 * 2 - 4, 48));
    }
}

KERN_INLINE Bytes quant_bytes(int type, const uint8_t *p, int step) {
#if KERN_LANES == 16
    const Bytes32 low = quant_bytes32(type, p, 2 * step);
    const Bytes32 high = quant_bytes32(type, p, 2 * step + 1);
    return __builtin_shufflevector(
        low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
        36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
        54, 55, 56, 57, 58, 59, 60, 61, 62, 63);
#elif KERN_LANES == 8
    return quant_bytes32(type, p, step);
#else
    const Bytes32 v = quant_bytes32(type, p, step / 2);
    Bytes out;
    memcpy(&out, (const uint8_t *)&v + step % 2 * sizeof out, sizeof out);
    return out;
#endif
}

/* ---- scales -------------------------------------------------------------- */

/* An IEEE half is an f32 with a smaller exponent, the product puts that right,
 * for denormals too.  Infinities become 65536 and NaNs numbers beyond. */
#ifndef KERN_HAS_HALVES
KERN_INLINE Vec vec_from_halves(Halves h) {
    const VecWord bits = __builtin_convertvector(h, VecWord);
    const Vec size = (Vec)((bits & 0x7FFF) << 13) * 0x1p112f;
    return (Vec)((VecWord)size | (bits & 0x8000) << 16);
}

KERN_INLINE Eight eight_from_halves(Halves8 h) {
    Eight out;
    for (int i = 0; i < 8 / KERN_LANES; i++) {
        Halves part;
        memcpy(&part, (const uint8_t *)&h + i * sizeof part, sizeof part);
        const Vec v = vec_from_halves(part);
        memcpy((uint8_t *)&out + i * sizeof v, &v, sizeof v);
    }
    return out;
}
#endif

KERN_INLINE Eight load_eight(const float *p) {
    Eight v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The halves at p, p + stride, ..., p + 7 * stride. */
#ifndef KERN_HAS_GATHER
KERN_INLINE Halves8 gather_halves(const uint8_t *p, int stride) {
    return (Halves8){load_u16(p),
                     load_u16(p + stride),
                     load_u16(p + 2 * stride),
                     load_u16(p + 3 * stride),
                     load_u16(p + 4 * stride),
                     load_u16(p + 5 * stride),
                     load_u16(p + 6 * stride),
                     load_u16(p + 7 * stride)};
}
#endif

#ifndef KERN_HAS_EIGHT
KERN_INLINE Eight eight_chars(Chars8 v) {
    return __builtin_convertvector(__builtin_convertvector(v, EightInt), Eight);
}
#endif

KERN_INLINE float load_half(const uint8_t *p) {
    return eight_from_halves(load_u16(p) - (Halves8){0})[0];
}

/* Scales and minima of Q4_K and Q5_K: six bits each, those of the first four
 * blocks in a byte of their own, of the others in what is left of the bytes. */
KERN_INLINE void scales_k(Eight *scale, Eight *min, const uint8_t *p) {
    const uint32_t a = load_u32(p + 4), b = load_u32(p + 8),
                   c = load_u32(p + 12);
    const uint32_t six = 0x3F3F3F3F, four = 0x0F0F0F0F, two = 0x03030303;
    const uint64_t scales =
        (a & six) | (uint64_t)((c & four) | (a >> 6 & two) << 4) << 32;
    const uint64_t mins =
        (b & six) | (uint64_t)((c >> 4 & four) | (b >> 6 & two) << 4) << 32;
    *scale = eight_chars((Chars8)scales) * load_half(p);
    *min = eight_chars((Chars8)mins) * -load_half(p + 2);
}

/* Of Q6_K: sixteen bytes, those of the first and second halves of a block in
 * turn. */
KERN_INLINE void scales_6k(Eight scale[2], const uint8_t *p) {
    const Bytes16 v = load16(p);
    const float d = load_half(p + 16);
    const Bytes8 first =
                     __builtin_shufflevector(v, v, 0, 2, 4, 6, 8, 10, 12, 14),
                 second =
                     __builtin_shufflevector(v, v, 1, 3, 5, 7, 9, 11, 13, 15);
    scale[0] = eight_chars((Chars8)first) * d;
    scale[1] = eight_chars((Chars8)second) * d;
}

/* Of a chunk of llama2.c's groups: see Tensor.  Groups are made of sixteens. */
KERN_INLINE void scales_groups(Eight scale[2], const Tensor *w, int row,
                               int chunk) {
    const int left = w->cols - chunk * KERN_CHUNK;
    const uint64_t first = (uint64_t)row * w->cols + chunk * KERN_CHUNK;
    uint64_t group = first / w->group;
    int in_group = (int)(first % w->group);
    float scales[2][8] = {{0}};
    for (int i = 0; i < KERN_CHUNK / 16 && 16 * i < left; i++) {
        memcpy(&scales[i % 2][i / 2], w->scales + group * sizeof **scales,
               sizeof **scales);
        in_group += 16;
        if (in_group >= w->group) {
            in_group = 0;
            group++;
        }
    }
    scale[0] = load_eight(scales[0]);
    scale[1] = load_eight(scales[1]);
}

/* Where a chunk is: bytes and, for types that need it, place in the tensor. */
typedef struct QuantAt {
    const uint8_t *p;
    int row, chunk;
} QuantAt;

/* scale[1] and min are left alone where a type has none. */
KERN_INLINE void quant_scales(int type, const Tensor *w, QuantAt at,
                              Eight scale[2], Eight *min) {
    const uint8_t *p = at.p;
    const int stride = quant_block_bytes(type);
    switch (type) {
    case DTYPE_Q8_GROUPS:
        scales_groups(scale, w, at.row, at.chunk);
        break;
    case DTYPE_Q4_K:
    case DTYPE_Q5_K:
        scales_k(scale, min, p);
        break;
    case DTYPE_Q6_K:
        scales_6k(scale, p + 192);
        break;
    default:
        *scale = eight_from_halves(gather_halves(p, stride));
        if (quant_has_min(type))
            *min = eight_from_halves(gather_halves(p + 2, stride));
    }
}

/* ---- chunks -------------------------------------------------------------- */

KERN_INLINE int quant_n_chunks(int n_cols) {
    return (n_cols + KERN_CHUNK - 1) / KERN_CHUNK;
}

KERN_INLINE size_t quant_row_bytes(int type, int n_cols) {
    return type == DTYPE_Q8_GROUPS
               ? (size_t)n_cols
               : (size_t)n_cols * quant_chunk_bytes(type) / KERN_CHUNK;
}

/* A chunk of the tensor; the last of a row is copied to `tail`, with zeros
 * after it, where it is not whole. */
KERN_INLINE QuantAt quant_at(int type, const Tensor *w, int row, int chunk,
                             uint8_t *tail) {
    const int left = w->cols - chunk * KERN_CHUNK;
    const uint8_t *p = (const uint8_t *)w->data +
                       row * quant_row_bytes(type, w->cols) +
                       chunk * quant_chunk_bytes(type);
    if (!quant_is_k(type) && left < KERN_CHUNK) {
        memset(tail, 0, QUANT_TAIL_BYTES);
        memcpy(tail, p, left * quant_chunk_bytes(type) / KERN_CHUNK);
        p = tail;
    }
    return (QuantAt){p, row, chunk};
}

KERN_INLINE void unpack_type(int type, KernChunk *out, const Tensor *w, int row,
                             int chunk) {
    uint8_t tail[QUANT_TAIL_BYTES];
    Eight scale[2], min = {0};
    const QuantAt at = quant_at(type, w, row, chunk, tail);
    quant_scales(type, w, at, scale, &min);
    if (!quant_is_split(type)) scale[1] = scale[0];
    memcpy(out->scale[0], &scale[0], sizeof scale[0]);
    memcpy(out->scale[1], &scale[1], sizeof scale[1]);
    memcpy(out->min, &min, sizeof min);
    KERN_UNROLL
    for (int step = 0; step < QUANT_STEPS; step++) {
        const Bytes u = quant_bytes(type, at.p, step);
        memcpy(out->u + (size_t)step * QUANT_STEP, &u, sizeof u);
    }
}

/* Calls f(type, ...) with the type as a constant. */
#define QUANT_SWITCH(type, f, ...)                                             \
    switch (type) {                                                            \
    case DTYPE_Q8_0:                                                           \
        f(DTYPE_Q8_0, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q4_0:                                                           \
        f(DTYPE_Q4_0, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q4_1:                                                           \
        f(DTYPE_Q4_1, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q5_0:                                                           \
        f(DTYPE_Q5_0, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q5_1:                                                           \
        f(DTYPE_Q5_1, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q4_K:                                                           \
        f(DTYPE_Q4_K, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q5_K:                                                           \
        f(DTYPE_Q5_K, __VA_ARGS__);                                            \
        break;                                                                 \
    case DTYPE_Q6_K:                                                           \
        f(DTYPE_Q6_K, __VA_ARGS__);                                            \
        break;                                                                 \
    default:                                                                   \
        f(DTYPE_Q8_GROUPS, __VA_ARGS__);                                       \
    }

static void unpack(KernChunk *out, const Tensor *w, int row, int chunk) {
    QUANT_SWITCH(w->type, unpack_type, out, w, row, chunk)
    out->offset = quant_offset(w->type);
}

#endif
#endif
