/* The attention view: each cell's colour is the trace's number, a click opens
 * the cell under it, and what is opened can be explained. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/attention/attention.h"

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
static void cell_point(const Hit *grid, int row, int col, int *x, int *y) {
    int w = grid->rect.w / grid->cols;
    *x = grid->rect.x + (col - grid->col0) * w + w / 5;
    *y = grid->rect.y + (row - grid->row0) * w + w / 5;
}

static uint32_t cell_pixel(const Fixture *f, const Hit *grid, int row,
                           int col) {
    int r, c, x, y;
    cell_point(grid, row, col, &x, &y);
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
    ck_assert_int_eq(grid->rows, f.stage.n_pos);
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = 0; j <= i; j++) {
            Color want = colormap_at(COLORMAP_VIRIDIS, sqrtf(weight(&f, i, j)));
            ck_assert_uint_eq(cell_pixel(&f, grid, i, j), rgb(want));
        }
    fixture_close(&f);
}
END_TEST

/* Of any two tokens, behind the mask, too. */
static float any_score(const Fixture *f, int layer, int head, int i, int j) {
    if (j <= i) return score(f, i, j);
    return study_masked(f->study, layer, head, 4, i,
                        f->stage.n_pos - 1)[j - i - 1];
}

START_TEST(scores_are_signed_and_share_one_scale) {
    static const char *const ops[] = {"layer=0 head=3 op=scaled",
                                      "layer=0 head=3 op=scores"};
    for (int op = 0; op < 2; op++) {
        Fixture f;
        open_tiny(&f, ops[op]);
        const Hit *grid = find_grid(&f);
        float hi = 0;
        for (int i = 0; i < f.stage.n_pos; i++)
            for (int j = 0; j < (op ? f.stage.n_pos : i + 1); j++)
                hi = fmaxf(hi, fabsf(any_score(&f, 0, 3, i, j)));
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

static int off_by(uint32_t got, Color want) {
    const int r = abs((int)(got >> 16 & 255) - want.r);
    const int g = abs((int)(got >> 8 & 255) - want.g);
    const int b = abs((int)(got & 255) - want.b);
    return r > g ? (r > b ? r : b) : g > b ? g : b;
}

/* What a cell of `op` shows of head 1.2, behind the mask among raw scores
 * alone; NaN: not looked at here. */
static float shown(const Fixture *f, const char *op, int i, int j) {
    if (strcmp(op, "valued") == 0)
        return j > i ? NAN : study_valued(f->study, 1, 2, 4, i, i)[j];
    if (strcmp(op, "weights") == 0) return j > i ? NAN : weight(f, i, j);
    return j <= i || strcmp(op, "scores") == 0 ? any_score(f, 1, 2, i, j) : NAN;
}

/* Raw scores have the colours of their numbers behind the mask, too. */
static Color wanted(const Fixture *f, const char *op, float v) {
    return op[0] == 's' ? colormap_signed(f->stage.theme, v)
                        : colormap_at(COLORMAP_VIRIDIS, sqrtf(v));
}

static void check_colors(const Fixture *f, const char *op) {
    const Hit *grid = find_grid(f);
    const int n = f->stage.n_pos, w = grid->rect.w, off = w / n / 3;
    float hi = strcmp(op, "weights") == 0 ? 1 : 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            hi = fmaxf(hi, fabsf(shown(f, op, i, j))); /* NaN is passed over */
    for (int i = 0; i < n - 1; i++) /* the last is the current row, framed */
        for (int j = 0; j < n; j++) {
            const float v = shown(f, op, i, j);
            if (isnan(v) || j == f->stage.key) continue;
            const int x = grid->rect.x + j * w / n + off;
            const int y = grid->rect.y + i * w / n + off;
            const int by =
                off_by(fixture_pixel(f, x, y), wanted(f, op, v / hi));
            ck_assert_msg(by <= 1, "%s %d,%d: off by %d", op, i, j, by);
        }
}

/* Of many cells colours are looked up: within one step of the exact ones. */
START_TEST(many_cells_have_the_colours_of_their_numbers) {
    static const char *const ops[] = {"weights", "scores", "scaled", "valued"};
    char text[4 * 60 + 1] = "";
    for (int i = 1; i < 60; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s",
                 i % 3 ? "the" : "cat");
    for (int op = 0; op < 4; op++) {
        Fixture f;
        char state[64];
        ck_assert(fixture_open(&f, NULL, text, 900, 900, 1, "light"));
        snprintf(state, sizeof state, "layer=1 head=2 token=59 op=%s", ops[op]);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_attention);
        ck_assert_int_ge(f.stage.n_pos, 60);
        check_colors(&f, ops[op]);
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

/* Without the root raw scores are the stored ones, and no formula has it. */
START_TEST(without_the_root_nothing_is_divided) {
    Fixture f;
    open_tiny(&f, "layer=0 head=3 op=scores edit=raw0.3");
    ck_assert_float_eq(attention_divisor(&f.stage), 1);
    const float undivided = any_score(&f, 0, 3, 0, 2);
    fixture_stage(&f, "op=scaled");
    fixture_draw(&f, &view_attention);
    ck_assert(!fixture_says(&f, "\\sqrt"));
    fixture_stage(&f, "edit=");
    fixture_draw(&f, &view_attention);
    ck_assert(fixture_says(&f, "\\sqrt"));
    ck_assert_float_eq(attention_divisor(&f.stage),
                       sqrtf((float)f.stage.config->head_dim));
    const float root = attention_divisor(&f.stage);
    ck_assert_float_eq_tol(any_score(&f, 0, 3, 0, 2) * root, undivided, 1e-5f);
    fixture_close(&f);
}
END_TEST

/* The line where the mask will lie is named in a narrow picture, too. */
START_TEST(what_will_be_masked_is_named) {
    Fixture f;
    ck_assert(
        fixture_open(&f, NULL, "the cat sat on the", 833, 640, .72f, "light"));
    fixture_stage(&f, "op=scores");
    fixture_draw(&f, &view_attention);
    ck_assert(fixture_says(&f, "to mask") || fixture_says(&f, "to be masked"));
    fixture_close(&f);
}
END_TEST

/* Behind the mask a weight opens to why it is 0, and the legend names what is
 * behind it, until there is none. */
START_TEST(a_masked_weight_opens_to_why_it_is_0) {
    static const char *const words[] = {"to be masked", "masked: −∞",
                                        "masked: 0"};
    static const char *const ops[] = {"op=scores", "op=scaled", "op=weights"};
    for (int op = 0; op < 3; op++)
        for (int high = 0; high < 2; high++) { /* the bar beside, and below */
            Fixture f;
            Opened o;
            ck_assert(fixture_open(&f, NULL, "the cat sat on the",
                                   high ? 800 : 900, high ? 1100 : 700, 1,
                                   "light"));
            fixture_stage(&f, ops[op]);
            fixture_stage(&f, "layer=1 head=2 token=1 key=3");
            fixture_draw(&f, &view_attention);
            ck_assert(fixture_says(&f, words[op]));
            ck_assert(!find_grid(&f)->causal);
            fixture_opened(&f, &view_attention, &o);
            ck_assert_int_eq(o.kind, OPENED_MADE);
            ck_assert_int_eq(o.made.kind, STUDY_RAW);
            if (op == 2) ck_assert_str_eq(o.title[0].text, STAGE_MASKED_TITLE);
            if (op > 0) ck_assert_ptr_nonnull(strstr(o.text, "−∞ is 0"));
            fixture_stage(&f, "edit=mask");
            fixture_draw(&f, &view_attention);
            ck_assert(!fixture_says(&f, words[op]));
            fixture_close(&f);
        }
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

/* ---- what comes of the weights ------------------------------------------- */

static float valued(const Fixture *f, int row, int col) {
    const Config *c = f->stage.config;
    const int g = f->stage.head / (c->n_heads / c->n_kv_heads);
    const float *v = trace_row(f->trace, SITE_V, f->stage.layer, col) +
                     (size_t)g * (size_t)c->head_dim;
    double sum = 0;
    for (int i = 0; i < c->head_dim; i++)
        sum += (double)v[i] * (double)v[i];
    return weight(f, row, col) * (float)sqrt(sum);
}

static void ck_near(uint32_t got, Color want) {
    ck_assert_int_le(abs((int)(got >> 16 & 255) - want.r), 1);
    ck_assert_int_le(abs((int)(got >> 8 & 255) - want.g), 1);
    ck_assert_int_le(abs((int)(got & 255) - want.b), 1);
}

START_TEST(weights_count_by_the_length_of_the_value) {
    Fixture f;
    open_tiny(&f, "layer=1 head=2 op=valued");
    const Hit *grid = find_grid(&f);
    float hi = 0;
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = 0; j <= i; j++)
            hi = fmaxf(hi, valued(&f, i, j));
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = 0; j <= i; j++)
            ck_near(
                cell_pixel(&f, grid, i, j),
                colormap_at(COLORMAP_VIRIDIS, sqrtf(valued(&f, i, j) / hi)));
    fixture_close(&f);
}
END_TEST

/* A head that hands nothing on is left out, and that is said. */
START_TEST(rollout_says_that_it_leaves_out_what_is_off) {
    static const struct {
        const char *state;
        bool says;
    } cases[] = {{"op=rollout layer=1 edit=\"\"", false},
                 {"op=rollout layer=1 edit=0.1", true},
                 {"op=rollout layer=1 edit=attn1", true},
                 {"op=rollout layer=0 edit=attn1", false},
                 {"op=rollout layer=1 edit=0.1*0.5,mlp0", false}};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        fixture_stage(&f, cases[k].state);
        fixture_draw(&f, &view_attention);
        ck_assert_msg(fixture_says(&f, "all heads"), "%s", cases[k].state);
        ck_assert_msg(fixture_says(&f, "but those off") == cases[k].says, "%s",
                      cases[k].state);
    }
    fixture_close(&f);
}
END_TEST

/* Layer 0 of rollout: half the mean of its heads and half the token. */
START_TEST(rollout_begins_with_half_the_mean_and_half_the_token) {
    Fixture f;
    open_tiny(&f, "layer=0 head=1 op=rollout");
    const Hit *grid = find_grid(&f);
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = 0; j <= i; j++) {
            double sum = 0;
            for (int h = 0; h < 4; h++) {
                f.stage.head = h;
                sum += (double)weight(&f, i, j);
            }
            f.stage.head = 1;
            const double want = sum / 8 + (i == j ? .5 : 0);
            ck_near(cell_pixel(&f, grid, i, j),
                    colormap_at(COLORMAP_VIRIDIS, sqrtf((float)want)));
        }
    fixture_close(&f);
}
END_TEST

