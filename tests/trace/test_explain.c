/* Every number of every site of tiny models opens, and the arithmetic shown
 * gives the number stored. */
#include "engine/spec/arch.h"
#include "engine/trace/explain.h"
#include "tests/support/reference.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "tests/support/trace_case.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* As many key-value heads as heads; a classifier of its own. */
static const TinySpec plain = {.dim = 8,
                               .hidden_dim = 12,
                               .n_layers = 1,
                               .n_heads = 2,
                               .n_kv_heads = 2,
                               .vocab_size = 40,
                               .seq_len = 32,
                               .seed = 2};

static Explain opened(const Trace *t, Site site, int layer, int pos,
                      int index) {
    Explain ex = {0};
    Err err = {0};
    ck_assert_msg(explain(t, site, layer, pos, index, &ex, &err), "%s",
                  err.msg);
    return ex;
}

static Site query_site(const TraceCase *c) {
    return trace_config(c->trace)->arch->rotates ? SITE_ROT_Q : SITE_Q;
}

static Site key_site(const TraceCase *c) {
    return trace_config(c->trace)->arch->cached_key;
}

/* What an explanation must always hold. */
static void check_sound(const Explain *ex) {
    double sum = 0, magnitude = 0;
    for (int i = 0; i < ex->n_terms; i++) {
        sum += ex->terms[i].product;
        magnitude += fabs(ex->terms[i].product);
        ck_assert_double_eq(ex->terms[i].sum, sum);
    }
    const char *name = site_info(ex->site)->name;
    ck_assert_msg(ex->matches,
                  "%s layer %d pos %d [%d, %d]: total %.9g, stored %.9g", name,
                  ex->layer, ex->pos, ex->row, ex->col, ex->total,
                  (double)ex->stored);
    ck_assert_msg(ex->bound <= 1e-4 * (magnitude + fabs(ex->total)) + 1e-30,
                  "%s: a bound of %g forgives anything", name, ex->bound);
    double last = ex->n_steps ? ex->steps[ex->n_steps - 1].value : ex->total;
    ck_assert_double_eq(last, ex->total);
    ck_assert(ex->a_name[0] && ex->a_source[0] && ex->formula[0]);
    bool biased = false;
    for (int i = 0; i < ex->n_steps; i++)
        biased |= strncmp(ex->steps[i].label, "+ bias", 6) == 0;
    ck_assert_msg((strstr(ex->formula, "+b") != NULL) == biased, "%s: %s", name,
                  ex->formula);
    ck_assert((ex->b_name[0] == '\0') == (ex->kind == EXPLAIN_LOOKUP));
    ck_assert((ex->b_source[0] == '\0') == (ex->kind == EXPLAIN_LOOKUP));
}

/* The arithmetic shown gives what the reference has, too. */
static void check_wanted(const Reference *ref, const Explain *ex, int n,
                         int i) {
    const double *want = reference_row(ref, ex->site, ex->layer, ex->pos);
    double most = 0;
    for (int k = 0; k < n; k++)
        most = fmax(most, fabs(want[k]));
    ck_assert_msg(fabs(ex->total - want[i]) <= 1e-4 * most + 1e-6,
                  "%s layer %d pos %d [%d]: total %.9g, the reference has %.9g",
                  site_info(ex->site)->name, ex->layer, ex->pos, i, ex->total,
                  want[i]);
}

static void check_every_cell(TinySpec spec, const char *edits) {
    TraceCase c = trace_case_open(spec, TRACE_BUDGET_DEFAULT, edits);
    trace_case_feed(&c, 9, 4);
    int tokens[9];
    for (int i = 0; i < 9; i++)
        tokens[i] = trace_token(c.trace, i);
    Reference *ref =
        reference_run(c.tiny.model, trace_edits(c.trace), tokens, 9);
    Explain ex = {0};
    for (int s = 0; s < SITE_COUNT; s++)
        for (int layer = 0; layer < spec.n_layers; layer++)
            for (int pos = 0; tiny_has(trace_config(c.trace), s) && pos < 9;
                 pos += 4) {
                int rows, cols;
                site_shape(s, trace_config(c.trace), trace_n_keys(c.trace, pos),
                           &rows, &cols);
                for (int i = 0; i < rows * cols; i++) {
                    ck_assert(explain(c.trace, s, layer, pos, i, &ex, NULL));
                    check_sound(&ex);
                    check_wanted(ref, &ex, rows * cols, i);
                    ck_assert_int_eq(ex.row * cols + ex.col, i);
                    ck_assert_mem_eq(&ex.stored,
                                     &trace_row(c.trace, s, layer, pos)[i], 4);
                }
            }
    explain_free(&ex);
    reference_free(ref);
    trace_case_close(&c);
}

