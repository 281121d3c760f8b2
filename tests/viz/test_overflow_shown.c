/* Numbers that overflowed, in every view, operation, tip and inspector: all
 * draw, what is not finite is called so, and nothing is as C prints it. */
#include "engine/base/num.h"
#include "tests/support/app_rig.h"
#include "tests/support/overflow.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/view.h"

#include <math.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "nan", "-inf": as a word of its own. */
static bool is_as_printed(const char *text) {
    static const char *const words[] = {"nan", "inf"};
    for (int i = 0; i < 2; i++)
        for (const char *at = text; (at = strstr(at, words[i])); at++)
            if ((at == text || !is_letter(at[-1])) && !is_letter(at[3]))
                return true;
    return false;
}

static void check_texts(const Canvas *c, const char *where) {
    int n;
    const TextMark *mark = canvas_texts(c, &n);
    for (int i = 0; i < n; i++)
        ck_assert_msg(!is_as_printed(mark[i].text), "%s: \"%s\"", where,
                      mark[i].text);
}

/* The tips of what can be clicked: of the many of one kind a few. */
static void check_tips(Fixture *f, const View *view, const char *where) {
    enum { MOST = 12 };
    Rect at[MOST];
    int n = 0;
    const int step = num_max(f->hits->n / MOST, 1);
    for (int i = 0; i < f->hits->n && n < MOST; i += step)
        at[n++] = f->hits->list[i].rect;
    for (int i = 0; i < n; i++) {
        Tip tip = {0};
        f->stage.tip = &tip;
        f->stage.mouse_x = at[i].x + at[i].w / 2;
        f->stage.mouse_y = at[i].y + at[i].h / 2;
        fixture_draw(f, view);
        ck_assert_msg(!is_as_printed(tip.text), "%s: tip \"%s\"", where,
                      tip.text);
    }
    f->stage.tip = NULL;
    f->stage.mouse_x = f->stage.mouse_y = -1;
}

static const OverflowAt cases[][2] = {
    {{TENSOR_WQ, 1, 0, 1e25f}, {TENSOR_WK, 1, 0, 1e25f}},
    {{TENSOR_ATTN_NORM, 0, 0, 1e25f}, {TENSOR_WV, 0, 0, 1e25f}},
    {{TENSOR_FINAL_NORM, 0, 0, 1e25f}, {TENSOR_CLASSIFIER, 0, 7, 1e25f}},
    {{TENSOR_TOKEN_EMBED, 0, 1, NAN}, {TENSOR_TOKEN_EMBED, 0, 2, INFINITY}},
    {{TENSOR_W_GATE, 0, 3, NAN}, {TENSOR_W_DOWN, 1, 2, -INFINITY}},
    {{TENSOR_WO, 1, 4, -INFINITY}, {TENSOR_W_UP, 1, 0, 1e30f}}};
enum { N_CASES = sizeof cases / sizeof *cases };

static TinySpec spec_of_all(void) {
    TinySpec spec = tiny_spec();
    spec.shared_classifier = false;
    return spec;
}

static void open_case(Fixture *f, int i) {
    const TinySpec spec = spec_of_all();
    ck_assert(fixture_open_spec(f, &spec, "the cat", 1366, 768, 1, "light"));
    for (int k = 0; k < 2; k++)
        overflow_make(&f->tiny, cases[i][k]);
    fixture_stage(f, "prompt=\"the cat sat\" layer=1 token=3 key=1 elem=3");
}

/* "view=mlp op=gate", of operation k; false: the view has no such. */
static bool state_of(const View *view, const Arch *a, int k, char state[128]) {
    ViewOp op = {0};
    if (view->op ? !view->op(a, k, &op) : k > 0) return false;
    snprintf(state, 128, "view=%s%s%s", view->name, op.name ? " op=" : "",
             op.name ? op.name : "");
    return true;
}

START_TEST(no_view_prints_nan) {
    for (int i = 0; i < N_CASES; i++) {
        Fixture f;
        char state[128], where[160];
        open_case(&f, i);
        const Arch *a = f.stage.config->arch;
        for (int v = 0; view_at(v); v++)
            for (int k = 0; state_of(view_at(v), a, k, state); k++) {
                snprintf(where, sizeof where, "case %d, %s", i, state);
                fixture_stage(&f, state);
                fixture_draw(&f, view_at(v));
                check_texts(f.canvas, where);
                check_tips(&f, view_at(v), where);
            }
        fixture_close(&f);
    }
}
END_TEST

/* Where a number stands, and is none, that is said. */
START_TEST(it_is_called_so) {
    static const struct {
        int i;
        const View *view;
        const char *op, *says;
    } places[] = {{0, &view_attention, "scores", "∞"},
                  {3, &view_qk, "product", "q·k = not a number"},
                  {0, &view_qk, "softmax", "weight not a number"},
                  {4, &view_block, "ln1", "RMS not a number"},
                  {4, &view_mlp, "product", "the MLP's not a number"},
                  {4, &view_mlp, "gate", "3: not a number → not a number"},
                  {4, &view_residual, "stream", "4.50 to not a number: "},
                  {4, &view_residual, "why", "<unk>: not a number"},
                  {4, &view_next, "norm", "RMS not a number"},
                  {4, &view_model, "map", "not a number"}};
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        Fixture f;
        char state[64];
        open_case(&f, places[k].i);
        snprintf(state, sizeof state, "view=%s op=%s", places[k].view->name,
                 places[k].op);
        fixture_stage(&f, state);
        fixture_draw(&f, places[k].view);
        ck_assert_msg(fixture_says(&f, places[k].says), "%s: \"%s\"", state,
                      places[k].says);
        fixture_close(&f);
    }
}
END_TEST

