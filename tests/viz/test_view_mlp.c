/* The mlp view: draws at every size and shape, its neurons can be clicked, what
 * is opened is the number shown, and X means the neuron in sight. */
#include "tests/support/overflow.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/mlp/mlp.h"

static const char *const states[] = {"op=gate", "op=silu", "op=up",
                                     "op=product", "op=down"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_mlp, states, N_STATES, 450);
}
END_TEST

/* At any height the parts stand above each other, and the last one ends where
 * the view does. */
START_TEST(no_part_reaches_into_another) {
    enum { TYPES = 2 };
    static const TinyFamily types[TYPES] = {TINY_LLAMA, TINY_BERT};
    for (int i = 0; i < TYPES; i++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.family = types[i];
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1024, 800, 1, "light"));
        fixture_stage(&f, "op=product");
        fixture_draw(&f, &view_mlp); /* its numbers are made */
        for (int h = 260; h < 800; h++) {
            MlpLayout l;
            const Rect r = {18, 100, 988, h};
            ck_assert(mlp_layout(&f.stage, r, &l));
            ck_assert_msg(l.without_y + l.without_h <= r.y + h - l.out.h,
                          "model %d, %d high: %d + %d in %d", i, h, l.without_y,
                          l.without_h, r.y + h - l.out.h);
        }
        fixture_close(&f);
    }
}
END_TEST

/* As many neurons as Llama 2 7B has in a layer, and fewer than columns. */
START_TEST(every_number_of_neurons_draws) {
    static const int hidden[] = {1, 5, 11008};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.hidden_dim = hidden[i];
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 900, 1, "light"));
        fixture_stage(&f, "op=product");
        fixture_draw(&f, &view_mlp);
        fixture_check_hits(&f);
        ck_assert_int_gt(f.hits->n, hidden[i] > 5 ? 60 : 5);
        fixture_close(&f);
    }
}
END_TEST

/* The strongest have a column each, with a hit for each lane. */
START_TEST(the_strongest_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1600, 900, 1, "light"));
    fixture_stage(&f, "layer=1 op=product");
    fixture_draw(&f, &view_mlp);
    const StudyNeurons *n = study_neurons(f.study, 1, f.stage.pos);
    int lanes[24] = {0};
    for (int i = 0; i < f.hits->n; i++) {
        const Pick *p = &f.hits->list[i].pick;
        if (f.hits->list[i].kind == HIT_PICK && pick_find(p, STATE_ELEM) &&
            pick_find(p, STATE_OP))
            lanes[pick_get(p, STATE_ELEM)]++;
    }
    for (int i = 0; i < MLP_WIDE_MAX; i++)
        ck_assert_int_eq(lanes[n->order[i]], MLP_LANES);
    ck_assert_int_eq(lanes[n->order[MLP_WIDE_MAX]], 0);
    fixture_close(&f);
}
END_TEST

/* Small numbers are written as the others are, not as powers of ten. */
START_TEST(no_number_is_a_power) {
    Fixture f;
    ck_assert(
        fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, 1600, 900, 1, "light"));
    fixture_stage(&f, "layer=1 op=down token=1");
    fixture_draw(&f, &view_mlp);
    ck_assert(!fixture_says(&f, "e-0"));
    ck_assert(fixture_says(&f, "0.000"));
    ck_assert(!fixture_says(&f, "the MLP's +0.00 "));
    ck_assert(fixture_says(&f, "the MLP's +0.00"));
    fixture_close(&f);
}
END_TEST

