/* Grammar files: what they mean, and what is wrong with those that fail. */
#include "tests/support/folder.h"
#include "tests/support/test.h"
#include "tests/support/worlds.h"

#include <stdio.h>
#include <string.h>

#define STORY    "rule story\n - x\n"
#define QUESTION "rule question\n - y\n"
#define PERSON   "table person: name | she\n Ann | she\n Bob | he\n"

/* The only story of a grammar that has one. */
static void story_of(const char *rules, char *out, size_t size) {
    char text[2000];
    snprintf(text, sizeof text, "%s%s%s", rules, PERSON, QUESTION);
    World *w = worlds_open(text);
    WorldStory story;
    Err err = {0};
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 1);
    if (!world_draw(&s, &story, &err)) {
        s = world_stream(w, WORLD_STORY, WORLD_HELD_OUT, 1);
        err_clear(&err);
        ck_assert_msg(world_draw(&s, &story, &err), "%s", err.msg);
    }
    snprintf(out, size, "%s", story.text);
    world_close(w);
}

static void assert_story(const char *rules, const char *wanted) {
    char found[WORLD_TEXT_MAX + 1];
    story_of(rules, found, sizeof found);
    ck_assert_str_eq(found, wanted);
}

#define ANN "{let a = new person where she is she}"

START_TEST(blanks_and_lines_join) {
    assert_story("rule story\n -   a   b\n\n   # no\n\tc <e> <e> d<e>.\n"
                 "rule e\n -\n",
                 "a b c d.\n");
}
END_TEST

START_TEST(values_and_capitals) {
    assert_story("rule story\n - " ANN "{a} {a.she} {a.She} \n",
                 "Ann she She\n");
}
END_TEST

START_TEST(parameters_are_the_callers_rows) {
    assert_story("rule story\n - " ANN "{new person b}: <r b a> {a} {b}\n"
                 "rule r x y\n - {x} {y} <q y x> {let x = y} {x}\n"
                 "rule q y x\n - {y} {x}\n",
                 "Bob: Bob Ann Ann Bob Ann Ann Bob\n");
}
END_TEST

START_TEST(conditions) {
    assert_story("rule story\n - <r> " ANN "<r> {let b = a} <r> "
                 "{let b = none} <r> {let b = new person} <r>\n"
                 "rule r\n"
                 " - if not a: none\n"
                 " - if a and not b: a\n"
                 " - if b is a and b.she is a.she: same\n"
                 " - if b is not a and b and b.she is he: other\n",
                 "none a same a other\n");
}
END_TEST

START_TEST(unset_variables_are_not_the_same) {
    assert_story("rule story\n - <r> {let a = none} {let b = none}\n"
                 "rule r\n - if a is b: same\n - if a is not b: not\n",
                 "not\n");
}
END_TEST

START_TEST(a_row_is_new_once) {
    assert_story("rule story\n - " ANN "{new person b}.\n", "Bob.\n");
}
END_TEST

START_TEST(a_row_is_chosen_beside_another) {
    assert_story("table hat: name | she\n hood | she\n cap | he\n"
                 "rule story\n - " ANN "{new hat h where she is not a.she} "
                 "{new hat h where she is a.she}\n",
                 "cap hood\n");
}
END_TEST

START_TEST(files_are_one_grammar) {
    char dir[FOLDER_PATH_MAX];
    Err err = {0};
    folder_make(dir);
    folder_write(dir, "1.txt", STORY, strlen(STORY));
    folder_write(dir, "2.txt", QUESTION, strlen(QUESTION));
    folder_write(dir, "README.md", "not a grammar", 13);
    World *w = world_open_folder(dir, &err);
    ck_assert_msg(w != NULL, "%s", err.msg);
    world_close(w);
    folder_write(dir, "2.txt", "rule question\n - <x>\n", 21);
    ck_assert_ptr_null(world_open_folder(dir, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "2.txt:2: x: found no such rule"));
    ck_assert_uint_eq(err.pos, 2);
    folder_remove(dir);
    err_clear(&err);
    ck_assert_ptr_null(world_open_folder(dir, &err));
    ck_assert_int_eq(err.code, ERR_IO);
}
END_TEST

/* ---- errors -------------------------------------------------------------- */

