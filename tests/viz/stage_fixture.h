/* Stage fixture: a model, a prompt and a canvas, so that a test can draw one
 * view with no app around it.
 *
 *     Fixture f;
 *     ck_assert(fixture_open(&f, NULL, "the cat sat", 800, 600, 1, "light"));
 *     fixture_stage(&f, "layer=1 head=2 token=3 op=softmax");
 *     fixture_draw(&f, &view_block);
 *     fixture_png(&f, "block.png");
 *     fixture_close(&f);
 *
 * The stage is filled by what fills the application's; layer and head are
 * brought into range first.
 */
#ifndef TESTS_VIZ_STAGE_FIXTURE_H
#define TESTS_VIZ_STAGE_FIXTURE_H

#include "engine/base/file.h"
#include "tests/support/test.h"
#include "tests/support/tiny_model.h"
#include "viz/paint/png.h"
#include "viz/views/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_TALES "assets/models/tales.bin"
#define FIXTURE_TALE                                                           \
    "Once there was a kind girl named Mia. One day, she went to the park. "    \
    "There she met Tom. \"Hello, Tom!\" said Mia."

typedef struct Fixture {
    TinyModel tiny; /* model NULL when a file is open */
    Model *model;
    Tokenizer *tokenizer;
    Session *session;
    Trace *trace;
    Fonts *fonts;
    Canvas *canvas;
    Hits *hits;
    State state;
    Stage stage; /* what a view gets */
    char (*labels)[STAGE_LABEL_MAX], (*reads)[STAGE_LABEL_MAX];
    Study *study;
    Color *cells;
    Err err; /* what made fixture_open fail */
} Fixture;

static inline void fixture_close(Fixture *f) {
    free(f->cells);
    free(f->labels);
    free(f->reads);
    free(f->hits);
    state_free(&f->state);
    canvas_close(f->canvas);
    fonts_close(f->fonts);
    study_close(f->study);
    trace_close(f->trace);
    session_close(f->session);
    if (f->tiny.model) {
        tiny_close(&f->tiny);
    } else {
        tokenizer_close(f->tokenizer);
        model_close(f->model);
    }
    memset(f, 0, sizeof *f);
}

/* Runs the state's prompt, cut to the context, under the state's edits. */
static inline bool fixture_feed(Fixture *f) {
    const char *prompt = f->state.prompt ? f->state.prompt : "";
    Encoding e = {0};
    bool ok = tokenizer_encode(f->tokenizer, prompt, strlen(prompt),
                               TOKENIZER_BOS, &e, &f->err);
    int n =
        e.n < session_seq_len(f->session) ? e.n : session_seq_len(f->session);
    int *ids = calloc((size_t)n + 1, sizeof *ids);
    ok = ok && ids && n > 0;
    for (int i = 0; ok && i < n; i++)
        ids[i] = e.tokens[i].id;
    session_rewind(f->session, 0);
    ok = ok && session_set_edits(f->session, &f->state.edits, &f->err);
    trace_sync(f->trace);
    if (f->study) study_forget(f->study, 0);
    ok = ok && session_feed(f->session, ids, n, &f->err);
    free(ids);
    encoding_free(&e);
    return ok;
}

/* Makes what was asked for; false: nothing was missing. */
static inline bool fixture_make(Fixture *f) {
    bool any = false;
    while (study_step(f->study))
        any = true;
    return any;
}

static inline int fixture_clamp(int v, int n) {
    return v < 0 ? 0 : v < n ? v : n - 1;
}

/* Puts a state string ("" changes nothing) into effect and fills the stage.
 * Aborts on a string that does not parse, as a test may.  The op is resolved
 * when a view is drawn or asked. */
static inline void fixture_stage(Fixture *f, const char *state) {
    State *st = &f->state;
    st->set = 0;
    if (!state_parse(st, state, &f->err)) {
        fprintf(stderr, "fixture: %s: %s\n", state, f->err.msg);
        abort();
    }
    bool feed = st->set & (STATE_BIT(STATE_PROMPT) | STATE_BIT(STATE_EDIT));
    if (feed && !fixture_feed(f)) {
        fprintf(stderr, "fixture: %s: %s\n", state, f->err.msg);
        abort();
    }
    Stage *s = &f->stage;
    s->state = st;
    st->layer = fixture_clamp(st->layer, s->config->n_layers);
    st->head = fixture_clamp(st->head, s->config->n_heads);
    if (st->set & STATE_BIT(STATE_THEME) && theme_find(st->theme))
        s->theme = theme_find(st->theme);
    for (int i = 0; i < trace_n_pos(f->trace); i++) {
        tokenizer_show(f->tokenizer, trace_token(f->trace, i), f->labels[i],
                       STAGE_LABEL_MAX);
        tokenizer_show(f->tokenizer, stage_read_id(s, i), f->reads[i],
                       STAGE_LABEL_MAX);
    }
    do {
        study_frame(f->study);
        stage_fill(s);
    } while (fixture_make(f));
}

