/* cli: one table of options, every way of writing them, every way to fail. */
#include "tests/support/test.h"
#include "viz/cli/cli.h"

#include <string.h>

typedef struct Args {
    bool flag;
    const char *text, *word;
    int whole;
    float real;
    uint64_t seed, bytes;
} Args;

static const CliOption options[] = {
    {'f', "flag", CLI_FLAG, offsetof(Args, flag), NULL, "", 0, 0},
    {'t', "text", CLI_TEXT, offsetof(Args, text), "TEXT", "", 0, 0},
    {0, "word", CLI_WORD, offsetof(Args, word), "light|dark", "", 0, 0},
    {'n', "whole", CLI_INT, offsetof(Args, whole), "N", "", -5, 100},
    {'r', "real", CLI_FLOAT, offsetof(Args, real), "R", "", 0, 1},
    {0, "seed", CLI_SEED, offsetof(Args, seed), "N", "", 0, 0},
    {0, "bytes", CLI_BYTES, offsetof(Args, bytes), "N", "", 0, 0},
    {0}};

static const CliCommand command = {
    .name = "test",
    .operands = "ONE [TWO]",
    .options = options,
    .operands_max = 2,
};

#define WORDS_MAX 20

/* Parses words separated by single blanks; operands to *cli. */
static bool parse(const char *line, Args *args, Cli *cli, Err *err) {
    static char buffer[256], *words[WORDS_MAX];
    snprintf(buffer, sizeof buffer, "%s", line);
    int n = 0;
    for (char *at = buffer; at; n++) {
        ck_assert_int_lt(n, WORDS_MAX);
        words[n] = at;
        at = strchr(at, ' ');
        if (at) *at++ = '\0';
    }
    *args = (Args){0};
    *cli = (Cli){.command = &command, .argc = n, .argv = words};
    *err = (Err){0};
    return cli_parse(cli, args, err);
}

static const char *const spellings[] = {
    "-f -t some --word dark -n 7 -r 0.5 --seed 9 --bytes 2K a b",
    "--flag --text=some --word=dark --whole=7 --real=0.5 --seed=9 "
    "--bytes=2048 a b",
    "a -tsome -n7 -r.5 b --seed 9 --word dark --bytes 2K -f",
    "-f -t none -t some --word dark -n 7 -r 5e-1 --seed 9 --bytes 2K -- a b",
};

START_TEST(spellings_mean_the_same) {
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        Args a;
        Cli cli;
        Err err;
        ck_assert_msg(parse(spellings[i], &a, &cli, &err), "%s", err.msg);
        ck_assert(a.flag);
        ck_assert_str_eq(a.text, "some");
        ck_assert_str_eq(a.word, "dark");
        ck_assert_int_eq(a.whole, 7);
        ck_assert(a.real == 0.5f);
        ck_assert_uint_eq(a.seed, 9);
        ck_assert_uint_eq(a.bytes, 2048);
        ck_assert_int_eq(cli.n_operands, 2);
        ck_assert_str_eq(cli.operands[0], "a");
        ck_assert_str_eq(cli.operands[1], "b");
    }
}
END_TEST

START_TEST(words_that_look_like_options) {
    Args a;
    Cli cli;
    Err err;
    ck_assert(parse("-t -n -", &a, &cli, &err));
    ck_assert_str_eq(a.text, "-n"); /* a value is taken as it stands */
    ck_assert_str_eq(cli.operands[0], "-");
    ck_assert(parse("-n -5 -- -f", &a, &cli, &err));
    ck_assert_int_eq(a.whole, -5);
    ck_assert(!a.flag);
    ck_assert_str_eq(cli.operands[0], "-f");
    ck_assert(parse("--text=a=b", &a, &cli, &err));
    ck_assert_str_eq(a.text, "a=b");
}
END_TEST

static const struct {
    const char *line, *says;
} refused[] = {
    {"--nonsense", "--nonsense: unknown option"},
    {"--tex a", "--tex: unknown option"},
    {"--textual a", "--textual: unknown option"},
    {"-x", "-x: unknown option"},
    {"--flag=yes", "--flag takes no value"},
    {"-fn", "--flag takes no value"},
    {"-t", "--text: needs a value, TEXT"},
    {"--word=", "--word: found \"\", need light|dark"},
    {"--word dar", "--word: found \"dar\", need light|dark"},
    {"--word light|dark", "need light|dark"},
    {"-n 101", "--whole: found \"101\", need a whole number from -5 to 100"},
    {"-n -6", "--whole: found \"-6\""},
    {"-n 1.5", "--whole: found \"1.5\""},
    {"-n 7x", "--whole: found \"7x\""},
    {"-n 99999999999999999999", "need a whole number"},
    {"-r nan", "--real: found \"nan\", need a number from 0 to 1"},
    {"-r inf", "--real: found"},
    {"-r 0x1", "--real: found"},
    {"--seed -1", "--seed: found \"-1\""},
    {"--seed 18446744073709551616", "--seed: found"},
    {"--seed 1.0", "--seed: found"},
    {"--bytes K", "--bytes: found \"K\", need bytes"},
    {"--bytes -1K", "--bytes: found"},
    {"--bytes 1T", "--bytes: found"},
    {"--bytes 99999999999G", "--bytes: found"},
    {"a b c", "unexpected \"c\""},
};

START_TEST(wrong_words_are_named) {
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        Args a;
        Cli cli;
        Err err;
        ck_assert_msg(!parse(refused[i].line, &a, &cli, &err), "%s",
                      refused[i].line);
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(strstr(err.msg, refused[i].says) != NULL,
                      "%s: says \"%s\", not \"%s\"", refused[i].line, err.msg,
                      refused[i].says);
    }
}
END_TEST

START_TEST(the_largest_values_fit) {
    Args a;
    Cli cli;
    Err err;
    ck_assert(parse("--seed 18446744073709551615 --bytes 7999999999G", &a, &cli,
                    &err));
    ck_assert(a.seed == UINT64_MAX);
    ck_assert(a.bytes == 7999999999ull << 30);
}
END_TEST

START_TEST(sizes_as_people_read_them) {
    static const struct {
        uint64_t bytes;
        const char *text;
    } rows[] = {{0, "0 B"},
                {999, "999 B"},
                {1000, "1 kB"},
                {1040128, "1.04 MB"},
                {99949, "99.9 kB"},
                {99951, "100 kB"},
                {999499, "999 kB"},
                {999500, "1 MB"},
                {68719476736, "68.7 GB"},
                {UINT64_MAX, "18446744 TB"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[16];
        cli_size_text(rows[i].bytes, text);
        ck_assert_str_eq(text, rows[i].text);
    }
}
END_TEST

TEST_MAIN("cli", spellings_mean_the_same, words_that_look_like_options,
          wrong_words_are_named, the_largest_values_fit,
          sizes_as_people_read_them)
