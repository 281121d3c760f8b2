/* Finding pieces in a text before it is cut in any other way: of those that
 * begin at one place the longest, from the left. */
#include "engine/base/utf8.h"
#include "engine/tokenizer/tokenizer_private.h"

#include <string.h>

/* The first of items[low..high), all of which share k bytes, whose byte k is
 * not below `byte`; those that end there come first. */
static int first_not_below(const Added *items, int low, int high, int k,
                           int byte) {
    while (low < high) {
        const int mid = low + (high - low) / 2;
        const Added *a = &items[mid];
        if (a->len <= k || (uint8_t)a->bytes[k] < byte)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* The longest pattern that the text begins with, or NULL. */
static const Added *longest(const AddedList *list, const char *text, size_t n) {
    const Added *best = NULL;
    int low = 0, high = list->n;
    for (int k = 0; (size_t)k < n && low < high; k++) {
        const int byte = (uint8_t)text[k];
        low = first_not_below(list->items, low, high, k, byte);
        high = first_not_below(list->items, low, high, k, byte + 1);
        if (low < high && list->items[low].len == k + 1)
            best = &list->items[low];
    }
    return best;
}

/* The character at byte `at`; 0: there is none. */
static uint32_t char_at(const Cutter *c, size_t at) {
    uint32_t cp = 0;
    if (at < c->n) utf8_decode(c->text + at, c->n - at, &cp);
    return cp == ' ' && c->marked ? SPACE_MARK_CP : cp;
}

/* The one that ends before it. */
static uint32_t char_before(const Cutter *c, size_t at) {
    return at > 0 ? char_at(c, utf8_prev(c->text, c->n, at)) : 0;
}

/* Whether the pattern that stands there counts. */
static bool is_wanted(const Cutter *c, const Added *a, const Section *s) {
    if ((a->flags & ADDED_CONTROL) && !c->special) return false;
    return !(a->flags & ADDED_WORD) ||
           (!tokenizer_is_word_char(char_before(c, s->begin)) &&
            !tokenizer_is_word_char(char_at(c, s->end)));
}

/* Takes in the white space that the pattern takes. */
static void widen(const Cutter *c, const Added *a, Section *s) {
    if ((a->flags & ADDED_SPACE) && s->begin > c->at &&
        c->text[s->begin - 1] == ' ')
        s->begin--;
    if (a->flags & ADDED_LSTRIP)
        while (s->begin > c->at && tokenizer_is_white(char_before(c, s->begin)))
            s->begin = utf8_prev(c->text, c->n, s->begin);
    if (a->flags & ADDED_RSTRIP)
        while (s->end < c->n && tokenizer_is_white(char_at(c, s->end)))
            s->end = utf8_next(c->text, c->n, s->end);
}

/* The first piece from c->scan on; false: there is none. */
static bool find(Cutter *c, Section *s) {
    while (c->scan < c->n && c->list->n > 0) {
        const size_t at = c->scan;
        const Added *a = longest(c->list, c->text + at, c->n - at);
        c->scan += a ? (size_t)a->len : 1; /* it hides what it covers */
        if (!a) continue;
        *s = (Section){at, c->scan, a->id};
        if (!is_wanted(c, a, s) || s->end <= c->at) continue;
        widen(c, a, s);
        if (s->begin < c->at) s->begin = c->at; /* in another's white space */
        return true;
    }
    return false;
}

bool tokenizer_cut(Cutter *c, Section *out) {
    if (c->at >= c->n) return false;
    if (c->found.end <= c->at && !find(c, &c->found))
        c->found = (Section){c->n, c->n + 1, -1}; /* never reached */
    if (c->found.begin > c->at)
        *out = (Section){c->at, c->found.begin, -1};
    else
        *out = c->found;
    c->at = out->end;
    return true;
}
