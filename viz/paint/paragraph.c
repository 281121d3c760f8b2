#include "viz/paint/paragraph.h"

#include "engine/base/num.h"
#include "engine/base/utf8.h"
#include "viz/paint/formula_draw.h"
#include "viz/paint/textbind.h"

#include <math.h>
#include <string.h>

#define SEGMENTS_MAX 128 /* changes of span in one line; then it breaks */
#define TOKEN_MAX    256 /* bytes measured at a time */
#define WORD_MAX     32  /* bytes of a word that its bonds are judged by */
#define FITTED_MAX   256 /* bytes of a span of which it is asked what fits */

/* The formula that was asked for last. */
typedef struct Memo {
    int span; /* -1: none */
    bool fits;
    FormulaPlace place;
} Memo;

/* The column that is being filled. */
typedef struct Flow {
    Canvas *canvas;
    const TextSpan *spans;
    int n_spans;
    float size_px;
    int w;
    Align align;
    Memo *memo;
} Flow;

typedef struct Cursor {
    int span, at;
} Cursor;

/* A part of one span that stands in one line. */
typedef struct Segment {
    int span, start, len;
    /* As one text, which is not the sum of its words' widths; -1: not
     * measured. */
    int width;
} Segment;

/* Only the last segment grows, so it is measured when it has ended. */
typedef struct Line {
    Segment segments[SEGMENTS_MAX];
    int n, before; /* the width of all but the last */
    Segment asked; /* the start of the segment of which it was asked */
    int fits;      /* how many bytes of its span fit from there */
} Line;

/* Where the line can be cut: after its last word. */
typedef struct Break {
    bool possible;
    int n, before;
    Segment last;
    Cursor next; /* where the line after it starts */
} Break;

static float span_size_px(const Flow *f, const TextSpan *s) {
    if (s->scale <= 0) return f->size_px;
    return canvas_text_px(f->canvas,
                          f->size_px * s->scale / canvas_scale(f->canvas));
}

/* How large the span's formula is; NULL: it is text, or shown as such. */
static const FormulaPlace *formula_of(const Flow *f, int span) {
    const TextSpan *s = &f->spans[span];
    if (!s->formula) return NULL;
    if (f->memo->span != span) {
        f->memo->span = span;
        f->memo->fits =
            formula_place(f->canvas, s->text, s->len, span_size_px(f, s),
                          s->display, f->w, &f->memo->place);
    }
    return f->memo->fits ? &f->memo->place : NULL;
}

static bool is_display(const Flow *f, int span) {
    return f->spans[span].display && formula_of(f, span);
}

/* A formula that is not shown as one is what somebody typed. */
static Face span_face(const TextSpan *s) {
    return s->formula ? FACE_MONO : s->face;
}

/* Space left and right of a span's text, within its background. */
static int span_pad(const Flow *f, const TextSpan *s) {
    return s->background.a ? (int)lroundf(f->size_px * 0.2f) : 0;
}

/* Bytes of the word or the blanks at the cursor; all of a formula. */
static int token_len(const Flow *f, Cursor c) {
    const TextSpan *s = &f->spans[c.span];
    const int at = c.at;
    if (formula_of(f, c.span)) return s->len - at;
    bool blank = s->text[at] == ' ';
    int end = at;
    while (end < s->len && s->text[end] != '\n' &&
           (s->text[end] == ' ') == blank && end - at < TOKEN_MAX)
        end += (int)utf8_next(s->text + end, s->len - end, 0);
    return end - at;
}

/* The last segment lengthened by len bytes at c, or a new one that follows
 * it. */
static Segment next_segment(const Line *l, Cursor c, int len) {
    Segment g = {c.span, c.at, len, -1};
    const Segment *last = l->n ? &l->segments[l->n - 1] : NULL;
    if (last && last->span == c.span && last->start + last->len == c.at &&
        last->len + len <= FONTS_TEXT_MAX) {
        g.start = last->start;
        g.len += last->len;
    }
    return g;
}

