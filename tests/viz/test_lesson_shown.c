/* Which lesson is shown with which model, and what becomes of it when its file
 * changes. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/app/source_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_deck(AppRig *r, const char *text) {
    folder_write(r->dir, "deck.md", text, strlen(text));
}

/* Opens a deck beside the tiny model by dropping it. */
static void open_deck(AppRig *r, const char *text) {
    char path[FOLDER_PATH_MAX];
    app_rig_open(r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    write_deck(r, text);
    folder_path(path, r->dir, "deck.md");
    app_drop(r->app, path);
    app_rig_frame(r);
}

static bool offers(const AppRig *r, Command c) {
    int arg;
    for (int y = 1; y < r->h; y += 4)
        for (int x = 1; x < r->w; x += 8)
            if (screen_command_at(r->screen, x, y, &arg) == c) return true;
    return false;
}

/* ---- which model --------------------------------------------------------- */

#define STAGED "\n---\n\n# A\n\n<!-- .stage: layer=1 -->\n\nx\n\n---\n\n# B\n"

START_TEST(stages_run_for_the_models_a_deck_names_alone) {
    static const struct {
        const char *front;
        int layer;
    } decks[] = {
        {"title: T", 1},
        {"model: tiny", 1},
        {"models: tales, tiny", 1},
        {"models: [tales, ti*]", 1},
        {"models:\n- x*\n- *n*", 1},
        {"model: tales", 0},
        {"models: tales, tin, tinyy, tiny?, t*z", 0},
    };
    for (size_t i = 0; i < sizeof decks / sizeof *decks; i++) {
        AppRig r;
        char text[512];
        snprintf(text, sizeof text, "---\n%s" STAGED, decks[i].front);
        open_deck(&r, text);
        ck_assert_msg(app_state(r.app)->layer == decks[i].layer, "%s",
                      decks[i].front);
        ck_assert(offers(&r, CMD_OPEN_MODEL) == !decks[i].layer);
        screen_key(r.screen, "Space");
        ck_assert_int_eq(app_state(r.app)->slide, 2);
        ck_assert_int_eq(app_state(r.app)->layer, decks[i].layer);
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(the_right_model_is_asked_for_by_key) {
    AppRig r;
    open_deck(&r, "---\nmodel: tales" STAGED);
    ck_assert_str_eq(app_other_model(r.app), "embedded:tales");
    screen_key(r.screen, "Ctrl+O");
    ck_assert_int_eq(app_take_request(r.app), APP_OPEN_MODEL);
    app_rig_close(&r);

    open_deck(&r, "---\nmodel: nobodys" STAGED);
    ck_assert_str_eq(app_other_model(r.app), "");
    ck_assert(!offers(&r, CMD_OPEN_MODEL));
    screen_key(r.screen, "Ctrl+O");
    ck_assert_int_eq(app_take_request(r.app), APP_NOTHING);
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "nobodys"));
    app_rig_close(&r);
}
END_TEST

START_TEST(a_model_beside_the_deck_is_found) {
    AppRig r;
    char want[FOLDER_PATH_MAX];
    open_deck(&r, "x");
    folder_write(r.dir, "big.gguf", "x", 1);
    write_deck(&r, "---\nmodel: big" STAGED);
    folder_path(want, r.dir, "deck.md");
    app_drop(r.app, want);
    folder_path(want, r.dir, "big.gguf");
    ck_assert_str_eq(app_other_model(r.app), want);
    app_rig_close(&r);
}
END_TEST

START_TEST(no_embedded_lesson_is_opened_that_is_not_about_the_model) {
    static const struct {
        const char *model, *title; /* NULL: none is open */
    } opened[] = {{"embedded:tales", "Predict"},
                  {"embedded:answers", NULL},
                  {"embedded:step-000400", NULL},
                  {"embedded:step-016000", NULL}};
    for (int i = 0; i < 4; i++) {
        AppRig r;
        app_rig_open(&r, (AppOptions){.model_path = opened[i].model});
        const Deck *d = app_deck(r.app);
        ck_assert_msg(!d == !opened[i].title, "%s", opened[i].model);
        if (d) ck_assert_str_eq(deck_title(d), opened[i].title);
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(without_a_lesson_the_prompt_is_a_story_of_the_world) {
    AppRig r;
    Err err = {0};
    WorldNext next;
    World *w = source_world(NULL, &err);
    ck_assert_msg(w != NULL, "%s", err.msg);
    app_rig_open(&r, (AppOptions){.model_path = "embedded:answers"});
    const State *s = app_state(r.app);
    ck_assert(
        world_next(w, WORLD_STORY, s->prompt, s->prompt_len, &next, &err));
    ck_assert_int_gt(next.n, 0);
    app_rig_close(&r);
    world_close(w);
}
END_TEST

/* ---- with and without the stage ------------------------------------------ */

/* The text that begins so in the last frame; NULL: there is none. */
static const TextMark *shown(const AppRig *r, const char *text) {
    int n;
    const TextMark *m = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strncmp(m[i].text, text, strlen(text)) == 0) return &m[i];
    return NULL;
}

static bool is_alone(const AppRig *r) {
    Scene scene;
    app_look(r->app, &scene);
    bool alone = scene.shown == SHOWN_SLIDE;
    app_look_away(r->app);
    return alone;
}

START_TEST(a_slide_without_a_stage_has_the_window) {
    AppRig r;
    open_deck(&r, "# Title\n\nwords\n\n---\n\n# Live\n\nfirst\n\n"
                  "<!-- .stage: layer=1 -->\n\nx\n\n---\n\n# Last\n\nend\n");
    ck_assert(is_alone(&r));
    ck_assert_ptr_nonnull(shown(&r, "words"));
    ck_assert_ptr_null(shown(&r, "Attention"));
    const float large = shown(&r, "words")->size_px;
    screen_key(r.screen, "Space"); /* its stage comes with the next beat */
    ck_assert(is_alone(&r));
    screen_key(r.screen, "Space");
    app_rig_frame(&r);
    ck_assert(!is_alone(&r));
    ck_assert_ptr_nonnull(shown(&r, "Attention"));
    ck_assert_float_lt(shown(&r, "first")->size_px * 1.1f, large);
    screen_key(r.screen, "Space"); /* nothing of it goes on */
    app_rig_frame(&r);
    ck_assert(is_alone(&r));
    ck_assert_ptr_null(shown(&r, "Attention"));
    app_rig_close(&r);
}
END_TEST

START_TEST(what_is_about_the_model_shows_it) {
    static const char *const keys[] = {"1", "3", "Right", "/", "X", "P", "]"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        AppRig r;
        open_deck(&r, "# Title\n\nwords\n\n---\n\n# Two\n");
        screen_key(r.screen, "T"); /* a slide has a theme, too */
        ck_assert(is_alone(&r));
        screen_key(r.screen, keys[i]);
        ck_assert_msg(!is_alone(&r), "%s", keys[i]);
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(the_state_says_whether_the_stage_is_there) {
    AppRig r;
    open_deck(&r, "# A\n\n---\n\n# B\n\n<!-- .stage: layer=1 -->\n\nx\n");
    ck_assert(app_set_state(r.app, "slide=1", NULL) && is_alone(&r));
    ck_assert(app_set_state(r.app, "slide=1 view=heads", NULL));
    ck_assert(!is_alone(&r));
    ck_assert(app_set_state(r.app, "slide=2", NULL) && !is_alone(&r));
    ck_assert(app_set_state(r.app, "slide=2 stage=none", NULL) && is_alone(&r));
    char text[2048];
    ck_assert(app_set_state(r.app, "slide=1", NULL));
    app_state_text(r.app, text, sizeof text); /* copied and given back */
    ck_assert(app_set_state(r.app, text, NULL) && is_alone(&r));
    app_rig_close(&r);
}
END_TEST

/* ---- who has the window -------------------------------------------------- */

static Shown shown_now(AppRig *r) {
    Scene scene;
    app_look(r->app, &scene);
    const Shown now = scene.shown;
    app_look_away(r->app);
    app_rig_frame(r);
    return now;
}

static bool has_stage(const AppRig *r) {
    return shown(r, "Attention") != NULL;
}

/* How a beat divides the window holds to the end of its slide. */
START_TEST(a_beat_says_who_has_the_window) {
    static const struct {
        Shown shown;
        bool words, stage; /* the slide's text, the model */
    } beats[] = {
        {SHOWN_SLIDE, true, false}, {SHOWN_STAGE, false, true},
        {SHOWN_BOTH, true, true},   {SHOWN_SLIDE, true, false},
        {SHOWN_BOTH, true, true},
    };
    AppRig r;
    open_deck(&r, "# One\n\n<!-- .stage: panel=slide layer=1 -->\n\nwords\n\n"
                  "<!-- .stage: panel=stage -->\n\n"
                  "<!-- .stage: panel=both -->\n\n"
                  "<!-- .stage: panel=auto stage=none -->\n\n---\n\n"
                  "# Two\n\n<!-- .stage: layer=0 -->\n\nwords\n");
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 5; i++) {
            const int at = turn ? 4 - i : i; /* and back again */
            ck_assert_int_eq(shown_now(&r), beats[at].shown);
            ck_assert_int_eq(shown(&r, "words") != NULL, beats[at].words);
            ck_assert_int_eq(has_stage(&r), beats[at].stage);
            if (i < 4) screen_key(r.screen, turn ? "Shift+Space" : "Space");
        }
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(keys_say_who_has_the_window) {
    static const struct {
        const char *key;
        Shown shown;
    } keys[] = {
        {"Tab", SHOWN_STAGE}, {"Tab", SHOWN_SLIDE},   {"Tab", SHOWN_BOTH},
        {"F6", SHOWN_SLIDE},  {"F8", SHOWN_STAGE},    {"F7", SHOWN_BOTH},
        {"F8", SHOWN_STAGE},  {"Ctrl+Z", SHOWN_BOTH}, {"F6", SHOWN_SLIDE},
        {"X", SHOWN_BOTH},    {"F6", SHOWN_SLIDE},    {"R", SHOWN_BOTH}};
    AppRig r;
    open_deck(&r, "# One\n\n<!-- .stage: layer=1 -->\n\nwords\n");
    ck_assert_int_eq(shown_now(&r), SHOWN_BOTH);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        screen_key(r.screen, keys[i].key);
        ck_assert_msg(shown_now(&r) == keys[i].shown, "%zu: %s", i,
                      keys[i].key);
    }
    app_rig_close(&r);
}
END_TEST

/* It says where one is and what is asked; its end brings the slide back. */
START_TEST(a_folded_slide_is_one_line) {
    AppRig r;
    open_deck(&r, "# One\n\n<!-- .stage: panel=stage -->\n\nwords\n\n"
                  "<!-- .stage: layer=1 -->\n\n"
                  "<!-- .ask: Which? | a) this | b*) that -->\n");
    ck_assert_ptr_nonnull(shown(&r, "One"));
    ck_assert_ptr_nonnull(shown(&r, "1 of 1"));
    ck_assert_ptr_null(shown(&r, "words"));
    screen_key(r.screen, "Space");
    app_rig_frame(&r);
    ck_assert_ptr_nonnull(shown(&r, "Which?   1 this   2 that"));
    screen_key(r.screen, "2");
    ck_assert_int_eq((int)app_state(r.app)->answer.at[0], 2);
    app_rig_frame(&r);
    const TextMark *way = shown(&r, "Tab  slide");
    ck_assert_ptr_nonnull(way);
    app_rig_click(&r, (int)(way->x + way->w / 2), (int)(way->y - 2));
    ck_assert_int_eq(shown_now(&r), SHOWN_SLIDE);
    app_rig_close(&r);
}
END_TEST

/* Where a click opens this key of the attended ones. */
static bool find_key(const AppRig *r, int key, int *x, int *y) {
    Pick p;
    for (*y = 1; *y < r->h; *y += 4)
        for (*x = r->w / 3; *x < r->w; *x += 4)
            if (screen_pick_at(r->screen, *x, *y, &p) &&
                pick_find(&p, STATE_KEY) && pick_get(&p, STATE_KEY) == key)
                return true;
    return false;
}

/* What a lesson folds, a number opened by hand shows, until the next beat; what
 * the reader folds stays so. */
START_TEST(a_number_opened_by_hand_shows_its_arithmetic) {
    AppRig r;
    int x, y;
    open_deck(&r, "# One\n\n<!-- .stage: view=attention key=1 token=2 "
                  "inspector=off -->\n\na\n\n"
                  "<!-- .stage: inspector=off -->\n\nb\n");
    ck_assert_ptr_null(shown(&r, "Opened cell"));
    screen_key(r.screen, "Shift+Left");
    app_rig_frame(&r);
    ck_assert_int_eq(app_state(r.app)->key, 0);
    ck_assert_ptr_nonnull(shown(&r, "Opened cell"));
    screen_key(r.screen, "Space");
    app_rig_frame(&r);
    ck_assert_ptr_null(shown(&r, "Opened cell"));
    ck_assert(find_key(&r, 1, &x, &y));
    app_rig_click(&r, x, y);
    app_rig_frame(&r);
    ck_assert_ptr_nonnull(shown(&r, "Opened cell"));
    screen_key(r.screen, "I");
    app_rig_frame(&r);
    screen_key(r.screen, "Shift+Left");
    app_rig_frame(&r);
    ck_assert_ptr_null(shown(&r, "Opened cell"));
    app_rig_close(&r);
}
END_TEST

/* Where both do not fit, slide and stage take turns. */
START_TEST(a_narrow_window_folds_the_slide) {
    AppRig r;
    open_deck(&r, "# One\n\n<!-- .stage: layer=1 -->\n\nwords\n");
    r.w = 640;
    r.h = 480;
    app_rig_frame(&r);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_nonnull(shown(&r, "1 of 1"));
        ck_assert_ptr_null(shown(&r, "words"));
        screen_key(r.screen, "Tab");
        app_rig_frame(&r);
        ck_assert_ptr_nonnull(shown(&r, "words"));
        ck_assert(!has_stage(&r));
        screen_key(r.screen, "Tab");
        app_rig_frame(&r);
    }
    app_rig_close(&r);
}
END_TEST

/* Text grows into the panel it has, as far as it fits. */
START_TEST(text_fills_its_panel) {
    static const int widths[] = {1280, 1366, 1920},
                     heights[] = {800, 768, 1080};
    for (int i = 0; i < 3; i++) {
        AppRig r;
        open_deck(&r, "# One\n\n<!-- .stage: layer=1 -->\n\nwords\n");
        r.w = widths[i];
        r.h = heights[i];
        app_rig_frame(&r);
        const float unit = (float)r.h / 1080;
        ck_assert_float_gt(shown(&r, "words")->size_px, 30 * unit);
        screen_key(r.screen, "F6");
        app_rig_frame(&r);
        ck_assert_float_gt(shown(&r, "words")->size_px, 36 * unit);
        app_rig_close(&r);
    }
}
END_TEST

/* The click that leads to the model, and a slide too long to be enlarged. */
START_TEST(a_long_slide_keeps_its_size_and_its_end) {
    AppRig r;
    char text[4096] = "# Long\n\n";
    for (int i = 0; i < 12; i++)
        strncat(text, "Words that fill a line of the slide, and another.\n\n",
                sizeof text - strlen(text) - 1);
    strncat(text, "theend\n", sizeof text - strlen(text) - 1);
    open_deck(&r, text);
    const TextMark *end = shown(&r, "theend"), *way = shown(&r, "show the");
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_nonnull(way);
    ck_assert_float_lt(end->y, way->y - way->cap);
    app_rig_click(&r, (int)(way->x + way->w / 2), (int)(way->y - 2));
    ck_assert(!is_alone(&r));
    app_rig_close(&r);
}
END_TEST

/* The first text of the page that can be seen, below the slide's heading. */
static const TextMark *first_seen(const AppRig *r, int below) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n), *first = NULL;
    for (int i = 0; i < n; i++) {
        const Rect at = textmark_bounds(&mark[i]), c = mark[i].clip;
        const Rect seen = rect_intersect(at, c);
        if (at.x > r->w / 4 || at.y < below || seen.h < at.h / 2) continue;
        if (!first || at.y < textmark_bounds(first).y) first = &mark[i];
    }
    return first;
}

