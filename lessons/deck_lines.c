/* Which lines of code a step lights: what stands in the brackets behind a
 * fence's language. */
#include "lessons/deck_private.h"

static bool read_number(Scan *sc, int *out) {
    int n = 0;
    scan_blanks(sc);
    const size_t from = sc->pos;
    for (; scan_peek(sc) >= '0' && scan_peek(sc) <= '9'; sc->pos++)
        n = n > DECK_LINE_MAX ? n : n * 10 + (scan_peek(sc) - '0');
    *out = n < DECK_LINE_MAX ? n : DECK_LINE_MAX;
    const bool found = sc->pos > from;
    scan_blanks(sc);
    return found;
}

/* "5:" or "offset: 5," is the number of the first line. */
static void read_first(Scan *sc, int *first) {
    const char *name;
    const Scan was = *sc;
    scan_blanks(sc);
    const size_t n = scan_name(sc, &name);
    const bool named = deck_word_is(name, (int)n, "offset");
    scan_blanks(sc);
    if (named && scan_take(sc, ':') && read_number(sc, first)) {
        scan_take(sc, ',');
        return;
    }
    *sc = was;
    if (read_number(sc, first) && scan_take(sc, ':')) return;
    *first = 1;
    *sc = was;
}

/* "3-4": false where it is none. */
static bool read_range(Scan *sc, DeckLines *out) {
    if (!read_number(sc, &out->from)) return false;
    out->to = out->from;
    return !scan_take(sc, '-') ||
           (read_number(sc, &out->to) && out->to >= out->from);
}

bool deck_lines_read(DeckBuild *b, const char *text, size_t n,
                     DeckBlock *block) {
    Scan sc = scan_init(text, n, "lines");
    DeckLines *all = deck_build_alloc(b, DECK_LINES_MAX * sizeof *all);
    int step = 0, n_lines = 0, first;
    if (!all) return false;
    read_first(&sc, &first);
    for (scan_blanks(&sc); sc.pos < n; scan_blanks(&sc)) {
        if (scan_take(&sc, '|')) {
            step++;
        } else if (n_lines == DECK_LINES_MAX ||
                   !read_range(&sc, &all[n_lines])) {
            return false;
        } else {
            all[n_lines++].step = step;
            scan_take(&sc, ',');
        }
    }
    block->numbered = true;
    block->first_line = first;
    block->lit = all;
    block->n_lit = n_lines;
    for (int i = 0; i < step; i++) {
        const FragmentRead f = {.is = true, .effect = EFFECT_STEP};
        const int fragment = deck_fragment_add(b, &f);
        if (i == 0) block->steps = fragment;
    }
    block->n_steps = block->steps ? step : 0;
    return true;
}
