/* What can be read: on a small projector's picture no text is smaller than 11
 * pixels, in any view or panel; and what the mouse is on is told above all else
 * and wholly within the window. */
#include "tests/support/app_rig.h"
#include "tests/support/test.h"
#include "viz/paint/raster.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LEAST_PX 11

/* Every panel has something to show. */
static const char deck[] =
    "---\nmodel: tiny\n---\n"
    "# One^2^ and H~2~O\n\n<!-- .stage: view=attention token=3 -->\n\n"
    "Text with `code`, <small>small print</small> and a <sup>note</sup>.\n\n"
    "| a | b |\n|---|---|\n| <sub>1</sub> | 2 |\n\n"
    "<!-- .ask: Which one? -->\n\n- this\n- that\n\n---\n\n# Two\n\nx\n";

static void open_at(AppRig *r, int w, int h) {
    char path[FOLDER_PATH_MAX];
    *r = (AppRig){0};
    app_rig_open(r, (AppOptions){0});
    folder_write(r->dir, "deck.md", deck, sizeof deck - 1);
    folder_path(path, r->dir, "deck.md");
    app_drop(r->app, path);
    r->w = w;
    r->h = h;
    app_rig_frame(r);
}

static void set_state(AppRig *r, const char *text) {
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, text, &err), "%s", err.msg);
    app_rig_frame(r);
}

static void check_size(const AppRig *r, const char *what, float least) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    ck_assert_int_gt(n, 5);
    ck_assert_int_lt(n, CANVAS_TEXTS_MAX); /* none was forgotten */
    for (int i = 0; i < n; i++)
        ck_assert_msg(mark[i].size_px >= least, "%s: \"%s\" is %.1f px", what,
                      mark[i].text, (double)mark[i].size_px);
}

static void check_texts(const AppRig *r, const char *what) {
    check_size(r, what, LEAST_PX);
}

/* All of a view's operations, alone and compared, beside a slide and without
 * it, with what can be typed and helped. */
static void check_view(AppRig *r, const View *v, const char *rest) {
    const Arch *arch = model_config(app_model(r->app))->arch;
    ViewOp op;
    char text[128];
    for (int i = 0; i == 0 || (v->op && v->op(arch, i, &op)); i++) {
        const char *word = v->op && v->op(arch, i, &op) ? op.name : "";
        snprintf(text, sizeof text, "view=%s%s%s layer=1 %s %s", v->name,
                 word[0] ? " op=" : "", word, i % 2 ? "edit=0.1" : "edit=\"\"",
                 rest);
        set_state(r, text);
        check_texts(r, text);
    }
}

START_TEST(every_text_can_be_read) {
    AppRig r;
    open_at(&r, 1366, 768);
    for (int i = 0; i < view_count(); i++) {
        check_view(&r, view_at(i), "scale=1");
        check_view(&r, view_at(i), "scale=0.5");
    }
    screen_key(r.screen, "Tab");
    app_rig_frame(&r);
    check_texts(&r, "without the slide");
    screen_key(r.screen, "/");
    app_rig_frame(&r);
    check_texts(&r, "while the prompt is edited");
    screen_key(r.screen, "Esc");
    screen_key(r.screen, "F1");
    app_rig_frame(&r);
    check_texts(&r, "help");
    app_rig_close(&r);
}
END_TEST

/* Twice the pixels an inch: letters have twice as many. */
START_TEST(a_dense_display_has_larger_type) {
    AppRig r;
    open_at(&r, 2732, 1536);
    screen_set_density(r.screen, 2);
    set_state(&r, "view=attention layer=1 scale=0.5");
    check_size(&r, "twice the density", 2 * LEAST_PX);
    app_rig_close(&r);
}
END_TEST

/* ---- nothing is cut ------------------------------------------------------ */

/* "␣mark…": a token's name, which its column has no room for. */
static bool is_token_cut(const AppRig *r, const TextMark *m) {
    const Tokenizer *t = app_tokenizer(r->app);
    const size_t n = strlen(m->text) - strlen("…");
    for (int id = 0; id < tokenizer_n_pieces(t); id++) {
        char label[64];
        tokenizer_show(t, id, label, sizeof label);
        if (strncmp(label, m->text, n) == 0) return true;
    }
    return false;
}

