/* All that is drawn for a row comes from the row's own number (chance.h), so
 * that it is the same row whenever it is made. */
#include "engine/train/drill.h"

#include "engine/base/chance.h"
#include "engine/tokenizer/tokenizer.h"

#include <assert.h>

/* A row as it is filled, and its next random number. */
typedef struct Row {
    int *tokens;
    bool *learns;
    int n, end;
    uint64_t key, drawn;
} Row;

static uint64_t draw(Row *r, uint64_t below) {
    return chance_bits(r->key, r->drawn++) % below;
}

static void put(Row *r, int token, bool learns) {
    if (r->n == r->end) return;
    if (r->n > 0) r->learns[r->n - 1] = learns;
    r->tokens[r->n++] = token;
}

/* Half as many lists of 4 to 7 pieces as of 2 or 3, and so on, so that about
 * as much is said of each: short ones are learnt first, and the way from
 * nothing to copying leads over them. */
static int draw_length(Row *r, int n) {
    const int max = n < DRILL_LIST_MAX ? n : DRILL_LIST_MAX;
    int min = DRILL_LIST_MIN;
    while (min * 4 <= DRILL_LIST_MAX && draw(r, 2) == 0)
        min *= 2;
    const int length = min + (int)draw(r, (uint64_t)min + 1);
    return length < max ? length : max;
}

static void put_text(Row *r, const int *pieces, int n) {
    const int length = draw_length(r, n);
    const int times = 1 + (int)draw(r, DRILL_TIMES_MAX);
    const uint64_t order = chance_bits(r->key, r->drawn++);
    put(r, TOKEN_BOS, false);
    for (int time = 0; time <= times; time++) {
        const int from = time ? (int)draw(r, (uint64_t)length) : 0;
        for (int k = from; k < length; k++)
            put(r, pieces[chance_order(order, (uint64_t)k, (uint64_t)n)],
                time > 0 && k > from);
    }
}

void drill_row(const int *pieces, int n, uint64_t seed, uint64_t i, int seq_len,
               int *tokens, bool *learns) {
    assert(n >= 2);
    /* Not the numbers that weights and the order of texts are drawn from. */
    const uint64_t key = chance_bits(chance_bits(~seed, 0), i);
    Row r = {.end = seq_len + 1, .key = key};
    r.tokens = tokens; /* written through: clang-tidy misses that in braces */
    r.learns = learns;
    while (r.n < r.end)
        put_text(&r, pieces, n);
}
