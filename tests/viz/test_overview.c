/* All slides at once: how many are seen, which one keys, text and the mouse
 * choose, what a clicker does meanwhile, and that a state brings it back. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/slides.h"
#include "viz/screen/screen_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A deck of n slides, "Part 1: alpha", "Part 2: beta", ... */
static void open_deck(AppRig *r, char dir[FOLDER_PATH_MAX], int n) {
    static const char *const names[] = {"alpha", "beta", "gamma"};
    char path[FOLDER_PATH_MAX];
    const size_t size = (size_t)n * 160;
    char *text = calloc(size, 1);
    size_t used = 0;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(
            text + used, size - used, "%s# Part %d: %s\n\n- one\n- two\n%s",
            i ? "\n---\n" : "", i + 1, names[i % 3],
            i % 2 ? "\n<!-- .stage: view=attention layer=1 -->\n\nx\n" : "");
    folder_make(dir);
    folder_write(dir, "deck.md", text, used);
    folder_path(path, dir, "deck.md");
    free(text);
    app_rig_open(r, (AppOptions){.deck_path = path});
    app_rig_frame(r);
}

static void close_deck(AppRig *r, const char *dir) {
    app_rig_close(r);
    folder_remove(dir);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

static int chosen(AppRig *r) {
    Scene scene;
    app_look(r->app, &scene);
    const int slide = scene.mode == APP_OVERVIEW ? scene.chosen + 1 : 0;
    app_look_away(r->app);
    return slide;
}

/* A point of the last frame that leads to the slide. */
static bool find(const AppRig *r, int slide, int *x, int *y) {
    int arg;
    for (*y = 0; *y < r->h; *y += 4)
        for (*x = 0; *x < r->w; *x += 4)
            if (screen_command_at(r->screen, *x, *y, &arg) == CMD_SLIDE &&
                arg == slide)
                return true;
    return false;
}

START_TEST(every_size_shows_the_chosen_slide) {
    static const int sizes[][2] = {{640, 480},   {1024, 768},  {1366, 768},
                                   {1920, 1080}, {3840, 2160}, {700, 1300}};
    static const int decks[] = {1, 4, 10, 200};
    for (size_t d = 0; d < sizeof decks / sizeof *decks; d++) {
        AppRig r;
        char dir[FOLDER_PATH_MAX];
        open_deck(&r, dir, decks[d]);
        screen_key(r.screen, "O");
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            int x, y;
            r.w = sizes[i][0];
            r.h = sizes[i][1];
            press(&r, "Home");
            ck_assert(find(&r, 0, &x, &y));
            press(&r, "End");
            ck_assert_int_eq(chosen(&r), decks[d]);
            ck_assert_msg(find(&r, decks[d] - 1, &x, &y), "%d slides, %d x %d",
                          decks[d], r.w, r.h);
            /* What is seen has its picture. */
            const OverviewGrid g = screen_overview_grid(
                r.screen, r.w, r.h, screen_scale(r.screen, r.w, r.h),
                decks[d] - 1);
            ck_assert_ptr_nonnull(
                screen_thumb(r.screen, decks[d] - 1, g.w, g.h));
            ck_assert_int_ge(g.w, 150);
        }
        close_deck(&r, dir);
    }
}
END_TEST

START_TEST(keys_choose_and_enter_goes) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 10);
    press(&r, "O");
    ck_assert_int_eq(chosen(&r), 1);
    press(&r, "Right");
    press(&r, "Right");
    ck_assert_int_eq(chosen(&r), 3);
    press(&r, "Left");
    press(&r, "Left");
    press(&r, "Left");
    ck_assert_int_eq(chosen(&r), 1);
    press(&r, "Down");
    const int below = chosen(&r);
    ck_assert_int_gt(below, 2);
    press(&r, "Up");
    ck_assert_int_eq(chosen(&r), 1);
    press(&r, "Down");
    press(&r, "Enter");
    ck_assert_int_eq(chosen(&r), 0);
    ck_assert_int_eq(app_state(r.app)->slide, below);
    press(&r, "O");
    ck_assert_int_eq(chosen(&r), below); /* where one is */
    press(&r, "Home");
    press(&r, "Esc");
    ck_assert_int_eq(chosen(&r), 0);
    ck_assert_int_eq(app_state(r.app)->slide, below);
    close_deck(&r, dir);
}
END_TEST

