/* Several screens of one app: what is shown is the app's; size, hits, mouse,
 * scrolls and panels are each screen's own. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <string.h>

/* A second screen, of another size, beside the rig's. */
typedef struct Pair {
    AppRig rig;
    Screen *other;
    Canvas *canvas; /* the other's */
} Pair;

static uint64_t hash(const Canvas *c) {
    const Pixmap *p = canvas_pixels(c);
    uint64_t h = 14695981039346656037ull;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            h = (h ^ p->px[(size_t)y * (size_t)p->stride + (size_t)x]) *
                1099511628211ull;
    return h;
}

static uint64_t draw_other(Pair *p) {
    ck_assert(app_settle(p->rig.app, 20000));
    screen_draw(p->other, p->canvas);
    return hash(p->canvas);
}

static uint64_t draw_one(Pair *p) {
    app_rig_frame(&p->rig);
    return hash(p->rig.canvas);
}

static void set_state(Pair *p, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(p->rig.app, state, &err), "%s", err.msg);
    draw_one(p);
    draw_other(p);
}

static void open_pair(Pair *p, int w, int h) {
    Err err = {0};
    app_rig_open(&p->rig, (AppOptions){.prompt = "the cat sat on the mat"});
    p->other = screen_open(p->rig.app, &err);
    ck_assert_msg(p->other != NULL, "%s", err.msg);
    float scale = screen_scale(p->other, w, h);
    p->canvas = canvas_open(w, h, scale, p->rig.fonts, &err);
    ck_assert_msg(p->canvas != NULL, "%s", err.msg);
    set_state(p, "view=attention layer=0 head=0 token=3");
}

static void close_pair(Pair *p) {
    canvas_close(p->canvas);
    screen_close(p->other);
    app_rig_close(&p->rig);
}

/* A point of a screen of this size that sets the token to n. */
static bool find_token(const Screen *s, int w, int h, int n, int *x, int *y) {
    Pick pick;
    for (*y = 1; *y < h; *y += 3)
        for (*x = 1; *x < w; *x += 3)
            if (screen_pick_at(s, *x, *y, &pick) &&
                pick_find(&pick, STATE_TOKEN) &&
                pick_get(&pick, STATE_TOKEN) == n)
                return true;
    return false;
}

static bool offers(const Screen *s, const Canvas *c, Command command) {
    int arg;
    for (int y = 1; y < canvas_height(c); y += 2)
        for (int x = 1; x < canvas_width(c); x += 2)
            if (screen_command_at(s, x, y, &arg) == command) return true;
    return false;
}

START_TEST(each_draws_what_it_would_alone) {
    static const struct {
        int w, h;
    } sizes[] = {{1920, 1080}, {900, 700}, {640, 390}};
    Pair p;
    open_pair(&p, 800, 600);
    for (int i = 0; i < 3; i++) {
        p.rig.w = sizes[i].w;
        p.rig.h = sizes[i].h;
        uint64_t one = draw_one(&p), other = draw_other(&p);
        ck_assert_uint_ne(one, other);
        ck_assert_uint_eq(draw_one(&p), one);
        Screen *alone = screen_open(p.rig.app, NULL);
        ck_assert_ptr_nonnull(alone);
        screen_draw(alone, p.rig.canvas);
        ck_assert_uint_eq(hash(p.rig.canvas), one);
        screen_close(alone);
    }
    close_pair(&p);
}
END_TEST

START_TEST(a_click_on_one_changes_both) {
    Pair p;
    int x, y, x1, y1;
    open_pair(&p, 900, 700);
    uint64_t one = draw_one(&p), other = draw_other(&p);
    ck_assert(!screen_dirty(p.rig.screen) && !screen_dirty(p.other));
    ck_assert(find_token(p.other, 900, 700, 1, &x, &y));
    ck_assert(find_token(p.rig.screen, p.rig.w, p.rig.h, 1, &x1, &y1));
    ck_assert(x != x1 || y != y1); /* each has its own hits */
    screen_mouse_down(p.other, x, y);
    screen_mouse_up(p.other);
    ck_assert_int_eq(app_state(p.rig.app)->token, 1);
    ck_assert(screen_dirty(p.rig.screen) && screen_dirty(p.other));
    ck_assert_uint_ne(draw_other(&p), other);
    ck_assert(!screen_dirty(p.other));
    ck_assert(screen_dirty(p.rig.screen)); /* has not drawn it yet */
    ck_assert_uint_ne(draw_one(&p), one);
    ck_assert(!screen_dirty(p.rig.screen));
    close_pair(&p);
}
END_TEST

