/* The block view: what it draws is what the trace holds, at every operation
 * and size; what it says is opened can be explained; every element can be
 * reached with the mouse. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/block/block.h"

#include <math.h>

/* The view's operations and where their numbers are, written down apart from
 * the view's own table. */
static const struct {
    const char *op;
    Site site;
} expected[] = {
    {"resid_pre", SITE_RESID_PRE},
    {"ln1", SITE_LN1_OUT},
    {"q", SITE_Q},
    {"k", SITE_K},
    {"v", SITE_V},
    {"rope", SITE_ROT_Q},
    {"scores", SITE_ATTN_SCORES},
    {"mask", SITE_ATTN_SCORES},
    {"softmax", SITE_PATTERN},
    {"z", SITE_Z},
    {"attn_out", SITE_ATTN_OUT},
    {"resid_mid", SITE_RESID_MID},
    {"ln2", SITE_LN2_OUT},
    {"gate", SITE_MLP_PRE},
    {"up", SITE_MLP_PRE_LINEAR},
    {"silu", SITE_MLP_POST},
    {"down", SITE_MLP_OUT},
    {"resid_post", SITE_RESID_POST},
};
enum { N_OPS = sizeof expected / sizeof *expected };

static void open_tiny(Fixture *f, int w, int h, const char *theme) {
    ck_assert(fixture_open(f, NULL, "the cat sat", w, h, 1, theme));
}

static void set_op(Fixture *f, int op) {
    char state[64];
    snprintf(state, sizeof state, "op=%s", expected[op].op);
    fixture_stage(f, state);
}

static int site_count(const Fixture *f, Site site) {
    int rows, cols;
    site_shape(site, f->stage.config, trace_n_keys(f->trace, f->stage.pos),
               &rows, &cols);
    return rows * cols;
}

static const float *site_row(const Fixture *f, Site site) {
    return trace_row(f->trace, site, f->stage.layer, f->stage.pos);
}

/* The value that element `elem` of an operation stands for, and the largest
 * |value| of its vector.  RoPE's keys follow its queries. */
static float elem_value(const Fixture *f, int op, int elem, float *hi) {
    Site site = expected[op].site;
    int n = site_count(f, site);
    if (elem >= n) {
        ck_assert_int_eq(site, SITE_ROT_Q);
        elem -= n;
        site = SITE_ROT_K;
        n = site_count(f, site);
    }
    ck_assert_int_lt(elem, n);
    *hi = stage_max_abs(site_row(f, site), n);
    return site_row(f, site)[elem];
}

static int op_index(const char *name) {
    for (int i = 0; i < N_OPS; i++)
        if (strcmp(expected[i].op, name) == 0) return i;
    ck_abort_msg("no operation %s", name);
    return -1;
}

