/* Teller: lets a model tell stories and answer questions of the world, and
 * counts what is right.
 *
 *     Teller *t = teller_open(model, tokenizer, world, &err);
 *     teller_stories(t, 200, 0.8f, seed, &err);
 *     teller_questions(t, 200, seed, &err);
 *     teller_close(t);
 *
 * A story is right when the grammar accepts it whole, to its end.  An answer
 * is right when it is the true one to the letter, told by the likeliest token
 * at each place, and ends there.  Both print a line to standard output.
 */
#ifndef VIZ_CLI_WORLD_TELLER_H
#define VIZ_CLI_WORLD_TELLER_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/world/world.h"

typedef struct Teller Teller;

/* NULL and err on failure; what is passed in is borrowed. */
Teller *teller_open(const Model *m, const Tokenizer *t, const World *w,
                    Err *err);
void teller_close(Teller *t); /* NULL is fine */

/* n stories, drawn at the temperature. */
bool teller_stories(Teller *t, int n, float temperature, uint64_t seed,
                    Err *err);

/* n questions about held-out stories. */
bool teller_questions(Teller *t, int n, uint64_t seed, Err *err);

#endif
