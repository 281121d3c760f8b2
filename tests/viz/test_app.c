/* The viewer without a window: what comes by mouse, clipboard and file, and
 * what it does about places that are not there. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/screen/keys.h"
#include "viz/screen/screen_private.h"

#include <stdio.h>
#include <string.h>

static void open_plain(AppRig *r) {
    app_rig_open(r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    app_rig_frame(r);
}

static void set_state(AppRig *r, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, state, &err), "%s: %s", state, err.msg);
    app_rig_frame(r);
}

static void press(AppRig *r, const char *key) {
    screen_key(r->screen, key);
    app_rig_frame(r);
}

static bool says(const AppRig *r, const char *words) {
    return strstr(app_message(r->app), words) != NULL;
}

/* A point of the last frame where a click runs the command with `arg`. */
static bool find_with(const AppRig *r, Command c, int arg, int *x, int *y) {
    int found;
    for (*y = 1; *y < r->h; *y += 2)
        for (*x = 1; *x < r->w; *x += 4)
            if (screen_command_at(r->screen, *x, *y, &found) == c &&
                found == arg)
                return true;
    return false;
}

static bool find_command(const AppRig *r, Command c, int *x, int *y) {
    return find_with(r, c, 0, x, y);
}

/* ---- control tokens ------------------------------------------------------ */

static int count_ends(const AppRig *r) {
    const Trace *t = app_trace(r->app);
    int n = 0;
    for (int pos = 0; pos < trace_n_pos(t); pos++)
        n += trace_token(t, pos) == TOKEN_EOS;
    return n;
}

/* Typed, they are text, unless special says otherwise; that is part of where
 * one is, so a copy leads to the same tokens. */
START_TEST(control_tokens_are_written_where_special_says_so) {
    static const char prompt[] = "the</s> cat</s>";
    char copied[4096];
    AppRig r;
    for (int special = 0; special < 2; special++) {
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .prompt = prompt,
                                      .special = special});
        app_settle(r.app, -1);
        ck_assert_int_eq(count_ends(&r), 2 * special);
        ck_assert(app_state(r.app)->special == special);
        app_state_text(r.app, copied, sizeof copied);
        app_rig_close(&r);
        app_rig_open(&r, (AppOptions){.no_deck = true, .state = copied});
        app_settle(r.app, -1);
        ck_assert_int_eq(count_ends(&r), 2 * special);
        set_state(&r, special ? "special=off" : "special=on");
        app_settle(r.app, -1);
        ck_assert_int_eq(count_ends(&r), 2 - 2 * special);
        app_rig_close(&r);
    }
}
END_TEST

/* ---- mouse --------------------------------------------------------------- */

#define KEYS_MAX 128

/* Which rows of the key table can be clicked. */
static void see_commands(const AppRig *r, bool seen[KEYS_MAX]) {
    for (int k = 0; keys_table()[k].keys; k++) {
        const KeyRow *row = &keys_table()[k];
        int x, y;
        ck_assert_int_lt(k, KEYS_MAX);
        seen[k] = seen[k] || find_with(r, row->command, row->arg, &x, &y);
    }
}

