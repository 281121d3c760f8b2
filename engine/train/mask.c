/* Whether a token is chosen, and what hides it, comes from the row's key and
 * the position alone. */
#include "engine/train/mask.h"

#include "engine/base/chance.h"

#include <assert.h>

/* Not the numbers that weights, drills and the order of texts are drawn
 * from. */
uint64_t mask_key(uint64_t seed, uint64_t number) {
    return chance_bits(chance_bits(~seed, 1), number);
}

uint64_t mask_key_held_out(uint64_t number) {
    return chance_bits(chance_bits(0, 2), number);
}

static bool is_chosen(const Data *d, uint64_t drawn, int token) {
    return token >= TOKEN_BYTE0 && token != d->mask &&
           drawn % 100 < MASK_SHARE_PERCENT;
}

int mask_row(const Data *d, uint64_t key, const int *text, int *tokens,
             bool *learns) {
    assert(d->mask >= 0 && d->n_pieces > 0);
    int n = 0;
    for (int t = 0; t < d->seq_len; t++) {
        const uint64_t at = 3 * (uint64_t)t;
        tokens[t] = text[t];
        learns[t] = is_chosen(d, chance_bits(key, at), text[t]);
        if (!learns[t]) continue;
        const int how = (int)(chance_bits(key, at + 1) % 10);
        const uint64_t piece = chance_bits(key, at + 2) % (uint64_t)d->n_pieces;
        if (how < MASK_HIDDEN_TENTHS)
            tokens[t] = d->mask;
        else if (how < MASK_HIDDEN_TENTHS + MASK_DRAWN_TENTHS)
            tokens[t] = d->pieces[piece];
        n++;
    }
    return n;
}
