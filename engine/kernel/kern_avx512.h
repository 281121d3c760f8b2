/* x86-64 with AVX-512 (F, BW, VL): sixteen lanes.  For kern_avx512.c and
 * kern_vnni.c, which are the same but for the products of bytes. */
#ifndef ENGINE_KERNEL_KERN_AVX512_H
#define ENGINE_KERNEL_KERN_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define KERN_LANES     16
#define KERN_TILE_TOKS 4

typedef __m512 Vec;

/* The first n lanes. */
static inline __mmask16 lane_mask(int n) {
    return (__mmask16)((1u << n) - 1);
}

static inline Vec vec_load_part(const float *p, int n) {
    return _mm512_maskz_loadu_ps(lane_mask(n), p);
}

static inline void vec_store_part(float *p, Vec v, int n) {
    _mm512_mask_storeu_ps(p, lane_mask(n), v);
}

static inline Vec vec_fma(Vec a, Vec b, Vec c) {
    return _mm512_fmadd_ps(a, b, c);
}

/* Folds a and b into one vector: a's sums of halves low, b's high. */
static inline Vec fold_halves(Vec a, Vec b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(1, 0, 1, 0)),
                         _mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(3, 2, 3, 2)));
}

/* Quarter t of the result holds four partial sums of v[t][r]. */
static inline Vec fold_quarters(Vec v[4][4], int r) {
    const Vec low = fold_halves(v[0][r], v[1][r]);
    const Vec high = fold_halves(v[2][r], v[3][r]);
    return _mm512_add_ps(
        _mm512_shuffle_f32x4(low, high, _MM_SHUFFLE(2, 0, 2, 0)),
        _mm512_shuffle_f32x4(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
}

/* Of each quarter of a and b half as many partial sums: a's, then b's. */
static inline Vec fold_pairs(Vec a, Vec b) {
    return _mm512_add_ps(_mm512_shuffle_ps(a, b, _MM_SHUFFLE(1, 0, 1, 0)),
                         _mm512_shuffle_ps(a, b, _MM_SHUFFLE(3, 2, 3, 2)));
}

static inline Vec vec_sums(Vec v[4][4]) {
    const Vec low = fold_pairs(fold_quarters(v, 0), fold_quarters(v, 1));
    const Vec high = fold_pairs(fold_quarters(v, 2), fold_quarters(v, 3));
    return _mm512_add_ps(_mm512_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)),
                         _mm512_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
}

/* ---- products of bytes --------------------------------------------------- */

#define KERN_HAS_BYTES_DOT
#define KERN_HAS_HALVES
#define KERN_HAS_EIGHT
#define KERN_HAS_GATHER

typedef unsigned char Bytes __attribute__((vector_size(64)));
typedef int VecInt __attribute__((vector_size(64)));
typedef unsigned short Halves __attribute__((vector_size(32)));

#ifdef __AVX512VNNI__

/* The instruction multiplies unsigned bytes with signed ones. */
static inline bool bytes_dot_signed(int offset) {
    (void)offset;
    return false;
}

static inline VecInt bytes_dot(VecInt sum, Bytes u, Bytes x, int offset) {
    (void)offset;
    return (VecInt)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)u, (__m512i)x);
}

#else

/* Products of u up to 63 add up in 16 bits by twos; larger ones do not, unless
 * u - offset is made positive by giving its sign to x. */
static inline VecInt sum_fours(__m512i u, __m512i x) {
    return (VecInt)_mm512_madd_epi16(_mm512_maddubs_epi16(u, x),
                                     _mm512_set1_epi16(1));
}

static inline bool bytes_dot_signed(int offset) {
    return offset == 128;
}

static inline VecInt bytes_dot(VecInt sum, Bytes u, Bytes x, int offset) {
    if (offset != 128) return sum + sum_fours((__m512i)u, (__m512i)x);
    const __m512i w = (__m512i)(u ^ 128);
    const __m512i signed_x = _mm512_mask_sub_epi8(
        (__m512i)x, _mm512_movepi8_mask(w), _mm512_setzero_si512(), (__m512i)x);
    return sum + sum_fours(_mm512_abs_epi8(w), signed_x);
}

#endif

