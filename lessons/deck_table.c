/* Tables written as HTML, in the form that Markdown's have: rows of as many
 * columns as the widest, the head's marked, cells that others reach into empty.
 * End tags may be missing, as in browsers. */
#include "lessons/deck_private.h"

#include <limits.h>
#include <string.h>

/* A column more; one past those that are shown counts, too, and is told of. */
static void next_column(HtmlTable *t) {
    if (++t->column > t->n_columns) t->n_columns = t->column;
}

/* Columns that cells above reach into. */
static void pass_held(DeckBuild *b) {
    HtmlTable *t = &b->table;
    while (t->column < DECK_COLUMNS_MAX && t->held[t->column] > 0) {
        deck_build_cell_of(b, SPAN_ABOVE);
        t->held[t->column]--;
        next_column(t);
    }
}

/* The cell, and the columns that it takes besides. */
static void end_cell(DeckBuild *b) {
    HtmlTable *t = &b->table;
    b->html_style &= ~(unsigned)SPAN_BOLD;
    if (!t->in_cell) return;
    t->in_cell = false;
    deck_build_cell(b);
    if (t->column <= DECK_COLUMNS_MAX) t->held[t->column - 1] = t->below;
    for (int i = 0; i < t->left; i++) {
        if (t->column < DECK_COLUMNS_MAX) {
            if (t->held[t->column] > 0) return; /* taken already */
            deck_build_cell_of(b, SPAN_LEFT);
            t->held[t->column] = t->below;
        }
        next_column(t);
    }
}

/* A row that ends early has the cells that reach into its end. */
static void end_row(DeckBuild *b) {
    HtmlTable *t = &b->table;
    end_cell(b);
    if (!t->in_row) return;
    int end = DECK_COLUMNS_MAX;
    while (end > t->column && t->held[end - 1] == 0)
        end--;
    for (pass_held(b); t->column < end; pass_held(b)) {
        deck_build_cell_of(b, 0);
        next_column(t);
    }
    deck_build_block_end(b);
    t->in_row = false;
}

static void begin_row(DeckBuild *b) {
    end_row(b);
    deck_build_block(b, BLOCK_ROW, b->table.in_head, 0, NULL);
    b->table.in_row = true;
    b->table.column = 0;
}

/* The rows are known now: all get the columns of the widest. */
static void end_table(DeckBuild *b) {
    HtmlTable *t = &b->table;
    end_row(b);
    char *aligns = deck_build_alloc(b, (size_t)t->n_columns + 1);
    if (!aligns) return;
    for (int i = 0; i < t->n_columns; i++)
        aligns[i] = i < DECK_COLUMNS_MAX && t->aligns[i] ? t->aligns[i] : 'l';
    DeckBlock *blocks = b->blocks.items;
    for (size_t i = t->first_block; i < b->blocks.n; i++) {
        if (blocks[i].kind != BLOCK_ROW || blocks[i].info) continue;
        blocks[i].number = t->n_columns;
        blocks[i].info = aligns;
    }
    if (t->n_columns > DECK_COLUMNS_MAX)
        deck_build_warn(b, "a table has %d columns; %d are shown", t->n_columns,
                        DECK_COLUMNS_MAX);
    *t = (HtmlTable){0};
}

static void begin_table(DeckBuild *b) {
    if (b->table.open) {
        deck_build_warn(b, "a table within a table is shown behind it");
        end_table(b);
    }
    deck_build_block_end(b);
    b->table = (HtmlTable){.open = true, .first_block = b->blocks.n};
}

/* A first cell that is a <th> makes a head of the row, unless a <td> comes. */
static void begin_cell(DeckBuild *b, bool head, HtmlCell cell) {
    HtmlTable *t = &b->table;
    end_cell(b);
    if (!t->in_row || !b->open) begin_row(b);
    const bool first = t->column == 0;
    pass_held(b);
    DeckBlock *row = deck_build_last(b);
    if (!row) return;
    if (head && first) row->level = 1;
    if (!head && !t->in_head) row->level = 0;
    if (head) b->html_style |= SPAN_BOLD;
    if (cell.align && t->column < DECK_COLUMNS_MAX && cell.cols == 1)
        t->aligns[t->column] = cell.align;
    t->in_cell = true;
    t->left = cell.cols - 1;
    t->below = cell.rows == 0 ? INT_MAX : cell.rows - 1;
    next_column(t);
}

static bool is_one(const char *name, const char *other) {
    return strcmp(name, other) == 0;
}

void deck_table_tag(DeckBuild *b, const char *name, bool closing,
                    HtmlCell said) {
    HtmlTable *t = &b->table;
    const bool table = is_one(name, "table"), row = is_one(name, "tr");
    const bool cell = is_one(name, "td") || is_one(name, "th");
    if (table && !closing) begin_table(b);
    if (!t->open) return;
    if (table && closing) {
        end_table(b);
    } else if (row) {
        if (closing)
            end_row(b);
        else
            begin_row(b);
    } else if (cell) {
        if (closing)
            end_cell(b);
        else
            begin_cell(b, is_one(name, "th"), said);
    } else if (!table) { /* thead, tbody, tfoot */
        end_row(b);
        t->in_head = is_one(name, "thead") && !closing;
        memset(t->held, 0, sizeof t->held); /* none reaches out of its part */
    }
}
