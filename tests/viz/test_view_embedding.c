/* The embedding view: draws at every size and vocabulary, what it shows can be
 * clicked and stepped through, and what is opened is what is shown. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/embedding/embedding.h"

#include <math.h>

static const char *const states[] = {"op=all elem=-1", "op=row elem=3",
                                     "op=near elem=-1", "op=map",
                                     "op=moved layer=1"};
enum { N_STATES = sizeof states / sizeof *states };

START_TEST(every_size_and_scale_draws) {
    fixture_draw_sizes(&view_embedding, states, N_STATES, 300);
}
END_TEST

/* Long rows, many words, deep models; one token; many. */
START_TEST(every_shape_of_model_draws) {
    static const struct {
        int dim, vocab, layers, tokens, w, h;
    } shapes[] = {{16, 300, 2, 1, 1366, 768},
                  {2048, 2900, 1, 4, 1920, 1080},
                  {16, 900, 40, 30, 900, 600},
                  {64, 900, 2, 400, 3840, 2160}};
    for (int k = 0; k < 4; k++) {
        Fixture f;
        TinySpec spec = tiny_spec();
        char prompt[512] = "";
        spec.dim = shapes[k].dim;
        spec.vocab_size = shapes[k].vocab;
        spec.n_layers = shapes[k].layers;
        spec.seq_len = 512;
        for (int i = 0; i < shapes[k].tokens - 1; i++)
            prompt[i] = (char)('a' + i * 7 % 26);
        ck_assert(fixture_open_spec(&f, &spec, prompt, shapes[k].w, shapes[k].h,
                                    1, "dark"));
        for (int i = 0; i < N_STATES; i++) {
            fixture_stage(&f, states[i]);
            fixture_draw(&f, &view_embedding);
            fixture_check_hits(&f);
            fixture_check_texts(&f);
            ck_assert_int_gt(f.hits->n, 5);
        }
        fixture_close(&f);
    }
}
END_TEST

static bool has_hit(const Fixture *f, StateKey key, int value) {
    for (int i = 0; i < f->hits->n; i++) {
        const Hit *h = &f->hits->list[i];
        if (h->kind == HIT_PICK && pick_find(&h->pick, key) &&
            pick_get(&h->pick, key) == value)
            return true;
    }
    return false;
}

START_TEST(what_is_shown_can_be_clicked) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat", 1400, 900, 1, "light"));
    fixture_stage(&f, "op=row elem=-1");
    fixture_draw(&f, &view_embedding);
    for (int i = 0; i < f.stage.config->dim; i++)
        ck_assert(has_hit(&f, STATE_ELEM, i));
    fixture_stage(&f, "op=near");
    fixture_draw(&f, &view_embedding);
    const int id = trace_token(f.trace, f.stage.pos);
    const StudyNear *near = study_near(f.study, id);
    for (int i = 0; i < 5; i++)
        ck_assert(has_hit(&f, STATE_ELEM, near->rows[i].id));
    fixture_stage(&f, "op=moved layer=0");
    fixture_draw(&f, &view_embedding);
    for (int pos = 0; pos < f.stage.n_pos; pos++)
        ck_assert(has_hit(&f, STATE_TOKEN, pos));
    ck_assert(has_hit(&f, STATE_LAYER, 1));
    fixture_close(&f);
}
END_TEST

static const Explain *explained(Fixture *f, const Opened *o) {
    bool missing;
    study_get(f->study, o->made, &missing);
    fixture_make(f);
    return study_get(f->study, o->made, &missing);
}