/* The hit that opens what a key receives, or what a token sends. */
static const Hit *find_sum(const Fixture *f, StateKey key, int value) {
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        const PickPart *p = pick_find(&h->pick, key);
        const bool row = pick_find(&h->pick, STATE_TOKEN) != NULL;
        if (h->kind == HIT_PICK && p && p->number == value &&
            row == (key == STATE_TOKEN) && h->pick.n == 1 + row)
            return h;
    }
    return NULL;
}

static const Explain *explained(Fixture *f, const Opened *o) {
    bool missing;
    ck_assert_int_eq(o->kind, OPENED_MADE);
    study_frame(f->study);
    study_get(f->study, o->made, &missing);
    fixture_make(f);
    const Explain *ex = study_get(f->study, o->made, &missing);
    ck_assert_ptr_nonnull(ex);
    ck_assert(ex->matches);
    return ex;
}

START_TEST(sums_open_by_row_and_by_column) {
    Fixture f;
    Opened o = {0};
    open_tiny(&f, "layer=1 head=2 op=sums");
    ck_assert_ptr_nonnull(find_sum(&f, STATE_KEY, 2));
    ck_assert_ptr_nonnull(find_sum(&f, STATE_TOKEN, 3));
    double column = 0;
    for (int i = 2; i < f.stage.n_pos; i++)
        column += (double)weight(&f, i, 2);
    fixture_stage(&f, "token=4 key=2");
    fixture_opened(&f, &view_attention, &o);
    ck_assert_double_eq_tol(explained(&f, &o)->total, column, 1e-6);
    fixture_stage(&f, "token=4 key=-1");
    fixture_opened(&f, &view_attention, &o);
    ck_assert_double_eq_tol(explained(&f, &o)->total, 1, 1e-6);
    fixture_close(&f);
}
END_TEST

