/* Formulas: sources become the trees they mean; what is not known is refused
 * with its place, and nothing is too large or too deep to be refused. */
#include "engine/formula/formula.h"
#include "tests/support/test.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* ---- trees as texts ------------------------------------------------------ */

typedef struct Out {
    char text[2048];
} Out;

static void put(Out *o, const char *text, int n) {
    const size_t at = strlen(o->text);
    snprintf(o->text + at, sizeof o->text - at, "%.*s", n, text);
}

static void puts_of(Out *o, const char *text) {
    put(o, text, (int)strlen(text));
}

static void dump(const FormulaTree *t, int i, Out *o);

static void dump_args(const FormulaTree *t, const FormulaNode *n, Out *o) {
    const int args[] = {n->a, n->b, n->c};
    for (int i = 0; i < 3; i++) {
        puts_of(o, i ? "," : "(");
        if (args[i] >= 0) dump(t, args[i], o);
    }
    puts_of(o, ")");
}

/* Atoms by the letter of their class: x:o, +:b; lists in []. */
static void dump(const FormulaTree *t, int i, Out *o) {
    static const char *const classes[] = {"",   ":op", ":b", ":r",
                                          ":o", ":c",  ":p", ":i"};
    static const char *const kinds[] = {"",       "",     "",      "sp",
                                        "script", "frac", "root",  "fenced",
                                        "fence",  "mark", "table", "style"};
    const FormulaNode *n = &t->nodes[i];
    char text[48];
    if (n->kind == FORMULA_LIST) {
        puts_of(o, "[");
        for (int k = n->a; k >= 0; k = t->nodes[k].next) {
            if (k != n->a) puts_of(o, " ");
            dump(t, k, o);
        }
        puts_of(o, "]");
        puts_of(o, classes[n->atom]);
    } else if (n->kind == FORMULA_SYMBOL || n->kind == FORMULA_WORDS) {
        if (n->kind == FORMULA_SYMBOL)
            puts_of(o, n->glyph);
        else
            put(o, n->text, n->len);
        puts_of(o, classes[n->atom]);
    } else if (n->kind == FORMULA_SPACE) {
        snprintf(text, sizeof text, "sp%d", n->size);
        puts_of(o, text);
    } else if (n->kind == FORMULA_TABLE) {
        puts_of(o, "table{");
        for (int k = n->a; k >= 0; k = t->nodes[k].next) {
            dump(t, k, o);
            if (t->nodes[k].next >= 0)
                puts_of(o, t->nodes[k].ends_row ? ";" : "&");
        }
        puts_of(o, "}");
    } else {
        puts_of(o, kinds[n->kind]);
        if (n->left || n->right) {
            snprintf(text, sizeof text, "<%x %x>", (unsigned)n->left,
                     (unsigned)n->right);
            puts_of(o, text);
        }
        dump_args(t, n, o);
        puts_of(o, classes[n->atom]);
    }
}

typedef struct Case {
    const char *source, *want;
} Case;

static const Case cases[] = {
    {"", "[]"},
    {"x+1", "[x +:b 1]"},
    {" x \n+ 12.5 ", "[x +:b 12.5]"},
    {"1.", "[1 .]"},
    {"a-b", "[a −:b b]"},
    {"x_i^2", "[script(x,i,2)]"},
    {"x^2_i", "[script(x,i,2)]"},
    {"x_{ij}", "[script(x,[i j],)]"},
    {"x^12", "[script(x,,1) 2]"},
    {"f'", "[script(f,,[′])]"},
    {"f''^2", "[script(f,,[′ ′ 2])]"},
    {"{}_n C", "[script([],n,) C]"},
    {"^T", "[script(,,T)]"},
    {"\\frac12", "[frac(1,2,):i]"},
    {"\\frac{a}{b}", "[frac([a],[b],):i]"},
    {"\\sqrt[3]{x}", "[root([x],[3],)]"},
    {"\\sqrt x", "[root(x,,)]"},
    {"\\alpha\\le\\infty", "[α ≤:r ∞]"},
    {"≤", "[≤:r]"},
    {"\\sum_{i=1}^n", "[script(∑:op,[i =:r 1],n):op]"},
    {"\\log x", "[log:op x]"},
    {"\\text{if } x", "[[if ] x]"},
    {"\\text{a\\_b {c}}", "[[a _b  c]]"},
    {"\\mathrm{softmax}", "[[softmax]]"},
    {"\\operatorname{top-k}", "[[[top-k]]:op]"},
    {"\\mathbb{R}", "[[ℝ]]"},
    {"\\mathcal L", "[ℒ]"},
    {"\\left(x\\right]", "[fenced<28 5d>([x],,):i]"},
    {"\\left.x\\right|", "[fenced<0 7c>([x],,):i]"},
    {"\\binom nk", "[fenced<28 29>(frac(n,k,):i,,):i]"},
    {"\\begin{pmatrix}a&b\\\\c&d\\end{pmatrix}",
     "[fenced<28 29>(table{[a]&[b];[c]&[d]},,):i]"},
    {"\\begin{cases}0\\\\1\\\\\\end{cases}",
     "[fenced<7b 0>(table{[0];[1]},,):i]"},
    {"\\begin{array}{lr}a&b\\end{array}", "[table{[a]&[b]}]"},
    {"a&=b\\\\c&=d", "table{[a]&[=:r b];[c]&[=:r d]}"},
    {"a\\,b\\quad c~d\\!", "[a sp3 b sp18 c sp6 d sp-3]"},
    {"\\hat x", "[mark(x,,)]"},
    {"\\underbrace{x}_n", "[script(mark([x],,),n,)]"},
    {"\\overset{!}{=}", "[script([[=:r]],,[!:c])]"},
    {"a \\bmod n", "[a mod:b n]"},
    {"x \\not= y", "[x ≠:r y]"},
    {"\\lVert x\\rVert", "[‖:o x ‖:c]"},
    {"\\{a\\}", "[{:o a }:c]"},
    {"50\\%", "[50 %]"},
};