/* Level texts of other lines need no more of a look. */
static bool is_far(const TextMark *a, const TextMark *b) {
    return a->angle == 0 && b->angle == 0 &&
           fabsf(a->y - b->y) > fmaxf(a->cap, b->cap) + 1;
}

static void check_apart(const AppRig *r, const char *what) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (!is_far(&mark[i], &mark[k]) &&
                rect_intersect(mark[i].clip, mark[k].clip).w > 0 &&
                textmark_meets(&mark[i], &mark[k], 0))
                ck_abort_msg("%d, %s: \"%s\" lies on \"%s\"", r->w, what,
                             mark[i].text, mark[k].text);
}

/* Words end where they end, within the page that they stand on. */
static void check_whole(const AppRig *r, const char *what) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++) {
        const TextMark *m = &mark[i];
        const Rect at = textmark_bounds(m), c = m->clip;
        ck_assert_msg(!m->is_cut || is_token_cut(r, m), "%d, %s: \"%s\" is cut",
                      r->w, what, m->text);
        ck_assert_msg(at.x + 1 >= c.x && at.x + at.w <= c.x + c.w + 1 &&
                          at.y + 1 >= c.y && at.y + at.h <= c.y + c.h + 1,
                      "%d, %s: \"%s\" is clipped", r->w, what, m->text);
    }
}

static void check_view_whole(AppRig *r, const View *v, const char *rest) {
    const Arch *arch = model_config(app_model(r->app))->arch;
    ViewOp op;
    char text[160];
    for (int i = 0; i == 0 || (v->op && v->op(arch, i, &op)); i++) {
        const char *word = v->op && v->op(arch, i, &op) ? op.name : "";
        snprintf(text, sizeof text, "view=%s%s%s layer=1 %s", v->name,
                 word[0] ? " op=" : "", word, rest);
        set_state(r, text);
        check_whole(r, text);
        check_apart(r, text);
    }
}

/* Beside a slide on the least of projectors, and with the arithmetic open, of a
 * sentence and of a few words. */
START_TEST(no_text_of_any_view_is_cut_or_covered) {
    static const struct {
        int w, h;
        const char *rest;
    } cases[] = {{1024, 768, "edit=\"\" inspector=off"},
                 {1024, 768, "edit=3.0 inspector=off"},
                 {1024, 768, "edit=1.0 panel=stage inspector=on"},
                 {1366, 768, "edit=\"\" inspector=on"}};
    AppRig r;
    app_rig_open(&r, (AppOptions){.deck_path = "lessons/predict.md",
                                  .model_path = "assets/models/tales.bin"});
    for (int few = 0; few < 2; few++) {
        set_state(&r, few ? "prompt=\"Zoe and Ben\""
                          : "prompt=\"Zoe and Ben went to the market. Zoe "
                            "saw a bird\"");
        for (size_t i = few ? 2 : 0; i < sizeof cases / sizeof *cases; i++) {
            r.w = cases[i].w;
            r.h = cases[i].h;
            set_state(&r, "panel=both");
            for (int v = 0; v < view_count(); v++)
                check_view_whole(&r, view_at(v), cases[i].rest);
        }
    }
    app_rig_close(&r);
}
END_TEST

/* Of a model that reads in both directions, and one that predicts nothing. */
START_TEST(every_text_of_a_bert_can_be_read) {
    for (int head = 0; head < 2; head++) {
        AppRig r;
        char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
        folder_make(dir);
        app_rig_write_bert(path, dir, head);
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .model_path = path,
                                      .prompt = "zoe went unaffable, zoe"});
        r.w = 1366;
        r.h = 768;
        app_rig_frame(&r);
        for (int i = 0; i < view_count(); i++) {
            check_view(&r, view_at(i), "inspector=off");
            check_view_whole(&r, view_at(i), "edit=\"\" inspector=on");
        }
        app_rig_close(&r);
        folder_remove(path);
        folder_remove(dir);
    }
}
END_TEST

