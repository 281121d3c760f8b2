/* The start page and the card after a lesson's end: what they offer, what each
 * entry leads to, by key and mouse, and that they fit every window. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/screen/screen_private.h"
#include "viz/screen/start.h"

#include <stdio.h>
#include <string.h>

#define TALES "assets/models/tales.bin"

typedef struct Rig {
    AppRig r;
    History *h;
} Rig;

/* With a history that is kept nowhere. */
static void open_rig(Rig *k, AppOptions opt) {
    Err err = {0};
    k->h = history_open(NULL, &err);
    opt.model_path = TALES;
    opt.history = k->h;
    app_rig_open(&k->r, opt);
    app_rig_frame(&k->r);
}

static void open_start(Rig *k) {
    open_rig(k, (AppOptions){.start = true});
    ck_assert_int_eq(app_page(k->r.app), PAGE_START);
}

static void close_rig(Rig *k) {
    app_rig_close(&k->r);
    history_close(k->h);
}

static void press(Rig *k, const char *key) {
    screen_key(k->r.screen, key);
    app_tick(k->r.app, 1);
    app_rig_frame(&k->r);
}

static void is_at(const Rig *k, const char *lesson, int slide, int beat) {
    char name[LESSONS_NAME_MAX];
    ck_assert_ptr_nonnull(app_deck(k->r.app));
    catalogue_name(app_deck(k->r.app), name);
    ck_assert_str_eq(name, lesson);
    ck_assert_int_eq(app_page(k->r.app), PAGE_NONE);
    ck_assert_int_eq(app_state(k->r.app)->slide, slide);
    ck_assert_int_eq(app_state(k->r.app)->beat, beat);
}

static int entry_of(const Rig *k) {
    Scene scene;
    app_look(k->r.app, &scene);
    const int entry = scene.entry;
    app_look_away(k->r.app);
    return entry;
}

/* The entry whose text this is; -1: none. */
static int find(const Rig *k, const char *wanted, StartKind kind) {
    StartEntry list[START_ENTRIES_MAX];
    char text[START_TEXT_MAX], detail[START_TEXT_MAX];
    Scene scene;
    app_look(k->r.app, &scene);
    const int n = start_list(&scene, list);
    int found = -1;
    for (int i = 0; i < n && found < 0; i++) {
        start_text(&scene, &list[i], text, detail);
        if (list[i].kind == kind && strcmp(text, wanted) == 0) found = i;
    }
    app_look_away(k->r.app);
    return found;
}

/* What is said beside the chosen entry. */
static void says(const Rig *k, const char *wanted) {
    StartEntry list[START_ENTRIES_MAX];
    char text[START_TEXT_MAX], detail[START_TEXT_MAX];
    Scene scene;
    app_look(k->r.app, &scene);
    const int n = start_list(&scene, list);
    ck_assert_int_lt(scene.entry, n);
    start_text(&scene, &list[scene.entry], text, detail);
    app_look_away(k->r.app);
    ck_assert_msg(strstr(detail, wanted), "%s", detail);
}

static const Hit *hit_of(const Rig *k, int entry) {
    const Hits *hits = &k->r.screen->hits;
    for (int i = 0; i < hits->n; i++)
        if (hits->list[i].kind == HIT_ENTRY && hits->list[i].arg == entry)
            return &hits->list[i];
    return NULL;
}

static void click_entry(Rig *k, int entry) {
    const Hit *hit = hit_of(k, entry);
    ck_assert_msg(hit != NULL, "entry %d cannot be clicked", entry);
    app_rig_click(&k->r, hit->rect.x + hit->rect.w / 2,
                  hit->rect.y + hit->rect.h / 2);
    app_tick(k->r.app, 1);
    app_rig_frame(&k->r);
}

static void set_state(Rig *k, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(k->r.app, text, &err), "%s", err.msg);
    app_rig_frame(&k->r);
}

/* ---- where it begins ----------------------------------------------------- */

