/* Worlds: the shipped grammar, and a small one whose every text is known. */
#ifndef TESTS_SUPPORT_WORLDS_H
#define TESTS_SUPPORT_WORLDS_H

#include "engine/world/world.h"

/* 2 x 3 x 2 + 1 stories: a person (Ann, Bob), a thing (cup, cap, hat), an
 * ending; or, with weight 1 against 3, "Nobody came (today)." */
extern const char worlds_small[];

/* A grammar from one text; aborts the test when it is refused. */
World *worlds_open(const char *text);

/* assets/world; tests run in the repository's root. */
World *worlds_shipped(void);

/* A grammar that must be refused: the message, in out. */
void worlds_error(const char *text, char out[ERR_MSG_MAX]);

/* log2 of the probability that a text begins with exactly text[0..n); NAN when
 * the grammar has a fault on the way. */
double worlds_log2_of(const World *w, WorldKind kind, const char *text,
                      size_t n);

/* The same of a story. */
double worlds_log2(const World *w, const char *prefix);

#endif
