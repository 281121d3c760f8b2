/* Numbers that overflowed, in every view and operation: all draw, and what is
 * no share is none in per cent. */
#include "tests/support/overflow.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/view.h"

static void check_texts(const Fixture *f, const char *where) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        ck_assert_msg(!strstr(mark[i].text, "nan %") &&
                          !strstr(mark[i].text, "inf %"),
                      "%s: \"%s\"", where, mark[i].text);
}

static const OverflowAt cases[][2] = {
    {{TENSOR_WQ, 1, 0, 1e25f}, {TENSOR_WK, 1, 0, 1e25f}},
    {{TENSOR_ATTN_NORM, 0, 0, 1e25f}, {TENSOR_WV, 0, 0, 1e25f}},
    {{TENSOR_FINAL_NORM, 0, 0, 1e25f}, {TENSOR_CLASSIFIER, 0, 7, 1e25f}}};

START_TEST(no_view_prints_nan_per_cent) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.shared_classifier = false;
        ck_assert(
            fixture_open_spec(&f, &spec, "the cat", 1366, 768, 1, "light"));
        overflow_make(&f.tiny, cases[i][0]);
        overflow_make(&f.tiny, cases[i][1]);
        fixture_stage(&f, "prompt=\"the cat sat\" layer=1 token=3 key=1");
        for (int v = 0; view_at(v); v++) {
            const View *view = view_at(v);
            ViewOp op = {0};
            for (int k = 0;
                 k == 0 || (view->op && view->op(f.stage.config->arch, k, &op));
                 k++) {
                char state[128], where[160];
                if (view->op) view->op(f.stage.config->arch, k, &op);
                snprintf(state, sizeof state, "view=%s%s%s", view->name,
                         op.name ? " op=" : "", op.name ? op.name : "");
                snprintf(where, sizeof where, "case %zu, %s", i, state);
                fixture_stage(&f, state);
                fixture_draw(&f, view);
                check_texts(&f, where);
            }
        }
        fixture_close(&f);
    }
}
END_TEST

TEST_MAIN("overflow_shown", no_view_prints_nan_per_cent)
