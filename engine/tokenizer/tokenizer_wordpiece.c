/* WordPiece: words at blanks and punctuation, and the longest piece that what
 * is left of a word begins with.  Beginnings of all lengths are found in one
 * walk over the sorted pieces, a byte at a time, so that a piece takes
 * O(longest log V).
 * Source: Devlin et al. 2018 (BERT), tokenization.py, WordpieceTokenizer. */
#include "engine/tokenizer/tokenizer_private.h"

#include "engine/base/utf8.h"

static bool is_cut(uint32_t cp) {
    return tokenizer_is_punctuation(cp) ||
           (cp >= '!' && cp <= '~' && !(cp >= '0' && cp <= '9') &&
            !(cp >= 'A' && cp <= 'Z') && !(cp >= 'a' && cp <= 'z'));
}

int tokenizer_bert_word(const char *text, int n, bool *blank) {
    uint32_t cp;
    int at = utf8_decode(text, (size_t)n, &cp);
    *blank = tokenizer_is_white(cp);
    if (is_cut(cp)) return at;
    while (at < n) {
        const int len = utf8_decode(text + at, (size_t)(n - at), &cp);
        if (tokenizer_is_white(cp) != *blank || is_cut(cp)) break;
        at += len;
    }
    return at;
}

/* The first of sorted[low..high), all of which share k bytes, whose byte k is
 * not below `byte`; those that end there come first. */
static int first_not_below(const Tokenizer *t, int low, int high, int k,
                           int byte) {
    while (low < high) {
        const int mid = low + (high - low) / 2;
        const Piece *p = t->sorted[mid];
        if (p->len <= k || (uint8_t)p->bytes[k] < byte)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The first usable one of sorted[low..high) that has k bytes, or -1. */
static int piece_of(const Tokenizer *t, int low, int high, int k) {
    for (; low < high && t->sorted[low]->len == k; low++)
        if (!t->sorted[low]->is_added && !t->sorted[low]->is_unused)
            return (int)(t->sorted[low] - t->pieces);
    return -1;
}

int tokenizer_longest(const Tokenizer *t, const char *text, int n, bool inside,
                      int *len) {
    const int lead = inside ? 0 : 1; /* the space that begins a word */
    int low = 0, high = t->n_sorted, best = -1;
    *len = 0;
    for (int k = 0; k < n + lead && low < high; k++) {
        const int byte = k < lead ? ' ' : (uint8_t)text[k - lead];
        low = first_not_below(t, low, high, k, byte);
        high = first_not_below(t, low, high, k, byte + 1);
        const int id = piece_of(t, low, high, k + 1);
        if (id < 0 || k < lead) continue;
        best = id;
        *len = k + 1 - lead;
    }
    return best;
}
