/* Whole sessions of the viewer without a display: every file in
 * tests/viz/scripts/ is played against the App, which draws on a canvas.
 *
 * One command a line; # starts a comment:
 *     model tiny|tales|bert     (first line)
 *     key NAME                  as keys.h names it
 *     text STRING               typed
 *     paste STRING
 *     state STRING              app_set_state
 *     size W H                  of the canvas, from here on
 *     click KEY=N               the middle of the hit that sets one key to N
 *     cell ROW COL              that cell of the heatmap
 *     expect STATE              these keys have these values now
 *     expect-n N                so many tokens are in the sequence
 *     expect-message WORDS      the message at the bottom contains WORDS
 *     shows WORDS               a text on the picture contains WORDS
 *     same | differs            the picture against that before the last input
 *     export FILE               app_export into the test's folder
 *     restore FILE              drops that picture on the window
 * After every command the engine is waited for and a frame is drawn.
 */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TALES "assets/models/tales.bin"

typedef struct Player {
    const char *script; /* for messages */
    int line;
    AppRig rig;
    char dir[FOLDER_PATH_MAX], model[FOLDER_PATH_MAX]; /* its own; "" */
    App *app;                                          /* the rig's */
    uint64_t picture, before; /* hashes of the last two frames */
} Player;

static uint64_t hash_picture(const Canvas *c) {
    const Pixmap *p = canvas_pixels(c);
    uint64_t h = 14695981039346656037ull;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            h = (h ^ p->px[(size_t)y * (size_t)p->stride + (size_t)x]) *
                1099511628211ull;
    return h;
}

static void frame(Player *p) {
    app_rig_frame(&p->rig);
    p->before = p->picture;
    p->picture = hash_picture(p->rig.canvas);
}

static void open_player(Player *p, const char *model) {
    const bool tiny = strcmp(model, "tiny") == 0;
    AppOptions opt = {.model_path = TALES};
    if (strcmp(model, "bert") == 0) {
        folder_make(p->dir);
        app_rig_write_bert(p->model, p->dir, true);
        opt = (AppOptions){.no_deck = true,
                           .model_path = p->model,
                           .prompt = "zoe went unaffable, zoe went"};
    }
    app_rig_open(&p->rig,
                 tiny ? (AppOptions){.no_deck = true, .prompt = "the cat sat"}
                      : opt);
    p->app = p->rig.app;
    frame(p);
}

/* ---- commands ----------------------------------------------------------- */

/* True when clicking there sets the key that `want` has to want's value. */
static bool sets(const Pick *pick, const State *want) {
    const struct {
        StateKey key;
        int number;
    } numbers[] = {{STATE_LAYER, want->layer}, {STATE_HEAD, want->head},
                   {STATE_TOKEN, want->token}, {STATE_KEY, want->key},
                   {STATE_ELEM, want->elem},   {STATE_STEP, want->step}};
    enum { N = sizeof numbers / sizeof *numbers };
    char model[STATE_PATH_MAX];
    for (int i = 0; i < STATE_KEYS; i++)
        if (want->set & STATE_BIT(i) && !pick_find(pick, (StateKey)i))
            return false;
    for (int i = 0; i < N; i++)
        if (want->set & STATE_BIT(numbers[i].key) &&
            pick_get(pick, numbers[i].key) != numbers[i].number)
            return false;
    if (want->set & STATE_BIT(STATE_MODEL)) {
        training_model(pick_get(pick, STATE_MODEL), model);
        if (strcmp(model, want->model) != 0) return false;
    }
    return !(want->set & STATE_BIT(STATE_OP)) ||
           strcmp(pick_get_word(pick, STATE_OP), want->op) == 0;
}

/* Searches the picture for a point whose hit sets a key: by clicking is the
 * only way in that a user has. */
static void click(Player *p, const char *arg) {
    State want;
    Err err = {0};
    state_init(&want);
    ck_assert_msg(state_parse(&want, arg, &err), "%s", err.msg);
    for (int y = 2; y < p->rig.h; y += 6)
        for (int x = 2; x < p->rig.w; x += 6) {
            Pick pick;
            if (!screen_pick_at(p->rig.screen, x, y, &pick) ||
                !sets(&pick, &want))
                continue;
            state_free(&want);
            app_rig_click(&p->rig, x, y);
            return;
        }
    ck_abort_msg("%s:%d: nothing on screen sets %s", p->script, p->line, arg);
}

