/* What a compiled grammar is kept in: its texts, names, operations and values,
 * and errors that name a place in it. */
#include "engine/world/world_private.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *world_keep(World *w, const char *text, int n) {
    char *copy = w->chars + w->n_chars;
    assert(w->chars_max - w->n_chars > (size_t)n); /* see chars_needed */
    memcpy(copy, text, (size_t)n);
    copy[n] = '\0';
    w->n_chars += (size_t)n + 1;
    return copy;
}

bool world_fail(const World *w, Place at, ErrCode code, Err *err,
                const char *fmt, ...) {
    char msg[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(msg, sizeof msg, fmt, args);
    va_end(args);
    return err_set(err, code, (size_t)at.line, "%s:%d: %s", w->files[at.file],
                   at.line, msg);
}

int world_name(World *w, Names *names, const char *text, int n, Place at,
               Err *err) {
    for (int i = 0; i < names->n; i++)
        if (strlen(names->list[i].text) == (size_t)n &&
            memcmp(names->list[i].text, text, (size_t)n) == 0)
            return i;
    if (names->n == names->max) {
        world_fail(w, at, ERR_LIMIT, err,
                   "%.*s: more than %d names of this "
                   "kind (%s)",
                   n, text, names->max, names->what);
        return WORLD_NONE;
    }
    names->list[names->n] = (Name){world_keep(w, text, n), at, false};
    return names->n++;
}

Op *world_add_op(World *w, OpKind kind, Place at, Err *err) {
    if (w->n_ops == WORLD_OPS_MAX) {
        world_fail(w, at, ERR_LIMIT, err,
                   "the rules take more than %d "
                   "operations",
                   WORLD_OPS_MAX);
        return NULL;
    }
    w->ops[w->n_ops] = (Op){.kind = kind, .place = at};
    return &w->ops[w->n_ops++];
}

const Value *world_value(const World *w, int row, int column) {
    const Table *t = &w->tables[w->rows[row].table];
    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i] == column) return &w->rows[row].values[i];
    return NULL;
}