START_TEST(the_mouse_is_over_one_of_them) {
    Pair p;
    int x, y;
    open_pair(&p, 1280, 800); /* of the same size: the same hits */
    uint64_t one = draw_one(&p), other = draw_other(&p);
    ck_assert_uint_eq(one, other);
    ck_assert(find_token(p.rig.screen, 1280, 800, 1, &x, &y));
    screen_mouse_move(p.rig.screen, x, y);
    ck_assert(screen_dirty(p.rig.screen));
    ck_assert(!screen_dirty(p.other));
    ck_assert_uint_ne(draw_one(&p), one); /* the token's details */
    ck_assert_uint_eq(draw_other(&p), other);
    screen_mouse_move(p.rig.screen, -1, -1);
    ck_assert_uint_eq(draw_one(&p), one);
    close_pair(&p);
}
END_TEST

START_TEST(scrolls_and_panels_are_a_screens_own) {
    Pair p;
    open_pair(&p, 1280, 800);
    set_state(&p, "view=block op=q elem=1");
    p.rig.h = 500;
    uint64_t one = draw_one(&p), other = draw_other(&p);
    screen_wheel(p.rig.screen, p.rig.w - 20, 300, -1);
    ck_assert(screen_dirty(p.rig.screen) && !screen_dirty(p.other));
    ck_assert_uint_ne(draw_one(&p), one);
    ck_assert_uint_eq(draw_other(&p), other);
    /* Another thing opened begins at its start, on both. */
    set_state(&p, "elem=2");
    app_close_cell(p.rig.app);
    set_state(&p, "elem=1");
    ck_assert_uint_eq(draw_one(&p), one);

    other = draw_other(&p);
    screen_key(p.rig.screen, "I");
    ck_assert_uint_ne(draw_one(&p), one);
    ck_assert_uint_eq(draw_other(&p), other);
    close_pair(&p);
}
END_TEST

/* Turning on at the end does not have to be turned back. */
START_TEST(a_scroll_ends_where_its_rows_end) {
    Pair p;
    open_pair(&p, 1280, 800);
    p.rig.h = 500;
    set_state(&p, "view=block op=q elem=1");
    uint64_t top = draw_one(&p);
    for (int i = 0; i < 50; i++)
        screen_key(p.rig.screen, "Ctrl+Down");
    uint64_t end = draw_one(&p);
    ck_assert_uint_ne(top, end);
    screen_key(p.rig.screen, "Ctrl+Down");
    ck_assert_uint_eq(draw_one(&p), end);
    for (int i = 0; i < 50; i++)
        screen_key(p.rig.screen, "Ctrl+Down");
    screen_key(p.rig.screen, "Ctrl+Up");
    ck_assert_uint_ne(draw_one(&p), end);
    for (int i = 0; i < 50; i++)
        screen_key(p.rig.screen, "Ctrl+Up");
    ck_assert_uint_eq(draw_one(&p), top);
    close_pair(&p);
}
END_TEST

static bool has_inspector(Pair *p) {
    screen_wheel(p->rig.screen, p->rig.w - 10, 300, 1);
    bool has = screen_dirty(p->rig.screen); /* its rows are scrolled */
    draw_one(p);
    return has;
}

static bool has_slide(Pair *p) {
    return offers(p->rig.screen, p->rig.canvas, CMD_BEAT_NEXT);
}

/* Where a lesson is shown: full HD and twice that, with text twice as large. */
START_TEST(the_lesson_stays_at_twice_the_scale) {
    static const int sizes[][2] = {{1920, 1080}, {3840, 2160}};
    static const char *const scales[] = {"scale=1", "scale=2"};
    Pair p;
    open_pair(&p, 800, 600);
    for (int i = 0; i < 4; i++) {
        p.rig.w = sizes[i / 2][0];
        p.rig.h = sizes[i / 2][1];
        set_state(&p, scales[i % 2]);
        ck_assert_msg(has_slide(&p), "%d x %d, %s", p.rig.w, p.rig.h,
                      scales[i % 2]);
    }
    close_pair(&p);
}
END_TEST

START_TEST(the_scale_is_one_number_that_is_shown) {
    Pair p;
    open_pair(&p, 800, 600);
    p.rig.w = 3840;
    p.rig.h = 2160;
    set_state(&p, "scale=1");
    screen_key(p.rig.screen, "+");
    ck_assert_str_eq(app_message(p.rig.app),
                     "text scale 2.20: 2.00 for this window × 1.10");
    app_rig_frame(&p.rig);
    ck_assert_float_eq_tol(canvas_scale(p.rig.canvas), 2.2f, 1e-4f);
    close_pair(&p);
}
END_TEST

/* At a scale of 1 a unit is a pixel.  1920: all; 1330: both at their least;
 * below: the inspector goes; below 955, half of 1920: the slide too.  Asked
 * for, both come back. */
