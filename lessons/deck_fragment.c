/* Fragments: what of a slide appears, leaves or changes by a beat of its own.
 *
 * While a slide is read, fragments are noted in the order of the text.  At its
 * end their beats are put among those of its stages: behind the stage that
 * they follow, those with an index first, as reveal.js orders them. */
#include "lessons/deck_private.h"

#include <stdlib.h>
#include <string.h>

#define INDEX_MAX 1000000

/* ---- attributes ---------------------------------------------------------- */

static const struct {
    const char *name;
    DeckEffect effect;
    bool passes;
} effects[] = {
    {"fade-in", EFFECT_APPEAR, false},
    {"fade-up", EFFECT_APPEAR, false},
    {"fade-down", EFFECT_APPEAR, false},
    {"fade-left", EFFECT_APPEAR, false},
    {"fade-right", EFFECT_APPEAR, false},
    {"fade-in-then-semi-out", EFFECT_APPEAR, false}, /* as all that is said */
    {"fade-in-then-out", EFFECT_APPEAR, true},
    {"current-visible", EFFECT_APPEAR, true},
    {"fade-out", EFFECT_LEAVE, false},
    {"semi-fade-out", EFFECT_SOFTEN, false},
    {"strike", EFFECT_STRIKE, false},
    {"highlight-red", EFFECT_RED, false},
    {"highlight-green", EFFECT_GREEN, false},
    {"highlight-blue", EFFECT_BLUE, false},
    {"highlight-current-red", EFFECT_RED, true},
    {"highlight-current-green", EFFECT_GREEN, true},
    {"highlight-current-blue", EFFECT_BLUE, true},
};

bool deck_fragment_word(FragmentRead *f, const char *word, int n) {
    if (deck_word_is(word, n, "fragment")) {
        f->is = true;
        return true;
    }
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++) {
        if (!deck_word_is(word, n, effects[i].name)) continue;
        f->effect = effects[i].effect;
        f->passes = effects[i].passes;
        f->named = true;
        return true;
    }
    return false;
}

bool deck_fragment_attr(DeckBuild *b, FragmentRead *f, const DeckAttr *a) {
    double index;
    if (!deck_attr_is(a, "data-fragment-index")) return false;
    if (a->value && scan_number(a->value, (size_t)a->n_value, &index) &&
        index >= 0 && index <= INDEX_MAX) {
        f->indexed = true;
        f->index = (int)index;
    } else {
        deck_build_warn(b, "data-fragment-index: need a number from 0");
    }
    return true;
}

int deck_fragment_add(DeckBuild *b, const FragmentRead *f) {
    if (!f->is) {
        if (f->named || f->indexed)
            deck_build_warn(b, "an effect without class=\"fragment\" is left "
                               "out");
        return 0;
    }
    if (b->in_notes) return 0;
    FragmentDraft *d = deck_build_push(b, &b->fragments, sizeof *d);
    if (!d) return 0;
    d->what = *f;
    d->since = (int)b->beats.n - 1;
    d->number = (int)b->fragments.n;
    d->line = b->line;
    return d->number;
}

/* ---- tags ---------------------------------------------------------------- */

static bool same_tag(const FragmentTag *t, const char *name, size_t n) {
    return t->n_name == n && deck_word_is(name, (int)n, t->name);
}

static void close_tag(DeckBuild *b) {
    const FragmentTag *t = &b->fragment_tags[--b->n_fragment_tags];
    *(t->in_line ? &b->span_fragment : &b->block_fragment) = t->before;
}

/* <li> and <p> may lack their ends. */
static bool ends_by_itself(const DeckBuild *b, const FragmentTag *t) {
    const bool item = same_tag(t, "li", 2) || same_tag(t, "tr", 2);
    return t->depth == 1 && deck_build_lists(b) <= t->lists &&
           (item || same_tag(t, "p", 1));
}

static void open_tag(DeckBuild *b, const char *name, size_t n, int fragment) {
    FragmentTag *t = &b->fragment_tags[b->n_fragment_tags];
    const bool in_line = deck_word_is(name, (int)n, "span");
    int *now = in_line ? &b->span_fragment : &b->block_fragment;
    if (b->n_fragment_tags == DECK_DEPTH_MAX || n >= sizeof t->name) {
        deck_build_warn(b, "fragments nested deeper than %d are left out",
                        DECK_DEPTH_MAX);
        return;
    }
    *t = (FragmentTag){.n_name = n,
                       .depth = 1,
                       .lists = deck_build_lists(b),
                       .before = *now,
                       .in_line = in_line};
    memcpy(t->name, name, n);
    *now = fragment;
    b->n_fragment_tags++;
}

