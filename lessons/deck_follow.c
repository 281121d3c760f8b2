/* Which slide of a deck's new version is which of its old one. */
#include "lessons/deck.h"

#include <string.h>

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_block(const DeckBlock *a, const DeckBlock *b) {
    if (a->kind != b->kind || a->n_spans != b->n_spans ||
        !same_text(a->info, b->info) || !a->ask != !b->ask ||
        (a->ask && !same_text(a->ask->question, b->ask->question)))
        return false;
    for (int i = 0; i < a->n_spans; i++)
        if (!same_text(a->spans[i].text, b->spans[i].text)) return false;
    return true;
}

/* Whether they say the same; how it looks is no matter. */
static bool same_slide(const DeckSlide *a, const DeckSlide *b) {
    if (!same_text(a->title, b->title) || a->n_blocks != b->n_blocks)
        return false;
    for (int i = 0; i < a->n_blocks; i++)
        if (!same_block(&a->blocks[i], &b->blocks[i])) return false;
    return true;
}

static bool has_title(const Deck *d, int i, const char *title) {
    return *title && strcmp(deck_slide(d, i)->title, title) == 0;
}

/* Slide i of `from` by its title, from `first` up to `end`: of several that
 * have it the one that is as far behind the first.  -1: there is none. */
static int find_title(const Deck *from, int i, const Deck *in, int first,
                      int end) {
    const char *title = deck_slide(from, i)->title;
    int before = 0;
    for (int k = first; k < i; k++)
        before += has_title(from, k, title);
    for (int k = first; k < end; k++)
        if (has_title(in, k, title) && before-- == 0) return k;
    return -1;
}

void deck_follow(const Deck *from, const Deck *in, int *to) {
    const int n = deck_n_slides(from), n_in = deck_n_slides(in);
    const int most = n < n_in ? n : n_in;
    int head = 0, tail = 0;
    while (head < most &&
           same_slide(deck_slide(from, head), deck_slide(in, head)))
        head++;
    while (tail < most - head && same_slide(deck_slide(from, n - 1 - tail),
                                            deck_slide(in, n_in - 1 - tail)))
        tail++;
    for (int i = 0; i < n; i++) {
        to[i] = i < head        ? i
                : i >= n - tail ? i + n_in - n
                                : find_title(from, i, in, head, n_in - tail);
        if (to[i] < 0 && n == n_in) to[i] = i; /* another title */
    }
}
