/* A copied state brings one back: whatever was done before, by keys, text,
 * mouse, wheel, files and sizes in random order, a fresh viewer that is given
 * the copied state draws the same pixels and copies the same state.
 *
 * Seeds and rounds are fixed; COPIED_ROUNDS=N runs N seeds instead. */
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/paint/png.h"
#include "viz/screen/keys.h"
#include "viz/screen/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS    16
#define ACTIONS   48 /* of a round */
#define WAIT_MS   20000
#define LOG_LINES 200
#define DECKS     5

/* A viewer on the round's files. */
typedef struct Viewer {
    App *app;
    Screen *screen;
} Viewer;

typedef struct Round {
    uint64_t seed, random;           /* the state of a small generator */
    char dir[FOLDER_PATH_MAX];       /* of decks */
    char models[2][FOLDER_PATH_MAX]; /* folders, each with a tiny model */
    char model[FOLDER_PATH_MAX];     /* the one that is open */
    char deck[FOLDER_PATH_MAX];      /* the one dropped last */
    Fonts *fonts;
    Canvas *canvas;
    Viewer v;
    int w, h;
    uint64_t now_ms;
    int n_files;                     /* decks and models opened so far */
    char kept[STATE_TEXT_MAX];       /* a state copied before, "": none, */
    int kept_files;                  /* of these files, */
    char kept_deck[FOLDER_PATH_MAX]; /* with this deck open */
    char log[LOG_LINES][128];        /* what was done */
    int n_log;
} Round;

static unsigned dice(Round *r, unsigned n) {
    r->random = r->random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(r->random >> 33) % n;
}

static void note(Round *r, const char *what, const char *with, int x, int y) {
    snprintf(r->log[r->n_log++ % LOG_LINES], sizeof r->log[0], "%s %.60s %d,%d",
             what, with, x, y);
}

/* What was done, for whoever has to find out why. */
static void tell(const Round *r) {
    int from = r->n_log > LOG_LINES ? r->n_log - LOG_LINES : 0;
    printf("seed %llu, %d x %d:\n", (unsigned long long)r->seed, r->w, r->h);
    for (int i = from; i < r->n_log; i++)
        printf("  %s\n", r->log[i % LOG_LINES]);
    fflush(stdout);
}

/* ---- files --------------------------------------------------------------- */

static const char *const decks[DECKS] = {
    /* Stages, a question, another text, looks, panels. */
    "# One\n\n<!-- .stage: view=next token=1 -->\n\nfirst\n\n"
    "<!-- .ask: Which? | a) x | b*) y | c) z -->\n\n"
    "<!-- .stage: token=2 theme=dark -->\n\nsecond\n\n---\n\n"
    "# Two\n\n<!-- .stage: view=attention layer=1 prompt=\"the cat\" -->\n\n"
    "attention and a key\n\n<!-- .ask: What next? | a*) sat | b) cat -->\n\n"
    "<!-- .stage: edit=1.2 -->\n\nx\n\n---\n\n# Three\n\nx\n",
    "# Few\n\nA question without a text of its own.\n\n"
    "<!-- .ask: Q | a) x | b*) y -->\n\n"
    "<!-- .stage: view=block op=z scale=1.2 -->\n\nB\n\n---\n\n# Number\n\n"
    "<!-- .guess: How much? | -5..20 | 2.5 % -->\n\n"
    "<!-- .hint: a | b -->\n\n<!-- .hint: c -->\n\n"
    "<!-- .stage: view=heads layer=1 -->\n\n"
    "<!-- .do: Do it. | edit=1.0 -->\n\n<!-- .hint: X -->\n\n"
    "<!-- .do: This, too. | rank(token=3) < 100 -->\n\n"
    "<!-- .stage: view=next -->\n\nC\n",
    "---\nmodel: somebodyelses\n---\n# Astray\n\n"
    "<!-- .stage: layer=1 -->\n\nx\n\n---\n\n# More\n\ny\n",
    "# Far\n\n<!-- .stage: layer=50 head=3 token=3000 then=7,8 row=900 -->\n\n"
    "x\n\n<!-- .stage: view=heads sort=induction key=77 -->\n\ny\n",
    "",
};

static void write_deck(Round *r, int file, int text) {
    char name[24];
    snprintf(name, sizeof name, "deck%d.md", file);
    folder_write(r->dir, name, decks[text], strlen(decks[text]));
    r->n_files++;
    folder_path(r->deck, r->dir, name);
}

