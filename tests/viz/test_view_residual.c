/* The residual view: draws at every size and depth, rows and heads can be
 * clicked, and what it says is opened is the answer's logit. */
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/residual/residual.h"

#include <math.h>
#include <stdio.h>

static const char *const states[] = {"op=lens", "op=why", "op=stream",
                                     "op=stream part=head head=2 number=asks",
                                     "op=stream edit=0.1,mlp1"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_residual, states, N_STATES, 300);
}
END_TEST

static int n_texts(const Fixture *f, const char *words, bool begins);

/* Where weights are of few bits what they are multiplied with is rounded, too:
 * what parts add and that rounding are the logit, and the view says both. */
START_TEST(a_rounded_sum_says_so) {
    for (int q8 = 0; q8 < 2; q8++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.dim = spec.hidden_dim = 64;
        if (q8) spec.version = 2, spec.group = 32;
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 900, 600, 1, "light"));
        fixture_stage(&f, "op=why");
        fixture_draw(&f, &view_residual);
        ck_assert_int_eq(n_texts(&f, "sum and rounding to 8 bits", true), q8);
        ck_assert_int_eq(n_texts(&f, "sum ✓ equals", true), !q8);
        ck_assert_int_eq(n_texts(&f, "sum is not", true), 0);
        for (int id = 3; id < 40; id += 4) {
            study_why(f.study, f.stage.pos, id, id + 1);
            fixture_make(&f);
            const StudyWhy *why = study_why(f.study, f.stage.pos, id, id + 1);
            double sum = why->rounding;
            for (int i = 0; i < why->n_parts; i++)
                sum += why->parts[i];
            ck_assert_double_eq_tol(sum, why->total,
                                    1e-4 * fmax(1, fabs(why->total)));
            ck_assert(q8 == (why->rounding != 0));
            ck_assert_double_lt(fabs(why->rounding),
                                .05 * fmax(1, fabs(why->total)));
        }
        fixture_close(&f);
    }
}
END_TEST

/* Deep models: more points than columns, more parts than rows. */
START_TEST(every_shape_of_model_draws) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 40;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 900, 600, 1, "light"));
    for (int mode = 0; mode < N_STATES - 1; mode++) {
        fixture_stage(&f, states[mode]);
        fixture_draw(&f, &view_residual);
        fixture_check_hits(&f);
        ck_assert_int_gt(f.hits->n, 5);
    }
    fixture_close(&f);
}
END_TEST

/* How many texts of the picture are these words, or begin with them. */
static int n_texts(const Fixture *f, const char *words, bool begins) {
    int n, found = 0;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        found += begins ? strncmp(mark[i].text, words, strlen(words)) == 0
                        : strcmp(mark[i].text, words) == 0;
    return found;
}

/* The lens of many layers: every column is called what it is, on every screen,
 * and where rows are high enough each guess has its number. */
START_TEST(columns_of_twelve_layers_keep_their_heads) {
    static const struct {
        int w, h;
        float scale;
        bool halves;
    } sizes[] = {
        {1880, 900, 1, true}, {1320, 640, .75f, true}, {980, 640, .75f, false}};
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 12;
    ck_assert(fixture_open_spec(&f, &spec, "the cat sat", 1, 1, 1, "light"));
    fixture_stage(&f, "op=lens");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ck_assert(canvas_resize(f.canvas, sizes[i].w, sizes[i].h,
                                sizes[i].scale, &f.err));
        fixture_draw(&f, &view_residual);
        fixture_check_texts(&f);
        const int looks = n_texts(&f, "+ att", true) + n_texts(&f, "att.", 0);
        const int works = n_texts(&f, "+ MLP", 0) + n_texts(&f, "MLP", 0);
        ck_assert_int_eq(looks, sizes[i].halves ? 12 : 0);
        ck_assert_int_eq(works, 12);
        ck_assert_int_eq(n_texts(&f, "layer ", true), 12);
        const int columns = sizes[i].halves ? 25 : 13;
        int numbers = n_texts(&f, ".", true) + n_texts(&f, "1.0", false) -
                      n_texts(&f, ".", false) - n_texts(&f, "...", true);
        ck_assert_int_ge(numbers, columns * f.stage.n_pos);
    }
    fixture_close(&f);
}
END_TEST

/* Whose line is whose stands at the chart of every width, and the chart takes
 * what a few tokens' rows leave. */