/* What has no room above the current beat is left out by whole blocks: a page
 * never begins within a sentence. */
START_TEST(a_page_begins_where_a_block_does) {
    char deck[8192] = "---\ntitle: T\nmodel: tiny\n---\n\n# Heading\n";
    size_t len = strlen(deck);
    for (int i = 0; i < 12; i++)
        len += (size_t)snprintf(
            deck + len, sizeof deck - len,
            "\n<!-- .stage: layer=%d -->\n\nBegin a sentence that goes on for "
            "some lines of the narrow panel, so that it may well be cut, and "
            "does then not begin where its first word stands.\n",
            i % 2);
    AppRig r;
    open_deck(&r, deck);
    for (r.h = 600; r.h < 780; r.h += 17) {
        app_rig_frame(&r);
        for (int beat = 6; beat < 12; beat++) {
            char state[48];
            Err err = {0};
            snprintf(state, sizeof state, "beat=%d", beat);
            ck_assert_msg(app_set_state(r.app, state, &err), "%s", err.msg);
            app_rig_frame(&r);
            const TextMark *m =
                first_seen(&r, (int)shown(&r, "Heading")->y + 1);
            ck_assert_ptr_nonnull(m);
            ck_assert_msg(strncmp(m->text, "Begin", 5) == 0, "%d, beat %d: %s",
                          r.h, beat, m->text);
        }
    }
    app_rig_close(&r);
}
END_TEST

