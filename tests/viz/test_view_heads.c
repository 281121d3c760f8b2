/* The heads view: thumbnails show the strongest weights of the trace, every
 * head can be picked, sorting follows the scores, and nothing leaves the
 * picture at any size. */
#include "engine/study/head_scores.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/heads/heads.h"

#include <math.h>

#define REPEATING "the cat sat on the mat. the cat sat on the mat."

static bool is_tile(const Hit *hit) {
    return hit->kind == HIT_PICK && pick_find(&hit->pick, STATE_HEAD) &&
           !pick_find(&hit->pick, STATE_OP); /* that opens a mean */
}

/* The thumbnails' hits, in the order drawn. */
static int tiles_of(const Fixture *f, const Hit *out[], int max) {
    int n = 0;
    for (int i = 0; i < f->hits->n; i++)
        if (is_tile(&f->hits->list[i]) && n < max) out[n++] = &f->hits->list[i];
    return n;
}

static int n_heads_of(const Fixture *f) {
    return f->stage.config->n_layers * f->stage.config->n_heads;
}

/* ---- pixels -------------------------------------------------------------- */

/* The strongest weight of tokens [q0, q1) on tokens [k0, k1). */
static float strongest(const Fixture *f, const Pick *at, int q0, int q1, int k0,
                       int k1) {
    float most = 0;
    for (int q = q0; q < q1; q++) {
        int n = trace_n_keys(f->trace, q);
        const float *w =
            trace_row(f->trace, SITE_PATTERN, pick_get(at, STATE_LAYER), q);
        for (int k = k0; k < k1 && k < n; k++)
            most = fmaxf(most, w[pick_get(at, STATE_HEAD) * n + k]);
    }
    return most;
}

static bool is_color(const Fixture *f, int x, int y, Color c) {
    uint32_t px = fixture_pixel(f, x, y);
    return abs((int)(px >> 16 & 255) - c.r) <= 4 &&
           abs((int)(px >> 8 & 255) - c.g) <= 4 &&
           abs((int)(px & 255) - c.b) <= 4;
}

/* Where tokens end up in `size` pixels: cell i of n starts at
 * round(i * size / n), and shows tokens i * n_tokens / n on. */
static void check_tile(const Fixture *f, const Hit *hit, int pad) {
    Rect r = rect_inset(hit->rect, pad, pad);
    int n_tokens = f->stage.n_pos, n = n_tokens < r.w ? n_tokens : r.w;
    for (int row = 0; row < n; row++)
        for (int col = 0; col <= row; col++) {
            float w = strongest(f, &hit->pick, row * n_tokens / n,
                                (row + 1) * n_tokens / n, col * n_tokens / n,
                                (col + 1) * n_tokens / n);
            int x = r.x + (col * r.w + r.w / 2) / n;
            int y = r.y + (row * r.h + r.h / 2) / n;
            /* The current one's frame may reach over its neighbours' edges. */
            if (!rect_contains(rect_inset(hit->rect, 3, 3), x, y)) continue;
            ck_assert(is_color(f, x, y, stage_weight_color(&f->stage, w)));
        }
}

static void check_tiles(const Fixture *f, int pad) {
    const Hit *tiles[64];
    int n = tiles_of(f, tiles, 64);
    ck_assert_int_eq(n, n_heads_of(f));
    for (int i = 0; i < n; i++)
        check_tile(f, tiles[i], pad);
}

START_TEST(cells_show_the_weights) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 700, 500, 1, "light"));
    fixture_draw(&f, &view_heads);
    check_tiles(&f, 2);
    fixture_close(&f);
}
END_TEST

START_TEST(a_figure_says_no_key) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 1200, 700, 1, "light"));
    for (int figure = 0; figure < 2; figure++) {
        f.stage.is_figure = figure;
        fixture_draw(&f, &view_heads);
        ck_assert_int_eq(fixture_says(&f, "Enter opens it"), !figure);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(with_more_tokens_than_pixels_the_strongest_stays) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING REPEATING REPEATING, 170, 110,
                           .5f, "dark"));
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    ck_assert_int_lt(tiles[0]->rect.w, f.stage.n_pos);
    check_tiles(&f, 0);
    fixture_close(&f);
}
END_TEST

