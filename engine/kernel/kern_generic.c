/* Any CPU: four lanes as a GNU C vector, which the compiler turns into whatever
 * the machine has at least (SSE2 on x86-64). */
#define KERN_NAME      "generic"
#define KERN_LANES     4
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

/* Half as many partial sums of a, then of b. */
static inline Vec fold_pairs(Vec a, Vec b) {
    return __builtin_shufflevector(a, b, 0, 1, 4, 5) +
           __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

static inline Vec vec_sums(Vec v[1][4]) {
    const Vec low = fold_pairs(v[0][0], v[0][1]);
    const Vec high = fold_pairs(v[0][2], v[0][3]);
    return __builtin_shufflevector(low, high, 0, 2, 4, 6) +
           __builtin_shufflevector(low, high, 1, 3, 5, 7);
}

#include "engine/kernel/kern_body.h"

const Kern *kern_generic(void) {
    return &kern_table;
}
