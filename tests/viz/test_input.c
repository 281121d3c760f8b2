/* Keys and the mouse: what they never do, and that all of it can be undone. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_plain(AppRig *r) {
    app_rig_open(
        r, (AppOptions){.no_deck = true, .prompt = "the cat sat on the mat"});
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

static void set_state(AppRig *r, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, text, &err), "%s", err.msg);
    app_rig_frame(r);
}

static const char *state_text(AppRig *r) {
    static char out[2][STATE_TEXT_MAX];
    static int i;
    i = !i;
    app_state_text(r->app, out[i], sizeof out[i]);
    return out[i];
}

static void drop(AppRig *r, const char *name, const char *text) {
    char path[FOLDER_PATH_MAX];
    folder_write(r->dir, name, text, strlen(text));
    folder_path(path, r->dir, name);
    app_drop(r->app, path);
    app_rig_frame(r);
}

/* ---- the wheel ----------------------------------------------------------- */

START_TEST(the_wheel_never_moves_the_token) {
    AppRig r;
    open_plain(&r);
    for (int v = 0; v < view_count(); v++) {
        char text[64];
        snprintf(text, sizeof text, "view=%s token=2", view_at(v)->name);
        set_state(&r, text);
        for (int y = 5; y < r.h; y += 60)
            for (int x = 5; x < r.w; x += 60) {
                screen_wheel(r.screen, x, y, x / 5 % 2 ? 1 : -1);
                ck_assert_int_eq(app_state(r.app)->token, 2);
            }
        ck_assert_str_eq(app_state(r.app)->view, view_at(v)->name);
        ck_assert_int_eq(app_state(r.app)->n_then, 0);
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(the_wheel_sets_a_slider) {
    AppRig r;
    open_plain(&r);
    set_state(&r, "view=next temperature=0.8");
    /* The first slider is the temperature's, at the stage's top left. */
    int changed = 0;
    for (int y = 100; y < 260 && !changed; y += 6) {
        screen_wheel(r.screen, 60, y, 1);
        changed = app_state(r.app)->sampler.temperature > .8f;
    }
    ck_assert(changed);
    ck_assert_float_eq_tol(app_state(r.app)->sampler.temperature, .9f, .06f);
    app_rig_close(&r);
}
END_TEST

/* ---- the list of the next token ------------------------------------------ */

/* A click there puts the token of this id into the text. */
static bool offers_token(const AppRig *r, int id) {
    Pick p;
    for (int y = 100; y < r->h; y += 4)
        if (screen_pick_at(r->screen, 40, y, &p) && pick_find(&p, STATE_THEN) &&
            pick_get(&p, STATE_THEN) == id)
            return true;
    return false;
}

START_TEST(the_whole_vocabulary_can_be_scrolled_to) {
    AppRig r;
    static bool seen[100000];
    open_plain(&r);
    set_state(&r, "view=next");
    const int n = model_config(app_model(r.app))->vocab_size;
    int n_seen = 0;
    for (int turn = 0; turn <= n / 3 + 2; turn++) {
        Pick p;
        for (int y = 100; y < r.h; y += 8)
            if (screen_pick_at(r.screen, 40, y, &p) &&
                pick_find(&p, STATE_THEN)) {
                n_seen += !seen[pick_get(&p, STATE_THEN)];
                seen[pick_get(&p, STATE_THEN)] = true;
            }
        screen_wheel(r.screen, 200, 420, -1);
        app_rig_frame(&r);
    }
    ck_assert_int_eq(n_seen, n);
    screen_wheel(r.screen, 200, 420, 1);
    ck_assert_int_gt(app_state(r.app)->row, 0);
    press(&r, "Right"); /* another place begins at the top */
    ck_assert_int_eq(app_state(r.app)->row, -1);
    app_rig_close(&r);
}
END_TEST

START_TEST(an_opened_row_is_shown) {
    AppRig r;
    open_plain(&r);
    const int n = model_config(app_model(r.app))->vocab_size;
    for (int id = 0; id < n; id++) {
        char text[64];
        snprintf(text, sizeof text, "view=next elem=%d", id);
        set_state(&r, text);
        ck_assert_msg(offers_token(&r, id), "token %d is not listed", id);
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(a_token_is_found_by_its_text) {
    AppRig r;
    open_plain(&r);
    const int cat = tokenizer_find_piece(app_tokenizer(r.app), " cat", 4);
    ck_assert_int_ge(cat, 0);
    press(&r, "Ctrl+F");
    ck_assert_str_eq(app_state(r.app)->view, "next");
    ck_assert(app_is_writing(r.app));
    app_text(r.app, "c");
    app_text(r.app, "at");
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->elem, cat);
    ck_assert(offers_token(&r, cat));
    app_text(r.app, "#");
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "no token holds"));
    press(&r, "Esc");
    ck_assert(!app_is_writing(r.app));
    ck_assert_int_eq(app_state(r.app)->elem, cat); /* found is found */
    app_rig_close(&r);
}
END_TEST

/* ---- the prompt ---------------------------------------------------------- */

START_TEST(typing_replaces_the_old_prompt) {
    AppRig r;
    open_plain(&r);
    press(&r, "/");
    app_text(r.app, "the dog");
    press(&r, "Enter");
    ck_assert_str_eq(app_state(r.app)->prompt, "the dog");
    press(&r, "/");
    press(&r, "End"); /* the mark is gone: it is edited */
    app_text(r.app, " sat");
    press(&r, "Enter");
    ck_assert_str_eq(app_state(r.app)->prompt, "the dog sat");
    app_rig_close(&r);
}
END_TEST

START_TEST(a_token_inside_the_prompt_can_be_replaced) {
    AppRig r;
    open_plain(&r);
    const int cat = tokenizer_find_piece(app_tokenizer(r.app), " cat", 4);
    const int the = tokenizer_find_piece(app_tokenizer(r.app), " the", 4);
    ck_assert(cat >= 0 && the >= 0);
    set_state(&r, "token=1");
    app_force(r.app, the);
    ck_assert_str_eq(app_state(r.app)->prompt, "the the sat on the mat");
    ck_assert_int_eq(app_state(r.app)->token, 2);
    set_state(&r, "token=0"); /* the tokenizer puts its own blank first */
    app_force(r.app, cat);
    ck_assert_str_eq(app_state(r.app)->prompt, "cat the sat on the mat");
    app_force(r.app, 1); /* a control token */
    ck_assert_str_eq(app_state(r.app)->prompt, "cat the sat on the mat");
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "control"));
    app_rig_close(&r);
}
END_TEST