START_TEST(sources_become_trees) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static FormulaTree t; /* large */
        FormulaError e = {0};
        Out o = {""};
        const char *s = cases[i].source;
        ck_assert_msg(formula_parse(&t, s, strlen(s), &e), "%s: %d: %s", s,
                      e.at, e.what);
        dump(&t, t.root, &o);
        ck_assert_msg(strcmp(o.text, cases[i].want) == 0, "%s: %s", s, o.text);
    }
}
END_TEST

/* ---- refusals ------------------------------------------------------------ */

typedef struct Refused {
    const char *source;
    int at;
    const char *what;
} Refused;

static const Refused refused[] = {
    {"a \\foo b", 2, "\\foo is not known"},
    {"\\newcommand{\\R}{x}", 0, "\\newcommand is not known"},
    {"x + {a", 4, "{ is never closed"},
    {"a}", 1, "} without its {"},
    {"x^", 2, "^ lacks what it is of"},
    {"\\frac{a}", 8, "\\frac lacks what it is of"},
    {"x^a^b", 3, "a second ^ behind one base"},
    {"\\left(x", 0, "\\left without its \\right"},
    {"x\\right)", 1, "\\right without its beginning"},
    {"\\left x", 6, "expected a fence here: ( [ \\{ | \\langle ... or ."},
    {"\\begin{foo}\\end{foo}", 0, "the environment foo is not known"},
    {"\\begin{matrix}a", 0, "\\begin{matrix} without its \\end"},
    {"\\begin{matrix}a\\end{cases}", 15, "\\end of something else than matrix"},
    {"\\begin{array}{l|r}a\\end{array}", 15,
     "an array's columns are l, c and r"},
    {"{a&b}", 2, "& does not belong here, in {}"},
    {"a % b", 2, "% begins a comment: use \\%"},
    {"a\\", 1, "\\ at the end"},
    {"\\text{$x$}", 6, "a formula within \\text"},
    {"a \xff", 2, "this character does not belong here"},
    {"\\sqrt[3{x}", 5, "[ is never closed"},
    {"\\not x", 0, "\\not before this is not known"},
};

START_TEST(what_is_not_known_is_refused_with_its_place) {
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        static FormulaTree t;
        FormulaError e = {0};
        const Refused *r = &refused[i];
        ck_assert_msg(!formula_parse(&t, r->source, strlen(r->source), &e),
                      "accepted: %s", r->source);
        ck_assert_msg(strcmp(e.what, r->what) == 0 && e.at == r->at,
                      "%s: %d: %s", r->source, e.at, e.what);
    }
}
END_TEST

/* n times `part`: refused, not followed into the depth. */
static void refuse_many(const char *part, size_t n) {
    static FormulaTree t;
    FormulaError e = {0};
    const size_t len = strlen(part);
    char *text = malloc(n * len + 1);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, part, len + 1);
    ck_assert(!formula_parse(&t, text, n * len, &e));
    ck_assert_msg(e.what[0] != '\0', "%s", part);
    free(text);
}

START_TEST(nothing_is_too_large_or_too_deep_to_be_refused) {
    static const char *const parts[] = {
        "{",       "x_{",      "\\frac",          "\\hat",
        "\\sqrt[", "\\left(",  "\\begin{matrix}", "a&",
        "x\\\\",   "\\mathbf", "\\operatorname",  "\\overset",
        "^",       "'",        "\\text{",         "\\not",
        "\\sqrt",  "x",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t len = strlen(parts[i]);
        refuse_many(parts[i], FORMULA_SOURCE_MAX / len);
        refuse_many(parts[i], ((size_t)10 << 20) / len);
    }
}
END_TEST

