/* Memory running out at each allocation in turn: one clean error and,
 * under the address sanitizer, nothing leaked.  Built with --wrap (see
 * Makefile); what libzip allocates is its own. */
#include "engine/trace/explain.h"
#include "engine/trace/npz.h"
#include "tests/support/test.h"
#include "tests/support/trace_case.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Allocations still to succeed; negative: all of them. */
static int left = -1;

static bool refused(void) {
    if (left < 0) return false;
    return left-- == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);

void *__wrap_malloc(size_t n) {
    return refused() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size) {
    return refused() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n) {
    return refused() ? NULL : __real_realloc(p, n);
}
void *__wrap_aligned_alloc(size_t align, size_t n) {
    return refused() ? NULL : __real_aligned_alloc(align, n);
}

/* Lets `step` fail at its first allocation, its second and so on until it
 * succeeds; Check allocates too, so step asserts nothing.  Returns how many
 * there were. */
static int fail_each(bool (*step)(TraceCase *c, Err *err), TraceCase *c) {
    for (int n = 0; n < 1000; n++) {
        Err err = {0};
        left = n;
        bool ok = step(c, &err);
        bool reached = left < 0;
        left = -1;
        ck_assert_msg(ok || err.code == ERR_MEMORY, "allocation %d: \"%s\"", n,
                      err.msg);
        ck_assert_msg(!ok || !reached, "allocation %d: failed unnoticed", n);
        if (ok) return n;
        ck_assert_ptr_nonnull(strstr(err.msg, "memory"));
    }
    ck_abort_msg("never succeeds");
}

static const TinySpec spec = {16, 24, 2, 4, 2, 300, 64, true, 0, 1};

static bool open_step(TraceCase *c, Err *err) {
    Trace *t = trace_open(c->session, 100000, err);
    if (!t) return false;
    trace_close(t);
    return true;
}

START_TEST(opening_a_trace) {
    TraceCase c = trace_case_open(spec, 0, "");
    trace_close(c.trace);
    c.trace = NULL;
    ck_assert_int_ge(fail_each(open_step, &c), 5);
    trace_case_close(&c);
}
END_TEST

static bool explain_step(TraceCase *c, Err *err) {
    Explain ex = {0};
    bool ok = explain(c->trace, SITE_PATTERN, 1, 4, 2, &ex, err);
    explain_free(&ex);
    return ok;
}

START_TEST(explaining) {
    TraceCase c = trace_case_open(spec, 0, "");
    trace_case_feed(&c, 5, 1);
    ck_assert_int_eq(fail_each(explain_step, &c), 1);
    trace_case_close(&c);
}
END_TEST

static char npz_path[64];

/* A file left by a failed save counts as success, which fail_each refuses. */
static bool npz_step(TraceCase *c, Err *err) {
    bool ok = npz_save(c->trace, SITE_ALL, npz_path, err);
    return ok || access(npz_path, F_OK) == 0;
}

START_TEST(saving) {
    TraceCase c = trace_case_open(spec, 0, "");
    trace_case_feed(&c, 5, 1);
    snprintf(npz_path, sizeof npz_path, "/tmp/llantern-fault-%d.npz",
             (int)getpid());
    ck_assert_int_ge(fail_each(npz_step, &c), 1 + 2 * 22 + 5);
    ck_assert_int_eq(unlink(npz_path), 0);
    trace_case_close(&c);
}
END_TEST

/* The hot paths: nothing to fail, since nothing is allocated. */
START_TEST(feeding_and_reading_allocate_nothing) {
    TraceCase c = trace_case_open(spec, 0, "");
    left = 0;
    bool fed = session_feed(c.session, (int[]){1, 2, 3}, 3, NULL) != NULL;
    for (int s = 0; s < SITE_COUNT && fed; s++)
        trace_row(c.trace, s, 1, 2);
    int still_left = left;
    left = -1;
    ck_assert(fed);
    ck_assert_int_eq(still_left, 0);
    trace_case_close(&c);
}
END_TEST

TEST_MAIN("trace_fault", opening_a_trace, explaining, saving,
          feeding_and_reading_allocate_nothing)
