#include "lessons/claim.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static bool parse(Claim *c, const char *text, Err *err) {
    return claim_parse(c, text, strlen(text), err);
}

START_TEST(example_is_read) {
    Claim c;
    Err err = {0};
    ck_assert_msg(
        parse(&c, "attn(layer=1, head=3, from=\"it\", to=\"cat\") > 0.5", &err),
        "%s", err.msg);
    const ClaimNode *call = &c.nodes[c.left];
    ck_assert_int_eq(call->kind, CLAIM_CALL);
    ck_assert_int_eq(call->fn, CLAIM_ATTN);
    ck_assert_int_eq(call->b, 4);
    ck_assert_double_eq(claim_arg(&c, call, "head")->number, 3);
    ck_assert_int_eq(claim_arg(&c, call, "head")->kind, CLAIM_ARG_NUMBER);
    ck_assert_int_eq(claim_arg(&c, call, "from")->kind, CLAIM_ARG_TEXT);
    ck_assert_str_eq(claim_text(&c, claim_arg(&c, call, "to")), "cat");
    ck_assert_ptr_null(claim_arg(&c, call, "at"));
    ck_assert_int_eq(c.op, CLAIM_GT);
    ck_assert_double_eq(c.nodes[c.right].number, 0.5);
}
END_TEST

START_TEST(every_function_is_read) {
    static const char *const good[] = {
        "attn(layer=0,head=0,from=4,to=\"a\")>=1",
        "  prob ( token = \" Lily\" , at = 3 ) <= 1e-3  ",
        "rank(token=7) == 1",
        "logit(token=\"\\\"\") < -2.5",
        "norm(site=\"resid_post\", layer=2) != 0",
        "act(site=\"q\", layer=1, index=3, at=\"She\") > -1",
        "entropy() < 9",
        "entropy(at=2) < 9",
        "entropy(layer=0, head=1, at=2) < 9",
        "tokens() == 17",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        Claim c;
        Err err = {0};
        ck_assert_msg(parse(&c, good[i], &err), "%s: %s", good[i], err.msg);
    }
    Claim c;
    ck_assert(parse(&c, good[3], NULL));
    ck_assert_str_eq(claim_text(&c, claim_arg(&c, &c.nodes[c.left], "token")),
                     "\"");
    ck_assert_int_eq(c.nodes[c.right].kind, CLAIM_NEGATIVE);
}
END_TEST

typedef struct Bad {
    const char *text;
    size_t pos;
    const char *says;
} Bad;

static const Bad bad[] = {
    {"", 0, "functions are attn prob"},
    {"atn(layer=1) > 0", 0, "unknown function \"atn\""},
    {"tokens > 3", 7, "need ("},
    {"tokens(", 7, "NAME=VALUE"},
    {"tokens(3) > 1", 7, "NAME=VALUE"},
    {"tokens(at=3) > 1", 7, "it takes no arguments"},
    {"rank(tok=3) > 1", 5, "it takes token, [at]"},
    {"rank(token) > 1", 10, "need ="},
    {"rank(token=) > 1", 11, "whole number"},
    {"rank(token=-1) > 1", 11, "whole number"},
    {"rank(token=1.5) > 1", 11, "whole number"},
    {"rank(token=1e30) > 1", 11, "whole number"},
    {"rank(token=1, token=2) > 1", 14, "given twice"},
    {"rank(token=1 at=2) > 1", 13, ", or )"},
    {"rank(at=1) > 1", 10, "token is missing"},
    {"rank(token=1, > 1", 14, "NAME=VALUE"},
    {"rank(token=\"a) > 1", 11, "closing quote"},
    {"norm(site=3, layer=1) > 1", 10, "text in quotes"},
    {"norm(site=\"q\", layer=\"1\") > 1", 21, "whole number"},
    {"entropy(layer=1) > 1", 16, "go together"},
    {"entropy(head=1) > 1", 15, "go together"},
    {"tokens() 3", 9, "comparison"},
    {"tokens() = 3", 9, "comparison"},
    {"tokens()", 8, "comparison"},
    {"tokens() =< 3", 9, "comparison"},
    {"tokens() >", 10, "need a number"},
    {"tokens() > x", 11, "unknown function \"x\""},
    {"tokens() > nan", 11, "unknown function \"nan\""},
    {"tokens() > 3 and more", 13, "more text"},
    {"tokens() > 3 4", 13, "more text"},
};