START_TEST(a_number_or_a_part_of_a_title_finds) {
    AppRig r;
    int x, y;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 40);
    press(&r, "O");
    app_text(r.app, "1");
    app_text(r.app, "2");
    app_rig_frame(&r);
    ck_assert_int_eq(chosen(&r), 12);
    press(&r, "Ctrl+U");
    press(&r, "3"); /* as a key, too */
    ck_assert_int_eq(chosen(&r), 3);
    press(&r, "Backspace");
    app_text(r.app, "GAM");
    app_rig_frame(&r);
    ck_assert_int_eq(chosen(&r), 3);
    ck_assert(!find(&r, 0, &x, &y)); /* "alpha" is left out */
    press(&r, "Right");
    ck_assert_int_eq(chosen(&r), 6);
    app_text(r.app, " 9"); /* both words */
    app_rig_frame(&r);
    ck_assert_int_eq(chosen(&r), 9);
    app_text(r.app, "zzz");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "no slide has that number"));
    press(&r, "Enter"); /* nowhere to go */
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    press(&r, "Ctrl+U");
    app_text(r.app, "part 33:");
    press(&r, "Enter");
    ck_assert_int_eq(app_state(r.app)->slide, 33);
    close_deck(&r, dir);
}
END_TEST

START_TEST(slides_fit_by_number_first) {
    static const char text[] =
        "# 3 things\n---\n# Layers\n---\n# Heads and layers";
    Err err = {0};
    Deck *d = deck_open_memory("t.md", text, sizeof text - 1, &err);
    ck_assert_ptr_nonnull(d);
    ck_assert_int_eq(slides_best(d, "3"), 2);
    ck_assert_int_eq(slides_fit(d, 0, "3"), SLIDES_BEGINS);
    ck_assert_int_eq(slides_best(d, "layers"), 1);
    ck_assert_int_eq(slides_best(d, "layers heads"), 2);
    ck_assert_int_eq(slides_fit(d, 1, "ayer"), SLIDES_TITLE);
    ck_assert_int_eq(slides_best(d, "x"), -1);
    ck_assert_int_eq(slides_fit(d, 1, ""), SLIDES_BEGINS);
    deck_close(d);
}
END_TEST

/* By the labels that are shown: a stack by its number, its slides by theirs. */
START_TEST(slides_of_a_stack_fit_by_their_label) {
    static const char text[] = "a\n---\nb\n----\nc\n----\nd\n---\ne";
    static const struct {
        const char *typed;
        int slide;
    } list[] = {{"1", 0},    {"2", 1}, {"2.1", 1}, {"2.2", 2},  {"2.3", 3},
                {"2.4", -1}, {"3", 4}, {"4", -1},  {"3.1", -1}, {"2.", 1}};
    Err err = {0};
    Deck *d = deck_open_memory("t.md", text, sizeof text - 1, &err);
    ck_assert_ptr_nonnull(d);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        ck_assert_msg(slides_best(d, list[i].typed) == list[i].slide, "%s: %d",
                      list[i].typed, slides_best(d, list[i].typed));
    deck_close(d);
}
END_TEST

START_TEST(the_mouse_chooses) {
    AppRig r;
    int x, y;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 200);
    press(&r, "O");
    ck_assert(find(&r, 3, &x, &y));
    ck_assert(!find(&r, 150, &x, &y));
    for (int i = 0; i < 60 && chosen(&r) < 150; i++)
        screen_wheel(r.screen, 100, 100, -1);
    app_rig_frame(&r);
    ck_assert(find(&r, 150, &x, &y));
    app_rig_click(&r, x, y);
    ck_assert_int_eq(chosen(&r), 0);
    ck_assert_int_eq(app_state(r.app)->slide, 151);
    close_deck(&r, dir);
}
END_TEST

