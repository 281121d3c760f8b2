/* Any CPU: four lanes, which the compiler turns into SSE2 or NEON. */
#define TKERN_NAME "generic"
#define KERN_LANES 4
#define TKERN_ROWS 4
#define TKERN_VECS 2

#include "engine/train/tkern_body.h"

const Tkern *tkern_generic(void) {
    return &tkern_table;
}
