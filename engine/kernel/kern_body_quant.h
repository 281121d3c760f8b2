/* Products with quantised weights, for files that have defined what
 * kern_body.h asks for; included by it.
 *
 * Activations are quantised too, x[i] = d * q[i] with one d for a block of 32.
 * A row's sum has eight parts.  Part b takes block b of every chunk, chunks
 * rising: the products of bytes add up in integers, exactly, so in any order;
 * times scale * d that goes to the part (twice where the halves of a block have
 * scales of their own), then the sum of the block's q times min * d.  At last
 * the parts are added by halves.  That order is the same however many positions
 * there are:
 *
 *     few   one row after the other, as memory delivers them best; a chunk's
 *           eight parts are the lanes of an Eight.
 *     many  positions are the lanes of Vecs.  The chunks of a few rows are
 *           unpacked, and each byte meets all positions.
 */
#ifndef ENGINE_KERNEL_KERN_BODY_QUANT_H
#define ENGINE_KERNEL_KERN_BODY_QUANT_H

#ifdef KERN_LANES

#include "engine/kernel/kern_body_block.h"

#define QUANT_ROWS   4  /* rows of W at once, of many positions */
#define QUANT_SPAN   16 /* chunks of a row that are unpacked at once */
#define QUANT_BLOCKS (KERN_CHUNK / KERN_X_BLOCK)
/* Positions from which on they are lanes; fewer would leave most of the lanes
 * empty. */
#define QUANT_MANY (KERN_LANES / 3 + 1)
/* Vecs of positions at once, as registers allow. */
#define QUANT_GROUPS     (KERN_LANES == 16 ? 2 : 1)
#define QUANT_GROUPS_MAX (KERN_BATCH / KERN_LANES)

/* What an instruction set may do better:
 *
 *     bytes_dot(sum, u, x, offset)  sum + the sums of fours of u * x, or with
 *                      bytes_dot_signed(offset) those of (u - offset) * x
 *     vec_from_halves(h), eight_from_halves(h)  KERN_HAS_HALVES: IEEE halves as
 *                      floats, KERN_LANES of them and eight
 *     eight_fma(a, b, c), eight_chars(v)  KERN_HAS_EIGHT: vec_fma of eight;
 *                      eight signed bytes as floats
 *     gather_halves(p, stride)  KERN_HAS_GATHER: see kern_body_block.h
 *
 * and what vectors of more than four lanes need:
 *
 *     load_blocks(p, stride, b)  the last 16 bytes of as many blocks of the
 *                      chunk at p as fill a vector, from block b on.  Reads
 *                      within the chunk's eight blocks; the fewer loads and
 *                      shuffles the better, since those are what this waits
 *                      for */
#ifndef KERN_HAS_BYTES_DOT
_Static_assert(KERN_LANES == 4, "wider vectors have instructions for this");
typedef short Shorts __attribute__((vector_size(2 * QUANT_STEP)));
typedef int Ints __attribute__((vector_size(2 * QUANT_STEP)));

KERN_INLINE bool bytes_dot_signed(int offset) {
    (void)offset;
    return true;
}

KERN_INLINE VecInt bytes_dot(VecInt sum, Bytes u, Bytes x, int offset) {
    const Shorts w = __builtin_convertvector(u, Shorts) - (short)offset;
    const Shorts products =
        w * __builtin_convertvector((Chars)x, Shorts); /* |w| <= 128 */
    const Ints twos = ((Ints)products << 16 >> 16) + ((Ints)products >> 16);
    return sum + __builtin_shufflevector(twos, twos, 0, 2, 4, 6) +
           __builtin_shufflevector(twos, twos, 1, 3, 5, 7);
}
#endif

#ifndef KERN_HAS_EIGHT
KERN_INLINE Eight eight_fma(Eight a, Eight b, Eight c) {
    Vec x[8 / KERN_LANES], y[8 / KERN_LANES], z[8 / KERN_LANES];
    memcpy(x, &a, sizeof a);
    memcpy(y, &b, sizeof b);
    memcpy(z, &c, sizeof c);
    for (int i = 0; i < 8 / KERN_LANES; i++)
        z[i] = vec_fma(x[i], y[i], z[i]);
    memcpy(&c, z, sizeof c);
    return c;
}
#endif