static uint32_t rgb(Color c) {
    return (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

static int distance(uint32_t a, uint32_t b) {
    int sum = 0;
    for (int shift = 0; shift < 24; shift += 8)
        sum += abs((int)(a >> shift & 255) - (int)(b >> shift & 255));
    return sum;
}

/* Middle of row `row` of a grid. */
static int row_y(const Hit *h, int row) {
    return h->rect.y + (2 * row + 1) * h->rect.h / (2 * h->rows);
}

static const Hit *matrix_hit(const Fixture *f) {
    for (int i = 0; i < f->hits->n; i++)
        if (f->hits->list[i].kind == HIT_GRID &&
            f->hits->list[i].row_key == STATE_HEAD)
            return &f->hits->list[i];
    return NULL;
}

static ViewOp op_at(int i) {
    ViewOp op;
    ck_assert(view_block.op(&arch_llama, i, &op));
    return op;
}

/* ---- the table ----------------------------------------------------------- */

START_TEST(operations_are_in_the_order_of_the_computation) {
    ck_assert_int_eq(view_n_ops(&view_block, &arch_llama), N_OPS);
    for (int i = 0; i < N_OPS; i++)
        ck_assert_str_eq(op_at(i).name, expected[i].op);
    ck_assert_str_eq(view_block.default_op, "softmax");
    ck_assert_int_eq(view_op(&view_block, &arch_llama, "softmax"), 8);
    ck_assert_int_eq(view_op(&view_block, &arch_llama, "flag"), -1);
    ck_assert_int_eq(view_op_or_default(&view_block, &arch_llama, "flag"), 8);
}
END_TEST

static int strip_from(const BlockPlan *p, Site site) {
    const int from = p->strip[block_strip_of(p, site)].from;
    return from < 0 ? SITE_NONE : (int)p->strip[from].site;
}

/* GPT-2: a norm's mean is a step of it, nothing is turned, one activation. */
START_TEST(an_architecture_without_gate_and_rotation) {
    static const char *const ops[] = {
        "resid_pre", "ln1",        "q",    "k",         "v",         "scores",
        "mask",      "softmax",    "z",    "attn_out",  "resid_mid", "ln2",
        "up",        "activation", "down", "resid_post"};
    enum { N = sizeof ops / sizeof *ops };
    BlockPlan p;
    block_plan(&arch_gpt2, &p);
    ck_assert_int_eq(p.n_ops, N);
    for (int i = 0; i < N; i++)
        ck_assert_str_eq(p.op[i].words->name, ops[i]);
    ck_assert_int_eq(block_strip_of(&p, SITE_LN1_MEAN), -1);
    ck_assert_int_eq(p.n_strips, 13);
    ck_assert_str_eq(p.op[1].words->title, "LayerNorm");
}
END_TEST

/* Without rotation and mask, as BERT: the view follows the table. */
START_TEST(another_architecture_has_what_its_table_says) {
    ArchOp ops[64];
    Arch a = arch_llama;
    BlockPlan p;
    a.ops = ops;
    a.n_ops = 0;
    a.causal = false;
    for (int i = 0; i < arch_llama.n_ops; i++) {
        ops[a.n_ops] = arch_llama.ops[i];
        if (ops[a.n_ops].kind == OP_ROTATE) continue;
        if (ops[a.n_ops].kind == OP_SCORES) {
            ops[a.n_ops].in[0] = SITE_Q;
            ops[a.n_ops].in[1] = SITE_K;
        }
        a.n_ops++;
    }
    block_plan(&a, &p);
    ck_assert_int_eq(view_op(&view_block, &a, "rope"), -1);
    ck_assert_int_eq(view_op(&view_block, &a, "mask"), -1);
    ck_assert_int_eq(view_n_ops(&view_block, &a), N_OPS - 2);
    ck_assert_int_eq(p.n_strips, 14);
    ck_assert_int_eq(p.strip[p.query].site, SITE_Q);
    ck_assert_int_eq(p.strip[p.key].site, SITE_K);
    ck_assert_int_eq(p.strip[p.value].site, SITE_V);
    ck_assert_int_eq(p.strip[p.mixed].site, SITE_Z);
    ck_assert_int_eq(p.matrix_column, 3);
    ck_assert_int_eq(strip_from(&p, SITE_Q), SITE_LN1_OUT);
    ck_assert_int_eq(strip_from(&p, SITE_Z), SITE_NONE);
    ck_assert_int_eq(strip_from(&p, SITE_MLP_POST), SITE_MLP_PRE_LINEAR);
    block_plan(&arch_llama, &p);
    ck_assert_int_eq(strip_from(&p, SITE_ROT_K), SITE_K);
    ck_assert_int_eq(p.strip[p.key].site, SITE_ROT_K);
    ck_assert_int_eq(p.n_strips, 16);
}
END_TEST

/* ---- drawing ------------------------------------------------------------- */

static void draw_all_ops(Fixture *f) {
    for (int op = 0; op < N_OPS; op++) {
        set_op(f, op);
        fixture_draw(f, &view_block);
    }
}

START_TEST(every_size_and_scale_draws) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1, 1, 1},         {3, 700, 1},      {700, 3, 1},
                 {40, 40, 0.8f},    {480, 300, 2.5f}, {480, 560, 0.7f},
                 {1024, 400, 2.5f}, {1520, 900, 1},   {901, 577, 1.3f}};
    Fixture f;
    open_tiny(&f, 1, 1, "dark");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ck_assert(canvas_resize(f.canvas, sizes[i].w, sizes[i].h,
                                sizes[i].scale, &f.err));
        f.stage.mouse_x = sizes[i].w / 2;
        f.stage.mouse_y = sizes[i].h / 2;
        draw_all_ops(&f);
        if (sizes[i].w >= 480 && sizes[i].h >= 300) fixture_check_hits(&f);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(every_shape_of_model_draws) {
    TinySpec specs[] = {tiny_spec(), tiny_spec(), tiny_spec(), tiny_spec()};
    specs[0].n_kv_heads = 4;
    specs[1].n_heads = specs[1].n_kv_heads = 1;
    specs[2].dim = 256; /* more elements than pixels, many heads */
    specs[2].hidden_dim = 1200;
    specs[2].n_heads = 64;
    specs[2].n_kv_heads = 8;
    specs[3].hidden_dim = 1;
    static const char *const prompts[] = {
        "", "the cat sat the cat sat the cat sat the cat sat the cat sat the"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        for (int p = 0; p < 2; p++) {
            Fixture f;
            ck_assert(fixture_open_spec(&f, &specs[i], prompts[p], 800, 500, 1,
                                        "light"));
            draw_all_ops(&f);
            fixture_check_hits(&f);
            fixture_close(&f);
        }
}
END_TEST

/* With the last operation current everything is in full colour. */
static bool is_strip(const Hit *h, const char *op) {
    return h->kind == HIT_GRID && h->row_key == STATE_ELEM &&
           strcmp(pick_get_word(&h->pick, STATE_OP), op) == 0;
}

/* Of the current operation, its first element opened. */
static int check_strips(Fixture *f, int op) {
    int n = 0, opened_y = -1;
    set_op(f, op);
    fixture_stage(f, "elem=0");
    fixture_draw(f, &view_block);
    for (int i = 0; i < f->hits->n; i++)
        if (is_strip(&f->hits->list[i], expected[op].op) &&
            f->hits->list[i].row0 == 0)
            opened_y = row_y(&f->hits->list[i], 0);
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        for (int row = 0; is_strip(h, expected[op].op) && row < h->rows;
             row++) {
            const int y = row_y(h, row);
            if (abs(y - opened_y) < 40) continue; /* the opened one's box */
            float hi;
            const float v = elem_value(f, op, h->row0 + row, &hi);
            const uint32_t want = rgb(stage_value_color(&f->stage, v, hi));
            const uint32_t got = fixture_pixel(f, h->rect.x + h->rect.w / 2, y);
            ck_assert_msg(got == want, "%s %d: %06x, want %06x",
                          expected[op].op, h->row0 + row, got, want);
            n++;
        }
    }
    return n;
}

