/* What is true of a text: its probability, what comes next, where it fails. */
#include "tests/support/test.h"
#include "tests/support/worlds.h"

#include <math.h>
#include <string.h>

/* One generator for the choices of this file's tests. */
static unsigned next_random(unsigned *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static WorldStory draw(WorldStream *s) {
    WorldStory story;
    Err err = {0};
    ck_assert_msg(world_draw(s, &story, &err), "%s", err.msg);
    return story;
}

static WorldNext next_of(const World *w, WorldKind kind, const char *prefix,
                         size_t n) {
    WorldNext next;
    Err err = {0};
    ck_assert_msg(world_next(w, kind, prefix, n, &next, &err), "%s", err.msg);
    return next;
}

static WorldScore score_of(const World *w, const char *text, size_t n) {
    WorldScore score;
    Err err = {0};
    ck_assert_msg(world_score(w, WORLD_STORY, text, n, NULL, &score, &err),
                  "%s", err.msg);
    return score;
}

static double prob_of(const WorldNext *next, const char *word, size_t n) {
    for (int i = 0; i < next->n; i++)
        if (strlen(next->words[i].text) == n &&
            memcmp(next->words[i].text, word, n) == 0)
            return next->words[i].prob;
    return 0;
}

/* ---- the small world, by hand -------------------------------------------- */

START_TEST(known_probabilities) {
    World *w = worlds_open(worlds_small);
    static const struct {
        const char *prefix;
        double p;
    } known[] = {
        {"", 1},
        {"N", 1 / 4.},
        {"Ann", 3 / 8.},
        {"Bob had a c", 3 / 8. * 2 / 3},
        {"Bob had a cu", 1 / 8.},
        {"Bob had a cup. He lost his cup.\n", 1 / 8. * 2 / 3},
        {"Bob had a cup. \"My cup!\" said Bob.\n", 1 / 8. / 3},
        {"Bob had a cup. \"My cup!\" said Ann", 0},
        {"Nobody came (today).\n", 1 / 4.},
        {"Nobody came (today).\n\n", 0},
        {"\n", 0},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_double_eq_tol(exp2(worlds_log2(w, known[i].prefix)),
                                known[i].p, 1e-12);
    world_close(w);
}
END_TEST

START_TEST(known_next_words) {
    World *w = worlds_open(worlds_small);
    WorldNext next = next_of(w, WORLD_STORY, "Bob had a", 9);
    ck_assert_int_eq(next.n, 3);
    ck_assert_double_eq_tol(prob_of(&next, " cap", 4), 1 / 3., 1e-12);
    next = next_of(w, WORLD_STORY, "Bob had a cu", 12);
    ck_assert_int_eq(next.n, 1);
    ck_assert_str_eq(next.words[0].text, "p");
    next = next_of(w, WORLD_STORY, "Bob had a cup.", 14);
    ck_assert_int_eq(next.n, 2);
    ck_assert_str_eq(next.words[0].text, " He"); /* likeliest first */
    ck_assert_str_eq(next.words[1].text, " \"");
    next = next_of(w, WORLD_STORY, "Nobody came (today).", 20);
    ck_assert_int_eq(next.n, 1);
    ck_assert_str_eq(next.words[0].text, "\n");
    next = next_of(w, WORLD_QUIZ, "Nobody came (today).", 20);
    ck_assert_str_eq(next.words[0].text, " Who");
    next = next_of(w, WORLD_STORY, "Nobody came (today).\n", 21);
    ck_assert_int_eq(next.n, 0);
    next = next_of(w, WORLD_STORY, "Bobby", 5);
    ck_assert_int_eq(next.n, 0);
    world_close(w);
}
END_TEST

/* Choices that have not shown yet are summed over, also by the look-ahead. */
START_TEST(hidden_choices_are_summed) {
    World *w = worlds_open("table t: name | x\n a | p\n b | q\n c | q\n"
                           "rule story\n - z {let t = new t} {t.x} {t}\n"
                           "rule question\n - y\n");
    ck_assert_double_eq_tol(worlds_log2(w, "z q"), log2(2 / 3.), 1e-12);
    ck_assert_double_eq_tol(worlds_log2(w, "z q b\n"), log2(1 / 3.), 1e-12);
    const WorldNext next = next_of(w, WORLD_STORY, "z", 1);
    ck_assert_int_eq(next.n, 2);
    ck_assert_double_eq_tol(prob_of(&next, " q", 2), 2 / 3., 1e-12);
    world_close(w);
}
END_TEST

START_TEST(too_many_derivations_is_an_error) {
    World *w = worlds_open(
        "table t: name\n a\n b\n c\n d\n e\n f\n g\n h\n i\n j\n"
        "rule story\n - <s><s><s><s> x\nrule s\n - {let a = new t}\n"
        "rule question\n - y\n");
    Err err = {0};
    WorldNext next;
    ck_assert(!world_next(w, WORLD_STORY, "", 0, &next, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert(isnan(worlds_log2(w, "x")));
    world_close(w);
}
END_TEST

START_TEST(parse_goes_on_after_looking_ahead) {
    World *w = worlds_open(worlds_small);
    static const char text[] = "Ann had a hat. \"My hat!\" said Ann.\n";
    Err err = {0};
    WorldNext next;
    WorldParse *p = world_parse_open(w, WORLD_STORY, &err);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < strlen(text); i++) {
            ck_assert(world_parse_next(p, &next, &err));
            ck_assert(world_parse_feed(p, text + i, 1, &err));
            ck_assert_uint_eq(world_parse_pos(p), i + 1);
        }
        ck_assert(!world_parse_is_refused(p));
        ck_assert_double_eq_tol(world_parse_log2(p), worlds_log2(w, text),
                                1e-12);
        ck_assert(world_parse_feed(p, "x", 1, &err));
        ck_assert(world_parse_is_refused(p));
        ck_assert(isinf(world_parse_log2(p)));
        world_parse_reset(p);
    }
    world_parse_close(p);
    world_close(w);
}
END_TEST

START_TEST(failures_are_placed) {
    World *w = worlds_open(worlds_small);
    static const struct {
        const char *text;
        size_t fail_at;
    } bad[] = {
        {"Ann had a hat. \"My hat!\" said Bob.\n", 30}, /* another name */
        {"Ann had a hat. He lost", 15},                 /* another pronoun */
        {"Ann had a hat. She lost his", 25},
        {"Ann had a hat. \"My hat! said Ann.\n", 23}, /* an open quote */
        {"Nobody came (today.\n", 18},                /* an open bracket */
        {"Ann had a hat. She lost her cap", 28},      /* another thing */
        {"Ann had a hat.", 14},                       /* cut short */
        {"", 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const WorldScore score = score_of(w, bad[i].text, strlen(bad[i].text));
        ck_assert(!score.accepted);
        ck_assert_msg(score.fail_at == bad[i].fail_at, "%s: %zu", bad[i].text,
                      score.fail_at);
    }
    world_close(w);
}
END_TEST

/* ---- the shipped world --------------------------------------------------- */

START_TEST(drawn_texts_are_accepted) {
    World *w = worlds_shipped();
    for (WorldKind kind = WORLD_STORY; kind <= WORLD_QUIZ; kind++) {
        WorldStream s = world_stream(w, kind, WORLD_HELD_OUT, 21);
        for (int i = 0; i < 1000; i++) {
            const WorldStory x = draw(&s);
            WorldScore score;
            ck_assert(world_score(w, kind, x.text, x.n, NULL, &score, NULL));
            ck_assert_msg(score.accepted, "%zu: %s", score.fail_at, x.text);
            ck_assert_double_eq_tol(score.log2_prob, x.log2_prob, 1e-9);
        }
    }
    world_close(w);
}
END_TEST

/* At any byte the distribution sums to 1, in words and in bytes. */
START_TEST(distributions_sum_to_one) {
    World *w = worlds_shipped();
    unsigned random = 1;
    for (WorldKind kind = WORLD_STORY; kind <= WORLD_QUIZ; kind++) {
        WorldStream s = world_stream(w, kind, WORLD_TRAINING, 31);
        for (int i = 0; i < 60; i++) {
            WorldStory x = draw(&s);
            const size_t n = next_random(&random) % x.n;
            const WorldNext next = next_of(w, kind, x.text, n);
            double words = 0, bytes = 0;
            for (int k = 0; k < next.n; k++)
                words += next.words[k].prob;
            ck_assert_double_eq_tol(words, 1, 1e-9);
            const double before = worlds_log2_of(w, kind, x.text, n);
            for (int c = 1; c < 256; c++) {
                x.text[n] = (char)c;
                bytes += exp2(worlds_log2_of(w, kind, x.text, n + 1) - before);
            }
            ck_assert_double_eq_tol(bytes, 1, 1e-9);
        }
    }
    world_close(w);
}
END_TEST

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'';
}

/* The word at the head of a text, as world.h defines it. */
static size_t word_length(const char *text) {
    size_t n = 0;
    while (text[n] == ' ')
        n++;
    if (!is_letter(text[n])) return n + 1;
    while (is_letter(text[n]))
        n++;
    return n;
}

/* The share of a new word's beginning, which it has for certain when the last
 * word is known to be whole: " a" may not go on as "an". */
static double begun_anew(const WorldNext *next, bool after_letter) {
    double share = 0;
    for (int i = 0; i < next->n; i++)
        if (!after_letter || !is_letter(next->words[i].text[0]))
            share += next->words[i].prob;
    return share;
}

/* The words' probabilities, one after the other, make the story's. */
START_TEST(words_chain_to_the_story) {
    World *w = worlds_shipped();
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 41);
    for (int i = 0; i < 40; i++) {
        const WorldStory x = draw(&s);
        double log2_p = 0;
        for (size_t at = 0; at < x.n;) {
            const size_t n = word_length(x.text + at);
            const WorldNext next = next_of(w, WORLD_STORY, x.text, at);
            log2_p += log2(prob_of(&next, x.text + at, n) /
                           begun_anew(&next, at && is_letter(x.text[at - 1])));
            at += n;
        }
        ck_assert_double_eq_tol(log2_p, x.log2_prob, 1e-9);
    }
    world_close(w);
}
END_TEST

/* How often a word follows a prefix in what is drawn. */
START_TEST(counts_match_distributions) {
    static const char *const prefixes[] = {
        "", "Once there was a", "Once upon a time there was a kind girl."};
    enum { N = 30000, PREFIXES = sizeof prefixes / sizeof *prefixes };
    World *w = worlds_shipped();
    static int counts[PREFIXES][WORLD_NEXT_MAX];
    WorldNext next[PREFIXES];
    int totals[PREFIXES] = {0};
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 51);
    memset(counts, 0, sizeof counts);
    for (int k = 0; k < PREFIXES; k++)
        next[k] = next_of(w, WORLD_STORY, prefixes[k], strlen(prefixes[k]));
    for (int i = 0; i < N; i++) {
        const WorldStory x = draw(&s);
        for (int k = 0; k < PREFIXES; k++) {
            const size_t n = strlen(prefixes[k]);
            if (strncmp(x.text, prefixes[k], n) != 0) continue;
            const size_t length = word_length(x.text + n);
            int word = 0;
            while (word < next[k].n &&
                   (strlen(next[k].words[word].text) != length ||
                    memcmp(x.text + n, next[k].words[word].text, length) != 0))
                word++;
            ck_assert_int_lt(word, next[k].n);
            counts[k][word]++;
            totals[k]++;
        }
    }
    for (int k = 0; k < PREFIXES; k++) {
        double chi_squared = 0;
        const int degrees = next[k].n - 1;
        ck_assert_int_gt(totals[k], 200);
        for (int word = 0; word < next[k].n; word++) {
            const double wanted = next[k].words[word].prob * totals[k];
            const double off = counts[k][word] - wanted;
            chi_squared += off * off / wanted;
        }
        /* Four standard deviations above the mean of chi-squared. */
        ck_assert_double_lt(chi_squared, degrees + 4 * sqrt(2. * degrees) + 4);
    }
    world_close(w);
}
END_TEST

