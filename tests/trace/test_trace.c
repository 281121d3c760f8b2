/* The trace against a plain recording of everything a session announced: row
 * by row and bit by bit, however little of it is stored. */
#include "engine/spec/arch.h"
#include "engine/trace/trace.h"
#include "tests/support/every_family.h"
#include "tests/support/recording.h"
#include "tests/support/test.h"
#include "tests/support/trace_case.h"

#include <pthread.h>
#include <string.h>

/* Models of different shapes; the last is longer than SESSION_BATCH. */
static const TinySpec specs[] = {
    {.dim = 16,
     .hidden_dim = 24,
     .n_layers = 2,
     .n_heads = 4,
     .n_kv_heads = 2,
     .vocab_size = 300,
     .seq_len = 64,
     .shared_classifier = true,
     .seed = 1},
    {.dim = 8,
     .hidden_dim = 12,
     .n_layers = 1,
     .n_heads = 2,
     .n_kv_heads = 2,
     .vocab_size = 40,
     .seq_len = 32,
     .seed = 2},
    {.dim = 24,
     .hidden_dim = 40,
     .n_layers = 3,
     .n_heads = 6,
     .n_kv_heads = 1,
     .vocab_size = 50,
     .seq_len = 100,
     .version = 1,
     .seed = 3},
};
#define N_SPECS 3

/* Something of every kind there is to switch off or scale. */
#define EDITS "0.1,0.0*0.5,attn0*0.25,mlp0*-1,n0.3,n0.5*2"

/* ---- what is expected --------------------------------------------------- */

/* Everything that a session without a trace announces. */
typedef struct Expected {
    Config config; /* a copy: outlives the model */
    int n_pos;
    Recording *rows;
} Expected;

/* For n tokens of the seed. */
static Expected record(TinySpec spec, const char *edits, int n, uint64_t seed) {
    TraceCase c = trace_case_open(spec, 0, edits);
    Expected e = {.config = *model_config(c.tiny.model), .n_pos = n};
    e.rows = recording_open(&e.config, n);
    trace_close(c.trace);
    c.trace = NULL;
    session_set_hook(c.session, recording_hook(e.rows, SITE_ALL));
    trace_case_feed(&c, n, seed);
    trace_case_close(&c);
    return e;
}

/* The row that the trace gives is the one announced. */
static void check_row(const Trace *t, const Expected *e, Site site, int layer,
                      int pos) {
    int rows, cols, len;
    if (!site_info(site)->per_layer) layer = 0;
    const float *expected = recording_row(e->rows, site, layer, pos, &len);
    ck_assert_msg(expected != NULL, "%s was not announced",
                  site_info(site)->name);
    site_shape(site, &e->config, trace_n_keys(t, pos), &rows, &cols);
    ck_assert_int_eq(rows * cols, len);
    const float *row = trace_row(t, site, layer, pos);
    ck_assert_msg(memcmp(row, expected, (size_t)len * sizeof(float)) == 0,
                  "%s differs at layer %d, position %d", site_info(site)->name,
                  layer, pos);
}

/* Every row, in an order that jumps about. */
static void check_all(const Trace *t, const Expected *e) {
    int n_layers = e->config.n_layers, n = SITE_COUNT * n_layers * e->n_pos;
    int step = 7919; /* a prime that divides none of the sizes used */
    ck_assert_int_eq(trace_n_pos(t), e->n_pos);
    for (int i = 0; i < n; i++) {
        int at = (int)((int64_t)i * step % n);
        if (tiny_has(&e->config, at % SITE_COUNT))
            check_row(t, e, at % SITE_COUNT, at / SITE_COUNT % n_layers,
                      at / SITE_COUNT / n_layers);
    }
}

/* ---- budgets ----------------------------------------------------------- */

/* Budgets that hold all, about half the positions, and none. */
static uint64_t budget_for(const Config *c, int n_pos, int which) {
    if (which == 0) return TRACE_BUDGET_DEFAULT;
    return which == 1 ? trace_bytes(c, n_pos / 2) : 0;
}