/* ---- questions ----------------------------------------------------------- */

static const char ask[] = "# A\n\n<!-- .ask: Q | a) x | b*) y | c) z -->\n\n"
                          "<!-- .stage: head=1 -->\n\nB\n\n---\n\n# C\n";

START_TEST(digits_answer_while_a_question_waits) {
    AppRig r;
    open_plain(&r);
    drop(&r, "ask.md", ask);
    const char *view = app_view(r.app)->name;
    press(&r, "B");
    ck_assert(app_is_black(r.app)); /* always */
    press(&r, "B");
    press(&r, "3");
    ck_assert_int_eq((int)app_state(r.app)->answer.at[0], 3);
    press(&r, "2"); /* another vote */
    ck_assert_int_eq((int)app_state(r.app)->answer.at[0], 2);
    press(&r, "A");
    ck_assert_int_eq((int)app_state(r.app)->answer.at[0], 2);
    ck_assert_str_eq(app_view(r.app)->name, view);
    press(&r, "Space");
    ck_assert_int_eq((int)app_state(r.app)->answer.at[0], 2); /* and stays */
    press(&r, "2"); /* nothing waits: it is a view's key */
    ck_assert_str_eq(app_view(r.app)->name, "tokens");
    press(&r, "Space");
    ck_assert(app_state(r.app)->answer.at[0] < 1);
    app_rig_close(&r);
}
END_TEST

static bool is_guessing(AppRig *r) {
    Scene scene;
    app_look(r->app, &scene);
    const bool is = scene.is_guessing;
    app_look_away(r->app);
    return is;
}

/* What the class guesses is held back, but not what somebody's own text makes
 * of the model, where the question is about a text of the lesson's; a copied
 * state is the same here. */
START_TEST(only_the_questions_own_text_is_held_back) {
    static const char about[] = "# A\n\n<!-- .stage: prompt=\"the cat\" -->\n\n"
                                "<!-- .ask: Q | a) x | b*) y -->\n\n"
                                "<!-- .stage: head=1 -->\n\nB\n";
    AppRig r;
    open_plain(&r);
    drop(&r, "ask.md", ask);
    ck_assert(is_guessing(&r));
    set_state(&r, "prompt=\"the mat\""); /* it is about any text */
    ck_assert(is_guessing(&r));
    drop(&r, "about.md", about);
    ck_assert(is_guessing(&r));
    char *copy = strdup(state_text(&r));
    set_state(&r, "prompt=\"the mat\"");
    ck_assert(!is_guessing(&r));
    press(&r, "1"); /* it can still be answered */
    ck_assert_int_eq((int)app_state(r.app)->answer.at[0], 1);
    set_state(&r, copy);
    ck_assert(is_guessing(&r));
    free(copy);
    app_rig_close(&r);
}
END_TEST

