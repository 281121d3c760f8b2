#include "engine/kernel/kern.h"
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

/* With nothing to compare with, and the state's defaults. */
static bool evaluate(const TraceCase *c, const Claim *claim, ClaimFound *found,
                     Err *err) {
    State state;
    state_init(&state);
    ClaimEval *e = claim_eval_open(0, NULL, err);
    const ClaimCase at = {
        .trace = c->trace, .tokenizer = c->tiny.tok, .state = &state};
    const bool ok = e && claim_eval(e, claim, &at, found, err);
    claim_eval_close(e);
    state_free(&state);
    return ok;
}

/* The value of a claim's left side; fails the test when it has none. */
static double value_of(const TraceCase *c, const char *text) {
    Claim claim;
    Err err = {0};
    ClaimFound found;
    ck_assert_msg(claim_parse(&claim, text, strlen(text), &err), "%s: %s", text,
                  err.msg);
    ck_assert_msg(evaluate(c, &claim, &found, &err), "%s: %s", text, err.msg);
    return found.left;
}

static void ck_near(double got, double want) {
    ck_assert_msg(fabs(got - want) <= 1e-9 * (1 + fabs(want)),
                  "found %.12g, need %.12g", got, want);
}

/* Of numbers that views show as f32. */
static void ck_close(double got, double want) {
    ck_assert_msg(fabs(got - want) <= 1e-6 * (1 + fabs(want)),
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

/* Lengths and cosines of what parts add, worked out here once more. */
START_TEST(additions_are_measured) {
    TraceCase c = cat_case();
    const Config *config = trace_config(c.trace);
    const float *mlp = trace_row(c.trace, SITE_MLP_OUT, 1, 5);
    const float *attn = trace_row(c.trace, SITE_ATTN_OUT, 0, 3);
    const float *mid = trace_row(c.trace, SITE_RESID_MID, 1, 5);
    const float *end = trace_row(c.trace, SITE_RESID_POST, 1, 5);
    double v = 0, a = 0, m = 0, e = 0, vm = 0, ve = 0;
    for (int i = 0; i < config->dim; i++) {
        v += (double)mlp[i] * (double)mlp[i];
        a += (double)attn[i] * (double)attn[i];
        m += (double)mid[i] * (double)mid[i];
        e += (double)end[i] * (double)end[i];
        vm += (double)mlp[i] * (double)mid[i];
        ve += (double)mlp[i] * (double)end[i];
    }
    ck_near(value_of(&c, "added(part=\"mlp1\") > 0"), sqrt(v));
    ck_near(value_of(&c, "added(part=\"attn0\", at=3, as=\"length\") > 0"),
            sqrt(a));
    ck_near(value_of(&c, "added(part=\"mlp1\", as=\"along\") > 0"),
            vm / sqrt(v * m));
    ck_near(value_of(&c, "added(part=\"mlp1\", as=\"end\") > 0"),
            ve / sqrt(v * e));
    /* Aimed at what is asked, and as far as the final norm lets it, it is what
     * the part adds to the logit. */
    const double scale = trace_row(c.trace, SITE_LN_FINAL_SCALE, 0, 5)[0];
    float row[64], gain[64];
    const Model *model = trace_model(c.trace);
    double asked = 0;
    ck_assert_int_le(config->dim, 64);
    kern_row(row, model_tensor(model, TENSOR_CLASSIFIER, 0), 40);
    kern_row(gain, model_tensor(model, TENSOR_FINAL_NORM, 0), 0);
    for (int i = 0; i < config->dim; i++)
        asked += (double)(row[i] * gain[i]) * (double)(row[i] * gain[i]);
    ck_close(value_of(&c, "added(part=\"1.2\", as=\"asks\", token=40) * "
                          "added(part=\"1.2\") > 0") *
                 sqrt(asked) / scale,
             value_of(&c, "why(token=40, part=\"1.2\") > 0"));
    trace_case_close(&c);
}
END_TEST

START_TEST(surprise_is_minus_log2_of_the_probability) {
    TraceCase c = cat_case();
    char text[64];
    for (int pos = 1; pos < 6; pos++) {
        snprintf(text, sizeof text, "prob(token=%d, at=%d) > 0",
                 trace_token(c.trace, pos), pos - 1);
        const double p = value_of(&c, text);
        snprintf(text, sizeof text, "surprise(at=%d) > 0", pos);
        ck_close(value_of(&c, text), -log2(p));
    }
    ck_near(value_of(&c, "surprise() > 0"), value_of(&c, "surprise(at=5) > 0"));
    trace_case_close(&c);
}
END_TEST

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
    ck_close(value_of(&c, "entropy() > 0"), bits);
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
    ck_close(value_of(&c, "entropy() > 0"), bits);
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

START_TEST(scores_are_looked_up) {
    TraceCase c = cat_case();
    const float *row = trace_row(c.trace, SITE_ATTN_SCORES, 1, 5);
    ck_near(value_of(&c, "score(layer=1,head=3,from=5,to=2) > 0"),
            row[3 * 6 + 2]);
    /* Behind the mask: q.k / sqrt(K), of the turned ones; K 4, 2 heads a kv. */
    const float *q = trace_row(c.trace, SITE_ROT_Q, 1, 2) + 3 * 4;
    const float *k = trace_row(c.trace, SITE_ROT_K, 1, 4) + 1 * 4;
    double dot = 0;
    for (int i = 0; i < 4; i++)
        dot += (double)q[i] * k[i];
    ck_close(value_of(&c, "score(layer=1,head=3,from=2,to=4) > 0"), dot / 2);
    trace_case_close(&c);
}
END_TEST

/* The lens by hand: final norm and output matrix on a layer's vector. */
static void lens_by_hand(const TraceCase *c, Site site, int layer, int pos,
                         double logits[300]) {
    const float *x = trace_row(c->trace, site, layer, pos);
    const Tensor *gain = model_tensor(c->tiny.model, TENSOR_FINAL_NORM, 0);
    const Tensor *out = model_tensor(c->tiny.model, TENSOR_CLASSIFIER, 0);
    float g[16], row[16];
    double squares = 0;
    for (int i = 0; i < 16; i++)
        squares += (double)x[i] * x[i];
    const double rms = sqrt(squares / 16 + 1e-5);
    kern_row(g, gain, 0);
    for (int id = 0; id < 300; id++) {
        kern_row(row, out, id);
        logits[id] = 0;
        for (int i = 0; i < 16; i++)
            logits[id] += (double)row[i] * g[i] * x[i] / rms;
    }
}

START_TEST(the_lens_is_the_end_on_a_layers_vector) {
    TraceCase c = cat_case();
    double logits[300], sum = 0;
    int rank = 1;
    lens_by_hand(&c, SITE_RESID_POST, 0, 3, logits);
    for (int i = 0; i < 300; i++) {
        sum += exp(logits[i]);
        rank += logits[i] > logits[42];
    }
    ck_close(value_of(&c, "lens(layer=0, token=42, at=3, as=\"logit\") > 0"),
             logits[42]);
    ck_close(value_of(&c, "lens(layer=0, token=42, at=3) > 0"),
             exp(logits[42]) / sum);
    ck_near(value_of(&c, "lens(layer=0, token=42, at=3, as=\"rank\") > 0"),
            rank);
    ck_close(value_of(&c, "lens(layer=1, token=42, as=\"prob\") > 0"),
             value_of(&c, "prob(token=42) > 0"));
    ck_near(value_of(&c, "lens(layer=1, token=42, site=\"resid_pre\") > 0"),
            value_of(&c, "lens(layer=0, token=42) > 0"));
    lens_by_hand(&c, SITE_RESID_MID, 1, 3, logits); /* half-way */
    ck_close(value_of(&c, "lens(layer=1, token=42, at=3, site=\"resid_mid\", "
                          "as=\"logit\") > 0"),
             logits[42]);
    trace_case_close(&c);
}
END_TEST

/* What an MLP adds, by hand: its vector, with the final norm's scale held. */
START_TEST(attribution_is_by_parts) {
    TraceCase c = cat_case();
    const float *added = trace_row(c.trace, SITE_MLP_OUT, 1, 5);
    const float rms = *trace_row(c.trace, SITE_LN_FINAL_SCALE, 0, 5);
    float g[16], a[16], b[16];
    kern_row(g, model_tensor(c.tiny.model, TENSOR_FINAL_NORM, 0), 0);
    kern_row(a, model_tensor(c.tiny.model, TENSOR_CLASSIFIER, 0), 42);
    kern_row(b, model_tensor(c.tiny.model, TENSOR_CLASSIFIER, 0), 43);
    double one = 0, two = 0;
    for (int i = 0; i < 16; i++) {
        one += (double)a[i] * g[i] * added[i] / rms;
        two += (double)(a[i] - b[i]) * g[i] * added[i] / rms;
    }
    ck_close(value_of(&c, "why(token=42, part=\"mlp1\") > 0"), one);
    ck_close(value_of(&c, "why(token=42, than=43, part=\"mlp1\") > 0"), two);
    ck_close(value_of(&c, "why(token=42, part=\"all\") > 0"),
             value_of(&c, "logit(token=42) > 0"));
    ck_near(value_of(&c, "why(token=42, part=\"attn1\") > 0"),
            value_of(&c, "why(token=42, part=\"1.0\") + "
                         "why(token=42, part=\"1.1\") + "
                         "why(token=42, part=\"1.2\") + "
                         "why(token=42, part=\"1.3\") > 0"));
    ck_close(value_of(&c, "why(token=42, part=\"embedding\") + "
                          "why(token=42, part=\"attn0\") + "
                          "why(token=42, part=\"mlp0\") + "
                          "why(token=42, part=\"attn1\") + "
                          "why(token=42, part=\"mlp1\") > 0"),
             value_of(&c, "why(token=42, part=\"all\") > 0"));
    trace_case_close(&c);
}
END_TEST

START_TEST(drawing_is_the_samplers) {
    TraceCase c = cat_case();
    const float *logits = trace_row(c.trace, SITE_LOGITS, 0, 5);
    double first = -INFINITY, second = -INFINITY;
    int best = 0;
    for (int i = 0; i < 300; i++) {
        if ((double)logits[i] > first) {
            second = first;
            first = (double)logits[i];
            best = i;
        } else if ((double)logits[i] > second) {
            second = (double)logits[i];
        }
    }
    char text[128];
    snprintf(text, sizeof text,
             "drawn(token=%d, top_k=2, top_p=1, "
             "temperature=0.5) > 0",
             best);
    ck_close(value_of(&c, text), 1 / (1 + exp((second - first) / 0.5)));
    ck_near(value_of(&c, "drawn(top_k=2, top_p=1, temperature=1) > 0"), 2);
    ck_near(value_of(&c, "drawn(top_k=1, seed=3) > 0"), best);
    snprintf(text, sizeof text, "drawn(top_k=1, seed=3, token=%d) > 0", best);
    ck_near(value_of(&c, text), 1);
    snprintf(text, sizeof text, "drawn(top_k=1, token=%d) > 0", best ? 0 : 1);
    ck_near(value_of(&c, text), 0);
    trace_case_close(&c);
}
END_TEST

START_TEST(texts_have_pieces) {
    TraceCase c = cat_case();
    ck_near(value_of(&c, "pieces(text=\"the cat\") > 0"), 2);
    ck_near(value_of(&c, "pieces(text=\"\") > 0"), 0);
    ck_near(value_of(&c, "pieces(text=\"the cat\", index=1) > 0"),
            tokenizer_find_piece(c.tiny.tok, " cat", 4));
    trace_case_close(&c);
}
END_TEST

START_TEST(the_checksum_is_the_weights) {
    TraceCase c = cat_case();
    const uint64_t sum = model_checksum(c.tiny.model);
    char text[64];
    ck_near(value_of(&c, "checksum() > 0"), (double)(sum >> 12));
    snprintf(text, sizeof text, "checksum(is=\"%016llx\") > 0",
             (unsigned long long)sum);
    ck_near(value_of(&c, text), 1);
    ck_near(value_of(&c, "checksum(is=\"0123456789abcdef\") > 0"), 0);
    trace_case_close(&c);
}
END_TEST

START_TEST(sums_are_worked_out_as_written) {
    static const struct {
        const char *text;
        double want;
    } sums[] = {
        {"1 + 2 * 3 > 0", 7}, {"(1 + 2) * 3 > 0", 9},
        {"8 - 4 - 2 > 0", 2}, {"8 - (4 - 2) > 0", 6},
        {"8 / 4 / 2 > 0", 1}, {"8 / (4 / 2) > 0", 4},
        {"-2 * -3 > 0", 6},   {"-(1 - 3) > 0", 2},
        {"2-1 > 0", 1},       {"1e-1 + .5 > 0", 0.6},
        {"- -3 > 0", 3},      {"tokens() * 2 - 1 > 0", 11},
    };
    TraceCase c = cat_case();
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        ck_near(value_of(&c, sums[i].text), sums[i].want);
    trace_case_close(&c);
}
END_TEST

START_TEST(both_sides_are_compared) {
    static const struct {
        const char *text;
        bool want;
    } claims[] = {
        {"tokens() == 3 + 3", true},
        {"2 * tokens() < tokens() + tokens()", false},
        {"prob(token=7) <= prob(token=7)", true},
        {"tokens() == 6.5 within 0.5", true},
        {"tokens() == 6.5 within 0.25 * 2", true},
        {"tokens() == 6.5 within 0.4", false},
        {"tokens() != 6.5 within 0.4", true},
        {"tokens() != 6.5 within 0.5", false},
        {"tokens() == 5 within 20 %", true},
        {"tokens() == 5 within 19 %", false},
        {"-tokens() == -5 within 20 %", true},
        {"0.1 + 0.2 == 0.3", false},
        {"0.1 + 0.2 == 0.3 within 1e-9", true},
    };
    TraceCase c = cat_case();
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        Claim claim;
        ClaimFound found;
        Err err = {0};
        const char *text = claims[i].text;
        ck_assert_msg(claim_parse(&claim, text, strlen(text), &err), "%s",
                      err.msg);
        ck_assert_msg(evaluate(&c, &claim, &found, &err), "%s", err.msg);
        ck_assert_msg(found.holds == claims[i].want, "%s", text);
    }
    trace_case_close(&c);
}
END_TEST

/* before() is asked of the other run: a trace of the same model that has read
 * less. */
START_TEST(before_is_the_run_compared_with) {
    TraceCase c = cat_case(), other = cat_case();
    session_rewind(other.session, 4);
    trace_sync(other.trace);
    State state;
    Err err = {0};
    Claim claim;
    ClaimFound found;
    state_init(&state);
    ClaimEval *e = claim_eval_open(0, NULL, &err);
    ClaimCase at = {.trace = c.trace,
                    .tokenizer = c.tiny.tok,
                    .state = &state,
                    .against = other.trace,
                    .against_state = &state};
    const char *text = "before(prob(token=7)) + 0 * tokens() == "
                       "before(2 * tokens()) - tokens()";
    ck_assert(claim_parse(&claim, text, strlen(text), &err));
    ck_assert_msg(claim_eval(e, &claim, &at, &found, &err), "%s", err.msg);
    ck_near(found.left, value_of(&other, "prob(token=7) > 0"));
    ck_near(found.right, 2 * 4 - 6);
    at.against = NULL;
    ck_assert(!claim_eval(e, &claim, &at, &found, &err));
    ck_assert(strstr(err.msg, "before: there is no run to compare with"));
    err = (Err){0};
    at.against = other.trace;
    text = "before(before(tokens())) > 0";
    ck_assert(claim_parse(&claim, text, strlen(text), &err));
    ck_assert(!claim_eval(e, &claim, &at, &found, &err));
    claim_eval_close(e);
    state_free(&state);
    trace_case_close(&c);
    trace_case_close(&other);
}
END_TEST

/* Two rows of the table by hand; and two vectors of a site. */
START_TEST(cosines_are_of_two_vectors) {
    TraceCase c = cat_case();
    float a[16], b[16];
    double ab = 0, aa = 0, bb = 0;
    kern_row(a, model_tensor(c.tiny.model, TENSOR_TOKEN_EMBED, 0), 42);
    kern_row(b, model_tensor(c.tiny.model, TENSOR_TOKEN_EMBED, 0), 43);
    for (int i = 0; i < 16; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    ck_close(value_of(&c, "cos(token=42, and=43) > 0"), ab / sqrt(aa * bb));
    const float *x = trace_row(c.trace, SITE_RESID_POST, 0, 5);
    const float *y = trace_row(c.trace, SITE_RESID_POST, 0, 3);
    ab = aa = bb = 0;
    for (int i = 0; i < 16; i++) {
        ab += (double)x[i] * y[i];
        aa += (double)x[i] * x[i];
        bb += (double)y[i] * y[i];
    }
    ck_close(value_of(&c, "cos(site=\"resid_post\", layer=0, to=\"sat\") > 0"),
             ab / sqrt(aa * bb));
    trace_case_close(&c);
}
END_TEST

/* By hand from the tiny model's sizes: L 2, H 4, G 2, K 4.  The output
 * matrix counts where it is not tied. */
START_TEST(sizes_are_counted) {
    TraceCase c = cat_case();
    const Config *s = model_config(c.tiny.model);
    const double D = s->dim, F = s->hidden_dim, V = s->vocab_size;
    const double attention = 2 * (2 * D * D + 2 * D * 8), mlp = 2 * 3 * D * F;
    const double norms = (2 * 2 + 1) * D, output = s->tied ? 0 : V * D;
    const double all = V * D + attention + mlp + norms + output;
    ck_near(value_of(&c, "params() > 0"), all);
    ck_near(value_of(&c, "params() > 0"), (double)model_n_params(c.tiny.model));
    ck_near(value_of(&c, "params(part=\"embedding\") > 0"), V * D);
    ck_near(value_of(&c, "params(part=\"attention\") > 0"), attention);
    ck_near(value_of(&c, "params(part=\"mlp\") > 0"), mlp);
    ck_near(value_of(&c, "params(part=\"norms\") > 0"), norms);
    ck_near(value_of(&c, "params(part=\"output\") > 0"), output);
    ck_near(value_of(&c, "params(shape=\"L=4\") > 0"),
            all + attention + mlp + 2 * 2 * D);
    ck_near(value_of(&c, "params(of=\"Llama 2 7B\") > 0"), 6738415616.0);
    ck_near(value_of(&c, "params(of=\"GPT-2 124M\") > 0"), 124439808.0);
    ck_near(value_of(&c, "params(of=\"Llama 2 7B\", part=\"mlp\") > 0"),
            32.0 * 3 * 4096 * 11008);
    ck_near(value_of(&c, "bytes() > 0"), 4 * all);
    ck_near(value_of(&c, "bytes(what=\"cache\", at=3) > 0"),
            4.0 * 2 * 2 * 2 * 4 * 4);
    /* Query and key, and weight and value, of K numbers, H heads, L layers. */
    const double matrices = attention + mlp, pair = 2 * 2 * 4 * 4;
    ck_near(value_of(&c, "cost() > 0"), matrices + V * D + 6 * pair);
    ck_near(value_of(&c, "cost(at=0) > 0"), matrices + V * D + pair);
    ck_near(value_of(&c, "cost(as=\"anew\", at=2) > 0"),
            3 * matrices + V * D + 6 * pair);
    ck_near(value_of(&c, "cost(as=\"unmasked\", at=2) > 0"),
            3 * matrices + V * D + 9 * pair);
    trace_case_close(&c);
}
END_TEST

/* What with() takes is the run's that is compared with, else that of the run
 * without its words. */
START_TEST(with_takes_from_the_run_compared_with) {
    TraceCase c = cat_case();
    TraceCase other =
        trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "1.2,mlp0*0.5");
    int ids[6];
    State state;
    Err err = {0};
    Claim claim;
    ClaimFound found;
    state_init(&state);
    for (int i = 0; i < 6; i++)
        ids[i] = trace_token(c.trace, i);
    ck_assert_ptr_nonnull(session_feed(other.session, ids, 6, NULL));
    ClaimEval *e = claim_eval_open(0, NULL, &err);
    const ClaimCase at = {.trace = c.trace,
                          .tokenizer = c.tiny.tok,
                          .state = &state,
                          .against = other.trace,
                          .against_state = &state};
    const char *text = "with(logit(token=7), edit=\"patch1.resid_post@5\") == "
                       "before(logit(token=7))";
    ck_assert(claim_parse(&claim, text, strlen(text), &err));
    ck_assert_msg(claim_eval(e, &claim, &at, &found, &err), "%s", err.msg);
    ck_assert(found.left == found.right);
    ck_assert(found.left != value_of(&c, "logit(token=7) > 0"));
    text = "with(logit(token=7), edit=\"patch1.resid_post@6\") > 0";
    ck_assert(claim_parse(&claim, text, strlen(text), &err));
    ck_assert(!claim_eval(e, &claim, &at, &found, &err));
    ck_assert(strstr(err.msg, "edit: patch1.resid_post@6: found 6 tokens in "
                              "the run that is changed, need 7"));
    ck_assert(value_of(&c, "with(logit(token=7), edit=\"1.2,freeze,"
                           "patch1.resid_post@5\") > 0") ==
              value_of(&c, "logit(token=7) > 0"));
    claim_eval_close(e);
    state_free(&state);
    trace_case_close(&other);
    trace_case_close(&c);
}
END_TEST

/* with() against a run that was opened with that change. */
START_TEST(with_is_a_run_with_that_change) {
    TraceCase c = cat_case();
    TraceCase changed =
        trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "1.2,mlp0*0.5");
    int ids[6];
    for (int i = 0; i < 6; i++)
        ids[i] = trace_token(c.trace, i);
    ck_assert_ptr_nonnull(session_feed(changed.session, ids, 6, NULL));
    ck_near(value_of(&c, "with(logit(token=7), edit=\"1.2,mlp0*0.5\") > 0"),
            trace_row(changed.trace, SITE_LOGITS, 0, 5)[7]);
    ck_near(value_of(&c, "with(with(logit(token=7), edit=\"mlp0*0.5\"), "
                         "edit=\"1.2\") > 0"),
            trace_row(changed.trace, SITE_LOGITS, 0, 5)[7]);
    ck_near(value_of(&c, "logit(token=7) > 0"),
            trace_row(c.trace, SITE_LOGITS, 0, 5)[7]);
    trace_case_close(&changed);
    trace_case_close(&c);
}
END_TEST