START_TEST(every_number_is_explained) {
    check_every_cell(tiny_spec(), "");
    check_every_cell(plain, "");
}
END_TEST

START_TEST(every_number_is_explained_under_edits) {
    check_every_cell(tiny_spec(), "0.1,1.2*0.5,attn0*0.25,mlp1*-1,n0.3,n1.5*2");
    check_every_cell(plain, "attn0,mlp0");
    check_every_cell(tiny_spec(), "raw0.1,rope1,cut3,token4=7,steer0=3-9*2");
    check_every_cell(tiny_spec(),
                     "rope,cut0,steer1=5,steer1=6*-3,mlp1,token0=1");
}
END_TEST

START_TEST(every_number_is_explained_without_a_mask) {
    check_every_cell(tiny_spec(), "mask");
}
END_TEST

START_TEST(every_softmax_row_is_explained) {
    TraceCase c = trace_case_open(tiny_spec(), 0, "");
    trace_case_feed(&c, 9, 4);
    Explain ex = {0};
    for (int head = 0; head < 4; head++)
        for (int key = 0; key <= 8; key++) {
            ck_assert(explain_softmax_row(c.trace, 1, head, 8, key, &ex, NULL));
            check_sound(&ex);
            ck_assert_int_eq(ex.kind, EXPLAIN_SOFTMAX);
            ck_assert_int_eq(ex.n_terms, 9);
            ck_assert_int_eq(ex.row, head);
            ck_assert_int_eq(ex.col, key);
            ck_assert_double_eq(ex.total,
                                ex.terms[key].product / ex.terms[8].sum);
        }
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

/* Changes a stored number by a part in 2000, behind the trace's back. */
static void spoil(const float *stored) {
    float x = *stored + *stored / 2000;
    memcpy((void *)(uintptr_t)stored, &x, sizeof x);
}

/* For each site: when its number is not what its operands make, it shows. */
START_TEST(a_wrong_number_does_not_match) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 9, 4);
    for (int s = 0; s < SITE_COUNT; s++) {
        if (!tiny_has(trace_config(c.trace), s)) continue;
        int rows, cols;
        site_shape(s, trace_config(c.trace), 9, &rows, &cols);
        int index = rows * cols - 1;
        const float *row = trace_row(c.trace, s, 1, 8);
        float before = row[index];
        spoil(&row[index]);
        Explain ex = opened(c.trace, s, 1, 8, index);
        ck_assert_msg(!ex.matches, "%s", site_info(s)->name);
        explain_free(&ex);
        memcpy((void *)(uintptr_t)&row[index], &before, sizeof before);
    }
    trace_case_close(&c);
}
END_TEST

START_TEST(a_score_shows_query_key_and_steps) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 9, 4);
    Explain ex = opened(c.trace, SITE_PATTERN, 1, 8, 3 * 9 + 5);
    ck_assert_int_eq(ex.kind, EXPLAIN_DOT);
    ck_assert_int_eq(ex.n_terms, 4);
    const float *q = trace_row(c.trace, query_site(&c), 1, 8) + 3 * 4;
    const bool gpt2 = tiny_family_now == TINY_GPT2; /* shares no key */
    const float *k =
        trace_row(c.trace, key_site(&c), 1, 5) + (gpt2 ? 3 : 1) * 4;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(ex.terms[i].index, i);
        ck_assert_float_eq(ex.terms[i].a, q[i]);
        ck_assert_float_eq(ex.terms[i].b, k[i]);
        ck_assert_double_eq(ex.terms[i].product, (double)q[i] * k[i]);
    }
    ck_assert_str_eq(ex.a_name, "query");
    ck_assert_str_eq(ex.a_source, gpt2 ? "blocks.1.attn.hook_q[8, 3]"
                                       : "blocks.1.attn.hook_rot_q[8, 3]");
    ck_assert_str_eq(ex.b_source,
                     gpt2 ? "blocks.1.attn.hook_k[5, 3]"
                          : "blocks.1.attn.hook_rot_k[5, 1] (kv head 1 of 2, "
                            "shared by heads 2 and 3)");
    ck_assert_int_eq(ex.n_steps, 3);
    ck_assert_str_eq(ex.steps[0].label, "raw score q·k");
    ck_assert_str_eq(ex.steps[1].label, "score: ÷ √4");
    ck_assert_double_eq(ex.steps[1].value, ex.steps[0].value / 2);
    ck_assert_str_eq(ex.steps[2].label, "softmax over 9 keys");
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