static const struct {
    const char *text, *says;
} bad[] = {
    {"story\n", "test.txt:1: need \"table\", \"rule\""},
    {"  - x\n", "test.txt:1: an indented line belongs to no"},
    {"rule\n", "test.txt:1: need \"rule NAME"},
    {"rule r <\n", "test.txt:1: found \"<\", need a parameter's name"},
    {"rule r a b c d e\n", "test.txt:1: more than 4 parameters"},
    {"rule r\n x\n", "test.txt:2: need an alternative"},
    {"rule r\n -0 x\n", "test.txt:2: behind \"-\": need a weight"},
    {"rule r\n -1001 x\n", "test.txt:2: behind \"-\": need a weight"},
    {"rule r\n -x\n", "test.txt:2: behind \"-\": need a weight"},
    {"rule r\n - {a\n", "test.txt:2: found the end of the line, need \"}\""},
    {"rule r\n - {}\n", "test.txt:2: found \"}\", need variable"},
    {"rule r\n - {a.}\n", "test.txt:2: found \"}\", need column"},
    {"rule r\n - }\n", "test.txt:2: found \"}\", which closes nothing"},
    {"rule r\n - {let a}\n", "test.txt:2: found \"}\", need \"=\""},
    {"rule r\n - {new}\n", "test.txt:2: found \"}\", need table"},
    {"rule r\n - <r a b c d e>\n", "test.txt:2: more than 4 parameters"},
    {"rule r\n - if a then\n", "test.txt:2: found \"then\", need \"and\" or"},
    {"rule r\n - if a is : x\n", "test.txt:2: found \": x\", need variable"},
    {"rule r\n - if a and b and c and d and e: x\n",
     "test.txt:2: more than 4 conditions"},
    {"table\n", "test.txt:1: need \"table NAME"},
    {"table t: x\n", "test.txt:1: the first column must be \"name\""},
    {"table t: name | b\n x\n", "test.txt:2: found 1 columns, need 2"},
    {"table t: name\n x | y\n", "test.txt:2: found 2 columns, need 1"},
    {"table t: name | b\n x | | y\n", "test.txt:2: column 2 is empty"},
    {"table t: name\ntable t: name\n", "test.txt:2: t: defined twice"},
    {"rule r\n - x\nrule r\n - y\n", "test.txt:3: r: defined twice"},
    {STORY, "test.txt: the grammar has no rule \"question\""},
    {QUESTION, "test.txt: the grammar has no rule \"story\""},
    {STORY QUESTION "rule r\n - {a}\n",
     "test.txt:6: a: found no such variable"},
    {STORY QUESTION "rule r\n - {new t a}\n",
     "test.txt:6: t: found no such table"},
    {STORY QUESTION PERSON "rule r\n - {new person a.him}\n",
     "test.txt:9: him: found no such column"},
    {STORY QUESTION PERSON "rule r\n - {new person a where she is it}\n",
     "test.txt:9: it: no row has this under she"},
    {STORY QUESTION "rule r x\n - <r>\n",
     "test.txt:6: <r>: found 0 parameters, need 1"},
    {QUESTION "rule story\n - a\x01\n", "test.txt:4: the line is not UTF-8"},
    {QUESTION "rule story\n - \xff\n", "test.txt:4: the line is not UTF-8"},
    /* Faults that only show when the grammar runs. */
    {QUESTION "rule story\n - x <story>\n",
     "test.txt:4: <story>: rules are nested more than"},
    {QUESTION "rule story\n - <a>\nrule a\n - if a: {let a = none} x\n",
     "test.txt:4: <a>: no alternative is possible"},
    {QUESTION PERSON "rule story\n - {new person a}{new person b}"
                     "{new person c}\n",
     "test.txt:7: new person: no row is left"},
    {QUESTION PERSON "rule story\n - {a}{let a = new person}\n",
     "test.txt:7: what is to be told here is not chosen yet"},
    {QUESTION PERSON "table t: name | b\n x | y\nrule story\n"
                     " - {new t a.she}\n",
     "test.txt:9: a t has no column \"she\""},
};

START_TEST(errors_name_the_line) {
    char msg[ERR_MSG_MAX];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        worlds_error(bad[i].text, msg);
        ck_assert_msg(strstr(msg, bad[i].says),
                      "%zu: found \"%s\", need \"%s\"", i, msg, bad[i].says);
    }
}
END_TEST

/* Rules that double each other run out of steps, not of time. */
START_TEST(doubling_ends) {
    enum { DEPTH = 13 };
    char text[4000], msg[ERR_MSG_MAX];
    int n = snprintf(text, sizeof text,
                     QUESTION "rule a%d\n -\nrule story\n - <a0>\n", DEPTH);
    for (int i = 0; i < DEPTH; i++)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "rule a%d\n - <a%d><a%d>\n", i, i + 1, i + 1);
    worlds_error(text, msg);
    ck_assert_ptr_nonnull(strstr(msg, "takes more than"));
}
END_TEST

START_TEST(a_text_has_a_longest) {
    static char text[WORLD_TEXT_MAX + 100];
    char msg[ERR_MSG_MAX];
    const int n = snprintf(text, sizeof text, QUESTION "rule story\n - ");
    memset(text + n, 'x', WORLD_TEXT_MAX);
    worlds_error(text, msg);
    ck_assert_ptr_nonnull(strstr(msg, "longer than"));
}
END_TEST

/* What world_open finds by drawing stories is found when it is drawn. */
START_TEST(a_grammar_can_be_known_as_tried) {
    static const char endless[] = QUESTION "rule story\n - x <story>\n";
    const WorldSource source = {"test.txt", endless, sizeof endless - 1};
    WorldStory story;
    Err err = {0};
    ck_assert_ptr_null(world_open(&source, 1, &err));
    ck_assert_ptr_nonnull(strstr(err.msg, "test.txt:4"));
    World *w = world_open_tried(&source, 1, &(Err){0});
    ck_assert_ptr_nonnull(w);
    WorldStream s = world_stream(w, WORLD_STORY, WORLD_TRAINING, 0);
    ck_assert(!world_draw(&s, &story, &(Err){0}));
    world_close(w);
}
END_TEST

/* No prefix of a good grammar, and no changed byte, brings it down. */
START_TEST(damaged_files_are_survived) {
    const size_t n = strlen(worlds_small);
    char text[2000];
    int n_refused = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 5; k++) {
            Err err = {0};
            memcpy(text, worlds_small, n);
            if (k > 0) text[i] = "\n}>\xff"[k - 1];
            const WorldSource source = {"test.txt", text, k > 0 ? n : i};
            World *w = world_open(&source, 1, &err);
            ck_assert(w != NULL || err.code != ERR_NONE);
            n_refused += w == NULL;
            world_close(w);
        }
    ck_assert_int_gt(n_refused, (int)n);
}
END_TEST

TEST_MAIN("grammar", blanks_and_lines_join, values_and_capitals,
          parameters_are_the_callers_rows, conditions,
          unset_variables_are_not_the_same, a_row_is_new_once,
          a_row_is_chosen_beside_another, files_are_one_grammar,
          errors_name_the_line, doubling_ends, a_text_has_a_longest,
          a_grammar_can_be_known_as_tried, damaged_files_are_survived)
