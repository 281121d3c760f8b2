/* The lines of the attention view: one for each weight that is large enough,
 * each opens that weight, heads differ by more than colour, and tokens,
 * thresholds and heads are chosen by mouse and key. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"

#include <math.h>

static void open_lines(Fixture *f, const char *state) {
    ck_assert(fixture_open(f, NULL, FIXTURE_STORY, 1000, 760, 1, "light"));
    fixture_stage(f, "view=attention op=lines");
    fixture_stage(f, state);
    fixture_draw(f, &view_attention);
}

static float weight(const Fixture *f, int head, int row, int col) {
    const int n_keys = trace_n_keys(f->trace, row);
    return trace_row(f->trace, SITE_PATTERN, f->stage.layer,
                     row)[head * n_keys + col];
}

static bool is_line(const Hit *h) {
    return h->kind == HIT_PICK && h->stroke > 0;
}

/* The line of a weight, NULL: none. */
static const Hit *find_line(const Fixture *f, int head, int row, int col) {
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        if (is_line(h) && pick_get(&h->pick, STATE_HEAD) == head &&
            pick_get(&h->pick, STATE_TOKEN) == row &&
            pick_get(&h->pick, STATE_KEY) == col)
            return h;
    }
    return NULL;
}

static int n_lines(const Fixture *f) {
    int n = 0;
    for (int i = 0; i < f->hits->n; i++)
        n += is_line(&f->hits->list[i]);
    return n;
}

/* A point of a line, from its left end (0) to its right one (1). */
static void point_of(const Hit *h, float at, int *x, int *y) {
    const float up = h->rises ? 1 - at : at;
    *x = h->rect.x + (int)lroundf((float)(h->rect.w - 1) * at);
    *y = h->rect.y + h->stroke +
         (int)lroundf((float)(h->rect.h - 2 * h->stroke) * up);
}

/* ---- which --------------------------------------------------------------- */

