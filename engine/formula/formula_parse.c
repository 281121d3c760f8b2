/* Reads a formula by descent: a list of atoms, each a nucleus with scripts.
 * The first error sticks and moves the cursor to the end, so that every loop
 * is over soon. */
#include "engine/formula/formula_private.h"

#include "engine/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct Parser {
    FormulaTree *t;
    FormulaError *e;
    const char *s; /* [n] */
    int n, at, depth;
    FormulaFace face; /* in force */
    bool in_name;     /* of an operator: a dash is one */
    bool failed;
} Parser;

static int list(Parser *p);
static int nucleus(Parser *p);

/* ---- errors and nodes ---------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static int fail(Parser *p, int at,
                                                      const char *fmt, ...) {
    if (!p->failed && p->e) {
        va_list args;
        p->e->at = at;
        va_start(args, fmt);
        vsnprintf(p->e->what, sizeof p->e->what, fmt, args);
        va_end(args);
    }
    p->failed = true;
    p->at = p->n;
    return 0; /* the root, which is there */
}

static int node(Parser *p, FormulaKind kind, FormulaAtom atom) {
    if (p->t->n == FORMULA_NODES_MAX)
        return fail(p, p->at, "a formula of more than %d parts",
                    FORMULA_NODES_MAX);
    const int i = p->t->n++;
    p->t->nodes[i] = (FormulaNode){.kind = (uint8_t)kind,
                                   .atom = (uint8_t)atom,
                                   .a = -1,
                                   .b = -1,
                                   .c = -1,
                                   .next = -1};
    return i;
}

static FormulaNode *get(const Parser *p, int i) {
    return &p->t->nodes[i];
}

/* Makes `item` follow `last`, or begin the list. */
static void append(const Parser *p, int in, int *last, int item) {
    if (*last < 0)
        get(p, in)->a = (int16_t)item;
    else
        get(p, *last)->next = (int16_t)item;
    *last = item;
}

/* ---- characters ---------------------------------------------------------- */