/* A weight that is none is no cell behind the mask: hatched, it tells so. */
START_TEST(a_cell_of_none_is_hatched) {
    Fixture f;
    Tip tip = {0};
    open_case(&f, 4);
    fixture_stage(&f, "view=attention op=weights");
    fixture_draw(&f, &view_attention);
    Rect r = {0};
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *hit = &f.hits->list[i];
        if (hit->kind == HIT_GRID && hit->rows > 1) r = hit->rect;
    }
    ck_assert_int_gt(r.w, 40);
    int n_ink[2] = {0};
    for (int side = 0; side < 2; side++)
        for (int x = 8; x < r.w / 4 - 8; x++)
            n_ink[side] +=
                fixture_pixel(&f, r.x + x + side * (r.w * 3 / 4),
                              r.y + r.h / 8) !=
                fixture_pixel(&f, r.x + r.w - r.w / 8, r.y + r.h / 8);
    ck_assert_int_gt(n_ink[0], 2);
    ck_assert_int_eq(n_ink[1], 0);
    f.stage.tip = &tip;
    f.stage.mouse_x = r.x + r.w / 8;
    f.stage.mouse_y = r.y + r.h * 7 / 8;
    fixture_draw(&f, &view_attention);
    ck_assert_msg(strstr(tip.text, "(0): not a number"), "\"%s\"", tip.text);
    fixture_close(&f);
}
END_TEST

/* Only what has a direction is near anything: it comes first. */
START_TEST(rows_without_numbers_are_not_the_nearest) {
    Fixture f;
    open_case(&f, 3);
    const StudyNear *near;
    while (!(near = study_near(f.study, 299)))
        ck_assert(study_step(f.study));
    for (int i = 0; i < near->n; i++)
        ck_assert_int_eq(isnan(near->rows[i].cosine), 0);
    fixture_close(&f);
}
END_TEST

/* The same model in a file, looked at with everything around it. */
static void open_app(AppRig *r, int i, char dir[FOLDER_PATH_MAX]) {
    const TinySpec spec = spec_of_all();
    TinyModel tiny;
    char path[FOLDER_PATH_MAX];
    folder_make(dir);
    tiny_write(&spec, dir, "tokenizer.bin");
    ck_assert(tiny_open(&tiny, &spec));
    for (int k = 0; k < 2; k++)
        overflow_make(&tiny, cases[i][k]);
    size_t size;
    free(tiny_model_bytes(&spec, &size));
    folder_write(dir, "tiny.bin", tiny.bytes, size);
    tiny_close(&tiny);
    folder_path(path, dir, "tiny.bin");
    app_rig_open(r, (AppOptions){.no_deck = true,
                                 .prompt = "the cat sat",
                                 .model_path = path});
}

START_TEST(no_inspector_prints_nan) {
    int n_said = 0;
    for (int i = 0; i < 2; i++) {
        AppRig r;
        Err err = {0};
        char dir[FOLDER_PATH_MAX], state[128], all[192];
        open_app(&r, i, dir);
        r.w = i ? 1920 : 1024;
        r.h = i ? 1080 : 768;
        app_rig_frame(&r);
        const Arch *a = model_config(app_model(r.app))->arch;
        for (int v = 0; view_at(v); v++)
            for (int k = 0; state_of(view_at(v), a, k, state); k++) {
                snprintf(all, sizeof all,
                         "%s inspector=on layer=1 token=3 key=1 elem=3", state);
                ck_assert(app_set_state(r.app, all, &err));
                app_rig_frame(&r);
                check_texts(r.canvas, all);
                app_rig_check_ledger(&r, all);
                n_said += app_rig_shows(&r, "not a number");
            }
        app_rig_close(&r);
        folder_remove(dir);
    }
    ck_assert_int_gt(n_said, 20);
}
END_TEST

/* Softmax over what is no number would give each token the same share. */
START_TEST(where_no_logit_is_a_number_nothing_comes_next) {
    static const char *const ops[] = {"bars", "prob", "share", "entropy"};
    AppRig r;
    char dir[FOLDER_PATH_MAX], state[64];
    open_app(&r, 0, dir);
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        Err err = {0};
        snprintf(state, sizeof state, "view=next op=%s inspector=on", ops[i]);
        ck_assert_msg(app_set_state(r.app, state, &err), "%s", err.msg);
        app_rig_frame(&r);
        ck_assert(app_rig_shows(&r, "Each logit is not a number"));
        ck_assert_msg(!app_rig_shows(&r, "0.3 %"), "%s", ops[i]);
    }
    const int n = app_n_tokens(r.app);
    screen_key(r.screen, "End");
    screen_key(r.screen, "Right");
    app_rig_frame(&r);
    ck_assert_int_eq(app_n_tokens(r.app), n);
    ck_assert_msg(strstr(app_message(r.app), "past the largest float") != NULL,
                  "\"%s\"", app_message(r.app));
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("overflow_shown", no_view_prints_nan, it_is_called_so,
          a_cell_of_none_is_hatched, rows_without_numbers_are_not_the_nearest,
          no_inspector_prints_nan,
          where_no_logit_is_a_number_nothing_comes_next)