/* A question on a slide's last beat: its answer comes before the next slide. */
START_TEST(the_last_question_of_a_slide_is_answered_on_it) {
    static const char *const decks[] = {
        "# A\n\n<!-- .stage: layer=1 -->\n\nx\n\n"
        "<!-- .ask: Which? | a) one | b*) two -->\n\n---\n\n# B\n",
        "# A\n\n<!-- .ask: Which? | a) one | b*) two -->\n\nx\n"};
    for (int i = 0; i < 2; i++) {
        AppRig r;
        open_deck(&r, decks[i]);
        ck_assert_ptr_null(shown(&r, "  ✓"));
        screen_key(r.screen, "1");
        screen_key(r.screen, "Space");
        app_rig_frame(&r);
        ck_assert_int_eq(app_state(r.app)->slide, 1);
        ck_assert_ptr_nonnull(shown(&r, "  ✓"));
        ck_assert_ptr_nonnull(shown(&r, "  ✗"));
        screen_key(r.screen, "Space");
        ck_assert_int_eq(app_state(r.app)->slide, i == 0 ? 2 : 1);
        app_rig_close(&r);
    }
}
END_TEST

/* ---- its file changes ---------------------------------------------------- */

/* Time passes until a changed file has been seen, and seen to stand still. */
static void wait_for_file(AppRig *r, uint64_t *now_ms) {
    for (int i = 0; i < 4; i++) {
        int wait = app_tick(r->app, *now_ms += 1000);
        ck_assert_int_ge(wait, 0); /* it wants to look again */
    }
    app_rig_frame(r);
}