START_TEST(the_lines_of_the_lens_have_names) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1880, 900, 1}, {570, 560, .72f}, {400, 420, .72f}};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1, 1, 1, "light"));
    fixture_stage(&f, "op=lens");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ck_assert(canvas_resize(f.canvas, sizes[i].w, sizes[i].h,
                                sizes[i].scale, &f.err));
        fixture_draw(&f, &view_residual);
        fixture_check_texts(&f);
        int a, b, n, named[2] = {0, 0};
        ck_assert(residual_tokens(&f.stage, &a, &b));
        char names[2][STAGE_LABEL_MAX];
        tokenizer_show(f.tokenizer, a, names[0], STAGE_LABEL_MAX);
        tokenizer_show(f.tokenizer, b, names[1], STAGE_LABEL_MAX);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        float head = 0, last = 0;
        for (int k = 0; k < n; k++) {
            if (strcmp(mark[k].text, "position") == 0) head = mark[k].y;
            last = fmaxf(last, mark[k].y);
        }
        for (int k = 0; k < n; k++)
            for (int which = 0; which < 2; which++)
                named[which] += mark[k].y < head - 40 * sizes[i].scale &&
                                strcmp(mark[k].text, names[which]) == 0;
        ck_assert_int_eq(named[0], 1);
        ck_assert_int_eq(named[1], 1);
        ck_assert_float_gt(last, .8f * (float)sizes[i].h);
    }
    fixture_close(&f);
}
END_TEST

/* Parts that can be clicked in the picture, and its longest line of others. */
static int parts_shown(Fixture *f, const char *state, bool *seen, int *to) {
    int n = 0;
    fixture_stage(f, state);
    fixture_draw(f, &view_residual);
    fixture_check_hits(f);
    for (int i = 0; i < f->hits->n; i++) {
        const Pick *p = &f->hits->list[i].pick;
        const PickPart *row = pick_find(p, STATE_ROW);
        const PickPart *layer = pick_find(p, STATE_LAYER);
        const PickPart *head = pick_find(p, STATE_HEAD);
        if (row) *to = row->number;
        if (!pick_find(p, STATE_NUMBER) ||
            strcmp(pick_get_word(p, STATE_NUMBER), "adds") != 0)
            continue;
        n++;
        const int in = head ? head->number : f->stage.config->n_heads;
        seen[layer ? 1 + layer->number * (f->stage.config->n_heads + 1) + in
                   : 0] = true;
    }
    return n;
}

/* What has no room stands in one line, which opens to the list of all. */
START_TEST(others_open_to_the_list_of_all_parts) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 40;
    ck_assert(
        fixture_open_spec(&f, &spec, FIXTURE_STORY, 900, 600, 1, "light"));
    const int n = 1 + 40 * (f.stage.config->n_heads + 1);
    bool seen[512] = {false};
    int to = -2, shown = parts_shown(&f, "op=why row=-1", seen, &to);
    ck_assert_int_lt(shown, n);
    ck_assert_int_eq(to, 0);
    memset(seen, 0, sizeof seen);
    int pages = 0, listed = 0;
    for (int row = 0; row < n && pages < n; pages++) {
        char state[32];
        snprintf(state, sizeof state, "op=why row=%d", row);
        shown = parts_shown(&f, state, seen, &to);
        ck_assert_int_gt(shown, 0);
        row += shown;
    }
    for (int i = 0; i < n; i++)
        listed += seen[i];
    ck_assert_int_eq(listed, n);
    /* What is opened is shown, however weak. */
    for (int layer = 0; layer < 40; layer++) {
        char state[64];
        memset(seen, 0, sizeof seen);
        snprintf(state, sizeof state,
                 "op=why row=-1 part=mlp number=adds layer=%d", layer);
        parts_shown(&f, state, seen, &to);
        ck_assert(seen[1 + layer * (f.stage.config->n_heads + 1) +
                       f.stage.config->n_heads]);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(points_are_the_embedding_and_every_sum) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    const ResidualDepth d = residual_depth(f.stage.config);
    ck_assert_int_eq(d.n_points, 5);
    static const ResidualPoint want[] = {{SITE_EMBED, SITE_NONE, 0},
                                         {SITE_RESID_MID, SITE_RESID_MID, 0},
                                         {SITE_RESID_POST, SITE_RESID_POST, 0},
                                         {SITE_RESID_MID, SITE_RESID_MID, 1},
                                         {SITE_RESID_POST, SITE_RESID_POST, 1}};
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(residual_point(&d, i).site, want[i].site);
        ck_assert_int_eq(residual_point(&d, i).sum, want[i].sum);
        ck_assert_int_eq(residual_point(&d, i).layer, want[i].layer);
    }
    fixture_close(&f);
}
END_TEST

