/* A forward pass of LLaMA-2, GPT-2 or BERT as the papers write it: in double,
 * one number at a time, nothing cached, nothing shared with the engine but the
 * weights.
 *
 *     Reference *r = reference_run(model, &edits, tokens, n);
 *     const double *q = reference_row(r, SITE_Q, layer, pos);
 *     reference_free(r);
 *
 * Source: Touvron et al. 2023 (Llama 2), arXiv:2307.09288; Radford et al. 2019
 * (GPT-2); Ba et al. 2016 (layer normalization), arXiv:1607.06450; Hendrycks &
 * Gimpel 2016 (GELU), arXiv:1606.08415; Devlin et al.
 * 2018 (BERT), arXiv:1810.04805.
 */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include "engine/model/model.h"
#include "engine/spec/edits.h"
#include "engine/spec/site.h"

typedef struct Reference Reference;

/* Every site of every layer at all n positions.  Aborts when out of memory. */
Reference *reference_run(const Model *m, const Edits *e, const int *tokens,
                         int n);
/* The same, where edits take from another run, of the same model's shape. */
Reference *reference_run_from(const Model *m, const Edits *e,
                              const Reference *donor, const int *tokens, int n);
void reference_free(Reference *r);

/* Whether the model's family has the site. */
bool reference_has(const Reference *r, Site s);

const Model *reference_model(const Reference *r);

/* Keys that pos attends to. */
int reference_n_keys(const Reference *r, int pos);

/* [rows, cols] of site_shape with that many keys.  Borrowed. */
const double *reference_row(const Reference *r, Site s, int layer, int pos);

#endif