/* What is shown multiplies to what is shown beside it. */
START_TEST(a_gate_multiplies_what_it_shows) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    for (int i = 0; i < tiny_spec().hidden_dim; i++) {
        Explain ex = opened(c.trace, SITE_MLP_POST, 1, 2, i);
        double gate = trace_row(c.trace, SITE_MLP_PRE, 1, 2)[i];
        double up = trace_row(c.trace, SITE_MLP_PRE_LINEAR, 1, 2)[i];
        const bool gelu = tiny_family_now == TINY_GEMMA;
        double share = activation_share(
            gelu ? ACTIVATION_GELU_TANH : ACTIVATION_SILU, gate);
        double silu = gate * share;
        ck_assert_int_eq(ex.n_terms, 1);
        ck_assert_str_eq(ex.a_name, gelu ? "GELU(gate)" : "silu(gate)");
        ck_assert_double_eq_tol(ex.terms[0].a, silu, 1e-6);
        ck_assert_float_eq(ex.terms[0].b, (float)up);
        ck_assert_double_eq_tol(ex.terms[0].product,
                                (double)ex.terms[0].a * ex.terms[0].b, 1e-6);
        ck_assert_int_eq(ex.n_before, 3);
        ck_assert_str_eq(ex.before[0].label, "gate");
        ck_assert_double_eq(ex.before[0].value, gate);
        if (!gelu) ck_assert_double_eq_tol(share, 1 / (1 + exp(-gate)), 1e-12);
        ck_assert_double_eq_tol(ex.before[1].value, share, 1e-12);
        ck_assert(ex.matches);
        ck_assert_double_eq_tol(ex.before[2].value, silu, 1e-12);
        explain_free(&ex);
    }
    trace_case_close(&c);
}
END_TEST

/* Where there is no gate a neuron is x times the share of it that GELU lets
 * through. */
START_TEST(an_activation_is_a_share_of_what_it_bends) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    for (int i = 0; i < tiny_spec().hidden_dim; i++) {
        Explain ex = opened(c.trace, SITE_MLP_POST, 1, 2, i);
        const double x = trace_row(c.trace, SITE_MLP_PRE, 1, 2)[i];
        const double share =
            (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x))) / 2;
        ck_assert_int_eq(ex.n_terms, 1);
        char name[48];
        snprintf(name, sizeof name, "blocks.1.mlp.hook_pre[2, %d]", i);
        ck_assert_str_eq(ex.a_source, name);
        ck_assert_double_eq_tol(ex.terms[0].a, x, 1e-6);
        ck_assert_double_eq_tol(ex.terms[0].b, share, 1e-6);
        ck_assert_double_eq_tol(ex.total, x * share, 1e-6);
        ck_assert_ptr_nonnull(strstr(ex.formula, "tanh"));
        explain_free(&ex);
    }
    trace_case_close(&c);
}
END_TEST

/* ... and the bias is the last but the intervention. */
START_TEST(a_bias_is_a_step) {
    static const struct {
        Site site;
        TensorRole role;
    } cases[] = {{SITE_LN1_OUT, TENSOR_ATTN_NORM},
                 {SITE_Q, TENSOR_WQ},
                 {SITE_K, TENSOR_WK},
                 {SITE_V, TENSOR_WV},
                 {SITE_ATTN_OUT, TENSOR_WO},
                 {SITE_LN2_OUT, TENSOR_FFN_NORM},
                 {SITE_MLP_PRE, TENSOR_W_UP},
                 {SITE_MLP_OUT, TENSOR_W_DOWN},
                 {SITE_LN_FINAL_OUT, TENSOR_FINAL_NORM}};
    TinySpec spec = tiny_spec();
    TraceCase c = trace_case_open(spec, TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int n = 0;
        const int layer = cases[i].site == SITE_LN_FINAL_OUT ? 0 : 1;
        /* Drawn again, not taken from the model. */
        float *bias = tiny_family_now == TINY_LLAMA
                          ? NULL
                          : tiny_bias(&spec, cases[i].role, layer, &n);
        Explain ex = opened(c.trace, cases[i].site, layer, 2, 3);
        if (bias) {
            ck_assert_int_eq(ex.n_steps, 2);
            ck_assert_str_eq(ex.steps[0].label, "product");
            ck_assert_double_eq_tol(ex.steps[1].value - ex.steps[0].value,
                                    (double)bias[3], 1e-6);
        } else {
            ck_assert_int_eq(ex.n_steps, 0);
        }
        explain_free(&ex);
        free(bias);
    }
    trace_case_close(&c);
}
END_TEST

