/* The view of training: draws at every size, a click or an arrow goes to a
 * step, and what it says in words is what the numbers say. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/viz/stage_fixture.h"
#include "viz/views/learn/learn.h"

static const char *const states[] = {"op=curves",
                                     "op=stories",
                                     "op=curves model=embedded:step-000000",
                                     "op=loss",
                                     "op=induction model=embedded:step-000000",
                                     "op=words model=embedded:step-000700",
                                     "op=stories model=embedded:step-000010"};
enum { N_STATES = sizeof states / sizeof *states };

enum { N_VOCAB = 300, STEPS = 4 };
static const char story[] = "Once upon a time there was a red doll. The end.";

/* Steps 0, 10, 700 and 16,000: of the last one `known` says nothing yet. */
static void fill(Training *t, float after[STEPS][N_VOCAB], int known) {
    static const int steps[STEPS] = {0, 10, 700, 16000};
    static const float loss[STEPS] = {7.1f, 6, .47f, .2846f};
    static const float induction[STEPS] = {.03f, .02f, .91f, .96f};
    *t = (Training){
        .n = STEPS, .reads = true, .n_vocab = N_VOCAB, .is_of_model = true};
    for (int i = 0; i < STEPS; i++) {
        t->steps[i] = (TrainingStep){.step = steps[i],
                                     .texts = 100,
                                     .told = i * 30,
                                     .loss = loss[i],
                                     .entropy = .2825f,
                                     .slip = i == 3 ? -1 : 12,
                                     .story = story,
                                     .story_len = (int)strlen(story)};
        t->steps[i].heads[TRAINING_INDUCTION] =
            (TrainingHead){1, 1, induction[i]};
        for (int k = 0; k < N_VOCAB; k++)
            after[i][k] = .1f / N_VOCAB;
        after[i][40 + (i < 3)] = .6f;
        after[i][40 + (i == 3)] = .3f;
        if (i < known) t->steps[i].after = after[i];
    }
}

/* As fixture_draw_sizes, which knows no training. */
static void draw_sizes(const Training *t) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1, 1, 1},       {3, 700, 1},    {700, 3, 1},
                 {40, 40, 0.8f},  {480, 300, 1},  {480, 560, 0.7f},
                 {640, 480, 1},   {800, 600, 1},  {1024, 600, 1.5f},
                 {1366, 768, 1},  {1520, 900, 1}, {901, 577, 1.3f},
                 {2600, 1500, 2}, {3840, 2160, 2}};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1, 1, 1, "dark"));
    f.stage.training = t;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int k = 0; k < N_STATES; k++) {
            const int w = sizes[i].w, h = sizes[i].h;
            ck_assert(canvas_resize(f.canvas, w, h, sizes[i].scale, &f.err));
            fixture_stage(&f, "model=embedded");
            fixture_stage(&f, states[k]);
            fixture_draw(&f, &view_learn);
            if (w >= 480 && h >= 450) fixture_check_hits(&f);
            if (w >= 901 && h >= 577) fixture_check_texts(&f);
        }
    fixture_close(&f);
}

START_TEST(every_size_and_scale_draws) {
    float after[STEPS][N_VOCAB];
    Training t;
    draw_sizes(NULL);
    for (int known = 0; known <= STEPS; known += STEPS / 2) {
        fill(&t, after, known);
        draw_sizes(&t);
    }
    t.reads = false;
    draw_sizes(&t);
}
END_TEST

/* What cannot read the text is not said to read it. */
START_TEST(steps_of_other_tokens_read_nothing) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1400, 900, 1, "light"));
    f.stage.training = &t;
    for (int reads = 0; reads < 2; reads++) {
        t.reads = reads;
        fixture_draw(&f, &view_learn);
        ck_assert_int_eq(fixture_says(&f, "read by every step"), reads);
        ck_assert_int_eq(fixture_says(&f, "have other tokens"), !reads);
    }
    fixture_close(&f);
}
END_TEST

/* On each step's strip lies a hit that goes there, and they cover the width. */
START_TEST(every_step_can_be_clicked) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 700, 600, 1, "light"));
    f.stage.training = &t;
    fixture_draw(&f, &view_learn);
    int end = -1, n = 0;
    for (int i = 0; i < f.hits->n; i++) {
        const Hit *hit = &f.hits->list[i];
        if (!pick_find(&hit->pick, STATE_MODEL)) continue;
        ck_assert_int_eq(pick_get(&hit->pick, STATE_MODEL), t.steps[n++].step);
        ck_assert(end < 0 || hit->rect.x == end);
        ck_assert_int_gt(hit->rect.w, 0);
        end = hit->rect.x + hit->rect.w;
    }
    ck_assert_int_eq(n, STEPS);
    fixture_close(&f);
}
END_TEST