/* Multiply-adds of a text are large; those of a long one, or of tokens that
 * are not kept, no longer whole numbers of a float. */
START_TEST(large_numbers_stand_apart) {
    static const struct {
        const char *model, *state;
    } cases[] = {{"embedded:bert", "view=model op=cost"},
                 {"embedded:bert", "view=model op=cost token=3 scale=1.5"},
                 {"embedded:gpt2", "view=model op=cost token=200 length=201"},
                 {"embedded:tales", "view=cache op=cost token=250 length=251"}};
    static const int sizes[][2] = {
        {1024, 768}, {1366, 768}, {1920, 1080}, {3840, 2160}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        AppRig r;
        app_rig_open(&r, (AppOptions){.no_deck = true,
                                      .model_path = cases[i].model,
                                      .prompt = "Once there was a girl"});
        for (int k = 0; k < 4; k++) {
            r.w = sizes[k][0];
            r.h = sizes[k][1];
            set_state(&r, cases[i].state);
            set_state(&r, "inspector=on");
            app_rig_check_ledger(&r, cases[i].state);
        }
        app_rig_close(&r);
    }
}
END_TEST

/* ---- what colours mean --------------------------------------------------- */

static bool has_text(const AppRig *r, const char *begins) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strncmp(mark[i].text, begins, strlen(begins)) == 0) return true;
    return false;
}

/* Beside a slide and the arithmetic; what halves mean stands in a wide
 * picture's heading. */
START_TEST(colours_are_explained_where_they_are) {
    static const struct {
        const char *state, *words;
    } legends[] = {
        {"view=attention op=scores", "raw score"},
        {"view=attention op=scaled", "score"},
        {"view=attention op=weights", "weight"},
        {"view=attention op=valued", "weight × |v|"},
        {"view=attention op=rollout", "share"},
        {"view=attention op=change edit=0.1", "points"},
        {"view=heads", "weight"},
        {"view=block op=q", "this vector"},
        {"view=block op=softmax", "weight (√)"},
        {"view=block op=resid_post edit=0.1", "left half: now"},
        {"view=residual op=why", "orange"},
    };
    static const int sizes[][2] = {{1024, 768}, {1366, 768}, {1920, 1080}};
    AppRig r;
    open_at(&r, 1366, 768);
    for (int s = 0; s < 3; s++)
        for (size_t i = 0; i < sizeof legends / sizeof *legends; i++) {
            r.w = sizes[s][0];
            r.h = sizes[s][1];
            set_state(&r, "edit=\"\"");
            set_state(&r, legends[i].state);
            if (s >= 1 && strstr(legends[i].words, "half")) continue;
            ck_assert_msg(has_text(&r, legends[i].words),
                          "%d x %d, %s: no \"%s\"", r.w, r.h, legends[i].state,
                          legends[i].words);
        }
    app_rig_close(&r);
}
END_TEST

/* Each view asks what it answers, beside its name; learn, of a model that is
 * none of its steps, says whose they are. */
START_TEST(every_heading_asks_a_question) {
    static const int sizes[][2] = {{1024, 768}, {1366, 768}, {1920, 1080}};
    AppRig r;
    open_at(&r, 1366, 768);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < view_count(); i++) {
            char state[64];
            int n, asked = view_at(i) == &view_learn;
            r.w = sizes[k][0];
            r.h = sizes[k][1];
            snprintf(state, sizeof state, "view=%s op=\"\" panel=stage",
                     view_at(i)->name);
            set_state(&r, state);
            const TextMark *mark = canvas_texts(r.canvas, &n);
            for (int j = 0; j < n; j++) {
                const char *at = strchr(mark[j].text, '?');
                asked += at && at > mark[j].text && mark[j].y < (float)r.h / 3;
            }
            ck_assert_msg(asked > 0, "%d: %s", r.w, state);
        }
    app_rig_close(&r);
}
END_TEST

