/* Models that a state names: opened beside the lesson, run in place of one
 * another, compared, and closed again. */
#include "engine/run/session.h"
#include "engine/spec/cost.h"
#include "engine/spec/params.h"
#include "engine/spec/shape.h"
#include "tests/support/app_rig.h"
#include "tests/support/bert_files.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "tests/support/tiny_hf.h"
#include "tests/support/tiny_model.h"
#include "viz/app/shelf.h"
#include "viz/app/worker.h"
#include "viz/screen/screen_private.h"
#include "viz/views/before.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char deck[] = "# One\n\n<!-- .stage: model=b.bin -->\n\nx\n";

/* A viewer on a tiny model, with another of its shape (b.bin), one of another
 * shape (c.bin) and a lesson beside it. */
typedef struct Rig {
    AppRig r;
    char dir[FOLDER_PATH_MAX];
} Rig;

static void write_model(const char *dir, const char *name, uint64_t seed,
                        int n_layers) {
    TinySpec spec = tiny_spec();
    size_t size;
    spec.seed = seed;
    spec.n_layers = n_layers;
    void *bytes = tiny_model_bytes(&spec, &size);
    folder_write(dir, name, bytes, size);
    free(bytes);
}

static void write_tokenizer(const char *dir) {
    size_t size;
    void *bytes = tiny_tokenizer_bytes(tiny_spec().vocab_size, &size);
    folder_write(dir, "tokenizer.bin", bytes, size);
    free(bytes);
}

static void open_rig(Rig *g, const char *state) {
    char path[FOLDER_PATH_MAX];
    folder_make(g->dir);
    write_model(g->dir, "b.bin", 2, tiny_spec().n_layers);
    write_model(g->dir, "c.bin", 3, tiny_spec().n_layers + 1);
    write_tokenizer(g->dir);
    folder_write(g->dir, "deck.md", deck, sizeof deck - 1);
    folder_path(path, g->dir, "deck.md");
    app_rig_open(&g->r, (AppOptions){.deck_path = path, .state = state});
    app_rig_frame(&g->r);
}

static void close_rig(Rig *g) {
    app_rig_close(&g->r);
    folder_remove(g->dir);
}

static void set_state(Rig *g, const char *state) {
    Err err = {0};
    ck_assert_msg(app_set_state(g->r.app, state, &err), "%s: %s", state,
                  err.msg);
    app_rig_frame(&g->r);
}

/* The logits after the last token are those of a run of the model of this
 * seed. */
static void check_logits(const Trace *t, uint64_t seed, int n_layers) {
    TinyModel tiny;
    TinySpec spec = tiny_spec();
    int ids[64];
    const int n = trace_n_pos(t);
    Err err = {0};
    spec.seed = seed;
    spec.n_layers = n_layers;
    ck_assert(tiny_open(&tiny, &spec));
    Session *s = session_open(tiny.model, &(SessionOptions){0}, &err);
    ck_assert_msg(s != NULL, "%s", err.msg);
    for (int i = 0; i < n; i++)
        ids[i] = trace_token(t, i);
    const float *logits = session_feed(s, ids, n, &err);
    ck_assert_ptr_nonnull(logits);
    ck_assert_mem_eq(trace_row(t, SITE_LOGITS, 0, n - 1), logits,
                     (size_t)spec.vocab_size * sizeof *logits);
    session_close(s);
    tiny_close(&tiny);
}

/* One that reads in both directions, with a head and without: every view of it
 * is drawn, and what it has not is refused by a sentence. */
