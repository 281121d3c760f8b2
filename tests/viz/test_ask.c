/* Questions of a lesson: hands counted in two votes, numbers guessed, tasks
 * done, hints asked for; by key and by mouse, in the room and before the
 * presenter. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define TALES "assets/models/tales.bin"

static const char votes[] =
    "# Who?\n\n<!-- .stage: view=next prompt=\"the cat\" -->\n\n"
    "<!-- .ask: Which? | a) left | b*) other -->\n"
    "<!-- .hint: not left -->\n<!-- .hint: the other one -->\n\n"
    "<!-- .stage: token=0 -->\n\nshown\n\n<!-- .stage: token=1 -->\n\n"
    "<!-- .ask: And now? | a*) up | b) down | c) still -->\n\n"
    "<!-- .stage: token=1 -->\n\nend\n\n---\n\n# Last\n\nx\n";

static const char guess[] = "# How much?\n\n<!-- .stage: view=next -->\n\n"
                            "<!-- .guess: How likely? | 0..100 | 26 % -->\n\n"
                            "<!-- .stage: token=0 -->\n\nshown\n";

static const char task[] =
    "# Do\n\n<!-- .stage: view=heads prompt=\"the cat sat\" -->\n\n"
    "<!-- .do: Switch head 1.0 off. | edit=1.0 -->\n"
    "<!-- .hint: choose it, then X -->\n\n"
    "<!-- .stage: edit=1.0 -->\n\nshown\n";

/* A screen for the room, one for the presenter, on the deck. */
typedef struct Talk {
    Screen *desk; /* closed first */
    Canvas *canvas;
    AppRig rig;
    char dir[FOLDER_PATH_MAX];
} Talk;

static void begin(Talk *t, const char *deck, const char *model) {
    Err err = {0};
    char path[FOLDER_PATH_MAX];
    *t = (Talk){0};
    folder_make(t->dir);
    folder_write(t->dir, "d.md", deck, strlen(deck));
    folder_path(path, t->dir, "d.md");
    app_rig_open(&t->rig, (AppOptions){.model_path = model, .deck_path = path});
    t->desk = screen_open(t->rig.app, &err);
    ck_assert_msg(t->desk != NULL, "%s", err.msg);
    screen_present(t->desk, t->rig.screen);
    t->canvas = canvas_open(1280, 720, 2 / 3.f, t->rig.fonts, &err);
    ck_assert_msg(t->canvas != NULL, "%s", err.msg);
    app_rig_frame(&t->rig);
}

static void end(Talk *t) {
    canvas_close(t->canvas);
    screen_close(t->desk);
    app_rig_close(&t->rig);
    folder_remove(t->dir);
}

static void press(Talk *t, const char *keys) {
    char text[200], *rest = NULL;
    snprintf(text, sizeof text, "%s", keys);
    for (char *k = strtok_r(text, " ", &rest); k;
         k = strtok_r(NULL, " ", &rest)) {
        screen_key(t->rig.screen, k);
        app_rig_frame(&t->rig);
    }
}

static bool room_shows(Talk *t, const char *text) {
    app_rig_frame(&t->rig);
    return app_rig_shows(&t->rig, text);
}

static bool desk_shows(Talk *t, const char *text) {
    int n;
    screen_draw(t->desk, t->canvas);
    const TextMark *marks = canvas_texts(t->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strncmp(marks[i].text, text, strlen(text)) == 0) return true;
    return false;
}

/* A text, and right behind it on its line another. */
static bool shows_behind(const Canvas *c, const char *text, const char *said) {
    int n;
    const TextMark *m = canvas_texts(c, &n);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            if (strcmp(m[i].text, text) == 0 && strstr(m[k].text, said) &&
                m[k].y == m[i].y && m[k].x >= m[i].x + m[i].w - 1 &&
                m[k].x <= m[i].x + m[i].w + m[i].cap)
                return true;
    return false;
}

static bool room_says(Talk *t, const char *answer, const char *said) {
    app_rig_frame(&t->rig);
    return shows_behind(t->rig.canvas, answer, said);
}

static bool desk_says(Talk *t, const char *answer, const char *said) {
    screen_draw(t->desk, t->canvas);
    return shows_behind(t->canvas, answer, said);
}

static int counted(const Talk *t, int ask, int vote, int option) {
    return app_state(t->rig.app)->votes.at[ask][vote][option];
}

