/* The views of a model that reads its text in both directions, with and without
 * a head: no view says what is not so, and each number that it opens is
 * there. */
#include "engine/spec/cost.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "tests/viz/stage_fixture.h"
#include "viz/app/claim_eval.h"
#include "viz/views/heads/heads.h"

#include <math.h>

/* A tiny BERT; false: it has no head. */
static void open_bert(Fixture *f, bool head, int w, int h) {
    TinySpec spec = tiny_spec();
    spec.family = TINY_BERT;
    spec.n_kv_heads = spec.n_heads;
    memset(f, 0, sizeof *f);
    state_init(&f->state);
    ck_assert(tiny_open(&f->tiny, &spec));
    if (!head) {
        model_close(f->tiny.model);
        f->tiny.model =
            tiny_family_open(&spec, &(TinyForm){.no_head = true}, &f->err);
    }
    f->model = f->tiny.model;
    f->tokenizer = f->tiny.tok;
    ck_assert_msg(f->model &&
                      fixture_open_rest(f, FIXTURE_STORY, w, h, 1, "light"),
                  "%s", f->err.msg);
}

/* Views of what is looked at and how it is worked out. */
static const View *const looked_at[] = {
    &view_tokens, &view_embedding, &view_qk,    &view_attention,
    &view_heads,  &view_block,     &view_cache, &view_model};
enum { N_LOOKED_AT = sizeof looked_at / sizeof *looked_at };

/* ---- words --------------------------------------------------------------- */

/* What is not so where a text is one whole, in any case of the first letter. */
static const char *const untrue[] = {
    "ooks back",   "look back",  "earlier token", "earlier place",
    "earlier key", "be masked",  "masked:",       "masked,",
    "masked key",  "is masked",  "the mask",      "+ mask",
    "causal",      "comes next", "so far",        "U removes"};

static void check_true(const char *text, const char *where) {
    for (size_t i = 0; i < sizeof untrue / sizeof *untrue; i++)
        ck_assert_msg(!strstr(text, untrue[i]), "%s: \"%s\"", where, text);
}

static void check_words(const Fixture *f, const char *where) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    ck_assert_int_gt(n, 3);
    for (int i = 0; i < n; i++)
        check_true(mark[i].text, where);
}

static void check_opened(Fixture *f, const View *v, const char *where) {
    Opened o;
    Explain ex = {0};
    fixture_opened(f, v, &o);
    if (o.text) check_true(o.text, where);
    check_true(o.kicker, where);
    for (int i = 0; i < o.n_title; i++)
        check_true(o.title[i].text, where);
    if (o.kind == OPENED_CELL) {
        ck_assert_msg(
            explain(f->trace, o.site, o.layer, o.pos, o.index, &ex, &f->err),
            "%s: %s", where, f->err.msg);
        ck_assert_msg(ex.matches, "%s", where);
    }
    explain_free(&ex);
}

/* All of a view's operations. */
static void check_view(Fixture *f, const View *v, const char *more) {
    ViewOp op;
    const Arch *a = f->stage.config->arch;
    for (int i = 0; i == 0 || (v->op && v->op(a, i, &op)); i++) {
        char state[96];
        const bool has = v->op && v->op(a, i, &op);
        snprintf(state, sizeof state, "op=%s %s", has ? op.name : "\"\"", more);
        char where[128];
        snprintf(where, sizeof where, "%s %s", v->name, state);
        if (has) check_true(op.title, where);
        fixture_stage(f, state);
        fixture_draw(f, v);
        fixture_check_hits(f);
        fixture_check_texts(f);
        check_words(f, where);
        check_opened(f, v, where);
    }
}

START_TEST(nothing_untrue_is_said) {
    static const char *const states[] = {
        "token=0 layer=0 head=1 key=-1 elem=-1", "token=4 layer=1 key=9 elem=3",
        "token=12 layer=1 head=3 key=12 elem=1"};
    static const int sizes[][2] = {{1366, 768}, {1024, 640}, {1920, 1080}};
    for (int k = 0; k < 3; k++) {
        Fixture f;
        open_bert(&f, k != 1, sizes[k][0], sizes[k][1]);
        for (int i = 0; i < N_LOOKED_AT; i++)
            check_view(&f, looked_at[i], states[k]);
        fixture_close(&f);
    }
}
END_TEST

/* ---- rows that are added ------------------------------------------------- */

/* Below the token's row lie those of its position and segment, their sum, and
 * that normed: a click on any of their numbers opens it. */