START_TEST(one_key_begins) {
    static const char *const keys[] = {"Enter", "Space", "PageDown"};
    for (int i = 0; i < 3; i++) {
        Rig k;
        open_start(&k);
        ck_assert(app_rig_shows(&k.r, "Begin: Predict"));
        app_tick(k.r.app, 1);
        ck_assert(!history_find(history_list(k.h), HISTORY_LESSON, "predict"));
        press(&k, keys[i]);
        is_at(&k, "predict", 1, 0);
        ck_assert(history_find(history_list(k.h), HISTORY_LESSON, "predict"));
        close_rig(&k);
    }
}
END_TEST

START_TEST(it_goes_on_where_one_was) {
    Rig k;
    open_start(&k);
    history_see(k.h, HISTORY_LESSON, "who-speaks", 2, 1, 5);
    history_use(k.h, "/models/x.gguf");
    press(&k, "Home");
    ck_assert(app_rig_shows(&k.r, "Go on: Who speaks?"));
    ck_assert(app_rig_shows(&k.r, "slide 3 of 5"));
    press(&k, "Enter");
    is_at(&k, "who-speaks", 3, 1);
    /* What was changed since stays. */
    const int n = app_state(k.r.app)->edits.n;
    press(&k, "X");
    ck_assert_int_ne(app_state(k.r.app)->edits.n, n);
    press(&k, "Ctrl+Home");
    ck_assert_int_eq(app_page(k.r.app), PAGE_START);
    press(&k, "Enter");
    is_at(&k, "who-speaks", 3, 1);
    ck_assert_int_ne(app_state(k.r.app)->edits.n, n);
    close_rig(&k);
}
END_TEST

/* A lesson that has become shorter, or is no longer there. */
START_TEST(a_place_that_is_gone_does_no_harm) {
    Rig k;
    open_start(&k);
    history_see(k.h, HISTORY_LESSON, "predict", 90, 9000, 91);
    press(&k, "Enter");
    is_at(&k, "predict", 4, 2);
    history_see(k.h, HISTORY_LESSON, "no-such-lesson", 1, 1, 3);
    press(&k, "Ctrl+Home");
    history_see(k.h, HISTORY_LESSON, "no-such-lesson", 1, 1, 3);
    press(&k, "Enter");
    ck_assert_ptr_nonnull(strstr(app_message(k.r.app), "no-such-lesson"));
    ck_assert_int_eq(app_page(k.r.app), PAGE_START);
    history_see(k.h, HISTORY_DECK, "/no/such/deck.md", 1, 1, 3);
    press(&k, "Enter");
    ck_assert_ptr_nonnull(strstr(app_message(k.r.app), "/no/such/deck.md"));
    close_rig(&k);
}
END_TEST

START_TEST(escape_puts_it_away_and_digits_answer_nothing_hidden) {
    Rig k;
    open_start(&k);
    press(&k, "Esc");
    is_at(&k, "predict", 1, 0);
    press(&k, "Ctrl+Home");
    press(&k, "3");
    ck_assert_int_eq(app_page(k.r.app), PAGE_NONE);
    ck_assert_str_eq(app_view(k.r.app)->name, "embedding");
    char text[4096];
    app_state_text(k.r.app, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "answer="));
    close_rig(&k);
}
END_TEST

/* ---- entries ------------------------------------------------------------- */

START_TEST(every_lesson_and_slide_is_there_in_both_orders) {
    Rig k;
    Err err = {0};
    Catalogue *c = catalogue_open(&err);
    open_start(&k);
    ck_assert_int_eq(c->n, 16);
    for (int order = 0; order < 2; order++) {
        for (int i = 0; i < c->n; i++) {
            ck_assert_int_eq(c->lessons[i].place, i + 1);
            const int e = find(&k, c->lessons[i].title, START_LESSON);
            ck_assert_msg(e > 0, "%s is missing", c->lessons[i].name);
            ck_assert_ptr_nonnull(hit_of(&k, e));
        }
        ck_assert_int_eq(find(&k, "(Wikipedia) Definition", START_SLIDE) > 0,
                         order == 0);
        press(&k, "Tab");
    }
    catalogue_close(c);
    close_rig(&k);
}
END_TEST

