/* The model view: draws at every size and shape; areas are as the counts; what
 * is opened equals what was counted; a letter doubles by key and by mouse. */
#include "engine/base/num.h"
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/screen/screen_private.h"
#include "viz/views/model/map.h"
#include "viz/views/model/model_view.h"

#include <math.h>

static const char *const states[] = {"op=map layer=0 head=1",
                                     "op=map zoom=4",
                                     "op=map zoom=60 at=900,1500",
                                     "op=map zoom=1000 at=1800,2000",
                                     "op=params zoom=1 at=-1,-1 shape= elem=-1",
                                     "op=params shape=D=32 elem=0",
                                     "op=params shape=L=1 elem=7",
                                     "op=params shape=H=3",
                                     "op=scale shape= elem=-1",
                                     "op=scale zoom=20 elem=3",
                                     "op=scale zoom=1000",
                                     "op=history zoom=1 elem=-1",
                                     "op=history elem=9",
                                     "op=cost elem=-1"};
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

/* Every tensor has a name, and K is D / H only where it has to be. */
START_TEST(heads_of_any_width_are_counted) {
#define CHECK(NAME)                                                            \
    for (int i = 0; i < arch_##NAME.n_tensors; i++)                            \
        ck_assert_str_ne(model_tensor_name(&arch_##NAME.tensors[i]), "");
    ARCH_LIST(CHECK)
#undef CHECK
    for (int wide = 0; wide < 2; wide++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.family = wide ? TINY_QWEN3 : TINY_LLAMA;
        spec.wide_heads = wide;
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1500, 900, 1, "light"));
        fixture_stage(&f, "op=params");
        fixture_draw(&f, &view_model);
        ck_assert(fixture_says(&f, "K = D / H = 4 ") == !wide);
        ck_assert(fixture_says(&f, "K = 8 ") == wide);
        ck_assert(fixture_says(&f, "query norm") == wide);
        fixture_close(&f);
    }
}
END_TEST

/* A matrix with a bias has a row more than its letters would say without it,
 * where there is room for letters alone, too; and all letters are named. */
START_TEST(biases_are_in_the_formulas) {
    static const int widths[] = {1024, 1366, 1920};
    for (int i = 0; i < 6; i++) {
        Fixture f;
        Opened o;
        TinySpec spec = tiny_spec();
        const bool biased = i % 2;
        spec.family = biased ? TINY_GPT2 : TINY_LLAMA;
        if (biased) spec.n_kv_heads = spec.n_heads;
        ck_assert(fixture_open_spec(&f, &spec, FIXTURE_STORY, widths[i / 2],
                                    900, 1, "light"));
        fixture_stage(&f, "op=params");
        fixture_draw(&f, &view_model);
        fixture_check_texts(&f);
        const bool matrix =
            fixture_says(&f, "L · (F · D + F)") || fixture_says(&f, "L(F·D+F)");
        const bool norm =
            fixture_says(&f, "L · (D + D)") || fixture_says(&f, "L(D+D)");
        ck_assert_msg(matrix == biased && norm == biased, "%d", widths[i / 2]);
        ck_assert(fixture_says(&f, "L · F · D") == !biased);
        ck_assert(fixture_says(&f, "D + D") == biased);
        fixture_opened(&f, &view_model, &o);
        ck_assert((strstr(o.text, "S the number of its positions") != NULL) ==
                  biased);
        fixture_close(&f);
    }
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

/* ---- known models -------------------------------------------------------- */

START_TEST(squares_are_as_the_counts) {
    static Known known[KNOWN_MAX];
    const int n = model_known(known);
    ck_assert_int_ge(n, 13);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 6; k++) {
            const float zoom = powf(3, (float)k);
            const uint64_t most = 174604259328ull;
            const int side = model_side(known[i].parameters, most, 800, zoom);
            const double want = 800 * 800.0 * (double)zoom * (double)zoom *
                                (double)known[i].parameters / (double)most;
            ck_assert_double_le(fabs((double)side * side - want), side + 1);
        }
    ck_assert_int_eq(model_side(787584, 174604259328ull, 471, 1), 1);
}
END_TEST

/* Each row can be opened, by mouse and by key, and says where it is from. */
START_TEST(known_models_open_to_their_source) {
    static Known known[KNOWN_MAX];
    const int n = model_known(known);
    for (int mode = 0; mode < 2; mode++) {
        Fixture f;
        bool hit[KNOWN_MAX] = {false};
        ck_assert(
            fixture_open(&f, NULL, FIXTURE_STORY, 1900, 1000, 1, "light"));
        fixture_stage(&f, mode ? "op=history" : "op=scale");
        fixture_draw(&f, &view_model);
        for (int i = 0; i < f.hits->n; i++) {
            const Pick *p = &f.hits->list[i].pick;
            if (f.hits->list[i].kind == HIT_PICK && pick_find(p, STATE_ELEM) &&
                pick_get(p, STATE_ELEM) >= 0)
                hit[pick_get(p, STATE_ELEM)] = true;
        }
        for (int i = 0; i < n; i++) {
            char state[32], source[32];
            ck_assert_msg(hit[i], "%s", known[i].name);
            snprintf(state, sizeof state, "elem=%d", i);
            fixture_stage(&f, state);
            fixture_draw(&f, &view_model);
            snprintf(source, sizeof source, "Source: %.12s", known[i].source);
            bool said = false;
            int n_texts;
            const TextMark *mark = canvas_texts(f.canvas, &n_texts);
            for (int k = 0; k < n_texts; k++)
                said |= strncmp(mark[k].text, source, strlen(source)) == 0;
            ck_assert_msg(said, "%s", known[i].name);
            fixture_op(&f, &view_model);
            ck_assert_int_eq(view_model.beside(&f.stage, 1),
                             i + 1 < n ? i + 1 : -1);
        }
        fixture_close(&f);
    }
}
END_TEST

/* ---- cost ---------------------------------------------------------------- */

START_TEST(cost_opens_to_what_was_counted) {
    Fixture f;
    Opened o;
    bool missing;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1500, 900, 1, "light"));
    fixture_stage(&f, "op=cost token=7");
    fixture_opened(&f, &view_model, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    const Cost cost = cost_of(f.stage.config);
    ck_assert(ex && ex->matches);
    ck_assert_double_eq_tol(ex->total, (double)cost_cached(&cost, 7), .5);
    /* The file's own bytes, but for norms; the output is the embedding. */
    const Config *c = f.stage.config;
    uint64_t bytes = 0;
    for (int part = 0; part < COST_PARTS; part++)
        if (part != COST_ATTENTION && part != COST_EMBEDDING)
            bytes += model_part_bytes(&f.stage, (CostPart)part, 7);
    ck_assert_uint_eq(bytes,
                      4 * (params_total(c) - params_of_part(c, PARAMS_NORMS)));
    ck_assert_uint_eq(model_part_bytes(&f.stage, COST_EMBEDDING, 7),
                      4 * c->dim);
    ck_assert_uint_eq(model_part_bytes(&f.stage, COST_ATTENTION, 7),
                      4 * 8 * cost.kept);
    fixture_close(&f);
}
END_TEST

