/* Reading claims: one table says which function takes which arguments. */
#include "lessons/claim.h"

#include "lessons/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CLAIM_NUMBER_MAX 1e9 /* of a layer, a position, an id */

typedef enum ParamKind {
    PARAM_COUNT, /* a whole number from 0 */
    PARAM_TEXT,
    PARAM_EITHER, /* a position or a token: whole number or text */
} ParamKind;

typedef struct Param {
    const char *name;
    ParamKind kind;
    bool optional;
} Param;

typedef struct FnInfo {
    const char *name;
    Param params[CLAIM_ARGS_MAX]; /* ends at the first without a name */
} FnInfo;

/* clang-format off */
static const FnInfo fns[CLAIM_FNS] = {
    [CLAIM_ATTN] = {"attn", {{"layer", PARAM_COUNT, false},
                             {"head", PARAM_COUNT, false},
                             {"from", PARAM_EITHER, false},
                             {"to", PARAM_EITHER, false}}},
    [CLAIM_PROB] = {"prob", {{"token", PARAM_EITHER, false},
                             {"at", PARAM_EITHER, true}}},
    [CLAIM_RANK] = {"rank", {{"token", PARAM_EITHER, false},
                             {"at", PARAM_EITHER, true}}},
    [CLAIM_LOGIT] = {"logit", {{"token", PARAM_EITHER, false},
                               {"at", PARAM_EITHER, true}}},
    [CLAIM_NORM] = {"norm", {{"site", PARAM_TEXT, false},
                             {"layer", PARAM_COUNT, false},
                             {"at", PARAM_EITHER, true}}},
    [CLAIM_ACT] = {"act", {{"site", PARAM_TEXT, false},
                           {"layer", PARAM_COUNT, false},
                           {"index", PARAM_COUNT, false},
                           {"at", PARAM_EITHER, true}}},
    [CLAIM_ENTROPY] = {"entropy", {{"layer", PARAM_COUNT, true},
                                   {"head", PARAM_COUNT, true},
                                   {"at", PARAM_EITHER, true}}},
    [CLAIM_TOKENS] = {"tokens", {{NULL, PARAM_COUNT, false}}},
};
/* clang-format on */

static const char *const ops[CLAIM_OPS] = {
    [CLAIM_LT] = "<",  [CLAIM_LE] = "<=", [CLAIM_GT] = ">",
    [CLAIM_GE] = ">=", [CLAIM_EQ] = "==", [CLAIM_NE] = "!=",
};

const char *claim_fn_name(ClaimFn fn) {
    return fns[fn].name;
}

bool claim_compare(ClaimOp op, double left, double right) {
    switch (op) {
    case CLAIM_LT:
        return left < right;
    case CLAIM_LE:
        return left <= right;
    case CLAIM_GT:
        return left > right;
    case CLAIM_GE:
        return left >= right;
    case CLAIM_EQ:
        return left == right;
    case CLAIM_NE:
        return left != right;
    case CLAIM_OPS:
        break;
    }
    return false;
}

const ClaimArg *claim_arg(const Claim *c, const char *name) {
    for (int i = 0; i < c->n_args; i++)
        if (strcmp(c->args[i].name, name) == 0) return &c->args[i];
    return NULL;
}

/* ---- reading ------------------------------------------------------------ */

static bool same(const char *name, const char *text, size_t n) {
    return strlen(name) == n && memcmp(name, text, n) == 0;
}

static bool read_fn(Scan *sc, ClaimFn *out, Err *err) {
    const char *name;
    size_t n = scan_name(sc, &name);
    for (int f = 0; f < CLAIM_FNS; f++)
        if (same(fns[f].name, name, n)) {
            *out = (ClaimFn)f;
            return true;
        }
    char list[128] = "";
    size_t used = 0;
    for (int f = 0; f < CLAIM_FNS && used < sizeof list; f++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 fns[f].name);
    return err_set(err, ERR_USAGE, sc->pos - n,
                   "claim: unknown function \"%.*s\"; functions are%s",
                   n < 24 ? (int)n : 24, name, list);
}

/* "layer, head [, at]", for messages. */
static void list_params(ClaimFn fn, char *out, size_t size) {
    size_t used = 0;
    const Param *p = fns[fn].params;
    snprintf(out, size, "no arguments");
    for (int i = 0; i < CLAIM_ARGS_MAX && p[i].name && used < size; i++)
        used += (size_t)snprintf(out + used, size - used,
                                 p[i].optional ? "%s[%s]" : "%s%s",
                                 i ? ", " : "", p[i].name);
}

static const Param *find_param(ClaimFn fn, const char *name, size_t n) {
    const Param *p = fns[fn].params;
    for (int i = 0; i < CLAIM_ARGS_MAX && p[i].name; i++)
        if (same(p[i].name, name, n)) return &p[i];
    return NULL;
}

/* The characters that may belong to a number under the cursor. */
static bool read_number(Scan *sc, double *out) {
    size_t from = sc->pos;
    while (sc->pos < sc->n && strchr("0123456789+-.eE", sc->text[sc->pos]) &&
           sc->text[sc->pos])
        sc->pos++;
    return scan_number(sc->text + from, sc->pos - from, out);
}