/* Everything but the model, which is open. */
static inline bool fixture_open_rest(Fixture *f, const char *prompt, int w,
                                     int h, float scale, const char *theme) {
    const Config *c = model_config(f->model);
    Err *err = &f->err;
    f->session = session_open(f->model, &(SessionOptions){0}, err);
    f->trace =
        f->session ? trace_open(f->session, TRACE_BUDGET_DEFAULT, err) : NULL;
    f->fonts = f->trace ? fonts_open(err) : NULL;
    f->canvas = f->fonts ? canvas_open(w, h, scale, f->fonts, err) : NULL;
    if (!f->canvas) return false;
    size_t n_cells = (size_t)STAGE_TOKENS_MAX * STAGE_TOKENS_MAX;
    f->labels = calloc((size_t)session_seq_len(f->session), STAGE_LABEL_MAX);
    f->reads = calloc((size_t)session_seq_len(f->session), STAGE_LABEL_MAX);
    f->study = study_open(f->trace, STUDY_BUDGET_DEFAULT, err);
    f->cells = calloc(n_cells, sizeof *f->cells);
    f->hits = calloc(1, sizeof *f->hits);
    if (!f->labels || !f->reads || !f->study || !f->cells || !f->hits)
        return false;
    f->stage = (Stage){.canvas = f->canvas,
                       .hits = f->hits,
                       .theme = theme_find(theme),
                       .trace = f->trace,
                       .model = f->model,
                       .config = c,
                       .tokenizer = f->tokenizer,
                       .labels = (const char(*)[STAGE_LABEL_MAX])f->labels,
                       .reads = (const char(*)[STAGE_LABEL_MAX])f->reads,
                       .study = f->study,
                       .cells = f->cells,
                       .mouse_x = -1,
                       .mouse_y = -1};
    if (!state_set_prompt(&f->state, prompt, strlen(prompt), err)) return false;
    if (!fixture_feed(f)) return false;
    fixture_stage(f, "");
    return true;
}

/* A fixture over a seeded model of any shape. */
static inline bool fixture_open_spec(Fixture *f, const TinySpec *spec,
                                     const char *prompt, int w, int h,
                                     float scale, const char *theme) {
    memset(f, 0, sizeof *f);
    state_init(&f->state);
    bool ok = tiny_open(&f->tiny, spec);
    f->model = f->tiny.model;
    f->tokenizer = f->tiny.tok;
    if (ok && fixture_open_rest(f, prompt, w, h, scale, theme)) return true;
    fprintf(stderr, "fixture: tiny model: %s\n", f->err.msg);
    fixture_close(f);
    return false;
}

/* model_path NULL: the tiny model.  The tokenizer is found beside the model.
 * False, with a line on stderr, when something cannot be opened. */
static inline bool fixture_open(Fixture *f, const char *model_path,
                                const char *prompt, int w, int h, float scale,
                                const char *theme) {
    if (!model_path) {
        TinySpec spec = tiny_spec();
        return fixture_open_spec(f, &spec, prompt, w, h, scale, theme);
    }
    memset(f, 0, sizeof *f);
    state_init(&f->state);
    char path[1024];
    f->model = model_open(model_path, &f->err);
    int vocab = f->model ? model_config(f->model)->vocab_size : 0;
    if (f->model &&
        tokenizer_find(model_path, vocab, path, sizeof path, &f->err))
        f->tokenizer = tokenizer_open(path, vocab, &f->err);
    if (f->tokenizer && fixture_open_rest(f, prompt, w, h, scale, theme))
        return true;
    fprintf(stderr, "fixture: %s\n", f->err.msg);
    fixture_close(f);
    return false;
}

static inline void fixture_op(Fixture *f, const View *v) {
    f->stage.op = view_op_or_default(v, f->stage.config->arch, f->state.op);
}

/* Do these words stand in what was drawn last? */
static inline bool fixture_says(const Fixture *f, const char *words) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strstr(mark[i].text, words)) return true;
    return false;
}

/* "-0", "-0.00": a sign that tells nothing. */
static inline bool fixture_is_minus_zero(const char *at) {
    if (at[0] != '-' || at[1] != '0') return false;
    at += 1 + strspn(at + 1, "0.");
    return *at < '1' || *at > '9';
}