START_TEST(strips_have_the_colours_of_the_traces_values) {
    Fixture f;
    int n = 0;
    open_tiny(&f, 1500, 900, "light");
    fixture_stage(&f, "layer=1 token=2");
    for (int op = 0; op < N_OPS; op++)
        n += check_strips(&f, op);
    ck_assert_int_gt(n, 150);
    fixture_close(&f);
}
END_TEST

/* The current operation and what it reads are lit, and nothing else. */
START_TEST(what_an_operation_does_not_read_is_faded) {
    static const char *const reads[N_OPS] = {
        "",          "resid_pre",     "ln1",  "ln1",
        "ln1",       "q k",           "rope", "rope scores",
        "rope",      "softmax v",     "z",    "resid_pre attn_out",
        "resid_mid", "ln2",           "ln2",  "gate up",
        "silu",      "resid_mid down"};
    Fixture f;
    BlockPlan p;
    open_tiny(&f, 1500, 900, "light");
    block_plan(f.stage.config->arch, &p);
    for (int op = 0; op < N_OPS; op++)
        for (int of = 0; of < N_OPS; of++) {
            char names[40], name[24];
            set_op(&f, op);
            fixture_draw(&f, &view_block); /* takes the state's operation */
            snprintf(names, sizeof names, " %s ", reads[op]);
            snprintf(name, sizeof name, " %s ", expected[of].op);
            const bool matrix =
                block_is_matrix_op(&p, of) &&
                (block_is_matrix_op(&p, op) || op == op_index("z"));
            const bool lit =
                of <= op && (op == of || matrix || strstr(names, name));
            ck_assert_msg((block_fade(&f.stage, &p, of) == 0) == lit,
                          "%s at %s", expected[of].op, expected[op].op);
        }
    fixture_close(&f);
}
END_TEST

