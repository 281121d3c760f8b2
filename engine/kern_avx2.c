/* x86-64 with AVX2 and FMA: eight lanes. */
#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

#define KERN_NAME      "avx2"
#define KERN_LANES     8
#define KERN_TILE_ROWS 4
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

static inline void vec_sum4(float out[4], Vec a, Vec b, Vec c, Vec d) {
    /* hadd adds neighbours within each half: [a a c c | b b d d], then one sum
     * of each. */
    Vec pairs = _mm256_hadd_ps(fold_halves(a, b), fold_halves(c, d));
    Vec sums = _mm256_hadd_ps(pairs, pairs);
    _mm_storeu_ps(out, _mm_unpacklo_ps(_mm256_castps256_ps128(sums),
                                       _mm256_extractf128_ps(sums, 1)));
}

#endif

#include "engine/kern_impl.h"

const Kern *kern_avx2(void) {
#ifdef KERN_LANES
    return &kern_table;
#else
    return NULL;
#endif
}
