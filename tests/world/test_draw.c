/* Drawing: repeatable, as likely as the weights say, and held out for good. */
#include "tests/support/test.h"
#include "tests/support/worlds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static WorldStory draw(WorldStream *s) {
    WorldStory story;
    Err err = {0};
    ck_assert_msg(world_draw(s, &story, &err), "%s", err.msg);
    return story;
}

START_TEST(same_seed_same_bytes) {
    World *w = worlds_shipped();
    WorldStream a = world_stream(w, WORLD_STORY, WORLD_TRAINING, 7);
    WorldStream b = a;
    WorldStream c = world_stream(w, WORLD_STORY, WORLD_TRAINING, 8);
    int n_same = 0;
    for (int i = 0; i < 100; i++) {
        const WorldStory x = draw(&a), y = draw(&b), z = draw(&c);
        ck_assert_str_eq(x.text, y.text);
        n_same += strcmp(x.text, z.text) == 0;
    }
    ck_assert_int_eq(n_same, 0);
    world_close(w);
}
END_TEST

/* On every machine: these are the bytes of seed 1. */
START_TEST(bytes_are_known) {
    static const char *const known[] = {
        "Bob had a cup. He lost his cup.\n",
        "Nobody came (today).\n",
        "Ann had a hat. She lost her hat.\n",
        "Bob had a cup. He lost his cup.\n",
    };
    World *w = worlds_open(worlds_small);
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_str_eq(draw(&s).text, known[i]);
    world_close(w);
}
END_TEST

START_TEST(texts_are_one_line) {
    World *w = worlds_shipped();
    for (WorldKind kind = WORLD_STORY; kind <= WORLD_QUIZ; kind++) {
        WorldStream s = world_stream(w, kind, WORLD_TRAINING, 3);
        for (int i = 0; i < 500; i++) {
            const WorldStory x = draw(&s);
            ck_assert_uint_eq(x.n, strlen(x.text));
            ck_assert_ptr_eq(strchr(x.text, '\n'), x.text + x.n - 1);
            ck_assert_ptr_null(strstr(x.text, "  "));
            ck_assert_ptr_null(strstr(x.text, " ."));
            const char *question = strstr(x.text, " Question: ");
            ck_assert((question != NULL) == (kind == WORLD_QUIZ));
            if (question)
                ck_assert_uint_eq(x.story_n, (size_t)(question - x.text));
        }
    }
    world_close(w);
}
END_TEST

/* Every story of the small world, and how often it comes. */
START_TEST(counts_match_probabilities) {
    enum { N = 20000, STORIES_MAX = 13 };
    World *w = worlds_open(worlds_small);
    char texts[STORIES_MAX][WORLD_TEXT_MAX + 1];
    int counts[STORIES_MAX] = {0}, n_stories = 0;
    double chi_squared = 0, total = 0;
    for (int part = WORLD_TRAINING; part <= WORLD_HELD_OUT; part++) {
        WorldStream s = world_stream(w, WORLD_STORY, (WorldPart)part, 5);
        WorldStory x;
        /* The small world may have no story of a part. */
        for (int i = 0; i < N && world_draw(&s, &x, NULL); i++) {
            int k = 0;
            while (k < n_stories && strcmp(texts[k], x.text) != 0)
                k++;
            ck_assert_int_lt(k, STORIES_MAX);
            if (k == n_stories)
                snprintf(texts[n_stories++], sizeof *texts, "%s", x.text);
            if (part == WORLD_TRAINING) counts[k]++;
            ck_assert_double_eq_tol(x.log2_prob, worlds_log2(w, x.text), 1e-9);
        }
    }
    ck_assert_int_eq(n_stories, STORIES_MAX);
    for (int k = 0; k < n_stories; k++)
        if (counts[k] > 0) total += exp2(worlds_log2(w, texts[k]));
    for (int k = 0; k < n_stories; k++) {
        const double wanted = exp2(worlds_log2(w, texts[k])) / total * N;
        if (counts[k] == 0) continue;
        chi_squared += (counts[k] - wanted) * (counts[k] - wanted) / wanted;
    }
    ck_assert_double_lt(chi_squared, 32.9); /* 12 degrees: p = 0.001 */
    world_close(w);
}
END_TEST

/* Three tables of eight: 512 stories, each in one part for good. */
START_TEST(held_out_is_never_drawn) {
    static const char text[] = "table t: name\n a\n b\n c\n d\n e\n f\n g\n h\n"
                               "table u: name\n i\n j\n k\n l\n m\n n\n o\n p\n"
                               "table v: name\n q\n r\n s\n t\n u\n v\n w\n x\n"
                               "rule story\n - {new t a}{new u b}{new v c}\n"
                               "rule question\n - {a}\n - {b}\n";
    World *w = worlds_open(text);
    bool seen[2][8 * 8 * 8] = {{false}};
    for (int part = 0; part < 2; part++)
        for (uint64_t seed = 0; seed < 4; seed++) {
            const WorldKind kind = seed % 2 ? WORLD_QUIZ : WORLD_STORY;
            WorldStream s = world_stream(w, kind, (WorldPart)part, seed);
            for (int i = 0; i < 2000; i++) {
                const WorldStory x = draw(&s);
                ck_assert_int_eq(world_part(x.text, x.story_n), part);
                seen[part][(x.text[0] - 'a') * 64 + (x.text[1] - 'i') * 8 +
                           (x.text[2] - 'q')] = true;
            }
        }
    int n_training = 0, n_held_out = 0;
    for (int i = 0; i < 512; i++) {
        ck_assert(seen[0][i] != seen[1][i]);
        n_training += seen[0][i];
        n_held_out += seen[1][i];
    }
    ck_assert_int_eq(n_training + n_held_out, 512);
    ck_assert_int_gt(n_held_out, 512 / WORLD_HELD_OUT_SHARE / 2);
    ck_assert_int_lt(n_held_out, 512 / WORLD_HELD_OUT_SHARE * 2);
    world_close(w);
}
END_TEST

START_TEST(part_ignores_the_line_end) {
    ck_assert_int_eq(world_part("abc", 3), world_part("abc\n", 4));
}
END_TEST

START_TEST(too_few_stories_is_an_error) {
    World *w = worlds_open("rule story\n - x\nrule question\n - y\n");
    Err err = {0};
    WorldStory x;
    const WorldPart other =
        world_part("x", 1) == WORLD_TRAINING ? WORLD_HELD_OUT : WORLD_TRAINING;
    WorldStream s = world_stream(w, WORLD_STORY, other, 0);
    ck_assert(!world_draw(&s, &x, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "too few stories"));
    world_close(w);
}
END_TEST

/* The mean of the entropies met on the way is that of -log2 of what came. */
START_TEST(entropy_agrees_with_surprise) {
    enum { N = 4000 };
    World *w = worlds_shipped();
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 11);
    double difference = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        const WorldStory x = draw(&s);
        difference += -x.log2_prob - x.entropy;
        squares += (-x.log2_prob - x.entropy) * (-x.log2_prob - x.entropy);
    }
    ck_assert_double_lt(fabs(difference), 4 * sqrt(squares));
    world_close(w);
}
END_TEST

TEST_MAIN("draw", same_seed_same_bytes, bytes_are_known, texts_are_one_line,
          counts_match_probabilities, held_out_is_never_drawn,
          part_ignores_the_line_end, too_few_stories_is_an_error,
          entropy_agrees_with_surprise)