/* Each of the lens's rows has its token's hit; each of why's heads its own. */
START_TEST(rows_and_heads_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1200, 900, 1, "light"));
    fixture_stage(&f, "op=lens");
    fixture_draw(&f, &view_residual);
    bool token[64] = {false};
    for (int i = 0; i < f.hits->n; i++)
        if (pick_find(&f.hits->list[i].pick, STATE_TOKEN))
            token[pick_get(&f.hits->list[i].pick, STATE_TOKEN)] = true;
    for (int pos = 0; pos < f.stage.n_pos; pos++)
        ck_assert(token[pos]);
    fixture_stage(&f, "op=why");
    fixture_draw(&f, &view_residual);
    /* What each adds, and what each is worth. */
    int adds = 0, worth = 0, tokens = 0;
    for (int i = 0; i < f.hits->n; i++) {
        const Pick *p = &f.hits->list[i].pick;
        if (!pick_find(p, STATE_NUMBER)) continue;
        const bool is_worth =
            strcmp(pick_get_word(p, STATE_NUMBER), "worth") == 0;
        const bool is_token =
            strcmp(pick_get_word(p, STATE_PART), "token") == 0;
        tokens += is_token;
        worth += is_worth && !is_token;
        adds += !is_worth;
    }
    const int parts = f.stage.config->n_layers * (f.stage.config->n_heads + 1);
    ck_assert_int_eq(adds, 1 + parts); /* and the embedding */
    ck_assert_int_eq(worth, parts);
    ck_assert_int_eq(tokens, f.stage.pos);
    fixture_close(&f);
}
END_TEST

/* ---- the stream ---------------------------------------------------------- */

/* Every number of every vector can be clicked, and opens to arithmetic. */
START_TEST(every_number_of_the_stream_opens) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1500, 900, 1, "light"));
    const Config *c = f.stage.config;
    fixture_stage(&f, "op=stream");
    fixture_draw(&f, &view_residual);
    const int n_hits = f.hits->n;
    Pick picks[256];
    int n = 0;
    for (int i = 0; i < n_hits && n < 256; i++)
        if (pick_find(&f.hits->list[i].pick, STATE_NUMBER))
            picks[n++] = f.hits->list[i].pick;
    /* A row each: the name, and its numbers; the embedding's has one less. */
    const int rows = 1 + c->n_layers * (c->n_heads + 3);
    ck_assert_int_eq(n, rows * (1 + STUDY_MEASURES) - 1);
    for (int i = 0; i < n; i++) {
        char state[96];
        const PickPart *layer = pick_find(&picks[i], STATE_LAYER);
        const PickPart *head = pick_find(&picks[i], STATE_HEAD);
        snprintf(state, sizeof state, "part=%s number=%s layer=%d head=%d",
                 pick_get_word(&picks[i], STATE_PART),
                 pick_get_word(&picks[i], STATE_NUMBER),
                 layer ? layer->number : 0, head ? head->number : 0);
        fixture_stage(&f, state);
        Opened o;
        fixture_opened(&f, &view_residual, &o);
        ck_assert_int_eq(o.kind, OPENED_MADE);
        bool missing;
        study_get(f.study, o.made, &missing);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        ck_assert_msg(ex && ex->matches, "%s", state);
    }
    fixture_close(&f);
}
END_TEST

/* The longest text of the picture that holds a word; NULL: none. */
static bool shows(const Fixture *f, const char *word) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strstr(mark[i].text, word)) return true;
    return false;
}

/* A vector points towards a token; a token asks for nothing. */
START_TEST(the_sentence_says_where_vectors_point) {
    static const char *const stories[] = {FIXTURE_STORY, "the cat", "a"};
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        Fixture f;
        ck_assert(fixture_open(&f, NULL, stories[i], 1500, 900, 1, "light"));
        fixture_stage(&f, "op=stream");
        fixture_draw(&f, &view_residual);
        ck_assert(shows(&f, " points most towards ") ||
                  shows(&f, "vector and points most towards "));
        ck_assert(!shows(&f, "ask"));
        fixture_close(&f);
    }
}
END_TEST

