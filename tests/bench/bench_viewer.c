/* How fast the viewer is: from a key to the finished picture, 1920x1080, all
 * panels, 256 tokens.  Prints medians and 99th percentiles beside what the
 * project promises, and the processor time of the median step in all threads,
 * which other programs on the machine change little.  Then frames in which
 * nothing changes, of two large made models whose trace stores nothing.  Not a
 * test: machines differ. */
#include "tests/support/tiny_model.h"
#include "viz/cli/bench/made_model.h"
#include "viz/screen/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH    1920
#define HEIGHT   1080
#define N_TOKENS 256
#define STEPS    400
#define EDITS_N  64
#define FRAMES_N 40

static double clock_ms(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

typedef struct Moment {
    double wall, cpu; /* ms */
} Moment;

static Moment now(void) {
    return (Moment){clock_ms(CLOCK_MONOTONIC),
                    clock_ms(CLOCK_PROCESS_CPUTIME_ID)};
}

typedef struct Bench {
    App *app;
    Screen *screen;
    Fonts *fonts;
    Canvas *canvas;
    double times[STEPS], cpu[STEPS];
} Bench;

static void note(Bench *b, int i, Moment start) {
    Moment end = now();
    b->times[i] = end.wall - start.wall;
    b->cpu[i] = end.cpu - start.cpu;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(Bench *b, const char *what, int n, double limit) {
    qsort(b->times, (size_t)n, sizeof *b->times, compare);
    qsort(b->cpu, (size_t)n, sizeof *b->cpu, compare);
    double p50 = b->times[n / 2], p99 = b->times[(n * 99 - 1) / 100];
    printf("%-34s %8.2f %8.2f %8.0f %7.2f %8.2f\n", what, p50, p99, limit,
           p99 / limit, b->cpu[n / 2]);
}

/* A key, what it sets off in the engine, and the frame that shows it. */
static void step(Bench *b, int i, const char *key) {
    Moment start = now();
    screen_key(b->screen, key);
    app_settle(b->app, -1);
    screen_draw(b->screen, b->canvas);
    note(b, i, start);
}

static void bench_steps(Bench *b, const char *view, const char *what,
                        const char *forth, const char *back) {
    char state[64], label[64];
    Err err = {0};
    snprintf(state, sizeof state, "view=%s layer=0 head=0 token=100", view);
    if (!app_set_state(b->app, state, &err)) {
        fprintf(stderr, "bench_viewer: %s\n", err.msg);
        exit(1);
    }
    app_settle(b->app, -1);
    screen_draw(b->screen, b->canvas);
    for (int i = 0; i < STEPS; i++)
        step(b, i, i / 4 % 2 ? back : forth);
    snprintf(label, sizeof label, "%s: next %s", view, what);
    report(b, label, STEPS, 16);
}

/* Typing at the start of a prompt of 32 tokens: everything is computed anew
 * and every panel refreshed. */
static void bench_editing(Bench *b) {
    Err err = {0};
    app_set_state(b->app,
                  "view=attention token=-1 length=0 prompt=\"Once upon a time, "
                  "there was a little girl named Lily. She loved to play with "
                  "her toys in the park\"",
                  &err);
    app_settle(b->app, -1);
    screen_key(b->screen, "/");
    screen_key(b->screen, "Home");
    for (int i = 0; i < EDITS_N; i++) {
        Moment start = now();
        if (i % 2)
            screen_key(b->screen, "Backspace");
        else
            app_text(b->app, "T");
        app_settle(b->app, -1);
        screen_draw(b->screen, b->canvas);
        note(b, i, start);
    }
    screen_key(b->screen, "Enter");
    char label[64];
    snprintf(label, sizeof label, "edit a prompt of %d tokens",
             trace_n_pos(app_trace(b->app)));
    report(b, label, EDITS_N, 50);
}

static bool open_all(Bench *b, const char *model, Err *err) {
    Moment start = now();
    AppOptions opt = {.model_path = model};
    b->app = app_open(&opt, err);
    b->screen = b->app ? screen_open(b->app, err) : NULL;
    b->fonts = b->screen ? fonts_open(err) : NULL;
    b->canvas = b->fonts ? canvas_open(WIDTH, HEIGHT, 1, b->fonts, err) : NULL;
    if (!b->canvas) return false;
    app_settle(b->app, -1);
    screen_draw(b->screen, b->canvas);
    printf("%-34s %8s %8s %8s %7s %8s\n", "ms", "median", "p99", "promise",
           "ratio", "cpu");
    note(b, 0, start);
    report(b, "first frame", 1, 300);
    return true;
}

/* ---- frames of large models ---------------------------------------------- */

#define FRAMES_PROMPT 254 /* letters, each a token */

typedef struct Large {
    const char *shape;
    DType type;
} Large;

/* A model of a shape and a tokenizer of its size, the app's; *bytes holds the
 * weights. */
static App *open_large(const Large *l, void **bytes, Err *err) {
    char prompt[FRAMES_PROMPT + 1] = "";
    const MadeShape *shape = made_shape(l->shape);
    AppOptions opt = {.no_deck = true, .prompt = prompt, .trace_budget = 1};
    size_t size;
    for (int i = 0; i < FRAMES_PROMPT; i++)
        prompt[i] = (char)('a' + i * 7 % 26);
    opt.model = made_model_open(shape, l->type, bytes, err);
    void *tok = tiny_tokenizer_bytes(shape->config.vocab_size, &size);
    opt.tokenizer =
        tokenizer_open_memory("made", tok, size, shape->config.vocab_size, err);
    free(tok);
    return opt.model && opt.tokenizer ? app_open(&opt, err) : NULL;
}

/* Nothing changes but where the mouse is. */
static void bench_frames(Bench *b, const char *shape, const char *view,
                         bool no_mask) {
    char state[96], label[64];
    Err err = {0};
    snprintf(state, sizeof state, "view=%s layer=1 head=1 token=200 edit=%s",
             view, no_mask ? "mask" : "");
    if (!app_set_state(b->app, state, &err)) {
        fprintf(stderr, "bench_viewer: %s: %s\n", state, err.msg);
        exit(1);
    }
    Moment start = now();
    app_settle(b->app, -1);
    screen_draw(b->screen, b->canvas);
    double first_ms = now().wall - start.wall;
    for (int i = 0; i < FRAMES_N; i++) {
        screen_mouse_move(b->screen, 500 + i, 400 + i);
        start = now();
        screen_draw(b->screen, b->canvas);
        note(b, i, start);
    }
    snprintf(label, sizeof label, "%s %s%s (first %.0f ms)", shape, view,
             no_mask ? ", no mask" : "", first_ms);
    report(b, label, FRAMES_N, 8);
}

/* With a trace budget of nothing: whatever a view shows was computed again. */
static void bench_large(const Large *l) {
    static Bench b;
    static const char *const views[] = {"attention", "heads", "block", "next"};
    void *bytes = NULL;
    Err err = {0};
    b.app = open_large(l, &bytes, &err);
    b.screen = b.app ? screen_open(b.app, &err) : NULL;
    b.fonts = b.screen ? fonts_open(&err) : NULL;
    b.canvas = b.fonts ? canvas_open(WIDTH, HEIGHT, 1, b.fonts, &err) : NULL;
    if (!b.canvas) {
        fprintf(stderr, "bench_viewer: %s: %s\n", l->shape, err.msg);
        exit(1);
    }
    for (int mask = 0; mask < 2; mask++)
        for (int v = 0; v < 4; v++)
            bench_frames(&b, l->shape, views[v], mask);
    screen_close(b.screen);
    app_close(b.app);
    canvas_close(b.canvas);
    fonts_close(b.fonts);
    free(bytes);
}

int main(int argc, char **argv) {
    static const Large large[] = {{"15M", DTYPE_F32}, {"1.1B", DTYPE_Q4_0}};
    static Bench b;
    Err err = {0};
    char state[64];
    if (argc != 3 ||
        (strcmp(argv[1], "-m") != 0 && strcmp(argv[1], "-f") != 0)) {
        fprintf(stderr, "usage: bench_viewer -m MODEL.bin | -f 0|1\n"
                        "       -f: frames of the large made model alone\n");
        return 2;
    }
    if (strcmp(argv[1], "-f") == 0) {
        bench_large(&large[argv[2][0] == '1']);
        return 0;
    }
    if (!open_all(&b, argv[2], &err)) {
        fprintf(stderr, "bench_viewer: %s\n", err.msg);
        return 1;
    }
    bench_editing(&b);
    snprintf(state, sizeof state, "length=%d", N_TOKENS);
    app_set_state(b.app, state, &err);
    app_settle(b.app, -1);
    static const char *const views[] = {"attention", "heads", "block", "next"};
    for (int v = 0; v < 4; v++) {
        bench_steps(&b, views[v], "token", "Right", "Left");
        bench_steps(&b, views[v], "layer", "Up", "Down");
        bench_steps(&b, views[v], "head", "]", "[");
    }
    printf("%d tokens, %dx%d, software raster\n", trace_n_pos(app_trace(b.app)),
           WIDTH, HEIGHT);
    screen_close(b.screen);
    app_close(b.app);
    canvas_close(b.canvas);
    fonts_close(b.fonts);
    bench_large(&large[0]);
    bench_large(&large[1]);
    return 0;
}
