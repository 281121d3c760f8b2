/* The residual view: draws at every size and depth, rows and heads can be
 * clicked, and what it says is opened is the answer's logit. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/residual/residual.h"

#include <math.h>
#include <stdio.h>

static const char *const states[] = {"op=lens", "op=why"};

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_residual, states, 2, 300);
}
END_TEST

/* Deep models: more points than columns, more parts than rows. */
START_TEST(every_shape_of_model_draws) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 40;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 900, 600, 1, "light"));
    for (int mode = 0; mode < 2; mode++) {
        fixture_stage(&f, states[mode]);
        fixture_draw(&f, &view_residual);
        fixture_check_hits(&f);
        ck_assert_int_gt(f.hits->n, 5);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(points_are_the_embedding_and_every_sum) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    const ResidualDepth d = residual_depth(f.stage.config);
    ck_assert_int_eq(d.n_points, 5);
    static const ResidualPoint want[] = {{SITE_EMBED, 0},
                                         {SITE_RESID_MID, 0},
                                         {SITE_RESID_POST, 0},
                                         {SITE_RESID_MID, 1},
                                         {SITE_RESID_POST, 1}};
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(residual_point(&d, i).site, want[i].site);
        ck_assert_int_eq(residual_point(&d, i).layer, want[i].layer);
    }
    fixture_close(&f);
}
END_TEST

/* Each of the lens's rows has its token's hit; each of why's heads its own. */
START_TEST(rows_and_heads_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1200, 900, 1, "light"));
    fixture_stage(&f, "op=lens");
    fixture_draw(&f, &view_residual);
    bool token[64] = {false};
    for (int i = 0; i < f.hits->n; i++)
        if (pick_find(&f.hits->list[i].pick, STATE_TOKEN))
            token[pick_get(&f.hits->list[i].pick, STATE_TOKEN)] = true;
    for (int pos = 0; pos < f.stage.n_pos; pos++)
        ck_assert(token[pos]);
    fixture_stage(&f, "op=why");
    fixture_draw(&f, &view_residual);
    int heads = 0;
    for (int i = 0; i < f.hits->n; i++)
        heads += pick_find(&f.hits->list[i].pick, STATE_HEAD) != NULL;
    ck_assert_int_eq(heads, f.stage.config->n_layers * f.stage.config->n_heads);
    fixture_close(&f);
}
END_TEST

START_TEST(the_answers_logit_is_opened) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    fixture_stage(&f, "op=why");
    fixture_opened(&f, &view_residual, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_LOGITS);
    const float *l = trace_row(f.trace, SITE_LOGITS, 0, f.stage.pos);
    for (int i = 0; i < f.stage.config->vocab_size; i++)
        ck_assert(l[i] <= l[o.index]);
    fixture_stage(&f, "op=why elem=17");
    fixture_opened(&f, &view_residual, &o);
    ck_assert_int_eq(o.index, 17);
    fixture_close(&f);
}
END_TEST

/* What a part or a token is worth is what a run with that edit says, to the
 * last bit. */
static void check_worth(EditKind kind, int layer, int index, const char *word) {
    Fixture f, off;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1200, 900, 1, "light"));
    fixture_stage(&f, "op=why");
    residual_worth(&f.stage, 5, 9, kind, layer, index);
    while (study_step(f.stage.study)) {
    }
    const ResidualWorth w = residual_worth(&f.stage, 5, 9, kind, layer, index);
    ck_assert(w.known && !w.missing);
    ck_assert(fixture_open(&off, NULL, FIXTURE_STORY, 1200, 900, 1, "light"));
    char edit[24];
    snprintf(edit, sizeof edit, "edit=%s", word);
    fixture_stage(&off, edit);
    const float *with = trace_row(f.trace, SITE_LOGITS, 0, f.stage.pos);
    const float *without = trace_row(off.trace, SITE_LOGITS, 0, f.stage.pos);
    ck_assert_double_eq(w.value, (double)with[5] - (double)with[9] -
                                     ((double)without[5] - (double)without[9]));
    ck_assert(w.value != 0);
    double sum = 0;
    for (int i = 0; i < f.stage.config->vocab_size; i++)
        sum += exp((double)without[i] - (double)without[5]);
    ck_assert_double_eq_tol(w.prob, 1 / sum, 1e-9);
    fixture_close(&off);
    fixture_close(&f);
}

START_TEST(worth_is_measured_by_a_run) {
    check_worth(EDIT_HEAD, 0, 1, "0.1");
    check_worth(EDIT_MLP, 1, 0, "mlp1");
    check_worth(EDIT_CUT, 0, 3, "cut3");
}
END_TEST

/* Dear runs are few: a long text of a small model has them all, a large model
 * some. */
START_TEST(runs_are_bounded) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    Config c = *f.stage.config;
    Stage s = f.stage;
    s.config = &c;
    ck_assert_int_gt(residual_runs_max(&s), 1000);
    c.dim = 4096;
    c.n_layers = c.n_heads = c.n_kv_heads = 32;
    c.head_dim = 128;
    c.hidden_dim = 11008;
    ck_assert_int_eq(residual_runs_max(&s), 6);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_residual", worth_is_measured_by_a_run, runs_are_bounded,
          every_size_and_scale_draws, every_shape_of_model_draws,
          points_are_the_embedding_and_every_sum, rows_and_heads_can_be_clicked,
          the_answers_logit_is_opened)