/* What stands there is the length of the row that the trace holds. */
START_TEST(lengths_are_those_of_the_trace) {
    Fixture f;
    char text[32];
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1500, 900, 1, "light"));
    fixture_stage(&f, "op=stream");
    fixture_draw(&f, &view_residual);
    const Site sites[] = {SITE_ATTN_OUT, SITE_MLP_OUT, SITE_RESID_MID,
                          SITE_RESID_POST};
    for (int i = 1; i < 4; i++) { /* attention stands as its heads */
        const float *v = trace_row(f.trace, sites[i], 1, f.stage.pos);
        double sum = 0;
        for (int k = 0; k < f.stage.config->dim; k++)
            sum += (double)v[k] * (double)v[k];
        snprintf(text, sizeof text, "%.2f", sqrt(sum));
        ck_assert_msg(shows(&f, text), "%s is not shown", text);
    }
    fixture_close(&f);
}
END_TEST

/* A large model asks for what it shows: no head's vector unless one is opened,
 * then those of one layer. */
static void check_asked(const char *state, int w, int h, uint64_t layers) {
    Fixture f;
    TinySpec spec = tiny_spec();
    spec.n_layers = 32;
    spec.dim = 64;
    spec.n_heads = spec.n_kv_heads = 32;
    ck_assert(fixture_open_spec(&f, &spec, FIXTURE_STORY, w, h, 1, "light"));
    fixture_stage(&f, state);
    fixture_draw(&f, &view_residual);
    const StudyStats stats = study_stats(f.study);
    ck_assert_uint_eq(stats.n_made[STUDY_WROTE], layers);
    ck_assert_uint_le(stats.n_made[STUDY_STREAM], 200);
    fixture_check_hits(&f);
    fixture_close(&f);
}

START_TEST(a_large_model_asks_for_what_is_shown) {
    check_asked("op=stream layer=20", 1500, 800, 0);
    check_asked("op=stream layer=20 part=head head=7 number=end", 1500, 800, 1);
    check_asked("op=stream layer=31 part=head head=31 number=end", 700, 400, 1);
    check_asked("op=stream layer=2", 640, 480, 0);
}
END_TEST

START_TEST(the_answers_logit_is_opened) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    fixture_stage(&f, "op=why");
    fixture_opened(&f, &view_residual, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_LOGITS);
    const float *l = trace_row(f.trace, SITE_LOGITS, 0, f.stage.pos);
    for (int i = 0; i < f.stage.config->vocab_size; i++)
        ck_assert(l[i] <= l[o.index]);
    fixture_stage(&f, "op=why elem=17");
    fixture_opened(&f, &view_residual, &o);
    ck_assert_int_eq(o.index, 17);
    /* It is called that token's, be it the answer or not. */
    fixture_stage(&f, "op=why elem=270");
    fixture_opened(&f, &view_residual, &o);
    char name[STAGE_LABEL_MAX], said[STAGE_LABEL_MAX] = "";
    tokenizer_show(f.tokenizer, 270, name, sizeof name);
    ck_assert_str_eq(o.title[0].text, "logit of ");
    for (int i = 1; i < o.n_title; i++)
        strncat(said, o.title[i].text, sizeof said - strlen(said) - 1);
    ck_assert_str_eq(said, name);
    fixture_close(&f);
}
END_TEST

/* What a part or a token is worth is what a run with that edit says, to the
 * last bit. */
static void check_worth(EditKind kind, int layer, int index, const char *word) {
    Fixture f, off;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1200, 900, 1, "light"));
    fixture_stage(&f, "op=why");
    residual_worth(&f.stage, 5, 9, kind, layer, index);
    while (study_step(f.stage.study)) {
    }
    const ResidualWorth w = residual_worth(&f.stage, 5, 9, kind, layer, index);
    ck_assert(w.known && !w.missing);
    ck_assert(fixture_open(&off, NULL, FIXTURE_STORY, 1200, 900, 1, "light"));
    char edit[24];
    snprintf(edit, sizeof edit, "edit=%s", word);
    fixture_stage(&off, edit);
    const float *with = trace_row(f.trace, SITE_LOGITS, 0, f.stage.pos);
    const float *without = trace_row(off.trace, SITE_LOGITS, 0, f.stage.pos);
    ck_assert_double_eq(w.value, (double)with[5] - (double)with[9] -
                                     ((double)without[5] - (double)without[9]));
    ck_assert(w.value != 0);
    double sum = 0;
    for (int i = 0; i < f.stage.config->vocab_size; i++)
        sum += exp((double)without[i] - (double)without[5]);
    ck_assert_double_eq_tol(w.prob, 1 / sum, 1e-9);
    fixture_close(&off);
    fixture_close(&f);
}

