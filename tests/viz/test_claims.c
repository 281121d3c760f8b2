#include "lessons/deck.h"
#include "tests/support/test.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/trace_case.h"
#include "viz/app/claim_eval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char tales_bin[] = "assets/models/tales.bin";
static const char tales_tok[] = "assets/models/tales.tok.bin";

/* The value of a claim's left side; fails the test when it has none. */
static double value_of(const TraceCase *c, const char *text) {
    Claim claim;
    Err err = {0};
    double v = NAN;
    ck_assert_msg(claim_parse(&claim, text, strlen(text), &err), "%s: %s", text,
                  err.msg);
    ck_assert_msg(claim_eval(&claim, c->trace, c->tiny.tok, &v, &err), "%s: %s",
                  text, err.msg);
    return v;
}

static void ck_near(double got, double want) {
    ck_assert_msg(fabs(got - want) <= 1e-9 * (1 + fabs(want)),
                  "found %.12g, need %.12g", got, want);
}

/* A tiny model that has read "the cat sat the cat". */
static TraceCase cat_case(void) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    Encoding e = {0};
    int ids[64];
    const char *text = "the cat sat the cat";
    ck_assert(tokenizer_encode(c.tiny.tok, text, strlen(text), TOKENIZER_BOS,
                               &e, NULL));
    ck_assert_int_eq(e.n, 6);
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    ck_assert_ptr_nonnull(session_feed(c.session, ids, e.n, NULL));
    encoding_free(&e);
    return c;
}

START_TEST(attention_weights_are_looked_up) {
    TraceCase c = cat_case();
    const float *row = trace_row(c.trace, SITE_PATTERN, 1, 5);
    const float *early = trace_row(c.trace, SITE_PATTERN, 1, 3);
    ck_near(value_of(&c, "attn(layer=1,head=3,from=5,to=2) > 0"),
            row[3 * 6 + 2]);
    /* Text is the last token that reads so, its space aside. */
    ck_near(value_of(&c, "attn(layer=1,head=3,from=\"cat\",to=\"sat\") > 0"),
            row[3 * 6 + 3]);
    ck_near(value_of(&c, "attn(layer=1,head=3,from=\" cat\",to=\"the\") > 0"),
            row[3 * 6 + 4]);
    ck_near(value_of(&c, "attn(layer=1,head=2,from=\"sat\",to=\"<s>\") > 0"),
            early[2 * 4 + 0]);
    trace_case_close(&c);
}
END_TEST

START_TEST(next_token_is_looked_up) {
    TraceCase c = cat_case();
    const float *logits = trace_row(c.trace, SITE_LOGITS, 0, 5);
    int cat = tokenizer_find_piece(c.tiny.tok, " cat", 4);
    int n_better = 0;
    double sum = 0, bits = 0;
    for (int i = 0; i < 300; i++) {
        sum += exp(logits[i]);
        n_better += logits[i] > logits[cat];
    }
    for (int i = 0; i < 300; i++)
        bits -= exp(logits[i]) / sum * log2(exp(logits[i]) / sum);
    ck_near(value_of(&c, "logit(token=\" cat\") > 0"), logits[cat]);
    ck_near(value_of(&c, "prob(token=\" cat\") > 0"), exp(logits[cat]) / sum);
    ck_near(value_of(&c, "rank(token=\" cat\") > 0"), n_better + 1);
    ck_near(value_of(&c, "entropy() > 0"), bits);
    ck_near(value_of(&c, "logit(token=7, at=\"sat\") > 0"),
            trace_row(c.trace, SITE_LOGITS, 0, 3)[7]);
    /* A newline is no piece but has its byte. */
    ck_near(value_of(&c, "logit(token=\"\\n\") > 0"),
            logits[TOKEN_BYTE0 + '\n']);
    ck_near(value_of(&c, "tokens() > 0"), 6);
    trace_case_close(&c);
}
END_TEST

/* Rows of the model past the tokenizer's last piece count for nothing. */
START_TEST(rows_without_a_piece_count_for_nothing) {
    TinySpec spec = tiny_spec();
    spec.vocab_size = 310;
    TraceCase c = trace_case_open(spec, TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 6, 4);
    size_t size;
    Err err = {0};
    void *bytes = tiny_tokenizer_bytes(300, &size);
    Tokenizer *few = tokenizer_open_memory("t.bin", bytes, size, 300, &err);
    Bytes spm = tiny_tokenizer_model(few);
    Tokenizer *whole = c.tiny.tok;
    c.tiny.tok =
        tokenizer_open_memory("t.model", spm.data, spm.size, 310, &err);
    ck_assert_msg(c.tiny.tok != NULL, "%s", err.msg);
    const float *logits = trace_row(c.trace, SITE_LOGITS, 0, 5);
    double sum = 0, bits = 0;
    for (int i = 0; i < 300; i++)
        sum += exp(logits[i]);
    for (int i = 0; i < 300; i++)
        bits -= exp(logits[i]) / sum * log2(exp(logits[i]) / sum);
    ck_near(value_of(&c, "prob(token=7) > 0"), exp(logits[7]) / sum);
    ck_near(value_of(&c, "entropy() > 0"), bits);
    tokenizer_close(c.tiny.tok);
    c.tiny.tok = whole;
    tokenizer_close(few);
    bytes_free(&spm);
    free(bytes);
    trace_case_close(&c);
}
END_TEST

