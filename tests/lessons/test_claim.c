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
    ck_assert_int_eq(c.fn, CLAIM_ATTN);
    ck_assert_int_eq(c.n_args, 4);
    ck_assert_double_eq(claim_arg(&c, "head")->number, 3);
    ck_assert(!claim_arg(&c, "head")->is_text);
    ck_assert(claim_arg(&c, "from")->is_text);
    ck_assert_str_eq(claim_arg(&c, "to")->text, "cat");
    ck_assert_ptr_null(claim_arg(&c, "at"));
    ck_assert_int_eq(c.op, CLAIM_GT);
    ck_assert_double_eq(c.value, 0.5);
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
    ck_assert_str_eq(claim_arg(&c, "token")->text, "\"");
    ck_assert_double_eq(c.value, -2.5);
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
    {"tokens() > x", 11, "need a number"},
    {"tokens() > nan", 11, "need a number"},
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
        ck_assert_str_ne(claim_fn_name((ClaimFn)fn), "");
}
END_TEST

TEST_MAIN("claim", example_is_read, every_function_is_read,
          bad_claims_are_refused_with_their_place, every_cut_is_refused,
          long_texts_are_refused, comparisons_compare)
