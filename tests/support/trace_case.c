#include "tests/support/trace_case.h"

#include "tests/support/test.h"

TraceCase trace_case_open(TinySpec spec, uint64_t budget, const char *edits) {
    TraceCase c = {0};
    Err err = {0};
    Edits e = {0};
    spec.family = tiny_family_now;
    ck_assert(tiny_open(&c.tiny, &spec));
    SessionOptions one_thread = {.n_threads = 1};
    c.session = session_open(c.tiny.model, &one_thread, &err);
    ck_assert_msg(c.session != NULL, "%s", err.msg);
    const Config *config = model_config(c.tiny.model);
    ck_assert_msg(edits_parse(&e, tiny_edits(edits, config), config, &err),
                  "%s", err.msg);
    ck_assert_msg(session_set_edits(c.session, &e, &err), "%s", err.msg);
    c.trace = trace_open(c.session, budget, &err);
    ck_assert_msg(c.trace != NULL, "%s", err.msg);
    return c;
}

void trace_case_close(TraceCase *c) {
    trace_close(c->trace);
    session_close(c->session);
    tiny_close(&c->tiny);
}

int trace_case_draw(uint64_t *state, int n) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (int)((*state >> 33) % (uint64_t)n);
}

void trace_case_feed(TraceCase *c, int n, uint64_t seed) {
    static const int splits[] = {3, 1, 70, 2};
    int n_vocab = model_config(c->tiny.model)->vocab_size, done = 0;
    for (int i = 0; done < n; i++) {
        int tokens[70], take = splits[i % 4];
        if (take > n - done) take = n - done;
        for (int k = 0; k < take; k++)
            tokens[k] = trace_case_draw(&seed, n_vocab);
        Err err = {0};
        ck_assert_msg(session_feed(c->session, tokens, take, &err) != NULL,
                      "%s", err.msg);
        done += take;
    }
}
