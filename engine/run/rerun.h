/* Rerun: one layer at one position computed again, from what entered it.
 *
 *     Rerun *r = rerun_open(model, seq_len, 0, &err);
 *     rerun_layer(r, &(RerunAsk){.taken = session_taken(s), .layer = 2, ...});
 *     rerun_close(r);
 *
 * Bit for bit what session_feed computed.  Reads the session's keys and values
 * and changes nothing of it; one Rerun per thread that computes again.
 *
 * Does NOT keep what it computes: its hook is told.
 */
#ifndef ENGINE_RUN_RERUN_H
#define ENGINE_RUN_RERUN_H

#include "engine/model/model.h"
#include "engine/run/kv.h"
#include "engine/run/taken.h"
#include "engine/spec/edits.h"
#include "engine/spec/site.h"

typedef struct Rerun Rerun;

/* For up to seq_len keys.  n_threads 0: one per core.  NULL and err when out of
 * memory. */
Rerun *rerun_open(const Model *m, int seq_len, int n_threads, Err *err);
void rerun_close(Rerun *r); /* NULL is fine */

typedef struct RerunAsk {
    const Taken *taken; /* the edits, and what they took */
    int layer, pos;
    int token;         /* that the sequence has there */
    int n_keys;        /* that pos attends to: rows 0..n_keys-1 of kv */
    const float *x;    /* [D] that entered the layer: its resid_pre */
    const KvCache *kv; /* read only */
    SiteHook hook;     /* is told of the sites in its mask */
    float *out;        /* [D] resid_post; NULL: not wanted */
} RerunAsk;

/* Stops early when the remaining sites are not in the mask and out is NULL. */
void rerun_layer(Rerun *r, const RerunAsk *ask);

/* The start of the model at one position, where the sequence says `token`. */
void rerun_start(Rerun *r, const Taken *taken, int pos, int token,
                 SiteHook hook);

/* The end of the model at one position: final norm and logits from x [D]. */
void rerun_final(Rerun *r, const Taken *taken, int pos, const float *x,
                 SiteHook hook);

#endif
