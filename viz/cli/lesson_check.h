/* Lesson_check: decks are tried as the viewer would show them.
 *
 *     LessonCheck c = {.strict = true};
 *     if (!lesson_check(&c, paths, n, &err)) ...
 *
 * Every deck parses, every stage exists, every claim holds, every task can be
 * done, and what a deck names lies beside it.  What does not is told on
 * standard error with file and line, and the check goes on.  Several decks are
 * checked at the same time, one per core but no more than memory has room for,
 * and told in their order.
 *
 * Does NOT fetch what is on the web, or judge what a lesson says.
 */
#ifndef VIZ_CLI_LESSON_CHECK_H
#define VIZ_CLI_LESSON_CHECK_H

#include "engine/base/err.h"

typedef struct LessonCheck {
    const char *model, *tokenizer; /* NULL: the embedded one, the one beside */
    bool values;                   /* tells what every claim found */
    bool strict;                   /* warnings are failures */
} LessonCheck;

/* False: something failed, or could not be checked. */
bool lesson_check(const LessonCheck *c, char *const *paths, int n, Err *err);

#endif
