/* Which words are hidden, behind what, and that it is the same whenever it is
 * asked for. */
#include "engine/train/mask.h"
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#define SEQ_LEN 400
#define ROWS    200
#define PIECES  50
#define FIRST   300 /* of the pieces */
#define MASK    500

/* A row begins a text at every 40th place, and has a mask of its own. */
typedef struct Case {
    Data data;
    int pieces[PIECES], text[SEQ_LEN];
} Case;

static void case_fill(Case *c) {
    for (int i = 0; i < PIECES; i++)
        c->pieces[i] = FIRST + i;
    for (int t = 0; t < SEQ_LEN; t++)
        c->text[t] = t % 40 == 0 ? TOKEN_BOS : FIRST + t % PIECES;
    c->text[7] = MASK;
    c->data = (Data){.pieces = c->pieces,
                     .n_pieces = PIECES,
                     .mask = MASK,
                     .seq_len = SEQ_LEN};
}

typedef struct Count {
    int places, chosen, hidden, drawn, same;
} Count;

static void count_row(Count *n, const Case *c, const int *tokens,
                      const bool *learns) {
    for (int t = 0; t < SEQ_LEN; t++) {
        const bool never = c->text[t] == TOKEN_BOS || c->text[t] == MASK;
        ck_assert(!never || !learns[t]);
        n->places += !never;
        n->chosen += learns[t];
        if (!learns[t]) ck_assert_int_eq(tokens[t], c->text[t]);
        if (!learns[t]) continue;
        const bool hidden = tokens[t] == MASK, same = tokens[t] == c->text[t];
        ck_assert(hidden || (tokens[t] >= FIRST && tokens[t] < FIRST + PIECES));
        n->hidden += hidden;
        n->same += same;
        n->drawn += !hidden && !same;
    }
}

/* A share of n is off by less than four deviations. */
static void check_share(int found, int n, double share) {
    const double deviation = sqrt(share * (1 - share) / n);
    ck_assert_double_eq_tol((double)found / n, share, 4 * deviation);
}

START_TEST(the_shares_are_those_of_the_paper) {
    Case c;
    case_fill(&c);
    Count n = {0};
    for (uint64_t i = 0; i < ROWS; i++) {
        int tokens[SEQ_LEN];
        bool learns[SEQ_LEN];
        const int before = n.chosen;
        const int chosen =
            mask_row(&c.data, mask_key(9, i), c.text, tokens, learns);
        count_row(&n, &c, tokens, learns);
        ck_assert_int_eq(chosen, n.chosen - before);
    }
    check_share(n.chosen, n.places, 0.15);
    check_share(n.hidden, n.chosen, 0.8);
    /* One in PIECES that is drawn is the one that was there. */
    check_share(n.drawn, n.chosen, 0.1 * (PIECES - 1) / PIECES);
    check_share(n.same, n.chosen, 0.1 + 0.1 / PIECES);
}
END_TEST

static bool is_same(const Case *c, uint64_t a, uint64_t b) {
    int tokens[2][SEQ_LEN];
    bool learns[2][SEQ_LEN];
    mask_row(&c->data, a, c->text, tokens[0], learns[0]);
    mask_row(&c->data, b, c->text, tokens[1], learns[1]);
    return memcmp(tokens[0], tokens[1], sizeof tokens[0]) == 0 &&
           memcmp(learns[0], learns[1], sizeof learns[0]) == 0;
}

START_TEST(each_row_is_masked_anew_and_always_the_same_way) {
    Case c;
    case_fill(&c);
    ck_assert(is_same(&c, mask_key(1, 5), mask_key(1, 5)));
    ck_assert(!is_same(&c, mask_key(1, 5), mask_key(1, 6)));
    ck_assert(!is_same(&c, mask_key(1, 5), mask_key(2, 5)));
    ck_assert(is_same(&c, mask_key_held_out(5), mask_key_held_out(5)));
    ck_assert(!is_same(&c, mask_key_held_out(5), mask_key_held_out(6)));
    for (uint64_t seed = 0; seed < 4; seed++)
        ck_assert(!is_same(&c, mask_key_held_out(5), mask_key(seed, 5)));
}
END_TEST

TEST_MAIN("mask", the_shares_are_those_of_the_paper,
          each_row_is_masked_anew_and_always_the_same_way)