START_TEST(a_click_opens_a_lesson_and_a_slide_of_the_lecture) {
    Rig k;
    open_start(&k);
    click_entry(&k, find(&k, "RoPE", START_LESSON));
    is_at(&k, "rope", 1, 0);
    press(&k, "Ctrl+Home");
    click_entry(&k, find(&k, "Attention Is All You Need", START_SLIDE));
    is_at(&k, "large-language-models", 5, 0);
    press(&k, "Ctrl+Home");
    click_entry(&k, find(&k, "answers", START_MODEL));
    ck_assert_int_eq(app_page(k.r.app), PAGE_NONE);
    ck_assert_str_eq(app_state(k.r.app)->model, "embedded:answers");
    ck_assert_str_eq(app_view(k.r.app)->name, "model");
    press(&k, "Ctrl+Home");
    click_entry(&k, find(&k, "Your own sentence", START_COMMAND));
    ck_assert_int_eq(app_mode(k.r.app), APP_EDITING);
    close_rig(&k);
}
END_TEST

/* Every entry can be walked to, and keys stay within. */
START_TEST(arrows_reach_every_entry) {
    static const char *const keys[] = {"Down", "Right", "Left", "Up"};
    Rig k;
    open_start(&k);
    history_see(k.h, HISTORY_DECK, "/home/me/a.md", 0, 0, 3);
    history_use(k.h, "/home/me/b.gguf");
    for (int order = 0; order < 2; order++) {
        StartEntry list[START_ENTRIES_MAX];
        bool seen[START_ENTRIES_MAX] = {true};
        Scene scene;
        app_look(k.r.app, &scene);
        const int n = start_list(&scene, list);
        app_look_away(k.r.app);
        for (int round = 0; round < n; round++)
            for (int i = 0; i < n; i++)
                for (int key = 0; seen[i] && key < 4; key++) {
                    const int to = start_step(list, n, i, keys[key]);
                    ck_assert(to >= 0 && to < n);
                    seen[to] = true;
                }
        for (int i = 0; i < n; i++)
            ck_assert_msg(seen[i], "entry %d of %d is not reached", i, n);
        ck_assert_int_eq(start_step(list, n, n + 7, "Down"), n - 1);
        ck_assert_int_eq(start_step(list, n, 0, "F3"), -1);
        press(&k, "Tab");
    }
    press(&k, "End");
    ck_assert(entry_of(&k) > 20);
    screen_take_entry(k.r.screen, find(&k, "b.gguf", START_RECENT));
    ck_assert_int_eq(app_take_request(k.r.app), APP_OPEN_FILE);
    ck_assert_str_eq(app_wanted(k.r.app), "/home/me/b.gguf");
    close_rig(&k);
}
END_TEST

START_TEST(it_says_what_is_done) {
    Rig k;
    open_start(&k);
    for (int i = 0; i < 3; i++)
        history_see(k.h, HISTORY_LESSON, "large", i, 0, 3);
    history_see(k.h, HISTORY_LESSON, "tokens", 1, 0, 4);
    history_answer(k.h, HISTORY_LESSON, "tokens", 1);
    history_see(k.h, HISTORY_LESSON, CATALOGUE_LECTURE, 4, 0, 10);
    history_see(k.h, HISTORY_LESSON, "tokens", 1, 0, 4);
    press(&k, "Home");
    ck_assert(app_rig_shows(&k.r, "✓ large"));
    ck_assert(app_rig_shows(&k.r, "tokens  1/4"));
    ck_assert(app_rig_shows(&k.r, "16 lessons, 1 done"));
    set_state(&k, "entry=5");
    press(&k, "Right"); /* tokens, beside predict */
    ck_assert_int_eq(entry_of(&k), find(&k, "Tokens", START_LESSON));
    says(&k, "1 seen, 1 answered");
    press(&k, "Enter"); /* where one was */
    is_at(&k, "tokens", 2, 0);
    press(&k, "Ctrl+Home");
    click_entry(&k, find(&k, "How large?", START_LESSON)); /* anew */
    is_at(&k, "large", 1, 0);
    close_rig(&k);
}
END_TEST

