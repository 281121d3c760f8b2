/* Tables on a slide.  Columns are as wide as their widest cell where the page
 * holds that; else the wide ones share what the narrow ones leave, and their
 * cells break into lines.  A cell of several columns widens the last of them
 * where it needs more, one of several rows the lowest. */
#include "viz/screen/slide_private.h"

#include "engine/base/num.h"
#include "viz/paint/formula_draw.h"

#include <limits.h>

#define SIZE        TYPE_BODY
#define LEADING     1.4f
#define COLUMNS_MAX DECK_COLUMNS_MAX /* further ones are left out */
#define GAP_U       20               /* between columns */
#define PAD_U       7                /* above and below a row's text */

typedef struct Table {
    Page *page;
    const DeckBlock *rows; /* [n_rows] */
    int n_rows, n_cols;
    int wish[COLUMNS_MAX], width[COLUMNS_MAX]; /* pixels */
    int rest[COLUMNS_MAX]; /* height that a cell begun above still needs */
} Table;

/* The style of the end of a row's cell; 0: the row ended early. */
static unsigned cell_style(const DeckBlock *row, int col) {
    for (int i = 0; i < row->n_spans; i++)
        if (row->spans[i].style & SPAN_CELL && col-- == 0)
            return row->spans[i].style;
    return 0;
}

static bool is_covered(const DeckBlock *row, int col) {
    return cell_style(row, col) & (SPAN_LEFT | SPAN_ABOVE);
}

/* How many columns a cell takes. */
static int n_columns(const Table *t, const DeckBlock *row, int col) {
    int n = 1;
    while (col + n < t->n_cols && cell_style(row, col + n) & SPAN_LEFT)
        n++;
    return n;
}

/* Whether the cell of a column goes on in the next row. */
static bool goes_on(const Table *t, const DeckBlock *row, int col) {
    return row + 1 < t->rows + t->n_rows &&
           cell_style(row + 1, col) & SPAN_ABOVE;
}

/* The spans of a cell, from *from up to the result. */
static int find_cell(const DeckBlock *row, int col, int *from) {
    *from = 0;
    for (int to = 0; to < row->n_spans; to++) {
        if (!(row->spans[to].style & SPAN_CELL)) continue;
        if (col-- == 0) return to + 1;
        *from = to + 1;
    }
    return *from = 0; /* the row ended early */
}

/* Spans of a cell as flow spans, *from is moved on; the head's are bold. */
static int cell_spans(const Table *t, const DeckBlock *row, int *from, int to,
                      TextSpan out[PAGE_SPANS_MAX]) {
    int n = panel_spans(t->page, row, from, to, panel_ink(t->page, row), out);
    for (int i = 0; i < n && row->level > 0; i++)
        if (out[i].face == FACE_SANS) out[i].face = FACE_BOLD;
    return n;
}

static int span_width(Canvas *c, const TextSpan *s) {
    FormulaPlace place;
    const float px = canvas_text_px(c, s->scale > 0 ? SIZE * s->scale : SIZE);
    const int pad = s->background.a ? canvas_u(c, SIZE * .5f) : 0;
    if (s->formula &&
        formula_place(c, s->text, s->len, px, s->display, INT_MAX, &place))
        return place.w;
    return fonts_width(canvas_fonts(c), s->formula ? FACE_MONO : s->face, px,
                       s->text, s->len) +
           pad;
}

/* Width of spans in one line. */
static int spans_width(const Table *t, const TextSpan *spans, int n) {
    int w = 0;
    for (int i = 0; i < n; i++)
        w += span_width(t->page->c, &spans[i]);
    return w + 1; /* each width was rounded */
}

/* Width of columns, with the gaps between them. */
static int width_of(const Table *t, const int *widths, int col, int n) {
    int w = (n - 1) * canvas_u(t->page->c, GAP_U);
    for (int i = col; i < col + n; i++)
        w += widths[i];
    return w;
}

static void measure_cell(Table *t, const DeckBlock *row, int col, int n_cols) {
    TextSpan spans[PAGE_SPANS_MAX];
    const PageSeen seen = t->page->seen;
    int from;
    for (const int to = find_cell(row, col, &from); from < to;) {
        const int n = cell_spans(t, row, &from, to, spans);
        const int more =
            spans_width(t, spans, n) - width_of(t, t->wish, col, n_cols);
        if (more > 0) t->wish[col + n_cols - 1] += more;
    }
    t->page->seen = seen; /* not drawn yet */
}

/* Cells of one column first: what they have, wider ones need not ask for. */
static void measure(Table *t) {
    for (int wide = 0; wide < 2; wide++)
        for (int i = 0; i < t->n_rows; i++)
            for (int col = 0; col < t->n_cols; col++) {
                const int n = n_columns(t, &t->rows[i], col);
                if ((n > 1) == wide && !is_covered(&t->rows[i], col))
                    measure_cell(t, &t->rows[i], col, n);
            }
}