START_TEST(each_weight_that_is_large_enough_has_a_line) {
    static const float least[] = {0, .05f, .3f};
    for (int k = 0; k < 3; k++) {
        Fixture f;
        char state[64];
        int n = 0;
        snprintf(state, sizeof state, "layer=1 head=2 heads=0,2 least=%g",
                 (double)least[k]);
        open_lines(&f, state);
        for (int i = 0; i < f.stage.n_pos; i++)
            for (int j = 0; j <= i; j++)
                for (int h = 0; h < 4; h++) {
                    const bool has =
                        (h == 0 || h == 2) && weight(&f, h, i, j) >= least[k];
                    ck_assert_msg(!find_line(&f, h, i, j) == !has,
                                  "head %d, %d -> %d: %g", h, i, j,
                                  (double)weight(&f, h, i, j));
                    n += has;
                }
        ck_assert_int_eq(n_lines(&f), n);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(the_current_head_is_drawn_beside_those_kept) {
    Fixture f;
    open_lines(&f, "layer=1 head=3 heads=1 least=0");
    ck_assert_ptr_nonnull(find_line(&f, 1, 4, 2));
    ck_assert_ptr_nonnull(find_line(&f, 3, 4, 2));
    ck_assert_ptr_null(find_line(&f, 0, 4, 2));
    fixture_close(&f);
}
END_TEST

START_TEST(the_first_token_can_be_set_apart) {
    Fixture f;
    open_lines(&f, "layer=1 head=3 least=0 sink=off");
    ck_assert_ptr_null(find_line(&f, 3, 4, 0));
    ck_assert_ptr_nonnull(find_line(&f, 3, 4, 1));
    ck_assert_ptr_nonnull(find_line(&f, 3, 0, 0));
    fixture_close(&f);
}
END_TEST

START_TEST(without_the_mask_lines_lead_ahead) {
    Fixture f;
    open_lines(&f, "layer=1 head=3 least=0 edit=mask");
    ck_assert_ptr_nonnull(find_line(&f, 3, 1, 6));
    fixture_close(&f);
}
END_TEST

START_TEST(where_no_weight_is_as_large_it_says_so) {
    Fixture f;
    open_lines(&f, "layer=1 head=3 least=1 sink=off token=5");
    fixture_stage(&f, "edit=mask");
    fixture_draw(&f, &view_attention);
    int n;
    bool says = false;
    const TextMark *texts = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++)
        says = says || strstr(texts[i].text, "No weight is as large");
    ck_assert_int_eq(n_lines(&f), 0);
    ck_assert(says);
    fixture_close(&f);
}
END_TEST

/* ---- a click ------------------------------------------------------------- */

START_TEST(a_line_opens_its_weight) {
    Fixture f;
    open_lines(&f, "layer=1 head=2 heads=1 least=0.1");
    for (int i = 0; i < f.stage.n_pos; i++)
        for (int j = 0; j <= i; j++) {
            const Hit *h = find_line(&f, 1, i, j);
            if (!h) continue;
            int row, col, x, y;
            char state[64];
            Opened o;
            Err err = {0};
            Explain ex = {0};
            const Hit line = *h;
            /* Near its left end, where no other token's line is. */
            point_of(&line, .02f, &x, &y);
            const Hit *under = hits_at(f.hits, x, y, &row, &col);
            ck_assert(under && is_line(under));
            ck_assert_int_eq(pick_get(&under->pick, STATE_TOKEN), i);
            snprintf(state, sizeof state, "token=%d key=%d head=1", i, j);
            fixture_stage(&f, state);
            fixture_opened(&f, &view_attention, &o);
            ck_assert_int_eq(o.kind, OPENED_CELL);
            ck_assert(
                explain(f.trace, o.site, o.layer, o.pos, o.index, &ex, &err));
            ck_assert(ex.matches);
            ck_assert_double_eq_tol(ex.stored, weight(&f, 1, i, j), 1e-7);
            explain_free(&ex);
            fixture_stage(&f, "token=-1 key=-1 head=2");
            fixture_draw(&f, &view_attention);
        }
    fixture_close(&f);
}
END_TEST

START_TEST(a_point_off_the_line_is_not_on_it) {
    const Hit down = {.rect = {10, 10, 101, 60}, .kind = HIT_PICK, .stroke = 5};
    Hit up = down;
    up.rises = true;
    ck_assert(hits_on(&down, 10, 15) && hits_on(&down, 110, 64));
    ck_assert(!hits_on(&down, 10, 64) && !hits_on(&down, 110, 15));
    ck_assert(hits_on(&up, 10, 64) && hits_on(&up, 110, 15));
    ck_assert(!hits_on(&up, 10, 15));
    ck_assert(hits_on(&up, 60, 40) && hits_on(&down, 60, 40));
    ck_assert(!hits_on(&down, 60, 55) && !hits_on(&down, 9, 15));
}
END_TEST

/* ---- how it looks -------------------------------------------------------- */

/* Of the points along a line, how many have a colour of their own, and how
 * many columns high it is, on average over these. */
static float share_inked(const Fixture *f, const Hit *h, uint32_t ground) {
    enum { N = 45 };
    int inked = 0;
    for (int i = 0; i < N; i++) {
        int x, y;
        point_of(h, .03f + .002f * (float)i, &x, &y);
        inked += fixture_pixel(f, x, y) != ground;
    }
    return (float)inked / (float)N;
}

static uint32_t rgb(Color c) {
    return (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

/* The second head's lines have gaps, the first one's none. */
START_TEST(heads_differ_without_colour) {
    Fixture f;
    open_lines(&f, "layer=1 head=2 heads=2,0 least=0.1 token=0");
    const uint32_t ground = rgb(f.stage.theme->window);
    int n = 0;
    for (int i = 0; i < f.stage.n_pos; i++) {
        const Hit *first = find_line(&f, 2, i, 0);
        const Hit *second = find_line(&f, 0, i, 0);
        if (!first || !second) continue;
        ck_assert_float_gt(share_inked(&f, first, ground), .95f);
        ck_assert_float_lt(share_inked(&f, second, ground), .9f);
        n++;
    }
    ck_assert_int_gt(n, 1);
    fixture_close(&f);
}
END_TEST

/* How many pixels high a line's ink is near its left end. */
static int thickness(const Fixture *f, const Hit *h) {
    const uint32_t ground = rgb(f->stage.theme->window);
    int x, y, n = 0;
    point_of(h, .9f, &x, &y);
    for (int k = y - 12; k <= y + 12; k++)
        n += fixture_pixel(f, x, k) != ground;
    return n;
}

START_TEST(a_larger_weight_is_thicker) {
    Fixture f;
    open_lines(&f, "layer=1 head=2 least=0 token=3");
    int x, y;
    point_of(find_line(&f, 2, 1, 1), 0, &x, &y);
    f.stage.mouse_x = x - 12; /* no other token's */
    f.stage.mouse_y = y;
    fixture_draw(&f, &view_attention);
    ck_assert_float_gt(weight(&f, 2, 1, 0), .9f);
    ck_assert_float_lt(weight(&f, 2, 1, 1), .1f);
    const int thick = thickness(&f, find_line(&f, 2, 1, 0));
    ck_assert_int_gt(thick, thickness(&f, find_line(&f, 2, 1, 1)) + 2);
    fixture_close(&f);
}
END_TEST

START_TEST(the_mouse_on_a_token_leaves_its_lines) {
    Fixture f;
    open_lines(&f, "layer=1 head=2 heads=0 least=0.02");
    const Hit of_query = *find_line(&f, 2, 6, 0);
    int x, y;
    point_of(&of_query, 0, &x, &y);
    f.stage.mouse_x = x - 12; /* its label on the left */
    f.stage.mouse_y = y;
    fixture_draw(&f, &view_attention);
    for (int i = 0; i < f.hits->n; i++)
        if (is_line(&f.hits->list[i]))
            ck_assert_int_eq(pick_get(&f.hits->list[i].pick, STATE_TOKEN), 6);
    ck_assert_int_gt(n_lines(&f), 2);
    /* And on a key those that lead to it. */
    point_of(&of_query, 1, &x, &y);
    f.stage.mouse_x = x + 12;
    f.stage.mouse_y = y;
    fixture_draw(&f, &view_attention);
    for (int i = 0; i < f.hits->n; i++)
        if (is_line(&f.hits->list[i]))
            ck_assert_int_eq(pick_get(&f.hits->list[i].pick, STATE_KEY), 0);
    ck_assert_int_gt(n_lines(&f), 5);
    fixture_close(&f);
}
END_TEST

START_TEST(many_lines_leave_the_thinnest_out_and_say_so) {
    Fixture f;
    char text[4 * 60 + 1] = "";
    for (int i = 1; i < 60; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " the");
    ck_assert(fixture_open(&f, NULL, text, 1400, 1300, 1, "light"));
    fixture_stage(&f, "op=lines layer=1 heads=0,1,2,3 least=0 token=59");
    fixture_draw(&f, &view_attention);
    int n;
    bool says = false;
    const TextMark *texts = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++)
        says = says || strstr(texts[i].text, "on: the thickest");
    ck_assert(says);
    ck_assert_int_le(n_lines(&f), 1500);             /* of 7,320 */
    ck_assert_ptr_nonnull(find_line(&f, 1, 59, 30)); /* the token's are all */
    fixture_close(&f);
}
END_TEST

/* ---- choosing ------------------------------------------------------------ */

static void set_state(AppRig *r, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, text, &err), "%s", err.msg);
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

START_TEST(keys_choose_heads_and_weights) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = FIXTURE_STORY});
    set_state(&r, "view=attention op=lines head=1");
    const State *s = app_state(r.app);
    press(&r, "Shift+V");
    press(&r, "]");
    press(&r, "Shift+V");
    ck_assert_int_eq(s->heads.n, 2);
    ck_assert_int_eq(s->heads.at[0], 1);
    ck_assert_int_eq(s->heads.at[1], 2);
    press(&r, "Shift+V");
    ck_assert_int_eq(s->heads.n, 1);
    ck_assert_int_eq(s->heads.at[0], 1);
    press(&r, "Q");
    ck_assert_float_eq(s->least, .1f);
    press(&r, "Shift+Q");
    press(&r, "Shift+Q");
    ck_assert_float_eq(s->least, .02f);
    for (int i = 0; i < 30; i++)
        press(&r, "Q");
    ck_assert_float_eq(s->least, .9f);
    for (int i = 0; i < 30; i++)
        press(&r, "Shift+Q");
    ck_assert_float_eq(s->least, 0);
    app_rig_close(&r);
}
END_TEST