START_TEST(worth_is_measured_by_a_run) {
    check_worth(EDIT_HEAD, 0, 1, "0.1");
    check_worth(EDIT_MLP, 1, 0, "mlp1");
    check_worth(EDIT_CUT, 0, 3, "cut3");
}
END_TEST

/* The numbers of `why` open to arithmetic that gives what is shown. */
static void check_opens(const char *state, EditKind kind, int layer,
                        int index) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1200, 900, 1, "light"));
    fixture_stage(&f, state);
    fixture_opened(&f, &view_residual, &o);
    ck_assert_int_eq(o.kind, OPENED_MADE);
    ck_assert_int_eq(o.made.kind, STUDY_WORTH);
    bool missing;
    study_get(f.study, o.made, &missing);
    int a, b;
    ck_assert(residual_tokens(&f.stage, &a, &b));
    residual_worth(&f.stage, a, b, kind, layer, index);
    fixture_make(&f);
    const Explain *ex = study_get(f.study, o.made, &missing);
    const ResidualWorth w = residual_worth(&f.stage, a, b, kind, layer, index);
    ck_assert(w.known && ex && ex->matches);
    ck_assert_double_eq(ex->total, w.value);
    ck_assert_double_eq(ex->steps[0].value, w.prob);
    ck_assert_int_eq(ex->n_before, 5);
    ck_assert_double_eq(ex->total,
                        ex->before[0].value - ex->before[1].value -
                            (ex->before[2].value - ex->before[3].value));
    fixture_close(&f);
}

START_TEST(what_parts_are_worth_opens) {
    check_opens("op=why part=head layer=1 head=2 number=worth", EDIT_HEAD, 1,
                2);
    check_opens("op=why part=mlp layer=0 number=worth", EDIT_MLP, 0, 0);
    check_opens("op=why part=token key=3 number=worth", EDIT_CUT, 0, 3);
}
END_TEST

START_TEST(what_parts_add_opens) {
    static const char *const of[] = {"part=embedding", "part=head head=3",
                                     "part=mlp"};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1200, 900, 1, "light"));
    fixture_stage(&f, "op=why layer=1 number=adds");
    const int first = 1 + (f.stage.config->n_heads + 1);
    const int parts[] = {0, first + 3, first + f.stage.config->n_heads};
    for (int i = 0; i < 3; i++) {
        Opened o;
        bool missing;
        int a, b;
        fixture_stage(&f, of[i]);
        fixture_opened(&f, &view_residual, &o);
        ck_assert_int_eq(o.made.kind, STUDY_ADDS);
        study_get(f.study, o.made, &missing);
        ck_assert(residual_tokens(&f.stage, &a, &b));
        study_why(f.study, f.stage.pos, a, b);
        fixture_make(&f);
        const Explain *ex = study_get(f.study, o.made, &missing);
        const StudyWhy *why = study_why(f.study, f.stage.pos, a, b);
        ck_assert(ex && ex->matches);
        ck_assert_double_eq_tol(ex->total, why->parts[parts[i]], 1e-5);
        ck_assert_float_eq(ex->stored, (float)why->parts[parts[i]]);
    }
    fixture_close(&f);
}
END_TEST

/* A heading that has no room says less; it is not cut. */
START_TEST(headings_are_whole) {
    static const int widths[] = {480, 640, 720, 800, 900, 1024, 1366, 1920};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1, 1, 1, "light"));
    for (int i = 0; i < 8; i++) {
        int n;
        ck_assert(canvas_resize(f.canvas, widths[i], 700, 1, &f.err));
        fixture_stage(&f, "op=why");
        fixture_draw(&f, &view_residual);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        for (int k = 0; k < n; k++)
            if (strncmp(mark[k].text, "orange", 6) == 0 ||
                strncmp(mark[k].text, "outlined", 8) == 0)
                ck_assert_msg(!strstr(mark[k].text, "…"), "%d: %s", widths[i],
                              mark[k].text);
    }
    fixture_close(&f);
}
END_TEST

/* Dear runs are few: a long text of a small model has them all, a large model
 * some. */