START_TEST(a_model_of_both_directions_is_shown) {
    for (int head = 0; head < 2; head++) {
        AppRig r;
        Err err = {0};
        char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
        folder_make(dir);
        app_rig_write_bert(path, dir, head);
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .model_path = path,
                                      .prompt = "zoe went unaffable"});
        app_rig_frame(&r);
        for (int i = 0; i < view_count(); i++) {
            char state[64];
            snprintf(state, sizeof state, "view=%s", view_at(i)->name);
            ck_assert_msg(app_set_state(r.app, state, &err), "%s", err.msg);
            app_rig_frame(&r);
        }
        screen_key(r.screen, "X");
        ck_assert_int_eq(app_state(r.app)->edits.n, 1);
        static const char *const refused[] = {
            "U", "Ctrl+R", "Ctrl+Shift+R", ">", "K", "Y", "J"};
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
            app_say(r.app, false, "before");
            screen_key(r.screen, refused[i]);
            app_rig_frame(&r);
            ck_assert_str_ne(app_message(r.app), "before");
            ck_assert_int_eq(app_state(r.app)->edits.n, 1);
        }
        ck_assert(!app_state(r.app)->edits.no_mask);
        screen_key(r.screen, "F10");
        app_rig_frame(&r);
        ck_assert(app_rig_shows(&r, "Masked token"));
        ck_assert(!app_rig_shows(&r, "Next token"));
        screen_key(r.screen, "Esc");
        ck_assert(!app_set_state(r.app, "edit=mask", &err));
        ck_assert_msg(strstr(err.msg, "has no causal mask to remove"), "%s",
                      err.msg);
        app_rig_close(&r);
        folder_remove(path);
        folder_remove(dir);
    }
}
END_TEST

static void open_bert(AppRig *r, char *path, const char *dir,
                      const char *prompt) {
    app_rig_write_bert(path, dir, true);
    app_rig_open(
        r, (AppOptions){.no_deck = true, .model_path = path, .prompt = prompt});
    app_rig_frame(r);
}

static void type(AppRig *r, const char *text) {
    screen_key(r->screen, "/");
    app_text(r->app, text);
    app_rig_frame(r);
}

/* A BERT's text opens where it is asked for something, not at [SEP]; Enter
 * says why nothing is drawn; what was said of a text goes with it. */
START_TEST(what_a_model_of_both_directions_opens_on) {
    AppRig r;
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    open_bert(&r, path, dir, "zoe went cafe");
    ck_assert_int_eq(app_pos(r.app), 3);
    screen_key(r.screen, "0"); /* its view of the masked token */
    app_rig_frame(&r);
    app_say(r.app, false, "before");
    screen_key(r.screen, "Enter");
    ck_assert_ptr_nonnull(strstr(app_message(r.app), "masked words"));
    type(&r, "zoe [MASK] [MASK] .");
    screen_key(r.screen, "Enter");
    app_rig_frame(&r);
    ck_assert_int_eq(app_pos(r.app), 2);
    screen_key(r.screen, "/");
    app_say(r.app, false, "not in the vocabulary");
    screen_key(r.screen, "End");
    screen_key(r.screen, "Backspace");
    ck_assert_str_eq(app_message(r.app), "");
    app_rig_close(&r);
    folder_remove(path);
    folder_remove(dir);
}
END_TEST

/* How often a text stands in the strip. */
static int in_strip(AppRig *r, const char *text) {
    app_rig_frame(r);
    const Rect strip = screen_place(r->screen, &panel_strip)->rect;
    int n, found = 0;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        found += rect_contains(strip, (int)mark[i].x, (int)mark[i].y) &&
                 strcmp(mark[i].text, text) == 0;
    return found;
}

/* What is hidden is hidden in the strip, too, as the model reads it. */
START_TEST(the_strip_shows_what_is_read) {
    static const struct {
        const char *key;
        int hidden;
    } steps[] = {{"Shift+U", 1}, {"Ctrl+Z", 0},  {"Ctrl+Shift+Z", 1},
                 {"Shift+U", 0}, {"Shift+U", 1}, {"Z", 0}};
    AppRig r;
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    open_bert(&r, path, dir, "zoe went cafe");
    screen_key(r.screen, "Home");
    screen_key(r.screen, "Right");
    const int n_words = in_strip(&r, "zoe");
    ck_assert_int_ge(n_words, 1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        screen_key(r.screen, steps[i].key);
        ck_assert_int_eq(in_strip(&r, "[MASK]"), steps[i].hidden);
        ck_assert_int_eq(in_strip(&r, "zoe"), n_words - steps[i].hidden);
    }
    app_rig_close(&r);
    folder_remove(path);
    folder_remove(dir);
}
END_TEST

