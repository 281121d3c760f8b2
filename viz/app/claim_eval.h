/* Claims on a trace: what a lesson says about the model, looked up.
 *
 *     double found;
 *     if (claim_eval(&claim, trace, tokenizer, &found, &err) &&
 *         claim_compare(claim.op, found, claim.value)) ... it holds
 *
 * Positions given as text are the last token whose piece is that text, with or
 * without its leading space; control tokens are called <s> and </s>.  A token
 * of the vocabulary given as text must be exactly one piece.
 *
 * Does NOT compare, and runs nothing: the trace holds the sequence already.
 */
#ifndef VIZ_APP_CLAIM_EVAL_H
#define VIZ_APP_CLAIM_EVAL_H

#include "engine/tokenizer/tokenizer.h"
#include "engine/trace/trace.h"
#include "lessons/claim.h"

/* The left side's value.  The trace holds at least one position.  Errors say
 * what the model or the sequence does not have:
 * 'token "cat" is not in the sequence'. */
bool claim_eval(const Claim *c, const Trace *t, const Tokenizer *tok,
                double *value, Err *err);

#endif
