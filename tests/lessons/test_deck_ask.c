/* Questions of a deck: answers to choose from, guesses, tasks, hints. */
#include "tests/lessons/deck_text.h"

START_TEST(questions_are_read) {
    const char *text = "# T\n\n<!-- .ask: Which \\| one? | a) the | b*) cat | "
                       "c) a \\| b -->\n";
    ck_blocks(text, "0 head.1.0 :[T]\n0 ask.0.0 :\n");
    Deck *d = open_text(text);
    const DeckAsk *ask = deck_slide(d, 0)->blocks[1].ask;
    ck_assert_str_eq(ask->question, "Which | one?");
    ck_assert_int_eq(ask->n_options, 3);
    ck_assert_int_eq(ask->answer, 1);
    ck_assert_str_eq(ask->options[0], "the");
    ck_assert_str_eq(ask->options[2], "a | b");
    deck_close(d);
}
END_TEST

/* The ask of block i of the first slide. */
static const DeckAsk *ask_at(const Deck *d, int i) {
    ck_assert_int_lt(i, deck_slide(d, 0)->n_blocks);
    ck_assert_int_eq(deck_slide(d, 0)->blocks[i].kind, BLOCK_ASK);
    return deck_slide(d, 0)->blocks[i].ask;
}

START_TEST(guesses_are_read) {
    Deck *d = open_text(
        "<!-- .guess: How \\| much? | 0..100 | 26 % | 100 * prob(token=3) -->\n"
        "<!-- .guess: -1.5 .. 2 | 0.25 | tokens() / 16 within 1 % -->\n"
        "<!-- .guess: 1..9 | 3 layers -->\n\n<!-- .stage: layer=1 -->\n");
    const DeckSlide *s = deck_slide(d, 0);
    const DeckAsk *a = ask_at(d, 0), *b = ask_at(d, 1), *c = ask_at(d, 2);
    ck_assert_int_eq(a->kind, ASK_GUESS);
    ck_assert_str_eq(a->question, "How | much?");
    ck_assert(a->low == 0 && a->high == 100 && a->value == 26);
    ck_assert_str_eq(a->unit, "%");
    ck_assert_str_eq(b->question, "");
    ck_assert(b->low == -1.5 && b->high == 2 && b->value == 0.25);
    ck_assert_str_eq(b->unit, "");
    ck_assert_str_eq(c->unit, "layers");
    ck_assert_int_eq(c->number, 2);
    ck_assert_int_eq(c->line, 3);
    ck_assert_int_eq(s->n_claims, 2); /* of the beat that shows the answer */
    ck_assert_str_eq(s->claims[0].text, "100 * prob(token=3) == 26 within 0.5");
    ck_assert_str_eq(s->claims[1].text, "tokens() / 16 == 0.25 within 1 %");
    ck_assert_int_eq(s->claims[0].beat, 1);
    ck_assert_int_eq(s->claims[1].line, 2);
    ck_assert_int_eq(s->n_beats, 2);
    deck_close(d);
}
END_TEST

/* What an answer stands for is no part of its text, and a claim of the beat
 * that shows it, so that the check evaluates it. */
START_TEST(answers_stand_for_what_comes_next) {
    Deck *d = open_text(
        "<!-- .ask: Who? | a) Tom = prob(token=\" Tom\") | b*) y = x | "
        "c) a new one = 1 - prob(token=\" Tom\") - prob(token=\" =\") -->\n\n"
        "<!-- .stage: layer=1 -->\n");
    const DeckSlide *s = deck_slide(d, 0);
    const DeckAsk *ask = ask_at(d, 0);
    ck_assert_str_eq(ask->options[0], "Tom");
    ck_assert_str_eq(ask->options[1], "y = x");
    ck_assert_str_eq(ask->options[2], "a new one");
    ck_assert_ptr_nonnull(ask->says[0]);
    ck_assert_ptr_null(ask->says[1]);
    ck_assert_ptr_nonnull(ask->says[2]);
    ck_assert_int_eq(s->n_claims, 2);
    ck_assert_str_eq(s->claims[0].text, "prob(token=\" Tom\") >= 0");
    ck_assert_int_eq(s->claims[0].beat, 1);
    deck_close(d);
}
END_TEST

START_TEST(answers_that_stand_for_nothing_known_are_refused) {
    ck_refused("<!-- .ask: Q | a) x = prob() | b*) y -->\n",
               "t.md:1: ask: prob(): claim: prob: token is missing");
    ck_refused("<!-- .ask: Q | a) x = with(prob(token=3), edit=\"3.0\") | "
               "b*) y -->\n",
               "t.md:1: ask: with() runs the model again, need a claim on the "
               "run that is shown");
    ck_refused("<!-- .ask: Q | a) = prob(token=3) | b*) y -->\n",
               "t.md:1: ask: need ANSWER before \"= prob(token=3)\"");
}
END_TEST

