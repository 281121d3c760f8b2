/* Claims about the embedded model: those of its lesson, and means over prompts
 * drawn from its world. */
#include "lessons/deck.h"
#include "tests/support/test.h"
#include "viz/app/claim_eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char tales_bin[] = "assets/models/tales.bin";
static const char tales_tok[] = "assets/models/tales.tok.bin";

/* Of numbers that views show as f32. */
static void ck_close(double got, double want) {
    ck_assert_msg(fabs(got - want) <= 1e-6 * (1 + fabs(want)),
                  "found %.12g, need %.12g", got, want);
}

/* ---- the lesson --------------------------------------------------------- */

/* A run of the text with some edits. */
typedef struct Reading {
    Session *session;
    Trace *trace;
} Reading;

static Reading read_with(const Model *m, const Edits *edits, const int *ids,
                         int n) {
    Err err = {0};
    Reading r = {session_open(m, &(SessionOptions){.n_threads = 1}, &err),
                 NULL};
    ck_assert_ptr_nonnull(r.session);
    ck_assert(session_set_edits(r.session, edits, &err));
    r.trace = trace_open(r.session, TRACE_BUDGET_DEFAULT, &err);
    ck_assert_ptr_nonnull(r.trace);
    ck_assert_ptr_nonnull(session_feed(r.session, ids, n, &err));
    return r;
}

static void read_close(Reading *r) {
    trace_close(r->trace);
    session_close(r->session);
}

/* Everything that a beat's claims need, run anew. */
static void check_beat(const Deck *d, int slide, int beat, const Model *m,
                       const Tokenizer *tok, int *n_checked) {
    State base, s;
    Err err = {0};
    Encoding e = {0};
    int ids[512];
    state_init(&base);
    state_init(&s);
    ck_assert(deck_state_at(d, slide, beat, &base, &s, &err));
    ck_assert(
        tokenizer_encode(tok, s.prompt, s.prompt_len, TOKENIZER_BOS, &e, &err));
    ck_assert_int_le(e.n, 512);
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    Reading run = read_with(m, &s.edits, ids, e.n);
    Reading plain = read_with(m, &(Edits){0}, ids, e.n);
    const DeckSlide *ds = deck_slide(d, slide);
    ClaimEval *eval = claim_eval_open(0, NULL, &err);
    ck_assert_ptr_nonnull(eval);
    for (int i = 0; i < ds->n_claims; i++) {
        const DeckClaim *dc = &ds->claims[i];
        ClaimFound found = {0};
        const ClaimCase at = {.trace = run.trace,
                              .tokenizer = tok,
                              .state = &s,
                              .against = plain.trace,
                              .against_state = &s};
        if (dc->beat != beat) continue;
        ck_assert_msg(claim_eval(eval, &dc->claim, &at, &found, &err),
                      "line %d: %s", dc->line, err.msg);
        ck_assert_msg(found.holds, "line %d: %s: found %g", dc->line, dc->text,
                      found.left);
        ++*n_checked;
    }
    claim_eval_close(eval);
    encoding_free(&e);
    read_close(&run);
    read_close(&plain);
    state_free(&base);
    state_free(&s);
}

/* ---- means --------------------------------------------------------------- */

static const char *const girls[] = {"Mia",  "Zoe",  "Lily", "Anna",
                                    "Ruby", "Nora", "Kate", "Ella"};
static const char *const boys[] = {"Tom", "Ben",  "Max",  "Sam",
                                   "Leo", "Jack", "Finn", "Hugo"};

/* The tales model, and a text before it. */
typedef struct Tales {
    Model *model;
    Tokenizer *tok;
    Session *session;
    Trace *trace;
    State state;
} Tales;

static void tales_read(Tales *t, const char *text) {
    Encoding e = {0};
    Err err = {0};
    int ids[64];
    ck_assert(state_set_prompt(&t->state, text, strlen(text), &err));
    ck_assert(
        tokenizer_encode(t->tok, text, strlen(text), TOKENIZER_BOS, &e, &err));
    ck_assert_int_le(e.n, 64);
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    session_rewind(t->session, 0);
    trace_sync(t->trace);
    ck_assert_ptr_nonnull(session_feed(t->session, ids, e.n, &err));
    encoding_free(&e);
}

static Tales tales_open(const char *edits) {
    Tales t = {0};
    Edits e;
    state_init(&t.state);
    t.model = model_open(tales_bin, NULL);
    t.tok = tokenizer_open(tales_tok, 768, NULL);
    t.session = session_open(t.model, &(SessionOptions){.n_threads = 1}, NULL);
    ck_assert(edits_parse(&e, edits, NULL, NULL));
    ck_assert(session_set_edits(t.session, &e, NULL));
    t.trace = trace_open(t.session, TRACE_BUDGET_DEFAULT, NULL);
    ck_assert_ptr_nonnull(t.trace);
    return t;
}

static void tales_close(Tales *t) {
    state_free(&t->state);
    trace_close(t->trace);
    session_close(t->session);
    tokenizer_close(t->tok);
    model_close(t->model);
}

