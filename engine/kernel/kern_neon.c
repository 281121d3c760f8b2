/* 64-bit ARM, where NEON and its fused multiply-add are always there: four
 * lanes. */
#if defined(__aarch64__) && defined(__ARM_NEON)

#include <arm_neon.h>

#define KERN_NAME      "neon"
#define KERN_LANES     4
#define KERN_TILE_TOKS 4

typedef float32x4_t Vec;

static inline Vec vec_load_part(const float *p, int n) {
    float lanes[4] = {0};
    for (int i = 0; i < n; i++)
        lanes[i] = p[i];
    return vld1q_f32(lanes);
}

static inline void vec_store_part(float *p, Vec v, int n) {
    float lanes[4];
    vst1q_f32(lanes, v);
    for (int i = 0; i < n; i++)
        p[i] = lanes[i];
}

static inline Vec vec_fma(Vec a, Vec b, Vec c) {
    return vfmaq_f32(c, a, b);
}

static inline Vec vec_sums(Vec v[1][4]) {
    return vpaddq_f32(vpaddq_f32(v[0][0], v[0][1]),
                      vpaddq_f32(v[0][2], v[0][3]));
}

#endif

#include "engine/kernel/kern_body.h"

const Kern *kern_neon(void) {
#ifdef KERN_LANES
    return &kern_table;
#else
    return NULL;
#endif
}
