/* The attention view: each cell's colour is the trace's number, a click opens
 * the cell under it, and what is opened can be explained. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"

#include <math.h>

static uint32_t rgb(Color c) {
    return (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

/* The heatmap registers the one grid of queries by keys. */
static const Hit *find_grid(const Fixture *f) {
    for (int i = 0; i < f->hits->n; i++)
        if (f->hits->list[i].kind == HIT_GRID &&
            f->hits->list[i].row_key == STATE_TOKEN)
            return &f->hits->list[i];
    return NULL;
}

/* A point of the cell clear of numbers, grid lines and frames. */
static uint32_t cell_pixel(const Fixture *f, const Hit *grid, int row,
                           int col) {
    int w = grid->rect.w / grid->cols;
    int x = grid->rect.x + (col - grid->col0) * w + w / 5;
    int y = grid->rect.y + (row - grid->row0) * w + w / 5;
    int r, c;
    ck_assert_ptr_eq(hits_at(f->hits, x, y, &r, &c), grid);
    ck_assert_int_eq(r, row);
    ck_assert_int_eq(c, col);
    return fixture_pixel(f, x, y);
}

static float weight(const Fixture *f, int row, int col) {
    int n_keys = trace_n_keys(f->trace, row);
    return trace_row(f->trace, SITE_PATTERN, f->stage.layer,
                     row)[f->stage.head * n_keys + col];
}

static float score(const Fixture *f, int row, int col) {
    int n_keys = trace_n_keys(f->trace, row);
    return trace_row(f->trace, SITE_ATTN_SCORES, f->stage.layer,
                     row)[f->stage.head * n_keys + col];
}

static void open_tiny(Fixture *f, const char *state) {
    ck_assert(
        fixture_open(f, NULL, "the cat sat on the", 900, 700, 1, "light"));
    fixture_stage(f, state);
    fixture_draw(f, &view_attention);
}

START_TEST(weights_have_the_colours_of_their_numbers) {
    Fixture f;
    open_tiny(&f, "layer=1 head=2 op=weights");
    const Hit *grid = find_grid(&f);
    ck_assert_ptr_nonnull(grid);
    ck_assert(grid->causal);
    ck_assert_int_eq(grid->rows, f.stage.n_pos);
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = 0; j <= i; j++) {
            Color want = colormap_at(COLORMAP_VIRIDIS, sqrtf(weight(&f, i, j)));
            ck_assert_uint_eq(cell_pixel(&f, grid, i, j), rgb(want));
        }
    fixture_close(&f);
}
END_TEST

START_TEST(scores_are_signed_and_share_one_scale) {
    static const char *const ops[] = {"layer=0 head=3 op=scaled",
                                      "layer=0 head=3 op=scores"};
    for (int op = 0; op < 2; op++) {
        Fixture f;
        open_tiny(&f, ops[op]);
        const Hit *grid = find_grid(&f);
        float hi = 0;
        for (int i = 0; i < f.stage.n_pos; i++)
            for (int j = 0; j <= i; j++)
                hi = fmaxf(hi, fabsf(score(&f, i, j)));
        for (int i = 0; i < f.stage.n_pos; i++)
            for (int j = 0; j <= i; j++) {
                Color want =
                    colormap_signed(f.stage.theme, score(&f, i, j) / hi);
                uint32_t got = cell_pixel(&f, grid, i, j);
                /* Raw scores are the stored ones times sqrt(K): a rounding
                 * may move a channel by one. */
                ck_assert_int_le(abs((int)(got >> 8 & 255) - want.g), 1);
                ck_assert_int_le(abs((int)(got & 255) - want.b), 1);
            }
        fixture_close(&f);
    }
}
END_TEST

START_TEST(the_first_column_can_be_set_apart) {
    Fixture f;
    open_tiny(&f, "layer=1 head=0 op=weights sink=off");
    const Hit *grid = find_grid(&f);
    float hi = 0;
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = i > 0 ? 1 : 0; j <= i; j++)
            hi = fmaxf(hi, weight(&f, i, j));
    for (int i = 1; i < f.stage.n_pos; i++) {
        ck_assert_uint_eq(cell_pixel(&f, grid, i, 0), rgb(f.stage.theme->well));
        for (int j = 1; j <= i; j++) {
            Color want =
                colormap_at(COLORMAP_VIRIDIS, sqrtf(weight(&f, i, j) / hi));
            ck_assert_uint_eq(cell_pixel(&f, grid, i, j), rgb(want));
        }
    }
    fixture_close(&f);
}
END_TEST

/* A raw score is the product, without the division. */
static void check_raw(Fixture *f, const Opened *o) {
    bool missing;
    ck_assert_int_eq(o->kind, OPENED_MADE);
    study_frame(f->study);
    study_get(f->study, o->made, &missing);
    fixture_make(f);
    const Explain *ex = study_get(f->study, o->made, &missing);
    ck_assert_ptr_nonnull(ex);
    ck_assert(ex->matches);
    float stored = score(f, f->stage.pos, f->stage.key);
    ck_assert_double_eq_tol(ex->total, 2 * (double)stored, 1e-5);
}