/* PageDown and PageUp step, b and . are black, F5 and Esc end nothing that
 * cannot be had again: also here. */
START_TEST(a_clicker_leads_on) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 10);
    press(&r, "O");
    press(&r, "End");
    press(&r, "PageDown");
    ck_assert_int_eq(chosen(&r), 0);
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    press(&r, "O");
    press(&r, "PageUp");
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    press(&r, "O");
    press(&r, "Space");
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    press(&r, "O");
    app_text(r.app, ".");
    ck_assert(app_is_black(r.app));
    app_text(r.app, ".");
    ck_assert(!app_is_black(r.app));
    screen_key(r.screen, "B"); /* as a keyboard sends it: */
    app_text(r.app, "b");
    ck_assert(app_is_black(r.app));
    app_text(r.app, "e"); /* somebody types "beta" */
    ck_assert(!app_is_black(r.app));
    app_text(r.app, "ta");
    ck_assert_int_eq(chosen(&r), 2);
    screen_key(r.screen, "B"); /* a letter of what is typed by now */
    ck_assert(!app_is_black(r.app));
    app_take_request(r.app);
    press(&r, "F5");
    ck_assert_int_eq(app_take_request(r.app), APP_FULLSCREEN);
    ck_assert_int_eq(chosen(&r), 2);
    press(&r, "Esc");
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    close_deck(&r, dir);
}
END_TEST

START_TEST(without_a_lesson_there_is_none) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    press(&r, "O");
    ck_assert_int_eq(chosen(&r), 0);
    ck_assert_str_eq(app_message(r.app), "no lesson is open");
    ck_assert(!app_set_state(r.app, "cover=slides", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "no lesson"));
    app_rig_close(&r);
}
END_TEST

START_TEST(a_state_says_which_is_chosen) {
    AppRig r;
    Err err = {0};
    static char text[STATE_TEXT_MAX];
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 10);
    ck_assert(app_set_state(r.app, "cover=slides chosen=7", &err));
    ck_assert_int_eq(chosen(&r), 7);
    app_text(r.app, "part");
    press(&r, "Ctrl+C");
    ck_assert_ptr_nonnull(strstr(app_clipboard(r.app), "cover=slides"));
    ck_assert(!app_rig_shows(&r, "find: part")); /* what is typed passes */
    ck_assert(!app_set_state(r.app, "cover=slides chosen=11", &err));
    ck_assert_str_eq(err.msg,
                     "chosen: found 11, need 0 to 10, the slides there are");
    press(&r, "Esc");
    app_state_text(r.app, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "chosen"));
    close_deck(&r, dir);
}
END_TEST

/* A question is shown as it is asked. */
START_TEST(no_answer_is_given_away) {
    static const char deck[] =
        "# A\n\nx\n\n---\n\n# B\n\n<!-- .ask: Which? | a) left | b*) right "
        "-->\n\nafterwards";
    char path[FOLDER_PATH_MAX], dir[FOLDER_PATH_MAX];
    AppRig r;
    folder_make(dir);
    folder_write(dir, "deck.md", deck, sizeof deck - 1);
    folder_path(path, dir, "deck.md");
    app_rig_open(&r, (AppOptions){.deck_path = path});
    press(&r, "O");
    uint32_t sum = 0;
    const Thumb *asked = NULL;
    for (int i = 0; i < THUMBS_MAX; i++)
        if (r.screen->thumbs[i].picture.px && r.screen->thumbs[i].slide == 1)
            asked = &r.screen->thumbs[i];
    ck_assert_ptr_nonnull(asked);
    /* Green is the right answer's alone. */
    const Theme *t = theme_find("light");
    for (int i = 0; i < asked->picture.w * asked->picture.h; i++) {
        const uint32_t px = asked->picture.px[i];
        const int red = px >> 16 & 0xFF, green = px >> 8 & 0xFF;
        if (green > red + 40 && t->good.g > t->good.r + 40) sum++;
    }
    ck_assert_uint_eq(sum, 0);
    app_rig_close(&r);
    folder_remove(dir);
}
END_TEST