#define ONE "# One\n\n---\n\n"
#define TWO "# Two\n\n<!-- .stage: layer=0 -->\n\na\n\n"

START_TEST(a_changed_deck_is_read_again_in_its_place) {
    AppRig r;
    uint64_t now_ms = 0;
    open_deck(&r, ONE TWO "<!-- .stage: head=1 -->\n\nb\n");
    wait_for_file(&r, &now_ms);
    ck_assert(app_set_state(r.app, "slide=2 beat=1 token=2", NULL));
    write_deck(&r, ONE TWO "<!-- .stage: head=1 -->\n\nbetter\n");
    wait_for_file(&r, &now_ms);
    const DeckSlide *s = deck_slide(app_deck(r.app), 1);
    ck_assert_str_eq(s->blocks[s->n_blocks - 1].spans[0].text, "better");
    ck_assert_int_eq(app_state(r.app)->slide, 2);
    ck_assert_int_eq(app_state(r.app)->beat, 1);
    ck_assert_int_eq(app_state(r.app)->token, 2); /* the stage is the same */

    write_deck(&r, ONE TWO "<!-- .stage: head=0 token=1 -->\n\nb\n");
    wait_for_file(&r, &now_ms);
    ck_assert_int_eq(app_state(r.app)->beat, 1);
    ck_assert_int_eq(app_state(r.app)->token, 1); /* a new stage is run */

    write_deck(&r, "# One\n");
    wait_for_file(&r, &now_ms);
    ck_assert_int_eq(app_state(r.app)->slide, 1); /* the last there is */
    app_rig_close(&r);
}
END_TEST