/* By its name, which is this model's own id of it, in both runs. */
START_TEST(a_state_names_the_mask) {
    AppRig r;
    Err err = {0};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], text[512];
    folder_make(dir);
    open_bert(&r, path, dir, "zoe went unaffable");
    ck_assert_msg(app_set_state(r.app, "edit=token1=[MASK]", &err), "%s",
                  err.msg);
    app_rig_frame(&r);
    ck_assert_int_eq(edits_token(trace_edits(app_trace(r.app)), 1, BERT_ZOE),
                     BERT_MASK);
    app_state_text(r.app, text, sizeof text);
    ck_assert_msg(strstr(text, "edit=token1=4") != NULL, "%s", text);
    ck_assert_msg(
        app_set_state(r.app, "edit=1.0 against=\"edit=token2=[MASK]\"", &err),
        "%s", err.msg);
    app_rig_frame(&r);
    Scene scene;
    app_look(r.app, &scene);
    ck_assert_int_eq(edits_token(trace_edits(scene.against), 2, BERT_WENT),
                     BERT_MASK);
    app_look_away(r.app);
    app_rig_close(&r);
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    ck_assert(!app_set_state(r.app, "edit=token1=[MASK]", &err));
    ck_assert_msg(strstr(err.msg, "has no [MASK]"), "%s", err.msg);
    app_rig_close(&r);
    folder_remove(path);
    folder_remove(dir);
}
END_TEST

START_TEST(a_state_names_the_model_that_is_run) {
    Rig g;
    char text[512];
    open_rig(&g, NULL); /* the beat names b */
    check_logits(app_trace(g.r.app), 2, 2);
    app_state_text(g.r.app, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "model=\"b.bin\""));
    set_state(&g, "model=\"\"");
    check_logits(app_trace(g.r.app), 1, 2);
    set_state(&g, "model=c.bin layer=2");
    check_logits(app_trace(g.r.app), 3, 3);
    app_undo(g.r.app, -1);
    app_rig_frame(&g.r);
    close_rig(&g);
}
END_TEST

/* To a model with fewer layers: what was shown of the other is fitted. */
START_TEST(another_shape_fits_the_state) {
    Rig g;
    open_rig(&g, "model=c.bin layer=2 prompt=\"the cat sat\"");
    check_logits(app_trace(g.r.app), 3, 3);
    Err err = {0};
    ck_assert(!app_set_state(g.r.app, "model=b.bin", &err));
    ck_assert_str_eq(err.msg, "layer: found 2, need 0 to 1");
    app_rig_frame(&g.r);
    check_logits(app_trace(g.r.app), 3, 3);
    app_go_to_slide(g.r.app, 0);
    app_rig_frame(&g.r);
    ck_assert_int_lt(app_state(g.r.app)->layer, 2);
    check_logits(app_trace(g.r.app), 2, 2);
    close_rig(&g);
}
END_TEST

START_TEST(another_model_is_compared_with) {
    Rig g;
    Scene scene;
    Stage s;
    open_rig(&g, "model=\"\" against=\"model=b.bin\" view=next");
    ck_assert(app_rig_shows(&g.r, "compared with b"));
    ck_assert(!app_rig_shows(&g.r, "model="));
    set_state(&g, "against=\"edit=0.1 model=b.bin\"");
    ck_assert(app_rig_shows(&g.r, "compared with b, edit=0.1"));
    set_state(&g, "against=\"model=b.bin\"");
    app_look(g.r.app, &scene);
    ck_assert(screen_stage(g.r.screen, &scene, g.r.canvas, &s));
    check_logits(s.trace, 1, 2);
    check_logits(s.against, 2, 2);
    app_look_away(g.r.app);
    close_rig(&g);
}
END_TEST