/* The deck's file may be read again while all slides are shown. */
START_TEST(the_chosen_slide_is_one_of_the_new_text) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    open_deck(&r, dir, 9);
    ck_assert(app_set_state(r.app, "cover=slides chosen=9", &err));
    folder_write(dir, "deck.md", "# Left\n", 7);
    for (uint64_t ms = 1; ms < 10000; ms += 100)
        app_tick(r.app, ms);
    ck_assert_int_eq(deck_n_slides(app_deck(r.app)), 1);
    ck_assert_int_le(chosen(&r), 1);
    close_deck(&r, dir);
}
END_TEST

/* ---- G: a slide without the overview ------------------------------------- */

static bool says(const AppRig *r, const char *text) {
    return strstr(app_message(r->app), text) != NULL;
}

START_TEST(going_completes_a_number_or_a_title) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 12);
    press(&r, "G");
    ck_assert(says(&r, "its number or a part of its title"));
    app_text(r.app, "gam");
    ck_assert_msg(says(&r, "3 Part 3: gamma"), "%s", app_message(r.app));
    ck_assert(says(&r, "4 fit"));
    app_text(r.app, " 6"); /* all words must stand in it */
    ck_assert_msg(says(&r, "6 Part 6: gamma · Enter"), "%s",
                  app_message(r.app));
    press(&r, "Backspace");
    press(&r, "Backspace");
    ck_assert(says(&r, "3 Part 3"));
    press(&r, "Enter");
    ck_assert_int_eq(app_state(r.app)->slide, 3);
    ck_assert_str_eq(app_message(r.app), "");
    press(&r, "G");
    press(&r, "1");
    ck_assert(says(&r, "1 Part 1: alpha · Enter (4 fit)")); /* 10, 11, 12 */
    press(&r, "2");
    ck_assert(says(&r, "12 Part 12"));
    press(&r, "Enter");
    ck_assert_int_eq(app_state(r.app)->slide, 12);
    close_deck(&r, dir);
}
END_TEST

START_TEST(going_says_what_is_wrong) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 10);
    press(&r, "G");
    press(&r, "9");
    press(&r, "9");
    ck_assert(says(&r, "slide 99: this lesson has 1 to 10"));
    press(&r, "Enter");
    ck_assert(says(&r, "slide 99: this lesson has 1 to 10"));
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    press(&r, "G");
    app_text(r.app, "zebra");
    ck_assert(says(&r, "go to \"zebra\": no slide has that in its title"));
    press(&r, "Enter");
    ck_assert(says(&r, "no slide has that"));
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    press(&r, "G");
    press(&r, "0"); /* no slide's number, and no title's part */
    press(&r, "0");
    press(&r, "Enter");
    ck_assert(says(&r, "slide 00: this lesson has 1 to 10"));
    press(&r, "G");
    press(&r, "4");
    press(&r, "Esc");
    press(&r, "Enter");
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    close_deck(&r, dir);
}
END_TEST

/* Slides are numbered as their labels are: 1.1, 1.2, 1.3, 2. */
START_TEST(a_stack_is_numbered_by_its_labels) {
    static const char deck[] =
        "# One\n---\n# Two\n----\n# Below\n----\n# Last below\n---\n# Three";
    char path[FOLDER_PATH_MAX], dir[FOLDER_PATH_MAX];
    AppRig r;
    folder_make(dir);
    folder_write(dir, "deck.md", deck, sizeof deck - 1);
    folder_path(path, dir, "deck.md");
    app_rig_open(&r, (AppOptions){.deck_path = path});
    press(&r, "G");
    press(&r, "5"); /* slides there are, but no number */
    ck_assert_msg(says(&r, "slide 5: this lesson has 1 to 3"), "%s",
                  app_message(r.app));
    press(&r, "Enter");
    ck_assert(says(&r, "slide 5: this lesson has 1 to 3"));
    press(&r, "G");
    app_text(r.app, "below");
    ck_assert_msg(says(&r, "\"below\": 2.2 Below · Enter (2 fit)"), "%s",
                  app_message(r.app));
    app_text(r.app, " last");
    ck_assert_msg(says(&r, "2.3 Last below · Enter"), "%s", app_message(r.app));
    press(&r, "Enter");
    ck_assert_int_eq(app_state(r.app)->slide, 4);
    press(&r, "O");
    ck_assert(app_rig_shows(&r, "2.3, 4 of 5"));
    press(&r, "Right");
    ck_assert(app_rig_shows(&r, "3, 5 of 5"));
    close_deck(&r, dir);
}
END_TEST