/* What a closing quote leaves behind when it is forgotten. */
START_TEST(open_quotes_are_refused) {
    World *w = worlds_shipped();
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 61);
    int n_quotes = 0;
    for (int i = 0; i < 100; i++) {
        const WorldStory x = draw(&s);
        int n_before = 0;
        for (size_t at = 0; at < x.n; at++) {
            if (x.text[at] != '"' || ++n_before % 2 == 1) continue;
            char broken[WORLD_TEXT_MAX];
            memcpy(broken, x.text, at);
            memcpy(broken + at, x.text + at + 1, x.n - at - 1);
            const WorldScore score = score_of(w, broken, x.n - 1);
            ck_assert(!score.accepted);
            /* A blank could stand there where the speech goes on. */
            ck_assert_uint_ge(score.fail_at, at);
            ck_assert_uint_le(score.fail_at, at + 1);
            n_quotes++;
        }
    }
    ck_assert_int_gt(n_quotes, 100);
    world_close(w);
}
END_TEST

/* The derivations that a reader must keep in mind stay few. */
START_TEST(prefixes_determine_choices) {
    World *w = worlds_shipped();
    WorldStream s = world_stream(w, WORLD_QUIZ, WORLD_TRAINING, 71);
    WorldParse *p = world_parse_open(w, WORLD_QUIZ, NULL);
    for (int i = 0; i < 300; i++) {
        const WorldStory x = draw(&s);
        world_parse_reset(p);
        for (size_t at = 0; at < x.n; at++) {
            ck_assert(world_parse_feed(p, x.text + at, 1, NULL));
            ck_assert_int_le(world_parse_n_branches(p), 256);
        }
        ck_assert_int_eq(world_parse_n_branches(p), 1); /* unambiguous */
    }
    world_parse_close(p);
    world_close(w);
}
END_TEST