/* Without a gate there are no rows for one. */
START_TEST(no_gate_no_rows_for_it) {
    static const char *const names[] = {"up", "product", "down"};
    static const Site sites[] = {SITE_MLP_PRE, SITE_MLP_POST, SITE_NONE};
    MlpLane lanes[MLP_LANES];
    ck_assert_int_eq(mlp_lanes(&arch_gpt2, lanes), 3);
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.family = TINY_GPT2;
    spec.n_kv_heads = spec.n_heads;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1366, 768, 1, "dark"));
    for (int i = 0; i < 3; i++) {
        char state[32];
        ViewOp op;
        Opened o;
        ck_assert(view_mlp.op(&arch_gpt2, i, &op));
        ck_assert_str_eq(op.name, names[i]);
        snprintf(state, sizeof state, "op=%s elem=2", names[i]);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_mlp);
        fixture_check_hits(&f);
        fixture_check_texts(&f);
        fixture_opened(&f, &view_mlp, &o);
        ck_assert_int_eq(o.site, sites[i]);
        int n;
        const TextMark *mark = canvas_texts(f.canvas, &n);
        for (int k = 0; k < n; k++)
            ck_assert_msg(!strstr(mark[k].text, "gate") &&
                              !strstr(mark[k].text, "SiLU"),
                          "%s", mark[k].text);
    }
    fixture_close(&f);
}
END_TEST

static const Explain *explained(Fixture *f, StudyKey key) {
    bool missing;
    study_get(f->study, key, &missing);
    fixture_make(f);
    return study_get(f->study, key, &missing);
}

START_TEST(what_is_opened_is_the_number_of_the_lane) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    fixture_stage(&f, "layer=1 elem=7 op=gate");
    fixture_opened(&f, &view_mlp, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_MLP_PRE);
    ck_assert_int_eq(o.index, 7);
    fixture_stage(&f, "op=up");
    fixture_opened(&f, &view_mlp, &o);
    ck_assert_int_eq(o.site, SITE_MLP_PRE_LINEAR);
    fixture_stage(&f, "op=product");
    fixture_opened(&f, &view_mlp, &o);
    ck_assert_int_eq(o.site, SITE_MLP_POST);
    const StudyNeuron v = study_neurons(f.study, 1, f.stage.pos)->list[7];
    fixture_stage(&f, "op=silu");
    fixture_opened(&f, &view_mlp, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_float_eq_tol(explained(&f, o.made)->stored, v.act, 1e-6f);
    fixture_stage(&f, "op=down");
    fixture_opened(&f, &view_mlp, &o);
    ck_assert_float_eq_tol(explained(&f, o.made)->stored, v.adds, 1e-6f);
    fixture_close(&f);
}
END_TEST

/* The strongest is the one in question; once it is off it stays so, in
 * sight. */
START_TEST(x_is_about_the_neuron_in_sight) {
    Fixture f;
    EditKind kind = EDIT_HEAD;
    int layer = -1, index = -1;
    char edit[32];
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "layer=1 op=product");
    fixture_draw(&f, &view_mlp);
    const int strongest = study_neurons(f.study, 1, f.stage.pos)->order[0];
    ck_assert(view_mlp.part(&f.stage, &kind, &layer, &index));
    ck_assert_int_eq(kind, EDIT_NEURON);
    ck_assert_int_eq(layer, 1);
    ck_assert_int_eq(index, strongest);
    snprintf(edit, sizeof edit, "edit=n1.%d", strongest);
    fixture_stage(&f, edit);
    fixture_draw(&f, &view_mlp);
    ck_assert(view_mlp.part(&f.stage, &kind, &layer, &index));
    ck_assert_int_eq(index, strongest);
    MlpLayout l;
    ck_assert(mlp_layout(&f.stage, (Rect){0, 0, 1600, 800}, &l));
    ck_assert(mlp_is_wide(&l, strongest));
    fixture_close(&f);
}
END_TEST

START_TEST(shift_and_arrows_go_by_strength) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 900, 700, 1, "light"));
    fixture_stage(&f, "layer=0 op=product");
    fixture_draw(&f, &view_mlp);
    const StudyNeurons *n = study_neurons(f.study, 0, f.stage.pos);
    ck_assert_int_eq(view_mlp.beside(&f.stage, 1), n->order[1]);
    ck_assert_int_eq(view_mlp.beside(&f.stage, -1), -1);
    f.stage.elem = n->order[n->n - 1];
    ck_assert_int_eq(view_mlp.beside(&f.stage, 1), -1);
    ck_assert_int_eq(view_mlp.beside(&f.stage, -1), n->order[n->n - 2]);
    fixture_close(&f);
}
END_TEST