/* A clicker's keys mean what they always mean. */
START_TEST(a_clicker_leads_on_while_going) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    open_deck(&r, dir, 10);
    press(&r, "G");
    press(&r, "PageDown");
    ck_assert_int_eq(app_mode(r.app), APP_STEPPING);
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    press(&r, "G");
    press(&r, "B");
    app_text(r.app, "b");
    ck_assert(app_is_black(r.app));
    press(&r, "Esc");
    ck_assert(!app_is_black(r.app));
    ck_assert_int_eq(app_mode(r.app), APP_GOING);
    app_text(r.app, "1");
    press(&r, "Space");
    app_text(r.app, " ");
    ck_assert_int_eq(app_mode(r.app), APP_GOING); /* a blank is typed */
    press(&r, "PageUp");
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    close_deck(&r, dir);
}
END_TEST

/* ---- their pictures ------------------------------------------------------ */

static int count_thumbs(AppRig *r, int n) {
    const OverviewGrid g = screen_overview_grid(
        r->screen, r->w, r->h, screen_scale(r->screen, r->w, r->h), 0);
    int count = 0;
    for (int i = 0; i < n; i++)
        count += screen_thumb(r->screen, i, g.w, g.h) != NULL;
    return count;
}

static uint32_t *copy_pixels(const AppRig *r) {
    const Pixmap *p = canvas_pixels(r->canvas);
    const size_t size = (size_t)p->stride * (size_t)p->h * sizeof *p->px;
    uint32_t *copy = malloc(size);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, p->px, size);
    return copy;
}

/* It appears at once, and fills to what a picture at rest shows. */
START_TEST(a_window_shows_the_overview_before_its_pictures) {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
    uint64_t now = 1000;
    open_deck(&r, dir, 10);
    screen_draw_at(r.screen, r.canvas, now);
    screen_key(r.screen, "O");
    for (int made = 0; made < 10; made++, now += 20) {
        ck_assert_int_eq(screen_draw_at(r.screen, r.canvas, now), 0);
        ck_assert_int_eq(count_thumbs(&r, 10), made);
    }
    ck_assert_int_eq(screen_draw_at(r.screen, r.canvas, now), -1);
    ck_assert_int_eq(count_thumbs(&r, 10), 10);
    uint32_t *filled = copy_pixels(&r);
    press(&r, "Esc");
    press(&r, "O");
    uint32_t *at_rest = copy_pixels(&r);
    const Pixmap *p = canvas_pixels(r.canvas);
    ck_assert_int_eq(memcmp(filled, at_rest,
                            (size_t)p->stride * (size_t)p->h * sizeof *p->px),
                     0);
    free(filled);
    free(at_rest);
    close_deck(&r, dir);
}
END_TEST

TEST_MAIN("overview", a_window_shows_the_overview_before_its_pictures,
          going_completes_a_number_or_a_title, going_says_what_is_wrong,
          a_stack_is_numbered_by_its_labels, a_clicker_leads_on_while_going,
          every_size_shows_the_chosen_slide, keys_choose_and_enter_goes,
          a_number_or_a_part_of_a_title_finds, slides_fit_by_number_first,
          slides_of_a_stack_fit_by_their_label, the_mouse_chooses,
          a_clicker_leads_on, without_a_lesson_there_is_none,
          a_state_says_which_is_chosen, no_answer_is_given_away,
          the_chosen_slide_is_one_of_the_new_text)