/* A fresh viewer that is given the copied state draws the same. */
static void ck_copied(Talk *t) {
    static char text[65536];
    Err err = {0};
    Talk other;
    app_rig_frame(&t->rig);
    app_state_text(t->rig.app, text, sizeof text);
    begin(&other, votes, NULL);
    ck_assert_msg(app_set_state(other.rig.app, text, &err), "%s", err.msg);
    app_rig_frame(&other.rig);
    app_say(t->rig.app, false, "%s", "");
    app_rig_frame(&t->rig);
    const Pixmap *a = canvas_pixels(t->rig.canvas);
    const Pixmap *b = canvas_pixels(other.rig.canvas);
    ck_assert(a->w == b->w && a->h == b->h && a->stride == b->stride);
    for (int y = 0; y < a->h; y++)
        ck_assert_msg(memcmp(a->px + y * a->stride, b->px + y * b->stride,
                             (size_t)a->w * sizeof *a->px) == 0,
                      "row %d: %s", y, text);
    end(&other);
}

/* ---- votes --------------------------------------------------------------- */

START_TEST(hands_are_counted_by_key_in_two_votes) {
    Talk t;
    begin(&t, votes, NULL);
    press(&t, "Shift+1 Shift+1 Shift+2");
    ck_assert_int_eq(counted(&t, 0, 0, 0), 2);
    ck_assert_int_eq(counted(&t, 0, 0, 1), 1);
    ck_assert(room_shows(&t, "First vote: 3 counted."));
    ck_assert(!room_shows(&t, "2  ")); /* a row, and no bar yet */
    press(&t, "Shift+3");              /* there is no third answer */
    ck_assert_int_eq(counted(&t, 0, 0, 2), 0);
    press(&t, "Ctrl+Z"); /* the last hand */
    ck_assert_int_eq(counted(&t, 0, 0, 1), 0);
    press(&t, "Shift+2 Shift+Enter Shift+2 Shift+2 Shift+2");
    ck_assert_int_eq(counted(&t, 0, 1, 1), 3);
    ck_assert_int_eq(counted(&t, 0, 0, 1), 1);
    ck_assert(room_shows(&t, "Second vote: 3 counted."));
    ck_copied(&t);
    press(&t, "Space");
    ck_assert(room_shows(&t, "first vote, of 3"));
    ck_assert(room_shows(&t, "second vote, of 3"));
    ck_assert(room_says(&t, "other", "✓\u00a0right"));
    ck_copied(&t);
    end(&t);
}
END_TEST

START_TEST(hands_are_typed_as_numbers) {
    Talk t;
    begin(&t, votes, NULL);
    press(&t, "Ctrl+N 1 5 Enter 9 Backspace 1 2");
    ck_assert_int_eq(counted(&t, 0, 0, 0), 15);
    ck_assert_int_eq(counted(&t, 0, 0, 1), 12);
    ck_assert(room_shows(&t, "first vote, 2: 12 hands"));
    press(&t, "Up 7 Enter Enter"); /* behind the last it ends */
    ck_assert_int_eq(counted(&t, 0, 0, 0), 7);
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING);
    press(&t, "Shift+Enter Ctrl+N 9 9 9 9 9 Esc");
    ck_assert_int_eq(counted(&t, 0, 1, 0), 9999);
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING);
    press(&t, "Space Ctrl+N");
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING); /* none waits */
    press(&t, "Space Ctrl+N 4 Enter 5 Enter 6 Enter");
    ck_assert_int_eq(counted(&t, 1, 0, 2), 6); /* a first vote again */
    ck_assert_int_eq(counted(&t, 0, 0, 0), 7); /* each has its own */
    end(&t);
}
END_TEST

/* The n-th text of a frame that is just this one. */
static const TextMark *mark_at(const Canvas *c, const char *text, int nth) {
    int n;
    const TextMark *marks = canvas_texts(c, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(marks[i].text, text) == 0 && nth-- == 0) return &marks[i];
    ck_abort_msg("no %s", text);
    return NULL;
}

/* Clicks on the button of an answer for more or fewer hands. */
static void click_button(Screen *s, const Canvas *c, int option,
                         const char *sign) {
    const TextMark *m = mark_at(c, sign, option);
    screen_mouse_down(s, (int)(m->x + m->w / 2), (int)(m->y - m->size_px / 3));
    screen_mouse_up(s);
}

