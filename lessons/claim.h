/* Claim: a fact about the model, written in a lesson, checked by a command.
 *
 *     attn(layer=1, head=3, from="it", to="cat") > 0.5
 *     prob(token=" Mia") > 5 * before(prob(token=" Mia"))
 *     truth(token=" Mia") == 1/8 within 1e-9
 *
 * Two expressions and a comparison (< <= > >= == !=).  An expression is made
 * of numbers, functions, + - * / with their usual precedence, and parentheses.
 * Behind == and != may stand `within`: how far both sides may be apart, as an
 * expression, or as a number and % in parts of the right side.
 *
 * Every argument of a function is named, but for an expression, which comes
 * first and has no name.  Texts stand in double quotes with the escapes of
 * state strings.  claim_fns.c has a row for each function, and the README of
 * this folder the same as a table.
 *
 * This module parses and prints; viz/app/claim_eval.h evaluates.  A Claim is a
 * value of fixed size, whatever was read.
 */
#ifndef LESSONS_CLAIM_H
#define LESSONS_CLAIM_H

#include "engine/base/err.h"

/* What one claim holds at most. */
#define CLAIM_NODES_MAX   48   /* numbers, functions and operators */
#define CLAIM_ARGS_MAX    48   /* arguments of all functions together */
#define CLAIM_DEPTH_MAX   12   /* parentheses and functions in each other */
#define CLAIM_TEXT_MAX    64   /* bytes of a text, with its NUL */
#define CLAIM_TEXTS_MAX   512  /* bytes of all texts together */
#define CLAIM_FORMAT_MAX  8192 /* bytes that claim_format needs at most */
#define CLAIM_PROMPTS_MAX 256  /* prompts of a mean */
#define CLAIM_STORIES_MAX 1000 /* stories that a head's role is measured on */

/* The functions: a row of claim_fns.c for each. */
/* clang-format off */
#define CLAIM_LIST(X)                                                          \
    X(ATTN) X(PROB) X(RANK) X(LOGIT) X(NORM) X(ACT) X(ENTROPY) X(TOKENS)       \
    X(SCORE) X(RECEIVED) X(VALUED) X(ROLLOUT) X(LENS) X(WHY) X(DRAWN)          \
    X(PIECES) X(TRUTH) X(COS) X(PARAMS) X(BYTES) X(COST) X(CHECKSUM) X(ROLE)   \
    X(CUT) X(ADDED) X(SURPRISE) X(BEFORE) X(WITH) X(MEAN)
/* clang-format on */

#define CLAIM_ENUM(NAME) CLAIM_##NAME,
typedef enum ClaimFn { CLAIM_LIST(CLAIM_ENUM) CLAIM_FNS } ClaimFn;
#undef CLAIM_ENUM

typedef enum ClaimOp {
    CLAIM_LT,
    CLAIM_LE,
    CLAIM_GT,
    CLAIM_GE,
    CLAIM_EQ,
    CLAIM_NE,
    CLAIM_OPS
} ClaimOp;

typedef enum ClaimKind {
    CLAIM_NUMBER,   /* number */
    CLAIM_CALL,     /* fn, and its arguments from args[a], b of them */
    CLAIM_NEGATIVE, /* - node a */
    CLAIM_PLUS,     /* node a + node b, and so on */
    CLAIM_MINUS,
    CLAIM_TIMES,
    CLAIM_OVER,
    CLAIM_KINDS
} ClaimKind;

typedef struct ClaimNode {
    ClaimKind kind;
    ClaimFn fn;
    int a, b;
    double number;
} ClaimNode;

typedef enum ClaimArgKind {
    CLAIM_ARG_NUMBER,
    CLAIM_ARG_TEXT,      /* texts + at, NUL-terminated */
    CLAIM_ARG_EXPRESSION /* node at */
} ClaimArgKind;

typedef struct ClaimArg {
    const char *name; /* of a parameter, see claim_fn_params */
    ClaimArgKind kind;
    int at;
    double number;
} ClaimArg;

/* Nodes and arguments only refer to earlier nodes. */
typedef struct Claim {
    ClaimNode nodes[CLAIM_NODES_MAX];
    ClaimArg args[CLAIM_ARGS_MAX]; /* those of one function side by side */
    char texts[CLAIM_TEXTS_MAX];
    int n_nodes, n_args, n_text_bytes;
    int left, right, within; /* nodes; within -1: exactly */
    bool is_relative;        /* `within` is in hundredths of the right side */
    ClaimOp op;
} Claim;

/* Parses one claim of n bytes; unknown functions and arguments (with the list
 * of those there are), missing ones, values of another kind or out of range,
 * and trailing text are errors (ERR_USAGE) with err.pos = byte; what is larger
 * than the limits above is ERR_LIMIT.  On error *c is not to be used. */
bool claim_parse(Claim *c, const char *text, size_t n, Err *err);

/* Prints it so that claim_parse reads the same, with no more parentheses than
 * that needs; returns the length needed; out is NUL-terminated and cut when
 * size is too small (as snprintf). */
size_t claim_format(const Claim *c, char *out, size_t size);

/* The same expressions and comparison, however they were written. */
bool claim_equal(const Claim *a, const Claim *b);

/* An argument of a CLAIM_CALL by name, or NULL; and its text. */
const ClaimArg *claim_arg(const Claim *c, const ClaimNode *call,
                          const char *name);
const char *claim_text(const Claim *c, const ClaimArg *arg);

const char *claim_op_text(ClaimOp op);
bool claim_compare(ClaimOp op, double left, double right);
/* The comparison of c, `within` (a number, already worked out) included. */
bool claim_holds(const Claim *c, double left, double right, double within);

/* ---- what there is (claim_fns.c) ----------------------------------------- */

typedef enum ClaimParamKind {
    CLAIM_PARAM_COUNT,      /* a whole number, least to most */
    CLAIM_PARAM_REAL,       /* a number, least to most */
    CLAIM_PARAM_TEXT,       /* any text */
    CLAIM_PARAM_WORD,       /* a text that is one of `words` */
    CLAIM_PARAM_PLACE,      /* a position, or the text of a token */
    CLAIM_PARAM_TOKEN,      /* an id, or the text of a piece */
    CLAIM_PARAM_EXPRESSION, /* without a name, first */
} ClaimParamKind;

typedef struct ClaimParam {
    const char *name; /* NULL: there is none */
    ClaimParamKind kind;
    bool optional;
    double least, most; /* most 0: CLAIM_COUNT_MAX */
    const char *words;  /* "rank|prob" */
} ClaimParam;

#define CLAIM_PARAMS_MAX 8
#define CLAIM_COUNT_MAX  1e9 /* of a layer, a position, an id */

typedef struct ClaimFnInfo {
    const char *name, *help;
    ClaimParam params[CLAIM_PARAMS_MAX + 1]; /* up to the first without name */
    /* Parameters that go together, as words: all of them or none. */
    const char *together[2];
    bool either; /* exactly one of both sets is given */
} ClaimFnInfo;

const ClaimFnInfo *claim_fn(ClaimFn fn);
/* Its arguments: "token, [at]"; those in brackets may be left out. */
void claim_fn_takes(ClaimFn fn, char *out, size_t size);

#endif