/* By hand from the weights: sums of a column, a value's length, and layers
 * mixed half by their heads' mean and half by the token itself. */
START_TEST(attention_is_added_up) {
    TraceCase c = cat_case();
    double received = 0, squares = 0, mix[2][6][6] = {{{0}}}, both = 0;
    for (int pos = 2; pos <= 4; pos++)
        received +=
            (double)trace_row(c.trace, SITE_PATTERN, 1, pos)[3 * (pos + 1) + 2];
    ck_close(value_of(&c, "received(layer=1, head=3, to=2, at=4) > 0"),
             received);
    const float *v = trace_row(c.trace, SITE_V, 1, 2) + 1 * 4;
    for (int i = 0; i < 4; i++)
        squares += (double)v[i] * v[i];
    ck_close(value_of(&c, "valued(layer=1, head=3, from=5, to=2) > 0"),
             value_of(&c, "attn(layer=1, head=3, from=5, to=2) > 0") *
                 sqrt(squares));
    for (int layer = 0; layer < 2; layer++)
        for (int pos = 0; pos < 6; pos++) {
            const float *row = trace_row(c.trace, SITE_PATTERN, layer, pos);
            for (int h = 0; h < 4; h++)
                for (int key = 0; key <= pos; key++)
                    mix[layer][pos][key] +=
                        (double)row[h * (pos + 1) + key] / 8;
            mix[layer][pos][pos] += 0.5;
        }
    for (int i = 0; i < 6; i++)
        both += mix[1][5][i] * mix[0][i][2];
    ck_close(value_of(&c, "rollout(layer=1, from=5, to=2) > 0"), both);
    ck_close(value_of(&c, "rollout(layer=0, from=5, to=2) > 0"), mix[0][5][2]);
    trace_case_close(&c);
}
END_TEST