START_TEST(bad_claims_are_refused_with_their_place) {
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Claim c;
        Err err = {0};
        ck_assert_msg(!parse(&c, bad[i].text, &err), "%s", bad[i].text);
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(err.pos == bad[i].pos, "%s: pos %zu, need %zu: %s",
                      bad[i].text, err.pos, bad[i].pos, err.msg);
        ck_assert_msg(strstr(err.msg, bad[i].says) != NULL, "%s: %s",
                      bad[i].text, err.msg);
    }
}
END_TEST

static const Bad bad_sums[] = {
    {"tokens() > 1 +", 14, "need a number"},
    {"tokens() > (1", 13, "need ) for the ( at byte 11"},
    {"(tokens() > 1)", 10, "need ) for the ( at byte 0"},
    {"tokens() > 1 * * 2", 15, "need a number"},
    {"tokens() > 1..2", 11, "need a number"},
    {"tokens() > 3e", 11, "need a number"},
    {"tokens() > foo()", 11, "unknown function \"foo\""},
    {"tokens() > 1 within 2", 13, "need == or !="},
    {"tokens() == 1 within", 20, "need a number"},
    {"tokens() == 1 within 5 % 3", 25, "more text"},
    {"tokens() == 1 within -1", 21, "found -1, need 0 or more"},
    {"tokens() == 1 within -(0.5) %", 21, "found -0.5, need 0 or more"},
    {"tokens() == 1 > 2", 14, "more text"},
    {"before() > 1", 7, "need a number"},
    {"before(at=1) > 1", 7, "unknown function \"at\""},
    {"before(tokens(), at=1) > 1", 17, "it takes EXPRESSION"},
    {"prob(tokens()) > 1", 5, "it takes token, [at]"},
    {"lens(layer=0, token=1, as=\"nonsense\") > 1", 26, "prob|rank|logit"},
    {"lens(layer=0, token=1, as=3) > 1", 26, "prob|rank|logit"},
    {"lens(layer=1024, token=1) > 1", 11, "from 0 to 1023"},
    {"drawn(temperature=\"hot\") > 1", 18, "a number from 0 to 100"},
    {"drawn(top_p=1.5) > 1", 12, "a number from 0 to 1"},
    {"drawn(seed=-1) > 1", 11, "whole number from 0"},
};

START_TEST(bad_sums_are_refused_with_their_place) {
    for (size_t i = 0; i < sizeof bad_sums / sizeof *bad_sums; i++) {
        Claim c;
        Err err = {0};
        const Bad *b = &bad_sums[i];
        ck_assert_msg(!parse(&c, b->text, &err), "%s", b->text);
        ck_assert_int_eq(err.code, ERR_USAGE);
        ck_assert_msg(err.pos == b->pos, "%s: pos %zu, need %zu: %s", b->text,
                      err.pos, b->pos, err.msg);
        ck_assert_msg(strstr(err.msg, b->says) != NULL, "%s: %s", b->text,
                      err.msg);
    }
}
END_TEST

/* An unknown name is told with all those there are, and the place of a lesson
 * before it. */
START_TEST(the_list_of_functions_is_whole) {
    Claim c;
    Err err = {0};
    char want[64];
    ck_assert(!parse(&c, "a23456789012345678901234567890() > 1", &err));
    for (int f = 0; f < CLAIM_FNS; f++) {
        snprintf(want, sizeof want, " %s", claim_fn((ClaimFn)f)->name);
        ck_assert_msg(strstr(err.msg, want) != NULL, "no%s: %s", want, err.msg);
    }
}
END_TEST

/* Appends what there is room for. */
static void append(char *text, size_t size, const char *more) {
    const size_t n = strlen(text);
    snprintf(text + n, size - n, "%s", more);
}

/* n times `what` before a number, and as many `close` behind. */
static bool repeated(const char *what, const char *close, int n, Err *err) {
    char text[4096] = "";
    Claim c;
    for (int i = 0; i < n; i++)
        append(text, sizeof text, what);
    append(text, sizeof text, "1");
    for (int i = 0; i < n; i++)
        append(text, sizeof text, close);
    append(text, sizeof text, " > 0");
    *err = (Err){0};
    return parse(&c, text, err);
}