START_TEST(a_deck_changed_into_a_broken_one_stays_and_says_so) {
    AppRig r;
    Scene scene;
    uint64_t now_ms = 0;
    open_deck(&r, ONE TWO);
    wait_for_file(&r, &now_ms);
    screen_key(r.screen, "PageDown");
    write_deck(&r, ONE "# Two\n\n<!-- .stage: layr=0 -->\n");
    wait_for_file(&r, &now_ms);
    app_look(r.app, &scene);
    ck_assert_ptr_nonnull(strstr(scene.deck_error, "deck.md:7: "));
    ck_assert_int_eq(deck_n_slides(scene.deck), 2);
    ck_assert_int_eq(scene.slide, 1);
    app_look_away(r.app);
    char path[FOLDER_PATH_MAX];
    folder_path(path, r.dir, "deck.md");
    ck_assert_int_eq(unlink(path), 0); /* as some editors do */
    wait_for_file(&r, &now_ms);
    app_look(r.app, &scene);
    ck_assert_int_eq(scene.slide, 1);
    app_look_away(r.app);
    write_deck(&r, ONE TWO "more\n");
    wait_for_file(&r, &now_ms);
    app_look(r.app, &scene);
    ck_assert_str_eq(scene.deck_error, "");
    ck_assert_int_eq(scene.slide, 1);
    app_look_away(r.app);
    app_rig_close(&r);
}
END_TEST