START_TEST(what_is_opened_is_what_is_shown) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, "the cat sat", 1400, 900, 1, "light"));
    fixture_stage(&f, "op=row elem=5 token=1");
    fixture_opened(&f, &view_embedding, &o);
    ck_assert_int_eq(o.kind, OPENED_CELL);
    ck_assert_int_eq(o.site, SITE_EMBED);
    ck_assert_int_eq(o.pos, 1);
    ck_assert_int_eq(o.index, 5);

    fixture_stage(&f, "op=near elem=-1 token=2 key=1");
    fixture_opened(&f, &view_embedding, &o);
    ck_assert_int_eq(o.made.kind, STUDY_COSINE);
    ck_assert_int_eq(o.made.index, trace_token(f.trace, 2));
    ck_assert_int_eq(o.made.layer, trace_token(f.trace, 1));

    /* The second list's are those of the other token. */
    const int n_vocab = f.stage.config->vocab_size;
    char state[48];
    snprintf(state, sizeof state, "op=near elem=%d", n_vocab + 17);
    fixture_stage(&f, state);
    fixture_opened(&f, &view_embedding, &o);
    ck_assert_int_eq(o.made.index, trace_token(f.trace, 1));
    ck_assert_int_eq(o.made.layer, 17);
    ck_assert(explained(&f, &o)->matches);

    fixture_stage(&f, "op=map elem=1");
    fixture_opened(&f, &view_embedding, &o);
    const Explain *ex = explained(&f, &o);
    const StudyMap *m = study_map(f.study, STUDY_MAP_WORDS);
    ck_assert(ex->matches && m);
    ck_assert_double_eq_tol(ex->total, m->share[1], 1e-6);
    fixture_close(&f);
}
END_TEST

/* The element opened below; -1: none. */
static int below(const Fixture *f, int dir) {
    State next;
    state_init(&next);
    next.elem = -1;
    const bool any = view_embedding.below(&f->stage, dir, &next);
    return any ? next.elem : -1;
}

/* Down from the two tokens' cosine through the first list to the second. */
START_TEST(neighbours_are_stepped_through) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat sat", 1400, 900, 1, "light"));
    fixture_stage(&f, "op=near elem=-1 token=2 key=1");
    fixture_draw(&f, &view_embedding);
    const StudyNear *near[2];
    for (int k = 0; k < 2; k++)
        near[k] = study_near(f.study, trace_token(f.trace, 2 - k));
    const int n_vocab = f.stage.config->vocab_size;
    for (int i = 0; i < near[0]->n + near[1]->n; i++) {
        const int k = i >= near[0]->n, at = i - k * near[0]->n;
        const int want = near[k]->rows[at].id + k * n_vocab;
        ck_assert_int_eq(below(&f, 1), want);
        const int before = f.stage.elem;
        f.stage.elem = want;
        ck_assert_int_eq(below(&f, -1), before);
    }
    ck_assert_int_eq(below(&f, 1), -1);
    fixture_close(&f);
}
END_TEST

/* An edit that lets a position read another token shows that token's row. */
START_TEST(the_row_read_is_the_row_shown) {
    Fixture f;
    ck_assert(fixture_open(&f, NULL, "the cat sat", 1400, 900, 1, "light"));
    fixture_stage(&f, "edit=token1=17 token=1 op=row");
    ck_assert_int_eq(stage_read_id(&f.stage, 1), 17);
    ck_assert_int_eq(stage_read_id(&f.stage, 2), trace_token(f.trace, 2));
    fixture_draw(&f, &view_embedding);
    int n;
    bool found = false;
    const TextMark *mark = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++)
        found = found || strstr(mark[i].text, "row 17 ");
    ck_assert(found);
    fixture_close(&f);
}
END_TEST

/* ---- the compared run ---------------------------------------------------- */

START_TEST(another_text_is_held_against) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat on"});
    ck_assert(app_set_state(r.app,
                            "view=embedding op=near token=2 panel=stage "
                            "against=\"prompt=\\\"the sat sat on\\\"\"",
                            &err));
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "before · row"));
    ck_assert(app_set_state(r.app, "op=row", &err));
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "red: before"));
    /* The rows are the same: nothing is drawn. */
    ck_assert(app_set_state(r.app, "token=4", &err));
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, "red: before"));
    app_rig_close(&r);
}
END_TEST

