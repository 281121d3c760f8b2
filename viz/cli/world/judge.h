/* Judge: does a model keep track of who and what a story is about?
 *
 *     Judge *j = judge_open(model, tokenizer, world, &err);
 *     judge_story(j, story.text, story.n, &err);   // ... any number
 *     judge_print(j);
 *     judge_close(j);
 *
 * A reference (world_references) is a place where only one name, pronoun or
 * thing can stand, since the story has said which before.  The model is right
 * there when it finds the true words likelier than each rival's: by the sum of
 * the log probabilities of their tokens, after the story's true beginning.
 */
#ifndef VIZ_CLI_WORLD_JUDGE_H
#define VIZ_CLI_WORLD_JUDGE_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/world/world.h"

typedef struct Judge Judge;

/* NULL and err on failure; what is passed in is borrowed. */
Judge *judge_open(const Model *m, const Tokenizer *t, const World *w, Err *err);
void judge_close(Judge *j); /* NULL is fine */

/* Judges every reference of one story of the world that lies within the
 * model's context. */
bool judge_story(Judge *j, const char *text, size_t n, Err *err);

/* references_recall of the story judged last. */
const int *judge_recall(const Judge *j);

/* A line for each kind of reference and one for all, to standard output. */
void judge_print(const Judge *j);

#endif
