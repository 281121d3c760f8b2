/* The machine: runs a grammar up to its next text or its next choice.
 *
 * Drawing, parsing and finding references are the same run; they differ in who
 * chooses: chance, every option at once, or a list made before.
 */
#include "engine/world/world_private.h"

#include <assert.h>
#include <string.h>

Machine world_machine(const World *w, WorldKind kind) {
    Machine m = {.depth = 1, .row = WORLD_NONE};
    m.frames[0].op = w->start[kind];
    for (int i = 0; i < WORLD_VARS_MAX; i++)
        m.vars[i] = WORLD_NONE;
    return m;
}

/* ---- variables and tests ------------------------------------------------- */

static Frame *top(Machine *m) {
    return &m->frames[m->depth - 1];
}

static const Op *current_op(const World *w, const Machine *m) {
    return &w->ops[m->frames[m->depth - 1].op];
}

static int row_of(const Machine *m, Ref ref, int candidate) {
    if (ref == REF_CANDIDATE) return candidate;
    return ref < 0 ? m->frames[m->depth - 1].args[~ref] : m->vars[ref];
}

static void set(Machine *m, Ref ref, int row) {
    if (ref < 0)
        top(m)->args[~ref] = (short)row;
    else
        m->vars[ref] = (short)row;
}

static bool is_used(const Machine *m, int row) {
    return m->used[row / 64] >> (row % 64) & 1;
}

/* A row that is not set, or has no such column, has no value: it is no word
 * and equals nothing. */
static const Value *value_of(const World *w, int row, int column) {
    return row == WORLD_NONE ? NULL : world_value(w, row, column);
}

static bool holds(const World *w, const Machine *m, const Test *t,
                  int candidate) {
    const int left = row_of(m, t->left, candidate);
    bool is = false;
    if (t->kind == TEST_SET) {
        is = left != WORLD_NONE;
    } else if (t->kind == TEST_SAME) {
        is = left != WORLD_NONE && left == row_of(m, t->right, candidate);
    } else {
        const Value *a = value_of(w, left, t->left_column);
        const char *word = t->word;
        if (t->kind == TEST_EQUAL) {
            const Value *b =
                value_of(w, row_of(m, t->right, candidate), t->right_column);
            word = b ? b->plain : NULL;
        }
        is = a && word && strcmp(a->plain, word) == 0;
    }
    return is != t->is_negated;
}

/* ---- choices ------------------------------------------------------------- */

static void add_option(Choices *c, int index, double weight) {
    c->index[c->n] = index;
    c->weight[c->n++] = weight;
    c->total += weight;
}

static void choose_among_rows(const World *w, const Machine *m, const Op *op,
                              Choices *out) {
    const Table *t = &w->tables[op->table];
    for (int i = 0; i < t->n_rows; i++) {
        const int row = t->first_row + i;
        if (!is_used(m, row) &&
            (!op->has_where || holds(w, m, &op->where, row)))
            add_option(out, i, 1);
    }
}

/* The alternatives are asked in the frame of the rule's own parameters. */
static void choose_among_alts(const World *w, const Machine *called,
                              const Rule *rule, Choices *out) {
    for (int i = 0; i < rule->n_alts; i++) {
        const Alt *alt = &w->alts[rule->first_alt + i];
        bool possible = true;
        for (int t = 0; t < alt->n_tests && possible; t++)
            possible = holds(w, called, &alt->tests[t], WORLD_NONE);
        if (possible) add_option(out, i, alt->weight);
    }
}

static void push_frame(Machine *m, const Op *op) {
    Frame frame = {0};
    for (int i = 0; i < op->n_args; i++)
        frame.args[i] = (short)row_of(m, op->args[i], WORLD_NONE);
    assert(m->depth < WORLD_DEPTH_MAX); /* world_run stops before */
    m->frames[m->depth++] = frame;
}

