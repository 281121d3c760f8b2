/* x86-64 with AVX2, FMA and F16C: eight lanes. */
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define KERN_NAME      "avx2"
#define KERN_LANES     8
#define KERN_TILE_TOKS 2

typedef __m256 Vec;

/* All ones in the first n lanes. */
static inline __m256i lane_mask(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline Vec vec_load_part(const float *p, int n) {
    return _mm256_maskload_ps(p, lane_mask(n));
}

static inline void vec_store_part(float *p, Vec v, int n) {
    _mm256_maskstore_ps(p, lane_mask(n), v);
}

static inline Vec vec_fma(Vec a, Vec b, Vec c) {
    return _mm256_fmadd_ps(a, b, c);
}

/* Folds a and b into one vector: a's sums of halves low, b's high. */
static inline Vec fold_halves(Vec a, Vec b) {
    return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20),
                         _mm256_permute2f128_ps(a, b, 0x31));
}

/* Neighbours added: of each half of a and b half as many partial sums. */
static inline Vec fold_pairs(Vec a, Vec b) {
    return _mm256_add_ps(_mm256_shuffle_ps(a, b, _MM_SHUFFLE(2, 0, 2, 0)),
                         _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)));
}

static inline Vec vec_sums(Vec v[2][4]) {
    const Vec low = fold_pairs(fold_halves(v[0][0], v[1][0]),
                               fold_halves(v[0][1], v[1][1]));
    const Vec high = fold_pairs(fold_halves(v[0][2], v[1][2]),
                                fold_halves(v[0][3], v[1][3]));
    return fold_pairs(low, high);
}

/* ---- products of bytes --------------------------------------------------- */

#define KERN_HAS_BYTES_DOT
#define KERN_HAS_HALVES
#define KERN_HAS_EIGHT

typedef unsigned char Bytes __attribute__((vector_size(32)));
typedef int VecInt __attribute__((vector_size(32)));
typedef unsigned short Halves __attribute__((vector_size(16)));

/* Products of u up to 63 add up in 16 bits by twos; larger ones do not, unless
 * u - offset is made positive by giving its sign to x. */
static inline VecInt sum_fours(__m256i u, __m256i x) {
    return (VecInt)_mm256_madd_epi16(_mm256_maddubs_epi16(u, x),
                                     _mm256_set1_epi16(1));
}

static inline bool bytes_dot_signed(int offset) {
    return offset == 128;
}

static inline VecInt bytes_dot(VecInt sum, Bytes u, Bytes x, int offset) {
    if (offset != 128) return sum + sum_fours((__m256i)u, (__m256i)x);
    const __m256i w = (__m256i)(u ^ 128);
    return sum + sum_fours(_mm256_abs_epi8(w), _mm256_sign_epi8((__m256i)x, w));
}

static inline Bytes load_blocks(const uint8_t *p, int stride, int b) {
    p += (b + 1) * stride - 16;
    return (Bytes)_mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const void *)p)),
        _mm_loadu_si128((const void *)(p + stride)), 1);
}

typedef float Eight __attribute__((vector_size(32)));
typedef unsigned short Halves8 __attribute__((vector_size(16)));
typedef signed char Chars8 __attribute__((vector_size(8)));

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
    return _mm256_cvtph_ps((__m128i)h);
}

#endif

#include "engine/kernel/kern_body.h"

const Kern *kern_avx2(void) {
#ifdef KERN_LANES
    return &kern_table;
#else
    return NULL;
#endif
}
