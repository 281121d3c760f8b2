/* One line of an alternative's text, and its conditions, to operations. */
#include "engine/world/world_private.h"

#include <string.h>

/* ---- the cursor ---------------------------------------------------------- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

void world_skip_blanks(Line *line) {
    while (line->at < line->end && is_blank(*line->at))
        line->at++;
}

bool world_take(Line *line, char c) {
    world_skip_blanks(line);
    if (line->at == line->end || *line->at != c) return false;
    line->at++;
    return true;
}

int world_word(Line *line, const char **word) {
    world_skip_blanks(line);
    *word = line->at;
    while (line->at < line->end && is_word(*line->at))
        line->at++;
    return (int)(line->at - *word);
}

/* Steps over `word` if it is next. */
static bool take_word(Line *line, const char *word) {
    Line ahead = *line;
    const char *found;
    const int n = world_word(&ahead, &found);
    if ((size_t)n != strlen(word) || memcmp(found, word, (size_t)n) != 0)
        return false;
    *line = ahead;
    return true;
}

static bool expected(const World *w, const Line *line, Err *err,
                     const char *what) {
    Line ahead = *line;
    world_skip_blanks(&ahead);
    if (ahead.at == ahead.end)
        return world_fail(w, line->place, ERR_FORMAT, err,
                          "found the end of the line, need %s", what);
    return world_fail(
        w, line->place, ERR_FORMAT, err, "found \"%.*s\", need %s",
        (int)(ahead.end - ahead.at < 20 ? ahead.end - ahead.at : 20), ahead.at,
        what);
}

static bool take(const World *w, Line *line, char c, Err *err,
                 const char *what) {
    return world_take(line, c) || expected(w, line, err, what);
}

/* ---- names --------------------------------------------------------------- */

/* A name of one sort at the cursor. */
static bool take_name(World *w, Line *line, Names *names, int *out, Err *err) {
    const char *word;
    const int n = world_word(line, &word);
    if (n == 0) return expected(w, line, err, names->what);
    *out = world_name(w, names, word, n, line->place, err);
    return *out != WORLD_NONE;
}

/* A parameter of the rule hides a variable of the same name. */
static bool take_ref(World *w, const Scope *scope, Line *line, Ref *out,
                     Err *err) {
    for (int i = 0; i < scope->n_params; i++)
        if (take_word(line, scope->params[i])) {
            *out = ~i;
            return true;
        }
    return take_name(w, line, &w->vars_named, out, err);
}

/* `.column`; "She" asks for the column "she" with a capital. */
static bool take_column(World *w, Line *line, int *out, bool *is_capital,
                        Err *err) {
    char lower[WORLD_WORD_MAX];
    const char *word;
    const int n = world_word(line, &word);
    if (n == 0) return expected(w, line, err, w->columns_named.what);
    if (n >= WORLD_WORD_MAX)
        return world_fail(w, line->place, ERR_LIMIT, err,
                          "a name is longer than %d bytes", WORLD_WORD_MAX - 1);
    memcpy(lower, word, (size_t)n);
    *is_capital = *word >= 'A' && *word <= 'Z';
    if (*is_capital) lower[0] = (char)(*word + ('a' - 'A'));
    *out = world_name(w, &w->columns_named, lower, n, line->place, err);
    return *out != WORLD_NONE;
}

/* `a` or `a.column`; without a column it is `name`. */
static bool take_field(World *w, const Scope *scope, Line *line, Ref *ref,
                       int *column, bool *has_column, Err *err) {
    bool is_capital = false;
    *column = 0;
    if (!take_ref(w, scope, line, ref, err)) return false;
    *has_column = world_take(line, '.');
    if (!*has_column) return true;
    if (!take_column(w, line, column, &is_capital, err)) return false;
    return !is_capital ||
           world_fail(w, line->place, ERR_FORMAT, err,
                      "a condition names a column without a capital");
}

/* ---- conditions ---------------------------------------------------------- */

/* What stands behind `is` or `is not`, given what the left side is. */
static bool take_right(World *w, const Scope *scope, Line *line,
                       bool left_has_column, Test *t, Err *err) {
    if (!left_has_column) {
        t->kind = TEST_SAME;
        return take_ref(w, scope, line, &t->right, err);
    }
    Line ahead = *line;
    const char *word;
    const int n = world_word(&ahead, &word);
    if (n == 0) return expected(w, line, err, "a word");
    if (ahead.at < ahead.end && *ahead.at == '.') {
        bool has_column;
        t->kind = TEST_EQUAL;
        return take_field(w, scope, line, &t->right, &t->right_column,
                          &has_column, err);
    }
    t->kind = TEST_WORD;
    t->word = world_keep(w, word, n);
    *line = ahead;
    return true;
}

/* `[not] a`, `a is [not] b`, `a.column is [not] word`. */
static bool take_test(World *w, const Scope *scope, Line *line, Test *t,
                      Err *err) {
    bool has_column;
    *t = (Test){.kind = TEST_SET, .place = line->place};
    t->is_negated = take_word(line, "not");
    if (!take_field(w, scope, line, &t->left, &t->left_column, &has_column,
                    err))
        return false;
    if (!take_word(line, "is"))
        return !has_column || expected(w, line, err, "\"is\"");
    if (take_word(line, "not")) t->is_negated = !t->is_negated;
    return take_right(w, scope, line, has_column, t, err);
}

