/* A tiny model with a session and a trace of it, as most trace tests need. */
#ifndef TESTS_SUPPORT_TRACE_CASE_H
#define TESTS_SUPPORT_TRACE_CASE_H

#include "engine/trace/trace.h"
#include "tests/support/tiny_model.h"

typedef struct TraceCase {
    TinyModel tiny;
    Session *session;
    Trace *trace;
} TraceCase;

/* Opens all three on one thread, with `edits` in force (text form, see
 * edits.h).  Fails the running test if anything does. */
TraceCase trace_case_open(TinySpec spec, uint64_t budget, const char *edits);
void trace_case_close(TraceCase *c);

/* Feeds n tokens drawn from the seed, in uneven splits. */
void trace_case_feed(TraceCase *c, int n, uint64_t seed);

/* The next number below n of a small generator with a visible state. */
int trace_case_draw(uint64_t *state, int n);

#endif
