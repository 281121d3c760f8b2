/* Reading claims: recursive descent, no deeper than CLAIM_DEPTH_MAX. */
#include "lessons/claim.h"

#include "lessons/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct Parser {
    Scan sc;
    Claim *c;
    int depth;
    Err *err;
} Parser;

static const char *const ops[CLAIM_OPS] = {
    [CLAIM_LT] = "<",  [CLAIM_LE] = "<=", [CLAIM_GT] = ">",
    [CLAIM_GE] = ">=", [CLAIM_EQ] = "==", [CLAIM_NE] = "!=",
};

const char *claim_op_text(ClaimOp op) {
    return ops[op];
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

bool claim_holds(const Claim *c, double left, double right, double within) {
    if (c->within < 0) return claim_compare(c->op, left, right);
    const double most = c->is_relative ? within / 100 * fabs(right) : within;
    return (fabs(left - right) <= most) == (c->op == CLAIM_EQ);
}

const ClaimArg *claim_arg(const Claim *c, const ClaimNode *call,
                          const char *name) {
    for (int i = call->a; i < call->a + call->b; i++)
        if (strcmp(c->args[i].name, name) == 0) return &c->args[i];
    return NULL;
}

const char *claim_text(const Claim *c, const ClaimArg *arg) {
    return c->texts + arg->at;
}

/* ---- nodes --------------------------------------------------------------- */

static bool same(const char *name, const char *text, size_t n) {
    return strlen(name) == n && memcmp(name, text, n) == 0;
}

static bool too_large(const Parser *p, const char *what, int most) {
    return err_set(p->err, ERR_LIMIT, p->sc.pos, "claim: more than %d %s", most,
                   what);
}

/* The new node's number in *at. */
static bool add(Parser *p, ClaimNode node, int *at) {
    if (p->c->n_nodes == CLAIM_NODES_MAX)
        return too_large(p, "numbers, functions and operators",
                         CLAIM_NODES_MAX);
    *at = p->c->n_nodes++;
    p->c->nodes[*at] = node;
    return true;
}

static bool read_sum(Parser *p, int *at);

/* One level deeper, in parentheses or a function. */
static bool read_inner(Parser *p, int *at) {
    if (p->depth == CLAIM_DEPTH_MAX)
        return too_large(p, "parentheses and functions in each other",
                         CLAIM_DEPTH_MAX);
    p->depth++;
    const bool ok = read_sum(p, at);
    p->depth--;
    return ok;
}

static bool skip_to(Parser *p, char c) {
    scan_blanks(&p->sc);
    return scan_take(&p->sc, c);
}

/* ---- functions ----------------------------------------------------------- */

static bool refuse_name(const Parser *p, const char *name, size_t n) {
    char list[224] = "";
    size_t used = 0;
    for (int f = 0; f < CLAIM_FNS && used < sizeof list; f++)
        used += (size_t)snprintf(list + used, sizeof list - used, " %s",
                                 claim_fn((ClaimFn)f)->name);
    return err_set(p->err, ERR_USAGE, p->sc.pos - n,
                   "claim: unknown function \"%.*s\"; functions are%s",
                   n < 24 ? (int)n : 24, name, list);
}

static const ClaimParam *find_param(const ClaimFnInfo *fn, const char *name,
                                    size_t n) {
    for (const ClaimParam *q = fn->params; q->name; q++)
        if (q->kind != CLAIM_PARAM_EXPRESSION && same(q->name, name, n))
            return q;
    return NULL;
}

/* The characters that may belong to a number under the cursor. */
static bool take_number(Scan *sc, bool may_be_signed, double *out) {
    const size_t from = sc->pos;
    if (may_be_signed && !scan_take(sc, '-')) scan_take(sc, '+');
    while (scan_peek(sc) && strchr("0123456789.", scan_peek(sc)))
        sc->pos++;
    if (sc->pos > from && (scan_take(sc, 'e') || scan_take(sc, 'E'))) {
        if (!scan_take(sc, '-')) scan_take(sc, '+');
        while (scan_peek(sc) && strchr("0123456789", scan_peek(sc)))
            sc->pos++;
    }
    return scan_number(sc->text + from, sc->pos - from, out);
}

static bool refuse_value(const Parser *p, const ClaimParam *q, size_t at) {
    static const char *const need[] = {
        [CLAIM_PARAM_COUNT] = "a whole number",
        [CLAIM_PARAM_REAL] = "a number",
        [CLAIM_PARAM_TEXT] = "a text in quotes",
        [CLAIM_PARAM_PLACE] = "a text in quotes or a whole number",
        [CLAIM_PARAM_TOKEN] = "a text in quotes or a whole number",
    };
    if (q->kind == CLAIM_PARAM_WORD)
        return err_set(p->err, ERR_USAGE, at,
                       "claim: %s: need one of these in quotes: %s", q->name,
                       q->words);
    if (q->kind == CLAIM_PARAM_TEXT)
        return err_set(p->err, ERR_USAGE, at, "claim: %s: need %s", q->name,
                       need[q->kind]);
    if (q->most > 0)
        return err_set(p->err, ERR_USAGE, at,
                       "claim: %s: need %s from %g to %g", q->name,
                       need[q->kind], q->least, q->most);
    return err_set(p->err, ERR_USAGE, at, "claim: %s: need %s from %g", q->name,
                   need[q->kind], q->least);
}

static bool is_word_of(const char *words, const char *text) {
    const size_t n = strlen(text);
    for (const char *at = words; *at;) {
        const size_t len = strcspn(at, "|");
        if (len == n && memcmp(at, text, n) == 0) return true;
        at += len + (at[len] == '|');
    }
    return false;
}

static bool read_text(Parser *p, const ClaimParam *q, ClaimArg *arg) {
    char text[CLAIM_TEXT_MAX];
    const size_t from = p->sc.pos;
    size_t n = 0;
    if (q->kind == CLAIM_PARAM_COUNT || q->kind == CLAIM_PARAM_REAL)
        return refuse_value(p, q, from);
    if (!scan_quoted(&p->sc, text, sizeof text, &n, p->err)) return false;
    if (q->kind == CLAIM_PARAM_WORD && !is_word_of(q->words, text))
        return refuse_value(p, q, from);
    if ((size_t)p->c->n_text_bytes + n + 1 > CLAIM_TEXTS_MAX)
        return too_large(p, "bytes of texts", CLAIM_TEXTS_MAX);
    arg->kind = CLAIM_ARG_TEXT;
    arg->at = p->c->n_text_bytes;
    memcpy(p->c->texts + arg->at, text, n + 1);
    p->c->n_text_bytes += (int)n + 1;
    return true;
}

static bool read_value(Parser *p, const ClaimParam *q, ClaimArg *arg) {
    const size_t from = p->sc.pos;
    const double most = q->most > 0 ? q->most : CLAIM_COUNT_MAX;
    if (scan_peek(&p->sc) == '"') return read_text(p, q, arg);
    double v;
    if (q->kind == CLAIM_PARAM_TEXT || q->kind == CLAIM_PARAM_WORD ||
        !take_number(&p->sc, true, &v) || v < q->least || v > most ||
        (q->kind != CLAIM_PARAM_REAL && v != floor(v)))
        return refuse_value(p, q, from);
    arg->number = v + 0.0; /* no minus before a zero */
    return true;
}

/* One NAME=VALUE. */
static bool read_named(Parser *p, const ClaimFnInfo *fn, const ClaimNode *call,
                       ClaimArg *arg) {
    const char *name;
    const size_t at = p->sc.pos, n = scan_name(&p->sc, &name);
    if (n == 0)
        return err_set(p->err, ERR_USAGE, at,
                       "claim: %s: need NAME=VALUE arguments", fn->name);
    const ClaimParam *q = find_param(fn, name, n);
    if (!q) {
        char takes[160];
        claim_fn_takes(call->fn, takes, sizeof takes);
        return err_set(p->err, ERR_USAGE, at,
                       "claim: %s: unknown argument \"%.*s\"; it takes %s",
                       fn->name, n < 24 ? (int)n : 24, name,
                       takes[0] ? takes : "no arguments");
    }
    if (claim_arg(p->c, call, q->name))
        return err_set(p->err, ERR_USAGE, at,
                       "claim: %s: \"%s\" is given twice", fn->name, q->name);
    if (!skip_to(p, '='))
        return err_set(p->err, ERR_USAGE, p->sc.pos,
                       "claim: %s: need = after %s", fn->name, q->name);
    scan_blanks(&p->sc);
    arg->name = q->name;
    return read_value(p, q, arg);
}

/* The arguments up to the parenthesis.  An inner function's arguments must not
 * come between those of its outer one: these are put down at the end. */
static bool read_args(Parser *p, ClaimNode *call) {
    const ClaimFnInfo *fn = claim_fn(call->fn);
    const ClaimParam *q = fn->params;
    ClaimArg first = {.name = q->name, .kind = CLAIM_ARG_EXPRESSION};
    const bool has_first = q->name && q->kind == CLAIM_PARAM_EXPRESSION;
    if (has_first && !read_inner(p, &first.at)) return false;
    call->a = p->c->n_args;
    for (bool more = false;; more = true) {
        ClaimArg arg = first;
        const bool is_first = has_first && !more;
        scan_blanks(&p->sc);
        if (!more && !has_first && scan_take(&p->sc, ')')) return true;
        if (!is_first) {
            arg = (ClaimArg){0};
            if (!read_named(p, fn, call, &arg)) return false;
        }
        if (p->c->n_args == CLAIM_ARGS_MAX)
            return too_large(p, "arguments", CLAIM_ARGS_MAX);
        p->c->args[p->c->n_args++] = arg;
        call->b++;
        if (skip_to(p, ')')) return true;
        if (!scan_take(&p->sc, ','))
            return err_set(p->err, ERR_USAGE, p->sc.pos,
                           "claim: %s: need , or ) after an argument",
                           fn->name);
    }
}

/* How many of the words, parted by spaces, are arguments of the call; *n: of
 * how many. */
static int count_given(const Parser *p, const ClaimNode *call,
                       const char *words, int *n) {
    int given = 0;
    for (*n = 0; *words; ++*n) {
        const size_t len = strcspn(words, " ");
        const ClaimParam *q = find_param(claim_fn(call->fn), words, len);
        given += q && claim_arg(p->c, call, q->name);
        words += len + (words[len] == ' ');
    }
    return given;
}

static bool check_sets(const Parser *p, const ClaimNode *call) {
    const ClaimFnInfo *fn = claim_fn(call->fn);
    int whole = 0;
    for (int i = 0; i < 2 && fn->together[i]; i++) {
        int n;
        const int given = count_given(p, call, fn->together[i], &n);
        if (given > 0 && given < n)
            return err_set(p->err, ERR_USAGE, p->sc.pos,
                           "claim: %s: these go together: %s", fn->name,
                           fn->together[i]);
        whole += given > 0;
    }
    if (fn->either && whole != 1)
        return err_set(p->err, ERR_USAGE, p->sc.pos,
                       "claim: %s: need either %s or %s", fn->name,
                       fn->together[0], fn->together[1]);
    return true;
}

static bool check_args(const Parser *p, const ClaimNode *call) {
    const ClaimFnInfo *fn = claim_fn(call->fn);
    for (const ClaimParam *q = fn->params; q->name; q++)
        if (!q->optional && !claim_arg(p->c, call, q->name))
            return err_set(p->err, ERR_USAGE, p->sc.pos,
                           "claim: %s: %s is missing", fn->name, q->name);
    return check_sets(p, call);
}

static bool read_call(Parser *p, int *at) {
    const char *name;
    const size_t n = scan_name(&p->sc, &name);
    int f = 0;
    while (f < CLAIM_FNS && !same(claim_fn((ClaimFn)f)->name, name, n))
        f++;
    if (f == CLAIM_FNS) return refuse_name(p, name, n);
    ClaimNode call = {.kind = CLAIM_CALL, .fn = (ClaimFn)f};
    if (!skip_to(p, '('))
        return err_set(p->err, ERR_USAGE, p->sc.pos, "claim: %s: need (",
                       claim_fn(call.fn)->name);
    scan_blanks(&p->sc);
    return read_args(p, &call) && check_args(p, &call) && add(p, call, at);
}

/* ---- arithmetic ---------------------------------------------------------- */

/* A number, a function, or something in parentheses. */
static bool read_single(Parser *p, int *at) {
    scan_blanks(&p->sc);
    const size_t from = p->sc.pos;
    const char c = scan_peek(&p->sc);
    if (scan_take(&p->sc, '(')) {
        if (!read_inner(p, at)) return false;
        if (skip_to(p, ')')) return true;
        return err_set(p->err, ERR_USAGE, p->sc.pos,
                       "claim: need ) for the ( at byte %zu", from);
    }
    if (c && strchr("0123456789.", c)) {
        ClaimNode node = {.kind = CLAIM_NUMBER};
        if (take_number(&p->sc, false, &node.number)) return add(p, node, at);
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        return read_call(p, at);
    }
    if (p->c->n_nodes == 0 && p->sc.pos >= p->sc.n)
        return refuse_name(p, "", 0);
    return err_set(p->err, ERR_USAGE, from,
                   "claim: need a number, ( or a function");
}

static bool read_factor(Parser *p, int *at) {
    int n_signs = 0;
    for (;; n_signs++) {
        scan_blanks(&p->sc);
        if (!scan_take(&p->sc, '-')) break;
        if (n_signs == CLAIM_DEPTH_MAX)
            return too_large(p, "minus signs in a row", CLAIM_DEPTH_MAX);
    }
    if (!read_single(p, at)) return false;
    for (; n_signs > 0; n_signs--)
        if (!add(p, (ClaimNode){.kind = CLAIM_NEGATIVE, .a = *at}, at))
            return false;
    return true;
}

/* Operators of one precedence, from left to right. */
static bool read_chain(Parser *p, bool (*operand)(Parser *, int *),
                       const char signs[2], ClaimKind first, int *at) {
    if (!operand(p, at)) return false;
    for (;;) {
        ClaimNode node = {.a = *at};
        if (skip_to(p, signs[0]))
            node.kind = first;
        else if (scan_take(&p->sc, signs[1]))
            node.kind = first + 1;
        else
            return true;
        if (!operand(p, &node.b) || !add(p, node, at)) return false;
    }
}

static bool read_product(Parser *p, int *at) {
    return read_chain(p, read_factor, "*/", CLAIM_TIMES, at);
}

static bool read_sum(Parser *p, int *at) {
    return read_chain(p, read_product, "+-", CLAIM_PLUS, at);
}

/* ---- claims -------------------------------------------------------------- */

/* Two characters before one, so that <= is not read as <. */
static bool read_op(Parser *p) {
    Scan *sc = &p->sc;
    scan_blanks(sc);
    for (size_t len = 2; len >= 1; len--)
        for (int o = 0; o < CLAIM_OPS; o++)
            if (sc->n - sc->pos >= len &&
                same(ops[o], sc->text + sc->pos, len)) {
                sc->pos += len;
                p->c->op = (ClaimOp)o;
                return true;
            }
    return err_set(p->err, ERR_USAGE, sc->pos,
                   "claim: need a comparison: < <= > >= == !=");
}

/* False: it is another number than this, or none that is written down. */
static bool is_written(const Claim *c, int at, double *value) {
    const ClaimNode *node = &c->nodes[at];
    double inner;
    if (node->kind == CLAIM_NEGATIVE && is_written(c, node->a, &inner)) {
        *value = -inner;
        return true;
    }
    *value = node->number;
    return node->kind == CLAIM_NUMBER;
}

/* Nothing, or how far both sides may be apart. */
static bool read_within(Parser *p) {
    const char *name;
    scan_blanks(&p->sc);
    const size_t at = p->sc.pos, n = scan_name(&p->sc, &name);
    p->c->within = -1;
    if (!same("within", name, n)) {
        p->sc.pos = at;
        return true;
    }
    if (p->c->op != CLAIM_EQ && p->c->op != CLAIM_NE)
        return err_set(p->err, ERR_USAGE, at,
                       "claim: within: need == or != before it");
    scan_blanks(&p->sc);
    const size_t from = p->sc.pos;
    double value;
    if (!read_sum(p, &p->c->within)) return false;
    if (is_written(p->c, p->c->within, &value) && value < 0)
        return err_set(p->err, ERR_USAGE, from,
                       "claim: within: found %.9g, need 0 or more", value);
    p->c->is_relative = skip_to(p, '%');
    return true;
}

bool claim_parse(Claim *c, const char *text, size_t n, Err *err) {
    Parser p = {.sc = scan_init(text, n, "claim"), .c = c, .err = err};
    *c = (Claim){0};
    if (!read_sum(&p, &c->left) || !read_op(&p) || !read_sum(&p, &c->right) ||
        !read_within(&p))
        return false;
    scan_blanks(&p.sc);
    if (p.sc.pos < p.sc.n)
        return err_set(err, ERR_USAGE, p.sc.pos,
                       "claim: found more text after the claim");
    return true;
}