/* Gives every column what it wishes, or an equal share of what those leave that
 * wish for less. */
static void share(Table *t) {
    int gaps = (t->n_cols - 1) * canvas_u(t->page->c, GAP_U);
    int room = t->page->w - gaps, open = t->n_cols;
    bool done[COLUMNS_MAX] = {false};
    for (bool again = true; again && open > 0;) {
        int fair = room / open;
        again = false;
        for (int col = 0; col < t->n_cols; col++) {
            if (done[col] || t->wish[col] > fair) continue;
            t->width[col] = t->wish[col];
            room -= t->wish[col];
            done[col] = again = true;
            open--;
        }
    }
    for (int col = 0; col < t->n_cols; col++)
        if (!done[col]) t->width[col] = room / open > 1 ? room / open : 1;
}

/* Returns the height its lines take. */
static int draw_cell(const Table *t, const DeckBlock *row, int col, int x,
                     int y, bool draw) {
    TextSpan spans[PAGE_SPANS_MAX];
    const PageSeen seen = t->page->seen;
    const int w = width_of(t, t->width, col, n_columns(t, row, col));
    const char align = row->info ? row->info[col] : 'l';
    int from, h = 0;
    for (const int to = find_cell(row, col, &from); from < to;) {
        const int n = cell_spans(t, row, &from, to, spans);
        const int spare = num_max(w - spans_width(t, spans, n), 0);
        const int aside = align == 'l' ? 0 : align == 'c' ? spare / 2 : spare;
        h += paragraph_text(t->page->c, x + aside, y + h, w, SIZE, LEADING,
                            spans, n, draw);
        if (draw) panel_note_terms(t->page, n);
    }
    if (!draw) t->page->seen = seen;
    return h;
}

/* Of what ends with it; what goes on takes its share and keeps the rest. */
static int row_height(Table *t, const DeckBlock *row) {
    int h = canvas_u(t->page->c, SIZE * LEADING);
    for (int col = 0; col < t->n_cols; col++) {
        if (!is_covered(row, col))
            t->rest[col] = draw_cell(t, row, col, 0, 0, false);
        else if (cell_style(row, col) & SPAN_LEFT)
            t->rest[col] = 0; /* the cell's first column has it */
        if (!goes_on(t, row, col) && t->rest[col] > h) h = t->rest[col];
    }
    for (int col = 0; col < t->n_cols; col++)
        t->rest[col] -= h + 2 * canvas_u(t->page->c, PAD_U);
    return h;
}

/* Below a row, but through no cell that goes on. */
static void draw_line(const Table *t, const DeckBlock *row) {
    const Page *p = t->page;
    const int line = canvas_u(p->c, row->level > 0 ? 2 : 1);
    const int gap = canvas_u(p->c, GAP_U);
    for (int col = 0, x = p->x; col < t->n_cols; col++) {
        const bool on = col + 1 < t->n_cols && !goes_on(t, row, col + 1);
        if (!goes_on(t, row, col))
            canvas_fill(
                p->c,
                (Rect){x, p->y - line, t->width[col] + (on ? gap : 0), line},
                row->level > 0 ? p->t->soft : p->t->rule);
        x += t->width[col] + gap;
    }
}

static void draw_row(Table *t, const DeckBlock *row, bool last) {
    Page *p = t->page;
    int pad = canvas_u(p->c, PAD_U), h = row_height(t, row), x = p->x;
    for (int col = 0; col < t->n_cols; col++) {
        if (!is_covered(row, col)) draw_cell(t, row, col, x, p->y + pad, true);
        x += t->width[col] + canvas_u(p->c, GAP_U);
    }
    p->y += h + 2 * pad;
    if (!last && !slide_fragment_hides(p, row->fragment)) draw_line(t, row);
}

int slide_table_draw(Page *p, const DeckBlock *blocks, int n) {
    Table t = {.page = p, .rows = blocks, .n_rows = 1};
    /* The rows of one table share their description. */
    while (t.n_rows < n && blocks[t.n_rows].kind == BLOCK_ROW &&
           blocks[t.n_rows].info == blocks[0].info)
        t.n_rows++;
    t.n_cols = blocks[0].number < COLUMNS_MAX ? blocks[0].number : COLUMNS_MAX;
    measure(&t);
    share(&t);
    for (int i = 0; i < t.n_rows; i++)
        draw_row(&t, &blocks[i], i == t.n_rows - 1);
    p->y += canvas_u(p->c, 14);
    return t.n_rows;
}
