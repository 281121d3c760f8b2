/* Principal: the two directions in which rows of numbers differ most.
 *
 *     Principal p;
 *     if (principal_find(rows, n, dim, NULL, NULL, &p)) {
 *         double x = principal_at(&p, 0, row);
 *         principal_free(&p);
 *     }
 *
 * The rows less their mean, laid on a direction of length 1, have a variance
 * along it; the first direction is the one where it is largest, the second the
 * largest at right angles to it (principal component analysis).  A direction's
 * sign is free: its largest element is made positive.
 *
 * By Lanczos' method: products of the covariance with vectors, PRINCIPAL_STEPS
 * at most, each made orthogonal to all before.  So the covariance itself, [dim,
 * dim], is never made, and the time is bounded: 2 * PRINCIPAL_STEPS passes over
 * the rows.  Where dim is not larger than that it is exact; else it ends once
 * more steps would not move the directions, and they may be a little beside the
 * best, where many are almost as good; the variances are always those of the
 * directions given.
 *
 * Source: Pearson 1901, On lines and planes of closest fit; Lanczos 1950, An
 * iteration method for the solution of the eigenvalue problem; Golub & Van Loan
 * 2013, Matrix Computations, 8.3 (QR) and 10.1.
 *
 * Does NOT know tokens or models, or scale the columns.
 */
#ifndef ENGINE_STUDY_PRINCIPAL_H
#define ENGINE_STUDY_PRINCIPAL_H

#include <stdbool.h>

#define PRINCIPAL_STEPS 64
#define PRINCIPAL_AXES  2

typedef struct Principal {
    int dim;
    double *mean;                    /* [dim], owned */
    double *axes;                    /* [PRINCIPAL_AXES, dim], owned with it */
    double variance[PRINCIPAL_AXES]; /* along each, of n rows: divided by n */
    double total;                    /* the sum of all columns' variances */
} Principal;

/* rows: [n, dim], finite; n and dim at least 1.  A direction that there is not,
 * as all rows are the same along it, is all 0.  go_on (NULL: always) is asked
 * before each pass over the rows.  False: no memory, or stopped. */
bool principal_find(const float *rows, int n, int dim, bool (*go_on)(void *ud),
                    void *ud, Principal *out);
void principal_free(Principal *p);

/* Where a row lies along an axis: (row - mean) . axis. */
double principal_at(const Principal *p, int axis, const float *row);

#endif
