/* References: those of a story of the world (world_references), as tokens.
 *
 *     References *r = references_open(tokenizer, world, seq_len, &err);
 *     if (references_read(r, story.text, story.n, &err))
 *         for (int i = 0; i < references_n(r); i++) ...
 *     references_close(r);
 *
 * Does NOT run a model: viz/cli/world/judge.h holds one against them.
 */
#ifndef VIZ_APP_REFERENCES_H
#define VIZ_APP_REFERENCES_H

#include "engine/tokenizer/tokenizer.h"
#include "engine/world/world.h"

#define REFERENCES_TOKENS_MAX (WORLD_TEXT_MAX + 2) /* of one story, with BOS */

typedef struct References References;

/* For a model whose context holds seq_len tokens.  NULL and err on failure;
 * tokenizer and world are borrowed. */
References *references_open(const Tokenizer *t, const World *w, int seq_len,
                            Err *err);
void references_close(References *r); /* NULL is fine */

/* Reads a story of the world; what was read before is gone. */
bool references_read(References *r, const char *text, size_t n, Err *err);

int references_n(const References *r);
const WorldRef *references_at(const References *r, int i);
/* The first token that tells the true words from every rival's; 0: it is past
 * the context. */
int references_parting(const References *r, int i);
/* What it tells: who somebody is, who is meant, or something else. */
typedef enum ReferenceKind {
    REFERENCE_NAME,
    REFERENCE_PRONOUN,
    REFERENCE_THING,
    REFERENCE_KINDS
} ReferenceKind;
ReferenceKind references_kind(const WorldRef *ref);
const char *references_kind_name(ReferenceKind k); /* "names" */

/* The story's tokens. */
const int *references_tokens(const References *r);

/* [REFERENCES_TOKENS_MAX]: at position i the token that must come next because
 * it names a person named before; -1 elsewhere. */
const int *references_recall(const References *r);

/* The story up to the reference with `words` in its place, as tokens; borrowed
 * until the next call.  NULL and err on failure. */
const Encoding *references_encode(References *r, const char *story,
                                  const WorldRef *ref, const char *words,
                                  size_t n, Err *err);

#endif