/* What a row of the matrix shows of a head and key, away from the number. */
static uint32_t matrix_pixel(const Fixture *f, const Hit *h, int head,
                             int col) {
    return fixture_pixel(f, h->rect.x + (2 * col + 1) * h->rect.w / h->cols / 2,
                         h->rect.y + head * h->rect.h / h->rows + 4);
}

START_TEST(rows_have_the_colours_of_scores_then_weights) {
    Fixture f;
    open_tiny(&f, 1500, 900, "dark");
    for (int op = 6; op <= 8; op++) {
        set_op(&f, op);
        fixture_draw(&f, &view_block);
        const Hit *h = matrix_hit(&f);
        ck_assert_ptr_nonnull(h);
        ck_assert_str_eq(pick_get_word(&h->pick, STATE_OP), expected[op].op);
        int n_keys = trace_n_keys(f.trace, f.stage.pos);
        ck_assert_int_eq(h->rows, f.stage.config->n_heads);
        ck_assert_int_eq(h->cols, n_keys);
        const float *v = site_row(&f, expected[op].site);
        float hi = stage_max_abs(v, h->rows * n_keys);
        for (int head = 0; head < h->rows; head++)
            for (int key = 0; key < n_keys; key++) {
                float x = v[head * n_keys + key];
                Color c = op == 8 ? stage_weight_color(&f.stage, x)
                                  : stage_value_color(&f.stage, x, hi);
                ck_assert_uint_eq(matrix_pixel(&f, h, head, key), rgb(c));
            }
    }
    fixture_close(&f);
}
END_TEST

/* The strip of the MLP's gate, as pixels of its middle. */
static int gate_distance(Fixture *f, const char *op) {
    char state[64];
    snprintf(state, sizeof state, "op=%s", op);
    fixture_stage(f, state);
    fixture_draw(f, &view_block);
    int sum = 0;
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        if (h->kind != HIT_GRID ||
            strcmp(pick_get_word(&h->pick, STATE_OP), "gate") != 0)
            continue;
        for (int row = 0; row < h->rows; row++)
            sum += distance(
                fixture_pixel(f, h->rect.x + h->rect.w / 2, row_y(h, row)),
                rgb(f->stage.theme->window));
    }
    return sum;
}

START_TEST(what_comes_later_is_faded_but_there) {
    static const char *const themes[] = {"light", "dark"};
    for (int i = 0; i < 2; i++) {
        Fixture f;
        open_tiny(&f, 1500, 900, themes[i]);
        int later = gate_distance(&f, "q"), lit = gate_distance(&f, "gate");
        int earlier = gate_distance(&f, "resid_post");
        ck_assert_int_gt(later, 0);
        ck_assert_int_lt(later * 2, lit);
        ck_assert_int_gt(earlier, later);
        ck_assert_int_lt(earlier * 3 / 2, lit);
        fixture_close(&f);
    }
}
END_TEST

