/* A drill's rows: all that is to be learnt stands further up, and nothing
 * else is to be learnt. */
#include "engine/tokenizer/tokenizer.h"
#include "engine/train/drill.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define SEQ_LEN 256
#define PIECES  100

typedef struct Row {
    int tokens[SEQ_LEN + 1];
    bool learns[SEQ_LEN];
} Row;

static void fill(Row *r, int n, uint64_t seed, uint64_t i) {
    int pieces[PIECES];
    for (int k = 0; k < n; k++)
        pieces[k] = 300 + 2 * k;
    memset(r, 0x7E, sizeof *r);
    drill_row(pieces, n, seed, i, SEQ_LEN, r->tokens, r->learns);
}

/* Where in tokens[from..at) this token stands; -1: nowhere. */
static int find(const Row *r, int from, int at, int token) {
    for (int k = from; k < at; k++)
        if (r->tokens[k] == token) return k;
    return -1;
}

/* The pieces of the list that a text begins with: up to the first that is
 * there already. */
static int list_length(const Row *r, int bos) {
    int at = bos + 1;
    while (at <= SEQ_LEN && r->tokens[at] != TOKEN_BOS &&
           find(r, bos, at, r->tokens[at]) < 0)
        at++;
    return at - bos - 1;
}

static void check_text(const Row *r, int bos, int n) {
    const int length = list_length(r, bos);
    ck_assert_int_le(length, n < DRILL_LIST_MAX ? n : DRILL_LIST_MAX);
    for (int at = bos + 1; at <= SEQ_LEN && r->tokens[at] != TOKEN_BOS; at++) {
        ck_assert_int_ge(r->tokens[at], 300);
        ck_assert_int_lt(r->tokens[at], 300 + 2 * n);
        if (at <= bos + length) {
            ck_assert(!r->learns[at - 1]);
            continue;
        }
        /* In the list, where did the one before this stand?  If this one came
         * after it there, it is to be learnt. */
        const int before = find(r, bos, bos + length + 1, r->tokens[at - 1]);
        const bool follows =
            before < bos + length && r->tokens[before + 1] == r->tokens[at];
        ck_assert_int_eq(r->learns[at - 1], follows);
    }
}

START_TEST(what_is_learnt_stood_there_before) {
    const int sizes[] = {2, 3, 5, PIECES};
    for (int s = 0; s < 4; s++) {
        int n_learnt = 0, longest = 0;
        for (uint64_t i = 0; i < 200; i++) {
            Row r;
            fill(&r, sizes[s], 7, i);
            ck_assert_int_eq(r.tokens[0], TOKEN_BOS);
            for (int at = 0; at < SEQ_LEN; at++) {
                n_learnt += r.learns[at];
                if (r.tokens[at] != TOKEN_BOS) continue;
                check_text(&r, at, sizes[s]);
                if (list_length(&r, at) > longest)
                    longest = list_length(&r, at);
            }
            for (int at = 0; at < SEQ_LEN; at++)
                if (r.tokens[at + 1] == TOKEN_BOS) ck_assert(!r.learns[at]);
        }
        printf("%d pieces: lists of up to %d, %.2f of all is learnt\n",
               sizes[s], longest, n_learnt / (200.0 * SEQ_LEN));
        ck_assert_int_gt(n_learnt, 200 * SEQ_LEN / 8);
        ck_assert_int_eq(longest,
                         sizes[s] < DRILL_LIST_MAX ? sizes[s] : DRILL_LIST_MAX);
    }
}
END_TEST

START_TEST(a_row_is_a_function_of_seed_and_number) {
    Row a, b;
    fill(&a, PIECES, 7, 3);
    fill(&b, PIECES, 7, 3);
    ck_assert_mem_eq(&a, &b, sizeof a);
    fill(&b, PIECES, 7, 4);
    ck_assert_mem_ne(a.tokens, b.tokens, sizeof a.tokens);
    fill(&b, PIECES, 8, 3);
    ck_assert_mem_ne(a.tokens, b.tokens, sizeof a.tokens);
}
END_TEST

TEST_MAIN("drill", what_is_learnt_stood_there_before,
          a_row_is_a_function_of_seed_and_number)