START_TEST(every_mode_asks_its_question_and_opens) {
    Fixture f;
    open_tiny(&f, "layer=1 head=2 token=4 key=1");
    for (int i = 0;; i++) {
        ViewOp op;
        char state[64];
        Opened o = {0};
        if (!view_attention.op(f.stage.config->arch, i, &op)) break;
        snprintf(state, sizeof state, "op=%s", op.name);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_attention);
        ck_assert_msg(fixture_says(&f, "?"), "%s asks nothing", op.name);
        fixture_opened(&f, &view_attention, &o);
        if (strcmp(op.name, "change") != 0)
            ck_assert_msg(o.kind >= OPENED_CELL, "%s opens nothing", op.name);
    }
    fixture_stage(&f, "op=rollout");
    fixture_draw(&f, &view_attention);
    ck_assert(fixture_says(&f, "Roughly"));
    fixture_close(&f);
}
END_TEST

/* ---- now less before ----------------------------------------------------- */

/* The same model under an edit, as the run shown; a is what it was. */
static void face_in(Fixture *now, Fixture *was, const View *view) {
    Stage *s = &now->stage;
    s->against = was->trace;
    s->against_study = was->study;
    s->against_state = &was->state;
    do {
        study_frame(now->study);
        study_frame(was->study);
        hits_clear(now->hits);
        canvas_begin(now->canvas);
        canvas_clear(now->canvas, s->theme->window);
        stage_fill(s);
        fixture_op(now, view);
        view->draw(s, (Rect){0, 0, canvas_width(now->canvas),
                             canvas_height(now->canvas)});
    } while (fixture_make(now) | fixture_make(was));
}

