/* Claims: what is read lies within its bounds, and is printed as something that
 * reads as the same. */
#include "lessons/claim.h"
#include "tests/fuzz/fuzz.h"

/* Refusals of these have no file; they name a place. */
static void refused(const Err *err, size_t n) {
    FUZZ_TRUE(err->code != ERR_NONE && err->msg[0]);
    FUZZ_TRUE(err->pos <= n);
    for (const char *p = err->msg; *p; p++)
        FUZZ_TRUE((unsigned char)*p >= 0x20 && *p != 0x7F);
}

/* Everything it refers to comes before it, and is there. */
static void try_node(const Claim *c, int at) {
    const ClaimNode *n = &c->nodes[at];
    if (n->kind == CLAIM_NUMBER) return;
    FUZZ_TRUE(n->kind < CLAIM_KINDS && n->a >= 0);
    if (n->kind != CLAIM_CALL) {
        FUZZ_TRUE(n->a < at);
        FUZZ_TRUE(n->kind == CLAIM_NEGATIVE || (n->b >= 0 && n->b < at));
        return;
    }
    FUZZ_TRUE(n->fn < CLAIM_FNS && n->b >= 0 && n->a + n->b <= c->n_args);
    for (int i = n->a; i < n->a + n->b; i++) {
        const ClaimArg *arg = &c->args[i];
        FUZZ_TRUE(claim_arg(c, n, arg->name) == arg);
        FUZZ_TRUE(arg->kind != CLAIM_ARG_EXPRESSION || arg->at < at);
        FUZZ_TRUE(arg->kind != CLAIM_ARG_TEXT ||
                  memchr(claim_text(c, arg), 0, CLAIM_TEXT_MAX) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data; /* need not end in a NUL */
    Err err = {0};
    Claim c, d;
    if (!claim_parse(&c, text, size, &err)) {
        refused(&err, size);
        return 0;
    }
    FUZZ_TRUE(c.left < c.n_nodes && c.right < c.n_nodes &&
              c.within < c.n_nodes && c.op < CLAIM_OPS);
    for (int i = 0; i < c.n_nodes; i++)
        try_node(&c, i);
    char out[CLAIM_FORMAT_MAX], again[CLAIM_FORMAT_MAX];
    FUZZ_TRUE(claim_format(&c, out, sizeof out) < sizeof out);
    FUZZ_TRUE(claim_parse(&d, out, strlen(out), NULL) && claim_equal(&c, &d));
    claim_format(&d, again, sizeof again);
    FUZZ_TRUE(strcmp(out, again) == 0 && !strstr(out, "-->"));
    return 0;
}
