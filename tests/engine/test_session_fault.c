/* Memory running out at each allocation in turn: one clean error and, under
 * the address sanitizer, nothing leaked; and none asked for while running. */
#include "engine/session.h"
#include "tests/support/oom.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <string.h>

#define ALLOCATIONS_MAX 100

typedef void *OpenFn(const Model *m, Err *err);

static void *open_session(const Model *m, Err *err) {
    return session_open(m, &(SessionOptions){.n_threads = 1}, err);
}

static void *open_scratch(const Model *m, Err *err) {
    return layer_scratch_open(m, 64, err);
}

/* Fails every allocation that `open` makes, until it makes them all.  Returns
 * what it opened in the end. */
static void *fail_each(OpenFn *open, const Model *m) {
    for (int n = 0; n < ALLOCATIONS_MAX; n++) {
        Err err = {0};
        oom_after(n);
        void *opened = open(m, &err);
        const int n_asked = oom_never();
        if (opened) {
            ck_assert_int_eq(n_asked, n); /* none failed unnoticed */
            ck_assert_int_ge(n, 2);
            return opened;
        }
        ck_assert_int_eq(err.code, ERR_MEMORY);
        ck_assert_ptr_null(strchr(err.msg, '\n'));
    }
    ck_abort_msg("never opens");
    return NULL;
}

START_TEST(opening_a_session) {
    TinyModel tiny;
    const TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&tiny, &spec));
    session_close(fail_each(open_session, tiny.model));
    tiny_close(&tiny);
}
END_TEST

START_TEST(opening_a_layer_scratch) {
    TinyModel tiny;
    const TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&tiny, &spec));
    layer_scratch_close(fail_each(open_scratch, tiny.model));
    tiny_close(&tiny);
}
END_TEST

START_TEST(running_allocates_nothing) {
    TinyModel tiny;
    const TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&tiny, &spec));
    Err err = {0};
    Session *s = open_session(tiny.model, &err);
    LayerScratch *sc = open_scratch(tiny.model, &err);
    ck_assert_msg(s && sc, "%s", err.msg);
    const int tokens[8] = {1, 5, 9, 13};
    const float x[16] = {1};
    Edits edits = {.no_mask = true};
    oom_after(0);
    bool ok = session_feed(s, tokens, 8, &err) != NULL;
    ok = session_feed(s, tokens, 1, &err) && ok;
    layer_run(tiny.model, session_edits(s), sc, 0, 3, 4, x, session_kv(s),
              (SiteHook){0}, NULL);
    final_run(tiny.model, sc, 3, x, (SiteHook){0});
    ok = session_set_edits(s, &edits, &err) && ok;
    ok = session_feed(s, tokens, 8, &err) && ok;
    const int n_asked = oom_never();
    ck_assert_msg(ok, "%s", err.msg);
    ck_assert_int_eq(n_asked, 0);
    layer_scratch_close(sc);
    session_close(s);
    tiny_close(&tiny);
}
END_TEST

TEST_MAIN("session_fault", opening_a_session, opening_a_layer_scratch,
          running_allocates_nothing)
