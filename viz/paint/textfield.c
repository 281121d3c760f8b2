/* A row is measured as it is shown, marks and all; where it ends is then
 * counted back to bytes of the text. */
#include "viz/paint/textfield.h"

#include "engine/base/utf8.h"

#include <string.h>

#define SHOWN_MAX 512 /* bytes looked at for one row; longer ones break */

/* What stands for the character at text[at]; its length in *n. */
static const char *shown_as(const char *text, size_t len, size_t at,
                            size_t *n) {
    *n = strlen("⏎"); /* all marks are that long */
    if (text[at] == '\n') return "⏎";
    if (text[at] == '\t') return "⇥";
    if (text[at] == '\r') return "␍";
    *n = utf8_next(text, len, at) - at;
    return text + at;
}

/* Bytes from..to as they are shown, cut where out is full; its length. */
static size_t show(const TextField *f, size_t from, size_t to,
                   char out[SHOWN_MAX + 1]) {
    size_t o = 0;
    for (size_t at = from; at < to; at = utf8_next(f->text, f->len, at)) {
        size_t n;
        const char *as = shown_as(f->text, f->len, at, &n);
        if (o + n > SHOWN_MAX) break;
        memcpy(out + o, as, n);
        o += n;
    }
    out[o] = '\0';
    return o;
}

/* How far one comes from `from` with so many bytes of what is shown. */
static size_t bytes_of(const TextField *f, size_t from, size_t shown) {
    size_t at = from;
    while (at < f->len) {
        size_t n;
        shown_as(f->text, f->len, at, &n);
        if (n > shown) break;
        shown -= n;
        at = utf8_next(f->text, f->len, at);
    }
    return at;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* After the last blank of from..end, else end. */
static size_t last_break(const TextField *f, size_t from, size_t end) {
    for (size_t at = end; at > from; at--)
        if (is_blank(f->text[at - 1])) return at;
    return end;
}

static size_t row_end(const TextField *f, size_t from) {
    char shown[SHOWN_MAX + 1];
    const char *newline = memchr(f->text + from, '\n', f->len - from);
    size_t stop = newline ? (size_t)(newline - f->text) : f->len;
    size_t n = show(f, from, stop, shown);
    int fits = fonts_fit(canvas_fonts(f->canvas), f->style.face,
                         f->style.size * canvas_scale(f->canvas), shown, (int)n,
                         f->width);
    size_t end = bytes_of(f, from, (size_t)fits);
    if (end == from && end < stop) end = utf8_next(f->text, f->len, end);
    if (end == stop) return newline ? stop + 1 : stop;
    if (!is_blank(f->text[end])) return last_break(f, from, end);
    while (end < stop && is_blank(f->text[end]))
        end++;
    return end == stop && newline ? end + 1 : end;
}

bool textfield_first(const TextField *f, TextRow *row) {
    *row = (TextRow){0, f->len ? row_end(f, 0) : 0};
    return true;
}

bool textfield_next(const TextField *f, TextRow *row) {
    const bool after = row->to > row->from && f->text[row->to - 1] == '\n';
    if (row->to == f->len && !after) return false;
    const size_t from = row->to;
    *row = (TextRow){from, from < f->len ? row_end(f, from) : from};
    return true;
}

int textfield_rows(const TextField *f, size_t at, int *row_of) {
    TextRow row;
    int n = 0;
    for (bool more = textfield_first(f, &row); more;
         more = textfield_next(f, &row)) {
        if (row.from <= at) *row_of = n;
        n++;
    }
    return n;
}

TextRow textfield_row(const TextField *f, int i) {
    TextRow row;
    textfield_first(f, &row);
    while (i-- > 0 && textfield_next(f, &row)) {
    }
    return row;
}

int textfield_x(const TextField *f, const TextRow *row, size_t at) {
    char shown[SHOWN_MAX + 1];
    show(f, row->from, at, shown);
    return canvas_text_width(f->canvas, f->style, shown);
}

size_t textfield_at(const TextField *f, const TextRow *row, int x) {
    size_t at = row->from, end = row->to;
    /* Its end is the next row's beginning, unless it is the last. */
    bool newline = end > at && f->text[end - 1] == '\n';
    if (newline || end < f->len) end = utf8_prev(f->text, f->len, end);
    int before = 0;
    while (at < end) {
        const size_t next = utf8_next(f->text, f->len, at);
        const int after = textfield_x(f, row, next);
        if (x < (before + after) / 2) break;
        before = after;
        at = next;
    }
    return at;
}

void textfield_draw(const TextField *f, const TextRow *row, int x, int y,
                    int h) {
    char shown[SHOWN_MAX + 1];
    show(f, row->from, row->to, shown);
    canvas_text_row(f->canvas, f->style, x, y, h, shown);
}