/* Every operation on a pair shows factors of its product. */
START_TEST(products_are_of_the_operands_shown) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 5, 4);
    for (int s = 0; s < SITE_COUNT; s++) {
        if (!tiny_has(trace_config(c.trace), s)) continue;
        Explain ex = opened(c.trace, (Site)s, 1, 4, 0);
        for (int i = 0; i < ex.n_terms && ex.kind != EXPLAIN_DIVIDE; i++) {
            const ExplainTerm *t = &ex.terms[i];
            double product = (double)t->a * t->b;
            ck_assert_msg(fabs(t->product - product) <=
                              1e-6 * (fabs(product) + 1e-6),
                          "%s: %g x %g shown as %g", site_info(s)->name,
                          (double)t->a, (double)t->b, t->product);
        }
        explain_free(&ex);
    }
    trace_case_close(&c);
}
END_TEST

START_TEST(a_raw_score_ends_before_the_division) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 9, 4);
    Explain ex = {0};
    for (int key = 0; key < 9; key++) {
        ck_assert(explain_raw_score(c.trace, 1, 3, 5, key, &ex, NULL));
        const float *q = trace_row(c.trace, query_site(&c), 1, 5) + 3 * 4;
        const float *k = trace_row(c.trace, key_site(&c), 1, key) + 1 * 4;
        double sum = 0;
        for (int i = 0; i < 4; i++)
            sum += (double)q[i] * k[i];
        ck_assert_double_eq_tol(ex.total, sum, 1e-9);
        ck_assert_int_eq(ex.n_steps, 1);
        ck_assert_double_eq(ex.divisor, 2);
        /* What the mask hides is stored nowhere. */
        ck_assert(ex.is_stored == (key <= 5));
        ck_assert(ex.matches == ex.is_stored);
        const float *row = trace_row(c.trace, SITE_ATTN_SCORES, 1, 5);
        if (key <= 5) ck_assert_float_eq(ex.stored, row[3 * 6 + key]);
    }
    ck_assert(!explain_raw_score(c.trace, 1, 3, 5, 9, &ex, NULL));
    ck_assert(!explain_raw_score(c.trace, 1, 4, 5, 0, &ex, NULL));
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

/* The formula is that of what was computed. */
START_TEST(without_the_root_the_formula_has_none) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "raw1.3");
    trace_case_feed(&c, 9, 4);
    static const Site sites[] = {SITE_ATTN_SCORES, SITE_PATTERN};
    Explain ex = {0};
    for (int i = 0; i < 2; i++)
        for (int head = 2; head < 4; head++) {
            ck_assert(
                explain(c.trace, sites[i], 1, 5, head * 6 + 2, &ex, NULL));
            ck_assert_msg((strstr(ex.formula, "sqrt") != NULL) == (head == 2),
                          "head %d: %s", head, ex.formula);
            ck_assert_ptr_nonnull(strstr(ex.formula, "q\\cdot k"));
        }
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

/* Before its size a LayerNorm's mean is told. */
START_TEST(a_normed_number_names_its_size) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    const bool has_mean = tiny_family_now == TINY_GPT2;
    static const struct {
        Site site, scale;
        int step;
    } cases[] = {{SITE_LN1_OUT, SITE_LN1_SCALE, 1},
                 {SITE_LN2_OUT, SITE_LN2_SCALE, 1},
                 {SITE_Q, SITE_LN1_SCALE, 0},
                 {SITE_MLP_PRE, SITE_LN2_SCALE, 0},
                 {SITE_LOGITS, SITE_LN_FINAL_SCALE, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Explain ex = opened(c.trace, cases[i].site, 1, 2, 3);
        const ExplainStep *step = &ex.before[cases[i].step + has_mean];
        ck_assert_int_gt(ex.n_before, cases[i].step + has_mean);
        ck_assert_int_eq(step->site, cases[i].scale);
        ck_assert_double_eq(step->value,
                            trace_row(c.trace, cases[i].scale, 1, 2)[0]);
        ck_assert_ptr_nonnull(strstr(step->label, has_mean ? "spread" : "RMS"));
        if (has_mean) {
            const Site mean = (Site)(cases[i].scale - 1);
            ck_assert_int_eq(step[-1].site, mean);
            ck_assert_double_eq(step[-1].value,
                                trace_row(c.trace, mean, 1, 2)[0]);
        }
        explain_free(&ex);
    }
    trace_case_close(&c);
}
END_TEST

