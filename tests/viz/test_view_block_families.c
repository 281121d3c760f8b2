/* The block view of other families than LLaMA: their operations, in their own
 * words. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/block/block.h"
#include "viz/views/residual/residual.h"

/* GPT-2: texts say what it has, in its own words, and open its numbers. */
START_TEST(gpt2_has_its_own_words) {
    static const struct {
        const char *state, *title, *text;
        Site site;
    } cases[] = {
        {"op=ln1 elem=3", "LayerNorm", "bias is added", SITE_LN1_OUT},
        {"op=ln2 elem=16", "spread of all x", "LayerNorm", SITE_LN2_SCALE},
        {"op=ln2 elem=17", "mean of all x", "LayerNorm", SITE_LN2_MEAN},
        {"op=q elem=0", "query", "plus a learned bias", SITE_Q},
        {"op=up elem=0", "up", "plus a learned bias", SITE_MLP_PRE},
        {"op=activation elem=0", "activation", "GELU", SITE_MLP_POST},
        {"op=resid_post elem=0", "residual out", "final norm",
         SITE_RESID_POST}};
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.family = TINY_GPT2;
    spec.n_kv_heads = spec.n_heads;
    ck_assert(
        fixture_open_spec(&f, &spec, "the cat sat", 1366, 768, 1, "light"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Opened o;
        fixture_stage(&f, cases[i].state);
        fixture_draw(&f, &view_block);
        fixture_check_hits(&f);
        fixture_check_texts(&f);
        fixture_opened(&f, &view_block, &o);
        ck_assert_int_eq(o.kind, OPENED_CELL);
        ck_assert_int_eq(o.site, cases[i].site);
        ck_assert_str_eq(o.title[0].text, cases[i].title);
        ck_assert_msg(strstr(o.text, cases[i].text) != NULL, "%s", o.text);
    }
    Pick pick;
    ck_assert(block_place(&f.stage, SITE_LN1_MEAN, &pick));
    ck_assert_int_eq(pick_get(&pick, STATE_ELEM), spec.dim + 1);
    fixture_stage(&f, "op=map token=2");
    fixture_draw(&f, &view_model);
    ck_assert(fixture_says(&f, "+ pos 2"));
    fixture_stage(&f, "op=why");
    Opened o;
    fixture_opened(&f, &view_residual, &o);
    ck_assert_msg(strstr(o.text, "the token's row and its "
                                 "position's"),
                  "%s", o.text);
    ck_assert_msg(strstr(o.text, "biases"), "%s", o.text);
    fixture_close(&f);
}
END_TEST

/* Gemma: its embedding is multiplied first, and GELU opens the gates. */
START_TEST(gemma_has_its_own_words) {
    static const struct {
        const View *view;
        const char *state, *says;
        Site site;
    } cases[] = {
        {&view_block, "op=resid_pre elem=3", "times the root of D",
         SITE_RESID_PRE},
        {&view_block, "op=gelu elem=5", "GELU multiplies each gate",
         SITE_MLP_POST},
        {&view_mlp, "op=gelu elem=5", "GELU lets a large gate", SITE_NONE},
        {&view_mlp, "op=product elem=5", "GELU(gate) times up", SITE_MLP_POST},
    };
    Fixture f;
    Explain ex = {0};
    TinySpec spec = tiny_spec();
    spec.family = TINY_GEMMA;
    ck_assert(
        fixture_open_spec(&f, &spec, "the cat sat", 1366, 768, 1, "light"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Opened o;
        fixture_stage(&f, cases[i].state);
        fixture_draw(&f, cases[i].view);
        fixture_check_hits(&f);
        fixture_check_texts(&f);
        fixture_opened(&f, cases[i].view, &o);
        ck_assert_msg(strstr(o.text, cases[i].says) != NULL, "%s", o.text);
        if (cases[i].site == SITE_NONE) continue;
        ck_assert_int_eq(o.site, cases[i].site);
        ck_assert(explain(f.trace, o.site, o.layer, o.pos, o.index, &ex, NULL));
        ck_assert(ex.matches);
    }
    ck_assert_int_eq(view_op(&view_block, &arch_gemma, "silu"), -1);
    fixture_stage(&f, "op=map");
    fixture_draw(&f, &view_model);
    fixture_check_texts(&f);
    ck_assert(fixture_says(&f, "× √16"));
    explain_free(&ex);
    fixture_close(&f);
}
END_TEST

static int strip_from(const BlockPlan *p, Site site) {
    const int from = p->strip[block_strip_of(p, site)].from;
    return from < 0 ? SITE_NONE : (int)p->strip[from].site;
}

/* Qwen 3: queries and keys are normed head by head, as one operation. */
START_TEST(norms_of_heads_are_an_operation) {
    static const struct {
        int elem;
        Site site;
        int index;
        const char *title;
    } cases[] = {
        {16, SITE_Q_NORM_OUT, 16, "query and key norm"}, /* of 4 heads of 8 */
        {31, SITE_Q_NORM_OUT, 31, "query and key norm"},
        {32, SITE_K_NORM_OUT, 0, "query and key norm"},
        {47, SITE_K_NORM_OUT, 15, "query and key norm"},
        {48, SITE_Q_NORM_SCALE, 3, "RMS of the head's query"},
        {49, SITE_K_NORM_SCALE, 1, "RMS of the head's key"},
    };
    BlockPlan p;
    Fixture f;
    Explain ex = {0};
    TinySpec spec = tiny_spec();
    spec.family = TINY_QWEN3;
    spec.wide_heads = true;
    block_plan(&arch_qwen3, &p);
    const int op = view_op(&view_block, &arch_qwen3, "qk_norm");
    ck_assert_int_eq(p.n_ops, view_n_ops(&view_block, &arch_llama) + 1);
    ck_assert_int_eq(op, 5);
    ck_assert_int_eq(p.strip[block_strip_of(&p, SITE_Q_NORM_OUT)].op, op);
    ck_assert_int_eq(p.strip[block_strip_of(&p, SITE_K_NORM_OUT)].op, op);
    ck_assert_int_eq(strip_from(&p, SITE_Q_NORM_OUT), SITE_Q);
    ck_assert_int_eq(strip_from(&p, SITE_K_NORM_OUT), SITE_K);
    ck_assert_int_eq(strip_from(&p, SITE_ROT_K), SITE_K_NORM_OUT);
    ck_assert(
        fixture_open_spec(&f, &spec, "the cat sat", 1366, 768, 1, "light"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char state[64];
        Opened o;
        snprintf(state, sizeof state, "head=3 op=qk_norm elem=%d",
                 cases[i].elem);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_block);
        fixture_check_hits(&f);
        fixture_check_texts(&f);
        fixture_opened(&f, &view_block, &o);
        ck_assert_int_eq(o.site, cases[i].site);
        ck_assert_int_eq(o.index, cases[i].index);
        ck_assert_str_eq(o.title[0].text, cases[i].title);
        ck_assert(explain(f.trace, o.site, o.layer, o.pos, o.index, &ex, NULL));
        ck_assert(ex.matches);
    }
    char numbers[64], rms[64];
    block_norm_text(&f.stage, &p, numbers);
    snprintf(rms, sizeof rms, " · RMS %.3g",
             (double)trace_row(f.trace, SITE_Q_NORM_SCALE, 0, f.stage.pos)[3]);
    ck_assert_str_eq(numbers, rms);
    Pick pick;
    ck_assert(block_place(&f.stage, SITE_K_NORM_SCALE, &pick));
    ck_assert_int_eq(pick_get(&pick, STATE_ELEM), 49);
    explain_free(&ex);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_block_families", gemma_has_its_own_words,
          gpt2_has_its_own_words, norms_of_heads_are_an_operation)
