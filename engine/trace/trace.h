/* Trace: everything a session computed, within a byte budget.
 *
 *     Trace *t = trace_open(session, TRACE_BUDGET_DEFAULT, &err);
 *     session_feed(session, ids, n, &err);       // the trace listens
 *     const float *p = trace_row(t, SITE_PATTERN, layer, pos);
 *     float w = p[head * trace_n_keys(t, pos) + key];
 *     session_rewind(session, 3);
 *     trace_sync(t);                             // 3 positions published
 *
 * While the budget lasts a position's sites are stored as they are computed,
 * but for the final norm and the logits, which a prompt has at its last
 * position alone: at another they are computed when asked for, and then stored,
 * too.
 * Beyond it only the residual stream is kept (and the session's KV cache is
 * borrowed); any other site is recomputed from those when asked for, bit for
 * bit the same, and kept in a small cache.  A reader cannot tell.
 *
 * Threads: ONE writer, the thread that feeds the session; it may call all of
 * this.  Others may call what is about published positions, those below
 * trace_n_pos(), with trace_find for rows: these do not change until
 * the session is rewound or its edits are set, which others must be kept from
 * reading, from before the call until after trace_sync().  So must they be
 * while a feed where attention is two-way begins, unless trace_sync() has taken
 * all positions back before: it computes every position anew, and publishes all
 * of them together at its end.
 *
 * Does NOT draw, sample or own the session: close the trace first.
 */
#ifndef ENGINE_TRACE_TRACE_H
#define ENGINE_TRACE_TRACE_H

#include "engine/run/session.h"

#define TRACE_BUDGET_DEFAULT (1ull << 30) /* bytes */
#define TRACE_ROWS_VALID     32           /* see trace_row */

typedef struct Trace Trace;

/* Attaches to the session (as its hook; the session must be at position 0)
 * and stores from then on.  budget_bytes counts stored sites; the residual
 * stream [S, L+1, D] is on top.  What is not needed is not touched.  A budget
 * that does not fit into memory beside the session is made smaller: more is
 * computed again then. */
Trace *trace_open(Session *s, uint64_t budget_bytes, Err *err);
void trace_close(Trace *t); /* detaches; NULL is fine */

/* Takes back what the session no longer holds.  Call it after session_rewind
 * or session_set_edits; trace_n_pos() is right at once.  (A feed does it by
 * itself.)  With the mask removed a rewind takes back everything, since the
 * positions left had looked at those gone. */
void trace_sync(Trace *t);

/* Takes the positions up to n that it does not hold yet from another trace, and
 * its session from that one's: see session_share, whose demands are these.  As
 * if they had been fed, bit for bit; both are this thread's.  Returns how many
 * there are then: fewer than n where the other has not stored what this one
 * would. */
int trace_share(Trace *t, const Trace *from, int n);

const Model *trace_model(const Trace *t);
const Config *trace_config(const Trace *t);
const Edits *trace_edits(const Trace *t);
/* What is traced, to read: on the thread that feeds it. */
const Session *trace_session(const Trace *t);
/* What they took from another run. */
const Taken *trace_taken(const Trace *t);

/* This run, for the edits of another to take from: read as by trace_row, while
 * that one is fed. */
Donor trace_donor(const Trace *t);

/* Positions published so far.  Atomic. */
int trace_n_pos(const Trace *t);
int trace_token(const Trace *t, int pos);

/* Whether positions attend to later ones, too: edits_two_way. */
bool trace_two_way(const Trace *t);

/* Keys that position pos attends to: pos+1, or all where it is two-way. */
int trace_n_keys(const Trace *t, int pos);

/* One site of one layer at one position: [rows, cols] as site_shape says with
 * n_keys = trace_n_keys.  Layer is ignored for model sites.  Never NULL for
 * 0 <= pos < trace_n_pos and a site that the model has (arch_sites). Borrowed:
 * valid until TRACE_ROWS_VALID further (layer, position) pairs have been asked
 * for, or the session is rewound. */
const float *trace_row(const Trace *t, Site site, int layer, int pos);

/* The same where it is stored, NULL where it would have to be run again or the
 * model has no such site.
 * Computes nothing and may be called on any thread. */
const float *trace_find(const Trace *t, Site site, int layer, int pos);

/* The logit lens: the logits [V] that the model's end, norm and classifier,
 * makes of a vector x [D] of the residual stream at pos, from wherever in the
 * stream it is.  On the thread of trace_row; x may be a row of it.
 * Source: nostalgebraist 2020, "interpreting GPT: the logit lens". */
void trace_lens(const Trace *t, int pos, const float *x, float *logits);

/* How much is where, for the status line. */
typedef struct TraceStats {
    int n_stored;          /* positions stored whole */
    uint64_t stored_bytes; /* of the budget */
    uint64_t budget_bytes;
    uint64_t n_recomputed; /* layers run again since open */
    uint64_t n_ends;       /* of stored positions, run when asked for */
} TraceStats;
TraceStats trace_stats(const Trace *t);

/* Bytes that a trace of seq_len positions takes at most: what is stored of
 * them within the budget, and the residual stream. */
uint64_t trace_memory(const Config *c, int seq_len, uint64_t budget_bytes);
/* What it takes for each of them with no budget at all. */
uint64_t trace_token_bytes(const Config *c);

/* Bytes that storing n_pos positions whole takes. */
uint64_t trace_bytes(const Config *c, int n_pos);

#endif