/* ---- activations --------------------------------------------------------- */

/* Sums of a block's q: of its first half, its second half, of both. */
enum { QUANT_FIRST, QUANT_SECOND, QUANT_BOTH, QUANT_SUMS };

/* A chunk of one of few positions. */
typedef struct QuantFew {
    int8_t q[KERN_CHUNK];
    /* The same in steps: the first halves of some blocks, which go with the low
     * fours of as many blocks of weights, then the second halves. */
    int8_t halves[KERN_CHUNK];
    float d[QUANT_BLOCKS];
    int sum[QUANT_SUMS][QUANT_BLOCKS];
} QuantFew;

/* A block of KERN_LANES of many positions: fours of one lane after the other.
 * They lie in the order [group, block of a chunk, chunk]. */
typedef struct QuantMany {
    int8_t q[KERN_X_BLOCK / 4][QUANT_STEP];
    float d[KERN_LANES];
    int sum[QUANT_SUMS][KERN_LANES];
} QuantMany;

_Static_assert(sizeof(QuantMany) * QUANT_BLOCKS / KERN_LANES ==
                       KERN_SCRATCH_CHUNK &&
                   sizeof(QuantFew) * QUANT_MANY <=
                       KERN_SCRATCH_CHUNK * KERN_BATCH,
               "they fit into the scratch");

#define QUANT_X_VECS (KERN_X_BLOCK / KERN_LANES)

typedef struct QuantBlock {
    int8_t q[KERN_X_BLOCK];
    float d;
    int sum[QUANT_SUMS];
} QuantBlock;

/* Of four lanes. */
typedef int Four __attribute__((vector_size(16)));
typedef float FourFloats __attribute__((vector_size(16)));

/* The lanes' sum, and the largest. */
KERN_INLINE int lanes_sum(VecInt v) {
    Four parts[KERN_LANES / 4], four;
    memcpy(parts, &v, sizeof v);
    four = parts[0];
    for (int i = 1; i < KERN_LANES / 4; i++)
        four += parts[i];
    return four[0] + four[1] + four[2] + four[3];
}

KERN_INLINE float lanes_max(Vec v) {
    FourFloats parts[KERN_LANES / 4], four;
    memcpy(parts, &v, sizeof v);
    four = parts[0];
    for (int i = 1; i < KERN_LANES / 4; i++) {
        const Four above = four > parts[i];
        four = (FourFloats)(((Four)four & above) | ((Four)parts[i] & ~above));
    }
    const float a = four[0] > four[1] ? four[0] : four[1];
    const float b = four[2] > four[3] ? four[2] : four[3];
    return a > b ? a : b;
}

/* Of a block whose numbers are all below this, 127 / most may not be finite:
 * it counts as zeros. */
#define QUANT_LEAST 0x1p-120f

/* q = x / d to the nearest, d = max |x| / 127; of what is not finite d is not
 * either. */
KERN_INLINE void quantise_block(QuantBlock *out, const float *x) {
    const float round_magic =
        0x1.8p23f; /* leaves the integer in the low bits */
    Vec v[QUANT_X_VECS], max = {0};
    VecInt sum[2] = {{0}}, nan = {0};
    for (int i = 0; i < QUANT_X_VECS; i++) {
        v[i] = vec_load(x + i * KERN_LANES);
        max = vec_max(vec_max(v[i], -v[i]), max);
        nan |= v[i] != v[i];
    }
    const float most = lanes_max(max);
    const float inverse = most >= QUANT_LEAST ? 127 / most : 0;
    for (int i = 0; i < QUANT_X_VECS; i++) {
        /* What is in range stays; NaN becomes a number, any. */
        const Vec in_range =
            vec_min(vec_max(v[i] * inverse, vec_set(-127.0f)), vec_set(127.0f));
        const VecInt n =
            (VecInt)(in_range + round_magic) - (VecInt)vec_set(round_magic);
        const CharLanes bytes = __builtin_convertvector(n, CharLanes);
        memcpy(out->q + i * KERN_LANES, &bytes, sizeof bytes);
        sum[i * KERN_LANES / 16] += n;
    }
    out->d = lanes_sum(nan) ? NAN : most / 127;
    out->sum[QUANT_FIRST] = lanes_sum(sum[0]);
    out->sum[QUANT_SECOND] = lanes_sum(sum[1]);
    out->sum[QUANT_BOTH] = out->sum[QUANT_FIRST] + out->sum[QUANT_SECOND];
}