START_TEST(the_help_sheet_offers_every_command) {
    static const struct {
        int w, h;
        const char *state;
    } sheets[] = {{1920, 1080, "scale=1"},
                  {1024, 768, "scale=1"},
                  {1024, 768, "scale=2.5"},
                  {640, 400, "scale=1"}};
    AppRig r;
    open_plain(&r);
    const Arch *a = model_config(app_model(r.app))->arch;
    for (int i = 0; i < 4; i++) {
        r.w = sheets[i].w;
        r.h = sheets[i].h;
        set_state(&r, sheets[i].state);
        press(&r, "?");
        bool seen[KEYS_MAX] = {false};
        do {
            see_commands(&r, seen);
            press(&r, "Space"); /* more of it, or closed after all of it */
        } while (app_mode(r.app) == APP_HELPING);
        for (int k = 0; keys_table()[k].keys; k++)
            ck_assert_msg(seen[k] || !keys_help(&keys_table()[k], a),
                          "%d x %d, %s: \"%s\" is missing", r.w, r.h,
                          sheets[i].state, keys_help(&keys_table()[k], a));
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(a_line_of_the_help_sheet_does_what_it_says) {
    AppRig r;
    int x, y;
    open_plain(&r);
    set_state(&r, "view=attention key=1 token=2");
    press(&r, "?");
    while (!find_command(&r, CMD_THEME, &x, &y) &&
           app_mode(r.app) == APP_HELPING)
        press(&r, "Space"); /* its page */
    ck_assert(find_command(&r, CMD_THEME, &x, &y));
    app_rig_click(&r, x, y);
    app_rig_frame(&r);
    ck_assert_str_eq(app_state(r.app)->theme, "dark");
    ck_assert(!find_command(&r, CMD_THEME, &x, &y)); /* the sheet is gone */
    press(&r, "?");
    app_rig_click(&r, r.w - 2, r.h - 2); /* beside all lines: only closes it */
    app_rig_frame(&r);
    ck_assert(!find_command(&r, CMD_THEME, &x, &y));
    ck_assert_int_eq(app_state(r.app)->key, 1);
    app_rig_close(&r);
}
END_TEST

START_TEST(the_window_offers_views_beats_and_editing) {
    AppRig r;
    int x, y;
    app_rig_open(&r, (AppOptions){.prompt = "the cat sat"});
    app_rig_frame(&r);
    ck_assert(find_command(&r, CMD_VIEWS, &x, &y));
    app_rig_click(&r, x, y);
    app_rig_frame(&r);
    for (int i = 0; i < view_count(); i++)
        ck_assert(find_with(&r, CMD_VIEW, i, &x, &y));
    press(&r, "F10");
    app_rig_frame(&r);
    ck_assert(find_command(&r, CMD_BEAT_PREV, &x, &y));
    ck_assert(find_command(&r, CMD_BEAT_NEXT, &x, &y));
    app_rig_click(&r, x, y);
    ck_assert_int_eq(app_state(r.app)->beat, 1);
    app_rig_frame(&r);
    ck_assert(find_command(&r, CMD_EDIT_PROMPT, &x, &y));
    app_rig_click(&r, x, y);
    ck_assert(app_is_writing(r.app));
    app_rig_close(&r);
}
END_TEST

/* ---- tokens -------------------------------------------------------------- */

/* A point of the last frame that puts a token after the current one: the
 * lowest of them on screen, which is no likely one. */
static int find_candidate(const AppRig *r, int *x, int *y) {
    Pick pick;
    *x = r->w / 2;
    for (*y = r->h - 1; *y > 0; --*y)
        if (screen_pick_at(r->screen, *x, *y, &pick) &&
            pick_find(&pick, STATE_THEN))
            return pick_get(&pick, STATE_THEN);
    ck_abort_msg("no candidate can be clicked");
    return -1;
}

START_TEST(a_click_on_a_candidate_takes_it) {
    AppRig r;
    int x, y;
    open_plain(&r);
    for (int greedy = 0; greedy < 2; greedy++) {
        set_state(&r, greedy ? "view=next temperature=0 token=-1 then="
                             : "view=next temperature=1 token=-1 then=");
        int n = trace_n_pos(app_trace(r.app));
        int id = find_candidate(&r, &x, &y);
        app_rig_click(&r, x, y);
        app_rig_frame(&r);
        ck_assert_int_eq(trace_n_pos(app_trace(r.app)), n + 1);
        ck_assert_int_eq(trace_token(app_trace(r.app), n), id);
        ck_assert_int_eq(app_state(r.app)->token, n);
        press(&r, "Right"); /* what follows is drawn after it */
        ck_assert_int_eq(trace_n_pos(app_trace(r.app)), n + 2);
        ck_assert_int_eq(trace_token(app_trace(r.app), n), id);
    }
    app_rig_close(&r);
}
END_TEST

static void check_greedy(const Trace *t, const Config *c, int pos) {
    const float *logits = trace_row(t, SITE_LOGITS, 0, pos - 1);
    int best = 0;
    for (int i = 1; i < c->vocab_size; i++)
        if (logits[i] > logits[best]) best = i;
    ck_assert_int_eq(trace_token(t, pos), best);
}

/* Right generates in every setting.  Without the mask each token changes the
 * logits before it, so only with it can the draws be checked afterwards. */
START_TEST(tokens_are_generated_with_and_without_the_mask) {
    static const char *const states[] = {"temperature=0 edit= then= token=-1",
                                         "temperature=0 edit=mask then= "
                                         "token=-1"};
    AppRig r;
    open_plain(&r);
    for (int i = 0; i < 2; i++) {
        set_state(&r, states[i]);
        const Trace *t = app_trace(r.app);
        int n = trace_n_pos(t);
        for (int k = 0; k < 3; k++)
            press(&r, "Right");
        ck_assert_int_eq(trace_n_pos(t), n + 3);
        ck_assert_int_eq(app_state(r.app)->n_then, 3);
        ck_assert_int_eq(trace_n_keys(t, 0), i ? n + 3 : 1);
        for (int k = 0; k < 3 && i == 0; k++)
            check_greedy(t, model_config(app_model(r.app)), n + k);
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(the_context_ends_aloud) {
    AppRig r;
    open_plain(&r);
    for (int i = 0; i < 70; i++) {
        press(&r, "End");
        press(&r, "Right");
    }
    ck_assert_int_eq(trace_n_pos(app_trace(r.app)), tiny_spec().seq_len);
    ck_assert(says(&r, "context is full"));
    app_rig_close(&r);
}
END_TEST

/* ---- clipboard and files ------------------------------------------------- */

START_TEST(pasted_text_is_a_state_when_it_reads_as_one) {
    AppRig r;
    open_plain(&r);
    app_paste(r.app, "layer=1 head=2");
    ck_assert_int_eq(app_state(r.app)->head, 2);
    ck_assert_str_eq(app_state(r.app)->prompt, "the cat sat");
    app_paste(r.app, "view=heads layr=1");
    ck_assert(says(&r, "layr"));
    ck_assert_str_eq(app_state(r.app)->prompt, "the cat sat");
    app_paste(r.app, "a = b");
    ck_assert_str_eq(app_state(r.app)->prompt, "a = b");
    app_paste(r.app, "   ");
    ck_assert_str_eq(app_state(r.app)->prompt, "   ");
    app_rig_close(&r);
}
END_TEST

/* Each of these is said, and what stood there stays. */
START_TEST(texts_that_are_too_long_are_refused_aloud) {
    static const size_t sizes[] = {200, STATE_PROMPT_MAX - 100,
                                   STATE_PROMPT_MAX + 1, 1 << 20};
    AppRig r;
    open_plain(&r);
    char *text = malloc((1 << 20) + 1);
    ck_assert_ptr_nonnull(text);
    for (int editing = 0; editing < 2; editing++)
        for (int i = 0; i < 4; i++) {
            memset(text, 'q', sizes[i]);
            text[sizes[i]] = '\0';
            press(&r, "Esc");
            if (editing) press(&r, "/");
            app_paste(r.app, text);
            ck_assert_msg(says(&r, i < 2 ? "context holds" : "65536"), "%s",
                          app_message(r.app));
            app_rig_frame(&r);
            ck_assert_str_eq(app_state(r.app)->prompt, "the cat sat");
        }
    free(text);
    app_rig_close(&r);
}
END_TEST

static void drop(AppRig *r, const char *name, const char *text) {
    char path[FOLDER_PATH_MAX];
    folder_write(r->dir, name, text, strlen(text));
    folder_path(path, r->dir, name);
    app_drop(r->app, path);
    app_rig_frame(r);
}

START_TEST(a_dropped_file_opens_or_says_why_not) {
    AppRig r;
    open_plain(&r);
    drop(&r, "broken.md", "# A\n\n<!-- .stage: layr=1 -->\n");
    ck_assert(says(&r, "broken.md:3"));
    ck_assert_ptr_null(app_deck(r.app));
    drop(&r, "good.md", "# A\n\n<!-- .stage: layer=1 -->\n\nx\n");
    ck_assert_ptr_nonnull(app_deck(r.app));
    ck_assert_int_eq(app_state(r.app)->layer, 1);
    drop(&r, "broken.md", "# A\n\n<!-- .stage: layr=1 -->\n");
    ck_assert_str_eq(deck_title(app_deck(r.app)), "A"); /* the open one stays */
    drop(&r, "no.png", "not a picture");
    ck_assert(says(&r, "no.png"));
    app_drop(r.app, "/nowhere/x.md");
    ck_assert(says(&r, "/nowhere/x.md"));
    app_rig_close(&r);
}
END_TEST

START_TEST(a_picture_that_cannot_be_saved_is_said) {
    AppRig r;
    open_plain(&r);
    folder_remove(r.dir);
    press(&r, "E");
    ck_assert(says(&r, "llantern-attention"));
    ck_assert(!says(&r, "saved"));
    folder_make(r.dir); /* for closing */
    app_rig_close(&r);
}
END_TEST

/* ---- places -------------------------------------------------------------- */

START_TEST(a_lesson_past_the_models_end_opens_and_says_so) {
    static const char *const stages[][2] = {
        {"layer=50 head=3", "head 50.3"},
        {"view=nonsense", "views are tokens"},
        {"view=tokens op=foo",
         "operations of the tokens view are pieces ladder "
         "vocabulary"},
        {"view=heads sort=size", "orders of the heads view are place previous "
                                 "following induction first same recall"},
        {"edit=77.1", "77"},
    };
    for (int i = 0; i < 5; i++) {
        AppRig r;
        char text[128];
        open_plain(&r);
        snprintf(text, sizeof text, "# A\n\n<!-- .stage: %s -->\n\nx\n",
                 stages[i][0]);
        drop(&r, "far.md", text);
        ck_assert_msg(says(&r, stages[i][1]), "%s", app_message(r.app));
        app_rig_close(&r);
    }
}
END_TEST

START_TEST(a_refused_state_changes_nothing) {
    static const char *const refused[] = {
        "slide=3 layer=9", "slide=3 view=nonsense", "slide=3 view=block op=foo",
        "slide=3 then=100000", "slide=3 sort=size view=heads"};
    static char before[STATE_TEXT_MAX], after[STATE_TEXT_MAX];
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.prompt = "the cat sat"});
    press(&r, "Space");
    app_state_text(r.app, before, sizeof before);
    for (int i = 0; i < 5; i++) {
        err_clear(&err);
        ck_assert(!app_set_state(r.app, refused[i], &err));
        ck_assert_int_ne(err.code, ERR_NONE);
        app_rig_frame(&r);
        app_state_text(r.app, after, sizeof after);
        ck_assert_str_eq(after, before);
    }
    press(&r, "R"); /* the same beat as before */
    ck_assert_int_eq(app_state(r.app)->slide, 1);
    ck_assert_int_eq(app_state(r.app)->beat, 1);
    app_rig_close(&r);
}
END_TEST

/* The part of the last frame that shows the tokens, and nothing of a lesson. */
static uint32_t *strip_pixels(const AppRig *r, size_t *size) {
    enum { LEFT = 400, TOP = 40, ROWS = 40 };
    const Pixmap *p = canvas_pixels(r->canvas);
    const size_t width = (size_t)(p->w - LEFT);
    *size = width * ROWS * sizeof *p->px;
    uint32_t *out = malloc(*size);
    ck_assert_ptr_nonnull(out);
    for (size_t y = 0; y < ROWS; y++)
        memcpy(out + y * width, p->px + (TOP + y) * (size_t)p->stride + LEFT,
               width * sizeof *p->px);
    return out;
}

START_TEST(what_comes_next_is_hidden_while_the_class_guesses) {
    AppRig r;
    size_t size;
    open_plain(&r);
    drop(&r, "plain.md", "# A\n\n<!-- .stage: head=0 -->\n\nQ\n");
    app_rig_frame(&r);
    uint32_t *shown = strip_pixels(&r, &size);
    drop(&r, "ask.md",
         "# A\n\n<!-- .stage: head=0 -->\n\n<!-- .ask: Q | a) x | b*) y -->\n\n"
         "<!-- .stage: head=0 -->\n\nB\n");
    app_rig_frame(&r);
    uint32_t *guessing = strip_pixels(&r, &size);
    ck_assert_mem_ne(guessing, shown, size);
    press(&r, "1"); /* a vote gives nothing away */
    uint32_t *answered = strip_pixels(&r, &size);
    ck_assert_mem_eq(answered, guessing, size);
    set_state(&r, "slide=1 beat=1");
    uint32_t *told = strip_pixels(&r, &size);
    ck_assert_mem_eq(told, shown, size);
    free(shown);
    free(guessing);
    free(answered);
    free(told);
    app_rig_close(&r);
}
END_TEST

START_TEST(operations_and_orders_belong_to_their_view) {
    AppRig r;
    open_plain(&r);
    set_state(&r, "view=block op=z");
    set_state(&r, "view=heads");
    ck_assert_str_eq(app_state(r.app)->op, "");
    set_state(&r, "view=block op=z");
    press(&r, "7");
    press(&r, "V");
    ck_assert_str_eq(app_state(r.app)->sort, "previous");
    press(&r, "Enter");
    ck_assert_str_eq(app_state(r.app)->view, "attention");
    ck_assert_str_eq(app_state(r.app)->op, "");
    press(&r, "V"); /* no order here to change */
    ck_assert_str_eq(app_state(r.app)->sort, "previous");
    app_rig_close(&r);
}
END_TEST

/* ---- the opened number --------------------------------------------------- */

START_TEST(shift_and_arrows_walk_a_vector_to_its_ends) {
    AppRig r;
    open_plain(&r);
    int last = model_config(app_model(r.app))->dim - 1;
    set_state(&r, "view=block op=q elem=1");
    press(&r, "Shift+Left");
    press(&r, "Shift+Left");
    ck_assert_int_eq(app_state(r.app)->elem, 0);
    press(&r, "Shift+Down");
    ck_assert_int_eq(app_state(r.app)->elem, 1);
    for (int i = 0; i < last + 5; i++)
        screen_key(r.screen, "Shift+Right");
    ck_assert_int_eq(app_state(r.app)->elem, last);
    /* RoPE counts on from the queries to the keys. */
    set_state(&r, "view=block op=rope");
    char state[32];
    snprintf(state, sizeof state, "elem=%d", last);
    set_state(&r, state);
    press(&r, "Shift+Right");
    ck_assert_int_eq(app_state(r.app)->elem, last + 1);
    press(&r, "Shift+Left");
    ck_assert_int_eq(app_state(r.app)->elem, last);
    app_rig_close(&r);
}
END_TEST

START_TEST(shift_and_arrows_start_at_what_is_open) {
    AppRig r;
    open_plain(&r);
    set_state(&r, "view=block op=q elem=-1");
    press(&r, "Shift+Right");
    ck_assert_int_ge(app_state(r.app)->elem, 0);
    ck_assert_int_eq(app_state(r.app)->key, -1);
    set_state(&r, "view=attention token=2 key=1 elem=-1");
    press(&r, "Shift+Right");
    press(&r, "Shift+Right"); /* behind the mask, too, a weight opens */
    ck_assert_int_eq(app_state(r.app)->key, 3);
    press(&r, "Shift+Up");
    ck_assert_int_eq(app_state(r.app)->token, 1);
    ck_assert_int_eq(app_state(r.app)->key, 1);
    app_rig_close(&r);
}
END_TEST

/* ---- what yields --------------------------------------------------------- */

/* True when the wheel at (x, y) scrolls rows. */
static bool wheel_scrolls(AppRig *r, int x, int y) {
    app_rig_frame(r);
    screen_wheel(r->screen, x, y, 1);
    return screen_dirty(r->screen);
}

START_TEST(the_inspector_yields_where_nothing_is_opened) {
    AppRig r;
    open_plain(&r);
    set_state(&r, "view=attention token=3"); /* folded to a line's width */
    ck_assert(!wheel_scrolls(&r, r.w - 20, 400));
    ck_assert(app_rig_shows(&r, "the arithmetic"));
    set_state(&r, "key=1"); /* a number is opened */
    ck_assert(wheel_scrolls(&r, r.w - 20, 400));
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, "the arithmetic"));
    press(&r, "I"); /* out of the way, to the stage's gain */
    ck_assert(!wheel_scrolls(&r, r.w - 20, 400));
    app_rig_frame(&r);
    ck_assert(!app_rig_shows(&r, "the arithmetic"));
    press(&r, "I");
    ck_assert(wheel_scrolls(&r, r.w - 20, 400));
    set_state(&r, "view=heads inspector=auto");
    ck_assert(!wheel_scrolls(&r, r.w - 20, 400));
    press(&r, "I");
    ck_assert(wheel_scrolls(&r, r.w - 20, 400));
    app_rig_close(&r);
}
END_TEST