static void check_budgets(const char *edits) {
    for (int i = 0; i < N_SPECS; i++) {
        int n = specs[i].seq_len - 1;
        Expected expected = record(specs[i], edits, n, 5);
        for (int which = 0; which < 3; which++) {
            uint64_t budget = budget_for(&expected.config, n, which);
            TraceCase c = trace_case_open(specs[i], budget, edits);
            trace_case_feed(&c, n, 5);
            check_all(c.trace, &expected);
            TraceStats stats = trace_stats(c.trace);
            ck_assert(stats.stored_bytes <= budget);
            ck_assert((stats.n_recomputed > 0) == (stats.n_stored < n));
            trace_case_close(&c);
        }
        recording_close(expected.rows);
    }
}

START_TEST(every_row_is_what_was_announced_within_any_budget) {
    check_budgets("");
}
END_TEST

START_TEST(edits_hold_for_what_is_recomputed) {
    check_budgets(EDITS);
    check_budgets("raw0.1,rope,cut2,token3=7,steer0=3-9*2");
}
END_TEST

START_TEST(with_the_mask_removed_rows_span_the_whole_sequence) {
    check_budgets("mask");
}
END_TEST

START_TEST(budget_is_kept_and_positions_counted) {
    const TinySpec spec = specs[0];
    TraceCase c = trace_case_open(spec, 0, "");
    const Config config = *trace_config(c.trace);
    uint64_t seven = trace_bytes(&config, 7), budget = seven + 4;
    ck_assert(seven < trace_bytes(&config, 8));
    ck_assert_int_eq(trace_bytes(&config, 0), 0);
    trace_case_close(&c);

    c = trace_case_open(spec, budget, "");
    trace_case_feed(&c, 5, 1);
    ck_assert_int_eq(trace_stats(c.trace).n_stored, 5);
    trace_case_feed(&c, 5, 2);
    TraceStats stats = trace_stats(c.trace);
    ck_assert_int_eq(stats.n_stored, 7);
    ck_assert_uint_eq(stats.stored_bytes, seven);
    ck_assert_uint_eq(stats.budget_bytes, budget);
    trace_case_close(&c);
}
END_TEST

START_TEST(a_layer_runs_once_and_only_as_far_as_asked) {
    TraceCase c = trace_case_open(specs[0], 0, "");
    trace_case_feed(&c, 8, 1);
    const Trace *t = c.trace;
    const Site key = trace_config(c.trace)->arch->cached_key;
    const struct {
        Site site;
        int layer;
        uint64_t n_runs;
    } questions[] = {
        {SITE_RESID_POST, 1, 0}, /* held, like the KV cache */
        {SITE_V, 1, 0},          {key, 1, 0},
        {SITE_PATTERN, 1, 1},    {SITE_Q, 1, 1},
        {SITE_Z, 1, 2},          {SITE_ATTN_OUT, 1, 2},
        {SITE_MLP_OUT, 1, 3},    {SITE_PATTERN, 1, 3},
        {SITE_LOGITS, 0, 4},     {SITE_LN_FINAL_SCALE, 0, 4},
        {SITE_MLP_OUT, 0, 5},    {SITE_PATTERN, 0, 5},
    };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        trace_row(t, questions[i].site, questions[i].layer, 6);
        ck_assert_uint_eq(trace_stats(t).n_recomputed, questions[i].n_runs);
    }
    trace_case_close(&c);
}
END_TEST

START_TEST(rows_stay_while_others_are_asked_for) {
    TraceCase c = trace_case_open(specs[0], 0, "");
    trace_case_feed(&c, 40, 1);
    const float *row = trace_row(c.trace, SITE_PATTERN, 1, 39);
    float before[4 * 40];
    memcpy(before, row, sizeof before);
    for (int i = 0; i < TRACE_ROWS_VALID; i++)
        trace_row(c.trace, SITE_MLP_OUT, i % 2, i / 2);
    ck_assert_mem_eq(row, before, sizeof before);
    /* It is still the one in use, also when the rest of its layer is run. */
    trace_row(c.trace, SITE_MLP_OUT, 1, 39);
    ck_assert_mem_eq(row, before, sizeof before);
    ck_assert_ptr_eq(trace_row(c.trace, SITE_PATTERN, 1, 39), row);
    trace_case_close(&c);
}
END_TEST