void deck_fragment_tag(DeckBuild *b, const char *name, size_t n, bool closing,
                       int fragment) {
    FragmentTag *top =
        b->n_fragment_tags ? &b->fragment_tags[b->n_fragment_tags - 1] : NULL;
    if (top && same_tag(top, name, n)) {
        if (!closing && ends_by_itself(b, top))
            close_tag(b);
        else
            top->depth += closing ? -1 : fragment ? 0 : 1;
        if (closing && top->depth == 0) close_tag(b);
    }
    if (fragment) open_tag(b, name, n, fragment);
}

/* ---- beats --------------------------------------------------------------- */

/* By stage, then those with an index, then by place in the text. */
static int by_turn(const void *pa, const void *pb) {
    const FragmentDraft *x = pa, *y = pb;
    if (x->since != y->since) return x->since < y->since ? -1 : 1;
    if (x->what.indexed != y->what.indexed) return x->what.indexed ? -1 : 1;
    if (x->what.indexed && x->what.index != y->what.index)
        return x->what.index < y->what.index ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static bool in_one_turn(const FragmentDraft *x, const FragmentDraft *y) {
    return x->since == y->since && x->what.indexed && y->what.indexed &&
           x->what.index == y->what.index;
}

/* The beats that the fragments need, and moved[i]: where stage beat i is among
 * all of them.  False: the slide has too many, which was said. */
static bool place_beats(DeckBuild *b, int n_stages, int moved[DECK_BEATS_MAX]) {
    FragmentDraft *d = b->fragments.items;
    const int n = (int)b->fragments.n;
    int at = 0, i = 0;
    for (int stage = 0; stage < n_stages; stage++) {
        moved[stage] = at++;
        for (; i < n && d[i].since == stage; i++) {
            const bool joins = i > 0 && in_one_turn(&d[i - 1], &d[i]);
            d[i].beat = joins ? at - 1 : at++;
            b->line = d[i].line; /* for who says that they are too many */
            if (!joins && !deck_build_beat(b)) return false;
        }
    }
    return true;
}

/* The stages' beats go where they belong; the others are empty ones. */
static void move_beats(DeckBuild *b, int n_stages,
                       const int moved[DECK_BEATS_MAX]) {
    DeckBeat *beats = b->beats.items, empty = {0};
    state_init(&empty.stage);
    for (int i = n_stages - 1; i >= 0; i--) {
        if (moved[i] == i) continue;
        const DeckBeat beat = beats[i];
        beats[i] = empty;
        beats[moved[i]] = beat;
    }
}

static void renumber(DeckBuild *b, const int moved[DECK_BEATS_MAX],
                     const DeckFragment *all) {
    DeckBlock *blocks = b->blocks.items;
    DeckClaim *claims = b->claims.items;
    for (size_t i = 0; i < b->blocks.n; i++) {
        const DeckFragment *f =
            blocks[i].fragment ? &all[blocks[i].fragment - 1] : NULL;
        blocks[i].beat =
            f && f->effect == EFFECT_APPEAR ? f->beat : moved[blocks[i].beat];
    }
    for (size_t i = 0; i < b->claims.n; i++)
        claims[i].beat = moved[claims[i].beat];
}

const DeckFragment *deck_fragments_end(DeckBuild *b) {
    const int n = (int)b->fragments.n, n_stages = (int)b->beats.n;
    FragmentDraft *drafts = b->fragments.items;
    int moved[DECK_BEATS_MAX];
    if (n == 0 || !deck_build_ok(b)) return NULL;
    DeckFragment *all = deck_build_alloc(b, (size_t)n * sizeof *all);
    if (!all) return NULL;
    qsort(drafts, (size_t)n, sizeof *drafts, by_turn);
    if (!place_beats(b, n_stages, moved)) return NULL;
    move_beats(b, n_stages, moved);
    for (int i = 0; i < n; i++)
        all[drafts[i].number - 1] =
            (DeckFragment){.effect = drafts[i].what.effect,
                           .passes = drafts[i].what.passes,
                           .beat = drafts[i].beat,
                           .since = moved[drafts[i].since]};
    renumber(b, moved, all);
    return all;
}
