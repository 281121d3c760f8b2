/* What explain.c (a function for every kind of operation), explain_attn.c
 * (those of attention) and explain_work.c share: one explanation in the
 * making. */
#ifndef ENGINE_TRACE_EXPLAIN_PRIVATE_H
#define ENGINE_TRACE_EXPLAIN_PRIVATE_H

#include "engine/spec/arch.h"
#include "engine/trace/explain.h"

/* Roundings allowed for on top of a sum's own, see explain.h. */
#define EXPLAIN_ROUNDINGS 16
/* 2^-24: half the distance from 1 to the next f32. */
#define EXPLAIN_UNIT 5.9604644775390625e-8
/* Below this the engine's exp and f32 itself underflow. */
#define EXPLAIN_TINY 1e-35

typedef struct Work {
    const Trace *t;
    const Config *c;
    Explain *ex;  /* site, layer, pos, row and col are set */
    int index;    /* row and col as one */
    int layer;    /* that the operands belong to */
    double value; /* the arithmetic so far */
    double bound; /* how far the engine's f32 may be from it */
    float *row;   /* room for one row of any matrix */
} Work;

/* Adds a term of the sum; _value for one that is not a*b. */
void work_term(Work *w, int index, float a, float b);
void work_term_value(Work *w, int index, float a, float b, double product);

/* Value and bound of the sum of the terms so far. */
void work_sum(Work *w);

/* Notes a step that brought the value to where it is. */
void work_step(Work *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes what an operand was made from, above the terms.  site: whose only
 * number it is; SITE_NONE: nobody's. */
void work_before(Work *w, Site site, double value, const char *label);

/* Multiplies by the part's current scale, as a step, if it is not 1. */
void work_edit(Work *w, EditKind kind, int index);

/* Adds what the weight's row adds to its product, as a step, if it does. */
void work_bias(Work *w, const Tensor *weight, int row);

/* Adds what the layer is steered by, as steps; needs w->row. */
void work_steering(Work *w);

#define WORK_NUMBER_MAX 24
/* In as many digits as count, at most `digits` <= 9; what is not finite as
 * viz/views/number.h calls it. */
void work_number(double v, int digits, char out[WORK_NUMBER_MAX]);

/* Appends to a NUL-terminated text, cut to fit. */
void work_text(char *out, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "blocks.2.attn.hook_q[16, 6]"; the last index is left out where it is
 * negative. */
void work_source_site(char out[96], Site site, int layer, int first,
                      int second);

/* "wq.2 row 52, byte 81,948 of the file": where a row of a weight matrix
 * starts.  Vectors, which are one row, are named without it. */
void work_source_weight(char out[96], const Tensor *w, int row);

/* What this head's scores are divided by: sqrt(K), or 1. */
double explain_divisor(const Work *w);

/* Kinds of explain_attn.c. */
void explain_rotate(Work *w, const ArchOp *op);
void explain_score(Work *w, const ArchOp *op);
void explain_product(Work *w, const ArchOp *op); /* the score before /sqrt(K) */
void explain_pattern(Work *w, const ArchOp *op);
void explain_z(Work *w, const ArchOp *op);
void explain_softmax(Work *w, const ArchOp *op);

#endif