START_TEST(behind_the_mask_is_nothing_without_it_all) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    int n_tiles = tiles_of(&f, tiles, 8);
    Rect r = tiles[n_tiles - 1]->rect;
    int right = r.x + r.w - 6, top = r.y + 6;
    ck_assert(is_color(&f, right, top, f.stage.theme->well));
    fixture_stage(&f, "edit=mask");
    fixture_draw(&f, &view_heads);
    n_tiles = tiles_of(&f, tiles, 8);
    Pick last = tiles[n_tiles - 1]->pick;
    int n = f.stage.n_pos;
    float w = strongest(&f, &last, 0, 1, n - 1, n);
    ck_assert(is_color(&f, right, top, stage_weight_color(&f.stage, w)));
    fixture_close(&f);
}
END_TEST

START_TEST(heads_switched_off_are_faded) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 700, 500, 1, "light"));
    fixture_stage(&f, "edit=0.1,attn1 layer=0 head=0");
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    Color full = stage_weight_color(&f.stage, 1); /* BOS on itself */
    for (int i = 0; i < 8; i++) {
        bool off = pick_get(&tiles[i]->pick, STATE_LAYER) == 1 ||
                   pick_get(&tiles[i]->pick, STATE_HEAD) == 1;
        Rect r = tiles[i]->rect;
        ck_assert_int_eq(is_color(&f, r.x + 4, r.y + 4, full), !off);
    }
    fixture_close(&f);
}
END_TEST

/* ---- a part ------------------------------------------------------------- */

START_TEST(zoomed_all_show_the_same_part) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 900, 600, 1, "light"));
    fixture_stage(&f, "zoom=3 at=7,2");
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    for (int i = 0; i < 8; i++) {
        const Hit *h = tiles[i];
        const int n = h->rows;
        ck_assert_int_eq(n, (int)lroundf((float)f.stage.n_pos / 3));
        ck_assert_int_eq(h->row0, 7);
        ck_assert_int_eq(h->col0, 2);
        const Rect r = rect_inset(h->rect, 2, 2);
        for (int row = 0; row < n; row++)
            for (int col = 0; col < n; col++) {
                const float w =
                    strongest(&f, &h->pick, 7 + row, 8 + row, 2 + col, 3 + col);
                const int x = r.x + (col * r.w + r.w / 2) / n;
                const int y = r.y + (row * r.h + r.h / 2) / n;
                const bool masked = 2 + col > 7 + row;
                ck_assert(is_color(&f, x, y,
                                   masked ? f.stage.theme->well
                                          : stage_weight_color(&f.stage, w)));
            }
    }
    int strips = 0;
    for (int i = 0; i < f.hits->n; i++)
        strips += f.hits->list[i].kind == HIT_STRIP;
    ck_assert_int_eq(strips, 2);
    fixture_stage(&f, "zoom=1 at=-1,-1");
    fixture_draw(&f, &view_heads);
    for (int i = 0; i < f.hits->n; i++)
        ck_assert_int_ne(f.hits->list[i].kind, HIT_STRIP);
    fixture_close(&f);
}
END_TEST

START_TEST(four_tokens_are_not_zoomed) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat sat", 900, 600, 1, "light"));
    fixture_stage(&f, "token=3");
    ck_assert_int_eq(f.stage.n_pos, 4);
    fixture_draw(&f, &view_heads);
    ck_assert_ptr_null(hits_map(f.hits));
    fixture_close(&f);
}
END_TEST

