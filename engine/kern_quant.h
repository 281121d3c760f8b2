/* Products with quantised weights, for files that have defined what
 * kern_impl.h asks for; included by it.
 *
 * A row is taken in chunks of KERN_CHUNK values, whatever its type: bytes u, a
 * scale and a minimum for each 16 of them, and one offset for the type, so that
 *
 *     w[i] = scale[i / 16] * (u[i] - offset) + min[i / 16]
 *
 * Activations are quantised the same way, x[i] = d * q[i] with one d for 32.
 * Then a lane sums four products of bytes in integers, exactly; times
 * scale * d that is added to the lane's sum, and last come min * d * sum(q).
 * Chunks rise, steps within a chunk rise, a row has one Vec of sums: the order
 * is the same for one position as for many, which differ only in where the
 * chunk comes from: the tensor itself, or unpacked once for all of them.
 */
#ifndef ENGINE_KERN_QUANT_H
#define ENGINE_KERN_QUANT_H

#ifdef KERN_LANES

#define QUANT_ROWS 4 /* rows of W at once */
#define QUANT_TOKS 2 /* positions at once, from unpacked rows */
/* Positions from which unpacking pays.  Narrow vectors always unpack, and are
 * not unrolled: there it is the time to compile that counts. */
#if KERN_LANES > 4
#define QUANT_UNPACK_MIN 3
#define QUANT_UNROLL     _Pragma("GCC unroll 16")
#else
#define QUANT_UNPACK_MIN 1
#define QUANT_UNROLL
#endif
#define QUANT_STEP       (4 * KERN_LANES) /* values per step */
#define QUANT_VECS       (KERN_CHUNK / 16 / KERN_LANES)
#define QUANT_TAIL_BYTES 272 /* of the largest chunk made of smaller blocks */

/* A chunk in a KernChunk, in place of a DType. */
#define QUANT_UNPACKED DTYPE_COUNT

typedef uint8_t Bytes __attribute__((vector_size(QUANT_STEP)));
typedef int8_t Chars __attribute__((vector_size(QUANT_STEP)));
typedef uint8_t Bytes16 __attribute__((vector_size(16)));
typedef uint8_t Bytes32 __attribute__((vector_size(32)));
typedef int8_t Chars16 __attribute__((vector_size(16)));
typedef int8_t CharLanes __attribute__((vector_size(KERN_LANES)));
typedef uint8_t Bytes8 __attribute__((vector_size(8)));
typedef uint16_t Halves8 __attribute__((vector_size(16)));
typedef uint16_t Halves __attribute__((vector_size(2 * KERN_LANES)));
typedef uint32_t Words4 __attribute__((vector_size(16)));
typedef uint32_t Words8 __attribute__((vector_size(32)));
typedef uint32_t VecWord __attribute__((vector_size(sizeof(Vec))));
typedef uint64_t Longs4 __attribute__((vector_size(32)));

/* What an instruction set may do better:
 *
 *     bytes_bias(x, offset)   -offset * the sums of fours of x
 *     bytes_dot(bias, u, x, offset)  sums of fours of (u - offset) * x; bias
 *                             is bytes_bias of the same x and offset
 *     vec_spread(s, step)     lane l: s[(step * KERN_LANES + l) / 4], s being
 *                             QUANT_VECS Vecs */
#ifndef KERN_HAS_BYTES_DOT
_Static_assert(KERN_LANES == 4, "wider vectors have instructions for this");
typedef short Shorts __attribute__((vector_size(2 * QUANT_STEP)));
typedef int Ints __attribute__((vector_size(2 * QUANT_STEP)));

KERN_INLINE VecInt bytes_bias(Bytes x, int offset) {
    (void)x, (void)offset;
    return (VecInt){0};
}

KERN_INLINE VecInt bytes_dot(VecInt bias, Bytes u, Bytes x, int offset) {
    const Shorts w = __builtin_convertvector(u, Shorts) - (short)offset;
    const Shorts products =
        w * __builtin_convertvector((Chars)x, Shorts); /* |w| <= 128 */
    const Ints twos = ((Ints)products << 16 >> 16) + ((Ints)products >> 16);
    return bias + __builtin_shufflevector(twos, twos, 0, 2, 4, 6) +
           __builtin_shufflevector(twos, twos, 1, 3, 5, 7);
}

