/* x86-64 with AVX-512. */
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define KERN_NAME "avx512"
#include "engine/kernel/kern_avx512.h"
#endif

#include "engine/kernel/kern_body.h"

const Kern *kern_avx512(void) {
#ifdef KERN_LANES
    return &kern_table;
#else
    return NULL;
#endif
}