START_TEST(rows_that_do_not_fit_are_scrolled) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 40;
    ck_assert(fixture_open_spec(&f, &spec, "the", 480, 300, 1, "light"));
    for (int row = 0; row < 60; row += 7) {
        char state[64];
        snprintf(state, sizeof state, "layer=20 row=%d", row);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_heads);
        const Hit *tiles[200], *list = hits_list(f.hits);
        ck_assert_ptr_nonnull(list);
        const int n = tiles_of(&f, tiles, 200);
        ck_assert_int_eq(list->rows, 40);
        ck_assert_int_eq(n, 4 * list->arg);
        const int first = row < 40 - list->arg ? row : 40 - list->arg;
        ck_assert_int_eq(list->row0, first);
        ck_assert_int_eq(pick_get(&tiles[0]->pick, STATE_LAYER), first);
    }
    fixture_close(&f);
}
END_TEST

/* And so are columns, by what is aside. */
START_TEST(columns_that_do_not_fit_are_scrolled) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.dim = 240;
    spec.n_heads = spec.n_kv_heads = 60;
    ck_assert(fixture_open_spec(&f, &spec, "the", 480, 300, 1, "light"));
    for (int col = 0; col < 80; col += 7) {
        char state[64];
        snprintf(state, sizeof state, "layer=1 head=30 across=%d", col);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_heads);
        const Hit *tiles[200], *list = hits_list(f.hits);
        ck_assert_ptr_nonnull(list);
        const int n = tiles_of(&f, tiles, 200);
        ck_assert_int_eq(list->cols, 60);
        ck_assert_int_lt(list->n_fit, 60);
        ck_assert_int_eq(n, spec.n_layers * list->n_fit);
        const int first = col < 60 - list->n_fit ? col : 60 - list->n_fit;
        ck_assert_int_eq(list->col0, first);
        ck_assert_int_eq(pick_get(&tiles[0]->pick, STATE_HEAD), first);
    }
    fixture_close(&f);
}
END_TEST

/* ---- picking ------------------------------------------------------------- */

START_TEST(every_head_can_be_picked_and_the_current_one_opened) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 700, 500, 1, "light"));
    fixture_stage(&f, "layer=1 head=2");
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    for (int i = 0; i < 8; i++) {
        Rect r = tiles[i]->rect;
        int row, col;
        const Hit *hit =
            hits_at(f.hits, r.x + r.w / 2, r.y + r.h / 2, &row, &col);
        ck_assert_ptr_eq(hit, tiles[i]);
        ck_assert_int_eq(pick_get(&hit->pick, STATE_LAYER), i / 4);
        ck_assert_int_eq(pick_get(&hit->pick, STATE_HEAD), i % 4);
        bool current = i == 1 * 4 + 2;
        ck_assert_int_eq(pick_find(&hit->pick, STATE_VIEW) != NULL, current);
        if (current)
            ck_assert_str_eq(pick_get_word(&hit->pick, STATE_VIEW),
                             "attention");
    }
    fixture_close(&f);
}
END_TEST

START_TEST(enter_opens_the_current_head) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 300, 200, 1, "light"));
    State next;
    state_init(&next);
    ck_assert(!view_heads.step(&f.stage, -1, &next));
    ck_assert(view_heads.step(&f.stage, 1, &next));
    ck_assert_str_eq(next.view, "attention");
    ck_assert(next.set & STATE_BIT(STATE_VIEW));
    state_free(&next);
    fixture_close(&f);
}
END_TEST

START_TEST(the_current_head_is_framed) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 700, 500, 1, "light"));
    fixture_stage(&f, "layer=1 head=2");
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    for (int i = 0; i < 8; i++) {
        Rect r = tiles[i]->rect;
        ck_assert_int_eq(
            is_color(&f, r.x - 2, r.y + r.h / 2, f.stage.theme->accent),
            i == 6);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(a_head_under_the_mouse_is_marked_and_described) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 900, 500, 1, "light"));
    fixture_draw(&f, &view_heads);
    const Pixmap *p = canvas_pixels(f.canvas);
    size_t n = (size_t)p->w * (size_t)p->h;
    uint32_t *before = malloc(n * sizeof *before);
    ck_assert_ptr_nonnull(before);
    memcpy(before, p->px, n * sizeof *before);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    Rect r = tiles[5]->rect;
    f.stage.mouse_x = r.x + 1;
    f.stage.mouse_y = r.y + 1;
    fixture_draw(&f, &view_heads);
    int at_tile = 0, elsewhere = 0;
    Rect around = rect_inset(r, -4, -4);
    for (size_t i = 0; i < n; i++)
        if (p->px[i] != before[i]) {
            int x = (int)(i % (size_t)p->w), y = (int)(i / (size_t)p->w);
            *(rect_contains(around, x, y) ? &at_tile : &elsewhere) += 1;
        }
    ck_assert_int_gt(at_tile, 100);   /* its frame */
    ck_assert_int_gt(elsewhere, 100); /* its name and scores */
    free(before);
    fixture_close(&f);
}
END_TEST