static char here(const Parser *p) {
    return p->at < p->n ? p->s[p->at] : '\0';
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void skip_blanks(Parser *p) {
    while (p->at < p->n && is_blank(p->s[p->at]))
        p->at++;
}

/* The length of the command at the cursor without its backslash, 0: none. */
static int command_len(const Parser *p) {
    if (here(p) != '\\' || p->at + 1 >= p->n) return 0;
    int end = p->at + 1;
    while (end < p->n && is_letter(p->s[end]))
        end++;
    if (end > p->at + 1) return end - p->at - 1;
    return (int)utf8_next(p->s + end, (size_t)(p->n - end), 0);
}

static bool command_is(const Parser *p, const char *name) {
    const int n = command_len(p);
    return n == (int)strlen(name) &&
           memcmp(p->s + p->at + 1, name, (size_t)n) == 0;
}

static bool take(Parser *p, char c) {
    if (here(p) != c || p->at >= p->n) return false;
    p->at++;
    return true;
}

/* What stands in braces, as it is; false after a failure. */
static bool raw_group(Parser *p, int *from, int *n) {
    skip_blanks(p);
    const int open = p->at;
    if (!take(p, '{')) {
        fail(p, p->at, "expected { here");
        return false;
    }
    *from = p->at;
    while (p->at < p->n && p->s[p->at] != '}')
        p->at++;
    *n = p->at - *from;
    if (take(p, '}')) return true;
    fail(p, open, "{ is never closed");
    return false;
}

/* ---- words --------------------------------------------------------------- */

static int words(Parser *p, int from, int n, FormulaFace face) {
    const int i = node(p, FORMULA_WORDS, ATOM_ORD);
    FormulaNode *w = get(p, i);
    w->text = p->s + from;
    w->len = (int16_t)n;
    w->face = (uint8_t)face;
    return i;
}

/* A number, and in an upright face a word, is one piece. */
static int run_len(const Parser *p) {
    const bool whole = p->face == FORMULA_UPRIGHT || p->face == FORMULA_BOLD ||
                       p->face == FORMULA_MONO || p->face == FORMULA_ITALIC;
    int n = 0;
    while (p->at + n < p->n) {
        const char *c = p->s + p->at + n;
        const bool point = n > 0 && *c == '.' && p->at + n + 1 < p->n &&
                           is_digit(c[1]) && is_digit(c[-1]);
        const bool name = (whole && is_letter(*c)) || (p->in_name && *c == '-');
        if (!is_digit(*c) && !point && !name) break;
        n++;
    }
    return n;
}

/* Up to the brace that closes \text{, with its escapes. */
static int text_words(Parser *p, FormulaFace face) {
    static const char *const escaped = "{}_%&$# ";
    skip_blanks(p);
    const int open = p->at, in = node(p, FORMULA_LIST, ATOM_ORD);
    int last = -1, depth = 0, from = p->at + 1;
    if (!take(p, '{')) return fail(p, open, "expected { here");
    for (; p->at < p->n; p->at++) {
        const char c = p->s[p->at];
        const bool ends = c == '}' && depth == 0;
        if (!ends && c != '\\' && c != '$' && c != '{' && c != '}' && c != '~')
            continue;
        if (p->at > from)
            append(p, in, &last, words(p, from, p->at - from, face));
        if (p->failed) return in;
        from = p->at + 1;
        if (ends) {
            p->at++;
            return in;
        }
        depth += (c == '{') - (c == '}');
        if (c == '$') return fail(p, p->at, "a formula within \\text");
        if (c == '~') append(p, in, &last, words(p, p->at, 0, face));
        if (c == '~') get(p, last)->text = " ";
        if (c == '~') get(p, last)->len = 1;
        if (c != '\\') continue;
        if (from >= p->n || !formula_is_one_of(p->s[from], escaped))
            return fail(p, p->at, "a command within \\text");
        p->at++; /* the next run begins with what was escaped */
    }
    return fail(p, open, "{ is never closed");
}

/* ---- arguments ----------------------------------------------------------- */

static int group(Parser *p) {
    const int open = p->at++;
    const int i = list(p);
    if (p->failed || take(p, '}')) return i;
    if (p->at >= p->n) return fail(p, open, "{ is never closed");
    return fail(p, p->at, "%s does not belong here, in {}",
                here(p) == '&' ? "&" : "a command that ends something");
}

static int argument(Parser *p, const char *of) {
    skip_blanks(p);
    const char c = here(p);
    if (p->at >= p->n || c == '}' || c == '&' || c == '^' || c == '_')
        return fail(p, p->at, "%s%s lacks what it is of",
                    is_letter(*of) ? "\\" : "", of);
    if (is_digit(c)) return words(p, p->at++, 1, p->face);
    return nucleus(p);
}

/* Up to a closing bracket, which \sqrt[n] has; -1: there is none. */
static int bracket(Parser *p) {
    skip_blanks(p);
    const int open = p->at;
    if (!take(p, '[')) return -1;
    int end = p->at, depth = 0;
    for (; end < p->n && (p->s[end] != ']' || depth > 0); end++)
        depth += (p->s[end] == '{') - (p->s[end] == '}');
    if (end == p->n) return fail(p, open, "[ is never closed");
    const int n = p->n;
    p->n = end;
    const int i = list(p);
    if (p->failed) return i;
    if (p->at < end) return fail(p, p->at, "this does not belong into []");
    p->n = n;
    p->at = end + 1;
    return i;
}

/* ---- scripts ------------------------------------------------------------- */

static int primes(Parser *p) {
    const int in = node(p, FORMULA_LIST, ATOM_ORD);
    int last = -1;
    while (!p->failed && take(p, '\'')) {
        const int i = node(p, FORMULA_SYMBOL, ATOM_ORD);
        get(p, i)->face = FORMULA_UPRIGHT;
        memcpy(get(p, i)->glyph, "′", sizeof "′");
        append(p, in, &last, i);
    }
    skip_blanks(p);
    if (!p->failed && take(p, '^')) append(p, in, &last, argument(p, "^"));
    return in;
}

/* True when there was one. */
static bool one_script(Parser *p, int in, int base) {
    skip_blanks(p);
    const int from = p->at;
    if (command_is(p, "limits") || command_is(p, "nolimits")) {
        if (base < 0) return fail(p, from, "\\limits behind nothing");
        get(p, base)->limits =
            p->s[p->at + 1] == 'l' ? LIMITS_ALWAYS : LIMITS_NEVER;
        p->at += 1 + command_len(p);
        return true;
    }
    const char c = here(p);
    if (p->at >= p->n || (c != '^' && c != '_' && c != '\'')) return false;
    FormulaNode *n = get(p, in);
    if ((c == '_' ? n->b : n->c) >= 0)
        return fail(p, from, "a second %c behind one base", c);
    if (c != '\'') p->at++;
    const int script =
        c == '\'' ? primes(p) : argument(p, c == '^' ? "^" : "_");
    *(c == '_' ? &n->b : &n->c) = (int16_t)script;
    return !p->failed;
}

/* base, or base with the scripts that follow; -1: it has none yet. */
static int scripted(Parser *p, int base) {
    const FormulaAtom atom = base < 0 ? ATOM_ORD : get(p, base)->atom;
    const int from = p->t->n, in = node(p, FORMULA_SCRIPTS, atom);
    get(p, in)->a = (int16_t)base;
    while (!p->failed && one_script(p, in, base)) {
    }
    if (p->failed || get(p, in)->b >= 0 || get(p, in)->c >= 0) return in;
    p->t->n = from; /* none: the node goes back */
    return base;
}

/* ---- commands ------------------------------------------------------------ */

static int fraction(Parser *p, const FormulaCommand *c) {
    const int i = node(p, FORMULA_FRACTION, ATOM_INNER);
    const bool binomial = c->action == DO_BINOMIAL;
    get(p, i)->style = (uint8_t)c->value;
    get(p, i)->bare = binomial;
    get(p, i)->a = (int16_t)argument(p, c->name);
    get(p, i)->b = (int16_t)argument(p, c->name);
    if (!binomial) return i;
    const int fence = node(p, FORMULA_FENCED, ATOM_INNER);
    get(p, fence)->a = (int16_t)i;
    get(p, fence)->left = '(';
    get(p, fence)->right = ')';
    return fence;
}

static int root(Parser *p) {
    const int i = node(p, FORMULA_ROOT, ATOM_ORD);
    get(p, i)->b = (int16_t)bracket(p);
    get(p, i)->a = (int16_t)argument(p, "sqrt");
    return i;
}

static uint32_t fence(Parser *p) {
    uint32_t cp = 0;
    skip_blanks(p);
    int n = command_len(p) + (here(p) == '\\');
    if (n == 0 && p->at < p->n)
        n = (int)utf8_next(p->s + p->at, (size_t)(p->n - p->at), 0);
    if (n == 0 || !formula_fence(p->s + p->at, n, &cp))
        fail(p, p->at, "expected a fence here: ( [ \\{ | \\langle ... or .");
    else
        p->at += n;
    return cp;
}

static int fenced(Parser *p, int from) {
    const int i = node(p, FORMULA_FENCED, ATOM_INNER);
    get(p, i)->left = fence(p);
    get(p, i)->a = (int16_t)list(p);
    if (p->failed) return i;
    if (!command_is(p, "right"))
        return fail(p, from, "\\left without its \\right");
    p->at += (int)strlen("\\right");
    get(p, i)->right = fence(p);
    return i;
}

static int lone_fence(Parser *p, const FormulaCommand *c, int from) {
    const bool middle = c->action == DO_MIDDLE;
    const int i =
        node(p, FORMULA_FENCE, middle ? ATOM_REL : (FormulaAtom)c->more);
    get(p, i)->size = (int16_t)c->value;
    get(p, i)->left = fence(p);
    if (middle && !p->failed && get(p, i)->left != '|')
        return fail(p, from, "\\middle of anything but |");
    return i;
}

static int marked(Parser *p, const FormulaCommand *c) {
    const int i = node(p, FORMULA_MARKED, ATOM_ORD);
    get(p, i)->mark = (uint8_t)c->value;
    get(p, i)->limits = (uint8_t)c->more;
    get(p, i)->a = (int16_t)argument(p, c->name);
    return i;
}

/* Something set over or under something else. */
static int over_or_under(Parser *p, const FormulaCommand *c) {
    const int what = argument(p, c->name), on = argument(p, c->name);
    const int base = node(p, FORMULA_LIST, get(p, on)->atom);
    const int i = node(p, FORMULA_SCRIPTS, get(p, on)->atom);
    if (p->failed) return 0;
    get(p, base)->a = (int16_t)on;
    get(p, base)->limits = LIMITS_ALWAYS;
    get(p, i)->a = (int16_t)base;
    *(c->action == DO_OVERSET ? &get(p, i)->c : &get(p, i)->b) = (int16_t)what;
    if (c->value) get(p, i)->atom = ATOM_REL;
    return i;
}

static int in_face(Parser *p, FormulaFace face, bool in_name, const char *of) {
    const FormulaFace face_before = p->face;
    const bool name_before = p->in_name;
    p->face = face;
    p->in_name = in_name;
    const int i = argument(p, of);
    p->face = face_before;
    p->in_name = name_before;
    return i;
}

static int operator(Parser *p, const FormulaCommand *c) {
    const bool star = c->value == FORMULA_UPRIGHT && take(p, '*');
    const int what =
        in_face(p, (FormulaFace)c->value, c->value == FORMULA_UPRIGHT, c->name);
    const int i = node(p, FORMULA_LIST, ATOM_OP);
    if (p->failed) return i;
    get(p, i)->a = (int16_t)what;
    get(p, i)->limits = (uint8_t)(star ? LIMITS_DISPLAY : c->more);
    return i;
}

static int space(Parser *p, int eighteenths) {
    const int i = node(p, FORMULA_SPACE, ATOM_ORD);
    get(p, i)->size = (int16_t)eighteenths;
    return i;
}

/* \not and the sign that it strikes out. */
static int negated(Parser *p, int from) {
    static const char *const pairs[][2] = {
        {"=", "≠"}, {"∈", "∉"}, {"⊂", "⊄"}, {"⊆", "⊈"}, {"≡", "≢"},
        {"∼", "≁"}, {"≈", "≉"}, {"≤", "≰"}, {"≥", "≱"}, {"<", "≮"},
        {">", "≯"}, {"∣", "∤"}, {"∃", "∄"}, {"∋", "∌"}, {"∥", "∦"},
    };
    const int i = argument(p, "not");
    FormulaNode *n = get(p, i);
    for (size_t k = 0; !p->failed && k < sizeof pairs / sizeof *pairs; k++)
        if (n->kind == FORMULA_SYMBOL && strcmp(n->glyph, pairs[k][0]) == 0) {
            snprintf(n->glyph, sizeof n->glyph, "%s", pairs[k][1]);
            return i;
        }
    return fail(p, from, "\\not before this is not known");
}

/* a \bmod n, and a \pmod{n}. */
static int modulo(Parser *p, bool fenced_too) {
    static const char mod[] = "mod";
    const int i = node(p, FORMULA_WORDS, fenced_too ? ATOM_ORD : ATOM_BIN);
    get(p, i)->text = mod;
    get(p, i)->len = 3;
    get(p, i)->face = FORMULA_UPRIGHT;
    if (!fenced_too) return i;
    const int in = node(p, FORMULA_LIST, ATOM_ORD), pad = space(p, 6);
    const int of = argument(p, "pmod");
    const int around = node(p, FORMULA_FENCED, ATOM_INNER);
    if (p->failed) return 0;
    get(p, around)->a = (int16_t)in;
    get(p, around)->left = '(';
    get(p, around)->right = ')';
    get(p, in)->a = (int16_t)i;
    get(p, i)->next = (int16_t)pad;
    get(p, pad)->next = (int16_t)of;
    return around;
}

/* ---- tables -------------------------------------------------------------- */

static bool takes_row_end(Parser *p) {
    if (!command_is(p, "\\")) return false;
    p->at += 2;
    const int after = p->at;
    skip_blanks(p);
    if (here(p) != '[') p->at = after;
    if (p->at < p->n && here(p) == '[' && p->at + 1 < p->n &&
        (is_digit(p->s[p->at + 1]) || p->s[p->at + 1] == '-')) {
        while (p->at < p->n && p->s[p->at] != ']')
            p->at++;
        if (p->at < p->n) p->at++; /* more space: as it is */
    }
    return true;
}

/* The cells from the cursor on, up to what ends neither cell nor row. */
static int cells(Parser *p, int table, int first) {
    int last = -1, rows = 1, columns = 1, cell = first;
    for (;;) {
        if (cell < 0) cell = list(p);
        if (p->failed) return 0;
        append(p, table, &last, cell);
        if (take(p, '&')) {
            if (++columns > FORMULA_COLUMNS_MAX)
                return fail(p, p->at, "more than %d columns",
                            FORMULA_COLUMNS_MAX);
        } else if (takes_row_end(p)) {
            get(p, cell)->ends_row = true;
            columns = 1;
            skip_blanks(p);
            if (p->at >= p->n || command_is(p, "end")) return table;
            if (++rows > FORMULA_ROWS_MAX)
                return fail(p, p->at, "more than %d rows", FORMULA_ROWS_MAX);
        } else {
            get(p, cell)->ends_row = true;
            return table;
        }
        cell = -1;
    }
}

static int table(Parser *p, const char *columns, int n, FormulaStyle style) {
    const int i = node(p, FORMULA_TABLE, ATOM_ORD);
    get(p, i)->text = columns;
    get(p, i)->len = (int16_t)n;
    get(p, i)->style = (uint8_t)style;
    return i;
}

static int substack(Parser *p) {
    skip_blanks(p);
    const int open = p->at;
    if (!take(p, '{')) return fail(p, open, "expected { here");
    const int i = table(p, "", 0, STYLE_SCRIPT);
    cells(p, i, -1);
    if (p->failed || take(p, '}')) return i;
    return fail(p, open, "{ is never closed");
}

/* The columns of an array: l, c and r. */
static int array_columns(Parser *p, int *from) {
    int n = 0;
    if (!raw_group(p, from, &n)) return 0;
    for (int i = 0; i < n; i++)
        if (!formula_is_one_of(p->s[*from + i], "lcr"))
            return fail(p, *from + i, "an array's columns are l, c and r");
    return n;
}

static int environment(Parser *p, int begin) {
    int from, n, columns_from = 0, columns = 0;
    if (!raw_group(p, &from, &n)) return 0;
    const FormulaEnvironment *e = formula_environment(p->s + from, n);
    if (!e)
        return fail(p, begin, "the environment %.*s is not known",
                    n > FORMULA_WORD_MAX ? FORMULA_WORD_MAX : n, p->s + from);
    const bool array = strcmp(e->name, "array") == 0;
    if (array) columns = array_columns(p, &columns_from);
    const int i = table(p, array ? p->s + columns_from : e->columns,
                        array ? columns : (int)strlen(e->columns), e->style);
    cells(p, i, -1);
    if (p->failed) return 0;
    int end = p->at, end_from, end_n;
    if (!command_is(p, "end"))
        return fail(p, begin, "\\begin{%s} without its \\end", e->name);
    p->at += (int)strlen("\\end");
    if (!raw_group(p, &end_from, &end_n)) return 0;
    if (end_n != n || memcmp(p->s + end_from, e->name, (size_t)n) != 0)
        return fail(p, end, "\\end of something else than %s", e->name);
    if (!e->left && !e->right) return i;
    const int around = node(p, FORMULA_FENCED, ATOM_INNER);
    get(p, around)->a = (int16_t)i;
    get(p, around)->left = e->left;
    get(p, around)->right = e->right;
    return around;
}

/* ---- atoms --------------------------------------------------------------- */

static int run_command(Parser *p, const FormulaCommand *c, int from) {
    switch (c->action) {
    case DO_FRACTION:
    case DO_BINOMIAL:
        return fraction(p, c);
    case DO_ROOT:
        return root(p);
    case DO_LEFT:
        return fenced(p, from);
    case DO_MIDDLE:
    case DO_FENCE:
        return lone_fence(p, c, from);
    case DO_MARK:
        return marked(p, c);
    case DO_OVERSET:
    case DO_UNDERSET:
        return over_or_under(p, c);
    case DO_SUBSTACK:
        return substack(p);
    case DO_TEXT:
        return text_words(p, (FormulaFace)c->value);
    case DO_FACE:
        return in_face(p, (FormulaFace)c->value, false, c->name);
    case DO_OPERATOR:
        return operator(p, c);
    case DO_SPACE:
        return space(p, c->value);
    case DO_NOTHING:
        return space(p, 0);
    case DO_NOT:
        return negated(p, from);
    case DO_MOD:
        return modulo(p, c->value);
    case DO_BEGIN:
        return environment(p, from);
    case DO_STYLE: {
        const int i = node(p, FORMULA_STYLE, ATOM_ORD);
        get(p, i)->style = (uint8_t)c->value;
        return i;
    }
    case DO_LIMITS:
    case DO_RIGHT:
    case DO_END:
        break;
    }
    return fail(p, from, "\\%s does not belong here", c->name);
}

static int command(Parser *p) {
    const int from = p->at, n = command_len(p);
    const char *name = p->s + from + 1;
    if (n == 0) return fail(p, from, "\\ at the end");
    const int i = node(p, FORMULA_SYMBOL, ATOM_ORD);
    if (p->failed) return i;
    p->at += 1 + n;
    if (formula_sign(name, n, get(p, i))) {
        if (p->face == FORMULA_BOLD) get(p, i)->face = FORMULA_BOLD;
        return i;
    }
    if (formula_function(name, n, get(p, i))) return i;
    p->t->n = i;
    const FormulaCommand *c = formula_command(name, n);
    if (c) return run_command(p, c, from);
    return fail(p, from, "\\%.*s is not known",
                n > FORMULA_WORD_MAX ? FORMULA_WORD_MAX : n, name);
}

static int character(Parser *p) {
    const int n = (int)utf8_next(p->s + p->at, (size_t)(p->n - p->at), 0);
    const int run = run_len(p);
    if (run > 0 && p->face < FORMULA_DOUBLE) {
        p->at += run;
        return words(p, p->at - run, run, p->face);
    }
    const int i = node(p, FORMULA_SYMBOL, ATOM_ORD);
    if (p->failed) return i;
    if (here(p) == '%') return fail(p, p->at, "%% begins a comment: use \\%%");
    if (!formula_character(p->s + p->at, n, get(p, i)))
        return fail(p, p->at, "this character does not belong here");
    get(p, i)->text = p->s + p->at;
    get(p, i)->len = (int16_t)n;
    if (get(p, i)->face == FORMULA_AUTO) get(p, i)->face = (uint8_t)p->face;
    if (p->face >= FORMULA_DOUBLE) formula_letter(get(p, i), p->face);
    p->at += n;
    return i;
}

static int nucleus(Parser *p) {
    int i = 0;
    if (++p->depth > FORMULA_DEPTH_MAX)
        return fail(p, p->at, "nested deeper than %d", FORMULA_DEPTH_MAX);
    skip_blanks(p);
    if (here(p) == '{')
        i = group(p);
    else if (here(p) == '\\')
        i = command(p);
    else if (take(p, '~'))
        i = space(p, 6);
    else
        i = character(p);
    p->depth--;
    return i;
}

/* Atoms up to what ends the list: } & \\ \right \end, or the end. */
static int list(Parser *p) {
    const int in = node(p, FORMULA_LIST, ATOM_ORD);
    int last = -1;
    for (;;) {
        skip_blanks(p);
        const char c = here(p);
        if (p->failed || p->at >= p->n || c == '}' || c == '&' ||
            command_is(p, "\\") || command_is(p, "right") ||
            command_is(p, "end"))
            return in;
        const bool bare = c == '^' || c == '_' || c == '\'';
        const int item = scripted(p, bare ? -1 : nucleus(p));
        if (p->failed) return in;
        append(p, in, &last, item);
    }
}

/* Lines parted by \\ without a table around them are set as aligned ones. */
static int whole(Parser *p) {
    int i = list(p);
    if (p->failed) return i;
    if (here(p) == '&' || command_is(p, "\\")) {
        const int lines =
            table(p, "rlrlrlrlrlrl", FORMULA_COLUMNS_MAX, STYLE_DISPLAY);
        i = cells(p, lines, i);
    }
    if (p->failed || p->at >= p->n) return i;
    if (here(p) == '}') return fail(p, p->at, "} without its {");
    return fail(p, p->at, "\\%.*s without its beginning", command_len(p),
                p->s + p->at + 1);
}

bool formula_parse(FormulaTree *t, const char *source, size_t n,
                   FormulaError *e) {
    Parser p = {.t = t, .e = e, .s = source, .n = (int)n};
    t->n = 0;
    if (n > FORMULA_SOURCE_MAX) {
        p.n = 0;
        fail(&p, 0, "a formula of %zu bytes, allowed %d", n,
             FORMULA_SOURCE_MAX);
        return false;
    }
    node(&p, FORMULA_LIST, ATOM_ORD); /* the first, which failures name */
    t->root = whole(&p);
    return !p.failed;
}

bool formula_next(const char **text, FormulaPiece *out) {
    const char *at = *text;
    const bool formula = *at == FORMULA_BEGIN;
    if (!*at) return false;
    at += formula;
    const char *end = strchr(at, formula ? FORMULA_END : FORMULA_BEGIN);
    if (!end) end = at + strlen(at);
    *out = (FormulaPiece){at, (int)(end - at), formula};
    *text = end + (formula && *end);
    return true;
}
