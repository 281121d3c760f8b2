/* Taken: what the edits of a run take from another run (EDIT_FREEZE,
 * EDIT_PATCH, EDIT_APART).
 *
 *     taken_init(&t, config, seq_len, &edits, &err);
 *     taken_fill(&t, &donor, pos, n);             // before positions are fed
 *     const float *v = taken_patch(&t, SITE_RESID_POST, 3, 0, 5);
 *     taken_free(&t);
 *
 * The rows are copied when the positions that need them are fed, so that what
 * is computed again later, when the other run may be another, has the same
 * bits.
 *
 * Does NOT run anything.  With other edits all positions are filled anew.
 */
#ifndef ENGINE_RUN_TAKEN_H
#define ENGINE_RUN_TAKEN_H

#include "engine/spec/edits.h"
#include "engine/spec/site.h"

#include <stdint.h>

/* The run that is taken from: of a model of the same shape. */
typedef struct Donor {
    /* A row, of SITE_Z that of one head; NULL: it holds no such position.
     * Asked on the thread that feeds; borrowed until the next is asked for. */
    const float *(*row)(const void *ud, Site site, int layer, int head,
                        int pos);
    const void *ud;
} Donor;

typedef struct Taken {
    const Edits *edits; /* borrowed */
    int dim, head_dim, n_layers, seq_len;
    bool has[EDITS_MAX]; /* the entry's row is there, */
    float *rows;         /* [EDITS_MAX, D] here */
    float *every;    /* [EDITS_EVERY_MAX, S, D] of entries of every position, */
    bool *has_every; /* [EDITS_EVERY_MAX, S] and where one is there */
    float *apart;    /* [EDITS_MAX, D] of EDIT_APART: this run's vector less
                            the donor's, once this run's is there */
    float *scales;   /* [2L+1, S] of the norms; 0: it has none */
} Taken;

/* Memory that is not needed is not touched.  False and err when there is too
 * little. */
bool taken_init(Taken *t, const Config *c, int seq_len, const Edits *e,
                Err *err);
void taken_free(Taken *t); /* a zeroed one is fine */

/* Bytes that taken_init allocates. */
uint64_t taken_bytes(const Config *c, int seq_len);

/* Copies what the edits take at positions pos .. pos+n-1; a donor without row:
 * there is none. */
void taken_fill(Taken *t, const Donor *donor, int pos, int n);

/* The vector that is put at this place, [D], of SITE_Z the head's [K]; NULL:
 * none, the run's own stays. */
const float *taken_patch(const Taken *t, Site site, int layer, int head,
                         int pos);

/* What the norm with this scale divides by at pos; 0: by its own. */
float taken_scale(const Taken *t, Site scale, int layer, int pos);

/* Of an EDIT_APART, entry i: what is to be put into `apart`, at its position,
 * from the stream there, x [D] before it and `added` [D]. */
void taken_part(Taken *t, int i, const float *x, const float *added);

/* The direction [D] of entry i, where it is an EDIT_APART of this layer and is
 * added at pos; NULL: it is not. */
const float *taken_apart(const Taken *t, int i, int layer, int pos);

/* Where the same can be taken again.  Borrows t. */
Donor taken_donor(const Taken *t);

#endif
