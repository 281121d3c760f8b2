/* The next view: bars, cuts and the die show the numbers of sampler_stages;
 * sliders and rows set what they say; nothing leaves the picture. */
#include "engine/base/num.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/next/next.h"

#include <math.h>

#define W 1300
#define H 850

static void open_tiny(Fixture *f, const char *state) {
    ck_assert(fixture_open(f, NULL, "the cat sat on", W, H, 1, "light"));
    fixture_stage(f, state);
    fixture_draw(f, &view_next);
}

static const Candidate *candidate_of(const Fixture *f, int id) {
    for (int i = 0; i < fixture_next(f)->n; i++)
        if (fixture_next(f)->candidates[i].id == id)
            return &fixture_next(f)->candidates[i];
    ck_abort_msg("no candidate %d", id);
    return NULL;
}

static const Candidate *drawn_of(const Fixture *f) {
    return &fixture_next(f)->candidates[fixture_next(f)->drawn];
}

/* The hits that set exactly this key, top to bottom. */
static int hits_for(const Fixture *f, StateKey key, const Hit *out[], int max) {
    int n = 0;
    for (int i = 0; i < f->hits->n && n < max; i++)
        if (f->hits->list[i].kind == HIT_PICK && f->hits->list[i].pick.n == 1 &&
            pick_find(&f->hits->list[i].pick, key))
            out[n++] = &f->hits->list[i];
    return n;
}

/* Those that open a number of a row, top to bottom. */
static int cells_of(const Fixture *f, const char *op, const Hit *out[]) {
    int n = 0;
    for (int i = 0; i < f->hits->n && n < 64; i++) {
        const Pick *p = &f->hits->list[i].pick;
        if (f->hits->list[i].kind == HIT_PICK && pick_find(p, STATE_ELEM) &&
            strcmp(pick_get_word(p, STATE_OP), op) == 0)
            out[n++] = &f->hits->list[i];
    }
    return n;
}

static int rows_of(const Fixture *f, const Hit *out[]) {
    return hits_for(f, STATE_THEN, out, 64);
}

