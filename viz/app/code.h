/* Code: the lines of this program's own C that compute an operation, from the
 * source that is linked into it.
 *
 *     CodePart parts[CODE_PARTS_MAX];
 *     int n = code_find(config, op, weight_type, parts);
 *
 * An operation has two parts: the step of the forward pass that it belongs to,
 * and the function that does its arithmetic.  Each is a whole function with the
 * comment above it, and the statement that computes is known.  Which these are
 * is a table; tests/viz/test_code.c holds it against the source.
 *
 * Does NOT draw, run or change anything.
 */
#ifndef VIZ_APP_CODE_H
#define VIZ_APP_CODE_H

#include "engine/spec/arch.h"
#include "engine/spec/tensor.h"

#define CODE_PARTS_MAX 2

typedef struct CodePart {
    const char *file;     /* in the repository: "engine/run/forward.c" */
    const char *function; /* "step_norm" */
    const char *text;     /* from the first line on; borrowed, lasts */
    size_t len;           /* bytes, the last newline included */
    int line, n_lines;    /* in the file, from 1 */
    int lit, n_lit;       /* lines of the statement that computes */
} CodePart;

/* What makes `op`, the step first; weight: the type of the matrix that it
 * multiplies by, any other where it has none.  Returns how many parts: none for
 * NULL. */
int code_find(const Config *c, const ArchOp *op, DType weight,
              CodePart out[CODE_PARTS_MAX]);

#endif