START_TEST(the_presenter_counts_by_mouse_and_sees_the_tally) {
    Talk t;
    begin(&t, votes, NULL);
    ck_assert(desk_says(&t, "other", "✓ right"));
    for (int i = 0; i < 4; i++)
        click_button(t.desk, t.canvas, 1, "+");
    ck_assert_int_eq(counted(&t, 0, 0, 1), 4);
    ck_assert(desk_shows(&t, "first vote, 4 counted"));
    mark_at(t.canvas, "4", 0);
    click_button(t.desk, t.canvas, 1, "−");
    ck_assert_int_eq(counted(&t, 0, 0, 1), 3);
    click_button(t.desk, t.canvas, 0, "−"); /* none is left to take away */
    ck_assert_int_eq(counted(&t, 0, 0, 0), 0);
    press(&t, "Shift+Enter Shift+1");
    ck_assert(desk_shows(&t, "3 → 0"));
    ck_assert(desk_shows(&t, "0 → 1"));
    ck_assert(room_shows(&t, "Second vote: 1 counted."));
    click_button(t.rig.screen, t.rig.canvas, 0, "+"); /* the room's, too */
    ck_assert_int_eq(counted(&t, 0, 1, 0), 2);
    end(&t);
}
END_TEST

START_TEST(each_question_of_a_slide_keeps_its_own_answer) {
    Talk t;
    begin(&t, votes, NULL);
    press(&t, "1 Shift+1 Space Space 3 Space");
    const State *s = app_state(t.rig.app);
    ck_assert(s->answer.at[0] == 1 && s->answer.at[1] == 3);
    ck_assert(room_says(&t, "up", "✓"));
    ck_assert(room_says(&t, "still", "✗"));
    ck_copied(&t);
    press(&t, "Space"); /* another slide has none of it */
    ck_assert_int_eq(s->slide, 2);
    ck_assert(s->answer.at[0] < 1 && counted(&t, 0, 0, 0) == 0);
    press(&t, "Shift+Space"); /* and this one has it still */
    ck_assert(s->answer.at[0] == 1 && s->answer.at[1] == 3);
    ck_assert_int_eq(counted(&t, 0, 0, 0), 1);
    end(&t);
}
END_TEST

START_TEST(hints_come_one_by_one_when_asked_for) {
    Talk t;
    begin(&t, votes, NULL);
    ck_assert(room_shows(&t, "hint ▸"));
    ck_assert(!room_shows(&t, "Hint:"));
    ck_assert(desk_says(&t, "hint 1: ", "not left"));
    press(&t, "Ctrl+H");
    ck_assert(room_shows(&t, "Hint:") && room_shows(&t, "next hint ▸"));
    ck_assert(room_shows(&t, "not") && !room_shows(&t, "one"));
    ck_copied(&t);
    press(&t, "Ctrl+H");
    ck_assert(!room_shows(&t, "next hint"));
    ck_assert(desk_says(&t, "hint 2, shown: ", "the other one"));
    press(&t, "Ctrl+H");
    ck_assert_ptr_nonnull(strstr(app_message(t.rig.app), "no more hints"));
    press(&t, "Space Ctrl+H");
    ck_assert_ptr_nonnull(strstr(app_message(t.rig.app), "no hint"));
    end(&t);
}
END_TEST

/* ---- guesses ------------------------------------------------------------- */

START_TEST(a_number_is_guessed_by_typing_it) {
    Talk t;
    begin(&t, guess, NULL);
    const float *given = &app_state(t.rig.app)->answer.at[0];
    ck_assert(!room_shows(&t, "✓ right"));
    ck_assert(room_shows(&t, "Before"));
    ck_assert(desk_says(&t, "✓ right: ", "26 %"));
    press(&t, "3 5 . 5");
    ck_assert(room_shows(&t, "35.5▏ %"));
    press(&t, "Enter");
    ck_assert(*given == 35.5f);
    ck_assert(room_shows(&t, "guessed: 35.5 %"));
    press(&t, "1 0 1 Enter");
    ck_assert(*given == 35.5f);
    ck_assert_ptr_nonnull(
        strstr(app_message(t.rig.app),
               "guess: found \"101\", need a number from 0 to 100"));
    press(&t, "7 Esc");
    ck_assert(*given == 35.5f);
    press(&t, "0 Enter");
    ck_assert(*given == 0);
    ck_assert(desk_says(&t, "guessed: ", "0 %"));
    press(&t, "Space");
    ck_assert(room_shows(&t, "Asked before"));
    ck_assert(room_shows(&t, "✓ right: 26 %"));
    ck_assert(room_shows(&t, "guessed: 0 %"));
    press(&t, "4"); /* a view's key again */
    ck_assert_int_eq(app_mode(t.rig.app), APP_STEPPING);
    end(&t);
}
END_TEST