/* ---- the map ------------------------------------------------------------- */

/* The four sites of a norm on the stream: each leads to where it is made. */
static SiteMask norm_sites(const Arch *a, Site normed) {
    const Site step = arch_op(a, normed)->in[0];
    const Site scale = arch_op(a, step)->in[1];
    const Site all[] = {normed, step, scale, arch_norm_mean(a, scale)};
    SiteMask mask = 0;
    for (int i = 0; i < 4; i++) {
        ck_assert_int_ge(view_op(&view_block, a, map_site_op(a, all[i])), 0);
        mask |= SITE_BIT(all[i]);
    }
    return mask;
}

/* Every result of a layer has its place, and leads to where it is made. */
static void check_map(const Arch *a, MapPlan *p) {
    map_plan(p, a, MAP_WHOLE);
    SiteMask drawn = SITE_BIT(p->enters);
    for (int i = 0; i < p->n_items; i++) {
        const Site site = p->item[i].op->out;
        drawn |= SITE_BIT(site);
        ck_assert_msg(map_site_op(a, site) != NULL, "%s %s", a->name,
                      site_info(site)->name);
        ck_assert_int_ge(view_op(&view_block, a, map_site_op(a, site)), 0);
        const Config c = {.arch = a};
        ck_assert_ptr_null(strstr(map_site_name(&c, site), "hook"));
    }
    for (int i = 0; i < p->n_branches; i++) {
        drawn |= SITE_BIT(p->branch[i].sum);
        if (p->branch[i].normed != SITE_NONE)
            drawn |= norm_sites(a, p->branch[i].normed);
    }
    ck_assert(drawn == arch_part_sites(a, ARCH_LAYER));
}