START_TEST(another_shape_is_not_compared_with) {
    Rig g;
    Scene scene;
    open_rig(&g, NULL);
    for (int i = 0; i < view_count(); i++) {
        char state[256];
        snprintf(state, sizeof state,
                 "model=\"\" against=\"model=c.bin\" view=%s",
                 view_at(i)->name);
        set_state(&g, state);
        ck_assert_msg(app_rig_shows(&g.r, "cannot be compared with c"), "%s",
                      state);
        app_look(g.r.app, &scene);
        ck_assert_ptr_null(scene.against);
        app_look_away(g.r.app);
    }
    set_state(&g, "against=off");
    ck_assert(!app_rig_shows(&g.r, "cannot be compared"));
    close_rig(&g);
}
END_TEST

/* ---- of other architectures ---------------------------------------------- */

/* Others of the same layers, heads and vectors beside the lesson. */
static const struct {
    const char *name;
    TinyFamily family;
} others[] = {{"g", TINY_GPT2}, {"t", TINY_BERT}};

static void write_others(const Rig *g) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        TinySpec spec = tiny_spec();
        char dir[FOLDER_PATH_MAX];
        spec.family = others[i].family;
        spec.hidden_dim += 8;
        spec.n_kv_heads = spec.n_heads;
        folder_path(dir, g->dir, others[i].name);
        ck_assert_int_eq(mkdir(dir, 0700), 0);
        tiny_family_folder(dir, &spec, &(TinyForm){0});
        write_tokenizer(dir);
    }
}

static void close_with_others(Rig *g) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char dir[FOLDER_PATH_MAX];
        folder_path(dir, g->dir, others[i].name);
        folder_remove(dir);
    }
    close_rig(g);
}

static void look_at_both(Rig *g, void (*check)(const Stage *s)) {
    Scene scene;
    Stage s;
    app_look(g->r.app, &scene);
    ck_assert(screen_stage(g->r.screen, &scene, g->r.canvas, &s));
    check(&s);
    app_look_away(g->r.app);
}

static void check_architectures(const Stage *s) {
    ck_assert_ptr_nonnull(s->against);
    ck_assert(trace_config(s->against)->arch != s->config->arch);
    ck_assert_int_eq(trace_n_pos(s->against), s->n_pos);
}

/* The other run's numbers where it has such, and none where it has not. */
static void check_numbers(const Stage *s) {
    check_architectures(s);
    const float *row = before_row(s, SITE_PATTERN, 1, s->pos);
    ck_assert_ptr_nonnull(row);
    ck_assert_mem_eq(row, trace_row(s->against, SITE_PATTERN, 1, s->pos),
                     (size_t)(s->config->n_heads * s->n_pos) * sizeof *row);
    ck_assert(before_has(s, SITE_Q) && before_has(s, SITE_LOGITS) &&
              before_has(s, SITE_RESID_MID));
    ck_assert(!before_has(s, SITE_ROT_Q) && !before_has(s, SITE_K) &&
              !before_has(s, SITE_MLP_PRE) && !before_has(s, SITE_MLP_POST));
    ck_assert_ptr_null(before_row(s, SITE_MLP_POST, 0, s->pos));
    ck_assert_ptr_null(before_row(s, SITE_K, 0, s->pos));
    ck_assert(!before_is_alike(s) && before_sums_alike(s) &&
              before_predicts_alike(s));
}

START_TEST(another_architecture_is_compared_with) {
    static const char *const models[][2] = {
        {"", "g"}, {"g", "b.bin"}, {"t", "g"}, {"g", "t"}, {"t", "b.bin"}};
    Rig g;
    ViewOp op;
    open_rig(&g, NULL);
    write_others(&g);
    for (int i = 0; i < 5; i++) {
        char state[256];
        snprintf(state, sizeof state,
                 "view=attention op=change layer=1 model=\"%s\" "
                 "against=\"model=%s\" prompt=\"the cat sat\"",
                 models[i][0], models[i][1]);
        set_state(&g, state);
        char named[32];
        snprintf(named, sizeof named, "compared with %.1s", models[i][1]);
        ck_assert(app_rig_shows(&g.r, named));
        ck_assert(app_rig_shows(
            &g.r, models[i][1][0] == 't'   ? " (it tells what [MASK] hides, "
                  : models[i][0][0] == 't' ? " (it tells what comes next, "
                                           : named));
        if (i == 0) look_at_both(&g, check_numbers);
        for (int v = 0; v < view_count(); v++)
            for (int k = 0;
                 view_at(v)->op(model_config(app_model(g.r.app))->arch, k, &op);
                 k++) {
                snprintf(state, sizeof state, "view=%s op=%s opened=before",
                         view_at(v)->name, op.name);
                set_state(&g, state);
                look_at_both(&g, check_architectures);
            }
    }
    close_with_others(&g);
}
END_TEST

