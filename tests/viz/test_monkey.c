/* A monkey at the keyboard: random keys, text, clicks, sizes and pastes, with
 * a fixed seed.  After each, what the app says of itself must hold. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#define ACTIONS 1500 /* of one seed */

typedef struct Monkey {
    AppRig rig;
    App *app;        /* the rig's */
    uint64_t random; /* the state of a small generator */
    uint64_t now_ms;
} Monkey;

static unsigned dice(Monkey *m, unsigned n) {
    m->random = m->random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(m->random >> 33) % n;
}

static const char *const keys[] = {
    "Right",       "Right",    "Left",       "Home",  "End",       "Up",
    "Down",        "[",        "]",          "Enter", "Backspace", "P",
    "1",           "2",        "3",          "4",     "9",         "Shift+Left",
    "Shift+Right", "Shift+Up", "Shift+Down", "V",     "Shift+N",   "M",
    "T",           "+",        "-",          "0",     "/",         "X",
    "U",           "Z",        ">",          "<",     "K",         "Shift+K",
    "Y",           "Shift+Y",  "R",          "Space", "PageUp",    "G",
    "Tab",         "B",        ".",          "A",     "C",         "I",
    "Ctrl+C",      "Ctrl+V",   "F",          "?",     "Esc",       "Esc",
    "Delete",      "Ctrl+U",   "Nonsense",   "5",     "7"};

static const char *const texts[] = {
    "a",
    " the cat",
    "é",
    "\xF0\x9F\xA6\x99",
    "\xFF\xFE",
    "\n",
    "日本",
    "<s>",
    "view=next temperature=0",
    "view=heads layer=1 sort=induction",
    "view=block op=rope elem=3",
    "view=attention token=40",
    "view=tokens op=ladder word=thethat",
    "view=tokens op=vocabulary elem=299",
    "view=nonsense",
    "view=model op=map zoom=40 at=1000,2000",
    "view=model op=params shape=D=32 elem=1",
    "view=block edit=mask,0.1,n1.3*0.5,attn0",
    "view=next then=5,6,7,8",
    "the cat sat on the mat and the dog sat on the cat"};

static void act(Monkey *m) {
    unsigned what = dice(m, 20);
    int x = (int)dice(m, (unsigned)m->rig.w + 1);
    int y = (int)dice(m, (unsigned)m->rig.h + 1);
    if (what < 12)
        screen_key(m->rig.screen, keys[dice(m, sizeof keys / sizeof *keys)]);
    else if (what < 14)
        screen_mouse_down(m->rig.screen, x, y);
    else if (what < 15)
        screen_mouse_move(m->rig.screen, x, y);
    else if (what < 16)
        screen_mouse_up(m->rig.screen);
    else if (what < 17)
        screen_wheel(m->rig.screen, x, y, dice(m, 2) ? 1 : -1);
    else if (what < 18)
        app_text(m->app, texts[dice(m, sizeof texts / sizeof *texts)]);
    else if (what < 19)
        app_paste(m->app, texts[dice(m, sizeof texts / sizeof *texts)]);
    else {
        static const int sizes[][2] = {{1, 1},     {37, 900},  {640, 20},
                                       {320, 200}, {800, 600}, {1024, 768}};
        unsigned i = dice(m, 6);
        m->rig.w = sizes[i][0];
        m->rig.h = sizes[i][1];
    }
}

static void check_state(Monkey *m) {
    const State *s = app_state(m->app);
    const Config *c = model_config(app_model(m->app));
    ck_assert_int_ge(s->layer, 0);
    ck_assert_int_lt(s->layer, c->n_layers);
    ck_assert_int_ge(s->head, 0);
    ck_assert_int_lt(s->head, c->n_heads);
    ck_assert_float_ge(s->scale, .5f);
    ck_assert_float_le(s->scale, 4);
    ck_assert_int_le(trace_n_pos(app_trace(m->app)), 64);
}

/* A frame while the engine works on, as in the window. */
static void look(Monkey *m) {
    Err err = {0};
    int w = m->rig.w, h = m->rig.h;
    float scale = screen_scale(m->rig.screen, w, h);
    ck_assert_msg(canvas_resize(m->rig.canvas, w, h, scale, &err), "%s",
                  err.msg);
    screen_draw(m->rig.screen, m->rig.canvas);
    for (int i = (int)dice(m, 4); i > 0; i--)
        screen_look_ahead(m->rig.screen, m->rig.canvas, m->now_ms += 5);
    ck_assert(!screen_dirty(m->rig.screen));
}

/* What is shown can be copied, and coming back by the copy changes nothing. */
static void round_trip(Monkey *m) {
    static char before[STATE_TEXT_MAX], after[STATE_TEXT_MAX];
    Err err = {0};
    screen_key(m->rig.screen, "Esc");
    ck_assert(app_settle(m->app, 20000));
    app_state_text(m->app, before, sizeof before);
    ck_assert_msg(app_set_state(m->app, before, &err), "%s: %s", before,
                  err.msg);
    ck_assert(app_settle(m->app, 20000));
    app_state_text(m->app, after, sizeof after);
    ck_assert_str_eq(before, after);
}

/* `n` actions of the monkey with this seed. */
static void let_loose(uint64_t seed, const char *model, int n) {
    Monkey m = {.random = seed};
    app_rig_open(&m.rig, (AppOptions){.model_path = model});
    m.app = m.rig.app;
    for (int i = 0; i < n; i++) {
        act(&m);
        app_tick(m.app, (uint64_t)i * 40);
        check_state(&m);
        if (i % 4 == 0) look(&m);
        if (i % 50 == 0) round_trip(&m);
        app_take_request(m.app);
    }
    app_rig_close(&m.rig);
}

START_TEST(nothing_a_monkey_does_breaks_it) {
    for (uint64_t seed = 1; seed <= 4; seed++)
        let_loose(seed, NULL, ACTIONS);
}
END_TEST

TEST_MAIN("monkey", nothing_a_monkey_does_breaks_it)
