/* Formulas: what is read is a tree whose nodes come once, and it is set within
 * its limits. */
#include "engine/formula/formula.h"
#include "tests/fuzz/fuzz.h"

static void refused(const FormulaError *e, size_t n) {
    FUZZ_TRUE(e->what[0] && e->at >= 0 && (size_t)e->at <= n);
}

/* Every node below i, each seen once. */
static void walk(const FormulaTree *t, int i, uint8_t *seen, int depth) {
    for (; i >= 0; i = t->nodes[i].next) {
        FUZZ_TRUE(i < t->n && !seen[i] && depth <= 4 * FORMULA_DEPTH_MAX);
        const FormulaNode *n = &t->nodes[i];
        seen[i] = 1;
        FUZZ_TRUE(n->kind <= FORMULA_STYLE && n->atom < ATOM_COUNT);
        FUZZ_TRUE(n->len >= 0 && (n->len == 0 || n->text));
        FUZZ_TRUE(memchr(n->glyph, 0, sizeof n->glyph));
        FUZZ_TRUE(n->kind != FORMULA_FENCE || (n->size >= 0 && n->size <= 4));
        walk(t, n->a, seen, depth + 1);
        walk(t, n->b, seen, depth + 1);
        walk(t, n->c, seen, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    FormulaTree t;
    FormulaError e = {0};
    uint8_t seen[FORMULA_NODES_MAX] = {0};
    if (!formula_parse(&t, (const char *)data, size, &e)) {
        refused(&e, size);
        return 0;
    }
    walk(&t, t.root, seen, 0);
    return 0;
}