static void face(Fixture *now, Fixture *was) {
    face_in(now, was, &view_attention);
}

START_TEST(a_change_is_the_difference_of_both_runs_with_its_sign) {
    Fixture now, was;
    open_tiny(&was, "layer=1 head=2");
    open_tiny(&now, "layer=1 head=2 op=change edit=0.1,mlp0");
    face(&now, &was);
    const Hit *grid = find_grid(&now);
    const Theme *t = now.stage.theme;
    int up = 0, down = 0;
    for (int i = 0; i < now.stage.n_pos; i++)
        for (int j = 0; j <= i; j++) {
            const float v = weight(&now, i, j) - weight(&was, i, j);
            const float root = v < 0 ? -sqrtf(-v) : sqrtf(v);
            ck_near(cell_pixel(&now, grid, i, j), colormap_signed(t, root));
            up += v > .02f;
            down += v < -.02f;
        }
    ck_assert_int_gt(up, 0);
    ck_assert_int_gt(down, 0);
    ck_assert(fixture_says(&now, "+100") && fixture_says(&now, "-100"));
    ck_assert(fixture_says(&now, "points"));
    fixture_close(&now);
    fixture_close(&was);
}
END_TEST

/* What a mask hides has no weight, which is 0: with the mask gone, or come,
 * what has moved adds up to nothing in each row, and of all heads each says how
 * much that was. */