START_TEST(a_number_is_guessed_by_mouse) {
    Talk t;
    begin(&t, guess, NULL);
    const float *given = &app_state(t.rig.app)->answer.at[0];
    const TextMark *low = mark_at(t.rig.canvas, "0 %", 0);
    const TextMark *high = mark_at(t.rig.canvas, "100 %", 0);
    /* The line is above its ends' numbers. */
    const int y = (int)(low->y - 25 * low->size_px / TYPE_SMALL);
    const int from = (int)low->x, to = (int)(high->x + high->w);
    app_rig_click(&t.rig, (from + to) / 2, y);
    ck_assert_msg(*given >= 49 && *given <= 51, "%g", (double)*given);
    ck_assert(*given == (float)(int)*given); /* whole ones */
    app_rig_click(&t.rig, to - 1, y);
    ck_assert_msg(*given >= 99, "%g", (double)*given);
    end(&t);
}
END_TEST

/* What is kept is a float, next to which an end like 0.7 may lie either way. */
START_TEST(either_end_of_a_range_may_be_guessed) {
    static const struct {
        const char *range, *keys; /* and the right number */
        float value;
    } ends[] = {{"0.7..0.9 | 0.8", "0 . 7 Enter", 0.7f},
                {"0.7..0.9 | 0.8", "0 . 9 Enter", 0.9f},
                {"0..0.1 | 0.05", "0 . 1 Enter", 0.1f},
                {"-0.7..-0.1 | -0.4", "- 0 . 7 Enter", -0.7f},
                {"-0.7..-0.1 | -0.4", "- 0 . 1 Enter", -0.1f}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        Talk t;
        Err err = {0};
        char deck[120], text[2000];
        snprintf(deck, sizeof deck, "# Q\n\n<!-- .guess: How? | %s -->\n\nx\n",
                 ends[i].range);
        begin(&t, deck, NULL);
        const State *s = app_state(t.rig.app);
        press(&t, ends[i].keys);
        app_state_text(t.rig.app, text, sizeof text);
        press(&t, "Space"); /* another beat, and still there */
        ck_assert_msg(s->answer.at[0] == ends[i].value, "%s: %g", ends[i].range,
                      (double)s->answer.at[0]);
        end(&t);
        begin(&t, deck, NULL);
        s = app_state(t.rig.app);
        ck_assert_msg(app_set_state(t.rig.app, text, &err), "%s", err.msg);
        app_rig_frame(&t.rig);
        ck_assert_msg(s->answer.at[0] == ends[i].value, "%s: %g", ends[i].range,
                      (double)s->answer.at[0]);
        ck_assert(!app_set_state(t.rig.app, "answer=0.9001", &err));
        end(&t);
    }
}
END_TEST

/* ---- tasks --------------------------------------------------------------- */

START_TEST(a_task_is_ticked_when_it_is_done) {
    Talk t;
    begin(&t, task, NULL);
    const float *given = &app_state(t.rig.app)->answer.at[0];
    ck_assert(room_shows(&t, "Ticked once you did it."));
    ck_assert(desk_shows(&t, "not done yet"));
    ck_assert(app_shown(t.rig.app) == SHOWN_BOTH); /* the stage is there */
    press(&t, "X");                                /* another head */
    ck_assert(!(*given > 0));
    press(&t, "Z Up X");
    ck_assert(*given == 1);
    ck_assert(room_shows(&t, "✓ done"));
    ck_assert(desk_shows(&t, "it is done"));
    press(&t, "Z");
    ck_assert(*given == 1); /* it stays done */
    end(&t);
    begin(&t, task, NULL);
    press(&t, "Space"); /* nobody is forced */
    ck_assert_int_eq(app_state(t.rig.app)->beat, 1);
    ck_assert(room_shows(&t, "not done"));
    end(&t);
}
END_TEST

static const char lift[] =
    "---\nmodel: tales\n---\n# Do\n\n"
    "<!-- .stage: view=next prompt=\"Once there was a kind girl named Mia. One "
    "day, she went to the park. There she met Tom. \\\"Hello, Tom!\\\" said\" "
    "-->\n\n<!-- .do: Make Tom speak. | prob(token=\" Tom\") > 0.5 | edit=3.0 "
    "-->\n\n<!-- .stage: edit=3.0 -->\n\nx\n";

