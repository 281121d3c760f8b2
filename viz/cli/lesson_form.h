/* Lesson_form: what can be wrong with a deck, whatever the model.
 *
 *     lesson_form_check(deck, warn, ud);
 *
 * Links: an address has a scheme and a host, all else is a file beside the
 * deck.  Times: all slides have a data-timing or none, and they come to the
 * `minutes:` of the front matter.  Pictures and documents: they lie beside the
 * deck, and are not smaller than they are shown.
 *
 * Does NOT fetch anything, or repeat what the parser has warned of.
 */
#ifndef VIZ_CLI_LESSON_FORM_H
#define VIZ_CLI_LESSON_FORM_H

#include "lessons/deck.h"

typedef void LessonWarn(void *ud, int line, const char *what);

void lesson_form_check(const Deck *d, LessonWarn *warn, void *ud);

#endif