static int measured(const Flow *f, Segment *g) {
    if (g->width >= 0) return g->width;
    const TextSpan *s = &f->spans[g->span];
    const FormulaPlace *formula = formula_of(f, g->span);
    g->width =
        formula ? formula->w
                : fonts_width(canvas_fonts(f->canvas), span_face(s),
                              span_size_px(f, s), s->text + g->start, g->len) +
                      2 * span_pad(f, s);
    return g->width;
}

static bool lengthens(const Line *l, Segment g) {
    return l->n && l->segments[l->n - 1].span == g.span &&
           l->segments[l->n - 1].start == g.start;
}

static int line_width(const Flow *f, Line *l) {
    return l->before + (l->n ? measured(f, &l->segments[l->n - 1]) : 0);
}

static void line_put(const Flow *f, Line *l, Segment g) {
    if (lengthens(l, g))
        l->n--;
    else
        l->before = line_width(f, l);
    l->segments[l->n++] = g;
}

/* Whether the line is no wider than the column with g in it.  Of text it is
 * asked once how much of the span fits: each of its words would be measured
 * with all that stands before it in the line. */
static bool line_fits(const Flow *f, Line *l, Segment g) {
    const TextSpan *s = &f->spans[g.span];
    const int before = lengthens(l, g) ? l->before : line_width(f, l);
    if (formula_of(f, g.span)) return before + measured(f, &g) <= f->w;
    const char *text = s->text + g.start;
    const int rest = num_min(s->len - g.start, FITTED_MAX);
    const char *end = memchr(text, '\n', (size_t)rest);
    const int n = end ? (int)(end - text) : rest;
    if (l->asked.len == 0 || l->asked.span != g.span ||
        l->asked.start != g.start) {
        l->asked = (Segment){.span = g.span, .start = g.start, .len = n};
        l->fits =
            fonts_fit(canvas_fonts(f->canvas), span_face(s), span_size_px(f, s),
                      text, n, f->w - before - 2 * span_pad(f, s));
    }
    if (g.len <= l->fits || l->fits < n) return g.len <= l->fits;
    return before + measured(f, &g) <= f->w;
}

static Break line_break(const Line *l, Cursor next) {
    return (Break){true, l->n, l->before, l->segments[l->n - 1], next};
}

static Cursor line_cut(Line *l, Break b) {
    l->n = b.n;
    l->before = b.before;
    l->segments[l->n - 1] = b.last;
    return b.next;
}

/* ---- words that stay together -------------------------------------------- */

/* The character at c or after it, "" at the end; c moves to it. */
static char char_at(const Flow *f, Cursor *c) {
    while (c->span < f->n_spans && c->at >= f->spans[c->span].len)
        *c = (Cursor){c->span + 1, 0};
    return c->span < f->n_spans ? f->spans[c->span].text[c->at] : '\0';
}

/* The word at c or behind the blanks there, through all spans that it is of;
 * none before the line is over. */
static TextWord word_after(const Flow *f, Cursor *c, char out[WORD_MAX]) {
    TextWord w = {out, 0};
    while (char_at(f, c) == ' ')
        c->at++;
    for (char ch; (ch = char_at(f, c)) && ch != ' ' && ch != '\n'; c->at++)
        if (w.n < WORD_MAX) out[w.n++] = ch;
    return w;
}

/* The word that ends at c: its last bytes. */
static TextWord word_before(const Flow *f, Cursor c, char out[WORD_MAX]) {
    int from = WORD_MAX;
    for (bool inside = false; from > 0;) {
        if (c.at == 0) {
            if (c.span == 0) break;
            c.at = f->spans[--c.span].len;
            continue;
        }
        char ch = f->spans[c.span].text[--c.at];
        if (ch == '\n' || (ch == ' ' && inside)) break;
        if (ch == ' ') continue;
        inside = true;
        out[--from] = ch;
    }
    return (TextWord){out + from, WORD_MAX - from};
}

/* What holds the words around the blanks at c together. */
static TextBond bond_at(const Flow *f, Cursor c) {
    char a[WORD_MAX], b[WORD_MAX], third[WORD_MAX];
    TextWord before = word_before(f, c, a), after = word_after(f, &c, b);
    return textbind_between(before, after, word_after(f, &c, third));
}

/* ---- lines --------------------------------------------------------------- */