static bool read_value(Scan *sc, const Param *p, ClaimArg *arg, Err *err) {
    static const char *const need[] = {
        [PARAM_COUNT] = "a whole number from 0",
        [PARAM_TEXT] = "a text in quotes",
        [PARAM_EITHER] = "a whole number from 0 or a text in quotes",
    };
    size_t at = sc->pos, len = 0;
    arg->is_text = scan_peek(sc) == '"';
    if (arg->is_text && p->kind != PARAM_COUNT)
        return scan_quoted(sc, arg->text, sizeof arg->text, &len, err);
    if (!arg->is_text && p->kind != PARAM_TEXT &&
        read_number(sc, &arg->number) && arg->number >= 0 &&
        arg->number <= CLAIM_NUMBER_MAX && arg->number == floor(arg->number))
        return true;
    return err_set(err, ERR_USAGE, at, "claim: %s: need %s", p->name,
                   need[p->kind]);
}

/* One NAME=VALUE. */
static bool read_arg(Scan *sc, Claim *c, Err *err) {
    const char *name, *fn = claim_fn_name(c->fn);
    size_t at = sc->pos;
    size_t n = scan_name(sc, &name);
    int shown = n < 24 ? (int)n : 24;
    if (n == 0)
        return err_set(err, ERR_USAGE, at,
                       "claim: %s: need NAME=VALUE arguments", fn);
    const Param *p = find_param(c->fn, name, n);
    if (!p) {
        char list[96];
        list_params(c->fn, list, sizeof list);
        return err_set(err, ERR_USAGE, at,
                       "claim: %s: unknown argument \"%.*s\"; it takes %s", fn,
                       shown, name, list);
    }
    if (claim_arg(c, p->name))
        return err_set(err, ERR_USAGE, at, "claim: %s: \"%s\" is given twice",
                       fn, p->name);
    scan_blanks(sc);
    if (!scan_take(sc, '='))
        return err_set(err, ERR_USAGE, sc->pos, "claim: %s: need = after %s",
                       fn, p->name);
    scan_blanks(sc);
    ClaimArg *arg = &c->args[c->n_args];
    snprintf(arg->name, sizeof arg->name, "%s", p->name);
    if (!read_value(sc, p, arg, err)) return false;
    c->n_args++;
    return true;
}

static bool read_args(Scan *sc, Claim *c, Err *err) {
    scan_blanks(sc);
    if (!scan_take(sc, '('))
        return err_set(err, ERR_USAGE, sc->pos, "claim: %s: need (",
                       claim_fn_name(c->fn));
    scan_blanks(sc);
    if (scan_take(sc, ')')) return true;
    for (;;) {
        scan_blanks(sc);
        if (!read_arg(sc, c, err)) return false;
        scan_blanks(sc);
        if (scan_take(sc, ')')) return true;
        if (!scan_take(sc, ','))
            return err_set(err, ERR_USAGE, sc->pos,
                           "claim: %s: need , or ) after an argument",
                           claim_fn_name(c->fn));
    }
}

static bool check_args(const Claim *c, size_t at, Err *err) {
    const Param *p = fns[c->fn].params;
    for (int i = 0; i < CLAIM_ARGS_MAX && p[i].name; i++)
        if (!p[i].optional && !claim_arg(c, p[i].name))
            return err_set(err, ERR_USAGE, at, "claim: %s: %s is missing",
                           claim_fn_name(c->fn), p[i].name);
    /* A head's entropy needs both numbers; a token's needs neither. */
    if (c->fn == CLAIM_ENTROPY &&
        !claim_arg(c, "layer") != !claim_arg(c, "head"))
        return err_set(err, ERR_USAGE, at,
                       "claim: entropy: layer and head go together");
    return true;
}

/* Two characters before one, so that <= is not read as <. */
static bool read_op(Scan *sc, ClaimOp *out, Err *err) {
    scan_blanks(sc);
    for (size_t len = 2; len >= 1; len--)
        for (int o = 0; o < CLAIM_OPS; o++)
            if (sc->n - sc->pos >= len &&
                same(ops[o], sc->text + sc->pos, len)) {
                sc->pos += len;
                *out = (ClaimOp)o;
                return true;
            }
    return err_set(err, ERR_USAGE, sc->pos,
                   "claim: need a comparison: < <= > >= == !=");
}

bool claim_parse(Claim *c, const char *text, size_t n, Err *err) {
    Scan sc = scan_init(text, n, "claim");
    *c = (Claim){0};
    scan_blanks(&sc);
    if (!read_fn(&sc, &c->fn, err) || !read_args(&sc, c, err) ||
        !check_args(c, sc.pos, err) || !read_op(&sc, &c->op, err))
        return false;
    scan_blanks(&sc);
    size_t at = sc.pos;
    if (!read_number(&sc, &c->value))
        return err_set(err, ERR_USAGE, at,
                       "claim: need a number after the comparison");
    scan_blanks(&sc);
    if (sc.pos < sc.n)
        return err_set(err, ERR_USAGE, sc.pos,
                       "claim: found more text after the number");
    return true;
}