START_TEST(a_part_switched_off_says_so_where_it_is) {
    static const char *const views[] = {"view=attention", "view=heads",
                                        "view=block op=softmax"};
    AppRig r;
    open_at(&r, 1366, 768);
    for (int i = 0; i < 3; i++) {
        set_state(&r, "edit=\"\" layer=1 head=2");
        set_state(&r, views[i]);
        ck_assert_msg(!has_text(&r, "off"), "%s", views[i]);
        screen_key(r.screen, "X");
        app_rig_frame(&r);
        ck_assert_msg(has_text(&r, "off"), "%s", views[i]);
        ck_assert_msg(has_text(&r, "without head"), "%s", views[i]);
        screen_key(r.screen, "X");
        app_rig_frame(&r);
        ck_assert_msg(!has_text(&r, "off"), "%s", views[i]);
    }
    app_rig_close(&r);
}
END_TEST

/* ---- tips ---------------------------------------------------------------- */

static bool inside(Rect r, int w, int h) {
    return r.x >= 0 && r.y >= 0 && r.x + r.w <= w && r.y + r.h <= h;
}

/* What is told comes last; of `before` texts without it. */
static bool is_told(const AppRig *r, int before) {
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    for (int i = before; i < n; i++) {
        ck_assert_msg(inside(textmark_bounds(&mark[i]), r->w, r->h),
                      "\"%s\" is not within the window", mark[i].text);
        ck_assert_int_eq(mark[i].clip.w, r->w); /* no panel cuts it off */
        ck_assert_int_eq(mark[i].clip.h, r->h);
    }
    return n > before;
}

/* On how many points of the window something is told. */
static int told_everywhere(AppRig *r) {
    int before, told = 0;
    screen_mouse_move(r->screen, -1, -1);
    app_rig_frame(r);
    canvas_texts(r->canvas, &before);
    for (int y = 2; y < r->h; y += 26)
        for (int x = 2; x < r->w; x += 26) {
            screen_mouse_move(r->screen, x, y);
            if (!screen_dirty(r->screen)) continue;
            app_rig_frame(r);
            told += is_told(r, before);
        }
    return told;
}

START_TEST(what_the_mouse_is_on_is_told_within_the_window) {
    AppRig r;
    char text[64];
    open_at(&r, 800, 520);
    for (int i = 0; i < view_count(); i++) {
        snprintf(text, sizeof text, "view=%s layer=1", view_at(i)->name);
        set_state(&r, text);
        ck_assert_int_gt(told_everywhere(&r), 0);
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(a_tip_stays_within_any_window) {
    static const char words[] = "the probability that it had before it came";
    AppRig r;
    Err err = {0};
    Tip tip = {0};
    const Theme *t = theme_find("light");
    app_rig_open(&r, (AppOptions){.no_deck = true});
    for (int w = 60; w <= 900; w += 140)
        for (int h = 60; h <= 400; h += 85)
            for (int k = 0; k < 9; k++) {
                const Rect all = {0, 0, w, h};
                ck_assert(canvas_resize(r.canvas, w, h, 1, &err));
                tip_set(&tip,
                        (Rect){k % 3 * w / 2 - 5, k / 3 * h / 2 - 5, 9, 9},
                        words);
                const Rect box = tip_draw(&tip, r.canvas, t, all);
                ck_assert_int_gt(box.w, 0);
                ck_assert(box.x >= 0 && box.x + box.w <= w);
                ck_assert(box.y >= 0 && (box.y + box.h <= h || h < 150));
            }
    tip_clear(&tip);
    ck_assert_int_eq(tip_draw(&tip, r.canvas, t, (Rect){0, 0, 99, 99}).w, 0);
    app_rig_close(&r);
}
END_TEST

TEST_MAIN("sizes", every_heading_asks_a_question,
          no_text_of_any_view_is_cut_or_covered,
          colours_are_explained_where_they_are,
          a_part_switched_off_says_so_where_it_is, every_text_can_be_read,
          every_text_of_a_bert_can_be_read, large_numbers_stand_apart,
          a_dense_display_has_larger_type,
          what_the_mouse_is_on_is_told_within_the_window,
          a_tip_stays_within_any_window)