/* Addresses and paths are rather broken behind a sign than within a name. */
static int after_sign(const char *text, int fits) {
    int n = fits;
    while (n > 0 && !strchr("/-._?&=#,;:", text[n - 1]))
        n--;
    return n > fits / 2 ? n : fits;
}

/* Appends what fits of a word wider than the column; one character at
 * least, so that there is always progress. */
static Cursor line_append_part(const Flow *f, Line *l, Cursor c, int len) {
    const TextSpan *s = &f->spans[c.span];
    int fits = fonts_fit(canvas_fonts(f->canvas), span_face(s),
                         span_size_px(f, s), s->text + c.at, len,
                         f->w - line_width(f, l) - 2 * span_pad(f, s));
    if (fits < len) fits = after_sign(s->text + c.at, fits);
    if (fits == 0 && l->n == 0) fits = (int)utf8_next(s->text + c.at, len, 0);
    if (fits > 0) line_put(f, l, next_segment(l, c, fits));
    return (Cursor){c.span, c.at + fits};
}

/* What follows a formula with a line of its own begins a line. */
static Cursor after_blanks(const Flow *f, Cursor c) {
    while (char_at(f, &c) == ' ')
        c.at++;
    return c;
}

/* Fills an empty line from the cursor on; returns where the next one starts. */
static Cursor take_line(const Flow *f, Cursor c, Line *l) {
    Break cuts[TEXTBIND_BONDS] = {0}; /* the last of each kind */
    while (c.span < f->n_spans) {
        const TextSpan *s = &f->spans[c.span];
        if (c.at >= s->len) {
            c = (Cursor){c.span + 1, 0};
            continue;
        }
        if (s->text[c.at] == '\n' && !formula_of(f, c.span))
            return (Cursor){c.span, c.at + 1};
        if (l->n == SEGMENTS_MAX) return c;
        if (l->n > 0 && is_display(f, c.span)) return c;
        int len = token_len(f, c);
        Cursor next = {c.span, c.at + len};
        Segment g = next_segment(l, c, len);
        if (is_display(f, c.span)) {
            line_put(f, l, g);
            return after_blanks(f, next);
        }
        if (s->text[c.at] == ' ' && !formula_of(f, c.span)) {
            if (l->n) cuts[bond_at(f, c)] = line_break(l, next);
        } else if (!line_fits(f, l, g)) {
            for (int i = 0; i < TEXTBIND_BONDS; i++)
                if (cuts[i].possible) return line_cut(l, cuts[i]);
            /* It is whole or not there; alone it fits. */
            if (formula_of(f, c.span) && l->n > 0) return c;
            return line_append_part(f, l, c, len);
        }
        line_put(f, l, g);
        c = next;
    }
    return c;
}

static void draw_segment(const Flow *f, Segment g, int x, int baseline_y) {
    const TextSpan *s = &f->spans[g.span];
    const FormulaPlace *formula = formula_of(f, g.span);
    if (s->hidden) return;
    if (formula) {
        baseline_y -= (int)lroundf(s->lift * f->size_px);
        formula_draw(f->canvas, formula, x, baseline_y, s->color);
        return;
    }
    char text[FONTS_TEXT_MAX + 1];
    memcpy(text, s->text + g.start, g.len);
    text[g.len] = '\0';
    int pad = span_pad(f, s);
    TextStyle style = {.face = span_face(s),
                       .size = span_size_px(f, s) / canvas_scale(f->canvas),
                       .color = s->color};
    baseline_y -= (int)lroundf(s->lift * f->size_px);
    if (s->background.a) {
        FontMetrics m = canvas_metrics(f->canvas, style);
        Rect box = {x, baseline_y - m.cap - 2 * pad, g.width, m.cap + 4 * pad};
        canvas_round(f->canvas, box, (float)pad, s->background);
    }
    canvas_text(f->canvas, style, x + pad, baseline_y, text);
    int line = canvas_u(f->canvas, 1);
    if (s->strike)
        canvas_fill(
            f->canvas,
            (Rect){x, baseline_y - canvas_metrics(f->canvas, style).cap / 2,
                   g.width, line},
            s->color);
    if (s->dotted)
        for (int i = 0; i + line <= g.width; i += 3 * line)
            canvas_fill(f->canvas,
                        (Rect){x + i, baseline_y + 3 * line, line, line},
                        s->color);
    if (s->where) {
        int cap = canvas_metrics(f->canvas, style).cap;
        *s->where = (Rect){x, baseline_y - cap * 3 / 2, g.width, cap * 2};
    }
    if (s->underline)
        canvas_fill(f->canvas, (Rect){x, baseline_y + 2 * line, g.width, line},
                    s->color);
}

