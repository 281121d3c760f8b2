/* Documents: pages of PDF files on slides; what is damaged, missing, or never
 * ends. */
#include "engine/base/file.h"
#include "tests/support/app_rig.h"
#include "tests/support/pdf.h"
#include "tests/support/test.h"
#include "viz/app/pictures.h"
#include "viz/paint/document.h"
#include "viz/paint/picture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define RED   0xFFFF0000u
#define GREEN 0xFF00FF00u
#define BLUE  0xFF0000FFu

/* Without poppler there are no pages to be tested, only that it is said. */
static bool skips(void) {
    if (!document_is_able())
        test_skip("documents", "the program was built without poppler");
    return !document_is_able();
}

START_TEST(without_poppler_it_is_said) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Err err = {0};
    int n;
    folder_make(dir);
    pdf_write(dir, "a.pdf", 2);
    folder_path(path, dir, "a.pdf");
    const bool ok = document_pages(path, &n, &err);
    ck_assert(ok == document_is_able());
    if (ok)
        ck_assert_int_eq(n, 2);
    else
        ck_assert_ptr_nonnull(strstr(err.msg, "a.pdf: PDF: this program was "
                                              "built without poppler"));
    folder_remove(dir);
}
END_TEST

START_TEST(pages_become_pixels) {
    static const uint32_t colors[] = {RED, GREEN, BLUE};
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    if (skips()) return;
    folder_make(dir);
    pdf_write(dir, "a.pdf", 3);
    folder_path(path, dir, "a.pdf");
    for (int i = 0; i < 3; i++) {
        Pixmap p;
        Err err = {0};
        ck_assert_msg(document_page(&p, path, i + 1, &err), "%s", err.msg);
        ck_assert_int_eq(p.w, DOCUMENT_SIDE);
        ck_assert_int_eq(p.h, DOCUMENT_SIDE * 3 / 4);
        ck_assert_uint_eq(p.px[600 * p.stride + 800], colors[i]);
        ck_assert_uint_eq(p.px[10 * p.stride + 10], 0xFF000000u);
        picture_close(&p);
    }
    folder_remove(dir);
}
END_TEST

/* Fails with this in its message. */
static void ck_fails(const char *dir, const char *name, int page,
                     const char *why) {
    char path[FOLDER_PATH_MAX];
    Pixmap p;
    Err err = {0};
    folder_path(path, dir, name);
    ck_assert_msg(!document_page(&p, path, page, &err), "%s", name);
    ck_assert_msg(strstr(err.msg, name) && strstr(err.msg, why), "%s: %s", name,
                  err.msg);
    ck_assert_ptr_null(p.px);
    ck_assert_int_eq(p.w, 0);
}

START_TEST(what_cannot_be_shown_ends_in_a_message) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    if (skips()) return;
    folder_make(dir);
    pdf_write(dir, "a.pdf", 3);
    ck_fails(dir, "a.pdf", 4, "has 3 pages, need page 4");
    ck_fails(dir, "gone.pdf", 1, "No such file");
    folder_write(dir, "text.pdf", "hello", 5);
    ck_fails(dir, "text.pdf", 1, "damaged");
    folder_write(dir, "head.pdf", "%PDF-1.4\n%%EOF\n", 15);
    ck_fails(dir, "head.pdf", 1, "damaged");
    pdf_write_page(dir, "flat.pdf", "", "0 0 0 0");
    pdf_write_page(dir, "thin.pdf", "1 0 0 rg 0 0 9 9 re f", "0 0 100000 0.01");
    pdf_write_page(dir, "huge.pdf", "", "0 0 1e12 1e12");
    pdf_write(dir, "none.pdf", 0);
    ck_fails(dir, "none.pdf", 1, "pages");
    /* A page without a size is poppler's to make up; it is bounded. */
    static const char *const odd[] = {"flat.pdf", "thin.pdf", "huge.pdf"};
    for (size_t i = 0; i < 3; i++) {
        Pixmap p;
        Err err = {0};
        folder_path(path, dir, odd[i]);
        if (document_page(&p, path, 1, &err))
            ck_assert(p.w >= 1 && p.h >= 1 && p.w <= DOCUMENT_SIDE &&
                      p.h <= DOCUMENT_SIDE);
        else
            ck_assert_ptr_nonnull(strstr(err.msg, odd[i]));
        picture_close(&p);
    }
    folder_remove(dir);
}
END_TEST

static void on_alarm(int number) {
    (void)number;
}

/* Even if a signal comes meanwhile, after which nobody but the time ends it. */
START_TEST(what_never_ends_is_ended) {
    char dir[FOLDER_PATH_MAX];
    const struct sigaction once = {.sa_handler = on_alarm};
    const struct itimerval soon = {.it_value = {.tv_usec = 200000}};
    if (skips()) return;
    folder_make(dir);
    pdf_write_endless(dir, "long.pdf");
    ck_assert_int_eq(sigaction(SIGALRM, &once, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ck_fails(dir, "long.pdf", 1, "the PDF takes longer than 5 s");
    folder_remove(dir);
}
END_TEST

/* Cut anywhere, every byte another: a message or a picture, never an end. */
START_TEST(damaged_files_do_no_harm) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX], text[4096];
    File f;
    if (skips()) return;
    folder_make(dir);
    pdf_write(dir, "a.pdf", 1);
    folder_path(path, dir, "a.pdf");
    ck_assert(file_open(&f, path, sizeof text, NULL));
    const size_t n = f.size;
    memcpy(text, f.data, n);
    file_close(&f);
    folder_path(path, dir, "b.pdf");
    for (size_t i = 1; i < n; i += 17)
        for (int kind = 0; kind < 2; kind++) {
            Pixmap p;
            Err err = {0};
            text[i] ^= (char)(kind ? 0x55 : 0);
            folder_write(dir, "b.pdf", text, kind ? n : i);
            text[i] ^= (char)(kind ? 0x55 : 0);
            if (document_page(&p, path, 1, &err))
                ck_assert_int_le(p.w, DOCUMENT_SIDE);
            else
                ck_assert_ptr_nonnull(strstr(err.msg, "b.pdf"));
            picture_close(&p);
        }
    folder_remove(dir);
}
END_TEST