/* ---- rewinding --------------------------------------------------------- */

START_TEST(a_rewind_takes_positions_back_at_once) {
    TraceCase c = trace_case_open(specs[0], 0, "");
    trace_case_feed(&c, 9, 1);
    ck_assert_int_eq(trace_n_pos(c.trace), 9);
    session_rewind(c.session, 4);
    trace_sync(c.trace);
    ck_assert_int_eq(trace_n_pos(c.trace), 4);
    trace_case_feed(&c, 3, 2);
    ck_assert_int_eq(trace_n_pos(c.trace), 7);
    trace_sync(c.trace);
    ck_assert_int_eq(trace_n_pos(c.trace), 7);
    trace_case_close(&c);
}
END_TEST

START_TEST(without_a_mask_a_rewind_takes_everything_back) {
    TraceCase c = trace_case_open(specs[0], 0, "mask");
    trace_case_feed(&c, 9, 1);
    session_rewind(c.session, 4);
    trace_sync(c.trace);
    ck_assert_int_eq(trace_n_pos(c.trace), 0);
    trace_case_feed(&c, 1, 2);
    ck_assert_int_eq(trace_n_pos(c.trace), 5);
    trace_case_close(&c);
}
END_TEST

START_TEST(without_a_mask_a_feed_changes_every_row) {
    const int tokens[] = {1, 20, 7, 33, 8};
    TraceCase c = trace_case_open(specs[0], 0, "mask");
    TraceCase whole = trace_case_open(specs[0], TRACE_BUDGET_DEFAULT, "mask");
    ck_assert(session_feed(c.session, tokens, 3, NULL) != NULL);
    trace_row(c.trace, SITE_Z, 1, 2); /* run again, to be forgotten */
    ck_assert(session_feed(c.session, tokens + 3, 2, NULL) != NULL);
    ck_assert(session_feed(whole.session, tokens, 5, NULL) != NULL);
    ck_assert_mem_eq(trace_row(c.trace, SITE_Z, 1, 2),
                     trace_row(whole.trace, SITE_Z, 1, 2), 16 * sizeof(float));
    trace_case_close(&whole);
    trace_case_close(&c);
}
END_TEST

START_TEST(other_tokens_after_a_rewind_replace_the_old_ones) {
    for (int which = 0; which < 3; which++) {
        Expected expected = record(specs[0], "", 20, 8);
        uint64_t budget = budget_for(&expected.config, 20, which);
        TraceCase c = trace_case_open(specs[0], budget, "");
        trace_case_feed(&c, 30, 9);
        trace_row(c.trace, SITE_Z, 1, 7); /* something to forget */
        session_rewind(c.session, 0);
        trace_case_feed(&c, 20, 8); /* the feed alone makes it notice */
        check_row(c.trace, &expected, SITE_Z, 1, 7);
        check_all(c.trace, &expected);
        trace_case_close(&c);
        recording_close(expected.rows);
    }
}
END_TEST

/* Blocks of positions are begun, left and come back to in the middle, and the
 * last stored position is in the middle of one. */
START_TEST(rewinds_and_feeds_need_not_end_with_a_block) {
    static const int stored[] = {0, 1, 63, 64, 65, 80, 99};
    Expected expected = record(specs[2], "", 99, 8);
    for (size_t i = 0; i < sizeof stored / sizeof *stored; i++) {
        const uint64_t budget = trace_bytes(&expected.config, stored[i]);
        TraceCase c = trace_case_open(specs[2], budget, "");
        int tokens[99];
        trace_case_feed(&c, 99, 8);
        memcpy(tokens, session_tokens(c.session), sizeof tokens);
        trace_row(c.trace, SITE_LOGITS, 0, 62); /* kept, to be forgotten */
        trace_row(c.trace, SITE_LOGITS, 0, 70);
        session_rewind(c.session, 61);
        trace_case_feed(&c, 20, 9);
        session_rewind(c.session, 61);
        ck_assert(session_feed(c.session, tokens + 61, 38, NULL) != NULL);
        ck_assert_int_eq(trace_stats(c.trace).n_stored, stored[i]);
        check_all(c.trace, &expected);
        trace_case_close(&c);
    }
    recording_close(expected.rows);
}
END_TEST