START_TEST(chips_are_whole_or_absent) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat the cat sat the cat "
                                            "sat the cat sat the cat sat the"});
    for (r.w = 600; r.w < 640; r.w += 3) {
        Pick p;
        set_state(&r, "view=attention token=2");
        int y = 60, n_tokens = 0;
        for (int x = 0; x < r.w - 12; x++)
            n_tokens += screen_pick_at(r.screen, x, y, &p) &&
                        pick_find(&p, STATE_TOKEN);
        ck_assert_int_gt(n_tokens, 100);
        for (int x = r.w - 12; x < r.w; x++)
            ck_assert(!screen_pick_at(r.screen, x, y, &p));
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(without_animation_playing_is_calm) {
    for (int calm = 0; calm < 2; calm++) {
        AppRig r;
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .prompt = "the cat sat",
                                      .state = "token=0",
                                      .no_animation = calm});
        app_rig_frame(&r);
        screen_key(r.screen, "P");
        for (int i = 0; i < 5; i++)
            screen_key(r.screen, "Shift+P");
        int wait = app_tick(r.app, 10000);
        if (calm)
            ck_assert_int_ge(wait, 333);
        else
            ck_assert_int_lt(wait, 100);
        app_rig_close(&r);
    }
}
END_TEST

/* A message is there for as long as it is, from when it can be seen on: also
 * after a time in which nothing happened. */
