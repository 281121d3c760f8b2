/* Whether a model's every number is the reference's.
 *
 *     parity_check(model, 20);
 *
 * Every site that a run announces, of every layer and position, is within 1e-4
 * of reference.h's, relative to the largest of its row, and none is announced
 * that is not compared.  Fails the test that calls it.
 */
#ifndef TESTS_SUPPORT_PARITY_H
#define TESTS_SUPPORT_PARITY_H

#include "engine/model/model.h"

/* n tokens, fed together; n <= 64. */
void parity_check(const Model *m, int n);

#endif