START_TEST(rows_that_are_added_open) {
    static const Site sites[] = {SITE_POS_EMBED, SITE_SEGMENT_EMBED,
                                 SITE_EMBED_SUM, SITE_FULL_EMBED};
    Fixture f;
    open_bert(&f, true, 1366, 768);
    fixture_stage(&f, "op=row token=3 elem=-1");
    fixture_draw(&f, &view_embedding);
    const int dim = f.stage.config->dim;
    for (int k = 0; k < 4; k++) {
        const Hit *grid = NULL;
        for (int i = 0; i < f.hits->n; i++)
            if (f.hits->list[i].kind == HIT_GRID &&
                f.hits->list[i].col0 == (k + 1) * dim)
                grid = &f.hits->list[i];
        ck_assert_ptr_nonnull(grid);
        ck_assert_int_eq(grid->cols, dim);
        char state[48];
        Opened o;
        Explain ex = {0};
        snprintf(state, sizeof state, "elem=%d", grid->col0 + 5);
        fixture_stage(&f, state);
        fixture_opened(&f, &view_embedding, &o);
        ck_assert_int_eq(o.kind, OPENED_CELL);
        ck_assert_int_eq(o.site, sites[k]);
        ck_assert_int_eq(o.pos, 3);
        ck_assert_int_eq(o.index, 5);
        ck_assert(explain(f.trace, o.site, 0, o.pos, o.index, &ex, &f.err));
        ck_assert(ex.matches);
        explain_free(&ex);
        fixture_draw(&f, &view_embedding);
    }
    fixture_close(&f);
}
END_TEST

/* ---- what is looked at --------------------------------------------------- */

/* A cell right of the diagonal is a key like any other. */
START_TEST(later_keys_open) {
    static const char *const ops[] = {"scores", "weights", "valued", "rollout",
                                      "sums"};
    Fixture f;
    open_bert(&f, true, 1366, 768);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        char state[64];
        snprintf(state, sizeof state, "token=2 key=9 layer=1 head=2 op=%s",
                 ops[i]);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_attention);
        const Hit *grid = NULL;
        for (int k = 0; k < f.hits->n; k++)
            if (f.hits->list[k].kind == HIT_GRID) grid = &f.hits->list[k];
        ck_assert_ptr_nonnull(grid);
        int row, col;
        const Rect r = grid->rect;
        const int cell = r.w / f.stage.n_pos;
        ck_assert_ptr_nonnull(hits_at(f.hits, r.x + 9 * cell + cell / 2,
                                      r.y + 2 * cell + cell / 2, &row, &col));
        ck_assert_int_eq(row, 2);
        ck_assert_int_eq(col, 9);
    }
    Opened o;
    fixture_stage(&f, "token=2 key=9 layer=1 head=2 op=weights");
    fixture_opened(&f, &view_attention, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_PATTERN);
    ck_assert_int_eq(o.index, 2 * f.stage.n_pos + 9);
    fixture_close(&f);
}
END_TEST

/* ---- heads --------------------------------------------------------------- */

/* The mean weight of one head on what a kind looks at, from the trace; NaN
 * where no token counts. */
static double mean_by_hand(const Fixture *f, int head, HeadKind kind) {
    const int n = f->stage.n_pos;
    double sum = 0;
    int count = 0;
    for (int pos = 0; pos < n; pos++) {
        const float *row = trace_row(f->trace, SITE_PATTERN, 1, pos) + head * n;
        double w = 0;
        bool counts = false;
        for (int key = 0; key < n; key++) {
            const bool same =
                key > 0 && pos > 0 && key != pos &&
                trace_token(f->trace, key) == trace_token(f->trace, pos);
            const bool looks = kind == HEAD_PREVIOUS ? key == pos - 1
                               : kind == HEAD_NEXT   ? key == pos + 1
                               : kind == HEAD_FIRST  ? key == 0 && pos > 0
                                                     : same;
            if (!looks) continue;
            w += (double)row[key];
            counts = true;
        }
        sum += w;
        count += counts;
    }
    return count ? sum / count : NAN;
}

