/* Cloze: does a model that predicts masked words put them back?
 *
 *     Cloze *c = cloze_open(model, tokenizer, world, &err);
 *     cloze_story(c, story.text, story.n, &err);   // ... any number
 *     cloze_print(c);
 *     cloze_close(c);
 *
 * Each name, pronoun and thing of a story (of a value of several words, "in the
 * box", the last one) is masked alone, all its tokens, and the rest of the
 * story is left: the model sees both sides, and so does the truth
 * (world_parse_between).  Where the rest leaves one word, the model restores it
 * when the likeliest token at each masked place is the right one.  Where it
 * leaves several, none is right: there, and at all others whose word is one
 * token, the model's distribution is held against the world's.
 * Source: Taylor 1953, "Cloze procedure"; Devlin et al. 2018, arXiv:1810.04805.
 */
#ifndef VIZ_CLI_WORLD_CLOZE_H
#define VIZ_CLI_WORLD_CLOZE_H

#include "engine/model/model.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/world/world.h"
#include "viz/app/references.h"

typedef struct Cloze Cloze;

/* NULL and err on failure: the model predicts no masked words, or its tokenizer
 * has no token for a mask.  What is passed in is borrowed. */
Cloze *cloze_open(const Model *m, const Tokenizer *t, const World *w, Err *err);
void cloze_close(Cloze *c); /* NULL is fine */

/* Every such word of one story of the world; a story that is longer than the
 * model's context is left out. */
bool cloze_story(Cloze *c, const char *text, size_t n, Err *err);

typedef struct ClozeCounts {
    int n_masked;                 /* words */
    int n_fixed[REFERENCE_KINDS]; /* of these: the rest leaves one word ... */
    int n_restored[REFERENCE_KINDS]; /* ... which the model says */
    long n_short;                    /* masked words of one token */
    double loss, entropy; /* nats, sums over these: the model's cross entropy
                             with the world's distribution among words of one
                             token, and that one's entropy */
} ClozeCounts;
ClozeCounts cloze_counts(const Cloze *c);

/* A line for each kind and what follows, to standard output. */
void cloze_print(const Cloze *c);

#endif