static void expect(Player *p, const char *text) {
    State want;
    Err err = {0};
    char a[4096], b[4096];
    state_init(&want);
    ck_assert_msg(state_parse(&want, text, &err), "%s:%d: %s", p->script,
                  p->line, err.msg);
    /* Formatting both with the keys named compares exactly these. */
    state_format(&want, want.set, a, sizeof a);
    state_format(app_state(p->app), want.set, b, sizeof b);
    state_free(&want);
    ck_assert_msg(strcmp(a, b) == 0, "%s:%d: found %s, expected %s", p->script,
                  p->line, b, a);
}

static void export_to(Player *p, const char *name) {
    char path[FOLDER_PATH_MAX], out[FOLDER_PATH_MAX];
    Err err = {0};
    folder_path(path, p->rig.dir, name);
    ck_assert_msg(screen_export(p->rig.screen, path, 640, 400, 1, false, out,
                                sizeof out, &err),
                  "%s", err.msg);
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_gt(st.st_size, 1000);
}

static void restore(Player *p, const char *name) {
    char path[FOLDER_PATH_MAX];
    folder_path(path, p->rig.dir, name);
    app_drop(p->app, path);
}

static void check(Player *p, bool ok, const char *what) {
    ck_assert_msg(ok, "%s:%d: %s", p->script, p->line, what);
}

/* Commands that only look; true when word was one. */
static bool look(Player *p, const char *word, const char *arg) {
    if (strcmp(word, "expect") == 0)
        expect(p, arg);
    else if (strcmp(word, "expect-n") == 0)
        ck_assert_msg(trace_n_pos(app_trace(p->app)) == atoi(arg),
                      "%s:%d: found %d tokens, expected %s", p->script, p->line,
                      trace_n_pos(app_trace(p->app)), arg);
    else if (strcmp(word, "expect-message") == 0)
        ck_assert_msg(strstr(app_message(p->app), arg) != NULL,
                      "%s:%d: the message is \"%s\"", p->script, p->line,
                      app_message(p->app));
    else if (strcmp(word, "shows") == 0)
        check(p, app_rig_shows(&p->rig, arg), arg);
    else if (strcmp(word, "same") == 0)
        check(p, p->picture == p->before, "the picture changed");
    else if (strcmp(word, "differs") == 0)
        check(p, p->picture != p->before, "the picture did not change");
    else if (strcmp(word, "export") == 0)
        export_to(p, arg);
    else
        return false;
    return true;
}

static void input(Player *p, const char *word, const char *arg) {
    Err err = {0};
    if (strcmp(word, "key") == 0)
        screen_key(p->rig.screen, arg);
    else if (strcmp(word, "text") == 0)
        app_text(p->app, arg);
    else if (strcmp(word, "paste") == 0)
        app_paste(p->app, arg);
    else if (strcmp(word, "state") == 0)
        ck_assert_msg(app_set_state(p->app, arg, &err), "%s:%d: %s", p->script,
                      p->line, err.msg);
    else if (strcmp(word, "size") == 0)
        ck_assert_int_eq(sscanf(arg, "%d %d", &p->rig.w, &p->rig.h), 2);
    else if (strcmp(word, "click") == 0)
        click(p, arg);
    else if (strcmp(word, "restore") == 0)
        restore(p, arg);
    else
        ck_abort_msg("%s:%d: unknown command %s", p->script, p->line, word);
    frame(p);
}

static void play_line(Player *p, char *line) {
    line[strcspn(line, "\n")] = '\0';
    if (!line[0] || line[0] == '#') return;
    char *arg = line + strcspn(line, " ");
    if (*arg) *arg++ = '\0';
    if (!look(p, line, arg)) input(p, line, arg);
}

static void play(const char *path) {
    Player p = {.script = path};
    char line[2048], model[32];
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    p.line = 1;
    ck_assert_int_eq(sscanf(line, "model %31s", model), 1);
    open_player(&p, model);
    while (fgets(line, sizeof line, f)) {
        p.line++;
        play_line(&p, line);
    }
    app_rig_close(&p.rig);
    if (p.dir[0]) folder_remove(p.model);
    if (p.dir[0]) folder_remove(p.dir);
    fclose(f);
}

START_TEST(every_script_plays) {
    DIR *dir = opendir("tests/viz/scripts");
    ck_assert_ptr_nonnull(dir);
    int n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        char path[400];
        size_t len = strlen(e->d_name);
        if (len < 5 || strcmp(e->d_name + len - 5, ".keys") != 0) continue;
        snprintf(path, sizeof path, "tests/viz/scripts/%s", e->d_name);
        play(path);
        n++;
    }
    closedir(dir);
    ck_assert_int_ge(n, 5);
}
END_TEST

TEST_MAIN("scripts", every_script_plays)