KERN_INLINE void put_few(QuantFew *out, int b, const QuantBlock *block) {
    const int blocks = KERN_LANES / 4; /* of which halves lie together */
    int8_t *halves =
        out->halves + b / blocks * 2 * QUANT_STEP + b % blocks * 16;
    memcpy(out->q + b * KERN_X_BLOCK, block->q, sizeof block->q);
    memcpy(halves, block->q, 16);
    memcpy(halves + QUANT_STEP, block->q + 16, 16);
    out->d[b] = block->d;
    for (int i = 0; i < QUANT_SUMS; i++)
        out->sum[i][b] = block->sum[i];
}

KERN_INLINE void put_many(QuantMany *out, int lane, const QuantBlock *block) {
    for (int i = 0; i < KERN_X_BLOCK / 4; i++)
        memcpy(out->q[i] + 4 * lane, block->q + 4 * i, 4);
    out->d[lane] = block->d;
    for (int i = 0; i < QUANT_SUMS; i++)
        out->sum[i][lane] = block->sum[i];
}

/* Block b of chunk c of the Vec of positions `group`. */
KERN_INLINE QuantMany *many_at(const KernBytes *x, int group, int b, int c) {
    return (QuantMany *)x->at +
           ((size_t)group * QUANT_BLOCKS + b) * x->n_chunks + c;
}

static void quantise_many(const KernBytes *out, int t, int i,
                          const QuantBlock *block) {
    QuantMany *to =
        many_at(out, t / KERN_LANES, i % QUANT_BLOCKS, i / QUANT_BLOCKS);
    /* The lanes after the last position are computed with, in vain. */
    if (t == out->n_tok - 1) {
        const QuantBlock none = {0};
        for (int lane = t % KERN_LANES + 1; lane < KERN_LANES; lane++)
            put_many(to, lane, &none);
    }
    put_many(to, t % KERN_LANES, block);
}

static void quantise(const KernBytes *out, const float *x, int n_in, int first,
                     int n) {
    x += (size_t)first * n_in;
    for (int t = first; t < first + n; t++, x += n_in)
        for (int i = 0; i < out->n_chunks * QUANT_BLOCKS; i++) {
            const int left = n_in - i * KERN_X_BLOCK;
            const float *values = x + (size_t)i * KERN_X_BLOCK;
            float tail[KERN_X_BLOCK] = {0};
            QuantBlock block = {0};
            if (0 < left && left < KERN_X_BLOCK) {
                memcpy(tail, values, left * sizeof *tail);
                values = tail;
            }
            if (left > 0) quantise_block(&block, values);
            if (out->n_tok >= QUANT_MANY)
                quantise_many(out, t, i, &block);
            else
                put_few((QuantFew *)out->at + (size_t)t * out->n_chunks +
                            i / QUANT_BLOCKS,
                        i % QUANT_BLOCKS, &block);
        }
}

/* ---- few positions ------------------------------------------------------- */