START_TEST(heads_are_called_by_both_sides) {
    static const HeadKind kinds[] = {HEAD_PREVIOUS, HEAD_NEXT, HEAD_FIRST,
                                     HEAD_SAME};
    Fixture f;
    open_bert(&f, true, 1366, 768);
    ck_assert_int_eq(view_n_ops(&view_heads, &arch_bert), 1 + 4);
    ck_assert_int_eq(view_op(&view_heads, &arch_bert, "induction"), -1);
    ck_assert_int_eq(view_op(&view_heads, &arch_llama, "following"), -1);
    ck_assert_int_eq(view_order(&view_heads, &arch_bert, "recall"), -1);
    ck_assert_int_ge(view_order(&view_heads, NULL, "recall"), 0);
    study_frame(f.study);
    study_heads(f.study, 1, f.stage.n_pos - 1);
    fixture_make(&f);
    const StudyHead *heads = study_heads(f.study, 1, f.stage.n_pos - 1);
    ck_assert_ptr_nonnull(heads);
    for (int h = 0; h < f.stage.config->n_heads; h++) {
        for (int k = 0; k < 4; k++)
            ck_assert_double_eq_tol((double)heads[h].mean[kinds[k]],
                                    mean_by_hand(&f, h, kinds[k]), 1e-6);
        ck_assert(isnan(heads[h].mean[HEAD_INDUCTION]));
        ck_assert(isnan(heads[h].mean[HEAD_RECALL]));
    }
    fixture_stage(&f, "op=same layer=1 head=2");
    Opened o;
    fixture_opened(&f, &view_heads, &o);
    bool missing;
    study_frame(f.study);
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    ck_assert_ptr_nonnull(ex);
    ck_assert(ex->matches);
    ck_assert_double_eq_tol((double)ex->stored, mean_by_hand(&f, 2, HEAD_SAME),
                            1e-6);
    fixture_close(&f);
}
END_TEST

/* ---- how it is worked out ------------------------------------------------ */

/* A norm is of a sum, and X on it is for what was added. */
START_TEST(norms_come_after_the_sums) {
    static const char *const ops[] = {
        "resid_pre", "q",          "k",        "v",          "scores",
        "softmax",   "z",          "attn_out", "resid_mid",  "ln1",
        "up",        "activation", "down",     "resid_post", "ln2"};
    enum { N_OPS = sizeof ops / sizeof *ops };
    Fixture f;
    ViewOp op;
    EditKind kind;
    int layer, index;
    open_bert(&f, true, 1366, 768);
    ck_assert_int_eq(view_n_ops(&view_block, &arch_bert), N_OPS);
    ck_assert_int_eq(view_n_ops(&view_block, &arch_bert_encoder), N_OPS);
    for (int i = 0; i < N_OPS; i++) {
        ck_assert(view_block.op(&arch_bert, i, &op));
        ck_assert_str_eq(op.name, ops[i]);
    }
    fixture_stage(&f, "token=3 layer=1 op=ln1 elem=2");
    fixture_draw(&f, &view_block);
    ck_assert(fixture_says(&f, "spread"));
    ck_assert(view_block.part(&f.stage, &kind, &layer, &index));
    ck_assert_int_eq(kind, EDIT_ATTN);
    fixture_stage(&f, "op=ln2");
    fixture_draw(&f, &view_block);
    ck_assert(view_block.part(&f.stage, &kind, &layer, &index));
    ck_assert_int_eq(kind, EDIT_MLP);
    Pick pick;
    ck_assert(view_block.place(&f.stage, SITE_LN2_SCALE, &pick));
    ck_assert_str_eq(pick_get_word(&pick, STATE_OP), "ln2");
    fixture_close(&f);
}
END_TEST

START_TEST(what_enters_is_three_rows_normed) {
    Fixture f;
    open_bert(&f, false, 1366, 768);
    fixture_stage(&f, "token=3 op=row");
    fixture_draw(&f, &view_embedding);
    ck_assert(fixture_says(&f, "+ row 3 of the table of pos"));
    ck_assert(fixture_says(&f, "+ row 0 of the table of seg"));
    ck_assert(fixture_says(&f, "= their sum"));
    ck_assert(fixture_says(&f, "normed: less its mean"));
    fixture_stage(&f, "view=model op=map");
    fixture_draw(&f, &view_model);
    ck_assert(fixture_says(&f, "no head"));
    ck_assert(fixture_says(&f, "+ pos 3"));
    fixture_close(&f);
}
END_TEST

/* What a neuron does at later tokens is there, too. */
START_TEST(neurons_are_shown_at_all_tokens) {
    Fixture f;
    char words[32];
    open_bert(&f, true, 1366, 768);
    fixture_stage(&f, "view=mlp op=down layer=1 token=3");
    fixture_draw(&f, &view_mlp);
    snprintf(words, sizeof words, "tokens 0 to %d;", trace_n_pos(f.trace) - 1);
    ck_assert_msg(fixture_says(&f, words), "%s", words);
    fixture_close(&f);
}
END_TEST