static void draw_line(const Flow *f, Line *l, int x, int baseline_y) {
    const bool display = l->n == 1 && is_display(f, l->segments[0].span);
    if (f->align == ALIGN_CENTER || display)
        x += (f->w - line_width(f, l)) / 2;
    else if (f->align == ALIGN_RIGHT)
        x += f->w - line_width(f, l);
    for (int i = 0; i < l->n; i++) {
        const int width = measured(f, &l->segments[i]);
        draw_segment(f, l->segments[i], x, baseline_y);
        x += width;
    }
}

/* Makes room above and below the baseline for the formulas of a line. */
static void make_room(const Flow *f, const Line *l, int *above, int *below) {
    for (int i = 0; i < l->n; i++) {
        const int span = l->segments[i].span;
        const FormulaPlace *p = formula_of(f, span);
        if (!p) continue;
        const float pad = f->size_px * (p->display ? 0.4f : 0.05f);
        const int h = p->h + (int)lroundf(pad), d = p->d + (int)lroundf(pad);
        if (h > *above) *above = h;
        if (d > *below) *below = d;
    }
}

/* Whether none of a line is clipped away: half letters are not read. */
static bool is_whole(const Flow *f, int baseline_y) {
    const FontMetrics m =
        fonts_metrics(canvas_fonts(f->canvas), FACE_SANS, f->size_px);
    const Rect clip = canvas_clip(f->canvas);
    return baseline_y - m.cap >= clip.y &&
           baseline_y + m.descent / 2 <= clip.y + clip.h;
}

static int flow(const Flow *f, int x, int y, float leading, bool draw) {
    int line_h = (int)lroundf(f->size_px * leading);
    int cap = fonts_metrics(canvas_fonts(f->canvas), FACE_SANS, f->size_px).cap;
    int used = 0;
    for (Cursor c = {0, 0}; c.span < f->n_spans;) {
        Line line = {0};
        c = take_line(f, c, &line);
        /* What comes after the last line break need not be a line. */
        if (c.span == f->n_spans && line.n == 0) break;
        int above = (line_h + cap) / 2, below = line_h - above;
        make_room(f, &line, &above, &below);
        if (draw && is_whole(f, y + used + above))
            draw_line(f, &line, x, y + used + above);
        used += above + below;
    }
    return used;
}

int paragraph_text(Canvas *c, int x, int y, int w, float size, float leading,
                   const TextSpan *spans, int n, bool draw) {
    Align align = n > 0 ? spans[0].align : ALIGN_LEFT;
    Memo memo = {.span = -1};
    Flow f = {c, spans, n, canvas_text_px(c, size), w, align, &memo};
    return flow(&f, x, y, leading, draw);
}

int paragraph_parts(Canvas *c, int x, int y, int w, TextStyle style,
                    float leading, const char *const *parts, int n_parts,
                    bool draw) {
    TextSpan spans[PARAGRAPH_PIECES_MAX] = {0};
    FormulaPiece piece;
    int n = 0;
    for (int i = 0; i < n_parts; i++)
        for (const char *text = parts[i];
             n < PARAGRAPH_PIECES_MAX && formula_next(&text, &piece);)
            spans[n++] = (TextSpan){.text = piece.text,
                                    .len = piece.len,
                                    .face = style.face,
                                    .color = style.color,
                                    .formula = piece.formula,
                                    .align = style.align};
    return paragraph_text(c, x, y, w, style.size, leading, spans, n, draw);
}

int paragraph_plain(Canvas *c, int x, int y, int w, TextStyle style,
                    float leading, const char *text, bool draw) {
    return paragraph_parts(c, x, y, w, style, leading, &text, 1, draw);
}
