/* What a fragment's beat does to the part of a slide that it is. */
#include "viz/screen/slide_private.h"

static const DeckFragment *find(const Page *p, int fragment) {
    return fragment ? &p->slide->fragments[fragment - 1] : NULL;
}

static bool acts(const Page *p, const DeckFragment *f) {
    return f->passes ? p->beat == f->beat : p->beat >= f->beat;
}

bool slide_fragment_hides(const Page *p, int fragment) {
    const DeckFragment *f = find(p, fragment);
    return f && ((f->effect == EFFECT_APPEAR && !acts(p, f)) ||
                 (f->effect == EFFECT_LEAVE && acts(p, f)));
}

bool slide_fragment_strikes(const Page *p, int fragment) {
    const DeckFragment *f = find(p, fragment);
    return f && f->effect == EFFECT_STRIKE && acts(p, f);
}

Color slide_fragment_ink(const Page *p, int fragment, Color ink) {
    const DeckFragment *f = find(p, fragment);
    if (!f || !acts(p, f)) return ink;
    switch (f->effect) {
    case EFFECT_SOFTEN:
        return p->t->soft;
    case EFFECT_RED:
        return p->t->bad;
    case EFFECT_GREEN:
        return p->t->good;
    case EFFECT_BLUE:
        return theme_role(p->t, THEME_QUERY);
    default:
        return ink;
    }
}

bool slide_fragment_keeps_place(const Page *p, const DeckBlock *b) {
    const DeckFragment *f = find(p, b->fragment);
    return f && f->since <= p->beat;
}