/* What the mask takes away is there before: the product of the vectors. */
START_TEST(the_mask_takes_away_what_was_visible) {
    Fixture f;
    open_tiny(&f, "layer=1 head=2 op=scores");
    const Hit *grid = find_grid(&f);
    int n = f.stage.n_pos, w = grid->rect.w / grid->cols;
    uint32_t faint[8][8];
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            const float *masked = study_masked(f.study, 1, 2, 4, i, n - 1);
            const float *q = trace_row(f.trace, SITE_ROT_Q, 1, i) + 2 * 4;
            const float *k = trace_row(f.trace, SITE_ROT_K, 1, j) + 1 * 4;
            double sum = 0;
            for (int e = 0; e < 4; e++)
                sum += (double)q[e] * k[e];
            ck_assert_ptr_nonnull(masked);
            ck_assert_double_eq_tol(masked[j - i - 1], sum / 2, 1e-5);
            int x = grid->rect.x + j * w + w / 5;
            int y = grid->rect.y + i * w + w / 5;
            faint[i][j] = fixture_pixel(&f, x, y);
            ck_assert_uint_ne(faint[i][j], rgb(f.stage.theme->well));
        }
    /* It opens, though it is stored nowhere. */
    Opened o = {0};
    bool missing;
    fixture_stage(&f, "token=2 key=4");
    fixture_opened(&f, &view_attention, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    study_frame(f.study);
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    ck_assert_int_eq(ex->pos, 2);
    ck_assert_int_eq(ex->col, 4);
    ck_assert(!ex->is_stored);
    /* Then struck out, then gone. */
    fixture_stage(&f, "op=scaled");
    fixture_draw(&f, &view_attention);
    int struck = 0;
    for (int y = 0; y < w; y++)
        struck += fixture_pixel(&f, grid->rect.x + 3 * w + w / 5,
                                grid->rect.y + y) == rgb(f.stage.theme->soft);
    ck_assert_int_gt(struck, 2);
    fixture_stage(&f, "op=weights");
    fixture_draw(&f, &view_attention);
    ck_assert_uint_eq(
        fixture_pixel(&f, grid->rect.x + 3 * w + w / 5, grid->rect.y + w / 5),
        rgb(f.stage.theme->well));
    fixture_close(&f);
}
END_TEST

START_TEST(what_is_opened_explains_to_the_stored_number) {
    static const char *const ops[] = {"weights", "scaled", "scores"};
    for (int op = 0; op < 3; op++)
        for (int key = -1; key < 5; key++) {
            Fixture f;
            char state[96];
            Err err = {0};
            Explain ex = {0};
            snprintf(state, sizeof state, "layer=1 head=3 token=4 key=%d op=%s",
                     key, ops[op]);
            open_tiny(&f, state);
            Opened o = {0};
            fixture_opened(&f, &view_attention, &o);
            if (op == 2) {
                check_raw(&f, &o);
                fixture_close(&f);
                continue;
            }
            ck_assert_int_eq(o.kind, OPENED_CELL);
            ck_assert_msg(
                explain(f.trace, o.site, o.layer, o.pos, o.index, &ex, &err),
                "%s", err.msg);
            ck_assert(ex.matches);
            ck_assert_int_eq(ex.pos, 4);
            ck_assert_int_eq(ex.row, 3);
            ck_assert_int_eq(ex.col, f.stage.key);
            if (key >= 0) ck_assert_int_eq(ex.col, key);
            explain_free(&ex);
            fixture_close(&f);
        }
}
END_TEST

START_TEST(without_the_mask_the_upper_triangle_counts) {
    Fixture f;
    open_tiny(&f, "layer=1 head=2 op=weights edit=mask");
    const Hit *grid = find_grid(&f);
    ck_assert(!grid->causal);
    Color want = colormap_at(COLORMAP_VIRIDIS, sqrtf(weight(&f, 1, 4)));
    ck_assert_uint_eq(cell_pixel(&f, grid, 1, 4), rgb(want));
    fixture_close(&f);
}
END_TEST

START_TEST(draws_at_every_size) {
    static const int sizes[][2] = {{1, 1},      {2, 300},   {300, 2},
                                   {90, 90},    {480, 300}, {640, 1500},
                                   {3800, 700}, {1000, 900}};
    static const float scales[] = {.5f, 1, 2.5f};
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 3; j++) {
            Fixture f;
            ck_assert(fixture_open(&f, NULL, "the cat", sizes[i][0],
                                   sizes[i][1], scales[j], "dark"));
            fixture_stage(&f, "layer=1 head=1");
            fixture_draw(&f, &view_attention);
            for (int k = 0; k < f.hits->n; k++) {
                Rect r = f.hits->list[k].rect;
                ck_assert_int_le(r.x + r.w, sizes[i][0] + 8);
                if (f.hits->list[k].kind == HIT_GRID)
                    ck_assert_int_le(r.y + r.h, sizes[i][1]);
            }
            fixture_close(&f);
        }
}
END_TEST

TEST_MAIN("view_attention", weights_have_the_colours_of_their_numbers,
          scores_are_signed_and_share_one_scale,
          the_first_column_can_be_set_apart,
          what_is_opened_explains_to_the_stored_number,
          the_mask_takes_away_what_was_visible,
          without_the_mask_the_upper_triangle_counts, draws_at_every_size)