START_TEST(sizes_are_limited_by_name) {
    static const struct {
        const char *what, *close;
        int most;
        const char *says;
    } limits[] = {
        {"(", ")", CLAIM_DEPTH_MAX, "more than 12 parentheses and functions"},
        {"before(", ")", CLAIM_DEPTH_MAX,
         "more than 12 parentheses and functions"},
        {"-", "", CLAIM_DEPTH_MAX, "more than 12 minus signs in a row"},
        /* and the 0 of the right side */
        {"2 + ", "", (CLAIM_NODES_MAX - 2) / 2, "more than 48 numbers"},
        {"pieces(text=\"\") + ", "", (CLAIM_NODES_MAX - 2) / 2,
         "more than 48 numbers"},
        {"pieces(text=\"0123456789012345678901234567890123456789"
         "01234567890123456789\") + ",
         "", CLAIM_TEXTS_MAX / 61, "more than 512 bytes of texts"},
        {"attn(layer=0, head=0, from=0, to=0) + ", "", CLAIM_ARGS_MAX / 4,
         "more than 48 arguments"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        Err err;
        ck_assert_msg(
            repeated(limits[i].what, limits[i].close, limits[i].most, &err),
            "%s: %s", limits[i].what, err.msg);
        ck_assert(!repeated(limits[i].what, limits[i].close, limits[i].most + 1,
                            &err));
        ck_assert_int_eq(err.code, ERR_LIMIT);
        ck_assert_msg(strstr(err.msg, limits[i].says) != NULL, "%s", err.msg);
    }
}
END_TEST

/* ---- printing ------------------------------------------------------------ */

static void ck_printed(const char *text, const char *want) {
    char out[CLAIM_FORMAT_MAX];
    Claim c;
    Err err = {0};
    ck_assert_msg(parse(&c, text, &err), "%s: %s", text, err.msg);
    ck_assert_uint_eq(claim_format(&c, out, sizeof out), strlen(want));
    ck_assert_str_eq(out, want);
    /* Cut, like snprintf. */
    char cut[8];
    ck_assert_uint_eq(claim_format(&c, cut, sizeof cut), strlen(want));
    ck_assert_int_eq(strncmp(cut, want, 7), 0);
    ck_assert_int_eq(cut[7], 0);
}

START_TEST(claims_are_printed_with_no_needless_parentheses) {
    ck_printed("((tokens( )))>(1)", "tokens() > 1");
    ck_printed("(1+2)*3==9", "(1 + 2) * 3 == 9");
    ck_printed("1+(2*3) == 7", "1 + 2 * 3 == 7");
    ck_printed("(8-4)-2 == 2", "8 - 4 - 2 == 2");
    ck_printed("8-(4-2) == 6", "8 - (4 - 2) == 6");
    ck_printed("8/(4/2)==-(-(4))", "8 / (4 / 2) == --4");
    ck_printed("-(1+2) < -3*2", "-(1 + 2) < -3 * 2");
    ck_printed("before(prob( token=\" a\\n\\x01>\" ))!=.1 within (5)%",
               "before(prob(token=\" a\\n\\x01\\x3e\")) != 0.1 within "
               "5 %");
}
END_TEST

/* The next number below n of a small generator. */
static int draw(uint64_t *state, int n) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (int)((*state >> 33) % (uint64_t)n);
}

/* Appends a random expression. */
static void random_sum(uint64_t *state, char *out, size_t size, int depth) {
    static const char *const leaves[] = {"tokens()",
                                         "0.1",
                                         "3",
                                         "1e-7",
                                         "123456789.125",
                                         "prob(token=\" \\\\ \\\" \\n\")",
                                         "entropy(at=2)",
                                         "entropy(layer=1,head=2)",
                                         "drawn(top_p=0.3, seed=8)",
                                         "lens(layer=2, token=5, as=\"rank\")"};
    static const char *const signs[] = {"+", "-", "*", "/"};
    const size_t n = strlen(out);
    const int kind = depth == 0 ? 0 : draw(state, 5);
    if (n + 64 > size) return;
    if (kind == 0) {
        append(out, size, leaves[draw(state, 10)]);
    } else if (kind == 1) {
        append(out, size, "-");
        random_sum(state, out, size, depth - 1);
    } else if (kind == 2) {
        append(out, size, draw(state, 2) ? "before(" : "(");
        random_sum(state, out, size, depth - 1);
        append(out, size, ")");
    } else {
        random_sum(state, out, size, depth - 1);
        append(out, size, signs[draw(state, 4)]);
        random_sum(state, out, size, depth - 1);
    }
}