/* Neighbours added: two sums of each quarter of a, then of b. */
KERN_INLINE VecInt pairs(VecInt a, VecInt b) {
    const Vec x = (Vec)a, y = (Vec)b;
#if KERN_LANES == 16
    return (VecInt)__builtin_shufflevector(x, y, 0, 2, 16, 18, 4, 6, 20, 22, 8,
                                           10, 24, 26, 12, 14, 28, 30) +
           (VecInt)__builtin_shufflevector(x, y, 1, 3, 17, 19, 5, 7, 21, 23, 9,
                                           11, 25, 27, 13, 15, 29, 31);
#elif KERN_LANES == 8
    return (VecInt)__builtin_shufflevector(x, y, 0, 2, 8, 10, 4, 6, 12, 14) +
           (VecInt)__builtin_shufflevector(x, y, 1, 3, 9, 11, 5, 7, 13, 15);
#else
    return (VecInt)__builtin_shufflevector(x, y, 0, 2, 4, 6) +
           (VecInt)__builtin_shufflevector(x, y, 1, 3, 5, 7);
#endif
}

KERN_INLINE VecInt fours(const VecInt *v) {
    return pairs(pairs(v[0], v[1]), pairs(v[2], v[3]));
}

/* The sums of a chunk's steps, four values to a lane, as sums of the first and
 * the second halves of its blocks. */
KERN_INLINE void sums_of_steps(const VecInt *v, EightInt sum[2]) {
#if KERN_LANES == 16
    const VecInt s = fours(v); /* quarter q of lanes: sixteens q, q + 4, ... */
    sum[0] = __builtin_shufflevector(s, s, 0, 8, 1, 9, 2, 10, 3, 11);
    sum[1] = __builtin_shufflevector(s, s, 4, 12, 5, 13, 6, 14, 7, 15);
#elif KERN_LANES == 8
    const VecInt s = fours(v), t = fours(v + 4);
    sum[0] = __builtin_shufflevector(s, t, 0, 1, 2, 3, 8, 9, 10, 11);
    sum[1] = __builtin_shufflevector(s, t, 4, 5, 6, 7, 12, 13, 14, 15);
#else
    const VecInt s[4] = {fours(v), fours(v + 4), fours(v + 8), fours(v + 12)};
    for (int b = 0; b < QUANT_BLOCKS; b++) {
        sum[0][b] = s[b / 2][b % 2 * 2];
        sum[1][b] = s[b / 2][b % 2 * 2 + 1];
    }
#endif
}

#if KERN_LANES > 4
/* The same of blocks whose halves were added already: four lanes each. */
KERN_INLINE EightInt sums_of_halves(const VecInt *v) {
#if KERN_LANES == 16
    const VecInt s = pairs(v[0], v[1]);
    return __builtin_shufflevector(s, s, 0, 4, 8, 12, 2, 6, 10, 14) +
           __builtin_shufflevector(s, s, 1, 5, 9, 13, 3, 7, 11, 15);
#else
    const VecInt s = fours(v);
    return __builtin_shufflevector(s, s, 0, 4, 1, 5, 2, 6, 3, 7);
#endif
}

#define UP_TO_15 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define UP_TO_31                                                               \
    UP_TO_15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
#define UP_TO_63                                                               \
    UP_TO_31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,  \
        48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63

/* Sixteen bytes of each of the blocks whose halves lie together. */
KERN_INLINE Bytes join_blocks(const Bytes16 *v) {
    const Bytes32 low = __builtin_shufflevector(v[0], v[1], UP_TO_31);
#if KERN_LANES == 16
    const Bytes32 high = __builtin_shufflevector(v[2], v[3], UP_TO_31);
    return __builtin_shufflevector(low, high, UP_TO_63);
#else
    return low;
#endif
}

/* u of the blocks from b on: of their first halves, and of their second. */
KERN_INLINE void quant_halves(int type, const uint8_t *p, int b, Bytes out[2]) {
    const int stride = quant_block_bytes(type);
    const uint8_t *block = p + (size_t)b * stride;
    const Bytes both = load_blocks(p, stride, b);
    Bytes16 fifth[2][KERN_LANES / 4];
    out[0] = both & 15;
    out[1] = (Bytes)((BytesWord)both >> 4) & 15;
    if (type != DTYPE_Q5_0 && type != DTYPE_Q5_1) return;
    for (int i = 0; i < KERN_LANES / 4; i++, block += stride) {
        const Bytes32 bits = fifth_bits(block + stride - 20);
        fifth[0][i] = __builtin_shufflevector(bits, bits, UP_TO_15);
        fifth[1][i] =
            __builtin_shufflevector(bits, bits, 16, 17, 18, 19, 20, 21, 22, 23,
                                    24, 25, 26, 27, 28, 29, 30, 31);
    }
    out[0] |= join_blocks(fifth[0]);
    out[1] |= join_blocks(fifth[1]);
}

