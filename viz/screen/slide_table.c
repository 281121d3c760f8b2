/* Tables on a slide.  Columns are as wide as their widest cell where the page
 * holds that; else the wide ones share what the narrow ones leave, and their
 * cells break into lines. */
#include "viz/screen/slide_private.h"

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
} Table;

/* Cell `col` of a row as flow spans; the head's are bold. */
static int cell_spans(const Table *t, const DeckBlock *row, int col,
                      TextSpan out[PAGE_SPANS_MAX]) {
    int from = 0, to = 0;
    for (; to < row->n_spans; to++) {
        if (!(row->spans[to].style & SPAN_CELL)) continue;
        if (col-- == 0) break;
        from = to + 1;
    }
    if (to == row->n_spans) return 0; /* the row ended early */
    int n =
        panel_spans(t->page, row, from, to + 1, panel_ink(t->page, row), out);
    for (int i = 0; i < n && row->level > 0; i++)
        if (out[i].face == FACE_SANS) out[i].face = FACE_BOLD;
    return n;
}

/* Width of spans in one line. */
static int spans_width(const Table *t, const TextSpan *spans, int n) {
    Canvas *c = t->page->c;
    float size_px = canvas_text_px(c, SIZE);
    int w = 0;
    for (int i = 0; i < n; i++)
        w += fonts_width(canvas_fonts(c), spans[i].face,
                         spans[i].scale > 0
                             ? canvas_text_px(c, SIZE * spans[i].scale)
                             : size_px,
                         spans[i].text, spans[i].len) +
             (spans[i].background.a ? canvas_u(c, SIZE * .5f) : 0);
    return w + 1; /* each width was rounded */
}

static void measure(Table *t) {
    for (int i = 0; i < t->n_rows; i++)
        for (int col = 0; col < t->n_cols; col++) {
            TextSpan spans[PAGE_SPANS_MAX];
            uint64_t seen = t->page->seen;
            int n = cell_spans(t, &t->rows[i], col, spans);
            t->page->seen = seen; /* not drawn yet */
            int w = spans_width(t, spans, n);
            if (w > t->wish[col]) t->wish[col] = w;
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
    uint64_t seen = t->page->seen;
    int n = cell_spans(t, row, col, spans), w = t->width[col];
    if (!draw) t->page->seen = seen;
    int spare = w - spans_width(t, spans, n);
    char align = row->info ? row->info[col] : 'l';
    if (spare > 0 && align != 'l') x += align == 'c' ? spare / 2 : spare;
    int h = paragraph_text(t->page->c, x, y, w, SIZE, LEADING, spans, n, draw);
    if (draw) panel_note_terms(t->page, n);
    return h;
}

static int row_height(const Table *t, const DeckBlock *row) {
    int h = canvas_u(t->page->c, SIZE * LEADING);
    for (int col = 0; col < t->n_cols; col++) {
        int cell = draw_cell(t, row, col, 0, 0, false);
        if (cell > h) h = cell;
    }
    return h;
}

static void draw_row(const Table *t, const DeckBlock *row, bool last) {
    Page *p = t->page;
    int pad = canvas_u(p->c, PAD_U), h = row_height(t, row), x = p->x;
    for (int col = 0; col < t->n_cols; col++) {
        draw_cell(t, row, col, x, p->y + pad, true);
        x += t->width[col] + canvas_u(p->c, GAP_U);
    }
    p->y += h + 2 * pad;
    int line = canvas_u(p->c, row->level > 0 ? 2 : 1);
    if (!last && !slide_fragment_hides(p, row->fragment))
        canvas_fill(
            p->c,
            (Rect){p->x, p->y - line, x - p->x - canvas_u(p->c, GAP_U), line},
            row->level > 0 ? p->t->soft : p->t->rule);
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