/* Fragments come between a question and what follows, and the claim of its
 * answer is of the beat after the question still. */
START_TEST(a_guess_at_a_slides_end_has_its_answer_there) {
    Deck *d = open_text("# T\n\n<!-- .stage: layer=1 -->\n\na\n\n"
                        "<!-- .guess: Q | 0..9 | 7 | tokens() -->\n\n"
                        "- x <!-- .element: class=\"fragment\" -->\n");
    const DeckSlide *s = deck_slide(d, 0);
    ck_assert_int_eq(s->claims[0].beat, 1);
    ck_assert_int_lt(s->claims[0].beat, s->n_beats);
    deck_close(d);
    d = open_text("<!-- .guess: Q | 0..9 | 7 | tokens() -->");
    ck_assert_int_eq(deck_slide(d, 0)->n_beats, 2);
    ck_assert_int_eq(deck_slide(d, 0)->claims[0].beat, 1);
    deck_close(d);
}
END_TEST

START_TEST(tasks_and_hints_are_read) {
    Deck *d = open_text(
        "<!-- .do: Open \\| it. | view=heads layer=2 prompt=\"a b\" -->\n"
        "<!-- .hint: one -->\n<!-- .hint: a | b -->\n"
        "<!-- .do: Lift it. | prob(token=3) > 0.5 | edit=1.0 -->\n"
        "<!-- .do: head=2 -->\n"
        "<!-- .do: rank(token=3) == 1 | edit=1.0 -->\n"
        "<!-- .do: Lift it. | prob(token=3) > 0.5 -->\n");
    const DeckAsk *a = ask_at(d, 0), *b = ask_at(d, 1), *c = ask_at(d, 2);
    ck_assert_int_eq(a->kind, ASK_DO);
    ck_assert_str_eq(a->question, "Open | it.");
    ck_assert(a->goal->set == (STATE_BIT(STATE_VIEW) | STATE_BIT(STATE_LAYER) |
                               STATE_BIT(STATE_PROMPT)));
    ck_assert_str_eq(a->goal->prompt, "a b");
    ck_assert_ptr_null(a->claim);
    ck_assert_int_eq(a->n_hints, 2);
    ck_assert_str_eq(a->hints[0], "one");
    ck_assert_str_eq(a->hints[1], "a | b");
    ck_assert_str_eq(b->goal_text, "prob(token=3) > 0.5");
    ck_assert_ptr_nonnull(b->claim);
    ck_assert(b->goal->set == STATE_BIT(STATE_EDIT));
    ck_assert_int_eq(b->n_hints, 0);
    ck_assert_str_eq(c->question, "");
    ck_assert_str_eq(c->goal_text, "head=2");
    ck_assert_ptr_nonnull(ask_at(d, 3)->claim);
    ck_assert_ptr_nonnull(ask_at(d, 3)->goal);
    ck_assert_ptr_null(ask_at(d, 4)->goal);
    ck_assert_str_eq(ask_at(d, 4)->question, "Lift it.");
    deck_close(d);
}
END_TEST

static void ck_guess_refused(const char *parts, const char *why) {
    char text[256], msg[512];
    snprintf(text, sizeof text, "a\n<!-- .guess: %s -->", parts);
    snprintf(msg, sizeof msg, "t.md:2: guess: %s", why);
    ck_refused(text, msg);
}

#define NEED                                                                   \
    "need QUESTION | LOW..HIGH | NUMBER UNIT, and | EXPRESSION if it is "      \
    "checked"

START_TEST(bad_guesses_are_refused) {
    ck_guess_refused("", "found \"\", " NEED);
    ck_guess_refused("Q", "found \"Q\", " NEED);
    ck_guess_refused("Q | 0..100", "found \"0..100\", " NEED);
    ck_guess_refused("0..100 | x", "found \"x\", " NEED);
    ck_guess_refused("Q | 0-100 | 26", "found \"0-100\", " NEED);
    ck_guess_refused("Q | 0..1e999 | 26", "found \"0..1e999\", " NEED);
    ck_guess_refused("Q | 0..nan | 26", "found \"0..nan\", " NEED);
    ck_guess_refused("Q | 0..9000 | 1,280", "found \"1,280\", " NEED);
    ck_guess_refused("Q | 0..9 | 3x", "found \"3x\", " NEED);
    ck_guess_refused("Q | 0..9 | 3 | tokens() | x", "found more than 4 parts");
    ck_guess_refused("Q | 9..0 | 3",
                     "found 3 of 9..0, need a range from low to "
                     "high");
    ck_guess_refused("Q | 5..5 | 5",
                     "found 5 of 5..5, need a range from low to "
                     "high");
    ck_guess_refused("Q | 0..9 | 12", "found 12 of 0..9, need the right number "
                                      "within the range");
    ck_guess_refused("Q | 0..2e9 | 12", "found 12 of 0..2e+09, need a range "
                                        "within a thousand million");
    ck_guess_refused("Q | 0..9 | 3 | tokens() within -1",
                     "tokens() == 3 within -1: claim: within: found -1, need "
                     "0 or more");
    ck_guess_refused("Q | 0..9 | 3 | tokens(",
                     "tokens( == 3 within 0.5: claim: tokens: need NAME=VALUE "
                     "arguments");
}
END_TEST