/* A clicker's button back: the page has nothing before it. */
START_TEST(nothing_comes_before_the_start_page) {
    static const char *const back[] = {"PageUp", "Shift+Space", "Backspace"};
    Rig k;
    open_rig(&k, (AppOptions){.lesson = "predict", .slide = 2, .start = true});
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        press(&k, back[i]);
        ck_assert_int_eq(app_page(k.r.app), PAGE_START);
    }
    press(&k, "Esc");
    is_at(&k, "predict", 3, 0);
    close_rig(&k);
}
END_TEST

/* ---- after the end ------------------------------------------------------- */

START_TEST(after_the_last_beat_comes_what_is_next) {
    Rig k;
    open_rig(&k, (AppOptions){.lesson = "predict", .slide = 99, .beat = 99});
    is_at(&k, "predict", 4, 2);
    press(&k, "Space");
    ck_assert_int_eq(app_page(k.r.app), PAGE_END);
    ck_assert(app_rig_shows(&k.r, "The end of Predict"));
    ck_assert(app_rig_shows(&k.r, "Next: How large?"));
    const uint32_t behind = canvas_pixels(k.r.canvas)->px[0];
    press(&k, "Shift+Space"); /* nobody is forced */
    ck_assert_uint_lt(behind & 0xff, canvas_pixels(k.r.canvas)->px[0] & 0xff);
    is_at(&k, "predict", 4, 2);
    press(&k, "Space");
    press(&k, "Esc");
    is_at(&k, "predict", 4, 2);
    press(&k, "PageDown");
    click_entry(&k, 1); /* break something */
    is_at(&k, "predict", 4, 0);
    for (int i = 0; i < 3; i++)
        press(&k, "Space");
    press(&k, "Down");
    press(&k, "Down");
    press(&k, "Enter");
    is_at(&k, "predict", 1, 0);
    press(&k, "G");
    press(&k, "4");
    press(&k, "Enter");
    for (int i = 0; i < 4; i++)
        press(&k, "Space");
    is_at(&k, "large", 1, 0);
    close_rig(&k);
}
END_TEST

/* The last lesson, and a deck of one's own: there is no next one. */
START_TEST(without_a_next_lesson_the_card_offers_the_rest) {
    Rig k;
    open_rig(&k, (AppOptions){.lesson = "fine-tune", .slide = 99, .beat = 99});
    press(&k, "Space");
    ck_assert(!app_rig_shows(&k.r, "Next: "));
    press(&k, "End");
    press(&k, "Space");
    ck_assert_int_eq(app_page(k.r.app), PAGE_START);
    close_rig(&k);

    AppRig r;
    app_rig_open(&r, (AppOptions){.slide = 99});
    app_rig_frame(&r);
    screen_key(r.screen, "Space");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "The end of "));
    ck_assert(app_rig_shows(&r, "Again from the beginning"));
    ck_assert(!app_rig_shows(&r, "Next: "));
    screen_key(r.screen, "Space");
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    app_rig_close(&r);
}
END_TEST

/* ---- state --------------------------------------------------------------- */

START_TEST(the_state_says_it_but_not_what_was_done) {
    Rig k;
    char text[4096];
    open_start(&k);
    history_see(k.h, HISTORY_LESSON, "tokens", 1, 0, 4);
    press(&k, "Tab");
    press(&k, "Down");
    app_state_text(k.r.app, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "cover=start"));
    ck_assert_ptr_nonnull(strstr(text, "lessons=subject"));
    ck_assert_ptr_nonnull(strstr(text, "entry=1"));
    ck_assert_ptr_null(strstr(text, "tokens  "));
    press(&k, "Esc");
    ck_assert_int_eq(app_page(k.r.app), PAGE_NONE);
    set_state(&k, text);
    ck_assert_int_eq(app_page(k.r.app), PAGE_START);
    ck_assert_int_eq(entry_of(&k), 1);
    set_state(&k, "theme=dark"); /* how it looks */
    ck_assert_int_eq(app_page(k.r.app), PAGE_START);
    set_state(&k, "view=next"); /* where to be */
    ck_assert_int_eq(app_page(k.r.app), PAGE_NONE);
    set_state(&k, "entry=159 cover=start");
    press(&k, "Enter"); /* past the last: the last */
    close_rig(&k);
}
END_TEST