/* No cursor runs through the value that stands over a chart's end. */
START_TEST(no_cursor_runs_through_words) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    f.stage.training = &t;
    fixture_draw(&f, &view_learn);
    int n, found = 0;
    const TextMark *m = canvas_texts(f.canvas, &n);
    for (int i = 0; i < n; i++) {
        if (!strstr(m[i].text, "(head 1.1)")) continue;
        const int above = (int)(m[i].y - m[i].cap) - 3, from = (int)m[i].x;
        found++;
        for (int x = from; x < from + (int)m[i].w; x++)
            ck_assert_uint_eq(fixture_pixel(&f, x, above),
                              fixture_pixel(&f, from - 3, above));
    }
    ck_assert_int_eq(found, 1);
    fixture_close(&f);
}
END_TEST

/* The model that an arrow leads to; NULL: none. */
static const char *beside(const Fixture *f, int dir, State *next) {
    Err err = {0};
    ck_assert(state_copy(next, &f->state, &err));
    return view_learn.across(&f->stage, dir, next) ? next->model : NULL;
}

START_TEST(the_arrows_stop_at_both_ends) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    State next;
    fill(&t, after, STEPS);
    state_init(&next);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 700, 600, 1, "light"));
    fixture_stage(&f, "view=learn op=curves");
    ck_assert_ptr_null(beside(&f, 1, &next)); /* no training */
    f.stage.training = &t;
    ck_assert_int_eq(learn_at(&f.stage), 3); /* none chosen: the last */
    ck_assert_ptr_null(beside(&f, 1, &next));
    ck_assert_str_eq(beside(&f, -1, &next), "embedded:step-000700");
    fixture_stage(&f, "model=embedded:step-000000");
    ck_assert_ptr_null(beside(&f, -1, &next));
    ck_assert_str_eq(beside(&f, 1, &next), "embedded:step-000010");
    state_free(&next);
    fixture_close(&f);
}
END_TEST

/* The step is that of the weights that are run. */
START_TEST(the_step_is_the_models) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 700, 600, 1, "light"));
    f.stage.training = &t;
    fixture_stage(&f, "model=embedded:step-000700");
    ck_assert_int_eq(learn_at(&f.stage), 2);
    fixture_stage(&f, "model=embedded:step-000701");
    ck_assert_int_eq(learn_at(&f.stage), 3);
    fixture_close(&f);
}
END_TEST

/* What comes next in the text is followed, or what the last step thinks, and
 * what was ever likelier than anything else. */
START_TEST(two_tokens_are_followed) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    int two[2];
    fill(&t, after, 3);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 700, 600, 1, "light"));
    f.stage.training = &t;
    learn_rivals(&f.stage, two);
    ck_assert_int_eq(two[0], -1); /* the last step is not there yet */
    fill(&t, after, STEPS);
    learn_rivals(&f.stage, two);
    ck_assert_int_eq(two[0], 40);
    ck_assert_int_eq(two[1], 41);
    fixture_stage(&f, "token=2");
    learn_rivals(&f.stage, two);
    ck_assert_int_eq(two[0], trace_token(f.trace, 3));
    ck_assert_int_eq(two[1], 41); /* of two that are as likely the first met */
    fixture_close(&f);
}
END_TEST

static void shows(const char *state, const char *text) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = FIXTURE_TALE,
                                  .model_path = FIXTURE_TALES});
    r.w = 1600;
    r.h = 900;
    ck_assert_msg(app_set_state(r.app, state, &err), "%s", err.msg);
    app_rig_frame(&r);
    ck_assert_msg(app_rig_shows(&r, text), "%s: %s", state, text);
    app_rig_close(&r);
}

