/* x86-64 with AVX2 and FMA: eight lanes, sixteen registers. */
#if defined(__AVX2__) && defined(__FMA__)
#define TKERN_NAME "avx2"
#define KERN_LANES 8
#define TKERN_ROWS 6
#define TKERN_VECS 2
#endif

#include "engine/train/tkern_body.h"

const Tkern *tkern_avx2(void) {
#ifdef KERN_LANES
    return &tkern_table;
#else
    return NULL;
#endif
}
