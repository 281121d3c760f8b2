/* Evicted: rows of the trace that are not stored, run again when asked for.
 *
 * Beyond its budget a trace keeps the residual stream alone.  From it and the
 * keys and values a layer can be run again at one position, bit for bit as it
 * was; the last few such records are kept, and the one asked for least recently
 * goes first.
 *
 * Does NOT know what is stored.  On the thread of trace_row.  Private to
 * trace.c.
 */
#ifndef ENGINE_TRACE_TRACE_EVICTED_H
#define ENGINE_TRACE_TRACE_EVICTED_H

#include "engine/run/rerun.h"

typedef struct TraceEvicted TraceEvicted;

/* For up to seq_len keys, on n_threads.  NULL and err when out of memory. */
TraceEvicted *trace_evicted_open(const Model *m, int seq_len, int n_threads,
                                 Err *err);
void trace_evicted_close(TraceEvicted *e); /* NULL is fine */

/* Forgets all records: what they were made from changes. */
void trace_evicted_forget(TraceEvicted *e);

/* A site of one layer at one position; layer L stands for the model's
 * start and end.
 * ask: all but hook and out.  Borrowed until TRACE_ROWS_VALID (trace.h) further
 * (layer, position) pairs have been asked for. */
const float *trace_evicted_row(TraceEvicted *e, Site site, const RerunAsk *ask);

/* The end of the model from x [D], told to the hook and not kept. */
void trace_evicted_end(TraceEvicted *e, const Taken *taken, int pos,
                       const float *x, SiteHook hook);

/* The same, of which only the logits [V] are wanted: see trace_lens. */
void trace_evicted_lens(TraceEvicted *e, const Taken *taken, int pos,
                        const float *x, float *logits);

uint64_t trace_evicted_n_run(const TraceEvicted *e);  /* records, since open */
uint64_t trace_evicted_n_ends(const TraceEvicted *e); /* by trace_evicted_end */

#endif