/* Without a history nothing of one is drawn. */
START_TEST(without_a_history_the_page_is_the_states) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.model_path = TALES, .start = true});
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "Begin: Predict"));
    ck_assert(!app_rig_shows(&r, "Recent files"));
    app_tick(r.app, 1);
    screen_key(r.screen, "Enter");
    app_tick(r.app, 2);
    screen_key(r.screen, "Space");
    screen_key(r.screen, "Ctrl+Home");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "Go on: Predict"));
    app_rig_close(&r);
}
END_TEST

/* ---- sizes --------------------------------------------------------------- */

static void check_frame(const Rig *k, const char *state) {
    const Hits *hits = &k->r.screen->hits;
    const int w = k->r.w, h = k->r.h;
    int n;
    const TextMark *mark = canvas_texts(k->r.canvas, &n);
    for (int i = 0; i < n; i++) {
        ck_assert_msg(mark[i].size_px >= 11, "%dx%d %s: \"%s\" is %.1f px", w,
                      h, state, mark[i].text, (double)mark[i].size_px);
        for (int j = 0; j < i && h >= 600; j++)
            ck_assert_msg(!textmark_meets(&mark[i], &mark[j], -1),
                          "%dx%d %s: \"%s\" lies on \"%s\"", w, h, state,
                          mark[i].text, mark[j].text);
    }
    Scene scene;
    StartEntry list[START_ENTRIES_MAX];
    app_look(k->r.app, &scene);
    const int last = start_list(&scene, list) - 1;
    app_look_away(k->r.app);
    const Hit *hit =
        hit_of(k, scene.entry < last ? scene.entry : last); /* chosen */
    ck_assert_msg(hit && hit->rect.y >= 0 && hit->rect.y + hit->rect.h <= h,
                  "%dx%d %s: what is chosen is not seen", w, h, state);
    ck_assert(hits->n < HITS_MAX);
}

START_TEST(it_fits_every_window) {
    static const int sizes[][2] = {{640, 480},   {800, 600},   {1024, 768},
                                   {1366, 768},  {1920, 1080}, {3840, 2160},
                                   {1080, 1920}, {700, 500}};
    static const char *const states[] = {
        "cover=start scale=1",         "cover=start entry=22",
        "cover=start entry=159",       "cover=start lessons=subject entry=9",
        "cover=start scale=2",         "cover=start scale=2 entry=159",
        "cover=start scale=2 entry=20"};
    Rig k;
    open_start(&k);
    history_see(k.h, HISTORY_DECK,
                "/a/very long name of a deck that somebody has given it.md", 3,
                0, 300);
    history_use(k.h, "/models/a model with a name that goes on.gguf");
    for (int i = 0; i < 3; i++)
        history_see(k.h, HISTORY_LESSON, "large", i, 0, 3);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
            k.r.w = sizes[i][0];
            k.r.h = sizes[i][1];
            set_state(&k, states[s]);
            check_frame(&k, states[s]);
        }
    close_rig(&k);
}
END_TEST

/* Windows that nothing fits in do no harm. */
START_TEST(tiny_windows_do_no_harm) {
    static const int sizes[][2] = {{1, 1}, {3, 700}, {700, 3}, {40, 40}};
    Rig k;
    open_start(&k);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        k.r.w = sizes[i][0];
        k.r.h = sizes[i][1];
        set_state(&k, "cover=start");
        set_state(&k, "cover=end");
    }
    close_rig(&k);
}
END_TEST

TEST_MAIN("start", nothing_comes_before_the_start_page, one_key_begins,
          it_goes_on_where_one_was, a_place_that_is_gone_does_no_harm,
          escape_puts_it_away_and_digits_answer_nothing_hidden,
          every_lesson_and_slide_is_there_in_both_orders,
          a_click_opens_a_lesson_and_a_slide_of_the_lecture,
          arrows_reach_every_entry, it_says_what_is_done,
          after_the_last_beat_comes_what_is_next,
          without_a_next_lesson_the_card_offers_the_rest,
          the_state_says_it_but_not_what_was_done,
          without_a_history_the_page_is_the_states, it_fits_every_window,
          tiny_windows_do_no_harm)
