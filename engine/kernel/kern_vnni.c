/* x86-64 with AVX-512 and its products of bytes. */
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) &&  \
    defined(__AVX512VNNI__)
#define KERN_NAME "vnni"
#include "engine/kernel/kern_avx512.h"
#endif

#include "engine/kernel/kern_body.h"

const Kern *kern_vnni(void) {
#ifdef KERN_LANES
    return &kern_table;
#else
    return NULL;
#endif
}
