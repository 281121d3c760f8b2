/* A deck's slides by what is typed of them. */
#include "viz/app/slides.h"

#include <string.h>

static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

static bool begins(const char *text, const char *word, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!text[i] || lower(text[i]) != lower(word[i])) return false;
    return true;
}

static bool holds(const char *text, const char *word, size_t n) {
    for (; *text; text++)
        if (begins(text, word, n)) return true;
    return n == 0;
}

static bool holds_all(const char *title, const char *typed) {
    while (*typed) {
        const size_t n = strcspn(typed, " ");
        if (!holds(title, typed, n)) return false;
        typed += n + (typed[n] == ' ');
    }
    return true;
}

SlidesFit slides_fit(const Deck *d, int slide, const char *typed) {
    const char *title = deck_slide(d, slide)->title;
    char label[DECK_LABEL_MAX];
    const size_t len = strlen(typed);
    deck_label(d, slide, label);
    if (len > 0 && strncmp(label, typed, len) == 0)
        return label[len] == '\0' || strcmp(label + len, ".1") == 0
                   ? SLIDES_NUMBER
                   : SLIDES_DIGITS;
    if (!holds_all(title, typed)) return SLIDES_NOT;
    return begins(title, typed, len) ? SLIDES_BEGINS : SLIDES_TITLE;
}

int slides_best(const Deck *d, const char *typed) {
    SlidesFit best = SLIDES_NOT;
    int at = -1;
    for (int i = 0; i < deck_n_slides(d); i++) {
        const SlidesFit fit = slides_fit(d, i, typed);
        if (fit <= best) continue;
        best = fit;
        at = i;
    }
    return at;
}