START_TEST(a_deck_that_is_still_being_written_is_left_alone) {
    AppRig r;
    uint64_t now_ms = 0;
    open_deck(&r, ONE TWO);
    wait_for_file(&r, &now_ms);
    screen_key(r.screen, "PageDown");
    for (int i = 1; i < 20; i++) {
        char text[64];
        snprintf(text, sizeof text, "# %0*d\n", i, 0);
        write_deck(&r, text);
        app_tick(r.app, now_ms += 1000);
        ck_assert_int_eq(deck_n_slides(app_deck(r.app)), 2);
    }
    app_rig_close(&r);
}
END_TEST

/* ---- playing ------------------------------------------------------------- */

#define PLAYED                                                                 \
    "# A\n\n<!-- .stage: view=block op=ln1 token=0 play=op -->\n\na\n\n"       \
    "<!-- .stage: layer=1 -->\n\nb\n\n"                                        \
    "<!-- .stage: token=0 play=token -->\n\nc\n"

static bool plays(AppRig *r) {
    Scene scene;
    app_look(r->app, &scene);
    const bool is = scene.is_playing;
    app_look_away(r->app);
    return is;
}

/* Its next step, at a second after the one before. */
static void tick(AppRig *r, uint64_t *now) {
    *now += 1000;
    app_settle(r->app, -1);
    app_tick(r->app, *now);
}

