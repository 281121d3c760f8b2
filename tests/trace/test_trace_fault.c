/* Memory running out at each allocation in turn: one clean error and,
 * under the address sanitizer, nothing leaked.  Built with --wrap (see
 * Makefile); what libzip allocates is its own. */
#include "engine/trace/explain.h"
#include "engine/trace/npz.h"
#include "tests/support/every_family.h"
#include "tests/support/fault.h"
#include "tests/support/trace_case.h"

#include <stdio.h>
#include <unistd.h>

static bool open_step(void *ud, Err *err) {
    const TraceCase *c = ud;
    Trace *t = trace_open(c->session, 100000, err);
    if (!t) return false;
    trace_close(t);
    return true;
}

START_TEST(opening_a_trace) {
    TraceCase c = trace_case_open(tiny_spec(), 0, "");
    trace_close(c.trace);
    c.trace = NULL;
    ck_assert_int_ge(fault_each(open_step, &c), 5);
    trace_case_close(&c);
}
END_TEST

static bool explain_step(void *ud, Err *err) {
    const TraceCase *c = ud;
    Explain ex = {0};
    bool ok = explain(c->trace, SITE_PATTERN, 1, 4, 2, &ex, err);
    explain_free(&ex);
    return ok;
}

START_TEST(explaining) {
    TraceCase c = trace_case_open(tiny_spec(), 0, "");
    trace_case_feed(&c, 5, 1);
    ck_assert_int_eq(fault_each(explain_step, &c), 1);
    trace_case_close(&c);
}
END_TEST

static char npz_path[64];

/* A file left by a failed save counts as success, which fault_each refuses. */
static bool npz_step(void *ud, Err *err) {
    const TraceCase *c = ud;
    bool ok = npz_save(c->trace, SITE_ALL, npz_path, err);
    return ok || access(npz_path, F_OK) == 0;
}

START_TEST(saving) {
    TraceCase c = trace_case_open(tiny_spec(), 0, "");
    trace_case_feed(&c, 5, 1);
    snprintf(npz_path, sizeof npz_path, "/tmp/llantern-fault-%d.npz",
             (int)getpid());
    ck_assert_int_ge(fault_each(npz_step, &c), 1 + 2 * 22 + 5);
    ck_assert_int_eq(unlink(npz_path), 0);
    trace_case_close(&c);
}
END_TEST

/* The hot paths: nothing to fail, since nothing is allocated. */
START_TEST(feeding_and_reading_allocate_nothing) {
    TraceCase c = trace_case_open(tiny_spec(), 0, "");
    fault_count_from_here();
    bool fed = session_feed(c.session, (int[]){1, 2, 3}, 3, NULL) != NULL;
    for (int s = 0; s < SITE_COUNT && fed; s++)
        if (tiny_has(trace_config(c.trace), s)) trace_row(c.trace, s, 1, 2);
    int n_asked = fault_count();
    ck_assert(fed);
    ck_assert_int_eq(n_asked, 0);
    trace_case_close(&c);
}
END_TEST

TEST_MAIN_EVERY_FAMILY("trace_fault", opening_a_trace, explaining, saving,
                       feeding_and_reading_allocate_nothing)