static void refused(Rig *g, const char *state, const char *why) {
    Err err = {0};
    ck_assert(!app_set_state(g->r.app, state, &err));
    ck_assert_msg(strstr(err.msg, why) != NULL, "%s: %s", state, err.msg);
    ck_assert_ptr_null(strchr(err.msg, '\n'));
    app_rig_frame(&g->r);
    check_logits(app_trace(g->r.app), 2, 2);
}

/* What is taken from the other run must have its place in this one. */
START_TEST(nothing_is_taken_from_another_architecture) {
    Rig g;
    open_rig(&g, NULL);
    write_others(&g);
    refused(&g, "against=\"model=g\" edit=\"patch1.resid_mid@2\"",
            "edits: freeze, patch and steer@ take from a run of the same "
            "architecture and shape, and g is no such model");
    close_with_others(&g);
}
END_TEST

/* A folder "odd" beside the lesson: tied, by its config.json, but with an
 * output matrix of its own. */
static void write_odd(const Rig *g, char dir[FOLDER_PATH_MAX]) {
    TinySpec spec = tiny_spec();
    TinyModel own, tied;
    spec.shared_classifier = false;
    ck_assert(tiny_open(&own, &spec));
    spec.shared_classifier = true;
    ck_assert(tiny_open(&tied, &spec));
    Bytes file = tiny_safetensors(own.model, "F32", 0, 1);
    Bytes config = tiny_config_json(tied.model, "");
    folder_path(dir, g->dir, "odd");
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    folder_write(dir, "model.safetensors", file.data, file.size);
    folder_write(dir, "config.json", config.data, config.size);
    write_tokenizer(dir);
    bytes_free(&file);
    bytes_free(&config);
    tiny_close(&own);
    tiny_close(&tied);
}

START_TEST(what_is_doubtful_of_a_later_model_is_said) {
    Rig g;
    char dir[FOLDER_PATH_MAX];
    open_rig(&g, NULL);
    write_odd(&g, dir);
    set_state(&g, "model=odd");
    ck_assert_msg(strstr(app_message(g.r.app), "is not the embedding") != NULL,
                  "%s", app_message(g.r.app));
    folder_remove(dir);
    close_rig(&g);
}
END_TEST

START_TEST(what_is_not_beside_the_lesson_is_refused) {
    Rig g;
    char path[2 * FOLDER_PATH_MAX], link[FOLDER_PATH_MAX];
    open_rig(&g, NULL);
    folder_path(link, g.dir, "out.bin");
    snprintf(path, sizeof path, "%s/tiny.bin", g.r.dir);
    ck_assert_int_eq(symlink(path, link), 0);
    refused(&g, "model=none.bin", "none.bin: no such file beside the deck");
    refused(&g, "model=../tiny.bin", "leads out of the deck's folder");
    refused(&g, "model=out.bin", "leads out of the deck's folder");
    refused(&g, "model=deck.md", "model: ");
    refused(&g, "model=embedded:none", "no such model is embedded");
    refused(&g, "against=\"model=none.bin\"", "against: model: ");
    snprintf(path, sizeof path, "model=\"%s/b.bin\"", g.dir);
    refused(&g, path, "leads out of the deck's folder");
    close_rig(&g);
}
END_TEST

START_TEST(without_a_lesson_there_are_the_embedded_ones) {
    AppRig r;
    Err err = {0};
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat"});
    ck_assert(!app_set_state(r.app, "model=tiny.bin", &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "need embedded"));
    ck_assert_msg(app_set_state(r.app, "model=embedded:step-000400", &err),
                  "%s", err.msg);
    app_rig_frame(&r);
    ck_assert_str_eq(app_name(r.app), "step-000400");
    ck_assert_int_eq(trace_config(app_trace(r.app))->vocab_size, 768);
    app_rig_close(&r);
}
END_TEST

