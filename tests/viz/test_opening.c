/* Opening a model beside the window: it ends in a model, an error, or at once
 * when it is stopped. */
#include "viz/app/loading.h"

#include "tests/support/app_rig.h"
#include "tests/support/gguf_write.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#define WAIT_MS 20000

typedef struct Rig {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Loading *opening;
    void (*wake)(void *ud);
    void *wake_ud;
} Rig;

static void start(Rig *r) {
    Err err = {0};
    r->opening = loading_start(&(LoadingOptions){.path = r->path,
                                                 .wake = r->wake,
                                                 .wake_ud = r->wake_ud},
                               &err);
    ck_assert_msg(r->opening != NULL, "%s", err.msg);
}

static void finish(Rig *r) {
    loading_close(r->opening);
    folder_remove(r->dir);
}

static Rig open_tiny(void) {
    Rig r = {.wake = NULL};
    const TinySpec spec = tiny_spec();
    folder_make(r.dir);
    tiny_write(&spec, r.dir, "tokenizer.bin");
    folder_path(r.path, r.dir, "tiny.bin");
    start(&r);
    return r;
}

/* Holes, which take a while to be read all the same: 4.4 GB. */
static Rig open_large(void (*wake)(void *ud), void *ud) {
    Rig r = {.wake = wake, .wake_ud = ud};
    TinySpec spec = tiny_spec();
    spec.dim = 2048;
    spec.hidden_dim = 5632;
    spec.n_layers = 22;
    spec.n_heads = 32;
    spec.n_kv_heads = 4;
    const GgufSpec gguf = gguf_spec(spec);
    folder_make(r.dir);
    folder_path(r.path, r.dir, "large.gguf");
    gguf_write_large(&gguf, r.path, true);
    start(&r);
    return r;
}

START_TEST(what_opens_is_handed_over) {
    Rig r = open_tiny();
    Model *m;
    Tokenizer *t;
    ck_assert(loading_wait(r.opening, WAIT_MS));
    ck_assert_int_eq(loading_state(r.opening), LOADING_DONE);
    ck_assert(loading_progress(r.opening) == 1);
    loading_key(r.opening, "Esc"); /* too late */
    ck_assert_int_eq(loading_state(r.opening), LOADING_DONE);
    loading_take(r.opening, &m, &t);
    finish(&r);
    ck_assert_int_eq(model_config(m)->dim, 16);
    ck_assert_int_eq(tokenizer_n_pieces(t), 300);
    /* It becomes an app's, which closes it. */
    AppRig rig;
    app_rig_open(&rig, (AppOptions){.model = m,
                                    .tokenizer = t,
                                    .no_deck = true,
                                    .prompt = "the cat"});
    app_rig_frame(&rig);
    ck_assert_ptr_eq(app_model(rig.app), m);
    app_rig_close(&rig);
}
END_TEST

START_TEST(what_is_not_taken_is_closed) {
    Rig r = open_tiny();
    ck_assert(loading_wait(r.opening, WAIT_MS));
    finish(&r); /* the leak checker sees the rest */
}
END_TEST

START_TEST(an_error_is_told) {
    Rig r = {.wake = NULL};
    folder_make(r.dir);
    folder_path(r.path, r.dir, "none.gguf");
    start(&r);
    ck_assert(loading_wait(r.opening, WAIT_MS));
    ck_assert_int_eq(loading_state(r.opening), LOADING_FAILED);
    const Err err = loading_error(r.opening);
    ck_assert_ptr_nonnull(strstr(err.msg, "none.gguf: open: No such file"));
    finish(&r);
}
END_TEST

START_TEST(esc_stops_it_at_once) {
    Rig r = open_large(NULL, NULL);
    ck_assert(!loading_wait(r.opening, 20));
    loading_key(r.opening, "Right");
    ck_assert_int_eq(loading_state(r.opening), LOADING_BUSY);
    loading_key(r.opening, "Esc");
    ck_assert_int_eq(loading_state(r.opening), LOADING_STOPPED);
    ck_assert(loading_wait(r.opening, 0));
    ck_assert(loading_progress(r.opening) < 1);
    finish(&r); /* does not wait for the rest of the file */
}
END_TEST

/* Its first news waits for go_on; what comes after that is counted. */
typedef struct Waker {
    sem_t told, go_on;
    atomic_int n;
} Waker;

static void wake(void *ud) {
    Waker *w = ud;
    if (atomic_fetch_add(&w->n, 1) > 0) return;
    sem_post(&w->told);
    sem_wait(&w->go_on);
}

/* Who closes the window next must not have messages to it on their way. */
START_TEST(who_was_stopped_wakes_nobody) {
    Waker w;
    atomic_init(&w.n, 0);
    ck_assert_int_eq(sem_init(&w.told, 0, 0) | sem_init(&w.go_on, 0, 0), 0);
    Rig r = open_large(wake, &w);
    ck_assert_int_eq(sem_wait(&w.told), 0);
    loading_key(r.opening, "Esc");
    sem_post(&w.go_on);
    finish(&r);
    ck_assert_int_eq(atomic_load(&w.n), 1);
    sem_destroy(&w.told);
    sem_destroy(&w.go_on);
}
END_TEST