/* Whether something of the theme's colour for what is right is on the slide. */
static bool marks_right(AppRig *r) {
    const Pixmap *p = canvas_pixels(r->canvas);
    const Color g = theme_find("light")->good;
    const uint32_t good =
        0xff000000u | (uint32_t)g.r << 16 | (uint32_t)g.g << 8 | (uint32_t)g.b;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < 380 && x < p->w; x++)
            if (p->px[(size_t)y * (size_t)p->stride + (size_t)x] == good)
                return true;
    return false;
}

START_TEST(the_right_answer_is_marked_for_everybody) {
    AppRig r;
    open_plain(&r);
    drop(&r, "ask.md", ask);
    ck_assert(!marks_right(&r));
    press(&r, "1");
    ck_assert(!marks_right(&r)); /* a vote gives nothing away */
    press(&r, "Space");
    ck_assert(marks_right(&r));
    drop(&r, "ask.md", ask);
    press(&r, "Space");
    ck_assert(marks_right(&r)); /* not answered */
    press(&r, "V");
    ck_assert(marks_right(&r));
    app_rig_close(&r);
}
END_TEST

/* ---- slides by number ---------------------------------------------------- */

/* A model of 320 rows whose tokenizer has 300 pieces: a row without a piece is
 * none that can be opened. */
START_TEST(rows_without_a_piece_are_not_opened) {
    static const char *const views[] = {"view=next", "view=residual",
                                        "view=tokens op=vocabulary"};
    char path[FOLDER_PATH_MAX], dir[FOLDER_PATH_MAX];
    TinySpec spec = tiny_spec();
    size_t size;
    void *pieces = tiny_tokenizer_bytes(300, &size);
    spec.vocab_size = 320;
    folder_make(dir);
    tiny_write(&spec, dir, "tokenizer.bin");
    folder_write(dir, "tokenizer.bin", pieces, size);
    folder_path(path, dir, "tiny.bin");
    for (int i = 0; i < 3; i++) {
        AppRig r;
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .model_path = path,
                                      .prompt = "the cat",
                                      .state = "elem=310"});
        set_state(&r, views[i]);
        app_rig_frame(&r);
        screen_key(r.screen, "Shift+Down");
        app_rig_frame(&r);
        ck_assert_int_lt(app_state(r.app)->elem, 300);
        app_rig_close(&r);
    }
    folder_remove(dir);
    free(pieces);
}
END_TEST

START_TEST(slides_count_from_1) {
    AppRig r;
    Err err = {0};
    open_plain(&r);
    drop(&r, "ask.md", ask);
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    press(&r, "Space");
    press(&r, "Space");
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    ck_assert_ptr_nonnull(strstr(state_text(&r), "slide=2"));
    set_state(&r, "slide=1 beat=1");
    ck_assert_int_eq(app_state(r.app)->head, 1);
    ck_assert(!app_set_state(r.app, "slide=3", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "slide: found 3"));
    err = (Err){0};
    ck_assert(!app_set_state(r.app, "slide=1 beat=2", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "beat: found 2"));
    err = (Err){0};
    ck_assert(!app_set_state(r.app, "slide=0", &err));
    app_rig_close(&r);
}
END_TEST

/* ---- a short context ----------------------------------------------------- */

/* The tiny model's context holds 64 tokens. */
START_TEST(a_lesson_that_does_not_fit_is_not_opened) {
    AppRig r;
    char deck[2048], path[FOLDER_PATH_MAX];
    int n = snprintf(deck, sizeof deck, "# A\n\n<!-- .stage: prompt=\"");
    for (int i = 0; i < 100; i++)
        n += snprintf(deck + n, sizeof deck - (size_t)n, "the cat ");
    snprintf(deck + n, sizeof deck - (size_t)n, "\" -->\n\nx\n");
    char dir[FOLDER_PATH_MAX];
    folder_make(dir);
    folder_write(dir, "long.md", deck, strlen(deck));
    folder_path(path, dir, "long.md");
    app_rig_open(&r, (AppOptions){.deck_path = path, .prompt = "the cat"});
    ck_assert_ptr_null(app_deck(r.app));
    ck_assert_str_eq(app_state(r.app)->prompt, "the cat");
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "lesson is not opened"));
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

/* ---- leaving and undoing ------------------------------------------------- */

START_TEST(esc_leaves_fullscreen_last) {
    AppRig r;
    open_plain(&r);
    set_state(&r, "view=attention token=3 key=1");
    press(&r, "B");
    press(&r, "Esc");
    ck_assert(!app_is_black(r.app));
    ck_assert_int_eq(app_take_request(r.app), APP_NOTHING);
    set_state(&r, "key=1");
    press(&r, "Esc");
    ck_assert_int_eq(app_state(r.app)->key, -1);
    ck_assert_int_eq(app_take_request(r.app), APP_NOTHING);
    press(&r, "Esc");
    ck_assert_int_eq(app_take_request(r.app), APP_NO_FULLSCREEN);
    app_rig_close(&r);
}
END_TEST

