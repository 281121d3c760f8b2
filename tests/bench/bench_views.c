/* How fast every view and mode is, 1920x1080, all panels, 256 tokens: from a
 * key to the finished picture, with nothing compared and with a head off, keys
 * coming as they do from one that is held down; the steps of training, looked
 * at for the first time and once they are read ahead, and keys while a model is
 * trained; then a large shape, where a view must appear at once and fill as
 * values come; the heads of 40 layers x 40 heads x 512 tokens while they
 * scroll; and a whole process that exports a picture.  Ratios are against what
 * the project promises; where a whole picture takes longer, its first frame is
 * measured, too.  Beside them the 99th percentile of the processor time in all
 * threads, which other programs on the machine change little.  Not a test:
 * machines differ. */
#include "tests/support/tiny_model.h"
#include "viz/cli/bench/made_model.h"
#include "viz/screen/screen.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define WIDTH    1920
#define HEIGHT   1080
#define N_TOKENS 256
#define TIMES    200
#define STEP_MS  8  /* from a key to the picture */
#define KEY_MS   33 /* between two of a key that is held down */

/* Where the runs without each part begin that `why` needs. */
#define WHY_TOKEN 50
#define WHY_TIMES 20 /* texts */
#define WHY_MS    100

#define RESTED_MS 5000 /* at most, until nothing is done any more */

/* Where first frames are measured: no number was made for it yet. */
#define FRESH_TOKEN 120

extern char **environ;

