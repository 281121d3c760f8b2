/* Truth: how likely a token truly is, in the world whose stories the embedded
 * model has read.
 *
 *     double p;
 *     if (truth_of(world, tokenizer, trace, pos, id, &p, &err)) ...
 *
 * The world tells the next words (world_next; `corpus --next` prints them); the
 * token's probability is that of all words whose pieces begin with it.  The end
 * of a story is the token that begins a text, as in training, and a newline.
 *
 * Does NOT know texts that no story begins with: that is an error.
 */
#ifndef VIZ_APP_TRUTH_H
#define VIZ_APP_TRUTH_H

#include "engine/study/study.h"
#include "engine/tokenizer/tokenizer.h"
#include "engine/trace/trace.h"
#include "engine/world/world.h"
#include "viz/app/roles.h"

/* Of token id after the tokens up to pos. */
bool truth_of(const World *w, const Tokenizer *tok, const Trace *t, int pos,
              int id, double *prob, Err *err);

/* All that may follow, for a study: a StudyTeller's ud.  The world is opened
 * when it is asked for first, on the thread that asks. */
typedef struct TruthTeller {
    World *world;   /* NULL: not opened yet, or it could not be */
    bool is_opened; /* it was tried */
    RolesKept roles;
} TruthTeller;
void truth_tell(void *teller, const Tokenizer *tok, const Trace *t, int pos,
                StudyTruth *out);
bool truth_roles(void *teller, const Tokenizer *tok, const Model *m,
                 SessionWatch watch, StudyRoles *out, Err *err);
void truth_close(TruthTeller *teller);

#endif