START_TEST(the_map_holds_what_a_layer_computes) {
    MapPlan p;
#define CHECK(NAME) check_map(&arch_##NAME, &p);
    ARCH_LIST(CHECK)
#undef CHECK
    check_map(&arch_llama, &p);
    ck_assert_int_eq(p.n_branches, 2);
    ck_assert(p.branch[0].above && !p.branch[1].above);
    ck_assert_int_lt(p.n_items, MAP_ITEMS_MAX);
}
END_TEST

static const MapItem *item_of(const MapPlan *p, Site site) {
    for (int i = 0; i < p->n_items; i++)
        if (p->item[i].op->out == site) return &p->item[i];
    return NULL;
}

/* Longer vectors are longer, all in one scale. */
START_TEST(lengths_are_true) {
    static const Site sites[] = {SITE_LN1_OUT, SITE_K, SITE_Z, SITE_MLP_POST,
                                 SITE_MLP_OUT};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=map layer=1");
    const Map m = map_place(&f.stage, (Rect){0, 0, 1600, 800});
    const Rect layer = map_layer(&m, &f.stage, 1);
    MapPlan p;
    map_plan(&p, &arch_llama, MAP_WHOLE);
    for (size_t i = 0; i < sizeof sites / sizeof *sites; i++) {
        int rows, cols;
        site_shape(sites[i], f.stage.config, 1, &rows, &cols);
        const Rect r = map_strip(&m, &f.stage, layer, &p, item_of(&p, sites[i]),
                                 rows * cols);
        ck_assert_double_eq_tol(r.h, (double)m.element * rows * cols, 1);
        ck_assert(r.y >= 0 && r.y + r.h <= 800);
    }
    fixture_close(&f);
}
END_TEST

static bool shows(const Fixture *f, const char *text) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(mark[i].text, text) == 0) return true;
    return false;
}

/* Far in, the numbers of the vectors stand in their cells. */
START_TEST(cells_show_the_numbers_of_the_trace) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1600, 900, 1, "light"));
    fixture_stage(&f, "op=map layer=1 token=5 zoom=8");
    fixture_draw(&f, &view_model);
    const Map m = map_place(&f.stage, hits_map(f.hits)->rect);
    MapPlan p;
    const Rect layer = map_layer(&m, &f.stage, 1);
    map_plan(&p, &arch_llama, MAP_WHOLE);
    const int n = f.stage.config->hidden_dim;
    const Rect r =
        map_strip(&m, &f.stage, layer, &p, item_of(&p, SITE_MLP_PRE), n);
    char state[64], text[16];
    snprintf(state, sizeof state, "at=%d,%d",
             (int)((int64_t)r.y * MAP_UNITS / m.world.h),
             (int)((int64_t)(r.x - 20) * MAP_UNITS / m.world.w));
    fixture_stage(&f, state);
    fixture_draw(&f, &view_model);
    const float *v = stage_row(&f.stage, SITE_MLP_PRE, 1, 5);
    int found = 0;
    for (int i = 1; i < 8; i++) {
        stage_value_text(v[i], text);
        found += shows(&f, text);
    }
    ck_assert_int_ge(found, 4);
    fixture_close(&f);
}
END_TEST

/* Of a large model it asks for what can be seen: of a layer in a slot its
 * stream and its weights. */