START_TEST(a_prompt_has_the_end_of_the_model_at_its_last_position) {
    TraceCase c = trace_case_open(specs[2], TRACE_BUDGET_DEFAULT, "");
    int tokens[70] = {1};
    ck_assert(session_feed(c.session, tokens, 70, NULL) != NULL);
    for (int pos = 0; pos < 70; pos++)
        ck_assert_int_eq(trace_find(c.trace, SITE_LOGITS, 0, pos) != NULL,
                         pos == 69);
    const float *row = trace_row(c.trace, SITE_LOGITS, 0, 5);
    ck_assert_ptr_eq(trace_find(c.trace, SITE_LOGITS, 0, 5), row);
    ck_assert_ptr_eq(trace_row(c.trace, SITE_LOGITS, 0, 5), row);
    ck_assert_uint_eq(trace_stats(c.trace).n_ends, 1);
    ck_assert_uint_eq(trace_stats(c.trace).n_recomputed, 0);
    trace_case_close(&c);
}
END_TEST

START_TEST(setting_edits_starts_anew) {
    Expected expected = record(specs[0], EDITS, 12, 8);
    TraceCase c =
        trace_case_open(specs[0], trace_bytes(&expected.config, 6), "");
    trace_case_feed(&c, 12, 8);
    trace_row(c.trace, SITE_PATTERN, 1, 11);
    Edits e;
    Err err = {0};
    ck_assert(edits_parse(&e, EDITS, &expected.config, &err));
    ck_assert(session_set_edits(c.session, &e, &err));
    trace_sync(c.trace);
    ck_assert_int_eq(trace_n_pos(c.trace), 0);
    trace_case_feed(&c, 12, 8);
    check_row(c.trace, &expected, SITE_PATTERN, 1, 11);
    check_all(c.trace, &expected);
    ck_assert(edits_equal(trace_edits(c.trace), &e));
    trace_case_close(&c);
    recording_close(expected.rows);
}
END_TEST

START_TEST(tokens_are_those_fed) {
    TraceCase c = trace_case_open(specs[0], 0, "");
    const int tokens[] = {1, 270, 3, 42};
    ck_assert(session_feed(c.session, tokens, 4, NULL) != NULL);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(trace_token(c.trace, i), tokens[i]);
    ck_assert_ptr_eq(trace_model(c.trace), c.tiny.model);
    ck_assert_ptr_eq(trace_config(c.trace), model_config(c.tiny.model));
    trace_case_close(&c);
}
END_TEST

START_TEST(a_closed_trace_no_longer_listens) {
    TraceCase c = trace_case_open(specs[0], 0, "");
    trace_case_feed(&c, 2, 1);
    trace_close(c.trace);
    trace_close(NULL);
    c.trace = NULL;
    trace_case_feed(&c, 2, 1);
    ck_assert_int_eq(session_pos(c.session), 4);
    trace_case_close(&c);
}
END_TEST

/* ---- two threads ------------------------------------------------------- */

static void *feed_all(void *ud) {
    TraceCase *c = ud;
    trace_case_feed(c, 90, 5);
    return NULL;
}

START_TEST(a_reader_may_read_what_is_published_while_more_is_fed) {
    Expected expected = record(specs[2], "", 90, 5);
    TraceCase c =
        trace_case_open(specs[2], trace_bytes(&expected.config, 45), "");
    pthread_t writer;
    ck_assert_int_eq(pthread_create(&writer, NULL, feed_all, &c), 0);
    for (int seen = 0; seen < 90;) {
        for (int n = trace_n_pos(c.trace); seen < n; seen++)
            for (int s = 0; s < SITE_COUNT; s++)
                if (tiny_has(&expected.config, s))
                    check_row(c.trace, &expected, s,
                              seen % expected.config.n_layers, seen);
    }
    pthread_join(writer, NULL);
    check_all(c.trace, &expected);
    trace_case_close(&c);
    recording_close(expected.rows);
}
END_TEST

