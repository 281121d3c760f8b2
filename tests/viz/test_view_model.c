/* The model view: draws at every size and shape; areas are as the counts; what
 * is opened equals what was counted; a letter doubles by key and by mouse. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/screen/screen_private.h"
#include "viz/views/model/model_view.h"

#include <math.h>

static const char *const states[] = {
    "op=params shape= elem=-1", "op=params shape=D=32 elem=0",
    "op=params shape=L=1 elem=7", "op=params shape=H=3"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_model, states, N_STATES, 300);
}
END_TEST

/* One box's area, by its count, to the rounding of its edges. */
static void check_box(const ModelTree *t, int row, int layer) {
    const ArchTensor *tensor = &t->config->arch->tensors[row];
    const Rect r = model_tree_box(t, row, layer);
    const double all = (double)t->area.w * t->area.h;
    const double want =
        all * (double)params_each(t->config, tensor) / (double)t->total;
    ck_assert_msg(fabs((double)r.w * r.h - want) <= r.w + r.h + 1,
                  "row %d, layer %d: %d x %d, want %.1f", row, layer, r.w, r.h,
                  want);
}

/* Boxes lie side by side and fill all. */
static void check_tree(const Config *c, Rect area) {
    const ModelTree t = model_tree(c, area);
    int64_t filled = 0;
    for (int row = 0; row < c->arch->n_tensors; row++) {
        const ArchTensor *tensor = &c->arch->tensors[row];
        for (int i = 0; i < params_copies(c, tensor); i++) {
            const Rect r = model_tree_box(&t, row, i);
            check_box(&t, row, i);
            filled += (int64_t)r.w * r.h;
            ck_assert(r.x >= area.x && r.y >= area.y);
            ck_assert(r.x + r.w <= area.x + area.w);
            ck_assert(r.y + r.h <= area.y + area.h);
        }
    }
    ck_assert_int_eq(filled, (int64_t)area.w * area.h);
}

START_TEST(areas_are_as_the_counts) {
    static const char *const shapes[] = {
        "", "D=256", "L=1", "V=32000", "D=4096,F=11008,H=32,G=32,V=32000,L=32"};
    static const Rect areas[] = {
        {0, 0, 480, 480}, {7, 11, 1200, 700}, {3, 0, 91, 333}};
    Config own = {.arch = &arch_llama,
                  .dim = 128,
                  .hidden_dim = 320,
                  .n_layers = 4,
                  .n_heads = 4,
                  .n_kv_heads = 2,
                  .head_dim = 32,
                  .vocab_size = 768,
                  .seq_len_max = 256,
                  .norm_eps = 1e-5f,
                  .rope_theta = 1e4f};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t k = 0; k < sizeof areas / sizeof *areas; k++) {
            Shape shape = {0};
            Config c;
            ck_assert(shape_parse(&shape, shapes[i], NULL));
            own.tied = k != 1;
            ck_assert(shape_apply(&shape, &own, &c, NULL));
            check_tree(&c, areas[k]);
        }
}
END_TEST

/* All counts of the table, opened one by one. */
START_TEST(what_is_opened_is_what_was_counted) {
    Fixture f;
    Opened o;
    bool missing;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    fixture_stage(&f, "op=params shape=D=32,L=5");
    Config c;
    ck_assert(model_sizes(&f.stage, &c, NULL));
    const int n = c.arch->n_tensors;
    for (int i = 0; i <= n + PARAMS_PARTS; i++) {
        char state[32];
        snprintf(state, sizeof state, "elem=%d", MODEL_FIRST_COUNT + i);
        fixture_stage(&f, state);
        fixture_opened(&f, &view_model, &o);
        ck_assert_int_eq(o.kind, OPENED_MADE);
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        const double want =
            (double)(i < n    ? params_of(&c, &c.arch->tensors[i])
                     : i == n ? params_total(&c)
                              : params_of_part(&c, (ParamsPart)(i - n - 1)));
        ck_assert(ex && ex->matches);
        ck_assert_double_eq_tol(ex->total, want, .5);
    }
    /* With other sizes it is another number. */
    fixture_stage(&f, "shape= elem=-1");
    fixture_opened(&f, &view_model, &o);
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    ck_assert_double_eq_tol(ex->total, (double)params_total(f.stage.config),
                            .5);
    fixture_close(&f);
}
END_TEST

/* The whole is written out, digit by digit. */
START_TEST(known_sizes_show_the_known_count) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1500, 900, 1, "light"));
    fixture_stage(&f, "op=params shape=D=4096,F=11008,H=32,G=32,V=32000,L=32");
    fixture_draw(&f, &view_model);
    int n;
    bool shown = false;
    const TextMark *mark = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++)
        shown |= strcmp(mark[i].text, "6,738,415,616") == 0;
    ck_assert(shown);
    fixture_close(&f);
}
END_TEST

static const Hit *slider_of(const AppRig *r, ShapeDim d) {
    const Hits *h = &r->screen->hits;
    for (int i = 0; i < h->n; i++)
        if (h->list[i].kind == HIT_SLIDER &&
            h->list[i].slider_key == STATE_SHAPE && h->list[i].arg == (int)d)
            return &h->list[i];
    return NULL;
}

START_TEST(a_letter_turns_by_key_and_by_mouse) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    Err err = {0};
    r.w = 1400;
    r.h = 900;
    ck_assert(app_set_state(r.app, "view=model op=params", &err));
    app_rig_frame(&r);
    const int *n = app_state(r.app)->shape.n;
    const Shape own = shape_of(model_config(app_model(r.app)));
    screen_key(r.screen, "A");
    ck_assert_int_eq(n[SHAPE_D], 2 * own.n[SHAPE_D]);
    screen_key(r.screen, "Shift+A");
    ck_assert_int_eq(n[SHAPE_D], 0);
    app_rig_frame(&r);
    const Hit *hit = slider_of(&r, SHAPE_L);
    ck_assert_ptr_nonnull(hit);
    const Rect at = hit->rect;
    screen_wheel(r.screen, at.x + at.w / 2, at.y + at.h / 2, 1);
    ck_assert_int_eq(n[SHAPE_L], 2 * own.n[SHAPE_L]);
    app_rig_frame(&r);
    screen_mouse_down(r.screen, at.x + at.w - 1, at.y + at.h / 2);
    screen_mouse_up(r.screen);
    ck_assert_int_ge(n[SHAPE_L], 32 * own.n[SHAPE_L]);
    screen_key(r.screen, "Ctrl+Z");
    ck_assert_int_eq(n[SHAPE_L], 2 * own.n[SHAPE_L]);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("view_model", every_size_and_scale_draws, areas_are_as_the_counts,
          what_is_opened_is_what_was_counted, known_sizes_show_the_known_count,
          a_letter_turns_by_key_and_by_mouse)
