#include "tests/support/app_rig.h"

#include "tests/support/bert_files.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "tests/support/tiny_model.h"
#include "viz/screen/screen_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WAIT_MS 20000

static const char lesson[] =
    "---\nmodel: tiny\n---\n"
    "# One\n\n<!-- .stage: view=next token=1 -->\n\nfirst\n\n"
    "<!-- .stage: token=2 -->\n\nsecond\n\n---\n\n"
    "# Two\n\n<!-- .stage: view=attention layer=1 -->\n\nx\n\n---\n\n"
    "# Three\n\nx\n\n---\n\n# Four\n\nx\n";

void app_rig_open(AppRig *r, AppOptions opt) {
    const TinySpec spec = tiny_spec();
    char model[FOLDER_PATH_MAX], deck[FOLDER_PATH_MAX];
    Err err = {0};
    *r = (AppRig){.w = 1280, .h = 800};
    folder_make(r->dir);
    tiny_write(&spec, r->dir, "tokenizer.bin");
    folder_path(model, r->dir, "tiny.bin");
    folder_path(deck, r->dir, "lesson.md");
    if (!opt.no_deck && !opt.deck_path && !opt.model_path && !opt.model) {
        folder_write(r->dir, "lesson.md", lesson, sizeof lesson - 1);
        opt.deck_path = deck;
    }
    if (!opt.model_path) opt.model_path = model;
    opt.export_dir = r->dir;
    r->app = app_open(&opt, &err);
    ck_assert_msg(r->app != NULL, "%s", err.msg);
    r->screen = screen_open(r->app, &err);
    ck_assert_msg(r->screen != NULL, "%s", err.msg);
    r->fonts = fonts_open(&err);
    ck_assert_msg(r->fonts != NULL, "%s", err.msg);
    r->canvas = canvas_open(16, 16, 1, r->fonts, &err);
    ck_assert_msg(r->canvas != NULL, "%s", err.msg);
}

void app_rig_write_bert(char path[FOLDER_PATH_MAX], const char *dir,
                        bool head) {
    TinySpec spec = tiny_spec();
    Bytes pieces = bert_txt();
    spec.family = TINY_BERT;
    spec.n_kv_heads = spec.n_heads;
    spec.vocab_size = N_BERT;
    folder_path(path, dir, "tiny-bert");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    tiny_family_folder(path, &spec, &(TinyForm){.no_head = !head});
    folder_write(path, "vocab.txt", pieces.data, pieces.size);
    free(pieces.data);
}

void app_rig_close(AppRig *r) {
    screen_close(r->screen);
    app_close(r->app);
    canvas_close(r->canvas);
    fonts_close(r->fonts);
    folder_remove(r->dir);
}

void app_rig_frame(AppRig *r) {
    Err err = {0};
    ck_assert(app_settle(r->app, WAIT_MS));
    float scale = screen_scale(r->screen, r->w, r->h);
    if (canvas_width(r->canvas) != r->w || canvas_height(r->canvas) != r->h ||
        canvas_scale(r->canvas) != scale)
        ck_assert_msg(canvas_resize(r->canvas, r->w, r->h, scale, &err), "%s",
                      err.msg);
    screen_draw(r->screen, r->canvas);
}

void app_rig_click(AppRig *r, int x, int y) {
    screen_mouse_move(r->screen, x, y);
    screen_mouse_down(r->screen, x, y);
    screen_mouse_up(r->screen);
}

static bool is_number_in(const TextMark *m, Rect r) {
    return rect_contains(r, (int)m->x, (int)m->y) &&
           m->text[strspn(m->text, "+-.,0123456789e")] == '\0';
}

void app_rig_check_ledger(const AppRig *r, const char *what) {
    const Rect panel = screen_place(r->screen, &panel_inspector)->rect;
    int n;
    const TextMark *mark = canvas_texts(r->canvas, &n);
    ck_assert_int_gt(panel.w, 0);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (is_number_in(&mark[i], panel) && is_number_in(&mark[k], panel))
                ck_assert_msg(!textmark_meets(&mark[i], &mark[k], 1),
                              "%d, %s: \"%s\" at %.0f, %.0f meets \"%s\" at "
                              "%.0f, %.0f",
                              r->w, what, mark[k].text, (double)mark[k].x,
                              (double)mark[k].y, mark[i].text,
                              (double)mark[i].x, (double)mark[i].y);
}

bool app_rig_shows(const AppRig *r, const char *text) {
    int n;
    const TextMark *marks = canvas_texts(r->canvas, &n);
    for (int i = 0; i < n; i++)
        if (strstr(marks[i].text, text)) return true;
    return false;
}
