/* Claims on a run: what a lesson says about the model, looked up.
 *
 *     ClaimEval *e = claim_eval_open(0, NULL, &err);
 *     ClaimCase at = {.trace = t, .tokenizer = tok, .state = s};
 *     ClaimFound found;
 *     if (claim_eval(e, &claim, &at, &found, &err) && found.holds) ...
 *     claim_eval_close(e);
 *
 * Positions given as text are the last token whose piece is that text, with or
 * without its leading space; control tokens are called <s> and </s>.  A token
 * of the vocabulary given as text must be exactly one piece.
 *
 * Every number is the one that views show: it is asked of a study
 * (engine/study), or read from the trace.
 *
 * Does NOT draw.  It works on the caller's thread, while nobody else reads or
 * feeds the traces.
 */
#ifndef VIZ_APP_CLAIM_EVAL_H
#define VIZ_APP_CLAIM_EVAL_H

#include "engine/tokenizer/tokenizer.h"
#include "engine/trace/trace.h"
#include "lessons/claim.h"
#include "lessons/state.h"

#define CLAIM_SECONDS_MAX 120 /* that one claim may take */

/* What a claim is about.  All borrowed. */
typedef struct ClaimCase {
    const Trace *trace; /* at least one position */
    const Tokenizer *tokenizer;
    const State *state; /* its prompt, and how tokens are drawn */
    /* The run that it is compared with; NULL: before() is an error. */
    const Trace *against;
    const State *against_state;
} ClaimCase;

/* What is worth keeping from claim to claim: the world, heads measured. */
typedef struct ClaimEval ClaimEval;

/* n_threads: for the runs that claims need beside the one they are about; 0:
 * one per core.  like: one that is open for longer and whose world is opened,
 * to read that instead of its own; NULL: none. */
ClaimEval *claim_eval_open(int n_threads, const ClaimEval *like, Err *err);
/* Opens the world, which a claim does when it needs it, for others to read. */
bool claim_eval_open_world(ClaimEval *e, Err *err);
void claim_eval_close(ClaimEval *e); /* NULL is fine */

typedef struct ClaimFound {
    bool holds;
    double left, right;
} ClaimFound;

/* Errors say what the model or the sequence does not have, 'token "cat" is not
 * in the sequence'; that a value is no number (a division by 0); or that it
 * took too long (ERR_LIMIT). */
bool claim_eval(ClaimEval *e, const Claim *c, const ClaimCase *at,
                ClaimFound *out, Err *err);

#endif
