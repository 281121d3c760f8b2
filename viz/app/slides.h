/* Slides: a deck's, found by their number or a part of their title.
 *
 *     if (slides_fit(deck, i, "3") == SLIDES_NUMBER) ...
 *
 * Of a title all words that are typed must stand in it, in any order, in either
 * case of ASCII letters.  Does NOT look into a slide's text.
 */
#ifndef VIZ_APP_SLIDES_H
#define VIZ_APP_SLIDES_H

#include "lessons/deck.h"

/* The better the larger.  All fit while nothing is typed. */
typedef enum SlidesFit {
    SLIDES_NOT,
    SLIDES_TITLE,  /* holds it */
    SLIDES_BEGINS, /* begins with it */
    SLIDES_DIGITS, /* what is typed begins its number */
    SLIDES_NUMBER  /* is its label (deck_label), or that of its stack */
} SlidesFit;

SlidesFit slides_fit(const Deck *d, int slide, const char *typed);
/* The first of those that fit best; -1: none does. */
int slides_best(const Deck *d, const char *typed);

#endif