/* No number that rounds to 0 is drawn with a minus. */
static inline void fixture_check_zeros(const Fixture *f) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        for (const char *at = mark[i].text; *at; at++)
            ck_assert_msg(!fixture_is_minus_zero(at), "\"%s\"", mark[i].text);
}

/* Draws the view over the whole canvas, with the hits it registers, until all
 * its numbers are there. */
static inline void fixture_draw(Fixture *f, const View *v) {
    Rect all = {0, 0, canvas_width(f->canvas), canvas_height(f->canvas)};
    fixture_op(f, v);
    do {
        study_frame(f->study);
        hits_clear(f->hits);
        canvas_begin(f->canvas);
        canvas_clear(f->canvas, f->stage.theme->window);
        v->draw(&f->stage, all);
    } while (fixture_make(f));
    fixture_check_zeros(f);
}

static inline void fixture_opened(Fixture *f, const View *v, Opened *out) {
    fixture_op(f, v);
    do {
        study_frame(f->study);
        memset(out, 0, sizeof *out);
        v->opened(&f->stage, out);
    } while (fixture_make(f));
}

/* What could follow the current token. */
static inline const StudyNext *fixture_next(const Fixture *f) {
    const StudyNext *next = study_next(f->study, f->stage.pos);
    if (!next) study_step(f->study);
    return next ? next : study_next(f->study, f->stage.pos);
}

static inline bool fixture_png(Fixture *f, const char *path) {
    uint8_t *png = NULL;
    size_t size = 0;
    bool ok = png_encode(canvas_pixels(f->canvas), (PngTexts){0}, &png, &size,
                         &f->err) &&
              file_save(path, png, size, &f->err);
    free(png);
    return ok;
}

/* The pixel at (x, y) as 0xRRGGBB. */
static inline uint32_t fixture_pixel(const Fixture *f, int x, int y) {
    const Pixmap *p = canvas_pixels(f->canvas);
    return p->px[(size_t)y * (size_t)p->stride + (size_t)x] & 0xFFFFFFu;
}

/* Words that the tiny model has pieces for. */
#define FIXTURE_STORY "the cat sat on the mat. the cat sat on the"

/* No hit reaches out of the picture. */
static inline void fixture_check_hits(const Fixture *f) {
    const int w = canvas_width(f->canvas), h = canvas_height(f->canvas);
    for (int i = 0; i < f->hits->n; i++) {
        const Rect r = f->hits->list[i].rect;
        ck_assert_msg(r.x >= 0 && r.y >= 0 && r.x + r.w <= w && r.y + r.h <= h,
                      "hit %d of %dx%d: %d,%d %dx%d", i, w, h, r.x, r.y, r.w,
                      r.h);
    }
}

/* No two texts of the last frame lie on each other. */
static inline void fixture_check_texts(const Fixture *f) {
    int n;
    const TextMark *mark = canvas_texts(f->canvas, &n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            ck_assert_msg(!textmark_meets(&mark[i], &mark[j], -1),
                          "\"%s\" lies on \"%s\"", mark[i].text, mark[j].text);
}

/* Draws n states of a view at every size and scale, the mouse in the middle.
 * From 480 x least_h on all hits must be inside, from
 * 901 x 577 on no text may lie on another. */
static inline void fixture_draw_sizes(const View *v, const char *const *states,
                                      int n, int least_h) {
    static const struct {
        int w, h;
        float scale;
    } sizes[] = {{1, 1, 1},         {3, 700, 1},    {700, 3, 1},
                 {40, 40, 0.8f},    {480, 300, 1},  {480, 560, 0.7f},
                 {1024, 600, 1.5f}, {1520, 900, 1}, {901, 577, 1.3f},
                 {2600, 1500, 2}};
    Fixture f;
    ck_assert(fixture_open(&f, NULL, FIXTURE_STORY, 1, 1, 1, "dark"));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int k = 0; k < n; k++) {
            const int w = sizes[i].w, h = sizes[i].h;
            ck_assert(canvas_resize(f.canvas, w, h, sizes[i].scale, &f.err));
            f.stage.mouse_x = w / 2;
            f.stage.mouse_y = h / 2;
            fixture_stage(&f, states[k]);
            fixture_draw(&f, v);
            if (w >= 480 && h >= least_h) fixture_check_hits(&f);
            if (w >= 901 && h >= 577) fixture_check_texts(&f);
        }
    fixture_close(&f);
}

#endif
