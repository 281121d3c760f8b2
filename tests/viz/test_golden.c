/* Golden pictures: whole windows on a seeded tiny model, compared with the
 * PNGs in tests/golden/.  `make golden-update` makes them anew; look at them
 * before committing.
 *
 * Colours of numbers may differ by a rounding between instruction sets, and
 * text by the font library's version; so a pixel counts as different when a
 * channel is off by more than CHANNEL_SLACK, and PIXEL_SHARE of them may be.
 * A shifted panel, a lost label or a wrong colour is far more than that. */
#include "engine/base/file.h"
#include "tests/support/app_rig.h"
#include "tests/support/pdf.h"
#include "tests/support/test.h"
#include "tests/support/tiny_family.h"
#include "viz/paint/document.h"
#include "viz/paint/png.h"

#include <limits.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHANNEL_SLACK 24
#define PIXEL_SHARE   0.004

typedef struct Golden {
    const char *name, *state;
    int w, h;
} Golden;

static const Golden goldens[] = {
    {"attention", "view=attention layer=1 head=2 token=6 key=3", 1024, 640},
    {"scaled-dark",
     "view=attention op=scaled layer=1 head=1 theme=dark "
     "colormap=magma",
     800, 600},
    {"sums", "view=attention op=sums layer=1 head=2 token=6 key=3", 1280, 720},
    {"change", "view=attention op=change layer=1 head=2 edit=0.1,mlp0", 1280,
     720},
    {"change-dark",
     "view=attention op=change layer=1 head=2 edit=0.1,mlp0 theme=dark", 1280,
     720},
    {"rollout-dark", "view=attention op=rollout layer=1 theme=dark", 1280, 720},
    {"lines", "view=attention op=lines layer=1 head=2 heads=2,0 token=6", 1280,
     720},
    {"lines-dark",
     "view=attention op=lines layer=0 head=1 heads=0,1,2,3 theme=dark", 1280,
     720},
    {"heads", "view=heads layer=1 head=1", 1024, 640},
    {"block", "view=block op=softmax layer=1 head=3 token=5", 1280, 720},
    {"block-off", "view=block op=resid_post layer=0 edit=0.1,mlp0 theme=dark",
     1280, 720},
    {"next", "view=next token=8 temperature=0.8 top_p=0.9 seed=5", 1024, 640},
    {"residual", "view=residual op=lens token=6", 1280, 720},
    {"stream", "view=residual op=stream layer=1 part=head head=2 number=end",
     1280, 720},
    {"stream-dark", "view=residual op=stream edit=0.1 theme=dark", 1280, 720},
    {"why", "view=residual op=why edit=1.1", 1280, 720},
    {"mlp", "view=mlp op=down layer=1 edit=0.1", 1280, 720},
    {"qk", "view=qk op=softmax layer=1 head=2 key=3", 1280, 720},
    {"shift",
     "view=qk op=distance layer=1 head=2 key=3 shift=20 apart=5 theme=dark",
     1280, 720},
    {"cache", "view=cache op=keys layer=1 head=2 token=7 edit=0.1", 1280, 720},
    {"tokens", "view=tokens op=pieces token=3", 1024, 640},
    {"ladder", "view=tokens op=ladder word=thethat elem=2", 1280, 720},
    {"vocabulary", "view=tokens op=vocabulary elem=290 row=280 theme=dark",
     1280, 720},
    {"embedding", "view=embedding op=all token=3", 1440, 810},
    {"embedding-moved", "view=embedding op=moved layer=1 edit=0.1 theme=dark",
     1280, 720},
    {"map", "view=model op=map layer=1 head=2 token=5", 1440, 810},
    {"map-edit", "view=model op=map layer=0 head=1 edit=0.1 theme=dark", 1280,
     720},
    {"scale", "view=model op=scale elem=5", 1280, 720},
    {"history", "view=model op=history elem=3 theme=dark", 1280, 720},
    {"cost", "view=model op=cost token=7", 1280, 720},
    {"params", "view=model op=params shape=D=32 layer=1 elem=8", 1280, 720},
    {"learn", "view=learn model=embedded:step-000700", 1280, 720},
    {"learn-dark",
     "view=learn op=stories model=embedded:step-000030 theme=dark", 800, 640},
    {"learn-loss", "view=learn op=loss model=embedded:step-002500", 1280, 720},
    {"learn-induction-dark",
     "view=learn op=induction model=embedded:step-001500 theme=dark", 800, 640},
    {"learn-words", "view=learn op=words token=5 model=embedded:step-000700",
     1280, 720},
    {"learn-live", "view=learn op=live step=20 model=embedded", 1280, 720},
    {"learn-live-dark", "view=learn op=live step=5 model=embedded theme=dark",
     800, 640},
    {"large-text", "view=attention scale=1.8 model=\"\"", 1024, 768},
    {"heads-zoomed", "view=heads layer=0 head=2 token=6 zoom=2 at=3,1", 1280,
     720},
    {"heads-zoomed-dark",
     "view=heads layer=1 head=1 sort=previous zoom=2 at=4,4 theme=dark", 1024,
     640},
};
enum { N_GOLDENS = sizeof goldens / sizeof *goldens };