/* Other weights: the row of the same token is another, and so is what is near
 * it. */
START_TEST(another_model_is_held_against) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .model_path = FIXTURE_TALES,
                                  .prompt = "Mia met Tom"});
    ck_assert_msg(app_set_state(r.app,
                                "view=embedding op=row token=1 panel=stage "
                                "model=embedded:step-000400 "
                                "against=\"model=embedded\"",
                                &err),
                  "%s", err.msg);
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "red: before, other"));
    ck_assert(app_set_state(r.app, "op=near", &err));
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "before · row"));
    ck_assert(app_rig_shows(&r, "0.652")); /* of the trained one's Nora */
    app_rig_close(&r);
}
END_TEST

/* Names keep apart on a map, and its lines are told. */
START_TEST(names_on_a_map_keep_apart) {
    static const char *const ops[] = {"op=map", "op=moved layer=1"};
    for (int k = 0; k < 2; k++) {
        Fixture f;
        int n;
        ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1000, 700, 1, "light"));
        fixture_stage(&f, ops[k]);
        fixture_draw(&f, &view_embedding);
        const TextMark *mark = canvas_texts(f.canvas, &n);
        bool told = false;
        for (int i = 0; i < n; i++) {
            told |= strstr(mark[i].text, "line: from its row") != NULL;
            /* The shares above it are one sentence in parts. */
            for (int j = 0; j < i && mark[i].text[0] != ' '; j++)
                ck_assert_msg(strchr(mark[i].text, '%') ||
                                  !textmark_meets(&mark[i], &mark[j], 3),
                              "\"%s\" touches \"%s\"", mark[i].text,
                              mark[j].text);
        }
        ck_assert_int_eq(told, k);
        fixture_close(&f);
    }
}
END_TEST

/* Two directions hold a table of two columns whole: nothing is elsewhere. */
START_TEST(what_is_missing_on_the_map_is_said_where_it_is) {
    for (int dim = 2; dim <= 16; dim += 14) {
        Fixture f;
        TinySpec spec = tiny_spec();
        spec.dim = dim;
        if (dim == 2) spec.n_heads = spec.n_kv_heads = 1;
        ck_assert(
            fixture_open_spec(&f, &spec, FIXTURE_STORY, 1800, 900, 1, "light"));
        fixture_stage(&f, "op=map");
        fixture_draw(&f, &view_embedding);
        ck_assert(fixture_says(&f, "% of the variance"));
        ck_assert_int_eq(fixture_says(&f, "variance;"), dim > 2);
        fixture_close(&f);
    }
}
END_TEST

static void tell_nothing(void *ud, const Tokenizer *tokenizer, const Trace *t,
                         int pos, struct StudyTruth *out) {
    (void)ud, (void)tokenizer, (void)t, (void)pos, (void)out;
}

/* What names and colours are was learnt from the stories that are inside. */
START_TEST(only_a_model_of_the_stories_is_said_to_know_them) {
    Fixture f;
    Opened o;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    for (int own = 0; own < 2; own++) {
        f.stage.teller.tell = own ? tell_nothing : NULL;
        fixture_stage(&f, "view=embedding op=all");
        fixture_opened(&f, &view_embedding, &o);
        ck_assert_ptr_nonnull(strstr(o.text, "cosine of two rows"));
        ck_assert((strstr(o.text, "nobody told the model") != NULL) == own);
    }
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_embedding", only_a_model_of_the_stories_is_said_to_know_them,
          names_on_a_map_keep_apart,
          what_is_missing_on_the_map_is_said_where_it_is,
          every_size_and_scale_draws, every_shape_of_model_draws,
          what_is_shown_can_be_clicked, what_is_opened_is_what_is_shown,
          neighbours_are_stepped_through, the_row_read_is_the_row_shown,
          another_text_is_held_against, another_model_is_held_against)