/* A NUL is a character like others: names do not end at it. */
START_TEST(a_nul_is_no_end) {
    static const char sources[][32] = {"\\begin{array\0\0\0\0}a\\end{array}",
                                       "\\begin{array}{l\0}a",
                                       "\\left\0",
                                       "\\text{\\\0}",
                                       "\\\0",
                                       "\0"};
    static FormulaTree t;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        FormulaError e = {0};
        ck_assert(!formula_parse(&t, sources[i], sizeof sources[i], &e));
        ck_assert(e.what[0] != '\0');
    }
}
END_TEST

/* As deep and as long as is allowed. */
START_TEST(the_limits_themselves_are_allowed) {
    static FormulaTree t;
    FormulaError e = {0};
    char deep[2 * FORMULA_DEPTH_MAX + 1];
    for (int i = 0; i < FORMULA_DEPTH_MAX; i++) {
        deep[i] = '{';
        deep[2 * FORMULA_DEPTH_MAX - 1 - i] = '}';
    }
    ck_assert(formula_parse(&t, deep, 2 * FORMULA_DEPTH_MAX, &e));
    deep[0] = ' ';
    ck_assert(!formula_parse(&t, deep, 2 * FORMULA_DEPTH_MAX, &e));
    ck_assert_str_eq(e.what, "} without its {");
    char wide[FORMULA_NODES_MAX];
    memset(wide, 'x', sizeof wide);
    ck_assert(formula_parse(&t, wide, FORMULA_NODES_MAX - 3, &e));
    ck_assert(!formula_parse(&t, wide, FORMULA_NODES_MAX, &e));
    ck_assert_str_eq(e.what, "a formula of more than 512 parts");
}
END_TEST

/* ---- the program's own --------------------------------------------------- */

/* The string literals up to the parenthesis that closes them, as they are;
 * what printf fills in is 1. */
static int literals(const char *at, char *out, size_t size) {
    size_t n = 0;
    for (bool inside = false; *at && (inside || *at != ')'); at++) {
        if (*at == '"') {
            inside = !inside;
            continue;
        }
        if (!inside || n + 1 >= size) continue;
        if (*at == '\\') at++;
        if (*at == '%') {
            at += strcspn(at, "dgs");
            out[n++] = '1';
        } else {
            out[n++] = *at;
        }
    }
    out[n] = '\0';
    return (int)n;
}

/* All formulas of a file of the source; how many. */
static int check_file(const char *path) {
    static char text[200000];
    static FormulaTree t;
    FILE *f = fopen(path, "r");
    int n = 0;
    ck_assert_msg(f != NULL, "%s", path);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (const char *at = text; (at = strstr(at, "FORMULA(")); n++) {
        char source[256];
        FormulaError e = {0};
        at += strlen("FORMULA(");
        const int len = literals(at, source, sizeof source);
        ck_assert_msg(formula_parse(&t, source, (size_t)len, &e), "%s: %s: %s",
                      path, source, e.what);
    }
    return n;
}

START_TEST(the_programs_own_formulas_are_known) {
    static const char *const where[] = {"engine/trace/*.c", "engine/study/*.c",
                                        "viz/views/*.c", "viz/views/*/*.c"};
    int n = 0;
    for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
        glob_t g;
        ck_assert_int_eq(glob(where[i], 0, NULL, &g), 0);
        for (size_t k = 0; k < g.gl_pathc; k++)
            n += check_file(g.gl_pathv[k]);
        globfree(&g);
    }
    ck_assert_int_ge(n, 40);
}
END_TEST

START_TEST(a_text_falls_into_words_and_formulas) {
    const char *text = "a " FORMULA("x^2") " b" FORMULA("c");
    static const char *const want[] = {"a ", "x^2", " b", "c"};
    FormulaPiece p;
    for (int i = 0; i < 4; i++) {
        ck_assert(formula_next(&text, &p));
        ck_assert_int_eq(p.formula, i % 2);
        ck_assert_int_eq(p.len, (int)strlen(want[i]));
        ck_assert_int_eq(memcmp(p.text, want[i], (size_t)p.len), 0);
    }
    ck_assert(!formula_next(&text, &p));
    text = "\x02"
           "open";
    ck_assert(formula_next(&text, &p) && p.formula && p.len == 4);
    ck_assert(!formula_next(&text, &p));
}
END_TEST

TEST_MAIN("formula", a_nul_is_no_end, the_programs_own_formulas_are_known,
          a_text_falls_into_words_and_formulas, sources_become_trees,
          what_is_not_known_is_refused_with_its_place,
          nothing_is_too_large_or_too_deep_to_be_refused,
          the_limits_themselves_are_allowed)