/* Numbers that the lessons and this program's commands say, too. */
START_TEST(it_says_what_was_measured) {
    shows("view=learn model=embedded:step-000700",
          "Between steps 400 and 700 the b");
    shows("view=learn model=embedded:step-000700", "induction 0.91 (head 1.1)");
    shows("view=learn model=embedded:step-000700", "0.4706");
    shows("view=learn model=embedded:step-000700", "entropy 0.2825");
    shows("view=learn model=embedded:step-000700", "step 700, 7 of 13");
    shows("view=learn model=embedded:step-000700", "3 of 100 told whole");
    shows("view=learn model=embedded:step-000000",
          "Before training it knows nothin");
    shows("view=learn", "94 of 100 told whole");
    /* Where stories have the stage there is room for the ones between. */
    shows("view=learn op=stories", "0 of 100 told whole");
    shows("view=learn op=stories", "3 of 100 told whole");
    shows("view=learn op=stories", "49 of 100 told whole");
    /* Computed for this text, after "said": who speaks. */
    shows("view=learn model=embedded:step-000700 token=31",
          "\u2423Mia 16.9 % · \u2423Tom 82.3 %");
    shows("view=learn model=embedded:step-016000 token=31",
          "\u2423Mia 99.98 % · \u2423Tom <0.1 %");
}
END_TEST

static bool texts_have(const Fixture *f, const char *text) {
    int n;
    const TextMark *m = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strstr(m[i].text, text)) return true;
    return false;
}

/* What a lecture has not come to yet is not there. */
START_TEST(a_chart_alone_has_nothing_beside_it) {
    static const struct {
        const char *op, *shown, *not_shown[3];
    } alone[] = {
        {"loss", "loss 0.4700", {"entropy", "0.2846", "told whole"}},
        {"induction", "0.91 (head 1.1)", {"loss", "recall", "told whole"}},
        {"words", "comes after", {"loss", "induction", "told whole"}},
        {"stories", "told whole", {"Loss on", "entropy", "What heads do"}}};
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    f.stage.training = &t;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        char state[64];
        snprintf(state, sizeof state, "op=%s model=embedded:step-000700",
                 alone[i].op);
        fixture_stage(&f, state);
        fixture_draw(&f, &view_learn);
        ck_assert_msg(texts_have(&f, alone[i].shown), "%s", state);
        for (int k = 0; k < 3; k++)
            ck_assert_msg(!texts_have(&f, alone[i].not_shown[k]), "%s: %s",
                          state, alone[i].not_shown[k]);
    }
    fixture_close(&f);
}
END_TEST

START_TEST(counts_have_commas) {
    char text[16];
    learn_count_text(0, text);
    ck_assert_str_eq(text, "0");
    learn_count_text(1000, text);
    ck_assert_str_eq(text, "1,000");
    learn_count_text(16000, text);
    ck_assert_str_eq(text, "16,000");
}
END_TEST

/* Steps of another model than the one that is open. */
START_TEST(whose_steps_they_are_is_said) {
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1366, 768, 1, "light"));
    f.stage.training = &t;
    for (int own = 0; own < 2; own++) {
        t.is_of_model = own;
        fixture_stage(&f, "view=learn");
        fixture_draw(&f, &view_learn);
        ck_assert(fixture_says(&f, "Where did this come") == own);
        ck_assert(fixture_says(&f, "the steps of the LLaMA") == !own);
    }
    fixture_close(&f);
}
END_TEST

/* The steps read the text with nothing changed: each picture of what they say
 * tells so, in whatever room. */
START_TEST(what_the_steps_leave_out_is_said) {
    static const char *const ops[] = {"curves", "stories", "words"};
    float after[STEPS][N_VOCAB];
    Training t;
    Fixture f;
    fill(&t, after, STEPS);
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 797, 620, .8f, "light"));
    f.stage.training = &t;
    for (int i = 0; i < 3; i++)
        for (int edited = 0; edited < 2; edited++) {
            char state[64];
            snprintf(state, sizeof state, "op=%s edit=%s", ops[i],
                     edited ? "0.1" : "\"\"");
            fixture_stage(&f, state);
            fixture_draw(&f, &view_learn);
            ck_assert_msg(fixture_says(&f, "nothing changed") == edited, "%s",
                          state);
        }
    fixture_close(&f);
}
END_TEST

TEST_MAIN("view_learn", what_the_steps_leave_out_is_said,
          whose_steps_they_are_is_said, no_cursor_runs_through_words,
          the_step_is_the_models, every_size_and_scale_draws,
          steps_of_other_tokens_read_nothing, every_step_can_be_clicked,
          the_arrows_stop_at_both_ends, two_tokens_are_followed,
          it_says_what_was_measured, counts_have_commas,
          a_chart_alone_has_nothing_beside_it)
