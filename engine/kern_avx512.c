/* x86-64 with AVX-512 (F, BW, VL): sixteen lanes. */
#if defined(__AVX512F__) && defined(__AVX512VL__)

#include <immintrin.h>

#define KERN_NAME      "avx512"
#define KERN_LANES     16
#define KERN_TILE_ROWS 4
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

static inline void vec_sum4(float out[4], Vec a, Vec b, Vec c, Vec d) {
    /* Quarter q of `quarters` holds four partial sums of vector q. */
    Vec ab = fold_halves(a, b), cd = fold_halves(c, d);
    Vec quarters =
        _mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, _MM_SHUFFLE(2, 0, 2, 0)),
                      _mm512_shuffle_f32x4(ab, cd, _MM_SHUFFLE(3, 1, 3, 1)));
    Vec pairs = _mm512_add_ps(
        quarters, _mm512_permute_ps(quarters, _MM_SHUFFLE(1, 0, 3, 2)));
    Vec sums =
        _mm512_add_ps(pairs, _mm512_permute_ps(pairs, _MM_SHUFFLE(2, 3, 0, 1)));
    /* The first lane of each quarter, packed. */
    _mm_storeu_ps(
        out, _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, sums)));
}

#endif

#include "engine/kern_impl.h"

const Kern *kern_avx512(void) {
#ifdef KERN_LANES
    return &kern_table;
#else
    return NULL;
#endif
}