/* A slide that has the window: of formulas, in both themes. */
static const Golden slides[] = {
    {"formulas", "slide=1", 1920, 1080},
    {"formulas-dark", "slide=1 theme=dark", 1024, 768},
};
enum { N_SLIDES = sizeof slides / sizeof *slides };

/* Formulas in whatever has words: headings, tables, questions, hints. */
static const Golden asked[] = {
    {"formulas-asked", "slide=1 hints=1", 1280, 720},
    {"formulas-answered", "slide=1 beat=1 answer=1 votes=3,5,1", 1024, 768},
};
enum { N_ASKED = sizeof asked / sizeof *asked };

/* A question as it is asked, counted twice, and answered; a guess, a task, a
 * hint: at two projectors' sizes. */
static const Golden questions[] = {
    {"question-asked", "slide=1", 1920, 1080},
    {"question-asked-small", "slide=1", 1024, 768},
    {"question-first", "slide=1 panel=slide votes=15,9,4 vote=1", 1920, 1080},
    {"question-first-small", "slide=1 votes=15,9,4 vote=1", 1024, 768},
    {"question-second", "slide=1 panel=slide votes=15,9,4/6,20,2 vote=2", 1920,
     1080},
    {"question-second-small", "slide=1 votes=15,9,4/6,20,2 vote=2", 1024, 768},
    {"question-reveal", "slide=1 beat=1 panel=slide votes=15,9,4/6,20,2", 1920,
     1080},
    {"question-reveal-small", "slide=1 beat=1 votes=15,9,4/6,20,2", 1024, 768},
    {"question-guess", "slide=2 answer=35", 1920, 1080},
    {"question-guess-small", "slide=2 beat=1 panel=slide answer=35", 1024, 768},
    {"question-do", "slide=3", 1920, 1080},
    {"question-do-small", "slide=3", 1024, 768},
    {"question-hint", "slide=1 panel=slide hints=1 answer=2", 1920, 1080},
    {"question-hint-small", "slide=3 hints=1", 1024, 768},
};
enum { N_QUESTIONS = sizeof questions / sizeof *questions };

/* A page of a document; a still beside the box of what is on the web; documents
 * that cannot be shown. */
static const Golden documents[] = {
    {"document", "slide=1 beat=1", 1280, 720},
    {"still", "slide=2", 1280, 720},
    {"still-dark", "slide=2 panel=both theme=dark", 1024, 768},
    {"document-gone", "slide=3", 1024, 768},
};
enum { N_DOCUMENTS = sizeof documents / sizeof *documents };

/* The ten slides of the lecture as they open, at two projectors' sizes, and all
 * of them at once. */