KERN_INLINE Vec vec_spread(const Vec *s, int step) {
    return vec_set(s[step / 4][step % 4]);
}
#endif

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

KERN_INLINE bool quant_is_k(int type) {
    return type == DTYPE_Q4_K || type == DTYPE_Q5_K || type == DTYPE_Q6_K;
}

KERN_INLINE size_t quant_chunk_bytes(int type) {
    if (type == QUANT_UNPACKED) return sizeof(KernChunk);
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

/* Bit i of 32 as byte i: 16 or 0. */
KERN_INLINE Bytes32 fifth_bits(const uint8_t *p) {
    const uint64_t each = 0x0101010101010101u;
    const Longs4 spread = {p[0] * each, p[1] * each, p[2] * each, p[3] * each};
    const Bytes32 bit = {1,  2,   4,  8,  16,  32, 64, 128, 1,  2,  4,
                         8,  16,  32, 64, 128, 1,  2,  4,   8,  16, 32,
                         64, 128, 1,  2,  4,   8,  16, 32,  64, 128};
    return (Bytes32)(((Bytes32)spread & bit) != 0) & 16;
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
#endif

/* Each of eight halves, for 16 values each: two times. */
KERN_INLINE void spread_halves(Vec *out, Halves8 h) {
    const Words8 words = __builtin_convertvector(h, Words8);
    const Words8 twice = words | words << 16;
    for (int i = 0; i < QUANT_VECS; i++) {
        Halves part;
        memcpy(&part, (const uint8_t *)&twice + i * sizeof part, sizeof part);
        out[i] = vec_from_halves(part);
    }
}

/* The halves at p, p + stride, ... */
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

/* Sixteen bytes times f. */
KERN_INLINE void scale_chars(Vec *out, Chars16 v, float f) {
    for (int i = 0; i < QUANT_VECS; i++) {
        CharLanes part;
        memcpy(&part, (const uint8_t *)&v + i * sizeof part, sizeof part);
        const VecInt wide = __builtin_convertvector(part, VecInt);
        out[i] = __builtin_convertvector(wide, Vec) * f;
    }
}

KERN_INLINE float load_half(const uint8_t *p) {
    return vec_from_halves(load_u16(p) - (Halves){0})[0];
}

/* Eight bytes, for 16 values each of a chunk: two times, times f. */
KERN_INLINE void spread_chars(Vec *out, uint32_t low, uint32_t high, float f) {
    const Bytes8 bytes = (Bytes8)(low | (uint64_t)high << 32);
    const Halves8 words = __builtin_convertvector(bytes, Halves8);
    scale_chars(out, (Chars16)(words | words << 8), f);
}

/* Scales and minima of Q4_K and Q5_K: six bits each, those of the first four
 * blocks in a byte of their own, of the others in what is left of the bytes. */
KERN_INLINE void scales_k(Vec *scale, Vec *min, const uint8_t *p) {
    const uint32_t a = load_u32(p + 4), b = load_u32(p + 8),
                   c = load_u32(p + 12);
    const uint32_t six = 0x3F3F3F3F, four = 0x0F0F0F0F, two = 0x03030303;
    spread_chars(scale, a & six, (c & four) | (a >> 6 & two) << 4,
                 load_half(p));
    spread_chars(min, b & six, (c >> 4 & four) | (b >> 6 & two) << 4,
                 -load_half(p + 2));
}

/* Of a chunk of llama2.c's groups: see Tensor.  Groups are made of sixteens. */
KERN_INLINE void scales_groups(Vec *scale, const Tensor *w, int row,
                               int chunk) {
    const int left = w->cols - chunk * KERN_CHUNK;
    const uint64_t first = (uint64_t)row * w->cols + chunk * KERN_CHUNK;
    uint64_t group = first / w->group;
    int in_group = (int)(first % w->group);
    float scales[KERN_CHUNK / 16] = {0};
    for (int i = 0; i < KERN_CHUNK / 16 && 16 * i < left; i++) {
        memcpy(&scales[i], w->scales + group * sizeof *scales, sizeof *scales);
        in_group += 16;
        if (in_group >= w->group) {
            in_group = 0;
            group++;
        }
    }
    for (int i = 0; i < QUANT_VECS; i++)
        scale[i] = vec_load(scales + i * KERN_LANES);
}

/* Where a chunk is: bytes and, for types that need it, place in the tensor. */
typedef struct QuantAt {
    const uint8_t *p;
    int row, chunk;
} QuantAt;

KERN_INLINE void quant_scales(int type, const Tensor *w, QuantAt at, Vec *scale,
                              Vec *min) {
    const uint8_t *p = at.p;
    const int stride = quant_block_bytes(type);
    switch (type) {
    case QUANT_UNPACKED:
        for (int i = 0; i < QUANT_VECS; i++) {
            const KernChunk *c = (const KernChunk *)(const void *)p;
            scale[i] = vec_load(c->scale + i * KERN_LANES);
            min[i] = vec_load(c->min + i * KERN_LANES);
        }
        break;
    case DTYPE_Q8_GROUPS:
        scales_groups(scale, w, at.row, at.chunk);
        break;
    case DTYPE_Q4_K:
    case DTYPE_Q5_K:
        scales_k(scale, min, p);
        break;
    case DTYPE_Q6_K:
        scale_chars(scale, (Chars16)load16(p + 192), load_half(p + 208));
        break;
    default:
        spread_halves(scale, gather_halves(p, stride));
        if (quant_has_min(type))
            spread_halves(min, gather_halves(p + 2, stride));
    }
}

/* ---- products ------------------------------------------------------------ */

/* What of a kind of chunks the compiler is to know. */
typedef struct QuantKind {
    int type, offset;
    bool has_min;
} QuantKind;

KERN_INLINE QuantKind quant_kind(int type) {
    return (QuantKind){type, quant_offset(type), quant_has_min(type)};
}

/* A tile of rows and positions in one chunk: what scales its sums, and the
 * activations' bytes. */
typedef struct QuantTile {
    Vec factor[QUANT_TOKS][QUANT_ROWS][QUANT_VECS];
    const int8_t *q[QUANT_TOKS];
} QuantTile;

/* One step of all the tile's sums. */
KERN_INLINE void quant_step(QuantKind kind, Vec acc[][QUANT_ROWS],
                            const QuantTile *tile, const QuantAt *at, int toks,
                            int step) {
    Bytes xs[QUANT_TOKS];
    VecInt bias[QUANT_TOKS];
    for (int t = 0; t < toks; t++) {
        memcpy(&xs[t], tile->q[t] + (size_t)step * QUANT_STEP, sizeof xs[t]);
        bias[t] = bytes_bias(xs[t], kind.offset);
    }
    for (int r = 0; r < QUANT_ROWS; r++) {
        const Bytes u = quant_bytes(kind.type, at[r].p, step);
        for (int t = 0; t < toks; t++) {
            const VecInt sums = bytes_dot(bias[t], u, xs[t], kind.offset);
            acc[t][r] =
                vec_fma(__builtin_convertvector(sums, Vec),
                        vec_spread(tile->factor[t][r], step), acc[t][r]);
        }
    }
}

/* Adds one chunk to the sums of QUANT_ROWS rows and `toks` positions, from
 * `tok` on.  Whole chunks are unrolled, so that a step is a constant; the last
 * of a row may be short and is not. */
KERN_INLINE void quant_steps(QuantKind kind, Vec acc[][QUANT_ROWS],
                             const Tensor *w, const QuantAt *at,
                             const KernBytes *x, int tok, int chunk, int toks) {
    QuantTile tile;
    for (int r = 0; r < QUANT_ROWS; r++) {
        Vec scale[QUANT_VECS], min[QUANT_VECS];
        quant_scales(kind.type, w, at[r], scale, min);
        for (int t = 0; t < toks; t++) {
            const size_t first =
                ((size_t)(tok + t) * x->n / KERN_CHUNK + chunk);
            const float *d = x->d + first * (KERN_CHUNK / 16);
            const float *sum = x->sum + first * (KERN_CHUNK / 16);
            tile.q[t] = x->q + first * KERN_CHUNK;
            for (int i = 0; i < QUANT_VECS; i++) {
                tile.factor[t][r][i] = scale[i] * vec_load(d + i * KERN_LANES);
                if (kind.has_min)
                    acc[t][r] = vec_fma(min[i], vec_load(sum + i * KERN_LANES),
                                        acc[t][r]);
            }
        }
    }
    const int left = w->cols - chunk * KERN_CHUNK;
    const int steps = (left + QUANT_STEP - 1) / QUANT_STEP;
    if (left >= KERN_CHUNK) {
        QUANT_UNROLL
        for (int step = 0; step < KERN_CHUNK / QUANT_STEP; step++)
            quant_step(kind, acc, &tile, at, toks, step);
    } else {
        for (int step = 0; step < steps; step++)
            quant_step(kind, acc, &tile, at, toks, step);
    }
}

/* A chunk of the tensor; the last of a row is copied to `tail`, with zeros
 * after it, where it is not whole. */
KERN_INLINE QuantAt quant_at(int type, const Tensor *w, int row, int chunk,
                             uint8_t *tail) {
    const int left = w->cols - chunk * KERN_CHUNK;
    const size_t row_bytes =
        type == DTYPE_Q8_GROUPS
            ? (size_t)w->cols
            : (size_t)w->cols * quant_chunk_bytes(type) / KERN_CHUNK;
    const uint8_t *p = (const uint8_t *)w->data + row * row_bytes +
                       chunk * quant_chunk_bytes(type);
    if (!quant_is_k(type) && left < KERN_CHUNK) {
        memset(tail, 0, QUANT_TAIL_BYTES);
        memcpy(tail, p, left * quant_chunk_bytes(type) / KERN_CHUNK);
        p = tail;
    }
    return (QuantAt){p, row, chunk};
}

KERN_INLINE int quant_n_chunks(const Tensor *w) {
    return (w->cols + KERN_CHUNK - 1) / KERN_CHUNK;
}

#if QUANT_UNPACK_MIN > 1
/* One position, straight from the tensor.  What is missing of QUANT_ROWS rows
 * is multiplied as the first, in vain. */
KERN_INLINE void quant_decode(int type, float *y, const KernBytes *x, int tok,
                              const Tensor *w, int row, int rows) {
    Vec acc[1][QUANT_ROWS] = {{{0}}};
    uint8_t tail[QUANT_ROWS][QUANT_TAIL_BYTES];
    for (int c = 0; c < quant_n_chunks(w); c++) {
        QuantAt at[QUANT_ROWS];
        for (int r = 0; r < QUANT_ROWS; r++)
            at[r] = quant_at(type, w, row + (r < rows ? r : 0), c, tail[r]);
        quant_steps(quant_kind(type), acc, w, at, x, tok, c, 1);
    }
    float out[QUANT_ROWS];
    vec_sum4(out, acc[0][0], acc[0][1], acc[0][2], acc[0][3]);
    memcpy(y, out, rows * sizeof *out);
}

KERN_INLINE void quant_decode_rows(int type, float *y, int ldy,
                                   const KernBytes *x, int n_tok,
                                   const Tensor *w, int first, int n_rows) {
    for (int t = 0; t < n_tok; t++, y += ldy)
        for (int r = 0; r < n_rows; r += QUANT_ROWS)
            quant_decode(type, y + r, x, t, w, first + r,
                         n_rows - r < QUANT_ROWS ? n_rows - r : QUANT_ROWS);
}
#endif

KERN_INLINE void unpack_type(int type, KernChunk *out, const Tensor *w, int row,
                             int chunk) {
    uint8_t tail[QUANT_TAIL_BYTES];
    Vec scale[QUANT_VECS], min[QUANT_VECS] = {{0}};
    const QuantAt at = quant_at(type, w, row, chunk, tail);
    quant_scales(type, w, at, scale, min);
    for (int i = 0; i < QUANT_VECS; i++) {
        vec_store(out->scale + i * KERN_LANES, scale[i]);
        vec_store(out->min + i * KERN_LANES, min[i]);
    }
    for (int step = 0; step < KERN_CHUNK / QUANT_STEP; step++) {
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

/* All positions from unpacked chunks of QUANT_ROWS rows. */
KERN_INLINE void quant_batch_chunk(QuantKind kind, Vec acc[][QUANT_ROWS],
                                   const Tensor *w, const KernChunk *unpacked,
                                   const KernBytes *x, int n_tok, int chunk) {
    QuantAt at[QUANT_ROWS];
    for (int r = 0; r < QUANT_ROWS; r++)
        at[r] = (QuantAt){unpacked[r].u, 0, chunk};
    int t = 0;
    for (; t + QUANT_TOKS <= n_tok; t += QUANT_TOKS) {
        Vec sums[QUANT_TOKS][QUANT_ROWS];
        memcpy(sums, acc[t], sizeof sums);
        quant_steps(kind, sums, w, at, x, t, chunk, QUANT_TOKS);
        memcpy(acc[t], sums, sizeof sums);
    }
    for (; t < n_tok; t++)
        quant_steps(kind, acc + t, w, at, x, t, chunk, 1);
}

/* n_tok <= KERN_BATCH positions, rows <= QUANT_ROWS; what is missing of the
 * rows is multiplied as the first, in vain. */
static void quant_batch(float *y, int ldy, const KernBytes *x, int n_tok,
                        const Tensor *w, int row, int rows) {
    const QuantKind kind = quant_kind(w->type);
    const int type = QUANT_UNPACKED;
    Vec acc[KERN_BATCH][QUANT_ROWS];
    KernChunk chunks[QUANT_ROWS];
    memset(acc, 0, n_tok * sizeof *acc);
    for (int c = 0; c < quant_n_chunks(w); c++) {
        for (int r = 0; r < QUANT_ROWS; r++)
            unpack(&chunks[r], w, row + (r < rows ? r : 0), c);
        if (kind.has_min)
            quant_batch_chunk((QuantKind){type, 0, true}, acc, w, chunks, x,
                              n_tok, c);
        else if (kind.offset == 128)
            quant_batch_chunk((QuantKind){type, 128, false}, acc, w, chunks, x,
                              n_tok, c);
        else
            quant_batch_chunk((QuantKind){type, kind.offset, false}, acc, w,
                              chunks, x, n_tok, c);
    }
    for (int t = 0; t < n_tok; t++) {
        float out[QUANT_ROWS];
        vec_sum4(out, acc[t][0], acc[t][1], acc[t][2], acc[t][3]);
        memcpy(y + (size_t)t * ldy, out, rows * sizeof *out);
    }
}

static void matmul_quant(float *y, int ldy, const KernBytes *x, int n_tok,
                         const Tensor *w, int first, int n_rows) {
#if QUANT_UNPACK_MIN > 1
    if (n_tok < QUANT_UNPACK_MIN) {
        QUANT_SWITCH(w->type, quant_decode_rows, y, ldy, x, n_tok, w, first,
                     n_rows)
        return;
    }
#endif
    for (int r = 0; r < n_rows; r += QUANT_ROWS)
        quant_batch(y + r, ldy, x, n_tok, w, first + r,
                    n_rows - r < QUANT_ROWS ? n_rows - r : QUANT_ROWS);
}

/* ---- activations --------------------------------------------------------- */

#define QUANT_X_VECS (KERN_X_BLOCK / KERN_LANES)

/* One block: q = x / d to the nearest, d = max |x| / 127. */
KERN_INLINE float quantise_block(int8_t *q, const float *x) {
    const float round_magic =
        0x1.8p23f; /* leaves the integer in the low bits */
    Vec v[QUANT_X_VECS], max = {0};
    for (int i = 0; i < QUANT_X_VECS; i++) {
        v[i] = vec_load(x + i * KERN_LANES);
        max = vec_max(vec_max(v[i], -v[i]), max);
    }
    float most = max[0];
    for (int l = 1; l < KERN_LANES; l++)
        most = max[l] > most ? max[l] : most;
    const float inverse = most > 0 ? 127 / most : 0;
    for (int i = 0; i < QUANT_X_VECS; i++) {
        const VecInt n = (VecInt)(v[i] * inverse + round_magic) -
                         (VecInt)vec_set(round_magic);
        const CharLanes bytes = __builtin_convertvector(n, CharLanes);
        memcpy(q + i * KERN_LANES, &bytes, sizeof bytes);
    }
    return most / 127;
}

static void quantise(const KernBytes *out, const float *x, int n_tok,
                     int n_in) {
    for (size_t t = 0; t < (size_t)n_tok; t++)
        for (int i = 0; i < out->n; i += KERN_X_BLOCK) {
            const size_t at = t * out->n + i;
            float block[KERN_X_BLOCK] = {0};
            const int left = n_in - i;
            if (left > 0)
                memcpy(block, x + t * n_in + i,
                       (left < KERN_X_BLOCK ? left : KERN_X_BLOCK) *
                           sizeof *block);
            const float d = quantise_block(out->q + at, block);
            for (size_t half = at; half < at + KERN_X_BLOCK; half += 16) {
                int sum = 0;
                for (int j = 0; j < 16; j++)
                    sum += out->q[half + j];
                out->d[half / 16] = d;
                out->sum[half / 16] = d * (float)sum;
            }
        }
}

#endif
#endif