START_TEST(what_keys_do_is_undone_and_redone) {
    static const char *const keys[] = {"Up",    "]", "X",     "2",
                                       "Right", "T", "Right", "Z"};
    enum { N = sizeof keys / sizeof *keys };
    static char was[N + 1][4096];
    AppRig r;
    app_rig_open(&r, (AppOptions){.prompt = "the cat sat on the mat"});
    app_rig_frame(&r);
    set_state(&r, "token=1");
    snprintf(was[0], sizeof was[0], "%s", state_text(&r));
    for (int i = 0; i < N; i++) {
        press(&r, keys[i]);
        snprintf(was[i + 1], sizeof was[0], "%s", state_text(&r));
    }
    for (int i = N - 1; i >= 0; i--) {
        press(&r, "Ctrl+Z");
        ck_assert_str_eq(state_text(&r), was[i]);
    }
    for (int i = 1; i <= N; i++) {
        press(&r, "Ctrl+Shift+Z");
        ck_assert_str_eq(state_text(&r), was[i]);
    }
    press(&r, "Ctrl+Shift+Z");
    ck_assert_str_eq(state_text(&r), was[N]);
    press(&r, "Ctrl+Z");
    press(&r, "Down"); /* another way: the old one is gone */
    press(&r, "Ctrl+Shift+Z");
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "nothing to redo"));
    app_rig_close(&r);
}
END_TEST

START_TEST(an_edited_prompt_is_one_change) {
    AppRig r;
    open_plain(&r);
    press(&r, "/");
    app_text(r.app, "the");
    press(&r, "X");
    app_text(r.app, " dog");
    press(&r, "Enter");
    press(&r, "Ctrl+Z");
    ck_assert_str_eq(app_state(r.app)->prompt, "the cat sat on the mat");
    press(&r, "Ctrl+Shift+Z");
    ck_assert_str_eq(app_state(r.app)->prompt, "the dog");
    app_rig_close(&r);
}
END_TEST

START_TEST(a_deck_dropped_on_an_edited_prompt_stays) {
    AppRig r;
    open_plain(&r);
    press(&r, "/");
    app_text(r.app, "the dog");
    drop(&r, "ask.md", "# A\n\n<!-- .stage: view=heads token=1 -->\n\nx\n");
    press(&r, "Esc");
    ck_assert_str_eq(app_state(r.app)->view, "heads");
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    app_rig_close(&r);
}
END_TEST

/* ---- labels -------------------------------------------------------------- */

/* In a view every slanted label of a token and, in attention, every label above
 * the map and left of it goes to a token of that text. */
START_TEST(a_click_on_a_tokens_label_goes_there) {
    static const char *const states[] = {"view=attention", "view=block"};
    AppRig r;
    open_plain(&r);
    for (int i = 0; i < 2; i++) {
        Scene scene;
        int n, n_slanted = 0, n_level = 0, rows[2] = {0};
        set_state(&r, states[i]);
        const TextMark *marks = canvas_texts(r.canvas, &n);
        app_look(r.app, &scene);
        for (int k = 0; k < n; k++) {
            const TextMark *m = &marks[k];
            Pick p;
            const float up = m->angle == 0 ? m->cap / 2 : 3;
            const int x = (int)(m->x + 3), y = (int)(m->y - up);
            if (y < 140 || /* the strip of tokens */
                !screen_pick_at(r.screen, x, y, &p) ||
                !pick_find(&p, STATE_TOKEN) || !pick_find(&p, STATE_KEY) ||
                pick_get(&p, STATE_KEY) != -1)
                continue;
            const int token = pick_get(&p, STATE_TOKEN);
            ck_assert_str_eq(scene.labels[token], m->text);
            n_slanted += m->angle != 0;
            n_level += m->angle == 0;
            rows[i] = token;
        }
        app_look_away(r.app);
        if (i == 0)
            ck_assert_int_ge(n_slanted + n_level, 10);
        else
            ck_assert_int_ge(n_slanted, 5);
        ck_assert_int_gt(rows[i], 0);
    }
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("input", rows_without_a_piece_are_not_opened,
          a_click_on_a_tokens_label_goes_there, the_wheel_never_moves_the_token,
          the_wheel_sets_a_slider, the_whole_vocabulary_can_be_scrolled_to,
          an_opened_row_is_shown, a_token_is_found_by_its_text,
          typing_replaces_the_old_prompt,
          a_token_inside_the_prompt_can_be_replaced,
          digits_answer_while_a_question_waits,
          only_the_questions_own_text_is_held_back,
          a_lesson_that_does_not_fit_is_not_opened,
          the_right_answer_is_marked_for_everybody, slides_count_from_1,
          esc_leaves_fullscreen_last, what_keys_do_is_undone_and_redone,
          an_edited_prompt_is_one_change,
          a_deck_dropped_on_an_edited_prompt_stays)