static void write_models(Round *r) {
    for (int i = 0; i < 2; i++) {
        TinySpec spec = tiny_spec();
        spec.seed = (uint64_t)i + 1;
        spec.n_layers = 2 + i;
        folder_make(r->models[i]);
        tiny_write(&spec, r->models[i], "tokenizer.bin");
    }
}

/* ---- viewers ------------------------------------------------------------- */

static void open_viewer(const Round *r, Viewer *v, const AppOptions *opt) {
    Err err = {0};
    AppOptions o = *opt;
    o.no_threads = true;
    v->app = app_open(&o, &err);
    if (!v->app) tell(r);
    ck_assert_msg(v->app != NULL, "%s: %s", o.state ? o.state : "", err.msg);
    v->screen = screen_open(v->app, &err);
    ck_assert_msg(v->screen != NULL, "%s", err.msg);
}

/* The open deck's; "": none is open. */
static const char *deck_of(const Viewer *v) {
    const Deck *d = app_deck(v->app);
    return d ? deck_path(d) : "";
}

/* The same deck is opened: a file, or by name one in the program. */
static void say_deck(const Viewer *v, AppOptions *opt, char name[64]) {
    const char *path = deck_of(v);
    opt->no_deck = !path[0];
    if (!path[0]) return;
    if (app_deck_is_file(v->app)) {
        opt->deck_path = path;
        return;
    }
    path += strlen("lessons/");
    snprintf(name, 64, "%.*s", (int)(strlen(path) - strlen(".md")), path);
    opt->lesson = name;
}

static void close_viewer(Viewer *v) {
    screen_close(v->screen);
    app_close(v->app);
}

static void draw(Round *r, const Viewer *v) {
    Err err = {0};
    float scale = screen_scale(v->screen, r->w, r->h);
    if (canvas_width(r->canvas) != r->w || canvas_height(r->canvas) != r->h ||
        canvas_scale(r->canvas) != scale)
        ck_assert_msg(canvas_resize(r->canvas, r->w, r->h, scale, &err), "%s",
                      err.msg);
    screen_draw(v->screen, r->canvas);
}

/* A copy of the pixels once nothing moves any more; the caller frees. */
static uint32_t *pixels_at_rest(Round *r, const Viewer *v, size_t *size) {
    screen_mouse_up(v->screen);
    app_leave_marks(v->app); /* as the mouse, of the moment */
    app_clear_pen(v->app);
    screen_mouse_move(v->screen, -1, -1);
    ck_assert(app_settle(v->app, WAIT_MS));
    app_tick(v->app, r->now_ms); /* a message's time begins */
    r->now_ms += 60000;          /* and goes by */
    app_tick(v->app, r->now_ms);
    ck_assert(app_settle(v->app, WAIT_MS));
    draw(r, v);
    const Pixmap *p = canvas_pixels(r->canvas);
    *size = (size_t)p->w * (size_t)p->h * sizeof *p->px;
    uint32_t *out = malloc(*size);
    ck_assert_ptr_nonnull(out);
    for (int y = 0; y < p->h; y++)
        memcpy(out + (size_t)y * (size_t)p->w,
               p->px + (size_t)y * (size_t)p->stride,
               (size_t)p->w * sizeof *p->px);
    return out;
}

/* ---- what is done -------------------------------------------------------- */

/* Any key that has a meaning, and some that edit. */
static void press_any(Round *r) {
    static const char *const more[] = {
        "Left",   "Right",  "Home",   "End",       "Backspace",
        "Delete", "Ctrl+A", "Ctrl+U", "Backspace", "Esc",
        "Enter",  "Enter",  "1",      "2",         "3"};
    const unsigned n_more = sizeof more / sizeof *more;
    char name[24];
    unsigned n = 0;
    for (const KeyRow *row = keys_table(); row->keys; row++)
        n++;
    const unsigned i = dice(r, n + n_more);
    snprintf(name, sizeof name, "%s",
             i < n ? keys_table()[i].keys : more[i - n]);
    name[strcspn(name, " ")] = '\0';
    if (strcmp(name, "E") == 0) return; /* its own test: it is slow */
    note(r, "key", name, 0, 0);
    screen_key(r->v.screen, name);
}

