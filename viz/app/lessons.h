/* Lessons: the decks that are inside the program, by name.
 *
 *     char name[LESSONS_NAME_MAX];
 *     for (int i = 0; lessons_name(i, name); i++) puts(name);
 *     Deck *d = lessons_open("predict", &err);
 *
 * Each lessons/NAME.md is one, but its README.md: the Makefile embeds them.
 * Does NOT read files.
 */
#ifndef VIZ_APP_LESSONS_H
#define VIZ_APP_LESSONS_H

#include "lessons/deck.h"

#define LESSONS_NAME_MAX 64

/* The i-th one's name, in the order of the alphabet, cut to what `out` holds.
 * False past the last: out is not written. */
bool lessons_name(int i, char out[LESSONS_NAME_MAX]);

bool lessons_has(const char *name);

/* The caller's to close.  NULL and err: none is called so, and err lists those
 * there are (ERR_USAGE); or it does not parse. */
Deck *lessons_open(const char *name, Err *err);

/* The one to begin with, about this model: LESSONS_FIRST if it is, else the
 * first that is.  NULL without an error: there is none. */
#define LESSONS_FIRST "predict"
Deck *lessons_about(const char *model, Err *err);

#endif
