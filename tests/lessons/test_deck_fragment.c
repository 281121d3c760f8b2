/* Fragments: which beats they get, and hostile ones. */
#include "tests/lessons/deck_text.h"
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#define F " <!-- .element: class=\"fragment\" -->"

/* Beats of the slide's blocks, then how many there are. */
static void ck_beats(const char *text, const char *want) {
    char got[512] = "";
    Deck *d = open_text(text);
    const DeckSlide *s = deck_slide(d, 0);
    for (int i = 0; i < s->n_blocks; i++) {
        const size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%d ", s->blocks[i].beat);
    }
    const size_t n = strlen(got);
    snprintf(got + n, sizeof got - n, "of %d", s->n_beats);
    ck_assert_msg(strcmp(got, want) == 0, "%s\ngot  %s\nwant %s", text, got,
                  want);
    deck_close(d);
}

START_TEST(fragments_are_beats) {
    ck_beats("- a" F "\n- b" F "\n- c\n", "1 2 0 of 3");
    ck_beats("a" F "\n\nb\n", "1 0 of 2");
    ck_beats("- a\n- b\n" F "\n\nc\n", "1 1 0 of 2"); /* the whole list */
    ck_beats("| a |\n|---|\n| b |\n\n" F "\n", "1 1 of 2");
    ck_beats("<p class=\"fragment\">a</p>\n\n<p>b</p>\n", "1 0 of 2");
    ck_beats("<ul>\n<li class=\"fragment\">a\n<li class=\"fragment\">b\n"
             "<li>c\n</ul>\n",
             "1 2 0 of 3");
    ck_beats("<div class=\"fragment\">\n\na\n\n<div>\n\nb\n\n</div>\n\nc\n\n"
             "</div>\n\nd\n",
             "1 1 1 0 of 2");
    ck_beats("a <span class=\"fragment\">b</span> c\n", "0 of 2");
}
END_TEST

START_TEST(an_index_orders_them) {
    ck_beats("- a <!-- .element: class=\"fragment\" data-fragment-index=\"2\" "
             "-->\n- b <!-- .element: class=\"fragment\" "
             "data-fragment-index=\"1\" -->\n- c" F "\n- d <!-- .element: "
             "data-fragment-index=\"1\" class=\"fragment\" -->\n",
             "2 1 3 1 of 4");
    ck_beats("<p class=\"fragment\" data-fragment-index=\"9\">a</p>\n\n"
             "<p class=\"fragment\" data-fragment-index=0>b</p>\n",
             "2 1 of 3");
}
END_TEST

/* They stand between the stages that stand around them. */
START_TEST(stages_and_fragments_take_turns) {
    Deck *d = open_text("# T\n\n<!-- .stage: layer=1 -->\n\n- a" F "\n- b\n\n"
                        "<!-- .stage: layer=0 -->\n<!-- .claim: tokens() > 0 "
                        "-->\n\nc\n\nd" F "\n");
    const DeckSlide *s = deck_slide(d, 0);
    const int want[] = {0, 1, 0, 2, 3};
    ck_assert_int_eq(s->n_beats, 4);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(s->blocks[i].beat, want[i]);
    ck_assert_int_eq(s->claims[0].beat, 2);
    const int lines[] = {3, 0, 8, 0}, layers[] = {1, 1, 0, 0};
    for (int i = 0; i < 4; i++) {
        State base, at;
        Err err = {0};
        state_init(&base);
        state_init(&at);
        ck_assert_int_eq(s->beats[i].line, lines[i]);
        ck_assert(deck_state_at(d, 0, i, &base, &at, &err));
        ck_assert_int_eq(at.layer, layers[i]);
        state_free(&base);
        state_free(&at);
    }
    ck_assert_int_eq(s->fragments[0].since, 0);
    ck_assert_int_eq(s->fragments[1].since, 2);
    deck_close(d);
}
END_TEST