/* ---- the old picture until there is a new one ---------------------------- */

static void goal_of(Worker *w, const Model *m) {
    static const int tokens[] = {1,  40, 41, 42, 43, 44, 45, 46, 47, 48,
                                 49, 50, 51, 52, 53, 54, 55, 56, 57, 58};
    Err err = {0};
    const Goal goal = {.model = m,
                       .drawn = {.n = model_config(m)->vocab_size},
                       .tokens = tokens,
                       .n_tokens = 20,
                       .length = 20};
    ck_assert_msg(worker_set_goal(w, &goal, NULL, &err), "%s", err.msg);
}

START_TEST(a_picture_stays_until_the_other_model_has_one) {
    TinyModel a, b;
    TinySpec spec = tiny_spec();
    Err err = {0};
    int steps = 0;
    ck_assert(tiny_open(&a, &spec));
    spec.seed = 2;
    ck_assert(tiny_open(&b, &spec));
    Worker *w = worker_open(
        &(WorkerOptions){.model = a.model, .no_thread = true}, &err);
    ck_assert_msg(w != NULL, "%s", err.msg);
    goal_of(w, a.model);
    ck_assert(worker_wait(w, -1));
    check_logits(worker_trace(w), 1, 2);
    goal_of(w, b.model);
    ck_assert(!worker_status(w).aligned);
    do {
        ck_assert_int_eq(worker_status(w).n_pos, 20);
        ck_assert_ptr_eq(trace_model(worker_trace(w)),
                         worker_status(w).aligned ? b.model : a.model);
        steps++;
    } while (worker_step(w, 0));
    ck_assert_int_gt(steps, 1); /* RUN_CHUNK is less than the text */
    check_logits(worker_trace(w), 2, 2);
    ck_assert(worker_uses(w, b.model));
    ck_assert(!worker_uses(w, a.model));
    worker_close(w);
    tiny_close(&a);
    tiny_close(&b);
}
END_TEST

/* ---- how many are open --------------------------------------------------- */

static bool is_second(void *ud, const Model *m) {
    const Shelf *s = ud;
    return s->n > 1 && m == s->items[1]->model;
}

/* It is on the shelf still. */
static void notes_closing(void *ud, const Model *m) {
    const Shelf *s = ud;
    int n = 0;
    for (int i = 2; i < s->n; i++)
        n += s->items[i]->model == m;
    ck_assert_int_eq(n, 1);
}

START_TEST(idle_models_are_closed_beyond_the_limit) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], name[32];
    TinyModel first;
    TinySpec spec = tiny_spec();
    Err err = {0};
    Shelf s = {0};
    folder_make(dir);
    write_tokenizer(dir);
    folder_path(path, dir, "deck.md");
    ck_assert(tiny_open(&first, &spec));
    ck_assert(shelf_init(&s, first.model, first.tok, NULL, &err));
    const ShelfAsk ask = {path, is_second, notes_closing, &s};
    const Model *kept = NULL;
    for (int i = 0; i < 3 * SHELF_MAX; i++) {
        snprintf(name, sizeof name, "m%d.bin", i);
        write_model(dir, name, (uint64_t)i + 2, 2);
        const ShelfItem *item = shelf_take(&s, name, &ask, &err);
        ck_assert_msg(item != NULL, "%s", err.msg);
        ck_assert_ptr_eq(shelf_take(&s, name, &ask, &err), item);
        ck_assert_int_le(s.n, SHELF_MAX);
        if (i == 0) kept = item->model;
    }
    ck_assert_int_eq(s.n, SHELF_MAX);
    ck_assert_ptr_eq(s.items[0]->model, first.model);
    ck_assert_ptr_eq(s.items[1]->model, kept);
    shelf_free(&s);
    free(first.bytes);
    free(first.tok_bytes);
    folder_remove(dir);
}
END_TEST