static double clock_ms(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

typedef struct Moment {
    double wall, cpu; /* ms */
} Moment;

static double time_ms(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

/* The processes that were waited for count, too. */
static Moment now(void) {
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (Moment){clock_ms(CLOCK_MONOTONIC), time_ms(own.ru_utime) +
                                                   time_ms(own.ru_stime) +
                                                   time_ms(children.ru_utime) +
                                                   time_ms(children.ru_stime)};
}

typedef struct Bench {
    App *app;
    Screen *screen;
    Fonts *fonts;
    Canvas *canvas;
    void *weights; /* of a made model */
    double ms[TIMES], cpu[TIMES];
    int n;
} Bench;

static void note(Bench *b, Moment start) {
    const Moment end = now();
    b->ms[b->n] = end.wall - start.wall;
    b->cpu[b->n++] = end.cpu - start.cpu;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void head(const char *title) {
    printf("\n%-44s %8s %8s %8s %7s %8s\n", title, "median", "p99", "promise",
           "ratio", "cpu p99");
}

/* Returns the 99th percentile. */
static double report(Bench *b, const char *what, double promise) {
    qsort(b->ms, (size_t)b->n, sizeof *b->ms, compare);
    qsort(b->cpu, (size_t)b->n, sizeof *b->cpu, compare);
    const int last = (b->n * 99 - 1) / 100;
    const double p99 = b->ms[last];
    printf("%-44s %8.2f %8.2f %8.0f %7.2f %8.2f\n", what, b->ms[b->n / 2], p99,
           promise, p99 / promise, b->cpu[last]);
    b->n = 0;
    return p99;
}

static void stop_with(const char *what, const Err *err) {
    fprintf(stderr, "bench_views: %s: %s\n", what, err->msg);
    exit(1);
}

static void show(Bench *b, const char *state) {
    Err err = {0};
    if (!app_set_state(b->app, state, &err)) stop_with(state, &err);
    app_settle(b->app, -1);
    screen_draw(b->screen, b->canvas);
}

static void open_all(Bench *b, const AppOptions *opt) {
    Err err = {0};
    b->n = 0;
    b->app = app_open(opt, &err);
    b->screen = b->app ? screen_open(b->app, &err) : NULL;
    b->fonts = b->screen ? fonts_open(&err) : NULL;
    b->canvas = b->fonts ? canvas_open(WIDTH, HEIGHT, 1, b->fonts, &err) : NULL;
    if (!b->canvas) stop_with("open", &err);
}

static void close_all(Bench *b) {
    screen_close(b->screen);
    app_close(b->app);
    canvas_close(b->canvas);
    fonts_close(b->fonts);
    free(b->weights);
    b->weights = NULL;
}

/* ---- every view and mode ------------------------------------------------- */

/* Until the next key, what the window does meanwhile; no longer than it does
 * something. */
static void rest(Bench *b, int most_ms) {
    const double end = clock_ms(CLOCK_MONOTONIC) + most_ms;
    double left;
    while ((left = end - clock_ms(CLOCK_MONOTONIC)) > 0) {
        const int ms =
            screen_look_ahead(b->screen, b->canvas, (uint64_t)(end - left));
        const double wait = ms >= 0 && ms < left ? ms : left;
        if (ms < 0) return;
        nanosleep(&(struct timespec){.tv_nsec = (long)(wait * 1e6)}, NULL);
    }
}

/* Each key, what it sets off, and the frame that shows it; or the frame that
 * comes first, in which numbers may still be missing. */
static void steps(Bench *b, const char *forth, const char *back, bool whole) {
    for (int i = 0; i < TIMES; i++) {
        const Moment start = now();
        screen_key(b->screen, i / 4 % 2 ? back : forth);
        if (whole) app_settle(b->app, -1);
        screen_draw(b->screen, b->canvas);
        note(b, start);
        if (!whole) app_settle(b->app, -1);
        rest(b, KEY_MS);
    }
}

static void bench_mode(Bench *b, const View *v, const char *op) {
    static const struct {
        const char *label, *forth, *back, *more;
    } rows[] = {{"token", "Right", "Left", "edit=\"\""},
                {"layer", "Up", "Down", "edit=\"\""},
                {"token, head 3.0 off", "Right", "Left", "edit=3.0 against="}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char state[160], label[96];
        snprintf(state, sizeof state,
                 "view=%s op=\"%s\" layer=0 head=0 token=100 elem=-1 key=-1 %s",
                 v->name, op, rows[i].more);
        show(b, state);
        steps(b, rows[i].forth, rows[i].back, true);
        /* There Left and Right train: the whole picture is that of a step that
         * was made, and read, for it. */
        const bool trains = v->walks && strcmp(op, "live") == 0 && i != 1;
        snprintf(label, sizeof label, "%s%s%s: %s%s", v->name, *op ? " " : "",
                 op, rows[i].label, trains ? ", a step trained" : "");
        if (report(b, label, STEP_MS) <= STEP_MS) continue;
        /* Numbers that each need a run of their own come when they come. */
        snprintf(state, sizeof state, "token=%d", FRESH_TOKEN);
        show(b, state);
        steps(b, rows[i].forth, rows[i].back, false);
        report(b, "    its first frame", STEP_MS);
    }
}

/* What parts are worth is measured by a run without each: at a text's first
 * token that is looked at, and at each after it, which no frame showed yet. */
static void bench_why(Bench *b) {
    char state[128];
    for (int i = 0; i < WHY_TIMES; i++) {
        Err err = {0};
        show(b, "view=next edit=3.0 against=");
        show(b, "view=next edit=\"\" against=");
        snprintf(state, sizeof state,
                 "view=residual op=why layer=0 elem=-1 key=-1 token=%d",
                 WHY_TOKEN);
        const Moment start = now();
        if (!app_set_state(b->app, state, &err)) stop_with(state, &err);
        app_settle(b->app, -1);
        screen_draw(b->screen, b->canvas);
        note(b, start);
    }
    report(b, "residual why: a text's first token", WHY_MS);
    for (int i = 0; i < TIMES; i++) {
        const Moment start = now();
        screen_key(b->screen, "Right");
        app_settle(b->app, -1);
        screen_draw(b->screen, b->canvas);
        note(b, start);
        rest(b, KEY_MS);
    }
    report(b, "residual why: each token after it", STEP_MS);
}

/* Each first step from a place where one has rested, in a text whose runs were
 * forgotten. */
static void bench_rested(Bench *b, const char *mode) {
    static const struct {
        const char *label, *key;
    } to[] = {{"token after", "Right"},
              {"token before", "Left"},
              {"layer up", "Up"},
              {"layer down", "Down"},
              {"head", "]"},
              {"operation", "Enter"}};
    for (size_t k = 0; k < sizeof to / sizeof *to; k++) {
        char text[160];
        for (int i = 0; i < WHY_TIMES; i++) {
            show(b, "view=next edit=3.0 against=");
            snprintf(text, sizeof text,
                     "%s layer=2 head=1 elem=-1 key=-1 token=%d edit=\"\" "
                     "against=",
                     mode, WHY_TOKEN + 10 * i);
            show(b, text);
            rest(b, RESTED_MS);
            const Moment start = now();
            screen_key(b->screen, to[k].key);
            app_settle(b->app, -1);
            screen_draw(b->screen, b->canvas);
            note(b, start);
        }
        snprintf(text, sizeof text, "%s, after a rest: %s", mode + 5,
                 to[k].label);
        report(b, text, STEP_MS);
    }
}

/* only: the one view, NULL: all. */
static void bench_views(Bench *b, const char *only) {
    const Arch *arch = model_config(app_model(b->app))->arch;
    const View *v;
    for (int i = 0; (v = view_at(i)); i++) {
        ViewOp op;
        if (only && strcmp(v->name, only) != 0) continue;
        if (!v->op) bench_mode(b, v, "");
        for (int k = 0; v->op && v->op(arch, k, &op); k++)
            bench_mode(b, v, op.name);
    }
}

/* ---- training ------------------------------------------------------------ */

#define WALKED 12 /* steps before the last one */

static void walk(Bench *b, const char *key) {
    for (int i = 0; i < WALKED; i++) {
        const Moment start = now();
        screen_key(b->screen, key);
        app_settle(b->app, -1);
        screen_draw(b->screen, b->canvas);
        note(b, start);
    }
}

/* From the last step to the first, in texts that none has read. */
static void bench_walk(Bench *b, const char *what, bool ahead, bool follows) {
    static const char *const names[] = {"Mia", "Tom",  "Ben", "Zoe",
                                        "Sam", "Lily", "Max", "Anna"};
    for (int i = 0; i < 8; i++) {
        char state[160];
        snprintf(state, sizeof state,
                 "view=learn op=curves edit=\"\" token=-1 model=\"\" "
                 "prompt=\"%s and Sue had a dog%s. One day\" length=%d",
                 names[i], ahead ? " and a cat" : "", N_TOKENS - follows);
        show(b, state);
        if (ahead) app_settle_ahead(b->app);
        if (follows) {
            snprintf(state, sizeof state, "length=%d", N_TOKENS);
            show(b, state);
            app_settle_ahead(b->app);
        }
        walk(b, "Left");
    }
    report(b, what, STEP_MS);
}

/* While a training goes on that is not over by the end of it: the frame after a
 * key, or all that a key asks for which leads elsewhere.  The processor time is
 * that of the training, too. */
static void bench_trained(Bench *b, const char *what, const char *key,
                          const char *other, bool whole) {
    for (int i = 0; i < TIMES / 2; i++) {
        char state[96];
        Err err = {0};
        snprintf(state, sizeof state,
                 "view=learn op=live step=%d token=100 seed=%d", LIVE_STEPS_MAX,
                 i / 10);
        if (!app_set_state(b->app, state, &err)) stop_with(state, &err);
        screen_draw(b->screen, b->canvas);
        const long long_enough = 5000000 + i % 10 * 3000000;
        nanosleep(&(struct timespec){.tv_nsec = long_enough}, NULL);
        const Moment start = now();
        screen_key(b->screen, i % 2 ? key : other);
        screen_draw(b->screen, b->canvas);
        if (whole) app_settle(b->app, -1);
        if (whole) screen_draw(b->screen, b->canvas);
        note(b, start);
    }
    report(b, what, STEP_MS);
    show(b, "view=next step=0");
}

static void bench_training(Bench *b) {
    bench_walk(b, "learn: a step of training, first visit", false, false);
    bench_walk(b, "learn: the same, read ahead", true, false);
    bench_walk(b, "learn: the same, ahead, then a token more", true, true);
    bench_trained(b, "learn live, training: a key's frame", "End", "Home",
                  false);
    bench_trained(b, "learn live, training: a key to attention", "6", "6",
                  true);
}

/* ---- large shapes -------------------------------------------------------- */

/* n letters, each a token. */
static void letters(char *out, int n) {
    for (int i = 0; i < n; i++)
        out[i] = (char)('a' + i * 7 % 26);
    out[n] = '\0';
}

static void open_made(Bench *b, const MadeShape *shape, DType type,
                      int n_tokens) {
    char prompt[1024];
    size_t size;
    Err err = {0};
    const int n_vocab = shape->config.vocab_size;
    letters(prompt, n_tokens - 2);
    void *tok = tiny_tokenizer_bytes(n_vocab, &size);
    AppOptions opt = {.no_deck = true, .prompt = prompt};
    opt.model = made_model_open(shape, type, &b->weights, &err);
    opt.tokenizer = tokenizer_open_memory("made", tok, size, n_vocab, &err);
    free(tok);
    if (!opt.model || !opt.tokenizer) stop_with(shape->name, &err);
    open_all(b, &opt);
    app_settle(b->app, -1);
}

/* The first frame after a view is chosen, numbers there or not; then how long
 * until none is missing. */
static void bench_appearing(Bench *b, const char *shape) {
    const View *v;
    for (int i = 0; (v = view_at(i)); i++) {
        Err err = {0};
        char state[96], label[96];
        snprintf(state, sizeof state,
                 "view=%s op=\"\" layer=16 head=3 token=10", v->name);
        const Moment start = now();
        if (!app_set_state(b->app, state, &err)) stop_with(state, &err);
        screen_draw(b->screen, b->canvas);
        note(b, start);
        app_settle(b->app, -1);
        screen_draw(b->screen, b->canvas);
        snprintf(label, sizeof label, "%s %s (whole after %.0f ms)", shape,
                 v->name, now().wall - start.wall);
        report(b, label, 100);
    }
}

/* 60 frames a second. */
static void bench_many_heads(Bench *b) {
    static const MadeShape many = {"40x40",
                                   {.arch = &arch_llama,
                                    .dim = 640,
                                    .hidden_dim = 640,
                                    .n_layers = 40,
                                    .n_heads = 40,
                                    .n_kv_heads = 40,
                                    .head_dim = 16,
                                    .vocab_size = 512,
                                    .seq_len_max = 512,
                                    .norm_eps = 1e-5f,
                                    .rope_theta = 10000}};
    open_made(b, &many, DTYPE_F32, 512);
    show(b, "view=heads layer=0 head=0");
    for (int i = 0; i < TIMES; i++) {
        const Moment start = now();
        screen_key(b->screen, i / 39 % 2 ? "Down" : "Up");
        screen_draw(b->screen, b->canvas);
        note(b, start);
    }
    report(b, "heads: 40 x 40 x 512, a layer up or down", 1000.0 / 60);
    close_all(b);
}

/* ---- a whole process ----------------------------------------------------- */

static void bench_export(Bench *b, char *bin, const char *view) {
    char state[64], label[96];
    snprintf(state, sizeof state, "view=%s", view);
    char *const args[] = {bin,        "export",    "--state", state,
                          "-o",       "/dev/null", "--width", "1920",
                          "--height", "1080",      NULL};
    for (int i = 0; i < 20; i++) {
        pid_t child;
        int status = 1;
        const Moment start = now();
        if (posix_spawn(&child, bin, NULL, NULL, args, environ) != 0 ||
            waitpid(child, &status, 0) < 0 || status != 0) {
            fprintf(stderr, "bench_views: %s export failed\n", bin);
            exit(1);
        }
        note(b, start);
    }
    snprintf(label, sizeof label, "export %s", view);
    report(b, label, 100);
}

int main(int argc, char **argv) {
    static Bench b;
    const View *v;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: bench_views LLANTERN [VIEW]\n"
                        "       VIEW: its steps and its export alone\n");
        return 2;
    }
    open_all(&b, &(AppOptions){.no_deck = true});
    char state[32];
    snprintf(state, sizeof state, "length=%d", N_TOKENS);
    show(&b, state);
    head("ms from a key to the picture, 256 tokens");
    bench_views(&b, argv[2]);
    if (!argv[2] || strcmp(argv[2], "residual") == 0) bench_why(&b);
    if (!argv[2] || strcmp(argv[2], "residual") == 0)
        bench_rested(&b, "view=residual op=why");
    if (!argv[2] || strcmp(argv[2], "mlp") == 0)
        bench_rested(&b, "view=mlp op=product");
    if (!argv[2] || strcmp(argv[2], view_learn.name) == 0) bench_training(&b);
    close_all(&b);
    if (!argv[2]) {
        head("ms to a frame");
        bench_many_heads(&b);
        open_made(&b, made_shape("7B"), DTYPE_Q4_0, 16);
        bench_appearing(&b, "7B");
        close_all(&b);
    }
    head("ms of a whole process, 1920x1080");
    for (int i = 0; (v = view_at(i)); i++)
        if (!argv[2] || strcmp(v->name, argv[2]) == 0)
            bench_export(&b, argv[1], v->name);
    return 0;
}