/* ---- sorting ------------------------------------------------------------- */

/* The weight of a head on the earlier places of its own token, or of the one
 * that comes next where no induction leads to it; NaN: there are none. */
static float weight_on(const Fixture *f, const Pick *p, int pos, bool next) {
    if (next && pos + 1 >= f->stage.n_pos) return NAN;
    const int token = trace_token(f->trace, pos + next);
    const float *row =
        trace_row(f->trace, SITE_PATTERN, pick_get(p, STATE_LAYER), pos) +
        pick_get(p, STATE_HEAD) * trace_n_keys(f->trace, pos);
    float sum = 0;
    int n = 0, same = -1;
    for (int j = 1; j < pos + next; j++)
        if (trace_token(f->trace, j) == token) {
            sum += row[j];
            n++;
        }
    for (int j = 0; next && j < pos - 1; j++)
        if (trace_token(f->trace, j) == trace_token(f->trace, pos)) same = j;
    if (same >= 0 && trace_token(f->trace, same + 1) == token) n = 0;
    return n ? sum : NAN;
}

static float score_of(const Fixture *f, const Pick *p, HeadKind kind) {
    HeadScores h = {0};
    if (kind == HEAD_SAME || kind == HEAD_RECALL) {
        double sum = 0;
        int n = 0;
        for (int t = 0; t < f->stage.n_pos; t++) {
            const float w = weight_on(f, p, t, kind == HEAD_RECALL);
            sum += isnan(w) ? 0 : (double)w;
            n += !isnan(w);
        }
        return n ? (float)(sum / n) : NAN;
    }
    int tokens[64];
    for (int t = 0; t < f->stage.n_pos; t++) {
        tokens[t] = trace_token(f->trace, t);
        const float *row =
            trace_row(f->trace, SITE_PATTERN, pick_get(p, STATE_LAYER), t);
        head_scores_add(
            &h, row + pick_get(p, STATE_HEAD) * trace_n_keys(f->trace, t), t,
            head_induction_key(tokens, t));
    }
    return head_scores_mean(&h, kind);
}

static bool reads_before(Rect a, Rect b) {
    return a.y != b.y ? a.y < b.y : a.x < b.x;
}

static void check_order(Fixture *f, const char *state, HeadKind kind) {
    const Hit *tiles[64];
    fixture_stage(f, state);
    fixture_draw(f, &view_heads);
    int n = tiles_of(f, tiles, 64);
    ck_assert_int_eq(n, n_heads_of(f));
    for (int i = 1; i < n; i++) {
        ck_assert(reads_before(tiles[i - 1]->rect, tiles[i]->rect));
        ck_assert_float_ge(score_of(f, &tiles[i - 1]->pick, kind),
                           score_of(f, &tiles[i]->pick, kind));
    }
}

START_TEST(sorted_by_score_in_reading_order) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 6;
    ck_assert(fixture_open_spec(&f, &spec, REPEATING, 700, 500, 1, "light"));
    check_order(&f, "sort=previous", HEAD_PREVIOUS);
    check_order(&f, "sort=induction", HEAD_INDUCTION);
    check_order(&f, "sort=first", HEAD_FIRST);
    check_order(&f, "sort=same", HEAD_SAME);
    check_order(&f, "sort=recall", HEAD_RECALL);
    fixture_close(&f);
}
END_TEST