static uint32_t rgb(Color c) {
    return (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

/* Tokens, percents and bars alone; a percent opens and leaves it so, Enter
 * shows the rest. */
START_TEST(a_bare_table_has_no_word_of_the_sampler) {
    static const char *const words[] = {
        "logit", "÷",       "temperature", "top-",     "min-p", "seed",
        "RMS",   "entropy", "drawn",       "surprise", "cuts"};
    Fixture f;
    Opened o;
    const Hit *cells[64];
    open_tiny(&f, "op=bars top_k=3 temperature=0.5");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(!fixture_says(&f, words[i]), "%s", words[i]);
    ck_assert(fixture_says(&f, "probability"));
    ck_assert_int_gt(cells_of(&f, "bars", cells), 5);
    fixture_opened(&f, &view_next, &o);
    ck_assert_int_eq(o.made.kind, STUDY_PROB);
    State next;
    Err err = {0};
    state_init(&next);
    ck_assert(state_copy(&next, f.stage.state, &err));
    ck_assert(!view_next.step(&f.stage, -1, &next));
    ck_assert(state_copy(&next, f.stage.state, &err));
    ck_assert(view_next.step(&f.stage, 1, &next));
    ck_assert_str_eq(next.op, "logit");
    ck_assert_uint_eq(next.seed, f.stage.state->seed);
    state_free(&next);
    fixture_stage(&f, "op=logit");
    fixture_draw(&f, &view_next);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ck_assert_msg(fixture_says(&f, words[i]), "%s", words[i]);
    fixture_close(&f);
}
END_TEST

/* ---- surprise ------------------------------------------------------------ */

/* Each token but the first has a cell, which opens how much it surprised; at
 * the text's end nothing is opened. */
START_TEST(each_tokens_surprise_opens) {
    Fixture f;
    open_tiny(&f, "temperature=0.5");
    int at[64], n = 0;
    for (int i = 0; i < f.hits->n; i++) {
        const Pick *p = &f.hits->list[i].pick;
        if (pick_find(p, STATE_OP) &&
            strcmp(pick_get_word(p, STATE_OP), "surprise") == 0)
            at[n++] = pick_get(p, STATE_TOKEN);
    }
    ck_assert_int_eq(n, f.stage.n_pos - 1);
    for (int i = 0; i < n; i++) {
        char state[48];
        Opened o;
        bool missing;
        ck_assert_int_eq(at[i], i);
        snprintf(state, sizeof state, "op=surprise token=%d", i);
        fixture_stage(&f, state);
        fixture_opened(&f, &view_next, &o);
        ck_assert_int_eq(o.kind, OPENED_MADE);
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        const float *l = trace_row(f.trace, SITE_LOGITS, 0, i);
        const int id = trace_token(f.trace, i + 1);
        double sum = 0;
        for (int k = 0; k < f.stage.config->vocab_size; k++)
            sum += exp((double)l[k] - (double)l[id]);
        ck_assert(ex && ex->matches);
        ck_assert_double_eq_tol((double)ex->stored, log2(sum), 1e-5);
    }
    Opened o;
    fixture_stage(&f, "op=surprise token=-1");
    fixture_opened(&f, &view_next, &o);
    ck_assert_int_eq(o.kind, OPENED_NOTHING);
    fixture_close(&f);
}
END_TEST

/* Beside bars that the temperature has changed, the truth is changed alike. */
START_TEST(the_truth_stands_as_the_bars_do) {
    Fixture f;
    static const StudyTruth truth = {
        .n = 3, .id = {4, 5, 6}, .prob = {.5, .3, .2}};
    open_tiny(&f, "temperature=0.5");
    const double squares = .25 + .09 + .04;
    ck_assert(next_is_tempered(&f.stage));
    ck_assert_double_eq_tol(next_truth_shown(&f.stage, &truth, 0),
                            .25 / squares, 1e-12);
    ck_assert_double_eq_tol(next_truth_shown(&f.stage, &truth, 2),
                            .04 / squares, 1e-12);
    /* At 0 the bars are those of temperature 1. */
    static const char *const plain[] = {"temperature=1", "temperature=0"};
    for (int i = 0; i < 2; i++) {
        fixture_stage(&f, plain[i]);
        ck_assert(!next_is_tempered(&f.stage));
        ck_assert_double_eq(next_truth_shown(&f.stage, &truth, 1), .3);
    }
    fixture_close(&f);
}
END_TEST

/* ---- the table ----------------------------------------------------------- */

START_TEST(rows_are_the_best_candidates_in_order) {
    Fixture f;
    open_tiny(&f, "seed=1");
    const Hit *rows[64];
    int n = rows_of(&f, rows);
    ck_assert_int_ge(n, 10);
    for (int i = 0; i < n - 1; i++)
        ck_assert_int_eq(pick_get(&rows[i]->pick, STATE_THEN),
                         fixture_next(&f)->candidates[i].id);
    fixture_close(&f);
}
END_TEST

/* A state whose drawn token is far down the list. */
static void draw_rare(Fixture *f) {
    fixture_stage(f, "temperature=2 top_k=0 top_p=1");
    for (int seed = 0; fixture_next(f)->drawn < 60; seed++) {
        char state[32];
        ck_assert_int_lt(seed, 1000);
        snprintf(state, sizeof state, "seed=%d", seed);
        fixture_stage(f, state);
    }
    fixture_draw(f, &view_next);
}

START_TEST(the_drawn_one_and_the_one_in_the_text_are_always_listed) {
    Fixture f;
    open_tiny(&f, "token=1");
    draw_rare(&f);
    int following = next_following(&f.stage, fixture_next(&f));
    ck_assert_int_eq(fixture_next(&f)->candidates[following].id,
                     trace_token(f.trace, 2));
    const Hit *rows[64];
    int n = rows_of(&f, rows), drawn = 0, in_text = 0;
    for (int i = 0; i < n; i++) {
        drawn += pick_get(&rows[i]->pick, STATE_THEN) == drawn_of(&f)->id;
        in_text +=
            pick_get(&rows[i]->pick, STATE_THEN) == trace_token(f.trace, 2);
        if (i > 0)
            ck_assert(
                candidate_of(&f, pick_get(&rows[i]->pick, STATE_THEN)) >
                candidate_of(&f, pick_get(&rows[i - 1]->pick, STATE_THEN)));
    }
    ck_assert_int_eq(drawn, 1);
    ck_assert_int_eq(in_text, 1);
    fixture_stage(&f, "token=-1");
    ck_assert_int_eq(next_following(&f.stage, fixture_next(&f)), -1);
    fixture_close(&f);
}
END_TEST

static Color bar_color(const Fixture *f, const Candidate *c) {
    const Theme *t = f->stage.theme;
    if (c == drawn_of(f)) return t->accent;
    if (c->cut != SAMPLER_KEPT) return color_mix(t->window, t->soft, .3f);
    return color_mix(t->window, t->query, .55f);
}

/* Length of the first run of at least 2 pixels of the row's bar colour, read
 * in the upper part of its bar, where no word stands. */
static int bar_width(const Fixture *f, const Hit *row, int *left) {
    uint32_t want =
        rgb(bar_color(f, candidate_of(f, pick_get(&row->pick, STATE_THEN))));
    int h = row->rect.h * 5 / 9;
    int y = row->rect.y + (row->rect.h - h) / 2 + 3;
    for (int x = row->rect.x; x < row->rect.x + row->rect.w; x++) {
        int run = 0;
        while (fixture_pixel(f, x + run, y) == want)
            run++;
        if (run < 2) continue;
        *left = x;
        return run;
    }
    return 0;
}

/* All bars start in one column and are as long as their probabilities. */
static void check_bars(Fixture *f, const char *state) {
    const Hit *rows[64];
    int left = 0, at = 0, seen = 0;
    fixture_stage(f, state);
    fixture_draw(f, &view_next);
    int n = rows_of(f, rows);
    ck_assert_int_gt(n, 0);
    float best = fixture_next(f)->candidates[0].prob;
    int full = bar_width(f, rows[0], &left);
    ck_assert_int_gt(full, 100);
    for (int i = 1; i < n; i++) {
        float prob =
            candidate_of(f, pick_get(&rows[i]->pick, STATE_THEN))->prob;
        float want = prob / best * (float)full;
        if (want < 4) continue;
        ck_assert_float_eq_tol((float)bar_width(f, rows[i], &at), want, 1.01f);
        ck_assert_int_eq(at, left);
        seen++;
    }
    ck_assert_int_gt(seen, 3);
}

START_TEST(bars_are_as_long_as_the_probabilities) {
    Fixture f;
    open_tiny(&f, "");
    check_bars(&f, "temperature=2 top_k=0 top_p=1 seed=3");
    check_bars(&f, "temperature=2 top_k=3 top_p=1 seed=3");
    check_bars(&f, "temperature=1.5 top_k=0 top_p=0.5 seed=4");
    check_bars(&f, "temperature=0");
    fixture_close(&f);
}
END_TEST

static int count_in(const Fixture *f, Rect r, Color c) {
    int n = 0;
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            n += fixture_pixel(f, x, y) == rgb(c);
    return n;
}

START_TEST(only_the_drawn_row_has_the_accent) {
    Fixture f;
    open_tiny(&f, "temperature=1.5 seed=5");
    const Hit *rows[64];
    int n = rows_of(&f, rows);
    for (int i = 0; i < n; i++) {
        bool drawn = pick_get(&rows[i]->pick, STATE_THEN) == drawn_of(&f)->id;
        int accent = count_in(&f, rows[i]->rect, f.stage.theme->accent);
        if (drawn)
            ck_assert_int_gt(accent, 20);
        else
            ck_assert_int_eq(accent, 0);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(numbers_as_text) {
    char out[16];
    stage_percent_text(.4099, out);
    ck_assert_str_eq(out, "41.0 %");
    stage_percent_text(1, out);
    ck_assert_str_eq(out, "100.0 %");
    stage_percent_text(.0004, out);
    ck_assert_str_eq(out, "<0.1 %");
    stage_percent_text(0, out);
    ck_assert_str_eq(out, "0.0 %");
    next_coin_text(.53124f, out);
    ck_assert_str_eq(out, "0.5312");
    next_coin_text(nextafterf(1, 0), out);
    ck_assert_str_eq(out, "0.9999");
    next_count_text(512, out);
    ck_assert_str_eq(out, "512");
    next_count_text(32000, out);
    ck_assert_str_eq(out, "32,000");
    next_count_text(1048576, out);
    ck_assert_str_eq(out, "1,048,576");
}
END_TEST

/* ---- the die ------------------------------------------------------------- */

/* Longest run of a colour in line y. */
static int run_in_line(const Fixture *f, int y, Color c) {
    int best = 0, run = 0;
    for (int x = 0; x < W; x++) {
        run = fixture_pixel(f, x, y) == rgb(c) ? run + 1 : 0;
        if (run > best) best = run;
    }
    return best;
}

/* Lines below the table in which the drawn token's share of the strip's whole
 * width has the accent, cut in two by the needle. */
static int die_lines(const Fixture *f) {
    const Hit *rows[64];
    int n = rows_of(f, rows), lines = 0;
    float width = drawn_of(f)->final * W;
    for (int y = rows[n - 1]->rect.y + rows[n - 1]->rect.h; y < H; y++) {
        int accent = count_in(f, (Rect){0, y, W, 1}, f->stage.theme->accent);
        lines += fabsf((float)accent - width) < 7;
    }
    return lines;
}

START_TEST(the_die_shows_the_drawn_tokens_share) {
    Fixture f;
    for (int seed = 1; seed < 6; seed++) {
        char state[64];
        snprintf(state, sizeof state, "temperature=1 top_k=3 seed=%d", seed);
        open_tiny(&f, state);
        ck_assert_float_gt(drawn_of(&f)->final, .05f);
        ck_assert_int_ge(die_lines(&f), 10);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(the_needle_stands_at_the_coin) {
    Fixture f;
    open_tiny(&f, "temperature=1 top_k=4 seed=2");
    const Hit *rows[64];
    int n = rows_of(&f, rows);
    int x = (int)(fixture_next(&f)->coin * W);
    int y0 = rows[n - 1]->rect.y + 2 * rows[n - 1]->rect.h;
    /* Its line runs through the strip, which is 30 pixels high. */
    ck_assert_int_ge(
        count_in(&f, (Rect){x - 1, y0, 3, H - y0}, f.stage.theme->text), 30);
    fixture_close(&f);
}
END_TEST

START_TEST(at_temperature_zero_there_is_no_die) {
    Fixture f;
    open_tiny(&f, "temperature=0 seed=2");
    const Hit *rows[64];
    int n = rows_of(&f, rows);
    ck_assert_int_eq(fixture_next(&f)->drawn, 0);
    int end = rows[n - 1]->rect.y + rows[n - 1]->rect.h;
    for (int y = end; y < H; y++)
        ck_assert_int_lt(run_in_line(&f, y, f.stage.theme->accent), 40);
    for (int i = 0; i < f.hits->n; i++)
        ck_assert_int_ne(f.hits->list[i].kind, HIT_COMMAND);
    fixture_close(&f);
}
END_TEST

START_TEST(enter_takes_the_next_seed_backspace_the_last) {
    Fixture f;
    open_tiny(&f, "seed=41");
    State next;
    state_init(&next);
    ck_assert(view_next.step(&f.stage, 1, &next));
    ck_assert_uint_eq(next.seed, 42);
    ck_assert(view_next.step(&f.stage, -1, &next));
    ck_assert_uint_eq(next.seed, 40);
    fixture_stage(&f, "seed=0");
    ck_assert(!view_next.step(&f.stage, -1, &next));
    state_free(&next);
    fixture_close(&f);
}
END_TEST

/* ---- sliders ------------------------------------------------------------- */

static const Hit *slider(const Fixture *f, StateKey key) {
    for (int i = 0; i < f->hits->n; i++)
        if (f->hits->list[i].kind == HIT_SLIDER &&
            f->hits->list[i].slider_key == key)
            return &f->hits->list[i];
    return NULL;
}

/* The knob is where a click would set the value that it stands for: its hole,
 * the colour of the window, is inside the ring. */
static void check_knob(const Fixture *f, StateKey key, float value) {
    const Hit *hit = slider(f, key);
    ck_assert_ptr_nonnull(hit);
    Rect r = hit->rect;
    int x = r.x +
            (int)lroundf((value - hit->lo) / (hit->hi - hit->lo) * (float)r.w);
    int y = r.y + 31;
    ck_assert_uint_eq(fixture_pixel(f, x, y), rgb(f->stage.theme->window));
    Rect ring = {x - 9, y - 9, 19, 19};
    ck_assert_int_gt(count_in(f, ring, f->stage.theme->accent), 40);
}

START_TEST(sliders_stand_at_their_values) {
    Fixture f;
    open_tiny(&f, "temperature=1.5 top_k=25 top_p=0.5 min_p=0.1");
    check_knob(&f, STATE_TEMPERATURE, 1.5f);
    check_knob(&f, STATE_TOP_K, 25);
    check_knob(&f, STATE_TOP_P, .5f);
    check_knob(&f, STATE_MIN_P, .1f);
    fixture_stage(&f, "temperature=7 top_k=250 top_p=0 min_p=0.9");
    fixture_draw(&f, &view_next);
    check_knob(&f, STATE_TEMPERATURE, slider(&f, STATE_TEMPERATURE)->hi);
    check_knob(&f, STATE_TOP_K, slider(&f, STATE_TOP_K)->hi);
    check_knob(&f, STATE_TOP_P, 1); /* 0 is off, as 1 is */
    check_knob(&f, STATE_MIN_P, slider(&f, STATE_MIN_P)->hi);
    fixture_close(&f);
}
END_TEST

/* ---- the opened number --------------------------------------------------- */

START_TEST(the_opened_logit_can_be_explained) {
    Fixture f;
    open_tiny(&f, "");
    const Hit *cells[64];
    int n = cells_of(&f, "logit", cells);
    ck_assert_int_ge(n, 10);
    for (int i = -1; i < 3; i++) {
        char state[32];
        int id = i < 0 ? fixture_next(&f)->candidates[0].id
                       : pick_get(&cells[i]->pick, STATE_ELEM);
        snprintf(state, sizeof state, "elem=%d", i < 0 ? -1 : id);
        fixture_stage(&f, state);
        Opened o;
        Explain ex = {0};
        fixture_opened(&f, &view_next, &o);
        ck_assert_int_eq(o.kind, OPENED_CELL);
        ck_assert_int_eq(o.index, id);
        ck_assert(
            explain(f.trace, o.site, o.layer, o.pos, o.index, &ex, &f.err));
        ck_assert(ex.matches);
        ck_assert_float_eq(ex.stored, candidate_of(&f, id)->logit);
        explain_free(&ex);
    }
    fixture_stage(&f, "elem=100000");
    Opened o;
    fixture_opened(&f, &view_next, &o);
    ck_assert_int_eq(o.index, fixture_next(&f)->candidates[0].id);
    fixture_close(&f);
}
END_TEST

/* Probabilities, what the cuts make of them, and the entropy. */
START_TEST(probabilities_and_entropy_open) {
    static const char *const ops[] = {"prob", "share", "entropy"};
    static const char *const settings[] = {
        "temperature=1 top_k=0 top_p=1", "temperature=0.5 top_k=5",
        "temperature=2 top_k=0 top_p=0.6", "temperature=0"};
    Fixture f;
    open_tiny(&f, "");
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 3 * 12; i++) {
            char state[96];
            fixture_stage(&f, settings[k]);
            int id = fixture_next(&f)->candidates[i / 3].id;
            const Candidate c = *candidate_of(&f, id);
            float entropy = fixture_next(&f)->entropy;
            snprintf(state, sizeof state, "view=next op=%s elem=%d", ops[i % 3],
                     id);
            fixture_stage(&f, state);
            Opened o = {0};
            bool missing;
            fixture_opened(&f, &view_next, &o);
            ck_assert_int_eq(o.kind, OPENED_MADE);
            if (i % 3 < 2) ck_assert_int_eq(o.index, id);
            ck_assert((o.site == SITE_LOGITS) == (i % 3 < 2));
            study_frame(f.study);
            study_get(f.study, o.made, &missing);
            fixture_make(&f);
            const Explain *ex = study_get(f.study, o.made, &missing);
            ck_assert_ptr_nonnull(ex);
            float shown = i % 3 == 0 ? c.prob : i % 3 == 1 ? c.final : entropy;
            ck_assert_float_eq(ex->stored, shown);
            ck_assert_msg(ex->matches, "%s %s: %.9g is not %.9g", settings[k],
                          ops[i % 3], ex->total, (double)shown);
        }
    fixture_close(&f);
}
END_TEST

START_TEST(the_opened_number_is_named_by_its_token) {
    static const struct {
        const char *piece, *title;
    } cases[] = {{" cat", "logit of ␣cat"}, {"he", "logit of he"}};
    Fixture f;
    open_tiny(&f, "");
    for (int i = 0; i < 2; i++) {
        char state[32], title[64] = "";
        const char *piece = cases[i].piece;
        snprintf(state, sizeof state, "elem=%d",
                 tokenizer_find_piece(f.tokenizer, piece, (int)strlen(piece)));
        fixture_stage(&f, state);
        Opened o;
        fixture_opened(&f, &view_next, &o);
        for (int k = 0; k < o.n_title; k++)
            strncat(title, o.title[k].text, (size_t)o.title[k].len);
        ck_assert_str_eq(title, cases[i].title);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(a_logit_cell_lies_on_its_row) {
    Fixture f;
    open_tiny(&f, "");
    const Hit *cells[64], *rows[64];
    int n = cells_of(&f, "logit", cells);
    ck_assert_int_eq(rows_of(&f, rows), n);
    for (int i = 0; i < n; i++) {
        Rect r = cells[i]->rect;
        int row, col;
        ck_assert_int_eq(pick_get(&cells[i]->pick, STATE_ELEM),
                         pick_get(&rows[i]->pick, STATE_THEN));
        ck_assert(rect_contains(rows[i]->rect, r.x, r.y + r.h / 2));
        ck_assert_ptr_eq(hits_at(f.hits, r.x + 1, r.y + 1, &row, &col),
                         cells[i]);
        ck_assert_ptr_eq(hits_at(f.hits, r.x - 1, r.y + 1, &row, &col),
                         rows[i]);
    }
    fixture_close(&f);
}
END_TEST

/* ---- sizes and shapes ---------------------------------------------------- */

static void check_inside(Fixture *f) {
    fixture_draw(f, &view_next);
    int w = canvas_width(f->canvas), h = canvas_height(f->canvas);
    for (int i = 0; i < f->hits->n; i++) {
        Rect r = f->hits->list[i].rect;
        ck_assert(r.x >= 0 && r.y >= 0 && r.x + r.w <= w && r.y + r.h <= h);
    }
}

START_TEST(everything_stays_inside_at_every_size) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1870, 856, 1},    {1351, 856, 1},   {951, 856, 1},
                 {480, 595, .72f},  {988, 567, .72f}, {974, 385, 1.8f},
                 {1795, 520, 2.5f}, {3740, 1712, 2},  {446, 900, .8f}};
    static const char *const states[] = {
        "token=1 seed=3", "token=-1 temperature=0",
        "temperature=2 top_k=0 top_p=1 min_p=0.3", "top_k=2 top_p=0.3"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Fixture f;
        ck_assert(fixture_open(&f, NULL, "the cat", sizes[i].w, sizes[i].h,
                               sizes[i].scale, i % 2 ? "dark" : "light"));
        for (int k = 0; k < 4; k++) {
            fixture_stage(&f, states[k]);
            check_inside(&f);
            const Hit *rows[64];
            ck_assert_int_ge(rows_of(&f, rows), 2);
        }
        fixture_close(&f);
    }
}
END_TEST

START_TEST(no_picture_is_too_small) {
    static const int sizes[][2] = {{1, 1}, {7, 300}, {300, 7}, {60, 60}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Fixture f;
        ck_assert(
            fixture_open(&f, NULL, "", sizes[i][0], sizes[i][1], 1, "dark"));
        fixture_draw(&f, &view_next);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(a_large_vocabulary_is_listed_from_its_best) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.vocab_size = 16000;
    ck_assert(fixture_open_spec(&f, &spec, "the cat", W, H, 1, "light"));
    fixture_stage(&f, "temperature=2 top_k=0 top_p=1 seed=9");
    check_inside(&f);
    const Hit *rows[64];
    ck_assert_int_ge(rows_of(&f, rows), 10);
    ck_assert_int_eq(pick_get(&rows[0]->pick, STATE_THEN),
                     fixture_next(&f)->candidates[0].id);
    fixture_close(&f);
}
END_TEST

START_TEST(a_figure_has_values_and_no_sliders) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat sat", 900, 600, 1, "light"));
    for (int figure = 0; figure < 2; figure++) {
        int n_sliders = 0;
        f.stage.is_figure = figure;
        fixture_draw(&f, &view_next);
        for (int i = 0; i < f.hits->n; i++)
            n_sliders += f.hits->list[i].kind == HIT_SLIDER;
        ck_assert_int_eq(n_sliders > 0, !figure);
        ck_assert(fixture_says(&f, "temperature"));
    }
    fixture_close(&f);
}
END_TEST

/* How many pixels of a text's box are darker than its ground. */
static int ink(const Fixture *f, const TextMark *mark) {
    const Rect r = textmark_bounds(mark);
    int n = 0;
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++)
            n += (fixture_pixel(f, x, y) >> 8 & 0xFF) < 140;
    return n;
}

/* A slanted name reaches into the cell beside it; that this one is opened, and
 * lit, takes nothing of the name away. */
START_TEST(what_is_lit_covers_no_name) {
    Fixture f;
    int n, seen[2] = {0};
    ck_assert(
        fixture_open(&f, FIXTURE_TALES, FIXTURE_TALE, 797, 620, .8f, "light"));
    for (int lit = 0; lit < 2; lit++) {
        fixture_stage(&f, lit ? "op=surprise token=7" : "op=prob token=7");
        fixture_draw(&f, &view_next);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        for (int i = 0; i < n; i++)
            if (mark[i].angle != 0 && strcmp(mark[i].text, "␣named") == 0)
                seen[lit] = ink(&f, &mark[i]);
    }
    ck_assert_int_gt(seen[0], 20);
    ck_assert_int_ge(seen[1], seen[0] * 9 / 10);
    fixture_close(&f);
}
END_TEST

START_TEST(a_few_tokens_have_wide_bars) {
    Fixture f;
    int right = 0;
    ck_assert(fixture_open(&f, NULL, "the cat", 1880, 840, 1, "light"));
    fixture_stage(&f, "op=prob");
    fixture_draw(&f, &view_next);
    ck_assert_int_le(f.stage.n_pos, 4);
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *h = &f.hits->list[i];
        if (h->kind == HIT_PICK && pick_find(&h->pick, STATE_TOKEN))
            right = num_max(right, h->rect.x + h->rect.w);
    }
    ck_assert_int_ge(right, (f.stage.n_pos - 1) * 200);
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_next", a_few_tokens_have_wide_bars, what_is_lit_covers_no_name,
          a_bare_table_has_no_word_of_the_sampler,
          a_figure_has_values_and_no_sliders, each_tokens_surprise_opens,
          the_truth_stands_as_the_bars_do,
          rows_are_the_best_candidates_in_order,
          the_drawn_one_and_the_one_in_the_text_are_always_listed,
          bars_are_as_long_as_the_probabilities,
          only_the_drawn_row_has_the_accent, numbers_as_text,
          the_die_shows_the_drawn_tokens_share, the_needle_stands_at_the_coin,
          at_temperature_zero_there_is_no_die,
          enter_takes_the_next_seed_backspace_the_last,
          sliders_stand_at_their_values, the_opened_logit_can_be_explained,
          the_opened_number_is_named_by_its_token,
          probabilities_and_entropy_open, a_logit_cell_lies_on_its_row,
          everything_stays_inside_at_every_size, no_picture_is_too_small,
          a_large_vocabulary_is_listed_from_its_best)