START_TEST(runs_are_bounded) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 700, 500, 1, "light"));
    Config c = *f.stage.config;
    Stage s = f.stage;
    s.config = &c;
    ck_assert_int_gt(residual_runs_max(&s), 1000);
    c.dim = 4096;
    c.n_layers = c.n_heads = c.n_kv_heads = 32;
    c.head_dim = 128;
    c.hidden_dim = 11008;
    ck_assert_int_eq(residual_runs_max(&s), 6);
    fixture_close(&f);
}
END_TEST

/* Where there is little room a worth loses its 0, not its digits. */
START_TEST(a_worth_is_never_said_to_be_nothing) {
    static const char text[] =
        "the cat sat on the mat. the cat sat on the mat. "
        "the cat sat on the mat.";
    int n_said = 0;
    for (int w = 500; w <= 1100; w += 100) {
        Fixture f;
        int n;
        ck_assert(fixture_open(&f, NULL, text, w, 640, 1, "light"));
        fixture_stage(&f, "op=why layer=1");
        fixture_draw(&f, &view_residual);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        for (int i = 0; i < n; i++) {
            ck_assert_str_ne(mark[i].text, "+0");
            ck_assert_str_ne(mark[i].text, "-0");
            n_said += mark[i].text[0] && mark[i].text[1] == '.';
        }
        fixture_close(&f);
    }
    ck_assert_int_gt(n_said, 0);
}
END_TEST

/* The tokens whose worth is drawn, in the order drawn; how many. */
static int shown_tokens(const Fixture *f, int at[64]) {
    int n = 0;
    for (int i = 0; i < f->hits->n; i++) {
        const Pick *p = &f->hits->list[i].pick;
        if (pick_find(p, STATE_PART) && pick_find(p, STATE_KEY) &&
            strcmp(pick_get_word(p, STATE_PART), "token") == 0)
            at[n++] = pick_get(p, STATE_KEY);
    }
    return n;
}

/* In a long text no token that is left out has brought more to the current one
 * than one that is shown, unless that is the opened one. */
START_TEST(the_strongest_of_many_tokens_are_shown) {
    static const char text[] =
        "the cat sat on the mat. the dog sat on the log. "
        "the cat sat on the mat. the dog sat on the log.";
    static const char *const opened[] = {
        "op=why", "op=why part=token key=%d number=worth"};
    Fixture f;
    int left_out = -1;
    ck_assert(fixture_open(&f, NULL, text, 700, 640, 1, "light"));
    for (int k = 0; k < 2; k++) {
        int at[64], out = -1, least = -1;
        char state[96];
        bool missing;
        snprintf(state, sizeof state, opened[k], left_out);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_residual);
        fixture_check_texts(&f);
        const int n = shown_tokens(&f, at), pos = f.stage.pos;
        ck_assert_int_ge(n, 8);
        ck_assert_int_lt(n, pos);
        const float *reach = study_reach(f.study, pos, &missing);
        ck_assert_ptr_nonnull(reach);
        for (int i = 0, j = 0; i < pos; i++) {
            const bool shown = j < n && at[j] == i;
            j += shown;
            if (shown && i != left_out &&
                (least < 0 || reach[i] < reach[least]))
                least = i;
            if (!shown && (out < 0 || reach[i] > reach[out])) out = i;
        }
        ck_assert(reach[least] >= reach[out]);
        bool has = k == 0;
        for (int j = 0; j < n; j++)
            has |= at[j] == left_out;
        ck_assert(has);
        snprintf(state, sizeof state,
                 "the %d that attention rollout names first", n);
        ck_assert_int_eq(n_texts(&f, state, true), 1);
        if (k == 0) left_out = out;
    }
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_residual", a_rounded_sum_says_so,
          the_strongest_of_many_tokens_are_shown,
          columns_of_twelve_layers_keep_their_heads,
          the_lines_of_the_lens_have_names,
          others_open_to_the_list_of_all_parts,
          a_worth_is_never_said_to_be_nothing, what_parts_are_worth_opens,
          what_parts_add_opens, headings_are_whole, worth_is_measured_by_a_run,
          runs_are_bounded, every_size_and_scale_draws,
          every_shape_of_model_draws, points_are_the_embedding_and_every_sum,
          rows_and_heads_can_be_clicked, the_answers_logit_is_opened,
          every_number_of_the_stream_opens,
          the_sentence_says_where_vectors_point, lengths_are_those_of_the_trace,
          a_large_model_asks_for_what_is_shown)