/* Each mean shown opens: to the weights it is the mean of. */
START_TEST(a_mean_opens_to_its_weights) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 900, 500, 1, "light"));
    HeadKind kind;
    for (int k = 0; (kind = heads_kind(&arch_llama, k)) < HEAD_KINDS; k++) {
        char state[64];
        snprintf(state, sizeof state, "view=heads layer=1 head=2 op=%s",
                 heads_kind_word(kind));
        fixture_stage(&f, state);
        fixture_draw(&f, &view_heads);
        int n_hits = 0;
        for (int i = 0; i < f.hits->n; i++) {
            const Pick *p = &f.hits->list[i].pick;
            n_hits +=
                f.hits->list[i].kind == HIT_PICK && pick_find(p, STATE_OP) &&
                strcmp(pick_get_word(p, STATE_OP), heads_kind_word(kind)) == 0;
        }
        ck_assert_int_ge(n_hits, 1);
        Opened o = {0};
        fixture_opened(&f, &view_heads, &o);
        ck_assert_int_eq(o.kind, OPENED_MADE);
        bool missing;
        study_frame(f.study);
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        ck_assert_ptr_nonnull(ex);
        Pick here =
            pick_and(pick_number(STATE_LAYER, 1), pick_number(STATE_HEAD, 2));
        ck_assert_float_eq(ex->stored, score_of(&f, &here, kind));
        ck_assert(ex->matches);
        double sum = 0;
        for (int i = 0; i < ex->n_terms; i++) {
            const ExplainTerm *t = &ex->terms[i];
            const float *row = trace_row(f.trace, SITE_PATTERN, 1, t->index) +
                               2 * trace_n_keys(f.trace, t->index);
            ck_assert_float_eq(
                t->a, kind == HEAD_SAME || kind == HEAD_RECALL
                          ? weight_on(&f, &here, t->index, kind == HEAD_RECALL)
                          : row[(int)t->b]);
            sum += t->a;
        }
        ck_assert_double_eq_tol(ex->total, sum / ex->n_terms, 1e-12);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(without_a_score_heads_stay_in_place) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "", 700, 500, 1, "light"));
    ck_assert_int_eq(f.stage.n_pos, 1);
    fixture_stage(&f, "sort=induction");
    fixture_draw(&f, &view_heads);
    const Hit *tiles[8];
    ck_assert_int_eq(tiles_of(&f, tiles, 8), 8);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(pick_get(&tiles[i]->pick, STATE_LAYER) * 4 +
                             pick_get(&tiles[i]->pick, STATE_HEAD),
                         i);
    fixture_close(&f);
}
END_TEST

START_TEST(tabs_offer_every_order) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 1200, 500, 1, "light"));
    fixture_draw(&f, &view_heads);
    int found = 0;
    for (int i = 0; i < f.hits->n; i++)
        if (f.hits->list[i].pick.n == 1 &&
            pick_find(&f.hits->list[i].pick, STATE_SORT))
            for (int k = 0; heads_order(&arch_llama, k); k++)
                if (strcmp(pick_get_word(&f.hits->list[i].pick, STATE_SORT),
                           heads_order(&arch_llama, k)) == 0)
                    found |= 1 << k;
    ck_assert_int_eq(found, (1 << HEAD_KINDS) - 1);
    fixture_close(&f);
}
END_TEST

/* ---- sizes and shapes ---------------------------------------------------- */

static bool inside(Rect r, int w, int h) {
    return r.x >= 0 && r.y >= 0 && r.x + r.w <= w && r.y + r.h <= h;
}

/* Everything is inside; all heads are there, or at least the current one. */
static void check_fit(Fixture *f, int w, int h, bool all) {
    fixture_draw(f, &view_heads);
    int n = 0, current = 0;
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *hit = &f->hits->list[i];
        ck_assert(inside(hit->rect, w, h));
        n += is_tile(hit);
        current += is_tile(hit) &&
                   pick_get(&hit->pick, STATE_LAYER) == f->stage.layer &&
                   pick_get(&hit->pick, STATE_HEAD) == f->stage.head;
    }
    ck_assert_int_eq(current, 1);
    if (all) ck_assert_int_eq(n, n_heads_of(f));
}

