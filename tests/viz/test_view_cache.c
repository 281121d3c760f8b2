/* The cache view: draws at every size and shape, each token, layer and head can
 * be clicked, and what is opened is a number of the new column or the count. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/cache/cache.h"

static const char *const states[] = {"op=keys", "op=values", "op=cost"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_cache, states, N_STATES, 450);
}
END_TEST

/* More layers and heads than there is room for: those about the current. */
START_TEST(every_shape_of_model_draws) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 40;
    spec.n_heads = spec.n_kv_heads = 32;
    spec.dim = 128;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 900, 1, "light"));
    for (int mode = 0; mode < N_STATES; mode++) {
        fixture_stage(&f, states[mode]);
        fixture_stage(&f, "layer=35 head=30");
        fixture_draw(&f, &view_cache);
        fixture_check_hits(&f);
        fixture_check_texts(&f);
        bool current = false;
        for (int i = 0; i < f.hits->n; i++) {
            const Pick *p = &f.hits->list[i].pick;
            current |= pick_find(p, STATE_LAYER) && pick_find(p, STATE_HEAD) &&
                       pick_get(p, STATE_LAYER) == 35 &&
                       pick_get(p, STATE_HEAD) == 30;
        }
        ck_assert(current);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(every_block_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=keys");
    fixture_draw(&f, &view_cache);
    const Config *c = f.stage.config;
    int grids = 0;
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *hit = &f.hits->list[i];
        if (hit->kind != HIT_GRID) continue;
        grids++;
        ck_assert_int_eq(hit->cols, f.stage.n_pos);
        ck_assert_int_eq(hit->rows, c->head_dim);
    }
    ck_assert_int_eq(grids, 2 * c->n_layers * c->n_kv_heads);
    fixture_close(&f);
}
END_TEST

/* Blocks are made lower where all then have room. */
START_TEST(no_layer_is_left_out_for_comfort) {
    Fixture f;
    TinySpec spec = tiny_spec();
    int grids = 0;
    spec.n_layers = spec.n_heads = spec.n_kv_heads = 4;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1244, 630, 1, "light"));
    fixture_stage(&f, "op=keys");
    fixture_draw(&f, &view_cache);
    for (int i = 0; i < f.hits->n; i++)
        grids += f.hits->list[i].kind == HIT_GRID;
    ck_assert_int_eq(grids, 2 * 4 * 4);
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_opened_is_of_the_new_column) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    const int K = f.stage.config->head_dim;
    fixture_stage(&f, "layer=1 head=3 token=5 elem=2 op=keys");
    fixture_opened(&f, &view_cache, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_ROT_K);
    ck_assert_int_eq(o.pos, 5);
    ck_assert_int_eq(o.index, K + 2); /* head 3 of 4 reads the second of 2 */
    fixture_stage(&f, "op=values");
    fixture_opened(&f, &view_cache, &o);
    ck_assert_int_eq(o.site, SITE_V);
    fixture_stage(&f, "op=cost");
    fixture_opened(&f, &view_cache, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    bool missing;
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    const Cost cost = cost_of(f.stage.config);
    ck_assert(ex->matches);
    ck_assert_double_eq_tol(ex->total, (double)cost_cached(&cost, 5), .5);
    fixture_close(&f);
}
END_TEST

/* Without the mask the cache keeps layer 0 alone, and the count says so. */
START_TEST(without_the_mask_only_layer_0_is_kept) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    ck_assert(cache_holds(&f.stage));
    fixture_stage(&f, "op=cost token=5 edit=mask");
    ck_assert(!cache_holds(&f.stage));
    fixture_draw(&f, &view_cache);
    fixture_opened(&f, &view_cache, &o);
    bool missing;
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    const Cost cost = cost_of(f.stage.config);
    ck_assert_double_eq_tol(ex->total, (double)cost_kept_first(&cost, 5), .5);
    fixture_close(&f);
}
END_TEST

START_TEST(counts_have_commas) {
    char text[32];
    stage_count_text(0, text);
    ck_assert_str_eq(text, "0");
    stage_count_text(999, text);
    ck_assert_str_eq(text, "999");
    stage_count_text(22659072, text);
    ck_assert_str_eq(text, "22,659,072");
    stage_count_text(UINT64_MAX, text);
    ck_assert_str_eq(text, "18,446,744,073,709,551,615");
}
END_TEST

/* What the last layer's heads add reaches no key: then that is said, and no
 * colour is explained that is not there. */
START_TEST(what_has_not_changed_is_said) {
    static const char *const edits[] = {"edit=1.0", "edit=0.0"};
    for (int i = 0; i < 2; i++) {
        Fixture f, g;
        ck_assert(fixture_open(&f, NULL, "the cat", 1600, 900, 1, "light"));
        ck_assert(fixture_open(&g, NULL, "the cat", 1600, 900, 1, "light"));
        fixture_stage(&f, edits[i]);
        f.stage.against = g.trace;
        f.stage.against_study = g.study;
        f.stage.before_suffix = f.stage.before_prefix = f.stage.n_pos;
        fixture_draw(&f, &view_cache);
        ck_assert_int_eq(fixture_says(&f, "none changed"), i == 0);
        ck_assert_int_eq(fixture_says(&f, "red: changed"), i == 1);
        fixture_close(&f);
        fixture_close(&g);
    }
}
END_TEST

TEST_MAIN("view_cache", what_has_not_changed_is_said,
          every_size_and_scale_draws, every_shape_of_model_draws,
          every_block_can_be_clicked, no_layer_is_left_out_for_comfort,
          what_is_opened_is_of_the_new_column,
          without_the_mask_only_layer_0_is_kept, counts_have_commas)
