/* Memory running out at each allocation in turn: one clean error and, under
 * the address sanitizer, nothing leaked; and none asked for while running. */
#include "engine/run/rerun.h"
#include "engine/run/session.h"
#include "tests/support/fault.h"
#include "tests/support/tiny_model.h"

static bool open_session(void *ud, Err *err) {
    Session *s = session_open(ud, &(SessionOptions){.n_threads = 1}, err);
    session_close(s);
    return s != NULL;
}

static bool open_scratch(void *ud, Err *err) {
    Rerun *again = rerun_open(ud, 64, 0, err);
    rerun_close(again);
    return again != NULL;
}

START_TEST(opening_a_session_and_a_layer_scratch) {
    TinyModel tiny;
    const TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&tiny, &spec));
    ck_assert_int_ge(fault_each(open_session, tiny.model), 2);
    ck_assert_int_ge(fault_each(open_scratch, tiny.model), 2);
    tiny_close(&tiny);
}
END_TEST

START_TEST(running_allocates_nothing) {
    TinyModel tiny;
    const TinySpec spec = tiny_spec();
    ck_assert(tiny_open(&tiny, &spec));
    Err err = {0};
    Session *s =
        session_open(tiny.model, &(SessionOptions){.n_threads = 1}, &err);
    Rerun *again = rerun_open(tiny.model, 64, 0, &err);
    ck_assert_msg(s && again, "%s", err.msg);
    const int tokens[8] = {1, 5, 9, 13};
    const float x[16] = {1};
    Edits edits = {.no_mask = true};
    fault_count_from_here();
    bool ok = session_feed(s, tokens, 8, &err) != NULL;
    ok = session_feed(s, tokens, 1, &err) && ok;
    rerun_layer(again, &(RerunAsk){.taken = session_taken(s),
                                   .pos = 3,
                                   .n_keys = 4,
                                   .x = x,
                                   .kv = session_kv(s)});
    rerun_final(again, session_taken(s), 3, x, (SiteHook){0});
    ok = session_set_edits(s, &edits, &err) && ok;
    ok = session_feed(s, tokens, 8, &err) && ok;
    const int n_asked = fault_count();
    ck_assert_msg(ok, "%s", err.msg);
    ck_assert_int_eq(n_asked, 0);
    rerun_close(again);
    session_close(s);
    tiny_close(&tiny);
}
END_TEST

TEST_MAIN("session_fault", opening_a_session_and_a_layer_scratch,
          running_allocates_nothing)