START_TEST(all_heads_fit_at_every_size) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1870, 856, 1},    {1351, 856, 1},   {951, 856, 1},
                 {480, 595, .72f},  {988, 567, .72f}, {974, 385, 1.8f},
                 {1795, 520, 2.5f}, {3740, 1712, 2}};
    static const char *const sorts[] = {"sort=place", "sort=previous"};
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 5;
    spec.n_heads = spec.n_kv_heads = 8;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int w = sizes[i].w, h = sizes[i].h;
        ck_assert(fixture_open_spec(&f, &spec, REPEATING, w, h, sizes[i].scale,
                                    i % 2 ? "dark" : "light"));
        fixture_stage(&f, "layer=4 head=7");
        for (int k = 0; k < 2; k++) {
            fixture_stage(&f, sorts[k]);
            check_fit(&f, w, h, true);
        }
        fixture_close(&f);
    }
}
END_TEST

/* Few heads in many layers: a strip of one column of blocks would leave the
 * stage empty beside it. */
START_TEST(a_narrow_strip_is_broken_into_blocks) {
    static const struct {
        int w, h, least; /* of the width that tiles stand in, percent */
    } sizes[] = {{1870, 856, 60}, {951, 600, 60}, {480, 595, 30}};
    TinySpec spec = tiny_spec();
    spec.n_layers = 23;
    spec.n_heads = spec.n_kv_heads = 2;
    for (int i = 0; i < 3; i++) {
        Fixture f;
        const Hit *tiles[64];
        const int w = sizes[i].w, h = sizes[i].h;
        int right = 0;
        ck_assert(fixture_open_spec(&f, &spec, REPEATING, w, h,
                                    i == 2 ? .72f : 1, "light"));
        fixture_stage(&f, "layer=13 head=1");
        check_fit(&f, w, h, true);
        const int n = tiles_of(&f, tiles, 64);
        for (int a = 0; a < n; a++) {
            const Rect r = tiles[a]->rect;
            right = r.x + r.w > right ? r.x + r.w : right;
            for (int b = 0; b < a; b++) { /* none lies on another */
                const Rect both = rect_intersect(r, tiles[b]->rect);
                ck_assert(both.w == 0 || both.h == 0);
            }
        }
        ck_assert_int_ge(right * 100, w * sizes[i].least);
        fixture_close(&f);
    }
}
END_TEST

START_TEST(many_heads_become_tiny_then_scroll) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.dim = 64;
    spec.n_layers = spec.n_heads = spec.n_kv_heads = 32;
    ck_assert(fixture_open_spec(&f, &spec, "the", 480, 595, .72f, "light"));
    fixture_stage(&f, "layer=20 head=30");
    check_fit(&f, 480, 595, true);
    fixture_stage(&f, "sort=first");
    check_fit(&f, 480, 595, true);
    fixture_close(&f);
    ck_assert(fixture_open_spec(&f, &spec, "the", 200, 150, .72f, "light"));
    fixture_stage(&f, "layer=31 head=31");
    check_fit(&f, 200, 150, false);
    fixture_stage(&f, "sort=first layer=0 head=17");
    check_fit(&f, 200, 150, false);
    fixture_close(&f);
}
END_TEST

START_TEST(a_part_fits_at_every_size) {
    static const char *const states[] = {
        "zoom=2 at=5,0 layer=1 head=2",
        "zoom=2 at=3,5 sort=previous theme=light",
        "zoom=4 at=8,1 edit=0.1 against=\"edit=\"",
    };
    fixture_draw_sizes(&view_heads, states, 3, 300);
}
END_TEST

