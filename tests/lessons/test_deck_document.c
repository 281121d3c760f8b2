/* Documents that a deck names: which of their pages, by which beats. */
#include "tests/lessons/deck_text.h"

/* As many pages as the file's name has letters. */
static int n_letters(void *ud, const char *deck, const char *name) {
    int *asked = ud;
    ck_assert_str_eq(deck, "t.md");
    ++*asked;
    return (int)strlen(name) - (int)strlen(".pdf");
}

static Deck *open_with_pages(const char *text) {
    Err err = {0};
    int asked = 0;
    Deck *d = deck_open_text("t.md", text, strlen(text),
                             &(DeckFiles){n_letters, &asked}, &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    return d;
}

/* The pages of a slide's documents at each of its beats: "1 2 3" or, of two,
 * "1,4 2,4". */
static void ck_pages(const char *text, const char *want) {
    Deck *d = open_with_pages(text);
    const DeckSlide *s = deck_slide(d, 0);
    char found[400] = "", page[16];
    for (int beat = 0; beat < s->n_beats; beat++) {
        bool first = true;
        for (int i = 0; i < s->n_blocks; i++) {
            const DeckBlock *b = &s->blocks[i];
            if (b->page == 0 || b->beat > beat) continue;
            ck_assert_ptr_null(strpbrk(b->info, "#?"));
            snprintf(page, sizeof page, "%s%d", first ? "" : ",",
                     b->page + deck_step_at(s, b, beat));
            strncat(found, page, sizeof found - strlen(found) - 1);
            first = false;
        }
        strncat(found, " ", 2);
    }
    ck_assert_str_eq(found, want);
    deck_close(d);
}

START_TEST(every_way_to_name_one_is_read) {
    static const char *const ways[] = {
        "<iframe src=\"a/bc.pdf%s\"></iframe>",
        "<iframe data-src='a/bc.pdf%s'></iframe>",
        "<embed src=\"a/bc.pdf%s\" type=\"application/pdf\">",
        "<object data=\"a/bc.pdf%s\" type=\"application/pdf\">x</object>",
        "<img src=\"a/bc.pdf%s\" alt=\"x\">",
        "![h:300 x](a/bc.pdf%s)",
        "<div class=\"pdf\">\n<!-- { \"pdf\": \"a/bc.pdf%s\" } -->\n</div>"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char text[160], found[240];
        snprintf(text, sizeof text, ways[i], "");
        ck_pages(text, "1 2 3 4 ");
        snprintf(text, sizeof text, ways[i], "#page=3");
        ck_pages(text, "3 ");
        snprintf(text, sizeof text, ways[i], "#page=3");
        Deck *d = open_with_pages(text);
        dump(deck_slide(d, 0), found, sizeof found);
        ck_silent(d);
        ck_assert_ptr_nonnull(strstr(found, ".0.0 a/bc.pdf:"));
        deck_close(d);
    }
}
END_TEST

START_TEST(pages_are_beats) {
    ck_pages("![](abc.pdf#page=7-9)", "7 8 9 ");
    ck_pages("![](abc.pdf#toolbar=0&page=2&zoom=50)", "2 ");
    ck_pages("![](abc.PDF#view=Fit)", "1 2 3 ");
    ck_pages("![](abc.pdf?v=2)", "1 2 3 ");
    /* One after the other, among other fragments and stages. */
    ck_pages("![](ab.pdf)\n\n![](cd.pdf)", "1,1 2,1 2,2 ");
    ck_pages("- x <!-- .element: class=\"fragment\" -->\n\n![](ab.pdf)\n\n"
             "<!-- .stage: layer=1 -->\n\ny",
             "1 1 2 2 ");
    ck_pages("<!-- .stage: layer=1 -->\n\nx\n\n<!-- .stage: layer=0 -->\n\n"
             "![](ab.pdf)",
             " 1 2 ");
    /* In the notes nothing is turned. */
    ck_pages("a\n\nNotes:\n\n![](abcd.pdf)", " ");
    Deck *d = open_text("![](abcd.pdf)"); /* nobody says how many */
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 1);
    ck_assert_int_eq(deck_slide(d, 0)->blocks[0].page, 1);
    deck_close(d);
}
END_TEST