START_TEST(sites_are_looked_up) {
    TraceCase c = cat_case();
    const float *x = trace_row(c.trace, SITE_RESID_MID, 1, 2);
    const float *w = trace_row(c.trace, SITE_PATTERN, 0, 4) + 2 * 5;
    double sum = 0, bits = 0;
    for (int i = 0; i < 16; i++)
        sum += (double)x[i] * x[i];
    for (int i = 0; i < 5; i++)
        bits -= w[i] * log2(w[i]);
    ck_near(value_of(&c, "norm(site=\"resid_mid\",layer=1,at=2) > 0"),
            sqrt(sum));
    ck_near(value_of(&c, "act(site=\"blocks.1.hook_resid_mid\",layer=1,"
                         "index=15,at=2) > 0"),
            x[15]);
    ck_near(value_of(&c, "entropy(layer=0,head=2,at=4) > 0"), bits);
    ck_near(value_of(&c, "act(site=\"pattern\",layer=0,index=13,at=4) > 0"),
            w[3]);
    trace_case_close(&c);
}
END_TEST

typedef struct Wrong {
    const char *claim, *says;
} Wrong;

static const Wrong wrong[] = {
    {"attn(layer=1,head=0,from=\"cat\",to=\"dog\") > 0",
     "to: token \"dog\" is not in the sequence"},
    {"attn(layer=1,head=0,from=\"ca\",to=0) > 0",
     "from: token \"ca\" is not in the sequence"},
    {"attn(layer=1,head=0,from=2,to=3) > 0",
     "to: position 3 comes after position 2, which cannot attend to it"},
    {"attn(layer=2,head=0,from=2,to=1) > 0", "layer: found 2, need 0 to 1"},
    {"attn(layer=1,head=4,from=2,to=1) > 0", "head: found 4, need 0 to 3"},
    {"attn(layer=1,head=0,from=6,to=1) > 0", "from: found 6, need 0 to 5"},
    {"prob(token=\"catsat\") > 0",
     "token: \"catsat\" is not one piece of the vocabulary"},
    {"prob(token=\"\") > 0", "token: \"\" is not one piece of the vocabulary"},
    {"prob(token=300) > 0", "token: found 300, need 0 to 299"},
    {"norm(site=\"nosuch\",layer=0) > 0", "site: there is no \"nosuch\""},
    {"norm(site=\"blocks.1.hook_resid_mid\",layer=0) > 0",
     "layer: found 0, but \"blocks.1.hook_resid_mid\""},
    {"act(site=\"q\",layer=0,index=16) > 0", "index: found 16, need 0 to 15"},
};

START_TEST(what_is_not_there_is_said) {
    TraceCase c = cat_case();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Claim claim;
        Err err = {0};
        double v;
        const char *text = wrong[i].claim;
        ck_assert(claim_parse(&claim, text, strlen(text), NULL));
        ck_assert(!claim_eval(&claim, c.trace, c.tiny.tok, &v, &err));
        ck_assert_str_eq(err.msg, wrong[i].says);
    }
    trace_case_close(&c);
}
END_TEST

/* ---- the lesson --------------------------------------------------------- */

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
    Session *session = session_open(m, &(SessionOptions){.n_threads = 1}, &err);
    ck_assert_ptr_nonnull(session);
    ck_assert(session_set_edits(session, &s.edits, &err));
    Trace *trace = trace_open(session, TRACE_BUDGET_DEFAULT, &err);
    ck_assert_ptr_nonnull(trace);
    ck_assert(
        tokenizer_encode(tok, s.prompt, s.prompt_len, TOKENIZER_BOS, &e, &err));
    ck_assert_int_le(e.n, 512);
    for (int i = 0; i < e.n; i++)
        ids[i] = e.tokens[i].id;
    ck_assert_ptr_nonnull(session_feed(session, ids, e.n, &err));
    const DeckSlide *ds = deck_slide(d, slide);
    for (int i = 0; i < ds->n_claims; i++) {
        const DeckClaim *dc = &ds->claims[i];
        double v = NAN;
        if (dc->beat != beat) continue;
        ck_assert_msg(claim_eval(&dc->claim, trace, tok, &v, &err),
                      "line %d: %s", dc->line, err.msg);
        ck_assert_msg(claim_compare(dc->claim.op, v, dc->claim.value),
                      "line %d: %s: found %g", dc->line, dc->text, v);
        ++*n_checked;
    }
    encoding_free(&e);
    trace_close(trace);
    session_close(session);
    state_free(&base);
    state_free(&s);
}

START_TEST(the_lesson_tells_the_truth) {
    Err err = {0};
    Model *m = model_open(tales_bin, &err);
    ck_assert_msg(m != NULL, "%s", err.msg);
    Tokenizer *tok = tokenizer_open(tales_tok, 768, &err);
    ck_assert_msg(tok != NULL, "%s", err.msg);
    Deck *d = deck_open("lessons/tales.md", &err);
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

TEST_MAIN("claims", attention_weights_are_looked_up, next_token_is_looked_up,
          rows_without_a_piece_count_for_nothing, sites_are_looked_up,
          what_is_not_there_is_said, the_lesson_tells_the_truth)
