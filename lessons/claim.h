/* Claim: a fact about the model, written in a lesson, checked by a command.
 *
 *     attn(layer=1, head=3, from="it", to="cat") > 0.5
 *     rank(token=" Lily") <= 3
 *
 * This module parses; viz/app/claim_eval.c evaluates on a trace.
 *
 * Functions (arguments in brackets may be left out):
 *   attn(layer, head, from, to)        attention weight, 0..1
 *   prob(token [, at])                 probability of the next token
 *                                      (temperature 1, nothing cut)
 *   rank(token [, at])                 its rank, 1 is the likeliest
 *   logit(token [, at])
 *   norm(site, layer [, at])           Euclidean length of a site's vector
 *   act(site, layer, index [, at])     one element of a site's vector
 *   entropy([at] | layer, head [, at]) bits: of the next token, or of a head
 *   tokens()                           how many tokens the sequence has
 * Every argument is named; texts stand in double quotes with the escapes of
 * state strings.  from, to and at name a position: a number, or the text of a
 * token (with or without its leading space; the last one that matches).  at
 * defaults to the last position.  token is an id, or a piece's exact text.
 * Comparisons: < <= > >= == !=.
 */
#ifndef LESSONS_CLAIM_H
#define LESSONS_CLAIM_H

#include "engine/base/err.h"

#define CLAIM_ARGS_MAX 6
#define CLAIM_TEXT_MAX 64

typedef enum ClaimFn {
    CLAIM_ATTN,
    CLAIM_PROB,
    CLAIM_RANK,
    CLAIM_LOGIT,
    CLAIM_NORM,
    CLAIM_ACT,
    CLAIM_ENTROPY,
    CLAIM_TOKENS,
    CLAIM_FNS
} ClaimFn;

typedef enum ClaimOp {
    CLAIM_LT,
    CLAIM_LE,
    CLAIM_GT,
    CLAIM_GE,
    CLAIM_EQ,
    CLAIM_NE,
    CLAIM_OPS
} ClaimOp;

typedef struct ClaimArg {
    char name[12];
    bool is_text;
    char text[CLAIM_TEXT_MAX];
    double number;
} ClaimArg;

typedef struct Claim {
    ClaimFn fn;
    ClaimArg args[CLAIM_ARGS_MAX];
    int n_args;
    ClaimOp op;
    double value;
} Claim;

/* Parses one claim of n bytes; unknown functions, arguments that a function
 * does not take, missing ones and trailing text are errors (ERR_USAGE) with
 * err.pos = byte.  On error *c is not to be used. */
bool claim_parse(Claim *c, const char *text, size_t n, Err *err);

/* An argument by name, or NULL. */
const ClaimArg *claim_arg(const Claim *c, const char *name);

const char *claim_fn_name(ClaimFn fn);
bool claim_compare(ClaimOp op, double left, double right);

#endif