/* ---- both sides ---------------------------------------------------------- */

static WorldNext between(const World *w, const char *text, size_t start,
                         size_t end) {
    WorldNext out;
    Err err = {0};
    WorldParse *p = world_parse_open(w, WORLD_STORY, &err);
    ck_assert(p && world_parse_feed(p, text, start, &err));
    ck_assert_msg(
        world_parse_between(p, text + end, strlen(text + end), &out, &err),
        "%s", err.msg);
    ck_assert_uint_eq(world_parse_pos(p), start); /* it stays where it is */
    world_parse_close(p);
    return out;
}

START_TEST(known_words_between) {
    World *w = worlds_open("table person: name\n Ann\n Bob\n Cid\n"
                           "rule story\n - {new person a} sat. <end a>\n"
                           " -3 Nobody sat. It was late.\n"
                           "rule end x\n - Then {x} got up.\n - It was late.\n"
                           "rule question\n - y\n");
    WorldNext out = between(w, "Ann sat. It was late.\n", 0, 3);
    ck_assert_int_eq(out.n, 4);
    ck_assert_double_eq_tol(prob_of(&out, "Nobody", 6), 6 / 7., 1e-12);
    ck_assert_double_eq_tol(prob_of(&out, "Cid", 3), 1 / 21., 1e-12);
    ck_assert_str_eq(out.words[0].text, "Nobody");
    out = between(w, "Ann sat. Then Bob got up.\n", 0, 3);
    ck_assert_int_eq(out.n, 1);
    ck_assert_str_eq(out.words[0].text, "Bob");
    ck_assert_double_eq(out.words[0].prob, 1);
    ck_assert_int_eq(between(w, "Ann sat. Then Dan got up.\n", 0, 3).n, 0);
    world_close(w);
}
END_TEST