START_TEST(panels_yield_in_their_order) {
    static const struct {
        int w;
        bool slide, inspector;
    } windows[] = {{1920, true, true},
                   {1331, true, true},
                   {1328, true, false},
                   {960, true, false},
                   {953, false, false}};
    Pair p;
    open_pair(&p, 800, 600);
    p.rig.h = 700;
    set_state(&p, "elem=1 panel=both scale=1.3888889"); /* of .72 */
    for (int i = 0; i < 5; i++) {
        p.rig.w = windows[i].w;
        draw_one(&p);
        ck_assert_int_eq(has_slide(&p), windows[i].slide);
        ck_assert_int_eq(has_inspector(&p), windows[i].inspector);
    }
    screen_key(p.rig.screen, "I");
    draw_one(&p);
    ck_assert(has_inspector(&p) && !has_slide(&p));
    screen_key(p.rig.screen, "Tab");
    draw_one(&p);
    ck_assert(has_slide(&p)); /* by turns */
    close_pair(&p);
}
END_TEST

/* Drawing reads: what the app says of itself stays. */
START_TEST(drawing_changes_nothing_of_the_app) {
    static char before[STATE_TEXT_MAX], after[STATE_TEXT_MAX];
    static const char *const states[] = {"view=attention", "view=heads",
                                         "view=block op=q elem=3",
                                         "view=next temperature=0.7"};
    Pair p;
    open_pair(&p, 900, 700);
    for (int i = 0; i < 4; i++) {
        set_state(&p, states[i]);
        uint64_t changes = app_changes(p.rig.app);
        uint64_t opened = app_opened(p.rig.app);
        app_state_text(p.rig.app, before, sizeof before);
        draw_one(&p);
        draw_other(&p);
        app_state_text(p.rig.app, after, sizeof after);
        ck_assert_str_eq(before, after);
        ck_assert_uint_eq(app_changes(p.rig.app), changes);
        ck_assert_uint_eq(app_opened(p.rig.app), opened);
    }
    close_pair(&p);
}
END_TEST

static int count_threads(void) {
    DIR *dir = opendir("/proc/self/task");
    int n = 0;
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

/* The figure at the end of a session; *text is where it ended. */
static uint64_t play_session(bool no_threads, char *text, size_t size) {
    static const char *const keys[] = {"Right", "Right", "Up",    "]",
                                       "7",     "V",     "Enter", "4",
                                       "Enter", "U",     "U",     "0"};
    AppRig r;
    const int before = count_threads();
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat",
                                  .trace_budget = 1,
                                  .no_threads = no_threads});
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        screen_key(r.screen, keys[i]);
        while (app_step(r.app, 1))
            ck_assert(no_threads);
        app_rig_frame(&r);
    }
    if (no_threads) ck_assert_int_eq(count_threads(), before);
    ck_assert(screen_draw_stage(r.screen, r.canvas, false));
    uint64_t h = hash(r.canvas);
    app_state_text(r.app, text, size);
    app_rig_close(&r);
    return h;
}

START_TEST(a_session_needs_no_thread) {
    static char with[STATE_TEXT_MAX], without[STATE_TEXT_MAX];
    uint64_t alone = play_session(true, without, sizeof without);
    ck_assert_uint_eq(play_session(false, with, sizeof with), alone);
    ck_assert_str_eq(with, without);
    ck_assert_ptr_nonnull(strstr(with, "then="));
}
END_TEST

/* Pixels of the lowest 50 rows that are not the ground. */
static int foot_pixels(const Canvas *c) {
    const Pixmap *p = canvas_pixels(c);
    const uint32_t ground = p->px[(p->h - 2) * p->stride + 2];
    int n = 0;
    for (int y = p->h - 50; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            n += p->px[y * p->stride + x] != ground;
    return n;
}

START_TEST(a_figure_says_what_it_is_of_unless_it_is_plain) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .prompt = "the cat sat",
                                  .state = "view=heads edit=1.2"});
    app_rig_frame(&r);
    ck_assert(screen_draw_stage(r.screen, r.canvas, true));
    const int plain = foot_pixels(r.canvas);
    const uint64_t h = hash(r.canvas);
    ck_assert(screen_draw_stage(r.screen, r.canvas, false));
    ck_assert_int_gt(foot_pixels(r.canvas), plain + 300);
    ck_assert_uint_ne(hash(r.canvas), h);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("screen", the_lesson_stays_at_twice_the_scale,
          the_scale_is_one_number_that_is_shown,
          a_figure_says_what_it_is_of_unless_it_is_plain,
          a_session_needs_no_thread, each_draws_what_it_would_alone,
          a_click_on_one_changes_both, the_mouse_is_over_one_of_them,
          scrolls_and_panels_are_a_screens_own,
          a_scroll_ends_where_its_rows_end, panels_yield_in_their_order,
          drawing_changes_nothing_of_the_app)
