/* The qk view: draws at every size and shape, keys and numbers can be clicked,
 * and what is opened is the number that the operation is about. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/qk/qk.h"

static const char *const states[] = {"op=before", "op=turned",  "op=product",
                                     "op=scaled", "op=softmax", "op=distance"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_qk, states, N_STATES, 450);
}
END_TEST

/* Heads of one pair, and as wide as those of Llama 2 7B. */
START_TEST(every_size_of_head_draws) {
    static const int dims[] = {8, 512};
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.dim = dims[i];
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 900, 1, "light"));
        for (int mode = 0; mode < N_STATES; mode++) {
            fixture_stage(&f, states[mode]);
            fixture_draw(&f, &view_qk);
            fixture_check_hits(&f);
        }
        QkLayout l;
        ck_assert(qk_layout(&f.stage, (Rect){0, 0, 1400, 800}, &l));
        const int shown = l.n_columns - (l.n_others > 0);
        ck_assert_int_eq(shown + l.n_others, l.m->n_pairs);
        double sum = l.others;
        for (int c = 0; c < l.n_columns; c++)
            if (l.pair[c] >= 0) sum += l.m->adds[l.pair[c]];
        ck_assert_double_eq_tol(sum, l.m->raw, 1e-6);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(every_key_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=softmax");
    fixture_draw(&f, &view_qk);
    bool key[64] = {false};
    for (int i = 0; i < f.hits->n; i++) {
        const Pick *pick = &f.hits->list[i].pick;
        if (!pick_find(pick, STATE_KEY)) continue;
        const int at = pick_get(pick, STATE_KEY); /* -1: a label opens none */
        ck_assert_int_lt(at, 64);
        if (at >= 0) key[at] = true;
    }
    for (int pos = 0; pos <= f.stage.pos; pos++)
        ck_assert(key[pos]);
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_opened_is_what_the_operation_is_about) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    const int K = f.stage.config->head_dim;
    fixture_stage(&f, "layer=1 head=2 key=3 elem=1 op=before");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_Q);
    ck_assert_int_eq(o.index, 2 * K + 1);
    fixture_stage(&f, "op=turned");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.site, SITE_ROT_Q);
    fixture_stage(&f, "op=product");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_int_eq(o.made.kind, STUDY_RAW);
    fixture_stage(&f, "op=scaled");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.site, SITE_ATTN_SCORES);
    ck_assert_int_eq(o.index, 2 * (f.stage.pos + 1) + 3);
    fixture_stage(&f, "op=softmax");
    fixture_opened(&f, &view_qk, &o);
    ck_assert_int_eq(o.kind, OPENED_SOFTMAX);
    ck_assert_int_eq(o.head, 2);
    ck_assert_int_eq(o.key, 3);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_qk", every_size_and_scale_draws, every_size_of_head_draws,
          every_key_can_be_clicked,
          what_is_opened_is_what_the_operation_is_about)
