/* Opening a model beside the window, on a thread or step by step, and the page
 * that says how far it is. */
#include "viz/app/loading.h"

#include "engine/base/clock.h"
#include "viz/app/source.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NEWS_PARTS 200 /* the picture changes at most so often */

struct Loading {
    char *path, *tokenizer_path; /* NULL: as in the options */
    char theme[16];
    bool has_app;
    void (*wake)(void *ud);
    void *wake_ud;
    pthread_t thread;
    bool is_started; /* the thread; without one loading_step does its work */

    /* Of whoever does the work. */
    Watch watch;
    Source source;
    bool is_over;

    pthread_mutex_t lock; /* guards from here on */
    pthread_cond_t ended;
    LoadingState state;
    bool stop;
    int told; /* parts of NEWS_PARTS */
    uint64_t bytes, total;
    Model *model;
    Tokenizer *tokenizer;
    Err err;
};

/* ---- the thread ---------------------------------------------------------- */

/* Not once it was stopped: who did that knows, and may be about to close the
 * window.  SDL wakes it with a message from another connection than the
 * window's, which X takes for an error when it comes to a window gone. */
static void tell(const Loading *o) {
    if (o->wake) o->wake(o->wake_ud);
}

static bool go_on(void *ud, uint64_t bytes, uint64_t total) {
    Loading *o = ud;
    const int part =
        total ? (int)((double)bytes / (double)total * NEWS_PARTS) : 0;
    pthread_mutex_lock(&o->lock);
    const bool stop = o->stop, news = part != o->told;
    o->bytes = bytes;
    o->total = total;
    o->told = part;
    pthread_mutex_unlock(&o->lock);
    if (news && !stop) tell(o);
    return !stop;
}

/* Hands over what has come of it. */
static void end(Loading *o, bool ok, const Err *err) {
    o->is_over = true;
    pthread_mutex_lock(&o->lock);
    o->model = o->source.model;
    o->tokenizer = o->source.tokenizer;
    o->err = *err;
    if (o->state == LOADING_BUSY) /* else it was stopped, and says so */
        o->state = ok ? LOADING_DONE : LOADING_FAILED;
    const bool news = !o->stop;
    pthread_cond_broadcast(&o->ended);
    pthread_mutex_unlock(&o->lock);
    if (news) tell(o);
}

/* One step of the work; false when it is over. */
static bool work(Loading *o) {
    Err err = {0};
    bool more = true;
    const bool ok = source_step(&o->source, &more, &err);
    if (ok && more) return true;
    end(o, ok, &err);
    return false;
}

static void *run(void *ud) {
    while (work(ud)) {
    }
    return NULL;
}

bool loading_step(Loading *o, int budget_ms) {
    const double until = clock_seconds() + budget_ms / 1e3;
    do {
        if (o->is_over || !work(o)) return false;
    } while (clock_seconds() < until);
    return true;
}

/* ---- opening and closing ------------------------------------------------- */

/* False only when out of memory; NULL stays NULL. */
static bool copy_text(char **out, const char *text) {
    const size_t size = text ? strlen(text) + 1 : 0;
    *out = text ? malloc(size) : NULL;
    if (*out) memcpy(*out, text, size);
    return !text || *out;
}

static void init(Loading *o, const LoadingOptions *opt) {
    pthread_mutex_init(&o->lock, NULL);
    clock_cond_init(&o->ended);
    o->has_app = opt->has_app;
    o->wake = opt->wake;
    o->wake_ud = opt->wake_ud;
    o->watch = (Watch){go_on, o};
    o->source.watch = &o->watch;
    snprintf(o->theme, sizeof o->theme, "%s", opt->theme ? opt->theme : "");
}

Loading *loading_start(const LoadingOptions *opt, Err *err) {
    Loading *o = calloc(1, sizeof *o);
    if (!o) {
        err_memory(err, "opening", sizeof *o);
        return NULL;
    }
    init(o, opt);
    if (!copy_text(&o->path, opt->path) ||
        !copy_text(&o->tokenizer_path, opt->tokenizer_path)) {
        err_memory(err, "opening", 1);
        loading_close(o);
        return NULL;
    }
    o->source.path = o->path;
    o->source.tokenizer_path = o->tokenizer_path;
    if (opt->no_thread) return o;
    o->is_started = pthread_create(&o->thread, NULL, run, o) == 0;
    if (o->is_started) return o;
    err_set(err, ERR_IO, 0, "cannot start a thread to open the model");
    loading_close(o);
    return NULL;
}

void loading_close(Loading *o) {
    if (!o) return;
    pthread_mutex_lock(&o->lock);
    o->stop = true;
    pthread_mutex_unlock(&o->lock);
    if (o->is_started)
        pthread_join(o->thread, NULL);
    else if (!o->is_over)
        end(o, false, &(Err){0}); /* what was opened so far is closed below */
    tokenizer_close(o->tokenizer);
    model_close(o->model);
    pthread_cond_destroy(&o->ended);
    pthread_mutex_destroy(&o->lock);
    free(o->path);
    free(o->tokenizer_path);
    free(o);
}

/* ---- asking -------------------------------------------------------------- */

LoadingState loading_state(Loading *o) {
    pthread_mutex_lock(&o->lock);
    const LoadingState state = o->state;
    pthread_mutex_unlock(&o->lock);
    return state;
}