/* Of a chunk as 16-bit words, those of block b's last sixteen bytes. */
#define BLOCK_WORD(b, stride)  (short)((b) * (stride) / 2 + (stride) / 2 - 8)
#define BLOCK_WORDS(b, stride) /* eight */                                     \
    BLOCK_WORD(b, stride), BLOCK_WORD(b, stride) + 1,                          \
        BLOCK_WORD(b, stride) + 2, BLOCK_WORD(b, stride) + 3,                  \
        BLOCK_WORD(b, stride) + 4, BLOCK_WORD(b, stride) + 5,                  \
        BLOCK_WORD(b, stride) + 6, BLOCK_WORD(b, stride) + 7

/* Picked from two loads, of a chunk's first or second 64 bytes and of its
 * second or last: fewer than one for each block.  A word's number among those
 * 64 is how far it is from the first load's begin, or from the second's. */
static inline Bytes load_blocks(const uint8_t *p, int stride, int b) {
    typedef short Words __attribute__((vector_size(64)));
    const int first = b ? 32 : 0, second = b ? 4 * stride - 32 : 32;
    const Words at = {BLOCK_WORDS(b, stride), BLOCK_WORDS(b + 1, stride),
                      BLOCK_WORDS(b + 2, stride), BLOCK_WORDS(b + 3, stride)};
    const Words in_second = at >= (short)(first + 32);
    const Words pick = (~in_second & (at - (short)first)) |
                       (in_second & (at - (short)second + 32));
    return (Bytes)_mm512_permutex2var_epi16(_mm512_loadu_si512(p + 2 * first),
                                            (__m512i)pick,
                                            _mm512_loadu_si512(p + 2 * second));
}

typedef float Eight __attribute__((vector_size(32)));
typedef unsigned short Halves8 __attribute__((vector_size(16)));
typedef signed char Chars8 __attribute__((vector_size(8)));

/* The halves at p, p + stride, ..., p + 7 * stride, of blocks of 18 to 34
 * bytes, p being a block's begin or two bytes on: picked from a few loads, all
 * of which stay within the eight blocks.  Those of Q4_0 are load_blocks' own,
 * and so done once. */
static inline Halves8 gather_halves(const uint8_t *p, int stride) {
    const short s = (short)(stride / 2); /* in halves */
    if (stride <= 20) {
        const short second = stride == 18 ? 32 : (short)(2 * stride);
        const short back = (short)(second - 32);
        const __m512i at = _mm512_castsi128_si512(
            _mm_setr_epi16(0, s, (short)(2 * s), (short)(3 * s),
                           (short)(4 * s - back), (short)(5 * s - back),
                           (short)(6 * s - back), (short)(7 * s - back)));
        return (Halves8)_mm512_castsi512_si128(_mm512_permutex2var_epi16(
            _mm512_loadu_si512(p), at, _mm512_loadu_si512(p + 2 * second)));
    }
    __m128i four[2];
    for (int i = 0; i < 2; i++, p += 4 * stride) {
        if (stride <= 24) { /* 32 bytes hold two */
            const __m256i two = _mm256_castsi128_si256(
                _mm_setr_epi16(0, s, 16, (short)(16 + s), 0, 0, 0, 0));
            four[i] = _mm256_castsi256_si128(_mm256_permutex2var_epi16(
                _mm256_loadu_si256((const __m256i *)(const void *)p), two,
                _mm256_loadu_si256(
                    (const __m256i *)(const void *)(p + 2 * stride))));
        } else {
            const __m512i two = _mm512_castsi128_si512(
                _mm_setr_epi16(0, s, 32, (short)(32 + s), 0, 0, 0, 0));
            four[i] = _mm512_castsi512_si128(
                _mm512_permutex2var_epi16(_mm512_loadu_si512(p), two,
                                          _mm512_loadu_si512(p + 2 * stride)));
        }
    }
    return (Halves8)_mm_unpacklo_epi64(four[0], four[1]);
}

static inline Eight eight_from_halves(Halves8 h) {
    return _mm256_cvtph_ps((__m128i)h);
}

static inline Eight eight_chars(Chars8 v) {
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long)v)));
}

static inline Eight eight_fma(Eight a, Eight b, Eight c) {
    return _mm256_fmadd_ps(a, b, c);
}

static inline Vec vec_from_halves(Halves h) {
    return _mm512_cvtph_ps((__m256i)h);
}

#endif