START_TEST(a_task_may_be_a_claim_of_the_run) {
    Talk t;
    Err err = {0};
    begin(&t, lift, TALES);
    const float *given = &app_state(t.rig.app)->answer.at[0];
    ck_assert(!(*given > 0));
    ck_assert(app_set_state(t.rig.app, "edit=3.2", &err));
    app_rig_frame(&t.rig);
    ck_assert(!(*given > 0));
    ck_assert(app_set_state(t.rig.app, "edit=3.0", &err));
    app_rig_frame(&t.rig);
    app_rig_frame(&t.rig);
    ck_assert(*given == 1);
    end(&t);
}
END_TEST

/* ---- states -------------------------------------------------------------- */

typedef struct Refused {
    const char *deck, *state, *why;
} Refused;

START_TEST(states_have_answers_that_can_be_given) {
    static const Refused list[] = {
        {votes, "answer=3", "answer: found 3 for question 1, need 0 to 2"},
        {votes, "answer=1.5", "answer: found 1.5 for question 1, need 0 to 2"},
        {votes, "answer=-1", "answer: found -1 for question 1, need 0 to 2"},
        {votes, "beat=2 answer=1,4", "found 4 for question 2, need 0 to 3"},
        {votes, "answer=-,-,1", "found question 3, the slide has not so many"},
        {votes, "slide=2 answer=1", "found question 1, the slide has not"},
        {votes, "hints=3", "hints: found 3 for question 1, need 0 to 2"},
        {votes, "hints=-,1", "hints: found 1 for question 2, need 0 to 0"},
        {votes, "votes=1,2,3", "found 3 counts for question 1, need at most 2"},
        {votes, "votes=/0,0,3", "found 3 counts for question 1"},
        {guess, "answer=101", "found 101 for question 1, need 0 to 100"},
        {guess, "votes=1", "found 1 counts for question 1, need at most 0"},
        {task, "answer=2", "found 2 for question 1, need 0 to 1"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        Talk t;
        Err err = {0};
        begin(&t, list[i].deck, NULL);
        ck_assert_msg(!app_set_state(t.rig.app, list[i].state, &err), "%s",
                      list[i].state);
        ck_assert_msg(strstr(err.msg, list[i].why) != NULL, "%s: %s",
                      list[i].state, err.msg);
        end(&t);
    }
}
END_TEST

/* ---- what the model says ------------------------------------------------- */

#define MIA                                                                    \
    "Once there was a kind girl named Mia. One day, she went to the park. "    \
    "There she met Tom. \\\"Hello, Tom!\\\" said"

static const char next[] =
    "---\nmodel: tales\n---\n# Who?\n\n<!-- .stage: view=tokens "
    "prompt=\"" MIA "\" -->\n\n"
    "<!-- .ask: Who? | a) Tom = prob(token=\" Tom\") | "
    "b*) Mia = prob(token=\" Mia\") | c) nobody -->\n\n"
    "<!-- .stage: token=31 -->\n\nx\n\n"
    "<!-- .stage: edit=3.0 -->\n\ny\n\n"
    "<!-- .stage: edit=\"\" prompt=\"She met Tom\" -->\n\nz\n";

START_TEST(the_model_votes_beside_the_class) {
    Talk t;
    begin(&t, next, TALES);
    press(&t, "Shift+1 Shift+1 Shift+2");
    ck_assert(!room_shows(&t, "the model says")); /* nothing is given away */
    ck_assert(!desk_shows(&t, "the model says"));
    press(&t, "Space");
    ck_assert(app_settle(t.rig.app, -1));
    ck_assert(room_shows(&t, "the model says"));
    ck_assert(room_shows(&t, "99.98 %"));
    ck_assert(room_shows(&t, "<0.1 %"));
    press(&t, "Space"); /* of the run that is shown */
    ck_assert(app_settle(t.rig.app, -1));
    ck_assert(room_shows(&t, "the model says"));
    ck_assert(room_shows(&t, "94.9 %"));
    press(&t, "Space"); /* another text, which was not asked about */
    ck_assert(app_settle(t.rig.app, -1));
    ck_assert(room_shows(&t, "first vote, of 3"));
    ck_assert(!room_shows(&t, "the model says"));
    end(&t);
}
END_TEST

/* Decks whose answers stand for nothing, and other models: no column. */
START_TEST(without_it_there_is_no_column) {
    Talk t;
    begin(&t, votes, NULL);
    press(&t, "Shift+1 Space");
    ck_assert(room_shows(&t, "first vote, of 1"));
    ck_assert(!room_shows(&t, "the model says"));
    end(&t);
    begin(&t, next, NULL); /* the tiny model, which it is not about */
    press(&t, "Shift+1 Space");
    ck_assert(!room_shows(&t, "the model says"));
    end(&t);
}
END_TEST

/* ---- long answers -------------------------------------------------------- */

/* Whatever its length and its formulas, an answer is whole and says whether it
 * is right; on the presenter's one line what is said of it stays. */
START_TEST(long_answers_are_whole_and_marked) {
    static char deck[4000];
    char words[1200] = "", formulas[400] = "";
    Talk t;
    for (int i = 0; i < 100; i++)
        memcpy(words + 5 * i, "word ", 6);
    for (int i = 0; i < 20; i++)
        memcpy(formulas + 9 * i, "$x_1$ or ", 10);
    snprintf(deck, sizeof deck,
             "# A\n\n<!-- .ask: Which? | a*) %sends here | b) %sor not -->\n\n"
             "<!-- .hint: %sthe hint ends -->\n"
             "<!-- .stage: token=0 -->\n\nx\n",
             words, formulas, words);
    begin(&t, deck, NULL);
    press(&t, "2");
    ck_assert(desk_shows(&t, "  ✓ right"));
    ck_assert(desk_says(&t, "or not", "← given") ||
              desk_shows(&t, "  ← given"));
    press(&t, "Space");
    ck_assert(room_shows(&t, "ends here"));
    ck_assert(room_shows(&t, "✓"));
    ck_assert(room_shows(&t, "or not"));
    ck_assert(room_shows(&t, "✗"));
    press(&t, "Shift+Space Shift+1 Space"); /* in rows */
    ck_assert(room_shows(&t, "ends here"));
    ck_assert(room_shows(&t, "✓\u00a0right"));
    end(&t);
}
END_TEST

/* ---- all sizes ----------------------------------------------------------- */

START_TEST(questions_are_drawn_in_every_size) {
    static const char *const states[][5] = {
        {"vote=1", "votes=9999,9999/1,2 vote=2", "beat=1 votes=15,9/6,20",
         "hints=2 answer=1", "beat=3 answer=1,2 votes=1;9999,2,3"},
        {"", "answer=27.5", "answer=0", "beat=1 answer=100", "beat=1"},
        {"", "hints=1", "answer=1", "beat=1", "beat=1 answer=1"}};
    static const int sizes[][2] = {
        {640, 480}, {1024, 768}, {1920, 1080}, {3840, 2160}, {400, 300}};
    static const char *const all[] = {votes, guess, task};
    for (size_t d = 0; d < 3; d++)
        for (size_t i = 0; i < 5; i++) {
            Talk t;
            Err err = {0};
            begin(&t, all[d], NULL);
            ck_assert_msg(app_set_state(t.rig.app, states[d][i], &err), "%s",
                          err.msg);
            for (size_t k = 0; k < 5; k++) {
                const int w = sizes[k][0], h = sizes[k][1];
                ck_assert(canvas_resize(t.rig.canvas, w, h, 1, NULL));
                ck_assert(canvas_resize(t.canvas, w, h, 1, NULL));
                screen_draw(t.rig.screen, t.rig.canvas);
                screen_draw(t.desk, t.canvas);
            }
            end(&t);
        }
}
END_TEST

TEST_MAIN("ask", hands_are_counted_by_key_in_two_votes,
          hands_are_typed_as_numbers,
          the_presenter_counts_by_mouse_and_sees_the_tally,
          each_question_of_a_slide_keeps_its_own_answer,
          hints_come_one_by_one_when_asked_for,
          a_number_is_guessed_by_typing_it, a_number_is_guessed_by_mouse,
          either_end_of_a_range_may_be_guessed,
          a_task_is_ticked_when_it_is_done, a_task_may_be_a_claim_of_the_run,
          the_model_votes_beside_the_class, without_it_there_is_no_column,
          states_have_answers_that_can_be_given,
          long_answers_are_whole_and_marked, questions_are_drawn_in_every_size)
