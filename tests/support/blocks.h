/* Blocks: quantised weights made and read the plain way, from the formats'
 * description and not through the engine. */
#ifndef TESTS_SUPPORT_BLOCKS_H
#define TESTS_SUPPORT_BLOCKS_H

#include "engine/model/model.h"
#include "tests/support/bytes.h"

/* Appends n weights, whole blocks, as `type`; not DTYPE_Q8_GROUPS. */
void blocks_put(Bytes *b, DType type, const float *w, int n);

/* What n values at p stand for. */
void blocks_read(double *out, DType type, const uint8_t *p, int n);

/* An IEEE half to the nearest, and its value. */
uint16_t half_of(float f);
double half_value(uint16_t h);

#endif