START_TEST(a_budget_that_does_not_fit_is_made_smaller) {
    TinyModel t;
    const TinySpec spec = tiny_spec();
    Err err = {0};
    ck_assert(tiny_open(&t, &spec));
    const Config *c = model_config(t.model);
    const uint64_t session = session_memory_all(t.model, 64);
    const uint64_t resid = trace_memory(c, 64, 0);
    ck_assert_uint_eq(resid, 64 * 3 * 16 * sizeof(float));
    ck_assert_uint_eq(trace_memory(c, 64, UINT64_MAX),
                      resid + trace_bytes(c, 64));
    const struct {
        uint64_t left, budget;
    } cases[] = {{resid + 5000, 5000}, {resid + 20000, 9999}, {resid, 0}};
    for (int i = 0; i < 3; i++) {
        const SessionOptions opt = {.memory_max = session + cases[i].left};
        Session *s = session_open(t.model, &opt, &err);
        Trace *trace = trace_open(s, 9999, &err);
        ck_assert_msg(trace != NULL, "%s", err.msg);
        ck_assert_uint_eq(trace_stats(trace).budget_bytes, cases[i].budget);
        trace_close(trace);
        session_close(s);
    }
    const SessionOptions less = {.memory_max = session + resid - 1};
    Session *s = session_open(t.model, &less, &err);
    ck_assert_ptr_null(trace_open(s, 9999, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "memory: found 0.00 GB for the tr"));
    session_close(s);
    tiny_close(&t);
}
END_TEST

/* As much memory as the session alone would take whole: then it takes less,
 * and the trace fits. */
START_TEST(a_session_leaves_room_for_the_trace) {
    TinyModel t;
    TinySpec spec = tiny_spec();
    spec.seq_len = SESSION_SEQ_DEFAULT;
    Err err = {0};
    ck_assert(tiny_open(&t, &spec));
    SessionOptions opt = {.memory_max =
                              session_memory_all(t.model, SESSION_SEQ_DEFAULT)};
    for (int asked = 0; asked < 2; asked++) {
        opt.token_bytes = asked ? trace_token_bytes(model_config(t.model)) : 0;
        Session *s = session_open(t.model, &opt, &err);
        ck_assert((session_seq_len(s) == SESSION_SEQ_DEFAULT) == (asked == 0));
        Trace *trace = trace_open(s, 0, &err);
        ck_assert((trace != NULL) == (asked == 1));
        trace_close(trace);
        session_close(s);
    }
    tiny_close(&t);
}
END_TEST

int main(void) {
    const TTest *const all[] = {
        every_row_is_what_was_announced_within_any_budget,
        edits_hold_for_what_is_recomputed,
        with_the_mask_removed_rows_span_the_whole_sequence,
        budget_is_kept_and_positions_counted,
        a_layer_runs_once_and_only_as_far_as_asked,
        rows_stay_while_others_are_asked_for,
        a_rewind_takes_positions_back_at_once,
        without_a_mask_a_rewind_takes_everything_back,
        without_a_mask_a_feed_changes_every_row,
        other_tokens_after_a_rewind_replace_the_old_ones,
        rewinds_and_feeds_need_not_end_with_a_block,
        a_prompt_has_the_end_of_the_model_at_its_last_position,
        setting_edits_starts_anew,
        tokens_are_those_fed,
        a_closed_trace_no_longer_listens,
        a_reader_may_read_what_is_published_while_more_is_fed,
        a_session_leaves_room_for_the_trace,
        a_budget_that_does_not_fit_is_made_smaller};
    /* What holds where a text is one whole, too. */
    const TTest *const whole[] = {
        every_row_is_what_was_announced_within_any_budget,
        edits_hold_for_what_is_recomputed,
        rows_stay_while_others_are_asked_for,
        without_a_mask_a_rewind_takes_everything_back,
        without_a_mask_a_feed_changes_every_row,
        setting_edits_starts_anew,
        tokens_are_those_fed,
        a_closed_trace_no_longer_listens,
        a_budget_that_does_not_fit_is_made_smaller};
    int failed = tiny_run_families("trace", all, sizeof all / sizeof *all);
    tiny_family_now = TINY_BERT;
    failed |= test_run("trace bert", whole, sizeof whole / sizeof *whole);
    return failed;
}