START_TEST(a_weight_is_named_with_its_place_in_the_file) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    Explain ex = opened(c.trace, SITE_Q, 1, 2, 6);
    const Tensor *wq = model_tensor(c.tiny.model, TENSOR_WQ, 1);
    /* Pairs that turn together are neighbours here, and halves of a head in
     * files of Qwen and Gemma: 2 of 4 is the second of the first half. */
    const bool halves = tiny_family_now >= TINY_QWEN2;
    const int row = halves ? 5 : 6; /* as the file counts */
    unsigned long at = wq->offset + (size_t)row * 16 * sizeof(float);
    ck_assert(at >= 10000 && at < 1000000);
    char expected[96];
    snprintf(expected, sizeof expected, "%s row %d, byte %lu,%03lu of the file",
             wq->name, row, at / 1000, at % 1000);
    ck_assert_str_eq(ex.b_source, expected);
    ck_assert_str_eq(ex.a_source, "blocks.1.ln1.hook_out[2]");
    /* The bytes there are the operands shown. */
    const char *bytes = (const char *)c.tiny.bytes + at;
    for (int i = 0; i < ex.n_terms; i++)
        ck_assert_mem_eq(&ex.terms[i].b, bytes + i * sizeof(float), 4);
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

START_TEST(an_intervention_is_a_step) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT,
                                  "1.2,attn1*0.5,n0.3");
    trace_case_feed(&c, 3, 4);
    static const struct {
        Site site;
        int layer, index;
        const char *label;
    } cases[] = {
        {SITE_Z, 1, 2 * 4, "× 0 (head 1.2 switched off)"},
        {SITE_ATTN_OUT, 1, 0, "× 0.5 (attention of layer 1 scaled)"},
        {SITE_MLP_POST, 0, 3, "× 0 (neuron 0.3 switched off)"},
    };
    for (int i = 0; i < 3; i++) {
        Explain ex =
            opened(c.trace, cases[i].site, cases[i].layer, 2, cases[i].index);
        ck_assert(ex.n_steps > 0);
        ck_assert_str_eq(ex.steps[ex.n_steps - 1].label, cases[i].label);
        explain_free(&ex);
    }
    trace_case_close(&c);
}
END_TEST

START_TEST(the_residual_stream_says_which_layer_it_left) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    Explain ex = opened(c.trace, SITE_RESID_PRE, 1, 2, 7);
    ck_assert_int_eq(ex.kind, EXPLAIN_SUM);
    ck_assert_str_eq(ex.a_source, "blocks.0.hook_resid_mid[2, 7]");
    ck_assert_str_eq(ex.b_source, "blocks.0.hook_mlp_out[2, 7]");
    explain_free(&ex);
    const bool gpt2 = tiny_family_now == TINY_GPT2; /* positions are added */
    ex = opened(c.trace, SITE_RESID_PRE, 0, 2, 7);
    const bool gemma = tiny_family_now == TINY_GEMMA; /* times 4, √16 */
    ck_assert_int_eq(ex.kind, gpt2    ? EXPLAIN_SUM
                              : gemma ? EXPLAIN_MULTIPLY
                                      : EXPLAIN_LOOKUP);
    if (gemma) {
        ck_assert_str_eq(ex.a_source, "hook_embed[2, 7]");
        ck_assert_str_eq(ex.b_source, "the root of D = 16");
        ck_assert_float_eq(ex.terms[0].b, 4);
        ck_assert(ex.matches);
    }
    if (gpt2) {
        ck_assert_str_eq(ex.a_source, "hook_embed[2, 7]");
        ck_assert_str_eq(ex.b_source, "hook_pos_embed[2, 7]");
    }
    explain_free(&ex);
    ex = opened(c.trace, SITE_LN_FINAL_NORMALIZED, 0, 2, 7);
    ck_assert_str_eq(ex.a_source, "blocks.1.hook_resid_post[2, 7]");
    ck_assert_str_eq(ex.b_source, "ln_final.hook_scale[2, 0]");
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