/* Sizes and costs that differ: each says what it was in the other model, and
 * that opens to its arithmetic there. */
START_TEST(sizes_are_held_against_another_models) {
    Rig g;
    Scene scene;
    Stage s;
    char state[256], number[32], was[80];
    open_rig(&g, NULL);
    write_others(&g);
    set_state(&g, "view=model op=params model=\"\" against=\"model=g\" "
                  "prompt=\"the cat sat\"");
    app_look(g.r.app, &scene);
    ck_assert(screen_stage(g.r.screen, &scene, g.r.canvas, &s));
    const Config *c = trace_config(s.against);
    const int n = c->arch->n_tensors, pos = s.pos;
    const uint64_t mlp = params_of_part(c, PARAMS_MLP);
    const Cost cost = cost_of(c);
    ck_assert(mlp != params_of_part(s.config, PARAMS_MLP));
    ck_assert(cost_cached(&cost, pos) != 0);
    app_look_away(g.r.app);
    stage_count_text(mlp, number);
    snprintf(was, sizeof was, "was %s", number);
    ck_assert_msg(app_rig_shows(&g.r, was), "%s", was);
    snprintf(state, sizeof state, "inspector=on opened=before elem=%d",
             SHAPE_DIMS + n + 1 + (int)PARAMS_MLP);
    set_state(&g, state);
    snprintf(was, sizeof was, "✓ equals the number shown %s", number);
    ck_assert_msg(app_rig_shows(&g.r, was), "%s", was);

    set_state(&g, "op=cost elem=-1");
    stage_count_text(cost_cached(&cost, pos), number);
    snprintf(was, sizeof was, "was %s", number);
    ck_assert_msg(app_rig_shows(&g.r, was), "%s", was);
    snprintf(was, sizeof was, "✓ equals the number shown %s", number);
    ck_assert_msg(app_rig_shows(&g.r, was), "%s", was);
    set_state(&g, "op=cost against=off");
    ck_assert(!app_rig_shows(&g.r, "was "));
    close_with_others(&g);
}
END_TEST

/* Counts are written whole, those that a float does not hold among them, by the
 * inspector as by the view. */
START_TEST(large_counts_are_written_as_counts) {
    Rig g;
    Scene scene;
    Stage s;
    char state[256], number[32], text[80];
    open_rig(&g, NULL);
    app_look(g.r.app, &scene);
    ck_assert(screen_stage(g.r.screen, &scene, g.r.canvas, &s));
    snprintf(state, sizeof state,
             "view=model op=params inspector=on elem=%d "
             "shape=D=4096,F=11008,H=32,G=32,V=32000,L=32",
             SHAPE_DIMS + s.config->arch->n_tensors);
    app_look_away(g.r.app);
    set_state(&g, state);
    app_look(g.r.app, &scene);
    ck_assert(screen_stage(g.r.screen, &scene, g.r.canvas, &s));
    Config c;
    ck_assert(shape_apply(&s.state->shape, s.config, &c, NULL));
    stage_count_text(params_total(&c), number);
    app_look_away(g.r.app);
    ck_assert_int_gt((int)strlen(number), (int)strlen("16,777,216"));
    snprintf(text, sizeof text, "✓ equals the number shown %s", number);
    ck_assert_msg(app_rig_shows(&g.r, text), "%s", text);
    close_rig(&g);
}
END_TEST

TEST_MAIN("models", large_counts_are_written_as_counts,
          what_a_model_of_both_directions_opens_on, a_state_names_the_mask,
          the_strip_shows_what_is_read, a_model_of_both_directions_is_shown,
          a_state_names_the_model_that_is_run, another_shape_fits_the_state,
          another_model_is_compared_with, another_shape_is_not_compared_with,
          another_architecture_is_compared_with,
          sizes_are_held_against_another_models,
          nothing_is_taken_from_another_architecture,
          what_is_doubtful_of_a_later_model_is_said,
          what_is_not_beside_the_lesson_is_refused,
          without_a_lesson_there_are_the_embedded_ones,
          a_picture_stays_until_the_other_model_has_one,
          idle_models_are_closed_beyond_the_limit)