/* Whatever is read is printed as something that reads as the same. */
START_TEST(printing_and_reading_are_inverse) {
    uint64_t state = 20261129;
    int n_read = 0;
    for (int i = 0; i < 20000; i++) {
        char text[2048] = "", out[CLAIM_FORMAT_MAX], again[CLAIM_FORMAT_MAX];
        Claim a, b, other;
        random_sum(&state, text, 900, 4);
        append(text, sizeof text,
               claim_op_text((ClaimOp)draw(&state, CLAIM_OPS)));
        random_sum(&state, text, 1900, 3);
        if (draw(&state, 3) == 0) append(text, sizeof text, " within 0.5");
        if (draw(&state, 3) == 0) append(text, sizeof text, "%");
        if (!parse(&a, text, NULL)) continue; /* too large, or no == */
        n_read++;
        ck_assert_uint_lt(claim_format(&a, out, sizeof out), sizeof out);
        Err err = {0};
        ck_assert_msg(parse(&b, out, &err), "%s: %s", out, err.msg);
        ck_assert_msg(claim_equal(&a, &b), "%s is not %s", text, out);
        claim_format(&b, again, sizeof again);
        ck_assert_str_eq(out, again);
        other = b;
        other.op = (ClaimOp)((b.op + 1) % CLAIM_OPS);
        ck_assert(!claim_equal(&a, &other));
        other = b;
        other.nodes[b.right].number += 1;
        ck_assert(b.nodes[b.right].kind != CLAIM_NUMBER ||
                  !claim_equal(&a, &other));
    }
    ck_assert_int_gt(n_read, 5000);
}
END_TEST

/* The text is n bytes, not a C string: nothing beyond them is looked at. */
START_TEST(every_cut_is_refused) {
    const char *text = "attn(layer=1, head=3, from=\"it\", to=\"cat\") > 0.5";
    size_t whole = strlen(text);
    for (size_t n = 0; n < whole; n++) {
        char *cut = malloc(n ? n : 1); /* exact, for the sanitizer */
        memcpy(cut, text, n);
        Claim c;
        Err err = {0};
        /* "0", "0." are numbers too. */
        ck_assert_int_eq(claim_parse(&c, cut, n, &err), n >= whole - 2);
        free(cut);
    }
}
END_TEST

START_TEST(long_texts_are_refused) {
    char text[256];
    Claim c;
    Err err = {0};
    snprintf(text, sizeof text, "rank(token=\"%0*d\") > 1", CLAIM_TEXT_MAX - 1,
             0);
    ck_assert(parse(&c, text, NULL));
    snprintf(text, sizeof text, "rank(token=\"%0*d\") > 1", CLAIM_TEXT_MAX, 0);
    ck_assert(!parse(&c, text, &err));
    ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(comparisons_compare) {
    const double low = 1, high = 2;
    static const bool want[CLAIM_OPS][3] = {
        /* low ? high, equal, high ? low */
        [CLAIM_LT] = {true, false, false}, [CLAIM_LE] = {true, true, false},
        [CLAIM_GT] = {false, false, true}, [CLAIM_GE] = {false, true, true},
        [CLAIM_EQ] = {false, true, false}, [CLAIM_NE] = {true, false, true},
    };
    static const char *const written[CLAIM_OPS] = {
        [CLAIM_LT] = "<",  [CLAIM_LE] = "<=", [CLAIM_GT] = ">",
        [CLAIM_GE] = ">=", [CLAIM_EQ] = "==", [CLAIM_NE] = "!=",
    };
    for (int op = 0; op < CLAIM_OPS; op++) {
        ck_assert_int_eq(claim_compare((ClaimOp)op, low, high), want[op][0]);
        ck_assert_int_eq(claim_compare((ClaimOp)op, low, low), want[op][1]);
        ck_assert_int_eq(claim_compare((ClaimOp)op, high, low), want[op][2]);
        /* What is written is read as the same. */
        char text[32];
        Claim c;
        snprintf(text, sizeof text, "tokens() %s 1", written[op]);
        ck_assert(parse(&c, text, NULL));
        ck_assert_int_eq(c.op, op);
    }
    for (int fn = 0; fn < CLAIM_FNS; fn++)
        ck_assert_str_ne(claim_fn((ClaimFn)fn)->name, "");
}
END_TEST

TEST_MAIN("claim", example_is_read, every_function_is_read,
          bad_claims_are_refused_with_their_place, every_cut_is_refused,
          long_texts_are_refused, comparisons_compare,
          bad_sums_are_refused_with_their_place, the_list_of_functions_is_whole,
          sizes_are_limited_by_name,
          claims_are_printed_with_no_needless_parentheses,
          printing_and_reading_are_inverse)
