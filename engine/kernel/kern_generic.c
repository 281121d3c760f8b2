/* Any CPU: four lanes as a GNU C vector, which the compiler turns into whatever
 * the machine has at least (SSE2 on x86-64). */
#define KERN_NAME      "generic"
#define KERN_LANES     4
#define KERN_TILE_ROWS 4
#define KERN_TILE_TOKS 2

typedef float Vec __attribute__((vector_size(16)));

static inline Vec vec_load_part(const float *p, int n) {
    Vec v = {0};
    for (int i = 0; i < n; i++)
        v[i] = p[i];
    return v;
}

static inline void vec_store_part(float *p, Vec v, int n) {
    for (int i = 0; i < n; i++)
        p[i] = v[i];
}

static inline Vec vec_fma(Vec a, Vec b, Vec c) {
    return a * b + c;
}

static inline float sum_lanes(Vec v) {
    return (v[0] + v[2]) + (v[1] + v[3]);
}

static inline void vec_sum4(float out[4], Vec a, Vec b, Vec c, Vec d) {
    out[0] = sum_lanes(a);
    out[1] = sum_lanes(b);
    out[2] = sum_lanes(c);
    out[3] = sum_lanes(d);
}

#include "engine/kernel/kern_body.h"

const Kern *kern_generic(void) {
    return &kern_table;
}