START_TEST(a_change_of_the_mask_is_shown_whole) {
    for (int gone = 0; gone < 2; gone++) {
        Fixture f[2];
        open_tiny(&f[0], "layer=1 head=2 op=change");
        open_tiny(&f[1], "layer=1 head=2 op=change edit=mask");
        Fixture *now = &f[gone], *was = &f[!gone];
        face(now, was);
        const Hit *grid = find_grid(now);
        const int n = now->stage.n_pos;
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                const float v = (gone || j <= i ? weight(now, i, j) : 0) -
                                (!gone || j <= i ? weight(was, i, j) : 0);
                const float root = v < 0 ? -sqrtf(-v) : sqrtf(v);
                int x, y;
                cell_point(grid, i, j, &x, &y);
                ck_near(fixture_pixel(now, x, y),
                        colormap_signed(now->stage.theme, root));
                sum += v;
            }
            ck_assert_double_eq_tol(sum, 0, 1e-5);
        }
        fixture_check_texts(now);
        fixture_stage(now, gone ? "layer=1 token=2 op=\"\" edit=mask"
                                : "layer=1 token=2 op=\"\"");
        face_in(now, was, &view_heads);
        ck_assert(fixture_says(now, "Δ ."));
        fixture_close(&f[0]);
        fixture_close(&f[1]);
    }
}
END_TEST

START_TEST(a_change_opens_to_both_numbers) {
    Fixture now, was;
    Opened o = {0};
    open_tiny(&was, "layer=1 head=2");
    open_tiny(&now, "layer=1 head=2 op=change edit=0.1,mlp0 token=4 key=1");
    face(&now, &was);
    view_attention.opened(&now.stage, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert(o.compares);
    bool missing;
    study_frame(was.study);
    study_get(was.study, o.was, &missing);
    fixture_make(&was);
    const Explain *ex = study_get(was.study, o.was, &missing);
    ck_assert_float_eq(ex->stored, weight(&was, 4, 1));
    ck_assert_int_eq(o.index, 2 * 5 + 1);
    fixture_close(&now);
    fixture_close(&was);
}
END_TEST

START_TEST(without_another_run_the_change_says_how_to_get_one) {
    Fixture f;
    open_tiny(&f, "layer=1 head=2 op=change");
    ck_assert_ptr_null(find_grid(&f));
    ck_assert(fixture_says(&f, "no other run"));
    fixture_close(&f);
}
END_TEST

/* From the smallest picture to a large one, no text on another. */
START_TEST(modes_draw_at_every_size) {
    static const char *const states[] = {"op=sums layer=1", "op=valued head=1",
                                         "op=rollout", "op=change",
                                         "op=sums token=12 zoom=3 at=4,3"};
    fixture_draw_sizes(&view_attention, states, 5, 300);
}
END_TEST

/* In a narrow stage the name of the scale, too. */
START_TEST(no_text_leaves_the_picture_on_the_right) {
    static const char *const ops[] = {"scores", "weights", "sums", "valued",
                                      "rollout"};
    static const char text[] =
        "the cat sat on the mat. the cat sat on the mat. "
        "the cat sat on the mat.";
    static const int sizes[][2] = {{626, 640}, {590, 560}, {626, 760}};
    for (int i = 0; i < 3; i++) {
        Fixture f;
        const int w = sizes[i][0], h = sizes[i][1];
        ck_assert(fixture_open(&f, NULL, text, w, h, 1, "light"));
        for (int k = 0; k < 5; k++) {
            char state[64];
            int n;
            snprintf(state, sizeof state, "layer=1 head=2 op=%s", ops[k]);
            fixture_stage(&f, state);
            fixture_draw(&f, &view_attention);
            const TextMark *mark = canvas_texts(f.canvas, &n);
            for (int m = 0; m < n; m++) {
                const Rect r = textmark_bounds(&mark[m]);
                ck_assert_msg(r.x + r.w <= w, "%dx%d %s: \"%s\"", w, h, ops[k],
                              mark[m].text);
            }
        }
        fixture_close(&f);
    }
}
END_TEST

/* What the tokens of the largest sums receive stands below their bars, though
 * columns are narrow, and not on each other. */
START_TEST(the_largest_sums_are_numbers) {
    static const char text[] =
        "the cat sat on the mat. the cat sat on the mat. "
        "the cat sat on the mat.";
    Fixture f;
    ck_assert(fixture_open(&f, NULL, text, 700, 640, 1, "light"));
    fixture_stage(&f, "layer=1 head=2 op=sums");
    fixture_draw(&f, &view_attention);
    fixture_check_texts(&f);
    const float *sums = study_sums(f.study, 1, 2, f.stage.n_pos - 1);
    ck_assert_ptr_nonnull(sums);
    float most = 0;
    int n, below = 0, largest = 0;
    for (int i = 0; i < f.stage.n_pos; i++)
        most = fmaxf(most, sums[i]);
    char number[16];
    snprintf(number, sizeof number, "%.1f", (double)most);
    const Hit *grid = find_grid(&f);
    const TextMark *mark = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++) {
        if (mark[i].y < (float)(grid->rect.y + grid->rect.h)) continue;
        below += strlen(mark[i].text) == 3 && mark[i].text[1] == '.';
        largest += strcmp(mark[i].text, number) == 0;
    }
    ck_assert_int_eq(largest, 1);
    ck_assert_int_gt(below, 1);
    fixture_close(&f);
}
END_TEST