static uint64_t picture(Rig *r, Canvas *c) {
    loading_draw(r->opening, c);
    const Pixmap *p = canvas_pixels(c);
    uint64_t h = 14695981039346656037u;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            h = (h ^ p->px[(size_t)y * (size_t)p->stride + (size_t)x]) *
                1099511628211u;
    return h;
}

START_TEST(the_page_shows_where_it_is) {
    static const struct {
        int w, h;
    } sizes[] = {{1920, 1080}, {640, 400}, {120, 30}};
    Err err = {0};
    Fonts *fonts = fonts_open(&err);
    ck_assert_ptr_nonnull(fonts);
    for (int i = 0; i < 3; i++) {
        Canvas *c = canvas_open(sizes[i].w, sizes[i].h, 1, fonts, &err);
        ck_assert_ptr_nonnull(c);
        Rig r = open_large(NULL, NULL);
        const uint64_t busy = picture(&r, c);
        loading_key(r.opening, "Esc");
        const uint64_t stopped = picture(&r, c);
        ck_assert(i == 2 || busy != stopped);
        ck_assert_uint_eq(picture(&r, c), stopped);
        finish(&r);
        canvas_close(c);
    }
    fonts_close(fonts);
}
END_TEST

START_TEST(model_files_are_told_by_their_names) {
    ck_assert(loading_is_model("a/b.gguf"));
    ck_assert(loading_is_model("b.bin"));
    ck_assert(loading_is_model("model.safetensors"));
    ck_assert(loading_is_model("model.safetensors.index.json"));
    ck_assert(loading_is_model("/"));
    ck_assert(!loading_is_model("figure.png"));
    ck_assert(!loading_is_model("deck.md"));
    ck_assert(!loading_is_model(".bin"));
    ck_assert(!loading_is_model(""));
}
END_TEST

static Loading *start_steps(Rig *r) {
    Err err = {0};
    Loading *o = loading_start(
        &(LoadingOptions){.path = r->path, .no_thread = true}, &err);
    ck_assert_msg(o != NULL, "%s", err.msg);
    return o;
}

START_TEST(it_opens_in_steps_without_a_thread) {
    Rig r = open_tiny();
    Loading *o = start_steps(&r);
    Model *m;
    Tokenizer *t;
    int n = 1;
    ck_assert_int_eq(loading_state(o), LOADING_BUSY);
    ck_assert(loading_progress(o) < 0);
    while (loading_step(o, 0)) {
        ck_assert_int_eq(loading_state(o), LOADING_BUSY);
        n++;
    }
    ck_assert_int_gt(n, 3); /* model, tokenizer, weights */
    ck_assert_int_eq(loading_state(o), LOADING_DONE);
    ck_assert(loading_progress(o) == 1);
    ck_assert(!loading_step(o, 0));
    loading_take(o, &m, &t);
    loading_close(o);
    ck_assert_int_eq(model_config(m)->dim, 16);
    ck_assert_int_eq(tokenizer_n_pieces(t), 300);
    tokenizer_close(t);
    model_close(m);
    o = start_steps(&r);
    ck_assert(loading_wait(o, WAIT_MS));
    ck_assert_int_eq(loading_state(o), LOADING_DONE);
    loading_close(o);
    finish(&r);
}
END_TEST

/* After any number of steps it can be stopped, or closed as it is. */
START_TEST(steps_can_be_left) {
    Rig r = open_large(NULL, NULL);
    for (int n = 0; n < 6; n++)
        for (int esc = 0; esc < 2; esc++) {
            Loading *o = start_steps(&r);
            for (int i = 0; i < n; i++)
                ck_assert(loading_step(o, 0));
            if (esc) {
                loading_key(o, "Esc");
                ck_assert_int_eq(loading_state(o), LOADING_STOPPED);
                while (loading_step(o, 0)) {
                }
                ck_assert_int_eq(loading_state(o), LOADING_STOPPED);
            }
            loading_close(o);
        }
    finish(&r);
}
END_TEST

START_TEST(a_step_that_fails_says_why) {
    Rig r = open_tiny();
    folder_path(r.path, r.dir, "none.gguf");
    Loading *o = start_steps(&r);
    ck_assert(!loading_step(o, 0));
    ck_assert_int_eq(loading_state(o), LOADING_FAILED);
    ck_assert_ptr_nonnull(strstr(loading_error(o).msg, "No such file"));
    loading_close(o);
    finish(&r);
}
END_TEST

TEST_MAIN("opening", it_opens_in_steps_without_a_thread, steps_can_be_left,
          a_step_that_fails_says_why, what_opens_is_handed_over,
          what_is_not_taken_is_closed, an_error_is_told, esc_stops_it_at_once,
          who_was_stopped_wakes_nobody, the_page_shows_where_it_is,
          model_files_are_told_by_their_names)