/* ---- on slides ----------------------------------------------------------- */

static void open_deck(AppRig *r, const char *text) {
    char path[FOLDER_PATH_MAX];
    folder_write(r->dir, "d.md", text, strlen(text));
    folder_path(path, r->dir, "d.md");
    app_drop(r->app, path);
    app_rig_frame(r);
}

static int count(const AppRig *r, uint32_t color) {
    const Pixmap *p = canvas_pixels(r->canvas);
    int n = 0;
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++)
            n += p->px[(size_t)y * p->stride + x] == color;
    return n;
}

/* Only this page is seen. */
static void ck_page(const AppRig *r, uint32_t color) {
    static const uint32_t colors[] = {RED, GREEN, BLUE};
    for (int i = 0; i < 3; i++)
        ck_assert_msg((count(r, colors[i]) > 50000) == (colors[i] == color),
                      "%06x: %d", colors[i] & 0xFFFFFF, count(r, colors[i]));
}

START_TEST(beats_turn_the_pages) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    if (!skips()) {
        pdf_write(r.dir, "a.pdf", 3);
        open_deck(&r, "# A\n\n<iframe src=\"a.pdf\"></iframe>\n\n---\n\n"
                      "![x](a.pdf#page=2)\n\n---\n\n<div class=\"pdf\">"
                      "<!-- { \"pdf\": \"a.pdf#page=2-3\" } --></div>\n");
        static const uint32_t beats[] = {RED, GREEN, BLUE, GREEN, GREEN, BLUE};
        for (int i = 0; i < 6; i++) {
            ck_page(&r, beats[i]);
            if (i < 5) screen_key(r.screen, "Space");
            app_rig_frame(&r);
        }
        for (int i = 4; i >= 0; i--) {
            screen_key(r.screen, "PageUp");
            app_rig_frame(&r);
            ck_page(&r, beats[i]);
        }
    }
    app_rig_close(&r);
}
END_TEST

START_TEST(what_is_not_there_is_said_on_the_slide) {
    AppRig r;
    app_rig_open(&r, (AppOptions){.no_deck = true, .prompt = "the cat sat"});
    folder_write(r.dir, "bad.pdf", "hello", 5);
    open_deck(&r, "<embed src=\"gone.pdf\">\n\n---\n\n"
                  "<embed src=\"bad.pdf\">\n\n---\n\n![x](../a.pdf)\n");
    ck_assert(app_rig_shows(&r, "A document that is not shown"));
    ck_assert(app_rig_shows(&r, "gone.pdf: no such file"));
    screen_key(r.screen, "PageDown");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, document_is_able() ? "bad.pdf: PDF document"
                                                   : "bad.pdf: PDF: this"));
    screen_key(r.screen, "PageDown");
    app_rig_frame(&r);
    ck_assert(app_rig_shows(&r, "../a.pdf: leads out"));
    app_rig_close(&r);
}
END_TEST

/* Never more pages are in memory than this beat shows and the next one. */
START_TEST(two_pages_are_kept) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    Pictures p = {0};
    Err err = {0};
    if (skips()) return;
    folder_make(dir);
    pdf_write(dir, "a.pdf", 9);
    folder_write(dir, "d.md", "![](a.pdf)\n", 11);
    folder_path(path, dir, "d.md");
    Deck *d = pictures_open_deck(path, &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 9);
    pictures_load(&p, d, true, 0, 0);
    for (int beat = 0; beat < 9; beat++) {
        pictures_turn(&p, d, true, 0, beat);
        ck_assert_int_eq(p.n, beat < 8 ? 2 : 1);
        const Picture *pic = pictures_find(&p, "a.pdf", beat + 1);
        ck_assert(pic && pic->page == beat + 1 && pic->pixels.w > 0);
    }
    pictures_free(&p);
    deck_close(d);
    folder_remove(dir);
}
END_TEST

START_TEST(notes_have_pages_too) {
    char dir[FOLDER_PATH_MAX], path[FOLDER_PATH_MAX];
    static const char deck[] = "a\n\nNotes:\n\n![](a.pdf#page=2)\n";
    Pictures p = {0};
    Err err = {0};
    if (skips()) return;
    folder_make(dir);
    pdf_write(dir, "a.pdf", 3);
    folder_write(dir, "d.md", deck, sizeof deck - 1);
    folder_path(path, dir, "d.md");
    Deck *d = pictures_open_deck(path, &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    pictures_load(&p, d, true, 0, 0);
    pictures_turn(&p, d, true, 0, 0); /* stays */
    const Picture *pic = pictures_find(&p, "a.pdf", 2);
    ck_assert(pic && pic->page == 2 && pic->pixels.w > 0);
    pictures_free(&p);
    deck_close(d);
    folder_remove(dir);
}
END_TEST

TEST_MAIN("document", notes_have_pages_too, without_poppler_it_is_said,
          pages_become_pixels, what_cannot_be_shown_ends_in_a_message,
          what_never_ends_is_ended, damaged_files_do_no_harm,
          beats_turn_the_pages, what_is_not_there_is_said_on_the_slide,
          two_pages_are_kept)
