/* Explain: the arithmetic behind one number of the trace.
 *
 *     Explain ex = {0};
 *     if (explain(trace, SITE_PATTERN, layer, pos, head * n_keys + key, &ex,
 *                 &err))
 *         for (int i = 0; i < ex.n_terms; i++) ... ex.terms[i].product ...
 *     explain_free(&ex);
 *
 * Every site of every layer can be opened.  The operands are read from the
 * trace and the weights; total is computed from them here, independently of
 * the kernels, in double.  `matches` compares it with what the engine stored:
 * equal but for the order of summation and rounding, that is, no further apart
 * than `bound`.  The bound is what f32 can lose: for a sum of n products
 * (n + 16) * 2^-24 * (sum of |product|), carried through the steps after it;
 * the 16 roundings on top are for those steps and for exp, sin and cos.  Where
 * the weights are quantised the engine rounds the vector to bytes as well; that
 * is the larger part of the bound then: see kern_dot_bound.
 * Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, 3.1.
 *
 * Does NOT draw or format numbers.
 */
#ifndef ENGINE_TRACE_EXPLAIN_H
#define ENGINE_TRACE_EXPLAIN_H

#include "engine/trace/trace.h"

/* What the terms are. */
typedef enum ExplainKind {
    EXPLAIN_LOOKUP,   /* no terms: a row of a table                      */
    EXPLAIN_DOT,      /* sum of a*b                                      */
    EXPLAIN_SUM,      /* a + b (two terms: a is the addend)              */
    EXPLAIN_SQUARES,  /* sum of a*a, then /n, +eps, sqrt                 */
    EXPLAIN_DIVIDE,   /* a / b                                           */
    EXPLAIN_MULTIPLY, /* a * b                                           */
    EXPLAIN_ROTATE,   /* x0*cos - x1*sin or x0*sin + x1*cos: two terms   */
    EXPLAIN_SOFTMAX,  /* per key: a = score, b = exp(score - max);
                         the opened key's share of their sum             */
    EXPLAIN_GATE,     /* a * b: a = activation(gate), b = up             */
    EXPLAIN_SHARE,    /* per token: a = probability; its share of the sum */
    EXPLAIN_ENTROPY,  /* per token: a = p, b = -log2 p, sum of a*b       */
    EXPLAIN_BEST,     /* per token: a = score; the largest of them       */
    EXPLAIN_MEAN,     /* per position: a = weight, b = the key's
                         position; the sum, then /n                      */
} ExplainKind;

/* What the terms' index counts. */
typedef enum ExplainIndex {
    EXPLAIN_BY_ELEMENT,
    EXPLAIN_BY_POSITION,
    EXPLAIN_BY_TOKEN /* ids of the vocabulary */
} ExplainIndex;

typedef struct ExplainTerm {
    int index;      /* i of the sum (key position, dimension, ...) */
    float a, b;     /* operands, as stored */
    double product; /* a*b, or the term's own value (see kind) */
    double sum;     /* running sum, this term included */
} ExplainTerm;

/* What comes before the terms, or follows them, in order: "/ sqrt(8)" -> value,
 * "softmax" ... */
typedef struct ExplainStep {
    char label[64]; /* UTF-8 */
    double value;   /* after this step */
    Site site;      /* whose number it is, at [0] of ex's layer and position,
                       which can be opened in turn; SITE_NONE: none */
} ExplainStep;

#define EXPLAIN_STEPS_MAX 8

typedef struct Explain {
    Site site;
    int layer, pos, row, col; /* row = head where there are heads */
    ExplainKind kind;
    char a_name[48], b_name[48];     /* "query", "key", "normalized x" */
    SiteRole a_role, b_role;         /* of the sites that they are from */
    char a_source[96], b_source[96]; /* "blocks.2.attn.hook_rot_q[16, 6]",
                                        "wq.2 row 52, byte 81,948 of the
                                        file" */
    char formula[192]; /* a text with formulas, see formula_next */
    ExplainIndex index;
    ExplainStep before[EXPLAIN_STEPS_MAX]; /* how operands came about */
    int n_before;
    ExplainTerm *terms; /* [n_terms], owned; see explain.c */
    int n_terms, cap_terms;
    bool counts; /* the numbers are whole: multiply-adds, parameters */
    ExplainStep steps[EXPLAIN_STEPS_MAX];
    int n_steps;
    double total;   /* what the arithmetic gives, interventions included */
    double bound;   /* how far rounding may take the stored value from it */
    bool is_stored; /* false: the engine keeps no such number */
    float stored;   /* what the engine stored, or what a view shows */
    double divisor; /* of total before it is stored: 1, but for raw scores */
    bool matches;   /* |total / divisor - stored| <= bound / divisor */
} Explain;

/* Opens element `index` of the site's row-major [rows, cols] at (layer, pos).
 * For a pattern cell the terms are the dot product and the steps lead to the
 * weight; explain_softmax_row gives the row instead.  ex must be zeroed or a
 * former result (its memory is used again).  False: index or position out of
 * range, out of memory. */
bool explain(const Trace *t, Site site, int layer, int pos, int index,
             Explain *ex, Err *err);

/* EXPLAIN_SOFTMAX: all keys of one head at pos; `key` is the opened one. */
bool explain_softmax_row(const Trace *t, int layer, int head, int pos, int key,
                         Explain *ex, Err *err);

/* The raw score q.k of one head's query at pos and the key at position `key`,
 * which may be one that the mask hides: then nothing is stored.  The trace
 * stores what is visible divided by sqrt(K): that is the divisor. */
bool explain_raw_score(const Trace *t, int layer, int head, int pos, int key,
                       Explain *ex, Err *err);

void explain_free(Explain *ex);

#endif