START_TEST(effects_are_read) {
    static const struct {
        const char *words;
        DeckEffect effect;
        bool passes;
        int beat; /* of the block: shown from there */
    } cases[] = {
        {"fragment", EFFECT_APPEAR, false, 1},
        {"fragment fade-up", EFFECT_APPEAR, false, 1},
        {"fade-in-then-out fragment", EFFECT_APPEAR, true, 1},
        {"fragment fade-out", EFFECT_LEAVE, false, 0},
        {"fragment semi-fade-out", EFFECT_SOFTEN, false, 0},
        {"fragment strike", EFFECT_STRIKE, false, 0},
        {"fragment highlight-red", EFFECT_RED, false, 0},
        {"fragment highlight-current-blue", EFFECT_BLUE, true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int html = 0; html < 2; html++) {
            char text[160];
            snprintf(text, sizeof text,
                     html ? "<p class='%s'>a</p>\n"
                          : "a <!-- .element: class='%s' -->\n",
                     cases[i].words);
            Deck *d = open_text(text);
            ck_silent(d);
            const DeckSlide *s = deck_slide(d, 0);
            ck_assert_int_eq(s->n_beats, 2);
            ck_assert_int_eq(s->blocks[0].beat, cases[i].beat);
            ck_assert_int_eq(s->blocks[0].fragment, 1);
            ck_assert_int_eq(s->fragments[0].effect, cases[i].effect);
            ck_assert_int_eq(s->fragments[0].passes, cases[i].passes);
            ck_assert_int_eq(s->fragments[0].beat, 1);
            deck_close(d);
        }
}
END_TEST

START_TEST(odd_ones_are_told) {
    ck_warned("a <!-- .element: class=\"fragment grow\" -->\n\n"
              "b <!-- .element: class=\"fade-out\" -->\n\n"
              "c <!-- .element: class=\"fragment\" data-fragment-index=\"-1\" "
              "-->\n\n<p class=\"fragment data\" "
              "data-fragment-index=\"1e99\">d</p>\n",
              (Warned[]){{1, ".element: class \"grow\" is left out"},
                         {3, "an effect without class=\"fragment\" is left "
                             "out"},
                         {5, "data-fragment-index: need a number from 0"},
                         {7, "data-fragment-index: need a number from 0"},
                         {7, "<p>: class is left out"},
                         {0}});
    /* Notes are read as slides are, and have none. */
    ck_beats("a\n\nNote:\n\n- b" F "\n", "0 of 1");
}
END_TEST

/* n times a text; the caller frees it. */
static char *repeated(const char *text, int n) {
    const size_t len = strlen(text);
    char *out = malloc(len * (size_t)n + 1);
    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < n; i++)
        memcpy(out + len * (size_t)i, text, len);
    out[len * (size_t)n] = '\0';
    return out;
}

START_TEST(hostile_ones_are_bounded) {
    Err err = {0};
    char *text = repeated("- a" F "\n", 64);
    ck_assert_ptr_null(deck_open_memory("x.md", text, strlen(text), &err));
    ck_assert_str_eq(err.msg, "x.md:64: more than 64 beats on one slide");
    free(text);
    text = repeated("- a" F "\n", 63);
    Deck *d = open_text(text);
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 64);
    deck_close(d);
    free(text);
    text = repeated("- a <!-- .element: class=\"fragment\" "
                    "data-fragment-index=\"1\" -->\n",
                    20000); /* one beat */
    d = open_text(text);
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 2);
    deck_close(d);
    free(text);
    static const char *const tags[] = {
        "<div class=\"fragment\" data-fragment-index=\"1\">",
        "<p class=fragment data-fragment-index=1>", "</div></p></span>",
        "<span class='fragment strike' data-fragment-index=2>x<span>",
        "<li class=fragment data-fragment-index=1><ul>"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        Err ignored = {0};
        text = repeated(tags[i], 3000);
        deck_close(deck_open_memory("x.md", text, strlen(text), &ignored));
        free(text);
    }
}
END_TEST

/* ---- lines of code ------------------------------------------------------- */

/* "first: step from-to, ...; n steps", or "no" where it is told. */
static void ck_lines(const char *info, const char *want) {
    char text[4096], got[512];
    snprintf(text, sizeof text, "```c [%s]\nx\n```\n", info);
    Deck *d = open_text(text);
    const DeckWarning *w;
    const DeckSlide *s = deck_slide(d, 0);
    const DeckBlock *b = s->blocks;
    int n = snprintf(got, sizeof got, "%d:", b->first_line);
    for (int i = 0; i < b->n_lit; i++)
        n += snprintf(got + n, sizeof got - (size_t)n, " %d %d-%d,",
                      b->lit[i].step, b->lit[i].from, b->lit[i].to);
    snprintf(got + n, sizeof got - (size_t)n, " %d", s->n_beats);
    if (deck_warnings(d, &w) > 0) {
        snprintf(got, sizeof got, "no");
        ck_assert_int_eq(w[0].line, 1);
        ck_assert(!b->numbered && s->n_beats == 1);
    }
    ck_assert_msg(strcmp(got, want) == 0, "[%s]: %s, want %s", info, got, want);
    deck_close(d);
}

START_TEST(lines_of_code_are_beats) {
    ck_lines("1|3-4|6", "1: 0 1-1, 1 3-4, 2 6-6, 3");
    ck_lines("", "1: 1");
    ck_lines("1,3-4 | 2", "1: 0 1-1, 0 3-4, 1 2-2, 2");
    ck_lines("5: 1,3", "5: 0 1-1, 0 3-3, 1");
    ck_lines("offset: 7, 1,3-4|5", "7: 0 1-1, 0 3-4, 1 5-5, 2");
    ck_lines("|2", "1: 1 2-2, 2");
    ck_lines("99999999999999999999", "1: 0 100000-100000, 1");
    static const char *const odd[] = {"x",   "1|y",       "4-3",   "1-",  "-1",
                                      "1 x", "offset: x", "1|2;3", "\xff"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        ck_lines(odd[i], "no");
    char *many = repeat("1,", 200, "2");
    ck_lines(many, "no");
    free(many);
}
END_TEST

TEST_MAIN("deck_fragment", lines_of_code_are_beats, fragments_are_beats,
          an_index_orders_them, stages_and_fragments_take_turns,
          effects_are_read, odd_ones_are_told, hostile_ones_are_bounded)