static const Golden lecture[] = {
    {"lecture-01", "slide=1", 1920, 1080},
    {"lecture-02", "slide=2", 1920, 1080},
    {"lecture-03", "slide=3", 1920, 1080},
    {"lecture-04", "slide=4", 1920, 1080},
    {"lecture-05", "slide=5", 1920, 1080},
    {"lecture-06", "slide=6", 1920, 1080},
    {"lecture-07", "slide=7", 1920, 1080},
    {"lecture-08", "slide=8", 1920, 1080},
    {"lecture-09", "slide=9", 1920, 1080},
    {"lecture-10", "slide=10", 1920, 1080},
    {"lecture-01-small", "slide=1", 1024, 768},
    {"lecture-02-small", "slide=2", 1024, 768},
    {"lecture-03-small", "slide=3", 1024, 768},
    {"lecture-04-small", "slide=4", 1024, 768},
    {"lecture-05-small", "slide=5", 1024, 768},
    {"lecture-06-small", "slide=6", 1024, 768},
    {"lecture-07-small", "slide=7", 1024, 768},
    {"lecture-08-small", "slide=8", 1024, 768},
    {"lecture-09-small", "slide=9", 1024, 768},
    {"lecture-10-small", "slide=10", 1024, 768},
    {"overview", "slide=2 cover=slides chosen=7", 1280, 720},
    {"overview-dark", "slide=1 cover=slides theme=dark", 1024, 768},
};
enum { N_LECTURE = sizeof lecture / sizeof *lecture };

/* The start page with something done, and what comes after a lesson's end. */
static const Golden pages[] = {
    {"start", "cover=start", 1920, 1080},
    {"start-dark", "cover=start lessons=subject entry=6 theme=dark", 1024, 768},
    {"end", "slide=4 beat=2 cover=end", 1366, 768},
    {"end-dark", "slide=4 beat=2 cover=end entry=1 theme=dark", 1366, 768},
};
enum { N_PAGES = sizeof pages / sizeof *pages };

/* GPT-2: LayerNorm, biases, learned positions, an activation without gate. */
static const Golden others[] = {
    {"gpt2-block", "view=block op=ln1 layer=1 token=5 elem=16", 1366, 768},
    {"gpt2-mlp", "view=mlp op=product layer=1 token=5 theme=dark", 1366, 768},
    {"gpt2-qk", "view=qk op=softmax layer=1 head=2 token=5 key=3", 1366, 768},
    {"gpt2-embedding", "view=embedding op=row token=5 theme=dark", 1366, 768},
};
enum { N_OTHERS = sizeof others / sizeof *others };

/* BERT: norms after the sums, both directions, three rows in one sum. */
static const Golden berts[] = {
    {"bert-attention", "view=attention op=sums layer=1 head=2 token=2 key=5",
     1366, 768},
    {"bert-heads", "view=heads layer=1 head=1 theme=dark", 1024, 768},
    {"bert-block", "view=block op=ln1 layer=1 token=3 elem=4", 1366, 768},
    {"bert-embedding", "view=embedding op=row token=3 theme=dark", 1366, 768},
    {"bert-map", "view=model op=map layer=1 head=2 token=3", 1920, 1080},
    {"bert-cache", "view=cache op=cost token=3 layer=1", 1366, 768},
    {"bert-next", "view=next token=1 edit=token1=4", 1366, 768},
    {"bert-told-dark", "view=next token=2 theme=dark", 1024, 768},
    {"bert-lens", "view=residual op=lens token=1 theme=dark", 1366, 768},
    {"bert-why", "view=residual op=why token=1 edit=token1=4", 1366, 768},
    {"bert-mlp", "view=mlp op=down layer=1 token=3", 1366, 768},
};
enum { N_BERTS = sizeof berts / sizeof *berts };

static void open_rig(AppRig *r) {
    app_rig_open(
        r, (AppOptions){.no_deck = true, .prompt = "the cat sat on the hat"});
}

/* Each picture stands for itself: every key is given or back at its
 * default. */
static void draw(AppRig *r, const Golden *g) {
    static const char neutral[] =
        "theme=light colormap=viridis scale=1 zoom=1 at=-1,-1 edit= key=-1 "
        "elem=-1 token=-1 "
        "shape= part=none number=none shift=0 apart=0";
    Err err = {0};
    ck_assert_msg(app_set_state(r->app, neutral, &err), "%s", err.msg);
    ck_assert_msg(app_set_state(r->app, g->state, &err), "%s", err.msg);
    r->w = g->w;
    r->h = g->h;
    app_rig_frame(r);
}

static void update(const char *path, const Canvas *c, const char *state) {
    uint8_t *bytes;
    size_t size;
    Err err = {0};
    ck_assert_msg(png_encode(canvas_pixels(c), (PngTexts){state, "tiny", NULL},
                             &bytes, &size, &err),
                  "%s", err.msg);
    ck_assert_msg(file_save(path, bytes, size, &err), "%s", err.msg);
    free(bytes);
}

