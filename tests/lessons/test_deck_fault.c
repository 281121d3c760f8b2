/* Memory running out while a deck or a state is read: one clean error, and
 * what was there before is still there.  md4c's own allocations are its own. */
#include "lessons/deck.h"
#include "tests/support/fault.h"

#include <stdlib.h>

static const char deck_text[] =
    "---\ntitle: x\nodd: y\n---\n# A &amp; <b>c</b>\n\n"
    "<!-- .stage: layer=1 prompt=\"a b\" then=1,2 -->\n- a *b* `c`\n\t1. d\n\n"
    "<!-- .ask: Q | a) x | b*) y -->\n<!-- .claim: tokens() > 1 -->\n"
    "<div class=\"pdf\"><!-- { \"pdf\": \"p\" } --></div>\n\n"
    "[l](u) ![i](j)\n\n|a|\n|---|\n|b|\n\n```c\nx\n```\n"
    "<aside class=\"notes\">n</aside>\nNotes: m\n--\n"
    "<!-- .stage: head=2 -->\nb\n";

static bool open_deck(void *ud, Err *err) {
    (void)ud;
    Deck *d = deck_open_memory("t.md", deck_text, sizeof deck_text - 1, err);
    deck_close(d);
    return d != NULL;
}

START_TEST(opening_a_deck) {
    ck_assert_int_ge(fault_each(open_deck, NULL), 10);
}
END_TEST

static bool ask_for_state(void *ud, Err *err) {
    State base, s;
    state_init(&base);
    state_init(&s);
    bool ok = deck_state_at(ud, 1, 0, &base, &s, err);
    /* Failed: nothing of it shows.  Done: the whole of it does. */
    bool right = ok ? s.head == 2 && s.prompt_len == 3 && s.n_then == 2
                    : s.head == 0 && !s.prompt && !s.then && s.set == 0;
    state_free(&s);
    state_free(&base);
    return right ? ok : !ok;
}

START_TEST(asking_for_a_state) {
    Deck *d = deck_open_memory("t.md", deck_text, sizeof deck_text - 1, NULL);
    ck_assert_ptr_nonnull(d);
    ck_assert_int_ge(fault_each(ask_for_state, d), 4);
    deck_close(d);
}
END_TEST

static bool parse_state(void *ud, Err *err) {
    State *s = ud;
    bool ok = state_parse(s, "prompt=new then=3 layer=9", err);
    bool kept = s->layer == 1 && s->prompt_len == 3 && s->n_then == 1 &&
                s->then[0] == 7;
    return ok || kept ? ok : true; /* a change in spite of failing shows up */
}

START_TEST(parsing_a_state_over_another) {
    State s;
    state_init(&s);
    ck_assert(state_parse(&s, "prompt=old then=7 layer=1", NULL));
    ck_assert_int_ge(fault_each(parse_state, &s), 5);
    ck_assert_str_eq(s.prompt, "new");
    state_free(&s);
}
END_TEST

TEST_MAIN("deck_fault", opening_a_deck, asking_for_a_state,
          parsing_a_state_over_another)