KERN_INLINE Bytes load_step(const int8_t *q, int step) {
    Bytes v;
    memcpy(&v, q + (size_t)step * QUANT_STEP, sizeof v);
    return v;
}

/* Of a chunk's first n_blocks blocks at least the sums of their products: of
 * all, in sum[0], or where the type is split of their halves. */
KERN_INLINE void quant_products(int type, const uint8_t *p, const QuantFew *x,
                                int n_blocks, EightInt sum[2]) {
    const int offset = quant_offset(type);
    VecInt v[QUANT_STEPS];
    if (quant_is_halves(type)) {
        KERN_UNROLL
        for (int i = 0; i < QUANT_STEPS / 2; i++) {
            Bytes u[2];
            v[i] = (VecInt){0};
            if (i * (KERN_LANES / 4) >= n_blocks) continue;
            quant_halves(type, p, i * (KERN_LANES / 4), u);
            v[i] = bytes_dot(v[i], u[0], load_step(x->halves, 2 * i), offset);
            v[i] =
                bytes_dot(v[i], u[1], load_step(x->halves, 2 * i + 1), offset);
        }
        sum[0] = sums_of_halves(v);
        return;
    }
    KERN_UNROLL
    for (int i = 0; i < QUANT_STEPS; i++) {
        v[i] = (VecInt){0};
        if (i * QUANT_STEP >= n_blocks * KERN_X_BLOCK) continue;
        v[i] = bytes_dot(v[i], quant_bytes(type, p, i), load_step(x->q, i),
                         offset);
    }
    sums_of_steps(v, sum);
    if (!quant_is_split(type)) sum[0] += sum[1];
}
#endif

KERN_INLINE EightInt load_sums(const QuantFew *x, int which) {
    EightInt v;
    memcpy(&v, x->sum[which], sizeof v);
    return v;
}

/* Adds what a chunk's products are worth to the parts. */
KERN_INLINE Eight add_parts(Eight parts, int type, const Eight scale[2],
                            Eight min, const EightInt sum[2],
                            const QuantFew *x) {
    const int offset = quant_offset(type);
    const bool split = quant_is_split(type);
    const Eight d = load_eight(x->d);
    for (int half = 0; half < (split ? 2 : 1); half++) {
        EightInt s = sum[half];
        if (!bytes_dot_signed(offset))
            s -= load_sums(x, split ? half : QUANT_BOTH) * offset;
        parts = eight_fma(__builtin_convertvector(s, Eight), scale[half] * d,
                          parts);
    }
    if (quant_has_min(type))
        parts =
            eight_fma(__builtin_convertvector(load_sums(x, QUANT_BOTH), Eight),
                      min * d, parts);
    return parts;
}

/* The first n; zeros for what lies behind a row's end. */
KERN_INLINE Eight first_eight(Eight v, int n) {
    const EightInt lanes = {0, 1, 2, 3, 4, 5, 6, 7};
    return (Eight)((EightInt)v & (lanes < n));
}