START_TEST(a_message_stays_after_a_pause_too) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    app_tick(r.app, 1);
    app_say(r.app, false, "said long after");
    const int wait = app_tick(r.app, 100000);
    ck_assert_int_gt(wait, 0);
    ck_assert_str_eq(app_message(r.app), "said long after");
    app_tick(r.app, 100000 + (uint64_t)wait - 1);
    ck_assert_str_eq(app_message(r.app), "said long after");
    app_tick(r.app, 100000 + (uint64_t)wait);
    ck_assert_str_eq(app_message(r.app), "");
    app_rig_close(&r);
}
END_TEST

/* What comes next is covered by no token, however narrow the strip is. */
START_TEST(tokens_end_before_what_comes_next) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat on the mat the cat "
                                            "sat on the mat the cat sat"});
    for (r.w = 260; r.w < 900; r.w += 20) {
        app_rig_frame(&r);
        const Hits *hits = &r.screen->hits;
        const Rect strip = screen_place(r.screen, &panel_strip)->rect;
        Rect last = {0}, before = {0};
        int token = -1;
        for (int i = 0; i < hits->n; i++) {
            const Hit *h = &hits->list[i];
            if (h->kind != HIT_PICK || h->pick.n > 2 || /* no percentage */
                !pick_find(&h->pick, STATE_TOKEN) ||
                !rect_contains(strip, h->rect.x, h->rect.y))
                continue;
            before = last;
            last = h->rect;
            token = pick_get(&h->pick, STATE_TOKEN);
        }
        ck_assert_int_eq(token, app_n_tokens(r.app));
        ck_assert_int_gt(before.w, 0);
        ck_assert_msg(before.x + before.w <= last.x, "%d wide: %d + %d, %d",
                      r.w, before.x, before.w, last.x);
    }
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("app", a_message_stays_after_a_pause_too,
          tokens_end_before_what_comes_next,
          control_tokens_are_written_where_special_says_so,
          the_inspector_yields_where_nothing_is_opened,
          chips_are_whole_or_absent, without_animation_playing_is_calm,
          the_help_sheet_offers_every_command,
          a_line_of_the_help_sheet_does_what_it_says,
          the_window_offers_views_beats_and_editing,
          a_click_on_a_candidate_takes_it,
          tokens_are_generated_with_and_without_the_mask,
          the_context_ends_aloud, pasted_text_is_a_state_when_it_reads_as_one,
          texts_that_are_too_long_are_refused_aloud,
          a_dropped_file_opens_or_says_why_not,
          a_picture_that_cannot_be_saved_is_said,
          a_lesson_past_the_models_end_opens_and_says_so,
          a_refused_state_changes_nothing,
          what_comes_next_is_hidden_while_the_class_guesses,
          operations_and_orders_belong_to_their_view,
          shift_and_arrows_walk_a_vector_to_its_ends,
          shift_and_arrows_start_at_what_is_open)
