/* What the tables of architectures are written with: arch_NAME.c alone include
 * it. */
#ifndef ENGINE_SPEC_ARCH_PRIVATE_H
#define ENGINE_SPEC_ARCH_PRIVATE_H

#include "engine/spec/arch.h"

#define START ARCH_START
#define LAYER ARCH_LAYER
#define END   ARCH_END

/* No weight, no edit. */
#define PLAIN TENSOR_NONE, EDIT_NONE, false

#define LINEAR(PART, OUT, INPUT, WEIGHT, EDIT, ENDS)                           \
    { OP_LINEAR, PART, OUT, {INPUT, SITE_NONE}, WEIGHT, EDIT, ENDS }

/* The four sites of a norm that takes the mean off. */
#define LAYER_NORM(PART, MEAN, SCALE, NORMED, OUT, INPUT, WEIGHT, ENDS)        \
    {OP_MEAN, PART, MEAN, {INPUT, SITE_NONE}, PLAIN},                          \
        {OP_SCALE, PART, SCALE, {INPUT, MEAN}, PLAIN},                         \
        {OP_NORMALIZE, PART, NORMED, {INPUT, SCALE}, PLAIN}, {                 \
        OP_GAIN, PART, OUT, {NORMED, SITE_NONE}, WEIGHT, EDIT_NONE, ENDS       \
    }

#endif