static bool wait_for_thread(Loading *o, int timeout_ms) {
    const struct timespec until = clock_deadline(timeout_ms);
    int rc = 0;
    pthread_mutex_lock(&o->lock);
    while (o->state == LOADING_BUSY && rc == 0)
        rc = pthread_cond_timedwait(&o->ended, &o->lock, &until);
    const bool ended = o->state != LOADING_BUSY;
    pthread_mutex_unlock(&o->lock);
    return ended;
}

bool loading_wait(Loading *o, int timeout_ms) {
    if (o->is_started) return wait_for_thread(o, timeout_ms);
    return loading_state(o) != LOADING_BUSY || !loading_step(o, timeout_ms);
}

void loading_take(Loading *o, Model **model, Tokenizer **tokenizer) {
    pthread_mutex_lock(&o->lock);
    *model = o->model;
    *tokenizer = o->tokenizer;
    o->model = NULL;
    o->tokenizer = NULL;
    pthread_mutex_unlock(&o->lock);
}

Err loading_error(Loading *o) {
    pthread_mutex_lock(&o->lock);
    const Err err = o->err;
    pthread_mutex_unlock(&o->lock);
    return err;
}

float loading_progress(Loading *o) {
    pthread_mutex_lock(&o->lock);
    const float part =
        o->total ? (float)((double)o->bytes / (double)o->total) : -1;
    pthread_mutex_unlock(&o->lock);
    return part;
}

const char *loading_name(const Loading *o) {
    return o->path ? file_name(o->path) : "the embedded model";
}

bool loading_is_model(const char *path) {
    static const char *const ends[] = {".gguf", ".bin", ".safetensors",
                                       ".safetensors.index.json"};
    const size_t n = strlen(path);
    struct stat st;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t n_end = strlen(ends[i]);
        if (n > n_end && strcmp(path + n - n_end, ends[i]) == 0) return true;
    }
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- keys and picture ---------------------------------------------------- */

void loading_key(Loading *o, const char *key_name) {
    if (strcmp(key_name, "Esc") != 0) return;
    pthread_mutex_lock(&o->lock);
    o->stop = true;
    if (o->state == LOADING_BUSY) o->state = LOADING_STOPPED;
    pthread_mutex_unlock(&o->lock);
}

#define LINE_H 44 /* u from one line to the next */
#define BAR_W  640
#define BAR_H  14

typedef struct Page {
    Canvas *c;
    const Theme *t;
    int y; /* of the next line */
} Page;

static void line(Page *p, Face face, float size, Color color,
                 const char *text) {
    TextStyle style = text_style(face, size, color);
    const int most = canvas_width(p->c) - canvas_u(p->c, 2 * LINE_H);
    int w = canvas_text_width(p->c, style, text);
    if (w > most) w = most;
    canvas_text_fit(p->c, style, (canvas_width(p->c) - w) / 2, p->y, w, text);
    p->y += canvas_u(p->c, LINE_H);
}

static void bar(Page *p, float part) {
    const int most = canvas_width(p->c) - canvas_u(p->c, 2 * LINE_H);
    int w = canvas_u(p->c, BAR_W);
    if (w > most) w = most > 0 ? most : 0;
    const int h = canvas_u(p->c, BAR_H);
    Rect r = {(canvas_width(p->c) - w) / 2, p->y - h, w, h};
    canvas_round(p->c, r, (float)h / 2, p->t->well);
    r.w = (int)lroundf((float)w * part);
    if (r.w > 0) canvas_round(p->c, r, (float)h / 2, p->t->accent);
    p->y += canvas_u(p->c, LINE_H);
}

static void draw_busy(Loading *o, Page *p) {
    const float part = loading_progress(o);
    char text[64];
    snprintf(text, sizeof text, "reading weights: %d %%",
             (int)(part < 0 ? 0 : part * 100));
    bar(p, part < 0 ? 0 : part);
    line(p, FACE_SANS, 22, p->t->soft, part < 0 ? "opening …" : text);
    line(p, FACE_SANS, 22, p->t->soft, "Esc cancels");
}

/* How to go on from here. */
static void draw_ended(Loading *o, Page *p, LoadingState state) {
    const Err err = loading_error(o);
    if (state == LOADING_FAILED)
        line(p, FACE_SANS, 22, p->t->bad, err.msg);
    else
        line(p, FACE_SANS, 22, p->t->text, "Cancelled.");
    line(p, FACE_SANS, 22, p->t->soft,
         "To open another, drop a model file or folder on this window,");
    line(p, FACE_SANS, 22, p->t->soft, "or start:  llantern view -m MODEL");
    line(p, FACE_SANS, 22, p->t->soft,
         o->has_app ? "Esc goes back      Ctrl+Q quits" : "Ctrl+Q quits");
}

void loading_draw(Loading *o, Canvas *c) {
    const Theme *t = theme_find(o->theme);
    Page p = {.c = c, .t = t ? t : theme_find("light")};
    const LoadingState state = loading_state(o);
    canvas_clear(c, p.t->window);
    p.y = canvas_height(c) / 2 - canvas_u(c, 2 * LINE_H);
    line(&p, FACE_BOLD, 34, p.t->text, loading_name(o));
    if (state == LOADING_STOPPED || state == LOADING_FAILED)
        draw_ended(o, &p, state);
    else
        draw_busy(o, &p);
}
