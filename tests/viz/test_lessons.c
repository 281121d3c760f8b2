/* The sixteen lessons inside: each has the form that a lesson has. */
#include "engine/base/utf8.h"
#include "lessons/deck.h"
#include "tests/support/test.h"
#include "viz/app/lessons.h"

#include <stdlib.h>
#include <string.h>

enum {
    BEATS_MIN = 5,
    BEATS_MAX = 9,
    WORDS_MAX = 40,
    OPTION_MAX = 26,
    SECONDS_MIN = 480,
    SECONDS_MAX = 720
};

/* In the order in which they are taught. */
static const char *const names[] = {
    "predict",    "large",    "learning", "tokens",   "embedding", "who-speaks",
    "said-again", "qkv",      "weights",  "rope",     "rmsnorm",   "swiglu",
    "lens",       "sampling", "cache",    "fine-tune"};

static int words_in(const char *text, int n, bool *in_word) {
    int words = 0;
    for (int i = 0; i < n; i++) {
        const bool blank = strchr(" \t\n", text[i]) != NULL;
        words += !blank && !*in_word;
        *in_word = !blank;
    }
    return words;
}

/* What is read aloud of a block: no heading, no question, no small print. */
static int words_of(const DeckBlock *b) {
    int words = 0;
    bool in_word = false;
    if (b->kind == BLOCK_HEADING || b->kind == BLOCK_ASK) return 0;
    for (int i = 0; i < b->n_spans; i++) {
        if (b->spans[i].style & SPAN_SMALL) continue; /* a source */
        words += words_in(b->spans[i].text, b->spans[i].len, &in_word);
        if (b->spans[i].style & (SPAN_CELL | SPAN_BREAK)) in_word = false;
    }
    return words;
}

static int words_at(const DeckSlide *s, int beat) {
    int words = 0;
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].beat == beat) words += words_of(&s->blocks[i]);
    return words;
}

/* A question at that beat of the slide, that a later beat answers. */
static bool asks(const DeckSlide *s, int beat) {
    for (int i = 0; i < s->n_blocks; i++)
        if (s->blocks[i].kind == BLOCK_ASK && s->blocks[i].beat == beat)
            return beat + 1 < s->n_beats && s->beats[beat + 1].line > 0;
    return false;
}

static int letters(const char *text) {
    int n = 0;
    for (size_t i = 0; text[i]; i = utf8_next(text, strlen(text), i))
        n++;
    return n;
}

/* No question reveals itself on a beat that brings nothing new on stage. */
static void check_questions(const char *name, const DeckSlide *s) {
    for (int i = 0; i < s->n_blocks; i++) {
        const DeckBlock *b = &s->blocks[i];
        if (b->kind != BLOCK_ASK) continue;
        ck_assert_msg(asks(s, b->beat),
                      "%s.md:%d: no beat of this slide answers", name, b->line);
        for (int k = 0; k < b->ask->n_options; k++)
            ck_assert_msg(letters(b->ask->options[k]) <= OPTION_MAX,
                          "%s.md:%d: \"%s\" is cut beside a stage", name,
                          b->line, b->ask->options[k]);
    }
}

static void check_words(const char *name, const DeckSlide *s) {
    for (int j = 0; j < s->n_beats; j++) {
        const int words = words_at(s, j);
        ck_assert_msg(words >= 1 && words <= WORDS_MAX,
                      "%s.md:%d: found %d words, need 1 to %d", name,
                      s->beats[j].line, words, WORDS_MAX);
    }
}

/* At the last beat something is switched off, put in, or compared with. */
static void check_end(const char *name, const Deck *d) {
    State base, at;
    Err err = {0};
    const int last = deck_n_slides(d) - 1;
    state_init(&base);
    state_init(&at);
    ck_assert(deck_state_at(d, last, deck_slide(d, last)->n_beats - 1, &base,
                            &at, &err));
    ck_assert_msg(at.edits.n > 0 || at.edits.no_mask || at.against[0] != '\0',
                  "%s: ends with nothing changed", name);
    state_free(&at);
    state_free(&base);
}

static void check_lesson(const char *name, int place) {
    Err err = {0};
    const DeckWarning *w = NULL;
    Deck *d = lessons_open(name, &err);
    ck_assert_msg(d != NULL, "%s", err.msg);
    int n_beats = 0, n_claims = 0, seconds = 0;
    for (int i = 0; i < deck_n_slides(d); i++) {
        const DeckSlide *s = deck_slide(d, i);
        check_words(name, s);
        check_questions(name, s);
        n_beats += s->n_beats;
        n_claims += s->n_claims;
        seconds += s->timing;
    }
    ck_assert_msg(n_beats >= BEATS_MIN && n_beats <= BEATS_MAX,
                  "%s: found %d beats, need %d to %d", name, n_beats, BEATS_MIN,
                  BEATS_MAX);
    ck_assert_msg(asks(deck_slide(d, 0), 0), "%s: opens without a question",
                  name);
    ck_assert_msg(seconds >= SECONDS_MIN && seconds <= SECONDS_MAX,
                  "%s: found %d seconds, need %d to %d", name, seconds,
                  SECONDS_MIN, SECONDS_MAX);
    ck_assert_msg(n_claims >= n_beats, "%s: found %d claims in %d beats", name,
                  n_claims, n_beats);
    ck_assert_msg(deck_warnings(d, &w) == 0, "%s:%d: %s", name, w ? w->line : 0,
                  w ? w->text : "");
    ck_assert_str_eq(deck_meta(d, "model"), "tales");
    ck_assert_int_eq(strtol(deck_meta(d, "lesson"), NULL, 10), place);
    check_end(name, d);
    deck_close(d);
}

START_TEST(lessons_have_their_form) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_lesson(names[i], (int)i + 1);
}
END_TEST

TEST_MAIN("lessons", lessons_have_their_form)
