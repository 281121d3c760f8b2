/* <div class="columns">: each <div> right in it is a column. */
#include "lessons/deck_private.h"

#include <string.h>

bool deck_columns_class(const char *class, size_t n) {
    return n == 7 && memcmp(class, "columns", n) == 0;
}

void deck_columns_div(DeckBuild *b, bool begins, bool closing) {
    DeckColumns *c = &b->columns;
    if (closing) {
        if (c->depth == 0) return; /* nothing is open */
        if (c->depth == c->outer) c->outer = 0;
        if (c->depth == c->outer + 1) c->in_column = false;
        c->depth--;
        return;
    }
    c->depth++;
    if (begins && c->outer > 0)
        deck_build_warn(b, "<div>: columns in columns are left out");
    else if (begins) {
        c->outer = c->depth;
        c->set++;
        c->line = b->line;
        c->n = 0;
        c->in_column = false;
    } else if (c->outer > 0 && c->depth == c->outer + 1) {
        c->in_column = c->n < DECK_DIV_COLUMNS_MAX;
        if (!c->in_column)
            deck_build_warn(b,
                            "<div>: a column behind %d others is shown "
                            "below them",
                            DECK_DIV_COLUMNS_MAX);
        c->n += c->in_column;
    }
}

void deck_columns_end(DeckBuild *b) {
    if (b->columns.outer == 0) return;
    b->line = b->columns.line;
    deck_build_warn(b, "<div class=\"columns\"> is never closed, need </div>");
}

void deck_columns_block(const DeckBuild *b, DeckBlock *block) {
    const DeckColumns *c = &b->columns;
    if (c->outer == 0 || !c->in_column) return;
    block->columns = c->set;
    block->column = c->n - 1;
}
