/* The choice of a table, by the name of the engine's. */
#include "engine/train/tkern_body.h"

#include <string.h>

/* The tables have the names of Kern's, and what a CPU runs is known there. */
const Tkern *tkern_get(const char *name) {
    static const Tkern *(*const all[])(void) = {tkern_avx512, tkern_avx2,
                                                tkern_generic};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const Tkern *t = all[i]();
        if (!t || (name && strcmp(t->name, name) != 0)) continue;
        if (kern_get(t->name)) return t;
    }
    return NULL;
}