/* With the run that it is compared with a column has a second number. */
START_TEST(what_was_before_is_drawn) {
    Fixture f, g;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    ck_assert(fixture_open(&g, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "layer=1 op=product edit=0.0");
    fixture_draw(&f, &view_mlp);
    int alone, both;
    canvas_texts(f.canvas, &alone);
    f.stage.against = g.trace;
    f.stage.against_study = g.study;
    f.stage.before_suffix = f.stage.n_pos;
    f.stage.before_prefix = f.stage.n_pos;
    do {
        study_frame(g.study);
        fixture_draw(&f, &view_mlp);
    } while (fixture_make(&g));
    canvas_texts(f.canvas, &both);
    ck_assert_int_gt(both, alone + 20);
    ck_assert(fixture_says(&f, "· line: before"));
    fixture_close(&f);
    fixture_close(&g);
}
END_TEST

static bool is_signed_number(const char *text) {
    return (text[0] == '+' || text[0] == '-') && strchr(text, '.') &&
           text[1 + strspn(text + 1, "0123456789.")] == '\0';
}

static void check_numbers_apart(const Fixture *f) {
    int n, numbers = 0;
    const Color c = f->stage.theme->panel;
    const uint32_t ground =
        (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | (uint32_t)c.b;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++) {
        const int x = (int)mark[i].x, right = x + (int)mark[i].w + 2;
        const int middle = (int)(mark[i].y - mark[i].cap / 2);
        if (!is_signed_number(mark[i].text) ||
            fixture_pixel(f, right, middle) != ground)
            continue;
        numbers++;
        for (int left = 1; left <= 2; left++)
            ck_assert_msg(fixture_pixel(f, x - left, middle) == ground,
                          "\"%s\" at %d,%d", mark[i].text, x, middle);
    }
    ck_assert_int_ge(numbers, 15);
}

/* In a narrow stage bars yield to numbers: left of each is its column's ground,
 * with the run before beside it and without. */
START_TEST(no_number_touches_its_bar) {
    Fixture f, g;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1, 1, .72f, "light"));
    ck_assert(fixture_open(&g, NULL, FIXTURE_STORY, 1, 1, .72f, "light"));
    for (int i = 0; i < f.stage.config->hidden_dim; i++) {
        overflow_make(&f.tiny, (OverflowAt){TENSOR_W_UP, 1, i, 30});
        overflow_make(&g.tiny, (OverflowAt){TENSOR_W_UP, 1, i, 30});
    }
    fixture_stage(&g, "layer=1 prompt=\"the cat sat\"");
    fixture_stage(&f, "layer=1 op=product edit=0.0 prompt=\"the cat sat\"");
    for (int w = 500; w <= 1000; w += 10)
        for (int compared = 0; compared < 2; compared++) {
            ck_assert(canvas_resize(f.canvas, w, 640, .72f, &f.err));
            f.stage.against = compared ? g.trace : NULL;
            f.stage.against_study = compared ? g.study : NULL;
            f.stage.before_suffix = f.stage.before_prefix = f.stage.n_pos;
            do {
                study_frame(g.study);
                fixture_draw(&f, &view_mlp);
            } while (fixture_make(&g));
            check_numbers_apart(&f);
        }
    fixture_close(&f);
    fixture_close(&g);
}
END_TEST

TEST_MAIN("view_mlp", no_part_reaches_into_another, no_number_touches_its_bar,
          no_gate_no_rows_for_it, every_size_and_scale_draws,
          every_number_of_neurons_draws, the_strongest_can_be_clicked,
          no_number_is_a_power, what_is_opened_is_the_number_of_the_lane,
          x_is_about_the_neuron_in_sight, shift_and_arrows_go_by_strength,
          what_was_before_is_drawn)
