/* x86-64 with AVX-512 (F, BW, VL): sixteen lanes, thirty-two registers. */
#if defined(__AVX512F__) && defined(__AVX512VL__)
#define TKERN_NAME "avx512"
#define KERN_LANES 16
#define TKERN_ROWS 8
#define TKERN_VECS 2
#endif

#include "engine/train/tkern_body.h"

const Tkern *tkern_avx512(void) {
#ifdef KERN_LANES
    return &tkern_table;
#else
    return NULL;
#endif
}