bool world_compile_tests(World *w, const Scope *scope, Line *line, Alt *alt,
                         Err *err) {
    do {
        if (alt->n_tests == WORLD_TESTS_MAX)
            return world_fail(w, line->place, ERR_LIMIT, err,
                              "more than %d conditions", WORLD_TESTS_MAX);
        if (!take_test(w, scope, line, &alt->tests[alt->n_tests++], err))
            return false;
    } while (take_word(line, "and"));
    return take(w, line, ':', err, "\"and\" or \":\"");
}

/* ---- braces -------------------------------------------------------------- */

/* `column is [not] word` of the row that is looked at. */
static bool take_where(World *w, const Scope *scope, Line *line, Op *op,
                       Err *err) {
    bool is_capital;
    Test *t = &op->where;
    op->has_where = true;
    *t = (Test){.left = REF_CANDIDATE, .place = line->place};
    if (!take_column(w, line, &t->left_column, &is_capital, err)) return false;
    if (!take_word(line, "is")) return expected(w, line, err, "\"is\"");
    t->is_negated = take_word(line, "not");
    return take_right(w, scope, line, true, t, err);
}

/* A variable that is given a value here. */
static bool take_target(World *w, const Scope *scope, Line *line, Ref *out,
                        Err *err) {
    if (!take_ref(w, scope, line, out, err)) return false;
    if (*out >= 0) w->vars_named.list[*out].is_defined = true;
    return true;
}

static bool take_print(World *w, Line *line, Ref var, Err *err) {
    Op *op = world_add_op(w, OP_PRINT, line->place, err);
    if (!op) return false;
    op->var = var;
    return !world_take(line, '.') ||
           take_column(w, line, &op->column, &op->is_capital, err);
}

/* `new TABLE a[.column] [where ...]`: chosen, then told. */
static bool take_new(World *w, const Scope *scope, Line *line, Err *err) {
    Op *op = world_add_op(w, OP_NEW, line->place, err);
    return op && take_name(w, line, &w->tables_named, &op->table, err) &&
           take_target(w, scope, line, &op->var, err) &&
           take_print(w, line, op->var, err) &&
           (!take_word(line, "where") || take_where(w, scope, line, op, err));
}

/* `let a = b`, `let a = none`, `let a = new TABLE [where ...]`. */
static bool take_let(World *w, const Scope *scope, Line *line, Err *err) {
    Op *op = world_add_op(w, OP_CLEAR, line->place, err);
    if (!op || !take_target(w, scope, line, &op->var, err) ||
        !take(w, line, '=', err, "\"=\""))
        return false;
    if (take_word(line, "none")) return true;
    if (take_word(line, "new")) {
        op->kind = OP_NEW;
        return take_name(w, line, &w->tables_named, &op->table, err) &&
               (!take_word(line, "where") ||
                take_where(w, scope, line, op, err));
    }
    op->kind = OP_LET;
    return take_ref(w, scope, line, &op->from, err);
}

static bool take_braces(World *w, const Scope *scope, Line *line, Err *err) {
    bool ok;
    if (take_word(line, "new")) {
        ok = take_new(w, scope, line, err);
    } else if (take_word(line, "let")) {
        ok = take_let(w, scope, line, err);
    } else {
        Ref var = 0;
        ok = take_ref(w, scope, line, &var, err) &&
             take_print(w, line, var, err);
    }
    return ok && take(w, line, '}', err, "\"}\"");
}

/* `<rule a b>` */
static bool take_call(World *w, const Scope *scope, Line *line, Err *err) {
    Op *op = world_add_op(w, OP_CALL, line->place, err);
    if (!op || !take_name(w, line, &w->rules_named, &op->rule, err))
        return false;
    while (!world_take(line, '>')) {
        if (op->n_args == WORLD_ARGS_MAX)
            return world_fail(w, line->place, ERR_LIMIT, err,
                              "more than %d parameters", WORLD_ARGS_MAX);
        if (!take_ref(w, scope, line, &op->args[op->n_args], err)) return false;
        op->n_args++;
    }
    return true;
}

/* ---- text ---------------------------------------------------------------- */

/* Plain text up to the next blank, brace or angle bracket. */
static bool take_text(World *w, Line *line, Err *err) {
    const char *from = line->at;
    while (line->at < line->end && !is_blank(*line->at) &&
           !strchr("{}<>", *line->at))
        line->at++;
    Op *op = world_add_op(w, OP_TEXT, line->place, err);
    if (!op) return false;
    op->n = (int)(line->at - from);
    op->text = world_keep(w, from, op->n);
    return true;
}

bool world_compile(World *w, const Scope *scope, Line *line, Err *err) {
    while (line->at < line->end) {
        bool ok;
        if (is_blank(*line->at)) {
            world_skip_blanks(line);
            ok = world_add_op(w, OP_SPACE, line->place, err) != NULL;
        } else if (*line->at == '{') {
            line->at++;
            ok = take_braces(w, scope, line, err);
        } else if (*line->at == '<') {
            line->at++;
            ok = take_call(w, scope, line, err);
        } else if (*line->at == '}' || *line->at == '>') {
            ok = world_fail(w, line->place, ERR_FORMAT, err,
                            "found \"%c\", which closes nothing", *line->at);
        } else {
            ok = take_text(w, line, err);
        }
        if (!ok) return false;
    }
    return true;
}