START_TEST(the_map_asks_for_little) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 40;
    spec.n_heads = spec.n_kv_heads = 32;
    spec.dim = 128;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1400, 900, 1, "light"));
    fixture_stage(&f, "op=map layer=35 head=30");
    study_close(f.study);
    trace_close(f.trace);
    session_rewind(f.session, 0);
    f.trace = trace_open(f.session, 1, &f.err);
    ck_assert(f.trace);
    f.study = study_open(f.trace, STUDY_BUDGET_DEFAULT, &f.err);
    f.stage.trace = f.trace;
    f.stage.study = f.study;
    ck_assert(fixture_feed(&f));
    fixture_stage(&f, "");
    fixture_draw(&f, &view_model);
    fixture_check_hits(&f);
    fixture_check_texts(&f);
    const StudyStats stats = study_stats(f.study);
    ck_assert_uint_le(stats.n_made[STUDY_ROW], 5 * 40 + 40);
    ck_assert_uint_le(stats.n_made[STUDY_MAPS], 3);
    ck_assert_uint_le(stats.n_made[STUDY_LENS], 6);
    fixture_close(&f);
}
END_TEST

/* Layers above which only their number stands, in order; of those that have a
 * token's or another's there are none in this picture. */
static int numbers_shown(const Fixture *f, int out[64]) {
    int n, found = 0;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n && found < 64; i++) {
        char *end;
        const long number = strtol(mark[i].text, &end, 10);
        const bool on_top = textmark_bounds(&mark[i]).y < 80;
        if (on_top && end != mark[i].text && !*end) out[found++] = (int)number;
    }
    return found;
}

/* What stands above many layers on a small screen: every second one's number or
 * every fourth one's, none left out but beside the opened layer; and what the
 * vectors of that are called. */
START_TEST(the_map_of_many_layers_has_even_numbers) {
    static const char *const names[] = {"norm", "q",   "k",  "v",   "q, RoPE",
                                        "z",    "W_O", "up", "down"};
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 24;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 990, 610, .71f, "light"));
    for (int layer = 0; layer < 24; layer += 5) {
        char state[32];
        int seen[64];
        snprintf(state, sizeof state, "op=map layer=%d", layer);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_model);
        fixture_check_texts(&f);
        const int n = numbers_shown(&f, seen);
        ck_assert_int_ge(n, 5);
        const int every =
            seen[1] > layer ? seen[n - 1] - seen[n - 2] : seen[1] - seen[0];
        for (int i = 0, at = 0; at < 24; at += every)
            if (i < n && seen[i] == at)
                i++;
            else
                ck_assert_msg(at >= layer - every && at <= layer,
                              "layer %d: %d has no number", layer, at);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            ck_assert_msg(shows(&f, names[i]), "no %s", names[i]);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(the_map_zooms_about_the_place_and_lets_go_of_it) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    Err err = {0};
    r.w = 1400;
    r.h = 900;
    ck_assert(app_set_state(r.app, "view=model layer=1 head=1", &err));
    app_rig_frame(&r);
    const State *s = app_state(r.app);
    for (int i = 0; i < 6; i++) {
        screen_key(r.screen, "Ctrl+=");
        app_rig_frame(&r);
    }
    ck_assert(s->zoom > 2);
    const Hit *map = hits_map(&r.screen->hits);
    ck_assert(map && map->here_col >= map->col0 &&
              map->here_col < map->col0 + map->cols);
    ck_assert(map->here_row >= map->row0 &&
              map->here_row < map->row0 + map->rows);
    /* A click on the head opens it, and its picture is whole. */
    const Rect at = map->rect;
    const int x = at.x + at.w * (map->here_col - map->col0) / map->cols;
    const int y = at.y + at.h * (map->here_row - map->row0) / map->rows;
    screen_mouse_down(r.screen, x, y);
    screen_mouse_up(r.screen);
    ck_assert_str_eq(s->view, "attention");
    ck_assert_float_eq(s->zoom, 1);
    ck_assert_int_eq(s->at[0], -1);
    app_rig_close(&r);
}
END_TEST

START_TEST(what_differs_is_said_only_where_something_is_compared) {
    static const char mark[] = "differs from before";
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    Err err = {0};
    r.w = 1400;
    r.h = 900;
    ck_assert(app_set_state(r.app, "view=model layer=1 head=1", &err));
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, mark));
    screen_key(r.screen, "X");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, mark));
    app_rig_close(&r);
}
END_TEST