/* cut() against runs that were opened so; and by hand of one head in the last
 * layer, whose other weights then share what was there. */
START_TEST(cut_is_what_a_head_would_have_missed) {
    static const struct {
        const char *edit, *claim;
    } cuts[] = {
        {"cut2", "cut(token=7, to=2, as=\"logit\") > 0"},
        {"cut1.3=2", "cut(token=7, to=2, layer=1, head=3, as=\"logit\") > 0"},
        {"cut0.1=3", "cut(token=7, to=\"sat\", layer=0, head=1, "
                     "as=\"logit\") > 0"}};
    TraceCase c = cat_case();
    int ids[6];
    for (int i = 0; i < 6; i++)
        ids[i] = trace_token(c.trace, i);
    const double logit = trace_row(c.trace, SITE_LOGITS, 0, 5)[7];
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        TraceCase changed =
            trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, cuts[i].edit);
        ck_assert_ptr_nonnull(session_feed(changed.session, ids, 6, NULL));
        ck_near(value_of(&c, cuts[i].claim),
                trace_row(changed.trace, SITE_LOGITS, 0, 5)[7] - logit);
        trace_case_close(&changed);
    }
    const float *was = trace_row(c.trace, SITE_PATTERN, 1, 5) + 3 * 6;
    ck_close(value_of(&c, "with(attn(layer=1, head=3, from=5, to=4), "
                          "edit=\"cut1.3=2\") > 0"),
             was[4] / (1 - was[2]));
    ck_near(value_of(&c, "with(attn(layer=1, head=3, from=5, to=2), "
                         "edit=\"cut1.3=2\") > 0"),
            0);
    ck_near(value_of(&c, "with(attn(layer=1, head=2, from=5, to=2), "
                         "edit=\"cut1.3=2\") > 0"),
            trace_row(c.trace, SITE_PATTERN, 1, 5)[2 * 6 + 2]);
    trace_case_close(&c);
}
END_TEST