/* A point where a click does something, if a few tries find one. */
static void any_point(Round *r, int *x, int *y) {
    Pick pick;
    int arg;
    for (int i = 0; i < 40; i++) {
        *x = (int)dice(r, (unsigned)r->w);
        *y = (int)dice(r, (unsigned)r->h);
        if (screen_pick_at(r->v.screen, *x, *y, &pick) ||
            screen_command_at(r->v.screen, *x, *y, &arg) != CMD_NONE)
            return;
    }
}

static void click_any(Round *r) {
    int x, y, arg;
    any_point(r, &x, &y);
    if (screen_command_at(r->v.screen, x, y, &arg) == CMD_EXPORT) return;
    if (dice(r, 5) == 0) {
        note(r, "menu", "", x, y);
        screen_mouse_menu(r->v.screen, x, y);
        return;
    }
    note(r, "click", "", x, y);
    screen_mouse_move(r->v.screen, x, y);
    screen_mouse_down(r->v.screen, x, y);
    if (dice(r, 3) == 0) screen_mouse_move(r->v.screen, x + 40, y);
    if (dice(r, 8)) screen_mouse_up(r->v.screen);
}

static void turn_wheel(Round *r) {
    int x, y, steps = dice(r, 2) ? 1 : -1;
    any_point(r, &x, &y);
    note(r, "wheel", steps > 0 ? "up" : "down", x, y);
    for (unsigned i = dice(r, 4); i < 4; i++)
        screen_wheel(r->v.screen, x, y, steps);
}

static const char *const texts[] = {
    "a",
    " the cat",
    "é",
    "\n",
    "<s>",
    "view=next temperature=0",
    "view=next row=40 sink=off",
    "view=next op=surprise token=2",
    "view=heads layer=1 sort=induction",
    "view=heads layer=1 over=stories",
    "view=residual op=why row=2",
    "view=qk op=turned part=key elem=1",
    "view=heads zoom=2 at=2,1 row=1",
    "view=block op=rope elem=3",
    "view=block op=down elem=3",
    "view=attention token=20",
    "view=residual elem=3",
    "view=residual op=why",
    "view=residual op=stream part=mlp number=asks",
    "part=head number=length",
    "view=residual op=why part=token key=1 number=worth",
    "view=attention op=change edit=0.1 key=1",
    "view=attention op=rollout",
    "view=attention op=valued key=0",
    "view=attention op=sums",
    "view=attention op=lines heads=1,0 least=0.1",
    "view=model op=map zoom=3",
    "view=model op=params shape=\"D=64,L=3\"",
    "view=model op=cost",
    "view=embedding op=moved elem=40",
    "view=embedding op=map",
    "view=learn model=embedded:step-000100",
    "view=learn op=live step=3 elem=5",
    "view=learn op=live learns=text",
    "view=qk op=distance",
    "view=qk shift=40 apart=3",
    "view=qk op=turned shift=-1",
    "view=cache op=cost",
    "against=\"prompt=\\\"the big cat sat\\\"\"",
    "source=on opened=before",
    "view=block edit=mask,0.1,n1.3*0.3333333,attn0",
    "edit=0.1 against=\"edit=1.3\"",
    "edit=0.1 against=off",
    "model=embedded:answers",
    "against=\"model=embedded:step-000400\"",
    "model=embedded against=\"model=embedded:step-000100\"",
    "view=next then=5,6,7,8",
    "cover=start lessons=subject entry=4",
    "cover=start entry=30",
    "cover=end entry=1",
    "length=30 seed=99",
    "the cat sat on the mat and the dog sat on the cat",
    "cover=slides chosen=2",
    "lesson weights", /* as a line of the palette */
    "embedded:answers"};

static const char *any_text(Round *r) {
    return texts[dice(r, sizeof texts / sizeof *texts)];
}

static void resize(Round *r) {
    static const int sizes[][2] = {{640, 400}, {800, 600},  {1024, 500},
                                   {900, 700}, {1280, 800}, {700, 900}};
    const unsigned i = dice(r, 6);
    r->w = sizes[i][0];
    r->h = sizes[i][1];
    note(r, "size", "", r->w, r->h);
}

static void drop_deck(Round *r) {
    const int i = (int)dice(r, DECKS);
    write_deck(r, i, i);
    note(r, "drop", r->deck, 0, 0);
    app_drop(r->v.app, r->deck);
}