/* However long the expression is, the place stays in the line. */
START_TEST(long_guesses_are_told_with_their_place) {
    char text[4096], deep[2048];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    snprintf(text, sizeof text, "a\n<!-- .guess: Q | 0..9 | 3 | %s -->", deep);
    Err err = {0};
    ck_assert_ptr_null(deck_open_memory("t.md", text, strlen(text), &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "t.md:2: guess: (((("));
}
END_TEST

START_TEST(bad_tasks_and_hints_are_refused) {
    ck_refused("a\n<!-- .hint: h -->",
               "t.md:2: hint: there is no question before it on this slide");
    ck_refused("<!-- .do: S | head=1 -->\n\n---\n\n<!-- .hint: h -->",
               "t.md:5: hint: there is no question before it on this slide");
    ck_refused("<!-- .do: head=1 -->\n<!-- .hint:   -->",
               "t.md:2: hint: found nothing, need its text");
    ck_refused("<!-- .do: head=1 --><!-- .hint: a --><!-- .hint: b -->"
               "<!-- .hint: c --><!-- .hint: d --><!-- .hint: e -->",
               "t.md:1: hint: more than 4 of one question");
    ck_refused("<!-- .do: S | layer=x -->",
               "t.md:1: do: state: layer: found \"x\", need a whole number "
               "from 0 to 1023");
    ck_refused("<!-- .do: S | slide=2 -->",
               "t.md:1: do: found \"slide=2\", need what is to be shown or "
               "changed");
    ck_refused("<!-- .do: S | answer=2 -->",
               "t.md:1: do: found \"answer=2\", need what is to be shown or "
               "changed");
    static const char *const never[] = {
        "cover=help", "page=1",       "entry=1",      "lessons=subject",
        "column=1",   "chosen=1",     "head=1 row=2", "note=1",
        "notes=on",   "notes_size=2", "across=3",     "terms=4",
        "stage=none"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        char text[80], msg[120];
        snprintf(text, sizeof text, "<!-- .do: S | %s -->", never[i]);
        snprintf(msg, sizeof msg,
                 "t.md:1: do: found \"%s\", need what is to be shown or "
                 "changed",
                 never[i]);
        ck_refused(text, msg);
    }
    ck_refused("<!-- .do: Do it -->",
               "t.md:1: do: found \"Do it\" alone, need what is to be done "
               "behind it: SENTENCE | STATE, as in \"Take it out. | "
               "edit=3.0\"");
    ck_refused("<!-- .do: Do it | now -->",
               "t.md:1: do: found \"now\" alone, need what is to be done "
               "behind it: SENTENCE | STATE, as in \"Take it out. | "
               "edit=3.0\"");
    ck_refused("<!-- .do: S | head=1 | head=2 -->",
               "t.md:1: do: found \"S\", need SENTENCE | STATE, or SENTENCE | "
               "CLAIM | STATE in which it holds");
    ck_refused("<!-- .do: -->",
               "t.md:1: do: found \"\", need SENTENCE | STATE, or SENTENCE | "
               "CLAIM | STATE in which it holds");
    ck_refused("<!-- .do: S | mean(prob(token=3), over=\"girl\") > 0 -->",
               "t.md:1: do: mean() runs the model again, need a claim on the "
               "run that is shown");
    char many[512] = "";
    for (int i = 0; i <= DECK_ASKS_MAX; i++)
        strncat(many, "<!-- .ask: Q | a*) x | b) y -->\n",
                sizeof many - strlen(many) - 1);
    ck_refused(many, "t.md:9: more than 8 questions on one slide");
}
END_TEST

TEST_MAIN("deck_ask", questions_are_read, answers_stand_for_what_comes_next,
          answers_that_stand_for_nothing_known_are_refused, guesses_are_read,
          a_guess_at_a_slides_end_has_its_answer_there,
          tasks_and_hints_are_read, bad_guesses_are_refused,
          long_guesses_are_told_with_their_place,
          bad_tasks_and_hints_are_refused)
