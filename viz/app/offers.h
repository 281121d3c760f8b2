/* Offers: the lessons and models that could be opened by their names: those in
 * the program, and those that lie beside a file.
 *
 *     Offers o;
 *     offers_read(&o, "lessons/mine.md");  // its folder is looked through
 *     for (int i = 0; i < o.n; i++) puts(o.list[i].name);
 *
 * A model's name is one for `model=`, a lesson's that of lessons.h, a deck's
 * the file's own.  Files are judged by their names, folders by a config.json in
 * them; hidden ones, and names too long to say, are left out.  Does NOT open
 * any.
 */
#ifndef VIZ_APP_OFFERS_H
#define VIZ_APP_OFFERS_H

#include "lessons/state.h"

#define OFFERS_MAX       128
#define OFFERS_FILES_MAX 4096 /* looked at in a folder */

typedef enum OfferKind {
    OFFER_LESSON, /* in the program */
    OFFER_DECK,   /* a Markdown file beside */
    OFFER_MODEL   /* in the program, or beside */
} OfferKind;

typedef struct Offer {
    OfferKind kind;
    char name[STATE_PATH_MAX];
} Offer;

typedef struct Offers {
    Offer list[OFFERS_MAX]; /* lessons, decks, models, each by its name */
    int n;
} Offers;

/* beside NULL or "": only what is in the program. */
void offers_read(Offers *o, const char *beside);

/* The path of a file called `name` in the folder of `beside`.  False: it does
 * not fit. */
bool offers_path(const char *beside, const char *name, char *out, size_t size);

#endif