/* The text with a word in place of [start, end), as log2. */
static double log2_with(const World *w, const WorldStory *x, size_t start,
                        size_t end, const char *word) {
    char text[2 * WORLD_TEXT_MAX];
    const size_t n = strlen(word);
    memcpy(text, x->text, start);
    memcpy(text + start, word, n);
    memcpy(text + start + n, x->text + end, x->n - end);
    return score_of(w, text, x->n + n - (end - start)).log2_prob;
}

/* Each word has the share of the texts that it makes, and every value that can
 * stand there is among them. */
START_TEST(words_between_share_their_texts) {
    World *w = worlds_shipped();
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 90);
    static WorldRefs places;
    int n_fixed = 0, n_open = 0;
    for (int i = 0; i < 12; i++) {
        const WorldStory x = draw(&s);
        ck_assert(world_places(w, WORLD_STORY, x.text, x.n, &places, NULL));
        for (int k = i % 3; k < places.n; k += 3) {
            const WorldRef *r = &places.list[k];
            const WorldNext out = between(w, x.text, r->start, r->end);
            const char *rival;
            double sum = 0;
            if (memchr(x.text + r->start, ' ', r->end - r->start)) continue;
            for (int m = 0; m < out.n; m++)
                sum +=
                    exp2(log2_with(w, &x, r->start, r->end, out.words[m].text));
            for (int m = 0; m < out.n; m++)
                ck_assert_double_eq_tol(out.words[m].prob,
                                        exp2(log2_with(w, &x, r->start, r->end,
                                                       out.words[m].text)) /
                                            sum,
                                        1e-9);
            for (int m = 0; (rival = world_rival(w, r, m)); m++)
                if (!strchr(rival, ' ') &&
                    isfinite(log2_with(w, &x, r->start, r->end, rival)))
                    ck_assert_double_gt(prob_of(&out, rival, strlen(rival)), 0);
            n_fixed += out.n == 1;
            n_open += out.n > 1;
        }
    }
    ck_assert_int_gt(n_fixed, 20);
    ck_assert_int_gt(n_open, 5);
    world_close(w);
}
END_TEST

TEST_MAIN("parse", known_words_between, words_between_share_their_texts,
          known_probabilities, known_next_words, hidden_choices_are_summed,
          too_many_derivations_is_an_error, parse_goes_on_after_looking_ahead,
          failures_are_placed, drawn_texts_are_accepted,
          distributions_sum_to_one, words_chain_to_the_story,
          counts_match_distributions, open_quotes_are_refused,
          prefixes_determine_choices)