START_TEST(no_picture_is_too_small) {
    static const int sizes[][2] = {{1, 1}, {7, 300}, {300, 7}, {40, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        Fixture f;
        ck_assert(fixture_open(&f, NULL, "the cat", sizes[i][0], sizes[i][1], 1,
                               "dark"));
        fixture_draw(&f, &view_heads);
        fixture_stage(&f, "sort=first");
        fixture_draw(&f, &view_heads);
        fixture_close(&f);
    }
}
END_TEST

/* ---- beyond the budget --------------------------------------------------- */

START_TEST(what_is_not_stored_is_asked_for_once) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING REPEATING REPEATING, 700, 500, 1,
                           "light"));
    ck_assert_int_gt(f.stage.n_pos, TRACE_ROWS_VALID + 1);
    fixture_draw(&f, &view_heads);
    const Pixmap *p = canvas_pixels(f.canvas);
    size_t bytes = (size_t)p->w * (size_t)p->h * sizeof *p->px;
    uint32_t *stored = malloc(bytes);
    ck_assert_ptr_nonnull(stored);
    memcpy(stored, p->px, bytes);

    study_close(f.study);
    trace_close(f.trace);
    session_rewind(f.session, 0);
    f.trace = trace_open(f.session, 0, &f.err);
    ck_assert_ptr_nonnull(f.trace);
    f.study = study_open(f.trace, STUDY_BUDGET_DEFAULT, &f.err);
    ck_assert_ptr_nonnull(f.study);
    f.stage.trace = f.trace;
    f.stage.study = f.study;
    ck_assert(fixture_feed(&f));
    fixture_stage(&f, "");
    uint64_t before = trace_stats(f.trace).n_recomputed;
    fixture_draw(&f, &view_heads);
    /* Once for scores and pictures, for all heads of a layer. */
    uint64_t most =
        (uint64_t)f.stage.config->n_layers * (uint64_t)f.stage.n_pos;
    before = trace_stats(f.trace).n_recomputed - before;
    ck_assert_uint_le(before, most);
    uint64_t drawn = trace_stats(f.trace).n_recomputed;
    fixture_draw(&f, &view_heads);
    ck_assert_uint_eq(trace_stats(f.trace).n_recomputed, drawn);
    ck_assert_mem_eq(p->px, stored, bytes);
    free(stored);
    fixture_close(&f);
}
END_TEST

/* ---- over many texts ----------------------------------------------------- */

/* Head h of layer l puts (l + h) / 10 of its weight on what it recalls; head
 * 1.2 is an induction head. */
static bool tell_roles(void *ud, const Tokenizer *t, const Model *m,
                       SessionWatch watch, StudyRoles *out, Err *err) {
    const Config *c = model_config(m);
    (void)ud, (void)t, (void)watch, (void)err;
    out->n_texts = 77;
    for (int i = 0; i < c->n_layers * c->n_heads; i++) {
        HeadScores *h = &out->list[i];
        h->n[HEAD_RECALL] = 20;
        h->sum[HEAD_RECALL] = 2. * (i / c->n_heads + i % c->n_heads);
        if (i != c->n_heads + 2) continue;
        h->n[HEAD_INDUCTION] = 40;
        h->sum[HEAD_INDUCTION] = 36;
    }
    return true;
}