/* Their scores are there, faint and whole, until the mask strikes them out. */
START_TEST(later_positions_are_struck_by_the_mask) {
    Fixture f;
    open_tiny(&f, 1500, 900, "light");
    ck_assert_int_gt(f.stage.n_pos, 3);
    uint32_t soft_pixels[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        fixture_stage(&f, i == 0 ? "token=1 op=scores" : "token=1 op=mask");
        fixture_draw(&f, &view_block);
        const Hit *h = matrix_hit(&f);
        ck_assert_int_eq(h->col0 + h->cols, 4);
        int cell = h->rect.w / h->cols, x0 = h->rect.x + 2 * cell;
        uint32_t faint = fixture_pixel(&f, x0 + 2, h->rect.y + 4);
        if (i == 0) ck_assert_uint_ne(faint, rgb(f.stage.theme->well));
        for (int y = h->rect.y + 4; y < h->rect.y + 24; y++)
            for (int x = x0 + 2; x < x0 + cell - 2; x++)
                soft_pixels[i] += fixture_pixel(&f, x, y) != faint;
    }
    ck_assert_uint_eq(soft_pixels[0], 0);
    ck_assert_uint_gt(soft_pixels[1], 20);
    fixture_close(&f);
}
END_TEST

/* They can be opened all the same, and say why they have no weight. */
START_TEST(a_masked_cell_says_why_its_weight_is_nothing) {
    static const char *const ops[] = {"scores", "mask", "softmax"};
    Fixture f;
    open_tiny(&f, 1500, 900, "light");
    for (int i = 0; i < 3; i++)
        for (int key = 0; key < 4; key++) {
            char state[64];
            Opened o = {0};
            snprintf(state, sizeof state,
                     "view=block token=1 head=1 op=%s key=%d", ops[i], key);
            fixture_stage(&f, state);
            view_block.opened(&f.stage, &o);
            ck_assert_int_eq(f.stage.key, key);
            ck_assert_int_eq(o.kind == OPENED_MADE, key > 1);
            if (key < 2) continue;
            ck_assert_int_eq(o.made.kind, STUDY_RAW);
            if (i > 0) ck_assert_ptr_nonnull(strstr(o.text, "−∞"));
        }
    fixture_stage(
        &f, "view=block token=1 op=q key=3"); /* elsewhere there are none */
    ck_assert_int_lt(f.stage.key, 2);
    fixture_close(&f);
}
END_TEST

START_TEST(many_keys_show_a_window_around_the_opened_one) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL,
                           "the cat sat the cat sat the cat sat the cat sat "
                           "the cat sat the cat sat the cat sat the cat sat",
                           400, 500, 1.5f, "light"));
    int n_keys = trace_n_keys(f.trace, f.stage.pos);
    for (int key = 0; key < n_keys; key += 3) {
        char state[32];
        snprintf(state, sizeof state, "key=%d op=softmax", key);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_block);
        const Hit *h = matrix_hit(&f);
        ck_assert_int_lt(h->cols, n_keys);
        ck_assert_int_le(h->col0, key);
        ck_assert_int_gt(h->col0 + h->cols, key);
        ck_assert_int_le(h->col0 + h->cols, n_keys);
    }
    fixture_close(&f);
}
END_TEST

/* ---- the mouse ----------------------------------------------------------- */

START_TEST(every_element_of_every_strip_can_be_clicked) {
    Fixture f;
    open_tiny(&f, 1500, 900, "light");
    fixture_stage(&f, "head=3");
    fixture_draw(&f, &view_block);
    for (int op = 0; op < N_OPS; op++) {
        if (op >= 6 && op <= 8) continue; /* on the matrix */
        int n = site_count(&f, expected[op].site);
        if (expected[op].site == SITE_ROT_Q) n += site_count(&f, SITE_ROT_K);
        for (int elem = 0; elem < n; elem++) {
            int found = 0;
            for (int i = 0; i < f.hits->n; i++) {
                const Hit *h = &f.hits->list[i];
                if (h->kind != HIT_GRID || h->row_key != STATE_ELEM ||
                    strcmp(pick_get_word(&h->pick, STATE_OP),
                           expected[op].op) != 0 ||
                    elem < h->row0 || elem >= h->row0 + h->rows)
                    continue;
                int row, col;
                const Hit *at = hits_at(f.hits, h->rect.x + h->rect.w / 2,
                                        row_y(h, elem - h->row0), &row, &col);
                ck_assert_ptr_eq(at, h);
                ck_assert_int_eq(row, elem);
                ck_assert_int_eq(h->col_key, STATE_HEAD);
                ck_assert_int_lt(col, f.stage.config->n_heads);
                found++;
            }
            ck_assert_msg(found == 1, "%s %d: %d", expected[op].op, elem,
                          found);
        }
    }
    fixture_close(&f);
}
END_TEST