/* The open deck's file becomes another, and time goes by. */
static void change_deck(Round *r) {
    if (!app_deck_is_file(r->v.app)) return;
    const char *path = deck_path(app_deck(r->v.app));
    const int file = path[strlen(path) - strlen("0.md")] - '0';
    const int text = (int)dice(r, DECKS);
    note(r, "deck file becomes", "", file, text);
    write_deck(r, file, text);
    for (int i = 0; i < 3; i++)
        app_tick(r->v.app, r->now_ms += 400);
}

/* Another model in place of the one that is open, as the window does it. */
static void change_model(Round *r) {
    char deck[FOLDER_PATH_MAX] = "";
    AppOptions opt = {.prompt = "the cat sat", .no_deck = true};
    if (app_deck_is_file(r->v.app)) {
        snprintf(deck, sizeof deck, "%s", deck_path(app_deck(r->v.app)));
        opt.deck_path = deck;
        opt.no_deck = false;
        opt.slide = app_state(r->v.app)->slide - 1;
        opt.beat = app_state(r->v.app)->beat;
    }
    folder_path(r->model, r->models[dice(r, 2)], "tiny.bin");
    note(r, "model", r->model, 0, 0);
    r->n_files++;
    opt.model_path = r->model;
    close_viewer(&r->v);
    open_viewer(r, &r->v, &opt);
}

static void act(Round *r) {
    const unsigned what = dice(r, 40);
    if (what < 20) {
        press_any(r);
    } else if (what < 27) {
        click_any(r);
    } else if (what < 31) {
        turn_wheel(r);
    } else if (what < 33) {
        const char *text = any_text(r);
        note(r, "text", text, 0, 0);
        app_text(r->v.app, text);
    } else if (what < 35) {
        const char *text = any_text(r);
        note(r, "paste", text, 0, 0);
        app_paste(r->v.app, text);
    } else if (what < 37) {
        resize(r);
    } else if (what < 38) {
        drop_deck(r);
    } else if (what < 39) {
        change_deck(r);
    } else {
        change_model(r);
    }
}

/* Some time, some of the engine's work, and sometimes a frame. */
static void pass_time(Round *r) {
    r->now_ms += dice(r, 400);
    app_tick(r->v.app, r->now_ms);
    for (unsigned i = dice(r, 4); i > 0; i--)
        app_step(r->v.app, 1);
    if (dice(r, 4)) draw(r, &r->v);
    app_take_request(r->v.app);
}

/* ---- what must hold ------------------------------------------------------ */

static bool is_playing(const Round *r) {
    Scene scene;
    app_look(r->v.app, &scene);
    const bool is = scene.is_playing;
    app_look_away(r->v.app);
    return is;
}

/* The state of a help sheet that is open is asked for: any key closes it. */
static void copy_help(const Round *r, char text[STATE_TEXT_MAX]) {
    if (is_playing(r)) app_play(r->v.app); /* as copying does */
    app_state_text(r->v.app, text, STATE_TEXT_MAX);
    ck_assert_ptr_nonnull(strstr(text, " cover="));
}

/* Copies as a person does, who first ends what else takes the keys. */
static void copy(Round *r, char text[STATE_TEXT_MAX]) {
    screen_mouse_up(r->v.screen); /* it may be what a click waits for */
    if (app_mode(r->v.app) == APP_HELPING) {
        copy_help(r, text);
        return;
    }
    screen_key(r->v.screen, "Ctrl+C");
    for (int i = 0; i < 3 && app_take_request(r->v.app) != APP_COPY; i++) {
        screen_key(r->v.screen, i || dice(r, 2) ? "Esc" : "Enter");
        app_take_request(r->v.app);
        screen_key(r->v.screen, "Ctrl+C");
    }
    snprintf(text, STATE_TEXT_MAX, "%s", app_clipboard(r->v.app));
    ck_assert_msg(strncmp(text, "view=", 5) == 0, "copied: %s", text);
}

static void save(Round *r, const uint32_t *px, const char *name) {
    Err err = {0};
    uint8_t *bytes;
    size_t size;
    const char *dir = getenv("COPIED_DUMP");
    if (!dir) return;
    Pixmap p = {
        .w = r->w, .h = r->h, .stride = r->w, .px = (uint32_t *)(uintptr_t)px};
    ck_assert(png_encode(&p, (PngTexts){.state = "", .model = "x"}, &bytes,
                         &size, &err));
    folder_write(dir, name, bytes, size);
    free(bytes);
}