START_TEST(what_is_no_document_is_as_before) {
    static const char *const names[] = {"https://a.b/c.pdf#page=2",
                                        "//a.b/c.pdf",
                                        "a.png#page=2",
                                        "pdf",
                                        "a.pdf.png",
                                        "data:a.pdf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[120];
        snprintf(text, sizeof text, "<iframe src=\"%s\"></iframe>", names[i]);
        Deck *d = open_with_pages(text);
        const DeckBlock *b = deck_slide(d, 0)->blocks;
        ck_assert_str_eq(b->info, names[i]);
        ck_assert_int_eq(b->page, 0);
        ck_assert_int_eq(deck_slide(d, 0)->n_beats, 1);
        deck_close(d);
    }
}
END_TEST

START_TEST(wrong_pages_are_told) {
    static const char *const wrong[] = {
        "0",          "x",      "",     "-1",  "3-2", "3-",
        "3-x",        "1.5",    "1-2x", "1e3", "+1",  "99999999",
        "1-99999999", "100001", "1 2",  "0-3", "2--3"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[120];
        snprintf(text, sizeof text, "a\n\n<img src=\"ab.pdf#page=%s\">",
                 wrong[i]);
        ck_warns(text, 3, "need #page=3 or #page=3-5, from 1 to 100000");
        ck_pages(text, "1 ");
    }
}
END_TEST

/* However many there are, they leave room for a slide's other beats. */
START_TEST(pages_are_bounded) {
    Deck *d = open_with_pages("![](abcdefghijklmnopqrstuvwxyz.pdf)\n\n"
                              "![](abc.pdf)\n\n---\n\n![](x.pdf#page=5-90000)"
                              "\n\n---\n\n![](abc.pdf)");
    static const Warned want[] = {
        {1, "abcdefghijklmnopqrstuvwxyz.pdf: 26 pages, 13 are shown; "
            "#page=3-5 names others"},
        {3, "abc.pdf: 3 pages, 1 are shown; #page=3-5 names others"},
        {7, "x.pdf: 89996 pages, 13 are shown; #page=3-5 names others"}};
    const DeckWarning *w;
    ck_assert_int_eq(deck_warnings(d, &w), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(w[i].line, want[i].line);
        ck_assert_str_eq(w[i].text, want[i].says);
    }
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 1 + DECK_PAGES_MAX);
    ck_assert_int_eq(deck_slide(d, 1)->n_beats, 1 + DECK_PAGES_MAX);
    ck_assert_int_eq(deck_slide(d, 2)->n_beats, 3);
    deck_close(d);
}
END_TEST

START_TEST(a_document_may_stand_behind) {
    Deck *d = open_with_pages(
        "<!-- .slide: data-background-iframe=\"ab.pdf#page=2\" -->\n\n---\n\n"
        "<!-- .slide: data-background-image=\"ab.pdf\" -->\n\n---\n\n"
        "<!-- .slide: data-background=\"a.png\" -->");
    ck_silent(d);
    ck_assert_str_eq(deck_slide(d, 0)->background, "ab.pdf");
    ck_assert_int_eq(deck_slide(d, 0)->background_page, 2);
    ck_assert_int_eq(deck_slide(d, 1)->background_page, 1);
    ck_assert_int_eq(deck_slide(d, 2)->background_page, 0);
    deck_close(d);
    ck_warns("<!-- .slide: data-background-iframe=\"https://a.b/c.pdf\" -->", 1,
             "data-background-iframe is left out");
    ck_warns("<!-- .slide: data-background-iframe=\"ab.pdf#page=0\" -->", 1,
             "ab.pdf#page=0: need #page=3 or #page=3-5");
}
END_TEST

START_TEST(web_content_names_its_still) {
    Deck *d = open_text("<iframe src=\"https://a.b\" data-still=\"s/a b.png\">"
                        "</iframe>\n\n<video poster='p.jpg' src=\"f.mp4\">"
                        "</video>\n\n<iframe src=\"https://a.b\"></iframe>");
    const DeckBlock *b = deck_slide(d, 0)->blocks;
    ck_silent(d);
    ck_assert_str_eq(b[0].still, "s/a b.png");
    ck_assert_str_eq(b[1].still, "p.jpg");
    ck_assert_ptr_null(b[2].still);
    deck_close(d);
}
END_TEST

TEST_MAIN("deck_document", every_way_to_name_one_is_read, pages_are_beats,
          what_is_no_document_is_as_before, wrong_pages_are_told,
          pages_are_bounded, a_document_may_stand_behind,
          web_content_names_its_still)