/* What comes next is named in a narrow map, too. */
START_TEST(the_maps_candidates_have_names) {
    for (int w = 560; w <= 1300; w += 60) {
        Fixture f;
        int n, names = 0, percents = 0;
        ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, w, 560, .72f, "light"));
        fixture_stage(&f, "op=map layer=1");
        fixture_draw(&f, &view_model);
        const StudyNext *next = fixture_next(&f);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        for (int i = 0; i < n; i++)
            for (int k = 0; k < 5; k++) {
                char name[STAGE_LABEL_MAX];
                tokenizer_show(f.tokenizer, next->candidates[k].id, name,
                               sizeof name);
                if (mark[i].x < (float)w * .85f) continue;
                names += strcmp(mark[i].text, name) == 0;
            }
        for (int i = 0; i < n; i++)
            percents +=
                mark[i].x > (float)w * .85f && strchr(mark[i].text, '%');
        ck_assert_msg(percents == 0 || names >= percents, "%d: %d of %d", w,
                      names, percents);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(thousands_of_logits_have_commas) {
    TinySpec spec = tiny_spec();
    Fixture f;
    spec.vocab_size = 1300;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1366, 768, 1, "light"));
    fixture_stage(&f, "view=model op=map");
    fixture_draw(&f, &view_model);
    ck_assert(fixture_says(&f, "1,300 logits"));
    fixture_close(&f);
}
END_TEST

/* What the model would say after a layer has a name in a narrow layer, too. */
START_TEST(guesses_of_narrow_layers_have_names) {
    Fixture f;
    ck_assert(fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, 797, 560, .711f,
                           "light"));
    fixture_stage(&f, "op=map layer=3 token=31");
    fixture_draw(&f, &view_model);
    ck_assert(fixture_says(&f, "␣Zoe"));
    ck_assert(fixture_says(&f, "42 %"));
    ck_assert(fixture_says(&f, "␣Anna"));
    fixture_close(&f);
}
END_TEST

/* A token that is read in another's place: its row is the one taken. */
START_TEST(the_row_taken_is_the_one_that_is_read) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    fixture_stage(&f, "op=map token=5 edit=token5=42");
    fixture_draw(&f, &view_model);
    ck_assert(fixture_says(&f, "row 42"));
    fixture_close(&f);
}
END_TEST

/* The picture of the table is the table: colours of some of its cells. */
START_TEST(the_table_shows_its_numbers) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    fixture_stage(&f, "op=map token=5 zoom=4 at=0,0");
    fixture_draw(&f, &view_model);
    Map m = map_place(&f.stage, hits_map(f.hits)->rect);
    m.world.x = m.view.x;
    m.world.y = m.view.y;
    const Rect r = map_table(&m);
    const StudyTable *t = study_table(f.study);
    ck_assert(t && t->rows == f.stage.config->vocab_size);
    ck_assert(r.w >= t->cols * 3 && r.h >= t->rows * 3); /* a cell has pixels */
    int differing = 0;
    for (int row = 0; row < 12; row++)
        for (int col = 0; col < t->cols; col++) {
            const float v = t->cells[row * t->cols + col] / t->most;
            const float root = v < 0 ? -sqrtf(-v) : sqrtf(v);
            const Color c = colormap_signed(f.stage.theme, root);
            const int x = r.x + (2 * col + 1) * r.w / (2 * t->cols);
            const int y = r.y + (2 * row + 1) * r.h / (2 * t->rows);
            differing += fixture_pixel(&f, x, y) !=
                         ((uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b);
        }
    ck_assert_int_eq(differing, 0);
    fixture_close(&f);
}
END_TEST

/* The rim of a sign around (x, y), left and right. */
static void check_even(const Fixture *f, int x, int y) {
    int left = 255, right = 255;
    for (int by = 4; by <= 7; by++) {
        left = num_min(left, (int)(fixture_pixel(f, x - by, y) >> 8 & 0xFF));
        right = num_min(right, (int)(fixture_pixel(f, x + by, y) >> 8 & 0xFF));
    }
    ck_assert_msg(left < 60 && right < 60, "at %d, %d: %d and %d", x, y, left,
                  right);
}