static void compare(Round *r, const char *given, const uint32_t *px,
                    size_t size, const Viewer *v, const char *expected) {
    static char copied[STATE_TEXT_MAX];
    size_t n;
    uint32_t *other = pixels_at_rest(r, v, &n);
    app_state_text(v->app, copied, sizeof copied);
    const bool same = n == size && memcmp(px, other, n) == 0;
    if (!same || strcmp(copied, expected) != 0) {
        tell(r);
        printf("given  %s\n", given);
        save(r, px, "was.png");
        save(r, other, "is.png");
    }
    ck_assert_str_eq(copied, expected);
    ck_assert_msg(same, "other pixels");
    free(other);
}

/* A fresh viewer, given `text`, draws those pixels and copies `again`. */
static void check_fresh(Round *r, const char *text, const char *again,
                        const uint32_t *px, size_t size) {
    Viewer fresh;
    AppOptions opt = {.model_path = r->model, .state = text};
    char lesson[64];
    say_deck(&r->v, &opt, lesson);
    open_viewer(r, &fresh, &opt);
    compare(r, text, px, size, &fresh, again);
    close_viewer(&fresh);
}

static void check(Round *r) {
    static char at_once[STATE_TEXT_MAX], at_rest[STATE_TEXT_MAX];
    size_t size;
    copy(r, at_once);
    note(r, "copied", "", 0, 0);
    uint32_t *px = pixels_at_rest(r, &r->v, &size);
    app_state_text(r->v.app, at_rest, sizeof at_rest);
    check_fresh(r, at_once, at_rest, px, size);
    if (strcmp(at_once, at_rest) != 0)
        check_fresh(r, at_rest, at_rest, px, size);
    free(px);
    snprintf(r->kept, sizeof r->kept, "%s", at_rest);
    r->kept_files = r->n_files;
    snprintf(r->kept_deck, sizeof r->kept_deck, "%s", deck_of(&r->v));
}

/* The state kept last, pasted into the viewer that has gone on since: all but
 * the room's looks, which are put back first, comes back with it. */
static void come_back(Round *r) {
    static const char looks[] =
        "theme=light colormap=viridis scale=1 motion=on "
        "panel=auto inspector=auto source=auto "
        "notes=auto notes_size=1 cover=none";
    static char now[STATE_TEXT_MAX];
    Err err = {0};
    size_t size;
    if (!r->kept[0] || r->kept_files != r->n_files ||
        strcmp(r->kept_deck, deck_of(&r->v)) != 0)
        return;
    copy(r, now); /* ends what else takes the paste */
    ck_assert_msg(app_set_state(r->v.app, looks, &err), "%s", err.msg);
    note(r, "came back", "", 0, 0);
    app_paste(r->v.app, r->kept);
    uint32_t *px = pixels_at_rest(r, &r->v, &size);
    app_state_text(r->v.app, now, sizeof now);
    if (strcmp(now, r->kept) != 0) tell(r);
    ck_assert_str_eq(now, r->kept);
    check_fresh(r, r->kept, r->kept, px, size);
    free(px);
}

static Round *open_round(uint64_t seed, int deck) {
    Err err = {0};
    Round *r = calloc(1, sizeof *r);
    ck_assert_ptr_nonnull(r);
    r->seed = r->random = seed;
    r->w = 1024;
    r->h = 700;
    folder_make(r->dir);
    write_models(r);
    folder_path(r->model, r->models[0], "tiny.bin");
    r->fonts = fonts_open(&err);
    ck_assert_msg(r->fonts != NULL, "%s", err.msg);
    r->canvas = canvas_open(16, 16, 1, r->fonts, &err);
    ck_assert_msg(r->canvas != NULL, "%s", err.msg);
    AppOptions opt = {
        .model_path = r->model, .prompt = "the cat sat", .no_deck = deck < 0};
    if (deck >= 0) {
        write_deck(r, deck, deck);
        opt.deck_path = r->deck;
    }
    open_viewer(r, &r->v, &opt);
    draw(r, &r->v);
    return r;
}