/* A point where the wheel turns the least weight; false: nowhere. */
static bool find_slider(AppRig *r, int *x, int *y) {
    const float was = app_state(r->app)->least;
    for (*y = 60; *y < 260; *y += 4)
        for (*x = 20; *x < r->w; *x += 6) {
            screen_wheel(r->screen, *x, *y, 1);
            if (app_state(r->app)->least > was) {
                set_state(r, "least=0.05");
                return true;
            }
        }
    return false;
}

START_TEST(the_slider_and_the_wheel_choose_the_least_weight) {
    AppRig r;
    int x, y;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = FIXTURE_STORY});
    set_state(&r, "view=attention op=lines head=1 token=3");
    ck_assert(find_slider(&r, &x, &y));
    screen_wheel(r.screen, x, y, -1);
    ck_assert_float_eq(app_state(r.app)->least, .02f);
    screen_mouse_move(r.screen, x, y);
    screen_mouse_down(r.screen, x, y);
    screen_mouse_move(r.screen, x + 1000, y);
    screen_mouse_up(r.screen);
    ck_assert_float_eq(app_state(r.app)->least, 1);
    ck_assert_int_eq(app_state(r.app)->token, 3);
    app_rig_close(&r);
}
END_TEST

START_TEST(heads_are_kept_let_go_and_checked) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = FIXTURE_STORY});
    set_state(&r, "view=attention op=lines head=1");
    for (int head = 0; head < 4; head++)
        ck_assert(app_keep_head(r.app, head));
    ck_assert_int_eq(app_state(r.app)->heads.n, 4);
    ck_assert(app_keep_head(r.app, 2));
    ck_assert_int_eq(app_state(r.app)->heads.n, 3);
    Err err = {0};
    ck_assert(!app_set_state(r.app, "heads=4", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "heads: found 4, need 0 to 3"));
    app_rig_close(&r);
}
END_TEST