static TextMark label_of(const Fixture *f, const char *text) {
    int n;
    const Hit *grid = find_grid(f);
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (mark[i].y < (float)grid->rect.y && strcmp(mark[i].text, text) == 0)
            return mark[i];
    ck_abort_msg("no \"%s\" above the map", text);
}

/* Above a few columns tokens stand level and large; above many they slope. */
START_TEST(few_tokens_have_large_names) {
    Fixture few, many;
    ck_assert(fixture_open(&few, NULL, "the cat", 1200, 900, 1, "light"));
    ck_assert(fixture_open(&many, NULL, FIXTURE_STORY " the cat sat on the",
                           1200, 900, 1, "light"));
    for (int op = 0; op < 2; op++) {
        const char *state = op ? "op=sums" : "op=weights";
        fixture_stage(&few, state);
        fixture_draw(&few, &view_attention);
        fixture_check_texts(&few);
        fixture_stage(&many, state);
        fixture_draw(&many, &view_attention);
        const char *first = few.reads[0];
        const TextMark level = label_of(&few, first);
        const TextMark sloping = label_of(&many, first);
        ck_assert_float_eq(level.angle, 0);
        ck_assert_float_eq(sloping.angle, 55);
        ck_assert_float_gt(level.size_px, 1.2f * sloping.size_px);
    }
    fixture_close(&few);
    fixture_close(&many);
}
END_TEST

TEST_MAIN("view_attention", the_largest_sums_are_numbers,
          few_tokens_have_large_names, no_text_leaves_the_picture_on_the_right,
          weights_have_the_colours_of_their_numbers,
          many_cells_have_the_colours_of_their_numbers,
          scores_are_signed_and_share_one_scale,
          the_first_column_can_be_set_apart,
          a_masked_weight_opens_to_why_it_is_0,
          without_the_root_nothing_is_divided, what_will_be_masked_is_named,
          what_is_opened_explains_to_the_stored_number,
          the_mask_takes_away_what_was_visible,
          without_the_mask_the_upper_triangle_counts, draws_at_every_size,
          weights_count_by_the_length_of_the_value,
          rollout_begins_with_half_the_mean_and_half_the_token,
          rollout_says_that_it_leaves_out_what_is_off,
          sums_open_by_row_and_by_column,
          every_mode_asks_its_question_and_opens,
          a_change_is_the_difference_of_both_runs_with_its_sign,
          a_change_opens_to_both_numbers, a_change_of_the_mask_is_shown_whole,
          without_another_run_the_change_says_how_to_get_one,
          modes_draw_at_every_size)