/* Without op= it begins with the view's own. */
START_TEST(a_beat_plays_on_from_the_views_first_operation) {
    AppRig r;
    uint64_t now = 0;
    ViewOp op;
    open_deck(&r, "# A\n\n<!-- .stage: view=block token=0 play=op -->\n\na\n");
    const Arch *arch = model_config(app_model(r.app))->arch;
    const View *v = view_find("block");
    const int first = view_op_or_default(v, arch, "");
    ck_assert_str_eq(app_state(r.app)->op, "");
    tick(&r, &now);
    ck_assert(plays(&r));
    ck_assert(v->op(arch, first + 1, &op));
    ck_assert_str_eq(app_state(r.app)->op, op.name);
    app_rig_close(&r);
}
END_TEST

START_TEST(a_beat_plays_operations_or_tokens_until_a_key) {
    AppRig r;
    uint64_t now = 0;
    open_deck(&r, PLAYED);
    ck_assert(plays(&r));
    ck_assert_str_eq(app_state(r.app)->op, "ln1");
    tick(&r, &now);
    ck_assert_str_eq(app_state(r.app)->op, "q");
    tick(&r, &now);
    ck_assert_str_eq(app_state(r.app)->op, "k");
    ck_assert_int_eq(app_state(r.app)->token, 0);
    screen_key(r.screen, "Shift+P"); /* faster, and on */
    ck_assert(plays(&r));
    screen_key(r.screen, "M");
    ck_assert(!plays(&r));
    screen_key(r.screen, "Space"); /* play= is of its beat alone */
    ck_assert(!plays(&r));
    screen_key(r.screen, "Space");
    ck_assert(plays(&r));
    tick(&r, &now);
    ck_assert_int_eq(app_state(r.app)->token, 1);
    ck_assert_str_eq(app_state(r.app)->op, "ln1");
    screen_key(r.screen, "Right");
    ck_assert(!plays(&r));
    app_rig_close(&r);
}
END_TEST

START_TEST(playing_ends_with_the_last_operation) {
    AppRig r;
    uint64_t now = 0;
    open_deck(&r, PLAYED);
    for (int i = 0; i < 40 && plays(&r); i++)
        tick(&r, &now);
    ck_assert(!plays(&r));
    ck_assert_str_eq(app_state(r.app)->op, "resid_post");
    app_rig_close(&r);
}
END_TEST

START_TEST(a_copied_place_does_not_play) {
    AppRig r;
    char text[1024];
    Err err = {0};
    open_deck(&r, PLAYED);
    app_state_text(r.app, text, sizeof text);
    app_play(r.app);
    ck_assert(app_set_state(r.app, text, &err));
    ck_assert(!plays(&r));
    ck_assert(app_set_state(r.app, "play=op", &err));
    ck_assert(plays(&r));
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("lesson_shown", stages_run_for_the_models_a_deck_names_alone,
          the_right_model_is_asked_for_by_key, a_model_beside_the_deck_is_found,
          no_embedded_lesson_is_opened_that_is_not_about_the_model,
          without_a_lesson_the_prompt_is_a_story_of_the_world,
          a_slide_without_a_stage_has_the_window,
          what_is_about_the_model_shows_it,
          the_state_says_whether_the_stage_is_there,
          a_beat_says_who_has_the_window, keys_say_who_has_the_window,
          a_number_opened_by_hand_shows_its_arithmetic,
          a_folded_slide_is_one_line, a_narrow_window_folds_the_slide,
          text_fills_its_panel, a_long_slide_keeps_its_size_and_its_end,
          a_page_begins_where_a_block_does,
          the_last_question_of_a_slide_is_answered_on_it,
          a_beat_plays_operations_or_tokens_until_a_key,
          a_beat_plays_on_from_the_views_first_operation,
          playing_ends_with_the_last_operation, a_copied_place_does_not_play,
          a_changed_deck_is_read_again_in_its_place,
          a_deck_changed_into_a_broken_one_stays_and_says_so,
          a_deck_that_is_still_being_written_is_left_alone)