static bool far_apart(int a, int b) {
    return abs(a - b) > CHANNEL_SLACK;
}

/* Share of pixels in which the canvas differs from a file. */
static double difference(const char *path, const Canvas *c) {
    const Pixmap *p = canvas_pixels(c);
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_file(&image, path),
                  "%s: %s (make golden-update makes it)", path, image.message);
    ck_assert_int_eq((int)image.width, p->w);
    ck_assert_int_eq((int)image.height, p->h);
    image.format = PNG_FORMAT_RGB;
    uint8_t *rgb = malloc((size_t)image.width * image.height * 3);
    ck_assert(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    int different = 0;
    for (int i = 0; i < p->w * p->h; i++) {
        uint32_t px = p->px[i / p->w * p->stride + i % p->w];
        const uint8_t *want = rgb + 3 * (size_t)i;
        different += far_apart(px >> 16 & 255, want[0]) ||
                     far_apart(px >> 8 & 255, want[1]) ||
                     far_apart(px & 255, want[2]);
    }
    free(rgb);
    return (double)different / (p->w * p->h);
}

static void compare(AppRig *r, const Golden *all, int n) {
    for (int i = 0; i < n; i++) {
        char path[128];
        snprintf(path, sizeof path, "tests/golden/%s.png", all[i].name);
        draw(r, &all[i]);
        if (getenv("GOLDEN_UPDATE")) update(path, r->canvas, all[i].state);
        double share = difference(path, r->canvas);
        ck_assert_msg(share <= PIXEL_SHARE, "%s: %.2f %% of pixels differ",
                      path, 100 * share);
    }
}

START_TEST(windows_look_as_they_did) {
    AppRig r;
    open_rig(&r);
    compare(&r, goldens, N_GOLDENS);
    app_rig_close(&r);
}
END_TEST

START_TEST(gpt2_looks_as_it_did) {
    AppRig r;
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], tok[FOLDER_PATH_MAX];
    TinySpec spec = tiny_spec();
    size_t size;
    spec.family = TINY_GPT2;
    spec.n_kv_heads = spec.n_heads;
    folder_make(dir);
    Bytes file = tiny_family_gguf(&spec, DTYPE_F32);
    void *pieces = tiny_tokenizer_bytes(spec.vocab_size, &size);
    folder_write(dir, "tiny.gguf", file.data, file.size);
    folder_write(dir, "tokenizer.bin", pieces, size);
    folder_path(path, dir, "tiny.gguf");
    folder_path(tok, dir, "tokenizer.bin");
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .model_path = path,
                                  .tokenizer_path = tok,
                                  .prompt = "the cat sat on the hat"});
    compare(&r, others, N_OTHERS);
    app_rig_close(&r);
    free(pieces);
    free(file.data);
    folder_remove(dir);
}
END_TEST

START_TEST(bert_looks_as_it_did) {
    AppRig r;
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    folder_make(dir);
    app_rig_write_bert(path, dir, true);
    app_rig_open(&r, (AppOptions){.no_deck = true,
                                  .model_path = path,
                                  .prompt = "zoe went unaffable, zoe went"});
    compare(&r, berts, N_BERTS);
    app_rig_close(&r);
    folder_remove(path);
    folder_remove(dir);
}
END_TEST

START_TEST(formulas_look_as_they_did) {
    AppRig r;
    open_rig(&r);
    app_drop(r.app, "tests/viz/formulas.md");
    compare(&r, slides, N_SLIDES);
    app_drop(r.app, "tests/viz/formulas_asked.md");
    compare(&r, asked, N_ASKED);
    app_rig_close(&r);
}
END_TEST

/* A picture whose colours pass into each other. */
static void write_still(const char *dir) {
    enum { W = 640, H = 360 };
    Pixmap p = {malloc((size_t)W * H * 4), W, H, W};
    char path[FOLDER_PATH_MAX];
    uint8_t *png;
    size_t size;
    ck_assert_ptr_nonnull(p.px);
    for (int i = 0; i < W * H; i++)
        p.px[i] = 0xFF004080u | (uint32_t)(i % W * 255 / W) << 16;
    ck_assert(png_encode(&p, (PngTexts){0}, &png, &size, NULL));
    folder_path(path, dir, "film.png");
    ck_assert(file_save(path, png, size, NULL));
    free(png);
    free(p.px);
}