START_TEST(what_does_not_exist_is_refused) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    static const struct {
        Site site;
        int layer, pos, index;
        const char *field;
    } cases[] = {
        {SITE_Q, -1, 0, 0, "layer"},        {SITE_Q, 2, 0, 0, "layer"},
        {SITE_Q, 0, -1, 0, "position"},     {SITE_Q, 0, 3, 0, "position"},
        {SITE_Q, 0, 0, -1, "index"},        {SITE_Q, 0, 0, 16, "index"},
        {SITE_PATTERN, 0, 1, 8, "index"},   {SITE_K, 0, 0, 16, "index"},
        {SITE_LN1_SCALE, 0, 0, 1, "index"}, {SITE_LOGITS, 0, 0, 300, "index"},
    };
    Explain ex = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        ck_assert(!explain(c.trace, cases[i].site, cases[i].layer, cases[i].pos,
                           cases[i].index, &ex, &err));
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_ptr_nonnull(strstr(err.msg, cases[i].field));
    }
    const int n_k = 4 * trace_config(c.trace)->n_kv_heads;
    ck_assert(!explain(c.trace, SITE_K, 0, 0, n_k, &ex, NULL));
    ck_assert(!explain_softmax_row(c.trace, 2, 0, 0, 0, &ex, NULL));
    ck_assert(!explain_softmax_row(c.trace, 0, 4, 0, 0, &ex, NULL));
    ck_assert(!explain_softmax_row(c.trace, 0, 0, 3, 0, &ex, NULL));
    ck_assert(!explain_softmax_row(c.trace, 0, 0, 1, 2, &ex, NULL));
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

/* Of a site that the family has not there is nothing to open. */
START_TEST(a_site_of_others_is_refused) {
    TraceCase c = trace_case_open(tiny_spec(), TRACE_BUDGET_DEFAULT, "");
    trace_case_feed(&c, 3, 4);
    Explain ex = {0};
    for (int s = 0; s < SITE_COUNT; s++)
        ck_assert_msg(explain(c.trace, (Site)s, 0, 2, 0, &ex, NULL) ==
                          tiny_has(trace_config(c.trace), s),
                      "%s", site_info((Site)s)->name);
    explain_free(&ex);
    trace_case_close(&c);
}
END_TEST

#define EVERY                                                                  \
    every_number_is_explained, every_number_is_explained_under_edits,          \
        every_number_is_explained_without_a_mask,                              \
        every_softmax_row_is_explained, a_wrong_number_does_not_match,         \
        a_score_shows_query_key_and_steps, products_are_of_the_operands_shown, \
        a_bias_is_a_step, without_the_root_the_formula_has_none,               \
        a_normed_number_names_its_size,                                        \
        a_weight_is_named_with_its_place_in_the_file,                          \
        an_intervention_is_a_step,                                             \
        the_residual_stream_says_which_layer_it_left,                          \
        a_site_of_others_is_refused, what_does_not_exist_is_refused

/* Gated MLPs and the others have words of their own; the head of a key is that
 * of LLaMA's groups. */
int main(void) {
    const TTest *const gated[] = {EVERY, a_gate_multiplies_what_it_shows,
                                  a_raw_score_ends_before_the_division};
    const TTest *const gpt2[] = {EVERY,
                                 an_activation_is_a_share_of_what_it_bends};
    int failed = 0;
    for (TinyFamily f = TINY_LLAMA; f < TINY_FAMILIES; f++) {
        tiny_family_now = f;
        failed |=
            f == TINY_GPT2
                ? test_run("explain gpt2", gpt2, sizeof gpt2 / sizeof *gpt2)
                : test_run("explain", gated, sizeof gated / sizeof *gated);
    }
    tiny_family_now = TINY_BERT;
    const TTest *const bert[] = {every_number_is_explained,
                                 every_number_is_explained_under_edits,
                                 every_softmax_row_is_explained,
                                 a_wrong_number_does_not_match,
                                 products_are_of_the_operands_shown,
                                 a_site_of_others_is_refused};
    failed |= test_run("explain bert", bert, sizeof bert / sizeof *bert);
    return failed;
}