bool world_choices(const World *w, const Machine *m, Choices *out, Err *err) {
    const Op *op = current_op(w, m);
    *out = (Choices){0};
    if (op->kind == OP_NEW) {
        choose_among_rows(w, m, op, out);
        if (out->n > 0) return true;
        return world_fail(w, op->place, ERR_FORMAT, err,
                          "new %s: no row is left to choose",
                          w->tables_named.list[op->table].text);
    }
    Machine called = *m;
    push_frame(&called, op);
    choose_among_alts(w, &called, &w->rules[op->rule], out);
    if (out->n > 0) return true;
    return world_fail(w, op->place, ERR_FORMAT, err,
                      "<%s>: no alternative is possible here",
                      w->rules_named.list[op->rule].text);
}

void world_choose(const World *w, Machine *m, int index) {
    const Op *op = current_op(w, m);
    if (op->kind == OP_NEW) {
        const int row = w->tables[op->table].first_row + index;
        set(m, op->var, row);
        m->used[row / 64] |= 1ull << (row % 64);
        top(m)->op++;
        return;
    }
    const int alt = w->rules[op->rule].first_alt + index;
    push_frame(m, op);
    m->frames[m->depth - 2].op++;
    top(m)->op = w->alts[alt].first_op;
}

/* ---- running ------------------------------------------------------------- */

/* Tells text, or the blank that is due before it; then the op stays. */
static MachineStop tell(Machine *m, const char *text, int n) {
    if (m->has_space) {
        m->has_space = false;
        m->text = " ";
        m->left = 1;
        m->row = WORLD_NONE;
    } else {
        m->text = text;
        m->left = n;
        top(m)->op++;
    }
    m->length += m->left;
    return MACHINE_TEXT;
}

static MachineStop print(const World *w, Machine *m, const Op *op, Err *err) {
    const int row = row_of(m, op->var, WORLD_NONE);
    const Value *value = value_of(w, row, op->column);
    if (!value) {
        if (row == WORLD_NONE)
            world_fail(w, op->place, ERR_FORMAT, err,
                       "what is to be told here is not chosen yet");
        else
            world_fail(w, op->place, ERR_FORMAT, err,
                       "a %s has no column \"%s\"",
                       w->tables_named.list[w->rows[row].table].text,
                       w->columns_named.list[op->column].text);
        return MACHINE_FAULT;
    }
    m->row = row;
    m->column = op->column;
    return tell(m, op->is_capital ? value->capital : value->plain, value->n);
}

static bool is_within_limits(const World *w, const Machine *m, const Op *op,
                             Err *err) {
    if (m->length > WORLD_TEXT_MAX)
        return world_fail(w, op->place, ERR_LIMIT, err,
                          "the text grows longer than %d bytes",
                          WORLD_TEXT_MAX);
    if (m->steps > WORLD_STEPS_MAX)
        return world_fail(w, op->place, ERR_LIMIT, err,
                          "the text takes more than %d operations",
                          WORLD_STEPS_MAX);
    if (op->kind == OP_CALL && m->depth == WORLD_DEPTH_MAX)
        return world_fail(w, op->place, ERR_LIMIT, err,
                          "<%s>: rules are nested more than %d deep",
                          w->rules_named.list[op->rule].text, WORLD_DEPTH_MAX);
    return true;
}

/* The ops that neither tell nor choose. */
static void step(Machine *m, const Op *op) {
    top(m)->op++;
    if (op->kind == OP_SPACE)
        m->has_space = m->length > 0;
    else if (op->kind == OP_LET)
        set(m, op->var, row_of(m, op->from, WORLD_NONE));
    else if (op->kind == OP_CLEAR)
        set(m, op->var, WORLD_NONE);
    else if (op->kind == OP_STORY_END)
        m->story_length = m->length;
    else if (op->kind == OP_RETURN)
        m->depth--;
}

MachineStop world_run(const World *w, Machine *m, Err *err) {
    m->row = WORLD_NONE;
    while (m->depth > 0) {
        const Op *op = current_op(w, m);
        m->steps++;
        if (!is_within_limits(w, m, op, err)) return MACHINE_FAULT;
        switch (op->kind) {
        case OP_NEW:
        case OP_CALL:
            return MACHINE_CHOICE;
        case OP_TEXT:
            return tell(m, op->text, op->n);
        case OP_PRINT:
            return print(w, m, op, err);
        case OP_LINE_END:
            m->has_space = false;
            return tell(m, op->text, op->n);
        default:
            step(m, op);
        }
    }
    return MACHINE_END;
}