static void close_round(Round *r) {
    close_viewer(&r->v);
    canvas_close(r->canvas);
    fonts_close(r->fonts);
    folder_remove(r->dir);
    folder_remove(r->models[0]);
    folder_remove(r->models[1]);
    free(r);
}

static void play_round(uint64_t seed) {
    Round *r = open_round(seed, seed % 2 ? 0 : -1);
    for (int i = 1; i <= ACTIONS; i++) {
        act(r);
        pass_time(r);
        if (dice(r, 8) == 0) check(r);
        if (dice(r, 16) == 0) come_back(r);
    }
    check(r);
    close_round(r);
}

/* Ways on which a copied state once led elsewhere: a deck, -1: none, and keys,
 * with no frame in between.  "beat" is a click on the slide's arrow; what has
 * an equals sign is pasted. */
static const struct {
    int deck;
    const char *keys[6];
    const char *says; /* part of the copied state */
} ways[] = {
    {-1, {"I"}, " inspector=on"},
    {-1, {"I", "I"}, "view="},
    {0, {"Tab"}, " panel=stage"},
    {0, {"Tab", "Tab"}, " panel=slide"},
    {0, {"F8", "Space"}, " panel=auto"}, /* a beat is as it says */
    {0, {"Tab", "Ctrl+Z"}, " slide=1 beat=0"},
    {-1, {"view=block op=down elem=3", "Ctrl+Down"}, " terms=3"},
    {-1, {"B"}, " cover=black"},
    {-1, {"?"}, " cover=help"},
    {0, {"O", "End"}, " cover=slides chosen=3"},
    {0, {"O", "End", "B"}, " cover=black"},
    {0, {"cover=start lessons=subject entry=4", "B"}, " cover=black"},
    {0, {"cover=start lessons=subject entry=4", "?"}, " cover=help"},
    {-1, {"Shift+P"}, "view="},
    {-1, {"/", "Backspace", "Enter"}, " prompt=\"\""},
    {-1, {"Right", "Left"}, " token=2"},
    {-1, {"length=64", "<", "<"}, " temperature=0.6"},
    {3, {"Space"}, " token=63"}, /* stages point past the model */
    {0, {"Space", "/", "beat", "Esc"}, " slide=1 beat=1"},
    {0, {"Space", "T"}, " theme=light"},
    {1, {NULL}, " slide=1 beat=0"}, /* it asks about any text */
    {2, {NULL}, " slide=1 beat=0"}, /* no stage of it is run */
};

static void go(size_t way) {
    static char text[STATE_TEXT_MAX];
    Round *r = open_round(1, ways[way].deck);
    for (int i = 0; i < 6 && ways[way].keys[i]; i++) {
        const char *key = ways[way].keys[i];
        note(r, "key", key, 0, 0);
        if (strcmp(key, "beat") == 0)
            app_step_beat(r->v.app, +1);
        else if (strchr(key, '='))
            app_paste(r->v.app, key);
        else
            screen_key(r->v.screen, key);
    }
    check(r);
    copy(r, text);
    ck_assert_msg(strstr(text, ways[way].says) != NULL, "%s", text);
    close_round(r);
}

START_TEST(these_ways_lead_back) {
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        go(i);
}
END_TEST

/* Pasted where one has gone on, a whole place is what it was. */
START_TEST(a_place_is_whole) {
    static char text[STATE_TEXT_MAX], again[STATE_TEXT_MAX];
    Round *r = open_round(1, -1);
    copy(r, text);
    app_paste(r->v.app, "view=block layer=1 edit=1.2 temperature=0 seed=3");
    app_paste(r->v.app, text);
    copy(r, again);
    ck_assert_str_eq(again, "view=attention prompt=\"the cat sat\"");
    ck_assert_str_eq(again, text);
    close_round(r);
}
END_TEST

START_TEST(a_copied_state_brings_one_back) {
    const char *more = getenv("COPIED_ROUNDS");
    const char *from = getenv("COPIED_FROM");
    const unsigned long first = from ? strtoul(from, NULL, 10) : 1;
    const unsigned long n = more ? strtoul(more, NULL, 10) : ROUNDS;
    for (unsigned long seed = first; seed < first + n; seed++)
        play_round(seed);
}
END_TEST

TEST_MAIN("copied", these_ways_lead_back, a_place_is_whole,
          a_copied_state_brings_one_back)