/* ---- what is opened ------------------------------------------------------ */

static void check_explained(Fixture *f, const Opened *o, Explain *ex) {
    Err err = {0};
    bool ok =
        o->kind == OPENED_SOFTMAX
            ? explain_softmax_row(f->trace, o->layer, o->head, o->pos, o->key,
                                  ex, &err)
            : explain(f->trace, o->site, o->layer, o->pos, o->index, ex, &err);
    ck_assert_msg(ok, "%s: %s", f->state.op, err.msg);
    ck_assert_msg(ex->matches, "%s: %g, stored %g", f->state.op, ex->total,
                  (double)ex->stored);
}

START_TEST(what_is_opened_can_be_explained) {
    static const int elems[] = {-1, 0, 7, 23, 99999};
    Fixture f;
    open_tiny(&f, 300, 200, "light");
    Explain ex = {0};
    for (int op = 0; op < N_OPS; op++)
        for (size_t i = 0; i < sizeof elems / sizeof *elems; i++) {
            char state[96];
            snprintf(state, sizeof state,
                     "layer=1 token=3 head=3 op=%s elem=%d", expected[op].op,
                     elems[i]);
            fixture_stage(&f, state);
            Opened o;
            fixture_opened(&f, &view_block, &o);
            bool rot_k = expected[op].site == SITE_ROT_Q && elems[i] == 23;
            ck_assert_int_eq(o.site, rot_k ? SITE_ROT_K : expected[op].site);
            ck_assert_int_eq(o.layer, 1);
            ck_assert_int_eq(o.pos, 3);
            ck_assert_str_eq(o.kicker, "This operation");
            ck_assert_int_eq(o.n_title, 1);
            ck_assert_int_eq(o.title[0].len, strlen(op_at(op).title));
            ck_assert_int_gt(strlen(o.text), 60);
            int n = site_count(&f, o.site);
            bool on_strip = op < 6 || op > 8;
            if (on_strip && elems[i] >= 0 && elems[i] < n)
                ck_assert_int_eq(o.index, elems[i]);
            check_explained(&f, &o, &ex);
        }
    explain_free(&ex);
    fixture_close(&f);
}
END_TEST

START_TEST(without_an_element_the_strongest_of_the_head_is_opened) {
    static const char *const ops[] = {"q", "k", "v", "rope", "z", "gate"};
    Fixture f;
    open_tiny(&f, 300, 200, "light");
    const Config *c = f.stage.config;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        char state[64];
        snprintf(state, sizeof state, "head=2 elem=-1 op=%s", ops[i]);
        fixture_stage(&f, state);
        Opened o;
        fixture_opened(&f, &view_block, &o);
        int rows, cols;
        site_shape(o.site, c, 1, &rows, &cols);
        int row = rows == 1 ? 0 : 2 / (c->n_heads / rows);
        ck_assert_int_eq(o.index / cols, row);
        const float *v = site_row(&f, o.site);
        for (int k = row * cols; k < (row + 1) * cols; k++)
            ck_assert(fabsf(v[k]) <= fabsf(v[o.index]));
    }
    fixture_close(&f);
}
END_TEST

START_TEST(rope_counts_keys_after_queries) {
    Fixture f;
    open_tiny(&f, 300, 200, "light");
    Explain ex = {0};
    fixture_stage(&f, "op=rope elem=18"); /* H*K is 16 */
    Opened o;
    fixture_opened(&f, &view_block, &o);
    ck_assert_int_eq(o.site, SITE_ROT_K);
    ck_assert_int_eq(o.index, 2);
    check_explained(&f, &o, &ex);
    explain_free(&ex);
    fixture_close(&f);
}
END_TEST