KERN_INLINE float add_eight(Eight v) {
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

#if KERN_LANES > 4
KERN_INLINE Eight quant_chunk(int type, Eight parts, const Tensor *w,
                              QuantAt at, const QuantFew *x, int n_blocks) {
    Eight scale[2], min = {0};
    EightInt sum[2];
    quant_scales(type, w, at, scale, &min);
    if (n_blocks < QUANT_BLOCKS) {
        scale[0] = first_eight(scale[0], n_blocks);
        if (quant_is_split(type)) scale[1] = first_eight(scale[1], n_blocks);
        min = first_eight(min, n_blocks);
    }
    quant_products(type, at.p, x, n_blocks, sum);
    return add_parts(parts, type, scale, min, sum, x);
}

/* A row's last chunk, not whole: what lies behind it is other rows' weights,
 * which scales of zero keep out, or behind the tensor. */
KERN_INLINE Eight quant_last(int type, Eight parts, const Tensor *w, int row,
                             int chunk, const QuantFew *x) {
    uint8_t tail[QUANT_TAIL_BYTES];
    const int left = w->cols - chunk * KERN_CHUNK;
    const size_t row_bytes = quant_row_bytes(type, w->cols);
    const size_t begin =
        row * row_bytes + (size_t)chunk * quant_chunk_bytes(type);
    QuantAt at = {(const uint8_t *)w->data + begin, row, chunk};
    if ((size_t)w->rows * row_bytes - begin < quant_chunk_bytes(type))
        at = quant_at(type, w, row, chunk, tail);
    return quant_chunk(type, parts, w, at, x,
                       (left + KERN_X_BLOCK - 1) / KERN_X_BLOCK);
}

KERN_INLINE float quant_row(int type, const QuantFew *x, const Tensor *w,
                            int row) {
    const int n_whole = w->cols / KERN_CHUNK;
    const uint8_t *p =
        (const uint8_t *)w->data + row * quant_row_bytes(type, w->cols);
    Eight parts = {0};
    for (int c = 0; c < n_whole; c++, p += quant_chunk_bytes(type))
        parts = quant_chunk(type, parts, w, (QuantAt){p, row, c}, x + c,
                            QUANT_BLOCKS);
    if (!quant_is_k(type) && w->cols % KERN_CHUNK)
        parts = quant_last(type, parts, w, row, n_whole, x + n_whole);
    return add_eight(parts);
}

KERN_INLINE void quant_few(int type, float *y, int ldy, const KernBytes *x,
                           const Tensor *w, int first, int n_rows) {
    const QuantFew *few = x->at;
    for (int t = 0; t < x->n_tok; t++, y += ldy, few += x->n_chunks)
        for (int r = 0; r < n_rows; r++)
            y[r] = quant_row(type, few, w, first + r);
}
#else
/* The same of unpacked chunks, for all types at once. */
static Eight quant_chunk(Eight parts, int type, const KernChunk *c,
                         const QuantFew *x) {
    VecInt v[QUANT_STEPS];
    EightInt sum[2];
    Eight scale[2], min;
    for (int i = 0; i < QUANT_STEPS; i++) {
        Bytes q;
        memcpy(&q, x->q + i * QUANT_STEP, sizeof q);
        v[i] = bytes_dot((VecInt){0}, quant_bytes(QUANT_UNPACKED, c->u, i), q,
                         c->offset);
    }
    sums_of_steps(v, sum);
    if (!quant_is_split(type)) sum[0] += sum[1];
    memcpy(&scale[0], c->scale[0], sizeof scale[0]);
    memcpy(&scale[1], c->scale[1], sizeof scale[1]);
    memcpy(&min, c->min, sizeof min);
    return add_parts(parts, type, scale, min, sum, x);
}

static void quant_few(int type, float *y, int ldy, const KernBytes *x,
                      const Tensor *w, int first, int n_rows) {
    KernChunk chunk;
    for (int r = 0; r < n_rows; r++)
        for (int t = 0; t < x->n_tok; t++) {
            const QuantFew *few =
                (const QuantFew *)x->at + (size_t)t * x->n_chunks;
            Eight parts = {0};
            for (int c = 0; c < x->n_chunks; c++) {
                unpack(&chunk, w, first + r, c);
                parts = quant_chunk(parts, type, &chunk, few + c);
            }
            y[(size_t)t * ldy + r] = add_eight(parts);
        }
}
#endif

/* ---- many positions ------------------------------------------------------ */

/* What of a kind of types the compiler is to know. */
typedef struct QuantKind {
    int offset;
    bool split, has_min;
} QuantKind;

/* A few rows, as far as they are unpacked. */
typedef struct QuantTile {
    KernChunk chunk[QUANT_ROWS][QUANT_SPAN];
    int n_chunks;
    Vec part[QUANT_BLOCKS][QUANT_GROUPS_MAX][QUANT_ROWS];
} QuantTile;

KERN_INLINE VecInt load_lanes(const int *p) {
    VecInt v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Fours from `from` to `to` of a block: their products with all rows, and what
 * those are worth. */
KERN_INLINE void quant_fours(QuantKind kind, Vec acc[][QUANT_ROWS],
                             const QuantTile *tile, int c, int b,
                             const QuantMany *const *x, int groups, int half) {
    const int from = kind.split ? 4 * half : 0, to = kind.split ? from + 4 : 8;
    VecInt s[QUANT_GROUPS][QUANT_ROWS];
    for (int g = 0; g < groups; g++) {
        VecInt start = {0};
        if (!bytes_dot_signed(kind.offset))
            start = load_lanes(x[g]->sum[kind.split ? half : QUANT_BOTH]) *
                    -kind.offset;
        for (int r = 0; r < QUANT_ROWS; r++)
            s[g][r] = start;
    }
    KERN_UNROLL
    for (int i = from; i < to; i++) {
        Bytes q[QUANT_GROUPS];
        for (int g = 0; g < groups; g++)
            memcpy(&q[g], x[g]->q[i], sizeof q[g]);
        for (int r = 0; r < QUANT_ROWS; r++) {
            const uint8_t *u = tile->chunk[r][c].u + b * KERN_X_BLOCK + 4 * i;
            const Bytes four = (Bytes)(load_u32(u) - (BytesWord){0});
            for (int g = 0; g < groups; g++)
                s[g][r] = bytes_dot(s[g][r], four, q[g], kind.offset);
        }
    }
    for (int g = 0; g < groups; g++)
        for (int r = 0; r < QUANT_ROWS; r++)
            acc[g][r] = vec_fma(__builtin_convertvector(s[g][r], Vec),
                                vec_set(tile->chunk[r][c].scale[half][b]) *
                                    vec_load(x[g]->d),
                                acc[g][r]);
}

/* Adds block b of every chunk of the tile to its parts, for `groups` Vecs of
 * positions from `group` on. */
KERN_INLINE void quant_part(QuantKind kind, QuantTile *tile, const KernBytes *x,
                            int first_chunk, int group, int b, int groups) {
    Vec acc[QUANT_GROUPS][QUANT_ROWS];
    const QuantMany *at[QUANT_GROUPS];
    for (int g = 0; g < groups; g++) {
        at[g] = many_at(x, group + g, b, first_chunk);
        for (int r = 0; r < QUANT_ROWS; r++)
            acc[g][r] = first_chunk ? tile->part[b][group + g][r] : (Vec){0};
    }
    for (int c = 0; c < tile->n_chunks; c++) {
        for (int half = 0; half < (kind.split ? 2 : 1); half++)
            quant_fours(kind, acc, tile, c, b, at, groups, half);
        for (int g = 0; g < groups; g++, at[g - 1]++)
            for (int r = 0; kind.has_min && r < QUANT_ROWS; r++)
                acc[g][r] = vec_fma(
                    __builtin_convertvector(load_lanes(at[g]->sum[QUANT_BOTH]),
                                            Vec),
                    vec_set(tile->chunk[r][c].min[b]) * vec_load(at[g]->d),
                    acc[g][r]);
    }
    for (int g = 0; g < groups; g++)
        for (int r = 0; r < QUANT_ROWS; r++)
            tile->part[b][group + g][r] = acc[g][r];
}

KERN_INLINE void quant_parts(QuantKind kind, QuantTile *tile,
                             const KernBytes *x, int first_chunk) {
    const int n_groups = (x->n_tok + KERN_LANES - 1) / KERN_LANES;
    int g = 0;
    for (; g + QUANT_GROUPS <= n_groups; g += QUANT_GROUPS)
        for (int b = 0; b < QUANT_BLOCKS; b++)
            quant_part(kind, tile, x, first_chunk, g, b, QUANT_GROUPS);
    for (; g < n_groups; g++)
        for (int b = 0; b < QUANT_BLOCKS; b++)
            quant_part(kind, tile, x, first_chunk, g, b, 1);
}

/* With what is the same for several types as a constant. */
static void quant_kind_parts(int type, QuantTile *tile, const KernBytes *x,
                             int first_chunk) {
    if (quant_has_min(type))
        quant_parts((QuantKind){0, false, true}, tile, x, first_chunk);
    else if (type == DTYPE_Q6_K)
        quant_parts((QuantKind){32, true, false}, tile, x, first_chunk);
    else if (type == DTYPE_Q8_GROUPS)
        quant_parts((QuantKind){128, true, false}, tile, x, first_chunk);
    else if (type == DTYPE_Q8_0)
        quant_parts((QuantKind){128, false, false}, tile, x, first_chunk);
    else if (type == DTYPE_Q5_0)
        quant_parts((QuantKind){16, false, false}, tile, x, first_chunk);
    else
        quant_parts((QuantKind){8, false, false}, tile, x, first_chunk);
}

/* The sums of the parts of n positions, those of group g. */
KERN_INLINE void quant_end(float *y, int ldy, const QuantTile *tile, int g,
                           int n, int rows) {
    float sums[QUANT_ROWS][KERN_LANES];
    for (int r = 0; r < QUANT_ROWS; r++) {
        Vec p[QUANT_BLOCKS];
        for (int b = 0; b < QUANT_BLOCKS; b++)
            p[b] = tile->part[b][g][r];
        vec_store(sums[r], ((p[0] + p[4]) + (p[2] + p[6])) +
                               ((p[1] + p[5]) + (p[3] + p[7])));
    }
    for (int t = 0; t < n; t++, y += ldy) {
        const FourFloats row = {sums[0][t], sums[1][t], sums[2][t], sums[3][t]};
        if (rows == QUANT_ROWS)
            memcpy(y, &row, sizeof row);
        else
            for (int r = 0; r < rows; r++)
                y[r] = row[r];
    }
}
_Static_assert(QUANT_ROWS * sizeof(float) == sizeof(FourFloats), "");

/* rows <= QUANT_ROWS; what is missing of them is multiplied as the first, in
 * vain. */
static void quant_many(float *y, int ldy, const KernBytes *x, const Tensor *w,
                       int row, int rows) {
    QuantTile tile;
    const size_t row_bytes = quant_row_bytes(w->type, w->cols);
    const uintptr_t next = (uintptr_t)w->data + (row + QUANT_ROWS) * row_bytes;
    ask_for(next, next + QUANT_ROWS * row_bytes);
    for (int c = 0; c < x->n_chunks; c += tile.n_chunks) {
        const int left = x->n_chunks - c;
        tile.n_chunks = left < QUANT_SPAN ? left : QUANT_SPAN;
        for (int r = 0; r < QUANT_ROWS; r++)
            for (int i = 0; i < tile.n_chunks; i++)
                unpack(&tile.chunk[r][i], w, row + (r < rows ? r : 0), c + i);
        quant_kind_parts(w->type, &tile, x, c);
    }
    for (int t = 0; t < x->n_tok; t += KERN_LANES)
        quant_end(y + (size_t)t * ldy, ldy, &tile, t / KERN_LANES,
                  lanes_at(t, x->n_tok), rows);
}

static void matmul_quant(float *y, int ldy, const KernBytes *x, const Tensor *w,
                         int first, int n_rows) {
    if (x->n_tok < QUANT_MANY) {
#if KERN_LANES > 4
        QUANT_SWITCH(w->type, quant_few, y, ldy, x, w, first, n_rows)
#else
        quant_few(w->type, y, ldy, x, w, first, n_rows);
#endif
        return;
    }
    for (int r = 0; r < n_rows; r += QUANT_ROWS)
        quant_many(y + r, ldy, x, w, first + r,
                   n_rows - r < QUANT_ROWS ? n_rows - r : QUANT_ROWS);
}

#endif
#endif