/* ---- many tokens --------------------------------------------------------- */

START_TEST(a_part_of_many_tokens_is_moved_by_wheel_and_strip) {
    AppRig r;
    char text[4 * 50 + 1] = "";
    for (int i = 1; i < 50; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " the");
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = text});
    r.h = 560;
    set_state(&r, "view=attention op=lines token=40 inspector=off");
    ck_assert(app_rig_shows(&r, "queries "));
    const State *s = app_state(r.app);
    const int x = r.w / 2, y = r.h / 2;
    for (int i = 0; i < 5; i++) {
        screen_wheel(r.screen, x, y, 1);
        app_rig_frame(&r);
    }
    ck_assert_float_gt(s->zoom, 2);
    ck_assert_int_eq(s->token, 40);
    /* A drag moves both columns alike. */
    const int row0 = s->at[0], col0 = s->at[1];
    screen_mouse_move(r.screen, x, y);
    screen_mouse_down(r.screen, x, y);
    screen_mouse_move(r.screen, x, y + 200);
    screen_mouse_up(r.screen);
    app_rig_frame(&r);
    ck_assert_int_lt(s->at[0], row0);
    ck_assert_int_eq(s->at[0] - row0, s->at[1] - col0);
    press(&r, "Ctrl+Shift+Left"); /* the keys alone */
    ck_assert_int_eq(s->at[0] - row0 > s->at[1] - col0, 1);
    ck_assert_int_eq(s->token, 40);
    app_rig_close(&r);
}
END_TEST

START_TEST(it_is_drawn_at_any_size) {
    static const char *const states[] = {
        "op=lines heads=0,1,2,3 least=0 layer=1 head=2",
        "op=lines heads=0 zoom=3 layer=0 head=1 token=6",
        "op=lines edit=mask,1.2 least=0.5"};
    fixture_draw_sizes(&view_attention, states, 3, 300);
}
END_TEST

TEST_MAIN("lines", each_weight_that_is_large_enough_has_a_line,
          the_current_head_is_drawn_beside_those_kept,
          the_first_token_can_be_set_apart, without_the_mask_lines_lead_ahead,
          where_no_weight_is_as_large_it_says_so, a_line_opens_its_weight,
          a_point_off_the_line_is_not_on_it, heads_differ_without_colour,
          a_larger_weight_is_thicker, the_mouse_on_a_token_leaves_its_lines,
          many_lines_leave_the_thinnest_out_and_say_so,
          keys_choose_heads_and_weights,
          the_slider_and_the_wheel_choose_the_least_weight,
          heads_are_kept_let_go_and_checked,
          a_part_of_many_tokens_is_moved_by_wheel_and_strip,
          it_is_drawn_at_any_size)