START_TEST(scores_open_the_current_head_and_key) {
    Fixture f;
    open_tiny(&f, 300, 200, "light");
    fixture_stage(&f, "token=3 head=2 key=1 op=scores elem=0");
    Opened o;
    fixture_opened(&f, &view_block, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.index, 2 * 4 + 1);
    fixture_stage(&f, "op=softmax");
    fixture_opened(&f, &view_block, &o);
    ck_assert_int_eq(o.kind, OPENED_SOFTMAX);
    ck_assert_int_eq(o.head, 2);
    ck_assert_int_eq(o.key, 1);
    fixture_close(&f);
}
END_TEST

/* ---- interventions ------------------------------------------------------- */

START_TEST(x_switches_off_the_part_that_the_operation_belongs_to) {
    static const struct {
        const char *state;
        bool any;
        EditKind kind;
        int index;
    } cases[] = {
        {"op=resid_pre", false, EDIT_HEAD, 0},
        {"op=ln1", true, EDIT_HEAD, 2},
        {"op=softmax", true, EDIT_HEAD, 2},
        {"op=z", true, EDIT_HEAD, 2},
        {"op=attn_out", true, EDIT_ATTN, 0},
        {"op=resid_mid", true, EDIT_ATTN, 0},
        {"op=gate elem=-1", true, EDIT_MLP, 0},
        {"op=gate elem=5", true, EDIT_NEURON, 5},
        {"op=silu elem=23", true, EDIT_NEURON, 23},
        {"op=up elem=24", true, EDIT_MLP, 0},
        {"op=down elem=3", true, EDIT_MLP, 0},
        {"op=resid_post elem=3", true, EDIT_MLP, 0},
    };
    Fixture f;
    open_tiny(&f, 300, 200, "light");
    fixture_stage(&f, "layer=1 head=2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_stage(&f, cases[i].state);
        fixture_op(&f, &view_block);
        EditKind kind;
        int layer, index;
        bool any = view_block.part(&f.stage, &kind, &layer, &index);
        ck_assert_msg(any == cases[i].any, "%s", cases[i].state);
        if (!any) continue;
        ck_assert_int_eq(kind, cases[i].kind);
        ck_assert_int_eq(layer, 1);
        ck_assert_int_eq(index, cases[i].index);
    }
    fixture_close(&f);
}
END_TEST

static int count_pixels(const Fixture *f, Color c) {
    int n = 0;
    for (int y = 0; y < canvas_height(f->canvas); y++)
        for (int x = 0; x < canvas_width(f->canvas); x++)
            n += fixture_pixel(f, x, y) == rgb(c);
    return n;
}

START_TEST(what_is_switched_off_says_so) {
    static const char *const parts[] = {"1.2", "attn1", "mlp1", "n1.7",
                                        "1.0*0.5"};
    Fixture f;
    open_tiny(&f, 1500, 900, "light");
    fixture_stage(&f, "layer=1 op=resid_post");
    fixture_draw(&f, &view_block);
    ck_assert_int_eq(count_pixels(&f, f.stage.theme->bad), 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char state[64];
        snprintf(state, sizeof state, "edit=%s", parts[i]);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_block);
        ck_assert_int_gt(count_pixels(&f, f.stage.theme->bad), 30);
        fixture_stage(&f, "layer=0"); /* another layer is untouched */
        fixture_draw(&f, &view_block);
        ck_assert_int_eq(count_pixels(&f, f.stage.theme->bad), 0);
        fixture_stage(&f, "layer=1");
    }
    fixture_close(&f);
}
END_TEST