#define LLAMA_SITES                                                            \
    " embed resid_pre ln1.hook_scale ln1.hook_normalized ln1.hook_out q k v "  \
    "rot_q rot_k attn_scores pattern z attn_out resid_mid ln2.hook_scale "     \
    "ln2.hook_normalized ln2.hook_out pre pre_linear post mlp_out "            \
    "resid_post ln_final.hook_scale ln_final.hook_normalized "                 \
    "ln_final.hook_out logits"

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
    {"norm(site=\"nosuch\",layer=0) > 0",
     "site: found \"nosuch\", need one of" LLAMA_SITES},
    {"norm(site=\"mean\",layer=0) > 0",
     "site: found \"mean\", need one of" LLAMA_SITES},
    {"norm(site=\"scale\",layer=0) > 0",
     "site: found \"scale\", need one of" LLAMA_SITES},
    {"norm(site=\"ln1.hook_mean\",layer=0) > 0",
     "site: found \"ln1.hook_mean\", which LLaMA does not have"},
    {"norm(site=\"pos_embed\",layer=0) > 0",
     "site: found \"pos_embed\", which LLaMA does not have"},
    {"norm(site=\"blocks.1.hook_resid_mid\",layer=0) > 0",
     "layer: found 0, but \"blocks.1.hook_resid_mid\""},
    {"act(site=\"q\",layer=0,index=16) > 0", "index: found 16, need 0 to 15"},
    {"added(part=\"all\") > 0",
     "part: found \"all\", need \"3.0\", \"attn3\", \"mlp3\" or \"embedding\"; "
     "this model has 2 layers of 4 heads"},
    {"why(token=1,part=\"biases\") > 0",
     "part: found \"biases\", need \"3.0\", \"attn3\", \"mlp3\", "
     "\"embedding\", \"rounding\" or \"all\"; this model has 2 layers of 4 "
     "heads"},
    {"pieces(text=\"\",index=0) > 0", "index: the text has no tokens"},
    {"with(tokens(),edit=\"cut6\") > 0", "edit: cut6: found 6, need 0 to 5"},
    {"with(tokens(),edit=\"token9=1\") > 0",
     "edit: token9=1: found 9, need 0 to 5"},
    {"with(tokens(),edit=\"cut1.0=7\") > 0",
     "edit: cut1.0=7: found 7, need 0 to 5"},
    {"lens(layer=0,token=1,site=\"q\") > 0",
     "site: found \"q\", which is not the residual stream; need one of embed "
     "resid_pre resid_mid resid_post"},
    {"added(part=\"embedding\",as=\"along\") > 0",
     "as: nothing stands before the embedding for it to lie along"},
    {"why(token=1,part=\"2.0\") > 0",
     "part: found \"2.0\", need \"3.0\", \"attn3\", \"mlp3\", "
     "\"embedding\", \"rounding\" or \"all\"; this model has 2 layers of 4 "
     "heads"},
    {"why(token=1,part=\"1.0*0.5\") > 0",
     "part: found \"1.0*0.5\", need \"3.0\", \"attn3\", \"mlp3\", "
     "\"embedding\", \"rounding\" or \"all\"; this model has 2 layers of 4 "
     "heads"},
    {"pieces(text=\"the cat\",index=2) > 0", "index: found 2, need 0 to 1"},
    {"truth(token=7) > 0",
     "truth: no story of the world begins like this text"},
    {"1 / (tokens() - 6) > 0", "claim: 1 is divided by 0"},
    {"1e300 * 1e300 > 0", "claim: the value is no finite number"},
    {"cos(token=300,and=1) > 0", "token: found 300, need 0 to 299"},
    {"cos(site=\"pattern\",layer=0,to=1) > 0",
     "site: \"pattern\" is as long as the text before it"},
    {"rollout(layer=1,from=2,to=3) > 0",
     "to: position 3 comes after position 2, which cannot attend to it"},
    {"received(layer=1,head=0,to=3,at=2) > 0",
     "to: position 3 comes after position 2"},
    {"params(of=\"GPT-9\") > 0",
     "of: found \"GPT-9\", need one of GPT, BERT base, BERT large, GPT-2 124M, "
     "GPT-2 1.5B, GPT-3 175B, LLaMA 7B, LLaMA 13B, LLaMA 33B, LLaMA 65B, "
     "Llama 2 7B, Llama 2 13B, Llama 2 70B"},
    {"with(tokens(),edit=\"5.0\") > 0",
     "edit: edits: layer: found 5, need 0 to 1"},
    {"mean(tokens(),over=\"toy\") > 0",
     "mean: over: the prompt tells of no \"toy\""},
};

START_TEST(what_is_not_there_is_said) {
    TraceCase c = cat_case();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Claim claim;
        Err err = {0};
        ClaimFound found;
        const char *text = wrong[i].claim;
        ck_assert(claim_parse(&claim, text, strlen(text), NULL));
        ck_assert(!evaluate(&c, &claim, &found, &err));
        ck_assert_str_eq(err.msg, wrong[i].says);
    }
    trace_case_close(&c);
}
END_TEST

TEST_MAIN("claims", additions_are_measured,
          surprise_is_minus_log2_of_the_probability, attention_is_added_up,
          cut_is_what_a_head_would_have_missed, sizes_are_counted,
          cosines_are_of_two_vectors, with_is_a_run_with_that_change,
          with_takes_from_the_run_compared_with, scores_are_looked_up,
          the_lens_is_the_end_on_a_layers_vector, attribution_is_by_parts,
          drawing_is_the_samplers, texts_have_pieces,
          the_checksum_is_the_weights, sums_are_worked_out_as_written,
          both_sides_are_compared, before_is_the_run_compared_with,
          attention_weights_are_looked_up, next_token_is_looked_up,
          rows_without_a_piece_count_for_nothing, sites_are_looked_up,
          what_is_not_there_is_said)
