/* Claims as text again, and compared. */
#include "lessons/claim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where it goes; n grows beyond size. */
typedef struct Out {
    const Claim *c;
    char *text;
    size_t size, n;
} Out;

static void put(Out *o, const char *text) {
    const size_t len = strlen(text);
    if (o->n < o->size) {
        const size_t room = o->size - 1 - o->n;
        memcpy(o->text + o->n, text, len < room ? len : room);
    }
    o->n += len;
}

/* As short as reads back the same. */
static void put_number(Out *o, double v) {
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    put(o, text);
}

static void put_text(Out *o, const char *text) {
    put(o, "\"");
    for (; *text; text++) {
        char one[8] = {*text};
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            snprintf(one, sizeof one, "\\%c", c);
        else if (c == '\n')
            snprintf(one, sizeof one, "\\n");
        else if (c == '\t')
            snprintf(one, sizeof one, "\\t");
        else if (c < 0x20 || c == 0x7F || c == '>') /* never "-->" */
            snprintf(one, sizeof one, "\\x%02x", c);
        put(o, one);
    }
    put(o, "\"");
}

/* How tightly a node holds its operands together. */
static int binding(const ClaimNode *n) {
    switch (n->kind) {
    case CLAIM_PLUS:
    case CLAIM_MINUS:
        return 1;
    case CLAIM_TIMES:
    case CLAIM_OVER:
        return 2;
    case CLAIM_NEGATIVE:
        return 3;
    default:
        return 4;
    }
}

static void put_node(Out *o, int at, int least);

static void put_call(Out *o, const ClaimNode *call) {
    put(o, claim_fn(call->fn)->name);
    put(o, "(");
    for (int i = call->a; i < call->a + call->b; i++) {
        const ClaimArg *arg = &o->c->args[i];
        if (i > call->a) put(o, ", ");
        if (arg->kind == CLAIM_ARG_EXPRESSION) {
            put_node(o, arg->at, 0);
            continue;
        }
        put(o, arg->name);
        put(o, "=");
        if (arg->kind == CLAIM_ARG_TEXT)
            put_text(o, claim_text(o->c, arg));
        else
            put_number(o, arg->number);
    }
    put(o, ")");
}

static void put_operation(Out *o, const ClaimNode *n) {
    static const char *const signs[CLAIM_KINDS] = {[CLAIM_PLUS] = " + ",
                                                   [CLAIM_MINUS] = " - ",
                                                   [CLAIM_TIMES] = " * ",
                                                   [CLAIM_OVER] = " / "};
    const int own = binding(n);
    put_node(o, n->a, own);
    put(o, signs[n->kind]);
    put_node(o, n->b, own + 1); /* from left to right */
}

/* In parentheses where it binds less than it has to. */
static void put_node(Out *o, int at, int least) {
    const ClaimNode *n = &o->c->nodes[at];
    const bool enclosed = binding(n) < least;
    if (enclosed) put(o, "(");
    if (n->kind == CLAIM_NUMBER) {
        put_number(o, n->number);
    } else if (n->kind == CLAIM_CALL) {
        put_call(o, n);
    } else if (n->kind == CLAIM_NEGATIVE) {
        put(o, "-");
        put_node(o, n->a, 3);
    } else {
        put_operation(o, n);
    }
    if (enclosed) put(o, ")");
}

size_t claim_format(const Claim *c, char *out, size_t size) {
    Out o = {.c = c, .text = out, .size = size};
    put_node(&o, c->left, 0);
    put(&o, " ");
    put(&o, claim_op_text(c->op));
    put(&o, " ");
    put_node(&o, c->right, 0);
    if (c->within >= 0) {
        put(&o, " within ");
        put_node(&o, c->within, 0);
        if (c->is_relative) put(&o, " %");
    }
    if (size > 0) out[o.n < size ? o.n : size - 1] = '\0';
    return o.n;
}

/* ---- comparing ----------------------------------------------------------- */

static bool same_node(const Claim *a, int at, const Claim *b, int other);

static bool same_arg(const Claim *a, const ClaimArg *x, const Claim *b,
                     const ClaimArg *y) {
    if (x->kind != y->kind || strcmp(x->name, y->name) != 0) return false;
    if (x->kind == CLAIM_ARG_EXPRESSION) return same_node(a, x->at, b, y->at);
    if (x->kind == CLAIM_ARG_TEXT)
        return strcmp(claim_text(a, x), claim_text(b, y)) == 0;
    return x->number == y->number;
}

static bool same_call(const Claim *a, const ClaimNode *x, const Claim *b,
                      const ClaimNode *y) {
    bool same = x->fn == y->fn && x->b == y->b;
    for (int i = 0; same && i < x->b; i++)
        same = same_arg(a, &a->args[x->a + i], b, &b->args[y->a + i]);
    return same;
}

static bool same_node(const Claim *a, int at, const Claim *b, int other) {
    const ClaimNode *x = &a->nodes[at], *y = &b->nodes[other];
    if (x->kind != y->kind) return false;
    if (x->kind == CLAIM_NUMBER) return x->number == y->number;
    if (x->kind == CLAIM_CALL) return same_call(a, x, b, y);
    return same_node(a, x->a, b, y->a) &&
           (x->kind == CLAIM_NEGATIVE || same_node(a, x->b, b, y->b));
}

bool claim_equal(const Claim *a, const Claim *b) {
    return a->op == b->op && a->is_relative == b->is_relative &&
           (a->within < 0) == (b->within < 0) &&
           same_node(a, a->left, b, b->left) &&
           same_node(a, a->right, b, b->right) &&
           (a->within < 0 || same_node(a, a->within, b, b->within));
}