START_TEST(the_label_divides_what_is_divided) {
    Fixture f;
    open_tiny(&f, 1500, 900, "light");
    fixture_stage(&f, "op=scores layer=1");
    fixture_draw(&f, &view_block);
    ck_assert(fixture_says(&f, "compare: q·k / √4"));
    ck_assert(!fixture_says(&f, "√4 in"));
    fixture_stage(&f, "edit=raw1.2");
    fixture_draw(&f, &view_block);
    ck_assert(fixture_says(&f, "compare: q·k / √4 in"));
    fixture_stage(&f, "edit=raw1.0,raw1.1,raw1.2,raw1.3");
    fixture_draw(&f, &view_block);
    ck_assert(fixture_says(&f, "compare: q·k"));
    ck_assert(!fixture_says(&f, "√"));
    fixture_close(&f);
}
END_TEST

/* ---- the callout --------------------------------------------------------- */

#define CALLOUT_PAD 6 /* of its box around its text */

static const TextMark *find_callout(const Fixture *f) {
    int n, index;
    float v;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (sscanf(mark[i].text, "%d: %f", &index, &v) == 2) return &mark[i];
    return NULL;
}

/* No text lies under it, nor the colour bar, whose name stands 10 above. */
static void check_callout(const Fixture *f, const char *where) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    const TextMark *callout = find_callout(f);
    ck_assert_msg(callout != NULL, "%s: no callout", where);
    ck_assert_int_lt(n, CANVAS_TEXTS_MAX);
    for (int i = 0; i < n; i++) {
        const TextMark *m = &mark[i];
        if (m == callout) continue;
        ck_assert_msg(!textmark_meets(m, callout, 4), "%s: \"%s\" on \"%s\"",
                      where, callout->text, m->text);
        Rect bar = {(int)m->x, (int)m->y + 10, 14, 150};
        if (strcmp(m->text, "this vector") == 0)
            ck_assert_msg(!textmark_meets_rect(callout, bar, CALLOUT_PAD),
                          "%s: \"%s\" on the colour bar", where, callout->text);
    }
}

START_TEST(the_callout_covers_neither_labels_nor_the_colour_bar) {
    static const int sizes[][2] = {
        {1366, 620}, {1100, 700}, {1400, 800}, {1870, 900}};
    static const char *const prompts[] = {"a", "the cat sat on the hat"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int j = 0; j < 2; j++) {
            Fixture f;
            ck_assert(fixture_open(&f, NULL, prompts[j], sizes[i][0],
                                   sizes[i][1], 1, "light"));
            for (int op = 0; op < N_OPS; op++) {
                if (site_info(expected[op].site)->per_key) continue;
                int last = site_count(&f, expected[op].site) - 1;
                const int elems[] = {0, 1, last / 2, last};
                for (int e = 0; e < 4; e++) {
                    char state[64];
                    snprintf(state, sizeof state, "op=%s elem=%d",
                             expected[op].op, elems[e]);
                    fixture_stage(&f, state);
                    fixture_draw(&f, &view_block);
                    check_callout(&f, state);
                }
            }
            fixture_close(&f);
        }
}
END_TEST

TEST_MAIN("view_block", an_architecture_without_gate_and_rotation,
          operations_are_in_the_order_of_the_computation,
          another_architecture_has_what_its_table_says,
          every_size_and_scale_draws, every_shape_of_model_draws,
          strips_have_the_colours_of_the_traces_values,
          what_an_operation_does_not_read_is_faded,
          rows_have_the_colours_of_scores_then_weights,
          what_comes_later_is_faded_but_there,
          a_masked_cell_says_why_its_weight_is_nothing,
          later_positions_are_struck_by_the_mask,
          many_keys_show_a_window_around_the_opened_one,
          every_element_of_every_strip_can_be_clicked,
          what_is_opened_can_be_explained,
          without_an_element_the_strongest_of_the_head_is_opened,
          rope_counts_keys_after_queries, scores_open_the_current_head_and_key,
          x_switches_off_the_part_that_the_operation_belongs_to,
          what_is_switched_off_says_so, the_label_divides_what_is_divided,
          the_callout_covers_neither_labels_nor_the_colour_bar)