START_TEST(documents_look_as_they_did) {
    static const char deck[] =
        "# A paper\n\n<iframe src=\"paper.pdf\"></iframe>\n\n---\n\n# A "
        "film\n\n"
        "<iframe src=\"https://example.org/watch?v=1\" title=\"How it is "
        "made\" "
        "data-still=\"film.png\" width=\"640\" "
        "height=\"360\"></iframe>\n\n---\n\n"
        "# Gone\n\n<embed src=\"1706.03762.pdf\">\n\n"
        "<object data=\"other.pdf#page=3\"></object>\n";
    AppRig r;
    char path[FOLDER_PATH_MAX];
    open_rig(&r);
    if (document_is_able()) {
        pdf_write(r.dir, "paper.pdf", 3);
        write_still(r.dir);
        folder_write(r.dir, "d.md", deck, sizeof deck - 1);
        folder_path(path, r.dir, "d.md");
        app_drop(r.app, path);
        compare(&r, documents, N_DOCUMENTS);
    } else {
        test_skip("documents", "the program was built without poppler");
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(questions_look_as_they_did) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.model_path = "embedded:tales",
                                  .deck_path = "tests/viz/questions.md"});
    compare(&r, questions, N_QUESTIONS);
    app_rig_close(&r);
}
END_TEST

START_TEST(the_lecture_looks_as_it_did) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.model_path = "embedded:tales",
                                  .lesson = "large-language-models"});
    compare(&r, lecture, N_LECTURE);
    app_rig_close(&r);
}
END_TEST

START_TEST(pages_look_as_they_did) {
    AppRig r;
    Err err = {0};
    History *h = history_open(NULL, &err);
    ck_assert_ptr_nonnull(h);
    for (int i = 0; i < 3; i++)
        history_see(h, HISTORY_LESSON, "large", i, 0, 3);
    history_see(h, HISTORY_DECK, "/home/me/My course.md", 3, 0, 12);
    history_use(h, "/home/me/models/stories260K.bin");
    history_see(h, HISTORY_LESSON, CATALOGUE_LECTURE, 0, 0, 10);
    history_see(h, HISTORY_LESSON, CATALOGUE_LECTURE, 1, 0, 10);
    history_see(h, HISTORY_LESSON, "tokens", 0, 0, 4);
    for (int i = 0; i < 3; i++)
        history_see(h, HISTORY_LESSON, "who-speaks", i, 0, 5);
    app_rig_open(&r, (AppOptions){.model_path = "embedded:tales",
                                  .lesson = "predict",
                                  .history = h});
    compare(&r, pages, N_PAGES);
    app_rig_close(&r);
    history_close(h);
}
END_TEST

/* The comparison bites: another head's picture is refused. */
START_TEST(a_different_picture_is_seen) {
    AppRig r;
    Golden other = goldens[0];
    open_rig(&r);
    other.state = "view=attention layer=1 head=1 token=6 key=3";
    draw(&r, &other);
    double share = difference("tests/golden/attention.png", r.canvas);
    ck_assert_double_gt(share, 2 * PIXEL_SHARE);
    app_rig_close(&r);
}
END_TEST

/* Whatever other fonts a machine has, the pictures are alike. */
static bool use_their_fonts(void) {
    static const char file[] = "/tests/golden/fonts.conf";
    char dir[PATH_MAX], path[PATH_MAX + sizeof file];
    if (!getcwd(dir, sizeof dir)) return false;
    snprintf(path, sizeof path, "%s%s", dir, file);
    return setenv("FONTCONFIG_FILE", path, 1) == 0;
}

int main(void) {
    const TTest *const tests[] = {
        windows_look_as_they_did,    gpt2_looks_as_it_did,
        bert_looks_as_it_did,        formulas_look_as_they_did,
        documents_look_as_they_did,  questions_look_as_they_did,
        the_lecture_looks_as_it_did, pages_look_as_they_did,
        a_different_picture_is_seen};
    if (!use_their_fonts()) {
        perror("golden: tests/golden/fonts.conf");
        return 1;
    }
    return test_run("golden", tests, sizeof tests / sizeof *tests);
}