/* The sign at a layer's end reaches into the next one, which does not cover
 * it. */
START_TEST(no_sign_of_a_sum_is_covered) {
    Fixture f;
    ck_assert(fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, 588, 560, .711f,
                           "light"));
    fixture_stage(&f, "op=map layer=1 token=3");
    fixture_draw(&f, &view_model);
    const Rect view = hits_map(f.hits)->rect;
    const Map m = map_place(&f.stage, view);
    for (int layer = 0; layer < 4; layer++) {
        const Rect r = map_layer(&m, &f.stage, layer);
        MapPlan p;
        ck_assert_int_ne(map_detail(&f.stage, r.w), MAP_SLOT);
        map_plan(&p, f.stage.config->arch, map_detail(&f.stage, r.w));
        const MapBranch *b = &p.branch[p.n_branches - 1];
        check_even(&f, view.x + r.x + (int)((float)r.w * (b->x + b->w)),
                   view.y + m.stream_y + m.stream_h / 2);
    }
    fixture_close(&f);
}
END_TEST

/* Colours of a bar's parts are not all that tells them apart. */
START_TEST(parts_of_a_cost_have_names) {
    Fixture f;
    int n, attention = 0;
    ck_assert(fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, 797, 560, .711f,
                           "light"));
    fixture_stage(&f, "op=cost token=31");
    fixture_draw(&f, &view_model);
    const TextMark *mark = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++)
        attention += strcmp(mark[i].text, "attention") == 0;
    ck_assert_int_ge(attention, 4); /* of five bars three, and the list */
    fixture_close(&f);
}
END_TEST

/* Each length once: a text may fill the context, or be one token. */
START_TEST(no_length_stands_there_twice) {
    static const struct {
        const char *prompt, *said, *unsaid;
    } texts[] = {
        {"the cat sat on the", ", as here: its whole context", ", its context"},
        {"", "1 token, as here: ", "1 token: "},
        {"the", "tokens, as here: ", "whole context"}};
    for (int i = 0; i < 3; i++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.seq_len = 8;
        ck_assert(fixture_open_spec(&f, &spec, texts[i].prompt, 1500, 900, 1,
                                    "light"));
        fixture_stage(&f, "op=cost");
        fixture_draw(&f, &view_model);
        ck_assert_msg(fixture_says(&f, texts[i].said), "%s", texts[i].said);
        ck_assert_msg(!fixture_says(&f, texts[i].unsaid), "%s",
                      texts[i].unsaid);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(the_columns_of_known_models_have_names) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1880, 840, 1, "light"));
    fixture_stage(&f, "op=scale");
    fixture_draw(&f, &view_model);
    ck_assert(fixture_says(&f, "parameters"));
    ck_assert(fixture_says(&f, "times this one"));
    ck_assert(fixture_says(&f, "layers × vector"));
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_model", the_columns_of_known_models_have_names,
          the_table_shows_its_numbers, no_length_stands_there_twice,
          guesses_of_narrow_layers_have_names, parts_of_a_cost_have_names,
          the_row_taken_is_the_one_that_is_read, no_sign_of_a_sum_is_covered,
          thousands_of_logits_have_commas, the_maps_candidates_have_names,
          every_size_and_scale_draws, areas_are_as_the_counts,
          what_is_opened_is_what_was_counted, known_sizes_show_the_known_count,
          heads_of_any_width_are_counted, biases_are_in_the_formulas,
          a_letter_turns_by_key_and_by_mouse, squares_are_as_the_counts,
          known_models_open_to_their_source, cost_opens_to_what_was_counted,
          the_map_holds_what_a_layer_computes, lengths_are_true,
          cells_show_the_numbers_of_the_trace, the_map_asks_for_little,
          the_map_of_many_layers_has_even_numbers,
          the_map_zooms_about_the_place_and_lets_go_of_it,
          what_differs_is_said_only_where_something_is_compared)