/* All tokens in one pass: n times the weights, and all pairs. */
START_TEST(a_text_costs_as_a_whole) {
    Fixture f;
    bool missing;
    char count[32];
    open_bert(&f, true, 1366, 768);
    const Cost c = cost_of(f.stage.config);
    const uint64_t n = (uint64_t)f.stage.n_pos;
    const uint64_t all = n * c.weights + c.output + n * n * c.pair;
    stage_count_text(all, count);
    for (int i = 0; i < 2; i++) {
        const View *v = i ? &view_model : &view_cache;
        Opened o;
        fixture_stage(&f, "token=2 op=cost");
        fixture_draw(&f, v);
        ck_assert_msg(fixture_says(&f, count), "%s: %s", v->name, count);
        fixture_opened(&f, v, &o);
        study_frame(f.study);
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        ck_assert_ptr_nonnull(ex);
        ck_assert_double_eq(ex->total, (double)all);
    }
    fixture_close(&f);
}
END_TEST

/* As the views count it, wherever one is. */
START_TEST(claims_count_the_whole_text) {
    static const char *const costs[] = {"cost() > 0", "cost(at=1) > 0",
                                        "cost(as=\"anew\") > 0"};
    Fixture f;
    open_bert(&f, true, 1366, 768);
    const Cost c = cost_of(f.stage.config);
    const uint64_t n = (uint64_t)f.stage.n_pos;
    const ClaimCase at = {
        .trace = f.trace, .tokenizer = f.tokenizer, .state = &f.state};
    ClaimEval *e = claim_eval_open(1, NULL, &f.err);
    ck_assert_ptr_nonnull(e);
    for (int i = 0; i < 3; i++) {
        Claim claim;
        ClaimFound found;
        ck_assert(claim_parse(&claim, costs[i], strlen(costs[i]), &f.err));
        ck_assert_msg(claim_eval(e, &claim, &at, &found, &f.err), "%s",
                      f.err.msg);
        ck_assert_double_eq(
            found.left, (double)(n * c.weights + c.output + n * n * c.pair));
    }
    claim_eval_close(e);
    fixture_close(&f);
}
END_TEST

/* Head h of layer l puts (l + h) / 10 of its weight on the token after. */
static bool tell_following(void *ud, const Tokenizer *t, const Model *m,
                           SessionWatch watch, StudyRoles *out, Err *err) {
    const Config *c = model_config(m);
    (void)ud, (void)t, (void)watch, (void)err;
    out->n_texts = 77;
    for (int i = 0; i < c->n_layers * c->n_heads; i++) {
        out->list[i].n[HEAD_NEXT] = 20;
        out->list[i].sum[HEAD_NEXT] = 2. * (i / c->n_heads + i % c->n_heads);
    }
    return true;
}

/* Over many stories, too, by what such heads do. */
START_TEST(heads_that_look_both_ways_are_measured_over_stories) {
    Fixture f;
    static HeadsSheet sheet;
    TinySpec spec = tiny_spec();
    spec.family = TINY_BERT;
    spec.n_heads = spec.n_kv_heads = 8;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 800, 1, "light"));
    f.stage.teller = (StudyTeller){.roles = tell_following};
    fixture_stage(&f, "over=stories layer=1 head=5");
    fixture_draw(&f, &view_heads);
    heads_sheet_fill(&sheet, &f.stage);
    ck_assert_int_eq(sheet.n_texts, 77);
    for (int i = 0; i < sheet.n; i++)
        ck_assert_int_eq(sheet.items[i].kind,
                         sheet.items[i].layer + sheet.items[i].head >= 5
                             ? HEAD_NEXT
                             : HEAD_KINDS);
    ck_assert(fixture_says(&f, "over 77 stories"));
    ck_assert(!fixture_says(&f, "Induction"));
    ck_assert(!fixture_says(&f, "must come next"));
    fixture_close(&f);
}
END_TEST

TEST_MAIN("views_bert", heads_that_look_both_ways_are_measured_over_stories,
          claims_count_the_whole_text, rows_that_are_added_open,
          nothing_untrue_is_said, later_keys_open,
          heads_are_called_by_both_sides, norms_come_after_the_sums,
          what_enters_is_three_rows_normed, neurons_are_shown_at_all_tokens,
          a_text_costs_as_a_whole)