START_TEST(heads_are_called_by_what_they_do_over_stories) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, REPEATING, 1400, 800, 1, "light"));
    static HeadsSheet sheet;
    fixture_stage(&f, "over=stories");
    fixture_draw(&f, &view_heads);
    heads_sheet_fill(&sheet, &f.stage);
    ck_assert_int_eq(sheet.n_texts, 0); /* nobody knows stories */
    ck_assert(sheet.items[0].known);    /* so it is the text's */
    f.stage.teller = (StudyTeller){.roles = tell_roles};
    fixture_stage(&f, "sort=recall layer=1 head=2 op=induction");
    fixture_draw(&f, &view_heads);
    heads_sheet_fill(&sheet, &f.stage);
    ck_assert_int_eq(sheet.n_texts, 77);
    for (int i = 0; i < sheet.n; i++) {
        const HeadsItem *item = &sheet.items[i];
        ck_assert_float_eq_tol(item->mean[HEAD_RECALL],
                               (float)(item->layer + item->head) / 10, 1e-6f);
        ck_assert(i == 0 || item->mean[HEAD_RECALL] <=
                                sheet.items[i - 1].mean[HEAD_RECALL]);
        ck_assert(isnan(item->mean[HEAD_PREVIOUS]));
        const bool induction = item->layer == 1 && item->head == 2;
        ck_assert_int_eq(item->kind, induction ? HEAD_INDUCTION
                                     : item->layer + item->head > 3
                                         ? HEAD_RECALL
                                         : HEAD_KINDS);
    }
    int n, told = 0;
    const TextMark *mark = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++)
        told += strstr(mark[i].text, "over 77 stories") != NULL;
    ck_assert_int_ge(told, 1);
    Opened o;
    bool missing;
    fixture_opened(&f, &view_heads, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    study_get(f.study, o.made, &missing);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    ck_assert(ex && ex->matches);
    ck_assert_double_eq_tol(ex->total, .9, 1e-9);
    fixture_stage(&f, "over=text op=maps");
    heads_sheet_fill(&sheet, &f.stage);
    ck_assert_int_eq(sheet.n_texts, 0);
    fixture_close(&f);
}
END_TEST

/* The hit that is larger than any thumbnail and opens a head; NULL: none. */
static const Hit *large_one(const Fixture *f) {
    const Hit *large = NULL;
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        if (h->kind == HIT_PICK && pick_find(&h->pick, STATE_VIEW) &&
            h->rect.w == h->rect.h && h->rect.w >= 240)
            large = h;
    }
    return large;
}

/* Few heads on a wide stage are as large as its height allows: what is left
 * beside them shows one of them large, the current one or the one under the
 * mouse. */
START_TEST(what_is_left_beside_them_shows_one_large) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 4;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 1330, 630, .71f, "light"));
    fixture_stage(&f, "layer=2 head=1");
    fixture_draw(&f, &view_heads);
    fixture_check_hits(&f);
    fixture_check_texts(&f);
    const Hit *large = large_one(&f);
    ck_assert_ptr_nonnull(large);
    ck_assert_int_gt(large->rect.w, 1330 / 4);
    ck_assert_int_eq(pick_find(&large->pick, STATE_LAYER)->number, 2);
    ck_assert_int_eq(pick_find(&large->pick, STATE_HEAD)->number, 1);
    ck_assert(fixture_says(&f, "head 2.1, larger"));
    f.stage.mouse_x = 80;
    f.stage.mouse_y = 120;
    fixture_draw(&f, &view_heads);
    ck_assert(fixture_says(&f, "head 0.0, larger"));
    ck_assert(canvas_resize(f.canvas, 700, 630, .71f, &f.err));
    fixture_draw(&f, &view_heads);
    ck_assert_ptr_null(large_one(&f));
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_heads", what_is_left_beside_them_shows_one_large,
          heads_are_called_by_what_they_do_over_stories, cells_show_the_weights,
          a_figure_says_no_key,
          with_more_tokens_than_pixels_the_strongest_stays,
          behind_the_mask_is_nothing_without_it_all,
          heads_switched_off_are_faded, zoomed_all_show_the_same_part,
          four_tokens_are_not_zoomed, rows_that_do_not_fit_are_scrolled,
          columns_that_do_not_fit_are_scrolled, a_part_fits_at_every_size,
          every_head_can_be_picked_and_the_current_one_opened,
          enter_opens_the_current_head, the_current_head_is_framed,
          a_head_under_the_mouse_is_marked_and_described,
          sorted_by_score_in_reading_order, a_mean_opens_to_its_weights,
          without_a_score_heads_stay_in_place, tabs_offer_every_order,
          all_heads_fit_at_every_size, a_narrow_strip_is_broken_into_blocks,
          many_heads_become_tiny_then_scroll, no_picture_is_too_small,
          what_is_not_stored_is_asked_for_once)