static double tales_prob(const Tales *t, const char *token) {
    const float *logits =
        trace_row(t->trace, SITE_LOGITS, 0, trace_n_pos(t->trace) - 1);
    const int id = tokenizer_find_piece(t->tok, token, (int)strlen(token));
    double sum = 0;
    ck_assert_int_ge(id, 0);
    for (int i = 0; i < 768; i++)
        sum += exp((double)logits[i] - (double)logits[id]);
    return 1 / sum;
}

static void tales_about(Tales *t, const char *girl, const char *boy) {
    char text[160];
    snprintf(text, sizeof text,
             "Once there was a kind girl named %s. One day, she went to the "
             "park. There she met %s. \"Hello, %s!\" said",
             girl, boy, boy);
    tales_read(t, text);
}

static double tales_value(const Tales *t, const Tales *against,
                          const char *text) {
    Claim claim;
    Err err = {0};
    ClaimFound found;
    ClaimEval *e = claim_eval_open(0, NULL, &err);
    const ClaimCase at = {.trace = t->trace,
                          .tokenizer = t->tok,
                          .state = &t->state,
                          .against = against ? against->trace : NULL,
                          .against_state = against ? &against->state : NULL};
    ck_assert_msg(claim_parse(&claim, text, strlen(text), &err), "%s", err.msg);
    ck_assert_msg(claim_eval(e, &claim, &at, &found, &err), "%s", err.msg);
    claim_eval_close(e);
    return found.left;
}

/* All 64 told one by one. */
START_TEST(a_mean_is_over_all_who_could_be_told_of) {
    Tales off = tales_open("3.0"), on = tales_open("");
    double sum_off = 0, sum_on = 0, named = 0;
    for (int g = 0; g < 8; g++)
        for (int b = 0; b < 8; b++) {
            char token[8];
            snprintf(token, sizeof token, " %s", girls[g]);
            tales_about(&off, girls[g], boys[b]);
            tales_about(&on, girls[g], boys[b]);
            sum_off += tales_prob(&off, token);
            sum_on += tales_prob(&on, token);
        }
    tales_about(&off, "Zoe", "Sam");
    tales_about(&on, "Zoe", "Sam");
    const char *mean = "mean(prob(token=\" Zoe\"), over=\"girl,boy\") > 0";
    ck_close(tales_value(&off, &on, mean), sum_off / 64);
    ck_close(tales_value(&on, NULL, mean), sum_on / 64);
    ck_close(tales_value(&off, &on,
                         "mean(before(prob(token=\" Zoe\")) - "
                         "prob(token=\" Zoe\"), over=\"boy,girl\") > 0"),
             (sum_on - sum_off) / 64);
    ck_close(tales_value(&off, &on,
                         "before(mean(prob(token=\" Zoe\"), "
                         "over=\"girl,boy\")) > 0"),
             sum_on / 64);
    /* Some of them: between the least and the most. */
    named = tales_value(&off, &on,
                        "mean(prob(token=\" Zoe\"), over=\"girl,boy\", n=5) "
                        "> 0");
    ck_assert(named > 0.04 && named < 0.77);
    tales_close(&off);
    tales_close(&on);
}
END_TEST

/* Mia, whom the text tells of besides, is nobody's other name. */
START_TEST(nobody_is_told_of_in_two_places) {
    Tales t = tales_open("");
    double sum = 0;
    for (int g = 0; g < 8; g++) {
        char text[160], token[8];
        snprintf(text, sizeof text,
                 "Once there was a kind girl named %s. One day, she met Mia. "
                 "\"Hello, Mia!\" said",
                 girls[g]);
        snprintf(token, sizeof token, " %s", girls[g]);
        if (strcmp(girls[g], "Mia") == 0) continue;
        tales_read(&t, text);
        sum += tales_prob(&t, token);
    }
    tales_read(&t, "Once there was a kind girl named Zoe. One day, she met "
                   "Mia. \"Hello, Mia!\" said");
    ck_close(
        tales_value(&t, NULL, "mean(prob(token=\" Zoe\"), over=\"girl\") > 0"),
        sum / 7);
    tales_close(&t);
}
END_TEST

START_TEST(the_lesson_tells_the_truth) {
    Err err = {0};
    Model *m = model_open(tales_bin, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Tokenizer *tok = tokenizer_open(tales_tok, 768, &err);
    ck_assert_msg(tok != NULL, "%s", err.msg);
    Deck *d = deck_open("lessons/who-speaks.md", &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    ck_assert_str_eq(deck_meta(d, "model"), model_name(m));
    int n_beats = 0, n_checked = 0;
    for (int i = 0; i < deck_n_slides(d); i++)
        for (int j = 0; j < deck_slide(d, i)->n_beats; j++, n_beats++)
            check_beat(d, i, j, m, tok, &n_checked);
    ck_assert_int_ge(n_beats, 6);
    ck_assert_int_ge(n_checked, 20);
    deck_close(d);
    tokenizer_close(tok);
    model_close(m);
}
END_TEST

TEST_MAIN("claims_tales", a_mean_is_over_all_who_could_be_told_of,
          nobody_is_told_of_in_two_places, the_lesson_tells_the_truth)
